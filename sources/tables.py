"""The tables of a sheet, below or beside one another, each with headings of its own; and a sheet as it is with one of them alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import NamedTuple

from schemas.states import REPORTED, UNREADABLE
from sources.text import fold
from sources.values import ValueReader
from sources.workbook import Row, Sheet

_MOST_HEADINGS = 6
_LONG_CODE = 8


class Table(NamedTuple):
    """A rectangle: first row (of its headings) and column, and those behind its last."""

    top: int
    left: int
    bottom: int
    right: int


def tables_of(rows: Sequence[Row], values: ValueReader) -> list[Table]:
    """The tables of a sheet, from top to bottom and from left to right; headings repeated on a further page begin none."""
    looks = [_Line.of(row, values) for row in rows]
    return [table for top, bottom in _bands(rows, looks) for table in _beside(rows, looks, top, bottom)]


def only_table(sheet: Sheet, number: int, values: ValueReader) -> Sheet | None:
    """The sheet with the titles above its tables and with one of them (counted from 1); None where there are not so many."""
    tables = tables_of(sheet.rows, values)
    if number > len(tables):
        return None
    first, table = min(t.top for t in tables), tables[number - 1]
    rows: list[Row] = [
        row if r < first else [c if table.top <= r < table.bottom and table.left <= n < table.right else "" for n, c in enumerate(row)]
        for r, row in enumerate(sheet.rows)
    ]
    return replace(sheet, rows=rows, _flat=None, _seen=None, _texts=None, _said=None, _numbers=None)


class _Line(NamedTuple):
    """Columns of a row in which figures stand, and those of texts that are neither figures nor words for none."""

    figures: frozenset[int]
    texts: frozenset[int]

    @classmethod
    def of(cls, row: Row, values: ValueReader) -> _Line:
        filled = [(column, cell) for column, cell in enumerate(row) if cell != ""]
        states = {column: values.read(cell)[1] for column, cell in filled}
        return cls(
            frozenset(column for column, state in states.items() if state == REPORTED),
            frozenset(column for column, cell in filled if type(cell) is str and states[column] == UNREADABLE),
        )

    @property
    def is_heading(self) -> bool:
        return len(self.texts) >= 2 and not self.figures

    @property
    def is_data(self) -> bool:
        return len(self.figures) >= 2 or (bool(self.figures) and bool(self.texts))


def _bands(rows: Sequence[Row], looks: Sequence[_Line]) -> Iterator[tuple[int, int]]:
    """First row of headings and the row behind the last, of what stands below one another."""
    tops: list[int] = []
    known: list[tuple[str, ...]] = []
    has_data, row = True, 0
    while row < len(rows):
        end = row
        while end < len(rows) and end - row < _MOST_HEADINGS and looks[end].is_heading:
            end += 1
        if end == row:
            has_data = has_data or looks[row].is_data
            row += 1
            continue
        data = next((r for r in range(end, min(end + 3, len(rows))) if looks[r].is_data), None)
        above = sum(bool(looks[r].texts & looks[data].figures) for r in range(row, end)) if data is not None else 0
        headed = frozenset[int]().union(*(looks[r].texts for r in range(row, end)))
        is_new = data is not None and above > 0 and 2 * len(headed & looks[data].figures) >= len(looks[data].figures)
        if is_new and has_data and not _is_known(rows[end - 1], known):
            tops.append(row)
            known.append(_said(rows[end - 1]))
            has_data = False
        row = end
    yield from pairwise((*tops, len(rows)))


def _said(row: Row) -> tuple[str, ...]:
    return tuple(fold(str(cell)) for cell in row if cell != "")


def _is_known(row: Row, known: Sequence[tuple[str, ...]]) -> bool:
    return _said(row) in known


def _beside(rows: Sequence[Row], looks: Sequence[_Line], top: int, bottom: int) -> Iterator[Table]:
    """A band parted at columns that are blank all the way down, where each part has names and figures of its own."""
    filled = sorted({column for row in rows[top:bottom] for column, cell in enumerate(row) if cell != ""})
    groups: list[list[int]] = []
    for column in filled:
        if groups and groups[-1][-1] == column - 1:
            groups[-1].append(column)
        else:
            groups.append([column])
    parts: list[list[int]] = []
    for group in groups:
        if parts and not (_is_whole(rows, looks, top, bottom, group) and _is_whole(rows, looks, top, bottom, parts[-1])):
            parts[-1] = [*parts[-1], *group]
        else:
            parts.append(group)
    yield from (Table(top, part[0], bottom, part[-1] + 1) for part in parts)


def _is_whole(rows: Sequence[Row], looks: Sequence[_Line], top: int, bottom: int, columns: Sequence[int]) -> bool:
    """Whether columns hold a table of their own: in most of their rows a name or a long code, and a figure."""
    among = set(columns)
    data = [r for r in range(top, bottom) if looks[r].figures & among]
    named = [r for r in data if looks[r].texts & among or any(_is_code(rows[r][c]) for c in columns if c < len(rows[r]))]
    return len(columns) > 1 and bool(data) and 2 * len(named) >= len(data)


def _is_code(cell: object) -> bool:
    text = str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)
    return text.isdecimal() and len(text) >= _LONG_CODE
