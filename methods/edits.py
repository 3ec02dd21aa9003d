"""The hard edits of a month as one linear system: what error localisation works on.

Edit e holds when low_e ≤ Σ_j a_ej·x_j + b_e ≤ high_e, where x are this month's cells and b_e what last month says. Edits that are
not linear (comparisons, min, max) are named, never dropped in silence (errorlocate's issue 32).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from schemas.states import UNREADABLE, state_column

if TYPE_CHECKING:
    import pandas as pd

    from schemas.dictionary import Dictionary, Indicator, RuleInstance

Matrix = NDArray[np.float64]
Flags = NDArray[np.bool_]
HARD = ("mandatory", "near_mandatory")


@dataclass(frozen=True)
class EditSystem:
    """Linear edits of n villages, E edits, C cells.

    instances: the edits. left_out: ids of hard edits that are not linear. cells: indicator codes.
    a: E × C coefficients. values: n × C, figures of this month, NaN where there is none. used: n × C, the same with 0 for blanks that an
    edit counts as nought. gap: n × E, NaN where it cannot be told. low, high: n × E, bounds on the gap, ±inf where open.
    is_signed, is_whole: C, which cells may be negative and which must be whole numbers.
    neighbours: pairs of cells that stand side by side or one above the other on the form.
    """

    instances: tuple[RuleInstance, ...]
    left_out: tuple[str, ...]
    cells: tuple[str, ...]
    a: Matrix
    values: Matrix
    used: Matrix
    gap: Matrix
    low: Matrix
    high: Matrix
    is_signed: Flags
    is_whole: Flags
    neighbours: NDArray[np.int64]

    @property
    def broken(self) -> Flags:
        """n × E: the edit is broken; False where it cannot be told."""
        slack = 1e-6
        with np.errstate(invalid="ignore"):
            return (self.gap < self.low - slack) | (self.gap > self.high + slack)

    def told_by(self, excess: pd.DataFrame) -> EditSystem:
        """The same system, in which an edit that a confrontation cannot tell (`Confrontation.excess` is NaN) cannot be told either."""
        unknown = excess[[i.id for i in self.instances]].isna().to_numpy()
        return replace(self, gap=np.where(unknown, np.nan, self.gap))


def edit_system(
    report: pd.DataFrame, last: pd.DataFrame, dictionary: Dictionary, month: str, severities: Sequence[str] = HARD
) -> EditSystem:
    """The edits of these severities that are linear in the cells of a report.

    Args:
        report: VillageReport frame, n rows.
        last: figures of the month before, one row a village of `report`, NaN where there is none.
        dictionary: the rule book.
        month: 'YYYY-MM'.
        severities: which edits.
    """
    hard = [i for i in dictionary.instances_in_force(month) if i.rule.severity in severities and not i.parts and i.rule.relation != "whole"]
    forms = [(i, i.observed.linear(), i.expected.linear()) for i in hard]
    cells = tuple(i.code for i in dictionary.in_force(month))
    known = set(cells)
    kept, left_out = [], []
    for instance, observed, expected in forms:
        if observed is None or expected is None or instance.allow is not None:
            left_out.append(instance.id)
            continue
        form = observed.plus(expected, -1.0)
        if not {name.namespace for name in form.coefficients} <= {"", "previous"}:
            left_out.append(instance.id)
            continue
        names = {name for name in form.coefficients if name.namespace == ""}
        if names and all(name.code in known for name in names):
            kept.append((instance, form, expected))
    column = {code: n for n, code in enumerate(cells)}
    values = report[list(cells)].to_numpy(dtype=np.float64)
    n, size = len(report), len(kept)
    a, gap = np.zeros((size, len(cells))), np.full((n, size), np.nan)
    low, high = np.full((n, size), -np.inf), np.full((n, size), np.inf)
    used = values.copy()
    blank = {code: _blanks(report, code, values[:, column[code]]) for i, _, _ in kept for code in i.assume_zero if code in column}
    for code, rows in blank.items():
        used[rows, column[code]] = 0.0
    for e, (instance, form, expected) in enumerate(kept):
        total = np.full(n, form.constant)
        wanted = np.full(n, expected.constant)
        for name, coefficient in form.coefficients.items():
            figures = used[:, column[name.code]] if name.namespace == "" else last[name.code].to_numpy(dtype=np.float64)
            total = total + coefficient * figures
            if name.namespace == "":
                a[e, column[name.code]] = coefficient
            if name in expected.coefficients:
                wanted = wanted + expected.coefficients[name] * figures
        gap[:, e] = total
        allowed = instance.rule.tolerance + instance.rule.tolerance_share * np.abs(wanted)
        if instance.rule.side in ("eq", "le"):
            high[:, e] = allowed - instance.margin
        if instance.rule.side in ("eq", "ge"):
            low[:, e] = instance.margin - allowed
        if instance.when is not None:
            holds = instance.when.evaluate(lambda ns, code: _figures(ns, code, used, column, last, report))
            gap[~(holds == 1), e] = np.nan
    entries = [dictionary.indicators[code] for code in cells]
    bounds = _broken_bounds(dictionary, month, severities, column, values)
    return EditSystem(
        instances=(*[i for i, _, _ in kept], *[i for i, _, _, _ in bounds]),
        left_out=tuple(left_out),
        cells=cells,
        a=np.vstack([a, *[np.eye(len(cells))[[c]] for _, c, _, _ in bounds]]),
        values=values,
        used=used,
        gap=np.hstack([gap, *[values[:, [c]] for _, c, _, _ in bounds]]),
        low=np.hstack([low, *[np.full((n, 1), least) for _, _, least, _ in bounds]]),
        high=np.hstack([high, *[np.full((n, 1), most) for _, _, _, most in bounds]]),
        is_signed=np.array([i.concept.signed for i in entries], dtype=bool),
        is_whole=np.array([i.unit.decimals == 0 for i in entries], dtype=bool),
        neighbours=_neighbours(entries),
    )


def _neighbours(entries: Sequence[Indicator]) -> NDArray[np.int64]:
    """Pairs of cells next to each other, in the order of the form: each and the next one, and the same member of a concept and the next."""
    pairs = {(n, n + 1) for n in range(len(entries) - 1)}
    rows: dict[tuple[str, str | None], list[list[int]]] = {}
    for n, entry in enumerate(entries):
        block = rows.setdefault((entry.section, entry.concept.breakdown), [])
        if not block or entries[block[-1][0]].concept.code != entry.concept.code:
            block.append([])
        block[-1].append(n)
    for block in rows.values():
        for above, below in pairwise(block):
            pairs |= {(a, b) for a, b in zip(above, below, strict=False) if entries[a].member == entries[b].member}
    return np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)


def _broken_bounds(
    dictionary: Dictionary, month: str, severities: Sequence[str], column: dict[str, int], values: Matrix
) -> list[tuple[RuleInstance, int, float, float]]:
    """Bounds of single cells (not negative, within range) that somebody's figure is beyond: instance, column, least, most.

    A rule that counts offenders (`combine`) is one edit a cell; the many that everybody keeps would only cost time.
    """
    found = []
    for instance in dictionary.instances_in_force(month):
        if instance.rule.severity not in severities or instance.rule.side == "eq":
            continue
        for subject, observed, expected in instance.parts:
            form, limit = observed.linear(), expected.linear()
            is_bound = (
                form is not None and limit is not None and not limit.coefficients and [n.code for n in form.coefficients] == [subject]
            )
            if not is_bound or limit is None or subject not in column:
                continue
            is_floor, margin = instance.rule.side == "ge", instance.margin
            least, most = (limit.constant + margin, np.inf) if is_floor else (-np.inf, limit.constant - margin)
            with np.errstate(invalid="ignore"):
                if ((values[:, column[subject]] < least) | (values[:, column[subject]] > most)).any():
                    found.append((instance, column[subject], least, most))
    return found


def _blanks(report: pd.DataFrame, code: str, values: NDArray[np.float64]) -> Flags:
    return np.asarray(
        np.isnan(values) & (report[state_column(code)].to_numpy() != UNREADABLE) & (report["status"] == "accepted").to_numpy()
    )


def _figures(
    namespace: str, code: str, used: Matrix, column: dict[str, int], last: pd.DataFrame, report: pd.DataFrame
) -> NDArray[np.float64]:
    if namespace == "previous":
        return last[code].to_numpy(dtype=np.float64)
    return used[:, column[code]] if code in column else report[code].to_numpy(dtype=np.float64)
