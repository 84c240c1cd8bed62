# SPDX-License-Identifier: MIT
"""The sections that answer one question each: start-up, overhead, accuracy, memory, digests,
guards."""
import json
import math
import re
import statistics
from collections.abc import Iterator
from dataclasses import replace

from measuring import process
from measuring.options import ROOT, image_count, say
from measuring.report import Goal, at_least
from measuring.training import Trainer, Training, measure

SECTIONS = ("start-up", "overhead", "accuracy", "memory", "digests", "guards")
MNIST_IMAGES = 60_000
MEGABYTE = 1e6
PIXELS = 28 * 28
# Test accuracy to reach, goal in seconds, and the recipe whose whole run is timed.
RECIPES = (
    (97, 0.6, ("--preset", "fast")),
    (98, 2.5, ("--epochs", "10")),
)


def goals(section: str, trainer: Trainer, workers: int, quick: bool) -> Iterator[Goal]:
    """`workers` are the ranks to train on where a goal says two."""
    two = Training(ranks=workers)
    repetitions = 3 if quick else 5
    if section == "start-up":
        yield start_up(trainer, two, repetitions)
        yield evaluation(trainer, repetitions)
    elif section == "overhead":
        yield from profile_cost(trainer, two, 3 * repetitions)
    elif section == "accuracy":
        for percent, seconds, recipe in RECIPES:
            yield time_to_accuracy(trainer, replace(two, recipe=recipe), percent, seconds)
    elif section == "memory":
        yield memory(trainer, two)
    elif section == "digests":
        yield digests(trainer)
    elif section == "guards":
        yield guards(trainer, workers, quick)


def start_up(trainer: Trainer, two: Training, repetitions: int) -> Goal:
    (one,) = measure(trainer, "start-up", [replace(two, steps=1)], repetitions)
    seconds = statistics.median(profile["first_step_seconds"] for profile in one.profiles)
    return Goal(f"launch to the end of the first step, {two.ranks} ranks", "< 1 s",
                f"{seconds:.2f} s", seconds < 1)


def evaluation(trainer: Trainer, repetitions: int) -> Goal:
    """Against the rate of input and forward passes in training, of which it is made."""
    training = Training(batch_size=512, recipe=("--batch-size", "512", "--epochs", "3"))
    (one,) = measure(trainer, "start-up", [training], repetitions)
    ratio = statistics.median(
        profile["evaluate_images_per_second"] /
        (profile["samples"] / (profile["phases"]["input"]["maximum"] +
                               profile["phases"]["forward"]["maximum"]))
        for profile in one.profiles)
    return at_least("evaluation against the forward passes of training, 1 worker, B=512", 0.9,
                    {"": ratio}, "{:.2f}x")


def profile_cost(trainer: Trainer, two: Training, repetitions: int) -> Iterator[Goal]:
    """By the rates that tally-train prints of its epochs, with --profile and without, in pairs."""
    epochs = math.ceil(6 * MNIST_IMAGES / image_count(trainer.data, "train"))
    training = replace(two, recipe=("--epochs", str(epochs)))
    ratios, shares = [], []
    for repetition in range(repetitions):
        rates = {}
        for options in ((), ("--profile",))[:: 1 if repetition % 2 else -1]:
            rates[options] = epoch_rate(trainer.train(training, *options))
            if options:
                profile = trainer.read_profile()
        ratios.append(rates[()] / rates[("--profile",)])
        told = sum(phase["mean"] for name, phase in profile["phases"].items() if name != "other")
        shares.append(100 * told / profile["wall_seconds"])
    cost = 100 * (statistics.median(ratios) - 1)
    yield Goal(f"what --profile costs, {two.ranks} ranks, B=128", "< 1 %", f"{cost:.1f} %",
               cost < 1)
    yield at_least("share of the wall time that its phases explain", 97,
                   {"": statistics.median(shares)}, "{:.1f} %")


def epoch_rate(printed: str) -> float:
    rates = re.findall(r"^epoch .*?(\d[\d\s,]*) samples/s", printed, re.MULTILINE)
    return statistics.median(float(re.sub(r"\D", "", rate)) for rate in rates)


def time_to_accuracy(trainer: Trainer, training: Training, percent: float, limit: float) -> Goal:
    """Of whole runs, training only, with the accuracies after the last epoch."""
    what = (f"training time to {percent} % on MNIST, {training.workers} workers, "
            f"{' '.join(training.recipe)}, 5 seeds")
    goal = Goal(what, f"<= {limit} s, mean accuracy >= {percent} %")
    if image_count(trainer.data, "train") != MNIST_IMAGES:
        say("accuracy: needs MNIST with its 60,000 images; left out")
        return goal
    accuracies, seconds = [], []
    for seed in range(1, 6):
        profile = trainer.profile(replace(training, options=("--seed", str(seed))))
        accuracies.append(100 * trainer.last_test_accuracy())
        seconds.append(profile["train_seconds"])
    median, mean = statistics.median(seconds), statistics.mean(accuracies)
    goal.figure = (f"median {median:.2f} s, {profile['samples']:,} samples, accuracy {mean:.2f} % "
                   f"(lowest {min(accuracies):.2f} %)")
    goal.reached = median <= limit and mean >= percent
    return goal


def memory(trainer: Trainer, two: Training) -> Goal:
    printed = trainer.train(replace(two, steps=5), "--quiet", wrapper=[
        ROOT / "tests" / "support" / "peak_memory.py"])
    peaks = [int(mebibytes) * (1 << 20) / MEGABYTE
             for mebibytes in re.findall(r"rank \d+: (\d+) MiB", printed)]
    images = sum(image_count(trainer.data, name) for name in ("train", "t10k"))
    limit = images * PIXELS / MEGABYTE / two.ranks + 60
    return Goal(f"memory of a rank at R={two.ranks}", f"<= {limit:.0f} MB", f"{max(peaks):.0f} MB",
                len(peaks) == two.ranks and max(peaks) <= limit)


def digests(trainer: Trainer) -> Goal:
    """Of 8 micro-batches a step: with fewer, few ranks may add in the tree's order by chance."""
    found = set()
    for ranks in range(1, 5):
        for threads in (1, 2):
            trainer.train(Training(ranks=ranks, threads=threads, recipe=(
                "--micro-batch", "16", "--epochs", "2")), "--quiet", oversubscribe=True)
            found.add(trainer.digest())
    return Goal("digests over ranks x threads {1..4} x {1,2}", "one", str(len(found)),
                len(found) == 1)


def guards(trainer: Trainer, ranks: int, quick: bool) -> Goal:
    """Epochs with a watchdog and without take turns in one process; checks, flags and saves are apart."""
    found = json.loads(process.run(["mpirun", "--bind-to", "none", "-n", ranks,
                                    trainer.binaries / "tally_guards", trainer.data,
                                    20 if quick else 100], trainer.limits))
    alone = {name: 100 * found[name] / found["step_without"]
             for name in ("flags", "before_save", "before_save_of_hosts")}
    watched = 100 * (found["ratio"] - 1)
    cost = watched + alone["flags"] + alone["before_save_of_hosts"]
    return Goal(
        f"what being watched costs a step, {ranks} ranks, B=128", "< 2 %",
        f"{cost:.2f} % of {found['step_without']:.0f} us: heartbeats, watchdog, signals and the search "
        f"for numbers that are not finite {watched:.2f}, flags {alone['flags']:.2f}, before a save an "
        f"epoch {alone['before_save']:.2f} on one host, {alone['before_save_of_hosts']:.2f} where hosts "
        f"compare bits; {found['pairs']} pairs", cost < 2)
