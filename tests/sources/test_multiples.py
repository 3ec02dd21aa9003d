"""Units in headings, rows and titles that count in tens, hundreds, … : each is told, and whole counts under one are asked about."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.states import REPORTED, UNREADABLE
from tests.sources.test_cells_asked import LIST, ROWS, WRITERS, names, put_in, read, state, value

POWERS = {"十": 1, "百": 2, "千": 3, "万": 4, "十万": 5, "拾": 1, "佰": 2, "仟": 3, "百万": 6, "十亿": 9, "100": 2, "1000": 3}
UNIT = (57, 3)


@given(
    st.sampled_from(sorted(POWERS)), st.sampled_from(["人次", "人"]), st.integers(10, 999), st.booleans(), st.booleans(),
    st.sampled_from(sorted(WRITERS)),
)  # fmt: skip
@settings(max_examples=30, deadline=None)
def test_a_multiple_in_the_unit_of_a_row_or_heading_is_told(
    multiple: str, noun: str, figure: int, is_whole: bool, is_list: bool, writer: str
) -> None:
    power = POWERS[multiple]
    number = float(figure) if is_whole else figure / 10**power
    if is_list and not multiple.isdecimal():  # 参加人次（100人次） is a heading that is told as not known
        rows = put_in(LIST, {(2, 4): f"参加人次（{multiple}{noun}）", (3, 4): number, (4, 4): number, (5, 4): number})
    else:
        rows = put_in(ROWS, {UNIT: f"{multiple}{noun}", (57, 4): number})
    found = read(WRITERS[writer](rows, []))
    assert "counted_in_multiples" in names(found)
    asked = names(found) & {"whole_multiples", "more_than_a_village"}
    if number == int(number):
        assert (state(found, "outreach_participants"), bool(asked)) == (UNREADABLE, True)
    else:
        assert (value(found, "outreach_participants"), asked) == (figure, set())


@pytest.mark.parametrize(
    "title",
    [
        "单位：万元、百人次",
        "计量单位：百人",
        "单位：佰人",
        "单位（百人次）",
        "单位为百人次",
        "以百人次为单位",
        "计量单位 百人次",
        "百人次",
        "单位：人次（百）",
        "单位：100人",
    ],
)
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


@pytest.mark.parametrize(
    "unit", ["百", "万", "×100", "人次/百", "人次×100", "每百人次", "百位", "thousand", "hundred persons", "万人次(10,000)"]
)
@pytest.mark.parametrize("writer", ["xlsx", "xls", "ods"])
def test_a_multiple_in_a_row_that_is_not_understood_is_told(unit: str, writer: str) -> None:
    found = read(WRITERS[writer](put_in(ROWS, {UNIT: unit}), []))
    assert (value(found, "outreach_participants"), names(found)) == (32, {"multiple_unknown"})
    (told,) = found.problems
    assert (told.cell, told.details["label"]) == ("D58", unit)


@pytest.mark.parametrize(
    "title", ["单位：百", "计量单位：万", "单位：×100", "单位:1000", "Unit: thousand persons", "in thousands", "Units of 10000"]
)
def test_a_multiple_above_the_table_that_is_not_understood_is_told(title: str) -> None:
    found = read(WRITERS["xlsx"](put_in(LIST, {(1, 5): title}), []))
    assert names(found) == {"multiple_unknown"}
    assert value(found, "outreach_participants") == 32
    found = read(WRITERS["xlsx"](put_in(ROWS, {(0, 8): title}), []))
    assert names(found) == {"multiple_unknown"}


@pytest.mark.parametrize(
    "title", ["填报单位：百花村", "单位：千秋乡", "单位：万秀镇人民政府", "制表单位：百色市统计局", "单位：人", "本单位：人、户、元"]
)
def test_names_of_offices_and_plain_units_speak_of_no_multiple(title: str) -> None:
    assert names(read(WRITERS["xlsx"](put_in(LIST, {(1, 5): title}), []))) == set()


@given(st.sampled_from(["万", "百万", "十亿"]), st.floats(11, 900), st.booleans())
@settings(max_examples=10, deadline=None)
def test_more_than_a_village_has_is_asked_about_be_it_whole_or_not(multiple: str, figure: float, is_list: bool) -> None:
    number = round(figure, 2)
    if is_list:
        rows = put_in(LIST, {(2, 4): f"参加人次（{multiple}人次）", (3, 4): number})
    else:
        rows = put_in(ROWS, {UNIT: f"{multiple}人次", (57, 4): number})
    found = read(WRITERS["xlsx"](rows, []))
    assert state(found, "outreach_participants") == UNREADABLE
    assert "more_than_a_village" in names(found)
    assert value(found, "materials_issued") == 46


def test_money_in_ten_thousands_that_is_too_much_is_asked_about() -> None:
    rows = put_in(LIST, {(2, 6): "奖励扶助发放金额（万元）", (3, 6): 96000, (4, 6): 3.5, (5, 6): 1})
    found = read(WRITERS["xlsx"](rows, []))
    states = [state(found, "rural_family_support_amount", n) for n in range(3)]
    assert states == [UNREADABLE, REPORTED, REPORTED]
    assert "more_than_a_village" in names(found)


def test_a_multiple_in_a_row_above_the_first_figure_is_that_rows_own() -> None:
    rows = [list(row) for row in ROWS]
    first = next(n for n, row in enumerate(rows) if "期末户数" in row)
    rows.insert(first, ["", "社会抚养费", "", "万元", 3, *[""] * (len(rows[first]) - 5)])
    assert "counted_in_multiples" not in names(read(WRITERS["xlsx"](rows, [])))


def test_the_multiple_of_a_sections_heading_is_that_of_its_rows_or_a_contradiction() -> None:
    from tests.sources.test_cells_asked import ROWS, as_ods, as_xls, as_xlsx, read, state, value

    whole = [list(row) for row in ROWS]
    whole[6][0] = "一、户籍人口（百人）"
    bare = [[cell for n, cell in enumerate(row) if n != 3] if at >= 7 else row for at, row in enumerate(whole)]
    for write in (as_xlsx, as_xls, as_ods):
        assert "unit_contradicts" in {p.name for p in read(write(whole, [])).problems}
        got = read(write(bare, []))
        assert {"counted_in_multiples", "whole_multiples"} <= {p.name for p in got.problems}
        assert state(got, "population_start_m") == UNREADABLE  # 722 hundred persons: asked about
        assert value(got, "outreach_participants") == 32  # of another section
