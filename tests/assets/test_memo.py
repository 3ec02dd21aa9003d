"""One new file among known ones: what is made of the new and what they touch equals what is made of all, whatever came in which order."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

from assets.identity import identified_readings
from assets.letters import month_receipts
from schemas.derived import frame_digest, of_frame
from schemas.dictionary import load_dictionary
from schemas.states import MISSING
from sinks.memo import NO_MEMO, Memo, memo_key
from sinks.places import load_places, save_places
from sinks.receiptmemo import touched_by
from sinks.store import Store, open_store
from sinks.submissions import save_intake, submissions_sent_for, unread
from sources.identify import villages_and_towns
from sources.inbox import InboxFile
from sources.places import villages_of
from sources.reading import FileReading
from sources.records import PlaceRecord, Problem

D = load_dictionary([])
MONTH = "2024-03"
TOWN, OTHER_TOWN = "990101100", "990101101"
NAMES = {"990101100201": "东坡村", "990101100202": "西河村", "990101100203": "南山村", "990101101201": "东坡村"}
PLACES = pd.DataFrame(
    [("990101", "示例县", "county", ""), (TOWN, "青溪镇", "town", "990101"), (OTHER_TOWN, "白河乡", "town", "990101")]
    + [(code, name, "village", code[:9]) for code, name in NAMES.items()],
    columns=["code", "name", "level", "parent_code"],
)
STRANGER = "990101100999"


class File(NamedTuple):
    """What a clerk sends: under which path, when (seconds), about which villages with which number of births, for which month."""

    path: str
    second: int
    villages: tuple[tuple[str, int], ...]
    month: str
    is_refused: bool


def _record(code: str, births: int, month: str, row: int) -> PlaceRecord:
    values = np.full(len(D.codes), np.nan)
    values[0] = births
    states = b"R" + bytes([MISSING]) * (len(D.codes) - 1)
    name = NAMES.get(code, "")
    town = {TOWN: "青溪镇", OTHER_TOWN: "白河乡"}[code[:9]]
    return PlaceRecord(
        "report",
        "village",
        "" if births % 7 == 6 else code,
        name,
        town,
        month,
        ("2024", "赵一", "", ""),
        "p",
        row,
        values.tobytes(),
        states,
        "",
    )


def _arrival(file: File) -> tuple[InboxFile, FileReading]:
    sha = f"{abs(hash(file)):064x}"[-64:]
    came = InboxFile(file.path, f"/nowhere/{file.path}", MONTH, 9, (1_712_000_000 + file.second) * 10**9)
    if file.is_refused:
        return came, FileReading(sha, 9, "xlsx", "refused", problems=(Problem("damaged_file"),))
    records = tuple(_record(code, births, file.month, row) for row, (code, births) in enumerate(file.villages))
    plan = '{"layout": "village_list_2024", "sheet": "月报", "cells": {}}'
    return came, FileReading(sha, 9, "xlsx", "read", "village_list_2024", "monthly_return", 0.9, "", records, {"p": plan})


FILES = st.builds(
    File,
    path=st.sampled_from(["2024-03/a.xlsx", "2024-03/b.xlsx", "2024-03/青溪镇.xlsx", "2024-03/c.zip!/d.xlsx", "2024-03/c.zip!/e.xlsx"]),
    second=st.integers(0, 2),
    villages=st.lists(st.tuples(st.sampled_from([*NAMES, STRANGER]), st.integers(0, 7)), min_size=1, max_size=3).map(tuple),
    month=st.sampled_from([MONTH, MONTH, "", "2024-02"]),
    is_refused=st.sampled_from([False, False, False, True]),
)
BATCHES = st.lists(st.lists(FILES, min_size=1, max_size=3, unique_by=lambda f: f.path), min_size=2, max_size=4)


@pytest.fixture(scope="module")
def fresh_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the registry and nothing else."""
    path = tmp_path_factory.mktemp("fresh") / "store.sqlite"
    store = open_store(f"sqlite:///{path}", D)
    columns = [c.name for c in store.tables.place.columns]
    save_places(store, PLACES.reindex(columns=columns).astype("str").assign(valid_from="2000-01-01", valid_to="").fillna(""), None)
    store.engine.dispose()
    return path


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Path]:
    """A folder for stores and memos of the examples."""
    yield tmp_path
    shutil.rmtree(tmp_path, ignore_errors=True)


def _take_in(store: Store, files: list[File]) -> None:
    save_intake(store, map(_arrival, files), codes=D.codes, reading_version=D.reading_version, recorded_at="2024-04-03T00:00:00Z")


