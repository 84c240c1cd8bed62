# SPDX-License-Identifier: MIT
"""Every call by which a run writes its files fails once, or is the last one before a kill or a power
failure: the newest checkpoint that loads is never older than the last one reported saved, and the
run that continues ends in the bits of the run that was left alone.

The calls are those of save_checkpoints, which writes what tally-train writes: every call, every
kind of fault. tally-train itself takes every seventh call, or all of them with TALLY_EXHAUSTIVE=1.
"""
import collections
import concurrent.futures
import os
import re
import shutil

from failing_io import calls_in, faults, save_checkpoints
from tally_testing import DIGITS, TallyTest, digest, main, require_no_sanitizer, run

FAILING = ["enospc", "eio"]
INTERRUPTING = ["eintr", "short", "lost-reply"]
BROKEN_FROM_THEN_ON = ["enospc-from", "eio-from"]
ENDING = ["kill-before", "kill-after", "lose-all", "lose-data", "lose-names"]

# Which calls a kind is about, if not all.
ONLY = {"short": {"write", "read"}, "lost-reply": {"link"}}


def temporary_files(directory):
    return [str(path.relative_to(directory)) for path in directory.glob("**/.*")]


class CheckpointWrites(TallyTest):
    def setUp(self):
        super().setUp(in_memory=True)
        require_no_sanitizer("the library that makes calls fail must be the first one loaded")
        self.record(without="")

    def record(self, without):
        """Lets the run be on a file system without something, and takes its calls and results down."""
        self.without = without
        root = self.directory / f"whole {without}"
        root.mkdir()
        log = self.directory / "log"
        log.unlink(missing_ok=True)
        whole = save_checkpoints(root / "runs" / "run", faults(root, log=log, without=without))
        self.root = root
        self.assertEqual((whole.code, whole.lines[:-1]),
                         (0, ["from 0", "saved 1", "saved 2", "saved 3", "saved 4"]))
        self.calls = calls_in(log)
        self.digest = whole.last("digest")
        self.tables = self.tables_in(root / "runs" / "run")
        names = sorted(path.name for path in (root / "runs" / "run" / "checkpoints").iterdir())
        self.assertEqual(names, ["step-000000000003.h5", "step-000000000004.h5"])

    @staticmethod
    def tables_in(run_dir):
        return [(run_dir / name).read_text() for name in ("metrics.csv", "steps.csv")]

    def call_text(self, call):
        name, path = self.calls[call - 1]
        return f"call {call}, {name} {path.removeprefix(str(self.root))}"

    def continued(self, kind, run_dir, first):
        """What is wrong with the run that continues without faults."""
        again = save_checkpoints(run_dir, faults(run_dir, without=self.without))
        wrong = []
        if again.code != 0:
            wrong.append(f"cannot be continued: {again.lines}")
        if again.step("from") < first.step("saved"):
            wrong.append(f"goes on from {again.step('from')}, after {first.step('saved')} was saved")
        if again.last("digest") != self.digest:
            wrong.append("ends in other bits")
        if again.warnings and kind != "lose-data":  # which leaves files that are to be moved aside
            wrong.append(f"warns: {again.warnings}")
        if self.tables_in(run_dir) != self.tables:
            wrong.append(f"other tables: {self.tables_in(run_dir)}")
        if temporary_files(run_dir):
            wrong.append(f"leaves {temporary_files(run_dir)}")
        return wrong

    def failed_once(self, first, call):
        """What is wrong with a run in which one call has failed."""
        if first.step("from") == -1 or first.lines[-1].startswith("error: ") and not first.last("saved"):
            refused = first.code in (1, 2, 4) and first.lines[-1].startswith("error: ")
            return [] if refused else [f"is neither refused nor goes on: {first}"]
        wrong = []
        if first.code != 0 or first.last("digest") != self.digest:
            wrong.append(f"does not go on: {first}")
        if len(first.warnings) != (0 if self.is_harmless(call) else 1):
            wrong.append(f"{len(first.warnings)} warnings: {first.warnings}")
        saved = sum(line.startswith("saved ") for line in first.lines)
        missed = sum(text.startswith("no checkpoint: ") for text in first.warnings)
        if saved + missed not in (4, 5) or saved < 3:
            wrong.append(f"{saved} saved, {missed} missed")
        return wrong

    def is_harmless(self, call):
        """Whether the call is one whose failure takes nothing from anybody."""
        name, path = self.calls[call - 1]
        is_directory = "." not in path.rsplit("/", 1)[1]
        has_written = self.calls[call - 2][0] in ("write", "fsync") and not is_directory
        # An old checkpoint that cannot be removed is removed after the next save.
        holding = [path for name, path in self.calls if name == "mkdir" and ".tmp-" in path]
        return (name == "unlink" or path.startswith(tuple(holding)) or
                name == "close" and not has_written or
                path.endswith("run.lock") and call > len(self.calls) - 5)

    def wrong_with(self, kind, call, root, first):
        run_dir = root / "runs" / "run"
        wrong = []
        if kind in FAILING:
            wrong += self.failed_once(first, call)
            if temporary_files(run_dir):
                wrong.append(f"leaves {temporary_files(run_dir)} at once")
        elif kind in INTERRUPTING:
            if first.code != 0 or first.warnings or first.step("saved") != 4:
                wrong.append(f"is not survived: {first}")
        elif kind in BROKEN_FROM_THEN_ON:
            if first.code not in (0, 1, 2, 4):
                wrong.append(f"ends with {first.code}")
        elif first.code != -9:
            wrong.append(f"was to end at once, but ended with {first.code}")
        return wrong + self.continued(kind, run_dir, first)

    def try_one(self, kind, call):
        root = self.directory / f"{kind}-{call}"
        root.mkdir()
        first = save_checkpoints(root / "runs" / "run", faults(root, call, kind, without=self.without))
        wrong = self.wrong_with(kind, call, root, first)
        shutil.rmtree(root)
        return kind, [f"{kind} at {self.call_text(call)}: {text}" for text in wrong]

    def sweep(self, kinds):
        jobs = [(kind, call) for kind in kinds for call in range(1, len(self.calls) + 1)
                if self.calls[call - 1][0] in ONLY.get(kind, {self.calls[call - 1][0]})]
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(lambda job: self.try_one(*job), jobs))
        counts = collections.Counter(kind for kind, _ in results)
        wrong = [text for _, texts in results for text in texts]
        print(f"{len(self.calls)} calls, {len(jobs)} faults "
              f"({', '.join(f'{count} {kind}' for kind, count in counts.items())}): "
              f"{len(wrong)} wrong")
        self.assertEqual(wrong, [], "\n".join(wrong[:50]))

    def test_one_call_fails(self):
        self.sweep(FAILING)

    def test_one_call_is_interrupted_or_does_half(self):
        self.sweep(INTERRUPTING)

    def test_all_calls_fail_from_one_on(self):
        self.sweep(BROKEN_FROM_THEN_ON)

    def test_killed_at_every_call(self):
        self.sweep(["kill-before", "kill-after"])

    def test_power_fails_at_every_call(self):
        self.sweep(["lose-all", "lose-data", "lose-names"])

    def test_without_hard_links(self):
        self.record(without="links")
        self.sweep(["eio", "eintr", "kill-before", "lose-all"])

    def test_without_any_way_to_publish(self):
        root = self.directory / "nothing"
        root.mkdir()
        result = save_checkpoints(root / "run", faults(root, without="links renames"))
        self.assertEqual(result.code, 1)
        refusals = [f"no checkpoint: {root}/run/checkpoints/step-00000000000{step}.h5: cannot publish: "
                    "this file system has neither hard links nor names that are given only if they "
                    "are free; choose a --run-dir on another one; there is none"
                    for step in (1, 2, 3, 4, 4)]
        self.assertEqual(result.warnings, refusals)
        self.assertEqual(list((root / "run" / "checkpoints").iterdir()), [])


