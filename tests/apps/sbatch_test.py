# SPDX-License-Identifier: MIT
"""tally-sbatch: what it checks, the line that it makes, and what it submits; with programs that answer as SLURM.
And what each start of a job sources first."""
import os
import pwd
import shlex
import shutil
import subprocess

from tally_testing import BIN, DIGITS, ROOT, TallyTest, main

SLURM = ROOT / "slurm"
FOR_THEMSELVES = "most nodes have a folder of that name for themselves"


class SbatchTest(TallyTest):
    def setUp(self):
        super().setUp()
        self.fakes = self.directory / "fakes"
        self.fakes.mkdir()
        self.submitted = self.directory / "submitted"
        self.fake("sbatch", f'case " $* " in *" --test-only "*) echo "$REFUSAL" >&2; [ -z "$REFUSAL" ];; '
                            f'*) printf "%s\\n" "$@" >{self.submitted}; echo Submitted batch job 7;; esac')
        self.fake("scontrol", 'case "$1 $2" in "show config") echo "MaxArraySize            = 20";; "show partition") '
                              'echo "PartitionName=short AllowGroups=ALL Default=YES MaxNodes=9 MaxTime=00:30:00 MinNodes=0"; '
                              'echo "PartitionName=long Default=NO MaxTime=1-12:00:00 MinNodes=0"; '
                              'echo "PartitionName=free Default=NO MaxTime=UNLIMITED MinNodes=0";; esac')
        self.fake("srun", 'echo "MPI plugin types are: ${PMI:-none pmi2}"')
        self.home = self.directory / "home"
        self.home.mkdir()
        self.runs = self.directory / "runs"

    def fake(self, name, script):
        (self.fakes / name).write_text(f"#!/bin/bash\n{script}\n")
        (self.fakes / name).chmod(0o755)

    def submit(self, *arguments, code=0, program=SLURM / "tally-sbatch", cwd=ROOT, **environment):
        self.submitted.unlink(missing_ok=True)
        done = subprocess.run(
            [str(word) for word in (program, *arguments)], cwd=cwd, capture_output=True, text=True, check=False,
            env={"PATH": f"{self.fakes}:/usr/bin:/bin", "HOME": str(self.home), "TALLY_TRAIN": str(BIN / "tally-train"),
                 **environment})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        # The directory of a test is where no run should be kept.
        done.places = [line for line in done.stderr.splitlines() if FOR_THEMSELVES in line]
        done.stderr = "".join(f"{line}\n" for line in done.stderr.splitlines() if FOR_THEMSELVES not in line)
        return done

    def line(self, done):
        """The printed line, as the shell reads it."""
        return shlex.split(done.stdout.splitlines()[-1 if "Submitted" not in done.stdout else -2])

    def training(self, *arguments):
        return ("--run-dir", self.runs / "a", "--data", DIGITS, *arguments)


