"""Figures against the rule book: four outcomes, every one honest."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.confront import Confrontation, confront, confront_places
from methods.rollup import roll_up
from schemas.dictionary import Dictionary, load_dictionary
from schemas.frames import OUTCOME_COUNTS, rule_outcome_schema
from tests.methods.made import DICTIONARY, MONTH, TOWNS, confronted, consistent, report_of

WORDS = "label: {zh: 甲, en: A}, say: {zh: 乙, en: B}, do: {zh: 丙, en: C}"
PLAIN = [i for i in DICTIONARY.instances_in_force(MONTH) if i.rule.level == 1 and not i.parts]


def _outcome(found: Confrontation, rule_id: str, row: int = 0) -> str:
    """The outcome of one rule in a batch in which every village has a town of its own, or there is one village only."""
    counts = found.outcomes[found.outcomes["rule_id"] == rule_id].reset_index(drop=True)
    (name,) = [c for c in OUTCOME_COUNTS if counts[c].iloc[row]]
    return name.removeprefix("n_")


def _with_rules(folder: Path, *rules: str) -> Dictionary:
    folder.mkdir(exist_ok=True)
    entries = "".join(f"  - {{level: 1, severity: verify, {WORDS}, {rule}}}\n" for rule in rules)
    (folder / "rules.yaml").write_text("rules:\n" + entries, "utf-8")
    return load_dictionary([folder])


def test_a_consistent_report_passes_every_rule_of_level_one() -> None:
    found = confronted(report_of([consistent()]))
    level_one = found.outcomes[found.outcomes["level"] == 1]
    assert len(level_one) >= len(PLAIN)
    assert (level_one["n_pass"] == 1).all()
    assert found.failures.empty
    assert found.broken == {}
    rule_outcome_schema().validate(found.outcomes, lazy=True)


# -- the four outcomes ---------------------------------------------------------------------------------------


BLANKABLE = [(i, c) for i in PLAIN for c in i.reads if c in DICTIONARY.indicators and c not in i.assume_zero]


@pytest.mark.parametrize("state", ["M", "N", "C", "U"])
def test_cannot_tell_is_never_a_pass(state: str) -> None:
    """Whichever cell of a rule is blank, not applicable, not collected or unreadable: the rule cannot be told of that village."""
    assert len(BLANKABLE) > 70
    blanked = [code for _, code in BLANKABLE]
    found = confronted(report_of([{**consistent(), code: state} for code in blanked]))
    for row, (instance, code) in enumerate(BLANKABLE):
        assert np.isnan(found.gap[instance.id].iloc[row]), (instance.id, code)
    for instance in {i.id: i for i, _ in BLANKABLE}.values():
        blind = set(instance.reads) - (set() if state == "U" else instance.assume_zero)
        counts = found.outcomes[found.outcomes["rule_id"] == instance.id].iloc[0]
        untold = sum(code in blind for code in blanked)
        assert (counts["n_cannot_tell"], counts["n_pass"], counts["n_fail"]) == (untold, len(blanked) - untold, 0)


@pytest.mark.parametrize("state", ["M", "N", "C"])
def test_assume_zero_covers_a_blank(state: str) -> None:
    full: dict[str, float | str] = {**consistent(), "late_births_m": 0, "boundary_change_m": 0, "population_end_m": 501}
    blank = {**full, "late_births_m": state, "boundary_change_m": state}
    for sent in (full, blank):
        assert _outcome(confronted(report_of([sent])), "population_balance__m") == "pass"
    assert _outcome(confronted(report_of([{**blank, "population_end_m": 502}])), "population_balance__m") == "fail"


def test_assume_zero_never_covers_unreadable() -> None:
    figures: dict[str, float | str] = {**consistent(), "late_births_m": "U", "boundary_change_m": 0, "population_end_m": 501}
    assert _outcome(confronted(report_of([figures])), "population_balance__m") == "cannot_tell"


def test_assume_zero_never_makes_a_figure_of_a_report_that_did_not_come() -> None:
    found = confronted(report_of([{}]))
    of_figures = found.outcomes[found.outcomes["rule_id"].isin([i.id for i in PLAIN if i.id not in ("stated_sum_mismatch",)])]
    assert (of_figures["n_cannot_tell"] == 1).all()
    assert _outcome(found, "missing_report") == "fail"
    assert _outcome(found, "whole_number") == "cannot_tell"


def test_a_rule_whose_evaluation_raises_is_broken_and_never_passes_or_fails(tmp_path: Path) -> None:
    """The month before keeps figures, not how its files came: this rule can be written, and cannot be evaluated."""
    dictionary = _with_rules(
        tmp_path,
        "id: broken_one, observed: previous(days_late), relation: le, expected: 0",
        "id: broken_two, observed: births, relation: eq, expected: stated(births)",
        "id: broken_three, observed: births, relation: eq, expected: previous(days_late), when: births > 0",
        "id: sound, observed: births, relation: ge, expected: 0",
    )
    report = report_of([consistent(), {}, {"births_m": 1, "births_f": 0}], dictionary=dictionary)
    found = confronted(report, report, dictionary)
    for rule_id in ("broken_one", "broken_two", "broken_three"):
        counts = found.outcomes[found.outcomes["rule_id"] == rule_id].iloc[0]
        assert [counts[c] for c in OUTCOME_COUNTS] == [0, 0, 0, 0, 3]
        assert rule_id not in set(found.failures["rule_id"])
    assert set(found.broken) == {"broken_one", "broken_two", "broken_three"}
    assert "days_late" in found.broken["broken_one"]
    counts = found.outcomes[found.outcomes["rule_id"] == "sound"].iloc[0]
    assert [counts[c] for c in OUTCOME_COUNTS] == [2, 0, 1, 0, 0]


@pytest.mark.parametrize(("births", "outcome"), [(0, "not_applicable"), (1, "fail"), ("M", "cannot_tell"), ("U", "cannot_tell")])
def test_a_condition_that_cannot_be_told_leaves_the_rule_untold(tmp_path: Path, births: float | str, outcome: str) -> None:
    dictionary = _with_rules(tmp_path, "id: mine, observed: deaths, relation: eq, expected: 7, when: births > 0")
    figures = {**consistent(), "births_m": births, "births_f": 0, "deaths_m": 1, "deaths_f": 1}
    assert _outcome(confronted(report_of([figures], dictionary=dictionary), None, dictionary), "mine") == outcome


def test_level_two_without_the_month_before_cannot_be_told() -> None:
    report = report_of([consistent(), consistent()])
    strangers = report.assign(village_code=["990101100901", "990101100902"])
    for previous in (None, report.iloc[:0], strangers):
        level_two = confronted(report, previous).outcomes.query("level == 2")
        assert len(level_two) >= 24
        unconditional = level_two["rule_id"].isin([i.id for i in DICTIONARY.instances_in_force(MONTH) if i.when is None])
        assert (level_two.loc[unconditional, "n_cannot_tell"] == 2).all()
        assert (level_two[["n_pass", "n_fail"]] == 0).all(axis=None)


def test_level_two_compares_with_the_same_village_whatever_its_row() -> None:
    now, last = consistent(), {**consistent(), "population_end_m": 500, "population_end_f": 480}
    previous = report_of([last, {**last, "population_end_m": 499}]).iloc[::-1].reset_index(drop=True)
    found = confronted(report_of([now, now]), previous)
    failed = found.failures[found.failures["rule_id"].str.startswith("opening")]
    assert failed.to_numpy().tolist() == [[1, "opening_is_last_closing__m"]]
    assert found.gap["opening_is_last_closing__m"].tolist() == [0, 1]


def test_a_rule_on_an_indicator_that_is_not_collected_is_not_asked(tmp_path: Path) -> None:
    entry = "{code: wells, section: F, kind: stock, unit: items, label: {zh: 水井, en: Wells}, valid_from: 2024-04}"
    (tmp_path / "wells.yaml").write_text(f"concepts: [{entry}]\n", "utf-8")
    dictionary = _with_rules(tmp_path, "id: mine, observed: wells, relation: le, expected: 9")
    report = report_of([{"wells": 99}], dictionary=dictionary)
    assert "mine" not in set(confront(report, None, dictionary, "2024-03").outcomes["rule_id"])
    assert "mine" in set(confront(report, None, dictionary, "2024-04").failures["rule_id"])


# -- laws ----------------------------------------------------------------------------------------------------

figure = st.integers(-3, 12) | st.sampled_from("MNCU")
READ = ("population_start_m", "population_end_m", "births_m", "births_f", "deaths_m", "moved_in_m", "moved_out_m", "births_in_facility")
villages = st.lists(
    st.tuples(st.fixed_dictionaries(dict.fromkeys((*READ, "late_births_m", "boundary_change_m"), figure)) | st.just({}), st.integers(0, 2)),
    min_size=1,
    max_size=8,
)


def _number(figures: dict[str, int | str], code: str, blank: float = np.nan) -> float:
    found = figures.get(code, "U")
    return float(found) if isinstance(found, int) else np.nan if found == "U" else blank


@settings(max_examples=25)
@given(villages)
def test_every_village_is_counted_once_a_rule(sent: list[tuple[dict[str, int | str], int]]) -> None:
    found = confronted(report_of([f for f, _ in sent], towns=[town for _, town in sent]))
    outcomes = found.outcomes
    assert not outcomes.duplicated(["rule_id", "town_code"]).any()
    assert set(outcomes["rule_id"]) == {i.id for i in DICTIONARY.instances_in_force(MONTH)}
    for town in {t for _, t in sent}:
        of_town = outcomes[outcomes["town_code"] == TOWNS[town]]
        assert (of_town[list(OUTCOME_COUNTS)].sum(axis=1) == sum(t == town for _, t in sent)).all()
    assert outcomes["n_fail"].sum() == len(found.failures) == len(found.failures.drop_duplicates())


@settings(max_examples=25)
@given(villages)
def test_the_balance_is_what_arithmetic_says(sent: list[tuple[dict[str, int | str], int]]) -> None:
    found = confronted(report_of([f for f, _ in sent]))
    failed = set(found.failures.loc[found.failures["rule_id"] == "population_balance__m", "row"])
    for row, (figures, _) in enumerate(sent):
        late, moved_line = (_number(figures, c, blank=0.0) for c in ("late_births_m", "boundary_change_m"))
        start, births, deaths, came, left, end = (
            _number(figures, f"{c}_m") for c in ("population_start", "births", "deaths", "moved_in", "moved_out", "population_end")
        )
        gap = end - (start + births + late + came - deaths - left + moved_line)
        np.testing.assert_equal(found.gap["population_balance__m"].iloc[row], gap)
        assert (row in failed) == (gap == gap and gap != 0)


@settings(max_examples=15)
@given(villages)
def test_a_village_s_outcomes_do_not_depend_on_its_neighbours(sent: list[tuple[dict[str, int | str], int]]) -> None:
    """But for the rules that compare it with the sums of its town and county."""
    report = report_of([f for f, _ in sent])
    whole, alone = confronted(report), confronted(report.iloc[:1])
    apart = [i.id for i in whole.instances if not {"town", "county"} & {n.namespace for n in i.names}]
    assert len(apart) > 80
    first = whole.failures[(whole.failures["row"] == 0) & whole.failures["rule_id"].isin(apart)].reset_index(drop=True)
    pd.testing.assert_frame_equal(first, alone.failures)
    pd.testing.assert_frame_equal(whole.gap.iloc[:1][apart], alone.gap[apart])


@settings(max_examples=25)
@given(st.integers(0, 400), st.integers(0, 400))
def test_what_is_tolerated_is_the_flat_part_and_the_share_together(now: int, last: int) -> None:
    """household_change tolerates 10 and a twentieth of last month's households."""
    report = report_of([{"households_end": now}])
    found = confronted(report, report_of([{"households_end": last}]))
    outcome = _outcome(found, "household_change")
    assert outcome == ("fail" if abs(now - last) > 10 + 0.05 * last else "pass")
    assert found.gap["household_change"].iloc[0] == now - last  # the gap told is the whole one


