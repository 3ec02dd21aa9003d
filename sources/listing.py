"""A list: one place a row (or one a block of rows), headings above. Finds the plans of the columns and the rows of places.

A sheet may hold several lists below one another, or one whose headings are repeated on every page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from schemas.states import REPORTED
from sources.added import settle_added
from sources.beside import is_number, strays_in
from sources.headings import header_bottom, header_top, heading_paths, is_group_row, names_place
from sources.heads import as_name
from sources.labels import REASON, Meaning, resolve
from sources.layout import Plan, ReadyLayout
from sources.rows import NOTE, OTHER, PART, WHOLE
from sources.text import Unit, fold, fold_name, units_behind, units_in
from sources.units import count_in, count_others_in, odd_above, units_above
from sources.workbook import Row, Sheet

_HEADER_SEARCH = 30
_VILLAGE, _LONGEST_NAME = "village", 20
_FIGURES = 3
"""A row below the notes with a name and so many figures is a place's."""


class Block(NamedTuple):
    """The rows of one place: `row` is the first (zero-based). `is_total`: the sheet's own total, evidence only.

    `is_broken`: a row of a place (男) without the others that belong to it; nothing is read of it. `seems`: what it is unless its name is
    a registered village's (`sources.rows`). `is_below`: it stands below the foot.
    `is_own`: it is the row of what the list lies in (the town among its villages), named like a place.
    """

    row: int
    is_total: bool
    is_broken: bool = False
    seems: str = ""
    is_below: bool = False
    is_own: bool = False


def plan_lists(sheet: Sheet, layout: ReadyLayout) -> list[Plan]:
    """The plans of a list sheet, one a table, from top to bottom; none when its headings are not there.

    A table ends (`last_row`) where the next one's headings begin. Repeated headings of the same columns give the same plan again.
    """
    tops = _tops(sheet, layout)
    plans = [plan for n, top in enumerate(tops) if (plan := _plan(sheet, layout, top, tops[n - 1] if n else 0)) is not None]
    for plan, following in pairwise(plans):
        plan.last_row = following.first_row
    return plans


def _is_caption(row: Sequence[object]) -> bool:
    """二、死亡 above the next table: a row of one text."""
    return sum(cell != "" for cell in row) <= 1


