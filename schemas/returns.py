"""Returns of another period than the month: what a report has for each of them, and the official tables in which their figures stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemas.entries import COMPLETENESS, Attribute, Return, Table, TableColumn, TablePart, Text
from schemas.periodnames import period_label

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

_COMPLETENESS = Text(zh="到报情况", en="Completeness")
_VILLAGES = Text(zh="个村", en="villages")
_SUMMARY = {"town": Text(zh="分乡镇汇总表", en="by town"), "county": Text(zh="分县汇总表", en="by county")}
_UNIT = Text(zh="见表头", en="see headings")


def attributes_of(returns: dict[str, Return]) -> dict[str, Attribute]:
    """The attributes that a report has for every return whose period is no month."""
    made: dict[str, Attribute] = {}
    for of in returns.values():
        if of.months > 1:
            zh, en = of.label.zh, of.label.en
            missing = Text(zh=f"{zh}未报", en=f"no report of the {en} has arrived")
            late = Text(zh=f"{zh}迟报天数", en=f"days between the due day of the {en} and its arrival")
            made |= {of.is_missing: Attribute(code=of.is_missing, label=missing), of.days_late: Attribute(code=of.days_late, label=late)}
    return made


def tables_due(dictionary: Dictionary, level: str, month: str) -> list[Table]:
    """The official tables with rows of `level` ('town', 'county') that are made for `month`; the month's first.

    A return that is due and that no table of the dictionary is about gets one with all its figures, a sheet a section, signed by the
    same offices as the month's.
    """
    due = [of for of in dictionary.other_returns if of.is_due(month)]
    names = {of.id for of in due}
    here = [t for t in dictionary.tables.values() if t.rows == level and t.is_in_force(month)]
    monthly = [t for t in here if t.return_ is None or t.return_ not in {of.id for of in dictionary.other_returns}]
    own = [t for t in here if t.return_ in names]
    told = {t.return_ for t in dictionary.tables.values() if t.rows == level}
    return [*monthly, *own, *(_plain_table(of, monthly[0], dictionary) for of in due if of.id not in told and monthly)]


def _plain_table(of: Return, like: Table, dictionary: Dictionary) -> Table:
    concepts = [c for c in dictionary.concepts.values() if c.return_ == of.id]
    parts = [TablePart(title=_COMPLETENESS, unit=_VILLAGES, columns=(TableColumn(codes=COMPLETENESS),))]
    for section in dictionary.sections.values():
        codes = tuple(c.code for c in concepts if c.section == section.code)
        codes += tuple(d.code for d in dictionary.derived.values() if d.section == section.code and dictionary.return_of(d.code) == of)
        if codes:
            parts.append(TablePart(title=section.label, unit=_UNIT, columns=(TableColumn(codes=codes),)))
    summary = _SUMMARY[like.rows]
    title = Text(zh=f"{of.label.zh}{summary.zh}", en=f"{of.label.en} {summary.en}")
    changes: dict[str, Any] = {"id": f"{of.id}_{like.rows}", "number": "", "title": title, "parts": tuple(parts), "return_": of.id}
    return like.model_copy(update=changes)


def return_of_table(table: Table, dictionary: Dictionary) -> Return | None:
    """The return of another period that a table is about; None for the month's."""
    return next((of for of in dictionary.other_returns if of.id == table.return_), None)


def reported_period(table: Table, dictionary: Dictionary, month: str) -> Text:
    """What the period of a table is called: 2024年3月, 2024年一季度."""
    of = return_of_table(table, dictionary)
    if of is None:
        return Text(zh=f"{int(month[:4])}年{int(month[5:])}月", en=month)
    zh, en = period_label(of, month)
    return Text(zh=zh, en=en)
