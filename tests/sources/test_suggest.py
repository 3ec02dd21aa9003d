"""Drafted layouts: most headings right, none wrong with high confidence, and a confirmed draft reads what the shipped layout reads."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from schemas.dictionary import Dictionary, load_dictionary
from sources.drafts import layout_yaml
from sources.guesses import IGNORE, MEMBER
from sources.layout import reading_kit
from sources.reading import FileReader
from sources.similar import HIGH, LabelIndex, age_range, likeness, plain
from sources.suggest import Draft, suggest_layout
from sources.text import fold
from sources.workbook import read_sheets
from tests.sources.sheets import xlsx

DICTIONARY = load_dictionary([])
KINDS = {
    "vital": ("csv", "tw_village_vital", ""),
    "population": ("csv", "tw_village_population", ""),
    "town_totals": ("ods", "tw_town_totals", ""),
    "county_registration": ("ods", "tw_county_registration", "縣市別"),
}


@dataclass(frozen=True)
class Case:
    """One Taiwan file, its draft, and what its headings really mean."""

    data: bytes
    draft: Draft
    right: dict[str, str]
    layout: str


def truth(dictionary: Dictionary, layout_id: str) -> dict[str, str]:
    """The shipped layout's headings, folded, with what they mean; the last part of a path is enough here."""
    layout = dictionary.layouts[layout_id]
    right = {fold(path.rpartition("/")[2]): target for path, target in layout.columns.items()}
    right |= {fold(path.rpartition("/")[2]): IGNORE for path in layout.ignore}
    for head, place in layout.head.items():
        right |= {fold(path.rpartition("/")[2]): f"head:{head}" for path in (*place.column, *place.label)}
    return right


@pytest.fixture(scope="module", params=list(KINDS))
def case(request: pytest.FixtureRequest, shared_data: Path) -> Case:
    ending, layout, sheet = KINDS[request.param]
    data = (shared_data / "taiwan-2018h2" / request.param / f"2018-10.{ending}").read_bytes()
    draft = suggest_layout(read_sheets(data)[1], DICTIONARY, reading_kit(DICTIONARY).values, sheet)
    assert draft is not None
    return Case(data, draft, truth(DICTIONARY, layout), layout)


def test_the_labels_of_the_dictionary_do_not_know_the_taiwan_headings() -> None:
    """What is right below is found, not looked up: these headings are in no label or alias."""
    index = LabelIndex(DICTIONARY)
    known = {label for group in (index.concepts, index.heads, index.indicators) for labels in group.values() for label in labels}
    assert {plain(text) for text in ("男性人口", "未滿15歲", "超過64歲", "出生數-男", "村里代碼", "site_id", "區域別")} & known == set()


def test_nine_headings_in_ten_are_right_and_none_is_wrong_with_high_confidence(case: Case) -> None:
    judged = []
    for guess in case.draft.guesses:
        right = case.right.get(fold(guess.path.rpartition("/")[2]), MEMBER)
        judged.append((guess.path, guess.target, right, guess.level))
    wrong = [j for j in judged if j[1] != j[2]]
    assert len(judged) >= 5
    assert len(wrong) <= 0.1 * len(judged), wrong
    assert not [j for j in wrong if j[3] == "high"]


def test_a_confirmed_draft_reads_what_the_shipped_layout_reads(case: Case, tmp_path: Path) -> None:
    text = layout_yaml(case.draft, "drafted", "file")
    shipped = DICTIONARY.layouts[case.layout]
    (tmp_path / "drafted.yaml").write_text(text, "utf-8")
    drafted = load_dictionary([tmp_path])
    kit = reading_kit(drafted)
    alone = type(kit)(
        **{name: getattr(kit, name) for name in kit.__slots__} | {"layouts": tuple(x for x in kit.layouts if x.id == "drafted")}
    )
    mine, theirs = FileReader(alone).read(case.data, "a"), FileReader(reading_kit(DICTIONARY)).read(case.data, "a")
    assert theirs.layout == shipped.id
    ours = {(r.place_name.replace(" ", ""), r.parent_name, r.month): r for r in mine.records}
    compared = 0
    for record in theirs.records:
        found = ours.get((record.place_name.replace(" ", ""), record.parent_name, record.month))
        if found is not None:
            compared += 1
            assert found.values == record.values
            assert found.states == record.states
    assert compared >= 0.9 * len(theirs.records)


