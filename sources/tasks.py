"""Files of the inbox as work for the reading crew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sources.crew import Task
from sources.inbox import InboxFile

_LIMIT = 64 * 2**20


def inbox_tasks(files: Sequence[InboxFile], known: Mapping[tuple[str, str], str], allowed: frozenset[str] = frozenset()) -> list[Task]:
    """One task a file.

    Args:
        files: what is to be read.
        known: (path, sent_for) → SHA-256 of what was received from it before; bytes that still have it are not read again.
        allowed: SHA-256 of what a person in charge let through.
    """
    return [
        Task(
            file.full_path,
            file.path.rsplit("/", 1)[-1],
            known=known.get((file.path, file.sent_for), ""),
            size=file.size,
            mtime_ns=file.mtime_ns,
            data=_data_of(file),
            allowed=allowed,
            odd=file.odd,
        )
        for file in files
    ]


def _data_of(file: InboxFile) -> bytes:
    """The bytes of a file that no other process can see (memory://); of any other, nothing: the worker fetches it itself."""
    if "://" not in file.full_path:
        return b""
    from sources.remote import fetch, is_within_process

    return fetch(file.full_path, _LIMIT + 1) if is_within_process(file.full_path) else b""
