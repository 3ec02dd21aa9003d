"""Six months of real villages (Taiwan, July to December 2018) through the job: every total equals the official one.

The official workbooks are read here by hand (odfpy through pandas, positions counted off), not with our reader or our layouts.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.pipelines.office import Office, clean_environment, cunbao

pytestmark = [pytest.mark.slow, pytest.mark.realdata]

MONTHS = [f"2018-{number:02d}" for number in range(7, 13)]
KINDS = {"vital": "csv", "population": "csv", "town_totals": "ods", "county_registration": "ods"}
TOWNS, COUNTIES = 368, 22
# Two districts of Kaohsiung have two registration offices each, which the vital file tells apart by the eighth digit.
OFFICE_TO_DISTRICT = {"64000051": "64000050", "64000052": "64000050", "64000121": "64000120", "64000122": "64000120"}
# A town that became a city in 2015; the population file still calls it by its old name.
RENAMED = {"苗栗縣頭份鎮": "苗栗縣頭份市"}
STOCKS = ["households_end", "population_end_m", "population_end_f"]
EVENTS = ["births_m", "births_f", "deaths_m", "deaths_f"]


@dataclass(frozen=True)
class Island:
    """The store's rows after six months, and the folder of the official files."""

    source: Path
    office: Office
    figures: pd.DataFrame
    findings: pd.DataFrame
    reports: pd.DataFrame

    def at(self, level: str) -> pd.DataFrame:
        """Figures of one level by month and code."""
        return self.figures[self.figures["place_level"] == level].set_index(["month", "place_code"]).sort_index()


@pytest.fixture(scope="module")
def island(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Island]:
    source, folder = shared_data / "taiwan-2018h2", tmp_path_factory.mktemp("island")
    for month in MONTHS:
        (folder / "inbox" / month).mkdir(parents=True)
        for kind, ending in KINDS.items():
            shutil.copyfile(source / kind / f"{month}.{ending}", folder / "inbox" / month / f"{kind}.{ending}")
    places = folder / "places.csv"
    files = [str(source / kind / f"{month}.csv") for month in MONTHS for kind in ("population", "vital")]
    scheme = {"CUNBAO_PLACE_SCHEME": "tw11"}
    drafted = cunbao("places", "draft", *files, "--out", str(places), environment=clean_environment() | scheme)
    assert drafted.returncode == 0, drafted.stderr
    office = Office(folder / "home", folder / "inbox", places)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUNBAO_PLACE_SCHEME", scheme["CUNBAO_PLACE_SCHEME"])
        for month in MONTHS:
            _run_without_listings(office, month)
        yield Island(source, office, *(_all_months(office, name) for name in ("place_figure", "finding", "village_report")))


def _run_without_listings(office: Office, month: str) -> None:
    """The month's job but for the towns' workbooks and the villages' pages, which other tests look at and which show no total."""
    import dagster as dg

    from pipelines.cli.month_run import prepare_dagster
    from pipelines.definitions import build_defs

    before = dict(os.environ)
    try:
        prepare_dagster(office.settings)
        job = build_defs(office.settings).resolve_job_def("monthly_return")
        wanted = [
            key for key in job.asset_layer.executable_asset_keys if key.path[-1] not in {"town_listing", "village_pages", "data_docs"}
        ]
        quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
        with dg.DagsterInstance.get() as instance:
            assert job.execute_in_process(partition_key=month, instance=instance, asset_selection=wanted, run_config=quiet).success
    finally:
        os.environ.clear()
        os.environ.update(before)


def _all_months(office: Office, name: str) -> pd.DataFrame:
    return pd.concat([office.table(name, month) for month in MONTHS], ignore_index=True)


# -- the official figures, read by hand ------------------------------------------------------------------------------


def _bare(text: object) -> str:
    """A name without the spaces that spread it over its cell, and without the mark of mountain districts."""
    return "".join(str(text).split()).lstrip("※").replace("\u3000", "")


