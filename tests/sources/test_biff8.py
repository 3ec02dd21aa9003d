"""Workbooks of Excel 97 to 2003 as exporters write them: code pages that say nothing, streams of another name, texts over records."""

from __future__ import annotations

import io
import struct

import pytest
import xlwt

from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.reading import FileReader
from sources.workbook import FileFault, read_sheets
from tests.dialects.binaries import biff5_of, record
from tests.sources.sheets import form

KIT = reading_kit(load_dictionary([]))
PAGE = record(0x0042, struct.pack("<H", 1200))
PAGES = [936, 950, 932, 949, 1250, 1251, 1252, 10000, 10008, 32768, 65001, 437, 0]
CELLS = [["村名", "出生", "备注"], ["龙泉村", 12.0, "café ²"], ["Ⅱ组", 0.5, "完"]]


def book_of(rows: list[list[object]]) -> bytes:
    book, buffer = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    sheet = book.add_sheet("月报")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    book.save(buffer)
    return buffer.getvalue()


def with_page(data: bytes, page: int | None) -> bytes:
    assert data.count(PAGE) == 1
    return data.replace(PAGE, record(0x0042, struct.pack("<H", page)) if page is not None else record(0x0FFF, bytes(2)))


def renamed(data: bytes, name: str) -> bytes:
    made = bytearray(data)
    at = data.rindex("Workbook".encode("utf-16-le"))
    made[at : at + 64] = name.encode("utf-16-le").ljust(64, b"\0")
    struct.pack_into("<H", made, at + 64, 2 * len(name) + 2)
    return bytes(made)


@pytest.mark.parametrize("page", [*PAGES, None])
@pytest.mark.parametrize("name", ["Workbook", "Book", "WORKBOOK"])
def test_texts_are_what_they_are_whatever_the_code_page_and_the_stream_are_called(page: int | None, name: str) -> None:
    ((sheet),) = read_sheets(renamed(with_page(book_of(CELLS), page), name))[1]
    assert (sheet.name, sheet.rows) == ("月报", CELLS)


@pytest.mark.parametrize("page", PAGES)
def test_persons_are_seen_under_any_code_page(page: int) -> None:
    rows: list[list[object]] = [["姓名", "身份证号", "电话"]]
    rows += [["诸葛翀", "33010219900307567X", "13812345678"], ["欧阳珺", "440106198510121235", "15912345677"]]
    assert FileReader(KIT).read(with_page(book_of(rows), page), "a.xls").status == "quarantined"


@pytest.mark.parametrize("page", [936, 1252, 65001])
def test_a_form_under_any_code_page_says_what_it_says(page: int) -> None:
    rows = form([[str(n), i.label.zh, i.unit.label.zh, n % 7] for n, i in enumerate(load_dictionary([]).indicators.values())])
    data, reader = book_of(rows), FileReader(KIT)
    ours, theirs = (reader.read(made, "a.xls").records for made in (with_page(data, page), data))
    assert ours == theirs != ()


def biff8_of(*cells: bytes, page: int = 1200) -> bytes:
    """A workbook of BIFF8 with one sheet, and cells as given."""
    start = lambda kind: record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 1996, 0, 6))  # noqa: E731
    head, end = start(0x0005) + record(0x0042, struct.pack("<H", page)), record(0x000A, b"")
    listed = struct.pack("<IBBBB", len(head) + 14 + len(end), 0, 0, 2, 0) + b"ab"
    stream = head + record(0x0085, listed) + end + start(0x0010) + b"".join(cells) + end
    from xlwt.CompoundDoc import XlsDoc

    buffer = io.BytesIO()
    XlsDoc().save(buffer, stream)
    return buffer.getvalue()


def narrow(row: int, raw: bytes) -> bytes:
    return record(0x0204, struct.pack("<HHHHB", row, 0, 0, len(raw), 0) + raw)


def number(row: int, value: float = 1.0) -> bytes:
    return record(0x0203, struct.pack("<HHHd", row, 0, 0, value))


