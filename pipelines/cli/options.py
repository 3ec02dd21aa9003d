"""Options that several commands have, and what they ask for."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.cli.screen import CommandError
from pipelines.settings import Settings, overlap, settings_from_environment
from sources.inbox import is_url
from sources.quarantine import checked_policy

if TYPE_CHECKING:
    from sinks.store import Store

Month = Annotated[str, typer.Argument(metavar="MONTH", help="报告月份 / report month, 2024-03")]
Home = Annotated[Path | None, typer.Option("--home", help="办公文件夹（数据库、原件、输出）/ the office's folder [CUNBAO_HOME]")]
InboxFolder = Annotated[str | None, typer.Option("--inbox", help="收件文件夹或 URL / folder or URL with the files [CUNBAO_INBOX]")]
StoreUrl = Annotated[str, typer.Option("--store", help="数据库 URL / SQLAlchemy URL [CUNBAO_STORE]")]
Places = Annotated[Path | None, typer.Option("--places", help="行政区划名录 CSV / registry of places [CUNBAO_PLACES]")]
Json = Annotated[bool, typer.Option("--json", help="输出 JSON / machine-readable")]
FullHash = Annotated[bool, typer.Option("--full-hash", help="逐个核对内容，不只看大小和时间 / hash every file, trust no size or time")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="不显示进度 / no progress bar")]

_MONTH = re.compile(r"^\d{4}-(0[1-9]|1[0-2])$")


def checked_month(text: str) -> str:
    """The month as 'YYYY-MM'.

    Raises:
        CommandError: it is none.
    """
    from sources.months import parse_month

    month = text if _MONTH.match(text) else parse_month(text)
    if not month:
        raise CommandError("bad_month", text=text)
    return month


def recorded_store(store_url: str, month: str) -> Store:
    """The office's store, which has results of `month`: nothing found must not be told of a month that nobody looked at.

    Raises:
        CommandError: the month has not been run.
    """
    from schemas.dictionary import load_dictionary
    from sinks.month import recorded_months
    from sinks.store import open_store

    opened = open_store(store_url, load_dictionary())
    if month not in recorded_months(opened):
        raise CommandError("month_not_run", month=month)
    return opened


def months_through(first: str, last: str) -> list[str]:
    """The months from `first` to `last`, both included.

    Raises:
        CommandError: `last` is before `first`.
    """
    numbers = [int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last)]
    if numbers[1] < numbers[0]:
        raise CommandError("months_backwards", first=first, last=last)
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(numbers[0], numbers[1] + 1)]


def checked_settings(home: Path | None, inbox: str | None, store: str, places: Path | None, *, is_full_hash: bool = False) -> Settings:
    """Settings for a command that reads the inbox.

    Raises:
        CommandError: the inbox or the registry given is not there, or the inbox would take in the office's own files.
        QuarantineError: what is set for files with rows about persons cannot be followed.
    """
    settings = settings_from_environment(home, inbox, store, places)
    if is_full_hash:
        settings = replace(settings, is_full_hash=True)
    if not is_url(settings.inbox) and not Path(settings.inbox).is_dir():
        raise CommandError("no_inbox", path=settings.inbox)
    if (folder := overlap(settings)) is not None:
        raise CommandError("inbox_in_office", inbox=settings.inbox, folder=str(folder))
    if settings.places is not None and not settings.places.is_file():
        raise CommandError("no_registry", path=str(settings.places))
    checked_policy(settings.quarantine, settings.quarantine_key, str(settings.quarantine_folder), str(settings.sealed_folder))
    return settings
