"""What was worked out of a frame, kept as long as the frame: a registry is asked for its villages and its digest many times in a run.

Frames are not changed in place in this program; whoever does so must not ask here.
"""

from __future__ import annotations

import hashlib
import weakref
from collections.abc import Callable, Hashable
from typing import Any, TypeVar

import pandas as pd

T = TypeVar("T")
_of: dict[int, tuple[weakref.ref[pd.DataFrame], dict[Hashable, Any]]] = {}


def of_frame(frame: pd.DataFrame, name: Hashable, make: Callable[[], T]) -> T:
    """What `make` gives, made once for each frame (the very object) and name."""
    key = id(frame)
    if key not in _of or _of[key][0]() is not frame:
        _of[key] = (weakref.ref(frame, lambda gone: _forget(key, gone)), {})
    known = _of[key][1]
    if name not in known:
        known[name] = make()
    made: T = known[name]
    return made


def _forget(key: int, gone: weakref.ref[pd.DataFrame]) -> None:
    if key in _of and _of[key][0] is gone:
        del _of[key]


def frame_digest(frame: pd.DataFrame) -> str:
    """A short name for what a frame holds: of its columns and rows, the index left out."""

    def digest() -> str:
        rows = pd.util.hash_pandas_object(frame, index=False).to_numpy().tobytes()
        return hashlib.sha256(rows + repr((frame.shape, list(frame.columns))).encode()).hexdigest()

    return of_frame(frame, "digest", digest)
