"""The Dagster UI as the county's statistician sees it: a real web server, a real browser, a month with mistakes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from tests.pipelines.office import GROUP_OF, Office, free_port, sample_office

MONTH = "2024-03"
VIEW: ViewportSize = {"width": 1700, "height": 1050}
GROUPS = {group: [name for name, of in GROUP_OF.items() if of == group] for group in sorted(set(GROUP_OF.values()))}


@pytest.fixture(scope="module")
def office(small_county: Path, tmp_path_factory: pytest.TempPathFactory) -> Office:
    made = replace(
        sample_office(small_county, tmp_path_factory.mktemp("ui") / "home"),
        has_data_docs=True,
        extra={"CUNBAO_PAGES_URL": f"http://127.0.0.1:{free_port()}"},
    )
    for month, options in (("2024-02", ["--no-data-docs"]), (MONTH, [])):
        done = made.cunbao("run", month, "-q", *options)
        assert done.returncode == 0, done.stderr
    assert not (made.outbox / "2024-02" / "data_docs").exists()
    return made


@pytest.fixture(scope="module")
def server(office: Office) -> Iterator[str]:
    """`cunbao serve` without the daemon, on a free port."""
    port = free_port()
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
    page.set_viewport_size({"width": 2600, "height": 9000})
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


def test_every_level_tells_what_was_asked_and_an_empty_one_has_not_passed(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/assets/finding?view=checks")
    for level in range(6):
        expect(page.get_by_text(f"finding__level_{level}", exact=True).first).to_be_visible(timeout=30_000)
    page.get_by_text("finding__level_5", exact=True).first.click()
    expect(page.get_by_text("没有提出问题 · Nothing was asked at this level.").first).to_be_visible(timeout=30_000)
    page.screenshot(path=artefacts_dir / "ui-empty-level.png", full_page=True)
    page.get_by_text("finding__level_1", exact=True).first.click()
    for text in (
        "通过 pass",
        "不通过 fail",
        "无法判断 cannot tell",
        "检查出错 check broke",
        "问题最多的单位 most questions",
        "历月 by month",
    ):
        expect(page.get_by_text(text).first).to_be_visible(timeout=30_000)
    page.screenshot(path=artefacts_dir / "ui-level.png", full_page=True)


def test_the_link_of_a_check_opens_the_data_docs_in_the_browser(page: Page, server: str, office: Office, artefacts_dir: Path) -> None:
    page.goto(f"{server}/assets/finding?view=checks")
    page.get_by_text("finding__level_1", exact=True).first.click()
    address = f"{office.extra['CUNBAO_PAGES_URL']}/{MONTH}/data_docs/index.html"
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=address).first.click(timeout=30_000)
    docs = opened.value
    docs.set_viewport_size(VIEW)
    expect(docs.get_by_role("heading", name=f"数据质量 Data quality {MONTH}")).to_be_visible(timeout=10_000)
    docs.screenshot(path=artefacts_dir / "datadocs-index.png", full_page=True)
    asked_of: list[str] = []
    docs.on("request", lambda request: asked_of.append(request.url))
    docs.get_by_role("link", name="看结果 See the results").first.click()
    expect(docs.get_by_role("heading", name="要核对的单位 Places to ask")).to_be_visible(timeout=10_000)
    docs.screenshot(path=artefacts_dir / "datadocs-villages.png", full_page=True)
    findings = office.table("finding", MONTH)
    failing = findings[(findings["place_level"] == "village") & (findings["severity"] == "mandatory")]
    assert len(failing)
    for name in failing["place_name"]:
        expect(docs.get_by_role("cell", name=name).first).to_be_visible()
    rules = docs.locator("table.rules > tbody > tr")
    assert docs.locator("table.rules > tbody > tr.pass:visible").count() > 0
    docs.locator("label[for=fail]").click()
    expect(docs.locator("table.rules > tbody > tr.pass:visible")).to_have_count(0)
    assert 0 < docs.locator("table.rules > tbody > tr.fail:visible").count() < rules.count()
    docs.get_by_role("link", name="规则说明 The rules").first.click()
    expect(docs.get_by_text("期末人口（男） = 期初人口（男）").first).to_be_visible(timeout=10_000)
    docs.screenshot(path=artefacts_dir / "datadocs-rules.png")
    assert {url.split("/")[2] for url in asked_of} == {address.split("/")[2]}
    docs.close()


def test_the_receipts_are_a_click_away_too(page: Page, server: str, office: Office) -> None:
    page.goto(f"{server}/assets/finding?view=checks")
    page.get_by_text("finding__level_0", exact=True).first.click()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name=f"{office.extra['CUNBAO_PAGES_URL']}/{MONTH}/receipts/index.html").first.click(timeout=30_000)
    expect(opened.value.get_by_role("heading", name="回执 Receipts").first).to_be_visible(timeout=10_000)
    opened.value.close()


def test_the_two_libraries_agree_and_the_asset_says_so(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/assets/data_docs?view=checks")
    page.get_by_text("data_docs__agree", exact=True).first.click(timeout=30_000)
    expect(page.get_by_text("Passed").first).to_be_visible(timeout=30_000)
    page.screenshot(path=artefacts_dir / "ui-agree.png")


@pytest.mark.parametrize("which", ["分乡镇图 by town, a plot", "历月图 by month, a plot"])
def test_plots_are_pictures(page: Page, server: str, artefacts_dir: Path, which: str) -> None:
    page.goto(f"{server}/assets/finding?view=overview")
    row = page.get_by_role("row").filter(has_text=which)
    expect(row.first).to_be_visible(timeout=30_000)
    row.get_by_text("[Show Markdown]").last.click()
    picture = page.locator("img[src^='data:image/png']").first
    expect(picture).to_be_visible(timeout=10_000)
    assert picture.evaluate("image => image.naturalWidth") > 300
    page.wait_for_timeout(1000)  # the window fades in
    page.screenshot(path=artefacts_dir / f"ui-plot-{'month' if 'month' in which else 'town'}.png")


def test_what_starts_by_itself_is_switched_on(page: Page, server: str, artefacts_dir: Path) -> None:
    page.goto(f"{server}/automation")
    for name in ("inbox_sensor", "correction_sensor", "monthly_return_on_run_day"):
        expect(page.get_by_text(name, exact=True).first).to_be_visible(timeout=30_000)
    expect(page.get_by_role("checkbox", checked=True)).to_have_count(3)
    page.screenshot(path=artefacts_dir / "ui-automation.png")
