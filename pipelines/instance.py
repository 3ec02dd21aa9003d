"""The office's Dagster instance: made by one process at a time, and without runs that nobody runs any more.

A run that was killed, or whose machine was switched off, stays STARTED in Dagster's records; where one run goes at a time the schedule, the
sensors and the UI would wait for it for ever. Each run notes its process, and whoever opens the instance ends those whose process is gone.
"""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import filelock
import psutil

if TYPE_CHECKING:
    import dagster as dg

HOST, PROCESS = "cunbao/host", "cunbao/process"
"""Tags of a run: the machine, and the process with the time at which it began (numbers are used again)."""
_MOST_SECONDS = 120
_LONGEST_START = dt.timedelta(minutes=10)
"""A run that has noted no process for so long has died before it came to it."""


class InstanceBrokenError(Exception):
    """Dagster's own database cannot be opened. `folder`: it may be deleted; what cunbao keeps is in the store and the vault."""

    def __init__(self, folder: str, why: str) -> None:
        super().__init__(f"{folder}: {why}")
        self.folder, self.why = folder, why


@contextmanager
def office_instance(dagster_home: Path) -> Iterator[dg.DagsterInstance]:
    """The instance of an office, whose runs that died are ended. `DAGSTER_HOME` must lead to it (`prepare_dagster`).

    Raises:
        InstanceBrokenError: its database is damaged, or in a shape that Dagster does not know.
    """
    with _opened(dagster_home) as instance:
        end_dead_runs(instance)
        yield instance


@contextmanager
def _opened(dagster_home: Path) -> Iterator[dg.DagsterInstance]:
    import dagster as dg

    try:
        with filelock.FileLock(dagster_home / "opening.lock", timeout=_MOST_SECONDS):  # two that make its database at once break it
            instance = dg.DagsterInstance.get()
    except filelock.Timeout as error:
        raise InstanceBrokenError(str(dagster_home), f"locked for more than {_MOST_SECONDS} s") from error
    except Exception as error:
        if not _is_of_database(error):
            raise
        raise InstanceBrokenError(str(dagster_home), f"{type(error).__name__}: {str(error).splitlines()[0][:200]}") from error
    with instance:
        yield instance


def _is_of_database(error: BaseException) -> bool:
    """Whether an error comes from Dagster's database or its migrations."""
    seen: BaseException | None = error
    while seen is not None:
        if type(seen).__module__.split(".")[0] in ("sqlalchemy", "sqlite3", "alembic") or "Migration" in type(seen).__name__:
            return True
        seen = seen.__cause__ or seen.__context__
    return False


def process_tags() -> dict[str, str]:
    """Tags that say which process runs a run."""
    return {HOST: platform.node(), PROCESS: _named(os.getpid())}


def note_process(instance: dg.DagsterInstance, run_id: str) -> None:
    """Note on a run, whoever launched it, that this process runs it."""
    run = instance.get_run_by_id(run_id)
    if run is not None and run.tags.get(PROCESS) != _named(os.getpid()):
        instance.add_run_tags(run_id, process_tags())


def end_dead_runs(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs of this machine as failed whose process is gone; returns their ids. Runs of other machines are left alone."""
    import dagster as dg

    going = [dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING]
    ended = []
    for record in instance.get_run_records(dg.RunsFilter(statuses=going)):
        run = record.dagster_run
        if run.tags.get(HOST, platform.node()) != platform.node() or not _is_dead(run.tags.get(PROCESS, ""), record.update_timestamp):
            continue
        instance.report_run_failed(run, "进程已不在，运行没有结束 · its process is gone: it was killed or its machine was switched off")
        ended.append(run.run_id)
    return ended


def _is_dead(process: str, updated: dt.datetime) -> bool:
    if process:
        return _named(int(process.partition("@")[0])) != process
    moment = updated if updated.tzinfo is not None else updated.replace(tzinfo=dt.UTC)
    return dt.datetime.now(dt.UTC) - moment > _LONGEST_START


def _named(pid: int) -> str:
    """A process by its number and the second in which it began; '' where there is none."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE:
            return f"{pid}@{process.create_time():.0f}"
    return ""
