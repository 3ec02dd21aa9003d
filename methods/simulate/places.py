"""Places of the invented county: towns, villages with correct 12-digit codes, one merger and one transfer.

A village here is a unit that lives through the months; its code, name and town are those of the month.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.simulate import names

_PREFIX = 9901  # province 99 and prefecture 01 are not assigned
_MIN_MONTHS_FOR_CHANGES = 6
_MAX_VILLAGES_PER_TOWN = 250
_MAX_TOWNS_PER_COUNTY = 399


@dataclass(frozen=True)
class Unit:
    """A village before any change of boundaries. `town`: its number in `Places.towns`."""

    code: str
    name: str
    name_en: str
    town: int
    urban_rural: str

    @property
    def is_urban(self) -> bool:
        """Whether it is a residents' committee of a subdistrict."""
        return self.urban_rural in ("111", "112")


@dataclass(frozen=True)
class Town:
    """A town and the county it belongs to."""

    code: str
    name: str
    name_en: str
    county_code: str
    county_name: str


@dataclass(frozen=True)
class Places:
    """`merged_into[v]` and `merges_at[v]`: unit v ceases at month number `merges_at[v]` (-1: never) and joins that unit.

    `code_of[v][t]` and `town_of[v][t]` are the code and town of unit v in month number t.
    """

    towns: tuple[Town, ...]
    units: tuple[Unit, ...]
    code_of: NDArray[np.str_]
    town_of: NDArray[np.int64]
    merged_into: NDArray[np.int64]
    merges_at: NDArray[np.int64]
    registry: pd.DataFrame
    lineage: pd.DataFrame

    def is_active(self, t: int) -> NDArray[np.bool_]:
        """Which units exist in month number t. Shape: (units,)."""
        return (self.merges_at < 0) | (t < self.merges_at)


def simulate_places(
    rng: np.random.Generator, months: Sequence[str], towns: int, villages: int, counties: int, changing: Sequence[int]
) -> Places:
    """Invent the registry.

    Args:
        rng: source of chance.
        months: 'YYYY-MM', in order.
        towns: in all counties together, at least one a county.
        villages: in all towns together, at least two a town and at most 250.
        counties: how many counties.
        changing: numbers of towns in which boundaries may change (a merger in the first, a transfer to the second).

    Raises:
        ValueError: the numbers do not fit the code scheme.
    """
    if (
        not 1 <= counties <= min(towns, 99)
        or towns > _MAX_TOWNS_PER_COUNTY * counties
        or not 2 * towns <= villages <= _MAX_VILLAGES_PER_TOWN * towns
    ):
        raise ValueError(
            f"{villages} villages in {towns} towns of {counties} counties do not fit: 2 to 250 villages a town, 1 to 399 towns a county."
        )
    town_list, kinds = _towns(rng, towns, counties)
    sizes = 2 + rng.multinomial(villages - 2 * towns, rng.dirichlet(np.full(towns, 40.0)))
    units = [u for number, size in enumerate(sizes) for u in _units(rng, town_list[number], kinds[number], number, int(size))]
    count = len(months)
    code_of = np.repeat(np.array([[u.code] for u in units]), count, axis=1)
    town_of = np.repeat(np.array([[u.town] for u in units], dtype=np.int64), count, axis=1)
    merged_into, merges_at = np.full(len(units), -1), np.full(len(units), -1)
    rows = [_row(f"{_county(u)}", "county", *_county_names(u), "", "") for u in range(counties)]
    rows += [_row(t.code, "town", t.name, t.name_en, t.county_code, "") for t in town_list]
    village_rows = [_row(u.code, "village", u.name, u.name_en, town_list[u.town].code, u.urban_rural) for u in units]
    lineage: list[dict[str, object]] = []
    if count >= _MIN_MONTHS_FOR_CHANGES and changing:
        half = count // 2
        absorbed, into = [n for n, u in enumerate(units) if u.town == changing[0]][-2:]
        merged_into[absorbed], merges_at[absorbed] = into, half
        village_rows[absorbed]["valid_to"] = months[half - 1]
        lineage.append(_event(months[half], "merge", units[absorbed].code, units[into].code))
        if len(changing) > 1:
            moved, at = [n for n, u in enumerate(units) if u.town == changing[0]][-3:][0], half + 1
            code = _next_code(units, town_list[changing[1]].code, units[moved].code[9:] >= "200")
            code_of[moved, at:], town_of[moved, at:] = code, changing[1]
            village_rows[moved]["valid_to"] = months[at - 1]
            again = {**village_rows[moved], "code": code, "parent_code": code[:9], "valid_from": months[at], "valid_to": ""}
            village_rows.append(again)
            lineage.append(_event(months[at], "transfer", units[moved].code, code))
    return Places(
        towns=tuple(town_list),
        units=tuple(units),
        code_of=code_of,
        town_of=town_of,
        merged_into=merged_into,
        merges_at=merges_at,
        registry=pd.DataFrame(rows + village_rows),
        lineage=pd.DataFrame(lineage, columns=["date", "kind", "from_code", "to_code", "share"]),
    )


