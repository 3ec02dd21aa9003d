"""Which changes may be made together to which base, and in which order: what one could say in two ways is left out."""

from __future__ import annotations

from collections.abc import Iterable

from tests.dialects import heads, shape, tables, wording, writing
from tests.dialects.kinds import KINDS, Change

ORDER: tuple[Change, ...] = (
    writing.minus_signs,
    writing.number_formats,
    writing.text_numbers,
    writing.full_width,
    writing.thousands,
    writing.chinese_numerals,
    writing.trailing_units,
    writing.numerals_with_units,
    writing.noughts,
    writing.currency,
    writing.needless_decimals,
    writing.formulas,
    writing.blanks,
    writing.not_applicable,
    writing.not_counted,
    writing.unreadable,
    writing.dates_for_numbers,
    writing.faults,
    writing.fault_texts,
    writing.formulas_without_values,
    wording.aliases,
    writing.scaled_money,
    writing.scaled_persons,
    wording.units_behind_labels,
    wording.wide_labels,
    wording.numbered_labels,
    wording.marked_labels,
    wording.bilingual_labels,
    wording.spaced_labels,
    wording.upright_labels,
    heads.code_styles,
    heads.spaced_names,
    heads.no_code,
    heads.month_styles,
    heads.month_as_date,
    heads.month_only_in_title,
    heads.title_wording,
    heads.inline_head,
    heads.colon_head,
    heads.head_below_labels,
    heads.head_at_foot,
    heads.split_month,
    shape.other_order,
    shape.old_columns,
    shape.shares_beside,
    shape.comparisons_beside,
    tables.town_column,
    shape.remarks,
    tables.total_above,
    tables.no_total,
    tables.subtotals,
    tables.rows_of_comparison,
    tables.column_numbers,
    shape.faulty_totals,
    shape.row_numbers,
    shape.merged_figures,
    shape.unmerged,
    shape.unmerged_and_filled,
    tables.pages,
    tables.stacked_tables,
    tables.two_sheets_of_columns,
    tables.two_sheets_of_villages,
    shape.blank_columns,
    shape.blank_rows,
    heads.top_lines,
    shape.unit_line,
    shape.notes,
    shape.margin,
    wording.rich_text,
    shape.other_sheets,
)
"""Every change, in the order in which changes are made."""
_APART: tuple[frozenset[Change], ...] = tuple(
    map(
        frozenset,
        (
            (wording.spaced_labels, wording.upright_labels, wording.bilingual_labels),
            (wording.numbered_labels, wording.spaced_labels),
            (wording.numbered_labels, wording.marked_labels),
            (wording.numbered_labels, wording.upright_labels),
            (wording.units_behind_labels, wording.bilingual_labels),  # 出生（人） Births: the kinds *-then-english have them
            (wording.units_behind_labels, writing.scaled_money),
            (wording.units_behind_labels, writing.scaled_persons),
            (shape.unit_line, writing.scaled_money),  # 单位：元 above and 万元 beside: which?
            (shape.unit_line, writing.scaled_persons),
            (heads.top_lines, writing.scaled_money),
            (heads.top_lines, writing.scaled_persons),
            (heads.inline_head, heads.colon_head, heads.head_below_labels, heads.head_at_foot, heads.split_month),
            (heads.month_styles, heads.month_only_in_title, heads.month_as_date, heads.split_month),
            (tables.total_above, tables.no_total),
            (tables.pages, tables.stacked_tables, tables.two_sheets_of_columns, tables.two_sheets_of_villages),
            (shape.unmerged, shape.unmerged_and_filled, shape.merged_figures),
            (shape.shares_beside, shape.comparisons_beside),
            (writing.formulas, writing.formulas_without_values),
            (writing.scaled_money, wording.bilingual_labels),  # 发放金额（万元） Amount paid
            (writing.scaled_persons, wording.bilingual_labels),
        ),
    )
)
_WRITERS: dict[Change, tuple[str, ...]] = {
    writing.formulas: ("xlsx", "ods"),
    writing.formulas_without_values: ("xlsx-openpyxl",),
    writing.faults: ("xlsx", "xls"),
    shape.faulty_totals: ("xlsx", "xls"),
    tables.two_sheets_of_columns: ("xlsx", "xls", "ods", "xlsx-openpyxl"),
    tables.two_sheets_of_villages: ("xlsx", "xls", "ods", "xlsx-openpyxl"),
    shape.other_sheets: ("xlsx", "xls", "ods", "xlsx-openpyxl"),
}
"""Changes that not every kind of file can hold."""


def changes_for(base: str, writer: str) -> list[Change]:
    """The changes that a base allows (as the kinds of the corpus do) and a kind of file can hold."""
    like = "sections" if base == "sheets" else base
    allowed = {kind.changes[0] for kind in KINDS.values() if len(kind.changes) == 1 and like in kind.bases}
    return [change for change in ORDER if change in allowed and writer in _WRITERS.get(change, (writer,))]


def compatible(changes: Iterable[Change]) -> list[Change]:
    """Of the wanted changes those that can be made together, in their order; of two that exclude each other the first stays."""
    made: list[Change] = []
    for change in sorted(changes, key=ORDER.index):
        if not any(change in group and group & set(made) for group in _APART):
            made.append(change)
    return made
