"""Where a suspected file waits: moved whole or not at all, for its owner alone; encrypted where there is a key; numbers, not digests."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pyrage
import pytest

from sources.bundle import may_be_kept
from sources.inbox import InboxFile
from sources.quarantine import Policy, receipt_number, without_digest
from sources.reading import FileReading
from sources.records import Problem
from sources.sealing import IdentityError, arrivals_let_through, forget, let_through, months_let_through, opened, seal, sealed_copy

CONTENT = b"\x00\x01 a list \xff" * 99
SUSPECTED = (Problem("persons_suspected", details={"where": "1", "why": "roster"}),)


def arrival(folder: Path, name: str = "a.xlsx") -> InboxFile:
    path = folder / name
    path.write_bytes(CONTENT)
    found = path.stat()
    return InboxFile(f"2024-03/{name}", str(path), "2024-03", found.st_size, found.st_mtime_ns)


@pytest.mark.parametrize("name", ["a.xlsx", "名单", "b.tar.gz", "c.七七"])
def test_moved_whole_for_its_owner_alone_and_twice_does_no_harm(tmp_path: Path, name: str) -> None:
    file, folder = arrival(tmp_path, name), tmp_path / "home" / "sealed"
    folder.mkdir(parents=True, mode=0o755)
    for _ in range(2):
        assert seal(file, Policy(sealed=str(folder))) == ""
        (copy,) = folder.iterdir()
        assert copy == sealed_copy(folder, receipt_number(file, kind="sealed"))
        assert copy.read_bytes() == opened(copy, None) == CONTENT
        if os.name == "posix":
            assert [stat.S_IMODE(p.stat().st_mode) for p in (folder, copy)] == [0o700, 0o600]
        assert not Path(file.full_path).exists()
        Path(file.full_path).write_bytes(CONTENT)  # as after a kill between copy and removal
        os.utime(file.full_path, ns=(file.mtime_ns,) * 2)
    forget(folder, receipt_number(file, kind="sealed"))
    forget(folder, receipt_number(file, kind="sealed"))
    assert list(folder.iterdir()) == []


def test_with_a_key_nothing_in_the_clear_touches_the_disk(tmp_path: Path) -> None:
    private, file = pyrage.x25519.Identity.generate(), arrival(tmp_path)
    assert seal(file, Policy(key=str(private.to_public()), sealed=str(tmp_path / "sealed"))) == ""
    (copy,) = (tmp_path / "sealed").iterdir()
    assert CONTENT[:9] not in copy.read_bytes()
    with pytest.raises(IdentityError):
        opened(copy, None)
    keys = tmp_path / "key.txt"
    keys.write_text("not a key", "utf-8")
    with pytest.raises(IdentityError) as caught:
        opened(copy, keys)
    assert "not a key" not in str(caught.value)
    keys.write_text(f"# county\n\n{pyrage.x25519.Identity.generate()}\n{private}\n", "utf-8")
    assert opened(copy, keys) == CONTENT


def test_a_file_that_was_replaced_since_is_another_arrival(tmp_path: Path) -> None:
    file = arrival(tmp_path)
    Path(file.full_path).write_bytes(b"the corrected one")
    assert seal(file, Policy(sealed=str(tmp_path / "sealed"))) == ""
    assert Path(file.full_path).read_bytes() == b"the corrected one"
    assert sealed_copy(tmp_path / "sealed", receipt_number(file, kind="sealed")) is None


def test_what_cannot_be_moved_stays_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(b"")
    file = arrival(tmp_path, "张三.csv")
    why = seal(file, Policy(sealed=str(tmp_path / "sealed")))
    assert why
    assert "张三" not in why
    assert Path(file.full_path).read_bytes() == CONTENT


def test_let_through_it_has_the_time_at_which_it_came(tmp_path: Path) -> None:
    let_through(tmp_path, "sealed-1", CONTENT, "2024-03", "2024-04-02T08:00:00Z")
    ((number, place),) = arrivals_let_through(tmp_path, "2024-03")
    assert months_let_through(tmp_path) == ["2024-03"]
    assert (number, place.read_bytes()) == ("sealed-1", CONTENT)
    assert InboxFile("a", str(place), "2024-03", 1, place.stat().st_mtime_ns).arrived_at == "2024-04-02T08:00:00Z"


def test_receipts_have_numbers_and_say_how_it_is_decided() -> None:
    file = InboxFile("b.zip", "/in/b.zip", "2024-03", 10, 20)
    clean, suspected = FileReading("c" * 64, 1, "xlsx", "read"), FileReading("d" * 64, 1, "xlsx", "sealed", problems=SUSPECTED)
    bundle = FileReading("e" * 64, 9, "zip", "sealed", problems=SUSPECTED, members=(("一.xlsx", clean), ("二.xlsx", suspected)))
    kept = without_digest(file, bundle)
    assert not may_be_kept(bundle)
    assert kept.sha256 == receipt_number(file, kind="sealed")
    assert kept.members[0][1] is clean
    told = [p.details["number"] for made in (kept, kept.members[1][1]) for p in made.problems if p.name == "sealed_how"]
    assert len(told) == 2
    assert len(set(told)) == 1, "the member is decided upon with its bundle"
    assert "e" * 64 not in repr(kept)
    assert "d" * 64 not in repr(kept)
