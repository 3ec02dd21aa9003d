"""How late births are registered: a known lag is found again, from a triangle, from late births alone, and from nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.registration_lag import Lag, expected_registrations, lag_from_late, lag_from_triangle, prior_lag

TRUE = (0.80, 0.12, 0.05, 0.02, 0.01)
PRIOR = prior_lag((0.94, 0.03, 0.015, 0.01, 0.005))
SHARES = st.lists(st.floats(0.001, 1), min_size=2, max_size=8).map(lambda s: tuple(np.array(s) / sum(s)))


def _triangle(rng: np.random.Generator, months: int, births: float) -> np.ndarray:
    """Registered by each delay; the last months are not over yet."""
    by_delay = np.stack([rng.multinomial(rng.poisson(births), TRUE) for _ in range(months)]).cumsum(axis=1).astype(float)
    for event in range(months):
        by_delay[event, months - event :] = np.nan
    return by_delay


def test_a_known_lag_is_found_from_the_triangle() -> None:
    found = lag_from_triangle(_triangle(np.random.default_rng(1), 24, 300), PRIOR, 50)
    assert np.allclose(found.shares, TRUE, atol=0.012)
    assert found.cases > 5000


def test_counting_what_is_not_over_as_if_it_were_would_be_wrong() -> None:
    """The last months' late births are still to come: their raw share of the first month is too high, the estimate is not."""
    errors, raw = [], []
    for seed in range(40):
        triangle = _triangle(np.random.default_rng(seed), 5, 300)
        errors.append(lag_from_triangle(triangle, prior_lag(TRUE), 1).shares[0] - TRUE[0])
        raw.append(triangle[:, 0].sum() / np.nanmax(triangle, axis=1).sum() - TRUE[0])
    assert abs(np.mean(errors)) < 0.01
    assert np.mean(raw) > 0.03


def test_one_month_of_a_campaign_hardly_moves_it() -> None:
    triangle = _triangle(np.random.default_rng(2), 24, 300)
    plain = lag_from_triangle(triangle, PRIOR, 50)
    triangle[7, 2:] += 400  # a registration campaign finds old cases of one month
    robust = lag_from_triangle(triangle, PRIOR, 50)
    pooled = np.nansum(np.diff(triangle[:20], axis=1)[:, 1]) / np.nansum(triangle[:20, 2])
    assert abs(robust.shares[0] - plain.shares[0]) < 0.03
    assert abs(pooled - plain.hazards[1]) > 3 * abs(robust.hazards[1] - plain.hazards[1])


def test_without_data_it_is_the_prior() -> None:
    nothing = np.full((6, 5), np.nan)
    assert lag_from_triangle(nothing, PRIOR, 50).shares == pytest.approx(PRIOR.shares)
    assert lag_from_late(0, 0, PRIOR, 50).shares == pytest.approx(PRIOR.shares)
    with pytest.raises(ValueError, match="triangle"):
        lag_from_triangle(np.zeros(3), PRIOR, 50)


def test_a_village_that_a_later_file_no_longer_lists_does_not_look_like_births_taken_back() -> None:
    triangle = np.full((1, 2, 3), np.nan)
    triangle[0, 0], triangle[0, 1, :2] = [100, 100, 100], [125, 125]  # the third village has merged into another
    found = lag_from_triangle(triangle, prior_lag((0.5, 0.5)), 1e-9)
    assert found.shares == pytest.approx((0.8, 0.2), abs=1e-6)


def test_late_births_alone_tell_the_first_share() -> None:
    found = lag_from_late(8000, 2000, PRIOR, 50)
    assert found.shares[0] == pytest.approx(0.8, abs=0.002)
    assert found.shares[1] / found.shares[2] == pytest.approx(PRIOR.shares[1] / PRIOR.shares[2])


@given(SHARES, st.integers(0, 2**32 - 1), st.floats(1, 500), st.integers(1, 12), st.integers(1, 9))
def test_shares_are_a_distribution_whatever_the_triangle(shares: tuple[float, ...], seed: int, weight: float, n: int, delays: int) -> None:
    rng = np.random.default_rng(seed)
    triangle = rng.poisson(5, (n, delays)).astype(float)  # also corrections downwards
    triangle[rng.random(triangle.shape) < 0.3] = np.nan
    found = lag_from_triangle(triangle, prior_lag(shares), weight)
    assert len(found.shares) == len(shares)
    assert min(found.shares) >= 0
    assert sum(found.shares) == pytest.approx(1)
    steps = [found.by(d) for d in range(-1, len(shares))]
    assert steps == sorted(steps)
    assert (steps[0], steps[-1]) == (0.0, pytest.approx(1.0))


@given(SHARES)
def test_hazards_and_shares_say_the_same(shares: tuple[float, ...]) -> None:
    lag = prior_lag(shares)
    assert lag_from_triangle(np.full((1, 1), np.nan), lag, 1).shares == pytest.approx(shares)


def test_every_birth_is_registered_once() -> None:
    """Summed over months long enough, as many are registered as were born."""
    rng = np.random.default_rng(6)
    births = np.vstack([np.zeros((5, 3)), rng.poisson(4, (20, 3)), np.zeros((5, 3))]).astype(float)
    lag = Lag(TRUE)
    months = [expected_registrations(births[: n + 1], lag) for n in range(len(births))]
    assert np.allclose(np.sum(months, axis=0), births.sum(axis=0))


def test_unknown_months_are_taken_for_the_mean_but_never_the_month_itself() -> None:
    lag = Lag((0.9, 0.1))
    assert expected_registrations(np.array([[np.nan, np.nan, 2.0], [10.0, np.nan, np.nan]]), lag) == pytest.approx(
        [10.0, np.nan, np.nan], nan_ok=True
    )
    assert expected_registrations(np.array([[20.0], [10.0]]), lag)[0] == pytest.approx(11.0)
    assert expected_registrations(np.array([[10.0]]), lag)[0] == pytest.approx(10.0)
