"""People of the invented villages, month by month: births, deaths, moves, ages, unions, floating population.

Gamma–Poisson: each village has intensities of its own (drawn from a Gamma distribution with mean 1), each month's events are
Poisson given exposure, season and intensity. Stocks move only by these events, so every balance of the return holds
exactly. Rates are per year and of the order seen in Chinese counties about 2020 (births 7–8, deaths 8–9 per 1,000).
All arrays have one entry a village unless said.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Counts = NDArray[np.int64]
Numbers = NDArray[np.float64]

# By age group 0–14, 15–59, 60–64, 65+ (columns) and sex m, f (rows).
_AGE_SHARE = np.array([0.17, 0.61, 0.06, 0.16])
_DEATH_RATE = np.array([[0.0006, 0.0024, 0.011, 0.050], [0.0005, 0.0012, 0.006, 0.040]])
_OUT_RATE = np.array([[0.007, 0.013, 0.003, 0.002], [0.007, 0.015, 0.003, 0.002]])
_IN_SHARE = np.array([0.22, 0.70, 0.04, 0.04])
_AGEING = np.array([1 / 180, 1 / 620, 1 / 60])  # a month, from each group to the next
_BIRTHS_PER_WOMAN = 0.036
_LATE_SHARE, _BOYS = 0.07, 0.52
_ORDERS = np.array([0.45, 0.37, 0.165, 0.015])
_IN_FACILITY = 0.985

# January to December.
_SEASON = {
    "births": np.array([1.05, 0.98, 0.95, 0.92, 0.93, 0.95, 1.0, 1.03, 1.08, 1.1, 1.03, 0.98]),
    "deaths": np.array([1.25, 1.2, 1.08, 0.98, 0.92, 0.88, 0.9, 0.9, 0.88, 0.93, 1.0, 1.12]),
    "moves": np.array([0.8, 0.9, 1.2, 1.1, 1.0, 1.0, 1.0, 1.1, 1.3, 1.0, 0.8, 0.8]),
    "marriages": np.array([1.3, 1.2, 0.9, 0.8, 1.2, 0.7, 0.7, 0.8, 1.0, 1.5, 1.0, 0.9]),
    "away": np.array([0.9, 0.8, 1.05, 1.05, 1.0, 1.0, 0.98, 0.98, 1.05, 1.05, 1.03, 1.0]),
}


def season(of: str, calendar_month: int) -> float:
    """Seasonal factor of `of` in calendar month 1–12 (mean about 1)."""
    return float(_SEASON[of][calendar_month - 1])


@dataclass
class People:
    """The state of all villages at a month's end. `ages`: (villages, 2 sexes, 4 groups); `floating`: in and out, by distance."""

    ages: Counts
    households: Counts
    women_share: Numbers
    intensity: dict[str, Numbers]
    floating: dict[str, Counts]
    shares: dict[str, Numbers]
    figures: dict[str, Counts] = field(default_factory=dict)


def settle(rng: np.random.Generator, is_urban: NDArray[np.bool_]) -> People:
    """Villages before the first month: 300 to 4,000 people, log-normal, each with its own ages and intensities."""
    n = len(is_urban)
    size = np.clip(np.exp(rng.normal(7.1, 0.55, n)) * np.where(is_urban, 1.5, 1.0), 300, 4000)
    ages = np.empty((n, 2, 4), dtype=np.int64)
    groups = np.stack([rng.dirichlet(_AGE_SHARE * 150) for _ in range(n)])
    male = np.clip(rng.normal(0.512, 0.008, n), 0.48, 0.545)
    ages[:, 0] = np.rint(groups * (size * male)[:, None])
    ages[:, 1] = np.rint(groups * (size * (1 - male))[:, None])
    people = ages.sum(axis=(1, 2))
    per_household = np.clip(rng.normal(3.0, 0.35, n), 1.9, 4.6)
    away = rng.beta(4, 14, n) * np.where(is_urban, 0.35, 1.0)
    here = rng.beta(2, 30, n) * np.where(is_urban, 4.0, 1.0)
    return People(
        ages=ages,
        households=np.rint(people / per_household).astype(np.int64),
        women_share=np.clip(rng.normal(0.72, 0.04, n), 0.55, 0.88),
        intensity={
            "births": rng.gamma(10, 1 / 10, n),
            "deaths": rng.gamma(25, 1 / 25, n),
            "in": rng.gamma(3, 1 / 3, n),
            "out": rng.gamma(3, 1 / 3, n),
            "marriages": rng.gamma(12, 1 / 12, n),
            "services": rng.gamma(4, 1 / 4, n),
        },
        floating={"inflow": np.rint(people * here).astype(np.int64), "outflow": np.rint(people * away).astype(np.int64)},
        shares={
            "inflow_county": rng.beta(6, 4, n),
            "inflow_province": rng.beta(3, 6, n),
            "outflow_county": rng.beta(9, 3, n),
            "outflow_province": rng.beta(6, 5, n),
            "away": away,
            "definition": rng.normal(0, 0.008, n),
        },
    )


def merge(people: People, absorbed: int, into: int) -> None:
    """Unit `absorbed` joins unit `into` between two months; the next month's boundary change of `into` is its population."""
    people.figures["boundary_change"][into] += people.ages[absorbed].sum(axis=1)
    for stock in (people.ages, people.households, *people.floating.values()):
        stock[into] += stock[absorbed]
        stock[absorbed] = 0


