#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""How many drawings that are no digits tally-predict is unsure of, at the price of few digits.

    scripts/unsure_benchmark.py --data data/mnist          trains the default recipe and a network for
                                                           other drawings, and calibrates with both
    scripts/unsure_benchmark.py --data data/mnist --model calibrated.h5 --drawings 200

The bound of --reject is where that share of the data set's test images is unsure. Letters, shapes
and scribbles are made by program from the seed; some are digits all the same: O, l, S, a circle.
"""
import argparse
import collections
import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zlib

import python_packages

python_packages.require(h5py="python3-h5py", numpy="python3-numpy", PIL="python3-pil")

import h5py  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from drawing_pages import not_digits

ROOT = pathlib.Path(__file__).resolve().parent.parent
OUTLIERS_RECIPE = ("--network", "dense:128,relu,dense:64,relu,dense:11", "--epochs", "10")


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        default=os.environ.get("TALLY_MNIST_DIR", ROOT / "data" / "mnist"))
    parser.add_argument("--model", type=pathlib.Path, help="default: trained on the data")
    parser.add_argument("--binaries", type=pathlib.Path, metavar="DIR",
                        default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--drawings", type=int, default=1000, metavar="N", help="of each family")
    parser.add_argument("--unsure-digits", type=float, default=1.0, metavar="PERCENT")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


def trained(options, scratch):
    """A model of the default recipe with 5,000 images held out, calibrated on these, with a network
    that tells digits from other drawings, as docs/calibration.md trains it."""
    run, model = scratch / "run", scratch / "calibrated.h5"
    outliers, outliers_run = scratch / "outliers", scratch / "outliers-run"

    def call(tool, *arguments):
        subprocess.run([options.binaries / tool, *arguments], check=True, stdout=subprocess.DEVNULL)

    call("tally-train", "--data", options.data, "--run-dir", run, "--validation", "5000", "--quiet")
    call("tally-data", "outliers", options.data, "--out", outliers)
    call("tally-train", "--data", outliers, "--run-dir", outliers_run, "--quiet", *OUTLIERS_RECIPE)
    call("tally-evaluate", run, "--data", options.data, "--calibrate", model, "--outliers", outliers_run)
    return model


def answers(options, paths, *more):
    """In parts, since a command line is not endless."""
    lines = []
    for first in range(0, len(paths), 1000):
        done = subprocess.run([options.binaries / "tally-predict", options.model, "--json", *more,
                               "--", *paths[first : first + 1000]],
                              capture_output=True, text=True, check=True)
        lines += [json.loads(line) for line in done.stdout.splitlines()]
    return lines


def read_idx_images(directory):
    path = directory / "t10k-images-idx3-ubyte"
    data = path.read_bytes() if path.exists() else gzip.open(f"{path}.gz").read()
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 28, 28)


def bound(options, scratch):
    """The probability below which that share of the test images lies."""
    paths = []
    for index, image in enumerate(read_idx_images(options.data)):
        paths.append(scratch / f"digit-{index:05}.png")
        Image.fromarray(image).save(paths[-1], compress_level=1)
    return float(np.percentile([certainty(line) for line in answers(options, paths)],
                               options.unsure_digits))


def certainty(line):
    """What --reject compares: that it is a digit, and this one."""
    return (line["probability"] or 0) * line.get("digit_probability", 1)


def family(options, scratch, name, draw, least):
    """(share that is unsure, of what most is taken for digits)."""
    paths, whats = [], []
    for index in range(options.drawings):
        rng = np.random.default_rng([options.seed, zlib.crc32(name.encode()), index])
        what, page = not_digits.page(rng, draw)
        whats.append(what)
        paths.append(scratch / f"{name.replace(' ', '-')}-{index:05}.png")
        Image.fromarray(page).save(paths[-1], compress_level=1)
    is_unsure = [line["status"] in ("unsure", "no_ink")
                 for line in answers(options, paths, "--reject", str(least))]
    taken = collections.Counter(what for what, unsure in zip(whats, is_unsure) if not unsure)
    return 100 * np.mean(is_unsure), [what for what, _ in taken.most_common(8)]


def main():
    options = parse()
    with tempfile.TemporaryDirectory(prefix="tally-unsure-") as name:
        scratch = pathlib.Path(name)
        options.data = pathlib.Path(options.data)
        options.model = options.model or trained(options, scratch)
        if options.model.is_file():
            with h5py.File(options.model) as file:
                if "calibration" in file:
                    print(f"temperature {file['calibration'].attrs['temperature']:.3f}")
        least = bound(options, scratch)
        print(f"--reject {least:.4f}: {options.unsure_digits:g} % of the test images are unsure\n")
        print("| drawings | unsure | most often taken for digits |\n|---|---|---|")
        shares = []
        for name, draw in not_digits.FAMILIES.items():
            share, taken = family(options, scratch, name, draw, least)
            shares.append(share)
            print(f"| {options.drawings:,} {name} | {share:.1f} % | {', '.join(taken)} |", flush=True)
        print(f"| all | {np.mean(shares):.1f} % | |")
        for name, draw in not_digits.DIGIT_FAMILIES.items():
            share, _ = family(options, scratch, name, draw, least)
            print(f"| for comparison: {options.drawings:,} {name} | {share:.1f} % | |", flush=True)


if __name__ == "__main__":
    sys.exit(main())
