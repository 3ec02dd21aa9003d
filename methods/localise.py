"""Error localisation: which cells of a report that breaks edits are probably wrong. Hints for the village; never applied.

Principle of Fellegi & Holt (JASA 71, 1976, 17–35): a smallest-weight set of cells whose change satisfies every edit. All smallest sets
are shown. One cell at a time is solved exactly by intersecting intervals; larger sets by a mixed-integer programme (de Jonge & van der
Loo, errorlocate), solved by HiGHS and cut until no set of the same weight is left. Named slips (methods.repairs) come first; among the
others, the one whose repaired figure is more to be expected than the figure shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.special import gammaln

from methods.edits import EditSystem, Matrix
from methods.repairs import BONUS, named_repairs

_MOST_SETS = 12
_LARGEST_SET = 4
_SLACK = 1e-6
_MOST_NODES = 2000  # not a time limit: the answer must not depend on the machine
_EXPLAINS_MORE = 4.0
_SHAPE = 2.0
"""Gamma shape of the negative binomial by which a figure is judged: counts vary more than Poisson from month to month."""
_LARGE, _DEGREES = 40.0, 4.0

Column = NDArray[np.float64]
COLUMNS = ("row", "group", "rank", "indicators", "shown", "fits", "repair", "weight", "likelihood", "is_determined", "edits")


@dataclass(frozen=True)
class _Set:
    cells: tuple[int, ...]
    fits: tuple[float, ...]
    repair: str = ""
    weight: float = 1.0
    likelihood: float = 0.0
    is_determined: bool = True


def localise(
    edits: EditSystem,
    *,
    expected: Matrix | None = None,
    spread: Matrix | None = None,
    last: Matrix | None = None,
    weights: NDArray[np.float64] | None = None,
) -> pd.DataFrame:
    """Suggested sets of wrong cells for every village that breaks an edit.

    Args:
        edits: the month's system.
        expected, spread: n × C, what each cell is expected to be without its own figure, and the standard deviation; NaN unknown.
        last: n × C, last month's figures, for the slip 'last month's figure left in'.
        weights: C, reliability of each cell (1 = ordinary; less than 2, so that one cell always comes before two).

    Returns:
        One row a suggestion: row (position of the village), group (edits that hang together), rank (1 first), indicators (tuple),
        shown and fits (tuples of figures; `fits` is the nearest figure that satisfies the edits), repair (a name of `BONUS` or ''),
        weight, likelihood (log odds of the fitting against the shown figures), is_determined (no other figure would do), edits (ids).
    """
    cost = np.ones(len(edits.cells)) if weights is None else weights
    unknown = np.full_like(edits.values, np.nan)
    found: list[tuple[object, ...]] = []
    broken = edits.broken
    for row in np.flatnonzero(broken.any(axis=1)).tolist():
        village = _Village(
            edits, row, *(block[row] if block is not None else unknown[row] for block in (expected, spread, last)), cost=cost
        )
        for group, ids in enumerate(_groups(edits.a, np.flatnonzero(broken[row]))):
            for rank, made in enumerate(village.sets(ids), start=1):
                codes = tuple(edits.cells[c] for c in made.cells)
                shown = tuple(float(village.x[c]) for c in made.cells)
                names = tuple(edits.instances[e].id for e in ids)
                found.append(
                    (row, group, rank, codes, shown, made.fits, made.repair, made.weight, made.likelihood, made.is_determined, names)
                )
    return pd.DataFrame(found, columns=list(COLUMNS))


class _Village:
    """One report. `x`: its figures; `others`: edits that can be told, but for those of other groups."""

    def __init__(self, edits: EditSystem, row: int, expected: Column, spread: Column, last: Column, *, cost: Column) -> None:
        self.edits, self.x, self.last, self.cost = edits, edits.used[row], last, cost
        self.expected, self.spread = expected, spread
        self.gap, self.low, self.high = edits.gap[row], edits.low[row], edits.high[row]
        self.told = ~np.isnan(self.gap)
        self.broken = edits.broken[row]

    def sets(self, group: NDArray[np.int64]) -> list[_Set]:
        """Every smallest set for one group of broken edits, likeliest first."""
        active = self.told & ~self.broken
        active[group] = True
        found = list(self._swaps(active)) + list(self._single(group, active))
        if not found:
            found = list(self._pairs(group, active))
        if not found:
            found = list(self._larger(active))
        found.sort(key=lambda s: (-(s.likelihood + BONUS.get(s.repair, 0.0)), s.weight, s.cells))
        return found[:_MOST_SETS]

    # -- one cell ----------------------------------------------------------------------------------------------

    def _single(self, group: NDArray[np.int64], active: NDArray[np.bool_]) -> Iterator[_Set]:
        """Cells that stand in every broken edit of the group, and whose change by one amount satisfies all edits."""
        a = self.edits.a
        everywhere = (a[group] != 0).all(axis=0) & ~np.isnan(self.x)
        for cell in np.flatnonzero(everywhere).tolist():
            touched = np.flatnonzero(active & (a[:, cell] != 0))
            slope = a[touched, cell]
            ends = np.sort(
                np.stack([(self.low[touched] - self.gap[touched]) / slope, (self.high[touched] - self.gap[touched]) / slope]), axis=0
            )
            least, most = float(ends[0].max()), float(ends[1].min())
            if not self.edits.is_signed[cell]:
                least = max(least, -float(self.x[cell]))
            if self.edits.is_whole[cell]:
                least, most = np.ceil(least - _SLACK), np.floor(most + _SLACK)
            if least > most + _SLACK:
                continue
            yield from self._named_or_nearest(cell, least, most)

    def _named_or_nearest(self, cell: int, least: float, most: float) -> Iterator[_Set]:
        shown, is_determined = float(self.x[cell]), bool(most - least <= 2 * _SLACK + 0.02)
        step = least if least > 0 else most if most < 0 else 0.0
        for name, value in self._repairs(cell):
            if least - _SLACK <= value - shown <= most + _SLACK:
                yield _Set((cell,), (value,), name, float(self.cost[cell]), self._odds(cell, value), is_determined)
                return
        fits = round(shown + step, 2)
        repair = "last_month" if is_determined and shown != 0 and shown == self.last[cell] and fits != shown else ""
        yield _Set((cell,), (fits,), repair, float(self.cost[cell]), self._odds(cell, fits), is_determined)

    def _repairs(self, cell: int) -> Iterator[tuple[str, float]]:
        shown = float(self.x[cell])
        yield from named_repairs(shown, is_whole=bool(self.edits.is_whole[cell]), is_signed=bool(self.edits.is_signed[cell]))

    # -- two cells that changed places --------------------------------------------------------------------------

    def _swaps(self, active: NDArray[np.bool_]) -> Iterator[_Set]:
        """Neighbours on the form whose exchange alone satisfies every edit; male and female of one concept stand side by side."""
        a, codes, pairs = self.edits.a[active], self.edits.cells, self.edits.neighbours
        step = self.x[pairs[:, 1]] - self.x[pairs[:, 0]]
        moved = self.gap[active][:, None] + (a[:, pairs[:, 0]] - a[:, pairs[:, 1]]) * step
        fits = ((moved >= self.low[active][:, None] - _SLACK) & (moved <= self.high[active][:, None] + _SLACK)).all(axis=0)
        for n in np.flatnonzero(fits & (np.abs(step) > _SLACK)).tolist():
            one, two = int(pairs[n, 0]), int(pairs[n, 1])
            is_pair = codes[one][:-2] == codes[two][:-2] and codes[one].endswith("_m") and codes[two].endswith("_f")
            values = (float(self.x[two]), float(self.x[one]))
            odds = self._odds(one, values[0]) + self._odds(two, values[1])
            weight = float(self.cost[one] + self.cost[two]) / 2
            odds += _EXPLAINS_MORE * self._also_mended(active, one, two, float(step[n]))
            yield _Set((one, two), values, "sexes_swapped" if is_pair else "neighbouring_cell", weight, odds)

    def _also_mended(self, active: NDArray[np.bool_], one: int, two: int, step: float) -> int:
        """How many broken edits of other groups the exchange of two cells mends as well: births of both sexes, say."""
        others = self.told & self.broken & ~active
        moved = self.gap[others] + (self.edits.a[others, one] - self.edits.a[others, two]) * step
        return int(((moved >= self.low[others] - _SLACK) & (moved <= self.high[others] + _SLACK)).sum())

    # -- two cells ---------------------------------------------------------------------------------------------

    def _pairs(self, group: NDArray[np.int64], active: NDArray[np.bool_]) -> Iterator[_Set]:
        """Two cells whose change satisfies every edit, where a broken edit is an equation: it makes one change follow from the other, and
        what the other edits leave of that one is an interval."""
        equations = [e for e in group.tolist() if self.high[e] - self.low[e] <= 2 * _SLACK]
        if not equations:
            return
        known = ~np.isnan(self.x)
        first = min(equations, key=lambda e: int(((self.edits.a[e] != 0) & known).sum()))
        rows = np.flatnonzero(active)
        a, gap, low, high = self.edits.a[rows], self.gap[rows], self.low[rows] - _SLACK, self.high[rows] + _SLACK
        lead, missing = self.edits.a[first], -float(self.gap[first] - self.low[first])
        others = np.flatnonzero(known & (np.abs(a).sum(axis=0) > 0))
        for one in np.flatnonzero((lead != 0) & known).tolist():
            cells = others[others != one]
            cells = cells[(lead[cells] == 0) | (cells > one)]  # two cells of the equation are looked at once
            # Change of `one` = fixed + slope·s and of the other cell = s; s is what is looked for.
            fixed = missing / lead[one]
            slope = -lead[cells] / lead[one]
            at_rest = gap[:, None] + a[:, [one]] * fixed
            per = a[:, cells] + a[:, [one]] * slope[None, :]
            yield from self._where_it_holds(one, cells, fixed, slope, at_rest, per, low, high)

    def _where_it_holds(
        self, one: int, cells: NDArray[np.int64], fixed: float, slope: Column, at_rest: Matrix, per: Matrix, low: Column, high: Column
    ) -> Iterator[_Set]:
        still = np.abs(per) < _SLACK
        holds = (~still | ((at_rest >= low[:, None]) & (at_rest <= high[:, None]))).all(axis=0)
        with np.errstate(divide="ignore", invalid="ignore"):
            ends = np.sort(np.stack([(low[:, None] - at_rest) / per, (high[:, None] - at_rest) / per]), axis=0)
        least = np.where(still, -np.inf, ends[0]).max(axis=0)
        most = np.where(still, np.inf, ends[1]).min(axis=0)
        for n in np.flatnonzero(holds & (least <= most + _SLACK) & ~((least <= 0) & (most >= 0))).tolist():
            two = int(cells[n])
            step = float(least[n] if least[n] > 0 else most[n])
            if self.edits.is_whole[two]:
                step = float(np.ceil(step - 2 * _SLACK) if step > 0 else np.floor(step + 2 * _SLACK))
            steps = (fixed + float(slope[n]) * step, step)
            values = tuple(round(float(self.x[c]) + by, 2) for c, by in zip((one, two), steps, strict=True))
            if step < least[n] - _SLACK or step > most[n] + _SLACK or abs(steps[0]) < _SLACK:
                continue
            pair = list(zip((one, two), values, strict=True))
            if any((v < 0 and not self.edits.is_signed[c]) or (self.edits.is_whole[c] and v != round(v)) for c, v in pair):
                continue
            (c1, v1), (c2, v2) = sorted(pair)
            yield _Set((c1, c2), (v1, v2), "", float(self.cost[c1] + self.cost[c2]), self._odds(c1, v1) + self._odds(c2, v2), False)

    # -- more cells --------------------------------------------------------------------------------------------

    def _larger(self, active: NDArray[np.bool_]) -> Iterator[_Set]:
        """Smallest-weight sets of two and more cells, by mixed-integer programming; found sets are cut off one by one."""
        rows = np.flatnonzero(active)
        cells = np.flatnonzero((self.edits.a[rows] != 0).any(axis=0) & ~np.isnan(self.x))
        reach = self._reachable(rows, cells)
        rows, cells = reach
        k = len(cells)
        if k == 0:
            return
        a, x = self.edits.a[np.ix_(rows, cells)], self.x[cells]
        # No cell need move further than all that is amiss; a close bound is what makes the programme quick.
        amiss = np.maximum(self.low[rows] - self.gap[rows], self.gap[rows] - self.high[rows]).clip(min=0)
        big = float(amiss.sum() / np.abs(a[a != 0]).min()) + 1
        # variables: up (k), down (k), chosen (k)
        fit = LinearConstraint(np.hstack([a, -a, np.zeros_like(a)]), self.low[rows] - self.gap[rows], self.high[rows] - self.gap[rows])
        eye = np.eye(k)
        link = LinearConstraint(np.hstack([eye, eye, -big * eye]), -np.inf, 0.0)
        down = np.where(self.edits.is_signed[cells], big, np.clip(x, 0, big))
        bounds = Bounds(np.zeros(3 * k), np.concatenate([np.full(k, big), down, np.ones(k)]))
        whole = np.concatenate([self.edits.is_whole[cells], self.edits.is_whole[cells], np.ones(k, dtype=bool)]).astype(int)
        objective = np.concatenate([np.full(2 * k, 1e-7), self.cost[cells]])
        cuts: list[LinearConstraint] = []
        best = np.inf
        while len(cuts) < _MOST_SETS:
            answer = milp(objective, constraints=[fit, link, *cuts], bounds=bounds, integrality=whole, options={"node_limit": _MOST_NODES})
            if answer.x is None:
                return
            chosen = answer.x[2 * k :] > 0.5
            weight = float(self.cost[cells][chosen].sum())
            if weight > best + 0.5 or chosen.sum() > _LARGEST_SET:
                return
            best = min(best, weight)
            step = np.round(answer.x[:k] - answer.x[k : 2 * k], 2)
            at = tuple(int(c) for c in cells[chosen])
            fits = tuple(float(f) for f in np.round(x[chosen] + step[chosen], 2))
            yield _Set(at, fits, "", weight, sum(self._odds(c, f) for c, f in zip(at, fits, strict=True)), is_determined=False)
            line = np.concatenate([np.zeros(2 * k), chosen.astype(float)])
            cuts.append(LinearConstraint(line, -np.inf, chosen.sum() - 1))

    def _reachable(self, rows: NDArray[np.int64], cells: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Edits and cells that hang together with a broken edit: the rest need not be in the programme."""
        touches = self.edits.a[np.ix_(rows, cells)] != 0
        seen = self.broken[rows].copy()
        while True:
            near = touches[seen].any(axis=0)
            wider = touches[:, near].any(axis=1) | seen
            if (wider == seen).all():
                return rows[seen], cells[near]
            seen = wider

    def _odds(self, cell: int, value: float) -> float:
        """Log odds of `value` against the figure shown, under what was expected of the cell."""
        mean = self.expected[cell]
        if np.isnan(mean) and not self.edits.is_signed[cell]:
            return 0.0
        mean = 0.0 if np.isnan(mean) else mean  # a signed correction, of which nothing is known, is mostly nought
        spread = float(self.spread[cell])
        return _log_chance(value, mean, spread) - _log_chance(float(self.x[cell]), mean, spread)


