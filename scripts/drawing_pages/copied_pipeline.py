# SPDX-License-Identifier: MIT
"""The preparation that is copied from one MNIST demo to the next, written from its description.

Read as grey, shrink 255 minus the page to 28 x 28, binarise by Otsu's threshold, strip empty rows
and columns, scale the longer side to 20, pad to 28 x 28, shift the centre of mass to the middle. It
ignores transparency and orientation, and knows no other size, polarity or paper.
"""
import io

import numpy as np
from PIL import Image


def grey(file):
    """As OpenCV's imread does it: the colours without their alpha, the rows as they are stored."""
    image = Image.open(io.BytesIO(file))
    if image.mode.startswith("I"):
        return (np.asarray(image, dtype=np.int64) >> 8).astype(np.uint8)
    return np.asarray(image.convert("RGB").convert("L"))


def resized(image, width, height):
    """Between the four nearest pixels, without smoothing, as OpenCV does unless told otherwise."""
    def positions(count, side):
        at = np.clip((np.arange(count) + 0.5) * side / count - 0.5, 0, side - 1)
        first = np.minimum(at.astype(int), max(0, side - 2))
        return first, np.minimum(first + 1, side - 1), at - first

    top, bottom, down = positions(height, image.shape[0])
    left, right, across = positions(width, image.shape[1])
    values = image.astype(np.float64)
    upper = values[top][:, left] * (1 - across) + values[top][:, right] * across
    lower = values[bottom][:, left] * (1 - across) + values[bottom][:, right] * across
    return np.round(upper + (lower - upper) * down[:, None]).astype(np.uint8)


def otsu_threshold(image):
    """The last value of the dark class in the split with the most variance between classes."""
    counts = np.bincount(image.ravel(), minlength=256)
    below, sums = np.cumsum(counts), np.cumsum(counts * np.arange(256))
    above = below[-1] - below
    with np.errstate(divide="ignore", invalid="ignore"):
        between = below * above * (sums / below - (sums[-1] - sums) / above) ** 2
    return int(np.argmax(np.nan_to_num(between)))


def shifted(image, right, down):
    target = np.zeros_like(image)
    height, width = image.shape
    target[max(0, down) : height + min(0, down), max(0, right) : width + min(0, right)] = \
        image[max(0, -down) : height - max(0, down), max(0, -right) : width - max(0, right)]
    return target


def prepare(file):
    """28 x 28 pixels; raises IndexError where there is no ink, as the original does."""
    image = resized(255 - grey(file), 28, 28)
    image = np.where(image > otsu_threshold(image), 255, 0).astype(np.uint8)
    while image[0].sum() == 0:
        image = image[1:]
    while image[:, 0].sum() == 0:
        image = image[:, 1:]
    while image[-1].sum() == 0:
        image = image[:-1]
    while image[:, -1].sum() == 0:
        image = image[:, :-1]
    height, width = image.shape
    if height > width:
        image = resized(image, max(1, round(width * 20 / height)), 20)
    else:
        image = resized(image, 20, max(1, round(height * 20 / width)))
    height, width = image.shape
    above, before = (28 - height + 1) // 2, (28 - width + 1) // 2
    image = np.pad(image, ((above, 28 - height - above), (before, 28 - width - before)))
    rows, columns = np.indices(image.shape)
    mass = image.sum(dtype=np.int64)
    return shifted(image, round(14 - (columns * image).sum() / mass),
                   round(14 - (rows * image).sum() / mass))
