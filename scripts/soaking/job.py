# SPDX-License-Identifier: MIT
"""One launch of mpirun with its ranks: its processes, by their ids, and what they leave behind."""
import os
import pathlib
import signal
import subprocess
import time

from recipes import BIN, RUN_MPI

PATIENCE_SECONDS = 120  # after which a job that does not come forward hangs
ORPHAN_SECONDS = 10  # that a rank may outlive its mpirun


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


class Job:
    def __init__(self, arguments, ranks, directory):
        self.directory = directory
        directory.mkdir(parents=True)
        self.temporary = directory / "tmp"
        self.temporary.mkdir()
        # Open MPI's files of shared memory, in a directory of their own.
        self.memory = pathlib.Path("/dev/shm") / f"tally-soak-{os.getpid()}-{directory.parent.name}-{directory.name}"
        self.memory.mkdir()
        self.line = [str(RUN_MPI), str(ranks), str(BIN / "tally-train"), *map(str, arguments)]
        self.ranks_wanted = ranks
        self.ranks = []
        self.output = open(directory / "output.txt", "w", encoding="utf-8")
        (directory / "command.txt").write_text(" ".join(self.line) + "\n")
        self.launched = time.monotonic()
        self.popen = subprocess.Popen(
            self.line, stdin=subprocess.DEVNULL, stdout=self.output, stderr=self.output,
            env={**os.environ, "TMPDIR": str(self.temporary),
                 "OMPI_MCA_btl_vader_backing_directory": str(self.memory)})
        self.mpirun = Process(self.popen.pid)

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
        for pid in map(int, children):
            if pid not in known and self.is_rank(pid):
                self.ranks.append(Process(pid))
        self.ranks.sort(key=lambda rank: rank.pid)
        return self.ranks

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
        """Seconds until all processes have ended, and the ranks that outlived their mpirun for too
        long; None if something hangs. A job that was left alone may take as long as it needs, while
        what `progress` returns changes."""
        start = moved = time.monotonic()
        last = progress()
        while time.monotonic() - moved < patience:
            if (now := progress()) != last:
                last, moved = now, time.monotonic()
            alive = [rank for rank in self.find_ranks() if rank.state()]
            if not self.is_running() and not alive:
                return time.monotonic() - start, []
            if not self.is_running() and self.seconds_without_mpirun() > ORPHAN_SECONDS:
                for rank in alive:
                    rank.signal(signal.SIGKILL)
                return time.monotonic() - start, alive
            time.sleep(0.01)
        self.keep_evidence()
        for process in [self.mpirun, *self.ranks]:
            process.signal(signal.SIGKILL)
        self.popen.wait()
        return None, []

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
        return len(files) - len(ours), ours
