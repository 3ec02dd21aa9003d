"""Report months."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.months import months_between, parse_month


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2024年3月", "2024-03"),
        ("２０２４年３月", "2024-03"),
        ("二〇二四年三月", "2024-03"),
        ("二○二四年十二月份", "2024-12"),
        ("2024-03", "2024-03"),
    ]
    + [
        ("2024/3", "2024-03"),
        ("2024.03", "2024-03"),
        ("202403", "2024-03"),
        ("107年10月底", "2018-10"),
        ("10710", "2018-10"),
        (10710.0, "2018-10"),
    ]
    + [
        ("中 華 民 國 107 年 10 月 份", "2018-10"),
        (dt.datetime(2024, 3, 31), "2024-03"),
        ("报告期：2024年 3 月", "2024-03"),
        (202403.0, "2024-03"),
    ],
)
def test_months_as_offices_write_them(written: object, month: str) -> None:
    assert parse_month(written) == month


@pytest.mark.parametrize("written", ["", "三月", "2024年", "2024年13月", "20241301x", None, True, "报告期"])
def test_what_names_no_month_is_empty(written: object) -> None:
    assert parse_month(written) == ""


@given(st.integers(1950, 2100), st.integers(1, 12), st.integers(-40, 40))
def test_months_between_counts_calendar_months(year: int, number: int, shift: int) -> None:
    index = year * 12 + number - 1 + shift
    later = f"{index // 12}-{index % 12 + 1:02d}"
    assert months_between(later, f"{year}-{number:02d}") == shift
