"""What assets are given from outside: plain objects that `pipelines.resources` makes. Assets never look for them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

from sources.quarantine import BY_DEFAULT, Policy

T = TypeVar("T")


@dataclass(frozen=True)
class Inbox:
    """Where submissions lie and where their bytes are kept (each a folder or an fsspec URL), and how they are taken in.

    workers: processes that read (0: as many as fit). quarantine: what becomes of persons' lists. rest_seconds: a file touched more
    recently is left for the next run. is_full_hash: every file is opened and hashed, not only those whose size or time changed.
    """

    folder: str
    vault: str
    workers: int = 0
    quarantine: Policy = BY_DEFAULT
    rest_seconds: float = 0.0
    is_full_hash: bool = False


@dataclass(frozen=True)
class Outbox:
    """Where tables, receipts and pages go.

    pages_url: the address at which `cunbao serve` shows the folder to browsers, '' for none (a page of the web may not link to a file).
    has_data_docs: whether the month's Data Docs are made; without them a run is seconds shorter.
    """

    folder: Path
    pages_url: str = ""
    has_data_docs: bool = True

    def url_of(self, path: Path) -> str:
        """The address of a file in the outbox, '' when pages are not served."""
        return f"{self.pages_url}/{quote(path.relative_to(self.folder).as_posix())}" if self.pages_url else ""

    def data_docs(self, month: str) -> Path:
        """The first page of the month's Data Docs."""
        return self.folder / month / "data_docs" / "index.html"


class NoRegistryError(LookupError):
    """There is no place in the registry: nobody is expected to report. `path`: where it was looked for."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


class KeptBytesNeededError(ValueError):
    """Bytes of the vault that are to be read again are damaged or gone. `name`: an entry of the message catalogue."""

    def __init__(self, name: str, details: Mapping[str, str]) -> None:
        super().__init__(f"{name}: {details.get('path', '')}")
        self.name, self.details = name, dict(details)


@dataclass(frozen=True)
class RegistryFiles:
    """CSV files of the registry to load at each run; none when it is in the store already."""

    places: Path | None = None
    lineage: Path | None = None


class Progress(Protocol):
    """Tells somebody how far long work is."""

    def track(self, items: Iterable[T], *, total: int, what: str) -> Iterator[T]:
        """Pass the items on, counting them."""
        ...


class NoProgress:
    """Tells nobody."""

    def track(self, items: Iterable[T], *, total: int, what: str) -> Iterator[T]:  # noqa: ARG002
        """The items, unchanged."""
        yield from items
