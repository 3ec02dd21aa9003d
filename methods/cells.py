"""Where a figure stands: file, sheet and cell, from a reading's plan and its row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from methods.cellcounts import WRONG_SUMS

_RELATIVE = re.compile(r"^\+(\d+):([A-Z]+)$")


def cell_address(plan: Mapping[str, Any], code: str, row_no: int) -> str:
    """'Sheet!E7' of indicator or head field `code`, or '' when the form does not have it.

    Args:
        plan: {'sheet', 'cells': {code: 'E7' in a form, '+1:E' (row offset, column) in a list}}.
        code: indicator or head field.
        row_no: zero-based first row of the record (0 in a form).
    """
    cell = plan["cells"].get(code)
    if cell is None:
        return ""
    relative = _RELATIVE.match(cell)
    if relative is not None:
        cell = f"{relative[2]}{row_no + int(relative[1]) + 1}"
    return f"{plan['sheet']}!{cell}" if plan["sheet"] else str(cell)


class CellFinder:
    """Answers where the figures of a report's rows stand.

    Args:
        reading_ids: the report's `reading_ids`, by row position.
        readings: reading id ('sha256/ordinal') → (plan id, row_no).
        plans: plan id → plan.
        sums: reading id → addresses of written totals that are not the sum of their parts, '' where there is none.
    """

    def __init__(
        self,
        reading_ids: Sequence[str],
        readings: Mapping[str, tuple[str, int]],
        plans: Mapping[str, Mapping[str, Any]],
        sums: Mapping[str, str] | None = None,
    ) -> None:
        self._ids, self._readings, self._plans, self._sums = reading_ids, readings, plans, sums or {}

    def __call__(self, row: int, codes: Sequence[str]) -> str:
        """Addresses of `codes` in the report at position `row`, separated by ', '; '' when none is known."""
        found: dict[str, None] = {}
        for reading_id in self._ids[row].split(","):
            if WRONG_SUMS in codes and self._sums.get(reading_id):
                found[self._sums[reading_id]] = None
            if reading_id in self._readings:
                plan_id, row_no = self._readings[reading_id]
                plan = self._plans.get(plan_id)
                if plan is not None:
                    found.update({a: None for code in codes if (a := cell_address(plan, code, row_no))})
        return ", ".join(found)
