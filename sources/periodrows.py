"""The rows of a list that are this month's, where a village has several: 累计 and 本月, 计划 and 实际, 上月 and 本月, 2月 and 3月.

The period stands in a column of its own (beside a name that is merged, repeated or given once), behind the name (龙泉村（累计）), or in the
column of names below the village. The month's row is read and the others are told; a village with none of the month's is held. So is one
with several rows of which nothing says, in words that are understood, what they are of (期初 and 期末, 更正前 and 更正后, 一组 and 二组).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sources.beside import is_number
from sources.layout import Plan, ReadyLayout
from sources.listing import Block
from sources.periods import NOTHING, PeriodReader, Said
from sources.records import Problem
from sources.text import address
from sources.workbook import Row, Sheet

_BEHIND = re.compile(r"(.*?\S)\s*(?:[（(\[【]\s*([^（）()\[\]【】]{1,20}?)\s*[)）\]】]|[-—–:：·\s]\s*([^\s（(]{1,12}))\s*")
_AT_END = re.compile(r"(.*(?:村|社区|委会|街道|[镇乡里居队场]|合计|总计))([^\s（(]{1,12})")
_TOTAL = re.compile("[合总小]计")
_SURE = frozenset(("cumulative", "plan", "last_year", "last_month", "estimate"))
"""Kinds that a single row is believed to be of, beside rows that say nothing."""
_MOST_QUOTED = 3


class Line(NamedTuple):
    """One row of a place. `said`: of its period, in the words `quote`; `name`: the place's name where the period stood behind it.

    `is_held`: it is read, and not counted: the place has no row of the month, or several of `n` that cannot be told apart.
    """

    row: int
    said: Said = NOTHING
    quote: str = ""
    name: str = ""
    is_held: bool = False
    n: int = 1

    def heads(self, layout: ReadyLayout, shared: Mapping[str, Any]) -> dict[str, Any]:
        """Head fields as the row gives them: the name without its period; the month where the list states none."""
        given = {layout.place_fields[1]: self.name} if self.name else {}
        if self.said.kinds or "report_month" in shared:
            return {**given, "report_month": shared.get("report_month", "")}
        return {**given, "report_month": self.said.month}


class Reading(NamedTuple):
    """A line to be read, with the block whose place it is about."""

    block: Block
    line: Line


@dataclass
class PeriodRows:
    """What is to be read of a list, in order, and the lines that are left out because they are of another period or kind."""

    readings: list[Reading]
    left_out: list[Line] = field(default_factory=list)
    column: int = -1

    def told(self, sheet: str) -> list[Problem]:
        """The lines that were left out, once a table; places with several rows, once a table."""
        several = [r.line for r in self.readings if r.line.n > 1]
        problems = []
        if several:
            rows = "、".join(str(line.row + 1) for line in several[:_MOST_QUOTED]) + ("…" if len(several) > _MOST_QUOTED else "")
            details = {"rows": rows, "n": str(several[0].n), "places": str(len(several)), "quote": several[0].quote}
            problems.append(Problem("several_rows", sheet, address(several[0].row, 0), details))
        if not self.left_out:
            return problems
        quotes = "、".join(list(dict.fromkeys(line.quote for line in self.left_out if line.quote))[:_MOST_QUOTED])
        first = self.left_out[0].row
        details = {"row": str(first + 1), "n": str(len(self.left_out)), "quote": quotes}
        return [*problems, Problem("rows_of_other_period", sheet, address(first, max(0, self.column)), details)]


def period_rows(sheet: Sheet, layout: ReadyLayout, plan: Plan, blocks: Sequence[Block], month: str) -> PeriodRows:
    """What the rows of a list say of their period, and which of them are the month's.

    Args:
        sheet: the sheet.
        layout, plan: of the list.
        blocks: its places' rows, as `sources.listing.blocks` gives them.
        month: the report month that the list states ('2024-03', '-03'), '' where it states none.
    """
    if not blocks:
        return PeriodRows([])
    finder = _Finder(sheet.rows, layout, plan)
    whole = finder.groups(blocks)
    if not any(line.said or len(lines) > 1 for _, lines in whole for line in lines):
        return PeriodRows([Reading(block, Line(block.row)) for block in blocks])
    if plan.record_rows > 1:
        return _whole_blocks(whole, finder.periods)
    return _Choice(finder, month).of(whole)


Group = tuple[Block, list[Line]]
"""A block with its own line and those below it that are about the same place."""


class _Finder:
    """Finds what rows say of their period."""

    def __init__(self, rows: Sequence[Row], layout: ReadyLayout, plan: Plan) -> None:
        self.rows, self.layout, self.plan = rows, layout, plan
        self.periods: PeriodReader = layout.book.vocabulary.periods
        self.names = [plan.heads[name][1] for name in layout.place_fields[1::-1] if name in plan.heads]
        self.figures = [column for _, column in plan.cells.values()]
        self.end = len(rows) if plan.last_row < 0 else plan.last_row
        self.column = self._period_column()

    def groups(self, blocks: Sequence[Block]) -> list[Group]:
        """Every block with its lines; one whose name is nothing but a period (本月, below the village) is a line of the one before."""
        found: list[Group] = []
        ends = [*(block.row for block in blocks[1:]), self.end]
        for block, end in zip(blocks, ends, strict=True):
            name = self.name(block.row)
            alone = self.periods.whole(name) if name and not _TOTAL.search(name) else NOTHING
            if alone.kinds and found and not block.is_broken:
                found[-1][1].append(Line(block.row, alone, name))
                lines = found[-1][1]
            else:
                lines = [self._line(block.row)]
                found.append((block, lines))
            if self.plan.record_rows == 1 and end > block.row + 1:
                lines += self._below(block.row + 1, end, is_empty=not self.has_figures(block.row))
            elif self.column >= 0:
                lines += [line for row in range(block.row + 1, block.row + self.plan.record_rows) if (line := self._line(row)).said]
        return found

    def name(self, row: int) -> str:
        """The text that names the place in a row, or its first text."""
        line = self.rows[row]
        cells = [line[column] for column in self.names if column < len(line)]
        return next((cell.strip() for cell in (*cells, *line[:4]) if type(cell) is str and cell.strip()), "")

    def has_figures(self, row: int) -> bool:
        """Whether a row has any figure."""
        line = self.rows[row]
        return any(column < len(line) and is_number(line[column], self.layout.values) for column in self.figures)

    def label(self, row: int) -> str | None:
        """The text that may say what a row without a name is of; None where it is a total, a note or has a blank in place of figures."""
        taken = {*self.figures, *self.names, *(column for _, column in self.plan.heads.values())}
        line = self.rows[row]
        texts = [cell.strip() for column, cell in enumerate(line) if column not in taken and type(cell) is str and cell.strip()]
        if (
            any(_TOTAL.search(text) for text in texts)
            or sum(is_number(line[c], self.layout.values) for c in self.figures if c < len(line)) < 2
        ):
            return None
        return texts[0][:20] if texts else ""

    def key(self, block: Block, line: Line) -> tuple[str, ...]:
        """What tells one place of a list from another."""
        row = self.rows[block.row]
        cells = [str(row[column]).strip() if column < len(row) else "" for column in self.names]
        if block.is_total:
            return ("total",)
        return (line.name or cells[0], *cells[1:]) if cells else (str(block.row),)

    def _line(self, row: int) -> Line:
        line = self.rows[row]
        if self.column >= 0 and self.column < len(line) and type(cell := line[self.column]) is str and (said := self.periods.whole(cell)):
            return Line(row, said, cell.strip())
        for column in self.names:
            if column < len(line) and type(cell := line[column]) is str and cell:
                name, quote = _split(cell, self.periods)
                if quote:
                    return Line(row, self.periods.whole(quote), quote, name)
        return Line(row)

    def _below(self, row: int, end: int, *, is_empty: bool) -> list[Line]:
        """Rows with figures and no name of their own; in the column of names where the named row is empty, those that say their period."""
        found = []
        for at in range(row, end):
            line = self.rows[at]
            named = [line[column] for column in self.names if column < len(line) and line[column] != ""]
            if not named and self.has_figures(at):
                if (made := self._line(at)).said:
                    found.append(made)
                elif not is_empty and (label := self.label(at)) is not None:
                    found.append(Line(at, quote=label))
            elif is_empty and len(named) == 1 and type(named[0]) is str and (said := self.periods.whole(named[0])).kinds:
                found.append(Line(at, said, named[0].strip()))
        return found

    def _period_column(self) -> int:
        """The column in which rows say their period, or -1: most rows with figures do, or one says for sure that it is not the month's."""
        taken = {*self.figures, *(column for _, column, _ in self.plan.sums)}
        taken |= {column for head, (_, column) in self.plan.heads.items() if head != "report_month"}
        if self.plan.parts is not None:
            taken.add(self.plan.parts[0])
        said: dict[int, list[Said]] = {}
        whole = self.periods.whole
        lines = self.rows[self.plan.first_row : self.end]
        for column in [column for column in range(max(map(len, lines), default=0)) if column not in taken]:
            cells = (line[column] for line in lines if column < len(line))
            if every := [found for cell in cells if type(cell) is str and cell and (found := whole(cell))]:
                said[column] = every
        month_column = self.plan.heads.get("report_month", (0, -1))[1]
        if month_column in said and not any(one.kinds for one in said[month_column]):
            del said[month_column]  # a month a row: each record states its own
        if not said:
            return -1
        filled = sum(self.has_figures(row) for row in range(self.plan.first_row, self.end))
        sure = [c for c, every in said.items() if 2 * len(every) >= filled or any(one.kinds & _SURE for one in every)]
        return max(sure, key=lambda column: len(said[column]), default=-1)


