"""Answers of villages and reviewers: appended to the store, never changed."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd
import sqlalchemy as sa

from sinks.store import Store


def record_answer(store: Store, answer: Mapping[str, object]) -> int:
    """Append one answer (columns of the table `answer` without its id); returns its number."""
    table = store.tables.answer
    with store.transaction() as connection:
        number = int(connection.scalar(sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0))) or 0) + 1
        connection.execute(table.insert().values(id=number, **answer))
    return number


def load_answers(store: Store, first_month: str, last_month: str) -> pd.DataFrame:
    """Answers of these months, both included, in the order in which they were given."""
    table = store.tables.answer
    return store.read(sa.select(table).where(table.c.month >= first_month, table.c.month <= last_month).order_by(table.c.id))
