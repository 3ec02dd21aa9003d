"""Which villages get a page: those with a figure to look up; lateness alone is told elsewhere."""

from __future__ import annotations

import pandas as pd
import pytest

from assets.pages import villages_with_pages
from schemas.dictionary import load_dictionary

DICTIONARY = load_dictionary(extra=[])


def asked(*questions: tuple[str, str]) -> pd.DataFrame:
    return pd.DataFrame(questions, columns=["village_code", "rule"])


@pytest.mark.parametrize("rule", ["late_report", "early_report"])
def test_a_village_that_only_sent_at_another_time_gets_no_page(rule: str) -> None:
    assert villages_with_pages(asked(("A", rule), ("B", "population_balance")), DICTIONARY) == {"B"}


def test_a_late_village_with_a_figure_to_look_up_gets_one() -> None:
    assert villages_with_pages(asked(("A", "late_report"), ("A", "unusual_count")), DICTIONARY) == {"A"}


def test_rules_without_a_page_read_no_figure_and_only_ask_to_verify() -> None:
    without = [rule for rule in DICTIONARY.rules.values() if not rule.page]
    assert [rule.id for rule in without] == ["late_report", "late_return", "early_report"]
    for rule in without:
        for instance in (i for i in DICTIONARY.instances.values() if i.rule.id == rule.id):  # none where there is no other return
            assert not set(instance.reads) & set(DICTIONARY.indicators)
        assert (rule.level, rule.severity, rule.cells) == (0, "verify", ())
