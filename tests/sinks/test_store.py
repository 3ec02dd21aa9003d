"""The store's shape: what a newer program needs is added to a store that an older one made; nothing in it is lost."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.operations import Operations

from schemas.dictionary import load_dictionary
from schemas.states import MISSING
from sinks.history import submissions_of
from sinks.store import Store, open_store
from sinks.submissions import save_intake
from sources.inbox import InboxFile
from sources.reading import FileReading
from sources.records import PlaceRecord

D = load_dictionary([])
MONTH = "2024-03"


def _take_in(store: Store, path: str, style: str, content: str = "") -> None:
    states = bytes([MISSING]) * len(D.codes)
    values = np.full(len(D.codes), np.nan).tobytes()
    texts = ("2024", "", "", "")
    record = PlaceRecord("report", "village", "990101100201", "东坡村", "青溪镇", MONTH, texts, "p", 0, values, states, "")
    sha256, rest = (content or path).ljust(64, "0"), ("village_form_2024", "monthly_return", 0.9, "", (record,), {"p": "{}"})
    reading = FileReading(sha256, 9, "xlsx", "read", *rest)
    came = InboxFile(path, f"/nowhere/{path}", MONTH, 9, 1_712_000_000 * 10**9)
    pair = [(came, reading._replace(style=style))]
    save_intake(store, pair, codes=D.codes, reading_version=D.reading_version, recorded_at="2024-04-03T00:00:00Z")


def test_a_store_of_an_older_program_gets_what_it_lacks(database_url: str) -> None:
    store = open_store(database_url, D)
    _take_in(store, "a", "")
    with store.transaction() as connection:  # as it was before styles were kept and paths were indexed
        connection.exec_driver_sql("DROP INDEX ix_submission_path")
        connection.exec_driver_sql("ALTER TABLE submission DROP COLUMN style")
        connection.execute(sa.delete(store.tables.store_shape))
    store.engine.dispose()
    again = open_store(database_url, D)
    _take_in(again, "b", "1b2c-3d")
    found = submissions_of(again, MONTH, MONTH, D.reading_version)
    assert found[["sha256", "style"]].to_numpy().tolist() == [["a".ljust(64, "0"), ""], ["b".ljust(64, "0"), "1b2c-3d"]]
    assert "ix_submission_path" in {index["name"] for index in sa.inspect(again.engine).get_indexes("submission")}
    again.engine.dispose()


def test_what_comes_back_after_something_else_is_sent_anew(database_url: str) -> None:
    store = open_store(database_url, D)
    for content in ("a", "a", "b", "a", "a"):
        _take_in(store, "village.xlsx", "", content)
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(store.tables.submission.c.sha256).order_by(store.tables.submission.c.id)).scalars().all()
    assert [sha256[0] for sha256 in rows] == ["a", "b", "a"]
    store.engine.dispose()


def test_a_store_in_which_a_file_could_come_only_once_takes_it_again(database_url: str) -> None:
    store = open_store(database_url, D)
    for content in ("a", "b"):
        _take_in(store, "village.xlsx", "", content)
    t = store.tables.submission
    with store.transaction() as connection:  # as it was
        operations = Operations(MigrationContext.configure(connection))
        with operations.batch_alter_table("submission") as batch:
            batch.create_unique_constraint("once", ["path", "sha256", "sent_for"])
        connection.execute(sa.delete(store.tables.store_shape))
    store.engine.dispose()
    again = open_store(database_url, D)
    _take_in(again, "village.xlsx", "", "a")
    inspector = sa.inspect(again.engine)
    assert inspector.get_unique_constraints("submission") == []
    assert {i["name"] for i in inspector.get_indexes("submission")} == {i.name for i in t.indexes}
    assert [s[0] for s in submissions_of(again, MONTH, MONTH, D.reading_version)["sha256"]] == ["a", "b", "a"]
    again.engine.dispose()


def test_the_shape_is_another_when_a_column_is_added() -> None:
    tables = open_store("sqlite://", D).tables
    before = tables.shape
    tables.submission.append_column(sa.Column("later", sa.Text))
    assert tables.shape != before
