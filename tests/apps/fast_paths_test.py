# SPDX-License-Identifier: MIT
"""What makes a step fast is still there: counted, not timed. The table of changes in
docs/performance.md names the check of each."""
import os
import pathlib
import re
import shutil
import signal
import subprocess
import unittest

from tally_testing import (BIN, DIGITS, ROOT, TallyTest, command, has_kernels, main, require_no_sanitizer, run,
                           stop_at, wait_for_stop)

BATCH = 4  # micro-batches of the default batch size
LAYERS = 3
PARAMETERS = 84_060
# Forward, weight gradient, and the gradient of the inputs but that of the first layer.
PRODUCTS = BATCH * (3 * LAYERS - 1)


def skip_unless_release():
    require_no_sanitizer("a sanitizer changes what is compiled")
    cache = (BIN.parent / "CMakeCache.txt").read_text()
    if not re.search(r"^CMAKE_BUILD_TYPE:\w+=Release$", cache, re.MULTILINE):
        raise unittest.SkipTest("only an optimized build has what is looked for")


class Products(TallyTest):
    """By what oneDNN tells of each product."""

    def products(self, steps):
        told = run("tally-train", "--data", DIGITS, "--run-dir", self.directory / f"run{steps}",
                   "--max-steps", steps, "--threads", 1, "--quiet",
                   env={"TALLY_KERNELS": "onednn", "DNNL_VERBOSE": "1", "ONEDNN_VERBOSE": "1"})
        self.assertEqual(told.code, 0, told.err)
        return [line for line in told.out.splitlines()
                if re.match(r"(one)?dnn\w*_verbose,(.*,)?exec,", line)]

    def test_of_a_step_are_few_compiled_at_run_time_and_add_every_second_leaf(self):
        if not has_kernels("onednn"):
            self.skipTest("this build is without oneDNN")
        steps = 5
        short, long = self.products(1), self.products(1 + steps)
        self.assertEqual((len(long) - len(short)) / steps, PRODUCTS)
        for line in long:
            self.assertRegex(line, r",matmul,(gemm:jit|brg|jit)", "slow or no product at all")
        short, long = ([line for line in lines if "post-ops:sum" in line] for lines in (short, long))
        self.assertEqual((len(long) - len(short)) / steps, BATCH / 2 * LAYERS)


