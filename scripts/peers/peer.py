# SPDX-License-Identifier: MIT
"""What the peers share: options, the clock around a training loop, and the line they print."""
import argparse
import ctypes
import json
import math
import pathlib
import time
from collections.abc import Callable, Iterator


def parse_options(description: str, batch_size: int | None = 128, **extra) -> argparse.Namespace:
    """`extra` maps further options to the arguments of add_argument."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("data", type=pathlib.Path, help="directory with the IDX files")
    parser.add_argument("--samples", type=int, default=100_000, help="to train on by the clock")
    parser.add_argument("--warm-up", type=int, default=20_000, help="samples before the clock")
    if batch_size:
        parser.add_argument("--batch-size", type=int, default=batch_size, help="over all processes")
    for name, settings in extra.items():
        parser.add_argument(f"--{name}", **settings)
    return parser.parse_args()


def samples_per_second(step: Callable, batches: Iterator, batch_size: int, samples: int,
                       warm_up: int, clock: Callable[[], float] = time.perf_counter) -> float:
    """Runs `step` on batches: some to warm up, then enough for `samples` by the clock.

    A last batch of an epoch may be short; it counts as what it is.
    """
    for _ in range(math.ceil(warm_up / batch_size)):
        step(next(batches))
    done = 0
    start = clock()
    while done < samples:
        batch = next(batches)
        step(batch)
        done += len(batch)
    return done / (clock() - start)


def blas_in_use() -> str:
    """The BLAS that is loaded, by its file's name, which decides how fast a peer is; of OpenBLAS also
    the processor that its kernels are for, which tells the instructions that they use."""
    maps = pathlib.Path("/proc/self/maps").read_text()
    files = {line.split()[-1] for line in maps.splitlines() if ".so" in line}
    known = ("libopenblas", "libmkl_rt", "libblis")
    found = min((file for file in files if pathlib.Path(file).name.startswith(known)), default="")
    if not found:
        return "reference BLAS"
    corename = getattr(ctypes.CDLL(found), "openblas_get_corename", None)
    if corename is None:
        return pathlib.Path(found).name
    corename.restype = ctypes.c_char_p
    return f"{pathlib.Path(found).name} {corename().decode()}"


def print_result(rate: float, accuracy: float, **extra) -> None:
    """`accuracy` on training images after the clock has stopped, to show that it did train."""
    print(json.dumps({"samples_per_second": round(rate, 1), "accuracy": round(accuracy, 4),
                      "blas": blas_in_use(), **extra}))
