# SPDX-License-Identifier: MIT
"""Checkpoints as h5py and h5dump see them: every object that docs/checkpoint.md describes."""
import hashlib
import re
import subprocess

import h5py
import numpy

from tally_testing import DIGITS, ROOT, TallyTest, digest, main, read_csv, run


class CheckpointFile(TallyTest):
    def setUp(self):
        super().setUp()
        self.train("run", "--epochs", 2, "--validation", 40, "--log-every", 10, ranks=2)
        self.path = self.directory / "run" / "checkpoints" / "step-000000000062.h5"

    def test_h5py_reads_every_documented_object(self):
        documented = re.findall(r"^\| `(/[^`]*)` \|", (ROOT / "docs" / "checkpoint.md").read_text(),
                                re.MULTILINE)
        self.assertGreater(len(documented), 40)
        layers = {"0-dense", "2-dense", "4-dense"}
        expected = set()
        for name in documented:
            expected.update([name.replace("<layer>", layer) for layer in layers])
        self.assertEqual(self.objects(self.calibrated()), expected)
        self.assertEqual(self.objects(self.path), {
            name for name in expected if not name.startswith(("/calibration/", "/others/"))})

    def calibrated(self):
        """The model with all that can be added to it."""
        outliers, path = self.directory / "outliers", self.directory / "calibrated.h5"
        made = run("tally-data", "outliers", DIGITS, "--out", outliers, "--variants", 0)
        self.assertEqual(made.code, 0, made.err)
        self.train("outliers-run", "--epochs", 1, "--network",
                   "dense:10,relu,dense:10,relu,dense:11", data=outliers)
        result = run("tally-evaluate", self.path, "--data", DIGITS, "--calibrate", path, "--outliers",
                     self.directory / "outliers-run")
        self.assertEqual(result.code, 0, result.err)
        return path

    def objects(self, path):
        """All datasets and attributes of a file."""
        with h5py.File(path) as file:
            found = set()
            file.visititems(lambda name, item: found.add("/" + name)
                            if isinstance(item, h5py.Dataset) else None)
            for name, item in [("", file), *((("/" + n), file[n]) for n in self.groups(file))]:
                found.update(f"{name}/{attribute}" for attribute in item.attrs)
        return found

    @staticmethod
    def groups(file):
        names = []
        file.visititems(lambda name, item: names.append(name)
                        if isinstance(item, h5py.Group) else None)
        return names

    def test_values_are_what_they_should_be(self):
        with h5py.File(self.path) as file:
            self.assertEqual(file.userblock_size, 512)
            self.assertEqual(file.attrs["format"], 1)
            self.assertEqual(file["/model/0-dense/weight"].shape, (784, 100))
            self.assertEqual(file["/model/4-dense/bias"].shape, (1, 10))
            self.assertEqual(file["/model/0-dense/weight"].dtype, numpy.dtype("<f4"))
            self.assertEqual(file["/progress"].attrs["step"], 62)
            self.assertEqual(file["/progress"].attrs["epoch"], 2)
            self.assertEqual(file["/progress"].attrs["samples"], 2 * 3960)
            self.assertIn(b"batch-size = 128\n", file["/config"][()])
            accuracy = file["/history/epochs/test_accuracy"][:]
        rows = read_csv(self.directory / "run" / "metrics.csv")
        self.assertEqual([float(row["test_accuracy"]) for row in rows], list(accuracy))

    def test_the_digest_can_be_computed_from_the_datasets(self):
        hash_ = hashlib.sha256()
        with h5py.File(self.path) as file:
            for root in ("model", "optimizer"):
                for layer in ("0-dense", "2-dense", "4-dense"):
                    for kind in ("weight", "bias"):
                        hash_.update(file[root][layer][kind][:].tobytes())
        self.assertEqual(hash_.hexdigest(), digest(self.path))

    def test_the_user_block_can_be_checked_by_hand(self):
        contents = self.path.read_bytes()
        block = contents[:512]
        lines = block.rstrip(b"\0").decode().splitlines()
        self.assertEqual(lines[:2], ["TALLY CHECKPOINT", "format 1"])
        self.assertEqual(lines[2], f"bytes {len(contents) - 512}")
        signed = block[: block.index(b"sha256 ")] + contents[512:]
        self.assertEqual(lines[3], "sha256 " + hashlib.sha256(signed).hexdigest())

    def test_h5dump_prints_all_of_it(self):
        dump = subprocess.run(["h5dump", str(self.path)], capture_output=True, text=True,
                              check=False)
        self.assertEqual(dump.returncode, 0, dump.stderr)
        self.assertEqual(dump.stderr, "")
        self.assertIn('DATASET "weight"', dump.stdout)
        self.assertIn('ATTRIBUTE "kernel_backend"', dump.stdout)


if __name__ == "__main__":
    main()
