"""Where several forms stand in one sheet, below one another or side by side: the windows in which each stands alone."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from sources.layout import Place, ReadyLayout, Window
from sources.text import fold
from sources.workbook import Merge, Sheet


def forms_in(sheet: Sheet, layout: ReadyLayout) -> list[Window]:
    """The sheet itself, or one window for each time that the label of the place's code or name (or the title) is given."""
    whole = Window(sheet.name, sheet.rows, sheet.merged)
    first = next((places for places in _repeated(sheet, layout) if len(places) > 1), None)
    if first is None:
        return [whole]
    top = next(r for r, row in enumerate(sheet.rows) if any(cell != "" for cell in row))
    left = min(c for row in sheet.rows for c, cell in enumerate(row) if cell != "")
    rows = sorted({row for row, _ in first})
    lead = rows[0] - top  # how far above its label a form begins
    edges = [0, *(_begin(sheet, row, lead, above) for above, row in pairwise(rows)), len(sheet.rows)]
    windows = []
    for row, (start, end) in zip(rows, pairwise(edges), strict=True):
        columns = sorted(column for r, column in first if r == row)
        lefts = [0, *(column - (columns[0] - left) for column in columns[1:]), max(map(len, sheet.rows))]
        windows += [_window(whole, start, end, a, b) for a, b in pairwise(lefts)]
    return windows


def _repeated(sheet: Sheet, layout: ReadyLayout) -> Sequence[list[Place]]:
    """Where the labels of the place's code, of its name, and titles stand."""
    found: dict[str, list[Place]] = {field: [] for field in (*layout.place_fields[:2], "")}
    for r, row in enumerate(sheet.rows):
        for c, cell in enumerate(row):
            if type(cell) is not str or not cell:
                continue
            for meaning in layout.book.look_up(cell):
                if meaning.kind == "head" and meaning.code in found:
                    found[meaning.code].append((r, c))
            if layout.titles and any(title in fold(cell) for title in layout.titles):
                found[""].append((r, c))
    code, name, _ = layout.place_fields
    return [found[code], found[name], found[""]]


def _begin(sheet: Sheet, row: int, lead: int, above: int) -> int:
    """The first row of a form whose label stands in `row`: as far up as the first form began, but below a blank row."""
    start = row
    while start - 1 > above and row - start < lead and any(cell != "" for cell in sheet.rows[start - 1]):
        start -= 1
    return start


def _window(sheet: Window, top: int, bottom: int, left: int, right: int) -> Window:
    merged: list[Merge] = [
        ((r1 - top, c1 - left), (min(r2, bottom - 1) - top, min(c2, right - 1) - left))
        for (r1, c1), (r2, c2) in sheet.merged
        if top <= r1 < bottom and left <= c1 < right
    ]
    return Window(sheet.name, [row[left:right] for row in sheet.rows[top:bottom]], merged, top, left)
