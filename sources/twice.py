"""What a file says twice and differently: a cell, a row, a part of its package. No office program writes that; nobody knows which counts.

The native reader takes the last one. A sheet that is read by its plain part (`sources.plain`) has no such cell.
"""

from __future__ import annotations

import re

from sources.behind import binary_records, part_of, sheet_parts, sheet_parts_of_binary
from sources.faults import FileFault
from sources.kinds import damaged_member, zip_members
from sources.sheetpart import SheetPart
from sources.text import address
from sources.whole import is_never_read

_CELL = re.compile(rb"<(?:\w+:)?c\s(?:[^<>]*?\s)?r\s*=\s*[\"']([A-Za-z]{1,3}\d{1,7})[\"']")
_ROW = re.compile(rb"<(?:\w+:)?row\s(?:[^<>]*?\s)?r\s*=\s*[\"'](\d{1,7})[\"']")
_MOST = 32 * 2**20
_MOST_OF_BINARY = 4 * 2**20
"""Its records are gone through one by one."""
_ROW_HEAD, _FIRST_CELL, _LAST_CELL, _RICH = 0, 2, 11, 62


def check_twice(kind: str, data: bytes) -> None:
    """Refuse a package of which a cell or a part stands in it twice with different contents.

    Raises:
        FileFault: `written_twice`, with what it is. Sheets go by their position: their names were not looked at yet.
    """
    _check_parts(data)
    if kind == "xlsx":
        for number, name in enumerate(sheet_parts(data), start=1):
            part = part_of(data, name)
            if len(part) < _MOST and _has_any_twice(part) and (odd := SheetPart(part).twice):
                raise written_twice(number, *min(odd))
    if kind == "xlsb":
        for number, name in enumerate(sheet_parts_of_binary(data), start=1):
            _check_binary(part_of(data, name), number)


def written_twice(sheet: int, row: int, column: int) -> FileFault:
    """What is told of a cell of a sheet (from 1)."""
    cell = address(row, column)
    return FileFault("written_twice", title=f"第 {sheet} 个工作表的单元格 {cell}", title_en=f"Cell {cell} of sheet {sheet}")


def _check_parts(data: bytes) -> None:
    met: dict[bytes, tuple[int, int]] = {}
    for entry in zip_members(data):
        if is_never_read(entry.name):
            continue
        key = entry.name.lower() if entry.name.lower().startswith(b"xl/") else entry.name
        if met.setdefault(key, (entry.crc, entry.size)) != (entry.crc, entry.size):
            name = damaged_member(entry).details.get("member", "?")
            raise FileFault("written_twice", title=f"文件里的“{name}”", title_en=f"Part “{name}”")


def _has_any_twice(part: bytes) -> bool:
    for pattern in (_CELL, _ROW):
        found = pattern.findall(part)
        if len({*found}) < len(found):
            return True
    return False


def _check_binary(part: bytes, number: int) -> None:
    met: dict[tuple[int, bytes], bytes] = {}
    row = b""
    for kind, body in binary_records(part) if len(part) < _MOST_OF_BINARY else ():
        if kind == _ROW_HEAD:
            row = body[:4]
        elif (_FIRST_CELL <= kind <= _LAST_CELL or kind == _RICH) and len(body) >= 8:
            key = int.from_bytes(row, "little"), body[:4]
            if met.setdefault(key, body[8:]) != body[8:]:
                raise written_twice(number, key[0], int.from_bytes(body[:4], "little"))