# -- counting rules ------------------------------------------------------------------------------------------


def test_a_strict_rule_is_broken_where_the_figures_are_equal(tmp_path: Path) -> None:
    """Every relation, three tolerances, every gap from −4 to 4."""
    asked = [(relation, tolerance) for relation in ("lt", "gt", "le", "ge", "eq") for tolerance in (0, 1, 2)]
    rules = [
        f"id: {r}_{t}, observed: deaths_m, relation: {r}, expected: births_m, tolerance: {t}, tolerance_unit: persons" for r, t in asked
    ]
    dictionary = _with_rules(tmp_path / "d", *rules)
    villages = [{**consistent(births_m=births), "deaths_m": deaths} for births in range(5) for deaths in range(5)]
    found = confronted(report_of(villages, dictionary=dictionary), dictionary=dictionary)
    broken = set(zip(found.failures["row"], found.failures["rule_id"], strict=True))
    for row, village in enumerate(villages):
        gap = village["deaths_m"] - village["births_m"]
        for r, t in asked:
            holds = {"lt": gap < t, "gt": -gap < t, "le": gap <= t, "ge": -gap <= t, "eq": abs(gap) <= t}[r]
            assert ((row, f"{r}_{t}") not in broken) == holds, (r, t, gap)


@pytest.mark.parametrize(("expected", "outcome"), [("8.00", "pass"), ("7.99", "pass"), ("7.98", "fail"), ("7.97", "fail")])
def test_money_is_less_by_a_fen(tmp_path: Path, expected: str, outcome: str) -> None:
    rule = f"id: strict, observed: pension_support_amount, relation: lt, expected: childcare_subsidy_amount + {expected} - 8"
    dictionary = _with_rules(tmp_path / "d", rule)
    village = {**consistent(), "pension_support_amount": 5.98, "childcare_subsidy_amount": 6.0}
    assert _outcome(confronted(report_of([village], dictionary=dictionary), dictionary=dictionary), "strict") == outcome


