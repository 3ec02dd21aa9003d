"""A password in the store's or the upstream's address stands nowhere: no records, logs, pages, definitions (issue 13, B6)."""

from __future__ import annotations

import os
from pathlib import Path

import dagster as dg
import pytest
import sqlalchemy as sa
from dagster._core.remote_representation.external_data import RepositorySnap

from pipelines.cli.sample import make_sample
from pipelines.definitions import build_defs
from pipelines.secrets import has_password
from pipelines.settings import settings_from_environment
from tests.pipelines.office import Office

MONTH, SECRET = "2024-03", "geheim-7Q-xyz"


@pytest.mark.parametrize(
    ("address", "is_secret"),
    [
        ("sqlite:////home/office/store.sqlite", False),
        ("postgresql+psycopg://postgres@127.0.0.1/test", False),
        (f"postgresql+psycopg://u:{SECRET}@h/db", True),
        (f"postgresql+psycopg://u@h/db?password={SECRET}", True),
        (f"s3://key:{SECRET}@bucket/in", True),
        ("s3://bucket/in", False),
        ("/home/office/inbox", False),
        ("http://[::1", True),
    ],
)
def test_addresses_with_secrets_are_known(address: str, is_secret: bool) -> None:
    assert has_password(address) == is_secret


@pytest.mark.slow
def test_a_password_is_nowhere(tmp_path: Path, postgres_url: str) -> None:
    """Runs on PostgreSQL with a password, released and fed: every file of the home, and what the server tells the UI, is searched."""
    make_sample(tmp_path, seed=5, months=[MONTH], towns=2, villages=6, plant_mistakes=False, departments=False, dialects="template")
    url = sa.make_url(postgres_url).set(password=SECRET).render_as_string(hide_password=False)
    office = Office(tmp_path / "home", tmp_path / "inbox", tmp_path / "places.csv", store_url=url, lineage=tmp_path / "lineage.csv")
    ran = office.cunbao("run", MONTH, "-q", "--no-data-docs")
    assert ran.returncode == 0, ran.stderr
    released = office.cunbao("release", MONTH, "--signed-by", "A", "--reason", "两个村的数字已经电话核实")
    assert released.returncode == 0, released.stderr
    fed = office.cunbao("feed", MONTH, "--to", url)
    assert fed.returncode == 0, fed.stderr
    wrong = office.cunbao("feed", MONTH, "--to", f"postgresql+psycopg://u:{SECRET}@127.0.0.1:1/none")
    assert wrong.returncode == 1
    for done in (ran, released, fed, wrong):
        assert SECRET not in done.stdout + done.stderr
    held = [str(p) for p in office.home.rglob("*") if p.is_file() and SECRET.encode() in p.read_bytes()]
    assert held == []
    open_to_others = [str(p) for p in office.home.rglob("*") if not p.is_symlink() and p.stat().st_mode & 0o077]
    assert open_to_others == [], "store, originals and tables are the office's own"
    before = dict(os.environ)
    try:
        repository = build_defs(settings_from_environment(office.home, office.inbox, url)).get_repository_def()
        told = dg.serialize_value(RepositorySnap.from_def(repository))
    finally:
        os.environ.clear()
        os.environ.update(before)
    assert "CUNBAO_STORE" in told
    assert SECRET not in told
