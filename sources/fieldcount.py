"""Rows of a text file that have more fields than their headings: a comma in a name or a number (1,234) that no
quotation marks enclose has moved all that follows it into other columns.

Blank fields at the end of a row say nothing: some programs write them, some leave them out.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from sources.doubts import Doubt, Place, listed
from sources.layout import Plan
from sources.text import address
from sources.workbook import Row, Sheet

_BEFORE, _BEHIND = re.compile(r"\s*-?\d{1,3}\s*"), re.compile(r"\s*\d{3}(?:\.\d+)?\s*")
"""The halves of a number that was parted at its thousands separator."""
_NUMBER = re.compile(r"-?\d[\d,.]*")
_MOST_ABOVE = 60


def apart_in_list(sheet: Sheet, plan: Plan, rows: Sequence[int]) -> dict[Place, Doubt]:
    """The figures of rows of places that are not below their own headings.

    Where most rows have one field more and none is half of a number, the last column has no heading, and nothing has moved.
    """
    wanted = plan.headed
    filled = {row: _filled(sheet.rows[row]) for row in rows}
    over = [row for row in rows if filled[row] > wanted]
    if 2 * len(over) > len(rows) and len({filled[row] for row in over}) == 1 and not _are_parted(sheet, over):
        over = []
    longest = sorted(len(sheet.rows[row]) for row in rows)[len(rows) // 2] if rows else 0
    over += [
        row for row in rows if filled[row] <= wanted and len(sheet.rows[row]) > max(wanted, longest) and _is_parted(sheet.rows[row])
    ]  # its last field was blank
    return _doubts(plan, {row: (max(filled[row], wanted + 1), wanted) for row in over}, is_list=True)


def apart_in_form(sheet: Sheet, plan: Plan) -> dict[Place, Doubt]:
    """The figures of a form that stand in a row with half of a number too many for the headings above it."""
    over: dict[int, tuple[int, int]] = {}
    for row in {row for row, _ in plan.cells.values()}:
        line = sheet.rows[row]
        above = next((r for r in range(row - 1, max(-1, row - _MOST_ABOVE), -1) if _is_heading(sheet.rows[r])), None)
        if above is not None and _filled(line) > _filled(sheet.rows[above]) and _is_parted(line):
            over[row] = _filled(line), _filled(sheet.rows[above])
    return _doubts(plan, over, is_list=False)


def _doubts(plan: Plan, over: dict[int, tuple[int, int]], *, is_list: bool) -> dict[Place, Doubt]:
    """All figures of the rows, each with the number of its fields and that of the headings."""
    if not over:
        return {}
    first = min(over)
    details = {"row": listed(str(row + 1) for row in sorted(over)), "has": str(over[first][0]), "wanted": str(over[first][1])}
    doubt = Doubt("fields_apart", details, even_blank=True, cell=address(first, 0))
    return {(row, c): doubt for row in over for r, c in plan.cells.values() if is_list or r == row}


def _filled(row: Row) -> int:
    """Fields up to the last one that is not blank."""
    return max((n for n, cell in enumerate(row, start=1) if str(cell).strip()), default=0)


def _is_heading(row: Row) -> bool:
    texts = [str(cell).strip() for cell in row if str(cell).strip()]
    return len(texts) > 2 and not any(_NUMBER.fullmatch(text) for text in texts)


def _is_parted(row: Row) -> bool:
    return any(_halves(row, column) for column in range(len(row) - 1))


def _are_parted(sheet: Sheet, rows: Sequence[int]) -> bool:
    """Whether all rows have half of a number in one and the same column."""
    width = min((len(sheet.rows[row]) for row in rows), default=0)
    return any(all(_halves(sheet.rows[row], column) for row in rows) for column in range(width - 1))


def _halves(row: Row, column: int) -> bool:
    return _BEFORE.fullmatch(str(row[column])) is not None and _BEHIND.fullmatch(str(row[column + 1])) is not None
