"""Bytes → sheets: the kind is decided by content, and what cannot be used says why."""

from __future__ import annotations

import io
import re
import struct
import zipfile

import openpyxl
import pytest
import python_calamine
import xlwt
from hypothesis import given
from hypothesis import strategies as st
from msoffcrypto.format.ooxml import OOXMLFile
from odf import opendocument, table, text

from sources.proven import ProvenReader
from sources.workbook import FileFault, Sheet, read_sheets
from tests.sources.sheets import csv_text, ods, xlsx

ROWS = [["村名", "户数", ""], ["龙泉村", 12.0, "是"], ["", "", 0.5]]


def _fault(data: bytes) -> str:
    with pytest.raises(FileFault) as caught:
        read_sheets(data)
    return caught.value.name


def _xls() -> bytes:
    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet("月报")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _ods() -> bytes:
    book = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name="月报")
    for row in ROWS:
        line = table.TableRow()
        for cell in row:
            kind = {"valuetype": "float", "value": str(cell)} if isinstance(cell, float) else {"valuetype": "string"} if cell else {}
            made = table.TableCell(**kind)
            if isinstance(cell, str) and cell:
                made.addElement(text.P(text=cell))
            line.addElement(made)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def test_every_format_gives_the_same_cells() -> None:
    for kind, data in {"xlsx": xlsx(ROWS), "xls": _xls(), "ods": _ods()}.items():
        found, sheets = read_sheets(data)
        assert (found, [s.name for s in sheets], [s.rows for s in sheets]) == (kind, ["月报"], [ROWS])


