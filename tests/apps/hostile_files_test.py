# SPDX-License-Identifier: MIT
"""Files, names and options that somebody has made to harm: links and pipes where Tally writes, checkpoints
that are whole and wrong, names that steer a terminal. Each is refused in words, at once, and harms nothing."""
import fcntl
import gzip
import json
import os
import pathlib
import re
import resource
import shutil
import struct
import subprocess
import sys
import unittest

import h5py
import numpy
from PIL import Image

from tally_testing import (BIN, DIGITS, ROOT, TallyTest, command, main, patience, require_no_sanitizer, run,
                           sign_checkpoint, wait_until)

DRAWING = sorted((ROOT / "data" / "drawings").iterdir())[0]
LINK = "it is a symbolic link, which is not followed"
HARD_LINK = "it has other names, too (hard links)"
IRREGULAR = "it is not a regular file"
PRECIOUS = b"precious"

# A colour, a line that is erased, another title, the same as characters and as bytes of C1, text that runs
# from right to left, and an end of the line behind which something is claimed.
STEERING = ["\x1b[31m", "\x1b[2K", "\x1b]0;owned\x07", "\u009b31m", "\u202e", "\u2066", "\x7f", "\r"]
FORGED = "\nmodel.h5: whole, step 640"


def steers(text):
    """What in `text`, line by line, a terminal would obey or show in another order."""
    return re.findall("[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\udc80-\udcff]", text)


def said_by(tool, *arguments, **options):
    """The exit code and what the tool has said, byte for byte."""
    done = subprocess.run(command(tool, *arguments), stdin=subprocess.DEVNULL, capture_output=True, check=False,
                          timeout=patience(120), **options)
    return done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")


