"""Fixtures of the cases: where the given ones lie, and offices whose February was run."""

from __future__ import annotations

import pytest

from tests.cases.office import Offices


@pytest.fixture(scope="session")
def offices(tmp_path_factory: pytest.TempPathFactory) -> Offices:
    """Makes offices for cases; see `tests.cases.office`."""
    return Offices(tmp_path_factory.mktemp("case-offices"))


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Most cases run a month: quick tests of other folders go first."""
    if "offices" in getattr(item, "fixturenames", ()):
        item.add_marker("slow")
