"""Where every record of a month stands: it counts, something later took its place, it is held, or it says nothing new.

A later form takes the place of an earlier one whole. One that lacks columns of the earlier one (a list with two corrected columns, the
second of two lists that make up a return) speaks of its own figures only: both count, the later one where both have a figure.
"""

from __future__ import annotations

from collections.abc import Collection, Set
from itertools import combinations

import numpy as np
import pandas as pd

from methods.unfilled import gives, letters_of
from schemas.states import NOT_COLLECTED

COUNTS, SUPERSEDED, REPLACED, RIVAL = "counts", "superseded", "replaced", "rival"
UNKNOWN, EXPIRED, WRONG_MONTH, OTHER_MONTH = "unknown_place", "expired_place", "wrong_month", "other_month"
UNFILLED, FORMER_COPY = "unfilled", "former_copy"
HELD = (RIVAL, UNKNOWN, EXPIRED, WRONG_MONTH)
"""Where a record stands. It counts; a later file has superseded it, or other content under its own name replaced it; it is held, because
another came at the same moment, its place is not in the registry or not in force, or it states another month and no right one has come
(then WRONG_MONTH; where one has, OTHER_MONTH). It came without figures, or it is the copy of a form that was corrected before it came."""

_GROUP = ["place", "return"]


def standings(
    readings: pd.DataFrame, expected: Collection[str], month: str, keys: pd.Series, unfilled: pd.Series | None = None
) -> pd.Series:
    """Where every record stands: str, same index.

    Args:
        readings: as in `methods.accept.accept_reports`; of figures only `states` are looked at, where they are given.
        expected: codes of the villages in force.
        month: 'YYYY-MM'.
        keys: equal for two records exactly when their figures are; needed only where two came at the same moment.
        unfilled: records that came without figures (`methods.unfilled.is_unfilled`); none where not given.
    """
    expected = expected if isinstance(expected, Set) else set(expected)
    is_empty = unfilled if unfilled is not None else pd.Series(False, index=readings.index, dtype=bool)
    is_current = is_last_content(readings, is_empty)
    is_expected = pd.Series([place in expected for place in readings["place"].tolist()], index=readings.index, dtype=bool)
    is_right = is_of_month(readings, month)
    standing = pd.Series(np.where(readings["is_known"], EXPIRED, UNKNOWN), index=readings.index, dtype="str")
    standing[is_expected] = OTHER_MONTH
    is_former = former_copies(readings, is_right & ~is_empty)
    usable = is_current & is_expected & is_right & ~is_empty & ~is_former
    is_later = readings[usable].duplicated(_GROUP, keep="last")
    standing[usable] = np.where(is_later, SUPERSEDED, COUNTS)
    wrong = is_current & is_expected & ~is_right & ~is_empty
    alone = wrong & ~readings["place"].isin(set(readings.loc[usable, "place"]))
    standing[alone & ~readings[alone].duplicated("place", keep="last").reindex(readings.index, fill_value=False)] = WRONG_MONTH
    standing[_earlier_parts(readings[usable])] = COUNTS
    rivals = _rivals(readings[usable], keys)
    held = readings.loc[rivals, "place"]
    standing[usable & (standing == COUNTS) & readings["place"].isin(set(held))] = RIVAL
    standing[rivals] = RIVAL
    standing[is_former & is_expected] = FORMER_COPY
    standing[is_empty] = UNFILLED
    standing[~is_current] = REPLACED
    return standing


def is_of_month(readings: pd.DataFrame, month: str) -> pd.Series:
    """Which records hold the month's figures: they state that month or none, and no other period or kind (累计, 计划)."""
    is_month = readings["month"].isin([month, ""])
    return is_month & (readings["period"] == "") if "period" in readings else is_month


