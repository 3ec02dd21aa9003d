"""Counts of line departments as frames: every one of every file, the newest of each, and wide ones for the rule book.

A DepartmentCount frame has one row a source, month, place, figure and submission:
source (id of the dictionary's department), count_month ('YYYY-MM'), place_level, place_code, indicator (or concept), count, submission,
sent_for, source_file, cell.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from methods.cells import cell_address
from schemas.dictionary import Dictionary

KEYS = ("source", "count_month", "place_level", "place_code", "indicator")
COLUMNS = (*KEYS, "count", "submission", "sent_for", "source_file", "cell")


def department_counts(readings: pd.DataFrame, plans: Mapping[str, Mapping[str, Any]], dictionary: Dictionary) -> pd.DataFrame:
    """DepartmentCount frame: what every file says, in order of submission; rows of one file about one place are added up.

    A concept whose parts are all given is there as well, as their sum.

    Args:
        readings: records of role 'department' with `place` (resolved code, '' when not found: left out), in order of submission.
        plans: plan id → plan, for the cells.
        dictionary: which figures a department speaks of.
    """
    usable = readings[(readings["place"] != "") & readings["return"].isin(list(dictionary.departments))]
    usable = usable[~usable.duplicated(["sha256", "ordinal"])]  # the same bytes under another name count once
    made = [pd.DataFrame(columns=list(COLUMNS))]
    for source, records in usable.groupby("return", sort=False):
        for code in _codes_of(str(source), dictionary):
            known = records[records[code].notna()]
            cells = [
                cell_address(plans[plan], code, row) if plan in plans else ""
                for plan, row in zip(known["plan_id"].tolist(), known["row_no"].tolist(), strict=True)
            ]
            made.append(_rows(known, code, known[code], cells))
        whole = records[records["totals"] != ""]
        written = [json.loads(text) for text in whole["totals"].tolist()]
        for concept in dict.fromkeys(name for totals in written for name in totals):
            there = [concept in totals for totals in written]
            told = [totals[concept] for totals in written if concept in totals]
            sheets = [str(plans[plan]["sheet"]) + "!" if plan in plans else "" for plan in whole.loc[there, "plan_id"].tolist()]
            cells = [sheet + str(where) for sheet, (_, where) in zip(sheets, told, strict=True)]
            made.append(_rows(whole[there], concept, [float(value) for value, _ in told], cells))
    counts = _typed(pd.concat([frame for frame in made if len(frame)] or made, ignore_index=True))
    return _typed(_with_wholes(_added_up(counts, [*KEYS, "submission"]), dictionary))


def newest(counts: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """One row a key. Of a file that came again under its name the last content counts; of several files the last one, or, where
    several offices of a department each send a part (`senders: many`), their sum.

    Of a cumulative source the files count that tell of their own month: cases registered in the month in which they happened.
    """
    last = counts.groupby("source_file")["submission"].transform("max")
    departments = dictionary.departments
    is_cumulative = counts["source"].map({d.id: d.is_cumulative for d in departments.values()})
    current = counts[(counts["submission"] == last) & (~is_cumulative.astype("bool") | (counts["count_month"] == counts["sent_for"]))]
    many = current["source"].map({d.id: d.senders == "many" for d in departments.values()}).astype("bool")
    one = current[~many].drop_duplicates(list(KEYS), keep="last")
    return _typed(pd.concat([one, _added_up(current[many], list(KEYS))], ignore_index=True) if many.any() else one)


def counts_of_month(counts: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """The rows that the reconciliation of `month` compares, one a key: each source's newest figures of its own month of it."""
    own = {d.id: month_before(month, d.arrives) for d in dictionary.departments.values()}
    current = newest(counts, dictionary)
    return current[current["count_month"] == current["source"].map(own)].reset_index(drop=True)


def department_frame(counts: pd.DataFrame, places: Sequence[str], level: str) -> pd.DataFrame:
    """The wide frame that rules read: one row a place (index place_code, in the order given), one column a figure; NaN where unknown.

    Where several departments speak of one figure, that of the one whose counts come first in `counts` stands.

    Args:
        counts: a month's DepartmentCount rows.
        places: codes.
        level: of the places.
    """
    here = counts[counts["place_level"] == level].drop_duplicates(["place_code", "indicator"])
    wide = here.pivot(index="place_code", columns="indicator", values="count").rename_axis(columns=None)
    return wide.reindex(pd.Index(list(places), name="place_code")).astype("float64")


