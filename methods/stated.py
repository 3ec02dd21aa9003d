"""Totals that a place wrote down itself, as a long frame of evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from methods.cells import cell_address
from methods.quotes import Words, words_of
from methods.standing import is_of_month
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
    is_stated = (readings["role"] == "stated") & (readings["place"] != "") & is_of_month(readings, month)
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


def of_other_months(readings: pd.DataFrame, month: str) -> pd.DataFrame:
    """Identified records of files that hold nothing but stated totals, and those of another month: they are held, and asked about."""
    r = readings
    is_current = r["submission_id"] == r.groupby("path")["submission_id"].transform("max")
    has_reports = r["submission_id"].isin(set(r.loc[r["role"] == "report", "submission_id"]))
    is_other = (r["role"] == "stated") & (r["place"] != "") & ~r["month"].isin([month, ""])
    return r[is_current & is_other & ~has_reports]


class HeldTotals:
    """Totals of another month at the places that stated them, for the rule that asks about it and for its wording.

    A file with the totals of several towns is asked about once, at their county.

    Args:
        readings: identified readings of the month.
        places: PlaceFigure frame of towns and counties, whose rows are asked about by position.
        month: what the files were sent for.
    """

    def __init__(self, readings: pd.DataFrame, places: pd.DataFrame, month: str) -> None:
        self._codes, self._month = places["place_code"].tolist(), month
        self._name_of = dict(zip(places["place_code"], places["place_name"], strict=True))
        self._held: dict[str, dict[Any, Any]] = {}
        parent = dict(zip(places["place_code"], places["parent_code"], strict=True))
        for _, of_file in of_other_months(readings, month).groupby("submission_id"):
            counties = [parent.get(place, "") for place in of_file["place"]]
            for record, county in zip(of_file.to_dict("records"), counties, strict=True):
                is_one_of_several = county in self._name_of and counties.count(county) > 1
                self._held.setdefault(county if is_one_of_several else record["place"], record)

    def gaps(self) -> list[float]:
        """For each place the months between its totals and the month they were sent for, NaN where none are held."""
        held = [self._held.get(code) for code in self._codes]
        return [np.nan if record is None else float(abs(months_apart(record["month"], self._month))) for record in held]

    def __call__(self, row: int, _: object) -> tuple[Words, Words]:
        """What the file of the place at a position says of its month, Chinese and English."""
        record = self._held.get(self._codes[row])
        if record is None:
            return {}, {}
        zh, en = words_of(record, self._month, self._name_of)
        return {"months": f"“{record['path']}”{zh['months']}"}, {"months": f"“{record['path']}”: {en['months']}"}


def months_apart(stated: str, month: str) -> int:
    """Whole months from `month` to another; of a span, to the end that is another month."""
    end = stated[-7:] if stated[-7:] != month else stated[:7]
    return (int(end[:4]) - int(month[:4])) * 12 + int(end[5:]) - int(month[5:])