class HostileTest(TallyTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.run_dir = cls.train_once("--epochs", 1)
        cls.model = next((cls.run_dir / "checkpoints").glob("*.h5"))

    def setUp(self):
        super().setUp()
        self.victim = self.directory / "victim"
        self.victim.write_bytes(PRECIOUS)

    def tearDown(self):
        self.assertEqual(self.victim.read_bytes(), PRECIOUS)
        super().tearDown()

    def places(self, path):
        """Puts what is not to be written to at `path`, one after the other; why it is refused."""
        for problem, make in ((LINK, lambda: path.symlink_to(self.victim)),
                              (LINK, lambda: path.symlink_to(self.directory / "absent")),
                              (HARD_LINK, lambda: os.link(self.victim, path)),
                              (IRREGULAR, lambda: os.mkfifo(path))):
            make()
            with self.subTest(problem):
                yield problem
            self.assertFalse((self.directory / "absent").exists())
            path.unlink()

    def crafted(self, change, name="crafted.h5"):
        path = self.directory / name
        shutil.copy(self.model, path)
        with h5py.File(path, "r+") as file:
            change(file)
        sign_checkpoint(path)
        return path

    def with_config(self, text):
        def change(file):
            del file["config"]
            file.create_dataset("config", data=numpy.array(text.encode(), dtype=f"S{len(text.encode())}"))

        return self.crafted(change)


class WhereTallyWrites(HostileTest):
    def check_refused(self, message, code, tool, *arguments):
        result = run(tool, *arguments)
        self.assertEqual((result.code, result.err), (code, f"{tool}: {message}\n"))

    def test_run_lock(self):
        run_dir = self.directory / "run"
        run_dir.mkdir()
        lock = run_dir / "run.lock"
        for problem in self.places(lock):
            self.check_refused(f"{lock}: cannot be written: {problem}; choose another --run-dir", 2, "tally-train",
                               "--run-dir", run_dir, "--data", DIGITS, "--quiet")

    def test_order_of_the_samples(self):
        order = self.directory / "order.csv"
        for number, problem in enumerate(self.places(order)):
            self.check_refused(f"--dump-order: {order} cannot be written: {problem}", 2, "tally-train", "--run-dir",
                               self.directory / f"run{number}", "--data", DIGITS, "--dump-order", order, "--quiet")

    def test_sheets(self):
        sheet = self.directory / "sheet.png"
        for problem in self.places(sheet):
            refusal = f"{sheet}: cannot be written: {problem}"
            self.check_refused(refusal, 1, "tally-predict", self.model, DRAWING, "--sheet", sheet)
            self.check_refused(refusal, 1, "tally-evaluate", self.model, "--data", DIGITS, "--misclassified", sheet)

    def test_stages(self):
        stages = self.directory / "stages"
        stages.mkdir()
        page = stages / f"{DRAWING.name}-1-page.png"
        for problem in self.places(page):
            self.check_refused(f"{page}: cannot be written: {problem}", 1, "tally-predict", self.model, DRAWING,
                               "--stages", stages)

    def test_files_that_a_run_replaces(self):
        run_dir = self.directory / "run"
        run_dir.mkdir()
        for name in ("config.toml", "metrics.csv", "profile.json", "run.status", "steps.csv"):
            (run_dir / name).symlink_to(self.victim)
        (run_dir / "config.toml").unlink()
        self.train("run", "--epochs", 1, "--profile", "--resume", "--log-every", 1, "--quiet")
        for path in run_dir.iterdir():
            self.assertFalse(path.is_symlink(), path)

    def test_files_of_others_stay(self):
        run_dir = self.directory / "run"
        (run_dir / "checkpoints").mkdir(parents=True)
        others = [folder / name for folder in (run_dir, run_dir / "checkpoints")
                  for name in (".notes.tmp-mine", ".notes.tmp-0123456789abcdef", ".run.status.tmp-1", "notes")]
        for path in others:
            path.write_bytes(PRECIOUS)
        self.train("run", "--epochs", 1, "--resume", "--quiet")
        for path in others:
            self.assertEqual(path.read_bytes(), PRECIOUS, path)

    def test_rights_follow_the_umask(self):
        for mask, rights, of_folders in ((0o002, 0o664, 0o775), (0o077, 0o600, 0o700)):
            run_dir = self.directory / f"run-{mask:o}"
            before = os.umask(mask)
            try:
                self.train(run_dir.name, "--epochs", 1, "--log-every", 1, "--quiet", "--dump-order",
                           self.directory / f"order-{mask:o}.csv")
                run("tally-predict", self.model, DRAWING, "--stages", run_dir / "stages")
            finally:
                os.umask(before)
            made = [path for path in run_dir.glob("**/*") if path.name != "run.lock"]
            self.assertGreater(len(made), 9)
            for path in [*made, self.directory / f"order-{mask:o}.csv"]:
                self.assertEqual(path.stat().st_mode & 0o777, of_folders if path.is_dir() else rights, path)
            self.assertEqual((run_dir / "run.lock").stat().st_mode & 0o777, 0o600)

    def test_a_reader_of_the_lock_is_told_from_a_run(self):
        self.train("run", "--epochs", 1, "--max-steps", 3, "--quiet")
        lock = self.directory / "run" / "run.lock"
        with open(lock, "rb") as file:
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, struct.pack("hhqqi4x", fcntl.F_RDLCK, 0, 0, 0, 0))
            result = self.train("run", "--resume", "--max-steps", "none", code=3)
        self.assertEqual(result.err, f"tally-train: {lock}: locked by a program that only reads it, which no run of "
                         "Tally does; end that program, or remove the file if no run uses this directory\n")


