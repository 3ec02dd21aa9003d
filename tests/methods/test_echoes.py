"""One slip is asked about once: the month after it, the comparison with last month cannot be told; it is never a pass."""

from __future__ import annotations

import pandas as pd

from methods.confront import confront
from methods.echoes import without_echoes
from schemas.dictionary import load_dictionary
from schemas.frames import OUTCOME_COUNTS
from tests.methods.made import MONTH, consistent, report_of

DICTIONARY = load_dictionary([])
RULE = "opening_is_last_closing__m"


def asked(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["village_code", "indicators", "gap"])


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
    settled = without_echoes(found, now, asked((village, "population_start_m,births_m,population_end_m", 7.0)))
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
    for rows in ([(village, "population_end_m", 3.0)], [(village, "population_end_m", -7.0)], [("990101100999", "population_end_m", 7.0)]):
        assert RULE in set(without_echoes(found, now, asked(*rows)).failures["rule_id"])
    assert RULE in set(without_echoes(found, now, asked((village, "deaths_m", 7.0))).failures["rule_id"])


def test_nothing_is_held_against_a_report_that_was_a_copy() -> None:
    now, before = both_months(7)
    found = confront(now, before, DICTIONARY, MONTH)
    settled = without_echoes(found, now, asked((now["village_code"].iloc[0], "repeated_last_month", 1.0)))
    assert RULE not in set(settled.failures["rule_id"])
