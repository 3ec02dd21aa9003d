"""Places with several rows of figures, and sheets or files of another period: what cannot be told apart is held, what is clear is read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.sources.test_cells_asked import LIST, READER, ROWS, WRITERS, as_xlsx, names, put_in, read, value

HEAD: list[Any] = ["村代码", "村名", "类别", "期末户数", "参加人次", "发放资料份数"]
VILLAGES = (("990101100201", "龙泉村"), ("990101100202", "青山村"), ("990101100203", "石桥村"))
UNKNOWN = [
    ("期初", "期末"),
    ("累", "月"),
    ("上报数", "核定数"),
    ("更正前", "更正后"),
    ("原数", "现数"),
    ("一组", "二组", "小计"),
    ("甲", "乙"),
    ("", ""),
]


def two_rows(labels: tuple[str, ...], *, is_first_only: bool = False) -> list[list[Any]]:
    """A list in which every village has a row for each label."""
    rows: list[list[Any]] = []
    for n, (code, name) in enumerate(VILLAGES):
        for k, label in enumerate(labels):
            own = [code, name] if k == 0 else ["", ""]
            rows.append([*own, label if n == 0 or not is_first_only else "", 100 * n + k + 5, 10 * n + k + 1, 7 + k])
    return [*LIST[:2], HEAD, *rows]


@given(st.sampled_from(UNKNOWN), st.booleans(), st.sampled_from(["xlsx", "xls", "ods", "html", "xml", "xlsb"]))
@settings(max_examples=30, deadline=None)
def test_rows_that_cannot_be_told_apart_are_held(labels: tuple[str, ...], is_merged: bool, writer: str) -> None:
    rows, n = two_rows(labels), len(labels)
    merges = [(3 + n * v, c, 2 + n * (v + 1), c) for v in range(3) for c in (0, 1)] if is_merged else []
    found = read(WRITERS[writer](rows, merges))
    assert [r.place_name for r in found.records] == [name for _, name in VILLAGES]
    assert all(r.period for r in found.records)
    assert "several_rows" in names(found)


@pytest.mark.parametrize("labels", [("累计", "本月"), ("本月", "累计"), ("上月", "本月"), ("计划", "实际")])
@pytest.mark.parametrize("writer", ["xlsx", "xls", "html"])
def test_labels_that_are_understood_choose_the_months_row(writer: str, labels: tuple[str, str]) -> None:
    found = read(WRITERS[writer](two_rows(labels), []))
    at = labels.index("实际" if "实际" in labels else "本月")
    assert [value(found, "outreach_participants", n) for n in range(3)] == [10 * n + at + 1 for n in range(3)]
    assert "several_rows" not in names(found)
    first = read(WRITERS[writer](two_rows(labels, is_first_only=True), []))  # labels on the first village only
    assert [bool(r.period) for r in first.records] == [False, True, True]
    assert "several_rows" in names(first)


def test_a_total_and_a_note_without_a_name_are_no_second_row() -> None:
    rows = [*LIST[:2], HEAD, *([*v, "", 5, 6, 7] for v in VILLAGES), ["", "", "合计", 15, 18, 21], ["", "", "制表日期", 20240403, "", ""]]
    found = read(as_xlsx(rows, []))
    assert [bool(r.period) for r in found.records if r.role == "report"] == [False] * 3
    assert "several_rows" not in names(found)


@pytest.mark.parametrize(("name", "is_held"), [
    ("青溪镇一季度汇总表.xlsx", True), ("青溪镇2024年1-3月累计.xlsx", True), ("上半年.xlsx", True), ("2024年3月.xlsx", False),
    ("一季度报送（3月）.xlsx", False), ("人口和计划生育月报.xlsx", False), ("2024-1-3月报.xlsx", False), ("十月村.xlsx", False),
])  # fmt: skip
def test_the_name_of_a_file_may_say_that_it_is_of_another_period(name: str, is_held: bool) -> None:
    for rows in (LIST, ROWS):
        assert bool(READER.read(as_xlsx(rows, []), "月报.xlsx").records[0].period) is False
        assert bool(READER.read(as_xlsx(rows, []), name).records[0].period) == is_held
        assert bool(READER.read(as_xlsx(rows, []), "月报.xlsx").records[0].period) is False  # another filling of the same form


@pytest.mark.parametrize(("title", "month", "is_held"), [
    ("青溪镇2024年度村级人口与家庭服务月报汇总表", "报告期：2024年", True),
    ("青溪镇二〇二四年度村级人口与家庭服务月报汇总表", "", True),
    ("青溪镇2024年度村级人口与家庭服务月报汇总表", "报告期：2024年3月", False),
    ("青溪镇2024年村级人口与家庭服务月报汇总表", "报告期：2024年3月", False),
    ("村级人口与家庭服务月报汇总表2024年3月（含1、2月）", "", True),
])  # fmt: skip
def test_a_title_of_a_year_or_of_several_months(title: str, month: str, is_held: bool) -> None:
    found = read(as_xlsx(put_in(LIST, {(0, 0): title, (1, 3): month}), []))
    assert [bool(r.period) for r in found.records] == [is_held] * 3
