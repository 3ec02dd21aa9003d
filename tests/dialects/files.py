"""Books as files: the bytes that Excel, WPS and others leave. Every kind is written by the library that writes it best."""

from __future__ import annotations

import csv
import datetime as dt
import html
import io
from collections.abc import Callable
from functools import partial
from typing import Any

from tests.dialects.binaries import BIFF_ERRORS, by_biff5, by_xlsb
from tests.dialects.grid import Book, Cell, Fault, Formula, Sheet

Writer = Callable[[Book], bytes]


def by_xlsxwriter(book: Book, *, is_1904: bool = False) -> bytes:
    """.xlsx; formulas with the value that they had. is_1904: days are counted from 1904, as Excel on the Mac did."""
    import xlsxwriter

    buffer = io.BytesIO()
    out = xlsxwriter.Workbook(buffer, {"in_memory": True, "date_1904": is_1904})
    out.set_properties({"created": dt.datetime(2024, 4, 3)})
    formats: dict[str, Any] = {}
    bold = out.add_format({"bold": True, "font_color": "red"})
    for number, sheet in enumerate(book.sheets):
        page = out.add_worksheet(sheet.name)
        if sheet.visible == "hidden":
            page.hide()
        elif sheet.visible == "veryHidden":
            page.very_hidden()
        elif number == 0 or all(s.visible != "visible" for s in book.sheets[:number]):
            page.set_first_sheet()
            page.activate()
        for top, left, bottom, right in sheet.ranges():
            page.merge_range(top, left, bottom, right, "")
        for r, row in enumerate(sheet.rows):
            for c, cell in enumerate(row.cells):
                if cell.content == "":
                    continue
                form = cell.form.replace("rich", "") or ("yyyy/m/d" if isinstance(cell.content, dt.date) else "")
                if form and form not in formats:
                    formats[form] = out.add_format({"quote_prefix": True} if form == "'" else {"num_format": form})
                look = formats.get(form)
                match cell.content:
                    case bool(truth):
                        page.write_boolean(r, c, truth, look)
                    case str(text) if cell.form == "rich" and len(text) > 1:
                        page.write_rich_string(r, c, text[:1], bold, text[1:])
                    case str(text):
                        page.write_string(r, c, text, look)
                    case dt.date() as day:
                        page.write_datetime(r, c, dt.datetime(day.year, day.month, day.day), look)
                    case Formula(text, value):
                        page.write_formula(r, c, text, look, "" if value is None else value)
                    case Fault(text):
                        page.write_formula(r, c, "=NA()", look, text)
                    case number_:
                        page.write_number(r, c, number_, look)
    out.close()
    return buffer.getvalue()


def by_openpyxl(book: Book) -> bytes:
    """.xlsx; formulas without their values: that is how programs write them."""
    import openpyxl

    out = openpyxl.Workbook()
    out.remove(out.worksheets[0])
    for sheet in book.sheets:
        page = out.create_sheet(sheet.name)
        page.sheet_state = sheet.visible
        for r, row in enumerate(sheet.rows, start=1):
            for c, cell in enumerate(row.cells, start=1):
                if cell.content == "":
                    continue
                content = cell.content
                if isinstance(content, Formula | Fault):
                    content = content.text
                written = page.cell(r, c)
                written.value = content
                if isinstance(cell.content, str):
                    written.data_type = "s"
                if cell.form and cell.form != "'":
                    written.number_format = cell.form
        for top, left, bottom, right in sheet.ranges():
            page.merge_cells(start_row=top + 1, start_column=left + 1, end_row=bottom + 1, end_column=right + 1)
    buffer = io.BytesIO()
    out.save(buffer)
    return buffer.getvalue()


