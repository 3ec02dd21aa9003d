"""Derived indicators: always recomputed from summed numerators and denominators, over the villages that reported all their parts."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.calendar import days_in_months
from methods.intervals import poisson_interval, wilson_interval
from schemas.dictionary import Dictionary
from schemas.entries import Derived
from schemas.expressions import Expression

_DAYS_IN_YEAR = 365.25
_RANK = {"village": 0, "town": 1, "county": 2}

Column = NDArray[np.float64]


def derive(report: pd.DataFrame, groups: NDArray[np.int64], n_groups: int, dictionary: Dictionary, month: str, level: str) -> pd.DataFrame:
    """Derived indicators of every group of villages.

    A village enters a derived indicator only when it reported every figure that the expression reads: otherwise a village
    with births and a blank population would raise the birth rate.

    Args:
        report: VillageReport frame.
        groups: for each row its group (0 … n_groups − 1), −1 for none.
        n_groups: number of groups.
        dictionary: the derived entries.
        month: 'YYYY-MM', for annualising by days (365.25 / days in the month, or in the period that ends with it of the events' return).
        level: 'town' or 'county'; entries with a higher `min_level` stay NaN.

    Returns:
        n_groups rows; a column a derived entry, and <code>__low, <code>__high (95 %) where it has an interval.
    """
    columns: dict[str, Column] = {}
    for code, entry in dictionary.derived.items():
        if not entry.is_in_force(month) or _RANK[level] < _RANK[entry.min_level]:
            values = [np.full(n_groups, np.nan)] * (3 if entry.interval else 1)
        elif entry.value is not None:
            values = [_sum(dictionary.expression(entry.value), [], report, groups, n_groups)[0]]
        else:
            of = dictionary.return_of(code)
            yearly = _DAYS_IN_YEAR / days_in_months(month, of.months if of is not None else 1)
            values = _ratio(entry, report, groups, n_groups, dictionary, yearly)
        columns |= dict(zip((code, f"{code}__low", f"{code}__high"), values, strict=False))
    return pd.DataFrame(columns)


def _ratio(entry: Derived, report: pd.DataFrame, groups: NDArray[np.int64], n: int, dictionary: Dictionary, yearly: float) -> list[Column]:
    above, below = dictionary.expression(entry.numerator or ""), dictionary.expression(entry.denominator or "")
    numerator, denominator = _sum(above, [below], report, groups, n)
    denominator = np.where(denominator > 0, denominator, np.nan)
    factor = entry.scale * (yearly if entry.annualised else 1.0)
    values = [factor * numerator / denominator]
    if entry.interval == "poisson":
        values += [factor * bound / denominator for bound in poisson_interval(numerator)]
    elif entry.interval == "wilson":
        values += [factor * bound for bound in wilson_interval(numerator, denominator)]
    return values


def _sum(first: Expression, others: list[Expression], report: pd.DataFrame, groups: NDArray[np.int64], n: int) -> list[Column]:
    """Group sums of each expression over the rows where all of them can be computed; NaN for a group without such a row."""

    def lookup(_: str, code: str) -> Column:
        return np.asarray(report[code].to_numpy(dtype=np.float64))

    columns = [np.broadcast_to(e.evaluate(lookup), (len(report),)) for e in (first, *others)]
    usable = (groups >= 0) & ~np.isnan(columns).any(axis=0)
    count = np.bincount(groups[usable], minlength=n)
    sums = [np.bincount(groups[usable], weights=column[usable], minlength=n) for column in columns]
    return [np.where(count > 0, total, np.nan) for total in sums]
