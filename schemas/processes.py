"""Processes of this machine: who still runs, what those that were killed left half-written, how often one looks for garbage."""

from __future__ import annotations

import gc
import os
import platform
import re
from pathlib import Path

_PART = re.compile(r"^\.part-(.*)-(\d+)(?:-[0-9a-f]+)?$")


def collect_seldom() -> None:
    """Let Python look for garbage in cycles less often, for a process that ends with its work.

    Its habit is to go through everything that was imported again and again, where nothing ever turns to garbage: a seventh of what a
    month's run computes.
    """
    gc.set_threshold(200_000, 20, 50)


def part_name(digest: str = "") -> str:
    """A hidden file name for this process alone, under which something is written before it gets its own."""
    return f".part-{platform.node()}-{os.getpid()}" + (f"-{digest}" if digest else "")


def sweep_parts(folder: str | Path) -> None:
    """Remove from a folder what a process of this machine that has ended left half-written."""
    if os.name != "posix":
        return
    for name in os.listdir(folder):
        found = _PART.match(name)
        if found and found[1] == platform.node() and not is_running(int(found[2])):
            Path(folder, name).unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Whether a process of this machine with this number runs (whoever's it is)."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's
    return True
