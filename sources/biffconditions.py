"""Conditional formats of an .xls that strike out: records CONDFMT and CF, the font in the rule itself ([MS-XLS] 2.4.56, 2.4.42, 2.5.92)."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from sources.biffcells import BiffBook
from sources.conditional import OPERATORS, Area, Read, Rule, struck_by
from sources.doubts import Doubts
from sources.tokens import result_of_tokens

_CONDFMT, _CF = 0x01B0, 0x01B1
_CF_HEAD = b"\xb1\x01"
_HAS_NUMBER, _HAS_FONT = 1 << 25, 1 << 26
_STRIKES = 0x80
_OF_FONT, _LOOKS, _UNSAID = 118, 68, 88
"""Size of a rule's font; where in it stand what it strikes out, and what it says nothing of."""
_COMPARES = 1


def struck_by_conditions(data: bytes, number: int, rows: Read) -> Doubts:
    """The filled cells of a sheet that conditional formats strike out."""
    if _CF_HEAD not in data:
        return {}
    return struck_by(_rules(BiffBook(data).sheet(number).records()), rows)


def _rules(records: Iterator[tuple[int, bytes]]) -> Iterator[Rule]:
    areas: tuple[Area, ...] = ()
    for kind, body in records:
        if kind == _CONDFMT and len(body) >= 14:
            (count,) = struct.unpack_from("<H", body, 12)
            found = [struct.unpack_from("<4H", body, 14 + 8 * n) for n in range(min(count, (len(body) - 14) // 8))]
            areas = tuple((top, left, bottom, right) for top, bottom, left, right in found)
        elif kind == _CF and areas and _strikes(body):
            sort, operator, first, second = struct.unpack_from("<BBHH", body)
            tokens = [body[len(body) - first - second : len(body) - second], body[len(body) - second :]] if first else []
            yield Rule(
                areas,
                OPERATORS.get(operator, "") if sort == _COMPARES else "",
                tuple(partial(_work_out, t) for t in tokens[: 2 if second else 1]),
                areas[0][:2],
            )


def _strikes(body: bytes) -> bool:
    if len(body) < 12:
        return False
    flags, more = struct.unpack_from("<IH", body, 6)
    if not flags & _HAS_FONT:
        return False
    at = 12
    if flags & _HAS_NUMBER:
        at += struct.unpack_from("<H", body, 12)[0] if more & 1 else 2
    if len(body) < at + _OF_FONT:
        return False
    return bool(body[at + _LOOKS] & _STRIKES) and not body[at + _UNSAID] & _STRIKES


def _work_out(tokens: bytes, cell_at: Any, at: Sequence[int]) -> float | str | None:
    return result_of_tokens(tokens, cell_at, 8, (at[0], at[1]))
