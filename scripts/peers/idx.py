# SPDX-License-Identifier: MIT
"""IDX files of bytes, gzip or not, as the peers read them: before the clock starts."""
import gzip
import pathlib
import struct

import numpy


def read_idx(directory: pathlib.Path, name: str) -> numpy.ndarray:
    """The array of `name` or `name`.gz in `directory`."""
    path = directory / name
    if not path.exists():
        path = directory / f"{name}.gz"
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rb") as file:
        data = file.read()
    dimensions = data[3]
    if data[:3] != b"\0\0\x08":
        raise ValueError(f"{path}: expected an IDX file of bytes, got {data[:4].hex()}")
    shape = struct.unpack_from(f">{dimensions}I", data, 4)
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def read_training(directory: pathlib.Path) -> tuple[numpy.ndarray, numpy.ndarray]:
    """Training images as rows of float32 from 0 to 1, and their labels as int64."""
    images = read_idx(directory, "train-images-idx3-ubyte")
    labels = read_idx(directory, "train-labels-idx1-ubyte")
    rows = images.reshape(len(images), -1).astype(numpy.float32) / numpy.float32(255)
    return rows, labels.astype(numpy.int64)
