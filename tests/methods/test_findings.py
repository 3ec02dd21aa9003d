"""Findings: which village, which cells, what was seen and expected, what to do; in both languages, as a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.confront import confront_places
from methods.finding_frame import number
from methods.findings import findings_of, findings_of_places
from methods.rollup import roll_up
from schemas.dictionary import SEVERITIES, load_dictionary
from schemas.frames import finding_schema
from schemas.states import MISSING, UNREADABLE, state_column
from tests.methods.made import DICTIONARY, MONTH, TOWNS, confronted, consistent, report_of, village_code


def _findings(report: pd.DataFrame, previous: pd.DataFrame | None = None) -> pd.DataFrame:
    def cells(row: int, codes: Sequence[str]) -> str:
        return f"{row}:{'+'.join(codes)}"

    found = findings_of(confronted(report, previous), report, DICTIONARY, MONTH, cells)
    finding_schema().validate(found, lazy=True)
    return found


def test_a_finding_says_what_was_seen_what_was_expected_and_how_large_the_gap_is() -> None:
    figures = {**consistent(), "population_end_m": 506, "age_15_59": 640 + 5}
    row = _findings(report_of([consistent(), figures])).set_index("rule_id").loc["population_balance__m"]
    assert (row["observed"], row["expected"], row["gap"]) == (506, 502, 4)
    assert (row["village_code"], row["town_code"], row["county_code"]) == (village_code(1), TOWNS[0], "990101")
    assert (row["severity"], row["level"], row["track"], row["rule"]) == ("mandatory", 1, "A", "population_balance")
    assert row["say_zh"] == "期末人口填 506，按期初加减应为 502，相差 4。"
    assert str(row["say_en"]) == "Population at end is 506; start plus and minus the month's changes gives 502, a difference of 4."
    assert row["indicators"].split(",")[0] == "population_end_m"
    assert row["cells"].startswith("1:population_end_m+population_start_m")


def test_the_gap_told_has_no_sign_and_the_gap_kept_has_one() -> None:
    row = _findings(report_of([{**consistent(), "births_order_1": 1}])).set_index("rule_id").loc["births_by_order"]
    assert row["gap"] == -2
    assert "-2" not in str(row["say_en"])


def test_money_is_told_with_its_cents() -> None:
    row = _findings(report_of([{**consistent(), "childcare_subsidy_amount": 11_700.5}])).set_index("rule_id")
    said = row.loc["amount_at_rate__childcare_subsidy"]
    assert "11700.50" in said["say_en"]
    assert "12000.00" in said["say_zh"]


def test_a_counting_rule_s_finding_names_its_cells() -> None:
    row = _findings(report_of([{**consistent(), "births_m": 2.5, "births_order_1": 3.5, "births_in_facility": 3}])).set_index("rule_id")
    assert row.loc["whole_number", "indicators"] == "births_m,births_order_1"
    assert row.loc["whole_number", "cells"] == "0:births_m+births_order_1"


def test_a_counting_rule_s_finding_names_each_figure_its_value_and_its_cell() -> None:
    row = _findings(report_of([{**consistent(), "contraceptive_consultations": -1}])).set_index("rule_id").loc["not_negative"]
    assert "避孕咨询人次 -1（0:contraceptive_consultations）" in row["say_zh"]
    assert "Contraceptive consultations -1 (0:contraceptive_consultations)" in str(row["say_en"])


@pytest.mark.parametrize(
    ("attribute", "state", "rule"), [("unreadable_cells", UNREADABLE, "unreadable_cells"), ("required_blanks", MISSING, "required_blank")]
)
def test_a_finding_about_cells_names_them(attribute: str, state: int, rule: str) -> None:
    report = report_of([{**consistent(), "deaths_f": float("nan")}])
    report[state_column("deaths_f")] = np.uint8(state)
    report[attribute] = 1.0
    row = _findings(report).set_index("rule_id").loc[rule]
    assert (row["indicators"], row["cells"]) == ("deaths_f", "0:deaths_f")
    assert "死亡（女）（0:deaths_f）" in row["say_zh"]
    assert "Deaths: Female (0:deaths_f)" in str(row["say_en"])


def test_no_code_of_the_program_is_told_where_no_cell_is_known() -> None:
    report = report_of([consistent()]).assign(stated_sum_mismatches=1.0)
    found = findings_of(confronted(report), report, DICTIONARY, MONTH, lambda _, __: "")
    said = found.set_index("rule_id").loc["stated_sum_mismatch"]
    assert "stated_sum" not in said["say_zh"] + str(said["say_en"])


def test_findings_stand_by_severity_then_place_then_rule() -> None:
    bad = {**consistent(), "births_in_facility": 9, "childcare_subsidy_paid": 50, "first_marriages": 5}
    previous = report_of([{**consistent(), "population_end_m": 400}] * 2)
    found = _findings(report_of([bad, bad]), previous)
    keys = [(SEVERITIES.index(s), place, rule) for s, place, rule in found[["severity", "place_code", "rule_id"]].to_numpy()]
    assert keys == sorted(keys)
    assert {key[0] for key in keys} == {0, 1, 2}


def test_where_nothing_fails_the_frame_is_empty_and_of_the_same_shape() -> None:
    found = _findings(report_of([consistent()]))
    assert found.empty
    assert found.dtypes["gap"] == np.float64


def _everything_wrong() -> pd.DataFrame:
    """Two villages' reports in which nearly every rule is broken, among them the ones about how the files came."""
    bad: dict[str, float | str] = {code: 200_000.5 + n for n, code in enumerate(DICTIONARY.codes)}
    bad |= {"births_m": -1, "population_end_f": 1, "inflow_total": 1, "outflow_total": 1, "inflow_other_county": 2, "satisfaction_forms": 0}
    bad |= {f"{scheme.code}_eligible": 1 for scheme in DICTIONARY.concepts.values() if scheme.breakdown == "benefit"}
    report = report_of([bad, {**consistent(), "households_end": 2000}])
    told = dict.fromkeys(DICTIONARY.attributes, 3.0)
    return report.assign(**told)


