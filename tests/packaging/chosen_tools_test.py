# SPDX-License-Identifier: MIT
"""TALLY_TOOLS: a build of some tools asks for nothing that only others need."""
import json
import os
import re
import subprocess
import unittest

from tally_testing import BIN, ROOT, TallyTest, main

# Packages by the names of find_package. What pkg-config finds (TurboJPEG) is
# hidden by an empty folder of its files.
IMAGES = ("PNG", "OpenCVImgproc", "Boost")
HIDDEN = {
    "train,checkpoint": IMAGES,
    "train": IMAGES,
    "checkpoint": (*IMAGES, "nlohmann_json", "MPI", "ZLIB"),
    "data": ("nlohmann_json", "MPI", "HDF5", "tomlplusplus"),
    "status": (*IMAGES, "MPI", "ZLIB"),
    "sweep": (*IMAGES, "nlohmann_json", "MPI", "ZLIB"),
    "evaluate": ("MPI",),
    "predict": ("MPI",),
}
FOR_IMAGES = re.compile("opencv|png|jpeg|exif")


class ChosenToolsTest(TallyTest):
    def configure(self, tools, hidden=(), no_pkg_config=False, options=()):
        """Configures from nothing but what is known of the compilers, which takes half of the time."""
        (self.directory / "build" / "CMakeCache.txt").unlink(missing_ok=True)
        environment = dict(os.environ)
        if no_pkg_config:
            environment["PKG_CONFIG_LIBDIR"] = str(self.directory)
        return subprocess.run(
            ["cmake", "-G", "Ninja", "-S", ROOT, "-B", self.directory / "build",
             "-DCMAKE_EXPORT_COMPILE_COMMANDS=ON", f"-DTALLY_TOOLS={tools}",
             *options, *(f"-DCMAKE_DISABLE_FIND_PACKAGE_{package}=ON" for package in hidden)],
            env=environment, capture_output=True, text=True, check=False)

    def test_needs_only_packages_of_its_own(self):
        for tools, hidden in HIDDEN.items():
            with self.subTest(tools):
                result = self.configure(tools, hidden, no_pkg_config="PNG" in hidden)
                self.assertEqual(result.returncode, 0, result.stderr)

    def test_what_is_hidden_is_needed_by_all_tools(self):
        for hidden, no_pkg_config in ((IMAGES, False), (("nlohmann_json",), False), ((), True)):
            with self.subTest(hidden, no_pkg_config=no_pkg_config):
                self.assertNotEqual(self.configure("train,evaluate", hidden, no_pkg_config).returncode, 0)

    def test_builds_no_layer_that_it_does_not_need(self):
        result = self.configure("train,checkpoint")
        self.assertEqual(result.returncode, 0, result.stderr)
        commands = json.loads((self.directory / "build" / "compile_commands.json").read_text())
        layers = {match[1] for entry in commands
                  if (match := re.search("/src/([a-z]+)/[a-z0-9_]+[.]cpp$", entry["file"]))}
        self.assertEqual(layers, {"core", "augment", "data", "nn", "optim", "state", "io", "parallel", "train", "run"})
        lines = subprocess.run(["ninja", "-C", self.directory / "build", "-t", "commands"],
                               capture_output=True, text=True, check=True).stdout
        self.assertIn("bin/tally-checkpoint", lines)
        self.assertEqual(FOR_IMAGES.findall(lines), [])

    def test_programs_for_training_link_nothing_for_images(self):
        for tool, expected in (("train", False), ("checkpoint", False), ("predict", True)):
            linked = subprocess.run(["ldd", BIN / f"tally-{tool}"], capture_output=True, text=True,
                                    check=True).stdout
            self.assertEqual(bool(FOR_IMAGES.search(linked)), expected, linked)

    def test_refuses_what_is_no_tool(self):
        for tools, expected in (
                ("train,trian", 'unknown tool "trian"; expected all, or some of train,evaluate,checkpoint,predict,data,status,sweep'),
                ("tally-train", 'unknown tool "tally-train"; expected all, or some of train,'),
                ("", "TALLY_TOOLS: expected all, or some of train,evaluate,checkpoint,predict,data,status,sweep, got none")):
            with self.subTest(tools):
                result = self.configure(tools)
                self.assertEqual(result.returncode, 1)
                self.assertIn(expected, " ".join(result.stderr.split()))

    def test_refuses_an_instruction_set_that_the_compiler_does_not_know(self):
        result = self.configure("checkpoint", options=["-DTALLY_ARCH=x86_64-v3"])
        self.assertEqual(result.returncode, 1)
        self.assertIn('TALLY_ARCH: the compiler knows no -march=x86_64-v3; expected native, x86-64-v3 or another',
                      " ".join(result.stderr.split()))

    def test_refuses_another_mpi_than_the_one_chosen(self):
        script = self.directory / "mpi.cmake"
        script.write_text(f"function(find_package)\nendfunction()\ninclude({ROOT}/src/cmake/TallyMpi.cmake)\n")
        for chosen, found, is_taken in (
                ("", "Open MPI v4.1.4, package: Debian", True), ("openmpi", "Open MPI v4.1.4, package: Debian", True),
                ("mpich", "MPICH Version:\t4.0.2\nMPICH Release date:\tThu", True),
                ("mpich", "Open MPI v4.1.4, package: Debian", False), ("openmpi", "MPICH Version:\t4.0.2", False),
                ("mpich", "", True), ("openmpi", "", True), ("", "", True), ("mpi", "", False)):
            with self.subTest(chosen, found=found):
                result = subprocess.run(
                    ["cmake", f"-DTALLY_MPI={chosen}", f"-DMPI_C_LIBRARY_VERSION_STRING={found}",
                     "-DMPI_C_COMPILER=mpicc", "-P", script], capture_output=True, text=True, check=False)
                self.assertEqual(result.returncode == 0, is_taken, result.stderr)

    def test_other_parts_that_need_all_tools_say_so(self):
        result = subprocess.run(
            ["cmake", "-G", "Ninja", "-S", ROOT, "-B", self.directory / "build",
             "-DTALLY_TOOLS=train", "-DTALLY_BUILD_BENCHMARKS=ON"],
            capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("need all tools, and TALLY_TOOLS is train", " ".join(result.stderr.split()))


if __name__ == "__main__":
    main()
