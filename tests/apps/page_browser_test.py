# SPDX-License-Identifier: MIT
"""The page to draw on, used in a headless Chromium as a person uses it: strokes by mouse, pen and
finger, keys, dropped files; and that it says what the command line says."""
import base64
import json
import sys
import unittest

import numpy
from PIL import Image

from browser import browser, missing
from page_testing import served
from tally_testing import DIGITS, MNIST, ROOT, TallyTest, main, run

sys.path.insert(0, str(ROOT / "scripts"))
from make_drawings import STROKES, path_of  # noqa: E402

DRAWINGS = sorted((ROOT / "data" / "drawings").iterdir())
LABELS = "0123456789"

# What the page shows, read back.
SHOWN = """
  const text = (id) => document.getElementById(id).textContent;
  const rows = [...document.querySelectorAll('#bars li')];
  const pixels = document.getElementById('digit').getContext('2d').getImageData(0, 0, 28, 28).data;
  return {
    read: text('class'), note: text('note'), spoken: text('spoken'),
    shares: rows.map((row) => row.querySelector('.share').textContent),
    widths: rows.map((row) => parseFloat(row.querySelector('.bar').style.width)),
    digit: [...pixels].filter((_, i) => i % 4 === 0),
  };"""

# The ratio of WCAG between an element's text and what is behind it.
CONTRAST = """
  const light = (colour) => {
    const [r, g, b] = colour.match(/[\\d.]+/g).map((value) => value / 255)
      .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4));
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    const colour = getComputedStyle(node).backgroundColor;
    return colour === 'rgba(0, 0, 0, 0)' ? behind(node.parentElement) : colour;
  };
  return [...document.querySelectorAll('h1, h2, p, button:not(:disabled), .hint, .label, summary')]
    .map((node) => {
      const [low, high] = [light(getComputedStyle(node).color), light(behind(node))].sort();
      return (high + 0.05) / (low + 0.05);
    });"""


