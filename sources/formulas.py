"""What a simple formula would give: sums, sums of products, IF, COUNT … over cells of its own sheet, as Excel reckons them.

Used to ask whether a stored result was ever calculated. Whatever is not simple (other sheets, names, look-ups) has no answer here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

Place = tuple[int, int]
Scalar = float | str
"""A number (truth values too) or a text; '' is a blank cell or an empty text."""
CellAt = Callable[[int, int], Any]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>\"(?:[^\"]|\"\")*\")|(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?![A-Za-z_\d]))"
    r"|(?P<ref>\[?\.?\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6}(?::\.?\$?[A-Za-z]{1,3}\$?[1-9]\d{0,6})?\]?(?![A-Za-z_\d(!.]))"
    r"|(?P<name>[A-Za-z_][\w.]*)(?=\s*\()|(?P<sign><>|<=|>=|[-+*/^&=<>%(),;]))"
)
_REF = re.compile(r"\.?(\$?)([A-Za-z]{1,3})(\$?)(\d+)")
_R1C1 = re.compile(r"(?<![A-Za-z_\d])R(\[-?\d+\]|\d+)?C(\[-?\d+\]|\d+)?(?![A-Za-z_\d(])")
_MOST_CELLS, _LONGEST = 20_000, 2_000
TEXT = "\x00text"
"""A text that is not worked out; no cell holds it."""


class UnknownResultError(Exception):
    """Not simple."""


class Written(str):
    """A text written into a formula: '' is one then, and no blank cell, which = makes 0 of."""

    __slots__ = ()


class Several(list[Any]):
    """The values of a range."""


def result_of(formula: str, cell_at: CellAt, shift: Place = (0, 0)) -> Scalar | None:
    """What a formula (A1 addresses, with or without '=') gives; None where that is not worked out.

    Args:
        formula: as Excel, WPS or LibreOffice (of:=[.A1]) write it.
        cell_at: what stands in a cell, by row and column from 0.
        shift: rows and columns by which relative addresses are moved (a cell that shares the formula of another).
    """
    text = re.sub(r"^\s*(?:of:|oooc:|msoxl:)?=", "", formula)
    if len(text) > _LONGEST:
        return None
    try:
        return single(_Parser(_tokens(text), cell_at, shift).whole())
    except (UnknownResultError, RecursionError, OverflowError, ValueError):
        return None


def from_r1c1(formula: str, row: int, column: int) -> str:
    """A formula of Excel's XML of 2003 (R[-1]C) with A1 addresses, as it reads in the cell (row, column), from 0."""

    def at(written: str | None, own: int) -> int:
        if not written:
            return own
        return own + int(written[1:-1]) if written.startswith("[") else int(written) - 1

    def address(found: re.Match[str]) -> str:
        r, c = at(found[1], row), at(found[2], column)
        letters, number = "", c + 1
        while number > 0:
            number, digit = divmod(number - 1, 26)
            letters = chr(65 + digit) + letters
        return f"${letters}${r + 1}" if r >= 0 and c >= 0 else "#REF!"

    return _R1C1.sub(address, formula)


def single(value: Any) -> Scalar:
    """One value: a range of several has none."""
    if isinstance(value, Several):
        if len(value) != 1:
            raise UnknownResultError
        value = value[0]
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        return value
    raise UnknownResultError  # a date


def number_of(value: Any) -> float:
    """A value as a number, as + takes it: blanks are 0, texts of digits count."""
    found = single(value)
    if found == "":
        return 0.0
    if not isinstance(found, str):
        return found
    try:
        return float(found.strip().replace(",", ""))
    except ValueError:
        raise UnknownResultError from None


def operate(sign: str, left: Any, right: Any) -> Scalar:
    """left sign right."""
    if sign == "&":
        return TEXT if single(left) != "" or single(right) != "" else ""
    if sign in ("=", "<>", "<", ">", "<=", ">="):
        return _compare(sign, single(left), single(right))
    a, b = number_of(left), number_of(right)
    if sign == "/" and b == 0:
        raise UnknownResultError
    if sign == "^":
        if abs(a) > 1e6 or abs(b) > 20 or (a <= 0 and b != int(b)) or (a == 0 and b <= 0):
            raise UnknownResultError
        return float(a**b)
    return a + b if sign == "+" else a - b if sign == "-" else a * b if sign == "*" else a / b


def _compare(sign: str, left: Scalar, right: Scalar) -> float:
    if TEXT in (left, right):
        raise UnknownResultError
    if isinstance(left, str) != isinstance(right, str):
        if "" not in (left, right):
            raise UnknownResultError
        if sign in ("=", "<>"):  # a blank cell is equal to 0 and to ''; a number is never equal to ''
            other = left if right == "" else right
            if other == 0:
                raise UnknownResultError
            return float(sign == "<>")
        raise UnknownResultError
    order = (left > right) - (left < right)  # type: ignore[operator]
    return float({"=": order == 0, "<>": order != 0, "<": order < 0, ">": order > 0, "<=": order <= 0, ">=": order >= 0}[sign])


