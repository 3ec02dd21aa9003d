"""Last year's form: other title, other order, labels that the dictionary knows as aliases, and two old columns.

Breakdowns other than sex are flat: one row an indicator. Concepts that came in since are not on it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sinks.grid import Grid
from sinks.template import figure_rule, head_fields

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, Indicator
    from schemas.entries import Breakdown, Concept

TITLE = "村级人口和计划服务月报表（2023版）"
OLD_ROWS = {"births_outside_plan": ("计划外出生", "人"), "social_maintenance_fee": ("社会抚养费", "元")}
"""Rows that are no longer collected, at the end of the first and of the last block."""

_LAST = 5


def form2023_grid(dictionary: Dictionary, month: str, absent: frozenset[str]) -> Grid:
    """The empty form. `absent`: concepts that it does not have."""
    grid = Grid("Sheet1")
    above, below = head_fields(dictionary)
    grid.put(0, 0, TITLE, "title", across=_LAST + 1)
    row = 1
    for field in (f for f in above if f.code != "form_version"):
        grid.put(row, 1, (field.aliases or (field.label.zh,))[0], "head")
        grid.put(row, 2, None, "entry", across=3)
        grid.head[field.code] = (row, 2)
        row += 1
    concepts = [c for c in {i.concept.code: i.concept for i in dictionary.in_force(month)}.values() if c.code not in absent]
    concepts = _in_old_order(dictionary, concepts)
    number = 1
    by_sex = [c for c in concepts if c.breakdown == "sex"]
    row = _put_sex_block(grid, row, dictionary, by_sex)
    number += len(by_sex)
    row, number = _put_old(grid, row, number, "births_outside_plan", 5)
    for column, text in enumerate(("编号", "项目", "单位", "本月数")):
        grid.put(row, column, text, "header")
    row += 1
    for concept in (c for c in concepts if c.breakdown != "sex"):
        for indicator in dictionary.indicators_of(concept.code):
            _put_indicator(grid, row, number, dictionary, indicator)
            row, number = row + 1, number + 1
    row, number = _put_old(grid, row, number, "social_maintenance_fee", 3)
    for column, field in zip((1, 3), below, strict=False):
        grid.put(row, column, (field.aliases or (field.label.zh,))[0], "head")
        grid.put(row, column + 1, None, "entry")
        grid.head[field.code] = (row, column + 1)
    grid.widths = {0: 6, 1: 34, 2: 10, 3: 12, 4: 14, 5: 14}
    return grid


def _in_old_order(dictionary: Dictionary, concepts: Sequence[Concept]) -> list[Concept]:
    """Sections from the last to the first: unlike today's form."""
    order = {code: n for n, code in enumerate(reversed(list(dictionary.sections)))}
    return sorted(concepts, key=lambda c: order[c.section])


def _old_label(concept: Concept) -> str:
    return concept.aliases[0] if concept.aliases else concept.label.zh


def _put_sex_block(grid: Grid, row: int, dictionary: Dictionary, concepts: Sequence[Concept]) -> int:
    if not concepts:
        return row
    breakdown: Breakdown = dictionary.breakdowns["sex"]
    for column, text in enumerate(("编号", "项目", "单位", "计", *(m.aliases[0] for m in breakdown.members))):
        grid.put(row, column, text, "header")
    for number, concept in enumerate(concepts, start=1):
        row += 1
        indicators = dictionary.indicators_of(concept.code)
        grid.put(row, 0, number, "number")
        grid.put(row, 1, _old_label(concept), "label")
        grid.put(row, 2, indicators[0].unit.label.zh, "unit")
        for column, indicator in enumerate(indicators, start=4):
            grid.put(row, column, None, "count")
            grid.figures[indicator.code] = (row, column)
        grid.put_sum(row, 3, [(row, 4), (row, 5)])
    return row + 1


def _put_indicator(grid: Grid, row: int, number: int, dictionary: Dictionary, indicator: Indicator) -> None:
    label = _old_label(indicator.concept)
    if indicator.member is not None:
        label += indicator.member.aliases[0] if indicator.member.aliases else indicator.member.label.zh
    grid.put(row, 0, number, "number")
    grid.put(row, 1, label, "label")
    grid.put(row, 2, indicator.unit.label.zh, "unit")
    grid.put(row, 3, None, "money" if figure_rule(dictionary, indicator.code) == "money" else "count")
    grid.figures[indicator.code] = (row, 3)


def _put_old(grid: Grid, row: int, number: int, code: str, last: int) -> tuple[int, int]:
    label, unit = OLD_ROWS[code]
    grid.put(row, 0, number, "number")
    grid.put(row, 1, label, "label")
    grid.put(row, 2, unit, "unit")
    for column in range(3, last + 1):
        grid.put(row, column, None, "count")
    grid.others[code] = (row, 3)
    return row + 1, number + 1
