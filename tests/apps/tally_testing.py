# SPDX-License-Identifier: MIT
"""What the tests of the programs share: running them, small data sets, reading what they write."""
import csv
import functools
import gzip
import hashlib
import os
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import time
import unittest
from dataclasses import dataclass

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("TALLY_BIN", ROOT / "build" / "release" / "bin"))
RUN_MPI = ROOT / "tests" / "support" / "run_mpi.sh"
DIGITS = ROOT / "data" / "digits"
MNIST = os.environ.get("TALLY_MNIST_DIR")
FASHION = pathlib.Path("/usr/share/datasets/fashion-mnist")
SKIPPED = 77  # tells ctest that a test did not run
os.environ.pop("OMP_NUM_THREADS", None)  # the caller's; tests set their own
os.environ["TALLY_SITE"] = os.devnull  # likewise: not what the caller's own jobs source
os.environ.setdefault("OMPI_MCA_reachable", "weighted")  # or 5.0.7 complains, as run_mpi.sh says


@dataclass
class Result:
    code: int
    out: str
    err: str
    seconds: float


def command(tool, *arguments, ranks=None):
    """The command line of a tool, under mpirun if `ranks` is given."""
    line = [str(BIN / tool), *map(str, arguments)]
    return [str(RUN_MPI), str(ranks), *line] if ranks else line


# Open MPI frames what it says between two lines of dashes.
FRAMED = re.compile(r"^-{70,}\n(?:(?!-{70,}$).*\n)*?-{70,}\n", re.MULTILINE)
OF_AN_END = re.compile(r"Primary job +terminated normally, but|^\S+ (detected|noticed) that|"
                       r"MPI_ABORT was invoked|MPI_Abort", re.MULTILINE)


# MPICH's frame is of equality signs, with three lines behind it.
BAD_TERMINATION = re.compile(r"^\n?={70,}\n=   BAD TERMINATION .*\n(?:=.*\n)*={70,}\n(?:YOUR APPLICATION TERMINATED"
                             r" WITH THE EXIT STRING: .*\n(?:This typically .*\nPlease see the FAQ .*\n)?)?",
                             re.MULTILINE)


def without_notices(text):
    """What the programs said: without the launcher's notices that a rank has ended early. What it has to
    say of a launch stays, so that a test that starts nothing says why."""
    text = BAD_TERMINATION.sub("", text)
    text = text.replace("\0", "")  # which Open MPI 5 puts behind them
    return FRAMED.sub(lambda frame: "" if OF_AN_END.search(frame[0]) else frame[0], text)


def patience(seconds):
    """What takes so long on a quiet machine may take on this one, with what else it does now."""
    return seconds * max(1.0, os.getloadavg()[0] / len(os.sched_getaffinity(0)))


@functools.cache
def open_mpi_version():
    """The first number of the version of mpirun, or 0 if it is not Open MPI's."""
    told = subprocess.run(["mpirun", "--version"], capture_output=True, text=True, check=False).stdout
    match = re.search(r"\(Open MPI\) (\d+)", told)
    return int(match[1]) if match else 0


def leaves_time_to_stop():
    """Whether mpirun, told to end, leaves its ranks as long as it is told to. Open MPI 5's leaves a quarter of
    a second, in which nothing is promised; train_script_test.py has what is."""
    return open_mpi_version() < 5


