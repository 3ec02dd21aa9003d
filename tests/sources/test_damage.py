"""A bit flips, a transfer breaks off: no figure changes without a word, in any format that carries a checksum.

Of 10,000 flips and 2,000 truncations (`make soak`; the suite takes a sample) over .xlsx, .xlsb, .ods none is read with another figure.
.xls carries none: a bit inside a number or a text leaves no trace there. What can be told by its structure is; the rest is counted and
printed, and may not grow.
"""

from __future__ import annotations

import io
import random
import zipfile
import zlib
from pathlib import Path

import pytest
import xlwt

from schemas.dictionary import load_dictionary
from sinks.template import write_template
from sources.kinds import zip_members
from sources.layout import reading_kit
from sources.reading import FileReader
from tests.conftest import SOAK
from tests.dialects.binaries import by_biff5, by_xlsb
from tests.dialects.kinds import made
from tests.sources.damage import outcomes
from tests.sources.sheets import CODE, NAME, TOWN, form, ods, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
FLIPS, CUTS = (2500, 500) if SOAK else (60, 20)
MOST_CHANGED_OF_XLS = {"biff8.xls": 0.05, "biff5.xls": 0.16}
"""Share of flips in .xls that change a figure, or whose it is, without a trace: all of them inside a number or a text."""
ROWS = form([[str(n), i.label.zh, i.unit.label.zh, n % 7] for n, i in enumerate(DICTIONARY.indicators.values())])


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("damage") / "a.xlsx"
    write_template(path, DICTIONARY, month="2024-03", village_code=CODE, village_name=NAME, town_name=TOWN, values={"births_m": 2})
    return path.read_bytes()


def old_book() -> bytes:
    book, buffer = xlwt.Workbook(encoding="utf-8"), io.BytesIO()
    sheet = book.add_sheet("月报")
    for r, row in enumerate(ROWS):
        for c, cell in enumerate(row):
            if cell != "":
                sheet.write(r, c, cell)
    book.save(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(("name", "seed"), [("template.xlsx", 1), ("stored.xlsx", 2), ("form.ods", 3), ("form.xlsb", 4)])
def test_no_flipped_bit_and_no_cut_changes_a_figure_of_a_package(name: str, seed: int, template: bytes) -> None:
    """By a reader that has met the form and reads it by its plain parts, and by one that has not."""
    data = {
        "template.xlsx": lambda: template,
        "stored.xlsx": lambda: repacked(xlsx(ROWS)),
        "form.ods": lambda: ods(ROWS),
        "form.xlsb": lambda: by_xlsb(made("template", (), random.Random(2))),
    }[name]()
    reader = FileReader(KIT)
    for _ in range(2):
        reader.read(data, name)
    found = outcomes(reader, data, name, seed, FLIPS, CUTS) + outcomes(FileReader(KIT), data, name, seed + 100, FLIPS // 10, CUTS // 10)
    print(name, dict(found))
    assert found["changed"] == found["lost"] == 0
    assert found["damaged_member"] > 0.3 * FLIPS
    assert found["reader_failed"] == 0


@pytest.mark.parametrize(("name", "seed"), [("biff8.xls", 5), ("biff5.xls", 6)])
def test_what_a_flipped_bit_does_to_a_book_without_checksums_is_known(name: str, seed: int) -> None:
    data = old_book() if name == "biff8.xls" else by_biff5(made("sections", (), random.Random(1)))
    found = outcomes(FileReader(KIT), data, name, seed, FLIPS, 0)
    cut = outcomes(FileReader(KIT), data, name, seed, 0, CUTS)
    print(name, "flips:", dict(found), "cuts:", dict(cut))
    assert found["changed"] <= MOST_CHANGED_OF_XLS[name] * FLIPS + (0 if SOAK else 5)
    assert cut["changed"] == 0


def repacked(data: bytes, change: tuple[str, bytes, bytes] | None = None) -> bytes:
    """The package with its members stored as they are; `change`: in this member, these bytes for those, the checksum left."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(buffer, "w") as new:
        for member in old.namelist():
            new.writestr(member, old.read(member))
    packed = buffer.getvalue()
    if change is not None:
        name, before, after = change
        entry = next(e for e in zip_members(packed) if e.name == name.encode())
        at = packed.index(before, entry.offset)
        packed = packed[:at] + after + packed[at + len(before) :]
    return packed


@pytest.mark.parametrize(
    ("member", "before", "after"),
    [
        ("xl/worksheets/sheet1.xml", b"<v>6</v>", b"<v>7</v>"),
        ("xl/workbook.xml", b"<sheets>", b"<Sheets>"),
        ("xl/styles.xml", b"<fonts", b"<Fonts"),
        ("xl/_rels/workbook.xml.rels", b"rId1", b"rId9"),
    ],
)
@pytest.mark.parametrize("is_met", [True, False])
def test_the_damaged_member_is_named(member: str, before: bytes, after: bytes, is_met: bool) -> None:
    reader, sound = FileReader(KIT), xlsx(ROWS)
    for _ in range(2 if is_met else 0):
        reader.read(repacked(sound), "a.xlsx")
    reading = reader.read(repacked(sound, (member, before, after)), "a.xlsx")
    assert [(p.name, p.details) for p in reading.problems] == [("damaged_member", {"member": member})]
    assert not reading.records


def test_a_size_that_is_not_the_directorys_is_damage() -> None:
    """Checksum and content fit; the directory says another size."""
    data = bytearray(repacked(xlsx(ROWS)))
    at = data.rindex(b"xl/worksheets/sheet1.xml") - 46 + 24
    data[at] ^= 1
    assert FileReader(KIT).read(bytes(data), "a.xlsx").problems[0].name == "damaged_member"


def test_a_damaged_picture_or_theme_that_nobody_reads_refuses_nothing() -> None:
    buffer = io.BytesIO(xlsx(ROWS))
    with zipfile.ZipFile(buffer, "a") as package:
        package.writestr("xl/media/image1.png", b"picture of a stamp")
    data = buffer.getvalue().replace(b"picture of a stamp", b"pictura of a stamp")
    assert zlib.crc32(data)
    assert FileReader(KIT).read(data, "a.xlsx").status == "read"


def test_a_directory_that_counts_too_few_members_is_damaged(tmp_path: Path) -> None:
    data = bytearray(xlsx(ROWS))
    end = data.rindex(b"PK\x05\x06")
    data[end + 10] -= 1
    assert FileReader(KIT).read(bytes(data), "a.xlsx").problems[0].name == "damaged_file"
