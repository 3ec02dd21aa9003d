"""Drafts the layout of an unknown list or form: what each heading probably means, how sure that is, and why. A person confirms it.

Besides the labels, the figures speak, as they would to a statistician: a column that is always the sum of two others is their total; long
codes are place codes; texts that end in 村 or 镇 are names of places; the one month that all rows name is the report month.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from schemas.states import REPORTED
from sources.headings import heading_paths, is_numbering
from sources.labels import fold_path, path_parts
from sources.months import parse_month
from sources.proofs import proven_sums
from sources.similar import HIGH, MEDIUM, Candidate, LabelIndex, plain
from sources.tables import only_table, tables_of
from sources.text import fold, units_in
from sources.values import ValueReader
from sources.workbook import Sheet

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

IGNORE, MEMBER = "ignore", "member"
_LEAST = 0.5
_SHOWN, _MOST_MARK_ROWS, _LONGEST_MARK = 3, 60, 40
_MOST_HEADER_ROWS = 5
_SAMPLE = 400
_CODE = re.compile(r"\d[\d-]{7,16}")
_LEVEL_ENDS = (
    ("village", re.compile("(?:村|里|社区|社區|居委会|村委会|嘎查)$")),
    ("town", re.compile("(?:镇|鎮|乡|鄉|街道|区|區|苏木)$")),
    ("county", re.compile("(?:县|縣|市|旗|州|盟)$")),
)
_PARENTS = {"village": "town", "town": "county", "county": "prefecture"}


@dataclass
class Guess:
    """One heading: where it stands, what it probably means (`target`, see `similar.Candidate`), how sure that is and why.

    parts: its lines; named_by: the one in the row that names the places' column. figures: the first ones below it. sum_of: headings of the
    columns whose sum it is in every row.
    """

    path: str
    column: int
    target: str = IGNORE
    confidence: float = 0.0
    why: str = ""
    runner_up: Candidate | None = None
    row: int = -1
    parts: tuple[str, ...] = ()
    figures: tuple[float, ...] = ()
    sum_of: tuple[str, ...] = ()
    named_by: str = ""

    @property
    def level(self) -> str:
        """high, medium or low."""
        return "high" if self.confidence >= HIGH else "medium" if self.confidence >= MEDIUM else "low"


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
    sheet = max(chosen, key=lambda s: sum(map(len, s.rows)) and sum(_is_figure(c, values) for row in s.rows[:_SAMPLE] for c in row))
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
    guesses = [_guess(path, column, index) for column, path in enumerate(heading_paths(sheet, top, start)) if any(path)]
    stacked = _member_column(guesses, columns, index)
    level = _name_places(guesses, columns, values)
    _find_month(guesses, columns)
    figures = {g.column: _numbers(columns[g.column], values) for g in guesses if g.column < len(columns)}
    if stacked is None:
        _use_sums(guesses, figures, index)
    else:
        _use_blocks(guesses, stacked)
    _name_other_places(guesses, columns, level, values)
    _once_each(guesses)
    _each_heading_once(guesses)
    _show_figures(guesses, columns, figures)
    at = _row_of_places(sheet, guesses, top, start, level, index)
    above = [str(c) for row in sheet.rows[:top] for c in row if type(c) is str and c.strip()]
    first = [fold(str(row[0])) for row in sheet.rows[start:] if row and type(row[0]) is str and row[0]]
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
        county_from_sheet_name=level == "town" and len(names) > 2 and sum(_level_of(n) == "county" for n in names) >= len(names) / 2,
        total_rows=sorted({f"^{word}" for word in ("合计", "总计", "總計") if word in first}),
        stop_rows=sorted(
            {f"^{word}" for word in ("说明", "說明", "注", "备注", "填表人", "資料來源") if any(t.startswith(word) for t in first)}
        ),
    )


def _draft_form(sheet: Sheet, index: LabelIndex, values: ValueReader) -> Draft | None:
    """Labels that have a figure, or another text, to their right: one place a sheet."""
    guesses: list[Guess] = []
    for r, row in enumerate(sheet.rows[:_SAMPLE]):  # no form is longer, and a list of thousands of villages is no form
        for c, cell in enumerate(row[:-1]):
            if type(cell) is not str or not cell.strip() or _is_figure(cell, values):
                continue
            right = next((other for other in row[c + 1 : c + 5] if other != "" and not units_in(str(other))), "")
            if right == "":
                continue
            guess = _guess([cell], c, index)
            guess.row = r
            if guess.target.startswith("head:") or _is_figure(right, values):
                guesses.append(guess)
    if not guesses:
        return None
    _once_each(guesses)
    above = [str(c) for row in sheet.rows[: guesses[0].row] for c in row if type(c) is str and len(fold(c)) >= 4]
    titles = [t for t in above if not parse_month(t)][:1]
    return Draft(sheet.name, "form", "village", 0, 0, titles, guesses, next((t for t in above if parse_month(t)), ""))


# -- where the headings stand ----------------------------------------------------------------------------------


def _is_figure(cell: object, values: ValueReader) -> bool:
    if type(cell) is float or type(cell) is int:
        return True
    return type(cell) is str and cell != "" and any(c.isdigit() for c in cell) and values.read(cell)[1] == REPORTED


def _first_data_row(sheet: Sheet, values: ValueReader) -> int | None:
    """The first row with two figures or more (one, where no row has more), that is followed by another such row or is the last."""
    counts = [sum(_is_figure(cell, values) for cell in row) for row in sheet.rows]
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


def _numbers(cells: Sequence[Any], values: ValueReader) -> list[float | None]:
    return [number if state == REPORTED else None for number, state in map(values.read, cells)]


# -- what labels say -------------------------------------------------------------------------------------------


def _guess(path: list[str], column: int, index: LabelIndex) -> Guess:
    found = index.candidates(path)
    parts = tuple(path_parts(path) or [part for part in path if part][-1:])
    guess = Guess("/".join(parts), column, parts=parts)
    if found and found[0].score >= _LEAST:
        guess.target, guess.confidence, guess.why = found[0].target, found[0].score, "标题 heading"
        rivals = [c for c in found[1:] if _concept_of(c.target) != _concept_of(guess.target)]
        if rivals:
            guess.runner_up = rivals[0]
            if rivals[0].score >= guess.confidence - 0.05 and guess.confidence < 0.99:  # two meanings as near as each other
                guess.confidence = min(guess.confidence, MEDIUM - 0.05)
    elif found:
        guess.runner_up = found[0]
    return guess


def _concept_of(target: str) -> str:
    return re.sub(r"_(m|f)$", "", target.removeprefix("total:").removeprefix("head:"))


# -- what figures and texts say --------------------------------------------------------------------------------


def _level_of(text: str) -> str:
    bare = re.sub(r"[\s\u3000※*＊()（）]", "", text)
    return next((level for level, pattern in _LEVEL_ENDS if pattern.search(bare)), "")


def _name_places(guesses: list[Guess], columns: list[list[Any]], values: ValueReader) -> str:
    """Find the columns of codes and of names; the level is that of the smallest places named."""
    order = [level for level, _ in _LEVEL_ENDS]
    named: list[tuple[str, int, Guess]] = []
    for guess in guesses:
        texts = [c.strip() for c in columns[guess.column] if type(c) is str and c.strip()]
        levels = Counter(filter(None, map(_level_of, texts)))
        if texts and levels.total() >= 0.6 * len(texts) and not any(_is_figure(t, values) for t in texts):
            named.append((levels.most_common(1)[0][0], len(set(texts)), guess))
    if not named:
        return "village"
    level = min((n[0] for n in named), key=order.index)
    for own, _, guess in sorted(named, key=lambda n: -n[1]):
        field_name = f"head:{own}_name"
        if all(g.target != field_name for g in guesses if g is not guess and g.confidence >= HIGH and g.why.startswith("名")):
            guess.target, guess.confidence, guess.why, guess.runner_up = field_name, 0.95, "名称以村、镇、县等结尾 names of places", None
    for guess in guesses:
        codes = [re.sub(r"\s", "", str(int(c) if type(c) is float and c == int(c) else c)) for c in columns[guess.column] if c != ""]
        if codes and sum(bool(_CODE.fullmatch(c)) for c in codes) >= 0.9 * len(codes) and len({*codes}) > len(codes) / 2:
            guess.target, guess.confidence, guess.why, guess.runner_up = f"head:{level}_code", 0.95, "长代码 codes of places", None
    return level


def _find_month(guesses: list[Guess], columns: list[list[Any]]) -> None:
    for guess in guesses:
        if guess.target.startswith("head:") and guess.target != "head:report_month" and guess.confidence >= HIGH:
            continue
        cells = [c for c in columns[guess.column] if c != ""]
        months = {parse_month(c) for c in cells}
        words = plain(guess.path)
        if cells and len(months) == 1 and "" not in months and ("月" in words or "mm" in words or guess.target == "head:report_month"):
            guess.target, guess.confidence, guess.why, guess.runner_up = (
                "head:report_month",
                0.97,
                "各行同一月份 the same month in every row",
                None,
            )


def _use_sums(guesses: list[Guess], figures: dict[int, list[float | None]], index: LabelIndex) -> None:
    """A column that is always the sum of others is their total: its meaning and theirs confirm or contradict each other."""
    of_column = {guess.column: guess for guess in guesses}
    for column, parts in proven_sums({c: v for c, v in figures.items() if not of_column[c].target.startswith("head:")}).items():
        of_column[column].sum_of = tuple(of_column[part].path for part in parts)
    for total, one, two in _sums(guesses, figures):
        concept = _concept_of(total.target)
        members = [t.target.removeprefix(f"{concept}_") for t in (one, two)]
        if not total.target.startswith("total:"):
            continue
        if {*members} == {"m", "f"} or all(t.target.startswith(f"{concept}_") for t in (one, two)):
            for guess in (total, one, two):
                guess.confidence = min(0.98, max(guess.confidence, HIGH - 0.02) + 0.05)
                guess.why += "；合计等于分项 total is the sum of its parts"
        else:
            for guess in (one, two):
                member = next((m for m in ("m", "f") if _says_member(guess.path, m, index)), "")
                if member and guess.confidence < MEDIUM:
                    guess.target, guess.confidence, guess.why = f"{concept}_{member}", MEDIUM, "合计的分项 a part of the total"


def _name_other_places(guesses: list[Guess], columns: list[list[Any]], level: str, values: ValueReader) -> None:
    """Where no column is known to name the places: the first one of texts that differ from row to row."""
    if any(g.target in (f"head:{level}_name", f"head:{level}_code") for g in guesses):
        return
    for guess in guesses:
        cells = [c for c in columns[guess.column] if c != ""]
        texts = [c.strip() for c in cells if type(c) is str and c.strip() and not _is_figure(c, values) and not parse_month(c)]
        if guess.confidence < MEDIUM and texts and 10 * len(texts) >= 9 * len(cells) and 10 * len({*texts}) >= 9 * len(texts):
            guess.target, guess.confidence, guess.runner_up = f"head:{level}_name", MEDIUM, None
            guess.why = "各行不同的文字 a different text in every row"
            return


def _each_heading_once(guesses: list[Guess]) -> None:
    """Two columns under the very same heading cannot be told apart in a layout: both are left open."""
    counts = Counter(fold_path(guess.path) for guess in guesses)
    for guess in guesses:
        if counts[fold_path(guess.path)] > 1 and not guess.target.startswith("head:") and guess.target != MEMBER:
            guess.target, guess.confidence, guess.runner_up = IGNORE, 0.0, None
            guess.why = "几栏标题相同，请先改标题 several columns bear this heading: tell them apart first"


def _show_figures(guesses: list[Guess], columns: list[list[Any]], figures: dict[int, list[float | None]]) -> None:
    """Note the first figures of columns that hold figures, so that a person sees what stands there whatever the heading's language."""
    for guess in guesses:
        if guess.target.startswith("head:") or guess.target == MEMBER:
            continue
        numbers = [v for v in figures.get(guess.column, ()) if v is not None]
        filled = sum(c != "" for c in columns[guess.column]) if guess.column < len(columns) else 0
        if numbers and 2 * len(numbers) >= filled:
            guess.figures = tuple(numbers[:_SHOWN])


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


