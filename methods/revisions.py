"""What changed between two vintages of the same month."""

from __future__ import annotations

import pandas as pd

_KEYS = ["place_level", "place_code", "place_name", "indicator", "indicator_zh", "indicator_en", "unit"]


def revisions(old: pd.DataFrame, new: pd.DataFrame) -> pd.DataFrame:
    """Figures that differ between two tidy frames: the keys, old, new and difference; a figure may come or go (NaN).

    Args:
        old: tidy frame of the former vintage.
        new: tidy frame of the present figures.
    """
    both = old[[*_KEYS, "value"]].merge(new[[*_KEYS, "value"]], on=_KEYS, how="outer", suffixes=("_old", "_new"))
    differs = both["value_old"].ne(both["value_new"]) & ~(both["value_old"].isna() & both["value_new"].isna())
    return both[differs].assign(difference=both["value_new"] - both["value_old"]).reset_index(drop=True)
