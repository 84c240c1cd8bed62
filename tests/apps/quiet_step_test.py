# SPDX-License-Identifier: MIT
"""A training step takes no memory from the heap and calls the system for nothing.

Two runs that differ in nothing but their number of steps are compared, so that what belongs to the
start and the end of a program cancels.
"""
import itertools
import os
import shutil
import subprocess
import unittest

from tally_testing import DIGITS, TallyTest, command, has_kernels, main, require_no_sanitizer, run

SHORT, LONG = 50, 450  # steps, both within the first epoch
ATTEMPTS = 8  # what MPI takes while it starts and ends differs by a few requests from run to run
STEPS = LONG - SHORT
SMALL = ["--batch-size", 8, "--micro-batch", 4]
PRODUCTS = 8 * 2  # of a step: eight of a micro-batch through three layers
PER_PRODUCT = 6  # small nodes that oneDNN's call makes of its list of arguments


class QuietStep(TallyTest):
    def setUp(self):
        super().setUp()
        require_no_sanitizer("a sanitizer takes memory and calls the system itself")

        self.names = itertools.count()

    def fresh_name(self, kind):
        return f"{kind}-{next(self.names)}"

    def options(self, name, steps, *more):
        return ["--data", DIGITS, "--run-dir", self.directory / name, "--max-steps", steps,
                "--epochs", 1000, "--checkpoint-every", "1000epochs", "--quiet", *more]

    def allocations(self, steps, *more, ranks, kernels, fault=""):
        name = self.fresh_name("allocations")
        counts = self.directory / name
        # The list of what is preloaded is cut at spaces, which the path of a build may have.
        library = shutil.copy(os.environ["TALLY_COUNT_ALLOCATIONS"], self.directory / "count.so")
        env = {"LD_PRELOAD": str(library), "TALLY_COUNT_FILE": str(counts),
               "TALLY_KERNELS": kernels}
        if fault:
            env |= {"TALLY_FAULT": fault, "TALLY_ALLOW_FAULTS": "1"}
        line = command("tally-train", *self.options(name, steps, *more))
        # Preloaded into tally-train alone, and not into mpirun.
        preload = ["env", *(f"{key}={value}" for key, value in env.items())]
        mpi = command("tally-train", ranks=ranks)[:2]
        done = subprocess.run([*mpi, *preload, *line], capture_output=True, text=True, timeout=120,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        files = list(self.directory.glob(f"{name}.*"))
        self.assertEqual(len(files), ranks)
        return max(int(file.read_text()) for file in files)

    def assert_growth(self, limit, measure, small, large):
        """The least that either of two kinds of runs takes differs by no more than `limit`."""
        few, many = [], []
        for _ in range(ATTEMPTS):
            few.append(measure(small))
            many.append(measure(large))
            if min(many) - min(few) <= limit:
                return
        self.fail(f"{min(many) - min(few)}, more than {limit}: {few} with {small}, {many} with {large}")

    def assert_per_step(self, limit, measure):
        self.assert_growth(limit * STEPS, measure, SHORT, LONG)

    def assert_allocations(self, limit, *more, ranks=1, kernels="eigen"):
        self.assert_per_step(
            limit, lambda steps: self.allocations(steps, *more, ranks=ranks, kernels=kernels))

    def test_takes_no_memory(self):
        for ranks, more in ((1, SMALL), (2, SMALL), (1, ["--preset", "paper"]),
                            (1, [*SMALL, "--threads", min(2, len(os.sched_getaffinity(0)))])):
            with self.subTest(ranks=ranks, more=more):
                self.assert_allocations(0.05, *more, ranks=ranks)

    def test_takes_no_memory_for_convolutions(self):
        network = ["--network", "conv:16@3x3,relu,max-pool:2,conv:16@3x3+1,relu,avg-pool:2,conv:5@3x3/2,dense:10",
                   "--learning-rate", 0.01]
        # These steps take longer, so the shorter run has to be longer: some memory is taken once, a while
        # after the start, whatever the steps.
        for kernels in ("tally", "eigen"):
            if has_kernels(kernels):
                with self.subTest(kernels=kernels):
                    self.assert_growth(
                        0.05 * (LONG - 200),
                        lambda steps, kernels=kernels: self.allocations(
                            steps, *SMALL, *network, ranks=1, kernels=kernels), 200, LONG)

    def test_takes_no_memory_while_it_waits(self):
        """Forty times as long as a look of the watchdog, at the other rank and at the signals."""
        self.assert_growth(
            10, lambda fault: self.allocations(SHORT, *SMALL, ranks=2, kernels="eigen", fault=fault),
            "", "pause:reduce:rank=0:step=20:seconds=4")

    def require(self, kernels):
        if not has_kernels(kernels):
            self.skipTest(f"this build is without the kernels of {kernels}")

    def test_takes_no_memory_for_its_own_kernels(self):
        self.require("tally")
        self.assert_allocations(0.05, *SMALL, kernels="tally")

    def test_takes_only_what_onednn_takes_for_its_arguments(self):
        self.require("onednn")
        self.assert_allocations(PRODUCTS * PER_PRODUCT + 1, *SMALL, kernels="onednn")

    def calls(self, steps):
        name = self.fresh_name("calls")
        log = self.directory / f"{name}.log"
        # One worker: whoever waits for another one lets it run, by a call.
        line = command("tally-train", *self.options(name, steps, *SMALL, "--threads", 1))
        env = {**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}
        done = subprocess.run(["strace", "-o", str(log), *line], capture_output=True, text=True,
                              timeout=120, check=False, env=env)
        self.assertEqual(done.returncode, 0, done.stderr)
        # Open MPI sleeps while it starts and ends, the more often the busier the machine is.
        return sum("clock_nanosleep(" not in line for line in log.read_text().splitlines())

    def test_calls_the_system_for_nothing(self):
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest("this system does not let a process trace another")
        self.assert_per_step(0.1, self.calls)


if __name__ == "__main__":
    main()
