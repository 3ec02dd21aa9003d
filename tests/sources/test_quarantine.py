"""What becomes of a quarantined file: gone or sealed only as it was received, told when it cannot be, nothing in its name or number."""

from __future__ import annotations

import os
from pathlib import Path

import pyrage
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.identity import is_identity_number, numbers_in, phone_of
from sources.inbox import InboxFile
from sources.quarantine import (
    DELETE,
    ENCRYPT,
    LEAVE,
    MASK,
    Policy,
    QuarantineError,
    checked_policy,
    dispose,
    holds_persons,
    masked,
    receipt_number,
    with_masked_paths,
    without_digest,
)
from sources.reading import FileReading
from tests.pipelines.persons import identity_number, people

CONTENT = b"\x00\x01 a list \xff" * 99


def _arrival(folder: Path, name: str = "a.csv", content: bytes = CONTENT) -> InboxFile:
    path = folder / name
    path.write_bytes(content)
    stat = path.stat()
    return InboxFile(f"2024-03/{name}", str(path), "2024-03", stat.st_size, stat.st_mtime_ns)


def test_deleted_twice_does_no_harm(tmp_path: Path) -> None:
    file = _arrival(tmp_path)
    assert dispose(file, Policy(DELETE)) == ""
    assert list(tmp_path.iterdir()) == []
    assert dispose(file, Policy(DELETE)) == ""


def test_left_is_left(tmp_path: Path) -> None:
    file = _arrival(tmp_path)
    assert dispose(file, Policy(LEAVE)) == ""
    assert Path(file.full_path).read_bytes() == CONTENT


@pytest.mark.parametrize("mode", [DELETE, ENCRYPT])
def test_a_file_that_was_replaced_since_is_another_arrival(tmp_path: Path, mode: str) -> None:
    """The corrected file that arrives between reading and removing must not be lost."""
    file = _arrival(tmp_path)
    Path(file.full_path).write_bytes(b"the corrected one")
    key = str(pyrage.x25519.Identity.generate().to_public())
    assert dispose(file, Policy(mode, key, str(tmp_path / "sealed"))) == ""
    assert Path(file.full_path).read_bytes() == b"the corrected one"
    assert not (tmp_path / "sealed").exists()


def test_sealed_is_whole_and_once(tmp_path: Path) -> None:
    """As after a kill between sealing and removing: the second time gives the same file, and takes the original."""
    private = pyrage.x25519.Identity.generate()
    policy = checked_policy(ENCRYPT, str(private.to_public()), str(tmp_path / "sealed"))
    file = _arrival(tmp_path)
    assert dispose(file, policy) == ""
    Path(file.full_path).write_bytes(CONTENT)
    os.utime(file.full_path, ns=(file.mtime_ns, file.mtime_ns))
    assert dispose(file, policy) == ""
    (sealed,) = (tmp_path / "sealed").iterdir()
    assert sealed.name == f"{receipt_number(file)}.age"
    assert CONTENT[:8] not in sealed.read_bytes()
    assert pyrage.decrypt(sealed.read_bytes(), [private]) == CONTENT
    assert not Path(file.full_path).exists()


def test_what_cannot_be_sealed_stays_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "sealed").write_bytes(b"")
    policy = Policy(ENCRYPT, str(pyrage.x25519.Identity.generate().to_public()), str(tmp_path / "sealed"))
    file = _arrival(tmp_path, "张三.csv")
    why = dispose(file, policy)
    assert why
    assert "张三" not in why
    assert Path(file.full_path).read_bytes() == CONTENT


def test_a_symbolic_link_is_not_followed(tmp_path: Path) -> None:
    """Somebody puts a link in the file's place: what it points to is not ours to delete."""
    other = tmp_path / "other"
    other.write_bytes(CONTENT)
    file = _arrival(tmp_path)
    os.unlink(file.full_path)
    os.symlink(other, file.full_path)
    dispose(file, Policy(DELETE))
    assert other.read_bytes() == CONTENT


