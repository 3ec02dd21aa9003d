"""A plan and the rows it fits → records: values with states for every indicator, and what is odd about them."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import inf, nan
from operator import gt, itemgetter
from typing import Any, NamedTuple

from schemas.states import MISSING, NOT_COLLECTED, REPORTED, UNREADABLE
from sources.added import Lacking, add_up
from sources.departments import totals_text, written_totals
from sources.doubts import NO_DOUBTS, Doubts, listed, quoted
from sources.heads import as_code, as_name, code_and_name, shortened_code
from sources.holding import Filling, beside_blanks, doubtful, noughts_of_nobody
from sources.layout import PARENT_LEVEL, Plan, ReadingKit, ReadyLayout
from sources.months import parse_month, shifted, stated_month
from sources.notes import figures_in
from sources.periods import is_same_month
from sources.reasons import reasons_of
from sources.rows import ROUNDED, RowNote
from sources.statmonth import month_of_days
from sources.text import address
from sources.units import written
from sources.values import MOST, why_unreadable
from sources.workbook import Sheet

_MANY_TIMES = 100
MOST_PROBLEMS = 20
"""More problems than this of one file tell its sender nothing new."""
_TEXT_FIELDS = ("form_version", "filled_by", "checked_by", "date_sent")
_CENT = 0.005
_FLOATS = frozenset((float,))
_Order = tuple[Callable[[tuple[Any, ...]], tuple[Any, ...]], bytes]
"""Takes the cells of a plan, and a NaN behind them, in the order of a record; the states of a record in which all are reported."""


class Problem(NamedTuple):
    """Something to tell the sender: `name` is an entry of the message catalogue, `details` fill its wording."""

    name: str
    sheet: str = ""
    cell: str = ""
    details: Mapping[str, str] = {}


class PlaceRecord(NamedTuple):
    """One place's figures in one file. `values`: float64 for every indicator of the dictionary; `states`: one byte each.

    `month`: see `sources.months.stated_month`. `totals`: what only a department's file has, wholes whose parts it does not give
    (`sources.departments`). `period`: the words that say that the figures are of another period or kind than the month's, '' where they
    are the month's; such a record is held. `title_month`: another month in the title than the one stated in the head.
    `row_note`: what its row seems to be where it is no plain row of a place (`sources.rows.RowNote` as JSON). `reasons`: what the
    respondent says beside its figures (`sources.reasons`). `returns`: its return, where another than its file's.
    """

    role: str
    level: str
    place_code: str
    place_name: str
    parent_name: str
    month: str
    texts: tuple[str, ...]
    plan_id: str
    row_no: int
    values: bytes
    states: bytes
    wrong_sums: str
    totals: str = ""
    period: str = ""
    title_month: str = ""
    row_note: str = ""
    reasons: str = ""
    returns: str = ""


class RecordMaker:
    """Makes records with one kit."""

    def __init__(self, kit: ReadingKit) -> None:
        parts = {part: None for layout in kit.layouts for of_one in layout.added.values() for part in of_one}  # behind the indicators
        self.position = {code: n for n, code in enumerate((*kit.codes, *parts))}
        self._blank = array("d", [nan]) * len(self.position)
        self._not_collected = bytes([NOT_COLLECTED]) * len(self.position)
        self._width = len(kit.codes)
        self._placed: Mapping[str, tuple[int, int]] = {}
        self._ordered: _Order = (tuple, b"")
        self._limits: dict[str, list[float]] = {}

    def record(
        self,
        sheet: Sheet,
        layout: ReadyLayout,
        plan: Plan,
        plan_id: str,
        heads: Mapping[str, Any],
        problems: list[Problem],
        *,
        base: int = 0,
        cells: Sequence[Any] | None = None,
        role: str = "",
        level: str = "",
        period: str = "",
        held: Doubts = NO_DOUBTS,
    ) -> PlaceRecord:
        """One record.

        Args:
            sheet: the sheet.
            layout: its layout.
            plan: which cell holds what.
            plan_id: the plan's id.
            heads: head fields as written.
            problems: what is met is added here.
            base: zero-based first row of the record (0 in a form).
            cells: the cells of `plan.cells`, in its order, when the caller has them already.
            role, level: where other than the layout's (a list's own total).
            period: the words by which the row is of another period than the month, where its sheet does not say so.
            held: cells that are not to be taken as they stand, because of where they stand (`sources.merges`).
        """
        role, level = role or layout.role, level or layout.level
        if cells is None:
            cells = [_cell(sheet, base + row, column) for row, column in plan.cells.values()]
        values, states = array("d", self._blank), bytearray(self._not_collected)
        read, blank = layout.values.read, []
        position = self.position
        rest: Iterable[tuple[str, Any]] = zip(plan.cells, cells, strict=True)
        # As most forms are: nothing is blank, nothing is a word, nothing beyond sense (which NaN is, too).
        if _FLOATS.issuperset(map(type, cells)) and sum(map(abs, cells)) <= MOST:
            take, reported = self._order(plan.cells)
            values, states, rest = array("d", take((*cells, nan))), bytearray(reported), ()
        for code, cell in rest:
            at = position[code]
            if type(cell) is float and -MOST <= cell <= MOST:
                values[at] = cell
                states[at] = REPORTED
            elif cell == "":
                states[at] = MISSING
                blank.append(code)
            else:
                values[at], states[at] = read(cell)
                if states[at] == UNREADABLE:
                    self._tell_unreadable(cell, code, sheet, layout, plan, base, problems)
                elif states[at] == REPORTED and type(cell) is str and not cell.isdecimal():
                    self._ask_for_unit(cell, code, sheet, layout, plan, base, problems, values, states)
        if plan.exponents:
            for code, cell in self._count_up(cells, layout, plan, values, states):
                name = "unit_in_cell" if type(cell) is str else "beyond_cell"
                _tell(problems, name, sheet, plan, base, code, layout)
            if level == "village":
                self._hold_whole(Filling(sheet, layout, plan, base, cells, position, values, states), problems)
        if level == "village":
            self._hold_beyond(sheet, layout, plan, base, values, states, problems)
        slipped = plan.slipped.get(base) if plan.slipped else None
        for code in plan.doubtful if slipped is None else [c for c, (_, column) in plan.cells.items() if column >= slipped]:
            values[position[code]], states[position[code]] = nan, UNREADABLE
        if blank:
            self._look_behind(blank, sheet, layout, plan, base, states, problems)
        may_be_stale = 0.0 in cells and (plan.clear_of is None or plan.clear_of is not sheet.with_formula)
        if plan.aside or held or may_be_stale or sheet.marks:
            self._hold(Filling(sheet, layout, plan, base, cells, position, values, states), held, problems)
        if sheet.notes:
            self._tell_notes(sheet, layout, plan, base, problems)
        if plan.added:
            for lacking in add_up(plan.added, position, values, states):
                self._tell_lacking(lacking, sheet, layout, plan, base, problems)
        wrong_sums = self._wrong_sums(sheet, layout, plan, base, values, states, problems)
        for total, of in layout.totals.values():
            self._settle_total(total, of, values, states)
        if len(states) > self._width:  # parts of sums stand behind the indicators
            del values[self._width :], states[self._width :]
        code, name = _head(heads, f"{level}_code", as_code, layout), _head(heads, f"{level}_name", as_name, layout)
        if not code.isdecimal():
            code, name = code_and_name(code, name)
        month = _month(heads.get("report_month", ""), role, layout)
        shortened = shortened_code(heads[f"{level}_code"]) if level == "village" and f"{level}_code" in heads else ""
        if shortened:
            code = ""
            self._tell_shortened(sheet, plan, base, shortened, f"{level}_code", problems)
        return PlaceRecord(
            role=role,
            level=level,
            place_code=code,
            place_name=name,
            parent_name=_head(heads, f"{PARENT_LEVEL.get(level, '')}_name", as_name, layout),
            month=month,
            texts=tuple(as_name(heads.get(field, layout.form_version if field == "form_version" else "")) for field in _TEXT_FIELDS),
            plan_id=plan_id,
            row_no=base,
            values=values.tobytes(),
            states=bytes(states),
            wrong_sums=wrong_sums,
            row_note=RowNote(ROUNDED, name, shortened).text() if shortened else "",
            totals=self._totals(sheet, layout, plan, base, problems) if role == "department" else "",
            period="" if "~" in month else period or plan.period or _other_period(heads.get("report_month", ""), layout),
            title_month=_shifted_title(plan, month),
            reasons=reasons_of(sheet.rows, plan, base) if plan.reasons else "",
        )

    def _tell_notes(self, sheet: Sheet, layout: ReadyLayout, plan: Plan, base: int, problems: list[Problem]) -> None:
        """Cells of figures, and blank ones and numbers in their rows, whose note holds another number. What it says is not told."""
        own = {(base + row, column) for row, column in plan.cells.values()}
        rows = {row for row, _ in own}
        found = []
        for (row, column), text in sheet.notes.items():
            if row not in rows or row >= len(sheet.rows):
                continue
            cell = _cell(sheet, row, column)
            number, state = layout.values.read(cell) if cell != "" else (nan, MISSING)
            if (state in (MISSING, REPORTED) or (row, column) in own) and any(figure != number for figure in figures_in(text)):
                found.append(address(row, column))
        if found and len(problems) < MOST_PROBLEMS:
            problems.append(Problem("figure_in_note", sheet.name, found[0], {"cells": listed(found), "n": str(len(found))}))

    def _settle_total(self, total: str, parts: Sequence[str], values: array[float], states: bytearray) -> None:
        """Of a total that may be asked for alone: where all parts are given they count, else it does and they are not collected."""
        at, of = self.position[total], [self.position[part] for part in parts]
        if all(states[n] == REPORTED for n in of) or (states[at] == MISSING and any(states[n] != NOT_COLLECTED for n in of)):
            values[at], states[at] = nan, NOT_COLLECTED
        elif states[at] == REPORTED and all(states[n] in (MISSING, NOT_COLLECTED) for n in of):
            for n in of:
                states[n] = NOT_COLLECTED

    def _tell_lacking(self, sum_: Lacking, sheet: Sheet, layout: ReadyLayout, plan: Plan, base: int, problems: list[Problem]) -> None:
        """A sum that is not known because a part of it is not; that the table has no column for a part is told once (`sources.scores`)."""
        if len(problems) < MOST_PROBLEMS and all(part in plan.cells for part in sum_.lacking):
            labels = layout.book.vocabulary.labels
            (row, column), there = plan.cells[sum_.lacking[0]], "、".join(labels[part] for part in sum_.there)
            details = {"label": labels[sum_.code], "there": there, "lacking": "、".join(labels[part] for part in sum_.lacking)}
            problems.append(Problem("part_of_sum_blank", sheet.name, address(base + row, column), details))

    def _tell_shortened(self, sheet: Sheet, plan: Plan, base: int, code: str, field: str, problems: list[Problem]) -> None:
        """Once a sheet: all codes of a column are shortened alike."""
        if any(problem.name == "code_shortened" and problem.sheet == sheet.name for problem in problems):
            return
        row, column = plan.heads.get(field, (0, 0))
        problems.append(Problem("code_shortened", sheet.name, address(base + row, column), {"code": code}))

    def _totals(self, sheet: Sheet, layout: ReadyLayout, plan: Plan, base: int, problems: list[Problem]) -> str:
        """Wholes of a department's file, as JSON; a cell that cannot be read is told."""
        found, faulty = written_totals(sheet, layout, plan, base)
        for label, where, cell in faulty[: max(0, MOST_PROBLEMS - len(problems))]:
            name, details = why_unreadable(cell)
            problems.append(Problem(name, sheet.name, where, {"label": label, **details}))
        return totals_text(found)

    def _tell_unreadable(
        self, cell: object, code: str, sheet: Sheet, layout: ReadyLayout, plan: Plan, base: int, problems: list[Problem]
    ) -> None:
        name, details = why_unreadable(cell)
        _tell(problems, name, sheet, plan, base, code, layout, **details)

    def _ask_for_unit(
        self,
        cell: str,
        code: str,
        sheet: Sheet,
        layout: ReadyLayout,
        plan: Plan,
        base: int,
        problems: list[Problem],
        values: array[float],
        states: bytearray,
    ) -> None:
        """A number with a unit of another kind (97人 where yuan are asked for) may belong elsewhere."""
        unit, vocabulary = layout.values.unit_in(cell), layout.book.vocabulary
        if unit and unit in vocabulary.foreign.get(code, ()):
            values[self.position[code]], states[self.position[code]] = nan, UNREADABLE
            details = {"text": quoted(cell), "unit": vocabulary.units[code][0]}
            _tell(problems, "other_unit_in_cell", sheet, plan, base, code, layout, **details)

    def _count_up(
        self, cells: Sequence[Any], layout: ReadyLayout, plan: Plan, values: array[float], states: bytearray
    ) -> list[tuple[str, Any]]:
        """Figures under a heading that counts in 万人 or 千元, as persons or yuan; those that cannot be read so, with their cells."""
        lost = []
        for code, cell in zip(plan.cells, cells, strict=True):
            at = self.position[code]
            if (power := plan.exponents.get(code, 0)) != 0 and states[at] == REPORTED:  # not what its unit has set aside
                values[at], states[at] = layout.values.read_scaled(cell, power)
                if states[at] == UNREADABLE:
                    lost.append((code, cell))
        return lost

    def _order(self, places: Mapping[str, tuple[int, int]]) -> _Order:
        """How a plan's cells stand in a record, worked out once for all fillings of a form and all rows of a list."""
        if places is not self._placed:
            among = dict(zip(places, range(len(places)), strict=True))
            order = [among.get(code, len(places)) for code in self.position]
            states = bytes(REPORTED if code in among else NOT_COLLECTED for code in self.position)
            self._placed, self._ordered = places, (itemgetter(*order), states)
        return self._ordered

    def _hold_beyond(
        self, sheet: Sheet, layout: ReadyLayout, plan: Plan, base: int, values: array[float], states: bytearray, problems: list[Problem]
    ) -> None:
        """Figures that are many times what a village has; what is only more is a question of its history."""
        most, position = layout.book.vocabulary.most, self.position
        if True not in map(gt, values, self._beyond(layout)):
            return
        for code in [code for code in plan.cells if code in most and values[position[code]] > _MANY_TIMES * most[code]]:
            values[position[code]], states[position[code]] = nan, UNREADABLE
            _tell(problems, "beyond_cell", sheet, plan, base, code, layout)

    def _beyond(self, layout: ReadyLayout) -> list[float]:
        """By position: more than this is many times what a village has."""
        if (limits := self._limits.get(layout.id)) is None:
            most = layout.book.vocabulary.most
            limits = self._limits[layout.id] = [_MANY_TIMES * most.get(code, inf) for code in self.position]
        return limits

    def _hold_whole(self, filling: Filling, problems: list[Problem]) -> None:
        """Counts of a village under 百人 or 万人 are parts of hundreds; where all of them are whole, the heading is more likely wrong."""
        layout, plan, words = filling.layout, filling.plan, filling.layout.book.vocabulary
        counted: dict[int, list[tuple[str, bool]]] = {}
        for code in plan.cells:
            power, at = plan.exponents.get(code, 0), self.position[code]
            if power <= 0 or power == layout.exponents.get(code, 0):
                continue
            if filling.states[at] == REPORTED and abs(number := filling.values[at]) > words.most.get(code, number):
                filling.hold(code)
                details = {"unit": written((power, words.units[code][0])), "own": words.units[code][0], "number": f"{number:,.0f}"}
                _tell(problems, "more_than_a_village", filling.sheet, plan, filling.base, code, layout, **details)
            if code not in words.whole:
                continue
            if filling.states[at] == REPORTED and (value := filling.values[at]):
                counted.setdefault(power, []).append((code, value % 10**power == 0))
        for power, found in counted.items():
            if not all(is_whole for _, is_whole in found):
                continue
            where = [address(*filling.at(code)) for code, _ in found]
            for code, _ in found:
                filling.hold(code)
            noun = words.units[found[0][0]][0]
            details = {"unit": written((power, noun)), "own": noun, "n": str(len(found)), "cells": listed(where)}
            _tell(problems, "whole_multiples", filling.sheet, plan, filling.base, found[0][0], layout, **details)

    def _look_behind(
        self,
        blank: Sequence[str],
        sheet: Sheet,
        layout: ReadyLayout,
        plan: Plan,
        base: int,
        states: bytearray,
        problems: list[Problem],
    ) -> None:
        """Cells that look blank: a formula may stand there whose value the file does not keep, or an error that the reader leaves out."""
        for name, found in (("error_cell", getattr(sheet, "errors", None)), ("stale_formula", getattr(sheet, "formulas", None))):
            if not found:
                continue
            for code in blank:
                row, column = plan.cells[code]
                if states[self.position[code]] == MISSING and (text := found.get((base + row, column))):
                    states[self.position[code]] = UNREADABLE
                    details = {"error": text} if name == "error_cell" else {}
                    _tell(problems, name, sheet, plan, base, code, layout, **details)

    def _hold(self, filling: Filling, held: Doubts, problems: list[Problem]) -> None:
        """Figures that stand in or beside their cells and are asked about; what is told once for several records is told once."""
        sheet, labels = filling.sheet, filling.layout.book.vocabulary.labels
        doubts = {**sheet.marks, **held} if sheet.marks else held
        for told in (*beside_blanks(filling), *noughts_of_nobody(filling), *(doubtful(filling, doubts) if doubts else ())):
            if len(problems) < MOST_PROBLEMS and not any((p.name, p.sheet, p.cell) == (told.name, sheet.name, told.cell) for p in problems):
                problems.append(Problem(told.name, sheet.name, told.cell, {"label": labels[told.code], **told.details}))

    def _wrong_sums(
        self,
        sheet: Sheet,
        layout: ReadyLayout,
        plan: Plan,
        base: int,
        values: array[float],
        states: bytearray,
        problems: list[Problem],
    ) -> str:
        """Addresses of written totals that are not the sum of their parts; only where every part and the total are there."""
        wrong = []
        for row, column, codes in plan.sums:
            cell, power = _cell(sheet, base + row, column), plan.exponents.get((row, column), 0) if plan.exponents else 0
            if type(cell) is float and power == 0:
                stated = cell
            else:
                stated, state = layout.values.read(cell) if power == 0 else layout.values.read_scaled(cell, power)
                if state != REPORTED:
                    continue
            total = 0.0
            for code in codes:
                at = self.position[code]
                if states[at] != REPORTED:
                    break
                total += values[at]
            else:
                if abs(stated - total) > _CENT * 10**power:
                    wrong.append(address(base + row, column))
                    if len(problems) < MOST_PROBLEMS:
                        label = layout.book.vocabulary.labels[codes[0]].split("（")[0]
                        problems.append(Problem("stated_sum", sheet.name, wrong[-1], {"label": label}))
        return f"{sheet.name}!{','.join(wrong)}" if wrong else ""


