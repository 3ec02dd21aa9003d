"""Packages that the native reader takes for damaged and that are none: written again without what it stumbles over.

- OpenDocument tables with line breaks and indents between their elements (KSpread, Calligra): XML allows it.
- .xlsx and .xlsm with a sheet of Excel 4 macros, such as viruses of the nineties still carry from one office to the next. The sheet is
  left out: macros are never run, and `sources.margins` looks through its text.
- Any of them with single cells that cannot be read: they say that they are damaged (`sources.badcells`).
- .xlsx whose sheets say nonsense of their range (`dimension ref="A0:I61"`), which Excel and LibreOffice do not go by: it is left out.

Only where the native reader fails is any of this tried.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping

from sources.badcells import without_bad_cells, without_bad_records, without_bad_values
from sources.behind import SHEET, part_of, sheet_parts, sheet_parts_of_binary
from sources.kinds import inflated, zip_members

_MOST = 64 * 2**20
_INDENT = re.compile(rb"(<(?:table:|office:spreadsheet)[^>]*>|</(?:table:[a-z-]+|text:p|office:annotation|office:forms)>)\s+(?=<)")
_DIMENSION = re.compile(rb"<((?:\w+:)?)dimension\s[^>]*?(?:/>|>\s*</\1dimension>)")
_OF_MACROS = b"xl/macrosheets/"


def mended(kind: str, data: bytes) -> bytes | None:
    """The package again, its figures the same; None where there is nothing to mend."""
    if kind == "ods":
        return _changed(data, {b"content.xml": without_bad_values(_without_indents(part_of(data, b"content.xml")))})
    if kind == "xlsx":
        texts = part_of(data, b"xl/sharedStrings.xml")
        sheets = {name: without_bad_cells(_without_dimension(part_of(data, name)), texts) for name in sheet_parts(data) if name}
        return _changed(data, {**sheets, b"xl/workbook.xml": _without_macro_sheets(data, part_of(data, b"xl/workbook.xml"))})
    if kind == "xlsb":
        texts = part_of(data, b"xl/sharedStrings.bin")
        return _changed(data, {name: without_bad_records(part_of(data, name), texts) for name in sheet_parts_of_binary(data) if name})
    return None


def _without_dimension(content: bytes) -> bytes:
    head, found, cells = content.partition(b"sheetData")
    return _DIMENSION.sub(b"", head) + found + cells


def _without_indents(content: bytes) -> bytes:
    """Texts of cells stay as they are."""
    return _INDENT.sub(rb"\1", content)


def _without_macro_sheets(data: bytes, book: bytes) -> bytes:
    parts = sheet_parts(data)
    if len(parts) != len(SHEET.findall(book)):  # a sheet without a relation: which is which cannot be told
        return book
    of_sheet = iter(parts)
    return SHEET.sub(lambda sheet: b"" if next(of_sheet).startswith(_OF_MACROS) else sheet[0], book)


def _changed(data: bytes, contents: Mapping[bytes, bytes]) -> bytes | None:
    """The package with other contents of some members; None where they are what they were."""
    new = {name: content for name, content in contents.items() if content != part_of(data, name)}
    if not new or any(len(content) >= _MOST for content in new.values()):
        return None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for entry in zip_members(data):
            content = new[entry.name] if entry.name in new else inflated(data, entry, _MOST)
            package.writestr(entry.name.decode("utf-8", "replace"), content)
    return buffer.getvalue()