def begin_month(people: People) -> None:
    """Opening stocks of the month; to be called before `merge`."""
    people.figures = {
        "population_start": people.ages.sum(axis=2),
        "boundary_change": np.zeros((len(people.ages), 2), dtype=np.int64),
    }


def live_month(rng: np.random.Generator, people: People, calendar_month: int) -> None:
    """One month of events; afterwards `people.figures` has the month's figures: (villages,) or (villages, members)."""
    f, n = people.figures, len(people.ages)
    women = _women(people)
    expected = women * _BIRTHS_PER_WOMAN / 12 * people.intensity["births"] * season("births", calendar_month)
    births, late = rng.poisson(expected), rng.poisson(expected * _LATE_SHARE)
    f["births"], f["late_births"] = _by_sex(rng, births), _by_sex(rng, late)
    yearly = people.intensity["deaths"] * season("deaths", calendar_month)
    deaths = np.minimum(rng.poisson(people.ages * _DEATH_RATE / 12 * yearly[:, None, None]), people.ages)
    people.ages -= deaths
    moves = season("moves", calendar_month) / 12
    out = np.minimum(rng.poisson(people.ages * _OUT_RATE * (people.intensity["out"] * moves)[:, None, None]), people.ages)
    people.ages -= out
    sizes = people.ages.sum(axis=2)[:, :, None]
    into = rng.poisson(sizes * _IN_SHARE * 0.009 * (people.intensity["in"] * moves)[:, None, None])
    people.ages += into
    people.ages[:, :, 0] += f["births"] + f["late_births"]
    older = rng.binomial(people.ages[:, :, :3], _AGEING)
    people.ages[:, :, :3] -= older
    people.ages[:, :, 1:] += older
    f |= {"deaths": deaths.sum(axis=2), "moved_out": out.sum(axis=2), "moved_in": into.sum(axis=2)}
    f["population_end"] = people.ages.sum(axis=2)
    f["age"] = people.ages.sum(axis=1)
    f["women_15_49"] = _women(people)
    f["births_order"] = _split(rng, births, _ORDERS)
    f["births_in_facility"] = rng.binomial(births, _IN_FACILITY)
    _unions(rng, people, calendar_month)
    _households(rng, people)
    _float(rng, people, calendar_month)
    f["newcomers"] = f["births"].sum(axis=1) + f["late_births"].sum(axis=1)
    f["expected_births"] = np.rint(1000 * expected).astype(np.int64).reshape(n)


def _women(people: People) -> Counts:
    """Women aged 15–49: a share of the village's own of its women aged 15–59."""
    return np.floor(people.ages[:, 1, 1] * people.women_share).astype(np.int64)


def _by_sex(rng: np.random.Generator, total: Counts) -> Counts:
    boys = rng.binomial(total, _BOYS)
    return np.stack([boys, total - boys], axis=1)


def _split(rng: np.random.Generator, total: Counts, shares: Numbers) -> Counts:
    return np.asarray(rng.multinomial(total, shares / shares.sum()), dtype=np.int64)


def _unions(rng: np.random.Generator, people: People, calendar_month: int) -> None:
    f, size = people.figures, people.figures["population_end"].sum(axis=1)
    rate = size * 0.0052 / 12 * people.intensity["marriages"] * season("marriages", calendar_month)
    f["marriages"] = rng.poisson(rate)
    f["first_marriages"] = rng.binomial(2 * f["marriages"], 0.78)
    f["divorces"] = rng.poisson(size * 0.002 / 12 * people.intensity["marriages"])


def _households(rng: np.random.Generator, people: People) -> None:
    size = people.figures["population_end"].sum(axis=1)
    change = rng.poisson(size * 0.0006) - rng.poisson(size * 0.0005)
    people.households = np.clip(people.households + np.clip(change, -8, 8), -(-size // 7), np.maximum(size, 0))
    people.figures["households_end"] = people.households.copy()


def _float(rng: np.random.Generator, people: People, calendar_month: int) -> None:
    """Floating stocks drift towards their seasonal level; residents follow from them but for a small difference of definition."""
    f, size = people.figures, people.figures["population_end"].sum(axis=1)
    level = size * people.shares["away"] * season("away", calendar_month)
    pull = people.floating["outflow"] + 0.5 * (level - people.floating["outflow"]) + rng.normal(0, 1.5, len(size))
    people.floating["outflow"] = np.clip(np.rint(pull), 0, size // 2).astype(np.int64)
    arrive, leave = rng.poisson(people.floating["inflow"] * 0.02 + 0.2), rng.binomial(people.floating["inflow"], 0.02)
    people.floating["inflow"] = people.floating["inflow"] + arrive - leave
    for flow in ("inflow", "outflow"):
        total = people.floating[flow]
        county = np.floor(total * people.shares[f"{flow}_county"]).astype(np.int64)
        province = np.floor(county * people.shares[f"{flow}_province"]).astype(np.int64)
        f[flow] = np.stack([total, county, province], axis=1)
    resident = size + people.floating["inflow"] - people.floating["outflow"]
    resident = np.rint(resident * (1 + np.clip(people.shares["definition"], -0.02, 0.02))).astype(np.int64)
    male = np.rint(resident * f["population_end"][:, 0] / np.maximum(size, 1)).astype(np.int64)
    f["resident_population"] = np.stack([male, resident - male], axis=1)
