"""One cell → a figure and its state. Blank is not zero."""

from __future__ import annotations

import datetime as dt
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from schemas.states import MISSING, NOT_APPLICABLE, REPORTED, UNREADABLE
from sources.layout import reading_kit
from sources.values import why_unreadable
from tests.sources.test_text import write_chinese

READER = reading_kit(load_dictionary([])).values
WIDE = str.maketrans("0123456789,.-", "０１２３４５６７８９，．－")


@pytest.mark.parametrize(
    ("cell", "number"),
    [
        (12.0, 12),
        (3, 3),
        ("12", 12),
        ("１２", 12),
        ("12人", 12),
        ("1,234 人", 1234),
        ("１，２３４", 1234),
        ("十二", 12),
        ("三百零五人", 305),
    ]
    + [
        ("－１，２３４", -1234),
        ("−3", -3),
        ("–3", -3),
        ("负3", -3),
        ("负三", -3),
        ("1 234", 1234),
        ("1\u00a0234 567", 1234567),
        ("1, 234", 1234),
    ]
    + [("1.2万元", 12000), ("3千元", 3000), ("0.07万", 700), ("1.5亿", 150_000_000), ("3万", 30000), ("￥1,200.50", 1200.5), ("¥ 12", 12)]
    + [("廿三", 23), ("卅", 30), ("一百二", 120), ("两千", 2000), ("5 对", 5), ("十 二 人", 12), ("-0", 0), ("无变动", 0)]
    + [("12.50元", 12.5), ("-3", -3), ("－３", -3), ("无", 0), ("零", 0), ("0", 0), (" 7 ", 7), ("5人次", 5)],
)
def test_numbers_however_they_are_written(cell: object, number: float) -> None:
    assert READER.read(cell) == (number, REPORTED)


@pytest.mark.parametrize(
    ("cell", "state"),
    [
        ("", MISSING),
        ("  ", MISSING),
        ("空", MISSING),
        ("…", MISSING),
        (None, MISSING),
        ("—", NOT_APPLICABLE),
        ("-", NOT_APPLICABLE),
        ("/", NOT_APPLICABLE),
    ]
    + [
        ("不适用", NOT_APPLICABLE),
        ("大约十", UNREADABLE),
        ("12、13", UNREADABLE),
        ("1,23", UNREADABLE),
        ("#DIV/0!", UNREADABLE),
        (True, UNREADABLE),
    ]
    + [
        (text, UNREADABLE)
        for text in ("(12)", "（12）", "约12", "12+3", "12-13", "'12", "12①", "12²", "½", "1 2", "三 二", "12%", "—3", "12万5")
    ]
    + [("x", NOT_APPLICABLE), ("×", NOT_APPLICABLE), ("9" * 400, UNREADABLE)]
    + [(dt.date(2024, 3, 12), UNREADABLE), (float("inf"), UNREADABLE), ("1 2岁", UNREADABLE)],
)
def test_what_is_no_number_says_why(cell: object, state: int) -> None:
    value, found = READER.read(cell)
    assert isnan(value)
    assert found == state


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", "人", "户", "元", " 人次"]), st.booleans(), st.booleans())
def test_width_separators_and_units_never_change_a_number(number: int, unit: str, is_wide: bool, has_separators: bool) -> None:
    text = f"{number:,}" if has_separators else str(number)
    text = text.translate(WIDE) if is_wide else text
    assert READER.read(text + unit) == (float(number), REPORTED)


@given(st.text(max_size=12))
def test_a_value_is_there_exactly_when_the_state_is_reported(text: str) -> None:
    value, state = READER.read(text)
    assert isnan(value) == (state != REPORTED)


@given(st.integers(-(10**8) + 1, 10**8 - 1), st.data())
def test_every_way_of_writing_a_number_reads_the_same(number: int, data: st.DataObject) -> None:
    size = abs(number)
    bodies = [f"{size}", f"{size:,}", f"{size:,}".replace(",", " "), f"{size:,}".replace(",", ", "), f"{size}.00"]
    bodies += [f"{size / 10_000:.4f}万", write_chinese(size)]
    text = (
        data.draw(st.sampled_from(["-", "−", "－", "–", "负"])) + data.draw(st.sampled_from(bodies))
        if number < 0
        else data.draw(st.sampled_from(bodies))
    )
    if data.draw(st.booleans()):
        text = text.translate(WIDE)
    text = data.draw(st.sampled_from(["", " ", "\u3000"])) + text + data.draw(st.sampled_from(["", "人", " 户", "元", "\n"]))
    assert READER.read(text) == (float(number), REPORTED)


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("#REF!", "error_cell"),
        ("#DIV/0!", "error_cell"),
        ("#N/A", "error_cell"),
        ("#NAME?", "error_cell"),
        ("＃VALUE！", "error_cell"),
        ("Err:502", "error_cell"),
        ("########", "error_cell"),
        ("2024-01-02", "date_cell"),
        ("1月2日", "date_cell"),
        ("2-Jan", "date_cell"),
        ("2024/1/2 0:00:00", "date_cell"),
        (dt.datetime(2024, 1, 2), "date_cell"),
        (dt.time(1, 2), "date_cell"),
        (dt.timedelta(hours=1), "date_cell"),
        (True, "truth_cell"),
        ("12.5%", "share_cell"),
        ("约12", "unreadable_cell"),
    ],
)
def test_what_happened_to_a_cell_is_told(cell: object, name: str) -> None:
    assert READER.read(cell)[1] == UNREADABLE
    assert why_unreadable(cell)[0] == name


def test_the_error_is_named_and_nothing_else_is_quoted() -> None:
    assert why_unreadable("#div/0!") == ("error_cell", {"error": "#DIV/0!"})
    assert why_unreadable("大约十") == ("unreadable_cell", {})


@given(st.one_of(st.text(max_size=60), st.floats(), st.integers(), st.booleans(), st.none(), st.datetimes()))
def test_no_cell_breaks_the_reader(cell: object) -> None:
    for value, state in (READER.read(cell), READER.read_scaled(cell, 4)):
        assert isnan(value) == (state != REPORTED)
    assert why_unreadable(cell)[0].endswith("_cell")


@pytest.mark.parametrize("about", ["两三", "三五", "七八", "一二", "两三人"])
def test_about_so_many_is_no_number(about: str) -> None:
    assert READER.read(about)[1] == UNREADABLE


@pytest.mark.parametrize("text", ["12\u200b", "\ufeff12", "1\u200d2人"])
def test_characters_that_nobody_sees_do_no_harm(text: str) -> None:
    assert READER.read(text) == (12.0, REPORTED)
