"""The bytes of one file to read, whole or not at all: a file that changes while it is read is left for the next run.

Runs in reading workers: fsspec is imported only for URLs.
"""

from __future__ import annotations

import os

MIB = 2**20


class StillBeingWrittenError(Exception):
    """The file changed between the look at the inbox and the end of reading."""


class TooLargeError(Exception):
    """The file has more bytes than a submission may have."""


def fetch_bytes(full_path: str, limit: int, *, size: int = -1, mtime_ns: int = 0) -> bytes:
    """All bytes of a file.

    Args:
        full_path: a path or a URL.
        limit: bytes that a file may have.
        size, mtime_ns: what the inbox said of it (`InboxFile`); -1: nothing is known.

    Raises:
        FileNotFoundError: it is gone. StillBeingWrittenError. TooLargeError.
        sources.inbox.InboxUnreachableError: the store behind a URL cannot be reached.
    """
    if "://" in full_path:
        return _fetch_url(full_path, limit, size, mtime_ns)
    handle = os.open(full_path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        before = os.fstat(handle)
        if before.st_size > limit:
            raise TooLargeError
        data = _all_of(handle, before.st_size + 1, limit + 1)
        after = os.fstat(handle)
    finally:
        os.close(handle)
    is_same = (before.st_size, before.st_mtime_ns) == (after.st_size, after.st_mtime_ns) and len(data) == after.st_size
    if not is_same or (size >= 0 and (size, mtime_ns) != (after.st_size, after.st_mtime_ns)):
        raise StillBeingWrittenError
    return data


def _all_of(handle: int, expected: int, most: int) -> bytes:
    """What an open file holds, up to `most` bytes; `expected`: one byte more than it probably has."""
    data = os.read(handle, min(expected, most))
    if len(data) == expected - 1:  # one call, as of nearly every file: the byte after the last was asked for and was not there
        return data
    pieces = [data]
    while data and sum(map(len, pieces)) < most:
        data = os.read(handle, most - sum(map(len, pieces)))
        pieces.append(data)
    return b"".join(pieces)


def _fetch_url(url: str, limit: int, size: int, mtime_ns: int) -> bytes:
    from sources.remote import fetch, version_of

    if size > limit:
        raise TooLargeError
    data = fetch(url, limit + 1)
    if len(data) > limit:
        raise TooLargeError
    if size >= 0 and (len(data) != size or version_of(url) != (size, mtime_ns)):
        raise StillBeingWrittenError
    return data