def is_last_content(readings: pd.DataFrame, unfilled: pd.Series) -> pd.Series:
    """Records of the last content that came under their path: a file replaced under its own name is a correction, only its last content
    speaks. What came later without figures (of a list: in the row of that village) has replaced nothing.
    """
    paths, numbers = readings["path"].tolist(), readings["submission_id"].tolist()
    last: dict[str, int] = {}
    if not unfilled.any():
        for path, number in zip(paths, numbers, strict=True):
            last[path] = max(number, last.get(path, number))
        return readings["submission_id"] == np.array([last[path] for path in paths], dtype="int64")
    speaks = set(readings.loc[~unfilled, "submission_id"])
    empty = set(zip(readings.loc[unfilled, "submission_id"], readings.loc[unfilled, "place"], strict=True))
    of_path: dict[str, dict[int, None]] = {}
    for path, number in zip(paths, numbers, strict=True):
        if number in speaks:
            of_path.setdefault(path, {})[number] = None
    rows = zip(paths, numbers, readings["place"].tolist(), strict=True)
    replaced = [any(later > number and (later, place) not in empty for later in of_path.get(path, ())) for path, number, place in rows]
    return ~pd.Series(replaced, index=readings.index, dtype=bool)


def former_copies(readings: pd.DataFrame, speaks: pd.Series) -> pd.Series:
    """Records under a new path whose bytes came before under another one, and were corrected in between: sent again as 副本.

    Whoever puts former bytes back under their own name, or sends one of two rivals again, is heard.
    """
    found = pd.Series(False, index=readings.index, dtype=bool)
    rows = readings[speaks]
    again = rows[rows.duplicated(["sha256", *_GROUP], keep=False)]
    if again.empty:
        return found
    of_places = rows[rows["place"].isin(set(again["place"]))]
    for _, group in of_places.groupby(_GROUP, sort=False):
        before: list[tuple[str, str, str]] = []
        for at, sha, path, arrived in zip(group.index, group["sha256"], group["path"], group["arrived_at"], strict=True):
            same = next((b for b in reversed(before) if b[0] == sha and b[1] != path), None)
            if same is not None and before[-1][0] != sha and all(b[1] != path for b in before) and not _at_once(same, before[-1]):
                found[at] = True
            else:
                before.append((sha, path, arrived))
    return found


def _at_once(one: tuple[str, str, str], other: tuple[str, str, str]) -> bool:
    bundle = _bundle(one[1])
    return one[1] != other[1] and (one[2] == other[2] or (bundle != "" and bundle == _bundle(other[1])))


def _bundle(path: str) -> str:
    return path.partition("!/")[0] if "!/" in path else ""


def _earlier_parts(usable: pd.DataFrame) -> list[int]:
    """Earlier records that hold figures for which the later ones of their place have no cell, as index labels."""
    several = usable[usable.duplicated(_GROUP, keep=False)]
    if several.empty or "states" not in several:
        return []
    found: list[int] = []
    for _, group in several.groupby(_GROUP, sort=False):
        if (group["states"] == "").any():
            continue
        letters = letters_of(group["states"], len(group["states"].iloc[0]))
        covered = letters[-1] != NOT_COLLECTED
        if covered.all():
            continue
        for n in range(len(group) - 2, -1, -1):
            if (gives(letters[n]) & ~covered).any():
                found.append(group.index[n])
                covered |= letters[n] != NOT_COLLECTED
    return found


def _rivals(usable: pd.DataFrame, keys: pd.Series) -> pd.Index:
    """Records with different figures that came at the same second, or in the same bundle, as the last one of their place."""
    several = usable[usable.duplicated(_GROUP, keep=False)]
    if several.empty:
        return several.index
    bundle = pd.Series([_bundle(path) for path in several["path"]], index=several.index, dtype="str")
    groups = [several["place"], several["return"]]
    last_arrival, last_bundle = several["arrived_at"].groupby(groups).transform("last"), bundle.groupby(groups).transform("last")
    together = several[(several["arrived_at"] == last_arrival) | ((bundle == last_bundle) & (bundle != ""))]
    by_place = [together["place"], together["return"]]
    versions = keys[together.index].groupby(by_place).transform("nunique")
    differing = together[(versions > 1).to_numpy()]
    if differing.empty or "states" not in differing or (differing["states"] == "").any():
        return differing.index
    parts = [index for _, group in differing.groupby(_GROUP, sort=False) if _are_parts(group["states"]) for index in group.index]
    return differing.index.difference(parts, sort=False)


def _are_parts(states: pd.Series) -> bool:
    """Whether no record has a cell for what another one gives."""
    letters = letters_of(states, len(states.iloc[0]))
    given, has_cell = gives(letters), letters != NOT_COLLECTED
    return not any((given[a] & has_cell[b]).any() or (given[b] & has_cell[a]).any() for a, b in combinations(range(len(letters)), 2))
