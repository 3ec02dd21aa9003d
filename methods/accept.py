"""Which submission counts as a village's report of the month, and what is odd about the way it came.

Nothing is changed or merged here: the report of a village is one submission (or one for each part of the return), the last one
received; every other version stays in the store and is counted in `conflicting_versions` or `identical_copies`. Where two with
different figures came at the same moment there is no last one: neither counts until the village has said which is right.
"""

from __future__ import annotations

from collections.abc import Collection, Set

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.cellcounts import counted_cells
from schemas.dictionary import Dictionary
from schemas.states import MISSING, NOT_COLLECTED, state_column

COUNTS, SUPERSEDED, REPLACED, RIVAL = "counts", "superseded", "replaced", "rival"
UNKNOWN, EXPIRED, WRONG_MONTH, OTHER_MONTH = "unknown_place", "expired_place", "wrong_month", "other_month"
HELD = (RIVAL, UNKNOWN, EXPIRED, WRONG_MONTH)
"""Where a record stands. It counts; a later file has superseded it, or other content under its own name replaced it; it is held, because
another came at the same moment, its place is not in the registry or not in force, or it states another month and no right one has come
(then WRONG_MONTH; where one has, OTHER_MONTH)."""

_PLACE_COLUMNS = ("village_code", "village_name", "town_code", "town_name", "county_code", "county_name")


def accept_reports(
    readings: pd.DataFrame, villages: pd.DataFrame, dictionary: Dictionary, month: str, due: str, opens: str = ""
) -> pd.DataFrame:
    """The month's VillageReport frame.

    Args:
        readings: one row a record of role 'report' and level 'village', in order of submission, with `place` (the resolved code),
            and what else `sources.identify` finds beside the store's columns.
        villages: the villages expected (`sources.places.villages_of`).
        dictionary: for the order of indicators.
        month: 'YYYY-MM'.
        due: ISO time after which a report is late.
        opens: ISO time before which it is early (`methods.calendar.opening_time`); '' where nobody asks.

    Returns:
        One row a village expected, in order of code, then one a report of a place that is not expected (status 'held').
    """
    expected = set(villages["village_code"])
    # In time is who reported in time: a later correction makes nobody late.
    for_month = readings[is_of_month(readings, month) & readings["place"].isin(expected)]
    first_arrival = for_month.groupby(["place", "return"])["arrived_at"].min()
    keys = figure_keys(readings, dictionary)
    standing = standings(readings, expected, month, keys)
    is_current = standing != REPLACED
    readings, standing = readings[is_current].reset_index(drop=True), standing[is_current].reset_index(drop=True)
    keys = keys[is_current].reset_index(drop=True)
    usable = standing.isin([COUNTS, SUPERSEDED, RIVAL])
    chosen = readings[standing == COUNTS].reset_index(drop=True)
    arrived = first_arrival.reindex(pd.MultiIndex.from_frame(chosen[["place", "return"]])).reset_index(drop=True)
    chosen = chosen.assign(own_arrival=chosen["arrived_at"], arrived_at=arrived.astype("str"))
    report = _skeleton(villages, month)
    position = pd.Series(np.arange(len(report)), index=report["village_code"])
    values, states = _figures(chosen, position, len(report), dictionary)
    _set(report, position, chosen["place"], "status", "accepted")
    _describe(report, readings, keys, usable, chosen, position, month, due, opens, dictionary, states)
    _hold(report, readings, standing, keys, position, month, due)
    strangers = _once(readings[standing.isin([UNKNOWN, EXPIRED])])
    held = _held(strangers, report.columns, month, due)
    report = pd.concat([report, held], ignore_index=True) if len(held) else report
    blank = np.full((len(held), len(dictionary.codes)), np.nan)
    unknown = np.full(blank.shape, MISSING, dtype=np.uint8)
    return pd.concat([report, _wide(np.vstack([values, blank]), np.vstack([states, unknown]), dictionary)], axis=1)


