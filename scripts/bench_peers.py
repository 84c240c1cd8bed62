#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Compares Tally with PyTorch and NumPy; scripts/bench_peers.sh installs and builds what it needs.

All programs of a section run by turns, so that what disturbs the machine hits all alike.
"""
import json
import pathlib
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from measuring import machine, process
from measuring.options import BINARIES, ROOT, image_count, parse, say
from measuring.report import Goal, at_least, goals_table, significant, table, write_csv
from measuring.training import Trainer, Training

PEERS = ROOT / "scripts" / "peers"
TITLES = {
    "torch": "PyTorch in one process",
    "ddp": "PyTorch DistributedDataParallel, gloo, 2 processes of one thread",
    "numpy": "NumPy, the paper's recipe, one sample at a time, one core",
}


@dataclass
class Entry:
    """One program with its options, and the rates of its runs."""

    section: str
    name: str
    batch_size: int
    run: Callable[[], dict]
    is_tally: bool = False
    results: list[dict] = field(default_factory=list)

    def rates(self) -> list[float]:
        return [result["samples_per_second"] for result in self.results]

    @property
    def rate(self) -> float:
        return statistics.median(self.rates())


class Contest:
    """Makes the entries of each section."""

    def __init__(self, trainer: Trainer, quick: bool):
        self.trainer, self.scale = trainer, 0.3 if quick else 1
        self.cores = machine.cores()

    def entries(self, section: str) -> Iterator[list[Entry]]:
        """Those of a list are compared with each other."""
        if section == "numpy":
            yield [self.tally_paper(), *self.numpy_entries()]
            return
        for batch_size in (128, 512) if section == "torch" else (128, 512, 1024):
            peers = self.torch_entries if section == "torch" else self.ddp_entries
            yield [*self.tally_entries(section, batch_size), *peers(batch_size)]

    def tally_entries(self, section: str, batch_size: int) -> Iterator[Entry]:
        layouts = ((2, 1), (1, 2)) if self.cores > 1 else ((1, 1),)
        for ranks, threads in layouts:
            training = Training(ranks=ranks, threads=threads, batch_size=batch_size,
                                steps=round(500_000 * self.scale / batch_size))
            yield Entry(section, f"Tally, {training.layout}", batch_size,
                        lambda training=training: self.trainer.profile(training), is_tally=True)

    def tally_paper(self) -> Entry:
        epochs = max(1, round(50 * self.scale))
        training = Training(recipe=("--preset", "paper", "--epochs", str(epochs)))
        return Entry("numpy", "Tally --preset paper, 1x1", 1,
                     lambda: self.trainer.profile(training), is_tally=True)

    def peer(self, program: str, samples: float, threads: int, *arguments) -> Callable[[], dict]:
        line = [sys.executable, PEERS / program, self.trainer.data,
                "--samples", round(samples * self.scale), *arguments]
        return lambda: json.loads(process.run(line, {"OMP_NUM_THREADS": str(threads)}))

    def torch_entries(self, batch_size: int) -> Iterator[Entry]:
        for threads in range(1, min(2, self.cores) + 1):
            name = f"PyTorch, {threads} thread{'s' if threads > 1 else ''}"
            yield Entry("torch", name, batch_size,
                        self.peer("torch_single.py", 300_000, threads, "--threads", threads,
                                  "--batch-size", batch_size))

    def ddp_entries(self, batch_size: int) -> Iterator[Entry]:
        yield Entry("ddp", "PyTorch DDP, 2 processes", batch_size,
                    self.peer("torch_ddp.py", 120_000, 1, "--batch-size", batch_size))

    def numpy_entries(self) -> Iterator[Entry]:
        for form in ("plain", "in-place"):
            for kind in ("float32", "float64"):
                yield Entry("numpy", f"NumPy, {kind}, {form}", 1,
                            self.peer("numpy_paper.py", 20_000, 1, "--warm-up", 2000,
                                      "--type", kind, "--form", form))


def measure(entries: list[Entry], repetitions: int) -> None:
    for repetition in range(repetitions):
        for offset in range(len(entries)):
            entry = entries[(repetition + offset) % len(entries)]
            entry.results.append(entry.run())
    say(f"{entries[0].section} B={entries[0].batch_size}: "
        + ", ".join(f"{entry.name} {significant(entry.rate)}" for entry in entries) + " samples/s")


def best(entries: list[Entry], section: str, batch_size: int, is_tally: bool) -> Entry | None:
    candidates = [entry for entry in entries if entry.section == section and
                  entry.batch_size == batch_size and entry.is_tally == is_tally]
    return max(candidates, key=lambda entry: entry.rate, default=None)


def ratio(entries: list[Entry], section: str, batch_size: int) -> dict[str, float]:
    """Of Tally's best to the peer's best."""
    tally, peer = (best(entries, section, batch_size, is_tally) for is_tally in (True, False))
    return {f"({tally.name} against {peer.name})": tally.rate / peer.rate} if peer else {}


def goals(entries: list[Entry]) -> list[Goal]:
    limits = (("torch", 128, 2.6), ("torch", 512, 2.4), ("ddp", 128, 8), ("numpy", 1, 12))
    return [at_least(f"{TITLES[section]}, B={batch_size}", limit,
                     ratio(entries, section, batch_size), "{:.2f}x")
            for section, batch_size, limit in limits]


def rows(entries: list[Entry]) -> list[dict]:
    found = []
    for entry in entries:
        tally = best(entries, entry.section, entry.batch_size, True)
        found.append({
            "section": entry.section, "program": entry.name, "batch_size": entry.batch_size,
            "runs": len(entry.results), "samples_per_second": round(entry.rate, 1),
            "minimum": round(min(entry.rates()), 1), "maximum": round(max(entry.rates()), 1),
            "tally_is_faster_by": "" if entry.is_tally else round(tally.rate / entry.rate, 2)})
    return found


def tables(entries: list[Entry]) -> Iterator[str]:
    for section, title in TITLES.items():
        members = [row for row in rows(entries) if row["section"] == section]
        if members:
            yield f"## {title}\n\n" + table(
                ["batch", "program", "samples/s", "lowest to highest", "Tally is faster by"],
                [[row["batch_size"], row["program"], significant(row["samples_per_second"]),
                  f"{significant(row['minimum'])} to {significant(row['maximum'])}",
                  f"{row['tally_is_faster_by']:.2f}x" if row["tally_is_faster_by"] else "-"]
                 for row in members])


def heading(options, entries: list[Entry]) -> str:
    versions = {("NumPy" if entry.section == "numpy" else "PyTorch", entry.results[0]["version"],
                 entry.results[0]["blas"]) for entry in entries if not entry.is_tally}
    told = "; ".join(f"{name} {version} on {blas}" for name, version, blas in sorted(versions))
    if any(blas == "reference BLAS" for _, _, blas in versions):
        told += ". **The reference BLAS is far slower than OpenBLAS: no fair comparison**"
    return (f"# Tally and its peers\n\n{machine.processor()}, {machine.cores()} cores; "
            f"{options.data.name} ({image_count(options.data, 'train'):,} training images); "
            f"{told}. Samples/s are medians of runs by turns, over the training loop only; the "
            "peers after a warm-up; 2x1 is 2 ranks x 1 thread. Ratios are to the faster of Tally's "
            "rows with the same batch size.")


def write(options, entries: list[Entry]) -> None:
    write_csv(options.out / "peers.csv", rows(entries))
    parts = [heading(options, entries), "## Goals\n\n" + goals_table(goals(entries)),
             *tables(entries)]
    (options.out / "peers.md").write_text("\n\n".join(parts) + "\n")


def main() -> None:
    options = parse(__doc__.splitlines()[0], list(TITLES))
    entries: list[Entry] = []
    with tempfile.TemporaryDirectory(prefix="tally-bench-") as scratch:
        contest = Contest(Trainer(BINARIES, options.data, pathlib.Path(scratch)), options.quick)
        for section in options.only:
            for group in contest.entries(section):
                measure(group, 3 if options.quick else 5)
                entries += group
                write(options, entries)
    print((options.out / "peers.md").read_text(), end="")


if __name__ == "__main__":
    try:
        main()
    except process.Failed as failure:
        sys.exit(f"bench_peers.py: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
