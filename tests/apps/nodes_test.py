# SPDX-License-Identifier: MIT
"""One digest on 1 to 8 nodes, whatever the placement of ranks; here nodes are pretended."""
import os
import signal
import subprocess
import time

from tally_testing import (ROOT, TallyTest, children_of, command, digest, main, patience, read_csv,
                           run, still_running, without_notices)

# A recipe that divides by nothing, with 16 micro-batches.
RECIPE = ["--epochs", 2, "--train-limit", 3997, "--validation", 97, "--batch-size", 256,
          "--micro-batch", 16, "--momentum", 0.9, "--threads", 1, "--quiet"]
# One sample a time: only one rank computes.
ROWS = ["--batch-size", 1, "--micro-batch", 1, "--train-limit", 300, "--validation", 0]


def nodes_of(text):
    return {"TALLY_PRETEND_NODES": text}


class Nodes(TallyTest):
    def digest_on(self, nodes, *recipe, ranks=8):
        name = f"{nodes}-{ranks}-{len(recipe)}"
        self.train(name, *RECIPE, "--oversubscribe", *recipe, ranks=ranks, env=nodes_of(nodes))
        return digest(self.directory / name)

    def test_any_nodes_and_placements(self):
        expected = self.digest_on("0", ranks=1)
        for nodes in range(2, 9):
            with self.subTest(nodes=nodes):  # in turns, as many launchers place ranks
                self.assertEqual(self.digest_on(",".join(map(str, range(nodes)))), expected)
        for nodes in ("0,0,1,1,2,2,3,3", "0,0,0,0,0,0,0,1", "0,1,1,1,2,2,0,3", "4,4,0"):
            with self.subTest(nodes=nodes):
                self.assertEqual(self.digest_on(nodes), expected)

    def test_steps_of_one_sample(self):
        self.assertEqual(self.digest_on("0,1,2", *ROWS, ranks=5), self.digest_on("0", *ROWS, ranks=1))

    def test_a_sum_by_mpi_has_other_bits(self):
        self.assertNotEqual(self.digest_on("0,1,2", "--reduction", "mpi", ranks=3),
                            self.digest_on("0", "--reduction", "mpi", ranks=1))

    def test_other_nodes_resume(self):
        self.train("run", *RECIPE, "--max-steps", 11, ranks=4, env=nodes_of("0,1,1,2"))
        for nodes, steps in (("0,1,2,3,4", 17), ("0,0,1", 23), ("0", "none")):
            self.train("run", "--resume", "--max-steps", steps, "--oversubscribe",
                       ranks=5, env=nodes_of(nodes))
        self.assertEqual(digest(self.directory / "run"), self.digest_on("0", ranks=1))

    def test_a_sum_that_waits_names_the_rank_awaited(self):
        steps = self.directory / "frozen" / "steps.csv"
        line = command("tally-train", "--run-dir", steps.parent, "--data", "data/digits", "--epochs", 9,
                       "--log-every", 1, "--stall-timeout", 3, ranks=2)
        fault = {"TALLY_ALLOW_FAULTS": "1", "TALLY_FAULT": "stop:reduce:rank=1:step=40"}
        process = subprocess.Popen(line, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env={**os.environ, **nodes_of("0,1"), **fault})
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 60
        while not (steps.exists() and len(read_csv(steps)) == 40) and time.monotonic() < deadline:
            time.sleep(0.02)
        ranks = children_of(process)
        os.kill(ranks[0], signal.SIGTERM)
        errors = without_notices(process.communicate(timeout=patience(60))[1])
        self.assertRegex(errors, r"^tally-train: rank 0 on host (\S+): asked to stop, and waits at step 40, "
                         r"reduce; no answer from rank 1 on host \1\n"
                         r"tally-train: rank 0 on host \1: no progress for \d s at step 40, reduce; "
                         r"no answer from rank 1 on host \1\. Continue with --resume")
        self.assertEqual(still_running(ranks), [])

    def test_a_placement_that_makes_no_sense_is_refused(self):
        result = run("tally-train", "--data", "data/digits", "--run-dir", self.directory / "none",
                     ranks=2, env=nodes_of("0,x"))
        self.assertEqual(result.code, 2)
        self.assertEqual(result.err, "tally-train: TALLY_PRETEND_NODES: expected the node of each "
                         'rank, such as 0,0,1,1; got "0,x"\n')


if __name__ == "__main__":
    main()
