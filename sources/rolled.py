"""The rows of a list weighed against each other: totals, subtotals and groups of villages, by their names and by what adds up.

What is settled here holds unless a row's name is a registered village's (`sources.settled`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from schemas.spans import spans
from schemas.states import REPORTED
from sources.layout import ReadyLayout
from sources.records import PlaceRecord, Problem
from sources.rows import AGAIN, ASIDE, GROUP, HIDDEN, NOTE, OTHER, PART, ROUNDED, WHOLE, RowNote
from sources.sums import Figures, Sum
from sources.text import address, fold_name

_TOLD_FIGURES = 3
_MOST_WRONG = 4
_LEFT_OUT = frozenset((PART, NOTE, GROUP, OTHER, AGAIN, HIDDEN))
_TOLD = frozenset((GROUP, OTHER, AGAIN, HIDDEN))


@dataclass(slots=True)
class ListRow:
    """A row of a list with its record, and what it seems to be. `is_below`: it stands below the foot."""

    record: PlaceRecord
    note: RowNote | None = None
    is_below: bool = False
    is_hidden: bool = False

    @property
    def seems(self) -> str:
        """What it seems to be; '' for a village."""
        return self.note.seems if self.note is not None and self.note.seems != ROUNDED else ""

    def become(self, seems: str, **what: object) -> None:
        """Note what the row is."""
        r = self.record
        base = self.note or RowNote(seems, r.place_name, r.place_code, r.row_no + 1)
        self.note = base._replace(seems=seems, **what)  # type: ignore[arg-type]


def rolled_up(rows: Sequence[ListRow], layout: ReadyLayout, codes: Sequence[str]) -> list[PlaceRecord]:
    """The records of one sheet's rows, in order, each with its role and with what is noted of it."""
    odd = [n for n, row in enumerate(rows) if row.seems or not _is_plain(row, layout)]
    if any(row.is_below or row.is_hidden for row in rows):
        _set_repeated_aside(rows)
    if odd:
        _weigh(rows, odd, layout, codes)
    return [_finished(row, layout) for row in rows]


def _is_plain(row: ListRow, layout: ReadyLayout) -> bool:
    return layout.rows.is_like_a_village(row.record.place_code, row.record.place_name)


def _set_repeated_aside(rows: Sequence[ListRow]) -> None:
    """Hidden rows, and rows below the foot, of places that stand in a row of the list as well."""
    listed = {_who(row) for row in rows if not row.is_below and not row.is_hidden and not row.seems}
    for row in rows:
        if (row.is_below or row.is_hidden) and not row.seems and _who(row) in listed:
            row.become(HIDDEN if row.is_hidden else AGAIN, is_told=True)


def hidden_counted(hidden: Sequence[ListRow], rows: Sequence[ListRow], sheet: str) -> list[Problem]:
    """What is told of hidden rows of villages that stand in no other row: they count."""
    listed = {_who(row) for row in rows if not row.is_hidden}
    counted = [row.record.row_no + 1 for row in hidden if not row.seems and _who(row) not in listed]
    if not counted:
        return []
    return [Problem("hidden_rows_counted", sheet, address(counted[0] - 1, 0), {"rows": spans(counted)})]


def _who(row: ListRow) -> str:
    return row.record.place_code or fold_name(row.record.place_name)


def _weigh(rows: Sequence[ListRow], odd: Sequence[int], layout: ReadyLayout, codes: Sequence[str]) -> None:
    villages = {n for n, row in enumerate(rows) if not row.seems}
    _find_groups(rows, villages, layout, codes)
    villages = {n for n, row in enumerate(rows) if not row.seems}
    totals = Counter(rows[n].record.plan_id for n in odd if rows[n].seems == WHOLE)
    stated = [n for n in odd if rows[n].seems == WHOLE and totals[rows[n].record.plan_id] > 1]  # several of one table
    suspects = [n for n in odd if rows[n].seems == PART or (n in villages and not _is_plain(rows[n], layout))]
    suspects += stated
    if not suspects or len(rows) < 3:
        return
    figures = Figures([row.record for row in rows])
    found: dict[int, Sum] = {}
    for order in (sorted(suspects), sorted(suspects, reverse=True)):  # a subtotal stands below its villages, or above them
        for n in order:
            if n not in found and (s := figures.sum_of(n, villages - {n})) is not None:
                found[n] = s
                villages.discard(n)
    for n, s in found.items():
        here = {name for member in s.members for name in names_of(rows[member].record)}
        others = villages - set(s.members)  # in the next table the same places stand with other figures
        is_whole = all(figures.is_blank(other) or names_of(rows[other].record) & here for other in others)
        _note_sum(rows, n, s, codes, is_whole=is_whole, is_only=n not in stated)


