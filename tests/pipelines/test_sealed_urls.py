"""Folders that bear a person's number, and files that may be about persons, in local inboxes and behind URLs, on both databases."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import fsspec
import pandas as pd
import pytest
import sqlalchemy as sa

from assets.sealed import Choice, DecisionRefused, allow, delete, sealed_files
from pipelines.cli.month_run import run_month
from pipelines.cli.sample import make_sample
from schemas.dictionary import load_dictionary
from sinks.places import save_places
from sinks.sealed import Decision, decisions, record_decision
from sinks.store import open_store
from sources.masks import MASK
from sources.places import read_places
from tests.cases.test_sealed import NAMES, suspicious
from tests.pipelines.office import NOW, Office, dump
from tests.pipelines.persons import people

MONTH = "2024-03"
CHOICE = Choice("王敏", "村办公室的名单，不是个人信息", NOW)
NUMBER, OTHER, PHONE = people(3)[1].number, people(3)[2].number, "13812345678"


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four villages of one town, one month, honest forms in the folders of two persons and of a telephone."""
    folder = tmp_path_factory.mktemp("folders")
    make_sample(folder, seed=7, months=[MONTH], towns=1, villages=4, plant_mistakes=False, departments=False, dialects="template")
    forms = sorted(p for p in (folder / "inbox" / MONTH).rglob("*.xlsx"))
    for form, person in zip(forms, (f"卫生员{NUMBER}", f"卫生员{OTHER}", f"电话{PHONE}"), strict=False):
        target = folder / "inbox" / MONTH / person / "月报.xlsx"
        target.parent.mkdir()
        form.rename(target)
    last = forms[3]
    last.write_bytes(suspicious(last.read_bytes()))
    return folder


@pytest.fixture(params=["folder", "memory"])
def office(request: pytest.FixtureRequest, sample: Path, tmp_path: Path, database_url: str) -> Iterator[Office]:
    if request.param == "folder":
        inbox = str(tmp_path / "inbox")
        shutil.copytree(sample / "inbox", inbox)
    else:
        inbox = "memory://box"
        system = fsspec.filesystem("memory")
        for path in (sample / "inbox").rglob("*.xlsx"):
            system.pipe_file(f"/box/{path.relative_to(sample / 'inbox').as_posix()}", path.read_bytes())
    yield Office(tmp_path / "home", inbox, sample / "places.csv", database_url)  # type: ignore[arg-type]
    if request.param == "memory":
        fsspec.filesystem("memory").rm("/box", recursive=True)


def run(of: Office) -> pd.DataFrame:
    before = dict(os.environ)
    try:
        receipts: pd.DataFrame = run_month(replace(of.settings, inbox=str(of.inbox)), MONTH, job="intake", is_quiet=True).values[
            "submission"
        ]
    finally:
        os.environ.clear()
        os.environ.update(before)
    return receipts


def inside(of: Office, *needles: str) -> list[str]:
    """Where one of the texts stands: names and contents of files of the home, but for what is sealed; rows of the store."""
    wanted = [needle.encode() for needle in needles]
    files = [p for p in of.home.rglob("*") if p.is_file() and of.settings.sealed_folder not in p.parents]
    found = [str(p) for p in files if any(n in str(p).encode() or n in p.read_bytes() for n in wanted)]
    return found + [name for name, rows in dump(of.url).items() if any(needle in repr(rows) for needle in needles)]


def test_folders_are_masked_their_files_read_and_the_suspected_one_decided_upon(office: Office) -> None:
    receipts = run(office)
    by_path = dict(zip(receipts["path"], receipts["status"], strict=True))
    masked = {f"{MONTH}/卫生员{MASK}/月报.xlsx", f"{MONTH}/卫生员{MASK} (2)/月报.xlsx", f"{MONTH}/电话{MASK}/月报.xlsx"}
    assert {path: status for path, status in by_path.items() if MASK in path} == dict.fromkeys(masked, "read")
    assert sorted(by_path.values()) == ["read", "read", "read", "sealed"]
    assert inside(office, NUMBER, OTHER, PHONE, *NAMES) == []
    assert len(run(office)) == len(receipts)

    dictionary = load_dictionary([])
    store = open_store(office.url, dictionary)
    assert office.places is not None
    save_places(store, read_places(office.places, dictionary), None)
    (item,) = sealed_files(store, dictionary, office.settings.sealed_folder)
    assert item["is_there"]
    assert item["file"].rsplit("/", 1)[-1].startswith(f"{item['town']}_{item['village']}_")
    assert item["village"]
    with pytest.raises(DecisionRefused):
        allow(store, office.settings.sealed_folder, item["number"], CHOICE._replace(reason="核实无误。"))
    made = allow(store, office.settings.sealed_folder, item["number"], CHOICE)
    assert not record_decision(store, made._replace(decision="deleted")), "the first decision stands"
    with pytest.raises(DecisionRefused):
        delete(store, office.settings.sealed_folder, item["number"], CHOICE)
    again = run(office)
    assert sorted(again["status"]) == ["let_through", "read", "read", "read", "read"]
    read = again[again["path"] == item["file"]]
    assert list(read["arrived_at"]) == [item["received"]] * 2, "it came when it came"
    assert decisions(store)[made.number].sha256 == read["sha256"].iloc[-1]
    assert len(run(office)) == len(again)
    store.engine.dispose()


def test_an_older_store_gets_the_table_of_decisions(database_url: str) -> None:
    dictionary = load_dictionary([])
    first = open_store(database_url, dictionary)
    with first.transaction() as connection:
        connection.execute(sa.text("DROP TABLE sealed_decision"))
        connection.execute(sa.text("DELETE FROM store_shape"))
    first.engine.dispose()
    store = open_store(database_url, dictionary)
    assert decisions(store) == {}
    made = Decision("sealed-1", "deleted", "王敏", "村办公室的名单", NOW, "a.xlsx", MONTH, NOW, "")
    assert record_decision(store, made)
    assert not record_decision(store, made)
    assert decisions(store) == {"sealed-1": made}
    store.engine.dispose()
