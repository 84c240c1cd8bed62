# SPDX-License-Identifier: MIT
"""A headless Chromium, driven over WebDriver (https://www.w3.org/TR/webdriver2/) by nothing but
Python's own library."""
import base64
import contextlib
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request

ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the key that the standard gives to elements
KEYS = {"left": "\ue012", "up": "\ue013", "right": "\ue014", "down": "\ue015", "control": "\ue009",
        "escape": "\ue00c"}
DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
PATIENCE = 60  # seconds, for a machine that does much else

OPTIONS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
           "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-dev-shm-usage", "--no-proxy-server",
           "--hide-scrollbars", "--window-size=1000,900"]


def missing():
    """The program that a browser test lacks, or nothing."""
    return next((name for name in ("chromium", "chromedriver") if not shutil.which(name)), "")


class Browser:
    def __init__(self, address, *options):
        self.address = address
        arguments = {"args": [*OPTIONS, *options], "binary": shutil.which("chromium")}
        capabilities = {"alwaysMatch": {"browserName": "chrome", "goog:chromeOptions": arguments}}
        self.session = f"/session/{self.ask('/session', capabilities=capabilities)['sessionId']}"

    def ask(self, path, method="POST", **values):
        body = json.dumps(values).encode() if method == "POST" else None
        request = urllib.request.Request(self.address + path, body, method=method,
                                         headers={"Content-Type": "application/json"})
        with DIRECT.open(request, timeout=2 * PATIENCE) as reply:
            return json.load(reply)["value"]

    def close(self):
        self.ask(self.session, "DELETE")

    def open(self, url):
        self.ask(f"{self.session}/url", url=url)

    def script(self, text, *arguments):
        return self.ask(f"{self.session}/execute/sync", script=text, args=list(arguments))

    def wait(self, condition, seconds=PATIENCE):
        """Waits until a script's value is true."""
        end = time.monotonic() + seconds
        while not self.script(f"return Boolean({condition})"):
            if time.monotonic() > end:
                raise AssertionError(f"not true after {seconds} s: {condition}")
            time.sleep(0.02)

    def find(self, selector):
        return self.ask(f"{self.session}/element", using="css selector", value=selector)

    def click(self, selector):
        self.ask(f"{self.session}/element/{self.find(selector)[ELEMENT]}/click")

    def send_keys(self, selector, text):
        self.ask(f"{self.session}/element/{self.find(selector)[ELEMENT]}/value", text=text)

    def act(self, *sources):
        self.ask(f"{self.session}/actions", actions=list(sources))

    def drag(self, points, pointer="mouse"):
        """One stroke through points of the window, each (x, y)."""
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
                 for x, y in points]
        self.act({"type": "pointer", "id": pointer, "parameters": {"pointerType": pointer},
                  "actions": [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:],
                              {"type": "pointerUp", "button": 0}]})

    def press(self, *steps):
        """Keys one after the other; a tuple is pressed together."""
        actions = []
        for step in steps:
            keys = [KEYS.get(key, key) for key in (step if isinstance(step, tuple) else (step,))]
            actions += [{"type": "keyDown", "value": key} for key in keys]
            actions += [{"type": "keyUp", "value": key} for key in reversed(keys)]
        self.act({"type": "key", "id": "keyboard", "actions": actions})

    def screenshot(self, path):
        path.write_bytes(base64.b64decode(self.ask(f"{self.session}/screenshot", "GET")))

    def errors(self):
        """What the browser complained of: errors of scripts, things that were not loaded."""
        entries = self.ask(f"{self.session}/se/log", type="browser")
        return [entry["message"] for entry in entries if entry["level"] == "SEVERE"]


@contextlib.contextmanager
def browser(*options):
    """A browser with a profile of its own, gone with the context."""
    with tempfile.TemporaryDirectory(prefix="tally-browser-", ignore_cleanup_errors=True) as profile:
        with subprocess.Popen(["chromedriver", "--port=0"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True) as driver:
            try:
                started = next(line for line in driver.stdout if "successfully on port" in line)
                port = started.rsplit("on port ", 1)[1].strip(" .\n")
                window = Browser(f"http://127.0.0.1:{port}", f"--user-data-dir={profile}", *options)
                try:
                    yield window
                finally:
                    window.close()
            finally:
                driver.terminate()
