"""Intake: the registry of places, the submissions in the inbox, and what was read of them."""

import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from functools import partial
from operator import itemgetter

import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, previous_month, table
from assets.identity import identified_readings
from assets.letters import month_receipts
from assets.ports import Inbox, KeptBytesNeededError, NoRegistryError, Progress, RegistryFiles
from assets.quarantine import clear_inbox
from assets.sealed import LetThrough, files_let_through, without_taken_in
from schemas.clock import Clock
from schemas.dictionary import Dictionary
from sinks.memo import Memo
from sinks.places import load_places, save_places
from sinks.sealed import Decision, decisions
from sinks.store import Store
from sinks.submissions import has_files, known_files, last_hashes, save_intake, save_readings, submissions_sent_for, unread
from sources.crew import Task, read_files, worker_ahead
from sources.inbox import InboxFile, at_rest, new_files, scan_for_new, scan_inbox
from sources.layout import reading_kit
from sources.masks import with_masked_paths
from sources.places import read_events, read_places
from sources.quarantine import LEAVE, without_digest
from sources.records import Problem
from sources.tasks import inbox_tasks
from sources.vault import DAMAGED, MISSING

_PATH, _MTIME = 0, 4
"""Of an `InboxFile`: files are taken in as they came."""


@monthly_asset("intake", {"csv", "sqlalchemy"})
def place(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    registry: ResourceParam[RegistryFiles],
    dictionary: ResourceParam[Dictionary],
) -> pd.DataFrame:
    """行政区划名录 · The registry of places: codes, names, levels, validity and lineage, as the county keeps it."""
    if registry.places is not None:
        listed = read_places(registry.places, dictionary)
        events = read_events(registry.lineage, listed) if registry.lineage is not None else None
        save_places(store, listed, events)
    places = load_places(store)
    if places.empty:
        raise NoRegistryError(str(registry.places or store.engine.url.render_as_string(hide_password=True)))
    context.add_output_metadata(
        {"单位 places": len(places), "按级别 by level": table(places.groupby("level").size().reset_index(name="count"))}
    )
    return places


@monthly_asset("intake", {"excel", "sqlalchemy"})
def submission(
    context: AssetExecutionContext,
    store: ResourceParam[Store],
    inbox: ResourceParam[Inbox],
    dictionary: ResourceParam[Dictionary],
    clock: ResourceParam[Clock],
    progress: ResourceParam[Progress],
    memo: ResourceParam[Memo],
) -> pd.DataFrame:
    """收到的报表 · Every file received for the month, with its receipt. The bytes are kept under their SHA-256 and never change."""
    month = context.partition_key
    kit = reading_kit(dictionary)
    with worker_ahead(kit, inbox.vault) if has_files(store, month) else nullcontext() as ahead:  # such a month gets few at a time
        known = known_files(store, month)
        decided = decisions(store)
        released = _let_through(store, inbox, decided, month)
        files, n_before, n_waiting = _new_files(inbox, month, known)
        files = sorted([*(item.file for item in released), *files], key=itemgetter(_MTIME, _PATH)) if released else files
        submissions_sent_for(store, month, memo)  # remembered while the worker starts
        allowed = frozenset(decision.sha256 for decision in decided.values() if decision.sha256)
        tasks = inbox_tasks(files, last_hashes(store, month) if inbox.is_full_hash else {}, allowed)
        readings = (reading for _, reading in read_files(tasks, kit, inbox.vault, workers=inbox.workers, ahead=ahead))
        read = (without_digest(file, reading) for file, reading in zip(files, readings, strict=True))
        arrivals = progress.track(zip(files, read, strict=True), total=len(files), what="submission")
        counts = save_intake(store, arrivals, codes=dictionary.codes, reading_version=dictionary.reading_version, recorded_at=clock.now())
    found = partial(_found, inbox, month, known, released)
    receipts = clear_inbox(submissions_sent_for(store, month, memo), found, inbox.quarantine, decided)
    _let_through(store, inbox, decided, month)  # what was taken in need not lie there any more
    refused = receipts[receipts["status"] != "read"]
    context.add_output_metadata(
        {
            "收件夹文件 files found": len(files) + n_before + n_waiting,
            "新收 new": counts.new,
            "已读 read": counts.read,
            "退回 refused": counts.refused,
            "隔离 quarantined": counts.quarantined,
            "封存 sealed": counts.sealed,
            "此前已收 received before": n_before,
            "尚在写入，留待下次 still being written, left for the next run": n_waiting + counts.left,
            "内容与已收相同 same bytes as received": counts.already_received,
            "未读文件 files not read": table(refused, ["path", "status", "arrived_at"]),
        }
    )
    return receipts


