"""The workbook's stream of a compound file (.xls, .et), and whether the native reader comes to an end of it ([MS-CFB] 2.2 to 2.6).

It follows a chain without counting, and makes room for whatever lies before a sector. A damaged table that leads in a circle would fill
a worker's memory or use up its time; here it is found in microseconds, and the file is told to be damaged, which it is.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence

from sources.faults import FileFault

_FIRST_RESERVED, _FIRST_NO_TABLE, _END = 0xFFFFFFFA, 0xFFFFFFFC, 0xFFFFFFFE
_SIZES = {9: 512, 12: 4096}
_HEADER = struct.Struct("<30xH16xI8xIII4x109I")
_ENTRY = struct.Struct("<64s52xII4x")
_BOOKS = ("workbook", "etworkbook", "book")
"""Names of the stream, in any case of letters, the one that counts first."""
_SMALL = 4096
"""Streams below this size lie in the mini stream; the native reader takes the number as given, whatever the header says."""
_MOST = 512 * 2**20
"""How many bytes from its beginning a sector of a file may seem to lie: many times what a submission may have."""

_last: list[bytes] = [b"", b""]
"""The file in hand and its stream: several look at it one after another."""


def book_stream(data: bytes) -> bytes:
    """The workbook's stream of a compound file, as far as the file has it; b'' where it has none.

    Raises:
        FileFault: `damaged_file`: a chain of sectors that is followed to read the workbook never ends, or leads far outside of the file.
    """
    if _last[0] is data:
        return _last[1]
    try:
        stream = _book_stream(data)
        _last[:] = data, stream
        return stream
    except (struct.error, LookupError, ValueError):
        raise FileFault("damaged_file") from None


def _book_stream(data: bytes) -> bytes:
    shift, directory, mini_table, n_mini, more, *tables = _HEADER.unpack_from(data)
    sectors = _Sectors(data[_SIZES[shift] :], _SIZES[shift])
    met: set[int] = set()
    while more < _FIRST_RESERVED:
        if more in met:
            raise ValueError
        met.add(more)
        *listed, more = sectors.numbers(more)
        tables += listed
    tables = [table for table in tables if table < _FIRST_NO_TABLE]
    if len(tables) * sectors.size > len(data):
        raise ValueError
    following = [number for table in tables for number in sectors.numbers(table)]
    root, *entries = _entries(sectors.along(_chain(directory, following)))
    inside = sectors.along(_chain(root[2], following)) if n_mini else b""
    minis = [number for at in _chain(mini_table, following) for number in sectors.numbers(at)] if n_mini else []
    name, size, start = min(
        (entry for entry in entries if entry[0].lower() in _BOOKS), key=lambda entry: _BOOKS.index(entry[0].lower()), default=("", 0, 0)
    )
    if size >= _SMALL:
        return sectors.along(_chain(start, following))[:size]
    return _Sectors(inside, 64).along(_chain(start, minis))[:size] if name and minis else b""


class _Sectors:
    """Sectors by their numbers; past the end there is nothing."""

    def __init__(self, data: bytes, size: int) -> None:
        self._data, self.size = data, size

    def __getitem__(self, number: int) -> bytes:
        at = number * self.size
        if at > _MOST:
            raise ValueError
        return self._data[at : at + self.size]

    def numbers(self, number: int) -> tuple[int, ...]:
        """What a sector says that holds numbers of sectors."""
        content = self[number]
        return struct.unpack(f"<{len(content) // 4}I", content[: len(content) // 4 * 4])

    def along(self, chain: Iterable[int]) -> bytes:
        """The sectors of a chain, one after another."""
        return b"".join([self[number] for number in chain])


def _chain(start: int, following: Sequence[int]) -> Iterator[int]:
    """The sectors of a chain from its first on.

    Raises:
        ValueError: it has more sectors than there are. IndexError: it leads past the table.
    """
    at = start
    for _ in range(len(following)):
        if at == _END:
            return
        yield at
        at = following[at]
    if at != _END:
        raise ValueError


def _entries(directory: bytes) -> Iterator[tuple[str, int, int]]:
    """(name, size, first sector) of each entry of a directory."""
    for at in range(0, len(directory) - 127, 128):
        name, start, size = _ENTRY.unpack_from(directory, at)
        yield name.decode("utf-16-le", "replace").partition("\0")[0], size, start
