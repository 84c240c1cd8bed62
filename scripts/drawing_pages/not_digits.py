# SPDX-License-Identifier: MIT
"""Drawings that are no digits: letters, shapes and scribbles, by a pen that wobbles as a hand does."""
import functools
import pathlib

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from make_drawings import eight_bits, paint, place, smooth, wobbled

HERSHEY = pathlib.Path("/usr/share/hershey-fonts")  # Debian's hershey-fonts-data: letters as strokes
DEJAVU = pathlib.Path("/usr/share/fonts/truetype/dejavu")  # Debian's fonts-dejavu-core
STROKE_FONTS = ("futural", "rowmans", "scripts")
PRINT_FONTS = ("DejaVuSans", "DejaVuSans-Bold", "DejaVuSerif", "DejaVuSansMono")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
HEIGHT = 120
OVERSAMPLING = 2


@functools.cache
def hershey_letters(font):
    """The strokes of each letter; glyph i of a file is character 32 + i, in pairs of characters
    around R, and " R" lifts the pen."""
    text = (HERSHEY / f"{font}.jhf").read_text().replace("\n", "")
    letters, position, code = {}, 0, 32
    while position < len(text):
        count = int(text[position + 5 : position + 8])
        pairs = text[position + 10 : position + 8 + 2 * count]
        strokes = [np.array([(ord(part[i]) - ord("R"), ord(part[i + 1]) - ord("R"))
                             for i in range(0, len(part), 2)], float)
                   for part in split_pairs(pairs)]
        letters[chr(code)] = [stroke for stroke in strokes if len(stroke) > 1]
        position, code = position + 8 + 2 * count, code + 1
    return letters


def split_pairs(pairs):
    parts = [""]
    for i in range(0, len(pairs), 2):
        if pairs[i : i + 2] == " R":
            parts.append("")
        else:
            parts[-1] += pairs[i : i + 2]
    return [part for part in parts if part]


def dense(points):
    """The polygon through points with more of them, so that it can wobble."""
    pieces = [np.linspace(a, b, 12, endpoint=False) for a, b in zip(points, points[1:])]
    return np.vstack([*pieces, points[-1:]])


def drawn(rng, strokes):
    """Ink from 0 to 1 of strokes [points, 2] of any size, by a pen of some width."""
    points = np.vstack(strokes)
    low, size = points.min(axis=0), np.maximum(np.ptp(points, axis=0).max(), 1e-9)
    slant, pen = rng.normal(0.08, 0.08), HEIGHT * rng.uniform(0.05, 0.13) * OVERSAMPLING
    paths = [wobbled((stroke - low) / size, rng, slant) * HEIGHT * OVERSAMPLING
             for stroke in strokes]
    low = np.vstack(paths).min(axis=0) - pen
    high = np.vstack(paths).max(axis=0) + pen
    canvas = Image.new("L", tuple(np.ceil(high - low).astype(int)), 0)
    draw = ImageDraw.Draw(canvas)
    for path in paths:
        path = path - low
        draw.line([tuple(point) for point in path], fill=255, width=round(pen), joint="curve")
        for x, y in path[[0, -1]]:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
    return np.asarray(canvas.reduce(OVERSAMPLING), dtype=np.float64) / 255


def written_letter(rng, letters=LETTERS):
    letter = letters[rng.integers(len(letters))]
    strokes = hershey_letters(STROKE_FONTS[rng.integers(len(STROKE_FONTS))])[letter]
    return letter, drawn(rng, [dense(stroke) for stroke in strokes])


