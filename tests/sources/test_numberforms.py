"""Formats under which a cell shows a share, a date, another number or nothing: asked about; units, colours and dashes for nought: not."""

from __future__ import annotations

import io
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.states import REPORTED, UNREADABLE
from sources.numberforms import is_faithful, says, shown_by
from tests.dialects.binaries import part
from tests.sources.test_cells_asked import (
    ROWS,
    P,
    as_ods,
    as_spreadsheet_xml,
    as_xlsb,
    names,
    read,
    saved,
    share_xls,
    share_xlsx,
    state,
    value,
    wide,
)  # fmt: skip

OTHER = ['"-"0', '0"0"', '"1"0', ";;;", '"无"', "0,", "0.0,,", '0"万"', '0"百"', '"3"', "[<100]0,;0", '[>5]"5+";0']
DATES = ["aaaa", "[$-804]aaa", "[$-804]aaaa;@", "dddd", "yyyy\\-mm\\-dd", "m/d", "h:mm", 'yyyy"年"m"月"']
HONEST = [
    "General", "G/通用格式", "0", "0.00",
    "#,##0", "#,##0_);[Red]\\(#,##0\\)", "0;-0;-", "0;-0;;@", "0;;", "000000", "0_ ", "@", "#",
    '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ', "[Red]0", '0"人"', '"共"0"份"', '"¥"#,##0.00', "[$¥-804]#,##0", '0;0;"—"', "0!人",
    "#,##0 ",
    '[>=10000]0;0',
]  # fmt: skip


def as_openpyxl_with(form: str, number: float) -> bytes:
    book = openpyxl.Workbook()
    for r, row in enumerate(ROWS, 1):
        for c, cell in enumerate(row, 1):
            if cell != "":
                book.worksheets[0].cell(r, c, number if (r - 1, c - 1) == P else cell)
    book.worksheets[0].cell(P[0] + 1, P[1] + 1).number_format = form
    return saved(book)


def as_xml_with(form: str, number: float) -> bytes:
    code = form.replace("&", "&amp;").replace('"', "&quot;").replace("<", "&lt;")
    styles = f'<Style ss:ID="p"><NumberFormat ss:Format="{code}"/></Style>'
    return as_spreadsheet_xml(
        ROWS, [], styles=styles, put={P: f'<Cell ss:Index="5" ss:StyleID="p"><Data ss:Type="Number">{number}</Data></Cell>'}
    )


def as_xlsb_with(form: str, number: float) -> bytes:
    """Format 1 of the cells is that of 0%; it becomes one with a code of its own."""
    data = as_xlsb(ROWS, [], put={P: part(5, struct.pack("<IId", 4, 1, number))})
    return with_styles(data, form)


def with_styles(data: bytes, form: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            content = old.read(member)
            if member == "xl/styles.bin":
                code = part(615, struct.pack("<I", 1)) + part(44, struct.pack("<H", 200) + wide(form)) + part(616)
                look = struct.pack("<HHH10x", 0, 9, 0)
                assert look in content
                content = content.replace(part(278), part(278) + code).replace(look, struct.pack("<HHH10x", 0, 200, 0))
            new.writestr(member, content)
    return buffer.getvalue()


WRITERS = {
    "xlsx": lambda form, number: share_xlsx(P, number, form),
    "openpyxl": as_openpyxl_with,
    "xls": lambda form, number: share_xls(P, number, form),
    "xlsb": as_xlsb_with,
    "xml": as_xml_with,
}


CASES = [(writer, form) for n, writer in enumerate(WRITERS) for form in (OTHER + DATES)[n % 3 :: 1 if writer == "xlsx" else 3]]


@pytest.mark.parametrize(("writer", "form"), CASES)
def test_what_shows_as_something_else_is_asked_about(writer: str, form: str) -> None:
    found = read(WRITERS[writer](form, 7))
    assert state(found, "outreach_participants") == UNREADABLE
    assert {"shown_otherwise", "date_cell"} & names(found)
    assert state(found, "materials_issued") == REPORTED


@pytest.mark.parametrize(
    ("writer", "form"), [(w, form) for n, w in enumerate(WRITERS) for form in HONEST[n % 3 :: 1 if w == "xlsx" else 3]]
)
def test_units_colours_and_dashes_for_nought_are_read(writer: str, form: str) -> None:
    for number in (7, 0) if writer == "xlsx" else (7,):
        found = read(WRITERS[writer](form, number))
        assert (state(found, "outreach_participants"), value(found, "outreach_participants")) == (REPORTED, number)
        assert not {"shown_otherwise", "date_cell"} & names(found)


@pytest.mark.parametrize("named", ["Short Date", "General Date", "Long Date", "Medium Date", "Short Time", "Long Time"])
def test_named_dates_of_the_xml_of_2003(named: str) -> None:
    found = read(as_xml_with(named, 45352))
    assert state(found, "outreach_participants") == UNREADABLE
    assert "date_cell" in names(found)


@pytest.mark.parametrize(("held", "text", "is_asked"), [
    (4, "40", True), (4, "1900-01-03", True), (4, "星期三", True), (32, "3", True), (1234, "1,234", False),
    (4, "4人", False), (0, "-", False),
    (4.0, "4.00", False), (1234, "1.234", False), (6499.74, "¥6,500", False), (3, "3万", True), (3, "-3", True),
])  # fmt: skip
def test_what_an_open_document_shows_is_compared(held: float, text: str, is_asked: bool) -> None:
    cell = f'<table:table-cell office:value-type="float" office:value="{held}"><text:p>{text}</text:p></table:table-cell>'
    found = read(as_ods(ROWS, [], put={P: cell}))
    assert (state(found, "outreach_participants") == UNREADABLE) == is_asked
    assert ("shown_otherwise" in names(found)) == is_asked


@pytest.mark.parametrize("word", ["1", "0", "true", "FALSE"])
def test_a_truth_value_of_the_xml_of_2003_is_no_number(word: str) -> None:
    found = read(as_spreadsheet_xml(ROWS, [], put={P: f'<Cell ss:Index="5"><Data ss:Type="Boolean">{word}</Data></Cell>'}))
    assert state(found, "outreach_participants") == UNREADABLE
    assert "truth_cell" in names(found)


@given(st.floats(0, 1e9), st.sampled_from(["0", "0.00", "#,##0", "#,##0.0_ ", '0"人"', "General"]))
def test_faithful_formats_say_each_number(number: float, form: str) -> None:
    assert is_faithful(form)
    assert says(shown_by(form, round(number, 2)), round(number, 2))


@given(st.integers(1, 10**7), st.sampled_from(['0"0"', '"1"0', "0,", '"无"', ";;;", '0"万"']))
def test_unfaithful_formats_never_say_a_number(number: int, form: str) -> None:
    assert not is_faithful(form)
    assert not says(shown_by(form, float(number)), float(number))
