# SPDX-License-Identifier: MIT
"""The report of a soak, in Markdown."""
from collections import Counter

INSIDE = ("training", "save")


def table(head, rows):
    lines = ["| " + " | ".join(map(str, head)) + " |", "|" + "---|" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def strikes(outcomes):
    phases = ("start-up", "training", "save", "ending", "after the end")
    counts = Counter((f"{o.plan.signal} to {o.plan.target}", o.phase) for o in outcomes)
    kinds = sorted({kind for kind, _ in counts})
    rows = [(kind, *(counts[kind, phase] or "" for phase in phases)) for kind in kinds]
    totals = [sum(counts[kind, phase] for kind in kinds) for phase in phases]
    return table(("strike", *phases), [*rows, ("**all**", *totals)])


def histogram(cycles):
    tenths = Counter(min(9, 10 * o.step // recipe.steps) for recipe, o in cycles
                     if o.phase in INSIDE)
    return table(("of the run's steps", *(f"{10 * i}-{10 * i + 10} %" for i in range(10))),
                 [("strikes", *(tenths[i] for i in range(10)))])


def count_inside(cycles):
    """Strikes strictly inside training."""
    return sum(outcome.phase in INSIDE for _, outcome in cycles)


def report(tally, facts):
    outcomes = [outcome for _, outcome in tally.cycles]
    inside = count_inside(tally.cycles)
    longest = max((o.gone_seconds or 0 for o in outcomes), default=0)
    worst = max((lost / interval for lost, interval in tally.lost_steps), default=0)
    aimed = [o for o in outcomes if o.plan.in_save and not o.plan.in_start]
    lines = [
        "# Soak", "",
        f"`{facts['environment']}scripts/soak.sh {facts['count']} {facts['seed']}` on {facts['data']}, {facts['date']}, "
        f"{facts['minutes']:.1f} minutes, {facts['cores']} cores, tally {facts['version']}", "",
        table(("what", "figure"), [
            ("cycles", len(outcomes)),
            ("runs that finished", tally.runs),
            ("of these with the digest and metrics of the uninterrupted run",
             tally.runs - sum("digest" in f or "metrics" in f for f in tally.failures)),
            ("resumes", tally.resumes),
            ("strikes during training",
             f"{inside} ({100 * inside / max(1, len(outcomes)):.0f} %)"),
            ("strikes aimed at the writing of a checkpoint", len(aimed)),
            ("strikes that hit it", sum(o.is_inside_write for o in outcomes)),
            ("hangs", sum(o.is_hang for o in outcomes)),
            ("mpirun left waiting without ranks, and ended by the script", sum(o.is_mpirun_empty for o in outcomes)),
            ("orphans", sum(o.orphans for o in outcomes)),
            ("most steps lost, in checkpoint intervals", f"{worst:.2f}"),
            ("longest time from a strike to the end of all processes", f"{longest:.1f} s"),
            ("files that Tally left in temporary directories and shared memory",
             sum(len(o.leftovers_of_ours) for o in outcomes)),
            ("files that Open MPI left there (the script removes them)",
             sum(o.leftovers_of_mpi for o in outcomes)),
            ("failures", len(tally.failures)),
        ]), "",
        "## Strikes by phase", "", strikes(outcomes), "",
        "## Strikes by progress of the run", "", histogram(tally.cycles), "",
        "## Layouts", "",
        table(("ranks", *range(1, 9)),
              [("cycles", *(sum(o.plan.ranks == r for o in outcomes) for r in range(1, 9)))]), "",
        table(("threads a rank", *range(1, 5)),
              [("cycles", *(sum(o.plan.threads == t for o in outcomes) for t in range(1, 5)))]), "",
        "## Instruction sets of oneDNN's kernels", "",
        table(("instruction set", "runs"), sorted(tally.instructions.items())), ""]
    if tally.failures:
        lines += ["## Failures", "", *(f"- {failure}" for failure in tally.failures), ""]
    return "\n".join(lines)
