"""A town's list: one workbook for the town, one row a village, two header rows, subtotals by kind, the town's own total."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sinks.grid import Grid, Value
from sinks.listform import KEYS, put_headings
from sinks.template import figure_rule, month_label

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

SHEET = "汇总表"
_GROUPS = (("居委会小计", False), ("村委会小计", True))


@dataclass(frozen=True)
class ListRow:
    """One village of the list. `contents`: indicator → what stands in its cell."""

    code: str
    name: str
    contents: Mapping[str, Value]

    @property
    def is_villagers_committee(self) -> bool:
        """村委会, by its code; otherwise 居委会."""
        return self.code[9:] >= "200"


@dataclass(frozen=True)
class TownList:
    """`rows`: village code → row number as in Excel; `columns`: indicator → letters; `total_row`: of the town's own total."""

    grid: Grid
    rows: Mapping[str, int]
    total_row: int


def list_grid(
    dictionary: Dictionary,
    *,
    month: str,
    town_name: str,
    villages: Sequence[ListRow],
    stated: Mapping[str, float],
    filled_by: str,
    checked_by: str,
) -> TownList:
    """The town's sheet.

    Args:
        dictionary: what is collected.
        month: 'YYYY-MM'.
        town_name: in the title.
        villages: in the order of their codes.
        stated: indicator → the total written by hand, in place of the sum.
        filled_by: in the foot.
        checked_by: in the foot.
    """
    grid = Grid(SHEET, is_landscape=True, pages_wide=4, frozen_columns=len(KEYS))
    codes = [i.code for i in dictionary.in_force(month) if not i.is_total and not i.ends]
    columns = {code: n for n, code in enumerate(codes, start=len(KEYS))}
    across = len(KEYS) + len(codes)
    grid.put(0, 0, f"{town_name}{month_label(month)}村级人口与家庭服务月报汇总表", "title", across=across)
    grid.put(1, 0, f"填报单位：{town_name}　　报告期：{month_label(month)}　　计量单位：人、户、元", "note", across=across)
    put_headings(grid, dictionary, columns, 2)
    row, rows, subtotals = 4, dict[str, int](), list[int]()
    for label, is_villagers in _GROUPS:
        group = [v for v in villages if v.is_villagers_committee == is_villagers]
        first = row
        for village in group:
            _put_village(grid, row, len(rows) + 1, dictionary, village, columns)
            rows[village.code] = row + 1
            row += 1
        if group:
            _put_sums(grid, row, label, columns, list(range(first, row)))
            subtotals.append(row)
            row += 1
    _put_sums(grid, row, "合计", columns, subtotals)
    for code, value in stated.items():
        grid.put(row, columns[code], value, "total")
    grid.put(row + 1, 0, "注：1.本表由各村（居）报表汇总；2.“—”表示不适用，空白表示未填。", "note", across=12)
    grid.put(row + 2, 0, f"填表人：{filled_by}　　审核人：{checked_by}", "note", across=12)
    grid.widths = {0: 6, 1: 15, 2: 14} | dict.fromkeys(range(len(KEYS), across), 11.0)
    grid.heights = {0: 30, 2: 32, 3: 32}
    grid.frozen_rows = 4
    grid.figures = {code: (0, column) for code, column in columns.items()}
    return TownList(grid, rows, row + 1)


def _put_village(grid: Grid, row: int, number: int, dictionary: Dictionary, village: ListRow, columns: Mapping[str, int]) -> None:
    grid.put(row, 0, number, "number")
    grid.put(row, 1, village.code, "text")
    grid.put(row, 2, village.name, "text")
    for code, column in columns.items():
        look = "money" if figure_rule(dictionary, code) == "money" else "count"
        grid.put(row, column, village.contents.get(code), look)


def _put_sums(grid: Grid, row: int, label: str, columns: Mapping[str, int], of_rows: Sequence[int]) -> None:
    for column in range(2):
        grid.put(row, column, None, "total")
    grid.put(row, 2, label, "total")
    for column in columns.values():
        grid.put_sum(row, column, [(r, column) for r in of_rows])
        cell = grid.cells[row, column]
        if isinstance(cell.value, float):
            cell.value = round(cell.value, 2)
