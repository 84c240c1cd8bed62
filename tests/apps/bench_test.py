# SPDX-License-Identifier: MIT
"""The benchmarks say what they measure: instruction set, processor, compiler, versions; and hold every
program to the instructions of the build."""
import csv
import json
import os
import pathlib
import re
import subprocess
import sys
import unittest
from unittest import mock

from tally_testing import BIN, DIGITS, ROOT, TallyTest, main, require_no_sanitizer

sys.path.insert(0, str(ROOT / "scripts"))
# pylint: disable=wrong-import-position
import bench_goals
from measuring import contest, instructions, machine, process, report, speed
from measuring.training import Measured, Training

ZEN = """processor\t: 0
vendor_id\t: AuthenticAMD
cpu family\t: 25
model\t\t: 1
model name\t: AMD EPYC
stepping\t: 1
flags\t\t: fpu sse sse2 avx avx2 fma
"""


def zen_machine(built="avx2"):
    build = machine.Build("x86-64-v3", "gcc 12.2.0", instructions.of_build(built),
                          {"onednn": "onednn-2.6.3", "eigen": "eigen-3.4.0"}, "onednn")
    return machine.Machine(machine.processor(ZEN), 2, instructions.of_processor(ZEN), build)


def measured(section, rate, **training):
    profile = {"micro_batch": 32, "kernels": "onednn-2.6.3", "samples_per_second": rate,
               "flops_per_sample": 346_600}
    return Measured(section, Training(**training), [profile])


class InstructionSets(unittest.TestCase):
    def test_are_read_off_the_processor(self):
        self.assertEqual(instructions.of_processor(ZEN), "AVX2")
        self.assertEqual(instructions.of_processor(ZEN.replace("fma", "fma avx512f")), "AVX-512")
        self.assertEqual(instructions.of_processor("no flags"), "unknown instructions")

    def test_limit_every_library(self):
        limits = instructions.of_build("avx2").limits()
        self.assertEqual({name: limits[name] for name in limits if "NPY" not in name}, {
            "DNNL_MAX_CPU_ISA": "AVX2", "ONEDNN_MAX_CPU_ISA": "AVX2", "OPENBLAS_CORETYPE": "Haswell",
            "ATEN_CPU_CAPABILITY": "avx2", "MKL_ENABLE_INSTRUCTIONS": "AVX2"})
        self.assertEqual(instructions.of_build("avx512").limits(), {"OPENBLAS_CORETYPE": "SkylakeX"})

    def test_come_from_nowhere_else(self):
        steered = {"OPENBLAS_CORETYPE": "Prescott", "OPENBLAS_L2_SIZE": "1", "OMP_NUM_THREADS": "7"}
        with mock.patch.dict(os.environ, steered):
            told = process.run(["env"], {"OPENBLAS_CORETYPE": "Haswell"}).splitlines()
        self.assertEqual([line for line in told if line.startswith(("OPENBLAS_", "OMP_"))],
                         ["OPENBLAS_CORETYPE=Haswell"])


