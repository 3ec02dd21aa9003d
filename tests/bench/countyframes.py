"""The sample county's months as the frames that the assets hand on, without workbooks: what benchmarks of detection work on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from schemas.dictionary import Dictionary
from schemas.sample import PlantedMistake, SampleCounty
from schemas.states import state_column

FIGURE_MISTAKES = (
    "balance_slip", "swapped_sexes", "transposed_digits", "times_ten", "stale_copy",
    "decimal_slip", "in_ten_thousands", "neighbouring_cell", "wrong_sign", "last_month_left", "row_shifted",
)  # fmt: skip
"""Mistakes that stand in the figures; all others are about how and when a file came."""


def reports_by_month(county: SampleCounty, dictionary: Dictionary) -> Iterator[tuple[str, pd.DataFrame]]:
    """Each month's VillageReport frame of the villages that reported: of several files the last one that states the month."""
    shown = pd.concat([county.submissions, county.shown], axis=1)
    shown = shown[(shown["copy_of"] == "") & (shown["head_month"] == shown["month"])]
    shown = shown.assign(moment=pd.to_datetime(shown["arrival"], utc=True)).sort_values("moment", kind="stable")
    shown = shown.drop_duplicates(["month", "village_code"], keep="last").sort_values(["month", "village_code"])
    texts = ["month", "village_code", "village_name", "town_code", "town_name", "county_name"]
    figures = [*dictionary.codes, *[state_column(code) for code in dictionary.codes]]
    attributes = {name: np.nan if name == "missing_cells" else 0.0 for name in dictionary.attributes}
    for month, rows in shown.groupby("month"):
        rows = rows.reset_index(drop=True)
        known = rows[texts].astype("str").assign(county_code=rows["village_code"].str[:6], status="accepted", reading_ids="")
        yield str(month), pd.concat([known.assign(is_on_time=True, **attributes), rows[figures]], axis=1)


def mistakes_in_figures(county: SampleCounty) -> dict[tuple[str, str], PlantedMistake]:
    """(month, village code) → the mistake in its figures; a village has one a month at most."""
    return {(m.month, code): m for m in county.mistakes if m.kind in FIGURE_MISTAKES for code in m.village_codes}
