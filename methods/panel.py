"""Village reports of many months as one block: months × villages × indicators. What every test over time works on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Block = NDArray[np.float64]


@dataclass(frozen=True)
class Panel:
    """values: T × n × C, NaN where there is no figure; months in order, villages and codes as named."""

    months: tuple[str, ...]
    villages: tuple[str, ...]
    codes: tuple[str, ...]
    values: Block

    def of(self, code: str) -> Block:
        """One indicator: T × n."""
        return self.values[:, :, self.codes.index(code)]

    def until(self, month: str) -> Panel:
        """The months up to `month`, inclusive."""
        size = sum(m <= month for m in self.months)
        return Panel(self.months[:size], self.villages, self.codes, self.values[:size])


def panel_of(reports: pd.DataFrame, codes: Sequence[str], villages: Sequence[str], months: Sequence[str]) -> Panel:
    """Arrange a long frame (columns month, village_code, the codes) as a block.

    Args:
        reports: one row a village and month; rows of other months or villages are left out.
        codes: indicators.
        villages: the order of the villages.
        months: the order of the months.
    """
    row = reports["month"].map({m: n for n, m in enumerate(months)})
    column = reports["village_code"].map({v: n for n, v in enumerate(villages)})
    inside = (row.notna() & column.notna()).to_numpy()
    values = np.full((len(months), len(villages), len(codes)), np.nan)
    at = (row[inside].to_numpy(dtype=np.int64), column[inside].to_numpy(dtype=np.int64))
    values[at] = reports.loc[inside, list(codes)].to_numpy(dtype=np.float64)
    return Panel(tuple(months), tuple(villages), tuple(codes), values)


def with_successors(reports: pd.DataFrame, events: pd.DataFrame, codes: Sequence[str], month: str) -> pd.DataFrame:
    """Past reports under the codes that their villages have in `month`: transfers and renames go on, merged villages are summed.

    A figure that one of the merged villages did not report is unknown for both. A split hands nothing on, not even to the village that
    keeps the code: its past is of a larger area, and which part of it is whose the figures do not tell.

    Args:
        reports: month, village_code, the codes; one row a village and month.
        events: lineage (date, kind, from_code, to_code), oldest first.
        codes: indicators.
        month: 'YYYY-MM'; later events are left out.
    """
    out = reports
    for event in events[events["date"].str[:7] <= month].itertuples(index=False):
        before = out["month"] < str(event.date)[:7]
        moved = before & (out["village_code"] == event.from_code)
        if not moved.any():
            continue
        if event.kind == "split":
            out = pd.DataFrame(out[~moved])
            continue
        out = out.assign(village_code=out["village_code"].mask(moved, event.to_code))
        joined = before & (out["village_code"] == event.to_code)
        if event.kind == "merge":
            together = out[joined].groupby("month", as_index=False)[list(codes)].sum(min_count=2)
            together = pd.DataFrame(together).assign(village_code=str(event.to_code))
            out = pd.concat([pd.DataFrame(out[~joined]), together], ignore_index=True)
    return out
