"""A town's list form: filled in and read exactly, its total by formula, every row checked live."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from methods.cells import cell_address
from schemas.dictionary import load_dictionary
from schemas.states import MISSING, NOT_APPLICABLE, NOT_COLLECTED, REPORTED
from sinks.checksheet import CHECK_SHEET
from sinks.grid import address, column_letters
from sinks.listform import FIRST_ROW, LIST_SHEET, list_form, write_town_list
from sinks.template import figure_rule
from sinks.villageforms import Village
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sinks.offices import convert, fill_in

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
MONTH, TOWN, TOWN_CODE = "2024-03", "青溪镇", "990101100"
LAST = {"population_end_m": 500.0, "population_end_f": 480.0}
VILLAGES = [
    Village("990101100001", "东街居委会", TOWN, "栖云县"),
    Village("990101100201", "龙泉村", TOWN, "栖云县", LAST),
    Village("990101100202", "柳林村", TOWN, "栖云县", LAST),
]
COLUMNS = {code: at[1] for code, at in list_form(DICTIONARY, MONTH, TOWN, VILLAGES, [{}, {}, {}]).figures.items()}
SIGNED = {"filled_by": "王秀兰", "checked_by": "李建国", "date_sent": "2024年4月2日"}

Filling = Sequence[Mapping[str, Any]]


def _figure(code: str) -> st.SearchStrategy[Any]:
    numbers: dict[str, st.SearchStrategy[Any]] = {
        "count": st.integers(0, 100_000),
        "signed": st.integers(-5_000, 5_000),
        "money": st.integers(0, 99_999_999).map(lambda cents: cents / 100),
    }
    return st.one_of(st.none(), st.just("—"), st.just(0), numbers[figure_rule(DICTIONARY, code)])


ROW = st.fixed_dictionaries({code: _figure(code) for code in COLUMNS})
FILLINGS = st.tuples(ROW, ROW, ROW)


def _issued(tmp_path: Path, name: str, filling: Filling) -> Path:
    path = tmp_path / name
    write_town_list(path, DICTIONARY, month=MONTH, town_code=TOWN_CODE, town_name=TOWN, villages=VILLAGES)
    grid = list_form(DICTIONARY, MONTH, TOWN, VILLAGES, [{}, {}, {}])
    contents = {address((FIRST_ROW + n, COLUMNS[code])): value for n, row in enumerate(filling) for code, value in row.items()}
    signed = {address(grid.head[field]): f"{grid.cells[grid.head[field]].value}{text}" for field, text in SIGNED.items()}
    fill_in(path, LIST_SHEET, contents | signed)
    return path


def _assert_read_exactly(reading: FileReading, filling: Filling, *, is_calculated: bool) -> None:
    told = [p for p in reading.problems if is_calculated or p.name != "stale_formula"]  # the total row, which nobody has worked out
    assert (reading.status, reading.layout, told) == ("read", "town_list", [])
    *records, total = reading.records
    assert [(r.place_code, r.place_name, r.parent_name, r.month) for r in records] == [(v[0], v[1], TOWN, MONTH) for v in VILLAGES]
    for n, (record, row) in enumerate(zip(records, filling, strict=True)):
        assert record.texts == ("list", *SIGNED.values())
        values = dict(zip(DICTIONARY.codes, memoryview(record.values).cast("d"), strict=True))
        states = dict(zip(DICTIONARY.codes, record.states, strict=True))
        plan = json.loads(reading.plans[record.plan_id])
        for code in DICTIONARY.codes:
            wanted = row.get(code)
            state = {None: MISSING, "—": NOT_APPLICABLE}.get(wanted, REPORTED) if code in COLUMNS else NOT_COLLECTED
            assert states[code] == state, code
            assert values[code] == wanted if state == REPORTED else np.isnan(values[code]), code
            if code in COLUMNS:
                assert cell_address(plan, code, record.row_no) == f"{LIST_SHEET}!{column_letters(COLUMNS[code])}{FIRST_ROW + n + 1}"
    assert (total.role, total.level, total.place_name) == ("stated", "town", TOWN)
    if is_calculated:
        stated = dict(zip(DICTIONARY.codes, memoryview(total.values).cast("d"), strict=True))
        for code in COLUMNS:
            parts = [row[code] for row in filling if isinstance(row.get(code), int | float)]
            assert stated[code] == pytest.approx(sum(parts), abs=1e-6) if parts else np.isnan(stated[code]), code


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filling=FILLINGS)
def test_what_is_filled_in_is_read_exactly(tmp_path: Path, filling: Filling) -> None:
    reading = FileReader(KIT).read(_issued(tmp_path, "a.xlsx", filling).read_bytes(), "a.xlsx")
    _assert_read_exactly(reading, filling, is_calculated=False)  # openpyxl keeps no results of formulas


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_what_an_office_suite_saves_is_read_exactly(soffice_path: str, tmp_path: Path, kind: str) -> None:
    drawn: list[Filling] = []

    @settings(max_examples=3, database=None)
    @given(FILLINGS)
    def draw(filling: Filling) -> None:
        drawn.append(filling)

    draw()
    drawn += [[dict.fromkeys(COLUMNS, value)] * 3 for value in (None, 0, "—")]
    files = [_issued(tmp_path, f"{n}.xlsx", filling) for n, filling in enumerate(drawn)]
    for path, filling in zip(convert(soffice_path, files, kind, tmp_path / "out"), drawn, strict=True):
        reading = FileReader(KIT).read(path.read_bytes(), path.name)
        assert reading.kind == kind
        _assert_read_exactly(reading, filling, is_calculated=True)


@pytest.mark.slow
def test_every_row_is_checked_live(soffice_path: str, tmp_path: Path) -> None:
    balanced = dict.fromkeys(("births_m", "deaths_m", "moved_in_m", "moved_out_m"), 0) | dict.fromkeys(
        ("population_end_m", "population_start_m"), 500
    )
    path = _issued(tmp_path, "a.xlsx", [{}, balanced, balanced | {"population_end_m": 499, "population_start_m": 498, "divorces": 1.5}])
    (made,) = convert(soffice_path, [path], "xlsx", tmp_path / "out")
    book = openpyxl.load_workbook(made, data_only=True)
    sheet = book[CHECK_SHEET]
    heads = {str(cell.value): cell.column for cell in sheet[5] if cell.value}
    told = [[sheet.cell(row, heads[name]).value for name in ("人口平衡（男）", "期初等于上月期末（男）", "应为整数")] for row in (7, 8, 9)]
    assert [[value if value != "" else None for value in row] for row in told] == [[None, None, None], [0, 0, 0], [1, 1, 1]]
    assert [sheet.cell(row, 4).value for row in (7, 8, 9)] == [0, 0, 3]
    assert str(book[LIST_SHEET]["A2"].value).startswith("有 3 处不平衡")


def test_figures_are_limited_locked_and_opened_as_on_the_village_s_form(tmp_path: Path) -> None:
    write_town_list(tmp_path / "a.xlsx", DICTIONARY, month=MONTH, town_code=TOWN_CODE, town_name="=1镇", villages=VILLAGES)
    book = openpyxl.load_workbook(tmp_path / "a.xlsx")
    sheet = book[LIST_SHEET]
    assert str(sheet["A1"].value).startswith("'=1镇")
    assert sheet["A1"].data_type == "s"
    start = column_letters(COLUMNS["population_start_m"])
    assert [sheet[f"{start}{FIRST_ROW + n}"].value for n in (1, 2, 3)] == [None, 500, 500]
    assert (sheet[f"{start}{FIRST_ROW + 1}"].protection.locked, sheet[f"B{FIRST_ROW + 1}"].protection.locked) == (False, True)
    rules = {str(v.sqref): str(v.formula1) for v in sheet.data_validations.dataValidation}
    assert "<=100000" in rules[f"{start}{FIRST_ROW + 1}:{start}{FIRST_ROW + 3}"]
    assert sheet.protection.sheet
    assert book[CHECK_SHEET].protection.sheet
    facts = {row[0]: row[1] for row in book["_cunbao"].iter_rows(values_only=True)}
    assert (facts["form"], facts["town_code"], facts["report_month"]) == ("town_list", TOWN_CODE, MONTH)
    assert book["_cunbao"].sheet_state == "veryHidden"


def test_same_list_same_bytes_and_a_town_without_villages_has_none(tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_town_list(tmp_path / name, DICTIONARY, month=MONTH, town_code=TOWN_CODE, town_name=TOWN, villages=VILLAGES)
    assert (tmp_path / "a.xlsx").read_bytes() == (tmp_path / "b.xlsx").read_bytes()
    write_town_list(tmp_path / "c.xlsx", DICTIONARY, month=MONTH, town_code=TOWN_CODE, town_name=TOWN, villages=[])
    assert openpyxl.load_workbook(io.BytesIO((tmp_path / "c.xlsx").read_bytes())).sheetnames == [LIST_SHEET, CHECK_SHEET, "_cunbao"]
