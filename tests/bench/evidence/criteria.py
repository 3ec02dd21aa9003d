"""What the pattern tests must show, and whether they do: each line from the rows of the trials, none from anywhere else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from tests.bench.evidence.trials import OURS, Row

Rows = Mapping[str, list[Row]]


class Line(NamedTuple):
    """One criterion. is_met: None where the trial was not run."""

    name: str
    shown: str
    goal: str
    is_met: bool | None

    @property
    def verdict(self) -> str:
        """In one word."""
        return "not run" if self.is_met is None else "met" if self.is_met else "MISSED"


def frame(rows: Rows, name: str) -> pd.DataFrame:
    """The rows of one trial, empty when it was not run."""
    return pd.DataFrame(rows.get(name, []))


def methods(rows: Rows, trial: str) -> pd.DataFrame:
    """Our rows of a trial with whole counties."""
    found = frame(rows, f"{trial}_methods")
    return found[found["method"] == OURS] if len(found) else found


def lookalikes(rows: Rows) -> pd.DataFrame:
    """By look-alike: runs in which one stood, runs with a strong flag on one, villages, villages listed."""
    parts = [frame(rows, f"{trial}_honest") for trial in ("ordinary", "nothing")]
    both = pd.concat(parts, ignore_index=True)
    if not len(both):
        return both
    both = both[both["kind"] != ""]
    by_run = both.groupby(["kind", "seed"]).agg(villages=("code", "size"), listed=("listed", "sum"), strong=("strong", "max"))
    return by_run.groupby("kind").agg(
        runs=("strong", "size"), runs_strong=("strong", "sum"), villages=("villages", "sum"), listed=("listed", "sum")
    )


def criteria(rows: Rows) -> list[Line]:
    """Every criterion of the benchmark."""
    lines: list[Line] = []

    def add(name: str, value: float | None, goal: float, least: bool, text: str = "") -> None:
        if value is None or value != value:
            lines.append(Line(name, "not run", f"{'≥' if least else '≤'} {goal:g}", None))
        else:
            lines.append(Line(name, text or f"{value:.3f}", f"{'≥' if least else '≤'} {goal:g}", value >= goal if least else value <= goal))

    def mean(found: pd.DataFrame, column: str) -> float | None:
        return float(found[column].mean()) if len(found) else None

    def worst(found: pd.DataFrame, column: str) -> float | None:
        return float(found[column].max()) if len(found) else None

    ordinary, harder, nothing = methods(rows, "ordinary"), methods(rows, "harder"), methods(rows, "nothing")
    add("precision in the top 20", mean(ordinary, "top20"), 0.90, True)
    add("average precision", mean(ordinary, "ap"), 0.80, True)
    add("recall of the list 'please check'", mean(ordinary, "recall_listed"), 0.60, True)
    add("its false discovery proportion, mean", mean(ordinary, "false_listed"), 0.10, False)
    add("its false discovery proportion, worst run", worst(ordinary, "false_listed"), 0.25, False)
    add("false discovery proportion of the strong list, mean", mean(ordinary, "false_strong"), 0.05, False)
    add("average precision under harder nuisance", mean(harder, "ap"), 0.70, True)
    kinds = frame(rows, "kinds")
    left_out = float(kinds.groupby("kind")["ap_left_out"].mean().mean()) if len(kinds) else None
    add("average precision on kinds whose own test is left out, mean over kinds", left_out, 0.50, True)
    add("nothing planted: runs with a strong flag", float((nothing["strong"] > 0).mean()) if len(nothing) else None, 0.05, False)
    add("nothing planted: runs with any flag", float((nothing["listed"] > 0).mean()) if len(nothing) else None, 0.10, False)
    alike = lookalikes(rows)
    victims = alike.loc["victim"] if len(alike) and "victim" in alike.index else None
    add(
        "victims of a copying neighbour who are flagged",
        float(victims["listed"] / victims["villages"]) if victims is not None else None,
        0.05,
        False,
    )
    if len(alike):
        rate = (alike["runs_strong"] / alike["runs"]).astype(float)
        add(
            "honest look-alikes: largest share of runs with a strong flag",
            float(rate.max()),
            0.02,
            False,
            f"{rate.max():.3f} ({rate.idxmax()})",
        )
    island = frame(rows, "taiwan")
    published = island[island["seed"] < 0].iloc[0] if len(island) else None
    share = float(published["strong"] / published["villages"]) if published is not None else None
    text = f"{int(published['strong'])} of {int(published['villages'])}" if published is not None else ""
    add("real villages as published: strong flags", share, 1 / 2000, False, text)
    for row in rows.get("speed", []):
        name = f"{row['villages']:,} villages × 36 months, wall seconds in {row['processes']} process{'es' if row['processes'] > 1 else ''}"
        add(name, row["wall"], 5 if row["processes"] == 1 else 300, False, f"{row['wall']:.1f} (CPU {row['cpu']:.1f})")
    return lines
