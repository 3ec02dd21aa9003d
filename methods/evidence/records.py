"""What pattern tests look at: the reports of a county over months, and what is known about them besides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.panel import Block, Panel


@dataclass(frozen=True)
class Pair:
    """A part and the whole that it is counted among: paid | eligible, satisfied | forms, in facility | births.

    part: a code of the panel. whole: a code, or a concept's name. sum_of: the panel's codes that the whole is the sum of.
    is_stock: the whole is a stock, so that the same persons stand in it month after month.
    """

    part: str
    whole: str
    sum_of: tuple[str, ...] = ()
    is_stock: bool = False


@dataclass(frozen=True)
class Lead:
    """Events that foretell others: first antenatal visits and births 5 to 7 months later. Codes to be added up."""

    early: tuple[str, ...]
    later: tuple[str, ...]
    months: tuple[int, ...]


@dataclass(frozen=True)
class Roles:
    """What the dictionary says of the panel's codes; made from it, never written in code.

    events: flows of counts that can be compared with exposure. stocks: registry stocks (population by sex). by_sex: (male, female) codes of
    one concept. orders: codes of births by order, first order first. population: codes whose sum is the exposure. pairs: parts and wholes.
    The rest has defaults (`methods.evidence.roles.roles_of` fills it; benchmark: make Roles with that function):
    concepts: codes of one concept each, of events that are counted on their own (no parts, no consequences, nothing scheduled by an
        office).
    late: (codes of late reports, codes of the events that they are of). leads: early events, later events, months between.
    """

    events: tuple[str, ...]
    stocks: tuple[str, ...]
    by_sex: tuple[tuple[str, str], ...]
    orders: tuple[str, ...]
    population: tuple[str, ...]
    pairs: tuple[Pair, ...]
    concepts: tuple[tuple[str, ...], ...] = ()
    late: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    leads: tuple[Lead, ...] = ()


@dataclass(frozen=True)
class Records:
    """T months × n villages.

    panel: figures as reported, NaN where there is none. towns: code of each village's town. roles: of the panel's codes.
    second_sources: name (such as 'hospital_births') → T × n counts of the same events from elsewhere, NaN unknown; empty when none came.
    is_changed: T × n, the village was merged, split or had a boundary change in that month.
    reviewed_until: n, position of the last month that a reviewer has looked at (−1: never).
    submissions: month, village_code, sha256, size, arrived_at, style (digest of fonts, widths and program marks; no name of a person), or
        empty.
    """

    panel: Panel
    towns: tuple[str, ...]
    roles: Roles
    second_sources: Mapping[str, Block] = field(default_factory=dict)
    is_changed: NDArray[np.bool_] | None = None
    reviewed_until: NDArray[np.int64] | None = None
    submissions: pd.DataFrame = field(default_factory=pd.DataFrame)
