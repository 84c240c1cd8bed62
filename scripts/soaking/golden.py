# SPDX-License-Identifier: MIT
"""What the recipes end in if they are left alone."""
import threading

from job import Job
from recipes import result_of


class GoldenRuns:
    """Each recipe, seed and instruction set, uninterrupted on one rank."""

    def __init__(self, directory):
        self.directory = directory
        self.results = {}
        self.lock = threading.Lock()

    def result(self, recipe, seed, instructions):
        key = (recipe.name, seed, instructions)
        with self.lock:
            if key not in self.results:
                run_dir = self.directory / f"golden-{recipe.name}-{seed}-{instructions or 'machine'}"
                job = Job(["--run-dir", run_dir, *recipe.arguments(seed), "--threads", 1], 1,
                          run_dir.with_name(f"{run_dir.name}-job"), instructions)
                code = job.popen.wait()
                job.leftovers()
                if code != 0:
                    raise RuntimeError(f"a run that was left alone ended with {code}: {job.directory}")
                self.results[key] = result_of(run_dir)
            return self.results[key]
