"""What is told to the senders of a month's files: receipts made of the store, without the month's run having to be over.

What a receipt says depends on its own file and on the files of the same villages or under the same path. So when some files are new,
theirs and those of the files they touch are made; the others stand as they were made before.
"""

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from assets.filenotes import file_notes
from assets.identity import identified, identified_readings
from methods.accept import figure_keys
from methods.calendar import due_time, opening_time
from methods.cells import cell_address
from methods.leftout import left_out
from methods.quotes import Quotes, words_of
from methods.standing import COUNTS, EXPIRED, RIVAL, SUPERSEDED, UNFILLED, UNKNOWN, WRONG_MONTH, standings
from methods.stated import of_other_months
from methods.unfilled import is_unfilled
from schemas.derived import of_frame
from schemas.dictionary import Dictionary
from schemas.frames import receipt_schema
from sinks.memo import NO_MEMO, Memo, memo_key
from sinks.places import load_events
from sinks.receiptmemo import changed_submissions, receipts_kept, receipts_to_keep, touched_by, with_kept
from sinks.receipts import Sent, figures_of, reading_heads, receipts_of
from sinks.store import Store
from sinks.submissions import BUNDLE, reading_plans
from sources.identify import towns_of_paths, villages_and_towns
from sources.months import months_away

MOST_NOTES = 20
_RULE_OF = {UNKNOWN: "place_unknown", EXPIRED: "place_expired", WRONG_MONTH: "month_mismatch", RIVAL: "simultaneous_versions"}


def month_receipts(
    store: Store, submissions: pd.DataFrame, places: pd.DataFrame, dictionary: Dictionary, month: str, memo: Memo = NO_MEMO
) -> pd.DataFrame:
    """The Receipt frame of the submissions for `month`; without a registry of places it tells of the files alone."""
    if places.empty or submissions.empty:
        return _receipts(store, submissions, None, places, dictionary, month)
    heads, is_all_read = _heads(store, submissions, places, dictionary, month, memo)
    if not is_all_read:  # the month's run will read these again: receipts of today are not those of then
        return _receipts(store, submissions, heads, places, dictionary, month)
    name, key = f"receipt-{month}", memo_key(dictionary.version, month, places, load_events(store))
    before = memo.get(name, key)
    changed = changed_submissions(before, submissions) if before is not None else None
    if before is None or changed is None:
        changed = submissions["id"].to_numpy()
        receipts = _receipts(store, submissions, heads, places, dictionary, month)
    elif not len(changed):
        return receipts_kept(before)
    else:
        touched = submissions["id"].isin(touched_by(changed, submissions, heads))
        theirs = submissions.iloc[np.flatnonzero(touched)].reset_index(drop=True)  # a few of many: positions, not a mask
        their_heads = heads.iloc[np.flatnonzero(heads["submission_id"].isin(theirs["id"]))].reset_index(drop=True)
        made = _receipts(store, theirs, their_heads, places, dictionary, month)
        receipts = with_kept(made, submissions, touched, before)
    memo.put(name, key, receipts_to_keep(receipts, submissions), new=len(changed))
    return receipts


def _heads(
    store: Store, submissions: pd.DataFrame, places: pd.DataFrame, dictionary: Dictionary, month: str, memo: Memo
) -> tuple[pd.DataFrame, bool]:
    """Who each record is about, without figures, and whether this dictionary has read all; the rest as it was last read."""
    arrived = submissions.rename(columns={"id": "submission_id"})
    heads = identified_readings(store, places, month, dictionary.reading_version, memo, arrived)
    heads = heads[[c for c in heads if c not in dictionary.indicators]]
    is_unread = (submissions["status"] == "read") & (submissions["kind"] != BUNDLE) & ~submissions["id"].isin(heads["submission_id"])
    if not is_unread.any():
        return heads, True
    older = identified(store, reading_heads(store, submissions.loc[is_unread, "id"].tolist()), places, month)
    both = pd.concat([heads, older.assign(states="")]).sort_values(["submission_id", "ordinal"], ignore_index=True)
    return both, False


def _receipts(
    store: Store, submissions: pd.DataFrame, heads: pd.DataFrame | None, places: pd.DataFrame, dictionary: Dictionary, month: str
) -> pd.DataFrame:
    due, opens = due_time(dictionary.calendar, month), opening_time(dictionary.calendar, month)
    sent = _sent(store, submissions, heads, places, dictionary, month) if heads is not None else {}
    due_of = {of.id: due_time(dictionary.calendar, month, of) for of in dictionary.other_returns if of.is_due(month)}
    return receipt_schema().validate(receipts_of(submissions, dictionary, sent, due=due, opens=opens, due_of=due_of), lazy=True)


