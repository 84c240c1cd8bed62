# SPDX-License-Identifier: MIT
"""Data sets of one's own: a form filled in by hand becomes one that can be trained on; what cannot be
used is named; and the four files appear together or not at all, whatever happens on the way."""
import json
import os
import resource
import shutil
import subprocess
import sys
import unittest

import numpy
from PIL import Image

from tally_testing import (BIN, ROOT, TallyTest, command, main, read_dataset,
                           require_no_sanitizer, run)

sys.path.insert(0, str(ROOT / "scripts"))
from make_drawings import draw_ink, paint, place  # noqa: E402

DRAWINGS = sorted((ROOT / "data" / "drawings").iterdir())
FILES = ["t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", "train-images-idx3-ubyte.gz",
         "train-labels-idx1-ubyte.gz"]
# Those that change files, in their order.
CALLS = ["mkdir", "write", "fsync", "rename", "renameat2", "unlinkat"]
COLUMNS, ROWS, SIDE = 10, 12, 64


def form(seed=1):
    """A page with a ruled table, one digit written into each cell, 0 to 9 from left to right, as it
    comes from a scanner: grey paper, darker to one side. Its size is no multiple of its cells."""
    random = numpy.random.default_rng(seed)
    page = numpy.zeros((ROWS * SIDE + 5, COLUMNS * SIDE + 3))
    for row in range(ROWS):
        for column in range(COLUMNS):
            ink = draw_ink(str(column), int(random.integers(30, 42)), float(random.uniform(3, 6)),
                           int(random.integers(1 << 30)), slant=float(random.uniform(-0.1, 0.35)))
            centre = (column * SIDE + SIDE // 2 + int(random.integers(-4, 5)),
                      row * SIDE + SIDE // 2 + int(random.integers(-4, 5)))
            page = numpy.maximum(page, place(ink, page.shape[::-1], centre))
    lines = numpy.zeros_like(page)
    for line in numpy.linspace(0, page.shape[0] - 1, ROWS + 1).round().astype(int):
        lines[max(0, line - 1):line + 1] = 1
    for line in numpy.linspace(0, page.shape[1] - 1, COLUMNS + 1).round().astype(int):
        lines[:, max(0, line - 1):line + 1] = 1
    paper = numpy.linspace(235, 190, page.shape[1])[None, :]
    return paint(lines, paint(page, paper, 40), 90).round().astype(numpy.uint8)


class FromImages(TallyTest):
    def setUp(self):
        super().setUp()
        self.out = self.directory / "out"

    def make(self, source, *options, code=0, **arguments):
        result = run("tally-data", "from-images", source, *options, "--out", self.out, **arguments)
        self.assertEqual(result.code, code, result.out + result.err)
        return result

    def folders(self, name="folders", labels="01", count=5):
        """A folder per class, with so many drawings."""
        path = self.directory / name
        for label in labels:
            folder = path / label
            folder.mkdir(parents=True)
            for index in range(count):
                ink = place(draw_ink(label, 40, 5, index), (SIDE, SIDE), (SIDE // 2, SIDE // 2))
                Image.fromarray((255 * (1 - ink)).astype(numpy.uint8)).save(folder / f"{index}.png")
        return path


class Sheets(FromImages):
    def save(self, page):
        path = self.directory / "form.png"
        Image.fromarray(page).save(path)
        return path

    def test_a_form_filled_in_by_hand_can_be_trained_on(self):
        path = self.save(form())
        result = self.make(path, "--grid", "10x12", "--labels", "0123456789", "--margin", 8,
                           "--test-per-class", 3)
        self.assertEqual((result.out, result.err), (f"{self.out}: 90 images for training, 30 for "
                                                    "testing, 0 not used\n", ""))
        images, labels, test_images, test_labels = read_dataset(self.out)
        self.assertEqual((labels.tolist(), test_labels.tolist()),
                         (list(range(10)) * 9, list(range(10)) * 3))
        # No ruled line is left: the longer side is 20 in all, and a line would be an edge of it.
        for image in (*images, *test_images):
            rows, columns = image.any(axis=1).nonzero()[0], image.any(axis=0).nonzero()[0]
            self.assertEqual(max(numpy.ptp(rows), numpy.ptp(columns)) + 1, 20)
        self.train("run", "--epochs", 40, "--batch-size", 30, "--micro-batch", 10, data=self.out,
                   ranks=2)
        figures = run("tally-evaluate", self.directory / "run", "--data", self.out, "--json").out
        self.assertGreaterEqual(json.loads(figures)["accuracy"], 0.9)

    def test_cells_are_prepared_as_drawings_of_their_own(self):
        page = form()
        self.make(self.save(page), "--grid", "10x12", "--labels", "0123456789", "--margin", 8)
        images, labels, _, _ = read_dataset(self.out)
        height, width = page.shape
        for column in (0, 4, 9):
            left, right = column * width // 10, (column + 1) * width // 10
            x, y = (right - left) * 8 // 100, (height // 12) * 8 // 100
            cell = self.directory / f"cell-{column}.png"
            Image.fromarray(page[y:height // 12 - y, left + x:right - x]).save(cell)
            stages = self.directory / "stages"
            self.assertEqual(run("tally-predict", self.model(), cell, "--stages", stages).code, 0)
            digit = numpy.asarray(Image.open(stages / f"{cell.name}-5-digit.png"))
            numpy.testing.assert_array_equal(images[labels == column][0], digit)

    def model(self):
        if not (self.directory / "model").exists():
            self.train("model", "--max-steps", 0)
        return self.directory / "model"

    def test_cells_that_cannot_be_used_are_named(self):
        page = form()
        height, width = page.shape
        page[5 * height // 12:6 * height // 12, 3 * width // 10:4 * width // 10] = 220  # row 6
        page[:, 9 * width // 10:] = 220  # nobody wrote nines, and nobody says so
        path = self.save(page)
        result = self.make(path, "--grid", "10x12", "--labels", "012345678-", "--margin", 8, code=1)
        self.assertEqual(result.err,
                         f"tally-data: {path}: cell 53 (row 6, column 4): has no ink\n")
        self.assertEqual(result.out, f"{self.out}: 89 images for training, 18 for testing, 1 not "
                                     "used\n")

    def test_labels_may_be_numbers_and_stand_in_any_order(self):
        page = form()[: 2 * SIDE, : 3 * SIDE]
        self.make(self.save(page), "--grid", "3x2", "--labels", "200,7,-", "--margin", 8,
                  "--test-per-class", 1)
        _, labels, _, test_labels = read_dataset(self.out)
        self.assertEqual((labels.tolist(), test_labels.tolist()), ([7, 200], [7, 200]))

    def test_wrong_layouts_are_refused(self):
        path = self.save(form())
        for options, message in (
                (["--grid", "10"], '--grid: expected a size as 20x20, got "10"'),
                (["--grid", "0x5"], '--grid: expected a size as 20x20, got "0x5"'),
                (["--grid", "10x12", "--cell", "20x20"], "--cell and --grid: expected one of them"),
                (["--grid", "9999x1"], f"{path}: is 643 x 773 pixels, and cannot be cut into 9999 x 1 "
                                       "cells"),
                (["--cell", "1x1"], f"{path}: --cell: expected cells of at least 8 x 8 pixels, got "
                                    "1 x 1"),
                (["--grid", "100x90"], f"{path}: --grid: expected cells of at least 8 x 8 pixels, got "
                                       "6 x 8"),
                (["--grid", "10x12", "--labels", "01234a6789"],
                 "--labels: expected digits, or numbers from 0 to 255 with commas between them, and "
                 '- for a cell to leave out, got "a"'),
                (["--grid", "10x12", "--labels", "1,256"],
                 "--labels: expected digits, or numbers from 0 to 255 with commas between them, and "
                 '- for a cell to leave out, got "256"'),
                (["--grid", "10x12", "--labels", "0123456"],
                 f"{path}: expected a multiple of 7 cells, as many as --labels has, or rows of them, "
                 "got 120"),
                (["--grid", "11x1"], f"{path}: expected a multiple of 10 cells, one class after the "
                                     "other, got 11")):
            with self.subTest(options):
                result = self.make(path, *options, code=2)
                self.assertEqual((result.out, result.err), ("", f"tally-data: {message}\n"))
                self.assertEqual(os.listdir(self.directory), ["form.png"])


class WholeDirectories(FromImages):
    """Of the four files, all are there or none; an older data set is there until then."""

    def content(self):
        return {path.name: path.read_bytes() for path in self.out.iterdir()}

    def left_over(self):
        return [name for name in os.listdir(self.directory) if name.startswith(".")]

    def test_a_data_set_is_replaced_as_a_whole(self):
        self.make(self.folders("old"))
        for name in FILES:  # also under the names that would be preferred
            (self.out / name.removesuffix(".gz").replace("-idx", ".idx")).write_text("old")
        self.make(self.folders("new", "234"))
        self.assertEqual(sorted(os.listdir(self.out)), FILES)
        self.assertEqual(sorted(set(read_dataset(self.out)[1].tolist())), [2, 3, 4])
        self.assertEqual(self.left_over(), [])

    def test_directories_with_other_things_are_left_alone(self):
        folders = self.folders()
        self.out.mkdir()
        (self.out / "thesis.tex").write_text("years of work")
        result = self.make(folders, code=2)
        self.assertEqual(result.err, f"tally-data: {self.out}: holds thesis.tex, expected an empty "
                                     "directory, or a data set to replace; choose another --out\n")
        self.assertEqual(os.listdir(self.out), ["thesis.tex"])
        self.out = self.directory / "file"
        self.out.write_text("no directory")
        self.assertEqual(self.make(folders, code=2).err,
                         f"tally-data: {self.out}: expected a directory\n")

    def test_names_may_be_given_in_any_way(self):
        folders = self.folders()
        (self.directory / "empty").mkdir()
        (self.directory / "link").symlink_to("empty")
        for name in ("empty/", "link", "not/yet/there", "not/../other"):
            with self.subTest(name):
                self.out = f"{self.directory}/{name}"
                self.make(folders)
                self.assertEqual(run("tally-data", "verify", self.out).code, 0)
        alone = run("tally-data", "from-images", folders, "--out", "alone", cwd=self.directory)
        self.assertEqual((alone.code, alone.err), (0, ""))
        self.assertEqual(run("tally-data", "verify", self.directory / "alone").code, 0)
        self.assertTrue((self.directory / "link").is_symlink())
        self.assertEqual(self.left_over(), [])

    def test_too_little_leaves_nothing(self):
        self.make(self.folders(count=1), code=2)
        self.assertFalse(self.out.exists())
        self.assertEqual(self.left_over(), [])

    def test_a_full_disk_leaves_what_was_there(self):
        self.make(self.folders("old"))
        before = self.content()
        new = self.folders("new", "234")
        for most in (0, 30, 90, 150):
            with self.subTest(most):
                done = subprocess.run(
                    command("tally-data", "from-images", new, "--out", self.out),
                    capture_output=True, text=True, check=False, timeout=60,
                    preexec_fn=lambda limit=most: (
                        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))))
                self.assertEqual(done.returncode, 1)
                self.assertRegex(done.stderr, r"^tally-data: \S+: cannot be written \(File too large"
                                 r"\); check the space and permissions there\n$")
                self.assertEqual(self.content(), before)
                self.assertEqual(self.left_over(), [])

    @unittest.skipUnless(shutil.which("strace"), "needs strace")
    def test_a_kill_at_any_call_leaves_the_old_or_the_new(self):
        require_no_sanitizer("a program that is traced cannot look for leaks")
        old, new = self.folders("old"), self.folders("new", "234")
        self.make(new)
        after = self.content()
        outcomes = set()
        for call in CALLS:
            for when in range(1, 30):
                shutil.rmtree(self.out)
                self.make(old)
                before = self.content()
                if not self.is_killed(call, when, new):
                    break
                content = self.content()
                self.assertIn(content, (before, after), f"{call} {when}")
                outcomes.add((call, content == after))
        self.assertEqual(outcomes, {*((call, False) for call in CALLS[:5]), ("fsync", True),
                                    ("unlinkat", True), ("write", True)})

    def is_killed(self, call, when, source):
        """Makes the data set of `source`, and ends the program after one of its calls."""
        done = subprocess.run(
            ["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e",
             f"inject={call}:signal=KILL:when={when}", BIN / "tally-data", "from-images", source,
             "--out", self.out], capture_output=True, text=True, check=False, timeout=60)
        if "Operation not permitted" in done.stderr:
            self.skipTest("needs the right to trace a program")
        return done.returncode != 0


class Folders(FromImages):
    def test_whatever_lies_in_the_folders_does_not_stop_the_others(self):
        path = self.folders()
        (path / "0" / "cut.png").write_bytes(DRAWINGS[0].read_bytes()[:100])
        (path / "0" / "folder").mkdir()
        (path / "0" / "gone.png").symlink_to("nowhere")
        os.mkfifo(path / "1" / "pipe.png")
        (path / "256").mkdir()
        (path / "notes.txt").write_text("no folder")
        result = self.make(path, code=1)
        lines = result.err.splitlines()
        for line, (name, reason) in zip(lines, (
                ("0/cut.png", "is cut off|truncated|ends|damaged"), ("0/folder", "is a directory"),
                ("0/gone.png", "cannot be opened"), ("1/pipe.png", "is a device or a pipe"),
                ("256", "is no folder of a class"), ("notes.txt", "is no folder of a class")),
                              strict=True):
            self.assertRegex(line, f"^tally-data: {path}/{name}: .*({reason})")
        self.assertEqual(result.out, f"{self.out}: 8 images for training, 2 for testing, 6 not used\n")


if __name__ == "__main__":
    main()
