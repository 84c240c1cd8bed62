# SPDX-License-Identifier: MIT
"""The server of the page to draw on, without a browser: what it answers, and to whom; and that no
client, however rude, slow or numerous, ends it or makes it grow."""
import concurrent.futures
import io
import json
import os
import pathlib
import re
import resource
import signal
import socket
import subprocess
import time

import numpy
from PIL import Image

from page_testing import (DRAWINGS, TYPE, connect, large_page, peak_megabytes, port_of, post,
                          post_text, request, send, served, start_post, whole_reply)
from tally_testing import (BIN, ROOT, TallyTest, command, main, patience, require_no_sanitizer, run,
                           wait_until)

def png(array):
    file = io.BytesIO()
    Image.fromarray(array).save(file, "PNG")
    return file.getvalue()


class PageServer(TallyTest):
    """One server for all tests, which must still answer after each."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.train_once("--epochs", 2)
        cls.process, url = cls.enterClassContext(served(cls.model))
        cls.port = port_of(url)

    def tearDown(self):
        status, _, body = post(self.port, DRAWINGS[0].read_bytes())
        self.assertEqual((status, json.loads(body)["answers"][0]["status"]), (200, "ok"))

    def peak_megabytes(self):
        return peak_megabytes(self.process.pid)

    def test_the_page_needs_nothing_from_elsewhere(self):
        status, head, body = request(self.port)
        self.assertEqual(status, 200)
        self.assertIn("Content-Type: text/html; charset=utf-8", head)
        self.assertIn("Content-Security-Policy: default-src 'none'", head)
        self.assertEqual(body, (ROOT / "src/apps/serve/drawing_page.html").read_bytes())
        self.assertNotRegex(body.decode(), r"""(?i)https?://|src=|@import|url\(""")
        status, head, body = request(self.port, "HEAD")
        self.assertEqual((status, body), (200, b""))

    def test_answers_are_those_of_the_command_line(self):
        stages = self.directory / "stages"
        lines = run("tally-predict", self.model, *DRAWINGS, "--json", "--top", 256, "--stages",
                    stages).out.splitlines()
        for path, line in zip(DRAWINGS, lines, strict=True):
            status, head, body = post(self.port, path.read_bytes())
            self.assertEqual(status, 200)
            self.assertIn("Content-Type: application/json", head)
            reply = json.loads(body)
            expected = json.loads(line)
            self.assertEqual(len(reply["answers"]), 1)
            self.assertEqual({**reply["answers"][0], "file": ""}, {**expected, "file": ""})
            digit = numpy.asarray(Image.open(stages / f"{path.name}-5-digit.png"))
            self.assertEqual(reply["pixels"], [digit.ravel().tolist()])

    def test_several_digits_have_several_answers(self):
        page = numpy.full((120, 300), 255, numpy.uint8)
        page[20:100, 40:50] = page[20:100, 140:150] = page[20:100, 240:250] = 0
        with served(self.model, "--segment") as (_, url):
            reply = json.loads(post(port_of(url), png(page))[2])
        self.assertEqual([len(pixels) for pixels in reply["pixels"]], [784] * 3)
        self.assertEqual([answer["box"][0] // 100 for answer in reply["answers"]], [0, 1, 2])

    def test_what_is_no_drawing_is_said_to_be_none(self):
        random = numpy.random.default_rng(1)
        drawing = DRAWINGS[0].read_bytes()
        for name, body, expected in (
                ("blank", png(numpy.full((50, 50), 255, numpy.uint8)), "no_ink"),
                ("nothing", b"", "error"),
                ("random bytes", random.bytes(10000), "error"),
                ("cut off", drawing[:len(drawing) // 2], "error"),
                ("a bomb", png(numpy.zeros((1, 1), numpy.uint8)).replace(
                    b"IHDR\0\0\0\1\0\0\0\1", b"IHDR\0\1\0\0\0\1\0\0"), "error")):
            with self.subTest(name):
                status, _, reply = post(self.port, body)
                self.assertEqual(status, 200)
                answer = json.loads(reply)["answers"][0]
                self.assertEqual((answer["status"], answer["top"]), (expected, []))
                self.assertNotEqual(answer["message"], "")

    def test_only_its_own_page_may_ask(self):
        image = DRAWINGS[0].read_bytes()
        own = f"127.0.0.1:{self.port}"
        for host in (own, f"localhost:{self.port}", "localhost:9000", "127.0.0.1", "[::1]:80"):
            with self.subTest(host):
                self.assertEqual(post(self.port, image, host=f"Host: {host}\r\n")[0], 200)
        for host in ("Host: evil.example\r\n", f"Host: 127.0.0.1.evil.example:{self.port}\r\n",
                     "Host: 10.0.0.1\r\n", "Host: \r\n", "", f"Host: {own}\r\nHost: evil.example\r\n",
                     "Host: 127.evil.example\r\n", "Host: [::1\r\n".replace("::1", "::2")):
            with self.subTest(host):
                self.assertEqual(request(self.port, host=host)[0], 403)
                self.assertEqual(post(self.port, image, host=host)[0], 403)
        self.assertEqual(post(self.port, image, f"Origin: http://{own}\r\n")[0], 200)
        for origin in ("https://evil.example", "null", "http://127.0.0.1:1", f"https://{own}", "",
                       f"http://{own}\r\nOrigin: http://evil.example",
                       f"http://{own}\r\nOrigin: http://{own}"):
            with self.subTest(origin):
                self.assertEqual(post(self.port, image, f"Origin: {origin}\r\n")[0], 403)

    def test_hosts_are_read_to_their_end(self):
        for host, expected in (
                ("LOCALHOST", 200), ("127.1.2.3:80", 200), ("[::1]", 200), ("localhost:", 200),
                ("127.0.0.1\0evil.example", 400), ("127.0.0.1:evil.example", 403),
                ("localhost:65536", 403), ("[::1]evil.example", 403), ("[127.0.0.1]", 403),
                ("::1", 403), ("localhost@evil.example", 403), ("evil.example:127.0.0.1", 403),
                ("127.0.0.1.", 403), ("127.0.0.01", 403), ("2130706433", 403), ("0x7f.1", 403)):
            with self.subTest(host):
                self.assertEqual(request(self.port, host=f"Host: {host}\r\n")[0], expected)
        own = f"127.0.0.1:{self.port}"
        for target, expected in ((f"http://{own}/", 200), (f"HTTP://{own}", 200), (f"http://{own}/x", 404),
                                 ("http://evil.example/", 403), (f"http://{own}@evil.example/", 403),
                                 (f"https://{own}/", 404), ("*", 404)):
            with self.subTest(target):
                self.assertEqual(request(self.port, path=target)[0], expected)

    def test_what_a_client_wrote_is_shown_without_control_characters(self):
        for host in (b"\x1b[31mevil", b"evil\x80\x9b31m", b"<script>alert(1)</script>"):
            with self.subTest(host):
                status, head, body = request(self.port, host=f"Host: {host.decode('latin-1')}\r\n")
                self.assertIn(status, (400, 403))
                self.assertIn("Content-Type: text/plain; charset=utf-8", head)
                self.assertIn("X-Content-Type-Options: nosniff", head)
                self.assertNotIn(b"\x1b", body)

    def test_methods_and_paths_are_checked(self):
        for method, path, expected in (
                ("POST", "/", 405), ("PUT", "/", 405), ("DELETE", "/", 405), ("OPTIONS", "/", 405),
                ("GET", "/predict", 405), ("PUT", "/predict", 405), ("OPTIONS", "/predict", 405),
                ("GET", "/other", 404), ("GET", "/../etc/passwd", 404), ("POST", "/other", 404),
                ("GET", "//", 404), ("BREW", "/", 405)):
            with self.subTest(f"{method} {path}"):
                status, head, _ = request(self.port, method, path, "Content-Length: 0\r\n")
                self.assertEqual(status, expected)
                self.assertEqual("Allow: " in head, expected == 405)

    def test_bodies_are_bounded_and_plain(self):
        image = DRAWINGS[0].read_bytes()
        length = f"Content-Length: {len(image)}\r\n"
        for name, headers, expected in (
                ("no length", TYPE, 411),
                ("chunks", TYPE + "Transfer-Encoding: chunked\r\n", 411),
                ("chunks and length", TYPE + length + "Transfer-Encoding: chunked\r\n", 400),
                ("negative", TYPE + "Content-Length: -1\r\n", 400),
                ("no number", TYPE + "Content-Length: 12x\r\n", 400),
                ("two lengths", TYPE + length + length, 411),
                ("two that differ", TYPE + length + "Content-Length: 1\r\n", 400),
                ("beyond 64 bits", TYPE + f"Content-Length: {1 << 64}\r\n", 400),
                ("too large", TYPE + f"Content-Length: {(16 << 20) + 1}\r\n", 413),
                ("huge", TYPE + f"Content-Length: {(1 << 63) - 1}\r\n", 413),
                ("no type", length, 415),
                ("a form", length + "Content-Type: text/plain\r\n", 415),
                ("a form with parts", length + "Content-Type: multipart/form-data; boundary=x\r\n",
                 415),
                ("compressed", TYPE + length + "Content-Encoding: gzip\r\n", 415)):
            with self.subTest(name):
                status, head, _ = request(self.port, "POST", "/predict", headers, image)
                self.assertEqual(status, expected)
                self.assertIn("Connection: close", head)
        large = bytes((16 << 20) + 1)
        status, _, body = post(self.port, large)
        self.assertEqual((status, body), (413, b"the image file has 16 777 217 bytes, expected at "
                                               b"most 16 MB; make it smaller\n"))
        self.assertEqual(post(self.port, large[:16 << 20])[0], 200)  # read, and no image

    def post_when_told(self, connection):
        """The status that a client gets that sends its image once it is told to."""
        image = DRAWINGS[0].read_bytes()
        connection.sendall(f"POST /predict HTTP/1.1\r\nHost: localhost\r\n{TYPE}Expect: 100-continue\r\n"
                           f"Content-Length: {len(image)}\r\n\r\n".encode())
        self.assertEqual(connection.recv(1000), b"HTTP/1.1 100 Continue\r\n\r\n")
        connection.sendall(image)
        return whole_reply(connection)[0]

    def test_a_client_that_waits_is_told_to_continue(self):
        with connect(self.port) as connection:
            self.assertEqual(self.post_when_told(connection), 200)

    def test_memory_is_taken_for_what_comes_not_for_what_is_announced(self):
        self.tearDown()
        before = self.peak_megabytes()
        waiting = [connect(self.port) for _ in range(12)]
        for connection in waiting:
            self.addCleanup(connection.close)
            connection.sendall(f"POST /predict HTTP/1.1\r\nHost: localhost\r\n{TYPE}"
                               f"Content-Length: {16 << 20}\r\n\r\n".encode())
        self.tearDown()
        self.assertLess(self.peak_megabytes() - before, 50)

    def test_parts_of_the_page_are_not_sent(self):
        ranges = ",".join(["0-"] * 1000)
        status, _, body = request(self.port, headers=f"Range: bytes={ranges}\r\n")
        self.assertEqual(status, 200)
        self.assertEqual(body, request(self.port)[2])

    def test_the_page_is_sent_as_it_is_whatever_coding_is_asked_for(self):
        status, head, body = request(self.port, headers="Accept-Encoding: br, gzip, deflate\r\n")
        self.assertEqual((status, body), (200, request(self.port)[2]))
        self.assertNotIn("Content-Encoding", head)

    def test_garbage_requests_are_refused(self):
        random = numpy.random.default_rng(2)
        for size in (1, 10, 1000, 100_000):
            for _ in range(5):
                status, _, _ = send(self.port, "", random.bytes(size) + b"\r\n\r\n")
                self.assertEqual(status, 400)
        self.assertEqual(send(self.port, "\r\n" * 1000)[0], 400)
        self.assertEqual(send(self.port, "GET / HTTP/9.9\r\n\r\n")[0], 505)
        self.assertEqual(send(self.port, "GET / HTTP/1.1\nHost: localhost\n\n")[0], 505)

    def test_heads_that_are_too_large_are_told_so(self):
        long = "a" * 40_000
        for name, text, expected in (
                ("path", f"GET /{long} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
                ("long path", f"GET /{long * 5} HTTP/1.1\r\nHost: localhost\r\n\r\n", 414),
                ("header", f"GET / HTTP/1.1\r\nHost: localhost\r\nx: {long}\r\n\r\n", 431),
                ("headers", "GET / HTTP/1.1\r\nHost: localhost\r\n" + "x: a\r\n" * 7000 + "\r\n", 431),
                ("many small headers", "GET / HTTP/1.1\r\nHost: localhost\r\n" + "x: a\r\n" * 5000 + "\r\n", 200)):
            with self.subTest(name):
                status, _, body = send(self.port, text)
                self.assertEqual(status, expected)
                self.assertGreater(len(body), 20)

    def test_clients_that_close_their_side_are_answered(self):
        image = DRAWINGS[0].read_bytes()
        self.assertEqual(request(self.port, is_half_closed=True)[0], 200)
        status, _, body = post(self.port, image, is_half_closed=True)
        if status == 100:  # by which the server asks whether the client is still there
            status = int(body.split()[1])
        self.assertEqual(status, 200)
        self.assertEqual(send(self.port, "GET / HTTP/1.1\r\nHost:", is_half_closed=True)[0], 400)
        status, _, body = request(self.port, "POST", "/predict", f"{TYPE}Content-Length: {len(image) + 1}\r\n",
                                  image, is_half_closed=True)
        self.assertEqual((status, body), (400, f"the image file ends after {len(image)} of {len(image) + 1} "
                                               "bytes\n".encode()))
        self.assertEqual(send(self.port, "", is_half_closed=True)[0], 0)

    def test_what_follows_a_request_is_not_answered(self):
        """No request can be smuggled in behind another one: each connection has one."""
        get = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"
        for text in (get * 3, get.replace("\r\n\r\n", "\r\nContent-Length: 300\r\n\r\n") + get):
            _, _, body = send(self.port, text)
            self.assertEqual(body, request(self.port)[2])
        image = DRAWINGS[0].read_bytes()
        status, _, body = send(self.port, post_text(image), image + get.encode())
        self.assertEqual((status, len(json.loads(body)["answers"])), (200, 1))

    def test_expectations(self):
        image = DRAWINGS[0].read_bytes()
        self.assertEqual(post(self.port, image, "Expect: miracles\r\n")[0], 417)
        self.assertEqual(post(self.port, image, "Expect: 100-continue\r\nExpect: x\r\n")[0], 417)
        # HTTP/1.0 knows no answers in between.
        old = post_text(image, "Expect: 100-continue\r\n").replace("HTTP/1.1", "HTTP/1.0")
        self.assertEqual(send(self.port, old, image)[0], 200)

    def test_health(self):
        for path in ("/healthz", "/healthz?x"):
            status, head, body = request(self.port, path=path)
            self.assertEqual(status, 200)
            self.assertIn("Content-Type: application/json", head)
            health = json.loads(body)
            self.assertEqual(health["status"], "ok")
            self.assertGreaterEqual(health["connections"], 1)
            self.assertEqual((health["waiting"], health["reading"], health["image_seconds"]), (0, False, 0))
        self.assertEqual(request(self.port, "HEAD", "/healthz")[::2], (200, b""))
        self.assertEqual(request(self.port, "POST", "/healthz")[0], 405)
        self.assertEqual(request(self.port, path="/healthz", host="Host: evil.example\r\n")[0], 403)

    def test_endless_heads_and_bodies_are_cut_off(self):
        self.tearDown()
        before = self.peak_megabytes()
        for start, piece in (("GET / HTTP/1.1\r\n", b"a: b\r\n" * 10000),
                             ("GET /", b"a" * 65536),
                             ("GET / HTTP/1.1\r\nx: ", b"a" * 65536),
                             ("POST /predict HTTP/1.1\r\nTransfer-Encoding: chunked\r\n" + TYPE +
                              "Host: localhost\r\n\r\n", b"ffff\r\n" + b"a" * 0xffff + b"\r\n")):
            with self.subTest(start), connect(self.port) as connection:
                connection.sendall(start.encode())
                end = time.monotonic() + patience(60)
                with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                    while time.monotonic() < end:
                        connection.sendall(piece)
        self.assertLess(self.peak_megabytes() - before, 50)

    def test_slow_clients_do_not_keep_others_waiting(self):
        slow = [connect(self.port) for _ in range(12)]
        for connection in slow:
            self.addCleanup(connection.close)
            connection.sendall(b"GET / HT")
        self.assertEqual(request(self.port)[0], 200)
        # More than there are threads: they are cut off, and the others are served then.
        slow += [connect(self.port) for _ in range(24)]
        for connection in slow[12:]:
            self.addCleanup(connection.close)
            connection.sendall(b"POST /predict HTTP/1.1\r\nHost: localhost\r\n")
        self.assertEqual(request(self.port)[0], 200)

    def test_a_drop_at_a_time_is_cut_off_all_the_same(self):
        with connect(self.port) as connection:
            start = time.monotonic()
            with self.assertRaises((BrokenPipeError, ConnectionResetError)):
                while time.monotonic() < start + patience(60):
                    connection.sendall(b"G")
                    time.sleep(0.1)

    def test_clients_that_go_away_are_forgotten(self):
        image = DRAWINGS[0].read_bytes()
        for _ in range(50):
            with connect(self.port) as connection:
                connection.sendall(f"POST /predict HTTP/1.1\r\nHost: localhost\r\n{TYPE}"
                                   f"Content-Length: {len(image)}\r\n\r\n".encode() + image)
        descriptors = pathlib.Path(f"/proc/{self.process.pid}/fd")
        end = time.monotonic() + patience(60)
        while len(list(descriptors.iterdir())) > 20 and time.monotonic() < end:
            time.sleep(0.05)
        self.assertLessEqual(len(list(descriptors.iterdir())), 20)

    def test_many_at_a_time_all_get_their_own_answer(self):
        images = [path.read_bytes() for path in sorted(DRAWINGS, key=lambda p: p.stat().st_size)[:4]]
        expected = [post(self.port, image)[2] for image in images]
        with concurrent.futures.ThreadPoolExecutor(50) as pool:
            replies = list(pool.map(lambda i: post(self.port, images[i % 4]), range(300)))
        for i, (status, _, body) in enumerate(replies):
            self.assertEqual((status, body), (200, expected[i % 4]))
        tasks = list(pathlib.Path(f"/proc/{self.process.pid}/task").iterdir())
        self.assertLess(len(tasks), 40)

    def hesitant(self):
        """An environment in which calls have to be repeated: support/hesitant_network.cpp."""
        require_no_sanitizer("its library has to be loaded first")
        library = BIN.parent / "tests" / "apps" / "libtally_hesitant_network.so"
        self.assertTrue(library.exists())
        return {**os.environ, "LD_PRELOAD": str(library)}

    def test_calls_that_have_to_be_repeated_are(self):
        with served(self.model, env=self.hesitant()) as (_, url):
            for _ in range(4):
                self.assertEqual(request(port_of(url))[0], 200)
                self.assertEqual(post(port_of(url), DRAWINGS[0].read_bytes())[0], 200)
            with connect(port_of(url)) as connection:
                self.assertEqual(self.post_when_told(connection), 200)

    def test_an_answer_has_its_own_time(self):
        """The time for the file has long passed when it is read."""
        with served(self.model, "--serve-body-seconds", 0.5, "--serve-image-seconds", 3600) as (_, url):
            self.assertEqual(post(port_of(url), large_page())[0], 200)

    def test_stacks_need_not_be_as_large_as_the_limit(self):
        """A stack of 1 GiB for each thread would take all addresses that the limit leaves."""
        require_no_sanitizer("it takes more addresses than there are here")

        def limit():
            resource.setrlimit(resource.RLIMIT_STACK, (1 << 30, resource.RLIM_INFINITY))
            resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))

        with served(self.model, preexec_fn=limit, env={**os.environ, "OMP_NUM_THREADS": "1"}) as (process, url):
            self.assertEqual(request(port_of(url))[0], 200)
            self.assertEqual(post(port_of(url), DRAWINGS[0].read_bytes())[0], 200)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.wait(timeout=patience(60)), 0)

    def test_limits_are_options(self):
        image = DRAWINGS[0].read_bytes()
        with served(self.model, "--serve-megabytes", 1, "--serve-connections", 4, "--serve-body-seconds", 1,
                    "--serve-rate", 1) as (process, url):
            port = port_of(url)
            status, _, body = post(port, bytes((1 << 20) + 1))
            self.assertEqual(status, 413)
            self.assertIn(b"expected at most 1 MB", body)
            slow = connect(port)
            self.addCleanup(slow.close)
            slow.sendall(post_text(image).encode() + image[:10])
            status, _, body = whole_reply(slow)
            self.assertEqual((status, body), (408, b"expected the image file within 1 s, and at least 1 bytes a "
                                                   b"second\n"))
            idle = [connect(port) for _ in range(20)]
            for connection in idle:
                self.addCleanup(connection.close)
            self.assertEqual(post(port, image)[0], 200)
            self.assertLess(json.loads(request(port, path="/healthz")[2])["connections"], 5)
        for option, value in (("--serve-connections", 0), ("--serve-megabytes", 65), ("--serve-rate", -1),
                              ("--serve-image-seconds", "x")):
            with self.subTest(option):
                result = run("tally-predict", self.model, "--serve", 0, option, value)
                self.assertEqual((result.code, result.out), (2, ""))
                self.assertIn(f"{option}: expected ", result.err)

    def test_a_head_that_does_not_end_is_told_so(self):
        with connect(self.port) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
            self.assertEqual(whole_reply(connection)[::2], (408, b"expected a whole head within 5 s\n"))

    def test_a_port_belongs_to_one_server(self):
        result = run("tally-predict", self.model, "--serve", self.port)
        self.assertEqual((result.code, result.out), (2, ""))
        self.assertEqual(result.err,
                         f"tally-predict: 127.0.0.1 port {self.port}: cannot be opened (Address "
                         "already in use); choose another port, or 0 for any that is free\n")

    def test_only_this_machine_reaches_it_unless_asked(self):
        for address, family in (("127.0.0.1", socket.AF_INET), ("::1", socket.AF_INET6)):
            with self.subTest(address), served(self.model, "--serve-address", address) as (_, url):
                bound = pathlib.Path("/proc/net/tcp6" if family == socket.AF_INET6
                                     else "/proc/net/tcp").read_text()
                local = re.search(rf"([0-9A-F]+):{port_of(url):04X} [0-9A-F]+:0000 0A", bound)[1]
                loopback = {"127.0.0.1": "0100007F", "::1": "00000000000000000000000001000000"}
                self.assertEqual(local, loopback[address])
        with served(self.model, "--serve-address", "0.0.0.0") as (process, url):
            port = port_of(url)
            self.assertEqual(request(port, host="Host: 192.168.1.5\r\n")[0], 200)
            self.assertEqual(request(port, host="Host: evil.example\r\n")[0], 403)
            process.send_signal(signal.SIGTERM)
            self.assertEqual(process.communicate(timeout=patience(60))[1],
                             "tally-predict: warning: whoever reaches 0.0.0.0 can use the page\n")

    def test_wrong_uses_are_refused(self):
        for arguments, message in (
                ([], "expected images, or --serve, but not both; see --help"),
                ([DRAWINGS[0], "--serve", "0"],
                 "expected images, or --serve, but not both; see --help"),
                (["--serve", "0", "--serve-address", "localhost"],
                 "--serve-address: expected a numeric address, as 127.0.0.1, got \"localhost\""),
                (["--serve", "0", "--serve-address", "203.0.113.1"],
                 "203.0.113.1 port 0: cannot be opened (Cannot assign requested address); choose "
                 "another port, or 0 for any that is free")):
            with self.subTest(arguments):
                result = run("tally-predict", self.model, *arguments)
                self.assertEqual((result.code, result.out, result.err),
                                 (2, "", f"tally-predict: {message}\n"))

    def test_signals_end_it_cleanly(self):
        # OpenBLAS has threads before main where it may.
        environment = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number.name), served(self.model, env=environment) as (process, url):
                idle = connect(port_of(url))
                self.addCleanup(idle.close)
                idle.sendall(b"GET")
                self.assertEqual(request(port_of(url))[0], 200)
                process.send_signal(number)
                self.assertEqual(process.wait(timeout=patience(60)), 0)
                self.assertEqual(process.stdout.read(),
                                 "Open this address in a browser and draw; Ctrl-C ends it.\n")
                self.assertEqual(process.stderr.read(), "")

    def test_output_that_cannot_be_written_is_a_failure(self):
        with open("/dev/full", "w") as full:
            done = subprocess.run(command("tally-predict", self.model, "--serve", 0), stdout=full,
                                  stderr=subprocess.PIPE, text=True, timeout=patience(60), check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn("standard output: cannot be written: No space left on device", done.stderr)


if __name__ == "__main__":
    main()
