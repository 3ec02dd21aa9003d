"""Reports that say nothing happened, month after month, where something must have.

Null hypothesis: the village's counts are Gamma–Poisson. (1) Months with nothing at all, among months with something: a month is empty with
chance Π_f (1 + μ_f/2)^−2, μ from the village's other months. (2) A window with at most one month that is not empty: Π_f (1 +
M_f/k_f)^−k_f, M the county's expectation for the window without its largest month, k the shape between villages; its square root is
taken, because figures of one village go together. p is twice the smaller of the two. A hamlet of the old has deaths; a hamlet of few has
a small M; neither is empty against its expectation.
Minimum: six reported months; six events expected. Source: methods.md C11.
"""

from __future__ import annotations

import numpy as np

from methods.evidence.county import FEWEST_EVENTS, FEWEST_MONTHS, County
from methods.evidence.weight import Outcome, p_of, tally

_MONTH_SHAPE = 2.0


def empty_reporting(county: County) -> Outcome:
    """Nothing happened in too many months."""
    x, known = county.totals, ~np.isnan(county.totals)
    reported = np.asarray(known.any(axis=2))
    is_empty = reported & (np.where(known, x, 0.0).sum(axis=2) == 0)
    mean = np.where(known, county.mean, 0.0)
    log_chance = -_MONTH_SHAPE * np.log1p(mean / _MONTH_SHAPE).sum(axis=2)
    asked = reported & (log_chance < np.log(0.8))
    tallied = tally(is_empty[:, :, None], log_chance[:, :, None], asked[:, :, None], county.windows)
    single = p_of(tallied.log_e(county.windows, spare_field=False))
    rows, observed, expected = [], [], []
    for w, window in enumerate(county.windows):
        base = np.where(known, county.base, 0.0)[-window:]
        whole = base.sum(axis=0)
        left = np.maximum(whole - base[base.sum(axis=2).argmax(axis=0), np.arange(x.shape[1])], 0.0)
        log_p = -(county.shape * np.log1p(left / county.shape)).sum(axis=1)
        full = (reported & ~is_empty)[-window:].sum(axis=0)
        together = np.where(full <= 1, np.exp(np.maximum(0.5 * log_p, -500.0)), 1.0)
        p = np.minimum(1.0, 2 * np.minimum(single[w], together))
        told = (reported[-window:].sum(axis=0) >= FEWEST_MONTHS) & (whole.sum(axis=1) >= FEWEST_EVENTS)
        rows.append(np.where(told, p, np.nan))
        observed.append(is_empty[-window:].sum(axis=0).astype(np.float64))
        expected.append(np.where(reported, np.exp(log_chance), 0.0)[-window:].sum(axis=0))
    gain = np.where(is_empty, -log_chance, 0.0)[:, :, None]
    return Outcome(np.array(rows), np.array(observed), np.array(expected), gain, (county.codes,))
