"""The blank return: drawn from the dictionary alone, ready to be filled, printed and read."""

from __future__ import annotations

import io
import json
import re
import zlib
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook, SheetVisibleEnum

from methods.cells import cell_address
from schemas.dictionary import Dictionary, load_dictionary
from schemas.states import MISSING, NOT_APPLICABLE, NOT_COLLECTED, REPORTED
from sinks.checks import CONFIRM, FAIL, PASS, UNKNOWN
from sinks.checksheet import AGREE, CHECK_SHEET
from sinks.grid import address
from sinks.prefill import largest, openings
from sinks.template import IDENTITY_SHEET, SHEET, TITLE, figure_rule, template_bytes, template_grid, write_template
from sinks.villageforms import Village, village_forms
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sinks.offices import convert, fill_in

MONTH = "2024-03"
INVENTED = """
concepts:
  - {code: reading_rooms, section: F, kind: stock, unit: sessions, label: {zh: 农家书屋, en: Reading rooms}}
  - {code: evening_classes, section: F, kind: flow, unit: person_times, breakdown: sex, label: {zh: 夜校人次, en: Evening classes}}
  - {code: old_thing, section: F, kind: flow, unit: items, valid_to: 2024-02, label: {zh: 旧事项, en: Old thing}}
"""


DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
CODE, NAME, TOWN, COUNTY = "990101100201", "龙泉村", "青溪镇", "栖云县"
VILLAGE = {"village_code": CODE, "village_name": NAME, "town_name": TOWN, "county_name": COUNTY}
LAST = {"population_end_m": 500.0, "population_end_f": 480.0, "households_end": 300.0, "only_child_award_eligible": 52.0}
SOUND = {
    "population_start_m": 500, "births_m": 1, "deaths_m": 0, "moved_in_m": 2, "moved_out_m": 3, "population_end_m": 500,
    "population_start_f": 480, "births_f": 0, "deaths_f": 1, "moved_in_f": 0, "moved_out_f": 0, "population_end_f": 479,
    "births_order_1": 1, "births_order_2": 0, "births_order_3plus": 0, "births_in_facility": 1,
}  # fmt: skip
FIGURES = template_grid(DICTIONARY, month=MONTH).figures
HEADS = template_grid(DICTIONARY, month=MONTH).head


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return DICTIONARY


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
        (CHECK_SHEET, SheetVisibleEnum.Visible),
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
    figures = template_grid(dictionary, month=MONTH).figures
    rules = {}
    for rule in sheet.data_validations.dataValidation:
        for area in rule.sqref.ranges:
            assert address((area.min_row - 1, area.min_col - 1)) in str(rule.formula1) or rule.type == "list"  # written for its first cell
            rules |= {(row - 1, column - 1): str(rule.formula1) for row, column in area.cells}
    assert set(figures.values()) <= set(rules)
    assert ">=0" in rules[figures["births_m"]]
    assert ">=0" not in rules[figures["boundary_change_m"]]
    assert "ROUND" in rules[figures["childcare_subsidy_amount"]]
    assert "<=100000" in rules[figures["births_m"]]  # the rule book's own limit
    assert '="—"' in rules[figures["births_m"]]


def test_same_form_same_bytes(dictionary: Dictionary, tmp_path: Path) -> None:
    for name in ("a.xlsx", "b.xlsx"):
        write_template(tmp_path / name, dictionary, month=MONTH, values={"births_m": 3})
    data = (tmp_path / "a.xlsx").read_bytes()
    assert data == (tmp_path / "b.xlsx").read_bytes()
    assert openpyxl.load_workbook(io.BytesIO(data)).properties.created.year == 2024


# -- the round trip ----------------------------------------------------------------------------------------------


def _figure(code: str) -> st.SearchStrategy[Any]:
    numbers = {
        "count": st.integers(0, 100_000),
        "signed": st.integers(-5_000, 5_000),
        "money": st.integers(0, 99_999_999).map(lambda cents: cents / 100),
    }
    return st.one_of(st.none(), st.just("—"), st.just(0), numbers[figure_rule(DICTIONARY, code)])


FILLINGS = st.fixed_dictionaries({code: _figure(code) for code in FIGURES})
SIGNED = {"filled_by": "王秀兰", "checked_by": "李建国", "date_sent": "2024年4月2日"}


