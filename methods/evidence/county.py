"""One county's records arranged for the tests, with the shared model of what counts should be about.

Model (Gamma–Poisson; Clayton & Kaldor, Biometrics 43, 1987, 671–681): x_t ~ Poisson(E_t·θ) or more variable, θ ~ Gamma(k, k) between
villages. E_t = rate_t × exposure_t; rate_t is the county's rate of the month without the village itself, counts beyond what the others
suggest cut down to it, shrunk to the rate of all months where events are few. The level that a month is held against comes from the
village's other months only: mean_t = E_t·(k + Σ_{s≠t} x_s) / (k + Σ_{s≠t} E_s). Months without a report weigh nothing; exposure follows
mergers and splits, so that they change no level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.evidence.records import Records, Roles
from methods.panel import Panel
from schemas.dictionary import Dictionary

Block = NDArray[np.float64]
Flags = NDArray[np.bool_]

WINDOWS = (6, 12, 24, 36)
FEWEST_MONTHS = 6
FEWEST_EVENTS = 6
_PRIOR_EVENTS = 30.0
_SHAPES = (0.3, 200.0)
_PRIOR_SHAPE = 4.0


@dataclass(frozen=True)
class Balance:
    """A figure that follows from others or is counted elsewhere, T × n, with the codes it is made of. is_mirror: other villages counted
    it."""

    name: str
    codes: tuple[str, ...]
    values: Block
    is_mirror: bool = False


@dataclass(frozen=True)
class County:
    """T months × n villages; F single codes of events that stand alone, G concepts (sums of their codes).

    town: n, number of the town. singles: T × n × F. totals: T × n × G. people: T × n, persons exposed. base: T × n × G, county rate ×
        exposure.
    mean: T × n × G, base × the village's level in its other months. shape: G, Gamma shape between villages. is_changed: T × n.
    nets: sums of flows that the dictionary derives. loose: gaps (observed − expected) of balances that may honestly be missed a little.
    seconds: counts of second sources, with the codes that they are of. deadlines: of each month, local time.
    """

    panel: Panel
    roles: Roles
    town: NDArray[np.int64]
    codes: tuple[str, ...]
    concepts: tuple[tuple[str, ...], ...]
    singles: Block
    totals: Block
    people: Block
    base: Block
    mean: Block
    shape: Block
    is_changed: Flags
    is_reported: Flags
    seconds: tuple[Balance, ...] = ()
    nets: tuple[Balance, ...] = ()
    loose: tuple[Balance, ...] = ()
    submissions: pd.DataFrame = field(default_factory=pd.DataFrame)
    deadlines: tuple[str, ...] = ()

    @property
    def windows(self) -> tuple[int, ...]:
        """Lengths in months that the records reach back to."""
        return tuple(w for w in WINDOWS if w <= len(self.panel.months))

    def sum_of(self, codes: Sequence[str]) -> Block:
        """T × n: the sum of codes, NaN where one is not reported."""
        return np.asarray(sum((self.panel.of(code) for code in codes[1:]), self.panel.of(codes[0])))

    def concept_of(self, code: str) -> int:
        """Position among `concepts` of the one that holds `code`; −1 for none."""
        return next((g for g, group in enumerate(self.concepts) if code in group), -1)


def arrange(records: Records, dictionary: Dictionary) -> County:
    """Make the county's arrays.

    Args:
        records: of one county.
        dictionary: for the balances between figures.
    """
    panel, roles = records.panel, records.roles
    months, n = len(panel.months), len(panel.villages)
    concepts = roles.concepts
    codes = tuple(code for group in concepts for code in group)
    singles = np.stack([panel.of(code) for code in codes], axis=2) if codes else np.zeros((months, n, 0))
    totals = (
        np.stack([np.sum([panel.of(c) for c in group], axis=0) for group in concepts], axis=2) if concepts else np.zeros((months, n, 0))
    )
    changed = records.is_changed if records.is_changed is not None else np.zeros((months, n), dtype=bool)
    people = _exposure(panel, roles)
    base = _base(totals, people)
    events, expected, shape = _levels(totals, base)
    mean = base * (shape + events) / (shape + expected)
    towns = {code: number for number, code in enumerate(sorted(set(records.towns)))}
    return County(
        panel=panel,
        roles=roles,
        town=np.array([towns[code] for code in records.towns], dtype=np.int64),
        codes=codes,
        concepts=concepts,
        singles=singles,
        totals=totals,
        people=people,
        base=base,
        mean=mean,
        shape=shape,
        is_changed=changed,
        is_reported=_reported(panel, roles),
        seconds=_seconds(records, dictionary),
        nets=_nets(panel, roles, dictionary),
        loose=_loose(panel, dictionary),
        submissions=records.submissions,
        deadlines=tuple(_deadline(month, dictionary.calendar.village_due_day) for month in panel.months),
    )


def _reported(panel: Panel, roles: Roles) -> Flags:
    """T × n: any event is reported."""
    out = np.zeros((len(panel.months), len(panel.villages)), dtype=bool)
    for code in roles.events:
        out |= ~np.isnan(panel.of(code))
    return out


def _exposure(panel: Panel, roles: Roles) -> Block:
    """T × n persons; a month without a figure takes the nearest earlier one, or the first; 1 where nothing is known."""
    if not roles.population:
        return np.ones((len(panel.months), len(panel.villages)))
    people = np.sum([panel.of(code) for code in roles.population], axis=0)
    filled = pd.DataFrame(np.where(people > 0, people, np.nan)).ffill().bfill().to_numpy()
    middle = np.nanmedian(filled) if np.isfinite(filled).any() else 1.0
    return np.where(np.isfinite(filled), filled, middle)


def _base(counts: Block, people: Block) -> Block:
    exposure = np.broadcast_to(people[:, :, None], counts.shape)
    first = _rate_of_others(counts, exposure) * exposure
    limit = 3.0 + 3.0 * first + 3.0 * np.sqrt(first)
    return _rate_of_others(np.minimum(counts, limit), exposure) * exposure


def _rate_of_others(counts: Block, exposure: Block) -> Block:
    known = ~np.isnan(counts)
    events, pool = np.where(known, counts, 0.0), np.where(known, exposure, 0.0)
    others, people = events.sum(axis=1, keepdims=True) - events, pool.sum(axis=1, keepdims=True) - pool
    whole = (events.sum(axis=(0, 1)) + 0.5) / (pool.sum(axis=(0, 1)) + 1.0)
    prior = _PRIOR_EVENTS / whole
    return np.asarray((others + _PRIOR_EVENTS) / (people + prior))


def _levels(counts: Block, base: Block) -> tuple[Block, Block, Block]:
    """Σ x and Σ E of the other months (T × n × G), and the shape k of levels between villages by moments (G)."""
    known = ~np.isnan(counts)
    cut = np.minimum(counts, 3.0 + 4.0 * base + 4.0 * np.sqrt(base))
    x, e = np.where(known, cut, 0.0), np.where(known, base, 0.0)
    total, expected = x.sum(axis=0), e.sum(axis=0)
    ratio = np.where(expected > 0, total / np.where(expected > 0, expected, 1.0), 1.0)
    excess = (expected * np.minimum((ratio - 1.0) ** 2, 9.0)).sum(axis=0) - (expected > 0).sum(axis=0)
    weight = expected.sum(axis=0)
    k = np.where(excess > 0, weight / np.where(excess > 0, excess, 1.0), _SHAPES[1])
    shape = np.where(weight > 0, np.clip(k, *_SHAPES), _PRIOR_SHAPE)
    return total[None] - x, expected[None] - e, shape


def _seconds(records: Records, dictionary: Dictionary) -> tuple[Balance, ...]:
    """Second sources that the dictionary knows, with the panel's codes of the concept that they count."""
    found = []
    for name, block in records.second_sources.items():
        source = dictionary.second_sources.get(name)
        codes = dictionary.sums.get(source.concept, ()) if source else ()
        if source and codes and set(codes) <= set(records.panel.codes):
            found.append(Balance(name, codes, block, source.is_mirror))
    return tuple(found)


