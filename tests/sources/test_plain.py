"""Workbooks of a kind met before are read by their plain parts: always as the native reader would, or not at all."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import random
import string
import subprocess
from pathlib import Path
from typing import Any

import openpyxl
import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sources.faults import FileFault
from sources.kinds import kind_of
from sources.proven import ProvenReader
from sources.respelt import narrowed
from sources.workbook import Sheet, read_sheets
from tests.conftest import SOAK
from tests.dialects.kinds import KINDS, files_of
from tests.sources.oddparts import odd, packed, parts_of

MANY = 60_000 if SOAK else 2_000


def said_of(sheet: Sheet) -> tuple[Any, ...]:
    """All that reading asks a sheet; repr tells 1.0 from True and -0.0 from 0.0."""
    return (
        sheet.name,
        sheet.is_visible,
        repr(sheet.rows),
        repr(sheet.flat),
        list(sheet.merged),
        sheet.n_filled,
        sheet.filled,
        sheet.texts,
        list(sheet.said),
        sheet.long_numbers(),
        sheet.errors,
    )


def natively(data: bytes) -> list[Sheet] | FileFault:
    try:
        return read_sheets(data)[1]
    except FileFault as fault:
        if fault.name != "wide_parts":
            return fault
    try:
        return read_sheets(narrowed(data))[1]  # as the reader of files does
    except FileFault as fault:
        return fault


def plainly(proven: ProvenReader, data: bytes) -> list[Sheet] | None:
    """The sheets by their plain parts; None where the native reader had to be asked."""
    try:
        if kind_of(data) != "xlsx" or proven.read(data) is None:
            return None
    except FileFault:
        return None
    return read_sheets(data, proven)[1]


def agree(proven: ProvenReader, data: bytes) -> bool:
    """Read both ways, and learn; whether the plain parts were enough."""
    native, plain = natively(data), plainly(proven, data)
    if plain is None:
        try:
            read_sheets(data, proven)
        except FileFault as fault:
            assert isinstance(native, FileFault) or fault.name == "wide_parts"  # noqa: PT017
        return False
    assert not isinstance(native, FileFault), "the native reader refuses it"
    assert list(map(said_of, plain)) == list(map(said_of, native))
    blank = [(r, c) for sheet in native for r, row in enumerate(sheet.rows) for c, cell in enumerate(row) if cell == ""]
    for ours, theirs in zip(plain, native, strict=True):
        assert [ours.formulas.get(at) for at in blank] == [theirs.formulas.get(at) for at in blank]
    return True


def filled_in(rows: list[list[Any]], *, formats: bool = False) -> bytes:
    """A workbook by xlsxwriter, with a hidden sheet and merged cells, as a village would fill in its form."""
    buffer = io.BytesIO()
    book = xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False})
    sheet, hidden = book.add_worksheet("月报"), book.add_worksheet("_cunbao")
    bold = book.add_format({"bold": True, "num_format": "#,##0"}) if formats else None
    date = book.add_format({"num_format": "yyyy-mm-dd"})
    sheet.merge_range(0, 0, 0, 3, "村级人口与家庭服务月报", bold)
    for r, row in enumerate(rows, start=1):
        for c, cell in enumerate(row):
            if isinstance(cell, dt.date):
                sheet.write_datetime(r, c, cell, date)  # type: ignore[arg-type]
            elif cell is None:
                sheet.write_blank(r, c, None, bold)
            else:
                sheet.write(r, c, cell, bold)
    hidden.very_hidden()
    hidden.write(0, 0, "report_month")
    book.close()
    return buffer.getvalue()


def test_a_filling_of_a_form_met_before_is_read_by_its_plain_parts() -> None:
    proven = ProvenReader()
    assert not agree(proven, filled_in([["常住人口", 812], ["出生", 3], ["备注", "无"]]))
    assert agree(proven, filled_in([["常住人口", 640.5], ["出生", 0], ["备注", "上月漏报 2 人"]]))
    assert agree(proven, filled_in([["常住人口", None], ["出生", "—"], ["备注", "无", None, 7]]))


def test_a_date_and_a_truth_value_go_to_the_native_reader() -> None:
    proven = ProvenReader()
    for _ in range(2):
        assert not agree(proven, filled_in([["常住人口", 812], ["报出日期", dt.date(2024, 4, 3)]]))
        assert not agree(proven, filled_in([["常住人口", 812], ["是否", True]]))
        agree(proven, filled_in([["常住人口", 812], ["出生", 3]]))
    assert agree(proven, filled_in([["常住人口", 812], ["出生", 3]]))


def test_the_result_of_a_formula_is_read_and_one_without_is_looked_for() -> None:
    proven = ProvenReader()

    def book(result: Any) -> bytes:
        buffer = io.BytesIO()
        made = xlsxwriter.Workbook(buffer, {"in_memory": True})
        sheet = made.add_worksheet("月报")
        sheet.write_row(0, 0, ["男", 3, "女", 4])
        sheet.write_formula(1, 1, "=B1+D1", None, result)
        sheet.write_formula(2, 1, '=IF(B2=7,"相符","不符")', None, "相符")
        made.close()
        return buffer.getvalue()

    agree(proven, book(7))
    assert agree(proven, book(8))
    agree(proven, book(""))
    assert natively(book(""))[0].formulas.get((1, 1)) == "B1+D1"  # type: ignore[index]


cells = st.one_of(
    st.none(),
    st.integers(-(10**12), 10**12),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(string.ascii_letters + string.digits + " <>&\"'_x\n\t村级—（）　\u00a0\U00020000\r", max_size=12),
    st.sampled_from(["=A1+1", "#REF!", True, dt.date(2024, 3, 1), "_x0041_", "&amp;", " 前", "后 "]),
)


@settings(max_examples=400 if SOAK else 60, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.lists(st.lists(cells, max_size=5), max_size=5), min_size=2, max_size=6), st.booleans(), st.booleans())
def test_whatever_is_filled_in(fillings: list[list[list[Any]]], formats: bool, by_openpyxl: bool) -> None:
    proven = ProvenReader()
    for rows in fillings:
        data = filled_in(rows, formats=formats)
        if by_openpyxl:
            book, buffer = openpyxl.load_workbook(io.BytesIO(data)), io.BytesIO()
            book.save(buffer)
            data = buffer.getvalue()
        agree(proven, data)


def test_every_dialect_of_the_corpus() -> None:
    proven = ProvenReader()
    files = [file for kind in KINDS.values() for file in files_of(kind) if file.data.startswith(b"PK")]
    for _ in range(2):
        n_plain = sum(agree(proven, file.data) for file in files)
    assert n_plain > len(files) / 2


@pytest.fixture(scope="module")
def bases(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Filled-in forms by xlsxwriter and openpyxl, with texts written into cells, formatted texts and all."""
    figures = [["常住人口", 812, None, "人"], ["出生", 3, 4.5, "—"], ["合计", "=B2+C2", 0, ""], ["填表人", "王秀兰", None, "2024-04-03"]]
    made = [filled_in(figures, formats=True), filled_in(figures)]
    made += [
        file.data for name in ("formulas", "merged-figures", "pages") for file in list(files_of(KINDS[name]))[:2] if file.data[:2] == b"PK"
    ]
    for data in made[:2]:
        parts = parts_of(data)
        sheet = parts["xl/worksheets/sheet1.xml"]
        parts["xl/worksheets/sheet1.xml"] = sheet.replace(b"<v>812</v>", b"<v>9</v>").replace(
            b"</row></sheetData>", b'<c r="Z9" t="inlineStr"><is><t>written here</t></is></c></row></sheetData>'
        )
        rich = b'<si><r><rPr><b/></rPr><t xml:space="preserve">\xe4\xb8\x80 </t></r><r><t>two</t></r></si></sst>'
        parts["xl/sharedStrings.xml"] = parts["xl/sharedStrings.xml"].replace(b"</sst>", rich)
        made.append(packed(parts))
    return made


