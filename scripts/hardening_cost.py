#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""hardening_cost.py [--rounds N] [--epochs N]: what TALLY_HARDENING costs, in seconds of a processor.

Builds Tally with it and without it in build/hardening-on and build/hardening-off, then runs both in turns
on one thread: a training of the default recipe, a step on one sample at a time, an evaluation and all drawings
of data/. Prints a table in Markdown with medians and ranges, and fails if the two end in other bits."""
import argparse
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILDS = {"on": ROOT / "build" / "hardening-on", "off": ROOT / "build" / "hardening-off"}
DIGITS = ROOT / "data" / "digits"


def build():
    for setting, folder in BUILDS.items():
        subprocess.run(["cmake", "--preset", "release", "-B", folder, f"-DTALLY_HARDENING={setting.upper()}"], cwd=ROOT,
                       check=True, stdout=subprocess.DEVNULL)
        subprocess.run(["cmake", "--build", folder, "-j", str(len(os.sched_getaffinity(0)))], cwd=ROOT, check=True,
                       stdout=subprocess.DEVNULL)


def run(line):
    """What a command prints, and its seconds of a processor."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run([str(word) for word in line], check=True, capture_output=True, text=True, cwd=ROOT,
                          env={**os.environ, "OMP_NUM_THREADS": "1"})
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return done.stdout, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def commands(bin, scratch, epochs):
    """{what: command line}; those behind the first two read what the first one has made."""
    train = [bin / "tally-train", "--data", DIGITS, "--quiet", "--threads", 1]
    return {f"training, {epochs} epochs, B=128": [*train, "--run-dir", scratch / "run", "--epochs", epochs],
            "training, 2 epochs, B=1": [*train, "--run-dir", scratch / "one", "--batch-size", 1, "--micro-batch", 1,
                                        "--epochs", 2],
            "evaluation": [bin / "tally-evaluate", scratch / "run", "--data", DIGITS],
            "drawings, 20 times": [bin / "tally-predict", scratch / "run", *sorted((ROOT / "data" / "drawings").iterdir()) * 20]}


def measure(rounds, epochs):
    """{what: {"on": seconds of each round, "off": ...}}"""
    found, digests = {}, set()
    for number in range(rounds):
        for setting in ("on", "off") if number % 2 == 0 else ("off", "on"):
            bin = BUILDS[setting] / "bin"
            with tempfile.TemporaryDirectory() as scratch:
                for what, line in commands(bin, pathlib.Path(scratch), epochs).items():
                    found.setdefault(what, {"on": [], "off": []})[setting].append(run(line)[1])
                digests.update(run([bin / "tally-checkpoint", "digest", f"{scratch}/{name}"])[0] for name in ("run", "one"))
    if len(digests) != 2:  # of two trainings
        sys.exit("hardening_cost.py: the builds end in other bits")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--epochs", type=int, default=60)
    options = parser.parse_args()
    build()
    print(f"median of {options.rounds} rounds (lowest to highest), seconds of a processor\n")
    print("| | hardened | not | more |\n|---|---|---|---|")
    for what, seconds in measure(options.rounds, options.epochs).items():
        cells = [f"{statistics.median(each):.3f} ({min(each):.3f} to {max(each):.3f})" for each in seconds.values()]
        more = statistics.median(seconds["on"]) / statistics.median(seconds["off"]) - 1
        print(f"| {what} | {cells[0]} | {cells[1]} | {100 * more:+.1f} % |")


if __name__ == "__main__":
    main()
