# SPDX-License-Identifier: MIT
"""Paper and light: brightness 0 to 255 of a page before a pen touches it."""
import numpy as np
from PIL import Image, ImageFilter


def coordinates(page_size):
    """x as a row and y as a column, from 0 to 1."""
    return np.linspace(0, 1, page_size[0])[None, :], np.linspace(0, 1, page_size[1])[:, None]


def lit_from_a_side(rng, page_size, light, dark):
    x, y = coordinates(page_size)
    angle = rng.uniform(0, 2 * np.pi)
    slope = x * np.cos(angle) + y * np.sin(angle)
    slope = (slope - slope.min()) / (slope.max() - slope.min())
    return dark + (light - dark) * slope


def shadow(rng, page_size):
    """A factor below 1 beyond a soft straight edge, such as a hand or a telephone throws."""
    x, y = coordinates(page_size)
    angle = rng.uniform(0, 2 * np.pi)
    distance = ((x - rng.uniform(0.25, 0.75)) * np.cos(angle)
                + (y - rng.uniform(0.25, 0.75)) * np.sin(angle))
    softness = rng.uniform(0.02, 0.08)
    depth = rng.uniform(0.25, 0.5)
    return 1 - depth / (1 + np.exp(-distance / softness))


def ruling(rng, page_size, is_squared):
    """Ink of the lines of an exercise book, 0 to 1, a little askew."""
    x, y = np.arange(page_size[0])[None, :], np.arange(page_size[1])[:, None]
    angle = rng.uniform(-0.025, 0.025)
    spacing = rng.uniform(18, 42) if is_squared else rng.uniform(32, 75)
    thickness = rng.uniform(1, 2.5)
    lines = np.zeros((page_size[1], page_size[0]))
    for along, across in ((x, y), (-y, x))[: 2 if is_squared else 1]:
        position = (across + along * np.tan(angle) + rng.uniform(0, spacing)) % spacing
        distance = np.minimum(position, spacing - position)
        lines = np.maximum(lines, np.clip(thickness / 2 + 0.5 - distance, 0, 1))
    return lines


def blots(rng, page_size, count, radii):
    """Round spots of ink anywhere, 0 to 1, soft at their edges."""
    spots = np.zeros((page_size[1], page_size[0]))
    for _ in range(count):
        radius = rng.uniform(*radii)
        reach = int(radius) + 2
        left, top = (int(rng.integers(side)) for side in page_size)
        window = spots[max(0, top - reach) : top + reach, max(0, left - reach) : left + reach]
        y, x = np.indices(window.shape)
        distance = np.hypot(y - min(top, reach), x - min(left, reach))
        np.maximum(window, np.clip(radius + 0.5 - distance, 0, 1), out=window)
    return spots


def blurred(values, radius):
    image = Image.fromarray(np.clip(np.round(values), 0, 255).astype(np.uint8))
    return np.asarray(image.filter(ImageFilter.GaussianBlur(radius)), dtype=np.float64)


def noisy(rng, values, deviation):
    return values + rng.normal(0, deviation, values.shape)


def painted(ink, paper, pen):
    """Ink of one tone or colour on paper of another, or of one per pixel."""
    ink = ink[..., None] if np.ndim(pen) == 1 else ink
    return np.asarray(paper) * (1 - ink) + np.asarray(pen) * ink
