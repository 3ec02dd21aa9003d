"""A county as it is: every figure an attentive village would report, before slips and before any pattern is planted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from methods.simulate.patterns import events, outside, stocks
from methods.simulate.patterns.nuisance import Nuisance
from methods.simulate.patterns.villages import AFTER, BEFORE, Numbers, Villages, settle_villages

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary


@dataclass(frozen=True)
class Truth:
    """values: T × n × C figures, NaN where a scheme does not concern a village or it does not exist. seconds: outside counts, T × n."""

    months: tuple[str, ...]
    codes: tuple[str, ...]
    villages: Villages
    values: Numbers
    seconds: Mapping[str, Numbers]
    is_changed: NDArray[np.bool_]


def month_names(count: int, last: str = "2024-12") -> tuple[str, ...]:
    """`count` months ending with `last`."""
    end = int(last[:4]) * 12 + int(last[5:]) - 1
    return tuple(f"{m // 12}-{m % 12 + 1:02d}" for m in range(end - count + 1, end + 1))


def simulate_truth(
    rng: np.random.Generator, dictionary: Dictionary, nuisance: Nuisance, *, villages: int, months: int, each_lookalike: int = 2
) -> Truth:
    """Invent a county of `villages` over `months`, with `each_lookalike` villages of every honest look-alike.

    Raises:
        ValueError: too few villages for the look-alikes.
    """
    names = month_names(months)
    first = int(names[0][5:]) - 1 - BEFORE
    calendar = [(first + m) % 12 + 1 for m in range(BEFORE + months + AFTER)]
    v = settle_villages(rng, nuisance, villages, months, each_lookalike)
    chance = events.Chance(rng, nuisance, v, calendar)
    born, deaths, moved, unions = events.born(chance), events.died(chance), events.moved(chance), events.united(chance)
    served = events.served(chance, born["events"], unions["marriages"])
    facility = served.pop("in_facility_share")
    flows = {**born, **moved, **unions, **served, "deaths": deaths}
    flows["births_in_facility"] = rng.binomial(born["births"].sum(axis=2), facility)
    figures: dict[str, NDArray[np.generic]] = {name: v.window(block) for name, block in flows.items()}
    population = stocks.population(chance, {name: v.window(block) for name, block in flows.items()})
    figures |= population
    figures |= stocks.composition(chance, population["population_end"]) | stocks.floating(chance, population["population_end"])
    newcomers = v.window((born["births"] + born["late_births"]).sum(axis=2))
    rates = {c.code: c.monthly_rate for c in dictionary.concepts.values() if c.monthly_rate is not None}
    values = _arranged(rng, dictionary, figures, stocks.benefits(chance, newcomers, rates), (months, villages))
    values[~v.is_there] = np.nan
    changed = np.zeros((months, villages), dtype=bool)
    for change in v.changes:
        if rng.random() >= nuisance["unregistered"]:
            changed[change.at, [change.giver, change.taker]] = True
    seconds = outside.second_sources(chance, born, moved)
    for block in seconds.values():
        block[~v.is_there] = np.nan
    return Truth(names, dictionary.codes, v, values, seconds, changed)


def _arranged(
    rng: np.random.Generator,
    dictionary: Dictionary,
    figures: Mapping[str, NDArray[np.generic]],
    schemes: Mapping[str, Mapping[str, Numbers]],
    shape: tuple[int, int],
) -> Numbers:
    """Figures by concept → one block in the dictionary's order; an indicator this simulation does not know gets small counts."""
    block = np.full((*shape, len(dictionary.codes)), np.nan)
    for n, indicator in enumerate(dictionary.indicators.values()):
        concept, member = indicator.concept.code, indicator.member
        if concept in schemes and member is not None:
            block[:, :, n] = schemes[concept][member.code]
        elif concept in figures and member is None:
            block[:, :, n] = figures[concept]
        elif concept in figures and indicator.breakdown is not None and member is not None:
            block[:, :, n] = figures[concept][:, :, indicator.breakdown.members.index(member)]
        else:
            block[:, :, n] = rng.poisson(3 if indicator.kind == "flow" else 40, shape if indicator.kind == "flow" else (1, shape[1]))
    return block
