"""Two villages of a town with the same figures in the same months.

Null hypothesis: given the other village's figures, each count is Poisson or more variable; it equals the other's x > 0 with a chance of
at most x^x e^−x / x!, or the share of the county's other villages with the same figure that month where that is greater (a campaign, a
common quota of leaflets). All pairs of a town are tested; a village's evidence is the average over its L − 1 partners. Minimum: six
reported months, six events. The pair is charged to one member only, and only where it is ten times as likely as the other one to have
taken the figures over (`whose`: own other months, population, second sources). Where nothing tells them apart, nobody is charged: the
other one was copied and has done nothing.
Source: methods.md C4; duplicate detection across interviews: Kuriakose & Robbins, Statistical Journal of the IAOS 32, 2016, 283–291,
whose fixed share of 85 % is replaced by the chance of the matches.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methods.evidence.county import Block, County
from methods.evidence.weight import Outcome, enough, log_mode, p_of, tally
from methods.evidence.whose import TOLD, log_odds

_CHUNK = 1500


@dataclass(frozen=True)
class Pairs:
    """Positions of the two villages of each pair."""

    first: NDArray[np.int64]
    second: NDArray[np.int64]


def pairs_within(group: NDArray[np.int64]) -> Pairs:
    """All pairs of villages of the same town."""
    firsts, seconds = [], []
    for town in np.unique(group):
        members = np.flatnonzero(group == town)
        a, b = np.triu_indices(len(members), 1)
        firsts.append(members[a])
        seconds.append(members[b])
    empty = np.zeros(0, dtype=np.int64)
    return Pairs(np.concatenate([empty, *firsts]), np.concatenate([empty, *seconds]))


def _same_in_county(x: Block) -> Block:
    """T × n × F: share of the county's villages with the same value in that month and figure, without the village and one other."""
    months, _, fields = x.shape
    out = np.zeros(x.shape)
    for t in range(months):
        for f in range(fields):
            column = x[t, :, f]
            known = ~np.isnan(column)
            _, inverse, count = np.unique(column[known], return_inverse=True, return_counts=True)
            out[t, known, f] = np.maximum(count[inverse] - 2, 0) / max(known.sum() - 2, 1)
    return out


def neighbour_copy(county: County) -> Outcome:
    """Same figures in the same months as another village of the town."""
    x, pairs = county.singles, pairs_within(county.town)
    windows = county.windows
    usual = np.log(np.maximum(_same_in_county(x), 1e-12))
    evidence = np.full((len(windows), len(pairs.first)), 0.0)
    for begin in range(0, len(pairs.first), _CHUNK):
        part = slice(begin, begin + _CHUNK)
        a, b = x[:, pairs.first[part]], x[:, pairs.second[part]]
        with np.errstate(invalid="ignore"):
            asked = ~np.isnan(a) & (b > 0)
        chance = np.maximum(log_mode(np.where(asked, b, 0.0)), usual[:, pairs.second[part]])
        evidence[:, part] = tally(a == b, chance, asked, windows).log_e(windows, spare_field=True)
    return _charged(county, pairs, evidence)


def _charged(county: County, pairs: Pairs, evidence: Block) -> Outcome:
    """Give each pair's evidence to the member whose figures they are not, average over partners, and name the strongest partner."""
    x, n, windows = county.singles, county.singles.shape[1], county.windows
    suspicious = np.flatnonzero(evidence.max(axis=0, initial=0.0) > 0)
    odds = np.zeros(len(pairs.first))
    odds[suspicious] = log_odds(county, pairs.second[suspicious], pairs.first[suspicious])
    to_second = odds > 0
    charged = np.where(to_second, pairs.second, pairs.first)
    other = np.where(to_second, pairs.first, pairs.second)
    partners = np.maximum(np.bincount(county.town)[county.town] - 1, 1)
    logs = np.full((len(windows), n), -np.inf)
    best, partner = np.full(n, -np.inf), np.full(n, -1, dtype=np.int64)
    for pair in suspicious[np.abs(odds[suspicious]) >= TOLD]:
        i = charged[pair]
        logs[:, i] = np.logaddexp(logs[:, i], evidence[:, pair])
        top = evidence[:, pair].max()
        if top > best[i]:
            best[i], partner[i] = top, other[pair]
    has = partner >= 0
    mate = np.where(has, partner, 0)
    with np.errstate(invalid="ignore"):
        asked = ~np.isnan(x) & (x[:, mate] > 0) & has[None, :, None]
    is_match = asked & (x == x[:, mate])
    chance = np.exp(log_mode(np.where(asked, x[:, mate], 0.0)))
    p = np.array([np.where(enough(county, ~np.isnan(x), x, w), p_of(logs[k] - np.log(partners)), np.nan) for k, w in enumerate(windows)])
    observed = np.array([is_match[-w:].sum(axis=(0, 2)) for w in windows], dtype=np.float64)
    expected = np.array([np.where(asked, chance, 0.0)[-w:].sum(axis=(0, 2)) for w in windows])
    gain = np.where(is_match, -np.log(np.maximum(chance, 1e-12)), np.where(asked, np.log(0.2), 0.0))
    return Outcome(p, observed, expected, gain, tuple((c,) for c in county.codes), partner)
