# SPDX-License-Identifier: MIT
"""What is promised of a training, under one MPI library and its launcher: the same bits as under any
other, signals, exit codes, and the end of all ranks when one, or the launcher, is killed or frozen.

TALLY_MPI names the library (openmpi, mpich), TALLY_TRAIN a tally-train that was built with it. Other
tests look deeper, under Open MPI alone."""
import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

from tally_testing import (BIN, DIGITS, ROOT, TallyTest, digest, main, patience, processes_of, read_csv, run, status, still_running, wait_until, without_notices)

MPI = os.environ.get("TALLY_MPI", "openmpi")
TRAIN = pathlib.Path(os.environ.get("TALLY_TRAIN", BIN / "tally-train"))
MPICH_LAUNCHER = shutil.which("mpiexec.mpich") or shutil.which("mpiexec.hydra")
OPEN_MPI_LAUNCHER = shutil.which("mpirun.openmpi") or shutil.which("mpirun")
LAUNCH = {"openmpi": [OPEN_MPI_LAUNCHER, "--oversubscribe", "--bind-to", "none"],
          "mpich": [MPICH_LAUNCHER, "--bind-to", "none"]}
ENVIRONMENT = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
               "OMPI_MCA_mpi_yield_when_idle": "1", "OMP_WAIT_POLICY": "passive",
               # How long mpirun waits before it passes TERM on, and before it kills.
               "OMPI_MCA_odls_base_sigkill_timeout": "3"}
RECIPE = ["--data", DIGITS, "--micro-batch", 16, "--epochs", 2, "--threads", 1, "--log-every", 1]
LONG = ["--data", DIGITS, "--epochs", 9999, "--threads", 1, "--log-every", 1, "--quiet"]


def line(ranks, *arguments, mpi=MPI, program=TRAIN):
    return [*LAUNCH[mpi], "-n", str(ranks), str(program), *map(str, arguments)]


class Launcher(TallyTest):
    def setUp(self):
        super().setUp()
        if not LAUNCH[MPI][0] or not TRAIN.exists():
            self.skipTest(f"{MPI} is not installed (Debian: mpich and libmpich-dev), or {TRAIN} was not built")

    def launch(self, name, *arguments, ranks=2, code=0, **options):
        done = subprocess.run(
            line(ranks, "--run-dir", self.directory / name, *arguments, **options), env=ENVIRONMENT,
            capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL, timeout=patience(100))
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def start(self, name, *arguments, ranks=2, before=()):
        """A training that has come to its tenth step: its launcher, and the ranks in their order."""
        path = self.directory / name
        process = subprocess.Popen([*map(str, before), *line(ranks, "--run-dir", path, *LONG, *arguments)],
                                   env=ENVIRONMENT, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.kill)
        steps = path / "steps.csv"
        wait_until(lambda: process.poll() is not None or steps.exists() and len(read_csv(steps)) >= 10,
                   "step 10")
        pids = [pid for pid in processes_of(path) if pid != process.pid
                and pathlib.Path(f"/proc/{pid}/exe").resolve() == TRAIN.resolve()]
        self.assertEqual(len(pids), ranks, process.poll())
        return process, sorted(pids, key=rank_of)

    def assert_stopped(self, name, reason):
        state, facts = status(self.directory / name)
        self.assertEqual((state, facts["reason"]), ("RESUME", reason))
        self.assertEqual(facts["checkpoint"], f"step-{int(facts['step']):012}.h5")


def rank_of(pid):
    variables = pathlib.Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
    values = dict(variable.split(b"=", 1) for variable in variables if b"=" in variable)
    return int(values.get(b"PMIX_RANK", values.get(b"PMI_RANK", b"0")))


class SameBits(Launcher):
    def test_one_digest_at_any_number_of_ranks(self):
        alone = run("tally-train", "--run-dir", self.directory / "alone", *RECIPE)  # Open MPI, no launcher
        self.assertEqual(alone.code, 0, alone.err)
        expected = digest(self.directory / "alone")
        for ranks in (1, 2, 3, 4):
            with self.subTest(ranks=ranks):
                self.launch(f"on-{ranks}", *RECIPE, ranks=ranks)
                self.assertEqual(digest(self.directory / f"on-{ranks}"), expected)
        print(f"{MPI}: one digest at 1 to 4 ranks, that of one process under Open MPI: {expected}")

    def test_a_run_changes_the_library(self):
        """Begun under one MPI, continued under another, and ended under the first."""
        run("tally-train", "--run-dir", self.directory / "run", *RECIPE, "--max-steps", 11, ranks=2)
        self.launch("run", "--resume", "--max-steps", 40, ranks=3)
        done = run("tally-train", "--run-dir", self.directory / "run", "--resume", "--max-steps", "none",
                   ranks=2)
        self.assertEqual((done.code, done.err), (0, ""))
        whole = run("tally-train", "--run-dir", self.directory / "whole", *RECIPE)
        self.assertEqual(whole.code, 0, whole.err)
        self.assertEqual(digest(self.directory / "run"), digest(self.directory / "whole"))


