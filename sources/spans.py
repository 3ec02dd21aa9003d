"""Which cells of a sheet are cells of figures, and which merged ranges reach over several of them (`sources.merges`)."""

from __future__ import annotations

from collections.abc import Sequence

from sources.layout import Place, Plan, ReadyLayout
from sources.listing import Block
from sources.merges import Span, spans_of
from sources.workbook import Sheet


def spans_in_form(sheet: Sheet, layout: ReadyLayout, plan: Plan) -> list[Span]:
    """Those of a form: over two of its figures, over a figure and a total, over a figure and a row that is not collected."""
    if not (merged := sheet.merged):
        return []
    labels = layout.book.vocabulary.labels
    figures = {at: labels[code] for code, at in plan.cells.items()}
    return spans_of(merged, figures, [*((row, column) for row, column, _ in plan.sums), *plan.beside])


def spans_in_list(sheet: Sheet, layout: ReadyLayout, tables: Sequence[tuple[Plan, Sequence[Block]]]) -> list[Span]:
    """Those of a list: over figures of two places, or of one place under several headings."""
    if not (merged := sheet.merged):
        return []
    labels, silent = layout.book.vocabulary.labels, layout.book.vocabulary.silent
    figures: dict[Place, str] = {}
    others: list[Place] = []
    for plan, blocks in tables:
        aside = {column for _, code, _, column in plan.skipped if code not in silent} | {column for _, _, column in plan.unmatched}
        for block in blocks:
            figures |= {(block.row + row, column): labels[code] for code, (row, column) in plan.cells.items()}
            others += [(block.row + row, column) for row, column, _ in plan.sums]
            others += [(block.row + row, column) for row in range(plan.record_rows) for column in aside]
    return spans_of(merged, figures, others)
