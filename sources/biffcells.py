"""What the records of an .xls (BIFF5 to 8) say of cells besides their values: errors, formulas and their results, how they look.

The native reader gives values only. The workbook's own records (fonts, formats) are looked through for every file, a sheet's only where
something is to be looked up, or where a format of the workbook strikes, raises or shows shares.
"""

from __future__ import annotations

import contextlib
import struct
from collections.abc import Iterator
from functools import partial
from typing import Any, NamedTuple

from sources.bifftext import codec_of, wide_text
from sources.chains import book_stream
from sources.doubts import Doubts, Run, doubt_of, struck_whole
from sources.faults import FileFault
from sources.numberforms import SHARE_FORMATS, doubt_of_form, is_looked_at
from sources.tokens import result_of_tokens
from sources.uncalculated import Reckoned

Place = tuple[int, int]
BIFF_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_BOF, _EOF, _FONT, _FORMAT, _XF, _SST, _CONTINUE, _BOUNDSHEET = 0x0809, 0x000A, 0x0031, 0x041E, 0x00E0, 0x00FC, 0x003C, 0x0085
_NUMBER, _RK, _MULRK, _LABEL, _LABELSST, _RSTRING, _BOOLERR, _FORMULA = 0x0203, 0x027E, 0x00BD, 0x0204, 0x00FD, 0x00D6, 0x0205, 0x0006
_CODEPAGE = 0x0042
_IS_STYLE, _IS_STRUCK = 0x0004, 0x0008
_EMPTY_TEXT = b"\x17\x00"


class Font(NamedTuple):
    """Whether it strikes out, whether it raises or lowers."""

    is_struck: bool
    is_raised: bool


class BiffBook:
    """A workbook's own records, and of its sheets what is asked for."""

    def __init__(self, data: bytes) -> None:
        try:
            self._stream = book_stream(data)
        except FileFault:
            self._stream = b""
        self._fonts: list[Font] = []
        self._codes: dict[int, bytes] = dict.fromkeys(SHARE_FORMATS, b"\x02\x00\x000%")
        self._looks: list[tuple[int, int, bool]] = []
        self._texts: list[bytes] = []
        self._begins: list[int] = []
        self._page, self._codec = 0, ""
        self.version = 8
        self.struck: set[int] = set()
        self.forms: dict[int, str] = {}
        self._is_read = False

    def _read_once(self) -> None:
        if self._is_read:
            return
        self._is_read = True
        with contextlib.suppress(struct.error):
            self._read_head()
        self.struck = {n for n, (font, _, is_style) in enumerate(self._looks) if not is_style and self._font(font).is_struck}
        if self.version == 5:
            self._codec = codec_of([body[1:] for body in self._codes.values()], self._page)
        for n, (_, form, is_style) in enumerate(self._looks):
            code = self._code(self._codes[form]) if not is_style and form in self._codes else "General"
            if is_looked_at(code):  # the reader makes dates of those that it knows
                self.forms[n] = code

    def sheet(self, number: int) -> BiffCells:
        """The records of the sheet at a position (from 0)."""
        self._read_once()
        return BiffCells(self, self._stream, self._begins[number] if number < len(self._begins) else len(self._stream))

    def marks(self, number: int) -> Doubts:
        """The doubtful cells of a sheet."""
        self._read_once()
        if not self.struck and not self.forms and not any(font.is_struck or font.is_raised for font in self._fonts):
            return {}
        return self.sheet(number).marks()

    def runs_of(self, text: str, starts: list[tuple[int, int]]) -> list[Run]:
        """The pieces of a text, given where each further font begins."""
        places = [(0, Font(is_struck=False, is_raised=False)), *((at, self._font(font)) for at, font in starts)]
        ends = [at for at, _ in places[1:]] + [len(text)]
        return [(text[at:end], *font) for (at, font), end in zip(places, ends, strict=True)]

    def rich_texts(self) -> dict[int, list[Run]]:
        """The shared texts that have fonts of their own, by their number."""
        found: dict[int, list[Run]] = {}
        if self._texts and any(font.is_struck or font.is_raised for font in self._fonts):
            try:
                for n, (text, starts) in enumerate(_shared_texts(self._texts)):
                    if starts:
                        found[n] = self.runs_of(text, starts)
            except (struct.error, IndexError):
                pass
        return found

    def _font(self, number: int) -> Font:
        """Fonts are counted without a fourth one."""
        at = number - (number > 4)
        return self._fonts[at] if at < len(self._fonts) else Font(is_struck=False, is_raised=False)

    def _code(self, body: bytes) -> str:
        """A format's code: in bytes (BIFF5), or with flags (BIFF8)."""
        if self.version == 5:
            return body[1 : 1 + body[0]].decode(self._codec, "replace") if body else ""
        return wide_text(body, 2, struct.unpack_from("<H", body)[0], self._page)

    def _read_head(self) -> None:
        last = 0
        for kind, body in _substream(self._stream, 0):
            if kind == _FONT:
                flags, raised = struct.unpack_from("<2xH4xH", body)
                self._fonts.append(Font(bool(flags & _IS_STRUCK), raised in (1, 2)))
            elif kind == _FORMAT:
                self._codes[struct.unpack_from("<H", body)[0]] = body[2:]
            elif kind == _XF:
                font, form, flags = struct.unpack_from("<HHH", body)
                self._looks.append((font, form, bool(flags & _IS_STYLE)))
            elif kind == _BOUNDSHEET:
                self._begins.append(struct.unpack_from("<I", body)[0])
            elif kind == _SST or (kind == _CONTINUE and last in (_SST, _CONTINUE) and self._texts):
                self._texts.append(body)
            elif kind == _BOF:
                self.version = 5 if struct.unpack_from("<H", body)[0] == 0x0500 else 8
            elif kind == _CODEPAGE:
                (self._page,) = struct.unpack_from("<H", body)
            last = kind


