"""What lies in the inbox: files of one month, told from those already known by path, size and time.

The inbox is a local folder or any fsspec URL (`sources.remote`). A local one is scanned with nothing but `os.scandir`.
"""

from __future__ import annotations

import datetime as dt
import os
import re
import stat
from collections.abc import Mapping, Sequence
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple

_MONTH_FOLDER = re.compile(r"^(19|20)\d{2}-(0[1-9]|1[0-2])$")
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
_LEFT_STARTS, _LEFT_ENDS = (".", "~$"), (".tmp", ".part", ".crdownload", ".swp", "~")
_LEFT_NAMES = frozenset(("thumbs.db", "desktop.ini", "__macosx"))
_ORDINARY = (".xlsx", ".xls", ".et", ".zip")
"""Endings of nearly all files that are not left alone."""


class InboxUnreachableError(OSError):
    """The inbox cannot be listed now (no network, not mounted, no right). `inbox`: its address, no secrets; `why`: the system's words."""

    def __init__(self, inbox: str, why: str) -> None:
        super().__init__(f"{inbox}: {why}")
        self.inbox, self.why = inbox, why


_PATH, _MTIME = 0, 4


class InboxFile(NamedTuple):
    """A file found. `path` is relative to the inbox, with '/'; `sent_for` is the month of its folder, or the run's month.

    full_path: a path, or a URL. mtime_ns: when it came to lie there; of a URL, the last nine digits also tell versions of the same
    second apart. odd: what it is when it is no file, so that nothing of it is read: 'link', 'pipe', 'device' or 'folder' (one that
    cannot be listed).
    """

    path: str
    full_path: str
    sent_for: str
    size: int
    mtime_ns: int
    odd: str = ""

    @property
    def arrived_at(self) -> str:
        """When the file came to lie in the inbox, UTC, to the second."""
        return dt.datetime.fromtimestamp(self.mtime_ns // 10**9, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def is_url(root: str | Path) -> bool:
    """Whether the inbox is addressed by a URL (other than file://)."""
    return "://" in str(root) and not str(root).startswith("file://")


def is_left_alone(name: str) -> bool:
    """Office lock files, hidden and half-copied files, and what operating systems leave in folders."""
    if name.endswith(_ORDINARY) and not name.startswith(_LEFT_STARTS):
        return False
    lower = name.lower()
    return lower.startswith(_LEFT_STARTS) or lower.endswith(_LEFT_ENDS) or lower in _LEFT_NAMES


def scan_inbox(root: str | Path, month: str) -> list[InboxFile]:
    """Files sent for `month`, in order of arrival, then path: those in `root/<month>/…`, and those in no month's folder.

    An inbox that is itself named after a month is that month's; so is all that lies
    below a month's folder. Office lock files, hidden and half-copied files are left alone.

    Raises:
        InboxUnreachableError: it cannot be listed; FileNotFoundError: there is no such local folder.
    """
    return scan_for_new(root, month, {})[0]


def scan_for_new(root: str | Path, month: str, known: Mapping[str, tuple[int, int]]) -> tuple[list[InboxFile], int]:
    """The same without the files that `known` has, with the size and time that it has (path → (size, mtime_ns)); and how many those are."""
    own_month = month_named(str(root).rstrip("/").rsplit("/", 1)[-1])
    if own_month and own_month != month:
        return [], 0
    prefix = f"{month}/" if own_month else ""
    found: list[InboxFile] = []
    if is_url(root):
        from sources.remote import walk_url

        every = [file._replace(path=f"{prefix}{file.path}") for file in walk_url(str(root), month)]
        found = new_files(every, known)
        n_known = len(every) - len(found)
    else:
        if not Path(root).is_dir():
            raise FileNotFoundError(root)
        try:
            n_known = _walk(os.fspath(root), prefix, month, known, found)
        except OSError as error:
            raise InboxUnreachableError(str(root), error.strerror or type(error).__name__) from error
    found.sort(key=itemgetter(_MTIME, _PATH))
    return found, n_known


def month_folders(root: str | Path) -> list[str]:
    """Months that the inbox has a folder for, in order.

    Raises:
        InboxUnreachableError: it cannot be listed (or is not there).
    """
    if is_url(root):
        from sources.remote import folders_of_url

        names = folders_of_url(str(root))
    else:
        try:
            names = [entry.name for entry in os.scandir(root) if entry.is_dir()]
        except OSError as error:
            raise InboxUnreachableError(str(root), error.strerror or type(error).__name__) from error
    return sorted(name for name in names if month_named(name))


def month_named(folder: str) -> str:
    """'2024-03' when a folder is named after that month, otherwise ''."""
    return folder if _MONTH_FOLDER.match(folder) else ""


def _walk(folder: str, prefix: str, month: str, known: Mapping[str, tuple[int, int]], found: list[InboxFile]) -> int:
    """Put the files of a folder and of those below it into `found`, except the known ones; how many those are."""
    n_known = 0
    shown: set[str] = set()
    for entry in os.scandir(folder):
        name = entry.name if entry.name.isascii() and entry.name.isprintable() else shown_name(entry.name, folder, shown)
        if is_left_alone(name):
            continue
        if entry.is_file(follow_symlinks=False):
            try:
                seen = entry.stat()
            except FileNotFoundError:
                continue  # taken away while we looked
            now = (seen.st_size, seen.st_mtime_ns)
            if known.get(prefix + name) == now:
                n_known += 1
            else:
                found.append(InboxFile(prefix + name, entry.path, month, *now))
        elif entry.is_dir(follow_symlinks=False):
            if is_in_month(prefix, month) or not month_named(name) or name == month:
                n_known += _below(entry, f"{prefix}{name}/", month, known, found)
        elif (odd := _odd(entry, prefix + name, month)) is not None:
            if known.get(odd.path) == (odd.size, odd.mtime_ns):
                n_known += 1
            else:
                found.append(odd)
    return n_known


def _below(entry: os.DirEntry[str], prefix: str, month: str, known: Mapping[str, tuple[int, int]], found: list[InboxFile]) -> int:
    """The same of a folder below the inbox; one that cannot be listed stops nothing else, and has its word."""
    try:
        return _walk(entry.path, prefix, month, known, found)
    except FileNotFoundError:
        return 0  # taken away while we looked
    except OSError:
        found.append(InboxFile(prefix.rstrip("/"), entry.path, month, 0, _changed_at(entry), "folder"))
        return 0


def _odd(entry: os.DirEntry[str], path: str, month: str) -> InboxFile | None:
    """What is neither file nor folder: told, never opened (a pipe would never end); a link may lead anywhere."""
    try:
        mode = entry.stat(follow_symlinks=False).st_mode
    except OSError:
        return None  # taken away while we looked
    what = "link" if stat.S_ISLNK(mode) else "pipe" if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else "device"
    return InboxFile(path, entry.path, month, 0, _changed_at(entry), what)


def _changed_at(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_mtime_ns
    except OSError:
        return 0


def is_in_month(prefix: str, month: str) -> bool:
    """Whether a folder lies in the month's own: there a folder named after another month (2024-02, for corrections) is one like others."""
    return f"/{prefix}".find(f"/{month}/") >= 0


def shown_name(name: str, folder: str, others: set[str]) -> str:
    """The name of a file as everything after the inbox knows it: one that is no UTF-8 (GB18030, as unzip leaves it) as its sender saw it,
    and characters that steer a terminal or turn the direction of writing by their numbers.

    Where a file of that name lies beside it, it is told apart by its bytes. `others`: such names of the folder so far; added to.
    """
    try:
        name.encode()
        told = name
    except UnicodeEncodeError:
        raw = os.fsencode(name)
        try:
            told = raw.decode("gb18030")
        except UnicodeDecodeError:
            told = raw.decode("utf-8", "backslashreplace")
    told = visible(told)
    if told != name:
        raw = os.fsencode(name)
        if told in others or os.path.lexists(os.path.join(folder, told)):
            stem, dot, ending = told.rpartition(".")
            told = f"{stem or told} ({raw.hex()[:16]}){dot}{ending if dot else ''}"
        others.add(told)
        return told
    return name


def visible(name: str) -> str:
    """A name with characters that nobody sees, or that steer what shows them, by their numbers: ESC is \\x1b."""
    return _UNSEEN.sub(lambda found: found[0].encode("unicode_escape").decode(), name)


def new_files(found: Sequence[InboxFile], known: Mapping[str, tuple[int, int]]) -> list[InboxFile]:
    """Those whose path is new for the month, or whose size or time changed since they were received: the stat prefilter.

    Args:
        found: files of one month.
        known: path → (size, mtime_ns) of those received for that month.
    """
    return [file for file in found if known.get(file.path) != (file.size, file.mtime_ns)]


def at_rest(files: Sequence[InboxFile], now_ns: int, seconds: float) -> list[InboxFile]:
    """Those last touched at least `seconds` ago; a younger one may still be being written. A time in the future counts as at rest."""
    return [file for file in files if not 0 <= now_ns - file.mtime_ns < seconds * 1e9]
