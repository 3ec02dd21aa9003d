"""What every asset file uses: the month partition, the owner, and how a frame is shown to a reviewer."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import Any

import dagster as dg
import pandas as pd

FIRST_MONTH = "2018-01"
MONTHS = dg.MonthlyPartitionsDefinition(start_date=FIRST_MONTH, fmt="%Y-%m", timezone="Asia/Shanghai")
"""One partition a report month. Counties are scope inside a run, not partitions (docs/decisions)."""

OWNERS = ["team:county-statistics"]
_ROWS_SHOWN = 50


def monthly_asset(
    group: str, kinds: set[str], deps: Sequence[dg.AssetsDefinition] = ()
) -> Callable[[Callable[..., Any]], dg.AssetsDefinition]:
    """An asset of one report month, with the county's statisticians as owner; its docstring is what the UI shows."""
    return dg.asset(group_name=group, kinds=kinds, deps=list(deps), partitions_def=MONTHS, owners=OWNERS)


def table(frame: pd.DataFrame, columns: Sequence[str] | None = None) -> dg.MetadataValue:
    """The first rows of a frame as a table in the Dagster UI."""
    shown = frame[list(columns)] if columns is not None else frame
    return dg.MetadataValue.md(markdown(shown))


def markdown(frame: pd.DataFrame) -> str:
    """A frame's first rows as a Markdown table; pipes in cells are escaped."""
    head = "| " + " | ".join(map(str, frame.columns)) + " |\n|" + "---|" * len(frame.columns)
    rows = ["| " + " | ".join(_cell(v) for v in row) + " |" for row in frame.head(_ROWS_SHOWN).itertuples(index=False)]
    more = [f"\n… {len(frame) - _ROWS_SHOWN} more / 另有 {len(frame) - _ROWS_SHOWN} 行"] if len(frame) > _ROWS_SHOWN else []
    return "\n".join([head, *rows, *more])


def picture(png: bytes) -> dg.MetadataValue:
    """A small PNG, shown in the UI."""
    return dg.MetadataValue.md(f"![plot](data:image/png;base64,{base64.b64encode(png).decode('ascii')})")


def previous_month(month: str) -> str:
    """The month before: '2024-01' → '2023-12'."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "" if value != value else f"{value:g}"
    return str(value).replace("|", "\\|").replace("\n", " ")
