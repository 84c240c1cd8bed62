# SPDX-License-Identifier: MIT
"""The ink of a digit, enlarged, thickened, broken and laid on a page: arrays from 0 to 1."""
import numpy as np
from PIL import Image


def cut_out(digit):
    """The part of a 28 x 28 image that has ink, to its very edge."""
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    return digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def enlarged(digit, longer_side):
    """The digit's ink with a longer side of so many pixels, smoothly."""
    ink = np.pad(cut_out(digit), 1)  # its edges fade out on paper
    scale = longer_side / (max(ink.shape) - 2)
    size = [max(1, round(scale * side)) for side in ink.shape[::-1]]
    large = Image.fromarray(ink.astype(np.float32) / 255).resize(size, Image.BICUBIC)
    return np.clip(np.asarray(large, dtype=np.float64), 0, 1)


def sharpened(ink, scale):
    """The same with edges of about a pixel, where enlarging has made them `scale` pixels soft."""
    # A thin stroke may be grey all over: its own half is its edge.
    half = min(0.5, ink.max() / 2)
    return np.clip((ink - half) * scale + 0.5, 0, 1)


def disc(radius):
    """The offsets (y, x) within a circle."""
    reach = int(np.ceil(radius))
    return [(y, x) for y in range(-reach, reach + 1) for x in range(-reach, reach + 1)
            if y * y + x * x <= radius * radius]


def widened(ink, radius):
    """Every stroke wider by `radius` on each side; narrower if it is below 0."""
    reach = int(np.ceil(abs(radius)))
    padded = np.pad(ink, 2 * reach)
    height, width = np.add(ink.shape, 2 * reach)
    parts = [padded[reach + y : reach + y + height, reach + x : reach + x + width]
             for y, x in disc(abs(radius))]
    return np.max(parts, axis=0) if radius > 0 else np.min(parts, axis=0)


def stroke_width(ink):
    """Mean width of the strokes: the area over half the length of the outline."""
    strokes = np.pad(ink > 0.5, 1)
    outline = sum((strokes[a] & ~strokes[b]).sum() for a, b in (
        (np.s_[1:], np.s_[:-1]), (np.s_[:-1], np.s_[1:]),
        (np.s_[:, 1:], np.s_[:, :-1]), (np.s_[:, :-1], np.s_[:, 1:])))
    # Counted along rows and columns, a slanted outline is 4 / pi too long on average.
    return 2 * strokes.sum() / max(1.0, outline * np.pi / 4)


def broken(rng, ink, gap):
    """The ink with a straight gap of that width through one of its strokes."""
    points = np.argwhere(ink > 0.5)
    y, x = points[rng.integers(len(points))]
    angle = rng.uniform(0, np.pi)
    rows, columns = np.indices(ink.shape)
    across = np.abs((rows - y) * np.cos(angle) + (columns - x) * np.sin(angle))
    along = np.abs((columns - x) * np.cos(angle) - (rows - y) * np.sin(angle))
    is_gap = (across < gap / 2) & (along < stroke_width(ink))
    return np.where(is_gap, 0, ink)


def placed(ink, page_size, left, top):
    """The ink on an empty page of (width, height)."""
    page = np.zeros((page_size[1], page_size[0]))
    page[top : top + ink.shape[0], left : left + ink.shape[1]] = ink
    return page


def somewhere(rng, ink, page_size, margin=0.04):
    """The ink anywhere on a page, that share of its longer side from the border."""
    border = round(margin * max(page_size))
    room = np.maximum(1, np.subtract(page_size, ink.shape[::-1]) - 2 * border)
    left, top = (int(rng.integers(side)) + border for side in room)
    left = min(left, page_size[0] - ink.shape[1])
    top = min(top, page_size[1] - ink.shape[0])
    return placed(ink, page_size, left, top)