def _tell(problems: list[Problem], name: str, sheet: Sheet, plan: Plan, base: int, code: str, layout: ReadyLayout, **details: str) -> None:
    if len(problems) < MOST_PROBLEMS:
        row, column = plan.cells[code]
        label = layout.book.vocabulary.labels[code]
        problems.append(Problem(name, sheet.name, address(base + row, column), {"label": label, **details}))


def _cell(sheet: Sheet, row: int, column: int) -> Any:
    line = sheet.rows[row]
    return line[column] if column < len(line) else ""


def _month(written: object, role: str, layout: ReadyLayout) -> str:
    of_days = month_of_days(written, layout.month_starts) if type(written) is str else ""
    month = parse_month(of_days or written) if role == "department" else of_days or stated_month(written)
    return shifted(month, layout.month_shift) if layout.month_shift else month


def _shifted_title(plan: Plan, month: str) -> str:
    """The month that the title names, where it is another than the record's."""
    titled = shifted(plan.title_month, plan.month_shift) if plan.month_shift else plan.title_month
    return titled if titled and month and not is_same_month(titled, month) else ""


def _other_period(written: object, layout: ReadyLayout) -> str:
    """The report month as it is written, where its words say that the figures are not the month's: 2024年3月（累计）."""
    return written if type(written) is str and layout.book.vocabulary.periods.is_other(written) else ""


def _head(heads: Mapping[str, Any], field: str, as_text: Callable[[object], str], layout: ReadyLayout) -> str:
    text, source = as_text(heads.get(field, "")), layout.head.get(field)
    return source.tidy(text) if source is not None and text else text
