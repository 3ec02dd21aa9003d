"""Workbooks of Excel 5 and 95 (BIFF5), which some programs of offices still write: read here, because the native reader gives the
Chinese texts of such files as noise.

Records after the OpenOffice documentation of the Excel file format, 5 and 6. Merged cells do not exist in this format.
"""

from __future__ import annotations

import datetime as dt
import io
import re
import struct
from collections.abc import Iterator
from typing import Any, NamedTuple

from sources.extent import check_size
from sources.faults import FileFault

_MOST = 64 * 2**20
_OLD_NAME, _NEW_NAME = "Book".encode("utf-16-le"), "Workbook".encode("utf-16-le")
_BOF, _EOF, _CODEPAGE, _FILEPASS, _DATEMODE = 0x0809, 0x000A, 0x0042, 0x002F, 0x0022
_BOUNDSHEET, _FORMAT, _XF = 0x0085, 0x041E, 0x00E0
_LABEL, _RSTRING, _NUMBER, _RK, _MULRK, _BOOLERR, _FORMULA, _STRING = 0x0204, 0x00D6, 0x0203, 0x027E, 0x00BD, 0x0205, 0x0006, 0x0207
_CODECS = {936: "gb18030", 10008: "gb18030", 950: "big5", 10002: "big5", 1200: "utf-16-le", 65001: "utf-8"}
_LATIN = "cp1252"
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General', re.IGNORECASE)
_DATE_LETTER = re.compile("[ymdhs]", re.IGNORECASE)


class OldSheet(NamedTuple):
    """One sheet: its place among all sheets (from 0), its name, its cells from A1 on as a rectangle, whether it is shown."""

    number: int
    name: str
    rows: list[list[Any]]
    is_visible: bool


def is_biff5(data: bytes) -> bool:
    """Whether a compound file holds a workbook of Excel 5 or 95, and none of a later version beside it."""
    return _OLD_NAME in data and _NEW_NAME not in data


def read_biff5(data: bytes) -> list[OldSheet]:
    """All worksheets. Charts and macro sheets are left out, as the native reader leaves them out.

    Raises:
        FileFault: damaged, encrypted, too large.
    """
    stream = _stream(data)
    book = _Book(stream)
    try:
        return [
            OldSheet(number, book.text(name), _rows(book, at), state == 0)
            for number, (name, at, state, kind) in enumerate(book.sheets)
            if kind == 0
        ]
    except (struct.error, IndexError, OverflowError):
        raise FileFault("damaged_file") from None


def _stream(data: bytes) -> bytes:
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            found: bytes = container.openstream("Book").read(_MOST)
    except Exception:  # whatever a damaged container makes the library raise
        raise FileFault("damaged_file") from None
    return found


def _records(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream, from its BOF to its EOF; those of charts inside it are left out."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += kind == _BOF
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        depth -= kind == _EOF
        if depth <= 0:
            return
        at += 4 + size
    raise FileFault("damaged_file")  # cut off: no end of the substream


class _Book:
    """What stands before the sheets: code page, calendar, number formats, where each sheet begins."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.sheets: list[tuple[bytes, int, int, int]] = []
        self._codec = _LATIN
        self._is_1904 = False
        self._formats: dict[int, bytes] = {}
        self._looks: list[int] = []
        try:
            for kind, body in _records(stream, 0):
                self._take(kind, body)
        except struct.error:
            raise FileFault("damaged_file") from None
        self._dates = [
            number in _DATE_FORMATS or _DATE_LETTER.search(_LITERAL.sub("", self.text(self._formats.get(number, b"")))) is not None
            for number in self._looks
        ]

    def _take(self, kind: int, body: bytes) -> None:
        if kind == _FILEPASS:
            raise FileFault("encrypted_file")
        if kind == _CODEPAGE:
            (page,) = struct.unpack_from("<H", body)
            self._codec = _CODECS.get(page, _LATIN)
        elif kind == _DATEMODE:
            self._is_1904 = body[:1] == b"\x01"
        elif kind == _FORMAT:
            number, size = struct.unpack_from("<HB", body)
            self._formats[number] = body[3 : 3 + size]
        elif kind == _XF:
            self._looks.append(struct.unpack_from("<HH", body)[1])
        elif kind == _BOUNDSHEET:
            at, state, sort, size = struct.unpack_from("<IBBB", body)
            self.sheets.append((body[7 : 7 + size], at, state & 3, sort))

    def text(self, raw: bytes) -> str:
        """A text in the book's code page. Programs that never set one write the code page of Chinese Windows."""
        if raw.isascii():
            return raw.decode("ascii")
        if self._codec == _LATIN:
            try:
                return raw.decode("gb18030")
            except UnicodeDecodeError:
                return raw.decode(_LATIN, "replace")
        return raw.decode(self._codec, "replace")

    def number(self, value: float, look: int) -> Any:
        """A number, or what its cell's format makes of it: a date, a time, or both."""
        if look >= len(self._dates) or not self._dates[look] or not 0 <= value < 2_958_466:
            return value
        if value < 1:
            return (dt.datetime(1900, 1, 1) + dt.timedelta(days=value)).time()
        start = dt.datetime(1904, 1, 1) if self._is_1904 else dt.datetime(1899, 12, 30)
        moment = start + dt.timedelta(days=value)
        return moment.date() if value == int(value) else moment


def _rows(book: _Book, at: int) -> list[list[Any]]:
    cells: dict[tuple[int, int], Any] = {}
    waiting: tuple[int, int] | None = None  # a formula whose text comes in the next record
    for kind, body in _records(book.stream, at):
        if kind == _STRING and waiting is not None:
            (size,) = struct.unpack_from("<H", body)
            cells[waiting] = book.text(body[2 : 2 + size])
            waiting = None
        elif kind in (_LABEL, _RSTRING):
            row, column, _, size = struct.unpack_from("<HHHH", body)
            cells[row, column] = book.text(body[8 : 8 + size])
        elif kind == _NUMBER:
            row, column, look, value = struct.unpack_from("<HHHd", body)
            cells[row, column] = book.number(value, look)
        elif kind == _RK:
            row, column, look, packed = struct.unpack_from("<HHHI", body)
            cells[row, column] = book.number(_unpacked(packed), look)
        elif kind == _MULRK:
            row, column = struct.unpack_from("<HH", body)
            for n in range((len(body) - 6) // 6):
                look, packed = struct.unpack_from("<HI", body, 4 + 6 * n)
                cells[row, column + n] = book.number(_unpacked(packed), look)
        elif kind == _BOOLERR:
            row, column, _, value, is_error = struct.unpack_from("<HHHBB", body)
            if not is_error:  # errors are told by `sources.behind`
                cells[row, column] = bool(value)
        elif kind == _FORMULA:
            row, column, look = struct.unpack_from("<HHH", body)
            if body[12:14] != b"\xff\xff":
                cells[row, column] = book.number(struct.unpack_from("<d", body, 6)[0], look)
            elif body[6] == 0:
                waiting = (row, column)
            elif body[6] == 1:
                cells[row, column] = bool(body[8])
    height, width = (max((place[n] for place in cells), default=-1) + 1 for n in (0, 1))
    check_size(height, width)
    rows: list[list[Any]] = [[""] * width for _ in range(height)]
    for (row, column), cell in cells.items():
        rows[row][column] = cell
    return rows


def _unpacked(packed: int) -> float:
    """An RK value: 30 bits of a whole number or of a float, perhaps times 100."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        (value,) = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))
    return value / 100 if packed & 1 else value
