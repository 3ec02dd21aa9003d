"""Near names: what is the same name, what is only like it, and how well the likeliest place is the right one."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods.simulate.names import FIRST, SECOND, TYPOS
from methods.simulate.places import simulate_places
from sources.gazetteer import Gazetteer
from sources.names import MIN_SUGGESTED, MIN_SURE, fold_place, has_unseen, similarity
from sources.places import EVENT_COLUMNS

MONTH = "2024-03"
TOWN, OTHER_TOWN = "990101100", "990101101"
ROWS = [
    ("990101", "county", "栖云县", "9901", "", ""),
    (TOWN, "town", "青溪镇", "990101", "", ""),
    (OTHER_TOWN, "town", "罗山乡", "990101", "", ""),
    (f"{TOWN}203", "village", "罗阳村", TOWN, "", ""),
    (f"{TOWN}204", "village", "龙泉村", TOWN, "", ""),
    (f"{TOWN}205", "village", "上坝村", TOWN, "", "2024-01"),
    (f"{TOWN}206", "village", "旧井村", TOWN, "", "2023-12"),
    (f"{TOWN}206", "village", "新井村", TOWN, "2024-01", ""),
    (f"{OTHER_TOWN}200", "village", "龙泉村", OTHER_TOWN, "", ""),
    (f"{TOWN}001", "village", "东湖社区", TOWN, "", ""),
]
EVENTS = pd.DataFrame(
    [
        ("2024-02-01", "merge", f"{TOWN}205", f"{TOWN}204", 1.0),
        ("2024-01-01", "rename", f"{TOWN}206", f"{TOWN}206", 1.0),
        ("2024-05-01", "merge", f"{TOWN}203", f"{TOWN}204", 1.0),
    ],
    columns=list(EVENT_COLUMNS),
)


def registry(rows: list[tuple[str, ...]] = ROWS) -> pd.DataFrame:
    """The registry of these tests."""
    names = ["code", "level", "name", "parent_code", "valid_from", "valid_to"]
    return pd.DataFrame(rows, columns=names, dtype="str").assign(name_en="", urban_rural="").astype("str")


@pytest.fixture(scope="module")
def gazetteer() -> Gazetteer:
    return Gazetteer(registry(), MONTH, EVENTS)


@pytest.mark.parametrize(
    ("written", "registered"),
    [("羅陽村", "罗阳村"), ("罗 阳 村", "罗阳村"), ("罗阳村委会", "罗阳村"), ("羅陽村民委員會", "罗阳村"), ("※罗阳村", "罗阳村")]
    + [
        ("東湖社區居委會", "东湖社区"),
        ("東湖居民委員會", "东湖社区"),
        ("臺北里", "台北里"),
        ("青溪镇人民政府", "青溪镇"),
        ("⼭口村", "山口村"),
    ],
)
def test_other_spellings_of_one_name_are_the_same(written: str, registered: str) -> None:
    assert similarity(written, registered) == similarity(registered, written) == MIN_SURE


@pytest.mark.parametrize(
    ("written", "registered", "low", "high"),
    [
        ("罗洋村", "罗阳村", 0.86, 0.87),  # sounds alike
        ("罗\ue123村", "罗阳村", 0.86, 0.87),  # a character of the private-use area, which no font shows
        ("罗□村", "罗阳村", 0.86, 0.87),
        ("阳罗村", "罗阳村", 0.83, 0.84),
        ("罗阳社区", "罗阳村", 0.95, 0.95),  # a village made a community may be another unit
        ("罗阳", "罗阳村", 0.8, 0.99),
        ("青溪乡", "青溪镇", 0.95, 0.95),
        ("罗鹤村", "罗阳村", 0.66, 0.67),
        ("龙泉村", "罗阳村", 0.0, 0.34),
    ],
)
def test_a_name_that_is_only_like_another_is_below_the_sure_score(written: str, registered: str, low: float, high: float) -> None:
    assert low - 1e-9 <= round(similarity(written, registered), 4) <= high + 1e-9 < MIN_SURE


@given(st.text("罗阳洋龙泉东湖村社区\ue123□", max_size=6), st.text("罗阳洋龙泉东湖村社区\ue123□", max_size=6))
def test_similarity_is_symmetric_and_sure_only_for_equal_folds(one: str, other: str) -> None:
    score = similarity(one, other)
    assert 0 <= score <= 1
    assert score == pytest.approx(similarity(other, one))
    assert (score >= MIN_SURE) == (fold_place(one) == fold_place(other) != "" and not has_unseen(one))


def test_a_near_name_is_suggested_with_its_score(gazetteer: Gazetteer) -> None:
    (found,) = gazetteer.suggest("罗洋村", "village", [TOWN])
    assert (found.why, found.code, found.name, int(found.score * 100)) == ("near", f"{TOWN}203", "罗阳村", 86)
    assert gazetteer.named("罗洋村", "village") == []


def test_nothing_is_suggested_for_a_name_like_no_other(gazetteer: Gazetteer) -> None:
    assert gazetteer.suggest("鹤鸣塘村", "village", [TOWN]) == []


def test_lineage_says_what_became_of_a_place_and_only_what_has_happened(gazetteer: Gazetteer) -> None:
    assert [(s.why, s.name, s.date) for s in gazetteer.successors(f"{TOWN}205")] == [("merge", "龙泉村", "2024-02-01")]
    assert [(s.why, s.code) for s in gazetteer.suggest("旧井村", "village", [TOWN])] == [("rename", f"{TOWN}206")]
    assert gazetteer.suggest("上坝村", "village", [TOWN])[0].name == "龙泉村"
    assert gazetteer.successors(f"{TOWN}203") == []  # its merger is in May


def _measure(wrong: list[tuple[str, str, str]], gazetteer: Gazetteer) -> tuple[float, float, float]:
    """Precision and recall of the first suggestion, and recall of all that are shown: of (written, town, right code)."""
    found = [gazetteer.suggest(name, "village", [town]) for name, town, _ in wrong]
    right = sum(bool(f) and f[0].code == code for f, (_, _, code) in zip(found, wrong, strict=True))
    shown = sum(any(s.code == code for s in f) for f, (_, _, code) in zip(found, wrong, strict=True))
    return right / max(1, sum(map(bool, found))), right / len(wrong), shown / len(wrong)


def test_the_first_suggestion_for_a_typo_is_nearly_always_the_right_village(record_property: Any) -> None:
    """500 villages of an invented county with one character of each replaced: by a hurried typist (homophone or look-alike, of which
    `sources.names` knows most), or by any of GB 2312's 3,755 common ones, where often nobody could tell which village is meant.
    """
    places = simulate_places(np.random.default_rng(11), [MONTH], 20, 500, 1, []).registry.astype(str)
    gazetteer, chance = Gazetteer(places, MONTH), random.Random(5)
    any_character = [bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD7) for cell in range(0xA1, 0xFF)]
    villages = places[places["level"] == "village"]
    names_of_town = villages.groupby("parent_code")["name"].agg(set).to_dict()
    typed: list[tuple[str, str, str]] = []
    hurried: list[tuple[str, str, str]] = []
    for code, name, town in zip(villages["code"], villages["name"], villages["parent_code"], strict=True):
        at = chance.randrange(2)
        other = name[:at] + chance.choice(any_character) + name[at + 1 :]
        typed.append((other, town, code))
        if name[0] in TYPOS:
            hurried.append((TYPOS[name[0]] + name[1:], town, code))
    assert set("".join(FIRST) + "".join(SECOND)) >= {name[0] for name in villages["name"]}
    for kind, wrong in (("any", typed), ("hurried", hurried)):
        honest = [w for w in wrong if w[0] not in names_of_town[w[1]]]
        precision, recall, shown = _measure(honest, gazetteer)
        record_property(kind, f"precision {precision:.3f}, recall {recall:.3f}, among those shown {shown:.3f}, of {len(honest)}")
        assert len(honest) > 300
        assert min(precision, recall) > {"any": 0.6, "hurried": 0.95}[kind]
        assert shown > {"any": 0.85, "hurried": 0.95}[kind]
        assert all(s.score < MIN_SURE for w in honest for s in gazetteer.suggest(w[0], "village", [w[1]]) if s.why == "near")
        assert all(s.score >= MIN_SUGGESTED for w in honest for s in gazetteer.suggest(w[0], "village", [w[1]]))
