"""Who reports on what month, and the title: changes to how it is written and where it stands."""

from __future__ import annotations

import datetime as dt
import re
from random import Random

from tests.dialects.files import shown
from tests.dialects.grid import Book, Cell, Content, Report, Sheet
from tests.dialects.words import month_in_title, month_texts, names, spaced, wide


def month_styles(book: Book, rng: Random) -> None:
    """The month as 2024-03, 二〇二四年三月, 民国113年3月, a date cell, wherever it stands."""
    for cell, report in _entries(book, "report_month"):
        year, number = int(report.month[:4]), int(report.month[5:])
        days: list[Content] = [dt.date(year, number, 1), dt.date(year, number, 28)]
        cell.content = rng.choice([*month_texts(report.month), *days])
        if isinstance(cell.content, dt.date):
            cell.form = rng.choice(('yyyy"年"m"月"', "yyyy-mm", "yyyy/m/d", '[$-804]yyyy"年"m"月"d"日"'))
    _retitle(book, rng)


def month_only_in_title(book: Book, rng: Random) -> None:
    """No field for the month; it stands in the title or below it."""
    for sheet in book.sheets:
        report = _report_of(book, sheet)
        for row in sheet.rows:
            for n, cell in enumerate(row.cells):
                if cell.code == "report_month" and cell.role in ("head", "entry"):
                    row.cells[n].content, row.cells[n].role, row.cells[n].code = "", "", ""
        title = next(sheet.cells("title"))
        month = month_in_title(rng, report.month)
        if rng.random() < 0.6 or not sheet.is_form:
            _put_month(title, month, rng)
        else:
            at = sheet.row_of(title) + 1
            sheet.insert_row(at, "note").cells[rng.randrange(3)].content = rng.choice(("{}", "（{}）", "({})")).format(month)


def _put_month(title: Cell, month: str, rng: Random) -> None:
    text = re.sub(r"\d{4}年\d+月", "", str(title.content))
    title.content = rng.choice(("{m}{t}", "{t}（{m}）", "{m} {t}", "{t}  {m}")).format(m=month, t=text)
    if re.search("镇|乡|街道", text) and "村级人口" not in str(title.content)[:6]:
        town = re.match(r".{2,4}?(?:镇|乡|街道)", text)
        if town and rng.random() < 0.5:
            title.content = f"{town[0]}{month}{text[town.end() :]}"


def _retitle(book: Book, rng: Random) -> None:
    """In lists the month stands in the title."""
    for sheet in book.sheets:
        if not sheet.is_form:
            _put_month(next(sheet.cells("title")), month_in_title(rng, _report_of(book, sheet).month), rng)


def month_as_date(book: Book, rng: Random) -> None:
    """The month as a date: any day of it."""
    for cell, report in _entries(book, "report_month"):
        cell.content = dt.date(int(report.month[:4]), int(report.month[5:]), rng.randint(1, 28))
        cell.form = rng.choice(('yyyy"年"m"月"', "yyyy-mm", "yyyy/m/d", "mmm-yy"))


def split_month(book: Book, rng: Random) -> None:
    """2024 | 年 | 3 | 月 in cells of their own, right of the label."""
    for sheet in book.sheets:
        cell = next((c for c in sheet.cells("entry") if c.code == "report_month"), None)
        if cell is None:
            continue
        row = next(r for r in sheet.rows if any(c is cell for c in r.cells))
        for label in [c for c in row.cells if c.role in ("head", "entry") and c.code == "report_month"]:
            label.content, label.role, label.code = "", "", ""
        report = _report_of(book, sheet)
        line = sheet.insert_row(sheet.rows.index(row) + 1, "head")
        while sheet.width < 6:
            sheet.insert_column(sheet.width)
        parts: tuple[Content, ...] = ("报告期", float(report.month[:4]), "年", float(report.month[5:]), "月")
        for at, part in zip(line.cells, parts, strict=False):
            at.content = part
        sheet.is_loose = False


def code_styles(book: Book, rng: Random) -> None:
    """Village codes as numbers, with spaces, full width, or with the apostrophe."""
    for cell in [*book.cells("entry"), *book.cells("place")]:
        text = str(cell.content)
        if cell.code == "village_code" and text.isdigit():
            cell.content = rng.choice((float(text), f"{text[:6]} {text[6:]}", wide(text), f" {text}", text))
            cell.form = "0" if type(cell.content) is float else "'"


def spaced_names(book: Book, rng: Random) -> None:
    """龙 泉 村, between spaces."""
    for cell in [*book.cells("entry"), *book.cells("place")]:
        if cell.code in ("village_name", "town_name") and isinstance(cell.content, str) and cell.content:
            cell.content = rng.choice((spaced(cell.content), f" {cell.content}", f"{cell.content}\u3000"))


def inline_head(book: Book, rng: Random) -> None:
    """The whole head in one cell: 村（居）代码：9901…　村（居）名称：龙泉村　报告期：2024年3月."""
    for sheet, report in _forms(book):
        fields = _take_head(sheet)
        title = next(c for c in sheet.cells("title"))
        row = sheet.insert_row(sheet.row_of(title) + 1, "head")
        colon, gap = rng.choice("：:"), rng.choice(("　　", "   ", " \u3000"))
        row.cells[0].content = gap.join(f"{rng.choice(names(field))}{colon}{_said(report, field)}" for field in fields)


def colon_head(book: Book, rng: Random) -> None:
    """村（居）名称： beside its value, and one cell a field: 报告期：2024年3月."""
    for sheet, _ in _forms(book):
        for row in sheet.rows:
            for cell, following in zip(row.cells, row.cells[1:], strict=False):
                if cell.role == "head" and following.role == "entry" and following.content:
                    if rng.random() < 0.5:
                        cell.content = f"{cell.content}{rng.choice('：:')}"
                    else:
                        cell.content, following.content = f"{cell.content}：{shown(following)}", ""


