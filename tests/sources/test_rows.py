"""Rows that are no villages and villages that look like none, in generated lists of every format: what each row becomes."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from html import escape
from random import Random
from typing import Any

import pandas as pd
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from sources.gazetteer import Gazetteer
from sources.layout import reading_kit
from sources.places import PLACE_COLUMNS
from sources.reading import FileReader, FileReading
from sources.rows import row_note
from sources.settled import settled
from sources.sums import Figures
from tests.sources.sheets import csv_text, figures_of

DICTIONARY = load_dictionary([])
READER = FileReader(reading_kit(DICTIONARY))
HEAD = [
    ["松渡乡2024年3月村级人口与家庭服务月报汇总表"],
    ["填报单位：松渡乡　报告期：2024年3月"],
    ["村名", "期末户数", "期初人口", "", "出生", "", "结婚对数"],
    ["", "", "男", "女", "男", "女", ""],
]
NAMES = ("双田", "银坝", "金塘", "泉塘", "石岭", "黄沙")
Rows = list[list[Any]]


def _figures(rng: Random) -> list[float]:
    return [
        float(rng.randint(100, 900)),
        float(rng.randint(200, 1500)),
        float(rng.randint(200, 1500)),
        *(float(rng.randint(0, 4)) for _ in range(3)),
    ]


def _villages(rng: Random, n: int = 4, kind: str = "村") -> Rows:
    return [[name + kind, *_figures(rng)] for name in NAMES[:n]]


def _added(name: str, rows: Sequence[Sequence[Any]]) -> list[Any]:
    return [name, *(sum(row[column] for row in rows) for column in range(1, 7))]


# -- the formats -------------------------------------------------------------------------------------------------------


def _xlsx(rows: Rows, hidden: Sequence[int] = ()) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("汇总表")
    for r, row in enumerate(rows):
        sheet.write_row(r, 0, row)
        if r in hidden:
            sheet.set_row(r, options={"hidden": True})
    book.close()
    return buffer.getvalue()


def _xls(rows: Rows, hidden: Sequence[int] = ()) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("汇总表")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    for r in hidden:
        sheet.row(r).hidden = True
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _ods(rows: Rows, hidden: Sequence[int] = (), how: str = "collapse") -> bytes:
    from odf import opendocument, table, text

    book = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="汇总表")
    for r, row in enumerate(rows):
        line = table.TableRow(visibility=how) if r in hidden else table.TableRow()
        for cell in row:
            if isinstance(cell, float):
                line.addElement(table.TableCell(valuetype="float", value=str(cell)))
                continue
            made = table.TableCell(valuetype="string") if cell else table.TableCell()
            if cell:
                made.addElement(text.P(text=cell))
            line.addElement(made)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _filtered_ods(rows: Rows, hidden: Sequence[int] = ()) -> bytes:
    return _ods(rows, hidden, "filter")


def _html(rows: Rows, hidden: Sequence[int] = ()) -> bytes:
    lines = []
    for r, row in enumerate(rows):
        style = ' style="height:14pt; display:none"' if r in hidden else ""
        lines.append(f"<tr{style}>{''.join(f'<td>{escape(str(cell))}</td>' for cell in row)}</tr>")
    return f"<html><head><meta charset='utf-8'></head><body><table>{''.join(lines)}</table></body></html>".encode()


def _spreadsheet_xml(rows: Rows, hidden: Sequence[int] = ()) -> bytes:
    def cell(value: Any) -> str:
        kind = "Number" if isinstance(value, float) else "String"
        return f'<Cell><Data ss:Type="{kind}">{escape(str(value))}</Data></Cell>' if value != "" else "<Cell/>"

    lines = []
    for r, row in enumerate(rows):
        is_hidden = ' ss:Hidden="1"' if r in hidden else ""
        lines.append(f"<Row{is_hidden}>{''.join(map(cell, row))}</Row>")
    names = 'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
    sheet = f'<Worksheet ss:Name="汇总表"><Table>{"".join(lines)}</Table></Worksheet>'
    return f'<?xml version="1.0" encoding="UTF-8"?><?mso-application progid="Excel.Sheet"?><Workbook {names}>{sheet}</Workbook>'.encode()


def _csv(rows: Rows, hidden: Sequence[int] = ()) -> bytes:
    assert not hidden
    return csv_text(rows).encode("utf-8-sig")


Writer = Callable[..., bytes]
FORMATS: dict[str, Writer] = {"xlsx": _xlsx, "xls": _xls, "ods": _ods, "csv": _csv, "html": _html, "xml": _spreadsheet_xml}
HIDING: dict[str, Writer] = {k: w for k, w in FORMATS.items() if k != "csv"} | {"filtered ods": _filtered_ods}
every_format = pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)


def _read(rows: Rows, write: Writer = _xlsx, hidden: Sequence[int] = ()) -> FileReading:
    width = max(map(len, [*HEAD, *rows]))
    whole = [[*row, *[""] * (width - len(row))] for row in (*HEAD, *rows)]
    reading = READER.read(write(whole, [len(HEAD) + r for r in hidden]), "松渡乡汇总表")
    assert reading.status == "read", reading.problems
    return reading


def _roles(reading: FileReading) -> list[tuple[str, str]]:
    """Role and name of each row, in order; a total's by the name that its row has."""
    return [(r.role, row_note(r.row_note).name if r.row_note else r.place_name) for r in reading.records]


