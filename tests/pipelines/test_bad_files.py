"""Files that cannot be used, beside good ones: each gets its own receipt, the others are processed, nothing personal is kept."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import sqlite3
import subprocess
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from msoffcrypto.format.ooxml import OOXMLFile

from schemas.dictionary import load_dictionary
from sinks.checksummed import verified
from tests.pipelines.office import Office, contents, sample_office

pytestmark = pytest.mark.slow

MONTH = "2024-03"


def _identity_number(place: str, born: str, serial: int) -> str:
    """A made-up resident identity number with the check digit of GB 11643 (ISO 7064 MOD 11-2, computed by its recurrence)."""
    body, p = f"{place}{born}{serial:03d}", 0
    for digit in body:
        p = (p + int(digit)) * 2 % 11
    check = (12 - p) % 11
    return body + ("X" if check == 10 else str(check))


def test_the_made_up_numbers_are_made_as_the_standard_says() -> None:
    """The example printed in GB 11643-1999."""
    assert _identity_number("110105", "19491231", 2) == "11010519491231002X"


# Places 119999 and 339999 do not exist.
PERSONS = [
    ("欧阳静姝", _identity_number("119999", "19870312", 21), "13912345678"),
    ("慕容长风", _identity_number("119999", "19901105", 338), "13898765432"),
    ("司徒望舒", _identity_number("339999", "20020228", 2), "15011112222"),
    ("上官云起", _identity_number("339999", "19760708", 114), "18633334444"),
]
ON_A_SHEET_OF_A_FORM = [
    ("公孙暮雪", _identity_number("339999", "19991231", 70), "17755556666"),
    ("诸葛听澜", _identity_number("119999", "19680101", 9), "13577778888"),
]


@dataclass(frozen=True)
class Mess:
    """An office whose inbox holds bad files among good ones, after its run. `spoilt`: villages whose form became unusable."""

    office: Office
    ended: subprocess.CompletedProcess[str]
    bad: dict[str, tuple[str, str]]
    spoilt: set[str]
    truth: pd.DataFrame

    @property
    def receipts(self) -> Path:
        return self.office.outbox / MONTH / "receipts"


@pytest.fixture(scope="module")
def mess(honest_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Mess:
    folder = tmp_path_factory.mktemp("mess") / "county"
    shutil.copytree(honest_county, folder)
    inbox = folder / "inbox" / MONTH
    shown = pd.read_parquet(folder / "truth" / "shown.parquet")
    locked, cut, listed = (folder / file for file in shown["file"].iloc[[1, 4, 7]])
    form = locked.read_bytes()

    encrypted = io.BytesIO()
    OOXMLFile(io.BytesIO(form)).encrypt("三月的密码", encrypted)
    assert encrypted.getvalue()[:8] == bytes.fromhex("d0cf11e0a1b11ae1")  # an OLE container, as Office writes it
    locked.write_bytes(encrypted.getvalue())
    cut.write_bytes(cut.read_bytes()[:-2000])
    with_persons = openpyxl.load_workbook(listed)
    sheet = with_persons.create_sheet("附表")
    sheet.sheet_state = "hidden"
    for person in ON_A_SHEET_OF_A_FORM:
        sheet.append([person[0], person[1], int(person[2])])
    with_persons.save(listed)

    (inbox / "garbage.xlsx").write_bytes(bytes(range(256)) * 40)
    (inbox / "empty.xlsx").write_bytes(b"")
    _workbook(
        inbox / "物资台账.xlsx",
        [["品名", "规格", "入库数量", "库房", "经手"], ["帐篷", "3×4", 12, "东库", ""], ["棉被", "2kg", 40, "西库", ""]],
    )
    _workbook(inbox / "育龄妇女名单.xlsx", [["序号", "姓名", "身份证号", "联系电话"], *([n, *p] for n, p in enumerate(PERSONS, start=1))])

    office = replace(sample_office(folder), extra={"CUNBAO_QUARANTINE": "leave"})  # so that there is something to compare with
    bad = {
        locked.name: ("refused", "encrypted_file"),
        cut.name: ("refused", "damaged_file"),
        listed.name: ("quarantined", "personal_data"),
        "garbage.xlsx": ("refused", "not_a_workbook"),
        "empty.xlsx": ("refused", "empty_file"),
        "物资台账.xlsx": ("refused", "unknown_form"),
        "育龄妇女名单.xlsx": ("quarantined", "personal_data"),
    }
    truth = pd.read_parquet(folder / "truth" / "figures.parquet")
    return Mess(office, office.cunbao("run", MONTH, "--json"), bad, set(shown["village_code"].iloc[[1, 4, 7]]), truth)


def _workbook(path: Path, rows: list[list[object]]) -> None:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)  # type: ignore[union-attr]
    book.save(path)


def test_the_exit_status_says_that_some_were_refused(mess: Mess) -> None:
    assert mess.ended.returncode == 3, mess.ended.stderr
    files = json.loads(mess.ended.stdout)["files"]
    assert (files["received"], files["read"], files["refused"], files["quarantined"]) == (14, 7, 5, 2)


def test_each_bad_file_is_named_with_its_own_code(mess: Mess) -> None:
    messages = load_dictionary([]).messages
    told = {item["file"].rpartition("/")[2]: (item["status"], item["code"]) for item in json.loads(mess.ended.stdout)["files"]["not_read"]}
    assert told == {name: (status, messages[fault].code) for name, (status, fault) in mess.bad.items()}
    assert len({code for _, code in told.values()}) == 6


def test_each_bad_file_gets_a_receipt_of_its_own_in_two_languages(mess: Mess) -> None:
    messages = load_dictionary([]).messages
    receipts = {path.name.removeprefix(f"{MONTH}_").removesuffix(".receipt.txt"): path for path in mess.receipts.rglob("*.receipt.txt")}
    assert receipts.keys() >= mess.bad.keys()
    for name, (status, fault) in mess.bad.items():
        text = receipts[name].read_text("utf-8-sig")
        message = messages[fault]
        assert f"{MONTH}/{name}" in text
        assert f"[{message.code}]" in text
        assert {"refused": "退回 refused", "quarantined": "已隔离 set aside"}[status] in text
        for words in (message.say.zh, message.say.en, message.do.zh, message.do.en):
            assert words.partition("{")[0] in text
        assert "{" not in text  # every blank of the wording is filled in
        assert "?" not in text


def test_the_list_of_receipts_and_the_page_have_every_file(mess: Mess) -> None:
    listed = pd.read_csv(mess.receipts / "receipts.csv")
    page = (mess.receipts / "index.html").read_text("utf-8")
    assert len(listed) == 14
    for name, (status, _) in mess.bad.items():
        assert listed.loc[listed["file_name"] == name, "status"].tolist() == [status]
        assert name in page


def test_the_other_files_are_processed(mess: Mess) -> None:
    """Totals are those of the seven villages whose form is good; the three others are missing, not zero."""
    report = mess.office.table("village_report", MONTH).set_index("village_code")
    assert set(report.index[report["status"] == "missing"]) == mess.spoilt
    assert set(report["status"]) == {"accepted", "missing"}
    codes = [i.code for i in load_dictionary([]).in_force(MONTH)]
    good = mess.truth[~mess.truth["village_code"].isin(mess.spoilt)]
    reported = good[codes].where((good[[f"{code}__state" for code in codes]] == ord("R")).to_numpy())
    figures = mess.office.table("place_figure", MONTH)
    county = figures[figures["place_level"] == "county"]
    assert county["villages_reported"].tolist() == [7]
    expected = reported.sum(min_count=1).round(2)
    assert county[codes].iloc[0].to_dict() == expected[codes].to_dict()
    assert expected.notna().all()
    assert (mess.office.outbox / MONTH / f"county_table_{MONTH}.xlsx").is_file()


def test_running_again_still_says_so_and_changes_nothing(mess: Mess) -> None:
    before = contents(mess.office.outbox)
    again = mess.office.cunbao("run", MONTH)
    assert again.returncode == 3
    for name, (_, fault) in mess.bad.items():
        assert any(name in line and load_dictionary([]).messages[fault].code in line for line in again.stdout.splitlines())
    assert contents(mess.office.outbox) == before


# -- nothing personal ------------------------------------------------------------------------------------------------


def _needles() -> dict[str, list[bytes]]:
    """Every name, number and telephone of the lists in the encodings that a file here may have."""
    words = [word for person in (*PERSONS, *ON_A_SHEET_OF_A_FORM) for word in person]
    return {
        word: [word.encode(code) for code in ("utf-8", "utf-16-le", "utf-16-be", "gb18030")] + [_escaped(word), _referenced(word)]
        for word in words
    }


def _escaped(word: str) -> bytes:
    return json.dumps(word)[1:-1].encode()


def _referenced(word: str) -> bytes:
    return word.encode("ascii", "xmlcharrefreplace")


def _insides(name: str, data: bytes, path: Path | None = None) -> Iterator[tuple[str, bytes]]:
    """The bytes of a file and of everything packed into it: zip members, SQLite values, Parquet columns, deflated blobs."""
    yield name, data
    if data[:2] == b"PK" and zipfile.is_zipfile(io.BytesIO(data)):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for member in archive.namelist():
                yield from _insides(f"{name}!{member}", archive.read(member))
    elif data[:4] == b"PAR1":
        sealed = verified(path) if path is not None else None  # a frame of the spool has its checksum behind it
        yield f"{name}!rows", pd.read_parquet(io.BytesIO(bytes(sealed or data))).to_csv(index=False).encode()
    elif data[:16] == b"SQLite format 3\0" and path is not None:
        connection = sqlite3.connect(path)
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            for row in connection.execute(f'SELECT * FROM "{table}"'):
                for value in row:
                    if isinstance(value, str | bytes):
                        yield from _insides(f"{name}!{table}", value.encode() if isinstance(value, str) else value)
        connection.close()
    elif data[:1] == b"\x78":
        try:
            yield f"{name}!inflated", zlib.decompress(data)
        except zlib.error:
            return


def _mentions(folder: Path) -> tuple[list[str], int]:
    """Where below the folder something of the lists stands, and how many contents were looked into."""
    needles, found, looked = _needles(), [], 0
    files = {path: path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}  # before SQLite tidies up its -wal
    for path, content in files.items():
        for name, data in _insides(str(path.relative_to(folder)), content, path):
            looked += 1
            found += [f"{word} in {name}" for word, forms in needles.items() if any(form in data for form in forms)]
    return found, looked


def test_nothing_of_a_person_level_file_is_kept_anywhere(mess: Mess, record_property: Any) -> None:
    found, looked = _mentions(mess.office.home)
    record_property("contents_looked_into", looked)
    assert found == []
    for part in ("vault", "spool", "memo", "dagster", "outbox"):
        assert (mess.office.home / part).is_dir()
    assert looked > 500
    said = mess.ended.stdout + mess.ended.stderr
    assert [word for word in _needles() if word in said] == []


def test_the_search_for_personal_content_would_find_it(mess: Mess) -> None:
    """The inbox, which is the sender's, still holds it: in the list, and on the hidden sheet of the form."""
    found, _ = _mentions(mess.office.inbox)
    words = {line.partition(" in ")[0] for line in found}
    assert words == set(_needles())


def test_the_vault_keeps_what_was_looked_through_and_nothing_personal(mess: Mess) -> None:
    """What cannot be opened may hold anything, so it is not kept either."""
    unopened = ("encrypted_file", "damaged_file", "not_a_workbook", "empty_file")
    not_kept = {name for name, (status, why) in mess.bad.items() if status == "quarantined" or why in unopened}
    assert {why for name, (_, why) in mess.bad.items() if name not in not_kept} == {"unknown_form"}
    kept = {path.name for path in (mess.office.home / "vault").rglob("*") if path.is_file()}
    digests = {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in (mess.office.inbox / MONTH).iterdir()}
    assert kept == {digest for name, digest in digests.items() if name not in not_kept}


def test_no_run_leaves_files_outside_its_home(mess: Mess) -> None:
    found = {name for name in os.listdir(mess.office.home) if not name.startswith("store.sqlite-")}
    assert found == {"dagster", "memo", "outbox", "spool", "store.sqlite", "vault"}
    assert {p.name for p in mess.office.inbox.iterdir()} == {MONTH}
