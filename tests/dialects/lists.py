"""Lists before anybody changed them: one village a row (or three rows), headings in one to three rows, the town's total."""

from __future__ import annotations

from itertools import groupby
from random import Random

from sinks.template import month_label
from tests.dialects.figures import MONTHS, TOWNS, drawn, figure_cell, total_cell, total_figure, village_code, village_names
from tests.dialects.forms import CODES, CONCEPTS
from tests.dialects.grid import Book, Cell, Figure, Report, Sheet
from tests.dialects.words import DICTIONARY, breakdown_of, members_of, names, total_of

TITLES = ("村级人口与家庭服务月报汇总表", "各村人口与家庭服务月报", "村级月报汇总表", "各村月报汇总表")
_PLACES = ("village_code", "village_name")
Column = tuple[str, str, str]
"""Concept; member as in `words.names` or '' where it is undivided; indicator, or '' for the column of a written total."""


def town_list(rng: Random, headings: int) -> Book:
    """One village a row below one, two or three rows of headings; the town's total at the foot."""
    concepts = _some(rng)
    book, figures = _drawn(rng, concepts)
    sheet, columns = book.main, [column for concept in concepts for column in _columns(concept, has_total=rng.random() < 0.4)]
    keys = [Cell("序号", "key", "number"), *(Cell(names(field)[0], "key", field) for field in _PLACES)]
    _put_title(rng, book, len(keys) + len(columns))
    _put_headings(sheet, keys, columns, headings)
    for n, (report, mine) in enumerate(zip(book.reports[:-1], figures, strict=True), start=1):
        cells = [Cell(float(n), "number"), Cell(report.code, "place", "village_code"), Cell(report.name, "place", "village_name")]
        sheet.add("place", *cells, *(_content(mine, column) for column in columns))
    owner = len(figures)
    sums = {c: total_figure([mine[c] for mine in figures], owner) for c in figures[0]}
    cells = [Cell(), Cell(), Cell("合计", "place")]
    sheet.add("total", *cells, *(_content(sums, column) for column in columns))
    _put_foot(sheet)
    return book


def by_sex_rows(rng: Random) -> Book:
    """Three rows a village, 计, 男 and 女, with the village merged down beside them."""
    concepts = _some(rng, by_sex=True)
    book, figures = _drawn(rng, concepts)
    sheet = book.main
    keys = [Cell(names(field)[0], "key", field) for field in _PLACES]
    _put_title(rng, book, len(keys) + 1 + len(concepts))
    sheet.add("header", *keys, Cell("性别", "key"), *(Cell(names(c)[0], "header", c) for c in concepts))
    owner = len(figures)
    sums = {c: total_figure([mine[c] for mine in figures], owner) for c in figures[0]}
    for report, mine in [*zip(book.reports[:-1], figures, strict=True), (None, sums)]:
        for n, part in enumerate(("sex:", "sex:m", "sex:f")):
            cells = [Cell(), Cell()]
            if n == 0:
                cells = (
                    [Cell(report.code, "place", _PLACES[0]), Cell(report.name, "place", _PLACES[1])]
                    if report
                    else [Cell(), Cell("合计", "place")]
                )
                first = cells
            row = sheet.add("place" if report else "total", *cells, Cell(names(part)[0 if n else 1], "member", part), is_tied=n > 0)
            for at, concept in enumerate(concepts, start=3):
                row.cells[at] = _sex_content(mine, concept, n)
        for n, cell in enumerate(first):
            if cell.content:
                sheet.merge(cell, row.cells[n])
    _put_foot(sheet)
    return book


def _sex_content(figures: dict[str, Figure], concept: str, line: int) -> Cell:
    indicators = DICTIONARY.indicators_of(concept)
    if not breakdown_of(concept):
        return figure_cell(figures[concept]) if line == 0 else Cell()
    return total_cell([figures[i.code] for i in indicators], concept) if line == 0 else figure_cell(figures[indicators[line - 1].code])


def _some(rng: Random, *, by_sex: bool = False) -> list[str]:
    """The concepts of a list: a few, in the order of the return; households and births are always there."""
    wanted = [c for c in CONCEPTS if not by_sex or breakdown_of(c) in ("", "sex")]
    chosen = {"households_end", "population_end", "births", *rng.sample(wanted, min(len(wanted), rng.randint(4, 9)))}
    return [c for c in wanted if c in chosen]


