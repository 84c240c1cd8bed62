# SPDX-License-Identifier: MIT
"""scripts/train.sh: a training ends well whatever its launcher makes of signals, losses and exit codes."""
import os
import pathlib
import signal
import subprocess
import time

from tally_testing import (BIN, DIGITS, ROOT, RUN_MPI, TallyTest, children_of, main, processes_of, run, state_of,
                           status, stop_at, wait_until)

LONG = ["--data", DIGITS, "--epochs", 5000, "--train-limit", 3001, "--checkpoint-every", "20steps",
        "--log-every", 1, "--quiet"]
MPIRUN = [RUN_MPI, 2]
# A launcher that waits for ever when its rank has gone, one that calls every end a success, and one that leaves
# signals to its child.
WAITS_ON = ["sh", "-c", '"$@"; sleep 600; exit 1', "launcher"]
CALLS_IT_DONE = ["sh", "-c", '"$@" || true', "launcher"]
WRAPS = ["sh", "-c", '"$@"; exit $?', "launcher", *MPIRUN]


def name_of(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return None


def session_of(leader):
    """The processes of a session that have not ended."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, session = path.read_text().rsplit(")", 1)[1].split()[:4]
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(session) == leader and state != "Z":
            found.append(int(path.parent.name))
    return found


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

    def assert_saves_and_stops(self, launcher):
        """USR1 saves and goes on, TERM stops."""
        process = self.start(launcher, *LONG, "--checkpoint-every", "1000epochs")
        self.wait_for_steps()
        process.send_signal(signal.SIGUSR1)
        wait_until(lambda: list((self.run_dir / "checkpoints").glob("step-*.h5")), "a checkpoint")
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 75)

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
        self.assert_saves_and_stops(MPIRUN)

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

    def kill_its_rank(self, process):
        """Of WAITS_ON, once the script has seen it; nothing of the launcher is left then."""
        time.sleep(3)
        launcher, rank = next((launcher, rank) for launcher in children_of(process)
                              for rank in children_of(launcher) if name_of(rank) == "tally-train")
        os.kill(rank, signal.SIGKILL)
        wait_until(lambda: not session_of(launcher), "the whole launcher is ended")

    def test_launchers_that_wait_for_ranks_that_have_gone_are_ended(self):
        process = self.start(WAITS_ON, *LONG)
        self.wait_for_steps()
        self.kill_its_rank(process)
        self.assert_ends(process, 75)
        self.assertEqual(status(self.run_dir)[0], "RESUME")

    def test_a_launch_that_is_ended_before_it_has_begun_has_failed(self):
        self.assert_ends(self.start(MPIRUN, "--data", DIGITS, "--max-steps", 3), 0)
        process = self.start(WAITS_ON, "--data", DIGITS, "--max-steps", 5, "--resume", env=stop_at("load"))
        wait_until(lambda: any(state_of(pid) == "T" for pid in processes_of(self.run_dir)), "the rank stops itself")
        self.kill_its_rank(process)
        self.assert_ends(process, 1)
        self.assertEqual(status(self.run_dir)[0], "DONE")

    def test_launchers_that_start_nothing_keep_their_exit_code(self):
        self.run_dir.mkdir()
        (self.run_dir / "run.status").write_text("DONE\n")
        for launcher, code in ((["false"], 1), (["sh", "-c", "exit 213"], 213), (["/nowhere/mpirun"], 127)):
            with self.subTest(launcher):
                self.assert_ends(self.start(launcher), code)

    def test_what_a_launcher_is_told_is_left_alone(self):
        told = {"OMPI_MCA_orte_abort_on_non_zero_status": "1", "OMPI_MCA_odls_base_sigkill_timeout": "7"}
        process = self.start(["sh", "-c", f"echo {' '.join('$' + name for name in told)}; exit 9"], env=told)
        self.assert_ends(process, 9)
        self.assertEqual(process.stdout.read(), "1 7\n")

    def test_signals_reach_the_ranks_of_launchers_in_scripts(self):
        self.assert_saves_and_stops(WRAPS)
        self.assertEqual(status(self.run_dir)[1]["reason"], "SIGUSR2")

    def test_two_signals_may_come_before_the_launcher(self):
        early = self.directory / "early.sh"
        early.write_text("set -T; trap 'if [ \"$BASH_COMMAND\" = \"launcher=\\$!\" ]; then kill -TERM $$; "
                         "kill -TERM $$; fi' DEBUG\n")
        process = self.start(MPIRUN, *LONG, env={"BASH_ENV": str(early)})
        self.assert_ends(process, 75)

    def test_only_its_own_ranks_are_found(self):
        rank = subprocess.Popen([BIN / "tally-train", "--run-dir", self.run_dir, *map(str, LONG)],
                                stdin=subprocess.DEVNULL,
                                env={**os.environ, **stop_at("reduce", step=5), "TALLY_LAUNCH": "mine"})
        self.addCleanup(rank.wait)
        self.addCleanup(rank.kill)
        wait_until(lambda: state_of(rank.pid) == "T", "the rank stops itself")
        for launch, expected in (("mine", f"{rank.pid}\n"), ("another", "")):
            script = f"job_script=test; . {ROOT}/slurm/job.sh; TALLY_LAUNCH={launch}; ranks_here"
            found = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False)
            self.assertEqual((found.returncode, found.stdout), (0 if expected else 1, expected))

    def test_whoever_looks_at_the_run_may_end(self):
        """A process that is called like a rank of this run, and is none."""
        looks = self.directory / "tally-train"
        looks.write_text("#!/bin/sh\nsleep 4\n")
        looks.chmod(0o755)
        process = self.start(MPIRUN, *LONG)
        self.wait_for_steps()
        subprocess.run([looks, "--run-dir", self.run_dir], cwd=self.directory, check=True)
        end = time.monotonic() + 14
        wait_until(lambda: process.poll() is not None or time.monotonic() > end, "what the script does then")
        self.assertIsNone(process.poll())
        process.send_signal(signal.SIGTERM)
        self.assert_ends(process, 75)

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
