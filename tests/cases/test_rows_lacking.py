"""A village's form whose last rows were deleted, or whose last page is missing: its receipt says which figures are nowhere."""

from __future__ import annotations

import io

import openpyxl
import pytest

from schemas.states import NOT_COLLECTED, REPORTED
from tests.cases.office import MONTH, VILLAGES, March, Offices

VILLAGE = VILLAGES[1]


@pytest.fixture(scope="module")
def shortened(offices: Offices) -> March:
    """The form as the clerk sent it, without the benefits and the outreach below them."""
    form = next(p for p in (offices.office().inbox / MONTH).iterdir() if VILLAGE in p.name)
    book = openpyxl.load_workbook(form)
    sheet = book.worksheets[0]
    first = next(row for row in range(1, sheet.max_row) if str(sheet.cell(row, 1).value).startswith("七、"))
    sheet.delete_rows(first, sheet.max_row)
    buffer = io.BytesIO()
    book.save(buffer)
    return offices.march({form.name: buffer.getvalue()})


def _told(march: March) -> dict[str, str]:
    """File → what its receipt says of rows that are lacking, in both languages; files of which it says nothing are left out."""
    receipts = march.run.values["receipt"]
    said = {
        path: [f"{p['say_zh']} {p['say_en']}" for p in problems if p["code"] == "CB-2238"]
        for path, problems in zip(receipts["rel_path"], receipts["problems"], strict=True)
    }
    assert all(len(words) <= 1 for words in said.values())
    return {path: words[0] for path, words in said.items() if words}


def test_the_receipt_names_the_figures_that_have_no_row(shortened: March) -> None:
    assert shortened.figure(VILLAGE, "outreach_sessions")[1] == NOT_COLLECTED
    assert shortened.figure(VILLAGE, "births_m")[1] == REPORTED
    ((path, words),) = _told(shortened).items()  # every other form has all its rows
    assert VILLAGE in path
    assert "“八、宣传服务活动”整节" in words
    assert "all of “F. Outreach”" in words
    assert "28 个数" in words
    assert "期初人口" not in words


def test_what_is_not_required_is_no_question(shortened: March) -> None:
    assert "required_absent" not in set(shortened.findings(VILLAGE)["rule"])
