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

    A merger is all lines of one day with one new code, whether one of the villages keeps its code (A → B) or all get another (A → C,
    B → C). A figure that one of the merged villages did not report is unknown for all. A split hands nothing on, not even to the village
    that keeps the code: its past is of a larger area, and which part of it is whose the figures do not tell.

    Args:
        reports: month, village_code, the codes; one row a village and month.
        events: lineage (date, kind, from_code, to_code), oldest first.
        codes: indicators.
        month: 'YYYY-MM'; later events are left out.
    """
    out = reports
    known = events[events["date"].str[:7] <= month].drop_duplicates(["date", "kind", "from_code", "to_code"])
    merged = set()
    for event in known.itertuples(index=False):
        date, old, new = str(event.date), str(event.from_code), str(event.to_code)
        if event.kind == "merge":
            if (date, new) not in merged:
                merged.add((date, new))
                of_day = known[(known["kind"] == "merge") & (known["date"] == event.date) & (known["to_code"] == event.to_code)]
                out = _merged(out, of_day["from_code"].tolist(), new, codes, date[:7])
            continue
        moved = (out["month"] < date[:7]) & (out["village_code"] == old)
        if moved.any():
            out = pd.DataFrame(out[~moved]) if event.kind == "split" else out.assign(village_code=out["village_code"].mask(moved, new))
    return out


def _merged(reports: pd.DataFrame, old: Sequence[str], new: str, codes: Sequence[str], date: str) -> pd.DataFrame:
    """Reports of the months before `date` of the villages `old`, and of `new` where it was a village before, as one village's."""
    members = [*dict.fromkeys([*old, new])]
    joined = (reports["month"] < date) & reports["village_code"].isin(members)
    if not joined.any():
        return reports
    past = reports[joined]
    is_one_of_them = new in old or bool((past["village_code"] == new).any())
    together = past.groupby("month", as_index=False)[list(codes)].sum(min_count=len(members) - (not is_one_of_them))
    together = pd.DataFrame(together).assign(village_code=new)
    return pd.concat([pd.DataFrame(reports[~joined]), together], ignore_index=True)
