"""One cell → a figure and its state. Words come from the dictionary's `value_words`, suffixes from its units.

A number is read when it can mean only one thing. (12), 约12, 12+3, 12①, '12 and 1 2 can mean two: they are unreadable, not guessed.
"""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from math import nan

from schemas.states import MISSING, NOT_APPLICABLE, NOT_COLLECTED, REPORTED, UNREADABLE
from sources.doubts import quoted
from sources.text import EXPONENTS, chinese_number

_SPACE = re.compile(r"\s+")
_NUMBER = re.compile(r"([+-]?)\s*(\d+|[1-9]\d{0,2}(?:,\s?\d{3})+|[1-9]\d{0,2}(?: \d{3})+)(\.\d+)?\s*([十百千万萬亿億]{0,2})")
_MINUS = str.maketrans({**dict.fromkeys("−－﹣–‐‑", "-"), **dict.fromkeys("\u200b\u200c\u200d\u2060\ufeff")})
_SIGNS = {"负": -1, "負": -1, "-": -1, "+": 1}
_ERROR = re.compile(
    r"#(?:REF!|DIV/0!|N/A!?|NAME\?|NUM!|VALUE!|NULL!|SPILL!|CALC!|GETTING_DATA|FIELD!|BLOCKED!|CONNECT!|#+)|Err:\d{3}|#{2,}", re.IGNORECASE
)
_DATE = re.compile(
    r"\d{4}[-/.年]\d{1,2}[-/.月]\d{1,2}日?(?:\s*\d{1,2}:\d{2}(?::\d{2})?)?|\d{1,2}月\d{1,2}日|\d{1,2}-[A-Za-z]{3}|[A-Za-z]{3}-\d{2}|\d{1,2}:\d{2}(?::\d{2})?"
)

_LONG = 40
"""No figure has so many characters."""

_DIGITS = 16
"""Fewer digits than this are never beyond `MOST`."""

MOST = 2.0**53
"""Beyond it a cell no longer holds every whole number, and no count or sum of money of a village, town or county comes near."""

DAMAGED = "\ufffd"
"""Begins the text of a cell that its file keeps in a way that gives no figure; what it held follows (`sources.badcells`)."""

_ABOUT = frozenset((*(a + b for a, b in pairwise("一二三四五六七八九")), "两三", "三两", "三五"))
"""两三, 七八: two or three, seven or eight; 一二 may be 12."""

Value = tuple[float, int]
Parsed = tuple[Decimal, bool, str]


@dataclass(frozen=True, slots=True)
class ValueReader:
    """Reads cells. `words`: folded word → state, or REPORTED for a word that means nought; `prefixes`: signs of money."""

    words: Mapping[str, int]
    suffixes: tuple[str, ...]
    prefixes: tuple[str, ...] = ()

    def read(self, cell: object) -> Value:
        """(number, REPORTED), or (NaN, the state that says why there is none)."""
        if type(cell) is float or type(cell) is int:
            return (float(cell), REPORTED) if -MOST <= cell <= MOST else (nan, UNREADABLE)  # not where it is NaN either
        if cell == "" or cell is None:
            return nan, MISSING
        if type(cell) is not str:
            return nan, UNREADABLE  # a date or a truth value: Excel made something else of what was typed
        if len(cell) < _LONG and cell.isascii() and cell.isdigit() and cell not in self.words:
            return (float(cell), REPORTED) if len(cell) < _DIGITS or float(cell) <= MOST else (nan, UNREADABLE)
        state = self.words.get(fold_value(cell))
        if state is not None:
            return (0.0, REPORTED) if state == REPORTED else (nan, state)
        parsed = self._parse(cell) if len(cell) < _LONG else None
        if parsed is None or abs(parsed[0]) > MOST:
            return nan, UNREADABLE
        return float(parsed[0]) + 0.0, REPORTED  # + 0.0: no nought below nought

    def read_scaled(self, cell: object, exponent: int) -> Value:
        """As `read`, under a heading that counts in tens of thousands (exponent 4): 1.2 is 12,000, exactly.

        A multiple in the cell itself (1.2万) goes before the heading's; a plain unit in it (12人) contradicts the heading.
        """
        value, state = self.read(cell)
        if state != REPORTED or value == 0:
            return value, state
        if type(cell) is not str:
            return _bounded(float(Decimal(repr(value)).scaleb(exponent)))
        parsed = self._parse(cell)
        if parsed is None or (parsed[2] and not parsed[1]):
            return nan, UNREADABLE
        number, has_multiple, _ = parsed
        return _bounded(float(number if has_multiple else number.scaleb(exponent)))

    def unit_in(self, cell: str) -> str:
        """The unit that stands behind a number, or the sign of money before it; '' where there is none."""
        parsed = self._parse(cell) if len(cell) < _LONG else None
        return parsed[2] if parsed is not None else ""

    def _parse(self, cell: str) -> Parsed | None:
        """The number, whether it states a multiple of its own (万), the unit behind it or the sign of money before it."""
        if not cell.isascii() and any(_is_ornament(c) for c in cell):
            return None
        text = unicodedata.normalize("NFKC", cell).translate(_MINUS).strip()
        prefix = next((p for p in self.prefixes if text.startswith(p)), "")
        text = text.removeprefix(prefix).lstrip()
        for suffix in ("", *self.suffixes):
            if suffix and not text.endswith(suffix):
                continue
            number = _number(text[: len(text) - len(suffix)].rstrip())
            if number is not None:
                return number[0], number[1], suffix or prefix
        return None


