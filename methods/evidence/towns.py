"""Towns whose villages together look more alike, or more unusual, than villages dealt out to towns at random.

Null hypothesis: which villages belong to which town has nothing to do with their p-values. Statistic: the sum over a town's villages of
min(−log p, 6.9) for each test, and over all tests; p from permutations of villages between towns, at least 1/1000. A test that cannot
tell of a village counts as the county's mean of that test: large villages, of which more tests tell, live in the same towns, so that a
nought would make every such town unusual (it did: 21 of 366 real towns at p ≤ 0.01; now 5 to 8, expected 4). Pools what no village
reaches alone. Source: methods.md C17; Good, Permutation, Parametric and Bootstrap Tests of Hypotheses, 2005. A test whose p is the
town's own is taken as it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from methods.evidence.combine import cauchy, e_of
from methods.evidence.county import Block, County
from schemas.frames import EVIDENCE_COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from methods.evidence.registry import Detector

_PERMUTATIONS = 999
_CAP = 6.9
_KEPT_P = 0.01
_FEWEST_TOWNS = 3
POOLED = "town_pooling"


def pool_towns(county: County, towns: Sequence[str], detectors: Sequence[Detector], p: Block, rng: np.random.Generator) -> pd.DataFrame:
    """Evidence rows of towns, with an empty village code.

    Args:
        county: its villages and windows. towns: n town codes. detectors: D tests. p: D × W × n. rng: of the permutations.
    """
    names = sorted(set(towns))
    rows = _own_rows(county, names, detectors, p)
    village = [i for i, d in enumerate(detectors) if d.level == "village"]
    if len(names) >= _FEWEST_TOWNS and village:
        score = np.sum([_scores(cauchy(p[i])) for i in village], axis=0)
        size = np.bincount(county.town, minlength=len(names)).astype(np.float64)
        observed = np.bincount(county.town, score, minlength=len(names))
        order = np.argsort(county.town, kind="stable")
        starts = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64)
        shuffled = rng.permuted(np.broadcast_to(score[order], (_PERMUTATIONS, len(score))), axis=1)
        sums = np.add.reduceat(shuffled, starts, axis=1)
        chance = (1 + (sums >= observed[None] - 1e-12).sum(axis=0)) / (1 + _PERMUTATIONS)
        rows += [
            ("", names[t], POOLED, "town", county.windows[-1], chance[t], e_of(chance[t]), observed[t], size[t] * score.mean(), "", "", "")
            for t in np.flatnonzero(chance <= _KEPT_P)
        ]
    return pd.DataFrame(rows, columns=list(EVIDENCE_COLUMNS))


def _scores(p: Block) -> Block:
    """n: of one test; the mean of the others where it cannot tell, 0 where it tells of nobody."""
    told = ~np.isnan(p)
    scores = np.minimum(-np.log(np.where(told, p, 1.0)), _CAP)
    return np.where(told, scores, scores[told].mean() if told.any() else 0.0)


def _own_rows(county: County, names: Sequence[str], detectors: Sequence[Detector], p: Block) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = []
    for i, detector in enumerate(detectors):
        if detector.level != "town":
            continue
        for t, name in enumerate(names):
            member = int(np.flatnonzero(county.town == t)[0])
            for w, window in enumerate(county.windows):
                value = p[i, w, member]
                if value <= _KEPT_P:
                    rows.append(("", name, detector.id, detector.family, window, value, float(e_of(value)), np.nan, np.nan, "", "", ""))
    return rows
