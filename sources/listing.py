"""A list: one place a row (or one a block of rows), headings above. Finds the plan of the columns and the rows of places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from sources.labels import Meaning, resolve
from sources.layout import Plan, ReadyLayout
from sources.text import fold
from sources.workbook import Row, Sheet

_HEADER_SEARCH = 30


class Block(NamedTuple):
    """The rows of one place: `row` is the first (zero-based). `is_total`: the sheet's own total, evidence only."""

    row: int
    is_total: bool


def plan_listing(sheet: Sheet, layout: ReadyLayout) -> Plan | None:
    """The plan of a list sheet, or None when its headings are not there. `first_row` is the first row of data."""
    code_field, name_field, _ = layout.place_fields
    top = next((r for r in range(min(_HEADER_SEARCH, len(sheet.rows))) if _names_place(sheet.rows[r], layout)), None)
    if top is None:
        return None
    bottom = _header_bottom(sheet, layout, top)
    plan = Plan(layout.id, sheet.name, first_row=bottom)
    sub_labels: dict[int, list[Meaning]] = {}
    concepts: dict[int, Meaning] = {}
    for column, path in enumerate(_paths(sheet, top, bottom)):
        if not any(path):
            continue
        meaning = resolve(layout.book, path)
        if meaning is None:
            if not any(_is_plain_heading(layout, part) for part in path if part):
                plan.unmatched.append(("/".join(p for p in path if p), top, column))
        elif meaning.kind == "indicator":
            plan.cells.setdefault(meaning.code, (0, column))
        elif meaning.kind == "total":
            plan.sums.append((0, column, tuple(layout.book.vocabulary.members[meaning.code].values())))
        elif meaning.kind == "head":
            plan.heads.setdefault(meaning.code, (0, column))
        elif meaning.kind == "not_collected":
            plan.skipped.append(("/".join(p for p in path if p), meaning.code, top, column))
        elif meaning.kind == "concept":
            concepts[column] = meaning
    if concepts:
        _stack(sheet, layout, plan, concepts, sub_labels)
    if code_field not in plan.heads and name_field not in plan.heads:
        return None
    return plan


def blocks(sheet: Sheet, layout: ReadyLayout, plan: Plan) -> Iterator[Block]:
    """The rows of places, down to the notes. Blank rows, subtotals and rows to skip are left out; totals are marked."""
    columns = [plan.heads[field][1] for field in layout.place_fields[1::-1] if field in plan.heads]
    for row in range(plan.first_row, len(sheet.rows) - plan.record_rows + 1, plan.record_rows):
        lines = sheet.rows[row : row + plan.record_rows]
        name = _folded(next((line[c] for c in columns for line in lines if c < len(line) and line[c] != ""), ""))
        start = _folded(next((c for line in lines for c in line if c != ""), ""))
        if not start or any(p.search(name or start) for p in (*layout.subtotal_rows, *layout.skip_rows)):
            continue
        if any(p.search(start) for p in layout.stop_rows):
            return
        is_total = any(p.search(name or start) for p in layout.total_rows)
        if name or is_total:
            yield Block(row, is_total)


def _folded(cell: object) -> str:
    return fold(cell) if type(cell) is str else "" if cell == "" else str(cell)


def _names_place(row: Row, layout: ReadyLayout) -> bool:
    fields = set(layout.place_fields[:2])
    hits = [m for cell in row for m in layout.book.look_up(cell)]
    others = sum(1 for cell in row if type(cell) is str and cell)
    return any(m.kind == "head" and m.code in fields for m in hits) and others >= 2


def _header_bottom(sheet: Sheet, layout: ReadyLayout, top: int) -> int:
    """First row below the headings: given by the layout, by the merged cells, or where figures begin."""
    if layout.header_rows is not None:
        return top + layout.header_rows
    bottom = top + 1
    for (first, _), (last, _) in sheet.merged:
        if first == top and last > top:
            bottom = max(bottom, last + 1)
    while bottom < len(sheet.rows) and bottom < top + 6:
        cells = [cell for cell in sheet.rows[bottom] if cell != ""]
        if any(not (type(cell) is str and layout.book.look_up(cell)) for cell in cells):
            break
        bottom += 1
    return bottom