def _named(reading: FileReading, role: str) -> list[str]:
    return [name for found, name in _roles(reading) if found == role]


# -- totals and subtotals ----------------------------------------------------------------------------------------------

PARTS = ("东片合计", "河东", "西片", "本页计", "第一片区", "北线村小计", "沿江组团", "管区", "上半幅", "甲组合计")
WHOLES = ("汇总", "总数", "全乡", "4个村合计", "共计", "各村合计", "阖境", "以上四个村", "总 计", "松渡全境")


@every_format
@pytest.mark.parametrize("kind", ["村", ""])
def test_parts_and_the_whole_by_whatever_name(write: Writer, kind: str) -> None:
    rng = Random(f"{write.__name__}{kind}")
    for part, other, whole in zip(PARTS[::2], PARTS[1::2], WHOLES[::2], strict=True):
        v = _villages(rng, 5, kind)
        rows = [*v[:2], _added(part, v[:2]), *v[2:], _added(other, v[2:]), _added(whole, v)]
        reading = _read(rows, write)
        assert _named(reading, "report") == [row[0] for row in v]
        assert _named(reading, "aside") == [part, other]
        assert _named(reading, "stated") == [whole]
        (total,) = [r for r in reading.records if r.role == "stated"]
        assert (total.level, total.place_name) == ("town", "松渡乡")
        assert figures_of(total, DICTIONARY)["households_end"] == sum(row[1] for row in v)


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([*WHOLES]), st.integers(0, 2), st.booleans())
def test_a_total_with_a_wrong_figure_or_two_is_still_the_town_s(seed: int, name: str, wrong: int, is_first: bool) -> None:
    rng = Random(seed)
    villages = [[row[0], *(n + 1 for n in row[1:])] for row in _villages(rng, 5, "")]
    total = _added(name, villages)
    for column in rng.sample(range(1, 7), wrong):
        total[column] += 3
    reading = _read([total, *villages] if is_first else [*villages, total], _csv)
    assert _named(reading, "stated") == [name]
    assert _named(reading, "report") == [row[0] for row in villages]


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from(["河东", "山下", "大沟", "新屋场"]))
def test_an_unknown_name_that_is_no_sum_stays_a_place_to_be_asked_about(seed: int, name: str) -> None:
    rng = Random(seed)
    villages = _villages(rng, 4)
    reading = _read([*villages[:2], [name, *_figures(rng)], *villages[2:], _added("合计", villages)], _csv)
    assert name in _named(reading, "report")


