# SPDX-License-Identifier: MIT
"""cmake --install into a folder, and everything used from there, in another directory."""
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from tally_testing import BIN, DIGITS, ROOT, RUN_MPI, TallyTest, main, require_no_sanitizer, status

TOOLS = ("train", "evaluate", "predict", "data", "checkpoint", "status", "sweep", "sbatch")
SCRIPTS = ("train", "train-srun", "sweep", "scaling")


def sh(*line, **options):
    return subprocess.run([str(word) for word in line], capture_output=True, text=True, check=False, **options)


class Installed(TallyTest):
    """One installation for all tests, which has been moved since."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        require_no_sanitizer("manual pages are made of what programs without sanitizers print")
        folder = pathlib.Path(tempfile.mkdtemp(prefix="tally-install-"))
        cls.addClassCleanup(shutil.rmtree, folder)
        done = sh("cmake", "--install", BIN.parent, "--prefix", folder / "first")
        assert done.returncode == 0, done.stderr
        cls.prefix = folder / "opt" / "tally"
        cls.prefix.parent.mkdir()
        (folder / "first").rename(cls.prefix)
        cls.share = cls.prefix / "share" / "tally"

    def tool(self, name):
        return self.prefix / "bin" / f"tally-{name}"

    def train(self, run_dir="run", *arguments):
        result = sh(RUN_MPI, 1, self.tool("train"), "--run-dir", run_dir, "--epochs", 1, *arguments,
                    cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return result

    def test_tools_find_the_installed_data(self):
        self.assertIn(f"{self.share}/data/digits", self.train().stdout.splitlines()[0])
        result = sh(self.tool("evaluate"), "run", cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        drawings = sorted((self.share / "data" / "drawings").iterdir())
        result = sh(self.tool("predict"), "run", *drawings, cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(result.stdout.splitlines()), len(list((ROOT / "data" / "drawings").iterdir())))

    def test_a_training_is_launched_by_the_installed_script(self):
        result = sh(self.share / "scripts" / "train.sh", RUN_MPI, 1, self.tool("train"), "--run-dir", "run",
                    "--max-steps", 5, cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(status(self.directory / "run")[0], "DONE")

    def test_curves_are_drawn(self):
        self.train()
        result = sh("/usr/bin/python3", self.share / "scripts" / "plot_metrics.py", "run", cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue((self.directory / "run" / "metrics.png").exists())

    def test_mnist_goes_to_the_installed_data(self):
        result = sh(self.share / "scripts" / "get_mnist.sh", "--from", DIGITS, cwd=self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected SHA-256", result.stderr)
        self.assertFalse((self.share / "data" / "mnist").exists())

    def test_documents_have_what_they_link_to(self):
        folder = self.prefix / "share" / "doc" / "tally"
        links = [(page, link) for page in (folder / "README.md", *folder.glob("docs/*.md"))
                 for link in re.findall(r"\]\(([^):#]+)[^)]*\)", page.read_text())]
        self.assertGreater(len(links), 5)
        for page, link in links:
            self.assertTrue((page.parent / link).exists(), f"{page.name}: {link}")

    def test_manual_pages_name_every_option(self):
        for tool in TOOLS:
            page = self.prefix / "share" / "man" / "man1" / f"tally-{tool}.1"
            text = page.read_text().replace("\\-", "-")
            helps = [sh(self.tool(tool), "--help").stdout]
            helps += [sh(self.tool(tool), command, "--help").stdout
                      for command in re.findall(r"^  ([a-z-]+) ", helps[0].partition("Subcommands:")[2], re.MULTILINE)]
            options = {option for each in helps for option in re.findall(r"^  (?:-h,)?(--[a-z-]+)", each, re.MULTILINE)}
            self.assertGreater(len(options), 1)
            for option in options:
                self.assertRegex(text, rf"(?m)^[.]B (-h,)?{option}\b", tool)
            if shutil.which("man"):
                shown = sh("man", "--warnings", "-l", page, env={**os.environ, "MANWIDTH": "100"})
                self.assertEqual((shown.returncode, shown.stderr), (0, ""))

    def completions(self, tool, *words):
        script = self.prefix / "share" / "bash-completion" / "completions" / f"tally-{tool}"
        result = sh("bash", "-uc", 'source "$1"; shift; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _tally "$1";'
                    ' echo "${COMPREPLY[@]}"', "bash", script, self.tool(tool), *words)
        self.assertEqual(result.returncode, 0, result.stderr)
        return result.stdout.split()

    def test_bash_completes_options_commands_and_choices(self):
        for words, expected in (
                (("train", "--checkp"), ["--checkpoint-every"]),
                (("train", "--order", ""), ["shuffled", "sequential"]),
                (("train", "--schedule", "co"), ["constant", "cosine"]),
                (("train", "--run-dir", ""), []),
                (("predict", "model", "--seg"), ["--segment"]),
                (("data", "from"), ["from-images"]),
                (("data", "from-images", "--test-"), ["--test-per-class"]),
                (("checkpoint", ""), ["info", "verify", "digest", "diff"]),
                (("checkpoint", "dig"), ["digest"]),
                (("status", "--wat"), ["--watch"]),
                (("sweep", ""), ["count", "list", "task", "table"]),
                (("sbatch", "--dry"), ["--dry-run"]),
                (("sbatch", "--dry-run", "train", "--chec"), ["--checkpoint-every", "--check"])):
            with self.subTest(words):
                self.assertEqual(self.completions(*words), expected)

    def as_slurm_runs(self, name, *options, submitted=None, is_silent=False, environment=None):
        """A copy of a job script in a spool folder, where SLURM starts it, and programs that answer as SLURM."""
        spool = self.directory / "spool" / "slurm_script"
        spool.parent.mkdir(exist_ok=True)
        script = submitted or self.share / "slurm" / f"{name}.sbatch"
        shutil.copy(script, spool)
        fakes = self.directory / "fakes"
        fakes.mkdir(exist_ok=True)
        answer = "" if is_silent else f"   Command={script} --with /some/arguments"
        (fakes / "scontrol").write_text(f"#!/bin/sh\necho '{answer}'\n")
        (fakes / "squeue").write_text("#!/bin/sh\n")
        for fake in fakes.iterdir():
            fake.chmod(0o755)
        work = self.directory / "work"
        work.mkdir(exist_ok=True)
        return sh("bash", spool, *options, cwd=spool.parent, env={
            "PATH": f"{fakes}:/usr/bin:/bin", "HOME": str(self.directory), "SLURM_JOB_ID": "7",
            "SLURM_SUBMIT_DIR": str(work), "SLURM_NTASKS": "1", "TALLY_END_TIME": "none",
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1", **(environment or {})})

    def test_job_scripts_run_from_anywhere(self):
        result = self.as_slurm_runs("train", "--run-dir", "runs/a", "--max-steps", 5)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertEqual(status(self.directory / "work" / "runs" / "a")[0], "DONE")
        self.assertIn(f"{self.share}/data/digits", result.stdout)

    def test_job_scripts_find_what_they_share(self):
        for name in SCRIPTS:
            with self.subTest(name):
                result = self.as_slurm_runs(name, *(["seed=1"] if name == "sweep" else []))
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stderr, f"{name}.sbatch: expected --run-dir DIR among the options of tally-train\n")

    def test_a_job_script_of_ones_own_is_told_where_the_rest_is(self):
        own = self.directory / "mine.sbatch"
        shutil.copy(self.share / "slurm" / "train.sbatch", own)
        result = self.as_slurm_runs("train", submitted=own)
        self.assertEqual(result.returncode, 2)
        self.assertIn(f"Tally's job.sh: not in {own.parent} ", result.stderr)
        self.assertIn("set TALLY_SLURM to the folder that has it", result.stderr)
        result = self.as_slurm_runs("train", submitted=own, environment={"TALLY_SLURM": str(self.share / "slurm")})
        self.assertIn("expected --run-dir DIR", result.stderr)

    def test_no_other_job_sh_is_run(self):
        """Neither in the folder of the submission nor beside the script, where SLURM says nothing or says that."""
        own = self.directory / "mine.sbatch"
        for name in SCRIPTS:
            shutil.copy(self.share / "slurm" / f"{name}.sbatch", own)
            for folder in (self.directory, self.directory / "work", self.directory / "work" / "slurm"):
                folder.mkdir(exist_ok=True)
                (folder / "job.sh").write_text("echo run by mistake\n")
            for silent in (False, True):
                with self.subTest(name, silent=silent):
                    result = self.as_slurm_runs(name, "--run-dir", "run", submitted=own, is_silent=silent)
                    self.assertEqual((result.returncode, result.stdout), (2, ""), result.stderr)
                    self.assertIn("Tally's job.sh: not in", result.stderr)
            only = self.as_slurm_runs(name, environment={"TALLY_SLURM": str(self.directory)})
            self.assertEqual((only.returncode, only.stdout), (2, ""))
            self.assertIn(f"Tally's job.sh: not in {self.directory};", only.stderr)


if __name__ == "__main__":
    main()
