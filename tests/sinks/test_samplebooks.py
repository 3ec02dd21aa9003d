"""The sample county's files: what is in them is what the truth says, in every dialect, and always the same bytes."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import subprocess
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from python_calamine import CalamineWorkbook

from methods.simulate.county import simulate_county
from schemas.dictionary import Dictionary, load_dictionary
from schemas.sample import SampleCounty, SampleSummary
from schemas.states import NOT_COLLECTED, REPORTED, state_column
from sinks.samplebooks import messy
from sinks.samplebooks.county import write_sample_files
from sinks.template import write_template
from sources.values import ValueReader, value_reader

MONTHS = ["2024-01", "2024-02"]


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary(extra=[])


@pytest.fixture(scope="module")
def county(dictionary: Dictionary) -> SampleCounty:
    return simulate_county(np.random.default_rng(11), dictionary, months=MONTHS, towns=12, villages=120)


@pytest.fixture(scope="module")
def written(county: SampleCounty, dictionary: Dictionary, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, SampleSummary]:
    folder = tmp_path_factory.mktemp("sample")
    return folder, write_sample_files(folder, county, dictionary)


@pytest.fixture(scope="module")
def folder(written: tuple[Path, SampleSummary]) -> Path:
    return written[0]


@pytest.fixture(scope="module")
def truth(folder: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((folder / "truth.json").read_text("utf-8"))
    return loaded


@pytest.fixture(scope="module")
def shown(folder: Path) -> pd.DataFrame:
    return pd.read_parquet(folder / "truth" / "shown.parquet")


@pytest.fixture(scope="module")
def reader(dictionary: Dictionary) -> ValueReader:
    words = dictionary.value_words
    return value_reader(
        zero=words.zero,
        missing=words.missing,
        not_applicable=words.not_applicable,
        not_collected=words.not_collected,
        suffixes=[s for unit in dictionary.units.values() for s in unit.suffixes],
    )


def _cells(path: Path, sheet: str) -> list[list[Any]]:
    return CalamineWorkbook.from_path(path).get_sheet_by_name(sheet).to_python(skip_empty_area=False)


def _at(rows: list[list[Any]], text: str) -> Any:
    found = re.fullmatch(r"([A-Z]+)(\d+)", text)
    assert found is not None
    column = 0
    for letter in found[1]:
        column = 26 * column + ord(letter) - 64
    return rows[int(found[2]) - 1][column - 1]


def _address(form: dict[str, Any], row: int, code: str) -> str | None:
    return f"{form['columns'][code]}{row}" if row else form["figures"].get(code)


def test_every_cell_holds_what_the_truth_says_it_shows(
    folder: Path, truth: dict[str, Any], shown: pd.DataFrame, dictionary: Dictionary, reader: ValueReader
) -> None:
    opened: dict[str, list[list[Any]]] = {}
    compared = 0
    for record in shown.to_dict("records"):
        form = truth["forms"][record["form"]]
        rows = opened.setdefault(record["file"], []) or opened[record["file"]]
        if not rows:
            rows.extend(_cells(folder / record["file"], form["sheet"]))
        for code in dictionary.codes:
            where = _address(form, record["row"], code)
            if where is None:
                assert record[state_column(code)] == NOT_COLLECTED
                continue
            value, state = reader.read(_at(rows, where))
            wanted = (record[code], record[state_column(code)])
            assert (state, np.isnan(value)) == (wanted[1], np.isnan(wanted[0])), (record["file"], where)
            assert np.isnan(value) or value == wanted[0], (record["file"], where)
            compared += 1
    assert compared > 15_000


def test_head_is_where_the_truth_says(folder: Path, truth: dict[str, Any], shown: pd.DataFrame) -> None:
    for record in shown[shown["row"] == 0].to_dict("records"):
        form = truth["forms"][record["form"]]
        rows = _cells(folder / record["file"], form["sheet"])
        assert _at(rows, form["head"]["village_code"]) == record["village_code"]
        assert _at(rows, form["head"]["village_name"]) == record["village_name"]
        month = str(_at(rows, form["head"]["report_month"]))
        assert record["head_month"][:4] in month.translate(str.maketrans("０１２３４５６７８９", "0123456789"))


def test_same_county_same_bytes_and_file_times(folder: Path, county: SampleCounty, dictionary: Dictionary, tmp_path: Path) -> None:
    write_sample_files(tmp_path, county, dictionary)

    def prints(root: Path) -> dict[str, tuple[str, float]]:
        files = [p for p in root.rglob("*") if p.is_file()]
        return {
            str(p.relative_to(root)): (
                hashlib.sha256(p.read_bytes()).hexdigest(),
                p.stat().st_mtime if "inbox" in p.parts else 0.0,
            )
            for p in files
        }

    assert len(prints(folder)) > 200
    assert prints(folder) == prints(tmp_path)


def test_summary_counts_what_is_there(written: tuple[Path, SampleSummary], county: SampleCounty) -> None:
    folder, summary = written
    files = [p for p in (folder / "inbox").rglob("*") if p.is_file()]
    assert (summary.files, summary.size_bytes) == (len(files), sum(p.stat().st_size for p in files))
    assert (summary.towns, summary.villages) == (12, 120)
    assert sum(summary.mistakes.values()) == len(county.mistakes)
    assert {p.suffix for p in files} == {".xlsx", ".xls", ".ods"}


def test_a_stamped_form_is_the_template_filled_in(
    folder: Path, truth: dict[str, Any], shown: pd.DataFrame, dictionary: Dictionary, tmp_path: Path
) -> None:
    record = shown[shown["dialect"] == "template"].iloc[0]
    stamped = openpyxl.load_workbook(folder / record["file"])
    values = {c: record[c] if record[state_column(c)] == REPORTED else None for c in dictionary.codes}
    head = {code: stamped["月报"][at].value for code, at in truth["forms"][record["form"]]["head"].items()}
    names = {code: head.pop(code) for code in ("village_code", "village_name", "town_name", "county_name")}
    write_template(tmp_path / "a.xlsx", dictionary, month=record["month"], values=values, head=head, has_checks=False, **names)
    for data_only in (False, True):
        one = openpyxl.load_workbook(folder / record["file"], data_only=data_only)
        two = openpyxl.load_workbook(tmp_path / "a.xlsx", data_only=data_only)
        assert one.sheetnames == two.sheetnames
        for name in one.sheetnames:
            for row, other in zip(one[name].iter_rows(), two[name].iter_rows(), strict=True):
                for cell, twin in zip(row, other, strict=True):
                    if cell.value in ("—", "", None):
                        assert twin.value in ("", None)
                    else:
                        assert cell.value == twin.value, cell.coordinate
                    assert (cell.number_format, cell.fill.bgColor.rgb) == (twin.number_format, twin.fill.bgColor.rgb)


def test_workbooks_open_in_openpyxl_without_a_warning(folder: Path, shown: pd.DataFrame) -> None:
    with warnings.catch_warnings(action="error"):
        for dialect in ("template", "form2023", "messy", "list"):
            file = shown.loc[shown["dialect"] == dialect, "file"].iloc[-1]
            assert openpyxl.load_workbook(folder / file).worksheets[0].max_row > 8


def test_copies_are_copies_and_conflicts_are_not(folder: Path, truth: dict[str, Any]) -> None:
    kinds = [m for m in truth["mistakes"] if m["kind"] in ("duplicate", "conflicting_duplicate")]
    assert len(kinds) >= 4
    for mistake in kinds:
        one, two = (folder / file for file in mistake["files"])
        assert (one.read_bytes() == two.read_bytes()) == (mistake["kind"] == "duplicate")
        earlier, later = sorted((one, two), key=lambda p: p.stat().st_mtime)
        assert later == (one if mistake["kind"] == "duplicate" else two)
        assert earlier != later


def test_cells_of_figure_mistakes_hold_the_wrong_figure(folder: Path, truth: dict[str, Any], reader: ValueReader) -> None:
    checked = 0
    for mistake in truth["mistakes"]:
        for code, wrong in mistake["shown"].items():
            sheet, where = mistake["cells"][code].split("!")
            value, _ = reader.read(_at(_cells(folder / mistake["files"][0], sheet), where))
            assert value == wrong
            assert wrong != mistake["true"][code]
            checked += 1
    assert checked > 20


def test_town_lists_state_their_sums_but_for_what_was_planted(folder: Path, truth: dict[str, Any], shown: pd.DataFrame) -> None:
    lists = {k: f for k, f in truth["forms"].items() if k.startswith("list@")}
    planted = {
        (m["files"][0], code): m["shown"][code]
        for m in truth["mistakes"]
        if m["kind"] == "stated_total_mismatch"
        for code in m["indicators"]
    }
    assert len(lists) == 4
    assert planted
    for form in lists.values():
        rows = _cells(folder / form["file"], form["sheet"])
        assert rows[form["total_row"] - 1][2] == "合计"
        assert any(row[2] == "村委会小计" for row in rows)
        villages = shown[shown["file"] == form["file"]]
        for code, letters in form["columns"].items():
            stated, true = _at(rows, f"{letters}{form['total_row']}"), round(villages[code].sum(), 2)
            wanted = planted.get((form["file"], code), true if villages[code].notna().any() else "")
            assert stated == pytest.approx(wanted, abs=0.005), code


def test_old_form_carries_its_old_rows_and_not_the_new_ones(folder: Path, shown: pd.DataFrame) -> None:
    file = shown.loc[shown["dialect"] == "form2023", "file"].iloc[0]
    rows = _cells(folder / file, "Sheet1")
    labels = {row[1]: row[3] for row in rows}
    assert isinstance(labels["社会抚养费"], float)
    assert isinstance(labels["计划外出生"], float)
    assert not any("育儿补贴" in str(label) for label in labels)
    assert "期末总人口" in labels


def test_messy_forms_are_messy(folder: Path, shown: pd.DataFrame) -> None:
    texts: set[str] = set()
    for file in shown.loc[shown["dialect"] == "messy", "file"].unique():
        sheet = CalamineWorkbook.from_path(folder / file).get_sheet_by_name("月报表")
        texts |= {row[4] for row in sheet.to_python(skip_empty_area=False) if isinstance(row[4], str)}
        assert len(sheet.merged_cell_ranges or ()) > 20
    for pattern in (r"[０-９]+", r"\d+人", r"[０-９]+人", r"\d{1,3},\d{3}", "无", "—", r"\d+", "[一二三四五六七八九十]+"):
        assert any(re.fullmatch(pattern, text) for text in texts), pattern


@pytest.mark.parametrize(("number", "text"), [(1, "一"), (10, "十"), (12, "十二"), (20, "二十"), (99, "九十九")])
def test_chinese_numerals(number: int, text: str) -> None:
    assert messy.chinese_numeral(number) == text


@pytest.mark.slow
def test_office_suite_opens_every_kind_of_file(
    folder: Path, truth: dict[str, Any], shown: pd.DataFrame, tmp_path: Path, soffice_path: str
) -> None:
    """LibreOffice recalculates what it opens: the sums it finds are those that the files state."""
    records = {d: shown[(shown["dialect"] == d) & (shown["row"] == 0)].iloc[0] for d in ("template", "messy", "xls", "ods")}
    for dialect, record in records.items():
        target = tmp_path / f"{dialect}{Path(record['file']).suffix}"
        target.write_bytes((folder / record["file"]).read_bytes())
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice_path, "--headless", profile, "--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76", "--outdir", str(tmp_path)]
    subprocess.run([*command, *(str(p) for p in tmp_path.glob("*.*"))], check=True, capture_output=True, timeout=120)
    for dialect, record in records.items():
        with (tmp_path / f"{dialect}.csv").open(encoding="utf-8", newline="") as file:
            rows = list(csv.reader(file))
        form = truth["forms"][record["form"]]
        assert _at(rows, form["head"]["village_code"]) == record["village_code"]
        if dialect != "messy":
            start = form["figures"]["population_end_m"]
            assert _at(rows, start) == f"{record['population_end_m']:.0f}"
            total = record["population_end_m"] + record["population_end_f"]
            assert _at(rows, f"G{start[1:]}") == f"{total:.0f}"
