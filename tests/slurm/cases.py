# SPDX-License-Identifier: MIT
"""The cases of one cluster. All run at the same time, since they mostly wait: for SLURM, and for steps that an
injected fault makes a second long. TALLY_CASES names those that are to run, if not all."""
import concurrent.futures
import datetime
import os
import shutil
import tempfile
import threading
import unittest

from cluster import Cluster, why_not
from job import Job  # says where tally_testing is
from tally_testing import DIGITS, digest, run

SLOW = {"TALLY_FAULT": "slow:reduce:seconds=1"}
HARMLESS = "--signal=B:CONT@1"  # in place of the signal that the scripts order
UNKNOWN_END = {"TALLY_END_TIME": "none"}
BOTH = ("train.sbatch", "train-srun.sbatch")
LAUNCHER = {"train.sbatch": "mpirun|prterun", "train-srun.sbatch": "srun"}  # mpirun of Open MPI 5 becomes prterun


class Cases:
    def __init__(self, nodes, partitions, **settings):
        self.cluster = None
        self._of_cluster = (nodes, partitions, settings)
        self._calls = []  # (function, arguments)
        self._futures = {}
        self._golden_lock = threading.Lock()

    def each(self, *arguments):
        """A function of one argument is a case for each of these."""
        return lambda function: self._add(function, [(argument,) for argument in arguments])

    def one(self, function):
        """A function without arguments is a case; it returns what it has to say."""
        return self._add(function, [()])

    def _add(self, function, calls):
        if function.__name__ in (os.environ.get("TALLY_CASES") or function.__name__).split():
            self._calls += [(function, arguments) for arguments in calls]
        return function

    def test_class(self):
        """A test for each function, and a cluster as long as they run."""
        cases = self

        class OnCluster(unittest.TestCase):
            @classmethod
            def setUpClass(cls):
                if why_not():
                    raise unittest.SkipTest(why_not())
                directory = tempfile.mkdtemp(prefix="tally-slurm-")
                cls.addClassCleanup(shutil.rmtree, directory, ignore_errors=True)
                nodes, partitions, settings = cases._of_cluster
                cases.cluster = Cluster(directory, nodes, partitions, **settings)
                cls.addClassCleanup(cases.cluster.stop)
                pool = concurrent.futures.ThreadPoolExecutor(max_workers=len(cases._calls))
                cls.addClassCleanup(pool.shutdown)
                for function, arguments in cases._calls:
                    cases._futures.setdefault(function, []).append(pool.submit(function, *arguments))

        def add_test(function):
            def test(self):
                for future in cases._futures[function]:
                    print(f"{function.__name__}: {future.result()}", flush=True)
            setattr(OnCluster, f"test_{function.__name__}", test)

        for function, _ in self._calls:
            add_test(function)
        return OnCluster

    def submit(self, *arguments, **options):
        return Job(self.cluster, *arguments, **options)

    def golden(self, steps):
        """The digest of the same training without any of it, on one rank."""
        with self._golden_lock:
            directory = self.cluster.directory / f"golden-{steps}"
            if not directory.exists():
                result = run("tally-train", "--run-dir", directory, "--data", DIGITS, "--max-steps", steps, ranks=1)
                assert result.code == 0, result.err
            return digest(directory)


def end_soon(job):
    """Moves the end of a running job, which SLURM counts in minutes, to some seconds from now."""
    for seconds in (4, 8, 16, 32):  # SLURM refuses what is over when it hears of it
        end = datetime.datetime.now() + datetime.timedelta(seconds=seconds)
        told = job.cluster.run("scontrol", "update", f"JobId={job.id}", f"EndTime={end:%Y-%m-%dT%H:%M:%S}",
                               check=seconds == 32)
        if f"EndTime={end:%Y-%m-%dT%H:%M:%S}" in job.cluster.run("scontrol", "show", "job", job.id):
            return
    assert False, told


def environment_of(cluster, process):
    lines = cluster.run("cat", f"/proc/{process}/environ", check=False).split("\0")
    return dict(line.split("=", 1) for line in lines if "=" in line)


def processes(job, program):
    """The numbers, in the cluster, of a job's processes of that name (a pattern)."""
    return [process for process in job.cluster.run("pgrep", "-x", program, check=False).split()
            if environment_of(job.cluster, process).get("SLURM_JOB_ID") == job.id]
