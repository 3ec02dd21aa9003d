"""Where things stand: blank rows and columns, columns beside, merged cells, totals, pages, further tables and sheets."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from tests.dialects.grid import Book, Cell, Fault, Formula, Row, Sheet
from tests.dialects.words import names

# -- rows and columns ----------------------------------------------------------------------------------------------


def blank_rows(book: Book, rng: Random) -> None:
    """Blank rows between figures, between villages, above and below headings."""
    for sheet in book.sheets:
        spots = [n for n, row in enumerate(sheet.rows) if n and not row.is_tied]
        for at in sorted(rng.sample(spots, min(len(spots), rng.randint(2, 6))), reverse=True):
            if sheet.rows[at].kind == "header" and sheet.rows[at - 1].kind == "header":
                continue
            sheet.insert_row(at)


def margin(book: Book, rng: Random) -> None:
    """Blank columns left of everything, blank rows above it."""
    for sheet in book.sheets:
        for _ in range(rng.randint(1, 2)):
            sheet.insert_column(0)
        for _ in range(rng.randint(0, 3)):
            sheet.insert_row(0)


def blank_columns(book: Book, rng: Random) -> None:
    """Blank columns between the others (only where headings say which column holds what)."""
    for sheet in book.sheets:
        first = 3
        for at in sorted(rng.sample(range(first, sheet.width), min(2, sheet.width - first)), reverse=True):
            sheet.insert_column(at)


def row_numbers(book: Book, rng: Random) -> None:
    """A column 序号 or 行次 before everything, numbers as clerks write them."""
    how: Callable[[int], float | str] = rng.choice((float, str, lambda n: f"{n:02d}", lambda n: f"({n})"))
    for sheet in book.sheets:
        number = 0
        for row, cell in zip(sheet.rows, sheet.insert_column(0), strict=True):
            if row.kind == "header" and any(c.role in ("header", "key") for c in row.cells) and not row.is_tied:
                cell.content, cell.role, cell.code = rng.choice(names("number")), "key", "number"
            elif row.kind in ("figures", "place") and not row.is_tied:
                number += 1
                cell.content = how(number)


def remarks(book: Book, rng: Random) -> None:
    """A column 备注 at the right with words and numbers that are no figures."""
    words = ("已核对", "比上月多3人", "见附件", "12月补报", "无", "电话核实", 2.0, "")
    for sheet in book.sheets:
        cells = sheet.insert_column(sheet.width)
        for row, cell in zip(sheet.rows, cells, strict=True):
            if row.kind == "header" and not row.is_tied:
                cell.content = rng.choice(("备注", "说明", "其他说明"))
            elif row.kind in ("figures", "place") and rng.random() < 0.3:
                cell.content = rng.choice(words)


def old_columns(book: Book, rng: Random) -> None:
    """What is no longer collected: 计划外出生, 社会抚养费, 四术, 查环查孕率: with figures, never to be loaded."""
    book.has_old = True
    wanted = rng.sample(
        ("计划内出生", "计划外出生", "社会抚养费", "四术例数", "查环查孕率", "上环", "结扎", "应查人数", "政策外"), rng.randint(2, 4)
    )
    for sheet in book.sheets:
        if sheet.is_form:
            for label in wanted:
                last = max(n for n, row in enumerate(sheet.rows) if row.kind == "figures")
                spots = [n for n, row in enumerate(sheet.rows) if row.kind == "figures" and not row.is_tied]
                _old_row(sheet, rng.choice([*spots, last + 1]), label, rng)
        else:
            _old_list_columns(sheet, wanted, rng)


def _old_row(sheet: Sheet, at: int, label: str, rng: Random) -> None:
    """As the rows beside it: its label under their labels, its figure under theirs."""
    like = sheet.rows[at] if at < len(sheet.rows) and sheet.rows[at].kind == "figures" else sheet.rows[at - 1]
    if not any(c.role == "label" for c in like.cells):
        like = next(row for row in sheet.rows if any(c.role == "label" for c in row.cells))
    row = sheet.insert_row(at, "figures")
    first = True
    for cell, other in zip(row.cells, like.cells, strict=True):
        if other.role == "label" and first:
            cell.content, first = label, False
        elif other.role == "figure" and not first and not any(isinstance(c.content, float) for c in row.cells):
            cell.content = float(rng.randint(1, 9))


def _old_list_columns(sheet: Sheet, wanted: list[str], rng: Random) -> None:
    headers = [n for n, row in enumerate(sheet.rows) if row.kind == "header"]
    for label in wanted:
        starts = [n for n, c in enumerate(sheet.rows[headers[0]].cells) if c.content and n >= 3 and c.role != "key"]
        at = rng.choice([*starts, sheet.width])
        cells = sheet.insert_column(at)
        cells[headers[0]].content, cells[headers[0]].role = label, "old"
        if len(headers) > 1 and headers[-1] == headers[0] + len(headers) - 1:
            sheet.merge(cells[headers[0]], cells[headers[-1]])
        for row, cell in zip(sheet.rows, cells, strict=True):
            if row.kind in ("place", "total") and not row.is_tied:
                cell.content = float(rng.randint(1, 9))


def shares_beside(book: Book, rng: Random) -> None:
    """占比(%) right of a figure: as a column of a list, as a column of a form with a heading of its own."""
    for sheet in book.sheets:
        if sheet.is_form:
            _beside_values(sheet, rng.choice(("占比（%）", "比重(%)", "比上月增减（%）", "同比%")), rng, share=True, before=False)
        else:
            _beside_columns(sheet, ("占比（%）", "占总人口%", "比重", "出生率‰", "占比"), rng)


def comparisons_beside(book: Book, rng: Random) -> None:
    """上月数, 上年同期, 本年累计 beside (or before) the month's own figure."""
    word = rng.choice(("上月数", "上年同期", "本年累计", "上月", "1—3月累计", "去年同期数"))
    for sheet in book.sheets:
        if sheet.is_form:
            _beside_values(sheet, word, rng, share=False, before=rng.random() < 0.5)
        else:
            _beside_columns(sheet, (word, f"期末户数{word}", f"出生{word}"), rng)


