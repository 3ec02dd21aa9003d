"""What line departments count beside what villages report: by place and month, and summed over the year so far.

Both sides stand beside each other and neither is presumed right. A figure is out of line when the two differ by more than a tenth
(WHO's data quality review asks when recount / reported is outside 0.90–1.10) and by more than chance: the exact conditional test of
`methods.paired`, with the false discovery rate of each source, figure and level held at 5 % (Benjamini & Hochberg 1995). Where a village
of 0–2 births a month can be off by three without meaning anything, the sum of the year so far tells.
Missing on either side is 'cannot tell'.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import false_discovery_control

from methods.departments import month_before, newest, triangle
from methods.paired import Numbers, conditional_p, dispersion_of, predictive_interval
from methods.registration_lag import Lag, expected_registrations, lag_from_late, lag_from_triangle, prior_lag
from schemas.dictionary import Dictionary
from schemas.entries import Department, Speaks
from schemas.wholes import with_wholes

COLUMNS = (
    "month", "source", "indicator", "place_level", "place_code", "place_name", "parent_code", "our_month", "their_month", "span",
    "ours", "theirs", "expected", "low", "high", "ratio", "p_value", "status", "places_compared", "places_expected",
)  # fmt: skip
IN_LINE, OUT_OF_LINE, CANNOT_TELL = "in_line", "out_of_line", "cannot_tell"
LOWEST, HIGHEST = 0.90, 1.10
FALSE_SHARE = 0.05
MOST_MONTHS = 12
TRIANGLE_MONTHS = 6
_ABOVE = {"village": "town", "town": "county"}
_TEXTS = ("month", "source", "indicator", "place_level", "place_code", "place_name", "parent_code", "our_month", "their_month", "status")
_KEYS = ["source", "indicator", "place_level", "place_code"]


@dataclass(frozen=True)
class _Question:
    """One figure of one department in one month."""

    department: Department
    code: str
    speaks: Speaks
    their_month: str
    our_month: str


def months_needed(dictionary: Dictionary, month: str) -> tuple[list[str], list[str]]:
    """The months of ours, and of theirs, that the reconciliation of `month` looks at; each in order."""
    ours, theirs = set[str](), set[str]()
    for q in _questions(dictionary, month):
        ours.add(q.our_month)
        back = len(q.speaks.late.shares) if q.speaks.late else 1
        back = max(back, TRIANGLE_MONTHS if q.department.is_cumulative else 1)
        theirs |= {month_before(q.their_month, n) for n in range(back)}
    return sorted(ours), sorted(theirs)


def reconcile(
    counts: pd.DataFrame,
    reports: Mapping[str, pd.DataFrame],
    places: pd.DataFrame,
    dictionary: Dictionary,
    month: str,
    before: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """The Reconciliation frame of `month`: a row a source, figure, place and span (1 month, or all months of the year that are known).

    Args:
        counts: DepartmentCount rows of all files, also of earlier months.
        reports: month → accepted reports: village_code and the indicators.
        places: the villages expected (`sources.places.villages_of`).
        dictionary: the departments and what they speak of.
        month: 'YYYY-MM'.
        before: Reconciliation rows of earlier months, for the sums over the year.

    Returns:
        Columns `COLUMNS`. ours, theirs: as they stand (theirs in its own month); expected: what ours should be, given theirs, their
        coverage and late registration; low, high: its 95 % interval; ratio: expected / ours, NaN where ours is 0; places_compared: of
        how many places both sides are known. A department that has sent nothing at all has no rows.
    """
    current = newest(counts, dictionary)
    lags = lags_of(counts, reports, dictionary, month)
    made = []
    for q in _questions(dictionary, month):
        theirs = current[(current["source"] == q.department.id) & (current["indicator"] == q.code)]
        if theirs.empty:
            continue
        levels = _levels(str(theirs["place_level"].iloc[-1]))
        lag = lags.get((q.department.id, q.code))
        base = _base(q, theirs, reports.get(q.our_month), places, levels[0], dictionary, lag)
        rows = pd.concat([_summed(q, base, level, levels[0], places, month) for level in levels], ignore_index=True)
        made.append(_judged(pd.concat([rows, _over_the_year(rows, before, month)], ignore_index=True), q.speaks))
    return _typed(pd.concat(made, ignore_index=True) if made else pd.DataFrame(columns=list(COLUMNS)))


def lags_of(counts: pd.DataFrame, reports: Mapping[str, pd.DataFrame], dictionary: Dictionary, month: str) -> dict[tuple[str, str], Lag]:
    """(source, figure) → how late its cases are registered, for those that the dictionary says are registered late.

    The dictionary's shares come first, then the county's reports (of the month, and of earlier ones), then the reporting triangle of a
    cumulative source of the same figure, where one sends files.
    """
    found = {}
    for q in _questions(dictionary, month):
        if q.speaks.late is None:
            continue
        lag, weight = prior_lag(q.speaks.late.shares), q.speaks.late.weight
        late_codes = _codes([q.speaks.late.concept], dictionary)
        on_time_codes = [c for c in _codes(q.speaks.ours or [q.code], dictionary) if c not in late_codes]
        known = [with_wholes(report, dictionary) for _, report in sorted(reports.items()) if len(report)]
        if known:
            on_time, late = (float(sum(np.nansum(r[codes].to_numpy(np.float64)) for r in known)) for codes in (on_time_codes, late_codes))
            lag = lag_from_late(on_time, late, lag, weight)
        for other in dictionary.departments.values():
            if other.is_cumulative and q.code in other.speaks_of:
                months = [month_before(q.their_month, n) for n in reversed(range(TRIANGLE_MONTHS))]
                lag = lag_from_triangle(triangle(counts, other.id, q.code, months, len(lag.shares)), lag, weight)
        found[q.department.id, q.code] = lag
    return found


def _counted_frame(found: pd.DataFrame, month: str) -> pd.DataFrame:
    """What departments counted, as rules of level 3 read it: one row a village, town and county (index place_code), a column a figure.

    Only figures that are about `month` itself; towns and counties are the sums of the villages of which both sides are known, as their own
    totals are. Where several departments speak of one figure of a place, the first of the dictionary stands. NaN: unknown.
    """
    here = found[(found["span"] == 1) & (found["our_month"] == month)]
    first = here.dropna(subset=["theirs"]).drop_duplicates(["place_code", "indicator"])
    wide = first.pivot(index="place_code", columns="indicator", values="theirs").rename_axis(columns=None)
    return wide.reindex(pd.Index(here["place_code"].unique(), name="place_code")).astype("float64")


def frames_for_rules(found: pd.DataFrame, month: str) -> dict[str, pd.DataFrame]:
    """Sources of rules of level 3 (`rules/sources.yaml`), each a wide frame: index place_code, a column a figure.

    department: the department's count of `month`. department_differs: 1 where ours and theirs are out of line, 0 in line, NaN where nobody
    can tell; department_ours, _theirs, _span: the two figures and the months summed, of the clearest row where several say so.
    """
    told = found[found["status"] != CANNOT_TELL]
    told = told.assign(department_differs=(told["status"] == OUT_OF_LINE).astype("float64"))
    told = told.sort_values(["department_differs", "p_value", "span"], ascending=[False, True, True], kind="stable")
    first = told.drop_duplicates(["place_code", "indicator"])
    columns = {"department_differs": "department_differs"} | {f"department_{name}": name for name in ("ours", "theirs", "span")}
    wide = {
        source: first.pivot(index="place_code", columns="indicator", values=column).rename_axis(columns=None).astype("float64")
        for source, column in columns.items()
    }
    return {"department": _counted_frame(found, month), **wide}


def _questions(dictionary: Dictionary, month: str) -> list[_Question]:
    made = []
    for department in dictionary.departments.values():
        theirs = month_before(month, department.arrives)
        if department.is_in_force(theirs):
            for code, speaks in department.speaks_of.items():
                made.append(_Question(department, code, speaks, theirs, month_before(theirs, department.follows)))
    return made


def _levels(lowest: str) -> list[str]:
    """The level of the counts and those above it."""
    levels = [lowest]
    while levels[-1] in _ABOVE:
        levels.append(_ABOVE[levels[-1]])
    return levels


def _codes(names: Sequence[str], dictionary: Dictionary) -> list[str]:
    """The indicators that concepts and indicators are the sums of; of a concept whose total may be given alone, that total."""
    wholes = {concept: (total,) for concept, (total, _) in dictionary.totals.items()}
    return [code for name in names for code in wholes.get(name, dictionary.sums[name])]


def _base(
    q: _Question,
    theirs: pd.DataFrame,
    report: pd.DataFrame | None,
    places: pd.DataFrame,
    level: str,
    dictionary: Dictionary,
    lag: Lag | None,
) -> pd.DataFrame:
    """Both sides at the level of the counts: index place_code; ours, theirs (of its month), paired (theirs as it bears on ours)."""
    codes = places[f"{level}_code"].drop_duplicates()
    ours = _ours(q, report, places, level, dictionary)
    back = len(lag.shares) if lag else 1
    months = [month_before(q.their_month, n) for n in reversed(range(back))]
    wide = theirs.pivot(index="count_month", columns="place_code", values="count").reindex(index=months, columns=codes)
    events = wide.to_numpy(np.float64)
    if q.department.unlisted == "zero":
        sent = theirs["count_month"].unique()
        is_sent = np.array([m in sent for m in months])
        events = np.where(is_sent[:, None] & np.isnan(events), 0.0, events)
    paired = expected_registrations(events, lag) if lag else events[-1]
    return pd.DataFrame(
        {"ours": ours.reindex(codes).to_numpy(), "theirs": events[-1], "paired": paired}, index=pd.Index(codes, name="code")
    )


def _ours(q: _Question, report: pd.DataFrame | None, places: pd.DataFrame, level: str, dictionary: Dictionary) -> pd.Series:
    """What villages report, by place of `level`; a town whose villages are not all there is unknown."""
    if report is None:
        return pd.Series(dtype="float64")
    report = with_wholes(report, dictionary)
    figures = report.drop_duplicates("village_code").set_index("village_code")[_codes(q.speaks.ours or [q.code], dictionary)]
    blank = _codes(q.speaks.assume_zero, dictionary)
    there = figures.notna().any(axis=1)
    filled = [c for c in blank if c in figures]
    figures = figures.assign(**{c: figures[c].mask(there & figures[c].isna(), 0.0) for c in filled})
    by_village = figures.sum(axis=1, min_count=figures.shape[1]).reindex(places["village_code"])
    if level == "village":
        return by_village
    of = places[f"{level}_code"].to_numpy()
    sums, whole = by_village.groupby(of).sum(), by_village.isna().groupby(of).sum() == 0
    return sums.where(whole)


def _summed(q: _Question, base: pd.DataFrame, level: str, lowest: str, places: pd.DataFrame, month: str) -> pd.DataFrame:
    """Rows of one level: sums over those places below of which both sides are known, so that like is compared with like."""
    above = places.drop_duplicates(f"{lowest}_code").set_index(f"{lowest}_code")
    of = base.index.to_series() if level == lowest else above[f"{level}_code"].reindex(base.index)
    known = base[["ours", "paired"]].notna().all(axis=1)
    both = base.where(known) if level != lowest else base
    sums = both.groupby(of.to_numpy()).sum(min_count=1)
    of_level = places.drop_duplicates(f"{level}_code").set_index(f"{level}_code").reindex(sums.index)
    compared = known.groupby(of.to_numpy()).sum()
    parent = _ABOVE.get(level)
    return pd.DataFrame(
        {
            "month": month,
            "source": q.department.id,
            "indicator": q.code,
            "place_level": level,
            "place_code": sums.index,
            "place_name": of_level[f"{level}_name"].to_numpy(),
            "parent_code": of_level[f"{parent}_code"].to_numpy() if parent else "",
            "our_month": q.our_month,
            "their_month": q.their_month,
            "span": 1,
            "ours": sums["ours"].to_numpy(),
            "theirs": sums["theirs"].to_numpy(),
            "expected": (sums["paired"] / q.speaks.coverage).to_numpy(),
            "places_compared": compared.to_numpy(),
            "places_expected": known.groupby(of.to_numpy()).size().to_numpy(),
        }
    )


def _over_the_year(rows: pd.DataFrame, before: pd.DataFrame | None, month: str) -> pd.DataFrame:
    """The sums of up to twelve months of which both sides are known, for places with at least two of them, this one among them."""
    if before is None or before.empty:
        return rows.iloc[:0]
    first = month_before(month, MOST_MONTHS - 1)
    earlier = before[(before["span"] == 1) & (before["month"] >= first) & (before["month"] < month)]
    figures = ["ours", "theirs", "expected"]
    all_months = pd.concat([earlier, rows], ignore_index=True)[[*_KEYS, "month", *figures]].dropna(subset=["ours", "expected"])
    sums = all_months.groupby(_KEYS)[figures].sum().assign(span=all_months.groupby(_KEYS).size())
    now = rows.dropna(subset=["ours", "expected"]).drop(columns=[*figures, "span"])
    joined = now.merge(sums[sums["span"] > 1].reset_index(), on=_KEYS)
    return joined[rows.columns]


def _judged(rows: pd.DataFrame, speaks: Speaks) -> pd.DataFrame:
    """Interval, ratio, p-value and status of every row of one figure; levels and spans are experiments of their own."""
    ours, expected = rows["ours"].to_numpy(np.float64), rows["expected"].to_numpy(np.float64)
    theirs, factor = expected * speaks.coverage, 1 / speaks.coverage
    low, high, p = np.full((3, len(rows)), np.nan)
    status = np.full(len(rows), CANNOT_TELL, dtype=object)
    for at in rows.groupby(["place_level", rows["span"] > 1]).indices.values():
        dispersion = dispersion_of(ours[at], theirs[at], factor, speaks.grain)
        low[at], high[at] = predictive_interval(theirs[at], factor, dispersion)
        p[at] = conditional_p(ours[at], theirs[at], factor, dispersion)
        status[at] = _status(ours[at], expected[at], p[at])
    ratio = np.where(ours > 0, expected / np.where(ours > 0, ours, 1), np.nan)
    return rows.assign(low=low, high=high, ratio=ratio, p_value=p, status=status)


def _status(ours: Numbers, expected: Numbers, p: Numbers) -> list[str]:
    known = ~np.isnan(p)
    is_rare = np.zeros(len(p), dtype=bool)
    if known.any():
        is_rare[known] = false_discovery_control(p[known]) <= FALSE_SHARE
    is_far = (expected < LOWEST * ours) | (expected > HIGHEST * ours)
    return [OUT_OF_LINE if rare and far else IN_LINE if k else CANNOT_TELL for k, rare, far in zip(known, is_rare, is_far, strict=True)]


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    counts = dict.fromkeys(("span", "places_compared", "places_expected"), "int64")
    figures = dict.fromkeys(("ours", "theirs", "expected", "low", "high", "ratio", "p_value"), "float64")
    return frame[list(COLUMNS)].astype({**dict.fromkeys(_TEXTS, "str"), **counts, **figures}).reset_index(drop=True)
