"""Wholes in the files of line departments: figures for a concept whose parts (by sex, by order) the file does not give.

The return counts births by sex; an immunisation clinic counts children. A layout of role `department` says `total:births` for such a
column, and what stands there is kept beside the record's figures. Runs in reading workers.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from schemas.states import REPORTED, UNREADABLE
from sources.layout import Plan, ReadyLayout
from sources.text import address
from sources.workbook import Sheet

Totals = Mapping[str, tuple[float, str]]
"""Concept → (figure, address of its cell)."""


def written_totals(sheet: Sheet, layout: ReadyLayout, plan: Plan, base: int) -> tuple[Totals, list[tuple[str, str, Any]]]:
    """What stands in a record's cells of wholes.

    Args:
        sheet: the sheet.
        layout: its layout.
        plan: which cell holds what.
        base: zero-based first row of the record.

    Returns:
        The totals of concepts of which no part is read, and the cells that cannot be read: (label, address, content).
    """
    concept_of = {tuple(members.values()): concept for concept, members in layout.book.vocabulary.members.items()}
    found: dict[str, tuple[float, str]] = {}
    faulty: list[tuple[str, str, Any]] = []
    for row, column, codes in plan.sums:
        concept = concept_of.get(codes)
        if concept is None or any(code in plan.cells for code in codes):
            continue  # its parts are read: their sum is the figure
        line = sheet.rows[base + row]
        cell = line[column] if column < len(line) else ""
        power = plan.exponents.get((row, column), 0)
        value, state = layout.values.read(cell) if power == 0 else layout.values.read_scaled(cell, power)
        where = address(base + row, column)
        if state == REPORTED:
            found.setdefault(concept, (value, where))
        elif state == UNREADABLE:
            faulty.append((layout.book.vocabulary.labels[concept], where, cell))
    return found, faulty


def totals_text(totals: Totals) -> str:
    """Totals as they are kept with a reading; '' when there are none."""
    return json.dumps(totals, ensure_ascii=False, sort_keys=True) if totals else ""


def totals_of(text: str) -> Totals:
    """Totals from their text."""
    return {code: (float(value), str(where)) for code, (value, where) in json.loads(text).items()} if text else {}
