"""How surprising a figure is, given what it is counted out of and what came before: one function a kind of figure.

Counts of events: two-sided mid-p of the negative binomial prediction (methods.expected). Parts of a whole (paid | eligible):
beta-binomial given the whole, with the village's own earlier share. Amounts a head: the deviation from the village's own usual by Student's
t, because such figures move in jumps; scale and degrees of freedom are the county's. Stocks have a file of their own (methods.stocks).
A figure is never part of its own baseline. Figures of the past that were themselves far out weigh little.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaln
from scipy.stats import nbinom, norm, t

from methods.expected import Prediction, predict
from methods.robust import median, median_of_others, scale_of

Block = NDArray[np.float64]

BAND = 0.95
FLOOR = 1e-300
_LARGE_WHOLE = 400
_ROWS_AT_ONCE = 4096
_FEW_MONTHS = 3
_LEFT_OUT, _FAR = 2, 4.0
_SEVERAL = 5
_SOME_OF_COUNTY, _SHARES_VARY = 20.0, 0.02


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
        p = np.clip(2 * np.minimum(below, above) + at, FLOOR, 1.0)
        low, high = (np.asarray(nbinom.ppf(q, made.shape, share)) for q in ((1 - BAND) / 2, (1 + BAND) / 2))
    spread = np.sqrt(made.mean + made.mean**2 / made.shape)
    return where_known(np.isnan(x) | np.isnan(made.mean), p, made.mean, spread, low, high)


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
    return where_known(~seen, p, n * a / (a + b), spread, low, high)


def _in_bounds(part: Block, whole: Block) -> Block:
    """n × C: parts moved to where the villages' median share lets them be: one whole a hundred times too large would move the county's."""
    with np.errstate(invalid="ignore", divide="ignore"):
        share = median(np.where(whole >= _SEVERAL, part / whole, np.nan))
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
    z = norm.ppf((1 + BAND) / 2)
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
        low[rows] = (sums < (1 - BAND) / 2).sum(axis=1)
        high[rows] = np.minimum((sums < (1 + BAND) / 2).sum(axis=1), n[rows])
    return np.clip(p, FLOOR, 1.0), low, high


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


def _nearest_usual(now: Block, past: Block) -> Block:
    """n × C: of the last figure and the median of all of `past`, the one nearer to `now`; of fewer than three figures the nearest.

    Args:
        past: months × n × C, the last one being the month before.
    """
    known = (~np.isnan(past)).sum(axis=0)
    distance = np.where(np.isnan(past), np.inf, np.abs(past - now[None]))
    nearest = np.take_along_axis(past, distance.argmin(axis=0)[None], axis=0)[0]
    middle, last = median(past), past[-1]
    with np.errstate(invalid="ignore"):
        robust = np.where(np.abs(last - now) <= np.abs(middle - now), last, middle)
    return np.asarray(np.where(known < _FEW_MONTHS, nearest, robust))


def surprise_of_ratios(amounts: Block, heads: Block) -> Surprise:
    """Amounts of the last month a head, on a log scale, against the village's own earlier median, or the other villages' where it has none.

    Args:
        amounts, heads: T × n × C; only where both are positive can anything be told.
    """
    usable = (amounts > 0) & (heads > 0)
    with np.errstate(invalid="ignore", divide="ignore"):
        logs = np.where(usable, np.log(np.where(usable, amounts, 1.0) / np.where(usable, heads, 1.0)), np.nan)
    now, past = logs[-1], logs[-7:-1]
    others = median_of_others(now, few=5, otherwise=np.nan)
    if len(past):
        own = median(past)
        few_known = (~np.isnan(past)).sum(axis=0) < _FEW_MONTHS
        base = np.where(few_known, _nearest_usual(now, np.concatenate([others[None], past[-2:]])), own)
        scale, degrees = scale_of((past - own[None]).reshape(-1, now.shape[1]), floor=0.02)
        wide, few = scale_of(now - others, floor=0.02)
        scale, degrees = np.where(np.isnan(own), wide, scale), np.where(np.isnan(own), few, degrees)
    else:
        base = others
        scale, degrees = scale_of(now - others, floor=0.02)
    with np.errstate(invalid="ignore"):
        size, unit = np.exp(np.minimum(base, 50.0)) * heads[-1], np.broadcast_to(scale, base.shape)
        half = t.ppf((1 + BAND) / 2, degrees) * unit
        p = np.clip(2 * t.sf(np.abs(now - base) / unit, degrees), FLOOR, 1.0)
        spread = size * np.expm1(np.minimum(unit, 3.0))
        return where_known(np.isnan(now) | np.isnan(base), p, size, spread, size * np.exp(-half), size * np.exp(np.minimum(half, 50.0)))


def student(x: Block, mean: Block, spread: Block, degrees: Block) -> Surprise:
    """Two-sided p of each figure, and its 95 % interval, by Student's t around `mean`; no interval reaches below 0."""
    with np.errstate(invalid="ignore"):
        p = np.clip(2 * t.sf(np.abs(x - mean) / spread, degrees), FLOOR, 1.0)
        half = t.ppf((1 + BAND) / 2, degrees) * spread
        low, high = np.floor(np.maximum(mean - half, 0)), np.ceil(mean + half)
    return where_known(np.isnan(x) | np.isnan(mean), p, mean, spread, low, high)


def where_known(unknown: NDArray[np.bool_], *parts: Block) -> Surprise:
    """The parts of a surprise, NaN where nothing can be told."""
    return Surprise(*(np.where(unknown, np.nan, part) for part in parts))
