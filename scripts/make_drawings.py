#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Draws data/drawings: digits as a person draws them, on pages of many kinds.

Each digit is strokes of a round pen through a few points, with slant and wobble of its own; no font
and no image of others is used. Running it again writes the same bytes (with the same Pillow).

    scripts/make_drawings.py [DIRECTORY]
"""
import pathlib
import sys

import python_packages

python_packages.require(numpy="python3-numpy", PIL="python3-pil")

import numpy as np  # noqa: E402
from PIL import Image, ImageDraw  # noqa: E402

# Strokes through points of a box of width 1 and height 1, y down. A pen passes them smoothly; "|"
# marks a corner, where it halts.
STROKES = {
    "0": ["0.62,0.03 0.32,0.06 0.08,0.35 0.07,0.68 0.30,0.96 0.62,0.95 0.88,0.68 0.90,0.34 0.66,0.05 0.52,0.06"],
    "1": ["0.47,0.08 0.56,0.0 | 0.53,0.50 0.50,1.0"],
    "2": ["0.06,0.24 0.22,0.05 0.52,0.00 0.78,0.13 0.76,0.38 0.48,0.70 0.12,0.93 0.06,0.84 0.26,0.80 0.58,0.94 1.0,0.92"],
    "3": ["0.14,0.12 0.42,0.00 0.74,0.08 0.76,0.30 0.42,0.46 | 0.74,0.54 0.84,0.78 0.56,0.98 0.24,0.97 0.06,0.84"],
    "4": ["0.48,0.00 0.28,0.32 0.06,0.62 | 0.50,0.61 0.94,0.58", "0.70,0.22 0.68,0.60 0.64,1.0"],
    "5": ["0.24,0.05 0.20,0.26 0.17,0.46 | 0.44,0.37 0.74,0.46 0.82,0.70 0.62,0.93 0.30,0.99 0.08,0.88",
          "0.24,0.05 0.54,0.05 0.84,0.01"],
    "5 broken": ["0.22,0.10 0.19,0.30 0.17,0.48 | 0.44,0.39 0.74,0.48 0.82,0.72 0.62,0.94 0.30,0.99 0.08,0.88",
                 "0.34,0.03 0.60,0.02 0.88,0.00"],
    "6": ["0.72,0.00 0.42,0.20 0.18,0.52 0.14,0.80 0.36,0.99 0.66,0.95 0.80,0.74 0.62,0.55 0.34,0.60 0.17,0.78"],
    "7": ["0.08,0.06 0.46,0.07 0.90,0.02 | 0.68,0.44 0.44,1.0"],
    "7 crossed": ["0.08,0.08 0.46,0.07 0.90,0.02 | 0.66,0.46 0.46,1.0", "0.30,0.52 0.60,0.49 0.88,0.50"],
    "8": ["0.78,0.14 0.52,0.00 0.24,0.10 0.24,0.30 0.54,0.48 0.80,0.68 0.74,0.92 0.48,1.0 0.20,0.90 0.22,0.68 "
          "0.52,0.46 0.76,0.28 0.76,0.10"],
    "9": ["0.78,0.20 0.54,0.01 0.24,0.10 0.14,0.34 0.34,0.52 0.62,0.44 0.80,0.18 | 0.76,0.52 0.66,1.0"],
}

OVERSAMPLING = 4


def smooth(points, steps=24):
    """A Catmull-Rom curve through points [n, 2]."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for p0, p1, p2, p3 in zip(padded, padded[1:], padded[2:], padded[3:]):
        pieces.append(0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
                             + (3 * p1 - p0 - 3 * p2 + p3) * t**3))
    return np.vstack(pieces + [points[-1:]])


def path_of(stroke):
    corner_to_corner = []
    start = None
    for piece in stroke.split("|"):
        points = np.array([[float(c) for c in point.split(",")] for point in piece.split()])
        if start is not None:
            points = np.vstack([start, points])
        start = points[-1:]
        corner_to_corner.append(smooth(points))
    return np.vstack(corner_to_corner)


def wobbled(path, rng, slant):
    """A hand is never exact: slow deviations along the path, and a slant to the right."""
    along = np.linspace(0, 1, len(path))
    deviation = np.zeros_like(path)
    for waves in (1, 2, 4):
        phase = rng.uniform(0, 2 * np.pi, 2)
        size = rng.normal(0, 0.012 / waves, 2)
        deviation += size * np.sin(2 * np.pi * waves * along[:, None] + phase)
    path = path + deviation
    return np.column_stack([path[:, 0] + slant * (0.5 - path[:, 1]), path[:, 1]])


def draw_ink(name, height, pen, seed, slant=0.15, width=0.68):
    """Ink from 0 to 1 of a digit that is `height` pixels high, drawn by a pen `pen` pixels wide."""
    rng = np.random.default_rng(seed)
    margin = pen + 2
    size = (round(height * 1.3 + 2 * margin), round(height * 1.1 + 2 * margin))
    canvas = Image.new("L", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), 0)
    draw = ImageDraw.Draw(canvas)
    for stroke in STROKES[name]:
        path = wobbled(path_of(stroke), rng, slant)
        pixels = (path * [height * width, height] + [margin + 0.2 * height, margin]) * OVERSAMPLING
        pressure = 1 + 0.12 * np.sin(np.linspace(0, rng.uniform(4, 9), len(path)) + rng.uniform(0, 6))
        radii = pen / 2 * OVERSAMPLING * pressure
        # Discs close enough to each other that no gap shows between them.
        for (x0, y0), (x1, y1), radius in zip(pixels, pixels[1:], radii):
            count = max(1, int(np.hypot(x1 - x0, y1 - y0) / max(1.0, radius / 4)))
            for part in np.linspace(0, 1, count + 1):
                x, y = x0 + (x1 - x0) * part, y0 + (y1 - y0) * part
                draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    ink = canvas.resize(size, Image.BOX)
    return np.asarray(ink.crop(ink.getbbox()), dtype=np.float64) / 255


