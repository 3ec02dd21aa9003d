"""One cell that the native reader cannot take refuses no workbook: it is told with its address, and the rest is read, in every format."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.states import REPORTED, UNREADABLE
from sources.badcells import without_bad_cells, without_bad_records, without_bad_values
from sources.kinds import inflated, zip_members
from tests.dialects.binaries import part
from tests.sources.sheets import xlsx
from tests.sources.test_cells_asked import LIST, ROWS, P, as_ods, as_xls, as_xlsb, put_in, read, rewritten, state, value

CELLS = [
    '<c r="{a}" t="q"><v>32</v></c>',
    '<c r="{a}" t=""><v>32</v></c>',
    '<c r="{a}" t="s"><v>99999</v></c>',
    '<c r="{a}" t="s"><v>abc</v></c>',
    '<c r="{a}" t="n"><v>32人</v></c>',
    '<c r="{a}" t="b"><v>x</v></c>',
    '<c r="{a}" t="e"><v>#WHAT!</v></c>',
    '<c r="58E"><v>32</v></c>',
    '<c r="E"><v>32</v></c>',
    '<c r=""><v>32</v></c>',
    '<c r="E0"><v>32</v></c>',
    "<c t='q' r='{a}'><f>1+1</f><v>32</v></c>",
]
NUMBERS = ["", "abc", "1,234", "３２", " 32 ", "&lt;3&quot;"]


def xlsx_with(rows: list[list[object]], at: str, cell: str) -> bytes:
    return rewritten(xlsx(rows), lambda text: re.sub(rf'<c r="{at}"[^>]*>.*?</c>', lambda _: cell.format(a=at), text, count=1))


MADE: dict[str, Callable[[bool], bytes]] = {
    **{cell: lambda is_form, cell=cell: xlsx_with(ROWS if is_form else LIST, "E58" if is_form else "E4", cell) for cell in CELLS},  # type: ignore[misc]
    **{
        f"ods {kind} {number}": lambda is_form, kind=kind, number=number: as_ods(  # type: ignore[misc]
            ROWS if is_form else LIST,
            [],
            put={
                P if is_form else (3, 4): f'<table:table-cell office:value-type="{kind}" office:value="{number}"><text:p>32</text:p>'
                "</table:table-cell>"
            },
        )
        for kind in ("float", "currency", "percentage")
        for number in NUMBERS
    },
    **{
        f"xlsb {name}": lambda is_form, kind=kind, tail=tail: as_xlsb(  # type: ignore[misc]
            ROWS if is_form else LIST, [], put={P if is_form else (3, 4): part(kind, struct.pack("<II", 4, 0) + tail)}
        )
        for name, kind, tail in (
            ("no such text", 7, struct.pack("<I", 99999)),
            ("no such error", 3, b"\x63"),
            ("a text that goes on behind its end", 6, struct.pack("<I", 5000)),
        )
    },
    "xls no such text": lambda is_form: xls_without_text(ROWS if is_form else LIST, P if is_form else (3, 4)),
}


def xls_without_text(rows: list[list[object]], at: tuple[int, int]) -> bytes:
    data = as_xls(put_in(rows, {at: "三十二个人"}), [])
    found = re.search(rb"\xfd\x00\x0a\x00" + re.escape(struct.pack("<HH", *at)) + rb"..", data, re.DOTALL)
    assert found is not None
    return data[: found.end()] + struct.pack("<I", 99999) + data[found.end() + 4 :]


@pytest.mark.parametrize("kind", MADE)
def test_a_bad_cell_is_told_with_its_address_and_the_rest_is_read(kind: str) -> None:
    for is_form, cell in ((True, "E58"), (False, "E4")):
        if not is_form and 'r="{a}"' not in kind and kind in CELLS:
            continue  # which row's cell it was is said by the form's address
        reading = read(MADE[kind](is_form))
        assert reading.status == "read", reading.problems
        assert state(reading, "outreach_participants") == UNREADABLE
        assert [p.cell for p in reading.problems if p.name in ("damaged_cell", "unreadable_cell")] == [cell]
        assert (state(reading, "materials_issued"), value(reading, "materials_issued")) == (REPORTED, 46.0)


def test_workbooks_without_a_bad_cell_stay_as_they_are() -> None:
    def members(data: bytes) -> dict[bytes, bytes]:
        return {entry.name: inflated(data, entry, 2**26) for entry in zip_members(data)}

    of_xlsx, of_ods, of_xlsb = members(xlsx(ROWS)), members(as_ods(ROWS, [])), members(as_xlsb(ROWS, [(0, 0, 0, 8)]))
    sheet, texts = of_xlsx[b"xl/worksheets/sheet1.xml"], of_xlsx.get(b"xl/sharedStrings.xml", b"")
    assert without_bad_cells(sheet, texts) == sheet
    assert without_bad_values(of_ods[b"content.xml"]) == of_ods[b"content.xml"]
    assert without_bad_records(of_xlsb[b"xl/worksheets/sheet1.bin"], b"") == of_xlsb[b"xl/worksheets/sheet1.bin"]


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300), st.binary(max_size=60))
def test_no_bytes_stop_the_mending(made: bytes, texts: bytes) -> None:
    for mend in (without_bad_cells, without_bad_records):
        mend(made, texts)
        mend(b'<row r="1"><c r="A1"' + made + b"</c></row>", texts)
    without_bad_values(b"<table:table-cell " + made + b">")


@settings(max_examples=40, deadline=None)
@given(
    st.sampled_from(["", ' t="s"', ' t="n"', ' t="b"', ' t="e"', ' t="x"', ' t="str"']),
    st.text("0123456789abcE+-. #N/A人", max_size=6),
)
def test_whatever_a_cell_says_the_file_is_read_and_its_neighbour_is_what_it_is(kind: str, text: str) -> None:
    reading = read(xlsx_with(ROWS, "E58", f'<c r="{{a}}"{kind}><v>{text}</v></c>'))
    assert reading.status == "read"
    assert value(reading, "materials_issued") == 46.0
