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
from tally_testing import (ROOT, TallyTest, children_of, command, digest, main,
                           require_no_sanitizer, run, status)

NO_LOCKS = ("this file system has no locks; see to it that no two runs use this directory at the "
            "same time")
HOST = re.escape(socket.gethostname())


def contents(directory):
    return {str(path.relative_to(directory)): path.read_bytes()
            for path in sorted(directory.glob("**/*")) if path.is_file()}


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
        output = stale.communicate(timeout=60)[0]
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


if __name__ == "__main__":
    main()
