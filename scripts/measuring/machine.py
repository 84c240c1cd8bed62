# SPDX-License-Identifier: MIT
"""What is measured, and on what: the processor, the build of Tally, and the largest rate of a matrix
product that any library reaches with the instructions of that build."""
import json
import os
import pathlib
import re
import statistics
import sys
import tempfile
from dataclasses import dataclass

from measuring import instructions, process
from measuring.instructions import InstructionSet
from measuring.options import ROOT

KERNELS = ("onednn", "tally", "eigen")  # those that a build may have
LIBRARIES = {"onednn": "oneDNN", "eigen": "Eigen"}  # those of them that are others' libraries


def cores() -> int:
    return len(os.sched_getaffinity(0))


def processor(cpuinfo: str | None = None) -> str:
    """Its model; virtual machines hide the name but not the numbers."""
    text = cpuinfo or pathlib.Path("/proc/cpuinfo").read_text()
    fields = dict(re.findall(r"^(cpu family|model|model name|stepping)\s*: (.*)$", text,
                             re.MULTILINE))
    if "model name" not in fields:
        return os.uname().machine
    if "cpu family" not in fields:
        return fields["model name"]
    return (f"{fields['model name']} (family {fields['cpu family']}, model {fields['model']}, "
            f"stepping {fields['stepping']})")


def has_kernels(binaries: pathlib.Path, kernels: str) -> bool:
    try:
        process.run([binaries / "tally-train", "--help"], {"TALLY_KERNELS": kernels})
    except process.Failed:
        return False
    return True


@dataclass(frozen=True)
class Build:
    """What a build of Tally says of itself."""

    arch: str
    compiler: str
    instructions: InstructionSet
    backends: dict[str, str]  # of each of its kernels: onednn-2.6.3
    default: str              # which of them it takes by itself

    @classmethod
    def ask(cls, folder: pathlib.Path) -> "Build":
        """By checkpoints that tell who wrote them."""
        told = {kernels: written_by(folder / "bin", kernels) for kernels in KERNELS
                if has_kernels(folder / "bin", kernels)}
        if not told:
            raise process.Failed(f"{folder}: expected a build whose bin/tally-train runs here")
        compiler, built, chosen = written_by(folder / "bin", "")
        backends = {kernels: backend for kernels, (_, _, backend) in told.items()}
        default = next(kernels for kernels, backend in backends.items() if backend == chosen)
        return cls(arch_of(folder), compiler, instructions.of_build(built), backends, default)

    def version(self, kernels: str) -> str:
        return self.backends.get(kernels, "").partition("-")[2]


def arch_of(folder: pathlib.Path) -> str:
    cache = (folder / "CMakeCache.txt").read_text()
    return re.search(r"^TALLY_ARCH:\w+=(.*)$", cache, re.MULTILINE).group(1)


def written_by(binaries: pathlib.Path, kernels: str) -> tuple[str, str, str]:
    """Compiler, instructions and kernels."""
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        process.run([binaries / "tally-train", "--data", ROOT / "data" / "digits", "--run-dir",
                     f"{scratch}/run", "--epochs", 0, "--quiet"], {"TALLY_KERNELS": kernels})
        told = process.run([binaries / "tally-checkpoint", "info", f"{scratch}/run"])
    found = re.search(r"^written by\s+tally [^,]+, ([^,]+), ([^,]+), (.+)$", told, re.MULTILINE)
    if not found:
        raise process.Failed(f"tally-checkpoint info: expected a line \"written by\", got {told}")
    return found.groups()


@dataclass(frozen=True)
class Machine:
    """What every table states."""

    processor: str
    cores: int
    widest: str  # instructions of the processor
    build: Build

    @classmethod
    def ask(cls, folder: pathlib.Path) -> "Machine":
        cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
        return cls(processor(cpuinfo), cores(), instructions.of_processor(cpuinfo),
                   Build.ask(folder))

    @property
    def instructions(self) -> InstructionSet:
        return self.build.instructions

    def caption(self) -> str:
        """Below the title of each table."""
        onednn = self.build.version("onednn")
        return (f"Built for {self.instructions.name} (`-march={self.build.arch}`, "
                f"{self.build.compiler}, {f'oneDNN {onednn}' if onednn else 'without oneDNN'}); "
                f"{self.processor}, which has {self.widest}, {self.cores} cores.")

    def columns(self) -> dict[str, str]:
        """In each row of a CSV file."""
        return {"instructions": self.instructions.name, "arch": self.build.arch,
                "processor": self.processor, "processor_instructions": self.widest,
                "compiler": self.build.compiler, "onednn": self.build.version("onednn")}


class PeakMeter:
    """The rate of a product of 1024 x 1024 matrices on one core, in GFLOP/s, by each library that
    there is, all held to the instructions of the build."""

    def __init__(self, binaries: pathlib.Path, machine: Machine, repetitions: int):
        self.machine, self.repetitions = machine, repetitions
        self.program = binaries / "tally_benchmarks"
        if not self.program.exists():
            raise process.Failed(f"{self.program}: not there; build with "
                                 "-DTALLY_BUILD_BENCHMARKS=ON, as scripts/bench.sh does")

    def measure(self, at_once: int = 1) -> dict[str, float]:
        """By library with its version; each is the sum over `at_once` processes that compute at the
        same time, a core each."""
        rates = {}
        for kernels, name in LIBRARIES.items():
            if kernels in self.machine.build.backends:
                found = self.run_at_once(at_once, [
                    self.program, "--benchmark_filter=peak", "--benchmark_format=json",
                    f"--benchmark_repetitions={self.repetitions}"], kernels)
                rates[f"{name} {self.machine.build.version(kernels)}"] = sum(
                    self.of_benchmark(json.loads(text)) for text in found)
        found = [json.loads(text) for text in self.run_at_once(at_once, [
            sys.executable, ROOT / "scripts" / "measuring" / "openblas_peak.py", self.repetitions])]
        if found[0]:
            rates[f"OpenBLAS {found[0]['version']}, {found[0]['core']}"] = sum(
                statistics.median(one["rates"]) for one in found)
        return rates

    def run_at_once(self, count: int, line: list, kernels: str = "") -> list[str]:
        environment = {**self.machine.instructions.limits(), "OMP_NUM_THREADS": "1",
                       "OPENBLAS_NUM_THREADS": "1", "TALLY_KERNELS": kernels}
        started = [process.start(line, environment) for _ in range(count)]
        try:
            return [process.finish(one) for one in started]
        finally:
            for one in started:
                process.stop(one)

    @staticmethod
    def of_benchmark(found: dict) -> float:
        rates = [entry["GFLOP/s"] for entry in found["benchmarks"]
                 if entry["name"].startswith("peak/1024") and entry["run_type"] == "iteration"]
        if not rates:
            raise process.Failed("tally_benchmarks: expected a benchmark peak/1024, got none")
        return statistics.median(rates)
