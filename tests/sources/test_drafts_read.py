"""What `layout suggest` writes reads every place of the list that it was drafted from, whatever language its headings are in."""

from __future__ import annotations

import dataclasses
import random
from typing import Any

import pytest
import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from schemas.dictionary import load_dictionary
from schemas.entries import Layout
from sources.drafts import layout_yaml
from sources.guesses import IGNORE
from sources.layout import reading_kit
from sources.proofs import proven_sums
from sources.reading import FileReader, FileReading
from sources.suggest import Draft, suggest_layout
from sources.tables import tables_of
from sources.text import fold_name
from sources.workbook import read_sheets
from tests.sources.sheets import xlsx
from tests.sources.test_rows import FORMATS, every_format

DICTIONARY = load_dictionary([])
VALUES = reading_kit(DICTIONARY).values
VIETNAMESE = ("Thôn", ["Tổng dân số", "Nam", "Nữ", "Số hộ"], ["Đông Hà", "Tây Sơn", "Nam Định", "Bắc Kạn", "Hòa Bình", "Yên Bái"])
SPANISH = (
    "Vereda",
    ["Población", "Hombres", "Mujeres", "Viviendas"],
    ["El Pino", "La Loma", "Río Bajo", "San Juan", "Las Cruces", "Agua Fría"],
)
ARABIC = ("القرية", ["السكان", "ذكور", "إناث", "أسر"], ["الزهراء", "النخيل", "الواحة", "السلام", "الربيع", "المنار"])
ENGLISH = (
    "Barangay",
    ["Total", "Male heads", "Female heads", "Dwellings"],
    ["Poblacion", "San Roque", "Santa Cruz", "Mabini", "Rizal", "Bagong"],
)
CODES = ("V00", ["V01", "V02", "V03", "V04"], ["甲村", "乙村", "丙村", "丁村", "戊村", "己村"])
LANGUAGES = {"vietnamese": VIETNAMESE, "spanish": SPANISH, "arabic": ARABIC, "english": ENGLISH, "codes": CODES}


def drafted(data: bytes, table: int = 1) -> tuple[Draft, str, FileReading]:
    """The draft of a file, its YAML, and what that reads (as `layout test --layout` does)."""
    draft = suggest_layout(read_sheets(data)[1], DICTIONARY, VALUES, table=table)
    assert draft is not None
    text = layout_yaml(draft, "drafted", "a")
    layout = Layout(**yaml.safe_load(text)["layouts"][0])
    alone = dataclasses.replace(DICTIONARY, layouts={layout.id: layout})
    return draft, text, FileReader(reading_kit(alone), is_trial=True).read(data, "a")


def listed(language: str, n: int = 6) -> list[list[Any]]:
    place, headings, names = LANGUAGES[language]
    rows = [[name, 210.0 + 7 * k, 100.0 + 3 * k, 110.0 + 4 * k, 55.0 + k * k] for k, name in enumerate(names[:n])]
    return [["", "", "", "", ""], [place, *headings], *rows]


@pytest.mark.parametrize("language", LANGUAGES)
@every_format
def test_headings_in_any_language_are_listed_with_their_figures_and_what_these_prove(write: Any, language: str) -> None:
    place, headings, names = LANGUAGES[language]
    draft, text, reading = drafted(write(listed(language)))
    guesses = {g.path: g for g in draft.guesses}
    assert guesses[place].target == "head:village_name"
    assert [len(guesses[h].figures) for h in headings] == [3] * 4
    assert guesses[headings[0]].sum_of == (headings[1], headings[2])
    assert f"the sum of: {headings[1]} + {headings[2]}" in text
    assert reading.layout == "drafted"
    assert [r.place_name for r in reading.records] == names


@pytest.mark.parametrize("language", ["vietnamese", "spanish", "arabic"])
def test_what_nobody_can_know_is_not_given_a_meaning(language: str) -> None:
    draft, _, _ = drafted(xlsx(listed(language)))
    assert {g.target for g in draft.guesses} == {"head:village_name", IGNORE}


def test_sums_of_more_than_two_apart_and_of_any() -> None:
    rng = random.Random(1)
    men, women, old = ([float(rng.randrange(1, 90)) for _ in range(9)] for _ in range(3))
    other = [float(rng.randrange(1, 90)) for _ in range(9)]
    three = [a + b + c for a, b, c in zip(men, women, old, strict=True)]
    apart = [a + c for a, c in zip(men, old, strict=True)]
    assert proven_sums({0: three, 1: men, 2: women, 3: old}) == {0: (1, 2, 3)}
    assert proven_sums({0: men, 1: women, 2: old, 3: three})[3] == (0, 1, 2)
    assert proven_sums({0: apart, 1: men, 2: women, 3: old, 4: other}) == {0: (1, 3)}
    steps = {n: [float(rng.randrange(1, 90)) for _ in range(9)] for n in range(1, 9)}
    by_step = [sum(steps[n][k] for n in (1, 3, 5, 7)) for k in range(9)]
    assert proven_sums({0: by_step, **steps}) == {0: (1, 3, 5, 7)}
    unlike = [sum(steps[n][k] for n in (1, 2, 5, 8)) for k in range(9)]
    many = {n: [float(rng.randrange(1, 90)) for _ in range(14)] for n in range(1, 9)}
    any_of = [sum(many[n][k] for n in (1, 2, 5, 8)) for k in range(14)]
    assert proven_sums({0: any_of, **many}) == {0: (1, 2, 5, 8)}
    assert 0 not in proven_sums({0: [u + (k == 4) for k, u in enumerate(unlike)], **steps})


