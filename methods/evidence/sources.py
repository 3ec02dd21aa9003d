"""Events reported below what others counted: hospitals, immunisation, the register; other villages, for moves; and below earlier visits.

Null hypothesis: what the village reports (late reports included) in a window has the mean w·Y + c·B, Y what the second source counted,
spread over the following months as late registration does in the whole county, B the expectation from population × the level that the
second source shows; w, c ≥ 0 are the county's (non-negative least squares, twice, without villages beyond three standard deviations).
Villages differ in coverage: quasi negative binomial with variance φ·m + a·m², both robust from the county's squared residuals. One-sided
lower tail; the month with the greatest shortfall is left out. The evidence of several sources is taken by Bonferroni. Minimum: six
reported months with both counts, six events expected. Source: methods.md C15, C16; reporting-lag correction after Brookmeyer & Damiano,
Statistics in Medicine 8, 1989, 23–34.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import nnls
from scipy.stats import nbinom

from methods.evidence.county import FEWEST_EVENTS, FEWEST_MONTHS, Block, County
from methods.evidence.evenness import blank
from methods.evidence.weight import SMALLEST_P, Outcome

LATE_LAGS = tuple(range(7))
_CHI_MEDIAN, _CHI_TRIMMED = 0.4549, 0.6211
_PHI = (0.15, 10.0)
_LARGEST_SPREAD = 4.0
_LEVEL_SHAPE = 1.0


def below_second_source(county: County) -> Outcome:
    """Fewer events than second sources count; a source is matched to a concept by the dictionary."""
    return _lowest(county, [(s.codes, s.values, LATE_LAGS) for s in county.seconds if not s.is_mirror])


def mirror_moves(county: County) -> Outcome:
    """Fewer moves than the other villages of the county report from or to this one."""
    return _lowest(county, [(s.codes, s.values, LATE_LAGS) for s in county.seconds if s.is_mirror])


def below_forerunners(county: County) -> Outcome:
    """Fewer events than earlier ones foretold (births after first antenatal visits)."""
    tests = [
        (lead.later, county.sum_of(lead.early), tuple(range(min(lead.months) - 1, max(lead.months) + 3)))
        for lead in county.roles.leads
        if max(lead.months) + FEWEST_MONTHS <= len(county.panel.months)
    ]
    return _lowest(county, tests, least_phi=1.0)  # other events than these: counted apart, they vary like Poisson at least


def _lowest(county: County, tests: Sequence[tuple[tuple[str, ...], Block, Sequence[int]]], least_phi: float = _PHI[0]) -> Outcome:
    made = [_below(county, codes, source, lags, least_phi) for codes, source, lags in tests if county.concept_of(codes[0]) >= 0]
    if not made:
        return blank(county)
    p = np.stack([m.p for m in made])
    best = np.where(np.isnan(p), 2.0, p).argmin(axis=0)
    top = best[-1]
    n = np.arange(p.shape[2])

    def chosen(blocks: list[Block]) -> Block:
        return np.asarray(np.take_along_axis(np.stack(blocks), best[None], axis=0)[0])

    told = (~np.isnan(p)).sum(axis=0)
    lowest = np.where(told > 0, np.minimum(chosen([m.p for m in made]) * np.maximum(told, 1), 1.0), np.nan)
    gain = np.zeros((len(county.panel.months), len(n), len(made)))
    for k, one in enumerate(made):
        gain[:, top == k, k] = one.gain[:, top == k, 0]
    fields = tuple(one.fields[0] for one in made)
    out = Outcome(lowest, chosen([m.observed for m in made]), chosen([m.expected for m in made]), gain, fields)
    out.extra["source"] = top.astype(np.float64)
    return out


def with_late(county: County, codes: tuple[str, ...]) -> Block:
    """T × n: the events with those of earlier months reported now."""
    reported = county.sum_of(codes)
    for late, of in county.roles.late:
        if set(of) == set(codes):
            reported = reported + np.nan_to_num(county.sum_of(late))
    return reported


def _below(county: County, codes: tuple[str, ...], source: Block, lags: Sequence[int], least_phi: float) -> Outcome:
    reported, base = with_late(county, codes), county.base[:, :, county.concept_of(codes[0])]
    spread = moved_on(reported, source, base, lags)
    rows, observed, expected = [], [], []
    known = ~np.isnan(reported) & ~np.isnan(spread)
    for window in county.windows:
        seen = known[-window:]
        x, y, b = (np.where(seen, block[-window:], 0.0) for block in (reported, spread, base))
        b = b * _level(y.sum(axis=0), b.sum(axis=0))[None]
        w, c = _coefficients(x.sum(axis=0), y.sum(axis=0), b.sum(axis=0))
        mean = w * y + c * b
        worst = (mean - x).argmax(axis=0)
        n = np.arange(x.shape[1])
        total, m = x.sum(axis=0), mean.sum(axis=0)
        phi, a = _spreads(total, m)
        phi = max(phi, least_phi)
        total, m = total - x[worst, n], np.maximum(m - mean[worst, n], 1e-6)
        # Quasi-likelihood: counts in units of φ; then negative binomial with a as the variance of coverage between villages.
        size = 1.0 / max(a, 1e-4)
        p = nbinom.cdf(np.floor(total / phi), size, size / (size + m / phi))
        told = (seen.sum(axis=0) >= FEWEST_MONTHS) & (m >= FEWEST_EVENTS)
        rows.append(np.where(told, np.clip(p, SMALLEST_P, 1.0), np.nan))
        observed.append(total)
        expected.append(m)
    gain = np.where(known, base + np.nan_to_num(spread) - np.nan_to_num(reported), 0.0)[:, :, None]
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, (codes,))


def moved_on(reported: Block, source: Block, base: Block, lags: Sequence[int]) -> Block:
    """The source's counts moved on as the county's reports follow them, T × n; NaN where a month before is not known or not recorded."""
    months = len(reported)
    moved = np.full((len(lags), *source.shape), np.nan)
    for k, lag in enumerate(lags):
        if lag < months:
            moved[k, lag:] = source[: months - lag]
    usable = ~np.isnan(moved).any(axis=0) & ~np.isnan(reported)
    if usable.sum() < 50 * len(lags):
        share = np.where(np.arange(len(lags)) == 0, 1.0, 0.0)
    else:
        scale = 1.0 / np.sqrt(np.maximum(base[usable], 0.05))
        fitted, _ = nnls((moved[:, usable] * scale).T, reported[usable] * scale)
        share = fitted / max(fitted.sum(), 1e-9) if fitted.sum() > 0 else np.full(len(lags), 1 / len(lags))
    usual = np.nansum(source) / max(np.where(np.isnan(source), 0.0, base).sum(), 1e-9)
    out = (share[:, None, None] * np.where(np.isnan(moved), usual * base[None], moved)).sum(axis=0)
    return np.where(np.isnan(moved[0]) & (share[0] > 0.5), np.nan, out)


def _level(y: Block, b: Block) -> Block:
    """n: the village's level by the second source alone, shrunk to 1: a hamlet of the old is not held against its population."""
    usual = y.sum() / max(b.sum(), 1e-9)
    return np.asarray((_LEVEL_SHAPE + y) / (_LEVEL_SHAPE + usual * b))


