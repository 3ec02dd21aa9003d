"""Figures of earlier months that come back: last month's, those of some months ago, or a whole earlier row.

Null hypothesis: given all earlier months, each count is Poisson or more variable, with any mean. Then it equals a given earlier value x > 0 with a chance of
at most x^x e^−x / x! (`weight.log_mode`), whatever the mean: no rate has to be estimated, and neither a campaign nor a drift can look like a
copy. Zeros are not asked, because everybody reports them. Figures that an office plans are left out (roles).
Minimum: six reported months, six events, two figures (the most telling month and the most telling figure are left out).
Source: methods.md C1–C3, here as an e-value; repeats as a mark of curbstoning: Blasius & Thiessen, Social Science Research 44, 2015, 479–491.
"""

from __future__ import annotations

import numpy as np

from methods.evidence.county import Block, County, Flags
from methods.evidence.weight import Outcome, calibrated, gains_of_matches, log_mode, over_windows

_LAGS = (*range(2, 14), 24)


def _fields(county: County) -> tuple[tuple[str, ...], ...]:
    return tuple((code,) for code in county.codes)


def _shifted(county: County, lag: int) -> tuple[Flags, Block, Flags]:
    """Matches with the month `lag` before, their greatest log chance, and which cells are asked. T × n × F."""
    now, before = county.singles, np.full(county.singles.shape, np.nan)
    before[lag:] = now[:-lag]
    with np.errstate(invalid="ignore"):
        asked = ~np.isnan(now) & (before > 0)
    return now == before, log_mode(np.where(asked, before, 0.0)), asked


def copy_forward(county: County) -> Outcome:
    """Figures equal last month's more often than chance."""
    is_match, chance, asked = _shifted(county, 1)
    gains = calibrated(gains_of_matches(is_match, chance, asked), asked)
    return over_windows(
        county, [gains], asked, county.singles, hits=is_match * 1.0, chances=np.exp(chance), fields=_fields(county), spare_field=True
    )


def lag_copy(county: County) -> Outcome:
    """Figures equal those of the same constant number of months ago (2 to 13, or 24); the evidence of the lags is averaged."""
    steps = [lag for lag in _LAGS if lag < len(county.panel.months) - 2]
    if not steps:
        return copy_forward(county)
    shifted = [_shifted(county, lag) for lag in steps]
    gains = [calibrated(gains_of_matches(match, chance, asked), asked) for match, chance, asked in shifted]
    totals = np.array([g.sum(axis=(1, 3)).max(axis=0) for g in gains])
    best = totals.argmax(axis=0)
    n = np.arange(len(best))
    match, chance, asked = (np.stack(parts)[best, :, n].transpose(1, 0, 2) for parts in zip(*shifted, strict=True))
    out = over_windows(
        county, gains, asked, county.singles, hits=match * 1.0, chances=np.exp(chance), fields=_fields(county), spare_field=True
    )
    out.extra["lag"] = np.array(steps)[best].astype(np.float64)
    return out


def duplicate_rows(county: County) -> Outcome:
    """Whole rows of events equal some earlier month's row. The chance that a month repeats any of them is at most their sum."""
    x = county.singles
    months, n, _ = x.shape
    filled = np.nan_to_num(x)
    chance = np.where(np.isnan(x), 0.0, log_mode(filled)).sum(axis=2)
    known = ~np.isnan(x).all(axis=2) & (filled.sum(axis=2) > 0)
    is_match, total, source = np.zeros((months, n), dtype=bool), np.zeros((months, n)), np.zeros((months, n))
    for t in range(1, months):
        for s in range(t):
            same = known[s] & known[t] & (filled[s] == filled[t]).all(axis=1)
            source[t] = np.where(same, s, source[t])
            is_match[t] |= same
        total[t] = np.where(known[:t], np.exp(chance[:t]), 0.0).sum(axis=0)
    asked = known & (total > 0) & (total < 0.8)
    log_chance = np.log(np.where(asked, total, 1.0))[:, :, None]
    asked3 = asked[:, :, None]
    gains = calibrated(gains_of_matches(is_match[:, :, None], log_chance, asked3), asked3)
    out = over_windows(
        county,
        [gains],
        asked3,
        filled.sum(axis=2, keepdims=True),
        hits=is_match[:, :, None] * 1.0,
        chances=np.exp(log_chance),
        fields=(county.codes,),
        spare_field=False,
    )
    out.extra["source"] = source
    return out