class TrainingWrites(TallyTest):
    """The same with tally-train on one rank, which has other threads and MPI around it."""

    RECIPE = ["--data", DIGITS, "--train-limit", 128, "--batch-size", 64, "--network", "dense:10",
              "--epochs", 3, "--keep", 2, "--log-every", 1]
    STEPS_OF_EPOCH = 2

    def setUp(self):
        super().setUp(in_memory=True)
        require_no_sanitizer("the library that makes calls fail must be the first one loaded")

    def tally_train(self, root, *arguments, environment=None):
        return run("tally-train", "--run-dir", root / "run", *arguments, env=environment)

    def saved_step(self, result):
        saved = re.findall(r"^epoch (\d+)/3 .* saved$", result.out, re.MULTILINE)
        return max(map(int, saved), default=0) * self.STEPS_OF_EPOCH

    def wrong_with(self, kind, call):
        root = self.directory / f"{kind}-{call}"
        root.mkdir()
        first = self.tally_train(root, *self.RECIPE, environment=faults(root, call, kind))
        wrong = []
        if kind in FAILING:
            warnings = [line for line in first.err.splitlines() if " warning: " in line]
            if len(warnings) > 1 or first.code not in (0, 1, 2, 4):
                wrong.append(f"{first.code}, {first.err}")
        elif first.code != -9:
            wrong.append(f"was to end at once, but ended with {first.code}: {first.err}")
        again = self.tally_train(root, *self.RECIPE, "--resume")
        resumed = re.search(r"(?:resumed at|finished already, at) step (\d+)", again.out)
        step = int(resumed.group(1)) if resumed else 0
        if again.code != 0 or again.err and kind != "lose-data":
            wrong.append(f"cannot be continued: {again.code}, {again.err}")
        elif step < self.saved_step(first):
            wrong.append(f"goes on from {step}, after {self.saved_step(first)} was saved")
        elif digest(root / "run") != self.digest:
            wrong.append("ends in other bits")
        if temporary_files(root):
            wrong.append(f"leaves {temporary_files(root)}")
        shutil.rmtree(root)
        return [f"{kind} at call {call}: {text}" for text in wrong]

    def test_a_fault_at_every_call_of_a_training(self):
        root = self.directory / "whole"
        root.mkdir()
        log = self.directory / "log"
        whole = self.tally_train(root, *self.RECIPE, environment=faults(root, log=log))
        self.assertEqual((whole.code, self.saved_step(whole)), (0, 6), whole.err)
        self.digest = digest(root / "run")
        calls = len(calls_in(log))
        stride = 1 if os.environ.get("TALLY_EXHAUSTIVE") else 7
        kinds = ["enospc", "kill-before", "lose-all", "lose-data"]
        jobs = [(kind, call) for i, kind in enumerate(kinds)
                for call in range(1 + i % stride, calls + 1, stride)]
        with concurrent.futures.ThreadPoolExecutor(2 * os.cpu_count()) as pool:
            results = list(pool.map(lambda job: self.wrong_with(*job), jobs))
        wrong = [text for texts in results for text in texts]
        print(f"tally-train: {calls} calls, {len(jobs)} faults ({', '.join(kinds)}): "
              f"{len(wrong)} wrong")
        self.assertEqual(wrong, [], "\n".join(wrong[:50]))


if __name__ == "__main__":
    main()
