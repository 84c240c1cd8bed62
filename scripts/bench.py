#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Measures how fast Tally trains on this machine; scripts/bench.sh builds what it needs first.

Writes bench.md and bench.csv after every section, so that an interruption costs no more than one.
"""
import pathlib
import sys
import tempfile

from measuring import recipes, speed
from measuring.machine import Machine, PeakMeter
from measuring.options import image_count, parse, say
from measuring.process import Failed
from measuring.report import Goal, goals_table, significant, table, write_csv, write_goals
from measuring.training import BIG, MIDDLE, SMALL, Measured, Trainer, measure

NETWORKS = {"small": SMALL, "middle": MIDDLE, "big": BIG}


class Bench:
    """One run of the benchmark: what is known so far, and the files that tell it."""

    def __init__(self, options, machine: Machine, trainer: Trainer):
        self.options, self.machine, self.trainer = options, machine, trainer
        self.measured: list[Measured] = []
        self.goals: list[Goal] = []
        self.peaks: list[dict[str, float]] = []
        self.meter = PeakMeter(options.build / "bin", machine, 3 if options.quick else 7)

    def measure_peak(self) -> None:
        self.peaks.append(self.meter.measure())
        say(f"{self.machine.instructions.name}, peak of one core: " + ", ".join(
            f"{library} {rate:.1f}" for library, rate in self.peaks[-1].items()) + " GFLOP/s")

    def peak(self) -> float:
        """Of the fastest library, at any time, so that a share is never better than it was."""
        return max(max(rates.values()) for rates in self.peaks)

    def run(self) -> list[str]:
        """The messages of sections that failed."""
        self.measure_peak()
        both = self.meter.measure(2) if self.machine.cores > 1 else {}
        failed = []
        for section in self.options.only:
            try:
                self.run_section(section)
            except Failed as failure:
                failed.append(f"{section}: {failure}")
                say(failed[-1])
            self.write(both)
        self.measure_peak()
        self.write(both)
        return failed

    def run_section(self, section: str) -> None:
        workers = min(2, self.machine.cores)
        if section in recipes.SECTIONS:
            for goal in recipes.goals(section, self.trainer, workers, self.options.quick):
                self.goals.append(goal)
                say(f"{section}: {goal.what}: {goal.figure or 'not measured'}")
            return
        scope = speed.Scope(self.peak(), self.machine.cores, tuple(self.machine.build.backends),
                            self.options.quick, self.options.networks)
        for trainings in speed.groups(section, scope):
            group = measure(self.trainer, section, trainings, scope.repetitions)
            self.measured += group
            first = group[0].training
            say(f"{section}: {first.network} B={first.batch_size}: "
                + ", ".join(f"{significant(one.rate)} ({one.training.label})" for one in group)
                + " samples/s")

    def write(self, both: dict[str, float]) -> None:
        results = speed.Results(self.measured, self.peak(), self.machine)
        write_csv(self.options.out / "bench.csv", results.rows())
        goals = [goal for goal in speed.goals(results) if goal.figure] + self.goals
        write_goals(self.options.out / "bench-goals.csv", goals, self.machine.columns())
        name = self.machine.instructions.name
        parts = [self.heading(), self.peak_table(both)]
        if goals:
            parts.append(f"## Goals, {name}\n\n{self.machine.caption()}\n\n{goals_table(goals)}")
        (self.options.out / "bench.md").write_text("\n\n".join([*parts, *results.tables()]) + "\n")

    def heading(self) -> str:
        return (
            f"# Training speed, {self.machine.instructions.name}\n\n{self.machine.caption()} "
            f"Data: {self.options.data.name} ({image_count(self.options.data, 'train'):,} training "
            "images). Samples/s are medians, of runs that alternate between the rows with the same "
            "batch size.")

    def peak_table(self, both: dict[str, float]) -> str:
        rows = [[library, *(f"{rates[library]:.1f}" for rates in self.peaks),
                 f"{both[library]:.1f}" if both else "-"] for library in self.peaks[0]]
        when = ["before", "after"][: len(self.peaks)]
        return (f"## Peak, {self.machine.instructions.name}\n\n{self.machine.caption()} GFLOP/s of "
                "a GEMM of 1024 x 1024 matrices on one core, before and after the other "
                "measurements. Shares are relative to the highest, times the number of "
                "workers.\n\n"
                + table(["library", *when, "two cores at once"], rows))


def network_option(parser) -> None:
    parser.add_argument("--network", action="append", choices=list(NETWORKS), metavar="NAME",
                        help=f"of the sections that train several: {', '.join(NETWORKS)}")


def main() -> int:
    options = parse(__doc__.splitlines()[0], [*speed.SECTIONS, *recipes.SECTIONS], network_option)
    options.networks = tuple(network for name, network in NETWORKS.items()
                             if not options.network or name in options.network)
    machine = Machine.ask(options.build)
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        trainer = Trainer(options.build / "bin", options.data, pathlib.Path(scratch),
                          machine.instructions.limits())
        failed = Bench(options, machine, trainer).run()
    print((options.out / "bench.md").read_text(), end="")
    for message in failed:
        print(f"bench.py: {message}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"bench.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