def test_a_strict_rule_of_a_ratio_is_broken_where_it_is_equal(tmp_path: Path) -> None:
    dictionary = _with_rules(tmp_path / "d", "id: strict, observed: births_m / deaths_m, relation: gt, expected: 2")
    villages = [{**consistent(births_m=births), "deaths_m": 1} for births in (2, 3)]
    found = confronted(report_of(villages, towns=[0, 1], dictionary=dictionary), dictionary=dictionary)
    assert [_outcome(found, "strict", row) for row in (0, 1)] == ["fail", "pass"]


def test_a_counting_rule_may_be_strict(tmp_path: Path) -> None:
    rule = "id: strict, for_each: {i: {codes: [births, deaths]}}, combine: count, observed: '{i}_m', relation: gt, expected: 0"
    dictionary = _with_rules(tmp_path / "d", rule)
    village = {**consistent(births_m=1), "deaths_m": 0}
    found = confronted(report_of([village], dictionary=dictionary), dictionary=dictionary)
    assert found.offenders[0, "strict"] == ("deaths",)


def test_a_counting_rule_names_every_figure_that_breaks_it() -> None:
    report = report_of([{**consistent(), "births_m": 2.5, "deaths_f": 0.1, "childcare_subsidy_amount": 12_000.5}, consistent()])
    found = confronted(report)
    assert found.offenders[0, "whole_number"] == ("births_m", "deaths_f")
    assert found.observed["whole_number"].tolist() == [2, 0]
    assert found.failures.query("rule_id == 'whole_number'")["row"].tolist() == [0]


