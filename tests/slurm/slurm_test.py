# SPDX-License-Identifier: MIT
"""The job scripts on a real SLURM: cut, requeued and resumed in every way, to the bits of one run.

All cases run at the same time on one cluster, since they mostly wait: for SLURM, and for steps that an
injected fault makes a second long.
"""
import concurrent.futures
import datetime
import shutil
import subprocess
import tempfile
import threading
import unittest

from cluster import Cluster, why_not
from job import Job  # says where tally_testing is
from tally_testing import BIN, DIGITS, digest, main, run, status

NODES = 16
PARTITIONS = (
    "PartitionName=main Nodes=n[1-10] Default=YES MaxTime=INFINITE",
    "PartitionName=low Nodes=n[13-14] MaxTime=INFINITE PriorityTier=1 GraceTime=20",
    "PartitionName=high Nodes=n[13-14] MaxTime=INFINITE PriorityTier=2 PreemptMode=OFF",
    "PartitionName=lost Nodes=n[11-12] MaxTime=INFINITE",
    "PartitionName=scaling Nodes=n[15-16] MaxTime=INFINITE",
)
BOTH = ("train.sbatch", "train-srun.sbatch")
SLOW = {"TALLY_FAULT": "slow:reduce:seconds=1"}
HARMLESS = "--signal=B:CONT@1"  # in place of the signal that the scripts order
UNKNOWN_END = {"TALLY_END_TIME": "none"}


def submit(*arguments, **options):
    return Job(cluster, *arguments, **options)


def golden(steps):
    """The digest of the same training without any of it, on one rank."""
    with golden_lock:
        directory = cluster.directory / f"golden-{steps}"
        if not directory.exists():
            result = run("tally-train", "--run-dir", directory, "--data", DIGITS, "--max-steps", steps, ranks=1)
            assert result.code == 0, result.err
        return digest(directory)


def end_soon(job):
    """Moves the end of a running job, which SLURM counts in minutes, to some seconds from now."""
    end = datetime.datetime.now() + datetime.timedelta(seconds=4)
    cluster.run("scontrol", "update", f"JobId={job.id}", f"EndTime={end:%Y-%m-%dT%H:%M:%S}")


def processes(job, program):
    """The numbers, in the cluster, of a job's processes of that name."""
    found = []
    for line in cluster.run("pgrep", "-x", program, check=False).split():
        environment = cluster.run("cat", f"/proc/{line}/environ", check=False)
        if f"SLURM_JOB_ID={job.id}\0" in environment:
            found.append(line)
    return found


# --- the cases; each returns what it has to say ---


def four_nodes(script):
    job = submit(f"four_nodes-{script}", script, "--time=10", "--nodes=4", "--ntasks=4", options=["--max-steps", 40])
    job.wait_for_end()
    assert digest(job.run_dir) == golden(40), job.text()
    return "one digest"


def time_limits():
    """Six jobs or more of one minute, without any signal. They keep 47 seconds before their end, so that
    they do not take it all."""
    steps = 62  # a job has time for twelve at most
    job = submit("time_limits", "train.sbatch", "--time=1", HARMLESS, "--nodes=2",
              options=["--max-steps", steps], environment={**SLOW, "TALLY_END_MARGIN": "47"})
    job.wait_for_end()
    assert set(job.reasons()) == {"the job's time limit", "finished"}, job.text()
    return job.require_cuts(5, golden(steps))


def warned(script):
    """The signal that the scripts order comes half a minute after the start, for a job of one minute."""
    steps = 40
    job = submit(f"warned-{script}", script, "--time=1", "--nodes=2",
              options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
              environment={**SLOW, **UNKNOWN_END})
    job.wait_for_end()
    assert set(job.reasons()) == {"SIGUSR2", "finished"}, job.text()
    return job.require_cuts(1, golden(steps))


