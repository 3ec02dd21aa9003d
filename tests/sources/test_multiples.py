"""Units in headings, rows and titles that count in tens, hundreds, … : each is told, and whole counts under one are asked about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.states import REPORTED, UNREADABLE
from tests.sources.test_cells_asked import LIST, ROWS, WRITERS, names, put_in, read, state, value

POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "十万": 5}
UNIT = (57, 3)


@given(
    st.sampled_from(sorted(POWERS)), st.sampled_from(["人次", "人"]), st.integers(1, 999), st.booleans(), st.booleans(),
    st.sampled_from(sorted(WRITERS)),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_a_multiple_in_the_unit_of_a_row_or_heading_is_told(
    multiple: str, noun: str, figure: int, is_whole: bool, is_list: bool, writer: str
) -> None:
    power = POWERS[multiple]
    number = float(figure) if is_whole else figure / 10**power + 10
    if is_list:
        rows = put_in(LIST, {(2, 4): f"参加人次（{multiple}{noun}）", (3, 4): number, (4, 4): number, (5, 4): number})
    else:
        rows = put_in(ROWS, {UNIT: f"{multiple}{noun}", (57, 4): number})
    found = read(WRITERS[writer](rows, []))
    assert "counted_in_multiples" in names(found)
    if number == int(number):
        assert (state(found, "outreach_participants"), "whole_multiples" in names(found)) == (UNREADABLE, True)
    else:
        assert value(found, "outreach_participants") == pytest.approx(round(number * 10**power))
        assert "whole_multiples" not in names(found)


@pytest.mark.parametrize("title", ["单位：万人", "单位：万元、百人次", "计量单位：百人"])
def test_a_multiple_above_the_table_is_told(title: str) -> None:
    found = read(WRITERS["xlsx"](put_in(LIST, {(1, 5): title}), []))
    assert {"counted_in_multiples", "whole_multiples"} <= names(found)
    assert state(found, "households_end") == REPORTED


def test_multiples_of_money_are_read_and_told() -> None:
    rows = put_in(LIST, {(2, 6): "奖励扶助发放金额（万元）", (3, 6): 2, (4, 6): 3.5, (5, 6): 1})
    found = read(WRITERS["xlsx"](rows, []))
    assert "counted_in_multiples" in names(found)
    assert "whole_multiples" not in names(found)


def test_units_that_are_no_multiples_are_no_question() -> None:
    for unit in ("人次", "（人次）", "人"):
        found = read(WRITERS["xlsx"](put_in(ROWS, {UNIT: unit}), []))
        assert (value(found, "outreach_participants"), names(found)) == (32, set())
    found = read(WRITERS["xlsx"](put_in(ROWS, {(57, 4): "十人次"}), []))
    assert value(found, "outreach_participants") == 10
