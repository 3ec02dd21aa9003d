"""Counties for judging pattern tests: honest ones keep every rule, planting touches what it says it touches and nothing else."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.evidence.roles import roles_of
from methods.simulate.county import simulate_county
from methods.simulate.patterns.kinds import KINDS, ONE_DESK, SHARED, TOWN_WIDE, says
from methods.simulate.patterns.nuisance import RANGES, Regime, draw_nuisance
from methods.simulate.patterns.plant import Planted, plant
from methods.simulate.patterns.records import simulate_judged
from methods.simulate.patterns.sheet import Columns
from methods.simulate.patterns.truth import Truth, month_names, simulate_truth
from methods.simulate.patterns.villages import LOOKALIKES
from schemas.dictionary import RuleInstance, load_dictionary

DICTIONARY = load_dictionary(extra=[])
ROLES = roles_of(DICTIONARY, DICTIONARY.codes)
COLUMNS = Columns(DICTIONARY, DICTIONARY.codes)
COPIES = {"copy_forward": 1, "last_year": 12}


def _truth(seed: int, regime: Regime = "ordinary", months: int = 26) -> Truth:
    rng = np.random.default_rng(seed)
    return simulate_truth(rng, DICTIONARY, draw_nuisance(rng, regime), villages=120, months=months, each_lookalike=1)


@pytest.fixture(scope="module")
def truth() -> Truth:
    return _truth(1)


def _rules() -> list[RuleInstance]:
    """Sums and balances that a village's own figures must meet, this month or against the month before; rolls balance too."""
    known = set(DICTIONARY.codes)
    binding = [
        r
        for r in DICTIONARY.instances.values()
        if not r.parts and r.rule.over == ("village",) and (r.rule.severity != "verify" or r.rule.id == "eligible_balance")
    ]
    return [r for r in binding if {n.code for o in (r.observed, r.expected) for n in o.names} <= known]


def _gap(rule: RuleInstance, values: np.ndarray) -> np.ndarray:
    """How far a rule is from being met, (T − 1) × n; NaN where a figure is missing."""

    def look_up(namespace: str, code: str) -> np.ndarray:
        column = values[:, :, DICTIONARY.codes.index(code)]
        column = np.nan_to_num(column) if code in rule.assume_zero else column
        return column[:-1] if namespace == "previous" else column[1:]

    gap = rule.observed.evaluate(look_up) - rule.expected.evaluate(look_up)
    return {"eq": np.abs(gap), "le": gap, "ge": -gap, "whole": gap % 1}[rule.rule.relation]


@pytest.mark.parametrize("regime", ["ordinary", "harder"])
def test_honest_villages_meet_every_sum_and_balance(regime: Regime) -> None:
    found = _truth(2, regime)
    rules = _rules()
    assert {"population_balance__m", "ages_add_up", "births_by_order", "eligible_balance__pension_support"} <= {r.id for r in rules}
    taken_in = {(change.at, change.taker) for change in found.villages.changes if change.kind == "split"}
    for rule in rules:
        broken = {(t + 1, v) for t, v in np.argwhere(_gap(rule, found.values) > rule.rule.tolerance).tolist()}
        assert broken <= taken_in, rule.id


@pytest.mark.parametrize("kind", KINDS)
def test_planted_villages_still_meet_every_sum_and_balance(kind: str, truth: Truth) -> None:
    values, made = _planted(truth, kind, 6)
    villages = [p.village for p in made]
    for rule in _rules():
        assert not (_gap(rule, values)[:, villages] > rule.rule.tolerance).any(), rule.id


def _planted(truth: Truth, kind: str, count: int) -> tuple[np.ndarray, list[Planted]]:
    values, v = truth.values.copy(), truth.villages
    free = v.is_there.all(axis=0) & ~np.isin(np.arange(120), np.concatenate(list(v.honest.values())))
    made = plant(np.random.default_rng(5), DICTIONARY, truth.codes, values, v.town, free, count, [kind])
    assert {p.kind for p in made} == {kind}
    return values, made


