"""A return in two files, real villages (連江縣, July 2018): one village, one column, one whole file is left out on purpose."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.pipelines.office import Office, clean_environment, cunbao

pytestmark = pytest.mark.realdata

MONTH, COUNTY = "2018-07", "連江縣"
Cut = Callable[[list[str]], list[str]]


def _whole(lines: list[str]) -> list[str]:
    return lines


def _without_last_village(lines: list[str]) -> list[str]:
    return lines[:-1]


def _without(column: int) -> Cut:
    return lambda lines: [",".join(cell for n, cell in enumerate(line.split(",")) if n != column) for line in lines]


def _nothing(_: list[str]) -> list[str]:
    return []


@pytest.fixture(scope="module")
def county(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[Cut, Cut], tuple[Any, Any]]:
    """Runs July with each file cut: the run, and an office to read its store."""
    source, base = shared_data / "taiwan-2018h2", tmp_path_factory.mktemp("parts")
    lines: dict[str, list[str]] = {}
    for kind, n_heads in (("population", 1), ("vital", 2)):
        text = (source / kind / f"{MONTH}.csv").read_text(encoding="utf-8-sig").splitlines()
        lines[kind] = [*text[:n_heads], *(line for line in text[n_heads:] if COUNTY in line)]
        (base / f"{kind}.csv").write_text("\n".join(lines[kind]) + "\n", encoding="utf-8-sig")
    places = base / "places.csv"
    files = [str(base / f"{kind}.csv") for kind in lines]
    drafted = cunbao("places", "draft", *files, "--out", str(places), environment=clean_environment() | {"CUNBAO_PLACE_SCHEME": "tw11"})
    assert drafted.returncode == 0, drafted.stderr

    def run(population: Cut, vital: Cut) -> tuple[Any, Any]:
        folder = tmp_path_factory.mktemp("county")
        (folder / "inbox" / MONTH).mkdir(parents=True)
        for kind, cut in (("population", population), ("vital", vital)):
            if kept := cut(lines[kind]):
                (folder / "inbox" / MONTH / f"{kind}.csv").write_text("\n".join(kept) + "\n", encoding="utf-8-sig")
        shutil.copy(places, folder / "places.csv")
        office = Office(folder / "home", folder / "inbox", folder / "places.csv")
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("CUNBAO_PLACE_SCHEME", "tw11")
            return office.run(MONTH), office

    return run


def _asked(run: Any) -> Any:
    found = run.values["finding"]
    return found[found["rule"] == "required_absent"]


def test_both_files_whole_are_asked_nothing(county: Callable[[Cut, Cut], tuple[Any, Any]]) -> None:
    run, _ = county(_whole, _whole)
    assert (run.values["village_report"]["status"] == "accepted").all()
    assert _asked(run).empty


def test_a_village_absent_from_one_of_two_files_is_asked(county: Callable[[Cut, Cut], tuple[Any, Any]]) -> None:
    run, _ = county(_whole, _without_last_village)
    asked = _asked(run)
    assert len(asked) == 1
    assert asked["place_level"].tolist() == ["village"]
    assert set(asked["indicators"].iloc[0].split(",")) == {"births_m", "births_f", "deaths_m", "deaths_f"}
    figures = run.values["county_figure"].iloc[0]
    assert figures["births_m__n"] == figures["villages_expected"] - 1 == figures["households_end__n"] - 1


@pytest.mark.parametrize(
    ("population", "vital", "lacking"),
    [
        (_whole, _without(9), "deaths_f"),
        (_without(4), _whole, "households_end,population_end_m,population_end_f"),  # without 戶數 the file is no known form: refused
    ],
)
def test_a_column_that_is_left_out_is_one_question_a_town(
    county: Callable[[Cut, Cut], tuple[Any, Any]], population: Cut, vital: Cut, lacking: str
) -> None:
    run, _ = county(population, vital)
    asked = _asked(run)
    assert set(asked["place_level"]) == {"town"}
    assert set(asked["place_code"]) == set(run.values["town_figure"]["place_code"])
    assert set(asked["indicators"]) == {lacking}
    assert np.isnan(run.values["county_figure"][lacking.split(",")].iloc[0]).all()


def test_a_whole_file_that_did_not_come_is_one_question_a_town(county: Callable[[Cut, Cut], tuple[Any, Any]]) -> None:
    run, _ = county(_whole, _nothing)
    asked = _asked(run)
    assert set(asked["place_level"]) == {"town"}
    assert set(asked["indicators"]) == {"births_m,births_f,deaths_m,deaths_f"}
    assert (asked["severity"] == "near_mandatory").all()
