# SPDX-License-Identifier: MIT
"""Runs, one after the other, each through as many cycles as it takes to come to its end."""
import random
import shutil
from collections import Counter
from dataclasses import dataclass, field

from cycle import Cycle, Plan
from recipes import instruction_choices, recipes, result_of

LET_GO = 0.7  # the share of its steps from which on a run is left alone


@dataclass
class Tally:
    """What the lanes have seen together."""

    cycles: list = field(default_factory=list)  # (recipe name, Outcome)
    resumes: int = 0
    runs: int = 0
    instructions: Counter = field(default_factory=Counter)  # of the runs
    lost_steps: list = field(default_factory=list)  # (lost, interval)
    failures: list = field(default_factory=list)


class Lane:
    def __init__(self, number, seed, directory, golden, tally, budget):
        self.number = number
        self.random = random.Random(f"{seed}-{number}")
        self.directory = directory / f"lane-{number}"
        self.golden = golden
        self.tally = tally
        self.budget = budget  # cycles that are left, of all lanes

    def run(self):
        count = 0
        while self.budget.has_more():
            count += 1
            self.run_to_its_end(count)

    def run_to_its_end(self, number):
        recipe = self.random.choice(recipes())
        seed = self.random.randint(1, 3)
        instructions = self.random.choice(instruction_choices())
        self.tally.instructions[instructions or "the machine's"] += 1
        run_dir = self.directory / f"run-{number}"
        arguments = recipe.arguments(seed)
        launches = 0
        while True:
            launches += 1
            step = newest_checkpoint(run_dir)
            plan = Plan.draw(self.random)
            where = self.directory / f"run-{number}-cycle-{launches}"
            is_struck = step < LET_GO * recipe.steps and self.budget.take()
            if not is_struck:
                plan.signal, plan.delay, plan.in_start, plan.in_save = "none", 0, False, False
            outcome = self.launch(plan, run_dir, ["--resume", *arguments], where, instructions,
                                  is_struck)
            if not self.accept(recipe, outcome, run_dir, where, is_struck):
                return
            if status_of(run_dir) == "DONE":
                break
            if launches > 200:
                self.tally.failures.append(f"{where}: the run does not come to an end")
                return
        self.compare(recipe, seed, instructions, run_dir)

    def launch(self, plan, run_dir, arguments, where, instructions, is_struck):
        cycle = Cycle(plan, run_dir, arguments, where, instructions)
        if cycle.before or newest_checkpoint(run_dir):
            self.tally.resumes += 1
        return cycle.run() if is_struck else cycle.judge()

    def accept(self, recipe, outcome, run_dir, where, is_struck):
        """Whether the run may go on; whatever is wrong is noted, with its evidence left in place."""
        wrong = []
        if outcome.is_hang:
            wrong.append("hangs")
        if outcome.orphans:
            wrong.append(f"{outcome.orphans} orphans")
        if outcome.leftovers_of_ours:
            wrong.append(f"left behind: {outcome.leftovers_of_ours}")
        if status_of(run_dir) == "FAILED":
            wrong.append("run.status says FAILED")
        if list(run_dir.glob("checkpoints/*.damaged-*")):
            wrong.append("a damaged checkpoint")
        lost = outcome.done - newest_checkpoint(run_dir)
        if lost > recipe.interval:
            wrong.append(f"{lost} steps lost, of {recipe.interval} between checkpoints")
        self.tally.failures += [f"{where}: {text} ({outcome.plan})" for text in wrong]
        if is_struck:
            self.tally.cycles.append((recipe, outcome))
            self.tally.lost_steps.append((max(0, lost), recipe.interval))
        if not wrong:
            shutil.rmtree(where)
        return not wrong

    def compare(self, recipe, seed, instructions, run_dir):
        self.tally.runs += 1
        expected = self.golden.result(recipe, seed, instructions)
        found = result_of(run_dir)
        temporary = [path.name for path in run_dir.rglob(".*.tmp-*")]
        wrong = [text for text, is_wrong in {
            f"digest {found[0]}, expected {expected[0]}": found[0] != expected[0],
            "its metrics.csv differs": found[1] != expected[1],
            f"temporary files stay: {temporary}": temporary,
        }.items() if is_wrong]
        self.tally.failures += [f"{run_dir}: {recipe.name}, seed {seed}, "
                            f"{instructions or 'own'} instructions: {text}" for text in wrong]
        if not wrong:
            shutil.rmtree(run_dir)


def newest_checkpoint(run_dir):
    return max((int(path.name[5:17]) for path in run_dir.glob("checkpoints/step-*.h5")), default=0)


def status_of(run_dir):
    path = run_dir / "run.status"
    return path.read_text().split("\n")[0] if path.exists() else "none"
