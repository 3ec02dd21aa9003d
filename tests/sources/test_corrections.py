"""Texts that correct a figure: beside it, below the table, in a text box, a header or a footer; told, in every format, and never read."""

from __future__ import annotations

import copy
import io
from typing import Any

import pytest
import xlsxwriter

from schemas.states import REPORTED
from sources.corrections import Corrections
from sources.reading import FileReader
from tests.sources.test_cells_asked import KIT, LIST, ROWS, as_ods, as_xls, as_xlsb, as_xlsx, names, read, state, value

FORMATS = {"xlsx": as_xlsx, "xls": as_xls, "ods": as_ods, "xlsb": as_xlsb}
SAID = ["应为33", "更正：参加人次32改为33", "上面的 32 应是 33 人", "should be 33"]


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("said", SAID)
def test_a_text_that_says_what_a_figure_should_be_is_told_with_its_cell(kind: str, said: str) -> None:
    beside, below = copy.deepcopy(ROWS), copy.deepcopy(ROWS)
    beside[57][5] = said
    below.append(["", said, *[""] * 7])
    listed = [[*row, ""] for row in LIST]
    listed[3][7] = said
    for rows, at, code in (
        (beside, "F58", "outreach_participants"),
        (below, f"B{len(below)}", "outreach_participants"),
        (listed, "H4", "outreach_participants"),
    ):
        got = read(FORMATS[kind](rows, []))
        (told,) = [p for p in got.problems if p.name == "corrected_beside"]
        assert told.cell == at
        assert (value(got, code), state(got, code)) == (32, REPORTED)


@pytest.mark.parametrize(
    "said", ["没有发生请改为0", "应填0", "应为2024年3月", "请在5日前报送", "格式改为数值", "应填3项", "比上月多3人，因迁入"]
)
def test_instructions_and_days_correct_nothing(said: str) -> None:
    rows = copy.deepcopy(ROWS)
    rows.append(["", said, *[""] * 7])
    assert "corrected_beside" not in names(read(as_xlsx(rows, [])))


def drawn(rows: list[list[Any]], *, box: str = "", footer: str = "") -> bytes:
    """The form by xlsxwriter with a text box or a footer."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True})
    sheet = book.add_worksheet("月报")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    if box:
        sheet.insert_textbox(70, 1, box)
    if footer:
        sheet.set_footer(footer)
    book.close()
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("box", "footer", "told"),
    [
        ("出生应为13", "", "corrected_drawn"),
        ("", "&L更正：出生改为13&R&P", "corrected_edge"),
        ("审核：王建国", "", ""),
        ("", "&L青溪镇统计站&C第 &P 页 共 &N 页&R2024年4月5日", ""),
    ],
)
def test_text_boxes_and_footers_that_correct_are_told_and_others_are_not(box: str, footer: str, told: str) -> None:
    got = names(read(drawn(ROWS, box=box, footer=footer)))
    assert got & {"corrected_drawn", "corrected_edge"} == ({told} if told else set())


def test_the_words_are_the_dictionarys() -> None:
    assert Corrections(KIT.corrections).says("应为13")
    assert not Corrections(["rather"]).says("应为13")
    assert Corrections(["rather"]).says("rather 13")
    assert not Corrections([]).says("13")


def test_the_cell_is_named_in_a_text_whose_rows_have_different_lengths() -> None:
    lines = [",".join(str(cell) for cell in row) for row in LIST]
    lines[0], lines[3] = LIST[0][0], lines[3] + ",应为33"
    got = read("\n".join(lines).encode())
    assert [p.cell for p in got.problems if p.name == "corrected_beside"] == ["H4"]


def test_a_footer_that_corrects_is_seen_in_every_filling_of_a_form_that_was_met_before() -> None:
    reader = FileReader(KIT)
    for n in range(4):
        rows = copy.deepcopy(ROWS)
        rows[57][4] = 32 + n
        plain, told = (reader.read(drawn(rows, footer=footer), f"{n}.xlsx") for footer in ("&R&P", "&L更正：出生改为13"))
        assert "corrected_edge" not in names(plain)
        assert "corrected_edge" in names(told)
