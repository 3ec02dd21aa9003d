"""Tests made for no kind of pattern in particular: too regular, too dependent, too unlike the other villages.

They carry what nobody has written a test for. All compare a village with chance or with the county's other villages; none knows what the
others look for. Minimum: six reported months and six events.
"""

from __future__ import annotations

import numpy as np
from scipy.special import ive
from scipy.stats import norm
from scipy.stats import t as student

from methods.evidence.county import Block, County, Flags
from methods.evidence.weight import SMALLEST_P, Outcome, calibrated, enough, log_mode, over_windows
from methods.evidence.whose import TOLD, log_odds

_SHARES = (0.3, 0.7, 0.95)
_MEMORY = 24
_DEGREES = 7.0
_LOWEST_P = 1e-7


def residuals(county: County) -> Block:
    """T × n × G: Anscombe's variance-stabilised residuals (Biometrika 35, 1948, 246–254) from the village's own level, 0 where unknown."""
    x, mean = county.totals, county.mean
    made = 2 * (np.sqrt(np.maximum(x, 0) + 0.375) - np.sqrt(mean + 0.375))
    return np.where(np.isnan(made), 0.0, made)


def repeated_values(county: County) -> Outcome:
    """Values of the village's earlier months come back, in whatever order (too regular).

    Null: given the past, each count is Poisson or more variable. Gain: log(1 − s + s·f(x)/m(x)), f the share of the last 24 months with
    the same value, m(x) the largest Poisson probability of x; its exponential has a mean of 1 at most.
    """
    x = county.singles
    share = np.zeros(x.shape)
    for t in range(3, len(x)):
        past = x[max(0, t - _MEMORY) : t]
        share[t] = (past == x[t][None]).sum(axis=0) / np.maximum((~np.isnan(past)).sum(axis=0), 1)
    with np.errstate(invalid="ignore"):
        asked = x > 0
    asked[:3] = False
    mode = np.exp(log_mode(np.where(asked, x, 0.0)))
    gains = calibrated(np.stack([np.where(asked, np.log(1 - s + s * share / mode), 0.0) for s in _SHARES]), asked)
    fields = tuple((code,) for code in county.codes)
    return over_windows(county, [gains], asked, x, hits=share, chances=mode, fields=fields, spare_field=True)


def dependent_villages(county: County) -> Outcome:
    """What is unusual in the village's months is unusual in another village's too (too dependent).

    Null: residuals of two villages, after the town's common movement is taken out, have independent signs; S = Σab / √Σa²b², without the
    month that tells most, is compared with the normal tail (self-normalised sums: Efron, JASA 64, 1969, 1278–1302), times the n − 1 other
    villages. A village is charged where it is ten times as likely as the other one to have taken the figures over (`whose`), as for copies.
    """
    r = residuals(county)
    for town in np.unique(county.town):
        inside = county.town == town
        if inside.sum() > 2:
            r[:, inside] -= r[:, inside].mean(axis=1, keepdims=True)
    n = r.shape[1]
    rows, observed, partner, best = [], [], np.full(n, -1, dtype=np.int64), np.full(n, 0.0)
    for window in county.windows:
        flat = r[-window:].transpose(1, 0, 2).reshape(n, -1)
        top, squares = flat @ flat.T, (flat**2) @ (flat**2).T
        score = top / np.sqrt(np.maximum(squares, 1e-9))
        np.fill_diagonal(score, -np.inf)
        mate = score.argmax(axis=1)
        by_month = r[-window:] * r[-window:, mate]
        months, own = by_month.sum(axis=2), (by_month**2).sum(axis=2)
        worst = months.argmax(axis=0)
        i = np.arange(n)
        left = (months.sum(axis=0) - months[worst, i]) / np.sqrt(np.maximum(own.sum(axis=0) - own[worst, i], 1e-9))
        p = np.clip(norm.sf(left) * max(n - 1, 1), SMALLEST_P, 1.0)
        low = np.flatnonzero(p < 0.05)
        p[low[log_odds(county, low, mate[low]) < TOLD]] = 1.0
        told = enough(county, ~np.isnan(county.totals), county.totals, window)
        rows.append(np.where(told, p, np.nan))
        observed.append(left)
        partner, best = np.where(left > best, mate, partner), np.maximum(left, best)
    gain = np.where((partner >= 0)[None, :, None], r * r[:, np.maximum(partner, 0)], 0.0)
    zero = np.zeros((len(county.windows), n))
    return Outcome(np.array(rows), np.array(observed), zero, gain, county.concepts, partner)


