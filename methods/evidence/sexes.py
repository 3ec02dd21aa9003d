"""Boys and girls, men and women: split too evenly every month (village); boys too frequent where all births are second or later ones
(town).

Even split. Null hypothesis: given a month's events of a kind, those of one sex are binomial with any share, months independent, or more
variable. Gain −θ|m − f| − log M(n, θ), M the mean of exp(−θ|2m − n|) at share ½, where it is largest. Families move together, so the
county's own villages set the level for moves (`weight.calibrated`). Minimum: six reported months, six events (power comes from 25–30).
Order × sex. Null hypothesis: in a town, the sexes of births in months whose births are all first ones, and in months whose births are all
later ones, have the same share (Fisher's exact test, one-sided). Source: methods.md C8; Merli & Raftery, Demography 37, 2000, 109–126.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.stats import binom, hypergeom

from methods.evidence.county import FEWEST_EVENTS, Block, County
from methods.evidence.evenness import blank
from methods.evidence.weight import Outcome, calibrated, over_windows

_TILTS = (0.25, 0.6, 1.5)
_LARGEST = 80


@lru_cache(maxsize=1)
def _log_moment() -> Block:
    """K × events: log of the mean of exp(−θ|2m − n|) for m ~ Binomial(n, ½)."""
    out = np.zeros((len(_TILTS), _LARGEST + 1))
    for n in range(_LARGEST + 1):
        m = np.arange(n + 1)
        pmf = binom.pmf(m, n, 0.5)
        for k, tilt in enumerate(_TILTS):
            out[k, n] = np.log((pmf * np.exp(-tilt * np.abs(2 * m - n))).sum())
    return out


def even_split(county: County) -> Outcome:
    """Events are split between the sexes more evenly than chance."""
    pairs = [pair for pair in county.roles.by_sex if all(county.concept_of(code) >= 0 for code in pair)]
    if not pairs:
        return blank(county)
    m = np.stack([county.panel.of(a) for a, _ in pairs], axis=2)
    f = np.stack([county.panel.of(b) for _, b in pairs], axis=2)
    total = m + f
    with np.errstate(invalid="ignore"):
        asked = (total >= 2) & (total <= _LARGEST)
    n = np.where(asked, total, 0.0).astype(np.int64)
    gap = np.where(asked, np.abs(m - f), 0.0)
    tilts = np.array(_TILTS)[:, None, None, None]
    gains = calibrated(np.where(asked[None], -tilts * gap[None] - _log_moment()[:, n], 0.0), asked)
    usual = np.where(asked, np.sqrt(2 * n / np.pi), 0.0)
    return over_windows(county, [gains], asked, total, hits=gap, chances=usual, fields=tuple(pairs), spare_field=False)


def order_by_sex(county: County) -> Outcome:
    """Towns: the first sex of the births' pair is more frequent among later births than among first ones. Every village of a town has its
    town's p."""
    orders = county.roles.orders
    pair = next((p for p in county.roles.by_sex if county.concept_of(p[0]) >= 0), None)
    if len(orders) < 2 or pair is None:
        return blank(county)
    first = county.panel.of(orders[0])
    later = county.sum_of(orders[1:])
    boys, girls = county.panel.of(pair[0]), county.panel.of(pair[1])
    with np.errstate(invalid="ignore"):
        fits = (boys + girls > 0) & (first + later == boys + girls)
        is_first, is_later = fits & (later == 0), fits & (first == 0)
    towns = county.town.max() + 1
    rows, observed, expected = [], [], []
    for window in county.windows:

        def by_town(block: Block, where: Block, window: int = window) -> Block:
            return np.bincount(county.town, np.where(where, block, 0.0)[-window:].sum(axis=0), minlength=towns).astype(np.float64)

        b1, g1 = by_town(boys, is_first), by_town(girls, is_first)
        b2, g2 = by_town(boys, is_later), by_town(girls, is_later)
        total, males, draws = b1 + g1 + b2 + g2, b1 + b2, b2 + g2
        p = hypergeom.sf(b2 - 1, total, males, draws)
        told = (draws >= FEWEST_EVENTS) & (b1 + g1 >= FEWEST_EVENTS)
        rows.append(np.where(told, p, np.nan)[county.town])
        observed.append(b2[county.town])
        expected.append((draws * males / np.maximum(total, 1))[county.town])
    gain = np.where(is_later, np.nan_to_num(boys - girls), 0.0)[:, :, None]
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, ((*pair, *orders),))
