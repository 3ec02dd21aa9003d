"""Flows written so that a balance comes out: migration that cancels natural increase, arrivals that mirror departures, separate counts
that always agree.

Plugged balance. Null hypothesis: the figures that the dictionary derives from separate events (natural increase, net migration) are
independent, so ranks of their months are exchangeable; Spearman's r without the month that tells most, t approximation with two degrees
of freedom fewer than the months left (Kendall & Gibbons, Rank Correlation Methods, 1990). Equal moves. Null: given one side, the other is
Poisson or more variable. Too-perfect balance.
Null: two separately counted sides agree to the unit as often as in the county's other villages that agreed, or did not, the month before
(an office that works one side out from the other does so every month), at least one time in ten.
Minimum: six reported months and six events. Source: methods.md C13.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.special import gammaln
from scipy.stats import t as student

from methods.evidence.county import Block, County, Flags
from methods.evidence.evenness import blank
from methods.evidence.weight import Outcome, enough, log_mode, of_matches

_LEAST_AGREEMENT = 0.1


def plugged_balance(county: County) -> Outcome:
    """One derived figure falls as another rises, month by month."""
    found = [(a, b) for a, b in combinations(county.nets, 2) if not set(a.codes) & set(b.codes)]
    if not found:
        return blank(county)
    made = [_opposed(county, a.values, b.values, (*a.codes, *b.codes)) for a, b in found]
    p = np.stack([m.p for m in made])
    best = np.where(np.isnan(p), 2.0, p).argmin(axis=0)
    first = made[0]
    lowest = np.minimum(np.take_along_axis(p, best[None], axis=0)[0] * len(made), 1.0)
    return Outcome(lowest, first.observed, first.expected, first.gain, first.fields)


def _opposed(county: County, a: Block, b: Block, codes: tuple[str, ...]) -> Outcome:
    rows, observed, gain = [], [], np.zeros((*a.shape, 1))
    events = np.abs(a) + np.abs(b)
    for window in county.windows:
        x, y = a[-window:], b[-window:]
        known = ~np.isnan(x) & ~np.isnan(y) & ~county.is_changed[-window:]
        rx, ry = _ranks(x, known), _ranks(y, known)
        r = np.stack([_correlation(rx, ry, known & (np.arange(len(x)) != skip)[:, None]) for skip in range(len(x))])
        weakest, left = r.max(axis=0), known.sum(axis=0) - 1
        freedom = np.maximum(left - 2, 1)
        score = weakest * np.sqrt(freedom / np.maximum(1 - weakest**2, 1e-9))
        p = student.cdf(score, freedom)
        padded = np.zeros((*a.shape, 1), dtype=bool)
        padded[-window:, :, 0] = known
        told = enough(county, padded, events[:, :, None], window) & (left >= 5)
        # The t approximation fails at r = −1: of all orders of the months, one at least is as extreme.
        rows.append(np.where(told, np.maximum(p, np.exp(-gammaln(left + 1.0))), np.nan))
        observed.append(_correlation(rx, ry, known))
        middle = np.where(known, -(rx - rx.mean(axis=0)) * (ry - ry.mean(axis=0)), 0.0)
        gain[-window:, :, 0] = middle
    return Outcome(np.array(rows), np.array(observed), np.zeros((len(county.windows), a.shape[1])), gain, (codes,))


def _ranks(x: Block, known: Flags) -> Block:
    """Ranks along months, ties averaged; 0 where unknown."""
    below = ((x[:, None] > x[None, :]) & known[None, :]).sum(axis=1)
    equal = ((x[:, None] == x[None, :]) & known[None, :]).sum(axis=1)
    return np.where(known, below + (equal + 1) / 2, 0.0)


def _correlation(x: Block, y: Block, known: Flags) -> Block:
    n = np.maximum(known.sum(axis=0), 1)
    dx = np.where(known, x - np.where(known, x, 0.0).sum(axis=0) / n, 0.0)
    dy = np.where(known, y - np.where(known, y, 0.0).sum(axis=0) / n, 0.0)
    size = np.sqrt((dx**2).sum(axis=0) * (dy**2).sum(axis=0))
    return np.where(size > 0, (dx * dy).sum(axis=0) / np.where(size > 0, size, 1.0), 0.0)


def equal_moves(county: County) -> Outcome:
    """Two flows whose difference is a figure of the dictionary (moved in − moved out) are equal, by sex, though neither is nought."""
    fields = []
    for net in county.nets:
        groups = sorted({county.concept_of(code) for code in net.codes} - {-1})
        if len(groups) == 2 and all(county.concept_of(code) >= 0 for code in net.codes):
            fields += list(zip(county.concepts[groups[0]], county.concepts[groups[1]], strict=False))
    if not fields:
        return blank(county)
    one = np.stack([county.panel.of(a) for a, _ in fields], axis=2)
    two = np.stack([county.panel.of(b) for _, b in fields], axis=2)
    with np.errstate(invalid="ignore"):
        asked = ~np.isnan(one) & (two > 0)
    chance = log_mode(np.where(asked, two, 0.0))
    return of_matches(county, [(one == two, chance, asked)], one + two, fields=tuple(fields), spare_field=False)


def perfect_balance(county: County) -> Outcome:
    """Two sides that are counted separately, and seldom agree to the unit elsewhere, always do here."""
    if not county.loose:
        return blank(county)
    gap = np.stack([balance.values for balance in county.loose], axis=2)
    known = ~np.isnan(gap)
    exact = known & (gap == 0)
    before, seen_before = np.zeros(gap.shape, dtype=bool), np.zeros(gap.shape, dtype=bool)
    for t in range(1, len(gap)):
        before[t] = np.where(known[t - 1], exact[t - 1], before[t - 1])
        seen_before[t] = seen_before[t - 1] | known[t - 1]
    known = known & seen_before
    chance = np.zeros(gap.shape)
    for state in (False, True):
        like = known & (before == state)
        agreed, asked = (exact & like).sum(axis=(0, 1)), like.sum(axis=(0, 1))
        own_agreed, own_asked = (exact & like).sum(axis=0), like.sum(axis=0)
        others = (agreed - own_agreed + 1) / (asked - own_asked + 2)
        chance = np.where(like, np.log(np.maximum(others, _LEAST_AGREEMENT))[None], chance)
    fields = tuple(balance.codes for balance in county.loose)
    size = np.stack([county.people] * len(county.loose), axis=2)
    return of_matches(county, [(exact, chance, known)], size, fields=fields, spare_field=False)