def _note_sum(rows: Sequence[ListRow], n: int, s: Sum, codes: Sequence[str], *, is_whole: bool, is_only: bool) -> None:
    row, at = rows[n], [rows[member].record.row_no + 1 for member in s.members]
    wrong = tuple(codes[position] for position in s.wrong[:_MOST_WRONG])
    if row.seems == WHOLE:
        if not is_whole and not is_only:
            row.become(PART, rows=(min(at), max(at)), wrong=wrong, is_told=bool(wrong))
    elif row.seems == PART:
        row.become(PART, rows=(min(at), max(at)), wrong=wrong, is_told=bool(wrong))
    else:
        row.become(WHOLE if is_whole else PART, rows=(min(at), max(at)), wrong=wrong, is_told=not is_whole)


def _find_groups(rows: Sequence[ListRow], villages: set[int], layout: ReadyLayout, codes: Sequence[str]) -> None:
    """Rows of groups below the row of their village: by their names, or because it is their sum and they are called like no village."""
    figures: Figures | None = None
    above = -1
    n = 0
    while n < len(rows):
        if rows[n].seems != GROUP and (n not in villages or _is_plain(rows[n], layout)):
            above, n = (n if n in villages else above), n + 1
            continue
        end = n
        while end < len(rows) and (rows[end].seems == GROUP or (end in villages and not _is_plain(rows[end], layout))):
            end += 1
        here = list(range(n, end))
        named = [m for m in here if rows[m].seems == GROUP]
        if above == n - 1 and above >= 0 and len(here) > 1:
            figures = figures or Figures([row.record for row in rows])
            s = figures.added(above, named or here) or (figures.added(above, here) if named else None)
            members = s.members if s is not None else tuple(named)
            if not members:
                n = end
                continue
            at = [rows[m].record.row_no + 1 for m in members]
            wrong = tuple(codes[p] for p in s.wrong[:_MOST_WRONG]) if s is not None else ()
            for m in members:
                rows[m].become(GROUP, of=rows[above].record.place_name, rows=(min(at), max(at)) if s is not None else (), wrong=wrong)
                villages.discard(m)
        elif above < 0:
            for m in named:  # 一队, 二队: what the list is of, as the list of a farm is
                rows[m].note = None
                villages.add(m)
        else:
            for m in named:
                rows[m].become(GROUP, of=rows[above].record.place_name)
        n = end


def _finished(row: ListRow, layout: ReadyLayout) -> PlaceRecord:
    """The record with its role. What is told is so only where the row has figures enough to be a place's."""
    record, note = row.record, row.note
    if note is None:
        return record
    if note.seems == NOTE:
        note = note._replace(is_told=record.states.count(REPORTED) >= _TOLD_FIGURES)
    elif note.seems in _TOLD:
        note = note._replace(is_told=True)
    if row.seems in _LEFT_OUT or (row.seems == WHOLE and layout.stated_level is None):
        record = record._replace(role=ASIDE)
    elif row.seems == WHOLE and record.role != "stated" and layout.stated_level is not None:
        record = as_total(record, layout.stated_level)
    return record._replace(row_note=note.text())


def names_of(record: PlaceRecord) -> frozenset[str]:
    """By what a record's place may be known elsewhere in the file: its code and its name."""
    return frozenset(filter(None, (record.place_code, fold_name(record.place_name))))


def as_total(record: PlaceRecord, level: str) -> PlaceRecord:
    """The record of a row that turned out to be its town's total."""
    return record._replace(role="stated", level=level, place_code="", place_name=record.parent_name, parent_name="")
