"""The village's page: everything a clerk needs, nothing that accuses, and no text from outside that a browser would run."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sinks.sparkline import sparkline
from sinks.village_page import Figure, Question, VillagePage, questions_in_order, village_page

NAN = float("nan")
HISTORY = [("2024-01", 1.0), ("2024-02", NAN), ("2024-03", 10.0)]


def page(text: str = "龙泉村") -> str:
    figure = Figure(("出生（男）", text), f"月报!{text}", "10", "1", "0–2", HISTORY, 0.0, 2.0, is_suspected=True)
    question = Question("verify", ("标题", text), (text, text), ("请核对", text), [figure], [(text, text)])
    return village_page(VillagePage(text, "990101100200", text, "2024-03", [(text, "2024-04-02 09:03", text)], [question]))


def test_it_says_what_came_which_cell_what_is_usual_and_what_to_do() -> None:
    made = page("龙泉村")
    for part in (
        "龙泉村",
        "2024年3月",
        "2024-04-02 09:03",
        "月报!龙泉村",
        ">10<",
        "0–2",
        "<svg",
        "填错",
        "没错",
        "请核对",
        "right, because",
    ):
        assert part in made
    assert not re.search(r"(?i)fraud|fake|liar|cheat|造假|虚假|作假", made)
    assert "http" not in made  # nothing is loaded from outside


def test_no_reason_is_asked_for_where_only_a_correction_settles_it() -> None:
    words = ("标题", "title")
    for severity, is_asked in (("mandatory", False), ("near_mandatory", True), ("verify", True)):
        figure = Figure(words, "月报!E3", "10", "1", "0–2")
        made = village_page(VillagePage("村", "1", "镇", "2024-03", [], [Question(severity, words, words, words, [figure])]))
        assert ("right, because" in made) == is_asked
        assert ("please help" in made) != is_asked


@given(st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30))
def test_no_text_from_outside_becomes_markup(text: str) -> None:
    plain = re.sub(r"<[^<>]*>", "<>", page("x"))
    shown = re.sub(r"<[^<>]*>", "<>", page(text + "<script>alert(1)</script>"))
    assert "<script" not in page(text + "<script>alert(1)</script>")
    assert shown.count("<>") == plain.count("<>")


@given(st.lists(st.one_of(st.just(NAN), st.floats(-1e6, 1e6)), min_size=2, max_size=36), st.floats(0, 100), st.floats(0, 100))
def test_a_picture_stays_in_its_frame_and_is_well_formed(values: list[float], low: float, more: float) -> None:
    made = sparkline([(f"2024-{n % 12 + 1:02d}", v) for n, v in enumerate(values)], low, low + more)
    if sum(v == v for v in values) < 2:
        assert made == ""
        return
    root = ElementTree.fromstring(made)
    for node in root:
        for name in ("y", "cy"):
            if name in node.attrib:
                assert -1 <= float(node.attrib[name]) <= 46


@pytest.mark.parametrize("history", [[], [("2024-03", 1.0)], [("2024-02", NAN), ("2024-03", 1.0)]])
def test_one_month_makes_no_picture(history: list[tuple[str, float]]) -> None:
    assert sparkline(history, NAN, NAN) == ""


def test_the_gravest_question_comes_first() -> None:
    asked = [{"severity": s, "level": 1, "rule_id": s} for s in ("verify", "mandatory", "near_mandatory")]
    assert [q["severity"] for q in questions_in_order(asked)] == ["mandatory", "near_mandatory", "verify"]
