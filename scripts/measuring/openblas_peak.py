#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""openblas_peak.py REPETITIONS: the rate of a product of 1024 x 1024 matrices by OpenBLAS on one
core. Prints GFLOP/s of each repetition and the library's own words about itself as a line of JSON;
{} where there is no OpenBLAS."""
import ctypes
import json
import sys
import time

SIZE = 1024
SECONDS = 0.5  # of a repetition, as of Google Benchmark's
ROW_MAJOR, NO_TRANSPOSE = 101, 111  # of cblas.h


class Product:
    """0.5 times 0.25 at every place, so that the result can be checked."""

    def __init__(self, library: ctypes.CDLL):
        matrix = ctypes.c_float * (SIZE * SIZE)
        self.left, self.right, self.out = matrix(), matrix(), matrix()
        self.left[:] = [0.5] * len(self.left)
        self.right[:] = [0.25] * len(self.right)
        sgemm = library.cblas_sgemm
        sgemm.argtypes = [ctypes.c_int] * 6 + [ctypes.c_float, ctypes.c_void_p, ctypes.c_int,
                                               ctypes.c_void_p, ctypes.c_int, ctypes.c_float,
                                               ctypes.c_void_p, ctypes.c_int]
        self.run = lambda: sgemm(ROW_MAJOR, NO_TRANSPOSE, NO_TRANSPOSE, SIZE, SIZE, SIZE, 1.0,
                                 self.left, SIZE, self.right, SIZE, 0.0, self.out, SIZE)

    def require_right(self) -> None:
        if set(self.out) != {0.5 * 0.25 * SIZE}:
            sys.exit("openblas_peak.py: OpenBLAS computes wrong products on this processor")

    def gflops(self) -> float:
        start, done = time.process_time(), 0
        while time.process_time() - start < SECONDS:
            self.run()
            done += 1
        return done * 2e-9 * SIZE**3 / (time.process_time() - start)


def main() -> None:
    try:
        library = ctypes.CDLL("libopenblas.so.0")
    except OSError:
        print("{}")
        return
    library.openblas_get_config.restype = ctypes.c_char_p
    library.openblas_get_corename.restype = ctypes.c_char_p
    product = Product(library)
    product.run()
    product.require_right()
    print(json.dumps({
        "rates": [product.gflops() for _ in range(int(sys.argv[1]))],
        "version": library.openblas_get_config().decode().split()[1],
        "core": library.openblas_get_corename().decode()}))


if __name__ == "__main__":
    main()
