"""A figure is read from one cell only: where several could be meant, or numbers stand where nothing heads them, it is told."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.dictionary import load_dictionary
from schemas.states import UNREADABLE
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from tests.sources.sheets import CODE, TITLE, Merge, figures_of, names_of, states_of, xlsx

DICTIONARY = load_dictionary([])
KIT = reading_kit(DICTIONARY)
INDICATORS = list(DICTIONARY.indicators.values())
VALUES = {i.code: float(3 * n + 10) for n, i in enumerate(INDICATORS)}
HEAD: list[list[Any]] = [[TITLE], ["村（居）代码", CODE], ["报告期", "2024年3月"]]
LIST = "青溪镇2024年3月村级人口与家庭服务月报汇总表"
CODES = [f"99010110020{n}" for n in (1, 2, 3)]
SEXES = [c for c in DICTIONARY.concepts.values() if c.breakdown == "sex"]


def read(rows: list[list[Any]], merges: list[Merge] | None = None, reader: FileReader | None = None) -> FileReading:
    width = max(map(len, rows))
    return (reader or FileReader(KIT)).read(xlsx([[*row, *[""] * (width - len(row))] for row in rows], merges or []), "a.xlsx")


def lines(*shape: Any) -> list[list[Any]]:
    """A row an indicator: 'label', 'unit', 'value', or what always stands there."""
    return [[{"label": i.label.zh, "unit": i.unit.label.zh, "value": VALUES[i.code]}.get(part, part) for part in shape] for i in INDICATORS]


def by_sex(*shape: Any) -> list[list[Any]]:
    return [
        [{"label": c.label.zh, "m": VALUES[f"{c.code}_m"], "f": VALUES[f"{c.code}_f"]}.get(part, part) for part in shape] for c in SEXES
    ]


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ([], ("label", "", "value")),
        ([], ("label", "unit", "", "value", "见备注")),
        (["指标", "计量单位", "本月数", ""], ("label", "unit", "", "value")),
        (["指标", "单位", "上期", "本期"], ("label", "unit", 7.0, "value")),
        (["指标", "单位", "本月数", "上报数"], ("label", "unit", "value", 7.0)),
        (["指标", "单位", "", "本月数"], ("label", "unit", "", "value")),
    ],
)
def test_the_figure_stands_where_most_rows_have_theirs(heading: list[str], shape: tuple[Any, ...]) -> None:
    reading = read([*HEAD, *([heading] if heading else []), *lines(*shape)])
    assert figures_of(reading.records[0], DICTIONARY) == VALUES


def test_numbers_of_rows_beside_labels_are_no_figures() -> None:
    rows = [[label, float(n), unit, value] for n, (label, unit, value) in enumerate(lines("label", "unit", "value"), start=1)]
    assert figures_of(read([*HEAD, *rows]).records[0], DICTIONARY) == VALUES


@pytest.mark.parametrize(
    ("heading", "shape"),
    [
        ([], ("label", "unit", 7.0, "value")),
        (["指标", "单位", "2月", "3月"], ("label", "unit", 7.0, "value")),
        (["指标", "单位", "上报数", "核定数"], ("label", "unit", 7.0, "value")),
        (["指标", "单位", "本月数", "本月数"], ("label", "unit", 7.0, "value")),
        (["指标", "单位", "龙泉村", "青山村", "白石村"], ("label", "unit", 7.0, 8.0, "value")),
        (["指标", "单位", "龙泉村", "青山村", "合计"], ("label", "unit", 7.0, 8.0, "value")),
    ],
)
def test_columns_that_could_each_be_the_month_s_are_refused(heading: list[str], shape: tuple[Any, ...]) -> None:
    reading = read([*HEAD, *([heading] if heading else []), *lines(*shape)])
    assert (reading.status, names_of(reading)) == ("refused", ["columns_unclear"])


def test_the_figures_of_last_month_below_are_not_taken_for_this_month_s() -> None:
    rows = [*HEAD, ["指标", "本月数"], *lines("label", "value"), ["二月份"], ["指标", "本月数"], *lines("label", 7.0)]
    assert names_of(read(rows)) == ["columns_unclear"]


def test_one_row_with_two_numbers_is_doubtful_and_told() -> None:
    rows = lines("label", "value", "")
    rows[3][2] = 5.0
    reading = read([*HEAD, *rows])
    assert states_of(reading.records[0], DICTIONARY)[INDICATORS[3].code] == UNREADABLE
    assert [(p.name, p.details["cells"]) for p in reading.problems] == [("several_figures", "B7 / C7")]
    assert figures_of(reading.records[0], DICTIONARY) == {c: v for c, v in VALUES.items() if c != INDICATORS[3].code}


def test_a_row_of_sexes_that_slipped_out_of_its_headings_is_doubtful() -> None:
    rows = by_sex("label", "m", "f", "", "")
    rows[2][1:] = ["", *rows[2][1:3], 9.0]
    reading = read([*HEAD, ["指标", "男", "女", "合计", ""], *rows, *lines("label", "", "", "value", "")[40:]])
    states = states_of(reading.records[0], DICTIONARY)
    assert {c for c, s in states.items() if s == UNREADABLE} == {f"{SEXES[2].code}_m", f"{SEXES[2].code}_f"}


def test_sexes_that_are_headed_twice_are_read_under_the_month() -> None:
    rows = by_sex("label", 1.0, 2.0, "m", "f")
    named = [*HEAD, ["指标", "上年末", "", "本月数", ""], ["", "男", "女", "男", "女"], *rows, *lines("label", "", "", "value")[40:]]
    figures = figures_of(read(named, [(3, 1, 3, 2), (3, 3, 3, 4)]).records[0], DICTIONARY)
    assert {c: figures[c] for c in figures if c[-2:] in ("_m", "_f")} == {c: v for c, v in VALUES.items() if c[-2:] in ("_m", "_f")}
    unnamed = [*HEAD, ["指标", "2月", "", "3月", ""], *named[4:]]
    states = states_of(read(unnamed, [(3, 1, 3, 2), (3, 3, 3, 4)]).records[0], DICTIONARY)
    assert {c for c, s in states.items() if s == UNREADABLE} >= {c for c in VALUES if c[-2:] in ("_m", "_f")}


def test_a_number_that_nothing_heads_is_told() -> None:
    rows = lines("label", "unit", "value", "")
    rows[5][3] = 44.0
    reading = read([*HEAD, ["指标", "单位", "本月数", ""], *rows])
    assert [(p.name, p.cell) for p in reading.problems] == [("stray_number", "D10")]
    assert figures_of(reading.records[0], DICTIONARY) == VALUES


def test_rows_of_another_table_are_told() -> None:
    rows = [*HEAD, ["指标", "本月数"], *lines("label", "value"), [], ["龙泉村", *[1.0] * 8], ["青山村", *[2.0] * 8]]
    (problem,) = read(rows).problems
    assert (problem.name, problem.cell, problem.details["n"]) == ("rows_not_read", "A79", "2")


def test_a_form_met_before_is_not_read_by_position_where_a_further_number_stands() -> None:
    reader = FileReader(KIT)
    clean, spoilt = ([*HEAD, ["指标", "单位", "本月数", ""], *lines("label", "unit", "value", "")] for _ in range(2))
    spoilt[6] = [*spoilt[6][:2], "", 5.0]
    assert figures_of(read(clean, reader=reader).records[0], DICTIONARY) == VALUES
    assert states_of(read(spoilt, reader=reader).records[0], DICTIONARY)[INDICATORS[2].code] == UNREADABLE


# -- lists -----------------------------------------------------------------------------------------------------------

KEYS = ["村（居）代码", "村（居）名称"]
NAMES = ["龙泉村", "青山村", "白石村"]
LABELS = [i.label.zh for i in INDICATORS[:6]]


def a_list(*groups: str, extra: int = 0) -> list[list[Any]]:
    """Six indicators of three villages under each group's heading; group n holds n hundred and more."""
    upper = ["", ""] + [text for group in groups for text in (group, *[""] * 5)]
    rows = [[LIST], upper, [*KEYS, *LABELS * len(groups), *[""] * extra]]
    for v in range(3):
        rows.append([CODES[v], NAMES[v], *(100.0 * n + 10 * v + k for n in range(len(groups)) for k in range(6)), *[""] * extra])
    return rows


