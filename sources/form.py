"""A form: one place a sheet or a block of it, label beside value. Finds the plan of a sheet from its labels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cached_property

from schemas.states import REPORTED
from sources.added import settle_added
from sources.aside import is_number_aside, misnumbered, number_in_label, unit_columns
from sources.beside import Beside, Line, is_number
from sources.blocks import forms_in
from sources.labels import LabelBook, Meaning
from sources.layout import Grid, Plan, ReadyLayout, Window
from sources.months import parse_month
from sources.reasons import reasons_in_form
from sources.strips import Mark, Strip, find_strips, kinds, starts
from sources.text import Unit, is_odd_unit, units_behind, units_in
from sources.units import count_in, count_others_in, count_sections_in, is_of_others, odd_above, units_above
from sources.workbook import Sheet

_INLINE = re.compile(r"([^\s:：]{1,12})\s*[:：]\s*(.*?)(?=\s+[^\s:：]{1,12}\s*[:：]|$)")
_COLON, _VALUE = re.compile("[:：]"), re.compile(r"\s*(.*?)(?=\s+[^\s:：]{1,12}\s*[:：]|$)")
_COLUMN_KINDS = frozenset(("member", "total", "value"))
_ROW_KINDS = frozenset(("concept", "indicator", "not_collected"))
_ASIDE_KINDS = frozenset(("share", "comparison"))
_WORDED = re.compile(r"[a-zA-Z\u3400-\u9fff]{2}")
_HEAD_REACH = 8
_SHARE_UNITS = frozenset("%％‰")
_MANY_NUMBERS = 5
"""A row without a label of ours and with so many numbers is a row of another table."""


def plan_forms(sheet: Sheet, layout: ReadyLayout) -> list[tuple[Window, Plan]]:
    """The forms of a sheet, mostly one, as windows with their plans; the plans' rows and columns are the sheet's."""
    windows = forms_in(sheet, layout)
    plans = [plan_form(window, layout) for window in windows]
    sizes = [len(plan.cells) for plan in plans]
    if len(windows) > 1 and min(sizes) * 2 < max(sizes):  # a repeated label is not a repeated form
        whole = Window(sheet.name, sheet.rows, sheet.merged)
        return [(whole, plan_form(whole, layout))]
    return [(window, plan.shifted(window.top, window.left)) for window, plan in zip(windows, plans, strict=True)]


def plan_form(sheet: Grid, layout: ReadyLayout) -> Plan:
    """Read the labels of a sheet: which cell holds which indicator and head field."""
    return _FormPlanner(sheet, layout).plan()


def inline_heads(text: str, book: LabelBook) -> Iterator[tuple[str, str]]:
    """Head fields written in one cell with their value: '填表人：张某  报出日期：2024年4月3日', '报告期 2024年3月'."""
    if ":" not in text and "：" not in text:
        parts = text.split(None, 1)
        if len(parts) == 2 and any(m.code == "report_month" for m in book.look_up(parts[0])) and parse_month(parts[1]):
            yield "report_month", parts[1].strip()
        return
    first, rest = _COLON.split(text, maxsplit=1)
    if (label := next((m.code for m in book.look_up(first) if m.kind == "head"), "")) and (said := _VALUE.match(rest)) is not None:
        yield label, said[1].strip()  # 村 名：…, Village 村名：…
        text = rest[said.end() :]
    for found in _INLINE.finditer(text):
        for meaning in book.look_up(found[1]):
            if meaning.kind == "head":
                yield meaning.code, found[2].strip()


class _FormPlanner:
    def __init__(self, sheet: Grid, layout: ReadyLayout) -> None:
        self.rows, self.book, self.layout = sheet.rows, layout.book, layout
        self.made = Plan(layout.id, sheet.name, added=layout.added, month_shift=layout.month_shift)
        self.covered = self._cover(sheet)
        self.beside = Beside(sheet.rows, layout.values)
        self.strange: dict[tuple[int, int], tuple[int, str]] = {}  # headings that mean nothing, with a number below
        self.settled: set[str] = set()  # indicators whose unit is stated beside them
        self.of_other_period: list[tuple[int, int, int, str, int]] = []  # numbers of another period: row, label, end, heading, column
        self.loose: list[tuple[int, int, bool]] = []  # texts beside numbers that mean nothing: row, column, has a unit
        self.borrowed: set[int] = set()  # rows whose unit stands in a merged cell that begins above
        self.undivided: list[int] = []  # rows of figures by sex or age of which no heading says which is which
        self.lines: dict[str, tuple[Strip, frozenset[int]]] = {}  # indicators whose cell is blank: strip, columns of comparisons

    def plan(self) -> Plan:
        marked = [self._marks(number) for number in range(len(self.rows))]
        strips = find_strips(self.rows, marked)
        for number, (row, marks) in enumerate(zip(self.rows, marked, strict=True)):
            for strip in strips:
                inside = [mark for mark in marks if strip.start <= mark[0] < strip.end]
                if not inside or not self._row(number, strip, inside):
                    self._note_loose(number, strip, row)
            if not marks and sum(cell != 0 for cell in row if type(cell) is float) >= _MANY_NUMBERS:
                self.made.leftover.append(number)
        self._finish()
        return self.made

    def _marks(self, number: int) -> list[Mark]:
        found = [(column, meanings) for column in range(len(self.rows[number])) if (meanings := self._look_up(number, column))]
        first = next(((column, meanings) for column, meanings in found if kinds(meanings) & _ROW_KINDS), None)
        if first is None:
            return [*found, *self._numbered_label(number)]
        return [*self._said_before(number, *first), *found]

    def _said_before(self, number: int, column: int, meanings: tuple[Meaning, ...]) -> list[Mark]:
        """参加人次32 | Participants: the same label in two languages, with its figure in the first; the row's label begins there."""
        for c, cell in enumerate(self.rows[number][:column]):
            said = number_in_label(cell, self.book, self.layout.values)
            if said is not None and any(meaning in meanings for meaning in said.meanings):
                return [(c, said.meanings)]
        return []

    def _numbered_label(self, number: int) -> list[Mark]:
        """参加人次32, where nothing else in the row is a label or a number: a label with its figure in it."""
        row = self.rows[number]
        found = [
            (c, said.meanings) for c, cell in enumerate(row) if (said := number_in_label(cell, self.book, self.layout.values)) is not None
        ]
        if len(found) != 1 or any(self._is_figure(number, column) for column in range(found[0][0] + 1, len(row))):
            return []
        return found

    def _row(self, number: int, strip: Strip, marks: list[Mark]) -> bool:
        """Whether the row's labels had something to say."""
        has_heads = self._heads(number, marks)
        if self._is_header(number, strip, marks):
            self._take_header(number, strip, marks)
            return True
        return self._figures(number, strip, marks) or has_heads

    def _finish(self) -> None:
        made = self.made
        rows = [row for row, _ in made.cells.values()]
        first, last = min(rows, default=0), max(rows, default=-1)
        self.beside.settle(made)
        self._tell_other_periods()
        self._look_aside()
        self._look_for_lost(first, last)
        taken = {place for cells in ([*made.cells.values()], *made.doubtful.values()) for place in cells}
        made.unmatched += [(text, head, c) for (head, c), (row, text) in self.strange.items() if (row, c) not in taken]
        count_sections_in(made, self.layout, self.rows, self.settled)
        count_others_in(made, self.layout, units_above(self.rows[:first], self.book), self.settled)
        odd_above(made, enumerate(self.rows[:first]))
        for row, column, has_unit in self.loose:
            if first <= row <= last or has_unit:  # outside the figures, a text beside a number may be anything
                made.unmatched.append((str(self.rows[row][column]).strip()[:40], row, column))
        settle_added(made, self.layout.added)
        if self.layout.reasons:
            made.reasons = reasons_in_form(self.rows, self.layout, made)
            made.beside |= {(row, column) for _, _, row, column in made.reasons}

    def _look_for_lost(self, first: int, last: int) -> None:
        """Rows amid the form that have numbers where figures stand, and of which nothing was read: no label, or no heading over them."""
        made = self.made
        columns = {column for _, column in made.cells.values()}
        used = (
            {row for row, _ in made.cells.values()}
            | {row for row, _, _ in made.sums}
            | {row for cells in made.doubtful.values() for row, _ in cells}
        )
        used |= {row for row, *_ in self.of_other_period} | {row for row, _ in made.beside} | set(made.leftover)
        used |= {row for _, _, row, _ in made.skipped} | {row for row, _, _ in self.loose} | {row for row, _ in made.strays}
        for row in range(first, last + 1):
            if row not in used and any(self._is_number(row, column) for column in columns):
                made.unlabelled.append(row)
        made.unlabelled = sorted({*made.unlabelled, *(row for row in self.undivided if row not in used)})
        made.by_content = made.by_content or bool(made.unlabelled)

    def _is_number(self, row: int, column: int) -> bool:
        cell = self.rows[row][column] if column < len(self.rows[row]) else ""
        return type(cell) in (int, float) and cell != 0

    def _tell_other_periods(self) -> None:
        """Numbers under 本年累计 in rows whose month's figure is blank: what was meant for the month may stand there."""
        filled = [at for at in self.made.cells.values() if self._is_figure(*at)] if self.of_other_period else []
        for row, start, end, heading, column in self.of_other_period:
            if not any(r == row and start < c < end for r, c in filled):
                self.made.of_other_period.setdefault(heading, []).append((self._text(row, start), row, column))
        self.made.by_content = self.made.by_content or bool(self.of_other_period)

    def _look_aside(self) -> None:
        """Of figures whose cell is blank, a number that stands elsewhere in their row."""
        blank = {code: at for code, at in self.made.cells.items() if code in self.lines and self.rows[at[0]][at[1]] == ""}
        if not blank:
            return
        used = {*self.made.cells.values(), *((row, column) for row, column, _ in self.made.sums), *self.made.beside, *self.made.strays}
        used |= {at for cells in self.made.doubtful.values() for at in cells}
        units, numbers = self._unit_columns, misnumbered(self.rows, self.layout.values)
        for code, (row, _) in blank.items():
            strip, aside = self.lines[code]
            for column in range(strip.start, min(strip.end, len(self.rows[row]))):
                cell = self.rows[row][column]
                if cell == "" or (row, column) in used or column in aside:
                    continue
                is_odd_number = (row, column) in numbers
                if is_odd_number or is_number_aside(cell, self.book, self.layout.values, is_unit_column=column in units):
                    self.made.aside[code] = (row, column)
                    self.made.by_content = True
                    break

    # -- cells -------------------------------------------------------------------------------------------------

    def _cover(self, sheet: Grid) -> dict[tuple[int, int], str]:
        """Cells hidden under a merged label → its text, so that a merged heading speaks for all its rows and columns."""
        covered: dict[tuple[int, int], str] = {}
        for (top, left), (bottom, right) in sheet.merged:
            if top >= len(self.rows) or left >= len(self.rows[top]):
                continue
            text = self.rows[top][left]
            if type(text) is str and text and (bottom - top + 1) * (right - left + 1) <= 4096:
                covered.update({(r, c): text for r in range(top, bottom + 1) for c in range(left, right + 1) if (r, c) != (top, left)})
        return covered

    def _look_up(self, row: int, column: int) -> tuple[Meaning, ...]:
        cell = self.rows[row][column]
        if cell == "":
            cell = self.covered.get((row, column), "")
        return self.book.look_up(cell)

    def _text(self, row: int, column: int) -> str:
        cell = self.rows[row][column] if column < len(self.rows[row]) else ""
        return cell if type(cell) is str and cell else self.covered.get((row, column), "")

    def _is_value_cell(self, row: int, column: int) -> bool:
        return column < len(self.rows[row]) and (row, column) not in self.covered and not self._is_label(row, column)

    def _is_label(self, row: int, column: int) -> bool:
        """What a clerk remarks in a figure's cell (比上月多3人) is no label."""
        return bool(kinds(self._look_up(row, column)) - _ASIDE_KINDS)

    # -- strips and headings -----------------------------------------------------------------------------------

    def _is_header(self, number: int, strip: Strip, marks: list[Mark]) -> bool:
        cells = self.rows[number][strip.start : strip.end]
        if any(cell and type(cell) in (int, float) for cell in cells) or self._is_sub_row(strip, marks):
            return False
        columns = sum(bool(kinds(meanings) & (_COLUMN_KINDS | _ASIDE_KINDS)) for _, meanings in marks)
        headings = sum("heading" in kinds(meanings) for _, meanings in marks)
        only_concepts = any(self._names_figure(m) and not kinds(m) & (_COLUMN_KINDS | {"heading"}) for _, m in marks)
        is_below = strip.header_row == number - 1 and columns > 0  # a second row of headings
        if columns == 1 and not is_below and self._is_part_label(number, strip, marks):
            return False
        return columns > 0 and (columns + headings >= 2 or is_below) and not only_concepts

    def _names_figure(self, meanings: tuple[Meaning, ...]) -> bool:
        """A column 备注 beside the figures is a heading like others."""
        return any(m.kind in _ROW_KINDS and not (m.kind == "not_collected" and m.code in self.book.vocabulary.silent) for m in meanings)

    def _is_part_label(self, number: int, strip: Strip, marks: list[Mark]) -> bool:
        """孩次不详 | 人 | (blank or a number as text): the label of a row, though it could head a column."""
        column, meanings = marks[0]
        if not kinds(meanings) & {"member", "total"}:
            return False
        before = self.rows[number][strip.start : column]
        return all(cell == "" or self.layout.values.read(cell)[1] == REPORTED for cell in before)

    def _take_header(self, number: int, strip: Strip, marks: list[Mark]) -> None:
        """A heading row replaces the one before; directly below it, it says more: 男 above 本月, 累计."""
        header = {column: meanings for column, meanings in marks if kinds(meanings) & (_COLUMN_KINDS | _ASIDE_KINDS)}
        units = {column: units_behind(self._text(number, column)) for column in header}
        if strip.header_row == number - 1:
            upper, upper_units = strip.header, strip.header_units
            for column in header:
                above = max((c for c in upper if c <= column), default=None)
                if above is not None and all(
                    (number - 1, c) in self.covered or not self._text(number - 1, c) for c in range(above + 1, column + 1)
                ):
                    header[column] = (*header[column], *(m for m in upper[above] if m not in header[column]))
                    units[column] = units[column] or upper_units.get(above, ())
            below = set(header)
            for column, meanings in upper.items():  # a heading over both rows
                if column not in below and not self._text(number, column):
                    header[column], units[column] = meanings, upper_units.get(column, ())
        is_below, known = strip.header_row == number - 1, {column for column, _ in marks}
        texts = {column: text for column in range(strip.start, strip.end) if (text := self._text(number, column))}
        if not is_below:  # what was headed 上年同期 above is still that where this row says nothing of the column
            strip.aside |= {column for column, meanings in strip.header.items() if kinds(meanings) & _ASIDE_KINDS}
            strip.unknown, strip.headed = {}, set(strip.aside)
        strip.unknown |= {column: text for column, text in texts.items() if column not in strip.headed}
        strip.headed |= set(texts)
        strip.unknown = {column: text for column, text in strip.unknown.items() if column not in known}
        strip.header, strip.header_units, strip.header_row, strip.carried = dict(sorted(header.items())), units, number, None

    def _is_sub_row(self, strip: Strip, marks: list[Mark]) -> bool:
        """女 | 人 below 出生 | 男 | 人: a sub-label of the concept above and its unit, however its figure is written."""
        if strip.carried is None:
            return False
        concept, column = strip.carried
        breakdown = self.book.vocabulary.breakdown.get(concept, "")
        labels = [(at, meanings) for at, meanings in marks if kinds(meanings) & _COLUMN_KINDS]
        return len(labels) == 1 and labels[0][0] == column and any(m.of == breakdown for m in labels[0][1])

    # -- head fields -------------------------------------------------------------------------------------------

    def _heads(self, number: int, marks: list[Mark]) -> bool:
        """A field's value stands right of its label, after blank cells if need be; below it where another label follows at once."""
        has_heads, is_below, row = False, False, self.rows[number]
        for column, meanings in marks:
            field = next((m.code for m in meanings if m.kind == "head"), None)
            if field is None or (number, column) in self.covered:
                continue
            has_heads = True
            if field in self.made.heads:
                continue
            places: list[tuple[int, int]] = []
            for right in range(column + 1, min(column + _HEAD_REACH, len(row))):  # heads keep to no strip
                if (number, right) in self.covered:
                    continue
                if self._is_label(number, right) or self._is_line(number, right):
                    break
                places.append((number, right))
            # The last of 村名 | 乡镇 above their values has blank cells right of it.
            is_blank = not places or (is_below and all(row[right] == "" for _, right in places))
            if is_blank and number + 1 < len(self.rows) and self._is_value_cell(number + 1, column):
                places, is_below = [(number + 1, column)], True
            if places:
                self.made.heads[field] = next((at for at in places if self.rows[at[0]][at[1]] != ""), places[0])
                if len(places) > 1:
                    self.made.passed[field] = places
        return has_heads

    def _is_line(self, row: int, column: int) -> bool:
        """A text that is a line of its own (单位：人, 填表人：张某), not the value of the label before it."""
        cell = self.rows[row][column]
        return type(cell) is str and (":" in cell or "：" in cell) and ("单位" in cell or any(True for _ in inline_heads(cell, self.book)))

    # -- figures -----------------------------------------------------------------------------------------------

    def _figures(self, number: int, strip: Strip, marks: list[Mark]) -> bool:
        self.strange.update({(strip.header_row, c): (number, text) for c, text in strip.unknown.items() if self._is_figure(number, c)})
        begun = starts(marks)
        if not begun:
            return self._carry(number, strip, marks)
        for n, (column, meaning) in enumerate(begun):
            end = begun[n + 1][0] if n + 1 < len(begun) else min(strip.end, len(self.rows[number]))
            self._segment(number, strip, column, end, meaning, [mark for mark in marks if column < mark[0] < end])
        return True

    def _segment(self, row: int, strip: Strip, start: int, end: int, meaning: Meaning, marks: list[Mark]) -> None:
        if meaning.kind == "not_collected":
            self.made.skipped.append((str(self.rows[row][start]), meaning.code, row, start))
            self.made.beside.update((row, c) for c in range(start + 1, end) if self._is_value_cell(row, c))
            return
        beside = self._units_beside(row, start, end)
        self._note_other_periods(row, strip, start, end)
        if meaning.kind == "indicator":
            self._put(meaning.code, strip, row, self._value_column(meaning.code, row, strip, start, end), (start, beside))
            return
        breakdown = self.book.vocabulary.breakdown.get(meaning.code, "")
        if not breakdown:
            code = self.book.indicator(meaning.code) or ""
            self._put(code, strip, row, self._value_column(code, row, strip, start, end), (start, beside))
            return
        labels = [(c, m) for c, group in marks for m in group if m.kind in ("member", "total") and m.of == breakdown]
        if labels:
            strip.carried = (meaning.code, labels[0][0])
            for n, (column, label) in enumerate(labels):
                stop = labels[n + 1][0] if n + 1 < len(labels) else end
                units = (*units_behind(self._text(row, column)), *beside)
                at = self._value_column(self._code_of(meaning.code, label), row, strip, column, stop)
                self._put_member(meaning.code, label, strip, row, at, (start, units))
            return
        self._divided(row, strip, start, end, meaning.code, beside)

    def _note_other_periods(self, row: int, strip: Strip, start: int, end: int) -> None:
        for column, meanings in strip.header.items():
            if start < column < end and "comparison" in kinds(meanings) and self._is_figure(row, column):
                self.of_other_period.append((row, start, end, self._text(strip.header_row, column), column))

    def _divided(self, row: int, strip: Strip, start: int, end: int, concept: str, beside: tuple[Unit, ...]) -> None:
        """A concept whose members stand in the headings; where they stand there twice, what is headed 本月 goes first."""
        breakdown = self.book.vocabulary.breakdown.get(concept, "")
        given = [(column, group) for column, group in strip.header.items() if start < column < end and not kinds(group) & _ASIDE_KINDS]
        parts: dict[str, int] = {}
        for column, group in sorted(given, key=lambda pair: "value" not in kinds(pair[1])):
            for label in group:
                if label.kind in ("member", "total") and label.of == breakdown:
                    code = self._code_of(concept, label)
                    is_second = parts.setdefault(code, column) != column and bool(code)
                    if not is_second or not ("value" in kinds(strip.header[parts[code]]) and "value" not in kinds(group)):
                        self._put_member(concept, label, strip, row, column, (start, (*strip.header_units.get(column, ()), *beside)))
        if not parts and concept in self.layout.totals:  # nothing divides it
            total = self.layout.totals[concept][0]
            self._put(total, strip, row, self._value_column(total, row, strip, start, end), (start, beside))
            return
        codes = tuple(code for code in parts if code and self.made.cells.get(code) == (row, parts[code]))
        if not parts and any(self._is_number(row, column) for column in range(start + 1, end)):
            self.undivided.append(row)
        if codes:
            free = tuple(c for c in range(start + 1, end) if c not in strip.headed and self._is_value_cell(row, c))
            self._note_beside(strip, start, Line(codes, row, tuple(parts[code] for code in codes), free))

    def _is_figure(self, row: int, column: int) -> bool:
        return column < len(self.rows[row]) and is_number(self.rows[row][column], self.layout.values)

    def _note_beside(self, strip: Strip, start: int, line: Line) -> None:
        if line.free:
            self.beside.add((strip.start, strip.header_row, start, line.headed), line)

    def _code_of(self, concept: str, label: Meaning) -> str:
        return (self.book.indicator(concept, label.code) or "") if label.kind == "member" else ""

    def _carry(self, row: int, strip: Strip, marks: list[Mark]) -> bool:
        """A row with a sub-label only, under a concept that was written once: 女 below 出生 | 男."""
        if strip.carried is None:
            return False
        concept, column = strip.carried
        breakdown = self.book.vocabulary.breakdown.get(concept, "")
        is_found = False
        for mark, group in marks:
            label = next((m for m in group if m.kind in ("member", "total") and m.of == breakdown), None)
            if mark == column and label is not None:
                end = min(strip.end, len(self.rows[row]))
                units = (*units_behind(self._text(row, mark)), *self._units_beside(row, mark, end))
                self._note_other_periods(row, strip, mark, end)
                at = self._value_column(self._code_of(concept, label), row, strip, mark, end)
                self._put_member(concept, label, strip, row, at, (mark, units))
                is_found = True
        return is_found

    def _units_beside(self, row: int, start: int, end: int) -> tuple[Unit, ...]:
        """Units that a row states: in its unit cell, else behind its label."""
        for column in range(start + 1, end):
            text = self._text(row, column)
            if text.strip() in _SHARE_UNITS and column in self._unit_columns:
                return ((0, text.strip()),)
            if (units := units_in(text)) and not (
                self._is_value_cell(row, column)
                and self.layout.values.read(text)[1] == REPORTED  # 十人 in a figure's cell is ten persons
                and column not in self._unit_columns
            ):
                if (row, column) in self.covered:
                    self.borrowed.add(row)
                return units
            if column in self._unit_columns and is_odd_unit(text):
                self.made.conflicts.append((text.strip(), "", "", row, column))
        return units_behind(self._text(row, start))

    @cached_property
    def _unit_columns(self) -> set[int]:
        return unit_columns(self.rows)

    def _value_column(self, code: str, row: int, strip: Strip, start: int, end: int) -> int | None:
        """The column of a figure that is not divided; where no heading says it, the other lines will (`sources.beside`)."""
        headed = [c for c, m in strip.header.items() if start < c < end and "value" in kinds(m) and not kinds(m) & _ASIDE_KINDS]
        aside = {column for column, meanings in strip.header.items() if kinds(meanings) & _ASIDE_KINDS}
        found = [c for c in range(start + 1, end) if c not in aside and self._is_value_cell(row, c)]
        members = [c for c in found if kinds(strip.header.get(c, ())) & {"member", "total"}]
        if headed or not members:
            is_new = code and code not in self.made.cells
            free = tuple(c for c in found if c not in headed and not (headed and c in strip.headed))
            if is_new and free:
                self._note_beside(strip, start, Line((code,), row, tuple(headed[:1]), free))
            for column in headed[1:] if is_new else ():
                self.beside.add_again(code, row, column)
            return next(iter((*headed, *found)), None)
        # An undivided figure under 男 | 女 | 合计 may have been written in any of them.
        self.made.by_content = True
        filled = [c for c in members if self.rows[row][c] != ""]
        totals = [c for c in members if "total" in kinds(strip.header[c])]
        total = next(iter(totals), members[0])
        if code and code not in self.made.cells:
            free = tuple(c for c in found if c not in strip.headed)
            if totals == members:  # 龙泉村 | 青山村 | 合计: a total of things that are not known
                self._note_beside(strip, start, Line((code,), row, (), (total, *free, *(c for c in found if c in strip.unknown))))
            else:
                self._note_beside(strip, start, Line((code,), row, (total,), free))
            is_said = len(totals) == 1 and self.rows[row][total] != ""
            for column in filled if len(filled) > 1 and not is_said else ():
                self.beside.add_again(code, row, column)
        return filled[0] if len(filled) == 1 else total if filled else found[0]

    def _put_member(
        self, concept: str, label: Meaning, strip: Strip, row: int, column: int | None, unit: tuple[int, Sequence[Unit]]
    ) -> None:
        if label.kind == "member":
            self._put(self.book.indicator(concept, label.code) or "", strip, row, column, unit)
        elif column is not None and label.of in self.book.vocabulary.additive:
            self.made.sums.append((row, column, tuple(self.book.vocabulary.members[concept].values())))
            if concept in self.layout.totals:
                self._put(self.layout.totals[concept][0], strip, row, column, unit)

    def _put(self, code: str, strip: Strip, row: int, column: int | None, unit: tuple[int, Sequence[Unit]]) -> None:
        start, stated = unit
        if not code or column is None:
            return
        if code in self.made.cells:
            if (row, start) not in self.covered:  # a label merged over several rows is no second label
                self.beside.add_again(code, row, column)
            return
        self.made.cells[code] = (row, column)
        aside = frozenset(c for c, meanings in strip.header.items() if kinds(meanings) & _ASIDE_KINDS) | strip.aside
        self.lines[code] = strip, aside
        if row in self.borrowed and is_of_others(self.book, code, stated):
            stated = ()
        if count_in(self.made, self.layout, code, row, start, stated, self._text(row, start)):
            self.settled.add(code)
        elif (above := self.book.unit_of(code, strip.header_units.get(column, ()))) is not None:  # 本月数（万元）
            self.settled.add(code)
            if above[0]:
                self.made.exponents[code] = above[0]

    def _note_loose(self, number: int, strip: Strip, row: Sequence[object]) -> None:
        """A text that means nothing here, with a number right of it."""
        cells = row[strip.start : strip.end]
        if not any(cell and type(cell) in (int, float) for cell in cells):
            return
        for column, cell in enumerate(cells, start=strip.start):
            if type(cell) is str and _WORDED.search(cell) and not self._look_up(number, column):
                if any(c and type(c) in (int, float) for c in row[column + 1 : strip.end]):
                    has_unit = any(type(c) is str and units_in(c) for c in row[column + 1 : strip.end])
                    self.loose.append((number, column, has_unit))
                return
