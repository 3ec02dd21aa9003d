"""Formulas whose result nobody calculated: none is stored, or a 0 or an empty text that the formula would not give.

Programs that write workbooks without a calculating engine store 0 behind a formula, or nothing; Excel and WPS calculate it when the file
is opened, and keep it when it is saved. Read as it stands, it would be a figure that nobody ever saw.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from sources.formulas import UnknownResultError, Written

Place = tuple[int, int]
CellAt = Callable[[int, int], Any]
_NEARLY = 1e-9
_DEEPEST = 40
_MOST_PROOFS = 300
"""So many formulas of a sheet are worked out to see whether any of its results was calculated."""


class Reckoned(NamedTuple):
    """A formula of a sheet. `is_stored`: the file keeps a result. `work_out`: what it gives, from what stands in cells; None: not known."""

    text: str
    is_stored: bool
    work_out: Callable[[CellAt], float | str | None]


class HasRows(Protocol):
    """A sheet as it was read."""

    rows: list[list[Any]]


class Uncalculated:
    """The formulas of one sheet, asked cell by cell."""

    def __init__(self, rows: Sequence[Sequence[Any]], formulas: Mapping[Place, Reckoned], *, must_calculate: bool = False) -> None:
        """`must_calculate`: the workbook says of itself that its formulas are to be calculated when it is opened."""
        self._rows, self._formulas, self._must = rows, formulas, must_calculate
        self._known: dict[Place, float | str | None] = {}
        self._depth = 0
        self._nobody: bool | None = None

    def get(self, at: Place) -> str | None:
        """The formula in a cell whose stored result (0, '' or none) is none; None where the cell is what it says."""
        formula = self._formulas.get(at)
        if formula is None:
            return None
        if not formula.is_stored:
            return formula.text or "="
        stored = self._stored(at)
        if stored not in ("", 0):
            return None
        proof = self._contradicts(at, stored)
        is_stale = proof if proof is not None else stored == 0 and self._nobody_calculated()
        return (formula.text or "=") if is_stale else None

    def get_nought(self, at: Place) -> str | None:
        """The same, for a cell that is known to hold a nought."""
        return self.get(at)

    def _contradicts(self, at: Place, stored: Any) -> bool | None:
        """Whether the formula gives something else than is stored; None where that is not known."""
        result = self._result(at)
        if result is None:
            return None
        if isinstance(result, str):
            if result == "":
                return isinstance(result, Written) and stored != ""
            return True
        return abs(result) > _NEARLY if stored == 0 else True

    def _nobody_calculated(self) -> bool:
        """Whether no result of the sheet was calculated: one is proved wrong, or all are nought in a workbook that asks for calculation."""
        if self._nobody is None:
            self._nobody = False
            stored = [(at, self._stored(at)) for at, formula in self._formulas.items() if formula.is_stored]
            nought = [(at, value) for at, value in stored if value in ("", 0)]
            self._nobody = any(self._contradicts(at, value) for at, value in nought[:_MOST_PROOFS]) or (
                self._must and len(nought) == len(stored)
            )
        return self._nobody

    def _stored(self, at: Place) -> Any:
        row, column = at
        return self._rows[row][column] if row < len(self._rows) and column < len(self._rows[row]) else ""

    def _cell(self, row: int, column: int) -> Any:
        at = row, column
        if at not in self._formulas:
            return self._stored(at)
        if (result := self._result(at)) is not None:
            return result
        if (stored := self._stored(at)) in ("", 0):
            raise UnknownResultError
        return stored

    def _result(self, at: Place) -> float | str | None:
        if at in self._known:
            return self._known[at]
        if self._depth > _DEEPEST:
            return None
        self._known[at] = None  # a formula that leads to itself has no answer
        self._depth += 1
        try:
            self._known[at] = self._formulas[at].work_out(self._cell)
        except UnknownResultError:
            pass
        finally:
            self._depth -= 1
        return self._known[at]
