"""Slips of unit and decimal point are named only where the figure so mended is usual."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.slips import FACTORS, scale_slip


@pytest.mark.parametrize(
    ("shown", "low", "high", "decimals", "name", "value"),
    [
        (330.0, 30.0, 36.0, 0, "times_ten", 33.0),
        (33.0, 320.0, 340.0, 0, "divided_by_ten", 330.0),
        (258.0, 2400.0, 2700.0, 2, "divided_by_ten", 2580.0),
        (25_800.0, 240.0, 270.0, 2, "times_hundred", 258.0),
        (1.15, 11_000.0, 12_000.0, 2, "in_ten_thousands", 11_500.0),
    ],
)
def test_the_slip_that_fits_is_named(shown: float, low: float, high: float, decimals: int, name: str, value: float) -> None:
    assert scale_slip(shown, low, high, decimals=decimals) == (name, value)


def test_what_fits_nowhere_and_what_is_usual_is_no_slip() -> None:
    assert scale_slip(100.0, 40.0, 60.0, decimals=0) is None
    assert scale_slip(50.0, 40.0, 60.0, decimals=0) is None
    assert scale_slip(45.0, 4.0, 5.0, decimals=0) is None  # 4.5 persons
    assert scale_slip(0.0, 4.0, 5.0, decimals=0) is None


@given(st.integers(10, 100_000), st.sampled_from(sorted(FACTORS)))
def test_a_mended_figure_is_always_usual(true: int, name: str) -> None:
    shown = true / FACTORS[name]
    found = scale_slip(shown, true - 1.0, true + 1.0, decimals=0)
    assert found is None or true - 1 <= found.value <= true + 1
