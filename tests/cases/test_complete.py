"""What counts as a report, and what a total lacks: through the month's run, its receipts, findings, tables and gate."""

from __future__ import annotations

import csv
import io
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest

from schemas.states import MISSING
from tests.cases.office import TOWN, VILLAGES, March, Offices

A, B, C, D = VILLAGES
RECEIVED = "松渡乡汇总表.xlsx"


def _receipt(march: March, path: str) -> str:
    """Everything that the receipt of a file says, in both languages."""
    rows = march.run.values["receipt"]
    found = rows[rows["rel_path"].str.endswith(path)]
    return "\n".join(f"{p['code']} {p['say_zh']} {p['say_en']}" for p in found["problems"].iloc[-1])


def _rules(march: March, place: str) -> set[str]:
    return set(march.findings(place)["rule"])


def _without_columns(source: Path, headings: Collection[str]) -> bytes:
    """The list as a plain CSV without the columns under these headings."""
    sheet = openpyxl.load_workbook(source)["汇总表"]
    upper: list[str] = []
    for cell in sheet[4]:
        upper.append(str(cell.value) if cell.value is not None else upper[-1])
    keep = [n for n, heading in enumerate(upper) if heading not in headings]
    out = io.StringIO()
    writer = csv.writer(out)
    for number, row in enumerate(sheet.iter_rows(min_row=1, max_row=9, values_only=True), start=1):
        cells = [upper[n] if number == 4 else row[n] for n in keep]
        if number in (1, 3):
            cells = [row[0]]
        writer.writerow(["" if cell is None else cell for cell in cells] if number != 2 else [])
    return out.getvalue().encode("utf-8-sig")


def _filled(source: Path) -> bytes:
    """The list with the row that was left unfilled (金塘村) filled from the one below."""
    book = openpyxl.load_workbook(source)
    sheet = book["汇总表"]
    for column in range(4, sheet.max_column + 1):
        if sheet.cell(8, column).value is None:
            sheet.cell(8, column).value = sheet.cell(9, column).value
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_an_unfilled_row_of_a_list_is_a_missing_village(offices: Offices, shared_cases: Path) -> None:
    march = offices.march({RECEIVED: shared_cases / "reading/C7_list_unfilled_row" / RECEIVED})
    assert march.report["status"][list(VILLAGES)].tolist() == ["accepted", "accepted", "missing", "accepted"]
    assert "missing_report" in _rules(march, C)
    said = march.findings(C)[march.findings(C)["rule"] == "missing_report"].iloc[0]
    assert (RECEIVED in said["say_zh"], RECEIVED in said["say_en"]) == (True, True)
    assert "required_blank" not in _rules(march, C)
    told = _receipt(march, RECEIVED)
    assert "CB-2270" in told
    assert "金塘村" in told
    assert "came without figures" in told


def test_the_village_s_own_form_counts_beside_its_unfilled_row(offices: Offices, shared_cases: Path) -> None:
    march = offices.march({RECEIVED: shared_cases / "reading/C7b_list_unfilled_row_and_form" / RECEIVED}, instead_of=[A, B, D])
    row = march.report.loc[C]
    assert (row["status"], row["conflicting_versions"], row["simultaneous_versions"]) == ("accepted", 0, 0)
    assert not _rules(march, C) & {"conflicting_versions", "simultaneous_versions", "missing_report"}
    assert march.figure(C, "households_end")[0] > 0


def test_a_blank_template_is_no_report_and_takes_the_place_of_none(offices: Offices, shared_cases: Path) -> None:
    blank = shared_cases / "reading/C8_form_blank/990101200200_202403.xlsx"
    alone = offices.march({"990101200200_202403.xlsx": blank})
    assert alone.report.loc[B, "status"] == "missing"
    assert "CB-2270" in _receipt(alone, "990101200200_202403.xlsx")
    beside = offices.march({"990101200200_202403_再报.xlsx": blank}, instead_of=[])
    assert beside.report.loc[B, "status"] == "accepted"
    assert beside.figure(B, "households_end") == (493, ord("R"))


