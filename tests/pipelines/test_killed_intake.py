"""Intakes killed with SIGKILL at random moments, files arriving all the while: none is lost, doubled or half stored.

The suite kills sixteen; `make soak` fifty, 38 on SQLite and 12 on PostgreSQL.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import sqlalchemy as sa

from tests.conftest import SOAK
from tests.pipelines.office import NOW, Office, clean_environment, contents

pytestmark = pytest.mark.slow

MONTH = "2024-03"
KILLS = {"sqlite": 38, "postgres": 12} if SOAK else {"sqlite": 11, "postgres": 5}
INCUBATOR = Path(__file__).with_name("incubator.py")


class Incubator:
    """The process that forks and kills intakes of one office."""

    def __init__(self, office: Office) -> None:
        office.home.mkdir(parents=True, exist_ok=True)
        given = {"store": office.url, "inbox": str(office.inbox), "vault": str(office.home / "vault"), "now": NOW}
        (office.home / "settings.json").write_text(json.dumps(given), "utf-8")
        command = [sys.executable, str(INCUBATOR), str(office.home / "settings.json"), MONTH]
        environment = clean_environment() | {"PYTHONPATH": str(INCUBATOR.parents[2])}
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )

    def __call__(self, seconds: float | None) -> str:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{'-' if seconds is None else f'{seconds:.4f}'}\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        self._process.communicate(timeout=60)


@pytest.fixture
def letters(small_county: Path) -> list[Path]:
    """The files of one month, in the order in which they come in."""
    return sorted(p for p in (small_county / "inbox" / MONTH).rglob("*") if p.is_file())


def deliver(letters: list[Path], inbox: Path, root: Path) -> None:
    for letter in letters:
        target = inbox / MONTH / letter.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(letter, target)


def stored(office: Office) -> dict[str, list[tuple[object, ...]]]:
    """What the intake wrote, but for what depends on the batches in which files came: running numbers, and which copy was first."""
    engine = sa.create_engine(office.url)
    with engine.connect() as connection:
        submissions = pd.read_sql("select * from submission", connection).drop(columns=["id"])
        submissions["problems"] = submissions["problems"].map(_own_problems)
        files = pd.read_sql("select * from inbox_file", connection)
    engine.dispose()
    dump = office.dump()
    rows = {"submission": submissions, "inbox_file": files}
    found = {name: sorted(tuple(map(str, row)) for row in frame.itertuples(index=False)) for name, frame in rows.items()}
    return found | {name: dump[name] for name in ("reading", "reading_plan")}


def _own_problems(text: str) -> str:
    return json.dumps([p for p in json.loads(text or "[]") if p["name"] != "already_received"])


@pytest.fixture(params=["sqlite", "postgres"])
def office(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Office, int]:
    """An empty office and how often it is to be killed."""
    url = request.getfixturevalue("postgres_url") if request.param == "postgres" else ""
    return Office(home=tmp_path / "home", inbox=tmp_path / "inbox", places=None, store_url=url), KILLS[request.param]


def test_after_many_kills_nothing_is_lost_doubled_or_half_stored(
    office: tuple[Office, int], letters: list[Path], small_county: Path, tmp_path: Path
) -> None:
    of, wanted = office
    root, chance = small_county / "inbox" / MONTH, random.Random(wanted)
    quiet = Office(home=tmp_path / "quiet", inbox=tmp_path / "quiet_inbox", places=None)
    deliver(letters, quiet.inbox, root)
    calm = Incubator(quiet)
    assert calm(None).startswith("done")
    calm.close()
    incubator = Incubator(of)
    deliver(letters[:5], of.inbox, root)
    usual = float(incubator(None).removeprefix("done "))
    killed, batches = 0, [letters[n : n + 2] for n in range(5, len(letters), 2)]
    while killed < wanted:
        if batches and chance.random() < 0.6:
            deliver(batches.pop(0), of.inbox, root)
        answer = incubator(chance.uniform(0.02, 1.1 * usual))
        assert answer != "failed"
        killed += answer == "killed"
        check_whole(of)
    deliver([letter for batch in batches for letter in batch], of.inbox, root)
    assert incubator(None).startswith("done")
    incubator.close()
    assert stored(of) == stored(quiet)
    assert contents(of.home / "vault") == contents(quiet.home / "vault")


def check_whole(of: Office) -> None:
    """Every submission is there once, with all its readings and its bytes; what is in the vault is what its name says."""
    engine = sa.create_engine(of.url)
    with engine.connect() as connection:
        if not sa.inspect(connection).has_table("submission"):
            return
        rows = connection.execute(sa.text("select path, sha256, status, n_records from submission")).all()
        readings = dict(map(tuple, connection.execute(sa.text("select sha256, count(*) from reading where role <> 'aside' group by sha256"))))
        files = [path for (path,) in connection.execute(sa.text("select path from inbox_file"))]
    engine.dispose()
    assert len({(path, sha256) for path, sha256, _, _ in rows}) == len(rows)
    assert {path for path, *_ in rows} == set(files)
    for _, sha256, status, n_records in rows:
        if status == "read":
            assert readings[sha256] == n_records
            kept = of.home / "vault" / sha256[:2] / sha256
            assert hashlib.sha256(kept.read_bytes()).hexdigest() == sha256
    for folder, _, names in os.walk(of.home / "vault"):
        for name in names:
            if not name.startswith(".part-"):
                assert hashlib.sha256(Path(folder, name).read_bytes()).hexdigest() == name
