"""Who and when, through the whole job: forms under other names, twice at one moment, early; told in findings and receipts."""

from __future__ import annotations

import json
import os
import shutil
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from tests.pipelines.office import Office, contents, sample_office

pytestmark = pytest.mark.slow

MONTH = "2024-03"
EARLY, MOMENT = 1_711_500_000, 1_712_100_000  # 2024-03-27 and 2024-04-03, UTC


@dataclass(frozen=True)
class Told:
    """The office after its run, and the villages (code, name, town, form) that the tests tamper with."""

    office: Office
    villages: list[tuple[str, str, str, Path]]
    findings: pd.DataFrame
    report: pd.DataFrame
    receipts: pd.DataFrame

    def asked(self, rule: str) -> pd.DataFrame:
        found: pd.DataFrame = self.findings[self.findings["rule"] == rule]
        return found.set_index("place_code")


def _edit(path: Path, to: Path, cells: dict[str, object], when: int | None = None) -> None:
    book = openpyxl.load_workbook(path)
    for row in book.worksheets[0].iter_rows():
        for cell in row:
            if isinstance(cell.value, str) and cell.value in cells:
                cell.value = cells[cell.value]
    to.parent.mkdir(parents=True, exist_ok=True)
    before = path.stat().st_mtime
    if to != path:
        path.unlink()
    book.save(to)
    os.utime(to, (when or before,) * 2)


