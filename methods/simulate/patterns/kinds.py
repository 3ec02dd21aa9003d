"""What is planted: ways in which months of figures come to look made rather than counted. Each changes a village's sheet in place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np

from methods.simulate.patterns.sheet import Sheet
from methods.simulate.patterns.villages import Numbers


class Kind(NamedTuple):
    """apply: changes the sheet. first: the earliest month number from which it can work. needs: concepts it cannot do without."""

    apply: Callable[[Sheet], None]
    first: int = 0
    needs: tuple[str, ...] = ()


_BALANCED = ("moved_in", "moved_out", "population_start", "population_end")


def _jitter(rng: np.random.Generator, block: Numbers, share: float) -> Numbers:
    """A share of the figures goes up or down by one, never below 0."""
    step = rng.choice([-1.0, 1.0], block.shape) * (rng.random(block.shape) < share)
    return np.asarray(np.maximum(block + step, 0))


def _months(s: Sheet, least: float) -> list[int]:
    """The months that are made: a share of them between `least` and 1, by strength."""
    share = least + (1 - least) * s.strength
    return [t for t in s.months if s.rng.random() < share]


def _copy_rows(s: Sheet, source: Callable[[int], Numbers], least: float, jitter: float) -> None:
    for t in _months(s, least):
        row = source(t)[s.counted]
        own = s.values[t, s.counted]
        s.values[t, s.counted] = np.where(np.isnan(row) | np.isnan(own), own, _jitter(s.rng, row, jitter * (1 - s.strength)))


def copy_forward(s: Sheet) -> None:
    """Last month's sheet is sent again with few figures changed."""
    _copy_rows(s, lambda t: s.values[t - 1], 0.6, 0.3)


def constant_lag(s: Sheet) -> None:
    """The sheet of some months ago is sent again, always as long ago."""
    lag = int(s.rng.integers(2, min(12, s.start + 1))) if s.start >= 2 else 2
    _copy_rows(s, lambda t: s.values[t - lag], 0.8, 0.3)


def last_year(s: Sheet) -> None:
    """Last year's sheet of the same month is sent again."""
    _copy_rows(s, lambda t: s.values[t - 12], 0.8, 0.3)


def duplicated_rows(s: Sheet) -> None:
    """A few old sheets are sent again in turn."""
    pool = s.rng.choice(s.start, size=min(s.start, int(s.rng.integers(2, 6))), replace=False)
    _copy_rows(s, lambda _: s.values[int(s.rng.choice(pool))], 0.6, 0.2)


def neighbour_copy(s: Sheet) -> None:
    """A neighbour's sheet of the same month with few figures changed."""
    _copy_rows(s, lambda t: s.neighbour[t], 0.7, 0.3)


def smoothed(s: Sheet) -> None:
    """A yearly figure is spread evenly over the months: usual level, rounded so that the sum comes out."""
    columns, least = s.counted, _months(s, 0.7)
    level = np.nanmean(s.true[s.start :, columns], axis=0)
    phase = s.rng.random(len(columns))
    running = np.floor(level[None, :] * np.arange(1, len(s.months) + 1)[:, None] + phase)
    even = np.diff(np.vstack([np.floor(phase)[None], running]), axis=0)
    even = _jitter(s.rng, even, 0.15 * (1 - s.strength))
    for t in least:
        s.values[t, columns] = np.where(np.isnan(s.true[t, columns]), np.nan, even[t - s.start])


def heaped(s: Sheet) -> None:
    """Registers are estimated, not read: stocks and larger flows end in 0 or 5; moves make up the difference."""
    step = 10 if s.strength > 0.6 else 5
    kept = {c for name in _BALANCED for c in s.columns.of(name)} | set(s.columns.of("age"))
    kept |= {roll["eligible"] for roll in s.columns.benefits if "eligible" in roll}
    wide = [c for c in (*s.counted, *s.columns.stocks) if c not in kept]
    for t in _months(s, 0.7):
        row = s.values[t, wide]
        s.values[t, wide] = np.where(row >= step, np.rint(row / step) * step, row)
        if s.can_balance:
            goal = np.rint(s.true[t, s.columns.of("population_end")] / step) * step
            _plug(s, t, goal)


