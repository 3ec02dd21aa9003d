"""A run killed with SIGKILL, then repeated, ends in the same store and the same files as a run that nobody disturbed."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psutil
import pytest

from tests.pipelines.office import Dump, Office, contents, dump, sample_office

pytestmark = pytest.mark.slow

MONTHS = ["2024-02", "2024-03"]
MONTH = MONTHS[-1]
KILLER = Path(__file__).with_name("killer.py")


class Point(NamedTuple):
    """Where the run dies (see killer.py), and the function that must be under way there."""

    target: str
    when: str
    n: int
    text: str
    within: str


POINTS = {
    "while files are being read": Point("assets.intake:read_files", "item", 20, "", "save_intake"),
    "in the intake's transaction": Point("sinks.submissions:_IntakeWriter.write_readings", "after", 1, "", "save_intake"),
    "in the middle of the month's transaction": Point("sinks.store:Store.insert_frame", "after", 1, "Table('finding'", "save_month"),
    "while the county's table is being written": Point("os:replace", "before", 1, "county_table", "write_if_changed"),
    "at the receipts": Point("os:replace", "before", 2, "/receipts/", "write_receipts"),
}
BETWEEN = [
    Point("assets.intake:save_intake", "after", 1, "", "submission"),
    Point("assets.tables:save_month", "after", 1, "", "month_record"),
    Point("os:replace", "after", 2, "/towns/", "write_if_changed"),
]
"""After intake, after the month is recorded and before any file, between two towns' listings."""

AT_FIRST = [
    Point("sinks.migrate:Operations", "before", 1, "", "bring_up_to_date"),
    Point("sinks.store:Store.insert_frame", "after", 1, "Table('place'", "save_places"),
]
"""While the store is being made, and in the registry's transaction."""


@dataclass(frozen=True)
class Undisturbed:
    """The end that every run must reach; `base`: the home after the first month, from which each one starts."""

    base: Path
    store: Dump
    outbox: dict[str, bytes]
    vault: dict[str, bytes]


@pytest.fixture(scope="module")
def undisturbed(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Undisturbed:
    folder = tmp_path_factory.mktemp("undisturbed")
    office = sample_office(small_county, folder / "home")
    office.run(MONTHS[0])
    shutil.copytree(office.home, folder / "base")
    assert office.run(MONTH).has_changed
    return Undisturbed(folder / "base", office.dump(), contents(office.outbox), contents(office.home / "vault"))


def _kill(office: Office, point: Point, month: str) -> None:
    """Run `cunbao run` until it dies at the point. None of its reading processes outlives it."""
    command = [sys.executable, str(KILLER), point.target, point.when, str(point.n), point.text, "--", "run", month, "--quiet"]
    environment = office.environment | {"PYTHONPATH": str(KILLER.parents[2])}
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    try:
        _, told = process.communicate(timeout=120)
        assert process.returncode == -signal.SIGKILL, told
        _wait_until_alone(process.pid)
    finally:
        if psutil.pid_exists(process.pid) or _members(process.pid):
            os.killpg(process.pid, signal.SIGKILL)
    assert point.within in told.split(), told


def _members(session: int) -> list[int]:
    """Running processes of the session that the killed run led."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == session and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.pid)
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue
    return found


def _wait_until_alone(session: int) -> None:
    until = time.monotonic() + 20
    while _members(session):
        assert time.monotonic() < until, "reading processes go on after their run was killed"
        time.sleep(0.05)


def _hidden(folder: Path) -> list[str]:
    return sorted(str(p.relative_to(folder)) for p in folder.rglob(".*") if p.is_file())


def _assert_same(office: Office, undisturbed: Undisturbed) -> None:
    store = office.dump()
    assert store.keys() == undisturbed.store.keys()
    for table, rows in undisturbed.store.items():
        assert store[table] == rows, table
    assert contents(office.outbox) == undisturbed.outbox
    assert contents(office.home / "vault") == undisturbed.vault
    assert _hidden(office.home) == []


@pytest.mark.parametrize("where", POINTS)
def test_a_run_killed_and_repeated_ends_like_an_undisturbed_one(
    where: str, undisturbed: Undisturbed, small_county: Path, tmp_path: Path
) -> None:
    shutil.copytree(undisturbed.base, tmp_path / "home")
    office = sample_office(small_county, tmp_path / "home")
    _kill(office, POINTS[where], MONTH)
    half = contents(office.outbox)
    assert (dump(office.url), half) != (undisturbed.store, undisturbed.outbox)
    if POINTS[where].target == "os:replace":
        assert len(_hidden(office.outbox)) == 1  # written, not yet renamed
    shown = {name: data for name, data in half.items() if not Path(name).name.startswith(".")}
    assert shown.items() <= undisturbed.outbox.items()  # no half-written file under its name
    office.run(MONTH)
    _assert_same(office, undisturbed)


def test_a_run_killed_again_and_again_still_ends_like_an_undisturbed_one(
    undisturbed: Undisturbed, small_county: Path, tmp_path: Path
) -> None:
    shutil.copytree(undisturbed.base, tmp_path / "home")
    office = sample_office(small_county, tmp_path / "home")
    for point in BETWEEN:
        _kill(office, point, MONTH)
        assert contents(office.outbox) != undisturbed.outbox
    office.run(MONTH)
    _assert_same(office, undisturbed)


def test_the_first_run_of_all_killed_while_it_makes_the_store(undisturbed: Undisturbed, small_county: Path, tmp_path: Path) -> None:
    office = sample_office(small_county, tmp_path / "home")
    for point in AT_FIRST:
        _kill(office, point, MONTHS[0])
    for month in MONTHS:
        office.run(month)
    _assert_same(office, undisturbed)


def test_a_run_killed_on_postgresql_leaves_what_was_there(
    undisturbed: Undisturbed, small_county: Path, postgres_url: str, tmp_path: Path
) -> None:
    office = sample_office(small_county, tmp_path / "home", postgres_url)
    office.run(MONTHS[0])
    before = office.dump()
    _kill(office, POINTS["in the intake's transaction"], MONTH)
    assert _differing(before, office.dump()) == set()
    _kill(office, POINTS["in the middle of the month's transaction"], MONTH)
    assert _differing(before, office.dump()) == {"inbox_file", "reading", "submission"}
    office.run(MONTH)
    _assert_same(office, undisturbed)


def _differing(one: Dump, other: Dump) -> set[str]:
    return {table for table in one if one[table] != other[table]} - {"reading_plan"}  # a month may need no new plan
