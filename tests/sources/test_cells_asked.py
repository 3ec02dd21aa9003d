"""Figures that are asked about though something stands in their cells: of every kind, in every format, in forms and lists."""

from __future__ import annotations

import io
import json
import struct
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl.cell.rich_text import CellRichText, TextBlock
from openpyxl.cell.text import InlineFont
from openpyxl.styles import Font

from schemas.dictionary import load_dictionary
from schemas.states import MISSING, REPORTED, UNREADABLE
from sinks.template import write_template
from sources.formulas import from_r1c1, result_of
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from sources.tokens import result_of_tokens
from sources.workbook import read_sheets
from tests.dialects.binaries import part
from tests.sources.sheets import CODE, NAME, TOWN, xlsx

KIT = reading_kit(load_dictionary([]))
CODES = KIT.codes


def filled_template() -> list[list[Any]]:
    """The cells of the issued form, every figure filled in: E58 says 32, E59 46, E11 722, F11 676."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "form.xlsx"
        write_template(path, load_dictionary([]), month="2024-03", village_code=CODE, village_name=NAME, town_name=TOWN)
        data = path.read_bytes()
    rows = [list(row) for row in read_sheets(data)[1][0].rows]
    (plan,) = FileReader(KIT).read(data, "").plans.values()
    cells = {code: at for code, at in json.loads(plan)["cells"].items() if code in CODES}
    own = {"outreach_participants": 32, "materials_issued": 46, "population_start_m": 722, "population_start_f": 676, "deaths_m": 1}
    for n, (code, at) in enumerate(cells.items()):
        rows[int(at[1:]) - 1][ord(at[0]) - 65] = own.get(code, 100 + n)
    return [[int(cell) if type(cell) is float else cell for cell in row] for row in rows]


ROWS = filled_template()
P, M = (57, 4), (58, 4)
"""Cells of 参加人次 and 发放资料份数."""
LIST: list[list[Any]] = [
    ["村级人口与家庭服务月报汇总表"],
    ["乡镇：青溪镇", "", "", "报告期：2024年3月", "", "", ""],
    ["村代码", "村名", "期末户数", "宣传活动场次", "参加人次", "发放资料份数", "满意度问卷回收份数"],
    ["990101100201", "龙泉村", 493, 2, 32, 46, 7],
    ["990101100202", "青山村", 391, 1, 60, 90, 8],
    ["990101100203", "石桥村", 278, 3, 70, 80, 9],
]


READER = FileReader(KIT)


def read(data: bytes) -> FileReading:
    return READER.read(data, "月报.xlsx")


def state(reading: FileReading, code: str, record: int = 0) -> int:
    return reading.records[record].states[CODES.index(code)]


def value(reading: FileReading, code: str, record: int = 0) -> float:
    return float(memoryview(reading.records[record].values).cast("d")[CODES.index(code)])


def names(reading: FileReading) -> set[str]:
    return {problem.name for problem in reading.problems}


# -- one grid, many formats ---------------------------------------------------------------------------------------


def as_xlsx(rows: list[list[Any]], merges: list[tuple[int, int, int, int]]) -> bytes:
    return xlsx(rows, merges)


def as_openpyxl(rows: list[list[Any]], merges: list[tuple[int, int, int, int]]) -> bytes:
    book = openpyxl.Workbook()
    for r, row in enumerate(rows, 1):
        for c, cell in enumerate(row, 1):
            if cell != "":
                book.worksheets[0].cell(r, c, cell)
    for top, left, bottom, right in merges:
        book.worksheets[0].merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    return saved(book)


def as_xls(rows: list[list[Any]], merges: list[tuple[int, int, int, int]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("月报")
    hidden = {(r, c) for t, left, b, right in merges for r in range(t, b + 1) for c in range(left, right + 1)}
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell != "" and (r, c) not in hidden:
                sheet.write(r, c, cell)
    for top, left, bottom, right in merges:
        sheet.write_merge(top, bottom, left, right, rows[top][left])
    return saved(book)


def as_ods(
    rows: list[list[Any]], merges: list[tuple[int, int, int, int]], *, styles: str = "", put: dict[tuple[int, int], str] | None = None
) -> bytes:
    """`put`: whole XML of some cells."""
    corner = {(t, left): (b - t + 1, right - left + 1) for t, left, b, right in merges}
    under = {(r, c) for t, left, b, right in merges for r in range(t, b + 1) for c in range(left, right + 1)} - corner.keys()
    lines = []
    for r, row in enumerate(rows):
        cells = []
        for c, cell in enumerate(row):
            high, wide = corner.get((r, c), (1, 1))
            span = f' table:number-rows-spanned="{high}" table:number-columns-spanned="{wide}"' if (r, c) in corner else ""
            tag = "table:covered-table-cell" if (r, c) in under else "table:table-cell"
            number = isinstance(cell, int | float)
            kind = f' office:value-type="float" office:value="{cell}"' if number else ' office:value-type="string"' if cell else ""
            text = f"<text:p>{cell}</text:p>" if cell != "" else ""
            cells.append((put or {}).get((r, c)) or f"<{tag}{span}{kind}>{text}</{tag}>")
        lines.append(f"<table:table-row>{''.join(cells)}</table:table-row>")
    names = {"office": "office", "table": "table", "text": "text", "style": "style", "fo": "xsl-fo-compatible", "number": "datastyle"}
    spaces = "".join(f' xmlns:{k}="urn:oasis:names:tc:opendocument:xmlns:{v}:1.0"' for k, v in names.items())
    content = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document-content{spaces}>'
        f"<office:automatic-styles>{styles}</office:automatic-styles>"
        f'<office:body><office:spreadsheet><table:table table:name="月报">{"".join(lines)}</table:table></office:spreadsheet></office:body>'
        "</office:document-content>"
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        package.writestr("content.xml", content)
        package.writestr("META-INF/manifest.xml", "<manifest/>")
    return buffer.getvalue()


def as_html(
    rows: list[list[Any]], merges: list[tuple[int, int, int, int]], *, css: str = "", put: dict[tuple[int, int], str] | None = None
) -> bytes:
    corner = {(t, left): (b - t + 1, right - left + 1) for t, left, b, right in merges}
    under = {(r, c) for t, left, b, right in merges for r in range(t, b + 1) for c in range(left, right + 1)} - corner.keys()
    lines = []
    for r, row in enumerate(rows):
        cells = []
        for c, cell in enumerate(row):
            if (r, c) in under:
                continue
            high, wide = corner.get((r, c), (1, 1))
            cells.append((put or {}).get((r, c)) or f'<td rowspan="{high}" colspan="{wide}">{cell}</td>')
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return f'<html><head><meta charset="utf-8"><style>{css}</style></head><body><table>{"".join(lines)}</table></body></html>'.encode()


def as_spreadsheet_xml(
    rows: list[list[Any]], merges: list[tuple[int, int, int, int]], *, styles: str = "", put: dict[tuple[int, int], str] | None = None
) -> bytes:
    corner = {(t, left): (b - t, right - left) for t, left, b, right in merges}
    under = {(r, c) for t, left, b, right in merges for r in range(t, b + 1) for c in range(left, right + 1)} - corner.keys()
    lines = []
    for r, row in enumerate(rows):
        cells = []
        for c, cell in enumerate(row):
            if (cell == "" and (r, c) not in (put or {})) or (r, c) in under:
                continue
            down, across = corner.get((r, c), (0, 0))
            merge = f' ss:MergeDown="{down}" ss:MergeAcross="{across}"' if (r, c) in corner else ""
            kind = "Number" if isinstance(cell, int | float) else "String"
            cells.append((put or {}).get((r, c)) or f'<Cell ss:Index="{c + 1}"{merge}><Data ss:Type="{kind}">{cell}</Data></Cell>')
        lines.append(f"<Row>{''.join(cells)}</Row>")
    space = "urn:schemas-microsoft-com:office:spreadsheet"
    return (
        f'<?xml version="1.0"?><Workbook xmlns="{space}" xmlns:ss="{space}" xmlns:html="http://www.w3.org/TR/REC-html40"><Styles>{styles}</Styles>'
        f'<Worksheet ss:Name="月报"><Table>{"".join(lines)}</Table></Worksheet></Workbook>'
    ).encode()


def as_xlsb(rows: list[list[Any]], merges: list[tuple[int, int, int, int]], *, put: dict[tuple[int, int], bytes] | None = None) -> bytes:
    """`put`: whole records of some cells. Formats: 1 is 0%, 2 is struck out; fonts: 1 strikes, 2 raises."""
    lines = [part(129), part(148, struct.pack("<IIII", 0, len(rows) - 1, 0, max(map(len, rows)) - 1)), part(145)]
    for r, row in enumerate(rows):
        lines.append(part(0, struct.pack("<IIHBBBI", r, 0, 300, 0, 0, 0, 0)))
        for c, cell in enumerate(row):
            if (r, c) in (put or {}):
                lines.append((put or {})[r, c])
            elif isinstance(cell, int | float):
                lines.append(part(5, struct.pack("<IId", c, 0, cell)))
            elif cell:
                lines.append(part(6, struct.pack("<II", c, 0) + wide(cell)))
    lines.append(part(146))
    if merges:
        ranges = [part(176, struct.pack("<IIII", t, b, left, right)) for t, left, b, right in merges]
        lines += [part(177, struct.pack("<I", len(ranges))), *ranges, part(178)]
    fonts = [
        part(43, struct.pack("<HHHHBBBB", 220, flags, 400, raised, 0, 0, 0, 0) + bytes(8)) for flags, raised in ((0, 0), (8, 0), (0, 1))
    ]
    looks = [part(47, struct.pack("<HHH10x", 0, fmt, font)) for fmt, font in ((0, 0), (9, 0), (0, 1))]
    styles = b"".join([part(278), part(611), *fonts, part(612), part(617, struct.pack("<I", 3)), *looks, part(618), part(279)])
    kinds = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    relations = "".join(
        f'<Relationship Id="{n}" Type="{kinds}/{kind}" Target="{to}"/>'
        for n, kind, to in (("rId1", "worksheet", "worksheets/sheet1.bin"), ("rId2", "styles", "styles.bin"))
    )
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("[Content_Types].xml", "<Types/>")
        package.writestr(
            "xl/_rels/workbook.bin.rels",
            f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{relations}</Relationships>',
        )
        sheet = part(156, struct.pack("<II", 0, 1) + wide("rId1") + wide("月报"))
        package.writestr("xl/workbook.bin", b"".join([part(131), part(143), sheet, part(144), part(132)]))
        package.writestr("xl/styles.bin", styles)
        package.writestr("xl/worksheets/sheet1.bin", b"".join([*lines, part(130)]))
    return buffer.getvalue()


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def saved(book: Any) -> bytes:
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def put_in(rows: list[list[Any]], changes: dict[tuple[int, int], Any]) -> list[list[Any]]:
    return [[changes.get((r, c), cell) for c, cell in enumerate(row)] for r, row in enumerate(rows)]


WRITERS = {
    "xlsx": as_xlsx, "openpyxl": as_openpyxl, "xls": as_xls, "ods": as_ods, "html": as_html, "xml": as_spreadsheet_xml, "xlsb": as_xlsb,
}  # fmt: skip
MERGES = {
    "both sexes": (ROWS, (12, 4, 12, 5), ["deaths_m", "deaths_f"], [0, 0]),
    "a sex and the total": (ROWS, (11, 5, 11, 6), ["births_f"], [0]),
    "two rows": (ROWS, (12, 4, 13, 4), ["deaths_m", "moved_in_m"], [0, 0]),
    "two villages": (LIST, (3, 4, 4, 4), ["outreach_participants", "outreach_participants"], [0, 1]),
    "two columns": (LIST, (4, 4, 4, 5), ["outreach_participants", "materials_issued"], [1, 1]),
    "a block": (LIST, (3, 4, 5, 5), ["outreach_participants", "materials_issued"], [2, 2]),
}


@pytest.mark.parametrize("kind", MERGES)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_figure_merged_over_several_is_nobodys(writer: str, kind: str) -> None:
    rows, merge, codes, records = MERGES[kind]
    top, left, bottom, right = merge
    rows = [
        ["" if top <= r <= bottom and left <= c <= right and (r, c) != (top, left) else cell for c, cell in enumerate(row)]
        for r, row in enumerate(rows)
    ]
    honest = read(WRITERS[writer](rows, []))
    assert not names(honest) & {"figure_merged", "under_merge"}
    found = read(WRITERS[writer](rows, [merge]))
    assert "figure_merged" in names(found), found.problems
    for code, record in zip(codes, records, strict=True):
        assert state(found, code, record) == UNREADABLE


@pytest.mark.parametrize("writer", WRITERS)
def test_merged_labels_names_and_a_figures_own_cells_are_no_question(writer: str) -> None:
    merges = [(0, 0, 0, 8), (8, 4, 8, 6), (57, 4, 57, 8), (2, 4, 2, 5)]
    found = read(WRITERS[writer](ROWS, merges))
    assert not names(found) & {"figure_merged", "under_merge"}
    assert state(found, "households_end") == REPORTED
    assert value(found, "outreach_participants") == 32


@pytest.mark.parametrize("writer", ["openpyxl-hidden", "ods", "xlsb"])
def test_a_number_left_under_a_merged_cell_is_not_read(writer: str) -> None:
    rows, merge = put_in(LIST, {(4, 1): "青山村"}), (4, 1, 4, 2)  # the village's name lies over its households
    data = hidden_under(rows, merge) if writer == "openpyxl-hidden" else WRITERS[writer](rows, [merge])
    found = read(data)
    assert state(found, "households_end", 1) == UNREADABLE
    assert "under_merge" in names(found)
    assert state(found, "households_end", 0) == REPORTED


def hidden_under(rows: list[list[Any]], merge: tuple[int, int, int, int]) -> bytes:
    data = xlsx(rows)
    top, left, bottom, right = (n + 1 for n in merge)
    cells = f"{chr(64 + left)}{top}:{chr(64 + right)}{bottom}"
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            more = f'</sheetData><mergeCells count="1"><mergeCell ref="{cells}"/></mergeCells>'.encode()
            new.writestr(entry.filename, old.read(entry).replace(b"</sheetData>", more))
    return buffer.getvalue()


# -- struck out, raised -------------------------------------------------------------------------------------------


def rich_xlsx(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    looks = {"": None, "s": book.add_format({"font_strikeout": True}), "up": book.add_format({"font_script": 1})}
    sheet = book.add_worksheet("月报")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if (r, c) == at:
                if len(pieces) == 1:
                    sheet.write(r, c, float(pieces[0][0]), looks[pieces[0][1]])
                else:
                    sheet.write_rich_string(r, c, *[part for text, look in pieces for part in ([looks[look]] if look else []) + [text]])
            elif cell != "":
                sheet.write(r, c, cell)
    book.close()
    return buffer.getvalue()


def rich_inline(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
    """openpyxl writes rich texts into their cells."""
    book = openpyxl.load_workbook(io.BytesIO(as_openpyxl(rows, [])))
    looks = {"": InlineFont(), "s": InlineFont(strike=True), "up": InlineFont(vertAlign="superscript")}
    cell = book.worksheets[0].cell(at[0] + 1, at[1] + 1)
    if len(pieces) == 1:
        cell.value, cell.font = float(pieces[0][0]), Font(strike=pieces[0][1] == "s")
    else:
        cell.value = CellRichText(*[TextBlock(looks[look], text) for text, look in pieces])
    return saved(book)


def rich_xls(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("月报")
    fonts = {look: xlwt.Font() for look in ("", "s", "up")}
    fonts["s"].struck_out, fonts["up"].escapement = True, xlwt.Font.ESCAPEMENT_SUPERSCRIPT
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if (r, c) == at and len(pieces) > 1:
                sheet.write_rich_text(r, c, [(text, fonts[look]) for text, look in pieces])
            elif (r, c) == at:
                sheet.write(r, c, float(pieces[0][0]), xlwt.easyxf("font: struck_out on" if pieces[0][1] == "s" else ""))
            elif cell != "":
                sheet.write(r, c, cell)
    return saved(book)


def rich_ods(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
    styles = (
        '<style:style style:name="P" style:family="text"><style:text-properties style:text-line-through-style="solid"/></style:style>'
        '<style:style style:name="T" style:family="text" style:parent-style-name="P"/>'
        '<style:style style:name="U" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>'
        '<style:style style:name="C" style:family="table-cell"><style:text-properties style:text-line-through-type="single"/></style:style>'
    )
    if len(pieces) == 1:
        name = ' table:style-name="C"' if pieces[0][1] else ""
        cell = f'<table:table-cell{name} office:value-type="float" office:value="{pieces[0][0]}"><text:p>{pieces[0][0]}</text:p>'
        cell += "</table:table-cell>"
    else:
        names_of = {"s": "T", "up": "U", "": ""}
        spans = "".join(f'<text:span text:style-name="{names_of[look]}">{text}</text:span>' for text, look in pieces)
        cell = f'<table:table-cell office:value-type="string"><text:p>{spans}</text:p></table:table-cell>'
    return as_ods(rows, [], styles=styles, put={at: cell})


def rich_html(open_: dict[str, str], close: dict[str, str], css: str = "") -> Any:
    def write(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
        text = "".join(f"{open_.get(look, '')}{text}{close.get(look, '')}" for text, look in pieces)
        return as_html(rows, [], css=css, put={at: f"<td>{text}</td>"})

    return write


def rich_spreadsheet_xml(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
    styles = '<Style ss:ID="d"><Font ss:StrikeThrough="1"/></Style><Style ss:ID="k" ss:Parent="d"/>'
    place = f'ss:Index="{at[1] + 1}"'
    if len(pieces) == 1:
        style = ' ss:StyleID="k"' if pieces[0][1] else ""
        cell = f'<Cell {place}{style}><Data ss:Type="Number">{pieces[0][0]}</Data></Cell>'
    else:
        tags = {"s": ("<S>", "</S>"), "up": ("<Sup>", "</Sup>"), "": ("", "")}
        text = "".join(tags[look][0] + text + tags[look][1] for text, look in pieces)
        cell = f'<Cell {place}><ss:Data ss:Type="String" xmlns="http://www.w3.org/TR/REC-html40">{text}</ss:Data></Cell>'
    return as_spreadsheet_xml(rows, [], styles=styles, put={at: cell})


def rich_xlsb(rows: list[list[Any]], at: tuple[int, int], pieces: list[tuple[str, str]]) -> bytes:
    if len(pieces) == 1:
        record = part(5, struct.pack("<IId", at[1], 2 if pieces[0][1] else 0, float(pieces[0][0])))
    else:
        text, starts, begin = "".join(t for t, _ in pieces), b"", 0
        for piece, look in pieces:
            starts += struct.pack("<HH", begin, {"": 0, "s": 1, "up": 2}[look])
            begin += len(piece)
        record = part(62, struct.pack("<II", at[1], 0) + b"\x01" + wide(text) + struct.pack("<I", len(pieces)) + starts)
    return as_xlsb(rows, [], put={at: record})


_CLASSES = ".font7\n\t{color:red;\n\ttext-decoration:line-through;}\n.font8, td.up {vertical-align:super;}"
RICH = {
    "xlsx": rich_xlsx,
    "inline": rich_inline,
    "xls": rich_xls,
    "xlsb": rich_xlsb,
    "ods": rich_ods,
    "xml": rich_spreadsheet_xml,
    "tags": rich_html({"s": "<s>", "up": "<sup>"}, {"s": "</s>", "up": "</sup>"}),
    "del": rich_html({"s": "<del>", "up": "<font><sup>"}, {"s": "</del>", "up": "</sup></font>"}),
    "classes": rich_html({"s": '<font class="font7">', "up": '<font class="font8">'}, {"s": "</font>", "up": "</font>"}, _CLASSES),
    "inline style": rich_html(
        {"s": '<span style="text-decoration: underline line-through">', "up": "<span style='vertical-align:super'>"},
        {"s": "</span>", "up": "</span>"},
    ),
}
PIECES = {
    "struck_part": [[("1", "s"), ("2", "")], [("103", "s"), ("108", "")], [("35", ""), (" 32", "s")], [("32人", "s"), ("35人", "")]],
    "raised_part": [[("46", ""), ("1", "up")], [("4", ""), ("6", ""), ("②", "up")]],
    "struck_cell": [[("32", "s")]],
}


@pytest.mark.parametrize("kind", PIECES)
@pytest.mark.parametrize("writer", RICH)
def test_struck_and_raised_numbers_are_never_joined(writer: str, kind: str) -> None:
    for pieces in PIECES[kind]:
        for rows, at, code in ((ROWS, P, "outreach_participants"), (LIST, (4, 4), "outreach_participants")):
            found = read(RICH[writer](rows, at, pieces))
            record = 1 if rows is LIST else 0
            assert found.records, found
            assert state(found, code, record) == UNREADABLE, pieces
            assert kind in names(found), found.problems
            plain = read(RICH[writer](rows, at, [("32", "")]))
            assert state(plain, code, record) == REPORTED
            assert not names(plain) & set(PIECES)


@settings(max_examples=60, deadline=None)
@given(
    writer=st.sampled_from(sorted(RICH)),
    old=st.integers(0, 99_999),
    new=st.integers(0, 99_999),
    is_first=st.booleans(),
    look=st.sampled_from(["s", "up"]),
    at=st.sampled_from([P, M, (11, 4), (12, 5)]),
)
def test_a_number_with_a_struck_or_raised_part_is_never_read(writer, old, new, is_first, look, at) -> None:  # type: ignore[no-untyped-def]
    pieces = [(str(old), look), (str(new), "")]
    found = read(RICH[writer](ROWS, at, pieces if is_first else pieces[::-1]))
    code = {P: "outreach_participants", M: "materials_issued", (11, 4): "births_m", (12, 5): "deaths_f"}[at]
    assert state(found, code) == UNREADABLE
    assert names(found) & {"struck_part", "raised_part"}


def test_an_honest_part_of_styles_or_a_struck_label_costs_no_question() -> None:
    found = read(rich_xlsx(ROWS, (57, 1), [("参加", ""), ("人次", "")]))
    assert value(found, "outreach_participants") == 32
    found = read(rich_xlsx(ROWS, (5, 0), [("备注", ""), ("1", "up")]))
    assert not names(found) & set(PIECES)


# -- shares -------------------------------------------------------------------------------------------------------


def share_xlsx(at: tuple[int, int], number: float, form_: str) -> bytes:
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer)
    sheet, look = book.add_worksheet("月报"), book.add_format({"num_format": form_})
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, number if (r, c) == at else cell, look if (r, c) == at else None)
    book.close()
    return buffer.getvalue()


def share_xls(at: tuple[int, int], number: float, form_: str) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("月报")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, *((number, xlwt.easyxf(num_format_str=form_)) if (r, c) == at else (cell,)))
    return saved(book)


SHARES: dict[str, Callable[[float], bytes]] = {
    "xlsx": lambda n: share_xlsx(P, n, "0%"),
    "xlsx, own format": lambda n: share_xlsx(P, n, "#,##0.0%;-0.0%"),
    "xls": lambda n: share_xls(P, n, "0%"),
    "xls, own format": lambda n: share_xls(P, n, "0.000%"),
    "xlsb": lambda n: as_xlsb(ROWS, [], put={P: part(5, struct.pack("<IId", 4, 1, n))}),
    "ods": lambda n: as_ods(
        ROWS,
        [],
        put={P: f'<table:table-cell office:value-type="percentage" office:value="{n}"><text:p>{n:.0%}</text:p></table:table-cell>'},
    ),
    "xml": lambda n: as_spreadsheet_xml(
        ROWS,
        [],
        styles='<Style ss:ID="p"><NumberFormat ss:Format="Percent"/></Style>',
        put={P: f'<Cell ss:Index="5" ss:StyleID="p"><Data ss:Type="Number">{n}</Data></Cell>'},
    ),
    "page of libreoffice": lambda n: as_html(ROWS, [], put={P: f'<td sdval="{n}" sdnum="2052;0;0%">{n:.0%}</td>'}),
    "page of excel": lambda n: as_html(ROWS, [], put={P: f'<td x:num="{n}">{n:.0%}</td>'}),
}


@pytest.mark.parametrize("writer", SHARES)
@pytest.mark.parametrize("number", [1, 2, 0.5])
def test_a_share_is_asked_about_however_whole(writer: str, number: float) -> None:
    found = read(SHARES[writer](number))
    assert state(found, "outreach_participants") == UNREADABLE
    assert "share_cell" in names(found)


# -- formulas -----------------------------------------------------------------------------------------------------

CELLS = {"attribute order": '<{p}c s="0" r="{a}">', "one space more": '<{p}c  r="{a}" >', "single quotes": "<{p}c r='{a}'>"}


def rewritten(data: bytes, change: Callable[[str], str], name: str = "xl/worksheets/sheet1.xml") -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content.decode()).encode() if entry.filename == name else content)
    return buffer.getvalue()


def with_cell(cell: str) -> bytes:
    """The form with other XML for E58, the cell of the participants."""
    return rewritten(xlsx(ROWS), lambda text: text.replace('<c r="E58"><v>32</v></c>', cell))


UNSTORED = {
    "plain": '<c r="E58"><f>20+12</f></c>',
    "no value in it": '<c r="E58"><f>20+12</f><v></v></c>',
    "text without value": '<c r="E58" t="str"><f>20+12</f></c>',
    "single quotes": "<c r='E58'><f>20+12</f></c>",
    "indented": '<c r="E58">\n      <f>20+12</f>\n    </c>',
    "array": '<c r="E58"><f t="array" ref="E58:E59">E11:E12</f></c>',
    "shared, second": '<c r="D58"><f t="shared" ref="D58:E58" si="0">20+12</f><v>32</v></c><c r="E58"><f t="shared" si="0"/></c>',
    "a nought": '<c r="E58"><f>20+12</f><v>0</v></c>',
    "a nought of a sum": '<c r="E58"><f>SUM(E11:F11)</f><v>0</v></c>',
    "a nought of an IF": '<c r="E58"><f>IF(E11&gt;0,E11+F11,"")</f><v>0</v></c>',
    "a nought, unknown": '<c r="E58"><f>VLOOKUP(1,Sheet2!A1:B2,2)</f><v>0</v></c>',
    "an empty text": '<c r="E58" t="str"><f>E11+1</f><v></v></c>',
}


@pytest.mark.parametrize("kind", UNSTORED)
def test_what_nobody_calculated_is_told(kind: str) -> None:
    cell = UNSTORED[kind]
    data = with_cell(cell)
    if kind == "shared, second":
        data = rewritten(data, lambda text: text.replace('<c r="D58" t="s"><v>', '<c r="D99" t="s"><v>'))
    found = read(data)
    assert state(found, "outreach_participants") == UNREADABLE
    assert names(found) & {"stale_formula", "never_calculated"}
    prefixed = rewritten(
        data, lambda text: text.replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    )
    again = read(prefixed)
    assert state(again, "outreach_participants") == UNREADABLE, "with prefixes"


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="E58"><f>E13-1</f><v>0</v></c>',
        '<c r="E58"><f>SUM(H1:H9)</f><v>0</v></c>',
        '<c r="E58"><f>H1</f><v>0</v></c>',
        '<c r="E58"><f>20+12</f><v>32</v></c>',
    ],
)
def test_a_calculated_nought_is_a_nought(cell: str) -> None:
    for _ in range(3):  # by the native reader, then by the plain parts
        found = read(with_cell(cell))
        assert state(found, "outreach_participants") == REPORTED
        assert not names(found) & {"stale_formula", "never_calculated"}


ERRORS = [
    '<c r="E58" t="e"><v>#N/A</v></c>',
    "<c t='e' r='E58'><f>1/0</f>\n<v>#DIV/0!</v></c>",
    '<c r="E58" s="0" t="e"><f>NA()</f><v>#N/A</v></c>',
]


@pytest.mark.parametrize("cell", ERRORS)
def test_an_error_is_told_however_it_is_written(cell: str) -> None:
    found = read(with_cell(cell))
    assert state(found, "outreach_participants") == UNREADABLE
    assert "error_cell" in names(found)


def xls_with_formula(formula: str) -> bytes:
    book = xlwt.Workbook()
    sheet = book.add_sheet("月报")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if (r, c) == P:
                sheet.write(r, c, xlwt.Formula(formula))
            elif cell != "":
                sheet.write(r, c, cell)
    return saved(book)


OTHERS: dict[str, Callable[[], bytes]] = {
    "xls of a script": lambda: xls_with_formula("20+12"),
    "xls of a script, a sum": lambda: xls_with_formula("SUM(E11:F11)"),
    "xls, a nought": lambda: xls_with_formula("E11+F11").replace(struct.pack("<Q", 0xFFFF000000000003), bytes(8)),
    "xls, a lost text": lambda: xls_with_formula('IF(E11>0,"46份","")').replace(struct.pack("<Q", 0xFFFF000000000003), bytes(8)),
    "ods": lambda: as_ods(ROWS, [], put={P: '<table:table-cell table:formula="of:=[.E11]+1"/>'}),
    "ods, a type": lambda: as_ods(ROWS, [], put={P: '<table:table-cell table:formula="of:=20+12" office:value-type="float"/>'}),
    "ods, a nought": lambda: as_ods(
        ROWS, [], put={P: '<table:table-cell table:formula="of:=SUM([.E11:.F11])" office:value-type="float" office:value="0"/>'}
    ),
    "ods, shown only": lambda: as_ods(
        ROWS, [], put={P: '<table:table-cell office:value-type="float"><text:p>32</text:p></table:table-cell>'}
    ),
    "xml": lambda: as_spreadsheet_xml(ROWS, [], put={P: '<Cell ss:Index="5" ss:Formula="=20+12"/>'}),
    "xml, a nought": lambda: as_spreadsheet_xml(
        ROWS, [], put={P: '<Cell ss:Index="5" ss:Formula="=R[-47]C+R[-47]C[1]"><Data ss:Type="Number">0</Data></Cell>'}
    ),
    "xlsb, a nought": lambda: as_xlsb(
        ROWS,
        [],
        put={
            P: part(
                9,
                struct.pack("<IIdHI", 4, 0, 0.0, 0, 17) + b"\x25" + struct.pack("<IIHH", 10, 10, 4, 5) + b"\x19\x10" + bytes(6),
            )
        },
    ),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_nobody_calculated_is_told_in_every_format(kind: str) -> None:
    found = read(OTHERS[kind]())
    assert state(found, "outreach_participants") == UNREADABLE, found.problems
    assert names(found) & {"stale_formula", "never_calculated"}
    assert value(found, "materials_issued") == 46


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.integers(0, 99).map(str),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map("({0[0]}{0[1]}{0[2]})".format),
        max_leaves=8,
    )
)
def test_simple_formulas_are_reckoned_as_python_reckons(text: str) -> None:
    assert result_of(f"={text}", lambda r, c: "") == float(eval(text))  # of figures and signs made above


def test_formulas_as_programs_write_them() -> None:
    grid: dict[tuple[int, int], Any] = {(0, 0): 1.0, (0, 1): 2.0, (1, 0): "3", (1, 2): 5.0}

    def at(row: int, column: int) -> Any:
        return grid.get((row, column), "")

    for formula, wanted in {
        "=SUM(A1:C2)": 8.0, "of:=SUM([.A1:.C2])": 8.0, "=$A$1+B1*2": 5.0, "=A2+1": 4.0, '=IF(COUNT(A1:B1)=0,"",SUM(A1:B1))': 3.0,
        "=C1": 0.0, "=Sheet2!A1": None, "=VLOOKUP(A1,B1:C2,2)": None, "=A1/C1": None, "=SUM(A1,B1,3)": 6.0, "=50%*B1": 1.0,
    }.items():  # fmt: skip
        found = result_of(formula, at)
        assert found == wanted or (wanted == 0.0 and found == ""), formula
    assert from_r1c1("=SUM(R[-1]C:R[-1]C[2])+R1C1", 5, 3) == "=SUM($D$5:$F$5)+$A$1"
    assert result_of_tokens(b"\x1e\x14\x00\x1e\x0c\x00\x03", at, 8) == 32.0
    assert result_of_tokens(b"\x24\x00\x00\x00\xc0\x24\x00\x00\x01\xc0\x03", at, 8) == 3.0


# -- beside a blank cell ------------------------------------------------------------------------------------------

ASIDE: dict[str, dict[tuple[int, int], Any]] = {
    "label": {(57, 2): "", (57, 1): "参加人次32", P: ""},
    "label with a unit": {(57, 2): "", (57, 1): "参加人次 32人次", P: ""},
    "colon": {(57, 2): "", (57, 1): "参加人次：32", P: ""},
    "colon and unit": {(57, 2): "", (57, 1): "参加人次: 32 人次", P: ""},
    "brackets": {(57, 2): "", (57, 1): "参加人次（32）", P: ""},
    "unit": {(57, 3): "32人次", P: ""},
    "number for a unit": {(57, 3): 32, P: ""},
    "colon in the unit": {(57, 3): "共：32", P: ""},
}


@pytest.mark.parametrize("kind", ASIDE)
@pytest.mark.parametrize("writer", WRITERS)
def test_a_number_beside_its_blank_cell_is_told(writer: str, kind: str) -> None:
    found = read(WRITERS[writer](put_in(ROWS, ASIDE[kind]), []))
    assert state(found, "outreach_participants") == UNREADABLE, found.problems
    assert names(found) & {"figure_beside", "several_figures"}
    assert value(found, "materials_issued") == 46


@pytest.mark.parametrize("text", ["人次", "万元", "3月补报", "见附件2", "比上月多3人"])
def test_remarks_and_units_beside_a_blank_cell_are_no_figures(text: str) -> None:
    found = read(xlsx(put_in(ROWS, {P: "", (57, 7): text})))
    assert state(found, "outreach_participants") == MISSING
    assert "figure_beside" not in names(found)


# -- rounded pages ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("shown", "stated", "wanted"),
    [
        ("6,499.7", "6499.74", "6499.74"),
        ("6500", "6499.74", "6499.74"),
        ("￥6,499.7", "6499.74", "6499.74"),
        ("6499.74元", "6499.74", "6499.74"),
    ],
)
@pytest.mark.parametrize("name", ["sdval", "x:num"])
def test_a_rounded_number_of_a_page_is_the_one_that_it_holds(name: str, shown: str, stated: str, wanted: str) -> None:
    found = read(as_html(ROWS, [], put={P: f'<td {name}="{stated}">{shown}</td>'}))
    assert value(found, "outreach_participants") == float(wanted)


def test_a_number_shown_as_another_is_asked_about_and_a_date_stays_one() -> None:
    found = read(as_html(ROWS, [], put={P: '<td sdval="6499" sdnum="2052;0;0,">6</td>'}))
    assert state(found, "outreach_participants") == UNREADABLE
    assert "shown_otherwise" in names(found)
    dated = read(as_html(ROWS, [], put={(3, 2): '<td sdval="45352" sdnum="2052;0;YYYY年M月">2024年3月</td>'}))
    assert dated.records[0].month == "2024-03"


# -- units in cells ------------------------------------------------------------------------------------------------

AMOUNT = next(
    (int(at[1:]) - 1, ord(at[0]) - 65)
    for at in [json.loads(next(iter(read(as_xlsx(ROWS, [])).plans.values())))["cells"]["pension_support_amount"]]
)


@pytest.mark.parametrize(("at", "code", "text", "is_asked"), [
    (AMOUNT, "pension_support_amount", "97人", True), (AMOUNT, "pension_support_amount", "97元", False),
    (AMOUNT, "pension_support_amount", "￥97", False), (AMOUNT, "pension_support_amount", "1.2万元", False),
    (P, "outreach_participants", "32元", True), (P, "outreach_participants", "￥32", True), (P, "outreach_participants", "32户", True),
    (P, "outreach_participants", "32人", False), (P, "outreach_participants", "32人次", False), (M, "materials_issued", "46份", False),
    (M, "materials_issued", "46册", False), (M, "materials_issued", "46人", True),
])  # fmt: skip
@pytest.mark.parametrize("writer", ["xlsx", "xls", "ods", "html"])
def test_a_number_with_a_unit_of_another_kind_is_asked_about(
    writer: str, at: tuple[int, int], code: str, text: str, is_asked: bool
) -> None:
    found = read(WRITERS[writer](put_in(ROWS, {at: text}), []))
    assert (state(found, code) == UNREADABLE) == is_asked
    assert ("other_unit_in_cell" in names(found)) == is_asked


@pytest.mark.parametrize("text", ["二十零", "零十", "三百零", "0,012", "012,345", "1,23"])
@pytest.mark.parametrize("writer", ["xlsx", "xml", "html"])
def test_what_is_no_well_formed_number_is_asked_about(writer: str, text: str) -> None:
    found = read(WRITERS[writer](put_in(ROWS, {P: text}), []))
    assert state(found, "outreach_participants") == UNREADABLE


def test_not_counted_is_a_blank() -> None:
    assert state(read(as_xlsx(put_in(ROWS, {P: "未统计"}), [])), "outreach_participants") == MISSING
