"""Receipts made before: which of them still stand when files have come since, and how they are kept (see `sinks.memo`)."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
from numpy.typing import NDArray

_MOST_STRETCHES = 40
_OF = "submission."
"""Before the names of a submission's own columns: beside its receipt is kept what it was made of."""


def receipts_to_keep(receipts: pd.DataFrame, submissions: pd.DataFrame) -> pd.DataFrame:
    """Receipts with the rows of the store that they were made of, as Parquet can hold them."""
    problems = [json.dumps(p, ensure_ascii=False) if p else "" for p in receipts["problems"]]
    return pd.concat([receipts.assign(problems=pd.array(problems, dtype="str")), submissions.add_prefix(_OF)], axis=1)


def receipts_kept(kept: pd.DataFrame) -> pd.DataFrame:
    """The receipts again."""
    receipts = kept[[c for c in kept.columns.tolist() if not c.startswith(_OF)]]
    problems = [json.loads(text) if text else [] for text in receipts["problems"].tolist()]
    return receipts.assign(problems=pd.Series(problems, dtype=object, index=receipts.index))


def changed_submissions(kept: pd.DataFrame, submissions: pd.DataFrame) -> NDArray[np.int64] | None:
    """Numbers of the submissions that are new, or not what they were when their receipts were made.

    None when receipts were kept of submissions that are no longer there: they are another store's.
    """
    rows = pd.Index(kept[f"{_OF}id"]).get_indexer(submissions["id"])
    if (rows >= 0).sum() != len(kept):
        return None
    there = rows >= 0
    same = there.copy()
    kept_rows = rows[there]
    stood = kept if len(kept_rows) == len(kept) and (kept_rows == np.arange(len(kept))).all() else kept.iloc[kept_rows]
    for column in submissions.columns:
        now, then = submissions[column].array[there], stood[f"{_OF}{column}"].array
        same[there] &= np.asarray((now == then) | (now.isna() & then.isna()), dtype=bool)
    return np.asarray(submissions["id"].to_numpy()[~same], dtype=np.int64)


def touched_by(changed: NDArray[np.int64], submissions: pd.DataFrame, heads: pd.DataFrame) -> NDArray[np.int64]:
    """Numbers of the submissions whose receipts may differ: the changed ones and, through shared paths, bundles and places, all connected.

    Args:
        changed: numbers of submissions.
        submissions: the store's rows of the month.
        heads: records of the month with `submission_id` and `place`.
    """
    ids = pd.Index(submissions["id"])
    bundle = submissions["path"]
    if bundle.str.contains("!/", regex=False).any():
        bundle = bundle.str.partition("!/")[0]
    of_record, place = ids.get_indexer(heads["submission_id"]), heads["place"]
    is_there = of_record >= 0
    touched = ids.isin(changed)
    while True:
        places = set(place[touched[of_record] & is_there].tolist()) - {""}
        wider = touched | bundle.isin(set(bundle[touched].tolist())).to_numpy()
        wider[of_record[place.isin(places).to_numpy() & is_there]] = True
        if (wider == touched).all():
            return np.asarray(ids.to_numpy()[touched], dtype=np.int64)
        touched = wider


def with_kept(made: pd.DataFrame, submissions: pd.DataFrame, touched: pd.Series, kept: pd.DataFrame) -> pd.DataFrame:
    """All receipts of `submissions` in their order: those made now (of the touched ones), the others as kept."""
    rows = pd.Index(kept[f"{_OF}id"]).get_indexer(submissions["id"])
    rows[touched] = np.arange(len(kept), len(kept) + len(made))
    every: pd.DataFrame = pd.concat([receipts_kept(kept), made])
    ends = [*np.flatnonzero(np.diff(rows) != 1) + 1, len(rows)]
    if len(ends) > _MOST_STRETCHES:
        every = every.iloc[rows]
        return every.reset_index(drop=True)
    starts = rows[[0, *ends[:-1]]]  # stretches are not copied
    return pd.concat([every.iloc[at : at + n] for at, n in zip(starts, np.diff([0, *ends]), strict=True)], ignore_index=True)
