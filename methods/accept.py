"""Which submission counts as a village's report of the month, and what is odd about the way it came.

Nothing is changed or merged here: the report of a village is one submission (or one for each part of the return), the last one
received; every other version stays in the store and is counted in `conflicting_versions` or `identical_copies`.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.dictionary import Dictionary
from schemas.states import MISSING, NOT_COLLECTED, UNREADABLE, state_column

_PLACE_COLUMNS = ("village_code", "village_name", "town_code", "town_name", "county_code", "county_name")


def accept_reports(readings: pd.DataFrame, villages: pd.DataFrame, dictionary: Dictionary, month: str, due: str) -> pd.DataFrame:
    """The month's VillageReport frame.

    Args:
        readings: one row a record of role 'report' and level 'village', in order of submission, with `place` (the resolved code),
            `is_known` (the code is in the registry at some time), `is_name_match`, `is_town_match` (bool) beside the store's columns.
        villages: the villages expected (`sources.places.villages_of`).
        dictionary: for the order of indicators.
        month: 'YYYY-MM'.
        due: ISO time after which a report is late.

    Returns:
        One row a village expected, in order of code, then one a report of a place that is not expected (status 'held').
    """
    expected = set(villages["village_code"])
    # In time is who reported in time: a later correction makes nobody late.
    for_month = readings[readings["month"].isin([month, ""]) & readings["place"].isin(expected)]
    first_arrival = for_month.groupby(["place", "return"])["arrived_at"].min()
    # A file replaced under its own name is a correction: only its last content speaks. Another file is another version.
    last = readings.groupby("path")["submission_id"].transform("max")
    readings = readings[readings["submission_id"] == last].reset_index(drop=True)
    same_month = (readings["month"] == month) | (readings["month"] == "")
    usable = same_month & readings["place"].isin(expected)
    chosen = readings[usable].drop_duplicates(["place", "return"], keep="last").reset_index(drop=True)
    arrived = first_arrival.reindex(pd.MultiIndex.from_frame(chosen[["place", "return"]])).reset_index(drop=True)
    chosen = chosen.assign(arrived_at=arrived.astype("str"))
    report = _skeleton(villages, month)
    position = pd.Series(np.arange(len(report)), index=report["village_code"])
    values, states = _figures(chosen, position, len(report), dictionary)
    _set(report, position, chosen["place"], "status", "accepted")
    _describe(report, readings, usable, chosen, position, month, due, dictionary, states)
    strangers = readings[~readings["place"].isin(expected)].drop_duplicates(["place", "place_name", "return"], keep="last")
    held = _held(strangers, report.columns, month, due)
    report = pd.concat([report, held], ignore_index=True) if len(held) else report
    blank = np.full((len(held), len(dictionary.codes)), np.nan)
    unknown = np.full(blank.shape, MISSING, dtype=np.uint8)
    return pd.concat([report, _wide(np.vstack([values, blank]), np.vstack([states, unknown]), dictionary)], axis=1)


def _skeleton(villages: pd.DataFrame, month: str) -> pd.DataFrame:
    report = villages[list(_PLACE_COLUMNS)].copy()
    report.insert(0, "month", month)
    return report.assign(
        status="missing",
        reading_ids="",
        is_on_time=False,
        is_missing=1.0,
        days_late=np.nan,
        month_gap=np.nan,
        identical_copies=0.0,
        conflicting_versions=0.0,
        unreadable_cells=np.nan,
        missing_cells=np.nan,
        stated_sum_mismatches=np.nan,
        is_place_unknown=0.0,
        is_place_expired=0.0,
        is_name_mismatch=np.nan,
        is_town_mismatch=np.nan,
        repeated_last_month=np.nan,
    )


def _figures(chosen: pd.DataFrame, position: pd.Series, n: int, dictionary: Dictionary) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Values and states, villages × indicators; parts of a return that came in several files fill each other's columns."""
    codes = list(dictionary.codes)
    values = np.full((n, len(codes)), np.nan)
    states = np.full((n, len(codes)), MISSING, dtype=np.uint8)
    touched = np.zeros(n, dtype=bool)
    for _, part in chosen.groupby("return", sort=True):
        rows = position.loc[part["place"]].to_numpy()
        block = part[codes].to_numpy(dtype=np.float64)
        letters = np.frombuffer("".join(part["states"]).encode("ascii"), dtype=np.uint8).reshape(len(part), len(codes))
        first = ~touched[rows]
        states[rows[first]] = NOT_COLLECTED
        touched[rows] = True
        given = (letters != NOT_COLLECTED) & ~((letters == MISSING) & (states[rows] != NOT_COLLECTED))  # a blank erases nothing
        values[rows] = np.where(given, block, values[rows])
        states[rows] = np.where(given, letters, states[rows])
    return values, states


