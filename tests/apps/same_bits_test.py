# SPDX-License-Identifier: MIT
"""One digest at any ranks and threads, and the proof that it could have been another."""
import os

from tally_testing import TallyTest, digest, has_kernels, main, run

# A sample count that divides by nothing, momentum, decay, validation images: 3 997 - 97 = 3 900.
RECIPE = ["--epochs", 2, "--train-limit", 3997, "--validation", 97, "--batch-size", 256,
          "--micro-batch", 16, "--quiet"]


# The paper's recipe after 500 steps on the digits.
ROWS_DIGEST = "0f5cc5c26edd09bb75df7e014b5748da73c05667e0cd79710df33e98766d92a4"


class SameBits(TallyTest):
    def digest_at(self, ranks, threads, *recipe, env=None):
        name = f"{ranks}x{threads}-{'-'.join(map(str, recipe))}".replace("/", "_")
        self.train(name, *RECIPE, "--threads", threads, *recipe, ranks=ranks, env=env)
        return digest(self.directory / name)

    def assert_one_digest(self, layouts, *recipe):
        digests = {layout: self.digest_at(*layout, *recipe) for layout in layouts}
        self.assertEqual(len(set(digests.values())), 1, digests)
        return digests[layouts[0]]

    def layouts(self, *wanted):
        cores = len(os.sched_getaffinity(0))
        return [layout for layout in wanted if layout[1] <= cores]

    def test_ranks_and_threads_do_not_matter(self):
        self.assert_one_digest(
            self.layouts((1, 1), (2, 1), (3, 1), (1, 2), (2, 2), (4, 1), (5, 1), (3, 2)))

    def test_more_ranks_than_micro_batches_do_not_matter(self):
        self.assert_one_digest([(1, 1), (7, 1)], "--micro-batch", 64)

    def test_nor_in_other_recipes(self):
        for recipe in (
            ["--order", "sequential", "--loss", "mse", "--schedule", "cosine", "--nesterov"],
            ["--network", "dense:33,relu,dense:17,sigmoid,dense:10", "--schedule", "step"],
            ["--batch-size", 1024, "--micro-batch", 1024, "--schedule", "constant"],
            ["--batch-size", 1, "--micro-batch", 1, "--train-limit", 300, "--warmup-steps", 50],
        ):
            with self.subTest(recipe=recipe):
                self.assert_one_digest([(1, 1), (3, 1)], *recipe)

    # Copies are keyed by sample: kept ones and fresh ones, in one phase of strengths and in two.
    def test_nor_with_augmentation(self):
        digests = {self.digest_at(1, 1)}
        augment = ["--augment", "affine,elastic,stroke,brightness,cut-out", "--augment-copies"]
        for recipe in (["fresh"], ["fresh", "--augment-strength", "1@0.5,0.3"], [1],
                       [2, "--batch-size", 3, "--micro-batch", 3]):
            with self.subTest(recipe=recipe):
                layouts = self.layouts((1, 1), (3, 1), (1, 2), (4, 1))
                digests.add(self.assert_one_digest(layouts, *augment, *recipe))
        self.assertEqual(len(digests), 5)

    # Neither the images nor the micro-batches divide by anything, and 5 micro-batches are no power of two.
    def test_nor_to_convolutions(self):
        for network in ("conv:16@5x5,relu,max-pool:2,conv:32@5x5,relu,max-pool:2,dense:32,relu,dense:10",
                        "conv:16@3x3/2+1,tanh,conv:16@3x3+1,relu,max-pool:3,conv:5@2x2,global-avg-pool,dense:10"):
            recipe = ["--network", network, "--train-limit", 431, "--validation", 17, "--batch-size", 85,
                      "--micro-batch", 17, "--learning-rate", 0.02]
            with self.subTest(network=network):
                self.assert_one_digest(
                    self.layouts((1, 1), (2, 1), (3, 1), (4, 1), (1, 2), (2, 2), (3, 2), (4, 2)), *recipe)

    def test_the_environments_threads_do_not_matter(self):
        expected = self.digest_at(1, 1)
        for value in ("1", "2", "4"):
            with self.subTest(OMP_NUM_THREADS=value):
                found = self.digest_at(1, 1, "--keep", value, env={"OMP_NUM_THREADS": value})
                self.assertEqual(found, expected)

    # A product of one row is where a library would share the work among threads of its own.
    def test_the_environments_threads_do_not_matter_to_single_rows(self):
        recipe = ["--batch-size", 8, "--micro-batch", 1, "--train-limit", 300]
        expected = self.digest_at(1, 1, *recipe)
        for value in ("1", "2", "4"):
            with self.subTest(OMP_NUM_THREADS=value):
                found = self.digest_at(1, 1, "--keep", value, *recipe,
                                       env={"OMP_NUM_THREADS": value})
                self.assertEqual(found, expected)

    def test_holds_for_all_kernels_of_products(self):
        for keep, kernels in enumerate(("tally", "onednn", "eigen"), 7):
            env = {"TALLY_KERNELS": kernels}
            if not has_kernels(kernels):
                continue
            with self.subTest(kernels=kernels):
                found = {self.digest_at(*layout, "--keep", keep, env=env)
                         for layout in ((1, 1), (3, 1))}
                self.assertEqual(len(found), 1)
                facts = run("tally-checkpoint", "info", self.directory / f"3x1---keep-{keep}").out
                self.assertIn(f"{kernels}-", facts)

    # Plain multiplications and additions in a fixed order, without exponentials: the same on every
    # processor, whatever it was built for.
    def test_steps_row_by_row_have_these_bits(self):
        for ranks in (1, 2):
            self.train(f"rows{ranks}", "--preset", "paper", "--max-steps", 500, "--quiet",
                       ranks=ranks)
            self.assertEqual(digest(self.directory / f"rows{ranks}"), ROWS_DIGEST)
        self.assertIn("rows\n", run("tally-checkpoint", "info", self.directory / "rows1").out)

    def test_another_order_of_summation_shows(self):
        tree = self.digest_at(1, 1)
        mpi = {ranks: self.digest_at(ranks, 1, "--reduction", "mpi") for ranks in (1, 2, 3)}
        self.assertGreater(len({tree, *mpi.values()}), 1, "the digests cannot tell anything")
        self.assertNotEqual(mpi[1], mpi[3])

    def test_another_seed_or_micro_batch_is_another_run(self):
        digests = {self.digest_at(1, 1), self.digest_at(1, 1, "--seed", 2),
                   self.digest_at(1, 1, "--micro-batch", 32)}
        self.assertEqual(len(digests), 3)

    def test_metrics_are_the_same_bytes_too(self):
        for ranks in (1, 3):
            self.train(f"metrics{ranks}", *RECIPE, "--log-every", 3, ranks=ranks)
        for file in ("metrics.csv", "steps.csv"):
            first, second = ((self.directory / f"metrics{ranks}" / file).read_text()
                             for ranks in (1, 3))
            self.assertEqual(first, second)
            self.assertGreater(len(first.splitlines()), 2)

    def test_evaluation_says_what_training_said(self):
        self.train("evaluated", *RECIPE, ranks=2)
        import json
        row = (self.directory / "evaluated" / "metrics.csv").read_text().splitlines()[-1].split(",")
        for threads in (1, 2):
            result = run("tally-evaluate", self.directory / "evaluated", "--data", "data/digits",
                         "--json", "--threads", threads)
            report = json.loads(result.out)
            self.assertEqual(repr(report["loss"]), repr(float(row[-2])))
            self.assertEqual(report["accuracy"], float(row[-1]))


if __name__ == "__main__":
    main()
