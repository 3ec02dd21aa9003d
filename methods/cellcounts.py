"""Which cells an attribute counted: a question names the cells, never only how many they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.states import MISSING, NOT_APPLICABLE, UNREADABLE, state_column

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

WRONG_SUMS = "stated_sum_mismatches"
"""The attribute that counts written totals; they are no indicators' cells, the reading itself says where they stand."""
COUNTED = ("unreadable_cells", "missing_cells", "required_blanks")
"""The attributes that count indicators' cells."""
ABSENT = "required_absent"
"""The attribute that counts required figures for which there is no cell."""


def counted_cells(states: NDArray[np.uint8], dictionary: Dictionary, month: str) -> Mapping[str, NDArray[np.bool_]]:
    """Attribute → which cells it counts. Shapes: villages × the dictionary's codes, as `states`."""
    indicators = dictionary.indicators.values()
    in_force = np.array([i.is_in_force(month) for i in indicators], dtype=bool)
    is_required = np.array([i.concept.required for i in indicators], dtype=bool)
    blank = (states == MISSING) & in_force
    struck = (states == NOT_APPLICABLE) & in_force  # — in a figure that every village has says nothing
    return dict(zip(COUNTED, ((states == UNREADABLE) & in_force, blank, (blank | struck) & is_required), strict=True))


def codes_counted(
    report: pd.DataFrame, row: int, codes: Sequence[str], dictionary: Dictionary, month: str, cells: Callable[[int, Sequence[str]], str]
) -> Sequence[str]:
    """`codes`, where attributes that count cells give way to the indicators whose cells they counted at `row`.

    What is required and not there was left blank where the files have a `cells` address for it; else its cell is absent.
    """
    if not any(code in COUNTED or code == ABSENT for code in codes):
        return codes
    states = np.array([[report[state_column(code)].iat[row] for code in dictionary.codes]], dtype=np.uint8)
    of = counted_cells(states, dictionary, month)
    lacking = {r.id for r in dictionary.other_returns if np.isnan(report[r.days_late].to_numpy(dtype=np.float64)[row])}
    asked = [i.concept.return_ not in lacking for i in dictionary.indicators.values()]  # a return that has not come has no cells
    found = {code: [c for c, is_it, has in zip(dictionary.codes, of[code][0], asked, strict=True) if is_it and has] for code in of}
    if report[ABSENT].to_numpy(dtype=np.float64)[row] > 0:
        found[ABSENT] = [c for c in found["required_blanks"] if not cells(row, [c])] or found["required_blanks"]
        found |= {code: [c for c in found[code] if c not in found[ABSENT]] for code in ("missing_cells", "required_blanks")}
    return [c for code in codes for c in (found.get(code) or [code])]
