"""What only may be about persons is sealed, told, and decided upon by a person: nothing is deleted on suspicion, nothing is done twice."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import stat
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NamedTuple

import openpyxl
import pyrage
import pytest

from pipelines.cli.main import app
from pipelines.cli.screen import choose_language, fail
from schemas.dictionary import load_dictionary
from sources.layout import reading_kit
from sources.reading import FileReader
from tests.cases.office import MONTH, VILLAGES, Offices
from tests.pipelines.office import Office
from tests.pipelines.persons import book_of, people

VILLAGE = VILLAGES[1]
FILE = f"{VILLAGE}_202403.xlsx"
WHY = "is the list of the village's offices"
DECIDED = ("--by", "王敏", "--reason", WHY)
NAMES = ("赵国强", "钱丽华", "孙志明", "李秀英", "周建军", "吴桂兰", "郑海燕", "冯立新", "陈晓东", "褚玉梅")
KILLER = Path(__file__).parents[1] / "pipelines" / "killer.py"


def suspicious(form: bytes) -> bytes:
    """An honest form with a second sheet: a column of names and nothing else."""
    book = openpyxl.load_workbook(io.BytesIO(form))
    sheet = book.create_sheet("附页")
    for row in (["姓名"], *[[name] for name in NAMES]):
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


class Result(NamedTuple):
    """How a command ended."""

    returncode: int
    stdout: str
    stderr: str


def _status(arguments: Sequence[str]) -> int:
    try:
        ended = app(list(arguments), standalone_mode=False)
    except Exception as error:
        return fail(error)
    return int(ended or 0)


@dataclass
class Case:
    """An office with a suspicious file of one village in its March inbox."""

    office: Office
    data: bytes

    @property
    def inbox(self) -> Path:
        return self.office.inbox / MONTH

    @property
    def folder(self) -> Path:
        return self.office.home / "sealed"

    def run(self) -> dict[str, Any]:
        """The month from inbox to tables."""
        told: dict[str, Any] = json.loads(self.cunbao("run", MONTH, "--json").stdout)
        return told

    def receive(self) -> dict[str, Any]:
        """The intake alone."""
        told: dict[str, Any] = json.loads(self.cunbao("receive", MONTH, "--json").stdout)
        return told

    def sealed(self, *arguments: str) -> Result:
        return self.cunbao("sealed", *arguments)

    def cunbao(self, *arguments: str) -> Result:
        """The command line in this process, errors told as the entry point tells them; the environment is left as it was."""
        before = dict(os.environ)
        out, err = io.StringIO(), io.StringIO()
        os.environ.clear()
        os.environ.update(self.office.environment)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                choose_language("")
                code = _status(arguments)
        finally:
            os.environ.clear()
            os.environ.update(before)
        return Result(code, out.getvalue(), err.getvalue())

    def listed(self, *arguments: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.sealed("list", "--json", *arguments).stdout)
        return found

    def number(self) -> str:
        (only,) = self.listed()
        return str(only["number"])

    def rows(self, name: str) -> list[tuple[Any, ...]]:
        return self.office.dump()[name][1:]

    def statuses(self, name: str = FILE) -> list[str]:
        head, *rows = self.office.dump()["submission"]
        at = {column: n for n, column in enumerate(head)}
        return [r[at["status"]] for r in sorted(rows, key=lambda r: r[at["id"]]) if r[at["path"]].endswith(name)]

    def holds(self, *needles: str | bytes) -> list[str]:
        """Files of the home in which one of the texts stands, what is sealed and waits left out."""
        wanted = [n.encode() if isinstance(n, str) else n for n in needles]
        files = [p for p in self.office.home.rglob("*") if p.is_file() and self.folder not in p.parents]
        return [str(p) for p in files if any(n in p.read_bytes() for n in wanted)]


@pytest.fixture
def case(offices: Offices) -> Case:
    return case_in(offices.office())


def case_in(office: Office, **extra: str) -> Case:
    path = next(p for p in (office.inbox / MONTH).rglob("*.xlsx") if VILLAGE in p.name or "银坝村" in p.name)
    data = suspicious(path.read_bytes())
    path.unlink()
    (office.inbox / MONTH / FILE).write_bytes(data)
    os.utime(office.inbox / MONTH / FILE, ns=(1_712_000_000_123_456_789,) * 2)
    return Case(replace(office, extra=extra), data)


def test_a_suspected_file_is_sealed_listed_and_let_through(case: Case) -> None:
    told = case.run()
    assert told["files"]["sealed"] == told["sealed"] == 1
    assert told["files"]["quarantined"] == 0
    assert not (case.inbox / FILE).exists()
    (copy,) = case.folder.iterdir()
    assert copy.read_bytes() == case.data
    if os.name == "posix":
        assert stat.S_IMODE(case.folder.stat().st_mode) == 0o700
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    (item,) = case.listed()
    assert (item["village_code"], item["village"], item["state"], item["is_there"]) == (VILLAGE, "银坝村", "waiting", True)
    assert case.sealed("list").returncode == 3
    receipt = next((case.office.outbox / MONTH / "receipts").rglob(f"*{FILE}.receipt.txt")).read_text("utf-8-sig")
    for words in ("[CB-2110]", "[CB-2120]", "没有删除", "Nothing was deleted", f"cunbao sealed allow {item['number']}"):
        assert words in receipt
    assert case.holds(*NAMES, hashlib.sha256(case.data).hexdigest()) == []
    told_of = [row for row in case.rows("finding") if VILLAGE in map(str, row) and "missing_report" in map(str, row)]
    assert len(told_of) == 1
    assert any(item["number"] in str(cell) and "封存" in str(cell) for cell in told_of[0])
    status = json.loads(case.cunbao("status", "--json").stdout)
    assert {row["month"]: row["sealed"] for row in status}[MONTH] == 1
    assert "sealed, waiting for a decision: 1" in case.cunbao("review", MONTH).stdout
    assert "封存待定 1 个文件" in case.cunbao("--lang", "zh", "status").stdout

    again = case.run()
    assert again["files"]["sealed"] == 1
    assert not again["changed"]

    for reason in ("", "核实无误", "ok"):
        refused = case.sealed("allow", item["number"], "--by", "王敏", "--reason", reason)
        assert refused.returncode == 2
        assert "[CB-2125]" in refused.stderr
    assert case.sealed("allow", "ffffffffffff", *DECIDED).returncode == 2
    allowed = case.sealed("allow", item["number"], *DECIDED, "--json")
    assert allowed.returncode == 0, allowed.stderr
    assert json.loads(allowed.stdout)["decision"] == "allowed"
    assert "[CB-2127]" in case.sealed("delete", item["number"], *DECIDED).stderr

    read = case.run()
    assert read["files"]["sealed"] == read["sealed"] == 0
    assert case.statuses() == ["sealed", "read"]
    assert read["villages"]["missing"] == 0
    assert read["villages"]["reported"] == read["villages"]["expected"]
    assert [p for p in case.folder.rglob("*") if p.is_file()] == []
    (decided,) = case.listed("--all")
    assert (decided["state"], decided["decided_by"], decided["reason"]) == ("allowed", "王敏", WHY)
    receipts = "".join(p.read_text("utf-8-sig") for p in (case.office.outbox / MONTH / "receipts").rglob(f"*{FILE}*.txt"))
    assert "[CB-2121]" in receipts
    assert not any(item["file"].endswith(FILE) for item in read["files"]["not_read"])
    assert not case.run()["changed"]

    # The same bytes are let through under any name; other suspicious bytes are not.
    (case.inbox / "副本.xlsx").write_bytes(case.data)
    (case.inbox / "另一个.xlsx").write_bytes(suspicious(case.data))
    assert case.receive()["sealed"] == 1
    assert case.statuses("副本.xlsx") == ["read"]
    assert case.statuses("另一个.xlsx") == ["sealed"]


def test_deleted_for_good_with_the_decision_and_the_receipt_kept(case: Case) -> None:
    case.receive()
    number = case.number()
    assert case.sealed("delete", number, "--by", " ", "--reason", WHY).returncode == 2
    gone = case.sealed("delete", number, *DECIDED)
    assert gone.returncode == 0
    assert [p for p in case.folder.rglob("*") if p.is_file()] == []
    told = case.receive()
    assert told["sealed"] == 0
    assert case.statuses() == ["sealed"]
    assert case.listed() == []
    assert case.listed("--all")[0]["state"] == "deleted"
    receipts = "".join(p.read_text("utf-8-sig") for p in (case.office.outbox / MONTH / "receipts").rglob(f"*{FILE}*.txt"))
    assert "[CB-2122]" in receipts
    (case.inbox / FILE).write_bytes(case.data)  # sent again: another arrival, to be decided anew
    assert case.receive()["sealed"] == 1


def test_sealed_to_the_county_s_key_opens_with_the_identity_only(offices: Offices, tmp_path: Path) -> None:
    private, other = pyrage.x25519.Identity.generate(), pyrage.x25519.Identity.generate()
    case = case_in(offices.office(), CUNBAO_QUARANTINE_KEY=str(private.to_public()))
    case.receive()
    (copy,) = case.folder.iterdir()
    assert copy.suffix == ".age"
    assert pyrage.decrypt(copy.read_bytes(), [private]) == case.data
    number = case.number()
    right, wrong = tmp_path / "right.txt", tmp_path / "wrong.txt"
    right.write_text(f"# created: today\n# public key: {private.to_public()}\n{private}\n", "utf-8")
    wrong.write_text(f"{other}\n", "utf-8")
    for given in ((), ("--identity", str(wrong)), ("--identity", str(tmp_path / "none"))):
        refused = case.sealed("allow", number, *DECIDED, *given)
        assert refused.returncode == 2
        assert "[CB-2126]" in refused.stderr
    assert case.listed()[0]["state"] == "waiting"
    assert case.sealed("allow", number, *DECIDED, "--identity", str(right)).returncode == 0
    case.receive()
    assert case.statuses() == ["sealed", "read"]
    assert case.holds(str(private)) == []


def test_what_is_certain_is_quarantined_although_it_was_let_through() -> None:
    certain = book_of([["姓名", "身份证号"], *([p.name, p.number] for p in people(3))])
    reader = FileReader(reading_kit(load_dictionary([])))
    suspected = suspicious(book_of([["指标", "本月"], ["出生", 3]]))
    assert reader.read(suspected, "a.xlsx").status == "sealed"
    assert reader.read(suspected, "a.xlsx", is_let_through=True).status == "refused", "read like any other file; here no form is known"
    for data in (certain, suspicious(certain)):
        assert reader.read(data, "a.xlsx", is_let_through=True).status == "quarantined"


def _bundle(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return out.getvalue()


def test_a_bundle_is_sealed_with_its_suspected_member_and_quarantined_with_a_certain_one(case: Case) -> None:
    honest = next(p for p in case.inbox.rglob("*.xlsx") if VILLAGES[0] in p.name or "双田社区" in p.name)
    listed = book_of([["姓名", "身份证号"], *([p.name, p.number] for p in people(3))])
    (case.inbox / FILE).unlink()
    (case.inbox / "全镇.zip").write_bytes(_bundle({"a.xlsx": honest.read_bytes(), FILE: case.data}))
    (case.inbox / "名单.zip").write_bytes(_bundle({"b.xlsx": suspicious(case.data), "c.xlsx": listed}))
    honest.unlink()
    case.run()
    assert (case.statuses("全镇.zip"), case.statuses("全镇.zip!/a.xlsx"), case.statuses("全镇.zip!/" + FILE)) == (
        ["sealed"],
        ["read"],
        ["sealed"],
    )
    assert case.statuses("名单.zip") == case.statuses("名单.zip!/b.xlsx") == case.statuses("名单.zip!/c.xlsx") == ["quarantined"]
    assert not (case.inbox / "名单.zip").exists()
    number = case.number()
    told_of = [row for row in case.rows("finding") if VILLAGE in map(str, row) and "missing_report" in map(str, row)]
    assert any(number in str(cell) for cell in told_of[0])
    assert case.sealed("allow", number, *DECIDED).returncode == 0
    told = case.receive()
    assert told["sealed"] == 0
    assert case.statuses("全镇.zip!/" + FILE) == ["sealed", "read"]
    assert case.statuses("全镇.zip!/a.xlsx") == ["read"]


def test_a_later_file_of_the_same_name_is_not_undone(case: Case) -> None:
    case.receive()
    number = case.number()
    (case.inbox / FILE).write_bytes(next(p for p in case.inbox.rglob("*.xlsx")).read_bytes())
    case.receive()
    refused = case.sealed("allow", number, *DECIDED)
    assert refused.returncode == 2
    assert "[CB-2128]" in refused.stderr
    assert case.statuses() == ["sealed", "read"]


@pytest.mark.parametrize(
    ("target", "when", "command"),
    [
        ("assets.quarantine:seal", "before", "receive"),
        ("sources.quarantine:os.unlink", "before", "receive"),
        ("assets.sealed:let_through", "after", "allow"),
        ("assets.sealed:forget", "before", "allow"),
        ("assets.intake:save_intake", "after", "again"),
        ("assets.sealed:forget", "before", "delete"),
    ],
)
def test_a_killed_process_loses_nothing_and_does_nothing_twice(case: Case, target: str, when: str, command: str) -> None:
    def killed(*arguments: str, text: str = "") -> None:
        command = [sys.executable, str(KILLER), target, when, "1", text, "--", *arguments]
        environment = {**case.office.environment, "PYTHONPATH": str(KILLER.parents[2])}
        assert subprocess.run(command, env=environment, capture_output=True, check=False).returncode < 0

    if command == "receive":
        killed("receive", MONTH, text=FILE if "unlink" in target else "")
        case.receive()
    else:
        case.receive()
    number = case.number()
    assert case.statuses() == ["sealed"]
    assert not (case.inbox / FILE).exists()
    if command == "delete":
        killed("sealed", "delete", number, *DECIDED)
        case.receive()
        assert case.listed("--all")[0]["state"] == "deleted"
        assert [p for p in case.folder.rglob("*") if p.is_file()] == []
        assert case.statuses() == ["sealed"]
        return
    if command == "allow":
        killed("sealed", "allow", number, *DECIDED)
        again = case.sealed("allow", number, *DECIDED).returncode
        assert again == (0 if "let_through" in target else 2)  # 2: the decision was kept
    else:
        assert case.sealed("allow", number, *DECIDED).returncode == 0
    if command == "again":
        killed("receive", MONTH)
    case.receive()
    assert case.statuses() == ["sealed", "read"]
    assert [p for p in case.folder.rglob("*") if p.is_file()] == []
    assert len(case.rows("sealed_decision")) == 1
