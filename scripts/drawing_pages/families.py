# SPDX-License-Identifier: MIT
"""The families of hard pages: each makes an image file of one MNIST digit, by a generator."""
from dataclasses import dataclass
from collections.abc import Callable

import numpy as np

from drawing_pages import files, paper
from drawing_pages.ink import (broken, cut_out, enlarged, placed, sharpened, somewhere,
                               stroke_width, widened)

PENS = ((200, 24, 24), (28, 52, 168), (20, 120, 50), (230, 120, 10), (120, 40, 150), (110, 70, 40),
        (220, 60, 140), (0, 130, 140), (250, 205, 0))
PAPERS = ((255, 255, 255), (252, 252, 248), (250, 244, 220), (255, 250, 190), (232, 240, 250))


@dataclass(frozen=True)
class Family:
    name: str
    draw: Callable          # (rng, digit [28, 28]) -> the bytes of a file
    points: float | None    # accuracy may be so much below that of untouched images; None: reported
    suffix: str = "png"


FAMILIES: list[Family] = []


def family(name, points=0.5, suffix="png"):
    def add(draw):
        FAMILIES.append(Family(name, draw, points, suffix))
        return draw
    return add


def between(rng, low, high):
    return int(rng.integers(low, high + 1))


def usual(rng, digit, low=0.35, high=0.75):
    """The digit on a page of a usual size: its ink, 0 to 1."""
    page_size = between(rng, 280, 560), between(rng, 280, 560)
    return somewhere(rng, enlarged(digit, rng.uniform(low, high) * min(page_size)), page_size)


@family("white paper")
def white(rng, digit):
    return files.png(paper.painted(usual(rng, digit), 255, rng.uniform(0, 40)))


@family("black board")
def black(rng, digit):
    return files.png(paper.painted(usual(rng, digit), rng.uniform(0, 30), 255))


@family("sharp pen")
def sharp(rng, digit):
    page_size = between(rng, 280, 560), between(rng, 280, 560)
    side = rng.uniform(0.35, 0.75) * min(page_size)
    ink = sharpened(enlarged(digit, side), side / 20)
    return files.png(paper.painted(somewhere(rng, ink, page_size), 255, rng.uniform(0, 40)))


@family("tiny on a large page")
def tiny(rng, digit):
    page_size = between(rng, 1200, 2000), between(rng, 1200, 2000)
    return files.png(paper.painted(somewhere(rng, enlarged(digit, between(rng, 20, 44)), page_size),
                                   255, 20))


@family("huge")
def huge(rng, digit):
    page_size = between(rng, 1000, 1500), between(rng, 1000, 1500)
    ink = enlarged(digit, rng.uniform(0.75, 0.9) * min(page_size))
    return files.png(paper.painted(somewhere(rng, ink, page_size), 255, rng.uniform(0, 40)))


@family("wide page")
def wide(rng, digit):
    page_size = between(rng, 900, 1600), between(rng, 120, 220)
    ink = enlarged(digit, rng.uniform(0.5, 0.7) * page_size[1])
    return files.png(paper.painted(somewhere(rng, ink, page_size, 0.01), 250, 30))


@family("tall page")
def tall(rng, digit):
    page_size = between(rng, 120, 220), between(rng, 900, 1600)
    ink = enlarged(digit, rng.uniform(0.5, 0.7) * page_size[0])
    return files.png(paper.painted(somewhere(rng, ink, page_size, 0.01), 250, 30))


@family("gradient")
def gradient(rng, digit):
    ink = usual(rng, digit)
    light = paper.lit_from_a_side(rng, ink.shape[::-1], rng.uniform(220, 255),
                                  rng.uniform(110, 160))
    return files.png(light * (1 - rng.uniform(0.75, 0.95) * ink))


@family("photo with shadow and noise", 1.5, "jpg")
def photo(rng, digit):
    ink = usual(rng, digit)
    size = ink.shape[::-1]
    light = (paper.lit_from_a_side(rng, size, rng.uniform(215, 245), rng.uniform(170, 210))
             * paper.shadow(rng, size))
    page = paper.blurred(light * (1 - rng.uniform(0.65, 0.9) * ink), 0.8)
    return files.jpeg(paper.noisy(rng, page, rng.uniform(2, 7)), between(rng, 75, 92))


def on_ruling(rng, digit, is_squared):
    ink = usual(rng, digit, 0.3, 0.6)
    size = ink.shape[::-1]
    tone = rng.uniform((130, 150, 170), (200, 215, 235))
    page = paper.painted(paper.ruling(rng, size, is_squared), np.full(3, 250.0)[None, None], tone)
    return files.png(paper.painted(ink, page, rng.uniform((0, 0, 30), (50, 60, 150))))


@family("ruled paper", 1.5)
def ruled(rng, digit):
    return on_ruling(rng, digit, False)


@family("squared paper", 1.5)
def squared(rng, digit):
    return on_ruling(rng, digit, True)


@family("coloured pens")
def coloured(rng, digit):
    page, pen = PAPERS[rng.integers(len(PAPERS))], PENS[rng.integers(len(PENS))]
    return files.png(paper.painted(usual(rng, digit), np.array(page, float)[None, None], pen))


