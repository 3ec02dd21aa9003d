"""Every text that a user can see: a flag is a question, nothing accuses, nothing gives odds of wrongdoing, nothing ranks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pipelines.cli.sample import make_sample
from tests.pipelines.office import clean_environment, cunbao, sample_office
from tests.wording import FORBIDDEN, IN_DOCUMENTS, dictionary_texts, document_texts, offences, program_texts, written_texts


@pytest.mark.parametrize("texts", [dictionary_texts, program_texts])
def test_no_text_of_ours_accuses_ranks_or_gives_odds(texts: Callable[[], Iterator[tuple[str, str]]]) -> None:
    read = list(texts())
    assert len(read) > 500
    assert [(where, found) for where, text in read for found in offences(text)] == []


def test_no_document_accuses() -> None:
    assert [(where, found) for where, text in document_texts() for found in offences(text, IN_DOCUMENTS)] == []


def test_the_words_would_be_found() -> None:
    for text in (
        "possible fraud in row 3",
        "该村涉嫌造假",
        "各乡镇排名",
        "probability of being made up: 97 %",
        "漏报的可能性为80%",
        "suspect village",
    ):
        assert offences(text, FORBIDDEN), text


def test_help_of_every_command() -> None:
    shown = cunbao("--help", environment=clean_environment()).stdout
    assert "release" in shown
    assert offences(shown) == []


def test_nothing_that_a_month_writes_accuses(tmp_path: Path) -> None:
    make_sample(tmp_path, seed=11, months=["2024-03"], towns=3, villages=30)
    office = sample_office(tmp_path)
    office.run("2024-03")
    read = list(written_texts(office.outbox))
    assert len(read) > 100
    assert [(where, found) for where, text in read for found in offences(text)] == []
