# SPDX-License-Identifier: MIT
"""What slurm/job.sh makes of files that somebody else may have written. Needs no SLURM."""
import os
import pathlib
import signal
import subprocess
import sys
import time

from job import ROOT  # says where tally_testing is
from tally_testing import TallyTest, main, patience

# Bash runs the command in the brackets where such a text gets into $(( )).
COMMANDS = ("a[$(:>ran)]", "PATH[$(:>ran)]", "0+PATH[$(:>ran)]", "PATH[`:>ran`]", "$(:>ran)", "`:>ran`")
NO_NUMBERS = COMMANDS + ("", " ", "-1", "+1", "1e3", "0x10", "1;2", "9" * 19, "9" * 400, "\x1b[31m1", "１", "1.5", "*",
                         "/*", "-n", "--", "1\r", "é", "\x80", "%d", "\\", "'", '"')
NUMBERS = {"0": 0, "7": 7, "08": 8, "000000000012": 12, "9" * 18: 10**18 - 1}


class JobFiles(TallyTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.directory / "run"
        self.run_dir.mkdir()

    def run_shell(self, commands):
        """What commands of job.sh print for the run directory, in a job that was started for the second time."""
        script = f"set -eu; job_script=test; . '{ROOT}/slurm/job.sh'; run_dir=run; {commands}"
        environment = {**os.environ, "SLURM_JOB_ID": "7", "SLURM_RESTART_COUNT": "1", "TALLY_SITE": "/dev/null"}
        done = subprocess.run(["bash", "-c", script], cwd=self.directory, capture_output=True, check=False,
                              env=environment, timeout=patience(60))
        self.assertEqual((done.returncode, done.stderr), (0, b""), script)
        self.assertFalse((self.directory / "ran").exists(), "a command in a file was run")
        return done.stdout.decode().split()

    def write(self, name, text):
        (self.run_dir / name).write_bytes(text.encode("utf-8", "surrogateescape"))

    def test_a_checkpoint_that_is_no_number_counts_as_none(self):
        for text in NO_NUMBERS:
            with self.subTest(text):
                self.write("run.status", f"RESUME\nstep {text}\ncheckpoint step-{text}.h5\nreason {text}\n")
                self.assertEqual(self.run_shell("saved_step run"), ["0"])

    def test_numbers_are_decimal(self):
        for text, number in NUMBERS.items():
            with self.subTest(text):
                self.write("run.status", f"RESUME\ncheckpoint step-{text}.h5\n")
                self.assertEqual(self.run_shell("saved_step run"), [str(number)])

    def test_restarts_that_are_no_number_count_as_none(self):
        for text in NO_NUMBERS:
            with self.subTest(text):
                self.write("job.restarts", f"7 {text} {text}\n")
                self.assertEqual(self.run_shell('count_restarts; echo "$idle_restarts"'), ["1"])

    def test_any_bytes_may_stand_in_run_status(self):
        for text in ("", "\n", "\0\0\n", "DONE", "checkpoint \n", "checkpoint step-.h5\n" * 3, "\xff" * 5000,
                     "checkpoint step-1.h5\ncheckpoint step-PATH[$(:>ran)].h5\n"):
            with self.subTest(text):
                self.write("run.status", text)
                self.assertEqual(self.run_shell("saved_step run"), ["0"])

    def test_files_are_read_as_far_as_honest_ones_go(self):
        """Endless files, pipes and folders in the place of those that job.sh reads are none, at once."""
        asked = 'run_state run; run_fact run reason; saved_step run; count_restarts; echo "$idle_restarts"; ' \
                'is_anothers || echo own'
        for name in ("run.status", "job.restarts", "run.lock"):
            path = self.run_dir / name
            for kind, make in (("endless", lambda: (path.touch(), os.truncate(path, 1 << 40))),
                               ("pipe", lambda: os.mkfifo(path)), ("folder", path.mkdir),
                               ("zeros", lambda: path.symlink_to("/dev/zero"))):
                with self.subTest(name=name, kind=kind):
                    make()
                    self.assertEqual(self.run_shell(asked), ["0", "0", "own"])
                    path.rmdir() if path.is_dir() else path.unlink()

    def test_a_file_is_replaced_with_the_rights_of_the_umask(self):
        for umask, mode in (("022", 0o644), ("077", 0o600), ("002", 0o664)):
            with self.subTest(umask):
                self.run_shell(f"umask {umask}; replace_file run/file <<<{umask}")
                self.assertEqual((self.run_dir / "file").stat().st_mode & 0o777, mode)
                self.assertEqual((self.run_dir / "file").read_text(), f"{umask}\n")

    def test_a_link_is_replaced_and_not_followed(self):
        self.write("precious", "kept")
        (self.run_dir / "file").symlink_to("precious")
        self.run_shell("replace_file run/file <<<new")
        self.assertFalse((self.run_dir / "file").is_symlink())
        self.assertEqual((self.run_dir / "precious").read_text(), "kept")
        self.assertEqual(sorted(path.name for path in self.run_dir.iterdir()), ["file", "precious"])

    def test_what_a_killed_script_has_left_goes(self):
        own = "file.tmp-" + "aB0" * 5 + "z"
        others = [f"{own}0", own[:-1], f".{own}", f"other{own}", "file.tmp-", "file.tmp-" + "0-" * 8, "file.tmp-*"]
        for name in (own, *others):
            self.write(name, "")
        self.run_shell("replace_file run/file <<<new")
        self.assertEqual(sorted(path.name for path in self.run_dir.iterdir()), sorted(["file", *others]))

    def test_a_bash_that_is_too_old_is_refused(self):
        text = (ROOT / "slurm" / "job.sh").read_text()
        for version, code in (("3 2", 2), ("4 3", 2), ("4 4", 0), ("5 0", 0)):
            script = f"set -eu; job_script=test; old=({version}); {text.replace('BASH_VERSINFO', 'old')}"
            done = subprocess.run(["bash", "-c", script], capture_output=True, check=False, text=True)
            told = "expected 4.4 or later" in done.stderr
            self.assertEqual((done.returncode, done.stdout, told), (code, "", code == 2), done.stderr)
            self.assertEqual(len(done.stderr.splitlines()), code // 2)

    def test_a_run_that_was_done_before_is_no_refusal(self):
        for state, code, told in (("DONE", 0, "done"), ("DONE", 2, "no"), ("RESUME", 0, "no"), ("FAILED", 0, "no")):
            self.write("run.status", f"{state}\nstep 5\nreason finished\n")
            asked = f"begun=; stamp_before=$(status_stamp); exit_code={code}; was_done_before && echo done || echo no"
            self.assertEqual(self.run_shell(asked), [told], (state, code))

    def test_a_start_that_ends_before_its_first_step_is_told(self):
        for checkpoint, reason, asked, is_told in (
                ("step-5.h5", "the job's time limit", "", True), ("step-5.h5", "running", "yes", True),
                ("step-6.h5", "the job's time limit", "yes", False), ("step-5.h5", "running", "", False)):
            self.write("run.status", f"RESUME\nstep 5\ncheckpoint {checkpoint}\nreason {reason}\n")
            told = self.run_shell(f"first_step=5; asked_to_stop={asked}; was_too_short && echo told || echo no")
            self.assertEqual(told, ["told" if is_told else "no"], (checkpoint, reason, asked))

    def test_a_step_that_cannot_listen_is_named_once(self):
        fake = self.directory / "srun"
        script = f"set -eu; job_script=test; . '{ROOT}/slurm/job.sh'; listen_for_steps; wait"
        warning = "test: warning: scancel --signal without --batch does not reach this job: "
        for error, expected in (("srun: error: no such option", f"{warning}srun: error: no such option\n"),
                                ("slurmstepd-n1: error: *** STEP 1.0 ON n1 CANCELLED AT 2026-11-30T07:52:58 ***", "")):
            fake.write_text(f"#!/bin/sh\necho '{error}' >&2\nexit 1\n")
            fake.chmod(0o755)
            done = subprocess.run(["bash", "-c", script], capture_output=True, check=False, text=True,
                                  env={**os.environ, "PATH": f"{self.directory}:{os.environ['PATH']}"})
            self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", expected))

    def test_a_launcher_that_starts_no_rank_is_ended(self):
        script = f"set -eu; job_script=test; . '{ROOT}/slurm/job.sh'; run_dir=run; train sleep 600; echo $exit_code"
        environment = {**os.environ, "SLURM_JOB_ID": "7", "TALLY_START_TIMEOUT": "2", "TALLY_SITE": "/dev/null"}
        done = subprocess.run(["bash", "-c", script], cwd=self.directory, capture_output=True, check=False, text=True,
                              env=environment, timeout=patience(60))
        self.assertEqual((done.returncode, done.stdout, done.stderr),
                         (0, "1\n", "test: no rank has started in 2 seconds: the launcher is ended\n"))

    def test_signals_at_any_moment_end_no_job(self):
        """bash 5.2 exits at a $(command) that it comes to while a signal waits for its trap."""
        for name, text in (("squeue", f"echo {2**31}"), ("scontrol", '[ "$1" = requeue ]'), ("srun", "sleep 60"), ("launcher", """
                trap '' TERM; end=$((SECONDS + 5))
                while [ $SECONDS -lt $end ]; do printf 'RESUME\\nstep 1\\nreason running\\n' >run/run.status; sleep 0.02; done
                printf 'RESUME\\nstep 2\\ncheckpoint step-2.h5\\nreason SIGTERM\\n' >run/run.status; exit 75""")):
            (self.directory / name).write_text(f"#!/bin/bash\n{text}\n")
            (self.directory / name).chmod(0o755)
        script = f"""set -eu; job_script=test; . '{ROOT}/slurm/job.sh'; echo listens
            SECONDS=0; while [ $SECONDS -lt 4 ]; do begin_job --run-dir run; done
            train launcher; end_job"""
        environment = {**os.environ, "SLURM_JOB_ID": "7", "PATH": f"{self.directory}:{os.environ['PATH']}",
                       "TALLY_SITE": "/dev/null", "TALLY_TRAIN": "true", "SLURM_CPUS_ON_NODE": "4"}
        output, errors = self.directory / "output", self.directory / "errors"
        with output.open("w") as out, errors.open("w") as err:
            job = subprocess.Popen(["bash", "-c", script], cwd=self.directory, env=environment, stdout=out, stderr=err)
        self.addCleanup(job.kill)
        deadline = time.monotonic() + patience(60)
        while not output.read_text().startswith("listens\n") and time.monotonic() < deadline:
            time.sleep(0.01)
        while job.poll() is None and time.monotonic() < deadline:
            for number in (signal.SIGTERM, signal.SIGUSR1, signal.SIGUSR2, signal.SIGURG):
                job.send_signal(number)
            time.sleep(0.003)
        self.assertEqual((job.poll(), errors.read_text()), (0, ""))  # None: still runs
        self.assertIn("the training has stopped, saved at step 2", output.read_text())

    def test_what_the_kernel_ends_for_want_of_memory_is_counted(self):
        group = pathlib.Path(f"/sys/fs/cgroup/memory/tally-{os.getpid()}")
        try:
            group.mkdir()
            self.addCleanup(group.rmdir)
            (group / "memory.limit_in_bytes").write_text("40000000")
        except OSError as error:
            self.skipTest(f"no memory cgroup of version 1: {error}")
        hog = f"'{sys.executable}' -c 'bytearray(10**8)' 2>/dev/null"
        script = f"""
            echo $$ >{group}/cgroup.procs; job_script=test; . '{ROOT}/slurm/job.sh'
            is_out_of_memory || echo before; {{ {hog}; }} 2>/dev/null || true; is_out_of_memory && echo after"""
        done = subprocess.run(["bash", "-c", script], cwd=self.directory, capture_output=True, check=False, text=True)
        self.assertEqual(done.stdout, "before\nafter\n", done.stderr)


if __name__ == "__main__":
    main()
