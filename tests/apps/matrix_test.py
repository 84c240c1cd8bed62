# SPDX-License-Identifier: MIT
"""One digest over many ranks and threads, fresh and resumed at random steps, and for every recipe."""
import concurrent.futures
import itertools
import os
import random
import shutil

from tally_testing import TallyTest, digest, main

# 3 900 training samples, which neither batch, micro-batch nor ranks divide.
RECIPE = ["--epochs", 2, "--train-limit", 3997, "--validation", 97, "--batch-size", 256,
          "--micro-batch", 16, "--momentum", 0.9, "--quiet"]
STEPS = 32
RANKS = range(1, 9)
THREADS = (1, 2, 4)
LAYOUTS = list(itertools.product(RANKS, THREADS))


class Matrix(TallyTest):
    def setUp(self):
        super().setUp()
        seed = os.environ.get("TALLY_TEST_SEED", str(random.randrange(10**6)))
        print(f"TALLY_TEST_SEED={seed}")
        self.random = random.Random(seed)

    def train_on(self, layout, name, *arguments):
        ranks, threads = layout
        self.train(name, "--threads", threads, "--oversubscribe", *arguments, ranks=ranks, timeout=300)
        return digest(self.directory / name)

    def all_of(self, work, cases):
        with concurrent.futures.ThreadPoolExecutor(3) as pool:
            return list(pool.map(work, cases))

    def test_ranks_and_threads_fresh_and_resumed(self):
        fresh = self.all_of(lambda layout: self.train_on(layout, f"fresh-{layout}", *RECIPE), LAYOUTS)
        cuts = sorted(self.random.sample(range(1, STEPS), 5))

        def cut(step):
            layout = self.random.choice(LAYOUTS)
            self.train_on(layout, f"cut-{step}", *RECIPE, "--max-steps", step)
            return layout

        makers = self.all_of(cut, cuts)

        def resume(case):
            layout, step = case
            name = f"resumed-{layout}-{step}"
            shutil.copytree(self.directory / f"cut-{step}", self.directory / name)
            return self.train_on(layout, name, "--resume", "--max-steps", "none")

        cases = list(itertools.product(LAYOUTS, cuts))
        resumed = self.all_of(resume, cases)
        wrong = [case for case, found in zip(LAYOUTS + cases, fresh + resumed) if found != fresh[0]]
        self.assertEqual(wrong, [], f"cut at {cuts} on {makers}")
        print(f"{len(fresh)} fresh and {len(resumed)} resumed runs, cut at {cuts} on {makers}: one "
              f"digest, {fresh[0]}")
        # It could have been another one: one step less is enough.
        self.assertNotIn(digest(self.directory / f"cut-{cuts[-1]}"), fresh)

    def test_every_order_loss_and_schedule(self):
        recipes = list(itertools.product(("shuffled", "sequential"), ("softmax-cross-entropy", "mse"),
                                         ("constant", "step", "cosine", "one-cycle")))

        def both(recipe):
            options = ["--step-epochs", 1] + [word for pair in zip(("--order", "--loss", "--schedule"), recipe) for word in pair]
            return [self.train_on((ranks, 1), f"{'-'.join(recipe)}-{ranks}", *RECIPE, *options)
                    for ranks in (1, 3)]

        found = self.all_of(both, recipes)
        self.assertEqual([recipe for recipe, (one, three) in zip(recipes, found) if one != three], [])
        self.assertEqual(len({one for one, _ in found}), len(recipes), "recipes that do not differ")


if __name__ == "__main__":
    main()
