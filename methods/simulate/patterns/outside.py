"""What others know of the same events: hospitals, immunisation, the register, and the other villages of the county."""

from __future__ import annotations

import numpy as np

from methods.simulate.patterns.events import Chance
from methods.simulate.patterns.villages import Numbers, Whole


def second_sources(chance: Chance, born: dict[str, Whole], moved: dict[str, Whole]) -> dict[str, Numbers]:
    """Name → T × n counts, from the true events (nothing a village reports changes them).

    hospital_births: by month of the event, incomplete. first_dose_immunisation: births and children of floating families, up to
    a month later. birth_registrations: by month of registration. moved_out_elsewhere, moved_in_elsewhere: what other villages
    report of moves from here and to here.
    """
    rng, of, v = chance.rng, chance.nuisance, chance.villages
    events = born["events"].sum(axis=2)
    hospital = rng.binomial(events, chance.share(of["hospital_coverage"]))
    for village in v.honest.get("hospital_opens", ()):
        hospital[:, village] = events[:, village]
    hospital = _late(rng, hospital, of["hospital_lag"])
    children = rng.poisson(events.mean(axis=0) * of["dose_floating"] * rng.gamma(2, 0.5, len(v.codes)), events.shape)
    doses = _late(rng, rng.binomial(events, of["dose_coverage"]), 0.25) + children
    registered = (born["births"] + born["late_births"]).sum(axis=2)
    seen = of["mirror_coverage"]
    made = {
        "hospital_births": _misplaced(chance, hospital),
        "first_dose_immunisation": _misplaced(chance, doses),
        "birth_registrations": _misplaced(chance, rng.binomial(registered, 0.98)),
        "moved_out_elsewhere": _late(rng, rng.binomial(moved["local_out"], seen), 0.2),
        "moved_in_elsewhere": _late(rng, rng.binomial(moved["local_in"], seen), 0.2),
    }
    return {name: v.window(block).astype(np.float64) for name, block in made.items()}


def _late(rng: np.random.Generator, counts: Whole, share: float) -> Whole:
    """A share of each month's records comes a month later."""
    later = rng.binomial(counts, share)
    counts = counts - later
    counts[1:] += later[:-1]
    return counts


def _misplaced(chance: Chance, counts: Whole) -> Whole:
    """A share of the records goes to the next village of the same town."""
    rng, town = chance.rng, chance.villages.town
    wrong = rng.binomial(counts, chance.nuisance["wrong_village"])
    order = np.lexsort((rng.random(len(town)), town))
    first = np.searchsorted(town[order], np.unique(town))
    following = np.roll(order, -1)
    following[np.append(first[1:], len(town)) - 1] = order[first]
    counts = counts - wrong
    counts[:, following] += wrong[:, order]
    return counts
