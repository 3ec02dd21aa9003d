"""Combination, lists and order: bounded false alarms, silence after review, nothing from little."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import false_discovery_control

from methods.evidence.combine import benjamini_hochberg, cauchy, e_benjamini_hochberg, e_of, empirical_null
from methods.evidence.examine import by_county, examine
from methods.panel import Panel
from schemas.frames import evidence_schema, pattern_flag_schema
from tests.methods.evidence.invented import DICTIONARY, lasting, records, rows_of

P = arrays(np.float64, st.integers(1, 40), elements=st.floats(1e-12, 1.0))


@given(P)
def test_the_list_is_that_of_benjamini_and_hochberg(p) -> None:
    assert (benjamini_hochberg(p) == (false_discovery_control(p) <= 0.1 + 1e-15)).all()


def test_what_cannot_be_told_is_not_in_the_family() -> None:
    p = np.array([0.04, np.nan, np.nan, 0.5])
    assert benjamini_hochberg(p).tolist() == [True, False, False, False]
    assert not benjamini_hochberg(np.array([np.nan])).any()


@given(arrays(np.float64, st.integers(1, 40), elements=st.floats(0, 1e6)))
def test_strong_villages_reach_their_share_of_the_bound(e) -> None:
    strong = e_benjamini_hochberg(e, np.ones(len(e), dtype=bool), 0.05)
    size = strong.sum()
    assert (e[strong] * 0.05 * max(size, 1) >= len(e) * (1 - 1e-12)).all()
    for k in range(size + 1, len(e) + 1):
        assert np.sort(e)[::-1][k - 1] < len(e) / (0.05 * k)


def test_e_values_of_uniform_p_average_one_at_most() -> None:
    middles = (np.arange(10**5) + 0.5) / 10**5
    assert e_of(middles).mean() == pytest.approx(1.0, abs=0.01)


@given(arrays(np.float64, (4, 9), elements=st.floats(1e-9, 1.0)))
def test_cauchy_lies_between_the_smallest_p_and_its_bonferroni_bound(p) -> None:
    one = cauchy(p)
    cut = np.minimum(p, 0.9)
    direct = 0.5 - np.arctan(np.tan((0.5 - cut) * np.pi).mean(axis=0)) / np.pi
    assert one == pytest.approx(np.maximum(direct, 1e-250), rel=1e-4, abs=1e-12)
    assert (one >= cut.min(axis=0) - 1e-9).all()


def test_cauchy_keeps_tiny_p_and_leaves_out_what_is_unknown() -> None:
    p = np.array([[1e-200, np.nan], [0.5, np.nan]])
    one = cauchy(p)
    assert one[0] == pytest.approx(2e-200, rel=1e-6)
    assert np.isnan(one[1])


@given(arrays(np.float64, (2, 50), elements=st.floats(1e-6, 1.0)))
def test_the_countys_own_null_only_loosens(p) -> None:
    assert (empirical_null(p) >= p * (1 - 1e-6) - 1e-9).all()


def test_a_county_of_small_p_values_is_made_uniform() -> None:
    p = np.random.default_rng(0).uniform(0, 1, (1, 4000)) ** 3
    loose = empirical_null(p)
    assert np.mean(loose < 0.01) < 0.02 < np.mean(p < 0.01)


@pytest.fixture(scope="module")
def planted():
    made = records(2)
    return lasting(made, 3, 18, np.repeat(rows_of(made, 3)[-19:-18], 18, axis=0))


def test_frames_keep_their_contracts_and_the_planted_village_comes_first(planted) -> None:
    found = examine(planted, DICTIONARY)
    evidence_schema().validate(found.evidence)
    flags = pattern_flag_schema().validate(found.flags)
    assert flags.iloc[0]["village_code"] == planted.panel.villages[3]
    assert flags.iloc[0]["is_strong"]
    assert "copy" in flags.iloc[0]["lines"].split(",")
    assert len(flags) == len(planted.panel.villages)
    assert not flags["is_check"].iloc[1:].any()


def test_the_same_records_give_the_same_frames(planted) -> None:
    one, two = examine(planted, DICTIONARY), examine(planted, DICTIONARY)
    assert one.flags.equals(two.flags)
    assert one.evidence.equals(two.evidence)


def test_tests_can_be_left_out_by_name(planted) -> None:
    without = examine(planted, DICTIONARY, leave_out=("copy_forward",)).evidence
    assert "copy_forward" not in set(without["detector"])
    with pytest.raises(ValueError, match="copy_backward"):
        examine(planted, DICTIONARY, leave_out=("copy_backward",))


def test_five_months_say_nothing(planted) -> None:
    short = replace(
        planted,
        panel=planted.panel.until(planted.panel.months[4]),
        second_sources={n: b[:5] for n, b in planted.second_sources.items()},
        is_changed=planted.is_changed[:5],
    )
    found = examine(short, DICTIONARY)
    assert not len(found.evidence)
    assert not found.flags["is_check"].any()
    assert (found.flags["p"] == 1).all()


def test_a_village_of_five_events_is_not_spoken_of() -> None:
    made = records(4)
    rows = np.zeros((36, rows_of(made, 3).shape[1]))
    rows[[3, 9, 15, 21, 27], 0] = 1
    found = examine(lasting(made, 3, 36, rows), DICTIONARY).evidence
    mine = found[(found["village_code"] == made.panel.villages[3]) & (found["family"] != "empty")]
    assert set(mine["detector"]) <= {"below_second_source", "below_forerunners", "mirror_moves"}, "these count what others counted"


def test_a_reviewed_village_is_silent_until_six_new_months(planted) -> None:
    for position, silent in ((35, True), (30, True), (29, False), (-1, False)):
        seen = np.full(len(planted.panel.villages), -1)
        seen[3] = position
        found = examine(replace(planted, reviewed_until=seen), DICTIONARY)
        mine = found.flags[found.flags["village_code"] == planted.panel.villages[3]].iloc[0]
        assert bool(mine["is_check"]) is not silent
        windows = found.evidence.loc[found.evidence["village_code"] == planted.panel.villages[3], "window_months"]
        assert windows.max() == 6 if position == 29 else True


def test_counties_are_told_apart_and_villages_keep_their_figures() -> None:
    made = records(6, villages=20)
    moved = tuple(("98" + v[2:]) if n % 2 else v for n, v in enumerate(made.panel.villages))
    two = replace(made, panel=Panel(made.panel.months, moved, made.panel.codes, made.panel.values))
    parts = by_county(two, DICTIONARY)
    assert sorted(v for part in parts for v in part.panel.villages) == sorted(moved)
    for part in parts:
        for n, village in enumerate(part.panel.villages):
            at = moved.index(village)
            assert np.array_equal(part.panel.values[:, n], two.panel.values[:, at])
            assert part.towns[n] == two.towns[at]


def test_missing_months_and_unreported_sections_break_nothing() -> None:
    made = records(7)
    values = made.panel.values.copy()
    values[5:9, :10] = np.nan
    values[:, 10:14, 0] = np.nan
    values[:, 14] = np.nan
    holes = replace(made, panel=Panel(made.panel.months, made.panel.villages, made.panel.codes, values))
    flags = examine(holes, DICTIONARY).flags
    assert not flags["is_check"].any()
    assert flags.loc[flags["village_code"] == made.panel.villages[14], "p"].item() == 1