def _describe(
    report: pd.DataFrame,
    readings: pd.DataFrame,
    usable: pd.Series,
    chosen: pd.DataFrame,
    position: pd.Series,
    month: str,
    due: str,
    dictionary: Dictionary,
    states: NDArray[np.uint8],
) -> None:
    """Fill the report's attributes: how it came, from how many files, what could not be read."""
    rows = position.loc[chosen["place"]].to_numpy()
    late = _days_after(chosen["arrived_at"], due)
    wrong_sums = chosen["wrong_sums"].str.count(",") + (chosen["wrong_sums"] != "")
    _set(report, position, chosen["place"], "is_missing", 0.0)
    _set(report, position, chosen["place"], "month_gap", 0.0)
    for column, figures in (
        ("days_late", late),
        ("stated_sum_mismatches", wrong_sums.to_numpy(dtype=float)),
        ("is_name_mismatch", (~chosen["is_name_match"]).to_numpy(dtype=float)),
        ("is_town_mismatch", (~chosen["is_town_match"]).to_numpy(dtype=float)),
    ):
        filled = pd.Series(figures).groupby(rows).max()
        report.loc[filled.index, column] = filled
    ids = (chosen["sha256"].str.cat(chosen["ordinal"].astype("str"), sep="/")).groupby(rows).agg(",".join)
    report.loc[ids.index, "reading_ids"] = ids
    accepted = np.unique(rows)
    report.loc[accepted, "is_on_time"] = report.loc[accepted, "days_late"] <= 0
    in_force = np.array([indicator.is_in_force(month) for indicator in dictionary.indicators.values()])
    report.loc[accepted, "unreadable_cells"] = ((states == UNREADABLE) & in_force).sum(axis=1)[accepted].astype(float)
    report.loc[accepted, "missing_cells"] = ((states == MISSING) & in_force).sum(axis=1)[accepted].astype(float)
    versions = _figures_key(readings[usable], dictionary).groupby(["place", "return"])["key"]
    others = (versions.nunique() - 1).groupby("place").max()
    report.loc[position.loc[others.index], "conflicting_versions"] = others.to_numpy(dtype=float)
    copies = (versions.size() - versions.nunique()).groupby("place").max()
    report.loc[position.loc[copies.index], "identical_copies"] = copies.to_numpy(dtype=float)
    _wrong_month(report, readings, position, month, due)


def _figures_key(readings: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """place, return and a key that is equal exactly when every figure and state is."""
    block = np.ascontiguousarray(readings[list(dictionary.codes)].to_numpy(dtype=np.float64))
    keys = [hash((row.tobytes(), states)) for row, states in zip(block, readings["states"], strict=True)]
    return readings[["place", "return"]].assign(key=keys)


def _wrong_month(report: pd.DataFrame, readings: pd.DataFrame, position: pd.Series, month: str, due: str) -> None:
    """A form that states another month than it was sent for is held, unless a right one has come as well."""
    other = readings[(readings["month"] != month) & (readings["month"] != "") & readings["place"].isin(position.index)]
    other = other.drop_duplicates("place", keep="last")
    other = other[(report.loc[position.loc[other["place"]], "status"] == "missing").to_numpy()]
    gap = (other["month"].str[:4].astype(int) - int(month[:4])) * 12 + other["month"].str[5:].astype(int) - int(month[5:])
    rows = position.loc[other["place"]].to_numpy()
    report.loc[rows, "status"] = "held"
    report.loc[rows, "is_missing"] = 0.0
    report.loc[rows, "month_gap"] = gap.to_numpy(dtype=float)
    report.loc[rows, "days_late"] = _days_after(other["arrived_at"], due)
    report.loc[rows, "reading_ids"] = other["sha256"].str.cat(other["ordinal"].astype("str"), sep="/").to_numpy()


def _held(strangers: pd.DataFrame, columns: pd.Index, month: str, due: str) -> pd.DataFrame:
    """Reports of places that the registry does not expect: unknown codes, and codes not in force in the month."""
    known = strangers["is_known"].to_numpy(dtype=bool)
    held = pd.DataFrame(index=range(len(strangers)), columns=columns).astype(dict.fromkeys(columns, "float64"))
    texts = [c for c in ("month", *_PLACE_COLUMNS, "status", "reading_ids") if c in columns]
    held = held.astype(dict.fromkeys(texts, "str"))
    held[texts] = ""
    return held.assign(
        month=month,
        status="held",
        village_code=strangers["place"].to_numpy(),
        village_name=strangers["place_name"].to_numpy(),
        town_name=strangers["parent_name"].to_numpy(),
        reading_ids=strangers["sha256"].str.cat(strangers["ordinal"].astype("str"), sep="/").to_numpy(),
        is_on_time=False,
        is_missing=0.0,
        days_late=_days_after(strangers["arrived_at"], due),
        is_place_unknown=(~known).astype(float),
        is_place_expired=known.astype(float),
    )


def _wide(values: NDArray[np.float64], states: NDArray[np.uint8], dictionary: Dictionary) -> pd.DataFrame:
    codes = list(dictionary.codes)
    return pd.concat([pd.DataFrame(values, columns=codes), pd.DataFrame(states, columns=[state_column(c) for c in codes])], axis=1)


def _set(report: pd.DataFrame, position: pd.Series, places: pd.Series, column: str, value: str | float) -> None:
    report.loc[position.loc[places].to_numpy(), column] = value


def _days_after(arrived: pd.Series, due: str) -> NDArray[np.float64]:
    """Whole days, rounded up, from the due time to arrival; 0 when in time."""
    delay = (pd.to_datetime(arrived, utc=True) - pd.Timestamp(due)).dt.total_seconds().to_numpy(dtype=np.float64)
    return np.maximum(0.0, np.ceil(delay / 86_400)) + 0.0  # no negative zero
