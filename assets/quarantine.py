"""After the receipts are stored: files that hold rows about persons leave the inbox, and whoever must help is told."""

import json
from collections.abc import Iterable

import pandas as pd

from sources.inbox import InboxFile
from sources.quarantine import Policy, dispose, receipt_number


def clear_inbox(receipts: pd.DataFrame, found: Iterable[InboxFile], policy: Policy) -> pd.DataFrame:
    """Delete or seal every file found whose receipt in the store says that it holds persons, this run's and those of a run that was killed.

    Args:
        receipts: submissions as the store holds them; a quarantined arrival's `sha256` is its `receipt_number`.
        found: files of the inbox.
        policy: what to do with them.

    Returns:
        The receipts; where a file could not be removed, with that among its `problems`.
    """
    numbers = {sha256: row for row, sha256 in enumerate(receipts["sha256"].tolist()) if sha256.startswith("quarantined-")}
    if not numbers:
        return receipts
    problems = receipts["problems"].tolist()
    for file in found:
        row = numbers.get(receipt_number(file))
        if row is not None and (why := dispose(file, policy)):
            told = {"name": "quarantine_left", "sheet": "", "cell": "", "details": {"why": why}}
            problems[row] = json.dumps([*json.loads(problems[row] or "[]"), told], ensure_ascii=False)
    return receipts.assign(problems=problems)
