"""Two counts of the same cases: exact p-values, intervals that cover, and how often nothing is called something."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from methods.paired import conditional_p, dispersion_of, predictive_interval

COUNTS = st.integers(0, 60)


@given(COUNTS, COUNTS, st.floats(0.3, 3))
def test_whole_numbers_give_the_binomial_tails(x: int, y: int, factor: float) -> None:
    share = factor / (1 + factor)
    low, high = binom.cdf(x, x + y, share), binom.sf(x - 1, x + y, share)
    assert conditional_p(x, y, factor) == pytest.approx(min(1.0, 2 * min(low, high)), rel=1e-8)


def test_a_known_case() -> None:
    """0 against 12 of the same: 2 × 0.5¹², as a binomial test has it."""
    assert conditional_p(0, 12) == pytest.approx(binomtest(0, 12, 0.5).pvalue)
    assert conditional_p(0, 0) == 1.0
    assert np.isnan(conditional_p(np.nan, 3))


@given(COUNTS, COUNTS)
def test_neither_side_is_presumed_right(x: int, y: int) -> None:
    assert conditional_p(x, y) == pytest.approx(conditional_p(y, x))


@given(st.integers(1, 40), st.integers(1, 40))
def test_more_dispersion_never_makes_it_rarer(x: int, y: int) -> None:
    assert conditional_p(x, y, dispersion=2.0) >= conditional_p(x, y) * (1 - 1e-9) or abs(x - y) <= 1


def test_offices_that_count_the_same_cases_are_called_out_of_line_less_often_than_said() -> None:
    rng = np.random.default_rng(3)
    cases = rng.poisson(rng.gamma(2, 1.0, 40_000))
    ours, theirs = rng.binomial(cases, 0.97), rng.binomial(cases, 0.95)
    assert (conditional_p(ours, theirs, 0.97 / 0.95) <= 0.05).mean() < 0.001
    independent = conditional_p(rng.poisson(6, 40_000), rng.poisson(6, 40_000))
    assert 0.01 < (independent <= 0.05).mean() <= 0.05  # an exact test of small counts never says more than it may


def test_the_interval_covers_independent_counts_as_often_as_it_says() -> None:
    rng = np.random.default_rng(4)
    mean = rng.gamma(2, 3.0, 40_000)
    low, high = predictive_interval(rng.poisson(mean / 1.2), 1.2)
    ours = rng.poisson(mean)
    assert 0.95 <= ((low <= ours) & (ours <= high)).mean() < 0.99
    nothing = predictive_interval(0.0)
    assert nothing[0] == 0
    assert 1 <= nothing[1] <= 6  # nought there does not forbid some here


def test_dispersion_is_found_and_a_tenth_of_odd_places_does_not_move_it() -> None:
    rng = np.random.default_rng(5)
    mean = rng.gamma(5, 10.0, 600)
    x, y = (2.5 * rng.poisson(mean / 2.5) for _ in range(2))
    assert dispersion_of(x, y) == pytest.approx(2.5, rel=0.25)
    x[:60] = 0
    assert dispersion_of(x, y) == pytest.approx(2.5, rel=0.5)
    assert dispersion_of(x[:5], y[:5]) == 1.0
    assert dispersion_of(300 * rng.poisson(mean), 300 * rng.poisson(mean), grain=300) == pytest.approx(300, rel=0.3)
