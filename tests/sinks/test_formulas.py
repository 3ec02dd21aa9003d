"""Expressions as worksheet formulas: what LibreOffice calculates is what Python evaluates, also where it cannot be told."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schemas.dictionary import Dictionary, load_dictionary
from schemas.expressions import parse_expression
from sinks.checks import CONFIRM, FAIL, NOT_ASKED, PASS, UNKNOWN, checks_of, formulas_of, outcomes_of
from sinks.formulas import guarded, many, number, translate
from sinks.grid import address
from tests.sinks.offices import convert

SUMS: Mapping[str, tuple[str, ...]] = {"a": ("a",), "b": ("b",), "c": ("c",), "z": ("z",), "both": ("a", "b"), "all_of": ("a", "b", "z")}
COLUMNS = {("", "a"): 0, ("", "b"): 1, ("", "c"): 2, ("", "z"): 3, ("previous", "a"): 4}
KNOWN_FUNCTIONS = {
    "IF",
    "AND",
    "OR",
    "COUNT",
    "COUNTIF",
    "SUM",
    "PRODUCT",
    "ABS",
    "SQRT",
    "MIN",
    "MAX",
    "ROUND",
    "N",
    "ISNUMBER",
    "TEXT",
    "LEFT",
    "INT",
    "LEN",
}


def expressions() -> st.SearchStrategy[str]:
    leaves = st.sampled_from(["a", "b", "c", "z", "both", "all_of", "previous(a)", "0", "2", "0.5", "8"])

    def more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.builds(lambda p, o: f"({p[0]} {o} {p[1]})", pair, st.sampled_from(["+", "-", "*", "/", "<", "<=", "==", "!=", ">", ">="])),
            st.builds(lambda p, o: f"({p[0]} {o} {p[1]})", pair, st.sampled_from(["and", "or"])),
            st.builds(lambda p, f: f"{f}({p[0]}, {p[1]})", pair, st.sampled_from(["min", "max"])),
            st.builds(lambda x, f: f"({f}({x}))", inner, st.sampled_from(["abs", "sqrt", "-", "not "])),
        )

    return st.recursive(leaves, more, max_leaves=6)


CELLS = st.sampled_from([None, "—", "约十", 0, 1, 2, 3, 7, -4, 0.5])


def _python(text: str, row: Mapping[tuple[str, str], Any]) -> float:
    def find(namespace: str, code: str) -> Any:
        cell = row[namespace, code]
        if code == "z" and not namespace and cell in (None, "—"):
            return np.float64(0)
        return np.float64(cell if isinstance(cell, int | float) else np.nan)

    return float(parse_expression(text, SUMS).evaluate(find))


def _formula(text: str, row: int) -> str:
    made = translate(parse_expression(text, SUMS), SUMS, lambda ns, code: address((row, COLUMNS[ns, code])), {"z"})
    return guarded([made], made.body)


@pytest.mark.slow
def test_the_office_suite_calculates_what_python_evaluates(soffice_path: str, tmp_path: Path) -> None:
    """Hypothesis draws the expressions and figures; one workbook holds them all, so that the suite starts once."""
    drawn: list[tuple[str, dict[tuple[str, str], Any]]] = []

    @settings(max_examples=400, database=None)
    @given(expressions(), st.fixed_dictionaries(dict.fromkeys(COLUMNS, CELLS)))
    def draw(text: str, row: dict[tuple[str, str], Any]) -> None:
        drawn.append((text, row))

    draw()
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for n, (text, row) in enumerate(drawn):
        for key, column in COLUMNS.items():
            sheet.cell(n + 1, column + 1).value = row[key]
        sheet.cell(n + 1, 6).value = f"={_formula(text, n)}"
    book.save(tmp_path / "a.xlsx")
    (made,) = convert(soffice_path, [tmp_path / "a.xlsx"], "xlsx", tmp_path / "out")
    result = openpyxl.load_workbook(made, data_only=True).worksheets[0]
    seen = set()
    for n, (text, row) in enumerate(drawn):
        wanted, got = _python(text, row), result.cell(n + 1, 6).value
        if np.isnan(wanted):
            assert got in (None, ""), (text, row, got)
        else:
            assert float(got) == pytest.approx(wanted, rel=1e-12, abs=1e-12), (text, row)  # type: ignore[arg-type]
        seen.add(bool(np.isnan(wanted)))
    assert seen == {True, False}


@settings(max_examples=200)
@given(expressions())
def test_only_functions_that_every_office_suite_has(text: str) -> None:
    assert set(re.findall(r"([A-Z]+)\(", _formula(text, 0))) <= KNOWN_FUNCTIONS


def test_functions_take_no_more_arguments_than_old_programs_allow() -> None:
    cells = [f"A{n}" for n in range(1, 66)]
    assert [call.count(",") + 1 for call in re.findall(r"COUNT\(([^)]*)\)", many("COUNT", cells))] == [30, 30, 5]
    assert many("SUM", cells[:2]) == "SUM(A1,A2)"


@pytest.mark.parametrize(("value", "text"), [(8, "8"), (0.004, "0.004"), (1e-09, "1E-09"), (300.0, "300")])
def test_numbers_are_written_as_formulas_have_them(value: float, text: str) -> None:
    assert number(value) == text


# -- the rule book ------------------------------------------------------------------------------------------------

MONTH = "2024-03"
MORE_RULES = """
rules:
  - {id: asked_of_some, level: 1, severity: mandatory, when: households_end > 100, observed: divorces / marriages, relation: le,
     expected: "1", label: {zh: 离婚与结婚, en: Divorces per marriage}, say: {zh: 高, en: high}, do: {zh: 请核对。, en: Please check.}}
  - {id: fewer_deaths, level: 1, severity: verify, observed: deaths, relation: lt, expected: births,
     label: {zh: 死亡少于出生, en: Fewer deaths}, say: {zh: 高, en: high}, do: {zh: 请核对。, en: Please check.}}
  - {id: more_households, level: 1, severity: verify, observed: population_end, relation: gt, expected: households_end,
     label: {zh: 人多于户, en: More persons}, say: {zh: 高, en: high}, do: {zh: 请核对。, en: Please check.}}
