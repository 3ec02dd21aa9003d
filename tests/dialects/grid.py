"""A workbook before it is a file, and what it says: every cell knows whose figure stands in it, wherever it is moved to.

Changes insert rows and columns, merge, reword; the truth is taken from the cells at the end, so that it moves with them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple


class Formula(NamedTuple):
    """A formula and the value that the file keeps of it; None where it keeps none."""

    text: str
    value: float | None


class Fault(NamedTuple):
    """An error in place of a value: #REF!."""

    text: str


Content = float | str | bool | dt.date | Formula | Fault


class Figure(NamedTuple):
    """What a cell says: indicator `code` of report number `owner`. `value` counts only where `state` is 'R'."""

    owner: int
    code: str
    value: float
    state: str


@dataclass(eq=False, slots=True)
class Cell:
    """`role`: title, head (a label), entry (its value), section, header, label, member, unit, figure, total, place, note, other.

    `code`: what a label or heading names; see `words.names`.
    """

    content: Content = ""
    role: str = ""
    code: str = ""
    figure: Figure | None = None
    form: str = ""
    """The number format."""


@dataclass(eq=False, slots=True)
class Row:
    """`kind`: title, head, section, header, figures, place, total, note, blank. `is_tied`: nothing comes between it and the row above."""

    cells: list[Cell]
    kind: str
    is_tied: bool = False


@dataclass(eq=False, slots=True)
class Sheet:
    """Rows of one width; merged ranges as first and last cell, so that they stretch with what is inserted.

    `is_loose`: blank columns may stand between its columns, because headings above say which one holds the figures.
    """

    name: str
    rows: list[Row] = field(default_factory=list)
    merges: list[tuple[Cell, Cell]] = field(default_factory=list)
    visible: str = "visible"
    is_loose: bool = True
    is_form: bool = True

    @property
    def width(self) -> int:
        return len(self.rows[0].cells) if self.rows else 0

    def add(self, kind: str, *cells: Cell, is_tied: bool = False) -> Row:
        """A further row; all rows are made as wide as the widest."""
        row = Row(list(cells), kind, is_tied)
        self.rows.append(row)
        width = max(len(r.cells) for r in self.rows)
        for r in self.rows:
            r.cells += [Cell() for _ in range(width - len(r.cells))]
        return row

    def merge(self, first: Cell, last: Cell) -> None:
        if first is not last:
            self.merges.append((first, last))

    def insert_row(self, at: int, kind: str = "blank") -> Row:
        row = Row([Cell() for _ in range(self.width)], kind)
        self.rows.insert(at, row)
        return row

    def insert_column(self, at: int) -> list[Cell]:
        column = [Cell() for _ in self.rows]
        for row, cell in zip(self.rows, column, strict=True):
            row.cells.insert(at, cell)
        return column

    def cells(self, *roles: str) -> Iterator[Cell]:
        return (cell for row in self.rows for cell in row.cells if not roles or cell.role in roles)

    def places(self) -> dict[int, tuple[int, int]]:
        """id of a cell → its zero-based row and column."""
        return {id(cell): (r, c) for r, row in enumerate(self.rows) for c, cell in enumerate(row.cells)}

    def row_of(self, cell: Cell) -> int:
        return next(n for n, row in enumerate(self.rows) if any(c is cell for c in row.cells))

    def ranges(self) -> list[tuple[int, int, int, int]]:
        """The merged ranges as first row, first column, last row, last column."""
        at = self.places()
        return [(*at[id(a)], *at[id(b)]) for a, b in self.merges]


@dataclass(slots=True)
class Report:
    """Whom and what month a record is about, as written."""

    month: str
    code: str
    name: str
    town: str
    role: str = "report"


@dataclass(slots=True)
class Book:
    """A file to be: its sheets and the reports in it. `has_old`: it carries headings that are no longer collected."""

    sheets: list[Sheet]
    reports: list[Report]
    codes: tuple[str, ...]
    has_old: bool = False

    def cells(self, *roles: str) -> Iterator[Cell]:
        return (cell for sheet in self.sheets for cell in sheet.cells(*roles))

    @property
    def main(self) -> Sheet:
        return self.sheets[0]

    def figures(self) -> Iterator[tuple[Cell, Figure]]:
        return ((cell, cell.figure) for cell in self.cells("figure") if cell.figure is not None)


class Said(NamedTuple):
    """The truth about one indicator: value (where state is R), state, 'sheet!cell' ('' where the form does not have it)."""

    value: float
    state: str
    address: str


def truth(book: Book, *, has_sheet_names: bool = True) -> list[tuple[Report, dict[str, Said]]]:
    """What every report of the file says, by indicator; indicators without a cell are not collected (C)."""
    said: list[dict[str, Said]] = [dict.fromkeys(book.codes, Said(0.0, "C", "")) for _ in book.reports]
    for sheet in book.sheets:
        for r, row in enumerate(sheet.rows):
            for c, cell in enumerate(row.cells):
                if (figure := cell.figure) is None:
                    continue
                if said[figure.owner][figure.code].address:
                    raise ValueError(f"{figure.code} stands twice")
                name = f"{sheet.name}!" if has_sheet_names else ""
                said[figure.owner][figure.code] = Said(figure.value, figure.state, f"{name}{letters(c)}{r + 1}")
    return list(zip(book.reports, said, strict=True))


def letters(column: int) -> str:
    """0 → A, 26 → AA."""
    found = ""
    while column >= 0:
        column, rest = divmod(column, 26)
        found, column = chr(65 + rest) + found, column - 1
    return found
