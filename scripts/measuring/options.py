# SPDX-License-Identifier: MIT
"""The options of both benchmarks, and where the data are."""
import argparse
import gzip
import os
import pathlib
import struct
import sys
from collections.abc import Callable

ROOT = pathlib.Path(__file__).resolve().parents[2]


def folder(name: str, arch: str) -> pathlib.Path:
    """In build/, as scripts/packages.sh has it."""
    return ROOT / "build" / (name if arch == "native" else f"{name}-{arch}")


def parse(description: str, sections: list[str],
          extra: Callable = lambda parser: None) -> argparse.Namespace:
    """`only` is the list of sections to run, in the order of `sections`; `extra` adds options. With
    --check-options, prints what is to be built, if anything, and ends."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        help="default: data/mnist, else $TALLY_MNIST_DIR, else data/digits")
    parser.add_argument("--out", type=pathlib.Path, metavar="DIR",
                        help="where the tables go; default: build/bench, with --arch ARCH "
                        "build/bench-ARCH")
    parser.add_argument("--only", action="append", choices=sections, metavar="SECTION",
                        help=", ".join(sections))
    parser.add_argument("--arch", default="native",
                        help="instructions to build for, as -march names them: x86-64-v3 is AVX2; "
                        "default: native, all of this processor's")
    parser.add_argument("--build", type=pathlib.Path, metavar="DIR",
                        help="a build that is there, instead of making one for --arch")
    extra(parser)
    parser.add_argument("--check-options", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.only = [name for name in sections if not options.only or name in options.only]
    options.data = (options.data or default_data()).resolve()
    if not list(options.data.glob("train-images-idx3-ubyte*")):
        parser.error(f"{options.data}: expected a directory with train-images-idx3-ubyte, .gz or "
                     "not, and the other three IDX files")
    if options.check_options:
        print("" if options.build else options.arch)
        sys.exit(0)
    options.build = (options.build or folder("release", options.arch)).resolve()
    options.out = options.out or folder("bench", options.arch)
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def default_data() -> pathlib.Path:
    mnist = ROOT / "data" / "mnist"
    if mnist.is_dir():
        return mnist
    if os.environ.get("TALLY_MNIST_DIR"):
        return pathlib.Path(os.environ["TALLY_MNIST_DIR"])
    say("there is no data/mnist (scripts/get_mnist.sh fetches it): measuring on data/digits, which "
        "has 4,000 images, so epochs are short")
    return ROOT / "data" / "digits"


def image_count(data: pathlib.Path, name: str) -> int:
    """Of the images of `name`, train or t10k."""
    path = data / f"{name}-images-idx3-ubyte"
    opener, path = (open, path) if path.exists() else (gzip.open, data / f"{path.name}.gz")
    with opener(path, "rb") as file:
        return struct.unpack(">4xI", file.read(8))[0]


def say(text: str) -> None:
    """Progress, apart from the tables."""
    print(text, file=sys.stderr, flush=True)
