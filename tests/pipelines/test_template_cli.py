"""cunbao template: forms of the villages and towns of a registry, opened with last month's accepted figures."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from schemas.dictionary import load_dictionary
from sinks.grid import address
from sinks.listform import LIST_SHEET
from sinks.template import SHEET, template_grid
from tests.pipelines.office import Office, contents, cunbao, sample_office

MONTH, NEXT = "2024-03", "2024-04"
DICTIONARY = load_dictionary([])
CODES = ("population_start_m", "population_start_f")


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Office:
    """An office that has received and run a month of two towns."""
    from pipelines.cli.sample import make_sample

    folder = tmp_path_factory.mktemp("county")
    make_sample(folder, seed=5, months=[MONTH], towns=2, villages=8, plant_mistakes=False, dialects="template")
    made = sample_office(folder)
    made.run(MONTH)
    return made


def _villages(office: Office) -> pd.DataFrame:
    places = pd.read_csv(office.places, dtype=str, keep_default_na=False)  # type: ignore[arg-type]
    return places[places["level"] == "village"]


def _closing(office: Office) -> dict[str, tuple[float, float]]:
    """What the villages reported as last month's end, from the sample's own truth."""
    shown = pd.read_parquet(office.inbox.parent / "truth" / "shown.parquet")
    return {row.village_code: (row.population_end_m, row.population_end_f) for row in shown.itertuples()}


def _opening(path: Path, codes: tuple[str, ...] = CODES) -> tuple[object, ...]:
    grid, sheet = template_grid(DICTIONARY, month=NEXT), openpyxl.load_workbook(path)[SHEET]
    return tuple(sheet[address(grid.figures[code])].value for code in codes)


def test_every_village_and_town_gets_its_form_opened_with_last_month(office: Office, tmp_path: Path) -> None:
    ended = office.cunbao("template", NEXT, str(tmp_path / "a"), "--all-villages", "--town-lists")
    assert ended.returncode == 0, ended.stderr
    villages, closing = _villages(office), _closing(office)
    assert f"{len(villages)} village forms, 2 town lists" in " ".join(ended.stdout.split())
    forms = {path.name[:12]: path for path in (tmp_path / "a").glob("*/*.xlsx") if not path.name.startswith("汇总表")}
    assert set(forms) == set(villages["code"])
    known = {code: figures for code, figures in closing.items() if figures[0] == figures[0] and figures[1] == figures[1]}
    assert len(known) > 4
    assert {code: _opening(forms[code]) for code in known} == known
    lists = sorted((tmp_path / "a").glob("*/汇总表*.xlsx"))
    listed = [row[1] for path in lists for row in openpyxl.load_workbook(path)[LIST_SHEET].iter_rows(min_row=6, values_only=True) if row[1]]
    assert sorted(listed) == sorted(villages["code"])
    again = office.cunbao("template", NEXT, str(tmp_path / "b"), "--all-villages", "--town-lists", "--quiet")
    assert again.returncode == 0, again.stderr
    assert contents(tmp_path / "a") == contents(tmp_path / "b")


def test_one_town_one_village_and_blank_ones(office: Office, tmp_path: Path) -> None:
    villages = _villages(office)
    town = villages["parent_code"].iloc[0]
    of_town = set(villages.loc[villages["parent_code"] == town, "code"])
    ended = office.cunbao("template", NEXT, str(tmp_path / "town"), "--town", town, "--blank")
    assert ended.returncode == 0, ended.stderr
    paths = list((tmp_path / "town").glob("*/*.xlsx"))
    assert {path.name[:12] for path in paths} == of_town
    assert {_opening(path) for path in paths} == {(None, None)}
    code = villages["code"].iloc[-1]
    ended = office.cunbao("template", NEXT, str(tmp_path / "village"), "--village", code)
    assert ended.returncode == 0, ended.stderr
    (path,) = (tmp_path / "village").glob("*/*.xlsx")
    assert path.name.startswith(code)
    ended = office.cunbao("template", NEXT, str(tmp_path / "list"), "--town-lists", "--town", town)
    assert ended.returncode == 0, ended.stderr
    assert [path.name.startswith(f"汇总表_{town}") for path in (tmp_path / "list").glob("*/*.xlsx")] == [True]


def test_an_unknown_place_is_refused_with_what_to_do(office: Office, tmp_path: Path) -> None:
    ended = office.cunbao("template", NEXT, str(tmp_path), "--town", "999999999")
    assert ended.returncode == 2
    assert "[CB-3101]" in ended.stderr
    assert "999999999" in ended.stderr
    assert not list(tmp_path.glob("*/*.xlsx"))


def test_without_a_store_the_forms_are_blank_and_none_is_made(office: Office, tmp_path: Path) -> None:
    home = tmp_path / "home"
    ended = cunbao("template", NEXT, str(tmp_path / "out"), "--all-villages", "--home", str(home), "--places", str(office.places))
    assert ended.returncode == 0, ended.stderr
    assert not home.exists()
    assert {_opening(path) for path in (tmp_path / "out").glob("*/*.xlsx")} == {(None, None)}


def test_the_county_s_own_dictionary_counts(office: Office, tmp_path: Path) -> None:
    folder = tmp_path / "ours"
    folder.mkdir()
    entry = "concepts: [{code: bookmobile, section: F, kind: flow, unit: sessions, label: {zh: 流动书车, en: Bookmobile}}]"
    (folder / "ours.yaml").write_text(entry, "utf-8")
    mine = Office(office.home, office.inbox, office.places, dictionary=str(folder))
    code = _villages(office)["code"].iloc[0]
    ended = mine.cunbao("template", NEXT, str(tmp_path / "out"), "--village", code)
    assert ended.returncode == 0, ended.stderr
    (path,) = (tmp_path / "out").glob("*/*.xlsx")
    assert "流动书车" in {cell.value for row in openpyxl.load_workbook(path)[SHEET].iter_rows() for cell in row}
    assert _opening(path) == _closing(office)[code]  # read with an older dictionary, and still last month's
