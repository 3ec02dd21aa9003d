"""A sheet before it becomes a file: cells with named looks, merged ranges, and where each figure stands.

The same grid is written as .xlsx here and as .xls and .ods by `sinks.samplebooks`.
"""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Literal

Value = str | float | int | None
Address = tuple[int, int]
Rule = Literal["count", "money", "signed"]

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
    "count": {**_BOX, "align": "right", "indent": 1, "num_format": "0"},
    "money": {**_BOX, "align": "right", "indent": 1, "num_format": "#,##0.00"},
    "total": {**_BOX, "align": "right", "indent": 1, "num_format": "0", "bg_color": GREY, "bold": True},
    "text": {**_BOX, "align": "center"},
    "empty": {"bottom": 1, "top": 1, "border_color": LINE, "bg_color": "#F7F7F7"},
    "plain": {"valign": "vcenter"},
}


@dataclass(slots=True)
class Cell:
    """What a cell shows. With `parts`, it is the sum of those cells and `value` is what was computed last."""

    value: Value
    style: str
    parts: tuple[Address, ...] = ()


@dataclass
class Grid:
    """One sheet. Addresses are zero-based (row, column). `figures`, `head` and `others` say where an indicator, a
    head field or anything else that is filled in stands."""

    name: str
    cells: dict[Address, Cell] = field(default_factory=dict)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    widths: dict[int, float] = field(default_factory=dict)
    heights: dict[int, float] = field(default_factory=dict)
    rules: list[tuple[int, int, int, int, Rule]] = field(default_factory=list)
    figures: dict[str, Address] = field(default_factory=dict)
    head: dict[str, Address] = field(default_factory=dict)
    others: dict[str, Address] = field(default_factory=dict)
    frozen_rows: int = 0
    frozen_columns: int = 0
    is_landscape: bool = False
    pages_wide: int = 1

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


def xlsx_bytes(grid: Grid, *, title: str, hidden: Grid | None = None) -> bytes:
    """The grid as an .xlsx workbook; the same grid always gives the same bytes. `hidden` becomes a sheet users never see."""
    import xlsxwriter

    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    book.set_properties({"title": title, "created": CREATED})
    font = {"font_name": "宋体", "font_size": 10}
    looks = {name: book.add_format({**font, **look}) for name, look in STYLES.items()}
    sheet = book.add_worksheet(grid.name)
    _write_cells(sheet, grid, looks)
    _set_page(sheet, grid)
    for first_row, first_column, last_row, last_column, rule in grid.rules:
        sheet.data_validation(first_row, first_column, last_row, last_column, _validation(rule, (first_row, first_column)))
    if hidden is not None:
        extra = book.add_worksheet(hidden.name)
        _write_cells(extra, hidden, looks)
        extra.very_hidden()
    book.close()
    return buffer.getvalue()


def _write_cells(sheet: Any, grid: Grid, looks: dict[str, Any]) -> None:
    inner = {(r, c) for a, b, e, d in grid.merged for r in range(a, e + 1) for c in range(b, d + 1)}
    for row, column, last_row, last_column in grid.merged:
        cell = grid.cells[row, column]
        sheet.merge_range(row, column, last_row, last_column, "", looks[cell.style])
    corners = {(r, c) for r, c, _, _ in grid.merged}
    for (row, column), cell in grid.cells.items():
        if (row, column) in inner and (row, column) not in corners:
            continue
        look = looks[cell.style]
        if cell.parts:
            sheet.write_formula(row, column, formula(cell.parts), look, cell.value)
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
    if grid.frozen_rows or grid.frozen_columns:
        sheet.freeze_panes(grid.frozen_rows, grid.frozen_columns)
    if grid.frozen_columns:
        sheet.repeat_columns(0, grid.frozen_columns - 1)
    if grid.is_landscape:
        sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(grid.pages_wide, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.6)
    sheet.center_horizontally()
    sheet.hide_gridlines(2)
    sheet.set_footer("&C&9第 &P 页 / 共 &N 页")


def _validation(rule: Rule, first: Address) -> dict[str, Any]:
    """A number of the right kind, or the dash that says 'does not apply'."""
    cell = address(first)
    tests = {
        "count": f"AND(ISNUMBER({cell}),{cell}>=0,{cell}=INT({cell}))",
        "money": f"AND(ISNUMBER({cell}),{cell}>=0,ROUND({cell},2)={cell})",
        "signed": f"AND(ISNUMBER({cell}),{cell}=INT({cell}))",
    }
    wanted = {
        "count": "请填写不小于0的整数；不适用请填 —。\nA whole number from 0 up; — where it does not apply.",
        "money": "请填写不小于0的金额（最多两位小数）；不适用请填 —。\nAn amount from 0 up with at most two decimals.",
        "signed": "请填写整数（减少填负数）；不适用请填 —。\nA whole number; negative for a decrease.",
    }
    return {
        "validate": "custom",
        "value": f'=OR({tests[rule]},{cell}="—")',
        "error_title": "请核对 / Please check",
        "error_message": wanted[rule],
        "error_type": "stop",
    }
