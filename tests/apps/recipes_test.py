# SPDX-License-Identifier: MIT
"""What the recipes reach. The tables of the README come from scripts/accuracy.sh; these are floors
that a broken trainer would miss."""
import unittest

from tally_testing import (DIGITS, FASHION, TallyTest, main, read_csv, require_mnist,
                           require_no_sanitizer)

SLOW = "under a sanitizer a long training takes many minutes, and runs no other code than a short one"


class Recipes(TallyTest):
    def last_epoch(self, data, *arguments, ranks=2):
        self.train("run", *arguments, "--quiet", data=data, ranks=ranks, timeout=500)
        row = read_csv(self.directory / "run" / "metrics.csv")[-1]
        return {name: float(value) for name, value in row.items() if value}

    def test_default_recipe_on_the_embedded_digits(self):
        self.assertGreaterEqual(self.last_epoch(DIGITS)["test_accuracy"], 0.93)

    def test_default_recipe_on_mnist(self):
        require_no_sanitizer(SLOW)
        self.assertGreaterEqual(self.last_epoch(require_mnist())["test_accuracy"], 0.979)

    def test_fast_preset_on_mnist(self):
        row = self.last_epoch(require_mnist(), "--preset", "fast")
        self.assertEqual(row["samples"], 180_000)
        self.assertGreaterEqual(row["test_accuracy"], 0.97)

    def test_cnn_preset_on_mnist(self):
        require_no_sanitizer(SLOW)
        row = self.last_epoch(require_mnist(), "--preset", "cnn")
        self.assertEqual(row["samples"], 120_000)
        self.assertGreaterEqual(row["test_accuracy"], 0.989)

    @unittest.skipUnless(FASHION.is_dir(), "Debian's dataset-fashion-mnist is not installed")
    def test_default_recipe_on_fashion_mnist(self):
        require_no_sanitizer(SLOW)
        self.assertGreaterEqual(self.last_epoch(FASHION)["test_accuracy"], 0.875)

    def test_paper_preset(self):
        require_no_sanitizer(SLOW)
        row = self.last_epoch(require_mnist(), "--preset", "paper", "--checkpoint-every",
                              "50epochs", ranks=1)
        self.assertEqual((row["epoch"], row["samples"]), (50, 100_000))
        self.assertGreater(row["train_loss"], 0.004)
        self.assertLess(row["train_loss"], 0.008)
        self.assertGreaterEqual(row["train_accuracy"], 0.975)
        self.assertGreater(row["test_accuracy"], 0.83)
        self.assertLess(row["test_accuracy"], 0.88)


if __name__ == "__main__":
    main()
