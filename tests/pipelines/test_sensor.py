"""What starts a month by itself: files that have come to rest in the inbox, and a correction of the month before."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from assets.ports import Inbox
from pipelines.definitions import build_defs
from pipelines.sensors import RECORD, correction_sensor, inbox_sensor
from pipelines.settings import settings_from_environment
from sources.quarantine import Policy
from sources.sealing import let_through


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[dg.DagsterInstance]:
    """A Dagster instance on disk, as an office has one."""
    (tmp_path / "dagster").mkdir()
    with dg.DagsterInstance.local_temp(str(tmp_path / "dagster")) as made:
        yield made


class Looks:
    """A sensor that looks again and again, keeping its cursor as the daemon does."""

    def __init__(self, sensor: dg.SensorDefinition, instance: dg.DagsterInstance, inbox: Path) -> None:
        self.sensor, self.instance, self.inbox = sensor, instance, inbox
        self.cursor: str | None = None

    def __call__(self) -> list[dg.RunRequest]:
        settings = settings_from_environment(self.inbox.parent / "home", self.inbox)
        repository = build_defs(settings).get_repository_def()
        resources = {"inbox": Inbox(str(self.inbox), str(self.inbox / "vault"), quarantine=Policy(sealed=str(settings.sealed_folder)))}
        with dg.build_sensor_context(
            instance=self.instance, cursor=self.cursor, resources=resources, repository_def=repository, sensor_name=self.sensor.name
        ) as context:
            done = self.sensor.evaluate_tick(context)
        self.cursor = done.cursor
        self.skipped = done.skip_message or ""
        return list(done.run_requests or [])

    def months(self) -> list[str | None]:
        return [request.partition_key for request in self()]


class TestInbox:
    @pytest.fixture
    def inbox(self, tmp_path: Path) -> Path:
        (tmp_path / "inbox").mkdir()
        return tmp_path / "inbox"

    @pytest.fixture
    def look(self, instance: dg.DagsterInstance, inbox: Path) -> Looks:
        return Looks(inbox_sensor, instance, inbox)

    def put(self, file: Path, seconds_ago: float) -> Path:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(os.urandom(16))
        os.utime(file, (time.time() - seconds_ago,) * 2)
        return file

    def test_a_file_that_was_let_through_asks_for_its_month(self, look: Looks, inbox: Path) -> None:
        self.put(inbox / "2024-03/a.xlsx", 300)
        assert look.months() == ["2024-03"]
        sealed = inbox.parent / "home" / "sealed"
        let_through(sealed, "sealed-1", b"form", "2024-03", "2024-04-02T08:00:00Z")
        let_through(sealed, "sealed-2", b"form", "2024-02", "2024-03-02T08:00:00Z")
        assert look.months() == ["2024-02", "2024-03"]
        assert look.months() == []

    def test_a_month_whose_files_have_come_to_rest_is_run_once(self, look: Looks, inbox: Path) -> None:
        self.put(inbox / "2024-03/a.xlsx", 300)
        assert look.months() == ["2024-03"]
        assert look.months() == []
        assert "nothing new" in look.skipped
        self.put(inbox / "2024-03/b.xlsx", 200)
        self.put(inbox / "2024-01/late.xlsx", 200)
        assert look.months() == ["2024-01", "2024-03"]

    def test_the_first_look_does_not_do_again_what_was_done_by_command(
        self, look: Looks, inbox: Path, instance: dg.DagsterInstance
    ) -> None:
        """An office that worked by command and then serves: months that were recorded after their files came are done."""
        for month in ("2024-01", "2024-02", "2024-03"):
            self.put(inbox / f"{month}/a.xlsx", 300)
        for month in ("2024-01", "2024-02"):
            instance.report_runless_asset_event(dg.AssetMaterialization(RECORD, partition=month, metadata={"changed": True}))
        self.put(inbox / "2024-02/late.xlsx", -5)  # came after the month was recorded
        os.utime(inbox / "2024-02/late.xlsx", (time.time() + 300,) * 2)
        assert look.months() == ["2024-02", "2024-03"]
        assert look.months() == []
        self.put(inbox / "2024-01/correction.xlsx", 100)
        assert look.months() == ["2024-01"]

    def test_a_file_still_being_written_is_waited_for(self, look: Looks, inbox: Path) -> None:
        self.put(inbox / "2024-03/a.xlsx", 300)
        fresh = self.put(inbox / "2024-03/b.xlsx", 1)
        self.put(inbox / "2024-02/a.xlsx", 300)
        assert look.months() == ["2024-02"]
        os.utime(fresh, (time.time() - 120,) * 2)
        assert look.months() == ["2024-03"]

    def test_another_content_under_the_same_name_is_run_under_another_key(self, look: Looks, inbox: Path) -> None:
        file = self.put(inbox / "2024-03/a.xlsx", 300)
        before = look()
        file.write_bytes(b"corrected")
        os.utime(file, (time.time() - 90,) * 2)
        after = look()
        assert [r.partition_key for r in before] == [r.partition_key for r in after] == ["2024-03"]
        assert before[0].run_key != after[0].run_key

    def test_folders_that_are_no_months_and_lock_files_start_nothing(self, look: Looks, inbox: Path) -> None:
        self.put(inbox / "old/a.xlsx", 300)
        self.put(inbox / "2024-13/a.xlsx", 300)
        self.put(inbox / "2024-02/~$a.xlsx", 300)
        assert look.months() == []
        assert json.loads(look.cursor or "{}") == {}

    def test_an_inbox_that_is_not_there_is_told(self, look: Looks, inbox: Path) -> None:
        inbox.rmdir()
        assert look.months() == []
        assert str(inbox) in look.skipped


class TestCorrection:
    @pytest.fixture
    def look(self, instance: dg.DagsterInstance, tmp_path: Path) -> Looks:
        return Looks(correction_sensor, instance, tmp_path / "inbox")

    def record(self, instance: dg.DagsterInstance, month: str, *, changed: bool) -> None:
        instance.report_runless_asset_event(dg.AssetMaterialization(RECORD, partition=month, metadata={"changed": changed}))

    def test_the_month_after_a_corrected_one_runs_again(self, look: Looks, instance: dg.DagsterInstance) -> None:
        for month in ("2024-02", "2024-03"):
            self.record(instance, month, changed=True)
        assert look.months() == []  # the later one has seen the earlier one
        self.record(instance, "2024-02", changed=True)
        assert look.months() == ["2024-03"]
        assert look.months() == []

    def test_a_run_that_changed_nothing_ends_the_chain(self, look: Looks, instance: dg.DagsterInstance) -> None:
        for month in ("2023-12", "2024-01", "2024-02"):
            self.record(instance, month, changed=True)
        assert look.months() == []
        self.record(instance, "2023-12", changed=True)
        assert look.months() == ["2024-01"]
        self.record(instance, "2024-01", changed=False)
        assert look.months() == []

    def test_the_newest_month_starts_nothing(self, look: Looks, instance: dg.DagsterInstance) -> None:
        self.record(instance, "2024-03", changed=True)
        assert look.months() == []

    def test_of_two_records_the_later_counts_once(self, look: Looks, instance: dg.DagsterInstance) -> None:
        for month in ("2024-03", "2024-02", "2024-02"):
            self.record(instance, month, changed=True)
        assert look.months() == ["2024-03"]