def place(ink, page_size, centre):
    """The ink on an empty page of (width, height)."""
    page = np.zeros((page_size[1], page_size[0]))
    height, width = ink.shape
    left, top = centre[0] - width // 2, centre[1] - height // 2
    page[top : top + height, left : left + width] = ink
    return page


def paint(ink, paper, pen):
    """Ink of one tone or colour on paper of another, or of one per pixel."""
    ink = ink[..., None] if np.ndim(pen) else ink
    return np.asarray(paper) * (1 - ink) + np.asarray(pen) * ink


def uneven_light(page_size, light, dark, direction):
    """Brightness of paper that is lit from one side."""
    x = np.linspace(-1, 1, page_size[0])[None, :]
    y = np.linspace(-1, 1, page_size[1])[:, None]
    slope = (direction[0] * x + direction[1] * y + 1) / 2
    return dark + (light - dark) * np.clip(slope, 0, 1)


def eight_bits(values):
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def save_png(directory, name, image):
    image.save(directory / name, optimize=True)


def save_jpeg(directory, name, values, orientation=None):
    exif = Image.Exif()
    if orientation is not None:
        exif[0x0112] = orientation
    Image.fromarray(eight_bits(values)).save(directory / name, quality=85, exif=exif.tobytes())


def draw_all(directory):
    def grey(values):
        return Image.fromarray(eight_bits(values))

    ink = place(draw_ink("0", 18, 2.3, 10), (32, 32), (15, 17))
    save_png(directory, "0-small-icon.png", grey(paint(ink, 255, 0)))

    ink = place(draw_ink("1", 120, 8, 11, slant=0.2), (200, 200), (110, 95))
    save_png(directory, "1-faint-pencil.png", grey(paint(ink, 244, 186)))

    ink = place(draw_ink("2", 620, 66, 12, slant=0.1, width=0.85), (1000, 1400), (520, 640))
    light = uneven_light((1000, 1400), 232, 150, (0.5, -0.6))
    save_jpeg(directory, "2-marker-tall-page.jpg", paint(ink, light, 38))

    ink = place(draw_ink("2", 96, 10, 20, width=0.8), (3000, 2000), (2400, 1530))
    save_png(directory, "2-small-on-large-page.png", grey(paint(ink, 255, 20)).quantize(16))

    ink = place(draw_ink("3", 250, 22, 13), (640, 480), (290, 230))
    save_png(directory, "3-blue-pen.png", grey(paint(ink, (255, 255, 255), (28, 52, 168))))

    ink = place(draw_ink("4", 130, 12, 14, slant=0.05), (200, 200), (105, 100))
    save_png(directory, "4-white-on-black.png", grey(paint(ink, 0, 255)))

    ink = place(draw_ink("5 broken", 260, 20, 15), (640, 480), (360, 250))
    coloured = grey(paint(ink, (250, 244, 220), (150, 30, 60)))
    save_png(directory, "5-broken-palette.png", coloured.quantize(32))

    ink = place(draw_ink("6", 240, 22, 16, slant=0.0), (300, 400), (150, 210))
    transparent = np.dstack([np.zeros_like(ink)] * 3 + [ink * 255])
    save_png(directory, "6-black-on-transparent.png", Image.fromarray(eight_bits(transparent)))

    ink = place(draw_ink("7 crossed", 260, 18, 17), (480, 640), (250, 330))
    upright = paint(ink, uneven_light((480, 640), 235, 190, (-0.6, 0.4)), 60)
    # The sensor's rows begin at the right side of the scene: EXIF calls that orientation 6.
    save_jpeg(directory, "7-photo-held-sideways.jpg", np.rot90(upright), orientation=6)

    ink = place(draw_ink("7", 300, 24, 21, slant=0.1), (640, 480), (340, 230))
    rng = np.random.default_rng(22)
    lefts, tops, sides = rng.integers(0, 630, 40), rng.integers(0, 470, 40), rng.integers(1, 5, 40)
    for x, y, side in zip(lefts, tops, sides):
        ink[y : y + side, x : x + side] = np.maximum(ink[y : y + side, x : x + side], 0.8)
    save_png(directory, "7-red-pen-with-specks.png",
             grey(paint(ink, (252, 252, 250), (200, 24, 24))))

    ink = place(draw_ink("8", 300, 26, 18), (640, 480), (300, 240))
    light = uneven_light((640, 480), 70, 36, (0.4, 0.5))
    save_jpeg(directory, "8-chalk-on-blackboard.jpg", paint(ink, light, 214))

    ink = place(draw_ink("9", 560, 44, 19, slant=0.18), (1000, 1400), (480, 760))
    sixteen_bits = np.round(paint(ink, 62000, 5000)).astype(np.uint16)
    save_png(directory, "9-tall-page-16-bit.png", Image.fromarray(sixteen_bits))


def main():
    default = pathlib.Path(__file__).resolve().parent.parent / "data" / "drawings"
    directory = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    directory.mkdir(parents=True, exist_ok=True)
    draw_all(directory)
    files = sorted(directory.iterdir())
    print(f"{directory}: {len(files)} drawings, {sum(f.stat().st_size for f in files):,} bytes")


if __name__ == "__main__":
    main()