def printed_letter(rng, letters=LETTERS):
    letter = letters[rng.integers(len(letters))]
    name = PRINT_FONTS[rng.integers(len(PRINT_FONTS))]
    font = ImageFont.truetype(str(DEJAVU / f"{name}.ttf"), HEIGHT)
    canvas = Image.new("L", (2 * HEIGHT, 2 * HEIGHT), 0)
    ImageDraw.Draw(canvas).text((HEIGHT // 2, HEIGHT // 2), letter, font=font, fill=255)
    canvas = canvas.rotate(rng.normal(0, 4), resample=Image.BICUBIC)
    return letter, np.asarray(canvas.crop(canvas.getbbox()), dtype=np.float64) / 255


def polygon(corners, first=-90.0, radii=(1.0,)):
    angles = np.radians(first + np.arange(corners + 1) * 360 / corners)
    radius = np.resize(radii, corners + 1)
    radius[-1] = radius[0]
    return np.column_stack([radius * np.cos(angles), radius * np.sin(angles)])


def arc(begin, end, radius=1.0, centre=(0.0, 0.0), steps=24):
    angles = np.radians(np.linspace(begin, end, steps))
    return np.column_stack([centre[0] + radius * np.cos(angles), centre[1] + radius * np.sin(angles)])


def lines(*strokes):
    return [np.array(stroke, float) for stroke in strokes]


def spiral():
    angles = np.linspace(0, 5 * np.pi, 80)
    return [np.column_stack([angles * np.cos(angles), angles * np.sin(angles)])]


def heart():
    t = np.linspace(0, 2 * np.pi, 60)
    return [np.column_stack([16 * np.sin(t) ** 3, -(13 * np.cos(t) - 5 * np.cos(2 * t)
                                                    - 2 * np.cos(3 * t) - np.cos(4 * t))])]


SHAPES = {
    "triangle": [polygon(3)],
    "square": [polygon(4, -45)],
    "rectangle": [polygon(4, -45) * [1.6, 1]],
    "diamond": [polygon(4)],
    "pentagon": [polygon(5)],
    "hexagon": [polygon(6)],
    "star": [polygon(10, -90, (1, 0.42))],
    "pentagram": [polygon(5)[[0, 2, 4, 1, 3, 0]]],
    "circle": [arc(0, 360)],
    "half moon": [np.vstack([arc(-70, 70, 1), arc(55, -55, 0.85, (-0.25, 0.0))])],
    "heart": heart(),
    "plus": lines([(-1, 0), (1, 0)], [(0, -1), (0, 1)]),
    "asterisk": lines([(-1, 0), (1, 0)], [(-0.5, -0.87), (0.5, 0.87)], [(0.5, -0.87), (-0.5, 0.87)]),
    "arrow": lines([(-1, 0), (1, 0)], [(0.4, -0.5), (1, 0), (0.4, 0.5)]),
    "double arrow": lines([(-1, 0), (1, 0)], [(0.5, -0.4), (1, 0), (0.5, 0.4)],
                          [(-0.5, -0.4), (-1, 0), (-0.5, 0.4)]),
    "house": lines([(-1, 1), (-1, -0.2), (0, -1), (1, -0.2), (1, 1), (-1, 1)]),
    "lightning": lines([(0.3, -1), (-0.4, 0.1), (0.2, 0.1), (-0.3, 1)]),
    "hash": lines([(-0.4, -1), (-0.4, 1)], [(0.4, -1), (0.4, 1)], [(-1, -0.4), (1, -0.4)],
                  [(-1, 0.4), (1, 0.4)]),
    "equals": lines([(-1, -0.3), (1, -0.3)], [(-1, 0.3), (1, 0.3)]),
    "check mark": lines([(-0.7, 0.1), (-0.2, 0.7), (1, -0.8)]),
    "horizontal line": lines([(-1, 0), (1, 0)]),
    "smile": [arc(0, 360), arc(20, 160, 0.55), arc(0, 360, 0.08, (-0.35, -0.3)),
              arc(0, 360, 0.08, (0.35, -0.3))],
    "spiral": spiral(),
    "crossed box": [polygon(4, -45), *lines([(-0.7, -0.7), (0.7, 0.7)], [(0.7, -0.7), (-0.7, 0.7)])],
    "stick man": [arc(0, 360, 0.3, (0, -0.7)), *lines([(0, -0.4), (0, 0.4)], [(-0.5, -0.1), (0.5, -0.1)],
                                                      [(-0.4, 1), (0, 0.4), (0.4, 1)])],
}
FILLED = ("triangle", "square", "diamond", "pentagon", "hexagon", "star", "circle", "heart")


def shape(rng):
    name = list(SHAPES)[rng.integers(len(SHAPES))]
    angle = np.radians(rng.normal(0, 6))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    stretch = np.array([rng.uniform(0.8, 1.25), 1.0])
    strokes = [dense(stroke) @ turn * stretch for stroke in SHAPES[name]]
    if name in FILLED and rng.random() < 0.4:
        return f"filled {name}", filled(rng, strokes[0])
    return name, drawn(rng, strokes)


def filled(rng, outline):
    outline = wobbled((outline - outline.min(axis=0)) / np.ptp(outline, axis=0).max(), rng, 0)
    points = (outline - outline.min(axis=0)) * HEIGHT * OVERSAMPLING
    canvas = Image.new("L", tuple(np.ceil(points.max(axis=0)).astype(int) + 1), 0)
    ImageDraw.Draw(canvas).polygon([tuple(point) for point in points], fill=255)
    return np.asarray(canvas.reduce(OVERSAMPLING), dtype=np.float64) / 255


def scribble(rng):
    kind = ("curve", "zigzag", "loops", "hatching")[rng.integers(4)]
    if kind == "curve":
        strokes = [smooth(rng.uniform(0, 1, (rng.integers(6, 16), 2)))]
    elif kind == "zigzag":
        count = rng.integers(6, 14)
        across = np.linspace(0, 1, count) + rng.normal(0, 0.03, count)
        down = np.resize([0.0, 0.6], count) + rng.normal(0, 0.08, count)
        strokes = [smooth(np.column_stack([across, down]), 8)]
    elif kind == "loops":
        t = np.linspace(0, 2 * np.pi * rng.uniform(3, 7), 160)
        strokes = [np.column_stack([t * rng.uniform(0.05, 0.25) + np.cos(t), rng.uniform(0.8, 1.5)
                                    * np.sin(t) + rng.normal(0, 0.4) * np.sin(0.4 * t)])]
    else:
        tilt = rng.uniform(-0.6, 0.6)
        strokes = [dense(np.array([(x + rng.normal(0, 0.03), rng.normal(0, 0.06)),
                                   (x + tilt + rng.normal(0, 0.03), 1 + rng.normal(0, 0.06))]))
                   for x in np.linspace(0, 1, rng.integers(4, 9))]
    return kind, drawn(rng, strokes)


FAMILIES = {
    "written letters": written_letter,
    "printed letters": printed_letter,
    "shapes": shape,
    "scribbles": scribble,
}

# Digits by the same pens and fonts: whoever is unsure of these, too, judges the pen.
DIGIT_FAMILIES = {
    "written digits": functools.partial(written_letter, letters="0123456789"),
    "printed digits": functools.partial(printed_letter, letters="0123456789"),
}


def page(rng, draw):
    """(what it is, brightness) of a page with one drawing of a family on white paper."""
    name, ink = draw(rng)
    side = max(ink.shape) + 60
    return name, eight_bits(paint(place(ink, (side, side), (side // 2, side // 2)), 255, 20))
