# SPDX-License-Identifier: MIT
"""What must not cost a run: full disks, frozen ranks, two runs in one directory, lost readers."""
import os
import re
import signal
import subprocess
import time

import h5py
import numpy

from tally_testing import (ROOT, TallyTest, children_of, command, digest, main, mount_tmpfs,
                           patience, run, status, still_running, without_notices)


class Faults(TallyTest):
    def start(self, run_dir, *arguments, ranks=2):
        return subprocess.Popen(
            command("tally-train", "--run-dir", run_dir, "--data", "data/digits", *arguments,
                    ranks=ranks),
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def wait_for(self, path):
        deadline = time.monotonic() + 100
        while not path.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertTrue(path.exists())

    def test_a_full_disk_costs_a_warning_and_not_the_training(self):
        mount = self.directory / "small"
        why_not = mount_tmpfs(self, mount, "size=1500k")
        if why_not:
            self.skipTest(f"cannot mount a small file system: {why_not}")
        # A checkpoint takes 0.7 MB: the first fits, the next ones do not.
        filler = mount / "filler"
        filler.write_bytes(bytes(200_000))
        result = run("tally-train", "--run-dir", mount / "run", "--data", "data/digits", "--epochs",
                     3, "--keep", 9, ranks=2)
        self.assertEqual(result.code, 1)
        checkpoints = mount / "run" / "checkpoints"
        lines = result.err.splitlines()
        self.assertRegex(lines[0], r"^tally-train: warning: --run-dir .*/run: 1\.3 MB are free, but the "
                         r"checkpoints of this run take up to 6\.9 MB more; make room")
        for line in lines[1:3]:
            self.assertRegex(line, r"^tally-train: warning: no checkpoint: .*/step-0000000000\d\d\.h5: "
                             r"cannot write: No space left on device; the last one is step-000000000032\.h5$")
        self.assertEqual(
            lines[-1],
            "tally-train: the final checkpoint could not be written; make room and continue with "
            "--resume; the last checkpoint is step-000000000032.h5")
        self.assertEqual([p.name for p in checkpoints.iterdir()], ["step-000000000032.h5"])
        self.assertEqual(status(mount / "run")[0], "FAILED")

        filler.unlink()
        resumed = run("tally-train", "--run-dir", mount / "run", "--resume", "--keep", 1, ranks=1)
        self.assertEqual(resumed.code, 0, resumed.err)
        self.train("whole", "--epochs", 3)
        self.assertEqual(digest(mount / "run"), digest(self.directory / "whole"))

    def test_a_second_run_is_refused_and_names_the_first(self):
        first = self.directory / "shared"
        process = self.start(first, "--epochs", 9999)
        self.addCleanup(process.communicate)
        self.addCleanup(process.terminate)
        self.wait_for(first / "checkpoints" / "step-000000000032.h5")
        for arguments in ([], ["--resume"]):
            second = run("tally-train", "--run-dir", first, "--data", "data/digits", *arguments,
                         ranks=3)
            self.assertEqual(second.code, 3)
            self.assertRegex(second.err, rf"^tally-train: {first}: in use by host \S+, process \d+; "
                             "wait for it to end, or choose another --run-dir\n$")

    def test_a_frozen_rank_ends_the_job_with_its_place(self):
        frozen = self.directory / "frozen"
        process = self.start(frozen, "--epochs", 9999, "--stall-timeout", 2)
        self.wait_for(frozen / "checkpoints" / "step-000000000032.h5")
        victim = children_of(process)[1]  # rank 1
        os.kill(victim, signal.SIGSTOP)
        errors = without_notices(process.communicate(timeout=patience(60))[1])
        self.assertEqual(process.returncode, 1)
        self.assertRegex(errors, r"^tally-train: rank 0 on host \S+: no progress for \d+ s at step [\d ]+, "
                         rf"\w+; rank 1 \(process {victim} on this host\) is frozen at step [\d ]+, \w+\. "
                         r"Continue with --resume; if steps really take so long, raise --stall-timeout\n$")
        self.assertEqual(still_running([victim]), [])
        self.assertEqual(status(frozen)[0], "RESUME")

    def test_parameters_that_overflow_are_not_saved(self):
        # The decay multiplies weights by 1e12: the fourth update overflows, with finite gradients.
        result = self.train("overflow", "--learning-rate", 1e9, "--weight-decay", 1000, "--schedule",
                            "constant", "--checkpoint-every", "1steps", "--keep", 99, ranks=2, code=1)
        self.assertEqual(re.findall(r"warning: (--\S+ \S+): ", result.err),
                         ["--learning-rate 1000000000", "--weight-decay 1000"])
        self.assertRegex(result.err, r"\ntally-train: step \d: the (parameters|velocity) of \S+ are not "
                         r"finite after the update; start another run with a lower --learning-rate "
                         r"than 1000000000; the last checkpoint is step-00000000000\d\.h5\n$")
        checkpoints = list((self.directory / "overflow" / "checkpoints").iterdir())
        self.assertGreater(len(checkpoints), 0)
        for path in checkpoints:
            with h5py.File(path) as file:
                for root in ("model", "optimizer"):
                    for layer in file[root].values():
                        for values in layer.values():
                            self.assertTrue(numpy.isfinite(values[...]).all(), path)
        self.assertEqual(status(self.directory / "overflow")[0], "FAILED")

    def test_a_closed_standard_output_does_not_end_the_training(self):
        name = self.directory / "piped"
        line = command("tally-train", "--run-dir", name, "--data", "data/digits", "--epochs", 2)
        with subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE) as process:
            process.stdout.close()
            self.assertEqual(process.wait(timeout=60), 0)
        self.assertEqual(status(name)[0], "DONE")

    def test_a_warning_that_cannot_be_written_does_not_end_the_training(self):
        """A log may be on the disk that is full."""
        line = command("tally-train", "--data", "data/digits", "--epochs", 1, "--run-dir")
        for number, redirection in enumerate(("2>/dev/full", "2>&-")):
            name = self.directory / f"unheard-{number}"
            done = subprocess.run(["sh", "-c", f'exec "$@" >/dev/null {redirection}', "sh", *line, name],
                                  cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "4096"}, check=False)
            self.assertEqual(done.returncode, 0, redirection)
            self.assertEqual(status(name)[0], "DONE")

    def test_no_file_takes_the_place_of_a_closed_stream(self):
        name = self.directory / "closed"
        line = command("tally-train", "--run-dir", name, "--data", "data/digits", "--epochs", 9999)
        with subprocess.Popen(["sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh", *line], cwd=ROOT) as process:
            self.wait_for(name / "checkpoints" / "step-000000000032.h5")
            streams = [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)]
            process.terminate()
        self.assertEqual(streams, ["/dev/null"] * 3)
        self.assertEqual(process.returncode, 75)

    def test_no_process_stays_behind_a_rank_that_dies(self):
        dead = self.directory / "dead"
        process = self.start(dead, "--epochs", 9999, ranks=3)
        self.wait_for(dead / "checkpoints" / "step-000000000032.h5")
        ranks = children_of(process)
        self.assertEqual(len(ranks), 3)
        os.kill(ranks[1], signal.SIGKILL)
        process.communicate(timeout=50)  # before any watchdog speaks
        self.assertEqual(process.returncode, 137)
        self.assertEqual(still_running(ranks), [])
        self.assertEqual(status(dead)[0], "RESUME")


if __name__ == "__main__":
    main()
