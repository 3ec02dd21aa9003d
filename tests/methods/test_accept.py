"""Which submission counts, and what is told of the way it came."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.accept import COUNTS, HELD, accept_reports, figure_keys, standings
from methods.calendar import opening_time
from schemas.frames import village_report_schema
from schemas.states import MISSING, state_column
from sources.places import villages_of
from tests.methods.made import DICTIONARY, DUE, MONTH, places_of, readings_of, report_of, village_code

A, B, C = (village_code(n) for n in (1, 2, 3))
LATE = "2024-04-07T02:00:00Z"


def _accept(*rows: Mapping[str, object], villages: Sequence[str] = (A,)) -> pd.DataFrame:
    readings = readings_of(rows) if rows else readings_of([{}]).iloc[:0]
    return accept_reports(readings, villages_of(places_of(villages), MONTH), DICTIONARY, MONTH, DUE)


def _one(*rows: Mapping[str, object]) -> dict[str, Any]:
    report = _accept(*rows)
    assert len(report) == 1
    return {str(column): value for column, value in report.to_dict("records")[0].items()}


def test_a_village_that_sent_nothing_is_missing_and_has_no_figure() -> None:
    row = _one()
    assert (row["status"], row["is_missing"], row["is_on_time"]) == ("missing", 1, False)
    assert np.isnan([row[code] for code in DICTIONARY.codes]).all()
    assert {row[state_column(code)] for code in DICTIONARY.codes} == {MISSING}
    assert np.isnan([row["days_late"], row["unreadable_cells"], row["missing_cells"], row["month_gap"]]).all()


def test_the_last_submission_wins_and_other_versions_are_counted() -> None:
    row = _one({"figures": {"births_m": 3}}, {"figures": {"births_m": 4}}, {"figures": {"births_m": 5}})
    assert (row["births_m"], row["status"]) == (5, "accepted")
    assert (row["conflicting_versions"], row["identical_copies"]) == (2, 0)
    assert row["reading_ids"] == f"{3:064d}/0"


def test_the_last_one_wins_whole_nothing_is_mixed_from_an_older_version() -> None:
    row = _one({"figures": {"births_m": 3, "deaths_m": 1}}, {"figures": {"births_m": 4}})
    assert (row["births_m"], np.isnan(row["deaths_m"])) == (4, True)


def test_the_same_figures_in_another_file_are_a_copy_not_a_conflict() -> None:
    row = _one({"figures": {"births_m": 3}}, {"figures": {"births_m": 3}}, {"figures": {"births_m": 3}})
    assert (row["identical_copies"], row["conflicting_versions"]) == (2, 0)


def test_a_blank_and_a_nought_are_different_versions() -> None:
    row = _one({"figures": {"births_m": 0, "deaths_m": 1}}, {"figures": {"births_m": "M", "deaths_m": 1}})
    assert (row["conflicting_versions"], np.isnan(row["births_m"])) == (1, True)


def test_a_file_replaced_under_its_own_name_is_a_correction_and_no_conflict() -> None:
    row = _one({"figures": {"births_m": 3}, "path": "a.xlsx"}, {"figures": {"births_m": 4}, "path": "a.xlsx"})
    assert (row["births_m"], row["conflicting_versions"], row["identical_copies"]) == (4, 0, 0)


def test_a_village_that_a_replaced_file_no_longer_names_has_not_reported() -> None:
    report = _accept(
        {"path": "list.xlsx", "place": A, "figures": {"births_m": 3}, "submission_id": 1},
        {"path": "list.xlsx", "place": B, "figures": {"births_m": 9}, "submission_id": 1},
        {"path": "list.xlsx", "place": A, "figures": {"births_m": 4}, "submission_id": 2},
        villages=(A, B),
    )
    assert report["status"].tolist() == ["accepted", "missing"]
    assert report["births_m"].iloc[0] == 4


def test_a_late_correction_makes_nobody_late() -> None:
    row = _one({"figures": {"births_m": 3}}, {"figures": {"births_m": 4}, "arrived_at": LATE})
    assert (row["births_m"], row["days_late"], row["is_on_time"]) == (4, 0, True)


@pytest.mark.parametrize(
    ("arrived", "days"), [(DUE, 0), ("2024-04-05T16:00:00Z", 1), ("2024-04-06T15:59:59Z", 1), ("2024-04-06T16:00:00Z", 2), (LATE, 2)]
)
def test_days_late_are_counted_up(arrived: str, days: float) -> None:
    row = _one({"figures": {"births_m": 3}, "arrived_at": arrived})
    assert (row["days_late"], row["is_on_time"]) == (days, days == 0)


@pytest.mark.parametrize(("month", "gap"), [("2024-02", -1), ("2024-04", 1), ("2023-03", -12), ("2024-01~2024-03", -2)])
def test_a_wrong_month_is_held_and_its_figures_are_not_taken(month: str, gap: float) -> None:
    row = _one({"figures": {"births_m": 3}, "month": month})
    assert (row["status"], row["month_gap"], row["is_missing"]) == ("held", gap, 0)
    assert np.isnan(row["births_m"])
    assert row["reading_ids"] == f"{1:064d}/0"


def test_a_right_month_beside_a_wrong_one_is_accepted_whichever_came_last() -> None:
    right, wrong = {"figures": {"births_m": 3}}, {"figures": {"births_m": 9}, "month": "2024-02"}
    for rows in ((right, wrong), (wrong, right)):
        row = _one(*rows)
        assert (row["status"], row["births_m"], row["month_gap"], row["conflicting_versions"]) == ("accepted", 3, 0, 0)


def test_a_form_without_a_month_is_taken_for_the_month_it_was_sent_for() -> None:
    assert _one({"figures": {"births_m": 3}, "month": ""})["status"] == "accepted"


def test_unknown_and_expired_codes_are_held_beside_the_expected_villages() -> None:
    report = _accept(
        {"place": "999999999999", "place_name": "某村", "figures": {"births_m": 3}, "is_known": False},
        {"place": B, "place_name": "旧村", "figures": {"births_m": 4}, "is_known": True},
        {"place": "", "place_name": "无码村", "figures": {"births_m": 5}, "is_known": False},
    )
    assert report["status"].tolist() == ["missing", "held", "held", "held"]
    held = report.iloc[1:]
    assert held["village_name"].tolist() == ["某村", "旧村", "无码村"]
    assert held["is_place_unknown"].tolist() == [1, 0, 1]
    assert held["is_place_expired"].tolist() == [0, 1, 0]
    assert held[list(DICTIONARY.codes)].isna().all(axis=None)


def test_an_unknown_code_sent_twice_is_held_once() -> None:
    stranger = {"place": "999999999999", "is_known": False}
    assert _accept({**stranger, "figures": {"births_m": 3}}, {**stranger, "figures": {"births_m": 4}})["status"].tolist() == [
        "missing",
        "held",
    ]


MOMENT = "2024-04-03T05:00:00Z"


@pytest.mark.parametrize("paths", [("a.xlsx", "b.xlsx"), ("town.zip!/a.xlsx", "town.zip!/b.xlsx")])
def test_two_versions_of_one_moment_both_wait_for_a_person(paths: tuple[str, str]) -> None:
    report = _accept(
        {"figures": {"births_m": 3}, "arrived_at": MOMENT, "path": paths[0]},
        {"figures": {"births_m": 4}, "arrived_at": MOMENT, "path": paths[1]},
        {"place": B, "figures": {"births_m": 5}, "arrived_at": MOMENT},
        villages=(A, B),
    )
    assert report["status"].tolist() == ["held", "accepted"]
    row = report.iloc[0]
    assert (row["simultaneous_versions"], row["conflicting_versions"], row["is_missing"], row["month_gap"]) == (2, 0, 0, 0)
    assert np.isnan(row["births_m"])
    assert row["reading_ids"].split(",") == [f"{1:064d}/0", f"{2:064d}/0"]
    village_report_schema(DICTIONARY).validate(report, lazy=True)


def test_members_of_one_bundle_are_of_one_moment_whatever_their_own_times() -> None:
    row = _one({"figures": {"births_m": 3}, "path": "t.zip!/a.xlsx"}, {"figures": {"births_m": 4}, "path": "t.zip!/b.xlsx"})
    assert (row["status"], row["simultaneous_versions"]) == ("held", 2)


def test_one_confirmed_again_later_counts() -> None:
    one, other = ({"figures": {"births_m": n}, "arrived_at": MOMENT} for n in (3, 4))
    row = _one(one, other, {"figures": {"births_m": 3}, "arrived_at": "2024-04-04T05:00:00Z"})
    assert (row["status"], row["births_m"], row["simultaneous_versions"], row["conflicting_versions"]) == ("accepted", 3, 0, 1)


def test_the_same_figures_twice_at_one_moment_are_a_copy() -> None:
    one = {"figures": {"births_m": 3}, "arrived_at": MOMENT}
    row = _one(one, one)
    assert (row["status"], row["identical_copies"], row["simultaneous_versions"]) == ("accepted", 1, 0)


def test_a_file_replaced_within_the_second_is_a_correction() -> None:
    row = _one(*({"figures": {"births_m": n}, "arrived_at": MOMENT, "path": "a.xlsx"} for n in (3, 4)))
    assert (row["status"], row["births_m"]) == ("accepted", 4)


def test_two_versions_of_one_part_hold_the_village_s_whole_return() -> None:
    row = _one(POPULATION, {**VITAL, "arrived_at": MOMENT}, {**VITAL, "figures": {"births_m": 9}, "arrived_at": MOMENT})
    assert (row["status"], np.isnan(row["population_end_m"])) == ("held", True)


@pytest.mark.parametrize(
    ("arrived", "days"), [("2024-03-30T15:59:59Z", 1), ("2024-03-30T16:00:00Z", 0), ("2024-03-27T16:00:00Z", 3), (MOMENT, 0)]
)
def test_a_report_before_the_last_day_of_its_month_is_early(arrived: str, days: float) -> None:
    readings = readings_of([{"figures": {"births_m": 3}, "arrived_at": arrived}])
    opens = opening_time(DICTIONARY.calendar, MONTH)
    report = accept_reports(readings, villages_of(places_of((A,)), MONTH), DICTIONARY, MONTH, DUE, opens)
    assert (report["days_early"].iloc[0], report["status"].iloc[0]) == (days, "accepted")


def test_an_early_draft_followed_by_the_final_form_is_not_early() -> None:
    sent = [{"figures": {"births_m": 3}, "arrived_at": "2024-03-20T00:00:00Z"}, {"figures": {"births_m": 4}, "arrived_at": MOMENT}]
    opens = opening_time(DICTIONARY.calendar, MONTH)
    report = accept_reports(readings_of(sent), villages_of(places_of((A,)), MONTH), DICTIONARY, MONTH, DUE, opens)
    assert report["days_early"].iloc[0] == 0


def test_what_other_names_say_is_told_of_the_accepted_report() -> None:
    row = _one({"figures": {"births_m": 3}, "is_claim_match": False, "file_month": "2024-01", "place_from": "folder", "other_place": B})
    assert [row[c] for c in ("is_claim_mismatch", "file_month_gap", "is_filled_in", "is_other_village")] == [1, 2, 1, 1]


def test_forms_without_any_name_are_held_one_by_one() -> None:
    blank = {"place": "", "is_known": False, "place_from": "", "figures": {"births_m": 1}}
    assert _accept({**blank, "path": "a.xlsx"}, {**blank, "path": "b.xlsx"})["status"].tolist() == ["missing", "held", "held"]


@settings(max_examples=40)
@given(st.lists(st.tuples(st.sampled_from([A, B]), st.sampled_from([MONTH, "2024-02"]), st.integers(0, 2), st.integers(0, 2)), max_size=7))
def test_a_record_stands_where_its_village_s_report_says(sent: list[tuple[str, str, int, int]]) -> None:
    """A village is accepted exactly when one of its records counts, held when one is held and none counts, missing otherwise."""
    rows = [{"place": p, "month": m, "figures": {"births_m": n}, "arrived_at": f"{MOMENT[:17]}0{at}Z"} for p, m, n, at in sent]
    readings = readings_of(rows) if rows else readings_of([{}]).iloc[:0]
    standing = standings(readings, (A, B), MONTH, figure_keys(readings, DICTIONARY))
    report = _accept(*rows, villages=(A, B)).set_index("village_code")
    for village in (A, B):
        mine = set(standing[readings["place"] == village])
        assert report.loc[village, "status"] == ("accepted" if COUNTS in mine else "held" if mine & set(HELD) else "missing")
        assert len(mine & {COUNTS, *HELD}) <= 1


VITAL = {"return": "vital", "rest": "C", "figures": {"births_m": 3, "births_f": 2}}
POPULATION = {"return": "population", "rest": "C", "figures": {"population_end_m": 500, "households_end": "M"}}


def test_two_part_returns_fill_each_other_s_columns() -> None:
    for rows in ((VITAL, POPULATION), (POPULATION, VITAL)):
        row = _one(*rows)
        assert (row["births_m"], row["births_f"], row["population_end_m"]) == (3, 2, 500)
        assert chr(row["households_end__state"]) == "M"
        assert chr(row["deaths_m__state"]) == "C"
        assert len(row["reading_ids"].split(",")) == 2
        assert (row["conflicting_versions"], row["identical_copies"]) == (0, 0)


def test_a_blank_of_one_part_never_erases_a_figure_of_the_other() -> None:
    blank = {**POPULATION, "figures": {"population_end_m": 500, "births_m": "M"}}
    for one, other in ((VITAL, blank), ({**VITAL, "return": "a_vital"}, blank)):
        row = _one(one, other)
        assert (row["births_m"], chr(row["births_m__state"])) == (3, "R")


def test_a_newer_part_replaces_only_its_own_part() -> None:
    row = _one(VITAL, POPULATION, {**VITAL, "figures": {"births_m": 4, "births_f": 2}})
    assert (row["births_m"], row["population_end_m"], row["conflicting_versions"]) == (4, 500, 1)


def test_blank_and_unreadable_cells_of_indicators_in_force_are_counted() -> None:
    row = _one({"figures": {"births_m": "U", "births_f": "U", "deaths_m": "N", "deaths_f": 0}})
    assert row["unreadable_cells"] == 2
    assert row["missing_cells"] == len(DICTIONARY.in_force(MONTH)) - 4
    required = sum(i.concept.required for i in DICTIONARY.in_force(MONTH))
    assert row["required_blanks"] == required - 3  # what is struck through was not filled in either


def test_a_form_without_a_required_cell_left_nothing_blank() -> None:
    assert _one(VITAL)["required_blanks"] == 0


@pytest.mark.parametrize(("written", "count"), [("", 0), ("月报!G7", 1), ("月报!G7,G9,G11", 3)])
def test_written_totals_that_do_not_add_up_are_counted(written: str, count: int) -> None:
    assert _one({"figures": {"births_m": 3}, "wrong_sums": written})["stated_sum_mismatches"] == count


def test_a_wrong_name_or_town_is_told_of_the_accepted_report() -> None:
    row = _one({"figures": {"births_m": 3}, "is_name_match": False}, {"figures": {"births_m": 3}, "is_town_match": False})
    assert (row["is_name_mismatch"], row["is_town_mismatch"]) == (0, 1)  # the last one is the one that counts


cells = st.fixed_dictionaries(
    {},
    optional={
        c: st.integers(0, 30).map(float) | st.sampled_from("MNU")
        for c in ("births_m", "births_f", "deaths_m", "boundary_change_m", "age_0_14")
    },
)


@settings(max_examples=40)
@given(st.lists(cells.map(lambda figures: {"marriages": 1.0, **figures}), min_size=1, max_size=4))
def test_blank_is_never_zero(versions: list[dict[str, float | str]]) -> None:
    """A figure of the report is one that the accepted submission holds, and every other state stays what it was."""
    row = _one(*[{"figures": figures} for figures in versions])
    for code in DICTIONARY.codes:
        sent = versions[-1].get(code, "M")
        if isinstance(sent, str):
            assert np.isnan(row[code])
            assert chr(row[state_column(code)]) == sent
        else:
            assert (row[code], chr(row[state_column(code)])) == (sent, "R")


submissions = st.tuples(
    st.sampled_from([A, B, C, "999999999999", ""]),
    st.sampled_from([MONTH, MONTH, "", "2024-02"]),
    st.integers(0, 3),
    st.sampled_from(["one.xlsx", "two.xlsx", "three.xlsx", "four.xlsx"]),
)


@settings(max_examples=40)
@given(st.lists(submissions, max_size=8))
def test_every_expected_village_is_there_exactly_once(sent: list[tuple[str, str, int, str]]) -> None:
    rows = [
        {"place": place, "month": month, "figures": {"births_m": births}, "path": path, "is_known": place in (A, B, C)}
        for place, month, births, path in sent
    ]
    report = _accept(*rows, villages=(A, B))
    assert report["village_code"].tolist()[:2] == [A, B]
    assert not report["village_code"].iloc[2:].isin([A, B]).any()
    assert (report["status"].iloc[2:] == "held").all()
    last = {path: n for n, (_, _, _, path) in enumerate(sent)}
    counted = [row for n, row in enumerate(sent) if last[row[3]] == n]
    for village, status in zip((A, B), report["status"][:2], strict=True):
        months = {month for place, month, _, _ in counted if place == village}
        assert status == ("accepted" if months & {MONTH, ""} else "held" if months else "missing")


def test_every_kind_of_row_keeps_the_contract() -> None:
    strange = {"place": "999999999999", "is_known": False, "figures": {"births_m": 1}}
    sent = ({"figures": {"births_m": 1, "births_f": "U"}}, {"place": B, "month": "2024-02", "figures": {"births_m": 1}}, strange)
    report = _accept(*sent, villages=(A, B, C))
    assert report["status"].tolist() == ["accepted", "held", "missing", "held"]
    village_report_schema(DICTIONARY).validate(report, lazy=True)
    village_report_schema(DICTIONARY).validate(_accept(), lazy=True)


def test_the_reports_that_other_tests_make_are_as_accepted_ones() -> None:
    figures: list[dict[str, float | str]] = [{"births_m": 3, "deaths_m": "N"}, {}]
    made = report_of(figures)
    codes = [village_code(0), village_code(1)]
    accepted = _accept({"place": codes[0], "figures": figures[0], "sha256": f"{0:064d}"}, villages=codes)
    same = [c for c in accepted if c not in ("missing_cells", "required_blanks")]
    pd.testing.assert_frame_equal(made[same], accepted[same])
