"""What the end-to-end tests share: an office of their own, its runs, and everything it holds afterwards, to compare."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import sqlalchemy as sa

from pipelines.settings import Settings

if TYPE_CHECKING:
    from pipelines.cli.month_run import MonthRun

NOW = "2026-11-23T08:00:00Z"
"""The time of every run in these tests, so that runs are equal to the byte."""

GROUP_OF = {
    **dict.fromkeys(("place", "submission", "receipt", "reading"), "1_intake"),
    **dict.fromkeys(("village_report", "stated_total", "department_count"), "2_report"),
    **dict.fromkeys(("town_figure", "county_figure"), "3_figures"),
    **dict.fromkeys(("previous_report", "finding", "rule_outcome", "village_outcome", "reconciliation"), "4_review"),
    **dict.fromkeys(("expectation", "hint", "query", "pattern_evidence", "pattern_flag", "answer"), "4_review"),
    **dict.fromkeys(("village_excess", "place_excess", "data_docs"), "4_review"),
    **dict.fromkeys(("month_record", "town_table", "county_table", "town_listing", "receipt_file", "department_table"), "5_tables"),
    **dict.fromkeys(("village_pages", "pattern_cards"), "5_tables"),
    "release": "6_release",
    "feed": "7_feeds",
}
"""Every asset and the group in which the UI shows it."""

Dump = dict[str, list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Office:
    """A home folder with store, vault and outbox, reading an inbox. `store_url`: SQLite in the home when empty."""

    home: Path
    inbox: Path
    places: Path | None
    store_url: str = ""
    dictionary: str = ""
    lineage: Path | None = None
    has_data_docs: bool = False  # they take seconds, and few tests look at them
    extra: Mapping[str, str] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """The same as the command line would make of home, inbox and registry."""
        return Settings(
            home=self.home,
            inbox=str(self.inbox),
            outbox=self.outbox,
            store_url=self.url,
            vault=str(self.home / "vault"),
            places=self.places,
            lineage=self.lineage,
            workers=0,
            now=NOW,
            dictionary=self.dictionary,
            has_data_docs=self.has_data_docs,
        )

    @property
    def outbox(self) -> Path:
        """Where its files go."""
        return self.home / "outbox"

    @property
    def url(self) -> str:
        """The store's URL."""
        return self.store_url or f"sqlite:///{self.home / 'store.sqlite'}"

    def run(self, month: str) -> MonthRun:
        """The month's job in this process; the environment is left as it was."""
        from pipelines.cli.month_run import run_month

        before = dict(os.environ)
        try:
            return run_month(self.settings, month, is_quiet=True)
        finally:
            os.environ.clear()
            os.environ.update(before)

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which `cunbao` works for this office."""
        mine = {
            "CUNBAO_HOME": str(self.home),
            "CUNBAO_INBOX": str(self.inbox),
            "CUNBAO_STORE": self.url,
            "CUNBAO_DICTIONARY": self.dictionary,
            "CUNBAO_PLACES": str(self.places or ""),
            "CUNBAO_DATA_DOCS": str(int(self.has_data_docs)),
        }
        return clean_environment() | {k: v for k, v in mine.items() if v} | dict(self.extra)

    def cunbao(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """The command `cunbao` for this office, as a person would start it."""
        return cunbao(*arguments, environment=self.environment)

    def dump(self) -> Dump:
        """Every row of every table of the store, sorted."""
        return dump(self.url)

    def table(self, name: str, month: str) -> pd.DataFrame:
        """One month of a table of the store, read with plain SQL."""
        engine = sa.create_engine(self.url)
        try:
            with engine.connect() as connection:
                query = sa.text(f'SELECT * FROM "{name}" WHERE month = :month ORDER BY row_no')
                return pd.read_sql(query, connection, params={"month": month})
        finally:
            engine.dispose()


def clean_environment() -> dict[str, str]:
    """This process's environment without anything of ours in it, and with the tests' clock."""
    theirs = {k: v for k, v in os.environ.items() if not k.startswith(("CUNBAO_", "DAGSTER_"))}
    return theirs | {"CUNBAO_NOW": NOW, "CUNBAO_LANG": "en", "CUNBAO_DATA_DOCS": "0", "DAGSTER_DISABLE_TELEMETRY": "yes"}


def cunbao(*arguments: str, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """The command as it is installed beside this Python."""
    command = Path(sys.executable).with_name("cunbao")
    env = dict(environment) if environment is not None else clean_environment()
    return subprocess.run([command, *arguments], env=env, capture_output=True, text=True, encoding="utf-8", timeout=300, check=False)


def sample_office(folder: Path, home: Path | None = None, store_url: str = "", dictionary: str = "") -> Office:
    """An office on a sample county's folder."""
    places, lineage = folder / "places.csv", folder / "lineage.csv"
    return Office(home or folder / "home", folder / "inbox", places, store_url, dictionary, lineage)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def dump(url: str) -> Dump:
    """Every row of every table, sorted; columns in order of their names, which come first."""
    engine = sa.create_engine(url)
    try:
        found: Dump = {}
        metadata = sa.MetaData()
        metadata.reflect(engine)
        with engine.connect() as connection:
            for table in metadata.sorted_tables:
                names = sorted(column.name for column in table.columns)
                rows = connection.execute(sa.select(*[table.c[name] for name in names])).all()
                found[table.name] = [tuple(names), *sorted(map(tuple, rows), key=_sortable)]
        return dict(sorted(found.items()))
    finally:
        engine.dispose()


def _sortable(row: tuple[Any, ...]) -> str:
    return repr([value + 0.0 if isinstance(value, float) else value for value in row])  # SQLite keeps no negative zero


def contents(folder: Path) -> dict[str, bytes]:
    """Path below the folder → bytes, hidden files included."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def times(folder: Path) -> dict[str, int]:
    """Path below the folder → time of last change, nanoseconds."""
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in sorted(folder.rglob("*")) if p.is_file()}


def wide_states(states: pd.Series) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """The store's packed states as rows × indicators."""
    return np.frombuffer("".join(states).encode("ascii"), dtype=np.uint8).reshape(len(states), -1)
