"""What a question says about the past is true: it names the month of the figure, and says nothing of a past that there is not."""

from __future__ import annotations

from collections.abc import Callable, Collection

import numpy as np
import pandas as pd
import pytest

from methods.finding_frame import number
from methods.implausible import expect, flagged, questions_of_columns
from methods.panel import Panel, panel_of
from methods.simulate.county import simulate_county
from methods.unusual import unusual_figures
from schemas.dictionary import load_dictionary

DICTIONARY = load_dictionary([])
MONTHS = [f"{2021 + n // 12}-{n % 12 + 1:02d}" for n in range(16)]
WRONG = {"households_end": 10.0, "population_end_m": 10.0, "age_0_14": 10.0, "births_in_facility": 0.0, "childcare_subsidy_amount": 10.0}
OF_THE_PAST = ("上月", "往月", "以往", "此前", "以前", "去年", "last month", "earlier", "history", "before", "last year")


@pytest.fixture(scope="module")
def reports() -> pd.DataFrame:
    made = simulate_county(np.random.default_rng(21), DICTIONARY, months=MONTHS, villages=120, plant_mistakes=False).figures
    steady = made["village_code"].value_counts()
    return made[made["village_code"].isin(steady[steady == len(MONTHS)].index)]


def asked(reports: pd.DataFrame, known: Collection[str], is_sum: Callable[[str, str], bool] = lambda _v, _m: False) -> pd.DataFrame:
    """Questions about the last month, in which one figure of each of some villages is wrong, with `known` months before it."""
    villages = sorted(set(reports["village_code"]))
    months = [m for m in MONTHS[:-1] if m in known] + [MONTHS[-1]]
    panel: Panel = panel_of(reports, DICTIONARY.codes, villages, months)
    for row, (code, factor) in enumerate(WRONG.items()):
        panel.values[-1, 5 + row, panel.codes.index(code)] *= factor
    now = pd.DataFrame(panel.values[-1], columns=list(panel.codes)).assign(
        **{"village_code": villages, "village_name": "村", "town_code": "990101100", "county_code": "990101"}
    )
    nothing = pd.DataFrame({"village_code": [], "indicators": []}, dtype="str")
    made = expect(panel, DICTIONARY)
    return unusual_figures(made, now, DICTIONARY, MONTHS[-1], lambda _row, _codes: "", nothing, is_sum)


def test_a_stock_is_quoted_with_its_month_be_it_last_month_or_a_year_ago(reports: pd.DataFrame) -> None:
    for months in (MONTHS[:-1], MONTHS[:4], MONTHS[:1]):
        found = asked(reports, months)
        found = found[found["rule"] == "unusual_change"]
        each = found.assign(indicators=found["indicators"].str.split(",")).explode("indicators")
        for village, code, zh, en in each[["village_code", "indicators", "say_zh", "say_en"]].itertuples(index=False):
            told = reports[(reports["village_code"] == village) & (reports["month"] == months[-1])][code].iloc[0]
            assert f"{months[-1]}为 {number(told)}" in zh
            assert f"{number(told)} in {months[-1]}" in en
            assert "上月" not in zh
            assert "last month" not in en


def test_a_change_is_told_and_not_only_slips_of_unit(reports: pd.DataFrame) -> None:
    changed = reports.copy()
    wrong = (changed["month"] == MONTHS[-1]) & (changed["village_code"] == sorted(set(changed["village_code"]))[40])
    changed.loc[wrong, "households_end"] *= 1.7
    found = asked(changed, MONTHS[:4])
    assert (found["rule_id"] == "unusual_change__households_end").any()
    summed = asked(changed, MONTHS[:4], lambda _v, month: month == MONTHS[3])
    words = summed.loc[summed["rule_id"] == "unusual_change__households_end"]
    assert words["say_zh"].str.contains("合并前各村合计").all()
    assert words["say_en"].str.contains("merged since").all()


def test_figures_of_one_concept_that_move_together_are_one_question_that_names_each(reports: pd.DataFrame) -> None:
    together = ("outflow_total", "outflow_other_county", "outflow_other_province")
    changed = reports.copy()
    wrong = (changed["month"] == MONTHS[-1]) & (changed["village_code"] == sorted(set(changed["village_code"]))[40])
    changed.loc[wrong, list(together)] = (changed.loc[wrong, list(together)] * 3).round()
    changed.loc[wrong, "households_end"] *= 1.7
    found = asked(changed, MONTHS[:4])
    here = found[(found["village_code"] == changed.loc[wrong, "village_code"].iloc[0]) & (found["rule"] == "unusual_change")]
    assert sorted(here["indicators"]) == ["households_end", ",".join(sorted(together, key=DICTIONARY.codes.index))]
    one = here[here["indicators"] != "households_end"].iloc[0]
    figures = changed.loc[wrong, list(together)].iloc[0]
    assert one["observed"] == figures.sum()  # an answer holds while none of the figures is another
    for code in together:
        assert DICTIONARY.indicators[code].label.zh in one["say_zh"]
        assert DICTIONARY.indicators[code].label.en in one["say_en"]
        assert number(figures[code]) in one["say_zh"]
        assert number(figures[code]) in one["say_en"]


def test_figures_of_one_concept_leave_room_for_questions_about_others(reports: pd.DataFrame) -> None:
    """Of each village the most surprising questions are asked; the figures of one concept are one of them."""
    panel = panel_of(reports, DICTIONARY.codes, sorted(set(reports["village_code"])), MONTHS)
    wrong = [c for c in panel.codes if c.startswith(("age_", "outflow_", "population_end_"))]
    at = [panel.codes.index(c) for c in (*wrong, "households_end")]
    panel.values[-1, 40, at] *= 10
    found = flagged(expect(panel, DICTIONARY), DICTIONARY)
    of = questions_of_columns(panel.codes, DICTIONARY)
    assert len({of[c] for c in np.flatnonzero(found[40])}) == DICTIONARY.implausible.most_a_village
    assert found[40].sum() > DICTIONARY.implausible.most_a_village


def test_in_the_first_month_no_question_speaks_of_a_past(reports: pd.DataFrame) -> None:
    changed = reports.copy()
    wrong = (changed["month"] == MONTHS[-1]) & (changed["village_code"] == sorted(set(changed["village_code"]))[40])
    changed.loc[wrong, ["households_end", "deaths_m"]] = [37.0, 60.0]
    found = asked(changed, ())
    assert {"unusual_change", "unusual_count"} <= set(found["rule"])
    for column in ("label_zh", "label_en", "say_zh", "say_en"):
        assert not [words for words in found[column] if any(word in words for word in OF_THE_PAST)]


def test_every_kind_of_question_that_speaks_of_the_past_has_words_for_where_there_is_none() -> None:
    for question in DICTIONARY.implausible.questions:
        told = question.where(has_past=False)
        for words in (told.label, told.say, told.do):
            assert not [word for word in OF_THE_PAST if word in words.zh or word in words.en], question.id
