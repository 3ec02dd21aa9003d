"""One slip is asked about once: the month after it, the comparison with last month cannot be told; it is never a pass."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.confront import confront
from methods.echoes import without_echoes
from schemas.dictionary import load_dictionary
from schemas.frames import OUTCOME_COUNTS
from tests.methods.made import MONTH, consistent, report_of

DICTIONARY = load_dictionary([])
RULE, BALANCE = "opening_is_last_closing__m", "population_balance__m"
COUNTS = [i.id for i in DICTIONARY.instances.values() if i.parts or i.rule.level == 0 or i.rule.relation == "whole"]
BOUNDS = [i.id for i in DICTIONARY.instances.values() if i.rule.relation in ("le", "ge")]


NO_CHANGE = {"boundary_change_m": 0.0, "boundary_change_f": 0.0}


def asked(*rows: tuple[str, str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["village_code", "rule_id", "indicators", "gap"])


def both_months(slip: float) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Last month's closing was off by `slip`; this month opens with the right figure."""
    now = report_of([consistent()])
    before = report_of([consistent() | {"population_end_m": 500.0 + slip, "population_end_f": 480.0}])
    return now, before


def test_a_slip_of_last_month_is_not_asked_about_twice() -> None:
    now, before = both_months(7)
    found = confront(now, before, DICTIONARY, MONTH)
    assert RULE in set(found.failures["rule_id"])
    village = now["village_code"].iloc[0]
    settled = without_echoes(found, now, asked((village, BALANCE, "population_start_m,births_m,population_end_m", 7.0)))
    assert RULE not in set(settled.failures["rule_id"])
    outcome = settled.outcomes[settled.outcomes["rule_id"] == RULE].iloc[0]
    assert (outcome["n_fail"], outcome["n_cannot_tell"], outcome["n_pass"]) == (0, 1, 0)
    assert settled.excess[RULE].isna().all()
    counts = list(OUTCOME_COUNTS)
    assert settled.outcomes[counts].sum(axis=1).tolist() == found.outcomes[counts].sum(axis=1).tolist()


def test_another_difference_of_another_size_is_still_asked_about() -> None:
    now, before = both_months(7)
    found = confront(now, before, DICTIONARY, MONTH)
    village = now["village_code"].iloc[0]
    for where, gap in ((village, 3.0), (village, -7.0), ("990101100999", 7.0)):
        row = (where, BALANCE, "population_end_m", gap)
        assert RULE in set(without_echoes(found, now, asked(row)).failures["rule_id"])
    assert RULE in set(without_echoes(found, now, asked((village, "births_by_order", "births_m", 7.0))).failures["rule_id"])


def test_nothing_is_held_against_a_report_that_was_a_copy() -> None:
    now, before = both_months(7)
    found = confront(now, before, DICTIONARY, MONTH)
    settled = without_echoes(found, now, asked((now["village_code"].iloc[0], "repeated_report", "repeated_last_month", 1.0)))
    assert RULE not in set(settled.failures["rule_id"])


@settings(max_examples=40, deadline=None)
@given(
    slip=st.integers(-9, 9).filter(bool),
    rule=st.sampled_from([*COUNTS, *BOUNDS, "unusual_change__population_end_m"]),
    sign=st.sampled_from([-1, 1]),
)
def test_a_question_in_another_unit_cancels_nothing(slip: int, rule: str, sign: int) -> None:
    """A count of cells, an upper limit, a guess: whatever figures they name, a person is no cell."""
    now, before = both_months(slip)
    found = confront(now, before, DICTIONARY, MONTH)
    row = (now["village_code"].iloc[0], rule, "population_end_m,population_start_m", float(sign * slip))
    assert RULE in set(without_echoes(found, now, asked(row)).failures["rule_id"])


@settings(max_examples=30, deadline=None)
@given(slip=st.integers(-40, 40).filter(bool), other=st.integers(-40, 40))
def test_only_the_same_slip_of_the_same_sex_is_an_echo(slip: int, other: int) -> None:
    now, before = both_months(slip)
    found, village = confront(now, before, DICTIONARY, MONTH), now["village_code"].iloc[0]
    same = without_echoes(found, now, asked((village, BALANCE, "population_end_m", float(other))))
    assert (RULE in set(same.failures["rule_id"])) is (other != slip)
    women = without_echoes(found, now, asked((village, "population_balance__f", "population_end_f", float(slip))))
    assert RULE in set(women.failures["rule_id"])


@pytest.mark.parametrize(("gap", "is_echo"), [(60.0, True), (-60.0, False), (59.0, False), (61.0, False)])
def test_a_rule_with_a_tolerance_cancels_only_itself(gap: float, is_echo: bool) -> None:
    now = report_of([consistent() | NO_CHANGE | {"households_end": 300.0, "women_15_49": 300.0}])
    before = report_of([consistent() | {"households_end": 360.0, "women_15_49": 300.0}])
    found, village = confront(now, before, DICTIONARY, MONTH), now["village_code"].iloc[0]
    assert "household_change" in set(found.failures["rule_id"])
    settled = without_echoes(found, now, asked((village, "household_change", "households_end", gap)))
    assert ("household_change" not in set(settled.failures["rule_id"])) is is_echo
    by_another = without_echoes(found, now, asked((village, "women_change", "households_end", gap)))
    assert "household_change" in set(by_another.failures["rule_id"])
