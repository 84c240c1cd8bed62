# SPDX-License-Identifier: MIT
"""Image files in memory: every form that a drawing program or a camera saves."""
import io
import struct
import zlib

import numpy as np
from PIL import Image

# The eight orientations of EXIF: what turns an upright scene into the rows that are stored.
STORED = {
    1: lambda scene: scene,
    2: lambda scene: scene[:, ::-1],
    3: lambda scene: scene[::-1, ::-1],
    4: lambda scene: scene[::-1],
    5: lambda scene: scene.swapaxes(0, 1),
    6: lambda scene: np.rot90(scene, 1),
    7: lambda scene: scene[::-1, ::-1].swapaxes(0, 1),
    8: lambda scene: np.rot90(scene, -1),
}


def eight_bits(values):
    return np.clip(np.round(values), 0, 255).astype(np.uint8)


def saved(image, **options):
    file = io.BytesIO()
    image.save(file, **options)
    return file.getvalue()


def png(values, **options):
    """Of brightness [rows, columns], or colours [rows, columns, 3 or 4], 0 to 255."""
    return saved(Image.fromarray(eight_bits(values)), format="PNG", compress_level=1, **options)


def png_of_16_bits(values):
    sixteen = np.clip(np.round(values * 257), 0, 65535).astype(np.uint16)
    return saved(Image.fromarray(sixteen), format="PNG", compress_level=1)


def png_of_palette(values, colours):
    image = Image.fromarray(eight_bits(values)).quantize(colours)
    return saved(image, format="PNG")


def png_of_two_tones(values):
    return saved(Image.fromarray(eight_bits(values)).convert("1", dither=Image.NONE), format="PNG")


def png_chunk(name, data):
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png_interlaced(values):
    """By Adam7, which Pillow does not write; grey of 8 bits."""
    grey = eight_bits(values)
    passes = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2),
              (0, 1, 1, 2))
    data = b""
    for x, y, across, down in passes:
        part = grey[y::down, x::across]
        if part.size:
            data += np.pad(part, ((0, 0), (1, 0))).tobytes()  # each row begins with its filter, 0
    header = struct.pack(">IIBBBBB", grey.shape[1], grey.shape[0], 8, 0, 0, 0, 1)
    return (b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", header)
            + png_chunk(b"IDAT", zlib.compress(data, 1)) + png_chunk(b"IEND", b""))


def jpeg(values, quality, orientation=1, **options):
    """As a camera held in that orientation saves the scene."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored = np.ascontiguousarray(STORED[orientation](eight_bits(values)))
    return saved(Image.fromarray(stored), format="JPEG", quality=quality, exif=exif.tobytes(),
                 **options)
