"""Whether a report repeats last month's."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from methods.repeats import repeats_last_month
from tests.methods.made import DICTIONARY

FLOWS = [i.code for i in DICTIONARY.indicators.values() if i.kind == "flow" and i.unit.decimals == 0]
NOT_FLOWS = [code for code in DICTIONARY.codes if code not in FLOWS]


def _frame(*rows: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame([{code: row.get(code, np.nan) for code in DICTIONARY.codes} for row in rows])


def _repeats(now: dict[str, float], last: dict[str, float]) -> float:
    return float(repeats_last_month(_frame(now), _frame(last), DICTIONARY)[0])


EVENTS = {"births_m": 2.0, "deaths_f": 1.0, "moved_in_m": 4.0, "marriages": 0.0}


def test_equal_events_are_a_repeat_and_one_that_differs_is_none() -> None:
    assert _repeats(EVENTS, EVENTS) == 1
    assert _repeats(EVENTS, {**EVENTS, "marriages": 1}) == 0


def test_two_nonzero_events_may_be_chance() -> None:
    few = {"births_m": 2.0, "deaths_f": 1.0, "marriages": 0.0}
    assert _repeats(few, few) == 0


def test_without_a_common_figure_it_cannot_be_told() -> None:
    assert np.isnan(_repeats(EVENTS, {}))
    assert np.isnan(_repeats({}, EVENTS))
    assert np.isnan(_repeats(EVENTS, {"divorces": 1}))


def test_a_blank_on_one_side_neither_makes_nor_breaks_a_repeat() -> None:
    assert _repeats(EVENTS, {**EVENTS, "divorces": 3}) == 1
    assert _repeats({**EVENTS, "divorces": 3}, EVENTS) == 1


@given(st.dictionaries(st.sampled_from(NOT_FLOWS), st.integers(0, 9).map(float), max_size=8))
def test_stocks_and_money_say_nothing_about_a_repeat(others: dict[str, float]) -> None:
    assert _repeats({**EVENTS, **others}, EVENTS) == 1
    assert _repeats(EVENTS, {**EVENTS, **others}) == 1


events = st.dictionaries(st.sampled_from(FLOWS), st.integers(0, 2).map(float), max_size=6)


@given(events, events)
def test_the_definition_village_by_village(now: dict[str, float], last: dict[str, float]) -> None:
    both = now.keys() & last.keys()
    same = all(now[c] == last[c] for c in both)
    expected = float(same and sum(now[c] != 0 for c in both) >= 3) if both else np.nan
    np.testing.assert_equal(_repeats(now, last), expected)
