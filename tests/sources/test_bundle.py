"""A town's .zip: every file in it gets a reading of its own; names and nesting do no harm; lists of persons are kept out."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from sinks.template import write_template
from sources.bundle import may_be_kept, read_file, shown_name
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sources.sheets import NAME, TOWN, xlsx

KIT = reading_kit(load_dictionary([]))


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("report") / "a.xlsx"
    write_template(path, load_dictionary([]), month="2024-03", village_code="990101100201", village_name=NAME, town_name=TOWN)
    return path.read_bytes()


def bundle(files: dict[str, bytes], encoding: str = "utf-8") -> bytes:
    """A zip; with another encoding the names are written as old Windows programs do, without saying which."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            if encoding == "utf-8":
                archive.writestr(name, data)
            else:
                archive.writestr(name.encode(encoding).decode("cp437"), data)
    made = bytearray(buffer.getvalue())
    if encoding != "utf-8":
        with zipfile.ZipFile(io.BytesIO(bytes(made))) as archive:
            raw = [(i.orig_filename.encode("utf-8"), i.orig_filename.encode("cp437")) for i in archive.infolist()]
        assert raw
        return _without_utf8_flag(files, encoding)
    return bytes(made)


def _without_utf8_flag(files: dict[str, bytes], encoding: str) -> bytes:
    class Plain(zipfile.ZipInfo):
        def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # zipfile's own hook
            return self.filename.encode(encoding), self.flag_bits

    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, data in files.items():
            archive.writestr(Plain(name), data)
    return buffer.getvalue()


def read(data: bytes) -> tuple[FileReading, dict[str, bytes]]:
    kept: dict[str, bytes] = {}
    return read_file(FileReader(KIT), data, "全镇.zip", kept.__setitem__), kept


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_every_member_is_read_under_the_name_that_its_sender_saw(report: bytes, encoding: str) -> None:
    files = {"青溪镇/龙泉村.xlsx": report, "青溪镇/说明.txt": "只是一段文字".encode(), "东村.csv": b"a,b\n1,2\n"}
    reading, kept = read(bundle(files, encoding))
    assert (reading.kind, reading.status, reading.records) == ("zip", "read", ())
    members = dict(reading.members)
    assert list(members) == list(files)
    assert members["青溪镇/龙泉村.xlsx"].status == "read"
    assert members["青溪镇/说明.txt"].problems[0].name == "not_a_workbook"
    assert kept[members["青溪镇/龙泉村.xlsx"].sha256] == report
    assert len(kept) == 2  # what could not be opened is not kept
    assert not may_be_kept(reading)


def test_what_operating_systems_add_is_left_out(report: bytes) -> None:
    files = {"__MACOSX/._a.xlsx": b"x", ".DS_Store": b"x", "~$a.xlsx": b"x", "Thumbs.db": b"x", "a.xlsx": report}
    reading, _ = read(bundle(files))
    assert [name for name, _ in reading.members] == ["a.xlsx"]
    assert may_be_kept(reading)


def test_a_bundle_in_a_bundle_and_an_empty_one_are_refused(report: bytes) -> None:
    reading, _ = read(bundle({"a.xlsx": report, "b.zip": bundle({"c.xlsx": report})}))
    assert dict(reading.members)["b.zip"].problems[0].name == "bundle_in_bundle"
    alone, _ = read(bundle({"b.zip": bundle({"c.xlsx": report})}))
    assert dict(alone.members)["b.zip"].problems[0].name == "bundle_in_bundle"
    empty, _ = read(bundle({"__MACOSX/a": b"x"}))
    assert (empty.status, empty.problems[0].name) == ("refused", "empty_bundle")


def test_a_list_of_persons_in_a_bundle_is_kept_nowhere_and_the_rest_is_read(report: bytes) -> None:
    persons = xlsx([["姓名", "身份证号"], ["某甲", "11010519491231002X"]])
    reading, kept = read(bundle({"a.xlsx": report, "名单.xlsx": persons}))
    members = dict(reading.members)
    assert (reading.status, members["名单.xlsx"].status) == ("quarantined", "quarantined")
    assert members["a.xlsx"].status == "read"
    assert list(kept.values()) == [report]
    assert not may_be_kept(reading)


def test_names_cannot_lead_anywhere(report: bytes) -> None:
    names = ["../../etc/passwd", "/abs/a.xlsx", "C:\\Windows\\a.xlsx", "a/../../b.xlsx", "..\\..\\c.xlsx"]
    reading, _ = read(bundle(dict.fromkeys(names, report)))
    shown = [name for name, _ in reading.members]
    assert len(shown) == len(set(shown)) == len(names)
    assert all(not name.startswith("/") and ".." not in name.split("/") and ":" not in name for name in shown)


@given(st.text(max_size=40))
def test_a_shown_name_is_a_plain_relative_path(name: str) -> None:
    shown = shown_name(name)
    assert shown
    assert not shown.startswith("/")
    assert "\\" not in shown
    assert not {"", ".", ".."} & set(shown.split("/"))
    assert shown_name(shown) == shown or ":" in shown


def test_a_member_that_grows_too_large_is_refused_alone(report: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sources.bundle._MOST_BYTES", 200_000)
    reading, _ = read(bundle({"big.csv": b"a,b\n" * 100_000, "a.xlsx": report}))
    members = dict(reading.members)
    assert members["big.csv"].problems[0].name == "file_too_large"
    assert members["a.xlsx"].status == "read"


def test_a_damaged_member_does_not_spoil_the_others(report: bytes) -> None:
    data = bytearray(bundle({"a.xlsx": report, "b.xlsx": report}))
    at = data.index(b"b.xlsx") + 40
    data[at : at + 200] = bytes(200)
    members = dict(read(bytes(data))[0].members)
    assert members["a.xlsx"].status == "read"
    assert members["b.xlsx"].problems[0].name == "damaged_member"


def test_a_bundle_of_a_version_to_come_is_damaged() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.csv", "x")
    data = bytearray(buffer.getvalue())
    data[data.index(b"PK\x01\x02") + 6] = 99  # needs version 9.9
    with pytest.raises(NotImplementedError):
        zipfile.ZipFile(io.BytesIO(bytes(data)))
    assert [p.name for p in read_file(FileReader(KIT), bytes(data), "a.zip", lambda *_: None).problems] == ["damaged_file"]
