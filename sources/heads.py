"""Head fields: who reports on what place and month, wherever in a sheet, its name or the file's name it is written."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from itertools import islice, pairwise
from typing import Any

from sources.form import inline_heads
from sources.layout import PARENT_LEVEL, Grid, Plan, ReadyLayout
from sources.months import month_in_words, parse_month
from sources.statmonth import month_of_days
from sources.text import fold
from sources.workbook import Row

_TITLE_ROWS, _SEARCHED = 6, 12
_TO = frozenset(("至", "到", "-", "–", "—", "——", "~", "～"))
_TOP, _BOTTOM = 8, 6
_SHORTENED = re.compile(r"\d(?:\.\d+)?[eE]\+\d+")
_ROUNDED = re.compile(r"\d{6}0{6}(?:\.0+)?")
_NOUGHTS = re.compile(r"(\d+)\.0+")
_TWELVE = re.compile(r"(?<![0-9])[0-9]{12}(?![0-9])")
_DAY = re.compile(r"月\s*\d{1,2}\s*[日号]")
_BARE_MONTH = re.compile(
    r"[\s(（【\[]*(?:[\d０-９]{4}\s*[-/.．／－—–]\s*[\d０-９]{1,2}|[A-Za-z]{3,9}\.?,?\s*\d{4}|\d{4}\s+[A-Za-z]{3,9})[\s)）】\]]*"
)


def sheet_heads(sheet: Grid, layout: ReadyLayout, file_name: str, names: Iterable[str] = ()) -> dict[str, Any]:
    """Head fields that stand outside rows and label cells: in titles and feet, in the sheet's or the file's name.

    `names`: of the places that the sheet is about, as its cells give them; a village that is called 十月村 is no October.
    """
    titles = [cell for row in top_rows(sheet) for cell in row if type(cell) is str and len(fold(cell)) > 3]
    heads: dict[str, Any] = {}
    for field, source in layout.head.items():
        for pattern, texts in ((source.pattern, titles), (source.sheet_name, [sheet.name]), (source.file_name, [file_name])):
            told = (m[1] if m.groups() else m[0] for text in texts if pattern is not None for m in pattern.finditer(text))
            found = next((name for name in told if not _is_label(name, layout)), None)
            if found is not None:
                heads.setdefault(field, found)
        if source.constant is not None:
            heads.setdefault(field, source.constant)
    add_inline(heads, (cell for row in inline_rows(len(sheet.rows)) for cell in sheet.rows[row]), layout)
    if layout.kind == "list":
        _add_beside(heads, sheet, layout)
    if "report_month" not in heads and (month := _month_in_title(sheet, layout, [*names, *place_names(heads, layout)])):
        heads["report_month"] = month
    return heads


def _add_beside(heads: dict[str, Any], sheet: Grid, layout: ReadyLayout) -> None:
    """Fields above a list whose value stands in the next cell: 乡镇 | 青溪镇 | 报告期 | 2024年3月."""
    wanted = {"report_month", f"{PARENT_LEVEL.get(layout.level, '')}_name"}
    for row in top_rows(sheet):
        filled = [cell for cell in row if cell != ""]
        for label, value in pairwise(filled):
            field = next((m.code for m in layout.book.look_up(label) if m.kind == "head" and m.code in wanted), None)
            if field is None or field in heads or layout.book.look_up(value):
                continue
            if parse_month(value) if field == "report_month" else type(value) is str:
                heads[field] = value


def _is_label(text: str, layout: ReadyLayout) -> bool:
    """乡镇 in 乡镇：青溪镇 is what a town is called here, and no town."""
    return any(meaning.kind == "head" for meaning in layout.book.look_up(text))


def top_rows(sheet: Grid) -> list[Row]:
    """The rows of titles: the first ones in which anything stands."""
    return list(islice((row for row in sheet.rows[:_SEARCHED] if any(cell != "" for cell in row)), _TITLE_ROWS))


def inline_rows(height: int) -> list[int]:
    """The rows in which a field may be written in one cell with its value: the top and the foot."""
    return [row for row in range(height) if row < _TOP or row >= height - _BOTTOM]


def month_in_cells(sheet: Grid, plan: Plan) -> str:
    """A report month that is written in several cells beside its label (2024 | 年 | 3 | 月), as one text; '' where it is not."""
    at = plan.heads.get("report_month")
    if at is None:
        return ""
    row, column = at
    cells = sheet.rows[row][column : column + 6]
    if not cells or cells[0] == "" or (parse_month(cells[0]) and not _joins(cells)):
        return ""
    text = "".join(as_name(cell) for cell in cells)
    if month_of_days(text, None):  # whether it is a month is for the calendar to say
        return text
    return text if "年" in text and "月" in text and parse_month(text) else ""


def _joins(cells: Row) -> bool:
    """2024年2月26日 | 至 | 2024年3月25日"""
    return len(cells) > 2 and type(cells[1]) is str and cells[1].strip() in _TO


def place_names(heads: Mapping[str, Any], layout: ReadyLayout) -> list[str]:
    """What the head says of the place and of what it lies in."""
    return [name for field in layout.place_fields[1:] if type(name := heads.get(field, "")) is str and name]


def without_names(text: str, names: Iterable[str]) -> str:
    """A text without the names of places, where such a name could be taken for a month or a period (十月村, 上年镇)."""
    for name in names:
        if len(name) > 1 and name in text:
            text = text.replace(name, "|")
    return text


def _month_in_title(sheet: Grid, layout: ReadyLayout, names: Iterable[str]) -> str:
    """The first text of the top that names a month and is no other field's value (报出日期 2024年4月3日 is not the report month).

    A date with its day may be that of a letter, and a title may leave out the year or name a quarter: these count last.
    """
    dated, worded = "", ""
    for row in top_rows(sheet):
        is_labelled = False
        for cell in row:
            if type(cell) is not str or not cell:
                continue
            is_field = is_labelled or any(True for _ in inline_heads(cell, layout.book))
            if not is_field and _may_tell_month(cell, layout):
                cell = without_names(cell, names)
                close = cell if parse_month(cell) else "".join(cell.split())  # 2 0 2 4 年 3 月
                if of_days := month_of_days(close, layout.month_starts):
                    return of_days
                is_title = any(title in fold(cell) for title in layout.titles)
                if parse_month(close):
                    if is_title or not _DAY.search(unicodedata.normalize("NFKC", close)):
                        return close
                    dated = dated or close
                elif is_title or "年" in cell:
                    worded = worded or month_in_words(cell)
            is_labelled = any(meaning.kind == "head" for meaning in layout.book.look_up(cell))
    return dated or worded


def _may_tell_month(text: str, layout: ReadyLayout) -> bool:
    """A title, or a text with 年 or of nothing but a month; not a date of validity, printing or approval."""
    if any(title in fold(text) for title in layout.titles):
        return True
    return ("年" in text or _BARE_MONTH.fullmatch(text) is not None) and not any(word in text for word in layout.other_dates)


def add_inline(heads: dict[str, Any], cells: Iterable[object], layout: ReadyLayout) -> None:
    """Add the fields that are written in one cell with their value ('填表人：张某'), where they are not known yet."""
    for cell in cells:
        if type(cell) is str and cell:
            for field, value in inline_heads(cell, layout.book):
                if value:
                    heads.setdefault(field, value)


def as_code(cell: object) -> str:
    """A place code as text: half width, no spaces, marks or '.0' of a number cell; '' where a program kept but 9.90E+11 of it."""
    text = str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)
    if text.isascii() and text.isalnum():
        return text
    code = "".join(c for c in unicodedata.normalize("NFKC", text) if c.isalnum() or c in "+.")
    if code.endswith("0") and (whole := _NOUGHTS.fullmatch(code)) is not None:
        return whole[1]
    return "" if _SHORTENED.fullmatch(code) else code


def shortened_code(cell: object) -> str:
    """A code of which a program kept but the first digits (9.90101E+11, or 990101000000, as it is saved from that); else ''."""
    text = unicodedata.normalize("NFKC", str(int(cell)) if isinstance(cell, float) and cell == int(cell) else str(cell)).strip()
    return text if _SHORTENED.fullmatch(text) or _ROUNDED.fullmatch(text) else ""


def as_name(cell: object) -> str:
    """A name or other text, trimmed."""
    if isinstance(cell, float) and cell == int(cell):
        return str(int(cell))
    return str(cell).strip() if cell != "" else ""


def code_and_name(code: str, name: str) -> tuple[str, str]:
    """A code that stands in the cell of the name (龙泉村（990101101200）), alone or with the name in the cell of the code."""
    found = _TWELVE.findall(unicodedata.normalize("NFKC", name))
    if len(found) != 1 or any(c.isdecimal() for c in code):
        return code, name
    rest = unicodedata.normalize("NFKC", name).replace(found[0], "").strip(" ()[]【】-_:,、/")
    return found[0], rest or code
