# SPDX-License-Identifier: MIT
"""Running Tally's tools on pages, and the files in between."""
import gzip
import json
import pathlib
import struct
import subprocess

import numpy as np


class Failed(RuntimeError):
    """A tool that did not do what it should."""


def read_idx(directory, name):
    """An IDX file of bytes, packed or not."""
    path = pathlib.Path(directory) / name
    opener, path = (open, path) if path.exists() else (gzip.open, path.with_name(f"{name}.gz"))
    with opener(path, "rb") as file:
        data = file.read()
    shape = struct.unpack_from(f">{data[3]}I", data, 4)
    return np.frombuffer(data, np.uint8, offset=4 + 4 * data[3]).reshape(shape)


def write_idx(path, array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    path.write_bytes(header + array.tobytes())


class Tally:
    """The tools of one build with one model."""

    def __init__(self, binaries, model):
        self.binaries, self.model = pathlib.Path(binaries), model

    def run(self, tool, *arguments, codes=(0,)):
        line = [str(self.binaries / tool), str(self.model), *map(str, arguments)]
        done = subprocess.run(line, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              check=False)
        if done.returncode not in codes:
            raise Failed(f"{' '.join(line[:4])} ...: exit code {done.returncode}: {done.stderr}")
        return done.stdout

    def predict(self, paths, *options):
        """One answer per path, or more with --segment."""
        lines = self.run("tally-predict", *options, "--json", "--", *paths, codes=(0, 1))
        return [json.loads(line) for line in lines.splitlines()]

    def classes(self, paths, *options):
        """The class of each page; -1 where there is none."""
        answers = self.predict(paths, *options)
        if len(answers) != len(paths):
            raise Failed(f"tally-predict: {len(answers)} answers to {len(paths)} pages")
        return np.array([-1 if answer["class"] is None else answer["class"]
                         for answer in answers])

    def evaluate(self, directory):
        """What tally-evaluate says of the test images in a directory of IDX files."""
        return json.loads(self.run("tally-evaluate", "--data", directory, "--json"))

    def correct_of_prepared(self, digits, labels, directory):
        """How many images of 28 x 28 that others have prepared the model reads right."""
        if len(digits) == 0:
            return 0
        directory.mkdir(exist_ok=True)
        write_idx(directory / "t10k-images-idx3-ubyte", np.asarray(digits, dtype=np.uint8))
        write_idx(directory / "t10k-labels-idx1-ubyte", np.asarray(labels, dtype=np.uint8))
        return self.evaluate(directory)["correct"]
