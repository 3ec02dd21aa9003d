"""Files about persons, of every kind: set aside, told, gone from the inbox or sealed, nothing of them anywhere; look-alikes are read."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import pyrage
import pytest

from pipelines.cli.sample import make_sample
from schemas.dictionary import load_dictionary
from sources.crew import Task, read_files
from sources.layout import reading_kit
from tests.pipelines.office import Office, contents, sample_office
from tests.pipelines.persons import Kind, book_of, kinds_of_persons, look_alikes, people
from tests.pipelines.test_bad_files import _insides

pytestmark = pytest.mark.slow

MONTH = "2024-03"


@dataclass(frozen=True)
class Kept:
    """An office after its run: what was sent, and how the run ended."""

    office: Office
    kinds: list[Kind]
    alike: dict[str, bytes]
    good: dict[str, bytes]
    ended: subprocess.CompletedProcess[str]

    @property
    def inbox(self) -> Path:
        return self.office.inbox / MONTH

    @property
    def told(self) -> pd.DataFrame:
        return pd.read_csv(self.office.outbox / MONTH / "receipts" / "receipts.csv", keep_default_na=False).set_index("file_name")


def _office(county: Path, folder: Path, store_url: str = "", **extra: str) -> tuple[Office, list[Kind], dict[str, bytes], dict[str, bytes]]:
    shutil.copytree(county, folder)
    inbox = folder / "inbox" / MONTH
    good = contents(inbox)
    form = next(data for name, data in good.items() if name.endswith(".xlsx"))
    kinds, alike = kinds_of_persons(form), look_alikes(form)
    for kind in kinds:
        (inbox / kind.file_name).write_bytes(kind.data)
    for name, data in alike.items():
        (inbox / name).write_bytes(data)
    return replace(sample_office(folder, store_url=store_url), extra=extra), kinds, alike, good


@pytest.fixture(scope="module")
def deleted(honest_county: Path, tmp_path_factory: pytest.TempPathFactory, postgres_server: Any) -> Iterator[Kept]:
    """The default, on PostgreSQL."""
    import psycopg
    from psycopg import sql

    name = f"cunbao_persons_{os.getpid()}"
    admin = postgres_server.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(admin, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(sql.Identifier(name)))
    url = postgres_server.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)
    try:
        office, kinds, alike, good = _office(honest_county, tmp_path_factory.mktemp("deleted") / "county", url)
        yield Kept(office, kinds, alike, good, office.cunbao("run", MONTH, "--json"))
    finally:
        with psycopg.connect(admin, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))


def _masked_name(kind: Kind) -> str:
    return kind.file_name.replace(kind.persons[0].number, "＊＊＊") if kind.is_masked else kind.file_name


def test_there_are_more_than_twenty_kinds(deleted: Kept) -> None:
    assert len({kind.name for kind in deleted.kinds}) >= 20
    assert len({s for kind in deleted.kinds for s in kind.secrets}) == sum(len(kind.secrets) for kind in deleted.kinds)


def test_every_kind_is_quarantined_and_told_where(deleted: Kept) -> None:
    assert deleted.ended.returncode == 3, deleted.ended.stderr
    told = deleted.told
    statuses = {kind.name: told.loc[_masked_name(kind), "status"] for kind in deleted.kinds if _masked_name(kind) in told.index}
    assert statuses == {kind.name: "quarantined" for kind in deleted.kinds}
    folder = deleted.office.outbox / MONTH / "receipts"
    for kind in deleted.kinds:
        path = min(folder.rglob(f"*{_masked_name(kind)}.receipt.txt"), key=lambda p: len(p.name))
        text = path.read_text("utf-8-sig")
        assert "[CB-2101]" in text
        assert f"位置：{kind.place}" in text
        assert "{" not in text


def test_nothing_of_the_persons_is_anywhere(deleted: Kept, record_property: Any) -> None:
    """Home (vault, spool, Dagster's event log and storage), outbox, PostgreSQL, what the run printed."""
    found, looked = mentions([*_files(deleted.office.home), *_rows(deleted.office), *_said(deleted.ended)], deleted.kinds)
    record_property("contents_looked_into", looked)
    assert found == []
    assert looked > 300


def test_the_scan_would_find_each_kind(deleted: Kept) -> None:
    """Of a file that is kept, at least one of its persons' secrets is found."""
    for kind in deleted.kinds:
        readable = [("name", kind.file_name.encode()), (kind.name, kind.data)]
        if kind.name not in ("数字格式", "两行表头", "姓名和证件号", "全角和空格"):
            assert mentions(readable, [kind])[0], kind.name


def test_the_files_are_gone_from_the_inbox_and_the_others_are_not(deleted: Kept) -> None:
    left = contents(deleted.inbox)
    assert left == {**deleted.good, **deleted.alike}


def test_what_only_looks_like_persons_is_read(deleted: Kept) -> None:
    assert {name: deleted.told.loc[name, "status"] for name in deleted.alike} == dict.fromkeys(deleted.alike, "read")


def test_the_receipt_has_no_hash_of_the_content(deleted: Kept) -> None:
    """A list of one person can be guessed and hashed: the receipt must not confirm a guess."""
    told = deleted.told
    numbers = told.loc[[_masked_name(kind) for kind in deleted.kinds], "sha256"]
    assert numbers.str.startswith("quarantined-").all()
    assert numbers.is_unique


def test_running_again_changes_nothing(deleted: Kept) -> None:
    before, store = contents(deleted.office.outbox), deleted.office.dump()
    again = deleted.office.cunbao("run", MONTH, "--json")
    assert again.returncode == 3
    assert json.loads(again.stdout)["files"]["quarantined"] >= len(deleted.kinds)
    assert contents(deleted.office.outbox) == before
    assert deleted.office.dump() == store


# -- sealed, left, refused ------------------------------------------------------------------------------------------


def test_sealed_files_open_with_the_private_key_and_hold_every_byte(honest_county: Path, tmp_path: Path) -> None:
    private = pyrage.x25519.Identity.generate()
    folder = tmp_path / "county"
    office, kinds, alike, good = _office(honest_county, folder, CUNBAO_QUARANTINE="encrypt", CUNBAO_QUARANTINE_KEY=str(private.to_public()))
    ended = office.cunbao("run", MONTH, "--json")
    assert ended.returncode == 3, ended.stderr
    sealed = {path.name: path.read_bytes() for path in (office.home / "quarantine").iterdir()}
    receipts = pd.read_csv(office.outbox / MONTH / "receipts" / "receipts.csv").set_index("file_name")["sha256"]
    opened = {kind.name: pyrage.decrypt(sealed[f"{receipts[_masked_name(kind)]}.age"], [private]) for kind in kinds}
    assert opened == {kind.name: kind.data for kind in kinds}
    assert len(sealed) == len(kinds)
    assert contents(office.inbox / MONTH) == {**good, **alike}
    found, _ = mentions([*_files(office.home), *_said(ended)], kinds)
    assert found == []


@pytest.mark.parametrize(
    ("settings", "code"),
    [
        ({"CUNBAO_QUARANTINE": "encrypt"}, "CB-2104"),
        ({"CUNBAO_QUARANTINE": "encrypt", "CUNBAO_QUARANTINE_KEY": "age1nokey"}, "CB-2105"),
        ({"CUNBAO_QUARANTINE": "burn"}, "CB-2103"),
    ],
)
def test_settings_that_cannot_be_followed_stop_the_run_before_it_reads(
    honest_county: Path, tmp_path: Path, settings: dict[str, str], code: str
) -> None:
    (tmp_path / "inbox" / MONTH).mkdir(parents=True)
    (tmp_path / "inbox" / MONTH / "a.xlsx").write_bytes(b"")
    office = Office(tmp_path / "home", tmp_path / "inbox", honest_county / "places.csv", extra=settings)
    ended = office.cunbao("run", MONTH)
    assert ended.returncode == 2
    assert f"[{code}]" in ended.stderr
    assert (tmp_path / "inbox" / MONTH / "a.xlsx").exists()
    assert not (tmp_path / "home" / "store.sqlite").exists()


def test_a_file_that_cannot_be_removed_is_said_and_removed_by_a_later_run(honest_county: Path, tmp_path: Path) -> None:
    """Here a file stands where the folder of sealed files should be: the receipt says so, and the next run makes it good."""
    private = pyrage.x25519.Identity.generate()
    folder = tmp_path / "county"
    shutil.copytree(honest_county, folder)
    listed = folder / "inbox" / MONTH / "名单.xlsx"
    data = book_of([["姓名", "身份证号"], *([p.name, p.number] for p in people(2))])
    listed.write_bytes(data)
    extra = {"CUNBAO_QUARANTINE": "encrypt", "CUNBAO_QUARANTINE_KEY": str(private.to_public())}
    office = replace(sample_office(folder), extra=extra)
    office.home.mkdir()
    (office.home / "quarantine").write_bytes(b"")
    assert office.cunbao("run", MONTH).returncode == 3
    assert listed.exists()
    receipt = office.outbox / MONTH / "receipts" / f"{MONTH}_名单.xlsx.receipt.txt"
    assert "[CB-2102]" in receipt.read_text("utf-8-sig")
    (office.home / "quarantine").unlink()
    assert office.cunbao("run", MONTH).returncode == 3
    assert not listed.exists()
    assert "[CB-2102]" not in receipt.read_text("utf-8-sig")
    assert len(office.dump()["submission"]) == 1 + len(contents(folder / "inbox" / MONTH)) + 1
    (sealed,) = (office.home / "quarantine").iterdir()
    assert pyrage.decrypt(sealed.read_bytes(), [private]) == data


def test_a_thousand_clean_workbooks_are_read(tmp_path: Path) -> None:
    """Every dialect of a sample county, with its townlists, notes and footers: none is refused or taken for persons."""
    make_sample(tmp_path, seed=3, months=["2024-02", MONTH], towns=30, villages=700)
    paths = [path for path in sorted((tmp_path / "inbox").rglob("*")) if path.is_file()][:1000]
    assert len(paths) == 1000
    tasks = [Task(str(path), path.name) for path in paths]
    statuses = [reading.status for _, reading in read_files(tasks, reading_kit(load_dictionary([])), str(tmp_path / "vault"))]
    assert statuses == ["read"] * 1000


# -- looking --------------------------------------------------------------------------------------------------------


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}  # before SQLite tidies up its -wal
    for path, content in files.items():
        yield str(path), str(path).encode()
        yield from _insides(str(path), content, path)


def _rows(office: Office) -> Iterator[tuple[str, bytes]]:
    for table, rows in office.dump().items():
        yield table, repr(rows).encode()


def _said(ended: subprocess.CompletedProcess[str]) -> list[tuple[str, bytes]]:
    return [("stdout", ended.stdout.encode()), ("stderr", ended.stderr.encode())]


def _forms(word: str) -> set[bytes]:
    """The word in any encoding that a file here may have; XML may write it as character references."""
    plain = {word.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")}
    return plain | {json.dumps(word)[1:-1].encode(), word.encode("ascii", "xmlcharrefreplace")}


def mentions(readable: Any, kinds: list[Kind]) -> tuple[list[str], int]:
    """Where something of the kinds' persons stands, in any encoding a file here may have, and how many contents were looked into."""
    words = {secret: kind.name for kind in kinds for secret in kind.secrets}
    needles = [(form, word, name) for word, name in words.items() for form in _forms(word)]
    found, looked = [], 0
    for where, top in readable:
        for inner, content in _insides(where, top) if top[:2] == b"PK" or top[:1] == b"\x78" else [(where, top)]:
            looked += 1
            found += [f"{word} ({name}) in {inner}" for form, word, name in needles if form in content]
    return found, looked
