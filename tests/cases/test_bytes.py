"""Damaged, oddly written and other files through the month run: what a person is told, what is kept, what is counted."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from pipelines.cli.screen import CommandError
from tests.cases.office import TOWN, VILLAGES, March, Offices

FORM = VILLAGES[1]


@pytest.fixture(scope="module")
def march(offices: Offices, shared_cases: Path) -> March:
    """One office: the case's files of one village or of none."""
    other = shared_cases / "reading" / "N4_other_kinds"
    files: dict[str, bytes | Path] = {
        "990101200200_202403.xlsx": shared_cases / "reading" / "N1_velvet_xlsx" / "990101200200_202403.xlsx",
        "损坏.xlsx": shared_cases / "files" / "bitflip_crc.xlsx",
        "旧表.xls": shared_cases / "files" / "biff8_codepage936.xls",
        "名单.xls": shared_cases / "files" / "persons_list_codepage936.xls",
        **{path.name: path for path in other.iterdir()},
    }
    return offices.march(files, instead_of=[FORM])


def test_a_damaged_member_is_named_in_both_languages(march: March) -> None:
    assert march.submission("损坏.xlsx")["status"] == "refused"
    assert march.told("损坏.xlsx") == {"damaged_member"}
    words = march.receipt_words("损坏.xlsx")
    assert "文件已损坏：其中的“xl/worksheets/sheet1.xml”" in words
    assert "its part “xl/worksheets/sheet1.xml” does not match its checksum" in words


def test_an_honest_form_with_another_code_page_is_read(march: March) -> None:
    found = march.submission("旧表.xls")
    assert (found["status"], found["layout"]) == ("read", "village_form_2023")
    assert (found["n_records"], found["n_cells"]) == (1, 62)


def test_a_list_of_persons_with_another_code_page_is_set_aside_and_nothing_of_it_kept(march: March) -> None:
    assert march.submission("名单.xls")["status"] == "quarantined"
    assert march.holds("33010219900307567X", "诸葛翀甯", "诸葛翀甯".encode("utf-16-le"), "13812345678") == []


def test_a_workbook_under_excels_default_password_is_read(march: March) -> None:
    assert march.submission("990101200200_202403.xlsx")["status"] == "read"
    assert march.report.loc[FORM, "status"] == "accepted"


@pytest.mark.parametrize(
    ("name", "told", "word", "english"),
    [
        ("松渡乡.rar", "packed_otherwise", "重新打包成 .zip", "pack them as a .zip"),
        ("松渡乡.7z", "packed_otherwise", "重新打包成 .zip", "pack them as a .zip"),
        ("月报.pdf", "picture_of_a_form", "发送报表的表格文件本身", "send the workbook itself"),
        ("月报照片.jpg", "picture_of_a_form", "发送报表的表格文件本身", "send the workbook itself"),
    ],
)
def test_other_kinds_are_refused_with_a_remedy_that_fits(march: March, name: str, told: str, word: str, english: str) -> None:
    assert march.told(name) == {told}
    assert word in march.receipt_words(name)
    assert english in march.receipt_words(name)


def test_a_nonsense_dimension_is_not_gone_by(offices: Offices, shared_cases: Path) -> None:
    name = "990101200200_202403.xlsx"
    march = offices.march({name: shared_cases / "reading" / "O3b_dimension_A0" / name})
    assert march.submission(name)["status"] == "read"
    assert march.report.loc[FORM, "status"] == "accepted"


def test_memos_that_a_disk_changed_cost_time_and_no_figure(march: March) -> None:
    """Eight bytes of every memo and working frame changed; the next run gives what the first gave."""
    before = march.report.copy()
    for path in (march.office.home / "memo").rglob("*.arrow"):
        data = bytearray(path.read_bytes())
        middle = len(data) // 2
        data[middle : middle + 8] = struct.pack("<d", 1000.0)
        path.write_bytes(data)
    again = March(march.office, march.office.run("2024-03"))
    assert again.report["status"].tolist() == before["status"].tolist()
    assert again.report["households_end"].tolist() == pytest.approx(before["households_end"].tolist(), nan_ok=True)
    assert str(TOWN) in set(again.report["town_code"])


def test_the_whole_vault_is_verified_by_a_command(march: March) -> None:
    sound = march.cunbao("vault", "verify", "--json", "--home", str(march.office.home), "--store", march.office.url)
    assert sound.returncode == 0, sound.stderr
    told = json.loads(sound.stdout)
    kept = sorted(path for path in (march.office.home / "vault").rglob("*") if path.is_file())
    assert (told["kept"], told["faults"]) == (len(kept), [])
    spoilt, gone = kept[0], kept[1]
    data = bytearray(spoilt.read_bytes())
    data[len(data) // 2] ^= 1
    spoilt.write_bytes(data)
    gone.unlink()
    bad = march.cunbao("vault", "verify", "--json", "--home", str(march.office.home), "--store", march.office.url)
    assert bad.returncode == 3
    faults = {fault["sha256"]: fault for fault in json.loads(bad.stdout)["faults"]}
    assert faults[spoilt.name]["name"] == "kept_bytes_damaged"
    assert faults[gone.name]["name"] == "kept_bytes_missing"
    assert all(fault["path"].startswith("2024-0") for fault in faults.values())
    words = march.cunbao("vault", "verify", "--home", str(march.office.home), "--store", march.office.url)
    assert "CB-2014" in words.stdout
    assert "has no copy of" in words.stdout
    assert "没有" in words.stdout


def test_the_error_of_a_damaged_original_is_coded() -> None:
    from assets.ports import KeptBytesNeededError
    from pipelines.cli.screen import fail
    from pipelines.spool import FrameDamagedError

    assert fail(KeptBytesNeededError("kept_bytes_damaged", {"sha256": "0" * 16, "path": "a.xlsx"})) == 1
    assert fail(FrameDamagedError("village_report", "2024-03")) == 1
    assert fail(CommandError("month_not_run", month="2024-03")) == 2
