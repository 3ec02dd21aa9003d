"""The invented county: what it may invent, and that its mistakes are exactly those it owns up to."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from methods.simulate.county import simulate_county
from methods.simulate.mail import NEW_SINCE_2023, town_dialects
from methods.simulate.mistakes import KINDS
from schemas.dictionary import Dictionary, RuleInstance, load_dictionary
from schemas.sample import SampleCounty
from schemas.states import MISSING, NOT_APPLICABLE, NOT_COLLECTED, REPORTED, state_column

MONTHS = [f"{year}-{month:02d}" for year in (2023, 2024) for month in range(1, 13)][:14]
FIGURE_MISTAKES = {"balance_slip", "swapped_sexes", "transposed_digits", "times_ten", "stale_copy"}


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary(extra=[])


@pytest.fixture(scope="module")
def county(dictionary: Dictionary) -> SampleCounty:
    return simulate_county(np.random.default_rng(7), dictionary, months=MONTHS)


def _figures(frame: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """One row a village and month, NaN where the form shows no number."""
    wide = frame.set_index(["month", "village_code"]).sort_index()
    shown = {c: wide[c].where(wide[state_column(c)] == REPORTED) for c in dictionary.codes}
    return pd.DataFrame(shown)


def _failures(rule: RuleInstance, wide: pd.DataFrame, before: pd.DataFrame) -> pd.Series:
    """Rows of `wide` that break a rule; `before` has the month before under this month's index."""

    def look_up(namespace: str, code: str) -> np.ndarray:
        column = (before if namespace == "previous" else wide)[code]
        return (column.fillna(0.0) if code in rule.assume_zero else column).to_numpy(np.float64)

    def broken(observed: np.ndarray, expected: np.ndarray) -> np.ndarray:
        gap = observed - expected
        tolerance = np.maximum(rule.rule.tolerance, rule.rule.tolerance_share * np.abs(expected))
        tests = {"eq": np.abs(gap) > tolerance, "le": gap > tolerance, "ge": -gap > tolerance, "whole": observed % 1 > 0}
        return np.broadcast_to(tests[rule.rule.relation], len(wide))

    parts = [(observed, expected) for _, observed, expected in rule.parts] or [(rule.observed, rule.expected)]
    found = [broken(o.evaluate(look_up), e.evaluate(look_up)) for o, e in parts]
    return pd.Series(np.any(found, axis=0), index=wide.index)


def _village_rules(dictionary: Dictionary) -> list[RuleInstance]:
    every = dictionary.instances_in_force(MONTHS[0])
    names = {r.id: {n.code for o in (r.observed, r.expected) for n in o.names} for r in every}
    near = [r for r in every if {n.namespace for n in r.names} <= {"", "previous"} and r.when is None and r.allow is None]
    return [r for r in near if not names[r.id] & set(dictionary.attributes)]


def _month_before(wide: pd.DataFrame) -> pd.DataFrame:
    earlier = dict(zip(MONTHS[1:], MONTHS, strict=False))
    keys = [(earlier.get(month, ""), code) for month, code in wide.index]
    return wide.reindex(pd.MultiIndex.from_tuples(keys, names=wide.index.names)).set_axis(wide.index)


def test_honest_villages_satisfy_every_rule_within_and_over_time(county: SampleCounty, dictionary: Dictionary) -> None:
    wide = _figures(county.figures, dictionary)
    before = _month_before(wide)
    rules = _village_rules(dictionary)
    assert {"population_balance__m", "ages_add_up", "eligible_balance__childcare_subsidy"} <= {r.id for r in rules}
    for rule in rules:
        failed = int(_failures(rule, wide, before).sum())
        assert failed <= (0.001 * len(wide) if rule.rule.severity == "verify" else 0), f"{rule.id}: {failed} of {len(wide)}"


def test_rules_do_find_the_figure_mistakes(county: SampleCounty, dictionary: Dictionary) -> None:
    """The check above can fail: on the shown figures the same rules find every slip and every swap in the balance."""
    accepted = pd.concat([county.submissions, county.shown], axis=1).drop_duplicates(["month", "village_code"], keep="last")
    wide = _figures(accepted, dictionary)
    before = _month_before(wide)
    balance = [r for r in _village_rules(dictionary) if r.rule.id == "population_balance"]
    broken = pd.concat([_failures(r, wide, before) for r in balance], axis=1).any(axis=1)
    slips = [m for m in county.mistakes if m.kind == "balance_slip"]
    assert len(slips) == 4 * len(MONTHS)
    assert all(broken[m.month, m.village_codes[0]] for m in slips)
    owned = {(m.month, m.village_codes[0]) for m in county.mistakes if m.kind in FIGURE_MISTAKES}
    assert set(broken[broken].index) <= owned


