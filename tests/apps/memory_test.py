# SPDX-License-Identifier: MIT
"""A rank holds its own shards only; rank 0 reads all files, but never holds them."""
import collections
import re
import shutil
import subprocess

import numpy

from tally_testing import (BIN, DIGITS, ROOT, RUN_MPI, TallyTest, main, require_no_sanitizer,
                           write_idx)

MIB = 1 << 20
TRAIN, TEST = 100_000, 10_000
DATA_MIB = (TRAIN + TEST) * 28 * 28 / MIB


def bytes_read(traces):
    """Of each file of images or labels, over all processes, as strace saw it."""
    found = collections.Counter()
    for trace in traces:
        for name, count in re.findall(r"^read\(\d+<[^>]*/([^/>]+-idx[13]-ubyte)>.* = (\d+)$",
                                      trace.read_text(), re.MULTILINE):
            found[name] += int(count)
    return found


class Memory(TallyTest):
    def peaks(self, data, ranks):
        """Peak memory of each rank in MiB, after a few steps and one evaluation."""
        run_dir = self.directory / f"{data.name}-{ranks}"
        line = [RUN_MPI, ranks, ROOT / "tests" / "support" / "peak_memory.py", BIN / "tally-train",
                "--data", data, "--run-dir", run_dir, "--train-limit", 4000 if data == DIGITS else TRAIN,
                "--max-steps", 5, "--micro-batch", 16, "--threads", 1, "--quiet"]
        done = subprocess.run([str(word) for word in line], capture_output=True, text=True,
                              check=True, timeout=120)
        found = {int(rank): int(peak) for rank, peak in
                 re.findall(r"rank (\d+): (\d+) MiB", done.stdout)}
        self.assertEqual(len(found), ranks, done.stdout)
        return found

    def setUp(self):
        super().setUp()
        require_no_sanitizer("a sanitizer takes memory of its own")

    def dataset(self, name, train, test):
        directory = self.directory / name
        directory.mkdir()
        for prefix, count in (("train", train), ("t10k", test)):
            write_idx(directory / f"{prefix}-images-idx3-ubyte",
                      numpy.zeros((count, 28, 28), numpy.uint8))
            write_idx(directory / f"{prefix}-labels-idx1-ubyte",
                      (numpy.arange(count) % 10).astype(numpy.uint8))
        return directory

    def test_files_are_read_once_whatever_the_ranks(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        data = self.dataset("data", 4000, 1000)
        line = [RUN_MPI, 3, "strace", "-ff", "-y", "-e", "trace=read", "-o", self.directory / "trace",
                BIN / "tally-train", "--data", data, "--run-dir", self.directory / "run", "--max-steps", 1,
                "--threads", 1, "--quiet"]
        done = subprocess.run([str(word) for word in line], capture_output=True, text=True, check=False,
                              timeout=120)
        if "ptrace" in done.stderr.lower():
            self.skipTest("this system does not let a process trace another")
        self.assertEqual(done.returncode, 0, done.stderr)
        found = bytes_read(self.directory.glob("trace.*"))
        self.assertEqual(len(found), 4)
        for name, count in found.items():
            size = (data / name).stat().st_size
            # Headers once more, to size the shares before: they come with a buffer.
            self.assertGreaterEqual(count, size)
            self.assertLess(count, size + 70_000, name)

    def test_is_shared_among_the_ranks(self):
        big = self.dataset("big", TRAIN, TEST)
        for ranks in (1, 2, 4, 8):
            small, large = self.peaks(DIGITS, ranks), self.peaks(big, ranks)
            share = DATA_MIB / ranks
            print(f"{ranks} ranks, {share:.0f} of {DATA_MIB:.0f} MiB of images each: peaks {large} "
                  f"MiB, with 4 MiB of images {small} MiB")
            for rank in range(ranks):
                self.assertLess(large[rank] - small[rank], share + 8)
                self.assertGreater(large[rank] - small[rank], share / 2)


if __name__ == "__main__":
    main()