@every_format
def test_noughts_and_a_single_village_prove_nothing(write: Writer) -> None:
    nought = [0.0] * 6
    reading = _read([["双田村", *nought], ["银坝村", *nought], ["河东", *nought]], write)
    assert _named(reading, "report") == ["双田村", "银坝村", "河东"]
    one = _villages(Random(3), 1)
    reading = _read([*one, ["河东", *one[0][1:]], ["大沟", *nought]], write)
    assert _named(reading, "report") == ["双田村", "河东", "大沟"]


@every_format
def test_totals_of_several_pages_are_parts_where_there_is_one_of_all(write: Writer) -> None:
    v = _villages(Random(5), 6)
    rows = [*v[:3], _added("合计", v[:3]), *v[3:], _added("合计", v[3:]), _added("全乡合计", v)]
    reading = _read(rows, write)
    assert _named(reading, "stated") == ["全乡合计"]
    assert _named(reading, "report") == [row[0] for row in v]


def test_a_total_that_leaves_out_a_village_is_compared_all_the_same() -> None:
    v = _villages(Random(8), 4)
    reading = _read([*v[:3], _added("合计", v[:3]), v[3]])
    assert _named(reading, "stated") == ["合计"]
    assert len(_named(reading, "report")) == 4


@every_format
def test_groups_below_villages(write: Writer) -> None:
    rng = Random(11)
    rows, names = [], []
    for village, groups in zip(
        NAMES[:4], (("一组", "二组", "三组"), ("1队", "2队"), ("张家湾村民小组", "李家湾村民小组"), ("湾头", "坡上")), strict=True
    ):
        made = [[group, *(n + 1 for n in _figures(rng))] for group in groups]
        rows += [_added(f"{village}村", made), *made]
        names.append(f"{village}村")
    villages = [row for row in rows if row[0] in names]
    reading = _read([*rows, _added("合计", villages)], write)
    assert _named(reading, "report") == names
    notes = [row_note(r.row_note) for r in reading.records if r.role == "aside"]
    assert len(notes) == 9
    assert all(note.seems == "group" and note.rows and not note.wrong for note in notes)


def test_a_list_of_groups_alone_is_a_list_of_places() -> None:
    rng = Random(2)
    reading = _read([[name, *_figures(rng)] for name in ("一队", "二队", "三队")])
    assert _named(reading, "report") == ["一队", "二队", "三队"]


# -- villages that are called like notes, and rows below the foot --------------------------------------------------------


@every_format
@pytest.mark.parametrize(
    "name", ["注溪村", "备注岗村", "说明村", "附城村", "填塘村", "审家坪村", "总寨村", "制表厂社区", "资料来源村", "其中坪村"]
)
def test_a_village_that_is_called_like_a_note(write: Writer, name: str) -> None:
    rng = Random(name)
    rows = [*_villages(rng, 2), [name, *_figures(rng)], *[[f"{n}村", *_figures(rng)] for n in NAMES[4:]]]
    reading = _read([*rows, ["注：没有发生填 0"]], write)
    assert [note for role, note in _roles(reading) if role in ("report", "aside")] == [row[0] for row in rows]
    frame = _frame(reading)
    assert settled(frame, _gazetteer([row[0] for row in rows]))["role"].tolist() == ["report"] * 5


@every_format
@pytest.mark.parametrize(
    "foot", [["填表人：王某", "", "", "", "审核人：李某"], ["制表：", "张某"], ["审核人", "李某", "", "填报日期", "2024年4月2日"]]
)
def test_villages_and_a_total_below_the_foot(write: Writer, foot: list[Any]) -> None:
    v = _villages(Random(str(foot)), 4)
    reading = _read([*v[:2], foot, *v[2:], _added("合计", v), ["备注：以上为户籍口径"]], write)
    assert _named(reading, "report") == [row[0] for row in v]
    assert _named(reading, "stated") == ["合计"]


