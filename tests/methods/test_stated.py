"""Totals that a place wrote down itself: evidence, with the cell they stand in."""

from __future__ import annotations

from methods.stated import COLUMNS, stated_totals
from schemas.frames import stated_total_schema
from tests.methods.made import DICTIONARY, MONTH, TOWNS, readings_of

PLANS = {"plan": {"sheet": "汇总表", "cells": {"births_m": "+0:E", "deaths_m": "+0:G"}}}


def _stated(*rows: dict[str, object]) -> list[tuple[object, ...]]:
    base = {"role": "stated", "level": "town", "place": TOWNS[0], "row_no": 9}
    frame = stated_totals(readings_of([base | row for row in rows]), PLANS, DICTIONARY, MONTH)
    stated_total_schema().validate(frame, lazy=True)
    return [tuple(row) for row in frame[["place_code", "indicator", "stated", "source_file", "cell"]].itertuples(index=False)]


def test_every_stated_figure_is_one_row_with_its_file_and_cell() -> None:
    assert _stated({"figures": {"births_m": 7, "deaths_m": 0}, "path": "a.xlsx"}) == [
        (TOWNS[0], "births_m", 7.0, "a.xlsx", "汇总表!E10"),
        (TOWNS[0], "deaths_m", 0.0, "a.xlsx", "汇总表!G10"),
    ]


def test_a_blank_total_states_nothing() -> None:
    assert _stated({"figures": {"births_m": "M", "deaths_m": "U"}}) == []


def test_the_last_statement_of_a_total_wins() -> None:
    rows = _stated({"figures": {"births_m": 7, "deaths_m": 1}, "path": "a.xlsx"}, {"figures": {"births_m": 8}, "path": "b.xlsx"})
    assert rows == [(TOWNS[0], "deaths_m", 1.0, "a.xlsx", "汇总表!G10"), (TOWNS[0], "births_m", 8.0, "b.xlsx", "汇总表!E10")]


def test_what_stood_in_a_file_that_was_sent_again_is_stated_no_longer() -> None:
    first = {"figures": {"births_m": 7, "deaths_m": 1}, "path": "a.xlsx"}
    assert _stated(first, {"figures": {"births_m": 8}, "path": "a.xlsx"}) == [(TOWNS[0], "births_m", 8.0, "a.xlsx", "汇总表!E10")]
    assert _stated(first, {"role": "report", "figures": {"births_m": 8}, "path": "a.xlsx"}) == []


def test_totals_of_another_month_or_of_an_unknown_place_are_left_out() -> None:
    figures = {"births_m": 7}
    assert _stated({"figures": figures, "month": "2024-02"}, {"figures": figures, "place": ""}) == []
    assert len(_stated({"figures": figures, "month": ""})) == 1


def test_a_plan_that_is_gone_leaves_the_figure_without_a_cell() -> None:
    assert _stated({"figures": {"births_m": 7}, "plan_id": "gone", "path": "a.xlsx"}) == [(TOWNS[0], "births_m", 7.0, "a.xlsx", "")]


def test_no_statement_at_all_is_an_empty_frame_of_the_same_shape() -> None:
    frame = stated_totals(readings_of([{}]).iloc[:0], PLANS, DICTIONARY, MONTH)
    assert list(frame.columns) == list(COLUMNS)
    assert frame.empty
    stated_total_schema().validate(frame)
