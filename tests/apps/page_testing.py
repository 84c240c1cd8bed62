# SPDX-License-Identifier: MIT
"""The page that tally-predict serves: starting and ending its server, asking it, and what it takes of
the machine, for the tests of both sides."""
import contextlib
import os
import pathlib
import re
import signal
import socket
import struct
import subprocess
import unittest
import urllib.parse
import zlib

from tally_testing import ROOT, command, patience

DRAWINGS = sorted((ROOT / "data" / "drawings").iterdir())
TYPE = "Content-Type: application/octet-stream\r\n"


@contextlib.contextmanager
def served(model, *arguments, **options):
    """Serves the page at a free port for as long as the context lasts: (process, URL). `options` are Popen's."""
    line = command("tally-predict", model, "--serve", 0, *arguments)
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, **options) as process:
        try:
            url = process.stdout.readline().strip()
            if not url.startswith("http://"):
                answer = process.communicate(timeout=60)
                if "tally-predict was built without Boost" in answer[1]:
                    raise unittest.SkipTest(answer[1].strip())
                raise AssertionError(answer)
            yield process, url
        finally:
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            finally:
                process.kill()


def port_of(url):
    return urllib.parse.urlsplit(url).port


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=patience(60))


def whole_reply(connection):
    """What comes until the server closes: (status, head, body), and all zero if nothing does."""
    reply = b""
    try:
        while piece := connection.recv(65536):
            reply += piece
    except ConnectionResetError:
        pass
    if not reply:
        return 0, "", b""
    head, body = reply.split(b"\r\n\r\n", 1)
    return int(head.split()[1]), head.decode(), body


def send(port, text, body=b"", is_half_closed=False):
    with connect(port) as connection:
        try:
            connection.sendall(text.encode("latin-1") + body)
            if is_half_closed:
                connection.shutdown(socket.SHUT_WR)
        except (BrokenPipeError, ConnectionResetError):
            pass
        return whole_reply(connection)


def request(port, method="GET", path="/", headers="", body=b"", host=None, **options):
    host = f"Host: 127.0.0.1:{port}\r\n" if host is None else host
    return send(port, f"{method} {path} HTTP/1.1\r\n{host}{headers}\r\n", body, **options)


def post_text(image, headers="", host="Host: localhost\r\n"):
    return f"POST /predict HTTP/1.1\r\n{host}{TYPE}Content-Length: {len(image)}\r\n{headers}\r\n"


def post(port, image, headers="", host=None, **options):
    host = f"Host: 127.0.0.1:{port}\r\n" if host is None else host
    return send(port, post_text(image, headers, host), image, **options)


def start_post(test, port, image):
    """A connection over which an image has been sent, and whose answer was not read."""
    connection = connect(port)
    test.addCleanup(connection.close)
    connection.sendall(post_text(image).encode() + image)
    return connection


def peak_megabytes(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"VmHWM:\s+(\d+)", text)[1]) / 1024


def processor_seconds(pid):
    """What a process has computed so far, in all of its threads."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def black_and_white_png(width, rows):
    """A PNG of one bit per pixel, of rows of bytes: a large page in a small file, made quickly."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, len(rows), 1, 0, 0, 0, 0)
    data = zlib.compress(b"".join(b"\0" + row for row in rows), 1)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) +
            chunk(b"IEND", b""))


def large_page(side=9984):
    """A file of some kilobytes that is honest work for seconds: ruled paper of 100 megapixels."""
    paper, line = b"\xff" * (side // 8), b"\x00" * (side // 8)
    digit = paper[: side // 16] + b"\0" * 40 + paper[side // 16 + 40:]
    return black_and_white_png(side, [line if y % 120 < 3 else digit if 0.3 < y / side < 0.6 else paper
                                      for y in range(side)])
