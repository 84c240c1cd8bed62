# SPDX-License-Identifier: MIT
"""A small run of the benchmark of drawings, and the bugs of the pipeline that it compares with."""
import subprocess
import sys

import numpy

from tally_testing import (BIN, DIGITS, ROOT, TallyTest, main, read_dataset, require_mnist,
                           require_no_sanitizer)

sys.path.insert(0, str(ROOT / "scripts"))

from drawing_pages import copied_pipeline, files, paper  # noqa: E402
from drawing_pages.ink import enlarged, placed  # noqa: E402

DIGITS_OF_EACH_FAMILY = 25
SLACK = 2  # digits


class Benchmark(TallyTest):
    def test_every_family_is_read(self):
        mnist = require_mnist()
        require_no_sanitizer("thousands of pages take too long")
        self.train("run", data=mnist, timeout=400)
        done = subprocess.run(
            [ROOT / "scripts" / "drawings_benchmark.py", "--binaries", BIN, "--data", mnist,
             "--model", self.directory / "run", "--digits", str(DIGITS_OF_EACH_FAMILY),
             "--slack", str(SLACK)], capture_output=True, text=True, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertGreater(done.stdout.count("\n| "), 25, done.stdout)


class CopiedPipeline(TallyTest):
    """Each of its bugs, so that the comparison is with the real one."""

    def setUp(self):
        super().setUp()
        images, labels, _, _ = read_dataset(DIGITS)
        self.ink = enlarged(images[numpy.flatnonzero(labels == 3)[0]], 150)
        self.plain = self.page((300, 300), 60, 60)

    def page(self, size, left, top, light=255, pen=0):
        return files.png(paper.painted(placed(self.ink, size, left, top), light, pen))

    def difference(self, file):
        """Mean per pixel from the digit on a plain page."""
        return numpy.abs(copied_pipeline.prepare(file).astype(int)
                         - copied_pipeline.prepare(self.plain)).mean()

    def test_reads_a_plain_page_wherever_the_digit_is(self):
        self.assertLess(self.difference(self.page((300, 300), 75, 75)), 20)

    def test_shrinks_before_it_crops(self):
        self.assertGreater(self.difference(self.page((3000, 600), 1500, 100)), 30)

    def test_always_inverts(self):
        self.assertGreater(self.difference(self.page((300, 300), 60, 60, 0, 255)), 30)

    def test_crashes_on_a_blank_page(self):
        with self.assertRaises(IndexError):
            copied_pipeline.prepare(files.png(numpy.full((50, 50), 255.0)))

    def test_binarises(self):
        ink = placed(self.ink, (300, 300), 60, 60)
        ink[150:] *= 0.7
        digit = copied_pipeline.prepare(files.png(paper.painted(ink, 255, 0)))
        self.assertEqual(digit[16:].max(), 255)

    def test_crops_to_a_speck(self):
        page = paper.painted(placed(self.ink, (300, 300), 60, 60), 255, 0)
        page[2:14, 2:14] = 0
        self.assertGreater(self.difference(files.png(page)), 30)

    def test_ignores_alpha_and_orientation(self):
        ink = placed(self.ink, (300, 300), 60, 60)
        transparent = files.png(numpy.dstack([255 * (ink < 0)] * 3 + [255 * ink]))
        self.assertGreater(self.difference(transparent), 30)  # black all over
        page = paper.painted(ink, 255, 0)
        self.assertGreater(self.difference(files.jpeg(page, 95, 6)), 30)


if __name__ == "__main__":
    main()
