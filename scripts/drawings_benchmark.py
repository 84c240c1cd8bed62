#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Reads MNIST's test digits from hard pages, and tells the accuracy by kind of page.

    scripts/drawings_benchmark.py                          trains the default recipe on MNIST first
    scripts/drawings_benchmark.py --model runs/a --digits 100 --only "ruled paper"

Every page is made from a digit and a seed, so that all machines see the same pages. Beside Tally's
figures stand those of the preparation that MNIST demos copy from each other. The exit code is 1 if
a figure is below its bound.
"""
import argparse
import multiprocessing
import os
import pathlib
import subprocess
import sys
import tempfile
import zlib

import python_packages

python_packages.require(numpy="python3-numpy")

import numpy as np  # noqa: E402

from drawing_pages import copied_pipeline, several
from drawing_pages.families import FAMILIES
from drawing_pages.files import png
from drawing_pages.reading import Failed, Tally, read_idx

ROOT = pathlib.Path(__file__).resolve().parent.parent
UNTOUCHED, SAME, SEVERAL, EMPTY = "untouched", "29 x 29", "several digits", "no digit"


def parse():
    names = [UNTOUCHED, *(family.name for family in FAMILIES), SEVERAL, EMPTY]
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=pathlib.Path, help="default: trained on the data")
    parser.add_argument("--data", type=pathlib.Path, metavar="DIR",
                        help="default: $TALLY_MNIST_DIR, else data/mnist")
    parser.add_argument("--binaries", type=pathlib.Path, metavar="DIR",
                        default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--digits", type=int, default=1000, metavar="N", help="of each family")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", choices=names, metavar="FAMILY",
                        help=", ".join(names))
    parser.add_argument("--slack", type=int, default=0, metavar="N",
                        help="so many digits more may be wrong in a family: for few digits")
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR",
                        help="leave pages that are read wrong, and the stages of reading them, here")
    options = parser.parse_args()
    options.only = options.only or names
    options.data = options.data or pathlib.Path(os.environ.get("TALLY_MNIST_DIR",
                                                               ROOT / "data" / "mnist"))
    if not options.data.is_dir():
        parser.error(f"{options.data}: expected MNIST's IDX files; scripts/get_mnist.sh fetches "
                     "them")
    return options


def generator(seed, name, index):
    return np.random.default_rng([seed, zlib.crc32(name.encode()), index])


def draw(job):
    """Writes one page and prepares it as demos do, in a process of the pool."""
    path, family_index, seed, index, digit = job
    family = FAMILIES[family_index]
    file = family.draw(generator(seed, family.name, index), digit)
    path.write_bytes(file)
    try:
        return copied_pipeline.prepare(file)
    except (IndexError, ValueError):
        return None


def draw_several(job):
    path, seed, index, digits = job
    file, suffix, boxes = several.page_of_several(generator(seed, SEVERAL, index), digits)
    path = path.with_suffix(f".{suffix}")
    path.write_bytes(file)
    return path, boxes


def overlap(a, b):
    """Common area of two boxes over the area that they cover."""
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    common = max(0, width) * max(0, height)
    return common / (a[2] * a[3] + b[2] * b[3] - common)


class Benchmark:
    def __init__(self, options, tally, pool, scratch):
        self.options, self.tally, self.pool, self.scratch = options, tally, pool, scratch
        self.images = read_idx(options.data, "t10k-images-idx3-ubyte")
        self.labels = read_idx(options.data, "t10k-labels-idx1-ubyte")
        order = np.random.default_rng(options.seed).permutation(len(self.images))
        self.chosen = order[: options.digits]
        self.slack = 100 * options.slack / len(self.chosen)
        self.below = []

    def bound(self, what, figure, least):
        if figure < least:
            self.below.append(f"{what}: {figure:.2f}, expected at least {least:.2f}")

    def directory(self, name):
        path = self.scratch / name.replace(" ", "-").replace(",", "")
        path.mkdir()
        return path

    def run(self):
        evaluated = 100 * self.tally.evaluate(self.options.data)["accuracy"]
        print(f"{len(self.chosen):,} digits of each family, seed {self.options.seed}; all "
              f"{len(self.images):,} test images by tally-evaluate: {evaluated:.2f} %\n")
        print("| pages | read right | against untouched | bound | copied pipeline |")
        print("|---|---|---|---|---|", flush=True)
        self.untouched(evaluated)
        for index, family in enumerate(FAMILIES):
            if family.name in self.options.only:
                self.family(index, family)
        print()
        if SEVERAL in self.options.only:
            self.several()
        if EMPTY in self.options.only:
            self.empty()

    def untouched(self, evaluated):
        """Test images as PNG of 28 x 28: the classes that the families are held against."""
        is_all = len(self.chosen) >= 1000
        tested = np.arange(len(self.images)) if is_all else self.chosen
        directory = self.directory(UNTOUCHED)
        paths = [directory / f"{index:05}.png" for index in tested]
        for path, index in zip(paths, tested):
            path.write_bytes(png(self.images[index]))
        self.classes = np.full(len(self.images), -1)
        self.classes[tested] = self.tally.classes(paths)
        correct = self.classes == self.labels
        self.base = 100 * correct[self.chosen].mean()
        if is_all:
            accuracy = 100 * correct.mean()
            print(f"| untouched, all {len(self.images):,} | {accuracy:.2f} % | | "
                  f"{evaluated:.2f} ± 0.02 | |")
            self.bound("untouched, against tally-evaluate", -abs(accuracy - evaluated), -0.02)
        print(f"| untouched, the digits below | {self.base:.2f} % | | | |", flush=True)

    def family(self, family_index, family):
        directory = self.directory(family.name)
        paths = [directory / f"{index:05}.{family.suffix}" for index in self.chosen]
        jobs = [(path, family_index, self.options.seed, int(index), self.images[index])
                for path, index in zip(paths, self.chosen)]
        copied = self.pool.map(draw, jobs, chunksize=8)
        classes, labels = self.tally.classes(paths), self.labels[self.chosen]
        if family.suffix == "png" and family.name.startswith("28 x 28"):
            same = 100 * (classes == self.classes[self.chosen]).mean()
            print(f"| {family.name}: the same class as untouched | {same:.2f} % | | 99.5 | |")
            self.bound(f"{family.name}, the same class", same, 99.5 - self.slack)
        accuracy = 100 * (classes == labels).mean()
        usable = [i for i, digit in enumerate(copied) if digit is not None]
        others = 100 / len(paths) * self.tally.correct_of_prepared(
            [copied[i] for i in usable], labels[usable], self.scratch / "copied")
        bound = "" if family.points is None else f"-{family.points}"
        print(f"| {family.name} | {accuracy:.2f} % | {accuracy - self.base:+.2f} | {bound} | "
              f"{others:.2f} % |", flush=True)
        if family.points is not None:
            self.bound(family.name, accuracy, self.base - family.points - self.slack)
        self.keep(family.name, [path for path, is_wrong in zip(
            paths, (classes != labels) & (self.classes[self.chosen] == labels)) if is_wrong])
        for path in paths:
            path.unlink()

    def keep(self, name, paths):
        if self.options.keep and paths:
            self.tally.classes(paths, "--stages", self.options.keep / name.replace(" ", "-"))

    def several(self):
        """Pages with 2 to 8 digits that the model reads when they stand alone."""
        readable = self.chosen[self.classes[self.chosen] == self.labels[self.chosen]]
        rng = generator(self.options.seed, SEVERAL, -1 % 2**32)
        groups = [rng.choice(readable, rng.integers(2, 9), replace=False)
                  for _ in range(max(1, self.options.digits // 4))]
        directory = self.directory(SEVERAL)
        pages = self.pool.map(draw_several, [
            (directory / f"{index:05}", self.options.seed, index, self.images[group])
            for index, group in enumerate(groups)], chunksize=4)
        answers = {str(path): [] for path, _ in pages}
        for answer in self.tally.predict([path for path, _ in pages], "--segment"):
            answers[answer["file"]].append(answer)
        found = right = 0
        wrong = []
        for (path, boxes), group in zip(pages, groups):
            read = answers[str(path)]
            has_all = len(read) == len(boxes) and all(
                answer["box"] and overlap(answer["box"], box) > 0.5
                for answer, box in zip(read, boxes))
            is_right = has_all and [answer["class"] for answer in read] == list(
                map(int, self.labels[group]))
            found, right = found + has_all, right + is_right
            if not is_right:
                wrong.append(path)
        share = 100 * right / len(pages)
        print(f"Pages with 2 to 8 digits: {right} of {len(pages)} read wholly right ({share:.1f} %, "
              f"bound 95), {found} with all boxes in reading order.", flush=True)
        self.bound(SEVERAL, share, 95 - 100 * self.options.slack / len(pages))
        if self.options.keep and wrong:
            self.tally.predict(wrong, "--segment", "--stages", self.options.keep / "several")

    def empty(self):
        pages = [several.empty_page(generator(self.options.seed, EMPTY, index), index)
                 for index in range(200)]
        blank = self.without_ink(EMPTY, pages)
        print(f"Pages that are blank, of one tone, black, or noise: {blank} of 200 are no_ink "
              "(bound 200).")
        self.bound(EMPTY, blank, 200)
        pages = [("photo", several.photo_of_paper(generator(self.options.seed, "photo", index)))
                 for index in range(50)]
        print(f"Photos of blank paper with a shadow: {self.without_ink('photos', pages)} of 50 are "
              "no_ink.")

    def without_ink(self, name, pages):
        directory = self.directory(name)
        paths = []
        for index, (kind, file) in enumerate(pages):
            paths.append(directory / f"{index:03}-{kind.replace(' ', '-')}")
            paths[-1].write_bytes(file)
        answers = self.tally.predict(paths)
        misread = [path for path, answer in zip(paths, answers) if answer["status"] != "no_ink"]
        self.keep(name, misread)
        return len(paths) - len(misread)


def trained(options, scratch):
    """The run directory of the default recipe."""
    run = scratch / "run"
    subprocess.run(["mpirun", "-n", "2", options.binaries / "tally-train", "--data",
                    options.data, "--run-dir", run, "--quiet"], check=True)
    return run


def main():
    options = parse()
    with (tempfile.TemporaryDirectory(prefix="tally-drawings-") as name,
          multiprocessing.Pool(len(os.sched_getaffinity(0))) as pool):
        scratch = pathlib.Path(name)
        model = options.model or trained(options, scratch)
        benchmark = Benchmark(options, Tally(options.binaries, model), pool, scratch)
        benchmark.run()
    for message in benchmark.below:
        print(f"drawings_benchmark.py: {message}", file=sys.stderr)
    return 1 if benchmark.below else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failed as failure:
        sys.exit(f"drawings_benchmark.py: {failure}")
