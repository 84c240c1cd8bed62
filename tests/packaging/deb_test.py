# SPDX-License-Identifier: MIT
"""Debian's package, unpacked into a folder and run from there; and the recipes of other packagers."""
import ast
import os
import re
import shutil
import subprocess
import unittest

from tally_testing import BIN, ROOT, RUN_MPI, TallyTest, main, require_no_sanitizer


def sh(*line, **options):
    return subprocess.run([str(word) for word in line], capture_output=True, text=True, check=False, **options)


class DebianPackage(TallyTest):
    def setUp(self):
        super().setUp()
        require_no_sanitizer("nobody packages programs with sanitizers")
        for program in ("dpkg-deb", "dpkg-shlibdeps", "file"):
            if not shutil.which(program):
                self.skipTest(f"{program} is not installed (dpkg-dev, file)")
        result = sh("cpack", "-G", "DEB", "--config", BIN.parent / "CPackConfig.cmake", "-B", self.directory)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        [self.package] = self.directory.glob("tally_*.deb")

    def field(self, name):
        return sh("dpkg-deb", "--field", self.package, name).stdout.strip()

    def test_works_where_it_is_unpacked(self):
        for name in ("openmpi-bin|mpich", "libc6", "libgomp1", "libhdf5-", "libopencv-imgproc"):
            self.assertRegex(self.field("Depends"), rf"(^|, )({name})")
        contents = sh("dpkg-deb", "--contents", self.package).stdout
        for path in ("bin/tally-train", "bin/tally-sbatch", "share/man/man1/tally-predict.1", "share/man/man1/tally-sbatch.1", "share/tally/slurm/job.sh",
                     "share/tally/data/digits/train-images-idx3-ubyte.gz", "share/doc/tally/docs/cluster.md",
                     "share/bash-completion/completions/tally-data", "share/tally/scripts/plot_metrics.py"):
            self.assertIn(f" ./usr/{path}\n", contents)
        self.assertNotRegex(contents, r"/(include|lib|tests)/")

        root = self.directory / "root"
        self.assertEqual(sh("dpkg-deb", "-x", self.package, root).returncode, 0)
        train = root / "usr" / "bin" / "tally-train"
        self.assertNotIn("not stripped", sh("file", train).stdout)
        result = sh(RUN_MPI, 2, train, "--run-dir", "run", "--epochs", 1, cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        self.assertIn(f"{root}/usr/share/tally/data/digits", result.stdout)
        result = sh(root / "usr" / "bin" / "tally-evaluate", "run", cwd=self.directory)
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(f"for the instruction set {self.built_for()}", self.field("Description"))

    def built_for(self):
        return re.search(r"^TALLY_ARCH:STRING=(.*)$", (BIN.parent / "CMakeCache.txt").read_text(), re.MULTILINE)[1]


class Recipes(unittest.TestCase):
    """As far as they can be checked without the programs that read them."""

    @staticmethod
    def cmake():
        return "".join(path.read_text() for path in (ROOT / "CMakeLists.txt", *ROOT.glob("src/cmake/Tally*.cmake")))

    def options(self):
        return set(re.findall(r"^(?:option|set)\((TALLY_[A-Z_]+) ", self.cmake(), re.MULTILINE))

    def test_name_options_that_exist(self):
        recipes = [ROOT / "packaging" / name for name in ("Containerfile", "tally.def", "spack/package.py")]
        for recipe in recipes:
            named = set(re.findall(r"-D(TALLY_[A-Z_]+)|define\(\"(TALLY_[A-Z_]+)\"", recipe.read_text()))
            named = {name for pair in named for name in pair if name}
            self.assertGreater(len(named), 0, recipe)
            self.assertEqual(named - self.options(), set(), recipe)

    def test_spack_asks_for_the_packages_that_cmake_looks_for(self):
        tree = ast.parse((ROOT / "packaging" / "spack" / "package.py").read_text())
        depends = {call.args[0].value.split("@")[0].split("+")[0].strip() for call in ast.walk(tree)
                   if isinstance(call, ast.Call) and getattr(call.func, "id", "") == "depends_on"}
        looked_for = set(re.findall(r"^ *(?:find_package|pkg_check_modules)\((\w+)", self.cmake(), re.MULTILINE))
        names = {"Eigen3": "eigen", "OneDNN": "onednn", "OpenSSL": "openssl", "fmt": "fmt", "Random123": "random123",
                 "CLI11": "cli11", "MPI": "mpi", "ZLIB": "zlib-api", "HDF5": "hdf5", "tomlplusplus": "tomlplusplus",
                 "PNG": "libpng", "PkgConfig": "pkgconfig", "TurboJPEG": "libjpeg-turbo",
                 "OpenCVImgproc": "opencv", "nlohmann_json": "nlohmann-json", "Boost": "boost",
                 "OpenMP": None}  # of the compiler
        self.assertEqual(looked_for, set(names))
        self.assertEqual(depends - {"c", "cxx", "cmake", "ninja"}, set(names.values()) - {None})

    @staticmethod
    def section(name):
        """Of Apptainer's recipe."""
        return re.search(rf"^%{name}.*?\n(.*?)^%", (ROOT / "packaging" / "tally.def").read_text(),
                         re.MULTILINE | re.DOTALL)[1]

    @staticmethod
    def steps():
        container = (ROOT / "packaging" / "Containerfile").read_text().replace("\\\n", " ")
        return re.findall(r"^RUN (.*)$", container, re.MULTILINE)

    def test_container_steps_are_valid_shell(self):
        self.assertEqual(len(self.steps()), 3)
        for shell, step in [("bash", self.section("post")), *(("sh", step) for step in self.steps())]:
            result = subprocess.run([shell, "-n"], input=step, capture_output=True, text=True, check=False)
            self.assertEqual(result.stderr, "", step)

    def test_the_first_container_step_works_in_sh(self):
        """Podman's RUN takes sh, whatever SHELL says."""
        result = sh("sh", "-c", self.steps()[0], cwd=ROOT, env={**os.environ, "TALLY_SKIP_PACKAGES": "1"})
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertIn("going on with what is installed", result.stdout)

    def test_containers_take_nothing_that_was_built_in_the_checkout(self):
        def lines(name):
            return {line.strip("/") for line in (ROOT / name).read_text().splitlines() if line[:1] not in ("", "#")}

        ignored = {name.removeprefix("**/") for name in lines(".dockerignore")}
        self.assertEqual(ignored, lines(".gitignore") | {".git"})
        copied = dict(line.split() for line in self.section("files").splitlines() if line.strip())
        self.assertEqual(copied, {name: f"/tally/{name}" for name in copied})
        for name in copied:
            self.assertTrue((ROOT / name).exists(), name)
            self.assertFalse([other for other in ignored if f"{other}/".startswith(f"{name}/")], name)
        cmake = self.cmake() + (ROOT / "packaging" / "CMakeLists.txt").read_text()
        needed = re.findall(r"\$\{CMAKE_SOURCE_DIR\}/([\w./]+)|^add_subdirectory\((\w+)\)", cmake, re.MULTILINE)
        self.assertGreater(len(needed), 10)
        for name in {first or second for first, second in needed}:
            self.assertTrue([each for each in copied if f"{name}/".startswith(f"{each}/")], name)


if __name__ == "__main__":
    main()
