# SPDX-License-Identifier: MIT
"""Pages with several digits, and pages with none."""
import numpy as np

from drawing_pages import files, paper
from drawing_pages.ink import enlarged, sharpened


def rows_of(rng, count):
    """How many digits stand in each row: one row, or two if there are enough."""
    if count < 4 or rng.random() < 0.4:
        return [count]
    first = int(rng.integers(2, count - 1))
    return [first, count - first]


def laid_out(rng, digits):
    """Ink of a page with the digits in reading order, and their boxes (x, y, width, height)."""
    side = rng.uniform(60, 140)
    boxes, parts = [], []
    digits = list(digits)
    top, right = side * rng.uniform(0.3, 1), 0
    for count in rows_of(rng, len(digits)):
        left = side * rng.uniform(0.3, 1.5)
        for _ in range(count):
            ink = enlarged(digits.pop(0), side * rng.uniform(0.85, 1.15))
            if rng.random() < 0.5:
                ink = sharpened(ink, side / 20)
            y = int(top + side * rng.uniform(0, 0.2))
            boxes.append((int(left), y, ink.shape[1], ink.shape[0]))
            parts.append(ink)
            left += ink.shape[1] + side * rng.uniform(0.12, 0.6)
        right = max(right, left)
        top += side * rng.uniform(1.6, 2.2)
    page = np.zeros((int(top + side / 2), int(right + side)))
    for (x, y, width, height), ink in zip(boxes, parts):
        window = page[y : y + height, x : x + width]
        np.maximum(window, ink, out=window)
    return page, boxes


def page_of_several(rng, digits):
    """The bytes of a file, its suffix, and the boxes of the digits in reading order."""
    ink, boxes = laid_out(rng, digits)
    size = ink.shape[::-1]
    kind = rng.integers(4)
    if kind == 0:
        return files.png(paper.painted(ink, 255, 20)), "png", boxes
    if kind == 1:
        return files.png(paper.painted(ink, 20, 245)), "png", boxes
    if kind == 2:
        light = paper.lit_from_a_side(rng, size, 245, rng.uniform(130, 180))
        return files.png(light * (1 - 0.85 * ink)), "png", boxes
    dust = paper.blots(rng, size, between(rng, 5, 25), (0.6, 2.2))
    page = paper.blurred(paper.painted(np.maximum(ink, dust), 235, 50), 0.6)
    return files.jpeg(paper.noisy(rng, page, rng.uniform(1, 4)), 88), "jpg", boxes


def between(rng, low, high):
    return int(rng.integers(low, high + 1))


def flat(rng, size, tone):
    return files.png(np.full(size[::-1], float(tone)))


def noise(rng, size):
    return files.png(paper.noisy(rng, np.full(size[::-1], rng.uniform(0, 255)),
                                 rng.uniform(1, 60)))


def even_noise(rng, size):
    return files.png(rng.uniform(0, 255, size[::-1]))


def photo_of_paper(rng):
    """In uneven light with a shadow on it, and nothing else."""
    width = between(rng, 200, 700)
    size = width, round(width * rng.uniform(1 / 1.8, 1.8))
    light = (paper.lit_from_a_side(rng, size, rng.uniform(200, 250), rng.uniform(120, 190))
             * paper.shadow(rng, size))
    page = paper.noisy(rng, paper.blurred(light, 1), rng.uniform(1, 8))
    return files.jpeg(page, between(rng, 60, 95))


def invisible(rng, size):
    alpha = (0, 255)[rng.integers(2)]
    return files.png(np.dstack([np.full(size[::-1], float(rng.integers(256)))] * 3
                               + [np.full(size[::-1], float(alpha))]))


EMPTY = {
    "blank": lambda rng, size: flat(rng, size, rng.integers(200, 256)),
    "solid": lambda rng, size: flat(rng, size, rng.integers(256)),
    "black": lambda rng, size: flat(rng, size, 0),
    "transparent or opaque": invisible,
    "noise": noise,
    "even noise": even_noise,
}


def empty_page(rng, index):
    """The kind of nothing on a page, and the bytes of its file."""
    name = list(EMPTY)[index % len(EMPTY)]
    size = between(rng, 1, 700), between(rng, 1, 700)
    if rng.random() < 0.8:
        size = between(rng, 28, 700), between(rng, 28, 700)
    return name, EMPTY[name](rng, size)