def _issued(tmp_path: Path, name: str, filling: Mapping[str, Any]) -> Path:
    """A village's form as issued, opened and filled in."""
    path = tmp_path / name
    (data,) = village_forms(DICTIONARY, MONTH, [Village(CODE, NAME, TOWN, COUNTY, LAST)])
    path.write_bytes(data)
    contents = {address(FIGURES[code]): value for code, value in filling.items()}
    fill_in(path, SHEET, contents | {address(HEADS[field]): text for field, text in SIGNED.items()})
    return path


def _assert_read_exactly(reading: FileReading, filling: Mapping[str, Any]) -> None:
    assert (reading.status, reading.layout, reading.problems) == ("read", "village_form_2024", ())
    (record,) = reading.records
    assert (record.place_code, record.place_name, record.parent_name, record.month) == (CODE, NAME, TOWN, MONTH)
    assert record.texts == ("2024", *SIGNED.values())
    values = dict(zip(DICTIONARY.codes, memoryview(record.values).cast("d"), strict=True))
    states = dict(zip(DICTIONARY.codes, record.states, strict=True))
    plan = json.loads(reading.plans[record.plan_id])
    for code in DICTIONARY.codes:
        wanted = filling.get(code)
        state = {None: MISSING, "—": NOT_APPLICABLE}.get(wanted, REPORTED) if code in FIGURES else NOT_COLLECTED
        assert states[code] == state, code
        assert values[code] == wanted if state == REPORTED else np.isnan(values[code]), code
        if code in FIGURES:
            assert cell_address(plan, code, record.row_no) == f"{SHEET}!{address(FIGURES[code])}"
    assert record.wrong_sums == ""


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(filling=FILLINGS)
def test_what_is_filled_in_is_read_exactly(tmp_path: Path, filling: dict[str, Any]) -> None:
    _assert_read_exactly(FileReader(KIT).read(_issued(tmp_path, "a.xlsx", filling).read_bytes(), "a.xlsx"), filling)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["xlsx", "xls", "ods"])
def test_what_an_office_suite_saves_is_read_exactly(soffice_path: str, tmp_path: Path, kind: str) -> None:
    drawn: list[dict[str, Any]] = []

    @settings(max_examples=6, database=None)
    @given(FILLINGS)
    def draw(filling: dict[str, Any]) -> None:
        drawn.append(filling)

    draw()
    drawn += [dict.fromkeys(FIGURES), dict.fromkeys(FIGURES, 0), dict.fromkeys(FIGURES, "—")]
    files = [_issued(tmp_path, f"{n}.xlsx", filling) for n, filling in enumerate(drawn)]
    reader = FileReader(KIT)
    for path, filling in zip(convert(soffice_path, files, kind, tmp_path / "out"), drawn, strict=True):
        reading = reader.read(path.read_bytes(), path.name)
        assert reading.kind == kind
        _assert_read_exactly(reading, filling)


def test_a_form_for_any_village_names_none(tmp_path: Path) -> None:
    write_template(tmp_path / "a.xlsx", DICTIONARY, month=MONTH)
    (record,) = FileReader(KIT).read((tmp_path / "a.xlsx").read_bytes(), "a.xlsx").records
    assert (record.place_code, record.place_name, record.parent_name, record.month) == ("", "", "", MONTH)
    fill_in(tmp_path / "a.xlsx", SHEET, {address(HEADS["village_code"]): CODE, address(HEADS["village_name"]): NAME})
    (record,) = FileReader(KIT).read((tmp_path / "a.xlsx").read_bytes(), "a.xlsx").records
    assert (record.place_code, record.place_name) == (CODE, NAME)


# -- what is prefilled, locked, limited --------------------------------------------------------------------------


def test_stocks_open_with_what_the_rule_book_says_they_continue() -> None:
    assert openings(DICTIONARY, MONTH) == {"population_start_m": "population_end_m", "population_start_f": "population_end_f"}
    book = openpyxl.load_workbook(io.BytesIO(template_bytes(DICTIONARY, month=MONTH, last=LAST, **VILLAGE)))
    filled = {code: book[SHEET][address(at)].value for code, at in FIGURES.items()}
    assert {code: value for code, value in filled.items() if value is not None} == {"population_start_m": 500, "population_start_f": 480}
    shown = [cell.value for row in book[CHECK_SHEET].iter_rows() for cell in row]
    assert {500, 480, 300, 52} <= {value for value in shown if isinstance(value, int)}


