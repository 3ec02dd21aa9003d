"""docs/evidence-benchmark.md and its pictures, from the rows of the trials."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from methods.simulate.patterns.kinds import says
from methods.simulate.patterns.nuisance import RANGES
from methods.simulate.patterns.plant import FAINTEST, SHORTEST
from methods.simulate.patterns.villages import LOOKALIKES
from tests.bench.evidence import pictures
from tests.bench.evidence.criteria import Rows, criteria, frame, lookalikes
from tests.bench.evidence.trials import MADE_FOR, OURS

_COLUMNS = {
    "top20": "precision in top 20",
    "ap": "average precision",
    "recall_listed": "recall, list",
    "false_listed": "FDP, list",
    "recall_strong": "recall, strong",
    "false_strong": "FDP, strong",
    "listed": "villages listed",
}


def write(folder: Path, found: Mapping[str, Any]) -> None:
    """Write the page and draw its pictures below `folder`/evidence."""
    rows: Rows = found["rows"]
    (folder / "evidence").mkdir(parents=True, exist_ok=True)
    shown = pictures.draw(folder / "evidence", rows)
    (folder / "evidence-benchmark.md").write_text("\n".join(_page(rows, found, shown)) + "\n", "utf-8")


def table(head: Sequence[str], lines: Sequence[Sequence[object]]) -> list[str]:
    """A Markdown table; numbers with three significant digits."""
    body = ["| " + " | ".join(_text(cell) for cell in line) + " |" for line in lines]
    return ["| " + " | ".join(head) + " |", "|" + "---|" * len(head), *body, ""]


def _text(cell: object) -> str:
    if isinstance(cell, float):
        return "–" if np.isnan(cell) else f"{cell:.2f}" if abs(cell) < 100 else f"{cell:.0f}"
    return str(cell)


def _page(rows: Rows, found: Mapping[str, Any], shown: Mapping[str, str]) -> list[str]:
    seeds = "development seeds (below 1,000)" if found["development"] else "evaluation seeds (10,000 and above; nothing was tuned on them)"
    return [
        "# Pattern evidence: the benchmark",
        "",
        "How well the pattern tests (`methods/evidence/`) find months of figures that look made rather than counted, how often they ask",
        "an honest village, and what others' methods do on the same records. A flag is a question to a village; what is measured here is",
        "how good a question it is.",
        "",
        f"    make bench-evidence        # {found['seconds'] / 60:.0f} minutes ({found['machine']}, two processes); writes this page",
        "    .venv/bin/python -m tests.bench.evidence.run --quick",
        "",
        f"Written from {seeds}: {_seeds(rows, 'ordinary_methods')} counties of ordinary nuisance,",
        f"{_seeds(rows, 'harder_methods')} of harder nuisance, {_seeds(rows, 'nothing_methods')} with nothing planted,",
        f"{_seeds(rows, 'kinds')} with one kind each.",
        *_trees(found.get("trees", {})),
        "A county has 400 to 600 villages and 36 months; in 5 % of its villages a pattern is planted, and about 40 of the honest villages",
        "are look-alikes.",
        "",
        "## What it must show",
        "",
        *table(["criterion", "shown", "goal", ""], [(c.name, c.shown, c.goal, c.verdict) for c in criteria(rows)]),
        *_methods(rows, "ordinary", "## Every method on the same counties, ordinary nuisance"),
        "DHIS2 and the WHO judge cells: a village is ranked by the number of its outlying cells and listed when one of the last month is",
        "outlying. The isolation forest lists its 5 % most isolated villages; it gets features of every kind that is planted here, which",
        "nobody would have in advance. FDP: share of honest villages on the list.",
        "",
        *_picture(shown, "methods"),
        *_methods(rows, "harder", "## Harder nuisance"),
        *_kinds(rows),
        *_picture(shown, "kinds"),
        *_detection(rows),
        *_picture(shown, "detection"),
        *_honest(rows),
        *_island(rows),
        *_ranges(),
    ]


def _trees(trees: Mapping[str, str]) -> list[str]:
    """Which parts were measured at which commit."""
    parts: dict[str, list[str]] = {}
    for part, tree in trees.items():
        if tree:
            parts.setdefault(tree, []).append(part)
    return [f"Measured at commit {tree}: {', '.join(names)}." for tree, names in parts.items()]


def _seeds(rows: Rows, name: str) -> int:
    found = frame(rows, name)
    return int(found["seed"].nunique()) if len(found) else 0


def _picture(shown: Mapping[str, str], name: str) -> list[str]:
    return [f"![{shown[name]}](evidence/{name}.png)", ""] if name in shown else []


def _methods(rows: Rows, trial: str, title: str) -> list[str]:
    found = frame(rows, f"{trial}_methods")
    if not len(found):
        return []
    mean = found.groupby("method", sort=False)[list(_COLUMNS)].mean()
    worst = found.groupby("method", sort=False)["false_listed"].max()
    lines = [(name, *(float(mean.loc[name, c]) for c in _COLUMNS), float(worst[name])) for name in mean.index]
    return [title, "", *table(["method", *_COLUMNS.values(), "worst FDP, list"], lines)]


def _kinds(rows: Rows) -> list[str]:
    planted, alone = frame(rows, "ordinary_planted"), frame(rows, "kinds")
    if not len(planted) or not len(alone):
        return []
    mixed = planted.groupby("kind").agg(n=("rank", "size"), listed=("listed", "mean"), strong=("strong", "mean"), rank=("rank", "median"))
    by_kind = alone.groupby("kind")[["ap", "ap_left_out", "ap_family_out"]].mean()
    lines = []
    for kind in MADE_FOR:
        m = mixed.loc[kind] if kind in mixed.index else pd.Series({"n": 0, "listed": np.nan, "strong": np.nan, "rank": np.nan})
        a = by_kind.loc[kind] if kind in by_kind.index else pd.Series({"ap": np.nan, "ap_left_out": np.nan, "ap_family_out": np.nan})
        made_for = ", ".join(MADE_FOR[kind])
        lines.append(
            (
                kind,
                says(kind),
                int(m["n"]),
                float(m["listed"]),
                float(m["strong"]),
                float(m["rank"]),
                float(a["ap"]),
                made_for,
                float(a["ap_left_out"]),
                float(a["ap_family_out"]),
            )
        )
    head = [
        "kind",
        "what is planted",
        "villages",
        "listed",
        "strong",
        "median rank",
        "AP alone",
        "made for it",
        "AP without that",
        "AP without its family",
    ]
    return [
        "## Kind by kind, and kinds left out",
        "",
        "Left: in the ordinary counties, with all kinds mixed. Right: counties in which only this kind is planted, ranked with all tests,",
        f"without the test made for the kind (mean {by_kind['ap_left_out'].mean():.2f}), and without all tests of that one's family",
        f"(mean {by_kind['ap_family_out'].mean():.2f}). Strength is drawn between {FAINTEST:g} (faint) and 1; half of the patterns",
        f"are there from the first month, the others begin later, at least {SHORTEST} months before the end.",
        "",
        *table(head, lines),
    ]


def _detection(rows: Rows) -> list[str]:
    found = frame(rows, "detection")
    if not len(found):
        return []
    by_kind = found.groupby("kind")["months"].agg(["size", "count", "median"])
    months = found["months"]
    lines = [(kind, int(r["size"]), int(r["count"]), float(r["median"])) for kind, r in by_kind.iterrows()]
    return [
        "## Months to detection",
        "",
        f"The records are looked at every third month, from the sixth on. Of {len(found)} planted villages {months.notna().sum()} were",
        f"listed at some time, half of these within {months.median():.0f} months of the pattern's beginning, three quarters within",
        f"{months.quantile(0.75):.0f}.",
        "",
        *table(["kind", "villages", "listed at some time", "median months"], lines),
    ]


def _honest(rows: Rows) -> list[str]:
    alike = lookalikes(rows)
    if not len(alike):
        return []
    lines = [
        (
            name,
            text,
            int(alike.loc[name, "villages"]),
            int(alike.loc[name, "listed"]),
            f"{int(alike.loc[name, 'runs_strong'])} of {int(alike.loc[name, 'runs'])}",
        )
        for name, text in LOOKALIKES.items()
        if name in alike.index
    ]
    return [
        "## Honest look-alikes",
        "",
        "In the ordinary counties, with and without planted patterns.",
        "",
        *table(["look-alike", "what it is", "villages", "listed", "runs with a strong flag"], lines),
    ]


def _island(rows: Rows) -> list[str]:
    found, planted = frame(rows, "taiwan"), frame(rows, "taiwan_planted")
    if not len(found):
        return ["## Real villages", "", "Left out of this run: CUNBAO_SHARED_DATA named no folder of real figures.", ""]
    published, changed = found[found["seed"] < 0].iloc[0], found[found["seed"] >= 0]
    mean = changed.groupby("method", sort=False)[list(_COLUMNS)].mean()
    lines = [(name, *(float(mean.loc[name, c]) for c in _COLUMNS)) for name in mean.index]
    by_kind = planted.groupby("kind").agg(n=("listed", "size"), listed=("listed", "mean"), strong=("strong", "mean"))
    return [
        "## Real villages",
        "",
        f"Taiwan, July to December 2018, {int(published['villages'])} villages with births and deaths by sex, marriages, divorces,",
        "households and population by sex: six months, the least from which anything is said. As published,",
        f"{int(published['strong'])} villages have a strong flag and {int(published['listed'])} are on the list 'please check'.",
        "With patterns planted into 5 % of the villages (those kinds that six months of these figures can carry):",
        "",
        *table(["method", *_COLUMNS.values()], lines),
        *table(
            ["kind", "villages", "listed", "strong"],
            [(k, int(r["n"]), float(r["listed"]), float(r["strong"])) for k, r in by_kind.iterrows()],
        ),
    ]


def _ranges() -> list[str]:
    lines = [(r.name, r.meaning, f"{r.ordinary[0]:g} – {r.ordinary[1]:g}", f"{r.harder[0]:g} – {r.harder[1]:g}") for r in RANGES]
    return [
        "## Nuisance",
        "",
        "Each county draws every line evenly from its range. Counts are Poisson with gamma month effects, slowly drifting village effects",
        "that fields share, shocks common to the county and to a town; families move together, twins are born, late births and month-end",
        f"deaths are booked later (`methods/simulate/patterns/`). {OURS}'s tests know none of this.",
        "",
        *table(["name", "meaning", "ordinary", "harder"], lines),
    ]
