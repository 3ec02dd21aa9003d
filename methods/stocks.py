"""How surprising a stock is (persons, households at a date): a random walk seen at the months that are known, be they near or far back.

Model: the figure less the county's movement changes by steps that grow with the root of its size. After d months the change has variance
s²·size·d·(1 + ρ·(d − 1)): independent monthly steps make it grow with d, a village's own steady growth or decline (the share ρ of a
step's variance) with d². s is the county's, by quantiles of changes between known months; ρ compares changes over one and over several
months. The predictive distribution is Student's t: such figures move in jumps, and a scale known from few months is itself uncertain,
so that few months allow few degrees of freedom. A month in which all villages move more than they did widens the band for all of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

from methods.robust import FEW, median_of_others, scale_of
from methods.surprise import Surprise, student, surprise_of_ratios

Block = NDArray[np.float64]
Ages = NDArray[np.int64]

_FIGURES_LOOKED_AT = 3
_PAIRS, _FAR_PAIRS = 12, 4
_STEADY, _LEAST_STEADY, _MOST_STEADY = 0.25, 0.1, 1.0
_FREE_TO_BEGIN = 2.0
_FEWEST_IN_A_ROW, _FAR_POINT, _FEWEST_BEYOND, _TAILS = 4, 0.998, 3, (2.0, 3.0, 4.0, 6.0, 10.0, 30.0)
_BULK, _BULK_DEGREES = (0.5, 0.9, 0.95), 3.0
"""Quantiles of this month's changes that its own mistakes do not reach."""


@dataclass(frozen=True)
class Held:
    """What stocks were held against. figure: n × C, the village's latest known figure; months: how many months ago it was, NaN if never."""

    figure: Block
    months: Block


def held_against(stocks: Block, ages: Sequence[int]) -> Held:
    """The latest figure known before the last month, and its age.

    Args:
        stocks: T × n × C, the last month being the one that is looked at.
        ages: T, how many months before the last one each month was.
    """
    figure, months = np.full(stocks.shape[1:], np.nan), np.full(stocks.shape[1:], np.nan)
    for past, age in zip(stocks[:-1], ages[:-1], strict=True):
        known = ~np.isnan(past)
        figure[known], months[known] = past[known], age
    return Held(figure, months)


def surprise_of_stocks(stocks: Block, exposure: Block, ages: Sequence[int] | None = None) -> Surprise:
    """Stocks of the last month against those of the months before, moved as the other villages moved since.

    A figure that fits either the latest known one or the median of the last three is usual: one wrong figure of the past asks nothing of
    the right one after it. Without an earlier figure, the figure a head is held against that of the other villages.

    Args:
        stocks: T × n × C.
        exposure: T × n × C, positive; only where nothing earlier is known it is looked at.
        ages: T, how many months before the last one each month was; by default they follow one another.
    """
    since = np.arange(len(stocks) - 1, -1, -1) if ages is None else np.asarray(ages, dtype=np.int64)
    first = surprise_of_ratios(stocks[-1:], exposure[-1:])
    if len(stocks) < 2:
        return first
    bases, back = _moved(stocks, since)
    scale, steady, degrees = _steps(stocks, since)
    wider, now_degrees = _this_month(stocks[-1], bases[0], back[0], steady, scale, has_past=len(stocks) > 2)
    spread = np.maximum(scale * wider * _growth(back, steady) * np.sqrt(np.maximum(bases, 1.0)), 0.5)
    mean, spread = _nearest_usual(stocks[-1], bases, spread)
    found = student(stocks[-1], mean, spread, np.minimum(degrees, now_degrees))
    never = np.isnan(mean)
    return Surprise(*(np.where(never, a, b) for a, b in zip(_parts(first), _parts(found), strict=True)))


def _parts(found: Surprise) -> tuple[Block, ...]:
    return found.p, found.mean, found.spread, found.low, found.high


def _growth(months: Block | int, steady: Block) -> Block:
    """Spread of the change over so many months, in steps of one month."""
    return np.asarray(np.sqrt(months * (1.0 + steady * (np.maximum(months, 1) - 1))))


def _moved(stocks: Block, since: Ages) -> tuple[Block, Block]:
    """3 × n × C each: the last three known figures of the past, latest first, moved as the county moved since; and their ages."""
    past = stocks[:-1]
    rank = np.cumsum(~np.isnan(past[::-1]), axis=0)[::-1]  # 1: the latest known
    bases = np.full((_FIGURES_LOOKED_AT, *past.shape[1:]), np.nan)
    ages = np.full(bases.shape, np.nan)
    for month in range(len(past) - 1, -1, -1):
        taken = [~np.isnan(past[month]) & (rank[month] == k + 1) for k in range(_FIGURES_LOOKED_AT)]
        if any(at.any() for at in taken):
            moved = past[month] * _movement(past[month], stocks[-1])
            for k, at in enumerate(taken):
                bases[k][at], ages[k][at] = moved[at], since[month]
    return bases, ages


def _nearest_usual(now: Block, bases: Block, spread: Block) -> tuple[Block, Block]:
    """n × C each: of the latest figure and the median of three, the one fewer spreads away from `now`; of fewer than three the nearest."""
    known = (~np.isnan(bases)).sum(axis=0)
    middle = np.argsort(np.where(np.isnan(bases), np.inf, bases), axis=0, kind="stable")[1]
    is_open = ~np.isnan(bases)
    is_open[1:] &= (known < _FIGURES_LOOKED_AT) | (middle == np.arange(1, len(bases))[:, None, None])
    with np.errstate(invalid="ignore"):
        far = np.where(is_open, np.abs(now - bases) / spread, np.inf)
    at = np.where(np.isfinite(far), far, np.inf).argmin(axis=0)[None]
    return np.take_along_axis(bases, at, axis=0)[0], np.take_along_axis(spread, at, axis=0)[0]


