"""A rule on another month or another source is a YAML entry and nothing else; what is not there cannot be told, and never passes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.accounts import account_of, rules_in_order, village_accounts
from methods.benchmarks import benchmark_frames
from methods.confront import Confrontation, confront, confront_places
from methods.findings import findings_of
from methods.panel import Panel
from methods.past import month_before, months_read, past_of_panel, past_of_places
from methods.rollup import roll_up
from schemas.accounts import LETTERS
from schemas.dictionary import Dictionary, DictionaryError, load_dictionary
from schemas.frames import OUTCOME_COUNTS, village_outcome_schema
from tests.methods.made import MONTH, TOWNS, report_of, village_code

YAML = """
sources:
  - {code: inspection, level: 3, ask: where_given, label: {zh: 检查数, en: "the inspection's count"}}
benchmarks:
  - {id: census, label: {zh: 普查, en: Census}, period: 2020-11, valid_from: 2020-11, valid_to: 2025-12, tolerance_share: 0.1, file: c.csv,
     figures: {990101100: {households_end: 500}}}
  - {id: old, label: {zh: 旧普查, en: Old census}, period: 2010, valid_to: 2015-12, figures: {990101100: {households_end: 1}}}
rules:
  - {id: half_year, level: 2, observed: births, relation: le, expected: "sum_of_months(births, 1, 6)", SAY}
  - {id: usual, level: 2, observed: divorces, relation: eq, expected: "mean_of_months(divorces, 1, 4)", SAY}
  - {id: middle, level: 2, observed: divorces, relation: eq, expected: "median_of_months(divorces, 1, 5)", SAY}
  - {id: year_ago, level: 2, observed: marriages, relation: eq, expected: same_month_last_year(marriages), tolerance: 1,
     tolerance_unit: couples, SAY}
  - {id: seen, level: 3, observed: divorces, relation: eq, expected: inspection(divorces), allow: "sqrt(inspection(divorces))",
     figures: {twice: 2 * inspection(divorces)}, SAY}
  - {id: counted, level: 3, over: [village, town], observed: births, relation: eq, expected: department(births), SAY}
  - {id: part_of_town, level: 3, observed: deaths, relation: le, expected: 0.5 * town(deaths), SAY}
  - {id: as_census, level: 5, over: [town], observed: households_end, relation: eq, expected: benchmark(households_end),
     allow: benchmark_allows(households_end), SAY}
  - {id: people_as_census, level: 5, observed: population_end, relation: eq, expected: benchmark(population_end), SAY}
  - {id: skipping, level: 1, missing: skip, observed: outreach_sessions, relation: le, expected: materials_issued, SAY}
  - {id: nought, level: 1, missing: zero, observed: outreach_sessions, relation: le, expected: materials_issued, SAY}
  - {id: untold, level: 1, observed: outreach_sessions, relation: le, expected: materials_issued, SAY}
