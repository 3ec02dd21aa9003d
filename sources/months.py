"""Report months as offices write them → 'YYYY-MM'."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata

from sources.text import chinese_number

_YEAR_MONTH = re.compile(r"([0-9〇○零一二三四五六七八九]{2,4})\s*年(?:度)?\s*([0-9]{1,2}|[一二三四五六七八九十]{1,3})\s*月")
_SEPARATED = re.compile(r"(?<!\d)(\d{4})\s*[-/.]\s*(\d{1,2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(19\d{2}|20\d{2})(0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)")
_ROC_COMPACT = re.compile(r"^\s*(1?\d{2})(0[1-9]|1[0-2])\s*$")


def parse_month(value: object) -> str:
    """The month that a text, date or number names, or ''. Years below 200 are of the ROC calendar (107 is 2018)."""
    if isinstance(value, dt.datetime | dt.date):
        return f"{value.year:04d}-{value.month:02d}"
    if isinstance(value, float | int) and not isinstance(value, bool):
        value = str(int(value))
    if not isinstance(value, str):
        return ""
    text = unicodedata.normalize("NFKC", value)
    if (found := _YEAR_MONTH.search(text)) is not None:
        return _month(_number(found[1]), _number(found[2]))
    for pattern in (_SEPARATED, _COMPACT, _ROC_COMPACT):
        if (found := pattern.search(text)) is not None:
            return _month(int(found[1]), int(found[2]))
    return ""


def months_between(later: str, earlier: str) -> int:
    """Whole months from `earlier` to `later` (both 'YYYY-MM'); negative when it is the other way round."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])


def _number(text: str) -> int:
    return int(text) if text.isdigit() else (chinese_number(text) or 0)


def _month(year: int, month: int) -> str:
    if year < 200:
        year += 1911
    return f"{year:04d}-{month:02d}" if 1900 <= year <= 2200 and 1 <= month <= 12 else ""
