"""The strips of a form: its columns of labels, each with the figures right of it. Most forms have one, some two side by side."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from sources.labels import Meaning
from sources.text import Unit, fold
from sources.workbook import Row

_ORDINALS = frozenset(map(fold, ("序号", "编号", "代号", "行次", "No.")))
_ROW_KINDS = ("indicator", "concept", "not_collected")
_STRIP_ROWS = 3
"""So many labels below each other, right of other labels' figures, are a second column of labels."""

Mark = tuple[int, tuple[Meaning, ...]]
"""A column, and what the label in it can mean."""


class Strip:
    """From column `start` to before `end`, with the headings that are in force while its rows are read."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.header: dict[int, tuple[Meaning, ...]] = {}
        self.header_row = -2
        self.headed: set[int] = set()  # columns with any text in the heading rows
        self.aside: set[int] = set()  # columns of shares and comparisons
        self.unknown: dict[int, str] = {}  # of these, the ones whose text means nothing
        self.header_units: dict[int, tuple[Unit, ...]] = {}
        self.carried: tuple[str, int] | None = None  # concept and column of its row sub-labels, for unmerged sub-rows


def find_strips(rows: Sequence[Row], marked: Sequence[list[Mark]]) -> list[Strip]:
    """The strips of a form, from the columns in which labels begin figures."""
    width = max(map(len, rows), default=0)
    counted: Counter[int] = Counter()
    for marks in marked:
        counted.update(column for column, _ in starts(marks))
    begins = [column for column, count in sorted(counted.items()) if count >= _STRIP_ROWS][1:]
    for n, column in enumerate(begins):
        if any(column and column <= len(row) and fold(str(row[column - 1])) in _ORDINALS for row in rows):
            begins[n] = column - 1
    edges = [0, *begins, width]
    return [Strip(start, end) for start, end in pairwise(edges)]


def starts(marks: list[Mark]) -> list[tuple[int, Meaning]]:
    """The labels of a row that begin a figure; the same label in two languages counts once (流入 Floating in: a concept, or its total)."""
    found = [(column, m, meanings) for column, meanings in marks if (m := _row_meaning(meanings)) is not None]
    return [(column, m) for n, (column, m, meanings) in enumerate(found) if n == 0 or not _is_said_again(found[n - 1][2], meanings)]


def _is_said_again(before: tuple[Meaning, ...], meanings: tuple[Meaning, ...]) -> bool:
    return any(meaning in before for meaning in meanings if meaning.kind in _ROW_KINDS)


def _row_meaning(meanings: tuple[Meaning, ...]) -> Meaning | None:
    for kind in _ROW_KINDS:
        for meaning in meanings:
            if meaning.kind == kind:
                return meaning
    return None


def kinds(meanings: tuple[Meaning, ...]) -> set[str]:
    """The kinds of everything that a label can mean."""
    return {meaning.kind for meaning in meanings}
