"""The system of record: opening it, bringing its tables to the dictionary's shape, writing rows in bulk.

SQLite (WAL, one writer) by default, PostgreSQL by URL.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import sqlalchemy as sa

from schemas.dictionary import Dictionary
from schemas.store import StoreTables, store_tables


class StoreError(RuntimeError):
    """The store cannot be used; `url` is without its password."""

    def __init__(self, url: str, why: str) -> None:
        super().__init__(f"{url}: {why}")
        self.url, self.why = url, why


class Store:
    """One open store. `tables` are those of the dictionary it was opened with."""

    def __init__(self, engine: sa.Engine, tables: StoreTables) -> None:
        self.engine, self.tables = engine, tables
        self.places: tuple[str, pd.DataFrame] | None = None  # of `sinks.places`: its edition, and the registry as it was read last

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """All or nothing. SQLite takes the write lock at the start, so that a second writer waits instead of failing."""
        with self.engine.connect() as connection:
            if self.engine.dialect.name == "sqlite":
                connection.exec_driver_sql("BEGIN IMMEDIATE")
            with connection.begin() if not connection.in_transaction() else _commit(connection):
                yield connection

    def insert(self, connection: sa.Connection, table: sa.Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
        """Append rows in bulk: COPY on PostgreSQL, executemany on SQLite. NaN becomes NULL."""
        names = ", ".join(f'"{name}"' for name in columns)
        if self.engine.dialect.name == "postgresql":
            cursor = cast(Any, connection.connection.cursor())
            with cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy:
                for row in rows:
                    copy.write_row([None if isinstance(v, float) and math.isnan(v) else v for v in row])
            return
        marks = ", ".join("?" * len(columns))
        batch = [tuple(row) for row in rows]
        if batch:  # sqlite3 itself stores NaN as NULL
            connection.exec_driver_sql(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', batch)

    def insert_frame(self, connection: sa.Connection, table: sa.Table, frame: pd.DataFrame) -> None:
        """Append a frame's columns that the table has."""
        columns = [c.name for c in table.columns if c.name in frame.columns]
        self.insert(connection, table, columns, zip(*[frame[c].tolist() for c in columns], strict=True))

    def among(self, column: sa.Column[Any], values: Sequence[str]) -> sa.ColumnElement[bool]:
        """Whether a text column holds one of many values: one parameter, however many they are, so that the statement is compiled once."""
        if self.engine.dialect.name == "postgresql":
            return column == sa.func.any(sa.bindparam(None, list(values), type_=sa.ARRAY(sa.Text), unique=True))
        listed = sa.func.json_each(json.dumps(list(values), ensure_ascii=False)).table_valued("value")
        return column.in_(sa.select(listed.c.value))

    def rows(self, query: sa.Select[Any]) -> Sequence[tuple[Any, ...]]:
        """Rows as the driver gives them: SQLAlchemy's would be made only to be taken apart again, and our types need no conversion."""
        with self.engine.connect() as connection:
            cursor = connection.execute(query).cursor
            return cursor.fetchall() if cursor is not None else []

    def read(self, query: sa.Select[Any]) -> pd.DataFrame:
        """Rows of a query as a frame; text columns are `str` also when there is no row, numbers float64."""
        names, rows = [column.name for column in query.selected_columns], self.rows(query)
        by_column: Iterable[Sequence[Any]] = zip(*rows, strict=True) if rows else ((),) * len(names)
        found = zip(names, by_column, query.selected_columns, strict=True)
        return pd.DataFrame({name: _as_array(values, column.type) for name, values, column in found}, columns=names)


def _as_array(values: Sequence[Any], kind: sa.types.TypeEngine[Any]) -> Any:
    """One column, of its type from the start: a table of a hundred columns is not guessed at and then converted column by column."""
    if isinstance(kind, sa.Text):
        return pd.array(pa.array(values, pa.large_string()), dtype="str")
    is_whole = isinstance(kind, sa.Integer) and None not in values
    return np.array(values, dtype="int64" if is_whole else "float64")


@contextmanager
def _commit(connection: sa.Connection) -> Iterator[None]:
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.commit()


def open_store(url: str, dictionary: Dictionary) -> Store:
    """Open (and where new, create) the store and give it every table and indicator column of the dictionary.

    Raises:
        StoreError: the database cannot be reached or is no store of ours.
    """
    address = sa.make_url(url)
    if address.get_backend_name() == "sqlite" and address.database:
        Path(address.database).parent.mkdir(parents=True, exist_ok=True)
    engine = sa.create_engine(address, connect_args={"timeout": 60} if address.get_backend_name() == "sqlite" else {"connect_timeout": 10})
    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", _prepare_sqlite)
    tables = store_tables(dictionary)
    store = Store(engine, tables)
    try:
        _bring_up_to_date(store, dictionary)
    except sa.exc.SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError(address.render_as_string(hide_password=True), why) from error
    return store


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # we begin transactions ourselves (BEGIN IMMEDIATE)
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")


def _bring_up_to_date(store: Store, dictionary: Dictionary) -> None:
    """Create missing tables, add missing columns; nothing is ever dropped. Skipped when the edition and the shape are known."""
    edition, shape = store.tables.dictionary_edition, store.tables.store_shape
    with store.engine.connect() as connection:
        if (
            sa.inspect(connection).has_table(shape.name)
            and connection.scalar(sa.select(edition.c.version).where(edition.c.version == dictionary.version))
            and connection.scalar(sa.select(shape.c.digest).where(shape.c.digest == store.tables.shape))
        ):
            return
    from sinks.migrate import bring_up_to_date

    bring_up_to_date(store.engine, store.tables, dictionary)
