# SPDX-License-Identifier: MIT
"""A rank that fails, in any phase and any way, ends the job soon, with one message that says where."""
import concurrent.futures
import itertools
import os
import re
import subprocess
import time

from tally_testing import (DIGITS, TallyTest, children_of, command, digest, main, open_mpi_version, processes_of, run,
                           status, still_running)

RECIPE = ["--epochs", 2, "--batch-size", 128, "--micro-batch", 16, "--threads", 2, "--oversubscribe",
          "--quiet", "--log-every", 4, "--checkpoint-every", "6steps"]
PHASES = ["load", "scatter", "forward", "reduce", "update", "evaluate", "save"]
IN_THREADS = ["forward", "reduce", "update", "evaluate"]
WORDS = {"throw": "injected fault", "bad_alloc": "out of memory",
         "require": "injected failure of a requirement"}
# A watchdog would end the job after a minute: what ends before has ended by itself.
SECONDS = 50
HINT = r"Continue with --resume; if steps really take so long, raise --stall-timeout"


def in_parallel(check, cases):
    """Most of the time goes into the ending of mpirun."""
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        return list(pool.map(check, cases))


class RankFailures(TallyTest):
    def fail_in(self, fault, *arguments, ranks=3, code=1):
        """Runs with a fault. Returns its one message and the seconds until all had gone."""
        name = re.sub(r"\W", "-", fault)
        start = time.monotonic()
        result = run("tally-train", "--run-dir", self.directory / name, "--data", "data/digits",
                     *RECIPE, *arguments, ranks=ranks,
                     env={"TALLY_FAULT": fault, "TALLY_ALLOW_FAULTS": "1"})
        seconds = time.monotonic() - start
        self.assertEqual(result.code, code, f"{fault}: {result.out}{result.err}")
        messages = [line for line in result.err.splitlines() if line.startswith("tally-train: ")]
        self.assertEqual(len(messages), 1 if code else 0, f"{fault}: {result.err}")
        self.assertLess(seconds, SECONDS, fault)
        self.assertEqual(still_running(processes_of(self.directory / name)), [], fault)
        return messages[0] if messages else "", seconds

    def place(self, rank, phase, step=r"\d+"):
        return rf"rank {rank} on host \S+, step {step}, {phase}"

    def test_an_error_in_any_phase_on_any_rank(self):
        def check(case):
            kind, phase, rank = case
            step = 0 if phase in ("load", "scatter") else 5
            message, seconds = self.fail_in(f"{kind}:{phase}:rank={rank}:step={step}")
            # Those in a step travel with its sum, and all ranks leave together.
            place = (rf"rank {rank} on host \S+: step 5, forward" if phase == "forward"
                     else self.place(rank, phase))
            self.assertRegex(message, rf"^tally-train: {place}: {WORDS[kind]}(; (there is no checkpoint|the last checkpoint is "
                             r"step-\d{12}\.h5))?$")
            return seconds

        longest = max(in_parallel(check, itertools.product(WORDS, PHASES, (0, 2))))
        print(f"longest time from start to the end of all processes: {longest:.1f} s")

    def test_an_error_in_any_thread(self):
        def check(case):
            kind, phase = case
            message, _ = self.fail_in(f"{kind}:{phase}:rank=1:step=5:thread=1")
            self.assertRegex(message, rf"rank 1 on host \S+[,:] step \d+, {phase}: {WORDS[kind]}")

        in_parallel(check, itertools.product(WORDS, IN_THREADS))

    def test_where_each_rank_has_memory_of_its_own(self):
        for phase in ("forward", "reduce", "update"):
            with self.subTest(phase=phase):
                message, _ = self.fail_in(f"throw:{phase}:rank=1:step=5:thread=1", "--reduction",
                                          "mpi")
                self.assertRegex(message, rf"rank 1 on host \S+[,:] step 5, {phase}: injected fault")

    def test_a_number_that_is_none(self):
        for fault, words in {
            "nan:forward:rank=1:step=5": r"step 6: the gradient of 0-dense/weight is not finite",
            "nan:reduce:rank=2:step=4": r"step 5: the gradient of 0-dense/weight is not finite; start",
            "nan:update:rank=0:step=2": r"step [34]: the gradient of \S+ is not finite; neither is the "
                                        r"loss of \d+ of \d+ samples: \d+, \d+",
            "nan:evaluate": r"step 32, evaluate: the loss on the test images is not finite",
            "nan:save": r"step 6: the parameters of 0-dense/weight are not finite",
        }.items():
            with self.subTest(fault=fault):
                message, _ = self.fail_in(fault)
                self.assertRegex(message, words)
                self.assertRegex(message, r"(there is no checkpoint|the last checkpoint is step-\d{12}\.h5)$")
                name = re.sub(r"\W", "-", fault)
                self.assertEqual(status(self.directory / name)[0], "FAILED")

    def test_a_bit_that_differs_between_ranks(self):
        message, _ = self.fail_in("flip:update:rank=1:step=3", "--reduction", "mpi")
        self.assertRegex(message, r"^tally-train: step 6, save: parameters and velocity: expected the "
                         r"same bits on all ranks, got [0-9a-f]{15} on ranks? [012](, [012])?; "
                         r"[0-9a-f]{15} on ranks? [012](, [012])?; the processor or memory of a host is "
                         r"faulty: continue with --resume without it; there is no checkpoint$")
        self.assertRegex(message, r"on rank 1;")

    def test_a_killed_rank(self):
        for phase in PHASES:
            with self.subTest(phase=phase):
                fault = f"kill:{phase}:rank=1"
                result = run("tally-train", "--run-dir", self.directory / phase, "--data",
                             "data/digits", *RECIPE, ranks=3,
                             env={"TALLY_FAULT": fault, "TALLY_ALLOW_FAULTS": "1"})
                self.assertEqual(result.code, 137)
                self.assertLess(result.seconds, SECONDS)
                self.assertEqual(still_running(processes_of(self.directory / phase)), [])

    def test_a_dead_rank_is_named_where_the_launcher_waits_on(self):
        if open_mpi_version() != 4:
            self.skipTest("this launcher cannot be told to wait on")
        run_dir = self.directory / "dead"
        waits = {"TALLY_FAULT": "kill:reduce:rank=1:step=5", "TALLY_ALLOW_FAULTS": "1",
                 "OMPI_MCA_orte_abort_on_non_zero_status": "0"}
        with subprocess.Popen(command("tally-train", "--run-dir", run_dir, "--data", DIGITS, *RECIPE, ranks=3),
                              stderr=subprocess.PIPE, text=True, env={**os.environ, **waits}) as mpirun:
            try:
                self.assertRegex(mpirun.stderr.readline(), r"^tally-train: rank [02] on host \S+: no progress for \d+ s "
                                 r"at step 5, reduce; rank 1 \(process \d+ on this host\) has died at step 5, "
                                 rf"reduce\. {HINT}$")
                self.assertEqual(still_running(children_of(mpirun)), [])
                self.assertIsNone(mpirun.poll())
            finally:
                mpirun.kill()

    def test_a_frozen_rank_is_named_by_its_neighbours(self):
        for phase in ["load", "reduce", "save", "finish"]:
            with self.subTest(phase=phase):
                message, _ = self.fail_in(f"stop:{phase}:rank=1:step=0", "--stall-timeout", 2)
                step = r"\d+"
                self.assertRegex(
                    message, rf"^tally-train: rank [02] on host \S+: no progress for \d+ s at step {step}, "
                    rf"{phase}; rank 1 \(process \d+ on this host\) is frozen at step {step}, "
                    rf"{phase}\. {HINT}$")

    def test_a_stuck_thread_is_told_from_a_frozen_process(self):
        message, _ = self.fail_in("freeze:forward:rank=1:step=5", "--stall-timeout", 3)
        self.assertRegex(message, r"^tally-train: rank 1 on host \S+: no progress for \d+ s at step 5, "
                         rf"forward; it is stuck itself\. {HINT}$")
        message, _ = self.fail_in("freeze:reduce:rank=1:step=5:thread=1", "--stall-timeout", 2)
        self.assertRegex(message, r"no progress for \d+ s at step 5, reduce; a thread of one of the ranks "
                         rf"is stuck\. {HINT}$")

    def test_a_slow_save_is_no_stall(self):
        # Five seconds, since a watchdog that a busy machine keeps waiting for so long looks frozen;
        # the pause is longer than that and the patience of ranks that only wait.
        faults = [f"pause:{phase}:seconds=12" for phase in ("save", "report")]
        in_parallel(lambda fault: self.fail_in(fault, "--stall-timeout", 5, code=0), faults)
        self.assertEqual(digest(self.directory / "pause-save-seconds-12"),
                         digest(self.directory / "pause-report-seconds-12"))

    def test_what_cannot_be_injected_is_refused(self):
        result = run("tally-train", "--run-dir", self.directory / "x", ranks=2,
                     env={"TALLY_FAULT": "boom:forward", "TALLY_ALLOW_FAULTS": "1"})
        self.assertEqual(result.code, 2)
        self.assertRegex(result.err, r"^tally-train: TALLY_FAULT: expected <kind>:<phase>")

    def test_is_ignored_unless_allowed(self):
        self.train("ignored", "--epochs", 1, env={"TALLY_FAULT": "throw:forward"})


if __name__ == "__main__":
    main()
