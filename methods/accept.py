"""Which submission counts as a village's report of the month, and what is odd about the way it came.

Nothing is changed here: the report of a village is one submission (or one for each part of the return), the last one received, and
where that one lacks columns the earlier one that has them (`methods.standing`); every other version stays in the store and is counted in
`conflicting_versions` or `identical_copies`. Where two with different figures came at the same moment there is no last one: neither
counts until the village has said which is right.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.calendar import due_time
from methods.cellcounts import counted_cells
from methods.collected import other_returns, required_figures
from methods.reasons import reasons_given
from methods.standing import COUNTS as COUNTS
from methods.standing import EXPIRED as EXPIRED
from methods.standing import FORMER_COPY, REPLACED, UNFILLED, is_of_month
from methods.standing import HELD as HELD
from methods.standing import RIVAL as RIVAL
from methods.standing import SUPERSEDED as SUPERSEDED
from methods.standing import UNKNOWN as UNKNOWN
from methods.standing import WRONG_MONTH as WRONG_MONTH
from methods.standing import standings as standings
from methods.unfilled import gives, is_unfilled, letters_of
from schemas.dictionary import Dictionary
from schemas.states import MISSING, NOT_COLLECTED, REPORTED, state_column
from schemas.wholes import asked_otherwise, settle_totals

_PLACE_COLUMNS = ("village_code", "village_name", "town_code", "town_name", "county_code", "county_name")


def accept_reports(
    readings: pd.DataFrame, villages: pd.DataFrame, dictionary: Dictionary, month: str, due: str, opens: str = "", now: str = ""
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
        now: ISO time; before the due time of a return of another period nobody is asked where it is. '': all are asked.

    Returns:
        One row a village expected, in order of code, then one a report of a place that is not expected (status 'held'). Status and
        arrival are those of the month's return; of each other return that is due the report has two attributes of its own.
    """
    expected = set(villages["village_code"])
    # What another return says of another period is told on its receipt (`assets.filenotes`): it makes no village late, held or reported.
    readings = readings[is_of_month(readings, month) | ~readings["return"].isin(other_returns(dictionary))].reset_index(drop=True)
    # In time is who reported in time: a later correction makes nobody late.
    unfilled = is_unfilled(readings["states"], dictionary, month)
    for_month = readings[is_of_month(readings, month) & readings["place"].isin(expected) & ~unfilled]
    first_arrival = for_month.groupby(["place", "return"])["arrived_at"].min()
    keys = figure_keys(readings, dictionary)
    standing = standings(readings, expected, month, keys, unfilled)
    is_current = standing != REPLACED
    readings, standing = readings[is_current].reset_index(drop=True), standing[is_current].reset_index(drop=True)
    keys = keys[is_current].reset_index(drop=True)
    usable = standing.isin([COUNTS, SUPERSEDED, RIVAL])
    chosen = readings[standing == COUNTS].reset_index(drop=True)
    chosen = chosen.assign(layer=chosen.groupby(["place", "return"]).cumcount())
    chosen = chosen.sort_values(["return", "layer"], kind="stable", ignore_index=True)  # what a later layer gives stands over the earlier
    arrived = first_arrival.reindex(pd.MultiIndex.from_frame(chosen[["place", "return"]])).reset_index(drop=True)
    chosen = chosen.assign(own_arrival=chosen["arrived_at"], arrived_at=arrived.astype("str"))
    report = _skeleton(villages, month)
    position = pd.Series(np.arange(len(report)), index=report["village_code"])
    values, states = _figures(chosen, position, len(report), dictionary)
    wrong_totals = settle_totals(values, states, dictionary)
    is_absent = (states == NOT_COLLECTED) & required_figures(chosen, position, len(report), dictionary, month)
    is_absent &= ~asked_otherwise(states, dictionary)
    is_of_other = chosen["return"].isin(other_returns(dictionary))
    _set(report, position, chosen.loc[~is_of_other, "place"], "status", "accepted")
    _describe(report, chosen, position, month, due, opens, dictionary, states)
    report.loc[wrong_totals > 0, "stated_sum_mismatches"] += wrong_totals[wrong_totals > 0]
    _compare_versions(report, readings, keys, usable, chosen, position, values, states, dictionary)
    _note_unused(report, readings, standing, keys, chosen, position)
    _set(report, position, chosen["place"], "required_absent", is_absent.sum(axis=1)[position.loc[chosen["place"]]].astype(float))
    states[is_absent] = MISSING  # its column was left out, which is not to say that it is not collected
    states[(states == NOT_COLLECTED) & _not_come(chosen, position, len(report), dictionary, month)] = MISSING
    _describe_other_returns(report, chosen, readings[standing == RIVAL], position, dictionary, month, now)
    _hold(report, readings, standing, keys, position, month, due, dictionary)
    strangers = _once(readings[standing.isin([UNKNOWN, EXPIRED])])
    held = _held(strangers, report.columns, month, due)
    report = pd.concat([report, held], ignore_index=True) if len(held) else report
    blank = np.full((len(held), len(dictionary.codes)), np.nan)
    unknown = np.full(blank.shape, MISSING, dtype=np.uint8)
    return pd.concat([report, _wide(np.vstack([values, blank]), np.vstack([states, unknown]), dictionary)], axis=1)


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
        required_absent=np.nan,
        former_copies=0.0,
        emptied_since=0.0,
        stated_sum_mismatches=np.nan,
        is_place_unknown=0.0,
        is_place_expired=0.0,
        is_name_mismatch=np.nan,
        is_town_mismatch=np.nan,
        is_other_village=np.nan,
        is_claim_mismatch=np.nan,
        is_filled_in=np.nan,
        reason_given=np.nan,
        repeated_last_month=np.nan,
    )


