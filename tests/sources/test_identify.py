"""Who and when: head cells, sheet, file and folder against the registry."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd
import pytest

from sources.claims import ClaimReader
from sources.gazetteer import Gazetteer
from sources.identify import identify, towns_of_paths
from tests.sources.test_names import EVENTS, MONTH, OTHER_TOWN, TOWN, registry

LUOYANG, LONGQUAN, OTHER_LONGQUAN, XINJING = f"{TOWN}203", f"{TOWN}204", f"{OTHER_TOWN}200", f"{TOWN}206"


def _identified(*rows: dict[str, object], sheets: dict[str, str] | None = None) -> pd.DataFrame:
    made = []
    for n, row in enumerate(rows):
        base: dict[str, object] = dict.fromkeys(("place_code", "place_name", "parent_name"), "")
        base |= {"submission_id": n, "path": f"2024-03/{n}.xlsx", "role": "report", "level": "village", "plan_id": "p", "month": MONTH}
        made.append(base | row)
    frame = pd.DataFrame(made)
    frame = frame.astype({c: "str" for c in frame if c != "submission_id"})
    return identify(frame, registry(), MONTH, sheets=sheets, events=EVENTS)


def _one(row: dict[str, object], **more: Any) -> dict[str, Any]:
    return {str(k): v for k, v in _identified(row, **more).iloc[0].items()}


@pytest.mark.parametrize(
    ("name", "place", "month"),
    [
        ("青溪镇_罗阳村_2024年3月.xlsx", {LUOYANG}, "2024-03"),
        ("罗阳村2024年2月月报表.xlsx", {LUOYANG}, "2024-02"),
        (f"{LUOYANG}_202403.xlsx", {LUOYANG}, "2024-03"),
        ("罗阳村月报2024-03.xlsx", {LUOYANG}, "2024-03"),
        ("罗阳村 3月 报表.xlsx", {LUOYANG}, "2024-03"),
        ("月报(3月)罗阳村.xls", {LUOYANG}, "2024-03"),
        ("202403_罗阳.ods", {LUOYANG}, "2024-03"),
        ("副本栖云县青溪镇罗阳村二〇二四年二月份月报(1).xlsx", {LUOYANG}, "2024-02"),
        ("罗阳村12月.xlsx", {LUOYANG}, "2023-12"),
        ("罗阳村三月份.et", {LUOYANG}, "2024-03"),
        ("民国113年3月罗阳村.xlsx", {LUOYANG}, "2024-03"),
        ("龙泉村.xlsx", {LONGQUAN, OTHER_LONGQUAN}, ""),
        ("罗阳村月报20240403.xlsx", {LUOYANG}, ""),  # a whole date is the day of sending
        ("罗阳村2024.4.3报.xlsx", {LUOYANG}, ""),
        ("罗阳村2024年1-3月.xlsx", {LUOYANG}, ""),
        ("罗阳村2024年第1季度.xlsx", {LUOYANG}, ""),
        ("上罗阳村.xlsx", set(), ""),  # another name that ends like one
        ("罗洋村.xlsx", set(), ""),  # nearly a name is none
        ("Sheet1", set(), ""),
        ("Book 3", set(), ""),
    ],
)
def test_what_a_name_says_of_place_and_month(name: str, place: set[str], month: str) -> None:
    claim = ClaimReader(Gazetteer(registry(), MONTH), MONTH).of_file(f"x/{name}")
    assert (claim.villages, claim.month) == (place, month)


def test_head_cells_win_and_what_differs_is_quoted() -> None:
    row = _one(
        {
            "path": "2024-03/罗山乡/罗阳村2024年2月.xlsx",
            "place_code": LONGQUAN,
            "place_name": "龙泉村",
            "parent_name": "青溪镇",
            "month": MONTH,
        }
    )
    assert (row["place"], row["place_from"], row["is_name_match"], row["is_town_match"]) == (LONGQUAN, "cells", True, True)
    assert (row["is_claim_match"], row["file_says"], row["folder_says"], row["file_month"]) == (False, "罗阳村", "罗山乡", "2024-02")
    assert row["other_place"] == ""


@pytest.mark.parametrize(
    "path",
    [
        "2024-03/青溪镇/龙泉村.xlsx",
        "2024-03/青溪镇3月.zip!/龙泉村.xlsx",
        "2024-03/栖云县/龙泉.xlsx",
        f"2024-03/{LONGQUAN}.xls",
        "2024-03/a.xlsx",
    ],
)
def test_names_that_agree_or_say_nothing_are_not_asked_about(path: str) -> None:
    row = _one({"path": path, "place_code": LONGQUAN, "place_name": "龙泉村", "parent_name": "青溪镇"}, sheets={"p": "龙泉村"})
    assert (row["is_claim_match"], row["sheet_says"], row["file_says"], row["folder_says"]) == (True, "", "", "")


def test_a_town_s_list_is_not_asked_about_one_village_in_its_name() -> None:
    codes = [{"place_code": LONGQUAN, "place_name": "龙泉村"}, {"place_code": LUOYANG, "place_name": "罗阳村"}]
    found = _identified(*[{**c, "submission_id": 1, "path": "青溪镇罗阳村等.xlsx"} for c in codes])
    assert found["is_claim_match"].all()
    found = _identified(*[{**c, "submission_id": 1, "path": "罗山乡汇总.xlsx"} for c in codes])
    assert found["file_says"].tolist() == ["罗山乡", "罗山乡"]


@pytest.mark.parametrize(
    ("row", "sheet", "place", "source"),
    [
        ({"path": "2024-03/罗阳村.xlsx"}, "", LUOYANG, "file"),
        ({"path": "2024-03/青溪镇/龙泉村.xlsx"}, "", LONGQUAN, "file"),
        ({"path": "2024-03/罗山乡.zip!/龙泉村.xlsx"}, "", OTHER_LONGQUAN, "file"),
        ({"path": "2024-03/罗山乡/1.xlsx", "place_name": "龙泉村"}, "", OTHER_LONGQUAN, "folder"),
        ({"path": "2024-03/1.xlsx"}, "罗阳村", LUOYANG, "sheet"),
        ({"path": "2024-03/龙泉村.xlsx"}, "", "", ""),  # two villages have that name
        ({"path": "2024-03/罗洋村.xlsx"}, "", "", ""),  # nearly a name decides nothing
        ({"path": "2024-03/罗阳村.xlsx", "place_name": "罗洋村"}, "", "", ""),  # the form says something else
        ({"path": "2024-03/罗阳村.xlsx", "parent_name": "罗山乡"}, "", "", ""),  # so does its town
        ({"path": "2024-03/罗山乡/罗阳村.xlsx"}, "", "", ""),
        ({"path": "2024-03/罗阳村.xlsx", "place_code": "990101100999"}, "", "990101100999", "cells"),
    ],
)
def test_other_names_fill_in_only_where_cells_are_silent_and_one_place_is_named(
    row: dict[str, object], sheet: str, place: str, source: str
) -> None:
    found = _one(row, sheets={"p": sheet})
    assert (found["place"], found["place_from"]) == (place, source)


@pytest.mark.parametrize("written", ["羅陽村", "罗阳村委会", "罗　阳　村"])
def test_another_spelling_of_the_name_is_the_village(written: str) -> None:
    row = _one({"place_name": written, "parent_name": "青溪鎮"})
    assert (row["place"], row["place_from"], row["is_name_match"]) == (LUOYANG, "cells", True)


def test_a_near_name_is_suggested_and_not_taken() -> None:
    row = _one({"place_name": "罗洋村", "parent_name": "青溪镇"})
    assert (row["place"], row["is_known"]) == ("", False)
    ((why, code, name, score, _),) = json.loads(row["suggestions"])
    assert (why, code, name, int(score * 100)) == ("near", LUOYANG, "罗阳村", 86)


def test_a_code_that_is_gone_comes_with_what_became_of_it() -> None:
    row = _one({"place_code": f"{TOWN}205", "place_name": "上坝村", "parent_name": "青溪镇"})
    assert (row["place"], row["is_known"]) == (f"{TOWN}205", True)
    assert json.loads(row["suggestions"])[0][:3] == ["merge", LONGQUAN, "龙泉村"]


def test_an_unknown_code_comes_with_the_village_of_that_name() -> None:
    row = _one({"place_code": f"{TOWN}299", "place_name": "罗阳村", "parent_name": "青溪镇"})
    assert json.loads(row["suggestions"])[0][:3] == ["same", LUOYANG, "罗阳村"]


def test_a_code_and_a_name_of_two_villages_name_the_other_one() -> None:
    row = _one({"place_code": LONGQUAN, "place_name": "罗阳村", "parent_name": "青溪镇"})
    assert (row["place"], row["is_name_match"], row["other_place"]) == (LONGQUAN, False, LUOYANG)
    typo = _one({"place_code": LONGQUAN, "place_name": "龙全村", "parent_name": "青溪镇"})
    assert (typo["is_name_match"], typo["other_place"]) == (False, "")


def test_a_former_name_under_the_same_code_is_no_other_village() -> None:
    row = _one({"place_code": XINJING, "place_name": "旧井村", "parent_name": "青溪镇"})
    assert (row["is_name_match"], row["other_place"]) == (False, "")


def test_a_file_without_records_still_has_a_town() -> None:
    paths = pd.Series(["2024-03/青溪镇/a.xlsx", "2024-03/罗阳村.xls", "2024-03/龙泉村.xls", "2024-03/b.xlsx", "罗山乡.zip!/罗阳村.xls"])
    found = towns_of_paths(paths, registry(), MONTH)
    assert found == {paths[0]: TOWN, paths[1]: TOWN, paths[4]: OTHER_TOWN}


def test_no_reading_at_all() -> None:
    found = _identified({}).iloc[:0]
    assert identify(
        found[["path", "role", "level", "place_code", "place_name", "parent_name", "month", "plan_id"]], registry(), MONTH
    ).empty


@pytest.mark.parametrize(
    ("form", "file", "month"),
    [
        ("", "罗阳村2月.xlsx", "2024-02"),  # what the form does not say, the name does
        ("", "罗阳村.xlsx", ""),
        ("2024-03", "罗阳村2月.xlsx", "2024-03"),
        ("-02", "罗阳村.xlsx", "2024-02"),
        ("-12", "罗阳村.xlsx", "2023-12"),
        ("2024-01|2024-10", "罗阳村.xlsx", "2024-01"),
        ("2024-01~2024-03", "罗阳村.xlsx", "2024-01~2024-03"),
    ],
)
def test_the_month_is_the_form_s_else_that_of_the_name(form: str, file: str, month: str) -> None:
    found = _one({"place_code": LUOYANG, "month": form, "path": f"2024-03/{file}"})
    assert found["month"] == month


@pytest.mark.parametrize("written", ["青溪镇罗阳村", "栖云县青溪镇罗阳村"])
def test_a_name_with_its_town_before_it_is_the_village_s(written: str) -> None:
    found = _one({"place_name": written})
    assert (found["place"], found["is_name_match"]) == (LUOYANG, True)


def test_a_name_with_another_town_before_it_is_nobody_s() -> None:
    assert _one({"place_name": "石桥乡罗阳村"})["place"] == ""