def killed_at_the_limit(script):
    """Nothing tells the job of its end but the signals with which SLURM ends it."""
    steps = 44
    job = submit(f"killed-{script}", script, "--time=1", HARMLESS, "--nodes=2",
              options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
              environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(1)
    end_soon(job)  # that is within half a minute: SLURM looks at its limits twice a minute
    job.wait_for_end()
    return job.require_cuts(1, golden(steps))


def signals(script):
    """Each signal reaches one process, or some, or one twice; the rest is agreed."""
    steps = 24
    job = submit(f"signals-{script}", script, "--time=10", "--nodes=2",
              options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
              environment={**SLOW, **UNKNOWN_END})
    job.wait_until(lambda: job.begun(), "a start")
    cluster.run("scancel", "--batch", "--signal=USR2", job.id)  # long before the training can hear
    job.wait_until(lambda: len(job.begun()) > 1, "start 2")
    launcher = "mpirun" if script == "train.sbatch" else "srun"

    def kill(signal, pid):
        cluster.run("kill", f"-{signal}", pid)

    def twice_to_a_rank():
        for _ in range(2):
            kill("USR2", processes(job, "tally-train")[1])

    cuts = (
        lambda: cluster.run("scancel", "--batch", "--signal=USR2", job.id),
        lambda: cluster.run("scancel", "--signal=USR2", job.id),  # all but the batch shell
        twice_to_a_rank,
        lambda: kill("USR2", processes(job, launcher)[0]),
    )
    for number, cut in enumerate(cuts, 2):
        job.wait_for_steps(2, start=number)
        cut()
        job.wait_until(lambda number=number: len(job.begun()) > number, f"start {number + 1}")
    job.wait_for_steps(1, start=6)
    kill("USR1", processes(job, "tally-train")[0])
    job.wait_until(lambda: status(job.run_dir)[1]["checkpoint"] > f"step-{job.begun()[-1]:012}.h5", "USR1")
    saved = int(status(job.run_dir)[1]["step"])
    job.wait_for_end()
    assert job.begun()[-1] < saved < steps, f"saved at {saved}: {job.text()}"
    assert job.reasons() == ["SIGUSR2"] * 5 + ["finished"], job.text()
    return job.require_cuts(5, golden(steps))


def cancelled():
    """A job that somebody has cancelled stays so; what it has done is there for the next one."""
    steps = 10
    for script in BOTH:
        job = submit(f"cancelled-{script}", script, "--time=10", "--nodes=2",
                  options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
                  environment={**SLOW, **UNKNOWN_END})
        job.wait_for_steps(3)
        cluster.run("scancel", job.id)
        job.wait_for_end(words="not put back into the queue", state="CANCELLED")
        saved = int(status(job.run_dir)[1]["step"])
        assert 3 <= saved < steps and job.last_step() - saved <= 1, job.text()
        again = submit(f"cancelled-{script}", script, "--time=10", "--nodes=1")
        again.wait_for_end()
        assert again.begun() == [0, saved], again.text()
        assert digest(job.run_dir) == golden(steps)
    return "2 jobs cancelled, and continued by 2 others on one node"


def preempted():
    """Jobs of a partition with priority take the nodes away, twice."""
    steps = 24
    jobs = [submit(f"preempted-{script}", script, "--partition=low", "--time=10", "--nodes=2",
                options=["--max-steps", steps, "--checkpoint-every", "99epochs"],
                environment={**SLOW, **UNKNOWN_END}) for script in BOTH]
    for start in (1, 2):
        for job in jobs:
            job.wait_for_steps(3, start)
        cluster.run("sbatch", "--partition=high", "--nodes=2", "--exclusive", "--output=/dev/null",
                    "--wrap=sleep 2")
        for job in jobs:
            job.wait_until(lambda job=job, start=start: len(job.begun()) > start, f"start {start + 1}")
    for job in jobs:
        job.wait_for_end()
    return "; ".join(job.require_cuts(2, golden(steps)) for job in jobs)


def node_lost():
    """A node goes down without a word: the job goes on with the other one alone."""
    steps = 16
    job = submit("node_lost", "train.sbatch", "--partition=lost", "--time=10", "--nodes=1-2", "--spread-job",
              options=["--max-steps", steps, "--checkpoint-every", "1steps"], environment={**SLOW, **UNKNOWN_END})
    job.wait_for_steps(4)
    assert "on n[11-12], from step" in job.text(), job.text()
    cluster.run("scontrol", "update", "NodeName=n12", "State=DOWN", "Reason=test")
    job.wait_until(lambda: len(job.begun()) > 1, "a second start")
    job.wait_for_end()
    assert "on n11, from step" in job.text(), job.text()
    return job.require_cuts(1, golden(steps))


def without_progress():
    """What fails again and again before its first checkpoint is not started for ever."""
    job = submit("without_progress", "train-srun.sbatch", "--time=10", "--nodes=1",
              environment={"TALLY_FAULT": "kill:reduce:rank=1:step=2"})
    job.wait_for_end(words="restarts without progress: still at step 0", state="FAILED")
    assert job.begun() == [0] * 4, job.text()
    return "given up at the fourth start"


def refused():
    """What is wrong today is wrong tomorrow: not a second start."""
    job = submit("refused", "train.sbatch", "--time=10", options=["--batch-size", 10, "--micro-batch", 3],
              environment={"OMPI_MCA_odls_base_sigkill_timeout": "0"})
    job.wait_for_end(words="run.status missing", state="FAILED")
    assert job.begun() == [None], job.text()
    assert "expected a divisor of --batch-size 10" in job.text(), job.text()
    return "one start"


def installed():
    """A script of an installation, submitted from elsewhere, finds what it shares and its program."""
    prefix, elsewhere = cluster.directory / "prefix", cluster.directory / "elsewhere"
    subprocess.run(["cmake", "--install", BIN.parent, "--prefix", prefix], check=True, capture_output=True)
    elsewhere.mkdir()
    job = submit("installed", prefix / "share" / "tally" / "slurm" / "train.sbatch", "--time=10",
              options=["--max-steps", 40], environment={"TALLY_TRAIN": ""}, cwd=elsewhere)
    job.wait_for_end()
    assert digest(job.run_dir) == golden(40), job.text()
    return "one digest"


# --- a cluster and all cases at once ---

cluster = None
golden_lock = threading.Lock()
outcomes = {}


def setUpModule():
    global cluster
    if why_not():
        return
    directory = tempfile.mkdtemp(prefix="tally-slurm-")
    unittest.addModuleCleanup(shutil.rmtree, directory, ignore_errors=True)
    cluster = Cluster(directory, NODES, PARTITIONS)
    unittest.addModuleCleanup(cluster.stop)
    pool = concurrent.futures.ThreadPoolExecutor(max_workers=32)
    unittest.addModuleCleanup(pool.shutdown)
    for case in (time_limits, preempted, cancelled, node_lost, without_progress, refused, installed):
        outcomes[case.__name__] = [pool.submit(case)]
    for case in (four_nodes, signals, warned, killed_at_the_limit):
        outcomes[case.__name__] = [pool.submit(case, script) for script in BOTH]


class Slurm(unittest.TestCase):
    def setUp(self):
        if cluster is None:
            self.skipTest(why_not())

    def outcome(self, case):
        for future in outcomes[case]:
            print(f"{case}: {future.result()}", flush=True)

    def test_four_nodes_make_the_same_bits(self):
        self.outcome("four_nodes")

    def test_a_run_is_cut_into_six_jobs_by_time_limits(self):
        self.outcome("time_limits")

    def test_a_signal_comes_before_the_limit(self):
        self.outcome("warned")

    def test_a_job_is_ended_at_its_limit_without_any_other_signal(self):
        self.outcome("killed_at_the_limit")

    def test_signals_reach_the_batch_shell_the_steps_one_rank_or_the_launcher(self):
        self.outcome("signals")

    def test_a_cancelled_job_stays_cancelled(self):
        self.outcome("cancelled")

    def test_a_job_with_priority_takes_the_nodes(self):
        self.outcome("preempted")

    def test_a_node_goes_down(self):
        self.outcome("node_lost")

    def test_a_run_that_never_comes_forward_is_given_up(self):
        self.outcome("without_progress")

    def test_a_refused_run_is_not_tried_again(self):
        self.outcome("refused")

    def test_an_installed_script_runs_from_elsewhere(self):
        self.outcome("installed")


if __name__ == "__main__":
    main()
