"""Workbooks of Excel 5 to 2003: Chinese texts, every kind of number record, and whatever damage may be done to them."""

from __future__ import annotations

import datetime as dt
import io
import struct
from random import Random

import pytest
import xlwt
from hypothesis import given
from hypothesis import strategies as st

from sources.workbook import FileFault, read_sheets
from tests.dialects.binaries import biff5_of, record
from tests.dialects.kinds import KINDS, files_of
from tests.sources.mutate import mutated


def label(row: int, column: int, text: str, kind: int = 0x0204) -> bytes:
    raw = text.encode("gbk")
    return record(kind, struct.pack("<HHHH", row, column, 0, len(raw)) + raw)


def rows_of(data: bytes) -> list[list[object]]:
    ((sheet),) = read_sheets(data)[1]
    return sheet.rows


@pytest.mark.parametrize("page", [936, 10008, 1252])
def test_chinese_texts_whatever_the_code_page_claims(page: int) -> None:
    data = biff5_of(label(0, 0, "龙泉村"), label(1, 1, "期末户数", 0x00D6), page=page)
    kind, (sheet,) = read_sheets(data)
    assert (kind, sheet.name) == ("xls", "月报")
    assert sheet.rows == [["龙泉村", ""], ["", "期末户数"]]


@pytest.mark.parametrize(
    ("packed", "value"),
    [(100 << 2 | 2, 100.0), ((-5 & 0x3FFFFFFF) << 2 | 2, -5.0), (1234 << 2 | 3, 12.34), (0x3FF00000, 1.0), (0x3FF00001, 0.01)],
)
def test_packed_numbers(packed: int, value: float) -> None:
    several = struct.pack("<HH", 1, 0) + struct.pack("<HIHI", 0, packed, 0, packed) + struct.pack("<H", 1)
    data = biff5_of(record(0x027E, struct.pack("<HHHI", 0, 0, 0, packed)), record(0x00BD, several))
    assert rows_of(data) == [[value, ""], [value, value]]


def formula(row: int, result: bytes) -> bytes:
    return record(0x0006, struct.pack("<HHH", row, 0, 0) + result + struct.pack("<HIH", 0, 0, 3) + b"\x1e\x01\x00")


def test_formulas_give_their_stored_results() -> None:
    text = record(0x0207, struct.pack("<H", 4) + "十人".encode("gbk"))
    cells = [
        formula(0, struct.pack("<d", 7.0)),
        formula(1, bytes((0, 0, 0, 0, 0, 0, 0xFF, 0xFF))) + text,
        formula(2, bytes((1, 0, 1, 0, 0, 0, 0xFF, 0xFF))),
        formula(3, bytes((2, 0, 0x07, 0, 0, 0, 0xFF, 0xFF))),
        label(4, 0, "完"),
    ]
    _, (sheet,) = read_sheets(biff5_of(*cells))
    assert sheet.rows == [[7.0], ["十人"], [True], [""], ["完"]]
    assert sheet.errors == {(3, 0): "#DIV/0!"}


@pytest.mark.parametrize(("more", "day"), [(b"", dt.date(2024, 1, 2)), (record(0x0022, b"\x01\x00"), dt.date(2028, 1, 3))])
def test_dates_of_both_calendars(more: bytes, day: dt.date) -> None:
    cells = [record(0x0203, struct.pack("<HHHd", row, 0, 1, value)) for row, value in enumerate((45293.0, 45293.5, 0.25))]
    noon = dt.datetime.combine(day, dt.time(12))
    assert rows_of(biff5_of(*cells, more=more)) == [[day], [noon], [dt.time(6)]]


def test_a_password_is_told() -> None:
    with pytest.raises(FileFault, match="encrypted_file"):
        read_sheets(biff5_of(label(0, 0, "村"), more=record(0x002F, bytes(6))))


def test_a_later_workbook_beside_an_old_one_of_the_same_file_counts() -> None:
    later = xlwt.Workbook()
    later.add_sheet("Book").write(0, 0, "Book")
    buffer = io.BytesIO()
    later.save(buffer)
    assert rows_of(buffer.getvalue()) == [["Book"]]


@given(st.integers(0, 10_000))
def test_damage_is_a_fault_and_nothing_else(seed: int) -> None:
    data = mutated(DATA, Random(seed))
    assert outcome(data) in {"read", "damaged_file", "encrypted_file", "empty_file", "not_a_workbook", "file_too_large"}


def outcome(data: bytes) -> str:
    try:
        read_sheets(data)
    except FileFault as fault:
        return fault.name
    return "read"


DATA = next(files_of(KINDS["as-xls-1995"])).data