class Neighbours(HostileTest):
    """Who may write to the directory that a run is in puts links there."""

    @unittest.skipUnless(os.geteuid() == 0, "only root can make a link of another user's")
    def test_checkpoints_that_are_exchanged_while_a_run_trains(self):
        precious = self.directory / "mine" / "checkpoints"
        precious.mkdir(parents=True)
        others = [precious / f"step-{step:012}.h5" for step in range(1, 9)]
        for path in others:
            path.write_bytes(PRECIOUS)
        run_dir = self.directory / "run"
        training = subprocess.Popen(command("tally-train", "--run-dir", run_dir, "--data", DIGITS, "--epochs", 200,
                                            "--quiet"), stderr=subprocess.PIPE, text=True)
        wait_until(lambda: list(run_dir.glob("checkpoints/step-*.h5")), "a checkpoint")
        (run_dir / "checkpoints").rename(run_dir / "elsewhere")
        link = run_dir / "checkpoints"
        # It goes on and says that it cannot save.
        link.symlink_to(precious)
        os.lchown(link, 12345, 12345)
        error = training.communicate(timeout=patience(60))[1]
        self.assertNotEqual(training.returncode, 0)
        self.assertTrue(error.startswith("tally-train: "), error)
        self.assertEqual(sorted(precious.iterdir()), others)
        for path in others:
            self.assertEqual(path.read_bytes(), PRECIOUS)

    def test_what_their_links_lead_to_is_not_told(self):
        sweep = self.directory / "sweep"
        run_dir = sweep / "seed-1"
        run_dir.mkdir(parents=True)
        for name in ("job.refused", "run.status", "run.lock", "job.restarts"):
            with self.subTest(name):
                link = run_dir / name
                link.symlink_to(self.victim)
                for tool, arguments in (("tally-sweep", ["table", sweep, "seed=1,2"]), ("tally-status", [run_dir]),
                                        ("tally-train", ["--check", "--resume", "--run-dir", run_dir, "--data", DIGITS])):
                    said = said_by(tool, *arguments)
                    self.assertNotIn(PRECIOUS.decode(), "".join(said[1:]), tool)
                table = sweep / "sweep.csv"
                if table.exists():
                    self.assertNotIn(PRECIOUS.decode(), table.read_text())
                link.unlink()

    def test_folders_with_names_of_data_stay(self):
        target = self.directory / "data"
        for name in ("train-ubyte-thesis", "train-images-idx3-ubyte"):
            (target / name).mkdir(parents=True)
            (target / name / "text").write_bytes(PRECIOUS)
            result = run("tally-data", "from-images", ROOT / "data" / "drawings", "--out", target)
            self.assertNotEqual(result.code, 0)
            self.assertEqual((target / name / "text").read_bytes(), PRECIOUS)
            shutil.rmtree(target / name)


