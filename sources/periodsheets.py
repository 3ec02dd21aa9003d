"""Which period a sheet as a whole is of, by its title and its name, and which sheets of a workbook are the month's."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sources.heads import top_rows, without_names
from sources.layout import Grid, Plan, ReadyLayout
from sources.months import month_in_words, parse_month, period_end, stated_month, without_span
from sources.records import PlaceRecord, Problem
from sources.text import fold
from sources.workbook import Row

_LONGEST_TITLE = 60
_SENTENCE = re.compile(r"[:：,，。;；]")
_YEAR_ALONE = re.compile(r"(?<!\d)(?:(?:19|20)\d\d|[一二][〇零○一二三四五六七八九]{3})年度")
_DAY = re.compile(r"\d{4}[-._年]?\d{1,2}[-._月]?\d{1,2}日?(?=\D|$)")
_MONTH_ALONE = re.compile(r"(?<![\d\-—至到])\d{1,2}月")
_OF_FILES = frozenset(("cumulative", "quarter", "half_year", "year"))
"""Kinds of figures that the name of a file is believed to be of."""
_WITH_ITS_YEAR = re.compile(r"年|月份|\d{4}")


def mark_period(
    sheet: Grid, layout: ReadyLayout, plans: Iterable[Plan], names: Iterable[str], file_name: str = "", month: object = ""
) -> None:
    """Note in plans the words by which their sheet is of another period or kind than the month's, and the month that its title names.

    Args:
        sheet: the sheet, or a form's part of it.
        layout, plans: what is read of it.
        names: of the places that the sheet is about: 十月村 is no October.
        file_name: of the file.
        month: the report month as the sheet states it.
    """
    rows = top_rows(sheet)
    titles = _titles(rows, layout)
    said = without_names(titles[0], names) if titles else ""
    titled = (parse_month(said) or month_in_words(said)) if _WITH_ITS_YEAR.search(said) else ""
    quote = next(_of_other_period(sheet.name, rows, titles, layout, names), "")
    if not quote and not titled and _YEAR_ALONE.search(said) and not stated_month(month):
        quote = titles[0].strip()[:_LONGEST_TITLE]
    if not quote and file_name and not _says_this_month(sheet.name, titles, layout):
        quote = _named_otherwise(file_name, layout, names)
    for plan in plans:
        plan.period, plan.title_month = quote, "" if "~" in titled else titled


def _says_this_month(sheet: str, titles: Sequence[str], layout: ReadyLayout) -> bool:
    return any("本月" in text or "当月" in text for text in (sheet, *titles)) or bool(layout.book.vocabulary.periods.whole(sheet).kinds)


def _named_otherwise(file_name: str, layout: ReadyLayout, names: Iterable[str]) -> str:
    """The name of a file (without its ending) that says 一季度 or 1-3月累计."""
    stem = re.split(r"[/\\]", file_name)[-1].rpartition(".")[0][:_LONGEST_TITLE]
    said = layout.book.vocabulary.periods.other_within(_rest(_DAY.sub("|", stem), layout, names))
    if said != "cumulative" and _MONTH_ALONE.search(stem) is not None:  # 一季度（3月）
        return ""
    return stem if said in _OF_FILES else ""


def settle_period(sheet: Grid, layout: ReadyLayout, plans: Iterable[Plan], heads: dict[str, Any]) -> list[Problem]:
    """Of a return of another period than the month: set the report month to the last month of the period that the sheet names.

    Where it names none, or a month that ends none, its records are held and told. 累计 in a title holds them, as it does a month's.
    """
    if not layout.ends:
        return []
    plans = list(plans)
    titles = [cell for row in top_rows(sheet) for cell in row if type(cell) is str and len(cell) > 3]
    said = heads.get("report_month", "")
    texts = [said if type(said) is str else parse_month(said), *titles, sheet.name]
    month = next((found for text in texts if text and (found := period_end(text, layout.span, layout.ends))), "")
    heads["report_month"] = month
    for plan in plans:
        plan.title_month = ""
        if plan.period and not layout.book.vocabulary.periods.other_within(fold(without_span(plan.period))):
            plan.period = ""  # 1—3月 is the quarter
    if month and int(month[-2:]) in layout.ends:
        other = next((plan.period for plan in plans if plan.period), "")
        return [Problem("other_kind_than_period", sheet.name, "", {"form": layout.label[0], "quote": other})] if other else []
    for plan in plans:
        plan.period = plan.period or layout.label[0]
    return [Problem("period_not_named" if not month else "no_end_of_period", sheet.name, "", {"form": layout.label[0], "month": month})]


def of_the_month(records: Sequence[tuple[str, PlaceRecord]]) -> tuple[list[PlaceRecord], list[Problem]]:
    """Records (with their sheets) without those of another period whose place has a record of the month; what is left out is told.

    A place that has none of the month's keeps the others: they are held.
    """
    if not any(record.period for _, record in records):
        return [record for _, record in records], []
    has_month = {_place(record) for _, record in records if not record.period}
    kept: list[PlaceRecord] = []
    left: dict[tuple[str, str], int] = defaultdict(int)
    for sheet, record in records:
        if record.period and _place(record) in has_month:
            left[sheet, record.period] += 1
        else:
            kept.append(record)
    told = [Problem("sheet_of_other_period", sheet, details={"quote": quote, "n": str(n)}) for (sheet, quote), n in left.items()]
    told += [
        Problem("totals_of_other_period", sheet, details={"quote": record.period})
        for sheet, record in {(s, r.period): (s, r) for s, r in records if r.period and r.role != "report" and r in kept}.values()
    ]
    return kept, told


def _of_other_period(sheet: str, rows: Sequence[Row], titles: Sequence[str], layout: ReadyLayout, names: Iterable[str]) -> Iterator[str]:
    """The words of titles, then of the sheet's name, that say so."""
    periods = layout.book.vocabulary.periods
    for text in titles:
        if periods.other_within(_rest(text, layout, names)):
            yield text.strip()[:_LONGEST_TITLE]
    for row in rows:
        filled = [cell for cell in row if cell != ""]
        if len(filled) == 1 and type(filled[0]) is str and not periods.whole(filled[0]).kinds <= periods.read:
            yield filled[0].strip()
    if not periods.whole(sheet).kinds <= periods.read or periods.other_within(fold(without_names(sheet, names))):
        yield sheet


def _titles(rows: Sequence[Row], layout: ReadyLayout) -> list[str]:
    """Texts of the top in which the form's title stands; where the form has none, lines of one text that are no sentence."""
    if layout.titles:
        texts = [cell for row in rows for cell in row if type(cell) is str and len(cell) > 3]
        return [text for text in texts if any(title in fold(text) for title in layout.titles)]
    if layout.kind != "list":
        return []
    lines = ([cell for cell in row if cell != ""] for row in rows)
    texts = [line[0] for line in lines if len(line) == 1 and type(line[0]) is str]
    return [text for text in texts if 3 < len(text) <= _LONGEST_TITLE and not _SENTENCE.search(text)]


def _rest(text: str, layout: ReadyLayout, names: Iterable[str]) -> str:
    """A title without the form's own words and the place's name: 计划 in 人口和计划服务月报 is no plan."""
    rest = fold(without_names(text, names))
    for title in layout.titles:
        rest = rest.replace(title, "|")
    return rest


def _place(record: PlaceRecord) -> tuple[str, str, str]:
    return record.role, record.level, record.place_code or record.place_name
