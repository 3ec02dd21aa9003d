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
