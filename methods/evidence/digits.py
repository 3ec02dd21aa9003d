"""Last digits of registry stocks and of counted persons: heaping at 0 and 5, a favourite digit.

Null hypothesis: given last month's stock, this month's is that stock plus independent births, deaths and moves; its last digit has the
probability that the discretised predictive distribution gives it: normals with a quarter of, once and four times the expected variance,
because families move together and quiet months are many. Small villages move slowly, so their digits are far from one tenth each: that
share is never used; a stock that hardly can change tells nothing. For heaping the chance is never taken below one fifth; for counts of
three or more it is at most one quarter under any Poisson mean.
Minimum: six reported months; a favourite digit needs 15 digits. Source: methods.md C9, C10; Mosimann, Wiseman & Edelman, Accountability in
Research 4, 1995, 31–55 (digit preference in made-up counts), with model-predicted digits in place of uniform ones.
"""

from __future__ import annotations

import numpy as np

from methods.evidence.county import Block, County, Flags
from methods.evidence.evenness import blank
from methods.evidence.weight import Outcome, calibrated, of_matches, over_windows

_REACH = 60
_HEAP, _COUNT_HEAP, _SMALLEST_COUNT = 0.2, 0.25, 3
_SHARES = (0.3, 0.7)
_VARIANCES = (0.25, 1.0, 4.0)
_LEAST_CHANCE = 0.07
_FAVOURITES: tuple[tuple[int, ...], ...] = (*((d,) for d in range(10)), (1, 6), (2, 7), (3, 8), (4, 9))
_FEWEST_DIGITS = 15


def predicted_digits(county: County) -> tuple[Block, Flags, Block]:
    """Stocks (T × n × S), which of them have a forerunner, and the predicted distribution of the last digit (T × n × S × 10)."""
    values = np.stack([county.panel.of(code) for code in county.roles.stocks], axis=2)
    before = np.full(values.shape, np.nan)
    before[1:] = values[:-1]
    flows = {g for pair in county.roles.by_sex for code in pair if (g := county.concept_of(code)) >= 0}
    variance = np.maximum(county.mean[:, :, sorted(flows)].sum(axis=2) / max(len(county.roles.stocks), 1), 0.5)
    steps = np.arange(-_REACH, _REACH + 1)
    density = np.zeros((*variance.shape, len(steps)))
    for factor in _VARIANCES:
        part = np.exp(-(steps**2) / (2 * factor * variance[:, :, None]))
        density += part / part.sum(axis=2, keepdims=True)
    by_step = np.zeros((*variance.shape, 10))
    for digit in range(10):
        by_step[:, :, digit] = density[:, :, steps % 10 == digit].sum(axis=2)
    by_step /= by_step.sum(axis=2, keepdims=True)
    last = np.nan_to_num(before).astype(np.int64) % 10
    index = (np.arange(10)[None, None, None, :] - last[..., None]) % 10
    pmf = np.take_along_axis(np.broadcast_to(by_step[:, :, None, :], (*values.shape, 10)), index, axis=3)
    known = ~np.isnan(values) & ~np.isnan(before) & ~county.is_changed[:, :, None]
    return values, known, pmf


def heaping(county: County) -> Outcome:
    """Last digits are 0 or 5 more often than predicted: registered stocks by sex, and counts of persons by sex together."""
    if not county.roles.stocks:
        return blank(county)
    values, known, pmf = predicted_digits(county)
    log_stock = np.log(np.maximum(pmf[..., 0] + pmf[..., 5], _HEAP))
    persons = sorted({g for pair in county.roles.by_sex for code in pair if (g := county.concept_of(code)) >= 0})
    counts = county.totals[:, :, persons]
    with np.errstate(invalid="ignore"):
        large = counts >= _SMALLEST_COUNT
    x = np.concatenate([values, counts], axis=2)
    asked = np.concatenate([known, large], axis=2)
    chance = np.concatenate([log_stock, np.full(counts.shape, np.log(_COUNT_HEAP))], axis=2)
    is_round = np.where(asked, np.nan_to_num(x), 1.0) % 5 == 0
    fields = (*((code,) for code in county.roles.stocks), *(county.concepts[g] for g in persons))
    return of_matches(county, [(is_round, chance, asked)], x, fields=fields, spare_field=False)


def digit_preference(county: County) -> Outcome:
    """One last digit of the registered stocks, or two that are five apart, is far more frequent than predicted; evidence is averaged over
    the choices."""
    if not county.roles.stocks:
        return blank(county)
    values, known, pmf = predicted_digits(county)
    digit = np.nan_to_num(values).astype(np.int64) % 10
    gains, chances = [], []
    for favourites in _FAVOURITES:
        own = np.maximum(pmf[..., list(favourites)].sum(axis=3), _LEAST_CHANCE * len(favourites))
        is_one = np.isin(digit, favourites)
        gains += [np.where(known, np.where(is_one, np.log((s + (1 - s) * own) / own), np.log1p(-s)), 0.0) for s in _SHARES]
        chances.append(own)
    stacked = calibrated(np.stack(gains), known)
    best = stacked.sum(axis=(1, 3)).argmax(axis=0) // len(_SHARES)
    hits = np.stack([np.isin(digit, f) for f in _FAVOURITES])[best, :, np.arange(len(best))].transpose(1, 0, 2).astype(np.float64)
    chance = np.stack(chances)[best, :, np.arange(len(best))].transpose(1, 0, 2)
    fields = tuple((code,) for code in county.roles.stocks)
    out = over_windows(county, [stacked], known, values, hits=hits, chances=chance, fields=fields, spare_field=False)
    few = np.array([known[-w:].sum(axis=(0, 2)) < _FEWEST_DIGITS for w in county.windows])
    out.extra["digit"] = np.array([f[0] for f in _FAVOURITES])[best].astype(np.float64)
    return Outcome(np.where(few, np.nan, out.p), out.observed, out.expected, out.gain, out.fields, extra=out.extra)
