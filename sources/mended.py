"""Packages that the native reader takes for damaged and that are none: written again without what it stumbles over.

- OpenDocument tables with line breaks and indents between their elements (KSpread, Calligra): XML allows it.
- .xlsx and .xlsm with a sheet of Excel 4 macros, such as viruses of the nineties still carry from one office to the next. The sheet is
  left out: macros are never run, and `sources.margins` looks through its text.

Only where the native reader fails is any of this tried.
"""

from __future__ import annotations

import io
import re
import zipfile

from sources.behind import SHEET, part_of, sheet_parts
from sources.kinds import inflated, zip_members

_MOST = 64 * 2**20
_INDENT = re.compile(rb"(<(?:table:|office:spreadsheet)[^>]*>|</(?:table:[a-z-]+|text:p|office:annotation|office:forms)>)\s+(?=<)")
_OF_MACROS = b"xl/macrosheets/"


def mended(kind: str, data: bytes) -> bytes | None:
    """The package again, its figures the same; None where there is nothing to mend."""
    if kind == "ods":
        return _changed(data, b"content.xml", _without_indents(part_of(data, b"content.xml")))
    if kind == "xlsx":
        return _changed(data, b"xl/workbook.xml", _without_macro_sheets(data, part_of(data, b"xl/workbook.xml")))
    return None


def _without_indents(content: bytes) -> bytes:
    """Texts of cells stay as they are."""
    return _INDENT.sub(rb"\1", content)


def _without_macro_sheets(data: bytes, book: bytes) -> bytes:
    parts = sheet_parts(data)
    if len(parts) != len(SHEET.findall(book)):  # a sheet without a relation: which is which cannot be told
        return book
    of_sheet = iter(parts)
    return SHEET.sub(lambda sheet: b"" if next(of_sheet).startswith(_OF_MACROS) else sheet[0], book)


def _changed(data: bytes, name: bytes, content: bytes) -> bytes | None:
    if content == part_of(data, name) or len(content) >= _MOST:
        return None
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        for entry in zip_members(data):
            package.writestr(entry.name.decode("utf-8", "replace"), content if entry.name == name else inflated(data, entry, _MOST))
    return buffer.getvalue()
