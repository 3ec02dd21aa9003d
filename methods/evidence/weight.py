"""The common scale of the tests: log evidence cell by cell, added up over months and fields, turned into a p-value.

A test gives, for each cell and each of K alternatives, a gain C with E[exp(C) | all earlier cells] ≤ 1 under its null hypothesis. Then
the mean over alternatives of exp(ΣC) is an e-value, and p = min(1, 1/e) holds by Markov's inequality at any sample size (Ville 1939;
Shafer, JRSS A 184, 2021, 407–431; Chernoff's bound is the case of exponentially tilted alternatives). Nothing is asymptotic, and small
counts cost power, not validity. The drop-one rule takes the most telling month out of the sum, and for tests over several figures also
the most telling figure. Taking evidence away keeps the bound.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, logsumexp, xlogy

from methods.evidence.county import FEWEST_EVENTS, FEWEST_MONTHS, Block, County, Flags

SMALLEST_P = 1e-250
SHARES = (0.25, 0.5, 0.8, 0.97)
_TRIM = 0.15


@dataclass(frozen=True)
class Outcome:
    """What one test says of n villages over W windows (rows as County.windows).

    p: W × n, NaN where there is too little to say. observed, expected: W × n, in the units of the test's wording. gain: T × n × F, log
    evidence of each cell under the best alternative (positive: like the pattern); fields: F groups of codes. partner: n, position of the
    other village, −1 none.
    """

    p: Block
    observed: Block
    expected: Block
    gain: Block
    fields: tuple[tuple[str, ...], ...]
    partner: NDArray[np.int64] | None = None
    extra: dict[str, Block] = field(default_factory=dict)


def log_mode(x: Block) -> Block:
    """Log of the largest probability that any Poisson distribution gives to x: x^x e^−x / x! (1 for x = 0).

    Counts more variable than Poisson give less; so a repeat of x has at most this chance whatever the mean of the month was.
    """
    return np.asarray(xlogy(x, x) - x - gammaln(x + 1.0))


def log_binomial_mode(x: Block, n: Block) -> Block:
    """Log of the largest probability that any binomial distribution of n trials gives to x."""
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(gammaln(n + 1) - gammaln(x + 1) - gammaln(n - x + 1) + xlogy(x, x / n) + xlogy(n - x, 1 - x / n))


@dataclass(frozen=True)
class Tallies:
    """Matches of one test, cells with no match counted and not listed, so that long tests stay quick.

    log_month: K × T × n, log evidence by month. log_field: W × K × n × F, by figure in each window.
    """

    log_month: Block
    log_field: Block

    def log_e(self, windows: Sequence[int], *, spare_field: bool) -> Block:
        """W × n: log e-values after the drop-one rule, the mean over the shares."""
        rows = []
        for window, by_field in zip(windows, self.log_field, strict=True):
            total = by_field.sum(axis=2) - np.maximum(self.log_month[:, -window:].max(axis=1), 0.0)
            if spare_field and by_field.shape[2] > 1:
                total = total - np.maximum(by_field.max(axis=2), 0.0)
            rows.append(logsumexp(total, axis=0) - np.log(len(total)))
        return np.array(rows)


def tally(is_match: Flags, log_chance: Block, asked: Flags, windows: Sequence[int]) -> Tallies:
    """Evidence that a share of the figures is made to match.

    With R = 1 / chance where a cell matches and 0 elsewhere, E[R] ≤ 1 under the null, so 1 − s + s·R is an e-value for any share s. First
    R is divided by the county's own mean of R, figure by figure, where that is above 1 (without the 15 % of villages where it is
    largest): chances that are too small for everybody are so for the village too.

    Args:
        is_match, asked: T × n × F. log_chance: the same shape, log of the greatest chance of a match. windows: lengths.
    """
    months, n, fields = is_match.shape
    t, i, f = np.nonzero(is_match & asked)
    ratio = np.exp(-log_chance[t, i, f])
    at = i * fields + f
    grown = np.bincount(at, ratio, minlength=n * fields).reshape(n, fields).astype(np.float64)
    ratio = ratio / _usual(grown, asked.sum(axis=0).astype(np.int64))[f]
    asked_month = asked.sum(axis=2)
    log_month, log_field = np.empty((len(SHARES), months, n)), np.empty((len(windows), len(SHARES), n, fields))
    asked_field = [asked[-w:].sum(axis=0) for w in windows]
    inside = [t >= months - w for w in windows]
    for k, share in enumerate(SHARES):
        gain = np.log1p(share / (1 - share) * ratio)
        log_month[k] = np.bincount(t * n + i, gain, minlength=months * n).reshape(months, n) + asked_month * np.log1p(-share)
        for w, late in enumerate(inside):
            hits = np.bincount(at[late], gain[late], minlength=n * fields).reshape(n, fields)
            log_field[w, k] = hits + asked_field[w] * np.log1p(-share)
    return Tallies(log_month, log_field)


def _usual(grown: Block, count: NDArray[np.int64]) -> Block:
    """F: the county's mean of a figure's e-values, without the villages where it is largest; 1 at least. grown: n × F sums, count: n × F
    cells."""
    share = np.where(count > 0, grown / np.maximum(count, 1), 0.0)
    ordered = np.sort(share, axis=0)
    last = len(ordered) - 1 - np.floor(_TRIM * (count > 0).sum(axis=0)).astype(np.int64)
    kept = (count > 0) & (share <= np.take_along_axis(ordered, last[None], axis=0))
    level = np.where(kept, grown, 0.0).sum(axis=0) / np.maximum(np.where(kept, count, 0).sum(axis=0), 1)
    return np.asarray(np.maximum(level, 1.0))


def of_matches(
    county: County,
    variants: Sequence[tuple[Flags, Block, Flags]],
    events: Block,
    *,
    fields: tuple[tuple[str, ...], ...],
    spare_field: bool,
) -> Outcome:
    """A test that counts matches, on every window.

    Args:
        county: the windows.
        variants: (is_match, log_chance, asked), T × n × F each, for each lag, target, …; their e-values are averaged. What is reported as
            observed, expected and gain is of the variant that tells most of a village; `extra["variant"]` is its position.
        events: T × n × F, counts, of which six are needed. fields, spare_field: see `Outcome`, `log_e`.
    """
    tallies = [tally(match, chance, asked, county.windows) for match, chance, asked in variants]
    logs = np.stack([one.log_e(county.windows, spare_field=spare_field) for one in tallies])
    evidence = logsumexp(logs, axis=0) - np.log(len(logs))
    best = logs.max(axis=1).argmax(axis=0)
    i = np.arange(len(best))

    def chosen(part: int) -> Block:
        return np.asarray(np.stack([variant[part] for variant in variants])[best, :, i].transpose(1, 0, 2))

    match, chance, asked = chosen(0), chosen(1), chosen(2).astype(bool)
    hits, chances = np.where(asked, match, 0.0), np.where(asked, np.exp(chance), 0.0)
    ever = np.logical_or.reduce([variant[2] for variant in variants])
    p = np.array([np.where(enough(county, ever, events, w), p_of(evidence[k]), np.nan) for k, w in enumerate(county.windows)])
    observed = np.array([hits[-w:].sum(axis=(0, 2)) for w in county.windows])
    expected = np.array([chances[-w:].sum(axis=(0, 2)) for w in county.windows])
    gain = np.where(asked, np.where(hits > 0, -chance, -np.log(2.0)), 0.0)
    return Outcome(p, observed, expected, gain, fields, extra={"variant": best.astype(np.float64)})


def calibrated(gains: Block, asked: Flags) -> Block:
    """Gains with E[exp(C)] ≤ 1 also where the county's own villages say that the null is too sure, figure by figure; never more than
    before.

    The mean of exp(C) over a figure's cells, without the 15 % of villages where it is largest, is 1 or less under the null; what is above
    is taken off.

    Args:
        gains: K × T × n × F.
        asked: T × n × F.
    """
    count = asked.sum(axis=0)
    grown = np.where(asked[None], np.exp(np.minimum(gains, 20.0)), 0.0).sum(axis=1)
    share = grown / np.maximum(count, 1)
    # Villages that were not asked stand first, as nought; the quantile is taken over the others.
    ordered = np.sort(np.where(count > 0, share, 0.0), axis=1)
    last = ordered.shape[1] - 1 - np.floor(_TRIM * (count > 0).sum(axis=0)).astype(np.int64)
    limit = np.take_along_axis(ordered, np.broadcast_to(last, (len(gains), 1, len(last))), axis=1)
    kept = (count > 0) & (share <= limit)
    level = np.where(kept, grown, 0.0).sum(axis=1) / np.maximum(np.where(kept, count, 0).sum(axis=1), 1)
    off = np.log(np.maximum(level, 1.0))
    return np.where(asked[None], gains - off[:, None, None, :], 0.0)


def log_e(gains: Block, *, spare_field: bool, offset: Block | None = None) -> Block:
    """n: log e-value of one window after the drop-one rule.

    Args:
        gains: K × w × n × F.
        spare_field: leave out the most telling figure as well.
        offset: K × n × F, what fitting to the window costs.
    """
    by_field = gains.sum(axis=1) + (0.0 if offset is None else offset)
    total = by_field.sum(axis=2)
    total = total - np.maximum(gains.sum(axis=3).max(axis=1), 0.0)
    if spare_field and gains.shape[3] > 1:
        total = total - np.maximum(by_field.max(axis=2), 0.0)
    return np.asarray(logsumexp(total, axis=0) - np.log(len(gains)))


def p_of(log_evidence: Block) -> Block:
    """p = min(1, 1/e)."""
    return np.clip(np.exp(-np.maximum(log_evidence, 0.0)), SMALLEST_P, 1.0)


def enough(county: County, asked: Flags, events: Block, window: int) -> Flags:
    """n: the window has six reported months and six events among the cells that were asked, in two months at least.

    Args:
        asked: T × n × F. events: T × n × F, counts.
    """
    seen, counted = asked[-window:], np.where(asked[-window:], np.nan_to_num(events[-window:]), 0.0)
    months = county.is_reported[-window:].sum(axis=0)
    return np.asarray((months >= FEWEST_MONTHS) & (counted.sum(axis=(0, 2)) >= FEWEST_EVENTS) & (seen.any(axis=2).sum(axis=0) >= 2))


def over_windows(
    county: County,
    gains: Sequence[Block],
    asked: Flags,
    events: Block,
    *,
    hits: Block,
    chances: Block,
    fields: tuple[tuple[str, ...], ...],
    spare_field: bool,
    partner: NDArray[np.int64] | None = None,
) -> Outcome:
    """Weigh a test on every window.

    Args:
        county: the windows.
        gains: one block K × T × n × F for each variant of the test (lags, targets, …), whose e-values are averaged.
        asked: T × n × F. events: T × n × F. hits, chances: T × n × F: what is observed, and expected, in total.
        fields: codes of each figure. spare_field: see `log_e`. partner: the other village.
    """
    rows, observed, expected = [], [], []
    for window in county.windows:
        logs = np.stack([log_e(g[:, -window:], spare_field=spare_field) for g in gains])
        evidence = logsumexp(logs, axis=0) - np.log(len(gains))
        rows.append(np.where(enough(county, asked, events, window), p_of(evidence), np.nan))
        observed.append(np.where(asked, hits, 0.0)[-window:].sum(axis=(0, 2)))
        expected.append(np.where(asked, chances, 0.0)[-window:].sum(axis=(0, 2)))
    best = np.argmax([g.sum(axis=(1, 3)).max(axis=0) for g in gains], axis=0) if len(gains) > 1 else np.zeros(asked.shape[1], dtype=int)
    gain = np.zeros(asked.shape)
    for variant, g in enumerate(gains):
        chosen = best == variant
        k = g.sum(axis=(1, 3)).argmax(axis=0)
        gain[:, chosen] = g[k[chosen], :, chosen].transpose(1, 0, 2)
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, fields, partner)
