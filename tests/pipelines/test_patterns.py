"""Patterns of many months, end to end: workbooks, eight monthly runs, the list, the cards, a reviewer's look, silence afterwards."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipelines.cli.sample import make_sample, months_from
from tests.pipelines.office import Office, sample_office
from tests.wording import offences

pytestmark = pytest.mark.slow

MONTHS = months_from("2023-07", 8)
MONTH = MONTHS[-1]


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """Forty villages; the truth names four whose figures are made, one of them by copying the month before almost whole."""
    folder = tmp_path_factory.mktemp("patterns")
    make_sample(folder, seed=1, months=MONTHS, towns=2, villages=40, plant_mistakes=False, dialects="template", patterns=4)
    made = sample_office(folder)
    for month in MONTHS:
        made.run(month)
    return made


@pytest.fixture(scope="module")
def planted(office: Office) -> dict[str, str]:
    truth = json.loads((office.inbox.parent / "truth.json").read_text("utf-8"))
    return {p["village_code"]: p["kind"] for p in truth["patterns"]}


def test_nothing_is_said_before_six_months(office: Office) -> None:
    for month in MONTHS[:5]:
        assert office.table("pattern_flag", month).empty
        assert office.table("pattern_evidence", month).empty


def test_the_copied_village_is_on_the_list_and_no_honest_one(office: Office, planted: dict[str, str]) -> None:
    flags = office.table("pattern_flag", MONTH)
    copied = next(code for code, kind in planted.items() if kind == "copy_forward")
    assert copied in set(flags.loc[flags["is_strong"] == 1, "village_code"])
    assert set(flags["village_code"]) <= set(planted)
    evidence = office.table("pattern_evidence", MONTH)
    assert "copy" in set(evidence.loc[evidence["village_code"] == copied, "family"])


def test_the_page_has_a_card_with_explanations_for_each_and_accuses_nobody(office: Office) -> None:
    page = (office.outbox / MONTH / "patterns" / "index.html").read_text("utf-8")
    flags = office.table("pattern_flag", MONTH)
    assert page.count('<section class="card"') == len(flags) > 0
    for code in flags["village_code"]:
        assert f'id="{code}"' in page
    assert page.count("常见的正常原因") >= len(flags)
    assert "<svg" in page
    assert offences(page) == []
    clerks = set(_clerks(office))
    assert clerks
    assert [name for name in clerks if name in page] == []


def _clerks(office: Office) -> list[str]:
    import sqlalchemy as sa

    engine = sa.create_engine(office.url)
    try:
        with engine.connect() as connection:
            names = connection.scalars(sa.text("SELECT DISTINCT filled_by FROM reading WHERE filled_by <> ''"))
            return [str(name) for name in names]
    finally:
        engine.dispose()


def test_the_command_lists_them_in_words_and_as_data(office: Office) -> None:
    flags = office.table("pattern_flag", MONTH)
    told = office.cunbao("--lang", "zh", "patterns", MONTH)
    assert told.returncode == 0, told.stderr
    assert all(code in told.stdout for code in flags["village_code"])
    data = json.loads(office.cunbao("patterns", MONTH, "--json").stdout)
    assert [row["village_code"] for row in data] == flags.sort_values("rank_order")["village_code"].tolist()
    assert all(row["evidence"] for row in data)


def test_a_village_that_was_looked_at_is_silent_until_there_are_six_new_months(office: Office) -> None:
    code = str(office.table("pattern_flag", MONTH)["village_code"].iloc[0])
    says_nothing = office.cunbao("answer", MONTH, code, "pattern", "--text", "核实无误", "--by", "county")
    assert (says_nothing.returncode, "CB-3011" in says_nothing.stderr) == (2, True)
    nobody = office.cunbao("answer", MONTH, "000000000000", "pattern", "--text", "对照了登记簿，逐月登记属实", "--by", "county")
    assert (nobody.returncode, "CB-3009" in nobody.stderr) == (2, True)
    looked = office.cunbao("answer", MONTH, code, "pattern", "--text", "对照了登记簿，逐月登记属实", "--by", "county")
    assert looked.returncode == 0, looked.stderr
    before = office.table("pattern_flag", MONTH)
    office.run(MONTH)
    after = office.table("pattern_flag", MONTH)
    assert code not in set(after["village_code"])
    assert set(after["village_code"]) <= set(before["village_code"])
    page = (Path(office.outbox) / MONTH / "patterns" / "index.html").read_text("utf-8")
    assert f'id="{code}"' not in page
