"""The blank return, 村级人口与家庭服务月报, drawn wholly from the dictionary: a new concept in YAML has its row at once.

Sheet 月报: title; head fields beside their labels; per section one block for each run of concepts with the same
breakdown (one row a concept, one column a member). Sheet _cunbao (very hidden) says what the file is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from sinks.grid import Grid, Rule, Value, xlsx_bytes

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from schemas.entries import Breakdown, Concept, HeadField

TITLE = "村级人口与家庭服务月报"
TITLE_EN = "Monthly return of a village: population and family services"
FORM_VERSION = "2024"
SHEET, IDENTITY_SHEET = "月报", "_cunbao"
NOTE = (
    "填表说明：没有发生填 0；不适用填 —；不清楚的请留空并与乡镇联系。合计由公式计算，不必填写。\n"
    "Write 0 where nothing happened and — where a row does not apply; leave blank only what you do not know."
)

_NUMBER, _LABEL, _ENGLISH, _UNIT, _FIRST = range(5)
_PAIRS = ((_LABEL, _ENGLISH, 1), (_UNIT, _FIRST, 2), (_FIRST + 2, _FIRST + 3, 2))  # (label, value, columns of the value)
_MIN_VALUE_COLUMNS = 5


def write_template(
    path: Path,
    dictionary: Dictionary,
    *,
    month: str,
    village_code: str = "",
    village_name: str = "",
    town_name: str = "",
    county_name: str = "",
    values: Mapping[str, Value] | None = None,
    head: Mapping[str, str] | None = None,
) -> None:
    """Write the return as an .xlsx workbook; the same arguments give the same bytes.

    Args:
        path: the file to write; its folder must exist.
        dictionary: what is collected; indicators not in force in `month` are left out.
        month: 'YYYY-MM'.
        village_code: 12 digits, or '' for a form that any village may fill.
        village_name: as the registry has it.
        town_name: as the registry has it.
        county_name: shown under the title.
        values: indicator code → number, text or None (blank). Codes that the form does not have are ignored.
        head: further head fields by code, such as filled_by.

    Raises:
        OSError: the file cannot be written.
    """
    names = {"village_code": village_code, "village_name": village_name, "town_name": town_name, **(head or {})}
    grid = template_grid(dictionary, month=month, county_name=county_name, values=values or {}, head=names)
    path.write_bytes(xlsx_bytes(grid, title=TITLE, hidden=identity_grid(dictionary, month=month, village_code=village_code)))


def template_grid(
    dictionary: Dictionary,
    *,
    month: str,
    county_name: str = "",
    values: Mapping[str, Value] | None = None,
    head: Mapping[str, str] | None = None,
) -> Grid:
    """The form as a grid; `figures` and `head` of the grid tell where everything stands."""
    grid = Grid(SHEET, frozen_rows=0)
    runs = list(_runs(dictionary, month))
    width = max([_MIN_VALUE_COLUMNS, *(_width(breakdown) for _, breakdown, _ in runs)])
    last = _FIRST + width - 1
    row = _put_top(grid, dictionary, month, county_name, last, {"form_version": FORM_VERSION, **(head or {})})
    grid.frozen_rows = row
    section, number = "", 1
    for code, breakdown, concepts in runs:
        if code != section:
            section = code
            entry = dictionary.sections[code]
            note = f"（{entry.note.zh}）" if entry.note else ""
            grid.put(row, 0, f"{entry.label.zh}{note}  {entry.label.en}", "section", across=last + 1)
            grid.heights[row] = 20
            row += 1
        _put_header(grid, row, breakdown, last)
        for offset, concept in enumerate(concepts, start=1):
            _put_concept(grid, row + offset, number, dictionary, concept, last, values or {})
            number += 1
        row += len(concepts) + 1
    _put_foot(grid, row, dictionary, head or {})
    grid.widths |= {_NUMBER: 5, _LABEL: 27, _ENGLISH: 28, _UNIT: 12} | {_FIRST + n: 13 for n in range(width)}
    return grid


def identity_grid(dictionary: Dictionary, *, month: str, village_code: str) -> Grid:
    """What the very hidden sheet says of the file: the return, its version, the dictionary's, the village and month."""
    grid = Grid(IDENTITY_SHEET)
    facts = {
        "return": "village_monthly",
        "form_version": FORM_VERSION,
        "dictionary": dictionary.version,
        "village_code": village_code,
        "report_month": month,
    }
    for row, (key, value) in enumerate(facts.items()):
        grid.put(row, 0, key, "plain")
        grid.put(row, 1, value, "plain")
        grid.head[key] = (row, 1)
    return grid


def month_label(month: str) -> str:
    """'2024-03' → '2024年3月'."""
    return f"{month[:4]}年{int(month[5:])}月"


