"""Forms that ask for a total without its parts (`total_only` of a layout): read, rolled up, ruled and tabulated beside forms with parts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.accept import accept_reports
from pipelines.cli.month_run import MonthRun
from schemas.dictionary import Dictionary, load_dictionary
from schemas.faults import DictionaryError
from schemas.states import MISSING, NOT_COLLECTED, REPORTED, state_column
from schemas.wholes import settle_totals, with_wholes
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.cases.office import MONTH, TOWN, VILLAGES, Offices
from tests.sources.sheets import xlsx

SHORT = """
layouts:
  - id: short_form
    kind: form
    label: {zh: 村级简报, en: Short village return}
    form_version: short
    total_only: [births, deaths, population_end]
    recognise: {title: [村级人口简报]}
    use_dictionary: false
    columns: {期末户数: households_end, 出生: "total:births", 死亡: deaths, 期末人口: population_end, 结婚对数: marriages}
  - id: short_list
    kind: list
    label: {zh: 村级简报汇总, en: Short list}
    form_version: short
    total_only: [births, deaths, population_end]
    recognise: {title: [村级简报汇总]}
    total_rows: ["^合计"]
    stated_level: town
"""
FOUR = [["期末户数", "户", 300], ["出生", "人", 5], ["死亡", "人", 2], ["期末人口", "人", 1200], ["结婚对数", "对", 3]]
BIRTHS = ("births_m", "births_f", "births_total")
HEADED = ["指标", "单位", "本月数"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The county's own dictionary."""
    made = tmp_path_factory.mktemp("short")
    (made / "short.yaml").write_text(SHORT, encoding="utf-8")
    return made


@pytest.fixture(scope="module")
def dictionary(folder: Path) -> Dictionary:
    return load_dictionary([folder])


def form(rows: list[list[Any]], code: str = VILLAGES[0]) -> bytes:
    return xlsx([["村级人口简报"], ["村代码", code, "报告期", "2024年3月"], *rows], [])


def read(data: bytes, dictionary: Dictionary) -> FileReading:
    return FileReader(reading_kit(dictionary)).read(data, "简报.xlsx")


def figures(reading: FileReading, dictionary: Dictionary, record: int = 0) -> dict[str, float | str]:
    """What a record gives, or the letter of its state; what its form does not collect is left out."""
    made = reading.records[record]
    values = memoryview(made.values).cast("d")
    of = zip(dictionary.codes, values, made.states, strict=True)
    return {code: value if state == REPORTED else chr(state) for code, value, state in of if state != NOT_COLLECTED}


def test_a_form_that_asks_for_totals_gives_totals(dictionary: Dictionary) -> None:
    got = read(form([HEADED, *FOUR]), dictionary)
    assert figures(got, dictionary) == {
        "households_end": 300,
        "births_total": 5,
        "deaths_total": 2,
        "population_end_total": 1200,
        "marriages": 3,
    }
    assert got.problems == ()


@pytest.mark.parametrize(
    ("row", "given", "told"),
    [
        (["出生", "人", 2, 3, 5], {"births_m": 2.0, "births_f": 3.0}, set()),
        (["出生", "人", 2, 3, 6], {"births_m": 2.0, "births_f": 3.0}, {"stated_sum"}),  # the parts are compared with it, and count
        (["出生", "人", "", "", 5], {"births_total": 5.0}, set()),  # the parts are not asked for
        (["出生", "人", 2, "", 5], {"births_m": 2.0, "births_f": "M", "births_total": 5.0}, set()),
        (["出生", "人", 2, "", ""], {"births_m": 2.0, "births_f": "M"}, set()),
        (["出生", "人", "", "", ""], {"births_m": "M", "births_f": "M"}, set()),
        (["出生", "人", "", "", "五六"], {"births_m": "M", "births_f": "M", "births_total": "U"}, {"unreadable_cell"}),
    ],
)
def test_parts_given_beside_a_total(row: list[Any], given: dict[str, Any], told: set[str], dictionary: Dictionary) -> None:
    rows = [["指标", "单位", "男", "女", "合计"], row, ["死亡", "人", 1, 1, 2], ["期末人口", "人", 600, 600, 1200], ["期末户数", "户", 300]]
    got = read(form(rows), dictionary)
    births = {code: value for code, value in figures(got, dictionary).items() if code.startswith("births_")}
    assert births == given
    assert {p.name for p in got.problems} == told