def standings(readings: pd.DataFrame, expected: Collection[str], month: str, keys: pd.Series) -> pd.Series:
    """Where every record stands: str, same index.

    Args:
        readings: as in `accept_reports`; figures are not looked at.
        expected: codes of the villages in force.
        month: 'YYYY-MM'.
        keys: equal for two records exactly when their figures are; needed only where two came at the same moment.
    """
    expected = expected if isinstance(expected, Set) else set(expected)
    # A file replaced under its own name is a correction: only its last content speaks. Another file is another version.
    last: dict[str, int] = {}
    for path, number in zip(readings["path"].tolist(), readings["submission_id"].tolist(), strict=True):
        last[path] = max(number, last.get(path, number))
    is_current = readings["submission_id"] == np.array([last[path] for path in readings["path"].tolist()], dtype="int64")
    is_expected = pd.Series([place in expected for place in readings["place"].tolist()], index=readings.index, dtype=bool)
    is_right = is_of_month(readings, month)
    standing = pd.Series(np.where(readings["is_known"], EXPIRED, UNKNOWN), index=readings.index, dtype="str")
    standing[is_expected] = OTHER_MONTH
    usable = is_current & is_expected & is_right
    is_later = readings[usable].duplicated(["place", "return"], keep="last")
    standing[usable] = np.where(is_later, SUPERSEDED, COUNTS)
    wrong = is_current & is_expected & ~is_right
    alone = wrong & ~readings["place"].isin(set(readings.loc[usable, "place"]))
    standing[alone & ~readings[alone].duplicated("place", keep="last").reindex(readings.index, fill_value=False)] = WRONG_MONTH
    rivals = _rivals(readings[usable], keys)
    held = readings.loc[rivals, "place"]
    standing[usable & (standing == COUNTS) & readings["place"].isin(set(held))] = RIVAL
    standing[rivals] = RIVAL
    standing[~is_current] = REPLACED
    return standing


def is_of_month(readings: pd.DataFrame, month: str) -> pd.Series:
    """Which records hold the month's figures: they state that month or none, and no other period or kind (累计, 计划)."""
    is_month = readings["month"].isin([month, ""])
    return is_month & (readings["period"] == "") if "period" in readings else is_month


def _rivals(usable: pd.DataFrame, keys: pd.Series) -> pd.Index:
    """Records with different figures that came at the same second, or in the same bundle, as the last one of their place."""
    several = usable[usable.duplicated(["place", "return"], keep=False)]
    if several.empty:
        return several.index
    bundle = pd.Series([path.partition("!/")[0] if "!/" in path else "" for path in several["path"]], index=several.index, dtype="str")
    groups = [several["place"], several["return"]]
    last_arrival, last_bundle = several["arrived_at"].groupby(groups).transform("last"), bundle.groupby(groups).transform("last")
    together = several[(several["arrived_at"] == last_arrival) | ((bundle == last_bundle) & (bundle != ""))]
    versions = keys[together.index].groupby([together["place"], together["return"]]).transform("nunique")
    return together.index[(versions > 1).to_numpy()]


def _once(strangers: pd.DataFrame) -> pd.DataFrame:
    """The last one of each place that is not expected; without any code or name, one a file."""
    names = strangers["place"] + strangers["place_name"]
    return strangers[
        ~strangers.assign(file=strangers["path"].where(names == "", "")).duplicated(
            ["place", "place_name", "parent_name", "return", "file"], keep="last"
        )
    ]


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
        simultaneous_versions=0.0,
        days_early=np.nan,
        file_month_gap=np.nan,
        title_month_gap=np.nan,
        is_other_period=np.nan,
        stated_month_gap=np.nan,
        unreadable_cells=np.nan,
        missing_cells=np.nan,
        required_blanks=np.nan,
        stated_sum_mismatches=np.nan,
        is_place_unknown=0.0,
        is_place_expired=0.0,
        is_name_mismatch=np.nan,
        is_town_mismatch=np.nan,
        is_other_village=np.nan,
        is_claim_mismatch=np.nan,
        is_filled_in=np.nan,
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
    keys: pd.Series,
    usable: pd.Series,
    chosen: pd.DataFrame,
    position: pd.Series,
    month: str,
    due: str,
    opens: str,
    dictionary: Dictionary,
    states: NDArray[np.uint8],
) -> None:
    """Fill the report's attributes: how it came, from how many files, what could not be read."""
    rows = position.loc[chosen["place"]].to_numpy()
    late = _days_after(chosen["arrived_at"], due)
    wrong_sums = chosen["wrong_sums"].str.count(",") + (chosen["wrong_sums"] != "")
    _set(report, position, chosen["place"], "is_missing", 0.0)
    _set(report, position, chosen["place"], "month_gap", 0.0)
    _set(report, position, chosen["place"], "is_other_period", 0.0)
    for column, figures in (
        ("days_late", late),
        ("stated_sum_mismatches", wrong_sums.to_numpy(dtype=float)),
        ("is_name_mismatch", (~chosen["is_name_match"]).to_numpy(dtype=float)),
        ("is_town_mismatch", (~chosen["is_town_match"]).to_numpy(dtype=float)),
        ("is_other_village", (chosen["other_place"] != "").to_numpy(dtype=float)),
        ("is_claim_mismatch", (~chosen["is_claim_match"]).to_numpy(dtype=float)),
        ("is_filled_in", (~chosen["place_from"].isin(["cells", ""])).to_numpy(dtype=float)),
        ("file_month_gap", np.abs(_months_from(chosen["file_month"], month))),
        ("title_month_gap", np.abs(_months_from(_named_in_title(chosen), month))),
        ("days_early", _days_before(chosen["own_arrival"], opens)),
    ):
        filled = pd.Series(figures).groupby(rows).max()
        report.loc[filled.index, column] = filled
    ids = (chosen["sha256"].str.cat(chosen["ordinal"].astype("str"), sep="/")).groupby(rows).agg(",".join)
    report.loc[ids.index, "reading_ids"] = ids
    accepted = np.unique(rows)
    report.loc[accepted, "is_on_time"] = report.loc[accepted, "days_late"] <= 0
    for attribute, counted in counted_cells(states, dictionary, month).items():
        report.loc[accepted, attribute] = counted.sum(axis=1)[accepted].astype(float)
    versions = readings.loc[usable, ["place", "return"]].assign(key=keys[usable]).groupby(["place", "return"])["key"]
    others = (versions.nunique() - 1).groupby("place").max()
    report.loc[position.loc[others.index], "conflicting_versions"] = others.to_numpy(dtype=float)
    copies = (versions.size() - versions.nunique()).groupby("place").max()
    report.loc[position.loc[copies.index], "identical_copies"] = copies.to_numpy(dtype=float)


