# SPDX-License-Identifier: MIT
"""The launch doctor: ten launches with a fault are found out, good ones are let be.

Each launch is a real one, by mpirun, with the fault as people make it; the doctor and a training both
have to name it, and its remedy.
"""
import os
import re
import shutil
import subprocess
import unittest

from tally_testing import (BIN, DIGITS, TallyTest, main, mount_tmpfs,
                           require_no_sanitizer, without_notices)

PRELOADED = os.environ.get("TALLY_MPI_WITHOUT_THREADS")
CORES = sorted(os.sched_getaffinity(0))

# mpirun binds and waits as on a machine of its own; nothing of the caller's may get in.
CLEAN = {name: value for name, value in os.environ.items()
         if not name.startswith(("OMP_", "OMPI_MCA_", "GOMP_", "SLURM_", "PMI"))}
SETTINGS = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_odls_base_sigkill_timeout": "0", "OMPI_MCA_reachable": "weighted"}

HOST = os.uname().nodename

# What stands before // for rank 0, and behind it for rank 1. Launchers have a colon for that, but mpirun of
# Debian 13 (Open MPI 5.0.7) crashes at it.
OWN_WORDS = """
part=0
for word; do
  shift
  if [ "$word" = // ]; then
    part=1
  elif [ "$part" = "${OMPI_COMM_WORLD_RANK:-$PMI_RANK}" ]; then
    set -- "$@" "$word"
  fi
done
exec "$@"
"""


def mpirun(*options):
    return ["mpirun", *map(str, options)]


class Launches(TallyTest):
    def setUp(self):
        super().setUp()
        self.run_dir = self.directory / "run"

    def program(self, *arguments, path=BIN / "tally-train"):
        return [str(path), "--run-dir", str(self.run_dir), "--data", str(DIGITS), "--max-steps", "2",
                *map(str, arguments)]

    def launch(self, line, env=None):
        done = subprocess.run(line, env={**CLEAN, **SETTINGS, **(env or {})}, capture_output=True,
                              text=True, check=False, stdin=subprocess.DEVNULL, timeout=100)
        done.stderr = without_notices(done.stderr)
        return done

    def in_two_parts(self, first, second, *arguments, options=(), path=BIN / "tally-train"):
        """Rank 0 and rank 1 of one job, each started by words of its own."""
        return [*mpirun(*options), "-n", "2", "sh", "-c", OWN_WORDS, "sh", *first, *self.program(*arguments),
                "//", *second, *self.program(*arguments, path=path)]

    def diagnose(self, line, env=None):
        """The doctor's table and findings; a training must say the same."""
        doctor = self.launch([word for part in line for word in self.with_doctor(part)], env)
        lines = doctor.stdout.splitlines()
        self.assertTrue(lines and lines[0].startswith("rank  host"), doctor)
        self.assertFalse(self.run_dir.exists(), "the doctor leaves nothing behind")
        found = [text for text in lines if text.startswith(("error: ", "warning: "))]
        errors = [text.removeprefix("error: ") for text in found if text.startswith("error: ")]
        self.assertEqual(doctor.returncode, 2 if errors else 0, doctor)
        training = self.launch(line, env)
        if errors:
            self.assertEqual(training.returncode, 2, training)
            self.assertEqual(training.stderr, f"tally-train: {errors[0]}\n")
        else:
            self.assertEqual(training.returncode, 0, training)
            self.assertEqual(sorted(map(self.without_numbers, training.stderr.splitlines())),
                             sorted(f"tally-train: {self.without_numbers(text)}" for text in found))
        shutil.rmtree(self.run_dir, ignore_errors=True)
        self.assertRegex(lines[-2 - len(found)], r"^MPI: (Open MPI|MPICH) \S+, started ")
        return lines[1:-2 - len(found)], found

    @staticmethod
    def without_numbers(text):
        """What a message says without the number of an open file, and what else has that number."""
        return re.sub(r"/proc/\d+/fd/\d+.*: the ranks", "...: the ranks", text)

    @staticmethod
    def with_doctor(word):
        return [word, "--doctor"] if str(word).endswith("/digits") else [word]


