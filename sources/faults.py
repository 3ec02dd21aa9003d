"""Why a file as a whole cannot be used."""

from __future__ import annotations

from collections.abc import Mapping


class FileFault(Exception):
    """The file as a whole cannot be used. `name` is an entry of the message catalogue, `details` fill its wording."""

    def __init__(self, name: str, **details: str) -> None:
        super().__init__(name)
        self.name = name
        self.details: Mapping[str, str] = details
