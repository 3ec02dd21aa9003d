"""Rows with names: what stands beside the names makes them rows about persons, certainly or perhaps.

Certain are several names with numbers: documents, telephones, dates of birth. Weaker is everything else: relations, sex and age,
addresses, a heading like 患者 or 领取人, a block of names. See `sources.persons.PersonsSeen`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sources.identity import is_old_number, is_rounded_identity
from sources.persontable import Cell, Table
from sources.scattered import is_rounded_text, landline_in, masked_numbers, mobile_in, permits_in, scattered_in

Verdict = tuple[str, bool]
"""Why (an entry of `suspicions`), and whether it is certain."""
FEW = 3
_BLOCK = 5
_LONGEST_LIST = 60
_WHOLE_NAME = 3
_SHARE = 0.6
_DATE = re.compile(
    r"(?<!\d)(19\d\d|20[0-4]\d)\s*(?:[-/.年]\s*(0?[1-9]|1[0-2])\s*(?:[-/.月]\s*(0?[1-9]|[12]\d|3[01])日?)?|(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01]))?(?!\d)"
)
_AGE = re.compile(r"(?<!\d)(\d{1,3})\s*(?:周?岁|周?歲|years? old)")
_YEARS_OF_LIVES = 10
_LONG_AGO = 2005
_WHEN = re.compile("日期|时间|時間|月份|年份|年度|date|period")


def judged(table: Table) -> Verdict | None:
    """What the rows with names of a table are, or None."""
    named = table.named
    if not named:
        return None
    return _with_numbers(table) or _with_traits(table) or _card(table) or _headed(table) or _alone(table)


# -- numbers beside names --------------------------------------------------------------------------------------------


def _with_numbers(table: Table) -> Verdict | None:
    rows = _rows_of(table.named)
    documents = {row for row in rows if any(_is_document(table, cell) for cell in table.by_row[row])}
    births = {row for row in rows if any(_is_birth(table, cell) for cell in table.by_row[row])} | _lives(table, rows)
    told = {row for row in rows if any(_is_telephone(table, cell) for cell in table.by_row[row])}
    if table.is_of_staff or (table.is_of_places(sorted(told)) and not _are_headed(table, told)):
        told = set()
    for found, why in ((documents, "names_with_numbers"), (births, "names_with_birth_dates"), (told, "names_with_numbers")):
        sure = [cell for cell in table.named if cell.row in found and _is_sure(table, cell)]
        names = {cell.value for cell in sure}
        if 2 * len({cell.row for cell in sure}) < len(found):
            continue
        if len(names) >= FEW or (len(names) == 2 and _are_headed(table, found)):
            return why, not (found is told and table.is_of_places(sorted(told)))
    alone = documents | births
    if any(cell.row in alone for cell in table.strong):
        return "names_with_numbers" if documents else "names_with_birth_dates", False
    if any(cell.row in rows and _is_bare_birth(table, other) for cell in table.strong for other in table.by_row[cell.row]):
        return "names_with_birth_dates", False
    if len(births) >= 2 and len({cell.value for cell in table.named if cell.row in births}) >= 2:
        return "names_with_birth_dates", False
    if len(told & {cell.row for cell in table.named if _is_sure(table, cell)}) >= 2 or (told and _are_headed(table, told)):
        return "names_with_numbers", False
    return None


def _is_sure(table: Table, cell: Cell) -> bool:
    """A name by its own look or by what heads it: Latin words are none by themselves."""
    words = table.words
    return words.strength(cell.value) == 2 or words.heads_names(cell.head) or words.heads_persons(cell.head) or _is_chinese(table, cell)


def _is_chinese(table: Table, cell: Cell) -> bool:
    return not cell.value.isascii() and table.words.strength(cell.value) == 1 and any(c.column == cell.column for c in table.strong)


def _rows_of(cells: Collection[Cell]) -> list[int]:
    return sorted({cell.row for cell in cells})


def _are_headed(table: Table, rows: Collection[int]) -> bool:
    words = table.words
    return any(words.heads_names(c.head) or words.heads_persons(c.head) for c in table.named if c.row in rows)


def _is_document(table: Table, cell: Cell) -> bool:
    words, value = table.words, cell.value
    head = cell.head or cell.left
    is_headed = words.identities.search(head) is not None if head else False
    is_code = head != "" and not is_headed and words.codes.search(head) is not None
    if type(value) is str:
        text = value.strip()
        if masked_numbers(text):
            return True
        if len(text) >= 15 and not is_code and any(c.isdecimal() for c in text) and (scattered_in(text) or is_old_number(text)):
            return True
        if is_rounded_text(text):
            return True
        if is_headed and sum(c.isdecimal() for c in text) >= 5:
            return True
        return 7 <= len(text) <= 12 and not text.isdecimal() and not is_code and any(found == text.upper() for found in permits_in(text))
    if type(value) is float or type(value) is int:
        return (
            (value >= 1e5 and is_headed) or (1e14 <= value < 1e15 and is_old_number(str(int(value)))) or is_rounded_identity(float(value))
        )
    return False


def _is_telephone(table: Table, cell: Cell) -> bool:
    words, value = table.words, cell.value
    head = cell.head or cell.left
    is_headed = words.phones.search(head) is not None if head else False
    if type(value) is str:
        digits = sum(c.isdecimal() for c in value)
        if not is_headed and head and words.amounts.search(head) is not None:
            return False
        return 7 <= digits <= 16 and (is_headed or landline_in(value) or mobile_in(value) is not None)
    if type(value) is float or type(value) is int:
        is_amount = head != "" and words.amounts.search(head) is not None
        return (is_headed and value >= 1e6) or (
            not is_amount and (13e9 <= value < 20e9 or 8613e9 <= value < 8620e9) and value % 10_000 != 0
        )
    return False


def _year(value: Any) -> int | None:
    """The year of a cell that is a date, or a year."""
    if isinstance(value, dt.date):
        return value.year
    if type(value) is str and len(value) <= 24 and (found := _DATE.search(value)):
        return int(found[1])
    return None


def _is_birth(table: Table, cell: Cell) -> bool:
    head = cell.head or cell.left
    is_headed = table.words.births.search(head) is not None if head else False
    if type(cell.value) is float and is_headed:
        return 10_000 <= cell.value < 60_000 or 19_000_000 < cell.value < 20_500_000 or 1900 < cell.value < 2050
    if type(cell.value) is str and len(cell.value) > 24:
        return False
    year = _year(cell.value)
    return year is not None and (is_headed or (type(cell.value) is str and cell.value.strip().endswith(("生", "出生"))))


def _is_bare_birth(table: Table, cell: Cell) -> bool:
    """A whole date of many years ago that nothing above calls anything else."""
    if cell.head or (type(cell.value) is str and not 8 <= len(cell.value.strip()) <= 12):
        return False
    year = _year(cell.value)
    if year is None or year > _LONG_AGO:
        return False
    above = [c for row in (cell.row - 1, cell.row - 2) for c in table.by_row.get(row, ()) if c.column == cell.column]
    return all(_year(c.value) is not None for c in above)


def _lives(table: Table, rows: Sequence[int]) -> set[int]:
    """Rows whose column of dates is headed by no word for another date and spans years as births do, not a month as a report does."""
    by_column: dict[int, dict[int, int]] = defaultdict(dict)
    for row in rows:
        for cell in table.by_row[row]:
            if (
                not _WHEN.search(cell.head)
                and not (type(cell.value) is str and len(cell.value) < 6)
                and (year := _year(cell.value)) is not None
            ):
                by_column[cell.column][row] = year
    for found in by_column.values():
        years = found.values()
        if len(found) >= 2 and max(years) - min(years) >= _YEARS_OF_LIVES:
            return set(found)
    return set()


# -- what else is said about somebody --------------------------------------------------------------------------------


def _with_traits(table: Table) -> Verdict | None:
    words = table.words
    traits: tuple[tuple[str, Callable[[Cell], bool]], ...] = (
        (
            "names_and_relations",
            lambda cell: cell.folded in words.relations or (type(cell.value) is str and cell.value.strip() in words.relations),
        ),
        ("names_and_ages", lambda cell: _is_sex(table, cell) or _is_age(cell)),
        (
            "names_and_addresses",
            lambda cell: type(cell.value) is str and len(cell.value) <= 60 and words.address.search(cell.value) is not None,
        ),
    )
    for why, has_it in traits:
        rows: dict[int, Cell] = {}
        for cell in table.named:
            if cell.row not in rows and any(has_it(other) for other in table.by_row[cell.row] if other is not cell):
                rows[cell.row] = cell
        names = {cell.value for cell in rows.values()}
        if (
            len(names) >= 2
            and len(names) >= 0.7 * len(rows)
            and (why == "names_and_relations" or _are_names(table, rows.values()))
            and not table.is_of_places(sorted(rows))
        ):
            kinds = {cell.value for row in rows for cell in table.by_row[row] if cell.folded in words.relations}
            if kinds and kinds <= words.sexes:
                why = "names_and_ages"  # 女 is a daughter and a sex
            is_register = why == "names_and_relations" and len(names) >= FEW and len(kinds) >= 2
            return why, is_register  # a household's register, whatever its headings
    return None


def _are_names(table: Table, cells: Collection[Cell]) -> bool:
    """Most of some cells hold certain names, or stand under a heading for persons."""
    return 2 * sum(_is_sure(table, cell) for cell in cells) >= len(cells)


def _is_sex(table: Table, cell: Cell) -> bool:
    return type(cell.value) is str and cell.value.strip() in table.words.sexes


def _is_age(cell: Cell) -> bool:
    if type(cell.value) is str:
        return len(cell.value) <= 8 and _AGE.search(cell.value) is not None
    return cell.head in ("年龄", "年齡", "岁数", "age", "周岁") and type(cell.value) in (float, int) and 0 <= cell.value <= 120


def _card(table: Table) -> Verdict | None:
    """Words at the left, one person at the right: 户主姓名 | 张三, 住址 | 3组12号."""
    words = table.words
    for cell in table.named:
        label = cell.left
        if not (words.heads_names(label) or words.heads_persons(label)) or table.words.officials.search(cell.head):
            continue
        around = [c for c in table.cells if abs(c.row - cell.row) <= 8 and c is not cell and c.left]
        said = {c.left for c in around if (words.about.search(c.left) or words.births.search(c.left) or words.identities.search(c.left))}
        said = {text for text in said if not words.phones.search(text) or words.identities.search(text)}
        if said and not any(words.officials.search(c.folded) for row in (cell.row - 1, cell.row) for c in table.by_row.get(row, ())):
            return "person_card", False
    return None


def _headed(table: Table) -> Verdict | None:
    """Names below a heading for names or for persons."""
    if table.is_of_staff:
        return None
    words = table.words
    by_head: dict[tuple[int, str], set[str]] = defaultdict(set)
    for cell in table.named:
        if words.heads_names(cell.head) or words.heads_persons(cell.head):
            by_head[cell.column, cell.head].add(cell.value)
    if table.counts_by_sex:
        return None
    if len(set().union(*by_head.values())) >= 2:
        return "roster", False
    one = {column for column, _ in by_head}
    said = sum(1 for c in table.cells if c.column not in one and c.head and (words.about.search(c.head) or words.births.search(c.head)))
    return ("roster", False) if one and said >= 2 else None


def _listed_below(table: Table) -> Verdict | None:
    """附：死亡人员名单 somewhere below, and names in the rows that follow."""
    for title in table.inner_titles:
        names = {cell.value for cell in table.strong if title < cell.row <= title + _LONGEST_LIST}
        if len(names) >= 2 or (names and "人" in "".join(str(cell.value) for cell in table.by_row[title])):
            return "roster", False
    return None


def _in_a_row(table: Table) -> Verdict | None:
    """A few names, one below the other, that no heading explains: a list that was put below a form."""
    if table.is_of_things:
        return None
    by_column: dict[int, dict[int, Cell]] = defaultdict(dict)
    for cell in table.named:
        if not cell.head and table.words.strength(cell.value) == 2:
            by_column[cell.column][cell.row] = cell
    for cells in by_column.values():
        for row in cells:
            if row - 1 in cells:
                continue
            if any(c.column == cells[row].column and type(c.value) is str for c in table.by_row.get(row - 1, ())):
                continue  # below a heading that is not understood: the block of names decides
            run = [cells[row + n] for n in range(FEW) if row + n in cells]
            whole = sum(len(str(cell.value).strip()) >= _WHOLE_NAME for cell in run)
            rows = [cell.row for cell in run]
            if len({cell.value for cell in run}) == FEW and 2 * whole > FEW and not table.is_of_places(rows):
                return "names_alone", False
    return None


def _alone(table: Table) -> Verdict | None:
    """A column or a block of names with nothing beside them."""
    if table.is_of_staff or table.counts_by_sex:
        return None
    if (found := _listed_below(table) or _in_a_row(table)) is not None:
        return found
    strong = [cell for cell in table.named if cell in table.strong or _is_chinese(table, cell)]
    if 2 * len(table.strong) < len(strong):
        return None
    if table.is_roster and len({cell.value for cell in strong}) >= 2:
        return "roster", False
    if len({cell.value for cell in strong}) < _BLOCK:
        return None
    rows, columns = {c.row for c in strong}, {c.column for c in strong}
    if table.is_of_places(sorted(rows)) and len(columns) <= 2:
        return None
    for column, count in Counter(cell.column for cell in strong).items():
        within = [c.row for c in strong if c.column == column]
        texts = [c for c in table.cells if c.column == column and min(within) <= c.row <= max(within) and type(c.value) is str]
        names = {c.value for c in strong if c.column == column}
        if count >= _BLOCK and len(names) >= _SHARE * count and len(within) >= _SHARE * len(texts) and not _signs(table, column):
            return "names_alone", False
    texts = [c for row in rows for c in table.by_row[row] if type(c.value) is str]
    is_block = len(columns) >= 3 and len(strong) >= 2 * _BLOCK - 2 and len(strong) >= _SHARE * len(texts)
    return ("names_alone", False) if is_block else None


def _signs(table: Table, column: int) -> bool:
    return any(c.column == column and c.folded and table.words.officials.search(c.folded) is not None for c in table.cells)
