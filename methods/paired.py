"""Two counts of the same cases by two offices: how far apart they may honestly be.

Given x (ours) and y (theirs), and that ours is `factor` times theirs on average, x given x + y is binomial with probability
factor / (1 + factor) when both are Poisson (Przyborowski & Wilenski 1940). The two offices count mostly the same cases, so their
counts move together and differ less than independent ones would: p-values and intervals here are on the safe side.
Over-dispersion is allowed for by quasi-likelihood: both counts are divided by it (McCullagh & Nelder 1989, section 6.2.3); figures in money
are counted in their grain, one case's least amount, in the same way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc
from scipy.stats import nbinom

Numbers = NDArray[np.float64]

_MEDIAN_CHI2 = 0.454936
_FEWEST, _SMALLEST = 8, 10.0


def conditional_p(ours: ArrayLike, theirs: ArrayLike, factor: float = 1.0, dispersion: float = 1.0) -> Numbers:
    """Two-sided exact p-value (twice the smaller tail, at most 1) that ours is `factor` times theirs; NaN where one is.

    Args:
        ours, theirs: counts, any equal shapes; not negative. Whole numbers give the binomial tails exactly.
        factor: expected ratio ours / theirs.
        dispersion: variance over mean of each count, at least 1 (or the grain of a figure in money).
    """
    x, y = np.asarray(ours, dtype=np.float64) / dispersion, np.asarray(theirs, dtype=np.float64) / dispersion
    share = factor / (1 + factor)
    with np.errstate(invalid="ignore"):
        low = np.where(y > 0, betainc(np.maximum(y, 1e-300), x + 1, 1 - share), 1.0)
        high = np.where(x > 0, betainc(np.maximum(x, 1e-300), y + 1, share), 1.0)
    p = np.minimum(1.0, 2 * np.minimum(low, high))
    return np.where(np.isnan(x) | np.isnan(y), np.nan, p)


def predictive_interval(
    theirs: ArrayLike, factor: float = 1.0, dispersion: float = 1.0, confidence: float = 0.95
) -> tuple[Numbers, Numbers]:
    """What ours may be, given theirs: the Gamma–Poisson predictive interval with Jeffreys' prior; also where theirs is 0.

    Args:
        theirs: counts; NaN gives NaN.
        factor: expected ratio ours / theirs.
        dispersion: as in `conditional_p`.
        confidence: of the interval.
    """
    y = np.asarray(theirs, dtype=np.float64)
    size, tail = (np.where(np.isnan(y), 1.0, y) / dispersion + 0.5), (1 - confidence) / 2
    low, high = (dispersion * nbinom.ppf(q, size, 1 / (1 + factor)) for q in (tail, 1 - tail))
    return np.where(np.isnan(y), np.nan, low), np.where(np.isnan(y), np.nan, high)


def dispersion_of(ours: ArrayLike, theirs: ArrayLike, factor: float = 1.0, grain: float = 1.0) -> float:
    """Variance over mean, from the median of squared Pearson residuals, which a tenth of odd places does not move; at least `grain`.

    Places where both together are below ten cases tell little and are left out; with fewer than eight others it is the grain.
    """
    x, y = np.asarray(ours, dtype=np.float64) / grain, np.asarray(theirs, dtype=np.float64) / grain
    known = ~np.isnan(x) & ~np.isnan(y) & (x + y >= _SMALLEST)
    if known.sum() < _FEWEST:
        return grain
    x, y = x[known], y[known]
    whole = x + y
    share = factor / (1 + factor)
    squared = (x - whole * share) ** 2 / (whole * share * (1 - share))
    return grain * max(1.0, float(np.median(squared)) / _MEDIAN_CHI2)