def test_a_file_starts_at_a1_whatever_is_blank_before() -> None:
    _, (sheet,) = read_sheets(xlsx([["", ""], ["", "村名"]]))
    assert sheet.rows == [["", ""], ["", "村名"]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk", "utf-16", "utf-16-le", "utf-16-be"])
def test_text_in_the_encodings_of_office_programs(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    kind, (sheet,) = read_sheets(mark + csv_text([["村名", "户数"], ["龙泉村，东", "12"]]).encode(encoding))
    assert (kind, sheet.rows) == ("text", [["村名", "户数"], ["龙泉村，东", "12"]])


letters = st.text(st.characters(whitelist_categories=["Lo", "Lu", "Nd", "Zs"], max_codepoint=0xFFFF), max_size=6)


@given(st.lists(st.lists(letters | st.sampled_from(['"', ",", "a\nb"]), min_size=2, max_size=4), min_size=1, max_size=5))
def test_what_was_written_as_text_is_what_is_read(rows: list[list[str]]) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        data = csv_text(rows).encode(encoding)
        if csv_text(rows)[:8192].count(",") >= max(csv_text(rows).count(mark) for mark in "\t;|"):
            assert read_sheets(data)[1][0].rows == rows


@pytest.mark.parametrize("separator", [",", "\t", ";", "|"])
def test_the_separator_is_found(separator: str) -> None:
    data = f"村名{separator}户数{separator}人口\n龙泉村{separator}12{separator}30\n".encode()
    assert read_sheets(data)[1][0].rows == [["村名", "户数", "人口"], ["龙泉村", "12", "30"]]


def test_an_empty_file() -> None:
    assert _fault(b"") == "empty_file"


@pytest.mark.parametrize("data", [bytes(range(256)) * 40, "只是一段文字".encode()])
def test_what_is_no_workbook(data: bytes) -> None:
    assert _fault(data) == "not_a_workbook"


def test_text_in_no_known_encoding() -> None:
    assert _fault(b"a,b\n" + b"\xff\xff\xff,\xff\n") == "not_a_workbook"
    assert _fault(b"\xff\xfea") == "not_a_workbook"  # half a character of UTF-16


def test_a_zip_that_is_no_workbook() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("[Content_Types].xml", "<a/>")
        file.writestr("word/document.xml", "<a/>")
    assert _fault(buffer.getvalue()) == "letter_not_a_form"


def test_letters_of_other_programs_are_no_workbooks() -> None:
    from odf import opendocument

    buffer = io.BytesIO()
    opendocument.OpenDocumentText().save(buffer)
    assert _fault(buffer.getvalue()) == "letter_not_a_form"
    letter = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(1000) + "WordDocument".encode("utf-16-le") + bytes(600)
    assert _fault(letter) == "letter_not_a_form"
    assert _fault(letter + "Workbook".encode("utf-16-le")) == "damaged_file"


def test_an_encrypted_ods_is_told_to_be_encrypted() -> None:
    """In LibreOffice's two ways: each part by itself, as the manifest lists them, or the whole package as one part."""
    buffer, whole = io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(ods(ROWS))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "META-INF/manifest.xml":
                content = content.replace(b"</manifest:manifest>", b"<manifest:encryption-data/></manifest:manifest>")
                assert b"encryption-data" in content
            new.writestr(name, bytes(range(256)) if name == "content.xml" else content)
    with zipfile.ZipFile(whole, "w") as new:
        new.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        new.writestr("encrypted-package", bytes(range(256)))
    assert _fault(buffer.getvalue()) == _fault(whole.getvalue()) == "encrypted_file"


def test_a_sheet_that_is_a_chart_is_left_out() -> None:
    book = openpyxl.load_workbook(io.BytesIO(xlsx(ROWS)))
    book.create_chartsheet("图", 0)
    buffer, proven = io.BytesIO(), ProvenReader()
    book.save(buffer)
    for _ in range(3):
        assert [(s.name, s.rows) for s in read_sheets(buffer.getvalue(), proven)[1]] == [
            (s.name, s.rows) for s in read_sheets(xlsx(ROWS))[1]
        ]


def test_a_sheet_of_excel_4_macros_is_left_out() -> None:
    """The native reader refuses the whole workbook; an old virus brings such a sheet, mostly hidden."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(ROWS))) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/workbook.xml":
                content = content.replace(b"<sheets>", b'<sheets><sheet name="Macro1" sheetId="99" state="hidden" r:id="rIdM"/>')
                assert b"rIdM" in content
            elif name == "xl/_rels/workbook.xml.rels":
                kind = b"http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet"
                relation = b'<Relationship Id="rIdM" Type="%s" Target="macrosheets/sheet1.xml"/></Relationships>' % kind
                content = content.replace(b"</Relationships>", relation)
            new.writestr(name, content)
        new.writestr("xl/macrosheets/sheet1.xml", "<xm:macrosheet xmlns:xm='http://schemas.microsoft.com/office/excel/2006/main'/>")
    data = buffer.getvalue()
    with pytest.raises(python_calamine.CalamineError):
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
    proven = ProvenReader()
    for _ in range(3):
        (sheet,) = read_sheets(data, proven)[1]
        assert sheet.rows == read_sheets(xlsx(ROWS))[1][0].rows


@pytest.mark.parametrize("cell", ["D99999999999999999999", "XFD99999"])
def test_a_cell_that_names_a_far_row_in_a_near_one(cell: str) -> None:
    """The native reader would make room for all rows before it."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(ROWS))) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b' r="A2"', f' r="{cell}"'.encode()))
    assert cell.encode() in zipfile.ZipFile(buffer).read("xl/worksheets/sheet1.xml")
    assert _fault(buffer.getvalue()) == "file_too_large"


def test_a_page_that_names_the_spreadsheet_schema_is_a_page() -> None:
    page = b'\r\r <html xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><table><tr><td>a<td>1</table></html>'
    kind, (sheet,) = read_sheets(page)
    assert kind == "html"
    assert sheet.rows == [["a", "1"]]


def test_a_table_that_is_written_with_indents_is_read() -> None:
    """As KSpread writes it; the spaces inside of texts stay."""
    rows = [["标  题 ", 1.5, ""], ["", "", "x"], ["<b> & ", 2, 3]]
    data, buffer = ods(rows), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "content.xml":
                content = re.sub(rb"(</?table:[^>]*>|</text:p>|<office:spreadsheet>)(?=<)", rb"\1\n   ", content)
                assert content.count(b"\n   ") > 20
            new.writestr(name, content)
    with pytest.raises(python_calamine.CalamineError):
        python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(buffer.getvalue())).get_sheet_by_index(0)
    assert [sheet.rows for sheet in read_sheets(buffer.getvalue())[1]] == [sheet.rows for sheet in read_sheets(data)[1]]


@pytest.mark.parametrize("share", [0.02, 0.3, 0.9, 0.999])
def test_a_file_cut_off_on_its_way_is_damaged(share: float) -> None:
    for data in (xlsx(ROWS), _ods()):
        assert _fault(data[: int(len(data) * share)]) == "damaged_file"


def test_a_sheet_that_is_no_xml_is_damaged() -> None:
    buffer = io.BytesIO(xlsx(ROWS))
    spoilt = io.BytesIO()
    with zipfile.ZipFile(buffer) as old, zipfile.ZipFile(spoilt, "w") as new:
        for name in old.namelist():
            new.writestr(name, b"<worksheet><sheetData><row" if name.endswith("sheet1.xml") else old.read(name))
    assert _fault(spoilt.getvalue()) == "damaged_file"


def test_an_encrypted_workbook() -> None:
    encrypted = io.BytesIO()
    OOXMLFile(io.BytesIO(xlsx(ROWS))).encrypt("密码", encrypted)
    assert _fault(encrypted.getvalue()) == "encrypted_file"


def test_a_small_file_that_would_unpack_to_a_huge_one_is_not_unpacked() -> None:
    data = bytearray(xlsx(ROWS))
    entry = data.index(b"PK\x01\x02")
    struct.pack_into("<I", data, entry + 24, 500 * 2**20)  # what the directory says of its first entry
    with pytest.raises(FileFault) as caught:
        read_sheets(bytes(data))
    assert (caught.value.name, dict(caught.value.details)) == ("file_too_large", {"what": "> 400 MiB"})


def test_a_sheet_with_more_cells_than_any_form_has_is_too_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.extent.MOST_CLAIMED", 600)
    assert read_sheets(xlsx([["村名"], *[[]] * 28, [""] * 19 + ["a"]]))[0] == "xlsx"  # 30 rows × 20 columns
    assert _fault(xlsx([["村名"], *[[]] * 40, [""] * 19 + ["a"]])) == "file_too_large"


def test_a_hidden_sheet_is_read_and_known_to_be_hidden() -> None:
    book = openpyxl.Workbook()
    book.active.append(["a"])  # type: ignore[union-attr]
    for name, state in (("藏", "hidden"), ("深藏", "veryHidden")):
        sheet = book.create_sheet(name)
        sheet.append([name])
        sheet.sheet_state = state
    buffer = io.BytesIO()
    book.save(buffer)
    _, sheets = read_sheets(buffer.getvalue())
    assert [(s.name, s.is_visible, s.rows) for s in sheets[1:]] == [("藏", False, [["藏"]]), ("深藏", False, [["深藏"]])]
    assert sheets[0].is_visible


def test_merged_ranges_are_told() -> None:
    _, (sheet,) = read_sheets(xlsx([["出生", "", "a"], ["", "", "b"]], [(0, 0, 1, 1)]))
    assert list(sheet.merged) == [((0, 0), (1, 1))]


def test_long_numbers_and_texts_are_what_is_filled_in() -> None:
    sheet = Sheet("月报", [["村", 13912345678.0], ["", 12.0], ["0", 0.0]])
    assert sheet.flat == ["村", 13912345678.0, "", 12.0, "0", 0.0]
    assert sheet.texts == {0: "村", 4: "0"}
    assert sheet.long_numbers() == [13912345678.0]


@given(st.binary(max_size=300), st.sampled_from([b"", b"PK\x03\x04", b"\xff\xfe", b"\xef\xbb\xbf"]))
def test_no_bytes_whatever_raise_anything_but_a_fault(data: bytes, start: bytes) -> None:
    faults = []
    try:
        kind, sheets = read_sheets(start + data)
        faults.append((kind, len(sheets)))
    except FileFault as fault:
        faults.append((fault.name, 0))
    ends = {
        ("text", 1),
        *((name, 0) for name in ("bundle", "empty_file", "not_a_workbook", "damaged_file", "encrypted_file", "file_too_large")),
        *((name, 0) for name in ("packed_otherwise", "picture_of_a_form", "letter_not_a_form", "damaged_member")),
    }
    assert set(faults) <= ends


NONSENSE = [
    "A0:I61",
    "",
    "A1:",
    "1:3",
    "A:C",
    "Sheet1!A1:C3",
    "$A$1:$C$3",
    "#REF!",
    "A1:C3 E5",
    "A1:XFD1048576",
    "A1:C99999999",
    "C9:A1",
    "A1",
]


@pytest.mark.parametrize("said", NONSENSE)
def test_what_a_sheet_says_of_its_range_is_not_gone_by(said: str) -> None:
    rows = [["村名", 1.0, 2.0], ["甲村", 2.0, 3.0], ["乙村", 4.0, 5.0]]
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx(rows))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "xl/worksheets/sheet1.xml":
                head, _, rest = content.partition(b"<dimension ")
                assert rest
                content = head + f'<dimension ref="{said}"/>'.encode() + rest.partition(b"/>")[2]
            new.writestr(name, content)
    assert read_sheets(buffer.getvalue())[1][0].rows == rows