def test_what_is_written_oddly_is_read_as_the_native_reader_does_or_left_to_it(bases: list[bytes]) -> None:
    chance, n_plain, parts = random.Random(20240331), 0, [parts_of(data) for data in bases]
    proven = ProvenReader()
    for number in range(MANY):
        if number % 500 == 0:
            proven = ProvenReader()
            for data in [*bases, *bases]:
                agree(proven, data)
        n_plain += agree(proven, packed(odd(chance.choice(parts), chance)))
    print(f"{n_plain} of {MANY} odd workbooks were plain enough")
    assert n_plain > MANY / 20


def test_a_package_that_can_be_read_in_two_ways_is_left_to_the_native_reader() -> None:
    proven = ProvenReader()
    data = filled_in([["常住人口", 812]])
    assert not agree(proven, data)
    assert agree(proven, data)
    assert not agree(proven, data[:-2] + b"\4\0note")  # a comment
    assert not agree(proven, data + b"\0")
    parts = parts_of(data)
    assert agree(proven, packed(parts))
    assert not agree(proven, packed({**parts, "XL/Workbook.xml": parts["xl/workbook.xml"]}))
    broken = bytearray(data)
    at = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    broken[at + 16] ^= 1  # a checksum
    assert not agree(proven, bytes(broken))


