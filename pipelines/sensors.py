"""The sensors: a run for every month whose inbox folder has changed and come to rest, and for the month after a corrected one."""

import hashlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg

from assets.common import MONTHS, next_month
from assets.ports import Inbox
from pipelines.instance import end_dead_runs
from pipelines.jobs import MONTHLY, monthly_job
from sources.inbox import InboxFile, InboxUnreachableError, at_rest, is_url, month_folders, scan_inbox
from sources.masks import masked
from sources.sealing import arrivals_let_through, months_let_through

_REST_SECONDS = 60.0
"""A file younger than this may still be being written; its month waits for the next look."""

RECORD = dg.AssetKey("month_record")
_MOST_EVENTS = 500


@dg.sensor(
    job=monthly_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="收件夹监听 · Starts the month's run when new files have come to rest in its folder.",
)
def inbox_sensor(context: dg.SensorEvaluationContext, inbox: dg.ResourceParam[Inbox]) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """One run request a changed month; the cursor keeps a digest of what each month's folder held."""
    end_dead_runs(context.instance)  # a run that was killed holds up all others
    seen: dict[str, str] = json.loads(context.cursor) if context.cursor else {}
    known = _months_listed(context)
    rest = max(_REST_SECONDS, inbox.rest_seconds)
    try:
        sealed = Path(inbox.quarantine.sealed) if inbox.quarantine.sealed else None
        months = {*month_folders(inbox.folder), *(months_let_through(sealed) if sealed else ())}
        looks = {month: _look(inbox.folder, month, rest, sealed) for month in sorted(months) if month in known}
    except (InboxUnreachableError, FileNotFoundError) as error:  # the cursor stays: what arrives meanwhile is found once the inbox is back
        yield dg.SkipReason(f"收件夹现在无法访问 the inbox cannot be reached now: {error}")
        return
    requested = 0
    if context.cursor is None:  # the first look after work by command: what was done then is not done again
        seen |= {month: digest for month, (digest, is_at_rest) in looks.items() if is_at_rest and _is_done(context, inbox.folder, month)}
    for month, (digest, is_at_rest) in looks.items():
        if digest and is_at_rest and seen.get(month) != digest:
            seen[month] = digest
            requested += 1
            yield dg.RunRequest(run_key=f"{month}:{digest}", partition_key=month)
    context.update_cursor(json.dumps(seen, sort_keys=True))
    if not requested:
        yield dg.SkipReason("收件夹没有新文件 nothing new in the inbox")


@dg.sensor(
    job=monthly_job,
    minimum_interval_seconds=60,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="更正跟进 · A correction of one month asks the following month again, whose figures are compared with it.",
)
def correction_sensor(context: dg.SensorEvaluationContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Where a month was recorded with changes and the following month has been run before, that month runs again.

    Not declarative automation: its conditions would start single assets, in runs without an order, on working frames of the spool
    that may be gone. The month stays one unit. The chain ends where a run records no change, or with the newest month.
    """
    since = int(context.cursor) if context.cursor else None
    filters = dg.AssetRecordsFilter(asset_key=RECORD, after_storage_id=since)
    found = context.instance.fetch_materializations(filters, limit=_MOST_EVENTS, ascending=True).records
    newest = context.instance.get_latest_storage_id_by_partition(RECORD, dg.DagsterEventType.ASSET_MATERIALIZATION)
    corrected = {str(record.partition_key): record for record in found if _has_changed(record)}
    requested = 0
    for month, record in sorted(corrected.items()):
        following = next_month(month)
        if following in newest and newest[following] < record.storage_id:
            requested += 1
            yield dg.RunRequest(run_key=f"{following}:{record.storage_id}", partition_key=following)
    if found:
        context.update_cursor(str(found[-1].storage_id))
    if not requested:
        yield dg.SkipReason("no month was corrected that a later one is compared with")


def _is_done(context: dg.SensorEvaluationContext, inbox: str, month: str) -> bool:
    """Whether the month was recorded after the last of its files had come."""
    made = dg.AssetRecordsFilter(asset_key=RECORD, asset_partitions=[month])
    records = context.instance.fetch_materializations(made, limit=1).records
    files = scan_inbox(f"{inbox.rstrip('/')}/{month}", month)
    return bool(records) and records[0].timestamp > max((file.mtime_ns for file in files), default=0) / 1e9


def _months_listed(context: dg.SensorEvaluationContext) -> set[str]:
    """The months that can be run. A folder of an earlier month that came since the server was started waits until it is started again."""
    repository = context.repository_def
    months = repository.get_job(MONTHLY).partitions_def if repository is not None else None
    return set((months or MONTHS).get_partition_keys())


def _has_changed(record: dg.EventLogRecord) -> bool:
    made = record.asset_materialization
    changed = made.metadata.get("changed") if made is not None else None
    return changed is not None and bool(changed.value)


def _barred(file: InboxFile) -> str:
    """A mark for a local file that may not be read now: when it may, its month has changed."""
    return "" if is_url(file.full_path) or file.odd or os.access(file.full_path, os.R_OK) else "\tbarred"


def _look(inbox: str, month: str, rest: float, sealed: Path | None = None) -> tuple[str, bool]:
    """Digest of what the month's folder holds ('' for nothing), and whether all of it has come to rest.

    sealed: where files are that may be about persons; one that was let through since is looked at like one that came.
    """
    let_through = [number for number, _ in arrivals_let_through(sealed, month)] if sealed else []
    try:
        files = scan_inbox(f"{inbox.rstrip('/')}/{month}", month)
    except FileNotFoundError:
        files = []
    if not files and not let_through:
        return "", True
    text = "\n".join(f"{masked(f.path)}\t{f.size}\t{f.mtime_ns}{_barred(f)}" for f in files)
    text = "\n".join((text, *let_through))
    return hashlib.sha256(text.encode()).hexdigest()[:16], len(at_rest(files, time.time_ns(), rest)) == len(files)
