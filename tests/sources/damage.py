"""One bit changed, or the end cut off: what a disk or a transfer does to a file, seeded, and whether anybody could have been misled."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from typing import Any

from sources.reading import FileReader, FileReading


def flipped(data: bytes, chance: random.Random) -> bytes:
    """The file with one bit changed."""
    made = bytearray(data)
    made[chance.randrange(len(made))] ^= 1 << chance.randrange(8)
    return bytes(made)


def damaged(data: bytes, chance: random.Random, flips: int, cuts: int) -> Iterator[bytes]:
    """The file damaged in so many ways."""
    for _ in range(flips):
        yield flipped(data, chance)
    for _ in range(cuts):
        yield data[: chance.randrange(len(data))]


def said(reading: FileReading) -> tuple[object, ...]:
    """All that a reading says of figures and whose they are."""
    return tuple((r.role, r.level, r.place_code, r.place_name, r.parent_name, r.month, r.values, r.states) for r in reading.records)


def outcomes(reader: FileReader, data: bytes, name: str, seed: int, flips: int, cuts: int) -> Counter[str]:
    """'changed' (read, and a figure, a place or the month is another), 'lost' (read without some of the figures, which are asked for),
    'same' (what changed means nothing), or the message under which it was refused.
    """
    true = said(reader.read(data, name))
    assert true
    found: Counter[str] = Counter()
    for spoilt in damaged(data, random.Random(seed), flips, cuts):
        reading = reader.read(spoilt, name)
        found[_told(true, said(reading)) if reading.status == "read" else reading.problems[0].name] += 1
    return found


def _told(true: tuple[Any, ...], now: tuple[Any, ...]) -> str:
    if now == true:
        return "same"
    if [r[:6] for r in now] != [r[:6] for r in true]:
        return "changed"
    for (*_, values, states), (*_, values_now, states_now) in zip(true, now, strict=True):
        pairs = zip(memoryview(values).cast("d"), states, memoryview(values_now).cast("d"), states_now, strict=True)
        if any(b == ord("R") and (a != b or x != y) for x, a, y, b in pairs):
            return "changed"
    return "lost"