@unittest.skipIf(len(CORES) < 2, "needs two cores")
class GoodLayouts(Launches):
    def check(self, ranks, threads, *options, env=None, arguments=()):
        line = [*mpirun(*options), *self.program(*arguments)] if options else self.program(*arguments)
        table, found = self.diagnose(line, env)
        self.assertEqual(found, [])
        rows = [row.split() for row in table]
        self.assertEqual([row[0] for row in rows], [str(rank) for rank in range(ranks)])
        self.assertEqual([row[4] for row in rows], [str(threads)] * ranks)
        self.assertEqual({row[1] for row in rows}, {HOST})

    def test_one_rank_on_one_core(self):
        self.check(1, 1, "-n", 1)

    def test_two_ranks_on_a_core_each(self):
        self.check(2, 1, "-n", 2)

    def test_one_rank_that_is_not_bound(self):
        threads = min(len(CORES), 4)
        self.check(1, threads, "-n", 1, "--bind-to", "none")

    def test_one_rank_bound_to_two_cores(self):
        self.check(1, 2, "-n", 1, "--map-by", "slot:PE=2")

    def test_without_a_launcher(self):
        self.check(1, 2, arguments=("--threads", 2))

    def test_more_ranks_than_cores_as_documented(self):
        self.check(3, 1, "-n", 3, "--oversubscribe", arguments=("--threads", 1))

    def test_two_nodes(self):
        self.check(2, 1, "-n", 2, env={"TALLY_PRETEND_NODES": "0,1"})

    def test_openmp_binds_within_the_launchers_binding(self):
        self.check(2, 1, "-n", 2, env={"OMP_PROC_BIND": "true"})

    def test_a_batch_script_of_slurm(self):
        self.check(2, 1, "-n", 2, env={"SLURM_JOB_ID": "7", "SLURM_NTASKS": "2", "SLURM_PROCID": "0",
                                       "SLURM_CPUS_PER_TASK": "1", "SLURM_CPUS_ON_NODE": "2"})


