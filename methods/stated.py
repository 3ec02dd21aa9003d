"""Totals that a place wrote down itself, as a long frame of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from methods.cells import cell_address
from schemas.dictionary import Dictionary

COLUMNS = ("month", "place_level", "place_code", "indicator", "stated", "source_file", "cell")


def stated_totals(readings: pd.DataFrame, plans: Mapping[str, Mapping[str, Any]], dictionary: Dictionary, month: str) -> pd.DataFrame:
    """StatedTotal frame: one row a place and indicator that somebody stated; the last submission wins.

    What stood in a file that was sent again is stated no longer, even where the new one leaves the cell blank.

    Args:
        readings: records of all roles, with `place` (resolved code, '' when not found) and `level`.
        plans: plan id → plan, for the cells.
        dictionary: for the order of indicators.
        month: 'YYYY-MM'; records of other months are left out.
    """
    is_current = readings["submission_id"] == readings.groupby("path")["submission_id"].transform("max")
    is_stated = (readings["role"] == "stated") & (readings["place"] != "") & readings["month"].isin([month, ""])
    usable = readings[is_current & is_stated].reset_index(drop=True)
    codes = np.array(dictionary.codes)
    block = usable[list(codes)].to_numpy(dtype=np.float64) if len(usable) else np.empty((0, len(codes)))
    rows, columns = np.nonzero(~np.isnan(block))
    frame = pd.DataFrame(
        {
            "month": month,
            "place_level": usable["level"].to_numpy()[rows],
            "place_code": usable["place"].to_numpy()[rows],
            "indicator": codes[columns],
            "stated": block[rows, columns],
            "source_file": usable["path"].to_numpy()[rows],
            "cell": [
                cell_address(plans[plan_id], code, row_no) if plan_id in plans else ""
                for plan_id, code, row_no in zip(
                    usable["plan_id"].to_numpy()[rows], codes[columns], usable["row_no"].to_numpy()[rows], strict=True
                )
            ],
        },
        columns=list(COLUMNS),
    )
    frame = frame.astype({c: "str" for c in COLUMNS if c != "stated"})
    return frame.drop_duplicates(["place_level", "place_code", "indicator"], keep="last", ignore_index=True)
