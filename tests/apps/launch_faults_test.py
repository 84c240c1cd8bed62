# SPDX-License-Identifier: MIT
"""Faults that people make when they launch something: each is obeyed, or said by its name."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import unittest
import unittest.mock

from tally_testing import (BIN, DIGITS, ROOT, TallyTest, command, main, run, soon, state_of, status, stop_at,
                           wait_until, without_notices)

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
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith(("OMP_", "OMPI_", "PRTE_", "SLURM_"))}
SETTINGS = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_odls_base_sigkill_timeout": "0"}
CORES = sorted(os.sched_getaffinity(0))


def documented_lines():
    """Every command line with an mpirun of tally-train, by file: {place: text}."""
    paths = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")),
             *sorted((ROOT / "scripts").glob("*.sh")), *sorted((ROOT / "slurm").iterdir())]
    found = {}
    for path in paths:
        text = path.read_text().replace("\\\n", " ")
        for number, line in enumerate(text.splitlines(), 1):
            match = re.search(r"\bmpirun -[^`|&;]*?tally-train[^`|&;]*", line)
            if match and " ... " not in line:
                found[f"{path.relative_to(ROOT)}: line {number}"] = match[0]
    return found


def options_of(line):
    """The words that begin with a dash, up to the program."""
    words = line.split()
    program = next(i for i, word in enumerate(words) if word.endswith("tally-train"))
    return {word for word in words[:program] if word.startswith("-")}


class NothingStarts(TallyTest):
    """By the command lines of the documentation and of the scripts."""

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
                Trainer(binaries, self.directory, self.directory, {}).train(Training(ranks=ranks))

    def test_no_launcher_is_told_to_be_quiet(self):
        for folder in ("docs", "scripts", "slurm", "src", "tests"):
            paths = [path for path in (ROOT / folder).rglob("*") if path.suffix in KINDS]
            self.assertTrue(paths, folder)
            for path in [ROOT / "README.md", *paths]:
                with self.subTest(path.relative_to(ROOT)):
                    self.assertNotRegex(path.read_text(),
                                        r'mpirun\W{1,5}(-q|--quiet)\b|orte_execute_quiet[="]')


@unittest.skipIf(len(CORES) < 2, "needs two cores")
class Threads(TallyTest):
    """How many, where several have a say: 4 micro-batches a step, one rank."""

    def launch(self, *arguments, bound=False, env=None):
        """On two cores, or bound to one of them by mpirun."""
        line = ["taskset", "-c", ",".join(map(str, CORES[:2]))]
        line += ["mpirun", "-n", "1"] if bound else []
        done = subprocess.run(
            [*line, BIN / "tally-train", "--run-dir", self.directory / "run", "--data", DIGITS,
             "--max-steps", "1", *arguments], env={**CLEAN, **SETTINGS, **(env or {})}, text=True,
            capture_output=True, check=False, stdin=subprocess.DEVNULL, timeout=100)
        # GNU's OpenMP warns of its variables, too.
        errors = [text for text in without_notices(done.stderr).splitlines()
                  if text and not text.startswith("libgomp: ")]
        return done.returncode, done.stdout, errors

    def test_the_least_that_is_said_counts(self):
        host = os.uname().nodename
        number = "OMP_NUM_THREADS: expected a number of threads from 1 to 4096, or a list such as 4,2"
        beyond = f"threads asked for, but rank 0 on host {host} is bound to"
        cores = os.sysconf("SC_NPROCESSORS_ONLN")
        more = (f"launch with mpirun --bind-to none, or --map-by slot:PE={min(4, cores)}, or " if cores > 2 else "")
        for bound, env, arguments, threads, by, error in (
            (False, {}, [], 2, "cores", ""),
            (False, {"OMP_NUM_THREADS": "1"}, [], 1, "OMP_NUM_THREADS", ""),
            (False, {"OMP_NUM_THREADS": "2"}, [], 2, "OMP_NUM_THREADS", ""),
            (False, {"OMP_NUM_THREADS": " 1 , 2"}, [], 1, "OMP_NUM_THREADS", ""),
            (False, {"OMP_NUM_THREADS": ""}, [], 2, "cores", ""),
            (False, {"OMP_NUM_THREADS": "1"}, ["--threads", "2"], 2, "--threads", ""),
            (False, {"OMP_NUM_THREADS": "two"}, ["--threads", "2"], 2, "--threads", ""),
            (False, {"OMP_NUM_THREADS": "two"}, [], None, "?",
             f'rank 0 on host {host}: {number}, got "two"; correct it, unset it, or give --threads'),
            (False, {"OMP_NUM_THREADS": "0"}, [], None, "?",
             f'rank 0 on host {host}: {number}, got "0"; correct it, unset it, or give --threads'),
            (False, {"OMP_NUM_THREADS": "64"}, [], 2, "cores",
             f"warning: OMP_NUM_THREADS: 64 {beyond} 2 cores, and takes no more; {more}unset it"),
            (False, {"OMP_NUM_THREADS": "64"}, ["--batch-size", "64"], 2, "micro-batches", ""),
            (True, {"OMP_NUM_THREADS": "2"}, [], 1, "cores",
             f"warning: OMP_NUM_THREADS: 2 {beyond} 1 core, and takes no more; launch with mpirun --bind-to "
             "none, or --map-by slot:PE=2, or unset it"),
            (True, {}, ["--threads", "2"], 2, "--threads",
             f"--threads: expected at most the 1 core that rank 0 on host {host} is bound to, got 2; launch with "
             "mpirun --bind-to none, or --map-by slot:PE=2"),
            (False, {"OMP_THREAD_LIMIT": "2"}, ["--threads", "64"], 2, "OMP_THREAD_LIMIT", ""),
            (False, {"OMP_THREAD_LIMIT": "3"}, ["--threads", "64"], 3, "OMP_THREAD_LIMIT",
             f"OMP_THREAD_LIMIT: expected at most the 2 cores that rank 0 on host {host} is bound to, got 3; "),
            (True, {"OMP_NUM_THREADS": "2"}, ["--threads", "1"], 1, "--threads", ""),
            (False, {"OMP_NUM_THREADS": "2", "OMP_THREAD_LIMIT": "1"}, [], 1, "OMP_THREAD_LIMIT", ""),
            (False, {"SLURM_CPUS_PER_TASK": "1"}, [], 1, "SLURM_CPUS_PER_TASK", ""),
            (False, {"SLURM_CPUS_PER_TASK": "1", "OMP_NUM_THREADS": "2"}, [], 2, "OMP_NUM_THREADS", ""),
            (False, {"OMP_NUM_THREADS": "2"}, ["--batch-size", "32"], 1, "micro-batches", ""),
        ):
            with self.subTest(bound=bound, **env, arguments=arguments):
                code, out, errors = self.launch(*arguments, bound=bound, env=env)
                table = self.launch(*arguments, "--doctor", bound=bound, env=env)[1].splitlines()
                self.assertEqual(table[0].split()[4:6], ["threads", "by"])
                self.assertEqual(table[1].split()[4:6], [str(threads or "?"), by])
                if error:
                    self.assertEqual(len(errors), 1, errors)
                    self.assertTrue(errors[0].startswith(f"tally-train: {error}"), errors)
                    self.assertIn(error if error.startswith("warning") else f"error: {error}", "\n".join(table))
                if error and not error.startswith("warning"):
                    self.assertEqual(code, 2)
                    continue
                self.assertEqual(code, 0, errors)
                self.assertEqual(bool(errors), bool(error), errors)
                said = f" (as {by} says)" if by.startswith(("OMP", "SLURM")) else ""
                self.assertIn(f", 1 rank, {threads} thread{'s' * (threads > 1)}{said} in all\n", out)
                shutil.rmtree(self.directory / "run")

    def test_too_small_stacks_are_refused(self):
        """Threads would end the program where a library makes its code, or where Eigen keeps its operands."""
        for kernels, size, kib, needed in (("", "16K", 16, 256), ("", "200k", 200, 256), ("eigen", "1M", 1024, 2304)):
            env = {"OMP_STACKSIZE": size, "TALLY_KERNELS": kernels}
            refusal = (f"the stacks of threads have {kib} KiB, expected at least {needed}; unset OMP_STACKSIZE or set it "
                       "to 4M, or raise the limit (ulimit -s)")
            with self.subTest(**env):
                code, _, errors = self.launch("--threads", "2", "--quiet", env=env)
                self.assertEqual((code, len(errors)), (2, 1), errors)
                self.assertTrue(errors[0].startswith("tally-train: ") and errors[0].endswith(refusal), errors)
        self.train("run", "--max-steps", 1)
        result = run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--threads", 2, env=env)
        self.assertEqual((result.code, result.err), (2, f"tally-evaluate: {refusal}\n"))
        env["OMP_STACKSIZE"] = "4M"
        result = run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--threads", 2, env=env)
        self.assertEqual((result.code, result.err), (0, ""))

    def test_other_tools_read_it_too(self):
        self.train("run", "--max-steps", 1)
        model = self.directory / "run"
        for tool, arguments in (("tally-evaluate", [model, "--data", DIGITS]),
                                ("tally-predict", [model, ROOT / "data" / "drawings" / "3-blue-pen.png"]),
                                ("tally-data", ["outliers", DIGITS, "--out", self.directory / "outliers"])):
            with self.subTest(tool):
                result = run(tool, *arguments, env={"OMP_NUM_THREADS": "no"})
                self.assertEqual(result.code, 2)
                self.assertIn(f"{tool}: OMP_NUM_THREADS: expected a number of threads from 1 to 4096, or a "
                              'list such as 4,2, got "no"; correct it, unset it, or give --threads\n',
                              result.err)
        for env, arguments in (({"OMP_NUM_THREADS": "2,1"}, []), ({"OMP_NUM_THREADS": "no"}, ["--threads", 1])):
            result = run("tally-evaluate", model, "--data", DIGITS, *arguments, env=env)
            self.assertEqual(result.code, 0, result.err)


class Surroundings(TallyTest):
    """What a terminal does to the programs that were started in it."""

    def start(self, *arguments, **options):
        process = subprocess.Popen(
            [BIN / "tally-train", "--run-dir", self.directory / "run", "--data", DIGITS, *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, stdin=subprocess.DEVNULL,
            env={**os.environ, **stop_at("reduce", step=5)}, **options)
        self.addCleanup(process.kill)
        wait_until(lambda: state_of(process.pid) == "T", "stops itself")
        return process

    def test_a_hang_up_saves_and_stops(self):
        process = self.start("--epochs", "9999")
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGCONT)
        output = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 75, output)
        state, facts = status(self.directory / "run")
        self.assertEqual((state, facts["reason"]), ("RESUME", "SIGHUP"))
        self.assertEqual(facts["checkpoint"], f"step-{int(facts['step']):012}.h5")
        self.assertIn(int(facts["step"]), range(6, 6 + soon()))

    def test_nohup_is_left_alone(self):
        process = self.start("--epochs", "1", preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_IGN))
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGCONT)
        output = process.communicate(timeout=60)[0]
        self.assertEqual(process.returncode, 0, output)
        self.assertEqual(status(self.directory / "run")[0], "DONE")

    def test_a_limit_of_file_sizes_costs_a_warning_and_not_the_training(self):
        recipe = ["--network", "dense:2000,relu,dense:10", "--train-limit", 512, "--epochs", 2]
        done = subprocess.run(
            ["bash", "-c", 'ulimit -f 8192; "$@"', "bash",
             *command("tally-train", "--run-dir", self.directory / "run", "--data", DIGITS, *recipe)],
            capture_output=True, text=True, check=False, timeout=60)  # Python alone would ignore it, too
        self.assertEqual(done.returncode, 1, done)
        self.assertEqual(len(re.findall("^epoch ", done.stdout, re.MULTILINE)), 2)
        # Open MPI 5 says that its shared memory is too small, too.
        warnings = [line for line in done.stderr.splitlines() if line.startswith("tally-train: ")]
        self.assertEqual(len(warnings), 4, done.stderr)
        for line, step in zip(warnings, (4, 8, 8), strict=False):
            self.assertRegex(line, rf"^tally-train: warning: no checkpoint: .*/step-{step:012}\.h5: cannot "
                             "write: File too large; there is none$")
        self.assertEqual(warnings[-1], "tally-train: the final checkpoint could not be written; make room "
                         "and continue with --resume; there is no checkpoint")
        self.assertEqual(list((self.directory / "run" / "checkpoints").iterdir()), [])

    def test_a_profile_that_was_asked_for_is_printed(self):
        result = self.train("run", "--max-steps", 3, "--profile", "--quiet")
        lines = result.out.splitlines()
        self.assertRegex(lines[0], r"^seconds +minimum +mean +maximum +share$")
        self.assertRegex(lines[-1], r"^first step \d")
        self.assertNotIn("epoch", result.out)


class Scripts(TallyTest):
    """Under a python3 that lacks the distribution's packages."""

    def python(self, *arguments, words='exec /usr/bin/python3 -S "$@"'):
        bare = self.directory / "python3"
        bare.write_text(f"#!/bin/sh\n{words}\n")
        bare.chmod(0o755)
        return subprocess.run(
            [bare, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=100,
            cwd=self.directory, env={**os.environ, "PATH": f"{self.directory}:{os.environ['PATH']}"})

    def test_find_the_one_that_has_them(self):
        for script in sorted((ROOT / "scripts").glob("*.py")):
            if "argparse" not in script.read_text():
                continue
            with self.subTest(script.name):
                done = self.python(script, "--help")
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.startswith(f"usage: {script.name}"), done.stdout)
        done = self.python(ROOT / "scripts" / "make_drawings.py", self.directory / "drawings")
        self.assertEqual((done.returncode, done.stderr), (0, ""))

    def test_say_what_to_install(self):
        script = self.directory / "scripts" / "curves.py"
        script.parent.mkdir()
        script.write_text(f"import sys\nsys.path.insert(0, {str(ROOT / 'scripts')!r})\n"
                          "import python_packages\n"
                          'python_packages.require(json="python3", no_such_plot="python3-plot")\n')
        expected = (1, "curves.py: needs no_such_plot, which no python3 here has; on Debian and Ubuntu install "
                       "python3-plot\n")
        done = self.python(script)
        self.assertEqual((done.returncode, done.stderr), expected)
        with self.subTest("a folder of that name"):
            (self.directory / "no_such_plot").mkdir()
            done = self.python(script)
            self.assertEqual((done.returncode, done.stderr), expected)
        with self.subTest("a python3 that promises what it does not hold"):
            done = self.python(script, words='[ "$1" != -c ] || exit 0; exec /usr/bin/python3 "$@"')
            self.assertEqual((done.returncode, done.stderr), expected)


if __name__ == "__main__":
    main()
