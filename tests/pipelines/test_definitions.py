"""What the server loads: assets with group, owner, kinds and description; jobs, schedule and sensor."""

from __future__ import annotations

import datetime as dt
import json
import os
import time
from pathlib import Path

import dagster as dg
import pytest

from assets.ports import Inbox
from pipelines.definitions import build_defs, defs
from pipelines.sensors import inbox_sensor
from pipelines.settings import Settings, settings_from_environment


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_from_environment(tmp_path / "home", tmp_path / "inbox")


def test_every_asset_says_what_it_is_and_whose(settings: Settings) -> None:
    graph = build_defs(settings).resolve_asset_graph()
    names = {key.path[-1] for key in graph.get_all_asset_keys()}
    assert names >= {"place", "submission", "reading", "village_report", "finding", "town_figure", "month_record", "town_table"}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.group_name not in (None, "default"), key
        assert node.owners, key
        assert node.kinds, key
        assert " · " in (node.description or ""), key  # Chinese, then English
        assert node.partitions_def is not None, key
    checks = {key.name for key in graph.asset_check_keys}
    assert checks == {f"finding__level_{n}" for n in range(4)} | {"finding__completeness", "finding__timeliness"}


def test_the_server_can_load_everything() -> None:
    repository = defs().get_repository_def()
    repository.load_all_definitions()
    assert {job.name for job in repository.get_all_jobs()} >= {"monthly_return", "intake", "release_month", "feed_month"}


def test_a_release_is_never_started_by_the_schedule(settings: Settings) -> None:
    job = build_defs(settings).resolve_job_def("monthly_return")
    selected = {key.path[-1] for key in job.asset_layer.executable_asset_keys}
    assert "town_table" in selected
    assert not selected & {"release", "feed"}
    assert job.executor_def.name == "in_process"


def test_the_schedule_runs_last_month_on_the_tenth(settings: Settings) -> None:
    repository = build_defs(settings).get_repository_def()
    schedule = repository.get_schedule_def("monthly_return_on_run_day")
    assert schedule.cron_schedule == "0 6 10 * *"
    assert schedule.execution_timezone == "Asia/Shanghai"
    at = dt.datetime(2024, 4, 9, 22, 0, tzinfo=dt.UTC)  # 06:00 on the 10th in the office
    with dg.DagsterInstance.ephemeral() as instance:
        context = dg.build_schedule_context(instance=instance, scheduled_execution_time=at, repository_def=repository)
        requests = schedule.evaluate_tick(context).run_requests
    assert [request.partition_key for request in requests] == ["2024-03"]


class TestSensor:
    def look(self, inbox: Path, cursor: str | None) -> tuple[list[str], str | None]:
        with dg.DagsterInstance.ephemeral() as instance:
            context = dg.build_sensor_context(instance=instance, cursor=cursor, resources={"inbox": Inbox(inbox, str(inbox / "vault"))})
            made = list(inbox_sensor(context))
            return [r.partition_key for r in made if isinstance(r, dg.RunRequest)], context.cursor

    def put(self, inbox: Path, name: str, seconds_ago: float) -> Path:
        file = inbox / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(16))
        os.utime(file, (time.time() - seconds_ago,) * 2)
        return file

    def test_a_month_whose_files_have_come_to_rest_is_run_once(self, tmp_path: Path) -> None:
        self.put(tmp_path, "2024-03/a.xlsx", 300)
        months, cursor = self.look(tmp_path, None)
        assert months == ["2024-03"]
        assert self.look(tmp_path, cursor) == ([], cursor)
        self.put(tmp_path, "2024-03/b.xlsx", 200)
        assert self.look(tmp_path, cursor)[0] == ["2024-03"]

    def test_a_file_still_being_written_is_waited_for(self, tmp_path: Path) -> None:
        self.put(tmp_path, "2024-03/a.xlsx", 300)
        fresh = self.put(tmp_path, "2024-03/b.xlsx", 1)
        months, cursor = self.look(tmp_path, None)
        assert months == []
        os.utime(fresh, (time.time() - 120,) * 2)
        assert self.look(tmp_path, cursor)[0] == ["2024-03"]

    def test_folders_that_are_no_months_and_lock_files_start_nothing(self, tmp_path: Path) -> None:
        self.put(tmp_path, "old/a.xlsx", 300)
        self.put(tmp_path, "2024-13/a.xlsx", 300)
        self.put(tmp_path, "2024-02/~$a.xlsx", 300)
        months, cursor = self.look(tmp_path, None)
        assert months == []
        assert json.loads(cursor or "{}") == {}
