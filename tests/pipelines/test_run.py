"""`cunbao run` as an office uses it: again, with a correction, on either database, and with something wrong about the call."""

from __future__ import annotations

import datetime as dt
import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from schemas.dictionary import load_dictionary
from tests.pipelines.office import Dump, Office, contents, cunbao, sample_office, times

pytestmark = pytest.mark.slow

MONTHS = ["2024-02", "2024-03"]
MONTH = MONTHS[-1]


@pytest.fixture(scope="module")
def office(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Two months of the small county, on SQLite."""
    made = sample_office(small_county, tmp_path_factory.mktemp("office") / "home")
    for month in MONTHS:
        made.run(month)
    return made


# -- the same again --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Again:
    """What was there before the second run, and what it said: to a person in Chinese, to a program in JSON."""

    store: Dump
    files: dict[str, bytes]
    changed: dict[str, int]
    told: subprocess.CompletedProcess[str]
    json: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def again(office: Office) -> Again:
    before = office.dump(), contents(office.outbox), times(office.outbox) | times(office.home / "vault")
    return Again(*before, office.cunbao("--lang", "zh", "run", MONTH), office.cunbao("run", MONTH, "--json"))


def test_a_second_run_changes_nothing_and_says_so(office: Office, again: Again) -> None:
    assert (again.told.returncode, again.json.returncode) == (0, 0), again.told.stderr
    assert "没有变化" in again.told.stdout
    summary = json.loads(again.json.stdout)
    assert (summary["changed"], summary["files_changed"]) == (False, 0)
    assert office.dump() == again.store
    assert contents(office.outbox) == again.files
    assert times(office.outbox) | times(office.home / "vault") == again.changed


def test_a_village_s_account_tells_every_rule_and_agrees_with_its_findings(office: Office) -> None:
    findings = office.table("finding", MONTH)
    village = findings.loc[(findings["place_level"] == "village") & (findings["rule"] == "population_balance"), "village_code"].iloc[0]
    told = json.loads(office.cunbao("review", MONTH, "--village", village, "--json").stdout)["rules"]
    assert {r["rule_id"] for r in told} == set(
        office.table("rule_outcome", MONTH).query("place_level == 'village' and position >= 0")["rule_id"]
    )
    failed = {r["rule_id"] for r in told if r["outcome"] == "fail"}
    of_rules = findings["rule"].isin(list(load_dictionary().rules))  # single figures out of line are asked about beside the rules
    assert failed == set(findings.loc[(findings["place_code"] == village) & of_rules, "rule_id"])
    assert {"pass", "cannot_tell", "not_asked"} <= {r["outcome"] for r in told}
    for lang, words in (("zh", "无法判断"), ("en", "cannot tell")):
        shown = office.cunbao("--lang", lang, "review", MONTH, "--village", village)
        assert shown.returncode == 0, shown.stderr
        assert words in shown.stdout
    missing = office.cunbao("review", MONTH, "--village", "990101199999")
    assert missing.returncode == 2
    assert "CB-3021" in missing.stderr


def test_json_says_what_the_store_says(office: Office, again: Again) -> None:
    summary = json.loads(again.json.stdout)
    county = office.table("place_figure", MONTH).set_index("place_level").loc["county"]
    assert {f"villages_{name}": n for name, n in summary["villages"].items()} == {
        name: county[name] for name in county.index if str(name).startswith("villages_")
    }
    findings = office.table("finding", MONTH)["severity"].value_counts()
    assert summary["findings"] == {severity: int(findings.get(severity, 0)) for severity in ("mandatory", "near_mandatory", "verify")}
    assert min(summary["findings"].values()) > 0
    assert summary["month"] == MONTH


def test_postgresql_gives_the_same_store_and_the_same_files_as_sqlite(
    office: Office, small_county: Path, postgres_url: str, tmp_path: Path
) -> None:
    other = sample_office(small_county, tmp_path / "home", postgres_url)
    for month in MONTHS:
        assert other.run(month).has_changed
    assert contents(other.outbox) == contents(office.outbox)
    mine, theirs = office.dump(), other.dump()
    assert mine.keys() == theirs.keys()
    for table, rows in mine.items():
        assert theirs[table] == rows, table
    assert not other.run(MONTH).has_changed


def test_several_months_in_one_command(office: Office, again: Again) -> None:
    told = office.cunbao("run", MONTHS[0], "--through", MONTHS[1], "--json")
    assert told.returncode == 0, told.stderr
    assert [(summary["month"], summary["changed"]) for summary in json.loads(told.stdout)] == [(month, False) for month in MONTHS]
    backwards = office.cunbao("run", MONTHS[1], "--through", MONTHS[0])
    assert (backwards.returncode, "CB-3012" in backwards.stderr) == (2, True)


# -- a correction ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Corrected:
    """An office that received a corrected form after its run: before and after."""

    before: Office
    after: Office
    summary: dict[str, Any]
    mistake: dict[str, Any]
    file: Path

    @property
    def village(self) -> str:
        return str(self.mistake["village_codes"][0])


@pytest.fixture(scope="module")
def corrected(office: Office, small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Corrected:
    folder = tmp_path_factory.mktemp("corrected") / "county"
    shutil.copytree(small_county, folder)
    shutil.copytree(office.home, folder / "home")
    after = sample_office(folder)
    mistakes = json.loads((folder / "truth.json").read_text("utf-8"))["mistakes"]
    mistake = next(m for m in mistakes if (m["kind"], m["month"]) == ("balance_slip", MONTH) and "汇总表" not in m["files"][0])
    wrong = folder / mistake["files"][0]
    book = openpyxl.load_workbook(wrong)
    for code, cell in mistake["cells"].items():
        sheet, _, address = cell.partition("!")
        book[sheet][address] = mistake["true"][code]
    file = wrong.with_name(f"{wrong.stem} 改.xlsx")
    book.save(file)
    in_time = dt.datetime(2024, 4, 4, 12, tzinfo=dt.UTC).timestamp()
    os.utime(file, (in_time, in_time))
    ended = after.cunbao("run", MONTH, "--json")
    assert ended.returncode == 0, ended.stderr
    return Corrected(office, after, json.loads(ended.stdout), mistake, file)


def test_a_correction_supersedes_and_settles_the_question(corrected: Corrected) -> None:
    def rules(office: Office) -> set[str]:
        findings = office.table("finding", MONTH)
        return set(findings.loc[findings["place_code"] == corrected.village, "rule"])

    assert corrected.summary["changed"] is True
    assert rules(corrected.before) == {"population_balance"}
    assert rules(corrected.after) == {"conflicting_versions"}


def test_a_correction_moves_its_town_and_county_by_its_difference_and_nothing_else(corrected: Corrected) -> None:
    codes = list(load_dictionary().codes)
    figures = [office.table("place_figure", MONTH).set_index("place_code")[codes] for office in (corrected.before, corrected.after)]
    differing = figures[1].compare(figures[0], keep_shape=False)
    town = corrected.mistake["town_code"]
    assert set(differing.index) == {town, town[:6]}
    assert set(differing.columns.get_level_values(0)) == set(corrected.mistake["indicators"])
    for code in corrected.mistake["indicators"]:
        moved = (figures[1][code] - figures[0][code])[[town, town[:6]]]
        assert moved.tolist() == [corrected.mistake["true"][code] - corrected.mistake["shown"][code]] * 2


def test_a_correction_adds_a_submission_and_leaves_the_others_as_they_were(corrected: Corrected) -> None:
    before, after = corrected.before.dump(), corrected.after.dump()
    for table in ("submission", "reading", "reading_plan"):
        assert set(map(repr, before[table])) <= set(map(repr, after[table])), table
    assert len(after["submission"]) == len(before["submission"]) + 1
    assert len(after["reading"]) == len(before["reading"]) + 1


def test_a_correction_rewrites_only_what_it_touches(corrected: Corrected) -> None:
    before, after = contents(corrected.before.outbox), contents(corrected.after.outbox)
    pages = {name for name in {*before, *after} if "/villages/" in name}  # they tell what is usual in the county, and go when settled
    assert before.keys() - pages <= after.keys()
    rewritten = {name for name in {*before, *after} if after.get(name) != before.get(name)}
    assert all(name.startswith(f"{MONTH}/") for name in rewritten)
    listings = {name for name in rewritten if "/towns/" in name}
    letters = {name for name in rewritten if name.endswith(".receipt.txt")}
    assert all(f"/receipts/{corrected.mistake['town_code']}_" in name for name in letters)
    assert [Path(name).name[:9] for name in listings] == [corrected.mistake["town_code"]]
    assert {Path(name).name for name in rewritten - listings - letters - pages} == {
        f"{corrected.mistake['town_code'][:6]}_town_table_{MONTH}.xlsx",
        f"county_table_{MONTH}.xlsx",
        *[f"{level}_{MONTH}.{kind}" for level in ("town", "county") for kind in ("csv", "parquet")],
        "receipts.csv",
        "index.html",
    }
    assert corrected.summary["files_changed"] == len(rewritten)


def test_of_two_versions_the_one_that_arrived_last_counts_whatever_its_name(honest_county: Path, tmp_path: Path) -> None:
    folder = tmp_path / "county"
    shutil.copytree(honest_county, folder)
    shown = pd.read_parquet(folder / "truth" / "shown.parquet")
    form = json.loads((folder / "truth.json").read_text("utf-8"))["forms"][f"template@{MONTH}"]
    expected = {}
    for number, name in enumerate(("0 {stem}.xlsx", "{stem}龘.xlsx")):  # one sorts before the first version, one after it
        first = folder / shown["file"].iloc[number]
        book = openpyxl.load_workbook(first)
        book[form["sheet"]][form["figures"]["outreach_sessions"]] = 70 + number
        book.save(first.with_name(name.format(stem=first.stem)))
        expected[str(shown["village_code"].iloc[number])] = 70.0 + number
    done = sample_office(folder).run(MONTH)
    report = done.values["village_report"].set_index("village_code")
    assert report.loc[list(expected), "outreach_sessions"].to_dict() == expected
    assert set(report.index[report["conflicting_versions"] == 1]) == set(expected)


# -- something wrong about the call ----------------------------------------------------------------------------------


def _says(ended: subprocess.CompletedProcess[str], name: str, status: int) -> None:
    """The catalogue's message, in both languages, on standard error; nothing on standard output; the status."""
    message = load_dictionary([]).messages[name]
    assert ended.returncode == status, (ended.stdout, ended.stderr)
    lines = [line for line in ended.stderr.splitlines() if line.startswith(f"[{message.code}]")]
    assert len(lines) == 2, ended.stderr
    for line, say, do in zip(lines, (message.say.zh, message.say.en), (message.do.zh, message.do.en), strict=True):
        assert say.partition("{")[0] in line
        assert do.partition("{")[0] in line
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("month", ["2024-13", "soon", "24-3-1"])
def test_what_is_no_month(office: Office, month: str) -> None:
    ended = office.cunbao("run", month)
    _says(ended, "bad_month", 2)
    assert month in ended.stderr


def test_no_such_inbox(office: Office, tmp_path: Path) -> None:
    ended = office.cunbao("run", MONTH, "--inbox", str(tmp_path / "nowhere"))
    _says(ended, "no_inbox", 2)
    assert "nowhere" in ended.stderr


def test_no_such_registry(office: Office, tmp_path: Path) -> None:
    _says(office.cunbao("run", MONTH, "--places", str(tmp_path / "none.csv")), "no_registry", 2)


def test_no_registry_at_all(small_county: Path, tmp_path: Path) -> None:
    inbox = tmp_path / "a" / "b" / "inbox"
    inbox.mkdir(parents=True)
    _says(cunbao("run", MONTH, "--inbox", str(inbox), "--home", str(tmp_path / "home")), "no_registry", 2)


def test_a_registry_with_a_wrong_line_is_told_by_its_line(office: Office, tmp_path: Path) -> None:
    lines = (office.inbox.parent / "places.csv").read_text("utf-8").splitlines()
    wrong = tmp_path / "places.csv"
    wrong.write_text("\n".join([*lines[:20], lines[20].replace("village", "hamlet"), *lines[21:]]), "utf-8")
    ended = office.cunbao("run", MONTH, "--home", str(tmp_path / "home"), "--places", str(wrong))
    _says(ended, "bad_registry", 2)
    assert "21" in ended.stderr


@pytest.mark.parametrize("url", ["postgresql+psycopg://office:geheim@127.0.0.1:1/county", "sqlite:///{folder}/no_database.sqlite"])
def test_a_store_that_cannot_be_reached(office: Office, tmp_path: Path, url: str) -> None:
    (tmp_path / "no_database.sqlite").write_bytes(b"this is a letter, not a database\n" * 100)
    ended = office.cunbao("run", MONTH, "--home", str(tmp_path / "home"), "--store", url.format(folder=tmp_path))
    _says(ended, "store_unreachable", 1)
    assert "geheim" not in ended.stderr
    assert not (tmp_path / "home" / "outbox").exists()