def test_every_wording_is_filled_in_completely() -> None:
    report = _everything_wrong()
    found = _findings(report, report_of([consistent(), {**consistent(), "population_end_m": 3, "households_end": 100}]))
    assert len(set(found["rule"])) >= 27
    for column in ("say_zh", "say_en", "do_zh", "do_en", "label_zh", "label_en"):
        assert (found[column] != "").all()
        assert not found[column].str.contains(r"[{}]|nan", regex=True).any()


def test_a_finding_accuses_nobody() -> None:
    found = _findings(_everything_wrong())
    texts = " ".join(found[["say_zh", "say_en", "do_zh", "do_en"]].to_numpy().ravel()).lower()
    assert re.search("fraud|fake|liar|造假|虚报|瞒报", texts) is None


def test_a_town_s_finding_points_at_its_stated_total() -> None:
    report = report_of([{"births_m": 2}, {"births_m": 3}])
    places = pd.concat([roll_up(report, DICTIONARY, level) for level in ("town", "county")], ignore_index=True)
    stated = pd.DataFrame(
        [("town", TOWNS[0], 6.0, "a.xlsx"), ("county", "990101", 7.0, "b.xlsx")],
        columns=["place_level", "place_code", "stated", "source_file"],
    ).assign(indicator="births_m", month=MONTH, cell="汇总表!E9")
    found = findings_of_places(confront_places(places, stated, DICTIONARY, MONTH), places, stated, DICTIONARY, MONTH)
    finding_schema().validate(found, lazy=True)
    by_level = found.set_index("place_level")
    assert by_level["cells"].to_dict() == {"town": "a.xlsx · 汇总表!E9", "county": "b.xlsx · 汇总表!E9"}
    assert list(by_level.loc["town", ["place_code", "town_code", "county_code", "village_code"]]) == [TOWNS[0], TOWNS[0], "990101", ""]
    assert list(by_level.loc["county", ["place_code", "town_code", "county_code"]]) == ["990101", "", "990101"]
    assert "“出生（男）”合计为 6，各村相加为 5，相差 1" in str(by_level.loc["town", "say_zh"])


def test_a_rule_of_the_county_s_own_is_told_in_its_own_words(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(
        "rules: [{id: mine, level: 4, severity: verify, observed: births, relation: le, expected: deaths, label: {zh: 甲, en: A}, "
        "say: {zh: '{village}（{village_code}）{month}：{observed}>{expected}', en: '{village} {gap} {cells}'}, do: {zh: 丙, en: C}}]",
        "utf-8",
    )
    dictionary = load_dictionary([tmp_path])
    report = report_of([consistent()], dictionary=dictionary)
    found = findings_of(confronted(report, None, dictionary), report, dictionary, MONTH, lambda _row, _codes: "")
    row = found.set_index("rule_id").loc["mine"]
    assert row["say_zh"] == f"村200（{village_code(0)}）{MONTH}：3>1"
    told = "Births: Male 2; Births: Female 1; Deaths: Male 1; Deaths: Female 0"  # without cells, the figures
    assert str(row["say_en"]) == f"村200 2 {told}"
    assert (row["track"], row["level"]) == ("B", 4)


@pytest.mark.parametrize(
    ("value", "is_money", "text"),
    [(3.0, False, "3"), (-3.0, False, "-3"), (2.5, False, "2.5"), (2.456, False, "2.46"), (0.0, False, "0"), (12000.0, True, "12000.00")]
    + [(0.1 + 0.2, True, "0.30"), (float("nan"), False, "—"), (float("nan"), True, "—"), (1e9, False, "1000000000")],
)
def test_a_figure_is_told_as_it_is_written(value: float, is_money: bool, text: str) -> None:
    assert number(value, is_money=is_money) == text


@given(st.integers(-(10**12), 10**12))
def test_a_whole_number_is_told_exactly(value: int) -> None:
    assert number(float(value)) == str(value)