def _sent(
    store: Store, submissions: pd.DataFrame, heads: pd.DataFrame, places: pd.DataFrame, dictionary: Dictionary, month: str
) -> dict[int, Sent]:
    town_of, town_named = villages_and_towns(places, month)
    is_report = (heads["role"] == "report") & (heads["level"] == "village")
    reports, others = heads[is_report].reset_index(drop=True), heads[heads["role"] == "stated"]
    keys, full = _keys(store, reports, dictionary)
    standing = standings(reports, town_of.keys(), month, keys, is_unfilled(reports["states"], dictionary, month))
    rivals = reports.assign(key=keys)[standing == RIVAL].groupby(["place", "return"])["key"].nunique().groupby("place").max()
    names = of_frame(places, "names", lambda: dict(zip(places["code"].tolist(), places["name"].tolist(), strict=True)))
    notes = file_notes(store, reports, standing, names, dictionary, month)
    for number, questions in _notes(store, reports, standing, full, rivals.to_dict(), names, dictionary, month).items():
        notes.setdefault(number, []).extend(questions)
    if (rule := dictionary.rules.get("stated_other_month")) is not None:
        for row in of_other_months(heads, month).drop_duplicates("submission_id").to_dict("records"):
            notes.setdefault(int(row["submission_id"]), []).append(_note(rule, row, {}, {}, 1, names, month))
    for number, told in left_out(heads, dictionary).items():
        notes[number] = [*told[:MOST_NOTES], *notes.get(number, [])]
    of_town = reports["parent_name"].tolist()
    before, after = _neighbours(submissions, reports, standing)
    rows: dict[int, list[int]] = {}
    for position, number in enumerate(reports["submission_id"].tolist()):
        rows.setdefault(number, []).append(position)
    place, written, parent, clerk, stands = (
        c.tolist() for c in (reports["place"], reports["place_name"], reports["place_code"], reports["filled_by"], standing)
    )
    of_others: dict[int, str] = {}
    for number, code in zip(others["submission_id"].tolist(), others["place"].tolist(), strict=True):
        of_others.setdefault(number, code if code in names else "")
    towns = {number: [t for n in here if (t := town_of.get(place[n]) or town_named.get(of_town[n], ""))] for number, here in rows.items()}
    without = [path for number, path in zip(submissions["id"], submissions["path"], strict=True) if not towns.get(number)]
    by_path = towns_of_paths(without, places, month)
    sent = {}
    for number, path in zip(submissions["id"].tolist(), submissions["path"].tolist(), strict=True):
        here = rows.get(number, [])
        theirs = towns.get(number) or [t for t in (of_others.get(number, ""), by_path.get(path, "")) if t]
        town = max(set(theirs), key=theirs.count) if theirs else ""
        sent[number] = Sent(
            town,
            names.get(town, ""),
            "、".join(list(dict.fromkeys(clerk[n] for n in here if clerk[n]))[:3]),
            [(place[n] or parent[n], names.get(place[n], written[n])) for n in here],
            [stands[n] for n in here],
            before.get(number, []),
            after.get(number, []),
            notes.get(number, []),
        )
    return sent


def _keys(store: Store, reports: pd.DataFrame, dictionary: Dictionary) -> tuple[pd.Series, pd.DataFrame]:
    """Keys of figures, and records with their figures: both only for places of which two records came at one time."""
    keys = pd.Series(np.arange(len(reports)), index=reports.index, dtype="int64")
    several = reports[reports.duplicated(["place", "return"], keep=False)]
    several = several[several["place"].isin(set(several.loc[_is_together(several), "place"]))]
    full = (
        several.drop(columns="states").merge(
            figures_of(store, several["sha256"].tolist(), dictionary.reading_version), on=["sha256", "ordinal"]
        )
        if len(several)
        else several
    )
    if len(full):
        of = dict(zip(zip(full["submission_id"], full["ordinal"], strict=True), figure_keys(full, dictionary), strict=True))
        ids = zip(several["submission_id"], several["ordinal"], strict=True)
        keys[several.index] = [of.get(key, int(at)) for key, at in zip(ids, several.index, strict=True)]
    return keys, full


def _is_together(records: pd.DataFrame) -> pd.Series:
    """Records of one place that came at the same second as another one of it, or in the same bundle."""
    bundle = records["path"].where(records["path"].str.contains("!/", regex=False), "").str.partition("!/")[0] if len(records) else ""
    of_place = records[["place", "return", "arrived_at"]].assign(bundle=bundle)
    at_once = of_place.duplicated(["place", "return", "arrived_at"], keep=False)
    return at_once | ((of_place["bundle"] != "") & of_place.duplicated(["place", "return", "bundle"], keep=False))


