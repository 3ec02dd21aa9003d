"""What a layout can say in YAML alone: columns added up, months as headings, a shifted month, own rows, reasons, patterns of rows.

Every layout, heading and figure is invented; each kind is read from six formats.
"""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from methods.cells import cell_address
from schemas.dictionary import Dictionary, DictionaryError, load_dictionary
from schemas.states import MISSING, UNREADABLE
from sources.layout import reading_kit
from sources.months import shifted
from sources.reading import FileReader, FileReading
from tests.sources.sheets import Rows, figures_of, names_of, states_of, xlsx
from tests.sources.test_rows import FORMATS, every_format

LIST = {
    "id": "mine", "kind": "list", "label": {"zh": "情况表", "en": "list"}, "use_dictionary": False,
    "recognise": {"title": ["各村情况"]}, "head": {"village_name": {"column": ["村庄"]}},
}  # fmt: skip
FORM = {**LIST, "kind": "form", "recognise": {"title": ["本村情况"]}, "head": {"village_name": {"label": ["村庄"]}}}
NAMES = ["东村", "西村", "南村"]


def dictionary_with(folder: Path, *layouts: dict[str, Any]) -> Dictionary:
    """The shipped dictionary and layouts of an office."""
    (folder / "mine.yaml").write_text(yaml.safe_dump({"layouts": [*layouts]}, allow_unicode=True), "utf-8")
    return load_dictionary([folder])


def read(dictionary: Dictionary, data: bytes, name: str = "a.xlsx") -> FileReading:
    reading = FileReader(reading_kit(dictionary)).read(data, name)
    assert (reading.status, reading.layout) == ("read", "mine"), (reading.layout, names_of(reading), reading.problems)
    return reading


def by_name(reading: FileReading, dictionary: Dictionary) -> dict[str, dict[str, float]]:
    return {r.place_name: figures_of(r, dictionary) for r in reading.records}


def wide(rows: Rows) -> list[list[Any]]:
    width = max(map(len, rows))
    return [[*row, *[""] * (width - len(row))] for row in rows]


# -- add ---------------------------------------------------------------------------------------------------------

ADD = {**LIST, "columns": {"总户数": "households_end"}, "add": {"marriages": ["初婚对数", "再婚对数"]}}
ADD_ROWS = [
    ["各村情况 2024年3月"],
    ["村庄", "总户数", "初婚对数", "再婚对数"],
    *[[name, 300.0 + n, 2.0 + n, 1.0] for n, name in enumerate(NAMES)],
]


@every_format
def test_columns_are_added_into_one_indicator_and_their_cells_are_kept(write: Any, tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, ADD)
    reading = read(dictionary, write(wide(ADD_ROWS)))
    assert by_name(reading, dictionary) == {n: {"households_end": 300 + k, "marriages": 3 + k} for k, n in enumerate(NAMES)}
    plan = json.loads(next(iter(reading.plans.values())))
    address = cell_address({**plan, "sheet": "表"}, "marriages", reading.records[1].row_no)
    assert address.replace("表!", "") in ("C4, D4", "C5, D5")
    assert "marriages+0" not in plan["cells"]
    assert reading.problems == ()


@pytest.mark.parametrize("cell", ["", "约3", "#REF!", "—"])
@every_format
def test_a_sum_with_a_part_missing_is_asked_about(write: Any, cell: str, tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, ADD)
    rows = [*ADD_ROWS[:3], ["西村", 301.0, 3.0, cell], *ADD_ROWS[4:]]
    reading = read(dictionary, write(wide(rows)))
    west = next(r for r in reading.records if r.place_name == "西村")
    assert "marriages" not in figures_of(west, dictionary)
    assert states_of(west, dictionary)["marriages"] in (MISSING, UNREADABLE)
    told = next(p for p in reading.problems if p.name == "part_of_sum_blank")
    assert (told.details["there"], told.details["lacking"]) == ("初婚对数", "再婚对数")


def test_of_a_sum_whose_parts_are_all_blank_nothing_is_added(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, ADD)
    reading = read(dictionary, xlsx([*ADD_ROWS[:3], ["西村", 301.0, "", ""]]))
    assert states_of(reading.records[1], dictionary)["marriages"] == MISSING
    assert "part_of_sum_blank" not in names_of(reading)