def test_only_entry_cells_are_open_and_no_password_is_needed() -> None:
    book = openpyxl.load_workbook(io.BytesIO(template_bytes(DICTIONARY, month=MONTH, last=LAST, **VILLAGE)))
    sheet, entries = book[SHEET], {address(at) for at in FIGURES.values()} | {address(HEADS[field]) for field in SIGNED}
    corners = {c.coordinate for row in sheet.iter_rows() for c in row if not c.protection.locked and type(c).__name__ == "Cell"}
    assert corners == entries
    for name in (SHEET, CHECK_SHEET):
        assert book[name].protection.sheet
        assert book[name].protection.password is None
        assert not book[name].protection.formatColumns  # False: allowed
    assert all(c.protection.locked for row in book[CHECK_SHEET].iter_rows() for c in row)


def test_closed_sets_are_drop_downs_and_hints_stay_short() -> None:
    sheet = openpyxl.load_workbook(io.BytesIO(template_bytes(DICTIONARY, month=MONTH)))[SHEET]
    lists = {str(v.sqref): str(v.formula1) for v in sheet.data_validations.dataValidation if v.type == "list"}
    months = lists[address(HEADS["report_month"])].strip('"').split(",")
    assert months == [f"2024年{n}月" for n in range(1, 13)]
    assert "2024年4月5日" in lists[address(HEADS["date_sent"])]
    for rule in sheet.data_validations.dataValidation:
        assert len(rule.prompt or "") <= 255
        assert len(rule.error or "") <= 255
        assert len(str(rule.formula1)) <= 255


def test_limits_are_the_rule_book_s(tmp_path: Path) -> None:
    (tmp_path / "ours.yaml").write_text(
        "rules: [{id: in_range, level: 1, severity: mandatory, for_each: {x: {indicators: counts}}, combine: count, observed: '{x}',"
        " relation: le, expected: '777', label: {zh: 范围, en: Range}, say: {zh: 大, en: big}, do: {zh: 请核对。, en: Check.}}]",
        "utf-8",
    )
    limits = largest(load_dictionary([tmp_path]), MONTH)
    assert set(limits.values()) == {777}
    assert "births_m" in limits
    assert "childcare_subsidy_amount" not in limits


def test_a_village_named_like_a_formula_is_no_formula() -> None:
    odd = {**VILLAGE, "village_name": "=1+1", "town_name": "@cmd", "county_name": "-2+3"}
    for data in (
        template_bytes(DICTIONARY, month=MONTH, head={"filled_by": "+86"}, **odd),
        next(village_forms(DICTIONARY, MONTH, [Village(*odd.values())])),
    ):
        sheet = openpyxl.load_workbook(io.BytesIO(data))[SHEET]
        for field, text in (("village_name", "'=1+1"), ("town_name", "'@cmd"), ("county_name", "'-2+3")):
            cell = sheet[address(HEADS[field])]
            assert (cell.data_type, cell.value) == ("s", text)


def test_stamped_forms_are_what_a_single_form_is() -> None:
    villages = [Village(CODE, NAME, TOWN, COUNTY, LAST), Village("990101100202", "柳林村", TOWN, COUNTY)]
    for village, data in zip(villages, village_forms(DICTIONARY, MONTH, villages), strict=True):
        alone = template_bytes(DICTIONARY, month=MONTH, last=village.last, **{k: v for k, v in village._asdict().items() if k != "last"})
        for data_only in (False, True):
            one, two = (openpyxl.load_workbook(io.BytesIO(d), data_only=data_only) for d in (data, alone))
            assert one.sheetnames == two.sheetnames
            for name in one.sheetnames:
                for row, other in zip(one[name].iter_rows(), two[name].iter_rows(), strict=True):
                    for cell, twin in zip(row, other, strict=True):
                        assert (cell.value or None, cell.protection.locked) == (twin.value or None, twin.protection.locked), cell.coordinate
    assert list(village_forms(DICTIONARY, MONTH, villages)) == list(village_forms(DICTIONARY, MONTH, villages))