def triangle(counts: pd.DataFrame, source: str, indicator: str, months: Sequence[str], delays: int) -> np.ndarray:
    """How many cases a cumulative source had registered: months of event × delays (months until the file) × places, NaN where none tells.

    Args:
        counts: every file's rows.
        source, indicator: of which.
        months: months of event, in order.
        delays: how many, from 0.
    """
    of = counts[(counts["source"] == source) & (counts["indicator"] == indicator) & counts["count_month"].isin(months)]
    of = of.drop_duplicates([*KEYS, "sent_for"], keep="last")
    pairs = zip(of["sent_for"], of["count_month"], strict=True)
    delay = np.array([month_number(sent) - month_number(event) for sent, event in pairs], dtype=np.int64)
    place, names = of["place_code"].factorize()
    event = of["count_month"].map({month: n for n, month in enumerate(months)}).to_numpy(dtype=np.int64)
    made = np.full((len(months), delays, max(1, len(names))), np.nan)
    inside = (delay >= 0) & (delay < delays)
    made[event[inside], delay[inside], place[inside]] = of["count"].to_numpy()[inside]
    return made


def month_number(month: str) -> int:
    """'2024-03' → months since year 0."""
    return 12 * int(month[:4]) + int(month[5:]) - 1


def month_before(month: str, by: int) -> str:
    """The month `by` months earlier: ('2024-01', 2) → '2023-11'."""
    number = month_number(month) - by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def codes_spoken_of(dictionary: Dictionary) -> tuple[str, ...]:
    """The indicators that some department speaks of, in the order of the form."""
    spoken = {code for source in dictionary.departments for code in _codes_of(source, dictionary)}
    return tuple(code for code in dictionary.codes if code in spoken)


def _codes_of(source: str, dictionary: Dictionary) -> tuple[str, ...]:
    """The indicators that a department speaks of."""
    spoken = dictionary.departments[source].speaks_of
    return tuple(dict.fromkeys(code for name in spoken for code in dictionary.sums.get(name, (name,))))


def _rows(records: pd.DataFrame, code: str, figures: Any, cells: list[str]) -> pd.DataFrame:
    """Rows of one figure, for records in their order."""
    return pd.DataFrame(
        {
            "source": records["return"].to_numpy(),
            "count_month": records["month"].where(records["month"] != "", records["sent_for"]).to_numpy(),
            "place_level": records["level"].to_numpy(),
            "place_code": records["place"].to_numpy(),
            "indicator": code,
            "count": np.asarray(figures, dtype=np.float64),
            "submission": records["submission_id"].to_numpy(),
            "sent_for": records["sent_for"].to_numpy(),
            "source_file": records["path"].to_numpy(),
            "cell": cells,
        }
    )


def _with_wholes(counts: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """Concepts beside their parts, where every part is there and no total was written."""
    made = [counts]
    by = [*(k for k in KEYS if k != "indicator"), "submission"]
    for name in dict.fromkeys(name for d in dictionary.departments.values() for name in d.speaks_of):
        first, *others = dictionary.sums.get(name, (name,))
        if not others:
            continue
        whole = counts[counts["indicator"] == first].assign(indicator=name)
        for other in others:
            part = counts.loc[counts["indicator"] == other, [*by, "count", "cell"]]
            whole = whole.merge(part, on=by, suffixes=("", "_part"))
            whole["count"] += whole.pop("count_part")
            whole["cell"] += ", " + whole.pop("cell_part")
        made.append(whole)
    return pd.concat(made, ignore_index=True).drop_duplicates([*KEYS, "submission"]).sort_values("submission", kind="stable")


def _added_up(counts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Rows of one key as one: their sum, the files and cells it comes from."""
    several = counts.duplicated(by, keep=False)
    if not several.any():
        return counts
    grouped = counts[several].groupby(by, sort=False)
    texts = {name: grouped[name].agg(lambda group: ", ".join(dict.fromkeys(group))) for name in ("source_file", "cell")}
    rest = {name: grouped[name].last() for name in ("submission", "sent_for") if name not in by}
    summed = pd.DataFrame({"count": grouped["count"].sum(), **texts, **rest}).reset_index()
    return pd.concat([counts[~several], summed], ignore_index=True).sort_values("submission", kind="stable")


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    texts = {column: "str" for column in COLUMNS if column not in ("count", "submission")}
    return frame[list(COLUMNS)].astype({**texts, "count": "float64", "submission": "int64"}).reset_index(drop=True)
