"""Layouts made ready for reading: the YAML descriptions with their label books, as plain data for the workers."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, NamedTuple

from sources.added import Added, parts_of
from sources.labels import MONTH, LabelBook, Meaning, Vocabulary, fold_path, label_book, vocabulary
from sources.merges import Span
from sources.personwords import PersonWords, person_words
from sources.rows import RowWords, row_words
from sources.text import address, column_letters, fold, units_in
from sources.values import ValueReader, value_reader
from sources.workbook import Merge, Row, Sheet

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

_STATES = ("zero", "missing", "not_applicable", "not_collected")
PARENT_LEVEL = {"village": "town", "town": "county", "county": "prefecture"}


Place = tuple[int, int]
"""Row and column of a cell."""


class Window(NamedTuple):
    """A part of a sheet as a sheet of its own: what `rows` and `merged` say counts from its own corner."""

    name: str
    rows: Sequence[Row]
    merged: Sequence[Merge]
    top: int = 0
    left: int = 0


Grid = Sheet | Window


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
    """One layout, compiled. `label`: Chinese, English. `expected` are the indicators that a full form of this layout carries.

    added: see `sources.added`. own_length: length of the codes of `stated_level`. reasons: heading → the indicators it explains.
    ends, span: the months in which the return's period ends, and how many months it has; () and 1 for a month's.
    totals: concept whose total may be asked for alone → the total's indicator, and its parts.
    """

    id: str
    label: tuple[str, str]
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
    note_rows: tuple[re.Pattern[str], ...]
    stated_level: str | None
    ignored: Mapping[str, tuple[str, str]]
    expected: int
    title_rows: int
    exponents: Mapping[str, int]
    values: ValueReader
    other_dates: tuple[str, ...]
    rows: RowWords
    month_starts: int | None = None
    added: Added = field(default_factory=dict)
    own_rows: tuple[re.Pattern[str], ...] = ()
    own_length: int = 0
    is_beside_others: bool = False
    header_above: int = 0
    table: int = 0
    month_columns: bool = False
    month_shift: int = 0
    reasons: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    totals: Mapping[str, tuple[str, tuple[str, ...]]] = field(default_factory=dict)
    ends: tuple[int, ...] = ()
    span: int = 1

    @property
    def place_fields(self) -> tuple[str, str, str]:
        """Head fields for the place's code, its name and its parent's name."""
        return f"{self.level}_code", f"{self.level}_name", f"{PARENT_LEVEL[self.level]}_name"


@dataclass(frozen=True, slots=True)
class ReadingKit:
    """All that a worker needs: layouts, the value reader, the order of the indicators."""

    layouts: tuple[ReadyLayout, ...]
    values: ValueReader
    persons: PersonWords
    codes: tuple[str, ...]
    dictionary_version: str
    corrections: tuple[str, ...]
    marks: tuple[frozenset[str], tuple[str, ...]]
    """Texts by which some layout is recognised: whole cells, and parts of cells."""

    def is_mark(self, text: str) -> bool:
        """Whether a cell's text has a say in which layouts come into question."""
        folded = fold(text)
        return folded in self.marks[0] or any(mark in folded for mark in self.marks[1])


