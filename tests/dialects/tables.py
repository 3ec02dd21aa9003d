"""Changes of lists alone: totals and subtotals, pages, further tables and sheets, a column for the town."""

from __future__ import annotations

from random import Random

from tests.dialects.grid import Book, Cell, Row, Sheet


def total_above(book: Book, rng: Random) -> None:
    """The town's total right below the headings."""
    sheet = book.main
    totals = [row for row in sheet.rows if row.kind == "total"]
    sheet.rows = [row for row in sheet.rows if row.kind != "total"]
    at = next(n for n, row in enumerate(sheet.rows) if row.kind == "place")
    sheet.rows[at:at] = totals
    for row in totals[:1]:
        word = next(cell for cell in row.cells if cell.content == "合计")
        word.content = rng.choice(("合计", "全镇合计", "总计", "合 计", "总　计"))


def no_total(book: Book, rng: Random) -> None:
    """No total at all."""
    sheet = book.main
    gone = {id(cell) for row in sheet.rows if row.kind == "total" for cell in row.cells}
    sheet.merges = [(a, b) for a, b in sheet.merges if id(a) not in gone]
    sheet.rows = [row for row in sheet.rows if row.kind != "total"]
    book.reports = [report for report in book.reports if report.role == "report"]


def subtotals(book: Book, rng: Random) -> None:
    """小计 after every few villages, and 其中 rows below the total."""
    sheet = book.main
    villages = [n for n, row in enumerate(sheet.rows) if row.kind == "place"]
    words = rng.choice((("居委会小计", "村委会小计"), ("小计", "小计"), ("东片小计", "西片小计"), ("小  计", "小  计")))
    middle = villages[max(1, len(villages) // 2) - 1] + 1
    for at, word in ((villages[-1] + 1, words[1]), (middle, words[0])):
        row = sheet.insert_row(at, "subtotal")
        like = sheet.rows[villages[0]].cells
        name = next(n for n, c in enumerate(like) if c.code == "village_name")
        row.cells[name].content = word
        for cell, other in zip(row.cells, like, strict=True):
            if other.role in ("figure", "total"):
                cell.content = float(rng.randint(1, 900))
    last = max(n for n, row in enumerate(sheet.rows) if row.kind in ("total", "place", "subtotal"))
    if rng.random() < 0.6:
        row = sheet.insert_row(last + 1, "subtotal")
        row.cells[name].content = rng.choice(("其中：社区", "其中：村委会"))
        row.cells[-1].content = 3.0


def rows_of_comparison(book: Book, rng: Random) -> None:
    """上月数, 比上月增减, 增减% below the total."""
    sheet = book.main
    last = max(n for n, row in enumerate(sheet.rows) if row.kind in ("total", "place"))
    like = sheet.rows[last].cells
    name = next((n for n, c in enumerate(sheet.rows[_first(sheet)].cells) if c.code == "village_name"), 1)
    for word in reversed(rng.choice((("上月数", "比上月增减"), ("上年同期", "同比增减（%）"), ("本年累计",)))):
        row = sheet.insert_row(last + 1, "other")
        row.cells[name].content = word
        for cell, other in zip(row.cells, like, strict=True):
            if other.role in ("figure", "total"):
                cell.content = float(rng.randint(0, 30))


def _first(sheet: Sheet) -> int:
    return next(n for n, row in enumerate(sheet.rows) if row.kind == "place")


def column_numbers(book: Book, rng: Random) -> None:
    """The row 甲 | 乙 | 1 | 2 below the headings."""
    sheet = book.main
    at = max(n for n, row in enumerate(sheet.rows) if row.kind == "header") + 1
    row = sheet.insert_row(at, "header")
    row.is_tied = True
    keys = [n for n, c in enumerate(sheet.rows[at + 1].cells) if c.role in ("place", "number", "member")]
    number, how = 0, rng.choice(("{}", "({})", "float"))
    for n, cell in enumerate(row.cells):
        if n <= max(keys, default=1):
            cell.content = "甲乙丙丁戊己"[n]
        else:
            number += 1
            cell.content = float(number) if how == "float" else how.format(number)


def pages(book: Book, rng: Random) -> None:
    """Headings repeated on every printed page, with 续表 or the title above them."""
    sheet = book.main
    villages = [n for n, row in enumerate(sheet.rows) if row.kind == "place" and not row.is_tied]
    headers = [row for row in sheet.rows if row.kind == "header"]
    title = next(row for row in sheet.rows if any(c.role == "title" for c in row.cells))
    above = rng.choice(("", "续表", "title", "（续）", "第2页"))
    for at in sorted(rng.sample(villages[1:], min(2, len(villages) - 1)), reverse=True):
        copies = {id(cell): Cell(cell.content, cell.role, cell.code) for row in headers for cell in row.cells}
        page = [Row([copies[id(cell)] for cell in row.cells], "header", row.is_tied) for row in headers]
        sheet.merges += [(copies[id(a)], copies[id(b)]) for a, b in sheet.merges if id(a) in copies and id(b) in copies]
        if above:
            page.insert(0, Row([Cell() for _ in range(sheet.width)], "title"))
            page[0].cells[0].content = next(c.content for c in title.cells if c.role == "title") if above == "title" else above
        sheet.rows[at:at] = page


def stacked_tables(book: Book, rng: Random) -> None:
    """The columns in two tables below one another, each with the villages again; 二、… above the second."""
    sheet = book.main
    first, second = _halves(sheet)
    caption = Row([Cell() for _ in range(len(second[0].cells))], "note")
    caption.cells[0].content = rng.choice(("续表", "二、其他指标", "（二）", "表二"))
    gap = [Row([Cell() for _ in second[0].cells], "blank") for _ in range(rng.randint(0, 2))]
    notes = [row for row in sheet.rows if row.kind == "note"]
    top = [row for row in sheet.rows if row.kind == "title"]
    sheet.rows = [*top, *first, *gap, *([caption] if rng.random() < 0.7 else []), *second, *notes]
    _even(sheet)


def two_sheets_of_columns(book: Book, rng: Random) -> None:
    """The columns on two sheets, each with title and villages: one report a village all the same."""
    sheet = book.main
    first, second = _halves(sheet)
    notes = [row for row in sheet.rows if row.kind == "note"]
    top = [row for row in sheet.rows if row.kind == "title"]
    title = Row([Cell(c.content, c.role, c.code) for c in top[-1].cells], "title")
    other = Sheet(f"{sheet.name}2", [title, *second], list(sheet.merges), is_form=False)
    sheet.rows = [*top, *first, *notes]
    for page in (sheet, other):
        there = {id(c) for row in page.rows for c in row.cells}
        page.merges = [(a, b) for a, b in page.merges if id(a) in there and id(b) in there]
        _even(page)
    book.sheets.insert(1, other)


def two_sheets_of_villages(book: Book, rng: Random) -> None:
    """The villages on two sheets under the same headings; the total on the second."""
    sheet = book.main
    villages = [n for n, row in enumerate(sheet.rows) if row.kind == "place" and not row.is_tied]
    cut = villages[len(villages) // 2]
    head = [row for row in sheet.rows[:cut] if row.kind in ("title", "header")]
    copies = {id(c): Cell(c.content, c.role, c.code) for row in head for c in row.cells}
    top = [Row([copies[id(c)] for c in row.cells], row.kind, row.is_tied) for row in head]
    merges = [*sheet.merges, *((copies[id(a)], copies[id(b)]) for a, b in sheet.merges if id(a) in copies)]
    other = Sheet(f"{sheet.name}（续）", [*top, *sheet.rows[cut:]], merges, is_form=False)
    sheet.rows = sheet.rows[:cut]
    for page in (sheet, other):
        there = {id(c) for row in page.rows for c in row.cells}
        page.merges = [(a, b) for a, b in page.merges if id(a) in there and id(b) in there]
    book.sheets.insert(1, other)


def _halves(sheet: Sheet) -> tuple[list[Row], list[Row]]:
    """Headings, villages and totals of the left columns, and of the right ones with the keys again."""
    rows = [row for row in sheet.rows if row.kind in ("header", "place", "total")]
    top = next(row for row in rows if row.kind == "header").cells
    village = next(row for row in rows if row.kind == "place").cells
    keys = 1 + max(n for n, c in enumerate(village) if c.role in ("place", "number", "member"))
    starts = [n for n, c in enumerate(top) if n > keys and c.content]
    cut = starts[len(starts) // 2]
    copies = {id(c): Cell(c.content, c.role, c.code) for row in rows for c in row.cells[:keys]}
    sheet.merges += [(copies[id(a)], copies[id(b)]) for a, b in sheet.merges if id(a) in copies and id(b) in copies]
    first = [Row(row.cells[:cut], row.kind, row.is_tied) for row in rows]
    second = [Row([*(copies[id(c)] for c in row.cells[:keys]), *row.cells[cut:]], row.kind, row.is_tied) for row in rows]
    there = {id(c) for row in (*first, *second) for c in row.cells}
    title = next(sheet.cells("title"))
    sheet.merges = [(a, b) for a, b in sheet.merges if id(a) in there and id(b) in there and a is not title]
    return first, second


def _even(sheet: Sheet) -> None:
    width = max(len(row.cells) for row in sheet.rows)
    title = [m for m in sheet.merges if m[0].role == "title"]
    for row in sheet.rows:
        if len(row.cells) > width or row.kind in ("title", "note"):
            del row.cells[width:]
        row.cells += [Cell() for _ in range(width - len(row.cells))]
    there = {id(c) for row in sheet.rows for c in row.cells}
    sheet.merges = [m for m in sheet.merges if id(m[0]) in there and id(m[1]) in there and m not in title]


def town_column(book: Book, rng: Random) -> None:
    """The town in a column of its own, before the village."""
    sheet, town = book.main, book.reports[0].town
    at = 1
    for row, cell in zip(sheet.rows, sheet.insert_column(at), strict=True):
        if row.kind == "header" and not row.is_tied:
            cell.content, cell.role, cell.code = rng.choice(("乡镇", "乡镇（街道）", "所属乡镇")), "key", "town_name"
        elif row.kind == "place":
            cell.content = town
