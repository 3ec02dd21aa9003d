"""Villages whose area changed: what last month's figures are of the same area, and which comparisons with them cannot be told.

Villages that were merged have the sum of their figures as their past, whether one of them keeps its code or all get another. A merged
village may also open with the figures of its old area and report the arrival as a boundary change; then its past is its own. A village
that was split may open with the figures of its new area, or with its old ones and a boundary change. The second passes; of the first
nothing can be said until a month has gone by.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from methods.confront import Confrontation
from methods.panel import with_successors
from methods.untold import compared_with_last_month, untold
from schemas.dictionary import Dictionary


def area_changed(events: pd.DataFrame, month: str) -> frozenset[str]:
    """Codes of the villages that a split or a merger of the month left with another area.

    Args:
        events: lineage (date, kind, from_code, to_code).
        month: 'YYYY-MM'.
    """
    now = events[events["date"].str[:7] == month]
    split, merged = now[now["kind"] == "split"], now[now["kind"] == "merge"]
    return frozenset([*split["from_code"], *split["to_code"], *merged["to_code"]])


def of_same_area(
    previous: pd.DataFrame, report: pd.DataFrame, events: pd.DataFrame, dictionary: Dictionary, month: str
) -> tuple[pd.DataFrame, frozenset[str]]:
    """Last month's figures under the codes and for the areas of this month, and the villages of which they are a sum.

    Args:
        previous: accepted VillageReport rows of the month before.
        report: VillageReport frame.
        events: lineage, oldest first.
        dictionary: says which figures have a sign, as boundary changes have.
        month: 'YYYY-MM'.
    """
    now = events[(events["date"].str[:7] == month) & (events["kind"] != "split")]
    if now.empty:
        return previous, frozenset()
    codes = [code for code in dictionary.codes if code in previous]
    signed = [code for code in codes if dictionary.indicators[code].concept.signed]
    split = {*events.loc[(events["date"].str[:7] == month) & (events["kind"] == "split"), ["from_code", "to_code"]].to_numpy().ravel()}
    merged = set(now.loc[now["kind"] == "merge", "to_code"])
    states_change = merged & set(report.loc[report[signed].fillna(0).ne(0).any(axis=1), "village_code"])
    before = previous[["month", "village_code", *codes]]
    joined = with_successors(before, now, codes, month)
    own = before[before["village_code"].isin(list(states_change))]
    joined = pd.concat([joined[~joined["village_code"].isin(list(states_change))], own], ignore_index=True)
    return joined, frozenset(merged - states_change - split)


def under_new_codes(asked: pd.DataFrame, events: pd.DataFrame, month: str) -> pd.DataFrame:
    """Rows about villages (`village_code`) under the codes that they have since the month's mergers, transfers and renames."""
    now = events[(events["date"].str[:7] == month) & (events["kind"] != "split")]
    for old, new in zip(now["from_code"], now["to_code"], strict=True):
        asked = asked.assign(village_code=asked["village_code"].mask(asked["village_code"] == old, new))
    return asked


def merged_since(events: pd.DataFrame, month: str) -> Callable[[str, str], bool]:
    """(Village code, earlier month) → whether figures of then are, in `month`, a sum of villages merged since."""
    codes: dict[str, list[str]] = {}
    for date, kind, old, new in events.loc[events["date"].str[:7] <= month, ["date", "kind", "from_code", "to_code"]].itertuples(
        index=False, name=None
    ):
        dates = codes.setdefault(str(new), [])
        dates.extend(codes.get(str(old), []) if kind != "split" else [])
        dates.extend([str(date)[:7]] if kind == "merge" else [])
    return lambda village, earlier: any(date > earlier for date in codes.get(village, ()))


def with_sums_told(findings: pd.DataFrame, found: Confrontation, summed: frozenset[str], dictionary: Dictionary) -> pd.DataFrame:
    """Findings, of which those that compare with a sum of merged villages say so.

    Args:
        findings: Finding frame of `found`.
        found: confrontation with last month's figures.
        summed: villages whose figures of last month are a sum.
        dictionary: the words.
    """
    told = findings["village_code"].isin(list(summed)) & findings["rule_id"].isin(list(compared_with_last_month(found)))
    if not told.any():
        return findings
    words = dictionary.implausible.last_month_together
    return findings.assign(
        say_zh=findings["say_zh"].mask(told, findings["say_zh"] + words.zh),
        say_en=findings["say_en"].mask(told, findings["say_en"] + words.en),
    )


def without_other_areas(
    found: Confrontation, report: pd.DataFrame, events: pd.DataFrame, month: str, summed: frozenset[str] = frozenset()
) -> Confrontation:
    """The confrontation, in which villages whose area changed fail no comparison with last month.

    Args:
        found: confrontation of `report`.
        report: VillageReport frame.
        events: lineage.
        month: 'YYYY-MM'.
        summed: merged villages that were compared with the sum of their figures: the same area.
    """
    changed = report["village_code"].isin(list(area_changed(events, month) - summed)).to_numpy()
    compared = compared_with_last_month(found)
    return untold(found, report, lambda row, rule_id: bool(changed[row]) and rule_id in compared)
