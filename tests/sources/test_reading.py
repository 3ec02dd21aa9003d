"""One file → what it says: values, states, cells and problems; and the memory of forms, which must change nothing."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook

from methods.cells import cell_address
from schemas.dictionary import load_dictionary
from schemas.states import REPORTED
from sinks.template import SHEET, template_grid, write_template
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sources.sheets import CODE, NAME, TITLE, TOWN, Merge, csv_text, figures_of, form, names_of, states_of, xlsx
from tests.sources.test_cells_asked import ROWS

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
MONTH = "2024-03"


def read(data: bytes, name: str = "a.xlsx") -> FileReading:
    return FileReader(KIT).read(data, name)


def by_indicator(values: dict[str, Any]) -> list[list[Any]]:
    return [["", i.label.zh, i.unit.label.zh, values.get(i.code, "")] for i in DICTIONARY.indicators.values()]


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[list[Any]], list[Merge]]:
    """The blank template as it is issued: its cells and its merged ranges."""
    path = tmp_path_factory.mktemp("template") / "a.xlsx"
    write_template(path, DICTIONARY, month=MONTH, village_code=CODE, village_name=NAME, town_name=TOWN)
    sheet = CalamineWorkbook.from_path(path).get_sheet_by_name(SHEET)
    merges = [(top, left, bottom, right) for (top, left), (bottom, right) in sheet.merged_cell_ranges or ()]
    return sheet.to_python(skip_empty_area=False), merges


# -- values, states, cells -------------------------------------------------------------------------------------


@given(
    st.dictionaries(
        st.sampled_from(DICTIONARY.codes), st.sampled_from([0.0, 7.0, "１２", "无", "—", "大约十", "", "3人", True]), max_size=30
    )
)
@settings(max_examples=40)
def test_a_value_is_there_exactly_when_its_state_is_reported_and_blank_is_never_zero(values: dict[str, Any]) -> None:
    (record,) = read(xlsx(form(by_indicator(values)))).records
    figures = memoryview(record.values).cast("d")
    assert [figure == figure for figure in figures] == [state == REPORTED for state in record.states]
    wanted = {0.0: "R", 7.0: "R", "１２": "R", "无": "R", "—": "N", "大约十": "U", "": "M", True: "U"}
    states = states_of(record, DICTIONARY)
    of_people = {i.code for i in DICTIONARY.indicators.values() if i.unit.kind == "people"}
    wanted_of = {c: wanted[v] if v != "3人" else "R" if c in of_people else "U" for c, v in values.items()}
    assert {c: chr(states[c]) for c in values} == wanted_of
    nought = {c for c, figure in figures_of(record, DICTIONARY).items() if figure == 0}
    assert nought == {c for c, v in values.items() if v == "无" or (type(v) is float and v == 0)}


def test_the_plan_tells_the_cell_that_every_figure_came_from() -> None:
    values = {code: float(n) for n, code in enumerate(DICTIONARY.codes, start=100)}
    data = xlsx(form(by_indicator(values)))
    reading = read(data)
    sheet = openpyxl.load_workbook(io.BytesIO(data))["月报"]
    told = json.loads(reading.plans[reading.records[0].plan_id])
    for code, value in values.items():
        name, cell = cell_address(told, code, 0).split("!")
        assert (name, sheet[cell].value) == ("月报", value)
    assert sheet[cell_address(told, "village_code", 0).split("!")[1]].value == CODE


def test_unreadable_cells_are_told_with_label_and_cell() -> None:
    reading = read(xlsx(form(by_indicator({"births_m": "大约十", "deaths_f": "3+4"}))))
    told = [(p.name, p.sheet, p.cell, p.details["label"]) for p in reading.problems]
    first = 5 + list(DICTIONARY.codes).index("births_m")
    second = 5 + list(DICTIONARY.codes).index("deaths_f")
    assert told == [("unreadable_cell", "月报", f"D{first}", "出生（男）"), ("unreadable_cell", "月报", f"D{second}", "死亡（女）")]


def test_a_form_full_of_nonsense_is_told_of_only_so_often() -> None:
    assert len(read(xlsx(form(by_indicator(dict.fromkeys(DICTIONARY.codes, "甚多"))))).problems) == 20


def test_a_written_total_that_does_not_add_up_is_told_and_changes_no_figure() -> None:
    head = [[TITLE], ["村（居）代码", CODE, "报告期", "2024年3月"], ["指标", "男", "女", "合计"]]
    rows = [["出生", 3.0, 2.0, 5.0], ["死亡", 1.0, 1.0, 3.0], ["迁入", "", 1.0, 9.0], ["迁出", 1.0, "—", 9.0], ["区划调整", 0.1, 0.2, 0.3]]
    others = [[i.label.zh, "", "", ""] for i in DICTIONARY.indicators.values()]
    reading = read(xlsx([*head, *rows, ["指标", "本月数"], *others]))
    (record,) = reading.records
    assert record.wrong_sums == "月报!D5"
    assert [(p.name, p.cell, p.details["label"]) for p in reading.problems] == [("stated_sum", "D5", "死亡")]
    assert figures_of(record, DICTIONARY)["deaths_m"] == 1


def test_rows_that_are_not_collected_are_told_and_never_loaded() -> None:
    rows = [*by_indicator({"births_m": 1.0}), ["", "社会抚养费", "元", 5000.0], ["", "计划外出生", "人", 2.0], ["", "备注", "", "无"]]
    reading = read(xlsx(form(rows)))
    assert [p.details["label"] for p in reading.problems] == ["社会抚养费", "计划外出生"]
    assert figures_of(reading.records[0], DICTIONARY) == {"births_m": 1.0}


# -- files as a whole --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_form_saved_as_text_says_the_same_in_every_encoding(encoding: str) -> None:
    rows = form(by_indicator({"births_m": 3.0, "births_f": "１２人"}))
    from_text, from_workbook = read(csv_text(rows).encode(encoding), "a.csv"), read(xlsx(rows))
    assert (from_text.kind, from_text.status, from_text.layout) == ("text", "read", from_workbook.layout)
    assert figures_of(from_text.records[0], DICTIONARY) == {"births_m": 3, "births_f": 12}
    assert from_text.records[0].states == from_workbook.records[0].states
    assert from_text.records[0].place_code == CODE


def test_a_hidden_sheet_and_a_sheet_of_another_kind_say_nothing() -> None:
    book = openpyxl.Workbook()
    for name, state, births in (("月报", "visible", 3), ("去年", "hidden", 9), ("_说明", "visible", 8)):
        sheet = book.active if name == "月报" else book.create_sheet(name)
        assert sheet is not None
        sheet.title, sheet.sheet_state = name, state
        for row in form(by_indicator({"births_m": births})):
            sheet.append(row)
    book.create_sheet("草稿").append(["随便写写", 5])
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue())
    assert [figures_of(r, DICTIONARY) for r in reading.records] == [{"births_m": 3}]


def test_two_villages_in_two_sheets_are_two_records() -> None:
    book = openpyxl.Workbook()
    for name, code, births in (("甲村", CODE, 3), ("乙村", "990101100202", 4)):
        sheet = book.create_sheet(name)
        for row in form(by_indicator({"births_m": births}), head=[["村（居）代码", code], ["报告期", "2024年3月"]]):
            sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue())
    assert [(r.place_code, figures_of(r, DICTIONARY)) for r in reading.records] == [
        (CODE, {"births_m": 3}),
        ("990101100202", {"births_m": 4}),
    ]
    assert len(reading.plans) == 2


def test_another_form_is_refused_and_the_nearest_is_named() -> None:
    assert names_of(read(xlsx([["品名", "数量"], ["帐篷", 12.0]]))) == ["unknown_form"]
    half = read(xlsx(form(by_indicator({})[:20])))
    assert (half.status, half.records) == ("refused", ())
    assert half.problems[0].details == {"nearest": "village_form_2024", "score": "27"}


def test_a_form_without_a_month_is_told_once() -> None:
    reading = read(xlsx(form(by_indicator({"births_m": 1.0}), head=[["村（居）代码", CODE]])))
    assert (names_of(reading), reading.records[0].month) == (["month_not_found"], "")


@pytest.mark.parametrize("where", ["visible", "hidden", "veryHidden"])
def test_a_sheet_of_persons_sets_the_whole_file_aside_and_quotes_nothing(where: str) -> None:
    book = openpyxl.Workbook()
    assert book.active is not None
    for row in form(by_indicator({"births_m": 3})):
        book.active.append(row)
    sheet = book.create_sheet("欧阳静姝")
    sheet.sheet_state = where
    for row in (["姓名", "身份证号"], ["欧阳静姝", "11010519491231002X"]):
        sheet.append(row)
    buffer = io.BytesIO()
    book.save(buffer)
    reading = read(buffer.getvalue(), "欧阳静姝.xlsx")
    assert (reading.status, reading.records, reading.plans) == ("quarantined", (), {})
    assert [(p.name, p.sheet, p.cell, p.details) for p in reading.problems] == [("personal_data", "", "", {"sheet": "2"})]
    assert "欧阳" not in repr(reading)
    assert "1949" not in repr(reading)


def test_a_fault_of_the_file_comes_back_as_a_problem() -> None:
    for data, name in ((b"", "empty_file"), (b"\x00" * 500, "not_a_workbook"), (xlsx([["a"]])[:300], "damaged_file")):
        reading = read(data)
        assert (reading.status, names_of(reading), reading.size) == ("refused", [name], len(data))


# -- the memory of forms -------------------------------------------------------------------------------------------

contents = st.one_of(
    st.integers(0, 3000).map(float),
    st.sampled_from(["", "", "无", "—", "１２", "12人", "大约十", "十二", "  ", 1.5, True]),
    st.sampled_from(["人", "合计", "男", "出生", "备注", "填表人：张某", "报告期：2024年2月", "2024年2月", "村级人口和计划服务月报"]),
)
mistakes = st.sampled_from(["none", "none", "note", "number", "nought", "label", "row", "column", "blank row", "cut", "merge"])


def _spoil(rows: list[list[Any]], merges: list[Merge], what: str, data: st.DataObject) -> tuple[list[list[Any]], list[Merge]]:
    """What a clerk may do to a form beside filling it."""
    rows = [list(row) for row in rows]
    r = data.draw(st.integers(1, len(rows) - 1))
    c = data.draw(st.integers(0, len(rows[0]) - 1))
    if what == "note":
        rows[r][c] = data.draw(st.sampled_from(["见附件", "合计", "报告期：2024年1月", "本月数", "备注：补发"]))
    elif what == "number":
        rows[r][c] = 12345.0
    elif what == "nought":
        rows[r][c] = 0.0
    elif what == "merge":
        blank = [n for n, row in enumerate(rows) if row[-1] == "" and not any(top <= n <= bottom for top, _, bottom, _ in merges)]
        merges = [*merges, (blank[0], len(rows[0]) - 2, blank[0], len(rows[0]) - 1)] if blank else merges
    elif what == "label":
        rows = [[cell.replace("出生", "出生人数") if isinstance(cell, str) else cell for cell in row] for row in rows]
    elif what in ("row", "blank row"):
        rows.insert(r, ["农家书屋", "", 3.0] + [""] * (len(rows[0]) - 3) if what == "row" else [""] * len(rows[0]))
        merges = []
    elif what == "column":
        rows, merges = [[*row[:c], "", *row[c:]] for row in rows], []
    elif what == "cut":
        rows, merges = rows[:-2], []
    return rows, merges


@settings(max_examples=150)
@given(st.data())
def test_the_remembered_form_gives_exactly_what_the_slow_path_gives(
    template: tuple[list[list[Any]], list[Merge]], data: st.DataObject
) -> None:
    """Whatever is in its cells, and whatever the clerk did to it: a form met before is read as if it were the first."""
    blank, merges = template
    reader = FileReader(KIT)
    grid = template_grid(DICTIONARY, month=MONTH)
    free = [*grid.figures.values(), *((r, c) for r, c in grid.head.values())]
    is_merged = data.draw(st.booleans())
    for number in range(3):
        rows = [list(row) for row in blank]
        for at in data.draw(st.lists(st.sampled_from(free), max_size=12)):
            rows[at[0]][at[1]] = data.draw(contents)
        rows, ranges = _spoil(rows, merges if is_merged else [], data.draw(mistakes) if number else "none", data)
        file = xlsx(rows, ranges)
        assert reader.read(file, "a.xlsx") == FileReader(KIT).read(file, "a.xlsx")


@settings(max_examples=60)
@given(
    st.lists(
        st.lists(
            st.sampled_from(["", "", CODE, 990101100201.0, 0.0, "人", "填表人：王秀兰", "2024年3月", "单位：万元"]), min_size=4, max_size=4
        ),
        min_size=2,
        max_size=4,
    )
)
def test_a_remembered_head_is_looked_for_in_every_cell_that_might_hold_it(fillings: list[list[Any]]) -> None:
    reader = FileReader(KIT)
    for filling in fillings:
        head = [["村（居）代码", *filling[:3], "村（居）名称", NAME], ["报告期", filling[3], "2024年3月", "", "", ""]]
        rows = [[*row, *[""] * (6 - len(row))] for row in form(by_indicator({"births_m": 1.0}), head=head)]
        file = xlsx(rows)
        assert reader.read(file, "a.xlsx") == FileReader(KIT).read(file, "a.xlsx")


@settings(max_examples=60)
@given(st.data())
def test_a_remembered_form_of_ragged_text_gives_exactly_what_the_slow_path_gives(data: st.DataObject) -> None:
    """Some programs leave out the blank cells at the end of a line."""
    reader = FileReader(KIT)
    for _ in range(3):
        values = data.draw(st.dictionaries(st.sampled_from(DICTIONARY.codes), contents, max_size=6))
        rows = form(by_indicator(values))
        rows = [[*row, *[""] * (6 - len(row))] for row in rows]
        for at in data.draw(st.lists(st.integers(0, len(rows) - 1), max_size=3)):
            while rows[at] and rows[at][-1] == "":
                rows[at].pop()
        file = csv_text(rows).encode()
        assert reader.read(file, "a.csv") == FileReader(KIT).read(file, "a.csv")


def test_a_month_in_the_middle_of_a_form_is_nobody_s_report_month() -> None:
    rows = form(by_indicator({"births_m": 1.0}), head=[["村（居）代码", CODE]])
    rows.insert(30, ["报告期：2024年2月"])
    rows.append(["填表人：王秀兰"])
    reader = FileReader(KIT)
    readings = [reader.read(xlsx(rows), "a.xlsx") for _ in range(3)]
    assert {r.records[0].month for r in readings} == {""}
    assert {r.records[0].texts[1] for r in readings} == {"王秀兰"}


def test_the_issued_template_is_read_in_full(tmp_path: Path) -> None:
    values = {code: float(n) for n, code in enumerate(DICTIONARY.codes, start=100)}
    head = {"village_code": CODE, "village_name": NAME, "town_name": TOWN}
    path = tmp_path / "a.xlsx"
    reader = FileReader(KIT)
    for shift in (0.0, 1.0):  # understood first, remembered then
        sent = {code: value + shift for code, value in values.items()}
        write_template(path, DICTIONARY, month=MONTH, values=sent, head={"filled_by": "王秀兰"}, **head)
        reading = reader.read(path.read_bytes(), "a.xlsx")
        (record,) = reading.records
        assert figures_of(record, DICTIONARY) == sent
        assert (record.place_code, record.place_name, record.parent_name, record.month) == (CODE, NAME, TOWN, MONTH)
        assert (reading.score, reading.problems, record.texts[1]) == (1.0, (), "王秀兰")


def test_what_is_told_of_many_sheets_is_told_once_with_their_names() -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for n in range(12):
        sheet = book.create_sheet(f"第{n + 1}村")
        for row in ROWS:
            is_head = "报告期" in row or "村（居）代码" in row
            sheet.append(["", "村（居）名称", f"第{n + 1}村"] if is_head else row)
    buffer = io.BytesIO()
    book.save(buffer)
    problems = FileReader(reading_kit(load_dictionary([]))).read(buffer.getvalue(), "各村.xlsx").problems
    (told,) = [p for p in problems if p.name == "month_not_found"]
    assert told.sheet.split("、") == [f"第{n + 1}村" for n in range(12)]
