"""An inbox by URL: anything that fsspec reaches (s3://, abfs://, sftp://, memory://). Keys and endpoints are fsspec's own settings.

See fsspec's configuration: FSSPEC_S3_KEY, FSSPEC_S3_SECRET, FSSPEC_S3_ENDPOINT_URL …, or ~/.config/fsspec. fsspec is imported only here.
"""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator
from typing import Any

from sources.inbox import InboxFile, InboxUnreachableError, is_in_month, is_left_alone, month_named
from sources.masks import masked

_WITHIN_PROCESS = frozenset(("memory",))


def walk_url(root: str, month: str) -> Iterator[InboxFile]:
    """Files below the URL that were sent for `month`; other months' folders are not even listed.

    Raises:
        InboxUnreachableError: the store behind the URL cannot be reached, or refuses.
    """
    system, base = _open(root)
    yield from _walk(system, root, base, "", month)


def folders_of_url(root: str) -> list[str]:
    """Names of the folders right below the URL."""
    system, base = _open(root)
    return [_name(entry) for entry in _list(system, root, base) if entry["type"] == "directory"]


def fetch(url: str, limit: int) -> bytes:
    """The first `limit` bytes of a file.

    Raises:
        FileNotFoundError: it is gone. InboxUnreachableError: the store behind the URL cannot be reached.
    """
    system, path = _open(url)
    try:
        data: bytes = system.cat_file(path, start=0, end=limit)
    except FileNotFoundError:
        raise
    except Exception as error:  # each store has errors of its own
        raise InboxUnreachableError(_plain(url), _why(error)) from None
    return data


def version_of(url: str) -> tuple[int, int]:
    """Size and version (as `InboxFile.mtime_ns`) of a file now.

    Raises:
        FileNotFoundError: it is gone. InboxUnreachableError: the store behind the URL cannot be reached.
    """
    system, path = _open(url)
    try:
        system.invalidate_cache()
        info = system.info(path)
    except FileNotFoundError:
        raise
    except Exception as error:
        raise InboxUnreachableError(_plain(url), _why(error)) from None
    return int(info["size"]), _changed_ns(info)


def is_within_process(url: str) -> bool:
    """Whether only this process can see what is behind the URL, so that no other may be asked to read it."""
    return url.split("://", 1)[0] in _WITHIN_PROCESS


def _open(url: str) -> tuple[Any, str]:
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(url)
    except Exception as error:  # an unknown scheme, a missing library, a bad setting
        raise InboxUnreachableError(_plain(url), _why(error)) from None
    return system, path


def _list(system: Any, root: str, folder: str) -> list[dict[str, Any]]:
    try:
        system.invalidate_cache()
        return list(system.ls(folder, detail=True))
    except FileNotFoundError:
        return []  # an object store has no empty folders
    except Exception as error:
        raise InboxUnreachableError(_plain(root), _why(error)) from None


def _walk(system: Any, root: str, folder: str, prefix: str, month: str) -> Iterator[InboxFile]:
    for entry in _list(system, root, folder):
        name = _name(entry)
        if not name or is_left_alone(name) or entry["name"].rstrip("/") == folder.rstrip("/"):
            continue
        if entry["type"] == "directory":
            if is_in_month(prefix, month) or not month_named(name) or name == month:
                yield from _walk(system, root, entry["name"], f"{prefix}{name}/", month)
        elif entry["type"] == "file":
            yield InboxFile(f"{prefix}{name}", f"{root.rstrip('/')}/{prefix}{name}", month, int(entry["size"]), _changed_ns(entry))


def _name(entry: dict[str, Any]) -> str:
    return str(entry["name"]).rstrip("/").rsplit("/", 1)[-1]


def _changed_ns(entry: dict[str, Any]) -> int:
    """When a file was last written, in nanoseconds. Stores tell whole seconds and a tag: the tag fills the digits below the second."""
    moment = next((entry[key] for key in ("mtime", "LastModified", "last_modified", "modified", "created") if entry.get(key)), 0)
    if isinstance(moment, str):
        moment = dt.datetime.fromisoformat(moment.replace("Z", "+00:00"))
    seconds = moment.timestamp() if isinstance(moment, dt.datetime) else float(moment)
    tag = next((str(entry[key]) for key in ("ETag", "etag", "md5", "checksum", "version_id") if entry.get(key)), "")
    if tag:
        return int(seconds) * 10**9 + zlib.crc32(tag.encode()) % 10**9
    return round(seconds * 1e6) * 1000


def _plain(url: str) -> str:
    """The URL without user and password, and without numbers of persons."""
    scheme, _, rest = url.partition("://")
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{masked(path)}"


def _why(error: Exception) -> str:
    return masked(f"{type(error).__name__}: {str(error)[:200]}")
