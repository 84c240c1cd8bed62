# SPDX-License-Identifier: MIT
"""Every refusal: command, exit code and exact message, for tally-train at 1 and at 3 ranks.

In arguments and messages, {d} stands for the test's directory.
"""
import os
import re
import shutil
import unittest

import numpy

from tally_testing import (DIGITS, TallyTest, main, mount_tmpfs, run, sign_checkpoint, write_idx)

MISSING = "/tmp/tally-no-such-thing"

# By default mpirun waits for a second before it makes sure that ranks that ended have ended.
AT_ONCE = {"OMPI_MCA_odls_base_sigkill_timeout": "0"}

# name: (arguments, exit code, message); --run-dir and --data are added unless given.
TRAIN = {
    # the command line
    "unknown option": (["--rate", 1], 2, "--rate 1: not expected; see --help"),
    "no value": (["--seed"], 2, "--seed: 1 required N missing; see --help"),
    "word for a number": (["--batch-size", "many"], 2,
                          '--batch-size: expected a whole number from 1 to 16 777 216, got "many"'),
    "zero batch": (["--batch-size", 0], 2,
                   '--batch-size: expected a whole number from 1 to 16 777 216, got "0"'),
    "fraction": (["--epochs", "1.5"], 2,
                 '--epochs: expected a whole number from 0 to 1 000 000 000, got "1.5"'),
    "not a number": (["--learning-rate", "nan"], 2,
                     '--learning-rate: expected a number from 0 to 1 000 000 000, got "nan"'),
    "momentum": (["--momentum", 1.5], 2, '--momentum: expected a number from 0 to 1, got "1.5"'),
    "loss": (["--loss", "hinge"], 2,
             '--loss: expected softmax-cross-entropy or mse, got "hinge"'),
    "schedule": (["--schedule", "linear"], 2,
                 '--schedule: expected constant or step or cosine or one-cycle, got "linear"'),
    "interval": (["--checkpoint-every", "often"], 2, "--checkpoint-every: expected an interval such "
                 'as 500steps, 1epochs or 5min, from 1 to 1 000 000 000, got "often"'),
    "time": (["--max-time", "90"], 2,
             '--max-time: expected "none" or a time as HH:MM:SS, got "90"'),
    "threads": (["--threads", "some"], 2,
                '--threads: expected "auto" or a whole number from 1 to 4 096, got "some"'),
    "train limit": (["--train-limit", 0], 2, '--train-limit: expected "none" or a whole number from '
                    '1 to 1 000 000 000, got "0"'),
    "micro-batch": (["--batch-size", 100, "--micro-batch", 30], 2, "--micro-batch: expected a "
                    "divisor of --batch-size 100, got 30; the largest one up to it is 25"),
    "nesterov": (["--nesterov", "--momentum", 0], 2,
                 "--nesterov: expected --momentum above 0, got 0"),
    "validation beyond limit": (["--validation", 50, "--train-limit", 50], 2,
                                "--validation: expected fewer images than --train-limit 50, got 50"),
    "validation beyond data": (["--validation", 4000], 2, "--validation: expected fewer than the 4 "
                               "000 training images, got 4 000"),
    "preset": (["--preset", "fastest"], 2, '--preset: expected paper, fast, cnn or cnn-norm, got "fastest"'),
    "too many threads": (["--threads", 4000], 2,
                         lambda test, ranks: test.too_many_threads(ranks)),
    # the network
    "layer": (["--network", "dense:100,tanhh,dense:10"], 2,
              lambda test, ranks: test.unknown_layer()),
    "outputs": (["--network", "dense:0"], 2, 'network "dense:0": "dense:0" at character 1, on 28 x 28 x 1, needs a '
                "whole number of outputs from 1 to 65 536, as in dense:100"),
    "nothing to learn": (["--network", "tanh"], 2, 'network "tanh": no layer has parameters to '
                         "learn; expected at least one dense:N"),
    "too few classes": (["--network", "dense:9"], 2, f"{DIGITS}/train-labels-idx1-ubyte.gz: label 9 "
                        "of 4 000 is 9, expected 0 to 8; use data of 9 classes, or a network with "
                        "more"),
    "too many classes": (["--network", "dense:300"], 2, 'network "dense:300": ends in 300 outputs; '
                         "expected 2 to 256, one per class"),
    # the configuration file
    "no configuration file": (["--config", MISSING], 2,
                              f"{MISSING}: cannot open: No such file or directory"),
    "no TOML": (["--config", "{d}/bad.toml"], 2, "{d}/bad.toml: line 2: Error while parsing "
                "key-value pair: encountered end-of-file"),
    "unknown field": (["--config", "{d}/unknown.toml"], 2, "{d}/unknown.toml: batchsize: there is "
                      "no such option; see tally-train --help"),
    "field of another type": (["--config", "{d}/type.toml"], 2, "{d}/type.toml: epochs: expected a "
                              'whole number from 0 to 1 000 000 000, got "true"'),
    "list": (["--config", "{d}/list.toml"], 2, "{d}/list.toml: seed (line 1): expected a text, a "
             "number, true or false"),
    # the data
    "no data": (["--data", MISSING], 2, f"{MISSING}: cannot be opened (No such file or directory), "
                "expected a directory with IDX files; run scripts/get_mnist.sh, or pass --data DIR"),
    "empty data directory": (["--data", "{d}/empty"], 2, "{d}/empty: has no training images (looked "
                             "for train-images-idx3-ubyte and train-images.idx3-ubyte, each also "
                             "with .gz); run scripts/get_mnist.sh, or pass --data DIR"),
    "truncated data": (["--data", "{d}/truncated"], 2, "{d}/truncated/train-images-idx3-ubyte: "
                       "truncated at image 99 of 100 (expected 78 416 bytes, got 78 400); download "
                       "it again"),
    "web page": (["--data", "{d}/webpage"], 2, "{d}/webpage/t10k-labels-idx1-ubyte.gz: is a web page "
                 "(HTML or XML), not data: its download failed; download it again, from another "
                 "mirror"),
    "counts": (["--data", "{d}/counts"], 2, "{d}/counts/train-images-idx3-ubyte.gz: holds 100 "
               "images, but {d}/counts/train-labels-idx1-ubyte.gz holds 99 labels; download both "
               "again"),
    "two sizes": (["--data", "{d}/sizes"], 2, "{d}/sizes/t10k-images-idx3-ubyte.gz: expected images "
                  "of 28 x 28 as in {d}/sizes/train-images-idx3-ubyte.gz, got 8 x 8; use files of "
                  "one data set"),
    # the run directory
    "run directory below a file": (["--run-dir", "{d}/bad.toml/run"], 2, "{d}/bad.toml/run/"
                                   "checkpoints: cannot be made: Not a directory; choose another "
                                   "--run-dir"),
    "read-only directory": (["--run-dir", "{d}/read-only/run"], 2, "{d}/read-only/run/checkpoints: "
                            "cannot be made: Read-only file system; choose another --run-dir"),
    "used directory": (["--run-dir", "{d}/used"], 2, "{d}/used: holds an earlier run; continue it "
                       "with --resume, or choose another --run-dir"),
    "dump-order": (["--dump-order", "{d}/empty/none/order.csv"], 2, "--dump-order: {d}/empty/none/"
                   "order.csv cannot be written: No such file or directory"),
    # resuming
    "resume what": (["--resume", "--run-dir", ""], 2,
                    "--resume: expected --run-dir DIR, the run to continue"),
    "another batch size": (["--run-dir", "{d}/used", "--resume", "--batch-size", 64], 2,
                           "--batch-size: this run was started with 128, got 64; leave it out to "
                           "continue, or start another run with another --run-dir"),
    "another schedule in a file": (["--run-dir", "{d}/used", "--resume", "--config",
                                    "{d}/schedule.toml"], 2, "{d}/schedule.toml: schedule: this run "
                                   "was started with one-cycle, got cosine; leave it out to "
                                   "continue, or start another run with another --run-dir"),
    "another length": (["--run-dir", "{d}/used", "--resume", "--epochs", 9], 2, "--epochs: expected "
                       "2 as this run was started, got 9; its one-cycle schedule depends on the "
                       "length of the run, so other learning rates would have been used from the "
                       "first step; to stop earlier use --max-steps"),
    "preset of another run": (["--run-dir", "{d}/used", "--resume", "--preset", "paper"], 2,
                              "--preset paper: train-limit: this run was started with none, got "
                              "2000; leave it out to continue, or start another run with another "
                              "--run-dir"),
    "unknown preset on resume": (["--run-dir", "{d}/used", "--resume", "--preset", "slow"], 2,
                                 '--preset: expected paper, fast, cnn or cnn-norm, got "slow"'),
    "other data": (["--run-dir", "{d}/used", "--resume", "--max-steps", 40, "--data", "{d}/small"],
                   2, "{d}/small/train-images-idx3-ubyte.gz: expected 4 000 images, got 100; pass "
                   "the data that this run was started on with --data"),
    "changed data": (["--run-dir", "{d}/used", "--resume", "--max-steps", 40, "--data",
                      "{d}/changed"], 2, lambda test, ranks: test.changed_data()),
    "all checkpoints damaged": (["--run-dir", "{d}/damaged", "--resume"], 4, "{d}/damaged/"
                                "checkpoints: no checkpoint is whole: {d}/damaged/checkpoints/"
                                "step-000000000032.h5: truncated (expected {bytes} bytes, got 1 000)"
                                "; restore one from a copy, or start another run"),
}

