"""What a village's count of events should be about: exposure × county rate of the month × the village's own shrunk level.

Model (Gamma–Poisson; Clayton & Kaldor, Biometrics 43, 1987, 671–681): x_t ~ Poisson(E_t·θ·ε_t), θ ~ Gamma(k, k) between villages, ε_t with
variance g between months. E_t = rate_t × exposure_t, where rate_t is the month's rate of the whole county *without the village
itself*, large counts cut to what the others suggest. Given the village's earlier months, θ has mean (k + Σx) / (k + ΣE); the count of
month t is then negative binomial. The tested value never enters its own expectation. In a village's first month the county and
the model speak alone.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]

_PRIOR_SHAPE = 4.0
_SHAPES = (0.3, 200.0)
_FEW_MONTHS = 3
_LEFT_OUT, _OUT, _SOME = 2, 4.0, 0.1
"""At most two months of a village are left out, each this many deviations from its others; months vary by a tenth beyond Poisson."""


@dataclass(frozen=True)
class Prediction:
    """Negative binomial predictions for one month, n × C: `mean`, and `shape` (variance = mean + mean² / shape); NaN where unknown."""

    mean: Block
    shape: Block


def predict(counts: Block, exposure: Block) -> Prediction:
    """Predict the last month's counts from all earlier months and the other villages.

    Args:
        counts: T × n × C, the last month being the one that is predicted; NaN = not reported.
        exposure: T × n × C, persons (or whatever the count is out of), positive; NaN = unknown.

    Returns:
        Predictions for the last month.
    """
    base = _base(counts, exposure)
    past, past_base = counts[:-1], base[:-1]
    known = ~np.isnan(past) & ~np.isnan(past_base)
    for _ in range(_LEFT_OUT if len(past) else 0):
        known &= ~_worst_month(past, past_base, known)
    # A figure of the past that was far out of line says little of the village's level.
    events = np.where(known, np.minimum(past, _limit(past_base)), 0.0).sum(axis=0)
    expected = np.where(known, past_base, 0.0).sum(axis=0)
    between = _between(events, expected)
    level = (between + events) / (between + expected)
    # The first months borrow from the other villages of the same month; one village is left out with the extremes.
    within = _within(past, past_base * level[None]) if len(past) >= _FEW_MONTHS else _within(counts, base * level[None])
    mean = base[-1] * level
    return Prediction(mean, 1.0 / (1.0 / (between + events) + within))


def _worst_month(past: Block, base: Block, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """T × n × C: the month that fits a village's other months worst, where it is more than `_OUT` deviations away: a wrong count, or
    a wrong exposure, which is as bad. Of fewer than three months none can be told."""
    x, e = np.where(known, past, 0.0), np.where(known, base, 0.0)
    events, expected = x.sum(axis=0) - x, e.sum(axis=0) - e
    mean = e * (_PRIOR_SHAPE + events) / (_PRIOR_SHAPE + expected)
    variance = mean + mean**2 * (1.0 / (_PRIOR_SHAPE + events) + _SOME) + 1.0
    z = np.where(known & (known.sum(axis=0) >= _FEW_MONTHS), (x - mean) ** 2 / variance, -1.0)
    worst = np.zeros(z.shape, dtype=bool)
    np.put_along_axis(worst, z.argmax(axis=0)[None], True, axis=0)
    return np.asarray(worst & (z > _OUT**2))


def _base(counts: Block, exposure: Block) -> Block:
    """T × n × C: exposure × the month's rate in the other villages, with counts above what is usual cut down to it."""
    out = _rate_of_others(counts, exposure) * exposure
    return _rate_of_others(np.minimum(counts, _limit(out)), exposure) * exposure


def _limit(base: Block) -> Block:
    return np.asarray(3.0 + 3.0 * base + 3.0 * np.sqrt(np.maximum(base, 0.0)))


def _rate_of_others(counts: Block, exposure: Block) -> Block:
    known = ~np.isnan(counts) & ~np.isnan(exposure)
    events, people = np.where(known, counts, 0.0), np.where(known, exposure, 0.0)
    others, pool = events.sum(axis=1, keepdims=True) - events, people.sum(axis=1, keepdims=True) - people
    # A county of one village, or a month in which nobody else reported: the rate of all other months together.
    whole = (events.sum(axis=0).sum(axis=0) + 0.5) / (people.sum(axis=0).sum(axis=0) + 1.0)
    return np.asarray(np.where(pool > 0, (others + 0.5 * (pool > 0)) / np.where(pool > 0, pool, 1.0), whole[None, None, :]))


def _between(events: Block, expected: Block) -> Block:
    """C: shape k of the villages' levels, by moments: var(Σx/ΣE) beyond Poisson is 1/k."""
    enough = expected > 0
    weight = np.where(enough, expected, 0.0)
    ratio = np.where(enough, events / np.where(enough, expected, 1.0), 1.0)
    total = weight.sum(axis=0)
    deviation = np.minimum((ratio - 1.0) ** 2, 9.0)  # a village of its own kind shall not make all others seem so
    # E[w (ratio − 1)²] = w/k + 1
    excess = (weight * deviation).sum(axis=0) - enough.sum(axis=0)
    k = np.where(excess > 0, total / np.where(excess > 0, excess, 1.0), _SHAPES[1])
    return np.where(total > 0, np.clip(k, *_SHAPES), _PRIOR_SHAPE)


def _within(past: Block, mean: Block) -> Block:
    """C: variance g of a village's months around its level, beyond Poisson; the most extreme hundredth is left out."""
    known = ~np.isnan(past) & ~np.isnan(mean)
    with np.errstate(invalid="ignore"):
        squares = np.where(known, (past - mean) ** 2 - mean, np.nan).reshape(-1, past.shape[2])
        weights = np.where(known, mean**2, np.nan).reshape(-1, past.shape[2])
        pearson = np.where(known, (past - mean) ** 2 / np.maximum(mean, 0.05), np.nan).reshape(-1, past.shape[2])
    out = np.zeros(past.shape[2])
    for c in range(past.shape[2]):
        seen = ~np.isnan(pearson[:, c])
        if seen.sum() < 20:
            out[c] = 1.0 / _PRIOR_SHAPE
            continue
        usual = seen & (pearson[:, c] <= np.quantile(pearson[seen, c], 0.99))
        out[c] = max(0.0, squares[usual, c].sum() / max(weights[usual, c].sum(), 1e-9))
    return out