def _figures(chosen: pd.DataFrame, position: pd.Series, n: int, dictionary: Dictionary) -> tuple[NDArray[np.float64], NDArray[np.uint8]]:
    """Values and states, villages × indicators; parts of a return that came in several files fill each other's columns."""
    codes = list(dictionary.codes)
    values = np.full((n, len(codes)), np.nan)
    states = np.full((n, len(codes)), MISSING, dtype=np.uint8)
    touched = np.zeros(n, dtype=bool)
    at = {code: n for n, code in enumerate(codes)}
    for (_, layer), part in chosen.groupby(["return", "layer"], sort=True):
        rows = position.loc[part["place"]].to_numpy()
        block = part[codes].to_numpy(dtype=np.float64)
        letters = np.frombuffer("".join(part["states"]).encode("ascii"), dtype=np.uint8).reshape(len(part), len(codes))
        first = ~touched[rows]
        states[rows[first]] = NOT_COLLECTED
        touched[rows] = True
        given = (letters != NOT_COLLECTED) & ~((letters == MISSING) & (states[rows] != NOT_COLLECTED))  # a blank erases nothing
        values[rows] = np.where(given, block, values[rows])
        states[rows] = np.where(given, letters, states[rows])
        for total, parts in dictionary.totals.values() if layer else ():  # a correction with the parts takes the place of a total
            has_parts = rows[(letters[:, [at[p] for p in parts]] == REPORTED).all(axis=1) & (letters[:, at[total]] == NOT_COLLECTED)]
            values[has_parts, at[total]], states[has_parts, at[total]] = np.nan, NOT_COLLECTED
    return values, states


def _describe(
    report: pd.DataFrame,
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
    is_of_month = (~chosen["return"].isin(other_returns(dictionary))).to_numpy()
    late = np.where(is_of_month, _days_after(chosen["arrived_at"], due), np.nan)
    wrong_sums = chosen["wrong_sums"].str.count(",") + (chosen["wrong_sums"] != "")
    _set(report, position, chosen.loc[is_of_month, "place"], "is_missing", 0.0)
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
        ("reason_given", reasons_given(chosen)),
    ):
        filled = pd.Series(figures).groupby(rows).max()
        report.loc[filled.index, column] = filled
    ids = (chosen["sha256"].str.cat(chosen["ordinal"].astype("str"), sep="/")).groupby(rows).agg(",".join)
    report.loc[ids.index, "reading_ids"] = ids
    accepted = np.unique(rows)
    report.loc[accepted, "is_on_time"] = report.loc[accepted, "days_late"] <= 0
    for attribute, counted in counted_cells(states, dictionary, month).items():
        report.loc[accepted, attribute] = counted.sum(axis=1)[accepted].astype(float)


def _not_come(chosen: pd.DataFrame, position: pd.Series, n: int, dictionary: Dictionary, month: str) -> NDArray[np.bool_]:
    """Villages × indicators: figures of a return that is due and of which nothing came from the village."""
    absent = np.zeros((n, len(dictionary.codes)), dtype=bool)
    of_code = np.array([i.concept.return_ if i.ends else "" for i in dictionary.indicators.values()])
    is_of_other = chosen["return"].isin(other_returns(dictionary))
    for name, came in (("", chosen[~is_of_other]), *((of.id, chosen[chosen["return"] == of.id]) for of in dictionary.other_returns)):
        if name and not dictionary.returns[name].is_due(month):
            continue
        has_come = np.zeros(n, dtype=bool)
        has_come[position.loc[came["place"]].to_numpy()] = True
        absent |= ~has_come[:, None] & (of_code == name)[None, :]
    return absent


