"""Planting: which villages get which pattern, from when on and how strongly. The truth about it is kept beside the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from methods.simulate.patterns.kinds import KINDS, ONE_DESK, TOWN_WIDE, smoothed
from methods.simulate.patterns.sheet import Columns, Sheet
from methods.simulate.patterns.villages import Numbers, Whole

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

FAINTEST = 0.35
SHORTEST = 12
"""A pattern works for at least so many months (all of them where the panel is shorter)."""
TOGETHER = (5, 9)


class Planted(NamedTuple):
    """One village with a planted pattern. start: month number from which it works. other: the village it copies from, −1 if none."""

    village: int
    kind: str
    strength: float
    start: int
    other: int = -1


def plant(
    rng: np.random.Generator,
    dictionary: Dictionary,
    codes: Sequence[str],
    values: Numbers,
    town: Whole,
    free: NDArray[np.bool_],
    count: int,
    kinds: Sequence[str] | None = None,
) -> list[Planted]:
    """Plant patterns into about `count` of the villages in `free`, changing `values` (T × n × C).

    Kinds follow each other in a random order, so that every county has about as many of each; in two counties of three a pair is
    filled in at one desk, and in every third some villages of one town are filled in together. A village that a neighbour copies is
    never planted itself.

    Args:
        rng: source of chance.
        dictionary: what the codes mean.
        codes: C indicators.
        values: T × n × C as reported.
        town: n town numbers.
        free: n, villages into which may be planted.
        count: how many villages.
        kinds: names from `KINDS`; by default all that the panel can carry, and the town-wide one.
    """
    columns, months = Columns(dictionary, codes), len(values)
    able = [k for k in KINDS if columns.has(*KINDS[k].needs) and KINDS[k].first + min(SHORTEST, 5) <= months]
    able = [k for k in able if kinds is None or k in kinds]
    left, made = set(np.flatnonzero(free).tolist()), list[Planted]()
    for _ in range(int(rng.random() < 2 / 3) if kinds is None else count // 2 if ONE_DESK in kinds else 0):
        made += _one_desk(rng, columns, values, town, left)
    if (kinds is None and rng.random() < 1 / 3 and count > TOGETHER[1]) or (kinds is not None and TOWN_WIDE in kinds):
        made += _town_wide(rng, columns, values, town, left, _onset(rng, months, 0))
    turn = [k for _ in range(count) for k in rng.permutation(able).tolist()] if able else []
    for kind in turn[: max(0, count - len(made))]:
        if not left:
            break
        village = int(rng.choice(sorted(left)))
        left.discard(village)
        others = [v for v in np.flatnonzero(town == town[village]).tolist() if v in left]
        other = int(rng.choice(others)) if others else -1
        if kind == "neighbour_copy":
            if other < 0:
                continue
            left.discard(other)
        sheet = Sheet(
            columns,
            values[:, village],
            _onset(rng, months, KINDS[kind].first),
            float(rng.uniform(FAINTEST, 1)),
            values[:, max(other, 0)],
            rng,
        )
        KINDS[kind].apply(sheet)
        sheet.balance()
        made.append(Planted(village, kind, sheet.strength, sheet.start, other if kind == "neighbour_copy" else -1))
    return made


def _onset(rng: np.random.Generator, months: int, first: int) -> int:
    """Half of the patterns are there from the beginning, the others begin at some later month."""
    latest = max(first, months - SHORTEST)
    return first if rng.random() < 0.5 or latest <= first else int(rng.integers(first, latest + 1))


def _one_desk(rng: np.random.Generator, columns: Columns, values: Numbers, town: Whole, left: set[int]) -> list[Planted]:
    village = int(rng.choice(sorted(left)))
    near = [v for v in sorted(left) if town[v] == town[village] and v != village]
    if not near:
        return []
    start, pair = _onset(rng, len(values), 0), (village, int(rng.choice(near)))
    left.difference_update(pair)
    for v in pair:
        sheet = Sheet(columns, values[:, v], start, FAINTEST, values[:, v], rng)
        smoothed(sheet)
        sheet.balance()
    return [Planted(v, ONE_DESK, FAINTEST, start) for v in pair]


def _town_wide(rng: np.random.Generator, columns: Columns, values: Numbers, town: Whole, left: set[int], start: int) -> list[Planted]:
    counts = {t: [v for v in sorted(left) if town[v] == t] for t in np.unique(town).tolist()}
    able = [t for t, members in counts.items() if len(members) >= TOGETHER[0]]
    if not able:
        return []
    members = counts[int(rng.choice(able))]
    members = [int(v) for v in rng.choice(members, size=min(len(members), int(rng.integers(*TOGETHER))), replace=False)]
    left.difference_update(members)
    sheets = [Sheet(columns, values[:, v], start, 1.0, values[:, v], rng) for v in members]
    size = np.array([np.nanmean(sheet.true[:, columns.of("population_end")].sum(axis=1)) for sheet in sheets])
    for t in range(start, len(values)):
        total = np.nansum([sheet.true[t] for sheet in sheets], axis=0)
        for sheet, part in zip(sheets, size / size.sum(), strict=True):
            sheet.values[t, sheet.counted] = np.where(np.isnan(sheet.true[t, sheet.counted]), np.nan, np.rint(total * part)[sheet.counted])
    for sheet in sheets:
        sheet.balance()
    return [Planted(v, TOWN_WIDE, 1.0, start) for v in members]
