# SPDX-License-Identifier: MIT
"""Interrupted anywhere, resumed on any ranks: the bits and the metrics of a run left alone."""
import os
import random
import signal
import subprocess
import time

from tally_testing import (ROOT, TallyTest, children_of, command, digest, is_pending,
                           leaves_time_to_stop, main, patience, run, status, stop_at, wait_for_stop, wait_until)

RECIPE = ["--epochs", 6, "--train-limit", 3001, "--validation", 101, "--log-every", 7]


class Resume(TallyTest):
    def setUp(self):
        super().setUp()
        self.random = random.Random(os.environ.get("TALLY_TEST_SEED", "20"))

    def uninterrupted(self):
        self.train("whole", *RECIPE, ranks=1)
        return self.directory / "whole"

    def assert_same_run(self, first, second):
        self.assertEqual(digest(first), digest(second))
        difference = run("tally-checkpoint", "diff", first, second)
        self.assertEqual((difference.code, difference.out), (0, ""))
        for file in ("metrics.csv", "steps.csv"):
            self.assertEqual((first / file).read_text(), (second / file).read_text())

    def start(self, name, *arguments, ranks=2, stop=None):
        return subprocess.Popen(
            command("tally-train", "--run-dir", self.directory / name, "--data", "data/digits",
                    *arguments, ranks=ranks),
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "OMPI_MCA_odls_base_sigkill_timeout": "4", **(stop or {})})

    def wait_for_rows(self, name, rows):
        path = self.directory / name / "steps.csv"
        deadline = time.monotonic() + 100
        while time.monotonic() < deadline:
            if path.exists() and len(path.read_text().splitlines()) > rows:
                return
            time.sleep(0.005)
        self.fail("the training does not come forward")

    def test_cut_by_steps_at_random_and_resumed_on_other_ranks(self):
        whole = self.uninterrupted()
        steps = sorted(self.random.sample(range(1, 136), 4))
        self.train("cut", *RECIPE, "--max-steps", steps[0], ranks=2)
        for ranks, stop in zip((3, 1, 4, 2), [*steps[1:], "none"]):
            self.train("cut", "--resume", "--max-steps", stop, ranks=ranks)
        self.assertEqual(status(self.directory / "cut")[0], "DONE")
        self.assert_same_run(whole, self.directory / "cut")

    # The kept copies are made again, in the same order of numbers.
    def test_augmented_runs_go_on_with_the_same_copies(self):
        recipe = [*RECIPE, "--augment", "affine,elastic", "--augment-strength", "1@0.5,0.5"]
        for copies in ("fresh", 2):
            whole, cut = f"whole-{copies}", f"cut-{copies}"
            self.train(whole, *recipe, "--augment-copies", copies, ranks=1)
            self.train(cut, *recipe, "--augment-copies", copies, "--max-steps", 83, ranks=2)
            self.train(cut, "--resume", "--max-steps", "none", ranks=3)
            self.assert_same_run(self.directory / whole, self.directory / cut)

    def test_convolutions_cut_by_steps_and_resumed_on_other_ranks(self):
        recipe = ["--network", "conv:16@5x5,relu,max-pool:2,conv:32@5x5,relu,max-pool:2,dense:32,relu,dense:10",
                  "--train-limit", 431, "--batch-size", 85, "--micro-batch", 17, "--epochs", 2, "--log-every", 2,
                  "--learning-rate", 0.02]
        self.train("whole", *recipe, ranks=1)
        self.train("cut", *recipe, "--max-steps", 4, ranks=2)
        self.train("cut", "--resume", "--max-steps", 7, ranks=3)
        self.train("cut", "--resume", "--max-steps", "none", ranks=4)
        self.assert_same_run(self.directory / "whole", self.directory / "cut")

    def test_signals_stop_with_a_checkpoint(self):
        # Long enough for TERM and INT, which mpirun passes on only after a second; and it makes 1 of
        # the ranks' exit code when it is told to end itself.
        recipe = ["--epochs", 5000, *RECIPE[2:]]
        for name, number, code in (("SIGUSR2", signal.SIGUSR2, 75), ("SIGTERM", signal.SIGTERM, 1),
                                   ("SIGINT", signal.SIGINT, 1)):
            with self.subTest(signal=name):
                process = self.start(name, *recipe)
                self.wait_for_rows(name, self.random.randrange(1, 8))
                if number == signal.SIGUSR2 or leaves_time_to_stop():
                    process.send_signal(number)
                else:
                    code = 75
                    os.kill(children_of(process)[0], number)
                output = process.communicate(timeout=patience(60))[0]
                self.assertEqual(process.returncode, code, output)
                state, facts = status(self.directory / name)
                self.assertEqual((state, facts["checkpoint"]),
                                 ("RESUME", f"step-{int(facts['step']):012}.h5"))
                end = int(facts["step"]) + 30
                self.train(name, "--resume", "--max-steps", end, ranks=3)
                self.train(f"{name}-whole", *recipe, "--max-steps", end)
                self.assert_same_run(self.directory / f"{name}-whole", self.directory / name)

    def test_usr1_saves_and_goes_on(self):
        process = self.start("usr1", *RECIPE, "--checkpoint-every", "1000epochs", "--keep", 9,
                             stop=stop_at("reduce", step=20))
        ranks = wait_for_stop(process)
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: is_pending(ranks[0], signal.SIGUSR1), "mpirun passes it on")
        os.kill(ranks[0], signal.SIGCONT)
        process.communicate(timeout=patience(60))
        self.assertEqual(process.returncode, 0)
        names = sorted(p.name for p in (self.directory / "usr1" / "checkpoints").iterdir())
        self.assertGreaterEqual(len(names), 2, names)
        self.assertEqual(names[-1], "step-000000000138.h5")

    def test_killed_without_warning(self):
        whole = self.uninterrupted()
        process = self.start("killed", *RECIPE, "--checkpoint-every", "5steps", ranks=1,
                             stop=stop_at("reduce", step=29))
        os.kill(wait_for_stop(process)[0], signal.SIGKILL)
        process.communicate(timeout=patience(60))
        self.assertEqual(status(self.directory / "killed")[0], "RESUME")
        self.train("killed", "--resume", ranks=2)
        self.assert_same_run(whole, self.directory / "killed")

    def test_max_time_stops_and_resumes(self):
        self.train("timed", *RECIPE, "--max-time", "00:00:00", code=75)
        state, facts = status(self.directory / "timed")
        self.assertEqual((state, facts["step"], facts["reason"]), ("RESUME", "1", "--max-time"))
        self.train("timed", "--resume", "--max-time", "none", ranks=2)
        self.assert_same_run(self.uninterrupted(), self.directory / "timed")

    def test_a_finished_run_is_left_as_it_is(self):
        self.train("done", "--epochs", 1)
        before = digest(self.directory / "done")
        (self.directory / "done" / "run.status").write_text("RESUME\nstep 32\nreason running\n")
        result = self.train("done", "--resume", ranks=2)
        self.assertIn("finished already, at step 32", result.out)
        self.assertEqual(digest(self.directory / "done"), before)
        self.assertEqual(status(self.directory / "done")[0], "DONE")
        self.train("done", "--resume", data=self.directory / "gone")

    def test_killed_before_its_first_checkpoint(self):
        self.train("whole", *RECIPE, "--learning-rate", 0.05)
        self.train("early", *RECIPE, "--learning-rate", 0.05, "--max-steps", 1)
        for checkpoint in (self.directory / "early" / "checkpoints").iterdir():
            checkpoint.unlink()
        result = run("tally-train", "--run-dir", self.directory / "early", "--resume",
                     "--max-steps", "none", ranks=2)
        self.assertEqual(result.code, 0, result.err)
        self.assertIn("there is no checkpoint yet; starting from the beginning", result.out)
        self.assertEqual(digest(self.directory / "early"), digest(self.directory / "whole"))

    def test_an_empty_directory_starts_from_the_beginning(self):
        result = self.train("empty", "--resume", "--epochs", 1)
        self.assertIn("there is no checkpoint yet; starting from the beginning", result.out)
        self.train("fresh", "--epochs", 1)
        self.assertEqual(digest(self.directory / "empty"), digest(self.directory / "fresh"))

    def test_a_longer_run_of_a_constant_schedule(self):
        constant = ["--schedule", "constant", "--learning-rate", "0.05"]
        self.train("longer", *constant, "--epochs", 1)
        self.train("longer", "--resume", "--epochs", 3, ranks=2)
        self.train("long", *constant, "--epochs", 3)
        self.assertEqual(digest(self.directory / "longer"), digest(self.directory / "long"))

    def test_the_initial_state_alone(self):
        self.train("initial", "--epochs", 0, ranks=2)
        names = [p.name for p in (self.directory / "initial" / "checkpoints").iterdir()]
        self.assertEqual(names, ["step-000000000000.h5"])
        self.train("initial2", "--max-steps", 0)
        self.assertEqual(digest(self.directory / "initial"), digest(self.directory / "initial2"))

    def test_falls_back_over_a_damaged_checkpoint(self):
        whole = self.uninterrupted()
        self.train("damaged", *RECIPE, "--max-steps", 60, "--checkpoint-every", "20steps")
        newest = self.directory / "damaged" / "checkpoints" / "step-000000000060.h5"
        contents = bytearray(newest.read_bytes())
        contents[5000] ^= 1
        newest.write_bytes(contents)
        result = self.train("damaged", "--resume", "--max-steps", "none", ranks=2)
        self.assertEqual(
            result.err,
            f"tally-train: warning: {newest}: its SHA-256 digest does not match its contents; moved "
            "aside as step-000000000060.h5.damaged-1\n")
        self.assertIn("resumed at step 40", result.out)
        self.assert_same_run(whole, self.directory / "damaged")

    def test_checkpoints_by_steps_epochs_and_time(self):
        def steps(name):
            return [int(p.name[5:17]) for p in
                    sorted((self.directory / name / "checkpoints").iterdir())]

        self.train("by-steps", "--epochs", 2, "--checkpoint-every", "25steps", "--keep", 99)
        self.assertEqual(steps("by-steps"), [25, 50, 64])
        self.train("by-epochs", "--epochs", 5, "--checkpoint-every", "2epochs", "--keep", 99)
        self.assertEqual(steps("by-epochs"), [64, 128, 160])
        self.train("kept", "--epochs", 5, "--keep", 2)
        self.assertEqual(steps("kept"), [128, 160])


if __name__ == "__main__":
    main()
