"""Towns: what their villages are together, which tests tell of how many of them being no evidence."""

from __future__ import annotations

import numpy as np
import pytest

from methods.evidence.county import County
from methods.evidence.registry import DETECTORS
from methods.evidence.towns import POOLED, pool_towns
from tests.methods.evidence.invented import county, records

TOWNS, VILLAGES = 10, 150


@pytest.fixture(scope="module")
def arranged() -> County:
    return county(records(5, villages=VILLAGES, months=6, towns=TOWNS))


def chance(rng: np.random.Generator, made: County) -> np.ndarray:
    """Tests × windows × villages of p by chance; of the villages of a first few towns twice as many tests tell as of others."""
    p = rng.uniform(size=(len(DETECTORS), len(made.windows), VILLAGES))
    told = np.where(made.town < TOWNS // 3, 0.9, 0.45)
    silent = rng.uniform(size=(len(DETECTORS), VILLAGES)) > told
    p[np.broadcast_to(silent[:, None], p.shape)] = np.nan
    p[[n for n, d in enumerate(DETECTORS) if d.level == "town"]] = np.nan
    return p


def pooled(made: County, p: np.ndarray, seed: int) -> set[str]:
    """Towns with a row."""
    rows = pool_towns(made, [f"t{t}" for t in made.town], DETECTORS, p, np.random.default_rng(seed))
    return set(rows.loc[rows["detector"] == POOLED, "town_code"])


def test_towns_that_more_tests_tell_of_are_no_more_often_unusual(arranged: County) -> None:
    """Expected 0.01 × 600 towns = 6; a nought for a test that cannot tell gave 180, the three towns every time."""
    rng = np.random.default_rng(11)
    found = [town for seed in range(60) for town in pooled(arranged, chance(rng, arranged), seed)]
    assert len(found) <= 14
    assert sum(town in {"t0", "t1", "t2"} for town in found) <= 7


def test_a_pattern_too_weak_in_every_village_shows_in_the_town(arranged: County) -> None:
    rng, hits = np.random.default_rng(12), 0
    for seed in range(20):
        p = chance(rng, arranged)
        p[:, :, arranged.town == 7] **= 1.6  # the smallest of a village's 28 is seldom below 0.001
        hits += "t7" in pooled(arranged, p, seed)
    assert hits >= 16


def test_villages_of_which_nothing_can_be_told_say_nothing_of_their_town(arranged: County) -> None:
    p = chance(np.random.default_rng(13), arranged)
    p[:, :, arranged.town == 2] = np.nan
    assert "t2" not in pooled(arranged, p, 1)
    assert pooled(arranged, np.full_like(p, np.nan), 1) == set()
