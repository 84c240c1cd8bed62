# SPDX-License-Identifier: MIT
"""A SLURM cluster of Debian's slurm-wlm and munge on this machine, for tests, without systemd.

Everything lives in one set of namespaces (network, names, mounts, processes), so that its ports, its
host names and its /etc/hosts are its own, and that ending its first process ends all of it, whatever
happens to the test. Each node has a network and a name of its own below that: two slurmd of one name
would share sockets of PMIx, and mpirun would take them for one host. The nodes are joined by a bridge.
"""
import os
import pathlib
import shutil
import subprocess
import time

PROGRAMS = ("slurmctld", "slurmd", "sbatch", "munged", "mungekey", "ip", "unshare", "nsenter")
# They end with the test, however that ends.
NAMESPACES = ("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--uts", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc")
PATH = "/usr/sbin:/sbin:" + os.environ["PATH"]
HEAD = "10.77.0.1"
USER, UID = "alice", 47113  # an ordinary account of every cluster

CONFIG = """\
ClusterName=tally
SlurmctldHost=head({head})
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
CryptoType=crypto/munge
AuthInfo=socket={directory}/munge.socket,cred_expire=5
ProctrackType=proctrack/linuxproc
TaskPlugin={TaskPlugin}
JobAcctGatherType={JobAcctGatherType}
JobAcctGatherFrequency=1
JobAcctGatherParams={JobAcctGatherParams}
SelectType=select/cons_tres
SelectTypeParameters={SelectTypeParameters}
SlurmdParameters=config_overrides
TmpFS={directory}/tmp
MpiDefault=none
ReturnToService=1
JobRequeue={JobRequeue}
KillWait={KillWait}
SlurmdTimeout=10
InactiveLimit=0
MinJobAge=86400
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=2,sched_min_interval=1000000{SchedulerParameters}
PreemptType=preempt/partition_prio
PreemptMode={PreemptMode}
StateSaveLocation={directory}/state
SlurmctldPidFile={directory}/slurmctld.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdSpoolDir={directory}/spool.%n
SlurmdPidFile={directory}/slurmd.%n.pid
SlurmdLogFile={directory}/slurmd.%n.log
NodeName=n[1-{nodes}] CPUs=2 RealMemory=4000 State=UNKNOWN
{partitions}
"""

# What a cluster may be configured otherwise.
SETTINGS = {
    "TaskPlugin": "task/affinity",
    "JobAcctGatherType": "jobacct_gather/none",
    "JobAcctGatherParams": "NoShared",
    "SelectTypeParameters": "CR_Core",
    "JobRequeue": 1,
    "KillWait": 30,
    "SchedulerParameters": ",preempt_send_user_signal",
    "PreemptMode": "REQUEUE",
}


def why_not():
    """Why there can be no cluster here, or nothing."""
    if os.geteuid() != 0:
        return "a cluster of namespaces takes root"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=PATH)]
    if missing:
        return f"not installed: {', '.join(missing)} (slurm-wlm, munge, iproute2, util-linux)"
    tried = subprocess.run([*NAMESPACES, "ip", "link", "add", "type", "bridge"], capture_output=True,
                           text=True, check=False)
    return f"no namespaces: {tried.stderr.strip()}" if tried.returncode else ""