def _plug(s: Sheet, t: int, goal: Numbers) -> None:
    """Let moves make the month end with `goal` persons by sex; carries the month's opening over from the one before."""
    start, end, into, out = (s.columns.of(c) for c in ("population_start", "population_end", "moved_in", "moved_out"))
    if t > 0:
        s.values[t, start] = s.values[t - 1, end]
    gap = goal - (s.values[t, start] + s.net(t) + s.values[t, s.columns.of("boundary_change")])
    s.values[t, into] += np.maximum(gap, 0)
    s.values[t, out] += np.maximum(-gap, 0)
    both = np.maximum(np.minimum(s.values[t, into], s.values[t, out]) - 1, 0)
    s.values[t, into] -= both
    s.values[t, out] -= both
    s.values[t, end] = goal


def target_bunching(s: Sheet) -> None:
    """Every part of a whole lands just on a wished share, always the same."""
    target = float(s.rng.choice([0.85, 0.9, 0.95]))
    for t in _months(s, 0.7):
        for part, whole in s.columns.pairs:
            total = s.values[t, whole].sum()
            if not np.isnan(total) and s.values[t, part] < total + 1:
                s.values[t, part] = np.ceil(target * total - 1e-9)


def constant_ratio(s: Sheet) -> None:
    """Parts are the whole times one share, rounded."""
    shares = {part: float(s.rng.uniform(0.75, 0.96)) for part, _ in s.columns.pairs}
    for t in _months(s, 0.75):
        for part, whole in s.columns.pairs:
            total = s.values[t, whole].sum()
            if not np.isnan(total):
                off = float(s.rng.choice([-1, 0, 1])) if s.rng.random() < 0.2 * (1 - s.strength) else 0.0
                s.values[t, part] = np.clip(np.rint(shares[part] * total) + off, 0, total)


def empty_reporting(s: Sheet) -> None:
    """Noughts are sent: nothing happens in the village, month after month."""
    kept = 0.15 * (1 - s.strength)
    block = s.block(s.counted)
    s.put(s.counted, np.where(np.isnan(block), block, s.rng.binomial(np.nan_to_num(block).astype(np.int64), kept)))


def constant_growth(s: Sheet) -> None:
    """The population grows by the same number each month; moves are written so that it does."""
    growth = s.rng.integers(-2, 4, 2).astype(np.float64)
    opening = s.values[s.start, s.columns.of("population_start")].copy()
    for n, t in enumerate(s.months):
        off = s.rng.choice([-1.0, 0.0, 1.0], 2) * (s.rng.random() < 0.4 * (1 - s.strength))
        _plug(s, t, opening + growth * (n + 1) + off)


def plugged_balance(s: Sheet) -> None:
    """Moves are written to cancel births and deaths, so that the population hardly changes."""
    opening = s.values[s.start, s.columns.of("population_start")].copy()
    chosen = set(_months(s, 0.75))
    for t in s.months:
        if t in chosen:
            _plug(s, t, opening)
        elif t > 0:
            s.values[t, s.columns.of("population_start")] = s.values[t - 1, s.columns.of("population_end")]
            s.values[t, s.columns.of("population_end")] = s.values[t, s.columns.of("population_start")] + s.net(t)
        opening = s.values[t, s.columns.of("population_end")].copy()


def _thin(s: Sheet, positions: list[int], omitted: float) -> None:
    block = s.block(positions)
    s.put(positions, np.where(np.isnan(block), block, s.rng.binomial(np.nan_to_num(block).astype(np.int64), 1 - omitted)))


def births_omitted(s: Sheet) -> None:
    """Many births are never written down, while hospitals and clinics count them."""
    _thin(s, [*s.columns.of("births"), *s.columns.of("late_births")], 0.45 + 0.45 * s.strength)


