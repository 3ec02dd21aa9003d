"""The catalogue of messages: coded, in two languages, filled in."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dictionary import Dictionary, load_dictionary
from schemas.messages import message

DICTIONARY = load_dictionary([])


@pytest.mark.parametrize("name", list(DICTIONARY.messages))
def test_every_message_reads_in_both_languages(name: str) -> None:
    said = message(DICTIONARY, name)
    assert re.search("[一-鿿]", said.say_zh)
    assert not re.search("[一-鿿]", said.say_en)
    assert said.do_zh
    assert said.do_en
    lines = said.both().splitlines()
    assert [line.startswith(f"[{said.code}] ") for line in lines] == [True, True]


def test_codes_are_never_shared() -> None:
    codes = [m.code for m in DICTIONARY.messages.values()]
    assert len(set(codes)) == len(codes)


def test_both_languages_ask_for_the_same_details() -> None:
    pairs = {name: (m.say.zh, m.say.en) for name, m in DICTIONARY.messages.items()}
    fields = {name: tuple(set(re.findall(r"{(\w+)}", text)) for text in pair) for name, pair in pairs.items()}
    same = {
        name: (zh - {"reason", "title"}, en - {"reason_en", "title_en"}) for name, (zh, en) in fields.items()
    }  # these are in two languages
    assert {name for name, (zh, en) in same.items() if zh != en} == set()


def test_details_are_filled_in_and_an_unknown_one_shows_as_a_question_mark() -> None:
    said = message(DICTIONARY, "unknown_form", {"nearest": "town_list"})
    assert "town_list" in said.say_en
    assert "?%" in said.say_en
    assert said.effect == "refused"


@given(st.text(max_size=30))
def test_what_a_clerk_wrote_is_never_taken_for_a_placeholder(label: str) -> None:
    said = message(DICTIONARY, "unmatched_heading", {"label": label})
    assert f"“{label}”" in said.say_en


def test_an_unknown_name_is_an_error_of_the_programmer() -> None:
    dictionary: Dictionary = DICTIONARY
    with pytest.raises(KeyError):
        message(dictionary, "no_such_message")
