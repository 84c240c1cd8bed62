# SPDX-License-Identifier: MIT
"""The sections that compare rates of training: what they run, their tables, their goals."""
from collections.abc import Iterator
from dataclasses import dataclass, replace

from measuring.instructions import AVX2, AVX512
from measuring.machine import Machine
from measuring.report import Goal, at_least, significant, table
from measuring.training import BIG, MIDDLE, SMALL, Measured, Training, operations_per_sample

SECTIONS = {
    "grid": "Ranks x threads, batch sizes, networks",
    "reduction": "Reduction over 2 ranks: tree, the same bits on any layout, and MPI_Allreduce",
    "kernels": "GEMM backends, one worker",
    "micro-batch": "Micro-batches",
}
BATCH_SIZES = (1, 64, 128, 256, 512, 1024)
FEWEST_STEPS = 4  # for a rate at all, where one step takes half a second


@dataclass(frozen=True)
class Scope:
    """How much to run: what the machine allows, and the caller has time for."""

    peak: float     # GFLOP/s of one core
    cores: int
    kernels: tuple[str, ...]   # that the build has
    quick: bool
    networks: tuple[str, ...] = (SMALL, MIDDLE, BIG)

    @property
    def repetitions(self) -> int:
        return 3 if self.quick else 5

    def layouts(self, training: Training) -> list[Training]:
        """On one, two ranks, two threads; a second worker without a core says nothing."""
        alone = self.timed(training)
        if self.cores < 2:
            return [alone]
        return [alone, replace(alone, ranks=2), replace(alone, threads=2)]

    def timed(self, training: Training) -> Training:
        """With steps for about a second (0.3 s) of one worker at half of the peak."""
        share = 0.1 if training.batch_size == 1 else 0.5
        rate = share * self.peak * 1e9 / operations_per_sample(training.network)
        steps = round((0.3 if self.quick else 1) * rate / training.batch_size)
        return replace(training, steps=max(steps, FEWEST_STEPS))


def groups(section: str, scope: Scope) -> Iterator[list[Training]]:
    """The trainings of a section; those of a group are run by turns."""
    if section == "grid":
        for network in scope.networks:
            for batch_size in BATCH_SIZES:
                if not scope.quick or network != BIG or batch_size == 512:
                    yield scope.layouts(Training(network=network, batch_size=batch_size))
    elif section == "reduction" and scope.cores >= 2:
        for batch_size in BATCH_SIZES[1:]:
            one = scope.timed(Training(ranks=2, batch_size=batch_size))
            one = replace(one, steps=2 * one.steps)  # two ranks are done in half the time
            yield [one, replace(one, reduction="mpi")]
    elif section == "kernels":
        yield [scope.timed(Training(kernels=kernels)) for kernels in scope.kernels]
    elif section == "micro-batch":
        yield scope.layouts(Training(micro_batch=32))
        for micro_batch in (32, 64, 128, 256) if BIG in scope.networks else ():
            yield scope.layouts(Training(network=BIG, batch_size=512, micro_batch=micro_batch))[1:]


class Results:
    """All that was measured, to be asked for the rate of one training."""

    def __init__(self, measured: list[Measured], peak: float, machine: Machine):
        self.measured, self.peak, self.machine = measured, peak, machine

    def find(self, section: str, **wanted) -> Measured | None:
        for one in self.measured:
            if one.section == section and all(getattr(one.training, name) == value
                                              for name, value in wanted.items()):
                return one
        return None

    def share(self, one: Measured) -> float:
        return one.gflops / (self.peak * one.training.workers)

    def speed_up(self, one: Measured) -> float | None:
        """Against one worker with the same work."""
        training = one.training
        alone = self.find(one.section, layout="1x1", network=training.network,
                          batch_size=training.batch_size, micro_batch=training.micro_batch,
                          kernels=training.kernels)
        return one.rate / alone.rate if alone else None

    def rows(self) -> list[dict]:
        return [{
            "section": one.section, "network": one.training.network,
            "batch_size": one.training.batch_size, "micro_batch": one.profiles[0]["micro_batch"],
            "ranks": one.training.ranks, "threads": one.training.threads,
            "reduction": one.training.reduction, "kernels": one.profiles[0]["kernels"],
            "runs": len(one.profiles), "steps": one.training.steps,
            "samples_per_second": round(one.rate, 1),
            "minimum": round(min(one.rates()), 1), "maximum": round(max(one.rates()), 1),
            "gflops": round(one.gflops, 2), "share_of_peak": round(self.share(one), 4),
            "speed_up": round(speed_up, 3) if (speed_up := self.speed_up(one)) else "",
            **self.machine.columns(),
        } for one in self.measured]

    def tables(self) -> list[str]:
        """A chapter for each section, a table for each network in it."""
        parts = []
        for section, title in SECTIONS.items():
            members = [one for one in self.measured if one.section == section]
            if members:
                parts.append(f"## {title}, {self.machine.instructions.name}\n\n"
                             + self.machine.caption())
            for network in dict.fromkeys(one.training.network for one in members):
                parts.append(f"### {network}\n\n" + self.table_of(
                    [one for one in members if one.training.network == network]))
        return parts

    def table_of(self, members: list[Measured]) -> str:
        rows = []
        for one in members:
            profile, speed_up = one.profiles[0], self.speed_up(one)
            rows.append([
                one.training.batch_size, profile["micro_batch"], one.training.layout,
                one.training.reduction, profile["kernels"], significant(one.rate),
                f"{significant(min(one.rates()))} to {significant(max(one.rates()))}",
                f"{one.gflops:.1f}", f"{100 * self.share(one):.1f} %",
                f"{speed_up:.2f}x" if speed_up else "-"])
        return table(["batch", "micro-batch", "ranks x threads", "reduction", "kernels",
                      "samples/s", "lowest to highest", "GFLOP/s", "share of peak", "against 1x1"],
                     rows)


