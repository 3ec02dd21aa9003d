"""A month's inbox with one object of every odd sort: everything else is processed, and each has its word (issue 13, A1)."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.cases.office import MONTH, VILLAGES, Offices
from tests.pipelines.office import Office

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="pipes and modes of POSIX")
WITHOUT_RIGHTS = ["setpriv", "--bounding-set=-dac_override,-dac_read_search", "--inh-caps=-dac_override,-dac_read_search"]
"""Root as a person whom the modes of files bind."""


@dataclass(frozen=True)
class Odd:
    """The office, its inbox of the month, and the two receipts of a locked file and a folder that was closed: before and after."""

    office: Office
    inbox: Path
    first: dict[str, dict[str, Any]]
    second: dict[str, dict[str, Any]]
    n_rows: tuple[int, int]


def receive(office: Office) -> dict[str, dict[str, Any]]:
    """`cunbao receive` as somebody whom modes bind; what was not read, by path."""
    command = [str(Path(sys.executable).with_name("cunbao")), "--lang", "en", "receive", MONTH, "--places", str(office.places), "--json"]
    as_whom = WITHOUT_RIGHTS if os.geteuid() == 0 else []
    done = subprocess.run([*as_whom, *command], env=office.environment, capture_output=True, text=True, timeout=300, check=False)
    assert "Traceback" not in done.stderr, done.stderr
    files = json.loads(done.stdout)
    return {item["file"]: item for item in files.get("files", files)["not_read"]}


def n_submissions(office: Office) -> int:
    import sqlalchemy as sa

    engine = sa.create_engine(office.url)
    try:
        with engine.connect() as connection:
            return int(connection.scalar(sa.text("select count(*) from submission where sent_for = :m"), {"m": MONTH}) or 0)
    finally:
        engine.dispose()


def read_at_last(office: Office) -> set[str]:
    """Villages of which a form was read."""
    import sqlalchemy as sa

    engine = sa.create_engine(office.url)
    try:
        with engine.connect() as connection:
            query = (
                "select r.place_code from reading r join submission s on s.sha256 = r.sha256 where s.sent_for = :m and s.status = 'read'"
            )
            return set(connection.scalars(sa.text(query), {"m": MONTH}))
    finally:
        engine.dispose()


@pytest.fixture(scope="module")
def odd(offices: Offices) -> Odd:
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        pytest.skip("root without setpriv reads whatever modes say")
    office = offices.office()
    inbox = office.inbox / MONTH
    forms = {village: next(p for p in inbox.iterdir() if village in p.name) for village in VILLAGES}
    closed = inbox / "closed"
    closed.mkdir()
    shutil.move(forms[VILLAGES[1]], closed / forms[VILLAGES[1]].name)
    (inbox / "outside.xlsx").symlink_to("/etc/hostname")
    (inbox / "loop").symlink_to(inbox)
    os.mkfifo(inbox / "pipe.xlsx")
    with socket.socket(socket.AF_UNIX) as made:
        here = os.open(inbox, os.O_RDONLY)
        made.bind(f"/proc/self/fd/{here}/socket.xls")
        os.close(here)
    (inbox / "a\x1b[31mred\u202exslx.xlsx").write_bytes(b"no workbook")
    os.mkdir(os.fsencode(inbox) + "/青溪镇".encode("gb18030"))
    shutil.copy(forms[VILLAGES[2]], os.fsencode(inbox) + "/青溪镇/月报".encode("gb18030") + b".xlsx")
    forms[VILLAGES[0]].chmod(0)
    closed.chmod(0)
    first = receive(office)
    before = n_submissions(office)
    receive(office)
    again = n_submissions(office)
    forms[VILLAGES[0]].chmod(0o600)
    closed.chmod(0o700)
    return Odd(office, inbox, first, receive(office), (before, again))


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("outside.xlsx", "CB-2405"),
        ("loop", "CB-2405"),
        ("pipe.xlsx", "CB-2406"),
        ("socket.xls", "CB-2406"),
        ("closed", "CB-2404"),
    ],
)
def test_what_is_no_file_has_its_word_and_is_never_opened(odd: Odd, path: str, code: str) -> None:
    told = next(item for file, item in odd.first.items() if file.endswith(path))
    assert told["code"] == code
    assert told["say_zh"]
    assert told["say_en"]


def test_what_cannot_be_read_now_is_told_once_and_read_when_it_can_be(odd: Odd) -> None:
    locked = [item for file, item in odd.first.items() if VILLAGES[0] in file]
    assert [item["code"] for item in locked] == ["CB-2403"]
    assert "Permission denied" in locked[0]["say_en"]
    assert odd.n_rows[0] == odd.n_rows[1], "the same fault of the same file makes one row"
    assert {Path(file).name for file in odd.second} >= {"outside.xlsx", "pipe.xlsx"}
    assert not [file for file, item in odd.second.items() if item["code"] == "CB-2403" and VILLAGES[0] not in file]
    assert read_at_last(odd.office) >= {VILLAGES[0], VILLAGES[1]}


def test_everything_else_was_processed_at_the_first_run(odd: Odd) -> None:
    others = [p for p in odd.inbox.iterdir() if p.suffix == ".xlsx" and p.is_file() and not p.is_symlink()]
    readable = [p.name for p in others if VILLAGES[0] not in p.name and "red" not in p.name]
    assert len(readable) >= 9
    assert not [file for file in odd.first if Path(file).name in readable]
    strange = [file for file in odd.first if "red" in file]
    assert strange
    assert not any(mark in file for file in strange for mark in ("\x1b", "\u202e")), "control characters are shown by their names"
