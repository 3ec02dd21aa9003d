"""What the native reader does not say of a sheet's cells, looked up format by format and only when it is asked for.

Errors behind blanks, formulas that nobody calculated, figures that are struck out or show as shares, merged ranges of .ods and .xlsb.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from sources.behind import each_element, part_of, sheet_parts
from sources.biffcells import BiffBook
from sources.biffconditions import struck_by_conditions
from sources.binarycells import BinaryCells
from sources.conditional import Read, rules_xlsx, struck_by
from sources.doubts import Doubt, Doubts, Place, struck_whole
from sources.faults import FileFault
from sources.formulas import CellAt, result_of
from sources.notes import NO_NOTES, Notes, notes_in
from sources.numberforms import doubt_of_form
from sources.opendocument import open_cells
from sources.sheetpart import Formula, SheetPart
from sources.struck import Looks, marks_xlsx
from sources.text import address
from sources.uncalculated import Reckoned, Uncalculated

Cells = Mapping[Place, str]
_BOOK, _STYLES, _TEXTS = b"xl/workbook.xml", b"xl/styles.xml", b"xl/sharedStrings.xml"
_HAS_FORMULAS_OR_ERRORS = re.compile(rb"<(?:\w+:)?f[\s/>]|\bt\s*=\s*[\"']e[\"']")
_TRUE = frozenset(("1", "true", "on"))
_NO_CELLS: Cells = {}
_DAMAGED = (struct.error, ValueError, LookupError, RecursionError, FileFault)
"""What damaged records make of a look-up; the values of such a file were read nevertheless, by the native reader."""


class Unseen:
    """Nothing beyond what is seen; the formats say more."""

    zero_types: frozenset[type] = frozenset((float, int))
    """Types of a nought that may be a formula's result."""
    with_formula: frozenset[int] | None = None
    """Positions of the cells with a formula and a result, where they are known beforehand; one object for all fillings of a form."""

    def errors(self) -> Cells:
        """Cells that hold an error value (#REF!), which the native reader gives as blanks."""
        return _NO_CELLS

    def formulas(self, rows: Read) -> Uncalculated | PlainFormulas:
        """Formulas whose result nobody calculated, by cell."""
        return Uncalculated(rows, {})

    def notes(self) -> Notes:
        """Texts of notes, by cell."""
        return NO_NOTES

    def marks(self, rows: Read) -> Doubts:  # noqa: ARG002
        """Figures that may not be taken as they stand, by how they look."""
        return {}


class Given(Unseen):
    """What was found while the file was read (web pages, Excel's XML of 2003)."""

    def __init__(self, marks: Doubts, formulas: Mapping[Place, Reckoned], notes: Notes = NO_NOTES) -> None:
        self._marks, self._formulas, self._notes = marks, formulas, notes

    def notes(self) -> Notes:
        """See the base."""
        return self._notes

    def formulas(self, rows: Read) -> Uncalculated:
        """See the base."""
        return Uncalculated(rows, self._formulas)

    def marks(self, rows: Read) -> Doubts:  # noqa: ARG002
        """See the base."""
        return self._marks


class _Looked(Unseen):
    """Errors and formulas are found together, at the first question."""

    def __init__(self, find: Callable[[], tuple[Cells, Mapping[Place, Reckoned]]], marks: Callable[[Read], Doubts]) -> None:
        self._find, self._find_marks = find, marks
        self._found: tuple[Cells, Mapping[Place, Reckoned]] | None = None
        self.must_calculate: Callable[[], bool] = bool
        self.find_notes: Callable[[], Notes] = dict

    def notes(self) -> Notes:
        """See the base."""
        with suppress(*_DAMAGED):
            return self.find_notes()
        return NO_NOTES

    def _both(self) -> tuple[Cells, Mapping[Place, Reckoned]]:
        if self._found is None:
            self._found = {}, {}
            with suppress(*_DAMAGED):
                self._found = self._find()
        return self._found

    def errors(self) -> Cells:
        """See the base."""
        return self._both()[0]

    def formulas(self, rows: Read) -> Uncalculated | PlainFormulas:
        """See the base."""
        return self.parsed(rows)

    def parsed(self, rows: Read) -> Uncalculated:
        """All formulas of the sheet."""
        found = self._both()[1]
        return Uncalculated(rows, found, must_calculate=bool(found) and self.must_calculate())

    def marks(self, rows: Read) -> Doubts:
        """See the base."""
        with suppress(*_DAMAGED):
            return self._find_marks(rows)
        return {}


class _Biff(_Looked):
    zero_types = frozenset((float,))  # the native reader gives whole numbers that were typed as int


