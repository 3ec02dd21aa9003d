"""Where everything lies: from the environment, or from the command line. Read when asked, never at import."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sources.inbox import is_url

PAGES_URL = "http://127.0.0.1:3001"


@dataclass(frozen=True)
class Settings:
    """One office's places. Everything below `home` by default, so that a folder is a whole office.

    home: CUNBAO_HOME. inbox: CUNBAO_INBOX (folder or fsspec URL). outbox: CUNBAO_OUTBOX. store_url: CUNBAO_STORE (SQLAlchemy URL).
    vault: CUNBAO_VAULT (folder or fsspec URL). places, lineage: CUNBAO_PLACES, CUNBAO_LINEAGE (CSV). workers: CUNBAO_WORKERS.
    now: CUNBAO_NOW (ISO), a fixed clock. dictionary: CUNBAO_DICTIONARY, the county's own folders of YAML.
    quarantine: CUNBAO_QUARANTINE, what happens to a file with rows about persons: delete (default), encrypt, leave.
    quarantine_key: CUNBAO_QUARANTINE_KEY, the county's age public key, to which such files are encrypted, and those that only may have
    such rows and wait for a decision (whatever CUNBAO_QUARANTINE says).
    rest_seconds: CUNBAO_REST_SECONDS: a file touched more recently is left for the next run (0: none is; the sensor waits 60 at least).
    pages_url: CUNBAO_PAGES_URL: where browsers find the outbox's pages; `cunbao serve` shows them at this port of this machine.
    has_data_docs: CUNBAO_DATA_DOCS=0: the month's Data Docs are not made.
    is_full_hash: CUNBAO_FULL_HASH=1: every file of the inbox is hashed, not only those whose size or time changed.
    first_month: CUNBAO_FIRST_MONTH: where the list of months begins ('2009-01'); by default with the data (`pipelines.monthlist`).
    """

    home: Path
    inbox: str
    outbox: Path
    store_url: str
    vault: str
    places: Path | None
    lineage: Path | None
    workers: int
    now: str
    dictionary: str
    quarantine: str = ""
    quarantine_key: str = ""
    rest_seconds: float = 0.0
    is_full_hash: bool = False
    pages_url: str = PAGES_URL
    has_data_docs: bool = True
    first_month: str = ""

    @property
    def quarantine_folder(self) -> Path:
        """Sealed files that hold rows about persons, where the office seals them."""
        return self.home / "quarantine"

    @property
    def sealed_folder(self) -> Path:
        """Files that may be about persons, until a person in charge has decided."""
        return self.home / "sealed"

    @property
    def dagster_home(self) -> Path:
        """Dagster's own storage: runs, events, schedules."""
        return self.home / "dagster"

    @property
    def spool(self) -> Path:
        """Working frames between assets; may be deleted at any time between runs."""
        return self.home / "spool"

    @property
    def memo(self) -> Path:
        """Frames made before, so that one new file costs little; may be deleted at any time."""
        return self.home / "memo"


def overlap(settings: Settings) -> Path | None:
    """The folder of the office that the inbox would take in, or lies in; None where they are apart.

    An inbox within the home is apart as long as it is none of the folders that cunbao writes. Links are followed.
    """
    if is_url(settings.inbox):
        return None
    box = Path(settings.inbox).resolve()
    written = [settings.outbox, settings.spool, settings.memo, settings.dagster_home, settings.quarantine_folder, settings.sealed_folder]
    written += [Path(settings.vault)] if not is_url(settings.vault) else []
    for folder in (settings.home, *written):
        place = folder.resolve()
        if place == box or box in place.parents or (folder is not settings.home and place in box.parents):
            return folder
    return None


def settings_from_environment(
    home: Path | None = None, inbox: Path | str | None = None, store_url: str = "", places: Path | None = None
) -> Settings:
    """Settings from `CUNBAO_…`, with what is given here winning. A registry `places.csv` beside the inbox is found by itself."""
    e = os.environ
    base = (home or Path(e.get("CUNBAO_HOME", "cunbao-home"))).absolute()
    given = str(inbox or e.get("CUNBAO_INBOX", "") or base / "inbox")
    box = given if is_url(given) else str(Path(given.removeprefix("file://")).absolute())
    registry = places or (Path(e["CUNBAO_PLACES"]) if e.get("CUNBAO_PLACES") else _beside(box, base, "places.csv"))
    lineage = Path(e["CUNBAO_LINEAGE"]) if e.get("CUNBAO_LINEAGE") else registry.with_name("lineage.csv") if registry else None
    return Settings(
        home=base,
        inbox=box,
        outbox=Path(e.get("CUNBAO_OUTBOX", base / "outbox")).absolute(),
        store_url=store_url or e.get("CUNBAO_STORE", "") or f"sqlite:///{base / 'store.sqlite'}",
        vault=e.get("CUNBAO_VAULT", "") or str(base / "vault"),
        places=registry,
        lineage=lineage if lineage is not None and lineage.is_file() else None,
        workers=int(e.get("CUNBAO_WORKERS", "0") or 0),
        now=e.get("CUNBAO_NOW", ""),
        dictionary=e.get("CUNBAO_DICTIONARY", ""),
        quarantine=e.get("CUNBAO_QUARANTINE", ""),
        quarantine_key=e.get("CUNBAO_QUARANTINE_KEY", ""),
        rest_seconds=float(e.get("CUNBAO_REST_SECONDS", "0") or 0),
        is_full_hash=e.get("CUNBAO_FULL_HASH", "").lower() in ("1", "yes", "true"),
        pages_url=e.get("CUNBAO_PAGES_URL", PAGES_URL),
        has_data_docs=e.get("CUNBAO_DATA_DOCS", "").lower() not in ("0", "no", "false"),
        first_month=e.get("CUNBAO_FIRST_MONTH", "").strip(),
    )


def _beside(inbox: str, home: Path, name: str) -> Path | None:
    near = [] if is_url(inbox) else list(Path(inbox).parents[:2])
    return next((folder / name for folder in (*near, home) if (folder / name).is_file()), None)


def with_environment(settings: Settings) -> dict[str, str]:
    """The environment that gives another process (the web server, a daemon) these settings."""
    made = {
        "CUNBAO_HOME": str(settings.home),
        "CUNBAO_INBOX": settings.inbox,
        "CUNBAO_OUTBOX": str(settings.outbox),
        "CUNBAO_STORE": settings.store_url,
        "CUNBAO_VAULT": settings.vault,
        "DAGSTER_HOME": str(settings.dagster_home),
        "DAGSTER_DISABLE_TELEMETRY": "yes",
    }
    made |= {"CUNBAO_QUARANTINE": settings.quarantine, "CUNBAO_QUARANTINE_KEY": settings.quarantine_key}
    made |= {"CUNBAO_PAGES_URL": settings.pages_url, "CUNBAO_DATA_DOCS": "1" if settings.has_data_docs else "0"}
    made |= {"CUNBAO_FIRST_MONTH": settings.first_month} if settings.first_month else {}
    if settings.places is not None:
        made["CUNBAO_PLACES"] = str(settings.places)
    return made
