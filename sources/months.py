"""Report months as offices write them → 'YYYY-MM'."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

from sources.text import chinese_number

_MOST_TEXTS = 1024
_ERAS = {"民国": 1911, "民國": 1911, "昭和": 1925, "平成": 1988, "令和": 2018}
"""The year before an era's first: 民国107 is 2018, 令和6 is 2024."""
_SPACED = re.compile(r"(?<=[〇○零一二三四五六七八九十百年月中华華民国國平成令和昭])\s+|\s+(?=[〇○零一二三四五六七八九十百年月民国國])")
_CHINESE = "〇○零一二三四五六七八九十百壹贰叁肆伍陆柒捌玖拾OoＯ０"
_YEAR_MONTH = re.compile(
    rf"({'|'.join(_ERAS)})?\s*(\d{{1,4}}|[{_CHINESE}]{{1,5}}|元)\s*年(?:度|第)?\s*(\d{{1,2}}|[{_CHINESE}]{{1,3}})\s*月"
)
_SPAN = re.compile(
    r"\s*(?:\d{1,2}\s*[日号]\s*)?[-–—~至到]\s*(?:(\d{2,4}|[〇零一二三四五六七八九]{4})\s*年\s*)?(\d{1,2}|[一二三四五六七八九十]{1,3})\s*月"
)
_MONTH_ALONE = re.compile(rf"[\s(（]*(?:本年|今年)?(\d{{1,2}}|[{_CHINESE}]{{1,3}})\s*月\s*[份底末]?[\s)）]*")
_NUMBER_ALONE = re.compile(r"\s*(0?[1-9]|1[0-2])\s*")
_MONTH_WORD = re.compile(
    rf"(?<![\d年\-–—~至到、./{_CHINESE}])(\d{{1,2}}|[{_CHINESE}]{{1,3}})\s*月(?!\s*\d{{1,2}}\s*[日号]|[-–—~至到、日\d]|村(?!级)|社区|居委|街道|镇(?!级)|乡(?![镇级])|[屯庄寨巷])"
)
_SHORT_SPAN = re.compile(r"(?<!\d)(\d{4})\s*[年./-]\s*(\d{1,2})\s*[-–—~至到、]\s*(\d{1,2})(?!\d)(?!\s*[日号])")
_LONG_SPAN = re.compile(r"(?<!\d)(\d{4})\s*[-/.]\s*(\d{1,2})(?:\s*[-/.]\s*\d{1,2})?\s*[-–—~至到]+\s*(\d{4})\s*[-/.]\s*(\d{1,2})(?!\d)")
_QUARTER = re.compile(r"(?<!\d)(\d{4})\s*年?\s*第?([一二三四1-4]季度|[上下]半年)")
_CHINESE_YEAR = re.compile("[〇○零一二三四五六七八九]{4}(?=年)")
_YEAR_NAMED = re.compile(r"(?<!\d)(\d{4})\s*(?:年度|年全年|年年报|年报|年(?![度\d上下第一二三四]|.*[月季]))")
_QUARTER_NAMED = re.compile(r"(?:(?<!\d)(\d{4})\s*年?\s*)?(?:第?([一二三四1-4])季度?|[Qq]([1-4])(?!\d))")
_HALF_NAMED = re.compile(r"(?:(?<!\d)(\d{4})\s*年?\s*)?([上下])半年")
_MONTHS_NAMED = re.compile(r"(?<!\d)(\d{1,2})月?份?[-–—~至到](\d{1,2})月")
_OPEN = re.compile(r"-\d\d|\d{4}-\d\d~\d{4}-\d\d")
_SERIALS = (36526, 73050)
"""Days since 1899-12-30 of 2000 and 2099: what Excel keeps of a date whose format was lost."""
_SEPARATED = re.compile(r"(?<![\d-])(\d{4})\s*([-/.–—])\s*(\d{1,2})(?!\d)(?:\s*\2\s*\d{1,2}(?!\d))?(?!\s*[-–—~至到]\s*\d)")
_EPOCH = dt.date(1899, 12, 30)
_COMPACT = re.compile(r"(?<!\d)(19\d{2}|20\d{2})(0[1-9]|1[0-2])(?:[0-3]\d)?(?!\d)")
_ROC_COMPACT = re.compile(r"^\s*(1?\d{2})(0[1-9]|1[0-2])\s*$")
_ENGLISH = {name: n for n, name in enumerate(("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"), start=1)}
_MONTH_NAME = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?"
    r"|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_NAME_YEAR = re.compile(rf"(?<![a-z]){_MONTH_NAME}\.?,?\s*[-/]?\s*(\d{{4}})(?!\d)", re.IGNORECASE)
