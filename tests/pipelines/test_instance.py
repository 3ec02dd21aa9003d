"""First runs at once, runs that were killed or stopped, and a broken record of runs: nobody waits for ever (issue 13, A2 and A3)."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import dagster as dg
import pytest

from pipelines.cli.month_run import prepare_dagster
from pipelines.cli.sample import make_sample
from pipelines.instance import end_dead_runs, office_instance
from pipelines.settings import overlap, settings_from_environment
from tests.conftest import SOAK
from tests.pipelines.office import Office, clean_environment, sample_office

MONTH = "2024-03"
PAIRS = 20 if SOAK else 1
SIGNALS = [signal.SIGTERM, signal.SIGINT] if SOAK else [signal.SIGTERM]
OPEN = (
    "import sys; from pathlib import Path; from pipelines.cli.month_run import prepare_dagster; "
    "from pipelines.settings import settings_from_environment; from pipelines.instance import office_instance; "
    "s = settings_from_environment(Path(sys.argv[1]), None); prepare_dagster(s)\n"
    "with office_instance(s.dagster_home) as i: print(len(i.get_run_ids()))"
)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    make_sample(folder, seed=3, months=[MONTH], towns=2, villages=8, plant_mistakes=False, departments=False, dialects="template")
    return folder


def command(office: Office, *arguments: str, out: int = subprocess.PIPE) -> subprocess.Popen[str]:
    run = [
        str(Path(sys.executable).with_name("cunbao")),
        "--lang",
        "en",
        "run",
        MONTH,
        "--places",
        str(office.places),
        "-q",
        "--no-data-docs",
    ]
    return subprocess.Popen([*run, *arguments], env=office.environment, stdout=out, stderr=out, text=True)


def statuses(home: Path) -> list[str]:
    """Statuses of all runs in Dagster's records, oldest first; none while they are being made."""
    for path in (home / "dagster").rglob("runs.db"):
        try:
            with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
                return [row[0] for row in connection.execute("select status from runs order by id")]
        except sqlite3.Error:
            return []
    return []


def wait_for(status: str, home: Path, process: subprocess.Popen[str]) -> None:
    end = time.monotonic() + 60
    while status not in statuses(home):
        assert process.poll() is None
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.slow
def test_pairs_of_first_runs_at_once_leave_a_home_that_opens(tmp_path: Path) -> None:
    for pair in range(PAIRS):
        home = tmp_path / f"home{pair}"
        both = [
            subprocess.Popen([sys.executable, "-c", OPEN, str(home)], env=clean_environment(), stderr=subprocess.PIPE, text=True)
            for _ in "ab"
        ]
        assert [process.wait(120) for process in both] == [0, 0], [process.communicate()[1] for process in both]
        for path in (home / "dagster").rglob("*.db"):
            with closing(sqlite3.connect(path)) as connection:
                tables = {row[0] for row in connection.execute("select name from sqlite_master")}
                if "alembic_version" in tables:
                    assert len(connection.execute("select * from alembic_version").fetchall()) <= 1


@pytest.mark.slow
def test_two_first_runs_at_once_both_end_and_a_killed_one_is_ended_by_whoever_comes_next(county: Path, tmp_path: Path) -> None:
    office = sample_office(county, tmp_path / "home")
    both = [command(office), command(office)]
    for process in both:
        _, told = process.communicate(timeout=240)
        assert process.returncode == 0, told
    assert statuses(office.home) == ["SUCCESS", "SUCCESS"]
    killed = command(office, out=subprocess.DEVNULL)  # what Dagster started for its logs may outlive it and hold a pipe open
    wait_for("STARTED", office.home, killed)
    killed.kill()
    killed.wait(60)
    assert statuses(office.home)[-1] == "STARTED"
    done = command(office)
    _, told = done.communicate(timeout=240)
    assert done.returncode == 0, told
    assert statuses(office.home)[-2:] == ["FAILURE", "SUCCESS"]