@dataclass(slots=True)
class Plan:
    """Which cell of a sheet holds what. For a list, rows are relative to a record's first row.

    cells: indicator → (row, column). sums: written totals, (row, column, indicators they should be the sum of).
    heads: head field → (row, column). skipped: not collected, (label, code, row, column). unmatched: (label, row, column).
    exponents: indicator, or a sum's (row, column) → power of ten in which its heading counts (万人: 4); only where it is not 0.
    conflicts: a heading's unit is not the indicator's, (label, indicator, stated, row, column).
    passed: head field → the cells that might hold it, in order; only where there are several.
    beside: cells of rows that are not loaded; what is in them changes nothing. by_content: the plan depends on what is filled in.
    doubtful: indicator → the cells that hold different numbers for it; none is read. strays: cells with a number that nothing heads.
    slipped: rows of a list whose cells seem to have moved right → the column from which on none is read.
    last_row: the first row below a list. parts: where a place takes several rows, the column of their labels and what the first one says;
    members: what each says. leftover: rows of a form that are full of numbers and of which nothing was read; unlabelled: rows amid it
    whose numbers no label or heading names.
    of_other_period: heading of another period → (label, row, column) of the numbers under it whose month's cell is blank. period: the
    words by which the whole sheet is of another period or kind than the month's. title_month: the month that the title names.
    spans: merged ranges that reach over a figure's cell and others (`sources.merges`); of a form.
    aside: indicator → a cell beside its blank one in which a number stands (`sources.aside`).
    clear_of: positions of formulas (`Sheet.with_formula`) among which is no figure of this form: so it is with its further fillings.
    headed: of a list, its columns up to the last one with a heading.
    added: see `ReadyLayout`; their parts are in `cells`. reasons: where the respondent's reasons stand, (heading, indicators, row, column).
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
    exponents: dict[str | tuple[int, int], int] = field(default_factory=dict)
    conflicts: list[tuple[str, str, str, int, int]] = field(default_factory=list)
    passed: dict[str, list[tuple[int, int]]] = field(default_factory=dict)
    beside: set[tuple[int, int]] = field(default_factory=set)
    by_content: bool = False
    doubtful: dict[str, tuple[Place, ...]] = field(default_factory=dict)
    strays: list[Place] = field(default_factory=list)
    slipped: dict[int, int] = field(default_factory=dict)
    last_row: int = -1
    parts: tuple[int, Meaning] | None = None
    members: tuple[Meaning, ...] = ()
    leftover: list[int] = field(default_factory=list)
    unlabelled: list[int] = field(default_factory=list)
    of_other_period: dict[str, list[tuple[str, int, int]]] = field(default_factory=dict)
    period: str = ""
    title_month: str = ""
    spans: Sequence[Span] = ()
    aside: dict[str, Place] = field(default_factory=dict)
    clear_of: frozenset[int] | None = None
    added: Added = field(default_factory=dict)
    reasons: list[tuple[str, tuple[str, ...], int, int]] = field(default_factory=list)
    month_shift: int = 0
    headed: int = 0

    @property
    def is_unclear(self) -> bool:
        """Whether most figures could be read from several cells: then the sheet is another kind of table."""
        return len(self.doubtful) * 2 > len(self.cells)

    def addresses(self) -> dict[str, str]:
        """Indicator or head field → 'E7' in a form; '+1:E' (row offset and column) in a list; 'E7&F7' where two cells are added."""
        places = self.cells | self.heads
        if self.first_row == 0:
            found = {code: address(row, column) for code, (row, column) in places.items()}
        else:
            found = {code: f"+{row}:{column_letters(column)}" for code, (row, column) in places.items()}
        for code, parts in self.added.items():
            if there := [found.pop(part) for part in parts if part in found]:
                found[code] = "&".join(there)
        return found

    def factors(self) -> dict[str, int]:
        """Indicator → what its cell is multiplied by, where that is not 1."""
        return {key: 10**power for key, power in self.exponents.items() if type(key) is str}

    def shifted(self, top: int, left: int) -> Plan:
        """The plan of a window as a plan of its sheet."""
        if not top and not left:
            return self
        self.cells = {code: (r + top, c + left) for code, (r, c) in self.cells.items()}
        self.sums = [(r + top, c + left, codes) for r, c, codes in self.sums]
        self.heads = {code: (r + top, c + left) for code, (r, c) in self.heads.items()}
        self.skipped = [(label, code, r + top, c + left) for label, code, r, c in self.skipped]
        self.unmatched = [(label, r + top, c + left) for label, r, c in self.unmatched]
        self.conflicts = [(*what, r + top, c + left) for *what, r, c in self.conflicts]  # type: ignore[misc]
        self.exponents = {k if isinstance(k, str) else (k[0] + top, k[1] + left): n for k, n in self.exponents.items()}
        self.beside = {(r + top, c + left) for r, c in self.beside}
        self.doubtful = {code: tuple((r + top, c + left) for r, c in cells) for code, cells in self.doubtful.items()}
        self.strays = [(r + top, c + left) for r, c in self.strays]
        self.reasons = [(label, codes, r + top, c + left) for label, codes, r, c in self.reasons]
        self.aside = {code: (r + top, c + left) for code, (r, c) in self.aside.items()}
        self.leftover = [row + top for row in self.leftover]
        self.unlabelled = [row + top for row in self.unlabelled]
        of_other = self.of_other_period.items()
        self.of_other_period = {heading: [(label, r + top, c + left) for label, r, c in found] for heading, found in of_other}
        return self


_last: list[tuple[Dictionary, ReadingKit]] = []


def reading_kit(dictionary: Dictionary) -> ReadingKit:
    """Every layout of the dictionary, compiled; that of the dictionary asked for last is kept, since one run asks several times."""
    if not _last or _last[0][0] is not dictionary:
        _last[:] = [(dictionary, _compiled(dictionary))]
    return _last[0][1]


def _compiled(dictionary: Dictionary) -> ReadingKit:
    words = dictionary.value_words
    used = {indicator.unit.code for indicator in dictionary.indicators.values()}  # no suffix of a rate (%) is read behind a count
    suffixes = [s for code, unit in dictionary.units.items() if code in used for s in (*unit.suffixes, unit.label.zh)]
    by_state = {"zero": words.zero, "missing": words.missing, "not_applicable": words.not_applicable, "not_collected": words.not_collected}
    values = value_reader(**by_state, suffixes=suffixes, prefixes=words.prefixes)
    vocabularies = {with_figures: vocabulary(dictionary, with_figures=with_figures) for with_figures in (True, False)}
    layouts = tuple(_ready(dictionary, layout_id, vocabularies, values) for layout_id in dictionary.layouts)
    return ReadingKit(
        layouts=layouts,
        values=values,
        persons=person_words(dictionary.person_words.model_dump()),
        codes=dictionary.codes,
        dictionary_version=dictionary.version,
        corrections=words.corrections,
        marks=(
            frozenset(column for layout in layouts for column in layout.columns),
            tuple({mark for layout in layouts for mark in (*layout.titles, *layout.forbid)}),
        ),
    )


def _ready(dictionary: Dictionary, layout_id: str, vocabularies: Mapping[bool, Vocabulary], values: ValueReader) -> ReadyLayout:
    layout = dictionary.layouts[layout_id]
    words: Mapping[str, tuple[str, ...]] = layout.words  # type: ignore[assignment]
    own_words = value_reader(**{state: words.get(state, ()) for state in _STATES}, suffixes=())
    columns = dict(layout.columns)
    if layout.kind == "form":  # a label of a form that names a concept and no part of it is its total
        columns |= {label: code[6:] for label, code in columns.items() if code[:6] == "total:" and code[6:] in layout.total_only}
    for head_field, place in layout.head.items():
        columns |= dict.fromkeys((*place.column, *place.label), head_field)
    targets = {code.removeprefix("total:") for code in layout.columns.values()} - set(dictionary.head)
    parts = parts_of(layout.add)
    words_of_figures = _with_parts(vocabularies[layout.use_dictionary], parts, by_month=layout.month_columns)
    of = dictionary.returns.get(layout.return_)
    if of is not None and of.months > 1:  # 2024年一季度 is the very period of such a return
        words_of_figures = replace(words_of_figures, periods=words_of_figures.periods.with_own(of.period))
    else:
        of = None
    lengths = {level.code: level.length for level in dictionary.place_scheme.levels}
    return ReadyLayout(
        id=layout.id,
        label=(layout.label.zh, layout.label.en),
        kind=layout.kind,
        role=layout.role,
        level=layout.level,
        returns=layout.return_,
        form_version=layout.form_version,
        titles=tuple(fold(text) for text in layout.recognise.title),
        forbid=tuple(fold(text) for text in layout.recognise.forbid),
        columns=tuple(fold(text) for text in layout.recognise.columns),
        sheets=re.compile(layout.sheets),
        book=_with_own_parts(
            label_book(dictionary, columns, layout.ignore, words_of_figures, layout.reasons, by_month=layout.month_columns), parts
        ),
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
        note_rows=tuple(map(re.compile, layout.note_rows)),
        stated_level=layout.stated_level,
        ignored={f"ignore:{label}": (reason.zh, reason.en) for label, reason in layout.ignore.items()},
        expected=sum(not i.is_total and not i.ends for i in dictionary.indicators.values())
        if layout.use_dictionary
        else len(targets) + sum(map(len, parts.values())),
        title_rows=layout.recognise.rows,
        exponents=_exponents(dictionary, layout.units),
        values=ValueReader({**values.words, **own_words.words}, values.suffixes, values.prefixes) if layout.words else values,
        other_dates=dictionary.value_words.other_dates,
        month_starts=dictionary.calendar.statistical_month_starts,
        rows=row_words(dictionary),
        added={code: tuple(headings) for code, headings in parts.items()},
        own_rows=tuple(map(re.compile, layout.own_rows)),
        own_length=next((n for level, n in lengths.items() if level == layout.stated_level), 0),
        is_beside_others=layout.beside_others,
        header_above=layout.header_above,
        table=layout.table,
        month_columns=layout.month_columns,
        month_shift=layout.month_shift,
        reasons={heading: _indicators(dictionary, codes) for heading, codes in layout.reasons.items()},
        ends=of.ends if of is not None else (),
        span=of.months if of is not None else 1,
        totals={concept: dictionary.totals[concept] for concept in layout.total_only},
    )


def _with_parts(words: Vocabulary, parts: Mapping[str, Mapping[str, str]], *, by_month: bool) -> Vocabulary:
    """The vocabulary with the names and units of the parts that a layout adds up."""
    if not parts and not by_month:
        return words
    named = {part: heading for headings in parts.values() for part, heading in headings.items()}
    units = {part: words.units[code] for code, headings in parts.items() for part in headings}
    return replace(words, labels={**words.labels, **named}, units={**words.units, **units}, silent=words.silent | {MONTH})


def _with_own_parts(book: LabelBook, parts: Mapping[str, Mapping[str, str]]) -> LabelBook:
    """The book in which a part's heading means that part, whatever the dictionary calls so."""
    own = {fold_path(heading): Meaning("indicator", part) for headings in parts.values() for part, heading in headings.items()}
    return replace(book, own={**book.own, **own}, _guessed={}) if own else book


