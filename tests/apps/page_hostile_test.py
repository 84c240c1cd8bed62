# SPDX-License-Identifier: MIT
"""The page's server against hostile requests, slow clients and slow images, under small stacks and under
unlimited ones. What is bounded is what it computes and the memory that it takes: no time on the clock,
which would blame it for what else the machine does."""
import concurrent.futures
import contextlib
import json
import os
import resource
import signal
import socket
import subprocess
import threading
import unittest

from page_testing import (DRAWINGS, TYPE, black_and_white_png, connect, large_page, peak_megabytes, port_of, post,
                          post_text, processor_seconds, request, send, served, start_post, whole_reply)
from tally_testing import TallyTest, has_sanitizer, main, patience, wait_until

IMAGE = DRAWINGS[0].read_bytes()
UNLIMITED = resource.RLIM_INFINITY


def heads(port):
    """(name, text, statuses that are right)"""
    own = f"127.0.0.1:{port}"

    def get(headers="", path="/", method="GET", host=own):
        return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{headers}\r\n"

    def posted(headers):
        return f"POST /predict HTTP/1.1\r\nHost: {own}\r\n{headers}\r\n" + IMAGE.decode("latin-1")

    length = f"Content-Length: {len(IMAGE)}\r\n"
    for digits in (1, 3500, 9000, 30_000):
        yield f"range of {digits} digits", get(f"Range: bytes={'1' * digits}\r\n"), [200]
        yield f"range to {digits} digits", get(f"Range: bytes=0-{'1' * digits}\r\n"), [200]
    yield "ranges", get(f"Range: bytes={','.join(['0-'] * 9000)}\r\n"), [200]
    for method in ("OPTIONS", "PUT", "DELETE", "TRACE", "CONNECT", "PATCH", "FOO", "get", "PRI"):
        yield method, get(method=method), [405]
    for path in ("/../../etc/passwd", "/%2e%2e/etc/passwd", "//", "/favicon.ico", "/%00", "http://evil/", "*",
                 "/predict/", "/%", "/#", "/;/", "//evil.example/%2e"):
        yield path, get(path=path), [403, 404]
    for path in ("/\x01", "/\x7f", "", " "):
        yield repr(path), get(path=path), [400, 505]
    for path in ("/?x=1", "/?%zz=%", "/?" + "a=1&" * 4000):
        yield path[:10], get(path=path), [200]
    for host in ("evil.example", "127.1", "2130706433", "0.0.0.0", "[::1", "127.0.0.1.evil.example", "localhost.",
                 "localhost:99999999", "localhost@evil.example", "", "127.0.0.1\0evil", "[127.0.0.1]",
                 "\x1b[31mevil\x80\xff", "localhost, evil", "a" * 20_000):
        yield f"Host {host[:30]!r}", get(host=host), [400, 403]
    yield "no host", "GET / HTTP/1.1\r\n\r\n", [403]
    yield "two hosts", get(f"Host: {own}\r\n"), [403]
    for version in ("HTTP/2.0", "HTTP/0.9", "HTTP/1.2", "HTTP/1.11", "http/1.1", "HTCPCP/1.0"):
        yield version, get().replace("HTTP/1.1", version), [505]
    for origin in ("http://evil.example", "null", f"https://{own}", "", f"http://{own}\r\nOrigin: http://evil"):
        yield f"Origin {origin!r}", posted(TYPE + length + f"Origin: {origin}\r\n"), [403]
    for lengths in (length * 2, f"Content-Length: 5\r\n{length}", "Content-Length: 5, 5\r\n",
                    "Content-Length: +5\r\n", "Content-Length: -1\r\n", "Content-Length: 0x5\r\n",
                    "Content-Length: 18446744073709551621\r\n", "Content-Length: 99999999999999999999\r\n",
                    "Content-Length: 9223372036854775808\r\n", "Content-Length: \r\n", "",
                    "Transfer-Encoding: chunked\r\n", length + "Transfer-Encoding: chunked\r\n",
                    "Transfer-Encoding: chunked\r\n" + length, length + "Transfer-Encoding: xchunked\r\n",
                    length + "Transfer-Encoding : chunked\r\n", "Transfer-Encoding: chunked, identity\r\n"):
        yield f"{lengths!r}", posted(TYPE + lengths), [400, 411, 413]
    yield "much", posted(TYPE + "Content-Length: 9223372036854775807\r\n"), [413]
    for kind in ("text/plain", "multipart/form-data; boundary=" + "x" * 5000, "application/x-www-form-urlencoded",
                 "text/plain; application/octet-stream", "", "image/png\r\nContent-Type: text/plain"):
        yield f"type {kind[:30]}", posted(f"Content-Type: {kind}\r\n{length}"), [415]
    yield "gzip", posted(TYPE + length + "Content-Encoding: gzip\r\n"), [415]
    yield "expect", posted(TYPE + length + "Expect: foo\r\n"), [417]
    yield "websocket", get("Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"), [200]
    yield "h2c", get("Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\n"), [200]
    yield "connection", get("Connection: ,;=\r\n"), [400]
    yield "three requests", get() * 3, [200]
    yield "long path", get(path="/" + "a" * 9000), [404]
    yield "endless path", get(path="/" + "a" * 40_000), [414]
    yield "long header", get("X: " + "a" * 9000 + "\r\n"), [200]
    yield "endless header", get("X: " + "a" * 40_000 + "\r\n"), [431]
    yield "headers", get("X: a\r\n" * 5000), [200]
    yield "endless headers", get("X: a\r\n" * 100_000), [431]
    yield "empty names", get(": a\r\n" * 100), [400]
    for line in ("X: a\0b", "X : a", "garbage", "X: a\rb", "\0"):
        yield repr(line), get(line + "\r\n"), [400]
    yield "folded", get("X: a\r\n b\r\n"), [200]
    yield "line feeds", get().replace("\r\n", "\n"), [505]
    yield "zero bytes", "\0" * 1000, [400]
    yield "TLS", "\x16\x03\x01\0\xa5\x01\0\0\xa1\x03\x03" + "x" * 160, [400]
    yield "line ends", "\r\n" * 8000, [400]


