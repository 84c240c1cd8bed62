#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws how much faster more nodes are: plot_scaling.py RUN_DIR [--out FILE.png]

Speedup and efficiency by nodes, from the scaling.csv that slurm/scaling.sbatch has written: medians, bars from the
lowest to the highest speed, and the ideal line. Needs Debian's python3-matplotlib.
"""
import argparse
import csv
import pathlib
import sys

import python_packages
from run_files import open_table, save_figure

python_packages.require(matplotlib="python3-matplotlib")

import matplotlib  # noqa: E402

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (the backend must be chosen first)
from matplotlib.ticker import ScalarFormatter  # noqa: E402

STYLES = {"strong": ("C0", "o", "strong: the same batch"), "weak": ("C1", "s", "weak: a batch per node")}
FIGURES = ("nodes", "samples_per_second", "lowest", "highest", "speedup", "efficiency")


def read_rows(directory: pathlib.Path) -> dict[str, list[dict[str, float]]]:
    """The figures of each kind of scaling."""
    path = directory / "scaling.csv"
    rows: dict[str, list[dict[str, float]]] = {}
    try:
        with open_table(path) as file:
            for row in csv.DictReader(file):
                rows.setdefault(row["scaling"], []).append({name: float(row[name]) for name in FIGURES})
    except OSError as error:
        sys.exit(f"plot_scaling.py: {path}: cannot be opened ({error.strerror}); expected the run directory of "
                 "scaling.sbatch")
    except (KeyError, TypeError, ValueError) as error:
        sys.exit(f"plot_scaling.py: {path}: expected a table of scaling.sbatch, with figures in the columns "
                 f"{', '.join(FIGURES)}; got {error!r}")
    if not rows:
        sys.exit(f"plot_scaling.py: {path}: expected at least one measurement, got none")
    return rows


def draw(axis, kind: str, rows: list[dict[str, float]], figure: str) -> None:
    color, marker, label = STYLES.get(kind, ("C2", "^", kind))
    values = [row[figure] for row in rows]
    scales = [row[figure] / row["samples_per_second"] for row in rows]
    below = [(row["samples_per_second"] - row["lowest"]) * scale for row, scale in zip(rows, scales)]
    above = [(row["highest"] - row["samples_per_second"]) * scale for row, scale in zip(rows, scales)]
    axis.errorbar([row["nodes"] for row in rows], values, yerr=[below, above], color=color, marker=marker,
                  capsize=3, label=label)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", type=pathlib.Path, metavar="RUN_DIR")
    parser.add_argument("--out", type=pathlib.Path, help="default: RUN_DIR/scaling.png")
    options = parser.parse_args()

    rows = read_rows(options.directory)
    nodes = sorted({row["nodes"] for measured in rows.values() for row in measured})
    figure, (speedup_axis, efficiency_axis) = plt.subplots(1, 2, figsize=(11, 4.2))
    for axis, name, ideal in ((speedup_axis, "speedup", nodes), (efficiency_axis, "efficiency", [1.0] * len(nodes))):
        axis.plot(nodes, ideal, "--", color="grey", label="ideal")
        for kind, measured in sorted(rows.items()):
            draw(axis, kind, measured, name)
        axis.set_xscale("log", base=2)
        axis.set_xticks(nodes)
        axis.xaxis.set_major_formatter(ScalarFormatter())
        axis.set(xlabel="nodes", ylabel=f"{name} over one node")
        axis.grid(alpha=0.3)
        axis.legend()
    speedup_axis.set_yscale("log", base=2)
    speedup_axis.yaxis.set_major_formatter(ScalarFormatter())
    efficiency_axis.set_ylim(bottom=0)
    figure.tight_layout()
    out = options.out or options.directory / "scaling.png"
    try:
        save_figure(figure, out)
    except (OSError, ValueError) as error:
        sys.exit(f"plot_scaling.py: {out}: cannot be written ({error})")
    print(out)


if __name__ == "__main__":
    main()
