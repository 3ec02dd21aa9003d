"""The blank return, 村级人口与家庭服务月报, drawn wholly from the dictionary: a new concept in YAML has its row at once.

Sheet 月报: title; head fields beside their labels; per section one block for each run of concepts with the same
breakdown (one row a concept, one column a member). Sheet 核对 checks it live. Sheet _cunbao (very hidden) says what the file is.
Opening figures are filled in from last month's report and stay open: only the respondent knows whether they were corrected since;
a figure that is no longer last month's turns red, and the rule about it asks.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sinks.checksheet import CheckSheet
from sinks.files import neutral
from sinks.grid import Address, Cell, Grid, Value, rectangles, xlsx_bytes
from sinks.limits import Input, Rule
from sinks.prefill import largest, opening_figures, openings

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from schemas.entries import Breakdown, Concept, HeadField

TITLE = "村级人口与家庭服务月报"
TITLE_EN = "Monthly return of a village (population and family services)"
FORM_VERSION = "2024"
SHEET, IDENTITY_SHEET = "月报", "_cunbao"
NOTE = (
    "填表说明：没有发生填 0；不适用填 —；不清楚的请留空并与乡镇联系。合计由公式计算，不必填写。\n"
    "Write 0 where nothing happened and — where a row does not apply; leave blank only what you do not know."
)

_NUMBER, _LABEL, _ENGLISH, _UNIT, _FIRST = range(5)
_PAIRS = ((_LABEL, _ENGLISH, 1), (_UNIT, _FIRST, 2), (_FIRST + 2, _FIRST + 3, 2))  # (label, value, columns of the value)
_MIN_VALUE_COLUMNS = 5
_GIVEN = ("village_code", "village_name", "town_name", "county_name")
OPENING = (
    "应等于上月期末数。上月报表已收到的，已按上月期末预填；上月数已更正的，请直接改写。  "
    "Last month's closing figure, filled in where that report is known; write over it if it was corrected since."
)
COMPARED = "上月数见“核对”表。  Last month's figure is on sheet 核对."


def write_template(path: Path, dictionary: Dictionary, *, month: str, **more: Any) -> None:
    """Write `template_bytes` to a file; its folder must exist.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_bytes(template_bytes(dictionary, month=month, **more))


def template_bytes(
    dictionary: Dictionary,
    *,
    month: str,
    village_code: str = "",
    village_name: str = "",
    town_name: str = "",
    county_name: str = "",
    values: Mapping[str, Value] | None = None,
    head: Mapping[str, str] | None = None,
    last: Mapping[str, float] | None = None,
    has_checks: bool = True,
) -> bytes:
    """The return as an .xlsx workbook; the same arguments give the same bytes.

    Args:
        dictionary: what is collected; indicators not in force in `month` are left out.
        month: 'YYYY-MM'.
        village_code: 12 digits, or '' for a form that any village may fill.
        village_name: as the registry has it.
        town_name: as the registry has it.
        county_name: shown under the title.
        values: indicator code → number, text or None (blank). Codes that the form does not have are ignored.
        head: further head fields by code, such as filled_by.
        last: figures of last month's accepted report: the stocks that this month opens with are filled in, unless `values` has them.
        has_checks: with sheet 核对, everything but the entry cells locked; without, the bare form.
    """
    names = {"village_code": village_code, "village_name": village_name, "town_name": town_name, **(head or {})}
    filled = {**opening_figures(dictionary, month, last or {}), **(values or {})}
    given = {field for field in _GIVEN if {**names, "county_name": county_name}.get(field)}
    if not has_checks:
        form = template_grid(dictionary, month=month, county_name=county_name, values=filled, head=names)
        sheets: tuple[Grid, ...] = ()
    else:
        form, checks = checked_form(dictionary, month, given, values=filled, head={"county_name": county_name, **names})
        (results,) = checks.results([filled], [last or {}])
        checks.grid.cells |= {at: with_value(checks.grid.cells[at], value) for at, value in results.items()}
        form.cells[form.others["state"]] = with_value(form.cells[form.others["state"]], checks.state(results))
        sheets = (checks.grid,)
    hidden = identity_grid(dictionary, month=month, village_code=village_code)
    return xlsx_bytes(form, title=TITLE, beside=sheets, hidden=hidden)