# name: (tool, arguments, exit code, message)
TOOLS = {
    "evaluate: no model": ("tally-evaluate", [], 2, "model is required; see --help"),
    "evaluate: missing model": ("tally-evaluate", [MISSING], 4,
                                f"{MISSING}: no such checkpoint or run directory"),
    "evaluate: empty run": ("tally-evaluate", ["{d}/empty"], 4, "{d}/empty: there is no checkpoint "
                            "in this directory; train first with tally-train --run-dir {d}/empty"),
    "evaluate: no checkpoint": ("tally-evaluate", ["{d}/bad.toml"], 4, "{d}/bad.toml: not a "
                                "Tally checkpoint"),
    "evaluate: another size": ("tally-evaluate", ["{d}/used", "--data", "{d}/sizes"], 2,
                               "{d}/sizes/t10k-images-idx3-ubyte.gz: expected images of 28 x 28, as "
                               "the network was trained on, got 8 x 8"),
    "evaluate: vote of another size": ("tally-evaluate", ["{d}/used", "{d}/eight", "--data", str(DIGITS)], 2,
                                       "{d}/eight: expected images of 8 x 8, as the network was trained on, "
                                       "got 28 x 28"),
    "evaluate: calibrate two": ("tally-evaluate", ["{d}/used", "{d}/used", "--calibrate", "{d}/c.h5"], 2,
                                "--calibrate: expected one model, got 2"),
    "evaluate: threads": ("tally-evaluate", ["{d}/used", "--threads", 0], 2,
                          "--threads: expected 1 to 4096, got 0; see --help"),
    "checkpoint: no command": ("tally-checkpoint", [], 2, "A subcommand is required; see --help"),
    "checkpoint: misspelt command": ("tally-checkpoint", ["verfy", "{d}/used"], 2,
                                     "verfy {d}/used: not expected; see --help"),
    "checkpoint: damaged": ("tally-checkpoint", ["verify", "{d}/flipped.h5"], 4, "{d}/flipped.h5: "
                            "its SHA-256 digest does not match its contents"),
    "checkpoint: newer": ("tally-checkpoint", ["info", "{d}/newer.h5"], 4, "{d}/newer.h5: expected "
                          "checkpoint format 1, got 2; use the version of tally that wrote it, or a "
                          "newer one"),
    "checkpoint: something else": ("tally-checkpoint", ["digest", "{d}/noise"], 4,
                                   "{d}/noise: not a Tally checkpoint"),
    "data: missing": ("tally-data", ["verify", MISSING], 2, f"{MISSING}: cannot be opened (No such "
                      "file or directory), expected a directory with IDX files; run "
                      "scripts/get_mnist.sh, or pass --data DIR"),
    "data: index": ("tally-data", ["show", str(DIGITS), 4000], 2, f"{DIGITS}/train-images-idx3-"
                    "ubyte.gz: expected an index from 0 to 3 999, got 4 000"),
    "data: augment": ("tally-data", ["show", str(DIGITS), "--augment", "bend", "--sheet", "{d}/x.png"], 2,
                      '--augment: expected affine or elastic or stroke or brightness or cut-out, got "bend"'),
    "data: augment without a sheet": ("tally-data", ["show", str(DIGITS), "--augment", "affine"], 2,
                                      "--augment requires --sheet; see --help"),
    "data: no folders": ("tally-data", ["from-images", MISSING, "--out", "{d}/out"], 2, f"{MISSING}: "
                         "expected a directory with a folder per class, or a sheet and --cell WxH "
                         "or --grid CxR"),
    "data: nothing there": ("tally-data", ["from-images", "{d}/empty", "--out", "{d}/out"], 2,
                            "{d}/empty: expected drawings for training and for testing, got 0 and 0; "
                            "each class needs 5, or set --test-per-class"),
    "data: cell": ("tally-data", ["from-images", "{d}/noise", "--cell", "20", "--out", "{d}/out"], 2,
                   '--cell: expected a size as 20x20, got "20"'),
    "predict: no images": ("tally-predict", ["{d}/used"], 2, "expected images, or --serve, but not "
                           "both; see --help"),
    "predict: missing model": ("tally-predict", [MISSING, "x.png"], 4,
                               f"{MISSING}: no such checkpoint or run directory"),
    "predict: another size": ("tally-predict", ["{d}/eight", "x.png"], 2, "drawings for {d}/eight: "
                              "expected images of 8 x 8, as the network was trained on, got 28 x "
                              "28"),
}