"""


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Dictionary:
    folder = tmp_path_factory.mktemp("county")
    (folder / "rules.yaml").write_text(MORE_RULES, "utf-8")
    return load_dictionary([folder])


def test_every_rule_about_figures_on_the_form_is_a_check(extended: Dictionary) -> None:
    checks = {check.instance.id: check for check in checks_of(extended, MONTH)}
    readable = set(extended.indicators)
    wanted = {
        i.id
        for i in extended.instances_in_force(MONTH)
        if (i.allow is None and {n.namespace for n in i.names} <= {"", "previous"})
        and (i.parts or ({n.code for e in (i.observed, i.expected) for n in e.names} <= readable and set(i.reads) & readable))
    }
    assert set(checks) == wanted
    assert {"population_balance__m", "whole_number", "opening_is_last_closing__f", "asked_of_some"} <= set(checks)
    assert [check.is_firm for check in checks.values()] == sorted((c.is_firm for c in checks.values()), reverse=True)


def test_formulas_fit_into_old_programs(extended: Dictionary) -> None:
    for check in checks_of(extended, MONTH):
        made = formulas_of(check, extended, lambda _, code: f"'月报'!$AB${extended.codes.index(code)}")
        for text in (made.observed, made.expected, made.broken, *made.counts, made.told):
            assert len(text) <= 1024, check.instance.id
            assert set(re.findall(r"([A-Z]+)\(", text)) <= KNOWN_FUNCTIONS


@settings(max_examples=30)
@given(st.data())
def test_the_outcome_computed_here_is_the_rule_book_s(extended: Dictionary, data: st.DataObject) -> None:
    """Against `methods.confront`: what it fails is FAIL or CONFIRM, what it cannot tell is UNKNOWN, never PASS."""
    import pandas as pd

    from methods.confront import confront
    from schemas.states import MISSING, NOT_APPLICABLE, REPORTED, state_column

    contents = data.draw(st.fixed_dictionaries(dict.fromkeys(extended.codes, st.sampled_from([None, "—", 0, 1, 2, 5, 150, -1, 2.5]))))
    last = data.draw(st.dictionaries(st.sampled_from(extended.codes), st.sampled_from([0.0, 1.0, 2.0, 150.0]), min_size=30))
    checks = checks_of(extended, MONTH)
    outcomes = outcomes_of(checks, [contents], [last])
    states = {None: MISSING, "—": NOT_APPLICABLE}
    row: dict[str, Any] = {
        "month": MONTH,
        "village_code": "990101100201",
        "town_code": "990101100",
        "county_code": "990101",
        "status": "accepted",
    }
    row |= {code: cell if isinstance(cell, int | float) else np.nan for code, cell in contents.items()}
    row |= {state_column(code): np.uint8(states.get(cell, REPORTED)) for code, cell in contents.items()}  # type: ignore[call-overload]
    row |= dict.fromkeys(extended.attributes, 0.0)
    previous = pd.DataFrame([{"village_code": "990101100201", **{code: last.get(code, np.nan) for code in extended.codes}}])
    result = confront(pd.DataFrame([row]), previous, extended, MONTH)
    assert not result.broken
    broken = set(result.failures["rule_id"])
    counted = result.outcomes.set_index("rule_id")
    for check, outcome in zip(checks, outcomes, strict=True):
        rule = check.instance.id
        if rule in broken:
            wanted = FAIL if check.instance.rule.severity != "verify" else CONFIRM
        elif counted.loc[rule, "n_not_applicable"]:
            wanted = NOT_ASKED
        else:
            wanted = UNKNOWN if counted.loc[rule, "n_cannot_tell"] else PASS
        assert outcome.verdicts == [wanted], rule
