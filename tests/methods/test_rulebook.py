"""The rule book examines itself: each planted fault is found and named, and the shipped rule book has none."""

from __future__ import annotations

from pathlib import Path

import pytest

from methods.rulebook import check_rules
from schemas.dictionary import DictionaryError, load_dictionary

MONTH = "2024-03"
_WORDS = "label: {zh: 甲, en: a}, say: {zh: 甲, en: a}, do: {zh: 乙, en: b}"


def county(folder: Path, *rules: str) -> Path:
    lines = [f"  - {{{rule}, {_WORDS}}}" for rule in rules]
    (folder / "rules.yaml").write_text("\n".join(["rules:", *lines, ""]), "utf-8")
    return folder


def faults(folder: Path, *rules: str) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for fault in check_rules(load_dictionary([county(folder, *rules)]), MONTH):
        if not fault.note:
            found.setdefault(fault.kind, set()).update(fault.subjects)
    return found


def test_the_shipped_rule_book_has_no_fault() -> None:
    told = check_rules(load_dictionary([]), MONTH)
    assert [f for f in told if not f.note] == []
    assert {f.kind for f in told} <= {"not_read", "not_examined"}


PLANTED = {
    "contradiction": (
        ["id: p1, level: 1, severity: mandatory, observed: deaths_m, relation: ge, expected: deaths_f + 1",
         "id: p2, level: 1, severity: mandatory, observed: deaths_f, relation: ge, expected: deaths_m + 1"],
        {"p1", "p2"},
    ),
    "never_holds": (["id: p1, level: 1, severity: mandatory, observed: births, relation: le, expected: -1"], {"p1"}),
    "never_fails": (["id: p1, level: 1, severity: mandatory, observed: births + deaths, relation: ge, expected: -5"], {"p1"}),
    "redundant": (
        ["id: p1, level: 1, severity: mandatory, observed: inflow_other_province, relation: le, expected: inflow_total"], {"p1"}
    ),
    "duplicate": (
        ["id: p1, level: 1, severity: mandatory, observed: 2 * births_in_facility, relation: le, expected: 2 * births"],
        {"p1", "facility_births"},
    ),
    "fixed_cell": (["id: p1, level: 1, severity: mandatory, observed: divorces, relation: eq, expected: 3"], {"divorces"}),
    "never_asked": (
        ["id: p1, level: 1, severity: verify, valid_from: 2025-01, valid_to: 2024-01, observed: divorces, relation: le, expected: births"],
        {"p1"},
    ),
    "units": (["id: p1, level: 1, severity: mandatory, observed: divorces, relation: le, expected: population_end"], {"p1"}),
    "level": (
        ["id: p1, level: 1, severity: near_mandatory, observed: women_15_49, relation: le, expected: previous(women_15_49) + 200"], {"p1"}
    ),
    "idle_blank": (
        ["id: p1, level: 1, severity: verify, observed: divorces, relation: le, expected: marriages + 9, assume_zero: [moved_in]"], {"p1"}
    ),
    "tolerance": (
        ["id: p1, level: 1, severity: mandatory, observed: postnatal_visits, relation: eq, expected: births_m, tolerance: 5"], {"p1"}
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_fault_is_found_and_named(kind: str, tmp_path: Path) -> None:
    rules, subjects = PLANTED[kind]
    found = faults(tmp_path, *rules)
    assert subjects <= found[kind]


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("id: p1, level: 1, severity: mandatory, observed: birthz, relation: le, expected: births", "birthz"),
        ("id: p1, level: 1, severity: mandatory, observed: births +, relation: le, expected: births", "births +"),
        ("id: p1, level: 1, severity: grave, observed: births, relation: le, expected: births", "severity"),
        ("id: p1, level: 1, severity: mandatory, observed: births.sum(), relation: le, expected: births", "births.sum()"),
    ],
)
def test_what_cannot_be_read_is_refused_when_the_dictionary_is_loaded(rule: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"rules\.yaml") as error:
        load_dictionary([county(tmp_path, rule)])
    assert word in str(error.value)
    assert "p1" in str(error.value)


def test_a_contradiction_names_no_rule_that_has_no_part_in_it(tmp_path: Path) -> None:
    found = faults(tmp_path, *PLANTED["contradiction"][0])
    assert found["contradiction"] == {"p1", "p2"}


def test_conditional_and_nonlinear_rules_are_named_as_not_examined(tmp_path: Path) -> None:
    rules = (
        "id: p1, level: 1, severity: verify, when: births > 0, observed: deaths, relation: le, expected: 500",
        "id: p2, level: 1, severity: verify, observed: 'max(births, deaths)', relation: le, expected: 500",
    )
    told = check_rules(load_dictionary([county(tmp_path, *rules)]), MONTH)
    assert {"p1", "p2"} <= {s for f in told if f.kind == "not_examined" for s in f.subjects}
