# SPDX-License-Identifier: MIT
"""scripts/train.sh: a training ends well whatever its launcher makes of signals, losses and exit codes."""
import os
import pathlib
import signal
import subprocess
import time

from tally_testing import (BIN, DIGITS, ROOT, RUN_MPI, TallyTest, children_of, main, processes_of, run, status, stop_at,
                           wait_until)

LONG = ["--data", DIGITS, "--epochs", 5000, "--train-limit", 3001, "--checkpoint-every", "20steps",
        "--log-every", 1, "--quiet"]
MPIRUN = [RUN_MPI, 2]
# A launcher that waits for ever when its rank has gone, and one that calls every end a success.
WAITS_ON = ["sh", "-c", '"$@"; exec sleep 600', "launcher"]
CALLS_IT_DONE = ["sh", "-c", '"$@" || true', "launcher"]


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


class TrainScript(TallyTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.directory / "run"

    def start(self, launcher, *arguments, env=None):
        words = [ROOT / "scripts" / "train.sh", *launcher, BIN / "tally-train", "--run-dir", self.run_dir,
                 *arguments]
        process = subprocess.Popen([str(word) for word in words], cwd=self.directory,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, env={**os.environ, **(env or {})})
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        return process

    def wait_for_steps(self):
        path = self.run_dir / "steps.csv"
        wait_until(lambda: path.exists() and len(path.read_text().splitlines()) > 5, "step 5")

    def assert_ends(self, process, code):
        self.assertEqual(process.wait(timeout=100), code)
        wait_until(lambda: not processes_of(self.run_dir), "nothing is left", 20)

    def test_signals_to_it_save_and_stop(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR2):
            with self.subTest(number.name):
                process = self.start(MPIRUN, *LONG, "--resume")
                self.wait_for_steps()
                process.send_signal(number)
                self.assert_ends(process, 75)
                state, facts = status(self.run_dir)
                self.assertEqual((state, facts["reason"]), ("RESUME", "SIGUSR2"))
                self.assertEqual(facts["checkpoint"], f"step-{int(facts['step']):012}.h5")
                (self.run_dir / "steps.csv").unlink()

    def test_usr1_saves_and_goes_on(self):
        process = self.start(MPIRUN, *LONG, "--checkpoint-every", "1000epochs")
        self.wait_for_steps()
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: list((self.run_dir / "checkpoints").glob("step-*.h5")), "a checkpoint")
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 75)

    def test_a_stop_may_take_its_time(self):
        """Longer than any mpirun leaves its ranks by itself."""
        slow = {"TALLY_ALLOW_FAULTS": "1", "TALLY_FAULT": "pause:save:rank=0:seconds=4"}
        process = self.start(MPIRUN, *LONG, "--checkpoint-every", "1000epochs", env=slow)
        self.wait_for_steps()
        asked = time.monotonic()
        process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 75)
        self.assertGreater(time.monotonic() - asked, 3)
        self.assertEqual(status(self.run_dir)[1]["reason"], "SIGUSR2")

    def test_a_second_signal_does_not_wait(self):
        process = self.start(MPIRUN, *LONG, env=stop_at("reduce", step=9))
        wait_until(lambda: (self.run_dir / "run.status").exists(), "a start")
        for _ in range(2):
            time.sleep(1)
            process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 75)

    def test_launchers_that_wait_for_ranks_that_have_gone_are_ended(self):
        process = self.start(WAITS_ON, *LONG)
        self.wait_for_steps()
        time.sleep(3)  # for the script to see the rank
        launchers = [child for pid in children_of(process) for child in (pid, *children_of(pid))]
        rank = next(pid for pid in launchers if name_of(pid) == "tally-train")
        os.kill(rank, signal.SIGKILL)
        self.assert_ends(process, 75)
        self.assertEqual(status(self.run_dir)[0], "RESUME")

    def test_the_exit_code_is_that_of_the_run(self):
        kill = {"TALLY_ALLOW_FAULTS": "1", "TALLY_FAULT": "kill:reduce:step=50"}
        self.assert_ends(self.start(CALLS_IT_DONE, *LONG, env=kill), 75)
        self.assert_ends(self.start(WAITS_ON, *LONG, "--resume", "--max-steps", 60), 0)
        self.assert_ends(self.start(MPIRUN, *LONG, "--resume", "--max-steps", "none", "--epochs", 3), 2)

    def test_a_training_that_ends_or_never_begins_has_its_own_code(self):
        self.assert_ends(self.start(MPIRUN, "--data", DIGITS, "--epochs", 1), 0)
        self.assert_ends(self.start(MPIRUN, "--data", DIGITS, "--epochs", 1), 2)
        self.assert_ends(self.start(MPIRUN, "--data", DIGITS, "--resume"), 0)
        done = run("tally-checkpoint", "verify", self.run_dir)
        self.assertEqual(done.code, 0)


if __name__ == "__main__":
    main()
