"""Forms without figures in every format, and lists that lack a required column: what is told apart after reading."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.unfilled import is_unfilled
from schemas.dictionary import load_dictionary
from schemas.openings import openings
from schemas.states import MISSING, NOT_COLLECTED, REPORTED
from sources.reading import FileReading
from tests.sources.test_cells_asked import CODES, LIST, ROWS, WRITERS, P, put_in, read

MONTH = "2024-03"
DICTIONARY = load_dictionary([])
OPENING = {"population_start_m": (10, 4), "population_start_f": (10, 5)}
FIGURES = [(r, c) for r, row in enumerate(ROWS) for c, cell in enumerate(row) if isinstance(cell, int | float) and c >= 4]


def unfilled(reading: FileReading) -> list[bool]:
    states = pd.Series([record.states.decode("ascii") for record in reading.records], dtype="str")
    return is_unfilled(states, DICTIONARY, MONTH).tolist()


def only(*kept: tuple[int, int]) -> list[list[object]]:
    return put_in(ROWS, {at: "" for at in FIGURES if at not in kept})


def test_the_form_s_cells_are_where_this_test_takes_them_to_be() -> None:
    assert set(openings(DICTIONARY, MONTH)) >= set(OPENING)
    assert [ROWS[r][c] for r, c in OPENING.values()] == [722, 676]
    assert ROWS[P[0]][P[1]] == 32


@pytest.mark.parametrize("writer", WRITERS)
def test_a_template_with_its_opening_figures_alone_is_no_report(writer: str) -> None:
    assert unfilled(read(WRITERS[writer](only(*OPENING.values()), []))) == [True]
    assert unfilled(read(WRITERS[writer](only(), []))) == [True]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("typed", [0, "—", 5, "无"])
def test_one_thing_typed_makes_it_a_report(writer: str, typed: object) -> None:
    assert unfilled(read(WRITERS[writer](put_in(only(*OPENING.values()), {P: typed}), []))) == [False]


@pytest.mark.parametrize("writer", WRITERS)
def test_a_row_of_a_list_without_figures_is_no_report_of_its_village(writer: str) -> None:
    rows = put_in(LIST, {(4, c): "" for c in range(2, 7)})
    assert unfilled(read(WRITERS[writer](rows, []))) == [False, True, False]


@pytest.mark.parametrize("writer", WRITERS)
@pytest.mark.parametrize("column", [2, 5])
def test_a_column_that_is_left_out_is_not_collected_in_the_file_and_absent_in_the_report(writer: str, column: int) -> None:
    full, lacking = read(WRITERS[writer](LIST, [])), read(WRITERS[writer]([[*row[:column], *row[column + 1 :]] for row in LIST], []))
    code = {2: "households_end", 5: "materials_issued"}[column]
    at = CODES.index(code)
    assert [record.states[at] for record in full.records] == [REPORTED] * 3
    assert [record.states[at] for record in lacking.records] == [NOT_COLLECTED] * 3
    others = [n for n in range(len(CODES)) if n != at]
    for one, other in zip(full.records, lacking.records, strict=True):
        assert [one.states[n] for n in others] == [other.states[n] for n in others]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(FIGURES), unique=True, max_size=6), st.sampled_from(sorted(WRITERS)))
def test_a_form_is_a_report_exactly_where_a_figure_beyond_the_opening_ones_is_there(kept: list[tuple[int, int]], writer: str) -> None:
    reading = read(WRITERS[writer](only(*kept), []))
    opening = set(OPENING.values())
    letters = np.frombuffer(reading.records[0].states, dtype=np.uint8)
    given_codes = {code for code, letter in zip(CODES, letters, strict=True) if letter not in (MISSING, NOT_COLLECTED)}
    is_opening = given_codes <= set(openings(DICTIONARY, MONTH))
    assert unfilled(reading) == [is_opening]
    if set(kept) <= opening:
        assert is_opening