class Refusals(TallyTest):
    def setUp(self):
        super().setUp()
        write = lambda name, text: (self.directory / name).write_text(text)  # noqa: E731
        write("bad.toml", "epochs = 3\nseed =")
        write("unknown.toml", "batchsize = 3\n")
        write("type.toml", "epochs = true\n")
        write("list.toml", "seed = [1, 2]\n")
        write("schedule.toml", 'schedule = "cosine"\n')
        (self.directory / "empty").mkdir()
        (self.directory / "noise").write_bytes(bytes(range(256)) * 4)
        self.make_data()
        self.make_runs()

    def make_data(self):
        random = numpy.random.default_rng(1)
        for name, side, labels in (("small", 28, 100), ("truncated", 28, 100), ("webpage", 28, 100),
                                   ("counts", 28, 99), ("sizes", 28, 100), ("eights", 8, 100)):
            folder = self.directory / name
            folder.mkdir()
            for prefix, test_side in (("train", side), ("t10k", 8 if name == "sizes" else side)):
                images = random.integers(0, 256, (100, test_side, test_side), numpy.uint8)
                write_idx(folder / f"{prefix}-images-idx3-ubyte.gz", images)
                write_idx(folder / f"{prefix}-labels-idx1-ubyte.gz",
                          (numpy.arange(labels if prefix == "train" else 100) % 10)
                          .astype(numpy.uint8))
        truncated = self.directory / "truncated"
        write_idx(truncated / "train-images-idx3-ubyte", numpy.zeros((100, 28, 28), numpy.uint8))
        whole = (truncated / "train-images-idx3-ubyte").read_bytes()
        (truncated / "train-images-idx3-ubyte").write_bytes(whole[:-16])
        (self.directory / "webpage" / "t10k-labels-idx1-ubyte.gz").write_text(
            "<!DOCTYPE html><html><body>403 Forbidden</body></html>")
        shutil.copytree(DIGITS, self.directory / "changed")
        labels = self.directory / "changed" / "t10k-labels-idx1-ubyte.gz"
        write_idx(labels, numpy.zeros(1000, numpy.uint8))

    def make_runs(self):
        self.train("used", "--epochs", 2, "--max-steps", 32)
        self.train("eight", "--epochs", 1, data=self.directory / "eights")
        shutil.copytree(self.directory / "used", self.directory / "damaged")
        newest = self.directory / "damaged" / "checkpoints" / "step-000000000032.h5"
        whole = newest.read_bytes()
        (self.directory / "flipped.h5").write_bytes(whole[:3000] + bytes([whole[3000] ^ 1])
                                                    + whole[3001:])
        (self.directory / "newer.h5").write_bytes(whole)
        sign_checkpoint(self.directory / "newer.h5", format_version=2)

    def damage(self):
        folder = self.directory / "damaged" / "checkpoints"
        for path in folder.iterdir():
            path.unlink()
        whole = (self.directory / "used" / "checkpoints" / "step-000000000032.h5").read_bytes()
        (folder / "step-000000000032.h5").write_bytes(whole[:1000])
        return len(whole)

    def too_many_threads(self, ranks):
        cores = len(os.sched_getaffinity(0))
        plural = "" if cores == 1 else "s"
        host = os.uname().nodename
        bound = (f"rank 0 on host {host} is" if ranks == 1
                 else f"ranks 0-{ranks - 1} on host {host} are")
        return (f"--threads: expected at most the {cores} core{plural} that {bound} bound to, got "
                f"4000; use at most --threads {cores}")

    def unknown_layer(self):
        known = re.search("layers: (.*), joined by commas", run("tally-train", "--help").out)[1]
        first, _, last = known.rpartition(", ")
        return ('network "dense:100,tanhh,dense:10": "tanhh" at character 11, on 100, is no layer; expected '
                f"{first} or {last}")

    def changed_data(self):
        import gzip
        import hashlib

        def sha(folder):
            with gzip.open(folder / "t10k-labels-idx1-ubyte.gz") as file:
                return hashlib.sha256(file.read()).hexdigest()

        changed = self.directory / "changed"
        return (f"{changed}/t10k-labels-idx1-ubyte.gz: expected SHA-256 {sha(DIGITS)}, got "
                f"{sha(changed)}; pass the data that this run was started on with --data")

    def check(self, tool, arguments, code, message, ranks=None):
        arguments = [str(argument).replace("{d}", str(self.directory)) for argument in arguments]
        result = run(tool, *arguments, ranks=ranks, timeout=60, env=AT_ONCE)
        self.assertEqual(result.err, f"{tool}: {message}\n".replace("{d}", str(self.directory)))
        self.assertEqual(result.code, code)
        return result.seconds

    def check_train(self, ranks):
        slowest = (0, "")
        for name, (arguments, code, message) in TRAIN.items():
            with self.subTest(name):
                if name == "read-only directory" and not self.mount_read_only():
                    continue
                if name == "all checkpoints damaged":
                    message = message.replace("{bytes}", f"{self.damage():,}".replace(",", " "))
                if callable(message):
                    message = message(self, ranks)
                given = " ".join(map(str, arguments))
                extra = []
                if "--run-dir" not in given:
                    extra += ["--run-dir", self.directory / f"run-{ranks}-{name.replace(' ', '-')}"]
                if "--data" not in given and "--resume" not in given:
                    extra += ["--data", DIGITS]
                seconds = self.check("tally-train", [*extra, *arguments], code, message, ranks=ranks)
                slowest = max(slowest, (seconds, name))
        print(f"slowest of {len(TRAIN)} refusals at {ranks} ranks: {slowest[0]:.2f} s "
              f"({slowest[1]})")

    def mount_read_only(self):
        why_not = mount_tmpfs(self, self.directory / "read-only", "ro")
        if why_not:
            print(f"read-only directory: not tested: {why_not}")
        return not why_not

    def test_tally_train_on_one_rank(self):
        self.check_train(1)

    def test_tally_train_on_three_ranks(self):
        self.check_train(3)

    def test_the_other_tools(self):
        for name, (tool, arguments, code, message) in TOOLS.items():
            with self.subTest(name):
                self.check(tool, arguments, code, message)

    def test_a_diverging_run_says_the_same_at_any_ranks(self):
        messages = set()
        for ranks in (1, 3):
            result = run("tally-train", "--run-dir", self.directory / f"diverging-{ranks}", "--data",
                         DIGITS, "--learning-rate", 1e9, "--schedule", "constant", ranks=ranks)
            self.assertEqual(result.code, 1)
            messages.add(result.err)
        self.assertEqual(len(messages), 1, messages)
        self.assertRegex(
            messages.pop(),
            r"^tally-train: warning: --learning-rate 1000000000: [^\n]*\n"
            r"tally-train: step \d+: the gradient of 0-dense/weight is not finite; neither is the "
            r"loss of \d+ of 128 samples: (\d+, ){5}\.\.\.; start another run with a lower "
            r"--learning-rate than 1000000000; there is no checkpoint\n$")

    def test_nothing_is_lost_by_a_refusal(self):
        before = {path: path.read_bytes() for path in self.directory.glob("used/**/*")
                  if path.is_file() and path.name != "run.lock"}
        for name, (arguments, _, _) in TRAIN.items():
            if "{d}/used" in arguments:
                given = [str(a).replace("{d}", str(self.directory)) for a in arguments]
                with self.subTest(name):
                    self.assertNotEqual(run("tally-train", *given, ranks=1, env=AT_ONCE).code, 0)
        for path, contents in before.items():
            self.assertEqual(path.read_bytes(), contents, path)


if __name__ == "__main__":
    main()
