"""Line departments end to end: a department that exists in YAML only, and those of the sample county, through the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa

from pipelines.cli.sample import make_sample
from schemas.dictionary import load_dictionary
from sinks.month import load_months, save_month
from sinks.store import open_store
from tests.pipelines.office import sample_office
from tests.pipelines.persons import book_of, people
from tests.sources.sheets import ods, xlsx

pytestmark = pytest.mark.slow

MONTH = "2024-03"
YAML = """
departments:
  - id: library_visits
    label: {zh: 图书馆到访统计, en: Library visits}
    office: {zh: 文化部门, en: Culture department}
    place: event
    basis: event
    senders: many
    speaks_of:
      outreach_participants: {}
    innocent: {zh: 活动可能跨村举行。, en: An event may draw people from several villages.}
layouts:
  - id: dept_library_visits
    kind: list
    role: department
    return: library_visits
    label: {zh: 图书馆到访分村统计, en: Library visits by village}
    use_dictionary: false
    recognise: {title: [图书馆到访分村统计表]}
    head:
      village_code: {column: [村代码]}
      village_name: {column: [村名]}
      town_name: {column: [乡镇]}
    columns: {到访人次: outreach_participants}
    total_rows: ["^合计$"]
"""


def test_a_department_that_exists_in_yaml_only(honest_county: Path, tmp_path: Path) -> None:
    """Three branches send .xlsx with codes, .csv in GBK with names alone, and .ods; one village is far off, one is in no list."""
    county, ours = tmp_path / "county", tmp_path / "dictionary"
    shutil.copytree(honest_county, county)
    ours.mkdir()
    (ours / "library.yaml").write_text(YAML, "utf-8")
    shown = pd.read_parquet(county / "truth" / "shown.parquet").sort_values("outreach_participants", ascending=False)
    shown = shown.dropna(subset=["outreach_participants"])  # a village that left its own figure blank is in no list either
    far, absent = shown["village_code"].iloc[0], shown["village_code"].iloc[1]
    told = {code: n * (3 if code == far else 1) for code, n in zip(shown["village_code"], shown["outreach_participants"], strict=True)}
    rows = [(r.village_code, r.village_name, r.town_name, told[r.village_code]) for r in shown.itertuples() if r.village_code != absent]
    title, inbox = "图书馆到访分村统计表（2024年3月）", county / "inbox" / MONTH
    (inbox / "总馆.xlsx").write_bytes(xlsx([[title], ["村代码", "到访人次"], *[[c, n] for c, _, _, n in rows[:4]]]))
    lines = [title, "乡镇,村名,到访人次", *[f"{t},{v},{n:.0f}人次" for _, v, t, n in rows[4:7]], ",合计,0"]
    (inbox / "东馆.csv").write_bytes("\n".join(lines).encode("gb18030"))
    (inbox / "西馆.ods").write_bytes(ods([[title], ["村代码", "村名", "到访人次"], *[[c, v, n] for c, v, _, n in rows[7:]]]))
    persons = [["图书馆到访分村统计表"], ["村代码", "姓名", "身份证号"], *[[far, p.name, p.number] for p in people(6)]]
    (inbox / "读者名册.xlsx").write_bytes(book_of(persons))
    office = sample_office(county, dictionary=str(ours))

    ended = office.cunbao("run", MONTH, "--json")
    assert ended.returncode == 3, ended.stderr  # the readers' list is set aside
    assert json.loads(ended.stdout)["files"]["quarantined"] == 1
    counts = office.table("department_count", MONTH)
    assert dict(zip(counts["place_code"], counts["count"], strict=True)) == {c: told[c] for c, *_ in rows}
    assert set(counts["source_file"].str[-4:]) == {"xlsx", ".csv", ".ods"}

    ended = office.cunbao("departments", MONTH, "--json", "--level", "village")
    assert ended.returncode == 0, ended.stderr
    found = {row["place_code"]: row for row in json.loads(ended.stdout) if row["source"] == "library_visits" and row["place_code"] in told}
    assert {code: row["status"] for code, row in found.items() if row["status"] != "in_line"} == {
        far: "out_of_line",
        absent: "cannot_tell",
    }
    assert (found[far]["ours"], found[far]["theirs"], found[absent]["theirs"]) == (told[far] / 3, told[far], None)
    shown_text = office.cunbao("--lang", "zh", "departments", MONTH).stdout
    assert "相差较大" in shown_text
    assert "图书馆" in shown_text
    book = openpyxl.load_workbook(office.outbox / MONTH / f"department_reconciliation_{MONTH}.xlsx")
    texts = {str(c.value) for line in book.worksheets[-1].iter_rows() for c in line if c.value is not None}
    assert any("活动可能跨村举行" in text for text in texts)
    assert any("An event may draw people" in text for text in texts)


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("with-departments")
    make_sample(folder, seed=8, months=["2024-02", MONTH], towns=3, villages=24, departments=True)
    return folder


def test_the_sample_countys_departments_are_read_exactly_and_trouble_nobody_else(county: Path, tmp_path: Path) -> None:
    office = sample_office(county, tmp_path / "home")
    for month in ("2024-02", MONTH):
        office.run(month)
        _same_as_the_truth(county, office.table("department_count", month), month)
    files = {p.suffix for p in (county / "inbox" / MONTH / "部门报送").iterdir()}
    assert files == {".xlsx", ".xls", ".csv", ".ods"}
    receipts = office.dump()["submission"]
    assert {row[receipts[0].index("status")] for row in receipts[1:]} == {"read"}
    sent = pd.DataFrame(receipts[1:], columns=receipts[0])
    of_departments = set(sent.loc[sent["path"].str.contains("部门报送"), "sha256"])
    assert len(of_departments) == 10
    taken = {ids.partition("/")[0] for ids in office.table("village_report", MONTH)["reading_ids"]}
    assert not taken & of_departments  # nobody's report is a department's file
    found = office.table("reconciliation", MONTH)
    assert set(found["span"]) == {1, 2}
    assert set(found["place_level"]) == {"village", "town", "county"}
    assert not office.run(MONTH).has_changed


def _same_as_the_truth(county: Path, counts: pd.DataFrame, month: str) -> None:
    """What was read of a month's own figures is what the files show; villages that a list leaves out have none."""
    truth = pd.read_parquet(county / "truth" / "departments.parquet")
    truth = truth[(truth["month"] == month) & (truth["count_month"] == month)]
    for source, rows in truth.groupby("source"):
        read = counts[counts["source"] == source].set_index(["place_code", "indicator"])["count"]
        shown = rows.set_index(["place_code", "indicator"])["count"]
        missing = shown.index.difference(read.index)
        assert (shown[missing] == 0).all(), source
        assert read.reindex(shown.index).dropna().equals(shown.drop(missing)), source
        assert len(shown) > len(missing), source