@pytest.fixture(scope="module")
def told(honest_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Told:
    folder = tmp_path_factory.mktemp("who") / "county"
    shutil.copytree(honest_county, folder)
    inbox = folder / "inbox" / MONTH
    shown = pd.read_parquet(folder / "truth" / "shown.parquet").drop_duplicates("village_code")
    places = pd.read_csv(folder / "places.csv", dtype=str).set_index("code")["name"]
    villages = [(c, str(places[c]), str(places[c[:9]]), folder / f) for c, f in zip(shown["village_code"], shown["file"], strict=True)]
    (_, _, _, file0), (_, name1, _, _), (code2, name2, _, file2) = villages[0], villages[1], villages[2]
    os.rename(file0, inbox / f"{name1}2024年2月.xlsx")  # a form under another village's and another month's name
    _edit(file2, inbox / "近似.xlsx", {code2: "", name2: f"{name2[0]}龘{name2[2:]}"})  # no code, a name that is no village's
    code3, name3, _, file3 = villages[3]
    _edit(file3, inbox / f"{name3}.xlsx", {code3: "", name3: ""})  # nothing in its head but the town
    _, _, _, file4 = villages[4]
    form = json.loads((folder / "truth.json").read_text("utf-8"))["forms"][f"template@{MONTH}"]
    book = openpyxl.load_workbook(file4)
    book[form["sheet"]][form["figures"]["outreach_sessions"]] = 70
    again = file4.with_name("另一份.xlsx")
    book.save(again)
    for path in (file4, again):
        os.utime(path, (MOMENT, MOMENT))
    os.utime(villages[5][3], (EARLY, EARLY))
    _, name6, _, file6 = villages[6]
    _edit(file6, file6, {name6: villages[7][1]})  # the code of one village, the name of another
    office = sample_office(folder)
    done = office.run(MONTH)
    return Told(office, villages, done.values["finding"], done.values["village_report"], done.values["receipt"])


def test_a_file_under_another_village_s_name_counts_as_its_cells_say_and_is_asked_about(told: Told) -> None:
    code, name = told.villages[0][:2]
    assert told.report.set_index("village_code").loc[code, "status"] == "accepted"
    row = told.asked("claim_mismatch").loc[code]
    other = told.villages[1][1]
    assert f"{name}”" in row["say_zh"]
    assert f"文件名写“{other}”" in row["say_zh"]
    assert row["severity"] == "verify"
    assert f"文件名写 2024-02，作为 {MONTH} 报送" in told.asked("file_month_mismatch").loc[code, "say_zh"]


def test_a_near_name_is_held_and_suggested_with_its_score(told: Told) -> None:
    code, name = told.villages[2][:2]
    (row,) = told.asked("place_unknown").to_dict("records")
    assert f"“{name}”（{code}，相似度 0." in row["say_zh"]
    assert f"村名“{name[0]}龘{name[2:]}”" in row["say_zh"]
    assert told.report.set_index("village_code").loc[code, "status"] == "missing"


def test_a_form_without_code_and_name_is_taken_by_its_file_s_name_and_asked_about(told: Told) -> None:
    code, name = told.villages[3][:2]
    assert told.report.set_index("village_code").loc[code, "status"] == "accepted"
    assert f"按文件名计入“{name}”" in told.asked("place_filled_in").loc[code, "say_zh"]


def test_two_versions_of_one_moment_are_both_held_and_quoted(told: Told) -> None:
    code, _, _, file = told.villages[4]
    assert told.report.set_index("village_code").loc[code, "status"] == "held"
    row = told.asked("simultaneous_versions").loc[code]
    assert row["severity"] == "mandatory"
    assert all(name in row["say_zh"] for name in (file.name, "另一份.xlsx", " / ", "70"))
    held = told.receipts[told.receipts["held_why"] == "rival"]
    assert sorted(held["file_name"]) == sorted([file.name, "另一份.xlsx"])


def test_a_report_before_the_month_s_end_is_marked(told: Told) -> None:
    code, _, _, file = told.villages[5]
    assert told.asked("early_report").index.tolist() == [code]
    early = told.receipts[told.receipts["timing"] == "early"]
    assert early["file_name"].tolist() == [file.name]
    assert told.report.set_index("village_code").loc[code, "status"] == "accepted"


def test_a_code_and_a_name_of_two_villages_are_asked_about_by_name(told: Told) -> None:
    code, name = told.villages[6][:2]
    other_code, other = told.villages[7][:2]
    found = told.asked("name_of_other_village")
    if other_code[:9] == code[:9]:
        assert found.loc[code, "severity"] == "near_mandatory"
        assert all(words in found.loc[code, "say_zh"] for words in (name, f"“{other}” {other_code}"))
    else:
        assert code in told.asked("name_mismatch").index


def test_nobody_else_is_asked(told: Told) -> None:
    tampered = {code for code, *_ in told.villages[:7]}
    about_names = [
        "claim_mismatch",
        "file_month_mismatch",
        "place_filled_in",
        "simultaneous_versions",
        "early_report",
        "name_of_other_village",
    ]
    asked = told.findings[told.findings["rule"].isin([*about_names, "name_mismatch", "town_mismatch"])]
    assert set(asked["place_code"]) <= tampered
    assert told.asked("claim_mismatch").index.tolist() == [told.villages[0][0]]


def test_the_receipts_say_the_same_and_stay_as_they_are(told: Told) -> None:
    folder = told.office.outbox / MONTH / "receipts"
    letter = next(p for p in folder.rglob("*近似.xlsx.receipt.txt")).read_text("utf-8-sig")
    assert "[place_unknown]" in letter
    assert "相似度" in letter
    assert "单位不在名录" in letter
    assert f"报送 From: {told.villages[2][2]}" in letter
    before = contents(folder)
    assert not told.office.run(MONTH).has_changed
    assert contents(folder) == before


def test_pages_are_drawn(told: Told, chromium_path: str, chromium_args: list[str], artefacts_dir: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=chromium_args)
        page = browser.new_page(viewport={"width": 1300, "height": 1000})
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((told.office.outbox / MONTH / "receipts" / "index.html").as_uri())
        assert page.locator("h1").inner_text().startswith("回执 Receipts")
        page.screenshot(path=artefacts_dir / "receipts.png")
        page.locator("table").last.locator("a").first.click()
        assert page.locator("tbody tr").count() > 0
        page.screenshot(path=artefacts_dir / "receipts_town.png")
        assert all(url.startswith("file:") for url in asked)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        browser.close()
