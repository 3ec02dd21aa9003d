"""Whether a report repeats last month's event figures (methods.md B3: a stale re-submission? one month is no pattern)."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.dictionary import Dictionary

_FEWEST_NONZERO = 3


def repeats_last_month(report: pd.DataFrame, previous: pd.DataFrame, dictionary: Dictionary) -> NDArray[np.float64]:
    """1.0 where every counted flow reported in both months is equal and at least three are not zero; else 0.0; NaN without a pair.

    Args:
        report: this month's frame.
        previous: last month's values, row by row the same villages, NaN where there are none; a flow that it lacks is not compared.
        dictionary: says which indicators are flows counted in whole units.
    """
    flows = [i.code for i in dictionary.indicators.values() if i.kind == "flow" and i.unit.decimals == 0 and i.code in previous]
    now, last = report[flows].to_numpy(dtype=np.float64), previous[flows].to_numpy(dtype=np.float64)
    both = ~np.isnan(now) & ~np.isnan(last)
    is_same = np.where(both, now == last, True).all(axis=1)
    nonzero = (both & (now != 0)).sum(axis=1)
    found = (is_same & (nonzero >= _FEWEST_NONZERO)).astype(np.float64)
    found[~both.any(axis=1)] = np.nan
    return np.asarray(found)