_YEAR_NAME = re.compile(rf"(?<!\d)(\d{{4}})\s*[-/,]?\s*{_MONTH_NAME}(?![a-z])", re.IGNORECASE)


def parse_month(value: object) -> str:
    """The month that a text, date or number names, or ''.

    Years of three digits are of the ROC calendar (107 is 2018), those of two as well from 70 on (98 is 2009); below, 24 is 2024.
    A span of several months (2024年1月至3月, 2024.1-3) names none.
    """
    if isinstance(value, dt.datetime | dt.date):
        return f"{value.year:04d}-{value.month:02d}"
    if isinstance(value, float) and 1900 < value < 2200 and value != int(value):  # 2024.03, typed as a number
        part = repr(value).partition(".")[2]
        return "" if part == "1" else _month(int(value), int(part)) if len(part) <= 2 else ""  # 2024.1 may have been 2024.10
    if isinstance(value, float | int) and not isinstance(value, bool):
        if _SERIALS[0] <= value <= _SERIALS[1]:
            return parse_month(_EPOCH + dt.timedelta(int(value)))
        value = str(int(value)) if abs(value) < 1e12 else ""  # NaN and infinity name nothing
    return _in_text(value) if isinstance(value, str) else ""


def stated_month(value: object) -> str:
    """As `parse_month`; else what is said of the month but leaves it open, so that it is not taken for a blank.

    '-03' where the year is not given (3月, 三月份, 3); '2024-01|2024-10' for 2024.1 typed as a number; '2024-01~2024-03' for a span
    of months or a quarter. `settle_month` decides what can be decided.
    """
    if isinstance(value, str) and _OPEN.fullmatch(value):
        return value
    if month := parse_month(value):
        return month
    if isinstance(value, float) and 1900 < value < 2200 and repr(value).endswith(".1"):
        return f"{int(value)}-01|{int(value)}-10"
    text = str(int(value)) if isinstance(value, float) and value.is_integer() else value
    if not isinstance(text, str):
        return ""
    text = _SPACED.sub("", unicodedata.normalize("NFKC", text))
    if span := _span_in(text):
        return span
    found = _MONTH_ALONE.fullmatch(text) or _NUMBER_ALONE.fullmatch(text)
    return _without_year(found[1]) if found is not None else ""


def month_in_words(text: str) -> str:
    """The span of months, or the one month without a year, that a title names: 青溪镇3月份月报 → '-03'."""
    text = _SPACED.sub("", unicodedata.normalize("NFKC", text))
    if span := _span_in(text):
        return span
    found = {_without_year(number) for number in _MONTH_WORD.findall(text)}
    return found.pop() if len(found) == 1 else ""


def settle_month(stated: str, near: str) -> str:
    """A month that was left open, as it must be meant in a file sent for `near`: the nearest year, the one of two that it was sent for."""
    if "|" in stated:
        return near if near in stated.split("|") else stated[:7]
    if len(stated) != 3:
        return stated
    years = (int(near[:4]) + n for n in (0, -1, 1))
    return min((f"{year:04d}{stated}" for year in years), key=lambda month: abs(months_between(month, near)))


def period_end(text: str, span: int, ends: Collection[int]) -> str:
    """The last month of the period that a text names ('2024-03' of 2024年一季度, 2024Q1, 2024年1—3月; '-03' without a year), or ''.

    Args:
        text: a title or a report month.
        span: months of a period: 3, 6 or 12.
        ends: the months in which periods end; a month that is named alone and is none of them is given as it is.
    """
    text = _SPACED.sub("", unicodedata.normalize("NFKC", text))
    text = _CHINESE_YEAR.sub(lambda found: "".join(str("〇一二三四五六七八九".find(c) if c not in "零○" else 0) for c in found[0]), text)
    last = sorted(ends)
    if span == 12 and (found := _YEAR_NAMED.search(text)) is not None:
        return f"{found[1]}-{last[-1]:02d}"
    if span == 3 and (found := _QUARTER_NAMED.search(text)) is not None:
        number = _number(found[2] or found[3])
        return f"{found[1] or ''}-{last[number - 1]:02d}"
    if span == 6 and (found := _HALF_NAMED.search(text)) is not None:
        return f"{found[1] or ''}-{last[found[2] == '下']:02d}"
    if (spanned := _span_in(text)) and "~" in spanned:
        first, end = spanned.split("~")
        return end if months_between(end, first) == span - 1 and int(end[5:]) in ends else ""
    if (found := _MONTHS_NAMED.search(text)) is not None:
        one, other = int(found[1]), int(found[2])
        return f"-{other:02d}" if other - one == span - 1 and other in ends else ""
    return parse_month(text)


