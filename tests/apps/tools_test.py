# SPDX-License-Identifier: MIT
"""What evaluate, predict, data and checkpoint print, and that NumPy computes the same from files."""
import json
import os
import pathlib
import pty
import shutil
import signal
import subprocess
import sys
import unittest

import h5py
import numpy
from PIL import Image

from tally_testing import (DIGITS, ROOT, TallyTest, command, digest, main, patience, read_csv, read_dataset,
                           run, sign_checkpoint, write_idx)

sys.path.insert(0, str(ROOT / "scripts"))
from drawing_pages import not_digits  # noqa: E402

DRAWINGS = sorted((ROOT / "data" / "drawings").iterdir())


def probabilities(checkpoint, images, temperature=1.0):
    """The default network computed from a checkpoint by NumPy, in double: [images x 10]."""
    values = images.reshape(len(images), -1) / 255.0
    with h5py.File(checkpoint) as file:
        layers = sorted(name for name in file["model"] if "dense" in name)
        for name in layers:
            values = values @ file[f"model/{name}/weight"][...].astype(float)
            values += file[f"model/{name}/bias"][...].astype(float)
            if name != layers[-1]:
                values = numpy.tanh(values)
    values /= temperature
    exponentials = numpy.exp(values - values.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def calibration_error(probabilities, labels):
    """Expected calibration error over 15 bins of equal width (Guo et al., 2017)."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == labels
    bins = numpy.minimum((confidence * 15).astype(int), 14)
    return sum(abs(confidence[bins == b].sum() - right[bins == b].sum())
               for b in range(15)) / len(labels)


def add_outliers(path, inputs, outputs):
    """Puts a second network into a calibrated model, and signs the file again."""
    with h5py.File(path, "r+") as file:
        group = file.create_group("others")
        group.attrs["network"] = numpy.bytes_(f"dense:{outputs}")
        group.attrs["inputs"] = numpy.int64(inputs)
        layer = group.create_group("0-dense")
        layer["weight"] = numpy.zeros((inputs, outputs), "<f4")
        layer["bias"] = numpy.zeros((1, outputs), "<f4")
    sign_checkpoint(path)


class ToolTest(TallyTest):
    """One network, trained once for all tests."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.model = cls.train_once(ranks=2)
        cls.checkpoint = max((cls.model / "checkpoints").iterdir())

    def output(self, tool, *arguments, code=0):
        result = run(tool, *arguments)
        self.assertEqual(result.code, code, result.out + result.err)
        return result.out


class Evaluate(ToolTest):
    def test_json_holds_what_numpy_computes(self):
        _, _, images, labels = read_dataset(DIGITS)
        expected = probabilities(self.checkpoint, images)
        confusion = numpy.zeros((10, 10), int)
        numpy.add.at(confusion, (labels, expected.argmax(axis=1)), 1)
        figures = json.loads(self.output("tally-evaluate", self.model, "--data", DIGITS, "--json"))
        self.assertEqual(list(figures), ["samples", "correct", "accuracy", "loss", "confusion",
                                         "per_class", "calibration"])
        calibration = figures["calibration"]
        self.assertAlmostEqual(calibration["error"], calibration_error(expected, labels), delta=1e-3)
        self.assertEqual((calibration["temperature"], calibration["calibrated_error"]), (None, None))
        self.assertEqual(figures["samples"], 1000)
        self.assertEqual(figures["confusion"], confusion.tolist())
        self.assertEqual(figures["correct"], int(numpy.trace(confusion)))
        self.assertEqual(figures["accuracy"], numpy.trace(confusion) / 1000)
        loss = -numpy.log(expected[numpy.arange(1000), labels]).mean()
        self.assertAlmostEqual(figures["loss"], loss, delta=1e-5 * loss)
        for label, row in enumerate(figures["per_class"]):
            self.assertEqual((row["class"], row["samples"], row["correct"]),
                             (label, 100, confusion[label, label]))
            precision = confusion[label, label] / confusion[:, label].sum()
            recall = confusion[label, label] / 100
            self.assertAlmostEqual(row["precision"], precision)
            self.assertAlmostEqual(row["recall"], recall)
            self.assertAlmostEqual(row["f1"], 2 * precision * recall / (precision + recall))

    def test_figures_are_those_of_the_training(self):
        last = read_csv(self.model / "metrics.csv")[-1]
        figures = json.loads(self.output("tally-evaluate", self.model, "--json"))
        self.assertEqual(float(last["test_accuracy"]), figures["accuracy"])
        self.assertEqual(float(last["test_loss"]), figures["loss"])

    def test_train_takes_the_training_images(self):
        figures = json.loads(self.output("tally-evaluate", self.model, "--train", "--json"))
        self.assertEqual(figures["samples"], 4000)
        images, labels, _, _ = read_dataset(DIGITS)
        correct = (probabilities(self.checkpoint, images).argmax(axis=1) == labels).sum()
        self.assertEqual(figures["correct"], correct)

    def test_threads_and_the_way_to_the_model_change_nothing(self):
        first = self.output("tally-evaluate", self.model, "--data", DIGITS, "--threads", 1)
        self.assertEqual(self.output("tally-evaluate", self.checkpoint, "--data", DIGITS,
                                     "--threads", 3), first)
        self.assertRegex(first, r"^accuracy \d\d\.\d\d % \(\d+ of 1 000\), loss 0\.\d{6}\n")

    def test_several_models_vote_with_the_mean_of_their_probabilities(self):
        self.train("other", "--seed", 2, "--epochs", 1)
        self.train("third", "--seed", 3, "--network", "dense:10")
        models = [self.model, self.directory / "other", self.directory / "third"]
        _, _, images, labels = read_dataset(DIGITS)
        each = [probabilities(max((model / "checkpoints").iterdir()), images) for model in models]
        mean = sum(each) / 3
        correct = int((mean.argmax(axis=1) == labels).sum())
        loss = -numpy.log(mean[numpy.arange(1000), labels]).mean()
        vote = json.loads(self.output("tally-evaluate", *models, "--data", DIGITS, "--json"))
        self.assertEqual(vote["correct"], correct)
        self.assertAlmostEqual(vote["loss"], loss, delta=1e-5 * loss)
        self.assertAlmostEqual(vote["calibration"]["error"], calibration_error(mean, labels), delta=1e-3)
        self.assertEqual([(voter["model"], voter["correct"]) for voter in vote["voters"]],
                         [(str(model), int((answers.argmax(axis=1) == labels).sum()))
                          for model, answers in zip(models, each)])
        lines = self.output("tally-evaluate", *models, "--data", DIGITS).splitlines()
        for line, model in zip(lines, models):
            self.assertRegex(line, rf"^accuracy \d\d\.\d\d %, loss 0\.\d{{6}}: {model}$")
        self.assertEqual(lines[3], "vote of 3 models:")
        self.assertEqual(lines[4], f"accuracy {correct / 10:.2f} % ({correct} of 1 000), loss "
                                   f"{vote['loss']:.6f}")

    def test_misclassified_shows_each_image_that_was_read_wrong(self):
        sheet = self.directory / "wrong.png"
        out = self.output("tally-evaluate", self.model, "--data", DIGITS, "--misclassified", sheet)
        self.assertEqual(out, self.output("tally-evaluate", self.model, "--data", DIGITS))
        _, _, images, labels = read_dataset(DIGITS)
        wrong = numpy.flatnonzero(probabilities(self.checkpoint, images).argmax(axis=1) != labels)
        self.assertGreater(len(wrong), 10)
        pixels = numpy.asarray(Image.open(sheet))
        # Cells of 108 x 138 in rows of ten, each with its image three times as large.
        self.assertEqual(pixels.shape, (-(-len(wrong) // 10) * 138 + 40, 1092))
        for position, index in enumerate(wrong):
            left, top = position % 10 * 108 + 12, position // 10 * 138 + 40
            shown = pixels[top : top + 84, left : left + 84]
            numpy.testing.assert_array_equal(shown, images[index].repeat(3, 0).repeat(3, 1))
            words = pixels[top + 84 : top + 120, left : left + 84]
            self.assertGreater((words < 128).sum(), 20)
        result = run("tally-evaluate", self.model, "--data", DIGITS, "--misclassified",
                     self.directory / "absent" / "wrong.png")
        self.assertEqual(result.code, 1)
        self.assertIn("wrong.png: cannot be written: No such file or directory", result.err)


class Calibrate(TallyTest):
    """A model of its own, that held images out."""

    def test_fits_a_temperature_on_the_images_that_were_held_out(self):
        # The paper's network without decay, long enough to be too sure of itself.
        self.train("run", "--validation", 1000, "--weight-decay", 0, "--epochs", 30)
        model, calibrated = self.directory / "run", self.directory / "calibrated.h5"
        result = run("tally-evaluate", model, "--data", DIGITS, "--calibrate", calibrated, "--json")
        self.assertEqual((result.code, result.err), (0, ""))
        figures = json.loads(result.out)["calibration"]
        self.assertGreater(figures["temperature"], 1.1)
        self.assertLess(figures["calibrated_error"], figures["error"])
        self.assertEqual(digest(calibrated), digest(model))
        with h5py.File(calibrated) as file:
            self.assertEqual(file["calibration"].attrs["images"], 1000)
            temperature = float(file["calibration"].attrs["temperature"])
        self.assertEqual(temperature, figures["temperature"])

        # The new file is all that is needed, and says the same.
        shutil.rmtree(model)
        _, _, images, labels = read_dataset(DIGITS)
        expected = probabilities(calibrated, images, temperature)
        alone = json.loads(run("tally-evaluate", calibrated, "--data", DIGITS, "--json").out)
        self.assertEqual(alone["calibration"], figures)
        self.assertAlmostEqual(figures["calibrated_error"], calibration_error(expected, labels),
                               delta=1e-3)
        text = run("tally-evaluate", calibrated, "--data", DIGITS).out.splitlines()[1]
        self.assertRegex(text, r"^expected calibration error 0\.\d{4} \(15 bins\); calibrated "
                         r"0\.\d{4}, by a temperature of \d\.\d{3}$")
        Image.fromarray(images[0]).save(self.directory / "digit.png")
        line = json.loads(run("tally-predict", calibrated, self.directory / "digit.png",
                              "--json").out)
        self.assertAlmostEqual(line["probability"], expected[0].max(), delta=1e-4)

    def test_tells_digits_from_other_drawings(self):
        """By a network that is trained on edge directions, and goes into the same file."""
        outliers, again = self.directory / "outliers", self.directory / "again"
        for out, threads, limit in ((outliers, 1, {}), (again, 3, {"OMP_THREAD_LIMIT": "2"})):
            made = run("tally-data", "outliers", DIGITS, "--out", out, "--threads", threads, env=limit)
            self.assertEqual((made.code, made.err), (0, ""))
        self.assertEqual(made.out, f"{again}: 24 000 images for training, 2 000 for testing; "
                                   "class 10 is no digit\n")
        for file in outliers.iterdir():
            self.assertEqual(file.read_bytes(), (again / file.name).read_bytes())
        images, labels, _, test_labels = read_dataset(outliers)
        self.assertEqual(images.shape, (24_000, 56, 7))
        self.assertEqual(numpy.bincount(labels)[10], 12_000)
        self.assertEqual(labels[:12_000].tolist(), 3 * read_dataset(DIGITS)[1].tolist())
        self.assertEqual(numpy.bincount(test_labels)[10], 1_000)

        self.train("run", "--validation", 1000, "--epochs", 4)
        network = "dense:64,relu,dense:11"
        self.train("outliers-run", "--network", network, "--epochs", 6, data=outliers)
        # A name alone is a file in the working directory.
        result = run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--calibrate",
                     "model.h5", "--outliers", self.directory / "outliers-run", cwd=self.directory)
        self.assertEqual((result.code, result.err), (0, ""))
        model = self.directory / "model.h5"
        self.assertEqual(digest(model), digest(self.directory / "run"))
        shutil.rmtree(self.directory / "outliers-run")

        # Digits are mostly taken for digits, other drawings mostly are not.
        pages = self.directory / "pages"
        pages.mkdir()
        for i, digit in enumerate(read_dataset(DIGITS)[2][::20]):
            Image.fromarray(digit).save(pages / f"digit-{i:02}.png")
        for i in range(50):
            rng = numpy.random.default_rng(i)
            Image.fromarray(not_digits.page(rng, not_digits.scribble)[1]).save(
                pages / f"scribble-{i:02}.png")
        lines = [json.loads(line) for line in run(
            "tally-predict", model, *sorted(pages.iterdir()), "--json").out.splitlines()]
        is_digit = numpy.array([line["digit_probability"] for line in lines])
        self.assertGreater((is_digit[:50] > 0.5).mean(), 0.7)
        self.assertLess((is_digit[50:] > 0.5).mean(), 0.3)

        # --reject asks for both.
        rejected = [json.loads(line) for line in run(
            "tally-predict", model, *sorted(pages.iterdir()), "--json", "--reject", 0.6
        ).out.splitlines()]
        for line, after in zip(lines, rejected, strict=True):
            is_sure = line["probability"] * line["digit_probability"] >= 0.6
            self.assertEqual(after["status"], "ok" if is_sure else "unsure", line)
        self.assertRegex(rejected[-1]["message"], r"^the most probable class, \d, has a probability of "
                         r"\d\.\d{3} and that it is a digit \d\.\d{3}, together \d\.\d{3}, expected 0\.600$")
        text = run("tally-predict", model, pages / "digit-00.png").out
        self.assertRegex(text, r"; a digit at all: \d+\.\d %\n$")

    def test_refuses_a_network_that_is_no_test_of_digits(self):
        self.train("run", "--validation", 1000, "--epochs", 1)
        outliers = self.directory / "outliers"
        self.assertEqual(run("tally-data", "outliers", DIGITS, "--out", outliers, "--variants", 0).code, 0)
        short = ("--max-steps", 3)
        self.train("other-images", "--network", "dense:11", *short)
        self.train("other-classes", "--network", "dense:12", *short, data=outliers)
        self.train("other-loss", "--network", "dense:11", "--loss", "mse", *short, data=outliers)
        expected = "expected a network of 11 classes trained on data of tally-data outliers, got "
        for name, reason in (("other-images", expected + "11 classes and images of 28 x 28"),
                             ("other-classes", expected + "12 classes and images of 56 x 7"),
                             ("other-loss", "expected a network trained with --loss softmax")):
            result = run("tally-evaluate", self.directory / "run", "--data", DIGITS, "--calibrate",
                         self.directory / "out.h5", "--outliers", self.directory / name)
            self.assertEqual((result.code, result.out), (2, ""), result.err)
            self.assertIn(f"{name}: {reason}", result.err)
            self.assertFalse((self.directory / "out.h5").exists())

    def test_refuses_a_file_whose_second_network_fits_no_digit(self):
        """Signed by somebody else: nothing of it may be taken on trust."""
        self.train("run", "--validation", 1000, "--epochs", 1)
        model = self.directory / "model.h5"
        self.assertEqual(run("tally-evaluate", self.directory / "run", "--data", DIGITS,
                             "--calibrate", model).code, 0)
        add_outliers(model, inputs=7, outputs=11)
        result = run("tally-predict", model, DRAWINGS[0])
        self.assertEqual((result.code, result.out), (4, ""))
        self.assertIn("model.h5: /others: expected a network of 392 inputs and 11 outputs, got 7 and "
                      "11", result.err)
        for sides in ((56, 7, 2), (2**40, 2**40, 7), (7, 1, -1)):
            with h5py.File(model, "r+") as file:
                for name, side in zip(("rows", "columns", "channels"), sides):
                    file["others"].attrs[name] = numpy.int64(side)
            sign_checkpoint(model)
            result = run("tally-predict", model, DRAWINGS[0])
            self.assertEqual((result.code, result.out), (4, ""))
            self.assertIn("model.h5: /others: expected 7 inputs, got {} x {} x {}".format(*sides), result.err)

    def test_refuses_what_would_not_be_honest(self):
        self.train("none", "--epochs", 1)
        self.train("some", "--epochs", 1, "--validation", 100)
        out = self.directory / "out.h5"
        for model, more, reason in (
                ("none", (), "its run held no images out, and its training images would give optimistic"),
                ("some", (self.other_data(),), "expected the images that .* was trained on, got")):
            data = more[0] if more else DIGITS
            result = run("tally-evaluate", self.directory / model, "--data", data, "--calibrate", out)
            self.assertEqual((result.code, result.out), (2, ""))
            self.assertRegex(result.err, reason)
            self.assertFalse(out.exists())
        out.write_text("mine")
        result = run("tally-evaluate", self.directory / "some", "--data", DIGITS, "--calibrate", out)
        self.assertEqual((result.code, out.read_text()), (2, "mine"))
        self.assertIn("exists already", result.err)

    def other_data(self):
        """The same images with another label."""
        path = self.directory / "other"
        shutil.copytree(DIGITS, path)
        labels = read_dataset(DIGITS)[1].copy()
        labels[0] = (labels[0] + 1) % 10
        write_idx(path / "train-labels-idx1-ubyte.gz", labels)
        return path


class Predict(ToolTest):
    def predict(self, *arguments, code=0):
        lines = self.output("tally-predict", self.model, *arguments, "--json", code=code)
        return [json.loads(line) for line in lines.splitlines()]

    def test_reads_the_sample_drawings(self):
        self.assertEqual(len(DRAWINGS), 12)
        for path, line in zip(DRAWINGS, self.predict(*DRAWINGS), strict=True):
            self.assertEqual(list(line), ["file", "status", "class", "probability", "top", "box",
                                          "message"])
            self.assertEqual((line["file"], line["status"], line["message"]), (str(path), "ok", ""))
            self.assertEqual(line["class"], int(path.name[0]), path.name)
            self.assertEqual(line["top"][0], {"class": line["class"],
                                              "probability": line["probability"]})
            self.assertEqual(len(line["top"]), 3)

    def test_the_last_stage_is_what_the_network_saw(self):
        stages = self.directory / "stages"
        for path, line in zip(DRAWINGS, self.predict(*DRAWINGS, "--stages", stages, "--top", 10),
                              strict=True):
            names = sorted(p.name[len(path.name) + 1:] for p in stages.glob(f"{path.name}-*"))
            self.assertEqual(names, ["1-page.png", "2-ink.png", "3-cropped.png", "4-resized.png",
                                     "5-digit.png"])
            page = numpy.asarray(Image.open(stages / f"{path.name}-1-page.png"))
            digit = numpy.asarray(Image.open(stages / f"{path.name}-5-digit.png"))
            self.assertEqual(digit.shape, (28, 28))
            x, y, width, height = line["box"]
            self.assertTrue(0 <= x < x + width <= page.shape[1])
            self.assertTrue(0 <= y < y + height <= page.shape[0])
            expected = probabilities(self.checkpoint, digit[None])[0]
            seen = {entry["class"]: entry["probability"] for entry in line["top"]}
            self.assertEqual(list(seen), sorted(seen, key=lambda label: -seen[label]))
            for label in range(10):
                self.assertAlmostEqual(seen[label], expected[label], delta=1e-5)

    def test_blank_and_broken_images_do_not_stop_the_others(self):
        blank = self.directory / "blank.png"
        Image.new("L", (300, 200), 255).save(blank)
        broken = self.directory / "broken.png"
        broken.write_bytes(DRAWINGS[0].read_bytes()[:100])
        absent = self.directory / "absent.png"
        files = [blank, broken, absent, DRAWINGS[0]]
        lines = self.predict(*files, code=1)
        self.assertEqual([line["status"] for line in lines], ["no_ink", "error", "error", "ok"])
        for line in lines[:3]:
            self.assertEqual((line["class"], line["probability"], line["top"], line["box"]),
                             (None, None, [], None))
        self.assertEqual(self.predict(blank, DRAWINGS[0])[0]["status"], "no_ink")

        result = run("tally-predict", self.model, *files)
        self.assertEqual(result.code, 1)
        self.assertEqual(result.out.splitlines()[0],
                         f"{blank}: no digit: the page is blank, of one tone, or has only noise on it")
        self.assertRegex(result.out.splitlines()[1],
                         r"0-small-icon\.png: 0 \(\d+\.\d %\); then \d \(\d+\.\d %\), \d")
        errors = result.err.splitlines()
        self.assertEqual(len(errors), 2)
        self.assertTrue(errors[0].startswith(f"tally-predict: {broken}: "), errors)
        self.assertEqual(errors[1],
                         f"tally-predict: {absent}: cannot be opened (No such file or directory); check "
                         "the path and its permissions")

    def test_reads_each_digit_of_a_page_in_order(self):
        pages = []
        for rows, paths in ((1, DRAWINGS[2:6]), (2, DRAWINGS[4:10])):
            digits = []
            for path in paths:
                run("tally-predict", self.model, path, "--stages", self.directory / "stages")
                digits.append(numpy.asarray(Image.open(
                    self.directory / "stages" / f"{path.name}-5-digit.png")))
            columns = len(digits) // rows
            ink = numpy.vstack([numpy.hstack(digits[row * columns : (row + 1) * columns])
                                for row in range(rows)])
            pages.append(self.directory / f"{rows}-rows.png")
            Image.fromarray(255 - ink).resize((4 * ink.shape[1], 4 * ink.shape[0])).save(pages[-1])
        lines = self.predict(*pages, DRAWINGS[0], "--segment", "--threads", 2)
        self.assertEqual([line["file"] for line in lines],
                         [str(pages[0])] * 4 + [str(pages[1])] * 6 + [str(DRAWINGS[0])])
        self.assertEqual([line["class"] for line in lines],
                         [int(path.name[0]) for path in DRAWINGS[2:6] + DRAWINGS[4:10]] + [0])
        for line, left in zip(lines, (0, 112, 224, 336)):
            x, y, width, height = line["box"]
            self.assertTrue(left <= x < x + width <= left + 112 and 0 <= y < y + height <= 112)

    def test_answers_in_order_whatever_the_threads(self):
        blank = self.directory / "blank.png"
        Image.new("L", (2000, 2000), 255).save(blank)  # takes the longest
        files = [blank, *DRAWINGS * 3, self.directory / "absent.png"]
        expected = self.output("tally-predict", self.model, *files, "--json", "--threads", 1, code=1)
        for threads in (2, 5, 100):
            self.assertEqual(self.output("tally-predict", self.model, *files, "--json",
                                         "--threads", threads, code=1), expected)

    def test_stages_of_files_with_one_name_are_apart(self):
        files = []
        for folder, drawing in zip("ab", DRAWINGS):
            (self.directory / folder).mkdir()
            files.append(self.directory / folder / "digit.png")
            files[-1].write_bytes(drawing.read_bytes())
        stages = self.directory / "stages"
        self.predict(*files, "--stages", stages)
        digits = [(stages / f"{number}-digit.png-5-digit.png").read_bytes() for number in (1, 2)]
        self.assertNotEqual(*digits)

    def test_sheet_shows_every_answer(self):
        blank = self.directory / "blank.png"
        Image.new("L", (300, 200), 255).save(blank)
        sheet, stages = self.directory / "sheet.png", self.directory / "stages"
        lines = self.predict(*DRAWINGS[:3], blank, "absent.png", "--sheet", sheet, "--stages",
                             stages, code=1)
        self.assertEqual(len(lines), 5)
        pixels = numpy.asarray(Image.open(sheet))
        columns = pixels.shape[1] // 638
        self.assertEqual(pixels.shape, (-(-5 // columns) * 224 + 16, columns * 638))
        for position, path in enumerate(DRAWINGS[:3]):
            left, top = position % columns * 638 + 16, position // columns * 224 + 40
            digit = numpy.asarray(Image.open(stages / f"{path.name}-5-digit.png"))
            numpy.testing.assert_array_equal(pixels[top : top + 168, left + 184 : left + 352],
                                             digit.repeat(6, 0).repeat(6, 1))
            # The bar of the answer is as long as it is probable.
            line = lines[position]
            bar = pixels[top + 17 * line["class"] + 6, left + 388 : left + 538]
            self.assertAlmostEqual((bar == 40).sum(), 150 * line["probability"], delta=0.51)
            x, y, width, height = line["box"]
            page_height, page_width = numpy.asarray(
                Image.open(stages / f"{path.name}-1-page.png")).shape
            scale = 168 / max(page_height, page_width)
            frame = (left + (168 - scale * page_width) / 2 + scale * x,
                     top + (168 - scale * page_height) / 2 + scale * y)
            corner = pixels[round(frame[1]) - 3 : round(frame[1]) + 2,
                            round(frame[0]) - 3 : round(frame[0]) + 2]
            self.assertEqual((corner.min(), corner.max()), (0, 255), path.name)

    def test_a_terminal_shows_the_image_and_all_classes(self):
        controller, terminal = pty.openpty()
        # Its buffer is small: read before the program has ended.
        with subprocess.Popen(command("tally-predict", self.model, DRAWINGS[0]), stdout=terminal,
                              stderr=terminal) as process:
            os.close(terminal)
            shown = b""
            try:
                while piece := os.read(controller, 4096):
                    shown += piece
            except OSError:  # the other end was closed
                pass
            self.assertEqual(process.wait(timeout=60), 0)
        os.close(controller)
        lines = shown.decode().splitlines()
        self.assertEqual(lines[0], self.output("tally-predict", self.model, DRAWINGS[0]).rstrip())
        self.assertEqual(len(lines), 15)
        stages = self.directory / "stages"
        answer = self.predict(DRAWINGS[0], "--stages", stages, "--top", 10)[0]
        inked = numpy.asarray(Image.open(stages / f"{DRAWINGS[0].name}-5-digit.png")) >= 96
        blocks = {(False, False): " ", (True, False): "\N{UPPER HALF BLOCK}",
                  (False, True): "\N{LOWER HALF BLOCK}", (True, True): "\N{FULL BLOCK}"}
        for row, line in enumerate(lines[1:]):
            expected = "".join(blocks[tuple(pair)] for pair in inked[2 * row : 2 * row + 2].T)
            self.assertEqual(line[3:31], expected)
        for entry in answer["top"]:
            self.assertIn(f"{entry['class']:>3} {100 * entry['probability']:5.1f} %",
                          lines[3 + entry["class"]])

    def test_reject_answers_unsure_below_a_probability(self):
        lines = self.predict(*DRAWINGS)
        bound = sorted(line["probability"] for line in lines)[6]
        again = self.predict(*DRAWINGS, "--reject", bound)
        for line, rejected in zip(lines, again, strict=True):
            self.assertEqual((rejected["top"], rejected["box"]), (line["top"], line["box"]))
            if line["probability"] >= bound:
                self.assertEqual(rejected, line)
                continue
            self.assertEqual((rejected["status"], rejected["class"], rejected["probability"]),
                             ("unsure", None, None))
            self.assertIn(f"the most probable class, {line['class']}, has a probability of",
                          rejected["message"])
        self.assertEqual(sum(line["status"] == "unsure" for line in again), 6)
        text = self.output("tally-predict", self.model, *DRAWINGS, "--reject", bound)
        self.assertEqual(text.count(": unsure; perhaps "), 6)
        self.assertEqual(run("tally-predict", self.model, DRAWINGS[0], "--reject", 1.5).code, 2)

    def asking(self):
        """A command of each tool that prints more than it is asked to keep."""
        return (command("tally-predict", self.model, *DRAWINGS), command("tally-checkpoint", "info", self.model),
                command("tally-evaluate", self.model, "--data", DIGITS), command("tally-data", "verify", DIGITS),
                command("tally-status", self.model), command("tally-sweep", "--help"), command("tally-train", "--help"),
                command("tally-train", "--dump-config"))

    def ended_without_a_reader(self, line, **options):
        reader, writer = os.pipe()
        os.close(reader)  # before the tool starts, or it may be done before that
        done = subprocess.run(line, stdout=writer, stderr=subprocess.PIPE, text=True, check=False,
                              timeout=patience(60), **options)
        os.close(writer)
        return done.returncode, done.stderr

    def test_a_reader_that_goes_away_ends_a_tool_as_any_filter(self):
        for line in self.asking():
            with self.subTest(line):
                self.assertEqual(self.ended_without_a_reader(line), (-signal.SIGPIPE, ""))
                # Started by a program that ignores SIGPIPE, as Python does.
                code, text = self.ended_without_a_reader(line, restore_signals=False)
                self.assertEqual(code, 1)
                self.assertRegex(text, f"^{pathlib.Path(line[0]).name}: .*: Broken pipe\n$")

    def test_a_reader_that_goes_away_leaves_no_half_written_files(self):
        folders = self.directory / "folders"
        for label in "01":
            (folders / label).mkdir(parents=True)
            for drawing in DRAWINGS:
                shutil.copy(drawing, folders / label)
        out = self.directory / "out"
        code, text = self.ended_without_a_reader(command("tally-data", "from-images", folders, "--out", out))
        self.assertEqual((code, text), (-signal.SIGPIPE, ""))
        self.assertLessEqual({path.name for path in self.directory.iterdir()} - {"folders"}, {"out"})
        if out.exists():
            self.assertEqual(run("tally-data", "verify", out).code, 0)

    def test_output_that_cannot_be_written_is_a_failure(self):
        # Some print more than a buffer holds.
        for line in (command("tally-predict", self.model, DRAWINGS[0], "--json"),
                     command("tally-predict", self.model, *[DRAWINGS[0]] * 20, "--json"),
                     command("tally-checkpoint", "digest", self.model),
                     command("tally-evaluate", self.model, "--data", DIGITS, "--json"),
                     command("tally-data", "--help"), command("tally-train", "--help")):
            with self.subTest(line[0]), open("/dev/full", "w") as full:
                done = subprocess.run(line, stdout=full, stderr=subprocess.PIPE, text=True,
                                      check=False)
                self.assertEqual(done.returncode, 1)
                self.assertIn(": standard output: cannot be written: No space left on device",
                              done.stderr)

    def test_an_error_that_cannot_be_written_keeps_its_exit_code(self):
        lines = ((command("tally-train", "--nonsense"), 2), (command("tally-data", "verify", "nowhere"), 2),
                 (command("tally-evaluate", self.directory / "nowhere"), 4),
                 (command("tally-checkpoint", "digest", self.directory / "nowhere"), 4),
                 (command("tally-predict", self.model, "nowhere.png"), 1))
        for line, code in lines:
            for redirection in ("2>/dev/full", "2>&-"):
                done = subprocess.run(["sh", "-c", f'exec "$@" {redirection}', "sh", *line], check=False)
                self.assertEqual(done.returncode, code, f"{line} {redirection}")
            with subprocess.Popen(line, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL) as process:
                process.stderr.close()
                self.assertEqual(process.wait(timeout=patience(60)), code, f"{line}, and nobody reads what it says")

    def test_output_to_a_closed_stream_is_a_failure(self):
        line = command("tally-checkpoint", "digest", self.model)
        done = subprocess.run(["sh", "-c", 'exec "$@" >&-', "sh", *line], stderr=subprocess.PIPE, text=True,
                              check=False)
        self.assertEqual((done.returncode, done.stderr), (1, "tally-checkpoint: standard output: cannot be written: "
                                                             "Bad file descriptor\n"))

    def test_stages_that_cannot_be_written_do_not_stop_the_others(self):
        blocked = self.directory / "file"
        blocked.write_text("in the way")
        lines = self.predict(*DRAWINGS[:2], "--stages", blocked / "stages", code=1)
        self.assertEqual([line["status"] for line in lines], ["error", "error"])
        self.assertIn("cannot be written: Not a directory", lines[0]["message"])


class Data(TallyTest):
    def test_from_folders_keeps_digits_that_are_prepared_already(self):
        images, labels, _, _ = read_dataset(DIGITS)
        folders = self.directory / "folders"
        expected = {label: [] for label in (0, 1, 7)}
        for label, digits in expected.items():
            folder = folders / str(label)
            folder.mkdir(parents=True)
            for index in numpy.flatnonzero(labels == label)[:5]:
                Image.fromarray(images[index]).save(folder / f"{index:04}.png")
                digits.append(images[index])
        out = self.directory / "out"
        result = run("tally-data", "from-images", folders, "--out", out)
        self.assertEqual((result.code, result.err), (0, ""))
        self.assertEqual(result.out, f"{out}: 12 images for training, 3 for testing, 0 not used\n")
        made = read_dataset(out)
        self.assertEqual((made[0].shape, made[2].shape), ((12, 28, 28), (3, 28, 28)))
        for label, digits in expected.items():
            numpy.testing.assert_array_equal(made[0][made[1] == label], digits[:4])
            numpy.testing.assert_array_equal(made[2][made[3] == label], digits[4:])

    def test_from_folders_names_what_it_does_not_use(self):
        folders = self.directory / "folders"
        for label in range(2):
            (folders / str(label)).mkdir(parents=True)
            for index in range(5):
                shutil.copy(DRAWINGS[label], folders / str(label) / f"{index}{DRAWINGS[label].suffix}")
        (folders / "0" / "words.png").write_text("no image")
        Image.new("L", (30, 30), 255).save(folders / "1" / "blank.png")
        (folders / "two").mkdir()
        result = run("tally-data", "from-images", folders, "--out", self.directory / "out")
        self.assertEqual(result.code, 1)
        self.assertEqual(
            result.err,
            f"tally-data: {folders}/0/words.png: is no image (it starts with 6E 6F 20 69), expected "
            "a PNG or JPEG image; save it as PNG\n"
            f"tally-data: {folders}/1/blank.png: has no ink\n"
            f"tally-data: {folders}/two: is no folder of a class, named 0, 1, ... 255\n")
        self.assertIn("8 images for training, 2 for testing, 3 not used", result.out)

    def test_verify_reads_every_file(self):
        result = run("tally-data", "verify", DIGITS)
        self.assertEqual(result.code, 0, result.err)
        lines = result.out.splitlines()
        self.assertEqual(len(lines), 4)
        self.assertRegex(lines[0], r"train-images-idx3-ubyte\.gz: 4 000 images of 28 x 28, SHA-256 "
                         r"[0-9a-f]{64}$")
        self.assertIn("10 classes (0: 100, 1: 100", lines[3])
        damaged = self.directory / "damaged"
        shutil.copytree(DIGITS, damaged)
        file = damaged / "t10k-images-idx3-ubyte.gz"
        file.write_bytes(file.read_bytes()[:-2000])
        result = run("tally-data", "verify", damaged)
        self.assertEqual(result.code, 2)
        self.assertRegex(result.err, r"^tally-data: \S+t10k-images-idx3-ubyte\.gz: ")

    def test_show_draws_the_image_that_is_there(self):
        images, labels, test_images, test_labels = read_dataset(DIGITS)
        for option, image, label in (([], images[3], labels[3]),
                                     (["--test"], test_images[3], test_labels[3])):
            lines = run("tally-data", "show", DIGITS, 3, *option).out.splitlines()
            self.assertTrue(lines[0].endswith(f"label {label}"), lines[0])
            self.assertEqual(len(lines), 29)
            for row, line in zip(image, lines[1:], strict=True):
                full = [line[2 * column] == "\N{FULL BLOCK}" for column in range(28)]
                blank = [line[2 * column] == " " for column in range(28)]
                self.assertTrue(all(row[full] >= 128))
                self.assertTrue(all(row[blank] < 64))

    def test_a_sheet_shows_what_augmentation_does(self):
        images, _, test_images, _ = read_dataset(DIGITS)

        def sheet(*options):
            path = self.directory / "sheet.png"
            result = run("tally-data", "show", DIGITS, *options, "--sheet", path)
            self.assertEqual((result.code, result.out), (0, ""), result.err)
            pixels = numpy.asarray(Image.open(path))
            self.assertEqual(pixels.shape, (952, 1200))
            # Each image three times as large.
            return numpy.array([[pixels[40 + 90 * row : 124 + 90 * row : 3, left : left + 84 : 3]
                                 for left in [12, *range(108, 1188, 90)]] for row in range(10)])

        cells = sheet("--augment", "affine,elastic")
        numpy.testing.assert_array_equal(cells[:, 0], images[:10])
        for row in cells:
            self.assertEqual(len({cell.tobytes() for cell in row}), 13)
        numpy.testing.assert_array_equal(sheet(5, "--augment", "affine,elastic")[:5], cells[5:])
        self.assertFalse((sheet("--augment", "affine,elastic", "--seed", 2)[:, 1:] == cells[:, 1:]).all())
        for row in sheet("--augment", "affine,elastic", "--augment-strength", 0):
            numpy.testing.assert_array_equal(row[1:], row[:1].repeat(12, 0))
        darker = sheet("--augment", "brightness", "--test")
        numpy.testing.assert_array_equal(darker[:, 0], test_images[:10])
        self.assertTrue((darker[:, 1:] <= darker[:, :1]).all())
        self.assertTrue((darker[:, 1:].max(axis=(2, 3)) >= 0.59 * darker[:, :1].max(axis=(2, 3))).all())


class Checkpoint(ToolTest):
    def test_info_verify_and_digest_agree(self):
        text = digest(self.model)
        self.assertRegex(text, r"^[0-9a-f]{64}$")
        info = self.output("tally-checkpoint", "info", self.model)
        self.assertIn(f"digest        {text}\n", info)
        self.assertIn("progress      epoch 20 of 20, step 640, 80 000 samples", info)
        self.assertEqual(self.output("tally-checkpoint", "verify", self.checkpoint),
                         f"{self.checkpoint}: whole, step 640\n")

    def test_diff_names_what_differs(self):
        self.assertEqual(self.output("tally-checkpoint", "diff", self.model, self.checkpoint), "")
        previous = sorted((self.model / "checkpoints").iterdir())[-2]
        text = self.output("tally-checkpoint", "diff", self.model, previous, code=1)
        self.assertIn("progress/step: 640 and 608\n", text)
        self.assertRegex(text, r"model/0-dense/weight: [\d ]+ of 78 400 values, by up to \d")
        self.assertRegex(text, r"optimizer/4-dense/bias: \d+ of 10 values, by up to \d")

        self.assertIn("history/epochs: 20 and 19\n", text)
        self.train("other", "--seed", 2, "--max-steps", 0)
        text = self.output("tally-checkpoint", "diff", self.model, self.directory / "other", code=1)
        self.assertIn("config/seed: 1 and 2\n", text)

    def test_diff_sees_what_was_measured_and_fitted(self):
        changed = self.directory / "changed.h5"
        shutil.copy(self.checkpoint, changed)
        with h5py.File(changed, "r+") as file:
            losses = file["history/epochs/test_loss"]
            before = losses[2]
            losses[2] = before + 1
            losses[3] += 1
        sign_checkpoint(changed)
        self.assertEqual(self.output("tally-checkpoint", "diff", self.checkpoint, changed, code=1),
                         f"history/epoch 3/test loss: {before} and {before + 1}\n")
        self.train("held-out", "--validation", 1000, "--epochs", 2)
        run_dir, calibrated = self.directory / "held-out", self.directory / "calibrated.h5"
        self.output("tally-evaluate", run_dir, "--data", DIGITS, "--calibrate", calibrated)
        text = self.output("tally-checkpoint", "diff", run_dir, calibrated, code=1)
        self.assertRegex(text, r"^calibration/temperature: none and \d\.\d+\n$")
        self.assertEqual(self.output("tally-checkpoint", "diff", calibrated, calibrated), "")
        shutil.copy(calibrated, changed)
        add_outliers(changed, 392, 11)
        self.assertEqual(self.output("tally-checkpoint", "diff", calibrated, changed, code=1),
                         "calibration/outliers: none and dense:11\n")


class EveryTool(unittest.TestCase):
    def test_has_help_and_version(self):
        for tool in ("train", "evaluate", "predict", "data", "checkpoint", "status", "sweep"):
            with self.subTest(tool):
                shown = run(f"tally-{tool}", "--help")
                self.assertEqual((shown.code, shown.err), (0, ""))
                self.assertIn("Usage: tally-", shown.out)
                library = r" \((Open MPI|MPICH) \S+\)" if tool == "train" else ""
                self.assertRegex(run(f"tally-{tool}", "--version").out,
                                 rf"^tally-{tool} \d+\.\d+\.\d+{library}\n$")

    def test_shows_them_where_mpi_cannot_start(self):
        if "Open MPI" not in run("tally-train", "--version").out:
            self.skipTest("how to keep another MPI than Open MPI from starting is not known here")
        without_mpi = {"OMPI_MCA_pml": "none_of_that_name"}
        self.assertNotEqual(run("tally-train", "--doctor", env=without_mpi).code, 0)
        for option in ("--help", "--version", "--dump-config"):
            with self.subTest(option):
                shown = run("tally-train", option, env=without_mpi)
                self.assertEqual((shown.code, shown.err), (0, ""))
                self.assertEqual(shown.out, run("tally-train", option, ranks=2).out)


if __name__ == "__main__":
    main()
