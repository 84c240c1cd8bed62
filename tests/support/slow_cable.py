#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""slow_cable.py MILLISECONDS PROCESS NAME PROCESS NAME: a cable between the networks of two processes.

At each end there is a network interface of that name. Frames come out of the other end after the delay,
as with tc's netem, which not every kernel has. The cable is there after "ready" is printed, until this
program ends.
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

CLONE_NEWNET = 0x40000000
TUNSETIFF = 0x400454CA
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000


def open_end(process, name):
    """A network interface in the network of `process`; what goes into it can be read here."""
    with open(f"/proc/{process}/ns/net") as network:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(network.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
    end = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(end, TUNSETIFF, struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI))
    return end


def read_all(end, due, frames):
    while True:
        try:
            frames.append((due, os.read(end, 65536)))
        except OSError:  # nothing more for now, or the interface is down
            return


def write_due(end, frames):
    while frames and frames[0][0] <= time.monotonic():
        try:
            os.write(end, frames.popleft()[1])
        except OSError:  # nobody takes it: networks lose frames
            pass


def main():
    delay = float(sys.argv[1]) / 1000
    ends = [open_end(*sys.argv[2:4]), open_end(*sys.argv[4:6])]
    on_the_way = {ends[0]: collections.deque(), ends[1]: collections.deque()}  # to that end
    other = {ends[0]: ends[1], ends[1]: ends[0]}
    print("ready", flush=True)
    while True:
        waiting = [frames[0][0] for frames in on_the_way.values() if frames]
        patience = max(0, min(waiting) - time.monotonic()) if waiting else None
        for end in select.select(ends, [], [], patience)[0]:
            read_all(end, time.monotonic() + delay, on_the_way[other[end]])
        for end, frames in on_the_way.items():
            write_due(end, frames)


if __name__ == "__main__":
    main()
