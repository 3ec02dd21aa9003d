"""The comparison itself: whatever differs between a file and what is said of it is noticed."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from tests.dialects.compare import differences
from tests.dialects.files import by_xlsxwriter
from tests.dialects.grid import Book, letters, truth
from tests.dialects.kinds import KINDS, files_of, made


def _figure(book: Book, state: str) -> int:
    return next(n for n, (_, figure) in enumerate(book.figures()) if figure.state == state)


def _other_value(book: Book) -> None:
    cell, figure = list(book.figures())[_figure(book, "R")]
    cell.figure = figure._replace(value=figure.value + 1)


def _nought_for_blank(book: Book) -> None:
    cell, figure = list(book.figures())[_figure(book, "M")]
    cell.figure = figure._replace(value=0.0, state="R")


def _other_state(book: Book) -> None:
    cell, figure = list(book.figures())[_figure(book, "N")]
    cell.figure = figure._replace(state="M")


def _other_cell(book: Book) -> None:
    (one, first), (two, second), *_ = [(c, f) for c, f in book.figures() if f.state == "R"]
    one.figure, two.figure = second, first


def _not_collected(book: Book) -> None:
    next(cell for cell, _ in book.figures()).figure = None


def _other_month(book: Book) -> None:
    book.reports[0].month = "2022-02"


def _other_name(book: Book) -> None:
    book.reports[0].name = "别的村"


def _one_report_more(book: Book) -> None:
    book.reports.append(book.reports[0])


_WRONG = (_other_value, _nought_for_blank, _other_state, _other_cell, _not_collected, _other_month, _other_name, _one_report_more)


@pytest.mark.parametrize("base", ["flat", "list2"])
@pytest.mark.parametrize("spoil", _WRONG)
def test_whatever_is_not_as_the_file_says_is_noticed(base: str, spoil: Callable[[Book], None]) -> None:
    book = made(base, (), Random("compare"))
    data = by_xlsxwriter(book)
    assert differences(book, data, "a.xlsx") == []
    spoil(book)
    assert differences(book, data, "a.xlsx")


def test_addresses_are_those_of_the_written_file() -> None:
    assert [letters(n) for n in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]
    import io

    import openpyxl

    for file in files_of(KINDS["blank-columns"]):
        book = openpyxl.load_workbook(io.BytesIO(file.data))
        for _, said in truth(file.book):
            for value, state, at in said.values():
                if state == "R":
                    sheet, cell = at.split("!")
                    assert book[sheet][cell].value == value


def test_the_same_seed_gives_the_same_file() -> None:
    for name in ("pages", "as-xls", "every-way-of-writing"):
        assert [f.data for f in files_of(KINDS[name])] == [f.data for f in files_of(KINDS[name])]
