"""What happens to a file that holds rows about persons once its receipt is safe in the store: deleted, sealed to the county's key, or left.

Nothing that could confirm a guess at its content is kept: a quarantined file's receipt has no hash of its bytes (a list of one person
can be guessed and hashed in seconds), but a number made of its path, size and time. The same arrival always gets the same number, so a
run that was killed between receipt and removal is made good by the next; the sealed file is `<number>.age`, which the receipt names.
Sending the same bytes again is a new arrival with a new receipt, not 'already received'.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from sources.inbox import InboxFile
from sources.masks import MASK as MASK
from sources.masks import masked as masked
from sources.masks import with_masked_paths as with_masked_paths
from sources.reading import FileReading
from sources.records import Problem

DELETE, ENCRYPT, LEAVE = "delete", "encrypt", "leave"


class QuarantineError(ValueError):
    """The settings cannot be followed. `name`: an entry of the message catalogue, `details` fill its wording."""

    def __init__(self, name: str, **details: str) -> None:
        super().__init__(name)
        self.name, self.details = name, details


class Policy(NamedTuple):
    """What to do with quarantined files. `key`: the county's public age key (age1…); `folder`: where encrypted files go.

    sealed: where files wait that may be about persons (`sources.sealing`), encrypted to the key where there is one.
    """

    mode: str = DELETE
    key: str = ""
    folder: str = ""
    sealed: str = ""


BY_DEFAULT = Policy()


def checked_policy(mode: str, key: str, folder: str, sealed: str = "") -> Policy:
    """The policy, or why it cannot be followed; asked before anything is read.

    Raises:
        QuarantineError: no such mode; `encrypt` without a key; a key that is none.
    """
    mode = mode or DELETE
    if mode not in (DELETE, ENCRYPT, LEAVE):
        raise QuarantineError("quarantine_mode", mode=mode)
    if mode == ENCRYPT and not key:
        raise QuarantineError("quarantine_no_key")
    if key:
        _recipient(key)
    return Policy(mode, key, folder, sealed)


def holds_persons(reading: FileReading) -> bool:
    """Whether a file, or a member of a bundle, was quarantined."""
    return reading.status == "quarantined" or any(holds_persons(member) for _, member in reading.members)


def may_hold_persons(reading: FileReading) -> bool:
    """Whether a file, or a member of a bundle, was quarantined or sealed."""
    return reading.status in _SET_ASIDE or any(may_hold_persons(member) for _, member in reading.members)


_SET_ASIDE = ("quarantined", "sealed")


def without_digest(file: InboxFile, reading: FileReading) -> FileReading:
    """The reading as its receipt may keep it: of what may hold persons, the arrival's number in place of the content's SHA-256.

    Names of members are masked as names of files are. Of what is sealed the receipt tells how it is decided upon.
    """
    if reading.members:
        reading = reading._replace(members=tuple((masked(name), member) for name, member in reading.members))
    return _numbered(file, reading, "") if may_hold_persons(reading) else reading


def _numbered(file: InboxFile, reading: FileReading, member: str) -> FileReading:
    if not may_hold_persons(reading):
        return reading
    members = tuple((name, _numbered(file, inner, f"{member}!{name}")) for name, inner in reading.members)
    kind = "quarantined" if holds_persons(reading) else "sealed"
    if reading.status == "sealed":  # with its bundle
        how = Problem("sealed_how", details={"number": short_number(receipt_number(file, kind="sealed"))})
        reading = reading._replace(problems=(*reading.problems, how))
    return reading._replace(sha256=receipt_number(file, member, kind=kind), members=members)


def receipt_number(file: InboxFile, member: str = "", *, kind: str = "quarantined") -> str:
    """What stands for an arrival (or a member of it) in place of a hash, made of where, how large and when: nothing of its content."""
    return f"{kind}-" + hashlib.sha256(f"{file.path}{member}\0{file.size}\0{file.mtime_ns}".encode()).hexdigest()[:32]


def short_number(number: str) -> str:
    """The part of a sealed file's number that people write."""
    return number.removeprefix("sealed-")[:12]


def dispose(file: InboxFile, policy: Policy) -> str:
    """Delete or seal one quarantined file of the inbox. Its receipt must have been stored before.

    A file that changed since it was received is another arrival: it is left for the next run to read. Doing it twice does no harm.

    Returns:
        '' when it is gone or may stay; otherwise why it could not be removed (the system's words, nothing of the file).
    """
    if policy.mode == LEAVE:
        return ""
    if policy.mode != ENCRYPT:
        return taken_out(file, None)
    return taken_out(file, lambda data: put_away(encrypted(data, policy.key), Path(policy.folder), f"{receipt_number(file)}.age"))


def taken_out(file: InboxFile, keep: Callable[[bytes], object] | None) -> str:
    """Remove a file from the inbox, after its bytes were given to `keep`, unless it is another arrival by now; '' or why it cannot be."""
    try:
        if "://" in file.full_path:
            _take_out_remote(file, keep)
        elif _is_the_same(file):
            if keep is not None:
                keep(Path(file.full_path).read_bytes())
                if not _is_the_same(file):
                    return ""
            os.unlink(file.full_path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _is_the_same(file: InboxFile) -> bool:
    stat = os.stat(file.full_path, follow_symlinks=False)
    return (stat.st_size, stat.st_mtime_ns) == (file.size, file.mtime_ns)


def _take_out_remote(file: InboxFile, keep: Callable[[bytes], object] | None) -> None:
    from fsspec.core import url_to_fs

    system, path = url_to_fs(file.full_path)
    if system.size(path) != file.size:
        return
    if keep is not None:
        keep(system.cat_file(path))
    system.rm_file(path)


def encrypted(data: bytes, key: str) -> bytes:
    """The bytes as only the owner of the county's private key can read them."""
    import pyrage  # type: ignore[import-untyped]

    return bytes(pyrage.encrypt(data, [_recipient(key)]))


def put_away(data: bytes, folder: Path, name: str) -> Path:
    """Write a file that only its owner reads, into a folder of the same kind; half a file never gets the name."""
    target, part = folder / name, folder / f".part-{name}-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o600), "wb") as handle:
            handle.write(data)
            handle.flush()
            os.fsync(handle.fileno())
        os.replace(part, target)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()
    if os.name == "posix":  # the name too must be on the disk before the original goes
        directory = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
    return target


def _recipient(key: str) -> Any:
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(key.strip())
    except Exception:  # the library has an error of its own for each way to be wrong
        raise QuarantineError("quarantine_bad_key", key=key[:12]) from None
