"""Frames made of the store's rows before, kept so that what has not changed is not made again. Never a record: any may be deleted.

A frame is kept under a name and a key of everything it was made of beside the rows themselves (registry, dictionary, program). Whoever
asks compares its rows with the store's: a frame may be older than the store, or made of another one.
"""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path

import pandas as pd

from sinks.files import temporary_beside

_MOST_HERE, _FEW = 4, 0.01
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
            return pd.read_parquet(path) if path.is_file() else None
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
        if path.is_file() and new < len(frame) * _FEW:
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            temporary = temporary_beside(path)
            frame.to_parquet(temporary, compression="lz4", index=False)
            os.replace(temporary, path)
            for old in path.parent.glob("*.parquet"):
                if old != path:
                    old.unlink(missing_ok=True)
        except OSError:
            return

    def _path(self, name: str, key: str) -> Path | None:
        return self.folder / name / f"{key}.parquet" if self.folder is not None else None


NO_MEMO = Memo()


def memo_key(*parts: object) -> str:
    """A short name for everything that a frame depends on: texts, numbers, frames; and this program, whose every change makes all anew."""
    digest = hashlib.sha256(_program().encode())
    for part in parts:
        if isinstance(part, pd.DataFrame):
            digest.update(pd.util.hash_pandas_object(part, index=False).to_numpy().tobytes())
        digest.update(repr(part.shape if isinstance(part, pd.DataFrame) else part).encode())
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