def girls_omitted(s: Sheet) -> None:
    """Girls are left out, and second births are written as first ones."""
    for concept in ("births", "late_births"):
        if s.columns.has(concept):
            _thin(s, s.columns.of(concept)[1:], 0.6 + 0.4 * s.strength)
    orders = s.columns.of("births_order")
    if orders:
        later = s.block(orders[1:3])
        total = s.values[s.start :, s.columns.of("births")].sum(axis=1)
        kept = np.where(np.isnan(later), later, s.rng.binomial(np.nan_to_num(later).astype(np.int64), 0.25 * (1 - s.strength)))
        kept = np.minimum(kept, np.maximum(total[:, None], 0) // 2)
        first = total - kept.sum(axis=1)
        s.put(orders, np.column_stack([first, kept, np.zeros((len(first), len(orders) - 3))]))


def exits_omitted(s: Sheet) -> None:
    """Deaths and those who moved away stay on the books."""
    _thin(s, [*s.columns.of("deaths"), *s.columns.of("moved_out")], 0.6 + 0.35 * s.strength)


def invented(s: Sheet) -> None:
    """Numbers a person thinks of: near the usual one, never the same twice, seldom 0 or ending in 0 or 5, no season."""
    columns = s.counted
    level = np.nanmean(s.true[s.start :, columns], axis=0)
    wide = np.maximum(1.0, level * (0.35 - 0.2 * s.strength))
    last = np.full(len(columns), -1.0)
    for t in s.months:
        row = np.rint(s.rng.uniform(level - wide, level + wide))
        row = np.maximum(row, (level > 0.6).astype(float))
        row += ((row == last) | ((row > 5) & (row % 5 == 0))) * np.where(row > level, -1, 1)
        row = np.maximum(row, 0)
        s.values[t, columns] = np.where(np.isnan(s.true[t, columns]), np.nan, row)
        last = row


def even_sexes(s: Sheet) -> None:
    """Only totals are known and each is split in half by sex."""
    for t in _months(s, 0.8):
        for male, female in s.columns.by_sex:
            total = s.values[t, male] + s.values[t, female]
            s.values[t, male] = np.floor(total / 2) + (total % 2) * (t % 2)
            s.values[t, female] = total - s.values[t, male]


KINDS: Mapping[str, Kind] = {
    "copy_forward": Kind(copy_forward, first=1),
    "constant_lag": Kind(constant_lag, first=3),
    "last_year": Kind(last_year, first=12),
    "duplicated_rows": Kind(duplicated_rows, first=3),
    "neighbour_copy": Kind(neighbour_copy),
    "smoothed": Kind(smoothed),
    "heaped": Kind(heaped),
    "target_bunching": Kind(target_bunching, needs=("satisfaction_forms",)),
    "constant_ratio": Kind(constant_ratio, needs=("satisfaction_forms",)),
    "empty_reporting": Kind(empty_reporting),
    "constant_growth": Kind(constant_growth, needs=_BALANCED),
    "plugged_balance": Kind(plugged_balance, needs=_BALANCED),
    "births_omitted": Kind(births_omitted, needs=("late_births",)),
    "girls_omitted": Kind(girls_omitted, needs=("births_order",)),
    "exits_omitted": Kind(exits_omitted, needs=("moved_out",)),
    "invented": Kind(invented),
    "even_sexes": Kind(even_sexes),
}
TOWN_WIDE, ONE_DESK = "town_wide", "one_desk"
SHARED: Mapping[str, str] = {
    TOWN_WIDE: "The town's total is shared out to its villages in proportion to their population.",
    ONE_DESK: "One hand fills two villages' sheets at one sitting, month after month; figures are a little too even.",
}
"""Patterns of several villages at once."""


def says(kind: str) -> str:
    """What a planted kind does, in one sentence."""
    return SHARED[kind] if kind in SHARED else (KINDS[kind].apply.__doc__ or "").strip()
