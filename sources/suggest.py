"""Drafts the layout of an unknown list or form: what each heading probably means, how sure that is, and why. A person confirms it.

Where the tables and their headings stand; what the columns are: `sources.guesses`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sources.guesses import (
    Guess,
    each_heading_once,
    find_month,
    guess_of,
    is_figure,
    level_of,
    member_column,
    name_other_places,
    name_places,
    numbers,
    once_each,
    show_figures,
    use_blocks,
    use_sums,
)
from sources.headings import heading_paths, is_numbering
from sources.months import parse_month
from sources.similar import MEDIUM, LabelIndex, plain
from sources.tables import only_table, tables_of
from sources.text import fold, units_in
from sources.values import ValueReader
from sources.workbook import Sheet

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

_MOST_MARK_ROWS, _LONGEST_MARK = 60, 40
_MOST_HEADER_ROWS = 5
_SAMPLE = 400


@dataclass
class Draft:
    """A drafted layout of one sheet, or of one of its tables (`table`, counted from 1; `tables`: how many there are).

    header_rows: from the row that names the places' column on; header_above: rows of headings above it. marks: headings by which the form
    is known, in the first `mark_rows` rows. places: how many rows of places the draft is of. months: months that head its columns.
    """

    sheet: str
    kind: str
    place_level: str
    top: int
    header_rows: int
    titles: list[str]
    guesses: list[Guess]
    month_in_title: str = ""
    county_from_sheet_name: bool = False
    total_rows: list[str] = field(default_factory=list)
    stop_rows: list[str] = field(default_factory=list)
    header_above: int = 0
    table: int = 1
    tables: int = 1
    marks: list[str] = field(default_factory=list)
    mark_rows: int = 12
    places: int = 0


def suggest_layout(sheets: Sequence[Sheet], dictionary: Dictionary, values: ValueReader, wanted: str = "", table: int = 1) -> Draft | None:
    """Draft a layout for the sheet named `wanted`, or for the one with the most figures; None where no heading stands above any.

    Args:
        sheets: of the file (`sources.workbook.read_sheets`).
        dictionary: what headings may mean.
        values: the reader of figures.
        wanted: name of a sheet.
        table: which of its tables, counted from the top and from left to right.
    """
    chosen = [s for s in sheets if (s.name == wanted if wanted else s.is_visible) and s.rows]
    if not chosen:
        return None
    sheet = max(chosen, key=lambda s: sum(map(len, s.rows)) and sum(is_figure(c, values) for row in s.rows[:_SAMPLE] for c in row))
    index = LabelIndex(dictionary)
    whole, found = sheet, tables_of(sheet.rows, values)
    if len(found) > 1 or table > 1:
        part = only_table(sheet, table, values)
        if part is None:
            return None
        sheet = part
    start = _first_data_row(sheet, values)
    top = _first_heading_row(sheet, start) if start is not None else 0
    listed = (
        _draft_list(sheet, index, values, top, start, [s.name for s in sheets if s.is_visible])
        if start is not None and top < start
        else None
    )
    form = _draft_form(sheet, index, values)
    draft = max((d for d in (listed, form) if d is not None), key=lambda d: sum(g.confidence >= MEDIUM for g in d.guesses), default=None)
    if draft is not None and draft.kind == "list":
        draft.table, draft.tables = table, max(1, len(found))
        _mark(draft, whole)
    return draft


def _draft_list(sheet: Sheet, index: LabelIndex, values: ValueReader, top: int, start: int, names: list[str]) -> Draft:
    columns = _columns(sheet, start)
    guesses = [guess_of(path, column, index) for column, path in enumerate(heading_paths(sheet, top, start)) if any(path)]
    stacked = member_column(guesses, columns, index)
    level = name_places(guesses, columns, values)
    find_month(guesses, columns)
    figures = {g.column: numbers(columns[g.column], values) for g in guesses if g.column < len(columns)}
    if stacked is None:
        use_sums(guesses, figures, index)
    else:
        use_blocks(guesses, stacked)
    name_other_places(guesses, columns, level, values)
    once_each(guesses)
    each_heading_once(guesses)
    show_figures(guesses, columns, figures)
    at = _row_of_places(sheet, guesses, top, start, level, index)
    above = [str(c) for row in sheet.rows[:top] for c in row if type(c) is str and c.strip()]
    first = [fold(str(row[0])) for row in sheet.rows[start:] if row and type(row[0]) is str and row[0]]
    notes = [fold(str(row[0])) for row in sheet.rows[start:] if row and type(row[0]) is str and not any(is_figure(c, values) for c in row)]
    return Draft(
        sheet=sheet.name,
        kind="list",
        place_level=level,
        top=top,
        header_rows=start - at,
        header_above=at - top,
        places=_places(guesses, columns),
        titles=[t for t in above if len(fold(t)) >= 4 and not parse_month(t) and "单位" not in plain(t)][:1],
        guesses=guesses,
        month_in_title=next((t for t in above if parse_month(t)), ""),
        county_from_sheet_name=level == "town" and len(names) > 2 and sum(level_of(n) == "county" for n in names) >= len(names) / 2,
        total_rows=sorted({f"^{word}" for word in ("合计", "总计", "總計") if word in first}),
        stop_rows=sorted(
            {f"^{word}" for word in ("说明", "說明", "注", "备注", "填表人", "資料來源") if any(t.startswith(word) for t in notes)}
        ),
    )


def _draft_form(sheet: Sheet, index: LabelIndex, values: ValueReader) -> Draft | None:
    """Labels that have a figure, or another text, to their right: one place a sheet."""
    guesses: list[Guess] = []
    for r, row in enumerate(sheet.rows[:_SAMPLE]):  # no form is longer, and a list of thousands of villages is no form
        for c, cell in enumerate(row[:-1]):
            if type(cell) is not str or not cell.strip() or is_figure(cell, values):
                continue
            right = next((other for other in row[c + 1 : c + 5] if other != "" and not units_in(str(other))), "")
            if right == "":
                continue
            guess = guess_of([cell], c, index)
            guess.row = r
            if guess.target.startswith("head:") or is_figure(right, values):
                guesses.append(guess)
    if not guesses:
        return None
    once_each(guesses)
    above = [str(c) for row in sheet.rows[: guesses[0].row] for c in row if type(c) is str and len(fold(c)) >= 4]
    titles = [t for t in above if not parse_month(t)][:1]
    return Draft(sheet.name, "form", "village", 0, 0, titles, guesses, next((t for t in above if parse_month(t)), ""))


# -- where the headings stand ----------------------------------------------------------------------------------


def _first_data_row(sheet: Sheet, values: ValueReader) -> int | None:
    """The first row with two figures or more (one, where no row has more), that is followed by another such row or is the last."""
    counts = [sum(is_figure(cell, values) for cell in row) for row in sheet.rows]
    counts = [0 if count and _is_numbered(sheet, row) else count for row, count in enumerate(counts)]
    enough = 2 if max(counts, default=0) >= 2 else 1
    rich = [count >= enough for count in counts]
    for row, is_rich in enumerate(rich):
        if is_rich and row and (row + 1 == len(rich) or any(rich[row + 1 : row + 4])):
            return row
    return None


def _first_heading_row(sheet: Sheet, start: int) -> int:
    """Headings go up from the data as long as rows have two texts or more, blank rows just above the data left out."""
    row = start - 1
    while row >= 0 and not any(cell != "" for cell in sheet.rows[row]):
        row -= 1
    top = row + 1
    while row >= 0 and start - row <= _MOST_HEADER_ROWS and (_is_heading_row(sheet.rows[row]) or _is_numbered(sheet, row)):
        if _is_title(sheet, row):
            break
        top, row = row, row - 1
    return top


def _is_numbered(sheet: Sheet, row: int) -> bool:
    """The row 甲 | 乙 | 1 | 2 directly below a row of headings."""
    cells = [c for c in sheet.rows[row] if c != ""]
    return row > 0 and bool(cells) and is_numbering(cells) and _is_heading_row(sheet.rows[row - 1])


def _is_title(sheet: Sheet, row: int) -> bool:
    """A text merged over (nearly) all columns, or the one text of several that names a month (2024年3月…): no heading of columns."""
    width = max((n for r in sheet.rows for n, cell in enumerate(r, 1) if cell != ""), default=0)
    if any(first[0] == row and (last[1] - first[1] + 1) * 5 >= width * 4 for first, last in sheet.merged):
        return True
    texts = [c for c in sheet.rows[row] if type(c) is str and c.strip()]
    dated = [t for t in texts if parse_month(t)]
    return len(dated) == 1 and len(texts) <= 3


def _is_heading_row(row: Sequence[Any]) -> bool:
    """Two texts or more, none of which is a date or states a unit for all."""
    texts = [c for c in row if type(c) is str and c.strip()]
    return len(texts) >= 2 and not any(("年" in t and parse_month(t)) or ("单位" in plain(t) and len(plain(t)) > 3) for t in texts)


def _columns(sheet: Sheet, start: int) -> list[list[Any]]:
    width = max(map(len, sheet.rows))
    rows = sheet.rows[start : start + _SAMPLE]
    return [[row[c] if c < len(row) else "" for row in rows] for c in range(width)]


def _row_of_places(sheet: Sheet, guesses: list[Guess], top: int, start: int, level: str, index: LabelIndex) -> int:
    """The row of the headings in which the reader will find the places' column named; its text there is noted with the guess."""
    fields = (f"{level}_code", f"{level}_name")
    known = index.heads.get(fields[0], frozenset()) | index.heads.get(fields[1], frozenset())
    of_column = {g.column: g for g in guesses if g.target.removeprefix("head:") in fields}
    for row in range(top, start):
        texts = {column: cell for column, cell in enumerate(sheet.rows[row]) if type(cell) is str and cell}
        named = [of_column[c] for c, text in texts.items() if c in of_column and text in of_column[c].parts]
        if len(texts) > 1 and (named or any(plain(text) in known for text in texts.values())):
            for guess in named:
                guess.named_by = str(sheet.rows[row][guess.column])
            return row
    return top