def _log_chance(value: float, mean: float, spread: float) -> float:
    """Log probability of a figure: negative binomial with this mean and standard deviation; Student's t with few degrees of freedom where
    the mean is large, because large figures move in jumps. Without a spread: that of a Gamma shape of 2, or 2 % of a large figure."""
    mean, value = max(abs(float(mean)), 0.02), abs(value)  # a signed figure is judged by its size
    if mean > _LARGE:
        unit = spread if spread == spread else 2.0 + 0.02 * mean
        z = (value - mean) / max(unit, 0.5)
        return float(-0.5 * (_DEGREES + 1) * np.log1p(z * z / _DEGREES))
    beyond = spread**2 - mean if spread == spread else mean**2 / _SHAPE
    n, shape = round(value), float(np.clip(mean**2 / max(beyond, 1e-9), 0.1, 1e3))
    chance = shape / (shape + mean)
    return float(gammaln(n + shape) - gammaln(shape) - gammaln(n + 1) + shape * np.log(chance) + n * np.log1p(-chance))


def _groups(a: Matrix, broken: NDArray[np.int64]) -> list[NDArray[np.int64]]:
    """Broken edits that share a cell, together."""
    touches = a[broken] != 0
    left, groups = list(range(len(broken))), []
    while left:
        group = [left.pop(0)]
        for member in group:
            near = [other for other in left if (touches[member] & touches[other]).any()]
            group += near
            left = [other for other in left if other not in near]
        groups.append(broken[np.array(sorted(group))])
    return groups


def truly_wrong_rank(suggestions: pd.DataFrame, wrong: Mapping[int, frozenset[str]]) -> dict[int, int]:
    """Row → rank of the first suggested set that holds only truly wrong cells; 0 when none does. For scoring on planted mistakes."""
    ranks = dict.fromkeys(wrong, 0)
    for row, rank, codes in zip(suggestions["row"], suggestions["rank"], suggestions["indicators"], strict=True):
        if row in ranks and set(codes) <= wrong[row] and (ranks[row] == 0 or rank < ranks[row]):
            ranks[row] = int(rank)
    return ranks
