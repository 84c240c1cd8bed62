# SPDX-License-Identifier: MIT
"""What the machine can do: its processor, and the largest rate of a matrix product on it."""
import json
import os
import pathlib
import re
import statistics

from measuring import process


def cores() -> int:
    return len(os.sched_getaffinity(0))


def processor() -> str:
    text = pathlib.Path("/proc/cpuinfo").read_text()
    found = re.search(r"^model name\s*: (.*)$", text, re.MULTILINE)
    return found.group(1) if found else os.uname().machine


class PeakMeter:
    """The rate of a product of 1024 x 1024 matrices by Tally's kernels, in GFLOP/s."""

    def __init__(self, binaries: pathlib.Path, repetitions: int):
        self.line = [binaries / "tally_benchmarks", "--benchmark_filter=peak",
                     "--benchmark_format=json", f"--benchmark_repetitions={repetitions}"]
        if not self.line[0].exists():
            raise process.Failed(f"{self.line[0]}: not there; build with "
                                 "-DTALLY_BUILD_BENCHMARKS=ON, as scripts/bench.sh does")

    def measure(self, at_once: int = 1) -> float:
        """The sum over `at_once` processes that compute at the same time, a core each."""
        started = [process.start(self.line, {"OMP_NUM_THREADS": "1"}) for _ in range(at_once)]
        try:
            return sum(self.median_rate(process.finish(one)) for one in started)
        finally:
            for one in started:
                process.stop(one)

    @staticmethod
    def median_rate(output: str) -> float:
        rates = [entry["GFLOP/s"] for entry in json.loads(output)["benchmarks"]
                 if entry["name"].startswith("peak/1024") and entry["run_type"] == "iteration"]
        if not rates:
            raise process.Failed("tally_benchmarks: expected a benchmark peak/1024, got none")
        return statistics.median(rates)
