#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""page_latencies.py MODEL [--bin DIR] [--requests N]: how fast the page of `tally-predict MODEL --serve`
answers, alone and beside slow clients, and what memory it takes.

Prints a table in Markdown. Every request has a connection of its own, as the server wants it; the clients
are in this process, on the same machine, so their work is part of the times. `--only NAME...` measures some
of: get post slow memory."""
import argparse
import contextlib
import os
import pathlib
import selectors
import signal
import socket
import subprocess
import threading
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parents[1]
CLIENTS = (1, 8, 32, 100)
SLOW_CLIENTS = 100
SLOW_SECONDS = 25


def get_request():
    return b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


def post_head(length):
    return (b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            b"Content-Length: %d\r\n\r\n" % length)


def post_request():
    image = min((ROOT / "data" / "drawings").glob("*.png"), key=lambda path: path.stat().st_size).read_bytes()
    return post_head(len(image)) + image


class Client:
    """One request: connects, sends, reads until the server closes."""

    def __init__(self, port, data):
        self.begin = time.monotonic()
        self.data, self.reply = data, b""
        self.socket = socket.socket()
        self.socket.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            self.socket.connect(("127.0.0.1", port))

    def is_over(self):
        """Goes on as far as it can without waiting."""
        try:
            if self.data:
                self.data = self.data[self.socket.send(self.data):]
            while piece := self.socket.recv(1 << 16):
                self.reply += piece
        except BlockingIOError:
            return False
        except OSError:
            pass
        return True


def closed_loop(port, data, clients, count):
    """So many clients, each of which asks again when it is answered: (seconds of each, failures, seconds)."""
    seconds, failures, started = [], 0, 0
    begin = time.monotonic()
    with selectors.DefaultSelector() as selector:
        def start():
            client = Client(port, data)
            selector.register(client.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, client)

        for started in range(1, min(clients, count) + 1):
            start()
        while len(seconds) < count:
            for key, _ in selector.select():
                client = key.data
                if not client.data:
                    selector.modify(client.socket, selectors.EVENT_READ, client)
                if not client.is_over():
                    continue
                seconds.append(time.monotonic() - client.begin)
                failures += not client.reply.startswith(b"HTTP/1.1 200 ")
                selector.unregister(client.socket)
                client.socket.close()
                if started < count:
                    started += 1
                    start()
    return seconds, failures, time.monotonic() - begin


def dribble(port, start, is_over):
    """A slow client: a byte now and then, and again from the start when it is cut off."""
    while not is_over.is_set():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=120) as client:
            client.sendall(start)
            while not is_over.wait(0.5):
                client.sendall(b"a")
        is_over.wait(0.05)


@contextlib.contextmanager
def slow_clients(port, start):
    is_over = threading.Event()
    threads = [threading.Thread(target=dribble, args=(port, start, is_over), daemon=True)
               for _ in range(SLOW_CLIENTS)]
    for thread in threads:
        thread.start()
    time.sleep(1)
    try:
        yield
    finally:
        is_over.set()


def beside_slow_clients(port, start, data):
    """One honest client, beside them, for some time."""
    seconds, failures = [], 0
    with slow_clients(port, start):
        begin = time.monotonic()
        while time.monotonic() - begin < SLOW_SECONDS:
            one, failed, _ = closed_loop(port, data, 1, 1)
            seconds += one
            failures += failed
            time.sleep(0.02)
    return seconds, failures, time.monotonic() - begin


def row(name, clients, pid, run):
    """Measures, and prints a row. What the server computes for a request does not depend on what else the
    machine does."""
    before = processor_seconds(pid)
    seconds, failures, total = run()
    computed = (processor_seconds(pid) - before) / len(seconds)
    ordered = sorted(seconds)
    p50, p90, p99 = (1000 * ordered[int(share * len(ordered))] for share in (0.5, 0.9, 0.99))
    print(f"| {name} | {clients} | {len(ordered)} | {len(ordered) / total:.0f} | {p50:.1f} | {p90:.1f} |"
          f" {p99:.1f} | {1000 * ordered[-1]:.0f} | {1000 * computed:.2f} | {failures} |", flush=True)


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def megabytes(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1]) / 1024
    raise ValueError(name)


@contextlib.contextmanager
def served(program, model):
    with subprocess.Popen([program, model, "--serve", "0"], stdout=subprocess.PIPE, text=True) as process:
        try:
            url = process.stdout.readline().strip()
            yield process.pid, urllib.parse.urlsplit(url).port
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                process.kill()


def measure(asked):
    program = asked.bin / "tally-predict"
    page, image = get_request(), post_request()
    print(f"load {os.getloadavg()[0]:.2f} at the start, {len(os.sched_getaffinity(0))} cores\n")
    print("| what | clients | requests | each s | p50 ms | p90 ms | p99 ms | max ms |"
          " server's CPU ms | failed |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, data in (("get", page), ("post", image)):
        if name not in asked.only:
            continue
        with served(program, asked.model) as (pid, port):
            closed_loop(port, data, 1, 20)
            for clients in CLIENTS:
                row(name.upper(), clients, pid, lambda: closed_loop(port, data, clients, asked.requests))
    if "slow" in asked.only:
        for kind, start in (("heads", page[:-2] + b"X: "), ("bodies", post_head(16_000_000))):
            for name, data in (("GET", page), ("POST", image)):
                with served(program, asked.model) as (pid, port):
                    row(f"{name} beside {SLOW_CLIENTS} slow {kind}", 1, pid,
                        lambda: beside_slow_clients(port, start, data))
    if "memory" in asked.only:
        with served(program, asked.model) as (pid, port):
            closed_loop(port, image, 8, 100)
            before = megabytes(pid, "VmRSS")
            closed_loop(port, image, 8, 5000)
            print(f"\nmemory: {before:.1f} MB after 100 POST, {megabytes(pid, 'VmRSS'):.1f} MB after 5,000 more, "
                  f"{megabytes(pid, 'VmHWM'):.1f} MB at most")
    print(f"\nload {os.getloadavg()[0]:.2f} at the end")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "release" / "bin")
    parser.add_argument("--requests", type=int, default=2000, help="of each row (2000)")
    parser.add_argument("--only", nargs="+", choices=["get", "post", "slow", "memory"],
                        default=["get", "post", "slow", "memory"])
    measure(parser.parse_args())


if __name__ == "__main__":
    main()
