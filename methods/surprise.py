"""How surprising a figure is, given what it is counted out of and what came before: one function a kind of figure.

Counts of events: two-sided mid-p of the negative binomial prediction (methods.expected). Parts of a whole (paid | eligible):
beta-binomial given the whole, with the village's own earlier share. Stocks: the change since last month, less the county's movement, and
amounts a head: the deviation from the village's own usual, both by Student's t, because such figures move in jumps; scale and degrees of
freedom are the county's. A figure is never part of its own baseline. Figures of the past that were themselves far out weigh little.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln
from scipy.stats import nbinom, norm, t

from methods.expected import Prediction, predict

Block = NDArray[np.float64]

_BAND = 0.95
_FLOOR = 1e-300
_DEGREES = np.array([2.0, 3.0, 4.0, 6.0, 10.0, 30.0])
_LARGE_WHOLE = 400
_ROWS_AT_ONCE = 4096
_FEW_MONTHS = 3
_LEFT_OUT, _FAR = 2, 4.0
_SEVERAL = 5
_OLDER = 1.5  # a figure of two months ago may have moved further
_SOME_OF_COUNTY, _SHARES_VARY = 20.0, 0.02
_FEW = 40
"""Fewer deviations than this tell nothing of their tails: few degrees of freedom are taken."""


@dataclass(frozen=True)
class Surprise:
    """n × C each. p: two-sided p-value. mean, spread: expected figure and its standard deviation, without the figure itself.
    low, high: 95 % prediction interval. NaN: cannot be told."""

    p: Block
    mean: Block
    spread: Block
    low: Block
    high: Block

    @classmethod
    def unknown(cls, n: int, size: int) -> Surprise:
        """Nothing can be told of n × size figures."""
        return cls(*(np.full((n, size), np.nan) for _ in range(5)))


def surprise_of_counts(counts: Block, exposure: Block) -> Surprise:
    """Counts of events of the last month against prediction.

    Args:
        counts, exposure: T × n × C, as for `methods.expected.predict`.
    """
    return surprise_given(counts[-1], predict(counts, exposure))


def surprise_given(x: Block, made: Prediction) -> Surprise:
    """Two-sided mid-p: 2·min(P(X<x), P(X>x)) + P(X=x), at most 1 (Lancaster, JASA 56, 1961, 223–234)."""
    share = made.shape / (made.shape + made.mean)
    with np.errstate(invalid="ignore"):
        at = nbinom.pmf(x, made.shape, share)
        below, above = nbinom.cdf(x - 1, made.shape, share), nbinom.sf(x, made.shape, share)
        p = np.clip(2 * np.minimum(below, above) + at, _FLOOR, 1.0)
        low, high = (np.asarray(nbinom.ppf(q, made.shape, share)) for q in ((1 - _BAND) / 2, (1 + _BAND) / 2))
    spread = np.sqrt(made.mean + made.mean**2 / made.shape)
    return _where_known(np.isnan(x) | np.isnan(made.mean), p, made.mean, spread, low, high)


def surprise_of_parts(part: Block, whole: Block) -> Surprise:
    """Parts of a whole in the last month: beta-binomial with the village's own earlier share, shrunk to the county's.

    Args:
        part, whole: T × n × C; `part` counts among `whole`. Where the part exceeds the whole, arithmetic speaks (p is NaN).
    """
    known = ~np.isnan(part[:-1]) & ~np.isnan(whole[:-1]) & (part[:-1] <= whole[:-1])
    for _ in range(_LEFT_OUT if len(known) else 0):
        known &= ~_worst_share(part[:-1], whole[:-1], known)
    done = np.where(known, part[:-1], 0.0).sum(axis=0)
    due = np.where(known, whole[:-1], 0.0).sum(axis=0)
    seen = ~np.isnan(part[-1]) & ~np.isnan(whole[-1]) & (part[-1] <= whole[-1])
    now_done, now_due = np.where(seen, part[-1], 0.0), np.where(seen, whole[-1], 0.0)
    # The county's share is that of earlier months; where there is none, that of the other villages this month.
    is_first = due.sum(axis=0) == 0
    own, own_now = _in_bounds(done, due), _in_bounds(now_done, now_due)
    all_done = np.where(is_first, own_now.sum(axis=0) - own_now, own.sum(axis=0) - own)
    all_due = np.where(is_first, now_due.sum(axis=0) - now_due, due.sum(axis=0) - due)
    county = (all_done + 0.5) / (all_due + 1.0)
    prior = _share_shape(part[:-1], whole[:-1], known)
    a, b = prior * county + done, prior * (1 - county) + due - done
    # Months of one village vary more than their pooled count tells: no more weight than a few months' worth.
    most = 40.0 * prior
    shrink = np.minimum(1.0, most / (a + b))
    a, b = np.maximum(a * shrink, 1e-3), np.maximum(b * shrink, 1e-3)
    n, x = now_due, now_done
    p, low, high = (z.reshape(n.shape) for z in _beta_binomial(x.ravel(), n.ravel(), a.ravel(), b.ravel()))
    spread = np.sqrt(n * a * b * (a + b + n) / ((a + b) ** 2 * (a + b + 1)))
    return _where_known(~seen, p, n * a / (a + b), spread, low, high)


def _in_bounds(part: Block, whole: Block) -> Block:
    """n × C: parts moved to where the villages' median share lets them be: one whole a hundred times too large would move the county's."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = _median(np.where(whole >= _SEVERAL, part / whole, np.nan))
    share = np.where(np.isnan(share), part.sum(axis=0) / np.maximum(whole.sum(axis=0), 1.0), share)
    reach = _FAR * np.sqrt(whole * share * (1 - share) * (1 + whole * _SHARES_VARY) + 1.0)
    return np.asarray(np.clip(part, np.maximum(whole * share - reach, 0), np.minimum(whole * share + reach, whole)))


