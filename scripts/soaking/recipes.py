# SPDX-License-Identifier: MIT
"""What the soak trains: recipes that are long enough to be struck, and what they end in alone."""
import os
import pathlib
import subprocess
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TALLY_BIN", ROOT / "build" / "release" / "bin"))
MNIST = os.environ.get("TALLY_MNIST_DIR")
RUN_MPI = ROOT / "tests" / "support" / "run_mpi.sh"


# oneDNN's kernels of other instruction sets behave otherwise when a signal comes; "" is the machine's.
INSTRUCTIONS = ("", "AVX2", "SSE41")
VARIABLE = "DNNL_MAX_CPU_ISA"


def instruction_choices():
    """What the runs of a soak may compute with: all, or what the environment says."""
    return (os.environ[VARIABLE],) if os.environ.get(VARIABLE) else INSTRUCTIONS


def data_directory():
    return pathlib.Path(MNIST) if MNIST else ROOT / "data" / "digits"


@dataclass(frozen=True)
class Recipe:
    name: str
    epochs: int
    interval: int  # steps between checkpoints
    log_every: int
    steps: int  # in all
    options: tuple

    def arguments(self, seed):
        """All of a fresh run but its directory, ranks and threads."""
        return ["--data", data_directory(), "--epochs", self.epochs, "--seed", seed, "--log-every",
                self.log_every, "--checkpoint-every", f"{self.interval}steps", "--quiet", *self.options]


def steps_of(samples, batch, epochs):
    return epochs * -(-samples // batch)


def recipes():
    """Momentum, both losses and orders, schedules, steps row by row; counts that divide by nothing."""
    samples = 20_011 if MNIST else 3_989
    scale = 1 if MNIST else 4
    limited = ("--train-limit", samples)
    return [
        Recipe("momentum", 20 * scale, 37, 1, steps_of(samples, 256, 20 * scale),
               (*limited, "--batch-size", 256, "--micro-batch", 16, "--momentum", 0.9,
                "--learning-rate", 0.05)),
        Recipe("validation", 12 * scale, 101, 1, steps_of(samples - 1_000, 128, 12 * scale),
               (*limited, "--validation", 1_000, "--batch-size", 128, "--micro-batch", 16,
                "--weight-decay", 1e-4, "--nesterov", "--momentum", 0.8)),
        Recipe("sequential", 8 * scale, 61, 1, steps_of(samples, 64, 8 * scale),
               (*limited, "--batch-size", 64, "--micro-batch", 8, "--order", "sequential", "--loss",
                "mse", "--schedule", "cosine", "--learning-rate", 0.1)),
        Recipe("rows", 30, 2_500, 100, steps_of(2_000, 1, 30), ("--preset", "paper")),
    ]


def run_tool(tool, *arguments):
    return subprocess.run([str(BIN / tool), *map(str, arguments)], capture_output=True, text=True,
                          check=True).stdout


def result_of(run_dir):
    """The digest of a run's end, and its metrics."""
    return (run_tool("tally-checkpoint", "digest", run_dir).strip(),
            (run_dir / "metrics.csv").read_text())
