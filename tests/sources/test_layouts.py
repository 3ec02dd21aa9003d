"""What layouts allow for: headings in several rows and languages, units in headings, several tables, forms and sheets in one file."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from methods.cells import cell_address
from schemas import entries
from schemas.dictionary import DictionaryError, load_dictionary
from schemas.states import MISSING, NOT_COLLECTED, REPORTED, UNREADABLE
from sources.layout import reading_kit
from sources.listing import plan_lists
from sources.reading import FileReader, FileReading
from sources.text import address
from sources.values import MOST
from sources.workbook import Sheet
from tests.sources.sheets import CODE, TITLE, Merge, figures_of, form, names_of, states_of, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
LIST_TITLE = "青溪镇2024年3月村级人口与家庭服务月报汇总表"
CODES = [f"99010110020{n}" for n in (1, 2, 3)]
KEYS = ["村（居）代码", "村（居）名称"]
INDICATORS = list(DICTIONARY.indicators.values())


def read(rows: list[list[Any]], merges: list[Merge] | None = None, name: str = "表") -> FileReading:
    width = max(map(len, rows))
    return FileReader(KIT).read(xlsx([[*row, *[""] * (width - len(row))] for row in rows], merges or [], name=name), "a.xlsx")


def by_place(reading: FileReading, role: str = "report") -> dict[str, dict[str, float]]:
    assert reading.status == "read", (names_of(reading), reading.problems)
    return {r.place_code or r.place_name: figures_of(r, DICTIONARY) for r in reading.records if r.role == role}


def told(reading: FileReading) -> list[tuple[str, str, str]]:
    return [(p.name, p.cell, p.details.get("label", "")) for p in reading.problems]


def listed(*headings: list[Any], rows: list[list[Any]], merges: list[Merge] | None = None) -> FileReading:
    return read([[LIST_TITLE], *headings, *rows], merges)


def whole_form(values: dict[str, Any] | None = None, title: str = TITLE, **head: str) -> list[list[Any]]:
    """A form of every indicator, one row each, with a head of its own."""
    top = [["村（居）代码", head.get("code", CODE), ""], ["报告期", head.get("month", "2024年3月"), ""]]
    values = values if values is not None else {i.code: float(n) for n, i in enumerate(INDICATORS, start=10)}
    rows = [[i.label.zh, i.unit.label.zh, values.get(i.code, "")] for i in INDICATORS]
    return [[title, "", ""], *top, ["指标", "计量单位", "本月数"], *rows]


# -- headings ----------------------------------------------------------------------------------------------------


def test_a_heading_in_two_languages_means_what_both_say() -> None:
    head = [
        "村（居）代码\nVillage code",
        "村（居）名称 Village",
        "期末户数\nHouseholds (end)",
        "出生（男） Births: Male",
        "Deaths: Female 死亡（女）",
    ]
    reading = listed(head, rows=[[CODES[0], "甲村", 1.0, 2.0, 3.0]])
    assert by_place(reading) == {CODES[0]: {"households_end": 1, "births_m": 2, "deaths_f": 3}}
    assert reading.problems == ()


def test_a_heading_whose_languages_disagree_is_told_and_not_loaded() -> None:
    reading = listed([*KEYS, "期末户数", "出生（男） Deaths: Male"], rows=[[CODES[0], "甲村", 1.0, 2.0]])
    assert by_place(reading) == {CODES[0]: {"households_end": 1}}
    assert told(reading) == [("unmatched_heading", "D2", "出生（男） Deaths: Male")]


def test_headings_in_two_rows_of_two_languages() -> None:
    first = [*KEYS, "期末户数", "出生", "", "结婚对数"]
    second = ["Village code", "Village", "Households (end)", "Births", "", "Marriages"]
    third = ["", "", "", "男", "女", ""]
    fourth = ["", "", "", "Male", "Female", ""]
    reading = listed(first, second, third, fourth, rows=[[CODES[0], "甲村", 1.0, 2.0, 3.0, 4.0]])
    assert by_place(reading) == {CODES[0]: {"households_end": 1, "births_m": 2, "births_f": 3, "marriages": 4}}
    assert reading.problems == ()


@pytest.mark.parametrize("is_merged", [False, True])
def test_groups_of_columns_above_the_row_that_names_the_place(is_merged: bool) -> None:
    merges = [(1, 2, 1, 3), (1, 4, 1, 5)] if is_merged else []
    reading = listed(
        ["", "", "出生", "", "死亡", ""], [*KEYS, "男", "女", "男", "女"], rows=[[CODES[0], "甲村", 1.0, 2.0, 3.0, 4.0]], merges=merges
    )
    assert by_place(reading) == {CODES[0]: {"births_m": 1, "births_f": 2, "deaths_m": 3, "deaths_f": 4}}


def test_headings_written_downwards_and_names_written_apart() -> None:
    reading = listed(["村\n（居）\n代\n码", "村 （居） 名 称", "期\n末\n户\n数", "出\n生\n（男）"], rows=[[CODES[0], "龙 泉 村", 1.0, 2.0]])
    assert by_place(reading) == {CODES[0]: {"households_end": 1, "births_m": 2}}


@pytest.mark.parametrize(
    "numbers", [["甲", "乙", 1.0, 2.0, 3.0], ["甲", "乙", "1", "2", "3=1+2"], ["A", "B", "(1)", "(2)", "(3)"], ["—", "—", "①", "②", "③"]]
)
def test_the_row_that_numbers_the_columns_is_no_village(numbers: list[Any]) -> None:
    reading = listed([*KEYS, "出生", "", ""], ["", "", "男", "女", "合计"], numbers, rows=[[CODES[0], "甲村", 1.0, 2.0, 3.0]])
    assert by_place(reading) == {CODES[0]: {"births_m": 1, "births_f": 2}}
    assert len(reading.records) == 1


def test_shares_comparisons_and_running_totals_are_known_told_and_not_loaded() -> None:
    head = [*KEYS, "期末户数", "", "", "", "占比（%）"], ["", "", "本年累计", "本月", "上年同期", "%", ""]
    reading = listed(*head, rows=[[CODES[0], "甲村", 30.0, 12.0, 9.0, 40.0, 3.5]])
    assert by_place(reading) == {CODES[0]: {"households_end": 12}}
    assert [(name, cell) for name, cell, _ in told(reading)] == [
        ("comparison_column", "C2"),
        ("comparison_column", "E2"),
        ("share_column", "F2"),
        ("share_column", "G2"),
    ]


def test_a_part_of_an_indicator_that_the_dictionary_does_not_know_is_not_the_whole() -> None:
    reading = listed([*KEYS, "期末户数", "结婚对数", ""], ["", "", "", "城镇", "农村"], rows=[[CODES[0], "甲村", 1.0, 5.0, 6.0]])
    assert by_place(reading) == {CODES[0]: {"households_end": 1}}
    assert [(n, c) for n, c, _ in told(reading)] == [("unmatched_heading", "D2"), ("unmatched_heading", "E2")]


def test_two_rows_of_headings_in_a_form_speak_together() -> None:
    rows = [
        ["指标", "男", "", "女", ""],
        ["", "上年同期", "本月", "上年同期", "本月"],
        ["出生", 9.0, 1.0, 9.0, 2.0],
        ["死亡", 9.0, 3.0, 9.0, 4.0],
    ]
    values = {"births_m": 1, "births_f": 2, "deaths_m": 3, "deaths_f": 4}
    filler = [[i.label.zh, "", "", "", ""] for i in INDICATORS if i.code not in values]
    reading = read([[TITLE], ["村（居）代码", CODE, "报告期", "2024年3月"], *rows, ["指标", "本月数", "", "", ""], *filler])
    assert by_place(reading) == {CODE: values}


# -- units -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heading", ["发放金额（万元）", "发放金额(单位：万元)", "发放金额，万元", "发放金额万元", "发 放 金 额（ 万 元 ）"]
)
def test_a_heading_in_tens_of_thousands_is_counted_up_exactly(heading: str) -> None:
    reading = listed(
        [*KEYS, "育儿补贴", ""], ["", "", "实发人数", heading], rows=[[CODES[0], "甲村", 3.0, 0.09], [CODES[1], "乙村", 1.0, "１.23"]]
    )
    assert by_place(reading) == {
        CODES[0]: {"childcare_subsidy_paid": 3, "childcare_subsidy_amount": 900},
        CODES[1]: {"childcare_subsidy_paid": 1, "childcare_subsidy_amount": 12300},
    }
    plan = json.loads(reading.plans[reading.records[0].plan_id])
    assert plan["factors"] == {"childcare_subsidy_amount": 10_000}
    assert cell_address(plan, "childcare_subsidy_amount", reading.records[0].row_no) == "表!D4"


@settings(max_examples=60)
@given(st.integers(0, 10**12), st.integers(0, 6), st.sampled_from([("万", 4), ("千", 3), ("百万", 6), ("亿", 8), ("", 0)]), st.booleans())
def test_counting_up_is_exact(number: int, decimals: int, unit: tuple[str, int], is_text: bool) -> None:
    written = Decimal(number).scaleb(-decimals)
    cell: Any = f"{written:f}" if is_text else float(written)
    value, state = KIT.values.read_scaled(cell, unit[1])
    if abs(written.scaleb(unit[1])) > MOST:
        assert state == UNREADABLE
        return
    assert state == REPORTED
    assert value == float(Decimal(repr(float(written)) if not is_text else written).scaleb(unit[1]))


def test_units_of_a_line_above_the_table_count_where_no_heading_says_otherwise() -> None:
    head = [*KEYS, "育儿补贴", "", "特别扶助（元）", "期末户数"], ["", "", "实发人数", "发放金额", "发放金额", ""]
    reading = read([[LIST_TITLE], ["", "", "", "", "单位：人、万元"], *head, [CODES[0], "甲村", 3.0, 0.5, 700.0, 9.0]])
    amounts = {"childcare_subsidy_paid": 3, "childcare_subsidy_amount": 5000, "special_support_amount": 700, "households_end": 9}
    assert by_place(reading) == {CODES[0]: amounts}


@pytest.mark.parametrize("where", ["unit cell", "label", "value heading", "above"])
def test_a_form_s_multiple_wherever_it_is_stated(where: str) -> None:
    rows = whole_form({"population_end_m": 0.1234})
    for row in rows:
        if row[0] == "期末人口（男）":
            row[1] = "万人" if where == "unit cell" else "" if where == "label" else row[1] if where != "value heading" else ""
            row[0] = "期末人口（男）（万人）" if where == "label" else row[0]
        elif where == "value heading" and row[0] == "指标":
            row[2] = "本月数（万人）"
        if where == "above" and row[2] == "" and row[0].startswith("期末人口"):
            row[1] = ""
    if where == "above":
        rows = [[*row[:1], "" if row[1] in ("人", "人次") else row[1], row[2]] for row in rows]
        rows.insert(1, ["单位：万人", "", ""])
    assert by_place(read(rows)) == {CODE: {"population_end_m": 1234}}


def test_a_unit_that_is_not_the_indicator_s_is_told_and_the_figure_read_as_it_is() -> None:
    reading = listed([*KEYS, "期末户数（人）"], rows=[[CODES[0], "甲村", 12.0]])
    assert by_place(reading) == {CODES[0]: {"households_end": 12}}
    assert told(reading) == [("unit_contradicts", "C2", "期末户数（人）")]
    assert reading.problems[0].details == {"label": "期末户数（人）", "stated": "人", "unit": "户"}


def test_a_cell_with_a_unit_of_its_own_under_a_multiple_is_not_guessed() -> None:
    rows = [[CODES[0], "甲村", "12元"], [CODES[1], "乙村", "1.2万元"], [CODES[2], "丙村", "1.2"]]
    reading = listed([*KEYS, "育儿补贴"], ["", "", "发放金额（万元）"], rows=rows)
    states = [states_of(r, DICTIONARY)["childcare_subsidy_amount"] for r in reading.records]
    assert states == [UNREADABLE, REPORTED, REPORTED]
    assert by_place(reading)[CODES[1]] == by_place(reading)[CODES[2]] == {"childcare_subsidy_amount": 12000}
    label = "育儿补贴（发放金额）"
    assert told(reading) == [("counted_in_multiples", "C3", label), ("unit_in_cell", "C4", label)]


def test_a_unit_of_another_kind_under_a_multiple_is_told_once() -> None:
    rows = [[CODES[0], "甲村", "97万人"], [CODES[1], "乙村", 1e300], [CODES[2], "丙村", "1.2"]]
    reading = listed([*KEYS, "育儿补贴"], ["", "", "发放金额（万元）"], rows=rows)
    states = [states_of(r, DICTIONARY)["childcare_subsidy_amount"] for r in reading.records]
    assert states == [UNREADABLE, UNREADABLE, REPORTED]
    wanted = [("counted_in_multiples", "C3"), ("other_unit_in_cell", "C4"), ("beyond_cell", "C5")]
    assert [(name, cell) for name, cell, _ in told(reading)] == wanted


def test_a_written_total_is_compared_in_its_own_unit() -> None:
    head = [*KEYS, "期末人口（万人）", "", ""], ["", "", "男", "女", "合计"]
    reading = listed(*head, rows=[[CODES[0], "甲村", 0.1, 0.2, 0.3], [CODES[1], "乙村", 0.1, 0.2, 0.4]])
    assert [r.wrong_sums for r in reading.records] == ["", "表!E5"]


def test_ordinary_forms_have_no_multiple_and_nothing_to_tell() -> None:
    reading = read(whole_form())
    assert reading.problems == ()
    assert "factors" not in json.loads(reading.plans[reading.records[0].plan_id])


# -- several tables, forms, sheets -------------------------------------------------------------------------------


def test_headings_repeated_on_every_page_are_no_villages() -> None:
    head = [[*KEYS, "出生", ""], ["", "", "男", "女"]]
    rows = [
        [LIST_TITLE],
        *head,
        [CODES[0], "甲村", 1.0, 2.0],
        [CODES[1], "乙村", 3.0, 4.0],
        *head,
        [CODES[2], "丙村", 5.0, 6.0],
        ["", "合计", 9.0, 12.0],
    ]
    reading = read(rows)
    expected = {code: {"births_m": 2.0 * n + 1, "births_f": 2.0 * n + 2} for n, code in enumerate(CODES)}
    assert by_place(reading) == expected
    assert len(reading.plans) == 1
    assert by_place(reading, "stated") == {"青溪镇": {"births_m": 9, "births_f": 12}}


def test_tables_below_one_another_of_the_same_villages_are_one_report_each() -> None:
    first = [[*KEYS, "出生（男）", "出生（女）"], *[[code, f"{n}村", 1.0 + n, ""] for n, code in enumerate(CODES)], ["", "合计", 6.0, ""]]
    second = [["村（居）名称", "村（居）代码", "死亡（男）"], *[[f"{n}村", code, 7.0 + n] for n, code in enumerate(reversed(CODES))]]
    reading = read([[LIST_TITLE], *first, [""], ["二、死亡"], *second, ["填表人：王秀兰"]])
    assert by_place(reading) == {code: {"births_m": 1.0 + n, "deaths_m": 9.0 - n} for n, code in enumerate(CODES)}
    for n, record in enumerate(r for r in reading.records if r.role == "report"):
        plan = json.loads(reading.plans[record.plan_id])
        assert cell_address(plan, "births_m", record.row_no) == f"表!C{3 + n}"
        assert cell_address(plan, "deaths_m", record.row_no) == f"表!C{12 - n}"
        assert states_of(record, DICTIONARY)["births_f"] == MISSING
        assert states_of(record, DICTIONARY)["marriages"] == NOT_COLLECTED


def test_tables_of_other_villages_with_other_headings() -> None:
    first = [[*KEYS, "出生（男）"], [CODES[0], "甲村", 1.0]]
    second = [["村（居）代码", "期末户数", "出生（男）"], [CODES[1], 8.0, 2.0]]
    assert by_place(read([[LIST_TITLE], *first, [], *second])) == {
        CODES[0]: {"births_m": 1},
        CODES[1]: {"households_end": 8, "births_m": 2},
    }


def test_the_same_figure_of_a_village_in_two_tables_is_left_for_a_person() -> None:
    table = [[*KEYS, "出生（男）"], [CODES[0], "甲村", 1.0]]
    other = [["村（居）代码", "出生（男）", "死亡（男）"], [CODES[0], 2.0, 3.0]]
    reading = read([[LIST_TITLE], *table, [], *other])
    assert [figures_of(r, DICTIONARY) for r in reading.records] == [{"births_m": 1}, {"births_m": 2, "deaths_m": 3}]


@pytest.mark.parametrize("gap", [0, 1, 3])
def test_forms_below_one_another_are_read_one_by_one(gap: int) -> None:
    first, second = (
        whole_form({"births_m": 1.0}, code=CODES[0]),
        whole_form({"births_m": 2.0, "deaths_f": 3.0}, code=CODES[1], month="2024年4月"),
    )
    reading = read([*first, *[["", "", ""]] * gap, *second])
    assert by_place(reading) == {CODES[0]: {"births_m": 1}, CODES[1]: {"births_m": 2, "deaths_f": 3}}
    assert [r.month for r in reading.records] == ["2024-03", "2024-04"]
    at = next(n for n, row in enumerate(second) if row[0] == "死亡（女）") + len(first) + gap
    plan = json.loads(reading.plans[reading.records[1].plan_id])
    assert cell_address(plan, "deaths_f", 0) == f"表!{address(at, 2)}"


@pytest.mark.parametrize("gap", [0, 1, 2])
def test_forms_side_by_side_are_read_one_by_one(gap: int) -> None:
    first, second = whole_form({"births_m": 1.0}, code=CODES[0]), whole_form({"births_m": 2.0, "deaths_f": "十二"}, code=CODES[1])
    reading = read([[*a, *[""] * gap, *b] for a, b in zip(first, second, strict=True)])
    assert by_place(reading) == {CODES[0]: {"births_m": 1}, CODES[1]: {"births_m": 2, "deaths_f": 12}}
    at = next(n for n, row in enumerate(second) if row[0] == "死亡（女）")
    assert cell_address(json.loads(reading.plans[reading.records[1].plan_id]), "deaths_f", 0) == f"表!{address(at, 5 + gap)}"


@pytest.mark.parametrize("numbered", [False, True])
def test_one_form_in_two_columns_of_labels(numbered: bool) -> None:
    values = {i.code: float(n) for n, i in enumerate(INDICATORS, start=10)}
    body = [["指标", "计量单位", "本月数"], *([i.label.zh, i.unit.label.zh, values[i.code]] for i in INDICATORS)]
    half = len(body) // 2
    left, right = body[:half], [body[0], *body[half:]]
    right += [["", "", ""]] * (len(left) - len(right))
    left += [["", "", ""]] * (len(right) - len(left))
    right = [["", "", ""], *right]  # the two halves do not begin in the same row
    left = [*left, ["", "", ""]]
    number = (lambda row: [["序号" if row[0] == "指标" else 1.0 if row[0] else ""], *row]) if numbered else None
    rows = [[*a, *([*number(b)[0], *b] if number else b)] for a, b in zip(left, right, strict=True)]
    reading = read([[TITLE], ["村（居）代码", CODE, "", "报告期", "2024年3月"], *rows])
    assert by_place(reading) == {CODE: values}
    assert reading.score == 1.0


def test_a_workbook_with_a_sheet_for_each_village_and_one_for_notes() -> None:
    book = openpyxl.Workbook()
    for name, code, births in (("甲村", CODES[0], 3.0), ("乙村", CODES[1], 4.0)):
        sheet = book.create_sheet(name)
        for row in whole_form({"births_m": births}, code=code):
            sheet.append(row)
    book.remove(book.worksheets[0])
    book.create_sheet("说明").append(["填表说明"])
    copied = book.create_sheet("_引用")
    for row in whole_form({"births_m": 99.0}, code=CODES[2]):
        copied.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    reading = FileReader(KIT).read(buffer.getvalue(), "青溪镇.xlsx")
    assert by_place(reading) == {CODES[0]: {"births_m": 3}, CODES[1]: {"births_m": 4}}
    assert reading.problems == ()


def test_a_sheet_of_another_form_is_told_and_not_loaded() -> None:
    book = openpyxl.Workbook()
    for name, rows in (
        ("汇总", [[LIST_TITLE], [*KEYS, "出生（男）", "满意户"], [CODES[0], "甲村", 1.0, 2.0]]),
        ("甲村", whole_form({"births_m": 1.0})),
    ):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    reading = FileReader(KIT).read(buffer.getvalue(), "a.xlsx")
    assert (reading.layout, len(reading.records)) == ("village_form_2024", 1)
    assert [(p.name, p.sheet, p.details) for p in reading.problems] == [("sheet_not_read", "汇总", {"layout": "town_list", "score": "75"})]


# -- rows of a list ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["first", "last", "both sides of a village"])
def test_totals_above_or_below_the_villages(where: str) -> None:
    villages = [[code, f"第{n}村", 1.0 + n] for n, code in enumerate(CODES)]
    total = ["", "合  计", 6.0]
    order = {"first": [total, *villages], "last": [*villages, total], "both sides of a village": [villages[0], total, *villages[1:]]}
    reading = listed([*KEYS, "出生（男）"], rows=order[where])
    assert by_place(reading) == {code: {"births_m": 1.0 + n} for n, code in enumerate(CODES)}
    assert by_place(reading, "stated") == {"青溪镇": {"births_m": 6}}


def test_rows_that_are_no_villages() -> None:
    rows = [
        [1.0, CODES[0], "甲村", 1.0],
        ["小计", "", "1个村", 1.0],
        [2.0, CODES[1], "乙村", 2.0],
        ["", "", "上月数", 9.0],
        ["", "", "比上月增减", -6.0],
    ]
    rows += [
        ["", "", "占比（%）", 33.0],
        ["", "990101100000", "青溪镇", 3.0],
        ["", "", "本年累计", 20.0],
        ["注：本表由各村填报", "", "", ""],
    ]
    reading = listed(["序号", *KEYS, "出生（男）"], rows=rows)
    assert by_place(reading) == {CODES[0]: {"births_m": 1}, CODES[1]: {"births_m": 2}}
    assert by_place(reading, "stated") == {"青溪镇": {"births_m": 3}}


@settings(max_examples=40)
@given(st.data())
def test_blank_rows_and_columns_put_into_a_list_change_no_figure(data: st.DataObject) -> None:
    rows = [[LIST_TITLE], [*KEYS, "期末户数", "出生", "", "死亡"], ["", "", "", "男", "女", "男"]]
    rows += [[code, f"{n}村", 9.0 + n, 1.0, 2.0, 3.0] for n, code in enumerate(CODES)]
    rows = [[*row, *[""] * (6 - len(row))] for row in rows]
    for at in data.draw(st.lists(st.integers(3, len(rows)), max_size=3)):
        rows.insert(at, [""] * 6)
    for at in data.draw(st.lists(st.integers(0, 6), max_size=3)):
        rows = [[*row[:at], "", *row[at:]] for row in rows]
    expected = {"births_m": 1.0, "births_f": 2.0, "deaths_m": 3.0}
    assert by_place(read(rows)) == {code: {"households_end": 9.0 + n, **expected} for n, code in enumerate(CODES)}


# -- heads -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "title",
    [
        "107年10月底",
        "二〇一八年十月",
        "平成30年10月",
        "民国一百零七年十月",
        "2018-10",
        "2018.10",
        "2018/10",
        "October 2018",
        "2018年10月份",
        "（2018年10月）",
    ],
)
def test_the_month_of_a_title_however_it_is_written(title: str) -> None:
    rows = whole_form({"births_m": 1.0}, title=f"{title}{TITLE}")
    rows = [row for row in rows if row[0] != "报告期"]
    assert [r.month for r in read(rows).records] == ["2018-10"]
    rows[0][0] = TITLE
    rows.insert(1, [title, "", ""])
    assert [r.month for r in read(rows).records] == ["2018-10"]


@pytest.mark.parametrize("line", ["有效期至：2025年6月", "批准文号：国统制〔2023〕12号", "打印时间 2025年1月2日"])
def test_other_dates_of_the_top_are_not_the_report_month(line: str) -> None:
    rows = [row for row in whole_form({"births_m": 1.0}) if row[0] != "报告期"]
    rows.insert(1, [line, "", ""])
    reading = read(rows)
    assert [r.month for r in reading.records] == [""]
    assert "month_not_found" in names_of(reading)


def test_a_letter_s_date_above_the_title_is_not_the_report_month() -> None:
    rows = [row for row in whole_form({"births_m": 1.0}) if row[0] != "报告期"]
    rows[0][0] = f"2024年3月{TITLE}"
    rows.insert(0, ["示卫〔2023〕12号　2024年1月5日", "", ""])
    assert [r.month for r in read(rows).records] == ["2024-03"]


@pytest.mark.parametrize("line", ["2024年1月至3月", "（2024年1-3月）", "2024年一季度"])
def test_a_span_of_months_is_said_not_passed_over(line: str) -> None:
    rows = [row for row in whole_form({"births_m": 1.0}) if row[0] != "报告期"]
    rows.insert(1, [line, "", ""])
    assert [r.month for r in read(rows).records] == ["2024-01~2024-03"]


def test_heads_in_a_row_above_their_values() -> None:
    rows = whole_form({"births_m": 1.0})
    rows[1:3] = [["村（居）代码", "村（居）名称", "报告期"], [CODE, "龙泉村", "2024年3月"]]
    (record,) = read(rows).records
    assert (record.place_code, record.place_name, record.month) == (CODE, "龙泉村", "2024-03")


@pytest.mark.parametrize("cells", [[2024.0, "年", 3.0, "月"], ["2024", "年", "3", "月份"], ["２０２４年", "３月"], [2024.03], [202403.0]])
def test_a_month_in_one_cell_or_several(cells: list[Any]) -> None:
    reader = FileReader(KIT)
    for month in (cells, cells):
        rows = [[*row, "", "", ""] for row in whole_form({"births_m": 1.0})]
        rows[2] = (["报告期", *month] + [""] * 6)[:6]
        assert [r.month for r in reader.read(xlsx(rows), "a.xlsx").records] == ["2024-03"]


def test_a_head_value_is_never_a_line_of_its_own() -> None:
    rows = whole_form({"births_m": 1.0})
    rows[2] = ["报告期", "", "单位：人"]
    rows[0][0] = f"2024年3月{TITLE}"
    assert [r.month for r in read(rows).records] == ["2024-03"]


# -- cells -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cell", "name"),
    [
        ("#REF!", "error_cell"),
        ("#DIV/0!", "error_cell"),
        ("1月2日", "date_cell"),
        ("12%", "share_cell"),
        (True, "truth_cell"),
        ("约12", "unreadable_cell"),
    ],
)
def test_a_cell_that_is_no_number_says_what_happened(cell: Any, name: str) -> None:
    reading = read(whole_form({"births_m": cell, "births_f": 3.0}))
    assert by_place(reading) == {CODE: {"births_f": 3}}
    at = next(n for n, i in enumerate(INDICATORS) if i.code == "births_m")
    assert told(reading) == [(name, f"C{5 + at}", "出生（男）")]
    assert states_of(reading.records[0], DICTIONARY)["births_m"] == UNREADABLE


def test_a_remark_in_a_figure_s_cell_does_not_move_the_figure() -> None:
    rows = [[*row, ""] for row in whole_form({"births_m": "比上月多3人"})]
    for row in rows:
        if row[0] == "出生（男）":
            row[3] = 3.0
    assert states_of(read(rows).records[0], DICTIONARY)["births_m"] == UNREADABLE


# -- the choice of a layout ------------------------------------------------------------------------------------------


def test_a_row_that_no_indicator_fits_is_told_with_its_cell() -> None:
    rows = whole_form({"births_m": 1.0})
    rows.insert(8, ["农家书屋藏书", "册", 120.0])
    rows.append(["农家书屋借阅", "人次", 5.0])
    rows.append(["联系人", "", 12345.0])  # outside the figures and without a unit: anything
    reading = read(rows)
    assert told(reading) == [("unmatched_heading", "A9", "农家书屋藏书"), ("unmatched_heading", f"A{len(rows) - 1}", "农家书屋借阅")]


def test_a_form_without_its_title_is_refused_and_its_nearest_is_named() -> None:
    reading = read(whole_form(title="某表"))
    assert (reading.status, reading.records) == ("refused", ())
    assert [(p.name, p.details) for p in reading.problems] == [("title_missing", {"nearest": "village_form_2024", "score": "100"})]


TWIN = """
layouts:
  - id: twin
    kind: list
    use_dictionary: false
    label: {zh: 另一种, en: another}
    recognise: {title: [村级人口与家庭服务月报汇总表]}
    head: {village_code: {column: [村（居）代码]}, town_name: {pattern: "(..镇)"}}
    columns: {出生男: %s, 期末户数: households_end}
