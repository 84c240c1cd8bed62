#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws the learning curves of runs: plot_metrics.py RUN_DIR... [--out FILE.png]

Loss and accuracy by epoch, from metrics.csv; several runs share the axes. Needs Debian's
python3-matplotlib.
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

SETS = {"train": "-", "validation": ":", "test": "--"}


def read_columns(run: pathlib.Path) -> dict[str, list[float]]:
    """The columns of metrics.csv that have figures."""
    path = run / "metrics.csv"
    try:
        with open_table(path) as file:
            rows = list(csv.DictReader(file))
        names = [name for name, value in rows[0].items() if value] if rows else []
        columns = {name: [float(row[name]) for row in rows] for name in names}
    except OSError as error:
        sys.exit(f"plot_metrics.py: {path}: cannot be opened ({error.strerror}); expected the run "
                 "directory of a training")
    except (ValueError, TypeError, csv.Error) as error:
        sys.exit(f"plot_metrics.py: {path}: expected numbers under names, as a training writes them ({error})")
    if not rows:
        sys.exit(f"plot_metrics.py: {path}: expected at least one finished epoch, got none")
    if "epoch" not in columns:
        sys.exit(f"plot_metrics.py: {path}: expected a column epoch, as a training writes it")
    return columns


def draw(axis, columns: dict[str, list[float]], figure: str, prefix: str, color: str) -> None:
    for name, style in SETS.items():
        values = columns.get(f"{name}_{figure}")
        if values:
            axis.plot(columns["epoch"], values, style, color=color, label=f"{prefix}{name}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("runs", nargs="+", type=pathlib.Path, metavar="RUN_DIR")
    parser.add_argument("--out", type=pathlib.Path, help="default: RUN_DIR/metrics.png")
    options = parser.parse_args()

    figure, (loss_axis, accuracy_axis) = plt.subplots(1, 2, figsize=(11, 4.2))
    for number, run in enumerate(options.runs):
        columns = read_columns(run)
        prefix = f"{run.name} " if len(options.runs) > 1 else ""
        draw(loss_axis, columns, "loss", prefix, f"C{number}")
        draw(accuracy_axis, columns, "accuracy", prefix, f"C{number}")
    loss_axis.set(xlabel="epoch", ylabel="loss", yscale="log")
    accuracy_axis.set(xlabel="epoch", ylabel="accuracy")
    for axis in (loss_axis, accuracy_axis):
        axis.grid(alpha=0.3)
        axis.legend()
    figure.tight_layout()
    out = options.out or options.runs[0] / "metrics.png"
    try:
        save_figure(figure, out)
    except (OSError, ValueError) as error:
        sys.exit(f"plot_metrics.py: {out}: cannot be written ({error})")
    print(out)


if __name__ == "__main__":
    main()
