"""Layouts made ready for reading: the YAML descriptions with their label books, as plain data for the workers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sources.labels import LabelBook, Vocabulary, label_book, vocabulary
from sources.text import address, column_letters, fold
from sources.values import ValueReader, value_reader
from sources.workbook import Sheet

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

PARENT_LEVEL = {"village": "town", "town": "county", "county": "prefecture"}
_TITLE_ROWS = 12


@dataclass(frozen=True, slots=True)
class HeadSource:
    """Where a head field is looked for; see `schemas.entries.HeadPlace`."""

    pattern: re.Pattern[str] | None
    sheet_name: re.Pattern[str] | None
    file_name: re.Pattern[str] | None
    constant: str | None
    remove: str
    replace: tuple[tuple[re.Pattern[str], str], ...]

    def tidy(self, text: str) -> str:
        """What is written, as the registry writes it."""
        text = "".join(c for c in text if c not in self.remove)
        for pattern, replacement in self.replace:
            text = pattern.sub(replacement, text)
        return text


@dataclass(frozen=True, slots=True)
class ReadyLayout:
    """One layout, compiled. `expected` are the indicators that a full form of this layout carries."""

    id: str
    kind: str
    role: str
    level: str
    returns: str
    form_version: str
    titles: tuple[str, ...]
    forbid: tuple[str, ...]
    columns: tuple[str, ...]
    sheets: re.Pattern[str]
    book: LabelBook
    head: Mapping[str, HeadSource]
    header_rows: int | None
    subtotal_rows: tuple[re.Pattern[str], ...]
    total_rows: tuple[re.Pattern[str], ...]
    skip_rows: tuple[re.Pattern[str], ...]
    stop_rows: tuple[re.Pattern[str], ...]
    stated_level: str | None
    ignored: Mapping[str, tuple[str, str]]
    expected: int

    @property
    def place_fields(self) -> tuple[str, str, str]:
        """Head fields for the place's code, its name and its parent's name."""
        return f"{self.level}_code", f"{self.level}_name", f"{PARENT_LEVEL[self.level]}_name"


@dataclass(frozen=True, slots=True)
class ReadingKit:
    """All that a worker needs: layouts, the value reader, the order of the indicators."""

    layouts: tuple[ReadyLayout, ...]
    values: ValueReader
    codes: tuple[str, ...]
    dictionary_version: str


@dataclass(slots=True)
class Plan:
    """Which cell of a sheet holds what. For a list, rows are relative to a record's first row.

    cells: indicator → (row, column). sums: written totals, (row, column, indicators they should be the sum of).
    heads: head field → (row, column). skipped: not collected, (label, code, row, column). unmatched: (label, row, column).
    """

    layout: str
    sheet: str
    cells: dict[str, tuple[int, int]] = field(default_factory=dict)
    sums: list[tuple[int, int, tuple[str, ...]]] = field(default_factory=list)
    heads: dict[str, tuple[int, int]] = field(default_factory=dict)
    skipped: list[tuple[str, str, int, int]] = field(default_factory=list)
    unmatched: list[tuple[str, int, int]] = field(default_factory=list)
    first_row: int = 0
    record_rows: int = 1

    def addresses(self) -> dict[str, str]:
        """Indicator or head field → 'E7' in a form; '+1:E' (row offset and column) in a list."""
        places = self.cells | self.heads
        if self.first_row == 0:
            return {code: address(row, column) for code, (row, column) in places.items()}
        return {code: f"+{row}:{column_letters(column)}" for code, (row, column) in places.items()}


def reading_kit(dictionary: Dictionary) -> ReadingKit:
    """Compile every layout of the dictionary."""
    words = dictionary.value_words
    vocabularies = {with_figures: vocabulary(dictionary, with_figures=with_figures) for with_figures in (True, False)}
    return ReadingKit(
        layouts=tuple(_ready(dictionary, layout_id, vocabularies) for layout_id in dictionary.layouts),
        values=value_reader(
            zero=words.zero,
            missing=words.missing,
            not_applicable=words.not_applicable,
            not_collected=words.not_collected,
            suffixes=[s for unit in dictionary.units.values() for s in unit.suffixes],
        ),
        codes=dictionary.codes,
        dictionary_version=dictionary.version,
    )


def _ready(dictionary: Dictionary, layout_id: str, vocabularies: Mapping[bool, Vocabulary]) -> ReadyLayout:
    layout = dictionary.layouts[layout_id]
    columns = dict(layout.columns)
    for head_field, place in layout.head.items():
        columns |= dict.fromkeys((*place.column, *place.label), head_field)
    targets = {code.removeprefix("total:") for code in layout.columns.values()} - set(dictionary.head)
    return ReadyLayout(
        id=layout.id,
        kind=layout.kind,
        role=layout.role,
        level=layout.level,
        returns=layout.return_,
        form_version=layout.form_version,
        titles=tuple(fold(text) for text in layout.recognise.title),
        forbid=tuple(fold(text) for text in layout.recognise.forbid),
        columns=tuple(fold(text) for text in layout.recognise.columns),
        sheets=re.compile(layout.sheets),
        book=label_book(dictionary, columns, layout.ignore, vocabularies[layout.use_dictionary]),
        head={
            name: HeadSource(
                pattern=re.compile(place.pattern) if place.pattern else None,
                sheet_name=re.compile(place.sheet_name) if place.sheet_name else None,
                file_name=re.compile(place.file_name) if place.file_name else None,
                constant=place.constant,
                remove=place.remove,
                replace=tuple((re.compile(pattern), text) for pattern, text in place.replace.items()),
            )
            for name, place in layout.head.items()
        },
        header_rows=layout.header_rows,
        subtotal_rows=tuple(map(re.compile, layout.subtotal_rows)),
        total_rows=tuple(map(re.compile, layout.total_rows)),
        skip_rows=tuple(map(re.compile, layout.skip_rows)),
        stop_rows=tuple(map(re.compile, layout.stop_rows)),
        stated_level=layout.stated_level,
        ignored={f"ignore:{label}": (reason.zh, reason.en) for label, reason in layout.ignore.items()},
        expected=len(dictionary.indicators) if layout.use_dictionary else len(targets),
    )


def heading_text(sheet: Sheet) -> str:
    """The folded text of the first rows: what titles and required headings are looked for in."""
    return "\x1f".join(fold(cell) for row in sheet.rows[:_TITLE_ROWS] for cell in row if type(cell) is str and cell)


def candidates(layouts: Sequence[ReadyLayout], sheet: Sheet) -> list[ReadyLayout]:
    """Layouts whose title and required headings stand in the sheet's first rows."""
    if not sheet.is_visible or not sheet.rows:
        return []
    text = heading_text(sheet)
    cells = set(text.split("\x1f"))
    return [
        layout
        for layout in layouts
        if layout.sheets.search(sheet.name)
        and (not layout.titles or any(title in text for title in layout.titles))
        and all(column in cells for column in layout.columns)
        and not any(word in text for word in layout.forbid)
    ]
