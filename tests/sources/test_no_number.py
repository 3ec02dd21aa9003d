"""What a file calls a number and is none (NaN, infinity, 1e400): that cell is told, the rest is read, in every format."""

from __future__ import annotations

import io
import math
import struct
import zipfile
from typing import Any

import pytest

from schemas.states import REPORTED, UNREADABLE
from tests.sources.test_cells_asked import LIST, ROWS, WRITERS, P, put_in, read, state, value

MARKER = 98765.4321


def instead(data: bytes, word: str) -> bytes:
    """The file with `word` where it holds the marker as a number."""
    number = struct.pack("<d", float(word))
    if data[:2] != b"PK":
        return data.replace(struct.pack("<d", MARKER), number).replace(str(MARKER).encode(), word.encode())
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member).replace(struct.pack("<d", MARKER), number).replace(str(MARKER).encode(), word.encode()))
    return buffer.getvalue()


@pytest.mark.parametrize("word", ["NaN", "INF", "-INF", "1e400"])
@pytest.mark.parametrize("writer", WRITERS)
def test_a_cell_that_is_no_number_is_told_and_the_rest_is_read(writer: str, word: str) -> None:
    reading = read(instead(WRITERS[writer](put_in(ROWS, {P: MARKER}), []), word))
    assert state(reading, "outreach_participants") == UNREADABLE
    assert (state(reading, "materials_issued"), value(reading, "materials_issued")) == (REPORTED, 46.0)
    assert [p.cell for p in reading.problems if p.name in ("unreadable_cell", "damaged_cell")] == ["E58"]
    reading = read(instead(WRITERS[writer](put_in(LIST, {(3, 4): MARKER}), []), word))
    assert [state(reading, "outreach_participants", n) for n in range(3)] == [UNREADABLE, REPORTED, REPORTED]


@pytest.mark.parametrize("number", [1e300, -1e300, 2.0**53 + 2, 10**22])
@pytest.mark.parametrize("writer", [*WRITERS, "csv"])
def test_a_number_beyond_any_count_is_told_and_the_rest_is_read(writer: str, number: float) -> None:
    def written(rows: list[list[Any]]) -> bytes:
        return "\n".join(",".join(map(str, row)) for row in rows).encode() if writer == "csv" else WRITERS[writer](rows, [])

    for rows, at, n in ((ROWS, P, 1), (LIST, (3, 4), 3)) if writer != "csv" else ((LIST, (3, 4), 3),):
        reading = read(written(put_in(rows, {at: number})))
        assert [state(reading, "outreach_participants", r) for r in range(n)] == [UNREADABLE, REPORTED, REPORTED][:n]
        assert {p.name for p in reading.problems} & {"beyond_cell", "unreadable_cell"}
        assert (state(reading, "materials_issued"), value(reading, "materials_issued")) == (REPORTED, 46.0)


@pytest.mark.parametrize("at", [(1, 1), (3, 0), (3, 1), (2, 4)])
@pytest.mark.parametrize("writer", WRITERS)
def test_heads_names_and_headings_that_are_no_number_end_nothing(writer: str, at: tuple[int, int]) -> None:
    reading = read(instead(WRITERS[writer](put_in(LIST, {at: MARKER}), []), "NaN"))
    for record in reading.records:
        values = memoryview(record.values).cast("d")
        assert all(math.isfinite(v) for v, s in zip(values, record.states, strict=True) if s == REPORTED)