@pytest.mark.slow
@pytest.mark.parametrize("number", SIGNALS)
def test_a_stopped_run_says_so_in_one_line_and_waits_for_nobody(county: Path, tmp_path: Path, number: signal.Signals) -> None:
    office = sample_office(county, tmp_path / "home")
    process = command(office)
    wait_for("STARTED", office.home, process)
    time.sleep(1.0)
    process.send_signal(number)
    out, told = process.communicate(timeout=60)
    assert process.returncode in (128 + number, 130), (out, told)
    lines = [line for line in told.splitlines() if line.strip()]
    assert [line.split()[0] for line in lines] == ["CB-3030"]
    with_instance = settings_from_environment(office.home, office.inbox)
    before = dict(os.environ)
    try:
        prepare_dagster(with_instance)
        with office_instance(with_instance.dagster_home) as instance:
            going = instance.get_runs(
                dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.CANCELING])
            )
            assert not going
    finally:
        os.environ.clear()
        os.environ.update(before)


def test_a_living_run_and_one_of_another_machine_are_left_alone() -> None:
    from pipelines.instance import HOST, PROCESS, process_tags

    @dg.op
    def nothing() -> None:
        """Nothing."""

    @dg.job
    def idle() -> None:
        nothing()

    with dg.DagsterInstance.ephemeral() as instance:
        mine, theirs, dead = (
            instance.create_run_for_job(idle, status=dg.DagsterRunStatus.STARTED, tags=tags)
            for tags in (process_tags(), {HOST: "elsewhere", PROCESS: "1@1"}, {**process_tags(), PROCESS: f"{os.getpid()}@1"})
        )
        assert end_dead_runs(instance) == [dead.run_id], "a number that is used again is another process"
        assert {r.run_id for r in instance.get_runs(dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED]))} == {mine.run_id, theirs.run_id}


def test_a_broken_record_of_runs_is_told_with_the_folder_that_may_be_deleted(county: Path, tmp_path: Path) -> None:
    office = sample_office(county, tmp_path / "home")
    first = subprocess.run(
        [sys.executable, "-c", OPEN, str(office.home)], env=clean_environment(), capture_output=True, text=True, check=False
    )
    assert first.returncode == 0, first.stderr
    for path in (office.home / "dagster").rglob("runs.db*"):
        path.write_bytes(b"no database at all" * 99)
    process = command(office)
    _, told = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "CB-3031" in told
    assert str(office.home / "dagster") in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("home", "inbox", "is_apart"),
    [
        ("office", "office", False),
        ("box/office", "box", False),
        ("office", "office/vault", False),
        ("office", "office/outbox/2024-03", False),
        ("office", "office/inbox", True),
        ("office", "inbox", True),
        ("office", "office2", True),
    ],
)
def test_an_inbox_takes_in_none_of_the_offices_own_files(home: str, inbox: str, is_apart: bool, tmp_path: Path) -> None:
    (tmp_path / inbox).mkdir(parents=True)
    (tmp_path / home).mkdir(parents=True, exist_ok=True)
    settings = settings_from_environment(tmp_path / home, tmp_path / inbox)
    assert (overlap(settings) is None) == is_apart
    (tmp_path / "link").symlink_to(tmp_path / inbox)
    assert (overlap(settings_from_environment(tmp_path / home, tmp_path / "link")) is None) == is_apart


def test_the_command_says_so_and_writes_nothing(county: Path, tmp_path: Path) -> None:
    office = Office(tmp_path / "box" / "home", tmp_path / "box", county / "places.csv")
    (tmp_path / "box").mkdir()
    process = command(office)
    _, told = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "CB-3032" in told
    assert not (tmp_path / "box" / "home").exists()


@pytest.mark.parametrize("guard", [[], ["--guarded-by", "  "]])
def test_the_ui_is_not_opened_to_a_network_without_a_word(guard: list[str], tmp_path: Path) -> None:
    served = [str(Path(sys.executable).with_name("cunbao")), "serve", "--host", "0.0.0.0", "--home", str(tmp_path / "home"), *guard]
    done = subprocess.run(served, env=clean_environment(), capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 2
    assert "CB-3033" in done.stderr
    assert not (tmp_path / "home").exists()