@unittest.skipIf(missing(), f"needs {missing()}, of Debian's packages chromium and chromium-driver")
class Page(TallyTest):
    """One network, one server and one browser for all tests; each opens the page anew."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.train_once(ranks=2, data=MNIST or DIGITS)
        _, cls.url = cls.enterClassContext(served(cls.model))
        cls.browser = cls.enterClassContext(browser())

    def setUp(self):
        super().setUp()
        self.browser.open(self.url)
        self.browser.wait("document.body.dataset.state === 'ready'")
        self.box = self.browser.script(
            "const box = document.getElementById('drawing').getBoundingClientRect();"
            "return [box.x, box.y, box.width, box.height];")

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])  # no error of a script, nothing that was blocked

    def settle(self):
        """Waits for the answer to all that was drawn, and returns what is shown."""
        self.browser.wait("document.body.dataset.state === 'done' && !asking.is_busy")
        return self.browser.script(SHOWN)

    def points(self, path):
        """Points of a unit square, in the middle of the drawing area and two thirds as high."""
        x, y, width, height = self.box
        return [(x + width * (0.27 + 0.46 * u), y + height * (0.17 + 0.66 * v)) for u, v in path]

    def draw(self, name, pointer="mouse"):
        for stroke in STROKES[name]:
            self.browser.drag(self.points(path_of(stroke)[::8]), pointer)
        return self.settle()

    def expect_digit(self, shown, label):
        self.assertEqual(shown["read"], label, shown)
        self.assertEqual(shown["widths"].index(max(shown["widths"])), int(label))
        self.assertEqual(shown["note"], shown["shares"][int(label)])
        self.assertEqual(shown["spoken"], f"Read as {label}, {shown['note']}")

    def expect_nothing(self, shown):
        self.assertEqual((shown["read"], shown["note"]), ("\N{EN DASH}", "no ink yet"))
        self.assertEqual((sum(shown["digit"]), shown["shares"]), (0, [""] * 10))

    def command_line(self, path):
        """What tally-predict says of a file, as the page shows it: class, shares, digit."""
        stages = self.directory / "stages"
        result = run("tally-predict", self.model, path, "--json", "--top", 10, "--stages", stages)
        self.assertEqual(result.code, 0, result.err)
        answer = json.loads(result.out)
        probabilities = {entry["class"]: entry["probability"] for entry in answer["top"]}
        digit = numpy.asarray(Image.open(stages / f"{path.name}-5-digit.png"))
        shares = [f"{100 * probabilities[label]:.1f} %" for label in range(10)]
        return str(answer["class"]), shares, digit.ravel().tolist()

    def test_ten_digits_drawn_by_hand_are_read_right(self):
        for pointer in ("mouse", "pen", "touch"):
            for label in LABELS if pointer == "mouse" else "27":
                with self.subTest(f"{label} by {pointer}"):
                    self.expect_digit(self.draw(label, pointer), label)
                    self.browser.click("#clear")
                    self.expect_nothing(self.settle())

    def test_an_answer_that_may_be_no_digit_says_so(self):
        """As models with a second network (tally-evaluate --outliers) answer."""
        for digit_probability, note in (("0.03", "98.0 %, if it is a digit"), ("0.97", "98.0 %"),
                                        ("undefined", "98.0 %")):
            self.assertEqual(self.browser.script(
                "return note_of({status: 'ok', class: 3, top: [{class: 3, probability: 0.98}], "
                f"digit_probability: {digit_probability}}}, '');"), note)

    def test_the_page_says_what_the_command_line_says(self):
        shown = self.draw("5")
        page = self.browser.script("return document.getElementById('drawing').toDataURL()")
        path = self.directory / "page.png"
        path.write_bytes(base64.b64decode(page.split(",")[1]))
        self.assertEqual((shown["read"], shown["shares"], shown["digit"]), self.command_line(path))

    def test_probabilities_come_while_a_stroke_is_drawn(self):
        moves = [{"type": "pointerMove", "x": round(x), "y": round(y), "duration": 0}
                 for x, y in self.points(path_of(STROKES["1"][0])[::8])]
        self.browser.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
                          "actions": [moves[0], {"type": "pointerDown", "button": 0}, *moves[1:]]})
        self.browser.wait("document.getElementById('class').textContent === '1'")
        self.assertEqual(self.browser.script(SHOWN)["spoken"], "")  # a screen reader can wait
        self.browser.act({"type": "pointer", "id": "mouse", "parameters": {"pointerType": "mouse"},
                          "actions": [{"type": "pointerUp", "button": 0}]})
        self.expect_digit(self.settle(), "1")

    def test_undo_takes_strokes_back_one_by_one(self):
        first = self.draw("1")
        second = self.draw("5 broken")
        self.assertNotEqual(second["digit"], first["digit"])
        self.browser.click("#undo")
        self.assertNotEqual(self.settle()["digit"], first["digit"])  # it was two strokes
        self.browser.press(("control", "z"))
        self.assertEqual(self.settle(), first)
        self.browser.click("#undo")
        self.expect_nothing(self.settle())
        self.assertTrue(self.browser.script("return document.getElementById('undo').disabled"))

    def test_clear_takes_everything_away(self):
        self.draw("5 broken")
        self.browser.press("escape")
        self.expect_nothing(self.settle())
        self.assertTrue(self.browser.script("return document.getElementById('clear').disabled"))
        self.expect_digit(self.draw("7"), "7")

    def drop(self, path):
        self.browser.script("""
          const bytes = Uint8Array.from(atob(arguments[0]), (c) => c.charCodeAt(0));
          const data = new DataTransfer();
          data.items.add(new File([bytes], arguments[1]));
          for (const type of ['dragover', 'drop']) {
            document.getElementById('drawing').dispatchEvent(
              new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
          }
          document.body.dataset.state = 'busy';""",
                            base64.b64encode(path.read_bytes()).decode(), path.name)

    def test_dropped_files_are_read_as_by_the_command_line(self):
        for path in DRAWINGS:
            with self.subTest(path.name):
                self.drop(path)
                shown = self.settle()
                self.assertEqual((shown["read"], shown["shares"], shown["digit"]),
                                 self.command_line(path))
        self.browser.click("#undo")
        self.expect_nothing(self.settle())

    def test_a_file_may_be_opened_and_drawn_on(self):
        self.browser.send_keys("#file", str(DRAWINGS[4]))
        shown = self.settle()
        self.assertEqual(shown["read"], self.command_line(DRAWINGS[4])[0])
        x, y, width, height = self.box
        self.browser.drag([(x + width * 0.1, y + height * 0.2), (x + width * 0.1, y + height * 0.9)])
        self.assertNotEqual(self.settle()["digit"], shown["digit"])
        self.browser.click("#undo")
        self.assertEqual(self.settle()["digit"], shown["digit"])

    def test_files_without_a_digit_are_refused_with_a_reason(self):
        words = self.directory / "words.png"
        words.write_text("no image")
        self.drop(words)
        self.assertEqual(self.settle()["note"],
                         "words.png is no image that can be shown; drop a PNG or JPEG file")
        blank = self.directory / "blank.png"
        Image.new("L", (300, 200), 255).save(blank)
        self.drop(blank)
        shown = self.settle()
        self.assertEqual(shown["read"], "\N{EN DASH}")
        self.assertTrue(shown["note"].startswith("no digit: the page is blank"), shown["note"])

    def test_digits_can_be_drawn_by_keyboard(self):
        focused = "return document.activeElement.id"
        self.browser.press("\ue004")  # Tab: the drawing area comes first
        self.assertEqual(self.browser.script(focused), "drawing")
        self.browser.press(" ", *["down"] * 30, " ")
        self.expect_digit(self.settle(), "1")
        self.browser.press(("control", "z"))
        self.expect_nothing(self.settle())
        self.browser.press(*["up"] * 28, *["left"] * 8, " ", *["right"] * 20,
                           *[("down", "left")] * 12, *["down"] * 14, " ")
        self.expect_digit(self.settle(), "7")
        order = []
        for _ in range(3):
            self.browser.press("\ue004")
            order.append(self.browser.script(focused))
        self.assertEqual(order, ["undo", "clear", "open"])
        self.browser.script("document.getElementById('clear').focus()")
        self.browser.press(" ")
        self.expect_nothing(self.settle())

    def test_light_dark_and_narrow_screens(self):
        def emulate(command, **values):
            self.browser.ask(f"{self.browser.session}/goog/cdp/execute", cmd=f"Emulation.{command}",
                             params=values)

        pages = set()
        for scheme in ("light", "dark"):
            emulate("setEmulatedMedia",
                    features=[{"name": "prefers-color-scheme", "value": scheme}])
            self.assertGreaterEqual(min(self.browser.script(CONTRAST)), 4.5, scheme)
            pages.add(self.browser.script("return getComputedStyle(document.body).backgroundColor"))
            self.expect_digit(self.draw("3"), "3")  # what is sent is the same
            self.browser.click("#clear")
            self.settle()
        self.assertEqual(len(pages), 2)
        emulate("setEmulatedMedia", features=[])
        for width in (320, 390, 700, 1600):
            emulate("setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1,
                    mobile=width < 500)
            self.assertLessEqual(
                self.browser.script("return document.documentElement.scrollWidth"), width)
        emulate("clearDeviceMetricsOverride")

    def test_several_digits_are_shown_one_by_one(self):
        with served(self.model, "--segment") as (_, url):
            self.browser.open(url)
            x, y, width, height = self.box
            for left, name in ((0.02, "1"), (0.5, "7")):
                for stroke in STROKES[name]:
                    self.browser.drag([(x + width * (left + 0.4 * u), y + height * (0.2 + 0.5 * v))
                                       for u, v in path_of(stroke)[::8]])
            first = self.settle()
            self.assertEqual((first["read"], first["spoken"]), ("1 7", "Read as 1 7"))
            self.browser.click("#digits button:last-child")
            second = self.browser.script(SHOWN)
            self.assertNotEqual(second["digit"], first["digit"])
            self.assertEqual(second["widths"].index(max(second["widths"])), 7)

    def test_a_server_that_has_ended_is_named(self):
        with served(self.model) as (process, url):
            self.browser.open(url)
            process.terminate()
            process.wait(timeout=60)
            shown = self.draw("1")
            self.assertEqual((shown["read"], shown["note"]), (
                "\N{EN DASH}", "tally-predict does not answer; is it still running?"))
            self.assertNotEqual(self.browser.errors(), [])  # of the connection

    def test_nothing_comes_from_elsewhere(self):
        self.draw("8")
        loaded = self.browser.script(
            "return performance.getEntriesByType('resource').map((entry) => entry.name)")
        self.assertEqual({url for url in loaded if not url.startswith("data:")},
                         {self.url + "predict"})


if __name__ == "__main__":
    main()
