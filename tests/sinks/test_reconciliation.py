"""The reconciliation workbook: head and foot in both languages, every row once, missing is no zero, places in the order of their codes."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from schemas.dictionary import load_dictionary
from sinks.reconciliation import in_words, write_reconciliation

DICTIONARY = load_dictionary(extra=[])
MONTH = "2024-03"


@pytest.fixture(scope="module")
def found() -> pd.DataFrame:
    def row(source: str, code: str, level: str, place: str, status: str, ours: float, theirs: float) -> dict[str, object]:
        keys = {"month": MONTH, "source": source, "indicator": code, "place_level": level, "place_code": place, "place_name": f"=名{place}"}
        months = {"parent_code": "", "our_month": MONTH, "their_month": MONTH, "span": 1}
        figures = {"ours": ours, "theirs": theirs, "expected": theirs, "low": 1.0, "high": 9.0, "ratio": theirs / ours, "p_value": 0.5}
        return {**keys, **months, **figures, "status": status, "places_compared": 1, "places_expected": 2}

    return pd.DataFrame(
        [
            row("hospital_births", "births", "village", "990101001002", "out_of_line", 1.0, 12.0),
            row("hospital_births", "births", "village", "990101001001", "cannot_tell", np.nan, 3.0),
            row("hospital_births", "births", "county", "990101", "in_line", 250.0, 255.0),
            row("payment_system", "childcare_subsidy_amount", "county", "990101", "in_line", 2319300.5, 2297700.0),
        ]
    )


def _texts(sheet: object) -> list[list[object]]:
    return [[c.value for c in line] for line in sheet.iter_rows()]  # type: ignore[attr-defined]


def test_head_rows_and_foot(found: pd.DataFrame, tmp_path: Path) -> None:
    written = write_reconciliation(tmp_path, found, DICTIONARY, MONTH)
    assert [p.name for p in written] == [f"department_reconciliation_{MONTH}.xlsx", f"department_reconciliation_{MONTH}.csv"]
    book = openpyxl.load_workbook(written[0])
    assert len(book.sheetnames) == 3
    for sheet in book.worksheets:
        words = "\n".join(str(v) for line in _texts(sheet) for v in line if v is not None)
        for wanted in (
            "部门数据对账表",
            "Reconciliation with line departments",
            "报告期 Period：2024年3月",
            "表号 Table",
            "制表机关",
            "统计负责人",
        ):
            assert wanted in words
        assert "不预设哪一边正确" in words
        assert "neither is presumed right" in words
    births = _texts(book.worksheets[1])[7:10]
    assert [line[1] for line in births] == ["990101", "990101001001", "990101001002"]
    assert [line[4] for line in births] == [250, ":", 1]  # missing is no zero
    assert [line[10] for line in births] == ["相符 in line", "无法判断 cannot tell", "相差较大 out of line"]
    assert {cell.number_format for cell in book.worksheets[2][8][4:9]} == {'#,##0.00;-#,##0.00;"–"'}
    assert write_reconciliation(tmp_path, found, DICTIONARY, MONTH) == []


def test_csv_has_every_row_with_names_in_both_languages(found: pd.DataFrame, tmp_path: Path) -> None:
    path = write_reconciliation(tmp_path, found, DICTIONARY, MONTH)[1]
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == len(found)
    assert rows[0]["source_zh"] == "医院分娩出生数"
    assert rows[0]["source_en"] == "Hospital births"
    assert (rows[0]["status_zh"], rows[1]["ours"]) == ("相差较大", "")
    assert not rows[0]["place_name"].startswith("=")  # no program that opens it computes anything


def test_words_for_the_ui(found: pd.DataFrame) -> None:
    shown = in_words(found, DICTIONARY)
    assert shown["office"].iloc[0] == "医院分娩出生数 Hospital births"
    assert shown["figure"].iloc[3] == "育儿补贴（发放金额） Childcare subsidy: Amount paid"