def _beside_values(sheet: Sheet, word: str, rng: Random, *, share: bool, before: bool) -> None:
    """A further column beside the column 本月数 of a form."""
    columns = {n for row in sheet.rows for n, c in enumerate(row.cells) if c.role == "header" and c.code == "value"}
    for column in sorted(columns, reverse=True):
        cells = sheet.insert_column(column if before else column + 1)
        for row, cell in zip(sheet.rows, cells, strict=True):
            value = row.cells[column + 1] if before else row.cells[column]
            if value.role == "header" and value.code == "value":
                cell.content, cell.role = word, "aside"
            elif value.role == "figure" and rng.random() < 0.8:
                cell.content = round(rng.uniform(0, 100), 1) if share else float(rng.randint(0, 400))


def _beside_columns(sheet: Sheet, words: tuple[str, ...], rng: Random) -> None:
    """One or two further columns of a list, each after a whole group."""
    headers = [n for n, row in enumerate(sheet.rows) if row.kind == "header"]
    top = sheet.rows[headers[0]].cells
    starts = [n for n, c in enumerate(top) if c.content and n > 3 and c.role != "key"] + [sheet.width]
    for at in sorted(rng.sample(starts, min(2, len(starts))), reverse=True):
        cells = sheet.insert_column(at)
        cells[headers[0]].content = rng.choice(words)
        cells[headers[0]].role = "aside"
        if len(headers) > 1:
            sheet.merge(cells[headers[0]], cells[headers[0] + len(headers) - 1])
        for row, cell in zip(sheet.rows, cells, strict=True):
            if row.kind in ("place", "total") and not row.is_tied:
                cell.content = round(rng.uniform(0, 30), 1)


def other_order(book: Book, rng: Random) -> None:
    """Rows of a form, villages of a list in another order."""
    for sheet in book.sheets:
        kind = "figures" if sheet.is_form else "place"
        at = 0
        while at < len(sheet.rows):
            end = at
            while end < len(sheet.rows) and sheet.rows[end].kind == kind:
                end += 1
            if end - at > 1:
                blocks: list[list[Row]] = []
                for row in sheet.rows[at:end]:
                    if row.is_tied:
                        blocks[-1].append(row)
                    else:
                        blocks.append([row])
                rng.shuffle(blocks)
                sheet.rows[at:end] = [row for block in blocks for row in block]
            at = max(end, at + 1)


# -- merged cells -------------------------------------------------------------------------------------------------


def unmerged(book: Book, rng: Random) -> None:
    """Merged cells taken apart: the text stays in the first."""
    for sheet in book.sheets:
        sheet.merges = []


def unmerged_and_filled(book: Book, rng: Random) -> None:
    """Merged headings taken apart, the text repeated in each cell (出生 | 出生 over 男 | 女; a village on each of its rows)."""
    for sheet in book.sheets:
        for top, left, bottom, right in sheet.ranges():
            first = sheet.rows[top].cells[left]
            if first.role not in ("header", "key", "label", "section", "place"):
                continue
            for r in range(top, bottom + 1):
                for c in range(left, right + 1):
                    cell = sheet.rows[r].cells[c]
                    if cell is not first and first.role in ("header", "key", "label", "section", "place"):
                        cell.content, cell.role, cell.code = first.content, first.role, first.code
        sheet.merges = []


