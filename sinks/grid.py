"""A sheet before it becomes a file: cells with named looks, merged ranges, input limits, alarms, and where each figure stands.

The same grid is written as .xlsx here and as .xls and .ods by `sinks.samplebooks`.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

from sinks.limits import Area, Input, validation

Value = str | float | int | None
Address = tuple[int, int]

CREATED = dt.datetime(2024, 1, 1)  # a fixed date in every file, so that the same content gives the same bytes

BLUE, PALE, GREY, LINE = "#1F3864", "#DCE6F1", "#F2F2F2", "#8EA9C8"
_BOX: dict[str, Any] = {"border": 1, "border_color": LINE, "valign": "vcenter"}
STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 18, "align": "center", "valign": "vcenter", "font_color": BLUE},
    "subtitle": {"italic": True, "font_size": 9, "align": "center", "valign": "vcenter", "font_color": "#595959"},
    "note": {"font_size": 9, "align": "left", "valign": "vcenter", "font_color": "#595959", "text_wrap": True},
    "head": {**_BOX, "bold": True, "align": "right", "indent": 1, "bg_color": GREY},
    "entry": {**_BOX, "align": "left", "indent": 1, "num_format": "@"},
    "section": {**_BOX, "bold": True, "font_size": 11, "align": "left", "indent": 1, "font_color": "#FFFFFF", "bg_color": BLUE},
    "header": {**_BOX, "bold": True, "align": "center", "bg_color": PALE, "text_wrap": True},
    "number": {**_BOX, "align": "center", "font_color": "#7F7F7F"},
    "label": {**_BOX, "align": "left", "indent": 1, "text_wrap": True},
    "english": {**_BOX, "align": "left", "indent": 1, "font_size": 8, "font_color": "#7F7F7F", "text_wrap": True},
    "unit": {**_BOX, "align": "center", "font_size": 9},
    "count": {**_BOX, "align": "right", "indent": 1, "num_format": "General"},
    "opening": {**_BOX, "align": "right", "indent": 1, "num_format": "General", "bg_color": "#FFF9E5"},
    "money": {**_BOX, "align": "right", "indent": 1, "num_format": "#,##0.00"},
    "total": {**_BOX, "align": "right", "indent": 1, "num_format": "General", "bg_color": GREY, "bold": True},
    "text": {**_BOX, "align": "center"},
    "empty": {"bottom": 1, "top": 1, "border_color": LINE, "bg_color": "#F7F7F7"},
    "plain": {"valign": "vcenter"},
    "state": {**_BOX, "bold": True, "align": "center", "bg_color": GREY, "font_color": "#7F7F7F"},
    "small": {**_BOX, "align": "left", "indent": 1, "font_size": 8, "font_color": "#404040", "text_wrap": True},
    "verdict": {**_BOX, "bold": True, "align": "center", "font_color": "#7F7F7F", "bg_color": GREY},
    "fails": {**_BOX, "align": "center", "font_size": 9, "num_format": '"不符";;"相符"', "bg_color": GREY},
    "confirms": {**_BOX, "align": "center", "font_size": 9, "num_format": '"核实";;"相符"', "bg_color": GREY},
    "figure": {**_BOX, "align": "right", "indent": 1, "num_format": "General"},
    "turned": {**_BOX, "bold": True, "font_size": 9, "align": "center", "bg_color": PALE, "text_wrap": True},
}
Look = Literal["red", "amber", "green"]
ALARMS: dict[Look, dict[str, Any]] = {
    "red": {"bg_color": "#FFC7CE", "font_color": "#9C0006", "bold": True},
    "amber": {"bg_color": "#FFEB9C", "font_color": "#7F6000"},
    "green": {"bg_color": "#C6EFCE", "font_color": "#006100"},
}


@dataclass(slots=True)
class Cell:
    """What a cell shows. With `parts` it is the sum of those cells, with `formula` (no leading =) that; `value` is then the last result."""

    value: Value
    style: str
    parts: tuple[Address, ...] = ()
    formula: str = ""


@dataclass(frozen=True)
class Alarm:
    """Cells that change their look while `formula` (no leading =, written for the first cell of the first area) is true."""

    areas: tuple[Area, ...]
    formula: str
    look: Look


@dataclass
class Grid:
    """One sheet. Addresses are zero-based (row, column). `figures`, `head` and `others` say where an indicator, a
    head field or anything else that is filled in stands. `names`: defined name → cell. Locked but for `unlocked` when `is_protected`."""

    name: str
    cells: dict[Address, Cell] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    inputs: list[Input] = field(default_factory=list)
    alarms: list[Alarm] = field(default_factory=list)
    unlocked: set[Address] = field(default_factory=set)
    names: dict[str, Address] = field(default_factory=dict)
    figures: dict[str, Address] = field(default_factory=dict)
    head: dict[str, Address] = field(default_factory=dict)
    others: dict[str, Address] = field(default_factory=dict)
    frozen_rows: int = 0
    frozen_columns: int = 0
    is_landscape: bool = False
    is_protected: bool = False
    pages_wide: int = 1
    repeated_rows: tuple[int, int] | None = None
    hidden_columns: tuple[int, int] | None = None

    def put(self, row: int, column: int, value: Value, style: str, *, down: int = 1, across: int = 1) -> None:
        """Write one cell; `down` and `across` above 1 merge it over its neighbours."""
        self.cells[row, column] = Cell(value, style)
        if down > 1 or across > 1:
            self.merged.append((row, column, row + down - 1, column + across - 1))
            for r in range(row, row + down):
                for c in range(column, column + across):
                    self.cells.setdefault((r, c), Cell(None, style))

    def put_sum(self, row: int, column: int, parts: Sequence[Address], style: str = "total") -> None:
        """A cell that adds up `parts` (empty while all of them are)."""
        numbers = [v for a in parts if a in self.cells and isinstance(v := self.cells[a].value, int | float)]
        self.cells[row, column] = Cell(sum(numbers) if numbers else "", style, tuple(parts))


def column_letters(column: int) -> str:
    """0 → A, 26 → AA."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def address(at: Address) -> str:
    """(4, 1) → B5."""
    return f"{column_letters(at[1])}{at[0] + 1}"


