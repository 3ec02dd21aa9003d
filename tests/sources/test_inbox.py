"""What lies in the inbox, as a folder and by URL: the same files either way, none that is being written, none of another month."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import fsspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.fetching import StillBeingWrittenError, TooLargeError, fetch_bytes
from sources.inbox import (
    InboxFile,
    InboxUnreachableError,
    at_rest,
    is_left_alone,
    is_url,
    month_folders,
    new_files,
    scan_for_new,
    scan_inbox,
)
from sources.remote import fetch, is_within_process

FILES = {
    "2024-03/青溪镇/龙泉村.xlsx": b"one",
    "2024-03/town.zip": b"bundle",
    "2024-02/old.xlsx": b"other month",
    "loose.xls": b"in no month's folder",
    "青溪镇/2024-02/deep.xlsx": b"other month below a town",
    "青溪镇/2024-03/deep.xlsx": b"this month below a town",
    "2024-03/~$龙泉村.xlsx": b"lock",
    "2024-03/.hidden.xlsx": b"hidden",
    "2024-03/half.xlsx.part": b"half",
    "2024-03/Thumbs.db": b"windows",
    "2024-03/__MACOSX/x.xlsx": b"mac",
}
WANTED = {"2024-03/青溪镇/龙泉村.xlsx", "2024-03/town.zip", "loose.xls", "青溪镇/2024-03/deep.xlsx"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, data in FILES.items():
        path = tmp_path / "inbox" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "inbox"


@pytest.fixture
def url() -> Iterator[str]:
    system, root = fsspec.filesystem("memory"), f"/{uuid.uuid4().hex}/inbox"
    for name, data in FILES.items():
        system.pipe(f"{root}/{name}", data)
    yield f"memory:/{root}"
    system.rm(root, recursive=True)


def test_a_folder_and_a_url_with_the_same_files_give_the_same_submissions(folder: Path, url: str) -> None:
    here, there = scan_inbox(folder, "2024-03"), scan_inbox(url, "2024-03")
    assert {f.path for f in here} == {f.path for f in there} == WANTED
    assert {f.path: f.size for f in here} == {f.path: f.size for f in there} == {name: len(FILES[name]) for name in WANTED}
    for file in (*here, *there):
        assert fetch_bytes(file.full_path, 100, size=file.size, mtime_ns=file.mtime_ns) == FILES[file.path]


def test_an_inbox_named_after_a_month_is_that_months(folder: Path, url: str) -> None:
    for root in (f"{folder}/2024-03", f"{url}/2024-03"):
        assert {f.path for f in scan_inbox(root, "2024-03")} == {"2024-03/青溪镇/龙泉村.xlsx", "2024-03/town.zip"}
        assert scan_inbox(root, "2024-02") == []


def test_the_months_that_have_a_folder(folder: Path, url: str) -> None:
    assert month_folders(folder) == month_folders(url) == ["2024-02", "2024-03"]


def test_a_missing_folder_and_an_unreachable_url_are_told_apart_from_an_empty_inbox(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan_inbox(tmp_path / "none", "2024-03")
    with pytest.raises(InboxUnreachableError):
        month_folders(tmp_path / "none")
    with pytest.raises(InboxUnreachableError) as told:
        scan_inbox("nosuchscheme://user:secret@host/inbox", "2024-03")
    assert "secret" not in str(told.value)
    assert scan_inbox("memory://nothing/here", "2024-03") == []


def test_another_content_of_the_same_size_is_seen_by_url(url: str) -> None:
    before = {f.path: f for f in scan_inbox(url, "2024-03")}
    fsspec.filesystem("memory").pipe(f"{url.removeprefix('memory:/')}/loose.xls", b"IN no month's folder")
    after = scan_inbox(url, "2024-03")
    known = {f.path: (f.size, f.mtime_ns) for f in before.values()}
    assert [f.path for f in new_files(after, known)] == ["loose.xls"]


def test_what_is_known_is_left_out_and_counted_alike_in_a_folder_and_by_url(folder: Path, url: str) -> None:
    for root in (folder, url, folder / "2024-03", f"{url}/2024-03"):
        every = scan_inbox(root, "2024-03")
        known = {f.path: (f.size, f.mtime_ns) for f in every[1:]} | {every[0].path: (every[0].size + 1, every[0].mtime_ns)}
        assert scan_for_new(root, "2024-03", known) == (every[:1], len(every) - 1)
        assert scan_for_new(root, "2024-03", {}) == (every, 0)


@given(st.text(alphabet=".~$aX龙swpartmxls", max_size=9), st.sampled_from(["", ".xlsx", ".XLSX", ".zip", ".tmp", ".part", "~"]))
def test_the_quick_look_at_a_name_leaves_the_same_files_alone(stem: str, ending: str) -> None:
    name = stem + ending
    lower = name.lower()
    assert is_left_alone(name) == (
        lower.startswith((".", "~$")) or lower.endswith((".tmp", ".part", ".crdownload", ".swp", "~")) or lower == "thumbs.db"
    )


def test_a_file_that_changes_while_it_is_read_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    path.write_bytes(b"half")
    (seen,) = scan_inbox(tmp_path, "2024-03")
    path.write_bytes(b"half and the other half")
    with pytest.raises(StillBeingWrittenError):
        fetch_bytes(seen.full_path, 100, size=seen.size, mtime_ns=seen.mtime_ns)
    (now,) = scan_inbox(tmp_path, "2024-03")
    assert fetch_bytes(now.full_path, 100, size=now.size, mtime_ns=now.mtime_ns) == b"half and the other half"
    os.utime(path, ns=(1, 1))
    with pytest.raises(StillBeingWrittenError):
        fetch_bytes(now.full_path, 100, size=now.size, mtime_ns=now.mtime_ns)


def test_no_more_is_fetched_than_a_submission_may_have(tmp_path: Path, url: str) -> None:
    (tmp_path / "big.xlsx").write_bytes(b"x" * 101)
    with pytest.raises(TooLargeError):
        fetch_bytes(str(tmp_path / "big.xlsx"), 100)
    with pytest.raises(TooLargeError):
        fetch_bytes(f"{url}/loose.xls", 5)
    assert fetch(f"{url}/loose.xls", 5) == b"in no"
    with pytest.raises(FileNotFoundError):
        fetch_bytes(f"{url}/gone.xls", 5)


def test_what_is_a_url() -> None:
    assert is_url("s3://bucket/inbox")
    assert not is_url("/srv/inbox")
    assert not is_url("file:///srv/inbox")
    assert is_within_process("memory://x")
    assert not is_within_process("s3://x")


@given(st.lists(st.integers(0, 200), max_size=20), st.integers(0, 120))
def test_a_file_is_read_once_it_rests_and_never_before(ages: list[int], seconds: int) -> None:
    now = 10**18
    files = [InboxFile(str(n), str(n), "2024-03", 1, now - age * 10**9) for n, age in enumerate(ages)]
    assert [int(f.path) for f in at_rest(files, now, seconds)] == [n for n, age in enumerate(ages) if age >= seconds]


def test_a_time_in_the_future_does_not_keep_a_file_waiting_for_years() -> None:
    file = InboxFile("a", "a", "2024-03", 1, 2 * 10**18)
    assert at_rest([file], 10**18, 60) == [file]


def test_below_a_months_folder_a_folder_of_another_month_is_one_like_others(tmp_path: Path) -> None:
    for name in ("2024-03/2024-02/a.xlsx", "2024-03/town/2024-02/b.xlsx", "2024-02/c.xlsx", "2024-02/2024-03/d.xlsx", "e.xlsx"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"x")
    every = {month: {file.path for file in scan_inbox(tmp_path, month)} for month in ("2024-02", "2024-03")}
    assert every["2024-03"] == {"2024-03/2024-02/a.xlsx", "2024-03/town/2024-02/b.xlsx", "e.xlsx"}
    assert every["2024-02"] == {"2024-02/c.xlsx", "2024-02/2024-03/d.xlsx", "e.xlsx"}
    assert {file.path for file in scan_inbox(tmp_path / "2024-03", "2024-03")} == {"2024-03/2024-02/a.xlsx", "2024-03/town/2024-02/b.xlsx"}
