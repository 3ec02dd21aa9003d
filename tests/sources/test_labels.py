"""What a heading can mean."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from sources.labels import Meaning, fold_path, label_book, resolve, vocabulary
from sources.text import fold

DICTIONARY = load_dictionary([])
WORDS = vocabulary(DICTIONARY)
BOOK = label_book(DICTIONARY, {"出生數-男": "births_m", "人口/計": "total:population_end", "結婚": "marriages"}, ["未成年"], WORDS)


def _kinds(text: str) -> set[tuple[str, str]]:
    return {(m.kind, m.code) for m in BOOK.look_up(text)}


@pytest.mark.parametrize("concept", list(DICTIONARY.concepts.values()), ids=lambda c: c.code)
def test_a_concept_is_known_by_its_labels_and_aliases(concept: object) -> None:
    entry = DICTIONARY.concepts[concept.code]  # type: ignore[attr-defined]
    for text in (entry.label.zh, entry.label.en, *entry.aliases):
        assert ("concept", entry.code) in _kinds(text)


def test_an_indicator_is_known_by_its_label_code_and_its_parts_either_way_round() -> None:
    for indicator in DICTIONARY.indicators.values():
        for text in (indicator.label.zh, indicator.label.en, indicator.code):
            assert ("indicator", indicator.code) in _kinds(text)
    for text in ("男性出生", "出生男", "出生人口-男", "出生（男）", "本月出生男性"):
        assert _kinds(text) == {("indicator", "births_m")}


def test_no_label_means_two_different_figures() -> None:
    figures = {text: {m.code for m in group if m.kind == "indicator"} for text, group in WORDS.meanings.items()}
    concepts = {text: {m.code for m in group if m.kind == "concept"} for text, group in WORDS.meanings.items()}
    assert {text: codes for text, codes in figures.items() if len(codes) > 1} == {}
    assert {text: codes for text, codes in concepts.items() if len(codes) > 1} == {}


def test_what_is_not_collected_is_never_taken_for_a_figure() -> None:
    for entry in DICTIONARY.not_collected.values():
        for text in (entry.label.zh, entry.label.en, *entry.aliases):
            assert not {kind for kind, _ in _kinds(text)} & {"concept", "indicator", "member"}, text


decorations = st.sampled_from(["{}", " {} ", "{}：", "1.{}", "（一）{}", "{}（人）", "二、{}", "※{}", "{}\n", "{}（单位：人）"])


@given(st.sampled_from([c.label.zh for c in DICTIONARY.concepts.values()]), decorations)
def test_numbering_spaces_marks_and_units_change_no_meaning(label: str, decoration: str) -> None:
    assert _kinds(decoration.format(label)) == _kinds(label)


@pytest.mark.parametrize(
    ("path", "meaning"),
    [
        (["出生", "男"], Meaning("indicator", "births_m")),
        (["男", "出生"], Meaning("indicator", "births_m")),
        (["户籍人口", "出生", "女"], Meaning("indicator", "births_f")),
        (["人口变动情况", "出生", "男"], Meaning("indicator", "births_m")),
        (["出生", "合计"], Meaning("total", "births", "sex")),
        (["出生（男）"], Meaning("indicator", "births_m")),
        (["期末户数"], Meaning("indicator", "households_end")),
        (["基本情况", "期末户数", "期末户数"], Meaning("indicator", "households_end")),
        (["育儿补贴", "发放金额"], Meaning("indicator", "childcare_subsidy_amount")),
        (["流入人口", "合计"], Meaning("indicator", "inflow_total")),  # a member here, not a sum
        (["出生"], Meaning("concept", "births", "")),
        (["村（居）代码"], Meaning("head", "village_code")),
        (["出生數-男"], Meaning("indicator", "births_m")),
        (["人口", "計"], Meaning("total", "population_end", "sex")),
        (["未成年"], Meaning("not_collected", "ignore:未成年")),
    ],
)
def test_a_path_of_headings_is_resolved(path: list[str], meaning: Meaning) -> None:
    assert resolve(BOOK, path) == meaning


@pytest.mark.parametrize("path", [[], [""], ["村民满意"], ["男"], ["某某指标", "男"], ["出生", "流动"]])
def test_a_path_that_means_nothing_is_told_from_one_that_does(path: list[str]) -> None:
    found = resolve(BOOK, path)
    assert found is None or found.kind == "concept"


def test_a_member_of_another_breakdown_says_nothing_about_a_concept() -> None:
    assert resolve(BOOK, ["出生", "县外"]) == Meaning("concept", "births")
    assert resolve(BOOK, ["流入人口", "男"]) == Meaning("concept", "inflow")


def test_a_layout_s_own_heading_goes_before_the_dictionary() -> None:
    own = label_book(DICTIONARY, {"出生": "births_f"}, (), WORDS)
    assert own.look_up("出生") == (Meaning("indicator", "births_f"),)
    assert Meaning("concept", "births") in BOOK.look_up("出生")


def test_a_layout_without_the_dictionary_knows_only_its_own_figures() -> None:
    bare = label_book(DICTIONARY, {"戶數": "households_end"}, (), vocabulary(DICTIONARY, with_figures=False))
    assert [m.kind for m in bare.look_up("戶數")] == ["indicator"]
    assert bare.look_up("期末户数") == ()
    assert {m.kind for m in bare.look_up("村名")} == {"head"}


def test_only_text_has_a_meaning() -> None:
    assert [BOOK.look_up(cell) for cell in ("", None, 3.0, True)] == [()] * 4


def test_a_path_folds_part_by_part() -> None:
    assert fold_path("birth_total/出生數 （人）") == f"{fold('birth_total')}/{fold('出生數')}"


def test_the_book_goes_to_the_workers_as_it_is() -> None:
    assert pickle.loads(pickle.dumps(BOOK)) == BOOK