def _describe_other_returns(
    report: pd.DataFrame,
    chosen: pd.DataFrame,
    rivals: pd.DataFrame,
    position: pd.Series,
    dictionary: Dictionary,
    month: str,
    now: str,
) -> None:
    """Of every return of another period: whether it has not come, nothing before its due day, and how late it came."""
    for of in dictionary.other_returns:
        report[of.is_missing], report[of.days_late] = np.nan, np.nan
        if not of.is_due(month):
            continue
        due = due_time(dictionary.calendar, month, of)
        came = chosen[chosen["return"] == of.id]
        if not now or now > due:
            report[of.is_missing] = 1.0
        _set(report, position, pd.concat([came["place"], rivals.loc[rivals["return"] == of.id, "place"]]), of.is_missing, 0.0)
        late = pd.Series(_days_after(came["arrived_at"], due)).groupby(position.loc[came["place"]].to_numpy()).max()
        report.loc[late.index, of.days_late] = late


def _compare_versions(
    report: pd.DataFrame,
    readings: pd.DataFrame,
    keys: pd.Series,
    usable: pd.Series,
    chosen: pd.DataFrame,
    position: pd.Series,
    values: NDArray[np.float64],
    states: NDArray[np.uint8],
    dictionary: Dictionary,
) -> None:
    """How many further submissions said the same, and how many something else; parts that say nothing of the other's figures do neither."""
    versions = readings.loc[usable, ["place", "return"]].assign(key=keys[usable]).groupby(["place", "return"])["key"]
    others = (versions.nunique() - 1).groupby("place").max()
    for place in set(chosen.loc[chosen.duplicated(["place", "return"]), "place"]):
        row = position[place]
        of_place = readings[usable & (readings["place"] == place)].assign(key=keys)
        several = of_place[of_place.duplicated("return", keep=False)].drop_duplicates("key")
        others[place] = sum(_contradicts(r, values[row], states[row], dictionary) for _, r in several.iterrows())
    report.loc[position.loc[others.index], "conflicting_versions"] = others.to_numpy(dtype=float)
    copies = (versions.size() - versions.nunique()).groupby("place").max()
    report.loc[position.loc[copies.index], "identical_copies"] = copies.to_numpy(dtype=float)


def _contradicts(record: pd.Series, values: NDArray[np.float64], states: NDArray[np.uint8], dictionary: Dictionary) -> bool:
    """Whether a record gives a figure that is another one in the report."""
    letters = letters_of(pd.Series([record["states"]]), len(states))[0]
    figures = record[list(dictionary.codes)].to_numpy(dtype=np.float64)
    differs = (letters != states) | ((figures != values) & ~(np.isnan(figures) & np.isnan(values)))
    return bool((differs & gives(letters)).any())


def _note_unused(
    report: pd.DataFrame, readings: pd.DataFrame, standing: pd.Series, keys: pd.Series, chosen: pd.DataFrame, position: pd.Series
) -> None:
    """Copies of forms that were corrected since, and files whose figures count although their row has come empty since."""
    former = readings[standing == FORMER_COPY].assign(key=keys)
    own = readings[standing == COUNTS].assign(key=keys).groupby("place")["key"].agg(set)
    says_other = [key not in own.get(place, set()) for place, key in zip(former["place"], former["key"], strict=True)]
    copies = former[np.array(says_other, dtype=bool)].groupby("place").size()
    report.loc[position.loc[copies.index], "former_copies"] = copies.to_numpy(dtype=float)
    empty = readings[standing == UNFILLED]
    if empty.empty:
        return
    came = empty.groupby("path")["submission_id"].max()
    later = chosen[chosen["submission_id"] < chosen["path"].map(came).fillna(0)]
    _set(report, position, later["place"], "emptied_since", 1.0)


def figure_keys(readings: pd.DataFrame, dictionary: Dictionary) -> pd.Series:
    """A number for every record, equal exactly when every figure and state is."""
    block = np.ascontiguousarray(readings[list(dictionary.codes)].to_numpy(dtype=np.float64))
    keys = [hash((row.tobytes(), states)) for row, states in zip(block, readings["states"], strict=True)]
    return pd.Series(keys, index=readings.index, dtype="int64")


def _hold(
    report: pd.DataFrame,
    readings: pd.DataFrame,
    standing: pd.Series,
    keys: pd.Series,
    position: pd.Series,
    month: str,
    due: str,
    dictionary: Dictionary,
) -> None:
    """Villages whose submissions came at the same moment with different figures, or state another month than they were sent for."""
    other, rivals = readings[standing == WRONG_MONTH], readings[standing == RIVAL]
    gaps = pd.Series(_months_from(other["month"], month), index=other.index)
    of_month = rivals[~rivals["return"].isin(other_returns(dictionary))]
    for held, gap in ((other, gaps), (of_month, pd.Series(0.0, index=of_month.index))):
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
