"""How far a sheet reaches, found before the native reader makes room for every cell up to its last one.

A slip of the hand puts a blank into XFD1048576; such a file is refused by its size, not by the memory that it would take. Costs some
microseconds for an .xlsx form; where what is written here is not enough (rows out of order), the worker's limits on time and memory hold.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator

from sources.behind import binary_records
from sources.faults import FileFault
from sources.kinds import inflated, zip_members

MOST_CLAIMED = 20_000_000
"""Cells that a sheet may say it has, blank ones counted: programs count formatted columns too."""
MOST_CELLS = 5_000_000
"""Cells from A1 to the last filled one: 20,000 villages with 250 columns."""
_MOST_OF_PART = 32 * 2**20
_WIDEST = 16_384
_ROW = re.compile(rb"<row\b[^>]*?\sr=\"(\d+)\"")
_FAR_CELL = re.compile(rb"\sr=\"[A-Z]{1,3}(\d{5,})\"")
_COLUMN = re.compile(rb"<c\b[^>]*?\sr=\"([A-Z]{1,3})\d")
_ODS = re.compile(rb"<table:(table|table-row|table-cell|covered-table-cell)(\s[^>]*?)?(/?)>")
_ROWS_REPEATED, _COLUMNS_REPEATED = (re.compile(rb"number-%s-repeated=\"(\d{1,9})\"" % what) for what in (b"rows", b"columns"))


def check_extent(kind: str, data: bytes) -> None:
    """Refuse a sheet that is larger than any list of villages.

    Raises:
        FileFault: `file_too_large`, with rows × columns. An .xls is measured where it is read (`sources.biff`).
    """
    for rows, columns in _EXTENTS[kind](data) if kind in _EXTENTS else ():
        check_size(rows, columns, MOST_CLAIMED)


def check_size(rows: int, columns: int, most: int = MOST_CELLS) -> None:
    """Refuse more than `most` cells.

    Raises:
        FileFault: `file_too_large`.
    """
    if rows * columns > most:
        raise FileFault("file_too_large", what=f"{rows} × {columns}")


def _of_xlsx(data: bytes) -> Iterator[tuple[int, int]]:
    """What each sheet's last row and its columns say; what it says of its range (dimension) may be anything, and nobody goes by it."""
    for entry in zip_members(data):
        if not entry.name.startswith(b"xl/worksheets/") or not entry.name.endswith(b".xml"):
            continue
        content = inflated(data, entry, _MOST_OF_PART)
        last = _ROW.match(content, max(0, content.rfind(b"<row ")))
        rows = int(last[1]) if last is not None else 0
        rows = max(rows, *map(int, _FAR_CELL.findall(content)), 0)  # a damaged cell may name a row that it does not stand in
        if rows * _WIDEST > MOST_CLAIMED:  # else no column can be too far
            yield rows, max(map(_column, {*_COLUMN.findall(content)}), default=0)


def _of_ods(data: bytes) -> Iterator[tuple[int, int]]:
    """Repeated rows and cells count as often as they are repeated, up to the last one that holds something."""
    content = next((inflated(data, entry, _MOST_OF_PART) for entry in zip_members(data) if entry.name == b"content.xml"), b"")
    height = width = row = again = column = 0
    for found in _ODS.finditer(content):
        what, facts = found[1], found[2] or b""
        if what == b"table":
            yield height, width
            height = width = row = again = 0
        elif what == b"table-row":
            row, column, again = row + again, 0, _repeated(_ROWS_REPEATED, facts)
        else:
            column += _repeated(_COLUMNS_REPEATED, facts)
            if b"value-type=" in facts:
                height, width = row + again, max(width, column)
    yield height, width


def _of_xlsb(data: bytes) -> Iterator[tuple[int, int]]:
    for entry in zip_members(data):
        if not entry.name.startswith(b"xl/worksheets/") or not entry.name.endswith(b".bin"):
            continue
        rows = columns = 0
        for kind, body in binary_records(inflated(data, entry, _MOST_OF_PART)):
            if kind <= 11 and len(body) >= 4:  # a row's head, or a cell: its number comes first
                (number,) = struct.unpack_from("<I", body)
                rows, columns = (max(rows, number + 1), columns) if kind == 0 else (rows, max(columns, number + 1))
        yield rows, columns


def _repeated(pattern: re.Pattern[bytes], facts: bytes) -> int:
    found = pattern.search(facts)
    return int(found[1]) if found is not None else 1


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


_EXTENTS = {"xlsx": _of_xlsx, "ods": _of_ods, "xlsb": _of_xlsb}
