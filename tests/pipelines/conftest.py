"""Sample counties that the end-to-end tests of one worker share; nobody writes into them."""

from __future__ import annotations

from pathlib import Path

import pytest

from pipelines.cli.sample import make_sample


@pytest.fixture(scope="session")
def small_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four towns, forty villages, two months, every kind of mistake: places.csv, lineage.csv, inbox/, truth.json."""
    folder = tmp_path_factory.mktemp("small-county")
    make_sample(folder, seed=8, months=["2024-02", "2024-03"], towns=4, villages=40)
    return folder


@pytest.fixture(scope="session")
def honest_county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two towns, ten villages, one month, everybody with the current form and no mistake."""
    folder = tmp_path_factory.mktemp("honest-county")
    make_sample(folder, seed=5, months=["2024-03"], towns=2, villages=10, plant_mistakes=False, dialects="template")
    return folder