def formula(row: int, kind: int = 0x0006, *, is_text: bool) -> bytes:
    result = bytes((0, 0, 0, 0, 0, 0, 0xFF, 0xFF)) if is_text else struct.pack("<d", 7.0)
    return record(kind, struct.pack("<HHH", row, 0, 0) + result + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00")


TEXT = record(0x0207, struct.pack("<HB", 2, 1) + "十人".encode("utf-16-le"))


def test_bytes_of_a_code_page_where_low_bytes_should_be() -> None:
    """An exporter's mistake that Excel shows as noise; a Latin text under a Chinese code page stays one."""
    for page, raw, text in (
        (936, "龙泉村".encode("gbk"), "龙泉村"),
        (950, "龍泉村".encode("big5"), "龍泉村"),
        (65001, "龙泉村".encode(), "龙泉村"),
        (936, b"caf\xe9", "café"),
        (1252, b"caf\xe9", "café"),
        (936, b"12\xb2", "12²"),
    ):
        assert read_sheets(biff8_of(narrow(0, raw), page=page))[1][0].rows == [[text]]


@pytest.mark.parametrize("kind", [0x0006, 0x0206, 0x0406])
def test_formulas_under_any_number_of_their_record(kind: int) -> None:
    rows = read_sheets(biff8_of(formula(0, kind, is_text=False), formula(1, kind, is_text=True), TEXT, number(2)))[1][0].rows
    assert rows == [[7.0], ["十人"], [1.0]]


@pytest.mark.parametrize(
    "cells",
    [
        [formula(0, is_text=True), number(1)],  # its text is missing
        [formula(0, is_text=False), TEXT, number(1)],  # a text of no formula
        [number(0), record(0x00BD, struct.pack("<HHHIHIH", 1, 0, 0, 6, 0, 6, 5))],  # two numbers in six cells
        [number(0)[:-4]],
    ],
)
def test_records_that_contradict_each_other_are_damage(cells: list[bytes]) -> None:
    with pytest.raises(FileFault, match="damaged_file"):
        read_sheets(biff8_of(*cells))


@pytest.mark.parametrize("cell", [record(0x00FD, struct.pack("<HHHI", 0, 1, 0, 9)), number(1, float("inf"))])
def test_a_cell_that_gives_no_number_refuses_no_other(cell: bytes) -> None:
    """A text that is not in the table, infinity: what stands in the cell is no number, and the one beside it is read."""
    (sheet,) = read_sheets(biff8_of(number(0), cell))[1]
    assert sheet.rows[0][0] == 1.0 or type(sheet.rows[0][0]) is float
    assert type(sheet.rows[0][1] if len(sheet.rows[0]) > 1 else sheet.rows[1][0]) is not float


def test_one_cell_with_two_values_is_refused_with_its_place() -> None:
    with pytest.raises(FileFault, match="written_twice") as raised:
        read_sheets(biff8_of(number(0), number(0, 2.0)))
    assert raised.value.details["title_en"] == "Cell A1 of sheet 1"


def test_the_same_cell_twice_with_one_value_is_no_damage() -> None:
    assert read_sheets(biff8_of(number(0), number(0), number(1)))[1][0].rows == [[1.0], [1.0]]


def test_texts_that_go_on_in_the_next_records() -> None:
    long = ["村" * 5000, "a" * 9000, "完" * 3, "x" * 20_000]
    assert read_sheets(book_of([[text] for text in long]))[1][0].rows == [[text] for text in long]


@pytest.mark.parametrize("page", [936, 950, 932, 1251, 1252, 10000, 32768, 65001, 437])
@pytest.mark.parametrize("codec", ["gbk", "big5", "utf-8"])
def test_old_books_in_another_code_page_than_they_say(page: int, codec: str) -> None:
    """BIFF5: the texts of a whole book tell in which code page they are."""
    texts = ["村名", "期末人口", "出生人口", "死亡人口", "本月月末", "合計人口" if codec == "big5" else "合计人口"]
    raw = [text.encode(codec) for text in texts]
    cells = [record(0x0204, struct.pack("<HHHH", row, 0, 0, len(text)) + text) for row, text in enumerate(raw)]
    data = biff5_of(*cells, page=page, name="ab")
    assert [row[0] for row in read_sheets(data)[1][0].rows] == texts
