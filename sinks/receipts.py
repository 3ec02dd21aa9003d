"""Submissions of the store as receipts: who sent what and when, what was understood, what became of it, and every problem in words."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pandas as pd
import sqlalchemy as sa

from schemas.dictionary import Dictionary
from schemas.frames import RECEIPT_COLUMNS
from schemas.messages import message
from sinks.store import Store

_HEADS = (
    "sha256",
    "ordinal",
    "role",
    "level",
    "return",
    "place_code",
    "place_name",
    "parent_name",
    "month",
    "filled_by",
    "plan_id",
    "row_note",
    "row_no",
    "period",
    "title_month",
)
MOST_PLACES, MOST_FILES = 12, 3
_NOT_HELD = frozenset(("counts", "superseded", "replaced", "other_month", "unfilled", "former_copy"))
_EDITION = "2"
"""Part of every receipt's number: another edition of the letters and pages writes them all anew."""


def reading_heads(store: Store, submissions: Sequence[int]) -> pd.DataFrame:
    """What `sinks.submissions.readings_of` gives, without figures: who each record is about, as read under whatever dictionary."""
    s, r = store.tables.submission, store.tables.reading
    columns = [s.c.id.label("submission_id"), s.c.path, s.c.arrived_at, s.c.sent_for, *[r.c[name] for name in _HEADS], r.c.reading_version]
    query = sa.select(*columns).join_from(s, r, s.c.sha256 == r.c.sha256).order_by(s.c.id, r.c.ordinal)
    parts = [store.read(query.where(s.c.id.in_(submissions[n : n + 500]))) for n in range(0, max(1, len(submissions)), 500)]
    return _newest(pd.concat(parts, ignore_index=True), "submission_id", "")


def figures_of(store: Store, sha256s: Sequence[str], reading_version: str) -> pd.DataFrame:
    """Figures and states of some bytes' records: sha256, ordinal, states, an indicator each."""
    r = store.tables.reading
    fixed = [r.c[name] for name in ("sha256", "ordinal", "states", "reading_version")]
    figures = [c for c in r.columns if isinstance(c.type, sa.Double)]
    wanted = sorted(set(sha256s))
    parts = [store.read(sa.select(*fixed, *figures).where(r.c.sha256.in_(wanted[n : n + 500]))) for n in range(0, max(1, len(wanted)), 500)]
    return _newest(pd.concat(parts, ignore_index=True), "sha256", reading_version)


def _newest(records: pd.DataFrame, by: str, reading_version: str) -> pd.DataFrame:
    """Of bytes read under several dictionaries, the records of this one; without any, those of another one."""
    if (records["reading_version"] != reading_version).any():
        rank = records["reading_version"].where(records["reading_version"] != reading_version, "~")
        records = records[rank == rank.groupby(records[by]).transform("max")].reset_index(drop=True)
    return records.drop(columns="reading_version")


class Sent(NamedTuple):
    """What is known of the records of one submission, beside the store's row.

    places: (code, name) in the order of the file. standings: as in `methods.accept`, one a record. before, after: (path, arrived_at) of
    files that this one takes the place of, and of the one that took its place. notes: problems ready for a receipt.
    """

    town_code: str = ""
    town_name: str = ""
    filled_by: str = ""
    places: Sequence[tuple[str, str]] = ()
    standings: Sequence[str] = ()
    before: Sequence[tuple[str, str]] = ()
    after: Sequence[tuple[str, str]] = ()
    notes: Sequence[Mapping[str, str]] = ()


NOTHING_KNOWN = Sent()


