"""Villages whose area changed in the month: last month's figures are of another area, so that no comparison with them can be told.

A village that was split, or with which another was merged, may open with the figures of its new area, or with its old ones and a
boundary change. The second passes; of the first nothing can be said until a month has gone by.
"""

from __future__ import annotations

import pandas as pd

from methods.confront import Confrontation
from methods.untold import compared_with_last_month, untold


def area_changed(events: pd.DataFrame, month: str) -> frozenset[str]:
    """Codes of the villages that a split or a merger of the month left with another area.

    Args:
        events: lineage (date, kind, from_code, to_code).
        month: 'YYYY-MM'.
    """
    now = events[events["date"].str[:7] == month]
    split, merged = now[now["kind"] == "split"], now[now["kind"] == "merge"]
    return frozenset([*split["from_code"], *split["to_code"], *merged["to_code"]])


def without_other_areas(found: Confrontation, report: pd.DataFrame, events: pd.DataFrame, month: str) -> Confrontation:
    """The confrontation, in which villages whose area changed fail no comparison with last month.

    Args:
        found: confrontation of `report`.
        report: VillageReport frame.
        events: lineage.
        month: 'YYYY-MM'.
    """
    changed = report["village_code"].isin(list(area_changed(events, month))).to_numpy()
    compared = compared_with_last_month(found)
    return untold(found, report, lambda row, rule_id: bool(changed[row]) and rule_id in compared)
