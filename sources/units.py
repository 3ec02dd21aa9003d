"""In which unit a figure is counted: what its heading, its row, or a line above the table states."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sources.labels import LabelBook
from sources.layout import Plan, ReadyLayout
from sources.text import Unit, fold, is_odd_line, is_odd_unit, units_behind, units_in, units_of_sheet
from sources.workbook import Row

_LABELS = frozenset(map(fold, ("单位", "單位", "计量单位", "計量單位", "金额单位", "数据单位", "人口单位")))
_MONEY = frozenset("元圆圓")
_OF_FIGURES = frozenset(("concept", "indicator", "member", "not_collected", "share", "comparison"))
_MULTIPLE = {0: "", 1: "十", 2: "百", 3: "千", 4: "万", 5: "十万", 6: "百万", 7: "千万", 8: "亿"}


def count_in(plan: Plan, layout: ReadyLayout, code: str, row: int, column: int, stated: Sequence[Unit], label: str) -> bool:
    """Note in which multiple an indicator is counted, or that none of the stated units is its own. False where none is stated.

    Args:
        plan: gets the note.
        layout: whose plan it is.
        code: the indicator.
        row, column: of its heading.
        stated: the units, the nearest to the figure first.
        label: the heading.
    """
    unit = layout.book.unit_of(code, stated)
    if unit is None:
        if stated:
            plan.conflicts.append((label, code, "、".join(written(u) for u in stated), row, column))
        return False
    if unit[0]:
        plan.exponents[code] = unit[0]
    return True


def is_of_others(book: LabelBook, code: str, stated: Sequence[Unit]) -> bool:
    """Whether units in a cell merged over several rows (场次 over 场次, 人次, 份) are those of the other rows: counted things all of them.

    A multiple, or money where things are counted, would change the figure: that is a contradiction.
    """
    own = book.vocabulary.units.get(code, ())
    if not stated or book.unit_of(code, stated) is not None or any(power for power, _ in stated):
        return False
    return not any(noun in _MONEY for noun in own) and not any(noun in _MONEY for _, noun in stated)


def count_others_in(plan: Plan, layout: ReadyLayout, above: Sequence[Unit], settled: Iterable[str]) -> None:
    """Apply the units of the whole table, else of the layout, to indicators whose own headings state none; then to written totals."""
    done = set(settled)
    for code in plan.cells:
        unit = layout.book.unit_of(code, above)
        if code in done:
            if (
                unit is not None and unit[0] != plan.exponents.get(code, 0) and not plan.conflicts
            ):  # 单位：百人 above, 人 beside the figures
                own = written((plan.exponents.get(code, 0), unit[1]))
                plan.conflicts.append((f"单位：{written(unit)}", code, written(unit) + f"（{own}）", *plan.cells[code]))
            continue
        power = unit[0] if unit is not None else layout.exponents.get(code, 0)
        if power:
            plan.exponents[code] = power
    for row, column, codes in plan.sums:
        powers = {plan.exponents.get(code, 0) for code in codes if code in plan.cells}
        if len(powers) == 1 and powers != {0}:
            plan.exponents.setdefault((row, column), powers.pop())


def count_sections_in(plan: Plan, layout: ReadyLayout, rows: Sequence[Row], settled: set[str]) -> None:
    """Apply the multiple that the heading of a section states (一、户籍人口（百人）) to the rows below it, up to the next such line.

    Where a figure's own row states another unit, that is a contradiction.
    """
    heads = [(n, texts[0]) for n, row in enumerate(rows) if len(texts := [c for c in row if c != ""]) == 1 and type(texts[0]) is str]
    ends = [*(n for n, _ in heads), len(rows)]
    for (number, text), end in zip(heads, ends[1:], strict=True):
        stated = units_behind(text)
        if not any(power for power, _ in stated):
            continue
        for code, (row, column) in plan.cells.items():
            unit = layout.book.unit_of(code, stated)
            if not number < row < end or unit is None or unit[0] == plan.exponents.get(code, 0):
                continue
            if code in settled:
                own = written((plan.exponents.get(code, 0), unit[1]))
                plan.conflicts.append((text.strip(), code, f"{written(unit)}（{own}）", row, column))
                break
            plan.exponents[code] = unit[0]
            settled.add(code)


def units_above(rows: Iterable[Row], book: LabelBook) -> list[Unit]:
    """Units stated for a whole table in the rows above it: 单位：万元, in one cell or beside its label."""
    found: list[Unit] = []
    for row in rows:
        texts = [cell for cell in row if type(cell) is str and cell]
        for n, text in enumerate(texts):
            if units := units_of_sheet(text):
                if fold(text) in _LABELS or not book.look_up(text):  # 发放金额（单位：万元） is a heading of its own
                    found += units
            elif n + 1 < len(texts) and fold(text) in _LABELS:
                found += units_in(texts[n + 1])
            elif (units := units_in(text)) and any(power for power, _ in units) and not _is_of_rows(texts, book):
                found += units  # 万元, alone in a corner
    return found


def _is_of_rows(texts: Sequence[str], book: LabelBook) -> bool:
    """Whether a row has a label of figures: a unit beside it is that row's own."""
    return any(meaning.kind in _OF_FIGURES for text in texts for meaning in book.look_up(text))


def odd_above(plan: Plan, rows: Iterable[tuple[int, Row]]) -> None:
    """Note lines above a table that speak of multiples and are not understood: 单位：百."""
    for number, row in rows:
        for column, text in enumerate(row):
            if type(text) is str and text and (is_odd_line(text) or _is_odd_beside(row, column)):
                plan.conflicts.append((text.strip(), "", "", number, column))


def _is_odd_beside(row: Row, column: int) -> bool:
    """计量单位 | 百."""
    before = next((cell for cell in row[:column][::-1] if cell != ""), "")
    return type(before) is str and fold(before) in _LABELS and is_odd_unit(str(row[column]))


def written(unit: Unit) -> str:
    """(4, '元') → 万元."""
    return _MULTIPLE.get(unit[0], f"10^{unit[0]} ") + unit[1]
