"""Writing files so that a reader never sees half of one, and an unchanged one is left alone."""

from __future__ import annotations

import hashlib
import os
import re
from functools import lru_cache
from pathlib import Path

from schemas.processes import part_name, sweep_parts

_UNSAFE = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069/\\:*?\"<>|]+")
_LONGEST = 180
_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write `data` under a temporary name and rename it; False when the file holds these bytes already."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    temporary = temporary_beside(path)
    with open(temporary, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)
    return True


def temporary_beside(path: Path) -> Path:
    """A hidden name in the folder of `path`, for this process alone; what a killed process left half-written there goes away."""
    _sweep(path.parent)
    digest = hashlib.sha256(path.name.encode()).hexdigest()[:16]
    return path.with_name(part_name(digest))


@lru_cache(maxsize=4096)
def _sweep(folder: Path) -> None:
    """Once a process and folder."""
    sweep_parts(folder)


def safe_name(name: str) -> str:
    """A name from outside as one path component: no separators, control characters, leading dots; at most 180 bytes.

    A longer name is cut and told apart by its digest.
    """
    plain = _UNSAFE.sub("_", name).lstrip(". ").rstrip(". ") or "_"
    data = plain.encode()
    if len(data) <= _LONGEST:
        return plain
    return f"{data[: _LONGEST - 9].decode(errors='ignore')}~{hashlib.sha256(name.encode()).hexdigest()[:8]}"


def neutral(text: str) -> str:
    """Text that a spreadsheet would run as a formula, made plain with a leading apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text