def test_a_list_of_two_columns_changes_two_figures(offices: Offices, shared_cases: Path) -> None:
    march = offices.march({"松渡乡更正.xlsx": shared_cases / "reading/M3_partial_correction_list/松渡乡更正.xlsx"}, instead_of=[])
    assert march.figure(B, "outreach_sessions")[0] == 2
    assert march.figure(B, "outreach_participants")[0] == 64
    assert march.figure(B, "households_end")[0] == 493
    assert march.figure(B, "births_m")[0] == 0
    assert len(march.report.loc[B, "reading_ids"].split(",")) == 2
    assert "required_absent" not in _rules(march, B)
    told = _receipt(march, "松渡乡更正.xlsx")
    assert "CB-2273" in told
    assert "CB-2271" not in told


def test_a_copy_from_before_a_correction_undoes_nothing(offices: Offices, shared_cases: Path) -> None:
    source = shared_cases / "reading/C7_list_unfilled_row" / RECEIVED
    first = _filled(source)
    corrected = openpyxl.load_workbook(io.BytesIO(first))
    corrected["汇总表"]["D8"] = 777
    out = io.BytesIO()
    corrected.save(out)
    files = {RECEIVED: first, "松渡乡汇总表（更正）.xlsx": out.getvalue(), "松渡乡汇总表 - 副本.xlsx": first}
    march = offices.march(files)
    assert march.figure(C, "households_end")[0] == 777
    assert "copy_of_former" in _rules(march, C)
    assert "copy_of_former" not in _rules(march, A)  # its figures were not corrected
    assert "CB-2272" in _receipt(march, "副本.xlsx")


@pytest.fixture(scope="module")
def lacking(offices: Offices, shared_cases: Path) -> March:
    """A town's list without 户数 and 期末人口."""
    full = Path(offices._folder / "full.xlsx")
    full.write_bytes(_filled(shared_cases / "reading/C7_list_unfilled_row" / RECEIVED))
    return offices.march({"松渡乡汇总表.csv": _without_columns(full, ("期末户数", "期末人口"))})


def test_columns_left_out_are_one_question_to_the_town(lacking: March) -> None:
    assert (lacking.report["status"] == "accepted").all()
    assert np.isnan(lacking.figure(A, "households_end")[0])
    assert lacking.figure(A, "households_end")[1] == MISSING
    asked = lacking.findings()
    asked = asked[asked["rule"] == "required_absent"]
    assert asked["place_code"].tolist() == [TOWN]
    question = asked.iloc[0]
    assert (question["severity"], question["indicators"].split(",")[0]) == ("near_mandatory", "households_end")
    assert "期末户数" in question["say_zh"]
    assert "4 villages" in question["say_en"]


def test_the_receipt_says_which_columns_the_form_lacks(lacking: March) -> None:
    told = _receipt(lacking, "松渡乡汇总表.csv")
    assert "CB-2271" in told
    assert ("期末户数" in told, "Households (end)" in told, "期末人口" in told) == (True, True, True)


def test_the_table_says_how_many_villages_entered(lacking: March) -> None:
    path = next((lacking.office.home / "outbox" / "2024-03").glob("*_town_table_2024-03.xlsx"))
    cells = [c for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for c in row if c.value is not None]
    notes = [str(cell.value) for cell in cells if str(cell.value).startswith("* ")]
    assert any("期末户数" in note and "8/12" in note for note in notes)
    assert any("*" in cell.number_format for cell in cells if isinstance(cell.value, int | float))
    tidy = list(csv.DictReader((path.parent / "county_2024-03.csv").open(encoding="utf-8-sig")))
    households = next(row for row in tidy if row["indicator"] == "households_end")
    assert (households["n_villages"], households["villages_expected"], households["state"]) == ("8", "12", "in_part")


def test_the_gate_knows(lacking: March) -> None:
    refused: Any = lacking.cunbao("release", "2024-03", "--signed-by", "赵敏")
    assert refused.returncode != 0
    assert "CB-3007" in refused.stderr
    assert "期末户数 8/12" in refused.stderr
    assert "Households (end) 8/12" in refused.stderr


def test_full_reports_are_told_nothing(offices: Offices) -> None:
    march = offices.march({})
    assert not set(march.findings()["rule"]) & {"required_absent", "copy_of_former", "emptied_since", "missing_report"}
    codes = {p["code"] for problems in march.run.values["receipt"]["problems"] for p in problems}
    assert not codes & {"CB-2270", "CB-2271", "CB-2272", "CB-2273"}
