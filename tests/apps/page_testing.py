# SPDX-License-Identifier: MIT
"""The page that tally-predict serves: starting and ending its server, for the tests of both sides."""
import contextlib
import signal
import subprocess
import unittest
import urllib.parse

from tally_testing import command


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
