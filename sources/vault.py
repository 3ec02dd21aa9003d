"""The vault: every submission's bytes under their SHA-256, never changed. A local folder, or any fsspec URL.

Runs in reading workers: fsspec is imported only for URLs.
"""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path
from typing import Any

from schemas.processes import part_name, sweep_parts

_DIGEST = re.compile("[0-9a-f]{64}")


class KeptBytesError(ValueError):
    """Bytes that were kept are not there, or are not what was put in. `name`: an entry of the message catalogue."""

    def __init__(self, name: str, sha256: str) -> None:
        super().__init__(f"{name}: {sha256}")
        self.name, self.sha256 = name, sha256


DAMAGED, MISSING = "kept_bytes_damaged", "kept_bytes_missing"


class Vault:
    """Content-addressed bytes. Writing the same content twice is harmless, and mends a copy that was damaged since; a half-written file
    never gets its name."""

    def __init__(self, root: str) -> None:
        self.root = root.removeprefix("file://")
        self._remote = "://" in self.root
        self._folders: set[str] = set()

    def put(self, sha256: str, data: bytes) -> None:
        """Keep `data`, whose digest is `sha256`."""
        if self._remote:
            path = self._url(sha256)
            if not path.exists() or path.stat().st_size != len(data) or path.read_bytes() != data:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return
        folder = f"{self.root}/{sha256[:2]}"
        target, temporary = f"{folder}/{sha256}", f"{folder}/{part_name()}"
        try:
            if os.stat(target).st_size == len(data) and Path(target).read_bytes() == data:
                return
        except FileNotFoundError:
            if folder not in self._folders:
                os.makedirs(folder, exist_ok=True)
                sweep_parts(folder)
                self._folders.add(folder)
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        try:
            rest = memoryview(data)
            while rest:
                rest = rest[os.write(handle, rest) :]
        finally:
            os.close(handle)
        os.replace(temporary, target)

    def get(self, sha256: str) -> bytes:
        """The bytes kept under `sha256`.

        Raises:
            KeptBytesError: nothing is kept under it, or what is kept is not what was put in (the disk or somebody changed it).
        """
        try:
            data: bytes = (self._url(sha256) if self._remote else self._local(sha256)).read_bytes()
        except FileNotFoundError:
            raise KeptBytesError(MISSING, sha256) from None
        if hashlib.sha256(data).hexdigest() != sha256:
            raise KeptBytesError(DAMAGED, sha256)
        return data

    def fault_of(self, sha256: str) -> str:
        """'' when the bytes kept under `sha256` are what was put in; otherwise the message's name."""
        try:
            self.get(sha256)
        except KeptBytesError as error:
            return error.name
        return ""

    def digests(self) -> list[str]:
        """Under which digests something is kept; a name that is no digest is somebody else's and is left out."""
        if self._remote:
            from upath import UPath

            root: Any = UPath(self.root)
        else:
            root = Path(self.root)
        if not root.exists():
            return []
        names = (kept.name for folder in root.iterdir() if folder.is_dir() for kept in folder.iterdir())
        return sorted(name for name in names if _DIGEST.fullmatch(name))

    def _local(self, sha256: str) -> Path:
        return Path(self.root) / sha256[:2] / sha256

    def _url(self, sha256: str) -> Any:
        from upath import UPath

        return UPath(self.root) / sha256[:2] / sha256
