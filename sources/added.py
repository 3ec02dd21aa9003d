"""Figures that are the sum of several cells (`add` of a layout): 初婚对数 and 再婚对数 together are the marriages.

While a sheet is understood each part is a figure with a code of its own (`marriages+0`); a record adds them up. A sum of which a part is
not there is not there either: a part is never taken for the whole.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from schemas.states import MISSING, NOT_COLLECTED, REPORTED, UNREADABLE

if TYPE_CHECKING:
    from sources.layout import Plan

Added = Mapping[str, Sequence[str]]
"""Indicator → the codes of its parts."""


class Lacking(NamedTuple):
    """A sum that is not known: the indicator, its parts that are there, and those that are blank or unreadable."""

    code: str
    there: Sequence[str]
    lacking: Sequence[str]


def parts_of(add: Mapping[str, Sequence[str]]) -> dict[str, dict[str, str]]:
    """Indicator → code of each part → its heading."""
    return {code: {f"{code}+{n}": heading for n, heading in enumerate(headings)} for code, headings in add.items()}


def settle_added(plan: Plan, added: Added) -> None:
    """Where the whole has a cell of its own beside its parts, that cell is a written total, to be compared with their sum."""
    for code, parts in added.items():
        if code in plan.cells and all(part in plan.cells for part in parts):
            plan.sums.append((*plan.cells.pop(code), tuple(parts)))
            plan.doubtful.pop(code, None)


def not_in(plan: Plan, added: Added) -> Iterator[tuple[str, list[str], list[str]]]:
    """Sums of which a table has some parts and lacks others: indicator, parts that are there, parts that are not."""
    for code, parts in added.items():
        there = [part for part in parts if part in plan.cells]
        if there and len(there) < len(parts) and code not in plan.cells:
            yield code, there, [part for part in parts if part not in plan.cells]


def add_up(added: Added, position: Mapping[str, int], values: array[float], states: bytearray) -> list[Lacking]:
    """Set each indicator to the sum of its parts; what could not be added up although some parts are there."""
    lacking = []
    for code, parts in added.items():
        at, found = position[code], [states[position[part]] for part in parts]
        if all(state == NOT_COLLECTED for state in found):
            continue  # the table has no such columns
        if all(state == REPORTED for state in found):
            values[at], states[at] = sum(values[position[part]] for part in parts), REPORTED
            continue
        is_one = len({*found}) == 1
        states[at] = found[0] if is_one else UNREADABLE if UNREADABLE in found else MISSING
        there = [part for part, state in zip(parts, found, strict=True) if state == REPORTED]
        if there:
            lacking.append(Lacking(code, there, [part for part in parts if part not in there]))
    return lacking
