# SPDX-License-Identifier: MIT
"""One cycle: a job is launched, struck at a random moment, and watched until all of it has gone."""
import os
import signal
import time
from dataclasses import dataclass, field

from job import Job

STRIKES = ("SIGKILL", "SIGTERM", "SIGINT", "SIGUSR1", "SIGUSR2", "SIGSTOP")
STALL_SECONDS = 2


@dataclass
class Plan:
    """What is to happen; drawn before the launch."""

    ranks: int
    threads: int
    signal: str
    target: str  # rank, mpirun or group
    victim: float  # which of the ranks, from 0 to 1
    in_save: bool
    in_start: bool
    delay: float  # seconds, of training or of the launch
    then: str  # what ends a job that the strike does not end
    pause: float  # seconds in between

    @classmethod
    def draw(cls, random):
        return cls(random.randint(1, 8), random.randint(1, 4), random.choice(STRIKES),
                   random.choice(("rank", "rank", "mpirun", "group")), random.random(),
                   random.random() < 0.38, random.random() < 0.06, random.uniform(0.0, 0.5),
                   random.choice(("SIGKILL", "SIGTERM", "SIGUSR2")), random.uniform(0.05, 0.4))


@dataclass
class Outcome:
    """What was seen."""

    plan: Plan
    phase: str = "after the end"
    is_inside_write: bool = False
    step: int = 0  # the last one done at the strike, as far as it is logged
    done: int = 0  # the last one done at the end of the job
    gone_seconds: float | None = None
    is_hang: bool = False
    is_mpirun_empty: bool = False  # mpirun waited on when its last rank had gone
    orphans: int = 0
    leftovers_of_mpi: int = 0
    leftovers_of_ours: list = field(default_factory=list)


class Cycle:
    def __init__(self, plan, run_dir, arguments, directory, instructions=""):
        self.plan = plan
        self.run_dir = run_dir
        self.outcome = Outcome(plan)
        self.before = self.last_logged_step()
        self.status_before = self.status_time()
        self.job = Job(["--run-dir", run_dir, *arguments, "--threads", plan.threads, "--oversubscribe",
                        "--stall-timeout", STALL_SECONDS], plan.ranks, directory, instructions)

    # --- What the run directory tells. ---

    def last_logged_step(self):
        """Of steps.csv, from its end: the file may be long."""
        try:
            with open(self.run_dir / "steps.csv", "rb") as file:
                file.seek(max(0, os.fstat(file.fileno()).st_size - 200))
                rows = file.read().split(b"\n")[1:-1]
        except FileNotFoundError:
            return 0
        return int(rows[-1].split(b",")[0]) if rows and rows[-1][:1].isdigit() else 0

    def status_time(self):
        try:
            return (self.run_dir / "run.status").stat().st_mtime_ns
        except FileNotFoundError:
            return None

    def status(self):
        try:
            return (self.run_dir / "run.status").read_text().split("\n")[0]
        except FileNotFoundError:
            return "none"

    def write_under_way(self):
        try:
            return any(name.startswith(".step-") for name in os.listdir(self.run_dir / "checkpoints"))
        except FileNotFoundError:
            return False

    def has_begun(self):
        """Whether this launch has come to its first step: it writes run.status just before."""
        return self.status_time() != self.status_before

    # --- The strike. ---

    def wait_for(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.job.is_running():
            if condition():
                return True
            time.sleep(0.0005)
        return False

    def wait_for_the_moment(self):
        plan = self.plan
        if plan.in_start:
            time.sleep(plan.delay)
            return
        if not self.wait_for(self.has_begun, 100):
            return
        time.sleep(plan.delay)
        if plan.in_save:
            self.wait_for(self.write_under_way, 5)

    def victims(self):
        ranks = self.job.find_ranks()
        if self.plan.target == "mpirun" or not ranks:
            return [self.job.mpirun]
        if self.plan.target == "group":
            return [self.job.mpirun, *ranks]
        return [ranks[int(self.plan.victim * len(ranks))]]

    def strike(self, name):
        """Returns those that were struck."""
        struck = [process for process in self.victims() if process.signal(getattr(signal, name))]
        if name == self.plan.signal and self.outcome.phase == "after the end" and struck:
            self.outcome.is_inside_write = self.write_under_way()
            self.outcome.step = self.last_logged_step()
            self.outcome.phase = self.phase()
        return struck

    def phase(self):
        if self.status() == "DONE":
            return "ending"
        if not self.has_begun():
            return "start-up"
        return "save" if self.outcome.is_inside_write else "training"

    def ends_by_itself(self, struck):
        """Whether the strike is meant to end the job, by the ranks or by those who watch them. In
        mpirun's place, before there are ranks, a stop is one that nobody sees."""
        if self.plan.signal == "SIGUSR1":
            return False
        return self.plan.signal != "SIGSTOP" or (
            self.plan.ranks > 1 and self.job.mpirun not in struck)

    def run(self):
        self.job.find_ranks()
        self.wait_for_the_moment()
        struck = self.strike(self.plan.signal)
        if not self.ends_by_itself(struck):
            time.sleep(self.plan.pause)
            if self.plan.signal == "SIGSTOP":  # nobody is left who could end it: it goes on unharmed
                for process in struck:
                    process.signal(signal.SIGCONT)
                time.sleep(self.plan.pause)
            self.strike(self.plan.then)
        return self.judge()

    def judge(self):
        outcome = self.outcome
        # What is stopped for good, here mpirun, ends only by force once its ranks have gone.
        end = self.job.wait_all_gone(lambda: (self.last_logged_step(), self.status_time()))
        outcome.gone_seconds = end.seconds
        outcome.is_mpirun_empty = end.is_mpirun_empty
        outcome.is_hang = end.seconds is None and not end.is_mpirun_empty
        outcome.orphans = len(end.orphans)
        outcome.done = self.last_logged_step()
        outcome.leftovers_of_mpi, outcome.leftovers_of_ours = self.job.leftovers()
        return outcome