def _indicators(dictionary: Dictionary, codes: Sequence[str]) -> tuple[str, ...]:
    """Indicators and all those of concepts; all where none is named."""
    found = [i.code for i in dictionary.indicators.values() if not codes or i.code in codes or i.concept.code in codes]
    return tuple(found)


def _exponents(dictionary: Dictionary, units: Mapping[str, str]) -> dict[str, int]:
    """Indicator → power of ten of the unit that a layout gives for it or for its concept."""
    stated = {code: max((power for power, _ in units_in(text)), default=0) for code, text in units.items()}
    found = {i.code: stated.get(i.code, stated.get(i.concept.code, 0)) for i in dictionary.indicators.values()}
    return {code: power for code, power in found.items() if power}


def heading_text(sheet: Sheet, rows: int) -> str:
    """The folded text of the first rows: what titles and required headings are looked for in."""
    return "\x1f".join(fold(cell) for row in sheet.rows[:rows] for cell in row if type(cell) is str and cell)


def candidates(layouts: Sequence[ReadyLayout], sheet: Sheet) -> list[ReadyLayout]:
    """Layouts whose title and required headings stand in the sheet's first rows."""
    if not sheet.is_visible or not sheet.rows:
        return []
    texts: dict[int, tuple[str, set[str]]] = {}
    found = []
    for layout in layouts:
        if not layout.sheets.search(sheet.name):
            continue
        if layout.title_rows not in texts:
            text = heading_text(sheet, layout.title_rows)
            texts[layout.title_rows] = (text, set(text.split("\x1f")))
        text, cells = texts[layout.title_rows]
        if layout.titles and not any(title in text for title in layout.titles):
            continue
        if all(column in cells for column in layout.columns) and not any(word in text for word in layout.forbid):
            found.append(layout)
    return found
