# SPDX-License-Identifier: MIT
"""Several hosts on one machine: network namespaces with names of their own, joined by a switch.

Each host is a process that does nothing and holds the namespaces. They have no names in the system,
and the kernel removes them, with their cables, when these processes end; and those end with the test,
however it ends. Files and processors are common to all hosts, as with a network file system.
"""
import ctypes
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import unittest

from tally_testing import ROOT, still_running

SUBNET = "10.213.7"  # seen by these hosts only


def end_with_parent():
    PR_SET_PDEATHSIG = 1
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def call(*words):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(map(str, words))}: {done.stderr.strip()}")
    return done.stdout


def network_of(pid):
    try:
        return os.readlink(f"/proc/{pid}/ns/net")
    except OSError:
        return None


class Namespaces:
    """The network and the name of one host."""

    def __init__(self, name):
        self.name = name
        hold = f"hostname {name} && ip link set lo up && echo ready && exec sleep infinity"
        self.holder = subprocess.Popen(["unshare", "--net", "--uts", "sh", "-c", hold],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                       preexec_fn=end_with_parent)
        if self.holder.stdout.readline() != "ready\n":
            raise RuntimeError(self.holder.communicate()[1].strip())
        self.pid = self.holder.pid

    def enter(self):
        """What to write before a command that is to run here."""
        return ["nsenter", "--target", str(self.pid), "--net", "--uts", "--"]

    def run(self, *words):
        return call(*self.enter(), *words)

    def processes(self):
        own = network_of(self.pid)
        listed = [int(path.name) for path in pathlib.Path("/proc").glob("[0-9]*")]
        return [pid for pid in listed if pid != self.pid and network_of(pid) == own]

    def kill_processes(self):
        """All but the holder, until none is left."""
        deadline = time.monotonic() + 10
        while (found := self.processes()) and time.monotonic() < deadline:
            for pid in found:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            still_running(found, 1)

    def sent_bytes(self):
        """Since it was connected, with all headers."""
        return json.loads(self.run("ip", "-s", "-j", "link", "show", "eth0"))[0]["stats64"]["tx"]["bytes"]

    def close(self):
        self.kill_processes()
        self.holder.kill()
        self.holder.communicate()


class Hosts:
    """Hosts n1, n2, ... on one switch. `test` removes them when it ends."""

    def __init__(self, test, count):
        self.hosts, self.cables = [], []
        test.addCleanup(self.close)
        try:
            self.switch = self.open("switch")
            self.switch.run("ip", "link", "add", "bridge", "type", "bridge")
            self.switch.run("ip", "link", "set", "bridge", "up")
            for number in range(1, count + 1):
                self.connect(self.open(f"n{number}"), number)
        except (RuntimeError, FileNotFoundError) as error:
            raise unittest.SkipTest(f"no namespaces for several hosts: {error}")

    def open(self, name):
        host = Namespaces(name)
        self.hosts.append(host)
        return host

    def connect(self, host, number):
        call("ip", "link", "add", f"to-{host.name}", "netns", self.switch.pid, "type", "veth",
             "peer", "name", "eth0", "netns", host.pid)
        self.plug_in(host, number)

    def plug_in(self, host, number):
        self.switch.run("ip", "link", "set", f"to-{host.name}", "master", "bridge", "up")
        host.run("ip", "address", "add", f"{SUBNET}.{number}/24", "dev", "eth0")
        host.run("ip", "link", "set", "eth0", "up")

    def connect_slowly(self, name, milliseconds):
        """A cable of that delay in each direction instead."""
        host = self[name]
        self.switch.run("ip", "link", "delete", f"to-{name}")
        cable = subprocess.Popen(
            [sys.executable, str(ROOT / "tests" / "support" / "slow_cable.py"), str(milliseconds),
             str(host.pid), "eth0", str(self.switch.pid), f"to-{name}"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=end_with_parent)
        self.cables.append(cable)
        if cable.stdout.readline() != "ready\n":
            raise unittest.SkipTest(f"no slow cable: {cable.communicate()[1].strip()}")
        self.plug_in(host, int(name[1:]))

    def __getitem__(self, name):
        return next(host for host in self.hosts if host.name == name)

    def names(self):
        return [host.name for host in self.hosts if host is not self.switch]

    def round_trip(self, name, peer):
        """Seconds that it takes to be told that nobody listens at a port."""
        knock = (f"import socket, time; start = time.monotonic(); s = socket.socket(); "
                 f"s.connect_ex(('{SUBNET}.{peer[1:]}', 9)); print(time.monotonic() - start)")
        return float(self[name].run(sys.executable, "-c", knock))

    def cut(self, name):
        """Pulls the cable of a host: neither it nor the others are told."""
        self.switch.run("ip", "link", "set", f"to-{name}", "down")

    def close(self):
        for cable in self.cables:
            cable.kill()
            cable.communicate()
        for host in reversed(self.hosts):
            host.close()
