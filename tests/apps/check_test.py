# SPDX-License-Identifier: MIT
"""tally-train --check and --dump-config: answered without MPI, before anything is launched. And the warning of a
network that ends in more outputs than there are classes."""
import gzip
import os
import shutil
import subprocess

from tally_testing import DIGITS, ROOT, TallyTest, command, main, run, stop_at, wait_for_stop

WIDE = "--network: the last layer has 50 outputs, but the labels of the data are 0 to 9: 40 of them are never right"
# Any start of MPI fails.
NO_MPI = {"OMPI_MCA_ess": "none_such", "PMIX_MCA_gds": "none_such", "OMPI_MCA_pml": "none_such"}


class CheckTest(TallyTest):
    def check(self, *arguments, code=0, **options):
        options.setdefault("env", NO_MPI)
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--data", DIGITS, *arguments, **options)
        self.assertEqual(result.code, code, result.out + result.err)
        self.assertEqual(list(self.directory.glob("run/*")) if code else [], [])
        return result

    def test_tells_what_would_be_trained(self):
        self.assertEqual(self.check("--validation", 500).out.splitlines(), [
            f"data: {DIGITS}: 4 000 training and 1 000 test images of 28 x 28 in 10 classes",
            "network: 784-100-50-10, 84 060 parameters",
            "validation: 500 training images held out",
            "micro-batches: 4 of 32 in a batch of 128",
            f"run: {self.directory}/run: not begun",
            "0 errors, 0 warnings"])
        self.assertFalse((self.directory / "run").exists())

    def test_needs_no_mpi(self):
        self.assertNotEqual(run("tally-train", "--doctor", "--run-dir", self.directory, env=NO_MPI).code, 0)
        for question in (["--check", "--run-dir", self.directory / "run"], ["--dump-config"]):
            self.assertEqual(run("tally-train", *question, env=NO_MPI).code, 0)
        for question in (["--check", "--network", "dense"], ["--sede", "7"], ["--dump-config", "--epochs", "x"]):
            result = run("tally-train", *question, env=NO_MPI)
            self.assertEqual((result.code, result.err.count("\n")), (2, 1) if question[0] != "--check" else (2, 0),
                             result.err)

    def test_describes_the_network(self):
        table = run("tally-train", "--describe", "--data", DIGITS, env=NO_MPI)
        self.assertEqual((table.code, table.err), (0, ""))
        self.assertEqual([line.split()[:3] for line in table.out.splitlines()[2:4]],
                         [["0", "dense:100", "100"], ["1", "tanh", "100"]])
        self.assertIn("84 060     0.347", table.out)
        self.assertIn("a micro-batch of 32: ", table.out)
        without = run("tally-train", "--describe", "--data", self.directory / "nowhere", env=NO_MPI)
        self.assertEqual((without.code, without.out.split("\n", 1)),
                         (0, ["no data found: images of 28 x 28 are assumed", table.out]))
        wrong = run("tally-train", "--describe", "--network", "dense:10,dense", env=NO_MPI)
        self.assertEqual(wrong.code, 2)
        self.assertIn('"dense" at character 10, on 10, is no layer', wrong.err)

    def test_finds_what_is_wrong(self):
        (self.directory / "file").write_text("")
        for arguments, expected in (
                (["--data", self.directory / "nowhere"], "error: "),
                (["--network", "dense:5"], "error: "),
                (["--network", "dense:10,dense"], "error: "),
                (["--validation", "4000"], "error: --validation: expected fewer than the 4 000 training images"),
                (["--run-dir", self.directory / "file" / "run"], "error: ")):
            with self.subTest(arguments):
                result = self.check(*arguments, code=2)
                self.assertIn(expected, result.out)
                self.assertIn("1 error, 0 warnings", result.out)
        result = self.check("--batch-size", 10, "--micro-batch", 3, code=2)
        self.assertIn("expected a divisor of --batch-size 10", result.err)

    def test_names_a_damaged_label_file(self):
        data = self.directory / "data"
        shutil.copytree(DIGITS, data)
        labels = next(data.glob("train-labels*"))
        with gzip.open(labels) as file:
            contents = file.read()
        with gzip.open(labels, "wb") as file:
            file.write(contents[:-1] + b"\x0a")
        result = self.check("--data", data, code=2)
        self.assertIn(f"error: {labels}", result.out)

    def test_looks_at_the_run_that_is_to_go_on(self):
        self.train("run", "--max-steps", 5)
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--resume", "--max-steps", 9, env=NO_MPI)
        self.assertEqual(result.code, 0, result.out + result.err)
        self.assertIn("goes on at step 5\n", result.out)
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--resume", env=NO_MPI)
        self.assertIn("finished already, at step 5\n", result.out)
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--resume", "--seed", 9, env=NO_MPI)
        self.assertEqual(result.code, 2)
        self.assertIn("--seed: this run was started with 1, got 9", result.err)

    def test_opens_the_checkpoints_of_the_run_that_is_to_go_on(self):
        self.train("run", "--max-steps", 6, "--checkpoint-every", "3steps")
        older, newer = sorted((self.directory / "run" / "checkpoints").iterdir())
        question = ["--check", "--run-dir", self.directory / "run", "--resume", "--max-steps", 9]
        newer.write_bytes(newer.read_bytes()[:-1])
        result = run("tally-train", *question, env=NO_MPI)
        self.assertEqual(result.code, 0, result.out + result.err)
        self.assertIn("goes on at step 3\n", result.out)
        self.assertRegex(result.out, rf"warning: {newer}: .*; skipped\n")
        older.write_bytes(older.read_bytes()[:-1])
        result = run("tally-train", *question, env=NO_MPI)
        self.assertEqual(result.code, 2, result.out + result.err)
        self.assertIn("error: ", result.out)
        self.assertIn("no checkpoint is whole", result.out)
        self.assertTrue(older.exists() and newer.exists())

    def test_finds_other_data_of_the_same_size(self):
        self.train("run", "--max-steps", 2)
        data = self.directory / "data"
        shutil.copytree(DIGITS, data)
        labels = next(data.glob("t10k-labels*"))
        with gzip.open(labels) as file:
            contents = file.read()
        with gzip.open(labels, "wb") as file:
            file.write(contents[:-1] + bytes([contents[-1] ^ 1]))
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--resume", "--data", data, env=NO_MPI)
        self.assertEqual(result.code, 2, result.out + result.err)
        self.assertIn(f"error: {labels}: expected SHA-256 ", result.out)

    def test_doubts_what_can_hardly_be_meant(self):
        told = "--batch-size 8192: larger than the 3 900 training images, so an epoch is one step on all of them"
        options = ["--batch-size", 8192, "--validation", 100]
        self.assertIn(f"warning: {told}\n", self.check(*options).out)
        self.assertNotIn("larger than", self.check("--batch-size", 4000).out)
        self.assertIn(f"warning: {told}\n", self.train("large", *options, "--max-steps", 1, ranks=2).err)
        for option in ("--epochs", "--max-steps"):
            self.assertIn(f"warning: {option} 0: nothing is trained", self.check(option, 0).out)
        self.assertIn("expected a whole number from 0 to 2^64 - 1, got", self.check("--seed", "x", code=2).err)

    def test_says_who_uses_the_directory(self):
        process = subprocess.Popen(
            command("tally-train", "--run-dir", self.directory / "run", "--data", DIGITS, ranks=1), cwd=ROOT,
            env={**os.environ, **stop_at("reduce", step=3)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        [rank] = wait_for_stop(process)
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--resume", env=NO_MPI)
        self.assertEqual(result.code, 0, result.out + result.err)
        self.assertRegex(result.out, rf"warning: --run-dir \S+: is in use by host \S+, process {rank}")

    def test_answers_once_under_a_launcher(self):
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--data", DIGITS, ranks=2)
        self.assertEqual((result.code, result.out.count("0 errors, 0 warnings")), (0, 1), result.err)
        result = run("tally-train", "--check", "--run-dir", self.directory / "run", "--data", DIGITS, "--network",
                     "dense:5", ranks=2)
        self.assertEqual((result.code, result.out.count("1 error, 0 warnings")), (2, 1), result.err)

    def test_warns_of_outputs_that_are_no_class(self):
        """As a sweep once made of a network that was cut at its first comma."""
        self.assertIn(f"warning: {WIDE}", self.check("--network", "dense:50").out)
        result = self.train("run", "--network", "dense:50", "--max-steps", 1, "--quiet", ranks=2)
        self.assertIn(f"tally-train: warning: {WIDE}; did you mean it to end in dense:10?\n", result.err)
        self.assertEqual(result.err.count("never right"), 1)
        self.assertNotIn("never right", self.train("other", "--max-steps", 1).err)


if __name__ == "__main__":
    main()
