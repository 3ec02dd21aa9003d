"""Where the boundaries changed, a comparison with last month says nothing; it is never a pass."""

from __future__ import annotations

import pandas as pd
import pytest

from methods.boundaries import area_changed, without_other_areas
from methods.confront import CANNOT_TELL, confront
from schemas.dictionary import load_dictionary
from schemas.frames import OUTCOME_COUNTS
from tests.methods.made import MONTH, consistent, report_of, village_code

DICTIONARY = load_dictionary([])
RULE = "opening_is_last_closing__m"
V, W = village_code(0), village_code(1)


def lineage(kind: str, from_code: str, to_code: str, date: str = f"{MONTH}-01") -> pd.DataFrame:
    return pd.DataFrame([{"date": date, "kind": kind, "from_code": from_code, "to_code": to_code, "share": 0.4}])


@pytest.mark.parametrize(
    ("events", "changed"),
    [
        (lineage("split", V, W), {V, W}),
        (lineage("merge", V, W), {W}),
        (lineage("rename", V, W), set()),
        (lineage("transfer", V, W), set()),
        (lineage("split", V, W, "2023-07-01"), set()),
        (lineage("split", V, W).head(0), set()),
    ],
)
def test_splits_and_mergers_of_the_month_change_an_area(events: pd.DataFrame, changed: set[str]) -> None:
    assert area_changed(events, MONTH) == changed


def test_a_split_village_s_opening_cannot_be_told_and_its_own_arithmetic_can() -> None:
    now = report_of([consistent() | {"births_order_1": 1}, consistent()])
    before = report_of([consistent() | {"population_end_m": 900.0}, consistent() | {"population_end_m": 900.0}])
    found = confront(now, before, DICTIONARY, MONTH)
    settled = without_other_areas(found, now, lineage("split", V, village_code(5)), MONTH)
    left = set(zip(settled.failures["row"], settled.failures["rule_id"], strict=True))
    assert (0, RULE) not in left
    assert {(1, RULE), (0, "births_by_order")} <= left
    column = [i.id for i in found.instances].index(RULE)
    assert settled.results[0, column] == CANNOT_TELL
    counts = list(OUTCOME_COUNTS)
    assert settled.outcomes[counts].sum(axis=1).tolist() == found.outcomes[counts].sum(axis=1).tolist()
    of_rule = settled.outcomes[settled.outcomes["rule_id"] == RULE]
    assert (of_rule["n_fail"].sum(), of_rule["n_pass"].sum()) == (1, 0)
