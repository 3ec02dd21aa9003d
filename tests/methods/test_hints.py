"""From a broken rule or an unusual figure to a hint and a place in the queue, in both languages; nothing is changed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from methods.confront import confront
from methods.findings import findings_of
from methods.hints import hints_of
from methods.implausible import PARTS, Expectation
from methods.queries import queries_of
from methods.unusual import unusual_figures, unusual_outcomes
from schemas.dictionary import load_dictionary
from schemas.frames import finding_schema, hint_schema, query_schema, rule_outcome_schema
from tests.methods.made import MONTH, consistent, report_of

DICTIONARY = load_dictionary([])
CODES = DICTIONARY.codes


def nowhere(_row: int, codes: list[str]) -> str:
    return ", ".join(f"Sheet!{code}" for code in codes)


def expectation_of(report: pd.DataFrame, told: dict[tuple[int, str], dict[str, float]]) -> Expectation:
    blocks = {part: np.full((len(report), len(CODES)), np.nan) for part in PARTS}
    for (row, code), parts in told.items():
        for part, value in parts.items():
            blocks[part][row, CODES.index(code)] = value
    return Expectation(tuple(report["village_code"]), CODES, **blocks)


USUAL = {"p": 1e-9, "mean": 30.0, "spread": 4.0, "low": 22.0, "high": 38.0, "base": 980.0}


def review(villages: list[dict[str, float]], told: dict[tuple[int, str], dict[str, float]] | None = None):  # type: ignore[no-untyped-def]
    report = report_of(villages)
    found = confront(report, None, DICTIONARY, MONTH)
    expectation = expectation_of(report, told or {})
    by_rule = findings_of(found, report, DICTIONARY, MONTH, nowhere)
    unusual = unusual_figures(expectation, report, DICTIONARY, MONTH, nowhere, by_rule)
    hints = hint_schema().validate(hints_of(report, None, found.excess, expectation, unusual, DICTIONARY, MONTH, nowhere))
    findings = finding_schema().validate(pd.concat([by_rule, unusual], ignore_index=True))
    totals = pd.DataFrame([{"place_code": "990101"} | {code: report[code].sum() for code in CODES}])
    queries = query_schema().validate(queries_of(findings, hints, expectation.frame(), report, totals, DICTIONARY, MONTH))
    return report, expectation, findings, hints, queries


def test_a_quiet_month_has_no_hint_and_no_query() -> None:
    _, _, findings, hints, queries = review([consistent()])
    assert findings.empty
    assert hints.empty
    assert queries.empty


def test_a_named_slip_is_said_in_both_languages_with_its_cell_and_both_figures() -> None:
    report, _, _, hints, _ = review([consistent() | {"population_end_m": 5020.0}])
    first = hints.iloc[0]
    assert (first["indicators"], first["repair"], first["cells"]) == ("population_end_m", "times_ten", "Sheet!population_end_m")
    for text in (first["say_zh"], first["say_en"]):
        assert "5020" in text
        assert "502" in text.replace("5020", "")
    assert report["population_end_m"].iloc[0] == 5020.0  # never applied


def test_a_negative_figure_is_a_sign_slip() -> None:
    _, _, _, hints, _ = review([consistent() | {"materials_issued": -40.0}])
    assert (hints["indicators"].iloc[0], hints["fits"].iloc[0], hints["repair"].iloc[0]) == ("materials_issued", "40", "sign")


def test_an_unusual_figure_says_what_is_usual_and_which_slip_would_explain_it() -> None:
    told = {(0, "materials_issued"): USUAL}
    report, expectation, findings, hints, _ = review([consistent() | {"materials_issued": 300.0}, consistent()], told)
    asked = findings.iloc[0]
    assert (asked["rule"], asked["track"], asked["severity"], asked["level"]) == ("unit_slip", "B", "verify", 2)
    for text in (asked["say_zh"], asked["say_en"]):
        assert all(part in text for part in ("300", "22", "38", "30"))
    assert hints["fits"].tolist() == ["30"]
    outcomes = rule_outcome_schema().validate(unusual_outcomes(expectation, report, DICTIONARY, MONTH))
    by_rule = outcomes.groupby("rule_id")[["n_pass", "n_fail", "n_cannot_tell"]].sum()
    assert by_rule.loc["unusual_count"].tolist() == [0, 1, 1]
    assert by_rule.loc["unusual_change"].tolist() == [0, 0, 2]


def test_a_figure_that_a_rule_asks_about_is_not_asked_about_twice() -> None:
    told = {(0, "population_end_m"): USUAL | {"p": 1e-12}}
    _, _, findings, _, _ = review([consistent() | {"population_end_m": 5020.0}], told)
    assert "B" not in set(findings.loc[findings["rule"].str.startswith("unusual"), "track"])
    assert findings["rule"].is_unique


def test_the_queue_puts_what_must_be_settled_first_and_draws_the_line_below_what_matters() -> None:
    many = [consistent() | {"materials_issued": 30.0, "postnatal_visits": 4.0} for _ in range(40)]
    many[3] = many[3] | {"population_end_m": 503.0}
    many[5] = many[5] | {"materials_issued": 900.0}
    many[7] = many[7] | {"postnatal_visits": 4.0}
    told = {
        (5, "materials_issued"): USUAL,
        (7, "postnatal_visits"): USUAL | {"p": 5e-5, "mean": 3.9, "low": 1.0, "high": 9.0},
    }
    report, _, _, _, queries = review(many, told)
    codes = report["village_code"].tolist()
    assert queries["place_code"].tolist() == [codes[3], codes[5], codes[7]]
    assert queries["rank"].tolist() == [1, 2, 3]
    assert queries["is_above_line"].tolist() == [True, True, False]
    assert queries["influence"].iloc[1] > queries["influence"].iloc[2]


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_wording_accuses(language: str) -> None:
    track = DICTIONARY.implausible
    texts = [t for q in track.questions for t in (q.label, q.say, q.do)] + [*track.slips.values(), *track.repairs.values()]
    words = "".join(text.in_language(language) for text in texts).lower()
    assert not any(word in words for word in ("fraud", "fake", "liar", "cheat", "造假", "虚假", "作假"))
