"""Returns of another period than the month: which period a form is of, what is held, and what is expected when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.collected import required_figures
from schemas.dictionary import Dictionary, load_dictionary
from schemas.faults import DictionaryError
from schemas.periodnames import period_label
from sources.layout import reading_kit
from sources.months import period_end
from sources.reading import FileReader, FileReading
from tests.sources.sheets import CODE, xlsx

QUARTERLY = """
returns:
  - {id: village_monthly, period: month, label: {zh: 村级月报, en: Village monthly return}}
  - {id: outreach_quarterly, period: quarter, label: {zh: 宣传服务季报, en: Quarterly outreach return}}
concepts:
  - {code: q_lectures, return: outreach_quarterly, section: F, kind: flow, unit: sessions, required: true,
     label: {zh: 健康讲座场次, en: Lectures}}
  - {code: q_listeners, return: outreach_quarterly, section: F, kind: flow, unit: person_times, label: {zh: 听讲人次, en: Listeners}}
  - {code: q_volunteers, return: outreach_quarterly, section: F, kind: stock, unit: persons, label: {zh: 志愿者人数, en: Volunteers}}
layouts:
  - id: outreach_quarterly_form
    kind: form
    return: outreach_quarterly
    label: {zh: 宣传服务季报, en: Quarterly outreach return}
    beside_others: true
    recognise: {title: [宣传服务季报]}
    use_dictionary: false
    columns: {健康讲座场次: q_lectures, 听讲人次: q_listeners, 志愿者人数: q_volunteers}
