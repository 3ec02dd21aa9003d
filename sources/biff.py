"""Workbooks of Excel 5 to 2003 (.xls, .et): the records of BIFF5 and BIFF8, read here and not by the native reader.

The native reader takes the texts of a book by its CODEPAGE record, which many exporters fill with anything, and passes over what it
cannot make out. A book is read whole here or refused: records that contradict each other are damage. .xls has no checksum; see
`_Sheet._check` for what can be told without one. Records after [MS-XLS] and the OpenOffice documentation of the Excel file format.
"""

from __future__ import annotations

import datetime as dt
import re
import struct
from collections.abc import Callable
from itertools import groupby, pairwise
from typing import Any, NamedTuple

from sources.bifftext import BrokenTextError, codec_of, continued_text, shared_texts, wide_text
from sources.chains import book_stream
from sources.extent import check_size
from sources.faults import FileFault
from sources.merges import upright
from sources.twice import written_twice
from sources.values import DAMAGED

Merge = tuple[tuple[int, int], tuple[int, int]]
_BOF, _EOF, _CODEPAGE, _FILEPASS, _DATEMODE, _CONTINUE = 0x0809, 0x000A, 0x0042, 0x002F, 0x0022, 0x003C
_BOUNDSHEET, _FORMAT, _XF, _SST, _MERGED = 0x0085, 0x041E, 0x00E0, 0x00FC, 0x00E5
_LABEL, _RSTRING, _NUMBER, _RK, _MULRK, _BOOLERR, _STRING = 0x0204, 0x00D6, 0x0203, 0x027E, 0x00BD, 0x0205, 0x0207
_LABELSST, _BLANK, _MULBLANK, _ROW = 0x00FD, 0x0201, 0x00BE, 0x0208
_FORMULAS = frozenset((0x0006, 0x0206, 0x0406))
"""Some programs number a formula's record as Excel 3 and 4 did."""
_OF_FORMULA = frozenset((0x0221, 0x04BC, 0x0236, _CONTINUE))
"""What may stand between a formula and its text: the formula of an array, of several cells, of a table."""
_OF_CELLS = _OF_FORMULA | {_ROW, _STRING, 0x00D7, 0x0020, 0x0051, 0x00C2}
_OLD, _NEW = 0x0500, 0x0600
_WORKSHEET, _MACROS, _OF_WORKSHEET = 0, 1, 0x0010
_DATE_FORMATS = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_ELAPSED = 46
_HOURS = re.compile(r"\[(?:h+|m+|s+)\]", re.IGNORECASE)
_LITERAL = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|General', re.IGNORECASE)
_DATE_LETTER = re.compile("[ymdhs]", re.IGNORECASE)
_FEW_ASTRAY = 2
_two: Callable[[bytes, int], tuple[int, int]] = struct.Struct("<HH").unpack_from
_BROKEN = (struct.error, IndexError, KeyError, OverflowError, BrokenTextError)


class BinarySheet(NamedTuple):
    """One sheet: its place among all (from 0), its name, its cells from A1 on as a rectangle, whether it is shown, what is merged."""

    number: int
    name: str
    rows: list[list[Any]]
    is_visible: bool
    merged: list[Merge]


def read_biff(data: bytes) -> list[BinarySheet]:
    """All worksheets, and sheets of macros (their texts may be of persons). Charts are left out.

    Raises:
        FileFault: damaged, encrypted, too large, no workbook.
    """
    stream = book_stream(data)
    if len(stream) < 8 or _two(stream, 0)[0] != _BOF:
        raise FileFault("damaged_file")
    try:
        book = _Book(stream)
        wanted = (_WORKSHEET, _MACROS) if book.version == _NEW else (_WORKSHEET,)
        return [book.sheet(number) for number, told in enumerate(book.sheets) if told.kind in wanted]
    except _BROKEN:
        raise FileFault("damaged_file") from None


class _Told(NamedTuple):
    """A BOUNDSHEET record."""

    name: bytes
    at: int
    state: int
    kind: int


