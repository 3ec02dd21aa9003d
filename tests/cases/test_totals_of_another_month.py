"""A file that holds nothing but stated totals, of another month than it was sent for: held, both months quoted, never compared (A16)."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.pipelines.office import Office, clean_environment, cunbao

SCHEME = {"CUNBAO_PLACE_SCHEME": "tw11"}
COUNTY = "新竹市"


@pytest.fixture(scope="module")
def office(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """One real city's villages in July and August 2018; August's official totals of the towns are sent for July, and for August too."""
    source, folder = shared_data / "taiwan-2018h2", tmp_path_factory.mktemp("city")
    for month in ("2018-07", "2018-08"):
        (folder / "inbox" / month).mkdir(parents=True)
        lines = (source / "population" / f"{month}.csv").read_text("utf-8-sig").splitlines()
        kept = [line for n, line in enumerate(lines) if n < 2 or COUNTY in line]
        (folder / "inbox" / month / "population.csv").write_text("\n".join(kept), "utf-8-sig")
        shutil.copyfile(source / "town_totals" / "2018-08.ods", folder / "inbox" / month / "town_totals.ods")
    files = [str(folder / "inbox" / month / "population.csv") for month in ("2018-07", "2018-08")]
    drafted = cunbao("places", "draft", *files, "--out", str(folder / "places.csv"), environment=clean_environment() | SCHEME)
    assert drafted.returncode == 0, drafted.stderr
    made = Office(folder / "home", folder / "inbox", folder / "places.csv", extra=SCHEME)
    for month in ("2018-07", "2018-08"):
        done = made.cunbao("run", month)
        assert done.returncode == 0, done.stdout + done.stderr
    return made


@pytest.mark.slow
def test_they_are_held_and_both_months_quoted(office: Office) -> None:
    findings = office.table("finding", "2018-07")
    held = findings[findings["rule"] == "stated_other_month"]
    assert len(held) == 1, findings["rule"].value_counts()
    (asked,) = held.to_dict("records")
    assert asked["place_level"] == "county"
    for words in (asked["say_zh"], asked["say_en"]):
        assert "town_totals.ods" in words
        assert "2018-08" in words
        assert "2018-07" in words
    assert "stated_total" not in set(findings["rule"])
    assert office.table("stated_total", "2018-07").empty


@pytest.mark.slow
def test_in_their_own_month_they_are_compared_and_nothing_is_asked_about_months(office: Office) -> None:
    findings = office.table("finding", "2018-08")
    assert "stated_other_month" not in set(findings["rule"])
    assert len(office.table("stated_total", "2018-08"))


@pytest.mark.slow
def test_the_receipt_tells_the_sender(office: Office) -> None:
    engine = sa.create_engine(office.url)
    try:
        sent = pd.read_sql(sa.text("SELECT path, sent_for, status FROM submission WHERE path LIKE '%town_totals%'"), engine)
    finally:
        engine.dispose()
    assert sent["status"].tolist() == ["read", "read"]
    pages = [p for p in (office.outbox / "2018-07").rglob("*") if p.is_file() and p.suffix in (".html", ".json", ".csv", ".txt")]
    told = [p for p in pages if "合计表" in p.read_text("utf-8", errors="ignore") and "2018-08" in p.read_text("utf-8", errors="ignore")]
    assert told, json.dumps([str(p.relative_to(office.outbox)) for p in pages], ensure_ascii=False)