def merged_figures(book: Book, rng: Random) -> None:
    """Figures merged with the blank cells right of them, labels with the blank ones right or below."""
    for sheet in book.sheets:
        taken = {(r, c) for a, b, e, d in sheet.ranges() for r in range(a, e + 1) for c in range(b, d + 1)}
        for r, row in enumerate(sheet.rows):
            if row.kind not in ("figures", "head"):
                continue
            for c, cell in enumerate(row.cells[:-1]):
                if cell.role not in ("figure", "entry", "label") or (r, c) in taken or rng.random() < 0.3:
                    continue
                end = c
                while end + 1 < len(row.cells) and not _is_used(row.cells[end + 1]) and (r, end + 1) not in taken:
                    if _heads(sheet, r, end + 1):
                        break
                    end += 1
                if end > c:
                    sheet.merge(cell, row.cells[end])
                    taken |= {(r, n) for n in range(c, end + 1)}


def _is_used(cell: Cell) -> bool:
    return cell.content != "" or cell.figure is not None or cell.role != ""


def _heads(sheet: Sheet, row: int, column: int) -> bool:
    """Whether a heading stands above in this column: the cell is another figure's place."""
    for above in range(row - 1, -1, -1):
        if sheet.rows[above].kind == "header":
            return sheet.rows[above].cells[column].content != ""
    return False


# -- beside the figures ---------------------------------------------------------------------------------------------


def other_sheets(book: Book, rng: Random) -> None:
    """Last month's form on a hidden sheet, an explanation, a chart's numbers, links to another file on sheets of their own."""
    for sheet in [s for s in book.sheets if s.visible == "visible"][:1]:
        copy = Sheet(rng.choice(("上月", "去年", "备份")), visible=rng.choice(("hidden", "veryHidden")), is_form=sheet.is_form)
        for row in sheet.rows:
            copy.rows.append(Row([Cell(_last_month(c, rng), c.role) for c in row.cells], row.kind))
        book.sheets.insert(rng.randrange(len(book.sheets) + 1), copy)
    words = Sheet(rng.choice(("填表说明", "Sheet3", "图表")), [Row([Cell(text), Cell(number)], "note") for text, number in _WORDS])
    book.sheets.append(words)
    book.sheets.append(Sheet("_数据", [Row([Cell("村级人口与家庭服务月报"), Cell(3.0)], "note"), Row([Cell("出生"), Cell(9.0)], "note")]))


_WORDS: tuple[tuple[str, str | float], ...] = (("一、本表由各村填报。", ""), ("二、每月5日前报送。", ""), ("系列1", 3.5), ("", 12.0))


def _last_month(cell: Cell, rng: Random) -> float | str:
    content = cell.content.value if isinstance(cell.content, Formula) else cell.content
    return float(rng.randint(0, 99)) if isinstance(content, float) else content if isinstance(content, str) else ""


def notes(book: Book, rng: Random) -> None:
    """Notes and signatures below: 注, 填表人 审核人 报出日期, 盖章, sources with numbers."""
    lines = (
        ("注：1.本表一式两份；2.人口按户籍登记口径。",),
        ("说明：出生2人均在县医院。",),
        ("单位负责人：李建国　　统计负责人：王秀兰　　填表人：张三　　报出日期：2024年4月3日",),
        ("", "", "（盖章）"),
        ("填表人：", "王秀兰", "", "审核人：", "李建国"),
        ("资料来源：派出所户籍系统",),
        ("联系电话：见通讯录",),
    )
    for sheet in book.sheets:
        for line in rng.sample(lines, rng.randint(2, 4)):
            row = sheet.insert_row(len(sheet.rows), "note")
            for cell, text in zip(row.cells, line, strict=False):
                cell.content = text


def unit_line(book: Book, rng: Random) -> None:
    """单位：人、户、元 above the table."""
    for sheet in book.sheets:
        at = sheet.row_of(next(sheet.cells("title"))) + 1
        sheet.insert_row(at, "title").cells[rng.randrange(sheet.width)].content = rng.choice(
            ("单位：人、户、元", "计量单位：人、元", "单位:人")
        )


def faulty_totals(book: Book, rng: Random) -> None:
    """Errors in the cells of written totals, which are evidence only: no figure suffers."""
    for cell in book.cells("total"):
        if rng.random() < 0.5:
            cell.content = Fault(rng.choice(("#REF!", "#VALUE!")))
