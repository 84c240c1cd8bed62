# SPDX-License-Identifier: MIT
"""How long waiting threads spin, by what OpenMP's library itself reports."""
import os
import re
import subprocess
import unittest

from tally_testing import BIN, RUN_MPI, TallyTest, main

CHOSEN = "500"  # spins: some tens of microseconds
STEERING = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "OMP_DISPLAY_ENV")


class OpenMpWaiting(TallyTest):
    def spins(self, **environment):
        clean = {name: value for name, value in os.environ.items() if name not in STEERING}
        done = subprocess.run([BIN / "tally-train", "--version"], capture_output=True, text=True,
                              env={**clean, **environment, "OMP_DISPLAY_ENV": "verbose"}, check=True)
        found = re.findall(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)
        if not found:
            raise unittest.SkipTest("another OpenMP than GNU's")
        return found[-1]

    def test_is_chosen_where_nobody_else_chooses(self):
        self.assertEqual(self.spins(), CHOSEN)

    def test_is_chosen_on_every_rank_of_a_launch(self):
        line = ["env", "-u", "OMP_WAIT_POLICY", str(BIN / "tally-train"), "--version"]
        done = subprocess.run([str(RUN_MPI), "2", *line], capture_output=True, text=True, check=True,
                              env={**os.environ, "OMP_DISPLAY_ENV": "verbose", "OMP_PROC_BIND": "true"})
        found = re.findall(r"GOMP_SPINCOUNT = '(\d+)'", done.stderr)
        if not found:
            raise unittest.SkipTest("another OpenMP than GNU's")
        self.assertEqual(found.count(CHOSEN), 2, found)

    def test_is_left_to_the_environment(self):
        self.assertEqual(self.spins(GOMP_SPINCOUNT="1234"), "1234")
        self.assertEqual(self.spins(OMP_WAIT_POLICY="passive"), "0")
        self.assertNotEqual(self.spins(OMP_WAIT_POLICY="active"), CHOSEN)


if __name__ == "__main__":
    main()
