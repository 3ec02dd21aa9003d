"""Files that break off in the middle, rows of text files that have a field too many: nothing is read that the whole file does not say."""

from __future__ import annotations

from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.states import MISSING, REPORTED, UNREADABLE
from sources.reading import FileReading
from tests.sources.sheets import csv_text
from tests.sources.test_cells_asked import CODES, LIST, ROWS, P, as_html, as_spreadsheet_xml, names, put_in, read, state, value

TOLD = {"cut_short", "table_without_end", "quote_never_closed", "not_a_workbook"}
TEXT = csv_text(LIST)
WHOLE = {
    "page, form": as_html(ROWS, []),
    "page, list": as_html(LIST, []),
    "page in GB18030": as_html(LIST, []).decode().replace("utf-8", "gb18030").encode("gb18030"),
    "csv, list": TEXT.encode(),
    "csv, form": csv_text(ROWS).encode("gb18030"),
    "tab-separated": TEXT.replace(",", "\t").encode("utf-16"),
    "quoted": "\r\n".join(",".join(f'"{cell}"' for cell in row) for row in LIST).encode() + b"\r\n",
}


@cache
def whole(kind: str) -> dict[tuple[str, str], float]:
    return dict(figures(read(WHOLE[kind])))


def figures(reading: FileReading) -> list[tuple[tuple[str, str], float]]:
    return [
        ((record.place_code, code), value(reading, code, n))
        for n, record in enumerate(reading.records)
        for code in CODES
        if state(reading, code, n) == REPORTED
    ]


@given(data=st.data())
@settings(max_examples=20, deadline=None)
@pytest.mark.parametrize("kind", WHOLE)
def test_a_file_that_breaks_off_reads_no_figure_that_the_whole_one_does_not_have(kind: str, data: st.DataObject) -> None:
    file = WHOLE[kind]
    cut = data.draw(st.integers(len(file) // 3, len(file)))
    reading = read(file[:cut])
    known = whole(kind)
    wrong = [about for about, figure in figures(reading) if known.get(about, figure) != figure]
    assert len(wrong) <= ("last_line_open" in names(reading))  # the last number of a whole line, which is told


@pytest.mark.parametrize("kind", ["page, form", "page, list", "page in GB18030"])
def test_a_page_that_breaks_off_inside_its_table_says_so(kind: str) -> None:
    file = WHOLE[kind]
    end = file.rindex(b"</table")
    for cut in range(end - 150, end, 3):
        assert names(read(file[:cut])) & TOLD, file[cut - 30 : cut]


def test_a_page_without_the_end_of_the_page_is_whole() -> None:
    page = WHOLE["page, form"].replace(b"</body></html>", b"")
    assert (read(page).problems, value(read(page), "outreach_participants")) == ((), 32)


def test_rows_that_are_there_are_read_where_only_the_tables_end_is_lacking() -> None:
    page = WHOLE["page, list"]
    reading = read(page[: page.rindex(b"<tr>")])
    assert len(reading.records) == 2
    assert names(reading) == {"table_without_end"}
    assert value(reading, "materials_issued", 1) == 90


def test_a_page_that_ends_in_a_figure_asks_about_it() -> None:
    page = WHOLE["page, list"]
    reading = read(page[: page.rindex(b"70<") + 1])  # 7 of 70
    assert (state(reading, "outreach_sessions", 2), state(reading, "outreach_participants", 2)) == (REPORTED, UNREADABLE)
    assert names(reading) == {"cut_short"}


def test_a_text_that_ends_in_a_row_asks_about_its_last_field() -> None:
    reading = read(TEXT[: TEXT.rindex("70,") + 1].encode())
    assert (state(reading, "outreach_sessions", 2), state(reading, "outreach_participants", 2)) == (REPORTED, UNREADABLE)
    assert [(p.name, p.cell) for p in reading.problems] == [("cut_short", "E6")]


@pytest.mark.parametrize("text", [TEXT + "填表人：张某", TEXT.replace("\r\n", "\n") + "\n\n", TEXT.rstrip() + ","])
def test_a_last_line_without_its_end_is_no_question(text: str) -> None:
    assert read(text.encode()).problems == ()


def test_a_number_at_the_very_end_is_read_and_told() -> None:
    reading = read(TEXT.rstrip().encode())
    assert value(reading, "satisfaction_forms", 2) == 9
    assert [(p.name, p.cell) for p in reading.problems] == [("last_line_open", "G6")]


def test_a_quotation_mark_that_is_never_closed_is_refused_with_its_row() -> None:
    reading = read(TEXT.replace("青山村", '"青山村').encode())
    assert [(p.name, p.details["row"]) for p in reading.problems] == [("quote_never_closed", "5")]


def test_excels_xml_that_breaks_off_is_refused() -> None:
    assert names(read(as_spreadsheet_xml(ROWS, [])[:-200])) == {"damaged_file"}


# -- a field too many ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mark", [",", "\t", ";"])
@pytest.mark.parametrize(
    "row",
    [
        "990101100202,青山村,1,391,1,60,90,8",  # 1,391 households
        "990101100202,青,山村,391,1,60,90,8",
        "990101100202,青山村,1,391,1,60,90,",  # whose last field was blank
    ],
)
def test_a_row_with_a_field_too_many_is_held_and_told_with_its_number(mark: str, row: str) -> None:
    text = TEXT.replace("990101100202,青山村,391,1,60,90,8", row).replace(",", mark)
    reading = read(text.encode())
    told = next(p for p in reading.problems if p.name == "fields_apart")
    assert (told.details["row"], told.details["has"], told.details["wanted"]) == ("5", "8", "7")
    assert {state(reading, code, 1) for code in ("households_end", "outreach_sessions", "materials_issued")} == {UNREADABLE}
    assert value(reading, "households_end", 0) == 493
    assert value(reading, "households_end", 2) == 278


def test_all_rows_with_parted_numbers_are_held_in_one_question() -> None:
    text = TEXT.replace(",493,", ",1,493,").replace(",391,", ",1,391,").replace(",278,", ",2,278,")
    (told,) = read(text.encode()).problems
    assert (told.name, told.details["row"]) == ("fields_apart", "4、5、6")


@pytest.mark.parametrize(
    "text",
    [
        TEXT.replace("\r\n", ",,\r\n"),
        TEXT.replace(",90,8", ",90,8,,,"),
        TEXT.replace(",46,7\r\n", ",46\r\n"),  # its last figure left out
        TEXT.replace("493", '"1,493"'),
    ],
)
def test_blank_fields_at_the_end_of_rows_are_no_question(text: str) -> None:
    reading = read(text.encode())
    assert reading.problems == ()
    assert value(reading, "outreach_participants", 1) == 60
    assert state(reading, "satisfaction_forms", 0) in (REPORTED, MISSING)


def test_a_column_without_a_heading_moves_nothing() -> None:
    text = TEXT.replace(",46,7", ",46,7,好").replace(",90,8", ",90,8,好").replace("80,9", "80,9,差")
    reading = read(text.encode())
    assert "fields_apart" not in names(reading)
    assert value(reading, "households_end", 0) == 493


def test_a_parted_number_in_a_form_is_held() -> None:
    rows = put_in(ROWS, {P: "1,032"})
    whole_form, parted = csv_text(rows), csv_text(rows).replace('"1,032"', "1,032")
    assert value(read(whole_form.encode()), "outreach_participants") == 1032
    reading = read(parted.encode())
    assert state(reading, "outreach_participants") == UNREADABLE
    assert "fields_apart" in names(reading)
    assert value(reading, "materials_issued") == 46