def _steps(stocks: Block, since: Ages) -> tuple[Block, Block, Block]:
    """C each: scale of a step of one month, share of steady movement, degrees of freedom; by the changes between months of the past."""
    past, size = len(stocks) - 1, stocks.shape[2]
    pairs = [(a, a + 1) for a in range(past - 1)][-_PAIRS:]
    steady = np.full(size, _STEADY)
    if not pairs:
        return np.ones(size), steady, np.full(size, np.inf)
    months = [int(since[a] - since[b]) for a, b in pairs]
    near = int(np.median(months))
    far = max((int(since[a] - since[b]) for a in range(past) for b in range(a + 1, past)), default=near)
    far = min(far, int(since[-2]) + near)
    scale, degrees = scale_of(np.concatenate([_changes(stocks, a, b, steady, since) for a, b in pairs]), floor=0.0)
    scale, degrees = _with_tail(_lasting(stocks, past, steady, since), scale, degrees)
    distant = [(a, b) for a in range(past) for b in range(a + 2, past) if int(since[a] - since[b]) == far][-_FAR_PAIRS:]
    if distant and far > near:
        wide, _ = scale_of(np.concatenate([_changes(stocks, a, b, np.zeros(size), since) for a, b in distant]), floor=0.0)
        narrow = scale * _growth(near, steady) / np.sqrt(near)
        with np.errstate(divide="ignore", invalid="ignore"):
            more = np.nan_to_num((wide / narrow) ** 2, nan=1.0, posinf=1.0)
        steady = np.clip((more - 1.0) / np.maximum(far - near, 1), _LEAST_STEADY, _MOST_STEADY)
        scale = narrow * np.sqrt(near) / _growth(near, steady)
    return scale, steady, np.minimum(degrees, _FREE_TO_BEGIN + len(pairs))


def _lasting(stocks: Block, past: int, steady: Block, since: Ages) -> Block:
    """Sizes of changes that lasted: a wrong figure, which makes a change there and one back, makes none; a jump does."""
    if past < _FEWEST_IN_A_ROW:
        return np.full((0, stocks.shape[2]), np.nan)
    out = []
    for at in range(max(2, past - 1 - _PAIRS), past - 1):
        ways = ((at - 1, at), (at - 1, at + 1), (at - 2, at))
        out.append(np.abs([_changes(stocks, a, b, steady, since) for a, b in ways]).min(axis=0))
    return np.concatenate(out)


def _with_tail(lasting: Block, scale: Block, degrees: Block) -> tuple[Block, Block]:
    """Scale and degrees of freedom, fewer of them where the jumps that lasted lie further out than the bulk lets one think."""
    scale, degrees = scale.copy(), degrees.copy()
    for c in range(lasting.shape[1]):
        known = lasting[:, c][~np.isnan(lasting[:, c])]
        if len(known) * (1 - _FAR_POINT) < _FEWEST_BEYOND:
            continue
        point = np.quantile(known, _FAR_POINT)
        reached = [d for d in _TAILS if d <= degrees[c] and t.ppf((1 + _FAR_POINT) / 2, d) * scale[c] >= point]
        degrees[c] = max(reached, default=_TAILS[0])
        scale[c] = max(scale[c], point / t.ppf((1 + _FAR_POINT) / 2, degrees[c]))
    return scale, degrees


def _changes(stocks: Block, before: int, after: int, steady: Block, since: Ages) -> Block:
    """n × C: changes between two months less the county's movement, in roots of size and steps of one month."""
    old, new = stocks[before], stocks[after]
    step = _growth(int(since[before] - since[after]), steady)
    return np.asarray((new / _movement(old, new) - old) / (np.sqrt(np.maximum(old, 1.0)) * step))


def _this_month(now: Block, base: Block, back: Block, steady: Block, scale: Block, *, has_past: bool) -> tuple[Block, Block]:
    """C each: how much wider than by the past this month's changes are, and the degrees of freedom that they allow.

    With a past, the bulk of the changes tells, and it only widens; in the second month known there is nothing else, and the tails tell too.
    """
    with np.errstate(invalid="ignore"):
        steps = (now - base) / (np.sqrt(np.maximum(base, 1.0)) * _growth(back, steady))
    if not has_past:
        own, degrees = scale_of(steps, floor=0.0)
        return own, np.minimum(degrees, _FREE_TO_BEGIN + 1)
    wider, no_limit = np.ones(now.shape[1]), np.full(now.shape[1], np.inf)
    for c in range(now.shape[1]):
        known = np.abs(steps[:, c][~np.isnan(steps[:, c])])
        if len(known) >= FEW:
            unit = np.quantile(known, _BULK) / t.ppf((1 + np.array(_BULK)) / 2, _BULK_DEGREES)
            wider[c] = max(1.0, float((unit / scale[c]).max()))
    return wider, no_limit


def _movement(before: Block, now: Block) -> Block:
    """n × C: the median ratio of this month to an earlier one in the *other* villages of some size; 1 where fewer than five tell."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(before >= 10, now / before, np.nan)
    return median_of_others(ratio, few=5, otherwise=1.0)