def _plan(sheet: Sheet, layout: ReadyLayout, top: int, above: int) -> Plan | None:
    code_field, name_field, _ = layout.place_fields
    bottom = header_bottom(sheet, layout, top)
    first = header_top(sheet, layout, top, above)
    plan = Plan(layout.id, sheet.name, first_row=bottom, added=layout.added, month_shift=layout.month_shift)
    concepts: dict[int, tuple[Meaning, list[str]]] = {}
    settled: set[str] = set()
    bare: list[int] = []
    again: dict[str, list[int]] = {}
    paths = heading_paths(sheet, first, bottom)
    plan.headed = max((column for column, path in enumerate(paths, start=1) if any(path)), default=0)
    bare += range(len(paths), max(map(len, sheet.rows)))  # text files have rows of different lengths
    for column, path in enumerate(paths):
        if not any(path):
            bare.append(column)
            continue
        label = "/".join(p for n, p in enumerate(path) if p and p not in path[:n])
        meaning = resolve(layout.book, path)
        if meaning is None:
            if not all(_is_plain_heading(layout, part) for part in path if part):
                plan.unmatched.append((label, top, column))
        elif meaning.kind == "indicator":
            again.setdefault(meaning.code, []).append(column)
            if meaning.code not in plan.cells:
                plan.cells[meaning.code] = (0, column)
                if count_in(plan, layout, meaning.code, top, column, _units_of(path), label):
                    settled.add(meaning.code)
        elif meaning.kind == "total":
            plan.sums.append((0, column, tuple(layout.book.vocabulary.members[meaning.code].values())))
            if meaning.code in layout.totals:
                total = layout.totals[meaning.code][0]
                again.setdefault(total, []).append(column)
                if plan.cells.setdefault(total, (0, column)) == (0, column) and count_in(
                    plan, layout, total, top, column, _units_of(path), label
                ):
                    settled.add(total)
        elif meaning.kind == "head":
            plan.heads.setdefault(meaning.code, (0, column))
        elif meaning.kind == REASON:
            plan.reasons.append((label, layout.reasons[meaning.code], 0, column))
        elif meaning.kind in ("not_collected", "share", "comparison"):
            plan.skipped.append((label, meaning.code or meaning.kind, top, column))
        elif meaning.kind == "concept":
            concepts[column] = (meaning, path)
    if concepts or layout.header_rows is None:
        _stack(sheet, layout, plan, {column: meaning for column, (meaning, _) in concepts.items()})
    if concepts:
        taken = {at for _, at in plan.cells.values()} | {at for _, at, _ in plan.sums}
        for column, (meaning, path) in concepts.items():
            code = layout.totals[meaning.code][0] if meaning.code in layout.totals else _whole_of(layout, path)
            if column not in taken and code is not None and code not in plan.cells:
                plan.cells[code] = (0, column)
            elif column not in taken:
                plan.unmatched.append(("/".join(dict.fromkeys(p for p in path if p)), top, column))
            for code, (_, at) in plan.cells.items():
                if at == column and count_in(plan, layout, code, top, column, _units_of(path), path[-1]):
                    settled.add(code)
    if code_field not in plan.heads and name_field not in plan.heads:
        return None
    _weigh(sheet, layout, plan, top, paths, {code: columns for code, columns in again.items() if len(columns) > 1}, bare)
    count_others_in(plan, layout, units_above(sheet.rows[above:first], layout.book), settled)
    odd_above(plan, enumerate(sheet.rows[above:first], above))
    settle_added(plan, layout.added)
    return plan


def _weigh(
    sheet: Sheet,
    layout: ReadyLayout,
    plan: Plan,
    top: int,
    paths: Sequence[Sequence[str]],
    again: Mapping[str, Sequence[int]],
    bare: Sequence[int],
) -> None:
    """Indicators that several columns are headed by, and columns of numbers without a heading.

    The one column that is headed 本月 counts; otherwise, where the columns hold different numbers, the indicator is doubtful.
    """
    if not again and not bare:
        return
    at = [plan.heads[field][1] for field in layout.place_fields[:2] if field in plan.heads]
    end = len(sheet.rows) if plan.last_row < 0 else plan.last_row
    named = {
        r: row for r, row in enumerate(sheet.rows[plan.first_row : end], plan.first_row) if any(c < len(row) and row[c] != "" for c in at)
    }
    for code, columns in again.items():
        sure = [column for column in columns if _says_this_month(layout, paths[column])]
        if len(sure) == 1 and plan.record_rows == 1:
            plan.cells[code] = (0, sure[0])
        elif any(_differ(row, columns, layout) for row in named.values()):
            plan.doubtful[code] = tuple((top, column) for column in columns)
    used = {column for _, column in (*plan.cells.values(), *plan.heads.values())} | {column for _, column, _ in plan.sums}
    bare = [column for column in bare if column not in used]
    _note_slips(plan, bare, named, layout)
    strays_in(plan, bare, {r: row for r, row in named.items() if r not in plan.slipped}, layout.values)


def _note_slips(plan: Plan, bare: Sequence[int], named: Mapping[int, Row], layout: ReadyLayout) -> None:
    """Rows with a blank among the figures and a number right of the last heading, where most rows have none: a cell was put in."""
    figures = sorted(column for _, column in plan.cells.values())
    behind = next((column for column in bare if figures and column > figures[-1]), None)
    if behind is None or plan.record_rows > 1:
        return
    over = [r for r, row in named.items() if behind < len(row) and is_number(row[behind], layout.values)]
    if 2 * len(over) < len(named):
        plan.slipped = {r: blank for r in over if (blank := next((c for c in figures if named[r][c] == ""), None)) is not None}


