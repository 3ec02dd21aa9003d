"""The form as a village clerk has pasted it: merged labels, members as sub-rows, figures typed in every way there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from schemas.states import NOT_APPLICABLE, REPORTED
from sinks.grid import Grid, Value
from sinks.template import head_fields

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from schemas.entries import Concept

TITLE = "村 级 人 口 与 家 庭 服 务 月 报"
_LAST = 5
_WIDE = str.maketrans("0123456789", "０１２３４５６７８９")
_CHINESE = "零一二三四五六七八九"
_ZERO_WORDS = ("无", "０", "零", "没有")
_DASHES = ("—", "/", "－")


def messy_grid(dictionary: Dictionary, month: str) -> Grid:
    """The empty form: 序号 | 项目 (merged down) | 分项 | 单位 | 数量 | 备注."""
    grid = Grid("月报表")
    above, below = head_fields(dictionary)
    grid.put(0, 0, TITLE, "title", across=_LAST + 1)
    row = 2
    for field in (f for f in above if f.code != "form_version"):
        grid.put(row, 0, f"{field.label.zh}：", "head", across=2)
        grid.put(row, 2, None, "entry", across=4)
        grid.head[field.code] = (row, 2)
        row += 1
    for column, text in enumerate(("序号", "项目", "分项", "单位", "数量", "备注")):
        grid.put(row, column, text, "header")
    row += 1
    number, section = 1, ""
    for concept in {i.concept.code: i.concept for i in dictionary.in_force(month)}.values():
        if concept.section != section:
            section = concept.section
            grid.put(row, 0, dictionary.sections[section].label.zh, "section", across=_LAST + 1)
            row += 1
        row = _put_concept(grid, row, number, dictionary, concept)
        number += 1
    for field in below:
        grid.put(row, 0, f"{field.label.zh}：", "head", across=2)
        grid.put(row, 2, None, "entry", across=2)
        grid.head[field.code] = (row, 2)
        row += 1
    grid.widths = {0: 6, 1: 26, 2: 18, 3: 9, 4: 16, 5: 14}
    return grid


def as_typed(rng: np.random.Generator, value: float, state: int, decimals: int, suffix: str) -> Value:
    """How a clerk types it: a number, text, full-width, with a unit behind it, a word for nought, a Chinese numeral.

    Args:
        rng: source of chance.
        value: the figure; not read unless `state` is REPORTED.
        state: as in `schemas.states`.
        decimals: of the unit.
        suffix: what stands behind a number in this unit.
    """
    chance, pick = float(rng.random()), int(rng.integers(12))
    if state != REPORTED:
        return _DASHES[pick % len(_DASHES)] if state == NOT_APPLICABLE else None
    text = f"{value:.2f}" if decimals and value % 1 else f"{value:.0f}"
    if value == 0:
        return _ZERO_WORDS[pick % len(_ZERO_WORDS)] if chance < 0.5 else 0.0
    if value < 0 or value % 1:
        return text if chance < 0.3 else value
    if value >= 1000 and chance < 0.35:
        return f"{value:,.0f}{suffix if chance < 0.1 else ''}"
    if value < 100 and chance < 0.08:
        return chinese_numeral(int(value))
    if chance < 0.2:
        return text.translate(_WIDE) + (suffix if pick < 6 else "")
    if chance < 0.35:
        return text + suffix
    if chance < 0.5:
        return f" {text} " if pick < 3 else text
    return value


def chinese_numeral(number: int) -> str:
    """12 → 十二; 1 to 99."""
    tens, ones = divmod(number, 10)
    return ("" if tens < 2 else _CHINESE[tens]) + ("十" if tens else "") + ("" if tens and not ones else _CHINESE[ones])


def wide_month(month: str) -> str:
    """'2024-03' → '２０２４年３月份'."""
    return f"{month[:4]}年{int(month[5:])}月份".translate(_WIDE)


def _put_concept(grid: Grid, row: int, number: int, dictionary: Dictionary, concept: Concept) -> int:
    indicators = dictionary.indicators_of(concept.code)
    breakdown = dictionary.breakdowns[concept.breakdown] if concept.breakdown else None
    has_total = breakdown is not None and breakdown.additive and breakdown.total is not None
    rows = len(indicators) + has_total
    grid.put(row, 0, number, "number", down=rows)
    grid.put(row, 1, concept.label.zh, "label", down=rows, across=1 if breakdown else 2)
    cells = []
    for indicator in indicators:
        if indicator.member is not None:
            grid.put(row, 2, indicator.member.label.zh, "text")
        grid.put(row, 3, indicator.unit.label.zh, "unit")
        grid.put(row, 4, None, "text")
        grid.put(row, 5, None, "text")
        grid.figures[indicator.code] = (row, 4)
        cells.append((row, 4))
        row += 1
    if has_total:
        grid.put(row, 2, "计", "text")
        grid.put(row, 3, indicators[0].unit.label.zh, "unit")
        grid.put(row, 4, None, "total")
        grid.put(row, 5, None, "text")
        grid.others[f"total:{concept.code}"] = (row, 4)
        row += 1
    return row
