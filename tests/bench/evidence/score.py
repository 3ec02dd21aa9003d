"""How well a list and a ranking find what was planted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Flags = NDArray[np.bool_]


def average_precision(score: NDArray[np.float64], is_planted: Flags) -> float:
    """Mean over planted villages of the precision at their rank, ties in the worst order; NaN when nothing is planted."""
    if not is_planted.any():
        return float("nan")
    order = np.lexsort((is_planted, -score))  # among ties the honest ones come first
    hits = is_planted[order]
    return float((np.cumsum(hits) / np.arange(1, len(hits) + 1))[hits].mean())


def precision_at(score: NDArray[np.float64], is_planted: Flags, top: int = 20) -> float:
    """Share of planted villages among the `top` first, ties in the worst order."""
    return float(is_planted[np.lexsort((is_planted, -score))[:top]].mean())


def false_share(listed: Flags, is_planted: Flags) -> float:
    """Realised false discovery proportion of a list; 0 when it is empty."""
    return float((listed & ~is_planted).sum() / max(1, int(listed.sum())))


def recall(listed: Flags, is_planted: Flags) -> float:
    """Share of the planted villages that are listed; NaN when nothing is planted."""
    return float(listed[is_planted].mean()) if is_planted.any() else float("nan")
