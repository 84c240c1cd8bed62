# SPDX-License-Identifier: MIT
"""scripts/packages.sh on systems of all kinds, each of them a PATH with made-up programs."""
import os
import pathlib
import shutil
import subprocess
import unittest

from tally_testing import ROOT, TallyTest, main

REAL = ("bash", "cat", "dirname", "grep", "head", "sed", "sort", "tr", "env", "mktemp", "rm")
# What they print or do, in words of sh. The log has the commands that change the system.
ROOT_USER = {"uname": "echo Linux", "id": "echo 0"}
USER = {"uname": "echo Linux", "id": "echo 1000"}
NOTHING_INSTALLED = {"dpkg-query": "exit 1"}
LOGGED = 'echo "$(basename "$0") $*" >>"$LOG"'
APT_KNOWS = 'shift 2; for name; do case $name in %s) ;; *) echo "Package: $name" ;; esac; done'
APT = {**NOTHING_INSTALLED, "apt-get": LOGGED, "apt-cache": APT_KNOWS % "-"}
UBUNTU = {**APT, "apt-cache": APT_KNOWS % "chromium*"}
SUDO = {"sudo": f'{LOGGED}; "$@"'}

SKIPPING = "TALLY_SKIP_PACKAGES=1: going on with what is installed\n"

# name, programs, packages asked for, environment, exit code, words of the answer in this order, commands
CASES = (
    ("macOS is refused", {**ROOT_USER, "uname": "echo Darwin"}, "cmake", {}, 1,
     ("packages.sh: Darwin: Tally runs on Linux only", "packaging/Containerfile"), ()),
    ("macOS is refused however", {**ROOT_USER, "uname": "echo Darwin"}, "cmake",
     {"TALLY_SKIP_PACKAGES": "1"}, 1, ("Tally runs on Linux only",), ()),
    ("Debian, root", {**ROOT_USER, **APT}, "cmake g++", {}, 0, ("installing 2 packages: cmake g++",),
     ("apt-get update -qq", "apt-get install -y -qq --no-install-recommends cmake g++")),
    ("Debian, all there", {**ROOT_USER, **APT, "dpkg-query": "echo install ok installed"}, "cmake g++", {}, 0,
     (), ()),
    ("Debian, sudo", {**USER, **APT, **SUDO}, "cmake", {}, 0, ("installing 1 packages: cmake",),
     ("sudo apt-get update -qq", "apt-get update -qq",
      "sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends cmake",
      "apt-get install -y -qq --no-install-recommends cmake")),
    ("Debian, no sudo", {**USER, **APT}, "cmake g++", {}, 1,
     ("packages.sh: missing packages, and only root can install them", "no sudo",
      '"apt-get install cmake g++"', "TALLY_SKIP_PACKAGES=1"), ()),
    ("Debian, no sudo, going on", {**USER, **APT}, "cmake g++", {"TALLY_SKIP_PACKAGES": "1"}, 0,
     (SKIPPING,), ()),
    ("Debian, apt-get fails", {**ROOT_USER, **APT, "apt-get": 'echo "E: no network" >&2; exit 100'}, "cmake",
     {}, 100, ("E: no network",), ()),
    ("Ubuntu has no chromium", {**ROOT_USER, **UBUNTU}, "cmake chromium chromium-driver", {}, 0,
     ("this distribution has no chromium chromium-driver: what needs them is left out or skipped",
      "installing 1 packages: cmake"),
     ("apt-get update -qq", "apt-get install -y -qq --no-install-recommends cmake")),
    ("Ubuntu lacks chromium alone", {**USER, **UBUNTU}, "chromium", {}, 0,
     ("this distribution has no chromium: what needs them is left out or skipped",), ()),
    ("a distribution without one that is needed",
     {**ROOT_USER, **APT, "apt-cache": APT_KNOWS % "librandom*"},
     "cmake librandom123-dev", {}, 1,
     ("packages.sh: apt-get knows no librandom123-dev.", "universe", "TALLY_SKIP_PACKAGES=1"),
     ("apt-get update -qq",)),
    ("Fedora", {**ROOT_USER, "dnf": "exit 1"}, "cmake g++ libopencv-core-dev libopencv-imgproc-dev", {}, 1,
     ("this system has no apt-get", "  CMake 3.22 or later\n", "  a C++20 compiler (g++, clang++)\n",
      "  OpenCV 4: imgproc\n", "Their usual names: dnf install cmake gcc-c++ opencv-devel\n", "EPEL",
      "TALLY_SKIP_PACKAGES=1"), ()),
    ("Fedora, going on", {**ROOT_USER, "dnf": "exit 1"}, "cmake", {"TALLY_SKIP_PACKAGES": "1"}, 0,
     (SKIPPING,), ()),
    ("Arch", {**ROOT_USER, "pacman": "exit 1"}, "libhdf5-dev librandom123-dev", {}, 1,
     ("  HDF5 1.10, high-level part too\n", "  Random123\n", "Their usual names: pacman -S hdf5\n"), ()),
    ("Fedora, fuzzing", {**ROOT_USER, "dnf": "exit 1", "clang++": 'case "$*" in *omp.h*) ;; *) exit 1 ;; esac'},
     "cmake clang llvm libclang-rt-dev libomp-dev", {}, 1,
     ("  LLVM tools (optional, fuzzing)\n  sanitizers of clang (optional)\n",
      "Their usual names: dnf install cmake llvm compiler-rt\n"), ()),
    ("Fedora, without clang", {**ROOT_USER, "dnf": "exit 1"}, "clang llvm libclang-rt-dev libomp-dev", {}, 0, (), ()),
    ("another one", ROOT_USER, "libhdf5-dev some-new-package", {}, 1,
     ("  HDF5 1.10, high-level part too\n", "  some-new-package, as Debian calls it\n",
      "Install them in your own way"), ()),
    ("another one, all that is needed", ROOT_USER, "zlib1g-dev libdnnl-dev chromium", {}, 0, (), ()),
    ("another one, all there", {**ROOT_USER, "cmake": "true", "c++": "true"},
     "cmake g++ zlib1g-dev libopencv-core-dev", {}, 0, (), ()),
)

