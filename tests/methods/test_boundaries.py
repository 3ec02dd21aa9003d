"""Where the boundaries changed, a comparison with last month says nothing; it is never a pass."""

from __future__ import annotations

import pandas as pd
import pytest

from methods.boundaries import area_changed, merged_since, of_same_area, under_new_codes, with_sums_told, without_other_areas
from methods.confront import CANNOT_TELL, PASS, confront
from methods.findings import findings_of
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


def merged(*old: str, into: str, date: str = f"{MONTH}-01") -> pd.DataFrame:
    return pd.concat([lineage("merge", code, into, date) for code in old], ignore_index=True)


ZERO = {"boundary_change_m": 0.0, "boundary_change_f": 0.0}


@pytest.mark.parametrize(("new", "wrong"), [(0, 0.0), (0, 30.0), (5, 0.0), (5, 30.0)])
def test_merged_villages_are_compared_with_the_sum_whichever_code_they_get(new: int, wrong: float) -> None:
    """Row 0 is the merged village: under the code of one of them, or under a code of its own."""
    code = village_code(new)
    now = report_of([consistent() | ZERO | {"population_start_m": 900.0 + wrong}, consistent()])
    now.loc[0, "village_code"] = code
    before = report_of([consistent() | {"population_end_m": 400.0}, consistent(), consistent() | {"population_end_m": 500.0}])
    before = before.assign(village_code=[V, W, village_code(2)], month="2024-02")
    events = merged(*[c for c in (V, village_code(2)) if c != code], into=code)
    previous, summed = of_same_area(before, now, events, DICTIONARY, MONTH)
    assert summed == {code}
    found = without_other_areas(confront(now, previous, DICTIONARY, MONTH), now, events, MONTH, summed)
    assert found.expected[RULE].iloc[0] == 900.0
    assert ((found.failures["row"] == 0) & (found.failures["rule_id"] == RULE)).any() == (wrong > 0)
    findings = with_sums_told(findings_of(found, now, DICTIONARY, MONTH, lambda _row, _codes: ""), found, summed, DICTIONARY)
    said = findings[(findings["rule_id"] == RULE) & (findings["village_code"] == code)]
    assert said["say_zh"].str.contains("2024-02").all()
    assert said["say_en"].str.contains("villages merged since").all()
    others = findings[findings["village_code"] != code]
    assert not others["say_en"].str.contains("merged").any()


def test_a_merged_village_that_states_the_arrival_opens_with_its_own_figures() -> None:
    now = report_of([consistent() | {"population_start_m": 400.0, "boundary_change_m": 500.0}])
    before = report_of([consistent() | {"population_end_m": 400.0}, consistent() | {"population_end_m": 500.0}]).assign(month="2024-02")
    events = merged(W, into=V)
    previous, summed = of_same_area(before, now, events, DICTIONARY, MONTH)
    assert not summed
    found = confront(now, previous, DICTIONARY, MONTH)
    assert found.results[0, [i.id for i in found.instances].index(RULE)] == PASS


def test_a_new_code_that_opens_with_nothing_and_states_all_as_a_boundary_change_cannot_be_told() -> None:
    now = report_of([consistent() | {"population_start_m": 0.0, "boundary_change_m": 900.0}])
    new = village_code(7)
    now.loc[0, "village_code"] = new
    before = report_of([consistent(), consistent()]).assign(month="2024-02")
    previous, _ = of_same_area(before, now, merged(V, W, into=new), DICTIONARY, MONTH)
    found = confront(now, previous, DICTIONARY, MONTH)
    assert found.results[0, [i.id for i in found.instances].index(RULE)] == CANNOT_TELL


def test_a_sum_is_known_as_one_through_later_transfers_and_only_for_months_before_the_merger() -> None:
    events = pd.concat([merged("a", "b", into="c", date="2023-06-01"), lineage("transfer", "c", "d", "2023-09-01")], ignore_index=True)
    is_sum = merged_since(events, "2024-03")
    assert is_sum("d", "2023-05")
    assert not is_sum("d", "2023-06")
    assert not is_sum("a", "2023-05")
    assert not merged_since(events, "2023-05")("c", "2023-04")


def test_questions_asked_before_go_on_under_the_new_code() -> None:
    asked = pd.DataFrame({"village_code": ["a", "b", "x"]})
    assert under_new_codes(asked, merged("a", "b", into="c"), MONTH)["village_code"].tolist() == ["c", "c", "x"]
    assert under_new_codes(asked, lineage("split", "a", "c"), MONTH)["village_code"].tolist() == ["a", "b", "x"]
