"""What is said of the past, through the month's run: a gap of a year, a first month, and villages that merge into a code of their own."""

from __future__ import annotations

import shutil
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipelines.cli.sample import make_sample
from tests.pipelines.office import Office, clean_environment, cunbao

OF_THE_MONTH_BEFORE = ("上月", "去年", "last month", "last year")
KNOWN, AFTER = ("2022-01", "2022-02", "2022-03"), "2023-04"


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Three months of reports with mistakes in them, none for a year, then a month in which one village has far more households."""
    folder = tmp_path_factory.mktemp("gap")
    months = [f"{2022 + n // 12}-{n % 12 + 1:02d}" for n in range(16)]
    make_sample(folder, seed=5, months=months, towns=3, villages=30, dialects="template")
    for month in months:
        if month not in (*KNOWN, AFTER):
            shutil.rmtree(folder / "inbox" / month)
    path = folder / "inbox" / AFTER / sorted(p.name for p in (folder / "inbox" / AFTER).glob("*_202304.xlsx"))[0]
    book = openpyxl.load_workbook(path)
    cell = book.worksheets[0]["E9"]  # households at the month's end, of our own form
    cell.value = round(cell.value * 1.8)
    book.save(path)
    office = Office(folder / "home", folder / "inbox", folder / "places.csv", lineage=folder / "lineage.csv")
    for month in (*KNOWN, AFTER):
        office.run(month)
    return office


def said(office: Office, month: str) -> pd.DataFrame:
    """Findings of the month about figures."""
    found = office.table("finding", month)
    return found[found["level"] > 0]


@pytest.mark.parametrize("month", [KNOWN[0], AFTER])
def test_without_a_month_before_no_question_speaks_of_one(county: Office, month: str) -> None:
    found = said(county, month)
    assert len(found)
    for column in ("label_zh", "label_en", "say_zh", "say_en"):
        assert not [words for words in found[column] if any(word in words for word in OF_THE_MONTH_BEFORE)]
    hints = county.table("hint", month)
    assert not (hints["repair"] == "last_month").any()


@pytest.mark.parametrize("month", [KNOWN[0], AFTER])
def test_rules_that_need_the_month_before_cannot_be_told(county: Office, month: str) -> None:
    outcomes = county.table("rule_outcome", month)
    rules = ["opening_is_last_closing", "eligible_balance", "household_change", "population_change", "women_change", "floating_change"]
    rules += ["repeated_report", "population_of_year", "events_like_last_year", "children_within_additions", "births_of_year"]
    found = outcomes[outcomes["rule_id"].str.split("__").str[0].isin(rules)]
    assert found["rule_id"].str.split("__").str[0].nunique() == len(rules)
    assert found[["n_pass", "n_fail", "n_broken"]].to_numpy().sum() == 0
    assert found["n_cannot_tell"].sum() > 0


def test_a_change_since_a_year_ago_names_the_month_and_the_figure_of_then(county: Office) -> None:
    found = said(county, AFTER)
    changes = found[found["rule"] == "unusual_change"]
    before = {month: county.table("village_report", month).set_index("village_code") for month in KNOWN}
    assert len(changes)
    each = changes.assign(indicators=changes["indicators"].str.split(",")).explode("indicators")
    for village, code, zh, en in each[["village_code", "indicators", "say_zh", "say_en"]].itertuples(index=False):
        known = [m for m in KNOWN if before[m].loc[village, "status"] == "accepted" and before[m].loc[village, code] is not None]
        told = f"{before[known[-1]].loc[village, code]:.0f}"
        assert f"{known[-1]}为 {told}" in zh
        assert f"{told} in {known[-1]}" in en


def test_questions_that_compare_with_last_month_name_it(county: Office) -> None:
    found = said(county, KNOWN[1])
    rules = ("opening_is_last_closing", "household_change", "eligible_balance", "women_change", "floating_change", "repeated_report")
    compared = found[found["rule"].isin(rules)]
    assert len(compared)
    assert compared["say_zh"].str.contains(KNOWN[0]).all()
    assert compared["say_en"].str.contains(KNOWN[0]).all()


# -- real villages that merge into a code of their own ------------------------------------------------------------------

REAL = ("2018-09", "2018-10", "2018-11")
COUNTY, NEW = "10002", "99"


@pytest.fixture(scope="module")
def merged(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Office, str, list[str]]:
    """Yilan's villages; in November two of a town are one under an invented code, its figures the sum, its households wrong."""
    source, folder = shared_data / "taiwan-2018h2", tmp_path_factory.mktemp("merged")
    columns = {"population": "村里代碼", "vital": "district_code"}
    figures = {"population": slice(4, None), "vital": slice(4, None)}
    old: list[str] = []
    for month in REAL:
        (folder / "inbox" / month).mkdir(parents=True)
        for kind, column in columns.items():
            frame = pd.read_csv(source / kind / f"{month}.csv", dtype=str, encoding="utf-8-sig", keep_default_na=False)
            top = frame.iloc[:1] if kind == "vital" else frame.iloc[:0]
            frame = frame[frame[column].str.startswith(COUNTY)]
            codes = frame[column].str.replace("-", "").str.strip()
            old = old or sorted(codes)[:2]
            if month == REAL[-1]:
                both = frame[codes.isin(old)]
                one = both.iloc[0].copy()
                one[column] = f"{old[0][:8]}-0{NEW}" if kind == "population" else f"{old[0][:8]}0{NEW}"
                one["村里" if kind == "population" else "village"] = "合興村"
                names = frame.columns[figures[kind]]
                one[names] = both[names].astype(int).sum().astype(str)
                if kind == "population":
                    one["戶數"] = str(round(int(one["戶數"]) * 1.6))
                frame = pd.concat([frame[~codes.isin(old)], one.to_frame().T])
            pd.concat([top, frame]).to_csv(folder / "inbox" / month / f"{kind}.csv", index=False, encoding="utf-8-sig")
    new, places = f"{old[0][:8]}0{NEW}", folder / "places.csv"
    scheme = {"CUNBAO_PLACE_SCHEME": "tw11"}
    files = [str(folder / "inbox" / month / f"{kind}.csv") for month in REAL for kind in columns]
    drafted = cunbao("places", "draft", *files, "--out", str(places), environment=clean_environment() | scheme)
    assert drafted.returncode == 0, drafted.stderr
    registry = pd.read_csv(places, dtype=str, keep_default_na=False)
    registry.loc[registry["code"].isin(old), "valid_to"] = REAL[-2]
    registry.loc[registry["code"] == new, "valid_from"] = REAL[-1]
    registry.to_csv(places, index=False)
    lineage = folder / "lineage.csv"
    lineage.write_text("date,kind,from_code,to_code,share\n" + "".join(f"{REAL[-1]}-01,merge,{code},{new},1\n" for code in old), "utf-8")
    office = Office(folder / "home", folder / "inbox", places, lineage=lineage)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUNBAO_PLACE_SCHEME", "tw11")
        for month in REAL:
            office.run(month)
    return office, new, old


def test_a_new_code_has_the_sum_of_the_merged_villages_as_its_past(merged: tuple[Office, str, list[str]]) -> None:
    office, new, old = merged
    before = office.table("village_report", REAL[-2]).set_index("village_code")
    households = before.loc[old, "households_end"].sum()
    assert households > 0
    found = office.table("finding", REAL[-1])
    here = found[(found["village_code"] == new) & (found["level"] > 0)]
    assert len(here)
    assert set(here["indicators"]) == {"households_end"}
    text = " ".join(here["say_zh"]) + " ".join(here["say_en"])
    assert f"{households:.0f}" in text
    assert "合并前各村合计" in text
    assert "merged since" in text
    assert REAL[-2] in text
