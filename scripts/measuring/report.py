# SPDX-License-Identifier: MIT
"""Tables in Markdown and CSV, and the goals with what was reached."""
import csv
import pathlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass


def table(titles: Sequence[str], rows: Iterable[Sequence]) -> str:
    lines = [titles, ["---"] * len(titles), *rows]
    return "\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines)


def write_csv(path: pathlib.Path, rows: list[dict]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0] if rows else ["section"], lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def significant(value: float) -> str:
    """Four digits: 357,900; 1,234; 56.78."""
    if value >= 1000:
        digits = len(str(int(value))) - 4
        return f"{round(value, -digits):,.0f}"
    return f"{value:.4g}"


@dataclass
class Goal:
    what: str
    goal: str
    figure: str | None = None      # none: was not measured
    reached: bool = False


def at_least(what: str, limit: float | None, figures: dict[str, float], form: str,
             best: bool = False) -> Goal:
    """`figures` by name; all of them must reach the limit, if there is one, or with `best` the
    best."""
    goal = Goal(what, "none" if limit is None else ">= " + form.format(limit))
    if figures:
        if best:
            name = max(figures, key=lambda key: figures[key])
            figures = {name: figures[name]}
        goal.figure = ", ".join(f"{form.format(value)} {name}".strip()
                                for name, value in figures.items())
        goal.reached = limit is None or min(figures.values()) >= limit
    return goal


def goals_table(goals: Iterable[Goal]) -> str:
    return table(["what", "goal", "measured", "reached"],
                 [[goal.what, goal.goal, goal.figure or "not measured", reached(goal)]
                  for goal in goals])


def reached(goal: Goal) -> str:
    if goal.figure is None or goal.goal == "none":
        return "-"
    return "yes" if goal.reached else "**no**"


def write_goals(path: pathlib.Path, goals: Iterable[Goal], columns: Mapping[str, str]) -> None:
    """For scripts/bench_goals.py; `columns` say what was measured, and on what."""
    write_csv(path, [{"what": goal.what, "goal": goal.goal, "measured": goal.figure or "",
                      "reached": reached(goal), **columns} for goal in goals])
