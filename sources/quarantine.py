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
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sources.identity import RUN, is_identity_number, is_old_number, numbers_in, phone_of
from sources.inbox import InboxFile
from sources.reading import FileReading
from sources.scattered import runs_of_persons

DELETE, ENCRYPT, LEAVE = "delete", "encrypt", "leave"
MASK = "＊＊＊"


class QuarantineError(ValueError):
    """The settings cannot be followed. `name`: an entry of the message catalogue, `details` fill its wording."""

    def __init__(self, name: str, **details: str) -> None:
        super().__init__(name)
        self.name, self.details = name, details


class Policy(NamedTuple):
    """What to do with quarantined files. `key`: the county's public age key (age1…); `folder`: where sealed files go."""

    mode: str = DELETE
    key: str = ""
    folder: str = ""


BY_DEFAULT = Policy()


def checked_policy(mode: str, key: str, folder: str) -> Policy:
    """The policy, or why it cannot be followed; asked before anything is read.

    Raises:
        QuarantineError: no such mode; `encrypt` without a key, or with one that is none.
    """
    mode = mode or DELETE
    if mode not in (DELETE, ENCRYPT, LEAVE):
        raise QuarantineError("quarantine_mode", mode=mode)
    if mode == ENCRYPT:
        if not key:
            raise QuarantineError("quarantine_no_key")
        _recipient(key)
    return Policy(mode, key, folder)


def holds_persons(reading: FileReading) -> bool:
    """Whether a file, or a member of a bundle, was quarantined."""
    return reading.status == "quarantined" or any(holds_persons(member) for _, member in reading.members)


def without_digest(file: InboxFile, reading: FileReading) -> FileReading:
    """The reading as its receipt may keep it: of what holds persons, the arrival's number in place of the content's SHA-256.

    Names of members are masked as names of files are.
    """
    if reading.members:
        reading = reading._replace(members=tuple((masked(name), member) for name, member in reading.members))
    return _numbered(file, reading, "") if holds_persons(reading) else reading


def _numbered(file: InboxFile, reading: FileReading, member: str) -> FileReading:
    if not holds_persons(reading):
        return reading
    members = tuple((name, _numbered(file, inner, f"{member}!{name}")) for name, inner in reading.members)
    return reading._replace(sha256=receipt_number(file, member), members=members)


def receipt_number(file: InboxFile, member: str = "") -> str:
    """What stands for an arrival (or a member of it) in place of a hash, made of where, how large and when: nothing of its content."""
    return "quarantined-" + hashlib.sha256(f"{file.path}{member}\0{file.size}\0{file.mtime_ns}".encode()).hexdigest()[:32]


def dispose(file: InboxFile, policy: Policy) -> str:
    """Delete or seal one quarantined file of the inbox. Its receipt must have been stored before.

    A file that changed since it was received is another arrival: it is left for the next run to read. Doing it twice does no harm.

    Returns:
        '' when it is gone or may stay; otherwise why it could not be removed (the system's words, nothing of the file).
    """
    if policy.mode == LEAVE:
        return ""
    try:
        if "://" in file.full_path:
            _dispose_remote(file, policy)
        else:
            stat = os.stat(file.full_path, follow_symlinks=False)
            if (stat.st_size, stat.st_mtime_ns) == (file.size, file.mtime_ns):
                if policy.mode == ENCRYPT:
                    _seal(Path(file.full_path).read_bytes(), policy, receipt_number(file))
                os.unlink(file.full_path)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return error.strerror or type(error).__name__
    return ""


def _dispose_remote(file: InboxFile, policy: Policy) -> None:
    from fsspec.core import url_to_fs

    system, path = url_to_fs(file.full_path)
    if system.size(path) != file.size:
        return
    if policy.mode == ENCRYPT:
        _seal(system.cat_file(path), policy, receipt_number(file))
    system.rm_file(path)


def _seal(data: bytes, policy: Policy, number: str) -> None:
    """Write the file encrypted to the county's key; nothing in the clear touches the disk, and half a file never gets the name."""
    import pyrage  # type: ignore[import-untyped]

    folder = Path(policy.folder)
    target, part = folder / f"{number}.age", folder / f".part-{number}-{os.getpid()}"
    folder.mkdir(parents=True, exist_ok=True)
    sealed = pyrage.encrypt(data, [_recipient(policy.key)])
    try:
        with open(part, "wb") as handle:
            handle.write(sealed)
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


def _recipient(key: str) -> Any:
    import pyrage

    try:
        return pyrage.x25519.Recipient.from_str(key.strip())
    except Exception:  # the library has an error of its own for each way to be wrong
        raise QuarantineError("quarantine_bad_key", key=key[:12]) from None


def masked(path: str) -> str:
    """A path without identity and telephone numbers in the names of its files and folders. Names stay: the sender must know which file."""
    if sum(map(str.isdecimal, path)) < 11:
        return path
    for run in runs_of_persons(path):
        path = path.replace(run, MASK)
    for run in {found[0] for found in RUN.finditer(path)}:
        if any(_is_of_person(number) for number in numbers_in(run)):
            path = path.replace(run, MASK)
    return path


def _is_of_person(number: str) -> bool:
    return is_identity_number(number) or is_old_number(number) or phone_of(number) is not None


def with_masked_paths(files: Iterable[InboxFile], known: Container[str] = ()) -> Iterator[InboxFile]:
    """Files of an inbox as everything after may know them; two that the mask makes equal are numbered.

    known: paths that need no mask, because they were received under their own name.
    """
    met: dict[str, int] = {}
    for file in files:
        if file.path in known:
            yield file
            continue
        path = masked(file.path)
        if path is not file.path:
            met[path] = met.get(path, 0) + 1
            path = f"{path} ({met[path]})" if met[path] > 1 else path
        yield file if path is file.path else file._replace(path=path)
