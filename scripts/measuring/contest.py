# SPDX-License-Identifier: MIT
"""Tally and its peers: what is run against what, and the rates of it."""
import json
import os
import pathlib
import statistics
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from measuring import process
from measuring.machine import Machine
from measuring.options import ROOT, say
from measuring.report import significant
from measuring.training import Trainer, Training

PEERS = ROOT / "scripts" / "peers"
TITLES = {
    "torch": "PyTorch in one process",
    "compiled": "PyTorch in one process with torch.compile, without the time to compile",
    "ddp": "PyTorch DistributedDataParallel, gloo, 2 processes of one thread",
    "numpy": "NumPy, the paper's recipe, one sample at a time, one core",
    "cnn": "Convolutions (`--preset cnn`); PyTorch in one thread, by seconds of the processor",
}
TALLY, DEBIAN, NEWEST, COMPILED, DDP, NUMPY = (
    "Tally", "Debian's PyTorch", "the newest PyTorch", "the newest PyTorch, compiled",
    "PyTorch DDP", "NumPy")


def newest_python() -> pathlib.Path | None:
    """Of the environment that scripts/peers_venv.sh makes; none: it was not made."""
    cache = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    folder = pathlib.Path(os.environ.get("TALLY_PEERS_VENV") or f"{cache}/tally/peers")
    return folder / "bin" / "python" if (folder / "complete").exists() else None


@dataclass
class Entry:
    """One program with its options, and what it said of each of its runs."""

    section: str
    of: str
    how: str
    batch_size: int
    run: Callable[[], dict]
    results: list[dict] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.of}, {self.how}"

    def rates(self) -> list[float]:
        return [result["samples_per_second"] for result in self.results]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates())

    def facts(self) -> str:
        """Version, library of products and instructions, as the program tells them."""
        told = self.results[0]
        if self.of == TALLY:
            return told["kernels"]
        parts = [told["version"], f"MKL {told['mkl']}" if told.get("mkl") else told["blas"],
                 f"oneDNN {told['onednn']}" if told.get("onednn") else "",
                 told.get("instructions", "")]
        return ", ".join(filter(None, parts))


