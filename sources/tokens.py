"""What a simple formula of .xls and .xlsb gives, from its tokens ([MS-XLS] 2.5.198, [MS-XLSB] 2.5.97): operands first, signs behind."""

from __future__ import annotations

import struct
from typing import Any

from sources.formulas import CellAt, Place, UnknownResultError, Written, call, number_of, operate, range_of, single
from sources.formulas import Several as _Several

_SIGNS = {3: "+", 4: "-", 5: "*", 6: "/", 7: "^", 8: "&", 9: "<", 10: "<=", 11: "=", 12: ">=", 13: ">", 14: "<>"}
_FIXED = {24: ("ABS", 1), 25: ("INT", 1), 27: ("ROUND", 2), 48: ("TEXT", 2), 129: ("ISBLANK", 1)}
_VARIABLE = {
    0: "COUNT", 1: "IF", 4: "SUM", 5: "AVERAGE", 6: "MIN", 7: "MAX", 14: "FIXED", 36: "AND", 37: "OR",
    169: "COUNTA", 183: "PRODUCT", 336: "CONCATENATE", 480: "IFERROR",
}  # fmt: skip
_EXTRA_OF_SUM, _EXTRA_OF_CHOOSE = 0x10, 0x04


def result_of_tokens(tokens: bytes, cell_at: CellAt, version: int, at: Place = (0, 0)) -> float | str | None:
    """The formula's result; None where it is not worked out. `version`: 5 or 8 (.xls), 12 (.xlsb). `at`: the cell that it is for, where its
    addresses say how far away they are (conditions).
    """
    try:
        stack = _Stack(tokens, cell_at, version, at)
        while stack.at < len(tokens):
            stack.step()
        return single(stack.only())
    except (UnknownResultError, struct.error, IndexError, ValueError, OverflowError):
        return None


class _Stack:
    def __init__(self, tokens: bytes, cell_at: CellAt, version: int, origin: Place) -> None:
        self._tokens, self._cell_at, self._version, self._origin = tokens, cell_at, version, origin
        self.at = 0
        self._values: list[Any] = []

    def only(self) -> Any:
        if len(self._values) != 1:
            raise UnknownResultError
        return self._values[0]

    def step(self) -> None:
        """Take one token."""
        token = self._tokens[self.at]
        self.at += 1
        kind = token if token < 0x20 else 0x20 | (token & 0x1F)
        if kind in _SIGNS:
            right, left = self._values.pop(), self._values.pop()
            self._values.append(operate(_SIGNS[kind], left, right))
        elif kind in (0x12, 0x13, 0x14):
            value = number_of(self._values.pop())
            self._values.append({0x12: value, 0x13: -value, 0x14: value / 100}[kind])
        elif kind == 0x19:
            self._attribute()
        elif kind != 0x15:  # a bracket says nothing here
            self._values.append(self._operand(kind))

    def _operand(self, kind: int) -> Any:
        if kind == 0x16:
            return ""
        if kind == 0x17:
            return self._text()
        if kind == 0x1D:
            return float(self._take("<B")[0])
        if kind == 0x1E:
            return float(self._take("<H")[0])
        if kind == 0x1F:
            return self._take("<d")[0]
        if kind == 0x21:
            name, count = _FIXED[number] if (number := self._take("<H")[0]) in _FIXED else ("", 0)
            return self._call(name, count)
        if kind == 0x22:
            count, number = self._take("<BH")
            return self._call(_VARIABLE.get(number & 0x7FFF, ""), count & 0x7F)
        if kind == 0x24:
            return _Several(
                [self._cell_at(*self._place(*self._take("<IH" if self._version == 12 else "<HH" if self._version == 8 else "<HB")))]
            )
        if kind == 0x25:
            top, bottom, left, right = self._take("<IIHH" if self._version == 12 else "<HHHH" if self._version == 8 else "<HHBB")
            return range_of(self._cell_at, self._place(top, left), self._place(bottom, right))
        if kind == 0x2C and self._version == 8:
            return _Several([self._cell_at(*self._away(*self._take("<HH")))])
        if kind == 0x2D and self._version == 8:
            top, bottom, left, right = self._take("<HHHH")
            return range_of(self._cell_at, self._away(top, left), self._away(bottom, right))
        raise UnknownResultError

    def _away(self, row: int, column: int) -> Place:
        """A row and column that count, where their bits say so, from the cell that the formula is for."""
        r = (self._origin[0] + row) & 0xFFFF if column & 0x8000 else row
        return r, (self._origin[1] + column) & 0xFF if column & 0x4000 else column & 0xFF

    def _call(self, name: str, count: int) -> Any:
        if not name or count > len(self._values):
            raise UnknownResultError
        given = self._values[len(self._values) - count :]
        del self._values[len(self._values) - count :]
        return call(name, given)

    def _attribute(self) -> None:
        kind, size = self._take("<BH")
        if kind & _EXTRA_OF_CHOOSE:
            self.at += 2 * (size + 1)
        elif kind & _EXTRA_OF_SUM:
            self._values.append(call("SUM", [self._values.pop()]))

    def _text(self) -> Written:
        if self._version == 12:
            (size,) = self._take("<H")
            raw, self.at = self._tokens[self.at : self.at + 2 * size], self.at + 2 * size
            return Written(raw.decode("utf-16-le", "replace"))
        (size,) = self._take("<B")
        is_wide = self._version == 8 and self._take("<B")[0] & 1
        length = size * 2 if is_wide else size
        raw, self.at = self._tokens[self.at : self.at + length], self.at + length
        return Written(raw.decode("utf-16-le" if is_wide else "latin-1", "replace"))

    def _place(self, row: int, column: int) -> Place:
        """Rows of BIFF5 and columns of the others carry in their high bits whether they are relative."""
        return (row & 0x3FFF, column) if self._version == 5 else (row, column & 0x3FFF)

    def _take(self, form: str) -> tuple[Any, ...]:
        found = struct.unpack_from(form, self._tokens, self.at)
        self.at += struct.calcsize(form)
        return found
