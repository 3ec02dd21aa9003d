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
    name = next(p for p in (offices.office().inbox / MONTH).iterdir() if VILLAGE in p.name)
    book = openpyxl.load_workbook(name)
    sheet = book.worksheets[0]
    first = next(row for row in range(1, sheet.max_row) if str(sheet.cell(row, 1).value).startswith("七、"))
    sheet.delete_rows(first, sheet.max_row)
    buffer = io.BytesIO()
    book.save(buffer)
    return offices.march({name.name: buffer.getvalue()})


def _receipts(march: March) -> str:
    return "\n".join(p.read_text(encoding="utf-8") for p in (march.office.home / "outbox").rglob("*") if p.suffix in (".txt", ".html"))


def test_the_receipt_names_the_figures_that_have_no_row(shortened: March) -> None:
    assert shortened.figure(VILLAGE, "outreach_sessions")[1] == NOT_COLLECTED
    assert shortened.figure(VILLAGE, "births_m")[1] == REPORTED
    words = _receipts(shortened)
    told = words[words.index("CB-2238") :][:2000]
    assert "宣传服务活动" in told
    assert "期初人口" not in told


def test_forms_with_all_their_rows_are_told_nothing(shortened: March) -> None:
    outbox = shortened.office.home / "outbox"
    told = [p.name for p in outbox.rglob("*.txt") if "CB-2238" in p.read_text(encoding="utf-8")]
    assert len(told) <= 1, told
    assert told or sum("CB-2238" in p.read_text(encoding="utf-8") for p in outbox.rglob("*.html")) >= 1


def test_what_is_not_required_is_no_question(shortened: March) -> None:
    asked = shortened.findings(VILLAGE)
    assert not asked["rule"].isin(["required_absent"]).any()
