"""What rows, sheets, titles and columns say of their period, in lists and forms of every format."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from typing import Any

import openpyxl
import pytest
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.periods import period_reader
from sources.reading import FileReader, FileReading
from tests.sources.sheets import csv_text, figures_of, names_of, ods, states_of, xlsx

DICTIONARY = load_dictionary()
READER = FileReader(reading_kit(DICTIONARY))
PERIODS = period_reader(DICTIONARY)
TITLE = "松渡乡2024年3月村级人口与家庭服务月报汇总表"
FORM = "村级人口与家庭服务月报"
UNIT = "填报单位：松渡乡　报告期：2024年3月"
VILLAGES = ("双田社区", "银坝村", "金塘村")
FIGURES = ("期末户数", "宣传活动场次", "参加人次", "发放资料份数")

Rows = Sequence[Sequence[Any]]


def xls(rows: Rows, name: str = "月报") -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet(name)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell not in ("", None):
                sheet.write(r, c, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def html(rows: Rows, name: str = "") -> bytes:
    lines = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><head><meta charset='utf-8'></head><body><table>{lines}</table></body></html>".encode()


WRITERS: dict[str, tuple[str, Callable[..., bytes]]] = {
    "xlsx": (".xlsx", lambda rows, name="月报": xlsx(rows, name=name)),
    "xls": (".xls", xls),
    "ods": (".ods", ods),
    "csv": (".csv", lambda rows, name="": csv_text(rows).encode("utf-8-sig")),
    "html": (".xls", html),
}


def read(rows: Rows, kind: str = "xlsx", name: str = "月报") -> FileReading:
    ending, write = WRITERS[kind]
    return READER.read(write(rows, name), f"松渡乡{ending}")


def participants(reading: FileReading) -> dict[str, float]:
    """Village → participants of the records that count."""
    return {
        r.place_name: figures_of(r, DICTIONARY)["outreach_participants"] for r in reading.records if r.role == "report" and not r.period
    }


def full_form(
    *shape: Any,
    title: str,
    heading: Sequence[Any] = ("指标", "单位", "本月数"),
    village: str = "龙泉村",
    month: str = "2024年3月",
    start: int = 10,
) -> bytes:
    """A form with a line for every indicator: 'label', 'unit', 'value', or what always stands there."""
    head = [[title], ["村（居）名称", village], *([["报告期", month]] if month else []), list(heading)]
    lines = [
        [{"label": i.label.zh, "unit": i.unit.label.zh, "value": start + n}.get(part, part) for part in shape]
        for n, i in enumerate(DICTIONARY.indicators.values())
    ]
    return xlsx([*head, *lines])


PARTICIPANTS = list(DICTIONARY.indicators).index("outreach_participants")


def month_row(n: int) -> list[Any]:
    return [100 + n, 1, 10 + n, 20 + n]


def other_row(n: int) -> list[Any]:
    return [100 + n, 4, 70 + n, 90 + n]


RIGHT = {village: 10.0 + n for n, village in enumerate(VILLAGES)}


def rows_beside(this: str, other: str, *, is_other_first: bool, is_repeated: bool, total: bool = False) -> list[list[Any]]:
    """A list with two rows a village, the period in a column of its own."""
    rows: list[list[Any]] = [[TITLE], [UNIT], ["序号", "村（居）名称", "类别", *FIGURES]]
    names = [*VILLAGES, "合计"] if total else VILLAGES
    for n, village in enumerate(names):
        pair = [(this, month_row(n)), (other, other_row(n))]
        for at, (word, figures) in enumerate(reversed(pair) if is_other_first else pair):
            rows.append([n + 1 if at == 0 else "", village if at == 0 or is_repeated else "", word, *figures])
    return rows


def rows_behind(this: str, other: str, form_of: str) -> list[list[Any]]:
    """A list with two rows a village, the period behind the name."""
    rows: list[list[Any]] = [[TITLE], [UNIT], ["序号", "村（居）名称", *FIGURES]]
    for n, village in enumerate(VILLAGES):
        rows.append([n + 1, form_of.format(village, other), *other_row(n)])
        rows.append(["", form_of.format(village, this) if this else village, *month_row(n)])
    return rows


THIS = ("本月", "本月数", "本期", "当月", "实际", "完成", "本月实际", "3月", "2024年3月", "本月完成数")
OTHERS = (
    "累计",
    "1-3月",
    "1—3月累计",
    "本年累计",
    "至本月止",
    "上月",
    "上月数",
    "2月",
    "去年同期",
    "上年同期",
    "计划",
    "目标",
    "任务",
    "预计",
    "第一季度",
)


@given(
    this=st.sampled_from(THIS),
    other=st.sampled_from(OTHERS),
    is_other_first=st.booleans(),
    is_repeated=st.booleans(),
    total=st.booleans(),
    kind=st.sampled_from(sorted(WRITERS)),
)
@settings(max_examples=60)
def test_of_two_rows_a_village_the_months_is_read_in_every_format(
    this: str, other: str, is_other_first: bool, is_repeated: bool, total: bool, kind: str
) -> None:
    reading = read(rows_beside(this, other, is_other_first=is_other_first, is_repeated=is_repeated, total=total), kind)
    assert participants(reading) == RIGHT
    assert not [r for r in reading.records if r.period]
    (told,) = [p for p in reading.problems if p.name == "rows_of_other_period"]
    assert told.details["n"] == str(len(VILLAGES))
    assert told.details["quote"] == other
    stated = [figures_of(r, DICTIONARY)["outreach_participants"] for r in reading.records if r.role == "stated"]
    assert stated == ([13.0] if total else [])


@given(
    this=st.sampled_from((*THIS[:4], "")),
    other=st.sampled_from(("累计", "本年累计", "1-3月累计", "上月", "计划", "去年同期")),
    form_of=st.sampled_from(("{}（{}）", "{}({})", "{}【{}】", "{} {}", "{}-{}", "{}{}", "{}：{}")),
    kind=st.sampled_from(sorted(WRITERS)),
)
@settings(max_examples=40)
def test_the_period_may_stand_behind_the_name(this: str, other: str, form_of: str, kind: str) -> None:
    reading = read(rows_behind(this, other, form_of), kind)
    assert participants(reading) == RIGHT
    assert names_of(reading).count("rows_of_other_period") == 1


@pytest.mark.parametrize("other", ["累计", "1-3月", "计划", "上月", "去年同期", "2月"])
@pytest.mark.parametrize("is_behind", [False, True])
def test_a_village_without_a_row_of_the_month_is_held_with_the_words(other: str, is_behind: bool) -> None:
    rows: list[list[Any]] = [[TITLE], [UNIT], ["序号", "村（居）名称", "类别", *FIGURES]]
    for n, village in enumerate(VILLAGES):
        rows.append([n + 1, f"{village}（{other}）", "", *other_row(n)] if is_behind else [n + 1, village, other, *other_row(n)])
    reading = read(rows)
    assert participants(reading) == {}
    assert [(r.place_name, r.period) for r in reading.records] == [(village, other) for village in VILLAGES]


def test_only_the_village_that_lacks_the_month_is_held() -> None:
    rows = rows_beside("本月", "累计", is_other_first=False, is_repeated=True)
    del rows[5]  # 本月 of the second village
    reading = read(rows)
    assert participants(reading) == {VILLAGES[0]: 10.0, VILLAGES[2]: 12.0}
    assert [r.period for r in reading.records if r.place_name == VILLAGES[1]] == ["累计"]


def test_months_a_row_without_a_stated_month_are_told_apart_by_the_office() -> None:
    rows = rows_beside("3月", "2月", is_other_first=False, is_repeated=True)
    rows[0], rows[1] = ["村级人口与家庭服务月报汇总表"], ["填报单位：松渡乡"]
    assert sorted((r.place_name, r.month) for r in read(rows).records) == sorted((v, m) for v in VILLAGES for m in ("-02", "-03"))


def test_the_period_may_stand_in_rows_below_the_name() -> None:
    rows: list[list[Any]] = [[TITLE], [UNIT], ["村（居）名称", *FIGURES]]
    for n, village in enumerate(VILLAGES):
        rows += [[village], ["累计", *other_row(n)], ["本月", *month_row(n)]]
    assert participants(read(rows)) == RIGHT


@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods", "csv", "html"])
@pytest.mark.parametrize("words", ["（累计）", "（1—3月累计）", "（第一季度）", "（上半年）", "（年报）", "（计划）", "（1-3月）"])
def test_a_list_with_such_a_title_is_held_and_the_title_quoted(words: str, kind: str) -> None:
    rows: list[list[Any]] = [[TITLE + words], [UNIT], ["序号", "村（居）名称", *FIGURES]]
    rows += [[n + 1, village, *other_row(n)] for n, village in enumerate(VILLAGES)]
    reading = read(rows, kind)
    assert participants(reading) == {}
    assert {r.period for r in reading.records} == {TITLE + words}


@pytest.mark.parametrize("words", ["（累计）", "1—3月累计", "（第一季度）", "（上半年）", "（本年累计数）"])
def test_a_form_with_such_a_title_is_held_and_so_is_its_next_filling(words: str) -> None:
    reader = FileReader(reading_kit(DICTIONARY))
    for start in (10, 20, 30):
        data = full_form("label", "unit", "value", title="村级人口与家庭服务月报" + words, start=start)
        (record,) = reader.read(data, "月报.xlsx").records
        assert record.period == "村级人口与家庭服务月报" + words


@pytest.mark.parametrize("name", ["累计", "1-3月累计", "上月", "去年同期", "计划", "第一季度", "松渡乡累计表"])
def test_a_sheet_whose_name_says_so_is_held_alone_and_left_out_beside_the_months(name: str) -> None:
    rows: list[list[Any]] = [[TITLE], [UNIT], ["序号", "村（居）名称", *FIGURES]]
    other = rows + [[n + 1, village, *other_row(n)] for n, village in enumerate(VILLAGES)]
    this = rows + [[n + 1, village, *month_row(n)] for n, village in enumerate(VILLAGES)]
    assert {r.period for r in read(other, name=name).records} == {name}
    for sheets in ([(name, other), ("本月", this)], [("本月", this), (name, other)]):
        book = openpyxl.Workbook()
        book.remove(book.active)
        for title, lines in sheets:
            sheet = book.create_sheet(title)
            for line in lines:
                sheet.append(line)
        buffer = io.BytesIO()
        book.save(buffer)
        reading = READER.read(buffer.getvalue(), "松渡乡.xlsx")
        assert participants(reading) == RIGHT
        assert [p.details["quote"] for p in reading.problems if p.name == "sheet_of_other_period"] == [name]


@pytest.mark.parametrize("heading", ["本年累计", "1-3月累计", "累计数", "至本月止累计", "计划", "上年同期"])
@pytest.mark.parametrize("has_month", [False, True])
def test_figures_under_another_heading_beside_a_blank_month_are_told_at_once(heading: str, has_month: bool) -> None:
    headings = ["指标", "单位", "本月数", heading] if has_month else ["指标", "单位", heading]
    shape = ("label", "unit", "", "value") if has_month else ("label", "unit", "value")
    reading = READER.read(full_form(*shape, title=FORM, heading=headings), "月报.xlsx")
    (told,) = [p for p in reading.problems if p.name == "only_other_period"]
    assert (told.details["n"], told.details["heading"]) == (str(len(DICTIONARY.indicators)), heading)
    assert reading.status == ("read" if has_month else "refused")
    assert all("outreach_participants" not in figures_of(record, DICTIONARY) for record in reading.records)


def test_figures_under_both_headings_are_read_from_the_months_and_nothing_is_said() -> None:
    data = full_form("label", "unit", 900, "value", title=FORM, heading=["指标", "单位", "本年累计", "本月完成"])
    reading = READER.read(data, "月报.xlsx")
    assert figures_of(reading.records[0], DICTIONARY)["outreach_participants"] == 10 + PARTICIPANTS
    assert "only_other_period" not in names_of(reading)


@pytest.mark.parametrize(
    ("title", "month", "named"),
    [
        ("2024年2月村级人口与家庭服务月报", "2024年3月", "2024-02"),
        ("村级人口与家庭服务月报（2024年2月）", "2024年3月", "2024-02"),
        ("2月份村级人口与家庭服务月报", "2024年3月", "-02"),
        ("2023年3月村级人口与家庭服务月报", "2024年3月", "2023-03"),
        ("2024年3月村级人口与家庭服务月报", "2024年3月", ""),
        ("3月份村级人口与家庭服务月报", "2024-03", ""),
        ("村级人口与家庭服务月报", "2024年3月", ""),
        ("村级人口与家庭服务月报（2024年2月26日—3月25日）", "2024年3月", ""),
    ],
)
def test_the_month_of_the_title_is_set_beside_that_of_the_head(title: str, month: str, named: str) -> None:
    reader = FileReader(reading_kit(DICTIONARY))
    for start in (10, 20):  # as it is understood, and as it is remembered
        (record,) = reader.read(full_form("label", "unit", "value", title=title, month=month, start=start), "月报.xlsx").records
        assert record.month == "2024-03"
        assert record.title_month == named
        assert record.period == ""


@pytest.mark.parametrize("village", ["十月村", "五月社区", "三八村", "八一村", "五四村", "腊月村", "上年村", "七一社区"])
def test_a_village_named_like_a_month_names_none(village: str) -> None:
    for title in (
        f"{village}村级人口与家庭服务月报",
        f"2024年3月{village}村级人口与家庭服务月报",
        f"{village}2024年3月村级人口与家庭服务月报",
    ):
        (record,) = READER.read(full_form("label", "unit", "value", title=title, village=village), "月报.xlsx").records
        assert (record.place_name, record.month, record.title_month, record.period) == (village, "2024-03", "", "")
    data = full_form("label", "unit", "value", title=f"2024年{village}村级人口与家庭服务月报", village=village, month="")
    assert READER.read(data, "月报.xlsx").records[0].month == ""
    listed: list[list[Any]] = [
        [TITLE],
        [UNIT],
        ["序号", "村（居）名称", *FIGURES],
        [1, village, *month_row(0)],
        [2, "银坝村", *month_row(1)],
    ]
    assert participants(read(listed)) == {village: 10.0, "银坝村": 11.0}


@pytest.mark.parametrize(
    ("text", "kinds", "month"),
    [
        ("本月", {"this_month"}, ""),
        ("本月实际完成数", {"this_month", "actual"}, ""),
        ("1～3月累计", {"cumulative"}, ""),
        ("一月至三月", {"cumulative"}, ""),
        ("完成率", {"ratio"}, ""),
        ("比上年增减%", {"last_year", "difference", "ratio"}, ""),
        ("2024年3月", set(), "2024-03"),
        ("双田社区", set(), ""),
        ("十月村", set(), ""),
        ("男", set(), ""),
        ("合计", set(), ""),
        ("目标人群", set(), ""),
        ("计划生育", set(), ""),
    ],
)
def test_a_text_speaks_of_the_period_and_nothing_else_or_says_nothing(text: str, kinds: set[str], month: str) -> None:
    said = PERIODS.whole(text)
    if text == "比上年增减%":
        assert said.kinds >= {"difference"}
    else:
        assert (said.kinds, said.month) == (kinds, month)


def test_a_remark_in_a_column_of_its_own_makes_no_row_another_period() -> None:
    rows: list[list[Any]] = [[TITLE], [UNIT], ["序号", "村（居）名称", *FIGURES, "备注"]]
    rows += [[n + 1, village, *month_row(n), ("", "2月已报", "同比")[n]] for n, village in enumerate(VILLAGES)]
    reading = read(rows)
    assert participants(reading) == RIGHT
    assert "rows_of_other_period" not in names_of(reading)


def test_men_and_women_of_two_periods_are_held() -> None:
    rows: list[list[Any]] = [[TITLE], [UNIT], ["村（居）名称", "性别", "类别", "出生", "死亡"]]
    for village in VILLAGES:
        rows += [[village, "男", "本月", 1, 2], ["", "女", "累计", 3, 4]]
    assert {r.period for r in read(rows).records} == {"累计"}


def test_blank_stays_blank_in_the_row_of_the_month() -> None:
    rows = rows_beside("本月", "累计", is_other_first=True, is_repeated=False)
    rows[4][5] = ""
    reading = read(rows)
    first = next(r for r in reading.records if r.place_name == VILLAGES[0])
    assert "outreach_participants" not in figures_of(first, DICTIONARY)
    assert states_of(first, DICTIONARY)["outreach_participants"] != 0
