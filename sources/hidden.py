"""Rows and columns that a program does not show: hidden by hand, or by a filter. They are read like others, but what is seen goes first.

Looked for where a sheet is a list, or where figures stand twice. Text files hide nothing.
"""

from __future__ import annotations

import io
import re
import struct
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sources.behind import binary_records, part_of, sheet_parts, sheet_parts_of_binary
from sources.faults import FileFault
from sources.kinds import inflated, zip_directory
from sources.layout import Plan
from sources.workbook import Sheet

_MOST = 64 * 2**20
_MOST_LINES = 2**16
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_COLUMN = re.compile(rb"<(?:\w+:)?col\b([^>]*)>")
_HIDDEN = re.compile(rb"\bhidden\s*=\s*[\"'](?:1|true)[\"']")
_NUMBER, _FIRST, _LAST = (re.compile(rb"(?<![\w:])%s\s*=\s*[\"'](\d{1,7})[\"']" % name) for name in (b"r", b"min", b"max"))
_NOT_SHOWN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BIFF_ROW, _BIFF_COLUMNS, _BIFF_SHEET, _BIFF_BEGIN, _BIFF_END = 0x0208, 0x007D, 0x0085, 0x0809, 0x000A
_MAY_HIDE = re.compile(
    rb"\x08\x02\x10\x00.{12}[\x20-\x3f\x60-\x7f\xa0-\xbf\xe0-\xff]|\x7d\x00[\x0a-\x0c]\x00.{8}[\x01\x03\x05\x07\x09\x0b\x0d\x0f]", re.DOTALL
)
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_SS = "{urn:schemas-microsoft-com:office:spreadsheet}"


class Hidden(NamedTuple):
    """Rows and columns of a sheet that are not shown, from 0."""

    rows: frozenset[int] = frozenset()
    columns: frozenset[int] = frozenset()


NOTHING_HIDDEN = Hidden()


def hidden_in(kind: str, data: bytes, position: int) -> Hidden:
    """What is hidden in the sheet at a position (from 0) among the sheets of a file; nothing where its parts cannot be understood."""
    look = _BY_KIND.get(kind)
    if look is None:
        return NOTHING_HIDDEN
    try:
        return look(data, position)
    except (ValueError, IndexError, KeyError, OSError, TypeError, AttributeError, struct.error):
        return NOTHING_HIDDEN


class Hiding:
    """What the sheets of one file hide, looked for when it is asked and once a sheet."""

    def __init__(self, kind: str, data: bytes, sheets: Sequence[Sheet]) -> None:
        self._kind, self._data, self._sheets = kind, data, sheets
        self._known: dict[int, Hidden] = {}

    def of(self, sheet: Sheet) -> Hidden:
        """The hidden rows and columns of a sheet of the file."""
        at = next((n for n, other in enumerate(self._sheets) if other is sheet), None)
        if at is None:
            return NOTHING_HIDDEN
        if at not in self._known:
            self._known[at] = hidden_in(self._kind, self._data, at)
        return self._known[at]


NO_HIDING = Hiding("", b"", ())


def prefer_visible(plan: Plan, hidden: Hidden) -> list[int]:
    """Of figures that may stand in several places take the only one that is seen; the columns that were passed over."""
    passed: set[int] = set()
    if plan.record_rows > 1:
        return []
    is_list = plan.first_row > 0
    for code, places in list(plan.doubtful.items()):
        seen = [(row, column) for row, column in places if column not in hidden.columns and (is_list or row not in hidden.rows)]
        if len(seen) == 1 and len(places) > 1:
            passed |= {column for _, column in places if column != seen[0][1]}
            plan.cells[code] = (0, seen[0][1]) if is_list else seen[0]
            del plan.doubtful[code]
    return sorted(passed)


def _lines(first: int, count: int) -> range:
    return range(first, first + min(max(count, 1), _MOST_LINES))


# -- .xlsx and .xlsb ---------------------------------------------------------------------------------------------------


def _xlsx(data: bytes, position: int) -> Hidden:
    parts = [name for name in sheet_parts(data) if b"chartsheets/" not in name]
    content = part_of(data, parts[position])
    if b"hidden" not in content:
        return NOTHING_HIDDEN
    rows: set[int] = set()
    at = -1
    for line in _ROW.finditer(content):
        number = _NUMBER.search(line[1])
        at = int(number[1]) - 1 if number is not None else at + 1
        if _HIDDEN.search(line[1]) is not None:
            rows.add(at)
    columns: set[int] = set()
    for line in _COLUMN.finditer(content):
        first, last = _FIRST.search(line[1]), _LAST.search(line[1])
        if _HIDDEN.search(line[1]) is not None and first is not None and last is not None:
            columns.update(_lines(int(first[1]) - 1, int(last[1]) - int(first[1]) + 1))
    return Hidden(frozenset(rows), frozenset(columns))


def _xlsb(data: bytes, position: int) -> Hidden:
    parts = [name for name in sheet_parts_of_binary(data) if b"chartsheets/" not in name]
    rows: set[int] = set()
    columns: set[int] = set()
    for kind, body in binary_records(part_of(data, parts[position])):
        if kind == 0 and len(body) >= 12 and body[11] & 0x10:  # BrtRowHdr
            rows.add(struct.unpack_from("<I", body)[0])
        elif kind == 60 and len(body) >= 17 and body[16] & 1:  # BrtColInfo
            first, last = struct.unpack_from("<II", body)
            columns.update(_lines(first, last - first + 1))
    return Hidden(frozenset(rows), frozenset(columns))


# -- .xls --------------------------------------------------------------------------------------------------------------


