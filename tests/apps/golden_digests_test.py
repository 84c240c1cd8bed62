# SPDX-License-Identifier: MIT
"""The bits in which recipes have always ended: other code may be faster or simpler, but computes the same.

Digests hold for an instruction set and a kernel backend; golden_digests.json has them by both. Where it has
none, tests are skipped with the reason. `golden_digests_test.py --record` adds those of this machine and build,
whose bits must be right to begin with."""
import json
import pathlib
import re
import shutil
import sys

from tally_testing import TallyTest, digest, has_kernels, main, run

FILE = pathlib.Path(__file__).with_name("golden_digests.json")
PLAIN = ["--momentum", 0, "--weight-decay", 0]
DECAY = ["--decay", "all"]  # as all runs did when these were recorded

# The embedded digits are 4,000: short runs that pass the end of an epoch, whose last step is on fewer samples or
# has fewer leaves, and longer ones that do not.
BY_PRODUCTS = {
    "default": [*DECAY, "--max-steps", 40],
    "fast": ["--preset", "fast", *DECAY, "--max-steps", 40],
    "nesterov, decay, 6 leaves": ["--batch-size", 192, "--nesterov", "--momentum", 0.8, "--weight-decay", 0.002,
                                  *DECAY, "--max-steps", 30],
    "other layers, 11 leaves": ["--network", "relu,dense:33,tanh,sigmoid,dense:21,relu,dense:10", "--loss", "mse",
                                "--initializer", "he", "--batch-size", 176, "--micro-batch", 16,
                                "--schedule", "cosine", *DECAY, "--max-steps", 30],
    "plain, 5 leaves": ["--batch-size", 160, *PLAIN, "--order", "sequential", "--max-steps", 30],
    "batch 3, momentum": ["--batch-size", 3, *DECAY, "--max-steps", 200],
    "batch 4, momentum, 4 leaves": ["--batch-size", 4, "--micro-batch", 1, *DECAY, "--max-steps", 200],
}
# So few samples that no matrices are multiplied.
BY_ROWS = {
    "paper": ["--preset", "paper", "--max-steps", 500],
    "batch 1": ["--batch-size", 1, *DECAY, "--max-steps", 200],
    "batch 2, nesterov": ["--batch-size", 2, "--nesterov", *DECAY, "--max-steps", 200],
    "batch 3, plain": ["--batch-size", 3, *PLAIN, "--max-steps", 200],
    "batch 4, plain": ["--network", "dense:30,relu,dense:10,sigmoid", "--batch-size", 4, *PLAIN,
                       "--max-steps", 200],
}
ON_THREE_RANKS = ["default", "nesterov, decay, 6 leaves", "batch 4, momentum, 4 leaves", "paper"]
KERNELS = ["tally", "onednn", "eigen"]


class GoldenDigests(TallyTest):
    def found(self, recipe, ranks=None, env=None):
        """What a run was computed with ("avx512, onednn-2.6.3"), and the digest that it ends in."""
        path = self.directory / "run"
        shutil.rmtree(path, ignore_errors=True)
        self.train("run", *recipe, "--threads", 1, "--quiet", ranks=ranks, env=env)
        facts = run("tally-checkpoint", "info", path).out
        return re.search(r"^written by .*, ([^,\n]+, [^,\n]+)$", facts, re.MULTILINE)[1], digest(path)

    def assert_golden(self, name, **options):
        backend, found = self.found({**BY_PRODUCTS, **BY_ROWS}[name], **options)
        known = json.loads(FILE.read_text())
        if backend not in known:
            self.skipTest(f"no digests were recorded of {backend}")
        self.assertEqual(found, known[backend][name], f"{name}, {backend}")

    def test_of_matrix_products(self):
        for kernels in filter(has_kernels, KERNELS):
            for name in BY_PRODUCTS:
                with self.subTest(name, kernels=kernels):
                    self.assert_golden(name, env={"TALLY_KERNELS": kernels})

    def test_of_steps_on_few_samples(self):
        for name in BY_ROWS:
            with self.subTest(name):
                self.assert_golden(name)

    def test_on_three_ranks_of_one_host_and_of_two(self):
        for name in ON_THREE_RANKS:
            for env in ({}, {"TALLY_PRETEND_NODES": "0,0,1"}):
                with self.subTest(name, **env):
                    self.assert_golden(name, ranks=3, env=env)


def record():
    test = GoldenDigests("found")
    test.setUp()
    known = json.loads(FILE.read_text()) if FILE.exists() else {}
    for kernels in filter(has_kernels, KERNELS):
        for name, recipe in {**BY_PRODUCTS, **BY_ROWS}.items():
            backend, found = test.found(recipe, env={"TALLY_KERNELS": kernels})
            known.setdefault(backend, {})[name] = found
    test.doCleanups()
    FILE.write_text(json.dumps(known, indent=2) + "\n")


if __name__ == "__main__":
    record() if "--record" in sys.argv else main()
