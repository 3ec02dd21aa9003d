"""The memory of forms met before: a form that 300 villages fill is understood once.

A sheet is recognised when every text outside its figures, head values and inline fields is the same, in the same cell. One
changed label, one added note, and it is understood anew.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from sources.form import inline_heads
from sources.heads import inline_rows
from sources.layout import Plan, ReadyLayout
from sources.workbook import Sheet

_MOST_FORMS = 16
"""Forms remembered for sheets of one name and size."""


class KnownForm(NamedTuple):
    """A form's layout and plan; `take` gets the figures' cells from a flat sheet, in the plan's order; `inline` are cells like 填表人：…"""

    layout: ReadyLayout
    plan: Plan
    plan_id: str
    plan_json: str
    score: float
    runner_up: str
    free: frozenset[int]
    texts: dict[int, str]
    take: Callable[[Sequence[Any]], tuple[Any, ...]]
    heads: dict[str, int]
    inline: tuple[int, ...]


class FormMemory:
    """Forms by sheet name and size."""

    def __init__(self) -> None:
        self._forms: dict[tuple[str, int, int], list[KnownForm]] = {}

    def recall(self, sheet: Sheet) -> KnownForm | None:
        """The form that this sheet is a filling of, if it was met before."""
        forms = self._forms.get((sheet.name, len(sheet.rows), len(sheet.rows[0])))
        if not forms:
            return None
        if len(set(map(len, sheet.rows))) > 1:  # ragged text: a position in `flat` says nothing about row and column
            return None
        texts = sheet.texts
        return next((f for f in forms if _fixed(texts, f.free, f.layout) == f.texts), None)

    def remember(self, sheet: Sheet, layout: ReadyLayout, plan: Plan, plan_id: str, plan_json: str, score: float, runner_up: str) -> None:
        """Keep a form that was just understood. Layouts that look at names of files or sheets, or at titles, are not kept."""
        width = len(sheet.rows[0])
        if layout.head or len(plan.cells) < 2 or any(len(row) != width for row in sheet.rows):
            return
        figures = [row * width + column for row, column in plan.cells.values()]
        heads = {field: row * width + column for field, (row, column) in plan.heads.items()}
        rows = set(inline_rows(len(sheet.rows)))
        inline = tuple(at for at, text in sheet.texts.items() if at // width in rows and any(True for _ in inline_heads(text, layout.book)))
        if "report_month" not in heads and not inline:
            return  # the month stands in a title: look for it each time
        free = frozenset((*figures, *heads.values(), *inline, *(row * width + column for row, column, _ in plan.sums)))
        texts = _fixed(sheet.texts, free, layout)
        forms = self._forms.setdefault((sheet.name, len(sheet.rows), width), [])
        if len(forms) < _MOST_FORMS:
            forms.append(KnownForm(layout, plan, plan_id, plan_json, score, runner_up, free, texts, itemgetter(*figures), heads, inline))


def _fixed(texts: dict[int, str], free: frozenset[int], layout: ReadyLayout) -> dict[int, str]:
    """The texts that make the form: all but those of free cells, unless one of these holds a label (人 where a figure should be)."""
    return {at: text for at, text in texts.items() if at not in free or layout.book.look_up(text)}