class WholeAndWrong(HostileTest):
    """Checkpoints whose digest is right."""

    def check_refused(self, path, message):
        for tool, arguments in (("tally-checkpoint", ["verify", path]), ("tally-predict", [path, DRAWING]),
                                ("tally-evaluate", [path, "--data", DIGITS])):
            code, out, err = said_by(tool, *arguments)
            self.assertEqual((code, out), (4, ""), tool)
            self.assertRegex(err, f"^{tool}: {re.escape(str(path))}: {message}\n$")

    def test_numbers_that_are_none(self):
        for name in ("model/0-dense/weight", "model/4-dense/bias", "optimizer/2-dense/weight"):
            for number in (numpy.nan, numpy.inf, -numpy.inf):
                def change(file):
                    file[name][0, 5] = number

                with self.subTest(name=name, number=number):
                    self.check_refused(self.crafted(change), f"/{name}: expected finite numbers, got {number} at "
                                       "position 5; use an earlier checkpoint")

    def test_weights_too_large_to_compute_with(self):
        def change(file):
            for layer in file["model"].values():
                layer["weight"][...] = 3e38

        path = self.crafted(change)
        refusal = "the outputs of the network are not finite; use an earlier checkpoint, or train another model " \
                  "with a lower --learning-rate"
        self.assertEqual(said_by("tally-predict", path, DRAWING),
                         (1, "", f"tally-predict: {DRAWING}: {refusal}\n"))
        self.assertEqual(said_by("tally-evaluate", path, "--data", DIGITS),
                         (4, "", f"tally-evaluate: {path}: {refusal}\n"))

    def test_names_of_many_levels(self):
        levels = "line 1: names or lists go deeper into each other than in any configuration"
        for text in ("a" + ".a" * 100_000 + " = 1\n", "[" + "a." * 100_000 + "a]\n", "a = " + "[" * 100_000,
                     "a = " + "{a=" * 100_000):
            with self.subTest(text[:9]):
                self.check_refused(self.with_config(text), f"/config: {levels}")
                path = self.directory / "deep.toml"
                path.write_text(text)
                for arguments in (["--dump-config"], ["--run-dir", self.directory / "run"]):
                    self.assertEqual(said_by("tally-train", "--config", path, *arguments),
                                     (2, "", f"tally-train: {path}: {levels}\n"))

    def test_a_run_whose_newest_one_is_damaged(self):
        run_dir = self.directory / "run"
        (run_dir / "checkpoints").mkdir(parents=True)
        shutil.copy(self.model, run_dir / "checkpoints" / self.model.name)
        damaged = run_dir / "checkpoints" / "step-000000009999.h5"
        damaged.write_bytes(self.model.read_bytes()[:-1])
        code, out, error = said_by("tally-checkpoint", "verify", run_dir)
        self.assertEqual(code, 4)
        self.assertIn(f"{self.model.name}: whole, step 32\n", out)
        self.assertIn(damaged.name, error)
        damaged.unlink()
        self.assertEqual(said_by("tally-checkpoint", "verify", run_dir)[0], 0)

    # The heads of the files are enough to tell.
    def test_images_of_another_size_are_not_unpacked(self):
        data = self.directory / "data"
        data.mkdir()
        side, count = 2048, 50
        with gzip.open(data / "t10k-images-idx3-ubyte.gz", "wb", compresslevel=1) as file:
            file.write(struct.pack(">4i", 2051, count, side, side))
            for _ in range(count):
                file.write(bytes(side * side))
        (data / "t10k-labels-idx1-ubyte").write_bytes(struct.pack(">2i", 2049, count) + bytes(count))
        require_no_sanitizer("a sanitizer takes memory of its own")
        done = subprocess.run([sys.executable, ROOT / "tests" / "support" / "peak_memory.py", BIN / "tally-evaluate",
                               "--data", data, self.model], capture_output=True, text=True, check=False,
                              timeout=patience(120))
        self.assertEqual(done.returncode, 2, done.stderr)
        self.assertIn("2048 x 2048", done.stderr)
        self.assertLess(int(re.fullmatch(r"rank 0: (\d+) MiB\n", done.stdout)[1]), 100)

    # No training comes there, and one that did would not see the end of the epoch.
    def test_progress_that_no_run_makes(self):
        run_dir = self.directory / "run"
        (run_dir / "checkpoints").mkdir(parents=True)
        for name, value in (("epoch_step", 32), ("epoch_step", 33), ("step", 1), ("samples", 1), ("epoch_correct", 1),
                            ("epoch_samples", 2**63 - 1), ("epoch_loss_sum", -1.0)):
            def change(file):
                file["progress"].attrs.modify(name, value)

            with self.subTest(name=name, value=value):
                path = run_dir / "checkpoints" / "step-000000000032.h5"
                shutil.copy(self.crafted(change), path)
                code, _, error = said_by("tally-train", "--resume", "--run-dir", run_dir, "--data", DIGITS, "--epochs", 1,
                                         "--max-steps", "none", "--threads", 1)
                self.assertEqual(code, 4, error)
                self.assertRegex(error, "does not fit its recipe|expected")
                path.unlink()

    def test_much_of_nothing(self):
        require_no_sanitizer("a sanitizer takes memory of its own")
        path = self.directory / "sparse.h5"
        size = 3_000_000_000
        path.write_bytes(f"TALLY CHECKPOINT\nformat 1\nbytes {size - 512}\nsha256 {'0' * 64}\n".encode())
        os.truncate(path, size)
        done = subprocess.run([sys.executable, ROOT / "tests" / "support" / "peak_memory.py", BIN / "tally-checkpoint",
                               "verify", path], capture_output=True, text=True, check=False, timeout=patience(120))
        self.assertEqual(done.returncode, 4, done.stderr)
        self.assertEqual(done.stderr, f"tally-checkpoint: {path}: its SHA-256 digest does not match its contents\n")
        self.assertLess(int(re.fullmatch(r"rank 0: (\d+) MiB\n", done.stdout)[1]), 100)

    def test_thousands_of_empty_ones(self):
        run_dir = self.directory / "run"
        (run_dir / "checkpoints").mkdir(parents=True)
        for step in range(10_000):
            (run_dir / "checkpoints" / f"step-{step:012}.h5").touch()
        for tool, arguments in (("tally-checkpoint", ["verify", run_dir]),
                                ("tally-train", ["--run-dir", run_dir, "--resume", "--data", DIGITS])):
            code, _, err = said_by(tool, *arguments)
            self.assertEqual(code, 4, err)
            named = "; ".join(f"{run_dir}/checkpoints/step-{step:012}.h5: empty" for step in (9999, 9998, 9997))
            self.assertEqual(err, f"{tool}: {run_dir}/checkpoints: no checkpoint is whole: {named}; 9 997 more are "
                             "damaged; restore one from a copy, or start another run\n")


