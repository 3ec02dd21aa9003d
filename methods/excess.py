"""What pandera looked at, as one frame to hand on: the excess of every rule at every place, with who the place is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.confront import Confrontation
from schemas.expectations import ASKED


def excess_of_villages(found: Confrontation, report: pd.DataFrame) -> pd.DataFrame:
    """RuleExcess of villages.

    Args:
        found: the confrontation of `report`.
        report: VillageReport frame.

    Returns:
        A row a village, in the order of the report: PLACE_COLUMNS, then one a rule instance (float64: gap beyond tolerance,
        sign kept, NaN where it cannot be told; str: why the check itself broke) and, where a rule was not asked of everybody,
        `<rule_id>__asked` (bool).
    """
    place = pd.DataFrame({"place_level": "village", "place_code": report["village_code"], "place_name": report["village_name"]})
    return _excess(found, place.assign(town_name=report["town_name"]))


def excess_of_places(found: Confrontation, figures: pd.DataFrame) -> pd.DataFrame:
    """RuleExcess of towns and counties, as for villages; `figures`: the PlaceFigure frame that was confronted."""
    return _excess(found, figures[["place_level", "place_code", "place_name"]].assign(town_name=""))


def _excess(found: Confrontation, place: pd.DataFrame) -> pd.DataFrame:
    rules: dict[str, NDArray[Any] | str] = {}
    for instance in found.instances:
        if instance.id in found.broken:
            rules[instance.id] = found.broken[instance.id]
            continue
        rules[instance.id] = found.excess[instance.id].to_numpy()
        asked = found.asked[instance.id].to_numpy()
        if not np.all(asked):
            rules[instance.id + ASKED] = asked
    return pd.concat([place.astype("str"), pd.DataFrame(rules, index=place.index)], axis=1).reset_index(drop=True)
