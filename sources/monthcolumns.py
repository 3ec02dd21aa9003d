"""Tables whose columns are headed by months (2018年02月 | 2018年06月): one sheet for each month, with that month's columns.

What stands under no month belongs to the month that the sheet states; where it states none, it is told and not read.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from sources.labels import OTHER_MONTH, THIS_MONTH
from sources.layout import Plan, ReadyLayout
from sources.months import stated_month
from sources.periods import PeriodReader, is_same_month
from sources.text import fold
from sources.workbook import Row, Sheet

_VALUE = "本月"
_AT_ONE_END = re.compile(
    r"((?:\d{4}年)?\d{1,2}月(?:份|末|底)?|\d{4}[-./]\d{1,2})(.{2,40})|(.{2,40}?)[(（]?((?:\d{4}年)?\d{1,2}月(?:份|末|底)?)[)）]?"
)
_END = re.compile("(?<=[月份])[末底]$")
_DATES = re.compile(r"\d{1,2}[日号]|[-–—~至到]\d{1,2}月")


class _Heading(NamedTuple):
    """A heading that names a month: the month, what else it says, where it stands, the column behind its last."""

    month: str
    rest: str
    row: int
    column: int
    end: int


class MonthView(NamedTuple):
    """The sheet for one month ('2018-02', or '-02' where the year is not given), and the columns that are headed by it."""

    month: str
    sheet: Sheet
    columns: frozenset[int]

    def keep_only(self, plans: Sequence[Plan], stated: str) -> set[tuple[int, int]]:
        """Take what stands under no month out of the plans, unless the sheet states this month; the cells that were taken out."""
        if stated and is_same_month(stated, self.month):
            return set()
        left: set[tuple[int, int]] = set()
        for plan in plans:
            out = [code for code, (_, column) in plan.cells.items() if column not in self.columns]
            left |= {plan.cells.pop(code) for code in out}
            plan.sums = [written for written in plan.sums if written[1] in self.columns]
            plan.doubtful = {code: at for code, at in plan.doubtful.items() if code in plan.cells}
        return left


def month_views(sheet: Sheet, layout: ReadyLayout) -> list[MonthView]:
    """The sheet for each month that heads columns of it, in order; none where no row of headings names two months."""
    periods = layout.book.vocabulary.periods
    named = (list(_headings(sheet, number, periods)) for number in range(len(sheet.rows)))
    headings = [row for row in named if len({heading.month for heading in row}) > 1]
    months = sorted({heading.month for row in headings for heading in row})
    own = THIS_MONTH if fold(THIS_MONTH) in layout.book.own else _VALUE
    return [_view(sheet, headings, month, own) for month in months]


def _view(sheet: Sheet, headings: Sequence[Sequence[_Heading]], month: str, own: str) -> MonthView:
    rows: list[Row] = [list(row) for row in sheet.rows]
    columns: set[int] = set()
    ends = [*(row[0].row for row in headings[1:]), len(rows)]
    for row, end in zip(headings, ends, strict=True):
        for heading in row:
            if heading.month == month:
                rows[heading.row][heading.column] = heading.rest or own
                columns.update(range(heading.column, heading.end))
                continue
            for line in rows[heading.row : end]:
                for column in range(heading.column, min(heading.end, len(line))):
                    line[column] = ""
            rows[heading.row][heading.column] = OTHER_MONTH
    view = replace(sheet, rows=rows, _flat=None, _seen=None, _texts=None, _said=None, _numbers=None)
    return MonthView(month, view, frozenset(columns))


def _headings(sheet: Sheet, number: int, periods: PeriodReader) -> Iterator[_Heading]:
    row = sheet.rows[number]
    for column, cell in enumerate(row):
        if type(cell) is not str or not cell or (said := _said_in(cell, periods)) is None:
            continue
        merged = next((last[1] for first, last in sheet.merged if first == (number, column)), None)
        yield _Heading(*said, number, column, 1 + (merged if merged is not None else _last_below(sheet.rows, number, column)))


def _said_in(text: str, periods: PeriodReader) -> tuple[str, str] | None:
    """The month that a heading names and what else it says; None for a heading that names none, or figures of another kind (2月累计)."""
    whole = periods.whole(_END.sub("", text))
    if whole.month:
        return (whole.month, "") if whole.kinds <= periods.read else None
    found = _AT_ONE_END.fullmatch("".join(text.split()))
    if found is None or _DATES.search(text) or periods.other_within(fold(text)):
        return None
    month = stated_month(found[1] or found[4])
    return (month, (found[2] or found[3]).strip("-—/：:（）()")) if len(month) in (3, 7) else None


def _last_below(rows: Sequence[Row], number: int, column: int) -> int:
    """The last column that a heading which is not merged reaches over: blank cells right of it, above sub-headings."""
    row, below = rows[number], rows[number + 1] if number + 1 < len(rows) else []
    last = column
    while last + 1 < len(row) and row[last + 1] == "" and last + 1 < len(below) and type(below[last + 1]) is str and below[last + 1]:
        last += 1
    return last
