"""The Dagster UI as the county's statistician sees it: a real web server, a real browser, a month with mistakes."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.pipelines.office import Office, sample_office

MONTH = "2024-03"
VIEW: ViewportSize = {"width": 1700, "height": 1050}
GROUPS = {
    "1_intake": ["place", "submission", "receipt", "reading"],
    "2_report": ["village_report", "stated_total", "department_count"],
    "3_figures": ["town_figure", "county_figure"],
    "4_review": ["previous_report", "finding", "rule_outcome", "village_outcome", "reconciliation"],
    "5_tables": ["month_record", "town_table", "county_table", "town_listing", "receipt_file", "reconciliation_table"],
    "6_release": ["release"],
    "7_feeds": ["feed"],
}


@pytest.fixture(scope="module")
def office(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = sample_office(small_county, tmp_path_factory.mktemp("ui") / "home")
    done = made.cunbao("run", MONTH, "-q")
    assert done.returncode == 0, done.stderr
    return made


@pytest.fixture(scope="module")
def server(office: Office) -> Iterator[str]:
    """`cunbao serve` without the daemon, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [str(Path(sys.executable).with_name("cunbao")), "serve", "--no-daemon", "--port", str(port)]
    process = subprocess.Popen(command, env=office.environment, cwd=office.home, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(120):
            try:
                with urllib.request.urlopen(f"{url}/server_info", timeout=2):
                    break
            except OSError:
                assert process.poll() is None, "the web server stopped"
                time.sleep(0.5)
        else:
            pytest.fail("the web server did not answer within a minute")
        yield url
    finally:
        process.terminate()
        process.wait(20)


@pytest.fixture(scope="module")
def page(server: str, chromium_path: str, chromium_args: list[str]) -> Iterator[Page]:
    del server
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path, args=chromium_args)
        yield browser.new_page(viewport=VIEW)
        browser.close()


def test_the_whole_graph_is_there_with_its_groups(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/asset-groups")
    for group in GROUPS:
        expect(page.get_by_role("button", name=group).first).to_be_visible(timeout=30_000)
    places = {group: page.get_by_role("button", name=group).first.bounding_box() for group in GROUPS}
    assert sorted(GROUPS, key=lambda group: places[group]["y"]) == list(GROUPS)  # type: ignore[index]  # in the order of the work
    page.screenshot(path=artefacts_dir / "ui-groups.png")
    for group, assets in GROUPS.items():
        page.goto(f"{server}/locations/pipelines.definitions/asset-groups/{group}/list")
        for asset in assets:
            expect(page.get_by_text(asset, exact=True).first).to_be_visible(timeout=30_000)


def test_every_asset_stands_in_one_picture(page: Page, server: str, artefacts_dir: Path) -> None:
    page.set_viewport_size({"width": 2200, "height": 2600})
    page.goto(f"{server}/asset-groups?expanded={','.join(f'global@global:{group}' for group in GROUPS)}")
    for asset in [asset for assets in GROUPS.values() for asset in assets]:
        expect(page.locator("foreignObject").get_by_text(asset, exact=True).first).to_be_in_viewport(timeout=30_000)
    page.wait_for_timeout(1500)  # the graph glides into place
    page.screenshot(path=artefacts_dir / "ui-graph.png")
    page.set_viewport_size(VIEW)


def test_an_asset_shows_owner_kinds_description_and_its_tables(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/assets/village_report?view=overview")
    for text in ("county-statistics", "Pandera", "村月报 · The accepted report of every village expected", "已报 reported", MONTH):
        expect(page.get_by_text(text).first).to_be_visible(timeout=30_000)
    page.screenshot(path=artefacts_dir / "ui-village-report.png")


def test_a_failing_check_names_its_villages(page: Page, server: str, office: Office, small_county: Path, artefacts_dir: Path) -> None:
    mistakes = json.loads((small_county / "truth.json").read_text("utf-8"))["mistakes"]
    wrong = {code for m in mistakes if m["kind"] == "balance_slip" and m["month"] == MONTH for code in m["village_codes"]}
    findings = office.table("finding", MONTH)
    asked = findings[findings["village_code"].isin(wrong) & (findings["rule"] == "population_balance")]
    assert len(asked), "the sample has no balance slip in this month"
    page.goto(f"{server}/assets/finding")
    page.get_by_role("tab", name="Checks").click(timeout=30_000)
    page.get_by_text("finding__level_1", exact=True).first.click()
    expect(page.get_by_text("表内 · Within one report").first).to_be_visible(timeout=30_000)
    expect(page.get_by_text("Failed").first).to_be_visible()
    expect(page.get_by_text(MONTH, exact=True).first).to_be_visible()
    for found in asked.itertuples():
        row = page.get_by_role("row").filter(has_text=str(found.place_code)).filter(has_text=str(found.say_zh))
        for text in (found.place_name, found.say_zh, found.say_en, found.do_zh):
            expect(row.first).to_contain_text(str(text))
    page.screenshot(path=artefacts_dir / "ui-failing-check.png", full_page=True)


def test_plots_are_pictures(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/assets/finding?view=overview")
    expect(page.get_by_text("分乡镇图 by town, a plot").first).to_be_visible(timeout=30_000)
    page.screenshot(path=artefacts_dir / "ui-finding.png")
    page.get_by_text("[Show Markdown]").last.click()
    picture = page.locator("img[src^='data:image/png']").first
    expect(picture).to_be_visible(timeout=10_000)
    assert picture.evaluate("image => image.naturalWidth") > 300
    page.wait_for_timeout(1000)  # the window fades in
    page.screenshot(path=artefacts_dir / "ui-plot.png")


def test_what_starts_by_itself_is_switched_on(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/automation")
    for name in ("inbox_sensor", "correction_sensor", "monthly_return_on_run_day"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
    page.screenshot(path=artefacts_dir / "ui-automation.png")
