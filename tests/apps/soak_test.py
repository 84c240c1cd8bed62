# SPDX-License-Identifier: MIT
"""A short soak: kills at random, one digest in the end; and the proof that the soak can fail."""
import os
import pathlib
import random
import signal
import subprocess
import sys
import time
import unittest.mock

from tally_testing import BIN, ROOT, TallyTest, children_of, main, wait_until

sys.path.insert(0, str(ROOT / "scripts" / "soaking"))
os.environ.setdefault("TALLY_BIN", str(BIN))

from cycle import Cycle, Outcome, Plan  # noqa: E402
import job as soak_job  # noqa: E402
from job import Job, Process  # noqa: E402
from lane import Lane, Tally  # noqa: E402
from recipes import recipes  # noqa: E402

CYCLES = 12


class Soak(TallyTest):
    def test_twelve_cycles(self):
        seed = os.environ.get("TALLY_TEST_SEED", str(random.randrange(10**6)))
        done = subprocess.run(
            [ROOT / "scripts" / "soak.sh", str(CYCLES), seed, "--out", self.directory / "soak"],
            env={**os.environ, "TALLY_BIN": str(BIN)}, capture_output=True, text=True, check=False)
        print(done.stdout)
        self.assertEqual(done.returncode, 0, done.stderr + done.stdout)
        self.assertIn(f"| cycles | {CYCLES} |", done.stdout)
        self.assertIn("| hangs | 0 |", done.stdout)
        self.assertIn("| orphans | 0 |", done.stdout)
        ended = int(done.stdout.split("| runs that finished | ")[1].split()[0])
        self.assertGreater(ended, 0)

    def test_a_soak_that_is_stopped_leaves_nothing_running(self):
        soak = subprocess.Popen(
            [ROOT / "scripts" / "soak.sh", "49", "1", "--out", self.directory / "soak"],
            env={**os.environ, "TALLY_BIN": str(BIN)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        wait_until(lambda: len(children_of(soak)) > 1 and self.processes_of(soak)[1], "ranks", seconds=60)
        children, ranks = self.processes_of(soak)
        soak.terminate()
        soak.send_signal(signal.SIGINT)
        self.assertIn(soak.wait(60), (128 + signal.SIGTERM, 128 + signal.SIGINT))
        wait_until(lambda: not any(process.state() for process in [*children, *ranks]),
                   "the end of all processes", seconds=5)
        self.assertEqual(list(pathlib.Path("/dev/shm").glob(f"tally-soak-{soak.pid}-*")), [])

    def processes_of(self, soak):
        """Its children, and theirs: the ranks."""
        children = [Process(pid) for pid in children_of(soak)]
        return children, [Process(pid) for child in children for pid in children_of(child)]


class Hangs(TallyTest):
    def wait_for(self, seconds, progress, ranks=()):
        """A job that takes so long, waited for with a patience of 1 s."""
        job = Job.__new__(Job)
        job.directory = self.directory
        job.popen = subprocess.Popen(["sleep", str(seconds)])
        job.mpirun, job.ranks, job.ranks_wanted = Process(job.popen.pid), list(ranks), len(ranks)
        end = job.wait_all_gone(progress, patience=1)
        self.assertIsNotNone(job.popen.poll())
        self.assertEqual(len(end.orphans), 0)
        return end

    def test_a_job_without_progress(self):
        self.assertEqual(self.wait_for(600, lambda: 0)[::2], (None, False))
        self.assertIn("cmdline: sleep 600", (self.directory / "hanging.txt").read_text())

    def test_not_one_that_takes_long(self):
        self.assertGreater(self.wait_for(3, time.monotonic).seconds, 2)

    def test_an_mpirun_without_ranks(self):
        rank = subprocess.Popen(["sleep", "0.2"])
        (self.directory / "output.txt").write_text("PMIX ERROR: UNREACHABLE in file x.c at line 1\n")
        with unittest.mock.patch.object(soak_job, "EMPTY_SECONDS", 1):
            end = self.wait_for(600, time.monotonic, [Process(rank.pid)])
        rank.wait()
        self.assertEqual(end[::2], (None, True))

    def test_an_mpirun_without_ranks_for_another_reason_hangs(self):
        rank = subprocess.Popen(["sleep", "0.2"])
        (self.directory / "output.txt").write_text("")
        with unittest.mock.patch.object(soak_job, "EMPTY_SECONDS", 0.3):
            end = self.wait_for(600, lambda: 0, [Process(rank.pid)])
        rank.wait()
        self.assertEqual(end[::2], (None, False))


class EarlyStrikes(TallyTest):
    def test_a_stop_before_there_are_ranks_is_no_hang(self):
        """Its end may come while a rank connects to mpirun, where Open MPI itself may wait for ever."""
        plan = Plan(ranks=2, threads=1, signal="SIGSTOP", target="rank", victim=0.5, in_save=False,
                    in_start=True, delay=0.0, then="SIGKILL", pause=0.1)
        outcome = Cycle(plan, self.directory / "run", ["--data", ROOT / "data" / "digits"],
                        self.directory / "cycle").run()
        self.assertEqual(outcome.phase, "start-up")
        self.assertFalse(outcome.is_hang)


class WhatIsWrong(TallyTest):
    """Each fault that the soak looks for, shown to it."""

    def setUp(self):
        super().setUp()
        self.tally = Tally()
        self.lane = Lane(0, 1, self.directory, None, self.tally, None)
        self.run_dir = self.directory / "run"
        (self.run_dir / "checkpoints").mkdir(parents=True)
        (self.run_dir / "checkpoints" / "step-000000000100.h5").touch()
        (self.run_dir / "run.status").write_text("RESUME\n")
        (self.run_dir / "metrics.csv").write_text("epoch\n")
        (self.directory / "cycle").mkdir()
        self.recipe = recipes()[0]

    def failures_of(self, **seen):
        outcome = Outcome(Plan.draw(random.Random(1)), done=100, gone_seconds=1.0)
        for name, value in seen.items():
            setattr(outcome, name, value)
        self.lane.accept(self.recipe, outcome, self.run_dir, self.directory / "cycle", True)
        return [failure.split(": ", 1)[1].split(" (Plan")[0] for failure in self.tally.failures]

    def test_nothing(self):
        self.assertEqual(self.failures_of(), [])

    def test_a_hang(self):
        self.assertEqual(self.failures_of(is_hang=True, gone_seconds=None), ["hangs"])

    def test_orphans(self):
        self.assertEqual(self.failures_of(orphans=2), ["2 orphans"])

    def test_a_file_of_ours(self):
        self.assertEqual(self.failures_of(leftovers_of_ours=["tally-x"]),
                         ["left behind: ['tally-x']"])

    def test_steps_that_are_lost(self):
        self.assertEqual(self.failures_of(done=100 + self.recipe.interval), [])
        self.assertEqual(self.failures_of(done=101 + self.recipe.interval),
                         [f"{self.recipe.interval + 1} steps lost, of {self.recipe.interval} between "
                          "checkpoints"])

    def test_a_failed_run(self):
        (self.run_dir / "run.status").write_text("FAILED\n")
        self.assertEqual(self.failures_of(), ["run.status says FAILED"])

    def test_a_damaged_checkpoint(self):
        (self.run_dir / "checkpoints" / "step-000000000200.h5.damaged-1").touch()
        self.assertEqual(self.failures_of(), ["a damaged checkpoint"])

    def test_another_digest(self):
        self.train("short", "--epochs", 1)

        class Golden:
            def result(self, recipe, seed, instructions):
                return "0" * 64, "epoch\n"

        self.lane.golden = Golden()
        self.lane.compare(self.recipe, 1, "AVX2", self.directory / "short")
        self.assertEqual(len(self.tally.failures), 2, self.tally.failures)
        self.assertRegex(self.tally.failures[0], "digest [0-9a-f]{64}, expected 0{64}")
        self.assertIn("metrics.csv differs", self.tally.failures[1])


if __name__ == "__main__":
    main()