def _drawn(rng: Random, concepts: list[str]) -> tuple[Book, list[dict[str, Figure]]]:
    """The reports, the town's own last, and the villages' figures."""
    town, month, count = rng.randrange(len(TOWNS)), rng.choice(MONTHS), rng.randint(3, 8)
    codes = [i.code for c in concepts for i in DICTIONARY.indicators_of(c)]
    reports = [Report(month, village_code(town + 1, n), name, TOWNS[town]) for n, name in enumerate(village_names(rng, count), start=1)]
    figures = [drawn(rng, n, codes) for n in range(count)]
    sheet = Sheet(rng.choice(("汇总表", "Sheet1", "各村")), is_form=False)
    return Book([sheet], [*reports, Report(month, "", TOWNS[town], "", "stated")], CODES), figures


def _columns(concept: str, *, has_total: bool) -> list[Column]:
    members = [(concept, member, code) for member, code in members_of(concept)]
    if has_total and members and total_of(concept):
        members.append((concept, total_of(concept), ""))
    return members or [(concept, "", concept)]


def _content(figures: dict[str, Figure], column: Column) -> Cell:
    concept, _, code = column
    return figure_cell(figures[code]) if code else total_cell([figures[i.code] for i in DICTIONARY.indicators_of(concept)], concept)


def _put_title(rng: Random, book: Book, width: int) -> None:
    report = book.reports[0]
    title = book.main.add(
        "title", Cell(f"{report.town}{month_label(report.month)}{rng.choice(TITLES)}", "title"), *(Cell() for _ in range(width - 1))
    )
    book.main.merge(title.cells[0], title.cells[-1])


def _put_foot(sheet: Sheet) -> None:
    sheet.add("note", Cell("注：“—”表示不适用，空白表示未填。", "note"))
    sheet.add("note", Cell("填表人：王秀兰　　审核人：李建国", "note"))


def _put_headings(sheet: Sheet, keys: list[Cell], columns: list[Column], rows: int) -> None:
    if rows == 1:
        sheet.add("header", *keys, *(_flat_heading(column) for column in columns))
        return
    lines = [list(keys), *([Cell() for _ in keys] for _ in range(rows - 1))]
    sections = [Cell() for _ in columns]
    concepts, members = [Cell() for _ in columns], [Cell() for _ in columns]
    at = 0
    for concept, group in groupby(columns, key=lambda column: column[0]):
        inside = list(group)
        concepts[at] = Cell(names(concept)[0], "header", concept)
        for n, (_, member, _) in enumerate(inside):
            if member:
                members[at + n] = Cell(names(member)[0], "header", member)
        at += len(inside)
    at = 0
    for section, group in groupby(columns, key=lambda column: DICTIONARY.concepts[column[0]].section):
        sections[at] = Cell(DICTIONARY.sections[section].label.zh, "section", section)
        at += len(list(group))
    levels = [concepts, members] if rows == 2 else [sections, concepts, members]
    for n, (line, level) in enumerate(zip(lines, levels, strict=True)):
        sheet.add("header", *line, *level, is_tied=n > 0)
    bottom = sheet.rows[-1].cells
    for key, below in zip(keys, bottom, strict=False):
        sheet.merge(key, below)
    if rows == 3:
        _merge_groups(sheet, sections, [DICTIONARY.concepts[column[0]].section for column in columns])
    _merge_groups(sheet, concepts, [column[0] for column in columns])
    for n, (cell, below) in enumerate(zip(concepts, members, strict=True)):
        if cell.content and not columns[n][1]:
            sheet.merge(cell, below)


def _merge_groups(sheet: Sheet, line: list[Cell], groups: list[str]) -> None:
    for n, cell in enumerate(line):
        if cell.content:
            end = n
            while end + 1 < len(line) and groups[end + 1] == groups[n]:
                end += 1
            sheet.merge(cell, line[end])


def _flat_heading(column: Column) -> Cell:
    concept, member, code = column
    if code:
        return Cell(names(code)[0], "header", code)
    return Cell(f"{names(concept)[0]}{names(member)[0]}", "header", f"total:{concept}")
