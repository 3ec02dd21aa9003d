"""Brings an existing store to the shape the dictionary asks for, with Alembic's operations. Adds, and lifts what is no longer unique."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from schemas.dictionary import Dictionary
from schemas.store import StoreTables

_LOCK = 0x63756E62616F  # "cunbao": one process at a time changes the shape of a PostgreSQL store


def bring_up_to_date(engine: sa.Engine, tables: StoreTables, dictionary: Dictionary) -> None:
    """Create missing tables, columns and indexes and record the dictionary's edition and the shape, in one transaction."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
        tables.metadata.create_all(connection)
        operations = Operations(MigrationContext.configure(connection))
        inspector = sa.inspect(connection)
        for table in tables.metadata.sorted_tables:
            there = {column["name"] for column in inspector.get_columns(table.name)}
            for column in table.columns:
                if column.name not in there:
                    added = sa.Column(column.name, column.type, nullable=column.nullable, server_default=column.server_default)
                    operations.add_column(table.name, added)
        _lift_unique(operations, inspector, tables)
        for index in (index for table in tables.metadata.sorted_tables for index in table.indexes):
            index.create(connection, checkfirst=True)
        edition = tables.dictionary_edition
        if connection.scalar(sa.select(edition.c.version).where(edition.c.version == dictionary.version)) is None:
            content = json.dumps(dictionary.content, ensure_ascii=False, sort_keys=True)
            connection.execute(
                edition.insert().values(
                    version=dictionary.version, reading_version=dictionary.reading_version, content=content, recorded_at=""
                )
            )
        shape = tables.store_shape
        if connection.scalar(sa.select(shape.c.digest).where(shape.c.digest == tables.shape)) is None:
            connection.execute(shape.insert().values(digest=tables.shape))
        connection.commit()


def _lift_unique(operations: Operations, inspector: sa.Inspector, tables: StoreTables) -> None:
    """Drop the unique constraints that a table no longer asks for; SQLite can do so only by making the table again."""
    for table in tables.metadata.sorted_tables:
        asked = {tuple(c.columns.keys()) for c in table.constraints if isinstance(c, sa.UniqueConstraint)}
        names = [c["name"] for c in inspector.get_unique_constraints(table.name) if tuple(c["column_names"]) not in asked]
        if names and operations.get_bind().dialect.name == "sqlite":
            with operations.batch_alter_table(table.name, recreate="always", copy_from=table):
                pass
        else:
            for name in names:
                operations.drop_constraint(str(name), table.name, type_="unique")
