# SPDX-License-Identifier: MIT
"""One way to run tally-train, and what `--profile` says of it."""
import json
import pathlib
import shutil
import statistics
from collections.abc import Mapping
from dataclasses import dataclass, field

from measuring import process

SMALL = "784-100-50-10"
MIDDLE = "784-512-256-10"
BIG = "784-2500-2000-1500-1000-500-10"


def layers(network: str) -> str:
    """784-100-10 as tally-train has it: dense:100,tanh,dense:10."""
    return ",tanh,".join(f"dense:{size}" for size in network.split("-")[1:])


def operations_per_sample(network: str) -> int:
    """Products forward, for the weights, and for the input but that of the first layer."""
    sizes = [int(size) for size in network.split("-")]
    return sum((6 if i > 0 else 4) * rows * columns
               for i, (rows, columns) in enumerate(zip(sizes, sizes[1:])))


@dataclass(frozen=True)
class Training:
    ranks: int = 1
    threads: int = 1
    network: str = SMALL
    batch_size: int = 128
    steps: int | None = None
    micro_batch: int | None = None
    reduction: str = "tree"
    kernels: str = ""              # onednn, eigen, ...; none: what the build prefers
    recipe: tuple[str, ...] = ()   # a preset instead of network, batch size and steps
    options: tuple[str, ...] = ()

    @property
    def layout(self) -> str:
        return f"{self.ranks}x{self.threads}"

    @property
    def label(self) -> str:
        """What sets it apart from others of its group."""
        reduction = "mpi" if self.reduction == "mpi" else ""
        return " ".join(filter(None, [self.layout, reduction, self.kernels]))

    @property
    def workers(self) -> int:
        return self.ranks * self.threads

    def arguments(self) -> list[str]:
        line = ["--threads", str(self.threads), "--reduction", self.reduction]
        if self.recipe:
            return [*line, *self.recipe, *self.options]
        line += ["--network", layers(self.network), "--batch-size", str(self.batch_size)]
        if self.micro_batch:
            line += ["--micro-batch", str(self.micro_batch)]
        if self.steps:
            # One-cycle over so many epochs begins slowly, so that no network diverges.
            line += ["--max-steps", str(self.steps), "--epochs", "1000",
                     "--checkpoint-every", "1000epochs"]
        if self.batch_size == 1:
            line += ["--momentum", "0", "--weight-decay", "0", "--learning-rate", "0.01",
                     "--schedule", "constant"]
        return [*line, *self.options]


@dataclass
class Measured:
    """A training and the profiles of its runs."""

    section: str
    training: Training
    profiles: list[dict] = field(default_factory=list)

    def rates(self) -> list[float]:
        return [profile["samples_per_second"] for profile in self.profiles]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates())

    @property
    def gflops(self) -> float:
        return self.rate * self.profiles[0]["flops_per_sample"] / 1e9


class Trainer:
    """Runs tally-train on one data set, each time in a run directory of its own."""

    def __init__(self, binaries: pathlib.Path, data: pathlib.Path, scratch: pathlib.Path,
                 limits: Mapping[str, str]):
        """`limits` is the environment that holds libraries to an instruction set."""
        self.binaries, self.data, self.run_dir = binaries, data, scratch / "run"
        self.limits = limits

    def train(self, training: Training, *options, wrapper=(), oversubscribe=False) -> str:
        """What it prints. Leaves the run directory until the next one."""
        shutil.rmtree(self.run_dir, ignore_errors=True)
        environment = {**self.limits, "TALLY_KERNELS": training.kernels}
        if oversubscribe:
            environment |= {"OMPI_MCA_rmaps_base_oversubscribe": "1",  # as Open MPI 4 calls it, and 5
                            "PRTE_MCA_rmaps_default_mapping_policy": ":oversubscribe",
                            "OMPI_MCA_mpi_yield_when_idle": "1", "OMP_WAIT_POLICY": "passive"}
        return process.run(["mpirun", "--bind-to", "none", "-n", training.ranks,
                            *wrapper, self.binaries / "tally-train", "--data", self.data,
                            "--run-dir", self.run_dir, *training.arguments(), *options],
                           environment)

    def profile(self, training: Training) -> dict:
        self.train(training, "--profile", "--quiet")
        profile = self.read_profile()
        found = profile["ranks"], profile["threads"]
        if found != (training.ranks, training.threads):
            raise process.Failed(f"profile.json: expected {training.layout} ranks x threads, got "
                                 f"{found[0]}x{found[1]}")
        return profile

    def read_profile(self) -> dict:
        return json.loads((self.run_dir / "profile.json").read_text())

    def last_test_accuracy(self) -> float:
        names, *_, last = (self.run_dir / "metrics.csv").read_text().splitlines()
        return float(dict(zip(names.split(","), last.split(",")))["test_accuracy"])

    def digest(self) -> str:
        return process.run([self.binaries / "tally-checkpoint", "digest", self.run_dir]).strip()


def measure(trainer: Trainer, section: str, trainings: list[Training],
            repetitions: int) -> list[Measured]:
    """All by turns within a repetition, so that what disturbs the machine hits all alike."""
    measured = [Measured(section, training) for training in trainings]
    for repetition in range(repetitions):
        for offset in range(len(measured)):
            one = measured[(repetition + offset) % len(measured)]
            one.profiles.append(trainer.profile(one.training))
    return measured