@pytest.fixture(scope="module")
def official_towns(shared_data: Path) -> pd.DataFrame:
    """month, county, town, households, population, male, female: sheets named after counties; columns A to E; a name and numbers."""
    rows: list[tuple[Any, ...]] = []
    for month in MONTHS:
        book = pd.read_excel(shared_data / "taiwan-2018h2" / "town_totals" / f"{month}.ods", engine="odf", sheet_name=None, header=None)
        for county, sheet in book.items():
            if county == "總計":
                continue
            assert _bare(sheet.iloc[0, 0]).startswith(f"107年{int(month[5:])}月底")
            for line in sheet.itertuples(index=False):
                if isinstance(line[1], int | float) and not np.isnan(line[1]) and _bare(line[0]) != county:
                    rows.append((month, str(county), _bare(line[0]), *[int(n) for n in line[1:5]]))
    return pd.DataFrame(rows, columns=["month", "county", "town", "households", "population", "male", "female"])


@pytest.fixture(scope="module")
def official_counties(shared_data: Path) -> pd.DataFrame:
    """month, county, births and deaths and moves by sex: sheet 縣市別; three rows a county (計, 男 with its name, 女); columns A to F."""
    rows: list[tuple[Any, ...]] = []
    for month in MONTHS:
        path = shared_data / "taiwan-2018h2" / "county_registration" / f"{month}.ods"
        sheet = pd.read_excel(path, engine="odf", sheet_name="縣市別", header=None)
        assert f"107年{int(month[5:])}月份" in _bare("".join(map(str, sheet.iloc[1])))
        for n in range(4, len(sheet) - 1):
            if sheet.iloc[n, 1] == "男" and _bare(sheet.iloc[n, 0]) not in ("總計", "臺灣省", "福建省"):
                assert (sheet.iloc[n - 1, 1], sheet.iloc[n + 1, 1]) == ("計", "女")
                men, women = sheet.iloc[n, 2:6].astype(int), sheet.iloc[n + 1, 2:6].astype(int)
                pairs = [int(figure) for both in zip(men, women, strict=True) for figure in both]
                rows.append((month, _bare(sheet.iloc[n, 0]), *pairs))
    flows = ["moved_in", "moved_out", "births", "deaths"]
    return pd.DataFrame(rows, columns=["month", "county", *[f"{flow}_{sex}" for flow in flows for sex in "mf"]])


@pytest.fixture(scope="module")
def names(shared_data: Path) -> pd.Series:
    """Full name of every town (county and town) by its eight-character code, from the village files."""
    villages = pd.concat([_population(shared_data, month) for month in MONTHS])
    found = villages.groupby("town_code")["區域"].unique()
    assert (found.str.len() == 1).all()
    return found.str[0].map(_bare).replace(RENAMED)


def _population(shared_data: Path, month: str) -> pd.DataFrame:
    frame = pd.read_csv(shared_data / "taiwan-2018h2" / "population" / f"{month}.csv", dtype={"村里代碼": str}, encoding="utf-8-sig")
    return frame.assign(month=month, town_code=frame["村里代碼"].str[:8])


def _vital(shared_data: Path, month: str) -> pd.DataFrame:
    path = shared_data / "taiwan-2018h2" / "vital" / f"{month}.csv"
    frame = pd.read_csv(path, skiprows=[1], dtype={"district_code": str}, encoding="utf-8-sig")
    office = frame["district_code"].str.strip().str[:8]
    return frame.assign(month=month, town_code=office.replace(OFFICE_TO_DISTRICT))


# -- the comparisons -------------------------------------------------------------------------------------------------


def test_every_town_equals_the_official_workbook(
    island: Island, official_towns: pd.DataFrame, names: pd.Series, record_property: Any
) -> None:
    """Households, population, men and women of 368 towns in six months."""
    towns = island.at("town")
    ours = pd.DataFrame(
        {
            "households": towns["households_end"],
            "population": towns["population_end_m"] + towns["population_end_f"],
            "male": towns["population_end_m"],
            "female": towns["population_end_f"],
        }
    )
    ours.index = pd.MultiIndex.from_arrays([ours.index.get_level_values(0), names[ours.index.get_level_values(1)]])
    theirs = official_towns.assign(name=official_towns["county"] + official_towns["town"]).set_index(["month", "name"])[list(ours.columns)]
    _equal(ours, theirs, TOWNS * len(MONTHS) * 4, "town_cells_equal_to_the_official_workbook", record_property)


