"""Departments of the invented county: they count what is there, and the county does not change by being counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from methods.simulate.county import simulate_county
from schemas.dictionary import load_dictionary
from schemas.sample import SampleCounty
from sinks.samplebooks.departments import department_files

DICTIONARY = load_dictionary(extra=[])
MONTHS = ["2024-01", "2024-02"]


def _county(*, departments: bool, plant: bool = False) -> SampleCounty:
    rng = np.random.default_rng(3)
    return simulate_county(rng, DICTIONARY, months=MONTHS, towns=4, villages=40, plant_mistakes=plant, departments=departments)


@pytest.fixture(scope="module")
def county() -> SampleCounty:
    return _county(departments=True)


def test_the_county_is_the_same_with_departments_and_without(county: SampleCounty) -> None:
    other = _county(departments=False)
    assert other.departments is None
    assert county.seed == other.seed
    for frame in ("places", "figures", "submissions", "shown"):
        pd.testing.assert_frame_equal(getattr(county, frame), getattr(other, frame))


def test_registered_in_the_month_of_birth_is_what_villages_report_as_births(county: SampleCounty) -> None:
    assert county.departments is not None
    told = county.departments.counts
    own = told[(told["source"] == "household_registration") & (told["month"] == told["count_month"])]
    for sex in "mf":
        theirs = own[own["indicator"] == f"births_{sex}"].set_index(["month", "place_code"])["count"].sort_index()
        ours = county.figures.set_index(["month", "village_code"])[f"births_{sex}"].sort_index()
        assert theirs.tolist() == ours.tolist()


def test_nothing_registered_is_taken_back_and_each_office_sees_about_what_there_is(county: SampleCounty) -> None:
    assert county.departments is not None
    told = county.departments.counts
    registered = told[told["source"] == "household_registration"]
    wide = registered.pivot_table(index=["place_code", "count_month", "indicator"], columns="month", values="count")
    both = wide.dropna()
    assert (both["2024-02"] >= both["2024-01"]).all()
    of = told.groupby("source")["count"].sum()
    births = county.figures[["births_m", "births_f", "late_births_m", "late_births_f"]].to_numpy().sum()
    assert of["hospital_births"] == pytest.approx(births, rel=0.2)
    assert of["civil_marriages"] == pytest.approx(county.figures["marriages"].sum(), rel=0.15)
    assert of["payment_system"] == pytest.approx(county.figures["childcare_subsidy_amount"].sum(), rel=0.02)


def test_mismatches_are_planted_only_where_mistakes_are(county: SampleCounty) -> None:
    assert county.departments is not None
    assert county.departments.mismatches == ()
    planted = _county(departments=True, plant=True).departments
    assert planted is not None
    assert {m.source for m in planted.mismatches} == {"hospital_births", "civil_marriages", "payment_system"}


def test_files_are_the_same_bytes_each_time_and_none_without_departments(county: SampleCounty) -> None:
    first, second = (list(department_files(county, MONTHS[0])) for _ in range(2))
    assert first == second
    assert len(first) == 5
    assert list(department_files(replace(county, departments=None), MONTHS[0])) == []
