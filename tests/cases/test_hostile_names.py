"""Names that are no plain names: bytes of another encoding, paths, formulas and scripts. None ends a run, leaves the outbox or is run."""

from __future__ import annotations

import csv
import os
import zipfile
from pathlib import Path

import openpyxl
import pytest

from tests.cases.office import MONTH, March, Offices

_FORMULAS = ("=", "+", "-", "@", "＝", "＋", "－", "＠", "\t", "\r", "\n")


@pytest.fixture(scope="module")
def named_in_gbk(offices: Offices) -> March:
    """The form of one village under a name of GBK bytes, as unzip leaves it, and another whose UTF-8 name says the same."""
    office = offices.office()
    folder = office.inbox / MONTH
    forms = sorted(folder.iterdir())
    os.rename(forms[0], os.path.join(os.fsencode(folder), "朱山村.xlsx".encode("gbk")))
    os.rename(forms[1], folder / "朱山村.xlsx")
    return March(office, office.run(MONTH))


def test_a_name_in_another_encoding_is_shown_as_its_sender_saw_it(named_in_gbk: March) -> None:
    assert (named_in_gbk.report["status"] == "accepted").all()
    paths = named_in_gbk.submissions["path"].tolist()
    assert len(paths) == len(set(paths)) == 12
    assert sum("朱山村" in path for path in paths) == 2
    assert all(path.encode() for path in paths)


def test_a_second_run_takes_nothing_in_again(named_in_gbk: March) -> None:
    named_in_gbk.office.run(MONTH)
    assert len(named_in_gbk.submissions) == 12


@pytest.fixture(scope="module")
def hostile(offices: Offices, shared_cases: Path) -> March:
    return offices.march({}, places=shared_cases / "files" / "town_name_traversal" / "places.csv")


def test_names_of_the_registry_stay_in_the_outbox(hostile: March) -> None:
    home = hostile.office.home.parent
    assert not [path for path in home.rglob("*ESC_*") if hostile.office.home not in path.parents]
    assert not list(home.parent.rglob("ESC_TOWN*"))
    towns = [path.name for path in (hostile.office.outbox / MONTH / "towns").iterdir()]
    assert len(towns) == 3
    assert any("ESC_TOWN" in name for name in towns)


def test_names_start_no_formula_and_run_no_script(hostile: March) -> None:
    for path in hostile.office.outbox.rglob("*"):
        if path.suffix == ".xlsx":
            with zipfile.ZipFile(path) as package:
                assert not [n for n in package.namelist() if "externalLink" in n]
            for sheet in openpyxl.load_workbook(path).worksheets:
                for row in sheet.iter_rows():
                    assert not [c.value for c in row if c.data_type == "f" and "cmd" in str(c.value)], path.name
        elif path.suffix == ".html":
            text = path.read_text("utf-8")
            assert "<script>alert" not in text, path.name
            assert "<img src=x" not in text, path.name
            assert "<svg/onload" not in text, path.name
        elif path.suffix == ".csv":
            with path.open(encoding="utf-8-sig", newline="") as file:
                cells = [cell for row in csv.reader(file) for cell in row]
            assert not [c for c in cells if c.startswith(_FORMULAS) and any(x in c for x in ("cmd", "SUM", "村", "镇"))], path.name
