"""Middles and spreads that a few wrong figures do not move: medians, medians of the others, the scale and tails of Student's t."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t

Block = NDArray[np.float64]

_DEGREES = np.array([2.0, 3.0, 4.0, 6.0, 10.0, 30.0])
FEW = 40
"""Fewer deviations than this tell nothing of their tails: few degrees of freedom are taken."""


def median(block: Block) -> Block:
    """Median over the first axis, NaN where nothing is known."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        return np.asarray(np.nanmedian(block, axis=0))


def median_of_others(values: Block, *, few: int, otherwise: float) -> Block:
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


def scale_of(deviations: Block, *, floor: float) -> tuple[Block, Block]:
    """C each: scale and degrees of freedom of Student's t by the 50, 90 and 98 % points of |deviation|, which a few wrong figures do not
    move; where half of all deviations are nought the higher points speak (as WHO's fallback where the MAD is 0)."""
    size = deviations.shape[1]
    scale, degrees = np.full(size, max(floor, 1e-9)), np.full(size, 3.0)
    for c in range(size):
        known = np.abs(deviations[:, c][~np.isnan(deviations[:, c])])
        if len(known) == 0:
            continue
        points = np.quantile(known, [0.5, 0.9, 0.98])
        if len(known) >= FEW and points[0] > 0:
            ratio = points[2] / points[0]
            expected = t.ppf(0.99, _DEGREES) / t.ppf(0.75, _DEGREES)
            degrees[c] = _DEGREES[np.flatnonzero(expected >= ratio).max(initial=0)]
        unit = points / t.ppf([0.75, 0.95, 0.99], degrees[c])
        scale[c] = max(unit[0], unit[1], unit[2], floor, 1e-9)
    return scale, degrees
