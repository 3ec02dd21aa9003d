"""A quarter's return beside the month's, described in YAML alone: due day, counts, tables, release, by runs and commands."""

from __future__ import annotations

import datetime as dt
import io
import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa

from pipelines.cli.month_run import MonthRun, run_month
from schemas.states import MISSING, state_column
from tests.cases.office import MONTH, MONTH_BEFORE, TOWN, VILLAGES, March, Offices
from tests.pipelines.office import Office
from tests.sources.sheets import ods, xlsx
from tests.sources.test_periods_of_returns import QUARTERLY

ALONE, TOGETHER, WITHOUT_MONTH, NOT_SENT = VILLAGES
"""Of the town: its quarter's return comes as a file of its own, as a sheet of the month's workbook, without the month's, not at all."""
COUNTS = {"expected": 4, "reported": 3, "on_time": 3, "missing": 1, "held": 0}
RATE = """
derived:
  - code: lecture_rate
    section: F
    label: {zh: 讲座率, en: Lectures a volunteer}
    unit: per_1000
    numerator: q_lectures
    denominator: q_volunteers
    annualised: true
"""
LECTURES = {ALONE: 3, TOGETHER: 5, WITHOUT_MONTH: 7}


@dataclass(frozen=True)
class Quarter:
    """The office after its runs: on the month's run day, and after the quarter's due day; `late`: a village whose return came after it."""

    office: Office
    early: MonthRun
    march: March
    late: str


def form(code: str, lectures: int, people: int) -> list[list[Any]]:
    """The quarter's form of a village."""
    figures = [["健康讲座场次", "场次", float(lectures)], ["听讲人次", "人次", float(people)], ["志愿者人数", "人", 6.0]]
    return [["宣传服务季报（2024年一季度）"], ["村代码", code], ["指标", "单位", "本季数"], *figures]


def run_at(office: Office, month: str, now: str) -> MonthRun:
    """The month's job at a time."""
    before = dict(os.environ)
    try:
        return run_month(replace(office.settings, now=now), month, is_quiet=True)
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="module")
def quarter(offices: Offices, tmp_path_factory: pytest.TempPathFactory) -> Quarter:
    folder = tmp_path_factory.mktemp("quarterly")
    (folder / "quarterly.yaml").write_text(QUARTERLY.replace("period: quarter,", "period: quarter, due_day: 20,") + RATE, "utf-8")
    office = replace(offices.office(), dictionary=str(folder))
    inbox = office.inbox / MONTH
    registry = pd.read_csv(office.places, dtype=str, keep_default_na=False)
    name = dict(zip(registry["code"], registry["name"], strict=True))
    other = next(code for code in sorted(name) if len(code) == 12 and not code.startswith(TOWN))
    of = {code: next(p for p in inbox.iterdir() if code in p.name or name[code] in p.name) for code in (TOGETHER, WITHOUT_MONTH)}
    book = openpyxl.load_workbook(of[TOGETHER])
    sheet = book.create_sheet("季报")
    for row in form(TOGETHER, LECTURES[TOGETHER], 90):
        sheet.append(row)
    made = io.BytesIO()
    book.save(made)
    of[WITHOUT_MONTH].unlink()
    files = {
        of[TOGETHER].name: (made.getvalue(), "2024-04-03"),
        f"季报_{ALONE}.xlsx": (xlsx(form(ALONE, LECTURES[ALONE], 80)), "2024-04-08"),
        f"季报_{WITHOUT_MONTH}.ods": (ods(form(WITHOUT_MONTH, LECTURES[WITHOUT_MONTH], 70)), "2024-04-19"),
    }
    late = f"季报_{other}.xlsx", xlsx(form(other, 2, 40)), "2024-04-22"
    for file, (content, day) in files.items():
        _put(inbox / file, content, day)
    early = run_at(office, MONTH, "2024-04-10T01:00:00Z")
    _put(inbox / late[0], *late[1:])
    return Quarter(office, early, March(office, run_at(office, MONTH, "2024-04-23T01:00:00Z")), other)


