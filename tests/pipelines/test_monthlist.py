"""Months before the shipped first one: run from the command line, listed by the server once there is anything of them."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import dagster as dg
import pytest

from assets.common import FIRST_MONTH
from pipelines.cli.sample import make_sample
from pipelines.definitions import build_defs
from pipelines.jobs import MONTHLY
from pipelines.sensors import inbox_sensor
from pipelines.settings import Settings, settings_from_environment
from tests.pipelines.office import sample_office


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "inbox").mkdir()
    return settings_from_environment(tmp_path / "home", tmp_path / "inbox")


def listed(settings: Settings) -> list[str]:
    """The months of the UI's list, and those of every asset and check, which are the same."""
    definitions = build_defs(settings)
    graph = definitions.resolve_asset_graph()
    of_each = [graph.get(key).partitions_def for key in graph.get_all_asset_keys()]
    of_each += [graph.get_check_spec(key).partitions_def for key in graph.asset_check_keys]
    months = definitions.resolve_job_def(MONTHLY).partitions_def
    assert months is not None
    assert all(found == months for found in of_each)
    return list(months.get_partition_keys())


def test_the_list_begins_with_the_first_month_that_there_is_anything_of(settings: Settings) -> None:
    assert listed(settings)[0] == FIRST_MONTH
    (Path(settings.inbox) / "2021-05").mkdir()
    assert listed(settings)[0] == FIRST_MONTH
    (Path(settings.inbox) / "2009-05").mkdir()
    (Path(settings.inbox) / "notes").mkdir()
    assert listed(settings)[0] == "2009-05"
    settings.outbox.joinpath("2008-12").mkdir(parents=True)
    assert listed(settings)[0] == "2008-12"
    assert listed(replace(settings, first_month="2020-01"))[0] == "2020-01"


def test_an_inbox_that_cannot_be_reached_does_not_stop_the_server(settings: Settings) -> None:
    assert listed(replace(settings, inbox=str(Path(settings.inbox) / "gone")))[0] == FIRST_MONTH


def test_the_inbox_is_watched_for_old_months_too(settings: Settings) -> None:
    folder = Path(settings.inbox) / "2009-05"
    folder.mkdir()
    (folder / "a.csv").write_text("x")
    import os

    os.utime(folder / "a.csv", (1_700_000_000, 1_700_000_000))
    repository = build_defs(settings).get_repository_def()
    from assets.ports import Inbox

    with (
        dg.DagsterInstance.ephemeral() as instance,
        dg.build_sensor_context(
            instance=instance,
            resources={"inbox": Inbox(settings.inbox, settings.vault)},
            repository_def=repository,
            sensor_name=inbox_sensor.name,
        ) as context,
    ):
        requests = inbox_sensor.evaluate_tick(context).run_requests or []
    assert [request.partition_key for request in requests] == ["2009-05"]


def test_a_month_of_2009_runs_from_the_command_line_and_its_successor_knows_it(tmp_path: Path) -> None:
    options = {"plant_mistakes": False, "departments": False, "dialects": "template"}
    make_sample(tmp_path, seed=1, months=["2009-05", "2009-06"], towns=1, villages=3, **options)
    office = sample_office(tmp_path)
    for month in ("2009-05", "2009-06"):
        done = office.cunbao("run", month)
        assert done.returncode == 0, done.stdout + done.stderr
        report = office.table("village_report", month)
        assert (report["status"] == "accepted").all()
    assert list((office.outbox / "2009-05").iterdir())
    shutil.rmtree(office.inbox / "2009-05")
    assert listed(office.settings)[0] == "2009-05"  # the results are still there
