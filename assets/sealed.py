"""Files that may be about persons: what waits for a decision, the decisions, and what the next run makes of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from methods.answers import is_specific
from schemas.dictionary import Dictionary
from schemas.messages import message
from sinks.places import load_places
from sinks.sealed import ALLOWED, DELETED, Decision, decisions, is_taken_in, later_arrival, record_decision, sealed_submissions, waiting
from sinks.store import Store
from sources.identify import towns_of_paths, villages_of_paths
from sources.inbox import InboxFile
from sources.quarantine import receipt_number, short_number
from sources.sealing import IdentityError, arrivals_let_through, forget, let_through, opened, sealed_copy

_LATER = "之后又收到同名文件 a later file came under the same name"
_NOT_THERE = "封存文件夹里还没有这个文件，请先运行该月 it is not in the folder of sealed files yet: run its month first"
_SHORTEST_NUMBER = 6


class DecisionRefused(Exception):
    """A decision cannot be taken; `name` is an entry of the message catalogue."""

    def __init__(self, name: str, **details: str) -> None:
        super().__init__(f"{name}: {details}")
        self.name, self.details = name, details


class Choice(NamedTuple):
    """Who decides, why, and when."""

    by: str
    reason: str
    at: str


# -- what waits ---------------------------------------------------------------------------------------------------------


def sealed_files(store: Store, dictionary: Dictionary, folder: Path, month: str = "") -> list[dict[str, Any]]:
    """Every sealed file, in order of arrival: number, path, place as far as the path tells, what was seen, and what was decided."""
    rows, decided, told = sealed_submissions(store, month).to_dict("records"), decisions(store), []
    paths = [str(row["path"]) for row in rows]
    places = {sent_for: _places_of(store, paths, sent_for) for sent_for in {str(row["sent_for"]) for row in rows}}
    for row in rows:
        path, number, sent_for = str(row["path"]), str(row["sha256"]), str(row["sent_for"])
        villages, towns, names = places[sent_for]
        seen: dict[str, str] = next((p["details"] for p in json.loads(str(row["problems"])) if p["name"] == "persons_suspected"), {})
        said, choice = message(dictionary, "persons_suspected", seen), decided.get(number)
        told.append(
            {
                "number": short_number(number),
                "file": path,
                "month": sent_for,
                "received": str(row["arrived_at"]),
                "town_code": towns.get(path, ""),
                "town": names.get(towns.get(path, ""), ""),
                "village_code": villages.get(path, ""),
                "village": names.get(villages.get(path, ""), ""),
                "say_zh": said.say_zh,
                "say_en": said.say_en,
                "state": choice.decision if choice else "waiting",
                "is_there": sealed_copy(folder, number) is not None,
                **{name: getattr(choice, name) if choice else "" for name in ("decided_by", "decided_at", "reason")},
            }
        )
    return told


def _places_of(store: Store, paths: list[str], month: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """Path → village, path → town, code → name."""
    places = load_places(store)
    if places.empty:
        return {}, {}, {}
    return (
        villages_of_paths(paths, places, month),
        towns_of_paths(paths, places, month),
        dict(zip(places["code"].tolist(), places["name"].tolist(), strict=True)),
    )


def with_sealed_notes(findings: pd.DataFrame, store: Store, place: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """Findings; a village whose report has not come is told where a file that is by its name the village's waits for a decision."""
    waits = waiting(store, month)
    if waits.empty or findings.empty:
        return findings
    numbers = {short_number(number) for number in waits["sha256"].tolist()}
    every = sealed_submissions(store, month, has_members=True)
    of_path = villages_of_paths(every["path"].tolist(), place, month)
    rules = {rule.id for rule in dictionary.rules.values() if rule.observed == "is_missing"}
    found = findings.copy()
    for path, number in zip(every["path"].tolist(), map(number_on, every["problems"].tolist()), strict=True):
        if path not in of_path or number not in numbers:
            continue
        told = message(dictionary, "sealed_of_village", {"file": path.rsplit("/", 1)[-1], "number": number})
        here = (found["village_code"] == of_path[path]) & found["rule_id"].isin(rules)
        for column, text in (("say_zh", told.say_zh), ("do_zh", told.do_zh)):
            found.loc[here, column] += text
        for column, text in (("say_en", told.say_en), ("do_en", told.do_en)):
            found.loc[here, column] += " " + text
    return found


