"""Which figures a village's return has to have: what the forms in use collect. A column that was left out is not 'not collected'."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.dictionary import Dictionary

_MOST = 0.5
"""Where at least this share of the villages that sent one part of a return sent another part too, it is asked for from all of them."""


def required_figures(chosen: pd.DataFrame, position: pd.Series, n: int, dictionary: Dictionary, month: str) -> NDArray[np.bool_]:
    """Required figures of the month that the village's forms, and the other parts of its return, collect: villages × indicators.

    Args:
        chosen: records that count, with `layout` (of their plan) where it is known.
        position: village code → row.
        n: villages.
        dictionary: layouts say what they collect: all indicators, or, without the dictionary's labels, their own columns.
        month: 'YYYY-MM'.
    """
    wanted = np.zeros((n, len(dictionary.codes)), dtype=bool)
    layouts = chosen["layout"] if "layout" in chosen else pd.Series("", index=chosen.index, dtype="str")
    groups = chosen.assign(layout=layouts).groupby(["return", "layout"], sort=False)
    rows_of: dict[str, NDArray[np.int64]] = {}
    for (name, layout), part in groups:
        rows = position.loc[part["place"]].to_numpy()
        wanted[rows] |= _collected_by(str(name), str(layout), dictionary)
        rows_of[str(name)] = np.union1d(rows_of.get(str(name), rows), rows)
    for name, rows in rows_of.items():
        for other in _with(name, rows_of, dictionary):
            wanted[rows] |= _collected_by(other, "", dictionary)
    return wanted & _required(dictionary, month)


def other_returns(dictionary: Dictionary) -> frozenset[str]:
    """The returns whose period is no month."""
    return frozenset(of.id for of in dictionary.other_returns)


def required_of_layout(layout_id: str, dictionary: Dictionary, month: str) -> NDArray[np.bool_]:
    """Required figures of the month that a layout collects; of one that is not known, none."""
    known = layout_id in dictionary.layouts
    return _required(dictionary, month) & known & _collected_by("", layout_id, dictionary)


def collected_by_layout(layout_id: str, dictionary: Dictionary) -> NDArray[np.bool_]:
    """Figures that a layout collects; of one that is not known, none."""
    return _collected_by("", layout_id, dictionary)


def _required(dictionary: Dictionary, month: str) -> NDArray[np.bool_]:
    return np.array([i.concept.required and i.is_in_force(month) for i in dictionary.indicators.values()], dtype=bool)


def _with(name: str, rows_of: dict[str, NDArray[np.int64]], dictionary: Dictionary) -> Collection[str]:
    """The other parts of a return: those that its layouts name, and those that most of its villages sent as well.

    A return of another period is no part: where it has not come, it is asked for as a whole, from its own due day on.
    """
    if name in other_returns(dictionary):
        return ()
    named = {other for layout in dictionary.layouts.values() if layout.return_ == name for other in layout.together}
    mine = rows_of[name]
    sent = {other for other, rows in rows_of.items() if len(np.intersect1d(mine, rows)) >= _MOST * len(mine)}
    return (named | sent) - {name} - other_returns(dictionary)


def _collected_by(name: str, layout_id: str, dictionary: Dictionary) -> NDArray[np.bool_]:
    """Indicators that a layout collects; without one, those of every layout of the return."""
    known = dictionary.layouts.get(layout_id)
    layouts = [known] if known is not None else [x for x in dictionary.layouts.values() if x.return_ == name and x.role == "report"]
    columns = {code for layout in layouts for code in layout.columns.values()}
    takes_all = any(layout.use_dictionary for layout in layouts)
    concepts = columns & set(dictionary.concepts)
    takes = np.array(
        [
            code in columns or i.concept.code in concepts or (takes_all and i.concept.return_ is None)
            for code, i in dictionary.indicators.items()
        ],
        dtype=bool,
    )
    asks_total = {concept for layout in layouts for concept in layout.total_only}
    for concept, (total, parts) in dictionary.totals.items():  # a layout asks for the total or for its parts
        is_part, is_total = np.isin(dictionary.codes, parts), np.isin(dictionary.codes, [total])
        wanted = concept in asks_total and (takes_all or bool({f"total:{concept}", concept, *parts} & columns))
        takes = np.where(is_total, wanted, takes & ~(is_part & (concept in asks_total)))
    return takes
