# SPDX-License-Identifier: MIT
"""A run directory that cannot be written: refused before the training, or, when it becomes so or
vanishes in the middle, a warning at each interval and a training that goes on to its end."""
import os
import re
import shutil
import signal
import subprocess

from tally_testing import (ROOT, TallyTest, command, digest, main, patience, run, status, stop_at,
                           wait_for_stop, without_notices)

EPOCHS = 6
SAVED = 2  # epochs before the loss
RECIPE = ["--data", "data/digits", "--epochs", EPOCHS]


class LostDirectory(TallyTest):
    def mount(self, *arguments):
        mounted = subprocess.run(["mount", *map(str, arguments)], capture_output=True, text=True,
                                 check=False)
        if mounted.returncode != 0:
            self.skipTest(f"cannot mount: {mounted.stderr.strip()}")

    def make_read_only(self, directory):
        self.mount("--bind", directory, directory)
        self.addCleanup(subprocess.run, ["umount", str(directory)], capture_output=True, check=False)
        self.mount("-o", "remount,bind,ro", directory)

    def losing(self, lose):
        """A training during which `lose` was done to its directory: result, epochs saved before."""
        run_dir = self.directory / "run"
        process = subprocess.Popen(
            command("tally-train", "--run-dir", run_dir, *RECIPE, ranks=2), cwd=ROOT,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, **stop_at("evaluate", step=32 * SAVED + 1)})
        self.addCleanup(process.kill)
        ranks = wait_for_stop(process)
        try:
            lose(run_dir)
        finally:
            os.kill(ranks[0], signal.SIGCONT)
        out, errors = process.communicate(timeout=patience(60))
        self.assertEqual(process.returncode, 1, errors)
        saved = len(re.findall(r" saved$", out, re.MULTILINE))
        self.assertEqual(len(re.findall(r"^epoch ", out, re.MULTILINE)), EPOCHS)
        self.assertEqual(saved, SAVED)
        return without_notices(errors).splitlines(), saved

    def test_a_read_only_directory_is_refused_before_the_training(self):
        self.train("run", "--epochs", 1)
        run_dir = self.directory / "run"
        before = sorted(run_dir.glob("**/*"))
        (self.directory / "parent").mkdir()
        self.make_read_only(self.directory / "parent")
        cases = [
            (run_dir / "checkpoints", ["--resume"], run_dir,
             f"{run_dir}/checkpoints: cannot be written"),
            (run_dir, ["--resume"], run_dir, f"{run_dir}/run.lock: cannot be written"),
            (None, [], self.directory / "parent" / "run",
             f"{self.directory}/parent/run/checkpoints: cannot be made"),
        ]
        for directory, arguments, given, message in cases:
            with self.subTest(message):
                if directory:
                    self.make_read_only(directory)
                result = run("tally-train", "--run-dir", given, "--data", "data/digits", *arguments,
                             ranks=3, env={"OMPI_MCA_odls_base_sigkill_timeout": "0"})
                self.assertEqual(
                    (result.code, result.err), (2, f"tally-train: {message}: Read-only file system; "
                                                "choose another --run-dir\n"))
                self.assertNotIn("epoch", result.out)
        self.assertEqual(sorted(run_dir.glob("**/*")), before)

    def test_a_directory_that_becomes_read_only(self):
        errors, saved = self.losing(self.make_read_only)
        run_dir = self.directory / "run"
        last = f"step-{32 * saved:012}.h5"
        expected = [f"tally-train: warning: no checkpoint: {run_dir}/checkpoints/step-{32 * epoch:012}"
                    f".h5: cannot create: Read-only file system; the last one is {last}"
                    for epoch in [*range(saved + 1, EPOCHS + 1), EPOCHS]]
        expected += [f"tally-train: warning: {run_dir}/run.status: cannot create: Read-only file "
                     "system", "tally-train: the final checkpoint could not be written; make room "
                     f"and continue with --resume; the last checkpoint is {last}"]
        self.assertEqual(errors, expected)
        subprocess.run(["umount", str(run_dir)], check=True)
        self.assertEqual(status(run_dir)[0], "RESUME")
        self.train("run", "--resume", ranks=3)
        self.train("whole", *RECIPE)
        self.assertEqual(digest(run_dir), digest(self.directory / "whole"))
        rows = [(self.directory / name / "metrics.csv").read_text() for name in ("run", "whole")]
        self.assertEqual(rows[0], rows[1])

    def test_a_directory_that_vanishes(self):
        errors, saved = self.losing(shutil.rmtree)
        run_dir = self.directory / "run"
        rows = f"tally-train: warning: {run_dir}/metrics.csv: cannot write: the file was removed or " \
               "replaced; --resume makes it again"
        expected = []
        for epoch in range(saved + 1, EPOCHS + 1):
            path = f"{run_dir}/checkpoints/step-{32 * epoch:012}.h5"
            expected += [rows, f"tally-train: warning: no checkpoint: {path}: cannot create: No such "
                         "file or directory; there is none"]
        expected += [expected[-1], f"tally-train: warning: {run_dir}/run.status: cannot create: No "
                     "such file or directory", "tally-train: the final checkpoint could not be "
                     "written; make room and continue with --resume; there is no checkpoint"]
        self.assertEqual(errors, expected)
        self.assertFalse(run_dir.exists())


if __name__ == "__main__":
    main()
