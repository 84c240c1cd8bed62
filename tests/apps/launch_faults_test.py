# SPDX-License-Identifier: MIT
"""Launches that cannot work, by the command lines of the documentation and of the scripts: whoever
makes such a mistake reads what it is."""
import os
import pathlib
import re
import subprocess
import sys
import unittest.mock

from tally_testing import BIN, ROOT, TallyTest, main

sys.path.insert(0, str(ROOT / "scripts"))
from measuring import process  # noqa: E402
from measuring.training import Trainer, Training  # noqa: E402

# Of no MPI's version alone, and nothing that keeps a launcher from saying why it starts nothing.
OPTIONS = {"-n", "--oversubscribe", "--bind-to", "--map-by"}
KINDS = {".cpp", ".hpp", ".md", ".py", ".sbatch", ".sh"}
TOO_MANY = 4096
# What Open MPI 4.1 and 5 say.
TOO_FEW_SLOTS = "There are not enough slots available in the system to satisfy the 4096"
NO_PROGRAM = r"was unable to (find|launch) the specified (executable|application)"

# Nothing of the caller's that would take more ranks than there are slots for.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith(("OMPI_", "PRTE_"))}
SETTINGS = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


def documented_lines():
    """Every command line with an mpirun of tally-train, by file: {place: text}."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
             *sorted((ROOT / "scripts").glob("*.sh")), *sorted((ROOT / "slurm").iterdir())]
    found = {}
    for path in paths:
        text = path.read_text().replace("\\\n", " ")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.search(r"\bmpirun -[^`|&;]*?tally-train[^`|&;]*", line)
            if match:
                found[f"{path.relative_to(ROOT)}: line {number}"] = match[0]
    return found


def options_of(line):
    """The words that begin with a dash, up to the program."""
    words = line.split()
    program = next(i for i, word in enumerate(words) if word.endswith("tally-train"))
    return {word for word in words[:program] if word.startswith("-")}


class Launches(TallyTest):
    def shell(self, text):
        """The exit code and the words of a command line, where scripts' variables have values."""
        done = subprocess.run(
            ["bash", "-c", text], cwd=self.directory, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False, timeout=100,
            env={**CLEAN, **SETTINGS, "ranks": "1", "bin": str(BIN), "run": "run", "scratch": "scratch",
                 "interrupted": "interrupted"})
        return done.returncode, done.stdout

    def fails(self, text, expected):
        code, told = self.shell(text)
        self.assertNotEqual(code, 0, told)
        self.assertRegex(told, expected)

    def test_documented_lines_say_why_nothing_starts(self):
        lines = documented_lines()
        self.assertGreater(len(lines), 8)
        for place, line in lines.items():
            with self.subTest(place):
                self.assertLessEqual(options_of(line), OPTIONS)
                line = line.replace("build/release/bin", str(BIN))
                one, many = (re.sub(r"-n \S+", f"-n {ranks}", line) for ranks in (1, TOO_MANY))
                self.fails(one.replace("tally-train", "tally-trian"), rf"(?s){NO_PROGRAM}.*tally-trian")
                if "--oversubscribe" not in line:
                    self.fails(many, TOO_FEW_SLOTS)

    def test_job_scripts_say_why_nothing_starts(self):
        mpirun_on = f"job_script=test; . {ROOT}/slurm/job.sh; mpirun_on"
        self.fails(f"{mpirun_on} {TOO_MANY} {BIN}/tally-train", TOO_FEW_SLOTS)
        self.fails(f"{mpirun_on} 1 {BIN}/tally-trian", rf"(?s){NO_PROGRAM}.*tally-trian")

    def test_benchmarks_say_why_nothing_starts(self):
        for binaries, ranks, expected in ((BIN, TOO_MANY, TOO_FEW_SLOTS),
                                          (pathlib.Path("/nowhere"), 1, NO_PROGRAM)):
            with self.subTest(ranks=ranks), self.assertRaisesRegex(process.Failed, expected), \
                    unittest.mock.patch.dict(os.environ, {**CLEAN, **SETTINGS}, clear=True):
                Trainer(binaries, self.directory, self.directory).train(Training(ranks=ranks))

    def test_no_launcher_is_told_to_be_quiet(self):
        for folder in ("docs", "scripts", "slurm", "src", "tests"):
            paths = [path for path in (ROOT / folder).rglob("*") if path.suffix in KINDS]
            self.assertTrue(paths, folder)
            for path in [ROOT / "README.md", *paths]:
                with self.subTest(path.relative_to(ROOT)):
                    self.assertNotRegex(path.read_text(),
                                        r'mpirun\W{1,5}(-q|--quiet)\b|orte_execute_quiet[="]')


if __name__ == "__main__":
    main()
