"""What the offices of the invented county send: one row a village and month, before any mistake is planted."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from methods.simulate.places import Places
from schemas.states import MISSING, NOT_COLLECTED, REPORTED

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from schemas.sample import Dialect

OFFICE_ZONE = dt.timezone(dt.timedelta(hours=8))  # Asia/Shanghai, which has no summer time

_DOZEN: tuple[Dialect, ...] = (
    "template", "list", "template", "template", "form2023", "messy", "xls", "ods", "template", "list", "messy", "template",
)  # fmt: skip
_FEW: tuple[Dialect, ...] = ("template", "list", "form2023", "messy", "xls", "ods")
NEW_SINCE_2023 = frozenset({"childcare_subsidy", "satisfaction_forms", "satisfaction_forms_satisfied"})
"""Concepts that last year's form did not have yet."""

_BLANK_SHARE, _BLANK_SECTIONS = 0.004, frozenset({"D", "F"})
_LEAVES_ZERO_BLANK, _OFTEN_BLANK = 0.3, ("late_births", "boundary_change")

_FILE_NAMES: dict[Dialect, tuple[str, ...]] = {
    "template": (
        "{town}_{village}_{y}年{m}月.xlsx",
        "{village}{y}年{m}月月报表.xlsx",
        "{code}_{y}{mm}.xlsx",
    ),
    "form2023": ("{village}月报{y}-{mm}.xlsx",),
    "messy": ("{village} {m}月 报表.xlsx",),
    "list": ("{town}{y}年{m}月汇总表.xlsx",),
    "xls": ("月报({m}月){village}.xls",),
    "xls2023": ("月报({m}月){village}.xls",),
    "ods": ("{y}{mm}_{village}.ods",),
}


@dataclass(frozen=True)
class Extra:
    """A further file of the village in row `row`: an earlier version with figures of its own, or (`copy_of`) the same bytes."""

    row: int
    file: str
    arrival: dt.datetime
    copy_of: str = ""
    values: NDArray[np.float64] | None = None


@dataclass
class Mail:
    """One month's post. Arrays and lists have one entry a village (`unit`: its number); `values` and `states` one row."""

    month: str
    units: NDArray[np.int64]
    codes: list[str]
    names: list[str]
    towns: NDArray[np.int64]
    dialects: list[Dialect]
    files: list[str]
    arrivals: list[dt.datetime]
    head_months: list[str]
    values: NDArray[np.float64]
    states: NDArray[np.uint8]
    is_sent: NDArray[np.bool_]
    extras: list[Extra] = field(default_factory=list)
    taken: set[int] = field(default_factory=set)
    stated: list[tuple[str, str, float]] = field(default_factory=list)


def town_dialects(towns: int, dialects: str) -> list[Dialect]:
    """Which office writes how. `dialects`: 'all', or 'template' for everybody using the current form.

    Raises:
        ValueError: an unknown word.
    """
    if dialects == "template":
        return ["template"] * towns
    if dialects != "all":
        raise ValueError(f"dialects must be 'all' or 'template', not {dialects!r}.")
    if towns >= len(_DOZEN):
        return [_DOZEN[n % len(_DOZEN)] for n in range(towns)]
    return [_FEW[n] if n < len(_FEW) else "template" for n in range(towns)]