def test_small_figures_that_add_up_by_chance_in_few_rows_prove_nothing_apart() -> None:
    assert proven_sums({0: [1.0, 2.0, 3.0], 1: [7.0, 8.0, 1.0], 2: [1.0, 1.0, 2.0], 3: [9.0, 9.0, 9.0], 4: [0.0, 1.0, 1.0]}).get(0) is None


DATED = "2024年3月青溪镇各村基本情况"


@pytest.mark.parametrize("merges", [[(0, 0, 0, 4)], []])
@pytest.mark.parametrize("title", [[DATED, "", "", "", "单位：人"], [DATED, "", "", "", ""], ["March 2024", "", "", "", "Form 7"]])
def test_a_dated_title_is_part_of_no_heading(title: list[str], merges: list[Any]) -> None:
    rows = [title if not merges else [title[0], "", "", "", ""], *listed("codes")[1:]]
    draft, text, reading = drafted(xlsx(rows, merges))
    assert [g.path for g in draft.guesses] == ["V00", "V01", "V02", "V03", "V04"]
    assert "2024" not in "".join(g.path for g in draft.guesses)
    assert len(reading.records) == 6, text


SECOND = [["Vereda", "Nacidos", "Muertos"], *[[name, 3.0 + n, 1.0 + n] for n, name in enumerate(["Alto", "Bajo", "Medio", "Sur"])]]


@every_format
@pytest.mark.parametrize("where", ["below", "below, far", "beside"])
def test_a_second_table_is_found_said_and_drafted_by_itself(where: str, write: Any) -> None:
    first = [["", "", "", "", ""], *listed("spanish")[1:]]
    if where == "beside":
        rows = [[*row, "", *(SECOND[n - 1] if 1 <= n <= len(SECOND) else ["", "", ""])] for n, row in enumerate(first)]
    else:
        more = [[f"Finca {n}", 200.0 + 2 * n, 90.0 + n, 110.0 + n, 50.0 + n] for n in range(60 if "far" in where else 0)]
        rows = [*first, *more, [""] * 5, *[[*row, "", ""] for row in SECOND]]
    one, text, read_one = drafted(write(rows))
    assert (one.table, one.tables) == (1, 2)
    assert "table: 1" in text
    assert [r.place_name for r in read_one.records][:6] == LANGUAGES["spanish"][2]
    assert not {r.place_name for r in read_one.records} & {"Alto", "Sur"}
    two, text, read_two = drafted(write(rows), table=2)
    assert [g.path for g in two.guesses] == ["Vereda", "Nacidos", "Muertos"]
    assert "table: 2" in text
    assert [r.place_name for r in read_two.records] == ["Alto", "Bajo", "Medio", "Sur"]


def test_a_table_with_gaps_repeated_headings_and_notes_is_one() -> None:
    head = ["村名", "户数", "出生", "死亡"]
    rows = [["各村情况", "", "", ""], head, ["东村", 1.0, 2.0, 3.0], ["西村", "", "", ""], ["南村", 1.0, 2.0, ""],
            head, ["北村", 1.0, 2.0, 3.0],
            ["填表人：张某", "审核人：李某", "", ""], ["中村", 4.0, 5.0, 6.0]]  # fmt: skip
    assert len(tables_of(rows, VALUES)) == 1
    spaced = [["村名", "", "户数", "", "出生"], ["东村", "", 1.0, "", 2.0], ["西村", "", 3.0, "", 4.0]]
    assert len(tables_of(spaced, VALUES)) == 1


WORDS = st.text(st.characters(categories=["Lu", "Ll", "Lo"], min_codepoint=0x41, max_codepoint=0x9FFF), min_size=2, max_size=12).map(
    lambda text: f"{text}ü"
)
"""Words of no language: none is a label of the dictionary or a word of a period."""


@settings(max_examples=150, deadline=None)
@given(
    headings=st.lists(WORDS, min_size=2, max_size=7, unique_by=lambda text: text.casefold()),
    names=st.lists(WORDS, min_size=3, max_size=12, unique_by=lambda text: text.casefold()),
    title=st.sampled_from(["", DATED, "Informe de marzo de 2024", "各村情况"]),
    kind=st.sampled_from(sorted(FORMATS)),
    seed=st.integers(0, 10**6),
    above=st.integers(0, 3),
)
def test_what_is_drafted_reads_every_place(headings: list[str], names: list[str], title: str, kind: str, seed: int, above: int) -> None:
    assume(not {fold_name(name) for name in names} & {fold_name(heading) for heading in headings})
    rng = random.Random(seed)
    width = len(headings)
    rows: list[list[Any]] = [[title, *[""] * (width - 1)]] if title else []
    rows += [[""] * width] * above
    rows.append(headings)
    for n, name in enumerate(names):
        figures = [float(rng.choice((0, 1, rng.randrange(2000), 10 ** rng.randrange(1, 7)))) for _ in headings[1:]]
        rows.append([name, *[figure if n < 2 or rng.random() < 0.9 else "" for figure in figures]])
    draft, text, reading = drafted(FORMATS[kind](rows))
    assert any(guess.figures for guess in draft.guesses)
    assert any(guess.target in ("head:village_name", "head:town_name", "head:county_name") for guess in draft.guesses), text
    assert reading.layout == "drafted", text
    assert [r.place_name for r in reading.records] == [name.strip() for name in names], text