def alternating(county: County) -> Outcome:
    """High months are followed by low ones and low by high ones, more than chance: a person who invents numbers avoids repeating himself
    (too regular).

    Null: residuals of following months have independent signs; self-normalised as above, −1/(T − 1) for the fitted level put back.
    Source: Bar-Hillel & Wagenaar, Advances in Applied Mathematics 12, 1991, 428–454.
    """
    r = residuals(county)
    rows, observed = [], []
    product = np.zeros(r.shape)
    product[1:] = r[1:] * r[:-1]
    known = ~np.isnan(county.totals)
    for window in county.windows:
        seen = known[-window:]
        variance = (np.where(seen, r[-window:] ** 2, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1))[None]
        cells = np.where(product[-window:] != 0, product[-window:] + variance / max(len(r) - 1, 1), 0.0)
        months, squares = cells.sum(axis=2), (cells**2).sum(axis=2)
        worst, i = months.argmin(axis=0), np.arange(r.shape[1])
        score = (months.sum(axis=0) - months[worst, i]) / np.sqrt(np.maximum(squares.sum(axis=0) - squares[worst, i], 1e-9))
        told = enough(county, known, county.totals, window)
        rows.append(np.where(told, np.clip(norm.cdf(score), SMALLEST_P, 1.0), np.nan))
        observed.append(score)
    zero = np.zeros((len(county.windows), r.shape[1]))
    return Outcome(np.array(rows), np.array(observed), zero, -product, county.concepts)


def unlike_town(county: County) -> Outcome:
    """How the figures behave (not how high they are) is unlike the county's other villages (too unlike).

    Null: each feature, in its own theoretical standard errors, is spread in this village as in the county's others: median and median
    deviation (WHO's 1.486), Student's t with seven degrees of freedom for heavy tails, times the number of features. The level of births,
    deaths or the sex ratio is no feature.
    """
    rows, observed, which = [], [], []
    for window in county.windows:
        features = _features(county, window)
        z = np.stack([_robust(f) for f in features])
        told = enough(county, ~np.isnan(county.totals), county.totals, window)
        top = np.where(np.isnan(z), -np.inf, z).max(axis=0)
        p = np.clip(student.sf(top, _DEGREES) * len(z), _LOWEST_P, 1.0)
        rows.append(np.where(told & np.isfinite(top), p, np.nan))
        observed.append(np.where(np.isfinite(top), top, 0.0))
        which.append(np.where(np.isnan(z), -np.inf, z).argmax(axis=0))
    out = Outcome(np.array(rows), np.array(observed), np.zeros(np.array(rows).shape), np.abs(residuals(county)), county.concepts)
    out.extra["feature"] = np.array(which[-1], dtype=np.float64)
    return out


FEATURES = ("even", "repeats", "few_zeros", "many_zeros", "round", "not_round", "sexes", "ratio", "stock_round", "growth", "season")


def _features(county: County, window: int) -> list[Block]:
    """n each, larger = more unusual in the direction that counting does not explain. NaN where it cannot be told."""
    x, base = county.totals[-window:], county.base[-window:]
    known = ~np.isnan(x)
    x0 = np.where(known, x, 0.0)
    total, pool = x0.sum(axis=0), np.where(known, base, 0.0).sum(axis=0)
    mean = np.where(known, base * (total / np.maximum(pool, 1e-9))[None], 0.0)
    use = known & (mean > 0.05)
    pearson = np.where(use, (x0 - mean) ** 2 / np.maximum(mean, 0.05), 0.0)
    freedom = np.maximum(use.sum(axis=(0, 2)) - use.any(axis=0).sum(axis=1), 1)
    even = (freedom - pearson.sum(axis=(0, 2))) / np.sqrt(2 * freedom + np.where(use, 1 / np.maximum(mean, 0.05), 0.0).sum(axis=(0, 2)))
    both = use[1:] & use[:-1]
    middle = (mean[1:] + mean[:-1]) / 2
    same = np.where(both, ive(0, 2 * middle), 0.0)
    zero = np.where(use, np.exp(-mean), 0.0)
    high = use & (x0 >= 3)
    is_round = np.where(high, x0 % 5 == 0, False)
    fifth = np.where(high, 0.2, 0.0)
    repeats = _excess(np.where(both, x0[1:] == x0[:-1], False), same)
    zeros = _excess(np.where(use, x0 == 0, False), zero)
    rounds = _excess(is_round, fifth)
    return [even, repeats, -zeros, zeros, rounds, -rounds, *_feature_of_parts(county, window), -_season(mean, x0, use, county, window)]


