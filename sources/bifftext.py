"""Texts of .xls workbooks: Unicode ones of Excel 97 and later (BIFF8), and bytes of a code page (BIFF5, and some exporters' BIFF8).

What the CODEPAGE record of a BIFF8 book says is of no account for its texts ([MS-XLS] 2.5.293): they are UTF-16, or its low bytes alone.
Some exporters put bytes of the code page where the low bytes should be; those are whole double-byte characters and are read as such.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Iterator, Sequence

CODECS = {936: "gb18030", 10008: "gb18030", 950: "big5hkscs", 10002: "big5hkscs", 1200: "utf-16-le", 65001: "utf-8"}
LATIN = "cp1252"
_WIDE, _FAR_EAST, _RICH = 0x01, 0x04, 0x08
_DOUBLE_BYTE = frozenset((936, 949, 950, 932, 10001, 10002, 10003, 10008, 65001))
_PAIRS = re.compile(rb"(?:[\x00-\x7f]|[\x81-\xfe][\x40-\x7e\x80-\xfe])+")
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_COMMON = {"gb18030": (0xB0, 0xD7), "big5hkscs": (0xA4, 0xC6)}
"""First bytes of the characters that people write every day (level 1 of GB 2312 and of Big5)."""


_CHINESE = 0.5
"""Of Chinese texts most characters are among them."""


class BrokenTextError(ValueError):
    """Texts do not end where they should."""


def narrow_text(raw: bytes, page: int) -> str:
    """A text of which one byte a character is kept, in a BIFF8 book with this CODEPAGE."""
    if raw.isascii():
        return raw.decode("ascii")
    if page in _DOUBLE_BYTE:
        if page == 65001:
            try:
                return raw.decode("utf-8")
            except UnicodeDecodeError:
                return raw.decode("latin-1")
        if _PAIRS.fullmatch(raw) is not None:
            try:
                return raw.decode(CODECS.get(page, "gb18030"))
            except UnicodeDecodeError:
                pass
    return raw.decode("latin-1")


def wide_text(body: bytes, at: int, size: int, page: int) -> str:
    """A Unicode text of `size` characters whose flags stand at `at`, within one record.

    Raises:
        BrokenTextError: the record is too short.
    """
    flags = body[at] if at < len(body) else 0
    start = at + 1 + (2 if flags & _RICH else 0) + (4 if flags & _FAR_EAST else 0)
    end = start + size * (2 if flags & _WIDE else 1)
    if at >= len(body) or end > len(body):
        if size == 0:
            return ""
        raise BrokenTextError
    return body[start:end].decode("utf-16-le", "replace") if flags & _WIDE else narrow_text(body[start:end], page)


def continued_text(pieces: Sequence[bytes], at: int, page: int) -> str:
    """A text with two bytes of length, from `at` in its record on, which other records may continue.

    Raises:
        BrokenTextError: the records are too short.
    """
    return _Continued(pieces, at).text(page)


def shared_texts(pieces: Sequence[bytes], page: int) -> list[str]:
    """The table of shared texts (SST) from its record and the records that continue it: all that are there, whatever number it says.

    Raises:
        BrokenTextError: a text does not end where the table does.
    """
    if not pieces or len(pieces[0]) < 8:
        raise BrokenTextError
    reader = _Continued(pieces, 8)
    texts: list[str] = []
    append, text = texts.append, reader.text
    for _ in range(min(struct.unpack_from("<I", pieces[0], 4)[0], sum(map(len, pieces)))):
        if reader.is_at_end():
            return texts
        append(text(page))
    while not reader.is_done():  # some exporters count too few
        append(text(page))
    return texts


class _Continued:
    """Reads texts that may go on in the next record; its first byte then says anew whether characters have one byte or two."""

    def __init__(self, pieces: Sequence[bytes], at: int) -> None:
        self._pieces, self._piece, self._number, self._at = pieces, pieces[0], 0, at

    def is_at_end(self) -> bool:
        """Whether there is nothing more."""
        return self._at >= len(self._piece) and self._number + 1 >= len(self._pieces)

    def is_done(self) -> bool:
        """Whether there is nothing more but zeros that fill up a record."""
        return self.is_at_end() or (not any(self._piece[self._at :]) and not any(map(any, self._pieces[self._number + 1 :])))

    def text(self, page: int) -> str:
        """The next text."""
        piece, at = self._piece, self._at
        if at + 3 > len(piece):
            if at < len(piece):
                raise BrokenTextError
            self._next()
            piece, at = self._piece, self._at
        size, flags = piece[at] | piece[at + 1] << 8, piece[at + 2]
        if flags & 0xF2:
            raise BrokenTextError
        end = at + 3 + (size << 1 if flags & _WIDE else size)
        if not flags & (_RICH | _FAR_EAST) and end <= len(piece):
            self._at = end
            raw = piece[at + 3 : end]
            return raw.decode("utf-16-le", "replace") if flags & _WIDE else narrow_text(raw, page)
        self._at = at + 3
        runs = struct.unpack("<H", self._bytes(2))[0] if flags & _RICH else 0
        more = struct.unpack("<I", self._bytes(4))[0] if flags & _FAR_EAST else 0
        made = self._characters(size, flags & _WIDE, page)
        self._skip(4 * runs + more)
        return made

    def _characters(self, size: int, is_wide: int, page: int) -> str:
        made: list[str] = []
        while size:
            if self._at >= len(self._piece):
                self._next()
                is_wide = self._piece[0] & _WIDE
                self._at = 1
            width = 2 if is_wide else 1
            n = min(size, (len(self._piece) - self._at) // width)
            if n == 0:
                raise BrokenTextError
            raw = self._piece[self._at : self._at + n * width]
            made.append(raw.decode("utf-16-le", "replace") if is_wide else narrow_text(raw, page))
            self._at += n * width
            size -= n
        return "".join(made)

    def _bytes(self, n: int) -> bytes:
        if self._at >= len(self._piece):
            self._next()
        raw = self._piece[self._at : self._at + n]
        if len(raw) < n:
            raise BrokenTextError
        self._at += n
        return raw

    def _skip(self, n: int) -> None:
        while n:
            if self._at >= len(self._piece):
                self._next()
            step = min(n, len(self._piece) - self._at)
            self._at += step
            n -= step

    def _next(self) -> None:
        self._number += 1
        if self._number >= len(self._pieces) or len(self._pieces[self._number]) < 1:
            raise BrokenTextError
        self._piece, self._at = self._pieces[self._number], 0


def codec_of(texts: Iterable[bytes], page: int | None) -> str:
    """In which code page a BIFF5 book's texts are. What it says is believed only where its texts bear it out.

    Programs that never set a code page write that of Chinese Windows.
    """
    said = CODECS.get(page or 0, LATIN)
    some = b"\n".join(_some(text for text in texts if not text.isascii()))
    if not some or said == "utf-16-le":
        return said
    can = [codec for codec in ("utf-8", "gb18030", "big5hkscs") if _decodes(some, codec)]
    if "utf-8" in can:
        return "utf-8"
    shares = {codec: _common_share(some, codec) for codec in can}
    if not can or max(shares.values()) < _CHINESE:
        return said
    return max(can, key=lambda codec: (shares[codec], codec == said))


def _some(texts: Iterable[bytes]) -> Iterator[bytes]:
    left = 20_000
    for text in texts:
        yield text
        left -= len(text)
        if left <= 0:
            return


def _decodes(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _common_share(raw: bytes, codec: str) -> float:
    low, high = _COMMON[codec]
    pairs: list[bytes] = _PAIR.findall(raw)
    return sum(low <= pair[0] <= high for pair in pairs) / max(1, len(pairs))