def _put(path: Path, content: bytes, day: str) -> None:
    path.write_bytes(content)
    os.utime(path, (dt.datetime.fromisoformat(f"{day}T02:00:00+00:00").timestamp(),) * 2)


def asked(run: MonthRun, rule: str) -> set[str]:
    """Villages that a rule asks."""
    found = run.values["finding"]
    return set(found.loc[found["rule"] == rule, "place_code"])


def test_before_its_due_day_nobody_is_asked_for_it_and_afterwards_who_has_not_sent_it(quarter: Quarter) -> None:
    after = quarter.march.run
    assert asked(quarter.early, "missing_return") == set()
    everybody = set(quarter.march.report.index)
    assert asked(after, "missing_return") == everybody - {*LECTURES, quarter.late}
    assert asked(after, "late_return") == {quarter.late}
    words = quarter.march.findings(NOT_SENT).set_index("rule").loc["missing_return"]
    assert "宣传服务季报（2024年一季度）" in words["say_zh"]
    assert "Quarterly outreach return" in words["say_en"]
    assert "2024 Q1" in words["say_en"]


def test_the_months_return_is_judged_by_itself(quarter: Quarter) -> None:
    report = quarter.march.report
    assert asked(quarter.march.run, "missing_report") == {WITHOUT_MONTH}
    assert report.loc[WITHOUT_MONTH, "status"] == "missing"
    assert report.loc[WITHOUT_MONTH, state_column("births_m")] == MISSING
    assert asked(quarter.march.run, "late_report") == set(), "the quarter's return of the 8th and the 22nd makes no month late"
    assert asked(quarter.march.run, "required_absent") == set()
    assert report["is_on_time"].sum() == len(report) - 1


def test_figures_are_those_of_the_quarter_in_file_sheet_and_alone(quarter: Quarter) -> None:
    for village, lectures in LECTURES.items():
        assert quarter.march.figure(village, "q_lectures")[0] == lectures
    assert quarter.march.figure(NOT_SENT, "q_lectures")[1] == MISSING
    assert pd.notna(quarter.march.report.loc[TOGETHER, "births_m"])


def test_counts_are_of_the_quarters_own_villages(quarter: Quarter) -> None:
    towns = quarter.march.run.values["town_figure"].set_index("place_code").loc[TOWN]
    assert {name: towns[f"outreach_quarterly_villages_{name}"] for name in ("reported", "on_time", "missing", "held")} == {
        name: n for name, n in COUNTS.items() if name != "expected"
    }
    assert towns["villages_reported"] == 3
    county = quarter.march.run.values["county_figure"].iloc[0]
    assert (county["outreach_quarterly_villages_reported"], county["outreach_quarterly_villages_on_time"]) == (4, 3)
    store = quarter.march.table("place_figure").set_index("place_code").loc[TOWN]
    assert store["outreach_quarterly_villages_reported"] == 3
    assert towns["q_lectures"] == sum(LECTURES.values())


def test_its_tables_have_its_period_and_its_villages_and_the_months_have_none_of_its_figures(quarter: Quarter) -> None:
    folder = quarter.office.outbox / MONTH
    own = openpyxl.load_workbook(folder / f"{TOWN[:6]}_outreach_quarterly_town_{MONTH}.xlsx")
    texts = _texts(own)
    assert "报告期 Period：2024年一季度" in texts
    assert "宣传服务季报分乡镇汇总表" in texts
    sheet = next(s for s in own.worksheets if "健康讲座场次" in _texts_of(s))
    row = next(r for r in sheet.iter_rows(values_only=True) if r[0] == TOWN)
    assert row[2:5] == (15, 240, 18)
    assert "应报 12 村，已报 4 村，未计入 8 村" in texts
    assert _texts(openpyxl.load_workbook(folder / f"outreach_quarterly_county_{MONTH}.xlsx")).count("2024年一季度") >= 1
    for month in (MONTH, MONTH_BEFORE):
        tables = [p for p in (quarter.office.outbox / month).glob("*.xlsx") if "outreach" not in p.name]
        assert len(tables) >= 2
        assert not any("健康讲座场次" in _texts(openpyxl.load_workbook(path)) for path in tables)
    assert not list((quarter.office.outbox / MONTH_BEFORE).glob("*outreach*"))
    listing = next((folder / "towns").glob(f"{TOWN}_*.xlsx"))
    assert "健康讲座场次" in _texts(openpyxl.load_workbook(listing))


