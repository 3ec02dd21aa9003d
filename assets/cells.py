"""Where a report's figures stand: the plans of the readings that it was made of."""

import pandas as pd

from methods.cells import CellFinder
from methods.unfilled import NOTHING_GIVEN
from schemas.dictionary import Dictionary
from sinks.store import Store
from sinks.submissions import reading_plans


def cell_finder(report: pd.DataFrame, reading: pd.DataFrame, store: Store, dictionary: Dictionary) -> CellFinder:
    """Answers for the rows of `report` (VillageReport) in which cells of which file their figures stand."""
    ids = reading["sha256"].str.cat(reading["ordinal"].astype("str"), sep="/")
    where = dict(zip(ids, zip(reading["plan_id"], reading["row_no"], strict=True), strict=True))
    sums = dict(zip(ids, reading["wrong_sums"], strict=True))
    states = dict(zip(ids, reading["states"], strict=True))
    at = {code: n for n, code in enumerate(dictionary.codes)}

    def gives(reading_id: str, code: str) -> bool:
        """Whether a reading has something other than a blank there; what is no figure stands wherever its cell is."""
        return code not in at or states[reading_id][at[code]] not in NOTHING_GIVEN

    return CellFinder(report["reading_ids"].tolist(), where, reading_plans(store, reading["plan_id"]), sums, gives)
