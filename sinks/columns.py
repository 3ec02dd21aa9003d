"""Which columns an official table has, and what they show: made from the dictionary, so that a new indicator appears by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.dictionary import Dictionary
from schemas.entries import Return, TablePart, Text

COMPLETENESS_LABELS = {
    "villages_expected": Text(zh="应报村数", en="Expected"),
    "villages_reported": Text(zh="已报村数", en="Reported"),
    "villages_on_time": Text(zh="按时上报", en="On time"),
    "villages_missing": Text(zh="缺报", en="Missing"),
    "villages_held": Text(zh="待核", en="Held"),
}


@dataclass(frozen=True)
class Leaf:
    """One column: headings `top` over `sub` (equal when undivided), the figures it adds up, decimals shown."""

    top: Text
    sub: Text
    codes: tuple[str, ...]
    decimals: int


def figures_of(leaves: Sequence[Leaf], frame: pd.DataFrame) -> NDArray[np.float64]:
    """Figures of every row of `frame` and column of `leaves`: the sum of the leaf's codes, NaN where one is not there."""
    codes = [code for code in dict.fromkeys(code for leaf in leaves for code in leaf.codes) if code in frame]
    block = np.column_stack([frame[codes].to_numpy(dtype=np.float64), np.full(len(frame), np.nan)])
    at = {code: n for n, code in enumerate(codes)}
    return np.column_stack([block[:, [at.get(code, -1) for code in leaf.codes]].sum(axis=1) for leaf in leaves])


def entered_of(leaves: Sequence[Leaf], frame: pd.DataFrame) -> NDArray[np.float64]:
    """How many villages gave each figure of `figures_of`, or said that it does not apply: the least over the leaf's codes; NaN where that
    is not counted.
    """
    counts = [[f"{code}__answered" for code in leaf.codes] for leaf in leaves]
    columns = [
        frame[names].to_numpy(dtype=np.float64).min(axis=1) if all(name in frame for name in names) else np.full(len(frame), np.nan)
        for names in counts
    ]
    return np.column_stack(columns)


def is_in_part(leaves: Sequence[Leaf], frame: pd.DataFrame) -> NDArray[np.bool_]:
    """Which figures lack villages that have reported: their column, row or cell was blank or not there. Rows × leaves."""
    if "villages_reported" not in frame:
        return np.zeros((len(frame), len(leaves)), dtype=bool)
    return entered_of(leaves, frame) < frame["villages_reported"].to_numpy(dtype=np.float64)[:, None]


_TOTAL = Text(zh="合计", en="Total")


def leaves_of(part: TablePart, dictionary: Dictionary, month: str, of: Return | None = None) -> list[Leaf]:
    """Columns of one sheet, left to right; indicators that are not in force in `month` are left out.

    A `section` takes the figures of the month's return, or of the return of another period that the table is about (`of`).
    """
    found: list[Leaf] = []
    for column in part.columns:
        if column.section is not None:
            here = [i for i in dictionary.in_force(month) if i.section == column.section]
            in_section = [i for i in here if (i.concept.return_ == of.id if of is not None else not i.ends)]
            for concept in dict.fromkeys(i.concept.code for i in in_section):
                found += _concept(concept, dictionary)
        for code in column.codes:
            found += _named(code, dictionary, month)
    return found


def _concept(code: str, dictionary: Dictionary) -> list[Leaf]:
    members = dictionary.indicators_of(code)
    top = members[0].concept.label
    found = [Leaf(top, m.member.label if m.member else top, (m.code,), m.unit.decimals) for m in members]
    if members[0].breakdown is not None and members[0].breakdown.additive:
        total = dictionary.totals.get(code)  # filled in also where the parts were given (`schemas.wholes.with_wholes`)
        of = (total[0],) if total is not None else tuple(m.code for m in members)
        found.insert(0, Leaf(top, _TOTAL, of, members[0].unit.decimals))
    return found


def _named(code: str, dictionary: Dictionary, month: str) -> list[Leaf]:
    if code in COMPLETENESS_LABELS:
        label = COMPLETENESS_LABELS[code]
        return [Leaf(label, label, (code,), 0)]
    if code in dictionary.derived:
        entry = dictionary.derived[code]
        if not entry.is_in_force(month):
            return []
        unit = dictionary.units[entry.unit]
        top = Text(zh=f"{entry.label.zh}（{unit.label.zh}）", en=f"{entry.label.en} ({unit.label.en})")
        if entry.interval is None:
            return [Leaf(top, top, (code,), unit.decimals)]
        parts = (
            (code, Text(zh="数值", en="Value")),
            (f"{code}__low", Text(zh="下限", en="Low")),
            (f"{code}__high", Text(zh="上限", en="High")),
        )
        return [Leaf(top, sub, (column,), unit.decimals) for column, sub in parts]
    if code in dictionary.concepts:
        return _concept(code, dictionary)
    indicator = dictionary.indicators[code]
    return [Leaf(indicator.label, indicator.label, (code,), indicator.unit.decimals)]