def _worst_share(part: Block, whole: Block, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """T × n × C: the month whose share fits a village's other months (and a little of the county) worst, where that is far."""
    x, n = np.where(known, part, 0.0), np.where(known, whole, 0.0)
    county = (_in_bounds(x.sum(axis=0), n.sum(axis=0)).sum(axis=0) + 0.5) / (n.sum(axis=(0, 1)) + 1.0)
    weight = _SOME_OF_COUNTY
    share = (x.sum(axis=0) - x + weight * county) / (n.sum(axis=0) - n + weight)
    variance = n * share * (1 - share) * (1 + n * _SHARES_VARY) + 1.0
    z = np.where(known, (x - n * share) ** 2 / variance, -1.0)
    worst = np.zeros(z.shape, dtype=bool)
    np.put_along_axis(worst, z.argmax(axis=0)[None], True, axis=0)
    return np.asarray(worst & (z > _FAR**2))


def _beta_binomial(x: Block, n: Block, a: Block, b: Block) -> tuple[Block, Block, Block]:
    """Two-sided mid-p and 95 % interval of each x of n; exact by summing probabilities, by the normal above `_LARGE_WHOLE`."""
    mean, spread = n * a / (a + b), np.sqrt(n * a * b * (a + b + n) / ((a + b) ** 2 * (a + b + 1)))
    z = norm.ppf((1 + _BAND) / 2)
    with np.errstate(invalid="ignore", divide="ignore"):
        p = 2 * norm.sf(np.abs(x - mean) / spread)
    low, high = np.floor(np.maximum(mean - z * spread, 0)), np.ceil(np.minimum(mean + z * spread, n))
    small = np.flatnonzero(n <= _LARGE_WHOLE)
    for rows in np.array_split(small, max(1, len(small) // _ROWS_AT_ONCE)):
        if len(rows) == 0:
            continue
        # log P(0), then the ratio of each probability to the one before it.
        k, size, a1, b1 = np.arange(n[rows].max() + 1), n[rows, None], a[rows, None], b[rows, None]
        inside = k[:-1] < size
        with np.errstate(divide="ignore", invalid="ignore"):
            steps = np.log((size - k[:-1]) * (k[:-1] + a1) / ((k[:-1] + 1) * (size - k[:-1] - 1 + b1)))
        logs = np.cumsum(np.hstack([betaln(a1, size + b1) - betaln(a1, b1), np.where(inside, steps, -np.inf)]), axis=1)
        chance = np.exp(logs)
        sums = np.cumsum(chance, axis=1)
        here = x[rows].astype(np.int64)
        at, below = chance[np.arange(len(rows)), here], np.where(here > 0, sums[np.arange(len(rows)), np.maximum(here - 1, 0)], 0.0)
        # From the other end, so that a small upper tail is not the difference of two ones.
        tail = np.cumsum(chance[:, ::-1], axis=1)[:, ::-1]
        above = np.where(here + 1 < len(k), tail[np.arange(len(rows)), np.minimum(here + 1, len(k) - 1)], 0.0)
        p[rows] = 2 * np.minimum(below, above) + at
        low[rows] = (sums < (1 - _BAND) / 2).sum(axis=1)
        high[rows] = np.minimum((sums < (1 + _BAND) / 2).sum(axis=1), n[rows])
    return np.clip(p, _FLOOR, 1.0), low, high


def _share_shape(part: Block, whole: Block, known: NDArray[np.bool_]) -> Block:
    """C: a + b of the beta distribution of monthly shares, by moments over villages and months, between 2 and 200."""
    with np.errstate(invalid="ignore", divide="ignore"):
        usable = known & (whole > 0)
        share = np.where(usable, part / np.where(usable, whole, 1.0), np.nan)
    out = np.full(part.shape[2], 10.0)
    for c in range(part.shape[2]):
        own = usable[:, :, c]
        if own.sum() < 20:
            continue
        n, y = whole[:, :, c][own], share[:, :, c][own]
        mean = float((y * n).sum() / n.sum())
        binomial = mean * (1 - mean)
        excess = float(((y - mean) ** 2).mean() - (binomial / n).mean())
        out[c] = np.clip(binomial / excess - 1 if excess > 0 else 200.0, 2.0, 200.0)
    return out


def surprise_of_stocks(stocks: Block, exposure: Block) -> Surprise:
    """Stocks of the last month against the months before, moved as the other villages moved; in √persons, by Student's t.

    A figure that fits either the month before or the median of the three before is usual: one wrong figure of the past asks nothing
    of the right one after it. Without a month before, the figure a head is held against that of the other villages.

    Args:
        stocks: T × n × C.
        exposure: T × n × C, positive; only the first month's test looks at it.
    """
    if len(stocks) < 2:
        return surprise_of_ratios(stocks, exposure)
    past, is_filled = _filled(stocks[-4:-1])
    movement = _movement(past[-1], stocks[-1])
    base = _nearest_usual(stocks[-1] / movement, past)
    root = np.sqrt(np.maximum(base, 1.0)) * np.where(is_filled, _OLDER, 1.0)
    scale, degrees = _scale_of(_past_changes(stocks), floor=0.0)
    mean = base * movement
    spread = np.maximum(scale * root, 0.5)
    return _student(stocks[-1], mean, spread, degrees)


def _filled(past: Block) -> tuple[Block, NDArray[np.bool_]]:
    """`past` with months of no report filled by the figure before, moved as the county moved; and where the last month is such a one."""
    out = past.copy()
    for month in range(1, len(out)):
        blank = np.isnan(out[month])
        out[month] = np.where(blank, out[month - 1] * _movement(out[month - 1], past[month]), out[month])
    return out, np.isnan(past[-1]) & ~np.isnan(out[-1])


def _nearest_usual(now: Block, past: Block) -> Block:
    """n × C: of the last figure and the median of all of `past`, the one nearer to `now`; of fewer than three figures the nearest.

    Args:
        past: months × n × C, the last one being the month before.
    """
    known = (~np.isnan(past)).sum(axis=0)
    distance = np.where(np.isnan(past), np.inf, np.abs(past - now[None]))
    nearest = np.take_along_axis(past, distance.argmin(axis=0)[None], axis=0)[0]
    middle, last = _median(past), past[-1]
    with np.errstate(invalid="ignore"):
        robust = np.where(np.abs(last - now) <= np.abs(middle - now), last, middle)
    return np.asarray(np.where(known < _FEW_MONTHS, nearest, robust))


def _past_changes(stocks: Block) -> Block:
    """m × C: changes of earlier months, less the county's movement, a √size; of this month where there is no earlier one."""
    last = len(stocks) - 1 if len(stocks) > 2 else len(stocks)
    out = []
    for month in range(max(1, last - 12), last):
        before, now = stocks[month - 1], stocks[month]
        moved = now / _movement(before, now)
        out.append((moved - before) / np.sqrt(np.maximum(before, 1.0)))
    return np.concatenate(out)


def _movement(before: Block, now: Block) -> Block:
    """n × C: the median ratio of this month to the last in the *other* villages of some size; 1 where fewer than five tell."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.where(before >= 10, now / before, np.nan)
    return _median_of_others(ratio, few=5, otherwise=1.0)


def _median_of_others(values: Block, *, few: int, otherwise: float) -> Block:
    """n × C: median of each column without the row itself."""
    n, size = values.shape
    order = np.sort(values, axis=0)  # NaN last
    count = (~np.isnan(values)).sum(axis=0)
    columns = np.arange(size)
    known = ~np.isnan(values)
    left = count - known  # how many others
    low, high = np.maximum((left - 1) // 2, 0), np.maximum(left // 2, 0)
    rank = np.argsort(np.argsort(values, axis=0, kind="stable"), axis=0, kind="stable")

    def pick(at: NDArray[np.int64]) -> Block:
        shifted = at + (known & (at >= rank))
        return np.asarray(order[np.clip(shifted, 0, n - 1), columns[None, :]])

    return np.where(left >= few, (pick(low) + pick(high)) / 2, otherwise)


def surprise_of_ratios(amounts: Block, heads: Block) -> Surprise:
    """Amounts of the last month a head, on a log scale, against the village's own earlier median, or the other villages' where it has none.

    Args:
        amounts, heads: T × n × C; only where both are positive can anything be told.
    """
    usable = (amounts > 0) & (heads > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(usable, np.log(np.where(usable, amounts, 1.0) / np.where(usable, heads, 1.0)), np.nan)
    now, past = logs[-1], logs[-7:-1]
    others = _median_of_others(now, few=5, otherwise=np.nan)
    if len(past):
        own = _median(past)
        few_known = (~np.isnan(past)).sum(axis=0) < _FEW_MONTHS
        base = np.where(few_known, _nearest_usual(now, np.concatenate([others[None], past[-2:]])), own)
        scale, degrees = _scale_of((past - own[None]).reshape(-1, now.shape[1]), floor=0.02)
        wide, few = _scale_of(now - others, floor=0.02)
        scale, degrees = np.where(np.isnan(own), wide, scale), np.where(np.isnan(own), few, degrees)
    else:
        base = others
        scale, degrees = _scale_of(now - others, floor=0.02)
    with np.errstate(invalid="ignore"):
        size, unit = np.exp(np.minimum(base, 50.0)) * heads[-1], np.broadcast_to(scale, base.shape)
        half = t.ppf((1 + _BAND) / 2, degrees) * unit
        p = np.clip(2 * t.sf(np.abs(now - base) / unit, degrees), _FLOOR, 1.0)
        spread = size * np.expm1(np.minimum(unit, 3.0))
        return _where_known(np.isnan(now) | np.isnan(base), p, size, spread, size * np.exp(-half), size * np.exp(np.minimum(half, 50.0)))


def _student(x: Block, mean: Block, spread: Block, degrees: Block) -> Surprise:
    with np.errstate(invalid="ignore"):
        p = np.clip(2 * t.sf(np.abs(x - mean) / spread, degrees), _FLOOR, 1.0)
        half = t.ppf((1 + _BAND) / 2, degrees) * spread
        low, high = np.floor(np.maximum(mean - half, 0)), np.ceil(mean + half)
    return _where_known(np.isnan(x) | np.isnan(mean), p, mean, spread, low, high)


def _scale_of(deviations: Block, *, floor: float) -> tuple[Block, Block]:
    """C each: scale and degrees of freedom of Student's t by the 50, 90 and 98 % points of |deviation|, which a few wrong figures do not
    move; where half of all deviations are nought the higher points speak (as WHO's fallback where the MAD is 0)."""
    size = deviations.shape[1]
    scale, degrees = np.full(size, max(floor, 1e-9)), np.full(size, 3.0)
    for c in range(size):
        known = np.abs(deviations[:, c][~np.isnan(deviations[:, c])])
        if len(known) == 0:
            continue
        points = np.quantile(known, [0.5, 0.9, 0.98])
        if len(known) >= _FEW and points[0] > 0:
            ratio = points[2] / points[0]
            expected = t.ppf(0.99, _DEGREES) / t.ppf(0.75, _DEGREES)
            degrees[c] = _DEGREES[np.flatnonzero(expected >= ratio).max(initial=0)]
        unit = points / t.ppf([0.75, 0.95, 0.99], degrees[c])
        scale[c] = max(unit[0], unit[1], unit[2], floor, 1e-9)
    return scale, degrees


def _median(block: Block) -> Block:
    """Median over the first axis, NaN where nothing is known."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        return np.asarray(np.nanmedian(block, axis=0))


def _where_known(unknown: NDArray[np.bool_], *parts: Block) -> Surprise:
    return Surprise(*(np.where(unknown, np.nan, part) for part in parts))