def _differ(row: Row, columns: Sequence[int], layout: ReadyLayout) -> bool:
    """Whether a further column holds another number than the first."""
    first, *others = (layout.values.read(row[column] if column < len(row) else "") for column in columns)
    return any(other[1] == REPORTED and other != first for other in others)


def _says_this_month(layout: ReadyLayout, path: Sequence[str]) -> bool:
    return any(m.kind == "value" for part in path for m in layout.book.look_up(part))


def blocks(sheet: Sheet, layout: ReadyLayout, plan: Plan, town: str = "") -> Iterator[Block]:
    """The rows of places. Blank rows, notes and rows to skip are left out; totals are marked, and what is called like a subtotal or a
    note, or stands below the foot, and has figures all the same.

    `town`: whom the list is from; a row of that name is its total.
    """
    columns = [plan.heads[field][1] for field in layout.place_fields[1::-1] if field in plan.heads]
    end = len(sheet.rows) if plan.last_row < 0 else plan.last_row
    own = fold_name(town) if town and layout.stated_level is not None else ""
    left_out = (*layout.subtotal_rows, *layout.skip_rows)
    below, row, following = "", plan.first_row, plan.first_row
    while (row := following) < end:
        size = plan.record_rows if _begins_block(sheet, layout, plan, columns, row, end) else 1
        following = row + size
        lines = sheet.rows[row:following]
        named, first = (line[c] for c in columns for line in lines if c < len(line)), (c for line in lines for c in line)
        written_name, written = next((c for c in named if c != ""), ""), next((c for c in first if c != ""), "")
        name, start = _folded(written_name), _folded(written)
        if not start:
            continue
        names, starts = (name, as_name(written_name)), (start, as_name(written))
        either = names if name else starts
        if layout.own_rows and size == plan.record_rows and _any(layout.own_rows, *_named(sheet.rows[row], columns)):
            yield Block(row, is_total=True, is_own=True)
            continue
        is_skipped = _any(left_out, *either) or (name != "" and _any(layout.subtotal_rows, *starts))
        is_foot = not is_skipped and _any(layout.stop_rows, *starts)
        seems = ""
        if is_skipped or is_foot or _any(layout.note_rows, *starts):
            seems = _all_the_same(sheet.rows[row], layout, plan, columns)
            if not is_skipped and not seems:
                below = "foot" if is_foot or below == "foot" else below or "note"
            if not seems:
                continue
        elif below and not _is_filled(sheet.rows[row], layout, plan, columns, is_named=_any(layout.total_rows, *starts)):
            below = OTHER if below == "foot" and _heads_others(sheet.rows[row]) else below
            continue
        if plan.last_row >= 0 and _begins_next(sheet.rows, row, plan.last_row, layout):
            return
        seems = OTHER if below == OTHER else seems or _by_name(sheet.rows[row], layout, columns, is_below_foot=below == "foot")
        is_total = seems != OTHER and ((own != "" and fold_name(name) == own) or _any(layout.total_rows, *(starts if seems else either)))
        is_total = is_total or seems == WHOLE or (not seems and _any(layout.total_rows, *starts))
        if (name or is_total) and size == plan.record_rows:
            yield Block(row, is_total, seems="" if seems == _VILLAGE else seems, is_below=below == "foot")
        elif plan.parts is not None and _says_part(sheet.rows[row], layout, plan):
            yield Block(row, is_total, is_broken=True)


def _named(row: Row, columns: Sequence[int]) -> tuple[str, str]:
    """Code and name of a row, as far as there are columns of them."""
    written = [as_name(row[c]) if c < len(row) else "" for c in columns]
    return written[-1], written[0]


def _by_name(row: Row, layout: ReadyLayout, columns: Sequence[int], *, is_below_foot: bool) -> str:
    """What a row's name says that it is; below the foot, what is not like a village is a note until the registry knows it."""
    code, name = _named(row, columns)
    if layout.rows.is_like_a_village(code, name):
        return ""
    return layout.rows.seems(name) or (NOTE if is_below_foot else "")


