"""Services delivered, family benefits and outreach of the invented villages, given their people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from methods.simulate.demography import Counts, Numbers, People, season

# Share of the population that is eligible at first; who joins and leaves in a month, per eligible person.
SCHEMES: dict[str, tuple[float, float, float]] = {
    "only_child_award": (0.045, 0.004, 0.006),
    "rural_family_support": (0.028, 0.008, 0.004),
    "special_support": (0.003, 0.006, 0.004),
    "childcare_subsidy": (0.021, 0.0, 0.028),
    "pension_support": (0.06, 0.006, 0.004),
}
RURAL_SCHEME, CHILD_SCHEME, _TWO_RATE_SCHEME = "rural_family_support", "childcare_subsidy", "special_support"
_TWO_RATES = (590, 450)  # CNY a month, for two kinds of families
_MONTHLY = {"pension_support": 83.33}


@dataclass
class Benefits:
    """Eligible persons by scheme, and whom a scheme does not concern (`applies`), per village."""

    eligible: dict[str, Counts]
    applies: dict[str, NDArray[np.bool_]]
    first_kind: Numbers
    figures: dict[str, dict[str, Numbers]]


def enrol(rng: np.random.Generator, people: People, is_urban: NDArray[np.bool_]) -> Benefits:
    """Who is eligible before the first month. The rural scheme does not concern subdistricts."""
    size = people.ages.sum(axis=(1, 2))
    applies = {scheme: np.ones(len(size), dtype=bool) for scheme in SCHEMES}
    applies[RURAL_SCHEME] = ~is_urban
    eligible = {
        scheme: np.where(applies[scheme], rng.poisson(size * share * rng.gamma(8, 1 / 8, len(size))), 0).astype(np.int64)
        for scheme, (share, _, _) in SCHEMES.items()
    }
    return Benefits(eligible, applies, rng.beta(3, 3, len(size)), {})


def merge_benefits(benefits: Benefits, absorbed: int) -> dict[str, int]:
    """Take the eligible persons of `absorbed` out; returns how many by scheme: they count as new where they go."""
    joined = {scheme: int(stock[absorbed]) for scheme, stock in benefits.eligible.items()}
    for stock in benefits.eligible.values():
        stock[absorbed] = 0
    return joined


def pay_month(
    rng: np.random.Generator,
    people: People,
    benefits: Benefits,
    monthly_rates: Mapping[str, float],
    joined: Mapping[int, Mapping[str, int]],
) -> None:
    """One month of benefits: eligible(m) = eligible(m−1) + new − exited, paid ≤ eligible, amount = paid × rate.

    Args:
        rng: source of chance.
        people: after the month's events.
        benefits: changed in place; `figures` has eligible, new, exited, paid (persons) and amount (CNY) by scheme.
        monthly_rates: the published CNY a person and month, by scheme that has one.
        joined: village → persons by scheme who came with a merged village.
    """
    for scheme, (_, coming, leaving) in SCHEMES.items():
        stock, applies = benefits.eligible[scheme], benefits.applies[scheme]
        new = rng.poisson(stock * coming + 0.1 * applies)
        if scheme == CHILD_SCHEME:
            new = rng.binomial(people.figures["newcomers"], 0.93)
        new = np.where(applies, new, 0)
        for village, schemes in joined.items():
            new[village] += schemes[scheme]
        exited = np.minimum(rng.binomial(stock, leaving), stock)
        stock = benefits.eligible[scheme] = stock + new - exited
        paid = rng.binomial(stock, 0.985)
        if scheme in monthly_rates:
            amount = paid * monthly_rates[scheme]
        elif scheme == _TWO_RATE_SCHEME:
            first = np.floor(paid * benefits.first_kind)
            amount = first * _TWO_RATES[0] + (paid - first) * _TWO_RATES[1]
        else:
            amount = np.round(paid * _MONTHLY.get(scheme, 100.0), 2)
        parts = {"eligible": stock, "new": new, "exited": exited, "paid": paid, "amount": amount}
        benefits.figures[scheme] = {name: np.asarray(part, dtype=np.float64) for name, part in parts.items()}


def serve_month(rng: np.random.Generator, people: People, calendar_month: int) -> dict[str, Counts]:
    """Services and outreach of the month, person-times unless said."""
    f, much = people.figures, people.intensity["services"]
    later = (calendar_month + 5) % 12 + 1  # a first antenatal visit comes about six months before the birth
    ahead = f["expected_births"] / 1000 * season("births", later) / season("births", calendar_month)
    forms = rng.poisson(9 * much)
    sessions = rng.poisson(0.9 * much + 0.3)
    return {
        "preconception_checks": rng.poisson(f["marriages"] * 0.8 + ahead * 0.4),
        "antenatal_first_visits": rng.poisson(ahead * 1.05),
        "postnatal_visits": rng.poisson(f["births"].sum(axis=1) * 1.6),
        "contraceptive_consultations": rng.poisson(f["women_15_49"] * 0.008 * much),
        "contraceptive_clients": rng.poisson(f["women_15_49"] * 0.012 * much),
        "satisfaction_forms": forms,
        "satisfaction_forms_satisfied": rng.binomial(forms, 0.93),
        "outreach_sessions": sessions,
        "outreach_participants": rng.poisson(sessions * 24),
        "materials_issued": rng.poisson(sessions * 40 + 5),
    }