def test_shown_figures_differ_from_the_truth_exactly_where_a_mistake_was_planted(county: SampleCounty, dictionary: Dictionary) -> None:
    codes = list(dictionary.codes)
    truth = _figures(county.figures, dictionary)
    post = pd.concat([county.submissions, county.shown], axis=1)
    accepted = _figures(post.drop_duplicates(["month", "village_code"], keep="last"), dictionary)
    true = truth.reindex(accepted.index)[codes]
    differs = (accepted[codes] != true) & accepted[codes].notna() & true.notna()
    found = {(m, v, codes[c]) for (m, v), row in zip(differs.index, differs.to_numpy(), strict=True) for c in np.flatnonzero(row)}
    planted = {(m.month, m.village_codes[0], c) for m in county.mistakes if m.kind in FIGURE_MISTAKES for c in m.indicators}
    assert found == planted
    for mistake in county.mistakes:
        if mistake.kind in FIGURE_MISTAKES:
            for code in mistake.indicators:
                assert truth.loc[(mistake.month, mistake.village_codes[0]), code] == mistake.true[code]
                assert accepted.loc[(mistake.month, mistake.village_codes[0]), code] == mistake.shown[code]


def test_every_kind_of_mistake_occurs_every_month_and_a_village_has_one_at_most(county: SampleCounty) -> None:
    per_month = Counter((m.kind, m.month) for m in county.mistakes)
    for kind in KINDS:
        for month in MONTHS[1:] if kind == "stale_copy" else MONTHS:
            assert per_month[kind, month] >= 1, (kind, month)
    per_village = Counter((m.month, code) for m in county.mistakes for code in m.village_codes)
    assert set(per_village.values()) == {1}


def test_mistakes_about_the_file_are_in_the_post(county: SampleCounty) -> None:
    post = county.submissions
    sent = set(zip(post["month"], post["village_code"], strict=True))
    days = pd.Series([dt.datetime.fromisoformat(a) for a in post["arrival"]])
    late = {m.files[0] for m in county.mistakes if m.kind == "late"}
    after = [d.day > 5 for d in days]
    assert set(post.loc[after, "file"]) == late
    for mistake in county.mistakes:
        rows = post[(post["month"] == mistake.month) & post["village_code"].isin(mistake.village_codes)]
        if mistake.kind == "missing_village":
            assert (mistake.month, mistake.village_codes[0]) not in sent
        elif mistake.kind == "wrong_month":
            assert rows["head_month"].tolist() == [mistake.detail["head_month"]]
            assert mistake.detail["head_month"] != mistake.month
        elif mistake.kind == "duplicate":
            assert rows["copy_of"].tolist() == ["", mistake.files[1]]
        elif mistake.kind == "conflicting_duplicate":
            assert rows["file"].tolist() == list(mistake.files)
            assert rows["arrival"].is_monotonic_increasing
        elif mistake.kind == "name_typo":
            assert rows["village_name"].tolist() == [mistake.detail["shown_name"]]
    assert (post["head_month"] != post["month"]).sum() == sum(m.kind == "wrong_month" for m in county.mistakes)


def test_persons_are_conserved_through_a_merger_and_a_transfer(county: SampleCounty) -> None:
    assert county.lineage["kind"].tolist() == ["merge", "transfer"]
    frame, change = county.figures, 0.0
    for earlier, month in pairwise(MONTHS):
        closing = frame.loc[frame["month"] == earlier, ["population_end_m", "population_end_f"]].to_numpy().sum()
        now = frame[frame["month"] == month]
        opening = now[["population_start_m", "population_start_f"]].to_numpy().sum()
        joined = now[["boundary_change_m", "boundary_change_f"]].to_numpy().sum()
        assert closing == opening + joined
        change += joined
    assert change > 0
    merged = county.lineage.iloc[0]
    months_of_old = frame.loc[frame["village_code"] == merged["from_code"], "month"]
    assert months_of_old.max() < merged["date"][:7] <= MONTHS[-1]


