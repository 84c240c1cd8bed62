# SPDX-License-Identifier: MIT
"""Strikes trainings until COUNT strikes have been made; see soak.sh."""
import argparse
import datetime
import os
import pathlib
import shutil
import signal
import sys
import threading
import time

from golden import GoldenRuns
from job import Job
from lane import Lane, Tally
from recipes import VARIABLE, data_directory, instruction_choices, recipes, run_tool
from report import count_inside, report

SEEDS = (1, 2, 3)
STOPPING = threading.Event()
MANY = 50  # cycles from which on shares mean something
INSIDE_SHARE = 0.8  # of the strikes that must fall inside training


class Budget:
    """The cycles that are left to the lanes together."""

    def __init__(self, count):
        self.count = count
        self.lock = threading.Lock()

    def has_more(self):
        return self.count > 0

    def take(self):
        with self.lock:
            self.count -= 1
            return self.count >= 0


def arguments():
    parser = argparse.ArgumentParser(prog="soak.sh")
    parser.add_argument("count", type=int)
    parser.add_argument("seed", type=int, nargs="?", default=None)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("build/soak"))
    parser.add_argument("--lanes", type=int, default=3)
    return parser.parse_args()


def soak(asked, seed):
    shutil.rmtree(asked.out, ignore_errors=True)
    asked.out.mkdir(parents=True)
    tally = Tally()
    golden = GoldenRuns(asked.out)
    needed = recipes() if asked.count >= MANY else []
    for recipe in needed:  # before the lanes use the machine
        for golden_seed in SEEDS:
            for instructions in instruction_choices():
                golden.result(recipe, golden_seed, instructions)
    budget = Budget(asked.count)
    lanes = [Lane(number, seed, asked.out.resolve(), golden, tally, budget)
             for number in range(asked.lanes)]
    threads = [threading.Thread(target=guarded, args=(lane, tally)) for lane in lanes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tally


def guarded(lane, tally):
    try:
        lane.run()
    except Exception as error:  # a lane that fails must not look like one that is done
        tally.failures.append(f"lane {lane.number}: {type(error).__name__}: {error}")


def stop(number, _frame):
    """Leaves nothing running. A second signal may come while the first is heard."""
    if STOPPING.is_set():
        return
    STOPPING.set()
    Job.end_all()
    os._exit(128 + number)


def main():
    asked = arguments()
    seed = asked.seed if asked.seed is not None else int(time.time())
    print(f"soak.sh: {asked.count} cycles, seed {seed}, in {asked.out}", file=sys.stderr)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stop)
    codes = []
    worker = threading.Thread(target=lambda: codes.append(run(asked, seed)), daemon=True)
    worker.start()  # beside the thread that hears the signals
    while worker.is_alive():  # a signal that comes to another thread does not end a wait
        worker.join(0.1)
    return codes[0] if codes else 1


def run(asked, seed):
    start = time.monotonic()
    tally = soak(asked, seed)
    if len(tally.cycles) < asked.count and not tally.failures:
        tally.failures.append(f"only {len(tally.cycles)} cycles were made")
    if asked.count >= MANY and count_inside(tally.cycles) < INSIDE_SHARE * asked.count:
        tally.failures.append("too few strikes inside training")
    text = report(tally, {
        "environment": f"{VARIABLE}={os.environ[VARIABLE]} " if os.environ.get(VARIABLE) else "",
        "count": asked.count, "seed": seed, "data": f"{data_directory().name}",
        "date": datetime.date.today().isoformat(), "minutes": (time.monotonic() - start) / 60,
        "cores": len(os.sched_getaffinity(0)),
        "version": run_tool("tally-train", "--version").split()[1]})
    (asked.out / "soak.md").write_text(text)
    print(text)
    if tally.failures:
        print(f"soak.sh: {len(tally.failures)} failures; the evidence is in {asked.out}",
              file=sys.stderr)
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
