"""Sheet 核对 of a village's form: every check with what was filled in, what it should be, and whether they agree; last month's figures.

Its title is no form's title, so that a reader passes it over. The cells of the form that a broken rule reads change colour as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sinks.checks import (
    CONFIRM,
    FAIL,
    PASS,
    RELATIONS,
    UNKNOWN,
    Check,
    CheckFormulas,
    Outcomes,
    cell_break,
    checks_of,
    formulas_of,
    outcomes_of,
)
from sinks.grid import Address, Alarm, Cell, Grid, Look, Value, address, column_letters, rectangles

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

CHECK_SHEET = "核对"
CHECK_TITLE = "核对（自动计算，不必填写）"
CHECK_TITLE_EN = "Live checks: computed by the workbook, nothing to fill in here"
NOTE = (
    "红：不符，须更正。黄：请核实，属实的在报送时说明。灰：所需数字未填或填“—”，不能核对。\n"
    "Red: figures differ, please correct. Yellow: please confirm, and explain when you send it. Grey: a figure is blank or —, cannot tell."
)
AGREE = "各项核对全部相符    All checks agree"
_FAILS = f"有 # 处不平衡，请看“{CHECK_SHEET}”表    # check(s) fail, see sheet {CHECK_SHEET}"
INCOMPLETE = "尚有数字未填，已填各项没有不符    Some figures are missing, no check fails"

_NUMBER, _ZH, _EN, _SEEN, _RELATION, _WANTED, _GAP, _VERDICT, _CELLS, _DO, _COUNTS = range(11)
_SUMMARY = {"fails": 3, "confirms": 4, "unknown": 5}
_LABELS = {
    "fails": "不符处数（须更正）  Checks that fail: please correct",
    "confirms": "请核实处数  Checks to confirm",
    "unknown": "表内核对中因缺数不能进行的  Checks within the form that lack a figure",
}
_HEADS = (
    *("序号", "核对内容", "Check", "填报\nReported", "", "应为\nExpected", "相差\nDifference", "结果\nResult"),
    *("涉及单元格\nCells", "怎么办  What to do"),
)
_FIRST = 7


class CheckSheet:
    """The checks of a form. `grid` is the sheet 核对 without results; `alarms` colour the form's cells; `state` is the form's line."""

    def __init__(self, dictionary: Dictionary, month: str, form: Grid) -> None:
        self.dictionary, self.form = dictionary, form
        self.checks = checks_of(dictionary, month)
        self.last = tuple(dict.fromkeys(code for check in self.checks for code in check.last))
        self.grid = Grid(CHECK_SHEET, is_protected=True, is_landscape=True, frozen_rows=_FIRST, repeated_rows=(_FIRST - 1, _FIRST - 1))
        self._rows = {check.instance.id: _FIRST + n for n, check in enumerate(self.checks)}
        first_last = _FIRST + len(self.checks) + 2
        self._last_at = {code: (first_last + n, _SEEN) for n, code in enumerate(self.last)}
        self.grid.names = {f"last_{code}": at for code, at in self._last_at.items()}
        self._whens: dict[str, Address] = {}
        self._put_top()
        for check in self.checks:
            self._put_check(check)
        self._put_last(first_last - 1)
        self.alarms = sorted([*self._rule_alarms(), *self._cell_alarms()], key=lambda alarm: alarm.look != "red")  # the first one shows

    # -- what stands in the cells ------------------------------------------------------------------------------

    def results(self, contents: Sequence[Mapping[str, Value]], last: Sequence[Mapping[str, float]]) -> list[dict[Address, Value]]:
        """For each of several forms, what the formulas of `grid` come to, and last month's figures: address → value.

        Args:
            contents: for each form, indicator → what stands in its cell.
            last: for each form, the figures of the month before that are known.
        """
        outcomes = outcomes_of(self.checks, contents, last)
        return [self._results(n, outcomes, figures) for n, figures in enumerate(last)]

    def _results(self, n: int, outcomes: Sequence[Outcomes], last: Mapping[str, float]) -> dict[Address, Value]:
        made: dict[Address, Value] = {at: last.get(code) for code, at in self._last_at.items()}
        verdicts = []
        for check, outcome in zip(self.checks, outcomes, strict=True):
            row = self._rows[check.instance.id]
            seen, wanted = float(outcome.observed[n]), float(outcome.expected[n])
            made[row, _SEEN], made[row, _WANTED] = _shown(seen), _shown(wanted)
            made[row, _GAP], made[row, _VERDICT] = _shown(seen - wanted), outcome.verdicts[n]
            made |= {(row, _COUNTS + k): float(count[n]) for k, count in enumerate(outcome.counts)}
            verdicts.append((check, outcome.verdicts[n]))
            if (at := self._whens.get(check.instance.id)) is not None:
                made[at] = _shown(float(outcome.when[n]))
        counts = {
            "fails": sum(v == FAIL for _, v in verdicts),
            "confirms": sum(v == CONFIRM for _, v in verdicts),
            "unknown": sum(v == UNKNOWN for c, v in verdicts if _is_basic(c)),
        }
        return made | {(row, _VERDICT): counts[name] for name, row in _SUMMARY.items()}

    def state(self, results: Mapping[Address, Value]) -> str:
        """What the form's line says with these results."""
        fails, unknown = (int(results[_SUMMARY[name], _VERDICT] or 0) for name in ("fails", "unknown"))
        return state_text(fails, is_incomplete=unknown > 0)

    def put_state(self, at: Address, last_column: int) -> None:
        """Write the line into the form at `at`."""
        fails, unknown = (f"'{CHECK_SHEET}'!{address((_SUMMARY[name], _VERDICT))}" for name in ("fails", "unknown"))
        put_state(self.form, at, last_column, fails, f"{unknown}>0")

    # -- drawing -----------------------------------------------------------------------------------------------

    def _put_top(self) -> None:
        grid = self.grid
        grid.put(0, 0, CHECK_TITLE, "title", across=_COUNTS)
        grid.put(1, 0, CHECK_TITLE_EN, "subtitle", across=_COUNTS)
        grid.put(2, 0, NOTE, "note", across=_COUNTS)
        everything = range(_FIRST, _FIRST + len(self.checks))
        basic = range(_FIRST, _FIRST + sum(map(_is_basic, self.checks)))
        counted = {"fails": (everything, FAIL), "confirms": (everything, CONFIRM), "unknown": (basic, UNKNOWN)}
        column = column_letters(_VERDICT)
        for name, row in _SUMMARY.items():
            rows, verdict = counted[name]
            count = f'COUNTIF({column}{rows.start + 1}:{column}{rows.stop},"{verdict}")' if rows else "0"
            grid.put(row, 0, _LABELS[name], "head", across=_VERDICT)
            grid.cells[row, _VERDICT] = Cell(None, "verdict", formula=count)
            grid.heights[row] = 16
        for at, text in enumerate(_HEADS):
            grid.put(_FIRST - 1, at, text, "header")
        grid.heights |= {0: 26, 1: 14, 2: 26, _FIRST - 1: 28}
        grid.widths = {0: 5, 1: 32, 2: 30, 3: 11, 4: 4, 5: 11, 6: 11, 7: 17, 8: 20, 9: 62}
        results = ((_FIRST, _VERDICT, _FIRST + max(len(self.checks), 1) - 1, _VERDICT),)
        first = address((_FIRST, _VERDICT))
        looks: dict[str, Look] = {FAIL: "red", CONFIRM: "amber", PASS: "green"}
        grid.alarms = [Alarm(results, f'{first}="{verdict}"', look) for verdict, look in looks.items()]
        for row, look in ((_SUMMARY["fails"], looks[FAIL]), (_SUMMARY["confirms"], looks[CONFIRM])):
            grid.alarms.append(Alarm(((row, _VERDICT, row, _VERDICT),), f"{address((row, _VERDICT))}>0", look))

    def _put_check(self, check: Check) -> None:
        grid, row, rule = self.grid, self._rows[check.instance.id], check.instance.rule
        formulas = formulas_of(check, self.dictionary, self._place)
        seen, wanted = address((row, _SEEN)), address((row, _WANTED))
        if formulas.counts:
            last = _COUNTS + len(formulas.counts) - 1
            for k, text in enumerate(formulas.counts):
                grid.cells[row, _COUNTS + k] = Cell(None, "plain", formula=text)
            formulas = CheckFormulas(formulas.counted(f"{address((row, _COUNTS))}:{address((row, last))}"), "0", counts=formulas.counts)
            grid.hidden_columns = (_COUNTS, max(last, (grid.hidden_columns or (0, 0))[1]))
        if formulas.when is not None:
            at = self._whens[check.instance.id] = (row, _COUNTS)
            grid.cells[at] = Cell(None, "plain", formula=formulas.when)
            grid.hidden_columns = (_COUNTS, max(_COUNTS, (grid.hidden_columns or (0, 0))[1]))
            formulas = CheckFormulas(formulas.observed, formulas.expected, when=address(at))
        grid.put(row, _NUMBER, row - _FIRST + 1, "number")
        grid.put(row, _ZH, check.label_zh, "label")
        grid.put(row, _EN, check.label_en, "english")
        grid.cells[row, _SEEN] = Cell(None, "figure", formula=formulas.observed)
        grid.put(row, _RELATION, RELATIONS["eq" if rule.combine else rule.relation], "text")
        grid.cells[row, _WANTED] = Cell(None, "figure", formula=formulas.expected)
        grid.cells[row, _GAP] = Cell(None, "figure", formula=f'IF(OR({seen}="",{wanted}=""),"",{seen}-{wanted})')
        grid.cells[row, _VERDICT] = Cell(None, "verdict", formula=formulas.verdict(check, seen, wanted))
        cells = "各项  all figures" if check.instance.parts else " ".join(address(self.form.figures[c]) for c in check.figures)
        grid.put(row, _CELLS, cells, "small")
        grid.put(row, _DO, f"{rule.do.zh}\n{rule.do.en}", "small")
        grid.heights[row] = 36

    def _put_last(self, row: int) -> None:
        if not self.last:
            return
        self.grid.put(row, 0, "上月数  Last month, as accepted", "section", across=_COUNTS)
        for code, (at, column) in self._last_at.items():
            label = self.dictionary.indicators[code].label
            self.grid.put(at, _NUMBER, at - row, "number")
            self.grid.put(at, _ZH, label.zh, "label")
            self.grid.put(at, _EN, label.en, "english")
            self.grid.put(at, column, None, "figure")

    # -- places and alarms -------------------------------------------------------------------------------------

    def _place(self, namespace: str, code: str) -> str:
        return address(self._last_at[code]) if namespace else f"'{self.form.name}'!{address(self.form.figures[code])}"

    def _fixed(self, namespace: str, code: str) -> str:
        row, column = self.form.figures.get(code, (0, 0))
        return f"last_{code}" if namespace else f"${column_letters(column)}${row + 1}"

    def _rule_alarms(self) -> list[Alarm]:
        """The figures that a rule reads turn red, or yellow, while it is broken."""
        made = []
        for check in self.checks:
            if not check.instance.parts:
                broken = formulas_of(check, self.dictionary, self._fixed).broken
                areas = tuple(rectangles([self.form.figures[code] for code in check.figures]))
                made.append(Alarm(areas, broken, "red" if check.is_firm else "amber"))
        return made

    def _cell_alarms(self) -> list[Alarm]:
        """A figure that is by itself impossible turns red: one alarm for each block of figures with the same limits."""
        groups: dict[tuple[str, ...], list[Address]] = {}
        for code, at in self.form.figures.items():
            breaks = [cell_break(check, code, "@") for check in self.checks if check.is_firm]
            groups.setdefault(tuple(b for b in breaks if b), []).append(at)
        made = []
        for breaks_of, cells in groups.items():
            for area in rectangles(cells) if breaks_of else []:
                cell = address(area[:2])
                made.append(Alarm((area,), f"IF(ISNUMBER({cell}),OR({','.join(breaks_of).replace('@', cell)}),FALSE)", "red"))
        return made


