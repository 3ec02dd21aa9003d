"""Where the null hypothesis is true, no test's p-value is small more often than it says, and no single month makes a pattern."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import multinomial, poisson

from methods.evidence.evenness import _even, tilted
from methods.evidence.examine import examine
from methods.evidence.registry import DETECTORS
from methods.evidence.weight import log_binomial_mode, log_mode, p_of, tally
from tests.methods.evidence.invented import DICTIONARY, changed, county, events_of, records, rows_of

SEEDS = range(4)


@pytest.fixture(scope="module")
def counties():
    return [county(records(seed, dispersion=(3.0, 50.0)[seed % 2])) for seed in SEEDS]


@pytest.mark.parametrize("detector", [d for d in DETECTORS if d.family != "file"], ids=lambda d: d.id)
def test_p_values_are_no_smaller_than_uniform(detector, counties) -> None:
    p = np.concatenate([detector.run(c).p for c in counties], axis=1)
    assert (~np.isnan(p)).any(), "the invented county must give the test something to say"
    for row in p:  # villages are independent, windows are not
        seen = row[~np.isnan(row)]
        if detector.level == "town":
            seen = np.unique(seen)  # every village of a town has the town's p
        for level in (0.1, 0.02, 0.002):
            assert (seen <= level).sum() <= level * len(seen) + 4 * np.sqrt(level * len(seen)) + 1


@given(st.floats(0.05, 40.0), st.integers(0, 60))
def test_no_poisson_mean_gives_a_count_more_than_its_mode(mean: float, x: int) -> None:
    assert poisson.pmf(x, mean) <= np.exp(log_mode(np.array(float(x)))) * (1 + 1e-9)


def test_no_binomial_share_gives_a_part_more_than_its_mode() -> None:
    n, x = np.meshgrid(np.arange(1.0, 30), np.arange(0.0, 30), indexing="ij")
    inside = x <= n
    mode = np.exp(log_binomial_mode(x[inside], n[inside]))
    assert mode == pytest.approx(np.exp(log_binomial_mode(n[inside] - x[inside], n[inside])))
    assert (mode <= 1 + 1e-12).all()
    assert mode[(n[inside] == 10) & (x[inside] == 5)] == pytest.approx(252 / 1024)


@pytest.mark.parametrize(("months", "total"), [(6, 4), (6, 6), (6, 9), (8, 6)])
def test_even_counts_are_bounded_exactly_however_few(months: int, total: int) -> None:
    """Every way to spread `total` events over the months, with its probability: P(p ≤ a) ≤ a for every a."""
    share = np.linspace(1.0, 1.6, months)
    share /= share.sum()
    ways = np.array([w for w in product(range(total + 1), repeat=months - 1) if sum(w) <= total])
    ways = np.column_stack([ways, total - ways.sum(axis=1)])
    chance = multinomial.pmf(ways, total, share)
    mean = np.broadcast_to((total * share)[:, None, None], (months, len(ways), 1))
    deviation = ways.T[:, :, None] - mean
    # Without the county's own calibration, which only loosens: here all ways stand beside each other, whatever their chance.
    log_m, variance = tilted(mean)
    tilts = np.array([0.15, 0.4, 1.0, 2.5])[:, None, None, None]
    gains = -tilts * (deviation**2 / mean)[None] - log_m
    offset = -0.5 * np.log(np.maximum(total / variance.sum(axis=1), 1.0))
    p = p_of(np.log(np.exp(gains.sum(axis=(1, 3)) + offset.sum(axis=2) - np.maximum(gains.sum(axis=3).max(axis=1), 0)).mean(axis=0)))
    for level in np.unique(p[p < 1]):
        assert chance[p <= level].sum() <= level * (1 + 1e-9)
    evidence, _ = _even(mean, deviation, np.ones(mean.shape, dtype=bool), spare_field=False)
    assert (p_of(evidence) >= p - 1e-12).all()


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(0.2, 6.0), st.floats(0.0, 1.0))
def test_evidence_of_matches_has_a_mean_of_one_at_most(seed: int, mean: float, more: float) -> None:
    """The e-value before anything is left out, over many villages of Poisson or more variable counts."""
    rng = np.random.default_rng(seed)
    level = rng.gamma(1 / more, more, (8, 4000, 2)) if more > 0.05 else np.ones((8, 4000, 2))
    x = rng.poisson(mean * level).astype(float)
    before = np.roll(x, 1, axis=0)
    asked = before > 0
    asked[0] = False
    made = tally(x == before, log_mode(np.where(asked, before, 0.0)), asked, (8,))
    e = np.exp(np.minimum(made.log_field[0].sum(axis=2), 30.0)).mean(axis=0)
    assert e.mean() <= 1 + 5 * e.std() / np.sqrt(len(e))


def test_one_repeated_month_is_no_pattern() -> None:
    made = records(11)
    for village in range(5):
        rows = rows_of(made, village)
        slip = {code: np.concatenate([[rows[-7, k]], rows[-6:, k]]) for k, code in enumerate(events_of(made))}
        made = changed(made, village, slip)
    found = examine(made, DICTIONARY).flags
    assert not found["is_check"].any()


def test_honest_counties_have_empty_lists() -> None:
    lists = [examine(records(seed, villages=80), DICTIONARY).flags for seed in (21, 22)]
    assert sum(int(f["is_check"].sum()) for f in lists) == 0
