"""What lies in the inbox: files of one month, told from those already known by path, size and time."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

_MONTH_FOLDER = re.compile(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")
_IGNORED = re.compile(r"^(\.|~\$|\._)|(\.(tmp|part|crdownload|swp)|~)$|^(Thumbs\.db|desktop\.ini)$", re.IGNORECASE)


class InboxFile(NamedTuple):
    """A file found. `path` is relative to the inbox, with '/'; `sent_for` is the month of its folder, or the run's month."""

    path: str
    full_path: str
    sent_for: str
    size: int
    mtime_ns: int

    @property
    def arrived_at(self) -> str:
        """When the file came to lie in the inbox, UTC, to the second."""
        return dt.datetime.fromtimestamp(self.mtime_ns // 10**9, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def scan_inbox(root: Path, month: str) -> list[InboxFile]:
    """Files sent for `month`, in order of arrival, then path: those in `root/<month>/…`, and those in no month's folder.

    An inbox that is itself named after a month is that month's. Office lock files, hidden and half-copied files are left alone.

    Raises:
        FileNotFoundError: there is no such folder.
    """
    if not root.is_dir():
        raise FileNotFoundError(root)
    own_month = root.name if _MONTH_FOLDER.match(root.name) else ""
    if own_month and own_month != month:
        return []
    found = [InboxFile(f"{month}/{file.path}", *file[1:]) if own_month else file for file in _walk(root, "", month)]
    return sorted(found, key=lambda file: (file.mtime_ns, file.path))


def _walk(folder: Path, prefix: str, month: str) -> Iterator[InboxFile]:
    for entry in os.scandir(folder):
        if _IGNORED.search(entry.name):
            continue
        if entry.is_dir(follow_symlinks=False):
            if not _MONTH_FOLDER.match(entry.name) or entry.name == month:
                yield from _walk(Path(entry.path), f"{prefix}{entry.name}/", month)
        elif entry.is_file(follow_symlinks=False):
            try:
                stat = entry.stat()
            except FileNotFoundError:
                continue  # taken away while we looked
            yield InboxFile(f"{prefix}{entry.name}", entry.path, month, stat.st_size, stat.st_mtime_ns)


def new_files(found: list[InboxFile], known: Mapping[tuple[str, str], tuple[int, int]]) -> list[InboxFile]:
    """Those whose path is new for the month, or whose size or time changed since they were received."""
    return [file for file in found if known.get((file.path, file.sent_for)) != (file.size, file.mtime_ns)]