class Submits(SbatchTest):
    def test_what_it_prints(self):
        done = self.submit("--nodes=2", "-n", 4, "--time", "1:00", "train", *self.training("--epochs", 2))
        expected = ["sbatch", "--nodes=2", "-n", "4", "--time", "1:00", str(SLURM / "train.sbatch"),
                    *map(str, self.training("--epochs", 2))]
        self.assertEqual(self.line(done), expected)
        self.assertEqual(self.submitted.read_text().splitlines(), expected[1:])
        self.assertEqual(done.stdout.splitlines()[-1], "Submitted batch job 7")
        self.assertEqual(done.stderr, "")
        self.assertIn(f"data: {DIGITS}: 4 000 training", done.stdout)
        self.assertFalse(self.runs.exists())

    def test_nothing_on_a_dry_run(self):
        done = self.submit("--dry-run", "train", *self.training())
        self.assertEqual(self.line(done)[:2], ["sbatch", str(SLURM / "train.sbatch")])
        self.assertFalse(self.submitted.exists())

    def test_words_with_blanks_whole(self):
        data = self.directory / "my data"
        shutil.copytree(DIGITS, data)
        done = self.submit("--job-name", "my job", "train", "--run-dir", self.runs / "a b", "--data", data)
        self.assertEqual(self.submitted.read_text().splitlines(),
                         ["--job-name", "my job", str(SLURM / "train.sbatch"), "--run-dir", f"{self.runs}/a b",
                          "--data", str(data)])
        self.assertEqual(self.line(done)[1:], self.submitted.read_text().splitlines())

    def test_a_script_of_ones_own(self):
        own = self.directory / "mine.sbatch"
        own.write_text("#!/bin/bash\n#SBATCH --ntasks=4\n")
        self.submit(own, *self.training())
        self.assertEqual(self.submitted.read_text().splitlines()[0], str(own))

    def test_from_an_installation_with_blanks(self):
        prefix = self.directory / "my prefix"
        done = subprocess.run(["cmake", "--install", BIN.parent, "--prefix", prefix], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        done = self.submit("train", "--run-dir", "runs/a", program=prefix / "bin" / "tally-sbatch", TALLY_TRAIN="",
                           cwd=self.directory)
        self.assertEqual(self.line(done)[:2], ["sbatch", f"{prefix}/share/tally/slurm/train.sbatch"])
        self.assertIn(f"data: {prefix}/share/tally/data/digits: ", done.stdout)
        done = self.submit("--version", program=prefix / "bin" / "tally-sbatch", TALLY_TRAIN="")
        self.assertRegex(done.stdout, r"^tally-sbatch \d+[.]\d+")


class Checks(SbatchTest):
    def refused(self, *arguments, **environment):
        done = self.submit(*arguments, code=2, **environment)
        self.assertFalse(self.submitted.exists())
        return done.stderr

    def test_the_training(self):
        for arguments, expected in (
                (["--epochs", "x"], "error: --epochs: expected a whole number"),
                (["--sede", 1], "error: "),
                (["--data", "/nowhere"], "error: "),
                (["--network", "dense:5"], "error: "),
                (["--batch-size", 10, "--micro-batch", 3], "error: --micro-batch: expected a divisor")):
            with self.subTest(arguments):
                told = self.refused("train", *self.training(*arguments))
                self.assertIn(expected, told)
                self.assertIn("tally-sbatch: 1 error: not submitted; --force submits it", told)
        done = self.submit("--force", "train", *self.training("--network", "dense:5"))
        self.assertIn("error: ", done.stderr)
        self.assertTrue(self.submitted.exists())
        self.assertIn("warning: --network: the last layer has 50 outputs",
                      self.submit("train", *self.training("--network", "dense:50")).stderr)

    def test_the_command(self):
        for arguments, expected in (
                ([], "expected train, train-srun, sweep, scaling or a job script"),
                (["--dryrun", "train", *self.training()],
                 "--dryrun has taken one for its value: is it an option of sbatch?"),
                (["train", "--run_dir", self.runs, "--data", DIGITS], f"error: --run_dir {self.runs}: not expected"),
                (["train", *self.training("--nodes=2")], "--nodes=2: not expected; see --help; --nodes belongs before train"),
                (["train", *self.training("--dry-run")], "--dry-run belongs before train"),
                (["trian"], "trian: expected train, train-srun, sweep, scaling or a job script"),
                (["train"], "expected --run-dir DIR"),
                (["--at-once", "x", "train"], '--at-once: expected a number from 1, got "x"'),
                (["sweep", *self.training()], "sweep: expected what is varied")):
            with self.subTest(arguments):
                self.assertIn(expected, self.refused(*arguments))
        self.assertIn("nowhere: not found", self.refused("train", *self.training(), TALLY_TRAIN="nowhere"))

    def test_that_the_program_runs_here(self):
        """As one that is built for other processors does not."""
        self.fake("tally-train", "echo Illegal instruction >&2; exit 132")
        told = self.refused("train", *self.training(), TALLY_TRAIN=str(self.fakes / "tally-train"))
        self.assertIn(f"error: {self.fakes}/tally-train --check: exit code 132: Illegal instruction", told)

    def test_that_all_workers_have_work(self):
        for request, warns in ((["-n", 4], False), (["-n8"], True), (["--ntasks=4", "--cpus-per-task=2"], True),
                               (["--ntasks", 2, "-c", 2], False), ([], False)):
            with self.subTest(request):
                told = self.submit("--dry-run", *request, "train", *self.training()).stderr
                self.assertEqual("but a batch is only 4 micro-batches" in told, warns, told)

    def test_what_the_script_requests(self):
        own = self.directory / "own.sbatch"
        for request, warns in (("-n 8", True), ("-n8", True), ("--ntasks 8   # ranks", True), ("--time 5 --ntasks=8", True),
                               ("--nodes=1 # not --ntasks=8", False), ("--ntasks=8\n#SBATCH -n 4", False),
                               ("-n 4 -c\t2", True), ("-N 8", False)):
            with self.subTest(request):
                own.write_text(f"#!/bin/bash\n#SBATCH {request}\n# -n 9\n")
                told = self.submit("--dry-run", own, *self.training()).stderr
                self.assertEqual("but a batch is only 4 micro-batches" in told, warns, told)
        own.write_text("#!/bin/bash\n#SBATCH --array 1-3\n")
        self.assertIn("error: --array=1-3: every task", self.submit(own, *self.training(), code=2).stderr)

    def test_where_the_run_is_kept(self):
        for place, warns in (("/tmp/run", True), ("/dev/shm/../shm/run", True), ("/srv/run", False), ("/tmpfs", False)):
            done = self.submit("--dry-run", "--force", "train", "--run-dir", place, "--data", DIGITS)
            self.assertEqual(len(done.places), int(warns), done.stdout + done.stderr)

    def test_the_request(self):
        told = self.refused("--nodes=2", "--ntasks-per-node=2", "train", *self.training())
        self.assertIn("error: --ntasks-per-node=2: SLURM takes it beside the script's --ntasks=2 for a limit only; "
                      "give --ntasks=4", told)
        self.assertIn("error: SLURM would not take it: invalid partition specified: x",
                      self.refused("--partition=x", "train", *self.training(), REFUSAL="invalid partition specified: x"))
        self.assertIn("error: --array=1-3: every task would train in the same --run-dir",
                      self.refused("--array=1-3", "train", *self.training()))
        self.assertIn("this SLURM has no PMIx", self.refused("train-srun", *self.training()))
        self.submit("train-srun", *self.training(), PMI="none pmix pmix_v4")
        self.assertIn("error: --at-once=2: only a sweep has several tasks",
                      self.refused("--at-once", 2, "train", *self.training()))
        (self.fakes / "sbatch").unlink()
        if not shutil.which("sbatch", path="/usr/bin:/bin"):
            self.assertIn("sbatch is not found", self.refused("train", *self.training()))


    def test_the_time(self):
        """A job that is longer than its partition allows may wait for ever."""
        for request, most in ((["--time=31"], 30), (["-t", "1:00:00"], 30), (["-t0-1"], 30), (["--time=30:01"], 30),
                              (["--time=30"], 0), (["--time=00:30:00"], 0), (["--time=29:59"], 0), (["--time=UNLIMITED"], 0),
                              (["-p", "long", "--time=2-0"], 2160), (["--partition=long", "--time=1-12:00"], 0),
                              (["--partition=short,long", "-t", "60"], 0), (["-p", "free", "--time=9-0"], 0),
                              (["-p", "other", "--time=9-0"], 0)):
            with self.subTest(request):
                told = self.submit(*request, "train", *self.training(), code=2 if most else 0).stderr
                self.assertEqual(f"gives a job {most} minutes at most, so it would never start; give --time={most}" in told,
                                 bool(most), told)

    def test_the_folder_of_the_log(self):
        for request, folder in ((["--output=logs/%j.log"], "./logs"), (["-o", "/nowhere/a.log"], "/nowhere"),
                                (["-e", "logs/%j.err"], "./logs"), (["--chdir=/tmp", "-o", "no such/a"], "/tmp/no such")):
            with self.subTest(request):
                self.assertIn(f"there is no folder {folder}, so the job would fail without a log",
                              self.refused(*request, "train", *self.training()))
        for request in (["-o", "a.log"], ["-o", "/dev/null"], ["-o", f"{self.directory}/%j"], ["-D", "/", "-o", "tmp/%j"]):
            self.submit(*request, "train", *self.training())

    def test_the_threads(self):
        told = self.refused("train", *self.training("--threads", 2))
        self.assertIn("error: --threads 2: a rank has only 1 of them as a core", told)
        self.assertIn("all 2 tasks: --threads 3: ", self.refused("-c2", "sweep", "seed=1,2", *self.training("--threads=3")))
        self.submit("-c2", "train", *self.training("--threads", 2))
        self.submit("train", *self.training("--threads", 2, "--oversubscribe"))

    def test_that_a_copy_of_a_script_finds_what_it_needs(self):
        own = self.directory / "mine.sbatch"
        shutil.copy(SLURM / "train.sbatch", own)
        self.assertIn(f"error: {own}: job.sh is not beside it",
                      self.submit(own, *self.training(), cwd=self.directory, code=2).stderr)
        self.submit(own, *self.training(), cwd=self.directory, TALLY_SLURM=str(SLURM))
        shutil.copy(SLURM / "job.sh", own.parent)
        self.submit(own, *self.training(), cwd=self.directory)

    def test_a_scaling_as_it_is_measured(self):
        """With its own batches, and in the folders that it makes."""
        scaling = ("--nodes=2", "--ntasks-per-node=1", "scaling")
        self.assertIn("micro-batch: expected a divisor", self.refused(*scaling, *self.training("--batch-size", 100)))
        self.assertIn("2 x 1 workers (ranks x cores), but a batch is only 1 micro-batch",
                      self.submit(*scaling, *self.training("--batch-size", 32)).stderr)
        options = ("--data", DIGITS, "--batch-size", 256, "--micro-batch", 32)
        self.train(self.runs / "a" / "strong-2-1-1x1-256", *options, "--max-steps", 3, "--quiet")
        self.submit(*scaling, *self.training("--batch-size", 256, "--max-steps", 3))
        for other, why in ((["--network", "dense:10"], "--network: "), (["--max-steps", 4], "expected max-steps = 4, got "
                                                                                            "max-steps = 3")):
            told = self.refused(*scaling, *self.training("--batch-size", 256, "--max-steps", 3, *other))
            self.assertIn("holds measurements of another training, as strong-2-1-1x1-256: " + why, told)
        self.submit(*scaling, *self.training("--batch-size", 512, "--network", "dense:10"))

    def test_nothing_where_tally_train_is_only_asked(self):
        self.assertIn("--run-dir", self.submit("train", "--help").stdout)
        self.assertIn("seed = 7", self.submit("sweep", "seed=1,2", "--dump-config", "--seed", 7).stdout)
        self.assertFalse(self.submitted.exists())
        self.submit("train", "--data", DIGITS, "--doctor")
        self.assertTrue(self.submitted.exists())

    def test_for_programs_say_the_number_alone(self):
        done = self.submit("--parsable", "train", *self.training())
        self.assertEqual(done.stdout, "Submitted batch job 7\n")
        self.assertIn("data: ", done.stderr)


class Sweeps(SbatchTest):
    def test_are_as_large_as_what_is_varied(self):
        for request, array in (([], "1-6"), (["--at-once", 2], "1-6%2"), (["--array=%3"], "1-6%3")):
            done = self.submit(*request, "sweep", "learning-rate=0.1,0.2", "seed=1,2,3", *self.training("--validation", 100))
            self.assertEqual(done.stderr, "")
            words = self.submitted.read_text().splitlines()
            script = words.index(str(SLURM / "sweep.sbatch"))
            self.assertEqual(words[script - 1], f"--array={array}")
            self.assertEqual(words[script + 1:script + 3], ["learning-rate=0.1,0.2", "seed=1,2,3"])
            self.assertIn(f"sweep: 6 trainings in {self.runs}/a", done.stdout)

    def test_are_checked_task_by_task(self):
        done = self.submit("sweep", "learning-rate=0.1,abc", "network=dense:10;dense:5", *self.training(), code=2)
        errors = [line for line in done.stderr.splitlines() if line.startswith("error: ")]
        self.assertEqual([line.split(",")[0] for line in errors], ["error: task 2", "error: tasks 3"])
        self.assertIn("error: tasks 3, 4: --learning-rate: expected a number", errors[1])
        self.assertIn("learning-rate: expected a number", errors[1])
        self.assertIn("warning: no run will be ranked: hold images out with --validation", done.stderr)

    def test_may_be_part_of_an_array(self):
        self.submit("--array=2-3", "--at-once=1", "sweep", "seed=1,2,3", *self.training("--validation", 100))
        self.assertIn("--array=2-3%1", self.submitted.read_text().splitlines())
        for array in ("1-4", "0,5", "1-9:2%3", "0-2", "3,0"):
            done = self.submit(f"--array={array}", "sweep", "seed=1,2,3", *self.training(), code=2)
            self.assertIn(f"error: --array={array}: there are 3 trainings, numbered from 1", done.stderr)
        for array in ("1-4:2", "3", "2,3%1"):
            self.submit(f"--array={array}", "sweep", "seed=1,2,3", *self.training("--validation", 100))
        self.assertIn("there is 1 training, ", self.submit("--array=0", "sweep", "seed=1", *self.training(), code=2).stderr)

    def test_that_are_larger_than_slurm_takes_are_refused(self):
        """Before their tasks are checked, one after the other. Part of them may be taken."""
        words = ["sweep", f"seed={','.join(map(str, range(19)))},abc", *self.training()]
        done = self.submit(*words, code=2)
        self.assertIn("this SLURM numbers the tasks of an array up to 19 only", done.stderr)
        self.assertNotIn("task 20", done.stderr)
        done = self.submit("--array=1-3", *words, code=2)
        self.assertNotIn("MaxArraySize", done.stderr)
        self.assertIn("task 20", done.stderr)

    def test_from_files(self):
        path = self.directory / "runs.toml"
        path.write_text("[[run]]\nlearning-rate = 0.1\n[[run]]\nnetwork = 'dense:50,tanh,dense:10'\n")
        self.submit("sweep", path, *self.training("--validation", 100))
        self.assertIn("--array=1-2", self.submitted.read_text())
        path.write_text("[[run]]\nsede = 1\n")
        self.assertIn("run 1: sede: tally-train has no such option", self.submit("sweep", path, *self.training(), code=2).stderr)


class Site(SbatchTest):
    """What a job sources before it looks for its program."""

    def setUp(self):
        super().setUp()
        self.site = self.home / ".config" / "tally" / "site.sh"
        self.site.parent.mkdir(parents=True)
        self.modules = self.directory / "modules"
        (self.modules / "init").mkdir(parents=True)
        (self.modules / "init" / "bash").write_text(
            'module() { echo "module $*"; [ "$2" != missing ] && export "LOADED_$2=$unset_is_fine"; }\n')

    def sourced(self, code=0, **environment):
        done = subprocess.run(
            ["bash", "-c", f'set -eu; job_script=x.sbatch; . {SLURM}/job.sh; echo "$- ${{!LOADED_*}} $program"'],
            capture_output=True, text=True, check=False,
            env={"PATH": "/usr/bin:/bin", "HOME": str(self.home), "MODULESHOME": str(self.modules), "TALLY_TRAIN": "train",
                 **environment})
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return (done.stdout + done.stderr).splitlines()

    def test_loads_modules(self):
        self.assertEqual(self.sourced(TALLY_MODULES="gcc openmpi"),
                         ["module load gcc", "module load openmpi", "ehuBc LOADED_gcc LOADED_openmpi train"])
        self.assertEqual(self.sourced(), ["ehuBc  train"])

    def test_refuses_what_cannot_be_loaded(self):
        lines = self.sourced(TALLY_MODULES="gcc missing more", code=2)
        self.assertEqual(lines[-1], "x.sbatch: TALLY_MODULES: module load missing: failed; module avail lists what there is")
        self.assertNotIn("module load more", lines)
        lines = self.sourced(TALLY_SITE="/nowhere.sh", code=2)
        self.assertIn("x.sbatch: TALLY_SITE: /nowhere.sh: cannot be read on ", lines[-1])

    def test_sources_a_script_that_minds_neither_errors_nor_unset_variables(self):
        self.site.write_text('[ -n "$NOTHING" ] && echo no\nfalse\nTALLY_MODULES="hdf5"\nexport TALLY_TRAIN=mine\n')
        self.assertEqual(self.sourced(), ["module load hdf5", "ehuBc LOADED_hdf5 mine"])
        other = self.directory / "other.sh"
        other.write_text("export TALLY_TRAIN=other\n")
        self.assertEqual(self.sourced(TALLY_SITE=str(other)), ["ehuBc  other"])

    def test_is_found_by_a_job_without_any_environment(self):
        """As SLURM starts one with --export=NONE where it cannot load that of the user."""
        asked = f"job_script=x.sbatch; . {SLURM}/job.sh; env"
        done = subprocess.run(["/bin/bash", "-c", asked], capture_output=True, text=True, check=False, env={})
        variables = dict(line.split("=", 1) for line in done.stdout.splitlines() if "=" in line)
        self.assertEqual(variables.get("HOME"), pwd.getpwuid(os.getuid()).pw_dir, done.stderr)
        self.assertIn("/usr/bin", variables.get("PATH", ""))

    def test_is_the_same_for_the_check(self):
        self.site.write_text(f"export TALLY_TRAIN={BIN}/tally-train\n")
        self.submit("train", *self.training(), TALLY_TRAIN="/nowhere")
        self.assertTrue(self.submitted.exists())


if __name__ == "__main__":
    main()
