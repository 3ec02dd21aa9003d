"""Texts outside cells: persons are found wherever an office suite may keep them; authors, links and one telephone are nobody's list."""

from __future__ import annotations

import io
import struct
import subprocess
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl.comments import Comment

from sources.bundle import IN_BUNDLE
from sources.margins import where_in_margins
from sources.persons import where_persons_are
from sources.workbook import read_sheets
from tests.pipelines.persons import Kind, book_of, kinds_of_persons, look_alikes, people
from tests.sources.oddparts import packed

_FORM = book_of([["村级人口与家庭服务月报"], ["村（居）名称", "龙泉村"], ["出生人数", 3]])
_KINDS = {kind.name: kind for kind in kinds_of_persons(_FORM)}
_OUTSIDE = [kind for kind in _KINDS.values() if not kind.place.isdigit() and kind.place not in ("工作表名称", "文件名", IN_BUNDLE)]


@pytest.mark.parametrize("kind", _OUTSIDE, ids=[kind.name for kind in _OUTSIDE])
def test_every_place_outside_the_cells_is_looked_at(kind: Kind) -> None:
    form, sheets = read_sheets(kind.data)
    where = where_in_margins(form, kind.data)
    assert where is not None
    assert where.startswith(kind.place)
    seen = where_persons_are(form, kind.data, sheets)
    assert seen is not None
    assert (seen.where, seen.is_certain) == (where, True), "nothing in the cells"
    assert [secret for secret in kind.secrets if secret in where] == []


@pytest.mark.parametrize("name", sorted(look_alikes(_FORM)))
def test_look_alikes_have_clean_margins_too(name: str) -> None:
    data = look_alikes(_FORM)[name]
    assert where_persons_are("xlsx", data, read_sheets(data)[1]) is None


def test_a_clerk_may_be_named_and_called() -> None:
    book = openpyxl.load_workbook(io.BytesIO(_FORM))
    book.properties.creator, book.properties.lastModifiedBy = "张三", "李四"
    book.properties.description = "填表人 张三，电话 13800000000，村代码 990101100201"
    sheet = book.worksheets[0]
    sheet["C3"].comment = Comment("李四：已与派出所核对，见 330102200201202403 号批次", "李四")
    sheet["C2"].hyperlink = "tel:13900000001"
    sheet.oddFooter.left.text = "单位负责人：王五"
    out = io.BytesIO()
    book.save(out)
    assert where_in_margins("xlsx", out.getvalue()) is None


@pytest.mark.parametrize(
    "text",
    [
        "<t>{a}</t></r><r><rPr><b/></rPr><t xml:space='preserve'>{b}</t>",
        "<t>{e}</t>",
        "<t>{a}\u3000{b}</t>",
    ],
    ids=["in two formats", "as character references", "parted"],
)
def test_a_number_cut_up_by_its_markup_is_one_number(text: str) -> None:
    for number in [person.number for person in people(40)]:
        _is_found_cut_up(number, text)


def _is_found_cut_up(number: str, text: str) -> None:
    escaped = "".join(f"&#{ord(c)};" for c in number)
    part = f"<comments><comment><text><r>{text.format(a=number[:6], b=number[6:], e=escaped)}</r></text></comment></comments>"
    for content in (part.encode(), ("\ufeff" + part).encode("utf-16-le")):
        assert where_in_margins("xlsx", packed({"xl/comments1.xml": content})) == "批注 comments"
    for name in ("xl/workbook.xml", "docProps/app.xml", "xl/worksheets/sheet1.xml"):  # those that every file has
        assert where_in_margins("xlsx", packed({name: part.encode("utf-16")})) is not None


def test_a_pivot_cache_of_counts_is_nobodys() -> None:
    names = '<cacheField name="姓名"><sharedItems><s v="合计"/></sharedItems></cacheField>'
    definition = f'<d><cacheFields>{names}<cacheField name="性别"/></cacheFields></d>'
    assert where_in_margins("xlsx", packed({"xl/pivotCache/pivotCacheDefinition1.xml": definition.encode()})) is None


def test_a_bomb_costs_no_more_than_the_cap() -> None:
    """A gigabyte of zeros in a comment, and 300 parts of it: looked into, not unpacked."""
    data = packed({"xl/comments1.xml": b"0" * 2**26} | {f"customXml/item{n}.xml": b"x" * 2**20 for n in range(300)})
    assert len(data) < 2**20
    assert where_in_margins("xlsx", data) is None


@given(st.binary(max_size=400), st.integers(0, 3))
def test_no_bytes_make_it_fail(noise: bytes, kind: int) -> None:
    """It runs on what the native reader has opened; yet nothing may break it."""
    head = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", b"", b"PK\x03\x04")[kind]
    end = b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 3, 3, 100, len(head), 0) if kind == 3 else b""
    where_in_margins("xls", head + noise + end)


@given(st.data())
def test_no_damage_makes_it_fail(data: st.DataObject) -> None:
    kind = data.draw(st.sampled_from(_OUTSIDE))
    spoilt = bytearray(kind.data)
    for at in data.draw(st.lists(st.integers(0, len(spoilt) - 1), max_size=8)):
        spoilt[at] ^= data.draw(st.integers(1, 255))
    where_in_margins("xlsx", bytes(spoilt[: data.draw(st.integers(0, len(spoilt)))]))


@pytest.mark.slow
def test_comments_that_an_office_suite_saved_in_the_old_formats(soffice_path: str, tmp_path: Path) -> None:
    """LibreOffice writes .xls and .ods of the workbook with comments, with headers and with a hidden sheet."""
    for name in ("批注", "页眉", "深度隐藏的工作表"):
        (tmp_path / f"{name}.xlsx").write_bytes(_KINDS[name].data)
    (tmp_path / "好.xlsx").write_bytes(_FORM)
    for target in ("xls", "ods"):
        command = [
            soffice_path,
            f"-env:UserInstallation=file://{tmp_path}/profile",
            "--headless",
            "--convert-to",
            target,
            "--outdir",
            str(tmp_path),
        ]
        subprocess.run([*command, *map(str, tmp_path.glob("*.xlsx"))], check=True, capture_output=True, timeout=180)
        found = {}
        for path in sorted(tmp_path.glob(f"*.{target}")):
            kind, sheets = read_sheets(path.read_bytes())
            found[path.stem] = where_persons_are(kind, path.read_bytes(), sheets) is not None
        assert found == {"批注": True, "页眉": True, "深度隐藏的工作表": True, "好": False}