def without_span(text: str) -> str:
    """A text without the span of months that it names (1—3月)."""
    return _MONTHS_NAMED.sub("", _SPACED.sub("", unicodedata.normalize("NFKC", text)))


def shifted(stated: str, months: int) -> str:
    """A month as `stated_month` gives it, so many months later (earlier where negative): '2024-01', '-01', each end of a span."""
    if "~" in stated or "|" in stated:
        between = "~" if "~" in stated else "|"
        return between.join(shifted(one, months) for one in stated.split(between))
    if len(stated) == 3:
        return f"-{(int(stated[1:]) - 1 + months) % 12 + 1:02d}"
    if len(stated) != 7:
        return stated
    n = int(stated[:4]) * 12 + int(stated[5:]) - 1 + months
    return f"{n // 12:04d}-{n % 12 + 1:02d}"


def months_away(stated: str, month: str) -> int:
    """Whole months between two; of a span, to the end that is another month; 0 where nothing is stated."""
    end = stated[-7:] if stated[-7:] != month else stated[:7]
    return abs(months_between(end or month, month))


def _without_year(number: str) -> str:
    return f"-{_number(number):02d}" if 1 <= _number(number) <= 12 else ""


def _span_in(text: str) -> str:
    if (found := _QUARTER.search(text)) is not None:
        year, part = found.groups()
        first, length = ((_number(part[0]) - 1) * 3 + 1, 3) if "季" in part else (1 if part[0] == "上" else 7, 6)
        return f"{int(year)}-{first:02d}~{int(year)}-{first + length - 1:02d}"
    if (found := _YEAR_MONTH.search(text)) is not None and (span := _SPAN.match(text, found.end())) is not None:
        year = _year(found[1], found[2])
        ends = _month(year, _number(found[3])), _month(_year(found[1], span[1]) if span[1] else year, _number(span[2]))
    elif (found := _LONG_SPAN.search(text)) is not None:
        ends = _month(int(found[1]), int(found[2])), _month(int(found[3]), int(found[4]))
    elif (found := _SHORT_SPAN.search(text)) is not None:
        ends = _month(int(found[1]), int(found[2])), _month(int(found[1]), int(found[3]))
    else:
        return ""
    return "~".join(ends) if all(ends) and ends[0] != ends[1] else ""


@lru_cache(_MOST_TEXTS)
def _in_text(value: str) -> str:
    """The month that a text names; of a county's files nearly all name the same one in the same words."""
    text = _SPACED.sub("", unicodedata.normalize("NFKC", value))
    if (found := _YEAR_MONTH.search(text)) is not None:
        year, number = _year(found[1], found[2]), _number(found[3])
        if (span := _SPAN.match(text, found.end())) is not None and (
            (span[1] and _year(found[1], span[1]) != year) or _number(span[2]) != number
        ):
            return ""
        return _month(year, number)
    if (span := _LONG_SPAN.search(text)) is not None and (span[1], int(span[2])) != (span[3], int(span[4])):
        return ""
    if (found := _SEPARATED.search(text)) is not None:
        return _month(int(found[1]), int(found[3]))
    for pattern in (_COMPACT, _ROC_COMPACT):
        if (found := pattern.search(text)) is not None:
            return _month(int(found[1]) + 1911 * (len(found[1]) < 4), int(found[2]))
    if (found := _NAME_YEAR.search(text)) is not None:
        return _month(int(found[2]), _ENGLISH[found[1][:3].lower()])
    if (found := _YEAR_NAME.search(text)) is not None:
        return _month(int(found[1]), _ENGLISH[found[2][:3].lower()])
    return ""


def months_between(later: str, earlier: str) -> int:
    """Whole months from `earlier` to `later` (both 'YYYY-MM'); negative when it is the other way round."""
    return (int(later[:4]) - int(earlier[:4])) * 12 + int(later[5:]) - int(earlier[5:])


def _year(era: str | None, text: str) -> int:
    number = 1 if text == "元" else _number(text)
    if era:
        return number + _ERAS[era]
    if number >= 1000 or text == "元":
        return number
    return number + (2000 if number < 70 else 1911)


def _number(text: str) -> int:
    text = text.translate(_ROUND)
    return int(text) if text.isdecimal() else (chinese_number(text) or 0)


_ROUND = str.maketrans(dict.fromkeys("Oo", "〇"))  # 二O二四, with a letter


def _month(year: int, month: int) -> str:
    return f"{year:04d}-{month:02d}" if 1900 <= year <= 2200 and 1 <= month <= 12 else ""
