"""Which columns are proven by their figures to be the sum of others: of two or more, beside them or apart, true in every row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

_LEAST_ROWS, _LEAST_APART = 3, 5
_MOST_COLUMNS = 60
_CENT = 0.005

Column = Sequence[float | None]


def proven_sums(figures: Mapping[int, Column]) -> dict[int, tuple[int, ...]]:
    """Column of a total → the columns of its parts.

    Columns beside the total are looked at first, then those in steps (every second one: the men of several groups), then any. Columns apart
    need more rows to be believed: small figures add up by chance.
    """
    known = [c for c in sorted(figures) if sum(v is not None for v in figures[c]) >= _LEAST_ROWS][:_MOST_COLUMNS]
    if len(known) < 3:
        return {}
    table = np.array([[np.nan if v is None else v for v in figures[c]] for c in known], dtype=float)
    found: dict[int, tuple[int, ...]] = {}
    for n in range(len(known)):
        parts = next((p for p in _near(n, len(known)) if _adds_up(table, n, p, _LEAST_ROWS)), None)
        if parts is None:
            parts = next((p for p in _apart(table, n) if _adds_up(table, n, p, _LEAST_APART)), None)
        if parts is not None:
            found[n] = tuple(parts)
    for n in [n for n in range(len(known)) if n not in found]:
        if (parts := _solved(table, n, [m for m in range(len(known)) if m != n and m not in found])) is not None:
            found[n] = parts
    return {known[n]: tuple(known[m] for m in parts) for n, parts in found.items()}


def _near(n: int, width: int) -> Iterator[Sequence[int]]:
    """Runs of columns that begin or end beside the total, short ones first."""
    for length in range(2, width):
        if n + length < width:
            yield range(n + 1, n + 1 + length)
        if n - length >= 0:
            yield range(n - length, n)


def _apart(table: NDArray[np.float64], n: int) -> Iterator[Sequence[int]]:
    """Pairs whose sums are the total, nearest first; then runs and steps of columns anywhere."""
    width = len(table)
    others = sorted((m for m in range(width) if m != n), key=lambda m: abs(m - n))
    sample = table[:, np.flatnonzero(~np.isnan(table[n]))[0]]
    for one, two in combinations(others, 2):
        if abs(sample[n] - sample[one] - sample[two]) < _CENT:
            yield tuple(sorted((one, two)))
    for step in range(1, max(2, width // 2)):
        for start in range(width):
            line = [m for m in range(start, width, step) if m != n]
            close = np.abs(np.cumsum(sample[line]) - sample[n]) < _CENT
            yield from (line[: length + 1] for length in np.flatnonzero(close).tolist() if length >= 2)


def _adds_up(table: NDArray[np.float64], n: int, parts: Sequence[int], least: int) -> bool:
    total, block = table[n], table[list(parts)]
    rows = ~np.isnan(total) & ~np.isnan(block).any(axis=0)
    if rows.sum() < least:
        return False
    total, block = total[rows], block[:, rows]
    if (np.abs(total - block.sum(axis=0)) >= _CENT).any():
        return False
    return bool(((block > 0).sum(axis=0) >= 2).sum() >= 2 and (block != 0).any(axis=1).all() and len(np.unique(total)) >= 2)


def _solved(table: NDArray[np.float64], n: int, others: Sequence[int]) -> tuple[int, ...] | None:
    """Any set of columns, where there are more rows than columns so that no other set can give the same sums."""
    block = table[list(others)]
    rows = ~np.isnan(table[n]) & ~np.isnan(block).any(axis=0)
    if rows.sum() <= len(others) or len(others) < 2:
        return None
    weights, _, rank, _ = np.linalg.lstsq(block[:, rows].T, table[n][rows], rcond=None)
    chosen = np.rint(weights)
    if rank < len(others) or (np.abs(weights - chosen) > 1e-4).any() or not np.isin(chosen, (0, 1)).all():
        return None
    parts = [others[at] for at in np.flatnonzero(chosen == 1).tolist()]
    return tuple(parts) if len(parts) >= 2 and _adds_up(table, n, parts, _LEAST_APART) else None
