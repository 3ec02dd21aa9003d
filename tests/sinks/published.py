"""A tiny fixed month, rolled up by the real methods, from which the golden tables are made."""

from __future__ import annotations

from functools import cache

import numpy as np
import pandas as pd

from methods.rollup import roll_up
from schemas.dictionary import Dictionary, load_dictionary
from schemas.states import MISSING, REPORTED, state_column

MONTH = "2024-03"
VILLAGES = (
    ("990101100201", "龙泉村", "990101100", "青溪镇", "accepted", True),
    ("990101100202", "=柳林村", "990101100", "青溪镇", "accepted", False),
    ("990101100203", "石桥村", "990101100", "青溪镇", "missing", False),
    ("990101200201", "东山村", "990101200", "白云乡", "accepted", True),
    ("990101200202", "西沟村", "990101200", "白云乡", "held", False),
)


@cache
def dictionary() -> Dictionary:
    return load_dictionary([])


def value_of(village: int, position: int) -> float:
    """A figure made from its place alone: known without any of our code. Blank in one place, 0 in some."""
    if (village, position) == (1, 3):
        return float("nan")
    return float((7 * village + 3 * position) % 11)


@cache
def report() -> pd.DataFrame:
    d = dictionary()
    rows = []
    for n, (code, name, town, town_name, status, is_on_time) in enumerate(VILLAGES):
        row: dict[str, object] = {
            "month": MONTH, "village_code": code, "village_name": name, "town_code": town, "town_name": town_name,
            "county_code": "990101", "county_name": "清河县", "status": status, "reading_ids": "", "is_on_time": is_on_time,
        }  # fmt: skip
        row |= dict.fromkeys(d.attributes, np.nan) | {
            "is_missing": float(status == "missing"),
            "is_place_unknown": 0.0,
            "is_place_expired": 0.0,
        }
        for position, indicator in enumerate(d.codes):
            value = value_of(n, position) if status == "accepted" else float("nan")
            row[indicator] = value
            row[state_column(indicator)] = MISSING if np.isnan(value) else REPORTED
        rows.append(row)
    return pd.DataFrame(rows)


@cache
def towns() -> pd.DataFrame:
    return roll_up(report(), dictionary(), "town")


@cache
def county() -> pd.DataFrame:
    return roll_up(report(), dictionary(), "county")


def plain_sum(code: str, town: str = "") -> float | None:
    """The total by plain arithmetic; None when nobody reported the figure."""
    position = dictionary().codes.index(code)
    parts = [value_of(n, position) for n, v in enumerate(VILLAGES) if v[4] == "accepted" and v[2].startswith(town)]
    there = [p for p in parts if p == p]
    return sum(there) if there else None
