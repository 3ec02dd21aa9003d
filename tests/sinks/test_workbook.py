"""Official tables: golden dumps, and every figure computed another way."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
from openpyxl.worksheet.worksheet import Worksheet

from schemas.frames import FINDING_COLUMNS
from sinks.columns import leaves_of
from sinks.workbook import write_listing, write_table
from tests.sinks.offices import convert
from tests.sinks.published import MONTH, county, dictionary, plain_sum, report, towns

Golden = Callable[[str, str], None]


def dump(path: Path) -> str:
    """Every sheet as text: merged ranges, then each filled cell with its number format."""
    lines = []
    for sheet in openpyxl.load_workbook(path):
        lines.append(f"== {sheet.title} freeze={sheet.freeze_panes} pages={sheet.page_setup.fitToWidth}x{sheet.page_setup.fitToHeight}")
        lines += [f"merged {area}" for area in sorted(str(r) for r in sheet.merged_cells.ranges)]
        for row in sheet.iter_rows():
            lines += [f"{c.coordinate}\t{c.value}\t{c.number_format}" for c in row if c.value is not None]
    return "\n".join(lines) + "\n"


def write_town_table(path: Path) -> bool:
    return write_table(
        path, dictionary().tables["town_table"], towns(), total=county(), dictionary=dictionary(), month=MONTH, reporting_unit="清河县",
        missing_villages=["石桥村", "西沟村"],
    )  # fmt: skip


def write_county_table(path: Path) -> bool:
    table = dictionary().tables["county_table"]
    return write_table(
        path, table, county(), total=None, dictionary=dictionary(), month=MONTH, reporting_unit="清河县", missing_villages=[]
    )


def findings() -> pd.DataFrame:
    row = dict.fromkeys(FINDING_COLUMNS, "") | {
        "severity": "mandatory", "place_code": "990101100202", "place_name": "=柳林村", "cells": "月报!E17", "level": 1,
        "say_zh": "期末人口填 5，应为 4。", "say_en": "Population at end is 5, not 4.", "do_zh": "请核对。", "do_en": "Please check.",
        "observed": 5.0, "expected": 4.0, "gap": 1.0,
    }  # fmt: skip
    return pd.DataFrame([row])


def write_a_listing(path: Path) -> bool:
    of_town = report()[report()["town_code"] == "990101100"].reset_index(drop=True)
    return write_listing(path, of_town, findings(), dictionary=dictionary(), month=MONTH, town_name="青溪镇")


@pytest.mark.parametrize(
    ("name", "write"), [("town_table", write_town_table), ("county_table", write_county_table), ("town_listing", write_a_listing)]
)
def test_table_is_the_golden_one_and_repeatable(name: str, write: Callable[[Path], bool], tmp_path: Path, golden: Golden) -> None:
    path = tmp_path / f"{name}.xlsx"
    assert write(path)
    golden(f"{name}.txt", dump(path))
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    assert not write(path)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def body(sheet: Worksheet) -> dict[str, list[object]]:
    """Place → its cells, from the third column on."""
    rows = list(sheet.iter_rows(min_row=9, values_only=True))
    return {str(row[1]): list(row[2:]) for row in rows if row[1]}


def test_every_total_is_the_plain_sum_of_what_was_reported(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_town_table(path)
    book, compared = openpyxl.load_workbook(path), 0
    for part in dictionary().tables["town_table"].parts:
        leaves = leaves_of(part, dictionary(), MONTH)
        if not all(set(leaf.codes) <= set(dictionary().codes) for leaf in leaves):
            continue
        shown = body(book[part.title.zh])
        for place, town in (("合计 Total", ""), ("青溪镇", "990101100"), ("白云乡", "990101200")):
            for leaf, cell in zip(leaves, shown[place], strict=False):
                sums = [plain_sum(code, town) for code in leaf.codes]
                expected = ":" if None in sums else sum(s for s in sums if s is not None)
                assert cell == expected, (part.title.en, place, leaf)
                compared += 1
    assert compared == 3 * (len(dictionary().codes) + 11)  # eleven additive concepts have a total column


def test_zero_and_not_available_look_different(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_a_listing(path)
    cells = [c for row in openpyxl.load_workbook(path)["户籍人口"].iter_rows(min_row=5) for c in row]
    assert any(c.value == 0 and c.number_format.endswith('"–"') for c in cells)
    assert any(c.value == ":" for c in cells)


def test_what_villages_wrote_never_becomes_a_formula(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_a_listing(path)
    values = [c for sheet in openpyxl.load_workbook(path) for row in sheet.iter_rows() for c in row if c.value is not None]
    assert any(str(c.value).startswith("=柳林村") for c in values)
    assert all(c.data_type != "f" for c in values)


def test_places_stand_in_order_of_their_code(tmp_path: Path) -> None:
    path = tmp_path / "t.xlsx"
    write_town_table(path)
    for sheet in openpyxl.load_workbook(path):
        codes = [c.value for c in sheet["A"][8:] if c.value and str(c.value).isdigit()]
        assert codes == sorted(codes) == ["990101100", "990101200"]


@pytest.mark.parametrize("write", [write_town_table, write_county_table, write_a_listing], ids=["town", "county", "listing"])
def test_pages_end_where_we_end_them(write: Callable[[Path], bool], soffice_path: str, tmp_path: Path) -> None:
    """An office's program without our fonts draws columns wider: none may fall on a page of its own."""
    path = tmp_path / "t.xlsx"
    write(path)
    sheets = openpyxl.load_workbook(path).worksheets
    (printed,) = convert(soffice_path, [path], "pdf", tmp_path / "out")
    assert len(re.findall(rb"/Type\s*/Page\b", printed.read_bytes())) == sum(1 + len(sheet.col_breaks.brk) for sheet in sheets)
