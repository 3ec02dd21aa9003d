"""Single-cell mistakes planted into right reports, in cells of every kind: does localisation name the cell, and the slip?"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from countyframes import reports_by_month

from methods.edits import edit_system
from methods.implausible import Expectation, expect
from methods.localise import localise, truly_wrong_rank
from methods.looking import aligned
from methods.panel import panel_of
from methods.repairs import transposed
from methods.simulate.county import simulate_county
from schemas.dictionary import Dictionary

Wrong = dict[str, float]
Planter = Callable[[np.random.Generator, dict[str, float], dict[str, float], Sequence[str], Dictionary], Wrong | None]
NAMED = {
    "swapped sexes": ("sexes_swapped",),
    "digits transposed": ("digits_transposed",),
    "times ten": ("times_ten",),
    "divided by ten": ("divided_by_ten",),
    "sign": ("sign",),
    "neighbouring cell": ("neighbouring_cell", "sexes_swapped"),
    "last month's figure": ("last_month",),
}
"""Kind planted → names of the repair that explains it. 'some other figure' has none."""


@dataclass(frozen=True)
class Located:
    """rows: kind, rank of the first set of truly wrong cells (0: none), n_sets, repair shown first. seconds: processor time of all."""

    rows: pd.DataFrame
    seconds: float

    def shares(self) -> dict[str, float]:
        """The numbers of issue 4."""
        r, named = self.rows, self.rows[self.rows["kind"].isin(list(NAMED))]
        only = r[r["n_sets"] == 1]
        is_named = [repair in NAMED[kind] for kind, repair in zip(named["kind"], named["repair"], strict=True)]
        return {
            "villages": len(r),
            "in the first set": float((r["rank"] == 1).mean()),
            "in the first three": float(r["rank"].between(1, 3).mean()),
            "where only one set will do": float((only["rank"] == 1).mean()) if len(only) else 1.0,
            "the named slip first": float(np.mean(is_named)) if is_named else 1.0,
            "seconds for 300 villages": self.seconds / max(len(r), 1) * 300,
        }

    def page(self) -> str:
        """Markdown."""
        r = self.rows
        lines = ["| kind | villages | first | first three | named slip first |", "|---|---:|---:|---:|---:|"]
        for kind, here in r.groupby("kind"):
            named = np.mean([x in NAMED[str(kind)] for x in here["repair"]]) if kind in NAMED else np.nan
            said = "–" if named != named else f"{named:.3f}"
            lines.append(f"| {kind} | {len(here)} | {(here['rank'] == 1).mean():.3f} | {here['rank'].between(1, 3).mean():.3f} | {said} |")
        return "\n".join([*lines, "", *[f"- {name}: {value:.3f}" for name, value in self.shares().items()]])


def localised_single_cells(seed: int, dictionary: Dictionary, *, villages: int = 300, months: int = 8, rounds: int = 4) -> Located:
    """Plant a mistake into every right report of the last month, `rounds` times, and localise those that break an edit."""
    rng = np.random.default_rng(seed)
    names = [f"2024-{n + 1:02d}" for n in range(months)]
    county = simulate_county(rng, dictionary, months=names, villages=villages, towns=max(2, villages // 25), plant_mistakes=False)
    reports = dict(reports_by_month(county, dictionary))
    codes, month = list(dictionary.codes), names[-1]
    right, before = reports[month], reports[names[-2]]
    last = aligned(before, right["village_code"], dictionary)
    history = pd.concat([r[["month", "village_code", *codes]] for r in reports.values()], ignore_index=True)
    used = {code for i in edit_system(right, last, dictionary, month).instances for code in i.reads} & set(codes)
    cells = [code for code in codes if code in used]
    rows: list[dict[str, object]] = []
    seconds = 0.0
    for _ in range(rounds):
        wrong, kinds, touched = right.copy(), [], []
        block = wrong[codes].to_numpy(copy=True)
        for row in range(len(wrong)):
            kind = list(PLANTERS)[int(rng.integers(len(PLANTERS)))]
            shown, was = dict(zip(codes, block[row], strict=True)), dict(zip(codes, last[codes].to_numpy()[row], strict=True))
            change = PLANTERS[kind](rng, shown, was, cells, dictionary)
            for code, value in (change or {}).items():
                block[row, codes.index(code)] = value
            kinds.append(kind if change else "")
            touched.append(frozenset(change or ()))
        wrong[codes] = block
        past = pd.concat([history[history["month"] < month], wrong[["month", "village_code", *codes]]], ignore_index=True)
        expectation: Expectation = expect(panel_of(past, codes, wrong["village_code"].tolist(), names), dictionary)
        start = time.process_time()
        edits = edit_system(wrong, last, dictionary, month)
        known = {part: expectation.of(part, edits.cells) for part in ("mean", "spread")}
        found = localise(edits, expected=known["mean"], spread=known["spread"], last=last[list(edits.cells)].to_numpy())
        seconds += time.process_time() - start
        broken = edits.broken.any(axis=1)
        asked = {n: cells_of for n, cells_of in enumerate(touched) if cells_of and broken[n]}
        ranks = truly_wrong_rank(found, asked)
        for n in asked:
            here = found[found["row"] == n]
            rows.append({"kind": kinds[n], "rank": ranks[n], "n_sets": len(here), "repair": here["repair"].iloc[0] if len(here) else ""})
    return Located(pd.DataFrame(rows, columns=["kind", "rank", "n_sets", "repair"]), seconds)


def _some(rng: np.random.Generator, shown: dict[str, float], cells: Sequence[str], least: float = 1.0) -> str | None:
    there = [code for code in cells if shown[code] >= least]
    return str(rng.choice(there)) if there else None


def _swap(rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], d: Dictionary) -> Wrong | None:
    pairs = [(a, b) for a, b in pairwise(cells) if d.indicators[a].concept is d.indicators[b].concept]
    pairs = [(a, b) for a, b in pairs if a.endswith("_m") and b.endswith("_f") and abs(shown[a] - shown[b]) > 0]
    if not pairs:
        return None
    a, b = pairs[int(rng.integers(len(pairs)))]
    return {a: shown[b], b: shown[a]}


def _neighbour(
    rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], d: Dictionary
) -> Wrong | None:
    codes = d.codes
    pairs = [(a, b) for a, b in pairwise(codes) if a in cells and b in cells and abs(shown[a] - shown[b]) > 0]
    if not pairs:
        return None
    a, b = pairs[int(rng.integers(len(pairs)))]
    return {a: shown[b], b: shown[a]}


def _digits(
    rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], _d: Dictionary
) -> Wrong | None:
    code = _some(rng, shown, cells, 10.0)
    others = list(transposed(shown[code])) if code else []
    return {code: others[int(rng.integers(len(others)))]} if code and others else None


def _times(rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], _d: Dictionary) -> Wrong | None:
    code = _some(rng, shown, cells)
    return {code: shown[code] * 10} if code else None


def _divided(
    rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], _d: Dictionary
) -> Wrong | None:
    tens = [code for code in cells if shown[code] >= 100 and shown[code] % 10 == 0]
    code = _some(rng, shown, tens, 100.0)
    return {code: shown[code] / 10} if code else None


def _sign(rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], _d: Dictionary) -> Wrong | None:
    code = _some(rng, shown, cells)
    return {code: -shown[code]} if code else None


def _left(rng: np.random.Generator, shown: dict[str, float], was: dict[str, float], cells: Sequence[str], _d: Dictionary) -> Wrong | None:
    code = _some(rng, shown, [c for c in cells if was[c] != shown[c] and was[c] > 0], 0.0)
    return {code: was[code]} if code else None


def _other(rng: np.random.Generator, shown: dict[str, float], _was: dict[str, float], cells: Sequence[str], _d: Dictionary) -> Wrong | None:
    code = _some(rng, shown, cells, 0.0)
    return {code: shown[code] + int(rng.integers(1, 8))} if code else None


PLANTERS: dict[str, Planter] = {
    "swapped sexes": _swap,
    "digits transposed": _digits,
    "times ten": _times,
    "divided by ten": _divided,
    "sign": _sign,
    "neighbouring cell": _neighbour,
    "last month's figure": _left,
    "some other figure": _other,
}
