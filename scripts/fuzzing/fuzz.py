# SPDX-License-Identifier: MIT
"""Runs the fuzz targets; see fuzz.sh."""
import argparse
import concurrent.futures
import os
import sys

from coverage import coverage
from targets import BIN, FINDINGS, fuzz, minimize, targets


def arguments():
    parser = argparse.ArgumentParser(prog="fuzz.sh")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("--runs", type=int)
    parser.add_argument("--coverage", action="store_true")
    parser.add_argument("--minimize", action="store_true")
    parser.add_argument("words", nargs="*")
    asked = parser.parse_args()
    asked.targets = asked.words
    if not (asked.seconds or asked.runs or asked.coverage or asked.minimize):
        asked.seconds = 60 * int(asked.words[0])
        asked.targets = asked.words[1:]
    unknown = set(asked.targets) - set(targets())
    if unknown:
        parser.error(f"expected targets among {', '.join(targets())}, got {', '.join(unknown)}")
    asked.targets = asked.targets or targets()
    return asked


def report(result):
    print(f"{result.target:16} {result.executions:11,} {result.seconds / 60:7.1f}"
          f" {result.executions / max(1, result.seconds):8,.0f} {result.edges:6} {result.peak_mb:5}"
          f"   {result.finding or 'none'}", flush=True)
    if result.finding:
        print(f"  {result.log} has the whole; the input is in {FINDINGS}", flush=True)


def fuzz_all(asked):
    print(f"{'target':16} {'executions':>11} minutes   each/s  edges    MB   findings", flush=True)
    limit = f"-runs={asked.runs}" if asked.runs else f"-max_total_time={asked.seconds}"
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        results = list(pool.map(lambda target: fuzz(target, limit), asked.targets))
    for result in results:
        report(result)
    return 1 if any(result.finding or result.executions == 0 for result in results) else 0


def main():
    asked = arguments()
    if not BIN.exists():
        print(f"skipped: the targets have not been built in {BIN}")
        return 77
    if asked.coverage:
        return coverage()
    if asked.minimize:
        for target in asked.targets:
            print(f"{target}: {minimize(target)} inputs", flush=True)
        return 0
    return fuzz_all(asked)


if __name__ == "__main__":
    sys.exit(main())