def _county(number: int) -> int:
    return _PREFIX * 100 + number + 1


def _county_names(number: int) -> tuple[str, str]:
    return names.COUNTY if number == 0 else (f"{names.COUNTY[0][:2]}{number + 1}县", f"{names.COUNTY[1]} {number + 1}")


def _row(code: str, level: str, name: str, name_en: str, parent: str, urban_rural: str) -> dict[str, str]:
    return {
        "code": code, "level": level, "name": name, "name_en": name_en, "parent_code": parent,
        "urban_rural": urban_rural, "valid_from": "", "valid_to": "",
    }  # fmt: skip


def _event(month: str, kind: str, old: str, new: str) -> dict[str, object]:
    return {"date": f"{month}-01", "kind": kind, "from_code": old, "to_code": new, "share": 1.0}


def _towns(rng: np.random.Generator, towns: int, counties: int) -> tuple[list[Town], list[str]]:
    stems = _stems(rng, towns)
    made: list[Town] = []
    kinds: list[str] = []
    for county, share in enumerate(np.array_split(np.arange(towns), counties)):
        urban, rural = _kinds_of_towns(len(share))
        for n in range(len(share)):
            if n < urban:
                kind, number = "街道", n + 1
            elif n < len(share) - rural:
                kind, number = "镇", 100 + n - urban
            else:
                kind, number = "乡", 200 + n - (len(share) - rural)
            stem, english = stems[len(made)]
            code = f"{_county(county)}{number:03d}"
            made.append(Town(code, stem + kind, f"{english} {names.TOWN_KINDS[kind]}", str(_county(county)), _county_names(county)[0]))
            kinds.append(kind)
    return made, kinds


def _kinds_of_towns(count: int) -> tuple[int, int]:
    """How many of a county's towns are subdistricts and how many townships; codes leave room for 99, 100 (towns) and 200."""
    urban = min(99, max(1, count // 6, count - 300))
    return urban, max(count // 3, count - urban - 100)


def _units(rng: np.random.Generator, town: Town, kind: str, number: int, size: int) -> list[Unit]:
    urban = {"街道": max(1, round(0.8 * size)), "镇": max(1, round(0.12 * size)), "乡": 1}[kind]
    if size - urban > 200 or urban > 199:
        urban = min(max(urban, size - 200), 199)
    classes = {"街道": ("111", "112"), "镇": ("121", "122"), "乡": ("210", "220")}[kind]
    made = []
    for n, (stem, english) in enumerate(_stems(rng, size)):
        is_committee = n < urban
        code = f"{town.code}{n + 1:03d}" if is_committee else f"{town.code}{200 + n - urban:03d}"
        level = classes[0] if is_committee and n < max(1, urban // 2) else classes[1] if is_committee else "220"
        name = f"{stem}社区" if is_committee else f"{stem}村"
        made.append(Unit(code, name, f"{english} {'Community' if is_committee else 'Village'}", number, level))
    return made


def _stems(rng: np.random.Generator, count: int) -> list[tuple[str, str]]:
    """Different names: two characters, then with a third when two are used up."""
    pairs = [(a + b, e + f) for a, e in names.FIRST.items() for b, f in names.SECOND.items()]
    order = rng.permutation(len(pairs))
    extra = ["", *"上下前后"]
    english = ["", " Shang", " Xia", " Qian", " Hou"]
    return [
        (pairs[order[n % len(pairs)]][0] + extra[n // len(pairs)], pairs[order[n % len(pairs)]][1] + english[n // len(pairs)])
        for n in range(count)
    ]


def _next_code(units: Sequence[Unit], town_code: str, is_village: bool) -> str:
    """The first free code of a town, for a villagers' or a residents' committee."""
    taken = {u.code for u in units}
    start = 200 if is_village else 1
    return next(code for n in range(start, start + 200) if (code := f"{town_code}{n:03d}") not in taken)
