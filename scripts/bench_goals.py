#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""bench_goals.py DIR...: the goals of several benchmarks in one table, instruction sets side by side,
from what scripts/bench.sh and scripts/bench_peers.sh have written into the directories."""
import csv
import pathlib
import sys

from measuring.report import table


def read(directory: pathlib.Path) -> list[dict]:
    rows = []
    for path in sorted(directory.glob("*-goals.csv")):
        with path.open(newline="") as file:
            rows += csv.DictReader(file)
    if not rows:
        sys.exit(f"bench_goals.py: {directory}: expected bench-goals.csv or peers-goals.csv; "
                 "scripts/bench.sh and scripts/bench_peers.sh write them")
    return rows


def side_by_side(runs: list[list[dict]]) -> str:
    titles, captions = ["what"], []
    for run in runs:
        name = run[0]["instructions"]
        titles += [f"{name}: goal", "measured", "reached"]
        captions.append(f"{name}: {run[0]['processor']}, `-march={run[0]['arch']}`, "
                        f"{run[0]['compiler']}, oneDNN {run[0]['onednn'] or '-'}.")
    found = [{row["what"]: row for row in run} for run in runs]
    lines = []
    for what in dict.fromkeys(row["what"] for run in runs for row in run):
        cells = [run.get(what, {}) for run in found]
        lines.append([what, *(cell.get(name) or "-" for cell in cells
                              for name in ("goal", "measured", "reached"))])
    return "\n".join(captions) + "\n\n" + table(titles, lines)


def main() -> None:
    if len(sys.argv) < 2 or sys.argv[1] in ("-h", "--help"):
        sys.exit(__doc__)
    print(side_by_side([read(pathlib.Path(name)) for name in sys.argv[1:]]))


if __name__ == "__main__":
    main()
