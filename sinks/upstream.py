"""The feed to an upstream database: released figures in one table, replaced a month at a time in one transaction."""

from __future__ import annotations

import pandas as pd
import sqlalchemy as sa

from sinks.store import StoreError

TABLE = "cunbao_figure"
_NUMBERS = {"value": sa.Double, "low": sa.Double, "high": sa.Double}
_COUNTS = ("n_villages", "villages_expected", "villages_reported", "vintage")
_KEYS = ("month", "place_code", "indicator")


def feed_database(url: str, figures: pd.DataFrame, month: str, vintage: int) -> int:
    """Put a release's tidy figures into the upstream table, instead of the month's former ones.

    Args:
        url: SQLAlchemy URL of the upstream database.
        figures: tidy frame.
        month: 'YYYY-MM'.
        vintage: number of the release.

    Returns:
        Rows written.

    Raises:
        StoreError: the upstream database cannot be reached or refuses; nothing was changed there.
    """
    address = sa.make_url(url)
    engine = sa.create_engine(address)
    rows = figures.assign(vintage=vintage).drop_duplicates(list(_KEYS))
    columns = [
        sa.Column(name, _NUMBERS.get(name) or (sa.Integer if name in _COUNTS else sa.String(200)), primary_key=name in _KEYS)
        for name in rows.columns
    ]
    table = sa.Table(TABLE, sa.MetaData(), *columns)
    try:
        with engine.begin() as connection:
            table.create(connection, checkfirst=True)
            for column in _lacking(connection, table):  # made by an earlier release, which had fewer columns
                connection.execute(sa.text(f"ALTER TABLE {TABLE} ADD COLUMN {column.name} {column.type.compile(engine.dialect)}"))
            connection.execute(table.delete().where(table.c.month == month))
            records = rows.astype(object).where(rows.notna(), None).to_dict("records")
            if records:
                connection.execute(table.insert(), records)  # type: ignore[arg-type]
    except sa.exc.SQLAlchemyError as error:
        why = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        raise StoreError(address.render_as_string(hide_password=True), why) from error
    finally:
        engine.dispose()
    return len(rows)


def _lacking(connection: sa.Connection, table: sa.Table) -> list[sa.Column[object]]:
    there = {column["name"] for column in sa.inspect(connection).get_columns(table.name)}
    return [column for column in table.columns if column.name not in there]
