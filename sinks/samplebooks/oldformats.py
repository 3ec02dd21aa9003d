"""Grids as .xls (Excel 97–2003) and as .ods (LibreOffice), for offices that save their return so."""

from __future__ import annotations

import io
from functools import lru_cache
from typing import Any

from sinks.grid import STYLES, Grid, address, column_letters, formula
from sinks.samplebooks.stamp import grid_slots, marker

_ALIGN = {"left": 1, "center": 2, "right": 3}
_POINTS_PER_CHARACTER = 5.6


def xls_bytes(grid: Grid) -> bytes:
    """The grid as an .xls workbook. Sums are plain numbers, because xlwt keeps no computed value beside a formula."""
    import xlwt

    book = xlwt.Workbook(encoding="utf-8")
    sheet = book.add_sheet(grid.name)
    corners = {(a, b): (c, d) for a, b, c, d in grid.merged}
    inner = {(r, c) for a, b, e, d in grid.merged for r in range(a, e + 1) for c in range(b, d + 1)} - set(corners)
    for at, cell in grid.cells.items():
        if at in inner:
            continue
        look = _xls_look(cell.style)
        value = cell.value if cell.value is not None else ""
        if at in corners:
            sheet.write_merge(at[0], corners[at][0], at[1], corners[at][1], value, look)
        else:
            sheet.write(*at, value, look)
    for column, width in grid.widths.items():
        sheet.col(column).width = int(256 * width)
    if grid.frozen_rows:
        sheet.panes_frozen, sheet.horz_split_pos = True, grid.frozen_rows
    sheet.portrait, sheet.paper_size_code, sheet.fit_num_pages = not grid.is_landscape, 9, 1
    sheet.fit_width_to_pages, sheet.fit_height_to_pages = 1, 0
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


@lru_cache(maxsize=64)
def _xls_look(name: str) -> Any:
    import xlwt

    look, style = STYLES[name], xlwt.XFStyle()
    style.font = xlwt.Font()
    style.font.name, style.font.bold, style.font.height = "宋体", bool(look.get("bold")), 20 * int(look.get("font_size", 10))
    style.alignment.horz, style.alignment.vert = _ALIGN.get(str(look.get("align", "")), 0), 1
    style.alignment.wrap = int(bool(look.get("text_wrap")))
    if look.get("border"):
        style.borders.left = style.borders.right = style.borders.top = style.borders.bottom = 1
    style.num_format_str = str(look.get("num_format", "General"))
    return style


def ods_bytes(grid: Grid) -> bytes:
    """The grid as an .ods document with a marker in each cell that differs between villages (see `stamp.ods_stamp`).

    The bytes hold the time of writing; the stamp made of them does not.
    """
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.table import CoveredTableCell, Table, TableCell, TableColumn, TableRow
    from odf.text import P

    document = OpenDocumentSpreadsheet()
    looks, columns = _ods_looks(document, grid)
    table = Table(name=grid.name)
    for look in columns:
        table.addElement(TableColumn(stylename=look))
    corners = {(a, b): (c - a + 1, d - b + 1) for a, b, c, d in grid.merged}
    covered = {(r, c) for a, b, e, d in grid.merged for r in range(a, e + 1) for c in range(b, d + 1)} - set(corners)
    slots = set(grid_slots(grid))
    last_row, last_column = (max(at[n] for at in grid.cells) for n in (0, 1))
    for r in range(last_row + 1):
        row = TableRow()
        for c in range(last_column + 1):
            cell = grid.cells.get((r, c))
            if (r, c) in covered:
                row.addElement(CoveredTableCell())
                continue
            facts: dict[str, Any] = {"stylename": looks[cell.style]} if cell is not None else {}
            if (r, c) in corners:
                facts |= {"numberrowsspanned": corners[r, c][0], "numbercolumnsspanned": corners[r, c][1]}
            if cell is not None and cell.parts:
                facts["formula"] = _ods_formula(cell.parts)
            value = marker((r, c)) if (r, c) in slots else cell.value if cell is not None else None
            if isinstance(value, int | float):
                facts |= {"valuetype": "float", "value": value}
            elif value and (r, c) not in slots:
                facts["valuetype"] = "string"
            element = TableCell(**facts)
            if value not in (None, ""):
                element.addElement(P(text=str(value)))
            row.addElement(element)
        table.addElement(row)
    document.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    document.write(buffer)
    return buffer.getvalue()


def _ods_formula(parts: tuple[tuple[int, int], ...]) -> str:
    """The worksheet formula in OpenFormula: =IF(COUNT(E9:F9)=0,"",SUM(E9:F9)) → of:=IF(COUNT([.E9:.F9])=0;"";SUM([.E9:.F9]))."""
    first, last = address(parts[0]), address(parts[-1])
    text = formula(parts)
    return "of:" + text.replace(f"{first}:{last}", f"[.{first}:.{last}]").replace(",", ";")


def _ods_looks(document: Any, grid: Grid) -> tuple[dict[str, Any], list[Any]]:
    from odf.style import ParagraphProperties, Style, TableCellProperties, TableColumnProperties, TextProperties

    looks = {}
    for name in sorted({cell.style for cell in grid.cells.values()}):
        look = STYLES[name]
        style = Style(name=f"look_{name}", family="table-cell")
        box: dict[str, str] = {"verticalalign": "middle"}
        if look.get("border"):
            box["border"] = f"0.5pt solid {look['border_color']}"
        if look.get("bg_color"):
            box["backgroundcolor"] = str(look["bg_color"])
        style.addElement(TableCellProperties(**box))
        text = {"fontsize": f"{look.get('font_size', 10)}pt", "color": str(look.get("font_color", "#000000"))}
        style.addElement(TextProperties(**text, **({"fontweight": "bold"} if look.get("bold") else {})))
        align = {"left": "start", "right": "end"}.get(str(look.get("align")), str(look.get("align", "start")))
        style.addElement(ParagraphProperties(textalign=align))
        document.automaticstyles.addElement(style)
        looks[name] = style
    columns = []
    for number in range(max(at[1] for at in grid.cells) + 1):
        style = Style(name=f"column_{column_letters(number)}", family="table-column")
        width = f"{grid.widths.get(number, 10) * _POINTS_PER_CHARACTER:.0f}pt"
        style.addElement(TableColumnProperties(columnwidth=width))
        document.automaticstyles.addElement(style)
        columns.append(style)
    return looks, columns
