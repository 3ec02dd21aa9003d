"""Rows, sheets and titles of another period or kind: the month's are read, the others told or held; through a month's run."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.states import REPORTED
from tests.cases.office import VILLAGES, March, Offices

LIST = "松渡乡汇总表.xlsx"
COMMUNITY, YINBA, JINTANG, QUANTANG = VILLAGES


def case(shared_cases: Path, name: str) -> dict[str, bytes | Path]:
    """The files of a given case, by name."""
    return {path.name: path for path in sorted((shared_cases / "reading" / name).iterdir())}


def participants(march: March) -> list[float]:
    return [march.figure(village, "outreach_participants")[0] for village in VILLAGES]


@pytest.mark.parametrize(
    ("name", "told", "quote"),
    [
        ("V1b_rows_month_cum_repeat", "rows_of_other_period", "累计"),
        ("V1c_rows_cum_month", "rows_of_other_period", "累计"),
        ("V1g_rows_plan_actual", "rows_of_other_period", "计划"),
        ("V5c_sheets_cum_first", "sheet_of_other_period", "1-3月累计"),
    ],
)
def test_of_several_rows_or_sheets_the_months_is_read_and_the_others_are_told(
    offices: Offices, shared_cases: Path, name: str, told: str, quote: str
) -> None:
    march = offices.march(case(shared_cases, name))
    assert participants(march) == [21, 32, 0, 23]
    assert march.figure(YINBA, "materials_issued") == (46, REPORTED)
    assert (march.report.loc[list(VILLAGES), "status"] == "accepted").all()
    assert told in march.told(LIST)
    words = march.receipt_words(LIST)
    assert quote in words
    assert "不是本月数" in words
    assert "not the month's" in words


def test_a_sheet_of_cumulative_figures_alone_is_held_and_its_title_quoted(offices: Offices, shared_cases: Path) -> None:
    march = offices.march(case(shared_cases, "V5d_sheets_only_cum"))
    assert (march.report.loc[list(VILLAGES), "status"] == "held").all()
    assert all(value != value for value in participants(march))
    for village in VILLAGES:
        findings = march.findings(village)
        asked = findings[findings["rule"] == "other_period"]
        assert asked["severity"].tolist() == ["mandatory"]
        assert "月报汇总表（累计）" in asked["say_zh"].iloc[0]
        assert "month_mismatch" not in set(findings["rule"])
        assert "missing_report" not in set(findings["rule"])


def test_forms_of_a_statistical_month_with_a_february_title_and_under_a_cumulative_heading(offices: Offices, shared_cases: Path) -> None:
    march = offices.march(case(shared_cases, "D5_statistical_month_26_25"))
    assert march.report.loc[YINBA, "status"] == "accepted"
    assert march.figure(YINBA, "outreach_participants") == (32, REPORTED)
    assert "month_mismatch" not in set(march.findings(YINBA)["rule"])

    march = offices.march(case(shared_cases, "R4_form_title_feb"))
    assert march.figure(YINBA, "outreach_participants") == (32, REPORTED)
    (asked,) = march.findings(YINBA).query("rule == 'title_month_mismatch'").to_dict("records")
    assert "表内写 2024-03" in asked["say_zh"]
    assert "表题写 2024-02" in asked["say_zh"]
    assert "its title says 2024-02" in asked["say_en"]

    march = offices.march(case(shared_cases, "V6_form_headed_cumulative"))
    (told,) = [p for p in march.problems("990101200200_202403.xlsx") if p["name"] == "only_other_period"]
    assert told["details"]["n"] == "16"
    assert "E59" in told["details"]["cells"]
    assert march.figure(YINBA, "outreach_participants")[1] != REPORTED
    assert "本年累计" in march.receipt_words("990101200200_202403.xlsx")


def test_villages_named_like_months_are_asked_nothing_about_months(offices: Offices, shared_cases: Path) -> None:
    march = offices.march(
        case(shared_cases, "K2_forms_month_like_names"), places=shared_cases / "reading" / "places2.csv", instead_of=VILLAGES
    )
    assert (march.report.loc[list(VILLAGES), "status"] == "accepted").all()
    assert not {"file_month_mismatch", "title_month_mismatch", "month_mismatch"} & set(march.findings()["rule"])