def head_fields(dictionary: Dictionary) -> tuple[list[HeadField], list[HeadField]]:
    """Fields above the figures (who, where, when, which form) and below them (who filled and checked it, when it left)."""
    shown = [f for f in dictionary.head.values() if f.required or f.kind != "place_code"]
    above = [f for f in shown if f.kind in ("place_code", "place_name", "month") or f.code == "form_version"]
    return above, [f for f in shown if f not in above]


def figure_rule(dictionary: Dictionary, code: str) -> Rule:
    """Which numbers a cell takes."""
    indicator = dictionary.indicators[code]
    return "money" if indicator.unit.decimals else "signed" if indicator.concept.signed else "count"


def _runs(dictionary: Dictionary, month: str) -> Iterator[tuple[str, Breakdown | None, list[Concept]]]:
    concepts = {i.concept.code: i.concept for i in dictionary.in_force(month)}.values()
    for (section, breakdown), run in groupby(concepts, key=lambda c: (c.section, c.breakdown)):
        yield section, dictionary.breakdowns[breakdown] if breakdown else None, list(run)


def _width(breakdown: Breakdown | None) -> int:
    return 1 if breakdown is None else len(breakdown.members) + (breakdown.additive and breakdown.total is not None)


def _put_top(grid: Grid, dictionary: Dictionary, month: str, county_name: str, last: int, head: Mapping[str, str]) -> int:
    grid.put(0, 0, TITLE, "title", across=last + 1)
    grid.put(1, 0, TITLE_EN, "subtitle", across=last + 1)
    grid.heights |= {0: 32, 1: 16}
    shown = {"report_month": month_label(month), "county_name": county_name, **head}
    fields, _ = head_fields(dictionary)
    row = 2
    for start in range(0, len(fields), len(_PAIRS)):
        for field, pair in zip(fields[start : start + len(_PAIRS)], _PAIRS, strict=False):
            _put_field(grid, row, field, pair, shown.get(field.code, ""))
        grid.heights[row] = 20
        row += 1
    grid.put(row, 0, NOTE, "note", across=last + 1)
    grid.heights[row] = 28
    return row + 1


def _put_field(grid: Grid, row: int, field: HeadField, pair: tuple[int, int, int], value: str) -> None:
    label, column, across = pair
    grid.put(row, label, field.label.zh, "head")
    grid.put(row, column, value, "entry", across=across)
    grid.head[field.code] = (row, column)


def _put_header(grid: Grid, row: int, breakdown: Breakdown | None, last: int) -> None:
    labels = ["本月数"] if breakdown is None else [m.label.zh for m in breakdown.members]
    if breakdown is not None and breakdown.additive and breakdown.total is not None:
        labels.append(breakdown.total.label.zh)
    for column, text in enumerate(["序号", "指标", "Indicator", "计量单位", *labels]):
        grid.put(row, column, text, "header")
    for column in range(_FIRST + len(labels), last + 1):
        grid.put(row, column, None, "empty")
    grid.heights[row] = 20


def _put_concept(
    grid: Grid, row: int, number: int, dictionary: Dictionary, concept: Concept, last: int, values: Mapping[str, Value]
) -> None:
    indicators = dictionary.indicators_of(concept.code)
    units = dict.fromkeys(i.unit.label.zh for i in indicators)
    grid.put(row, _NUMBER, number, "number")
    grid.put(row, _LABEL, concept.label.zh, "label")
    grid.put(row, _ENGLISH, concept.label.en, "english")
    grid.put(row, _UNIT, "、".join(units), "unit")
    for column, indicator in enumerate(indicators, start=_FIRST):
        rule = figure_rule(dictionary, indicator.code)
        grid.put(row, column, values.get(indicator.code), "money" if rule == "money" else "count")
        grid.rules.append((row, column, row, column, rule))
        grid.figures[indicator.code] = (row, column)
    end = _FIRST + len(indicators)
    breakdown = dictionary.breakdowns[concept.breakdown] if concept.breakdown else None
    if breakdown is not None and breakdown.additive and breakdown.total is not None:
        grid.put_sum(row, end, [(row, column) for column in range(_FIRST, end)])
        end += 1
    for column in range(end, last + 1):
        grid.put(row, column, None, "empty")
    grid.heights[row] = 19


def _put_foot(grid: Grid, row: int, dictionary: Dictionary, head: Mapping[str, str]) -> None:
    _, fields = head_fields(dictionary)
    for start in range(0, len(fields), len(_PAIRS)):
        row += 1
        for field, pair in zip(fields[start : start + len(_PAIRS)], _PAIRS, strict=False):
            _put_field(grid, row, field, pair, head.get(field.code, ""))
        grid.heights[row] = 20