def test_a_table_that_lacks_a_part_of_a_sum_says_so_and_the_part_is_not_the_whole(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, ADD)
    reading = read(dictionary, xlsx([row[:3] for row in ADD_ROWS]))
    assert names_of(reading) == ["part_of_sum_absent"]
    assert {states_of(r, dictionary)["marriages"] for r in reading.records} == {MISSING}


def test_a_whole_beside_its_parts_is_compared_with_their_sum(tmp_path: Path) -> None:
    layout = {**ADD, "columns": {"总户数": "households_end", "结婚合计": "marriages"}}
    dictionary = dictionary_with(tmp_path, layout)
    rows = [[*row, *([""] if n == 0 else ["结婚合计"] if n == 1 else [3.0 + (n - 2) + (n == 3)])] for n, row in enumerate(wide(ADD_ROWS))]
    reading = read(dictionary, xlsx(rows))
    assert [r["marriages"] for r in by_name(reading, dictionary).values()] == [3, 4, 5]
    assert [(p.name, p.cell) for p in reading.problems] == [("stated_sum", "E4")]


@every_format
def test_a_form_adds_its_rows_in_their_units(write: Any, tmp_path: Path) -> None:
    layout = {**FORM, "add": {"childcare_subsidy_amount": ["现金发放", "实物折款", "转账"]}, "columns": {"总户数": "households_end"}}
    dictionary = dictionary_with(tmp_path, layout)
    rows = [["本村情况", "", ""], ["村庄", "东村", ""], ["报告期", "2024年3月", ""], ["项目", "单位", "本月数"],
            ["总户数", "户", 300.0], ["现金发放", "元", 1200.5], ["实物折款", "千元", 3.0], ["转账", "元", 0.0]]  # fmt: skip
    for _ in range(2):
        reader = FileReader(reading_kit(dictionary))
        readings = [reader.read(write(rows), "a.xlsx") for _ in range(2)]  # understood, then recognised
        assert [figures_of(r.records[0], dictionary) for r in readings] == [{"households_end": 300, "childcare_subsidy_amount": 4200.5}] * 2


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.one_of(st.none(), st.integers(0, 99)), min_size=3, max_size=3), min_size=1, max_size=6))
def test_a_sum_is_there_exactly_when_all_of_its_parts_are(tmp_path: Path, figures: list[list[int | None]]) -> None:
    layout = {**LIST, "columns": {"总户数": "households_end"}, "add": {"marriages": ["甲类", "乙类", "丙类"]}}
    dictionary = dictionary_with(tmp_path, layout)
    head = [["各村情况", "", "", "", ""], ["村庄", "总户数", "甲类", "乙类", "丙类"]]
    rows = [[f"第{n}村", 100.0, *["" if f is None else float(f) for f in row]] for n, row in enumerate(figures)]
    reading = read(dictionary, xlsx([*head, *rows]))
    for record, row in zip(reading.records, figures, strict=True):
        wanted = None if None in row else float(sum(f for f in row if f is not None))
        assert figures_of(record, dictionary).get("marriages") == wanted


# -- months as headings ---------------------------------------------------------------------------------------------

BY_MONTH = {**LIST, "month_columns": True, "columns": {"户数": "households_end", "结婚": "marriages"}}


@pytest.mark.parametrize(
    "months", [("2018年02月", "2018年06月"), ("2月份", "6月份"), ("2018-02", "2018-06"), ("2018年2月末", "2018年6月末")]
)
@every_format
def test_each_month_that_heads_columns_is_a_record_of_its_own(write: Any, months: tuple[str, str], tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, BY_MONTH)
    rows = [
        ["各村情况"],
        ["村庄", "户数", "", "结婚", ""],
        ["", *months, *months],
        ["东村", 1.0, 2.0, 3.0, 4.0],
        ["西村", 5.0, 6.0, 7.0, 8.0],
    ]
    reading = read(dictionary, write(wide(rows)))
    found = {(r.month[-3:], r.place_name): figures_of(r, dictionary) for r in reading.records}
    assert found == {
        ("-02", "东村"): {"households_end": 1, "marriages": 3}, ("-06", "东村"): {"households_end": 2, "marriages": 4},
        ("-02", "西村"): {"households_end": 5, "marriages": 7}, ("-06", "西村"): {"households_end": 6, "marriages": 8},
    }  # fmt: skip
    assert reading.problems == ()
    assert len(reading.plans) == 2


