"""Figures of earlier months that come back: last month's, those of some months ago, or a whole earlier row.

Null hypothesis: given all earlier months, each count is Poisson or more variable, with any mean. Then it equals a given earlier value x >
0 with a chance of at most x^x e^−x / x! (`weight.log_mode`), whatever the mean: no rate has to be estimated, and neither a campaign nor a
drift can look like a copy. Zeros are not asked, because everybody reports them. Figures that an office plans are left out (roles).
Minimum: six reported months, six events, two figures (the most telling month and the most telling figure are left out).
Source: methods.md C1–C3, here as an e-value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

from methods.evidence.county import Block, County, Flags
from methods.evidence.weight import SHARES, Outcome, calibrated, log_mode, of_matches, over_windows

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
    return of_matches(county, [_shifted(county, 1)], county.singles, fields=_fields(county), spare_field=True)


def lag_copy(county: County) -> Outcome:
    """Figures equal those of the same constant number of months ago (2 to 13, or 24); the evidence of the lags is averaged."""
    steps = [lag for lag in _LAGS if lag < len(county.panel.months) - 2]
    out = of_matches(county, [_shifted(county, lag) for lag in steps], county.singles, fields=_fields(county), spare_field=True)
    out.extra["lag"] = np.array(steps)[out.extra["variant"].astype(np.int64)].astype(np.float64)
    return out


def duplicate_rows(county: County) -> Outcome:
    """Rows of events come back from earlier months, in any order, whole or with few figures changed.

    The gain of a month is the log of the mean, over all its earlier months, of the product of its cells' gains against that month: as if
    one of them had been taken at random and copied. A copied month then pays the log of the number of candidates, once a month and not
    once a figure.
    """
    x = county.singles
    months, n, _ = x.shape
    known = ~np.isnan(x)
    positive = np.nan_to_num(x) > 0
    chance = np.minimum(log_mode(np.where(known, x, 0.0)) + _usual_matches(county, log_mode(np.where(known, x, 0.0))), 0.0)
    row_gain = np.zeros((len(SHARES), months, n))
    source, hits, chances = np.zeros((months, n)), np.zeros((months, n)), np.zeros((months, n))
    i = np.arange(n)
    spare = _most_repeated(x, chance)
    for t in range(1, months):
        asked = known[t][None] & positive[:t]
        count = asked.sum(axis=2)
        s, v, f = np.nonzero(asked & (x[:t] == x[t][None]))
        matched = np.bincount(s * n + v, minlength=t * n).reshape(t, n)
        spared = f == spare[v]
        count = count - np.bincount((s * n + v)[spared], minlength=t * n).reshape(t, n)
        s, v, f = s[~spared], v[~spared], f[~spared]
        ratio = np.exp(-chance[s, v, f])
        for k, share in enumerate(SHARES):
            gain = np.bincount(s * n + v, np.log1p(share / (1 - share) * ratio), minlength=t * n).reshape(t, n) + count * np.log1p(-share)
            row_gain[k, t] = logsumexp(gain, axis=0) - np.log(t)
            if k == len(SHARES) - 2:
                best = gain.argmax(axis=0)
        source[t] = best
        hits[t] = matched[best, i]
        chances[t] = np.where(asked[best, i], np.exp(chance[best, i]), 0.0).sum(axis=1)
    asked3: Flags = np.asarray(known.any(axis=2, keepdims=True))
    asked3[0] = False
    out = over_windows(
        county,
        [calibrated(row_gain[:, :, :, None], asked3)],
        asked3,
        np.nan_to_num(x).sum(axis=2, keepdims=True),
        hits=hits[:, :, None],
        chances=chances[:, :, None],
        fields=(county.codes,),
        spare_field=False,
    )
    out.extra["source"] = source
    return out


def _most_repeated(x: Block, chance: Block) -> NDArray[np.int64]:
    """n: the figure whose values come back most from any earlier months, weighed by how rare each match is."""
    total = np.zeros(x.shape[1:])
    for t in range(1, len(x)):
        total += np.where((x[:t] == x[t][None]) & (x[:t] > 0), -chance[:t], 0.0).mean(axis=0)
    return np.asarray(total.argmax(axis=1), dtype=np.int64)


def _usual_matches(county: County, chance: Block) -> Block:
    """F: log of how much more often figures of neighbouring months match in the county than chance allows; 0 where they do not."""
    match, _, asked = _shifted(county, 1)
    hits = np.where(asked, match, False).sum(axis=0)
    expected = np.where(asked[1:], np.exp(chance[:-1]), 0.0).sum(axis=0)
    ratio = np.where(expected > 0, hits / np.maximum(expected, 1e-9), 0.0)
    ordered = np.argsort(ratio, axis=0)[: max(1, int(0.85 * len(ratio)))]
    top = np.take_along_axis(hits, ordered, axis=0).sum(axis=0)
    bottom = np.take_along_axis(expected, ordered, axis=0).sum(axis=0)
    return np.asarray(np.log(np.maximum(top / np.maximum(bottom, 1e-9), 1.0)))
