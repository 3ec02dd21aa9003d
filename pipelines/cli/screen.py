"""What the commands share: language, printing, JSON, errors as coded messages."""

from __future__ import annotations

import json
import locale
import os
import sys
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")
_language = "zh"

EXIT_REFUSED = 4
"""The gate before a release is closed."""


def choose_language(lang: str) -> None:
    """Set the language of the output: 'zh', 'en', or '' for the locale's (Chinese unless the locale is another)."""
    global _language
    found = lang or os.environ.get("CUNBAO_LANG") or (locale.getlocale()[0] or "") or os.environ.get("LANG", "")
    _language = "zh" if found.lower().startswith(("zh", "chinese")) else "en"


def say(zh: str, en: str) -> str:
    """The text in the chosen language."""
    return zh if _language == "zh" else en


def console(*, stderr: bool = False) -> Any:
    """A Rich console; wide enough for tables when the output is no terminal."""
    from rich.console import Console

    return Console(stderr=stderr, highlight=False, soft_wrap=False, width=None if sys.stdout.isatty() else 120)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n")


class Stopped(BaseException):
    """Somebody has stopped the command (Ctrl-C, or a signal to end). `number`: the signal."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def stop(number: int, _frame: object) -> None:
    """The handler of signals that ask a command to end."""
    raise Stopped(number)


def stopped(error: BaseException) -> int | None:
    """Say in one line that a command was stopped, and return the exit status; None where the error is another one."""
    if isinstance(error, Stopped):
        status = 128 + error.number
    elif isinstance(error, KeyboardInterrupt) or type(error).__name__ == "DagsterExecutionInterruptedError":
        status = 130
    else:
        return None
    from schemas.dictionary import load_dictionary
    from schemas.messages import message

    told = message(load_dictionary([]), "run_stopped", {})
    print(f"{told.code} {say(told.say_zh, told.say_en)} {say(told.do_zh, told.do_en)}", file=sys.stderr)
    return status


class CommandError(Exception):
    """A command cannot go on; `name` is an entry of the message catalogue."""

    def __init__(self, name: str, **details: str) -> None:
        super().__init__(name)
        self.name, self.details = name, details


def fail(error: Exception) -> int:
    """Print an error as its coded message in both languages; returns the exit status (2: mend the input, 1: something broke)."""
    from schemas.dictionary import DictionaryError, load_dictionary
    from schemas.messages import message

    if isinstance(error, DictionaryError):
        lines = [fault.in_language(language) for fault in error.faults for language in ("zh", "en")]
        print("\n".join(("字典有误 / the dictionary is at fault:", *lines)), file=sys.stderr)
        return 2
    name, details, status = _named(error)
    print(message(load_dictionary([]), name, details).both(), file=sys.stderr)
    if os.environ.get("CUNBAO_DEBUG"):
        raise error
    return status


def _named(error: Exception) -> tuple[str, dict[str, str], int]:
    if isinstance(error, CommandError):
        return error.name, error.details, 2
    cause: BaseException | None = error
    while cause is not None:  # Dagster wraps what an asset raises
        kind = type(cause).__name__
        if kind == "StoreError":
            return "store_unreachable", {"url": cause.url, "why": cause.why}, 1  # type: ignore[attr-defined]
        if kind == "ReleaseRefused":
            counts = {"mandatory": str(cause.mandatory), "near_mandatory": str(cause.near_mandatory)}  # type: ignore[attr-defined]
            in_part, in_part_en = cause.in_part  # type: ignore[attr-defined]
            return "release_refused", {**counts, "reason": in_part, "reason_en": in_part_en}, EXIT_REFUSED
        if kind in ("AnswerRefused", "DecisionRefused"):
            return cause.name, cause.details, 2  # type: ignore[attr-defined]
        if kind == "NoRegistryError":
            return "no_registry", {"path": cause.path}, 2  # type: ignore[attr-defined]
        if kind == "InboxUnreachableError":
            return "inbox_unreachable", {"inbox": cause.inbox, "why": cause.why}, 2  # type: ignore[attr-defined]
        if kind == "QuarantineError":
            return cause.name, cause.details, 2  # type: ignore[attr-defined]
        if kind in ("FrameDamagedError", "KeptBytesNeededError"):
            return cause.name, cause.details, 1  # type: ignore[attr-defined]
        if kind == "InstanceBrokenError":
            return "instance_broken", {"folder": cause.folder, "why": cause.why}, 1  # type: ignore[attr-defined]
        if kind == "RegistryError":
            reason = {"reason": cause.why_zh, "reason_en": cause.why}  # type: ignore[attr-defined]
            return "bad_registry", {"path": str(cause.path), "line": str(cause.line), **reason}, 2  # type: ignore[attr-defined]
        cause = cause.__cause__
    root: BaseException = error
    while root.__cause__ is not None:
        root = root.__cause__
    step = getattr(error, "step_key", "") or _asset_in(root) or "—"
    return "run_failed", {"step": str(step), "why": f"{type(root).__name__}: {str(root).splitlines()[0] if str(root) else ''}"}, 1


def _asset_in(error: BaseException) -> str:
    """The asset whose code an error passed through; '' when it came from elsewhere."""
    frames = (frame for frame, _ in traceback.walk_tb(error.__traceback__))
    return next((f.f_code.co_name for f in frames if Path(f.f_code.co_filename).parent.name == "assets"), "")


class Bar:
    """A progress bar on standard error for long work; silent when there are few items or nobody watches."""

    def __init__(self, *, is_quiet: bool) -> None:
        self.is_quiet = is_quiet

    def track(self, items: Iterable[T], *, total: int, what: str) -> Iterator[T]:
        """The items, counted on the way."""
        if self.is_quiet or total == 0:
            yield from items
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        label = {"submission": say("读取报表", "reading files")}.get(what, what)
        columns = (TextColumn(label), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console(stderr=True)) as progress:
            task = progress.add_task(label, total=total)
            for item in items:
                yield item
                progress.advance(task)
