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
