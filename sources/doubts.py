"""A figure that stands in its cell and may still not be taken as it stands: part of it is struck out, it shows as a share, …

Each format finds such cells in its own way; what is seen becomes a `Doubt`, and the figure is asked about instead of read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from sources.text import address

Place = tuple[int, int]
_LONGEST = 20
_MANY_DIGITS = re.compile(r"\d(?:\D{0,2}\d){9}")
_DETAIL_LIMIT = 6


class Doubt(NamedTuple):
    """`name` is an entry of the message catalogue, `details` fill its wording.

    `only_numbers`: a text in the cell is none of it (a share's format does not change what a text says).
    `even_blank`: of a figure whose own cell is blank, too. `cell`: where it is to be looked for, if not in the figure's cell.
    """

    name: str
    details: Mapping[str, str] = {}
    only_numbers: bool = False
    even_blank: bool = False
    cell: str = ""


Doubts = Mapping[Place, Doubt]
"""By row and column, from 0."""
NO_DOUBTS: Doubts = {}


class Remark(NamedTuple):
    """What the sender of a sheet is told whatever is read of it: a message of the catalogue, where, what fills its wording."""

    name: str
    cell: str = ""
    details: Mapping[str, str] = {}

    def asked(self) -> Doubt:
        """The same about a figure, whose cell may be blank; told once."""
        return Doubt(self.name, self.details, even_blank=True, cell=self.cell)


def cut_short(row: int, column: int) -> Remark:
    """The file ends in the middle of a row; from this cell on nothing is certain."""
    return Remark("cut_short", address(row, column), {"row": str(row + 1)})


Run = tuple[str, bool, bool]
"""A piece of a cell's text: the text, whether it is struck out, whether it is raised or lowered."""

SHARE = Doubt("share_cell", only_numbers=True)


def doubt_of(runs: Iterable[Run]) -> Doubt | None:
    """What is doubtful about a text of several pieces: old and new number side by side, or a footnote's mark behind a number."""
    pieces = list(runs)
    struck = "".join(text for text, is_struck, _ in pieces if is_struck)
    raised = "".join(text for text, is_struck, is_raised in pieces if is_raised and not is_struck)
    rest = "".join(text for text, is_struck, is_raised in pieces if not is_struck and not is_raised)
    if _says(struck):
        if _says(rest) or _says(raised):
            return Doubt("struck_part", {"struck": quoted(struck), "rest": quoted(rest + raised)})
        return Doubt("struck_cell", {"struck": quoted(struck)})
    if _says(raised) and _says(rest):
        return Doubt("raised_part", {"raised": quoted(raised), "rest": quoted(rest)})
    return None


def struck_whole(cell: object) -> Doubt:
    """A cell whose font strikes out all of it."""
    return Doubt("struck_cell", {"struck": quoted(cell)})


def quoted(cell: object) -> str:
    """What stands in a cell, for a message: short, and nothing that could be the number of a person."""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    text = " ".join(str(cell).split())
    if _MANY_DIGITS.search(text):
        return "…"
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def listed(texts: Iterable[str]) -> str:
    """Some of many, for a message."""
    given = list(dict.fromkeys(texts))
    return "、".join(given[:_DETAIL_LIMIT]) + ("…" if len(given) > _DETAIL_LIMIT else "")


def _says(text: str) -> bool:
    return any(c.isalnum() for c in text)