class BiffCells:
    """The records of one sheet."""

    def __init__(self, book: BiffBook, stream: bytes, begin: int) -> None:
        self._book, self._stream, self._begin = book, stream, begin

    def records(self) -> Iterator[tuple[int, bytes]]:
        """All records, of whatever kind."""
        return _substream(self._stream, self._begin)

    def marks(self) -> Doubts:
        """The doubtful cells."""
        rich, found = self._book.rich_texts(), {}
        for at, look, kind, value in self._cells():
            runs = rich.get(value, ()) if kind == _LABELSST else value if kind == _RSTRING else ()
            if runs and (doubt := doubt_of(runs)) is not None:
                found[at] = doubt
            elif look in self._book.struck:
                found[at] = struck_whole("" if kind in (_LABELSST, _RSTRING, _LABEL) or value is None else value)
            elif look in self._book.forms and type(value) is float and (form := doubt_of_form(self._book.forms[look], value)) is not None:
                found[at] = form
        return found

    def errors_and_formulas(self) -> tuple[dict[Place, str], dict[Place, Reckoned]]:
        """Errors, and formulas with what they would give."""
        errors: dict[Place, str] = {}
        formulas: dict[Place, tuple[bytes, int]] = {}
        for kind, body in _substream(self._stream, self._begin):
            if kind == _BOOLERR and len(body) >= 8 and body[7] == 1:
                errors[struct.unpack_from("<HH", body)] = BIFF_ERRORS.get(body[6], "#ERR!")
            elif kind == _FORMULA and len(body) >= 22:
                at = struct.unpack_from("<HH", body)
                is_number = body[12:14] != b"\xff\xff"
                if not is_number and body[6] == 2:
                    errors[at] = BIFF_ERRORS.get(body[8], "#ERR!")
                formulas[at] = body[22 : 22 + struct.unpack_from("<H", body, 20)[0]], 0 if is_number else 1 + body[6]
        nobody = bool(formulas) and all(kind == 4 for _, kind in formulas.values())  # each an 'empty text': xlwt and its like
        return errors, {
            at: Reckoned("", kind != 4 or not nobody or _EMPTY_TEXT in tokens, partial(self._work_out, tokens))
            for at, (tokens, kind) in formulas.items()
        }

    def _work_out(self, tokens: bytes, cell_at: Any) -> float | str | None:
        return result_of_tokens(tokens, cell_at, self._book.version)

    def _cells(self) -> Iterator[tuple[Place, int, int, Any]]:
        """(row, column), format, kind of record, and the value: a number, the number of a shared text, or pieces of a text."""
        for kind, body in _substream(self._stream, self._begin):
            try:
                if kind == _MULRK:
                    row, column = struct.unpack_from("<HH", body)
                    for n in range((len(body) - 6) // 6):
                        look, written = struct.unpack_from("<HI", body, 4 + 6 * n)
                        yield (row, column + n), look, kind, rk_number(written)
                elif kind in (_NUMBER, _RK, _LABEL, _LABELSST, _FORMULA, _RSTRING):
                    row, column, look = struct.unpack_from("<HHH", body)
                    yield (row, column), look, kind, self._value(kind, body)
            except struct.error:
                continue

    def _value(self, kind: int, body: bytes) -> Any:
        if kind == _NUMBER or (kind == _FORMULA and body[12:14] != b"\xff\xff"):
            return struct.unpack_from("<d", body, 6)[0]
        if kind == _RK:
            return rk_number(struct.unpack_from("<I", body, 6)[0])
        if kind == _LABELSST:
            return struct.unpack_from("<I", body, 6)[0]
        if kind == _RSTRING:
            return self._rich_string(body)
        return None

    def _rich_string(self, body: bytes) -> list[Run]:
        """A text with its fonts in the cell itself: in bytes (BIFF5), or with flags (BIFF8)."""
        (size,) = struct.unpack_from("<H", body, 6)
        if self._book.version == 5:
            text, at, step, form = body[8 : 8 + size].decode("latin-1"), 8 + size, 2, "<BB"
            count, at = body[at], at + 1
        else:
            wide = body[8] & 1
            end = 9 + size * (1 + wide)
            text, step, form = body[9:end].decode("utf-16-le" if wide else "latin-1", "replace"), 4, "<HH"
            count, at = struct.unpack_from("<H", body, end)[0], end + 2
        return self._book.runs_of(text, [struct.unpack_from(form, body, at + step * n) for n in range(count)])


def rk_number(written: int) -> float:
    """A number in short form: of 30 bits, whole or the upper half of a real one, perhaps in hundredths."""
    if written & 2:
        number = float(written >> 2) - (2.0**30 if written & 0x80000000 else 0.0)
    else:
        (number,) = struct.unpack("<d", bytes(4) + struct.pack("<I", written & ~3))
    return number / 100 if written & 1 else number


def _substream(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records from a BOF to its EOF, without those of charts inside; as far as they go."""
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


def _shared_texts(segments: list[bytes]) -> Iterator[tuple[str, list[tuple[int, int]]]]:
    """The texts of an SST record and those that continue it: text, and (place, font) where further fonts begin."""
    reader = _Segments(segments)
    _, count = struct.unpack("<II", reader.take(8))
    for _ in range(count):
        if reader.is_at_end:
            return
        size, flags = struct.unpack("<HB", reader.take(3))
        runs = struct.unpack("<H", reader.take(2))[0] if flags & 8 else 0
        extra = struct.unpack("<I", reader.take(4))[0] if flags & 4 else 0
        text = reader.characters(size, is_wide=bool(flags & 1))
        starts = [struct.unpack("<HH", reader.take(4)) for _ in range(runs)]
        reader.take(extra)
        yield text, starts


class _Segments:
    """Bytes that go on from record to record. Where characters do, the next record says anew how wide they are."""

    def __init__(self, segments: list[bytes]) -> None:
        self._segments, self._n, self._at = segments, 0, 0

    @property
    def is_at_end(self) -> bool:
        return self._n >= len(self._segments) or (self._n == len(self._segments) - 1 and self._at >= len(self._segments[self._n]))

    def take(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            piece = self._segments[self._n][self._at : self._at + size - len(found)]
            if not piece:
                self._n, self._at = self._n + 1, 0  # IndexError at the end
                continue
            found, self._at = found + piece, self._at + len(piece)
        return found

    def characters(self, count: int, *, is_wide: bool) -> str:
        found = ""
        while len(found) < count:
            width = 2 if is_wide else 1
            piece = self._segments[self._n][self._at : self._at + width * (count - len(found))]
            if len(piece) < width:
                self._n, self._at = self._n + 1, 1
                is_wide = bool(self._segments[self._n][0] & 1)
                continue
            self._at += len(piece)
            found += "".join(map(chr, memoryview(piece[: len(piece) // 2 * 2]).cast("H"))) if is_wide else piece.decode("latin-1")
        return found
