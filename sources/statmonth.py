"""A report month that is given as days: 2024年2月26日—3月25日 is the statistical month of March."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from sources.months import parse_month
from sources.text import chinese_number

_N = r"(\d{1,2}|[一二三四五六七八九十廿卅]{1,4})"
_TO = r"\s*(?:[-–—―−~～至到]+|\bto\b)\s*"
_YEAR = r"((?:民国|民國|令和|平成)?\s*(?:\d{2,4}|[〇○零一二三四五六七八九十]{2,5}))"
_WORDED = re.compile(rf"(?:{_YEAR}\s*年\s*)?{_N}\s*月\s*{_N}\s*[日号]?{_TO}(?:{_YEAR}\s*年\s*|次年\s*)?{_N}\s*月\s*{_N}\s*[日号]?")
_PART = r"\s*[-./]\s*"
_DOTTED = re.compile(rf"(?<!\d)(\d{{4}}){_PART}(\d{{1,2}}){_PART}(\d{{1,2}}){_TO}(?:(\d{{4}}){_PART})?(\d{{1,2}}){_PART}(\d{{1,2}})(?!\d)")
_COMPACT = re.compile(rf"(?<!\d)(\d{{4}})(\d\d)(\d\d){_TO}(\d{{4}})(\d\d)(\d\d)(?!\d)")
_NAME = r"((?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*)\.?"
_ENGLISH = re.compile(rf"(?<!\d)(\d{{1,2}})\s+{_NAME},?(?:\s+(\d{{4}}))?{_TO}(\d{{1,2}})\s+{_NAME},?(?:\s+(\d{{4}}))?", re.IGNORECASE)
_LATEST_IN_MONTH = 15
"""A span that begins later has most of its days in the month in which it ends."""


@lru_cache(1024)
def month_of_days(text: str, starts: int | None) -> str:
    """The month that a span of days over two months is: '2024-03', '-03' without a year; the span of both months ('2024-02~2024-03') where
    it is no statistical month; '' where the text gives no such days, or no year to a span that is no month.

    Args:
        text: as written.
        starts: the day on which the county's statistical month begins; None: any day after the 15th will do (`Calendar`).
    """
    days = _days_in(unicodedata.normalize("NFKC", text))
    if days is None:
        return ""
    (year, month, day), (end_year, end_month, end_day) = days
    if (year, month) == (end_year, end_month):
        return ""
    is_next = (end_year * 12 + end_month) - (year * 12 + month) == 1 or (not year and not end_year and end_month == month % 12 + 1)
    begins_right = day > _LATEST_IN_MONTH if starts is None else day == starts
    if is_next and begins_right and end_day == day - 1:
        is_early = day <= _LATEST_IN_MONTH
        return _written(year, month) if is_early else _written(end_year, end_month)
    return f"{_written(year, month)}~{_written(end_year, end_month)}" if year and end_year else ""


Day = tuple[int, int, int]
"""Year (0 where it is not given), month, day."""


def _days_in(text: str) -> tuple[Day, Day] | None:
    if (found := _WORDED.search(text)) is not None:
        year, *first, end_year = found[1], found[2], found[3], found[4]
        return _pair(_year(year), [_number(n) for n in first], _year(end_year), [_number(found[5]), _number(found[6])])
    for pattern in (_DOTTED, _COMPACT):
        if (found := pattern.search(text)) is not None:
            numbers = [int(group or 0) for group in found.groups()]
            return _pair(numbers[0], numbers[1:3], numbers[3], numbers[4:6])
    if (found := _ENGLISH.search(text)) is not None:
        ends = [[_named(found[n]), int(found[n - 1])] for n in (2, 5)]
        return _pair(int(found[3] or 0), ends[0], int(found[6] or 0), ends[1])
    return None


def _pair(year: int, first: list[int], end_year: int, last: list[int]) -> tuple[Day, Day] | None:
    """Both days; the year that is left out is the other one's, or the one beside it over the turn of the year."""
    if not all(1 <= month <= 12 and 1 <= day <= 31 for month, day in (first, last)):
        return None
    turns = last[0] < first[0]
    year, end_year = year or (end_year - turns if end_year else 0), end_year or (year + turns if year else 0)
    return (year, first[0], first[1]), (end_year, last[0], last[1])


def _written(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}" if year else f"-{month:02d}"


def _year(text: str | None) -> int:
    return int(parse_month(f"{text}年1月")[:4] or 0) if text else 0


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else (chinese_number(text) or 0)


def _named(name: str) -> int:
    return int(parse_month(f"{name} 2000")[5:] or 0)