def _coefficients(x: Block, y: Block, b: Block) -> tuple[float, float]:
    """County's w, c of x ≈ w·y + c·b."""
    keep = b > 0
    w, c = 1.0, 0.0
    for _ in range(2):
        if keep.sum() < 5:
            return w, c
        scale = 1.0 / np.sqrt(np.maximum(b[keep], 0.5))
        (w, c), _ = nnls(np.stack([y[keep], b[keep]], axis=1) * scale[:, None], x[keep] * scale)
        mean = np.maximum(w * y + c * b, 0.5)
        phi, a = _spreads(x, mean)
        z = (x - mean) / np.sqrt(phi * mean + a * mean**2)
        keep = (b > 0) & (np.abs(z) < 3)
    return float(w), float(c)


def _spreads(x: Block, mean: Block) -> tuple[float, float]:
    """φ and a of the variance φ·m + a·m²: φ from the smaller half of the villages, a from the larger one, by their middle squared
    residuals.

    φ is below 1 where the second source counts the very same events. The middle one is replaced by the 90 % trimmed mean where that is
    larger.
    """
    use = mean >= 1
    if use.sum() < 20:
        return 1.0, 0.1
    squares, m = (x[use] - mean[use]) ** 2, mean[use]
    phi, a = 1.0, 0.0
    small = m <= np.median(m)
    for _ in range(2):
        phi = float(np.clip(_middle(squares[small] / (m[small] + a / phi * m[small] ** 2)), *_PHI))
        a = float(np.clip(_middle_excess(squares[~small], m[~small], phi), 0.0, _LARGEST_SPREAD))
    return phi, a


def _middle(ratios: Block) -> float:
    """Robust mean of squared standard residuals: the larger of the median's and the trimmed mean's estimate (under χ² with one degree of
    freedom)."""
    trimmed = ratios[ratios <= np.quantile(ratios, 0.9)].mean() / _CHI_TRIMMED
    return float(max(np.median(ratios) / _CHI_MEDIAN, trimmed))


def _middle_excess(squares: Block, m: Block, phi: float) -> float:
    low, high = 0.0, _LARGEST_SPREAD
    for _ in range(14):
        middle = (low + high) / 2
        if _middle(squares / (phi * m + middle * m**2)) > 1:
            low = middle
        else:
            high = middle
    return high
