"""A figure's cell is blank, and its number stands beside it: in the label (参加人次32), behind a colon, in the cell of the unit (46份)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from schemas.states import REPORTED
from sources.labels import LabelBook, Meaning
from sources.text import units_in
from sources.values import ValueReader

if TYPE_CHECKING:
    from sources.workbook import Row

_NUMBERED = 4
"""So many numbers that count up one by one number the rows."""
_ROW_KINDS = frozenset(("concept", "indicator"))
_DIGIT = re.compile(r"\d")
_BARE = re.compile(r"\s*\d+(?:\.\d+)?\s*")
_BEHIND_LABEL = re.compile(r"(.*?[^\d\s:：.,，=＝(（])\s*[:：=＝(（]?\s*(\d[\d,，.]*\s*[^\d\s:：()（）]{0,4}?)\s*[)）]?\s*")
_BEHIND_SPACE = re.compile(r"(.*\d.*?[^\s:：=＝(（])[\s:：=＝(（]+(\d[\d,，.]*\s*[^\d\s:：()（）]{0,4}?)\s*[)）]?\s*")
"""Of a label that has numbers of its own: Women 15-49 32."""
_UNDERLINE = re.compile("[_＿]+")
_BEHIND_COLON = re.compile(r"[^:：]*[:：=＝]\s*(.+)")


class Labelled(NamedTuple):
    """A label with a number in its cell: what the label means, and the number as written."""

    meanings: tuple[Meaning, ...]
    number: str


def number_in_label(cell: object, book: LabelBook, values: ValueReader) -> Labelled | None:
    """A text that is a label of a row and a number behind it; None where the text is a label as it stands, or none."""
    if type(cell) is not str or not _DIGIT.search(cell) or len(cell) > 60:
        return None
    text = _UNDERLINE.sub(" ", cell)
    for pattern in (_BEHIND_LABEL, _BEHIND_SPACE):
        if (found := pattern.fullmatch(text)) is None or values.read(found[2])[1] != REPORTED:
            continue
        meanings = book.look_up(found[1].strip())
        if any(meaning.kind in _ROW_KINDS for meaning in meanings):
            return Labelled(meanings, found[2])
    return None


def is_number_aside(cell: object, book: LabelBook, values: ValueReader, *, is_unit_column: bool) -> bool:
    """Whether a cell beside a blank figure holds what may be its number.

    A bare number may number the row; it is one only where units stand above and below it.
    """
    if type(cell) is float or type(cell) is int:
        return is_unit_column and cell != 0
    if type(cell) is not str or not _DIGIT.search(cell) or book.look_up(cell):
        return False
    if _BARE.fullmatch(cell):
        return is_unit_column
    if values.read(cell)[1] == REPORTED or number_in_label(cell, book, values) is not None:
        return True
    behind = _BEHIND_COLON.fullmatch(cell)
    return behind is not None and values.read(behind[1])[1] == REPORTED


def misnumbered(rows: Sequence[Row], values: ValueReader) -> set[tuple[int, int]]:
    """Cells of a column that numbers the rows (序号) in which another number stands than the row's. A 1 begins to count anew."""
    columns: dict[int, list[tuple[int, float]]] = {}
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if type(cell) is float or type(cell) is int or (type(cell) is str and _BARE.fullmatch(cell)):
                columns.setdefault(c, []).append((r, values.read(cell)[0]))
    found: set[tuple[int, int]] = set()
    for column, numbers in columns.items():
        if len(numbers) < _NUMBERED:
            continue
        at = [n for _, n in numbers]
        sure = [n for n in range(len(at)) if at[n] == 1 or at[n] - 1 in at[max(n - 1, 0) : n] or at[n] + 1 in at[n + 1 : n + 2]]
        wrong = [n for n in sorted({*range(len(at))} - {*sure}) if not _counts_on(at, n, sure)]
        if len(at) - len(wrong) >= max(_NUMBERED, 2 * len(wrong)):
            found.update((numbers[n][0], column) for n in wrong)
    return found


def _counts_on(at: Sequence[float], n: int, sure: Sequence[int]) -> bool:
    """Whether a number counts on from the nearest ones above and below that are sure, over those between that are not."""
    near = [max((m for m in sure if m < n), default=n), min((m for m in sure if m > n), default=n)]
    return any(m != n and at[n] - at[m] == n - m for m in near)


def unit_columns(rows: Sequence[Row]) -> set[int]:
    """Columns in which most texts are units."""
    texts: dict[int, int] = {}
    units: dict[int, int] = {}
    for row in rows:
        for column, cell in enumerate(row):
            if type(cell) is str and cell:
                texts[column] = texts.get(column, 0) + 1
                units[column] = units.get(column, 0) + bool(len(cell) < 8 and units_in(cell))
    return {column for column, count in units.items() if count >= 3 and 2 * count >= texts[column]}
