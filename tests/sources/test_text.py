"""Labels, numerals and addresses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.text import address, chinese_number, column_letters, fold, fold_name

DIGITS = "零一二三四五六七八九"


def write_chinese(number: int) -> str:
    """The number as a clerk writes it (0–99,999), an independent way round."""
    if number >= 10_000:
        head, tail = divmod(number, 10_000)
        return write_chinese(head) + "万" + (("零" if tail < 1000 else "") + write_chinese(tail) if tail else "")
    text, zero = "", False
    for scale, name in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, number = divmod(number, scale)
        if digit:
            text += ("零" if zero and text else "") + DIGITS[digit] + name
            zero = False
        else:
            zero = True
    return text or "零"


@given(st.integers(0, 99_999))
def test_chinese_numerals_mean_what_they_say(number: int) -> None:
    assert chinese_number(write_chinese(number)) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("十二", 12),
        ("三百零五", 305),
        ("一百二", 120),
        ("两千", 2000),
        ("二〇二四", 2024),
        ("十", 10),
        ("壹佰贰拾叁", 123),
        ("一万二千", 12000),
        ("零", 0),
    ],
)
def test_numerals_as_clerks_write_them(text: str, number: int) -> None:
    assert chinese_number(text) == number


@pytest.mark.parametrize("text", ["", "三个", "十十", "百千", "人", "万", "一二三个"])
def test_what_is_no_numeral_is_none(text: str) -> None:
    assert chinese_number(text) is None


@pytest.mark.parametrize(
    "text", ["出生（男）", "出 生(男)", "１．出生（男）", "一、出生（男）：", "（1）出生【男】", "出生（男）（人）", "*出生男"]
)
def test_labels_that_mean_the_same_fold_alike(text: str) -> None:
    assert fold(text) == fold("出生男")


def test_age_bands_keep_their_dash() -> None:
    assert fold("0—14岁") == fold("0-14岁") == fold("０－１４岁") != fold("014岁")


def test_place_names_fold_without_spaces_and_marks() -> None:
    assert fold_name("新 北 市") == fold_name("新北市")
    assert fold_name("※烏來區") == fold_name("烏來區")
    assert fold_name("台北市") == fold_name("臺北市")


@given(st.integers(0, 20_000), st.integers(0, 1_048_575))
def test_addresses_are_those_of_openpyxl(column: int, row: int) -> None:
    from openpyxl.utils import get_column_letter

    if column < 18_278:
        assert column_letters(column) == get_column_letter(column + 1)
        assert address(row, column) == f"{get_column_letter(column + 1)}{row + 1}"
