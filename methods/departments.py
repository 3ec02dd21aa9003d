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
    rows: list[tuple[Any, ...]] = []
    usable = readings[(readings["place"] != "") & readings["return"].isin(list(dictionary.departments))]
    again = usable.duplicated(["sha256", "ordinal"])  # the same bytes under another name count once
    for record in usable[~again].to_dict("records"):
        plan, source = plans.get(record["plan_id"]), str(record["return"])
        key = (source, record["month"] or record["sent_for"], record["level"], record["place"])
        tail = (int(record["submission_id"]), record["sent_for"], record["path"])
        rows += [
            (*key, code, float(record[code]), *tail, cell_address(plan, code, int(record["row_no"])) if plan else "")
            for code in _codes_of(source, dictionary)
            if not np.isnan(record[code])
        ]
        sheet = f"{plan['sheet']}!" if plan and plan["sheet"] else ""
        totals = json.loads(record["totals"]) if record["totals"] else {}
        rows += [(*key, concept, float(value), *tail, f"{sheet}{where}") for concept, (value, where) in totals.items()]
    frame = _typed(pd.DataFrame.from_records(rows, columns=list(COLUMNS)))
    grouped = frame.groupby([*KEYS, "submission"], sort=False, as_index=False)
    whole = grouped.agg({"count": "sum", "sent_for": "first", "source_file": "first", "cell": ", ".join})
    return _typed(_with_wholes(whole, dictionary))


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
    parts = current[many].groupby(list(KEYS), sort=False, as_index=False)
    joined = {"count": "sum", "submission": "last", "sent_for": "last", "source_file": ", ".join, "cell": ", ".join}
    one = current[~many].drop_duplicates(list(KEYS), keep="last")
    return _typed(pd.concat([one, parts.agg(joined)], ignore_index=True) if many.any() else one)


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
    """How many cases a cumulative source had registered: months of event × delays (months until the file), NaN where no file tells.

    Args:
        counts: every file's rows.
        source, indicator: of which.
        months: months of event, in order.
        delays: how many, from 0.
    """
    of = counts[(counts["source"] == source) & (counts["indicator"] == indicator)]
    sums = of.drop_duplicates([*KEYS, "sent_for"], keep="last").groupby(["count_month", "sent_for"])["count"].sum()
    made = np.full((len(months), delays), np.nan)
    row = {month: n for n, month in enumerate(months)}
    for (event, sent), count in sums.items():  # type: ignore[misc]
        delay = month_number(sent) - month_number(event)
        if event in row and 0 <= delay < delays:
            made[row[event], delay] = count
    return made


def month_number(month: str) -> int:
    """'2024-03' → months since year 0."""
    return 12 * int(month[:4]) + int(month[5:]) - 1


def month_before(month: str, by: int) -> str:
    """The month `by` months earlier: ('2024-01', 2) → '2023-11'."""
    number = month_number(month) - by
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _codes_of(source: str, dictionary: Dictionary) -> tuple[str, ...]:
    """The indicators that a department speaks of."""
    spoken = dictionary.departments[source].speaks_of
    return tuple(dict.fromkeys(code for name in spoken for code in dictionary.sums.get(name, (name,))))


def _with_wholes(counts: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """Concepts beside their parts, where every part is there and no total was written."""
    made = [counts]
    by = [*(k for k in KEYS if k != "indicator"), "submission"]
    for name in dict.fromkeys(name for d in dictionary.departments.values() for name in d.speaks_of):
        parts = dictionary.sums.get(name, (name,))
        if parts == (name,):
            continue
        of = counts[counts["indicator"].isin(parts)]
        if of.empty:
            continue
        grouped = of.groupby(by, sort=False, as_index=False)
        whole = grouped.agg({"count": "sum", "sent_for": "first", "source_file": "first", "cell": ", ".join, "indicator": "count"})
        made.append(whole[whole["indicator"] == len(parts)].assign(indicator=name))
    return pd.concat(made, ignore_index=True).drop_duplicates([*KEYS, "submission"]).sort_values("submission", kind="stable")


def _typed(frame: pd.DataFrame) -> pd.DataFrame:
    texts = {column: "str" for column in COLUMNS if column not in ("count", "submission")}
    return frame[list(COLUMNS)].astype({**texts, "count": "float64", "submission": "int64"}).reset_index(drop=True)
