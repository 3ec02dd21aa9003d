"""Workbooks whose structure is odd or contradicts itself: in every format where it can be, nothing of it passes in silence."""

from __future__ import annotations

import io
import struct
import warnings
import zipfile
from collections.abc import Callable
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule, FormulaRule, Rule
from openpyxl.styles import Font

from schemas.states import MISSING, REPORTED, UNREADABLE
from sources.merges import upright
from sources.notes import figures_in
from sources.respelt import narrowed, respelt
from sources.workbook import read_sheets
from tests.dialects.binaries import part
from tests.sources.test_cells_asked import (
    LIST,
    ROWS,
    WRITERS,
    M,
    P,
    as_html,
    as_ods,
    as_openpyxl,
    as_spreadsheet_xml,
    as_xlsb,
    as_xlsx,
    names,
    put_in,
    read,
    saved,
    state,
    value,
)

SHEET = "xl/worksheets/sheet1.xml"


def changed(data: bytes, change: Callable[[str, bytes], tuple[str, bytes]]) -> bytes:
    """The package with its members changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            new.writestr(*change(entry.filename, old.read(entry)))
    return buffer.getvalue()


def instead(data: bytes, old: bytes, new: bytes, name: str = SHEET) -> bytes:
    """The package with one piece of a part replaced."""

    def change(member: str, content: bytes) -> tuple[str, bytes]:
        if member == name:
            assert old in content
            content = content.replace(old, new, 1)
        return member, content

    return changed(data, change)


# -- merged ranges ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("written", [b"F13:E13", b"E13:F13"])
@pytest.mark.parametrize("writer", [as_xlsx, as_openpyxl])
def test_a_merge_written_backwards_is_a_merge(writer: Any, written: bytes) -> None:
    data = instead(writer(put_in(ROWS, {(12, 5): ""}), [(12, 4, 12, 5)]), b"E13:F13", written)
    assert state(read(data), "deaths_m") == UNREADABLE
    assert "figure_merged" in names(read(data))


@pytest.mark.parametrize("ends", [(3, 4, 4, 4), (4, 3, 4, 4)])
def test_a_merge_written_backwards_in_a_binary_workbook_is_a_merge(ends: tuple[int, int, int, int]) -> None:
    rows = put_in(LIST, {(4, 4): ""})
    data = changed(
        as_xlsb(rows, [(3, 4, 4, 4)]),
        lambda name, content: (name, content.replace(struct.pack("<IIII", 3, 4, 4, 4), struct.pack("<IIII", *ends))),
    )
    assert [state(read(data), "outreach_participants", n) for n in (0, 1)] == [UNREADABLE] * 2


def test_a_merge_written_backwards_in_an_xls_is_a_merge() -> None:
    data = WRITERS["xls"](put_in(LIST, {(4, 4): ""}), [(3, 4, 4, 4)])
    old, new = struct.pack("<4H", 3, 4, 4, 4), struct.pack("<4H", 4, 3, 4, 4)
    assert data.count(old) == 1
    assert [state(read(data.replace(old, new)), "outreach_participants", n) for n in (0, 1)] == [UNREADABLE] * 2


@given(st.lists(st.tuples(*[st.integers(0, 50)] * 4), max_size=5))
def test_turning_merges_upright_keeps_their_cells(ends: list[tuple[int, int, int, int]]) -> None:
    merged = [((a, b), (c, d)) for a, b, c, d in ends]
    for ((a, b), (c, d)), ((top, left), (bottom, right)) in zip(merged, upright(merged), strict=True):
        assert (top, left, bottom, right) == (min(a, c), min(b, d), max(a, c), max(b, d))


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("blank", ["", " ", "\u3000"])
def test_a_merge_with_nothing_in_it_is_blank(writer: str, blank: str) -> None:
    rows = put_in(ROWS, {(15, 4): blank, (15, 5): ""})
    found = read(WRITERS[writer](rows, [(15, 4, 15, 5)]))
    assert found.problems == ()
    assert [state(found, code) for code in ("late_births_m", "late_births_f")] == [MISSING] * 2


@pytest.mark.parametrize("writer", WRITERS)
def test_a_units_cell_merged_over_rows_of_other_units_is_no_contradiction(writer: str) -> None:
    rows = put_in(ROWS, {(57, 3): "", (58, 3): ""})
    assert read(WRITERS[writer](rows, [(56, 3, 58, 3)])).problems == ()
    rows[56][3] = "万元"
    told = [(p.name, p.details["label"]) for p in read(WRITERS[writer](rows, [(56, 3, 58, 3)])).problems]
    assert ("unit_contradicts", "参加人次") in told


# -- said twice ------------------------------------------------------------------------------------------------------

CELL = b'<c r="E4"><v>32</v></c>'
DATA = as_xlsx(LIST, [])
TWICE = {
    "cell": instead(DATA, CELL, CELL + CELL.replace(b"32", b"99")),
    "row": instead(DATA, b'<row r="5" spans="1:7">', b'<row r="4" spans="1:7"><c r="E4"><v>99</v></c></row><row r="5" spans="1:7">'),
    "a cell in another row": instead(DATA, CELL, CELL.replace(b"E4", b"E5")),
}


@pytest.mark.parametrize("kind", TWICE)
def test_a_cell_that_is_written_twice_with_other_contents_is_refused_with_its_place(kind: str) -> None:
    (told,) = read(TWICE[kind]).problems
    assert told.name == "written_twice"
    assert told.details["title_en"] == f"Cell {'E5' if 'another' in kind else 'E4'} of sheet 1"


def test_a_cell_that_is_written_twice_alike_is_no_question() -> None:
    found = read(instead(DATA, CELL, CELL + CELL))
    assert (found.problems, value(found, "outreach_participants")) == ((), 32)


def test_a_part_that_is_in_the_package_twice_is_refused_by_its_name() -> None:
    buffer = io.BytesIO(DATA)
    with zipfile.ZipFile(buffer) as old:
        content = old.read(SHEET)
    for other, told in ((content, set()), (content.replace(CELL, CELL.replace(b"32", b"99")), {"written_twice"})):
        buffer = io.BytesIO(DATA)
        with warnings.catch_warnings(), zipfile.ZipFile(buffer, "a") as package:
            warnings.simplefilter("ignore")
            package.writestr(SHEET, other)
        found = read(buffer.getvalue())
        assert names(found) == told
        assert not told or SHEET in found.problems[0].details["title"]


def test_other_formats_that_say_a_cell_twice_are_refused() -> None:
    cell = '<Cell ss:Index="5"><Data ss:Type="Number">32</Data></Cell>'
    assert names(read(as_spreadsheet_xml(LIST, [], put={(3, 4): cell + cell.replace("32", "99")}))) == {"written_twice"}
    assert names(read(as_spreadsheet_xml(LIST, [], put={(3, 4): cell + cell}))) == set()
    real = [part(5, struct.pack("<IId", 4, 0, number)) for number in (32, 99)]
    assert names(read(as_xlsb(LIST, [], put={(3, 4): b"".join(real)}))) == {"written_twice"}
    data = WRITERS["xls"](put_in(LIST, {(3, 4): 32.123, (3, 5): 46.123}), [])
    record, other = (struct.pack("<HHHH", 0x203, 14, 3, column) for column in (5, 4))
    assert data.count(record) == 1
    assert names(read(data.replace(record, other))) == {"written_twice"}


# -- cells that contradict themselves --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "cell",
    [
        b'<c r="E4" t="inlineStr"><v>32</v></c>',
        b'<c r="E4"><v>32</v><v>77</v></c>',
        b'<c r="E4" t="inlineStr"><is><t>32</t></is><v>77</v></c>',
        b'<c r="E4"><v><v>32</v></v></c>',
    ],
)
def test_a_cell_that_is_not_written_as_its_kind_is_asked_about(cell: bytes) -> None:
    found = read(instead(DATA, CELL, cell))
    assert [(p.name, p.cell) for p in found.problems] == [("cell_ill_written", "E4")]
    assert [state(found, "outreach_participants", n) for n in (0, 1)] == [UNREADABLE, REPORTED]


@pytest.mark.parametrize("space", ["", ' xmlns:x="urn:schemas-microsoft-com:office:excel"'])
def test_a_pages_formula_without_a_value_is_asked_about(space: str) -> None:
    for shown, told in (("", {"stale_formula"}), ("32", set())):
        page = as_html(ROWS, [], put={P: f'<td x:num x:fmla="=E57*2">{shown}</td>'}).replace(b"<html>", f"<html{space}>".encode())
        assert names(read(page)) == told
        assert state(read(page), "outreach_participants") == (UNREADABLE if told else REPORTED)


# -- conditional formats that strike out -------------------------------------------------------------------------------

STRUCK = {"font": Font(strike=True)}


def conditional_openpyxl(rule: Rule) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(as_openpyxl(ROWS, [])))
    book.worksheets[0].conditional_formatting.add("E58:E59", rule)
    return saved(book)


def conditional_xlsxwriter() -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet = book.add_worksheet("月报")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    sheet.conditional_format("E58:E59", {"type": "cell", "criteria": ">", "value": 40, "format": book.add_format({"font_strikeout": True})})
    book.close()
    return buffer.getvalue()


CALCEXT = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
_OPEN = (
    f'<calcext:conditional-formats xmlns:calcext="{CALCEXT}"><calcext:conditional-format calcext:target-range-address="月报.E58:月报.E59">'
    '<calcext:condition calcext:apply-style-name="S" calcext:value="formula-is([.$E58]&gt;40)" calcext:base-cell-address="月报.E58"/>'
    "</calcext:conditional-format></calcext:conditional-formats></table:table>"
)
_STYLES = (
    '<style:style style:name="S" style:family="table-cell"><style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="M" style:family="table-cell"><style:map style:condition="cell-content()&gt;40" '
    'style:apply-style-name="S" style:base-cell-address="月报.E58"/></style:style>'
)
_SS = (
    '<ConditionalFormatting xmlns="urn:schemas-microsoft-com:office:excel"><Range>R58C5:R59C5</Range><Condition>{}'
    "<Format Style='text-decoration:line-through'/></Condition></ConditionalFormatting></Worksheet>"
)
CONDITIONAL = {
    "formula": conditional_openpyxl(FormulaRule(formula=["$E58>40"], **STRUCK)),
    "comparison": conditional_openpyxl(CellIsRule(operator="between", formula=["40", "50"], **STRUCK)),
    "xlsxwriter": conditional_xlsxwriter(),
    "ods": changed(as_ods(ROWS, [], styles=_STYLES), lambda n, c: (n, c.replace(b"</table:table>", _OPEN.encode()))),
    "ods map": as_ods(
        ROWS,
        [],
        styles=_STYLES,
        put={
            at: f'<table:table-cell table:style-name="M" office:value-type="float" office:value="{n}"><text:p>{n}</text:p>'
            "</table:table-cell>"
            for at, n in ((P, 32), (M, 46))
        },
    ),
    "xml": as_spreadsheet_xml(ROWS, []).replace(b"</Worksheet>", _SS.format("<Value1>RC&gt;40</Value1>").encode()),
    "xml, comparison": as_spreadsheet_xml(ROWS, []).replace(
        b"</Worksheet>", _SS.format("<Qualifier>Greater</Qualifier><Value1>40</Value1>").encode()
    ),
}


@pytest.mark.parametrize("kind", CONDITIONAL)
def test_a_figure_that_a_condition_strikes_out_is_asked_about(kind: str) -> None:
    for _ in range(2):  # the second time by its plain part
        found = read(CONDITIONAL[kind])
        assert [(p.name, p.cell) for p in found.problems] == [("struck_cell", "E59")]
        assert (value(found, "outreach_participants"), state(found, "materials_issued")) == (32, UNREADABLE)


def test_a_condition_that_does_not_strike_is_no_question() -> None:
    assert read(conditional_openpyxl(FormulaRule(formula=["$E58>40"], font=Font(bold=True)))).problems == ()


def test_a_condition_that_is_not_understood_is_asked_about() -> None:
    found = read(conditional_openpyxl(FormulaRule(formula=["INDIRECT(A1)"], **STRUCK)))
    assert [state(found, code) for code in ("outreach_participants", "materials_issued")] == [UNREADABLE] * 2


# -- figures in notes, and over the row's number ------------------------------------------------------------------------


def noted_xlsx(rows: list[list[Any]], at: tuple[int, int], text: str) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(as_openpyxl(rows, [])))
    book.worksheets[0].cell(at[0] + 1, at[1] + 1).comment = Comment(text, "填表")
    return saved(book)


def noted_ods(rows: list[list[Any]], at: tuple[int, int], text: str) -> bytes:
    shown = rows[at[0]][at[1]]
    kind = f' office:value-type="float" office:value="{shown}"' if shown != "" else ""
    note = f"<office:annotation><text:p>{text}</text:p></office:annotation>"
    shown_as = f"<text:p>{shown}</text:p>" if shown != "" else ""
    return as_ods(rows, [], put={at: f"<table:table-cell{kind}>{note}{shown_as}</table:table-cell>"})


def noted_xml(rows: list[list[Any]], at: tuple[int, int], text: str) -> bytes:
    shown = rows[at[0]][at[1]]
    value_of = f'<Data ss:Type="Number">{shown}</Data>' if shown != "" else ""
    return as_spreadsheet_xml(
        rows, [], put={at: f'<Cell ss:Index="{at[1] + 1}">{value_of}<Comment ss:Author="a"><ss:Data>{text}</ss:Data></Comment></Cell>'}
    )


@pytest.mark.parametrize("write", [noted_xlsx, noted_ods, noted_xml])
@pytest.mark.parametrize("text", ["35", "应为 35", "应为：35人"])
def test_a_figure_in_a_note_is_told_and_its_text_is_not(write: Any, text: str) -> None:
    for rows, at, shown in ((ROWS, P, 32), (put_in(ROWS, {P: ""}), P, ""), (LIST, (3, 4), 32)):
        found = read(write(rows, at, text))
        (told,) = found.problems
        assert (told.name, told.details["cells"]) == ("figure_in_note", f"E{at[0] + 1}")
        assert "35" not in str(dict(told.details))
        assert state(found, "outreach_participants") == (REPORTED if shown else MISSING)


@pytest.mark.parametrize("write", [noted_xlsx, noted_ods, noted_xml])
@pytest.mark.parametrize("text", ["32", "已核对", "见2024年3月5日通知", "第 12 行"])
def test_a_note_that_says_no_other_figure_is_no_question(write: Any, text: str) -> None:
    assert read(write(ROWS, P, text)).problems == ()


@given(st.integers(0, 9_999_999))
def test_a_number_alone_is_a_figure_and_a_date_is_none(number: int) -> None:
    assert figures_in(f"应为 {number}") == [number]
    assert figures_in(f"{number}年") == []
    assert figures_in(f"1{number:07}{number:03}") == []  # as long as a telephone number


@pytest.mark.parametrize("writer", WRITERS)
def test_a_figure_over_the_rows_number_is_asked_about(writer: str) -> None:
    found = read(WRITERS[writer](put_in(ROWS, {P: "", (57, 0): 32, M: ""}), []))
    assert [(p.name, p.cell, p.details["own"]) for p in found.problems] == [("figure_beside", "A58", "E58")]
    assert [state(found, code) for code in ("outreach_participants", "materials_issued")] == [UNREADABLE, MISSING]


def test_a_blank_figure_beside_its_rows_own_number_is_blank() -> None:
    for blank in ({P: ""}, {M: ""}, {(8, 4): ""}, {(11, 4): "", (11, 5): "", (12, 4): ""}):
        assert read(as_xlsx(put_in(ROWS, blank), [])).problems == ()
    assert read(as_xlsx(put_in(ROWS, {(57, 0): 3}), [])).problems == ()  # a slip in the number of a row that is filled in


# -- unusual ways of writing --------------------------------------------------------------------------------------------


def in_wide(name: str, content: bytes, encoding: str) -> tuple[str, bytes]:
    if not name.endswith((".xml", ".rels")):
        return name, content
    return name, content.decode().replace('encoding="UTF-8"', 'encoding="UTF-16"').encode(encoding)


SPELT = {
    "UTF-16": lambda n, c: in_wide(n, c, "utf-16"),
    "UTF-16 without a mark": lambda n, c: in_wide(n, c, "utf-16-be"),
    "one part in UTF-16": lambda n, c: in_wide(n, c, "utf-16") if n in (SHEET, "content.xml") else (n, c),
    "backslashes": lambda n, c: (n.replace("/", "\\"), c),
    "a leading slash": lambda n, c: ("/" + n, c),
}


@pytest.mark.parametrize("how", SPELT)
@pytest.mark.parametrize("writer", ["xlsx", "openpyxl", "ods"])
def test_a_package_that_is_spelt_strangely_is_read_alike(writer: str, how: str) -> None:
    plain = WRITERS[writer](ROWS, [])
    assert read(changed(plain, SPELT[how])).records == read(plain).records


def test_a_package_that_is_spelt_as_usual_is_left_as_it_is() -> None:
    assert respelt(DATA) is DATA
    assert read_sheets(narrowed(DATA))[1][0].rows == read_sheets(DATA)[1][0].rows


def flat(data: bytes) -> bytes:
    """The content of an .ods as one file."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        content = package.read("content.xml").decode()
    mime = ' office:mimetype="application/vnd.oasis.opendocument.spreadsheet">'
    begin, _, rest = content.replace("office:document-content", "office:document").partition(">")
    second, _, rest = rest.partition(">")
    return f"{begin}>{second}{mime}{rest}".encode()


def test_an_opendocument_table_in_one_file_is_read_alike() -> None:
    plain = as_ods(ROWS, [(57, 4, 57, 5)])
    for file in (flat(plain), b"\xff\xfe" + flat(plain).decode().replace("UTF-8", "UTF-16").encode("utf-16-le")):
        found = read(file)
        assert (found.kind, found.records) == ("ods", read(plain).records)
    assert names(read(flat(plain)[:-300])) == {"damaged_file"}
