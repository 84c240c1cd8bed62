# SPDX-License-Identifier: MIT
"""Running programs with support/failing_io.cpp preloaded, which says what the settings mean."""
import os
import pathlib
import subprocess
from dataclasses import dataclass

from tally_testing import BIN

LIBRARY = pathlib.Path(os.environ.get("TALLY_FAILING_IO",
                                      BIN.parent / "tests" / "apps" / "libtally_failing_io.so"))
SAVE_CHECKPOINTS = BIN / "save_checkpoints"


def faults(directory, call=0, kind="", log="", without=""):
    """The environment in which call number `call` below `directory` has a fault."""
    return {"LD_PRELOAD": str(LIBRARY), "TALLY_FAULT_DIRECTORY": str(directory),
            "TALLY_FAULT_CALL": str(call), "TALLY_FAULT_KIND": kind, "TALLY_FAULT_LOG": str(log),
            "TALLY_FAULT_WITHOUT": without}


@dataclass
class Saving:
    """What a run of save_checkpoints has said; steps are -1 if there were none."""
    code: int
    lines: list

    def last(self, word):
        said = [line.split(" ", 1)[1] for line in self.lines if line.startswith(word + " ")]
        return said[-1] if said else ""

    def step(self, word):
        return int(self.last(word) or -1)

    @property
    def warnings(self):
        return [line[9:] for line in self.lines if line.startswith("warning: ")]


def save_checkpoints(run_dir, environment=None):
    done = subprocess.run([SAVE_CHECKPOINTS, run_dir], capture_output=True, text=True, check=False,
                          env={**os.environ, **(environment or {})}, timeout=60)
    assert not done.stderr, done.stderr
    return Saving(done.returncode, done.stdout.splitlines())


def calls_in(log):
    """The counted calls, as [(name, path)]."""
    return [tuple(line.split(" ", 2)[1:]) for line in log.read_text().splitlines()]
