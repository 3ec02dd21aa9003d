"""Figures of one record that are asked about instead of read, though something stands in or beside their cells."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from math import nan
from typing import Any, NamedTuple

from schemas.states import MISSING, REPORTED, UNREADABLE
from sources.doubts import SHARE, Doubt, Doubts, listed, quoted
from sources.layout import Place, Plan, ReadyLayout
from sources.numberforms import DATE
from sources.text import address
from sources.workbook import Sheet

_OF_THE_FORMAT = frozenset((SHARE.name, DATE.name))
_NUMBERS = frozenset((float, int))
_IN_PARTS = frozenset(("struck_part", "raised_part", "shown_otherwise", "cell_ill_written"))
"""Doubts about the parts of a cell: each cell is told with its parts."""


class Told(NamedTuple):
    """What is to be told: a message of the catalogue, the indicator that it is about, the cell, what fills its wording."""

    name: str
    code: str
    cell: str
    details: Mapping[str, str] = {}


class Filling(NamedTuple):
    """A record that is being made: its sheet and plan, the row that the plan counts from, its cells, and the figures read so far."""

    sheet: Sheet
    layout: ReadyLayout
    plan: Plan
    base: int
    cells: Sequence[Any]
    position: Mapping[str, int]
    values: array[float]
    states: bytearray

    def at(self, code: str) -> Place:
        """Where an indicator's cell is."""
        row, column = self.plan.cells[code]
        return self.base + row, column

    def hold(self, code: str) -> None:
        """Do not read a figure."""
        self.values[self.position[code]], self.states[self.position[code]] = nan, UNREADABLE


def noughts_of_nobody(filling: Filling) -> Iterator[Told]:
    """A nought may be what a program without a calculating engine stores behind a formula."""
    if _is_clear(filling):
        return
    types = filling.sheet.zero_types
    noughts = [code for code, cell in zip(filling.plan.cells, filling.cells, strict=True) if cell == 0 and type(cell) in types]
    if not noughts:
        return
    formulas, states, position = filling.sheet.formulas, filling.states, filling.position
    stale = [code for code in noughts if states[position[code]] == REPORTED and formulas.get_nought(filling.at(code)) is not None]
    for code in stale:
        filling.hold(code)
    if stale:
        where = [address(*filling.at(code)) for code in stale]
        yield Told("never_calculated", stale[0], where[0], {"n": str(len(stale)), "cells": listed(where)})


def _is_clear(filling: Filling) -> bool:
    """Whether no figure of a form stands where the sheet has formulas; noted in the plan, since it is so in all fillings of the form."""
    known, plan = filling.sheet.with_formula, filling.plan
    if known is None or plan.first_row:
        return False
    width = len(filling.sheet.rows[0])
    if not known.isdisjoint([row * width + column for row, column in plan.cells.values()]):
        return False
    plan.clear_of = known
    return True


def beside_blanks(filling: Filling) -> Iterator[Told]:
    """Figures whose cell is blank while a number stands in their label or unit (`sources.aside`)."""
    for code, (row, column) in filling.plan.aside.items():
        if filling.states[filling.position[code]] == MISSING:
            filling.hold(code)
            details = {"text": quoted(_cell(filling.sheet, row, column)), "own": address(*filling.at(code))}
            yield Told("figure_beside", code, address(row, column), details)


def doubtful(filling: Filling, doubts: Doubts) -> Iterator[Told]:
    """Figures that stand in their cells and may not be taken as they stand; those of one kind are told together."""
    kinds: dict[tuple[str, str], list[tuple[str, Doubt]]] = {}
    for code, cell in zip(filling.plan.cells, filling.cells, strict=True):
        doubt = doubts.get(filling.at(code))
        if doubt is None or (cell == "" and not doubt.even_blank) or (doubt.only_numbers and type(cell) not in _NUMBERS):
            continue
        filling.hold(code)
        kinds.setdefault((doubt.name, doubt.cell), []).append((code, doubt))
    for (name, elsewhere), found in kinds.items():
        if name in _OF_THE_FORMAT:
            yield from (Told(name, code, address(*filling.at(code))) for code, _ in found)
            continue
        code, doubt = found[0]
        where = [address(*filling.at(code)) for code, _ in found]
        said = (" / ".join(doubt.details.values()) for _, doubt in found)
        cells = listed(f"{cell}（{text}）" for cell, text in zip(where, said, strict=True)) if name in _IN_PARTS else listed(where)
        details = {**doubt.details, "n": str(len(found)), "cells": cells}
        if name == "struck_cell":
            details |= {"struck": details["struck"] or quoted(_cell(filling.sheet, *filling.at(code))), "beside": _beside(filling, code)}
        yield Told(name, code, elsewhere or where[0], details)


def _beside(filling: Filling, code: str) -> str:
    """Numbers beside a cell that are no figure's own, with their addresses; '—' where there is none."""
    row, at = filling.at(code)
    own = {filling.at(code) for code in filling.plan.cells}
    found = []
    for column in (at + 1, at + 2, at - 1):
        cell = _cell(filling.sheet, row, column) if column >= 0 else ""
        if cell != "" and (row, column) not in own and filling.layout.values.read(cell)[1] == REPORTED:
            found.append(f"{address(row, column)}: {quoted(cell)}")
    return listed(found) or "—"


def _cell(sheet: Sheet, row: int, column: int) -> Any:
    line = sheet.rows[row]
    return line[column] if column < len(line) else ""
