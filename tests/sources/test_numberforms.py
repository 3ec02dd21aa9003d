"""Formats under which a cell shows a share, a date, another number or nothing: asked about; units, colours and dashes for nought: not."""

from __future__ import annotations

import io
import struct
import zipfile

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.states import MISSING, REPORTED, UNREADABLE
from sources.numberforms import doubt_of_form, is_faithful, says, shown_by
from tests.dialects.binaries import part
from tests.sources.test_cells_asked import (
    ROWS,
    P,
    as_html,
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

OTHER = [
    "(0)",
    '"负"0',
    "－0",
    '0"-"',
    '0"二"',
    '0"O"',
    '"-"0',
    '0"0"',
    '"1"0',
    ";;;",
    '"无"',
    "0,",
    "0.0,,",
    '0"万"',
    '0"百"',
    '"3"',
    "[<100]0,;0",
    '[>5]"5+";0',
]
DATES = ["aaaa", "[$-804]aaa", "[$-804]aaaa;@", "dddd", "yyyy\\-mm\\-dd", "m/d", "h:mm", 'yyyy"年"m"月"']
HONEST = [
    "General", "G/通用格式", "0", "0.00",
    "#,##0", "#,##0_);[Red]\\(#,##0\\)", "0;-0;-", "0;-0;;@", "0;;", "000000", "0_ ", "@", "#",
    '_ * #,##0_ ;_ * \\-#,##0_ ;_ * "-"_ ;_ @_ ', "[Red]0", '0"人"', '"共"0"份"', '"¥"#,##0.00', "[$¥-804]#,##0", '0;0;"—"', "0!人",
    "#,##0 ",
    '[>=10000]0;0', "0_);(0)", "0;[Red]0", "[DBNum1]General", "[DBNum2][$-804]General", "0.00E+00", "# ?/?", "[Red][<0]-0;0",
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


@pytest.mark.parametrize(
    ("code", "value", "wanted"),
    [
        ('0!.0,"万"', 41_000.0, True),
        ('0!.0,"万"', 4.0, False),
        ("0000-0000", 12_345_678.0, False),
        ('000"."00', 12_345.0, False),
        ("0;0", -3.0, False),
        ("0;0", 3.0, True),
        ("0;[Red]0", -3.0, True),
        ("[>=100]0;0", -3.0, True),
        (";;;", 0.0, False),
        ("0;-0;;@", 0.0, True),
        ("0;;", -3.0, False),
    ],
)
def test_formats_that_say_some_numbers_and_others_not(code: str, value: float, wanted: bool) -> None:
    assert (doubt_of_form(code, value) is None) == wanted


SAME = [("4", 4), ("4人", 4), ("四", 4), ("-", 0), ("—", 0), ("", 0), ("(3)", -3), ("-3", -3), ("￥ 1,234.50", 1234.5), ("4.0万", 40000)]
UNLIKE = [
    ("-4", 4),
    ("40", 4),
    ("无", 4),
    ("", 4),
    ("—", 4),
    ("4万", 4),
    ("4千", 4),
    ("五", 4),
    ("负4", 4),
    ("4-", 4),
    ("3", -3),
    ("4", 4000),
]


@pytest.mark.parametrize(("shown", "held"), SAME + UNLIKE)
@pytest.mark.parametrize("kind", ["sdval", "x:num", "ods"])
def test_what_a_page_or_an_ods_shows_is_compared_with_what_it_holds(kind: str, shown: str, held: float) -> None:
    if kind == "ods" and not shown:
        return  # LibreOffice shows a number without a text by its format
    cell = f'<table:table-cell office:value-type="float" office:value="{held}"><text:p>{shown}</text:p></table:table-cell>'
    found = read(as_ods(ROWS, [], put={P: cell}) if kind == "ods" else as_html(ROWS, [], put={P: f'<td {kind}="{held}">{shown}</td>'}))
    is_same = (shown, held) in SAME
    assert state(found, "outreach_participants") == (REPORTED if is_same else UNREADABLE)
    assert ("shown_otherwise" in names(found)) != is_same
    if is_same:
        assert value(found, "outreach_participants") == held


def test_a_word_that_stands_for_nought_on_a_page_keeps_its_meaning() -> None:
    found = read(as_html(ROWS, [], put={P: '<td x:num="0">待补</td>'}))
    assert state(found, "outreach_participants") == MISSING


_PLACE = '<number:number number:min-integer-digits="1"/>'
OPEN = {
    "date": ("<number:date-style {n}><number:year/></number:date-style>", "date_cell"),
    "time": ("<number:time-style {n}><number:hours/></number:time-style>", "date_cell"),
    "truth": ("<number:boolean-style {n}><number:boolean/></number:boolean-style>", "shown_otherwise"),
    "nought behind": (f"<number:number-style {{n}}>{_PLACE}<number:text>0</number:text></number:number-style>", "shown_otherwise"),
    "sign before": (f"<number:number-style {{n}}><number:text>-</number:text>{_PLACE}</number:number-style>", "shown_otherwise"),
    "wan": (f"<number:number-style {{n}}>{_PLACE}<number:text>万</number:text></number:number-style>", "shown_otherwise"),
    "nothing": ("<number:number-style {n}><number:text/></number:number-style>", "shown_otherwise"),
    "word": ("<number:text-style {n}><number:text>无</number:text></number:text-style>", "shown_otherwise"),
    "thousands": (
        '<number:number-style {n}><number:number number:min-integer-digits="1" number:display-factor="1000"/></number:number-style>',
        "shown_otherwise",
    ),
    "between": (
        '<number:number-style {n}><number:number number:min-integer-digits="1"><number:embedded-text number:position="1">.'
        "</number:embedded-text></number:number></number:number-style>",
        "shown_otherwise",
    ),
    "unit": (f"<number:number-style {{n}}>{_PLACE}<number:text>人</number:text></number:number-style>", ""),
    "plain": (f"<number:number-style {{n}}>{_PLACE}</number:number-style>", ""),
    "money": (f"<number:currency-style {{n}}><number:currency-symbol>￥</number:currency-symbol>{_PLACE}</number:currency-style>", ""),
    "text": ("<number:text-style {n}><number:text-content/></number:text-style>", ""),
    "below nought": (
        f'<number:number-style style:name="P0">{_PLACE}</number:number-style>'
        f"<number:number-style {{n}}><number:text>-</number:text>{_PLACE}"
        '<style:map style:condition="value()&gt;=0" style:apply-style-name="P0"/></number:number-style>',
        "",
    ),
}


@pytest.mark.parametrize("kind", OPEN)
def test_a_number_format_of_an_ods_is_looked_at_whatever_text_stands_beside_it(kind: str) -> None:
    form, wanted = OPEN[kind]
    styles = form.format(n='style:name="N"') + '<style:style style:family="table-cell" style:name="c" style:data-style-name="N"/>'
    cell = '<table:table-cell table:style-name="c" office:value-type="float" office:value="32"><text:p>32</text:p></table:table-cell>'
    found = read(as_ods(ROWS, [], styles=styles, put={P: cell}))
    assert state(found, "outreach_participants") == (UNREADABLE if wanted else REPORTED)
    assert names(found) == ({wanted} if wanted else set())


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        *((name, "") for name in ("General Number", "Fixed", "Standard", "Scientific", "Currency", "Euro Currency")),
        *((f"{size} {what}", "date_cell") for size in ("Short", "Medium", "Long") for what in ("Date", "Time")),
        *((name, "shown_otherwise") for name in ("Yes/No", "True/False", "On/Off")),
    ],
)
def test_the_named_formats_of_excels_xml(name: str, wanted: str) -> None:
    found = read(as_xml_with(name, 32))
    assert state(found, "outreach_participants") == (UNREADABLE if wanted else REPORTED)
    assert names(found) == ({wanted} if wanted else set())


@pytest.mark.parametrize(("text", "wanted"), [("2024-03-01T00:00:00.000", "date_cell"), ("45", "damaged_cell"), ("x", "damaged_cell")])
def test_a_moment_of_excels_xml_is_no_figure(text: str, wanted: str) -> None:
    found = read(as_spreadsheet_xml(ROWS, [], put={P: f'<Cell ss:Index="5"><Data ss:Type="DateTime">{text}</Data></Cell>'}))
    assert state(found, "outreach_participants") == UNREADABLE
    assert names(found) == {wanted}
