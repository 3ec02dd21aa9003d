"""Who the villages are: towns, exposures over months, traits, changes of boundaries, and which are honest look-alikes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from methods.simulate.patterns.nuisance import Nuisance

Numbers = NDArray[np.float64]
Whole = NDArray[np.int64]

TRAIT_LOOKALIKES: Mapping[str, str] = {
    "old_hamlet": "a hamlet of the old: no births for years, few moves",
    "boarding_school": "pupils register in September and leave in July, every year",
    "campaign_month": "one month in which services and late registrations pile up",
    "full_service": "a service that truly reaches everybody: paid = eligible, satisfied = forms",
    "late_registration": "half of the births registered months later, and reported as such",
    "missing_months": "a third of the months never arrived",
    "back_payments": "no money for three months, then paid for four",
    "hospital_opens": "a hospital opens: all births in it, more visits from then on",
    "stable_rolls": "rolls on which nobody comes or goes for years",
    "rounded_outreach": "participants and materials honestly rounded to tens",
    "joint_outreach": "two villages hold their outreach together and both report it",
    "new_estate": "a housing estate fills up within a year",
    "floating_frozen": "floating population recounted once a year",
    "student_village": "many young people leave each September, about as many every year",
    "clinic_slots": "the clinic has ten places a month for this village, and they are always asked for",
    "fixed_supply": "the same parcel of materials and the same twenty forms arrive each month",
    "quarterly_clinic": "the clinic tells its counts once a quarter, for three months together",
}
CHANGE_LOOKALIKES: Mapping[str, str] = {
    "merger": "absorbed a neighbour",
    "split": "part of it became a village of its own",
    "boundary_change": "took over a part of a neighbour",
}
LOOKALIKES: Mapping[str, str] = {**TRAIT_LOOKALIKES, **CHANGE_LOOKALIKES, "victim": "copied by a neighbour"}


class Change(NamedTuple):
    """From month number `at` on, `share` of village `giver` belongs to `taker`. A split gives to a village that was not there before."""

    kind: str
    giver: int
    taker: int
    at: int
    share: float


@dataclass(frozen=True)
class Villages:
    """n villages over T months (E months of events: `before` earlier and a few later ones, so that lags have a past and a future).

    exposure: E × n persons. town: number of the town. latent: name → n standard normals that fields share.
    is_there: T × n, the village exists. honest: look-alike → villages.
    """

    codes: tuple[str, ...]
    town: Whole
    size: Numbers
    exposure: Numbers
    latent: Mapping[str, Numbers]
    is_urban: NDArray[np.bool_]
    is_there: NDArray[np.bool_]
    changes: tuple[Change, ...]
    honest: Mapping[str, Whole]
    before: int
    months: int

    def is_like(self, name: str) -> NDArray[np.bool_]:
        """Which villages are this look-alike. Shape: (n,)."""
        return np.isin(np.arange(len(self.codes)), self.honest.get(name, np.array([], dtype=np.int64)))

    def window(self, block: NDArray[np.int64]) -> NDArray[np.int64]:
        """The T reported months of a block of E months."""
        return block[self.before : self.before + self.months]


BEFORE, AFTER = 13, 7


def settle_villages(rng: np.random.Generator, nuisance: Nuisance, count: int, months: int, each_lookalike: int) -> Villages:
    """Invent villages; `each_lookalike` of every look-alike are among them.

    Raises:
        ValueError: too few villages for the look-alikes asked for.
    """
    towns = max(2, count // 25)
    sizes = rng.multinomial(count - 4 * towns, rng.dirichlet(np.full(towns, 12.0))) + 4
    town = np.repeat(np.arange(towns), sizes)
    number = np.concatenate([np.arange(s) for s in sizes])
    codes = tuple(f"990101{100 + t:03d}{200 + k:03d}" for t, k in zip(town.tolist(), number.tolist(), strict=True))
    is_urban = (town == 0) | (rng.random(count) < 0.08)
    size = np.clip(np.exp(rng.normal(np.log(nuisance["median_size"]), nuisance["size_sd"], count)) * np.where(is_urban, 1.5, 1), 150, 7000)
    latent = {name: rng.normal(size=count) for name in ("young", "old", "mobile", "service", "coverage")}
    free = list(rng.permutation(count))
    if len(free) < 2 * each_lookalike * len(LOOKALIKES):
        raise ValueError(f"{count} villages are too few for {each_lookalike} of each look-alike.")
    changes = _changes(rng, town, free, each_lookalike, months)
    honest = {kind: np.array([c.taker if kind != "split" else c.giver for c in changes if c.kind == kind]) for kind in CHANGE_LOOKALIKES}
    honest |= {name: np.array([free.pop() for _ in range(each_lookalike)], dtype=np.int64) for name in TRAIT_LOOKALIKES}
    old = honest["old_hamlet"]
    size[old], latent["old"][old], latent["young"][old] = np.minimum(size[old], rng.uniform(150, 400, len(old))), 1.5, -2.0
    exposure = np.repeat(size[None, :], BEFORE + months + AFTER, axis=0)
    is_there = np.ones((months, count), dtype=bool)
    for change in changes:
        at = BEFORE + change.at
        if change.kind == "split":
            exposure[:at, change.taker] = 0
            exposure[at:, change.taker] = 0
            is_there[: change.at, change.taker] = False
        exposure[at:, change.taker] += exposure[at:, change.giver] * change.share
        exposure[at:, change.giver] *= 1 - change.share
        if change.kind == "merger":
            is_there[change.at :, change.giver] = False
    return Villages(codes, town, size, exposure, latent, is_urban, is_there, tuple(changes), honest, BEFORE, months)


def _changes(rng: np.random.Generator, town: Whole, free: list[int], each: int, months: int) -> list[Change]:
    """Mergers, splits and boundary changes, each between two villages of one town that take part in no other; empties `free` of them."""
    made: list[Change] = []
    if months < 12:
        return made
    for kind in CHANGE_LOOKALIKES:
        for _ in range(each):
            giver, taker = next((v, w) for v in reversed(free) for w in free if v != w and town[v] == town[w])
            free.remove(giver)
            free.remove(taker)
            share = 1.0 if kind == "merger" else float(rng.uniform(0.25, 0.5) if kind == "split" else rng.uniform(0.1, 0.3))
            made.append(Change(kind, giver, taker, int(rng.integers(6, months - 4)), share))
    return made
