"""Stocks after months without reports: the band widens with the distance, right figures stay unasked, wrong ones do not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.stocks import held_against, surprise_of_stocks

MONTHS, VILLAGES = 40, 300


def walks(seed: int, steady: float = 0.3) -> np.ndarray:
    """Villages that move by independent steps of heavy tails and by a pace of their own."""
    rng = np.random.default_rng(seed)
    size = rng.integers(300, 4000, (1, VILLAGES, 1)).astype(float)
    steps = rng.standard_t(3, (MONTHS, VILLAGES, 1)) + steady * rng.standard_normal((1, VILLAGES, 1))
    return np.round(size + 0.08 * np.sqrt(size) * np.cumsum(steps, axis=0))


def seen(stocks: np.ndarray, known: int, gap: int) -> tuple[np.ndarray, list[int]]:
    """`known` months, `gap` months left out, and the month that is looked at."""
    kept = [*range(known), known + gap]
    return stocks[kept], [known + gap - m for m in kept]


@pytest.mark.parametrize("gap", [0, 3, 6, 12, 24])
@pytest.mark.parametrize("known", [1, 2, 3, 6, 12])
def test_right_figures_are_hardly_ever_asked_about_after_a_gap(known: int, gap: int) -> None:
    asked = total = 0
    for seed in range(5):
        stocks, ages = seen(walks(seed), known, gap)
        p = surprise_of_stocks(stocks, stocks, ages).p
        asked, total = asked + int((p < 0.0005).sum()), total + p.size
    assert asked <= 0.005 * total


@pytest.mark.parametrize("gap", [0, 3, 6, 12])
@pytest.mark.parametrize("known", [1, 2, 12])
def test_a_figure_twice_as_large_is_asked_about_after_a_gap(known: int, gap: int) -> None:
    stocks, ages = seen(walks(3), known, gap)
    stocks[-1, 0] *= 2
    assert surprise_of_stocks(stocks, stocks, ages).p[0, 0] < 0.0005


@settings(max_examples=25, deadline=None)
@given(known=st.integers(2, 10), near=st.integers(0, 12), further=st.integers(1, 12), seed=st.integers(0, 5))
def test_the_band_grows_with_the_distance(known: int, near: int, further: int, seed: int) -> None:
    """The same figures, seen as of longer ago, allow no narrower band."""
    stocks, ages = seen(walks(seed)[:, :120], known, near)
    far = [age + further for age in ages[:-1]] + [0]
    one, two = surprise_of_stocks(stocks, stocks, ages), surprise_of_stocks(stocks, stocks, far)
    assert np.median(two.high - two.low) >= np.median(one.high - one.low) - 1  # whole persons


def test_a_village_that_was_silent_has_a_wider_band_than_its_neighbours_of_the_same_size() -> None:
    stocks = np.broadcast_to(walks(1)[:20, :1], (20, VILLAGES, 1)).copy()
    stocks += np.random.default_rng(2).integers(-3, 4, stocks.shape)
    stocks[13:19, 0] = np.nan
    found = surprise_of_stocks(stocks, stocks)
    assert found.spread[0, 0] > 2 * np.median(found.spread[1:])


def test_what_a_stock_is_held_against_is_its_latest_known_figure_and_how_long_ago_that_was() -> None:
    stocks = np.array([[[5.0], [1.0], [np.nan]], [[np.nan], [2.0], [np.nan]], [[9.0], [9.0], [9.0]]])
    held = held_against(stocks, [14, 2, 0])
    np.testing.assert_array_equal(held.figure[:, 0], [5.0, 2.0, np.nan])
    np.testing.assert_array_equal(held.months[:, 0], [14.0, 2.0, np.nan])


def test_a_village_without_a_past_is_held_against_its_size() -> None:
    people = np.broadcast_to(np.random.default_rng(4).integers(300, 4000, (1, VILLAGES, 1)).astype(float), (6, VILLAGES, 1))
    stocks = np.round(people * 0.4)
    stocks[:-1, :2] = np.nan
    stocks[-1, 0] *= 10
    p = surprise_of_stocks(stocks, people).p
    assert p[0, 0] < 1e-4
    assert p[1, 0] > 0.05