@pytest.mark.parametrize(("groups", "nth"), [(("上月", "本月"), 1), (("本月", "本年累计"), 0)])
def test_the_columns_below_this_month_s_heading_count(groups: tuple[str, str], nth: int) -> None:
    merges = [(1, 2, 1, 7), (1, 8, 1, 13)]
    records = read(a_list(*groups), merges).records
    assert [list(figures_of(r, DICTIONARY).values()) for r in records] == [[100.0 * nth + 10 * v + k for k in range(6)] for v in range(3)]


@pytest.mark.parametrize("groups", [("2月", "3月"), ("自查数", "核查数")])
def test_columns_of_a_list_that_could_each_be_the_month_s_are_refused(groups: tuple[str, str]) -> None:
    assert names_of(read(a_list(*groups), [(1, 2, 1, 7), (1, 8, 1, 13)])) == ["columns_unclear"]


def test_a_row_of_a_list_that_slipped_is_not_read_from_there_on() -> None:
    rows = a_list("", extra=1)
    rows[4][5:] = ["", *rows[4][5:8]]
    reading = read(rows)
    assert [(p.name, p.cell) for p in reading.problems] == [("row_slipped", "F5")]
    assert [len(figures_of(r, DICTIONARY)) for r in reading.records] == [6, 3, 6]


