"""Releases: a month's signed vintage, kept beside the working tables and never changed again."""

from __future__ import annotations

import hashlib
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import sqlalchemy as sa

from sinks.files import write_if_changed
from sinks.store import Store


@dataclass(frozen=True)
class Vintage:
    """One release of a month."""

    month: str
    number: int
    digest: str
    folder: Path


def month_digest(store: Store, month: str) -> str:
    """Digest of the month's recorded results, '' when there are none."""
    record = store.tables.month_record
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(record.c.digest).where(record.c.month == month)) or ""


def latest_vintage(store: Store, month: str, folder: Path) -> Vintage | None:
    """The newest release of a month, or None."""
    t = store.tables.release
    query = sa.select(t.c.vintage, t.c.digest).where(t.c.month == month).order_by(t.c.vintage.desc()).limit(1)
    with store.engine.connect() as connection:
        row = connection.execute(query).first()
    return Vintage(month, row.vintage, row.digest, _folder(folder, month, row.vintage)) if row is not None else None


def write_vintage(
    store: Store,
    month: str,
    tables: Path,
    releases: Path,
    *,
    changes: pd.DataFrame | None,
    signed_by: str,
    reason: str,
    dictionary_version: str,
    released_at: str,
    facts: dict[str, Any],
) -> Vintage:
    """Copy the month's tables into a folder of their own with a manifest, then record the release.

    Args:
        store: the store.
        month: 'YYYY-MM'.
        tables: folder with the month's official tables and tidy files.
        releases: folder that holds releases.
        changes: figures that differ from the former vintage (None for the first).
        signed_by: who signs.
        reason: why near-mandatory findings may stand, or why the revision is made.
        dictionary_version: the dictionary's version.
        released_at: ISO time.
        facts: completeness and counts for the manifest.
    """
    before = latest_vintage(store, month, releases)
    number = before.number + 1 if before else 1
    folder = _folder(releases, month, number)
    if folder.exists():  # left by a run that was stopped before it recorded the release
        shutil.rmtree(folder)
    digest = month_digest(store, month)
    files = {}
    for source in sorted(p for p in tables.iterdir() if p.is_file() and not p.name.startswith(".")):
        data = source.read_bytes()
        write_if_changed(folder / source.name, data)
        files[source.name] = hashlib.sha256(data).hexdigest()
    if changes is not None:
        data = changes.to_csv(index=False, lineterminator="\r\n", float_format="%.10g").encode("utf-8-sig")
        write_if_changed(folder / "revisions.csv", data)
        files["revisions.csv"] = hashlib.sha256(data).hexdigest()
    manifest = {
        "month": month, "vintage": number, "released_at": released_at, "signed_by": signed_by, "reason": reason,
        "dictionary_version": dictionary_version, "digest": digest, **facts, "files": files,
    }  # fmt: skip
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    write_if_changed(folder / "manifest.json", text.encode())
    row = {k: manifest[k] for k in ("month", "vintage", "released_at", "signed_by", "reason", "dictionary_version", "digest")}
    with store.transaction() as connection:
        connection.execute(store.tables.release.insert().values(**row, manifest=text))
    return Vintage(month, number, digest, folder)


def _folder(releases: Path, month: str, number: int) -> Path:
    return releases / month / f"v{number}"
