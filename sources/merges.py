"""Figures in merged cells: one number over the cells of two villages, of both sexes, of two ages. Whose it is, the file does not say.

Merged labels, a village's name over its rows, a figure's own cell merged with blank ones beside it: none of these is a question.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from sources.doubts import Doubt, Place, listed, quoted
from sources.text import address

if TYPE_CHECKING:
    from sources.workbook import Merge, Row

_UNSEEN = dict.fromkeys((0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF))
_MOST_CELLS = 4096
"""Of a merged range with more cells than this only its corner is looked at: no figure is written so large."""


class Span(NamedTuple):
    """A merged range that covers cells of figures. `labels`: of these; `is_shared`: it covers cells of something else, too."""

    merge: Merge
    figures: tuple[Place, ...]
    labels: tuple[str, ...]
    is_shared: bool


def upright(merged: Sequence[Merge]) -> Sequence[Merge]:
    """Merged ranges from their upper left to their lower right cell; some programs write them backwards (E59:E58, F10:E9)."""
    if all(top <= bottom and left <= right for (top, left), (bottom, right) in merged):
        return merged
    return [((min(a, c), min(b, d)), (max(a, c), max(b, d))) for (a, b), (c, d) in merged]


def spans_of(merged: Sequence[Merge], figures: Mapping[Place, str], others: Collection[Place] = ()) -> list[Span]:
    """The merged ranges that matter: over several figures, or over the cell of one that is not their first.

    Args:
        merged: the sheet's ranges.
        figures: cells of figures, with their labels.
        others: cells that hold something else that is a number: written totals, what is not collected, what is not understood.
    """
    if not merged or not figures:
        return []
    rows: dict[int, list[int]] = defaultdict(list)
    for row, column in figures:
        rows[row].append(column)
    known = frozenset(others)
    found = []
    for merge in merged:
        (top, left), (bottom, right) = merge
        if not any(row in rows for row in range(top, min(bottom, top + _MOST_CELLS) + 1)):
            continue
        inside = [(r, c) for r in range(top, bottom + 1) for c in rows.get(r, ()) if left <= c <= right]
        if not inside or (bottom - top + 1) * (right - left + 1) > _MOST_CELLS:
            continue
        is_shared = len(inside) > 1 or any(top <= r <= bottom and left <= c <= right for r, c in known)
        if is_shared or inside[0] != (top, left):
            found.append(Span(merge, tuple(inside), tuple(figures[at] for at in inside), is_shared))
    return found


def doubts_of(rows: Sequence[Row], spans: Sequence[Span]) -> dict[Place, Doubt]:
    """What is doubtful about the figures in merged ranges, as they are filled in."""
    found: dict[Place, Doubt] = {}
    for (first, last), figures, labels, is_shared in spans:
        held = [(r, c) for r in range(first[0], last[0] + 1) for c in range(first[1], last[1] + 1) if _says(_at(rows, r, c))]
        if not held:
            continue
        where = f"{address(*first)}:{address(*last)}"
        shown = quoted(_at(rows, *first))
        if is_shared:
            details = {"range": where, "labels": listed(labels), "text": shown or quoted(_at(rows, *held[0]))}
            found |= dict.fromkeys(figures, Doubt("figure_merged", details, even_blank=True, cell=address(*first)))
        elif figures[0] in held:
            details = {"range": where, "text": quoted(_at(rows, *figures[0])), "shown": shown or "—"}
            found[figures[0]] = Doubt("under_merge", details)
    return found


def _says(cell: object) -> bool:
    """Whether anything stands in a cell; spaces alone, which somebody typed or a program left, are nothing."""
    return cell != "" and (type(cell) is not str or cell.translate(_UNSEEN).strip() != "")


def _at(rows: Sequence[Row], row: int, column: int) -> object:
    return rows[row][column] if row < len(rows) and column < len(rows[row]) else ""