class _Book:
    """What stands before the sheets: version, code page, calendar, number formats, shared texts, where each sheet begins."""

    def __init__(self, stream: bytes) -> None:
        self.stream = stream
        self.version: int = _two(stream, 4)[0]
        if self.version not in (_OLD, _NEW):
            raise FileFault("not_a_workbook")
        self.sheets: list[_Told] = []
        self.page: int | None = None
        self.texts: list[str] = []
        self._is_1904 = False
        self._formats: dict[int, bytes] = {}
        self._looks: list[int] = []
        end = self._take_all()
        self._starts = {told.at for told in self.sheets}
        self._codec = "" if self.version == _NEW else codec_of(_old_texts(stream), self.page)
        self._dates = [self._kind_of_format(number) for number in self._looks]
        self._next_is_listed(end)

    def _take_all(self) -> int:
        stream, at, depth, kind = self.stream, 0, 0, 0
        shared: list[bytes] = []
        while True:
            before = kind
            kind, size = _two(stream, at)
            body = stream[at + 4 : at + 4 + size]
            if len(body) < size:
                raise FileFault("damaged_file")  # cut off
            at += 4 + size
            depth += (kind == _BOF) - (kind == _EOF)
            if depth == 0:
                break
            if kind == _CONTINUE:
                if shared and before == _SST:
                    shared.append(body)
                kind = before
            elif kind == _SST:
                shared = [body]
            else:
                self._take(kind, body)
        if shared:
            self.texts = shared_texts(shared, self.page or 0)
        return at

    def _take(self, kind: int, body: bytes) -> None:
        if kind == _FILEPASS:
            raise FileFault("encrypted_file")
        if kind == _CODEPAGE:
            self.page = struct.unpack_from("<H", body)[0]
        elif kind == _DATEMODE:
            self._is_1904 = body[:1] == b"\x01"
        elif kind == _FORMAT:
            self._formats[struct.unpack_from("<H", body)[0]] = body[2:]
        elif kind == _XF:
            self._looks.append(_two(body, 0)[1])
        elif kind == _BOUNDSHEET:
            at, state, sort = struct.unpack_from("<IBB", body)
            self.sheets.append(_Told(body[6:], at, state & 3, sort))

    def _next_is_listed(self, at: int) -> None:
        """What follows a substream is a sheet of the list, or the end.

        Raises:
            FileFault: it is a sheet that the list does not have: the list is damaged.
        """
        if self.stream[at : at + 2] == b"\x09\x08" and at not in self._starts:
            raise FileFault("damaged_file")

    def short_text(self, body: bytes) -> str:
        """A name: one byte of length before it."""
        return wide_text(body, 1, body[0], self.page or 0) if self.version == _NEW else self.old_text(body[1 : 1 + body[0]])

    def old_text(self, raw: bytes) -> str:
        """A text of a BIFF5 book."""
        return raw.decode("ascii") if raw.isascii() else raw.decode(self._codec, "replace")

    def text(self, body: bytes, at: int) -> str:
        """A text in a cell or of a number format: two bytes of length before it."""
        if self.version == _NEW:
            return continued_text([body], at, self.page or 0)
        (size,) = struct.unpack_from("<H", body, at)
        if at + 2 + size > len(body):
            raise BrokenTextError
        return self.old_text(body[at + 2 : at + 2 + size])

    def _kind_of_format(self, number: int) -> str:
        """'date', 'time' that runs on past a day, or '' for numbers."""
        body = self._formats.get(number, b"")
        if not body:
            return "time" if number == _ELAPSED else "date" if number in _DATE_FORMATS else ""
        told = self.text(body, 0) if self.version == _NEW else self.old_text(body[1 : 1 + body[0]])
        if _HOURS.search(told) is not None:
            return "time"
        return "date" if number in _DATE_FORMATS or _DATE_LETTER.search(_LITERAL.sub("", told)) is not None else ""

    def number(self, value: float, look: int) -> Any:
        """A number, or what its cell's format makes of it: a date, a time, or both."""
        if look >= len(self._dates) or not (kind := self._dates[look]) or not 0 <= value < 2_958_466:
            return value
        passed = dt.timedelta(milliseconds=round(value * 86_400_000))
        if kind == "time":
            return passed
        if value < 1:
            return (dt.datetime(1900, 1, 1) + passed).time()
        first = dt.datetime(1899, 12, 31 if value < 60 else 30)  # Excel knows a 29th of February 1900
        moment = (dt.datetime(1904, 1, 1) if self._is_1904 else first) + passed
        return moment.date() if value == int(value) else moment

    def sheet(self, number: int) -> BinarySheet:
        """The cells of a sheet by its place among all."""
        told = self.sheets[number]
        made = _Sheet(self, number)
        self._next_is_listed(made.read(told.at))
        return BinarySheet(number, self.short_text(told.name), made.rows(), told.state == 0, list(upright(made.merged)))


