"""Derived indicators: recomputed from sums, never averaged, over the villages that reported all their parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from methods.intervals import poisson_interval, wilson_interval
from methods.rollup import roll_up
from tests.methods.made import DICTIONARY, TOWNS, Figures, report_of

YEARLY = 365.25 / 31  # March


def _village(births: float, population: float | None, **more: float | str) -> dict[str, float | str]:
    stock = (
        {} if population is None else dict.fromkeys((f"population_{end}_{sex}" for end in ("start", "end") for sex in "mf"), population / 2)
    )
    return {"births_m": births, "births_f": 0, **stock, **more}


def _county(*villages: Figures, towns: list[int] | None = None) -> pd.Series:
    return roll_up(report_of(villages, towns=towns), DICTIONARY, "county").iloc[0]


def test_crude_birth_rate_by_hand() -> None:
    row = _county(_village(2, 1000), _village(1, 500))
    assert row["crude_birth_rate"] == pytest.approx(1000 * YEARLY * 3 / 1500)
    low, high = poisson_interval(3)
    assert row["crude_birth_rate__low"] == pytest.approx(1000 * YEARLY * float(low) / 1500)
    assert row["crude_birth_rate__high"] == pytest.approx(1000 * YEARLY * float(high) / 1500)
    assert row["mid_population"] == 1500


def test_satisfaction_by_hand() -> None:
    row = _county(
        {"satisfaction_forms": 20, "satisfaction_forms_satisfied": 19}, {"satisfaction_forms": 5, "satisfaction_forms_satisfied": 2}
    )
    low, high = wilson_interval(21, 25)
    found = [row[f"satisfaction_rate{end}"] for end in ("", "__low", "__high")]
    np.testing.assert_allclose(found, [84, 100 * float(low), 100 * float(high)])


counted = st.tuples(st.integers(0, 5), st.integers(300, 4000))


@settings(max_examples=30)
@given(st.lists(st.tuples(counted, st.integers(0, 2)), min_size=2, max_size=8))
def test_rates_are_never_averages(sent: list[tuple[tuple[int, int], int]]) -> None:
    """A county's rate is that of its summed births and population, whatever its towns' rates are; and lies between these."""
    report = report_of([_village(b, p) for (b, p), _ in sent], towns=[town for _, town in sent])
    county, towns = roll_up(report, DICTIONARY, "county").iloc[0], roll_up(report, DICTIONARY, "town")
    births, population = sum(b for (b, _), _ in sent), sum(p for (_, p), _ in sent)
    assert county["crude_birth_rate"] == pytest.approx(1000 * YEARLY * births / population)
    assert towns["crude_birth_rate"].min() - 1e-9 <= county["crude_birth_rate"] <= towns["crude_birth_rate"].max() + 1e-9


def test_the_average_of_two_rates_would_be_another_number() -> None:
    row = _county(_village(5, 500), _village(0, 4000), towns=[0, 1])
    assert row["crude_birth_rate"] == pytest.approx(1000 * YEARLY * 5 / 4500)
    assert row["crude_birth_rate"] != pytest.approx((1000 * YEARLY * 5 / 500 + 0) / 2)


@settings(max_examples=30)
@given(st.lists(counted, min_size=1, max_size=5), st.integers(0, 50))
def test_a_village_with_blank_population_does_not_move_the_birth_rate(sent: list[tuple[int, int]], births: int) -> None:
    with_it = _county(*[_village(b, p) for b, p in sent], _village(births, None))
    without = _county(*[_village(b, p) for b, p in sent])
    for column in ("crude_birth_rate", "crude_birth_rate__low", "crude_birth_rate__high", "mid_population"):
        assert with_it[column] == without[column]
    assert with_it["births_m"] == without["births_m"] + births  # its births are still counted


@settings(max_examples=30)
@given(st.lists(counted, min_size=1, max_size=4), counted)
def test_a_village_that_left_its_births_blank_does_not_lower_the_birth_rate(sent: list[tuple[int, int]], other: tuple[int, int]) -> None:
    blank = {**_village(0, other[1]), "births_m": "M"}
    assert (
        _county(*[_village(b, p) for b, p in sent], blank)["crude_birth_rate"]
        == _county(*[_village(b, p) for b, p in sent])["crude_birth_rate"]
    )


@settings(max_examples=30)
@given(st.lists(counted, min_size=1, max_size=4), st.integers(2, 5))
def test_a_rate_does_not_depend_on_how_a_place_is_cut_up(sent: list[tuple[int, int]], times: int) -> None:
    assume(any(b for b, _ in sent))
    once, many = _county(*[_village(b, p) for b, p in sent]), _county(*[_village(b, p) for b, p in sent] * times)
    assert many["crude_birth_rate"] == pytest.approx(once["crude_birth_rate"])
    width = [row["crude_birth_rate__high"] - row["crude_birth_rate__low"] for row in (once, many)]
    assert width[1] < width[0]  # more of the same is known more exactly


def test_nobody_to_divide_by_is_not_available_rather_than_nought() -> None:
    row = _county(_village(0, 0, satisfaction_forms=0, satisfaction_forms_satisfied=0))
    assert np.isnan([row["crude_birth_rate"], row["satisfaction_rate"], row["satisfaction_rate__low"]]).all()


def test_where_nothing_was_reported_nothing_is_derived() -> None:
    row = _county({"marriages": 3})
    assert row[[c for code, d in DICTIONARY.derived.items() for c in ((code, f"{code}__low") if d.interval else (code,))]].isna().all()


def test_a_town_without_figures_stays_blank_beside_one_with() -> None:
    towns = roll_up(report_of([_village(1, 1000), {"marriages": 1}], towns=[0, 1]), DICTIONARY, "town").set_index("place_code")
    assert towns["crude_birth_rate"].notna().to_dict() == {TOWNS[0]: True, TOWNS[1]: False}


def test_the_sum_and_difference_indicators_by_hand() -> None:
    village = {
        f"{c}_{s}": n for n, (c, s) in enumerate((c, s) for c in ("births", "late_births", "deaths", "moved_in", "moved_out") for s in "mf")
    }
    row = _county(village, village)
    assert (row["natural_increase"], row["net_migration"]) == (2 * (0 + 1 + 2 + 3 - 4 - 5), 2 * (6 + 7 - 8 - 9))


def test_every_derived_indicator_of_a_full_report_is_there() -> None:
    row = _county(*[dict.fromkeys(DICTIONARY.codes, 40)] * 2)
    assert row[list(DICTIONARY.derived)].notna().all()
    assert row["population_sex_ratio"] == 100
    assert row["ageing_ratio"] == 25
