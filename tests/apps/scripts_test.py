# SPDX-License-Identifier: MIT
"""The scripts, the layers and the links of the programs."""
import gzip
import json
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import unittest

from tally_testing import BIN, DIGITS, ROOT, TallyTest, main, read_dataset, require_mnist


def sh(*line, **options):
    return subprocess.run([str(word) for word in line], capture_output=True, text=True, check=False,
                          **options)


class Scripts(TallyTest):
    def test_layers_include_only_what_they_may(self):
        result = sh("/usr/bin/python3", ROOT / "scripts" / "check_layers.py")
        self.assertEqual(result.returncode, 0, result.stdout)

    def test_the_layer_check_can_fail(self):
        copy = self.directory / "copy"
        for name in ("include", "src", "scripts"):
            shutil.copytree(ROOT / name, copy / name)
        header = copy / "include" / "tally" / "nn" / "layer.hpp"
        header.write_text('#include <mpi.h>\n#include "tally/io/checkpoint.hpp"\n'
                          '#include "tally/nn/network.hpp"\n' + header.read_text())
        tool = copy / "src" / "apps" / "sweep" / "plan.hpp"
        tool.write_text('#include "status/report.hpp"\n#include <mpi.h>\n' + tool.read_text())
        table = copy / "src" / "apps" / "serve" / "table.hpp"
        table.write_text('#include "serve/queue.hpp"\n' + table.read_text())
        result = sh("/usr/bin/python3", copy / "scripts" / "check_layers.py")
        self.assertEqual(result.returncode, 1)
        self.assertIn("include/tally/nn/layer.hpp: mpi.h: layer nn may not use this package",
                      result.stdout)
        self.assertIn("layer nn may not include layer io", result.stdout)
        self.assertIn("a circle of headers: include/tally/nn/network.hpp includes include/tally/nn/layer.hpp "
                      "includes include/tally/nn/network.hpp", result.stdout)
        self.assertIn("a circle of headers: src/apps/serve/queue.hpp includes src/apps/serve/table.hpp "
                      "includes src/apps/serve/queue.hpp", result.stdout)
        self.assertIn("src/apps/sweep/plan.hpp: status/report.hpp: folder sweep of src/apps may not include status",
                      result.stdout)
        self.assertIn("src/apps/sweep/plan.hpp: mpi.h: layer apps may not use this package", result.stdout)

    def test_only_the_trainer_links_mpi(self):
        linked = {tool.name: "libmpi" in sh("ldd", tool).stdout for tool in BIN.glob("tally-*")}
        self.assertEqual(linked, {"tally-train": True, "tally-evaluate": False,
                                  "tally-predict": False, "tally-data": False,
                                  "tally-checkpoint": False, "tally-status": False, "tally-sweep": False})

    def test_shell_scripts_say_what_they_do(self):
        for script in ROOT.glob("scripts/*.sh"):
            if script.name.startswith("packages"):  # sourced by the others
                continue
            with self.subTest(script.name):
                result = sh(os.path.relpath(script, self.directory), "--help", cwd=self.directory, timeout=60)
                self.assertEqual((result.returncode, result.stderr), (0, ""))
                self.assertRegex(result.stdout, f"^{re.escape(script.name)}[ :]")
                self.assertEqual(list(self.directory.iterdir()), [])

    def test_shell_scripts_pass_shellcheck(self):
        if not shutil.which("shellcheck"):
            self.skipTest("shellcheck is not installed")
        scripts = [*ROOT.glob("scripts/*.sh"), *ROOT.glob("slurm/*.s*"), ROOT / "slurm" / "tally-sbatch",
                   *ROOT.glob("tests/support/*.sh"), *ROOT.glob("packaging/*.sh"),
                   ROOT / "packaging" / "bash_completion", ROOT / ".ci" / "run"]
        self.assertGreater(len(scripts), 4)
        result = sh("shellcheck", "-x", *scripts, cwd=ROOT)
        self.assertEqual(result.returncode, 0, result.stdout)


class PublicHeaders(unittest.TestCase):
    def test_begin_alike(self):
        headers = list(ROOT.glob("include/tally/*/*.hpp"))
        self.assertGreater(len(headers), 50)
        for header in headers:
            text = header.read_text()
            self.assertTrue(text.startswith("// SPDX-License-Identifier: MIT\n#pragma once\n"), header)

    def test_compile_alone(self):
        """A header is the first include of its own source, or is compiled here by itself."""
        commands = json.loads((BIN.parent / "compile_commands.json").read_text())
        for header in ROOT.glob("include/tally/*/*.hpp"):
            layer, name = header.parent.name, header.name
            source = ROOT / "src" / layer / f"{header.stem}.cpp"
            with self.subTest(f"{layer}/{name}"):
                if source.exists():
                    first = re.search(r"^#include (.*)$", source.read_text(), re.MULTILINE).group(1)
                    self.assertEqual(first, f'"tally/{layer}/{name}"')
                    continue
                flags = next(shlex.split(entry["command"]) for entry in commands
                             if f"/src/{layer}/" in entry["file"])
                flags = flags[: flags.index("-o")]
                result = sh(*flags, "-fsyntax-only", "-include", header, "-x", "c++", "/dev/null",
                            cwd=BIN.parent)
                self.assertEqual(result.returncode, 0, result.stderr)


