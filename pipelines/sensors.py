"""The inbox sensor: a run for every month whose folder has changed and come to rest."""

import hashlib
import json
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.common import MONTHS
from assets.ports import Inbox
from pipelines.jobs import monthly_job
from sources.inbox import scan_inbox

_REST_SECONDS = 60.0
"""A file younger than this may still be being written; its month waits for the next look."""


@dg.sensor(
    job=monthly_job,
    minimum_interval_seconds=60,
    description="收件夹监听 · Starts the month's run when new files have come to rest in its folder.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, inbox: dg.ResourceParam[Inbox]) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """One run request a changed month; the cursor keeps a digest of what each month's folder held."""
    seen: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    if not inbox.folder.is_dir():
        yield dg.SkipReason(f"no inbox folder: {inbox.folder}")
        return
    known = set(MONTHS.get_partition_keys())
    requested = 0
    for month in sorted(p.name for p in inbox.folder.iterdir() if p.is_dir() and p.name in known):
        digest, is_at_rest = _look(inbox.folder / month, month)
        if digest and is_at_rest and seen.get(month) != digest:
            seen[month] = digest
            requested += 1
            yield dg.RunRequest(run_key=f"{month}:{digest}", partition_key=month)
    context.update_cursor(json.dumps(seen, sort_keys=True))
    if not requested:
        yield dg.SkipReason("nothing new in the inbox")


def _look(folder: Path, month: str) -> tuple[str, bool]:
    files = scan_inbox(folder, month)
    if not files:
        return "", True
    text = "\n".join(f"{f.path}\t{f.size}\t{f.mtime_ns}" for f in files)
    newest = max(f.mtime_ns for f in files) / 1e9
    return hashlib.sha256(text.encode()).hexdigest()[:16], time.time() - newest >= _REST_SECONDS