def receipts_of(
    submissions: pd.DataFrame,
    dictionary: Dictionary,
    sent: Mapping[int, Sent] | None = None,
    *,
    due: str = "",
    opens: str = "",
    due_of: Mapping[str, str] | None = None,
) -> pd.DataFrame:
    """One receipt a file (`schemas.frames.receipt_schema`).

    Args:
        submissions: the store's rows.
        dictionary: messages and the office's time zone.
        sent: submission id → what its records are about; without it receipts tell of the file alone.
        due, opens: UTC ISO times after and before which a file is late or early; '' where nobody asks.
        due_of: return → its own due time, where it has one.
    """
    s, sent = submissions, sent or {}
    known = [sent.get(number, NOTHING_KNOWN) for number in s["id"].tolist()]
    problems = [
        [*_problems(text, path, month, dictionary), *k.notes]
        for text, path, month, k in zip(*(s[c] for c in ("problems", "path", "sent_for")), known, strict=True)
    ]
    arrived = pd.to_datetime(s["arrived_at"], utc=True, errors="coerce")
    early, late = _days(arrived, opens, -1), _days(arrived, due, 1)
    for name, its_due in (due_of or {}).items():
        late = [
            own if name == sent_as else usual for own, usual, sent_as in zip(_days(arrived, its_due, 1), late, s["return"], strict=True)
        ]
    frame = pd.DataFrame(
        {
            "file_name": s["path"].str.rsplit("/", n=1).str[-1],
            "rel_path": s["path"],
            "sha256": s["sha256"],
            "size": s["size"],
            "arrived_at": s["arrived_at"],
            "arrived_local": arrived.dt.tz_convert(dictionary.calendar.time_zone).dt.strftime("%Y-%m-%d %H:%M").fillna(""),
            "sent_for": s["sent_for"],
            "timing": ["late" if a > 0 else "early" if b > 0 else "on_time" if due else "" for a, b in zip(late, early, strict=True)],
            "days_off": [a or -b for a, b in zip(late, early, strict=True)],
            "status": s["status"],
            "kind": s["kind"],
            "layout_id": s["layout"],
            "score": s["score"].astype("float64").fillna(0.0),
            "runner_up": s["runner_up"],
            "unmatched": [_unmatched(text) for text in s["problems"]],
            "town_code": [k.town_code for k in known],
            "town_name": [k.town_name for k in known],
            "filled_by": [k.filled_by for k in known],
            "villages": s["n_records"],
            "places": [_listed(k.places, MOST_PLACES) for k in known],
            "cells_read": s["n_cells"],
            "counts": [k.standings.count("counts") for k in known],
            "superseded": [sum(w in ("superseded", "replaced") for w in k.standings) for k in known],
            "held": [sum(w not in _NOT_HELD for w in k.standings) for k in known],
            "held_why": [" ".join(sorted(set(k.standings) - _NOT_HELD)) for k in known],
            "supersedes": [_listed(k.before, MOST_FILES) for k in known],
            "superseded_by": [_listed(k.after, MOST_FILES) for k in known],
            "problems": pd.Series(problems, dtype=object, index=s.index),
        },
        index=s.index,
    )
    return frame.assign(receipt_no=_numbers(frame))[list(RECEIPT_COLUMNS)]


def _listed(pairs: Sequence[tuple[str, str]], most: int) -> str:
    """JSON of the first pairs, and how many there are more: [[["code", "name"], …], 0]."""
    return json.dumps([[list(p) for p in pairs[:most]], max(0, len(pairs) - most)], ensure_ascii=False) if pairs else ""


def _unmatched(problems: str) -> str:
    """Headings that matched no indicator, separated by '、'."""
    if "unmatched_heading" not in problems:
        return ""
    return "、".join(str(p["details"].get("label", "?")) for p in json.loads(problems) if p["name"] == "unmatched_heading")


def _days(arrived: pd.Series, moment: str, sign: int) -> list[int]:
    """Whole days, rounded up, by which arrival is after (sign 1) or before (−1) the moment; 0 on the right side of it."""
    if not moment:
        return [0] * len(arrived)
    seconds = sign * (arrived - pd.Timestamp(moment)).dt.total_seconds().fillna(0).to_numpy()
    return [int(-(-x // 86_400)) if x > 0 else 0 for x in seconds.tolist()]


def _numbers(frame: pd.DataFrame) -> list[str]:
    """A number for each receipt that changes whenever anything on it does."""
    told = frame.assign(problems=[json.dumps(p, ensure_ascii=False) if p else "" for p in frame["problems"]])
    rows = zip(*[told[c].tolist() for c in told.columns], strict=True)
    return [hashlib.sha256(f"{_EDITION}{row}".encode("utf-8", "surrogatepass")).hexdigest()[:16] for row in rows]


def _problems(text: str, path: str, month: str, dictionary: Dictionary) -> list[dict[str, Any]]:
    if not text:
        return []
    found = []
    for problem in json.loads(text):
        made = message(dictionary, problem["name"], {"month": month, **problem["details"]})
        where = " · ".join(part for part in (path, problem["sheet"], problem["cell"]) if part)
        found.append(
            {"code": made.code, "effect": made.effect, "where": where}
            | {k: getattr(made, k) for k in ("say_zh", "say_en", "do_zh", "do_en")}
        )
    return found