def _places(guesses: list[Guess], columns: list[list[Any]]) -> int:
    """How many rows name a place."""
    at = [g.column for g in guesses if g.target.endswith(("_name", "_code")) and g.target.startswith("head:")]
    return sum(any(columns[c][n] != "" for c in at) for n in range(len(columns[at[0]]))) if at else 0


def _mark(draft: Draft, whole: Sheet) -> None:
    """Choose the headings by which the form is known: of places, then those that are surest, then others; all in the first rows."""
    known = {fold(cell): row for row, line in reversed([*enumerate(whole.rows[:_MOST_MARK_ROWS])]) for cell in line if type(cell) is str}
    ordered = sorted(draft.guesses, key=lambda g: (not g.target.startswith("head:"), -g.confidence, g.column))
    sure = [guess for guess in ordered if guess.level == "high"]
    words = [part for guess in (sure if len(sure) > 1 else ordered) for part in guess.parts[::-1]]
    if not any(fold(word) in known for word in words):  # a table far below the first: the form is known by what stands above
        words = [cell for line in whole.rows[:12] for cell in line if type(cell) is str and len(fold(cell)) > 1]
    usable = [w for w in dict.fromkeys(words) if fold(w) in known and "\n" not in w and len(w) <= _LONGEST_MARK]
    draft.marks = usable[:4]
    draft.mark_rows = max([12, *(known[fold(mark)] + 1 for mark in draft.marks)])
