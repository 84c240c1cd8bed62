# SPDX-License-Identifier: MIT
"""Networks with batch norm and dropout through all that a run can be: other layouts, kills, resumes, evaluation,
calibration, small batches and the second network."""
import json
import os
import re
import shutil
import signal
import subprocess

import h5py
import numpy

from tally_testing import (DIGITS, TallyTest, command, digest, main, read_csv, read_dataset, run, sign_checkpoint,
                           stop_at, wait_for_stop)

NETWORK = "batch-norm,dense:40,batch-norm,relu,dropout:0.3,dense:20,leaky-relu,dense:10"
# 997 training samples in 8 shards: the last micro-batches of an epoch are short and not alike.
RECIPE = ["--network", NETWORK, "--train-limit", 1100, "--validation", 103, "--batch-size", 128, "--micro-batch", 16,
          "--epochs", 2, "--quiet"]
STEPS = 16
LAYOUTS = [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (3, 1), (4, 2), (8, 1)]


class Layers(TallyTest):
    def train_on(self, layout, name, *arguments, **options):
        ranks, threads = layout
        self.train(name, "--threads", threads, "--oversubscribe", *arguments, ranks=ranks, **options)
        return digest(self.directory / name)

    def test_one_digest_on_any_layout_fresh_and_resumed(self):
        fresh = {layout: self.train_on(layout, f"fresh-{layout}", *RECIPE) for layout in LAYOUTS}
        self.assertEqual(len(set(fresh.values())), 1, fresh)
        for cut, before, after in ((3, (2, 1), (3, 1)), (8, (1, 1), (2, 2)), (11, (4, 2), (1, 1))):
            name = f"cut-{cut}"
            self.train_on(before, name, *RECIPE, "--max-steps", cut)
            self.assertNotEqual(digest(self.directory / name), fresh[1, 1])
            found = self.train_on(after, name, "--resume", "--max-steps", "none")
            self.assertEqual(found, fresh[1, 1], f"cut at {cut}")
        # On hosts that cannot share memory, too.
        found = self.train_on((3, 1), "hosts", *RECIPE, env={"TALLY_PRETEND_NODES": "0,0,1"})
        self.assertEqual(found, fresh[1, 1])

    def test_one_digest_with_convolutions(self):
        network = ("conv:8@5x5,batch-norm,relu,max-pool:2,conv:6@3x3,batch-norm,leaky-relu,max-pool:2,flatten,"
                   "dropout:0.2,dense:10")
        recipe = [*RECIPE, "--network", network, "--max-steps", 10]
        fresh = {layout: self.train_on(layout, f"fresh-{layout}", *recipe) for layout in ((1, 1), (1, 2), (2, 1), (3, 2))}
        self.assertEqual(len(set(fresh.values())), 1, fresh)
        self.train_on((2, 1), "cut", *recipe, "--max-steps", 6)
        self.assertEqual(self.train_on((3, 1), "cut", "--resume", "--max-steps", 10), fresh[1, 1])

    def test_one_digest_after_a_kill(self):
        expected = self.train_on((1, 1), "whole", *RECIPE, "--checkpoint-every", "2steps")
        line = command("tally-train", "--run-dir", self.directory / "killed", "--data", DIGITS, *RECIPE,
                       "--checkpoint-every", "2steps", "--threads", 1, ranks=2)
        mpirun = subprocess.Popen(line, env={**os.environ, **stop_at("forward", step=9)},
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(mpirun.kill)
        for rank in wait_for_stop(mpirun):
            os.kill(rank, signal.SIGKILL)
        mpirun.wait(120)
        self.assertEqual(self.train_on((3, 1), "killed", "--resume"), expected)

    def test_dropout_and_seeds_matter(self):
        without = NETWORK.replace("dropout:0.3", "dropout:0")
        digests = {self.train_on((1, 1), "a", *RECIPE), self.train_on((1, 1), "b", *RECIPE, "--network", without),
                   self.train_on((1, 1), "c", *RECIPE, "--seed", 2)}
        self.assertEqual(len(digests), 3)

    def test_evaluation_says_what_training_said(self):
        self.train("run", *RECIPE, ranks=2)
        row = read_csv(self.directory / "run" / "metrics.csv")[-1]
        told = json.loads(run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--json", "--threads", 2).out)
        self.assertEqual((repr(told["loss"]), told["accuracy"]),
                         (repr(float(row["test_loss"])), float(row["test_accuracy"])))
        self.assertGreater(float(row["validation_accuracy"]), 0.5)

    def test_learns_as_well_as_it_should(self):
        network = "dense:100,batch-norm,relu,dropout:0.2,dense:10"
        self.train("run", "--network", network, "--epochs", 10, "--quiet", ranks=2)
        self.assertGreaterEqual(float(read_csv(self.directory / "run" / "metrics.csv")[-1]["test_accuracy"]), 0.93)

    def test_statistics_are_stored_and_are_those_of_the_data(self):
        self.train("run", "--network", "batch-norm,dense:10", "--epochs", 2, "--quiet")
        path = max((self.directory / "run" / "checkpoints").glob("*.h5"))
        with h5py.File(path) as file:
            layer = file["model/0-batch-norm"]
            self.assertEqual({name: layer[name].shape for name in layer},
                             {name: (1, 1) for name in ("weight", "bias", "running_mean", "running_var")})
            self.assertEqual({name: layer[name].attrs["role"].decode() for name in layer},
                             {"weight": "scale", "bias": "bias", "running_mean": "statistic",
                              "running_var": "statistic"})
            self.assertEqual(file["model/1-dense/weight"].attrs["role"], b"weight")
            self.assertEqual(sorted(file["optimizer/0-batch-norm"]), ["bias", "weight"])
            mean, variance = layer["running_mean"][0, 0], layer["running_var"][0, 0]
        pixels = read_dataset(DIGITS)[0] / 255
        self.assertAlmostEqual(mean, pixels.mean(), delta=0.01)
        self.assertAlmostEqual(variance, pixels.var(), delta=0.01)
        self.assertIn("7 852 and 2 statistics", run("tally-checkpoint", "info", path).out)

    def test_tools_see_a_statistic_that_differs(self):
        self.train("run", "--network", "batch-norm,dense:10", "--max-steps", 5, "--quiet")
        self.train("other", "--network", "batch-norm:0.2,dense:10", "--max-steps", 5, "--quiet")
        result = run("tally-checkpoint", "diff", self.directory / "run", self.directory / "other")
        self.assertEqual(result.code, 1)
        self.assertIn("config/network: batch-norm,dense:10 and batch-norm:0.2,dense:10", result.out)
        shutil.copytree(self.directory / "run", self.directory / "changed")
        path = next((self.directory / "changed" / "checkpoints").glob("*.h5"))
        with h5py.File(path, "r+") as file:
            file["model/0-batch-norm/running_var"][0, 0] = 0.5
        sign_checkpoint(path)
        result = run("tally-checkpoint", "diff", self.directory / "run", self.directory / "changed")
        self.assertEqual((result.code, result.out.splitlines()[0].split(",")[0]),
                         (1, "model/0-batch-norm/running_var: 1 of 1 values"))
        for value, message in ((-1, "/model/0-batch-norm/running_var: expected at least 0, got -1 at position 0"),
                               (numpy.nan, "/model/0-batch-norm/running_var: expected finite numbers")):
            with h5py.File(path, "r+") as file:
                file["model/0-batch-norm/running_var"][0, 0] = value
            sign_checkpoint(path)
            result = run("tally-checkpoint", "info", path)
            self.assertEqual(result.code, 4)
            self.assertIn(message, result.err)

    def test_a_loss_that_is_not_finite_names_a_layer(self):
        result = self.train("run", *RECIPE, "--learning-rate", 1e9, "--schedule", "constant", code=1, ranks=2)
        self.assertRegex(result.err, r"step \d+: .*(gradient|measured|parameters) .*\d-(dense|batch-norm)/\w+ ")

    # Very small batches take other steps with dense layers alone.
    def test_small_batches(self):
        for batch, micro in ((1, 1), (2, 2), (4, 4), (8, 2)):
            recipe = ["--network", "dense:20,batch-norm,leaky-relu,dropout:0.1,dense:10", "--batch-size", batch,
                      "--micro-batch", micro, "--max-steps", 40, "--learning-rate", 0.01, "--quiet"]
            digests = {self.train_on(layout, f"{batch}-{layout}", *recipe) for layout in ((1, 1), (2, 1), (1, 2))}
            self.assertEqual(len(digests), 1, batch)
        leaky = ["--network", "flatten,dense:20,leaky-relu,dense:10", "--batch-size", 1, "--max-steps", 40, "--quiet"]
        self.train("rows", *leaky)
        self.assertIn(", rows\n", run("tally-checkpoint", "info", self.directory / "rows").out)

    # One sample has no variance: steps of one leave what they would measure.
    def test_micro_batches_of_one_sample_leave_statistics_where_they_are(self):
        self.train("run", "--network", "dense:20,batch-norm,relu,dense:10", "--batch-size", 4, "--micro-batch", 1,
                   "--max-steps", 10, "--quiet")
        path = next((self.directory / "run" / "checkpoints").glob("*.h5"))
        with h5py.File(path) as file:
            layer = file["model/1-batch-norm"]
            self.assertTrue((layer["running_mean"][:] == 0).all() and (layer["running_var"][:] == 1).all())
            self.assertTrue((layer["bias"][:] != 0).any())

    def test_calibration_and_drawings(self):
        self.train("run", *RECIPE, "--epochs", 3)
        calibrated = self.directory / "calibrated.h5"
        result = run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--calibrate", calibrated)
        self.assertEqual(result.code, 0, result.err)
        drawing = next((DIGITS.parent / "drawings").glob("1-*.png"))
        first, second = (run("tally-predict", calibrated, drawing, "--json").out for _ in range(2))
        self.assertEqual(first, second)
        self.assertEqual(json.loads(first)["status"], "ok")

    def test_the_second_network(self):
        others, path = self.directory / "others", self.directory / "calibrated.h5"
        self.assertEqual(run("tally-data", "outliers", DIGITS, "--out", others, "--variants", 0).code, 0)
        self.train("run", *RECIPE)
        self.train("others-run", "--epochs", 1, "--network", "batch-norm,dense:20,batch-norm,relu,dropout:0.2,dense:11",
                   data=others)
        result = run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--calibrate", path, "--outliers",
                     self.directory / "others-run")
        self.assertEqual(result.code, 0, result.err)
        with h5py.File(path) as file:
            # One channel of images, not one for each of their numbers.
            self.assertEqual(file["others/0-batch-norm/running_var"].shape, (1, 1))
            self.assertEqual([int(file["others"].attrs[name]) for name in ("inputs", "rows", "columns", "channels")],
                             [392, 56, 7, 1])
        drawing = next((DIGITS.parent / "drawings").glob("1-*.png"))
        told = json.loads(run("tally-predict", path, drawing, "--json").out)
        self.assertGreater(told["digit_probability"], 0.01)

    def test_profile_and_order(self):
        order = self.directory / "order.csv"
        result = self.train("run", *RECIPE[:-1], "--profile", "--dump-order", order, ranks=2)
        self.assertRegex(result.out, r"GFLOP/s")
        rows = read_csv(order)
        self.assertEqual(len(rows), 2 * 997)
        self.assertEqual({int(row["step"]) for row in rows}, set(range(1, STEPS + 1)))
        self.assertTrue(re.search(r'"network": "784-40-20-10"',
                                  (self.directory / "run" / "profile.json").read_text()))


if __name__ == "__main__":
    main()