def by_xlwt(book: Book) -> bytes:
    """.xls of Excel 97–2003 (.et of WPS is the same). Formulas become their values: xlwt keeps none."""
    import xlwt

    out = xlwt.Workbook(encoding="utf-8")
    for sheet in book.sheets:
        page = out.add_sheet(sheet.name)
        page.visibility = {"visible": 0, "hidden": 1, "veryHidden": 2}[sheet.visible]
        corners = {(a, b): (c, d) for a, b, c, d in sheet.ranges()}
        inner = {(r, c) for a, b, e, d in sheet.ranges() for r in range(a, e + 1) for c in range(b, d + 1)} - set(corners)
        for r, row in enumerate(sheet.rows):
            for c, cell in enumerate(row.cells):
                content: Any = cell.content.value if isinstance(cell.content, Formula) else cell.content
                if (r, c) in inner and content == "":
                    continue
                form = cell.form or ("yyyy/m/d" if isinstance(content, dt.date) else "")
                look = xlwt.easyxf(num_format_str=form) if form and form != "'" else xlwt.Style.default_style
                if isinstance(content, Fault):
                    page.row(r).set_cell_error(c, BIFF_ERRORS[content.text])
                elif (r, c) in corners:
                    page.write_merge(r, corners[r, c][0], c, corners[r, c][1], content, look)
                elif content != "":
                    page.write(r, c, content, look)
    buffer = io.BytesIO()
    out.save(buffer)
    return buffer.getvalue()


def by_odfpy(book: Book) -> bytes:
    """.ods."""
    from odf.opendocument import OpenDocumentSpreadsheet
    from odf.style import Style, TableProperties
    from odf.table import CoveredTableCell, Table, TableCell, TableRow
    from odf.text import P

    out = OpenDocumentSpreadsheet()
    unseen = Style(name="unseen", family="table")
    unseen.addElement(TableProperties(display="false"))
    out.automaticstyles.addElement(unseen)
    for sheet in book.sheets:
        table = Table(name=sheet.name) if sheet.visible == "visible" else Table(name=sheet.name, stylename=unseen)
        corners = {(a, b): (c - a + 1, d - b + 1) for a, b, c, d in sheet.ranges()}
        covered = {(r, c) for a, b, e, d in sheet.ranges() for r in range(a, e + 1) for c in range(b, d + 1)} - set(corners)
        for r, row in enumerate(sheet.rows):
            line = TableRow()
            for c, cell in enumerate(row.cells):
                facts, text = _ods_value(cell)
                if (r, c) in corners:
                    facts |= {"numberrowsspanned": corners[r, c][0], "numbercolumnsspanned": corners[r, c][1]}
                element = CoveredTableCell(**facts) if (r, c) in covered else TableCell(**facts)
                for part in text.split("\n") if text else ():
                    element.addElement(P(text=part))
                line.addElement(element)
            table.addElement(line)
        out.spreadsheet.addElement(table)
    buffer = io.BytesIO()
    out.write(buffer)
    return buffer.getvalue()


def _ods_value(cell: Cell) -> tuple[dict[str, Any], str]:
    match cell.content:
        case "":
            return {}, ""
        case bool(truth):
            return {"valuetype": "boolean", "booleanvalue": str(truth).lower()}, str(truth).upper()
        case str(text):
            return {"valuetype": "string"}, text
        case dt.date() as day:
            return {"valuetype": "date", "datevalue": day.isoformat()}, shown(cell)
        case Formula(text, value):
            facts = {"formula": f"of:{text}"}
            return (facts, "") if value is None else ({**facts, "valuetype": "float", "value": value}, shown(cell))
        case Fault(text):
            return {"formula": "of:=NA()", "valuetype": "string", "stringvalue": ""}, text
        case number:
            return {"valuetype": "float", "value": repr(number)}, shown(cell)


def shown(cell: Cell) -> str:
    """What a cell shows on the screen, as text formats keep it."""
    content = cell.content.value if isinstance(cell.content, Formula) else cell.content
    if isinstance(content, bool):
        return str(content).upper()
    if isinstance(content, Fault):
        return content.text
    if isinstance(content, dt.date):
        return f"{content.year}/{content.month}/{content.day}"
    if isinstance(content, float | int):
        return f"{content:.0f}" if content == int(content) else repr(float(content))
    return content or ""