def test_a_store_of_before_gets_what_departments_need_and_loses_nothing(database_url: str) -> None:
    dictionary = load_dictionary(extra=[])
    store = open_store(database_url, dictionary)
    with store.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO reading (sha256, reading_version, ordinal) VALUES ('a', 'b', 0)")
        for statement in ("DROP TABLE department_count", "DROP TABLE reconciliation", "ALTER TABLE reading DROP COLUMN totals"):
            connection.exec_driver_sql(statement)
        connection.exec_driver_sql("DELETE FROM dictionary_edition")
    store.engine.dispose()
    again = open_store(database_url, dictionary)
    inspector = sa.inspect(again.engine)
    assert {"department_count", "reconciliation"} <= set(inspector.get_table_names())
    with again.engine.connect() as connection:
        assert connection.execute(sa.text("SELECT sha256, totals FROM reading")).all() == [("a", "")]
    frames = {name: _one_row(again.tables.of_month[name]) for name in ("department_count", "reconciliation")}
    assert save_month(again, MONTH, frames, dictionary_version="v", recorded_at="")
    for name, frame in frames.items():
        pd.testing.assert_frame_equal(load_months(again, [MONTH], name)[list(frame)], frame)
    again.engine.dispose()


def _one_row(table: sa.Table) -> pd.DataFrame:
    """A text, a whole number and a number with a fraction in every column that takes one."""
    values = {sa.Text: "甲", sa.Integer: 3}
    return pd.DataFrame({c.name: [values.get(type(c.type), 0.25)] for c in table.columns if c.name not in ("month", "row_no")}).astype(
        {c.name: "str" for c in table.columns if isinstance(c.type, sa.Text) and c.name != "month"}
    )