def test_a_frame_in_another_place_means_nothing() -> None:
    """What ends one sheet stands in the middle of another, and what begins one at the end."""
    proven, data = ProvenReader(), filled_in([["常住人口", 812], ["出生", 3]])
    assert not agree(proven, data)
    assert agree(proven, data)
    parts = parts_of(data)
    sheet = parts["xl/worksheets/sheet1.xml"]
    head, _, rest = sheet.partition(b"<v>")
    tail = sheet[sheet.rindex(b"</v>") :]
    for odd_sheet in (
        head + b"<v>0" + tail + b"<v>1" + rest,
        head + b"<v>0" + tail + b"<v>1" + tail,
        head + b"<v>0" + head,
        tail + b"<v>0" + tail,
    ):
        assert not agree(proven, packed({**parts, "xl/worksheets/sheet1.xml": odd_sheet}))
    assert agree(proven, data)


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.plain._MOST_REMEMBERED", 20_000)
    proven = ProvenReader()
    for number in range(1, 60):
        rows = [[f"第{number}村", *([None] * (number % 7)), number], ["出生", "无" * number]]
        agree(proven, filled_in(rows))
        plain = proven._plain
        assert plain._of_plans < 40_000
        assert plain._of_texts < 40_000
        assert sum(len(frame) for known in plain._frames.values() for frame in known) < 40_000
    assert agree(proven, filled_in([["第1村", 1], ["出生", "无"]]))


@pytest.mark.parametrize("is_proven", [False, True])
def test_a_kind_whose_plain_parts_say_something_else_is_never_read_by_them(is_proven: bool) -> None:
    """Should a program come that writes plain parts which mean something else to the native reader, its files go there."""
    proven, data = ProvenReader(), filled_in([["常住人口", 812], ["出生", 3]])
    if is_proven:
        agree(proven, data)
        assert agree(proven, data)
    kind, sheets = read_sheets(data)
    assert kind == "xlsx"
    wrong = [dataclasses.replace(sheet, rows=[[cell if cell != 812 else 813.5 for cell in row] for row in sheet.rows]) for sheet in sheets]
    wrong[0].rows[0][0] = "another title"
    for _ in range(3):
        kind_of(data)
        proven.learn(data, wrong)
        proven.learn(data, sheets)
        assert proven.read(data) is None


@pytest.mark.slow
def test_what_libreoffice_saves_is_plain(soffice_path: str, tmp_path: Path) -> None:
    names = []
    for number in range(6):
        names.append(tmp_path / f"{number}.xlsx")
        names[-1].write_bytes(filled_in([["常住人口", 800 + number], ["出生", number], ["备注 remarks", f"第{number}村"]]))
    profile = f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}"
    command = [soffice_path, "--headless", profile, "--convert-to", "xlsx", "--outdir", str(tmp_path / "saved"), *map(str, names)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    proven = ProvenReader()
    assert [agree(proven, (tmp_path / "saved" / name.name).read_bytes()) for name in names] == [False, *[True] * 5]
