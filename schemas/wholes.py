"""Totals that a form asks for without their parts (`total_only` of a layout): births, whatever the sexes.

A village gives the parts, or the total. Its frame says which: the total's own column holds what was given without all of its parts. Whoever
adds up villages needs the figure of all of them: `whole`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.states import NOT_APPLICABLE, NOT_COLLECTED, REPORTED, state_column

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

Column = NDArray[np.float64]


def whole(frame: pd.DataFrame, total: str, parts: tuple[str, ...]) -> Column:
    """A concept's figure at every place: the total where it was given without all of its parts, else the sum of the parts."""
    stated = frame[total].to_numpy(dtype=np.float64)
    return np.asarray(np.where(np.isnan(stated), frame[list(parts)].to_numpy(dtype=np.float64).sum(axis=1), stated))


def with_wholes(frame: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """Reports of villages with every total filled in, also where the parts were given; the frame itself where no form asks for totals."""
    filled = {total: whole(frame, total, parts) for total, parts in dictionary.totals.values()}
    for total, parts in dictionary.totals.values():
        columns = [state_column(part) for part in parts]
        if state_column(total) in frame and set(columns) <= set(frame.columns):
            does_not_apply = (frame[columns].to_numpy() == NOT_APPLICABLE).all(axis=1)
            state = np.where(does_not_apply, NOT_APPLICABLE, frame[state_column(total)].to_numpy())
            filled[state_column(total)] = np.where(np.isnan(filled[total]), state, REPORTED).astype(np.uint8)
    return frame.assign(**filled) if filled else frame


def settle_totals(values: Column, states: NDArray[np.uint8], dictionary: Dictionary) -> NDArray[np.int64]:
    """Set each village's totals and parts to what it gave, in place; how many totals are not the sum of the parts given beside them.

    Where all parts are there they are the figures. Where none is, the total is, and the parts are not collected, whatever other forms ask.

    Args:
        values, states: villages × the dictionary's codes.
        dictionary: which totals there are.
    """
    wrong, at = np.zeros(len(values), dtype=np.int64), {code: n for n, code in enumerate(dictionary.codes)}
    for total, parts in dictionary.totals.values():
        t, p = at[total], [at[part] for part in parts]
        has_total, has_all = states[:, t] == REPORTED, (states[:, p] == REPORTED).all(axis=1)
        with np.errstate(invalid="ignore"):
            wrong += has_total & has_all & (np.abs(values[:, p].sum(axis=1) - values[:, t]) > 0.005)
        has_none = has_total & (states[:, p] != REPORTED).all(axis=1) & ~has_all
        for n in p:
            states[has_none & (states[:, n] != NOT_APPLICABLE), n] = NOT_COLLECTED
        values[has_all, t], states[has_all, t] = np.nan, NOT_COLLECTED
    return wrong


def asked_otherwise(states: NDArray[np.uint8], dictionary: Dictionary) -> NDArray[np.bool_]:
    """Figures that need not be there because the form asks for the total instead of its parts, or for the parts: villages × codes."""
    spared, at = np.zeros(states.shape, dtype=bool), {code: n for n, code in enumerate(dictionary.codes)}
    for total, parts in dictionary.totals.values():
        p = [at[part] for part in parts]
        has_total, has_parts = states[:, at[total]] != NOT_COLLECTED, (states[:, p] != NOT_COLLECTED).any(axis=1)
        spared[:, p] |= (has_total & ~has_parts)[:, None]
        spared[:, at[total]] = has_parts
    return spared
