"""Where a file that may be about persons waits for a decision: out of the inbox, for its owner alone, encrypted where there is a key.

The folder holds `<number><ending>` (with `.age` where encrypted), and in `let_through/<month>/` what a person in charge has let through,
until the next run has taken it in. Every step may be done twice: a run or command that was killed in between is made good by the next.
"""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import re
from collections.abc import Iterator
from pathlib import Path

from sources.inbox import InboxFile
from sources.quarantine import Policy, encrypted, put_away, receipt_number, taken_out

ENCRYPTED = ".age"
_LET_THROUGH = "let_through"
_ENDING = re.compile(r"\.[A-Za-z0-9]{1,5}$")


class IdentityError(ValueError):
    """A sealed file cannot be decrypted: no identity file was given, or it is not the one."""


def seal(file: InboxFile, policy: Policy) -> str:
    """Move one file of the inbox into the folder of sealed files. Its receipt must have been stored before.

    Returns:
        '' when it is there (or is another arrival by now, or no folder is set); otherwise why it could not be moved, nothing of the file.
    """
    if not policy.sealed:
        return ""
    ending = _ENDING.search(file.path)
    name = receipt_number(file, kind="sealed") + (ending[0] if ending else "")

    def keep(data: bytes) -> None:
        if policy.key:
            put_away(encrypted(data, policy.key), Path(policy.sealed), name + ENCRYPTED)
        else:
            put_away(data, Path(policy.sealed), name)

    return taken_out(file, keep)


def sealed_copy(folder: Path, number: str) -> Path | None:
    """Where the file with this number lies sealed."""
    found = sorted(folder.glob(f"{number}*")) if folder.is_dir() else []
    return found[0] if found else None


def opened(copy: Path, identity: Path | None) -> bytes:
    """The bytes of a sealed file.

    Raises:
        IdentityError: it is encrypted, and the identity file was not given or is not that of the county's key.
    """
    data = copy.read_bytes()
    if copy.suffix != ENCRYPTED:
        return data
    if identity is None:
        raise IdentityError("--identity")
    import pyrage  # type: ignore[import-untyped]

    try:
        lines = [line.strip() for line in identity.read_text("utf-8").splitlines()]
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
        return bytes(pyrage.decrypt(data, keys))
    except Exception as error:  # the library has an error of its own for each way to be wrong; none may repeat the key
        raise IdentityError(type(error).__name__) from None


def let_through(folder: Path, number: str, data: bytes, month: str, arrived_at: str) -> None:
    """Put the bytes where the next run of their month finds them, with the time at which they came."""
    target = put_away(data, folder / _LET_THROUGH / month, number)
    seconds = int(dt.datetime.fromisoformat(arrived_at).timestamp())
    os.utime(target, ns=(seconds * 10**9,) * 2)


def arrivals_let_through(folder: Path, month: str) -> Iterator[tuple[str, Path]]:
    """Number and place of what was let through for a month and is not taken in yet."""
    with contextlib.suppress(FileNotFoundError):
        for entry in sorted(os.scandir(folder / _LET_THROUGH / month), key=lambda entry: entry.name):
            if not entry.name.startswith("."):
                yield entry.name, Path(entry.path)


def months_let_through(folder: Path) -> list[str]:
    """Months for which something was let through."""
    return sorted(path.name for path in (folder / _LET_THROUGH).glob("*"))


def forget(folder: Path, number: str) -> None:
    """Remove the sealed copy for good."""
    for copy in folder.glob(f"{number}*") if folder.is_dir() else ():
        copy.unlink(missing_ok=True)