def number_on(problems: str) -> str:
    """The number that a sealed file's receipt tells: its own, or of the bundle that it came in; '' where it is no sealed file's."""
    how = [problem for problem in json.loads(problems or "[]") if problem["name"] == "sealed_how"]
    return str(how[0]["details"]["number"]) if how else ""


# -- decisions ----------------------------------------------------------------------------------------------------------


def allow(store: Store, folder: Path, number: str, choice: Choice, identity: Path | None = None) -> Decision:
    """Let a sealed file through: the next run of its month reads it as an ordinary submission.

    Raises:
        DecisionRefused: no such file waits; the reason says nothing; it is not there or a later file came; it cannot be decrypted.
    """
    row = _undecided(store, number, choice)
    if later_arrival(store, int(row["id"]), str(row["path"]), str(row["sent_for"])):
        raise DecisionRefused("sealed_cannot_return", number=short_number(row["sha256"]), why=_LATER)
    if (copy := sealed_copy(folder, row["sha256"])) is None:
        raise DecisionRefused("sealed_cannot_return", number=short_number(row["sha256"]), why=_NOT_THERE)
    try:
        data = opened(copy, identity)
    except IdentityError as error:
        raise DecisionRefused("sealed_no_identity", number=short_number(row["sha256"]), why=str(error)) from None
    let_through(folder, row["sha256"], data, row["sent_for"], row["arrived_at"])  # without a decision nobody looks at it
    decided = _decide(store, row, ALLOWED, choice, hashlib.sha256(data).hexdigest())
    forget(folder, row["sha256"])
    return decided


def delete(store: Store, folder: Path, number: str, choice: Choice) -> Decision:
    """Have a sealed file deleted for good. Its receipt stays.

    Raises:
        DecisionRefused: no such file waits; the reason says nothing.
    """
    row = _undecided(store, number, choice)
    decided = _decide(store, row, DELETED, choice, "")
    forget(folder, row["sha256"])
    return decided


def _undecided(store: Store, number: str, choice: Choice) -> dict[str, Any]:
    if not choice.by.strip() or not is_specific(choice.reason):
        raise DecisionRefused("decision_says_nothing")
    waits = waiting(store)
    start = f"sealed-{number.strip().removeprefix('sealed-')}"
    found = waits[waits["sha256"].str.startswith(start)] if len(start) >= len("sealed-") + _SHORTEST_NUMBER else waits[:0]
    if len(found) != 1:
        raise DecisionRefused("sealed_number", number=number)
    return dict(found.iloc[0])


def _decide(store: Store, row: Mapping[str, Any], decision: str, choice: Choice, sha256: str) -> Decision:
    arrival = (str(row["path"]), str(row["sent_for"]), str(row["arrived_at"]))
    made = Decision(str(row["sha256"]), decision, choice.by.strip(), choice.reason.strip(), choice.at, *arrival, sha256)
    if not record_decision(store, made):
        raise DecisionRefused("sealed_number", number=short_number(made.number))
    return made


# -- in a run -----------------------------------------------------------------------------------------------------------


class LetThrough(NamedTuple):
    """A file that was let through, where it lies until it is taken in."""

    decision: Decision
    file: InboxFile
    place: Path


def files_let_through(folder: str, decided: Mapping[str, Decision], month: str) -> list[LetThrough]:
    """What was let through for `month` and still lies beside the sealed files, as files of the inbox."""
    found = []
    for number, place in arrivals_let_through(Path(folder), month) if folder else ():
        decision = decided.get(number)
        if decision is not None and decision.decision == ALLOWED:
            stat = place.stat()
            found.append(LetThrough(decision, InboxFile(decision.path, str(place), month, stat.st_size, stat.st_mtime_ns), place))
    return found


def without_taken_in(store: Store, files: Iterable[LetThrough], *, are_quarantined_left: bool) -> list[LetThrough]:
    """Those of them that no run has taken in; the others are removed from where they lay, as a run that was killed could not.

    are_quarantined_left: what turned out to be about persons for certain is to be left where it lies.
    """
    left = []
    for item in files:
        if is_taken_in(store, item.file.path, item.file.sent_for, (item.decision.sha256,)):
            item.place.unlink(missing_ok=True)
        elif is_taken_in(store, item.file.path, item.file.sent_for, (receipt_number(item.file),)):
            if not are_quarantined_left:
                item.place.unlink(missing_ok=True)
        else:
            left.append(item)
    return left