class _Choice:
    """Chooses the lines of the month."""

    def __init__(self, finder: _Finder, month: str) -> None:
        self.finder, self.periods, self.month = finder, finder.periods, month

    def of(self, groups: Sequence[Group]) -> PeriodRows:
        """What is read and what is left out."""
        places: dict[tuple[str, ...], list[Reading]] = {}
        for block, lines in groups:
            for line in lines:
                places.setdefault(self.finder.key(block, lines[0]), []).append(Reading(block, line))
        made, left = [], []
        for every in places.values():
            chosen = self._chosen(every)
            rows = {reading.line.row for reading in chosen}
            rest = [r.line for r in every if r.line.row not in rows and (r.line.said or self.finder.has_figures(r.line.row))]
            made += chosen
            if not every[0].block.is_total:
                left += [] if any(reading.line.is_held for reading in chosen) else rest
        made.sort(key=lambda reading: reading.line.row)
        return PeriodRows(made, sorted(left), self.finder.column)

    def _chosen(self, every: Sequence[Reading]) -> list[Reading]:
        right = [r for r in every if r.line.said and self.periods.is_read(r.line.said, self.month)]
        silent = [r for r in every if not r.line.said]
        if right:
            blocks = {r.block.row for r in right}
            return [*right, *(r for r in silent if r.block.row not in blocks and self.finder.has_figures(r.line.row))]
        if (several := self._several(silent)) is not None:
            return [several]
        if silent and (len(silent) == len(every) or any(self.finder.has_figures(r.line.row) for r in silent)):
            return silent
        others = [r for r in every if r.line.said]
        if every[0].block.is_total or not others:
            return []
        quote = "、".join(list(dict.fromkeys(r.line.quote for r in others))[:_MOST_QUOTED])
        return [Reading(others[0].block, others[0].line._replace(is_held=True, quote=quote))]

    def _several(self, silent: Sequence[Reading]) -> Reading | None:
        """One reading for a place of which several rows have figures and none says what it is of."""
        for row, n in Counter(r.block.row for r in silent).items():
            lines = [r for r in silent if r.block.row == row and self.finder.has_figures(r.line.row)]
            if n < 2 or len(lines) < 2 or lines[0].block.is_total:
                continue
            labels = [r.line.quote or self.finder.label(r.line.row) or "—" for r in lines]
            return Reading(lines[0].block, lines[0].line._replace(is_held=True, quote="、".join(labels[:_MOST_QUOTED]), n=len(lines)))
        return None


def _whole_blocks(groups: Sequence[Group], periods: PeriodReader) -> PeriodRows:
    """Places of several rows (男, 女), some of which are of another period: which row is which cannot be told, so that they are held."""
    readings = []
    for block, lines in groups:
        other = next((line for line in lines if line.said and not line.said.kinds <= periods.read), None)
        line = Line(block.row, other.said, other.quote, is_held=True) if other is not None else Line(block.row)
        if not (line.is_held and block.is_total):
            readings.append(Reading(block, line))
    return PeriodRows(readings)


def _split(name: str, periods: PeriodReader) -> tuple[str, str]:
    """A place's name and what stands behind it of a period: 龙泉村（累计）, 龙泉村累计, 合计-本月."""
    for pattern in (_AT_END, _BEHIND):
        if (found := pattern.fullmatch(name)) is not None:
            quote = next(group for group in found.groups()[1:] if group).strip("-—–:：·")
            said = periods.whole(quote)
            if said.kinds or (said.month and pattern is _BEHIND and "月" in quote):
                return found[1], quote
    return name, ""