def test_only_what_is_signed_may_be_negative() -> None:
    found = confronted(report_of([{**consistent(), "boundary_change_m": -5, "moved_in_m": -1, "births_f": -2}]))
    assert found.offenders[0, "not_negative"] == ("births_f", "moved_in_m")


def test_a_counting_rule_looks_at_what_is_there() -> None:
    found = confronted(report_of([{"births_m": 2.5}, {"births_m": 2}, {"births_m": "U"}]))
    np.testing.assert_equal(found.observed["whole_number"].tolist(), [1, 0, np.nan])


# -- towns and counties --------------------------------------------------------------------------------------


def _stated(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["place_code", "indicator", "stated"])
    return frame.assign(month=MONTH, place_level="town", source_file="list.xlsx", cell="汇总表!E9")


def _places() -> pd.DataFrame:
    report = report_of([{"births_m": 2}, {"births_m": 3}, {"births_f": 1}], towns=[0, 0, 1])
    return pd.concat([roll_up(report, DICTIONARY, level) for level in ("town", "county")], ignore_index=True)


def test_a_stated_total_is_compared_with_the_sum_of_the_villages() -> None:
    found = confront_places(_places(), _stated((TOWNS[0], "births_m", 6.0), (TOWNS[1], "births_f", 1.0)), DICTIONARY, MONTH)
    assert found.failures.to_numpy().tolist() == [[0, "stated_total__births_m"]]
    assert (found.observed["stated_total__births_m"].iloc[0], found.expected["stated_total__births_m"].iloc[0]) == (6, 5)


def test_a_total_that_nobody_stated_is_not_asked_about() -> None:
    found = confront_places(_places(), _stated(), DICTIONARY, MONTH).outcomes
    found = found[found["rule_id"].str.startswith("stated_total")]
    assert len(found) > 200
    assert (found["n_not_applicable"] > 0).all()
    assert found[["n_pass", "n_fail", "n_cannot_tell", "n_broken"]].sum().sum() == 0


def test_a_total_stated_of_figures_that_no_village_sent_cannot_be_told() -> None:
    found = confront_places(_places(), _stated((TOWNS[1], "births_m", 0.0)), DICTIONARY, MONTH)
    counts = found.outcomes.query("rule_id == 'stated_total__births_m' and town_code == @TOWNS[1]").iloc[0]
    assert [counts[c] for c in OUTCOME_COUNTS] == [0, 0, 1, 0, 0]


def test_a_rule_over_towns_never_takes_this_month_for_the_month_before(tmp_path: Path) -> None:
    dictionary = _with_rules(tmp_path, "id: mine, over: [town], observed: births, relation: eq, expected: previous(births)")
    report = report_of([{"births_m": 2, "births_f": 2}], dictionary=dictionary)
    figures = roll_up(report, dictionary, "town")
    assert _outcome(confront_places(figures, _stated(), dictionary, MONTH), "mine") == "cannot_tell"
    for births, outcome in ((2.0, "pass"), (1.0, "fail")):
        last = figures.assign(births_m=births)
        assert _outcome(confront_places(figures, _stated(), dictionary, MONTH, {"previous": last}), "mine") == outcome
