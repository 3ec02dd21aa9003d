"""A town's list form, 村级人口与家庭服务月报汇总表: one row a village, two heading rows, 合计 by formula; sheet 核对 checks every row live.

For towns that collect their villages' figures themselves. Read by layout `town_list`; the total is evidence to compare with.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sinks.checks import UNKNOWN, cell_break, checks_of, formulas_of, outcomes_of
from sinks.checksheet import CHECK_SHEET, CHECK_TITLE, CHECK_TITLE_EN, put_state, state_text
from sinks.checksheet import NOTE as CHECK_NOTE
from sinks.grid import Alarm, Cell, Grid, Value, address, column_letters, rectangles, xlsx_bytes
from sinks.limits import Input
from sinks.prefill import largest, opening_figures, openings
from sinks.template import COMPARED, IDENTITY_SHEET, OPENING, figure_input, figure_rule, identity_facts, month_label, plain_text
from sinks.villageforms import Village

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

LIST_TITLE = "村级人口与家庭服务月报汇总表"
LIST_SHEET = "汇总表"
NOTE = (
    "注  没有发生填 0，不适用填 —，不清楚的留空。合计由公式计算。  "
    "Write 0 where nothing happened, — where it does not apply; the total is computed."
)
KEYS = ("序号", "村（居）代码", "村（居）名称")
FIRST_ROW = 5
_HEAD_COLUMNS = 19  # a printed page
_SIGNED = ("filled_by", "checked_by", "date_sent")
_CHECK_FIRST = 6
_CHECK_KEYS = (*KEYS, "不符\nfail", "请核实\nconfirm")


def write_town_list(
    path: Path,
    dictionary: Dictionary,
    *,
    month: str,
    town_code: str,
    town_name: str,
    villages: Sequence[Village],
    values: Sequence[Mapping[str, Value]] | None = None,
) -> None:
    """Write the list form as an .xlsx workbook; the same arguments give the same bytes.

    Args:
        path: the file to write; its folder must exist.
        dictionary: what is collected.
        month: 'YYYY-MM'.
        town_code: of the town, for the identity sheet.
        town_name: in title and head.
        villages: one row each, with what is known of last month: the stocks that this month opens with are filled in.
        values: for each village, what else is filled in.

    Raises:
        OSError: the file cannot be written.
    """
    path.write_bytes(
        town_list_bytes(
            dictionary, month=month, town_code=town_code, town_name=town_name, villages=villages, values=values or [{} for _ in villages]
        )
    )


def town_list_bytes(
    dictionary: Dictionary,
    *,
    month: str,
    town_code: str,
    town_name: str,
    villages: Sequence[Village],
    values: Sequence[Mapping[str, Value]],
) -> bytes:
    """As `write_town_list`, in memory."""
    filled = [{**opening_figures(dictionary, month, v.last), **more} for v, more in zip(villages, values, strict=True)]
    form = list_form(dictionary, month, plain_text(town_name), villages, filled)
    checks = _Checks(dictionary, month, form, villages, filled)
    form.alarms += checks.alarms()
    facts = {"form": "town_list", "town_code": town_code}
    hidden = Grid(IDENTITY_SHEET)
    for row, fact in enumerate((identity_facts(dictionary, month=month) | facts).items()):
        for column, text in enumerate(fact):
            hidden.put(row, column, text, "plain")
    return xlsx_bytes(form, title=LIST_TITLE, beside=[checks.grid], hidden=hidden)


def list_form(
    dictionary: Dictionary, month: str, town_name: str, villages: Sequence[Village], filled: Sequence[Mapping[str, Value]]
) -> Grid:
    """The list as a grid; `figures` are the cells of the first village, each further village is one row below."""
    grid = Grid(LIST_SHEET, is_landscape=True, is_protected=True, pages_wide=4, frozen_columns=len(KEYS), frozen_rows=FIRST_ROW)
    asked = [i.code for i in dictionary.in_force(month) if not i.is_total and not i.ends]
    columns = {code: n for n, code in enumerate(asked, start=len(KEYS))}
    across = min(_HEAD_COLUMNS, len(KEYS) + len(columns))
    grid.put(0, 0, f"{town_name}{month_label(month)}{LIST_TITLE}", "title", across=across)
    grid.put(2, 0, f"填报单位：{town_name}　　报告期：{month_label(month)}　　计量单位：人、户、元", "note", across=across)
    put_headings(grid, dictionary, columns, FIRST_ROW - 2)
    opening = openings(dictionary, month)
    for n, (village, contents) in enumerate(zip(villages, filled, strict=True)):
        row = FIRST_ROW + n
        _put_keys(grid, row, n, village)
        for code, column in columns.items():
            cell = contents.get(code)
            look = "money" if figure_rule(dictionary, code) == "money" else "opening" if code in opening else "count"
            grid.put(row, column, plain_text(cell) if isinstance(cell, str) else cell, look)
            grid.unlocked.add((row, column))
    total = FIRST_ROW + len(villages)
    for column in range(2):
        grid.put(total, column, None, "total")
    grid.put(total, 2, "合计", "total")
    for column in columns.values():
        grid.put_sum(total, column, [(row, column) for row in range(FIRST_ROW, total)])
    grid.put(total + 1, 0, NOTE, "note", across=12)
    for n, field in enumerate(_SIGNED):  # written behind the label, in the same cell, as lists are signed
        at = (total + 2, 4 * n)
        grid.put(*at, f"{dictionary.head[field].label.zh}：", "entry", across=4)
        grid.unlocked.add(at)
        grid.head[field] = at
    grid.widths = {0: 6, 1: 15, 2: 14} | dict.fromkeys(columns.values(), 11.0)
    grid.heights = {0: 30, 1: 18, 2: 16, FIRST_ROW - 2: 32, FIRST_ROW - 1: 32, total + 1: 16, total + 2: 20}
    grid.repeated_rows = (FIRST_ROW - 2, FIRST_ROW - 1)
    grid.figures = {code: (FIRST_ROW, column) for code, column in columns.items()}
    _set_inputs(grid, dictionary, month, total - 1)
    return grid


def _put_keys(grid: Grid, row: int, n: int, village: Village) -> None:
    grid.put(row, 0, n + 1, "number")
    grid.put(row, 1, village.village_code, "text")
    grid.put(row, 2, plain_text(village.village_name), "text")


def put_headings(grid: Grid, dictionary: Dictionary, columns: Mapping[str, int], row: int) -> None:
    """Two heading rows: concepts, and their members below. `columns`: indicator → column."""
    for column, text in enumerate(KEYS):
        grid.put(row, column, text, "header", down=2)
    seen: set[str] = set()
    for code, column in columns.items():
        indicator = dictionary.indicators[code]
        concept = indicator.concept
        if indicator.member is None:
            grid.put(row, column, concept.label.zh, "header", down=2)
            continue
        if concept.code not in seen:
            seen.add(concept.code)
            members = sum(dictionary.indicators[c].concept.code == concept.code for c in columns)
            grid.put(row, column, concept.label.zh, "header", across=members)
        grid.put(row + 1, column, indicator.member.label.zh, "header")


def _set_inputs(grid: Grid, dictionary: Dictionary, month: str, last_row: int) -> None:
    limits, opening = largest(dictionary, month), openings(dictionary, month)
    compared = {name.code for c in checks_of(dictionary, month) if c.last for name in c.instance.observed.names}
    for code, (row, column) in grid.figures.items():
        prompt = OPENING if code in opening else COMPARED if code in compared else ""
        if last_row >= row:
            grid.inputs.append(figure_input(dictionary, code, (row, column, last_row, column), limits.get(code), prompt))
    for at in grid.head.values():
        label = str(grid.cells[at].value)
        grid.inputs.append(Input((*at, *at), "behind", choices=(label,)))


class _Checks:
    """Sheet 核对 of a list: one row a village, one column a check: 不符 or 请核实, 相符, blank where it cannot be told."""

    def __init__(
        self, dictionary: Dictionary, month: str, form: Grid, villages: Sequence[Village], filled: Sequence[Mapping[str, Value]]
    ) -> None:
        self.dictionary, self.form, self.rows = dictionary, form, len(villages)
        self.checks = checks_of(dictionary, month)
        self.last = tuple(dict.fromkeys(code for check in self.checks for code in check.last))
        self._first_last = len(_CHECK_KEYS) + len(self.checks)
        self._counts = self._first_last + len(self.last)
        self.grid = Grid(
            CHECK_SHEET, is_protected=True, is_landscape=True, pages_wide=3, frozen_rows=_CHECK_FIRST, frozen_columns=len(_CHECK_KEYS)
        )
        self._formulas = [formulas_of(check, dictionary, self._place) for check in self.checks]
        self._outcomes = outcomes_of(self.checks, filled, [v.last for v in villages])
        self._put_top()
        for n, village in enumerate(villages):
            self._put_village(n, village)
        self._put_state()

    def alarms(self) -> list[Alarm]:
        """Cells of the list that a broken rule of their row reads; rules about last month show on sheet 核对 only."""
        first, last, made = FIRST_ROW, FIRST_ROW + self.rows - 1, list[Alarm]()
        for check in self.checks:
            if not check.instance.parts and not check.last and self.rows:
                broken = formulas_of(check, self.dictionary, lambda _, code: f"${address(self.form.figures[code])}").broken
                columns = sorted({self.form.figures[c][1] for c in check.figures})
                areas = tuple((first, column, last, column) for column in columns)
                made.append(Alarm(areas, broken, "red" if check.is_firm else "amber"))
        groups: dict[tuple[str, ...], list[int]] = {}
        for code, (_, column) in self.form.figures.items():
            breaks = [cell_break(check, code, "@") for check in self.checks if check.is_firm]
            groups.setdefault(tuple(b for b in breaks if b), []).append(column)
        for tests, columns in groups.items():
            for _, left, _, right in rectangles([(0, column) for column in columns]) if tests and self.rows else []:
                cell = address((first, left))
                condition = f"IF(ISNUMBER({cell}),OR({','.join(tests).replace('@', cell)}),FALSE)"
                made.append(Alarm(((first, left, last, right),), condition, "red"))
        return sorted(made, key=lambda alarm: alarm.look != "red")

    def _put_top(self) -> None:
        grid, across = self.grid, 18
        grid.put(0, 0, CHECK_TITLE, "title", across=across)
        grid.put(1, 0, CHECK_TITLE_EN, "subtitle", across=across)
        grid.put(2, 0, CHECK_NOTE, "note", across=across)
        for column, text in enumerate(_CHECK_KEYS):
            grid.put(_CHECK_FIRST - 2, column, text, "header", down=2)
        for n, check in enumerate(self.checks):
            grid.put(_CHECK_FIRST - 2, len(_CHECK_KEYS) + n, check.label_zh, "turned")
            grid.put(_CHECK_FIRST - 1, len(_CHECK_KEYS) + n, check.label_en, "small")
        for n, code in enumerate(self.last):
            label = self.dictionary.indicators[code].label
            grid.put(_CHECK_FIRST - 2, self._first_last + n, f"上月数 {label.zh}", "turned")
            grid.put(_CHECK_FIRST - 1, self._first_last + n, f"Last month: {label.en}", "small")
        grid.widths = {0: 5, 1: 14, 2: 14, 3: 7, 4: 8} | dict.fromkeys(range(len(_CHECK_KEYS), self._counts), 11.0)
        grid.heights = {0: 26, 1: 14, 2: 26, 3: 4, _CHECK_FIRST - 2: 64, _CHECK_FIRST - 1: 64}
        grid.repeated_rows = (_CHECK_FIRST - 2, _CHECK_FIRST - 1)

    def _put_village(self, n: int, village: Village) -> None:
        grid, row = self.grid, _CHECK_FIRST + n
        _put_keys(grid, row, n, village)
        for k, code in enumerate(self.last):
            grid.put(row, self._first_last + k, village.last.get(code), "figure")
        spare, totals = self._counts, [0, 0]
        for k, (check, outcome, formulas) in enumerate(zip(self.checks, self._outcomes, self._formulas, strict=True)):
            made = formulas.outcome
            if formulas.counts:
                for j, text in enumerate(formulas.counts):
                    grid.cells[row, spare + j] = Cell(float(outcome.counts[j][n]), "plain", formula=_in_row(text, n))
                counted = f"{address((row, spare))}:{address((row, spare + len(formulas.counts) - 1))}"
                spare += len(formulas.counts)
                made = f'IF({formulas.told}=0,"",IF(SUM({counted})>0,1,0))'
            verdict = outcome.verdicts[n]
            value: Value = "" if verdict == UNKNOWN else int(verdict == check.failing)
            grid.cells[row, len(_CHECK_KEYS) + k] = Cell(value, "fails" if check.is_firm else "confirms", formula=_in_row(made, n))
            totals[not check.is_firm] += int(verdict == check.failing)
        firm = sum(check.is_firm for check in self.checks)
        for column, start, count, total in ((3, 0, firm, totals[0]), (4, firm, len(self.checks) - firm, totals[1])):
            left = len(_CHECK_KEYS) + start
            span = f"SUM({address((row, left))}:{address((row, left + count - 1))})" if count else "0"
            grid.cells[row, column] = Cell(total, "verdict", formula=span)
        if spare > self._counts:
            grid.hidden_columns = (self._counts, spare - 1)

    def _put_state(self) -> None:
        """The list's second line, and the colours of sheet 核对."""
        first, last = _CHECK_FIRST, _CHECK_FIRST + self.rows - 1
        basic = sum(check.is_firm and not check.last for check in self.checks)
        firm = sum(check.is_firm for check in self.checks)
        left, right = len(_CHECK_KEYS), len(_CHECK_KEYS) + len(self.checks) - 1
        sheet = f"'{CHECK_SHEET}'!"
        fails = f"SUM({sheet}D{first + 1}:D{last + 1})" if self.rows else "0"
        told = f"COUNT({sheet}{address((first, left))}:{address((last, left + basic - 1))})" if basic and self.rows else "0"
        count = sum(int(self.grid.cells[row, 3].value or 0) for row in range(first, last + 1))
        known = sum(self.grid.cells[row, left + k].value != "" for row in range(first, last + 1) for k in range(basic))
        everything = basic * self.rows
        put_state(self.form, (1, 0), min(_HEAD_COLUMNS, len(KEYS) + len(self.form.figures)) - 1, fails, f"{told}<{everything}")
        self.form.cells[1, 0].value = state_text(count, is_incomplete=known < everything)
        if not self.rows:
            return
        cell, amber = address((first, left)), address((first, left + firm))
        self.grid.alarms = [
            Alarm(((first, left, last, right),), f"IF(ISNUMBER({cell}),{cell}=0,FALSE)", "green"),
            Alarm(((first, 3, last, 3),), f"D{first + 1}>0", "red"),
            Alarm(((first, 4, last, 4),), f"E{first + 1}>0", "amber"),
        ]
        if firm:
            self.grid.alarms.append(Alarm(((first, left, last, left + firm - 1),), f"{cell}=1", "red"))
        if firm < len(self.checks):
            self.grid.alarms.append(Alarm(((first, left + firm, last, right),), f"{amber}=1", "amber"))

    def _place(self, namespace: str, code: str) -> str:
        """Where a figure of any village stands; `_in_row` makes it one village's."""
        if namespace:
            return f"{column_letters(self._first_last + self.last.index(code))}{_CHECK_ROW}"
        return f"'{LIST_SHEET}'!{column_letters(self.form.figures[code][1])}{_LIST_ROW}"


_LIST_ROW, _CHECK_ROW = "\x01", "\x02"


def _in_row(formula: str, n: int) -> str:
    return formula.replace(_LIST_ROW, str(FIRST_ROW + n + 1)).replace(_CHECK_ROW, str(_CHECK_FIRST + n + 1))
