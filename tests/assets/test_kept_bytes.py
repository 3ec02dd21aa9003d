"""An original that is damaged does not drop out of a month in silence: the run stops and says so, unless another file came in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from assets.intake import _none_is_needed
from assets.ports import KeptBytesNeededError
from schemas.dictionary import load_dictionary
from sinks.store import open_store
from sinks.submissions import kept_submissions, save_intake
from sources.inbox import InboxFile
from sources.reading import FileReading
from sources.records import Problem

D = load_dictionary([])
OLD, NEW = "a" * 64, "b" * 64
SPOILT = {OLD: Problem("kept_bytes_damaged", details={"sha256": OLD[:16], "path": "a.xlsx"})}


def test_the_run_stops_until_another_file_of_the_name_is_there(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'store.sqlite'}", D)

    def take_in(sha256: str, second: int) -> None:
        came = InboxFile("2024-03/a.xlsx", "/nowhere/a.xlsx", "2024-03", 9, (1_712_000_000 + second) * 10**9)
        reading = FileReading(sha256, 9, "xlsx", "read", "village_form_2024", "monthly_return")
        save_intake(store, [(came, reading)], codes=D.codes, reading_version="x", recorded_at="2024-04-03T00:00:00Z")

    take_in(OLD, 0)
    with pytest.raises(KeptBytesNeededError) as told:
        _none_is_needed(store, SPOILT, ["2024-02", "2024-03"])
    assert (told.value.name, told.value.details["path"]) == ("kept_bytes_damaged", "2024-03/a.xlsx")
    take_in(NEW, 1)
    _none_is_needed(store, SPOILT, ["2024-02", "2024-03"])
    assert kept_submissions(store) == {sha256: [("2024-03/a.xlsx", "2024-03")] for sha256 in (OLD, NEW)}
    store.engine.dispose()