def test_births_and_deaths_of_every_county_equal_the_official_workbook(
    island: Island, official_counties: pd.DataFrame, record_property: Any
) -> None:
    """Births and deaths by sex of 22 counties in six months."""
    counties = island.at("county").reset_index()
    ours = counties.assign(name=counties["place_name"]).set_index(["month", "name"])[EVENTS]
    theirs = official_counties.rename(columns={"county": "name"}).set_index(["month", "name"])[EVENTS]
    _equal(ours, theirs, COUNTIES * len(MONTHS) * len(EVENTS), "county_cells_equal_to_the_official_workbook", record_property)


def test_every_town_equals_the_sums_of_its_villages(island: Island, shared_data: Path, record_property: Any) -> None:
    """Eleven figures of every town, summed straight from the villages' CSV files."""
    stocks = {"戶數": "households_end", "男性人口": "population_end_m", "女性人口": "population_end_f"}
    stocks |= {"未滿15歲": "age_0_14", "超過64歲": "age_65plus"}
    events = {"birth_total_m": "births_m", "birth_total_f": "births_f", "death_m": "deaths_m", "death_f": "deaths_f"}
    events |= {"marry_pair": "marriages", "divorce_pair": "divorces"}
    population = pd.concat([_population(shared_data, month) for month in MONTHS]).groupby(["month", "town_code"])[list(stocks)].sum()
    vital = pd.concat([_vital(shared_data, month) for month in MONTHS]).groupby(["month", "town_code"])[list(events)].sum()
    theirs = population.rename(columns=stocks).join(vital.rename(columns=events), how="outer")
    ours = island.at("town")[[*stocks.values(), *events.values()]]
    _equal(ours, theirs, TOWNS * len(MONTHS) * 11, "town_cells_equal_to_the_sums_of_the_csv_files", record_property)


def _equal(ours: pd.DataFrame, theirs: pd.DataFrame, cells: int, name: str, record_property: Any) -> None:
    """The same places, the same figures, as many as there must be; zero differences."""
    ours, theirs = ours.sort_index().astype(float), theirs.sort_index().astype(float)
    assert ours.index.tolist() == theirs.index.tolist()
    differing = (ours.to_numpy() != theirs.to_numpy()).sum()
    print(f"{name}: {ours.size} cells compared, {differing} differ")
    record_property(name, ours.size)
    assert differing == 0, ours.compare(theirs)
    assert ours.size == cells
    assert (theirs.to_numpy() >= 0).all()


def test_the_official_balance_closes_on_our_totals(island: Island, official_counties: pd.DataFrame) -> None:
    """Births − deaths + in − out of the official registration is the change between our totals, by sex, in every county."""
    counties = island.at("county").reset_index().set_index(["place_name", "month"]).sort_index()
    flows = official_counties.set_index(["county", "month"]).sort_index()
    for sex in "mf":
        stock = counties[f"population_end_{sex}"].unstack("month")
        change = (stock[MONTHS[1:]].to_numpy() - stock[MONTHS[:-1]].to_numpy()).astype(int)
        net = flows[f"births_{sex}"] - flows[f"deaths_{sex}"] + flows[f"moved_in_{sex}"] - flows[f"moved_out_{sex}"]
        assert np.array_equal(change, net.unstack("month").loc[stock.index, MONTHS[1:]].to_numpy())


def test_every_village_reported_and_nothing_is_at_fault(island: Island) -> None:
    assert set(island.reports["status"]) == {"accepted"}
    assert len(island.reports) > 7_700 * len(MONTHS)
    hard = island.findings[island.findings["severity"] != "verify"]
    assert hard[["month", "rule_id", "place_name", "say_en"]].to_dict("records") == []


def test_official_totals_were_compared_as_stated_totals(island: Island) -> None:
    """The official workbooks went through the job as evidence, too: the pipeline itself compared every cell, and all passed."""
    outcomes = _all_months(island.office, "rule_outcome")
    stated = outcomes[outcomes["rule_id"].str.startswith("stated_total")]
    assert stated["n_fail"].sum() == 0
    passed = stated.groupby("rule_id")["n_pass"].sum()
    for code in STOCKS:
        assert passed[f"stated_total__{code}"] == (TOWNS + COUNTIES) * len(MONTHS)
    for code in EVENTS:
        assert passed[f"stated_total__{code}"] == COUNTIES * len(MONTHS)
