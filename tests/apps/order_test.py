# SPDX-License-Identifier: MIT
"""--dump-order: every sample once per epoch, dealt out as promised, at any ranks."""
from collections import Counter

from tally_testing import TallyTest, main, read_csv


class Order(TallyTest):
    def dump(self, *arguments, ranks=1, epochs=2):
        name = f"order{len(list(self.directory.iterdir()))}"
        path = self.directory / f"{name}.csv"
        self.train(name, "--epochs", epochs, "--dump-order", path, "--quiet", *arguments, ranks=ranks)
        return [{key: int(value) for key, value in row.items()} for row in read_csv(path)]

    def assert_once_per_epoch(self, rows, samples, epochs=2):
        counts = Counter(row["sample"] for row in rows)
        self.assertEqual(len(counts), samples)
        self.assertEqual(set(counts.values()), {epochs})

    def test_every_sample_once_per_epoch_in_uneven_cases(self):
        for samples, batch, micro, ranks in ((37, 128, 32, 3), (500, 48, 16, 4), (501, 7, 1, 3),
                                             (129, 128, 32, 2), (100, 96, 32, 7)):
            with self.subTest(samples=samples, batch=batch, micro=micro, ranks=ranks):
                recipe = ["--train-limit", samples, "--batch-size", batch, "--micro-batch", micro]
                rows = self.dump(*recipe, ranks=ranks)
                self.assert_once_per_epoch(rows, samples)
                steps = Counter(row["step"] for row in rows)
                self.assertLessEqual(max(steps.values()), batch)

    def test_the_order_does_not_depend_on_the_ranks(self):
        def without_rank(rows):
            return [(row["step"], row["shard"], row["sample"]) for row in rows]

        recipe = ["--train-limit", 333, "--batch-size", 48, "--micro-batch", 8]
        expected = without_rank(self.dump(*recipe, ranks=1))
        for ranks in (2, 3, 5):
            self.assertEqual(without_rank(self.dump(*recipe, ranks=ranks)), expected)

    def test_every_rank_does_its_part(self):
        rows = self.dump("--batch-size", 96, "--micro-batch", 16, ranks=3, epochs=1)
        shards = {rank: {row["shard"] for row in rows if row["rank"] == rank} for rank in range(3)}
        self.assertEqual(shards, {0: {0, 1}, 1: {2, 3}, 2: {4, 5}})
        counts = Counter(row["rank"] for row in rows)
        self.assertLessEqual(max(counts.values()) - min(counts.values()), 2)

    def test_samples_never_leave_their_shard_and_epochs_differ(self):
        rows = self.dump("--train-limit", 400, "--batch-size", 40, "--micro-batch", 10, ranks=2)
        home = {}
        for row in rows:
            self.assertEqual(home.setdefault(row["sample"], row["shard"]), row["shard"])
        half = len(rows) // 2
        first, second = ([row["sample"] for row in part] for part in (rows[:half], rows[half:]))
        self.assertNotEqual(first, second)

    def test_sequential_order_is_the_order_of_the_file(self):
        rows = self.dump("--order", "sequential", "--train-limit", 130, "--batch-size", 24,
                         "--micro-batch", 8, ranks=2, epochs=1)
        self.assertEqual([row["sample"] for row in rows], list(range(130)))

    def test_validation_images_are_never_used(self):
        rows = self.dump("--train-limit", 200, "--validation", 50, "--batch-size", 32, ranks=2)
        self.assert_once_per_epoch(rows, 150)


if __name__ == "__main__":
    main()