def text(book: Book, *, separator: str = ",", encoding: str = "utf-8", mark: bytes = b"") -> bytes:
    """The first sheet as separated text; `mark`: bytes before it."""
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=separator).writerows([[shown(cell) for cell in row.cells] for row in book.main.rows])
    return mark + buffer.getvalue().encode(encoding, errors="strict")


def web_page(book: Book, *, is_excels: bool = False, encoding: str = "utf-8", charset: str = "utf-8") -> bytes:
    """A table of HTML, as government systems export it and as Excel saves web pages: named .xls."""
    lines = []
    for sheet in book.sheets:
        lines += ["<table border=1>", *_html_rows(sheet, is_excels=is_excels), "</table>"]
    office = ' xmlns:o="urn:schemas-microsoft-com:office:office" xmlns:x="urn:schemas-microsoft-com:office:excel"' if is_excels else ""
    head = f'<html{office}><head><meta http-equiv="Content-Type" content="text/html; charset={charset}"><title>月报</title></head>'
    return "\n".join([head, "<body>", *lines, "</body></html>"]).encode(encoding)


def _html_rows(sheet: Sheet, *, is_excels: bool) -> list[str]:
    corners = {(a, b): (c - a + 1, d - b + 1) for a, b, c, d in sheet.ranges()}
    covered = {(r, c) for a, b, e, d in sheet.ranges() for r in range(a, e + 1) for c in range(b, d + 1)} - set(corners)
    lines = []
    for r, row in enumerate(sheet.rows):
        cells = []
        for c, cell in enumerate(row.cells):
            if (r, c) in covered:
                continue
            down, across = corners.get((r, c), (1, 1))
            facts = (f" rowspan={down}" if down > 1 else "") + (f" colspan={across}" if across > 1 else "")
            if is_excels and isinstance(cell.content, float):
                facts += " align=right x:num"
            inner = html.escape(shown(cell)).replace("\n", "<br>")
            cells.append(f"<td{facts}>{inner or '&nbsp;'}</td>")
        lines.append(f"<tr>{''.join(cells)}</tr>")
    return lines


WRITERS: dict[str, tuple[Writer, str]] = {
    "xlsx": (by_xlsxwriter, ".xlsx"),
    "xlsx-1904": (partial(by_xlsxwriter, is_1904=True), ".xlsx"),
    "xlsx-openpyxl": (by_openpyxl, ".xlsx"),
    "xlsm-named": (by_openpyxl, ".xlsm"),
    "xls": (by_xlwt, ".xls"),
    "et": (by_xlwt, ".et"),
    "xls-1995": (by_biff5, ".xls"),
    "xlsb": (by_xlsb, ".xlsb"),
    "ods": (by_odfpy, ".ods"),
    "csv-utf8": (text, ".csv"),
    "csv-bom": (partial(text, encoding="utf-8-sig"), ".csv"),
    "csv-gb18030": (partial(text, encoding="gb18030"), ".csv"),
    "csv-utf16": (partial(text, encoding="utf-16"), ".csv"),
    "csv-utf16be": (partial(text, encoding="utf-16-be", mark=b"\xfe\xff"), ".csv"),
    "csv-semicolon": (partial(text, separator=";"), ".csv"),
    "tsv-utf8": (partial(text, separator="\t"), ".tsv"),
    "tsv-utf16": (partial(text, separator="\t", encoding="utf-16"), ".txt"),
    "tsv-gb18030": (partial(text, separator="\t", encoding="gb18030"), ".txt"),
    "html": (web_page, ".xls"),
    "html-excel": (partial(web_page, is_excels=True), ".xls"),
    "html-gb18030": (partial(web_page, is_excels=True, encoding="gb18030", charset="gb2312"), ".xls"),
}
"""How a book is written, and the name that the file then has."""
