"""After the receipts are stored: files that hold rows about persons leave the inbox, and whoever must help is told."""

import json
from collections.abc import Callable, Iterable

import numpy as np
import pandas as pd

from sources.inbox import InboxFile
from sources.quarantine import Policy, dispose, receipt_number


def clear_inbox(receipts: pd.DataFrame, found: Callable[[], Iterable[InboxFile]], policy: Policy) -> pd.DataFrame:
    """Delete or seal every file found whose receipt in the store says that it holds persons, this run's and those of a run that was killed.

    Args:
        receipts: submissions as the store holds them; a quarantined arrival's `sha256` is its `receipt_number`.
        found: gives the files of the inbox; asked only where there may be something to remove.
        policy: what to do with them.

    Returns:
        The receipts; where a file could not be removed, with that among its `problems`.
    """
    kept_out = np.flatnonzero(receipts["sha256"].str.startswith("quarantined-"))
    if not len(kept_out):
        return receipts
    numbers = dict(zip(receipts["sha256"].iloc[kept_out], kept_out.tolist(), strict=True))
    problems = receipts["problems"].tolist()
    for file in found():
        row = numbers.get(receipt_number(file))
        if row is not None and (why := dispose(file, policy)):
            told = {"name": "quarantine_left", "sheet": "", "cell": "", "details": {"why": why}}
            problems[row] = json.dumps([*json.loads(problems[row] or "[]"), told], ensure_ascii=False)
    return receipts.assign(problems=problems)
