"""What line departments of the invented county count: the same births, marriages and payments, seen from another office.

Births of a month are registered in it or up to four months later (the return's late births are theirs); hospitals see nearly all of
them and now and then note the address of a neighbouring village; clinics give the first dose in the month after birth; civil affairs
misses couples who registered elsewhere; banks reject a transfer now and then.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.departments import month_before
from methods.simulate.places import Places
from schemas.sample import DepartmentPost, PlantedMismatch

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

Counts = NDArray[np.int64]
Row = tuple[str, str, str, str, str, float]

_SPREAD = np.array([0.6, 0.25, 0.1, 0.05])
"""Of births registered late: how many one, two, three, four months after their month."""
_TOLD_BACK = 6
_IN_HOSPITAL, _OTHER_ADDRESS, _IN_COUNTY, _DOSED, _REJECTED = 0.985, 0.02, 0.97, 0.98, 0.006
_SOURCES = ("hospital_births", "household_registration", "civil_marriages", "first_immunisations", "payment_system")
_EXTRA_BIRTHS, _MARRIAGES_SHARE, _AMOUNT_SHARE = 12, 0.4, 0.5


def simulate_departments(
    rng: np.random.Generator,
    dictionary: Dictionary,
    places: Places,
    months: Sequence[str],
    cube: NDArray[np.float64],
    *,
    plant_mismatches: bool = True,
) -> DepartmentPost:
    """Counts of every department for every month, consistent with the true figures.

    Args:
        rng: source of chance; the county itself takes nothing from it.
        dictionary: order of the indicators; a department that it does not have sends nothing.
        places: villages and towns.
        months: in order.
        cube: months × units × indicators, the truth.
        plant_mismatches: whether one village's births, one town's marriages and one village's payments disagree, every month.
    """
    of = {code: cube[:, :, n].astype(np.int64) for n, code in enumerate(dictionary.codes)}
    registered = _registered(rng, [of[f"births_{s}"] for s in "mf"], [of[f"late_births_{s}"] for s in "mf"])
    born = registered.sum(axis=1)  # months of birth (from four before the first month on) × units × sexes
    back = len(_SPREAD)
    rows: list[Row] = []
    for t, month in enumerate(months):
        units = np.flatnonzero(places.is_active(t))
        town = places.town_of[:, t]
        villages = [str(code) for code in places.code_of[:, t]]
        seen = _moved(rng, rng.binomial(born[back + t], _IN_HOSPITAL), units, town)
        for u in units.tolist():
            rows += [("hospital_births", month, month, villages[u], f"births_{s}", float(seen[u, n])) for n, s in enumerate("mf")]
            for ago in reversed(range(min(_TOLD_BACK, back + t + 1))):
                so_far = registered[back + t - ago, : ago + 1, u].sum(axis=0)
                told = (month, month_before(month, ago), villages[u])
                rows += [("household_registration", *told, f"births_{s}", float(so_far[n])) for n, s in enumerate("mf")]
            paid = of["childcare_subsidy_paid"][t, u]
            amount = cube[t, u, dictionary.codes.index("childcare_subsidy_amount")]
            share = 1 - rng.binomial(paid, _REJECTED) / paid if paid else 0.0
            rows.append(("payment_system", month, month, villages[u], "childcare_subsidy_amount", round(amount * share, 2)))
        for n, place in enumerate(places.towns):
            here = units[town[units] == n]
            couples, children = int(of["marriages"][t, here].sum()), int(born[back + t - 1, here].sum())
            rows.append(("civil_marriages", month, month, place.code, "marriages", float(rng.binomial(couples, _IN_COUNTY))))
            rows.append(("first_immunisations", month, month, place.code, "births", float(rng.binomial(children, _DOSED))))
    known = [row for row in rows if row[0] in dictionary.departments]
    frame = pd.DataFrame(known, columns=["source", "month", "count_month", "place_code", "indicator", "count"])
    planted = _plant(frame, of["population_end_m"][-1] * places.is_active(0), places) if plant_mismatches else ()
    return DepartmentPost(frame, planted)


def _registered(rng: np.random.Generator, on_time: Sequence[Counts], late: Sequence[Counts]) -> Counts:
    """Births by month of birth (four months before the first on), delay, unit and sex.

    Late births of a month are shared out to the four months before it; births of the last months that will be registered after the end
    are added, and for months before the first, births like those of the first.
    """
    back, (count, units) = len(_SPREAD), on_time[0].shape
    made = np.zeros((back + count, back + 1, units, 2), dtype=np.int64)
    for sex, (now, then) in enumerate(zip(on_time, late, strict=True)):
        made[back:, 0, :, sex] = now
        made[:back, 0, :, sex] = rng.poisson(now.mean(axis=0), (back, units))
        for t in range(count):
            parts = rng.multinomial(then[t], _SPREAD)
            for ago in range(1, back + 1):
                made[back + t - ago, ago, :, sex] += parts[:, ago - 1]
        usual = then.sum(axis=0) / count
        for event in range(back + count):
            for ago in range(1, back + 1):
                if not back <= event + ago < back + count:
                    made[event, ago, :, sex] = rng.poisson(usual * _SPREAD[ago - 1])
    return made


def _moved(rng: np.random.Generator, births: Counts, units: NDArray[np.int64], town: NDArray[np.int64]) -> Counts:
    """A few births noted under another village of the town."""
    moved = births.copy()
    for unit in units.tolist():
        others = units[(town[units] == town[unit]) & (units != unit)]
        for sex in range(2):
            for _ in range(int(rng.binomial(births[unit, sex], _OTHER_ADDRESS)) if len(others) else 0):
                moved[unit, sex] -= 1
                moved[int(rng.choice(others)), sex] += 1
    return moved


def _plant(frame: pd.DataFrame, size: Counts, places: Places) -> tuple[PlantedMismatch, ...]:
    """One disagreement of each kind, the same every month: births in the largest village, marriages and payments elsewhere."""
    order = np.argsort(-size)
    lasting = [int(u) for u in order if len(set(places.code_of[u])) == 1 and places.merges_at[u] < 0]
    births, payments = places.code_of[lasting[0], 0], places.code_of[lasting[1], 0]
    marriages = places.towns[places.units[lasting[2]].town].code
    made: list[PlantedMismatch] = []

    def change(source: str, place: Any, indicator: str, how: str, by: float) -> None:
        at = (frame["source"] == source) & (frame["place_code"] == str(place)) & (frame["indicator"] == indicator)
        if at.any():
            frame.loc[at, "count"] = frame.loc[at, "count"] + by if how == "plus" else (frame.loc[at, "count"] * by).round()
            made.append(PlantedMismatch(source, indicator, str(place), f"{how} {by:g}"))

    change("hospital_births", births, "births_m", "plus", _EXTRA_BIRTHS / 2)
    change("hospital_births", births, "births_f", "plus", _EXTRA_BIRTHS / 2)
    change("civil_marriages", marriages, "marriages", "times", _MARRIAGES_SHARE)
    change("payment_system", payments, "childcare_subsidy_amount", "times", _AMOUNT_SHARE)
    return tuple(made)
