"""Workbooks whose program and formats were met before: read by their plain parts, as the native reader proved to read them.

The native reader reads the first workbook of a kind (same formats, same sheets). If its plain parts (`sources.plain`) say the same,
cell by cell, the next workbooks of that kind are read by them, at a quarter of the cost. What is not plain in any of them, or has a
number in a format not yet seen to be one of numbers, goes to the native reader again.
"""

from __future__ import annotations

import struct
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from sources.behind import sheet_parts
from sources.kinds import Entry, checked, packed, zip_members
from sources.plain import PlainReader, PlainSheet
from sources.struck import PLAIN, Looks, looks_of

_BOOK, _RELATIONS, _STYLES, _TEXTS = b"xl/workbook.xml", b"xl/_rels/workbook.xml.rels", b"xl/styles.xml", b"xl/sharedStrings.xml"
_ROOT = b"_rels/.rels"
_MOST_OF_PART = 4 * 2**20
_LONGEST_REMEMBERED = 256 * 2**10
_MOST_KINDS, _MOST_BOOKS, _MOST_LISTS = 64, 1024, 64
_MOST_FAILURES = 16
_END = struct.Struct("<4s8xIIH")
_NEEDED = frozenset((_BOOK, _RELATIONS, _STYLES, _ROOT))
Key = tuple[object, ...]


class Told(Protocol):
    """What the native reader says of a sheet."""

    name: str
    is_visible: bool
    rows: list[list[Any]]

    @property
    def merged(self) -> Sequence[Any]:
        """Its merged ranges."""


class _Kind:
    """Workbooks of the same formats and sheets. `numeric`: formats of numbers; `other`: of dates.

    `failures`: files in a row that could not be read plainly; `is_barred`: one of them would have been read wrongly.
    `looks`: formats of cells that are struck out or show shares.
    """

    def __init__(self) -> None:
        self.sheets: tuple[tuple[str, bool], ...] = ()
        self.numeric: set[bytes] = set()
        self.other: set[bytes] = set()
        self.failures = 0
        self.is_barred = False
        self.looks: Looks = PLAIN


