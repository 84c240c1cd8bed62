# SPDX-License-Identifier: MIT
"""Images of one to four channels and of other sizes, from the files to an answer."""
import json
import shutil
import struct

import h5py
import numpy

from tally_testing import DIGITS, TallyTest, digest, main, read_csv, read_dataset, run, sign_checkpoint, write_idx

NAMES = ["train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"]
NETWORK = "batch-norm,dense:60,batch-norm,relu,dense:10"


def coloured(images, seed):
    """Digits in one colour on a ground of another, which is as bright on average."""
    random = numpy.random.default_rng(seed)
    ink, ground = (random.uniform(0, 1, (len(images), 1, 1, 3)) for _ in range(2))
    share = images[..., None] / 255
    return (255 * (share * ink + (1 - share) * ground)).round().astype(numpy.uint8)


class Colour(TallyTest):
    def write(self, name, train, test, names=NAMES):
        """A data set of these images, with the labels of the embedded digits."""
        directory = self.directory / name
        directory.mkdir()
        _, train_labels, _, test_labels = read_dataset(DIGITS)
        for file, array in zip(names, (train, train_labels[:len(train)], test, test_labels[:len(test)])):
            write_idx(directory / file, array)
        return directory

    def colour_data(self, name="colour", names=NAMES):
        train, _, test, _ = read_dataset(DIGITS)
        return self.write(name, coloured(train, 1), coloured(test, 2), names)

    def ok(self, *arguments, **options):
        result = run(*arguments, **options)
        self.assertEqual((result.code, result.err), (0, ""), result.out)
        return result.out

    def test_colour_images_go_through_the_whole_chain(self):
        data = self.colour_data()
        self.assertIn("4 000 images of 28 x 28 x 3, SHA-256", self.ok("tally-data", "verify", data))
        picture = self.ok("tally-data", "show", data, 3).splitlines()
        self.assertEqual({len(line) for line in picture[1:]}, {56})
        run_dir = self.directory / "run"
        checked = self.ok("tally-train", "--check", "--data", data, "--run-dir", run_dir, "--network", NETWORK)
        self.assertIn("test images of 28 x 28 x 3 in 10 classes", checked)
        self.assertIn("28 x 28 x 3", self.ok("tally-train", "--describe", "--data", data).splitlines()[1])

        recipe = ["--network", NETWORK, "--epochs", 8, "--validation", 200]
        told = self.train("run", *recipe, data=data, ranks=2).out
        self.assertIn("test images of 28 x 28 x 3", told)
        row = read_csv(run_dir / "metrics.csv")[-1]
        self.assertGreater(float(row["test_accuracy"]), 0.5)  # the bright digit on dark looks like its reverse
        self.train("cut", *recipe, "--max-steps", 50, data=data, ranks=3)
        self.train("cut", "--resume", "--max-steps", "none", data=data)
        self.assertEqual(digest(self.directory / "cut"), digest(run_dir))

        sheet, calibrated = self.directory / "wrong.png", self.directory / "calibrated.h5"
        told = json.loads(self.ok("tally-evaluate", run_dir, "--data", data, "--json", "--misclassified", sheet))
        self.assertEqual(told["accuracy"], float(row["test_accuracy"]))
        self.assertTrue(sheet.exists())
        self.ok("tally-evaluate", run_dir, "--data", data, "--calibrate", calibrated)
        drawings = sorted((DIGITS.parent / "drawings").glob("*.png"))
        answers = [json.loads(line) for line in
                   self.ok("tally-predict", calibrated, *drawings, "--json").splitlines()]
        self.assertEqual({answer["status"] for answer in answers}, {"ok"})
        self.assertEqual(len(answers), len(drawings))
        info = self.ok("tally-checkpoint", "info", run_dir)
        self.assertIn("28 x 28 x 3", info)
        self.assertIn("0 errors", self.ok(
            "tally-train", "--doctor", "--data", data, "--run-dir", self.directory / "other", ranks=1))

    def test_files_may_say_that_they_have_four_dimensions(self):
        names = [name.replace("idx3", "idx4") for name in NAMES]
        self.assertIn("28 x 28 x 3", self.ok("tally-data", "verify", self.colour_data(names=names)))

    def test_any_number_of_channels(self):
        train, _, test, _ = read_dataset(DIGITS)
        grey = self.write("grey", train, test)
        for channels in (1, 2, 3, 4):
            data = self.write(f"channels-{channels}", *(
                numpy.repeat(images[..., None], channels, axis=-1) for images in (train, test)))
            self.train(f"run-{channels}", "--network", "dense:20,tanh,dense:10", "--max-steps", 20, "--quiet", data=data)
            with h5py.File(next((self.directory / f"run-{channels}" / "checkpoints").glob("*.h5"))) as file:
                self.assertEqual(file["data"].attrs["channels"], channels)
                self.assertEqual(file["model/0-dense/weight"].shape, (784 * channels, 20))
        # One channel is what a grey image has.
        self.train("run-grey", "--network", "dense:20,tanh,dense:10", "--max-steps", 20, "--quiet", data=grey)
        self.assertEqual(digest(self.directory / "run-grey"), digest(self.directory / "run-1"))

    def test_colour_images_are_distorted_to_the_same_bits_on_any_ranks(self):
        data = self.colour_data()
        recipe = ["--network", NETWORK, "--max-steps", 40, "--quiet"]
        distorted = [*recipe, "--augment", "affine,elastic,stroke,brightness,cut-out"]
        for name, arguments, ranks in (("plain", recipe, 1), ("one", distorted, 1), ("three", distorted, 3)):
            self.train(name, *arguments, data=data, ranks=ranks)
        plain, one, three = (digest(self.directory / name) for name in ("plain", "one", "three"))
        self.assertEqual(one, three)
        self.assertNotEqual(one, plain)

    def test_a_checkpoint_from_before_there_were_channels_is_of_grey_images(self):
        self.train("run", "--max-steps", 20, "--quiet")
        expected = digest(self.directory / "run")
        path = next((self.directory / "run" / "checkpoints").glob("*.h5"))
        with h5py.File(path, "r+") as file:
            del file["data"].attrs["channels"]
            for layer in file["model"].values():
                for block in layer.values():
                    del block.attrs["role"]
        sign_checkpoint(path)
        self.assertIn("test images of 28 x 28\n", self.ok("tally-checkpoint", "info", path))
        self.assertEqual(digest(path), expected)
        self.train("run", "--resume", "--max-steps", 25, "--quiet")
        self.train("whole", "--max-steps", 25, "--quiet")
        self.assertEqual(digest(self.directory / "run"), digest(self.directory / "whole"))

    def test_a_checkpoint_of_other_roles_or_channels_is_refused(self):
        self.train("run", "--max-steps", 5, "--quiet")
        path = next((self.directory / "run" / "checkpoints").glob("*.h5"))

        def change_role(file):
            file["model/0-dense/bias"].attrs["role"] = numpy.bytes_("scale")

        def change_channels(file):
            file["data"].attrs.modify("channels", 5)

        for change, message in (
                (change_role, '/model/0-dense/bias/role: expected bias, got "scale"'),
                (change_channels, "/data: expected images of 1 x 1 to 4096 x 4096, of 1 to 4 channels")):
            other = self.directory / "other.h5"
            shutil.copyfile(path, other)
            with h5py.File(other, "r+") as file:
                change(file)
            sign_checkpoint(other)
            result = run("tally-checkpoint", "info", other)
            self.assertEqual((result.code, result.err), (4, f"tally-checkpoint: {other}: {message}\n"))

    def test_what_does_not_fit_is_refused(self):
        data = self.colour_data()
        train, _, test, _ = read_dataset(DIGITS)
        self.train("run", "--max-steps", 5, "--quiet")
        grey = self.directory / "run"
        result = run("tally-evaluate", grey, "--data", data)
        self.assertEqual((result.code, result.err), (
            2, f"tally-evaluate: {data}/{NAMES[2]}: expected images of 28 x 28, as the network was trained on, got "
            "28 x 28 x 3\n"))
        result = run("tally-train", "--run-dir", grey, "--resume", "--max-steps", 9, "--data", data)
        self.assertEqual(result.code, 2)
        self.assertIn("expected images of 28 x 28, got 28 x 28 x 3; pass the data that this run", result.err)
        mixed = self.write("mixed", coloured(train, 1), test)
        result = run("tally-train", "--run-dir", self.directory / "mixed-run", "--data", mixed)
        self.assertEqual(result.code, 2)
        self.assertIn(f"expected images of 28 x 28 x 3 as in {mixed}/{NAMES[0]}, got 28 x 28; use files of one",
                      result.err)
        result = run("tally-data", "outliers", data, "--out", self.directory / "others")
        self.assertEqual(result.code, 2)
        self.assertIn("expected images of 28 x 28, got 28 x 28 x 3", result.err)

    def test_headers_that_claim_too_much(self):
        data = self.colour_data()
        whole = (data / NAMES[0]).read_bytes()
        for contents, message in (
                (whole[:12], "truncated in its header (expected 20 bytes, got 12)"),
                (whole[:17], "truncated in its header (expected 20 bytes, got 17)"),
                (whole[:16] + struct.pack(">I", 5) + whole[20:], "claims images of 5 channels, expected 1 to 4 (grey; "),
                (whole[:16] + struct.pack(">I", 0) + whole[20:], "claims images of 0 channels, expected 1 to 4 (grey; "),
                (whole[:-1], "truncated at image 3 999 of 4 000 (expected 9 408 020 bytes, got 9 408 019)"),
                (whole + b"x", "goes on after its 4 000 images (expected 9 408 020 bytes, got more)"),
                (b"\0\0\x08\x05" + whole[4:], "has 5 dimensions, expected 3 of grey images (count, rows, columns) or 4 "
                 "of colour images (and channels)")):
            (data / NAMES[0]).write_bytes(contents)
            result = run("tally-data", "verify", data)
            self.assertEqual(result.code, 2)
            self.assertIn(f"{NAMES[0]}: {message}", result.err)

    def test_images_of_another_size(self):
        train, _, test, _ = read_dataset(DIGITS)
        data = self.write("small", train[:, 4:24, 2:26], test[:, 4:24, 2:26])
        for ranks in (1, 3):
            self.train(f"run{ranks}", "--network", NETWORK, "--epochs", 4, "--quiet", data=data, ranks=ranks)
        self.assertEqual(*(digest(self.directory / f"run{ranks}") for ranks in (1, 3)))
        told = json.loads(self.ok("tally-evaluate", self.directory / "run1", "--data", data, "--json"))
        self.assertGreater(told["accuracy"], 0.88)
        result = run("tally-predict", self.directory / "run1", DIGITS.parent / "drawings" / "1-faint-pencil.png")
        self.assertEqual(result.code, 2)
        self.assertIn("expected images of 20 x 24, as the network was trained on, got 28 x 28", result.err)


if __name__ == "__main__":
    main()
