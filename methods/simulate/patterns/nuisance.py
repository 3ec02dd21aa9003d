"""The nuisance of a county: documented ranges from which each seed draws, in an ordinary and a harder regime."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

Regime = Literal["ordinary", "harder"]
Nuisance = dict[str, float]
"""Name of a range → what this county drew."""


class Range(NamedTuple):
    """One line of the table: drawn uniformly from `ordinary` or `harder` (both ends included)."""

    name: str
    ordinary: tuple[float, float]
    harder: tuple[float, float]
    meaning: str


RANGES: tuple[Range, ...] = (
    Range("median_size", (900, 1600), (500, 1600), "median population of a village"),
    Range("size_sd", (0.45, 0.65), (0.5, 0.9), "standard deviation of log size between villages"),
    Range("birth_rate", (6, 11), (4, 11), "births per 1,000 and year"),
    Range("death_rate", (6, 9), (5, 11), "deaths per 1,000 and year"),
    Range("move_rate", (6, 14), (4, 18), "families moving in (and as many out) per 1,000 persons and year"),
    Range("village_sd", (0.15, 0.35), (0.3, 0.6), "between-village standard deviation of log rates"),
    Range("drift_sd", (0.0, 0.15), (0.1, 0.35), "standard deviation of a village's log rate drifting over the whole period (random walk)"),
    Range("month_var", (0.0, 0.12), (0.1, 0.4), "variance of a village-month's gamma factor: over-dispersion between months"),
    Range("county_shock", (0.02, 0.10), (0.05, 0.2), "standard deviation of a log shock shared by all villages in a month"),
    Range("town_shock", (0.0, 0.10), (0.08, 0.25), "standard deviation of a log shock shared by a town's villages in a month"),
    Range("season", (0.5, 1.5), (0.5, 2.5), "exponent on the seasonal profiles"),
    Range("twins", (0.01, 0.02), (0.01, 0.03), "twin maternities among all"),
    Range("boys", (0.512, 0.530), (0.508, 0.545), "share of boys at birth"),
    Range("late_share", (0.03, 0.12), (0.08, 0.30), "mean share of births registered after their month"),
    Range("late_lag", (1.5, 4.0), (2.0, 7.0), "mean months until a late birth is registered (at most 12)"),
    Range("spill_share", (0.0, 0.06), (0.03, 0.15), "share of a month's deaths booked in the next month (month-end, closed offices)"),
    Range("local_share", (0.3, 0.6), (0.2, 0.7), "share of moving families who stay in the county"),
    Range("coverage_sd", (0.3, 0.7), (0.6, 1.2), "between-village standard deviation of the logit of service coverage"),
    Range("stay_unpaid", (0.0, 0.5), (0.4, 0.9), "chance that an unpaid person is unpaid next month too"),
    Range("rounding_share", (0.1, 0.35), (0.2, 0.6), "villages that honestly round outreach figures to 5 or 10"),
    Range("schedule_share", (0.1, 0.35), (0.2, 0.5), "villages with a fixed number of outreach sessions a month"),
    Range("quarterly_share", (0.2, 0.5), (0.3, 0.7), "villages that recount the floating population each quarter only"),
    Range("missing_share", (0.0, 0.02), (0.02, 0.07), "village-months without a report"),
    Range("blank_share", (0.0, 0.01), (0.005, 0.03), "village-months with one section left blank"),
    Range("unregistered", (0.0, 0.0), (0.0, 0.4), "changes of boundaries that nobody registered"),
    Range("hospital_coverage", (0.85, 0.97), (0.65, 0.95), "share of births that the hospitals report"),
    Range("hospital_lag", (0.0, 0.05), (0.0, 0.2), "share of hospital births that come a month later"),
    Range("wrong_village", (0.0, 0.03), (0.02, 0.08), "share of outside records booked to another village of the town"),
    Range("dose_coverage", (0.92, 1.0), (0.8, 1.0), "share of births that have a first dose on record"),
    Range("dose_floating", (0.02, 0.10), (0.05, 0.25), "first doses of floating families, per birth"),
    Range("mirror_coverage", (0.7, 0.95), (0.4, 0.9), "share of local moves that the other village reports"),
    Range("slip_share", (0.004, 0.015), (0.01, 0.03), "village-months with one honest slip in one figure"),
    Range("stale_share", (0.0005, 0.002), (0.001, 0.005), "village-months that repeat last month's events by mistake"),
    Range("swap_share", (0.0005, 0.001), (0.001, 0.003), "village-months that carry a neighbour's events by mistake"),
)


def draw_nuisance(rng: np.random.Generator, regime: Regime) -> Nuisance:
    """One county's nuisance."""
    return {r.name: float(rng.uniform(*(r.ordinary if regime == "ordinary" else r.harder))) for r in RANGES}
