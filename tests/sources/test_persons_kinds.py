"""Generated lists of persons of many kinds and formats are set aside; office files that look like them are not."""

from __future__ import annotations

import random

import pytest

from schemas.dictionary import load_dictionary
from sources.bundle import read_file
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sources.personlists import FORMATS, OFFICES, PERSONS, files, people

_READER = FileReader(reading_kit(load_dictionary([])))


def _read(data: bytes, name: str) -> FileReading:
    reading = read_file(_READER, data, name, lambda *_: None)
    return reading.members[0][1] if reading.members else reading


@pytest.mark.parametrize("seed", [1, 5000])
def test_lists_of_persons_are_set_aside(seed: int) -> None:
    missed = []
    lists = files(list(PERSONS), 4, seed)
    for kind, name, chosen in lists:
        chance = random.Random(chosen)
        rows = PERSONS[kind](chance, people(chance, chance.randrange(3, 9)))
        if _read(FORMATS[name](rows), name).status not in ("quarantined", "sealed"):
            missed.append((kind, name, chosen))
    assert len(PERSONS) >= 30
    assert len(lists) >= 150
    assert len(missed) <= 0.02 * len(lists), missed


@pytest.mark.parametrize("seed", [1, 5000])
def test_office_files_are_no_lists_of_persons(seed: int) -> None:
    met = []
    lists = files(list(OFFICES), 10, seed)
    for kind, name, chosen in lists:
        status = _read(FORMATS[name](OFFICES[kind](random.Random(chosen))), name).status
        if status in ("quarantined", "sealed"):
            met.append((kind, name, chosen, status))
    assert len(lists) >= 300
    assert len(met) <= 0.01 * len(lists), met
    assert [m for m in met if m[3] == "quarantined"] == []