@pytest.mark.parametrize("kind", [*KINDS, TOWN_WIDE, ONE_DESK])
def test_planting_changes_the_planted_villages_from_their_start_on_and_nothing_else(kind: str, truth: Truth) -> None:
    values, made = _planted(truth, kind, 6)
    differs = (values != truth.values) & ~np.isnan(truth.values)
    for p in made:
        assert differs[p.start :, p.village].any()
        assert not differs[: p.start, p.village].any()
    others = np.setdiff1d(np.arange(120), [p.village for p in made])
    assert not differs[:, others].any()
    assert np.array_equal(np.isnan(values), np.isnan(truth.values))
    assert not set(others) & {p.village for p in made}


@pytest.mark.parametrize(("kind", "lag"), COPIES.items())
def test_copied_sheets_are_mostly_the_sheet_they_were_copied_from(kind: str, lag: int, truth: Truth) -> None:
    values, made = _planted(truth, kind, 6)
    counted = [COLUMNS.at(c) for c in ROLES.events if not c.endswith("_paid")]
    for p in made:
        now, then = values[p.start :, p.village][:, counted], values[p.start - lag : -lag, p.village][:, counted]
        before = truth.values[p.start :, p.village][:, counted] == truth.values[p.start - lag : -lag, p.village][:, counted]
        assert (now == then).mean() > before.mean() + 0.1


def test_a_copied_neighbour_is_of_the_same_town_and_is_never_planted(truth: Truth) -> None:
    _, made = _planted(truth, "neighbour_copy", 12)
    copied = {p.other for p in made}
    assert not copied & {p.village for p in made}
    assert all(truth.villages.town[p.village] == truth.villages.town[p.other] for p in made)


def test_what_others_know_does_not_change_with_what_is_reported() -> None:
    honest, planted = (
        simulate_judged(np.random.default_rng(3), DICTIONARY, ROLES, villages=120, months=14, share=s, each_lookalike=1) for s in (0, 0.1)
    )
    assert len(honest.planted) == 0
    assert len(planted.planted) >= 10
    for name, block in honest.records.second_sources.items():
        np.testing.assert_array_equal(block, planted.records.second_sources[name])


def test_counts_are_more_variable_than_poisson_and_families_move_together(truth: Truth) -> None:
    into = truth.values[:, :, COLUMNS.of("moved_in")].sum(axis=2)
    births = truth.values[:, :, COLUMNS.of("births")].sum(axis=2)
    always = truth.villages.is_there.all(axis=0)

    def dispersion(counts: np.ndarray) -> float:
        mean = counts[:, always].mean(axis=0)
        return float(np.median(counts[:, always].var(axis=0, ddof=1) / np.maximum(mean, 0.1)))

    assert dispersion(into) > 1.5
    assert dispersion(births) > 0.95
    men, women = (truth.values[:, always, c].ravel() for c in COLUMNS.of("moved_in"))
    assert np.corrcoef(men, women)[0, 1] > 0.5


def test_changes_of_boundaries_conserve_persons_and_are_registered(truth: Truth) -> None:
    boundary = truth.values[:, :, COLUMNS.of("boundary_change")]
    assert np.abs(np.nansum(boundary, axis=(1, 2))).max() > 0 or len(truth.villages.changes) == 3
    for change in truth.villages.changes:
        assert truth.is_changed[change.at, [change.giver, change.taker]].all()
        taken = truth.values[change.at, change.taker, COLUMNS.of("boundary_change")].sum()
        end = truth.values[change.at - 1, change.giver, COLUMNS.of("population_end")].sum()
        assert taken == pytest.approx(end * change.share, abs=2)
    merger = next(c for c in truth.villages.changes if c.kind == "merger")
    assert np.isnan(truth.values[merger.at :, merger.giver]).all()


def test_every_birth_is_reported_once_on_time_or_late() -> None:
    rng = np.random.default_rng(4)
    nuisance = draw_nuisance(rng, "harder")
    found = simulate_truth(rng, DICTIONARY, nuisance, villages=200, months=36, each_lookalike=1)
    births, late = (np.nansum(found.values[:, :, COLUMNS.of(c)]) for c in ("births", "late_births"))
    registered = np.nansum(found.seconds["birth_registrations"])
    assert registered == pytest.approx(0.98 * (births + late), rel=0.02)
    assert late / (births + late) == pytest.approx(nuisance["late_share"], rel=0.35)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from(["ordinary", "harder"]))