def write_mail(
    rng: np.random.Generator,
    dictionary: Dictionary,
    places: Places,
    town_dialect: list[Dialect],
    t: int,
    month: str,
    figures: NDArray[np.float64],
    states: NDArray[np.uint8],
) -> Mail:
    """The honest post of month number t.

    Args:
        rng: source of chance.
        dictionary: gives the order of indicators and the due day.
        places: the villages.
        town_dialect: one a town.
        t: number of the month.
        month: 'YYYY-MM'.
        figures: (units, indicators), true figures.
        states: (units, indicators), reported or not applicable.
    """
    units = np.flatnonzero(places.is_active(t))
    towns = places.town_of[units, t]
    codes = [str(code) for code in places.code_of[units, t]]
    dialects: list[Dialect] = [
        "xls2023" if town_dialect[town] == "xls" and unit % 2 else town_dialect[town] for unit, town in zip(units, towns, strict=True)
    ]
    names = [places.units[unit].name for unit in units]
    shown = _shown_states(rng, dictionary, states[units], figures[units], dialects, units)
    due = dictionary.calendar.village_due_day
    arrivals = [_arrival(rng, month, 1, due) for _ in units]
    town_arrival = {int(town): _arrival(rng, month, max(1, due - 2), due) for town in np.unique(towns)}
    return Mail(
        month=month,
        units=units,
        codes=codes,
        names=names,
        towns=towns,
        dialects=dialects,
        files=_files(places, month, towns, names, codes, dialects),
        arrivals=[town_arrival[int(town)] if d == "list" else a for a, d, town in zip(arrivals, dialects, towns, strict=True)],
        head_months=[month] * len(units),
        values=np.where(shown == REPORTED, figures[units], np.nan),
        states=shown,
        is_sent=np.ones(len(units), dtype=bool),
    )


def _shown_states(
    rng: np.random.Generator,
    dictionary: Dictionary,
    states: NDArray[np.uint8],
    figures: NDArray[np.float64],
    dialects: list[Dialect],
    units: NDArray[np.int64],
) -> NDArray[np.uint8]:
    shown = states.copy()
    indicators = list(dictionary.indicators.values())
    may_be_blank = np.array([i.section in _BLANK_SECTIONS for i in indicators])
    shown[(rng.random(shown.shape) < _BLANK_SHARE) & may_be_blank & (shown == REPORTED)] = MISSING
    leaves_blank = (units * 7919 % 1000) / 1000 < _LEAVES_ZERO_BLANK  # a habit of the office, the same every month
    for concept in _OFTEN_BLANK:
        is_its = np.array([i.concept.code == concept for i in indicators], dtype=bool)
        rows = leaves_blank & (figures[:, is_its] == 0).all(axis=1)
        shown[rows[:, None] & is_its] = MISSING
    old_form = np.array([d in ("form2023", "xls2023") for d in dialects], dtype=bool)
    is_new = np.array([i.concept.code in NEW_SINCE_2023 for i in indicators], dtype=bool)
    shown[old_form[:, None] & is_new] = NOT_COLLECTED
    return shown


def _arrival(rng: np.random.Generator, month: str, first_day: int, last_day: int) -> dt.datetime:
    """A moment in office hours of the month after `month`."""
    year, number = int(month[:4]), int(month[5:])
    after = dt.datetime(year + number // 12, number % 12 + 1, 1, 8, 30, tzinfo=OFFICE_ZONE)
    return after + dt.timedelta(days=int(rng.integers(first_day, last_day + 1)) - 1, seconds=int(rng.integers(0, 9 * 3600)))


def late_arrival(rng: np.random.Generator, month: str, due_day: int) -> dt.datetime:
    """A moment in office hours one to eight days after the due day."""
    return _arrival(rng, month, due_day + 1, due_day + 8)


def early_and_late(rng: np.random.Generator, month: str, due_day: int) -> tuple[dt.datetime, dt.datetime]:
    """Two moments before the due day, the first one earlier by at least half a day."""
    return _arrival(rng, month, 1, 2), _arrival(rng, month, min(3, due_day), due_day)


def _files(
    places: Places,
    month: str,
    towns: NDArray[np.int64],
    names: list[str],
    codes: list[str],
    dialects: list[Dialect],
) -> list[str]:
    """Paths below the sample's folder; where two villages would use the same name, the code is put behind it."""
    year, number = int(month[:4]), int(month[5:])
    files: list[str] = []
    used: set[str] = set()
    for town, village, code, dialect in zip(towns, names, codes, dialects, strict=True):
        habits = _FILE_NAMES[dialect]
        names_used = {"town": places.towns[town].name, "village": village, "code": code}
        file = habits[town % len(habits)].format(**names_used, y=year, m=number, mm=f"{number:02d}")
        if file in used and dialect != "list":
            stem, dot, kind = file.rpartition(".")
            file = f"{stem}_{code}{dot}{kind}"
        used.add(file)
        files.append(f"inbox/{month}/{file}")
    return files