def test_below_the_foot_another_table_and_a_second_row_of_a_village_are_left_out_and_told() -> None:
    v = _villages(Random(4), 3)
    other = ["单位", "干部数", "党员数", "网格数", "楼栋数"]
    reading = _read([*v, ["填表人：王某"], other, ["双田村", 1.0, 2.0, 3.0, 4.0], ["黄沙村", 5.0, 6.0, 7.0, 8.0]])
    assert _named(reading, "report") == [row[0] for row in v]
    assert [row_note(r.row_note).seems for r in reading.records if r.role == "aside"] == ["other", "other"]
    reading = _read([*v, ["填表人：王某"], ["双田村", *_figures(Random(9))]])
    assert _named(reading, "report") == [row[0] for row in v]
    (note,) = [row_note(r.row_note) for r in reading.records if r.role == "aside"]
    assert (note.seems, note.is_told) == ("again", True)


@every_format
def test_a_note_with_a_number_beside_it_is_no_place(write: Writer) -> None:
    v = _villages(Random(6), 3)
    reading = _read([*v, ["注：上报户数", 3.0], ["联系电话：", 86680.0], ["填表人：王某", 2024.0, "年", 4.0, "月", 2.0]], write)
    assert _roles(reading) == [("report", row[0]) for row in v]


# -- hidden rows, columns and sheets -------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", HIDING.values(), ids=HIDING)
def test_hidden_rows_of_last_month_are_left_out_and_hidden_villages_count(write: Writer) -> None:
    rng = Random(write.__name__)
    now, before = _villages(rng, 4), _villages(rng, 4)
    reading = _read([*now, *before], write, hidden=range(4, 8))
    assert _named(reading, "report") == [row[0] for row in now]
    notes = [row_note(r.row_note) for r in reading.records if r.role == "aside"]
    assert [(note.seems, note.row) for note in notes] == [("hidden", 9), ("hidden", 10), ("hidden", 11), ("hidden", 12)]
    reading = _read([*before[:2], *now], write, hidden=range(2))
    assert [r.row_no for r in reading.records if r.role == "report"] == [6, 7, 8, 9]
    reading = _read(now, write, hidden=[1, 2])
    assert _named(reading, "report") == [row[0] for row in now]
    (problem,) = [p for p in reading.problems if p.name == "hidden_rows_counted"]
    assert problem.details["rows"] == "6–7"


def _with_two_columns(rows: Rows) -> Rows:
    return [[*row, *([label] if (label := {2: "期末户数"}.get(n)) else [""] if n < 4 else [row[1] + 5])] for n, row in enumerate(rows)]


def test_of_two_columns_of_one_heading_the_one_that_is_seen_counts() -> None:
    rows = _with_two_columns([[*row, *[""] * (7 - len(row))] for row in (*HEAD, *_villages(Random(1), 4))])
    for hidden, shown in ((7, 1), (1, 7)):
        buffer = io.BytesIO()
        book = xlsxwriter.Workbook(buffer, {"in_memory": True})
        sheet = book.add_worksheet("汇总表")
        for r, row in enumerate(rows):
            sheet.write_row(r, 0, row)
        sheet.set_column(hidden, hidden, None, None, {"hidden": True})
        book.close()
        reading = READER.read(buffer.getvalue(), "松渡乡汇总表.xlsx")
        assert [figures_of(r, DICTIONARY)["households_end"] for r in reading.records] == [row[shown] for row in rows[4:]]
        assert "hidden_columns" in {p.name for p in reading.problems}


def test_a_hidden_sheet_of_the_form_is_told() -> None:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    for name, is_hidden in (("3月", False), ("2月", True)):
        sheet = book.add_worksheet(name)
        for r, row in enumerate([*HEAD, *_villages(Random(name), 3)]):
            sheet.write_row(r, 0, row)
        if is_hidden:
            sheet.hide()
    book.close()
    reading = READER.read(buffer.getvalue(), "松渡乡汇总表.xlsx")
    assert len(reading.records) == 3
    assert [(p.name, p.sheet) for p in reading.problems] == [("hidden_sheet", "2月")]


# -- codes that a spreadsheet rounded, names, two tables -------------------------------------------------------------------


