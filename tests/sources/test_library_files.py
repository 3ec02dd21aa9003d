"""Files that nobody wrote for us: those that the installed libraries ship, and 5,000 damaged ones. Each ends in one clear receipt.

They go through the real crew with its real limits: no crash, no hang, no memory above the limit, one reading each, all bilingual.
The suite takes a sample of the damaged ones; `make soak` all of them.
"""

from __future__ import annotations

import importlib.util
import io
import random
import zipfile
from collections import Counter
from pathlib import Path

import openpyxl
import pytest
import xlwt

from schemas.dictionary import load_dictionary
from schemas.messages import message
from sinks.template import write_template
from sources.crew import Limits, Task, read_files
from sources.layout import reading_kit
from sources.reading import FileReading
from tests.conftest import SOAK
from tests.dialects.binaries import by_biff5, by_xlsb
from tests.dialects.kinds import made
from tests.sources.mutate import mutated
from tests.sources.sheets import CODE, NAME, TOWN, csv_text, form, ods, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
PACKAGES = ("python_calamine", "openpyxl", "xlrd", "pandas", "odf", "xlwt", "xlsxwriter", "lxml", "olefile", "msoffcrypto")
ENDINGS = {".xlsx", ".xlsm", ".xltx", ".xls", ".xlsb", ".ods", ".et", ".csv", ".tsv", ".html", ".htm", ".zip", ".xml", ".mht"}
MANY = 5000 if SOAK else 420


def check(readings: list[FileReading], tasks: list[Task]) -> Counter[str]:
    """One reading each, and whatever was not read says why in both languages."""
    assert len(readings) == len(tasks)
    told: Counter[str] = Counter()
    for reading in readings:
        assert reading.status in ("read", "refused", "quarantined", "sealed")
        told[reading.status if reading.status == "read" else reading.problems[0].name] += 1
        if reading.status != "read":
            assert reading.problems
            assert not reading.records
        for problem in reading.problems:
            made = message(DICTIONARY, problem.name, {"month": "2024-03", **problem.details})
            assert made.say_zh
            assert made.say_en
            assert made.do_zh
            assert made.do_en
    return told


def shipped() -> list[Path]:
    found = []
    for package in PACKAGES:
        spec = importlib.util.find_spec(package)
        for folder in spec.submodule_search_locations or () if spec else ():
            found += [p for p in Path(folder).rglob("*") if p.suffix.lower() in ENDINGS and p.is_file()]
    return sorted(found)


def test_the_files_that_libraries_ship(tmp_path: Path) -> None:
    """Wheels ship hardly any; what they ship is read. `test_damaged_files_of_every_kind` is the harder one."""
    files = shipped()
    tasks = [Task(str(path), path.name) for path in files]
    told = check([r for _, r in read_files(tasks, KIT, str(tmp_path / "vault"))], tasks)
    print(f"{len(files)} files shipped by {', '.join(PACKAGES)}: {dict(told)}")
    assert sum(told.values()) == len(files)
    assert not told["reader_failed"]


@pytest.fixture(scope="module")
def seeds(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, bytes]]:
    """A sound file of every kind."""
    folder = tmp_path_factory.mktemp("seeds")
    write_template(
        folder / "a.xlsx", DICTIONARY, month="2024-03", village_code=CODE, village_name=NAME, town_name=TOWN, values={"births_m": 2}
    )
    template = (folder / "a.xlsx").read_bytes()
    rows = form([[str(n), i.label.zh, i.unit.label.zh, n % 7] for n, i in enumerate(DICTIONARY.indicators.values())])
    old = xlwt.Workbook(encoding="utf-8")
    sheet = old.add_sheet("月报")
    for r, row in enumerate(rows):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    legacy, modern = io.BytesIO(), io.BytesIO()
    old.save(legacy)
    book = openpyxl.load_workbook(io.BytesIO(template))
    book.save(modern)
    text = csv_text(rows)
    page = "<html><head><meta charset=gb2312></head><body><table>" + "".join(
        "<tr>" + "".join(f"<td rowspan=1>{cell}</td>" for cell in row) + "</tr>" for row in rows
    )
    excel_xml = (
        '<?xml version="1.0"?><Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" '
        'xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet ss:Name="月报"><Table>'
        + "".join("<Row>" + "".join(f'<Cell><Data ss:Type="String">{cell}</Data></Cell>' for cell in row) + "</Row>" for row in rows)
        + "</Table></Worksheet></Workbook>"
    )
    bundle = io.BytesIO()
    with zipfile.ZipFile(bundle, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("龙泉村.xlsx", xlsx(rows))
        archive.writestr("东村.csv", text)
    return [
        ("a.xlsx", template), ("b.xlsx", xlsx(rows)), ("c.xlsm", modern.getvalue()), ("d.xls", legacy.getvalue()),
        ("e.et", legacy.getvalue()),
        ("f.ods", ods(rows)), ("g.csv", text.encode("utf-8-sig")), ("h.txt", text.encode("gb18030")), ("i.tsv", text.encode("utf-16")),
        ("j.xls", page.encode("gb18030")), ("k.xls", excel_xml.encode()), ("l.zip", bundle.getvalue()),
        ("m.xls", by_biff5(made("sections", (), random.Random(1)))), ("n.xlsb", by_xlsb(made("template", (), random.Random(2)))),
    ]  # fmt: skip


def test_the_seeds_are_sound(seeds: list[tuple[str, bytes]], tmp_path: Path) -> None:
    told = check(_read(seeds, tmp_path), [Task("", name) for name, _ in seeds])
    assert told == {"read": len(seeds)}


def test_damaged_files_of_every_kind(seeds: list[tuple[str, bytes]], tmp_path: Path) -> None:
    """Through the crew with limits that none may pass. A worker that took more memory or time would die, and that would be told and
    counted: none does, because what would fill memory is seen before.
    """
    chance = random.Random(2_026)
    damaged = []
    for number in range(MANY):
        name, data = seeds[number % len(seeds)]
        damaged.append((f"{number:04d}_{name}", mutated(data, chance)))
    readings = _read(damaged, tmp_path, Limits(memory=3 * 2**29))
    told = check(readings, [Task("", name) for name, _ in damaged])
    stopped = Counter(p.details["what"] for r in readings for p in r.problems if p.name == "reader_failed")
    print(MANY, dict(told), dict(stopped))
    assert told["damaged_file"] > 0.1 * MANY
    assert told["read"] > 0.1 * MANY
    assert not stopped
    assert len({r.sha256 for r in readings if r.sha256}) > 0.8 * MANY


def _read(files: list[tuple[str, bytes]], folder: Path, limits: Limits | None = None) -> list[FileReading]:
    tasks = []
    for name, data in files:
        path = folder / name
        path.write_bytes(data)
        tasks.append(Task(str(path), name))
    return [r for _, r in read_files(tasks, KIT, str(folder / "vault"), workers=2, limits=limits or Limits())]