def test_months_above_their_headings_and_within_them(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, BY_MONTH)
    above = [["各村情况"], ["村庄", "2018年02月", "", "2018年06月", ""], ["", "户数", "结婚", "户数", "结婚"], ["东村", 1.0, 2.0, 3.0, 4.0]]
    within = [
        ["各村情况"],
        ["村庄", "2018年02月户数", "结婚（2018年02月）", "2018年06月户数", "结婚（2018年06月）"],
        ["东村", 1.0, 2.0, 3.0, 4.0],
    ]
    for rows, merges in ((above, [(1, 0, 2, 0), (1, 1, 1, 2), (1, 3, 1, 4)]), (above, []), (within, [])):
        reading = read(dictionary, xlsx(wide(rows), merges))
        found = {r.month: figures_of(r, dictionary) for r in reading.records}
        assert found == {"2018-02": {"households_end": 1, "marriages": 2}, "2018-06": {"households_end": 3, "marriages": 4}}


def test_a_table_of_one_figure_by_month(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, {**LIST, "month_columns": True, "columns": {"{month}": "households_end"}})
    reading = read(dictionary, xlsx([["各村情况", "", "", ""], ["村庄", "2018年4月", "2018年5月", "2018年6月"], ["东村", 1.0, 2.0, 3.0]]))
    assert {r.month: figures_of(r, dictionary) for r in reading.records} == {f"2018-0{n + 3}": {"households_end": n} for n in (1, 2, 3)}


def test_a_form_whose_columns_are_months(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, {**FORM, "month_columns": True, "columns": {"户数": "households_end", "结婚": "marriages"}})
    rows = [["本村情况", "", "", ""], ["村庄", "东村", "", ""], ["项目", "单位", "2018年02月", "2018年06月"],
            ["户数", "户", 300.0, 301.0], ["结婚", "对", "", 2.0]]  # fmt: skip
    reading = read(dictionary, xlsx(rows))
    assert {r.month: figures_of(r, dictionary) for r in reading.records} == {
        "2018-02": {"households_end": 300}, "2018-06": {"households_end": 301, "marriages": 2},
    }  # fmt: skip
    assert states_of(reading.records[0], dictionary)["marriages"] == MISSING
    plans = {r.month: json.loads(reading.plans[r.plan_id])["cells"]["households_end"] for r in reading.records}
    assert plans == {"2018-02": "C4", "2018-06": "D4"}


@pytest.mark.parametrize(("stated", "read_in"), [("2018年6月", {"2018-06"}), ("", set())])
def test_what_stands_under_no_month_belongs_to_the_month_that_the_sheet_states(stated: str, read_in: set[str], tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, BY_MONTH)
    rows = [
        ["各村情况"],
        [f"报告期：{stated}" if stated else ""],
        ["村庄", "2018年02月户数", "2018年06月户数", "结婚"],
        ["东村", 1.0, 2.0, 3.0],
    ]
    reading = read(dictionary, xlsx(wide(rows)))
    assert {r.month for r in reading.records if "marriages" in figures_of(r, dictionary)} == read_in
    assert ("figure_without_month" in names_of(reading)) is not bool(stated)


def test_columns_of_another_kind_are_no_months(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, BY_MONTH)
    rows = [["各村情况", "", "", ""], ["村庄", "2018年05月户数", "2018年06月户数", "1-6月累计结婚"], ["东村", 1.0, 2.0, 9.0]]
    reading = read(dictionary, xlsx(rows))
    assert {r.month: figures_of(r, dictionary) for r in reading.records} == {
        "2018-05": {"households_end": 1},
        "2018-06": {"households_end": 2},
    }


# -- a shifted month --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("stated", "months", "month"), [
    ("2024-04", -1, "2024-03"), ("2024-01", -1, "2023-12"), ("-01", -1, "-12"), ("2024-12", 1, "2025-01"),
    ("2024-01~2024-03", -1, "2023-12~2024-02"), ("2024-01|2024-10", 1, "2024-02|2024-11"), ("", -1, ""),
])  # fmt: skip
def test_a_month_is_shifted_as_it_is_stated(stated: str, months: int, month: str) -> None:
    assert shifted(stated, months) == month
    assert shifted(shifted(stated, months), -months) == stated


@every_format
def test_as_of_the_first_is_the_closing_of_the_month_before(write: Any, tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, {**LIST, "month_shift": -1, "columns": {"户数": "households_end"}})
    rows = [["各村情况", ""], ["报告期：2024年4月", ""], ["村庄", "户数"], ["东村", 300.0]]
    record = read(dictionary, write(rows)).records[0]
    assert (record.month, record.title_month) == ("2024-03", "")


