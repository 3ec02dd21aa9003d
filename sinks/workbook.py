"""The official tables as workbooks, and the listing that a town's statistician reviews.

Cells hold numbers; zero shows as “–” by its number format, and a figure that is not available as “:”.
"""

from __future__ import annotations

import datetime as dt
import io
import textwrap
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import pandas as pd
import xlsxwriter

from schemas.dictionary import Dictionary
from schemas.entries import Table, TablePart, Text
from schemas.returns import reported_period, return_of_table, tables_due
from schemas.wholes import with_wholes
from sinks.columns import Leaf, figures_of, is_in_part, leaves_of
from sinks.coverage import coverage_notes
from sinks.files import write_if_changed
from sinks.paper import Frame, frame_of

_MOST_NAMES = 30
SIGNATURES = "统计负责人 Head：　　　　　　　填表人 Filled by：　　　　　　　报出日期 Date：　　　　年　　月　　日"
_STATUS = {"accepted": "已报", "missing": "未报", "held": "待核"}
_SEVERITY = {"mandatory": "强制性 mandatory", "near_mandatory": "准强制性 near-mandatory", "verify": "核实性 verify"}
_STYLES: dict[str, dict[str, Any]] = {
    "title": {"bold": True, "font_size": 16, "align": "center", "valign": "vcenter"},
    "subtitle": {"font_size": 10, "align": "center", "font_color": "#555555"},
    "meta": {"font_size": 10, "align": "left"},
    "meta_right": {"font_size": 10, "align": "right"},
    "head": {"bold": True, "font_size": 10, "align": "center", "valign": "vcenter", "border": 1, "text_wrap": True, "bg_color": "#F2F2F2"},
    "head_en": {
        "font_size": 8,
        "italic": True,
        "align": "center",
        "valign": "vcenter",
        "border": 1,
        "text_wrap": True,
        "font_color": "#555555",
    },
    "code": {"font_size": 10, "border": 1, "num_format": "@"},
    "name": {"font_size": 10, "border": 1},
    "none": {"font_size": 10, "border": 1, "align": "right", "font_color": "#888888"},
    "note": {"font_size": 9, "font_color": "#444444"},
    "centred": {"font_size": 10, "border": 1, "align": "center"},
    "odd": {"font_size": 10, "border": 1, "bg_color": "#FFF4E5"},
    "odd_centred": {"font_size": 10, "border": 1, "bg_color": "#FFF4E5", "align": "center"},
    "wrap": {"font_size": 10, "border": 1, "text_wrap": True, "valign": "top"},
}


class Book:
    """A workbook in memory with the house's styles; equal content gives equal bytes."""

    def __init__(self, month: str, title: str) -> None:
        self.buffer = io.BytesIO()
        self.book = xlsxwriter.Workbook(self.buffer, {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False})
        self.book.set_properties({"title": title, "author": "cunbao", "created": dt.datetime(int(month[:4]), int(month[5:]), 1)})
        font = {"font_name": "SimSun"}
        self.styles = {name: self.book.add_format(font | style) for name, style in _STYLES.items()}
        self.numbers: dict[tuple[int, bool, bool], Any] = {}

    def number(self, decimals: int, *, is_bold: bool = False, is_part: bool = False) -> Any:
        """The style of a figure in a box; zero shows as “–”, and a total of some of the villages has a star behind it."""
        key = (decimals, is_bold, is_part)
        if key not in self.numbers:
            shape = "#,##0" + ("." + "0" * decimals if decimals else "")
            form = f'{shape}"*";-{shape}"*";"–*"' if is_part else f'{shape};-{shape};"–"'
            look = {"font_name": "SimSun", "font_size": 10, "border": 1, "bold": is_bold, "num_format": form}
            self.numbers[key] = self.book.add_format(look)
        return self.numbers[key]

    def close(self) -> bytes:
        """The workbook's bytes."""
        self.book.close()
        return self.buffer.getvalue()


