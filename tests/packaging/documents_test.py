# SPDX-License-Identifier: MIT
"""The commands that README.md and docs/ cite: presets, tests and scripts that are there."""
import json
import re
import shutil
import subprocess
import unittest

from tally_testing import BIN, ROOT, TallyTest, main

DOCUMENTS = [ROOT / "README.md", ROOT / "data" / "README.md", *sorted(ROOT.glob("docs/*.md"))]
PRESETS = {preset["name"]: preset
           for preset in json.loads((ROOT / "CMakePresets.json").read_text())["configurePresets"]}


def cited(pattern):
    """(document:line, match) of all matches."""
    return [(f"{path.name}:{number}", match)
            for path in DOCUMENTS
            for number, line in enumerate(path.read_text().splitlines(), 1)
            for match in re.finditer(pattern, line)]


def count_tests(option, value):
    listed = subprocess.run(["ctest", "--test-dir", BIN.parent, "-N", option, value],
                            capture_output=True, text=True, check=True).stdout
    return int(re.search(r"Total Tests: (\d+)", listed)[1])


class CitedCommands(unittest.TestCase):
    def test_scripts_exist(self):
        commands = cited(r"\b((?:scripts|slurm|tests)/[a-z0-9_/-]+[.](?:sh|py|sbatch))\b")
        self.assertGreater(len(commands), 20)
        for place, match in commands:
            self.assertTrue((ROOT / match[1]).is_file(), f"{place}: {match[1]}")

    def test_presets_exist(self):
        commands = cited(r"(?:(?:cmake|ctest|--build) --preset|scripts/test\.sh) ([a-z]+)")
        self.assertGreater(len(commands), 20)
        for place, match in commands:
            self.assertTrue(match[1] in PRESETS, f"{place}: {match[0]}")

    def test_tests_exist(self):
        commands = cited(r"scripts/test\.sh [a-z]+ (-[RL]) ([^ `]+)")
        self.assertGreater(len(commands), 15)
        for place, match in commands:
            self.assertGreater(count_tests(match[1], match[2]), 0, f"{place}: {match[0]}")

    def test_ctest_is_cited_only_where_the_preset_builds_tests(self):
        commands = cited(r"ctest [^`]*")
        self.assertGreater(len(commands), 0)
        for place, match in commands:
            self.assertRegex(match[0], r"^ctest --preset dev\b", place)
        self.assertEqual(PRESETS["dev"]["cacheVariables"]["TALLY_BUILD_TESTS"], "ON")


class Tables(unittest.TestCase):
    def test_every_table_has_one_head_and_rows_of_its_width(self):
        """A blank line ends a table; what stands behind it is shown as text."""
        tables = 0
        for path in DOCUMENTS:
            for block in re.findall(r"(?:^[|].*[|]\n)+", path.read_text(), re.MULTILINE):
                rows = block.splitlines()
                self.assertRegex("\n".join(rows[:2]), r"^[|].*\n[|][-:| ]+[|]$", path.name)
                widths = {len(re.findall(r"(?<!\\)[|]", row)) for row in rows}
                self.assertEqual(len(widths), 1, f"{path.name}: {rows[0]}")
                tables += 1
        self.assertGreater(tables, 20)


class Presets(TallyTest):
    def is_strict(self, preset):
        build = self.directory / preset
        subprocess.run(["cmake", "--preset", preset, "-B", build, "-DTALLY_BUILD_TESTS=OFF"], cwd=ROOT,
                       capture_output=True, check=True)
        return "-Werror" in (build / "compile_commands.json").read_text()

    def test_warnings_are_errors_for_developers_only(self):
        self.assertEqual({preset: self.is_strict(preset) for preset in ("release", "dev")},
                         {"release": False, "dev": True})

    def test_finding_no_tests_is_an_error(self):
        """As in a build without tests."""
        shutil.copy(ROOT / "CMakePresets.json", self.directory)
        build = self.directory / "build" / "release"
        build.mkdir(parents=True)
        for tests, code in (('add_test(some "true")\n', 0), ("", 8)):
            (build / "CTestTestfile.cmake").write_text(tests)
            result = subprocess.run(["ctest", "--preset", "release"], cwd=self.directory, capture_output=True,
                                    text=True, check=False)
            self.assertEqual(result.returncode, code, result.stdout + result.stderr)
        self.assertIn("No tests were found", result.stdout + result.stderr)


if __name__ == "__main__":
    main()
