"""Head fields: who reports on what place and month, wherever in a sheet, its name or the file's name it is written."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

from sources.form import inline_heads
from sources.layout import ReadyLayout
from sources.months import parse_month
from sources.text import fold
from sources.workbook import Sheet

_TITLE_ROWS = 6
_TOP, _BOTTOM = 8, 6


def sheet_heads(sheet: Sheet, layout: ReadyLayout, file_name: str) -> dict[str, Any]:
    """Head fields that stand outside rows and label cells: in titles and feet, in the sheet's or the file's name."""
    titles = [cell for row in sheet.rows[:_TITLE_ROWS] for cell in row if type(cell) is str and len(fold(cell)) > 3]
    heads: dict[str, Any] = {}
    for field, source in layout.head.items():
        for pattern, texts in ((source.pattern, titles), (source.sheet_name, [sheet.name]), (source.file_name, [file_name])):
            found = next((m for text in texts if pattern is not None and (m := pattern.search(text))), None)
            if found is not None:
                heads.setdefault(field, found[1] if found.groups() else found[0])
        if source.constant is not None:
            heads.setdefault(field, source.constant)
    rows = (*sheet.rows[:_TOP], *sheet.rows[-_BOTTOM:]) if len(sheet.rows) > _TOP + _BOTTOM else sheet.rows
    add_inline(heads, (cell for row in rows for cell in row), layout)
    if "report_month" not in heads:
        month = next((text for text in titles if "年" in text and parse_month(text)), None)
        if month is not None:
            heads["report_month"] = month
    return heads


def add_inline(heads: dict[str, Any], cells: Iterable[object], layout: ReadyLayout) -> None:
    """Add the fields that are written in one cell with their value ('填表人：张某'), where they are not known yet."""
    for cell in cells:
        if type(cell) is str and cell:
            for field, value in inline_heads(cell, layout.book):
                if value:
                    heads.setdefault(field, value)


def as_code(cell: object) -> str:
    """A place code as text: no spaces, half width, no '.0' of a number cell."""
    text = str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)
    return "".join(unicodedata.normalize("NFKC", text).split())


def as_name(cell: object) -> str:
    """A name or other text, trimmed."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip() if cell != "" else ""
