"""Records put together from what the store keeps."""

from __future__ import annotations

import numpy as np
import pandas as pd

from methods.evidence.assemble import assemble
from methods.evidence.records import Records
from methods.panel import Panel
from schemas.dictionary import load_dictionary

DICTIONARY = load_dictionary([])
MONTHS = ("2024-01", "2024-02", "2024-03")
VILLAGES = ("330000100201", "330000100202", "330000100203")


def nothing(*columns: str) -> pd.DataFrame:
    return pd.DataFrame({column: pd.Series(dtype="str") for column in columns})


def records(**changes: pd.DataFrame) -> Records:
    values = np.ones((3, 3, len(DICTIONARY.codes)))
    signed = [n for n, code in enumerate(DICTIONARY.codes) if DICTIONARY.indicators[code].concept.signed]
    values[:, :, signed] = 0.0
    values[1, 2, signed[0]] = -4.0
    given = {
        "counts": nothing("source", "count_month", "place_level", "place_code", "indicator", "count"),
        "events": nothing("date", "kind", "from_code", "to_code"),
        "answers": nothing("kind", "place_code", "month"),
        "submissions": pd.DataFrame(),
    }
    return assemble(Panel(MONTHS, VILLAGES, DICTIONARY.codes, values), ["a", "a", "b"], DICTIONARY, **{**given, **changes})


def test_a_boundary_change_and_a_merger_are_changes_and_a_new_name_is_none() -> None:
    events = pd.DataFrame(
        {
            "date": ["2024-03-01", "2024-01-01"],
            "kind": ["merge", "rename"],
            "from_code": ["999999999999", VILLAGES[1]],
            "to_code": [VILLAGES[0], VILLAGES[1]],
        }
    )
    changed = records(events=events).is_changed
    assert changed is not None
    assert np.argwhere(changed).tolist() == [[1, 2], [2, 0]]


def test_only_a_reviewers_look_silences_and_the_last_one_counts() -> None:
    answers = pd.DataFrame(
        {
            "kind": ["reviewed", "reviewed", "explained", "reviewed"],
            "place_code": [VILLAGES[0], VILLAGES[0], VILLAGES[1], VILLAGES[2]],
            "month": ["2024-01", "2024-02", "2024-02", "2019-05"],
        }
    )
    until = records(answers=answers).reviewed_until
    assert until is not None
    assert until.tolist() == [1, -1, -1]


def test_departments_counts_of_villages_become_second_sources_and_the_last_sent_stands() -> None:
    source = next(s for s in DICTIONARY.second_sources.values() if s.department)
    counts = pd.DataFrame(
        {
            "source": source.department,
            "count_month": ["2024-02", "2024-02", "2024-03", "2024-03"],
            "place_level": ["village", "village", "village", "town"],
            "place_code": [VILLAGES[1], VILLAGES[1], VILLAGES[0], "330000100"],
            "indicator": source.concept,
            "count": [3.0, 5.0, 2.0, 9.0],
        }
    )
    block = records(counts=counts).second_sources[source.code]
    assert block[1, 1] == 5.0
    assert block[2, 0] == 2.0
    assert np.isnan(block).sum() == 7


def test_every_second_source_that_names_a_department_names_one_that_exists() -> None:
    named = [s for s in DICTIONARY.second_sources.values() if s.department]
    assert named
    for source in named:
        assert source.concept in DICTIONARY.departments[source.department].speaks_of
