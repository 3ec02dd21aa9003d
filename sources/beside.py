"""Which of the numbers beside a label is its figure, where headings do not say: that of the column in which most rows have theirs.

A row with numbers in two such columns can mean two things. Its figure is doubtful: told, not read. What is left over is told too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from schemas.states import REPORTED, UNREADABLE
from sources.layout import Place, Plan
from sources.values import ValueReader
from sources.workbook import Row

_NUMBERED = 4
"""So many numbers that count up one by one, row by row, are the numbers of the rows (行次)."""


@dataclass(slots=True)
class Line:
    """What stands right of one label.

    codes: its figures. row: where. headed: columns that headings give to them, the one to be read first; free: columns without a heading.
    """

    codes: tuple[str, ...]
    row: int
    headed: tuple[int, ...]
    free: tuple[int, ...]


class Beside:
    """The lines of a form, by the column of their labels and the headings above them, and figures that are given again."""

    def __init__(self, rows: Sequence[Row], values: ValueReader) -> None:
        self._rows, self._values = rows, values
        self._groups: dict[Hashable, list[Line]] = defaultdict(list)
        self._again: dict[str, list[Place]] = defaultdict(list)

    def add(self, group: Hashable, line: Line) -> None:
        """Note what stands right of a label; `group`: labels of one column under the same headings."""
        self._groups[group].append(line)

    def add_again(self, code: str, row: int, column: int) -> None:
        """Note a further place that a figure might be read from."""
        self._again[code].append((row, column))

    def settle(self, plan: Plan) -> None:
        """Give each figure its cell, and note in the plan what is doubtful and what is left over.

        Where anything stands in a further cell, another filling of the same form may have to be read in another way.
        """
        for lines in self._groups.values():
            self._settle_group(plan, lines)
        for code, places in self._again.items():
            rivals_of(plan, code, [plan.cells[code], *places], self._rows, self._values)
        plan.by_content = plan.by_content or bool(self._again)

    def _settle_group(self, plan: Plan, lines: Sequence[Line]) -> None:
        numberings = self._numberings(lines)
        weight: dict[int, tuple[int, int, int]] = {}
        every, filled_in = {c for line in lines for c in (*line.headed, *line.free)}, self._filled_in(lines)
        noughts = every - {c for line in lines for c in (*line.headed, *line.free) if self._at(line.row, c)}
        under = {c for line in lines for c in line.headed}
        noughts = set() if noughts == every and not under else noughts - under
        for column in every - numberings - noughts:
            filled = filled_in.get(column, ())
            weight[column] = (sum(self._is_read(row, column) for row in filled), len(filled), -column)
        is_headed = any(line.headed for line in lines) and not (len(lines[0].codes) == 1 and self._is_moved(lines, weight))
        plan.by_content = plan.by_content or self._has_several(lines, weight)
        for line in lines:
            rivals = [c for c in line.free if c in weight and self._is_number(line.row, c)]
            if is_headed:
                if rivals and self._has_slipped(line, rivals):
                    _doubt(plan, line, [*line.headed, *rivals])
                else:
                    plan.strays += [(line.row, c) for c in rivals]
            else:
                main = max((c for c in (*line.headed, *line.free) if c in weight), key=weight.__getitem__, default=None)
                if main is not None and weight[main][1]:
                    plan.cells[line.codes[0]] = (line.row, main)
                if others := [c for c in rivals if c != main]:
                    _doubt(plan, line, [*((main,) if main is not None else ()), *others])

    def _filled_in(self, lines: Sequence[Line]) -> Mapping[int, Sequence[int]]:
        """Column → rows in which it is not blank; in one go, since a broken file may have thousands of columns."""
        found: dict[int, list[int]] = defaultdict(list)
        for line in lines:
            for column in dict.fromkeys((*line.headed, *line.free)):
                if self._at(line.row, column) != "":
                    found[column].append(line.row)
        return found

    def _is_moved(self, lines: Sequence[Line], weight: Mapping[int, tuple[int, int, int]]) -> bool:
        """Whether the column under the heading is blank and the one without a heading is filled: a merged heading that was unmerged."""
        under = {column for line in lines for column in line.headed}
        filled = [column for column, (_, times, _) in weight.items() if times]
        return len(filled) == 1 and filled[0] not in under and 2 * weight[filled[0]][0] >= len(lines)

    def _has_slipped(self, line: Line, rivals: Sequence[int]) -> bool:
        """Whether a number without a heading may be one of the line's own: at the end away from which a headed cell is blank."""
        first, last = self._at(line.row, min(line.headed)), self._at(line.row, max(line.headed))
        return (first == "" and max(rivals) > max(line.headed)) or (last == "" and min(rivals) < min(line.headed))

    def _has_several(self, lines: Sequence[Line], weight: Mapping[int, tuple[int, int, int]]) -> bool:
        """Whether more is filled than the one column of the figures."""
        filled = {column for column, (_, times, _) in weight.items() if times}
        return len(filled - {column for line in lines for column in line.headed}) > (0 if any(line.headed for line in lines) else 1)

    def _numberings(self, lines: Sequence[Line]) -> set[int]:
        given: dict[int, list[float]] = defaultdict(list)
        for line in lines:
            for column in line.free:
                if self._is_number(line.row, column):
                    given[column].append(self._values.read(self._at(line.row, column))[0])
        found = {column for column, numbers in given.items() if len(numbers) >= _NUMBERED and all(b - a == 1 for a, b in pairwise(numbers))}
        filled = {c for line in lines for c in (*line.headed, *line.free) if self._is_read(line.row, c)}
        return found if filled - found else set()

    def _at(self, row: int, column: int) -> object:
        line = self._rows[row]
        return line[column] if column < len(line) else ""

    def _is_number(self, row: int, column: int) -> bool:
        return is_number(self._at(row, column), self._values)

    def _is_read(self, row: int, column: int) -> bool:
        cell = self._at(row, column)
        return cell != "" and self._values.read(cell)[1] != UNREADABLE


def is_number(cell: object, values: ValueReader) -> bool:
    """Whether a cell holds a figure."""
    return cell != "" and values.read(cell)[1] == REPORTED


def rivals_of(plan: Plan, code: str, places: Sequence[Place], rows: Sequence[Row], values: ValueReader) -> None:
    """Note that an indicator is doubtful where a further place holds another number than the one it would be read from."""
    read = [values.read(rows[row][column] if column < len(rows[row]) else "") for row, column in places]
    given = [at for at, (number, state) in zip(places, read, strict=True) if state == REPORTED and (number, state) != read[0]]
    if given:
        plan.doubtful[code] = (places[0], *given)


def strays_in(plan: Plan, columns: Iterable[int], rows: Mapping[int, Row], values: ValueReader) -> None:
    """Note the numbers of columns without a heading, one a column."""
    for column in columns:
        at = next((r for r, row in rows.items() if column < len(row) and is_number(row[column], values)), None)
        if at is not None:
            plan.strays.append((at, column))


def _doubt(plan: Plan, line: Line, columns: Iterable[int]) -> None:
    for code in line.codes:
        plan.doubtful[code] = tuple((line.row, column) for column in dict.fromkeys(columns))
