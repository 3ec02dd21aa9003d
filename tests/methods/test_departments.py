"""What files of departments become: counts with their cells, the newest of each, wide frames, triangles."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from methods.departments import (
    COLUMNS,
    codes_spoken_of,
    counts_of_month,
    department_counts,
    department_frame,
    month_before,
    newest,
    triangle,
)
from schemas.dictionary import load_dictionary

DICTIONARY = load_dictionary(extra=[])
PLANS: dict[str, dict[str, Any]] = {"p": {"sheet": "表", "cells": {"births_m": "+0:D", "births_f": "+0:E", "marriages": "+0:C"}}}


def _record(number: int, source: str, place: str, month: str, *, file: str = "", totals: str = "", **figures: float) -> dict[str, Any]:
    return {
        "submission_id": number,
        "path": file or f"{number}.xlsx",
        "sent_for": "2024-03",
        "sha256": f"sha{number}",
        "ordinal": hash((place, month, str(figures))),
        "level": "village" if len(place) == 12 else "town",
        "return": source,
        "place": place,
        "month": month,
        "plan_id": "p",
        "row_no": 4,
        "totals": totals,
        **{code: figures.get(code, np.nan) for code in codes_spoken_of(DICTIONARY)},
    }


def _counts(*records: dict[str, Any]) -> pd.DataFrame:
    return department_counts(pd.DataFrame(records), PLANS, DICTIONARY)


def _as_dict(counts: pd.DataFrame) -> dict[tuple[str, str], float]:
    return dict(zip(zip(counts["place_code"], counts["indicator"], strict=True), counts["count"], strict=True))


A, B, TOWN = "990101001001", "990101001002", "990101001"


def test_parts_make_the_whole_and_every_figure_has_its_cell() -> None:
    counts = _counts(
        _record(1, "hospital_births", A, "2024-03", births_m=2, births_f=1),
        _record(1, "hospital_births", B, "2024-03", births_m=4),
        _record(1, "hospital_births", "", "2024-03", births_m=9, births_f=9),
    )
    assert tuple(counts.columns) == COLUMNS
    assert _as_dict(counts) == {(A, "births_m"): 2, (A, "births_f"): 1, (A, "births"): 3, (B, "births_m"): 4}
    assert counts.loc[(counts["place_code"] == A) & (counts["indicator"] == "births"), "cell"].tolist() == ["表!D5, 表!E5"]


def test_a_written_total_without_parts_and_a_month_that_the_file_does_not_state() -> None:
    counts = _counts(_record(1, "first_immunisations", TOWN, "", totals=json.dumps({"births": [7.0, "D3"]})))
    assert counts[["count_month", "place_level", "indicator", "count", "cell"]].values.tolist() == [
        ["2024-03", "town", "births", 7.0, "表!D3"]
    ]


def test_rows_of_one_file_about_one_place_add_up_and_copies_do_not() -> None:
    first, second = (_record(1, "civil_marriages", TOWN, "2024-03", marriages=n) for n in (3.0, 4.0))
    copy = {**first, "submission_id": 2, "path": "copy.xlsx"}
    assert _as_dict(newest(_counts(first, second, copy), DICTIONARY)) == {(TOWN, "marriages"): 7}


def test_a_corrected_file_replaces_what_it_said_and_a_newer_file_counts() -> None:
    old = [_record(1, "civil_marriages", place, "2024-03", file="a.xlsx", marriages=3) for place in (TOWN, "990101002")]
    again = _record(2, "civil_marriages", TOWN, "2024-03", file="a.xlsx", marriages=5)
    assert _as_dict(newest(_counts(*old, again), DICTIONARY)) == {(TOWN, "marriages"): 5}
    other = _record(3, "civil_marriages", TOWN, "2024-03", file="b.xlsx", marriages=6)
    assert _as_dict(newest(_counts(*old, again, other), DICTIONARY)) == {(TOWN, "marriages"): 6}


def test_several_offices_of_a_department_add_up() -> None:
    entry = DICTIONARY.departments["civil_marriages"].model_copy(update={"senders": "many"})
    many = replace(DICTIONARY, departments={**DICTIONARY.departments, "civil_marriages": entry})
    counts = _counts(
        _record(1, "civil_marriages", TOWN, "2024-03", file="a.xlsx", marriages=3),
        _record(2, "civil_marriages", TOWN, "2024-03", file="b.xlsx", marriages=4),
        _record(3, "civil_marriages", TOWN, "2024-03", file="a.xlsx", marriages=5),
    )
    found = newest(counts, many)
    assert _as_dict(found) == {(TOWN, "marriages"): 9}
    assert set(found["source_file"].iloc[0].split(", ")) == {"a.xlsx", "b.xlsx"}


def test_the_wide_frame_has_every_place_and_unknown_is_not_zero() -> None:
    counts = counts_of_month(
        _counts(
            _record(1, "hospital_births", A, "2024-03", births_m=0, births_f=1),
            _record(1, "hospital_births", A, "2024-02", births_m=8, births_f=8),
            _record(2, "civil_marriages", TOWN, "2024-03", marriages=3),
        ),
        DICTIONARY,
        "2024-03",
    )
    wide = department_frame(counts, [B, A], "village")
    assert wide.index.tolist() == [B, A]
    assert wide.loc[A, ["births_m", "births_f", "births"]].tolist() == [0, 1, 1]
    assert wide.loc[B].isna().all()
    assert department_frame(counts, [TOWN], "town").to_dict() == {"marriages": {TOWN: 3.0}}
    assert department_frame(counts.iloc[:0], [A], "village").shape == (1, 0)


def test_the_triangle_of_a_cumulative_source() -> None:
    told = [("2024-02", "2024-02", 5.0), ("2024-02", "2024-03", 7.0), ("2024-03", "2024-03", 4.0)]
    records = [
        {**_record(n, "household_registration", A, event, births_m=count, births_f=0), "sent_for": sent}
        for n, (event, sent, count) in enumerate(told)
    ]
    counts = _counts(*records)
    made = triangle(counts, "household_registration", "births", ["2024-01", "2024-02", "2024-03"], 3)
    assert np.array_equal(made[:, :, 0], [[np.nan] * 3, [5, 7, np.nan], [4, np.nan, np.nan]], equal_nan=True)
    assert made.shape == (3, 3, 1)
    own = newest(counts, DICTIONARY)
    assert own.loc[own["indicator"] == "births", ["count_month", "count"]].values.tolist() == [["2024-02", 5.0], ["2024-03", 4.0]]


def test_months_before() -> None:
    assert [month_before("2024-01", n) for n in (0, 1, 13)] == ["2024-01", "2023-12", "2022-12"]
