"""The rule book examines itself: each planted fault is found and named, and the shipped rule book has none."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from typer.testing import CliRunner

from methods.rulebook import check_all, check_rules, coverage, months_of_change
from methods.rulefaults import RuleFault
from pipelines.cli.main import app
from pipelines.cli.rules import KINDS
from schemas.dictionary import Dictionary, DictionaryError, load_dictionary

MONTH = "2024-03"
_WORDS = "label: {zh: 甲, en: a}, say: {zh: 甲, en: a}, do: {zh: 乙, en: b}"
_P1 = "id: p1, level: 1, severity: verify"
_PADDED, _TURNED = 'zh: "乙{observed:>99}"', 'zh: "乙{gap!x}"'

# kind → rules that have the fault, and who is named. All of these stand in one rule book together.
PLANTED: Mapping[str, tuple[Sequence[str], set[str]]] = {
    "never_holds": (
        ["id: low, level: 1, severity: mandatory, observed: births, relation: le, expected: -1",
         "id: parity, level: 1, severity: mandatory, observed: 2 * postnatal_visits, relation: eq, expected: 2 * preconception_checks + 1"],
        {"low", "parity"},
    ),
    "never_fails": (
        ["id: idle, level: 1, severity: mandatory, observed: births + deaths, relation: ge, expected: -5",
         "id: idle_bent, level: 1, severity: verify, observed: sqrt(births), relation: le, expected: births + 1",
         "id: same_twice, level: 1, severity: verify, observed: births, relation: eq, expected: births",
         "id: numbers, level: 1, severity: verify, observed: '1', relation: le, expected: 2",
         "id: idle_when, level: 1, severity: verify, when: deaths >= births, observed: births, relation: le, expected: deaths"],
        {"idle", "idle_bent", "idle_when", "same_twice", "numbers"},
    ),
    "redundant": (
        ["id: follows, level: 1, severity: mandatory, observed: inflow_other_province, relation: le, expected: inflow_total"], {"follows"}
    ),
    "duplicate": (
        ["id: twin, level: 1, severity: mandatory, observed: 2 * births_in_facility, relation: le, expected: 2 * births"],
        {"twin", "facility_births"},
    ),
    "fixed_cell": (["id: three, level: 1, severity: mandatory, observed: divorces, relation: eq, expected: 3"], {"divorces"}),
    "never_asked": (
        ["id: late, level: 1, severity: verify, valid_from: 2025-01, valid_to: 2024-01, observed: divorces, relation: le, expected: births",
         "id: never, level: 1, severity: verify, when: births < 0, observed: deaths, relation: le, expected: 5",
         "id: for_nobody, level: 1, severity: verify, over: [], observed: deaths, relation: le, expected: births + 61",
         "id: for_nothing, level: 1, severity: verify, for_each: {x: {codes: []}}, observed: '{x}', relation: le, expected: 62",
         "id: by_nought, level: 1, severity: verify, observed: births / 0, relation: le, expected: 63",
         "id: never_so, level: 1, severity: mandatory, when: women_15_49 > population_end_f, observed: deaths, relation: le, expected: 5"],
        {"late", "never", "never_so", "for_nobody", "for_nothing", "by_nought"},
    ),
    "condition": (
        ["id: bare, level: 1, severity: verify, when: births, observed: deaths, relation: le, expected: divorces + 64"], {"bare"}
    ),
    "units": (
        ["id: mixed, level: 1, severity: mandatory, observed: marriages, relation: le, expected: population_end",
         "id: asked_mixed, level: 1, severity: verify, observed: childcare_subsidy_amount, relation: ge, expected: births"],
        {"mixed", "asked_mixed"},
    ),
    "level": (
        ["id: too_low, level: 1, severity: near_mandatory, observed: women_15_49, relation: le, expected: previous(women_15_49) + 200",
         "id: too_low_too, level: 2, severity: verify, observed: births, relation: le, expected: department(births) + 9"],
        {"too_low", "too_low_too"},
    ),
    "source": (
        ["id: nowhere, level: 3, severity: verify, observed: births, relation: le, expected: stated(births)",
         "id: nothing, level: 3, severity: verify, over: [town], observed: births, relation: le, expected: county(births)"],
        {"nowhere", "nothing"},
    ),
    "missing": (
        ["id: stock_zero, level: 1, severity: verify, missing: zero, observed: women_15_49, relation: le, "
         "expected: 2 * households_end",
         "id: way_out, level: 1, severity: mandatory, missing: skip, observed: first_marriages, relation: le, expected: 3 * marriages",
         "id: both, level: 1, severity: verify, missing: skip, assume_zero: [deaths], observed: deaths, relation: le, "
         "expected: births + 99"],
        {"stock_zero", "way_out", "both"},
    ),
    "idle_blank": (
        ["id: blank, level: 1, severity: verify, observed: divorces, relation: le, expected: marriages + 9, assume_zero: [moved_in]"],
        {"blank"},
    ),
    "tolerance": (
        ["id: band, level: 1, severity: mandatory, observed: outreach_sessions, relation: eq, expected: materials_issued, tolerance: 5, "
         "tolerance_unit: sessions"], {"band"}
    ),
    "tolerance_unit": (
        ["id: what_of, level: 1, severity: verify, observed: births, relation: le, expected: deaths, tolerance: 5",
         "id: other_unit, level: 1, severity: verify, observed: births, relation: le, expected: deaths, tolerance: 5, tolerance_unit: CNY"],
        {"what_of", "other_unit"},
    ),
    "wording": (
        ["id: accuses, level: 1, severity: verify, observed: births, relation: le, expected: deaths + 70, "
         "label: {zh: 甲, en: a}, say: {zh: 有虚假, en: a}, do: {zh: 乙, en: b}",
         "id: english_only, level: 1, severity: verify, observed: births, relation: le, expected: deaths + 71, "
         "label: {zh: a, en: a}, say: {zh: 甲, en: a}, do: {zh: 乙, en: b}"],
        {"accuses", "english_only"},
    ),
}  # fmt: skip


def book(folder: Path, *rules: str) -> Path:
    folder.mkdir(exist_ok=True)
    lines = [f"  - {{{rule if 'label:' in rule else f'{rule}, {_WORDS}'}}}" for rule in rules]
    (folder / "rules.yaml").write_text("\n".join(["rules:", *lines, ""]), "utf-8")
    return folder


def by_kind(faults: Sequence[RuleFault]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for fault in faults:
        if not fault.note:
            found.setdefault(fault.kind, set()).update(fault.subjects)
    return found


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, set[str]]]:
    folder = book(tmp_path_factory.mktemp("book") / "county", *(rule for rules, _ in PLANTED.values() for rule in rules))
    return folder, by_kind(check_rules(load_dictionary([folder]), MONTH))


@pytest.fixture(scope="module")
def shipped() -> Dictionary:
    return load_dictionary([])


def test_the_shipped_rule_book_has_no_fault(shipped: Dictionary) -> None:
    told = check_rules(shipped, MONTH)
    assert [f for f in told if not f.note] == []
    assert {f.kind for f in told} == {"not_read", "not_examined"}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_fault_is_found_and_named(kind: str, planted: tuple[Path, dict[str, set[str]]]) -> None:
    assert PLANTED[kind][1] <= planted[1].get(kind, set())


def test_nothing_is_said_of_rules_without_fault(planted: tuple[Path, dict[str, set[str]]], shipped: Dictionary) -> None:
    sound = {i.id for i in shipped.instances.values()} - {"facility_births"}
    assert {kind: subjects & sound for kind, subjects in planted[1].items() if subjects & sound} == {}


CONTRADICTING = (
    "id: p1, level: 1, severity: mandatory, observed: deaths_m, relation: ge, expected: deaths_f + 1",
    "id: p2, level: 1, severity: mandatory, observed: deaths_f, relation: ge, expected: deaths_m + 1",
)
CONTRADICTING_WHEN = (
    "id: p3, level: 1, severity: mandatory, when: marriages > 2, observed: divorces, relation: ge, expected: 5 + births",
    "id: p4, level: 1, severity: mandatory, observed: divorces, relation: le, expected: births",
)


@pytest.mark.parametrize(("rules", "named"), [(CONTRADICTING, {"p1", "p2"}), (CONTRADICTING_WHEN, {"p3", "p4"})])
def test_a_contradiction_names_no_rule_that_has_no_part_in_it(rules: Sequence[str], named: set[str], tmp_path: Path) -> None:
    assert by_kind(check_rules(load_dictionary([book(tmp_path, *rules)]), MONTH))["contradiction"] == named


def test_a_redundant_rule_is_told_with_the_fewest_rules_that_it_follows_from(tmp_path: Path) -> None:
    rules = [
        "id: a, level: 1, severity: mandatory, observed: deaths, relation: le, expected: outreach_participants",
        "id: b, level: 1, severity: mandatory, observed: outreach_participants, relation: lt, expected: materials_issued",
        "id: c, level: 1, severity: mandatory, observed: deaths, relation: lt, expected: materials_issued",
        "id: d, level: 1, severity: mandatory, observed: satisfaction_forms, relation: le, expected: materials_issued",
    ]
    found = check_rules(load_dictionary([book(tmp_path, *rules)]), MONTH)
    assert {fault.subjects: set(fault.because) for fault in found if fault.kind == "redundant"} == {("c",): {"a", "b"}}


def test_strict_rules_of_persons_contradict_where_no_whole_number_lies_between(tmp_path: Path) -> None:
    rules = [f"id: {n}, level: 1, severity: mandatory, observed: births_m, relation: {r}, expected: {x}" for n, r, x in
             (("over", "gt", "4"), ("under", "lt", "5"))]  # fmt: skip
    found = check_rules(load_dictionary([book(tmp_path, *rules)]), MONTH)
    assert by_kind(found)["contradiction"] == {"over", "under"}


def test_examining_all_periods_together_finds_what_each_finds_alone(tmp_path: Path) -> None:
    rules = [
        "id: a, level: 1, severity: mandatory, valid_to: 2020-06, observed: deaths, relation: le, expected: materials_issued",
        "id: b, level: 1, severity: mandatory, valid_from: 2020-01, observed: deaths, relation: le, expected: outreach_participants",
        "id: c, level: 1, severity: mandatory, valid_from: 2020-03, observed: outreach_participants, relation: le, expected: "
        "materials_issued",
        "id: d, level: 1, severity: mandatory, valid_from: 2021-01, observed: divorces, relation: eq, expected: 3",
        "id: e, level: 1, severity: mandatory, valid_from: 2022-01, observed: divorces, relation: ge, expected: 4",
    ]
    dictionary = load_dictionary([book(tmp_path, *rules)])
    alone = {(f.kind, f.subjects) for m in (*months_of_change(dictionary), MONTH) for f in check_rules(dictionary, m) if not f.note}
    together = {(f.kind, f.subjects) for f in check_all(dictionary, MONTH) if not f.note}
    assert together == alone
    assert {kind for kind, _ in together} >= {"redundant", "fixed_cell", "contradiction"}


@pytest.mark.parametrize(
    ("rule", "word"),
    [
        ("id: p1, level: 1, severity: mandatory, observed: birthz, relation: le, expected: births", "birthz"),
        ("id: p1, level: 1, severity: mandatory, observed: births +, relation: le, expected: births", "births +"),
        ("id: p1, level: 1, severity: grave, observed: births, relation: le, expected: births", "severity"),
        ("id: p1, level: 1, severity: mandatory, observed: births.sum(), relation: le, expected: births", "births.sum()"),
        ("id: p1, level: 2, severity: verify, observed: 'lag(births, 0)', relation: le, expected: births", "lag(births, 0)"),
        ("id: p1, level: 3, severity: verify, observed: hospital(births), relation: le, expected: births", "hospital"),
        ("id: p1, level: 1, severity: verify, tolerance_unit: heads, observed: births, relation: le, expected: births", "heads"),
        (f"{_P1}, observed: births, relation: le, expected: '{'9' * 400}'", "1e+15"),
        (f"{_P1}, when: '{'not ' * 500}births > 0', observed: births, relation: le, expected: 3", "nested"),
        (f"{_P1}, cells: [birthz], observed: births, relation: le, expected: 3", "birthz"),
        (f"{_P1}, figures: {{gap: births}}, observed: births, relation: le, expected: 3", "gap"),
        (f"{_P1}, for_each: {{x: {{members_of: colours}}}}, observed: births, relation: le, expected: 3", "colours"),
        (f"{_P1}, for_each: {{x: {{codes: [birthz]}}}}, observed: '{{x}}', relation: le, expected: 3", "birthz"),
        (f"{_P1}, for_each: {{x: {{members_of: sex}}}}, observed: 'births_{{y}}', relation: le, expected: 3", "{y}"),
        (f"{_P1}, for_each: {{x: {{members_of: sex}}}}, observed: '{{x.__class__}}', relation: le, expected: 3", "__class__"),
        (f"{_P1}, observed: births, relation: le, expected: 3, {_WORDS.replace('zh: 乙', _PADDED)}", "no format"),
        (f"{_P1}, observed: births, relation: le, expected: 3, {_WORDS.replace('zh: 乙', _TURNED)}", "no format"),
    ],
)
def test_what_cannot_be_read_is_refused_when_the_dictionary_is_loaded(rule: str, word: str, tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match=r"rules\.yaml") as error:
        load_dictionary([book(tmp_path, rule)])
    assert word in str(error.value)
    assert "p1" in str(error.value)
    assert all(re.search("[一-鿿]", fault.zh) and fault.en != fault.zh for fault in error.value.faults)


def test_what_overlaps_in_an_earlier_period_is_found_too(tmp_path: Path) -> None:
    rule = "level: 1, severity: mandatory, observed: marriages, relation: le, expected: divorces + 50"
    rules = (f"id: p1, {rule}, valid_to: 2022-06", f"id: p2, {rule}, valid_from: 2022-04", "id: p3, valid_from: 2025-01, level: 1, "
             "severity: verify, observed: deaths, relation: le, expected: births + 90")  # fmt: skip
    d = load_dictionary([book(tmp_path, *rules)])
    assert months_of_change(d) == ["2022-04", "2022-07", "2025-01"]
    assert by_kind(check_rules(d, "2025-01")) == {}
    found = [f for f in check_all(d, "2025-01") if not f.note]
    assert [(f.kind, f.subjects) for f in found] == [("duplicate", ("p1", "p2"))]
    assert found[0].en.startswith("2022-04")


def test_a_rule_that_reads_only_what_was_given_up_before_it_is_never_asked(tmp_path: Path) -> None:
    more = tmp_path / "more"
    more.mkdir()
    old = "{code: old, section: F, kind: flow, unit: persons, label: {zh: 旧, en: old}, valid_to: 2018-12}"
    (more / "more.yaml").write_text(f"concepts: [{old}]", "utf-8")
    rule = f"{_P1}, observed: old, relation: le, expected: 3, valid_from: "
    after, before = (load_dictionary([more, book(tmp_path / month, rule + month)]) for month in ("2020-01", "2018-12"))
    assert by_kind(check_rules(after, MONTH))["never_asked"] == {"p1"}
    assert by_kind(check_rules(before, MONTH)) == {}


def test_rules_that_are_no_planes_are_named_as_not_compared_with_others(tmp_path: Path) -> None:
    rules = (
        "id: p1, level: 1, severity: verify, when: births > 0, observed: deaths, relation: le, expected: 500",
        "id: p2, level: 1, severity: verify, observed: 'max(births, deaths)', relation: le, expected: 500",
    )
    told = check_rules(load_dictionary([book(tmp_path, *rules)]), MONTH)
    unexamined = {s for f in told if f.kind == "not_examined" for s in f.subjects}
    assert "p2" in unexamined
    assert "p1" not in unexamined


def test_coverage_names_the_rules_that_read_a_figure(shipped: Dictionary) -> None:
    found = coverage(shipped, MONTH)
    assert list(found) == list(shipped.codes)
    assert {"population_balance", "births_by_order", "facility_births"} <= set(found["births_m"])
    assert found["materials_issued"] == []


# -- the command -------------------------------------------------------------------------------------------------------


def test_the_command_tells_every_fault_and_ends_with_1(planted: tuple[Path, dict[str, set[str]]]) -> None:
    done = CliRunner().invoke(app, ["rules", "check", str(planted[0]), "--month", MONTH, "--json"])
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert {f["kind"] for f in told["found"] if not f["note"]} == set(PLANTED)
    assert told["faults"] == sum(not f["note"] for f in told["found"])
    assert all(f["zh"] != f["en"] for f in told["found"])
    assert all(f["files"] for f in told["found"] if not f["note"])
    for lang, word in (("zh", KINDS["redundant"][0]), ("en", "never holds")):
        shown = CliRunner().invoke(app, ["--lang", lang, "rules", "check", str(planted[0])])
        assert shown.exit_code == 1
        assert word in shown.stdout


def test_the_command_ends_with_0_where_all_is_well_and_with_1_where_nothing_can_be_read(tmp_path: Path) -> None:
    empty, bad = tmp_path / "empty", book(tmp_path / "bad", "id: p1, level: 1, severity: verify, observed: birthz, relation: whole")
    empty.mkdir()
    sound = CliRunner().invoke(app, ["--lang", "en", "rules", "check", str(empty)])
    assert (sound.exit_code, "sound" in sound.stdout) == (0, True)
    done = CliRunner().invoke(app, ["--lang", "en", "rules", "check", str(bad)])
    assert (done.exit_code, "birthz" in done.stdout) == (1, True)


@pytest.mark.parametrize(("lang", "words"), [("zh", "上月期末人口（男）"), ("en", "last month's Population at end (Male)")])
def test_the_command_lists_rules_in_plain_words(lang: str, words: str) -> None:
    done = CliRunner().invoke(app, ["--lang", lang, "rules", "list", "--level", "2"])
    assert done.exit_code == 0
    assert words in " ".join(done.stdout.split())
