#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Compares Tally with PyTorch and NumPy; scripts/bench_peers.sh installs and builds what it needs.

All programs of a section run by turns, so that what disturbs the machine hits all alike.
"""
import pathlib
import sys
import tempfile
from collections.abc import Iterator

from measuring import contest, process
from measuring.contest import (COMPILED, DDP, DEBIAN, NEWEST, NUMPY, TALLY, TITLES, Contest, Entry,
                               best)
from measuring.instructions import AVX2, AVX512, InstructionSet
from measuring.machine import Machine
from measuring.options import image_count, parse
from measuring.report import (Goal, at_least, goals_table, significant, table, write_csv,
                              write_goals)
from measuring.training import Trainer

# Section, peer, batch size, and by how much Tally is to be faster where there is a goal.
GOALS = (
    ("torch", DEBIAN, 128, {AVX512: 2.6, AVX2: 2.2}),
    ("torch", DEBIAN, 512, {AVX512: 2.4, AVX2: 1.75}),
    ("torch", NEWEST, 128, {}),
    ("torch", NEWEST, 512, {}),
    ("compiled", COMPILED, 128, {}),
    ("compiled", COMPILED, 512, {}),
    ("ddp", DDP, 128, {AVX512: 8}),
    ("numpy", NUMPY, 1, {AVX512: 12}),
    ("cnn", DEBIAN, 64, {AVX512: 4, AVX2: 4}),
    ("cnn", NEWEST, 64, {AVX512: 2, AVX2: 2}),
)


def goals(entries: list[Entry], instructions: InstructionSet) -> Iterator[Goal]:
    """Of Tally's best to the peer's best."""
    for section, peer, batch_size, limits in GOALS:
        tally, other = (best(entries, section, of, batch_size) for of in (TALLY, peer))
        if not other:
            continue
        name = f"({tally.name} against {other.name})"
        yield at_least(f"against {peer} {other.results[0]['version']}, B={batch_size}",
                       limits.get(instructions), {name: tally.rate / other.rate}, "{:.2f}x")
    rates = {entry.how.split(",")[0]: entry.rate for entry in entries
             if entry.section == "cnn" and entry.batch_size == 128}
    if rates:
        alone = rates.pop("1x1")
        yield at_least("convolutions, two workers against one, B=128", 1.8,
                       {layout: rate / alone for layout, rate in rates.items()}, "{:.2f}x")


def rows(entries: list[Entry], machine: Machine) -> list[dict]:
    found = []
    for entry in entries:
        tally = best(entries, entry.section, TALLY, entry.batch_size)
        found.append({
            "section": entry.section, "program": entry.name, "batch_size": entry.batch_size,
            "runs": len(entry.results), "samples_per_second": round(entry.rate, 1),
            "minimum": round(min(entry.rates()), 1), "maximum": round(max(entry.rates()), 1),
            "tally_is_faster_by": "" if entry.of == TALLY else round(tally.rate / entry.rate, 2),
            "facts": entry.facts(), **machine.columns()})
    return found


def tables(entries: list[Entry], machine: Machine) -> Iterator[str]:
    for section, title in TITLES.items():
        members = [row for row in rows(entries, machine) if row["section"] == section]
        if members:
            yield f"## {title}, {machine.instructions.name}\n\n{machine.caption()}\n\n" + table(
                ["batch", "program", "samples/s", "lowest to highest", "Tally is faster by",
                 "version, libraries, instructions"],
                [[row["batch_size"], row["program"], significant(row["samples_per_second"]),
                  f"{significant(row['minimum'])} to {significant(row['maximum'])}",
                  f"{row['tally_is_faster_by']:.2f}x" if row["tally_is_faster_by"] else "-",
                  row["facts"]]
                 for row in members])


def heading(options, machine: Machine, entries: list[Entry]) -> str:
    warning = ""
    if any(not result.get("mkl") and result.get("blas") == "reference BLAS"
           for entry in entries for result in entry.results):
        warning = " **The reference BLAS is far slower than OpenBLAS: no fair comparison.**"
    return (f"# Tally and its peers, {machine.instructions.name}\n\n{machine.caption()} Data: "
            f"{options.data.name} ({image_count(options.data, 'train'):,} training images). "
            "The peers are held to the same instructions. Samples/s are medians of runs by turns, "
            "over the training loop only; the peers after a warm-up; 2x1 is 2 ranks x 1 thread. "
            "Ratios are to the faster of Tally's rows with the same batch size." + warning)


def write(options, machine: Machine, entries: list[Entry]) -> None:
    write_csv(options.out / "peers.csv", rows(entries, machine))
    found = list(goals(entries, machine.instructions))
    write_goals(options.out / "peers-goals.csv", found, machine.columns())
    parts = [heading(options, machine, entries),
             f"## Goals, {machine.instructions.name}\n\n{machine.caption()}\n\n"
             + goals_table(found),
             *tables(entries, machine)]
    (options.out / "peers.md").write_text("\n\n".join(parts) + "\n")


def main() -> None:
    options = parse(__doc__.splitlines()[0], list(TITLES))
    machine = Machine.ask(options.build)
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        trainer = Trainer(options.build / "bin", options.data, pathlib.Path(scratch),
                          machine.instructions.limits())
        sections = Contest(trainer, machine, options.quick, contest.newest_python())
        for section in options.only:
            for group in sections.entries(section):
                contest.measure(group, 3 if options.quick else 5)
                entries += group
                write(options, machine, entries)
    print((options.out / "peers.md").read_text(), end="")


if __name__ == "__main__":
    try:
        main()
    except process.Failed as failure:
        sys.exit(f"bench_peers.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
