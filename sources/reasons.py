"""Reasons that the respondent gives beside its figures (变化原因): text, kept with the record and shown with the questions it explains."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sources.labels import REASON
from sources.layout import Plan, ReadyLayout
from sources.text import address
from sources.workbook import Row

_LONGEST = 300
_REACH = 8

Reasons = list[tuple[str, tuple[str, ...], int, int]]


class Reason(NamedTuple):
    """What is said, in which cell, and the indicators that it is about."""

    text: str
    cell: str
    codes: Sequence[str]


def reasons_in_form(rows: Sequence[Row], layout: ReadyLayout, plan: Plan) -> Reasons:
    """Where a form's reasons stand: below a heading beside the figures, a row each, or right of a label, once for all that it explains."""
    found: Reasons = []
    of_row: dict[int, list[str]] = {}
    for code, (row, _) in plan.cells.items():
        of_row.setdefault(row, []).append(code)
    for row, column, heading in _labels(rows, layout):
        codes = layout.reasons[heading]
        right = list(range(column + 1, min(column + _REACH, len(rows[row]))))
        has_text_right = any(rows[row][c] != "" for c in right)
        headed = [r for r in of_row if r > row and any(plan.cells[code][1] < column for code in of_row[r])]
        if headed and not has_text_right and any(plan.cells[code][0] > row for code in plan.cells):
            of_parts = {part: code for code, parts in plan.added.items() for part in parts}
            for r in headed:
                own = tuple(dict.fromkeys(c for code in of_row[r] if (c := of_parts.get(code, code)) in codes))
                if own and column < len(rows[r]):
                    found.append((heading, own, r, column))
            continue
        at = next((c for c in right if rows[row][c] != ""), None)
        if at is not None or right:
            found.append((heading, codes, row, at if at is not None else right[0]))
    return found


def _labels(rows: Sequence[Row], layout: ReadyLayout) -> list[tuple[int, int, str]]:
    return [
        (r, c, meaning.code)
        for r, row in enumerate(rows)
        for c, cell in enumerate(row)
        for meaning in layout.book.look_up(cell)
        if meaning.kind == REASON
    ]


def reasons_of(rows: Sequence[Row], plan: Plan, base: int) -> str:
    """The reasons of one record as JSON; '' where its form has no place for any, '[]' where none is given."""
    if not plan.reasons:
        return ""
    found = []
    for _, codes, row, column in plan.reasons:
        line = rows[base + row] if base + row < len(rows) else []
        text = _said(line[column] if column < len(line) else "")
        if text:
            found.append(Reason(text, address(base + row, column), codes))
    return json.dumps(found, ensure_ascii=False)


def _said(cell: Any) -> str:
    """A text that has a word in it; a number or a dash is no reason."""
    text = " ".join(cell.split()) if type(cell) is str else ""
    return text[:_LONGEST] if any(c.isalpha() for c in text) else ""


def joined_reasons(given: Iterable[str]) -> str:
    """The reasons of several parts of one report."""
    parts = [text for text in given if text]
    return json.dumps([one for text in parts for one in json.loads(text)], ensure_ascii=False) if parts else ""