def write_table(
    path: Path,
    table: Table,
    figures: pd.DataFrame,
    *,
    total: pd.DataFrame | None,
    dictionary: Dictionary,
    month: str,
    reporting_unit: str,
    missing_villages: Sequence[str],
) -> bool:
    """Write an official table: a sheet for each of its parts, a row for each place, the total first.

    Args:
        path: .xlsx to write; left alone when it would not change.
        table: the dictionary's entry.
        figures: PlaceFigure rows, in the order to show.
        total: the PlaceFigure row of the total (computed from villages, not from these rows), or None.
        dictionary: labels and units.
        month: 'YYYY-MM'.
        reporting_unit: name for 填报单位.
        missing_villages: names of villages without an accepted report.

    Returns:
        Whether the file changed.
    """
    book = Book(month, table.title.zh)
    rows = pd.concat([total, figures], ignore_index=True) if total is not None else figures
    period, of = reported_period(table, dictionary, month), return_of_table(table, dictionary)
    for part in table.parts:
        leaves = leaves_of(part, dictionary, month, of)
        if not leaves:
            continue
        sheet = book.book.add_worksheet(part.title.zh[:31])
        frame = frame_of(leaves, rows)
        top = _head(book, sheet, table, part, frame, period, reporting_unit)
        body = _headings(book, sheet, top, ("代码", "名称"), ("Code", "Place"), leaves, frame)
        names = list(zip(rows["place_name"], rows["place_code"], strict=True))
        if total is not None:
            names[0] = ("合计 Total", "")
        end = _figures(book, sheet, body, leaves, rows, names, total is not None)
        partial = coverage_notes(leaves, rows, [name for name, _ in names])
        _foot(book, sheet, end, frame.left, table, rows if total is None else total, missing_villages, partial)
        _print_set_up(sheet, body, frame, f"{table.title.zh} — {part.title.zh}")
    return write_if_changed(path, book.close())


def _head(book: Book, sheet: Any, table: Table, part: TablePart, frame: Frame, period: Text, unit: str) -> int:
    s, left, half, last = book.styles, frame.left, frame.half, frame.last
    sheet.set_row(0, 26)
    _merge(sheet, 0, left, last, f"{table.title.zh} — {part.title.zh}", s["title"])
    _merge(sheet, 1, left, last, f"{table.title.en}: {part.title.en}", s["subtitle"])
    lines = (
        (f"填报单位 Reporting unit：{unit}", f"表号 Table：{table.number}"),
        (f"报告期 Period：{period.zh}", f"制表机关 Made by：{table.made_by.zh}"),
        (
            f"计量单位 Unit：{part.unit.zh} ({part.unit.en})",
            f"批准机关 Approved by：{table.approved_by.zh}　批准文号：{table.approval_number or '　　　　'}",
        ),
    )
    for n, (on_left, on_right) in enumerate(lines, start=2):
        _merge(sheet, n, left, half, on_left, s["meta"])
        _merge(sheet, n, half + 1, last, on_right, s["meta_right"])
    return 5


def _merge(sheet: Any, row: int, first: int, last: int, text: str, style: Any) -> None:
    """A text over some columns of a row; over one column, which cannot be merged, it is just written."""
    if last > first:
        sheet.merge_range(row, first, row, last, text, style)
    else:
        sheet.write_string(row, first, text, style)


