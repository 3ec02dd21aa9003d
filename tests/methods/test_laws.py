"""Laws of the arithmetic: roll-up, rates, rules, intervals. Each test's name states the law that it checks."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from methods.confront import confront
from methods.intervals import poisson_interval, wilson_interval
from methods.repeats import repeats_last_month
from methods.rollup import roll_up
from schemas.dictionary import load_dictionary
from schemas.expressions import ExpressionError, parse_expression
from schemas.states import MISSING, REPORTED, UNREADABLE, state_column

D = load_dictionary([])
MONTH = "2024-03"
_BESIDE = {"department", "department_differs", "benchmark"}
FEW = settings(max_examples=25)  # a month's frame is wide: making one costs more than adding it up
FIGURE = st.one_of(st.none(), st.integers(0, 2000))


def report(rows: list[dict[str, float | None]], towns: list[int] | None = None) -> pd.DataFrame:
    """A month's reports: every figure not named is 1, None is blank."""
    made = []
    for n, figures in enumerate(rows):
        town = f"99010110{(towns or [n % 3] * len(rows))[n]}"
        row: dict[str, object] = {"month": MONTH, "village_code": f"{town}{n:03d}", "village_name": f"村{n}", "town_code": town}
        row |= {
            "town_name": town,
            "county_code": "990101",
            "county_name": "县",
            "status": "accepted",
            "reading_ids": "",
            "is_on_time": True,
        }
        row |= dict.fromkeys(D.attributes, 0.0)
        for code in D.codes:
            value = figures.get(code, 1.0)
            row[code] = np.nan if value is None else float(value)
            row[state_column(code)] = MISSING if value is None else REPORTED
        made.append(row)
    return pd.DataFrame(made)


villages = st.lists(st.fixed_dictionaries({"births_m": FIGURE, "population_end_m": FIGURE, "deaths_f": FIGURE}), min_size=1, max_size=8)


@FEW
@given(villages)
def test_county_is_the_sum_of_its_towns(rows: list[dict[str, float | None]]) -> None:
    frame = report(rows)
    towns, county = roll_up(frame, D, "town"), roll_up(frame, D, "county")
    for code in D.codes:
        total = towns[code].sum(min_count=1)
        assert county[code].iloc[0] == total or (np.isnan(total) and np.isnan(county[code].iloc[0]))
        assert county[f"{code}__n"].iloc[0] == towns[f"{code}__n"].sum()
    assert county["villages_reported"].iloc[0] == len(rows)


@FEW
@given(st.integers(0, 3000), st.integers(0, 3000))
def test_merging_two_villages_conserves_persons(a: int, b: int) -> None:
    apart = roll_up(report([{"population_end_m": a}, {"population_end_m": b}], [0, 0]), D, "town")
    merged = roll_up(report([{"population_end_m": a + b}], [0]), D, "town")
    assert apart["population_end_m"].iloc[0] == merged["population_end_m"].iloc[0]


@FEW
@given(st.integers(1, 8))
def test_blank_is_never_zero(n: int) -> None:
    blank = roll_up(report([{"births_m": None}] * n), D, "county")
    zero = roll_up(report([{"births_m": 0}] * n), D, "county")
    assert np.isnan(blank["births_m"].iloc[0])
    assert blank["births_m__n"].iloc[0] == 0
    assert zero["births_m"].iloc[0] == 0
    assert zero["births_m__n"].iloc[0] == n


@FEW
@given(villages)
def test_rates_are_never_averages(rows: list[dict[str, float | None]]) -> None:
    frame = report(rows)
    county = roll_up(frame, D, "county")
    births, people = frame[["births_m", "births_f"]].sum(axis=1, skipna=False), frame[["population_end_m", "population_end_f"]]
    mean = (frame[["population_start_m", "population_start_f"]].sum(axis=1) + people.sum(axis=1, skipna=False)) / 2
    both = births.notna() & mean.notna()
    expected = 1000 * births[both].sum() / mean[both].sum() * 365.25 / 31 if both.any() and mean[both].sum() > 0 else np.nan
    assert county["crude_birth_rate"].iloc[0] == pytest.approx(expected, nan_ok=True)


@FEW
@given(st.integers(0, 50))
def test_a_village_with_blank_population_does_not_move_the_birth_rate(births: int) -> None:
    usual = {"births_m": 3, "births_f": 2, "population_end_m": 400, "population_end_f": 410}
    alone = roll_up(report([usual]), D, "county")
    beside = roll_up(report([usual, {"births_m": births, "population_end_m": None}]), D, "county")
    assert beside["births_m"].iloc[0] == 3 + births
    assert beside["crude_birth_rate"].iloc[0] == alone["crude_birth_rate"].iloc[0]


@FEW
@given(villages)
def test_every_village_is_counted_once_a_rule_and_cannot_tell_is_never_a_pass(rows: list[dict[str, float | None]]) -> None:
    frame = report(rows)
    found = confront(frame, None, D, MONTH)
    counts = found.outcomes.groupby("rule_id")[["n_pass", "n_fail", "n_cannot_tell", "n_not_applicable", "n_broken"]].sum()
    assert (counts.sum(axis=1) == len(rows)).all()
    assert not found.broken
    blank = frame[["births_m", "population_end_m"]].isna().any(axis=1).sum()
    assert counts.loc["population_balance__m", "n_cannot_tell"] == blank
    assert counts.loc["opening_is_last_closing__m", "n_cannot_tell"] == len(rows)  # there is no month before