@settings(
    max_examples=300 if os.environ.get("CUNBAO_SOAK") else 15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(batches=BATCHES, is_one_process=st.booleans())
def test_what_is_made_bit_by_bit_equals_what_is_made_of_all(
    batches: list[list[File]], is_one_process: bool, fresh_store: Path, room: Path
) -> None:
    (room / "store.sqlite").unlink(missing_ok=True)
    shutil.rmtree(room / "memo", ignore_errors=True)
    shutil.copyfile(fresh_store, room / "store.sqlite")
    store, memo = open_store(f"sqlite:///{room / 'store.sqlite'}", D), Memo(room / "memo")
    places = load_places(store)
    for batch in batches:
        memo = memo if is_one_process else Memo(room / "memo")
        _take_in(store, batch)
        submissions = submissions_sent_for(store, MONTH)
        for made, anew in (
            (submissions_sent_for(store, MONTH, memo), submissions),
            (month_receipts(store, submissions, places, D, MONTH, memo), month_receipts(store, submissions, places, D, MONTH)),
            (
                identified_readings(store, places, MONTH, D.reading_version, memo),
                identified_readings(store, places, MONTH, D.reading_version),
            ),
        ):
            assert_frame_equal(made, anew)
    store.engine.dispose()


def test_only_what_is_touched_is_made_again(fresh_store: Path, room: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import assets.letters

    shutil.copyfile(fresh_store, room / "store.sqlite")
    store, memo = open_store(f"sqlite:///{room / 'store.sqlite'}", D), Memo(room / "memo")
    villages = list(NAMES)
    _take_in(store, [File(f"2024-03/{n}.xlsx", 0, ((code, 1),), MONTH, False) for n, code in enumerate(villages)])
    month_receipts(store, submissions_sent_for(store, MONTH), load_places(store), D, MONTH, memo)
    _take_in(store, [File("2024-03/corrected.xlsx", 1, ((villages[1], 2),), MONTH, False)])
    made: list[int] = []
    whole = assets.letters.receipts_of
    monkeypatch.setattr(assets.letters, "receipts_of", lambda s, *args, **more: (made.extend(s["id"].tolist()), whole(s, *args, **more))[1])
    receipts = month_receipts(store, submissions_sent_for(store, MONTH), load_places(store), D, MONTH, memo)
    assert made == [2, 5]
    assert receipts["superseded"].tolist() == [0, 1, 0, 0, 0]
    month_receipts(store, submissions_sent_for(store, MONTH), load_places(store), D, MONTH, memo)
    assert made == [2, 5]


def test_what_another_store_made_is_not_believed(fresh_store: Path, room: Path) -> None:
    memo = Memo(room / "memo")
    for n, births in enumerate((1, 2)):
        shutil.copyfile(fresh_store, room / f"{n}.sqlite")
        store = open_store(f"sqlite:///{room / f'{n}.sqlite'}", D)
        _take_in(store, [File(f"2024-03/{n}.xlsx", 0, (("990101100201", births),), MONTH, False)])
        found = identified_readings(store, load_places(store), MONTH, D.reading_version, memo)
        assert found[D.codes[0]].tolist() == [births]
        receipts = month_receipts(store, submissions_sent_for(store, MONTH), load_places(store), D, MONTH, memo)
        assert receipts["rel_path"].tolist() == [f"2024-03/{n}.xlsx"]


def test_a_store_that_was_restored_from_a_copy_is_read_anew(fresh_store: Path, room: Path) -> None:
    """As many submissions as the memo knows, but the last one is another."""
    memo, at, copy = Memo(room / "memo"), room / "store.sqlite", room / "copy.sqlite"
    shutil.copyfile(fresh_store, at)
    for names in (("a", "b"), ("a", "c")):
        shutil.copyfile(copy if copy.is_file() else fresh_store, at)
        store = open_store(f"sqlite:///{at}", D)
        for name in names[1:] if copy.is_file() else names:
            _take_in(store, [File(f"2024-03/{name}.xlsx", 0, (("990101100201", ord(name)),), MONTH, False)])
            if name == "a":
                with store.engine.connect() as connection:
                    connection.exec_driver_sql(f"VACUUM INTO '{copy}'")
        assert submissions_sent_for(store, MONTH, memo)["path"].tolist() == [f"2024-03/{name}.xlsx" for name in names]
        store.engine.dispose()


def test_the_registry_is_read_again_when_it_changed(fresh_store: Path, room: Path) -> None:
    shutil.copyfile(fresh_store, room / "store.sqlite")
    store, other = (open_store(f"sqlite:///{room / 'store.sqlite'}", D) for _ in range(2))
    before = load_places(store)
    assert load_places(store) is before
    assert save_places(other, before.assign(name=before["name"].replace("南山村", "北山村")))
    assert "北山村" in load_places(store)["name"].tolist()
    assert not save_places(other, load_places(store))
    with store.transaction() as connection:  # as in a store that an older program made
        connection.execute(store.tables.place_edition.delete())
    assert_frame_equal(load_places(store), load_places(other))
    assert not save_places(store, load_places(store))
    assert load_places(store) is load_places(store)


def test_without_another_dictionary_nothing_is_unread(fresh_store: Path, room: Path) -> None:
    shutil.copyfile(fresh_store, room / "store.sqlite")
    store = open_store(f"sqlite:///{room / 'store.sqlite'}", D)
    _take_in(store, [File("2024-03/a.xlsx", 0, (("990101100201", 1),), MONTH, False)])
    assert unread(store, [MONTH], D.reading_version) == []
    assert [path for _, path in unread(store, [MONTH], "another")] == ["2024-03/a.xlsx"]


def test_what_was_worked_out_of_a_frame_goes_with_it() -> None:
    frame, n = pd.DataFrame({"a": [1]}), [0]

    def make() -> int:
        n[0] += 1
        return n[0]

    assert [of_frame(frame, "x", make), of_frame(frame, "x", make), of_frame(frame, "y", make)] == [1, 1, 2]
    assert of_frame(frame.copy(), "x", make) == 3
    assert frame_digest(frame) == frame_digest(frame.copy()) != frame_digest(frame + 1)
    assert frame_digest(frame) != frame_digest(frame.rename(columns={"a": "b"}))


def test_towns_of_villages_and_of_names() -> None:
    places = PLACES.assign(valid_from="2000-01", valid_to="")
    twin = pd.DataFrame({"code": ["990101102", "990101102201"], "name": ["白河乡", "北山村"], "level": ["town", "village"]})
    places = pd.concat([places, twin.assign(parent_code=["990101", "990101102"], valid_from="2000-01", valid_to="")], ignore_index=True)
    town_of, named = villages_and_towns(places, MONTH)
    villages = villages_of(places, MONTH)
    assert town_of == dict(zip(villages["village_code"], villages["town_code"], strict=True))
    assert named == {"青溪镇": TOWN}


def test_memos_of_old_months_are_dropped(tmp_path: Path) -> None:
    frame = pd.DataFrame({"a": [1]})
    for month in range(40):
        Memo(tmp_path).put(f"x-{month:02d}", "key", frame, new=1)
        os.utime(tmp_path / f"x-{month:02d}", (month + 1, month + 1))
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"x-{month:02d}" for month in range(4, 40)]


def test_links_lead_on_from_path_to_place_to_path() -> None:
    submissions = pd.DataFrame({"id": [1, 2, 3, 4, 5], "path": ["a", "b", "b", "z.zip!/c", "z.zip!/d"]})
    heads = pd.DataFrame({"submission_id": [1, 2, 3, 4, 5], "place": ["v1", "v1", "v2", "v3", ""]})
    assert touched_by(np.array([1]), submissions, heads).tolist() == [1, 2, 3]
    assert touched_by(np.array([5]), submissions, heads).tolist() == [4, 5]


def test_a_memo_gives_back_only_what_was_kept_under_the_same_key(tmp_path: Path) -> None:
    frame, memo = pd.DataFrame({"a": [1, 2]}), Memo(tmp_path)
    key, other = memo_key("2024-03", frame), memo_key("2024-03", frame + 1)
    memo.put("x", key, frame, new=2)
    assert memo.get("x", other) is None
    kept = memo.get("x", key)
    assert kept is not None
    assert_frame_equal(kept, frame)
    kept["a"] = 0
    for asked in (memo, Memo(tmp_path)):
        again = asked.get("x", key)
        assert again is not None
        assert_frame_equal(again, frame)
    memo.put("x", other, frame, new=2)
    assert memo.get("x", key) is None
    assert Memo(tmp_path).get("x", key) is None
    (tmp_path / "x" / f"{other}.arrow").write_bytes(b"half")
    assert Memo(tmp_path).get("x", other) is None
    NO_MEMO.put("x", key, frame, new=2)
    assert NO_MEMO.get("x", key) is None
