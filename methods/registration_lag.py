"""How late births are registered: of the births of a month, the share registered 0, 1, 2, … months later.

The shares are estimated from the reporting triangle (births by month of birth and months until registration) by reverse-time hazards,
which is the chain ladder of insurers: g(d) = registered at delay d / registered by delay d, over the months of birth for which delay d
has passed, and F(d) = Π over later delays (1 − g) (Brookmeyer & Damiano 1989; Lawless 1994). Births registered after the
longest delay seen are outside the model, as in both papers.

Robust: a month of birth that is out of line with the others (a campaign, a lost file) gets less weight (Huber's weights on Pearson
residuals). Shrunken: every hazard is pulled to that of a prior as if by `weight` cases more, so that a county's first months are usable.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

_HUBER = 2.0
_ROUNDS = 5


@dataclass(frozen=True)
class Lag:
    """`shares[d]`: of one birth, how much is registered d months after its month; adds up to 1. `cases`: births it was estimated from."""

    shares: tuple[float, ...]
    cases: float = 0.0

    def by(self, months: int) -> float:
        """The share registered by `months` after the month of birth: 0 before it, 1 from the longest delay on."""
        return 0.0 if months < 0 else float(min(1.0, sum(self.shares[: months + 1])))

    @property
    def hazards(self) -> Numbers:
        """Reverse-time hazards g(d) for d = 1, 2, …: registered at d among those registered by d."""
        return _hazards(np.array(self.shares))


def prior_lag(shares: Sequence[float]) -> Lag:
    """What to expect without data: the dictionary's shares."""
    return Lag(tuple(float(share) for share in shares))


def lag_from_late(on_time: float, late: float, prior: Lag, weight: float) -> Lag:
    """From counts by month of registration alone: how many births were of the month itself, and how many of earlier ones.

    In a steady state the first share is on_time / (on_time + late); how the late ones spread over the months stays the prior's.

    Args:
        on_time, late: births of a county over some months.
        prior: what to expect.
        weight: cases that the prior counts for.
    """
    cases = on_time + late
    first = (on_time + weight * prior.shares[0]) / (cases + weight)
    rest = sum(prior.shares[1:])
    tail = [share / rest * (1 - first) if rest > 0 else (1 - first) / (len(prior.shares) - 1) for share in prior.shares[1:]]
    return Lag((first, *tail), cases)


def lag_from_triangle(registered: Numbers, prior: Lag, weight: float) -> Lag:
    """From the reporting triangle.

    Args:
        registered: months of birth × delays (0, 1, …), or × places as well; how many were registered by that delay, NaN where not
            known (yet). Two delays are compared over the places of which both are known: a merged village leaves no hole.
        prior: what to expect; delays beyond the triangle's stay the prior's.
        weight: cases that the prior counts for, in every hazard.

    Returns:
        A lag with as many shares as the prior.

    Raises:
        ValueError: a triangle without delays.
    """
    if registered.ndim not in (2, 3) or registered.shape[1] < 1:
        raise ValueError("a triangle has months of birth in rows and delays in columns")
    by_place = registered.reshape(*registered.shape[:2], -1)
    hazards = prior.hazards.copy()
    cases = 0.0
    for delay in range(1, min(registered.shape[1], len(prior.shares))):
        both = ~np.isnan(by_place[:, delay - 1]) & ~np.isnan(by_place[:, delay])
        before, by_now = (np.where(both, by_place[:, at], 0).sum(axis=1) for at in (delay - 1, delay))
        known = by_now > 0
        late, whole = np.clip(by_now[known] - before[known], 0, None), by_now[known]
        hazards[delay - 1] = _hazard(late, whole, float(hazards[delay - 1]), weight)
        cases = max(cases, float(whole.sum()))
    return Lag(_shares(hazards), cases)


def expected_registrations(events: Numbers, lag: Lag) -> Numbers:
    """Births registered in the last month, by place: Σ over delays d of shares[d] × births of the month d before.

    Args:
        events: months × places, the last month last; NaN where unknown. A month without a figure is taken to be like the place's
            mean of the others: few births come from it.
        lag: the shares.

    Returns:
        One figure a place; NaN where the last month's is unknown.
    """
    known = ~np.isnan(events)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(known, events, 0).sum(axis=0) / known.sum(axis=0)
    made = np.zeros(events.shape[1])
    for delay, share in enumerate(lag.shares):
        row = events[-1 - delay] if delay < len(events) else np.full(events.shape[1], np.nan)
        made += share * np.where(np.isnan(row), mean, row)
    return np.where(known[-1], made, np.nan)


def _hazard(late: Numbers, whole: Numbers, prior: float, weight: float) -> float:
    """Σ w·late / Σ w·whole with Huber's weights, shrunken to the prior."""
    weights = np.ones(len(whole))
    hazard = prior
    for _ in range(_ROUNDS):
        hazard = float(((weights * late).sum() + weight * prior) / ((weights * whole).sum() + weight))
        spread = np.sqrt(np.maximum(whole * hazard * (1 - hazard), 1e-12))
        residual = np.abs(late - whole * hazard) / spread
        weights = np.minimum(1.0, _HUBER / np.maximum(residual, 1e-12))
    return min(hazard, 1.0)


def _hazards(shares: Numbers) -> Numbers:
    whole = np.cumsum(shares)[1:]
    return np.where(whole > 0, shares[1:] / np.where(whole > 0, whole, 1), 0.0)


def _shares(hazards: Numbers) -> tuple[float, ...]:
    """F(d) = Π over later delays (1 − g); the shares are its steps."""
    by = np.append(np.cumprod((1 - hazards)[::-1])[::-1], 1.0)
    return tuple(float(share) for share in np.diff(by, prepend=0.0))