def _bounded(value: float) -> Value:
    return (value, REPORTED) if abs(value) <= MOST else (nan, UNREADABLE)


def why_unreadable(cell: object) -> tuple[str, dict[str, str]]:
    """The message (and its details) that says what happened to a cell that is no number: an error, a date, a truth value, a share."""
    if type(cell) is bool:
        return "truth_cell", {}
    if isinstance(cell, dt.date | dt.time | dt.timedelta):
        return "date_cell", {}
    if type(cell) is float or type(cell) is int or (type(cell) is str and cell.isascii() and cell.isdigit()):
        return "beyond_cell", {}
    if type(cell) is str:
        if cell.startswith(DAMAGED):
            return "damaged_cell", {"text": quoted(cell[1:])}
        text = unicodedata.normalize("NFKC", cell).strip()
        if (found := _ERROR.fullmatch(text)) is not None:
            return "error_cell", {"error": found[0].upper() if text.startswith("#") else found[0]}
        if _DATE.fullmatch(text):
            return "date_cell", {}
        if text.endswith(("%", "‰")):
            return "share_cell", {}
    return "unreadable_cell", {}


def _number(text: str) -> tuple[Decimal, bool] | None:
    """Figures with at most one multiple behind them, or a Chinese numeral; and whether there is a multiple."""
    found = _NUMBER.fullmatch(text)
    if found is not None:
        sign, whole, part, multiple = found.groups()
        number = Decimal(sign + _SPACE.sub("", whole).replace(",", "") + (part or ""))
        return number.scaleb(sum(EXPONENTS[c] for c in multiple)), bool(multiple)
    sign = _SIGNS.get(text[:1], 0) if text else 0
    bare = text[1:].lstrip() if sign else text
    if sign and (found := _NUMBER.fullmatch(bare)) is not None and not found[1]:  # 负3
        positive = _number(bare)
        return (sign * positive[0], positive[1]) if positive is not None else None
    if _SPACE.search(bare):
        if not any(c in "十百千万" for c in bare):  # 三 二 may be two numbers
            return None
        bare = _SPACE.sub("", bare)
    if bare in _ABOUT:
        return None
    counted = chinese_number(bare)
    return None if counted is None else (Decimal((sign or 1) * counted), False)


def _is_ornament(character: str) -> bool:
    """A figure that is no digit of a number: a footnote's ① or ², a fraction."""
    return character.isnumeric() and not character.isdecimal() and unicodedata.decomposition(character).startswith("<")


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
    prefixes: Iterable[str] = (),
) -> ValueReader:
    """Build the reader from the dictionary's words; longer suffixes are tried first (人次 before 次)."""
    words: dict[str, int] = {}
    for state, group in ((MISSING, missing), (NOT_APPLICABLE, not_applicable), (NOT_COLLECTED, not_collected), (REPORTED, zero)):
        words.update({fold_value(word): state for word in group})
    words[""] = MISSING
    return ValueReader(words, _longest_first(suffixes), _longest_first(prefixes))


def _longest_first(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({unicodedata.normalize("NFKC", w) for w in words if w}, key=lambda w: (-len(w), w)))


def plain_number(value: float) -> str:
    """A figure in full: 1234567, 6499.74."""
    return f"{value:.0f}" if value == int(value) else f"{value:.6f}".rstrip("0").rstrip(".")
