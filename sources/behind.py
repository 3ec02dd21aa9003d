"""What stands behind a blank: error values (#REF!), which the native reader gives as blanks, and formulas without a stored result.

Looked at only where a figure is blank, and only in formats that keep it apart: .xlsx (part of the sheet), .xls and .xlsb (records), .ods.
"""

from __future__ import annotations

import io
import posixpath
import re
import struct
from collections.abc import Iterator
from html import unescape

from sources.kinds import inflated, zip_directory
from sources.text import address

Cells = dict[tuple[int, int], str]
"""(row, column), zero-based → the error's text, or the formula."""

_MOST = 64 * 2**20
SHEET = re.compile(rb"<(?:\w+:)?sheet\s([^>]*)>")
_RELATION = re.compile(rb"<Relationship\s([^>]*)>")
_ID = re.compile(rb"(?:\w+:)?id=\"([^\"]*)\"")
_REL_ID, _TARGET = re.compile(rb"\bId=\"([^\"]*)\""), re.compile(rb"\bTarget=\"([^\"]*)\"")
_ERROR = re.compile(rb"<c\s(?=[^>]*\bt=\"e\")[^>]*\br=\"([A-Z]{1,3})(\d{1,7})\"[^>]*>(?:<f\b[^>]*(?:/>|>[^<]*</f>))?<v>([^<]*)</v>")
_UNSTORED = re.compile(rb"(?![^>]*\bt=\"str\")[^>]*><f\b[^>]*>([^<]+)</f>(?:<v\s*/>|<v></v>)?</c>")
_BIFF_ERRORS = {0x00: "#NULL!", 0x07: "#DIV/0!", 0x0F: "#VALUE!", 0x17: "#REF!", 0x1D: "#NAME?", 0x24: "#NUM!", 0x2A: "#N/A"}
_ODS_NS = "urn:oasis:names:tc:opendocument:xmlns:"


def behind_xlsx(data: bytes, number: int) -> tuple[Cells, Unstored]:
    """Errors and formulas without result of the sheet at a position (from 0) of an .xlsx workbook."""
    content = _sheet_part(data, number)
    errors = {_at(m[1], m[2]): m[3].decode("utf-8", "replace") for m in _ERROR.finditer(content)} if b't="e"' in content else {}
    return errors, Unstored(content)


class Unstored:
    """Formulas without a stored result in the part of a sheet, found cell by cell: a form has many formulas and few blank figures.

    A formula whose result is an empty text was worked out; it is none of these.
    """

    def __init__(self, content: bytes = b"") -> None:
        self._content = content if b"<f" in content else b""

    def __bool__(self) -> bool:
        return bool(self._content)

    def get(self, cell: tuple[int, int]) -> str | None:
        """The formula in (row, column), or None."""
        at = self._content.find(f' r="{address(*cell)}"'.encode())
        found = _UNSTORED.match(self._content, at) if at >= 0 else None
        return unescape(found[1].decode("utf-8", "replace")) if found is not None else None


def behind_xls(data: bytes, number: int) -> Cells:
    """Errors of the sheet at a position (from 0) of an .xls workbook: BOOLERR records, and FORMULA records whose result is an error."""
    import olefile  # type: ignore[import-untyped]

    try:
        with olefile.OleFileIO(io.BytesIO(data)) as container:
            name = next((n for n in ("Workbook", "Book", "ETWorkbook") if container.exists(n)), "")
            stream = container.openstream(name).read(_MOST) if name else b""
    except (OSError, ValueError, IndexError, TypeError, AttributeError, struct.error):
        return {}
    return _biff_errors(stream, number)


def behind_xlsb(data: bytes, number: int) -> Cells:
    """Errors of the sheet at a position (from 0) of an .xlsb workbook: BrtCellError records, and BrtFmlaError of formulas."""
    parts = xlsb_parts(data)
    content = part_of(data, parts[number]) if number < len(parts) else b""
    found: Cells = {}
    row = 0
    for kind, body in binary_records(content):
        if kind == 0 and len(body) >= 4:  # BrtRowHdr
            (row,) = struct.unpack_from("<I", body)
        elif kind in (3, 11) and len(body) >= 9:
            found[row, struct.unpack_from("<I", body)[0]] = _BIFF_ERRORS.get(body[8], "#ERR!")
    return found


def xlsb_parts(data: bytes) -> list[bytes]:
    """The names of the parts of an .xlsb workbook's sheets, in the order of the sheets; b'' for a sheet whose part is not named."""
    book = zip_directory(data).get(b"xl/workbook.bin")
    ids = [] if book is None else [_relation_id(body) for kind, body in binary_records(inflated(data, book, _MOST)) if kind == 156]
    targets = _targets(data, b"xl/_rels/workbook.bin.rels")
    return [targets.get(name, b"") for name in ids]