def with_value(cell: Cell, value: Value) -> Cell:
    """The cell with another value; its look and formula stay."""
    return Cell(value, cell.style, cell.parts, cell.formula)


def checked_form(
    dictionary: Dictionary,
    month: str,
    given: Collection[str],
    *,
    values: Mapping[str, Value] | None = None,
    head: Mapping[str, str] | None = None,
) -> tuple[Grid, CheckSheet]:
    """The form as it is issued, with its sheet 核对: locked but for the entry cells.

    Args:
        dictionary: what is collected.
        month: 'YYYY-MM'.
        given: head fields that are filled in and locked; where they are not, the village fills them in.
        values: as for `template_bytes`.
        head: head fields by code.
    """
    form = template_grid(dictionary, month=month, values=values, head=head)
    form.others["state"] = (form.frozen_rows - 2, 0)
    form.heights[form.frozen_rows - 2] = 18
    checks = CheckSheet(dictionary, month, form)
    checks.put_state(form.others["state"], max(column for _, column in form.cells))
    form.alarms += checks.alarms
    form.is_protected = True
    form.unlocked -= {form.head[field] for field in ("form_version", *given) if field in form.head}
    if "village_code" in given:
        form.unlocked.discard(form.head["report_month"])
    _set_inputs(form, dictionary, month, checks)
    return form, checks


def template_grid(
    dictionary: Dictionary,
    *,
    month: str,
    county_name: str = "",
    values: Mapping[str, Value] | None = None,
    head: Mapping[str, str] | None = None,
) -> Grid:
    """The form as a grid; `figures` and `head` of the grid tell where everything stands.

    The second last of the frozen rows is left for what the checks say; without them it is a narrow gap.
    """
    grid = Grid(SHEET, frozen_rows=0)
    runs = list(_runs(dictionary, month))
    width = max([_MIN_VALUE_COLUMNS, *(_width(breakdown) for _, breakdown, _ in runs)])
    last = _FIRST + width - 1
    shown = {"form_version": FORM_VERSION, "county_name": county_name, **(head or {})}
    row = _put_top(grid, dictionary, month, last, shown)
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
    grid.unlocked = {*grid.figures.values(), *grid.head.values()}
    return grid


def identity_facts(dictionary: Dictionary, *, month: str) -> dict[str, str]:
    """What every form that is issued says of itself."""
    return {"return": "village_monthly", "form_version": FORM_VERSION, "dictionary": dictionary.version, "report_month": month}


def identity_grid(dictionary: Dictionary, *, month: str, village_code: str) -> Grid:
    """What the very hidden sheet says of the file: the return, its version, the dictionary's, the village and month."""
    grid = Grid(IDENTITY_SHEET)
    facts = identity_facts(dictionary, month=month) | {"village_code": village_code}
    for row, (key, value) in enumerate(facts.items()):
        grid.put(row, 0, key, "plain")
        grid.put(row, 1, value, "plain")
        grid.head[key] = (row, 1)
    return grid


def month_label(month: str) -> str:
    """'2024-03' → '2024年3月'."""
    return f"{month[:4]}年{int(month[5:])}月"


def plain_text(text: str) -> str:
    """Text from outside without control characters, and never a formula."""
    clean = "".join(c for c in text if c >= " ")
    return neutral(clean) if len(clean) > 1 else clean


def head_fields(dictionary: Dictionary) -> tuple[list[HeadField], list[HeadField]]:
    """Fields above the figures (who, where, when, which form) and below them (who filled and checked it, when it left)."""
    shown = [f for f in dictionary.head.values() if f.required or f.kind != "place_code"]
    above = [f for f in shown if f.kind in ("place_code", "place_name", "month") or f.code == "form_version"]
    return above, [f for f in shown if f not in above]


