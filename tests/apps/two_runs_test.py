# SPDX-License-Identifier: MIT
"""Two runs on one directory: the second is refused while the first lives, and can start at once when
it is dead; where there are no locks, a run that was stopped anywhere and wakes up after another one
has taken its directory over changes no byte of it."""
import concurrent.futures
import os
import re
import shutil
import signal
import socket
import subprocess
import time

from failing_io import SAVE_CHECKPOINTS, Saving, calls_in, faults, save_checkpoints
from tally_testing import (DIGITS, ROOT, TallyTest, command, digest, main, patience,
                           require_no_sanitizer, run, status, stop_at, wait_for_stop,
                           without_notices)

NO_LOCKS = ("this file system has no locks; see to it that no two runs use this directory at the "
            "same time")
HOST = re.escape(socket.gethostname())


def contents(directory):
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.glob("**/*")) if path.is_file()}


def wait_for_checkpoint(test, run_dir):
    deadline = time.monotonic() + 100
    while not list(run_dir.glob("checkpoints/step-*.h5")) and time.monotonic() < deadline:
        time.sleep(0.005)
    test.assertTrue(list(run_dir.glob("checkpoints/step-*.h5")))


class StaleOwner(TallyTest):
    def setUp(self):
        super().setUp(in_memory=True)
        require_no_sanitizer("the library that takes locks away must be the first one loaded")

    def stopped_at(self, root, call):
        """A run of save_checkpoints that has stopped there; its process."""
        process = subprocess.Popen(
            [SAVE_CHECKPOINTS, root / "run"], stdout=subprocess.PIPE, text=True,
            env={**os.environ, **faults(root, call, "stop", without="locks")})
        _, state = os.waitpid(process.pid, os.WUNTRACED)
        assert os.WIFSTOPPED(state), state
        return process

    def wrong_with(self, call, is_owner_after, digest_of_whole):
        root = self.directory / str(call)
        root.mkdir()
        stale = self.stopped_at(root, call)
        owner = save_checkpoints(root / "run", faults(root, without="locks"))
        before = contents(root)
        stale.send_signal(signal.SIGCONT)
        output = stale.communicate(timeout=patience(60))[0]
        woken = Saving(stale.returncode, output.splitlines())
        after = contents(root)
        wrong = []
        if owner.code != 0 or owner.last("digest") != digest_of_whole or len(owner.warnings) != 1:
            wrong.append(f"the new owner: {owner}")
        if is_owner_after:  # it had not said yet that it was the owner, and does so now
            before.pop("run/run.lock"), after.pop("run/run.lock")
        if before != after:
            wrong.append(f"changed {[name for name in {**before, **after} if before.get(name) != after.get(name)]}")
        taken_over = (rf"error: {root}/run: taken over by host {HOST}, process \d+; this run stops "
                      "without writing to it")
        is_refused = woken.code == 3 and re.fullmatch(taken_over, woken.lines[-1])
        had_saved_all = woken.code == 0 and woken.last("digest") == digest_of_whole
        if not is_refused and not had_saved_all:
            wrong.append(f"the woken run: {woken}")
        if woken.warnings != [f"{root}/run: {NO_LOCKS}"]:
            wrong.append(f"warnings of the woken run: {woken.warnings}")
        shutil.rmtree(root)
        return bool(is_refused), wrong

    def test_stopped_at_every_call(self):
        root = self.directory / "whole"
        root.mkdir()
        log = self.directory / "log"
        whole = save_checkpoints(root / "run", faults(root, log=log, without="locks"))
        calls = calls_in(log)
        token = max(i for i, (name, path) in enumerate(calls, 1)
                    if name == "write" and path.endswith("run.lock"))
        with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
            results = list(pool.map(
                lambda call: self.wrong_with(call, call <= token, whole.last("digest")),
                range(1, len(calls) + 1)))
        wrong = [f"stopped at call {call}, {calls[call - 1]}: {text}"
                 for call, (_, texts) in enumerate(results, 1) for text in texts]
        refused = sum(is_refused for is_refused, _ in results)
        print(f"stopped at {len(calls)} calls: {refused} woken runs left with 3: {len(wrong)} wrong")
        self.assertEqual(wrong, [], "\n".join(wrong[:50]))
        # The others had not begun, or had saved their last step.
        self.assertGreater(refused, 0.7 * len(calls))

    def test_a_training_that_slept_leaves_with_3(self):
        run_dir = self.directory / "run"
        recipe = ["--data", DIGITS, "--epochs", 40, "--checkpoint-every", "5steps", "--keep", 3,
                  "--log-every", 3]
        environment = {**os.environ, **faults(self.directory, without="locks")}
        sleeper = subprocess.Popen(
            command("tally-train", "--run-dir", run_dir, *recipe, ranks=2),
            env={**environment, **stop_at("reduce", step=52)},
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(sleeper.kill)
        ranks = wait_for_stop(sleeper)
        self.assertEqual(len(ranks), 2)
        os.kill(ranks[1], signal.SIGSTOP)
        self.assertTrue(list(run_dir.glob("checkpoints/step-*.h5")))
        owner = run("tally-train", "--run-dir", run_dir, "--resume", ranks=3, env=environment)
        self.assertEqual(owner.code, 0, owner.err)
        self.assertEqual(status(run_dir)[0], "DONE")
        before = contents(run_dir)
        for rank in ranks:
            os.kill(rank, signal.SIGCONT)
        errors = without_notices(sleeper.communicate(timeout=patience(60))[1])
        self.assertEqual(sleeper.returncode, 3, errors)
        self.assertRegex(errors, rf"\Atally-train: warning: {run_dir}: {NO_LOCKS}\n"
                         rf"tally-train: {run_dir}: taken over by host {HOST}, process \d+; this run "
                         r"stops without writing to it\n\Z")
        self.assertEqual(contents(run_dir), before)
        whole = run("tally-train", "--run-dir", self.directory / "whole", *recipe)
        self.assertEqual(whole.code, 0, whole.err)
        self.assertEqual(digest(run_dir), digest(self.directory / "whole"))


class Locked(TallyTest):
    def test_a_lock_dies_with_its_owner(self):
        run_dir = self.directory / "run"
        recipe = ["--data", DIGITS, "--epochs", 9999, "--checkpoint-every", "5steps"]
        first = subprocess.Popen(
            command("tally-train", "--run-dir", run_dir, *recipe), cwd=ROOT,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        self.addCleanup(first.kill)
        wait_for_checkpoint(self, run_dir)
        refused = run("tally-train", "--run-dir", run_dir, "--resume", ranks=2)
        self.assertEqual((refused.code, refused.err), (
            3, f"tally-train: {run_dir}: in use by host {socket.gethostname()}, process {first.pid}; "
            "wait for it to end, or choose another --run-dir\n"))
        self.assertIsNone(first.poll())
        first.send_signal(signal.SIGKILL)
        first.communicate()
        again = run("tally-train", "--run-dir", run_dir, "--resume", "--max-steps", 1, ranks=2)
        self.assertEqual((again.code, again.err), (0, ""))


if __name__ == "__main__":
    main()
