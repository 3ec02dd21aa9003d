"""The memory of forms met before: a form that 300 villages fill is understood once.

A sheet is recognised when all that stands outside its figures, head values and inline fields is the same, in the same cell. One
changed label, one added note or number, and it is understood anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import compress
from operator import itemgetter, not_
from typing import Any, NamedTuple

from sources.form import inline_heads
from sources.heads import inline_rows
from sources.layout import Plan, ReadingKit, ReadyLayout
from sources.workbook import Merge, Sheet

_MOST_TEXTS = 20_000
_MOST_FORMS = 16
"""Forms remembered for sheets of one name and size."""


class KnownForm(NamedTuple):
    """A form's layout and plan; `take` gets the figures' cells from a flat sheet, in the plan's order; `inline` are cells like 填表人：…

    `take_fixed` gets the cells in which `fixed_cells` must stand; `take_free` those where anything may stand that is no label, of
    which `is_inline` are inline. `passed`: head fields that might stand in one of several cells, with the one that they stood in.
    """

    layout: ReadyLayout
    plan: Plan
    plan_id: str
    plan_json: str
    score: float
    runner_up: str
    merged: Sequence[Merge]
    take: Callable[[Sequence[Any]], tuple[Any, ...]]
    heads: dict[str, int]
    passed: tuple[tuple[tuple[int, ...], int], ...]
    inline: tuple[int, ...]
    take_fixed: Callable[[Sequence[Any]], tuple[Any, ...]]
    fixed_cells: tuple[Any, ...]
    take_free: Callable[[Sequence[Any]], tuple[Any, ...]]
    is_inline: tuple[bool, ...]


class FormMemory:
    """Forms by sheet name and size."""

    def __init__(self, kit: ReadingKit) -> None:
        self._kit = kit
        self._forms: dict[tuple[str, int, int], list[KnownForm]] = {}
        self._said: dict[tuple[str, str], bool] = {}

    def recall(self, sheet: Sheet) -> KnownForm | None:
        """The form that this sheet is a filling of, if it was met before."""
        forms = self._forms.get((sheet.name, len(sheet.rows), len(sheet.rows[0])))
        if not forms:
            return None
        if len(set(map(len, sheet.rows))) > 1:  # ragged text: a position in `flat` says nothing about row and column
            return None
        flat, n_filled = sheet.flat, sheet.n_filled
        return next((form for form in forms if self._is_filling(sheet, n_filled, flat, form)), None)

    def remember(self, sheet: Sheet, layout: ReadyLayout, plan: Plan, plan_id: str, plan_json: str, score: float, runner_up: str) -> None:
        """Keep a form that was just understood, where another filling of it is certain to be understood alike.

        Not kept: layouts that look at names of files or sheets, or at titles; plans that depend on what is filled in.
        """
        width = len(sheet.rows[0])
        if layout.head or len(plan.cells) < 2 or plan.by_content or plan.unmatched or any(len(row) != width for row in sheet.rows):
            return
        figures = [row * width + column for row, column in plan.cells.values()]
        heads = {field: row * width + column for field, (row, column) in plan.heads.items()}
        passed = tuple((tuple(r * width + c for r, c in places), heads[field]) for field, places in plan.passed.items())
        rows = set(inline_rows(len(sheet.rows)))
        inline = tuple(at for at, text in sheet.texts.items() if at // width in rows and any(True for _ in inline_heads(text, layout.book)))
        if "report_month" not in heads and not inline:
            return  # the month stands in a title: look for it each time
        beside = (row * width + column for row, column in plan.beside)
        free = frozenset((*figures, *heads.values(), *inline, *beside, *(row * width + column for row, column, _ in plan.sums)))
        fixed = {at: cell for at, cell in sheet.filled.items() if at not in free}
        if any(self._has_a_say(cell, layout) for at, cell in sheet.filled.items() if at in free and at not in inline):
            return
        if len(fixed) < 2:
            return
        forms = self._forms.setdefault((sheet.name, len(sheet.rows), width), [])
        if len(forms) < _MOST_FORMS:
            understood = (layout, plan, plan_id, plan_json, score, runner_up, sheet.merged)
            kept = (itemgetter(*fixed), tuple(fixed.values()), itemgetter(*free), tuple(at in inline for at in free))
            forms.append(KnownForm(*understood, itemgetter(*figures), heads, passed, inline, *kept))

    def _is_filling(self, sheet: Sheet, n_filled: int, flat: Sequence[Any], form: KnownForm) -> bool:
        if form.take_fixed(flat) != form.fixed_cells:
            return False
        free = form.take_free(flat)
        if sum(map(bool, free)) != n_filled - len(form.fixed_cells):
            return False  # something stands where the form has nothing
        for places, stood in form.passed:
            if next((at for at in places if flat[at] != ""), places[0]) != stood:
                return False
        for at in form.inline:
            if not _is_inline(flat[at], form.layout):
                return False
        texts = compress(free, map(not_, form.is_inline)) if form.inline else free
        for text in [cell for cell in texts if type(cell) is str]:
            if text and self._has_a_say(text, form.layout):
                return False
        return sheet.merged == form.merged

    def _has_a_say(self, cell: object, layout: ReadyLayout) -> bool:
        """Whether a text where a figure or a field's value should be would be taken for something else (人, 单位：万元, a title)."""
        if type(cell) is not str:
            return False
        key = (layout.id, cell)
        if (known := self._said.get(key)) is not None:  # towns, months and versions come again with every village
            return known
        says = bool(layout.book.look_up(cell)) or "单位" in cell or "：" in cell or ":" in cell or self._kit.is_mark(cell)
        if len(self._said) < _MOST_TEXTS:
            self._said[key] = says
        return says


def _is_inline(text: object, layout: ReadyLayout) -> bool:
    """Whether a cell that held a field with its value still does."""
    if type(text) is not str or not text:
        return False
    return "单位：" not in text and not layout.book.look_up(text) and any(True for _ in inline_heads(text, layout.book))
