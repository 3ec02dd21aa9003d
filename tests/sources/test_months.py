"""Report months."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.months import month_in_words, months_away, months_between, parse_month, settle_month, stated_month
from tests.sources.test_text import write_chinese


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
        (f"{text}村级月报", "2024-03")
        for text in ("2024年03月份", "二O二四年三月", "二零二四年三月", "令和6年3月", "113年3月", "民國113年3月", "24年3月")
    ]
    + [
        (2024.03, "2024-03"),
        (2024.3, "2024-03"),
        (2024.12, "2024-12"),
        (2024.1, ""),
        ("民国一百零七年十月", "2018-10"),
        ("民 國 一 百 零 七 年 十 月", "2018-10"),
        ("一〇七年十月", "2018-10"),
        ("平成30年10月", "2018-10"),
    ]
    + [
        ("March 2024", "2024-03"),
        ("Mar. 2024", "2024-03"),
        ("31 March 2024", "2024-03"),
        ("2024 March", "2024-03"),
        ("令和元年5月", "2019-05"),
    ]
    + [
        ("2024年3月1日至3月31日", "2024-03"),
        ("2024-03-31", "2024-03"),
        ("2024．3", "2024-03"),
        ("2024—03", "2024-03"),
        ("98年10月", "2009-10"),
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


@pytest.mark.parametrize(
    "written",
    [
        "2024年1-3月",
        "2024年1月至3月",
        "2024年1月—3月",
        "2023年12月-2024年1月",
        "2024.1-3",
        "Maybe 2024",
        "2024-2025",
        float("nan"),
        float("inf"),
        "",
        "三月",
        "2024年",
        "2024年13月",
        "20241301x",
        None,
        True,
        "报告期",
    ],
)
def test_what_names_no_month_is_empty(written: object) -> None:
    assert parse_month(written) == ""


@given(st.integers(1950, 2100), st.integers(1, 12), st.integers(-40, 40))
def test_months_between_counts_calendar_months(year: int, number: int, shift: int) -> None:
    index = year * 12 + number - 1 + shift
    later = f"{index // 12}-{index % 12 + 1:02d}"
    assert months_between(later, f"{year}-{number:02d}") == shift


CHINESE_MONTHS = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二"]
WRITERS = [
    lambda y, m: f"{y}年{m}月",
    lambda y, m: f"{y}年{m:02d}月份",
    lambda y, m: f"{y}-{m:02d}",
    lambda y, m: f"{y}.{m}",
    lambda y, m: f"{y}/{m}",
    lambda y, m: f"{y}{m:02d}",
    lambda y, m: f"{''.join('〇一二三四五六七八九'[int(d)] for d in str(y))}年{CHINESE_MONTHS[m - 1]}月",
    lambda y, m: f"{dt.date(y, m, 1):%B} {y}",
    lambda y, m: f"民国{y - 1911}年{m}月",
    lambda y, m: f"民國{write_chinese(y - 1911)}年{write_chinese(m)}月" if y - 1911 >= 20 else f"{y}年{m}月",
    lambda y, m: f"平成{y - 1988}年{m}月" if y > 1988 else f"{y}年{m}月",
]


@given(st.integers(1960, 2099), st.integers(1, 12), st.sampled_from(WRITERS), st.booleans())
def test_every_way_of_writing_a_month_names_the_same(year: int, month: int, write: Any, is_wide: bool) -> None:
    text = write(year, month)
    if is_wide:
        text = text.translate(str.maketrans("0123456789.-/", "０１２３４５６７８９．－／"))
    assert parse_month(text) == f"{year}-{month:02d}", text


@given(st.one_of(st.text(max_size=40), st.floats(), st.integers(), st.dates()))
def test_no_text_breaks_it(value: object) -> None:
    found = parse_month(value)
    assert found == "" or (len(found) == 7 and 1 <= int(found[5:]) <= 12)


@pytest.mark.parametrize(
    ("written", "stated", "settled"),
    [
        ("2024年3月", "2024-03", "2024-03"),
        ("三月份", "-03", "2024-03"),
        ("2 月", "-02", "2024-02"),
        (12.0, "-12", "2023-12"),
        (2024.1, "2024-01|2024-10", "2024-01"),
        (45352.0, "2024-03", "2024-03"),
        ("2024年1-3月", "2024-01~2024-03", "2024-01~2024-03"),
        ("2024年一季度", "2024-01~2024-03", "2024-01~2024-03"),
        ("2024年上半年", "2024-01~2024-06", "2024-01~2024-06"),
        ("2024年1月1日至3月31日", "2024-01~2024-03", "2024-01~2024-03"),
        ("2024年2月26日至2024年3月25日", "2024-02~2024-03", "2024-02~2024-03"),
        ("2024年3月1日至31日", "2024-03", "2024-03"),
        ("2024年3月1日—2024年3月31日", "2024-03", "2024-03"),
        ("2024.1-3", "2024-01~2024-03", "2024-01~2024-03"),
        ("2024-01-01至2024-03-31", "2024-01~2024-03", "2024-01~2024-03"),
        ("2024/3/1-2024/3/31", "2024-03", "2024-03"),
        ("十三月", "", ""),
        ("见附件", "", ""),
        ("", "", ""),
    ],
)
def test_what_leaves_the_month_open_is_no_blank(written: object, stated: str, settled: str) -> None:
    assert stated_month(written) == stated
    assert stated_month(stated) in (stated, stated[:7])
    assert settle_month(stated, "2024-03") == settled


@pytest.mark.parametrize(
    ("title", "stated"),
    [
        ("青溪镇3月份各村月报汇总", "-03"),
        ("青溪镇2月、3月各村月报", ""),
        ("青溪镇4月3日报", ""),
        ("青溪镇2024年一季度各村月报", "2024-01~2024-03"),
        ("各村月报", ""),
    ],
)
def test_a_title_may_leave_out_the_year(title: str, stated: str) -> None:
    assert month_in_words(title) == stated


@pytest.mark.parametrize(("stated", "gap"), [("2024-03", 0), ("", 0), ("2024-01", 2), ("2024-01~2024-03", 2), ("2024-03~2024-04", 1)])
def test_a_span_is_as_far_away_as_its_other_end(stated: str, gap: int) -> None:
    assert months_away(stated, "2024-03") == gap
