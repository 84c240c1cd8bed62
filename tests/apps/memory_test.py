# SPDX-License-Identifier: MIT
"""A rank holds its own shards only; rank 0 reads all files, but never holds them."""
import re
import subprocess

import numpy

from tally_testing import (BIN, DIGITS, ROOT, RUN_MPI, TallyTest, main, require_no_sanitizer,
                           write_idx)

MIB = 1 << 20
TRAIN, TEST = 100_000, 10_000
DATA_MIB = (TRAIN + TEST) * 28 * 28 / MIB


class Memory(TallyTest):
    def peaks(self, data, ranks):
        """Peak memory of each rank in MiB, after a few steps and one evaluation."""
        run_dir = self.directory / f"{data.name}-{ranks}"
        line = [RUN_MPI, ranks, ROOT / "tests" / "support" / "peak_memory.py", BIN / "tally-train",
                "--data", data, "--run-dir", run_dir, "--train-limit", 4000 if data == DIGITS else TRAIN,
                "--max-steps", 5, "--threads", 1, "--quiet"]
        done = subprocess.run([str(word) for word in line], capture_output=True, text=True,
                              check=True, timeout=120)
        found = {int(rank): int(peak) for rank, peak in
                 re.findall(r"rank (\d+): (\d+) MiB", done.stdout)}
        self.assertEqual(len(found), ranks, done.stdout)
        return found

    def setUp(self):
        super().setUp()
        require_no_sanitizer("a sanitizer takes memory of its own")

    def test_is_shared_among_the_ranks(self):
        big = self.directory / "big"
        big.mkdir()
        for prefix, count in (("train", TRAIN), ("t10k", TEST)):
            write_idx(big / f"{prefix}-images-idx3-ubyte", numpy.zeros((count, 28, 28), numpy.uint8))
            write_idx(big / f"{prefix}-labels-idx1-ubyte", (numpy.arange(count) % 10)
                      .astype(numpy.uint8))
        for ranks in (1, 2, 4):
            small, large = self.peaks(DIGITS, ranks), self.peaks(big, ranks)
            share = DATA_MIB / ranks
            print(f"{ranks} ranks, {share:.0f} of {DATA_MIB:.0f} MiB of images each: peaks {large} "
                  f"MiB, with 4 MiB of images {small} MiB")
            for rank in range(ranks):
                self.assertLess(large[rank] - small[rank], share + 8)
                self.assertGreater(large[rank] - small[rank], share / 2)


if __name__ == "__main__":
    main()