# -- own rows -----------------------------------------------------------------------------------------------------------

OWN = {**LIST, "stated_level": "town", "columns": {"户数": "households_end"}, "own_rows": ["(镇|乡)$", r"^\d{9}(000)?$"]}
OWN["head"] = {"village_name": {"column": ["单位"]}, "village_code": {"column": ["代码"]}}


@every_format
def test_the_rows_of_towns_among_their_villages_are_their_stated_totals(write: Any, tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, OWN)
    rows = [["各村情况", "", ""], ["代码", "单位", "户数"], ["990101100000", "青溪镇", 603.0], ["990101100201", "东村", 300.0],
            ["990101100202", "西村", 303.0], ["990101200", "松渡乡", 500.0], ["990101200201", "南村", 200.0],
            ["990101200202", "北村", 310.0]]  # fmt: skip
    reading = read(dictionary, write(rows))
    stated = {
        (r.level, r.place_code, r.place_name): figures_of(r, dictionary)["households_end"] for r in reading.records if r.role == "stated"
    }
    assert stated == {("town", "990101100", "青溪镇"): 603, ("town", "990101200", "松渡乡"): 500}
    assert [r.place_name for r in reading.records if r.role == "report"] == ["东村", "西村", "南村", "北村"]


def test_a_village_that_is_called_like_a_town_is_hurt_by_no_pattern_of_codes(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, {**OWN, "own_rows": [r"^\d{9}(000)?$"]})
    rows = [
        ["各村情况", "", ""],
        ["代码", "单位", "户数"],
        ["990101100", "青溪镇", 600.0],
        ["990101100201", "旧镇", 300.0],
        ["990101100202", "西村", 300.0],
    ]
    assert [(r.role, r.place_name) for r in read(dictionary, xlsx(rows)).records] == [
        ("report", "旧镇"),
        ("report", "西村"),
        ("stated", "青溪镇"),
    ]


# -- reasons -----------------------------------------------------------------------------------------------------------


@every_format
def test_reasons_beside_figures_are_kept_with_the_record(write: Any, tmp_path: Path) -> None:
    layout = {**LIST, "columns": {"户数": "households_end", "结婚": "marriages"}, "reasons": {"变化原因": ["households_end"], "说明": []}}
    dictionary = dictionary_with(tmp_path, layout)
    rows = [["各村情况", "", "", "", ""], ["村庄", "户数", "变化原因", "结婚", "说明"], ["东村", 320.0, "新建安置区入住20户", 1.0, ""],
            ["西村", 300.0, "", 2.0, "—"]]  # fmt: skip
    reading = read(dictionary, write(rows))
    east, west = (json.loads(r.reasons) for r in reading.records)
    assert [(text, codes) for text, _, codes in east] == [("新建安置区入住20户", ["households_end"])]
    assert west == []
    assert "unmatched_heading" not in names_of(reading)


def test_a_form_has_a_reason_for_each_row_or_one_for_all(tmp_path: Path) -> None:
    layout = {**FORM, "columns": {"户数": "households_end", "结婚": "marriages"}, "reasons": {"变化原因": [], "总说明": ["marriages"]}}
    dictionary = dictionary_with(tmp_path, layout)
    top = [["本村情况", "", "", ""], ["村庄", "东村", "", ""], ["报告期", "2024年3月", "", ""]]
    rows = [
        *top,
        ["项目", "单位", "本月数", "变化原因"],
        ["户数", "户", 300.0, "拆迁搬走5户"],
        ["结婚", "对", 2.0, ""],
        ["总说明", "春节后办证", "", ""],
    ]
    reader = FileReader(reading_kit(dictionary))
    other = [*rows[:4], ["户数", "户", 310.0, ""], ["结婚", "对", 2.0, "集体婚礼"], ["总说明", "", "", ""]]
    records = [reader.read(xlsx(r), "a.xlsx").records[0] for r in (rows, other)]
    assert [json.loads(r.reasons) for r in records] == [
        [["拆迁搬走5户", "D5", ["households_end"]], ["春节后办证", "B7", ["marriages"]]],
        [["集体婚礼", "D6", ["marriages"]]],
    ]
    assert figures_of(records[0], dictionary) == {"households_end": 300, "marriages": 2}


def test_a_form_without_a_place_for_reasons_says_nothing_of_them(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, {**LIST, "columns": {"户数": "households_end"}})
    assert read(dictionary, xlsx([["各村情况", ""], ["村庄", "户数"], ["东村", 300.0]])).records[0].reasons == ""


