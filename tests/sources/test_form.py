"""Forms as offices send them: shifted, merged, with rows put in, labels of last year, fields written in one cell."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from schemas.states import MISSING, NOT_COLLECTED
from sources.form import inline_heads, plan_form
from sources.layout import Plan, reading_kit
from sources.reading import FileReader
from sources.records import PlaceRecord
from sources.workbook import Sheet
from tests.sources.sheets import CODE, NAME, TOWN, Merge, figures_of, form, names_of, states_of, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
LAYOUT = next(layout for layout in KIT.layouts if layout.id == "village_form_2024")
EVERYTHING = {code: float(n) for n, code in enumerate(DICTIONARY.codes, start=10)}


def by_indicator(values: dict[str, Any] = EVERYTHING) -> list[list[Any]]:
    """One row an indicator: number, label, unit, value."""
    rows = enumerate(DICTIONARY.indicators.values(), start=1)
    return [[float(n), i.label.zh, i.unit.label.zh, values.get(i.code, "")] for n, i in rows]


def with_sub_rows(values: dict[str, Any] = EVERYTHING) -> list[list[Any]]:
    """A concept is written once, its members below each other in a column of their own."""
    rows: list[list[Any]] = [
        ["村级人口与家庭服务月报"],
        ["村（居）代码", CODE],
        ["报告期", "2024年3月"],
        ["项目", "分组", "计量单位", "本月数"],
    ]
    for concept in DICTIONARY.concepts.values():
        for n, i in enumerate(DICTIONARY.indicators_of(concept.code)):
            member = i.member.label.zh if i.member else ""
            rows.append([concept.label.zh if n == 0 else "", member, i.unit.label.zh, values.get(i.code, "")])
    return rows


def read(rows: list[list[Any]], merges: list[Merge] | None = None) -> PlaceRecord:
    reading = FileReader(KIT).read(xlsx(rows, merges or []), "a.xlsx")
    assert reading.status == "read", names_of(reading)
    (record,) = reading.records
    return record


def plan(rows: list[list[Any]]) -> Plan:
    return plan_form(Sheet("月报", rows), LAYOUT)


def test_every_indicator_is_found_by_its_label() -> None:
    record = read(form(by_indicator()))
    assert figures_of(record, DICTIONARY) == EVERYTHING
    assert (record.place_code, record.place_name, record.parent_name, record.month) == (CODE, NAME, TOWN, "2024-03")


@pytest.mark.parametrize("content", [7.0, "", "１２人", "无", "—", "十二"])
def test_sub_rows_below_a_label_are_found_however_their_figures_are_written(content: object) -> None:
    plan_ = plan(with_sub_rows(dict.fromkeys(DICTIONARY.codes, content)))
    assert set(plan_.cells) == set(DICTIONARY.codes)
    assert {column for _, column in plan_.cells.values()} == {3}


def test_labels_merged_over_their_sub_rows() -> None:
    rows = with_sub_rows()
    starts = [r for r, row in enumerate(rows) if r > 3 and row[0]]
    ends = [*(r - 1 for r in starts[1:]), len(rows) - 1]
    merges = [(start, 0, end, 0) for start, end in zip(starts, ends, strict=True) if end > start]
    merges += [(start, 0, end, 1) for start, end in zip(starts, ends, strict=True) if end == start and rows[start][1] == ""]
    assert figures_of(read(rows, merges), DICTIONARY) == EVERYTHING


def test_members_in_columns_under_a_heading_that_changes_by_section() -> None:
    head = [["村级人口与家庭服务月报"], ["村（居）代码", CODE, "报告期", "2024年3月"]]
    rows = [["指标", "单位", "男", "女", "合计"], ["出生", "人", 3.0, 2.0, 5.0], ["死亡", "人", "无", 1.0, 1.0]]
    rows += [["指标", "单位", "总数", "其中县外", "其中省外"], ["流入人口", "人", 30.0, 20.0, 10.0]]
    rows += [["指标", "单位", "本月数"], ["期末户数", "户", 400.0]]
    made = plan([[*row, *[""] * (5 - len(row))] for row in head + rows])
    assert made.cells == {
        **{"births_m": (3, 2), "births_f": (3, 3), "deaths_m": (4, 2), "deaths_f": (4, 3)},
        **{"inflow_total": (6, 2), "inflow_other_county": (6, 3), "inflow_other_province": (6, 4), "households_end": (8, 2)},
    }
    assert [(row, column) for row, column, _ in made.sums] == [(3, 4), (4, 4)]  # 总数 of 流入 is a figure, not a sum


def test_two_figures_side_by_side_in_one_row() -> None:
    made = plan([["报告期", "2024年3月", "", ""], ["结婚对数", 3.0, "离婚对数", 1.0], ["出生（男）", 2.0, "出生（女）", ""]])
    assert made.cells == {"marriages": (1, 1), "divorces": (1, 3), "births_m": (2, 1), "births_f": (2, 3)}


def test_a_label_given_twice_counts_where_it_stands_first() -> None:
    assert plan([["期末户数", 3.0], ["期末户数", 4.0]]).cells == {"households_end": (0, 1)}


shifts = st.lists(st.integers(0, 80), max_size=4)


@settings(max_examples=40)
@given(shifts, shifts, st.sampled_from([by_indicator, with_sub_rows]))
def test_blank_rows_and_columns_put_in_change_no_figure(rows_at: list[int], columns_at: list[int], make: Any) -> None:
    rows = form(make()) if make is by_indicator else make()
    width = max(map(len, rows))
    rows = [[*row, *[""] * (width - len(row))] for row in rows]
    for at in columns_at:
        rows = [[*row[: at % (width + 1)], "", *row[at % (width + 1) :]] for row in rows]
    for at in rows_at:
        rows.insert(at % (len(rows) + 1), [""] * len(rows[0]))
    record = read(rows)
    assert figures_of(record, DICTIONARY) == EVERYTHING
    assert (record.place_code, record.month) == (CODE, "2024-03")


@settings(max_examples=40)
@given(st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(random: Any) -> None:
    rows = by_indicator()
    random.shuffle(rows)
    assert figures_of(read(form(rows)), DICTIONARY) == EVERYTHING


@settings(max_examples=40)
@given(st.data())
def test_labels_of_other_years_mean_the_same(data: st.DataObject) -> None:
    rows = by_indicator()
    for row, indicator in zip(rows, DICTIONARY.indicators.values(), strict=True):
        concept, member = indicator.concept, indicator.member
        label = data.draw(st.sampled_from((concept.label.zh, *concept.aliases)))
        row[1] = label if member is None else f"{label}（{data.draw(st.sampled_from((member.label.zh, *member.aliases)))}）"
    assert figures_of(read(form(rows)), DICTIONARY) == EVERYTHING


@pytest.mark.parametrize(
    "label", ["报告期：2024年3月", "报告期: 2024-03", "填报月份：二〇二四年三月", "年月：202403", "  报告期 ：2024.3 "]
)
def test_a_month_written_in_one_cell_with_its_label(label: str) -> None:
    record = read(form(by_indicator(), head=[["村（居）代码", CODE], [label]]))
    assert record.month == "2024-03"


def test_several_fields_in_one_cell() -> None:
    text = "填表人：王秀兰   审核人：李国强  报出日期：2024年4月3日"
    book = LAYOUT.book
    assert dict(inline_heads(text, book)) == {"filled_by": "王秀兰", "checked_by": "李国强", "date_sent": "2024年4月3日"}
    assert dict(inline_heads("合计：12 某某：3", book)) == {}
    record = read([*form(by_indicator()), [text]])
    assert record.texts[1:] == ("王秀兰", "李国强", "2024年4月3日")


def test_a_month_in_the_title_is_the_report_month() -> None:
    rows = form(by_indicator(), head=[["村（居）代码", CODE]], title="龙泉村2024年3月村级人口与家庭服务月报")
    assert read(rows).month == "2024-03"


@pytest.mark.parametrize("sent", [["报出日期", "2024年4月3日"], ["报出日期：2024年4月3日"]])
def test_the_day_of_sending_is_never_taken_for_the_report_month(sent: list[Any]) -> None:
    rows = form(by_indicator(), head=[["村（居）代码", CODE], ["报告期", ""], sent])
    assert read(rows).month == ""


def test_a_code_kept_as_a_number_is_the_same_code() -> None:
    assert read(form(by_indicator(), head=[["村（居）代码", float(CODE)], ["报告期", 202403.0]]))[2] == CODE


@pytest.mark.parametrize(("cell", "code"), [("９９０１０１１００２０１", CODE), (" 990101 100 201 ", CODE), ("", "")])
def test_a_code_in_full_width_or_with_spaces(cell: str, code: str) -> None:
    assert read(form(by_indicator(), head=[["村（居）代码", cell], ["报告期", "2024年3月"]])).place_code == code


def test_blank_is_missing_and_a_row_that_is_not_there_is_not_collected() -> None:
    rows = [row for row in by_indicator({"births_m": 0.0}) if row[1] != "离婚对数"]
    states = states_of(read(form(rows)), DICTIONARY)
    assert (states["births_m"], states["births_f"], states["divorces"]) == (ord("R"), MISSING, NOT_COLLECTED)
