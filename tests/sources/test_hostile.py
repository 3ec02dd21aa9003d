"""Files made to do harm, through the real crew: each is refused with a clear message within its limits, and the next file is read."""

from __future__ import annotations

import io
import struct
import time
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from random import Random

import psutil
import pytest

from schemas.dictionary import load_dictionary
from sinks.template import write_template
from sources.crew import Limits, Task, read_files
from sources.layout import reading_kit
from sources.reading import FileReading
from tests.dialects.binaries import biff5_of, by_xlsb, part, record
from tests.dialects.kinds import made
from tests.sources.sheets import CODE, NAME, TOWN, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
SHEET = "xl/worksheets/sheet1.xml"


def remade(change: Callable[[str, bytes], bytes | None], more: dict[str, bytes] | None = None) -> bytes:
    """A workbook with its members changed; None leaves one out."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx([["村名", 1], ["甲村", 2]]))) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if (content := change(name, old.read(name))) is not None:
                new.writestr(name, content)
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return buffer.getvalue()


def sheet_of(xml: bytes) -> bytes:
    return remade(lambda name, content: xml if name == SHEET else content)


def far_corner(*, tells: bool) -> bytes:
    dimension = b'<dimension ref="A1:XFD1048576"/>' if tells else b""
    cells = b'<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    return sheet_of(b"<worksheet " + space + b">" + dimension + b"<sheetData>" + cells + b"</sheetData></worksheet>")


def lying_bomb() -> bytes:
    """Half a gigabyte of blanks in a sheet whose size the directory puts at a thousand bytes."""
    machine = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(machine.compress(b" " * 2**20) for _ in range(600)) + machine.flush()
    data = bytearray(sheet_of(b"MARK"))
    info = zipfile.ZipFile(io.BytesIO(bytes(data))).getinfo(SHEET)
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(bytes(data))) as old, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            if name != SHEET:
                new.writestr(name, old.read(name))
        new.writestr(zipfile.ZipInfo(SHEET), b"")
    made = bytearray(buffer.getvalue())
    entry = made.rindex(SHEET.encode()) - 46
    at = struct.unpack_from("<I", made, entry + 42)[0]
    head = struct.pack("<4sHHHHHIIIHH", b"PK\x03\x04", 20, 0, 8, 0, 0, 0, len(packed), 1000, len(SHEET), 0) + SHEET.encode()
    start, body = at, head + packed
    rest = bytes(made[at + 30 + len(SHEET) :])
    made = bytearray(made[:start] + body + rest)
    shift = len(body) - 30 - len(SHEET)
    entry += shift
    struct.pack_into("<HHHIII", made, entry + 10, 8, 0, 0, 0, len(packed), 1000)
    end = made.rindex(b"PK\x05\x06")
    struct.pack_into("<I", made, end + 16, struct.unpack_from("<I", made, end + 16)[0] + shift)
    assert info.filename == SHEET
    return bytes(made)


def laughs(entity: bytes) -> bytes:
    space = b'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
    body = b"<worksheet " + space + b'><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>&z;</t></is></c></row></sheetData></worksheet>'
    return sheet_of(b"<!DOCTYPE x [" + entity + b"]>" + body)


BILLION = b'<!ENTITY a "lol">' + b"".join(b'<!ENTITY %c "%s">' % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(25))
OUTSIDE = b'<!ENTITY z SYSTEM "file:///etc/passwd">'


def ods_laughs() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", b"<!DOCTYPE x [" + BILLION + b"]><office>&z;</office>")
    return buffer.getvalue()


def ods_repeated() -> bytes:
    names = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    cell = '<table:table-cell office:value-type="float" office:value="1" table:number-columns-repeated="16384"/>'
    row = f'<table:table-row table:number-rows-repeated="1048576">{cell}</table:table-row>'
    table = f"<office:body><office:spreadsheet><table:table>{row}</table:table></office:spreadsheet></office:body>"
    text = f"<office:document-content {names}>{table}</office:document-content>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", text)
    return buffer.getvalue()


def ods_far_corner() -> bytes:
    names = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"'
    cell = '<table:table-cell office:value-type="float" office:value="1"/>'
    between = '<table:table-row table:number-rows-repeated="1048574"><table:table-cell/></table:table-row>'
    last = f'<table:table-row><table:table-cell table:number-columns-repeated="16383"/>{cell}</table:table-row>'
    table = f'<table:table table:name="a"><table:table-row>{cell}</table:table-row>{between}{last}</table:table>'
    body = f"<office:body><office:spreadsheet>{table}</office:spreadsheet></office:body>"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("content.xml", f"<office:document-content {names}>{body}</office:document-content>")
    return buffer.getvalue()


def xlsb_far_corner() -> bytes:
    """A sound .xlsb whose last row is followed by the last cell of all."""
    last = part(0, struct.pack("<IIHBBBI", 1_048_575, 0, 300, 0, 0, 0, 0)) + part(5, struct.pack("<IId", 16_383, 0, 1.0))
    end, buffer = part(146), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(by_xlsb(made("flat", (), Random(1))))) as old, zipfile.ZipFile(buffer, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(end, last + end) if name.endswith("sheet1.bin") else content)
    return buffer.getvalue()


def xls_far_corner() -> bytes:
    import xlwt

    book = xlwt.Workbook()
    sheet = book.add_sheet("a")
    sheet.write(0, 0, 1)
    sheet.write(65_535, 255, " ")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def biff5_far_corner() -> bytes:
    return biff5_of(record(0x0203, struct.pack("<HHHd", 65_535, 65_535, 0, 1.0)))


def ole(*, loop: bool) -> bytes:
    """A container whose sectors chain in a circle, or end in the middle of one."""
    import xlwt

    book = xlwt.Workbook()
    book.add_sheet("a").write(0, 0, "x" * 3000)
    buffer = io.BytesIO()
    book.save(buffer)
    data = bytearray(buffer.getvalue())
    if not loop:
        return bytes(data[: len(data) // 2])
    first = struct.unpack_from("<I", data, 76)[0]
    for n in range(128):
        struct.pack_into("<I", data, 512 * (first + 1) + 4 * n, 0)
    return bytes(data)


def many_sheets() -> bytes:
    import openpyxl

    book = openpyxl.Workbook()
    for n in range(500):
        book.create_sheet(f"s{n}")
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def deep(tag: bytes, times: int) -> bytes:
    return b"<table><tr><td>" + tag * times


SS = b'xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet"'
FORMULA = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1"><f>'
FAR_ROW = b'><Worksheet><Table><Row ss:Index="9999999"><Cell ss:Index="9999999"/></Row></Table></Worksheet></Workbook>'
HOSTILE: dict[str, bytes] = {
    "far corner, told": far_corner(tells=True),
    "far corner, not told": far_corner(tells=False),
    "far corner of ods": ods_far_corner(),
    "far corner of xlsb": xlsb_far_corner(),
    "far corner of xls": xls_far_corner(),
    "far corner of xls 1995": biff5_far_corner(),
    "zip bomb that lies": lying_bomb(),
    "billion laughs": laughs(BILLION),
    "external entity": laughs(OUTSIDE),
    "billion laughs in ods": ods_laughs(),
    "seventeen thousand million repeated cells": ods_repeated(),
    "path traversal in a package": remade(lambda _, c: c, {"../../../../tmp/cunbao-evil": b"x"}),
    "ole sectors in a circle": ole(loop=True),
    "ole cut off": ole(loop=False),
    "five hundred sheets": many_sheets(),
    "page nested deeply": deep(b"<div>", 300_000),
    "tables in tables": deep(b"<table><tr><td>", 50_000),
    "spans of a million": b"<table><tr><td colspan=999999 rowspan=999999>a<td>b</table>",
    "xml 2003 with entities": b"<!DOCTYPE x [" + BILLION + b"]><Workbook " + SS + b">&z;</Workbook>",
    "xml 2003 far row": b"<Workbook " + SS + FAR_ROW,
    "a quote that never ends": b'a,b\n"' + b"x,\n" * 2_000_000,
    "one line of ten million commas": b"," * 10_000_000,
    "formulas nested deeply": sheet_of(FORMULA + b"(" * 100_000 + b")" * 100_000 + b"</f></c></row></sheetData></worksheet>"),
    "nothing but a header": b"PK\x03\x04",
    "zeros": bytes(100_000),
}  # fmt: skip


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FileReading]:
    """Every hostile file between two good ones, in one batch."""
    folder = tmp_path_factory.mktemp("hostile")
    tasks = []
    for number, (name, data) in enumerate(HOSTILE.items()):
        good = folder / f"good{number}.xlsx"
        write_template(good, DICTIONARY, month="2024-03", village_code=CODE, village_name=NAME, town_name=TOWN, values={"births_m": number})
        (folder / f"{number}.bin").write_bytes(data)
        tasks += [Task(str(folder / f"{number}.bin"), name), Task(str(good), good.name)]
    began = time.monotonic()
    found = {task.name: reading for task, reading in read_files(tasks, KIT, str(folder / "vault"), workers=2)}
    assert time.monotonic() - began < 10 * len(tasks)
    assert not [p for p in psutil.Process().children(recursive=True) if "spawn_main" in " ".join(p.cmdline()) and p.status() != "zombie"]
    return found


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_refused_with_a_clear_message(name: str, outcome: dict[str, FileReading]) -> None:
    reading = outcome[name]
    assert (reading.status, reading.records) == ("refused", ())
    assert next(p.name for p in reading.problems) in {
        "damaged_file", "file_too_large", "not_a_workbook", "reader_failed", "unknown_form", "no_rows", "title_missing",
    }  # fmt: skip


def test_the_good_files_between_them_are_all_read(outcome: dict[str, FileReading]) -> None:
    good = {name: reading for name, reading in outcome.items() if name.startswith("good")}
    assert len(good) == len(HOSTILE)
    assert {reading.status for reading in good.values()} == {"read"}


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("far corner, told", "1048576 × 16384"),
        ("far corner, not told", "1048576 × 16384"),
        ("far corner of ods", "1048576 × 16384"),
        ("seventeen thousand million repeated cells", "1048576 × 16384"),
        ("far corner of xlsb", "1048576 × 16384"),
        ("far corner of xls", "65536 × 256"),
        ("far corner of xls 1995", "65536 × 65536"),
    ],
)
def test_one_cell_at_a_far_corner_is_refused_by_its_size(name: str, size: str, outcome: dict[str, FileReading]) -> None:
    (told,) = outcome[name].problems
    assert (told.name, told.details["what"]) == ("file_too_large", size)


def test_a_bomb_is_refused_by_its_size(outcome: dict[str, FileReading]) -> None:
    assert outcome["zip bomb that lies"].problems[0].name == "file_too_large"


def test_nothing_is_written_outside(outcome: dict[str, FileReading]) -> None:
    assert outcome
    assert not Path("/tmp/cunbao-evil").exists()


def test_a_file_has_its_own_time_and_not_that_of_the_files_beside_it(tmp_path: Path) -> None:
    """Sixteen files go to a worker together; the one that takes longer than a file may is stopped, the others are read."""
    (tmp_path / "slow.csv").write_bytes(b"a,b\n" * 4_000_000)
    good = xlsx([["村级人口与家庭服务月报"], ["出生", 1]])
    for n in range(15):
        (tmp_path / f"{n}.xlsx").write_bytes(good)
    tasks = [Task(str(path), path.name) for path in sorted(tmp_path.iterdir())]
    found = {task.name: r for task, r in read_files(tasks, KIT, str(tmp_path / "vault"), workers=1, limits=Limits(seconds=1.0))}
    (told,) = found.pop("slow.csv").problems
    assert (told.name, told.details["what"]) == ("reader_failed", "> 1 s")
    assert {reading.kind for reading in found.values()} == {"xlsx"}


def test_a_file_that_takes_too_long_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a,b\n" * 3_000_000)
    tasks = [Task(str(tmp_path / "a.csv"), "a.csv")]
    ((_, reading),) = read_files(tasks, KIT, str(tmp_path / "vault"), workers=1, limits=Limits(seconds=0.05))
    assert (reading.status, reading.problems[0].name) == ("refused", "reader_failed")
