# SPDX-License-Identifier: MIT
"""A job of the cluster, and what can be seen of it from outside."""
import pathlib
import re
import sys
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "apps"))

from cluster import Cluster  # noqa: E402
from tally_testing import BIN, DIGITS, digest, patience  # noqa: E402

PATIENCE = 300  # seconds
LONGEST = 800  # after which ctest ends the test, which then says nothing

ENVIRONMENT = {
    "TALLY_TRAIN": str(BIN / "tally-train"), "TALLY_ALLOW_FAULTS": "1",
    "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    "OMP_WAIT_POLICY": "passive", "OMPI_MCA_mpi_yield_when_idle": "1",
}


class Job:
    """A submitted job, and what can be seen of its starts and its steps."""

    def __init__(self, cluster, name, script, *sbatch, options=(), environment=None, run_dir=None,
                 cwd=ROOT, is_user=False):
        self.cluster = cluster
        self.run_dir = run_dir or cluster.directory / "runs" / name
        self.log = cluster.directory / f"{name}.log"
        self.reached = {}  # by start: the last step that was seen
        self.is_over = False
        line = ["sbatch", "--parsable", f"--output={self.log}", *sbatch, ROOT / "slurm" / script, *options,
                *(["--run-dir", self.run_dir] if run_dir != "" else []), "--data", DIGITS, "--log-every", 1]
        self.id = cluster.run(*line, cwd=cwd, is_user=is_user, env={**ENVIRONMENT, **(environment or {})}).strip()
        threading.Thread(target=self.observe, daemon=True).start()

    def observe(self):
        while not self.is_over:
            start, step = len(self.begun()), self.last_step()
            self.reached[start] = max(step, self.reached.get(start, 0))
            time.sleep(0.3)

    def text(self):
        # Open MPI 5 puts a NUL behind its notices.
        return self.log.read_text().replace("\0", "") if self.log.exists() else ""

    def starts(self):
        """What the log has of each, until the training was done."""
        text = self.text().partition("run.status DONE")[0]
        return re.split(r"^\S+: \S+ \S+: job [\d_]+, start .* from step \d+$", text, flags=re.MULTILINE)[1:]

    def begun(self):
        """The step from which each start went on, as tally-train says; none where it has said nothing."""
        lines = [re.search(r"^run: .* in all(?:, resumed at step ([\d ]+))?$", start, re.MULTILINE)
                 for start in self.starts()]
        return [int((line[1] or "0").replace(" ", "")) if line else None for line in lines]

    def reasons(self):
        """Why each start ended, as run.status has it."""
        return re.findall(r"run.status \w+ \((.*?)\), saved", self.text())

    def state(self):
        shown = self.cluster.run("scontrol", "show", "job", "--oneliner", self.id)
        return re.search(r"JobState=(\S*)", shown).group(1)

    def last_step(self):
        path = self.run_dir / "steps.csv"
        rows = path.read_text().splitlines()[1:] if path.exists() else []
        return int(rows[-1].split(",")[0]) if rows and rows[-1].count(",") > 2 else 0

    def wait_until(self, condition, what, seconds=PATIENCE):
        try:
            Cluster.wait_until(condition, min(patience(seconds), LONGEST), what)
        except TimeoutError as error:
            raise AssertionError(f"job {self.id}: {error}\n{self.text()}") from error

    def wait_for_steps(self, count, start=1):
        """Until the training of that start has done so many steps of its own."""
        def is_there():
            begun = self.begun()
            return (len(begun) >= start and begun[start - 1] is not None
                    and self.last_step() >= begun[start - 1] + count)
        self.wait_until(is_there, f"step {count} of start {start}")

    def wait_for_end(self, words="run.status DONE", state="COMPLETED", seconds=PATIENCE):
        self.wait_until(lambda: words in self.text(), words, seconds)
        # SLURM 24.11 remembers a preemption: it starts a job once more that is done, or calls it preempted.
        self.wait_until(lambda: self.state() not in ("RUNNING", "COMPLETING", "PENDING"), "the end of the job")
        self.is_over = True
        states = (state, "PREEMPTED") if state == "COMPLETED" else (state,)
        assert self.state() in states, f"{self.state()} is not {state}: {self.text()}"

    def lost_steps(self):
        """At each cut: the last step that was seen, less the one from which the next start went on."""
        assert None not in self.begun(), self.text()
        return [self.reached[start] - step for start, step in enumerate(self.begun()[1:], 1)]

    def require_cuts(self, count, expected_digest):
        """At least so many cuts, none of which has lost more than a step, and the right bits at last."""
        assert len(self.lost_steps()) >= count, self.text()
        assert set(self.lost_steps()) <= {0, 1}, f"lost {self.lost_steps()} steps: {self.text()}"
        assert digest(self.run_dir) == expected_digest, self.text()
        return f"{len(self.lost_steps())} cuts, {max(self.lost_steps())} steps lost at most, {self.reasons()}"
