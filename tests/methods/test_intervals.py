"""Confidence intervals against published values, and the laws that any interval keeps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from methods.intervals import poisson_interval, wilson_interval

counts = st.integers(0, 5000)


# Garwood (1936) as tabulated, e.g. by Ulm (1990) and in the tables of WHO and CDC for rates of small counts.
@pytest.mark.parametrize(
    ("count", "low", "high"),
    [
        (0, 0.0, 3.689),
        (1, 0.025, 5.572),
        (2, 0.242, 7.225),
        (3, 0.619, 8.767),
        (5, 1.623, 11.668),
        (10, 4.795, 18.390),
        (20, 12.217, 30.888),
        (100, 81.364, 121.627),
    ],
)
def test_poisson_interval_matches_published_values(count: int, low: float, high: float) -> None:
    found = poisson_interval(count)
    assert [round(float(bound), 3) for bound in found] == [low, high]


@given(counts)
def test_poisson_bounds_leave_half_the_error_on_either_side(count: int) -> None:
    low, high = (float(bound) for bound in poisson_interval(count))
    assert stats.poisson.cdf(count, high) == pytest.approx(0.025, rel=1e-6)
    if count:
        assert stats.poisson.sf(count - 1, low) == pytest.approx(0.025, rel=1e-6)
    assert low <= count <= high


@given(st.lists(st.floats(0, 1e6), min_size=2, max_size=20))
def test_more_events_never_lower_the_interval(values: list[float]) -> None:
    low, high = poisson_interval(np.sort(values))
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()


# 81 of 263 is the example of Newcombe (1998, Statistics in Medicine 17:857), whose Table I has all four.
@pytest.mark.parametrize(
    ("part", "whole", "low", "high"), [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)]
)
def test_wilson_interval_matches_published_values(part: int, whole: int, low: float, high: float) -> None:
    assert [round(float(bound), 4) for bound in wilson_interval(part, whole)] == [low, high]


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_interval_holds_its_share_and_stays_a_proportion(pair: tuple[int, int]) -> None:
    part, whole = pair
    low, high = (float(bound) for bound in wilson_interval(part, whole))
    assert 0 <= low <= part / whole + 1e-12
    assert part / whole - 1e-12 <= high <= 1
    if 0 < part < whole:  # the bounds are where the score test just rejects
        for bound in (low, high):
            assert abs(part / whole - bound) / np.sqrt(bound * (1 - bound) / whole) == pytest.approx(1.959964, rel=1e-6)


@given(st.integers(1, 10_000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_of_the_complement_is_the_complement_of_the_interval(pair: tuple[int, int]) -> None:
    part, whole = pair
    low, high = wilson_interval(part, whole)
    other_low, other_high = wilson_interval(whole - part, whole)
    assert float(low) == pytest.approx(1 - float(other_high), abs=1e-9)
    assert float(high) == pytest.approx(1 - float(other_low), abs=1e-9)


def test_what_is_not_known_has_no_interval() -> None:
    assert np.isnan(poisson_interval(np.nan)).all()
    assert np.isnan(wilson_interval(np.nan, 10)).all()
    assert np.isnan(wilson_interval(1, np.nan)).all()
    assert np.isnan(wilson_interval(0, 0)).all()
    low, high = poisson_interval(np.array([[0.0, np.nan], [10.0, 3.0]]))
    assert low.shape == high.shape == (2, 2)
    assert np.isnan(low).tolist() == [[False, True], [False, False]]