class ProvenReader:
    """Reads workbooks of proven kinds."""

    def __init__(self) -> None:
        self._plain = PlainReader()
        self._kinds: dict[Key, _Kind] = {}
        self._books: dict[Key, tuple[Key, tuple[bytes, ...]] | None] = {}
        self._lists: dict[Key, list[str]] = {}

    def read(self, data: bytes) -> list[tuple[str, bool, PlainSheet]] | None:
        """Name, visibility and cells of every sheet, or None where the native reader is needed."""
        found = self._kind_of(data)
        if found is None:
            return None
        kind, parts, named = found
        if not kind.sheets or kind.is_barred:
            return None
        sheets = self._sheets(data, parts, named)
        if sheets is None or not all(kind.numeric.issuperset(sheet.formats.values()) for sheet in sheets):
            return None
        if kind.looks:
            sheets = [sheet._replace(odd=kind.looks) for sheet in sheets]
        return [(name, is_visible, sheet) for (name, is_visible), sheet in zip(kind.sheets, sheets, strict=True)]

    def learn(self, data: bytes, told: Sequence[Told]) -> None:
        """Compare what the native reader says of a workbook with its plain parts."""
        found = self._kind_of(data)
        if found is None:
            return
        kind, parts, named = found
        kind.failures += 1
        if kind.is_barred or (kind.failures > _MOST_FAILURES and kind.failures % _MOST_FAILURES):
            return  # to look at every one of them would cost more than it brings
        sheets = self._sheets(data, parts, named)
        names = tuple((sheet.name, sheet.is_visible) for sheet in told)
        if sheets is None:
            return
        kind.is_barred = len(sheets) != len(told) or (kind.sheets != () and kind.sheets != names)
        if kind.is_barred:
            return
        numeric: set[bytes] = set()
        other: set[bytes] = set()
        for plain, native in zip(sheets, told, strict=True):
            cells = [cell for row in native.rows for cell in row]
            if len(cells) != len(plain.flat) or plain.merged != list(native.merged) or (cells and len(native.rows[0]) != plain.width):
                kind.is_barred = True
                return
            for at, (ours, theirs) in enumerate(zip(plain.flat, cells, strict=True)):
                is_same = type(ours) is type(theirs) and ours == theirs
                if (number_format := plain.formats.get(at)) is not None:
                    (numeric if is_same else other).add(number_format)
                elif not is_same:
                    kind.is_barred = True
                    return
        kind.other |= other
        kind.numeric = (kind.numeric | numeric) - kind.other
        kind.sheets = names
        if not other:
            kind.failures = 0

    def _kind_of(self, data: bytes) -> tuple[_Kind, tuple[bytes, ...], Mapping[bytes, Entry]] | None:
        """The kind of a regular package, the names of its sheets' parts, and its members."""
        members = zip_members(data)
        named = {entry.name: entry for entry in members}
        if len(named) != len(members) or not _is_regular(data, named) or not named.keys() >= _NEEDED:
            return None
        if sum(named[name].packed for name in _NEEDED) > _LONGEST_REMEMBERED:
            return None
        written = tuple(_as_written(data, named[name]) for name in (_BOOK, _RELATIONS, _STYLES, _ROOT))
        if written not in self._books:
            if len(self._books) >= _MOST_BOOKS:
                self._books.clear()
            self._books[written] = self._understand(data, named, written)
        if (book := self._books[written]) is None:
            return None
        key, parts = book
        return self._kinds[key], parts, named

    def _understand(self, data: bytes, named: Mapping[bytes, Entry], written: Key) -> tuple[Key, tuple[bytes, ...]] | None:
        content = checked(data, named[_BOOK], _MOST_OF_PART)
        if content is None or b"<!" in content or content.count(b"<sheets>") != 1:
            return None
        parts = sheet_parts(data)
        if not parts:
            return None
        sheets = content[content.index(b"<sheets>") : content.find(b"</sheets>")]
        start = content.find(b"<workbookPr")
        key = (sheets, content[start : content.find(b">", start)] if start >= 0 else b"", *written[1:])
        if key not in self._kinds:
            if len(self._kinds) >= _MOST_KINDS:
                self._kinds.clear()
                self._books.clear()
            self._kinds[key] = _Kind()
            self._kinds[key].looks = looks_of(checked(data, named[_STYLES], _MOST_OF_PART) or b"")
        return key, parts

    def _sheets(self, data: bytes, parts: Sequence[bytes], named: Mapping[bytes, Entry]) -> list[PlainSheet] | None:
        texts = self._texts_of(data, named)
        if texts is None:
            return None
        sheets = []
        for name in parts:
            part = checked(data, named[name], _MOST_OF_PART) if name in named else None
            if part is None or (sheet := self._plain.sheet(part, texts)) is None:
                return None
            sheets.append(sheet)
        return sheets

    def _texts_of(self, data: bytes, named: Mapping[bytes, Entry]) -> list[str] | None:
        entry = named.get(_TEXTS)
        if entry is None:
            return []
        written = _as_written(data, entry)
        if (known := self._lists.get(written)) is not None:
            return known
        part = checked(data, entry, _MOST_OF_PART)
        texts = self._plain.texts(part) if part is not None else None
        if texts is not None and len(part or b"") < _LONGEST_REMEMBERED:
            if len(self._lists) >= _MOST_LISTS:
                self._lists.clear()
            self._lists[written] = texts
        return texts


def _as_written(data: bytes, entry: Entry) -> Key:
    """A member's bytes as they stand in the file: where they are equal, so is what they inflate to."""
    return entry.flags, entry.method, entry.crc, entry.size, packed(data, entry)


def _is_regular(data: bytes, names: Collection[bytes]) -> bool:
    """Whether a zip can be read in one way only: no name twice in another spelling, and its directory at the end, without comment."""
    if len(data) < _END.size:
        return False
    sign, size, offset, comment = _END.unpack_from(data, len(data) - _END.size)
    if sign != b"PK\x05\x06" or comment != 0 or offset + size != len(data) - _END.size:
        return False
    joined = b"/".join(names)
    return b"\\" not in joined and len({*map(bytes.lower, names)}) == len(names)
