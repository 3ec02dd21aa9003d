"""Writing files so that a reader never sees half of one, and an unchanged one is left alone."""

from __future__ import annotations

import os
import re
import tempfile
from pathlib import Path

_UNSAFE = re.compile(r"[\x00-\x1f\x7f/\\:*?\"<>|]+")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write `data` under a temporary name and rename it; False when the file holds these bytes already."""
    try:
        if path.stat().st_size == len(data) and path.read_bytes() == data:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    with os.fdopen(handle, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    os.chmod(temporary, 0o644)
    os.replace(temporary, path)
    return True


def safe_name(name: str) -> str:
    """A name from outside as one path component: no separators, control characters, leading dots; at most 150 characters."""
    return _UNSAFE.sub("_", name).lstrip(". ")[:150].rstrip(". ") or "_"


def neutral(text: str) -> str:
    """Text that a spreadsheet would run as a formula, made plain with a leading apostrophe."""
    return f"'{text}" if text.startswith(_FORMULA) else text