class Cluster:
    """A started cluster. `partitions` are lines of slurm.conf; its nodes are n1, n2, ... `settings` differ from
    SETTINGS."""

    def __init__(self, directory, nodes, partitions, **settings):
        self.directory = pathlib.Path(directory)
        self.directory.chmod(0o1777)
        self.names = [f"n{number}" for number in range(1, nodes + 1)]
        self.environment = {
            **os.environ,
            "SLURM_CONF": str(self.directory / "slurm.conf"),
            "PATH": PATH,
            "TMPDIR": str(self.directory / "tmp"),  # of each node
        }
        for name in ("state", "tmp", "runs", *(f"{kind}.{node}" for kind in ("spool", "tmp") for node in self.names)):
            (self.directory / name).mkdir()
            if name.startswith(("tmp", "runs")):
                (self.directory / name).chmod(0o1777)
        (self.directory / "slurm.conf").write_text(
            CONFIG.format(head=HEAD, directory=self.directory, nodes=nodes, partitions="\n".join(partitions),
                          **{**SETTINGS, **settings}))
        home = self.directory / "home"
        home.mkdir()
        shutil.chown(home, UID, UID)
        for name, line in (("passwd", f"{USER}:x:{UID}:{UID}::{home}:/bin/bash"), ("group", f"{USER}:x:{UID}:")):
            (self.directory / name).write_text(pathlib.Path("/etc", name).read_text() + line + "\n")
        # slurmd starts a cgroup plugin in any case; this one touches nothing.
        (self.directory / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        hosts = [f"127.0.0.1 localhost\n{HEAD} head"]
        hosts += [f"{self._address(node)} {node}" for node in self.names]
        (self.directory / "hosts").write_text("\n".join(hosts) + "\n")
        self._processes = []
        try:
            self._start()
        except BaseException:
            self.stop()
            raise

    def _address(self, node):
        return f"10.77.0.{10 + int(node[1:])}"

    # A shell as the first process reaps what the daemons leave to it.
    def _start(self):
        self._init = self._spawn(
            [*NAMESPACES, "bash", "-euc", f"""
                for file in hosts passwd group; do mount --bind {self.directory}/$file /etc/$file; done
                hostname head
                ip link set lo up
                ip link add name cluster type bridge
                ip address add {HEAD}/24 dev cluster
                ip link set cluster up
                touch {self.directory}/ready
                while sleep 0.5; do :; done"""])
        ready = self.directory / "ready"
        self.wait_until(lambda: self._require_running() and ready.exists(), 120, "namespaces")
        self._root = int(subprocess.run(["pgrep", "-P", str(self._init.pid)], capture_output=True,
                                        text=True, check=True).stdout)
        self.run("mungekey", "-c", "-k", self.directory / "munge.key")
        self.run("munged", "--force", "--key-file", self.directory / "munge.key",
                 "--socket", self.directory / "munge.socket", "--pid-file", self.directory / "munged.pid",
                 "--log-file", self.directory / "munged.log", "--seed-file", self.directory / "munged.seed")
        self._spawn(self._inside("slurmctld", "-D"))
        for node in self.names:
            self._start_node(node)
        idle = dict.fromkeys(self.names, "idle")
        self.wait_until(lambda: self._require_running() and self.states() == idle, 300, "idle nodes")

    def _start_node(self, node):
        self._spawn(self._inside(
            "unshare", "--net", "--uts", "--mount", "bash", "-euc", f"""
                hostname {node}
                mount -t tmpfs tmpfs /dev/shm
                mount --bind {self.directory}/tmp.{node} {self.directory}/tmp
                ip link set lo up
                ip link add name eth0 type veth peer name {node} netns 1
                ip address add {self._address(node)}/24 dev eth0
                ip link set eth0 up
                nsenter --target 1 --net ip link set {node} master cluster up
                exec slurmd -D -N {node}"""))

    # nsenter goes to the root directory.
    def _inside(self, *line, cwd="/"):
        return ["nsenter", "--target", str(self._root), "--net", "--uts", "--mount", "--pid", "--root",
                "env", f"--chdir={cwd}", *map(str, line)]

    def _spawn(self, line):
        with open(self.directory / "daemons.log", "a") as log:
            self._processes.append(subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                                    env=self.environment))
        return self._processes[-1]

    def _require_running(self):
        for process in self._processes:
            if process.poll() is not None:
                log = (self.directory / "daemons.log").read_text()
                raise RuntimeError(f"{log}ended with {process.returncode}: {process.args}")
        return True

    def stop(self):
        """Ends the first process, and with it every other one."""
        for process in self._processes:
            process.kill()
        for process in self._processes:
            process.wait()

    def run(self, *line, check=True, cwd="/", env=None, timeout=60, is_user=False):
        """A command on the head node, as root or as the ordinary user; its output."""
        environment = {**self.environment, **(env or {})}
        if is_user:
            line = ["setpriv", f"--reuid={UID}", f"--regid={UID}", "--clear-groups", *line]
            environment.update(HOME=str(self.directory / "home"), USER=USER, LOGNAME=USER)
        done = subprocess.run(self._inside(*line, cwd=cwd), capture_output=True, text=True, check=False,
                              env=environment, timeout=timeout, stdin=subprocess.DEVNULL)
        if check and done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, line))}: {done.returncode}: {done.stdout}{done.stderr}")
        return done.stdout

    @staticmethod
    def wait_until(condition, seconds, what):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{what}: not after {seconds} s")
            time.sleep(0.5)

    def states(self):
        lines = self.run("sinfo", "-h", "-N", "-o", "%N %T", check=False).split("\n")
        return {line.split()[0]: line.split()[1] for line in lines if line}
