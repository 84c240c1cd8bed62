# SPDX-License-Identifier: MIT
"""Signals in a stream to every rank while it computes do no harm.

A handler that ran on a thread inside one of oneDNN's kernels for AVX2, which keep the stack pointer
on the heap, would corrupt what lies there: 4 of 6 such runs crashed while there were handlers.
TALLY_STORMS=200 makes it as many runs, over all layouts and kernels in turns."""
import contextlib
import itertools
import os
import pathlib
import shutil
import signal
import subprocess
import time

from tally_testing import (ROOT, TallyTest, children_of, command, digest, main, patience, run,
                           status, wait_until)

LAYOUTS = ((1, 1), (2, 1), (1, 2), (4, 1), (2, 2))  # ranks x threads
# The kernels that the build takes, and those that keep the stack pointer on the heap.
KERNELS = ({}, {"TALLY_KERNELS": "onednn", "DNNL_MAX_CPU_ISA": "AVX2"})
STORMS = int(os.environ.get("TALLY_STORMS", len(LAYOUTS) * len(KERNELS)))
RECIPE = ["--data", "data/digits", "--quiet", "--epochs", 100_000, "--keep", 1,
          "--checkpoint-every", "100000epochs", "--oversubscribe"]
SECONDS = 2
SIGNALS_PER_SECOND = 500
TAKEN = (signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
# What a crash may still be told by: Open MPI prints a stack then.
OF_CRASHES = {signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGSEGV, signal.SIGILL}


def signals_in(mask):
    return {number for number in range(1, 32) if mask >> (number - 1) & 1}


def facts_of(task):
    """Of a thread: its set of blocked signals, and those for which a handler would run."""
    lines = dict(line.split(":\t", 1) for line in
                 (task / "status").read_text().splitlines() if ":\t" in line)
    return signals_in(int(lines["SigBlk"], 16)), signals_in(int(lines["SigCgt"], 16))


class SignalStorm(TallyTest):
    def start(self, name, ranks, threads, kernels):
        process = subprocess.Popen(
            command("tally-train", "--run-dir", self.directory / name, *RECIPE, "--threads", threads,
                    ranks=ranks),
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, **kernels})
        wait_until(lambda: (self.directory / name / "run.status").exists(), "a start")
        # The launcher becomes mpirun, whose children are the ranks.
        wait_until(lambda: len(children_of(process)) >= ranks, "ranks")
        return process

    def test_storms(self):
        has_onednn = run("tally-train", "--help", env=KERNELS[1]).code == 0
        cases = list(itertools.product(LAYOUTS, KERNELS if has_onednn else KERNELS[:1]))
        for storm in range(STORMS):
            (ranks, threads), kernels = cases[storm % len(cases)]
            with self.subTest(storm=storm, ranks=ranks, threads=threads, **kernels):
                name = f"storm-{storm}"
                process = self.start(name, ranks, threads, kernels)
                victims = children_of(process)
                end = time.monotonic() + SECONDS
                sent = 0
                with contextlib.suppress(ProcessLookupError):  # of a rank that has crashed
                    while time.monotonic() < end:
                        os.kill(victims[sent % ranks], signal.SIGUSR1)
                        sent += 1
                        time.sleep(1 / SIGNALS_PER_SECOND)
                    os.kill(victims[0], signal.SIGUSR2)
                output = process.communicate(timeout=patience(100))[0]
                self.assertEqual(process.returncode, 75, output)
                state, facts = status(self.directory / name)
                self.assertEqual(state, "RESUME")
                self.assertGreater(sent, 10)  # on a busy machine
                self.assert_undisturbed(self.directory / name, int(facts["step"]), kernels)

    def assert_undisturbed(self, run_dir, step, kernels):
        """What was computed in a storm has the bits of a run that nobody has sent a signal."""
        calm = self.directory / "calm"
        shutil.rmtree(calm, ignore_errors=True)
        done = run("tally-train", "--run-dir", calm, *RECIPE, "--max-steps", step, env=kernels)
        self.assertEqual(done.code, 0, done.err)
        self.assertEqual(digest(run_dir), digest(calm))

    def test_no_thread_of_a_rank_runs_a_handler(self):
        process = self.start("masks", 2, 2, {})
        try:
            for rank in children_of(process):
                tasks = list(pathlib.Path(f"/proc/{rank}/task").iterdir())
                self.assertGreater(len(tasks), 3)
                for task in tasks:
                    blocked, handled = facts_of(task)
                    # sigwait() itself lets its thread hear them, and runs no handler.
                    is_listener = not blocked & set(TAKEN)
                    self.assertTrue(is_listener or set(TAKEN) <= blocked, (task.name, blocked))
                    # UCX has a handler for HUP, which it never runs: the listener takes that signal.
                    self.assertLessEqual(handled - blocked - {signal.SIGHUP}, OF_CRASHES)
                self.assertLessEqual(sum(not facts_of(task)[0] & set(TAKEN) for task in tasks), 1)
        finally:
            process.send_signal(signal.SIGUSR2)
            process.communicate(timeout=patience(100))


if __name__ == "__main__":
    main()
