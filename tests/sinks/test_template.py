"""The blank return: drawn from the dictionary alone, ready to be filled, printed and read."""

from __future__ import annotations

import io
import subprocess
from itertools import pairwise
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from schemas.dictionary import Dictionary, load_dictionary
from sinks.template import IDENTITY_SHEET, SHEET, TITLE, template_grid, write_template

MONTH = "2024-03"
INVENTED = """
concepts:
  - {code: reading_rooms, section: F, kind: stock, unit: sessions, label: {zh: 农家书屋, en: Reading rooms}}
  - {code: evening_classes, section: F, kind: flow, unit: person_times, breakdown: sex, label: {zh: 夜校人次, en: Evening classes}}
  - {code: old_thing, section: F, kind: flow, unit: items, valid_to: 2024-02, label: {zh: 旧事项, en: Old thing}}
"""


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary(extra=[])


def _sheet(path: Path) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(SHEET).to_python(skip_empty_area=False)


def _read_by_labels(rows: list[list[Any]], dictionary: Dictionary) -> dict[str, Any]:
    """A reader of its own: the concept's label in column B, the member's in the last header row above."""
    concepts = {c.label.zh: c for c in dictionary.concepts.values()}
    found: dict[str, Any] = {}
    header: list[Any] = []
    for row in rows:
        if row[0] == "序号":
            header = row
        elif row[1] in concepts and isinstance(row[0], float):
            for indicator in dictionary.indicators_of(concepts[row[1]].code):
                label = indicator.member.label.zh if indicator.member else "本月数"
                found[indicator.code] = row[header.index(label)]
    return found


def test_every_figure_stands_under_its_labels(dictionary: Dictionary, tmp_path: Path) -> None:
    values = {code: float(n) for n, code in enumerate(dictionary.codes, start=100)}
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH, values=values)
    assert _read_by_labels(_sheet(tmp_path / "a.xlsx"), dictionary) == values


def test_blank_form_has_every_row_and_no_figure(dictionary: Dictionary, tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH)
    rows = _sheet(tmp_path / "a.xlsx")
    found = _read_by_labels(rows, dictionary)
    assert list(found) == [i.code for i in dictionary.in_force(MONTH)]
    assert set(found.values()) == {""}
    assert rows[0][0] == TITLE


def test_head_stands_beside_its_labels(dictionary: Dictionary, tmp_path: Path) -> None:
    names = {"village_code": "990101100201", "village_name": "龙泉村", "town_name": "青溪镇", "county_name": "栖云县"}
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH, head={"filled_by": "王秀兰"}, **names)
    cells = [cell for row in _sheet(tmp_path / "a.xlsx") for cell in row]
    beside = {cell: after for cell, after in pairwise(cells) if cell}
    for code, value in {**names, "report_month": "2024年3月", "form_version": "2024", "filled_by": "王秀兰"}.items():
        assert beside[dictionary.head[code].label.zh] == value


def test_identity_sheet_is_very_hidden(dictionary: Dictionary, tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH, village_code="990101100201")
    book = CalamineWorkbook.from_path(tmp_path / "a.xlsx")
    assert [(s.name, s.visible) for s in book.sheets_metadata] == [
        (SHEET, SheetVisibleEnum.Visible),
        (IDENTITY_SHEET, SheetVisibleEnum.VeryHidden),
    ]
    facts = dict(book.get_sheet_by_name(IDENTITY_SHEET).to_python())
    assert facts["village_code"] == "990101100201"
    assert facts["report_month"] == MONTH
    assert facts["dictionary"] == dictionary.version


def test_a_concept_invented_in_yaml_shows_by_itself(tmp_path: Path) -> None:
    (tmp_path / "county").mkdir()
    (tmp_path / "county" / "more.yaml").write_text(INVENTED, "utf-8")
    extended = load_dictionary(extra=[tmp_path / "county"])
    values = {"reading_rooms": 2.0, "evening_classes_m": 7.0, "evening_classes_f": 9.0}
    write_template(tmp_path / "a.xlsx", extended, month=MONTH, values=values)
    rows = _sheet(tmp_path / "a.xlsx")
    found = _read_by_labels(rows, extended)
    assert {code: found[code] for code in values} == values
    assert next(row[6] for row in rows if row[1] == "夜校人次") == 16.0
    assert "old_thing" not in found
    assert "old_thing" in template_grid(extended, month="2024-02").figures


def test_totals_are_formulas_with_their_value(dictionary: Dictionary, tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH, values={"births_m": 3, "births_f": 4, "deaths_m": None})
    at = template_grid(dictionary, month=MONTH).figures["births_m"][0] + 1
    computed = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=True)[SHEET]
    written = openpyxl.load_workbook(tmp_path / "a.xlsx")[SHEET]
    assert (computed[f"G{at}"].value, written[f"G{at}"].value) == (7, f'=IF(COUNT(E{at}:F{at})=0,"",SUM(E{at}:F{at}))')
    assert computed[f"G{at + 1}"].value in ("", None)


def test_only_suitable_numbers_can_be_typed(dictionary: Dictionary, tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH)
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx")[SHEET]
    rules = {str(v.sqref): str(v.formula1) for v in sheet.data_validations.dataValidation}
    figures = template_grid(dictionary, month=MONTH).figures
    assert len(rules) == len(figures)
    cells = {code: f"{'EFGHI'[column - 4]}{row + 1}" for code, (row, column) in figures.items()}
    assert ">=0" in rules[cells["births_m"]]
    assert ">=0" not in rules[cells["boundary_change_m"]]
    assert "ROUND" in rules[cells["childcare_subsidy_amount"]]


def test_same_form_same_bytes(dictionary: Dictionary, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_template(tmp_path / name, dictionary, month=MONTH, values={"births_m": 3})
    data = (tmp_path / "a.xlsx").read_bytes()
    assert data == (tmp_path / "b.xlsx").read_bytes()
    assert openpyxl.load_workbook(io.BytesIO(data)).properties.created.year == 2024


@pytest.mark.slow
def test_office_suite_prints_the_form_on_one_page(dictionary: Dictionary, tmp_path: Path, soffice_path: str) -> None:
    write_template(tmp_path / "a.xlsx", dictionary, month=MONTH, values=dict.fromkeys(dictionary.codes, 1234))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice_path, "--headless", profile, "--convert-to", "pdf", "--outdir", str(tmp_path), str(tmp_path / "a.xlsx")]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pdf = (tmp_path / "a.pdf").read_bytes()
    assert pdf.count(b"/Type/Page/") + pdf.count(b"/Type/Page\n") == 1