def call(name: str, given: Sequence[Any]) -> Scalar:
    """A function's value."""
    numbers = [v for arg in given for v in (_numbers(arg))]
    match name.upper():
        case "SUM":
            return float(sum(numbers))
        case "COUNT":
            return float(len(numbers))
        case "MAX":
            return max(numbers, default=0.0)
        case "MIN":
            return min(numbers, default=0.0)
        case "AVERAGE" if numbers:
            return sum(numbers) / len(numbers)
        case "PRODUCT" if numbers:
            product = 1.0
            for number in numbers:
                product *= number
            return product
        case "COUNTA":
            return float(sum(v != "" for arg in given for v in (arg if isinstance(arg, Several) else [arg])))
        case "ABS" if len(given) == 1:
            return abs(number_of(given[0]))
        case "INT" if len(given) == 1:
            return float(number_of(given[0]) // 1)
        case "ROUND" if len(given) == 2:
            return round(number_of(given[0]) + 1e-9, int(number_of(given[1])))
        case "IF" if len(given) in (2, 3):
            picked = given[1] if number_of(given[0]) else (given[2] if len(given) == 3 else 0.0)
            return single(picked)
        case "IFERROR" if len(given) == 2:
            return single(given[0])
        case "AND":
            return float(all(number_of(arg) for arg in given))
        case "OR":
            return float(any(number_of(arg) for arg in given))
        case "ISBLANK" if len(given) == 1:
            return float(single(given[0]) == "")
        case "TEXT" | "CONCATENATE" | "CONCAT" | "FIXED" | "RMB" | "DOLLAR" | "NUMBERSTRING":
            return TEXT
    raise UnknownResultError


def _numbers(arg: Any) -> list[float]:
    """What SUM takes of an argument: the numbers of a range; a text of digits only where it was written into the formula."""
    if isinstance(arg, Several):
        if any(type(v) not in (float, int, str, bool) for v in arg):
            raise UnknownResultError
        return [float(v) for v in arg if type(v) in (float, int)]
    return [] if arg == "" or isinstance(arg, str) else [float(arg)]


def _tokens(text: str) -> list[tuple[str, str]]:
    found, at = [], 0
    while at < len(text.rstrip()):
        token = _TOKEN.match(text, at)
        if token is None or token.lastgroup is None:
            raise UnknownResultError
        found.append((token.lastgroup, token[token.lastgroup]))
        at = token.end()
    return found


_LEVELS = (frozenset(("=", "<>", "<", ">", "<=", ">=")), frozenset("&"), frozenset("+-"), frozenset("*/"), frozenset("^"))


class _Parser:
    """Reckons while it reads, from the loosest sign to the tightest."""

    def __init__(self, tokens: list[tuple[str, str]], cell_at: CellAt, shift: Place) -> None:
        self._tokens, self._at, self._cell_at, self._shift = tokens, 0, cell_at, shift

    def whole(self) -> Any:
        value = self._level(0)
        if self._at < len(self._tokens):
            raise UnknownResultError
        return value

    def _next(self) -> str:
        return self._tokens[self._at][1] if self._at < len(self._tokens) and self._tokens[self._at][0] == "sign" else ""

    def _level(self, n: int) -> Any:
        if n == len(_LEVELS):
            return self._signed()
        value = self._level(n + 1)
        while self._next() in _LEVELS[n]:
            sign = self._next()
            self._at += 1
            value = operate(sign, value, self._level(n + 1))
        return value

    def _signed(self) -> Any:
        if self._next() in ("+", "-"):
            sign = self._next()
            self._at += 1
            value = number_of(self._signed())
            return -value if sign == "-" else value
        value = self._primary()
        while self._next() == "%":
            self._at += 1
            value = number_of(value) / 100
        return value

    def _primary(self) -> Any:
        if self._at >= len(self._tokens):
            raise UnknownResultError
        kind, text = self._tokens[self._at]
        self._at += 1
        if kind == "number":
            return float(text)
        if kind == "text":
            return Written(text[1:-1].replace('""', '"'))
        if kind == "ref":
            return self._cells(text)
        if kind == "name":
            return self._function(text)
        if text == "(":
            value = self._level(0)
            self._close()
            return value
        raise UnknownResultError

    def _close(self) -> None:
        if self._next() != ")":
            raise UnknownResultError
        self._at += 1

    def _function(self, name: str) -> Scalar:
        self._at += 1  # its bracket
        given: list[Any] = []
        if self._next() == ")":
            self._at += 1
            return call(name, given)
        while True:
            if name.upper() == "IFERROR" and not given:
                given.append(self._level(0))
            else:
                given.append("" if self._next() in (",", ";", ")") else self._level(0))
            if self._next() not in (",", ";"):
                break
            self._at += 1
        self._close()
        return call(name, given)

    def _cells(self, text: str) -> Any:
        found = [self._place(m) for m in _REF.finditer(text)]
        if len(found) == 1:
            return Several([self._cell_at(*found[0])])
        return range_of(self._cell_at, found[0], found[1])

    def _place(self, found: re.Match[str]) -> Place:
        column = 0
        for letter in found[2].upper():
            column = column * 26 + ord(letter) - 64
        row, column = int(found[4]) - 1 + (0 if found[3] else self._shift[0]), column - 1 + (0 if found[1] else self._shift[1])
        if row < 0 or column < 0:
            raise UnknownResultError
        return row, column


def range_of(cell_at: CellAt, first: Place, last: Place) -> Several:
    """The values of a range."""
    (top, left), (bottom, right) = first, last
    if (bottom - top + 1) * (right - left + 1) > _MOST_CELLS:
        raise UnknownResultError
    return Several([cell_at(r, c) for r in range(top, bottom + 1) for c in range(left, right + 1)])
