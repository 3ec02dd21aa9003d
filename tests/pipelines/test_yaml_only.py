"""An indicator, a breakdown and a rule that exist in a county's YAML folder only, found again in everything that is made from them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest

from pipelines.cli.sample import make_sample
from tests.pipelines.office import Office, clean_environment, cunbao, sample_office

pytestmark = pytest.mark.slow

MONTH = "2024-03"
YAML = """
breakdowns:
  - code: lighting
    label: {zh: 光源, en: light source}
    additive: true
    members:
      - {code: solar, label: {zh: 太阳能, en: solar}}
      - {code: mains, label: {zh: 市电, en: mains}}
concepts:
  - code: bookmobile_visits
    section: F
    kind: flow
    unit: sessions
    label: {zh: 流动书车到访次数, en: Bookmobile visits}
    aliases: [书车到访]
  - {code: street_lamps, section: F, kind: stock, unit: items, breakdown: lighting, label: {zh: 路灯盏数, en: Street lamps}}
rules:
  - id: bookmobile_seldom_comes
    level: 1
    severity: near_mandatory
    observed: bookmobile_visits
    relation: le
    expected: 31 + 0 * street_lamps_solar
    label: {zh: 书车每天至多一次, en: The bookmobile comes once a day at most}
    say:
      zh: "书车到访 {observed} 次，本月至多 {expected} 次。"
      en: "The bookmobile came {observed} times; a month has {expected} days at most."
    do: {zh: 请核对书车到访次数。, en: Please check the bookmobile visits.}
