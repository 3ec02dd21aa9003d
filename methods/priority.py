"""Selective editing: which questions to ask first, and where one may stop.

Score of a cell = suspicion × influence: the expected error that it leaves in the county total, as a share of that total (Latouche &
Berthelot, Journal of Official Statistics 8, 1992, 389–400; Di Zio & Guarnera, SeleMix, 2013). The stop line stands where the expected error
left in every county total is under `residual`. It says how far asking pays, never that the rest is right.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RESIDUAL = 0.01
_PRIOR = 0.01


def suspicion(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Chance that a cell with p-value `p` is in error: Bayes' rule with e = ½·p^(−½) in place of the unknown likelihood ratio
    (Vovk & Wang, Annals of Statistics 49, 2021, 1736–1754) and one cell in a hundred in error beforehand. NaN stays NaN."""
    evidence = 0.5 / np.sqrt(np.clip(p, 1e-12, 1.0))
    return np.asarray(_PRIOR * evidence / (_PRIOR * evidence + 1 - _PRIOR))


def prioritise(cells: pd.DataFrame, totals: pd.Series, *, residual: float = RESIDUAL) -> pd.DataFrame:
    """Order suspected cells.

    Args:
        cells: place_code, indicator, shown, expected (what it would be without the error), suspicion (0–1).
        totals: county total by indicator, as reported.
        residual: share of a total that may stay in error.

    Returns:
        `cells` with error (suspicion × |shown − expected|), influence (error as a share of the county total; of 1 where that is nought),
        is_above_line, in order of influence; the index is kept.
    """
    difference = (cells["shown"] - cells["expected"]).abs()
    error = cells["suspicion"] * difference
    of = cells["indicator"].map(totals).abs().clip(lower=1.0)
    out = cells.assign(error=error, influence=error / of).sort_values(
        ["influence", "place_code", "indicator"], ascending=[False, True, True], kind="stable"
    )
    left = out.iloc[::-1].groupby("indicator", sort=False)["influence"].cumsum().iloc[::-1]
    # A cell is above the line while what is left from it on, itself included, is too much for the total.
    return out.assign(is_above_line=left >= residual)
