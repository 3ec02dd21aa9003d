"""Which totals of a table lack villages that have reported, in words: a line for every set of figures that lack the same ones."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from sinks.columns import Leaf, entered_of, is_in_part

_MOST_LINES, _MOST_PLACES, _MOST_FIGURES = 12, 6, 6


def coverage_notes(leaves: Sequence[Leaf], rows: pd.DataFrame, names: Sequence[str]) -> list[str]:
    """Notes for below the table: '* 期末户数：合计 8/12 村，松渡乡 0/4 村'; none where every village that reported has entered all.

    Args:
        leaves: the table's columns.
        rows: PlaceFigure rows as shown.
        names: the rows' names as shown.
    """
    partial = is_in_part(leaves, rows)
    if not partial.any():
        return []
    entered, expected = entered_of(leaves, rows), rows["villages_expected"].tolist()
    groups: dict[tuple[float, ...], list[int]] = {}
    for column in np.flatnonzero(partial.any(axis=0)).tolist():
        groups.setdefault(tuple(entered[:, column].tolist()), []).append(column)
    lines = []
    for counts, columns in groups.items():
        here = [n for n in range(len(rows)) if partial[n, columns[0]]]
        shown = "，".join(f"{names[n]} {counts[n]:.0f}/{expected[n]} 村" for n in here[:_MOST_PLACES])
        lines.append(f"* {_figures([leaves[c] for c in columns])}：{shown}{_more(here, _MOST_PLACES)}")
    lines = lines[:_MOST_LINES] + ([f"* … {len(lines) - _MOST_LINES}"] if len(lines) > _MOST_LINES else [])
    return [
        "带 * 的数只是部分村之和，填报村数/应报村数如下。Figures with * are sums of some villages only: villages that entered / expected.",
        *lines,
    ]


def _figures(leaves: Sequence[Leaf]) -> str:
    named = [leaf.top.zh if leaf.top == leaf.sub else f"{leaf.top.zh}（{leaf.sub.zh}）" for leaf in leaves[:_MOST_FIGURES]]
    return "、".join(named) + _more(leaves, _MOST_FIGURES)


def _more(things: Sequence[object], most: int) -> str:
    return f" …（{len(things)}）" if len(things) > most else ""
