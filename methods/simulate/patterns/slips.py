"""Honest mistakes in a county's figures: slips of one figure, a sheet sent twice, a neighbour's sheet, gaps. Blocks are T × n × C."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from methods.simulate.patterns.nuisance import Nuisance
from methods.simulate.patterns.sheet import Columns
from methods.simulate.patterns.villages import Numbers, Villages

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary


def make_slips(rng: np.random.Generator, columns: Columns, values: Numbers, nuisance: Nuisance) -> None:
    """Slips of one figure (ten times, digits turned round, sexes swapped, one less or more), stale sheets, neighbours' sheets; in place."""
    months, n, _ = values.shape
    counts = [*columns.flows, *columns.stocks]
    for t, v in np.argwhere(rng.random((months, n)) < nuisance["slip_share"]).tolist():
        _slip(rng, columns, values[t, v], counts)
    for t, v in np.argwhere(rng.random((months, n)) < nuisance["stale_share"]).tolist():
        if t > 0:
            values[t, v, columns.flows] = np.where(np.isnan(values[t, v, columns.flows]), np.nan, values[t - 1, v, columns.flows])
    for t, v in np.argwhere(rng.random((months, n)) < nuisance["swap_share"]).tolist():
        other = int(rng.integers(n))
        values[t, v, columns.flows] = np.where(np.isnan(values[t, v, columns.flows]), np.nan, values[t, other, columns.flows])


def _slip(rng: np.random.Generator, columns: Columns, row: Numbers, counts: list[int]) -> None:
    column = int(rng.choice(counts))
    value = row[column]
    if np.isnan(value):
        return
    match int(rng.integers(4)):
        case 0:
            row[column] = value * 10
        case 1:
            text = str(int(abs(value)))
            row[column] = float(text[::-1]) if len(text) > 1 else value + 1
        case 2 if columns.by_sex:
            male, female = columns.by_sex[int(rng.integers(len(columns.by_sex)))]
            row[[male, female]] = row[[female, male]]
        case _:
            row[column] = max(0.0, value + float(rng.choice([-1, 1])))


def leave_gaps(
    rng: np.random.Generator, dictionary: Dictionary, columns: Columns, values: Numbers, nuisance: Nuisance, villages: Villages
) -> None:
    """Months that never arrived and sections left blank become NaN, in place. Gaps come in runs as often as alone."""
    months, n, _ = values.shape
    gone = rng.random((months, n)) < nuisance["missing_share"] / 1.5
    gone[1:] |= gone[:-1] & (rng.random((months - 1, n)) < 0.5)
    often = villages.is_like("missing_months")
    gone[:, often] = rng.random((months, int(often.sum()))) < 1 / 3
    values[gone] = np.nan
    sections = [dictionary.indicators[c].section for c in columns.codes]
    names = list(dict.fromkeys(sections))
    for t, v in np.argwhere(rng.random((months, n)) < nuisance["blank_share"]).tolist():
        blank = names[int(rng.integers(len(names)))]
        values[t, v, [s == blank for s in sections]] = np.nan
