"""Whose figures are they: of two villages whose months agree, which one they fit less well.

Log odds that a village, not the other one, has taken them over, both being as likely beforehand. Three things speak:
1. its matched months against the months in which the two differ, and against its population (Gamma–Poisson, as in `county`; half weight,
   because the figures of one village share their ups and downs);
2. its matched months against second sources, which know of its own events whatever was sent: the mean of a month is w·Y + c·B with the
   county's w, c ≥ 0 (Y, B: see `sources`), the village's coverage Gamma with shape 4, so that it is rather the months' order than their
   level that speaks. Divided by the county's dispersion where that is above 1. Sources of one concept are averaged, concepts added up.
Below ten to one either way nobody is named: a village must not be asked for having been copied.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import gammaln, xlogy

from methods.evidence.county import Balance, Block, County, Flags
from methods.evidence.sources import LATE_LAGS, moved_on, with_late

TOLD = float(np.log(10.0))
_HALF = 0.5
_LARGEST_LEVEL_SHAPE = 40.0
_COVERAGE_SHAPE = 4.0
_KEPT_CELLS = 0.95
_LOWEST_MEAN = 0.05

Places = NDArray[np.int64]


def log_odds(county: County, village: Places, other: Places) -> Block:
    """For each pair: log odds that `village` has taken over the figures of `other`; above `TOLD` it is named, below −`TOLD` the other.

    Args:
        county: all its villages. village, other: positions of the members of each pair.
    """
    if not len(village):
        return np.zeros(0)
    matched = _matched(county, village, other)
    odds = _HALF * (_fit(county, other, matched) - _fit(county, village, matched))
    by_concept: dict[int, list[Block]] = {}
    for source in county.seconds:
        concept = county.concept_of(source.codes[0])
        if concept >= 0:
            by_concept.setdefault(concept, []).append(_by_source(county, source, concept, village, other, matched))
    return np.asarray(odds + sum(np.mean(found, axis=0) for found in by_concept.values()))


def _matched(county: County, village: Places, other: Places) -> Flags:
    """T × pairs: months in which half of the asked figures agree."""
    a, b = county.singles[:, village], county.singles[:, other]
    with np.errstate(invalid="ignore"):
        asked = ~np.isnan(a) & ~np.isnan(b) & ((a > 0) | (b > 0))
    matched = (asked & (a == b)).sum(axis=2) >= np.maximum(0.5 * asked.sum(axis=2), 1)
    # Villages that only move together have no equal months: then all months are compared.
    return np.asarray(matched | ~matched.any(axis=0))


def _fit(county: County, village: Places, matched: Flags) -> Block:
    """Log likelihood of a village's matched months given its population, the county and its own other months.

    Per concept: Gamma–Poisson of the matched months' sum; how the sum falls on the months is as likely for both members, so it cancels.
    """
    x, base = county.totals[:, village], county.base[:, village]
    known = ~np.isnan(x)
    inside, outside = known & matched[:, :, None], known & ~matched[:, :, None]
    k = county.shape + np.where(outside, x, 0.0).sum(axis=0)
    rate = county.shape + np.where(outside, base, 0.0).sum(axis=0)
    count, expected = np.where(inside, x, 0.0).sum(axis=0), np.where(inside, base, 0.0).sum(axis=0)
    mean = expected * k / rate
    # Months of one village vary more than their level tells: no more weight than forty events.
    k = np.minimum(k, _LARGEST_LEVEL_SHAPE)
    log_p = (
        gammaln(count + k)
        - gammaln(k)
        - gammaln(count + 1)
        + k * np.log(k / (k + mean))
        + count * np.log(np.maximum(mean, 1e-9) / (k + mean))
    )
    return np.asarray(log_p.sum(axis=1))


def _by_source(county: County, source: Balance, concept: int, village: Places, other: Places, matched: Flags) -> Block:
    """For each pair: how much better the other's matched months go with its own count of the second source than the village's do."""
    x, base = with_late(county, source.codes), county.base[:, :, concept]
    y = moved_on(x, source.values, base, LATE_LAGS)
    known = ~np.isnan(x) & ~np.isnan(y)
    if not known.any():
        return np.zeros(len(village))
    scale = 1.0 / np.sqrt(np.maximum(base[known], 0.5))
    (w, c), _ = nnls(np.stack([y[known], base[known]], axis=1) * scale[:, None], x[known] * scale)
    mean = np.maximum(w * y + c * base, _LOWEST_MEAN)
    spread = (x[known] - mean[known]) ** 2 / mean[known]
    dispersion = max(float(spread[spread <= np.quantile(spread, _KEPT_CELLS)].mean()), 1.0)
    use = matched & known[:, village] & known[:, other]
    return np.asarray((_months(x[:, other], mean[:, other], use) - _months(x[:, village], mean[:, village], use)) / dispersion)


def _months(x: Block, mean: Block, use: Flags) -> Block:
    """Log probability of months (T × pairs, those in `use`) with these means, up to a village's own coverage, which is Gamma."""
    count, expected, k = np.where(use, x, 0.0), np.where(use, mean, 0.0).sum(axis=0), _COVERAGE_SHAPE
    total = count.sum(axis=0)
    order = (xlogy(count, np.where(use, mean, 1.0)) - gammaln(count + 1)).sum(axis=0)
    return np.asarray(order + k * np.log(k) - gammaln(k) + gammaln(total + k) - (total + k) * np.log(expected + k))