class Contest:
    """Makes the entries of each section, all held to one instruction set."""

    def __init__(self, trainer: Trainer, machine: Machine, quick: bool, newest: pathlib.Path | None):
        self.trainer, self.machine, self.newest = trainer, machine, newest
        self.scale = 0.3 if quick else 1

    def entries(self, section: str) -> Iterator[list[Entry]]:
        """Those of a list are compared with each other."""
        if section == "numpy":
            yield [self.tally_paper(), *self.numpy_entries()]
            return
        if section == "cnn":
            yield [*self.tally_cnn(64, (1, 1), 32, 64), *self.cnn_entries()]
            if self.machine.cores > 1:
                yield [entry for layout in ((1, 1), (2, 1), (1, 2)) for entry in self.tally_cnn(128, layout, 64)]
            return
        if section == "compiled" and not self.newest:
            say("compiled: needs the newest PyTorch, which scripts/peers_venv.sh brings; left out")
            return
        makers = {"torch": self.torch_entries, "compiled": self.compiled_entries,
                  "ddp": self.ddp_entries}
        for batch_size in (128, 512, 1024) if section == "ddp" else (128, 512):
            yield [*self.tally_entries(section, batch_size), *makers[section](batch_size)]

    def tally_entries(self, section: str, batch_size: int) -> Iterator[Entry]:
        layouts = ((2, 1), (1, 2)) if self.machine.cores > 1 else ((1, 1),)
        for ranks, threads in layouts:
            training = Training(ranks=ranks, threads=threads, batch_size=batch_size,
                                steps=round(500_000 * self.scale / batch_size))
            yield Entry(section, TALLY, training.layout, batch_size,
                        lambda training=training: self.trainer.profile(training))

    def tally_paper(self) -> Entry:
        epochs = max(1, round(50 * self.scale))
        training = Training(recipe=("--preset", "paper", "--epochs", str(epochs)))
        return Entry("numpy", TALLY, "--preset paper, 1x1", 1,
                     lambda: self.trainer.profile(training))

    def tally_cnn(self, batch_size: int, layout: tuple[int, int], *micro_batches: int) -> Iterator[Entry]:
        for micro_batch in micro_batches:
            training = Training(*layout, recipe=("--preset", "cnn", "--epochs", "1", "--batch-size", str(batch_size),
                                                 "--micro-batch", str(micro_batch)))
            yield Entry("cnn", TALLY, f"{training.layout}, M={micro_batch}", batch_size,
                        lambda training=training: self.trainer.profile(training))

    def cnn_entries(self) -> Iterator[Entry]:
        for of, python in ((DEBIAN, sys.executable), (NEWEST, self.newest)):
            for layout in ("default", "channels-last") if python else ():
                yield Entry("cnn", of, layout, 64,
                            self.peer("torch_cnn.py", 12_000, 1, "--warm-up", 3000, "--layout", layout, python=python))

    def peer(self, program: str, samples: float, threads: int, *arguments,
             python: pathlib.Path | str = sys.executable) -> Callable[[], dict]:
        line = [python, PEERS / program, self.trainer.data,
                "--samples", round(samples * self.scale), *arguments]
        environment = {**self.machine.instructions.limits(), "OMP_NUM_THREADS": str(threads),
                       "TORCHINDUCTOR_CACHE_DIR": str(ROOT / "build" / "torchinductor")}

        def run() -> dict:
            found = json.loads(process.run(line, environment).splitlines()[-1])
            self.require_limits(found)
            return found

        return run

    def require_limits(self, found: dict) -> None:
        """A peer that uses wider vectors than Tally's build is no comparison."""
        if "512" in found.get("instructions", "") and "AVX-512" != self.machine.instructions.name:
            raise process.Failed(f"a peer uses {found['instructions']}; expected no more than "
                                 f"{self.machine.instructions.name}")

    def threads(self) -> range:
        return range(1, min(2, self.machine.cores) + 1)

    def single(self, of: str, batch_size: int, python, *options) -> Iterator[Entry]:
        section = "compiled" if options else "torch"
        for threads in self.threads():
            yield Entry(section, of, f"{threads} thread{'s' if threads > 1 else ''}", batch_size,
                        self.peer("torch_single.py", 300_000, threads, "--threads", threads,
                                  "--batch-size", batch_size, *options, python=python))

    def torch_entries(self, batch_size: int) -> Iterator[Entry]:
        yield from self.single(DEBIAN, batch_size, sys.executable)
        if self.newest:
            yield from self.single(NEWEST, batch_size, self.newest)
        else:
            say("torch: without the newest PyTorch, which scripts/peers_venv.sh brings")

    def compiled_entries(self, batch_size: int) -> Iterator[Entry]:
        yield from self.single(COMPILED, batch_size, self.newest, "--compile")

    def ddp_entries(self, batch_size: int) -> Iterator[Entry]:
        yield Entry("ddp", DDP, "2 processes", batch_size,
                    self.peer("torch_ddp.py", 120_000, 1, "--batch-size", batch_size))

    def numpy_entries(self) -> Iterator[Entry]:
        for form in ("plain", "in-place"):
            for kind in ("float32", "float64"):
                yield Entry("numpy", NUMPY, f"{kind}, {form}", 1,
                            self.peer("numpy_paper.py", 20_000, 1, "--warm-up", 2000,
                                      "--type", kind, "--form", form))


def measure(entries: list[Entry], repetitions: int) -> None:
    """By turns, so that what disturbs the machine hits all alike."""
    for repetition in range(repetitions):
        for offset in range(len(entries)):
            entry = entries[(repetition + offset) % len(entries)]
            entry.results.append(entry.run())
    say(f"{entries[0].section} B={entries[0].batch_size}: "
        + ", ".join(f"{entry.name} {significant(entry.rate)}" for entry in entries) + " samples/s")


def best(entries: list[Entry], section: str, of: str, batch_size: int) -> Entry | None:
    candidates = [entry for entry in entries if entry.section == section and entry.of == of and
                  entry.batch_size == batch_size]
    return max(candidates, key=lambda entry: entry.rate, default=None)