def formula(parts: Sequence[Address]) -> str:
    """The sum of `parts` as a worksheet formula that stays empty while all of them are."""
    cells = ",".join(address(a) for a in parts)
    steps = {(b[0] - a[0], b[1] - a[1]) for a, b in pairwise(parts)}
    if steps in ({(0, 1)}, {(1, 0)}):  # side by side, or below each other
        cells = f"{address(parts[0])}:{address(parts[-1])}"
    return f'=IF(COUNT({cells})=0,"",SUM({cells}))'


def rectangles(cells: Collection[Address]) -> list[Area]:
    """The cells as few areas: runs of a row, joined with the same run of the row below. From top to bottom."""
    areas: list[Area] = []
    for row in sorted({row for row, _ in cells}):
        columns = sorted(column for r, column in cells if r == row)
        edges = [n for n, column in enumerate(columns) if n == 0 or column != columns[n - 1] + 1]
        for start, end in zip(edges, [*edges[1:], len(columns)], strict=True):
            first, last = columns[start], columns[end - 1]
            above = next((n for n, area in enumerate(areas) if area[1:] == (first, row - 1, last)), None)
            if above is None:
                areas.append((row, first, row, last))
            else:
                areas[above] = (areas[above][0], first, row, last)
    return areas


def xlsx_bytes(grid: Grid, *, title: str, beside: Sequence[Grid] = (), hidden: Grid | None = None) -> bytes:
    """The grid as an .xlsx workbook; the same grid always gives the same bytes.

    `beside` are further sheets that users see, `hidden` becomes one that they never see.
    """
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": title, "created": CREATED})
    looks = _Looks(book)
    for shown in (grid, *beside):
        sheet = book.add_worksheet(shown.name)
        _write_cells(sheet, shown, looks)
        _set_page(sheet, shown)
        _set_guards(sheet, shown, looks)
        for name, at in shown.names.items():
            book.define_name(name, f"='{shown.name}'!${column_letters(at[1])}${at[0] + 1}")
    if hidden is not None:
        extra = book.add_worksheet(hidden.name)
        _write_cells(extra, hidden, looks)
        extra.very_hidden()
    book.close()
    return buffer.getvalue()