# -- live checks -------------------------------------------------------------------------------------------------


def _verdicts(path: Path) -> tuple[str, dict[str, str]]:
    """The form's line, and the verdict by the check's Chinese label."""
    book = openpyxl.load_workbook(path, data_only=True)
    rows = [row for row in book[CHECK_SHEET].iter_rows(values_only=True) if row[7] in (PASS, FAIL, CONFIRM, UNKNOWN)]
    line = next(str(row[0]) for row in book[SHEET].iter_rows(min_row=3, values_only=True) if row[0] and "check" in str(row[0]))
    return line, {str(row[1]): str(row[7]) for row in rows}


@pytest.mark.slow
def test_checks_turn_red_when_figures_do_not_balance(soffice_path: str, tmp_path: Path) -> None:
    wrong = SOUND | {
        "births_m": 2,
        "population_start_f": 481,
        "households_end": -3,
        "only_child_award_paid": 9,
        "only_child_award_eligible": 8,
    }
    fillings = {"sound": SOUND, "wrong": wrong, "dash": SOUND | {"deaths_m": "—", "late_births_m": "—"}, "blank": {}}
    files = [_issued(tmp_path, f"{name}.xlsx", filling) for name, filling in fillings.items()]
    made = dict(zip(fillings, convert(soffice_path, files, "xlsx", tmp_path / "out"), strict=True))
    _, told = _verdicts(made["sound"])
    assert {told[f"人口平衡（{sex}）"] for sex in "男女"} == {told["孩次合计等于出生"], told["期初等于上月期末（女）"], PASS}
    line, told = _verdicts(made["wrong"])
    failed = {label for label, verdict in told.items() if verdict == FAIL}
    assert failed == {"人口平衡（男）", "人口平衡（女）", "孩次合计等于出生", "不能为负数", "期初等于上月期末（女）"}
    assert told["实发人数不大于符合条件人数（独生子女父母奖励）"] == CONFIRM
    assert line.startswith("有 5 处不平衡")
    assert "5 check(s) fail" in line
    _, told = _verdicts(made["dash"])
    assert told["人口平衡（男）"] == UNKNOWN  # a dash is no nought, but for rows that are seldom filled
    assert told["人口平衡（女）"] == PASS
    line, told = _verdicts(made["blank"])
    assert told["期初等于上月期末（女）"] == PASS
    assert {verdict for label, verdict in told.items() if "期初" not in label} == {UNKNOWN, PASS}  # the opening figures are whole numbers
    assert not line.startswith(("有", AGREE))
    pages = dict(zip(fillings, convert(soffice_path, list(made.values()), "pdf", tmp_path / "pdf"), strict=True))
    red = {name: _fills(path, (0xFF, 0xC7, 0xCE)) for name, path in pages.items()}
    assert red["wrong"] > 0
    assert red["sound"] == red["blank"] == red["dash"] == 0


def _fills(pdf: Path, colour: tuple[int, int, int]) -> int:
    """How often the first page of a PDF is told to fill with a colour."""
    stream = pdf.read_bytes().partition(b"stream\r\n" if b"stream\r\n" in pdf.read_bytes() else b"stream\n")[2]
    drawing = zlib.decompressobj().decompress(stream).decode("latin-1")
    told = [tuple(map(float, found)) for found in re.findall(r"([\d.]+) ([\d.]+) ([\d.]+) rg", drawing)]
    assert told
    return sum(all(abs(a * 255 - b) < 1 for a, b in zip(one, colour, strict=True)) for one in told)


@pytest.mark.slow
def test_office_suite_prints_the_form_on_one_page(tmp_path: Path, soffice_path: str) -> None:
    files = [tmp_path / "a.xlsx", tmp_path / "b.xlsx"]
    write_template(files[0], DICTIONARY, month=MONTH, values=dict.fromkeys(DICTIONARY.codes, 1234), has_checks=False)
    write_template(files[1], DICTIONARY, month=MONTH, values=dict.fromkeys(DICTIONARY.codes, 1234))
    pages = [path.read_bytes().count(b"/Type/Page/") for path in convert(soffice_path, files, "pdf", tmp_path / "pdf")]
    assert pages == [1, 3]  # the checks take two more
