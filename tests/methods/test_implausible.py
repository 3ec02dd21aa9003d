"""What each figure is expected to be: chosen by the dictionary, kept through a frame, few questions on right reports."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from methods.implausible import PARTS, Expectation, expect, flagged
from methods.implausible import test_for as kind_of_test
from methods.panel import Panel, panel_of
from methods.simulate.county import simulate_county
from schemas.dictionary import load_dictionary

DICTIONARY = load_dictionary([])
MONTHS = [f"2024-{m:02d}" for m in range(1, 9)]


@pytest.fixture(scope="module")
def panel() -> Panel:
    county = simulate_county(np.random.default_rng(11), DICTIONARY, months=MONTHS, villages=150, plant_mistakes=False)
    now = county.figures.loc[county.figures["month"] == MONTHS[-1], "village_code"].tolist()
    return panel_of(county.figures, DICTIONARY.codes, now, MONTHS)


@pytest.mark.parametrize(
    ("code", "test"),
    [
        ("births_m", "count"),
        ("births_in_facility", "share"),
        ("population_end_m", "stock"),
        ("women_15_49", "stock"),
        ("special_support_amount", "ratio"),
        ("boundary_change_m", None),
    ],
)
def test_the_dictionary_says_which_test_a_figure_gets(code: str, test: str | None) -> None:
    assert kind_of_test(DICTIONARY, DICTIONARY.indicators[code]) == test


def test_an_indicator_of_the_countys_own_is_tested_without_a_change_of_code(tmp_path: Path) -> None:
    (tmp_path / "own.yaml").write_text(
        "concepts:\n  - {code: reading_rooms_visits, section: F, kind: flow, unit: person_times,"
        " label: {zh: 农家书屋借阅, en: Reading room}}\n",
        "utf-8",
    )
    dictionary = load_dictionary([tmp_path])
    county = simulate_county(np.random.default_rng(3), dictionary, months=MONTHS[:3], villages=60, plant_mistakes=False)
    villages = county.figures.loc[county.figures["month"] == MONTHS[2], "village_code"].tolist()
    block = panel_of(county.figures, dictionary.codes, villages, MONTHS[:3])
    block.values[-1, 0, dictionary.codes.index("reading_rooms_visits")] = 90.0
    asked = flagged(expect(block, dictionary), dictionary)[:, dictionary.codes.index("reading_rooms_visits")]
    assert np.flatnonzero(asked).tolist() == [0]


def test_right_reports_raise_fewer_questions_than_the_dictionary_allows(panel: Panel) -> None:
    asked = sum(flagged(expect(panel.until(m), DICTIONARY), DICTIONARY).sum() for m in MONTHS)
    allowed = DICTIONARY.implausible.false_questions_per_100 / 100 * len(panel.villages) * len(MONTHS)
    assert asked <= allowed + 4 * np.sqrt(allowed)


def test_a_figure_is_never_part_of_its_own_baseline(panel: Panel) -> None:
    wrong = Panel(panel.months, panel.villages, panel.codes, panel.values.copy())
    at = panel.codes.index("deaths_m")
    wrong.values[-1, 4, at] += 40
    one, two = expect(panel, DICTIONARY), expect(wrong, DICTIONARY)
    assert two.mean[4, at] == pytest.approx(one.mean[4, at])
    assert two.p[4, at] < 1e-6 < one.p[4, at]


def test_negative_figures_are_left_to_arithmetic(panel: Panel) -> None:
    wrong = Panel(panel.months, panel.villages, panel.codes, panel.values.copy())
    wrong.values[-1, 4, panel.codes.index("moved_in_m")] = -3.0
    made = expect(wrong, DICTIONARY)
    assert np.isnan(made.p[4, panel.codes.index("moved_in_m")])
    assert not np.isnan(made.p[5, panel.codes.index("moved_in_m")])


def test_the_frame_gives_the_expectation_back(panel: Panel) -> None:
    made = expect(panel, DICTIONARY)
    again = Expectation.of_frame(made.frame(), DICTIONARY.codes)
    assert (again.villages, again.codes) == (made.villages, made.codes)
    for part in PARTS:
        np.testing.assert_array_equal(getattr(again, part), getattr(made, part))
    assert isinstance(made.frame(), pd.DataFrame)