def head_below_labels(book: Book, rng: Random) -> None:
    """Labels of the head in one row, their values in the row below."""
    for sheet, report in _forms(book):
        fields = _take_head(sheet)
        at = sheet.row_of(next(c for c in sheet.cells("title"))) + 1
        labels, values = sheet.insert_row(at, "head"), sheet.insert_row(at + 1, "head")
        values.is_tied = True
        for n, field in enumerate(fields):
            labels.cells[n] = Cell(rng.choice(names(field)), "head", field)
            values.cells[n] = Cell(_said(report, field), "entry", field)


def head_at_foot(book: Book, rng: Random) -> None:
    """Who reports on what month stands below the figures."""
    for sheet, report in _forms(book):
        fields = _take_head(sheet)
        for field in fields:
            row = sheet.insert_row(len(sheet.rows), "head")
            row.cells[0], row.cells[1] = Cell(names(field)[0], "head", field), Cell(_said(report, field), "entry", field)


def no_code(book: Book, rng: Random) -> None:
    """Villages by name only: no code anywhere."""
    for report in book.reports:
        report.code = ""
    for sheet in book.sheets:
        for cell in sheet.cells("head", "entry", "place"):
            if cell.code == "village_code":
                cell.content = ""
                if cell.role == "head":
                    cell.role = cell.code = ""
        if not sheet.is_form:
            for row in sheet.rows:
                for cell in row.cells:
                    if cell.role == "key" and cell.code == "village_code":
                        _drop_column(sheet, row.cells.index(cell))


def _drop_column(sheet: Sheet, column: int) -> None:
    gone = {id(row.cells[column]) for row in sheet.rows}
    merges = []
    for first, last in sheet.merges:
        if id(first) in gone and id(last) in gone:
            continue
        merges.append((first, last))
    title = next(sheet.cells("title"), None)
    if title is not None and id(title) in gone:  # a title that begins in this column moves one to the right
        row = next(r for r in sheet.rows if r.cells[column] is title)
        row.cells[column + 1].content, row.cells[column + 1].role = title.content, "title"
        merges = [(row.cells[column + 1] if first is title else first, last) for first, last in merges]
    sheet.merges = merges
    for row in sheet.rows:
        if row.cells[column].content and row.cells[column].role in ("note",):
            row.cells[column + 1].content = row.cells[column].content
        del row.cells[column]


def _take_head(sheet: Sheet) -> list[str]:
    """Remove the head's fields above the figures; which they were."""
    fields = []
    for row in sheet.rows:
        if row.kind != "head":
            continue
        for n, cell in enumerate(row.cells):
            if cell.role == "head" and cell.code in _FIELDS:
                fields.append(cell.code)
            if cell.role in ("head", "entry") and cell.code in (*_FIELDS, "form_version", "county_name"):
                row.cells[n] = Cell()
    sheet.rows = [row for row in sheet.rows if row.kind != "head" or any(c.content != "" for c in row.cells)]
    there = {id(cell) for cell in sheet.cells()}
    sheet.merges = [(a, b) for a, b in sheet.merges if id(a) in there and id(b) in there]
    return fields


_FIELDS = ("village_code", "village_name", "town_name", "report_month")


def _said(report: Report, field: str) -> str:
    year, number = report.month[:4], int(report.month[5:])
    month = f"{year}年{number}月"
    return {"village_code": report.code, "village_name": report.name, "town_name": report.town, "report_month": month}[field]


def _forms(book: Book) -> list[tuple[Sheet, Report]]:
    return [(sheet, _report_of(book, sheet)) for sheet in book.sheets if sheet.is_form]


def _report_of(book: Book, sheet: Sheet) -> Report:
    owners = [cell.figure.owner for cell in sheet.cells("figure") if cell.figure is not None]
    return book.reports[owners[0]]


def _entries(book: Book, field: str) -> list[tuple[Cell, Report]]:
    return [(cell, _report_of(book, sheet)) for sheet in book.sheets for cell in sheet.cells("entry") if cell.code == field]


def title_wording(book: Book, rng: Random) -> None:
    """村 级 人 口 …, 附件2：…, in two lines, with the county before it or （试行） behind."""
    for sheet in book.sheets:
        title = next(sheet.cells("title"))
        text = str(title.content)
        cut = max(text.find("村级"), text.find("各村")) if text[:2] not in ("村级", "各村") else 5
        begins = max(text.find("村级"), text.find("各村"), 0)
        title.content = rng.choice(("{t}", "{s}", "附件2：{t}", "{t}（试行）", "{t}表", "{b}", "示例县{t}", "《{t}》", "  {t}")).format(
            t=text, s=text[:begins] + spaced(text[begins:]), b=f"{text[:cut]}\n{text[cut:]}"
        )


TOP_LINES = (
    ("附件1",),
    ("表    号：", "村统1表"),
    ("制定机关：示例县统计局",),
    ("批准文号：示统〔2023〕15号",),
    ("有效期至：2026年12月",),
    ("", "", "", "表号：村统1表"),
    ("内部资料　注意保存",),
    ("",),
    ("计量单位：人、户、元",),
)


def top_lines(book: Book, rng: Random) -> None:
    """附件1, 表号, 制定机关 and 有效期 above or beside the title."""
    for sheet in book.sheets:
        title = sheet.row_of(next(sheet.cells("title")))
        for line in rng.sample(TOP_LINES, rng.randint(1, 3)):
            row = sheet.insert_row(title + (line[0].startswith("计量单位")), "title")
            for cell, text in zip(row.cells, line, strict=False):
                cell.content = text