@FEW
@given(st.integers(0, 2000), st.integers(-5, 5))
def test_a_balance_fails_exactly_when_it_does_not_add_up(start: int, slip: int) -> None:
    figures = {"population_start_m": start + 5, "births_m": 2, "late_births_m": None, "deaths_m": 1, "moved_in_m": 1, "moved_out_m": 2}
    frame = report([figures | {"boundary_change_m": None, "population_end_m": start + 5 + slip}])
    found = confront(frame, None, D, MONTH)
    assert ("population_balance__m" in set(found.failures["rule_id"])) == (slip != 0)
    assert found.gap["population_balance__m"].iloc[0] == slip


def test_what_is_assumed_nought_never_covers_what_cannot_be_read() -> None:
    frame = report([{"late_births_m": None}])
    frame[state_column("late_births_m")] = np.uint8(UNREADABLE)
    outcome = confront(frame, None, D, MONTH).outcomes.set_index("rule_id").loc["population_balance__m"]
    assert outcome["n_cannot_tell"] == 1


def test_a_rule_that_breaks_is_broken_and_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    from schemas.expressions import Expression

    def refuse(self: Expression, _: object) -> None:
        raise ZeroDivisionError(self.text)

    frame = report([{}, {}])
    whole = confront(frame, None, D, MONTH).outcomes
    monkeypatch.setattr(Expression, "evaluate", refuse)
    found = confront(frame, None, D, MONTH)
    assert found.failures.empty
    total = whole[["n_pass", "n_fail", "n_cannot_tell", "n_not_applicable"]].sum(axis=1)
    unasked = {i.id for i in found.instances if _BESIDE & {n.namespace for n in i.names}}  # nobody sent anything
    broke = ~found.outcomes["rule_id"].isin(unasked)
    assert (found.outcomes["n_broken"] == total.where(broke, 0)).all()
    assert (found.outcomes["n_not_applicable"] == total.where(~broke, 0)).all()
    assert found.outcomes[["n_pass", "n_fail"]].to_numpy().sum() == 0
    assert "ZeroDivisionError" in found.broken["population_balance__m"]


def test_poisson_interval_matches_published_values() -> None:
    low, high = poisson_interval([0, 1, 10, 100])  # Garwood 1936, table; Pearson & Hartley, table 40
    assert low == pytest.approx([0, 0.0253, 4.795, 81.36], abs=0.005)
    assert high == pytest.approx([3.689, 5.572, 18.390, 121.63], abs=0.005)


def test_wilson_interval_matches_published_values() -> None:
    low, high = wilson_interval([81, 0, 15], [263, 20, 148])  # Newcombe 1998, Statistics in Medicine 17:857, table I
    assert low == pytest.approx([0.2553, 0.0, 0.0624], abs=5e-4)
    assert high == pytest.approx([0.3662, 0.1611, 0.1605], abs=5e-4)


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_estimate(x: int, n: int) -> None:
    low, high = wilson_interval(min(x, n), n)
    assert 0 <= low <= min(x, n) / n + 1e-12
    assert min(x, n) / n <= high + 1e-12 <= 1 + 1e-12
    low, high = poisson_interval(x)
    assert low <= x <= high


@FEW
@given(st.lists(st.integers(0, 9), min_size=4, max_size=4))
def test_only_a_whole_repeat_with_three_events_is_a_repeat(events: list[int]) -> None:
    codes = ["births_m", "deaths_m", "moved_in_m", "moved_out_m"]
    flows = [i.code for i in D.indicators.values() if i.kind == "flow"]
    quiet = dict.fromkeys(flows, 0)
    frame = report([quiet | dict(zip(codes, events, strict=True))])
    assert repeats_last_month(frame, frame, D)[0] == (sum(e > 0 for e in events) >= 3)
    other = report([quiet | dict(zip(codes, [events[0] + 1, *events[1:]], strict=True))])
    assert repeats_last_month(frame, other, D)[0] == 0


class TestExpressions:
    NAMES = {name: (name,) for name in "abc"} | {"total": ("a", "b")}

    @given(
        st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3),
        st.sampled_from(["a + b - c", "2 * a - (b + c)", "-a + 3 * b * c", "abs(a - b)"]),
    )
    def test_an_expression_means_what_python_means(self, values: list[float], text: str) -> None:
        named = dict(zip("abc", values, strict=True))
        found = parse_expression(text, self.NAMES).evaluate(lambda _, code: np.array([named[code]]))
        assert found[0] == pytest.approx(eval(text, {"abs": abs}, named))  # the test's own text

    @pytest.mark.parametrize(
        "text",
        [
            "__import__('os')",
            "a.real",
            "(lambda: 1)()",
            "[x for x in a]",
            "'a'",
            "a ** 9",
            "a if b else c",
            "f'{a}'",
            "a[0]",
            "open(a)",
            "d",
            "a +",
        ],
    )
    def test_nothing_else_is_an_expression(self, text: str) -> None:
        with pytest.raises(ExpressionError):
            parse_expression(text, self.NAMES)

    def test_a_concept_is_the_sum_of_its_members_and_a_blank_spreads(self) -> None:
        columns = {"a": np.array([1.0, np.nan]), "b": np.array([2.0, 2.0])}
        found = parse_expression("total", self.NAMES).evaluate(lambda _, code: columns[code])
        assert found[0] == 3
        assert np.isnan(found[1])