class _Looks:
    """A workbook's formats, each made when it is first asked for."""

    def __init__(self, book: Any) -> None:
        self._book = book
        self._made: dict[tuple[str, bool], Any] = {}
        self._alarms: dict[Look, Any] = {}

    def _add(self, look: Mapping[str, Any], more: Mapping[str, Any]) -> Any:
        return self._book.add_format({"font_name": "宋体", "font_size": 10, **look, **more})

    def of(self, style: str, *, is_unlocked: bool = False) -> Any:
        if (style, is_unlocked) not in self._made:
            self._made[style, is_unlocked] = self._add(STYLES[style], {"locked": False} if is_unlocked else {})
        return self._made[style, is_unlocked]

    def alarm(self, look: Look) -> Any:
        if look not in self._alarms:
            self._alarms[look] = self._book.add_format(ALARMS[look])
        return self._alarms[look]


def _write_cells(sheet: Any, grid: Grid, looks: _Looks) -> None:
    inner = {(r, c) for a, b, e, d in grid.merged for r in range(a, e + 1) for c in range(b, d + 1)}
    for row, column, last_row, last_column in grid.merged:
        style = grid.cells[row, column].style
        sheet.merge_range(row, column, last_row, last_column, "", looks.of(style, is_unlocked=(row, column) in grid.unlocked))
    corners = {(r, c) for r, c, _, _ in grid.merged}
    for (row, column), cell in grid.cells.items():
        if (row, column) in inner and (row, column) not in corners:
            continue
        look = looks.of(cell.style, is_unlocked=(row, column) in grid.unlocked)
        if cell.parts or cell.formula:
            sheet.write_formula(row, column, f"={cell.formula}" if cell.formula else formula(cell.parts), look, cell.value)
        elif cell.value is None or cell.value == "":
            sheet.write_blank(row, column, None, look)
        elif isinstance(cell.value, str):
            sheet.write_string(row, column, cell.value, look)
        else:
            sheet.write_number(row, column, cell.value, look)


def _set_page(sheet: Any, grid: Grid) -> None:
    for column, width in grid.widths.items():
        sheet.set_column(column, column, width)
    for row, height in grid.heights.items():
        sheet.set_row(row, height)
    if grid.hidden_columns is not None:
        sheet.set_column(*grid.hidden_columns, None, None, {"hidden": True})
    if grid.frozen_rows or grid.frozen_columns:
        sheet.freeze_panes(grid.frozen_rows, grid.frozen_columns)
    if grid.frozen_columns:
        sheet.repeat_columns(0, grid.frozen_columns - 1)
    if grid.repeated_rows is not None:
        sheet.repeat_rows(*grid.repeated_rows)
    if grid.is_landscape:
        sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(grid.pages_wide, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.hide_gridlines(2)
    sheet.set_footer("&C&9第 &P 页 / 共 &N 页")


def _set_guards(sheet: Any, grid: Grid, looks: _Looks) -> None:
    """Input limits, cells that turn red, and the lock on everything else: no password, columns and rows may be widened."""
    for entry in grid.inputs:
        sheet.data_validation(*entry.area, validation(entry, address(entry.area[:2])))
    for alarm in grid.alarms:
        options = {"type": "formula", "criteria": f"={alarm.formula}", "format": looks.alarm(alarm.look)}
        if len(alarm.areas) > 1:
            options["multi_range"] = " ".join(f"{address(a[:2])}:{address(a[2:])}" for a in alarm.areas)
        sheet.conditional_format(*alarm.areas[0], options)
    if grid.is_protected:
        sheet.protect("", {"format_columns": True, "format_rows": True})
