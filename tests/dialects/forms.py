"""Forms before anybody changed them: one village, label beside value. Two are drawn by the project, five are handmade."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from random import Random

from sinks.grid import Grid
from sinks.samplebooks.form2023 import form2023_grid
from sinks.template import month_label, template_grid
from tests.dialects.figures import MONTHS, TOWNS, drawn, figure_cell, total_cell, village_code, village_names
from tests.dialects.grid import Book, Cell, Figure, Report, Sheet
from tests.dialects.words import DICTIONARY, breakdown_of, members_of, names, total_of

TITLE, OLD_TITLE = "村级人口与家庭服务月报", "村级人口和计划服务月报表"
CODES = DICTIONARY.codes
CONCEPTS = tuple({i.concept.code: None for i in DICTIONARY.indicators.values()})
_ABSENT_2023 = frozenset({"childcare_subsidy", "late_births"})
_ROLES = {
    "title": "title",
    "head": "head",
    "entry": "entry",
    "section": "section",
    "header": "header",
    "label": "label",
    "unit": "unit",
    "number": "number",
    "note": "note",
}

Draw = Callable[[Random, Report, dict[str, Figure]], Sheet]


def one_village(rng: Random, draw: Draw) -> Book:
    """A file of one form."""
    number = rng.randrange(len(TOWNS))
    report = Report(rng.choice(MONTHS), village_code(number + 1, rng.randint(1, 60)), village_names(rng, 1)[0], TOWNS[number])
    return Book([draw(rng, report, drawn(rng, 0, CODES))], [report], CODES)


def village_sheets(rng: Random, draw: Draw, count: int) -> Book:
    """A file with a form a sheet, each named after its village."""
    number, month = rng.randrange(len(TOWNS)), rng.choice(MONTHS)
    reports, sheets = [], []
    for n, name in enumerate(village_names(rng, count)):
        reports.append(Report(month, village_code(number + 1, n + 1), name, TOWNS[number]))
        sheets.append(draw(rng, reports[-1], drawn(rng, n, CODES)))
        sheets[-1].name = name
    return Book(sheets, reports, CODES)


def stacked_forms(rng: Random, draw: Draw, *, aside: bool = False) -> Book:
    """A file whose one sheet holds two or three forms, below one another or side by side."""
    book = village_sheets(rng, draw, 2 if aside else rng.choice((2, 3)))
    whole, *others = book.sheets
    whole.name, gap = "月报", rng.randint(1, 3)
    for sheet in others:
        if aside:
            for row, further in zip(whole.rows, sheet.rows, strict=True):
                row.cells += [*(Cell() for _ in range(gap)), *further.cells]
        else:
            for _ in range(gap):
                whole.insert_row(len(whole.rows))
            whole.rows += sheet.rows
        whole.merges += sheet.merges
    book.sheets = [whole]
    return book


# -- as the project draws them ------------------------------------------------------------------------------------


def template(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """村级月报 2024."""
    head = {"village_code": report.code, "village_name": report.name, "town_name": report.town}
    grid = template_grid(DICTIONARY, month=report.month, county_name="示例县", head={**head, "filled_by": "王秀兰"})
    return _from_grid(grid, figures)


def form2023(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """村级月报 2023, with rows that are no longer collected."""
    grid = form2023_grid(DICTIONARY, report.month, _ABSENT_2023)
    head = {"village_code": report.code, "village_name": report.name, "town_name": report.town, "report_month": month_label(report.month)}
    for field, value in head.items():
        grid.cells[grid.head[field]].value = value
    for row, first in grid.others.values():
        for column in range(first, 6):
            if (row, column) in grid.cells:
                grid.cells[row, column].value = float(rng.randint(1, 9)) if column == first else None
    return _from_grid(grid, figures)


def _from_grid(grid: Grid, figures: dict[str, Figure]) -> Sheet:
    """A drawn grid as cells that know what they are."""
    height, width = (max(at[n] for at in grid.cells) + 1 for n in (0, 1))
    at_figure = {at: code for code, at in grid.figures.items()}
    at_head = {at: code for code, at in grid.head.items()}
    sheet = Sheet(grid.name)
    for r in range(height):
        cells = []
        for c in range(width):
            drawn_cell = grid.cells.get((r, c))
            cell = Cell() if drawn_cell is None else Cell(_plain(drawn_cell.value), _ROLES.get(drawn_cell.style, ""))
            if (r, c) in at_figure:
                cell = figure_cell(figures[at_figure[r, c]])
            elif drawn_cell is not None and drawn_cell.parts:
                concept = DICTIONARY.indicators[at_figure[drawn_cell.parts[0]]].concept.code
                cell = total_cell([figures[at_figure[part]] for part in drawn_cell.parts], concept)
            elif (r, c) in at_head:
                cell.code = at_head[r, c]
            cells.append(cell)
        sheet.add(_kind_of(cells), *cells)
    for row in sheet.rows:
        _name_labels(row.cells)
    for top, left, bottom, right in grid.merged:
        sheet.merge(sheet.rows[top].cells[left], sheet.rows[bottom].cells[right])
    for before, row in zip(sheet.rows, sheet.rows[1:], strict=False):
        row.is_tied = before.kind == "header" and row.kind == "header"
    return sheet


def _plain(value: object) -> float | str:
    return "" if value is None else float(value) if isinstance(value, int | float) else str(value)


def _kind_of(cells: Sequence[Cell]) -> str:
    roles = {cell.role for cell in cells}
    for role, kind in (("figure", "figures"), ("label", "figures"), ("header", "header"), ("head", "head"), ("title", "title")):
        if role in roles:
            return kind
    return next((cell.role for cell in cells if cell.role in ("section", "note")), "blank")


def _name_labels(cells: Sequence[Cell]) -> None:
    """Which concept, indicator, member or field a drawn label names; labels of what is no longer collected name nothing."""
    codes = [cell.code for cell in cells if cell.role == "figure"]
    for n, cell in enumerate(cells):
        if cell.role == "label" and codes:
            concept = DICTIONARY.indicators[codes[0]].concept.code
            cell.code = concept if cell.content in names(concept) else codes[0]
        elif cell.role == "head":
            following = next((other for other in cells[n + 1 :] if other.role == "entry"), None)
            cell.code = following.code if following is not None else ""
        elif cell.role == "header":
            candidates = [
                "unit",
                "value",
                "item",
                "number",
                *(f"{b}:{m.code}" for b, e in DICTIONARY.breakdowns.items() for m in e.members),
            ]
            cell.code = next((code for code in candidates if cell.content in names(code)), "")


# -- handmade ------------------------------------------------------------------------------------------------------


def sections(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """指标 | 单位 | 男 | 女 | 合计, and one column a member under headings of its own for every kind of breakdown."""
    sheet = _begin(rng, report, 7)
    for (section, _), run in groupby(CONCEPTS, key=lambda c: (DICTIONARY.concepts[c].section, breakdown_of(c))):
        concepts = list(run)
        if not any(c.role == "section" and c.code == section for c in sheet.cells("section")):
            sheet.add("section", Cell(DICTIONARY.sections[section].label.zh, "section", section))
        members = [member for member, _ in members_of(concepts[0])] or ["value"]
        total = total_of(concepts[0])
        sheet.add("header", _header("item"), _header("unit"), *(_header(m) for m in members), *([_header(total)] if total else []))
        for concept in concepts:
            mine = [figures[i.code] for i in DICTIONARY.indicators_of(concept)]
            label, unit = Cell(names(concept)[0], "label", concept), Cell(_units(concept), "unit", concept)
            sheet.add("figures", label, unit, *map(figure_cell, mine), *([total_cell(mine, concept)] if total else []))
    return _end(rng, sheet)


def flat(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """序号 | 指标 | 计量单位 | 本月数 | 备注, one row an indicator."""
    sheet = _begin(rng, report, 5)
    sheet.add("header", *map(_header, ("number", "item", "unit", "value")), Cell("备注", "header"))
    for number, code in enumerate(CODES, start=1):
        unit = DICTIONARY.indicators[code].unit.label.zh
        sheet.add("figures", Cell(float(number), "number"), _label(code), Cell(unit, "unit", code), figure_cell(figures[code]))
    return _end(rng, sheet)


def subrows(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """项目 (merged down) | 分项 | 单位 | 数量, one row a member."""
    sheet = _begin(rng, report, 4)
    sheet.add("header", _header("item"), Cell("分项", "header"), _header("unit"), Cell("数量", "header", "value"))
    for concept in CONCEPTS:
        members, unit = members_of(concept), DICTIONARY.indicators_of(concept)[0].unit.label.zh
        label = Cell(names(concept)[0], "label", concept)
        if not members:
            first = sheet.add("figures", label, Cell(), Cell(unit, "unit", concept), figure_cell(figures[concept]))
            sheet.merge(first.cells[0], first.cells[1])
            continue
        for n, (member, code) in enumerate(members):
            unit = DICTIONARY.indicators[code].unit.label.zh
            cells = Cell(names(member)[0], "member", member), Cell(unit, "unit", code), figure_cell(figures[code])
            row = sheet.add("figures", Cell() if n else label, *cells, is_tied=n > 0)
        if total := total_of(concept):
            mine = [figures[code] for _, code in members]
            cells = Cell(names(total)[0], "member", total), Cell(unit, "unit", concept), total_cell(mine, concept)
            row = sheet.add("figures", Cell(), *cells, is_tied=True)
        sheet.merge(label, row.cells[0])
    return _end(rng, sheet)


def pairs(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """出生 | 男 | 3 | 女 | 2: every figure right of its own label, no headings."""
    sheet = _begin(rng, report, 11)
    for concept in CONCEPTS:
        cells = [Cell(names(concept)[0], "label", concept)]
        for member, code in members_of(concept) or [("", concept)]:
            cells += [Cell(names(member)[0], "member", member), figure_cell(figures[code])] if member else [figure_cell(figures[code])]
        sheet.add("figures", *cells)
    sheet.is_loose = False
    return _end(rng, sheet)


def strips(rng: Random, report: Report, figures: dict[str, Figure]) -> Sheet:
    """指标 | 单位 | 数量, twice side by side."""
    sheet = _begin(rng, report, 6)
    half = (len(CODES) + 1) // 2
    sheet.add("header", *map(_header, ("item", "unit", "value", "item", "unit", "value")))
    for n in range(half):
        cells: list[Cell] = []
        for code in CODES[n::half]:
            cells += [_label(code), Cell(DICTIONARY.indicators[code].unit.label.zh, "unit", code), figure_cell(figures[code])]
        sheet.add("figures", *cells)
    return _end(rng, sheet)


HANDMADE: dict[str, Draw] = {"sections": sections, "flat": flat, "subrows": subrows, "pairs": pairs, "strips": strips}
FORMS: dict[str, Draw] = {"template": template, "form2023": form2023, **HANDMADE}


def _begin(rng: Random, report: Report, width: int) -> Sheet:
    """Title, and the head: labels with their values, two a row."""
    sheet = Sheet(rng.choice(("月报", "Sheet1", "3月", "村报表")))
    title = sheet.add("title", Cell(TITLE, "title"), *(Cell() for _ in range(width - 1)))
    sheet.merge(title.cells[0], title.cells[-1])
    for fields in (("village_code", "village_name"), ("town_name", "report_month")):
        cells: list[Cell] = []
        for field in fields:
            cells += [Cell(names(field)[0], "head", field), Cell(_said(report, field), "entry", field)]
        sheet.add("head", *cells)
    return sheet


def _said(report: Report, field: str) -> str:
    return {"village_code": report.code, "village_name": report.name, "town_name": report.town, "report_month": month_label(report.month)}[
        field
    ]


def _end(rng: Random, sheet: Sheet) -> Sheet:
    sheet.add("note", Cell(names("filled_by")[0], "head", "filled_by"), Cell("王秀兰", "entry", "filled_by"))
    return sheet


def _header(code: str) -> Cell:
    return Cell(names(code)[0], "header", code)


def _label(code: str) -> Cell:
    return Cell(names(code)[0], "label", code)


def _units(concept: str) -> str:
    return "、".join(dict.fromkeys(i.unit.label.zh for i in DICTIONARY.indicators_of(concept)))