def _paths(sheet: Sheet, top: int, bottom: int) -> list[list[str]]:
    """Heading texts of every column from top to bottom; an upper heading reaches right over blank cells with sub-headings."""
    width = max(len(row) for row in sheet.rows[top:bottom])
    lines = [[_text(row, column) for column in range(width)] for row in sheet.rows[top:bottom]]
    covered = {
        (r, c) for (t, left), (b, right) in sheet.merged for r in range(t, b + 1) for c in range(left, right + 1) if (r, c) != (t, left)
    }
    starts = {(t, left): (b, right) for (t, left), (b, right) in sheet.merged}
    for depth, line in enumerate(lines[:-1]):
        current = ""
        for column in range(width):
            if line[column]:
                current = line[column] if (top + depth, column) not in starts else ""  # a merged heading says how far it reaches
            elif (top + depth, column) in covered:
                line[column] = _owner(starts, lines, top, top + depth, column)
                current = ""
            elif any(lower[column] for lower in lines[depth + 1 :]):
                line[column] = current
            else:
                current = ""
    return [[line[column] for line in lines] for column in range(width)]


def _owner(starts: dict[tuple[int, int], tuple[int, int]], lines: list[list[str]], top: int, row: int, column: int) -> str:
    for (r, c), (last_row, last_column) in starts.items():
        if r <= row <= last_row and c <= column <= last_column and r >= top:
            return lines[r - top][c]
    return ""


def _text(row: Row, column: int) -> str:
    cell = row[column] if column < len(row) else ""
    return cell if type(cell) is str else str(int(cell)) if type(cell) is float and cell == int(cell) else str(cell)


def _is_plain_heading(layout: ReadyLayout, part: str) -> bool:
    return any(m.kind in ("heading", "head") for m in layout.book.look_up(part))


def _stack(sheet: Sheet, layout: ReadyLayout, plan: Plan, concepts: dict[int, Meaning], labels: dict[int, list[Meaning]]) -> None:
    """Places that take several rows, one a member (计, 男, 女): the member stands in a column of its own."""
    width = max(len(row) for row in sheet.rows)
    for column in range(width):
        found = []
        for row in sheet.rows[plan.first_row : plan.first_row + 12]:
            meanings = layout.book.look_up(row[column]) if column < len(row) else ()
            found.append(next((m for m in meanings if m.kind in ("member", "total")), None))
        if all(m is not None for m in found[:2]) and len(found) > 1:
            labels[column] = [m for m in found if m is not None]
            break
    if not labels:
        return
    column, members = next(iter(labels.items()))
    size = next((n for n in range(1, len(members)) if members[n] == members[0]), len(members))
    plan.record_rows = size
    for offset, member in enumerate(members[:size]):
        for at, concept in concepts.items():
            if layout.book.vocabulary.breakdown.get(concept.code) != member.of:
                continue
            if member.kind == "total":
                plan.sums.append((offset, at, tuple(layout.book.vocabulary.members[concept.code].values())))
            elif (code := layout.book.indicator(concept.code, member.code)) is not None:
                plan.cells.setdefault(code, (offset, at))
    for code, (offset, at) in list(plan.cells.items()):
        if not layout.book.vocabulary.breakdown.get(code) and at not in concepts:
            plan.cells[code] = (_filled_row(sheet, plan, at), at) if offset == 0 else (offset, at)


def _filled_row(sheet: Sheet, plan: Plan, column: int) -> int:
    """The row of a block in which an undivided figure (marriages) stands: the one that is filled in most blocks."""
    filled = [0] * plan.record_rows
    for row in range(plan.first_row, len(sheet.rows) - plan.record_rows + 1, plan.record_rows):
        for offset in range(plan.record_rows):
            line = sheet.rows[row + offset]
            filled[offset] += column < len(line) and line[column] != ""
    return max(range(plan.record_rows), key=filled.__getitem__)