def test_a_list_with_and_without_parts(dictionary: Dictionary) -> None:
    rows: list[list[Any]] = [
        ["村级简报汇总"],
        ["乡镇：松渡乡", "", "", "报告期：2024年3月"],
        ["村代码", "村名", "期末户数", "出生", "", "", "死亡"],
        ["", "", "", "计", "男", "女", ""],
        [VILLAGES[0], "双田社区", 493, 3, 1, 1, 1],
        [VILLAGES[1], "银坝村", 391, 4, "", "", 1],
        ["合计", "", 884, 7, "", "", 2],
    ]
    got = read(xlsx(rows, [(2, 3, 2, 5)]), dictionary)
    assert figures(got, dictionary, 0) == {"households_end": 493, "births_m": 1, "births_f": 1, "deaths_total": 1}
    assert figures(got, dictionary, 1) == {"households_end": 391, "births_total": 4, "deaths_total": 1}
    assert [p.name for p in got.problems] == ["stated_sum"]


def test_without_such_a_layout_there_is_no_such_figure() -> None:
    shipped = load_dictionary([])
    assert shipped.totals == {}
    assert not any(indicator.is_total for indicator in shipped.indicators.values())


@pytest.mark.parametrize(("concept", "said"), [("marriages", "no breakdown"), ("inflow", "no breakdown"), ("brths", "does not exist")])
def test_only_what_adds_up_has_a_total(concept: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(SHORT.replace("[births, deaths, population_end]", f"[{concept}]"), encoding="utf-8")
    with pytest.raises(DictionaryError, match=said):
        load_dictionary([tmp_path])


Village = tuple[int | None, int | None, int | None]


@given(st.lists(st.tuples(*(st.none() | st.integers(0, 9),) * 3), min_size=1, max_size=6))
def test_a_total_is_the_sum_of_all_villages(dictionary: Dictionary, villages: list[Village]) -> None:
    """Of some with parts, some with the total, some with both and some with neither."""
    at = [dictionary.codes.index(code) for code in BIRTHS]
    values = np.full((len(villages), len(dictionary.codes)), np.nan)
    values[:, at] = [[np.nan if figure is None else figure for figure in village] for village in villages]
    states = np.where(np.isnan(values), NOT_COLLECTED, REPORTED).astype(np.uint8)
    wrong = settle_totals(values, states, dictionary)
    frame = pd.DataFrame(values, columns=list(dictionary.codes))
    frame = pd.concat([frame, pd.DataFrame(states, columns=[state_column(code) for code in dictionary.codes])], axis=1)
    filled = with_wholes(frame, dictionary)
    for row, (m, f, total) in enumerate(villages):
        figure = m + f if m is not None and f is not None else total
        assert filled.loc[row, "births_total"] == figure if figure is not None else np.isnan(filled.loc[row, "births_total"])
        assert (filled.loc[row, state_column("births_total")] == REPORTED) == (figure is not None)
        assert wrong[row] == (m is not None and f is not None and total is not None and m + f != total)
        assert not (frame.loc[row, list(BIRTHS)].notna().all())  # never counted twice
        births = dictionary.expression("births").evaluate(lambda _, code, row=row: frame[code].to_numpy()[row : row + 1])
        assert births[0] == figure if figure is not None else np.isnan(births[0])


def test_a_correction_with_the_parts_takes_the_place_of_a_total(dictionary: Dictionary) -> None:
    came = [{"births_total": 5.0}, {"births_m": 3.0, "births_f": 3.0}]
    rows = [
        {**dict.fromkeys(dictionary.codes, np.nan), **of, "states": "".join("R" if code in of else "C" for code in dictionary.codes)}
        for of in came
    ]
    readings = pd.DataFrame(rows).assign(
        month=MONTH, period="", submission_id=[1, 2], path=["a.xlsx", "b.xlsx"], sha256=["a", "b"], is_known=True, place=VILLAGES[0],
        arrived_at=["2024-04-02T00:00:00Z", "2024-04-03T00:00:00Z"], wrong_sums="", is_name_match=True, is_town_match=True, ordinal=0,
        is_claim_match=True, other_place="", place_from="cells", file_month="", reasons="", layout="short_form", place_name="",
        parent_name="",
    )  # fmt: skip
    readings["return"] = "village_monthly"
    registry = pd.DataFrame({"village_code": [VILLAGES[0]], "village_name": ["x"], "town_code": [TOWN], "town_name": ["x"]})
    registry = registry.assign(county_code=TOWN[:6], county_name="")
    report = accept_reports(readings, registry, dictionary, MONTH, "2024-04-05T16:00:00Z")
    assert report.loc[0, ["births_m", "births_f", "stated_sum_mismatches"]].tolist() == [3, 3, 0]
    assert np.isnan(report.loc[0, "births_total"])
    back = accept_reports(
        readings.iloc[::-1].assign(submission_id=[1, 2]).reset_index(drop=True), registry, dictionary, MONTH, "2024-04-05T16:00:00Z"
    )
    assert back.loc[0, "stated_sum_mismatches"] == 1  # the total that came later is not the sum of the parts: asked about


@pytest.fixture(scope="module")
def run(offices: Offices, folder: Path) -> tuple[MonthRun, Path]:
    """March of an office in which two villages of a town sent the short form, one of them without births."""
    office = offices.office()
    inbox = office.inbox / MONTH
    for village in VILLAGES[:2]:
        for path in inbox.glob(f"*{village}*"):
            path.unlink()
    (inbox / f"简报_{VILLAGES[0]}.xlsx").write_bytes(form([HEADED, *FOUR], VILLAGES[0]))
    (inbox / f"简报_{VILLAGES[1]}.xlsx").write_bytes(form([HEADED, FOUR[0], ["出生", "人", ""], *FOUR[2:]], VILLAGES[1]))
    office = replace(office, dictionary=str(folder))
    return office.run(MONTH), office.outbox


def test_a_month_with_both_kinds_of_forms(run: tuple[MonthRun, Path], dictionary: Dictionary) -> None:
    values = run[0].values
    report = values["village_report"].set_index("village_code")
    assert report.loc[list(VILLAGES[:2]), "status"].tolist() == ["accepted"] * 2
    assert report.loc[VILLAGES[0], ["births_total", "required_blanks", "required_absent"]].tolist() == [5, 0, 0]
    assert report.loc[VILLAGES[1], [state_column("births_total"), "required_blanks"]].tolist() == [MISSING, 1]
    others = report.loc[list(VILLAGES[2:])]
    town = values["town_figure"].set_index("place_code").loc[TOWN]
    assert town["births_total"] == 5 + others[["births_m", "births_f"]].to_numpy().sum()
    assert (town["births_total__n"], town["births_m__n"], town["villages_expected"]) == (3, 2, 4)
    assert town["deaths_total__n"] == 4


def test_rules_that_need_the_parts_do_not_apply(run: tuple[MonthRun, Path]) -> None:
    found = run[0].values["finding"]
    asked = found[found["place_code"] == VILLAGES[0]]
    assert not asked["rule_id"].str.startswith(("population_balance", "continuity")).any()
    assert not asked["indicators"].str.contains(r"births_[mf]|deaths_[mf]|population_end_[mf]").any()
    blank = found[(found["place_code"] == VILLAGES[1]) & found["indicators"].str.contains("births_total")]
    assert blank["say_zh"].str.contains("出生（合计）").any()


def test_the_table_shows_the_sum_of_all(run: tuple[MonthRun, Path]) -> None:
    town = run[0].values["town_figure"].set_index("place_code").loc[TOWN]
    (path,) = (run[1] / MONTH).glob("*_town_table_*.xlsx")
    sheet = openpyxl.load_workbook(path)["户籍人口"]
    texts = [[str(cell or "") for cell in row] for row in sheet.iter_rows(values_only=True)]
    heads = next(row for row in texts if any("出生" in text for text in row))
    at = next(n for n, text in enumerate(heads) if text.startswith("出生"))
    mine = next(row for row in sheet.iter_rows(values_only=True) if TOWN in [str(cell) for cell in row])
    assert mine[at] == town["births_total"]