def state_text(fails: int, *, is_incomplete: bool) -> str:
    """A form's line about its checks."""
    return _FAILS.replace("#", str(fails)) if fails else INCOMPLETE if is_incomplete else AGREE


def put_state(form: Grid, at: Address, last_column: int, fails: str, is_incomplete: str) -> None:
    """Write that line as a formula, red while something fails. `fails`, `is_incomplete`: formulas of the number and the condition."""
    said = "&".join(f'"{part}"' for part in _FAILS.split("#")).replace("&", f'&TEXT({fails},"0")&')
    form.put(*at, None, "state", across=last_column + 1 - at[1])
    form.cells[at] = Cell(None, "state", formula=f'IF({fails}>0,{said},IF({is_incomplete},"{INCOMPLETE}","{AGREE}"))')
    area, cell = (at[0], at[1], at[0], last_column), f"${column_letters(at[1])}${at[0] + 1}"
    form.alarms += [Alarm((area,), f'LEFT({cell},1)="{_FAILS[0]}"', "red"), Alarm((area,), f'{cell}="{AGREE}"', "green")]


def _is_basic(check: Check) -> bool:
    """Must hold within the form itself: what is missing for it is missing on the form."""
    return check.is_firm and not check.last


def _shown(number: float) -> Value:
    return "" if number != number else number