def _new_files(inbox: Inbox, month: str, known: Mapping[str, tuple[int, int]]) -> tuple[list[InboxFile], int, int]:
    """What is to be read now; how many files were received before, and how many may still be being written."""
    compared = {} if inbox.is_full_hash else known
    found, n_before = scan_for_new(inbox.folder, month, compared)
    new = new_files(list(with_masked_paths(found, known)), compared)  # some are known by their masks
    files = at_rest(new, time.time_ns(), inbox.rest_seconds)
    return files, n_before + len(found) - len(new), len(new) - len(files)


def _found(inbox: Inbox, month: str, known: Mapping[str, tuple[int, int]], released: Sequence[LetThrough]) -> Iterable[InboxFile]:
    """All files of the inbox and those let through, by the names under which they were received."""
    return [*with_masked_paths(scan_inbox(inbox.folder, month), known), *(item.file for item in released)]


def _let_through(store: Store, inbox: Inbox, decided: Mapping[str, Decision], month: str) -> list[LetThrough]:
    """Sealed files that a person let through and no run has taken in."""
    files = files_let_through(inbox.quarantine.sealed, decided, month)
    return without_taken_in(store, files, are_quarantined_left=inbox.quarantine.mode == LEAVE)


@monthly_asset("intake", {"python", "sqlalchemy"}, deps=[place])
def receipt(
    context: AssetExecutionContext,
    submission: pd.DataFrame,
    store: ResourceParam[Store],
    dictionary: ResourceParam[Dictionary],
    memo: ResourceParam[Memo],
) -> pd.DataFrame:
    """回执 · What is told to each sender: who, what, when, which form, and every problem with sheet, cell and what to do."""
    receipts = month_receipts(store, submission, load_places(store), dictionary, context.partition_key, memo)
    context.add_output_metadata({"回执 receipts": len(receipts), "有问题 with problems": int((receipts["problems"].str.len() > 0).sum())})
    return receipts


@monthly_asset("intake", {"python", "sqlalchemy"})
def reading(
    context: AssetExecutionContext,
    place: pd.DataFrame,
    submission: pd.DataFrame,
    store: ResourceParam[Store],
    inbox: ResourceParam[Inbox],
    dictionary: ResourceParam[Dictionary],
    memo: ResourceParam[Memo],
) -> pd.DataFrame:
    """读数 · What each submission says: one row a place, with a value and a state for every indicator and the cells they came from."""
    month, version = context.partition_key, dictionary.reading_version
    again = unread(store, [previous_month(month), month], version)
    tasks = [Task("", path.rsplit("/", 1)[-1], sha256) for sha256, path in again]
    read = list(read_files(tasks, reading_kit(dictionary), inbox.vault, workers=inbox.workers))
    n = save_readings(store, ((task.sha256, r) for task, r in read), codes=dictionary.codes, reading_version=version)
    spoilt = {task.sha256: r.problems[0] for task, r in read if r.problems and r.problems[0].name in (DAMAGED, MISSING)}
    _none_is_needed(store, spoilt, [previous_month(month), month])
    arrived = submission.rename(columns={"id": "submission_id"})
    readings = identified_readings(store, place, month, version, memo, arrived)
    context.add_output_metadata(
        {"记录 records": len(readings), "因字典更新重读 read again for a new dictionary": n, "按表式 by form": table(_by_layout(readings))}
    )
    return readings


def _none_is_needed(store: Store, spoilt: Mapping[str, Problem], months: Iterable[str]) -> None:
    """Files whose kept bytes are damaged may not drop out of the month in silence: the run stops, unless others came in their place.

    Raises:
        KeptBytesNeededError: the first that is the last of its path.
    """
    if not spoilt:
        return
    for month in months:
        for (path, _), sha256 in last_hashes(store, month).items():
            if sha256 in spoilt:
                problem = spoilt[sha256]
                raise KeptBytesNeededError(problem.name, {**problem.details, "path": path})


def _by_layout(readings: pd.DataFrame) -> pd.DataFrame:
    return readings.groupby(["return", "form_version", "role", "level"]).size().reset_index(name="records")
