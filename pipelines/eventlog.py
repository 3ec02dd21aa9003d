"""Dagster's event log in one SQLite file, with its connections kept open.

The storage it is made from opens and closes a connection for every event. The last connection to close makes SQLite fold its
write-ahead log back into the file, so a month's 180 events cost more than reading its 300 workbooks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property

import sqlalchemy as sa
from dagster._core.storage.event_log import ConsolidatedSqliteEventLogStorage

_BUSY_SECONDS = 30


class EventLog(ConsolidatedSqliteEventLogStorage):
    """One event log for all runs. Named in the office's dagster.yaml; the same file as its parent class would write."""

    @cached_property
    def _engine(self) -> sa.Engine:
        return sa.create_engine(self._conn_string, connect_args={"timeout": _BUSY_SECONDS})

    @contextmanager
    def _connect(self) -> Iterator[sa.Connection]:
        with self._engine.begin() as connection:
            yield connection

    def dispose(self) -> None:
        """Close the connections, which also folds the write-ahead log back."""
        super().dispose()  # type: ignore[no-untyped-call]
        if "_engine" in vars(self):
            self._engine.dispose()