class Tables(TallyTest):
    def test_state_what_was_measured_and_on_what(self):
        on = zen_machine()
        for expected in ("Built for AVX2", "x86-64-v3", "gcc 12.2.0", "oneDNN 2.6.3", "AMD EPYC",
                         "family 25, model 1,", "which has AVX2"):
            self.assertIn(expected, on.caption())
        results = speed.Results([measured("kernels", 1e5)], 80, on)
        for part in results.tables():
            if part.startswith("## "):
                self.assertIn(on.caption(), part)
        self.assertEqual(results.rows()[0] | on.columns(), results.rows()[0])

    def goals(self, built):
        alone = {"network": "784-100-50-10", "batch_size": 512}
        found = [measured("grid", 200_000, **alone), measured("grid", 340_000, ranks=2, **alone)]
        return {goal.what: goal for goal in speed.goals(
            speed.Results(found, 100, zen_machine(built))) if goal.figure}

    def test_have_the_goals_of_the_instruction_set(self):
        share = "share of peak: 784-100-50-10, 1 worker, B=512"
        for built, goal, is_reached in (("avx2", ">= 75.0 %", False), ("avx512", ">= 62.0 %", True),
                                        ("sse2", "none", True)):
            with self.subTest(built):
                found = self.goals(built)[share]
                self.assertEqual((found.goal, found.figure, found.reached),
                                 (goal, "69.3 %", is_reached))
        pair = self.goals("avx2")["2 workers against 1: 784-100-50-10, B=512"]
        self.assertEqual((pair.goal, pair.figure, pair.reached), (">= 1.80x", "1.70x (2x1)", False))

    def test_of_several_instruction_sets_stand_side_by_side(self):
        for name, built in (("a", "avx512"), ("b", "avx2")):
            (self.directory / name).mkdir()
            report.write_goals(self.directory / name / "bench-goals.csv",
                               self.goals(built).values(), zen_machine(built).columns())
        table = bench_goals.side_by_side([bench_goals.read(self.directory / name) for name in "ab"])
        self.assertIn("| what | AVX-512: goal | measured | reached | AVX2: goal |", table)
        self.assertRegex(table, r"share of peak[^|]*\| >= 62.0 % \| 69.3 % \| yes \| >= 75.0 % \| "
                                r"69.3 % \| \*\*no\*\* \|")

    def test_of_a_whole_run_are_written(self):
        require_no_sanitizer("a sanitizer has no speed to measure")
        if not (BIN / "tally_benchmarks").exists():
            self.skipTest("tally_benchmarks was not built (-DTALLY_BUILD_BENCHMARKS=ON)")
        result = subprocess.run(
            ["/usr/bin/python3", ROOT / "scripts" / "bench.py", "--build", BIN.parent, "--quick",
             "--data", DIGITS, "--out", self.directory, "--network", "small", "--only", "kernels"],
            capture_output=True, text=True, check=False, timeout=600,
            env={**os.environ, "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"})
        self.assertEqual(result.returncode, 0, result.stderr)
        chapters = re.findall(r"^##? .*\n\n(.*)", result.stdout, re.MULTILINE)
        self.assertGreaterEqual(len(chapters), 4, result.stdout)
        for below in chapters:
            self.assertRegex(below, r"Built for \S+ \(`-march=\S+`, \w+ [\d.]+, .*\); .*, which has ")
        with open(self.directory / "bench.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), len({row["kernels"] for row in rows}))
        self.assertTrue(all(row["instructions"] and row["processor"] for row in rows))


class Peers(unittest.TestCase):
    """On few samples: that they run, and with no more instructions than they may."""

    def run_peer(self, python, *options):
        limits = instructions.AVX2.limits()
        line = [python, ROOT / "scripts" / "peers" / "torch_single.py", DIGITS, "--samples", 2000,
                "--warm-up", 500, *options]
        return json.loads(process.run(line, {**limits, "OMP_NUM_THREADS": "1"}).splitlines()[-1])

    def assert_trains(self, told):
        self.assertEqual(told["instructions"], "AVX2")
        self.assertGreater(told["samples_per_second"], 0)
        self.assertGreater(told["accuracy"], 0.3)

    def setUp(self):
        if "avx2" not in pathlib.Path("/proc/cpuinfo").read_text():
            self.skipTest("this processor lacks AVX2, to which the peers are held here")

    def test_the_newest_pytorch_trains(self):
        python = contest.newest_python()
        if python is None:
            self.skipTest("there is no newest PyTorch; scripts/peers_venv.sh brings it")
        told = self.run_peer(python)
        self.assert_trains(told)
        self.assertGreaterEqual(int(told["version"].split(".")[0]), 2)

    def test_the_pytorch_of_the_system_trains(self):
        if subprocess.run(["/usr/bin/python3", "-c", "import torch"], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest("python3-torch is not installed")
        self.assert_trains(self.run_peer("/usr/bin/python3"))

    def test_wider_vectors_than_those_of_the_build_are_refused(self):
        held = contest.Contest(mock.Mock(), zen_machine(), True, None)
        held.require_limits({"instructions": "AVX2"})
        with self.assertRaisesRegex(process.Failed, "uses AVX512; expected no more than AVX2"):
            held.require_limits({"instructions": "AVX512"})

    def test_openblas_is_held_to_the_instructions(self):
        told = json.loads(process.run(
            ["/usr/bin/python3", ROOT / "scripts" / "measuring" / "openblas_peak.py", 1],
            {**instructions.AVX2.limits(), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}))
        if not told:
            self.skipTest("OpenBLAS is not installed")
        self.assertEqual(told["core"], "Haswell")
        self.assertGreater(told["rates"][0], 1)


if __name__ == "__main__":
    main()