class Facts(Launcher):
    def test_library_and_launcher_are_named(self):
        name = {"openmpi": "Open MPI", "mpich": "MPICH"}[MPI]
        version = subprocess.run([TRAIN, "--version"], capture_output=True, text=True, check=True).stdout
        self.assertRegex(version, rf"^tally-train \S+ \({name} v?\d+\.\d+\S*\)\n$")
        doctor = self.launch("run", "--data", DIGITS, "--threads", 1, "--doctor")
        launcher = {"openmpi": "mpirun of Open MPI", "mpich": "mpiexec of MPICH"}[MPI]
        self.assertRegex(doctor.stdout, rf"\nMPI: {name} \S+, started by {launcher}\n")
        ranks = [row.split()[0] for row in doctor.stdout.splitlines()[1:3]]
        self.assertEqual(ranks, ["0", "1"])

    def test_exit_codes_come_through(self):
        wrong = self.launch("run", "--data", DIGITS, "--network", "dense:none", code=2)
        self.assertEqual(len(without_notices(wrong.stderr).strip().splitlines()), 1, wrong.stderr)
        self.launch("timed", *RECIPE, "--max-time", "00:00:00", code=75)

    @unittest.skipUnless(MPICH_LAUNCHER and MPI == "mpich", "needs both libraries")
    def test_a_launcher_of_the_other_library_is_refused(self):
        for mpi, program, launcher, library in (
                ("openmpi", TRAIN, "mpirun of Open MPI", "MPICH"),
                ("mpich", BIN / "tally-train", "mpiexec of MPICH", "Open MPI")):
            with self.subTest(launcher):
                done = subprocess.run(
                    line(2, "--run-dir", self.directory / "run", *RECIPE, mpi=mpi, program=program),
                    env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=patience(100))
                self.assertEqual(done.returncode, 2, done)
                self.assertRegex(done.stderr, rf"tally-train: {launcher} started 2 processes, but each of "
                                 rf"them is a job of one rank: it does not speak with {library} \S+, which "
                                 "tally was built with; start with the launcher of that MPI")
                self.assertFalse((self.directory / "run").exists())


class Ends(Launcher):
    def test_signals_to_a_rank(self):
        for number in (signal.SIGUSR2, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                process, ranks = self.start(number.name)
                os.kill(ranks[1], number)
                output = process.communicate(timeout=patience(60))[0]
                self.assertEqual(process.returncode, 75, output)
                self.assert_stopped(number.name, number.name)

    def test_usr1_saves_and_goes_on(self):
        process, ranks = self.start("usr1", "--checkpoint-every", "1000000steps")
        os.kill(ranks[1], signal.SIGUSR1)
        wait_until(lambda: list((self.directory / "usr1" / "checkpoints").glob("step-*.h5")), "a save")
        self.assertEqual(status(self.directory / "usr1")[1]["reason"], "running")
        os.kill(ranks[0], signal.SIGUSR2)
        process.communicate(timeout=patience(60))

    def test_signals_to_the_launcher(self):
        """Exit codes, and what stops the ranks; nothing where these die with their launcher."""
        mpirun_ends = ((1,), "SIGTERM")  # and sends TERM to its ranks
        expected = {
            "openmpi": {signal.SIGTERM: mpirun_ends, signal.SIGINT: mpirun_ends, signal.SIGHUP: mpirun_ends,
                        signal.SIGUSR2: ((75,), "SIGUSR2")},
            # Mostly that of the ranks.
            "mpich": {signal.SIGTERM: ((75, 0), "SIGTERM"), signal.SIGINT: ((75, 0), "SIGINT"),
                      signal.SIGHUP: ((-signal.SIGHUP,), None), signal.SIGUSR2: ((-signal.SIGUSR2,), None)},
        }
        for number, (codes, reason) in expected[MPI].items():
            with self.subTest(number.name):
                name = f"launcher-{number.name}"
                process, ranks = self.start(name)
                process.send_signal(number)
                output = process.communicate(timeout=patience(60))[0]
                self.assertIn(process.returncode, codes, output)
                self.assertEqual(still_running(ranks), [])
                if reason:
                    self.assert_stopped(name, reason)
                else:
                    self.assertEqual(status(self.directory / name)[0], "RESUME")

    def test_the_scripts_stop_it_by_any_signal(self):
        for number in (signal.SIGUSR2, signal.SIGINT, signal.SIGHUP):
            with self.subTest(number.name):
                name = f"script-{number.name}"
                process, _ = self.start(name, before=[ROOT / "scripts" / "train.sh"])
                process.send_signal(number)
                output = process.communicate(timeout=patience(60))[0]
                self.assertEqual(process.returncode, 75, output)
                self.assert_stopped(name, "SIGUSR2")

    def test_a_killed_rank_ends_the_job(self):
        process, ranks = self.start("rank", "--checkpoint-every", "5steps")
        os.kill(ranks[1], signal.SIGKILL)
        begin = time.monotonic()
        output = process.communicate(timeout=patience(60))[0]
        self.assertEqual(still_running(ranks, patience(10)), [])
        self.assertLess(time.monotonic() - begin, patience(10))
        self.assertEqual(process.returncode, {"openmpi": 137, "mpich": 9}[MPI])
        # It cannot speak any more; others do where the launcher takes more than five seconds to end them.
        self.assertRegex(without_notices(output), r"\A(tally-train: .* has died at .*\n)*\Z")
        self.assertEqual(status(self.directory / "rank")[0], "RESUME")

    def test_ranks_end_with_their_launcher(self):
        process, ranks = self.start("killed")
        process.kill()
        process.communicate(timeout=patience(60))
        self.assertEqual(still_running(ranks, patience(10)), [])
        self.assertEqual(status(self.directory / "killed")[0], "RESUME")

    def test_a_frozen_rank_is_named(self):
        process, ranks = self.start("frozen", "--stall-timeout", 2)
        os.kill(ranks[1], signal.SIGSTOP)
        output = process.communicate(timeout=patience(60))[0]
        self.assertRegex(output, rf"rank 1 \(process {ranks[1]} on this host\) is frozen at step")
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(still_running(ranks, patience(10)), [])


if __name__ == "__main__":
    main()
