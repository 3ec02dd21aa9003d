"""Readings with their places: what the store has read, told apart by registry, lineage, and the names of sheets, files and folders."""

import numpy as np
import pandas as pd

from sinks.memo import NO_MEMO, Memo, memo_key
from sinks.places import load_events, load_places
from sinks.store import Store
from sinks.submissions import arrivals_sent_for, reading_plans, readings_of, readings_sent_for
from sources.identify import identify

_MOST_NEW = 2_000
"""Submissions that are fetched one by one; of more, everything is read again."""


def identified_readings(
    store: Store, place: pd.DataFrame, month: str, reading_version: str, memo: Memo = NO_MEMO, arrived: pd.DataFrame | None = None
) -> pd.DataFrame:
    """Every record read of the submissions for `month`, with `sources.identify.identify`'s columns.

    A record's identity depends on its own submission alone, so what the memo keeps of earlier submissions still stands. `arrived`: the
    month's submissions (`sinks.submissions.arrivals_sent_for`) where they are at hand.
    """
    key = memo_key(reading_version, month, place, load_events(store))
    name = f"reading-{month}"
    kept = memo.get(name, key)
    came = arrivals_sent_for(store, month) if arrived is None else arrived
    if kept is not None and _is_of(kept, came):
        new = came.loc[~came["submission_id"].isin(kept["submission_id"]), "submission_id"].tolist()
        if len(new) <= _MOST_NEW:
            readings = readings_of(store, new, reading_version)
            if readings.empty:
                return kept
            found = pd.concat([kept, identified(store, readings, place, month)], ignore_index=True)
            if len(kept) and min(new) < kept["submission_id"].iloc[-1]:
                found = found.sort_values(["submission_id", "ordinal"], ignore_index=True)
            memo.put(name, key, found, new=len(found) - len(kept))
            return found
    found = identified(store, readings_sent_for(store, month, reading_version), place, month)
    memo.put(name, key, found, new=len(found))
    return found


def identified(store: Store, readings: pd.DataFrame, place: pd.DataFrame, month: str) -> pd.DataFrame:
    """The same for readings at hand; they may lack their figures."""
    plans = reading_plans(store, readings["plan_id"])
    sheets = {key: str(plan["sheet"]) for key, plan in plans.items()}
    shifts = {key: int(plan["month_shift"]) for key, plan in plans.items() if "month_shift" in plan}
    return identify(readings, place, month, sheets=sheets, events=load_events(store), shifts=shifts)


def names_in_store(store: Store) -> dict[str, str]:
    """Code → name, the newest where a place had several."""
    places = load_places(store)
    return dict(zip(places["code"].tolist(), places["name"].tolist(), strict=True))


def _is_of(kept: pd.DataFrame, arrived: pd.DataFrame) -> bool:
    """Whether every record kept is of a submission that this store has, with the same bytes, path and time."""
    rows = pd.Index(arrived["submission_id"]).get_indexer(kept["submission_id"])
    if (rows < 0).any():
        return False
    is_first = bool((rows == np.arange(len(rows))).all())
    there = arrived.iloc[: len(rows)] if is_first else arrived.iloc[rows]
    return all((kept[c].array == there[c].array).all() for c in ("sha256", "path", "arrived_at"))