def behind_ods(data: bytes, number: int) -> Cells:
    """Errors of the sheet at a position (from 0) of an .ods workbook: cells whose value type is an error."""
    entries = zip_directory(data)
    entry = entries.get(b"content.xml")
    content = inflated(data, entry, _MOST) if entry is not None else b""
    if b'"error"' not in content:
        return {}
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        root = lxml.etree.fromstring(content, parser)
    except (lxml.etree.LxmlError, ValueError):
        return {}
    tables = list(root.iter(f"{{{_ODS_NS}table:1.0}}table"))
    return _ods_errors(tables[number]) if number < len(tables) else {}


def sheet_parts(data: bytes) -> tuple[bytes, ...]:
    """The names of the parts of an .xlsx workbook's sheets, in the order of the sheets; b'' for a sheet whose part is not named."""
    book = zip_directory(data).get(b"xl/workbook.xml")
    if book is None:
        return ()
    targets = _targets(data, b"xl/_rels/workbook.xml.rels")
    found = (_ID.search(sheet[1]) for sheet in SHEET.finditer(inflated(data, book, _MOST)))
    return tuple(targets.get(relation[1], b"") for relation in found if relation)


def _sheet_part(data: bytes, number: int) -> bytes:
    parts = sheet_parts(data)
    return part_of(data, parts[number]) if number < len(parts) else b""


def _targets(data: bytes, relations: bytes) -> dict[bytes, bytes]:
    """The parts of a package that the relations of its workbook lead to, by the relations' names."""
    entry = zip_directory(data).get(relations)
    targets: dict[bytes, bytes] = {}
    for relation in _RELATION.finditer(inflated(data, entry, _MOST) if entry is not None else b""):
        name, place = _REL_ID.search(relation[1]), _TARGET.search(relation[1])
        if name and place:
            target = place[1].decode("utf-8", "replace")
            path = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
            targets[name[1]] = path.encode()
    return targets


def part_of(data: bytes, name: bytes) -> bytes:
    """A part of a package by its name; b'' where there is none."""
    entry = zip_directory(data).get(name)
    return inflated(data, entry, _MOST) if entry is not None else b""


def _relation_id(body: bytes) -> bytes:
    """The relation of a BrtBundleSh record: after two numbers, its length and UTF-16."""
    (size,) = struct.unpack_from("<I", body, 8) if len(body) >= 12 else (0,)
    return body[12 : 12 + 2 * size].decode("utf-16-le", "replace").encode()


def binary_records(content: bytes) -> Iterator[tuple[int, bytes]]:
    """The records of a binary part: kind in one or two bytes, size in one to four, seven bits each ([MS-XLSB] 2.1.4)."""
    at = 0
    while at + 1 < len(content):
        kind, at = content[at], at + 1
        if kind & 0x80:
            kind, at = kind & 0x7F | content[at] << 7, at + 1
        size, shift = 0, 0
        while at < len(content) and shift < 28:
            byte, at = content[at], at + 1
            size, shift = size | (byte & 0x7F) << shift, shift + 7
            if not byte & 0x80:
                break
        yield kind, content[at : at + size]
        at += size


def _at(letters: bytes, row: bytes) -> tuple[int, int]:
    column = 0
    for letter in letters:
        column = column * 26 + letter - 64
    return int(row) - 1, column - 1


def _biff_errors(stream: bytes, wanted: int) -> Cells:
    found: Cells = {}
    at, sheet, depth = 0, -2, 0  # the first substream is the workbook's own
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        body = stream[at + 4 : at + 4 + size]
        if kind == 0x0809:  # BOF; charts inside a sheet have their own
            depth += 1
            sheet += depth == 1
        elif kind == 0x000A:
            depth = max(0, depth - 1)
        elif sheet == wanted and depth == 1 and len(body) >= 8:
            row, column = struct.unpack_from("<HH", body)
            if kind == 0x0205 and body[7] == 1:
                found[row, column] = _BIFF_ERRORS.get(body[6], "#ERR!")
            elif kind == 0x0006 and len(body) >= 14 and body[12:14] == b"\xff\xff" and body[6] == 2:
                found[row, column] = _BIFF_ERRORS.get(body[8], "#ERR!")
        at += 4 + size
    return found


def _ods_errors(table: object) -> Cells:
    found: Cells = {}
    r = 0
    for line in table.iter(f"{{{_ODS_NS}table:1.0}}table-row"):  # type: ignore[attr-defined]
        c = 0
        for cell in line:
            again = cell.get(f"{{{_ODS_NS}table:1.0}}number-columns-repeated") or "1"
            if any(name.endswith("}value-type") and value == "error" for name, value in cell.attrib.items()):
                found[r, c] = "".join(cell.itertext()).strip() or "#ERR!"
            c += int(again) if again.isdigit() else 1
        again = line.get(f"{{{_ODS_NS}table:1.0}}number-rows-repeated") or "1"
        r += int(again) if again.isdigit() else 1
    return found