def test_tidy_files_name_the_period(quarter: Quarter) -> None:
    tidy = pd.read_parquet(quarter.office.outbox / MONTH / f"town_{MONTH}.parquet").set_index(["place_code", "indicator"])
    lectures, births = tidy.loc[(TOWN, "q_lectures")], tidy.loc[(TOWN, "births_m")]
    assert (lectures["period"], lectures["value"], lectures["villages_reported"], lectures["n_villages"]) == ("2024-Q1", 15, 3, 3)
    assert (births["period"], births["month"]) == (MONTH, MONTH)


def test_a_rate_of_its_events_is_annualised_over_the_quarter(quarter: Quarter) -> None:
    towns = quarter.march.run.values["town_figure"].set_index("place_code").loc[TOWN]
    assert towns["lecture_rate"] == pytest.approx(365.25 / (31 + 29 + 31) * 15 / 18)


def test_commands_tell_of_it(quarter: Quarter) -> None:
    office = replace(quarter.office, extra={"CUNBAO_NOW": "2024-04-24T01:00:00Z"})
    told = office.cunbao("--lang", "en", "run", MONTH, "--json")
    assert told.returncode == 0, told.stderr
    summary = json.loads(told.stdout)
    (of,) = summary["returns"]
    assert (of["period_en"], of["expected"], of["reported"], of["on_time"], of["missing"]) == ("2024 Q1", 12, 4, 3, 8)
    assert not summary["changed"]
    months = {row["month"]: row for row in json.loads(office.cunbao("status", "--json").stdout)}
    assert months[MONTH]["outreach_quarterly_villages_reported"] == 4
    assert months[MONTH_BEFORE]["outreach_quarterly_villages_reported"] == 0


def test_it_is_released_and_fed_with_its_period(quarter: Quarter, tmp_path: Path) -> None:
    reason = "三个村的季报下周补报，县里已电话核实"
    released = quarter.office.cunbao("--lang", "en", "release", MONTH, "--signed-by", "A", "--reason", reason, "--json")
    assert released.returncode == 0, released.stderr
    folder = Path(json.loads(released.stdout)["folder"])
    assert {f"outreach_quarterly_county_{MONTH}.xlsx", f"{TOWN[:6]}_outreach_quarterly_town_{MONTH}.xlsx"} <= {
        p.name for p in folder.iterdir()
    }
    upstream = f"sqlite:///{tmp_path / 'upstream.sqlite'}"
    engine = sa.create_engine(upstream)
    with engine.begin() as connection:  # made by a release that had no periods yet
        connection.execute(sa.text("create table cunbao_figure (month text, place_code text, indicator text, value float)"))
    assert quarter.office.cunbao("feed", MONTH, "--to", upstream).returncode == 0
    with engine.connect() as connection:
        rows = connection.execute(
            sa.text("select period, value from cunbao_figure where place_code = :town and indicator = 'q_lectures'"), {"town": TOWN}
        )
        assert rows.all() == [("2024-Q1", 15)]


def _texts(book: openpyxl.Workbook) -> str:
    return "\n".join(_texts_of(sheet) for sheet in book.worksheets)


def _texts_of(sheet: Any) -> str:
    return "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if isinstance(cell, str))
