"""The catalogue of coded, bilingual messages, and how their wording is filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from schemas.dictionary import Dictionary


@dataclass(frozen=True)
class Message:
    """A message ready to show: what happened and what to do, in both languages."""

    code: str
    effect: str
    say_zh: str
    say_en: str
    do_zh: str
    do_en: str

    def both(self) -> str:
        """Two lines: Chinese, then English."""
        return f"[{self.code}] {self.say_zh} {self.do_zh}\n[{self.code}] {self.say_en} {self.do_en}"


class _Blank(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "?"


def message(dictionary: Dictionary, name: str, details: Mapping[str, str] | None = None) -> Message:
    """The catalogue's entry `name` with `details` filled in; an unknown detail shows as '?'. A suspicion (`why`) is said in words.

    Raises:
        KeyError: no such entry.
    """
    entry, filled, filled_en = dictionary.messages[name], _Blank(details or {}), _Blank(details or {})
    if (suspicion := dictionary.suspicions.get(filled.get("why", ""))) is not None:
        filled["why"], filled_en["why"] = suspicion.say.pair
    return Message(
        entry.code,
        entry.effect,
        entry.say.zh.format_map(filled),
        entry.say.en.format_map(filled_en),
        entry.do.zh.format_map(filled),
        entry.do.en.format_map(filled_en),
    )
