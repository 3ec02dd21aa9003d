"""Confidence intervals for small counts."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Pair = tuple[NDArray[np.float64], NDArray[np.float64]]
_Z = 1.959963984540054


def poisson_interval(count: ArrayLike, level: float = 0.95) -> Pair:
    """Exact interval for the mean of a Poisson count (Garwood 1936, Biometrika 28:437): chi-square quantiles at 2x and 2x+2.

    Args:
        count: counts ≥ 0, any shape; NaN gives NaN.
        level: coverage.

    Returns:
        (low, high), same shape; low is 0 at 0.
    """
    from scipy.special import gammaincinv

    x = np.asarray(count, dtype=np.float64)
    tail = (1 - level) / 2
    safe = np.where(np.isnan(x), 1.0, np.maximum(x, 0.0))
    low = np.where(safe > 0, gammaincinv(np.maximum(safe, 1e-12), tail), 0.0)
    high = gammaincinv(safe + 1, 1 - tail)
    return np.where(np.isnan(x), np.nan, low), np.where(np.isnan(x), np.nan, high)


def wilson_interval(part: ArrayLike, whole: ArrayLike, z: float = _Z) -> Pair:
    """Score interval for a proportion (Wilson 1927, JASA 22:209).

    Args:
        part: counts with the property, 0 ≤ part ≤ whole.
        whole: counts; 0 or NaN gives NaN.
        z: normal quantile.

    Returns:
        (low, high) as proportions in [0, 1].
    """
    x, n = np.asarray(part, dtype=np.float64), np.asarray(whole, dtype=np.float64)
    n = np.where(n > 0, n, np.nan)
    p = np.clip(x / n, 0.0, 1.0)
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * np.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)
