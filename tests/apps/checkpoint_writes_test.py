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
import shutil
import unittest

from failing_io import calls_in, faults, save_checkpoints
from tally_testing import DIGITS, TallyTest, command, digest, main, require_no_sanitizer, run

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
        root = self.directory / "whole"
        root.mkdir()
        log = self.directory / "log"
        whole = save_checkpoints(root / "runs" / "run", faults(root, log=log))
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
        return f"call {call}, {name} {path.removeprefix(str(self.directory / 'whole'))}"

    def continued(self, kind, run_dir, first):
        """What is wrong with the run that continues without faults."""
        again = save_checkpoints(run_dir)
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

    def try_one(self, kind, call, without):
        root = self.directory / f"{kind}-{call}"
        root.mkdir()
        first = save_checkpoints(root / "runs" / "run", faults(root, call, kind, without=without))
        wrong = self.wrong_with(kind, call, root, first)
        shutil.rmtree(root)
        return kind, [f"{kind} at {self.call_text(call)}: {text}" for text in wrong]

    def sweep(self, kinds, without=""):
        jobs = [(kind, call, without) for kind in kinds for call in range(1, len(self.calls) + 1)
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


if __name__ == "__main__":
    main()
