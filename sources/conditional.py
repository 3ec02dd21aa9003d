"""Figures that a conditional format strikes out: as if they were struck by hand, where its condition holds or cannot be worked out."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple
from xml.parsers import expat

from sources.behind import EntityError, refuse_entity
from sources.doubts import Doubt, Doubts, Place, struck_whole
from sources.formulas import CellAt, UnknownResultError, from_r1c1, operate, result_of

Area = tuple[int, int, int, int]
"""Top, left, bottom, right."""
Read = Sequence[Sequence[Any]]
_AREA = re.compile(r"\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6})(?::\$?([A-Za-z]{1,3})\$?([1-9]\d{0,6}))?")
_R1C1 = re.compile(r"R(\d+)(?:C(\d+))?(?::R(\d+)(?:C(\d+))?)?")
_SIGNS = {
    "equal": "=", "notequal": "<>", "greaterthan": ">", "lessthan": "<", "greaterthanorequal": ">=", "lessthanorequal": "<=",
    "greater": ">", "less": "<", "greaterorequal": ">=", "lessorequal": "<=",
}  # fmt: skip
_BETWEEN = {"between": True, "notbetween": False}
_LAST_COLUMN = 2**14 - 1
_MOST_CELLS, _MOST_RULES = 20_000, 200
_OPEN_CONDITION = re.compile(
    r"(formula-is|is-true-formula|between|not-between|cell-content-is-(?:not-)?between)\((.*)\)|(?:cell-content\(\))?(!?[=<>]+)(.*)"
)


WorkOut = Callable[[CellAt, Place], float | str | None]
"""A formula that is no text: what it gives for a cell."""
OPERATORS = {1: "between", 2: "notbetween", 3: "=", 4: "<>", 5: ">", 6: "<", 7: ">=", 8: "<="}
"""Comparisons by their number in binary workbooks."""


class Rule(NamedTuple):
    """A condition: a formula (no operator), or a comparison of the cell with what formulas give.

    `base`: the cell that they are written for. Without a formula, it is one that cannot be worked out. `is_r1c1`: addresses say how far
    away they are (R[-1]C).
    """

    areas: tuple[Area, ...]
    operator: str
    formulas: tuple[str | WorkOut, ...]
    base: Place
    is_r1c1: bool = False


def struck_by(rules: Iterable[Rule], rows: Read) -> Doubts:
    """The filled cells that the rules strike out."""

    def cell_at(row: int, column: int) -> Any:
        return rows[row][column] if row < len(rows) and column < len(rows[row]) else ""

    found: dict[Place, Doubt] = {}
    for rule in islice(rules, _MOST_RULES):
        for row, column in islice(_cells(rule.areas, rows), _MOST_CELLS):
            cell = rows[row][column]
            if cell != "" and (row, column) not in found and _holds(rule, (row, column), cell, cell_at) is not False:
                found[row, column] = struck_whole(cell)
    return found


def _cells(areas: Iterable[Area], rows: Read) -> Iterator[Place]:
    for top, left, bottom, right in areas:
        for row in range(top, min(bottom + 1, len(rows))):
            for column in range(left, min(right + 1, len(rows[row]))):
                yield row, column


def _holds(rule: Rule, at: Place, cell: Any, cell_at: CellAt) -> bool | None:
    """Whether a condition holds for a cell; None where that is not known."""
    if not rule.formulas:
        return None
    shift = at[0] - rule.base[0], at[1] - rule.base[1]
    given = [
        formula(cell_at, at)
        if not isinstance(formula, str)
        else result_of(from_r1c1(formula, *at), cell_at)
        if rule.is_r1c1
        else result_of(formula, cell_at, shift)
        for formula in rule.formulas
    ]
    if any(value is None for value in given):
        return None
    if not rule.operator:
        return bool(given[0]) if not isinstance(given[0], str) else None
    with contextlib.suppress(UnknownResultError):  # a date, a text beside a number
        if rule.operator in _BETWEEN:
            low, high = given if len(given) == 2 else (given[0], given[0])
            is_between = bool(operate(">=", cell, low)) and bool(operate("<=", cell, high))
            return is_between == _BETWEEN[rule.operator]
        return bool(operate(_SIGNS.get(rule.operator, rule.operator), cell, given[0]))
    return None


def areas_of(written: str) -> tuple[Area, ...]:
    """Ranges of cells as a workbook writes them: E5:E9 G5 B:B is not one of them."""
    found = []
    for match in _AREA.finditer(written):
        (left, top), (right, bottom) = (
            (_column(match[1]), int(match[2]) - 1),
            (_column(match[3] or match[1]), int(match[4] or match[2]) - 1),
        )
        found.append((min(top, bottom), min(left, right), max(top, bottom), max(left, right)))
    return tuple(found)


def _column(letters: str) -> int:
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - 64
    return number - 1


# -- .xlsx -------------------------------------------------------------------------------------------------------------


def rules_xlsx(part: bytes, striking: Collection[str]) -> list[Rule]:
    """The rules of a sheet that strike out. `striking`: numbers of the formats (dxf) that do."""
    if not striking and b"strike" not in part:  # those of later versions have their formats in themselves
        return []
    at = part.rfind(b"</sheetData")
    at = part.find(b"<sheetData") if at < 0 else at
    if b"onditionalFormatting" not in part[at:]:
        return []
    return _XlsxRules(part, striking).rules


class _XlsxRules:
    """The elements of conditional formats; those of later versions (x14) say ranges behind their rules, and formats within them."""

    def __init__(self, part: bytes, striking: Collection[str]) -> None:
        self.rules: list[Rule] = []
        self._striking = striking
        self._areas: tuple[Area, ...] = ()
        self._waiting: list[tuple[str, tuple[str, ...], bool]] = []
        self._rule: dict[str, str] | None = None
        self._formulas: list[str] = []
        self._is_struck = False
        self._into: list[str] | None = None
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = self._start, self._end, self._text
        parser.EntityDeclHandler = refuse_entity
        with contextlib.suppress(expat.ExpatError, EntityError):
            parser.Parse(part, True)

    def _start(self, name: str, given: dict[str, str]) -> None:
        tag = name.rpartition(":")[2]
        if tag == "conditionalFormatting":
            self._areas, self._waiting = areas_of(given.get("sqref", "")), []
        elif tag == "cfRule":
            self._rule, self._formulas, self._is_struck = given, [], given.get("dxfId", "") in self._striking
        elif tag == "strike" and self._rule is not None:
            self._is_struck = given.get("val", "1").lower() in ("1", "true", "on")
        elif tag in ("formula", "f", "sqref"):
            self._into = []

    def _text(self, text: str) -> None:
        if self._into is not None:
            self._into.append(text)

    def _end(self, name: str) -> None:
        tag = name.rpartition(":")[2]
        written, self._into = "".join(self._into or ()), None
        if tag in ("formula", "f") and self._rule is not None:
            self._formulas.append(written)
        elif tag == "sqref":
            self._areas = areas_of(written)
        elif tag == "cfRule" and self._rule is not None:
            kind = self._rule.get("type", "")
            operator = self._rule.get("operator", "").lower() if kind == "cellIs" else ""
            known = kind == "expression" or operator in _SIGNS or operator in _BETWEEN
            self._waiting.append((operator, tuple(self._formulas) if known else (), self._is_struck))
            self._rule = None
        elif tag == "conditionalFormatting" and self._areas:
            base = min(area[0] for area in self._areas), min(area[1] for area in self._areas)
            self.rules += [Rule(self._areas, operator, formulas, base) for operator, formulas, struck in self._waiting if struck]


# -- Excel's XML of 2003 -----------------------------------------------------------------------------------------------

_X = "{urn:schemas-microsoft-com:office:excel}"


def rules_spreadsheet_xml(sheet: Any) -> list[Rule]:
    """The rules of a worksheet of Excel's XML that strike out."""
    found = []
    for form in sheet.iter(f"{_X}ConditionalFormatting"):
        areas = _areas_r1c1(form.findtext(f"{_X}Range") or "")
        base = (areas[0][0], areas[0][1]) if areas else (0, 0)
        for condition in form.iter(f"{_X}Condition"):
            style = condition.find(f"{_X}Format")
            if style is None or "line-through" not in (style.get("Style") or ""):
                continue
            values = [v for name in ("Value1", "Value2") if (v := condition.findtext(f"{_X}{name}"))]
            operator = (condition.findtext(f"{_X}Qualifier") or "").lower()
            found.append(Rule(areas, operator, tuple(values), base, is_r1c1=True))
    return found


def _areas_r1c1(written: str) -> tuple[Area, ...]:
    found = []
    for match in _R1C1.finditer(written):
        top, left = int(match[1]) - 1, int(match[2] or 1) - 1
        bottom = int(match[3]) - 1 if match[3] else top
        right = int(match[4]) - 1 if match[4] else left if match[2] and not match[3] else _LAST_COLUMN if not match[2] else left
        found.append((top, left, bottom, right))
    return tuple(found)


# -- OpenDocument ------------------------------------------------------------------------------------------------------


def rule_of_condition(written: str, areas: tuple[Area, ...], base: Place) -> Rule:
    """A condition of an OpenDocument table: formula-is([.E5]>4), >4, between(1,2), cell-content()>4."""
    found = _OPEN_CONDITION.fullmatch(written.strip())
    if found is None:
        return Rule(areas, "", (), base)
    if found[3]:
        return Rule(areas, {"!=": "<>"}.get(found[3], found[3]), (found[4],), base)
    if "between" in found[1]:
        low, _, high = found[2].partition(",")
        return Rule(areas, "notbetween" if "not" in found[1] else "between", (low, high), base)
    return Rule(areas, "", (found[2],), base)