def test_numbers_of_a_list_that_nothing_heads_are_told() -> None:
    rows = [[*row, 9.0] if n > 2 else [*row, ""] for n, row in enumerate(a_list(""))]
    assert [(p.name, p.cell) for p in read(rows).problems] == [("stray_number", "I4")]


def test_a_village_without_one_of_its_rows_takes_none_of_its_neighbour_s() -> None:
    rows: list[list[Any]] = [[LIST], [*KEYS, "性别", "期初人口", "出生"]]
    for v in range(3):
        rows += [[CODES[v], NAMES[v], "男", 10.0 * v, 1.0], ["", "", "女", 10.0 * v + 5, 2.0]]
    del rows[5]
    reading = read(rows)
    assert [(r.place_name, figures_of(r, DICTIONARY)["population_start_f"]) for r in reading.records] == [("龙泉村", 5.0), ("白石村", 25.0)]
    assert [(p.name, p.cell) for p in reading.problems] == [("row_alone", "A5")]


@pytest.mark.parametrize("note", [["备注：青山村含外来人口"], ["", "说明：以下为社区"]])
def test_a_note_amid_the_villages_ends_nothing(note: list[str]) -> None:
    rows = a_list("")
    rows.insert(4, [*note, *[""] * (8 - len(note))])
    rows += [["注：口径见说明", *[""] * 7], ["", "（盖章）", *[""] * 6]]
    assert [r.place_name for r in read(rows).records] == NAMES


@pytest.mark.parametrize("written", ["{name}（{code}）", "{code} {name}", "{code}-{name}"])
def test_a_code_in_the_cell_of_the_name(written: str) -> None:
    rows = [[row[1], *row[2:]] for row in a_list("")[1:]]
    for v in range(3):
        rows[2 + v][0] = written.format(code=CODES[v], name=NAMES[v])
    assert [(r.place_code, r.place_name) for r in read([[LIST], *rows[1:]]).records] == list(zip(CODES, NAMES, strict=True))


@pytest.mark.parametrize(("cell", "code"), [("'990101100201", CODE), ("990101-100-201", CODE), ("9.90101E+11", ""), (990101100201.0, CODE)])
def test_codes_as_offices_leave_them(cell: Any, code: str) -> None:
    rows = [*HEAD, ["指标", "本月数"], *lines("label", "value")]
    rows[1] = ["村（居）代码", cell]
    assert read(rows).records[0].place_code == code
