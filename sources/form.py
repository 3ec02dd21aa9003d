"""A form: one place a sheet, label beside value. Finds the plan of a sheet from its labels."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sources.labels import LabelBook, Meaning
from sources.layout import Plan, ReadyLayout
from sources.workbook import Row, Sheet

_INLINE = re.compile(r"([^\s:：]{2,12})\s*[:：]\s*(.*?)(?=\s+[^\s:：]{2,12}\s*[:：]|$)")
_COLUMN_KINDS = frozenset(("member", "total", "value"))
_ROW_KINDS = frozenset(("concept", "indicator", "not_collected"))

Mark = tuple[int, tuple[Meaning, ...]]


def plan_form(sheet: Sheet, layout: ReadyLayout) -> Plan:
    """Read the labels of a sheet: which cell holds which indicator and head field."""
    return _FormPlanner(sheet, layout).plan()


def inline_heads(text: str, book: LabelBook) -> Iterator[tuple[str, str]]:
    """Head fields written in one cell with their value: '填表人：张某  报出日期：2024年4月3日'."""
    if ":" not in text and "：" not in text:
        return
    for found in _INLINE.finditer(text):
        for meaning in book.look_up(found[1]):
            if meaning.kind == "head":
                yield meaning.code, found[2].strip()


class _FormPlanner:
    def __init__(self, sheet: Sheet, layout: ReadyLayout) -> None:
        self.rows, self.book = sheet.rows, layout.book
        self.made = Plan(layout.id, sheet.name)
        self.covered = self._cover(sheet)
        self.header: dict[int, tuple[Meaning, ...]] = {}
        self.carried: tuple[str, int] | None = None  # concept and column of its row sub-labels, for unmerged sub-rows

    def plan(self) -> Plan:
        for number, row in enumerate(self.rows):
            marks = [(column, meanings) for column in range(len(row)) if (meanings := self._look_up(number, column))]
            if not marks:
                continue
            self._heads(number, row, marks)
            if self._is_header(row, marks):
                self.header = {column: meanings for column, meanings in marks if _kinds(meanings) & _COLUMN_KINDS}
                self.carried = None
            else:
                self._figures(number, row, marks)
        return self.made

    # -- cells -------------------------------------------------------------------------------------------------

    def _cover(self, sheet: Sheet) -> dict[tuple[int, int], str]:
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

    def _is_value_cell(self, row: int, column: int) -> bool:
        return column < len(self.rows[row]) and (row, column) not in self.covered and not self._look_up(row, column)

    # -- rows --------------------------------------------------------------------------------------------------

    def _is_header(self, row: Row, marks: list[Mark]) -> bool:
        if any(type(cell) in (int, float) for cell in row) or self._is_sub_row(marks):
            return False
        columns = sum(bool(_kinds(meanings) & _COLUMN_KINDS) for _, meanings in marks)
        headings = sum("heading" in _kinds(meanings) for _, meanings in marks)
        only_concepts = any(_kinds(m) & _ROW_KINDS and not _kinds(m) & (_COLUMN_KINDS | {"heading"}) for _, m in marks)
        return columns > 0 and columns + headings >= 2 and not only_concepts

    def _is_sub_row(self, marks: list[Mark]) -> bool:
        """女 | 人 below 出生 | 男 | 人: a sub-label of the concept above and its unit, however its figure is written."""
        if self.carried is None:
            return False
        concept, column = self.carried
        breakdown = self.book.vocabulary.breakdown.get(concept, "")
        labels = [(at, meanings) for at, meanings in marks if _kinds(meanings) & _COLUMN_KINDS]
        return len(labels) == 1 and labels[0][0] == column and any(m.of == breakdown for m in labels[0][1])

    def _heads(self, number: int, row: Row, marks: list[Mark]) -> None:
        marked = {column for column, _ in marks}
        for column, meanings in marks:
            field = next((m.code for m in meanings if m.kind == "head"), None)
            if field is None or field in self.made.heads or (number, column) in self.covered:
                continue
            for right in range(column + 1, min(column + 8, len(row))):
                if right in marked and (number, right) not in self.covered:
                    break
                if (number, right) not in self.covered:
                    self.made.heads[field] = (number, right)
                    break

    def _figures(self, number: int, row: Row, marks: list[Mark]) -> None:
        starts = [(column, m) for column, meanings in marks if (m := self._row_meaning(meanings)) is not None]
        starts = [(column, m) for n, (column, m) in enumerate(starts) if n == 0 or starts[n - 1][1] != m]
        if not starts:
            self._carry(number, marks)
            return
        for n, (column, meaning) in enumerate(starts):
            end = starts[n + 1][0] if n + 1 < len(starts) else len(row)
            self._segment(number, column, end, meaning, [mark for mark in marks if column < mark[0] < end])

    def _row_meaning(self, meanings: tuple[Meaning, ...]) -> Meaning | None:
        for kind in ("indicator", "concept", "not_collected"):
            for meaning in meanings:
                if meaning.kind == kind:
                    return meaning
        return None

    def _segment(self, row: int, start: int, end: int, meaning: Meaning, marks: list[Mark]) -> None:
        if meaning.kind == "not_collected":
            self.made.skipped.append((str(self.rows[row][start]), meaning.code, row, start))
            return
        if meaning.kind == "indicator":
            self._put(meaning.code, row, self._value_column(row, start, end))
            return
        breakdown = self.book.vocabulary.breakdown.get(meaning.code, "")
        if not breakdown:
            self._put(self.book.indicator(meaning.code) or "", row, self._value_column(row, start, end))
            return
        labels = [(c, m) for c, group in marks for m in group if m.kind in ("member", "total") and m.of == breakdown]
        if labels:
            self.carried = (meaning.code, labels[0][0])
            for n, (column, label) in enumerate(labels):
                stop = labels[n + 1][0] if n + 1 < len(labels) else end
                self._put_member(meaning.code, label, row, self._value_column(row, column, stop))
            return
        for column, group in self.header.items():
            if start < column < end:
                for label in group:
                    if label.kind in ("member", "total") and label.of == breakdown:
                        self._put_member(meaning.code, label, row, column)

    def _carry(self, row: int, marks: list[Mark]) -> None:
        """A row with a sub-label only, under a concept that was written once: 女 below 出生 | 男."""
        if self.carried is None:
            return
        concept, column = self.carried
        breakdown = self.book.vocabulary.breakdown.get(concept, "")
        for mark, group in marks:
            label = next((m for m in group if m.kind in ("member", "total") and m.of == breakdown), None)
            if mark == column and label is not None:
                self._put_member(concept, label, row, self._value_column(row, mark, len(self.rows[row])))

    def _value_column(self, row: int, start: int, end: int) -> int | None:
        for column, meanings in self.header.items():
            if start < column < end and _kinds(meanings) & {"value"}:
                return column
        return next((c for c in range(start + 1, end) if self._is_value_cell(row, c)), None)

    def _put_member(self, concept: str, label: Meaning, row: int, column: int | None) -> None:
        if label.kind == "member":
            self._put(self.book.indicator(concept, label.code) or "", row, column)
        elif column is not None and label.of in self.book.vocabulary.additive:
            self.made.sums.append((row, column, tuple(self.book.vocabulary.members[concept].values())))

    def _put(self, code: str, row: int, column: int | None) -> None:
        if code and column is not None and code not in self.made.cells:
            self.made.cells[code] = (row, column)


def _kinds(meanings: tuple[Meaning, ...]) -> set[str]:
    return {meaning.kind for meaning in meanings}
