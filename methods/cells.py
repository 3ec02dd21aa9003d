"""Where a figure stands: file, sheet and cell, from a reading's plan and its row."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from methods.cellcounts import WRONG_SUMS

_RELATIVE = re.compile(r"^\+(\d+):([A-Z]+)$")


def cell_address(plan: Mapping[str, Any], code: str, row_no: int) -> str:
    """'Sheet!E7' ('Sheet!E7, Sheet!F7' where cells are added) of indicator or head field `code`, or '' when the form does not have it.

    Args:
        plan: {'sheet', 'cells': {code: 'E7' in a form, '+1:E' (row offset, column) in a list, 'E7&F7' where two cells are added}}.
        code: indicator or head field.
        row_no: zero-based first row of the record (0 in a form).
    """
    cell = plan["cells"].get(code)
    if cell is None:
        return ""
    return ", ".join(_absolute(one, str(plan["sheet"]), row_no) for one in cell.split("&"))


def _absolute(cell: str, sheet: str, row_no: int) -> str:
    relative = _RELATIVE.match(cell)
    if relative is not None:
        cell = f"{relative[2]}{row_no + int(relative[1]) + 1}"
    return f"{sheet}!{cell}" if sheet else cell


class CellFinder:
    """Answers where the figures of a report's rows stand.

    Args:
        reading_ids: the report's `reading_ids`, by row position.
        readings: reading id ('sha256/ordinal') → (plan id, row_no).
        plans: plan id → plan.
        sums: reading id → addresses of written totals that are not the sum of their parts, '' where there is none.
        gives: (reading id, code) → whether the reading gives that figure. Where a report was made of several, a figure that one of them
            gives stands there: in the last of those that do.
    """

    def __init__(
        self,
        reading_ids: Sequence[str],
        readings: Mapping[str, tuple[str, int]],
        plans: Mapping[str, Mapping[str, Any]],
        sums: Mapping[str, str] | None = None,
        gives: Callable[[str, str], bool] | None = None,
    ) -> None:
        self._ids, self._readings, self._plans, self._sums = reading_ids, readings, plans, sums or {}
        self._gives = gives

    def __call__(self, row: int, codes: Sequence[str]) -> str:
        """Addresses of `codes` in the report at position `row`, separated by ', '; '' when none is known."""
        found: dict[str, None] = {}
        ids = self._ids[row].split(",")
        if len(ids) > 1 and self._gives is not None:
            return ", ".join(dict.fromkeys(address for code in codes for address in self._of_several(ids, code)))
        for reading_id in ids:
            if WRONG_SUMS in codes and self._sums.get(reading_id):
                found[self._sums[reading_id]] = None
            if reading_id in self._readings:
                plan_id, row_no = self._readings[reading_id]
                plan = self._plans.get(plan_id)
                if plan is not None:
                    found.update({a: None for code in codes if (a := cell_address(plan, code, row_no))})
        return ", ".join(found)

    def _of_several(self, ids: Sequence[str], code: str) -> list[str]:
        """Addresses of one figure of a report that was made of several readings; of one that none gives, every cell for it."""
        if code == WRONG_SUMS:
            return [at for reading_id in ids if (at := self._sums.get(reading_id, ""))]
        here = [(i, at) for i in ids if i in self._readings and (at := self._address(i, code))]
        giving = [at for i, at in here if self._gives is not None and self._gives(i, code)]
        return giving[-1:] or [at for _, at in here]

    def _address(self, reading_id: str, code: str) -> str:
        plan_id, row_no = self._readings[reading_id]
        plan = self._plans.get(plan_id)
        return cell_address(plan, code, row_no) if plan is not None else ""
