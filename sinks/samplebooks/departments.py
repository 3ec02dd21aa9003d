"""The files of line departments, each as its office writes it: .xlsx with two heading rows, .xls, .csv in GBK, .ods."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from schemas.sample import SampleCounty
from sinks.grid import Grid, Value, xlsx_bytes
from sinks.samplebooks.oldformats import ods_bytes, xls_bytes
from sinks.samplebooks.stamp import ods_stamp
from sinks.template import month_label

_ARRIVES = {"hospital_births": 3, "household_registration": 4, "civil_marriages": 2, "first_immunisations": 4, "payment_system": 5}
_FOOT = "注：本表为部门业务统计，仅供核对。"


class DepartmentFile(NamedTuple):
    """A file: path below the sample's folder, bytes, ISO time of arrival."""

    file: str
    content: bytes
    arrival: str


class _Place(NamedTuple):
    code: str
    name: str
    town: str


def department_files(sample: SampleCounty, month: str) -> Iterator[DepartmentFile]:
    """The files of a month, department by department; none where the sample has no departments."""
    if sample.departments is None:
        return
    counts = sample.departments.counts
    here = counts[counts["month"] == month]
    registry = sample.places.drop_duplicates("code", keep="last").set_index("code")
    town_of = registry["parent_code"].map(registry["name"]).fillna("")
    places = {str(c): _Place(str(c), str(n), str(t)) for c, n, t in zip(registry.index, registry["name"], town_of, strict=True)}
    for source, rows in here.groupby("source", sort=True):
        name, write = _WRITERS[str(source)]
        wide = rows.pivot(index=["place_code", "count_month"], columns="indicator", values="count")
        year, number = int(month[:4]), int(month[5:])
        after = dt.datetime(year + number // 12, number % 12 + 1, _ARRIVES[str(source)], 15, 20, tzinfo=dt.timezone(dt.timedelta(hours=8)))
        file = f"inbox/{month}/部门报送/{name.format(y=year, m=number, mm=f'{number:02d}')}"
        yield DepartmentFile(file, write(wide, places, month), after.isoformat())


def _hospitals(wide: pd.DataFrame, places: Mapping[str, _Place], month: str) -> bytes:
    """Villages with a birth only; sexes under a merged heading."""
    grid = _begun(
        "分娩统计",
        f"{month_label(month)}医院分娩出生情况统计表（按产妇居住村）",
        ["居住乡镇", "居住村代码", "居住村", ("活产数", ["男", "女"])],
    )
    row = 3
    for (code, _), boys, girls in zip(wide.index, wide["births_m"], wide["births_f"], strict=True):
        if boys + girls:
            _line(grid, row, [places[code].town, code, places[code].name, boys, girls])
            row += 1
    _line(grid, row, ["合计", "", "", float(wide["births_m"].sum()), float(wide["births_f"].sum())])
    grid.put(row + 1, 0, _FOOT, "note", across=5)
    return xlsx_bytes(grid, title="分娩统计")


def _registration(wide: pd.DataFrame, places: Mapping[str, _Place], month: str) -> bytes:
    """Every village for several months of birth, months as text; names without 村委会's code beside them."""
    grid = _begun(
        "出生登记", f"出生登记分村统计表（截至{month_label(month)}末）", ["出生年月", "村代码", "村（居）委会", ("累计登记", ["男", "女"])]
    )
    for row, ((code, event), boys, girls) in enumerate(zip(wide.index, wide["births_m"], wide["births_f"], strict=True), start=3):
        _line(grid, row, [f"{event[:4]}年{int(event[5:])}月", code, places[code].name, boys, girls])
    return xls_bytes(grid)


def _marriages(wide: pd.DataFrame, places: Mapping[str, _Place], month: str) -> bytes:
    """Town names only, figures with their unit."""
    grid = _begun("婚姻登记", f"{month_label(month)}婚姻登记情况分乡镇统计表", ["序号", "乡镇（街道）", "结婚登记对数"])
    for n, ((code, _), couples) in enumerate(zip(wide.index, wide["marriages"], strict=True), start=1):
        _line(grid, n + 1, [n, places[code].name, f"{couples:.0f}对"])
    _line(grid, len(wide) + 2, ["", "合计", f"{wide['marriages'].sum():.0f}对"])
    return xlsx_bytes(grid, title="婚姻登记")


def _doses(wide: pd.DataFrame, places: Mapping[str, _Place], month: str) -> bytes:
    """A text file of the clinic's system in GBK, children of both sexes together."""
    lines = [f"儿童首针接种统计（{month_label(month)}）", "乡镇代码,乡镇名称,接种月份,首针接种人数"]
    lines += [f"{code},{places[code].name},{month},{n:.0f}" for (code, _), n in zip(wide.index, wide["births"], strict=True)]
    return "\r\n".join([*lines, f",合计,,{wide['births'].sum():.0f}", ""]).encode("gb18030")


def _payments(wide: pd.DataFrame, places: Mapping[str, _Place], month: str) -> bytes:
    """Villages with a payment only, amounts in yuan and cents."""
    title = f"{month_label(month)}惠民惠农补贴一卡通发放分村汇总表"
    grid = _begun("一卡通", title, ["乡镇", "村代码", "村名", ("育儿补贴", ["发放户数", "发放金额（元）"])])
    row = 3
    for (code, _), amount in zip(wide.index, wide["childcare_subsidy_amount"], strict=True):
        if amount:
            _line(grid, row, [places[code].town, code, places[code].name, round(amount / 300), amount])
            row += 1
    grid.put(row, 0, _FOOT, "note", across=5)
    return ods_stamp(ods_bytes(grid)).fill({})


def _begun(name: str, title: str, heads: Sequence[str | tuple[str, list[str]]]) -> Grid:
    """A sheet with its title in the first row and headings in the second (and third)."""
    grid = Grid(name, is_landscape=False)
    down = 2 if any(isinstance(head, tuple) for head in heads) else 1
    column = 0
    for head in heads:
        if isinstance(head, tuple):
            grid.put(1, column, head[0], "header", across=len(head[1]))
            for n, sub in enumerate(head[1]):
                grid.put(2, column + n, sub, "header")
            column += len(head[1])
        else:
            grid.put(1, column, head, "header", down=down)
            column += 1
    grid.put(0, 0, title, "title", across=column)
    grid.widths = dict.fromkeys(range(column), 16.0)
    grid.heights = {0: 30}
    return grid


def _line(grid: Grid, row: int, values: Sequence[Value]) -> None:
    for column, value in enumerate(values):
        grid.put(row, column, value, "text" if isinstance(value, str) else "count")


_Writer = Callable[[pd.DataFrame, Mapping[str, _Place], str], bytes]
_WRITERS: dict[str, tuple[str, _Writer]] = {
    "hospital_births": ("卫健委_医院分娩出生_{y}年{m}月.xlsx", _hospitals),
    "household_registration": ("户籍科出生登记{y}{mm}.xls", _registration),
    "civil_marriages": ("民政局婚姻登记{y}年{m}月.xlsx", _marriages),
    "first_immunisations": ("疾控首针接种_{y}{mm}.csv", _doses),
    "payment_system": ("财政一卡通{y}-{mm}.ods", _payments),
}
