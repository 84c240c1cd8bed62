# SPDX-License-Identifier: MIT
"""Trainings over several hosts with a network of their own: the same bits, and an end when they are lost."""
import os
import pathlib
import subprocess
import time

from hosts import Hosts, end_with_parent
from tally_testing import (BIN, DIGITS, ROOT, TallyTest, digest, main, open_mpi_version, read_csv, require_no_sanitizer,
                           status)

# 4 leaves, 189 steps.
RECIPE = ["--data", DIGITS, "--batch-size", 64, "--micro-batch", 16, "--epochs", 3, "--momentum", 0.9,
          "--checkpoint-every", "50steps", "--log-every", 1, "--threads", 1]
STEPS = 189
PARAMETERS = 84_060
LOST_SECONDS = 60  # from the loss of a host to the end of the job
# Open MPI 5's may notice before Tally does, and leaves it no time to say anything.
OF_MPIRUN = "PRTE has lost communication with a remote daemon" if open_mpi_version() >= 5 else "(?!)"


class SeveralHosts(TallyTest):
    def setUp(self):
        super().setUp()
        require_no_sanitizer("they would take minutes, and look at nothing that other tests do not run")
        self.hosts = Hosts(self, 4)
        self.errors = self.directory / "errors"  # not a pipe: a lost host would keep it open
        self.make_launch_agent()

    def make_launch_agent(self):
        """What mpirun calls instead of ssh: HOST COMMAND..."""
        cases = "".join(f"{name}) set -- {self.hosts[name].pid} \"$*\" ;;\n" for name in self.hosts.names())
        self.agent = self.directory / "agent"
        self.agent.write_text(f'#!/bin/sh\nhost=$1\nshift\ncase $host in\n{cases}esac\n'
                              'exec nsenter --target "$1" --net --uts -- sh -c "$2"\n')
        self.agent.chmod(0o755)

    def start(self, hosts, run_dir, *arguments, fault=None, grace=1):
        """One rank on each of `hosts`, launched from n1, with seconds between SIGTERM and SIGKILL."""
        hostfile = self.directory / f"hosts-{'-'.join(hosts)}"
        hostfile.write_text("".join(f"{name} slots=1\n" for name in hosts))
        words = [*self.hosts["n1"].enter(), ROOT / "scripts" / "train.sh", "mpirun", "--hostfile", hostfile,
                 "--bind-to", "none", "-n", len(hosts), BIN / "tally-train", "--run-dir", self.directory / run_dir, *arguments]
        # Some of Open MPI 4.1's variables have other names in 5.
        environment = {**os.environ, "OMPI_MCA_plm_rsh_agent": str(self.agent),
                       "PRTE_MCA_plm_ssh_agent": str(self.agent),
                       "OMPI_MCA_mpi_yield_when_idle": "1", "OMPI_ALLOW_RUN_AS_ROOT": "1",
                       "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
                       "OMPI_MCA_odls_base_sigkill_timeout": str(grace),
                       # Lets mpirun find out that a host does not answer any more.
                       "OMPI_MCA_oob_tcp_keepalive_time": "3", "OMPI_MCA_oob_tcp_keepalive_intvl": "2",
                       "OMPI_MCA_oob_tcp_keepalive_probes": "3",
                       "PRTE_MCA_oob_tcp_keepalive_time": "3", "PRTE_MCA_oob_tcp_keepalive_intvl": "2",
                       "PRTE_MCA_oob_tcp_keepalive_probes": "3"}
        if fault:
            environment |= {"TALLY_ALLOW_FAULTS": "1", "TALLY_FAULT": fault}
        with self.errors.open("w") as errors:
            process = subprocess.Popen([str(word) for word in words], cwd=ROOT, env=environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                       stderr=errors, preexec_fn=end_with_parent)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def train_on(self, hosts, run_dir, *arguments):
        process = self.start(hosts, run_dir, *arguments)
        self.assertEqual(process.wait(timeout=200), 0, self.errors.read_text())
        return digest(self.directory / run_dir)

    def golden(self):
        self.train("golden", *RECIPE[2:], "--quiet")
        return digest(self.directory / "golden")

    def wait_for_step(self, process, run_dir, step):
        path = self.directory / run_dir / "steps.csv"
        deadline = time.monotonic() + 120
        while process.poll() is None and time.monotonic() < deadline:
            if path.exists() and len(read_csv(path)) >= step:
                return
            time.sleep(0.05)
        self.fail(f"no step {step}: {self.errors.read_text()}")

    def end_of(self, process, lost_at):
        """What the job says when it ends, which it must."""
        try:
            process.wait(timeout=LOST_SECONDS)
        except subprocess.TimeoutExpired:
            self.fail(f"still running after {LOST_SECONDS} s: {self.trainings()}, {self.errors.read_text()}")
        seconds = time.monotonic() - lost_at
        print(f"ended {seconds:.1f} s after the loss with code {process.returncode}")
        self.assertEqual(process.returncode, 75)
        return self.errors.read_text()

    def assert_resumes(self, hosts, run_dir):
        self.assertEqual(status(self.directory / run_dir)[0], "RESUME")
        self.assertEqual(self.train_on(hosts, run_dir, "--resume"), self.golden())

    def test_two_and_four_hosts_end_in_the_digest_of_one(self):
        golden = self.golden()
        for hosts in (["n1", "n2"], ["n4", "n2", "n3", "n1"]):
            before = {name: self.hosts[name].sent_bytes() for name in hosts}
            self.assertEqual(self.train_on(hosts, f"on-{len(hosts)}", *RECIPE), golden, hosts)
            optimal = STEPS * 2 * (len(hosts) - 1) / len(hosts) * PARAMETERS * 4
            for name in hosts:
                sent = (self.hosts[name].sent_bytes() - before[name]) / optimal
                print(f"{len(hosts)} hosts: {name} sent {sent:.3f} of the bytes of optimal all-reduces")
                self.assertLess(sent, 1.1)

    def cut_in_a_reduction(self, hosts, lost, remaining):
        """The rank on `lost` pauses before it sends, so that the others wait for it meanwhile."""
        rank = hosts.index(lost)
        process = self.start(hosts, "cut", *RECIPE, "--stall-timeout", 8,
                             fault=f"pause:reduce:rank={rank}:step=120:seconds=4")
        self.wait_for_step(process, "cut", 120)
        self.hosts.cut(lost)
        errors = self.end_of(process, time.monotonic())
        self.assertRegex(errors, rf"{OF_MPIRUN}|tally-train: rank 0 on host n1: no progress for \d+ s at step 120, "
                         rf"reduce; no answer from rank {rank} on host {lost}\. Continue with --resume")
        self.assert_no_training_is_left()
        self.assert_resumes(remaining, "cut")

    def test_a_link_cut_in_a_reduction_over_two_hosts(self):
        self.cut_in_a_reduction(["n1", "n2"], "n2", ["n1"])

    def test_a_link_cut_in_a_reduction_over_four_hosts(self):
        self.cut_in_a_reduction(["n1", "n2", "n3", "n4"], "n3", ["n1", "n2", "n4"])

    def assert_no_training_is_left(self):
        deadline = time.monotonic() + LOST_SECONDS
        while (left := self.trainings()) and time.monotonic() < deadline:
            time.sleep(0.2)
        self.assertEqual(left, [])

    def trainings(self):
        found = []
        for name in self.hosts.names():
            for pid in self.hosts[name].processes():
                try:
                    program = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
                except OSError:
                    continue
                if program == "tally-train":
                    found.append((name, pid))
        return found

    def test_a_host_that_is_killed(self):
        process = self.start(["n1", "n2", "n3"], "killed", *RECIPE, "--stall-timeout", 8,
                             fault="pause:reduce:rank=1:step=60:seconds=4", grace=3)
        self.wait_for_step(process, "killed", 60)
        self.hosts["n2"].kill_processes()
        errors = self.end_of(process, time.monotonic())
        self.assertRegex(errors, rf"{OF_MPIRUN}|tally-train: rank 0 on host n1: (asked to stop, and waits|no "
                         r"progress for \d+ s) at step 60, reduce; no answer from rank 1 on host n2")
        self.assert_no_training_is_left()
        self.assert_resumes(["n1", "n3"], "killed")

    def test_a_slow_link_costs_time_only(self):
        self.train("slow", *RECIPE[2:], "--max-steps", 170)
        self.hosts.connect_slowly("n2", 20)
        self.assertGreater(self.hosts.round_trip("n1", "n2"), 0.04)
        self.assertEqual(self.train_on(["n1", "n2"], "slow", "--resume", "--max-steps", "none",
                                       "--stall-timeout", 8), self.golden())


if __name__ == "__main__":
    main()