CMAKE_CASES = (
    ("echo cmake version 3.16.3", 1, ("Tally needs CMake 3.22 or later, and this is 3.16.3",
                                      "python3 -m pip install cmake")),
    (None, 1, ("Tally needs CMake 3.22 or later, and this is none",)),
    ("echo cmake version 3.22.1", 0, ()),
    ("echo cmake version 3.31.6", 0, ()),
    ("echo cmake version 4.0.2", 0, ()),
)


class PackagesTest(TallyTest):
    def system(self, programs):
        """A folder with a few real programs and these made-up ones."""
        folder = pathlib.Path(self.directory / "bin")
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        for name in (*REAL, "basename"):
            (folder / name).symlink_to(shutil.which(name))
        for name, words in programs.items():
            (folder / name).write_text(f"#!/bin/sh\n{words}\n")
            (folder / name).chmod(0o755)
        return str(folder)

    def source(self, programs, call, environment=None):
        log = self.directory / "log"
        log.write_text("")
        result = subprocess.run(
            ["/bin/bash", "-c", f"set -eu; . {ROOT}/scripts/packages.sh; {call}"],
            env={"PATH": self.system(programs), "LOG": str(log), "TALLY_INCLUDE_ROOT": str(self.directory / "usr"),
                 **(environment or {})},
            capture_output=True, text=True, check=False)
        return result, log.read_text().splitlines()

    def assert_says(self, words, text):
        position = 0
        for word in words:
            self.assertIn(word, text[position:])
            position = text.index(word, position) + len(word)
        if not words:
            self.assertEqual(text, "")

    def test_says_what_is_missing_and_what_to_do(self):
        for header in ("zlib.h", "opencv4/opencv2/core.hpp"):
            path = self.directory / "usr" / "include" / header
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
        for name, programs, packages, environment, code, words, commands in CASES:
            with self.subTest(name):
                result, log = self.source(programs, f"install_packages {packages}", environment)
                self.assertEqual(result.returncode, code, result.stdout + result.stderr)
                self.assert_says(words, result.stdout + result.stderr)
                self.assertEqual(tuple(log), commands)

    def test_says_when_cmake_is_too_old(self):
        for words, code, expected in CMAKE_CASES:
            with self.subTest(words):
                programs = dict(ROOT_USER) if words is None else {**ROOT_USER, "cmake": words}
                result, _ = self.source(programs, "require_cmake")
                self.assertEqual(result.returncode, code)
                self.assert_says(expected, result.stderr)

    def test_runs_the_tests_of_some_tools(self):
        """Benchmarks need all of them."""
        programs = {**USER, "nproc": "echo 1", "tail": "cat >/dev/null", "ctest": LOGGED,
                    "cmake": f'if [ "$1" = --version ]; then echo cmake version 3.25.1; else {LOGGED}; fi'}
        for preset, options, expected in (("release", "", "ON"), ("release", "-DTALLY_TOOLS=train", "OFF"),
                                          ("asan", "", "OFF")):
            with self.subTest(preset, options=options):
                result, log = self.source(programs, f"{ROOT}/scripts/test.sh {preset} -L nn", {
                    "TALLY_SKIP_PACKAGES": "1", "TALLY_CMAKE_OPTIONS": options})
                self.assertEqual(result.returncode, 0, result.stderr)
                self.assertEqual(log, [
                    f"cmake --preset {preset} -DTALLY_BUILD_TESTS=ON -DTALLY_BUILD_BENCHMARKS={expected}"
                    f"{options and ' '}{options}",
                    f"cmake --build --preset {preset} --parallel 1", f"ctest --preset {preset} --parallel 3 -L nn"])

    def test_knows_what_every_package_is(self):
        result, _ = self.source({**ROOT_USER}, 'look_for_packages "${build_packages[@]}" "${test_packages[@]}"'
                                ' "${bench_packages[@]}" "${fuzz_packages[@]}"')
        self.assertEqual(result.returncode, 1)
        self.assertNotIn("as Debian calls it", result.stderr)
        result, _ = self.source({**ROOT_USER}, 'for name in "${fuzz_packages[@]}"; do is_optional "$name"; done')
        self.assertEqual(result.returncode, 0)

    def test_cmake_refuses_other_systems(self):
        result = subprocess.run(
            ["cmake", "-G", "Ninja", "-S", ROOT, "-B", self.directory / "build", "-DCMAKE_SYSTEM_NAME=Darwin"],
            capture_output=True, text=True, check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("Tally runs on Linux only, and this is Darwin", " ".join(result.stderr.split()))


class RealSystem(unittest.TestCase):
    @unittest.skipUnless(shutil.which("apt-cache"), "apt-cache is not installed")
    def test_apt_knows_every_package(self):
        """Where its lists are there; what is optional may be missing."""
        script = (f'. {ROOT}/scripts/packages.sh; [ "$(available cmake)" ] || exit 77; absent=() unknown=();'
                  ' missing=("${build_packages[@]}" "${test_packages[@]}" "${fuzz_packages[@]}");'
                  ' sort_out_missing; echo "${unknown[@]}"')
        result = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=False,
                                env=dict(os.environ))
        if result.returncode == 77:
            self.skipTest("apt has no lists; run apt-get update")
        self.assertEqual(result.stdout, "\n", result.stderr)


if __name__ == "__main__":
    main()