@dataclass(frozen=True)
class Limits:
    """What an instruction set is to reach on the small network; nothing without a goal."""

    shares: dict[int, float]     # batch size: percent of the peak, one worker
    speed_ups: dict[int, float]  # batch size: of two workers


LIMITS = {
    AVX512: Limits({512: 62, 128: 57}, {128: 1.5, 256: 1.65, 512: 1.8, 1024: 1.88}),
    AVX2: Limits({512: 75, 128: 68}, {128: 1.7, 512: 1.8}),
}
NONE = Limits({}, {})


def goals(results: Results) -> list[Goal]:
    limits = LIMITS.get(results.machine.instructions, NONE)
    return [*goals_of_one_worker(results, limits), *goals_of_two_workers(results, limits)]


def percent_of_peak(results: Results, members: dict[str, Measured | None]) -> dict[str, float]:
    return {name: 100 * results.share(one) for name, one in members.items() if one}


def goals_of_one_worker(results: Results, limits: Limits) -> list[Goal]:
    big_batch = results.find("grid", network=SMALL, batch_size=512, layout="1x1")
    small_batch = results.find("micro-batch", network=SMALL, layout="1x1")
    default = results.find("kernels", kernels=results.machine.build.default)
    eigen = results.find("kernels", kernels="eigen")
    return [
        at_least(f"share of peak: {SMALL}, 1 worker, B=512", limits.shares.get(512),
                 percent_of_peak(results, {"": big_batch}), "{:.1f} %"),
        at_least(f"share of peak: {SMALL}, 1 worker, B=128, M=32", limits.shares.get(128),
                 percent_of_peak(results, {"": small_batch}), "{:.1f} %"),
        at_least(f"Eigen's kernels against the default's: {SMALL}, 1 worker, B=128", 70,
                 {"": 100 * eigen.rate / default.rate} if default and eigen else {}, "{:.1f} %"),
    ]


def goals_of_two_workers(results: Results, limits: Limits) -> list[Goal]:
    found = []
    for batch_size in (128, 256, 512, 1024):
        pairs = {layout: results.find("grid", network=SMALL, batch_size=batch_size, layout=layout)
                 for layout in ("2x1", "1x2")}
        found.append(at_least(f"2 workers against 1: {SMALL}, B={batch_size}",
                              limits.speed_ups.get(batch_size),
                              {f"({layout})": results.speed_up(one)
                               for layout, one in pairs.items() if one}, "{:.2f}x"))
    for batch_size in BATCH_SIZES[1:]:
        tree, mpi = (results.find("reduction", batch_size=batch_size, reduction=name)
                     for name in ("tree", "mpi"))
        found.append(at_least(f"--reduction tree against mpi: {SMALL}, 2 ranks, B={batch_size}", 1,
                              {"": tree.rate / mpi.rate} if tree and mpi else {}, "{:.3f}x"))
    big = {f"(M={one.profiles[0]['micro_batch']}, {one.training.layout})": one
           for one in results.measured if one.training.network == BIG and
           one.training.batch_size == 512 and one.training.workers == 2}
    found.append(at_least(f"share of 2 x peak: {BIG}, 2 workers, B=512", 70,
                          percent_of_peak(results, big), "{:.1f} %", best=True))
    return found