class Pages(HostileTest):
    """Small files that keep whoever compares each stroke with each other one busy, or take memory for copies."""

    MOST_SECONDS = 2 * 1.5  # half as much again for what shares the core's caches and units
    MOST_BYTES = 256_000_000
    REFUSAL = ("has far more strokes beside and within each other than writing has; crop it to what is to be read, or "
               "make it smaller")

    def setUp(self):
        super().setUp()
        require_no_sanitizer("sanitizers take time and memory of their own")

    def read(self, pixels):
        """The exit code of --segment and what it said, if it stayed within the bounds."""
        path = self.directory / "page.png"
        Image.fromarray(pixels).convert("1").save(path)
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run([sys.executable, ROOT / "tests" / "support" / "peak_memory.py",
                               *command("tally-predict", self.run_dir, "--segment", path)], capture_output=True,
                              text=True, check=False, timeout=patience(120))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        said, peak = re.fullmatch(r"(.*)rank 0: (\d+) MiB\n", done.stdout, re.DOTALL).groups()
        print(f"{seconds:.2f} s, {peak} MiB")
        self.assertLess(int(peak) * 2**20, self.MOST_BYTES)
        self.assertLess(seconds, self.MOST_SECONDS)
        return done.returncode, (said + done.stderr).replace(f"{path}: ", "")

    def check_read(self, pixels):
        code, text = self.read(pixels)
        self.assertEqual(code, 0, text)

    def check_refused(self, pixels):
        self.assertEqual(self.read(pixels), (1, f"tally-predict: {self.REFUSAL}\n"))

    def test_combs_within_each_other(self):
        side, pitch = 1000, 14
        page = numpy.full((side, side), 255, numpy.uint8)
        for x in range(10, side - 20, pitch):  # a little askew, or they would be ruling
            for y in range(10, side - 10):
                lean = y // 40
                if y < side - 20:
                    page[y, min(side - 1, x + lean)] = 0
                if y >= 20:
                    page[y, min(side - 1, x + lean + pitch // 2)] = 0
        page[10:12, 10:side - 20] = page[side - 12:side - 10, 10:side - 10] = 0
        self.check_read(page)

    def test_a_drawing_that_grows_by_one_stroke_at_a_time(self):
        height, width = 65500, 1520
        page = numpy.full((height, width), 255, numpy.uint8)
        page[numpy.ix_(numpy.arange(0, height, 5), numpy.arange(100, width, 14))] = 0
        page[height - 200:height - 30, 20:26] = 0
        for y in range(height - 201, 0, -1):
            page[y, 30 + y % 2 * 20:41 + y % 2 * 20] = 0
        page[:, 80:90] = 255
        self.check_read(page)

    def test_slanted_lines(self):
        side = 10_000
        page = numpy.full((side, side), 255, numpy.uint8)
        across = numpy.arange(side)
        for line in range(60):
            page[(across * (line + 1) // 400 + line * 160) % side, across] = 0
        self.check_refused(page)

    def test_diagonals(self):
        across = numpy.arange(3000)
        page = numpy.where((across[:, None] + across[None, :]) % 100 < 8, 0, 255).astype(numpy.uint8)
        self.check_refused(page)


class Terminals(HostileTest):
    def check_harmless(self, *said):
        for text in said:
            self.assertEqual(steers(text), [], repr(text))
            self.assertNotIn(FORGED, text)

    def test_attributes_of_checkpoints(self):
        for text in STEERING:
            def change(file):
                for name in file["build"].attrs:
                    file["build"].attrs.modify(name, numpy.bytes_((text + FORGED).encode()))
                file["data"].attrs.modify("sha256_t10k-labels-idx1-ubyte", numpy.bytes_((text + FORGED).encode()))

            path = self.crafted(change)
            for arguments in (["info", path], ["verify", path], ["digest", path], ["diff", path, self.model]):
                code, out, err = said_by("tally-checkpoint", *arguments)
                self.assertEqual((code, err), (1 if "diff" in arguments else 0, ""))
                self.check_harmless(out)

    def test_options_of_checkpoints(self):
        with h5py.File(self.model) as file:
            config = file["config"][()].decode()
        for text in STEERING:
            escaped = "".join(f"\\u{ord(character):04x}" for character in text + FORGED)
            path = self.with_config(re.sub(r'(?m)^data = .*$', lambda _: f'data = "{escaped}"', config))
            code, out, err = said_by("tally-checkpoint", "info", path)
            self.assertEqual((code, err), (0, ""))
            self.check_harmless(out)
            path = self.with_config(config.replace('"tree"', f'"{escaped}"'))
            code, out, err = said_by("tally-checkpoint", "info", path)
            self.assertEqual((code, out, err.count("\n")), (4, "", 1))
            self.check_harmless(err)

    def test_names_of_files(self):
        for number, text in enumerate([*STEERING, b"\x9b31m".decode(errors="surrogateescape")]):
            folder = self.directory / str(number)
            folder.mkdir()
            model = folder / f"{text}{FORGED}".replace("/", "")
            shutil.copy(self.model, model)
            drawing = folder / f"{text}{FORGED} drawing.png"
            Image.open(DRAWING).save(folder / "drawing.png")
            (folder / "drawing.png").rename(drawing)
            absent = folder / f"{text}{FORGED} absent"
            commands = [("tally-checkpoint", ["verify", model]), ("tally-checkpoint", ["info", model]),
                        ("tally-checkpoint", ["verify", absent]), ("tally-predict", [model, drawing, absent]),
                        ("tally-predict", [model, drawing, absent, "--json"]), ("tally-predict", [model, folder]),
                        ("tally-predict", [model, drawing, "--sheet", absent / "sheet"]),
                        ("tally-evaluate", [model, "--data", absent]), ("tally-data", ["verify", absent]),
                        ("tally-data", ["from-images", folder, "--out", absent]),
                        ("tally-train", ["--data", absent, "--run-dir", self.directory / "run"]),
                        ("tally-train", ["--preset", absent]), ("tally-train", ["--config", absent]),
                        ("tally-train", ["--network", absent]), ("tally-train", [f"--{text}{FORGED}"]),
                        ("tally-train", ["--run-dir", absent, "--data", DIGITS, "--epochs", 1, "--max-steps", 2]),
                        ("tally-train", ["--run-dir", absent, "--data", DIGITS, "--doctor"]),
                        ("tally-train", ["--run-dir", absent, "--data", DIGITS])]
            for tool, arguments in commands:
                with self.subTest(text=text, tool=tool, arguments=arguments):
                    _, out, err = said_by(tool, *arguments)
                    self.assertNotEqual(out + err, "")
                    self.check_harmless(out, err)
            # The names stay readable by programs.
            _, out, _ = said_by("tally-predict", model, drawing, "--json")
            if "\udc9b" not in text:
                self.assertEqual(json.loads(out)["file"], str(drawing))

    def test_status_of_a_run(self):
        run_dir = self.directory / "run\x1b[31m\u009b31m\u202e"
        self.train(run_dir.name, "--learning-rate", 1e9, "--schedule", "constant", "--quiet", code=1)
        self.check_harmless((run_dir / "run.status").read_text(), (run_dir / "config.toml").read_text())


class Options(HostileTest):
    def test_a_time_beyond_all_bounds(self):
        for arguments in (["--stall-timeout", 9223372036854775807], ["--stall-timeout=9223372036854775807"],
                          ["--stall-timeout", 10**9 + 1]):
            result = run("tally-train", "--run-dir", self.directory / "run", "--data", DIGITS, *arguments)
            self.assertEqual((result.code, result.err), (2, "tally-train: --stall-timeout: expected a whole number "
                             f'from 0 to 1 000 000 000, got "{str(arguments[-1]).rpartition("=")[2]}"\n'))

    def test_recipes_that_learn_nothing(self):
        steps = 32  # of one epoch
        for arguments, begin in ((["--learning-rate", 0], "--learning-rate 0: no step changes a parameter"),
                                 (["--learning-rate", "-0"], '--learning-rate: got "-0", which is taken as 0'),
                                 (["--momentum", 1], "--momentum 1: the velocity never decays"),
                                 (["--weight-decay", 1e9], "--weight-decay 1000000000: with --learning-rate 0.2"),
                                 (["--warmup-steps", steps + 1], f"--warmup-steps {steps + 1}: longer than the run "
                                  f"of {steps} steps")):
            with self.subTest(arguments):
                run_dir = self.directory / "run"
                shutil.rmtree(run_dir, ignore_errors=True)
                result = run("tally-train", "--run-dir", run_dir, "--data", DIGITS, "--epochs", 1, "--quiet", *arguments)
                warnings = [line for line in result.err.splitlines() if "warning: --" in line]
                self.assertEqual(len(warnings), 2 if "-0" in arguments else 1, result.err)
                self.assertTrue(warnings[0].startswith(f"tally-train: warning: {begin}"), warnings)
                if "--warmup-steps" in arguments:
                    continue  # how long the run is, only its data tell
                told = run("tally-train", "--dump-config", *arguments)
                self.assertEqual((told.code, told.err.splitlines()), (0, warnings))

    def test_recipes_that_learn_have_no_warning(self):
        for arguments in ([], ["--preset", "paper"], ["--preset", "fast"]):
            self.assertEqual(run("tally-train", "--dump-config", *arguments).err, "")


class Binaries(unittest.TestCase):
    def test_are_hardened(self):
        require_no_sanitizer("builds with sanitizers are for tests")
        if shutil.which("readelf") is None:
            self.skipTest("readelf is not installed")
        for tool in sorted(pathlib.Path(BIN).glob("tally-*")):
            with self.subTest(tool.name):
                def read(option):
                    return subprocess.run(["readelf", "-W", option, tool], capture_output=True, text=True,
                                          check=True).stdout

                self.assertRegex(read("-d"), r"BIND_NOW|FLAGS_1\).*NOW")
                self.assertIn("GNU_RELRO", read("-l"))
                symbols = read("--dyn-syms")
                self.assertIn("__stack_chk_fail", symbols)
                self.assertRegex(symbols, r"__\w+_chk\b")


if __name__ == "__main__":
    main()
