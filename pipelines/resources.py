"""Resources: what the assets are given. Each is configurable in the Dagster UI and makes a plain object of a lower room."""

import os
from pathlib import Path
from typing import Any

import dagster as dg

from assets.ports import Inbox, NoProgress, Outbox, Progress, RegistryFiles
from pipelines.instance import note_process
from pipelines.secrets import kept_back
from pipelines.settings import Settings
from pipelines.spool import FrameSpool
from schemas.clock import Clock
from schemas.dictionary import Dictionary, load_dictionary
from sinks.memo import Memo
from sinks.store import Store, open_store
from sources.quarantine import checked_policy


class DictionaryResource(dg.ConfigurableResource[Dictionary]):
    """The dictionary: the shipped one and the county's own folders."""

    folders: str = ""

    def create_resource(self, context: dg.InitResourceContext) -> Dictionary:  # noqa: ARG002
        """The dictionary, loaded and checked."""
        return load_dictionary([folder for folder in self.folders.split(os.pathsep) if folder])


class StoreResource(dg.ConfigurableResource[Store]):
    """The store, by SQLAlchemy URL."""

    url: str
    dictionary: dg.ResourceDependency[Dictionary]

    def create_resource(self, context: dg.InitResourceContext) -> Store:
        """The store, open and in the shape of the dictionary. A run notes here which process runs it."""
        if context.run is not None and context.instance is not None:
            note_process(context.instance, context.run.run_id)
        return open_store(self.url, self.dictionary)


class InboxResource(dg.ConfigurableResource[Inbox]):
    """The inbox and the vault (each a folder or an fsspec URL), and how files are taken in; see `assets.ports.Inbox`."""

    folder: str
    vault: str
    workers: int = 0
    quarantine: str = ""
    quarantine_key: str = ""
    quarantine_folder: str = ""
    sealed_folder: str = ""
    rest_seconds: float = 0.0
    is_full_hash: bool = False

    def create_resource(self, context: dg.InitResourceContext) -> Inbox:  # noqa: ARG002
        """The inbox."""
        quarantine = checked_policy(self.quarantine, self.quarantine_key, self.quarantine_folder, self.sealed_folder)
        return Inbox(self.folder, self.vault, self.workers, quarantine, self.rest_seconds, self.is_full_hash)


class MemoResource(dg.ConfigurableResource[Memo]):
    """Working space for what was made of the store before; without a folder everything is made anew."""

    folder: str = ""

    def create_resource(self, context: dg.InitResourceContext) -> Memo:  # noqa: ARG002
        """The memo."""
        return Memo(Path(self.folder) if self.folder else None)


class OutboxResource(dg.ConfigurableResource[Outbox]):
    """Where tables, receipts and pages go; see `assets.ports.Outbox`."""

    folder: str
    pages_url: str = ""
    has_data_docs: bool = True

    def create_resource(self, context: dg.InitResourceContext) -> Outbox:  # noqa: ARG002
        """The outbox."""
        return Outbox(Path(self.folder), self.pages_url.rstrip("/"), self.has_data_docs)


class RegistryResource(dg.ConfigurableResource[RegistryFiles]):
    """CSV files of the registry of places; empty when the registry is in the store already."""

    places: str = ""
    lineage: str = ""

    def create_resource(self, context: dg.InitResourceContext) -> RegistryFiles:  # noqa: ARG002
        """The registry files."""
        return RegistryFiles(Path(self.places) if self.places else None, Path(self.lineage) if self.lineage else None)


class ClockResource(dg.ConfigurableResource[Clock]):
    """The clock; `fixed` (ISO) makes runs repeatable to the byte."""

    fixed: str = ""

    def create_resource(self, context: dg.InitResourceContext) -> Clock:  # noqa: ARG002
        """The clock."""
        return Clock(self.fixed)


class ProgressResource(dg.ConfigurableResource[Progress]):
    """Nobody watches a scheduled run; the command line puts its progress bar here."""

    def create_resource(self, context: dg.InitResourceContext) -> Progress:  # noqa: ARG002
        """A progress that nobody sees."""
        return NoProgress()


def resources_of(settings: Settings) -> dict[str, Any]:
    """Every resource, for these settings."""
    dictionary = DictionaryResource(folders=settings.dictionary)
    return {
        "dictionary": dictionary,
        "store": StoreResource(url=kept_back("CUNBAO_STORE", settings.store_url), dictionary=dictionary),
        "inbox": InboxResource(
            folder=kept_back("CUNBAO_INBOX", settings.inbox),
            vault=kept_back("CUNBAO_VAULT", settings.vault),
            workers=settings.workers,
            quarantine=settings.quarantine,
            quarantine_key=settings.quarantine_key,
            quarantine_folder=str(settings.quarantine_folder),
            sealed_folder=str(settings.sealed_folder),
            rest_seconds=settings.rest_seconds,
            is_full_hash=settings.is_full_hash,
        ),
        "memo": MemoResource(folder=str(settings.memo)),
        "outbox": OutboxResource(folder=str(settings.outbox), pages_url=settings.pages_url, has_data_docs=settings.has_data_docs),
        "registry": RegistryResource(places=str(settings.places or ""), lineage=str(settings.lineage or "")),
        "clock": ClockResource(fixed=settings.now),
        "progress": ProgressResource(),
        "io_manager": FrameSpool(folder=str(settings.spool)),
    }