"""
NEW = ["bookmobile_visits", "street_lamps_solar", "street_lamps_mains"]


@dataclass(frozen=True)
class Invented:
    """An office with the extra dictionary after its month; `village` is the one that breaks the new rule, at `cell`."""

    folder: Path
    office: Office
    dictionary: str
    village: str
    cell: str
    sums: pd.DataFrame
    """What accepted files show, by town and in all: the new indicators."""


@pytest.fixture(scope="module")
def dictionary_folder(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("dictionary")
    (folder / "ours.yaml").write_text(YAML, "utf-8")
    return str(folder)


@pytest.fixture(scope="module")
def invented(dictionary_folder: str, tmp_path_factory: pytest.TempPathFactory) -> Invented:
    folder = tmp_path_factory.mktemp("invented")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUNBAO_DICTIONARY", dictionary_folder)
        make_sample(folder, seed=3, months=[MONTH], towns=5, villages=20, plant_mistakes=False)
    shown = pd.read_parquet(folder / "truth" / "shown.parquet")
    form = json.loads((folder / "truth.json").read_text("utf-8"))["forms"][f"template@{MONTH}"]
    row = shown.index[shown["dialect"] == "template"][0]
    cell = form["figures"]["bookmobile_visits"]
    book = openpyxl.load_workbook(folder / shown["file"][row])
    book[form["sheet"]][cell] = 99
    book.save(folder / shown["file"][row])
    shown.loc[row, "bookmobile_visits"] = 99.0
    office = sample_office(folder, dictionary=dictionary_folder)
    office.run(MONTH)
    values = shown[NEW].where((shown[[f"{code}__state" for code in NEW]] == ord("R")).to_numpy())
    sums = values.groupby(shown["town_code"]).sum(min_count=1)
    sums.loc[shown["town_code"].iloc[0][:6]] = values.sum(min_count=1)
    return Invented(folder, office, dictionary_folder, str(shown["village_code"][row]), f"{form['sheet']}!{cell}", sums)


def test_the_blank_template_asks_for_it(dictionary_folder: str, tmp_path: Path) -> None:
    ended = cunbao("template", MONTH, str(tmp_path), environment=clean_environment() | {"CUNBAO_DICTIONARY": dictionary_folder})
    assert ended.returncode == 0, ended.stderr
    (path,) = tmp_path.glob("*.xlsx")
    texts = {str(c.value) for sheet in openpyxl.load_workbook(path) for line in sheet.iter_rows() for c in line if c.value is not None}
    for words in ("流动书车到访次数", "Bookmobile visits", "路灯盏数", "太阳能", "市电"):
        assert any(words in text for text in texts), words


def test_the_store_has_its_columns_and_its_rows(invented: Invented) -> None:
    figures = invented.office.table("place_figure", MONTH).set_index("place_code")
    pd.testing.assert_frame_equal(figures[NEW].sort_index(), invented.sums.sort_index(), check_names=False, check_exact=True)
    assert (figures.loc[invented.sums.index, NEW] > 0).all(axis=None)
    assert {f"{code}__n" for code in NEW} <= set(figures.columns)
    names = set(invented.office.dump()["reading"][0])
    assert set(NEW) <= names


def test_its_rule_makes_a_finding_with_the_cell(invented: Invented) -> None:
    findings = invented.office.table("finding", MONTH)
    found = findings[findings["rule"] == "bookmobile_seldom_comes"]
    assert found["place_code"].tolist() == [invented.village]
    row = found.iloc[0]
    assert invented.cell in row["cells"].split(", ")
    assert (row["severity"], row["observed"], row["expected"], row["gap"]) == ("near_mandatory", 99.0, 31.0, 68.0)
    assert row["say_zh"] == "书车到访 99 次，本月至多 31 次。"
    assert row["say_en"] == "The bookmobile came 99 times; a month has 31 days at most."
    outcomes = invented.office.table("rule_outcome", MONTH)
    assert outcomes.loc[outcomes["rule_id"] == "bookmobile_seldom_comes", "n_fail"].sum() == 1


def _columns_under(path: Path, label: str) -> dict[str, dict[str, Any]]:
    """Sub-heading → place code (or 'total') → figure, for the columns under a heading of an official table; all its sheets are searched."""
    for sheet in openpyxl.load_workbook(path):
        for line in sheet.iter_rows():
            for cell in line:
                if cell.value != label:
                    continue
                spans = [r for r in sheet.merged_cells.ranges if cell.coordinate in r]
                last = spans[0].max_col if spans else cell.column
                found = {}
                for column in range(cell.column, last + 1):
                    sub = sheet.cell(cell.row + 1, column).value or label
                    body = [r for r in range(cell.row + 3, sheet.max_row + 1) if sheet.cell(r, 2).value]
                    found[str(sub)] = {str(sheet.cell(r, 1).value or "total"): sheet.cell(r, column).value for r in body}
                return found
    return {}


@pytest.mark.parametrize("name", ["990101_town_table", "county_table"])
def test_the_official_tables_show_it(invented: Invented, name: str) -> None:
    path = invented.office.outbox / MONTH / f"{name}_{MONTH}.xlsx"
    visits, lamps = _columns_under(path, "流动书车到访次数"), _columns_under(path, "路灯盏数")
    sums = invented.sums.rename(index={"990101": "total"}) if name != "county_table" else invented.sums.loc[["990101"]]
    assert visits == {"流动书车到访次数": sums["bookmobile_visits"].to_dict()}
    assert set(lamps) == {"合计", "太阳能", "市电"}
    assert lamps["太阳能"] == sums["street_lamps_solar"].to_dict()
    assert lamps["合计"] == (sums["street_lamps_solar"] + sums["street_lamps_mains"]).to_dict()


@pytest.mark.parametrize("level", ["town", "county"])
def test_the_tidy_file_lists_it(invented: Invented, level: str) -> None:
    tidy = pd.read_csv(invented.office.outbox / MONTH / f"{level}_{MONTH}.csv", dtype={"place_code": "str"})
    for code in NEW:
        rows = tidy[tidy["indicator"] == code]
        assert rows.set_index("place_code")["value"].to_dict() == invented.sums.loc[rows["place_code"], code].to_dict()
        assert len(rows) == {"town": 5, "county": 1}[level]
    assert set(tidy.loc[tidy["indicator"] == "bookmobile_visits", "indicator_zh"]) == {"流动书车到访次数"}


def test_an_existing_store_grows_by_itself_and_loses_nothing(
    honest_county: Path, dictionary_folder: str, database_url: str, tmp_path: Path
) -> None:
    """A store of the shipped dictionary, opened with the county's own: new columns, old rows; and back again."""
    office = sample_office(honest_county, tmp_path / "home", database_url)
    office.run(MONTH)
    before = office.dump()
    assert not set(NEW) & set(before["place_figure"][0])
    grown = sample_office(honest_county, tmp_path / "home", database_url, dictionary=dictionary_folder)
    grown.run(MONTH)
    after = grown.dump()
    for table in ("reading", "place_figure"):
        assert set(after[table][0]) - set(before[table][0]) >= set(NEW)
    assert after["submission"] == before["submission"]
    assert _rows(before["reading"], before["reading"][0]) <= _rows(after["reading"], before["reading"][0])
    assert len(after["reading"]) - 1 == 2 * (len(before["reading"]) - 1)  # read once more, under the new dictionary
    assert grown.table("place_figure", MONTH)[NEW].isna().all(axis=None)  # nobody's form had it
    office.run(MONTH)  # the shipped dictionary still works on the wider store
    assert _rows(office.dump()["place_figure"], before["place_figure"][0]) == _rows(before["place_figure"], before["place_figure"][0])


def _rows(table: list[tuple[Any, ...]], names: tuple[Any, ...]) -> set[str]:
    """The rows of a dumped table, cut to these columns."""
    at = [table[0].index(name) for name in names]
    return {repr([row[n] for n in at]) for row in table[1:]}
