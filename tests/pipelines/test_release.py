"""Gate, vintage, revision and feed, through the command line, on SQLite and PostgreSQL."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import dagster as dg
import numpy as np
import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from dagster._core.remote_representation.external_data import RepositorySnap

from methods.revisions import revisions
from methods.simulate.county import simulate_county
from pipelines.definitions import build_defs
from pipelines.settings import settings_from_environment
from schemas.dictionary import load_dictionary
from sinks.samplebooks.county import write_sample_files

MONTH = "2024-03"
SECRET = "geheim-7Q-xyz"
SPECIFIC = "村里已书面确认以后一份为准"


def cunbao(*arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if not k.startswith("CUNBAO_")} | {"CUNBAO_NOW": "2024-04-10T01:00:00Z"}
    command = [sys.executable, "-c", "from pipelines.cli.main import main; main()", "--lang", "en", *arguments]
    return subprocess.run(command, capture_output=True, text=True, env=environment, check=False)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("county")
    dictionary = load_dictionary([])
    sample = simulate_county(
        np.random.default_rng(7), dictionary, months=[MONTH], towns=2, villages=8, plant_mistakes=False, dialects="template"
    )
    write_sample_files(folder, sample, dictionary)
    return folder


def correct(file: Path) -> None:
    """The clerk adds a marriage and a divorce and sends a second file."""
    book = openpyxl.load_workbook(file)
    sheet = book.worksheets[0]
    changed = 0
    for row in sheet.iter_rows():
        for cell in row:
            if cell.value in ("结婚对数", "离婚对数"):
                value = next(c for c in row[cell.column :] if isinstance(c.value, int | float))
                value.value += 1
                changed += 1
    assert changed == 2
    book.save(file.with_name(f"{file.stem}_更正.xlsx"))


def test_a_month_is_released_revised_and_fed(county: Path, tmp_path: Path, database_url: str) -> None:
    """On PostgreSQL with a password in the address, which is looked for everywhere (issue 13, B6); wrong usage is tried on SQLite alone."""
    home, inbox = tmp_path / "home", tmp_path / "inbox"
    is_file = database_url.startswith("sqlite")
    if not is_file:
        database_url = sa.make_url(database_url).set(password=SECRET).render_as_string(hide_password=False)
    shutil.copytree(county / "inbox", inbox)
    where = ("--home", str(home), "--store", database_url)
    if is_file:
        assert cunbao("feed", MONTH, *where).returncode == 2  # nothing is released yet
    assert cunbao("run", MONTH, "--inbox", str(inbox), "--places", str(county / "places.csv"), "-q", *where).returncode == 0
    first = json.loads(cunbao("release", MONTH, "--signed-by", "A", "--json", *where).stdout)
    assert first["vintage"] == 1
    if is_file:
        assert json.loads(cunbao("release", MONTH, "--signed-by", "A", "--json", *where).stdout)["vintage"] == 1
    kept = {p.name: p.read_bytes() for p in Path(first["folder"]).iterdir()}
    correct(sorted((inbox / MONTH).glob("*.xlsx"))[0])
    assert cunbao("run", MONTH, "--inbox", str(inbox), "--places", str(county / "places.csv"), "-q", *where).returncode == 0
    refused = cunbao("release", MONTH, "--signed-by", "A", "--reason", "核实无误", *where)
    assert refused.returncode == 4  # another version of a village's report has come: near-mandatory
    assert "CB-3007" in refused.stderr
    question = next(f for f in json.loads(cunbao("review", MONTH, "--json", *where).stdout) if f["severity"] == "near_mandatory")
    to = (MONTH, question["place_code"], question["rule_id"], "--by", "B", *where)
    if is_file:
        assert "CB-3011" in cunbao("answer", *to, "--text", "核实无误").stderr
        assert "CB-3009" in cunbao("answer", MONTH, question["place_code"], "no_rule", "--text", SPECIFIC, "--by", "B", *where).stderr
    assert cunbao("answer", *to, "--text", SPECIFIC).returncode == 0
    second = json.loads(cunbao("release", MONTH, "--signed-by", "B", "--json", *where).stdout)
    assert second["vintage"] == 2
    assert {p.name: p.read_bytes() for p in Path(first["folder"]).iterdir()} == kept
    changes = pd.read_csv(Path(second["folder"]) / "revisions.csv", encoding="utf-8-sig").set_index(["place_level", "indicator"])
    assert changes.loc[("county", "marriages"), "difference"] == 1
    assert changes.loc[("town", "divorces"), "difference"] == 1
    upstream = f"sqlite:///{tmp_path / 'upstream.sqlite'}"
    fed = json.loads(cunbao("feed", MONTH, "--to", upstream, "--json", *where).stdout)
    again = json.loads(cunbao("feed", MONTH, "--to", upstream, "--json", *where).stdout)
    assert fed["rows"] == again["rows"] > 0
    assert again["package_changed"] == 0
    with sa.create_engine(upstream).connect() as connection:
        rows = connection.execute(sa.text("select count(*), min(vintage), max(vintage) from cunbao_figure")).one()
    assert tuple(rows) == (fed["rows"], 2, 2)
    with zipfile.ZipFile(home / "outbox" / "feeds" / f"cunbao_{MONTH}_v2.zip") as package:
        assert json.loads(package.read("manifest.json"))["signed_by"] == "B"
    if not is_file:
        wrong = cunbao("feed", MONTH, "--to", f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/none", *where)
        assert wrong.returncode == 1
        assert SECRET not in wrong.stdout + wrong.stderr
        assert_kept_secret(home, inbox, database_url)


def assert_kept_secret(home: Path, inbox: Path, url: str) -> None:
    """Every file of the home, and what the server tells the UI, is searched for the password; nothing of the home is for others."""
    files = [p for p in home.rglob("*") if not p.is_symlink()]
    assert [str(p) for p in files if p.is_file() and SECRET.encode() in p.read_bytes()] == []
    assert [str(p) for p in files if p.stat().st_mode & 0o077] == [], "store, originals and tables are the office's own"
    before = dict(os.environ)
    try:
        repository = build_defs(settings_from_environment(home, inbox, url)).get_repository_def()
        told = dg.serialize_value(RepositorySnap.from_def(repository))
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert "CUNBAO_STORE" in told
    assert SECRET not in told


def test_revisions_are_exactly_the_figures_that_differ() -> None:
    keys = {
        k: ["a", "b", "c", "d"] for k in ("place_code", "place_name", "indicator", "indicator_zh", "indicator_en", "unit", "place_level")
    }
    old = pd.DataFrame({**keys, "value": [1.0, 2.0, np.nan, np.nan]})
    new = pd.DataFrame({**keys, "value": [1.0, 5.0, np.nan, 4.0]})
    changed = revisions(old, new)
    assert changed["indicator"].tolist() == ["b", "d"]
    assert changed["difference"].tolist()[0] == 3.0
