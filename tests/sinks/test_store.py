"""The store's shape: what a newer program needs is added to a store that an older one made; nothing in it is lost."""

from __future__ import annotations

import numpy as np
import sqlalchemy as sa

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


def _take_in(store: Store, path: str, style: str) -> None:
    states = bytes([MISSING]) * len(D.codes)
    values = np.full(len(D.codes), np.nan).tobytes()
    texts = ("2024", "", "", "")
    record = PlaceRecord("report", "village", "990101100201", "东坡村", "青溪镇", MONTH, texts, "p", 0, values, states, "")
    reading = FileReading(path.ljust(64, "0"), 9, "xlsx", "read", "village_form_2024", "monthly_return", 0.9, "", (record,), {"p": "{}"})
    came = InboxFile(path, f"/nowhere/{path}", MONTH, 9, 1_712_000_000 * 10**9)
    pair = [(came, reading._replace(style=style))]
    save_intake(store, pair, codes=D.codes, reading_version=D.reading_version, recorded_at="2024-04-03T00:00:00Z")


def test_a_store_of_an_older_program_gets_the_columns_it_lacks(database_url: str) -> None:
    store = open_store(database_url, D)
    _take_in(store, "a", "")
    with store.transaction() as connection:  # as it was before styles were kept
        connection.exec_driver_sql("ALTER TABLE submission DROP COLUMN style")
        connection.execute(sa.delete(store.tables.store_shape))
    store.engine.dispose()
    again = open_store(database_url, D)
    _take_in(again, "b", "1b2c-3d")
    found = submissions_of(again, MONTH, MONTH, D.reading_version)
    assert found[["sha256", "style"]].to_numpy().tolist() == [["a".ljust(64, "0"), ""], ["b".ljust(64, "0"), "1b2c-3d"]]
    again.engine.dispose()


def test_the_shape_is_another_when_a_column_is_added() -> None:
    tables = open_store("sqlite://", D).tables
    before = tables.shape
    tables.submission.append_column(sa.Column("later", sa.Text))
    assert tables.shape != before
