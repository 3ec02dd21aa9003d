"""Which records are the sum of others beside them: totals and subtotals, whatever they are called.

A record is a sum when most of its figures are those of a contiguous group of others above or below it, added up. One or two wrong
figures do not hide it; noughts prove nothing; and a single other record makes no sum, since two places may be alike.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

from schemas.states import REPORTED
from sources.records import PlaceRecord

_FEWEST = 3
"""So many figures have to be right."""
_ANCHORS = 5
"""By so many of its largest figures a sum is looked for."""
_CENT = 0.005


class Sum(NamedTuple):
    """The records (by position) that one is the sum of, and the figures (by position in the dictionary) that are not their sum."""

    members: tuple[int, ...]
    wrong: tuple[int, ...]


class Figures:
    """The figures of records in the order of their rows."""

    def __init__(self, records: Sequence[PlaceRecord]) -> None:
        self._rows = [self._of(record) for record in records]

    @staticmethod
    def _of(record: PlaceRecord) -> dict[int, float]:
        values = memoryview(record.values).cast("d")
        return {at: values[at] for at, state in enumerate(record.states) if state == REPORTED}

    def is_blank(self, row: int) -> bool:
        """Whether a record has nothing but noughts and blanks."""
        return not any(self._rows[row].values())

    def sum_of(self, row: int, among: Collection[int]) -> Sum | None:
        """The group directly above or below a row, of the rows `among`, whose sum it is; the better one, and of two the one above."""
        above = self._grown(row, sorted((n for n in among if n < row), reverse=True))
        below = self._grown(row, sorted(n for n in among if n > row))
        found = [s for s in (above, below) if s is not None]
        return min(found, key=lambda s: len(s.wrong), default=None)

    def added(self, row: int, members: Sequence[int]) -> Sum | None:
        """The sum of these very rows, if the row is it."""
        stated = {at: value for at, value in self._rows[row].items() if value > 0}
        running = dict.fromkeys(stated, 0.0)
        for member in members:
            for at in running:
                running[at] += self._rows[member].get(at, 0.0)
        return self._compared(stated, running, members)

    def _grown(self, row: int, neighbours: Sequence[int]) -> Sum | None:
        """Rows are added one by one until the sum is larger than what is stated."""
        stated = {at: value for at, value in self._rows[row].items() if value > 0}
        if len(stated) < _FEWEST:
            return None
        anchors = sorted(stated, key=lambda at: -stated[at])[:_ANCHORS]
        running = dict.fromkeys(stated, 0.0)
        best: Sum | None = None
        for n, other in enumerate(neighbours, 1):
            for at, value in self._rows[other].items():
                if at in running:
                    running[at] += value
            if any(abs(running[at] - stated[at]) < _CENT for at in anchors):
                found = self._compared(stated, running, neighbours[:n])
                if found is not None and (best is None or len(found.wrong) < len(best.wrong)):
                    best = found
            if sum(running[at] > stated[at] + _CENT for at in anchors) * 2 > len(anchors) and n > 1:
                break
        return best

    def _compared(self, stated: dict[int, float], running: dict[int, float], members: Sequence[int]) -> Sum | None:
        right = [at for at, value in stated.items() if abs(running[at] - value) < _CENT]
        wrong = tuple(at for at in stated if at not in set(right))
        if len(right) < _FEWEST or (len(right) < 3 * len(wrong) and len(wrong) > 2) or len(right) <= len(wrong):
            return None
        shared = sum(sum(self._rows[n].get(at, 0.0) != 0 for n in members) > 1 for at in right)
        return Sum(tuple(sorted(members)), wrong) if shared > 1 else None
