"""Compound files whose sectors lead in circles: told to be damaged before the native reader fills its memory with them."""

from __future__ import annotations

import io
import random
import struct
from collections.abc import Callable
from contextlib import suppress

import olefile
import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from sources.chains import book_stream
from sources.faults import FileFault
from sources.workbook import read_sheets
from tests.dialects.binaries import by_biff5
from tests.dialects.kinds import made


def book(rows: int = 60) -> bytes:
    made = xlwt.Workbook(encoding="utf-8")
    sheet = made.add_sheet("月报")
    for row in range(rows):
        for column in range(8):
            sheet.write(row, column, f"第{row}行" if column == 0 else row * column)
    buffer = io.BytesIO()
    made.save(buffer)
    return buffer.getvalue()


BOOK = book()
DIRECTORY, TABLE = struct.unpack_from("<I", BOOK, 48)[0], struct.unpack_from("<I", BOOK, 76)[0]


def patched(at: int, *numbers: int, data: bytes = BOOK) -> bytes:
    made = bytearray(data)
    struct.pack_into(f"<{len(numbers)}I", made, at, *numbers)
    return bytes(made)


def of_table(sector: int) -> int:
    """Where the table says what follows a sector."""
    return (TABLE + 1) * 512 + 4 * sector


def first_of_book() -> int:
    start = (DIRECTORY + 1) * 512
    at = next(at for at in range(start, start + 512, 128) if BOOK[at : at + 16] == "Workbook".encode("utf-16-le"))
    found: int = struct.unpack_from("<I", BOOK, at + 116)[0]
    return found


CIRCLES: dict[str, Callable[[], bytes]] = {
    "the book's chain comes back to its first sector": lambda: patched(of_table(first_of_book() + 2), first_of_book()),
    "a sector follows itself": lambda: patched(of_table(first_of_book() + 1), first_of_book() + 1),
    "the table is all zeros": lambda: patched(of_table(0), *[0] * 128),
    "the directory follows itself": lambda: patched(of_table(DIRECTORY), DIRECTORY),
    "the list of tables leads to itself": lambda: patched(512 * 4 - 4, 2, data=patched(68, 2, 1)),
    "a table lies terabytes away": lambda: patched(76, 0xF0000000),
    "the list of tables lies terabytes away": lambda: patched(68, 0xF0000000, 1),
    "the mini table follows itself": lambda: patched(60, 1, 1, data=patched(of_table(1), 1)),
}


@pytest.mark.parametrize("how", CIRCLES)
def test_what_never_ends_is_damaged(how: str) -> None:
    with pytest.raises(FileFault) as told:
        read_sheets(CIRCLES[how]())
    assert told.value.name == "damaged_file"


@pytest.mark.parametrize("data", [BOOK, book(3), book(3000), by_biff5(made("sections", (), random.Random(1)))])
def test_the_stream_is_the_one_that_olefile_finds(data: bytes) -> None:
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        name = "Workbook" if container.exists("Workbook") else "Book"
        assert book_stream(data) == container.openstream(name).read()


def test_a_small_book_lies_in_the_mini_stream() -> None:
    """Header, table (sector 0), directory (1), mini table (2), mini stream (3)."""
    content = b"\x09\x08" + bytes(range(98))
    header = struct.pack("<8s16xHHHHH6xIIII4xIIIII", olefile.MAGIC, 62, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 2, 1, 0xFFFFFFFE, 0, 0)
    header = header[:56] + struct.pack("<I", 4096) + struct.pack("<IIIII", 2, 1, 0xFFFFFFFE, 0, 0) + b"\xff" * 432
    table = struct.pack("<4I", 0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFE, 0xFFFFFFFE) + b"\xff" * 496

    def entry(name: str, kind: int, child: int, start: int, size: int) -> bytes:
        written = name.encode("utf-16-le")
        return struct.pack("<64sHBBIII36xII4x", written, len(written) + 2, kind, 1, 0xFFFFFFFF, 0xFFFFFFFF, child, start, size)

    directory = entry("Root Entry", 5, 1, 3, 128) + entry("Book", 2, 0xFFFFFFFF, 0, len(content)) + bytes(256)
    minis = struct.pack("<2I", 1, 0xFFFFFFFE) + b"\xff" * 504
    data = header + table + directory + minis + content.ljust(512, b"\0")
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        assert container.openstream("Book").read() == content
    assert book_stream(data) == content
    circle = header + table + directory + struct.pack("<2I", 1, 0) + b"\xff" * 504 + content.ljust(512, b"\0")
    with pytest.raises(FileFault):
        book_stream(circle)


def test_of_a_file_that_was_cut_off_the_native_reader_reads_what_there_is() -> None:
    """The last sectors hold the directory here, so the cut is made in a gap that is put behind them."""
    longer = patched(of_table(first_of_book()), first_of_book() + 1) + bytes(300)
    assert read_sheets(longer)[1][0].rows == read_sheets(BOOK)[1][0].rows
    assert read_sheets(longer[:-200])[1][0].rows == read_sheets(BOOK)[1][0].rows


@given(st.binary(max_size=3000))
def test_noise_behind_the_signature_is_damaged_or_empty(noise: bytes) -> None:
    with suppress(FileFault):
        assert book_stream(olefile.MAGIC + noise) == b""


def record(kind: int) -> int:
    """Where the first record of that kind stands in the file; the book's sectors follow each other."""
    at = (first_of_book() + 1) * 512
    while True:
        here, size = struct.unpack_from("<HH", BOOK, at)
        if here == kind:
            return at + 4
        at += 4 + size


def test_a_cell_at_the_other_end_of_the_world_asks_for_gigabytes() -> None:
    made = bytearray(BOOK)
    made[record(0x00FD) : record(0x00FD) + 4] = struct.pack("<2H", 61_981, 26_878)
    with pytest.raises(FileFault):
        read_sheets(bytes(made))


@pytest.mark.parametrize("content", [(500_000, 3, 0, 8), (0, 60, 9, 8), (0, 1_000_000, 0, 30_000), (0, 0, 0, 0)])
def test_what_a_book_says_of_its_sheets_reach_is_of_no_account(content: tuple[int, ...]) -> None:
    """Excel and LibreOffice open such books: rows that end before they begin, a million rows, none."""
    made = bytearray(BOOK)
    made[record(0x0200) : record(0x0200) + 12] = struct.pack("<2I2H", *content)
    assert [sheet.rows for sheet in read_sheets(bytes(made))[1]] == [sheet.rows for sheet in read_sheets(BOOK)[1]]


@pytest.mark.parametrize("method", [0, 1])
def test_an_encrypted_workbook_is_told_to_be_encrypted(method: int) -> None:
    """A FILEPASS record stands behind the first BOF, and the records after it are noise."""
    made = bytearray(BOOK)
    made[record(0x00FD) : record(0x00FD) + 4] = struct.pack("<2H", 61_981, 26_878)
    at = (first_of_book() + 1) * 512 + 20  # behind the first BOF
    assert struct.unpack_from("<H", BOOK, at + 2)[0] >= 2
    made[at : at + 2], made[at + 4 : at + 6] = struct.pack("<H", 0x002F), struct.pack("<H", method)
    with pytest.raises(FileFault) as told:
        read_sheets(bytes(made))
    assert told.value.name == "encrypted_file"
