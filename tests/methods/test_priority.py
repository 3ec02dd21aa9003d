"""Selective editing: the order is by what a mistake would do to the county total, and below the line little is left."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from methods.priority import RESIDUAL, prioritise, suspicion

ROWS = st.lists(
    st.tuples(st.sampled_from(["births", "deaths", "moved_in"]), st.integers(0, 300), st.floats(0, 300), st.floats(0, 1)),
    min_size=1,
    max_size=40,
)


def cells_of(rows: list[tuple[str, int, float, float]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["indicator", "shown", "expected", "suspicion"])
    return frame.assign(place_code=[f"{n:03d}" for n in range(len(frame))])


@given(ROWS)
def test_below_the_line_the_expected_error_of_every_total_is_under_one_percent(rows: list[tuple[str, int, float, float]]) -> None:
    totals = pd.Series({"births": 900.0, "deaths": 1200.0, "moved_in": 0.0})
    found = prioritise(cells_of(rows), totals)
    rest = found[~found["is_above_line"]]
    assert (rest.groupby("indicator")["influence"].sum() < RESIDUAL).all()
    assert found["influence"].is_monotonic_decreasing
    assert sorted(found.index) == list(range(len(rows)))


@given(ROWS)
def test_the_line_is_no_lower_than_it_must_be(rows: list[tuple[str, int, float, float]]) -> None:
    totals = pd.Series({"births": 900.0, "deaths": 1200.0, "moved_in": 50.0})
    found = prioritise(cells_of(rows), totals)
    for _, group in found.groupby("indicator"):
        above, below = group[group["is_above_line"]], group[~group["is_above_line"]]
        if len(above):
            assert below["influence"].sum() + above["influence"].iloc[-1] >= RESIDUAL


def test_suspicion_grows_as_p_falls_and_is_never_certain() -> None:
    p = np.array([1.0, 0.1, 1e-3, 1e-6, 0.0])
    found = suspicion(p)
    assert (np.diff(found) >= 0).all()
    assert ((found > 0) & (found < 1)).all()
    assert np.isnan(suspicion(np.array([np.nan]))).all()


def test_a_large_village_comes_before_an_equally_suspect_small_one() -> None:
    rows = [("births", 4, 2.0, 0.5), ("births", 40, 20.0, 0.5)]
    found = prioritise(cells_of(rows), pd.Series({"births": 500.0}))
    assert found["place_code"].tolist() == ["001", "000"]
