"""What every asset file uses: the month partition, the owner, and how a frame is shown to a reviewer."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import dagster as dg
import numpy as np
import pandas as pd
from pandas.api.types import is_numeric_dtype

from assets.ports import Outbox

FIRST_MONTH = "2018-01"
"""The list of months begins here unless there are earlier ones (`pipelines.monthlist`)."""


def months_from(first: str) -> dg.MonthlyPartitionsDefinition:
    """One partition a report month, from `first` on. Counties are scope inside a run, not partitions (docs/decisions)."""
    return dg.MonthlyPartitionsDefinition(start_date=first, fmt="%Y-%m", timezone="Asia/Shanghai")


MONTHS = months_from(FIRST_MONTH)

OWNERS = ["team:county-statistics"]
ROWS_SHOWN = 50

GROUPS = ("intake", "report", "figures", "review", "tables", "release", "feeds")

WORDS = {
    "accepted": "已报 reported",
    "cannot_tell": "无法判断 cannot tell",
    "held": "待核 held",
    "in_line": "相符 in line",
    "out_of_line": "相差较大 out of line",
    "mandatory": "强制性 mandatory",
    "place": "乡镇和县 towns and counties",
    "missing": "缺报 missing",
    "near_mandatory": "准强制性 near-mandatory",
    "quarantined": "隔离 quarantined",
    "sealed": "封存待定 sealed, to be decided",
    "let_through": "已放行 let through",
    "removed": "已决定删除 deleted by decision",
    "read": "已读 read",
    "refused": "退回 refused",
    "verify": "核实性 verify",
    "village": "村 village",
}
"""What a frame's coded value is called in the UI."""

HEADINGS = {
    "batch": "单位类别 places",
    "arrived_at": "收到时间 received",
    "cells": "单元格 cells",
    "count": "数量 count",
    "count_month": "统计月份 month counted",
    "expected": "应有 expected",
    "figure": "指标 figure",
    "findings": "疑点 findings",
    "form_version": "表式 form",
    "hint": "可能的原因 hint",
    "indicator": "指标 indicator",
    "influence": "影响（占县数）influence",
    "is_above_line": "线上 above the line",
    "is_strong": "较明显 clear",
    "level": "级别 level",
    "lines": "哪些方面 in what",
    "low": "下限 low",
    "high": "上限 high",
    "mandatory": "强制性 mandatory",
    "month": "月份 month",
    "n_broken": "检查出错 check broke",
    "n_cannot_tell": "无法判断 cannot tell",
    "n_findings": "疑点 findings",
    "n_fail": "不通过 fail",
    "n_not_applicable": "不适用 not applicable",
    "n_pass": "通过 pass",
    "office": "部门 department",
    "ours": "村报 ours",
    "near_mandatory": "准强制性 near-mandatory",
    "path": "文件 file",
    "place_code": "代码 code",
    "place_level": "单位级别 level",
    "place_name": "单位 place",
    "ratio": "比值 ratio",
    "records": "记录 records",
    "question": "问题 question",
    "rank": "次序 order",
    "return": "报表 return",
    "role": "用途 role",
    "rows": "行 rows",
    "rule_id": "规则 rule",
    "severity": "程度 severity",
    "source": "来源 source",
    "span": "月数 months",
    "shown": "填报 shown",
    "status": "状态 status",
    "table": "表 table",
    "theirs": "部门 theirs",
    "to_do": "怎么办 what to do",
    "town_name": "乡镇 town",
    "verify": "核实性 verify",
    "village_code": "代码 code",
    "village_name": "村 village",
    "villages": "村数 villages",
    "villages_expected": "应报村 expected",
    "villages_held": "待核 held",
    "villages_missing": "缺报 missing",
    "villages_on_time": "按时 on time",
    "villages_reported": "已报 reported",
}
"""What a frame's column is called in the UI."""


def group(name: str) -> str:
    """The name of a group in the UI, which lists groups by name: numbered, they stand in the order of the work."""
    return f"{GROUPS.index(name) + 1}_{name}"


def monthly_asset(
    of_group: str, kinds: set[str], deps: Sequence[dg.AssetsDefinition] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset of one report month, with the county's statisticians as owner; its docstring is what the UI shows."""
    return dg.asset(group_name=group(of_group), kinds=kinds, deps=list(deps), partitions_def=MONTHS, owners=OWNERS)


def table(frame: pd.DataFrame, columns: Sequence[str] | None = None, most: int = ROWS_SHOWN) -> dg.TableMetadataValue:
    """The first rows of a frame as a table in the Dagster UI, with bilingual headings; a last row tells how many are not shown."""
    shown = frame[list(columns)] if columns is not None else frame
    heads = [HEADINGS.get(str(name), str(name)) for name in shown.columns]
    records = [dg.TableRecord(dict(zip(heads, map(_cell, row), strict=True))) for row in shown.head(most).itertuples(index=False)]
    if len(shown) > most:
        rest = f"… 另有 {len(shown) - most} 行 · {len(shown) - most} more"
        records.append(dg.TableRecord({head: rest if head == heads[0] else "" for head in heads}))
    kinds = {head: "number" if is_numeric_dtype(dtype) else "text" for head, dtype in zip(heads, shown.dtypes, strict=True)}
    schema = dg.TableSchema(columns=[dg.TableColumn(head, type=kind) for head, kind in kinds.items()])
    return dg.MetadataValue.table(records=records, schema=schema)


def monthly_check(name: str, asset: str, description: str) -> dg.AssetCheckSpec:
    """A check whose results belong to a month. Dagster has that in preview: this is the only place that knows."""
    with warnings.catch_warnings(action="ignore", category=dg.PreviewWarning):
        return dg.AssetCheckSpec(name, asset=asset, description=description, partitions_def=MONTHS)


def page_links(name: str, page: Path, outbox: Outbox) -> dict[str, dg.MetadataValue[Any]]:
    """A page of the outbox as a reviewer reaches it: a link that browsers follow (they refuse links to files), and its path."""
    url = outbox.url_of(page)
    return {**({name: dg.MetadataValue.url(url)} if url else {}), f"{name} (file)": dg.MetadataValue.path(page)}


def picture(png: bytes) -> dg.MetadataValue:
    """A small PNG, shown in the UI."""
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{base64.b64encode(png).decode('ascii')})")


def previous_month(month: str) -> str:
    """The month before: '2024-01' → '2023-12'."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def months_before(month: str, count: int) -> list[str]:
    """The `count` months before `month`, oldest first."""
    number = int(month[:4]) * 12 + int(month[5:]) - 1
    return [f"{n // 12:04d}-{n % 12 + 1:02d}" for n in range(number - count, number)]


def next_month(month: str) -> str:
    """The month after: '2023-12' → '2024-01'."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year + 1}-01" if number == 12 else f"{year}-{number + 1:02d}"


def _cell(value: object) -> str | int | float:
    if isinstance(value, bool | np.bool_):
        return "是 yes" if value else "否 no"
    if isinstance(value, float):
        return "" if value != value else round(value, 6)
    if isinstance(value, int | np.integer):
        return int(value)
    return WORDS.get(text := str(value), text)
