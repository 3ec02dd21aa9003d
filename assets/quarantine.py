"""After the receipts are stored: files that hold rows about persons, or may, leave the inbox, and whoever must help is told."""

import json
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd

from assets.sealed import number_on
from sinks.sealed import ALLOWED, DELETED, Decision
from sources.inbox import InboxFile
from sources.quarantine import DELETE, Policy, dispose, receipt_number, short_number
from sources.sealing import forget, seal

_STATUS_OF = {ALLOWED: "let_through", DELETED: "removed"}
_TOLD_OF = {ALLOWED: "sealed_allowed", DELETED: "sealed_deleted"}


def clear_inbox(
    receipts: pd.DataFrame, found: Callable[[], Iterable[InboxFile]], policy: Policy, decided: Mapping[str, Decision] | None = None
) -> pd.DataFrame:
    """Take out of the inbox what holds persons, or may, by its receipt: this run's files and those of a run that was killed.

    What holds persons is dealt with as the county has set, what may hold persons is moved to the sealed files; what somebody has decided
    to delete is deleted, what is let through stays where it is.

    Args:
        receipts: submissions as the store holds them; a set-aside arrival's `sha256` is its `receipt_number`.
        found: gives the files of the inbox; asked only where there may be something to remove.
        policy: what to do with them.
        decided: number → decision about a sealed file.

    Returns:
        The receipts; where a file could not be removed, with that among its `problems`; of sealed files with what was decided.
    """
    decided = decided or {}
    kept_out = np.flatnonzero(receipts["sha256"].str.startswith(("quarantined-", "sealed-")))
    if not len(kept_out):
        return receipts
    numbers = dict(zip(receipts["sha256"].iloc[kept_out], kept_out.tolist(), strict=True))
    problems, statuses = receipts["problems"].tolist(), receipts["status"].tolist()
    for file in found():
        row = numbers.get(receipt_number(file))
        if row is not None and (why := dispose(file, policy)):
            problems[row] = _with(problems[row], "quarantine_left", why=why)
        number = receipt_number(file, kind="sealed")
        if number in numbers and (why := _take_out(file, policy, decided.get(number))):
            problems[numbers[number]] = _with(problems[numbers[number]], "sealed_left", why=why)
    for number in numbers.keys() & decided.keys() if policy.sealed else ():
        forget(Path(policy.sealed), number)  # where the command that decided was killed
    by_number = {short_number(decision.number): decision for decision in decided.values()}
    for row in kept_out.tolist() if decided else ():
        if statuses[row] == "sealed" and (decision := by_number.get(number_on(problems[row]))) is not None:
            statuses[row] = _STATUS_OF[decision.decision]
            problems[row] = _told(problems[row], decision)
    return receipts.assign(problems=pd.array(problems, dtype="str"), status=pd.array(statuses, dtype="str"))


def _take_out(file: InboxFile, policy: Policy, decision: Decision | None) -> str:
    if decision is None:
        return seal(file, policy)
    return dispose(file, policy._replace(mode=DELETE)) if decision.decision == DELETED else ""


def _with(problems: str, name: str, **details: str) -> str:
    told = {"name": name, "sheet": "", "cell": "", "details": details}
    return json.dumps([*json.loads(problems or "[]"), told], ensure_ascii=False)


def _told(problems: str, decision: Decision) -> str:
    """The problems with the decision in place of how to decide."""
    left = [p for p in json.loads(problems or "[]") if p["name"] != "sealed_how"]
    details = {"by": decision.decided_by, "at": decision.decided_at, "number": short_number(decision.number)}
    return _with(json.dumps(left, ensure_ascii=False), _TOLD_OF[decision.decision], **details)
