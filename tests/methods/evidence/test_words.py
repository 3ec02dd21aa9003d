"""Every text of pattern evidence that a user can see: a question with innocent explanations, no accusation, no guilt, no person."""

from __future__ import annotations

import re
from string import Formatter

import numpy as np
import pytest

from methods.evidence.card import cards, number
from methods.evidence.examine import examine
from methods.evidence.records import Records
from methods.evidence.registry import DETECTORS
from methods.evidence.roles import roles_of
from methods.evidence.towns import POOLED
from tests.methods.evidence.invented import DICTIONARY, lasting, records, rows_of

FORBIDDEN = re.compile(
    r"fraud|fake|liar|lying|\blie\b|cheat|falsif|fabricat|guilt|culprit|suspect|dishonest|manipulat|造假|虚假|作假|弄虚|编造|捏造|欺骗|嫌疑|违规|责任人|概率|probab",
    re.IGNORECASE,
)
FILLED = {"village", "window", "months", "indicators", "observed", "expected", "partner"}


def texts() -> list[tuple[str, str]]:
    found = []
    for test in DICTIONARY.pattern_tests.values():
        for text in (test.label, test.say, test.settle, *test.innocent):
            found += [(test.id, text.zh), (test.id, text.en)]
    for family in DICTIONARY.pattern_families.values():
        found += [(family.code, family.label.zh), (family.code, family.label.en)]
    for source in DICTIONARY.second_sources.values():
        found += [(source.code, source.label.zh), (source.code, source.label.en)]
    return found


def test_every_test_has_words_and_every_word_a_test() -> None:
    ids = {d.id for d in DETECTORS} | {POOLED}
    assert set(DICTIONARY.pattern_tests) == ids
    for detector in DETECTORS:
        assert DICTIONARY.pattern_tests[detector.id].family == detector.family
    assert {t.family for t in DICTIONARY.pattern_tests.values()} == set(DICTIONARY.pattern_families)


@pytest.mark.parametrize(("name", "text"), texts())
def test_no_text_accuses(name: str, text: str) -> None:
    assert not FORBIDDEN.search(text), f"{name}: {text}"
    assert text.strip()


def test_wording_asks_only_for_what_is_filled_in() -> None:
    for test in DICTIONARY.pattern_tests.values():
        for text in (test.say.zh, test.say.en):
            assert {name for _, name, _, _ in Formatter().parse(text) if name} <= FILLED
        assert any("一" <= letter <= "鿿" for letter in test.say.zh)


@pytest.fixture(scope="module")
def shown():
    made = records(2)
    made = lasting(made, 3, 18, np.repeat(rows_of(made, 3)[-19:-18], 18, axis=0))
    found = examine(made, DICTIONARY)
    return made, found, cards(made, found.evidence, found.flags, DICTIONARY, {made.panel.villages[3]: "龙泉村"})


def test_a_card_says_what_is_unusual_with_its_figures(shown) -> None:
    made, found, made_cards = shown
    assert [c.village_code for c in made_cards] == found.flags.loc[found.flags["is_check"], "village_code"].tolist()
    card = made_cards[0]
    line = next(one for one in card.lines if one.family == "copy")
    assert card.village == "龙泉村"
    assert "龙泉村" in line.say.zh
    assert number(line.observed) in line.say.en
    assert number(line.expected) in line.say.en
    assert line.observed > line.expected
    assert line.innocent
    assert line.settle.zh
    assert set(line.months) <= set(made.panel.months[-line.window_months :])
    assert len({one.family for one in card.lines}) == len(card.lines), "one line a family"


def test_a_card_has_series_to_draw(shown) -> None:
    made, _, made_cards = shown
    for series in made_cards[0].series:
        total = np.sum([made.panel.of(code)[:, 3] for code in series.codes], axis=0)
        assert series.values == tuple(total.tolist())
        assert series.months == made.panel.months
        known = [e for e in series.expected if e is not None]
        assert known
        assert min(known) >= 0


def test_a_card_is_made_of_the_figures_alone(shown) -> None:
    made, found, made_cards = shown
    bare = Records(made.panel, made.towns, roles_of(DICTIONARY, made.panel.codes))
    assert made_cards == cards(bare, found.evidence, found.flags, DICTIONARY, {made.panel.villages[3]: "龙泉村"})


def test_nothing_on_a_card_accuses_or_names_a_chance_of_guilt(shown) -> None:
    for card in shown[2]:
        for line in card.lines:
            for text in (line.say, line.label, line.settle, line.family_label, *line.innocent, *line.also):
                assert not FORBIDDEN.search(text.zh + text.en)
                assert "{" not in text.zh + text.en


def test_figures_are_written_as_counts() -> None:
    assert [number(v) for v in (3.0, 3.25, 123.4, np.nan, -1.0)] == ["3", "3.2", "123", "–", "-1"]


def test_roles_come_from_the_dictionary() -> None:
    roles = roles_of(DICTIONARY, DICTIONARY.codes)
    parts = {pair.part for pair in roles.pairs}
    expected = {code for code, i in DICTIONARY.indicators.items() if i.part_of and i.kind == "flow"}
    assert parts == expected
    assert all(DICTIONARY.indicators[code].kind == "flow" for code in roles.events)
    assert all(DICTIONARY.indicators[code].concept.basis == "registered" for code in (*roles.stocks, *roles.population))
    alone = {DICTIONARY.indicators[code].concept.code for group in roles.concepts for code in group}
    assert not alone & {c.code for c in DICTIONARY.concepts.values() if c.scheduled or c.follows or c.late_of}
    assert roles_of(DICTIONARY, ("births_m", "births_f")).pairs == ()
