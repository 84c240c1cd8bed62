# SPDX-License-Identifier: MIT
"""Resuming what differs from this program, its command line or its data in one field: the field is
named. Other instructions or kernels are a warning, since only the bits differ; the rest is refused.

The checkpoints are changed with h5py and signed again, as docs/checkpoint.md describes it.
"""
import pathlib
import re
import shutil

import h5py
import numpy

from tally_testing import DIGITS, TallyTest, digest, main, run, sign_checkpoint, write_idx

NAME = "step-000000000032.h5"
OTHER_RUN = "leave it out to continue, or start another run with another --run-dir"
OTHER_DATA = "pass the data that this run was started on with --data"


def put_text(file, group, name, text):
    file[group].attrs[name] = numpy.bytes_(text.encode())


class OtherCheckpoints(TallyTest):
    def setUp(self):
        super().setUp()
        self.train("run", "--epochs", 2, "--max-steps", 32)
        self.checkpoint = self.directory / "run" / "checkpoints" / NAME
        with h5py.File(self.checkpoint) as file:
            self.build = {name: file["build"].attrs[name].decode() for name in file["build"].attrs}

    def changed(self, change=None, format_version=1):
        """A copy of the run in which `change` was done to the checkpoint; the checkpoint's path."""
        run_dir = self.directory / "changed"
        shutil.rmtree(run_dir, ignore_errors=True)
        shutil.copytree(self.directory / "run", run_dir)
        path = run_dir / "checkpoints" / NAME
        if change:
            with h5py.File(path, "r+") as file:
                change(file)
        sign_checkpoint(path, format_version)
        return path

    def resume(self, path, *arguments, **options):
        return run("tally-train", "--run-dir", path.parents[1], "--resume", "--max-steps", "none",
                   *arguments, **options)

    def check_refused(self, path, code, message, *arguments):
        before = path.read_bytes()
        for ranks in (None, 3):
            result = self.resume(path, *arguments, ranks=ranks)
            self.assertEqual((result.code, result.err), (code, f"tally-train: {message}\n"))
        self.assertEqual(path.read_bytes(), before)
        self.assertEqual([p.name for p in path.parent.iterdir()], [NAME])

    def test_what_is_unchanged_is_resumed_without_a_word(self):
        result = self.resume(self.changed(lambda file: None), ranks=2)
        self.assertEqual((result.code, result.err), (0, ""))
        self.train("whole", "--epochs", 2)
        self.assertEqual(digest(self.directory / "changed"), digest(self.directory / "whole"))

    def test_another_format(self):
        for version, remedy in ((0, ""), (2, ", or a newer one"), (999, ", or a newer one")):
            with self.subTest(version):
                path = self.changed(format_version=version)
                self.check_refused(
                    path, 4, f"{path}: expected checkpoint format 1, got {version}; use the version "
                    f"of tally that wrote it{remedy}")

    def test_other_fields_on_the_command_line(self):
        network = "dense:100,tanh,dense:50,tanh,dense:10"
        for field, before, now in (
                ("network", network, "dense:10"), ("seed", 1, 2), ("batch-size", 128, 64),
                ("micro-batch", 32, 16), ("loss", "softmax-cross-entropy", "mse"),
                ("initializer", "glorot", "he"), ("order", "shuffled", "sequential"),
                ("momentum", "0.9", "0.5"), ("decay", "weights", "all"), ("reduction", "tree", "mpi"),
                ("train-limit", "none", 2000), ("validation", 0, 100)):
            with self.subTest(field):
                path = self.changed()
                with h5py.File(path) as file:
                    stored = file["config"][()].decode()
                before = next(line.split(" = ")[1].strip('"') for line in stored.splitlines()
                              if line.startswith(field + " = "))
                self.assertNotEqual(before, str(now))
                self.check_refused(path, 2, f"--{field}: this run was started with {before}, got "
                                   f"{now}; {OTHER_RUN}", f"--{field}", now)

    def test_another_network_in_the_checkpoint(self):
        def smaller(file):
            text = file["config"][()].decode()
            changed = text.replace("dense:100,tanh,dense:50,", "dense:100,tanh,dense:40,")
            self.assertNotEqual(text, changed)
            del file["config"]
            file.create_dataset("config", data=numpy.bytes_(changed.encode()))

        path = self.changed(smaller)
        self.check_refused(path, 4, f"{path}: /model/2-dense/weight: expected shape 100 x 40, got 100 x 50")

    def test_another_data_set_in_the_checkpoint(self):
        images = f"{DIGITS}/train-images-idx3-ubyte.gz"
        tests = f"{DIGITS}/t10k-images-idx3-ubyte.gz"
        for field, value, message in (
                ("train_images", 60000, f"{images}: expected 60 000 images, got 4 000"),
                ("test_images", 10000, f"{tests}: expected 10 000 images, got 1 000")):
            with self.subTest(field):
                path = self.changed(lambda file: file["data"].attrs.modify(field, value))
                self.check_refused(path, 2, f"{message}; {OTHER_DATA}", "--data", DIGITS)
        for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3",
                     "t10k-labels-idx1"):
            with self.subTest(name):
                field = f"sha256_{name}-ubyte"
                with h5py.File(self.checkpoint) as file:
                    found = file["data"].attrs[field].decode()
                path = self.changed(lambda file: put_text(file, "data", field, "0" * 64))
                self.check_refused(path, 2, f"{DIGITS}/{name}-ubyte.gz: expected SHA-256 {'0' * 64}, "
                                   f"got {found}; {OTHER_DATA}", "--data", DIGITS)

    def test_other_data_on_the_command_line(self):
        eights = self.directory / "eights"
        eights.mkdir()
        for name, count in (("train", 4000), ("t10k", 1000)):
            write_idx(eights / f"{name}-images-idx3-ubyte", numpy.zeros((count, 8, 8), numpy.uint8))
            write_idx(eights / f"{name}-labels-idx1-ubyte", numpy.zeros(count, numpy.uint8))
        self.check_refused(self.changed(), 2, f"{eights}/train-images-idx3-ubyte: expected images of "
                           f"28 x 28, got 8 x 8; {OTHER_DATA}", "--data", eights)

    # Biases decayed in all runs of versions without --decay, and do so to their end.
    def test_a_run_from_before_there_was_a_choice_of_decay_goes_on_as_it_began(self):
        shutil.rmtree(self.directory / "run")
        self.train("run", "--epochs", 2, "--max-steps", 32, "--decay", "all")

        def without_decay(file):
            text = file["config"][()].decode()
            changed = text.replace('decay = "all"\n', "")
            self.assertNotEqual(text, changed)
            del file["config"]
            file.create_dataset("config", data=numpy.bytes_(changed.encode()))

        result = self.resume(self.changed(without_decay), ranks=2)
        self.assertEqual((result.code, result.err), (0, ""))
        digests = []
        for decay in ("all", "weights"):
            self.train(decay, "--epochs", 2, "--decay", decay)
            digests.append(digest(self.directory / decay))
        self.assertEqual(digest(self.directory / "changed"), digests[0])
        self.assertNotEqual(*digests)
        self.check_refused(self.changed(without_decay), 2, f"--decay: this run was started with all, got weights; "
                           f"{OTHER_RUN}", "--decay", "weights")

    def test_other_preparation(self):
        path = self.changed(lambda file: put_text(file, "/", "preparation", "grey value"))
        self.check_refused(path, 4, f"{path}: its images were prepared in another way than this "
                           "program does")

    def warning(self, instructions, backend, now):
        return ("tally-train: warning: this run was computed so far with "
                f"{instructions} and {backend}, and goes on with {self.build['instruction_set']} and "
                f"{now}: it will not end in the bits of an uninterrupted one\n")

    def test_another_instruction_set_is_a_warning(self):
        path = self.changed(lambda file: put_text(file, "build", "instruction_set", "sse2"))
        result = self.resume(path, ranks=2)
        backend = self.build["kernel_backend"]
        self.assertEqual((result.code, result.err), (0, self.warning("sse2", backend, backend)))

    def test_another_kernel_backend_is_a_warning(self):
        path = self.changed(lambda file: put_text(file, "build", "kernel_backend", "other 1.0"))
        result = self.resume(path, ranks=2)
        self.assertEqual(
            (result.code, result.err),
            (0, self.warning(self.build["instruction_set"], "other 1.0",
                             self.build["kernel_backend"])))

    def test_kernels_that_the_environment_chooses_are_a_warning(self):
        backend = self.build["kernel_backend"]
        if backend.startswith("eigen"):
            self.skipTest(f"products are those of {backend}")
        for env, expected in (({"TALLY_KERNELS": "eigen"}, r"eigen-[\d.]+(-rows8)?"),
                              ({"DNNL_MAX_CPU_ISA": "SSE41"}, re.escape(backend) + "-sse41")):
            with self.subTest(env):
                if "-sse41" in expected and (
                        not backend.startswith("onednn") or
                        self.build["instruction_set"] not in ("avx2", "avx512")):
                    continue  # it limits oneDNN alone, and there must be something less
                result = self.resume(self.changed(), ranks=2, env=env)
                self.assertEqual(result.code, 0, result.err)
                with h5py.File(max((self.directory / "changed" / "checkpoints").glob("*.h5"))) as file:
                    now = file["build"].attrs["kernel_backend"].decode()
                self.assertRegex(now, f"^{expected}$")
                self.assertEqual(result.err, self.warning(self.build["instruction_set"], backend, now))

    def test_another_compiler_or_version_changes_nothing(self):
        def change(file):
            put_text(file, "build", "compiler", "another 1.0")
            put_text(file, "build", "version", "0.0.1")

        result = self.resume(self.changed(change), ranks=2)
        self.assertEqual((result.code, result.err), (0, ""))


if __name__ == "__main__":
    main()