def unseen_in(kind: str, data: bytes, number: int) -> Unseen:
    """What is not seen of the sheet at a position (from 0) of a file."""
    found: _Looked
    if kind == "xlsx":
        found = _Looked(
            lambda: _of_part(_sheet_part(data, number)),
            lambda rows: marks_xlsx(rows, _sheet_part(data, number), part_of(data, _STYLES), part_of(data, _TEXTS)),
        )
        found.must_calculate = partial(_must_calculate, data)
    elif kind == "xls":
        found = _Biff(
            lambda: BiffBook(data).sheet(number).errors_and_formulas(),
            lambda rows: {**struck_by_conditions(data, number, rows), **BiffBook(data).marks(number)},
        )
    elif kind == "xlsb":
        found = _Looked(lambda: BinaryCells(data, number).errors_and_formulas(), lambda _: BinaryCells(data, number).marks())
    elif kind == "ods":
        found = _Looked(
            lambda: (open_cells(data, number).errors, open_cells(data, number).formulas),
            lambda rows: {**struck_by(open_cells(data, number).rules, rows), **open_cells(data, number).marks},
        )
        found.find_notes = lambda: open_cells(data, number).notes
        return found
    else:
        return Unseen()
    found.find_notes = partial(notes_in, kind, data, number)
    return found


def _sheet_part(data: bytes, number: int) -> bytes:
    parts = sheet_parts(data)
    return part_of(data, parts[number]) if number < len(parts) else b""


class PlainUnseen(_Looked):
    """Of a sheet written the plain way, in which no error stands and most cells can be looked up by their address."""

    def __init__(
        self,
        data: bytes,
        number: int,
        part: bytes,
        flat: Sequence[Any],
        width: int,
        at: tuple[frozenset[int], Mapping[int, bytes]],
        looks: Looks,
    ):
        super().__init__(partial(_of_part, part), lambda _: {})
        self.must_calculate, self.find_notes = partial(_must_calculate, data), partial(notes_in, "xlsx", data, number)
        self._part, self._flat, self._width, self._looks = part, flat, width, looks
        self.with_formula, self._formats = at

    def errors(self) -> Cells:
        """See the base."""
        return _NO_CELLS

    def formulas(self, rows: Read) -> PlainFormulas:
        """See the base."""
        return PlainFormulas(self._part, self._width, self.with_formula or frozenset(), lambda: self.parsed(rows))

    def marks(self, rows: Read) -> Doubts:
        """See the base. No text of a plain sheet is struck or raised in part."""
        if not self._looks:
            return {}
        struck, forms, striking = self._looks
        found: dict[Place, Doubt] = dict(struck_by(rules_xlsx(self._part, striking), rows)) if striking else {}
        for at, look in self._formats.items():
            name, cell = look.decode() or "0", self._flat[at]
            if name in struck and cell != "":
                found[divmod(at, self._width)] = struck_whole(cell)
            elif name in forms and type(cell) is float and (form := doubt_of_form(forms[name], cell)) is not None:
                found[divmod(at, self._width)] = form
        return found


class PlainFormulas:
    """Formulas of a plain sheet: a cell that is looked for by its address mostly has none; the sheet is parsed only for one that has."""

    def __init__(self, part: bytes, width: int, with_formula: frozenset[int], parse: Callable[[], Uncalculated]) -> None:
        self._part, self._width, self._with_formula, self._parse = part, width, with_formula, parse
        self._parsed: Uncalculated | None = None
        self._has_any = b"<f" in part
        self._has_arrays = self._has_any and (b' t="array"' in part or b' t="dataTable"' in part)

    def get(self, at: Place) -> str | None:
        """See `Uncalculated.get`."""
        if not self._has_any:
            return None
        if not self._has_arrays and at[0] * self._width + at[1] not in self._with_formula:
            begin = self._part.find(f'<c r="{address(*at)}"'.encode())
            opens = self._part.find(b">", begin)
            if begin < 0 or not self._part.startswith(b"<f", opens + 1):
                return None
        if self._parsed is None:
            self._parsed = self._parse()
        return self._parsed.get(at)

    def get_nought(self, at: Place) -> str | None:
        """The same, for a cell with a stored nought."""
        return self.get(at) if at[0] * self._width + at[1] in self._with_formula else None


def _of_part(part: bytes) -> tuple[Cells, Mapping[Place, Reckoned]]:
    if _HAS_FORMULAS_OR_ERRORS.search(part) is None:
        return {}, {}
    sheet = SheetPart(part)
    return sheet.errors, {at: Reckoned(f.text, f.is_stored, partial(_work_out, f)) for at, f in sheet.formulas.items()}


def _work_out(formula: Formula, cell_at: CellAt) -> float | str | None:
    return result_of(formula.text, cell_at, formula.shift) if formula.text else None


def _must_calculate(data: bytes) -> bool:
    """Whether a workbook says that it is to be calculated when it is opened."""
    found = []

    def note(tag: str, given: dict[str, str]) -> None:
        if tag == "calcPr":
            found.append(given.get("fullCalcOnLoad", "").lower() in _TRUE or given.get("calcCompleted", "1").lower() not in _TRUE)

    each_element(part_of(data, _BOOK), note)
    return any(found)
