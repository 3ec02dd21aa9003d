"""Where a report's figures stand: the plans of the readings that it was made of."""

import pandas as pd

from methods.cells import CellFinder
from sinks.store import Store
from sinks.submissions import reading_plans


def cell_finder(report: pd.DataFrame, reading: pd.DataFrame, store: Store) -> CellFinder:
    """Answers for the rows of `report` (VillageReport) in which cells of which file their figures stand."""
    ids = reading["sha256"].str.cat(reading["ordinal"].astype("str"), sep="/")
    where = dict(zip(ids, zip(reading["plan_id"], reading["row_no"], strict=True), strict=True))
    sums = dict(zip(ids, reading["wrong_sums"], strict=True))
    return CellFinder(report["reading_ids"].tolist(), where, reading_plans(store, reading["plan_id"]), sums)