def _all_the_same(row: Row, layout: ReadyLayout, plan: Plan, columns: Sequence[int]) -> str:
    """What a row that is called like a subtotal, a note or the foot is where it has a name and figures all the same; '' where not."""
    code, name = _named(row, columns)
    folded = fold(name) if name else ""
    if not folded or ":" in name or "：" in name or len(folded) > _LONGEST_NAME:
        return ""
    if not any(column < len(row) and is_number(row[column], layout.values) for _, column in plan.cells.values()):
        return ""
    if _any(layout.subtotal_rows, folded, name):
        return PART
    is_named = _any((*layout.stop_rows, *layout.note_rows, *layout.skip_rows), folded, name)
    if layout.rows.is_like_a_village(code, name):
        start = as_name(next(c for c in row if c != ""))
        return _VILLAGE if is_named or not _any(layout.subtotal_rows, fold(start), start) else ""
    return NOTE if is_named and not _any(layout.skip_rows, folded, name) else ""


def _heads_others(row: Row) -> bool:
    """Whether a row below the foot is one of headings: of another table, which was not recognised."""
    texts = [cell for cell in row if type(cell) is str and cell]
    return (
        len(texts) >= _FIGURES and all(":" not in text and "：" not in text for text in texts) and len(texts) == sum(c != "" for c in row)
    )


def _is_filled(row: Row, layout: ReadyLayout, plan: Plan, columns: Sequence[int], *, is_named: bool = False) -> bool:
    """Whether a row has a name and figures: below a note (备注：…) or the foot that is a further place, or a total."""
    if not is_named and all(c >= len(row) or row[c] == "" for c in columns):
        return False
    figures = [column for _, column in plan.cells.values()]
    return sum(c < len(row) and is_number(row[c], layout.values) for c in figures) >= max(1, min(_FIGURES, len(figures)))


def _begins_block(sheet: Sheet, layout: ReadyLayout, plan: Plan, columns: Sequence[int], row: int, end: int) -> bool:
    """Whether the rows of a place begin here; between places of several rows there may be rows of other things, or blank ones."""
    if plan.parts is None:
        return plan.record_rows == 1
    if row + plan.record_rows > end:
        return False
    line, others = sheet.rows[row], sheet.rows[row + 1 : row + plan.record_rows]
    are_others = all(_says(other, layout, plan, part) for other, part in zip(others, plan.members[1:], strict=True))
    if _says_first_part(line, layout, plan):
        return are_others
    is_named = any(column < len(line) and line[column] != "" for column in columns)
    return is_named and are_others and not _says_part(line, layout, plan)  # its label is none that is known, but those below are the others


def _says_first_part(row: Row, layout: ReadyLayout, plan: Plan) -> bool:
    return plan.parts is not None and _says(row, layout, plan, plan.parts[1])


def _says(row: Row, layout: ReadyLayout, plan: Plan, part: Meaning) -> bool:
    return plan.parts is not None and plan.parts[0] < len(row) and part in layout.book.look_up(row[plan.parts[0]])


def _says_part(row: Row, layout: ReadyLayout, plan: Plan) -> bool:
    if plan.parts is None or plan.parts[0] >= len(row):
        return False
    return any(m.of == plan.parts[1].of for m in layout.book.look_up(row[plan.parts[0]]) if m.kind in ("member", "total"))


def _begins_next(rows: Sequence[Row], row: int, end: int, layout: ReadyLayout) -> bool:
    """Whether the headings of the next table begin here, with a caption of one text above them at most."""
    while row < end and _is_caption(rows[row]):
        row += 1
    while row < end and not names_place(rows[row], layout) and is_group_row(rows[row], layout):
        row += 1
    return row < end and names_place(rows[row], layout)


def _any(patterns: Sequence[re.Pattern[str]], *texts: str) -> bool:
    """Whether a pattern finds anything in a text as it stands or as it is folded."""
    return any(pattern.search(text) for pattern in patterns for text in texts if text)


def _folded(cell: object) -> str:
    return fold(cell) if type(cell) is str else "" if cell == "" else str(cell)


