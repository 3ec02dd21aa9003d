"""The kinds of the corpus: a base, what was done to it, how it was saved. A file is a kind and a seed; its name tells all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from random import Random

from tests.dialects import forms, heads, lists, shape, tables, wording, writing
from tests.dialects.files import WRITERS
from tests.dialects.grid import Book

Change = Callable[[Book, Random], None]
Base = Callable[[Random], Book]

BASES: dict[str, Base] = {
    **{name: partial(forms.one_village, draw=draw) for name, draw in forms.FORMS.items()},
    "sheets": partial(forms.village_sheets, draw=forms.sections, count=3),
    "stacked": partial(forms.stacked_forms, draw=forms.flat),
    "aside": partial(forms.stacked_forms, draw=forms.flat, aside=True),
    "list1": partial(lists.town_list, headings=1),
    "list2": partial(lists.town_list, headings=2),
    "list3": partial(lists.town_list, headings=3),
    "bysex": lists.by_sex_rows,
}
"""What a file is before it is changed."""
SINGLE = tuple(forms.FORMS)
LISTS = ("list1", "list2", "list3", "bysex")
TOWN_LISTS = LISTS[:3]
HEADED = tuple(name for name in SINGLE if name != "pairs")
"""Forms whose columns have headings."""
FREE = ("sections", "flat", "subrows", "pairs", "strips")


@dataclass(frozen=True)
class Kind:
    """One dialect. `bases`: where it is met, one after the other; `writers` as well. `seeds`: how many files of it."""

    name: str
    changes: tuple[Change, ...]
    bases: tuple[str, ...]
    writers: tuple[str, ...] = ("xlsx",)
    seeds: int = 4


def _kind(name: str, bases: Sequence[str], *changes: Change, writers: Sequence[str] = ("xlsx",), seeds: int = 4) -> Kind:
    """Every base is met at least once."""
    return Kind(name, changes, tuple(bases), tuple(writers), max(seeds, len(bases)))


ALL = (*SINGLE, *LISTS)
FIGURES = (
    _kind("text-numbers", ALL, writing.text_numbers, writers=("xlsx", "xls", "ods")),
    _kind("full-width", ALL, writing.full_width, writers=("xlsx", "csv-utf8")),
    _kind("thousands", ALL, writing.thousands, writers=("xlsx", "csv-gb18030", "ods")),
    _kind("chinese-numerals", ALL, writing.chinese_numerals),
    _kind("trailing-units", ALL, writing.trailing_units, writers=("xlsx", "xls")),
    _kind("numerals-with-units", ALL, writing.numerals_with_units),
    _kind("words-for-nought", ALL, writing.noughts, writers=("xlsx", "tsv-utf8")),
    _kind("minus-signs", ("template", "sections", "flat", "form2023"), writing.minus_signs),
    _kind("currency", ("template", "form2023", "flat", "subrows"), writing.currency),
    _kind("needless-decimals", ALL, writing.needless_decimals),
    _kind("number-formats", ALL, writing.number_formats, writers=("xlsx", "xls", "xlsx-openpyxl"), seeds=22),
    _kind("formulas", ALL, writing.formulas, writers=("xlsx", "ods")),
    _kind("words-for-missing", ALL, writing.blanks, writers=("xlsx", "csv-utf16")),
    _kind("words-for-not-applicable", ALL, writing.not_applicable, writers=("xlsx", "ods")),
    _kind("not-counted", ALL, writing.not_counted),
    _kind("unreadable", ALL, writing.unreadable),
    _kind("dates-for-numbers", ALL, writing.dates_for_numbers, writers=("xlsx", "xlsx-openpyxl", "xls", "ods")),
    _kind("error-values", ALL, writing.faults, writers=("xlsx", "xls")),
    _kind("error-texts", ALL, writing.fault_texts, writers=("xlsx", "csv-utf8")),
    _kind("formulas-without-values", ALL, writing.formulas_without_values, writers=("xlsx-openpyxl",)),
    _kind("money-in-thousands", ("template", "subrows", "pairs", "list2", "list1", "flat"), writing.scaled_money),
    _kind("persons-in-ten-thousands", ("template", "sections", "list2", "bysex", "list1", "pairs"), writing.scaled_persons),
    _kind("every-way-of-writing", ALL, writing.thousands, writing.full_width, writing.trailing_units, writing.noughts, writing.blanks,
          writing.not_applicable, writing.unreadable),
)  # fmt: skip
WORDING = (
    _kind("aliases", (*FREE, "template", *LISTS), wording.aliases, seeds=20),
    _kind("spaced-labels", ALL, wording.spaced_labels),
    _kind("upright-labels", (*FREE, *LISTS), wording.upright_labels, writers=("xlsx", "xls", "html")),
    _kind("bilingual-labels", (*FREE, *LISTS), wording.bilingual_labels),
    _kind("numbered-labels", ("sections", "flat", "subrows", "pairs"), wording.numbered_labels),
    _kind("marked-labels", (*FREE, *LISTS), wording.marked_labels),
    _kind("wide-labels", ALL, wording.wide_labels),
    _kind("units-behind-labels", (*FREE, *LISTS), wording.units_behind_labels),
    _kind("month-styles", ALL, heads.month_styles, writers=("xlsx", "xls", "xlsx-openpyxl"), seeds=33),
    _kind("month-only-in-title", (*SINGLE, *LISTS), heads.month_only_in_title),
    _kind("month-as-date", SINGLE, heads.month_as_date, writers=("xlsx", "xlsx-1904", "xls", "ods")),
    _kind("rich-text", ALL, wording.rich_text),
    _kind("month-in-cells", FREE, heads.split_month),
    _kind("code-styles", ALL, heads.code_styles),
    _kind("spaced-names", ALL, heads.spaced_names),
    _kind("head-in-one-cell", SINGLE, heads.inline_head),
    _kind("head-with-colons", FREE, heads.colon_head),
    _kind("head-above-values", FREE, heads.head_below_labels),
    _kind("head-at-foot", FREE, heads.head_at_foot),
    _kind("no-code", ("sections", "flat", "list1", "list2", "bysex"), heads.no_code),
    _kind("title-wording", ALL, heads.title_wording, seeds=22),
    _kind("lines-above", ALL, heads.top_lines),
)
SHAPES = (
    _kind("blank-rows", (*SINGLE, *LISTS), shape.blank_rows),
    _kind("margin", ALL, shape.margin, writers=("xlsx", "ods")),
    _kind("blank-columns", ("template", "sections", "flat", "strips", *TOWN_LISTS), shape.blank_columns),
    _kind("row-numbers", ("sections", "subrows", "pairs", "bysex"), shape.row_numbers),
    _kind("remarks", ("sections", "template", "subrows", *LISTS), shape.remarks),
    _kind("old-columns", (*FREE, *LISTS), shape.old_columns),
    _kind("shares-beside", ("flat", "subrows", "template", *TOWN_LISTS), shape.shares_beside),
    _kind("comparisons-beside", ("flat", "subrows", "template", *TOWN_LISTS), shape.comparisons_beside),
    _kind("other-order", ("sections", "flat", "subrows", "list2", "bysex"), shape.other_order),
    _kind("unmerged", ("subrows", "list2", "list3", "bysex", "template"), shape.unmerged),
    _kind("unmerged-and-filled", ("list2", "list3", "bysex"), shape.unmerged_and_filled),
    _kind("merged-figures", ("sections", "template", "flat"), shape.merged_figures),
    _kind("total-above", ("list1", "list2", "list3", "bysex"), tables.total_above),
    _kind("no-total", LISTS, tables.no_total),
    _kind("subtotals", TOWN_LISTS, tables.subtotals),
    _kind("rows-of-comparison", TOWN_LISTS, tables.rows_of_comparison),
    _kind("column-numbers", TOWN_LISTS, tables.column_numbers),
    _kind("pages", LISTS, tables.pages),
    _kind("stacked-tables", ("list1", "list2", "bysex"), tables.stacked_tables),
    _kind("two-sheets-of-columns", ("list1", "list2"), tables.two_sheets_of_columns),
    _kind("two-sheets-of-villages", LISTS, tables.two_sheets_of_villages),
    _kind("other-sheets", ALL, shape.other_sheets, writers=("xlsx", "xlsx-openpyxl", "xls")),
    _kind("notes", ALL, shape.notes, writers=("xlsx", "csv-utf8")),
    _kind("unit-line", ALL, shape.unit_line),
    _kind("faulty-totals", ("template", "sections", "list2"), shape.faulty_totals),
    _kind("town-column", LISTS, tables.town_column),
    _kind("sheet-per-village", ("sheets",), writers=("xlsx", "xls", "ods")),
    _kind("forms-below-each-other", ("stacked",), writers=("xlsx", "csv-utf8")),
    _kind("forms-side-by-side", ("aside",), writers=("xlsx", "html")),
)
FORMATS = tuple(_kind(f"as-{writer}", ALL, writers=(writer,)) for writer in WRITERS)
_BINARY = ("xls-1995", "xlsb")
BINARIES = (
    _kind("binary-text-numbers", ALL, writing.text_numbers, writers=_BINARY, seeds=12),
    _kind("binary-number-formats", ALL, writing.number_formats, writers=_BINARY, seeds=12),
    _kind("binary-formulas", ALL, writing.formulas, writers=_BINARY, seeds=12),
    _kind("binary-dates-for-numbers", ALL, writing.dates_for_numbers, writers=_BINARY, seeds=12),
    _kind("binary-error-values", ALL, writing.faults, writers=_BINARY, seeds=12),
    _kind("binary-month-as-date", SINGLE, heads.month_as_date, writers=_BINARY, seeds=8),
    _kind("binary-other-sheets", ALL, shape.other_sheets, writers=_BINARY, seeds=12),
    _kind("binary-blanks", ALL, writing.blanks, writing.noughts, writing.not_applicable, writers=_BINARY, seeds=12),
    _kind("binary-sheet-per-village", ("sheets",), writers=_BINARY),
)
"""What only the binary formats keep in ways of their own: numbers, dates, errors, hidden sheets."""
MIXTURES = (
    _kind(
        "pasted-over-form",
        ("sections", "flat", "subrows"),
        writing.trailing_units,
        writing.noughts,
        wording.aliases,
        wording.spaced_labels,
        heads.title_wording,
        shape.blank_rows,
        shape.old_columns,
        shape.notes,
        writers=("xlsx", "xls", "ods"),
    ),
    _kind(
        "pasted-over-list",
        TOWN_LISTS,
        writing.full_width,
        writing.blanks,
        wording.aliases,
        wording.upright_labels,
        heads.spaced_names,
        shape.old_columns,
        tables.subtotals,
        tables.pages,
        shape.notes,
        writers=("xlsx", "xls"),
    ),
    _kind(
        "old-and-foreign-form",
        ("form2023", "template"),
        writing.chinese_numerals,
        writing.not_applicable,
        heads.code_styles,
        heads.month_styles,
        heads.top_lines,
        shape.margin,
        shape.other_sheets,
        writers=("xlsx", "xls"),
    ),
    _kind(
        "english-and-percent-list",
        ("list1", "list2"),
        writing.thousands,
        wording.bilingual_labels,
        shape.shares_beside,
        tables.town_column,
        tables.total_above,
        shape.unit_line,
    ),
)
PAIRS = (
    _kind("total-above-in-text", TOWN_LISTS, tables.total_above, writers=("csv-utf8", "tsv-gb18030"), seeds=6),
    _kind("units-then-marks", ("sections", "subrows", "pairs", *LISTS), wording.units_behind_labels, wording.marked_labels),
    _kind("units-then-english", ("sections", "flat", "pairs", *LISTS), wording.units_behind_labels, wording.bilingual_labels, seeds=14),
    _kind("thousands-then-marks", ("pairs", "list1", "list2"), writing.scaled_money, wording.marked_labels, seeds=9),
    _kind("ten-thousands-then-english", ("bysex", "list2", "list1"), writing.scaled_persons, wording.bilingual_labels, seeds=9),
    _kind("spaced-head-with-colons", FREE, wording.spaced_labels, heads.colon_head, seeds=10),
    _kind("bilingual-head-with-colons", FREE, wording.bilingual_labels, heads.colon_head, seeds=10),
    _kind("short-head-above-values", FREE, heads.month_only_in_title, heads.head_below_labels),
    _kind("upright-rich-text", ("flat", "list3"), wording.upright_labels, wording.rich_text),
    _kind("numbered-columns-of-stacked-tables", ("list1", "list2"), tables.column_numbers, tables.stacked_tables),
    _kind(
        "filled-and-stacked-tables",
        ("bysex", "list2"),
        shape.unmerged_and_filled,
        tables.stacked_tables,
        writers=("xlsx", "csv-utf8", "ods"),
    ),
    _kind("numerals-in-pairs", ("pairs",), writing.numerals_with_units, seeds=6),
    _kind("month-before-town", LISTS, heads.month_only_in_title, seeds=24),
)
"""Two changes that meet in one cell: what random composition found, kept."""
GOLDEN = (*FIGURES, *WORDING, *SHAPES, *FORMATS, *BINARIES, *MIXTURES)
"""The kinds whose cells are kept as digests; see test_golden.py."""
KINDS: dict[str, Kind] = {kind.name: kind for kind in (*GOLDEN, *PAIRS)}


@dataclass(frozen=True)
class DialectFile:
    """One file of the corpus: bytes, the name that it came under, the truth about it."""

    name: str
    writer: str
    book: Book
    data: bytes


def files_of(kind: Kind) -> Iterator[DialectFile]:
    """The files of a kind; the same ones every time."""
    for seed in range(kind.seeds):
        base, writer = kind.bases[seed % len(kind.bases)], kind.writers[seed % len(kind.writers)]
        book = made(base, kind.changes, Random(f"{kind.name}/{seed}"))
        write, suffix = WRITERS[writer]
        yield DialectFile(f"{seed}-{kind.name}-{base}-{writer}{suffix}", writer, book, write(book))


def made(base: str, changes: Sequence[Change], rng: Random) -> Book:
    """A base, changed."""
    book = BASES[base](rng)
    if base == "form2023":
        book.has_old = True
    for change in changes:
        change(book, rng)
    return book
