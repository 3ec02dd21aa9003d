"""One village's report over months as its clerk keeps it: columns by concept, and sums and balances that always come out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from methods.simulate.patterns.villages import Numbers

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary, Indicator

_ENTER, _LEAVE = ("births", "late_births", "moved_in"), ("deaths", "moved_out")


class Columns:
    """Positions of a panel's codes by what the dictionary says of them. Concepts that the panel lacks have no positions."""

    def __init__(self, dictionary: Dictionary, codes: Sequence[str]) -> None:
        self.codes = tuple(codes)
        self._at = {code: n for n, code in enumerate(codes)}
        self._indicators: list[Indicator] = [dictionary.indicators[code] for code in codes]

    def of(self, concept: str) -> list[int]:
        """Positions of a concept's members, in the dictionary's order."""
        return [n for n, i in enumerate(self._indicators) if i.concept.code == concept]

    def at(self, code: str) -> int:
        """Position of one code."""
        return self._at[code]

    def has(self, *concepts: str) -> bool:
        """Whether the panel has every one of these concepts."""
        return all(self.of(c) for c in concepts)

    @cached_property
    def flows(self) -> list[int]:
        """Counts of the month that a clerk writes: whole, unsigned flows."""
        return [n for n, i in enumerate(self._indicators) if i.kind == "flow" and i.unit.decimals == 0 and not i.concept.signed]

    @cached_property
    def stocks(self) -> list[int]:
        """Whole counts at the month's end."""
        return [n for n, i in enumerate(self._indicators) if i.kind == "stock" and i.unit.decimals == 0]

    @cached_property
    def by_sex(self) -> list[tuple[int, int]]:
        """(male, female) of every flow counted by sex."""
        concepts = dict.fromkeys(i.concept.code for n, i in enumerate(self._indicators) if n in set(self.flows))
        pairs = [self.of(c) for c in concepts]
        return [(p[0], p[1]) for p in pairs if len(p) == 2 and self._indicators[p[0]].concept.breakdown == "sex"]

    @cached_property
    def pairs(self) -> list[tuple[int, list[int]]]:
        """(part, positions whose sum is the whole) among the flows of persons or forms counted."""
        made = []
        for n in self.flows:
            whole = self._indicators[n].part_of
            if whole is not None:
                made.append((n, [self._at[whole]] if whole in self._at else self.of(whole)))
        return [(part, whole) for part, whole in made if whole]

    @cached_property
    def benefits(self) -> list[dict[str, int]]:
        """Scheme by scheme: member (eligible, new, exited, paid, amount) → position."""
        schemes = dict.fromkeys(i.concept.code for i in self._indicators if i.concept.breakdown == "benefit")
        return [{str(self._indicators[n].member.code): n for n in self.of(c) if self._indicators[n].member} for c in schemes]  # type: ignore[union-attr]