def figure_rule(dictionary: Dictionary, code: str) -> Rule:
    """Which numbers a cell takes."""
    indicator = dictionary.indicators[code]
    return "money" if indicator.unit.decimals else "signed" if indicator.concept.signed else "count"


def figure_input(dictionary: Dictionary, code: str, area: tuple[int, int, int, int], most: float | None, prompt: str = "") -> Input:
    """The limits of a figure's cells."""
    return Input(area, figure_rule(dictionary, code), most=most, prompt=prompt)


def _set_inputs(grid: Grid, dictionary: Dictionary, month: str, checks: CheckSheet) -> None:
    """Input limits and drop-downs; a cell takes one of them, so a figure has its limits, which let the dash pass."""
    limits, opening = largest(dictionary, month), openings(dictionary, month)
    compared = {name.code for c in checks.checks if c.last for name in c.instance.observed.names}
    alike: dict[Input, list[Address]] = {}
    for code, at in grid.figures.items():
        prompt = OPENING if code in opening else COMPARED if code in compared else ""
        alike.setdefault(figure_input(dictionary, code, (0, 0, 0, 0), limits.get(code), prompt), []).append(at)
        if code in opening:
            grid.cells[at].style = "opening"
    for entry, cells in alike.items():
        grid.inputs += [replace(entry, area=area) for area in rectangles(cells)]
    year, number = int(month[:4]), int(month[5:])
    following = dt.date(year + number // 12, number % 12 + 1, 1)
    days = [following + dt.timedelta(days=n) for n in range(-3, 12)]
    choices = {
        "report_month": tuple(f"{year}年{n}月" for n in range(1, 13)),
        "date_sent": tuple(f"{d.year}年{d.month}月{d.day}日" for d in days),
    }
    for field, at in grid.head.items():
        if at in grid.unlocked and field in choices:
            grid.inputs.append(Input((*at, *at), "choice", choices=choices[field], is_open=field == "date_sent"))
        elif at in grid.unlocked and dictionary.head[field].kind == "place_code":
            level = next((lv for lv in dictionary.place_scheme.levels if field == f"{lv.code}_code"), None)
            if level is not None:
                grid.inputs.append(Input((*at, *at), "code", length=level.length))


def _runs(dictionary: Dictionary, month: str) -> Iterator[tuple[str, Breakdown | None, list[Concept]]]:
    concepts = {i.concept.code: i.concept for i in dictionary.in_force(month) if not i.ends}.values()
    for (section, breakdown), run in groupby(concepts, key=lambda c: (c.section, c.breakdown)):
        yield section, dictionary.breakdowns[breakdown] if breakdown else None, list(run)


def _width(breakdown: Breakdown | None) -> int:
    return 1 if breakdown is None else len(breakdown.members) + (breakdown.additive and breakdown.total is not None)


def _put_top(grid: Grid, dictionary: Dictionary, month: str, last: int, head: Mapping[str, str]) -> int:
    grid.put(0, 0, TITLE, "title", across=last + 1)
    grid.put(1, 0, TITLE_EN, "subtitle", across=last + 1)
    grid.heights |= {0: 32, 1: 16}
    shown = {"report_month": month_label(month), **head}
    fields, _ = head_fields(dictionary)
    row = 2
    for start in range(0, len(fields), len(_PAIRS)):
        for field, pair in zip(fields[start : start + len(_PAIRS)], _PAIRS, strict=False):
            _put_field(grid, row, field, pair, shown.get(field.code, ""))
        grid.heights[row] = 20
        row += 1
    grid.heights[row] = 4
    row += 1
    grid.put(row, 0, NOTE, "note", across=last + 1)
    grid.heights[row] = 28
    return row + 1


def _put_field(grid: Grid, row: int, field: HeadField, pair: tuple[int, int, int], value: str) -> None:
    label, column, across = pair
    grid.put(row, label, field.label.zh, "head")
    grid.put(row, column, plain_text(value), "entry", across=across)
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
        value = values.get(indicator.code)
        rule = figure_rule(dictionary, indicator.code)
        grid.put(row, column, plain_text(value) if isinstance(value, str) else value, "money" if rule == "money" else "count")
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
