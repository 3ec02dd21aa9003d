"""What the server loads: assets with group, owner, kinds and description; jobs, schedule and sensor."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import dagster as dg
import pytest

from assets.common import GROUPS, group
from pipelines.definitions import build_defs, defs
from pipelines.settings import Settings, settings_from_environment
from tests.pipelines.office import GROUP_OF
from tests.sources.test_periods_of_returns import QUARTERLY


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_from_environment(tmp_path / "home", tmp_path / "inbox")


def test_every_asset_says_what_it_is_and_whose(settings: Settings) -> None:
    graph = build_defs(settings).resolve_asset_graph()
    names = {key.path[-1] for key in graph.get_all_asset_keys()}
    assert names >= {"place", "submission", "reading", "village_report", "finding", "town_figure", "month_record", "town_table"}
    for key in graph.get_all_asset_keys():
        node = graph.get(key)
        assert node.owners, key
        assert node.kinds, key
        assert " · " in (node.description or ""), key  # Chinese, then English
        assert node.partitions_def is not None, key
    assert {group(name) for name in GROUPS} == set(GROUP_OF.values())


def test_every_check_says_what_it_asks_and_belongs_to_a_month(settings: Settings) -> None:
    graph = build_defs(settings).resolve_asset_graph()
    for key in graph.asset_check_keys:
        spec = graph.get_check_spec(key)
        assert " · " in (spec.description or ""), key
        assert spec.partitions_def == graph.get(key.asset_key).partitions_def, key
        assert not spec.blocking, key  # findings stop a release (its gate counts them), never the month's tables
    checks = {key.name for key in graph.asset_check_keys}
    others = {"finding__completeness", "finding__timeliness", "data_docs__agree", "pattern_flag__looked_at"}
    assert checks == {f"finding__level_{n}" for n in range(6)} | others


def test_the_workspace_file_is_valid_from_any_folder_and_without_a_warning(tmp_path: Path) -> None:
    workspace = Path(__file__).parents[2] / "workspace.yaml"
    command = [str(Path(sys.executable).with_name("dagster")), "definitions", "validate", "-w", str(workspace)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("CUNBAO_", "DAGSTER_"))}
    ended = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert "Validation successful" in ended.stdout + ended.stderr
    ours = [line for line in ended.stderr.splitlines() if "PreviewWarning" in line or "BetaWarning" in line]
    assert ours == []


def test_the_server_can_load_everything() -> None:
    repository = defs().get_repository_def()
    repository.load_all_definitions()
    assert {sensor.name for sensor in repository.sensor_defs} == {"inbox_sensor", "correction_sensor"}
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
    assert [request.partition_key for request in requests or []] == ["2024-03"]


def test_a_quarters_return_has_its_own_run_after_it_was_due(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "quarterly.yaml").write_text(QUARTERLY.replace("period: quarter,", "period: quarter, due_day: 20,"), "utf-8")
    monkeypatch.setenv("CUNBAO_DICTIONARY", str(tmp_path))
    repository = build_defs(settings).get_repository_def()
    schedule = repository.get_schedule_def("outreach_quarterly_on_run_day")
    assert (schedule.cron_schedule, schedule.execution_timezone) == ("0 6 25 1,4,7,10 *", "Asia/Shanghai")
    for at, month in ((dt.datetime(2024, 4, 24, 22, 0), "2024-03"), (dt.datetime(2025, 1, 24, 22, 0), "2024-12")):
        with dg.DagsterInstance.ephemeral() as instance:
            when = at.replace(tzinfo=dt.UTC)
            context = dg.build_schedule_context(instance=instance, scheduled_execution_time=when, repository_def=repository)
            requests = schedule.evaluate_tick(context).run_requests
        assert [request.partition_key for request in requests or []] == [month]
