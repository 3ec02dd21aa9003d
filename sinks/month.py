"""One month's results in the store: written together in one transaction, and only when they changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence

import pandas as pd
import sqlalchemy as sa

from sinks.store import Store


def save_month(store: Store, month: str, frames: Mapping[str, pd.DataFrame], *, dictionary_version: str, recorded_at: str) -> bool:
    """Replace the month's rows of every table in `frames` (names of `StoreTables.of_month`). A crash leaves what was there.

    Returns:
        Whether anything changed: the same content again writes nothing.
    """
    tables, record = store.tables.of_month, store.tables.month_record
    ready = {name: _with_keys(frame, month) for name, frame in frames.items()}
    digest = _digest(ready, tables, dictionary_version)
    with store.transaction() as connection:
        if connection.scalar(sa.select(record.c.digest).where(record.c.month == month)) == digest:
            return False
        for name, frame in ready.items():
            connection.execute(tables[name].delete().where(tables[name].c.month == month))
            store.insert_frame(connection, tables[name], frame)
        connection.execute(record.delete().where(record.c.month == month))
        connection.execute(
            record.insert().values(month=month, dictionary_version=dictionary_version, digest=digest, recorded_at=recorded_at)
        )
    return True


def load_month(store: Store, month: str, name: str) -> pd.DataFrame:
    """The month's rows of one table, in the order in which they were written."""
    table = store.tables.of_month[name]
    return store.read(sa.select(table).where(table.c.month == month).order_by(table.c.row_no))


def load_months(store: Store, months: Sequence[str], name: str) -> pd.DataFrame:
    """The rows of one table for several months, in order."""
    table = store.tables.of_month[name]
    return store.read(sa.select(table).where(table.c.month.in_(months)).order_by(table.c.month, table.c.row_no))


def load_each(store: Store, months: Sequence[str], name: str) -> dict[str, pd.DataFrame]:
    """Month → its rows of one table, as `load_month` gives them (none where nothing is recorded), in one query."""
    rows = load_months(store, months, name)
    return {month: rows[rows["month"] == month].reset_index(drop=True) for month in months}


def findings_by_month(store: Store, month: str, findings: pd.DataFrame, most: int = 24) -> pd.DataFrame:
    """How many findings there were: month, level, severity, count; the `most` newest months up to `month`, oldest first.

    Args:
        store: holds the earlier months as they stand now.
        month: 'YYYY-MM', not recorded yet.
        findings: its Finding frame. A month without a finding has a row with level -1 and count 0.
        most: months.
    """
    finding, record = store.tables.finding, store.tables.month_record
    with store.engine.connect() as connection:
        newest = sa.select(record.c.month).where(record.c.month < month).order_by(record.c.month.desc()).limit(most - 1)
        months = sorted(connection.scalars(newest))
    keys = [finding.c.month, finding.c.level, finding.c.severity]
    count = sa.func.count().label("count")
    before = store.read(sa.select(*keys, count).where(finding.c.month.in_(months)).group_by(*keys))
    now = findings.assign(month=month).groupby(["month", "level", "severity"]).size().reset_index(name="count")
    quiet = sorted({*months, month} - {*before["month"], *now["month"]})
    none = pd.DataFrame({"month": quiet, "level": -1, "severity": "verify", "count": 0})
    return pd.concat([f for f in (before, now, none) if len(f)], ignore_index=True).sort_values(["month", "level"], ignore_index=True)


def recorded_months(store: Store) -> list[str]:
    """Months that have results, oldest first."""
    record = store.tables.month_record
    with store.engine.connect() as connection:
        return list(connection.scalars(sa.select(record.c.month).order_by(record.c.month)))


def _with_keys(frame: pd.DataFrame, month: str) -> pd.DataFrame:
    keyed = frame.drop(columns=[c for c in ("month", "row_no") if c in frame]).reset_index(drop=True)
    for column in keyed.select_dtypes("bool").columns:
        keyed[column] = keyed[column].astype("int64")
    return pd.concat([pd.DataFrame({"month": [month] * len(keyed), "row_no": range(len(keyed))}), keyed], axis=1)


def _digest(frames: Mapping[str, pd.DataFrame], tables: Mapping[str, sa.Table], version: str) -> str:
    digest = hashlib.sha256(version.encode())
    for name, frame in frames.items():
        columns = [c.name for c in tables[name].columns if c.name in frame.columns]
        digest.update(f"{name}:{','.join(columns)}".encode())
        digest.update(pd.util.hash_pandas_object(frame[columns], index=False).to_numpy().tobytes())
    return digest.hexdigest()