def _says_member(path: str, member: str, index: LabelIndex) -> bool:
    return any(name in plain(path) for name in index.members["sex", member] if not name.isascii())


def _sums(guesses: list[Guess], figures: dict[int, list[float | None]]) -> Iterator[tuple[Guess, Guess, Guess]]:
    """(total, part, part): neighbouring columns of figures, true in every row and not all nought."""
    known = [g for g in guesses if sum(v is not None for v in figures.get(g.column, ())) >= 3]
    for n, total in enumerate(known):
        near = known[max(0, n - 3) : n] + known[n + 1 : n + 4]
        for at, one in enumerate(near):
            for two in near[at + 1 :]:
                rows = [
                    (a, b, c)
                    for a, b, c in zip(*(figures[g.column] for g in (total, one, two)), strict=True)
                    if a is not None and b is not None and c is not None
                ]
                if len(rows) >= 3 and all(abs(a - b - c) < 0.005 for a, b, c in rows) and sum(b > 0 and c > 0 for _, b, c in rows) >= 2:
                    yield total, one, two


def _member_column(guesses: list[Guess], columns: list[list[Any]], index: LabelIndex) -> Guess | None:
    """The column in which 计, 男, 女 stand below each other: each place takes several rows."""
    names = index.members["sex", "m"] | index.members["sex", "f"] | index.totals["sex"]
    for guess in guesses:
        texts = [plain(c) for c in columns[guess.column] if type(c) is str and c.strip()]
        if len(texts) >= 4 and sum(t in names for t in texts) >= 0.9 * len(texts) and len({*texts}) >= 2:
            guess.target, guess.confidence, guess.why, guess.runner_up = MEMBER, 0.95, "各行为计、男、女 rows by sex", None
            return guess
    return None


def _use_blocks(guesses: list[Guess], stacked: Guess) -> None:
    """Where the sexes stand below each other, a column holds a concept, all its members."""
    for guess in guesses:
        if guess is not stacked and guess.target.startswith("total:"):
            guess.target = guess.target.removeprefix("total:")


def _once_each(guesses: list[Guess]) -> None:
    """Two columns cannot both be the same figure: the less sure one is left open, equally sure ones both."""
    by_target: dict[str, list[Guess]] = {}
    for guess in guesses:
        if guess.target not in (IGNORE, MEMBER):
            by_target.setdefault(guess.target, []).append(guess)
    for same in by_target.values():
        same.sort(key=lambda g: -g.confidence)
        for guess in same[1:]:
            if guess.confidence == same[0].confidence:
                same[0].confidence = min(same[0].confidence, MEDIUM - 0.05)
            guess.runner_up = Candidate(guess.target, guess.confidence)
            guess.target, guess.confidence, guess.why = IGNORE, 0.0, "另一栏更像 another column fits better"