def _deadline(month: str, due_day: int) -> str:
    """The last minute of the due day of the month after."""
    following = pd.Period(month, freq="M") + 1
    return f"{following}-{due_day:02d} 23:59:59"


def _nets(panel: Panel, roles: Roles, dictionary: Dictionary) -> tuple[Balance, ...]:
    """Figures that the dictionary derives as a sum and difference of events."""
    found = []
    for derived in dictionary.derived.values():
        if derived.value is None:
            continue
        expression = dictionary.expression(derived.value)
        codes = tuple(name.code for name in expression.names)
        needed = {code for name in codes for code in dictionary.sums.get(name, (name,))}
        if needed <= set(roles.events) and needed <= set(panel.codes):
            found.append(Balance(derived.code, tuple(sorted(needed)), expression.evaluate(lambda _, code: panel.of(code))))
    return tuple(found)


def _loose(panel: Panel, dictionary: Dictionary) -> tuple[Balance, ...]:
    """Equations that the rule book tolerates a difference in, because both sides are counted separately."""
    found = []
    for instance in dictionary.instances.values():
        rule = instance.rule
        if rule.relation != "eq" or rule.severity != "verify" or rule.tolerance_share == 0 or rule.level != 1:
            continue
        if not instance.reads or not set(instance.reads) <= set(panel.codes):
            continue
        sides = [side.evaluate(lambda _, code: panel.of(code)) for side in (instance.observed, instance.expected)]
        found.append(Balance(instance.id, instance.reads, sides[0] - sides[1]))
    return tuple(found)