def run(tool, *arguments, ranks=None, cwd=None, env=None, timeout=120):
    start = time.monotonic()
    done = subprocess.run(
        command(tool, *arguments, ranks=ranks),
        cwd=cwd or ROOT,
        env={**os.environ, **(env or {})},
        timeout=patience(timeout),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Result(done.returncode, done.stdout, without_notices(done.stderr), time.monotonic() - start)


def has_kernels(kernels):
    """Whether this build has these kernels of products."""
    shown = run("tally-train", "--help", env={"TALLY_KERNELS": kernels})
    if "TALLY_KERNELS: this build is without" in shown.err:
        return False
    assert shown.code == 0, shown.err
    return True


def children_of(process):
    """The numbers of a process's children: of mpirun, its ranks."""
    pid = getattr(process, "pid", process)
    found = []
    for path in pathlib.Path(f"/proc/{pid}/task").glob("*/children"):  # those of each thread
        try:
            found += map(int, path.read_text().split())
        except (FileNotFoundError, ProcessLookupError):
            pass
    return sorted(found)


def state_of(pid):
    """R, S, T (stopped), Z (has ended, and waits for its parent), ...; None without such a process."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return None


def is_running(pid):
    return state_of(pid) not in (None, "Z")


def stop_at(phase, step=0, rank=0):
    """An environment in which a rank of tally-train stops itself there, until it gets SIGCONT: what is
    to happen in the middle of something then needs no luck, however busy the machine is."""
    return {"TALLY_FAULT": f"stop:{phase}:rank={rank}:step={step}", "TALLY_ALLOW_FAULTS": "1"}


def soon():
    """Steps within which a signal is acted on: on a busy machine the thread that takes it waits for a core
    while others compute."""
    return int(patience(40))


def wait_until(condition, what, seconds=100):
    start = time.monotonic()
    while not condition():
        if time.monotonic() - start > patience(seconds):
            raise AssertionError(f"not within {time.monotonic() - start:.0f} s: {what}")
        time.sleep(0.005)


def wait_for_stop(process, rank=0):
    """The ranks of an mpirun, by their numbers, once that one has stopped itself."""
    def has_stopped():
        ranks = children_of(process)
        return len(ranks) > rank and state_of(ranks[rank]) == "T"

    wait_until(has_stopped, f"rank {rank} stops itself")
    return children_of(process)


def is_pending(pid, number):
    """Whether a signal waits for a process: which is stopped, or has not taken it yet."""
    lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    masks = [int(line.split()[1], 16) for line in lines if line.startswith(("SigPnd", "ShdPnd"))]
    return any(mask >> (number - 1) & 1 for mask in masks)


def processes_of(text):
    """The numbers of all other processes with `text` in their command line."""
    found = []
    for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if str(text).encode() in path.read_bytes() and int(path.parent.name) != os.getpid():
                found.append(int(path.parent.name))
        except (FileNotFoundError, ProcessLookupError):
            pass
    return found


def still_running(pids, seconds=60):
    """Those that have not ended after so long: mpirun may be gone before the ranks it has killed."""
    end = time.monotonic() + patience(seconds)
    while any(map(is_running, pids)) and time.monotonic() < end:
        time.sleep(0.05)
    return [pid for pid in pids if is_running(pid)]


def mount_tmpfs(test, path, options):
    """Mounts a small file system for one test. Returns why it cannot be done, or nothing."""
    path.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(path)],
                             capture_output=True, text=True, check=False)
    if mounted.returncode != 0:
        path.rmdir()
        return mounted.stderr.strip()
    test.addCleanup(subprocess.run, ["umount", str(path)], check=True)
    return ""


def digest(model):
    result = run("tally-checkpoint", "digest", model)
    assert result.code == 0, result.err
    return result.out.strip()


def sign_checkpoint(path, format_version=1):
    """Makes a checkpoint valid whose HDF5 part was changed, as docs/checkpoint.md describes it."""
    contents = path.read_bytes()
    block = f"TALLY CHECKPOINT\nformat {format_version}\nbytes {len(contents) - 512}\n".encode()
    sha = hashlib.sha256(block + contents[512:]).hexdigest()
    path.write_bytes((block + f"sha256 {sha}\n".encode()).ljust(512, b"\0") + contents[512:])


def status(run_dir):
    """run.status as (state, {name: value})."""
    lines = (pathlib.Path(run_dir) / "run.status").read_text().splitlines()
    return lines[0], dict(line.split(" ", 1) for line in lines[1:])


def read_csv(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def write_idx(path, array):
    """An IDX file of a NumPy array of unsigned bytes; gzip if the name ends in .gz."""
    header = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape)
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "wb") as file:
        file.write(header + array.tobytes())


def read_idx(path):
    import numpy

    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rb") as file:
        data = file.read()
    dimensions = data[3]
    shape = struct.unpack(f">{dimensions}I", data[4 : 4 + 4 * dimensions])
    return numpy.frombuffer(data, numpy.uint8, offset=4 + 4 * dimensions).reshape(shape)


def read_dataset(directory):
    """Training images, training labels, test images, test labels, from files that are packed or not."""
    names = ["train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"]
    return [read_idx(next(pathlib.Path(directory).glob(f"{name}-ubyte*"))) for name in names]


class TallyTest(unittest.TestCase):
    """A test with a directory of its own."""

    maxDiff = None

    def setUp(self, in_memory=False):
        memory = "/dev/shm" if in_memory and os.access("/dev/shm", os.W_OK) else None
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="tally-test-", dir=memory))
        self.addCleanup(shutil.rmtree, self.directory, ignore_errors=True)

    def train(self, run_dir, *arguments, ranks=1, code=0, data=DIGITS, **options):
        """tally-train into self.directory / run_dir; fails the test unless it ends with `code`."""
        path = self.directory / run_dir
        result = run("tally-train", "--run-dir", path, "--data", data, *arguments, ranks=ranks,
                     **options)
        self.assertEqual(result.code, code, result.out + result.err)
        return result

    @classmethod
    def train_once(cls, *arguments, **options):
        """A model for all tests of the class, which goes with the class; for setUpClass()."""
        trainer = TallyTest("train")
        trainer.setUp()
        cls.addClassCleanup(trainer.doCleanups)
        trainer.train("model", *arguments, **options)
        return trainer.directory / "model"


@functools.cache
def has_sanitizer():
    linked = subprocess.run(["ldd", BIN / "tally-train"], capture_output=True, text=True,
                            check=True).stdout
    return "libasan" in linked or "libtsan" in linked or "libclang_rt" in linked


def require_no_sanitizer(reason):
    if has_sanitizer():
        raise unittest.SkipTest(reason)


def require_mnist():
    if not MNIST:
        raise unittest.SkipTest("TALLY_MNIST_DIR does not name a directory with the full MNIST")
    return pathlib.Path(MNIST)


def main():
    """Runs the tests of the calling file; the exit code is SKIPPED if all of them were skipped."""
    program = unittest.main(exit=False, verbosity=2)
    outcome = program.result
    # A class that was skipped as a whole counts no tests.
    skipped = [test for test, _ in outcome.skipped if isinstance(test, unittest.TestCase)]
    if outcome.wasSuccessful() and outcome.skipped and len(skipped) == outcome.testsRun:
        sys.exit(SKIPPED)
    sys.exit(0 if outcome.wasSuccessful() and outcome.testsRun > 0 else 1)
