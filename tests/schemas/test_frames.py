"""The contracts of the frames between rooms: what they let through, and what they stop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pandera.pandas as pa
import pytest
from pandera.errors import SchemaError, SchemaErrors

from methods.findings import findings_of
from methods.rollup import roll_up
from schemas.dictionary import load_dictionary
from schemas.frames import finding_schema, gap_schema, place_figure_schema, stated_total_schema, village_report_schema
from schemas.states import MISSING, NOT_APPLICABLE, NOT_COLLECTED, STATES, UNREADABLE, state_column
from tests.methods.made import MONTH, confronted, report_of

DICTIONARY = load_dictionary([])
STATE = state_column("births_m")


def _report() -> pd.DataFrame:
    return report_of([{"births_m": 2, "births_f": 1}, {"births_m": 0}, {}])


def test_a_report_of_the_pipeline_is_let_through() -> None:
    village_report_schema(DICTIONARY).validate(_report(), lazy=True)


@pytest.mark.parametrize("state", [MISSING, NOT_APPLICABLE, NOT_COLLECTED, UNREADABLE])
def test_a_value_without_state_reported_is_caught(state: int) -> None:
    report = _report()
    report.loc[0, STATE] = state
    with pytest.raises(SchemaErrors, match="a_value_is_there_exactly_when_its_state_is_reported"):
        village_report_schema(DICTIONARY).validate(report, lazy=True)


def test_a_state_reported_without_value_is_caught() -> None:
    report = _report()
    report.loc[0, "births_m"] = np.nan
    with pytest.raises(SchemaErrors, match="a_value_is_there_exactly_when_its_state_is_reported"):
        village_report_schema(DICTIONARY).validate(report, lazy=True)


@pytest.mark.parametrize("state", [s for s in (0, 32, ord("X"), ord("r"), 255) if s not in STATES])
def test_an_unknown_state_is_caught(state: int) -> None:
    report = _report()
    report.loc[2, STATE] = state
    with pytest.raises(SchemaErrors, match="states_are_known"):
        village_report_schema(DICTIONARY).validate(report, lazy=True)


def _drop(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns="deaths_f")


def _text(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(deaths_f="3")


def _status(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(status="maybe")


def _null_name(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(town_name=pd.Series([None, "a", "b"], dtype="str"))


@pytest.mark.parametrize("spoil", [_drop, _text, _status, _null_name])
def test_a_missing_mistyped_or_impossible_column_is_caught(spoil: Callable[[pd.DataFrame], pd.DataFrame]) -> None:
    with pytest.raises(SchemaErrors):
        village_report_schema(DICTIONARY).validate(spoil(_report()), lazy=True)


def test_a_duplicate_place_code_in_figures_is_caught() -> None:
    figures = roll_up(_report(), DICTIONARY, "town")
    schema = place_figure_schema(DICTIONARY)
    schema.validate(figures, lazy=True)
    with pytest.raises(SchemaErrors, match="place_code"):
        schema.validate(pd.concat([figures, figures], ignore_index=True), lazy=True)


def test_a_negative_count_of_villages_is_caught() -> None:
    figures = roll_up(_report(), DICTIONARY, "town").assign(villages_reported=-1)
    with pytest.raises(SchemaErrors, match="villages_reported"):
        place_figure_schema(DICTIONARY).validate(figures, lazy=True)


def test_the_same_total_stated_twice_is_caught() -> None:
    row = {"month": MONTH, "place_level": "town", "place_code": "990101100", "indicator": "births_m", "source_file": "a", "cell": "A1"}
    once = pd.DataFrame([{**row, "stated": 3.0}])
    stated_total_schema().validate(once)
    with pytest.raises(SchemaError):
        stated_total_schema().validate(pd.concat([once, once.assign(stated=4.0)], ignore_index=True))


def test_a_finding_without_a_known_severity_is_caught() -> None:
    report = report_of([{"births_in_facility": 5, "births_m": 1, "births_f": 1}])
    findings = findings_of(confronted(report), report, DICTIONARY, MONTH, lambda _row, _codes: "")
    assert findings["rule_id"].tolist() == ["facility_births"]
    finding_schema().validate(findings, lazy=True)
    for spoilt in (findings.assign(severity="grave"), findings.assign(track="C"), findings.assign(level=9), findings.assign(say_zh=1)):
        with pytest.raises(SchemaErrors):
            finding_schema().validate(spoilt, lazy=True)


@pytest.mark.parametrize(("relation", "broken_by"), [("eq", (-1.0, 1.0)), ("le", (1.0,)), ("ge", (-1.0,)), ("whole", (0.5,))])
def test_a_gap_column_flags_what_its_relation_forbids_and_never_a_blank(relation: str, broken_by: tuple[float, ...]) -> None:
    rule_ids = {"eq": "births_by_order", "le": "facility_births", "ge": "household_size_low"}
    instances = [i for i in DICTIONARY.instances.values() if i.id == rule_ids.get(relation)]
    if relation == "whole":
        instances = [i for i in DICTIONARY.instances.values() if i.id == "whole_number"]  # a count: only above nought is bad
    schema: pa.DataFrameSchema = gap_schema(instances)
    column = instances[0].id
    gaps = pd.DataFrame({column: [0.0, np.nan, -1.0, 0.5, 1.0]})
    with pytest.raises(SchemaErrors) as caught:
        schema.validate(gaps, lazy=True)
    flagged = set(caught.value.failure_cases["failure_case"])
    assert {0.0} & flagged == set()
    assert set(broken_by) <= flagged
    schema.validate(pd.DataFrame({column: [0.0, np.nan]}), lazy=True)
