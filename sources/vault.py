"""The vault: every submission's bytes under their SHA-256, never changed. A local folder, or any fsspec URL.

Runs in reading workers: fsspec is imported only for URLs.
"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

from schemas.processes import part_name, sweep_parts


class Vault:
    """Content-addressed bytes. Writing the same content twice is harmless; a half-written file never gets its name."""

    def __init__(self, root: str) -> None:
        self.root = root.removeprefix("file://")
        self._remote = "://" in self.root
        self._folders: set[str] = set()

    def put(self, sha256: str, data: bytes) -> None:
        """Keep `data`, whose digest is `sha256`."""
        if self._remote:
            path = self._url(sha256)
            if not path.exists() or path.stat().st_size != len(data):
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            return
        folder = f"{self.root}/{sha256[:2]}"
        target, temporary = f"{folder}/{sha256}", f"{folder}/{part_name()}"
        try:
            if os.stat(target).st_size == len(data):
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
            FileNotFoundError: nothing is kept under it.
            ValueError: what is kept is not what was put in (the disk or somebody changed it).
        """
        data: bytes = (self._url(sha256) if self._remote else self._local(sha256)).read_bytes()
        if hashlib.sha256(data).hexdigest() != sha256:
            raise ValueError(f"the vault's copy of {sha256} was changed after it was stored")
        return data

    def _local(self, sha256: str) -> Path:
        return Path(self.root) / sha256[:2] / sha256

    def _url(self, sha256: str) -> Any:
        from upath import UPath

        return UPath(self.root) / sha256[:2] / sha256