@every_format
@pytest.mark.parametrize("code", ["9.90101E+11", "9.9010120E+11", "990101000000", 990101000000.0])
def test_rounded_codes_are_told_and_names_go_on(write: Writer, code: Any) -> None:
    head = [["村（居）代码", *HEAD[2]], ["", *HEAD[3]]]
    rows = [*HEAD[:2], *head, *([code, *row] for row in _villages(Random(1), 3))]
    reading = READER.read(write([[*row, *[""] * (8 - len(row))] for row in rows]), "松渡乡汇总表")
    assert [(r.place_code, r.place_name) for r in reading.records] == [("", "双田村"), ("", "银坝村"), ("", "金塘村")]
    assert [p.name for p in reading.problems] == ["code_shortened"]


@every_format
def test_two_tables_are_joined_though_their_names_are_spaced_differently(write: Writer) -> None:
    rng = Random(1)
    one = [[name, *_figures(rng)[:3]] for name in ("龙 泉 村", "银坝村")]
    two = [[name, 1.0, 2.0] for name in ("龙泉村", "银　坝　村")]
    rows = [
        *HEAD[:2],
        ["村名", "期末户数", "期初人口", ""],
        ["", "", "男", "女"],
        *one,
        ["二、出生"],
        ["村名", "出生", ""],
        ["", "男", "女"],
        *two,
    ]
    reading = READER.read(write([[*row, *[""] * (4 - len(row))] for row in rows]), "松渡乡汇总表")
    assert len(reading.records) == 2
    assert [figures_of(r, DICTIONARY)["births_f"] for r in reading.records] == [2.0, 2.0]


# -- when the names are known ----------------------------------------------------------------------------------------------


def _frame(reading: FileReading) -> pd.DataFrame:
    columns = ("role", "level", "place_code", "place_name", "parent_name", "row_note")
    return pd.DataFrame([[getattr(r, c) for c in columns] for r in reading.records], columns=list(columns), dtype="str")


def _gazetteer(villages: Sequence[str], town: str = "松渡乡") -> Gazetteer:
    rows = [("990101", "county", "栖云县", ""), ("990101200", "town", town, "990101")]
    rows += [(f"990101200{200 + n}", "village", name, "990101200") for n, name in enumerate(villages)]
    filled = [dict.fromkeys(PLACE_COLUMNS, "") | dict(zip(("code", "level", "name", "parent_code"), row, strict=True)) for row in rows]
    return Gazetteer(pd.DataFrame(filled, dtype="str"), "2024-03")


def test_a_registered_village_is_one_whatever_it_is_called_and_whatever_adds_up() -> None:
    v = _villages(Random(1), 4, "")
    rows = [*v[:2], _added("东片", v[:2]), *v[2:], _added("汇总", v)]
    frame = _frame(_read(rows))
    assert settled(frame, _gazetteer([*NAMES[:4]]))["role"].tolist() == ["report", "report", "aside", "report", "report", "stated"]
    found = settled(frame, _gazetteer([*NAMES[:4], "东片", "汇总"]))
    assert found["role"].tolist() == ["report"] * 6
    assert found["place_name"].tolist() == [row[0] for row in rows]
    assert settled(frame, _gazetteer([*NAMES[:4], "东片"], town="别的乡"))["role"].tolist()[2] == "report"


@pytest.mark.parametrize(
    ("written", "found"), [("栖云县松渡乡", 1), ("青岭省栖云县松渡乡", 1), ("松渡乡", 1), ("别云县松渡乡", 0), ("云县松渡乡", 0)]
)
def test_a_town_is_known_behind_the_names_of_what_it_lies_in(written: str, found: int) -> None:
    assert len(_gazetteer([]).named(written, "town")) == found


def test_sums_are_found_among_thousands_of_rows_in_no_time() -> None:
    import time

    v = [[f"{n}", *(float(x + 1) for x in _figures(Random(n)))] for n in range(2000)]
    reading = _read([*v, _added("阖境", v)], _csv)
    records = reading.records
    start = time.process_time()
    assert Figures(records).sum_of(2000, set(range(2000))) is not None
    assert time.process_time() - start < 2
    assert _named(reading, "stated") == ["阖境"]
