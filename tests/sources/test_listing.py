"""Lists of places: one to three rows of headings, subtotals, notes, the town's own total."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sources.sheets import Merge, figures_of, names_of, states_of, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
TITLE = "青溪镇2024年3月村级人口与家庭服务月报汇总表"
CODES = [f"99010110020{n}" for n in (1, 2, 3)]
VILLAGES: list[list[Any]] = [[n + 1.0, code, f"第{n}村", 100.0 + n, 1.0 + n, 2.0 + n, 3.0 + n] for n, code in enumerate(CODES)]
KEYS = ["households_end", "births_m", "births_f", "deaths_m"]
EXPECTED = {code: dict(zip(KEYS, row[3:], strict=True)) for code, row in zip(CODES, VILLAGES, strict=True)}
ONE = [["序号", "村（居）代码", "村（居）名称", "期末户数", "出生（男）", "出生（女）", "死亡男"]]
TWO = [["序号", "村（居）代码", "村（居）名称", "期末户数", "出生", "", "死亡"], ["", "", "", "", "男", "女", "男"]]
THREE = [
    ["序号", "村（居）代码", "村（居）名称", "期末户数", "户籍人口", "", ""],
    ["", "", "", "", "出生", "", "死亡"],
    ["", "", "", "", "男", "女", "男"],
]
MERGED_KEYS: list[Merge] = [(1, column, 2, column) for column in range(4)]


def read(rows: list[list[Any]], merges: list[Merge] | None = None) -> FileReading:
    return FileReader(KIT).read(xlsx(rows, merges or [], name="汇总表"), "青溪镇.xlsx")


def villages_in(reading: FileReading) -> dict[str, dict[str, float]]:
    assert reading.status == "read", names_of(reading)
    return {r.place_code: figures_of(r, DICTIONARY) for r in reading.records if r.role == "report"}


@pytest.mark.parametrize(
    ("headings", "merges"),
    [
        (ONE, []),
        (ONE, [(0, 0, 0, 6)]),
        (TWO, []),
        (TWO, [(0, 0, 0, 6)]),  # the title is merged, the headings are not
        (TWO, [(0, 0, 0, 6), (1, 4, 1, 5), *MERGED_KEYS]),
        (TWO, [(1, 4, 1, 5)]),
        (TWO, MERGED_KEYS),  # some headings are merged, others are not
        (THREE, []),
        (THREE, [(1, column, 3, column) for column in range(4)] + [(1, 4, 1, 6), (2, 4, 2, 5)]),
    ],
)
def test_headings_of_one_to_three_rows_merged_or_not(headings: list[list[Any]], merges: list[Merge]) -> None:
    reading = read([[TITLE], *headings, *VILLAGES], merges)
    assert villages_in(reading) == EXPECTED
    assert reading.problems == ()
    assert {(r.month, r.parent_name) for r in reading.records} == {("2024-03", "青溪镇")}


def test_a_merged_heading_does_not_reach_beyond_its_columns() -> None:
    rows = [[TITLE], ["村（居）代码", "村（居）名称", "出生", "", ""], ["", "", "男", "女", "甲"], [CODES[0], "村", 1.0, 2.0, 9.0]]
    reading = read(rows, [(1, 2, 1, 3), (1, 0, 2, 0), (1, 1, 2, 1)])
    assert villages_in(reading) == {CODES[0]: {"births_m": 1, "births_f": 2}}
    assert [(p.name, p.details["label"], p.cell) for p in reading.problems] == [("unmatched_heading", "甲", "E2")]


def test_subtotals_blank_rows_and_notes_are_no_villages_and_the_total_is_the_town_s_statement() -> None:
    subtotal, blank = ["", "", "村委会小计", 203.0, 5.0, 7.0, 9.0], [""] * 7
    total = ["", "", "合计", 306.0, 6.0, 9.0, 13.0]
    rows = [[TITLE], *TWO, VILLAGES[0], blank, VILLAGES[1], subtotal, VILLAGES[2], total]
    rows += [["填表人：王秀兰", "", "", "", "", "", ""], ["", "", "注后一行", 1.0, 1.0, 1.0, 1.0]]
    reading = read(rows)
    assert villages_in(reading) == EXPECTED
    (stated,) = [r for r in reading.records if r.role == "stated"]
    assert (stated.level, stated.place_name, stated.row_no) == ("town", "青溪镇", 8)
    assert figures_of(stated, DICTIONARY) == dict(zip(KEYS, total[3:], strict=True))


@pytest.mark.parametrize("label", ["合计", "总计", "全镇合计", "青溪镇合计", "合  计"])
def test_a_total_by_any_of_its_names_is_never_a_village(label: str) -> None:
    reading = read([[TITLE], *TWO, *VILLAGES, ["", "", label, 306.0, 6.0, 9.0, 13.0]])
    assert villages_in(reading) == EXPECTED
    assert [r.role for r in reading.records].count("stated") == 1


def test_a_village_without_a_code_is_read_by_its_name() -> None:
    reading = read([[TITLE], *TWO, ["", "", "龙泉村", 1.0, 2.0, 3.0, 4.0]])
    (record,) = reading.records
    assert (record.place_code, record.place_name) == ("", "龙泉村")


@settings(max_examples=40)
@given(st.permutations(range(7)), st.lists(st.integers(0, 5), max_size=3))
def test_the_order_of_columns_and_blank_rows_do_not_matter(order: list[int], blanks: list[int]) -> None:
    body = [list(row) for row in VILLAGES]
    for at in blanks:
        body.insert(at % (len(body) + 1), [""] * 7)
    rows = [*ONE, *body]
    assert villages_in(read([[TITLE], *[[row[c] for c in order] for row in rows]])) == EXPECTED


def test_a_heading_that_means_nothing_is_told_and_not_loaded() -> None:
    rows = [[TITLE], [*ONE[0], "满意户"], *[[*row, 5.0] for row in VILLAGES]]
    reading = read(rows)
    assert villages_in(reading) == EXPECTED
    assert [(p.name, p.cell, p.details["label"]) for p in reading.problems] == [("unmatched_heading", "H2", "满意户")]


def test_a_column_that_is_not_collected_is_told_once_with_its_reason_and_not_loaded() -> None:
    rows = [[TITLE], [*ONE[0], "社会抚养费", "备注"], *[[*row, 5000.0, "已核"] for row in VILLAGES]]
    reading = read(rows)
    assert villages_in(reading) == EXPECTED
    (told,) = reading.problems  # 备注 needs no telling
    assert (told.name, told.cell, told.details["label"]) == ("not_collected", "H2", "社会抚养费")
    assert "2021" in told.details["reason"]


def test_a_total_column_is_compared_with_its_parts_row_by_row() -> None:
    rows = [[TITLE], ["村（居）代码", "村（居）名称", "出生", "", ""], ["", "", "男", "女", "合计"]]
    rows += [[CODES[0], "甲村", 1.0, 2.0, 3.0], [CODES[1], "乙村", 1.0, 2.0, 4.0], [CODES[2], "丙村", "", 2.0, 9.0]]
    reading = read(rows)
    assert [r.wrong_sums for r in reading.records] == ["", "汇总表!E5", ""]  # with a part blank there is nothing to compare
    assert [(p.name, p.cell) for p in reading.problems] == [("stated_sum", "E5")]


def test_a_blank_cell_of_a_list_is_missing() -> None:
    rows = [[TITLE], *TWO, [1.0, CODES[0], "甲村", "", 0.0, "—", "大概三个"]]
    reading = read(rows)
    states = states_of(reading.records[0], DICTIONARY)
    assert [chr(states[key]) for key in KEYS] == ["M", "R", "N", "U"]
    assert [(p.name, p.cell, p.details["label"]) for p in reading.problems] == [("unreadable_cell", "G4", "死亡（男）")]


def test_a_place_that_takes_several_rows() -> None:
    head = [TITLE], ["村（居）代码", "村（居）名称", "性别", "出生", "死亡", "结婚对数"]
    rows = [[CODES[0], "甲村", "计", 5.0, 3.0, 7.0], ["", "", "男", 2.0, 1.0, ""], ["", "", "女", 3.0, 2.0, ""]]
    rows += [[CODES[1], "乙村", "计", 1.0, 9.0, 0.0], ["", "", "男", 1.0, 4.0, ""], ["", "", "女", 0.0, 4.0, ""]]
    reading = read([*map(list, head), *rows])
    keys = ("births_m", "births_f", "deaths_m", "deaths_f", "marriages")
    assert villages_in(reading) == {
        CODES[0]: dict(zip(keys, (2, 3, 1, 2, 7), strict=True)),
        CODES[1]: dict(zip(keys, (1, 0, 4, 4, 0), strict=True)),
    }
    assert [r.wrong_sums for r in reading.records] == ["", "汇总表!E6"]


def test_headings_without_any_village_are_told() -> None:
    reading = read([[TITLE], *TWO])
    assert (reading.status, names_of(reading)[0]) == ("refused", "no_rows")


@pytest.mark.parametrize(("unit", "times"), [("（户）", 1), ("(户)", 1), ("户", 1), ("（百户）", 100)])
def test_a_unit_may_have_a_row_of_headings_of_its_own(unit: str, times: int) -> None:
    units = ["", "", "", unit, "(人)", "(人)", "（人）"]
    part = 0.25 if times > 1 else 0  # whole hundreds of households would be asked about
    villages = [[*row[:3], row[3] + part, *row[4:]] for row in VILLAGES]
    found = villages_in(reading := read([[TITLE], *TWO, units, *villages], [(1, 3, 2, 3), (1, 4, 1, 5)]))
    wanted = {code: row | {"households_end": (row["households_end"] + part) * times} for code, row in EXPECTED.items()}
    assert found == wanted
    assert names_of(reading) == (["counted_in_multiples"] if times > 1 else [])


@pytest.mark.parametrize("heading", ["村（居）", "村别", "行政村", "村（社区）", "村名"])
def test_the_villages_column_has_many_names(heading: str) -> None:
    named = [[heading if cell == "村（居）名称" else cell for cell in row] for row in TWO]
    assert [r.place_name for r in read([[TITLE], *named, *VILLAGES]).records] == ["第0村", "第1村", "第2村"]


def test_a_list_without_a_column_of_villages_says_so() -> None:
    unknown = [[{"村（居）代码": "甲", "村（居）名称": "乙"}.get(cell, cell) for cell in row] for row in TWO]
    reading = read([[TITLE], *unknown, *VILLAGES])
    (told,) = reading.problems
    assert (reading.status, told.name, told.sheet) == ("refused", "no_place_heading", "汇总表")
    assert told.details["title_en"] == "Town list (one village a row)"


@pytest.mark.parametrize(
    "head",
    [
        ["乡镇：青溪镇", "", "", "报告期：2024年3月"],
        ["填报单位：青溪镇　　报告期：2024年3月"],
        ["乡镇", "青溪镇", "", "报告期", "2024年3月"],
        ["", "报告期", "2024年3月", "乡镇（街道）", "青溪镇"],
    ],
)
def test_town_and_month_above_a_list_are_read_however_they_are_parted(head: list[Any]) -> None:
    rows = [
        ["村级人口与家庭服务月报汇总表"],
        head,
        ["村代码", "村名", "期末户数", "宣传活动场次", "参加人次"],
        ["990101100201", "龙泉村", 493, 2, 32],
        ["990101100202", "青山村", 391, 1, 60],
    ]
    found = FileReader(reading_kit(load_dictionary([]))).read(xlsx(rows), "a.xlsx").records
    assert [(r.place_name, r.parent_name, r.month) for r in found] == [(n, "青溪镇", "2024-03") for n in ("龙泉村", "青山村")]