@dataclass
class Sheet:
    """values: T × C, changed in place from month `start` on by what a clerk does. true: before that. strength: 0 (faint) to 1.

    neighbour: T × C reported by another village of the town.
    """

    columns: Columns
    values: Numbers
    start: int
    strength: float
    neighbour: Numbers
    rng: np.random.Generator

    def __post_init__(self) -> None:
        self.true = self.values.copy()

    @cached_property
    def flows(self) -> list[int]:
        """Flows that this village reports at all."""
        return [c for c in self.columns.flows if not np.isnan(self.true[self.start :, c]).all()]

    @cached_property
    def counted(self) -> list[int]:
        """Those that are counted afresh each month: no part of a register, such as persons paid among those eligible."""
        of_registers = {part for part, whole in self.columns.pairs if set(whole) <= set(self.columns.stocks)}
        return [c for c in self.flows if c not in of_registers]

    @property
    def months(self) -> range:
        """Months in which the pattern works."""
        return range(self.start, len(self.values))

    def block(self, positions: Sequence[int]) -> Numbers:
        """A copy of some columns of the months in which the pattern works."""
        return self.values[self.start :, list(positions)].copy()

    def put(self, positions: Sequence[int], block: NDArray[np.floating]) -> None:
        """Write what `block` gave back, changed."""
        self.values[self.start :, list(positions)] = block

    def balance(self) -> None:
        """Make sums and balances come out from `start` on, as a form with formulas does."""
        self._births()
        for part, whole in self.columns.pairs:
            most = self.values[self.start :, whole].sum(axis=1)
            back_paid = self.true[self.start :, part] > self.true[self.start :, whole].sum(axis=1)
            self.values[self.start :, part] = np.where(
                back_paid, self.values[self.start :, part], np.minimum(self.values[self.start :, part], most)
            )
        if self.columns.has("marriages", "first_marriages"):
            first, all_ = self.columns.of("first_marriages")[0], self.columns.of("marriages")[0]
            self.values[:, first] = np.minimum(self.values[:, first], 2 * self.values[:, all_])
        self._rolls()
        self._population()

    def _births(self) -> None:
        """Orders add up to births: what is missing is put on, or taken off, in proportion to what is there."""
        orders, births = self.columns.of("births_order"), self.columns.of("births")
        if not orders:
            return
        for t in self.months:
            total, row = self.values[t, births].sum(), self.values[t, orders]
            if np.isnan(total) or row.sum() == total:
                continue
            weights = row if row.sum() > 0 else np.array([0.45, 0.37, 0.17, 0.01])[: len(orders)]
            self.values[t, orders] = self.rng.multinomial(int(total), weights / weights.sum())

    def _rolls(self) -> None:
        """Rolls follow from who is new and who left; amounts keep the village's rate per person."""
        for roll in self.columns.benefits:
            if not {"eligible", "new", "exited", "paid", "amount"} <= roll.keys() or np.isnan(self.true[:, roll["eligible"]]).all():
                continue
            for t in self.months:
                if t > 0:
                    there = self.values[t - 1, roll["eligible"]] + self.values[t, roll["new"]]
                    self.values[t, roll["exited"]] = min(self.values[t, roll["exited"]], there)
                    self.values[t, roll["eligible"]] = there - self.values[t, roll["exited"]]
            eligible, paid = self.values[self.start :, roll["eligible"]], self.values[self.start :, roll["paid"]]
            paid = self.values[self.start :, roll["paid"]] = np.minimum(paid, np.maximum(eligible, 0))
            ever_paid = self.true[:, roll["paid"]] > 0
            rate = np.median(self.true[ever_paid, roll["amount"]] / self.true[ever_paid, roll["paid"]]) if ever_paid.any() else 0.0
            moved, amount = paid != self.true[self.start :, roll["paid"]], self.values[self.start :, roll["amount"]]
            self.values[self.start :, roll["amount"]] = np.where(moved, np.round(paid * rate, 2), amount)

    def net(self, t: int) -> Numbers:
        """Change of the population by sex that month's flows make. Shape: (2,)."""
        into = sum((self.values[t, self.columns.of(c)] for c in _ENTER), np.zeros(2))
        out = sum((self.values[t, self.columns.of(c)] for c in _LEAVE), np.zeros(2))
        return np.asarray(into - out)

    @property
    def can_balance(self) -> bool:
        """Whether the panel has what the balance of the population needs."""
        return self.columns.has(*_ENTER, *_LEAVE, "population_start", "population_end", "boundary_change")

    def _population(self) -> None:
        if not self.can_balance:
            return
        at_start, at_end, boundary = (self.columns.of(c) for c in ("population_start", "population_end", "boundary_change"))
        for t in self.months:
            if t > 0:
                self.values[t, at_start] = self.values[t - 1, at_end]
            self.values[t, at_end] = np.maximum(self.values[t, at_start] + self.net(t) + self.values[t, boundary], 0)
        shift = (self.values - self.true)[self.start :, at_end]
        total = shift.sum(axis=1)
        if self.columns.has("age"):
            groups = self.columns.of("age")
            largest = (
                groups[int(np.nanargmax(self.true[self.start, groups]))] if not np.isnan(self.true[self.start, groups]).all() else groups[0]
            )
            self.values[self.start :, largest] += total
        if self.columns.has("resident_population"):
            residents = self.columns.of("resident_population")
            is_as_before = self.values[self.start :, residents] == self.true[self.start :, residents]
            self.values[self.start :, residents] += np.where(is_as_before, shift, 0)