class GetMnist(TallyTest):
    def get(self, *arguments):
        return sh(ROOT / "scripts" / "get_mnist.sh", *arguments)

    def test_copies_and_verifies(self):
        mnist = require_mnist()
        target = self.directory / "mnist"
        result = self.get("--from", mnist, target)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(sorted(p.name for p in target.iterdir()), [
            "t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz",
            "train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
        again = self.get("--from", self.directory / "nowhere", target)
        self.assertEqual(again.returncode, 0, "what is there already need not be fetched again")

    def test_refuses_other_data_and_leaves_nothing_behind(self):
        target = self.directory / "mnist"
        result = self.get("--from", DIGITS, target)
        self.assertEqual(result.returncode, 1)
        self.assertIn("train-images-idx3-ubyte: expected SHA-256 ba891046e6505d7aadcbbe25680a0738ad1"
                      "6aec93bde7f9b65e87a2fc25776db, got ", result.stderr)
        self.assertFalse(target.exists())

    def test_says_that_the_target_cannot_be_written(self):
        """As the data of an installation, for all but its owner."""
        file = self.directory / "file"
        file.touch()
        result = self.get("--from", DIGITS, file / "mnist")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"get_mnist.sh: {file}/mnist: cannot be written; give a TARGET of your own, "
                         "and tally-train --data TARGET\n")

    def test_says_which_file_a_directory_lacks(self):
        result = self.get("--from", self.directory, self.directory / "mnist")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"get_mnist.sh: {self.directory}: holds neither "
                         "train-images-idx3-ubyte nor train-images-idx3-ubyte.gz\n")


class PlotMetrics(TallyTest):
    def test_draws_the_curves_of_several_runs(self):
        for name in ("a", "b"):
            self.train(name, "--epochs", 2, "--validation", 100)
        out = self.directory / "curves.png"
        result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory / "a",
                    self.directory / "b", "--out", out)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertTrue(out.read_bytes().startswith(b"\x89PNG"))

    def test_refuses_what_is_no_run(self):
        result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr, f"plot_metrics.py: {self.directory}/metrics.csv: cannot be "
                         "opened (No such file or directory); expected the run directory of a "
                         "training\n")

    def test_refuses_a_run_without_epochs(self):
        self.train("none", "--epochs", 0)
        result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory / "none")
        self.assertEqual(result.returncode, 1)
        self.assertIn("expected at least one finished epoch, got none", result.stderr)

    def test_refuses_what_is_no_file_of_a_training(self):
        metrics = self.directory / "metrics.csv"
        for contents in (b"epoch,train_loss\n1,much\n", b"epoch,train_loss\n1,2\n2\n", b"\xff\xfe", b"a,b\n1,2\n",
                         b"epoch\n1,2\n"):
            metrics.write_bytes(contents)
            result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory)
            self.assertEqual(result.returncode, 1, contents)
            self.assertRegex(result.stderr, rf"^plot_metrics\.py: {metrics}: expected .*\n$")

    def test_refuses_to_write_where_it_cannot(self):
        (self.directory / "metrics.csv").write_text("epoch,train_loss,train_accuracy\n1,2,0.5\n")
        for name in ("none/curves.png", "curves.txt"):
            out = self.directory / name
            result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory, "--out", out)
            self.assertEqual(result.returncode, 1)
            self.assertRegex(result.stderr, rf"^plot_metrics\.py: {out}: cannot be written \(.*\)\n$")

    def test_waits_for_no_pipe_and_follows_no_link(self):
        metrics, victim = self.directory / "metrics.csv", self.directory / "victim"
        for make in (lambda: os.mkfifo(metrics), lambda: (metrics.touch(), os.truncate(metrics, 1 << 40))):
            make()
            result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory)
            self.assertEqual((result.returncode, result.stderr), (
                1, f"plot_metrics.py: {metrics}: cannot be opened (expected a regular file of at most 64 MB); "
                "expected the run directory of a training\n"))
            metrics.unlink()
        metrics.write_text("epoch,train_loss,train_accuracy\n1,2,0.5\n")
        victim.write_text("kept")
        picture = self.directory / "metrics.png"
        picture.symlink_to(victim)
        result = sh(ROOT / "scripts" / "plot_metrics.py", self.directory)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(victim.read_text(), "kept")
        self.assertFalse(picture.is_symlink())
        self.assertEqual(sorted(path.name for path in self.directory.iterdir()), ["metrics.csv", "metrics.png", "victim"])