def _excess(hits: Flags, chances: Block) -> Block:
    return np.asarray(
        (hits.sum(axis=(0, 2)) - chances.sum(axis=(0, 2))) / np.sqrt(np.maximum((chances * (1 - chances)).sum(axis=(0, 2)), 0.25))
    )


def _feature_of_parts(county: County, window: int) -> list[Block]:
    """Evenness between sexes, of ratios, round stocks and even growth."""
    roles, n = county.roles, county.totals.shape[1]
    pairs = [pair for pair in roles.by_sex if county.concept_of(pair[0]) >= 0]
    m = np.nan_to_num(np.stack([county.panel.of(a) for a, _ in pairs], axis=2)[-window:]) if pairs else np.zeros((window, n, 1))
    f = np.nan_to_num(np.stack([county.panel.of(b) for _, b in pairs], axis=2)[-window:]) if pairs else np.zeros((window, n, 1))
    size = m + f
    sexes = (size - (m - f) ** 2).sum(axis=(0, 2)) / np.sqrt(np.maximum((2 * size * np.maximum(size - 1, 0)).sum(axis=(0, 2)), 1.0))
    ratio = np.zeros(n)
    if roles.pairs:
        part = np.stack([county.panel.of(p.part) for p in roles.pairs], axis=2)[-window:]
        whole = np.stack([county.sum_of(p.sum_of or (p.whole,)) for p in roles.pairs], axis=2)[-window:]
        with np.errstate(invalid="ignore"):
            use = (part <= whole) & (whole > 0)
        part, whole = np.where(use, part, 0.0), np.where(use, whole, 0.0)
        share = (part.sum(axis=0) + 0.5) / (whole.sum(axis=0) + 1.0)
        variance = whole * (share * (1 - share))[None]
        use &= variance > 0.3
        square = np.where(use, (part - whole * share[None]) ** 2 / np.maximum(variance, 0.3), 0.0).sum(axis=(0, 2))
        freedom = np.maximum(use.sum(axis=(0, 2)) - use.any(axis=0).sum(axis=1), 1)
        ratio = (freedom - square) / np.sqrt(2 * freedom)
    stock_round = growth = np.zeros(n)
    if roles.stocks:
        stocks = np.stack([county.panel.of(code) for code in roles.stocks], axis=2)
        change = np.diff(stocks, axis=0)[-window:]
        now = stocks[-len(change) :]
        moved = ~np.isnan(change) & (change != 0)
        stock_round = _excess(moved & (np.nan_to_num(now) % 5 == 0), np.where(moved, 0.2, 0.0))
        seen = ~np.isnan(change) & ~county.is_changed[-len(change) :, :, None]
        count = np.maximum(seen.sum(axis=0), 1)
        middle = np.where(seen, change, 0.0).sum(axis=0) / count
        spread = np.where(seen, (change - middle[None]) ** 2, 0.0).sum(axis=(0, 2)) / np.maximum(seen.sum(axis=(0, 2)), 1)
        flows = sorted({g for pair in roles.by_sex for code in pair if (g := county.concept_of(code)) >= 0})
        expected = county.mean[-window:, :, flows].sum(axis=(0, 2)) / window / max(len(roles.stocks), 1)
        growth = -np.log((spread + 0.5) / (expected + 0.5)) * np.sqrt(np.maximum(seen.sum(axis=(0, 2)), 1) / 2)
    return [sexes, ratio, stock_round, growth]


def _season(mean: Block, x: Block, use: Flags, county: County, window: int) -> Block:
    rate = np.log(np.maximum(county.base[-window:] / county.people[-window:, :, None], 1e-12))
    share = mean / np.maximum(mean.sum(axis=0), 1e-9)[None]
    a = rate - (rate * share).sum(axis=0)[None]
    up = np.where(use, a * (x - mean), 0.0).sum(axis=(0, 2))
    return np.asarray(up / np.sqrt(np.maximum(np.where(use, a**2 * mean, 0.0).sum(axis=(0, 2)), 1e-9)))


def _robust(feature: Block) -> Block:
    known = np.isfinite(feature)
    if known.sum() < 10:
        return np.full(feature.shape, np.nan)
    middle = np.median(feature[known])
    spread = 1.486 * np.median(np.abs(feature[known] - middle))
    return np.where(known, (feature - max(middle, 0.0)) / max(spread, 1.0), np.nan)