def test_ages_are_compared_as_ranges() -> None:
    assert age_range("未滿15歲") == age_range("0—14岁") == (0, 14)
    assert age_range("超過64歲") == age_range("65岁及以上") == (65, 999)
    assert age_range("15-64歲") != age_range("15—59岁")
    index = LabelIndex(DICTIONARY)
    assert [c.target for c in index.candidates(["未滿15歲"])] == ["age_0_14"]
    for foreign in ("15-64歲", "18-19歲", "超過20歲", "60岁以上"):
        assert index.candidates([foreign]) == []


@pytest.mark.parametrize("text", ["認領", "收養", "監護", "计划外", "社会抚养费", "备注", "电费", "五保户", "低保金额", "完成率"])
def test_what_the_dictionary_does_not_have_is_never_high(text: str) -> None:
    assert all(c.score < HIGH for c in LabelIndex(DICTIONARY).candidates([text]))


@given(
    st.sampled_from([c.label.zh for c in DICTIONARY.concepts.values()]), st.sampled_from([c.label.zh for c in DICTIONARY.concepts.values()])
)
def test_likeness_is_one_exactly_for_the_same_words_and_alike_both_ways(one: str, two: str) -> None:
    a, b = plain(one), plain(two)
    assert (likeness(a, b) == 1) == (a == b)
    assert likeness(a, b) == pytest.approx(likeness(b, a))
    assert 0 <= likeness(a, b) <= 1


ROWS = [["青溪镇各村情况", "", "", "", "", ""], ["村名", "总户数", "出生总数", "其中男", "其中女", "猪存栏"]]


def test_an_office_list_with_headings_of_its_own_is_drafted_with_its_reasons() -> None:
    rows = [*ROWS, *[[f"{name}村", 300 + n, 2 + n, 1 + n, 1, 40 * n] for n, name in enumerate("东西南北中")]]
    draft = suggest_layout(read_sheets(xlsx(rows))[1], DICTIONARY, reading_kit(DICTIONARY).values)
    assert draft is not None
    meant = {g.path: g.target for g in draft.guesses}
    assert meant["村名"] == "head:village_name"
    assert meant["总户数"] == "households_end"
    assert meant["出生总数"] == "total:births"
    assert meant["猪存栏"] == IGNORE
    assert (draft.kind, draft.top, draft.header_rows) == ("list", 1, 1)


def test_a_form_is_drafted_label_by_label(tmp_path: Path) -> None:
    labels = [("总户数", 320), ("出生人数男", 2), ("死亡人口女", 1), ("结婚登记", 3), ("养鸡场", 4)]
    rows = [["某某村人口情况表"], ["村名", "东村"], ["统计月份", "2024年3月"], *[[label, value] for label, value in labels]]
    draft = suggest_layout(read_sheets(xlsx(rows))[1], DICTIONARY, reading_kit(DICTIONARY).values)
    assert draft is not None
    assert draft.kind == "form"
    meant = {g.path: g.target for g in draft.guesses}
    assert meant | {"养鸡场": ""} == {
        "村名": "head:village_name", "统计月份": "head:report_month", "总户数": "households_end",
        "出生人数男": "births_m", "死亡人口女": "deaths_f", "结婚登记": "marriages", "养鸡场": "",
    }  # fmt: skip
    assert meant["养鸡场"] == IGNORE
    (tmp_path / "a.yaml").write_text(layout_yaml(draft, "mine", "a.xlsx"), "utf-8")
    assert "mine" in load_dictionary([tmp_path]).layouts


def test_a_sheet_without_headings_gives_no_draft() -> None:
    kit = reading_kit(DICTIONARY)
    assert suggest_layout(read_sheets(xlsx([[1, 2, 3], [4, 5, 6]]))[1], DICTIONARY, kit.values) is None