class PlotScaling(TallyTest):
    HEAD = "scaling,nodes,ranks,batch_size,samples_per_second,lowest,highest,repeats,speedup,efficiency\n"

    def draw(self, table):
        (self.directory / "scaling.csv").write_text(table)
        return sh(ROOT / "scripts" / "plot_scaling.py", self.directory)

    def test_draws_medians_bars_and_the_ideal(self):
        result = self.draw(self.HEAD + "strong,1,2,256,100,90,105,3,1,1\nstrong,2,4,256,180,170,190,3,1.8,0.9\n"
                                       "weak,1,2,256,92,90,95,3,1,1\nweak,2,4,512,175,170,180,3,1.9,0.95\n")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertTrue((self.directory / "scaling.png").read_bytes().startswith(b"\x89PNG"))

    def test_refuses_what_is_no_table(self):
        self.assertIn("scaling.csv: cannot be opened",
                      sh(ROOT / "scripts" / "plot_scaling.py", self.directory / "nowhere").stderr)
        for table, expected in ((self.HEAD, "expected at least one measurement, got none"),
                                (self.HEAD + "strong,1,2,256,fast,90,105,3,1,1\n", "with figures in the columns"),
                                ("a,b\n1,2\n", "with figures in the columns")):
            result = self.draw(table)
            self.assertEqual(result.returncode, 1)
            self.assertIn(expected, result.stderr)


class EmbeddedData(TallyTest):
    def test_digits_are_what_their_readme_says(self):
        train, train_labels, test, test_labels = read_dataset(DIGITS)
        self.assertEqual((train.shape, test.shape), ((4000, 28, 28), (1000, 28, 28)))
        for labels, count in ((train_labels, 400), (test_labels, 100)):
            self.assertEqual([int((labels == digit).sum()) for digit in range(10)], [count] * 10)

    def test_the_making_command_makes_the_same_files(self):
        sheet = pathlib.Path("/usr/share/doc/opencv-doc/examples/data/digits.png")
        if not sheet.exists():
            self.skipTest("Debian's opencv-doc, which holds digits.png, is not installed")
        result = sh(BIN / "tally-data", "from-images", sheet, "--cell", "20x20", "--test-per-class",
                    100, "--out", self.directory / "digits")
        self.assertEqual(result.returncode, 0, result.stderr)
        for path in DIGITS.glob("*.gz"):
            with gzip.open(path) as ours, gzip.open(self.directory / "digits" / path.name) as made:
                self.assertEqual(ours.read(), made.read(), path.name)


class JobScripts(unittest.TestCase):
    """What they refuse before they need SLURM; tests/slurm has the rest."""

    def test_need_a_run_directory(self):
        for name, options in (("train", []), ("train-srun", []), ("scaling", []), ("sweep", ["seed=1"])):
            with self.subTest(name):
                result = sh("bash", "-eu", f"slurm/{name}.sbatch", *options, "--data", "data/digits", cwd=ROOT)
                self.assertEqual(result.returncode, 2)
                self.assertEqual(result.stderr, f"{name}.sbatch: expected --run-dir DIR among the options of "
                                 "tally-train\n")

    def test_need_the_program_and_all_tasks(self):
        for environment, expected in (
                ({"TALLY_TRAIN": "nowhere/tally-train"}, "nowhere/tally-train: not found from"),
                ({"SLURM_NTASKS_PER_NODE": "8", "SLURM_JOB_NUM_NODES": "2", "SLURM_NTASKS": "2"},
                 "--ntasks-per-node=8 on 2 nodes, but 2 tasks in all")):
            with self.subTest(expected):
                result = sh("bash", "-eu", "slurm/train.sbatch", "--run-dir", "runs/x", cwd=ROOT,
                            env={**os.environ, "TALLY_TRAIN": str(BIN / "tally-train"), **environment})
                self.assertEqual(result.returncode, 2)
                self.assertIn(f"train.sbatch: {expected}", result.stderr)

    def test_a_sweep_needs_a_run_for_each_task(self):
        for words, task, expected in (
                (["seed"], 1, 'tally-sweep: "seed": expected OPTION=VALUE,VALUE,..., or a file of configurations'),
                ([""], 1, 'tally-sweep: "": expected OPTION=VALUE'),
                (["seed=1,2"], 3, "tally-sweep: task 3: expected a number from 1 to 2"),
                ([], 1, "sweep.sbatch: expected what is varied, OPTION=VALUE,VALUE,... or a file of configurations"),
                (["seed=1,2"], "", "sweep.sbatch: 2 trainings make a job array; submit them with "
                                   "sbatch --array=1-2 slurm/sweep.sbatch seed=1\\,2 --run-dir runs/x")):
            with self.subTest(words, task=task):
                result = sh("bash", "-eu", "slurm/sweep.sbatch", *words, "--run-dir", "runs/x", cwd=ROOT, env={
                    **os.environ, "SLURM_ARRAY_TASK_ID": str(task), "TALLY_TRAIN": str(BIN / "tally-train")})
                self.assertEqual(result.returncode, 2)
                self.assertIn(expected, result.stderr)
                self.assertEqual(result.stdout, "")


if __name__ == "__main__":
    main()
