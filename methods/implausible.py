"""Track B: single cells out of line with their exposure and history. 'Please confirm or explain'; never pattern evidence.

Counts of events: two-sided mid-p of the negative binomial prediction (methods.expected). Parts of a whole (paid | eligible): beta-binomial
given the whole, with the village's own earlier share. Stocks: the change since last month against how stocks of that size move in the
county, by Student's t with few degrees of freedom, because stocks move in jumps. A p-value is only ever loosened by how often the
same village-months of the past were as extreme (empirical null), never tightened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import betabinom, nbinom, t

from methods.expected import Prediction, predict

Block = NDArray[np.float64]

_DEGREES = 4.0
_BAND = 0.95
_FLOOR = 1e-300


@dataclass(frozen=True)
class Surprise:
    """n × C each: two-sided p-value, and what is usual: mean and 95 % prediction interval (whole numbers). NaN: cannot be told."""

    p: Block
    mean: Block
    low: Block
    high: Block


def surprise_of_counts(counts: Block, exposure: Block) -> Surprise:
    """Counts of events of the last month against prediction.

    Args:
        counts, exposure: T × n × C, as for `methods.expected.predict`.
    """
    made = predict(counts, exposure)
    return surprise_given(counts[-1], made)


def surprise_given(x: Block, made: Prediction) -> Surprise:
    """Two-sided mid-p: 2·min(P(X<x), P(X>x)) + P(X=x), at most 1 (Lancaster, JASA 56, 1961, 223–234)."""
    share = made.shape / (made.shape + made.mean)
    with np.errstate(invalid="ignore"):
        at = nbinom.pmf(x, made.shape, share)
        below, above = nbinom.cdf(x - 1, made.shape, share), nbinom.sf(x, made.shape, share)
        p = np.clip(2 * np.minimum(below, above) + at, _FLOOR, 1.0)
        low, high = nbinom.ppf((1 - _BAND) / 2, made.shape, share), nbinom.ppf((1 + _BAND) / 2, made.shape, share)
    unknown = np.isnan(x) | np.isnan(made.mean)
    return Surprise(*(np.where(unknown, np.nan, a) for a in (p, made.mean, low, high)))


def surprise_of_parts(part: Block, whole: Block) -> Surprise:
    """Parts of a whole in the last month: beta-binomial with the village's own earlier share, shrunk to the county's.

    Args:
        part, whole: T × n × C; `part` counts among `whole`. Where the part exceeds the whole, arithmetic speaks (p is NaN).
    """
    known = ~np.isnan(part[:-1]) & ~np.isnan(whole[:-1]) & (part[:-1] <= whole[:-1])
    done = np.where(known, part[:-1], 0.0).sum(axis=0)
    due = np.where(known, whole[:-1], 0.0).sum(axis=0)
    seen = ~np.isnan(part[-1]) & ~np.isnan(whole[-1]) & (part[-1] <= whole[-1])
    now_done, now_due = np.where(seen, part[-1], 0.0), np.where(seen, whole[-1], 0.0)
    all_done = (done + now_done).sum(axis=0) - done - now_done
    all_due = (due + now_due).sum(axis=0) - due - now_due
    county = (all_done + 0.5) / (all_due + 1.0)
    prior = _share_shape(part[:-1], whole[:-1], known)
    a, b = prior * county + done, prior * (1 - county) + due - done
    # Months of one village vary more than their pooled count tells: no more weight than a few months' worth.
    most = 40.0 * prior
    shrink = np.minimum(1.0, most / (a + b))
    a, b = np.maximum(a * shrink, 1e-3), np.maximum(b * shrink, 1e-3)
    n, x = np.where(seen, whole[-1], 0.0), np.where(seen, part[-1], 0.0)
    at = betabinom.pmf(x, n, a, b)
    below = betabinom.cdf(x - 1, n, a, b)
    above = np.clip(1.0 - below - at, 0.0, 1.0)
    p = np.clip(2 * np.minimum(below, above) + at, _FLOOR, 1.0)
    low, high = betabinom.ppf((1 - _BAND) / 2, n, a, b), betabinom.ppf((1 + _BAND) / 2, n, a, b)
    return Surprise(*(np.where(seen, z, np.nan) for z in (p, n * a / (a + b), low, high)))


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


def surprise_of_stocks(stocks: Block) -> Surprise:
    """Stocks of the last month against the month before: change / (scale × √size), Student's t with 4 degrees of freedom.

    The scale is the county's: 1.486 × the median absolute change per √size over all villages and earlier months (of the same month, where
    there is no earlier one), with WHO's fallback of 1.2533 × the mean absolute change where that median is 0, and half a person at least.

    Args:
        stocks: T × n × C, at least two months.
    """
    if len(stocks) < 2:
        blank = np.full(stocks.shape[1:], np.nan)
        return Surprise(blank, blank, blank, blank)
    change = np.diff(stocks, axis=0)
    root = np.sqrt(np.maximum(stocks[:-1], 1.0))
    relative = np.abs(change) / root
    history = relative[:-1] if len(relative) > 1 else relative
    flat = history.reshape(-1, stocks.shape[2])
    with np.errstate(invalid="ignore"):
        middle = np.nanmedian(np.where(np.isnan(flat).all(axis=0), 0.0, flat), axis=0)
        average = np.array([_trimmed_mean(flat[:, c]) for c in range(flat.shape[1])])
    scale = np.maximum(1.486 * middle, 1.2533 * average)
    spread = np.maximum(scale[None, :] * root[-1], 0.5)
    z = change[-1] / spread
    p = np.clip(2 * t.sf(np.abs(z), _DEGREES), _FLOOR, 1.0)
    half = t.ppf((1 + _BAND) / 2, _DEGREES) * spread
    before = stocks[-2]
    unknown = np.isnan(change[-1])
    return Surprise(*(np.where(unknown, np.nan, a) for a in (p, before, np.floor(np.maximum(before - half, 0)), np.ceil(before + half))))


def _trimmed_mean(values: NDArray[np.float64]) -> float:
    known = values[~np.isnan(values)]
    return float(known[known <= np.quantile(known, 0.98)].mean()) if len(known) else 0.0


def loosened(p: Block, past: Block) -> Block:
    """p-values, no smaller than the share of past p-values of the same indicator that were as small: (1 + #{past ≤ p}) / (1 + #past).

    Applied only where that share says that the model is too sure, i.e. above p; a p beyond all past ones is kept up to 1 / (1 + #past)².

    Args:
        p: n × C of the month.
        past: m × C of earlier village-months (any order), NaN unknown.
    """
    out = p.copy()
    for c in range(p.shape[1]):
        seen = np.sort(past[:, c][~np.isnan(past[:, c])])
        if len(seen) == 0:
            continue
        as_small = np.searchsorted(seen, p[:, c], side="right")
        empirical = (1 + as_small) / (1 + len(seen))
        floor = np.where(as_small > 0, empirical, empirical**2)
        out[:, c] = np.where(np.isnan(p[:, c]), np.nan, np.maximum(p[:, c], np.where(as_small > 0, floor, 0.0)))
    return out
