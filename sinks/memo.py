"""Frames made of the store's rows before, kept so that what has not changed is not made again. Never a record: any may be deleted.

A frame is kept under a name and a key of everything it was made of beside the rows themselves (registry, dictionary, program). Whoever
asks compares its rows with the store's: a frame may be older than the store, or made of another one. What is not byte for byte what was
kept (`sinks.checksummed`) is made anew.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from functools import cache
from pathlib import Path

import pandas as pd

from schemas.derived import frame_digest
from sinks.checksummed import add_checksum, verified
from sinks.files import temporary_beside

_MOST_HERE, _FEW = 4, 0.01
_ENDING, _ENDING_BEFORE = ".arrow", ".parquet"
_MOST_NAMES = 36
"""Three frames a month for a year: those of older months are dropped, and made again should anyone ask."""
_OUR_PACKAGES = ("schemas", "sources", "methods", "assets", "sinks")


class Memo:
    """A folder of kept frames; without a folder nothing is kept."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder
        self._here: dict[str, tuple[str, pd.DataFrame]] = {}

    def get(self, name: str, key: str) -> pd.DataFrame | None:
        """The frame kept under this name, if it was made under this key."""
        path = self._path(name, key)
        if path is None:
            return None
        if name in self._here and self._here[name][0] == key:
            return self._here[name][1].copy(deep=False)
        try:
            return _read(path) if path.is_file() else None
        except (OSError, ValueError):  # half a disk, another edition of the format: made again
            return None

    def put(self, name: str, key: str, frame: pd.DataFrame, new: int) -> None:
        """Keep a frame in place of the one kept under this name. A full disk keeps nothing and stops nothing.

        new: how many of its rows the frame kept before lacks. For a few, only this process keeps the frame: the next makes them again.
        """
        path = self._path(name, key)
        if path is None:
            return
        while len(self._here) >= _MOST_HERE:
            self._here.pop(next(iter(self._here)))
        self._here[name] = (key, frame.copy(deep=False))
        if new < len(frame) * _FEW and path.is_file():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = temporary_beside(path)
            _write(frame, temporary)
            os.replace(temporary, path)
            for old in path.parent.glob("*.*"):
                if old != path and old.suffix in (_ENDING, _ENDING_BEFORE):
                    old.unlink(missing_ok=True)
            for unused in sorted(path.parent.parent.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True)[_MOST_NAMES:]:
                shutil.rmtree(unused, ignore_errors=True)
        except OSError:
            return

    def _path(self, name: str, key: str) -> Path | None:
        return self.folder / name / f"{key}{_ENDING}" if self.folder is not None else None


NO_MEMO = Memo()


def _write(frame: pd.DataFrame, path: Path) -> None:
    """As it lies in memory, to be mapped into it: a memo is read with every new file."""
    import pyarrow as pa

    table = pa.Table.from_pandas(frame, preserve_index=False)
    with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, table.schema) as writer:
        writer.write_table(table)
    add_checksum(path)


def _read(path: Path) -> pd.DataFrame | None:
    """The frame of a file that is whole: damaged, the library would follow its numbers wherever they lead."""
    import pyarrow as pa

    if (content := verified(path)) is None:  # a file is replaced or removed as a whole, never changed
        return None
    frame: pd.DataFrame = pa.ipc.open_file(pa.BufferReader(pa.py_buffer(content))).read_all().to_pandas()
    return frame


def memo_key(*parts: object) -> str:
    """A short name for everything that a frame depends on: texts, numbers, frames; and this program, whose every change makes all anew."""
    digest = hashlib.sha256(_program().encode())
    for part in parts:
        digest.update((frame_digest(part) if isinstance(part, pd.DataFrame) else repr(part)).encode())
    return digest.hexdigest()[:24]


@cache
def _program() -> str:
    root = Path(__file__).parent.parent
    digest = hashlib.sha256()
    for package in _OUR_PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            digest.update(path.relative_to(root).as_posix().encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()
