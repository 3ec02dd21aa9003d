"""Villages → towns → counties: sums that hold, and counts that say how much was there."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.rollup import roll_up
from schemas.dictionary import COMPLETENESS
from schemas.frames import place_figure_schema
from tests.methods.made import DICTIONARY, TOWNS, report_of

CODES = ("births_m", "births_f", "population_end_m", "childcare_subsidy_amount")
figures = st.fixed_dictionaries(
    {},
    optional={
        "births_m": st.integers(0, 20),
        "births_f": st.integers(0, 20) | st.sampled_from("MNCU"),
        "population_end_m": st.integers(0, 4000),
        "childcare_subsidy_amount": st.integers(0, 10**7).map(lambda cents: cents / 100),
    },
)
villages = st.lists(st.tuples(figures, st.integers(0, 2)), min_size=1, max_size=9)


def _report(sent: list[tuple[dict[str, float | str], int]]) -> pd.DataFrame:
    return report_of([f for f, _ in sent], towns=[town for _, town in sent])


@settings(max_examples=30)
@given(villages)
def test_county_is_the_sum_of_its_towns(sent: list[tuple[dict[str, float | str], int]]) -> None:
    report = _report(sent)
    towns, county = roll_up(report, DICTIONARY, "town"), roll_up(report, DICTIONARY, "county")
    assert len(county) == 1
    for column in (*COMPLETENESS, *(f"{code}__n" for code in DICTIONARY.codes)):
        assert county[column].iloc[0] == towns[column].sum()
    for code in CODES:
        there = towns[code].dropna()
        expected = round(there.sum(), 2) if len(there) else np.nan
        np.testing.assert_allclose(county[code].iloc[0], expected, rtol=0, atol=0.001)


@settings(max_examples=30)
@given(villages)
def test_a_town_is_the_sum_of_what_its_villages_reported(sent: list[tuple[dict[str, float | str], int]]) -> None:
    towns = roll_up(_report(sent), DICTIONARY, "town").set_index("place_code")
    for code in CODES:
        for town in {t for _, t in sent}:
            given_ = [f[code] for f, t in sent if t == town and isinstance(f.get(code), int | float)]
            row = towns.loc[TOWNS[town]]
            assert row[f"{code}__n"] == len(given_)
            if given_:
                assert row[code] == pytest.approx(sum(float(x) for x in given_), abs=0.005)
            else:
                assert np.isnan(row[code])  # nobody reported one: not nought


@settings(max_examples=30)
@given(villages.filter(lambda sent: len(sent) >= 2), st.data())
def test_merging_two_villages_conserves_persons(sent: list[tuple[dict[str, float | str], int]], data: st.DataObject) -> None:
    """Two villages of a town become one that reports their sums: every total of town and county stays."""
    first = data.draw(st.integers(0, len(sent) - 2))
    (one, town), (other, _) = sent[first], sent[first + 1]
    sent = [*sent[:first], (one, town), (other, town), *sent[first + 2 :]]
    merged: dict[str, float | str] = dict(one)
    for code, figure in other.items():
        mine = merged.get(code)
        if isinstance(figure, int | float):
            merged[code] = figure + mine if isinstance(mine, int | float) else figure
        else:
            merged.setdefault(code, figure)
    before = _report(sent)
    after = _report([*sent[:first], (merged, town), *sent[first + 2 :]])
    for level in ("town", "county"):
        pd.testing.assert_frame_equal(
            roll_up(before, DICTIONARY, level)[["place_code", *CODES]],
            roll_up(after, DICTIONARY, level)[["place_code", *CODES]],
            check_exact=False,
            atol=0.001,
            rtol=0,
        )


@settings(max_examples=30)
@given(villages, st.randoms(use_true_random=False))
def test_the_order_of_villages_does_not_matter(sent: list[tuple[dict[str, float | str], int]], random: object) -> None:
    report = _report(sent)
    order = list(range(len(report)))
    random.shuffle(order)  # type: ignore[attr-defined]
    shuffled = report.iloc[order].reset_index(drop=True)
    for level in ("town", "county"):
        pd.testing.assert_frame_equal(roll_up(report, DICTIONARY, level), roll_up(shuffled, DICTIONARY, level), check_exact=False)


def test_every_village_is_counted_as_exactly_one_of_reported_missing_and_held() -> None:
    report = report_of([{"births_m": 1}, {}, {"births_m": 2}])
    report.loc[2, "status"] = "held"
    row = roll_up(report, DICTIONARY, "town").iloc[0]
    assert [row[name] for name in COMPLETENESS] == [3, 1, 1, 1, 1]
    assert row["villages_expected"] == row["villages_reported"] + row["villages_missing"] + row["villages_held"]


def test_a_late_report_is_reported_and_not_on_time() -> None:
    report = report_of([{"births_m": 1}, {"births_m": 2}])
    report.loc[1, "is_on_time"] = False
    row = roll_up(report, DICTIONARY, "town").iloc[0]
    assert (row["villages_reported"], row["villages_on_time"], row["births_m"]) == (2, 1, 3)


@pytest.mark.parametrize("why", ["is_place_unknown", "is_place_expired"])
def test_a_place_that_the_registry_does_not_expect_is_in_no_total(why: str) -> None:
    report = report_of([{"births_m": 1}, {"births_m": 2}])
    report.loc[1, why] = 1.0
    row = roll_up(report, DICTIONARY, "county").iloc[0]
    assert (row["villages_expected"], row["births_m"], row["births_m__n"]) == (1, 1, 1)


def test_money_is_summed_to_the_cent() -> None:
    county = roll_up(report_of([{"childcare_subsidy_amount": 0.1}] * 3), DICTIONARY, "county")
    place_figure_schema(DICTIONARY).validate(county, lazy=True)
    assert county.iloc[0]["childcare_subsidy_amount"] == 0.3


def test_names_and_parents_come_along() -> None:
    report = report_of([{"births_m": 1}, {"births_m": 2}], towns=[0, 2])
    towns, county = roll_up(report, DICTIONARY, "town"), roll_up(report, DICTIONARY, "county")
    assert towns[["place_level", "place_code", "place_name", "parent_code"]].to_numpy().tolist() == [
        ["town", TOWNS[0], "100镇", "990101"],
        ["town", TOWNS[2], "200镇", "990101"],
    ]
    assert county[["place_code", "place_name", "parent_code"]].to_numpy().tolist() == [["990101", "栖云县", ""]]


def test_no_village_at_all_gives_no_row() -> None:
    report = report_of([{"births_m": 1}]).iloc[:0]
    assert roll_up(report, DICTIONARY, "town").empty
