"""The registry of places in the store."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from schemas.derived import frame_digest
from sinks.store import Store


def save_places(store: Store, places: pd.DataFrame, events: pd.DataFrame | None = None) -> bool:
    """Replace the registry (and, when given, its lineage) in one transaction; False when it is what the store has already."""
    t = store.tables
    columns = [c.name for c in t.place.columns]
    new = places[columns].sort_values(["code", "valid_from"], ignore_index=True)
    edition = frame_digest(new)
    is_known = _read_places(store)[columns].equals(new) and (events is None or load_events(store).equals(_sorted(events)))
    if is_known and _edition(store) == edition:
        return False
    with store.transaction() as connection:
        connection.execute(t.place_edition.delete())
        connection.execute(t.place_edition.insert().values(digest=edition))
        if is_known:  # in a store that an older program made
            return False
        connection.execute(t.place.delete())
        store.insert_frame(connection, t.place, new)
        if events is not None:
            connection.execute(t.place_event.delete())
            store.insert_frame(connection, t.place_event, _sorted(events))
    return True


def _sorted(events: pd.DataFrame) -> pd.DataFrame:
    return events.sort_values(["date", "from_code", "to_code"], ignore_index=True)


def load_places(store: Store) -> pd.DataFrame:
    """Every version of every place, in order of code and time: the same frame while the registry is the same, not to be changed."""
    edition = _edition(store)
    if not edition:  # of a store that an older program made
        return _read_places(store)
    if store.places is None or store.places[0] != edition:
        store.places = (edition, _read_places(store))
    return store.places[1]


def _edition(store: Store) -> str:
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(store.tables.place_edition.c.digest)) or ""


def _read_places(store: Store) -> pd.DataFrame:
    t = store.tables.place
    return store.read(sa.select(t).order_by(t.c.code, t.c.valid_from))


def load_events(store: Store) -> pd.DataFrame:
    """The lineage: merges, splits, transfers and renames, oldest first."""
    t = store.tables.place_event
    return store.read(sa.select(t).order_by(t.c.date, t.c.from_code, t.c.to_code))
