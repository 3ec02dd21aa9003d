"""The records of a county, put together from what the store keeps: reports, department counts, lineage, answers and submissions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.evidence.records import Records
from methods.evidence.roles import roles_of
from methods.panel import Block, Panel, panel_of
from schemas.dictionary import Dictionary
from schemas.frames import REVIEWED


def assemble(
    panel: Panel,
    towns: Sequence[str],
    dictionary: Dictionary,
    *,
    counts: pd.DataFrame,
    events: pd.DataFrame,
    answers: pd.DataFrame,
    submissions: pd.DataFrame,
) -> Records:
    """Records of the villages and months of a panel.

    Args:
        panel: figures as reported, the month examined last.
        towns: town code of each village.
        dictionary: roles of the codes, second sources.
        counts: DepartmentCount rows of these months, those sent last coming last.
        events: lineage: date (ISO), kind, from_code, to_code.
        answers: rows of the store's `answer`.
        submissions: month, village_code, sha256, size, arrived_at, style.
    """
    villages, months = panel.villages, panel.months
    signed = [n for n, code in enumerate(panel.codes) if dictionary.indicators[code].concept.signed]
    moved = (np.nan_to_num(panel.values[:, :, signed]) != 0).any(axis=2)
    return Records(
        panel=panel,
        towns=tuple(towns),
        roles=roles_of(dictionary, panel.codes),
        second_sources=_second_sources(counts, villages, months, dictionary),
        is_changed=moved | _in_lineage(events, villages, months),
        reviewed_until=_reviewed_until(answers, villages, months),
        submissions=submissions,
    )


def _second_sources(counts: pd.DataFrame, villages: Sequence[str], months: Sequence[str], dictionary: Dictionary) -> dict[str, Block]:
    """Name of the second source → months × villages, of those that sent anything about villages."""
    found = {}
    of_villages = counts[counts["place_level"] == "village"]
    for source in dictionary.second_sources.values():
        here = of_villages[(of_villages["source"] == source.department) & (of_villages["indicator"] == source.concept)]
        here = here.drop_duplicates(["count_month", "place_code"], keep="last")
        if len(here):
            named = here[["count_month", "place_code", "count"]].rename(
                columns={"count_month": "month", "place_code": "village_code", "count": source.code}
            )
            found[source.code] = panel_of(named, [source.code], villages, months).values[:, :, 0]
    return found


def _in_lineage(events: pd.DataFrame, villages: Sequence[str], months: Sequence[str]) -> NDArray[np.bool_]:
    """Months × villages: the village took part in a merger, split or transfer of that month. A new name changes no figure."""
    out = np.zeros((len(months), len(villages)), dtype=bool)
    row, column = {m: n for n, m in enumerate(months)}, {v: n for n, v in enumerate(villages)}
    for date, kind, *codes in events[["date", "kind", "from_code", "to_code"]].itertuples(index=False, name=None):
        if kind != "rename" and str(date)[:7] in row:
            out[row[str(date)[:7]], [column[code] for code in codes if code in column]] = True
    return out


def _reviewed_until(answers: pd.DataFrame, villages: Sequence[str], months: Sequence[str]) -> NDArray[np.int64]:
    """Position of the last month that a reviewer has looked at, −1 where there is none among these months."""
    last = answers[answers["kind"] == REVIEWED].groupby("place_code")["month"].max()
    row = {m: n for n, m in enumerate(months)}
    return np.array([row.get(str(last.get(village, "")), -1) for village in villages], dtype=np.int64)
