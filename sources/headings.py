"""The headings of a list: which rows they take, and which texts stand above each column."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from itertools import pairwise

from schemas.states import REPORTED
from sources.layout import ReadyLayout
from sources.text import fold
from sources.workbook import Row, Sheet

_MOST_ROWS = 6
_FEW_NUMBERS = 2
"""So many numbers, which are text in a text file, make a row of figures whatever its words are."""
_LETTERS = frozenset("甲乙丙丁戊己ABCDEabcde-—－") | {"栏次", "代码", "列次", "序号"}
_COLUMN_NUMBER = re.compile(r"[(\[]?(\d{1,3})[)\]]?(?:=[\d()+\-*/]+)?")
_TIMES = frozenset(("value", "comparison"))
FIGURE_KINDS = frozenset(("concept", "indicator", "member", "total", "not_collected"))


def names_place(row: Row, layout: ReadyLayout) -> bool:
    """Whether a row is the one of the headings that names the column of places."""
    fields, texts, is_named = layout.place_fields[:2], 0, False
    for cell in row:
        if type(cell) is str:
            if cell:
                texts += 1
                is_named = is_named or any(m.kind == "head" and m.code in fields for m in layout.book.look_up(cell))
        elif cell:  # headings hold no numbers (0 may be a template's)
            return False
    return is_named and texts >= 2


def header_top(sheet: Sheet, layout: ReadyLayout, top: int, above: int) -> int:
    """First row of the headings: rows directly above the one that names the place may hold groups of columns (出生 above 男, 女)."""
    if layout.header_rows is not None:
        return max(0, top - layout.header_above)
    places = _place_columns(sheet.rows[top], layout)
    while top - 1 > above and is_group_row(sheet.rows[top - 1], layout, places):
        top -= 1
    return top


def is_group_row(row: Row, layout: ReadyLayout, places: Sequence[int] = ()) -> bool:
    """A row of headings above the one that names the place: texts that mean figures, nothing above the place itself."""
    cells = [cell for cell in row if cell != ""]
    if any(type(cell) is not str or layout.values.read(cell)[1] == REPORTED for cell in cells):
        return False
    if any(column < len(row) and row[column] != "" for column in places):
        return False
    means = [layout.book.look_up(cell) for cell in cells]
    if len(cells) > 1 and all(any(m.kind in _TIMES for m in group) for group in means):  # 上月 | 本月
        return True
    return any(m.kind in FIGURE_KINDS for group in means for m in group) and (bool(places) or all(means))


def _place_columns(row: Row, layout: ReadyLayout) -> list[int]:
    fields = layout.place_fields[:2]
    return [column for column, cell in enumerate(row) if any(m.kind == "head" and m.code in fields for m in layout.book.look_up(cell))]


def header_bottom(sheet: Sheet, layout: ReadyLayout, top: int) -> int:
    """First row below the headings: given by the layout, by the merged cells, or where figures begin."""
    if layout.header_rows is not None:
        return min(top + layout.header_rows, len(sheet.rows))
    bottom = top + 1
    for (first, _), (last, _) in sheet.merged:
        if first == top and last > top:
            bottom = max(bottom, last + 1)
    places = _place_columns(sheet.rows[top], layout)
    while bottom < len(sheet.rows) and bottom < top + _MOST_ROWS and _is_heading_row(sheet.rows[bottom], layout, places):
        bottom += 1
    return bottom


def _is_heading_row(row: Row, layout: ReadyLayout, places: Sequence[int]) -> bool:
    cells = [cell for cell in row if cell != ""]
    if not cells or is_numbering(cells):
        return True
    if any(type(cell) is not str for cell in cells) or sum(layout.values.read(cell)[1] == REPORTED for cell in cells) >= _FEW_NUMBERS:
        return False
    figures = sum(cell.strip()[:1].isdecimal() and layout.values.read(cell)[1] == REPORTED for cell in cells)
    if figures > 1 and 2 * figures >= len(cells):  # a text file has its figures as texts
        return False
    known = [bool(layout.book.look_up(cell)) for cell in cells]
    if all(known):
        return True
    at_places = [row[column] for column in places if column < len(row)]
    if any(cell != "" and not layout.book.look_up(cell) for cell in at_places) or _starts_notes(cells[0], layout):
        return False
    begins = next(column for column, cell in enumerate(row) if cell != "")
    return any(known) or begins > max(places, default=0)  # 城镇 | 农村 below 结婚对数


def _starts_notes(text: str, layout: ReadyLayout) -> bool:
    patterns = (*layout.stop_rows, *layout.note_rows, *layout.total_rows, *layout.subtotal_rows)
    return any(p.search(fold(text)) or p.search(text) for p in patterns)


def is_numbering(cells: Sequence[object]) -> bool:
    """The row 甲 | 乙 | 1 | 2 | 3=1+2 under the headings, which numbers the columns: letters, then numbers one by one."""
    numbers, letters = [], 0
    for cell in cells:
        text = unicodedata.normalize("NFKC", str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)).strip()
        if (found := _COLUMN_NUMBER.fullmatch(text)) is not None:
            numbers.append(int(found[1]))
        elif text in _LETTERS:
            letters += 1
        else:
            return False
    is_sure = letters >= 2 and len(numbers) >= 1 if numbers and numbers[0] > 3 else len(numbers) >= 3  # a further table counts on
    return is_sure and all(b == a + 1 for a, b in pairwise(numbers))


def heading_paths(sheet: Sheet, top: int, bottom: int) -> list[list[str]]:
    """Heading texts of every column from top to bottom; an upper heading reaches right over blank cells with sub-headings."""
    rows = [row for row in sheet.rows[top:bottom] if not is_numbering([cell for cell in row if cell != ""])]
    width = max((len(row) for row in rows), default=0)
    lines = [[_text(row, column) for column in range(width)] for row in rows]
    at = [r for r in range(top, bottom) if not is_numbering([cell for cell in sheet.rows[r] if cell != ""])]
    owner: dict[tuple[int, int], str] = {}
    starts: set[tuple[int, int]] = set()
    for (first, left), (last, right) in sheet.merged:
        if last < top or first >= bottom:
            continue
        text = _text(sheet.rows[first], left) if first >= top else ""
        starts.add((first, left))
        owner.update(
            {
                (r, c): text
                for r in range(max(first, top), min(last, bottom - 1) + 1)
                for c in range(left, right + 1)
                if (r, c) != (first, left)
            }
        )
    for depth, line in enumerate(lines[:-1]):
        current = ""
        for column in range(width):
            if line[column]:
                current = line[column] if (at[depth], column) not in starts else ""  # a merged heading says how far it reaches
            elif (at[depth], column) in owner:
                line[column], current = owner[at[depth], column], ""
            elif current and any(lower[column] for lower in lines[depth + 1 :]):
                line[column] = current
            elif any(other[column] for other in lines):  # a blank column between two of a group does not end it
                current = ""
    if lines:
        last_row = at[-1]
        for column in range(width):
            if not lines[-1][column]:
                lines[-1][column] = owner.get((last_row, column), "")
    return [[line[column] for line in lines] for column in range(width)]


def _text(row: Row, column: int) -> str:
    cell = row[column] if column < len(row) else ""
    return cell if type(cell) is str else str(int(cell)) if type(cell) is float and cell == int(cell) else str(cell)