"""


def with_layout(tmp_path: Any, text: str) -> FileReader:
    path = tmp_path / "county" / "layouts"
    path.mkdir(parents=True)
    (path / "twin.yaml").write_text(text, "utf-8")
    return FileReader(reading_kit(load_dictionary([tmp_path / "county"])))


@pytest.mark.parametrize(("target", "is_told"), [("births_m", False), ("births_f", True)])
def test_two_layouts_that_fit_equally_and_read_differently_are_told(tmp_path: Any, target: str, is_told: bool) -> None:
    reader = with_layout(tmp_path, TWIN % target)
    reading = reader.read(xlsx([[LIST_TITLE, "", "", ""], [*KEYS, "出生男", "期末户数"], [CODES[0], "甲村", 1.0, 2.0]]), "a.xlsx")
    assert reading.status == "read"
    assert reading.runner_up == "twin 1.00"
    assert ("layout_tie" in names_of(reading)) == is_told


def test_a_layout_may_say_its_unit_and_its_own_words(tmp_path: Any) -> None:
    text = TWIN % "births_m" + '    units: {births_m: 千人}\n    words: {zero: ["-"]}\n'
    text = text.replace("村级人口与家庭服务月报汇总表", "千人表")
    reader = with_layout(tmp_path, text)
    rows = [["千人表", "", ""], ["村（居）代码", "出生男", "期末户数"], [CODES[0], 1.5, "-"]]
    assert by_place(reader.read(xlsx(rows), "a.xlsx")) == {CODES[0]: {"births_m": 1500, "households_end": 0}}


@pytest.mark.parametrize(
    "field", [{"units": {"births_m": "斤"}}, {"words": {"nought": ["-"]}}, {"recognise": {"rows": 0}}, {"colour": "red"}]
)
def test_a_layout_that_says_what_no_layout_can_is_refused(field: dict[str, Any]) -> None:
    entry = {"id": "a", "kind": "list", "label": {"zh": "a", "en": "a"}, "recognise": {}, **field}
    with pytest.raises(ValidationError):
        entries.Layout.model_validate(entry)


def test_a_unit_of_an_indicator_that_does_not_exist_is_refused(tmp_path: Any) -> None:
    with pytest.raises(DictionaryError, match="nothing_such"):
        with_layout(tmp_path, TWIN % "births_m" + "    units: {nothing_such: 千人}\n")


def test_every_layout_that_is_issued_is_plain_yaml_that_the_schema_allows() -> None:
    for layout in DICTIONARY.layouts.values():
        text = yaml.safe_dump(layout.model_dump(by_alias=True, mode="json"), allow_unicode=True)
        assert entries.Layout.model_validate(yaml.safe_load(text)) == layout


def test_a_list_without_headings_has_no_plan() -> None:
    layout = next(layout for layout in KIT.layouts if layout.id == "town_list")
    assert plan_lists(Sheet("a", [["一"], ["二", 3.0]]), layout) == []
    assert form([])[0] == [TITLE]
