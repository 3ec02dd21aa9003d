"""The sample county as it passes from `methods.simulate` (which invents it) to `sinks.samplebooks` (which writes it)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    import pandas as pd

Dialect = Literal["template", "form2023", "messy", "list", "xls", "xls2023", "ods"]


@dataclass(frozen=True)
class PlantedMistake:
    """One mistake put into the files on purpose.

    `files` are paths below the sample's folder ('' for a file that is not there), the first one being the one at fault.
    `true` and `shown` go by indicator, for mistakes in figures; `detail` holds what else tells them (month, name, days).
    `echo_month`: the month after, in which the village's right opening figure does not meet this month's wrong closing.
    """

    kind: str
    month: str
    village_codes: tuple[str, ...]
    town_code: str
    files: tuple[str, ...]
    indicators: tuple[str, ...] = ()
    true: Mapping[str, float] = field(default_factory=dict)
    shown: Mapping[str, float] = field(default_factory=dict)
    detail: Mapping[str, str] = field(default_factory=dict)
    echo_month: str = ""


@dataclass(frozen=True)
class PlantedMismatch:
    """A department's count put out of line with the villages' on purpose, every month. `change`: 'plus 6' or 'times 0.5'."""

    source: str
    indicator: str
    place_code: str
    change: str


@dataclass(frozen=True)
class DepartmentPost:
    """What line departments count. `counts`: source, month (of the file), count_month, place_code, indicator (or concept), count."""

    counts: pd.DataFrame
    mismatches: tuple[PlantedMismatch, ...]


@dataclass(frozen=True)
class PlantedPattern:
    """A village whose figures are made, not counted, from `month` on; `what` says how, `other_code` is the village copied ('': none)."""

    kind: str
    what: str
    village_code: str
    month: str
    strength: float
    other_code: str = ""


@dataclass(frozen=True)
class SampleCounty:
    """A fictional county and what its offices sent.

    Frames (RangeIndex; months 'YYYY-MM'; figures float64, states uint8 as in `schemas.states`):
        places: code, level, name, name_en, parent_code, urban_rural, valid_from, valid_to ('' = open).
        lineage: date (ISO), kind (merge | split | transfer | rename), from_code, to_code, share.
        figures: month, village_code, village_name, town_code, dialect, then per indicator `<code>` (the truth, never NaN)
            and `<code>__state` (how an honest file of that office shows it: R, M blank, N dash, C not on its form).
        submissions: month, village_code, village_name (as written), town_code, town_name, county_name, dialect,
            file (path below the folder; all villages of a town list share it), arrival (ISO, with zone),
            head_month (as written), copy_of (file of which this is a byte copy, else '').
        shown: per row of `submissions`, what that file shows: `<code>` and `<code>__state` (NaN unless the state is R).
        stated: month, town_code, indicator, shown: totals that a town list states wrongly.

    `departments`: what line departments send, where they send anything.
    In villages with a planted pattern `figures` are the made ones: nobody knows others.
    """

    seed: int
    months: tuple[str, ...]
    places: pd.DataFrame
    lineage: pd.DataFrame
    figures: pd.DataFrame
    submissions: pd.DataFrame
    shown: pd.DataFrame
    stated: pd.DataFrame
    mistakes: tuple[PlantedMistake, ...]
    departments: DepartmentPost | None = None
    patterns: tuple[PlantedPattern, ...] = ()


class SampleSummary(NamedTuple):
    """What was written. `mistakes`: kind → how many."""

    months: tuple[str, ...]
    towns: int
    villages: int
    files: int
    size_bytes: int
    mistakes: Mapping[str, int]