class _Sheet:
    """The records of one sheet, taken one after the other."""

    def __init__(self, book: _Book, number: int) -> None:
        self._book, self._number = book, number
        self._keys: list[int] = []
        self._values: list[Any] = []
        self._reach: dict[int, tuple[int, int]] = {}
        self.merged: list[Merge] = []
        self._take: dict[int, Callable[[bytes], None]] = {
            _LABEL: self._label, _RSTRING: self._label, _RK: self._rk, _MULRK: self._rks, _BOOLERR: self._truth,
            _BLANK: self._blank, _MULBLANK: self._blanks, _MERGED: self._merges, _ROW: self._row,
        }  # fmt: skip

    def read(self, at: int) -> int:
        """Take the records of the substream that begins at `at`; where the next one begins."""
        stream, end, book = self._book.stream, len(self._book.stream), self._book
        if at < 8 or _two(stream, at)[0] != _BOF:
            raise FileFault("damaged_file")
        keys, values, texts, number, other = self._keys, self._values, book.texts, book.number, self._take
        shared, plain = struct.Struct("<HHHI").unpack_from, struct.Struct("<HHHd").unpack_from
        depth, waiting = 0, -1  # a formula whose text comes in a later record
        strange = 0  # how many cells stood before the last record that is nothing of cells
        while True:
            kind, size = _two(stream, at)
            here, at = at + 4, at + 4 + size
            if at > end:
                raise FileFault("damaged_file")  # cut off: no end of the substream
            if kind in (_BOF, _EOF):
                depth += 1 if kind == _BOF else -1
                if depth == 0:
                    break
            elif depth > 1:
                continue  # a chart inside the sheet
            elif waiting >= 0 and kind not in _OF_FORMULA:
                if kind != _STRING:
                    raise FileFault("damaged_file")
                text, at = self._text_of_formula(here, at)
                keys.append(waiting)
                values.append(text)
                waiting = -1
            elif kind == _LABELSST:
                row, column, _, n = shared(stream, here)
                keys.append(row << 16 | column)
                values.append(texts[n] if n < len(texts) else f"{DAMAGED}{n}")
                if size != 10:
                    raise FileFault("damaged_file")
            elif kind == _NUMBER:
                row, column, look, value = plain(stream, here)
                keys.append(row << 16 | column)
                values.append(number(value, look))
                if size != 14:
                    raise FileFault("damaged_file")
            elif kind in other:
                other[kind](stream[here:at])
            elif kind in _FORMULAS:
                waiting = self._formula(stream[here:at])
            elif kind == _STRING:
                raise FileFault("damaged_file")  # the text of no formula
            elif kind not in _OF_CELLS and keys:
                strange = len(keys)
        self._check(is_broken_up=0 < strange < len(keys))
        return at

    def _text_of_formula(self, here: int, at: int) -> tuple[str, int]:
        """The text of a STRING record and of those that continue it; where the next record begins."""
        stream = self._book.stream
        if self._book.version == _OLD:
            return self._book.text(stream[here:at], 0), at
        pieces = [stream[here:at]]
        while at + 4 <= len(stream) and _two(stream, at)[0] == _CONTINUE:
            size = _two(stream, at)[1]
            pieces.append(stream[at + 4 : at + 4 + size])
            at += 4 + size
        return continued_text(pieces, 0, self._book.page or 0), at

    def _put(self, row: int, column: int, value: Any) -> None:
        self._keys.append(row << 16 | column)
        self._values.append(value)

    def _label(self, body: bytes) -> None:
        row, column = _two(body, 0)
        self._put(row, column, self._book.text(body, 6))

    def _rk(self, body: bytes) -> None:
        row, column, look, packed = struct.unpack("<HHHI", body)
        self._put(row, column, self._book.number(_unpacked(packed), look))

    def _rks(self, body: bytes) -> None:
        row, first = _two(body, 0)
        count, rest = divmod(len(body) - 6, 6)
        if rest or struct.unpack_from("<H", body, len(body) - 2)[0] != first + count - 1:
            raise FileFault("damaged_file")
        for n in range(count):
            look, packed = struct.unpack_from("<HI", body, 4 + 6 * n)
            self._put(row, first + n, self._book.number(_unpacked(packed), look))

    def _truth(self, body: bytes) -> None:
        row, column, _, value, is_error = struct.unpack_from("<HHHBB", body)
        if not is_error:  # errors are told by `sources.behind`
            self._put(row, column, bool(value))

    def _blank(self, body: bytes) -> None:
        if len(body) != 6:
            raise FileFault("damaged_file")

    def _blanks(self, body: bytes) -> None:
        first, last = struct.unpack_from("<H", body, 2)[0], struct.unpack_from("<H", body, len(body) - 2)[0]
        if len(body) != 6 + 2 * (last - first + 1):
            raise FileFault("damaged_file")

    def _formula(self, body: bytes) -> int:
        """A formula's stored result; its cell, if the result is a text that is still to come, else -1."""
        row, column, look = struct.unpack_from("<HHH", body)
        if len(body) < 16:
            raise FileFault("damaged_file")
        if body[12:14] != b"\xff\xff":
            self._put(row, column, self._book.number(struct.unpack_from("<d", body, 6)[0], look))
        elif body[6] == 0:
            return int(row << 16 | column)
        elif body[6] == 1:
            self._put(row, column, bool(body[8]))
        return -1

    def _row(self, body: bytes) -> None:
        row, first, after = struct.unpack_from("<HHH", body)
        if len(body) != 16:
            raise FileFault("damaged_file")
        self._reach[row] = first, after

    def _merges(self, body: bytes) -> None:
        for n in range(struct.unpack_from("<H", body)[0]):
            top, bottom, left, right = struct.unpack_from("<4H", body, 2 + 8 * n)
            self.merged.append(((top, left), (bottom, right)))

    def _check(self, *, is_broken_up: bool) -> None:
        """What records say of each other. No figure stands in two cells' places with two values; and programs that describe their rows
        (ROW: Excel, WPS, LibreOffice, POI, xlwt) write a row's cells in order, with nothing else between them, each within the reach of its
        row: one that stands apart is damage, many are a program's habit.

        Args:
            is_broken_up: cells follow a record that is nothing of cells.

        Raises:
            FileFault: `written_twice`, `damaged_file`. A bit that changed inside a number or a text leaves no trace: .xls has no checksum.
        """
        keys, reach = self._keys, self._reach
        cells = dict(zip(keys, self._values, strict=True))
        if len(cells) != len(keys) and any(cells[key] != value for key, value in zip(keys, self._values, strict=True)):
            raise written_twice(
                self._number + 1, *divmod(next(k for k, v in zip(keys, self._values, strict=True) if cells[k] != v), 1 << 16)
            )
        if not reach:
            return
        n_beyond = sum(not (row := reach.get(key >> 16, (0, 0)))[0] <= key & 0xFFFF < row[1] for key in keys)
        if n_beyond > _FEW_ASTRAY:
            return
        # xlwt writes blanks below a merge where it likes, and whole rows in the order in which they were begun.
        filled = [key for key, value in zip(keys, self._values, strict=True) if value != ""]
        runs = [row for row, _ in groupby(key >> 16 for key in filled)]
        n_within = sum(key >= following for key, following in pairwise(filled) if key >> 16 == following >> 16)
        n_astray = n_beyond + n_within + len(runs) - len(set(runs)) + is_broken_up
        if 0 < n_astray <= 2 * _FEW_ASTRAY:
            raise FileFault("damaged_file")

    def rows(self) -> list[list[Any]]:
        """The cells as a rectangle from A1 on."""
        keys = self._keys
        height, width = (max(keys) >> 16) + 1 if keys else 0, max((key & 0xFFFF for key in keys), default=-1) + 1
        check_size(height, width)
        rows: list[list[Any]] = [[""] * width for _ in range(height)]
        for key, value in zip(keys, self._values, strict=True):
            rows[key >> 16][key & 0xFFFF] = value
        return rows


def _old_texts(stream: bytes) -> list[bytes]:
    """The texts of a BIFF5 book: its sheets' names, its cells."""
    found = []
    at = 0
    while at + 4 <= len(stream):
        kind, size = _two(stream, at)
        if kind in (_LABEL, _RSTRING):
            found.append(stream[at + 12 : at + 4 + size])
        elif kind == _STRING:
            found.append(stream[at + 6 : at + 4 + size])
        elif kind == _BOUNDSHEET:
            found.append(stream[at + 11 : at + 4 + size])
        at += 4 + size
    return found


def _unpacked(packed: int) -> float:
    """An RK value: 30 bits of a whole number or of a float, perhaps times 100."""
    if packed & 2:
        value = float((packed >> 2) - (1 << 30 if packed & 0x80000000 else 0))
    else:
        (value,) = struct.unpack("<d", struct.pack("<II", 0, packed & 0xFFFFFFFC))
    return value / 100 if packed & 1 else value