def test_codes_follow_the_scheme_and_the_registry_covers_every_report(county: SampleCounty) -> None:
    places = county.places
    villages = places[places["level"] == "village"]
    assert places["code"].is_unique
    assert villages["code"].str.fullmatch(r"990101(0[0-9][1-9]|1\d\d|2\d\d)(0[0-9][1-9]|0[1-9]0|1\d\d|[23]\d\d)").all()
    assert (villages["parent_code"] == villages["code"].str[:9]).all()
    committee = villages["code"].str[9:].astype(int) < 200
    assert (committee == villages["name"].str.endswith("社区")).all()
    assert villages.groupby("parent_code")["name"].nunique().sum() >= len(villages) - 1
    valid = villages.set_index("code")
    for month in MONTHS:
        reporting = set(county.figures.loc[county.figures["month"] == month, "village_code"])
        in_force = valid[(valid["valid_from"] <= month) & ((valid["valid_to"] == "") | (month <= valid["valid_to"]))]
        assert reporting == set(in_force.index)


def test_small_counts_and_states_are_believable(county: SampleCounty) -> None:
    frame = county.figures
    births = frame["births_m"] + frame["births_f"]
    people = frame["population_end_m"] + frame["population_end_f"]
    assert 0 <= births.min() <= births.max() <= 15
    assert (births == 0).mean() > 0.2
    assert people.min() >= 200
    assert people.max() < 12_000
    assert 5 < 12_000 * births.sum() / people.sum() < 11
    states = {int(s) for c in ("rural_family_support_paid", "late_births_m", "childcare_subsidy_new") for s in frame[state_column(c)]}
    assert states == {REPORTED, MISSING, NOT_APPLICABLE, NOT_COLLECTED}
    old_form = frame["dialect"].isin(["form2023", "xls2023"])
    for code in NEW_SINCE_2023:
        columns = [c for c in frame if c.startswith(code) and c.endswith("__state")]
        assert ((frame[columns] == NOT_COLLECTED).all(axis=1) == old_form).all()


def test_same_seed_same_county(dictionary: Dictionary) -> None:
    one, two, other = (
        simulate_county(np.random.default_rng(seed), dictionary, months=MONTHS[:2], towns=6, villages=40) for seed in (3, 3, 4)
    )
    for name in ("places", "lineage", "figures", "submissions", "shown", "stated"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(two, name))
    assert one.mistakes == two.mistakes
    assert not one.figures["population_end_m"].equals(other.figures["population_end_m"])


def test_without_mistakes_every_village_sends_one_right_form_on_time(dictionary: Dictionary) -> None:
    county = simulate_county(np.random.default_rng(1), dictionary, months=["2024-12"], towns=12, villages=60, plant_mistakes=False)
    assert county.mistakes == ()
    assert len(county.stated) == 0
    assert county.submissions["village_code"].tolist() == county.figures["village_code"].tolist()
    assert all(a.startswith("2025-01-0") and "1" <= a[9] <= "5" for a in county.submissions["arrival"])


def test_several_counties_for_measuring(dictionary: Dictionary) -> None:
    county = simulate_county(
        np.random.default_rng(1), dictionary, months=["2024-01"], towns=40, villages=2000, counties=4, dialects="template"
    )
    assert county.figures["village_code"].str[:6].nunique() == 4
    assert set(county.figures["dialect"]) == {"template"}
    assert county.submissions["file"].is_unique


@pytest.mark.parametrize(
    ("months", "towns", "villages", "dialects"),
    [
        (["2024-01", "2024-03"], 12, 300, "all"),
        ([], 12, 300, "all"),
        (["2024-13"], 12, 300, "all"),
        (["2024-01"], 12, 20, "all"),
        (["2024-01"], 2, 600, "all"),
        (["2024-01"], 12, 300, "csv"),
        (["2024-01"], 0, 300, "all"),
    ],
)
def test_impossible_counties_are_refused(dictionary: Dictionary, months: list[str], towns: int, villages: int, dialects: str) -> None:
    with pytest.raises(ValueError, match=r"months|villages|dialects"):
        simulate_county(np.random.default_rng(1), dictionary, months=months, towns=towns, villages=villages, dialects=dialects)


def test_codes_stay_in_their_ranges_in_a_county_of_many_towns(dictionary: Dictionary) -> None:
    county = simulate_county(
        np.random.default_rng(1), dictionary, months=["2024-01"], towns=399, villages=800, counties=1, dialects="template"
    )
    towns = county.places[county.places["level"] == "town"]
    assert county.places["code"].is_unique
    for kind, codes in towns.assign(number=towns["code"].str[6:].astype(int)).groupby(towns["name"].str[-1])["number"]:
        low, high = {"道": (1, 99), "镇": (100, 199), "乡": (200, 399)}[kind]
        assert low <= codes.min() <= codes.max() <= high


def test_a_county_with_six_towns_writes_in_every_way() -> None:
    assert set(town_dialects(6, "all")) == {"template", "list", "form2023", "messy", "xls", "ods"}
    assert Counter(town_dialects(12, "all")).most_common(1)[0] == ("template", 5)