"""
QUARTERS, HALVES, YEAR = (3, 6, 9, 12), (6, 12), (12,)
FIGURES: list[list[Any]] = [["指标", "单位", "本季数"], ["健康讲座场次", "场次", 3], ["听讲人次", "人次", 80], ["志愿者人数", "人", 6]]


@pytest.fixture(scope="module")
def dictionary(tmp_path_factory: pytest.TempPathFactory) -> Dictionary:
    folder = tmp_path_factory.mktemp("quarterly")
    (folder / "quarterly.yaml").write_text(QUARTERLY, encoding="utf-8")
    return load_dictionary([folder])


@pytest.mark.parametrize(
    ("text", "span", "ends", "month"),
    [
        ("2024年一季度", 3, QUARTERS, "2024-03"),
        ("季报（2024年第2季度）", 3, QUARTERS, "2024-06"),
        ("2024Q4", 3, QUARTERS, "2024-12"),
        ("2024年1—3月", 3, QUARTERS, "2024-03"),
        ("1-3月", 3, QUARTERS, "-03"),
        ("三季度", 3, QUARTERS, "-09"),
        ("二〇二四年四季度", 3, QUARTERS, "2024-12"),
        ("2024年1—6月", 3, QUARTERS, ""),
        ("2024年5月", 3, QUARTERS, "2024-05"),
        ("2024年一季度", 3, (2, 5, 8, 11), "2024-02"),
        ("2024年上半年", 6, HALVES, "2024-06"),
        ("2024年7月至12月", 6, HALVES, "2024-12"),
        ("2024年度", 12, YEAR, "2024-12"),
        ("2024年年报", 12, YEAR, "2024-12"),
        ("2024年", 12, YEAR, "2024-12"),
        ("2024年一季度", 12, YEAR, ""),
        ("2024年上半年", 12, YEAR, ""),
        ("2024年3月", 12, YEAR, "2024-03"),
        ("宣传服务季报", 3, QUARTERS, ""),
    ],
)
def test_periods_as_offices_write_them(text: str, span: int, ends: tuple[int, ...], month: str) -> None:
    assert period_end(text, span, ends) == month


@given(st.integers(2000, 2099), st.integers(0, 3))
def test_a_period_is_read_as_it_is_called(year: int, at: int) -> None:
    quarterly = load_returns()["outreach_quarterly"]
    month = f"{year}-{QUARTERS[at]:02d}"
    for name in period_label(quarterly, month):
        assert period_end(name, 3, QUARTERS) == month


def load_returns() -> Any:
    from schemas.entries import Return, Text

    return {"outreach_quarterly": Return(id="outreach_quarterly", label=Text(zh="季报", en="Quarterly"), period="quarter")}


def read(title: str, dictionary: Dictionary, figures: list[list[Any]] = FIGURES) -> FileReading:
    return FileReader(reading_kit(dictionary)).read(xlsx([[title], ["村代码", CODE], *figures], []), "季报.xlsx")


@pytest.mark.parametrize(
    ("title", "month", "told"),
    [
        ("宣传服务季报（2024年一季度）", "2024-03", set()),
        ("宣传服务季报（2024年1—3月）", "2024-03", set()),
        ("宣传服务季报 2024Q1", "2024-03", set()),
        ("宣传服务季报（2024年4月）", "2024-04", {"no_end_of_period"}),
        ("宣传服务季报", "", {"period_not_named", "month_not_found"}),
        ("宣传服务季报（2024年1—3月累计）", "2024-03", {"other_kind_than_period"}),
        ("宣传服务季报（2024年一季度上年同期）", "2024-03", {"other_kind_than_period"}),
        ("宣传服务季报（2024年上半年）", "", {"period_not_named", "month_not_found"}),
    ],
)
def test_a_form_is_of_the_period_that_it_names_or_held(title: str, month: str, told: set[str], dictionary: Dictionary) -> None:
    got = read(title, dictionary)
    (record,) = got.records
    assert record.month == month
    assert {p.name for p in got.problems} == told
    assert (record.period != "") == bool(told)


def test_the_months_form_is_not_touched(dictionary: Dictionary) -> None:
    """Headings of the quarter's return mean nothing in the month's, and a quarter in its title holds it as before."""
    assert all(reading_kit(d).layouts[0].ends == () for d in (dictionary, load_dictionary([])))
    vocabulary = reading_kit(dictionary).layouts[0].book.vocabulary
    assert not any(meaning.code.startswith("q_") for meanings in vocabulary.meanings.values() for meaning in meanings)
    assert vocabulary.periods.other_within("2024年一季度") == "quarter"


def test_figures_are_in_force_where_a_period_ends(dictionary: Dictionary) -> None:
    for number in range(1, 13):
        codes = {i.code for i in dictionary.in_force(f"2024-{number:02d}")}
        assert ("q_lectures" in codes) == (number in QUARTERS)
        assert "births_m" in codes
        assert ("outreach_quarterly" in dictionary.due_returns(f"2024-{number:02d}")) == (number in QUARTERS)


def test_a_return_asks_for_its_own_figures_alone(dictionary: Dictionary) -> None:
    """A quarter's return that has not come is asked for as a whole (rule missing_return), not figure by figure with the month's."""
    chosen = pd.DataFrame(
        {
            "place": ["a", "b", "c", "c"],
            "return": ["village_monthly", "outreach_quarterly", "village_monthly", "outreach_quarterly"],
            "layout": ["village_form_2024", "outreach_quarterly_form", "village_form_2024", "outreach_quarterly_form"],
        }
    )
    at, births = dictionary.codes.index("q_lectures"), dictionary.codes.index("births_m")
    for month, is_due in (("2024-03", True), ("2024-04", False)):
        wanted = required_figures(chosen, pd.Series([0, 1, 2], index=["a", "b", "c"]), 3, dictionary, month)
        assert wanted[:, at].tolist() == [False, is_due, is_due]
        assert wanted[:, births].tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (QUARTERLY.replace("period: quarter", "period: month"), "exactly one of the returns"),
        (QUARTERLY.replace("period: quarter,", "period: quarter, ends_in: [3, 6],"), "ends_in"),
        (QUARTERLY.replace("return: outreach_quarterly, section", "return: outreach_quartely, section"), "does not exist"),
        (QUARTERLY.replace("    return: outreach_quarterly\n", ""), "no layout reads it"),
    ],
)
def test_what_is_wrong_with_returns_is_told(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(DictionaryError, match=said):
        load_dictionary([tmp_path])
