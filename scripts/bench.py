#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Measures how fast Tally trains on this machine; scripts/bench.sh builds what it needs first.

Writes bench.md and bench.csv after every section, so that an interruption costs no more than one.
"""
import pathlib
import sys
import tempfile

from measuring import machine, recipes, speed
from measuring.options import BINARIES, image_count, parse, say
from measuring.process import Failed
from measuring.report import Goal, goals_table, significant, write_csv
from measuring.training import Measured, Trainer, measure


class Bench:
    """One run of the benchmark: what is known so far, and the files that tell it."""

    def __init__(self, options, trainer: Trainer):
        self.options, self.trainer = options, trainer
        self.measured: list[Measured] = []
        self.goals: list[Goal] = []
        self.peaks: list[float] = []
        self.meter = machine.PeakMeter(BINARIES, 3 if options.quick else 7)
        self.cores = machine.cores()

    def measure_peak(self) -> None:
        self.peaks.append(self.meter.measure())
        say(f"peak of one core: {self.peaks[-1]:.1f} GFLOP/s")

    def run(self) -> list[str]:
        """The messages of sections that failed."""
        self.measure_peak()
        both = self.meter.measure(2) if self.cores > 1 else None
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
        workers = min(2, self.cores)
        if section in recipes.SECTIONS:
            for goal in recipes.goals(section, self.trainer, workers, self.options.quick):
                self.goals.append(goal)
                say(f"{section}: {goal.what}: {goal.figure or 'not measured'}")
            return
        scope = speed.Scope(self.peaks[0], self.cores, self.options.quick)
        for trainings in speed.groups(section, scope):
            group = measure(self.trainer, section, trainings, scope.repetitions)
            self.measured += group
            first = group[0].training
            say(f"{section}: {first.network} B={first.batch_size}: "
                + ", ".join(f"{significant(one.rate)} ({one.training.label})" for one in group)
                + " samples/s")

    def write(self, both: float | None) -> None:
        # Against the higher of the two peaks, so that a share is never better than it was.
        results = speed.Results(self.measured, max(self.peaks))
        write_csv(self.options.out / "bench.csv", results.rows())
        goals = speed.goals(results) + self.goals
        parts = [self.heading(both), "## Goals\n\n" + goals_table(goals), *results.tables()]
        (self.options.out / "bench.md").write_text("\n\n".join(parts) + "\n")

    def heading(self, both: float | None) -> str:
        kernels = self.measured[0].profiles[0]["kernels"] if self.measured else "the kernels"
        peaks = " and ".join(f"{peak:.1f}" for peak in self.peaks)
        when = "before and after" if len(self.peaks) > 1 else "before"
        at_once = f"; two cores at once {both:.1f}" if both else ""
        return (
            f"# Training speed\n\n{machine.processor()}, {self.cores} cores; "
            f"{self.options.data.name} ({image_count(self.options.data, 'train'):,} training "
            f"images). A product of 1024 x 1024 matrices by {kernels} on one core: {peaks} GFLOP/s "
            f"{when} the rest{at_once}. Shares are of the highest of one core, times workers. "
            "Samples/s are medians, of runs that alternate between the rows with the same batch "
            "size.")


def main() -> int:
    options = parse(__doc__.splitlines()[0], [*speed.SECTIONS, *recipes.SECTIONS])
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        failed = Bench(options, Trainer(BINARIES, options.data, pathlib.Path(scratch))).run()
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
