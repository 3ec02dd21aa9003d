"""Person-level rows are recognised; codes that only look like them are not. All numbers here are made up from the standard's arithmetic."""

from __future__ import annotations

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from sources.persons import has_person_rows, is_identity_number

WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(region: str = "990101", birth: str = "19900307", serial: str = "002") -> str:
    """A well-formed number in a region that does not exist is no number: use 1–8 to begin with."""
    body = region.replace("99", "11", 1) + birth + serial
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


@given(st.integers(0, 999), st.dates(min_value=dt.date(1930, 1, 1), max_value=dt.date(2020, 12, 31)))
def test_valid_numbers_are_recognised_and_one_wrong_digit_is_not(serial: int, born: dt.date) -> None:
    number = identity(birth=f"{born:%Y%m%d}", serial=f"{serial:03d}")
    assert is_identity_number(number)
    assert has_person_rows(["张某", f"身份证 {number}"])
    wrong = number[:16] + str((int(number[16]) + 1) % 10) + number[17]
    assert not is_identity_number(wrong)


def test_a_list_of_names_and_numbers_is_recognised_by_its_headings() -> None:
    assert has_person_rows(["序号", "姓名", "身份证号码", "住址"])
    assert not has_person_rows(["填表人姓名", "联系电话", "村代码"])


def test_three_telephone_numbers_are_a_list_one_is_the_offices() -> None:
    assert not has_person_rows(["联系电话：13800000001"])
    assert has_person_rows(["13800000001", "13900000002", "15000000003"])
    assert has_person_rows([], [13800000001.0, 13900000002.0, 15000000003.0])


@given(st.lists(st.from_regex(r"99\d{10}", fullmatch=True), max_size=20))
def test_place_codes_are_no_persons(codes: list[str]) -> None:
    assert not has_person_rows(codes, [float(code) for code in codes])


def test_credit_codes_are_no_persons() -> None:
    assert not has_person_rows(["91110000MA00000000", "12330000470500000X", "330102202400000001"])