def _tops(sheet: Sheet, layout: ReadyLayout) -> list[int]:
    """The rows that name the place's column: the first among the sheet's first rows, then every further one."""
    searched = len(sheet.rows) if layout.table else min(_HEADER_SEARCH, len(sheet.rows))
    first = next((r for r in range(searched) if names_place(sheet.rows[r], layout)), None)
    if first is None:
        return []
    if layout.header_rows is not None:  # a layout that counts its heading rows has them once
        return [first]
    tops, row = [first], header_bottom(sheet, layout, first)
    while row < len(sheet.rows):
        if names_place(sheet.rows[row], layout):
            tops.append(row)
            row = header_bottom(sheet, layout, row)
        else:
            row += 1
    return tops


def _units_of(path: Sequence[str]) -> tuple[Unit, ...]:
    """The units that a heading states, the lowest line first."""
    return next((units for part in reversed(path) if (units := units_in(part) or units_behind(part))), ())


def _whole_of(layout: ReadyLayout, path: Sequence[str]) -> str | None:
    """The indicator of a heading that names a concept and its whole (流入人数), where nothing in the list divides it."""
    last = next((part for part in reversed(path) if part), "")
    return next((m.code for m in layout.book.look_up(last) if m.kind == "indicator"), None)


def _is_plain_heading(layout: ReadyLayout, part: str) -> bool:
    return any(m.kind in ("heading", "head") for m in layout.book.look_up(part))


def _stack(sheet: Sheet, layout: ReadyLayout, plan: Plan, concepts: dict[int, Meaning]) -> None:
    """Places that take several rows, one a member (计, 男, 女): the member stands in a column of its own."""
    width = max(len(row) for row in sheet.rows)
    labels: tuple[int, list[Meaning]] | None = None
    for column in range(width):
        found = []
        for row in sheet.rows[plan.first_row : plan.first_row + 12]:
            meanings = layout.book.look_up(row[column]) if column < len(row) else ()
            found.append(next((m for m in meanings if m.kind in ("member", "total")), None))
        if all(m is not None for m in found[:2]) and len(set(found[:2])) > 1:  # 合计 on each of its rows is a name
            labels = (column, [m for m in found if m is not None])
            break
    if labels is None:
        return
    column, members = labels
    size = next((n for n in range(1, len(members)) if members[n] in members[:n]), len(members))
    plan.record_rows, plan.parts, plan.members = size, (column, members[0]), tuple(members[:size])
    plan.unmatched = [heading for heading in plan.unmatched if heading[2] != column]  # 性别
    for offset, member in enumerate(members[:size]):
        for at, concept in concepts.items():
            if layout.book.vocabulary.breakdown.get(concept.code) != member.of:
                continue
            if member.kind == "total":
                plan.sums.append((offset, at, tuple(layout.book.vocabulary.members[concept.code].values())))
                if concept.code in layout.totals:
                    plan.cells.setdefault(layout.totals[concept.code][0], (offset, at))
            elif (code := layout.book.indicator(concept.code, member.code)) is not None:
                plan.cells.setdefault(code, (offset, at))
    for code, (offset, at) in list(plan.cells.items()):
        if not layout.book.vocabulary.breakdown.get(code) and at not in concepts:
            plan.cells[code] = (_filled_row(sheet, layout, plan, at), at) if offset == 0 else (offset, at)


def _filled_row(sheet: Sheet, layout: ReadyLayout, plan: Plan, column: int) -> int:
    """The row of a block in which an undivided figure (marriages) stands: the one that is filled in most blocks."""
    filled = [0] * plan.record_rows
    for row in range(plan.first_row, len(sheet.rows) - plan.record_rows + 1):
        if _says_first_part(sheet.rows[row], layout, plan):
            for offset, line in enumerate(sheet.rows[row : row + plan.record_rows]):
                filled[offset] += column < len(line) and line[column] != ""
    return max(range(plan.record_rows), key=filled.__getitem__)
