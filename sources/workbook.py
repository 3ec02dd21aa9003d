"""Bytes of a file → its sheets as plain lists. The kind is decided by content, never by the name.

Runs in reading workers: imports nothing heavy.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, compress, count, repeat
from math import isfinite
from typing import Any

import python_calamine

from sources.biff import read_biff
from sources.binarycells import BinaryCells
from sources.doubts import Doubts, Remark
from sources.extent import check_extent, check_size
from sources.faults import FileFault
from sources.kinds import kind_of
from sources.mended import mended
from sources.merges import upright
from sources.notes import Notes
from sources.opendocument import OpenMerges
from sources.plain import PlainSheet
from sources.proven import ProvenReader
from sources.separated import read_separated
from sources.twice import check_twice
from sources.uncalculated import Uncalculated
from sources.unseen import Cells, Given, PlainFormulas, PlainUnseen, Unseen, unseen_in
from sources.whole import check_members

__all__ = ["Cell", "FileFault", "Merge", "Row", "Sheet", "read_sheets"]

Cell = Any
Row = list[Cell]
Merge = tuple[tuple[int, int], tuple[int, int]]

_MAX_SHEETS = 400
NOTHING = Unseen()
_NO_NUMBER = {"nan": "NaN", "inf": "∞", "-inf": "-∞"}


@dataclass(slots=True)
class Sheet:
    """One sheet: `rows` from A1 on (ragged only for text files), merged ranges as ((row, column), (row, column)).

    `frame`: the same object for all sheets that differ in values only, not in formulas; None where that was not found out.
    `shared`: all shared texts of its workbook, where `frame` is known. `told`: what its sender is told of it in any case. `is_text`: from a
    text with separators, so that rows have as many cells as were written.
    """

    name: str
    rows: list[Row]
    is_visible: bool = True
    _source: Any = field(default=None, repr=False)
    _flat: list[Cell] | None = field(default=None, repr=False)
    _seen: dict[int, Cell] | None = field(default=None, repr=False)
    _texts: dict[int, str] | None = field(default=None, repr=False)
    _said: Sequence[str] | None = field(default=None, repr=False)
    _numbers: Sequence[float] | None = field(default=None, repr=False)
    _unseen: Unseen = field(default=NOTHING, repr=False)
    _merged: Sequence[Merge] | None = field(default=None, repr=False)
    _formulas: Uncalculated | PlainFormulas | None = field(default=None, repr=False)
    _marks: Doubts | None = field(default=None, repr=False)
    _notes: Notes | None = field(default=None, repr=False)
    frame: object = field(default=None, repr=False)
    shared: Sequence[str] = field(default=(), repr=False)
    told: Sequence[Remark] = ()
    is_text: bool = False

    @property
    def flat(self) -> list[Cell]:
        """All cells, row by row; in a rectangular sheet, cell (r, c) stands at r × width + c."""
        if self._flat is None:
            self._flat = list(chain.from_iterable(self.rows))
        return self._flat

    @property
    def texts(self) -> dict[int, str]:
        """The cells that hold text, by their position in `flat`."""
        if self._texts is None:
            filled = self.filled
            self._texts = dict(compress(filled.items(), map(isinstance, filled.values(), repeat(str))))
        return self._texts

    @property
    def said(self) -> Sequence[str]:
        """All texts, in order."""
        if self._said is None:
            self._said = list(self.texts.values())
        return self._said

    @property
    def n_filled(self) -> int:
        """How many cells are neither blank nor 0."""
        if self._seen is None and self._said is not None and self._numbers is not None:  # of a plain sheet there is nothing else
            return len(self._said) + len(self._numbers) - self._numbers.count(0.0)
        return len(self.filled)

    def long_numbers(self) -> list[float]:
        """Numbers of 11 digits and more: what a telephone number becomes in a number cell."""
        if self._numbers is None:
            cells = self.filled.values()
            self._numbers = list(compress(cells, map(isinstance, cells, repeat(float))))
        numbers = self._numbers
        return [number for number in numbers if number >= 13e9] if numbers and max(numbers) >= 13e9 else []

    @property
    def filled(self) -> dict[int, Cell]:
        """Cells that are neither blank nor 0: most of a form is blank, so the rest is looked at twice at half the cost."""
        if self._seen is None:
            flat = self.flat
            self._seen = dict(zip(compress(count(), flat), compress(flat, flat), strict=True))
        return self._seen

    @property
    def merged(self) -> Sequence[Merge]:
        """Merged ranges; empty where the format does not tell (text)."""
        if isinstance(self._source, list):
            return self._source
        if self._merged is None:
            self._merged = upright(self._source.merged_cell_ranges or []) if self._source is not None else []
        return self._merged

    @property
    def errors(self) -> Cells:
        """Cells that hold an error value (#REF!), which `rows` has as blanks. Costs: ask only where a figure is blank."""
        return self._unseen.errors()

    @property
    def formulas(self) -> Uncalculated | PlainFormulas:
        """Formulas whose result nobody calculated, by cell. Costs: ask only where a figure is blank or nought."""
        if self._formulas is None:
            self._formulas = self._unseen.formulas(self.rows)
        return self._formulas

    @property
    def zero_types(self) -> frozenset[type]:
        """Types of a nought that may be the result of a formula."""
        return self._unseen.zero_types

    @property
    def with_formula(self) -> frozenset[int] | None:
        """Positions in `flat` of formulas with a result, where they are known beforehand; None: look into `formulas`."""
        return self._unseen.with_formula

    @property
    def marks(self) -> Doubts:
        """Figures that may not be taken as they stand, by how they look: struck out, raised in part, shown as a share."""
        if self._marks is None:
            self._marks = self._unseen.marks(self.rows)
        return self._marks

    @property
    def notes(self) -> Notes:
        """Texts of notes, by cell: to be looked for figures in, never to be told."""
        if self._notes is None:
            self._notes = self._unseen.notes()
        return self._notes


def read_sheets(data: bytes, proven: ProvenReader | None = None) -> tuple[str, list[Sheet]]:
    """Kind of the file ('xlsx', 'ods', 'xls', 'html', 'text', …; see `sources.kinds`) and its sheets.

    Args:
        data: the file's bytes.
        proven: remembers how workbooks of a kind are read, for a caller who reads many.

    Raises:
        FileFault: empty, encrypted, damaged, too large, no workbook at all; `bundle` for a .zip of other files (`sources.bundle`).
    """
    kind, sheets = _read(data, proven)
    for sheet in sheets:
        _name_no_numbers(sheet)
    return kind, sheets


def _read(data: bytes, proven: ProvenReader | None) -> tuple[str, list[Sheet]]:
    kind = kind_of(data)
    if kind == "zip":
        raise FileFault("bundle")
    if kind == "text":
        text = read_separated(data)
        return kind, [Sheet("", text.rows, _unseen=Given(text.marks, {}), told=text.told, is_text=True)]
    if kind in ("html", "mhtml", "xml"):
        return kind, _read_markup(kind, data)
    if kind == "xls":
        told = read_biff(data)
        if len(told) > _MAX_SHEETS:
            raise FileFault("file_too_large", what=f"{len(told)} sheets")
        return kind, [Sheet(s.name, s.rows, s.is_visible, s.merged, _unseen=unseen_in(kind, data, s.number)) for s in told]
    if proven is not None and kind == "xlsx" and (plain := proven.read(data)) is not None:
        return kind, [_plain_sheet(data, number, *told) for number, told in enumerate(plain)]
    check_members(data)
    check_extent(kind, data)
    check_twice(kind, data)
    sheets = _read_book(kind, data)
    if proven is not None and kind == "xlsx":
        proven.learn(data, sheets)
    return kind, sheets


def _name_no_numbers(sheet: Sheet) -> None:
    """What a file calls a number and is none (NaN, infinity, 1e400) becomes the text that says so: no arithmetic may meet it."""
    if sheet._numbers is not None and isfinite(sum(sheet._numbers)):
        return
    for row in sheet.rows:
        if not isfinite(sum(cell for cell in row if type(cell) is float)):
            row[:] = [_NO_NUMBER.get(repr(cell), cell) if type(cell) is float else cell for cell in row]
            sheet._flat = sheet._seen = sheet._texts = sheet._said = sheet._numbers = None


def _plain_sheet(data: bytes, number: int, name: str, is_visible: bool, plain: PlainSheet) -> Sheet:
    flat, width = plain.flat, plain.width
    rows = [flat[at : at + width] for at in range(0, len(flat), width)] if width else []
    unseen = PlainUnseen(data, number, plain.part, flat, width, (plain.with_formula, plain.looks), plain.odd)
    seen = Sheet(name, rows, is_visible, plain.merged, flat, _said=plain.texts, _numbers=plain.numbers, _unseen=unseen)
    seen.frame, seen.shared = plain.formats, plain.shared
    return seen


def _read_book(kind: str, data: bytes) -> list[Sheet]:
    try:
        book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(data))
        if len(book.sheet_names) > _MAX_SHEETS:
            raise FileFault("file_too_large", what=f"{len(book.sheet_names)} sheets")
        numbers = [number for number, meta in enumerate(book.sheets_metadata) if meta.typ != python_calamine.SheetTypeEnum.ChartSheet]
        return [_read_sheet(book, number, kind, data) for number in numbers]  # of an .xlsb, the native reader falls over a sheet of a chart
    except python_calamine.PasswordError:
        raise FileFault("encrypted_file") from None
    except (python_calamine.CalamineError, OSError, ValueError):
        if (again := mended(kind, data)) is not None:
            return _read_book(kind, again)
        raise FileFault("damaged_file") from None
    except BaseException as error:
        if type(error).__name__ == "PanicException":  # the native reader fell over; it is no Exception
            if (again := mended(kind, data)) is not None:
                return _read_book(kind, again)
            raise FileFault("damaged_file") from None
        raise


def _read_markup(kind: str, data: bytes) -> list[Sheet]:
    from sources.markup import read_html, read_mhtml, read_spreadsheet_xml

    tables = {"xml": read_spreadsheet_xml, "html": read_html, "mhtml": read_mhtml}[kind](data)
    return [Sheet(t.name, t.rows, t.is_visible, t.merged, _unseen=Given(t.marks, t.formulas, t.notes), told=t.told) for t in tables]


def _read_sheet(book: python_calamine.CalamineWorkbook, number: int, kind: str, data: bytes) -> Sheet:
    meta = book.sheets_metadata[number]
    sheet = book.get_sheet_by_index(number)
    check_size(sheet.total_height + 1, sheet.total_width + 1)
    visible = meta.visible == python_calamine.SheetVisibleEnum.Visible
    rows = sheet.to_python(skip_empty_area=False)
    source = BinaryCells(data, number) if kind == "xlsb" else OpenMerges(data, number) if kind == "ods" else sheet
    return Sheet(meta.name, rows, visible, source, _unseen=unseen_in(kind, data, number))
