"""Runs `cunbao` in a process of its own that kills itself at an exact place: killer.py TARGET WHEN N TEXT -- ARGUMENTS…

TARGET is `module:function` or `module:Class.function`; the process sends itself SIGKILL at the N-th call whose arguments contain
TEXT: WHEN is `before` or `after` the call, or `item` (before the N-th item of what the call returns is handed on).
Where it died is told on standard error, function by function.
"""

from __future__ import annotations

import importlib
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from typing import Any


def die() -> None:
    """SIGKILL: nothing is cleaned up, no handler runs."""
    print("killed in", *[frame.name for frame in traceback.extract_stack()], file=sys.stderr, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(function: Callable[..., Any], when: str, n: int, text: str) -> Callable[..., Any]:
    """The function, deadly at its n-th call."""
    calls = 0

    def counted(items: Iterator[Any]) -> Iterator[Any]:
        for number, item in enumerate(items, start=1):
            if number == n:
                die()
            yield item

    def called(*arguments: Any, **named: Any) -> Any:
        nonlocal calls
        matches = text in repr((arguments, named))
        calls += matches
        if when == "item" and matches:
            return counted(function(*arguments, **named))
        if when == "before" and matches and calls == n:
            die()
        result = function(*arguments, **named)
        if when == "after" and matches and calls == n:
            die()
        return result

    return called


def main() -> None:
    """Patch the target, then be `cunbao`."""
    target, when, n, text, _, *arguments = sys.argv[1:]
    module, _, path = target.partition(":")
    owner: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for part in outer:
        owner = getattr(owner, part)
    setattr(owner, name, deadly(getattr(owner, name), when, int(n), text))
    sys.argv = ["cunbao", *arguments]
    from pipelines.cli.main import main as cunbao

    cunbao()


if __name__ == "__main__":
    main()
