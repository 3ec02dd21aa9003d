"""Workbooks made in memory for the reading tests: a list of rows, with merged ranges, as a real file."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

import xlsxwriter

from schemas.dictionary import Dictionary
from schemas.states import REPORTED
from sources.reading import FileReading
from sources.records import PlaceRecord

Rows = Sequence[Sequence[Any]]
Merge = tuple[int, int, int, int]
"""First row, first column, last row, last column; zero-based."""

TITLE = "村级人口与家庭服务月报"
CODE, NAME, TOWN = "990101100201", "龙泉村", "青溪镇"


def xlsx(rows: Rows, merges: Sequence[Merge] = (), name: str = "月报") -> bytes:
    """The rows as an .xlsx workbook of one sheet; '' and None are blank cells."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False, "strings_to_formulas": False})
    sheet = book.add_worksheet(name)
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell not in ("", None):
                sheet.write(r, c, cell)
    for top, left, bottom, right in merges:
        cell = rows[top][left]
        sheet.merge_range(top, left, bottom, right, "" if cell is None else cell)
    book.close()
    return buffer.getvalue()


def ods(rows: Rows, name: str = "月报") -> bytes:
    """The rows as an .ods workbook of one sheet."""
    from odf import opendocument, table, text

    book = opendocument.OpenDocumentSpreadsheet()
    sheet = table.Table(name=name)
    for row in rows:
        line = table.TableRow()
        for cell in row:
            number = isinstance(cell, int | float)
            made = table.TableCell(**({"valuetype": "float", "value": str(cell)} if number else {"valuetype": "string"} if cell else {}))
            if isinstance(cell, str) and cell:
                made.addElement(text.P(text=cell))
            line.addElement(made)
        sheet.addElement(line)
    book.spreadsheet.addElement(sheet)
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def csv_text(rows: Rows) -> str:
    """The rows as comma-separated text."""
    buffer = io.StringIO()
    csv.writer(buffer).writerows([["" if cell is None else cell for cell in row] for row in rows])
    return buffer.getvalue()


def form(figures: Rows, *, head: Rows | None = None, title: str = TITLE) -> list[list[Any]]:
    """A small form: title, head beside its labels, headings, the rows of figures."""
    top = [["村（居）代码", CODE, "", "村（居）名称", NAME, ""], ["乡镇（街道）", TOWN, "", "报告期", "2024年3月", ""]]
    lines = [[title], *(top if head is None else head), ["序号", "指标", "单位", "本月数"], *figures]
    return [list(row) for row in lines]


def figures_of(record: PlaceRecord, dictionary: Dictionary) -> dict[str, float]:
    """The indicators that a record reports."""
    values = memoryview(record.values).cast("d")
    return {code: values[n] for n, code in enumerate(dictionary.codes) if record.states[n] == REPORTED}


def states_of(record: PlaceRecord, dictionary: Dictionary) -> Mapping[str, int]:
    """The state of every indicator."""
    return dict(zip(dictionary.codes, record.states, strict=True))


def names_of(reading: FileReading) -> list[str]:
    """What was told about the file, by the names of the catalogue."""
    return [problem.name for problem in reading.problems]