def test_any_fsspec_url_is_cleared() -> None:
    import fsspec

    system = fsspec.filesystem("memory")
    system.pipe_file("/box/2024-03/a.csv", CONTENT)
    file = InboxFile("2024-03/a.csv", "memory://box/2024-03/a.csv", "2024-03", len(CONTENT), 1)
    assert dispose(file, Policy(DELETE)) == ""
    assert not system.exists("/box/2024-03/a.csv")
    assert dispose(file, Policy(DELETE)) == ""


@pytest.mark.parametrize(
    ("mode", "key", "name"),
    [("burn", "", "quarantine_mode"), (ENCRYPT, "", "quarantine_no_key"), (ENCRYPT, "age1xyz", "quarantine_bad_key")],
)
def test_settings_that_cannot_be_followed(mode: str, key: str, name: str) -> None:
    with pytest.raises(QuarantineError) as caught:
        checked_policy(mode, key, "")
    assert caught.value.name == name


def test_a_private_key_is_refused_and_not_repeated() -> None:
    private = str(pyrage.x25519.Identity.generate())
    with pytest.raises(QuarantineError) as caught:
        checked_policy(ENCRYPT, private, "")
    assert private[14:] not in str(caught.value.details)


def test_the_default_is_to_delete() -> None:
    assert checked_policy("", "", "x").mode == DELETE


# -- names and numbers --------------------------------------------------------------------------------------------


@given(
    st.text(alphabet="abc张三 -_/（）.", max_size=12),
    st.integers(0, 999),
    st.sampled_from(["", " ", "-"]),
    st.text(alphabet="月报 .xls", max_size=6),
)
def test_no_number_of_anybody_is_left_in_a_path(before: str, serial: int, gap: str, after: str) -> None:
    number = identity_number("339999", "19850617", serial)
    parted = gap.join((number[:6], number[6:14], number[14:]))
    shown = masked(f"2024-03/张某{before}号{parted}，{after}.xlsx")
    assert not any(is_identity_number(n) or phone_of(n) for n in numbers_in(shown))
    assert MASK in shown
    assert shown.startswith("2024-03/张某")


@pytest.mark.parametrize(
    "path", ["2024-03/青溪镇/990101100201_2024-03.xlsx", "330102200201-2024-03.xlsx", "龙泉村2024年3月.xlsx", "20240331120000.csv"]
)
def test_codes_and_dates_in_paths_stay(path: str) -> None:
    assert masked(path) is path


def test_files_that_the_mask_makes_equal_are_told_apart() -> None:
    names = [f"{p.number}.xlsx" for p in people(3)] + ["13812345678.xlsx", "plain.xlsx"]
    shown = [f.path for f in with_masked_paths(InboxFile(name, f"/in/{name}", "2024-03", 1, n) for n, name in enumerate(names))]
    assert shown == [f"{MASK}.xlsx", f"{MASK}.xlsx (2)", f"{MASK}.xlsx (3)", f"{MASK}.xlsx (4)", "plain.xlsx"]


def test_a_receipt_keeps_no_hash_of_what_holds_persons() -> None:
    file = InboxFile("b.zip", "/in/b.zip", "2024-03", 10, 20)
    clean, listed = FileReading("c" * 64, 1, "xlsx", "read"), FileReading("d" * 64, 1, "xlsx", "quarantined")
    bundle = FileReading("e" * 64, 9, "zip", "read", members=(("一.xlsx", clean), ("二.xlsx", listed)))
    assert without_digest(file, clean) is clean
    kept = without_digest(file, bundle)
    assert holds_persons(bundle)
    assert kept.sha256 == receipt_number(file)
    assert kept.members[0][1] is clean
    assert kept.members[1][1].sha256.startswith("quarantined-")
    assert len({kept.sha256, kept.members[1][1].sha256, receipt_number(file._replace(mtime_ns=21))}) == 3
