"""Which cells an attribute counted: a question names the cells, never only how many they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.states import MISSING, UNREADABLE, state_column

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

WRONG_SUMS = "stated_sum_mismatches"
"""The attribute that counts written totals; they are no indicators' cells, the reading itself says where they stand."""
COUNTED = ("unreadable_cells", "missing_cells", "required_blanks")
"""The attributes that count indicators' cells."""


def counted_cells(states: NDArray[np.uint8], dictionary: Dictionary, month: str) -> Mapping[str, NDArray[np.bool_]]:
    """Attribute → which cells it counts. Shapes: villages × the dictionary's codes, as `states`."""
    indicators = dictionary.indicators.values()
    in_force = np.array([i.is_in_force(month) for i in indicators], dtype=bool)
    is_required = np.array([i.concept.required for i in indicators], dtype=bool)
    blank = (states == MISSING) & in_force
    return dict(zip(COUNTED, ((states == UNREADABLE) & in_force, blank, blank & is_required), strict=True))


def codes_counted(report: pd.DataFrame, row: int, codes: Sequence[str], dictionary: Dictionary, month: str) -> Sequence[str]:
    """`codes`, where attributes that count cells give way to the indicators whose cells they counted at `row`."""
    if not any(code in COUNTED for code in codes):
        return codes
    states = np.array([[report[state_column(code)].iat[row] for code in dictionary.codes]], dtype=np.uint8)
    of = counted_cells(states, dictionary, month)
    found = {code: [c for c, is_it in zip(dictionary.codes, of[code][0], strict=True) if is_it] for code in codes if code in of}
    return [c for code in codes for c in (found.get(code) or [code])]
