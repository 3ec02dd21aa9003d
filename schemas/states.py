"""The state of a value: why a cell holds a number, or why it does not. Kept as one character, in frames as its uint8 code."""

from __future__ import annotations

from typing import NamedTuple

REPORTED = ord("R")
MISSING = ord("M")
NOT_APPLICABLE = ord("N")
NOT_COLLECTED = ord("C")
UNREADABLE = ord("U")


class StateLabel(NamedTuple):
    """A state's name. Not the dictionary's `Text`: reading workers import this module and must stay light."""

    zh: str
    en: str


STATES: dict[int, StateLabel] = {
    REPORTED: StateLabel("已填", "reported"),
    MISSING: StateLabel("空白", "missing"),
    NOT_APPLICABLE: StateLabel("不适用", "not applicable"),
    NOT_COLLECTED: StateLabel("本表不收集", "not collected"),
    UNREADABLE: StateLabel("无法识别", "unreadable"),
}


def state_column(code: str) -> str:
    """Name of the column that carries the state of indicator `code`."""
    return f"{code}__state"