@unittest.skipIf(len(CORES) < 2, "needs two cores")
class SeededFaults(Launches):
    def expect(self, line, *starts, env=None):
        _, found = self.diagnose(line, env)
        self.assertEqual(len(found), len(starts), found)
        for text, start in zip(found, starts):
            self.assertTrue(text.startswith(start), text)
            self.assertIn("; ", text, "no remedy")

    def test_1_as_many_jobs_as_ranks(self):
        step = {"SLURM_JOB_ID": "7", "SLURM_NTASKS": "3", "SLURM_STEP_NUM_TASKS": "3"}
        for task in range(3):  # what srun --mpi=none starts
            self.expect(self.program(), "error: srun started 3 processes, but each of them is a job "
                        "of one rank", env={**step, "SLURM_PROCID": str(task)})
        self.assertFalse(self.run_dir.exists())

    def test_1_an_mpiexec_of_another_mpi(self):
        self.expect(self.program(), "error: mpiexec of MPICH started 2 processes", env={"PMI_SIZE": "2"})

    def test_2_all_threads_on_one_core(self):
        self.expect([*mpirun("-n", 1), *self.program("--threads", 2)],
                    f"error: --threads: expected at most the 1 core that rank 0 on host {HOST} is "
                    "bound to, got 2; launch with mpirun --bind-to none, or --map-by slot:PE=2")

    def test_2_bound_there_by_openmp(self):
        line = [*mpirun("-n", 1, "--bind-to", "none"), *self.program()]
        bound = f"warning: rank 0 on host {HOST}: OpenMP has bound the main thread to 1 of"
        for env in ({"OMP_PROC_BIND": "true"}, {"OMP_PLACES": "threads"}):
            self.expect(line, bound, env=env)
        self.expect([*line, "--threads", "2"], "error: --threads: expected at most the 1 core",
                    env={"OMP_PROC_BIND": "close"})

    def test_3_more_threads_than_cores(self):
        cores = len(CORES)
        self.expect([*mpirun("-n", 2, "--bind-to", "none"), *self.program("--threads", cores)],
                    f"warning: ranks 0-1 on host {HOST}: {2 * cores} threads on {cores} cores",
                    *(["warning: "] if 2 * cores > 4 else []))

    def test_3_two_ranks_on_one_core(self):
        core = ["taskset", "-c", str(CORES[0])]
        self.expect(self.in_two_parts(core, core, options=("--bind-to", "none")),
                    f"warning: ranks 0-1 on host {HOST}: 2 threads on 1 core")

    def test_4_uneven_threads(self):
        line = self.in_two_parts([], ["env", "OMP_THREAD_LIMIT=1"], "--threads", 2,
                                 options=("--bind-to", "none"))
        self.expect(line, f"warning: rank 1 on host {HOST}: 1 thread for 2 micro-batches, while other "
                    "ranks have 2", env={"OMP_WAIT_POLICY": "passive"})

    def test_5_two_builds(self):
        other = self.directory / "tally-train"
        shutil.copy(BIN / "tally-train", other)
        with open(other, "ab") as file:
            file.write(b"another build")
        self.expect(self.in_two_parts([], [], path=other),
                    f"error: rank 1 on host {HOST}: expected tally ")

    def test_5_other_products(self):
        line = self.in_two_parts([], ["env", "TALLY_KERNELS=eigen"])
        self.expect(line, f"error: rank 1 on host {HOST}: expected tally ",
                    env={"TALLY_KERNELS": "onednn"})

    def test_6_a_directory_that_is_not_shared(self):
        local = self.directory / "local"
        self.require_mounts(local)
        self.run_dir = local / "run"
        alone = ["unshare", "-m", "sh", "-c", f"mount -t tmpfs tmpfs {local} && exec \"$@\"", "sh"]
        self.expect(self.in_two_parts([], alone), f"warning: --run-dir {self.run_dir}: rank 1 on host "
                    f"{HOST} cannot see what rank 0 writes to it")

    def test_7_a_directory_that_cannot_be_written(self):
        self.require_mounts(self.directory / "read-only", "ro")
        self.run_dir = self.directory / "read-only"
        line = [*mpirun("-n", 2), *self.program()]
        doctor = self.launch([*line, "--doctor"])
        self.assertEqual(doctor.returncode, 2)
        self.assertIn(f"error: {self.run_dir}: cannot be written: Read-only file system; choose "
                      "another --run-dir\n", doctor.stdout)
        training = self.launch(line)
        self.assertEqual(training.returncode, 2)
        self.assertIn("Read-only file system; choose another --run-dir", training.stderr)

    def test_7_a_directory_that_is_nearly_full(self):
        self.require_mounts(self.directory / "small", "size=1m")
        self.run_dir = self.directory / "small" / "run"
        self.expect([*mpirun("-n", 2), *self.program()],
                    f"warning: --run-dir {self.run_dir}: 1.0 MB are free, but the checkpoints of this "
                    "run take up to 2.8 MB more; make room")

    @unittest.skipUnless(PRELOADED, "TALLY_MPI_WITHOUT_THREADS does not name the library to preload")
    def test_8_an_mpi_without_threads(self):
        require_no_sanitizer("a sanitizer has to be loaded first")
        self.expect([*mpirun("-n", 2, "-x", f"LD_PRELOAD={PRELOADED}"), *self.program()],
                    f"error: ranks 0-1 on host {HOST}: this MPI does not let the main thread "
                    "communicate")

    def test_9_more_workers_than_micro_batches(self):
        self.expect([*mpirun("-n", 2), *self.program("--batch-size", 32)],
                    "warning: 2 workers for 1 micro-batch a step: 1 without work")

    def test_10_ranks_of_a_host_that_cannot_share_memory(self):
        own_processes = ["unshare", "-p", "-f", "--mount-proc"]
        if subprocess.run([*own_processes, "true"], capture_output=True, check=False).returncode:
            self.skipTest("processes cannot be kept apart here")
        # Open MPI's own way through shared memory fails too; such containers talk by TCP.
        self.expect([*mpirun("-n", 2, "--mca", "btl", "tcp,self"), *own_processes, *self.program()],
                    "warning: shared memory: ")

    def require_mounts(self, path, options="size=8m"):
        why_not = mount_tmpfs(self, path, options)
        if why_not:
            self.skipTest(f"nothing can be mounted here: {why_not}")


if __name__ == "__main__":
    main()