def test_nuisance_lies_within_its_documented_ranges(seed: int, regime: Regime) -> None:
    drawn = draw_nuisance(np.random.default_rng(seed), regime)
    assert set(drawn) == {r.name for r in RANGES}
    for r in RANGES:
        low, high = r.ordinary if regime == "ordinary" else r.harder
        assert low <= drawn[r.name] <= high


def test_a_judged_county_has_every_lookalike_its_gaps_and_its_post() -> None:
    judged = simulate_judged(np.random.default_rng(6), DICTIONARY, ROLES, villages=200, months=24, share=0.1, each_lookalike=2)
    alike = judged.lookalikes["kind"].value_counts()
    assert set(LOOKALIKES) - {"victim"} <= set(alike.index)
    assert (alike.drop("victim", errors="ignore") == 2).all()
    values = judged.records.panel.values
    often = [
        judged.records.panel.villages.index(c) for c in judged.lookalikes.loc[judged.lookalikes["kind"] == "missing_months", "village_code"]
    ]
    gone = np.isnan(values).all(axis=2)
    assert 0.1 < gone[:, often].mean() < 0.6
    assert 0 <= np.delete(gone, often, axis=1).mean() < 0.05
    posted = judged.records.submissions
    assert set(zip(posted["month"], posted["village_code"], strict=True)) == {
        (judged.records.panel.months[t], judged.records.panel.villages[v]) for t, v in np.argwhere(~gone).tolist()
    }
    towns_of_a_file = posted.assign(town=posted["village_code"].str[:9]).groupby("sha256")["town"].nunique()
    assert (towns_of_a_file == 1).all()
    assert all(f"{a}-06" > posted.loc[posted["month"] == b, "arrived_at"].max()[:10] for b, a in pairwise(judged.records.panel.months))


def test_same_seed_same_county() -> None:
    one, two, other = (
        simulate_judged(np.random.default_rng(seed), DICTIONARY, ROLES, villages=120, months=13, each_lookalike=1) for seed in (7, 7, 8)
    )
    np.testing.assert_array_equal(one.records.panel.values, two.records.panel.values)
    assert one.planted.equals(two.planted)
    assert not np.array_equal(one.records.panel.values, other.records.panel.values, equal_nan=True)


def test_too_few_villages_are_refused() -> None:
    with pytest.raises(ValueError, match="too few"):
        simulate_judged(np.random.default_rng(1), DICTIONARY, ROLES, villages=50, months=12)


def test_every_pattern_is_described_without_accusation() -> None:
    for kind in (*KINDS, *SHARED):
        text = says(kind)
        assert text.endswith(".")
        assert not any(word in text.lower() for word in ("fraud", "fake", "liar", "cheat"))


def test_a_sample_county_shows_the_patterns_it_owns_up_to_and_is_else_the_same() -> None:
    months = month_names(14)
    plain, planted = (
        simulate_county(np.random.default_rng(3), DICTIONARY, months=months, towns=6, villages=60, plant_mistakes=False, patterns=n)
        for n in (0, 8)
    )
    assert plain.patterns == ()
    assert 8 <= len(planted.patterns) <= 9
    of_planted = {p.village_code: p for p in planted.patterns}
    codes = list(DICTIONARY.codes)
    differs = (planted.figures[codes] != plain.figures[codes]).any(axis=1)
    keys = planted.figures.loc[differs, ["village_code", "month"]]
    assert set(keys["village_code"]) == set(of_planted)
    assert all(month >= of_planted[code].month for code, month in keys.itertuples(index=False))


def test_a_pattern_needs_half_a_year() -> None:
    with pytest.raises(ValueError, match="at least 6 months"):
        simulate_county(np.random.default_rng(1), DICTIONARY, months=month_names(5), towns=6, villages=60, patterns=3)