@family("faint pencil")
def faint(rng, digit):
    level = rng.uniform(225, 245)
    page = paper.painted(usual(rng, digit), level, level - rng.uniform(22, 50))
    return files.png(paper.noisy(rng, page, rng.uniform(0.5, 1.5)))


@family("specks and smudges")
def specks(rng, digit):
    ink = usual(rng, digit, 0.4, 0.75)
    size = ink.shape[::-1]
    smudges = rng.uniform(0.05, 0.12) * paper.blots(rng, size, 3, (10, 40))
    dust = rng.uniform(0.5, 1) * paper.blots(rng, size, between(rng, 15, 60), (0.6, 2.8))
    return files.png(paper.painted(np.maximum.reduce([ink, smudges, dust]), 252, 20))


@family("touching the border")
def border(rng, digit):
    ink = enlarged(digit, between(rng, 120, 400))
    ink = ink[np.ix_((ink > 0.5).any(axis=1), (ink > 0.5).any(axis=0))]
    height, width = ink.shape
    room = between(rng, 40, 200), between(rng, 40, 200)
    left, top = ((0, int(rng.integers(room[1]))), (room[0], int(rng.integers(room[1]))),
                 (int(rng.integers(room[0])), 0), (int(rng.integers(room[0])), room[1]))[
                     rng.integers(4)]
    page = placed(ink, (width + room[0], height + room[1]), left, top)
    return files.png(paper.painted(page, *((255, 20), (10, 250))[rng.integers(2)]))


@family("cut at the digit", 1.5)
def cut(rng, digit):
    ink = enlarged(cut_out(digit), between(rng, 20, 400))
    ink = ink[np.ix_((ink > 0.1).any(axis=1), (ink > 0.1).any(axis=0))]
    return files.png(paper.painted(ink, *((255, 20), (10, 250))[rng.integers(2)]))


@family("broken strokes")
def gaps(rng, digit):
    page_size = between(rng, 280, 560), between(rng, 280, 560)
    side = rng.uniform(0.4, 0.75) * min(page_size)
    ink = enlarged(digit, side)
    for _ in range(between(rng, 1, 2)):
        ink = broken(rng, ink, rng.uniform(0.02, 0.04) * side)
    return files.png(paper.painted(somewhere(rng, ink, page_size), 255, 20))


@family("ink in the alpha channel")
def alpha(rng, digit):
    ink = usual(rng, digit)
    tone = ((0, 0, 0), (255, 255, 255), PENS[rng.integers(len(PENS))])[rng.integers(3)]
    flat = np.broadcast_to(np.array(tone, float), (*ink.shape, 3))
    return files.png(np.dstack([flat, 255 * ink]))


@family("16 bits")
def sixteen_bits(rng, digit):
    return files.png_of_16_bits(paper.painted(usual(rng, digit), 240, rng.uniform(0, 60)))


@family("palette")
def palette(rng, digit):
    page = paper.painted(usual(rng, digit), np.full(3, 250.0)[None, None],
                         PENS[rng.integers(len(PENS) - 1)])
    return files.png_of_palette(page, (4, 16, 256)[rng.integers(3)])


@family("one bit")
def one_bit(rng, digit):
    ink = usual(rng, digit)
    ink = ink * min(2.0, 1 / ink.max())  # a pale thin stroke is ink, too
    return files.png_of_two_tones(paper.painted(ink, *((255, 0), (0, 255))[rng.integers(2)]))


@family("interlaced")
def interlaced(rng, digit):
    return files.png_interlaced(paper.painted(usual(rng, digit), 255, 0))


@family("JPEG, any orientation", 0.5, "jpg")
def jpeg(rng, digit):
    ink = usual(rng, digit)
    pen = (None, PENS[rng.integers(len(PENS) - 1)])[rng.integers(2)]
    page = (paper.painted(ink, 245, 30) if pen is None
            else paper.painted(ink, np.full(3, 250.0)[None, None], pen))
    return files.jpeg(page, between(rng, 50, 95), between(rng, 1, 8),
                      progressive=bool(rng.integers(2)))


@family("grey on grey, either way")
def polarity(rng, digit):
    level, difference = rng.uniform(90, 165), rng.uniform(50, 85)
    return files.png(paper.painted(usual(rng, digit), level,
                                   level + difference * (-1, 1)[rng.integers(2)]))


@family("28 x 28 in a page of 29 x 29")
def one_more(rng, digit):
    page = np.zeros((29, 29))
    left, top = rng.integers(2), rng.integers(2)
    page[top : top + 28, left : left + 28] = digit
    return files.png(page)


def other_pen(rng, digit, share):
    """Strokes of another width, by that share of it."""
    ink = enlarged(digit, 200)
    ink = widened(sharpened(ink, 10), share * stroke_width(ink) / 2)
    if ink.max() < 0.5:  # nothing would be left of a hairline
        ink = enlarged(digit, 200)
    return files.png(paper.painted(somewhere(rng, ink, (400, 400), 0.05), 255, 10))


@family("thick marker", None)
def thick(rng, digit):
    return other_pen(rng, digit, 0.5)


@family("thin pen", None)
def thin(rng, digit):
    return other_pen(rng, digit, -0.5)
