"""Rows of lists that are villages, totals, groups or notes, hidden rows and rounded codes: the given cases, through the month's run."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from schemas.states import REPORTED
from tests.cases.office import TOWN, VILLAGES, March, Offices

HOUSEHOLDS = (566.0, 493.0, 523.0, 334.0)
READING = "reading"


def _case(shared_cases: Path, name: str) -> dict[str, bytes | Path]:
    return {path.name: path for path in (shared_cases / READING / name).iterdir()}


def _receipt(march: March) -> str:
    """What the receipts of the outbox say."""
    return "\n".join(p.read_text("utf-8", "replace") for p in march.office.home.rglob("*.receipt.txt")) + "\n".join(
        p.read_text("utf-8") for p in (march.office.home / "outbox").rglob("receipts/**/*.html")
    )


def _assert_four_villages(march: March, files: object = None) -> None:
    assert [march.figure(v, "households_end") for v in VILLAGES] == [(n, REPORTED) for n in HOUSEHOLDS]
    assert (march.report.loc[list(VILLAGES), "status"] == "accepted").all()
    assert (march.findings()["severity"] != "mandatory").all()
    assert len(march.report) == 12


def _stated(march: March) -> pd.DataFrame:
    totals = march.run.values["stated_total"]
    return totals[totals["place_code"] == TOWN].set_index("indicator")


@pytest.mark.parametrize(
    "case",
    [
        "I2_subtotals_area",
        "I3_subtotals_片区",
        "I5_subtotals_本页",
        "I8_total_first_row_汇总",
        "I9_total_zongshu",
        "I9d_total_4village",
        "I13b_foot_mid_no_headings",
        "H2_sheets_and_total_sheet_合计",
        "H2b_sheets_and_total_sheet_town",
    ],
)
def test_totals_and_subtotals_in_local_words_are_no_villages_and_the_town_s_total_is_compared(
    case: str, offices: Offices, shared_cases: Path
) -> None:
    march = offices.march(_case(shared_cases, case))
    _assert_four_villages(march)
    assert _stated(march).at["households_end", "stated"] == sum(HOUSEHOLDS)


def test_groups_below_their_village_are_left_out_and_told_once(offices: Offices, shared_cases: Path) -> None:
    march = offices.march(_case(shared_cases, "I10_groups_below_village"))
    _assert_four_villages(march)
    said = _receipt(march)
    assert "CB-2258" in said
    assert "CB-2259" not in said


def test_hidden_rows_of_last_month_are_left_out_and_named(offices: Offices, shared_cases: Path) -> None:
    march = offices.march(_case(shared_cases, "B2_list_hidden_feb_rows"))
    _assert_four_villages(march)
    said = _receipt(march)
    assert "CB-2260" in said
    assert "10–13" in said


@pytest.mark.parametrize("case", ["K1b_list_zhuxi_first_col_last", "K1d_list_zhuxi_few_numbers", "K1e_zhuxi_ods"])
def test_a_village_that_is_called_like_a_note_is_read(case: str, offices: Offices, shared_cases: Path) -> None:
    march = offices.march(_case(shared_cases, case), places=shared_cases / READING / "places2.csv")
    assert march.figure(VILLAGES[3], "households_end") == (334.0, REPORTED)
    assert march.figure(VILLAGES[3], "population_start_m") == (418.0, REPORTED)
    assert (march.report.loc[list(VILLAGES), "status"] == "accepted").all()


def test_codes_that_a_spreadsheet_rounded_are_held_for_that_reason(offices: Offices, shared_cases: Path) -> None:
    march = offices.march(_case(shared_cases, "L1c_csv_codes_E11_noname"))
    assert (march.report.loc[list(VILLAGES), "status"] != "accepted").all()
    (path,) = _case(shared_cases, "L1c_csv_codes_E11_noname")
    assert "code_shortened" in march.told(path)
    assert "CB-2264" in march.receipt_words(path)
    asked = march.findings()
    unknown = asked[asked["rule"] == "place_unknown"]
    assert len(unknown) == 1
    assert "9.90101E+11" in unknown["say_zh"].iloc[0]
    assert "without code and name" not in unknown["say_en"].iloc[0]


def test_bare_names_totals_that_differ_and_villages_that_happen_to_be_sums(offices: Offices, shared_cases: Path) -> None:
    """Of our own making: a total in words of nobody's with one wrong figure, and a registered village that is the sum of two others."""
    (path,) = _case(shared_cases, "I8_total_first_row_汇总").values()
    book = openpyxl.load_workbook(io.BytesIO(Path(str(path)).read_bytes()))
    sheet = book.worksheets[0]
    for row in range(5, 9):
        sheet.cell(row, 2).value = None
    for column in range(4, 20):
        one, other = (sheet.cell(row, column).value for row in (5, 6))
        if isinstance(one, int | float) and isinstance(other, int | float):
            sheet.cell(7, column).value = one + other  # 金塘村
    total = [sum(float(sheet.cell(row, c).value or 0) for row in range(5, 9)) for c in range(4, 20)]
    for column, value in enumerate(total, 4):
        sheet.cell(9, column).value = value
    sheet.cell(9, 3).value = "阖境"
    sheet.cell(9, 4).value = total[0] + 7
    buffer = io.BytesIO()
    book.save(buffer)
    march = offices.march({"松渡乡汇总表.xlsx": buffer.getvalue()})
    assert march.figure(VILLAGES[2], "households_end") == (566.0 + 493.0, REPORTED)
    assert (march.report.loc[list(VILLAGES), "status"] == "accepted").all()
    assert _stated(march).at["households_end", "stated"] == total[0] + 7
    assert "place_unknown" not in set(march.findings()["rule"])


def test_many_unknown_villages_have_a_page_each(offices: Offices) -> None:
    head = [
        "松渡乡2024年3月村级人口与家庭服务月报汇总表,,,",
        "填报单位：松渡乡　报告期：2024年3月,,,",
        "村（居）名称,期末户数,期初人口,",
        ",,男,女",
    ]
    names = [f"{a}{b}沟村" for a in "甲乙丙丁戊己庚辛" for b in "子丑寅卯辰巳午未"]
    rows = [f"{name},{100 + n},{200 + n},{201 + n}" for n, name in enumerate(names)]
    march = offices.march({"松渡乡汇总表.csv": "\n".join([*head, *rows]).encode()})
    folder = march.office.home / "outbox"
    pages = [p for p in folder.rglob("villages/*.html") if "沟村" in p.read_text("utf-8") and p.name != "index.html"]
    assert len(pages) == len(names)
    assert not [p for p in pages if p.name == ".html"]
    for page in pages:
        assert page.read_text("utf-8").count("<h3>") < 10
    assert len(march.findings()[march.findings()["rule"] == "place_unknown"]) == len(names)