def figure_keys(readings: pd.DataFrame, dictionary: Dictionary) -> pd.Series:
    """A number for every record, equal exactly when every figure and state is."""
    block = np.ascontiguousarray(readings[list(dictionary.codes)].to_numpy(dtype=np.float64))
    keys = [hash((row.tobytes(), states)) for row, states in zip(block, readings["states"], strict=True)]
    return pd.Series(keys, index=readings.index, dtype="int64")


def _hold(
    report: pd.DataFrame, readings: pd.DataFrame, standing: pd.Series, keys: pd.Series, position: pd.Series, month: str, due: str
) -> None:
    """Villages whose submissions came at the same moment with different figures, or state another month than they were sent for."""
    other, rivals = readings[standing == WRONG_MONTH], readings[standing == RIVAL]
    gaps = pd.Series(_months_from(other["month"], month), index=other.index)
    for held, gap in ((other, gaps), (rivals, pd.Series(0.0, index=rivals.index))):
        by_place = held.groupby("place", sort=False)
        rows = position.loc[by_place["arrived_at"].first().index].to_numpy()
        report.loc[rows, "status"] = "held"
        report.loc[rows, "is_missing"] = 0.0
        report.loc[rows, "month_gap"] = gap.groupby(held["place"], sort=False).last().to_numpy()
        is_other = held["period"] != "" if "period" in held else pd.Series(False, index=held.index)
        report.loc[rows, "is_other_period"] = is_other.groupby(held["place"], sort=False).last().to_numpy(dtype=float)
        report.loc[rows, "days_late"] = _days_after(by_place["arrived_at"].min(), due)
        ids = held["sha256"].str.cat(held["ordinal"].astype("str"), sep="/")
        report.loc[rows, "reading_ids"] = (
            ids.groupby(held["place"], sort=False).agg(lambda several: ",".join(dict.fromkeys(several))).to_numpy()
        )
    versions = keys[rivals.index].groupby([rivals["place"], rivals["return"]]).nunique().groupby("place").max()
    report.loc[position.loc[versions.index], "simultaneous_versions"] = versions.to_numpy(dtype=float)
    report.loc[position.loc[versions.index], ["conflicting_versions", "identical_copies"]] = 0.0  # asked about once


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


def _days_before(arrived: pd.Series, opens: str) -> NDArray[np.float64]:
    """Whole days, rounded up, from arrival to the time before which a report is early; 0 when it is not."""
    if not opens:
        return np.full(len(arrived), np.nan)
    ahead = (pd.Timestamp(opens) - pd.to_datetime(arrived, utc=True)).dt.total_seconds().to_numpy(dtype=np.float64)
    return np.maximum(0.0, np.ceil(ahead / 86_400)) + 0.0


def _named_in_title(chosen: pd.DataFrame) -> pd.Series:
    return chosen["title_month"] if "title_month" in chosen else pd.Series("", index=chosen.index, dtype="str")


def _months_from(months: pd.Series, month: str) -> NDArray[np.float64]:
    """Months from `month` to each of `months`; 0 where that is ''. Of a span (2024-01~2024-03), to the end that is another month."""
    given = months.where(months != "", month)
    given = given.str[-7:].where(given.str[-7:] != month, given.str[:7])
    gap = (given.str[:4].astype(int) - int(month[:4])) * 12 + given.str[5:].astype(int) - int(month[5:])
    return np.asarray(gap, dtype=np.float64)
