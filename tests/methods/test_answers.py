"""What an answer settles, and the gate."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.answers import is_answered, is_specific
from methods.gate import gate

COLUMNS = ["place_code", "rule_id", "severity", "observed", "expected"]
NONE = pd.DataFrame({c: pd.Series(dtype="str" if c in ("place_code", "rule_id") else "float64") for c in COLUMNS if c != "severity"})
REASON = "村里已书面确认以后一份为准"


def findings(*rows: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=COLUMNS)


@pytest.mark.parametrize("text", ["", "核实无误", "核实无误。", " OK ", "已核实", "情况属实", "短"])
def test_a_bare_assurance_says_nothing(text: str) -> None:
    assert not is_specific(text)
    assert not gate(findings(("v", "r", "near_mandatory", 1.0, 2.0)), NONE, text).is_open


def test_no_reason_and_no_answer_settle_a_mandatory_finding() -> None:
    found = findings(("v", "r", "mandatory", 1.0, 2.0))
    assert not gate(found, found, REASON).is_open
    assert not is_answered(found, found).any()


def test_an_exempted_finding_opens_the_gate_and_others_stay() -> None:
    found = findings(("v", "r", "near_mandatory", 1.0, 2.0), ("w", "r", "near_mandatory", 1.0, 2.0), ("v", "q", "verify", np.nan, 1.0))
    made = gate(found, found.iloc[[0, 2]], "")
    assert (made.near_mandatory, made.verify, made.is_open) == (1, 0, False)
    assert gate(found, found, "").is_open


@given(st.floats(0, 1e6, allow_nan=False), st.floats(1, 1e6, allow_nan=False))
def test_other_figures_since_the_answer_are_another_question(observed: float, change: float) -> None:
    before, now = findings(("v", "r", "verify", observed, np.nan)), findings(("v", "r", "verify", observed + change, np.nan))
    assert is_answered(before, before).all()
    assert not is_answered(now, before).any()
