"""One cell → a figure and its state. Words come from the dictionary's `value_words`, suffixes from its units."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isfinite, nan

from schemas.states import MISSING, NOT_APPLICABLE, NOT_COLLECTED, REPORTED, UNREADABLE
from sources.text import chinese_number

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"^[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?$")
_MINUS = str.maketrans(dict.fromkeys("−－﹣", "-"))

Value = tuple[float, int]


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads cells. `words`: folded word → state, or REPORTED for a word that means nought."""

    words: Mapping[str, int]
    suffixes: tuple[str, ...]

    def read(self, cell: object) -> Value:
        """(number, REPORTED), or (NaN, the state that says why there is none)."""
        if type(cell) is float or type(cell) is int:
            return (float(cell), REPORTED) if isfinite(cell) else (nan, UNREADABLE)
        if cell == "" or cell is None:
            return nan, MISSING
        if type(cell) is not str:
            return nan, UNREADABLE  # a date or a truth value: Excel made something else of what was typed
        return self._read_text(cell)

    def _read_text(self, cell: str) -> Value:
        text = fold_value(cell)
        state = self.words.get(text)
        if state is not None:
            return (0.0, REPORTED) if state == REPORTED else (nan, state)
        number = self._number(text)
        return (nan, UNREADABLE) if number is None else (number, REPORTED)

    def _number(self, text: str) -> float | None:
        text = text.translate(_MINUS)
        for suffix in ("", *self.suffixes):
            if suffix and not text.endswith(suffix):
                continue
            bare = text.removesuffix(suffix) if suffix else text
            if _NUMBER.match(bare):
                return float(bare.replace(",", ""))
            if (number := chinese_number(bare)) is not None:
                return float(number)
        return None


def fold_value(text: str) -> str:
    """Full-width characters narrowed, white space removed, lower case."""
    return _SPACE.sub("", unicodedata.normalize("NFKC", text)).lower()


def value_reader(
    *,
    zero: Iterable[str],
    missing: Iterable[str],
    not_applicable: Iterable[str],
    not_collected: Iterable[str],
    suffixes: Iterable[str],
) -> ValueReader:
    """Build the reader from the dictionary's words; longer suffixes are tried first (人次 before 次)."""
    words: dict[str, int] = {}
    for state, group in ((MISSING, missing), (NOT_APPLICABLE, not_applicable), (NOT_COLLECTED, not_collected), (REPORTED, zero)):
        words.update({fold_value(word): state for word in group})
    words[""] = MISSING
    return ValueReader(words, tuple(sorted({s for s in suffixes if s}, key=lambda s: (-len(s), s))))