# -- patterns of rows ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "name"),
    [(r"^（一）", "（一）东片"), ("^一、", "一、东片"), (r"\*$", "东片*"), ("^东片$", "（一）东 片"), ("^TOTAL", "TOTAL")],
)
def test_patterns_of_rows_match_the_text_as_it_stands_and_as_it_is_folded(pattern: str, name: str, tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, {**LIST, "columns": {"户数": "households_end"}, "skip_rows": [pattern]})
    reading = read(dictionary, xlsx([["各村情况", ""], ["村庄", "户数"], ["东村", 300.0], [name, 600.0], ["西村", 300.0]]))
    assert [r.place_name for r in reading.records if r.role == "report"] == ["东村", "西村"]


# -- mistakes in the YAML --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", [
    {"add": {"weddings": ["初婚", "再婚"]}}, {"add": {"marriages": ["初婚"]}}, {"reasons": {"原因": ["weddings"]}},
    {"own_rows": ["镇$"]}, {"own_rows": ["("], "stated_level": "town"}, {"month_shift": 40}, {"add": {"births": ["甲", "乙"]}},
])  # fmt: skip
def test_what_is_wrong_in_a_layout_is_said_when_it_is_loaded(wrong: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(DictionaryError):
        dictionary_with(tmp_path, {**LIST, **wrong})


def test_all_formats_are_tried() -> None:
    assert set(FORMATS) >= {"xlsx", "xls", "ods", "csv", "html"}


# -- several returns in one workbook ---------------------------------------------------------------------------------------


def two_sheets(one: Rows, two: Rows) -> bytes:
    buffer = io.BytesIO()
    book = openpyxl.Workbook()
    for name, rows in (("月报", one), ("婚姻", two)):
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append([None if cell == "" else cell for cell in row])
    del book["Sheet"]
    book.save(buffer)
    return buffer.getvalue()


HOUSEHOLDS = [["各村情况", "", ""], ["报告期：2024年3月", "", ""], ["村庄", "户数", "出生男"], ["东村", 300.0, 1.0], ["西村", 310.0, 2.0]]
UNIONS = [["各村婚姻", ""], ["报告期：2024年3月", ""], ["村庄", "结婚"], ["东村", 5.0], ["西村", 6.0]]


@pytest.mark.parametrize(("together", "returns"), [(True, "unions"), (True, "village_monthly"), (False, "unions")])
def test_several_returns_in_one_workbook_are_read_where_their_layouts_say_so(together: bool, returns: str, tmp_path: Path) -> None:
    first = {**LIST, "columns": {"户数": "households_end", "出生男": "births_m"}}
    second = {**LIST, "id": "unions", "return": returns, "recognise": {"title": ["各村婚姻"]}, "columns": {"结婚": "marriages"}}
    dictionary = dictionary_with(tmp_path, first, {**second, "beside_others": together})
    reading = FileReader(reading_kit(dictionary)).read(two_sheets(HOUSEHOLDS, UNIONS), "a.xlsx")
    found = [(r.returns or reading.returns, r.place_name, figures_of(r, dictionary)) for r in reading.records]
    monthly = [
        ("village_monthly", "东村", {"households_end": 300, "births_m": 1}),
        ("village_monthly", "西村", {"households_end": 310, "births_m": 2}),
    ]
    unions = [("unions", "东村", {"marriages": 5}), ("unions", "西村", {"marriages": 6})]
    if not together:
        assert (found, names_of(reading)) == (monthly, ["sheet_not_read"])
    elif returns == "unions":
        assert sorted(found, key=str) == sorted([*monthly, *unions], key=str)
        assert names_of(reading) == []
    else:  # two sheets of one return are one report
        assert [figures for _, _, figures in found] == [one[2] | two[2] for one, two in zip(monthly, unions, strict=True)]


def test_months_beside_one_another_are_weighed_each_by_itself(tmp_path: Path) -> None:
    dictionary = dictionary_with(tmp_path, BY_MONTH)
    figures = [[name, 100.0 * n, 200.0 * n] for n, name in enumerate(["东片", "西片", "南片", "北片"], 1)]
    rows = [["各村情况", "", ""], ["村庄", "2018年05月户数", "2018年06月户数"], *figures]
    reading = read(dictionary, xlsx(rows))
    assert len(reading.records) == 8
