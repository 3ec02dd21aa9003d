"""The part of a sheet of an .xlsx, read by an XML parser: formulas and their results, errors, and how cells look.

Prefixes, line breaks, single quotes and the order of attributes make no difference. Slower than what reads figures: only for a sheet
in which something is to be looked up that figures do not tell.
"""

from __future__ import annotations

import contextlib
import re
from typing import Any, NamedTuple
from xml.parsers import expat

from sources.behind import EntityError, refuse_entity
from sources.doubts import Place, Run

_REF = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})")
_MOST_OF_ARRAY = 10_000
_TRUE = frozenset(("1", "true", "on"))


class Formula(NamedTuple):
    """A formula; `shift`: rows and columns from the cell in which its text is written. `is_stored`: the file keeps its result."""

    text: str
    shift: Place
    is_stored: bool


class CellLook(NamedTuple):
    """A cell that is not blank: its format (s), its kind (t), what stands in it as written, and the pieces of a text written into it."""

    look: str
    kind: str
    written: str
    runs: tuple[Run, ...]


class SheetPart:
    """What a sheet's part says, by row and column from 0. Of a part that is no XML, as far as it is.

    `twice`: cells that stand in it twice with different contents. `odd`: cells with two values, or a value where their kind has none.
    """

    def __init__(self, content: bytes) -> None:
        self.cells: dict[Place, CellLook] = {}
        self.errors: dict[Place, str] = {}
        self.twice: set[Place] = set()
        self.odd: dict[Place, str] = {}
        self._met: dict[Place, tuple[str, ...]] = {}
        self._values = 0
        self.formulas: dict[Place, Formula] = {}
        self._shared: dict[str, tuple[str, Place]] = {}
        self._row, self._at = -1, (0, -1)
        self._look = self._kind = ""
        self._formula: dict[str, Any] | None = None
        self._has_value = False
        self._value: list[str] = []
        self._written: list[str] = []
        self._runs = RunReader()
        self._into: list[str] | None = None
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._start, self._end, self._text
        parser.EntityDeclHandler = refuse_entity
        with contextlib.suppress(expat.ExpatError, EntityError):
            parser.Parse(content, True)

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "c":
            self._begin_cell(given)
        elif tag == "row":
            self._row = int(given["r"]) - 1 if given.get("r", "").isdecimal() else self._row + 1
            self._at = (self._row, -1)
        elif tag == "f":
            self._formula = given
            self._written = self._into = []
        elif tag == "v":
            self._has_value, self._into = True, self._value
            self._values += 1 + (self._kind == "inlineStr")
            self._value.append(" " if self._values > 1 and self._value else "")
        elif tag == "is":
            self._has_value = True
            self._values += 1
            self._runs = RunReader()
            self._runs.is_open = True
        elif self._runs.is_open:
            self._into = self._runs.start(tag, given)

    def _begin_cell(self, given: dict[str, str]) -> None:
        found = _REF.fullmatch(given.get("r", ""))
        self._at = _place(found) if found else (self._row, self._at[1] + 1)
        self._look, self._kind = given.get("s", "0"), given.get("t", "n")
        self._formula, self._has_value, self._value, self._runs, self._values = None, False, [], RunReader(), 0

    def _text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        self._into = None
        if tag == "c":
            self._end_cell()
        elif self._runs.is_open:
            self._runs.end(tag)
            self._runs.is_open = tag != "is"

    def _end_cell(self) -> None:
        value = "".join(self._value)
        said = self._kind, value, *(text for text, _, _ in self._runs.pieces)
        if self._met.setdefault(self._at, said) != said:
            self.twice.add(self._at)
        if self._values > 1:
            self.odd[self._at] = " ".join(said[1:]).strip()
        if self._kind == "e" and value:
            self.errors[self._at] = value
        elif value or self._runs.pieces:
            self.cells[self._at] = CellLook(self._look, self._kind, value, tuple(self._runs.pieces))
        if self._formula is not None:
            self._note_formula(
                self._formula, "".join(self._written).strip(), is_stored=value != "" or (self._has_value and self._kind == "str")
            )

    def _note_formula(self, given: dict[str, str], text: str, *, is_stored: bool) -> None:
        kind, shift = given.get("t", ""), (0, 0)
        if kind == "shared":
            if text:
                self._shared[given.get("si", "")] = text, self._at
            text, master = self._shared.get(given.get("si", ""), (text, self._at))
            shift = self._at[0] - master[0], self._at[1] - master[1]
        self.formulas[self._at] = Formula(text, shift, is_stored)
        if kind in ("array", "dataTable") and not is_stored:
            ends = [_place(found) for found in _REF.finditer(given.get("ref", ""))]
            if len(ends) == 2 and (ends[1][0] - ends[0][0] + 1) * (ends[1][1] - ends[0][1] + 1) <= _MOST_OF_ARRAY:
                for r in range(ends[0][0], ends[1][0] + 1):
                    for c in range(ends[0][1], ends[1][1] + 1):
                        self.formulas.setdefault((r, c), Formula(text, (0, 0), is_stored=False))


class RunReader:
    """The pieces of a text (si, is) with what strikes or raises them; texts of phonetic runs are left out."""

    def __init__(self) -> None:
        self.pieces: list[Run] = []
        self.is_open = False
        self._is_struck = self._is_raised = self._is_aside = False
        self._open: list[str] = []

    def start(self, tag: str, given: dict[str, str]) -> list[str] | None:
        """An element begins; the list into which its text goes, if it is wanted."""
        value = given.get("val", "1").lower()
        if tag == "r":
            self._is_struck = self._is_raised = False
        elif tag in ("strike", "dstrike"):
            self._is_struck = value in _TRUE
        elif tag == "vertAlign":
            self._is_raised = value in ("superscript", "subscript")
        elif tag == "rPh":
            self._is_aside = True
        elif tag == "t" and not self._is_aside:
            self._open = []
            return self._open
        return None

    def end(self, tag: str) -> None:
        """An element ends."""
        if tag == "t" and not self._is_aside:
            self.pieces.append(("".join(self._open), self._is_struck, self._is_raised))
        elif tag == "r":
            self._is_struck = self._is_raised = False
        elif tag == "rPh":
            self._is_aside = False


def _place(found: re.Match[str]) -> Place:
    column = 0
    for letter in found[1].upper():
        column = column * 26 + ord(letter) - 64
    return int(found[2]) - 1, column - 1