class Hostile:
    """The tests, once for each size of stacks."""
    stack = UNLIMITED

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        hard = resource.getrlimit(resource.RLIMIT_STACK)[1]
        if hard != UNLIMITED and (cls.stack == UNLIMITED or cls.stack > hard):
            raise unittest.SkipTest("the hard limit of stacks is lower")
        cls.model = cls.train_once("--max-steps", 20)

    @contextlib.contextmanager
    def served(self, *arguments, files=None):
        def limit():
            resource.setrlimit(resource.RLIMIT_STACK, (self.stack, resource.RLIM_INFINITY))
            if files:
                for descriptor in range(20, 44):  # more than are left to others than connections
                    os.dup2(0, descriptor, inheritable=True)
                resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))

        with served(self.model, *arguments, preexec_fn=limit, close_fds=not files,
                    stdin=subprocess.DEVNULL) as (process, url):
            self.pid, self.port = process.pid, port_of(url)
            self.assertEqual(post(self.port, IMAGE)[0], 200)  # what is taken once is taken
            yield process
            if process.poll() is None:
                self.assertEqual(post(self.port, IMAGE)[0], 200)

    @contextlib.contextmanager
    def bounded(self, seconds, megabytes):
        """That the server computes and takes no more, within it, than that; with a sanitizer, which keeps
        freed memory back and checks each access, no more than so many times that."""
        if has_sanitizer():
            seconds, megabytes = 20 * seconds, 10 * megabytes
        before = processor_seconds(self.pid), peak_megabytes(self.pid)
        yield
        self.assertLess(processor_seconds(self.pid) - before[0], seconds)
        self.assertLess(peak_megabytes(self.pid) - before[1], megabytes)

    def health(self):
        return json.loads(request(self.port, path="/healthz")[2])

    def wait_for_health(self, what, holds):
        wait_until(lambda: holds(self.health()), what, seconds=60)

    def test_hostile_requests_are_refused_with_words(self):
        with self.served(), self.bounded(seconds=3, megabytes=30):
            for name, text, expected in heads(self.port):
                with self.subTest(name):
                    status, _, body = send(self.port, text)
                    self.assertIn(status, expected)
                    self.assertGreater(len(body), 10)

    def test_large_bodies_take_little(self):
        with self.served(), self.bounded(seconds=2, megabytes=120):
            for _ in range(5):
                self.assertEqual(post(self.port, bytes((16 << 20) + 1))[0], 413)
                self.assertEqual(post(self.port, bytes(16 << 20))[0], 200)

    def test_memory_does_not_grow_with_requests(self):
        with self.served(), concurrent.futures.ThreadPoolExecutor(8) as pool:
            list(pool.map(lambda _: post(self.port, IMAGE), range(100)))
            with self.bounded(seconds=120, megabytes=8):
                ask = [lambda: post(self.port, IMAGE), lambda: request(self.port), lambda: request(self.port, "PUT")]
                statuses = list(pool.map(lambda i: ask[i % 3]()[0], range(1500)))
            self.assertEqual([statuses.count(status) for status in (200, 405)], [1000, 500])

    @contextlib.contextmanager
    def dribble(self, count, text):
        """So many clients that send a byte now and then, and come again; yields a list of those that were
        shed."""
        is_over = threading.Event()
        closed = []

        def come_again():
            while not is_over.is_set():
                with contextlib.suppress(OSError), connect(self.port) as connection:
                    connection.sendall(text.encode())
                    while not is_over.wait(0.3):
                        connection.sendall(b"a")
                closed.append(1)
                is_over.wait(0.01)

        threads = [threading.Thread(target=come_again, daemon=True) for _ in range(count)]

        for thread in threads:
            thread.start()
        try:
            yield closed
        finally:
            is_over.set()
            for thread in threads:
                thread.join()

    def test_slow_clients_give_way(self):
        """More of them than there are connections: honest clients are served while they are there."""
        for name, text in (("heads", "GET / HTTP/1.1\r\nHost: localhost\r\nX: "),
                           ("bodies", post_text(bytes(16 << 20)))):
            with self.subTest(name), self.served("--serve-connections", 64), \
                    self.bounded(seconds=4, megabytes=60), self.dribble(100, text) as closed:
                wait_until(lambda: closed, "the first has given way")
                for _ in range(40):
                    self.assertEqual(request(self.port)[0], 200)
                    self.assertEqual(post(self.port, IMAGE)[0], 200)
                self.assertGreater(self.health()["connections"], 32)  # they have not gone

    def test_too_slow_a_file_is_refused(self):
        with self.served("--serve-body-seconds", 3600), self.bounded(seconds=1, megabytes=10), self.dribble(
                5, post_text(bytes(1 << 20))) as closed:
            wait_until(lambda: len(closed) >= 5, "those below the least rate are refused")

    def test_clients_that_never_read_give_way(self):
        """Their answers are larger than what the system keeps for them."""
        def row(is_stroke):
            return (b"\xff" * 4 + (b"\0" if is_stroke else b"\xff") + b"\xff" * 4) * 12

        page = black_and_white_png(9 * 8 * 12, [row(y % 150 >= 100) for y in range(1200)])
        def ask_and_never_read():
            connection = socket.socket()
            self.addCleanup(connection.close)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(("127.0.0.1", self.port))
            connection.sendall(post_text(page).encode() + page)
            self.wait_for_health("it is answered", lambda health: not health["waiting"] and not health["reading"])

        options = ["--segment", "--serve-answer-seconds", 3600]
        with self.served(*options, "--serve-connections", 16, "--serve-rate", 1), \
                self.bounded(seconds=20, megabytes=60):
            self.assertGreater(len(post(self.port, page)[2]), 200_000)
            for _ in range(30):
                ask_and_never_read()
                self.assertEqual(request(self.port)[0], 200)
            self.assertGreater(self.health()["connections"], 10)
        with self.served(*options, "--serve-rate", 1 << 20):
            for _ in range(3):
                ask_and_never_read()
            self.wait_for_health("they are below the least rate", lambda health: health["connections"] == 1)

    def test_descriptors_may_be_exhausted(self):
        with self.served(files=56), self.bounded(seconds=2, megabytes=20):
            idle = [connect(self.port) for _ in range(100)]
            for connection in idle:
                self.addCleanup(connection.close)
            for _ in range(20):
                self.assertEqual(request(self.port)[0], 200)
            self.assertGreater(self.health()["connections"], 5)  # nobody had to wait for their time

    def test_a_burst_is_answered(self):
        """More clients at once than there is room for: the others wait at the port."""
        with self.served("--serve-connections", 8) as process, self.bounded(seconds=2, megabytes=20):
            process.send_signal(signal.SIGSTOP)
            clients = [connect(self.port) for _ in range(100)]
            for client in clients:
                self.addCleanup(client.close)
                client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            process.send_signal(signal.SIGCONT)
            self.assertEqual([whole_reply(client)[0] for client in clients], [200] * 100)

    def test_a_flood_of_connections_is_served_past(self):
        is_over = threading.Event()

        def flood():
            while not is_over.is_set():
                with contextlib.suppress(OSError):
                    connect(self.port).close()

        with self.served(), self.bounded(seconds=60, megabytes=20):
            threads = [threading.Thread(target=flood, daemon=True) for _ in range(4)]
            for thread in threads:
                thread.start()
            try:
                for _ in range(50):
                    self.assertEqual(request(self.port)[0], 200)
            finally:
                is_over.set()
                for thread in threads:
                    thread.join()

    def test_all_files_together_take_bounded_memory(self):
        """Sixteen times the largest file, of which one is 1 MB here."""
        with self.served("--serve-megabytes", 1), self.bounded(seconds=4, megabytes=30):
            held = [connect(self.port) for _ in range(200)]
            for connection in held:
                self.addCleanup(connection.close)
                with contextlib.suppress(OSError):
                    connection.sendall(post_text(bytes(1 << 20)).encode() + bytes((1 << 20) - 1))

    def test_who_would_wait_too_long_is_told_to_come_back(self):
        page = large_page()
        with self.served("--serve-wait-seconds", 0.5, "--serve-image-seconds", 3600) as process:
            start = processor_seconds(process.pid)
            slow = [start_post(self, self.port, page) for _ in range(4)]
            self.wait_for_health("one is read", lambda health: health["reading"])
            status, head, body = post(self.port, IMAGE)
            self.assertEqual((status, body), (503, b"busy with other images; try again\n"))
            self.assertRegex(head, r"\r\nRetry-After: [1-9]\d*\r\n")
            self.assertEqual(sorted(whole_reply(connection)[0] for connection in slow), [200, 503, 503, 503])
            self.wait_for_health("nothing is left", lambda health: not health["reading"])
            end = processor_seconds(process.pid)
            self.assertEqual(post(self.port, page)[0], 200)
            once = processor_seconds(process.pid) - end
            self.assertLess(end - start, 1.9 * once)  # no work was done for those that were refused

    def test_an_image_that_takes_too_long_is_stopped(self):
        with self.served("--serve-image-seconds", 0.3), self.bounded(seconds=1, megabytes=300):
            status, _, body = post(self.port, large_page())
            self.assertEqual((status, body), (422, b"the image takes more than 0.3 s to read; make it smaller or "
                                                   b"simpler\n"))

    def test_images_of_clients_that_have_gone_are_not_read(self):
        page = large_page()
        with self.served("--serve-image-seconds", 3600) as process:
            before = processor_seconds(process.pid)
            self.assertEqual(post(self.port, page)[0], 200)
            with self.bounded(seconds=0.7 * (processor_seconds(process.pid) - before), megabytes=100):
                for image in [page] * 3 + [IMAGE] * 10:
                    start_post(self, self.port, image).close()
                self.wait_for_health("nothing is left but the one who asks",
                                     lambda health: health["connections"] == 1 and not health["reading"])

    def test_it_ends_whatever_clients_do(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name), self.served("--segment") as process, self.dribble(
                    20, post_text(bytes(16 << 20))):
                for _ in range(4):
                    start_post(self, self.port, large_page())
                self.wait_for_health("an image is read, and others wait", lambda health: health["waiting"] > 2)
                used = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2])
                before = processor_seconds(process.pid)
                process.send_signal(number)
                self.assertEqual(process.wait(timeout=patience(20)), 0)
                used = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) - used
                self.assertLess(used - before, 1.5)  # then the process is ended
                if patience(1) < 3 and not has_sanitizer():  # else the image may have got no core in which to stop by itself
                    self.assertEqual(process.stderr.read(), "")


class SmallStacks(Hostile, TallyTest):
    stack = 1024 << 10


class UnlimitedStacks(Hostile, TallyTest):
    stack = UNLIMITED


if __name__ == "__main__":
    main()
