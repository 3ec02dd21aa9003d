"""Figures that were typed into their labels: each is told, however many; labels that have numbers of their own are labels."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.states import REPORTED, UNREADABLE
from tests.sources.test_beside import HEAD, INDICATORS, VALUES, lines
from tests.sources.test_beside import read as read_rows
from tests.sources.test_cells_asked import CODES, ROWS, WRITERS, read, state

STYLES = ("{label}{value}", "{label}：{value}", "{label} {value}", "{label}（{value}）", "{label}={value}")


def single_figures() -> list[tuple[int, str, int]]:
    """Of the issued form, the rows with one figure: row, indicator, column."""
    (plan,) = read(WRITERS["xlsx"](ROWS, [])).plans.values()
    rows: dict[int, list[tuple[str, int]]] = {}
    for code, at in json.loads(plan)["cells"].items():
        if code in CODES:
            rows.setdefault(int(at[1:]) - 1, []).append((code, ord(at[0]) - 65))
    return [(row, *found[0]) for row, found in rows.items() if len(found) == 1]


SINGLE = single_figures()


def moved(chosen: list[tuple[int, str, int]], style: str, language: int) -> list[list[Any]]:
    """The issued form with some figures in their labels: in Chinese (0) or English (1)."""
    rows = [list(row) for row in ROWS]
    for row, _, column in chosen:
        label = next(c for c in range(column) if isinstance(rows[row][c], str) and len(rows[row][c]) > 1) + language
        between = " " if language and style == STYLES[0] else ""
        rows[row][label] = style.format(label=rows[row][label] + between, value=rows[row][column])
        rows[row][column] = ""
    return rows


@given(
    st.lists(st.sampled_from(SINGLE), min_size=1, unique=True), st.sampled_from(STYLES), st.integers(0, 1),
    st.sampled_from(["xlsx", "xls", "ods", "html", "xml", "xlsb"]),
)  # fmt: skip
@settings(max_examples=40, deadline=None)
def test_each_figure_in_a_label_is_told(chosen: list[tuple[int, str, int]], style: str, language: int, writer: str) -> None:
    found = read(WRITERS[writer](moved(chosen, style, language), []))
    assert [state(found, code) for _, code, _ in chosen] == [UNREADABLE] * len(chosen)
    assert len([p for p in found.problems if p.name == "figure_beside"]) == len(chosen)
    others = [code for _, code, _ in SINGLE if code not in {c for _, c, _ in chosen}]
    assert all(state(found, code) == REPORTED for code in others)


@pytest.mark.parametrize("shape", [("label", "unit", "value"), ("label", "value"), ("value", "label")])
def test_labels_that_have_numbers_of_their_own_are_no_question(shape: tuple[str, ...]) -> None:
    rows = lines(*shape)
    if shape[0] == "value":
        rows = [["", label, value] for (value, label) in rows]
    reading = read_rows([*HEAD, *rows])
    assert not [p for p in reading.problems if p.name == "figure_beside"]


@given(st.sets(st.integers(0, len(INDICATORS) - 1), min_size=1, max_size=12), st.sampled_from(STYLES[:3]))
@settings(max_examples=25, deadline=None)
def test_each_figure_in_a_label_of_one_language_is_told(chosen: set[int], style: str) -> None:
    rows = lines("label", "unit", "value")
    for n in chosen:
        rows[n] = [style.format(label=rows[n][0], value=f"{VALUES[INDICATORS[n].code]:.0f}"), rows[n][1], ""]
    reading = read_rows([*HEAD, *rows])
    assert [chr(reading.records[0].states[n]) for n in sorted(chosen)] == ["U"] * len(chosen)