""".replace("SAY", "severity: verify, label: {zh: 甲, en: A}, say: {zh: '乙{observed}{expected}', en: 'B {gap}'}, do: {zh: 丙, en: C}")


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Dictionary:
    folder = tmp_path_factory.mktemp("county")
    text = YAML.replace("say: {zh: '乙{observed}{expected}', en: 'B {gap}'}, do: {zh: 丙, en: C}}\n  - {id: counted", "SEEN", 1)
    text = text.replace("SEEN", "say: {zh: '乙{twice}', en: 'B {twice}'}, do: {zh: 丙, en: C}}\n  - {id: counted")
    (folder / "ours.yaml").write_text(text, "utf-8")
    (folder / "c.csv").write_text(f"place_code,population_end,population_end_m\n{village_code(0)},1000,\n{village_code(1)},,500\n", "utf-8")
    return load_dictionary([folder])


def outcome(found: Confrontation, rule: str, row: int) -> str:
    """What became of a rule at one place."""
    names = [i.id for i in found.instances]
    return OUTCOME_COUNTS[found.results[row, names.index(rule)]].removeprefix("n_")


def frame(code: str, *figures: float) -> pd.DataFrame:
    """A source's frame: one indicator at villages 0, 1, …, in another order than the report's."""
    return pd.DataFrame({code: figures[::-1]}, index=[village_code(n) for n in range(len(figures))][::-1])


def test_a_source_of_the_county_s_own_is_passed_and_asked_where_it_has_a_figure(extended: Dictionary) -> None:
    report = report_of([{"divorces": 4}, {"divorces": 9}, {"divorces": 9}, {"divorces": "M"}], dictionary=extended)
    found = confront(report, None, extended, MONTH, {"inspection": frame("divorces", 6, 4, np.nan, 1)})
    assert [outcome(found, "seen", row) for row in range(4)] == ["pass", "fail", "not_applicable", "cannot_tell"]
    nothing = confront(report, None, extended, MONTH)
    assert [outcome(nothing, "seen", row) for row in range(4)] == ["not_applicable"] * 4
    said = findings_of(found, report, extended, MONTH, lambda *_: "").set_index("rule_id").loc["seen"]
    assert (said["say_zh"], said["say_en"]) == ("乙8", "B 8")


def test_a_department_is_asked_of_all_places_as_soon_as_it_sent_anything(extended: Dictionary) -> None:
    report = report_of(
        [{"births_m": 2, "births_f": 1}, {"births_m": 2, "births_f": 1}, {"births_m": 2, "births_f": 1}], dictionary=extended
    )
    of_sex = frame("births_m", 2, 2, np.nan).assign(births_f=frame("births_f", 1, 0, np.nan)["births_f"])
    found = confront(report, None, extended, MONTH, {"department": of_sex})
    assert [outcome(found, "counted", row) for row in range(3)] == ["pass", "fail", "cannot_tell"]
    totals = frame("births", 3, 4, np.nan)  # a hospital that does not tell boys from girls
    found = confront(report, None, extended, MONTH, {"department": totals})
    assert [outcome(found, "counted", row) for row in range(3)] == ["pass", "fail", "cannot_tell"]
    for nothing in ({}, {"department": pd.DataFrame()}, {"department": frame("marriages", 1, 1, 1)}):
        found = confront(report, None, extended, MONTH, nothing)
        assert [outcome(found, "counted", row) for row in range(3)] == ["not_applicable"] * 3
    towns = roll_up(report, extended, "town")
    by_town = pd.DataFrame({"place_code": [TOWNS[0]], "births": [9.0]})
    above = confront_places(towns, pd.DataFrame(), extended, MONTH, {"department": by_town})
    assert outcome(above, "counted", 0) == "pass"


def panel(values: dict[str, list[list[float]]], months: int) -> Panel:
    """Months before MONTH, oldest first; indicator → one list a village."""
    names = tuple(month_before(MONTH, n) for n in range(months, 0, -1))
    block = np.stack([np.array(rows, dtype=float).T for rows in values.values()], axis=2)
    return Panel(names, tuple(village_code(n) for n in range(block.shape[1])), tuple(values), block)


def test_months_before_and_windows(extended: Dictionary) -> None:
    births = {"births_m": [[0, 0, 1, 1, 0, 0], [0, 0, 0, 0, 0, 1]], "births_f": [[0] * 6, [0] * 6]}
    report = report_of([{"births_m": 2, "births_f": 0}, {"births_m": 2, "births_f": 0}], dictionary=extended)
    past = past_of_panel(panel(births, 6), extended, MONTH)
    found = confront(report, None, extended, MONTH, past)
    assert [outcome(found, "half_year", row) for row in range(2)] == ["pass", "fail"]
    del past["lag_4"]
    assert outcome(confront(report, None, extended, MONTH, past), "half_year", 0) == "cannot_tell"


def test_a_mean_or_median_needs_half_of_its_months(extended: Dictionary) -> None:
    nan = np.nan
    divorces = {"divorces": [[8, 2, 2, 2, 2], [9, 1, 3, nan, nan], [9, 2, nan, nan, nan]]}
    report = report_of([{"divorces": 2}] * 3, dictionary=extended)
    found = confront(report, None, extended, MONTH, past_of_panel(panel(divorces, 5), extended, MONTH))
    assert [outcome(found, "usual", row) for row in range(3)] == ["pass", "pass", "cannot_tell"]
    assert [outcome(found, "middle", row) for row in range(3)] == ["pass", "fail", "cannot_tell"]  # of 9, 1, 3 it is 3


def test_the_same_month_last_year_is_twelve_months_before(extended: Dictionary) -> None:
    assert months_read(extended, "2024-01")["lag_12"] == "2023-01"
    assert [month_before("2024-03", n) for n in (1, 3, 12, 15)] == ["2024-02", "2023-12", "2023-03", "2022-12"]
    report = report_of([{"marriages": 3}, {"marriages": 3}], dictionary=extended)
    marriages = panel({"marriages": [[2, *[0] * 11], [1, *[3] * 11]]}, 12)
    found = confront(report, None, extended, MONTH, past_of_panel(marriages, extended, MONTH))
    assert [outcome(found, "year_ago", row) for row in range(2)] == ["pass", "fail"]


def test_a_sum_over_the_town_cannot_be_told_where_too_many_villages_are_missing(extended: Dictionary) -> None:
    full = [{"deaths_m": 1, "deaths_f": 0}] * 10
    assert outcome(confront(report_of(full, dictionary=extended), None, extended, MONTH), "part_of_town", 0) == "pass"
    most = report_of([{"deaths_m": 5, "deaths_f": 0}, *full[:8], {}], dictionary=extended)  # nine of ten: 13 deaths, half of them 6.5
    assert outcome(confront(most, None, extended, MONTH), "part_of_town", 0) == "pass"
    few = report_of([*full[:8], {}, {}], dictionary=extended)
    assert outcome(confront(few, None, extended, MONTH), "part_of_town", 0) == "cannot_tell"
    heavy = report_of([{"deaths_m": 12, "deaths_f": 0}, *full[:9]], dictionary=extended)
    assert outcome(confront(heavy, None, extended, MONTH), "part_of_town", 0) == "fail"


def test_outside_figures_come_from_the_dictionary_with_period_and_tolerance(extended: Dictionary) -> None:
    outside = benchmark_frames(extended, MONTH)
    assert outside["benchmark_allows"].loc[TOWNS[0], "households_end"] == 50
    assert benchmark_frames(extended, "2026-01") == {}  # its dates are over
    for households, became in ((549, "pass"), (551, "fail")):
        towns = roll_up(report_of([{"households_end": households}], dictionary=extended), extended, "town")
        assert outcome(confront_places(towns, pd.DataFrame(), extended, MONTH, outside), "as_census", 0) == became
        assert outcome(confront_places(towns, pd.DataFrame(), extended, MONTH), "as_census", 0) == "not_applicable"
    people = {"population_end_m": 520, "population_end_f": 480}
    found = confront(report_of([people] * 3, dictionary=extended), None, extended, MONTH, outside)
    # the whole for the first village; of the second the men alone, which is no figure of its people; nothing for the third
    assert [outcome(found, "people_as_census", row) for row in range(3)] == ["pass", "not_applicable", "not_applicable"]


def test_an_outside_figure_of_something_unknown_is_refused(tmp_path: Path) -> None:
    entry = "{id: c, label: {zh: 普查, en: Census}, period: 2020, file: c.csv}"
    (tmp_path / "ours.yaml").write_text(f"benchmarks: [{entry}]\n", "utf-8")
    for content, word in (("place_code,birthz\n1,2\n", "birthz"), ("code,births\n1,2\n", "place_code"), ("place_code,births\n1,x\n", "x")):
        (tmp_path / "c.csv").write_text(content, "utf-8")
        with pytest.raises(DictionaryError, match=word):
            load_dictionary([tmp_path])


def test_what_a_blank_does_is_what_the_rule_says(extended: Dictionary) -> None:
    sent = [{"outreach_sessions": 2, "materials_issued": x} for x in ("M", "U", 1, 3)]
    found = confront(report_of([*sent, {}], dictionary=extended), None, extended, MONTH)
    told = {rule: [outcome(found, rule, row) for row in range(5)] for rule in ("skipping", "nought", "untold")}
    assert told["skipping"] == ["not_applicable", "cannot_tell", "fail", "pass", "cannot_tell"]
    assert told["nought"] == ["fail", "cannot_tell", "fail", "pass", "cannot_tell"]
    assert told["untold"] == ["cannot_tell", "cannot_tell", "fail", "pass", "cannot_tell"]


def test_towns_look_at_their_own_months_before(extended: Dictionary) -> None:
    now, last = (roll_up(report_of([{"age_0_14": n}], dictionary=extended), extended, "town") for n in (300, 200))
    past = past_of_places({"2024-02": last, "2023-12": last.iloc[:0]}, extended, MONTH)
    assert set(past) == {"previous"}
    assert past["previous"]["age_0_14"].tolist() == [200]
    assert now["age_0_14"].tolist() == [300]


# -- accounts ----------------------------------------------------------------------------------------------------------

figure = st.integers(0, 9) | st.sampled_from("MU")
villages = st.lists(st.fixed_dictionaries({"divorces": figure, "outreach_sessions": figure}) | st.just({}), min_size=1, max_size=5)


@settings(max_examples=8, deadline=None)
@given(villages)
def test_the_account_of_every_village_agrees_with_the_counts_of_every_rule(extended: Dictionary, sent: list[dict[str, int | str]]) -> None:
    report = report_of(sent, dictionary=extended)
    found = confront(report, None, extended, MONTH)
    accounts = village_outcome_schema().validate(village_accounts(found, report, MONTH), lazy=True)
    order = rules_in_order(found.outcomes.sample(frac=1, random_state=1))
    told = [account_of(row.outcomes, order, extended) for row in accounts.itertuples(index=False)]
    for at, rule in enumerate(order):
        counts = found.outcomes[found.outcomes["rule_id"] == rule][list(OUTCOME_COUNTS)].sum()
        words = [village[at].outcome for village in told]
        assert [words.count(word) for word in LETTERS.values()] == counts.tolist()
    failed = {(village[at].rule_id, row) for row, village in enumerate(told) for at in range(len(order)) if village[at].outcome == "fail"}
    assert failed == set(zip(found.failures["rule_id"], found.failures["row"], strict=True))
    for row, village in zip(accounts.itertuples(index=False), told, strict=True):
        assert row.level_1_cannot_tell == sum(a.level == 1 and a.outcome == "cannot_tell" for a in village)
