"""Counts that vary less than counts can: too even around the village's level, without season, growing by the same step.

Null hypothesis: given their total, the counts of a window are multinomial with shares in proportion to county rate × exposure, or more
variable. Gain of a month: −θ(x − μ)²/μ − log M(μ, θ), μ = total × share, M the Poisson mean of exp(−θ(x − μ)²/μ), computed exactly;
fitting the total costs ½·log(total / tilted variance) (local limit theorem). Source: index of dispersion, Fisher, Thornton & Mackenzie,
Annals of Applied Biology 9, 1922, 325–359 (who used it to find counts that were too good); Chernoff's bound in place of the χ² table,
which fails for small counts.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from scipy.special import gammaln
from scipy.stats import norm

from methods.evidence.county import Block, County, Flags
from methods.evidence.weight import Outcome, calibrated, enough, log_e, p_of

_TILTS = (0.15, 0.4, 1.0, 2.5)
_FINE, _STEP, _FEWEST_IN_FIELD = 30.0, 0.02, 4.0


@lru_cache(maxsize=1)
def _table() -> tuple[Block, Block, Block]:
    """Means, and for each tilt θ: log M and the tilted variance."""
    means = np.arange(_STEP, _FINE + _STEP, _STEP)
    x = np.arange(0.0, 120.0)[None, :]
    log_pmf = x * np.log(means[:, None]) - means[:, None] - gammaln(x + 1)
    log_m, variance = [], []
    for tilt in _TILTS:
        tilted = np.exp(log_pmf - tilt * (x - means[:, None]) ** 2 / means[:, None])
        m = tilted.sum(axis=1)
        first = (tilted * x).sum(axis=1) / m
        log_m.append(np.log(m))
        variance.append((tilted * x**2).sum(axis=1) / m - first**2)
    return means, np.array(log_m), np.array(variance)


def tilted(mean: Block) -> tuple[Block, Block]:
    """K × shape of `mean`: log M(μ, θ) and the tilted variance; beyond μ = 30 as for the normal distribution."""
    _, log_m, variance = _table()
    place = np.clip(mean, _STEP, _FINE) / _STEP - 1.0
    low = np.minimum(place.astype(np.int64), log_m.shape[1] - 2)
    up = place - low
    large = mean > _FINE
    shape = (len(_TILTS), *mean.shape)
    out_m, out_v = np.empty(shape), np.empty(shape)
    for k, tilt in enumerate(_TILTS):
        out_m[k] = np.where(large, -0.5 * np.log1p(2 * tilt), log_m[k][low] * (1 - up) + log_m[k][low + 1] * up)
        out_v[k] = np.where(large, mean / (1 + 2 * tilt), variance[k][low] * (1 - up) + variance[k][low + 1] * up)
    return out_m, out_v


def _even(spread: Block, deviation: Block, asked: Flags, *, spare_field: bool) -> tuple[Block, Block]:
    """Log e-values (n) and gains of the best tilt (w × n × F) of one window."""
    log_m, variance = tilted(np.where(asked, spread, 1.0))
    squares = np.where(asked, deviation**2 / np.maximum(spread, _STEP), 0.0)
    tilts = np.array(_TILTS)[:, None, None, None]
    gains = np.where(asked[None], -tilts * squares[None] - log_m, 0.0)
    total = np.where(asked, spread, 0.0).sum(axis=0)
    left = np.where(asked[None], variance, 0.0).sum(axis=1)
    offset = np.where((asked.sum(axis=0) > 0)[None], -0.5 * np.log(np.maximum(total[None] / np.maximum(left, 1e-9), 1.0)), 0.0)
    gains = calibrated(gains, asked)
    evidence = log_e(gains, spare_field=spare_field, offset=offset)
    best = (gains.sum(axis=(1, 3)) + offset.sum(axis=2)).argmax(axis=0)
    chosen = np.take_along_axis(gains, best[None, None, :, None], axis=0)[0]
    return evidence, chosen


def under_dispersion(county: County) -> Outcome:
    """Events of a village are more even from month to month than independent events can be."""
    return _dispersion(county, county.totals, county.base, county.concepts)


def _dispersion(county: County, x: Block, base: Block, fields: tuple[tuple[str, ...], ...]) -> Outcome:
    rows, observed, expected, gain = [], [], [], np.zeros(x.shape)
    known = ~np.isnan(x)
    for window in county.windows:
        now, level, seen = x[-window:], base[-window:], known[-window:]
        total = np.where(seen, now, 0.0).sum(axis=0)
        pool = np.where(seen, level, 0.0).sum(axis=0)
        mean = level * (total / np.maximum(pool, 1e-9))[None]
        asked = seen & (total >= _FEWEST_IN_FIELD)[None] & (mean > _STEP)
        deviation = np.where(asked, now - mean, 0.0)
        evidence, cells = _even(mean, deviation, asked, spare_field=True)
        padded = np.zeros(x.shape, dtype=bool)
        padded[-window:] = asked
        rows.append(np.where(enough(county, padded, x, window), p_of(evidence), np.nan))
        observed.append(np.where(asked, deviation**2 / np.maximum(mean, _STEP), 0.0).sum(axis=(0, 2)))
        expected.append(np.maximum(asked.sum(axis=(0, 2)) - asked.any(axis=0).sum(axis=1), 0).astype(np.float64))
        gain[-window:] = cells
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, fields)


def constant_growth(county: County) -> Outcome:
    """A registered stock changes by the same step, or follows a line, more closely than its own flows allow.

    Null: the change is a sum and difference of independent events; its variance is at least 0.7 × the expected births, deaths and moves
    of that sex. Months of boundary changes are not asked, nor villages whose expected flows are under two a month.
    """
    stocks = county.roles.stocks
    if not stocks:
        return blank(county)
    values = np.stack([county.panel.of(code) for code in stocks], axis=2)
    change = np.full(values.shape, np.nan)
    change[1:] = np.diff(values, axis=0)
    flows = {g for pair in county.roles.by_sex for code in pair if (g := county.concept_of(code)) >= 0}
    variance = 0.7 * county.mean[:, :, sorted(flows)].sum(axis=2) / len(stocks)
    spread = np.broadcast_to(variance[:, :, None], values.shape)
    known = ~np.isnan(change) & ~county.is_changed[:, :, None] & (spread >= 1.0)
    rows, observed, expected, gain = [], [], [], np.zeros(values.shape)
    for window in county.windows:
        seen, now = known[-window:], change[-window:]
        count = np.maximum(seen.sum(axis=0), 1)
        middle = np.where(seen, now, 0.0).sum(axis=0) / count
        asked = seen & (seen.sum(axis=0) >= 5)[None]
        deviation = np.where(asked, now - middle[None], 0.0)
        evidence, cells = _even(spread[-window:], deviation, asked, spare_field=False)
        padded = np.zeros(values.shape, dtype=bool)
        padded[-window:] = asked
        rows.append(np.where(enough(county, padded, values, window), p_of(evidence), np.nan))
        observed.append(np.where(asked, deviation**2, 0.0).sum(axis=(0, 2)))
        expected.append(np.where(asked, spread[-window:], 0.0).sum(axis=(0, 2)))
        gain[-window:] = cells
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, tuple((code,) for code in stocks))


def missing_season(county: County) -> Outcome:
    """The village's events do not follow the season of the county's (score test, one-sided).

    Null: given the total, months share it in proportion to county rate × exposure. U = Σ a(x − nq), a the log of the county's rate of the
    month against its mean; the variance is the multinomial one × the village's own dispersion where that is above 1. The most telling
    month and figure are left out.
    """
    x, base = county.totals, county.base
    known = ~np.isnan(x)
    rows, observed, expected, gain = [], [], [], np.zeros(x.shape)
    for window in county.windows:
        now, level, seen = x[-window:], base[-window:], known[-window:]
        share = np.where(seen, level, 0.0)
        share = share / np.maximum(share.sum(axis=0), 1e-9)[None]
        total = np.where(seen, now, 0.0).sum(axis=0)
        mean = total[None] * share
        rate = np.where(seen, np.log(np.maximum(level / county.people[-window:, :, None], 1e-12)), 0.0)
        a = np.where(seen, rate - (rate * share).sum(axis=0)[None], 0.0)
        asked = seen & (total >= _FEWEST_IN_FIELD)[None]
        part = np.where(asked, a * (np.nan_to_num(now) - mean), 0.0)
        spread = np.where(asked, mean * a**2, 0.0)
        pearson = np.where(asked, (np.nan_to_num(now) - mean) ** 2 / np.maximum(mean, _STEP), 0.0).sum(axis=0)
        phi = np.maximum(pearson / np.maximum(asked.sum(axis=0) - 1, 1), 1.0)
        score, size = part.sum(axis=2), spread.sum(axis=2)
        variance = (spread.sum(axis=0) * phi).sum(axis=1)
        u = score.sum(axis=0) - np.minimum(score.min(axis=0), 0.0)
        u = u - np.minimum(part.sum(axis=0).min(axis=1), 0.0)
        z = np.where(variance > 0, u / np.sqrt(np.maximum(variance, 1e-12)), 0.0)
        padded = np.zeros(x.shape, dtype=bool)
        padded[-window:] = asked
        rows.append(np.where(enough(county, padded, x, window) & (window >= 12), np.maximum(norm.cdf(z), 1e-12), np.nan))
        observed.append(score.sum(axis=0))
        expected.append(np.sqrt(size.sum(axis=0)))
        gain[-window:] = -part
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, county.concepts)


def blank(county: County) -> Outcome:
    """An outcome that says nothing: the records lack what the test needs."""
    shape = (len(county.windows), len(county.panel.villages))
    return Outcome(
        np.full(shape, np.nan), np.full(shape, np.nan), np.full(shape, np.nan), np.zeros((len(county.panel.months), shape[1], 1)), ((),)
    )