def _notes(
    store: Store,
    reports: pd.DataFrame,
    standing: pd.Series,
    full: pd.DataFrame,
    rivals_of: Mapping[Any, int],
    names: Mapping[str, str],
    dictionary: Dictionary,
    month: str,
) -> dict[int, list[Mapping[str, str]]]:
    """Submission → what is asked about who and when, in the words of the rules that will ask it."""
    r = reports
    asks = {rule: standing == value for value, rule in _RULE_OF.items()}
    asks["other_period"] = asks["month_mismatch"] & (r["period"] != "")
    asks["month_mismatch"] &= r["period"] == ""
    is_placed = standing.isin([COUNTS, SUPERSEDED, RIVAL])
    asks["name_of_other_village"] = is_placed & (r["other_place"] != "")
    asks["name_mismatch"] = is_placed & ~r["is_name_match"] & (r["other_place"] == "")
    asks["town_mismatch"] = is_placed & ~r["is_town_match"]
    asks["claim_mismatch"] = is_placed & ~r["is_claim_match"]
    asks["file_month_mismatch"] = is_placed & (r["file_month"] != "") & (r["file_month"] != month)
    asks["title_month_mismatch"] = is_placed & (r["title_month"] != "")
    asks["place_filled_in"] = is_placed & ~r["place_from"].isin(["cells", ""])
    asks = {rule: rows for rule, rows in asks.items() if rule in dictionary.rules and rows.any()}
    if not asks:
        return {}
    flagged = np.logical_or.reduce([rows.to_numpy() for rows in asks.values()])
    plans = reading_plans(store, r.loc[flagged, "plan_id"])
    rivals = r[standing == RIVAL].drop_duplicates("place")
    stubs = pd.DataFrame({"reading_ids": rivals["sha256"] + "/" + rivals["ordinal"].astype("str"), "village_code": rivals["place"]})
    quotes = Quotes(stubs, full, dictionary, month, names)
    versions = {place: quotes(n, {"versions"}) for n, place in enumerate(stubs["village_code"])}
    found: dict[int, list[Mapping[str, str]]] = {}
    for rule_id, rows in asks.items():
        for row in r[rows].to_dict("records"):
            notes = found.setdefault(int(row["submission_id"]), [])
            if len(notes) < MOST_NOTES:
                notes.append(_note(dictionary.rules[rule_id], row, plans, versions, rivals_of.get(row["place"], 1), names, month))
    return found


def _note(
    rule: Any,
    row: Mapping[Any, Any],
    plans: Mapping[str, Any],
    versions: Mapping[str, Any],
    n_versions: int,
    names: Mapping[str, str],
    month: str,
) -> dict[str, str]:
    plan, place = plans.get(row["plan_id"]), str(row["place"])
    cells = [a for code in rule.cells if plan and (a := cell_address(plan, code, int(row["row_no"])))]
    gap = months_away(row["month"], month)
    name = names.get(place, row["place_name"]) or place or "?"
    fixed = {"village": name, "place": name, "village_code": place, "month": month, "cells": ", ".join(cells), "gap": str(gap)}
    fixed |= {"observed": str(n_versions), "expected": "0", "indicator": "", "versions": ""}
    zh, en = ({**fixed, **words} for words in words_of(row, month, names))
    quoted = versions.get(place, ({}, {})) if rule.id == "simultaneous_versions" else ({}, {})
    zh |= quoted[0]
    en |= quoted[1]
    return {
        "code": rule.id,
        "effect": "question",
        "where": " · ".join(filter(None, (row["path"], ", ".join(cells)))),
        "say_zh": rule.say.zh.format(**zh),
        "say_en": rule.say.en.format(**en).strip(),
        "do_zh": rule.do.zh.format(**zh),
        "do_en": rule.do.en.format(**en),
    }


Files = dict[int, list[tuple[str, str]]]


def _neighbours(submissions: pd.DataFrame, reports: pd.DataFrame, standing: pd.Series) -> tuple[Files, Files]:
    """Submission → the files it takes the place of, and submission → the one that took its place; each as (path, arrived_at)."""
    before: Files = {}
    after: Files = {}

    def link(old: int, new: int, old_file: tuple[str, str], new_file: tuple[str, str]) -> None:
        if old_file not in before.setdefault(new, []):
            before[new].append(old_file)
        if new_file not in after.setdefault(old, []):
            after[old].append(new_file)

    s = submissions
    said = reports.loc[standing != UNFILLED, "submission_id"]
    is_empty = s["id"].isin(set(reports["submission_id"]) - set(said))  # a form without figures takes the place of nothing
    again = s[s.duplicated("path", keep=False) & ~is_empty]
    for _, versions in again.groupby("path", sort=False):
        rows = list(zip(versions["id"].tolist(), versions["path"].tolist(), versions["arrived_at"].tolist(), strict=True))
        for first, second in pairwise(rows):
            link(first[0], second[0], first[1:], second[1:])
    current = reports[standing.isin([COUNTS, SUPERSEDED])]
    several = current[current.duplicated(["place", "return"], keep=False)]
    for _, versions in several.groupby(["place", "return"], sort=False):
        rows = list(zip(versions["submission_id"].tolist(), versions["path"].tolist(), versions["arrived_at"].tolist(), strict=True))
        shas, stands = versions["sha256"].tolist(), standing[versions.index].tolist()
        for row, sha, stand in zip(rows[:-1], shas[:-1], stands[:-1], strict=True):
            if sha != shas[-1] and stand == SUPERSEDED:
                link(row[0], rows[-1][0], row[1:], rows[-1][1:])
    return before, after
