"""The dictionary loads as it should, and says what is wrong with an entry: which file, which entry, what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.dictionary import Dictionary, DictionaryError, load_dictionary

WORDS = "label: {zh: 甲, en: A}, say: {zh: 乙, en: B}, do: {zh: 丙, en: C}"
RULE = f"id: mine, level: 1, severity: verify, relation: eq, {WORDS}"


@pytest.fixture(scope="module")
def dictionary() -> Dictionary:
    return load_dictionary([])


def _write(folder: Path, text: str, name: str = "mine.yaml") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    return folder


@pytest.mark.parametrize(
    ("text", "entry", "remedy"),
    [
        ("concepts: [", "is no readable YAML", "Mend the line it names"),
        ("- a\n- b\n", "must be a mapping", "concepts, head"),
        ("", "must be a mapping", "one of these keys"),
        ("concept: []\n", "unknown key “concept”", "Use one of: units, sections"),
        (
            "concepts: [{code: wells, section: F, kind: stock, unit: items, lable: {zh: 井, en: Wells}}]",
            "concepts “wells”: lable",
            "Known keys: valid_from",
        ),
        ("concepts: [{code: wells, section: F, kind: stock, unit: items}]", "concepts “wells”: label: Field required", "Correct this key"),
        ("concepts: [{code: Wells, section: F, kind: stock, unit: items, label: {zh: 井, en: W}}]", "“Wells”: code", "Correct this key"),
        (
            "concepts: [{code: wells, section: F, kind: stock, unit: buckets, label: {zh: 井, en: W}}]",
            "unit “buckets”",
            "Use one of: persons",
        ),
        ("concepts: [{code: wells, section: Z, kind: stock, unit: items, label: {zh: 井, en: W}}]", "section “Z”", "Use one of: A, A2"),
        (
            "concepts: [{code: wells, section: F, kind: stock, unit: items, breakdown: depth, label: {zh: 井, en: W}}]",
            "breakdown “depth” does not exist",
            "Use one of: sex, birth_order",
        ),
        ("concepts: [{code: wells, section: F, unit: items, label: {zh: 井, en: W}}]", "concepts “wells”", "stock or a flow (kind)"),
        (
            "concepts: [{code: wells, section: F, kind: stock, unit: items, valid_to: 2024-13, label: {zh: 井, en: W}}]",
            "valid_to",
            "Correct this key",
        ),
        (
            "concepts: [{code: births_m, section: F, kind: stock, unit: items, label: {zh: 井, en: W}}]",
            "“births_m” is made by two",
            "Rename",
        ),
        ("concepts: [{code: days_late, section: F, kind: stock, unit: items, label: {zh: 井, en: W}}]", "“days_late” names both", "Rename"),
        (f"rules: [{{{RULE}, observed: birhts}}]", "rules “mine”: “birhts” uses “birhts”", "Correct the expression or the name"),
        (
            f"rules: [{{{RULE}, observed: births, expected: deaths ** 2}}]",
            "rules “mine”: “deaths ** 2” uses Pow",
            "Correct the expression",
        ),
        (f"rules: [{{{RULE}, observed: births, when: previous(birth)}}]", "rules “mine”", "no indicator, concept or report attribute"),
        (f"rules: [{{{RULE}, observed: births, for_each: {{x: {{members: sex}}}}}}]", "for_each cannot run over", "Correct the expression"),
        (f"rules: [{{{RULE}, observed: 'births_{{s}}', for_each: {{x: {{members_of: sex}}}}}}]", "rules “mine”", "Correct the expression"),
        (f"rules: [{{{RULE}, observed: births, tolerance: -1}}]", "rules “mine”: tolerance", "Correct this key"),
        (
            "rules: [{id: mine, level: 1, severity: verify, relation: eq, observed: births, label: {zh: 甲, en: A}, "
            "say: {zh: '{observd}', en: B}, do: {zh: 丙, en: C}}]",
            "rules “mine”: wording “{observd}” asks for observd",
            "Use only: {observed}",
        ),
        (
            "rules: [{id: mine, level: 1, severity: verify, relation: eq, observed: births, label: {zh: 甲, en: A}, "
            "say: {zh: 乙, en: 'a } alone'}, do: {zh: 丙, en: C}}]",
            "rules “mine”: wording “a } alone”",
            "Write {{ for a brace",
        ),
        ("derived: [{code: r, section: A, unit: persons, label: {zh: 率, en: R}, numerator: births}]", "derived “r”", "give either value"),
        ("derived: [{code: r, section: A, unit: buckets, label: {zh: 率, en: R}, value: births}]", "derived “r”", "unit “buckets”"),
        (
            "tables: [{id: t, number: 1号, title: {zh: 表, en: T}, rows: town, made_by: {zh: 县, en: C}, approved_by: {zh: 县, en: C}, "
            "parts: [{title: {zh: 一, en: I}, unit: {zh: 人, en: p}, columns: [{codes: [birth]}]}]}]",
            "tables “t”: column “birth”",
            "no indicator, concept, derived indicator or count of reports",
        ),
        (
            "layouts: [{id: l, kind: list, label: {zh: 表, en: L}, recognise: {}, columns: {出生: birth}}]",
            "layouts “l”: column target “birth”",
            "no indicator, concept, total:concept or head field",
        ),
        (
            "layouts: [{id: l, kind: list, label: {zh: 表, en: L}, recognise: {}, head: {vilage_code: {column: [a]}}}]",
            "layouts “l”: head field “vilage_code” does not exist",
            "Use one of: village_code",
        ),
        (
            "layouts: [{id: l, kind: list, label: {zh: 表, en: L}, recognise: {}, stop_rows: ['(注']}]",
            "layouts “l”: pattern “(注” is no regular expression",
            "Correct it",
        ),
        (
            "messages: [{code: X1, name: a, effect: note, say: {zh: 一, en: a}, do: {zh: 二, en: b}}]",
            "messages “a”: code",
            "Correct this key",
        ),
    ],
)
def test_an_error_names_file_entry_and_remedy(tmp_path: Path, text: str, entry: str, remedy: str) -> None:
    with pytest.raises(DictionaryError) as caught:
        load_dictionary([_write(tmp_path, text)])
    told = str(caught.value)
    assert entry in told
    assert remedy in told
    assert told.startswith("mine.yaml: ") or "Rename" in told  # a clash between entries has no file of its own


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    _write(tmp_path, "concept: []\n", "a.yaml")
    _write(tmp_path, "tables: [{id: t}]\n", "b.yaml")
    with pytest.raises(DictionaryError) as caught:
        load_dictionary([tmp_path])
    lines = str(caught.value).splitlines()
    assert lines[0].startswith("a.yaml: unknown key")
    assert {line.split(": ")[2] for line in lines[1:]} >= {"number", "title", "rows", "parts"}
    assert all(line.startswith("b.yaml: tables “t”: ") for line in lines[1:])


ENTRY = "sections: [{code: Z, label: {zh: 甲, en: A}}]\n"


def test_an_entry_given_twice_in_one_folder_is_an_error_that_names_both_files(tmp_path: Path) -> None:
    _write(tmp_path, ENTRY, "a.yaml")
    _write(tmp_path, ENTRY, "b.yaml")
    with pytest.raises(DictionaryError, match=r"^b.yaml: sections “Z” is given twice \(also in a.yaml\). Remove one.$"):
        load_dictionary([tmp_path])


def test_the_calendar_given_twice_in_one_folder_is_an_error(tmp_path: Path) -> None:
    calendar = "calendar: {village_due_day: %d, county_run_day: 12, time_zone: Asia/Shanghai, statistical_year_starts: 1}\n"
    _write(tmp_path, calendar % 6, "a.yaml")
    assert load_dictionary([tmp_path]).calendar.village_due_day == 6
    _write(tmp_path, calendar % 7, "b.yaml")
    with pytest.raises(DictionaryError, match="calendar is given twice"):
        load_dictionary([tmp_path, _write(tmp_path / "other", "sections: []\n")])


def test_a_later_folder_wins_entry_by_entry(dictionary: Dictionary, tmp_path: Path) -> None:
    county = _write(tmp_path / "county", "sections: [{code: F, label: {zh: 八、活动, en: F. Events}}]\n")
    village = _write(tmp_path / "later", "sections: [{code: F, label: {zh: 八、会议, en: F. Meetings}}]\n")
    mine = load_dictionary([county, village])
    assert mine.sections["F"].label.zh == "八、会议"
    assert mine.sections["A"] == dictionary.sections["A"]
    assert mine.version != dictionary.version
    assert load_dictionary([county]).sections["F"].label.en == "F. Events"


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(DictionaryError, match="no such folder"):
        load_dictionary([tmp_path / "nowhere"])


def test_what_changes_readings_changes_the_reading_version(dictionary: Dictionary, tmp_path: Path) -> None:
    concept = "concepts: [{code: wells, section: F, kind: stock, unit: items, label: {zh: 水井, en: Wells}}]\n"
    rule = f"rules: [{{{RULE}, observed: births}}]\n"
    with_rule = load_dictionary([_write(tmp_path / "rule", rule)])
    with_concept = load_dictionary([_write(tmp_path / "concept", concept)])
    assert (with_rule.reading_version, with_rule.version != dictionary.version) == (dictionary.reading_version, True)
    assert with_concept.reading_version != dictionary.reading_version


def test_effective_dates_include_both_ends(tmp_path: Path) -> None:
    text = "{code: wells, section: F, kind: stock, unit: items, label: {zh: 水井, en: Wells}, valid_from: 2024-02, valid_to: 2024-04}"
    mine = load_dictionary([_write(tmp_path, f"concepts: [{text}]\nrules: [{{{RULE}, observed: wells}}]\n")])
    months = ["2024-01", "2024-02", "2024-04", "2024-05"]
    assert [any(i.code == "wells" for i in mine.in_force(m)) for m in months] == [False, True, True, False]
    assert [any(i.id == "mine" for i in mine.instances_in_force(m)) for m in months] == [False, True, True, False]
    assert "wells" in mine.codes  # the store keeps its column


def test_a_breakdown_makes_its_indicators_and_an_additive_one_their_sum(dictionary: Dictionary) -> None:
    assert [i.code for i in dictionary.indicators_of("births")] == ["births_m", "births_f"]
    assert dictionary.sums["births"] == ("births_m", "births_f")
    assert "inflow" not in dictionary.sums  # its members are nested, not parts
    assert dictionary.indicators["births_order_3plus"].label.zh == "按孩次出生（三孩及以上）"
    assert dictionary.indicators["childcare_subsidy_amount"].unit.code == "CNY"
    assert dictionary.indicators["childcare_subsidy_paid"].part_of == "childcare_subsidy_eligible"


def test_for_each_makes_one_instance_a_subject_and_combine_one_in_all(dictionary: Dictionary) -> None:
    balances = [i for i in dictionary.instances if i.startswith("population_balance")]
    assert balances == ["population_balance__m", "population_balance__f"]
    assert dictionary.instances["population_balance__f"].assume_zero == {"late_births_f", "boundary_change_f"}
    whole = dictionary.instances["whole_number"]
    assert [code for code, _, _ in whole.parts] == [i.code for i in dictionary.indicators.values() if i.unit.decimals == 0]
    assert dictionary.instances["amount_at_rate__childcare_subsidy"].expected.text == "childcare_subsidy_paid * 300.0"
    assert "amount_at_rate__special_support" not in dictionary.instances  # it has no published rate


def test_the_shipped_dictionary_sets_no_target_and_no_quota(dictionary: Dictionary) -> None:
    words = ("target", "quota", "ranking", "backlog", "fee", "permit", "指标数", "任务", "库存", "征收", "名次")
    labels = [(c.label.zh, c.label.en, *c.aliases) for c in dictionary.concepts.values()]
    assert [text for group in labels for text in group for word in words if word in text.lower()] == []
    assert {"social_maintenance_fee", "procedure_backlog", "examination_rate"} <= set(dictionary.not_collected)


def test_every_wording_the_village_sees_is_a_question_not_a_charge(dictionary: Dictionary) -> None:
    texts = [t for rule in dictionary.rules.values() for pair in (rule.label, rule.say, rule.do) for t in (pair.zh, pair.en)]
    texts += [t for m in dictionary.messages.values() for pair in (m.say, m.do) for t in (pair.zh, pair.en)]
    assert [t for t in texts for word in ("fraud", "fake", "liar", "造假", "虚报", "瞒报", "作假") if word in t.lower()] == []
    assert all(texts)
