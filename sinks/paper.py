"""How an official table lies on paper: how wide its columns are, and where a wide one goes on to the next page.

Fitting to a number of pages leaves it to the office's program where to cut, through the middle of a heading; so the cuts are ours.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from sinks.columns import Leaf, figures_of

_COLUMNS_A_PAGE = 16
"""More columns than this on a landscape A4 page cannot be read."""
_FIXED = (12.0, 14.0)
"""Widths of code and name, in characters."""
_FEW_COLUMNS = 6
_LEAST_WIDTHS = ((_FEW_COLUMNS, 12.0), (_COLUMNS_A_PAGE, 9.5))
"""The least width of a figure in a table of so many columns at most: the head of a small table needs room too."""
_NARROWEST = 8.2
_PAGE_PIXELS = 720
"""Width of a landscape A4 page between the margins, at 96 dots an inch, less what offices' programs draw wider without our fonts."""


class Frame(NamedTuple):
    """How a sheet lies on paper: widths of all columns, and the first columns of the pages after the first."""

    widths: tuple[float, ...]
    breaks: tuple[int, ...]

    @property
    def left(self) -> int:
        """Where head and notes begin: behind the columns that every page repeats, if there are several pages."""
        return len(_FIXED) if self.breaks else 0

    @property
    def last(self) -> int:
        """The last column of the first page, on which the head stands."""
        return (self.breaks[0] if self.breaks else len(self.widths)) - 1

    @property
    def half(self) -> int:
        """The last column of the head's left half."""
        columns = range(self.left, self.last + 1)
        wanted = 0.4 * sum(self.widths[c] for c in columns)
        return next(c for c in columns if sum(self.widths[self.left : c + 1]) >= wanted)

    @property
    def scale(self) -> int:
        """Per cent at which the widest page of several fits."""
        starts = (len(_FIXED), *self.breaks, len(self.widths))
        pages = [[*_FIXED, *self.widths[a:b]] for a, b in pairwise(starts)]
        return max(10, min(100, int(100 * _PAGE_PIXELS / max(sum(7 * w + 5 for w in page) for page in pages))))


def frame_of(leaves: Sequence[Leaf], rows: pd.DataFrame) -> Frame:
    """Columns wide enough for their longest figure; pages of at most `_COLUMNS_A_PAGE` figures that keep a concept's columns together."""
    least = next((width for columns, width in _LEAST_WIDTHS if len(leaves) <= columns), _NARROWEST)
    block = figures_of(leaves, rows)
    extremes = zip(np.fmin.reduce(block, initial=0.0).tolist(), np.fmax.reduce(block, initial=0.0).tolist(), leaves, strict=True)
    widths = [max([least, *(len(f"{value:,.{leaf.decimals}f}") + 1.5 for value in (low, high))]) for low, high, leaf in extremes]
    breaks: list[int] = []
    begun, at = 0, 0
    for _, group in groupby(leaves, key=lambda leaf: leaf.top.zh):
        size = len(list(group))
        if at > begun and at + size - begun > _COLUMNS_A_PAGE:
            breaks, begun = [*breaks, len(_FIXED) + at], at
        at += size
    padding = [least] * (_FEW_COLUMNS - len(_FIXED) - len(widths))
    return Frame((*_FIXED, *widths, *padding), tuple(breaks))
