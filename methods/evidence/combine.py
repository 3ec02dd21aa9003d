"""From many p-values to two lists whose false alarms are bounded.

1. Empirical null: per county and test, z = Φ⁻¹(1 − p); where the middle of z is above 0 or the way from the middle to the 80 % point is
   longer than the normal one, z is shifted and shrunk accordingly (Efron, JASA 99, 2004, 96–104). It only loosens; tests of copies may
   tighten by at most 0.6. 2. Cauchy combination over windows, then over tests, with p cut at 0.9 from above, so that many dull tests do
   not outvote one (Liu & Xie, JASA 115, 2020, 393–402; left-truncated: Fang et al., Statistica Sinica 33, 2023). Valid in the tail under
   dependence. 3. 'Please check': Benjamini & Hochberg, JRSS B 57, 1995, 289–300, q = 0.10 over the villages examined. 4. 'Strong': e = ½
   p^(−½) for each test (Vovk & Wang, Annals of Statistics 49, 2021, 1736–1754), averaged over tests, then e-BH at 0.05 (Wang & Ramdas,
   JRSS B 84, 2022, 822–852): valid under any dependence between villages and tests.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import norm

from methods.evidence.county import Block, Flags

Q_CHECK, Q_STRONG = 0.10, 0.05
TIGHTEN = 0.6
_CUT = 0.9
_FEWEST_VILLAGES = 30
_SMALLEST, _Z_CAP = 1e-250, 33.0


def empirical_null(p: Block, *, may_tighten: bool = False) -> Block:
    """W × n p-values of one county and one test, loosened where the county itself says that the test is too sure. NaN stay."""
    out = p.copy()
    for row in range(len(p)):
        seen = ~np.isnan(p[row])
        if seen.sum() < _FEWEST_VILLAGES:
            continue
        z = norm.isf(np.clip(p[row, seen], _SMALLEST, 1 - 1e-12))
        middle, upper = np.quantile(z, [0.5, 0.8])
        scale = (upper - middle) / norm.ppf(0.8)
        shift = middle if may_tighten and middle < 0 else max(middle, 0.0)
        shift = max(shift, -TIGHTEN)
        own = np.clip(norm.sf((z - shift) / max(scale, 1.0)), _SMALLEST, 1.0)
        # A wider null also draws large p towards one half: that is no evidence.
        out[row, seen] = own if may_tighten else np.maximum(own, p[row, seen])
    return out


def cauchy(p: Block) -> Block:
    """Combine over the first axis; NaN are left out; NaN where all are. Sums of cotangents, exact for tiny p."""
    seen = ~np.isnan(p)
    clipped = np.where(seen, np.clip(p, _SMALLEST, _CUT), 0.5)
    with np.errstate(over="ignore"):
        scores = np.where(clipped < 1e-10, 1.0 / (np.pi * clipped), np.tan((0.5 - clipped) * np.pi))
    count = seen.sum(axis=0)
    mean = np.where(seen, scores, 0.0).sum(axis=0) / np.maximum(count, 1)
    tail = np.where(mean > 1e9, 1.0 / (np.pi * np.maximum(mean, 1.0)), 0.5 - np.arctan(mean) / np.pi)
    return np.where(count > 0, np.clip(tail, _SMALLEST, 1.0), np.nan)


def e_of(p: Block) -> Block:
    """e = ½ p^(−½); 1 where there is no p (no evidence either way)."""
    return np.where(np.isnan(p), 1.0, 0.5 / np.sqrt(np.clip(np.where(np.isnan(p), 1.0, p), _SMALLEST, 1.0)))


def benjamini_hochberg(p: NDArray[np.float64], q: float = Q_CHECK) -> Flags:
    """n: on the list. NaN are not part of the family."""
    seen = ~np.isnan(p)
    size = int(seen.sum())
    if size == 0:
        return np.zeros(len(p), dtype=bool)
    ordered = np.sort(p[seen])
    passing = np.flatnonzero(ordered <= q * np.arange(1, size + 1) / size)
    limit = ordered[passing[-1]] if len(passing) else -1.0
    return np.asarray(seen & (p <= limit))


def e_benjamini_hochberg(e: NDArray[np.float64], seen: Flags, alpha: float = Q_STRONG) -> Flags:
    """n: on the strong list: the k largest e-values, each at least n / (k·α)."""
    size = int(seen.sum())
    if size == 0:
        return np.zeros(len(e), dtype=bool)
    ordered = np.sort(e[seen])[::-1]
    passing = np.flatnonzero(ordered >= size / (alpha * np.arange(1, size + 1)))
    limit = ordered[passing[-1]] if len(passing) else np.inf
    return np.asarray(seen & (e >= limit))
