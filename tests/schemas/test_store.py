"""The store's tables: made from the dictionary, creatable on both databases, the same on each."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemas.dictionary import Dictionary, load_dictionary
from schemas.store import store_tables

CONCEPT = "concepts: [{code: wells, section: F, kind: stock, unit: items, label: {zh: 水井, en: Wells}}]\n"


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary([])


def test_wide_tables_have_a_column_for_every_indicator(dictionary: Dictionary) -> None:
    tables = store_tables(dictionary)
    for table in (tables.reading, tables.place_figure):
        assert set(dictionary.codes) <= set(table.columns.keys())
        assert all(isinstance(table.columns[code].type, sa.Double) and table.columns[code].nullable for code in dictionary.codes)
    assert {f"{code}__n" for code in dictionary.codes} <= set(tables.place_figure.columns.keys())
    assert set(dictionary.attributes) <= set(tables.village_report.columns.keys())


def test_a_derived_indicator_has_bounds_exactly_when_it_has_an_interval(dictionary: Dictionary) -> None:
    columns = set(store_tables(dictionary).place_figure.columns.keys())
    for code, entry in dictionary.derived.items():
        assert code in columns
        assert {f"{code}__low" in columns, f"{code}__high" in columns} == {entry.interval is not None}


def test_an_indicator_in_yaml_is_a_column_and_nothing_else_changes(dictionary: Dictionary, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text(CONCEPT, "utf-8")
    before, after = store_tables(dictionary), store_tables(load_dictionary([tmp_path]))
    new = {
        (name, column)
        for name, table in after.metadata.tables.items()
        for column in set(table.columns.keys()) - set(before.metadata.tables[name].columns.keys())
    }
    assert new == {("reading", "wells"), ("village_report", "wells"), ("place_figure", "wells"), ("place_figure", "wells__n")}
    assert after.metadata.tables.keys() == before.metadata.tables.keys()


def test_what_belongs_to_a_month_goes_by_month_and_row(dictionary: Dictionary) -> None:
    for table in store_tables(dictionary).of_month.values():
        assert [c.name for c in table.primary_key.columns] == ["month", "row_no"]


def test_both_databases_make_the_same_tables(dictionary: Dictionary, database_url: str) -> None:
    tables = store_tables(dictionary)
    engine = sa.create_engine(database_url)
    try:
        tables.metadata.create_all(engine)
        seen = sa.inspect(engine)
        assert set(seen.get_table_names()) == set(tables.metadata.tables)
        for name, table in tables.metadata.tables.items():
            columns = {c["name"]: c["nullable"] for c in seen.get_columns(name)}
            assert columns == {c.name: c.nullable for c in table.columns}
            assert seen.get_pk_constraint(name)["constrained_columns"] == [c.name for c in table.primary_key.columns]
    finally:
        engine.dispose()


def test_whole_numbers_and_cents_come_back_exactly(dictionary: Dictionary, database_url: str) -> None:
    tables = store_tables(dictionary)
    engine = sa.create_engine(database_url)
    row = {"month": "2024-03", "row_no": 0, "births_m": float(2**53), "childcare_subsidy_amount": 1234567.89, "deaths_m": None}
    try:
        tables.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(sa.insert(tables.place_figure), [row])
        with engine.connect() as connection:
            found = connection.execute(sa.select(tables.place_figure)).mappings().one()
        assert {code: found[code] for code in row} == row
        assert found["place_code"] == ""
        assert found["births_m__n"] == 0
    finally:
        engine.dispose()


def test_a_submission_has_its_number_alone_and_may_come_again(dictionary: Dictionary, database_url: str) -> None:
    tables = store_tables(dictionary)
    engine = sa.create_engine(database_url)
    row = {"sha256": "0" * 64, "path": "a.xlsx", "size": 10, "sent_for": "2024-03"}
    try:
        tables.metadata.create_all(engine)
        with engine.begin() as connection:
            connection.execute(sa.insert(tables.submission), [{"id": 1, **row}])
        with pytest.raises(sa.exc.IntegrityError), engine.begin() as connection:
            connection.execute(sa.insert(tables.submission), [{"id": 1, **row, "path": "b.xlsx"}])
        with engine.begin() as connection:
            connection.execute(sa.insert(tables.submission), [{"id": 2, **row}])
    finally:
        engine.dispose()
