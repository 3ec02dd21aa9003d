"""What others flag by, on the same block of figures: DHIS2's z-score, modified z and min–max. For comparison only."""

from __future__ import annotations

import warnings

import numpy as np
from numpy.typing import NDArray

Block = NDArray[np.float64]
THRESHOLDS = {"DHIS2 z": 3.0, "DHIS2 modified z": 3.5, "DHIS2 min–max": 1.0}


def scores(values: Block) -> dict[str, Block]:
    """Name → n × C scores of the last month's figures, NaN where there is none; from `THRESHOLDS` on a figure is flagged.

    As DHIS2 does, the tested figure is in its own mean, median and deviation; where the deviation is 0 nothing is said.

    Args:
        values: T × n × C, the last month being the one that is looked at.
    """
    x = values[-1]
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning), np.errstate(divide="ignore", invalid="ignore"):
        mean, deviation = np.nanmean(values, axis=0), np.nanstd(values, axis=0)
        middle = np.nanmedian(values, axis=0)
        mad = np.nanmedian(np.abs(values - middle[None]), axis=0)
        z = np.where(deviation > 0, np.abs(x - mean) / deviation, np.nan)
        modified = np.where(mad > 0, 0.6745 * np.abs(x - middle) / mad, np.nan)
        least, most = np.round(mean - 2 * deviation), np.round(mean + 2 * deviation)
        outside = np.maximum(np.maximum(least - x, x - most), 0.0)
        beyond = np.where(deviation > 0, np.where(outside > 0, 1.0, 0.5) * (1 + outside / (2 * deviation)), np.nan)
    return {"DHIS2 z": z, "DHIS2 modified z": modified, "DHIS2 min–max": beyond}