class LargePages(TallyTest):
    def test_are_asked_for_where_images_and_sums_lie(self):
        require_no_sanitizer("a sanitizer cannot be traced")
        if shutil.which("strace") is None:
            self.skipTest("strace is not installed")
        if subprocess.run(["strace", "-o", "/dev/null", "true"], capture_output=True,
                          check=False).returncode != 0:
            self.skipTest("this system does not let a process trace another")
        log = self.directory / "log"
        line = command("tally-train", "--data", DIGITS, "--run-dir", self.directory / "run",
                       "--max-steps", 1, "--threads", 1, "--quiet")
        done = subprocess.run(["strace", "-f", "-e", "trace=madvise", "-o", str(log), *line],
                              capture_output=True, text=True, timeout=120, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        asked = [(int(begin, 16), int(size)) for begin, size in re.findall(
            r"madvise\((0x\w+), (\d+), MADV_HUGEPAGE\)", log.read_text())]
        of_images = [begin for begin, size in asked if size == 4000 * 784]
        self.assertEqual([begin % (2 << 20) for begin in of_images], [0], asked)
        # Parameters, velocity and sums.
        self.assertTrue([size for _, size in asked if size > 4 * 4 * PARAMETERS and size != 4000 * 784],
                        asked)


class SharedSums(TallyTest):
    def large_parts(self, rank):
        """The inodes of shared memory that a rank maps, with room for all parameters."""
        mapped = re.findall(r"^(\w+)-(\w+) .* (\d+) +/memfd:tally",
                            pathlib.Path(f"/proc/{rank}/maps").read_text(), re.MULTILINE)
        return {inode for begin, end, inode in mapped
                if int(end, 16) - int(begin, 16) > 4 * PARAMETERS}

    def test_lie_in_memory_that_all_ranks_of_a_host_map(self):
        mpirun = subprocess.Popen(
            command("tally-train", "--data", DIGITS, "--run-dir", self.directory / "run",
                    "--threads", 1, "--quiet", ranks=2),
            env={**os.environ, **stop_at("reduce", step=5)}, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL)
        self.addCleanup(mpirun.kill)
        ranks = wait_for_stop(mpirun)
        parts = [self.large_parts(rank) for rank in ranks]
        os.kill(ranks[0], signal.SIGCONT)
        self.assertEqual(mpirun.wait(120), 0)
        self.assertEqual(len(ranks), 2)
        self.assertGreaterEqual(len(parts[0]), 2, "a part of each rank")
        self.assertEqual(parts[0], parts[1])


class Code(unittest.TestCase):
    """By the instructions that the compiler made of the loops that take the time."""

    @classmethod
    def setUpClass(cls):
        skip_unless_release()
        if shutil.which("objdump") is None:
            raise unittest.SkipTest("objdump is not installed")
        text = subprocess.run(["objdump", "-d", "-C", "--no-show-raw-insn", BIN / "tally-train"],
                              capture_output=True, text=True, check=True).stdout
        made_by = subprocess.run(["objdump", "-s", "-j", ".comment", BIN / "tally-train"],
                                 capture_output=True, text=True, check=True).stdout
        if "clang" in "".join(line[-16:] for line in made_by.splitlines()):
            raise unittest.SkipTest("the instructions looked for are those that GCC takes")
        if "file format elf64-x86-64" not in text:
            raise unittest.SkipTest("the instructions looked for are those of x86-64")
        cls.functions = re.findall(r"^[0-9a-f]+ <(tally::.*)>:\n((?:.+\n)+)", text, re.MULTILINE)
        flags = (BIN.parent / "CMakeCache.txt").read_text()
        arch = re.search(r"^TALLY_ARCH:\w+=(.*)$", flags, re.MULTILINE).group(1)
        compiler = re.search(r"^CMAKE_CXX_COMPILER:\w+=(.*)$", flags, re.MULTILINE).group(1)
        more = re.search(r"^CMAKE_CXX_FLAGS:\w+=(.*)$", flags, re.MULTILINE).group(1).split()
        defines = subprocess.run([compiler, *more, *([f"-march={arch}"] if arch else []), "-dM", "-E", "-x", "c++",
                                  os.devnull], capture_output=True, text=True, check=True).stdout
        cls.gcc = int(re.search(r"__GNUC__ (\d+)", defines).group(1))
        cls.widest = ("zmm" if "__AVX512F__" in defines else
                      "ymm" if "__AVX__" in defines else "xmm")

    def instructions(self, *names):
        """Lines such as "vmulps (%rax),%zmm0,%zmm1" of all functions that begin so."""
        found = [line.partition("\t")[2] for name, body in self.functions
                 if name.startswith(names) for line in body.splitlines()]
        if not found and self.gcc != 12:  # others may make a part of another function of it
            self.skipTest(f"g++ {self.gcc} made no function of {names}")
        self.assertTrue(found, names)
        return found

    def blocks(self, *names):
        """The same, cut behind each jump."""
        blocks = [[]]
        for line in self.instructions(*names):
            blocks[-1].append(line)
            if re.match(r"j|ret", line):
                blocks.append([])
        return blocks

    def count(self, lines, pattern, register=""):
        return sum(bool(re.match(pattern, line)) and register in line for line in lines)

    def test_hot_loops_use_the_whole_width_of_vectors(self):
        for name in ("tally::scale_pixels", "tally::add_bias_and_activate", "tally::differentiate",
                     "tally::update(", "tally::add_vectors", "tally::RowUpdate::forward",
                     "tally::RowUpdate::backward"):
            with self.subTest(name):
                self.assertGreater(self.count(self.instructions(name), r"v?(mul|add|sub|fm\w+)ps",
                                              self.widest), 0)

    def test_bytes_become_numbers_by_a_multiplication(self):
        pixels = self.instructions("tally::scale_pixels")
        self.assertGreater(self.count(pixels, "v?mulps", self.widest), 0)
        self.assertEqual(self.count(pixels, "v?div"), 0)

    def test_activations_call_no_function(self):
        activate = self.instructions("tally::add_bias_and_activate")
        # One of the two functions of each name only calls the other.
        self.assertEqual([line for line in activate if line.startswith("call") and
                          not re.search(r"<(tally::add_bias_and_activate\(|__stack_chk_fail@)", line)], [])
        self.assertGreater(self.count(activate, "v?mulps", self.widest), 9, "a tanh of arithmetic")
        calls = [line for line in self.instructions("tally::differentiate")
                 if line.startswith("call") and not re.search(r"<(tally::differentiate\(|(mem(set|cpy)|__stack_chk_fail)@)", line)]
        self.assertEqual(calls, [])

    def test_exponentials_are_taken_of_many_numbers_at_a_time(self):
        names = [name for name, _ in self.functions
                 if "anonymous namespace)::exponentials" in name or
                 name.startswith("tally::SoftmaxCrossEntropy::gradient")]
        loss = self.instructions(*names)
        self.assertGreater(self.count(loss, "v?(mul|fm?n?m?add|fn?m?add)\\w*ps", self.widest), 5)

    def test_images_to_come_are_fetched_every_second_cache_line(self):
        prefetch = self.instructions("tally::ShardStore::prefetch")
        self.assertGreater(self.count(prefetch, "prefetch"), 0)
        steps = re.findall(r"(?:add|sub|lea)\s+(\$?-?0x[0-9a-f]+)", "\n".join(prefetch))
        self.assertTrue({"$0xffffffffffffff80", "$0x80", "$-0x80"} & set(steps), prefetch)
        self.assertTrue([line for line in self.instructions("tally::MicroBatchLoader::load")
                         if line.startswith("call") and "ShardStore::prefetch" in line])

    def test_row_steps_take_four_rows_of_weights_to_a_store(self):
        most = max(self.count(block, "v?mulps", self.widest)
                   for block in self.blocks("tally::RowUpdate::forward")
                   if self.count(block, r"v?mov[au]ps\s+%.mm\d+,.*\)$", self.widest) == 1)
        self.assertGreaterEqual(most, 4)

    def test_row_steps_list_eight_pixels_without_a_branch(self):
        most = max(self.count(block, r"mov\w*\s+%\w+,\w*\(%\w+,%\w+,4\)")
                   for block in self.blocks("tally::RowUpdate::list_used_inputs"))
        self.assertGreaterEqual(most, 7)


class TableOfChanges(unittest.TestCase):
    def test_names_a_check_for_each_change_that_was_kept(self):
        tests = {path.relative_to(ROOT / "tests"): path.read_text()
                 for path in ROOT.glob("tests/*/*_test.*")}
        rows = [[cell.strip() for cell in line.split("|")[1:-1]]
                for line in (ROOT / "docs" / "performance.md").read_text().splitlines()
                if line.startswith("|")]
        kept = [(row[0], row[4]) for row in rows if len(row) == 5 and row[3] == "yes"]
        self.assertGreater(len(kept), 15)
        for change, checks in kept:
            named = re.findall(r"`apps\.(\w+) (\w+)`|`([A-Z]\w+)\.(\w+)`", checks)
            with self.subTest(change):
                self.assertTrue(named)
            for program, group, suite, test in named:
                with self.subTest(change, test=program or suite):
                    if program:
                        path = pathlib.Path("apps") / f"{program}_test.py"
                        self.assertIn(f"class {group}(", tests.get(path, ""))
                    else:
                        pattern = re.compile(rf"TEST(_F|_P)?\({suite}, {test}\)")
                        self.assertTrue(any(map(pattern.search, tests.values())))


if __name__ == "__main__":
    main()
