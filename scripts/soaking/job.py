# SPDX-License-Identifier: MIT
"""One launch of mpirun with its ranks: its processes, by their ids, and what they leave behind."""
import os
import pathlib
import shutil
import signal
import subprocess
import threading
import time
from typing import NamedTuple

from recipes import BIN, RUN_MPI, VARIABLE

PATIENCE_SECONDS = 120  # after which a job that does not come forward hangs
ORPHAN_SECONDS = 10  # that a rank may outlive its mpirun
# That mpirun may outlive all its ranks. Open MPI 4.1's mpirun waits for ever if a rank is killed while
# the rank connects to it: it deadlocks in PMIx, after "UNREACHABLE in file ptl_base_connection_hdlr.c".
EMPTY_SECONDS = 45


def stat_fields(pid):
    """The fields of /proc/PID/stat from the state on, or None."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


class Process:
    """A process that is known by its number and its start, since numbers are used again."""

    def __init__(self, pid):
        self.pid = pid
        fields = stat_fields(pid)
        self.start = fields[19] if fields else None

    def state(self):
        """R, S, T, ...; None once it has ended."""
        fields = stat_fields(self.pid)
        is_same = fields and fields[19] == self.start and fields[0] not in "ZX"
        return fields[0] if is_same else None

    def signal(self, number):
        if self.state() is None:
            return False
        try:
            os.kill(self.pid, number)
        except ProcessLookupError:
            return False
        return True


class End(NamedTuple):
    """How a job came to its end."""

    seconds: float | None  # until all processes had gone; None if they did not by themselves
    orphans: list = ()  # ranks that outlived their mpirun for too long
    is_mpirun_empty: bool = False  # all ranks had gone, and mpirun waited on


class Job:
    launching = threading.Lock()
    running = set()  # those whose files have not been removed yet

    def __init__(self, arguments, ranks, directory, instructions=""):
        self.directory = directory
        directory.mkdir(parents=True)
        self.temporary = directory / "tmp"
        self.temporary.mkdir()
        # Open MPI's files of shared memory, in a directory of their own.
        self.memory = pathlib.Path("/dev/shm") / f"tally-soak-{os.getpid()}-{directory.parent.name}-{directory.name}"
        self.line = [str(RUN_MPI), str(ranks), str(BIN / "tally-train"), *map(str, arguments)]
        self.ranks_wanted = ranks
        self.ranks = []
        self.output = open(directory / "output.txt", "w", encoding="utf-8")
        (directory / "command.txt").write_text(f"{VARIABLE}={instructions} {' '.join(self.line)}\n")
        environment = {**os.environ, "TMPDIR": str(self.temporary),
                       "OMPI_MCA_btl_vader_backing_directory": str(self.memory)}
        environment.pop(VARIABLE, None)
        if instructions:
            environment[VARIABLE] = instructions
        with Job.launching:
            self.memory.mkdir()
            self.popen = subprocess.Popen(self.line, stdin=subprocess.DEVNULL, stdout=self.output,
                                          stderr=self.output, env=environment)
            self.mpirun = Process(self.popen.pid)
            Job.running.add(self)

    @classmethod
    def end_all(cls):
        """By force, and for good: no job can be launched any more."""
        cls.launching.acquire()
        for job in list(cls.running):
            job.end()
            shutil.rmtree(job.memory, ignore_errors=True)

    def find_ranks(self):
        """Children of mpirun that have become ranks."""
        if len(self.ranks) == self.ranks_wanted:
            return self.ranks
        try:
            children = pathlib.Path(
                f"/proc/{self.mpirun.pid}/task/{self.mpirun.pid}/children").read_text().split()
        except (FileNotFoundError, ProcessLookupError):
            children = []
        known = {rank.pid for rank in self.ranks}
        new = [Process(pid) for pid in map(int, children) if pid not in known and self.is_rank(pid)]
        self.ranks = sorted(self.ranks + new, key=lambda rank: rank.pid)
        return self.ranks

    def is_deadlocked_in_pmix(self):
        return "UNREACHABLE in file" in (self.directory / "output.txt").read_text(errors="replace")

    @staticmethod
    def is_rank(pid):
        try:
            return pathlib.Path(f"/proc/{pid}/cmdline").read_bytes().startswith(
                str(BIN / "tally-train").encode())
        except (FileNotFoundError, ProcessLookupError):
            return False

    def is_running(self):
        return self.popen.poll() is None

    def wait_all_gone(self, progress, patience=PATIENCE_SECONDS):
        """The End of the job. One that was left alone may take as long as it needs, while what
        `progress` returns changes."""
        start = moved = lived = time.monotonic()
        last = progress()
        while time.monotonic() - moved < patience:
            if (now := progress()) != last:
                last, moved = now, time.monotonic()
            alive = [rank for rank in self.find_ranks() if rank.state()]
            if not self.is_running() and not alive:
                return End(time.monotonic() - start)
            if alive or not self.ranks:
                lived = time.monotonic()
            if time.monotonic() - lived > EMPTY_SECONDS and self.is_deadlocked_in_pmix():
                self.end()
                return End(None, is_mpirun_empty=True)
            if not self.is_running() and self.seconds_without_mpirun() > ORPHAN_SECONDS:
                for rank in alive:
                    rank.signal(signal.SIGKILL)
                return End(time.monotonic() - start, alive)
            time.sleep(0.01)
        self.keep_evidence()
        self.end()
        return End(None)

    def end(self):
        """By force."""
        for process in [self.mpirun, *self.find_ranks()]:
            process.signal(signal.SIGKILL)
        self.popen.wait()

    def seconds_without_mpirun(self):
        if not hasattr(self, "mpirun_gone"):
            self.mpirun_gone = time.monotonic()
        return time.monotonic() - self.mpirun_gone

    def keep_evidence(self):
        lines = []
        for process in [self.mpirun, *self.ranks]:
            for name in ("stat", "wchan", "cmdline"):
                try:
                    text = pathlib.Path(f"/proc/{process.pid}/{name}").read_text().replace("\0", " ")
                except OSError as error:
                    text = str(error)
                lines.append(f"{process.pid} {name}: {text}")
        (self.directory / "hanging.txt").write_text("\n".join(lines) + "\n")

    def leftovers(self):
        """Files that are left in the temporary and the shared memory's directory: all of them are
        Open MPI's, or Tally has failed. Removes them."""
        self.output.close()
        files = [path for top in (self.temporary, self.memory) for path in top.rglob("*")
                 if not path.is_dir()]
        ours = [path.name for path in files if "tally" in path.name]
        for path in files:
            path.unlink()
        for top in (self.temporary, self.memory):
            for path in sorted(top.rglob("*"), reverse=True):
                path.rmdir()
        self.memory.rmdir()
        Job.running.discard(self)
        return len(files) - len(ours), ours
