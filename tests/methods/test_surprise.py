"""Small-count surprise: calibrated where the model is true, quiet in the first months, never fed by the value that it judges."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import betabinom, nbinom

from methods.expected import Prediction, predict
from methods.stocks import surprise_of_stocks
from methods.surprise import _beta_binomial, surprise_given, surprise_of_counts, surprise_of_parts, surprise_of_ratios

RATES = np.array([0.0006, 0.002, 0.01])


def county(seed: int, months: int, villages: int = 300, dispersion: float = 8.0) -> tuple[np.ndarray, np.ndarray]:
    """Counts that follow the model: village levels are gamma, months are Poisson."""
    rng = np.random.default_rng(seed)
    people = rng.integers(300, 4000, villages).astype(float)
    level = rng.gamma(dispersion, 1 / dispersion, (villages, 3))
    mean = people[:, None] * level * RATES
    counts = rng.poisson(np.broadcast_to(mean, (months, villages, 3))).astype(float)
    return counts, np.broadcast_to(people[None, :, None], counts.shape).copy()


@pytest.mark.parametrize("months", [1, 2, 6, 24])
def test_p_values_are_calibrated_from_the_first_month_on(months: int) -> None:
    below = {0.05: 0, 0.01: 0, 0.001: 0}
    total = 0
    for seed in range(6):
        p = surprise_of_counts(*county(seed, months)).p
        total += p.size
        for level in below:
            below[level] += int((p < level).sum())
    assert total == 6 * 900
    for level, n in below.items():
        assert n <= 1.5 * level * total + 4 * np.sqrt(level * total)


def test_the_tested_value_never_enters_its_own_expectation() -> None:
    counts, people = county(1, 12)
    other = counts.copy()
    other[-1, 7] = 500.0
    one, two = predict(counts, people), predict(other, people)
    np.testing.assert_allclose(one.mean[7], two.mean[7])
    np.testing.assert_allclose(one.shape[7], two.shape[7])


def test_one_village_of_its_own_kind_hardly_moves_what_is_expected_of_the_others() -> None:
    counts, people = county(2, 12)
    other = counts.copy()
    other[-1, 7] = 5000.0
    one, two = predict(counts, people), predict(other, people)
    rest = np.arange(300) != 7
    assert np.abs(two.mean[rest] / one.mean[rest] - 1).max() < 0.25


def test_ten_births_where_two_are_usual_are_a_surprise_and_two_are_none() -> None:
    counts, people = county(3, 12)
    people[:, 0] = 1000.0
    counts[:, 0, 0] = 1.0
    counts[-1, 0, 0] = 10.0
    found = surprise_of_counts(counts, people)
    assert found.p[0, 0] < 1e-4
    assert found.high[0, 0] < 10
    counts[-1, 0, 0] = 2.0
    assert surprise_of_counts(counts, people).p[0, 0] > 0.05


def test_what_was_not_reported_is_not_judged() -> None:
    counts, people = county(4, 6)
    counts[-1, 0, 0] = np.nan
    people[-1, 1, :] = np.nan
    found = surprise_of_counts(counts, people)
    assert np.isnan(found.p[0, 0])
    assert np.isnan(found.p[1]).all()
    assert not np.isnan(found.p[2:]).any()


@given(st.integers(0, 400), st.floats(0.05, 60), st.floats(0.5, 100))
@settings(max_examples=80)
def test_the_band_of_usual_figures_holds_what_is_not_surprising(x: int, mean: float, shape: float) -> None:
    found = surprise_given(np.array([[float(x)]]), Prediction(np.array([[mean]]), np.array([[shape]])))
    inside = found.low[0, 0] <= x <= found.high[0, 0]
    share = shape / (shape + mean)
    assert 0 < found.p[0, 0] <= 1
    if found.p[0, 0] > 0.05 + nbinom.pmf(x, shape, share):
        assert inside
    if not inside:
        assert found.p[0, 0] <= 0.05


def test_parts_of_a_whole_are_judged_by_the_villages_own_share() -> None:
    rng = np.random.default_rng(5)
    whole = np.full((18, 200, 1), 60.0)
    part = rng.binomial(60, 0.93, whole.shape).astype(float)
    quiet = surprise_of_parts(part, whole).p
    assert (quiet < 1e-3).mean() < 0.005
    part[-1, 0] = 5.0
    assert surprise_of_parts(part, whole).p[0, 0] < 1e-4
    part[-1, 1] = 70.0  # more than the whole: arithmetic speaks, not this test
    assert np.isnan(surprise_of_parts(part, whole).p[1, 0])


def stocks_of(seed: int, months: int = 18, villages: int = 200) -> np.ndarray:
    steps = np.random.default_rng(seed).integers(-3, 4, (months, villages, 1))
    return 1500.0 + np.cumsum(steps, axis=0)


def test_a_stock_that_jumps_is_a_surprise_and_one_that_creeps_is_none() -> None:
    stocks = stocks_of(6)
    assert (surprise_of_stocks(stocks, stocks).p < 1e-3).mean() < 0.01
    stocks[-1, 0] += 300
    assert surprise_of_stocks(stocks, stocks).p[0, 0] < 1e-3


def test_a_jump_that_the_whole_county_makes_is_no_villages_surprise() -> None:
    stocks = stocks_of(7)
    stocks[-1] = np.round(stocks[-1] * 0.8)
    assert (surprise_of_stocks(stocks, stocks).p < 1e-3).mean() < 0.02


@pytest.mark.parametrize("months", [3, 4, 12])
def test_the_right_stock_after_a_wrong_one_is_no_surprise(months: int) -> None:
    stocks = stocks_of(8, months)
    stocks[-2, 0] *= 10
    assert surprise_of_stocks(stocks, stocks).p[0, 0] > 0.01


def test_a_stock_of_the_first_month_is_held_against_its_exposure() -> None:
    people = np.random.default_rng(9).integers(300, 4000, (1, 200, 1)).astype(float)
    stocks = np.round(people * 0.5)
    stocks[0, 0] *= 10
    p = surprise_of_stocks(stocks, people).p
    assert p[0, 0] < 1e-4
    assert (p[1:] > 0.01).all()


def test_an_amount_a_head_is_judged_by_the_villages_own_rate() -> None:
    heads = np.random.default_rng(10).integers(5, 200, (12, 100, 1)).astype(float)
    amounts = np.round(heads * 83.33, 2)
    amounts[:, :50] *= 2  # half of the villages have another rate
    amounts[-1, 0] *= 10
    p = surprise_of_ratios(amounts, heads).p
    assert p[0, 0] < 1e-4
    assert (p[1:] > 0.05).all()


@given(st.integers(0, 60), st.integers(0, 60), st.floats(0.3, 80), st.floats(0.3, 80))
@settings(max_examples=60)
def test_the_beta_binomial_by_summing_is_scipys(x: int, more: int, a: float, b: float) -> None:
    n = x + more
    p, low, high = _beta_binomial(*(np.array([float(v)]) for v in (x, n, a, b)))
    expected = 2 * min(betabinom.cdf(x - 1, n, a, b), betabinom.sf(x, n, a, b)) + betabinom.pmf(x, n, a, b)
    np.testing.assert_allclose(p[0], min(max(expected, 1e-300), 1), rtol=1e-6, atol=1e-9)
    assert betabinom.cdf(high[0], n, a, b) >= 0.975 - 1e-9
    assert betabinom.cdf(low[0] - 1, n, a, b) < 0.025 + 1e-9


def test_one_wrong_whole_of_the_past_leaves_the_share_as_it_was() -> None:
    whole = np.full((12, 60, 1), 60.0)
    part = np.full(whole.shape, 59.0)
    whole[5, 0] = 6000.0
    p = surprise_of_parts(part, whole).p
    assert (p > 0.05).all()