def _xls(data: bytes, position: int) -> Hidden:
    stream = _workbook_stream(data)
    if _MAY_HIDE.search(stream) is None:
        return NOTHING_HIDDEN
    sheets = [struct.unpack_from("<IBB", body) for kind, body in _biff(stream, 0) if kind == _BIFF_SHEET]
    start = [at for at, _, sort in sheets if sort != 2][position]  # 2: a chart
    rows: set[int] = set()
    columns: set[int] = set()
    for kind, body in _biff(stream, start):
        if kind == _BIFF_ROW and len(body) >= 13 and body[12] & 0x20:
            rows.add(struct.unpack_from("<H", body)[0])
        elif kind == _BIFF_COLUMNS and len(body) >= 9 and body[8] & 1:
            first, last = struct.unpack_from("<HH", body)
            columns.update(_lines(first, last - first + 1))
    return Hidden(frozenset(rows), frozenset(columns))


def _workbook_stream(data: bytes) -> bytes:
    import olefile  # type: ignore[import-untyped]

    if not data.startswith(b"\xd0\xcf\x11\xe0"):
        return data  # a bare stream of the oldest programs
    with olefile.OleFileIO(io.BytesIO(data)) as container:
        name = next(n for n in ("Workbook", "Book", "ETWorkbook") if container.exists(n))
        return bytes(container.openstream(name).read(_MOST))


def _biff(stream: bytes, at: int) -> Iterator[tuple[int, bytes]]:
    """The records of one substream; those of charts inside it are left out."""
    depth = 0
    while at + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, at)
        depth += kind == _BIFF_BEGIN
        depth -= kind == _BIFF_END
        if depth <= 0:
            return
        if depth == 1:
            yield kind, stream[at + 4 : at + 4 + size]
        at += 4 + size


# -- .ods, Excel's XML of 2003 and web pages ---------------------------------------------------------------------------


def _xml(content: bytes) -> Any:
    import lxml.etree

    parser = lxml.etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        return lxml.etree.fromstring(content, parser)
    except lxml.etree.LxmlError:
        raise ValueError from None


def _ods(data: bytes, position: int) -> Hidden:
    entry = zip_directory(data).get(b"content.xml")
    content = inflated(data, entry, _MOST) if entry is not None else b""
    if b"visibility" not in content and b":display=" not in content:
        return NOTHING_HIDDEN
    table = [t for t in _xml(content).iter(f"{_TABLE}table") if t.getparent().tag.endswith("}spreadsheet")][position]
    return Hidden(_ods_lines(table, "row"), _ods_lines(table, "column"))


def _ods_lines(table: Any, what: str) -> frozenset[int]:
    found: set[int] = set()
    at = 0
    for line in table.iter(f"{_TABLE}table-{what}"):
        repeated = line.get(f"{_TABLE}number-{what}s-repeated") or "1"
        count = int(repeated) if repeated.isdigit() else 1
        groups = (g for g in line.iterancestors(f"{_TABLE}table-{what}-group"))
        if line.get(f"{_TABLE}visibility") in ("collapse", "filter") or any(g.get(f"{_TABLE}display") == "false" for g in groups):
            found.update(_lines(at, count))
        at += count
    return frozenset(found)


def _spreadsheet_xml(data: bytes, position: int) -> Hidden:
    if b"Hidden" not in data or b"<!ENTITY" in data or b"<!DOCTYPE" in data:
        return NOTHING_HIDDEN
    sheet = list(_xml(data).iter(f"{_SS}Worksheet"))[position]
    return Hidden(_ss_lines(sheet, "Row"), _ss_lines(sheet, "Column"))


def _ss_lines(sheet: Any, what: str) -> frozenset[int]:
    found: set[int] = set()
    at = 0
    for line in sheet.iter(f"{_SS}{what}"):
        index, span = line.get(f"{_SS}Index") or "", line.get(f"{_SS}Span") or "0"
        at = int(index) - 1 if index.isdigit() else at
        count = 1 + (int(span) if span.isdigit() else 0)
        if line.get(f"{_SS}Hidden") == "1":
            found.update(_lines(at, count))
        at += count
    return frozenset(found)


def _html(data: bytes, position: int) -> Hidden:
    import lxml.html

    from sources.markup import page_text

    root = lxml.html.document_fromstring(page_text(data), parser=lxml.html.HTMLParser(huge_tree=False, no_network=True))
    tables = [t for t in root.iter("table") if not any(a.tag == "table" for a in t.iterancestors())]
    table = [t for t in tables if any(cell.tag in ("td", "th") for line in t.iter("tr") for cell in line)][position]
    lines = [line for part in table for line in ([part] if part.tag == "tr" else part) if line.tag == "tr"]
    rows = {n for n, line in enumerate(lines) if _is_not_shown(line) or (line.getparent() is not table and _is_not_shown(line.getparent()))}
    columns: set[int] = set()
    at = 0
    for column in table.iter("col"):
        span = column.get("span") or "1"
        count = int(span) if span.isdigit() else 1
        if _is_not_shown(column):
            columns.update(_lines(at, count))
        at += count
    return Hidden(frozenset(rows), frozenset(columns))


def _is_not_shown(element: Any) -> bool:
    return element.get("hidden") is not None or _NOT_SHOWN.search(element.get("style") or "") is not None


def _mhtml(data: bytes, position: int) -> Hidden:
    from sources.markup import html_pages, read_html

    for page in html_pages(data):
        try:
            count = len(read_html(page))
        except FileFault:  # a frame or a tab strip
            continue
        if position < count:
            return _html(page, position)
        position -= count
    return NOTHING_HIDDEN


_BY_KIND: dict[str, Callable[[bytes, int], Hidden]] = {
    "xlsx": _xlsx,
    "xlsb": _xlsb,
    "xls": _xls,
    "ods": _ods,
    "xml": _spreadsheet_xml,
    "html": _html,
    "mhtml": _mhtml,
}