def _headings(
    book: Book, sheet: Any, top: int, fixed_zh: Sequence[str], fixed_en: Sequence[str], leaves: Sequence[Leaf], frame: Frame
) -> int:
    """Three rows: concept merged over its members, member, English. Returns the first row of the body."""
    s, lines_zh, lines_en = book.styles, 1, 1
    for column, (zh, en) in enumerate(zip(fixed_zh, fixed_en, strict=True)):
        sheet.merge_range(top, column, top + 1, column, zh, s["head"])
        sheet.write_string(top + 2, column, en, s["head_en"])
    column = len(fixed_zh)
    for _, group in groupby(leaves, key=lambda leaf: leaf.top.zh):
        members = list(group)
        if len(members) == 1:
            sheet.merge_range(top, column, top + 1, column, members[0].top.zh, s["head"])
        else:
            sheet.merge_range(top, column, top, column + len(members) - 1, members[0].top.zh, s["head"])
        for leaf in members:
            if len(members) > 1:
                sheet.write_string(top + 1, column, leaf.sub.zh, s["head"])
            en = leaf.top.en if leaf.sub == leaf.top else leaf.sub.en if leaf is not members[0] else f"{leaf.top.en}: {leaf.sub.en}"
            sheet.write_string(top + 2, column, en, s["head_en"])
            lines_zh = max(lines_zh, -(-_width(leaf.sub.zh) // int(frame.widths[column]))) if len(members) > 1 else lines_zh
            lines_en = max(lines_en, len(textwrap.wrap(en, int(1.2 * frame.widths[column]))))
            column += 1
    sheet.set_row(top, 30)
    sheet.set_row(top + 1, max(22, 14 * lines_zh))
    sheet.set_row(top + 2, max(34, 11 * lines_en + 4))
    return top + 3


def _figures(
    book: Book, sheet: Any, body: int, leaves: Sequence[Leaf], rows: pd.DataFrame, names: Sequence[tuple[str, str]], has_total: bool
) -> int:
    """Write the body; `names` are (name, code) a row. Returns the row after the last."""
    s = book.styles
    for n, (name, code) in enumerate(names):
        sheet.write_string(body + n, 0, code, s["code"])
        sheet.write_string(body + n, 1, name, s["head"] if has_total and n == 0 else s["name"])
    shown = zip(leaves, figures_of(leaves, rows).T.tolist(), is_in_part(leaves, rows).T.tolist(), strict=True)
    for column, (leaf, values, parts) in enumerate(shown, start=2):
        for n, (value, is_part) in enumerate(zip(values, parts, strict=True)):
            if value != value:
                sheet.write_string(body + n, column, ":", s["none"])
            else:
                style = book.number(leaf.decimals, is_bold=has_total and n == 0, is_part=is_part)
                sheet.write_number(body + n, column, value, style)
    return body + len(names)


def _foot(
    book: Book, sheet: Any, row: int, left: int, table: Table, counted: pd.DataFrame, missing: Sequence[str], partial: Sequence[str]
) -> None:
    s = book.styles
    expected, reported = int(counted["villages_expected"].sum()), int(counted["villages_reported"].sum())
    names = "、".join(missing[:_MOST_NAMES]) + (f" 等{len(missing)}个村" if len(missing) > _MOST_NAMES else "")
    coverage = f"应报 {expected} 村，已报 {reported} 村" + (f"，未计入 {len(missing)} 村：{names}" if missing else "") + "。"
    coverage += f" {reported} of {expected} villages are included."
    lines = [f"注 Notes：{coverage}", *partial, *[f"{note.zh} {note.en}" for note in table.notes]]
    for n, line in enumerate(lines):
        sheet.write_string(row + n, left, line, s["note"])
    sheet.write_string(row + len(lines) + 1, left, SIGNATURES, s["meta"])


def _print_set_up(sheet: Any, body: int, frame: Frame, title: str) -> None:
    for column, width in enumerate(frame.widths):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(body, 2)
    sheet.set_landscape()
    sheet.set_paper(9)
    if frame.breaks:
        sheet.set_print_scale(frame.scale)
        sheet.set_v_pagebreaks(list(frame.breaks))
        sheet.repeat_columns(0, 1)
    else:
        sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(body - 3, body - 1)
    sheet.set_margins(left=0.4, right=0.4, top=0.5, bottom=0.5)
    sheet.set_footer(f"&L{title.replace('&', '&&')}&R&P / &N")


def write_listing(
    path: Path,
    report: pd.DataFrame,
    findings: pd.DataFrame,
    *,
    dictionary: Dictionary,
    month: str,
    town_name: str,
    queries: pd.DataFrame | None = None,
    hints: pd.DataFrame | None = None,
) -> bool:
    """Write a town's listing for review: a row for every village (missing and held ones marked), and the questions to ask.

    Args:
        path: .xlsx to write; left alone when it would not change.
        report: VillageReport rows of the town.
        findings: Finding rows of the town.
        dictionary: labels and units.
        month: 'YYYY-MM'.
        town_name: for the title.
        queries: Query rows of the month: in which order to ask, and how far; without them, the order of `findings`.
        hints: Hint rows of the month, shown below the question; none where not given.
    """
    book = Book(month, f"{town_name}核对册")
    _questions(book, _in_order(findings, queries, hints), town_name, month)
    report = with_wholes(report, dictionary)
    totals = report[list(dictionary.codes)].sum(min_count=1)
    rows = pd.concat([totals.to_frame().T, report], ignore_index=True)
    for table, part in ((of, part) for of in tables_due(dictionary, "town", month) for part in of.parts):
        of = return_of_table(table, dictionary)
        leaves = [leaf for leaf in leaves_of(part, dictionary, month, of) if set(leaf.codes) <= set(dictionary.codes)]
        if not leaves:
            continue
        name = part.title.zh if of is None else f"{of.label.zh} {part.title.zh}"
        sheet = book.book.add_worksheet(name[:31])
        frame = frame_of(leaves, rows)
        title = f"{town_name} {reported_period(table, dictionary, month).zh} {name}（核对用，内部资料）"
        sheet.set_row(0, 26)
        _merge(sheet, 0, frame.left, frame.last, title, book.styles["title"])
        body = _headings(book, sheet, 1, ("代码", "村（居）"), ("Code", "Village"), leaves, frame)
        names = [("合计 Total", "")]
        for code, name, status in zip(report["village_code"], report["village_name"], report["status"], strict=True):
            names.append((name if status == "accepted" else f"{name}（{_STATUS[status]}）", code))
        _figures(book, sheet, body, leaves, rows, names, True)
        _print_set_up(sheet, body, frame, title)
    return write_if_changed(path, book.close())


def _in_order(findings: pd.DataFrame, queries: pd.DataFrame | None, hints: pd.DataFrame | None) -> pd.DataFrame:
    """Findings in the order of the queue, with the likeliest hint behind the question and where they stand to the stop line."""
    out = findings.assign(is_above_line=1)
    if queries is not None:
        queue = queries.drop_duplicates("place_code").set_index("place_code")
        rank, above = out["place_code"].map(queue["rank"]), out["place_code"].map(queue["is_above_line"])
        out = out.assign(is_above_line=above.fillna(0).astype("int64"), rank=rank.fillna(len(queue) + 1))
        out = out.sort_values(["rank", "level", "rule_id"], kind="stable", ignore_index=True)
    if hints is not None:
        said: dict[tuple[str, str], tuple[str, str]] = {}
        first = hints[(hints["rank"] == 1) & hints["village_code"].isin(out["village_code"])]
        for village, rules, zh, en in zip(first["village_code"], first["rules"], first["say_zh"], first["say_en"], strict=True):
            said |= {(village, rule): (f"\n提示：{zh}", f" Hint: {en}") for rule in rules.split(",") if (village, rule) not in said}
        found = [said.get(key, ("", "")) for key in zip(out["village_code"], out["rule_id"], strict=True)]
        zh, en = (pd.Series([pair[n] for pair in found], index=out.index, dtype="str") for n in (0, 1))
        out = out.assign(say_zh=out["say_zh"] + zh, say_en=out["say_en"] + en)
    return out


def _questions(book: Book, findings: pd.DataFrame, town_name: str, month: str) -> None:
    """The first sheet: what to ask, Chinese above English, mandatory ones first."""
    sheet = book.book.add_worksheet("需要询问")
    s = book.styles
    title = f"{town_name} {int(month[:4])}年{int(month[5:])}月 需要向村里询问的问题（{len(findings)} 条）"
    sheet.merge_range(0, 0, 0, 5, title, s["title"])
    sheet.set_row(0, 26)
    heads = (
        ("程度 Severity", 14),
        ("代码 Code", 14),
        ("村（居） Village", 16),
        ("单元格 Cells", 22),
        ("问题 Question", 54),
        ("请 Please", 46),
    )
    for column, (head, width) in enumerate(heads):
        sheet.write_string(1, column, head, s["head"])
        sheet.set_column(column, column, width)
    names = ("severity", "place_code", "place_name", "cells", "say_zh", "say_en", "do_zh", "do_en", "is_above_line")
    for row, question in enumerate(findings[list(names)].astype("str").itertuples(index=False), start=2):
        severity, code, name, cells, say_zh, say_en, do_zh, do_en, above = question
        texts = (
            _SEVERITY[severity] + ("" if above == "1" else "\n线下"),
            code,
            name,
            cells_in_short(cells),
            f"{say_zh}\n{say_en}",
            f"{do_zh}\n{do_en}",
        )
        lines = max(sum(-(-_width(line) // width) for line in text.split("\n")) for text, (_, width) in zip(texts, heads, strict=True))
        sheet.set_row(row, 13 * lines + 4)
        for column, text in enumerate(texts):
            sheet.write_string(row, column, text, s["wrap"])
    end = len(findings) + 2
    if findings["is_above_line"].ne(1).any():
        sheet.write_string(
            end, 0, "线下：对全县合计影响很小，时间不够可以不问。Below the line (线下): hardly changes the county's totals.", s["note"]
        )
    sheet.freeze_panes(2, 3)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(1)


def cells_in_short(cells: str) -> str:
    """Addresses with each sheet named once: '月报!E12, 月报!E15' is '月报!E12, E15'."""
    told, sheet = [], None
    for cell in cells.split(", "):
        here, _, address = cell.rpartition("!")
        told.append(address if here and here == sheet else cell)
        sheet = here
    return ", ".join(told)


def _width(text: str) -> int:
    """Columns that a text takes: two for a Chinese character."""
    return sum(2 if ord(character) > 0x2E7F else 1 for character in text) or 1
