"""What layouts say in YAML alone (issue 12, C23), through the month's run: figures, cells, totals, months, reasons, receipts."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
import yaml

from schemas.states import MISSING
from tests.cases.office import MONTH, TOWN, VILLAGES, March, Offices
from tests.sources.sheets import ods, xlsx
from tests.sources.test_layout_kinds import two_sheets
from tests.sources.test_rows import FORMATS

LIST: dict[str, Any] = {"kind": "list", "use_dictionary": False}
LAYOUTS = [
    {
        **LIST, "id": "added", "return": "added", "label": {"zh": "相加表", "en": "added"}, "recognise": {"title": ["各村婚姻户数表"]},
        "head": {"village_code": {"column": ["代码"]}, "village_name": {"column": ["单位"]}},
        "columns": {"户数": "households_end"}, "add": {"marriages": ["初婚对数", "再婚对数"]},
        "own_rows": ["(镇|乡)$"], "stated_level": "town", "reasons": {"变化原因": ["households_end"]},
    },
    {
        **LIST, "id": "by_month", "return": "by_month", "label": {"zh": "分月表", "en": "by month"},
        "recognise": {"title": ["各村户数分月表"]},
        "head": {"village_code": {"column": ["代码"]}, "village_name": {"column": ["单位"]}},
        "month_columns": True, "columns": {"户数": "households_end"},
    },
    {
        **LIST, "id": "first_day", "return": "first_day", "label": {"zh": "一日表", "en": "first day"},
        "recognise": {"title": ["各村1日在册户数"]},
        "head": {"village_code": {"column": ["代码"]}, "village_name": {"column": ["单位"]}},
        "month_shift": -1, "columns": {"户数": "households_end"},
    },
    {
        **LIST, "id": "unions", "return": "unions", "label": {"zh": "婚姻表", "en": "unions"}, "recognise": {"title": ["各村婚姻表"]},
        "head": {"village_code": {"column": ["代码"]}, "village_name": {"column": ["单位"]}},
        "beside_others": True, "columns": {"结婚": "marriages"},
    },
]  # fmt: skip
RULE = {
    "id": "change_needs_reason", "level": 2, "severity": "verify", "when": "abs(households_end - previous(households_end)) > 20",
    "observed": "reason_given", "relation": "ge", "expected": "1",
    "label": {"zh": "变化较大要写原因", "en": "A large change has its reason"},
    "say": {"zh": "户数变化超过20户，没有写明原因。", "en": "Households changed by more than 20 and no reason is given."},
    "do": {"zh": "请写明原因。", "en": "Please give the reason."},
}  # fmt: skip


@pytest.fixture(scope="module")
def run(offices: Offices, tmp_path_factory: pytest.TempPathFactory) -> tuple[March, list[str]]:
    folder = tmp_path_factory.mktemp("dictionary")
    (folder / "mine.yaml").write_text(yaml.safe_dump({"layouts": LAYOUTS, "rules": [RULE]}, allow_unicode=True), "utf-8")
    office = replace(offices.office(), dictionary=str(folder))
    registry = pd.read_csv(office.places, dtype=str, keep_default_na=False)
    name = dict(zip(registry["code"], registry["name"], strict=True))
    others = sorted(code for code in name if len(code) == 12 and not code.startswith(TOWN))
    office.run("2024-02")
    before = office.table("village_report", "2024-02").set_index("village_code")["households_end"]
    inbox = office.inbox / MONTH
    for form in list(inbox.iterdir()):
        if any(code in form.name or name[code] in form.name for code in (*VILLAGES, *others[:4])):
            form.unlink()
    added = [["各村婚姻户数表 2024年3月", "", "", "", "", ""], ["代码", "单位", "户数", "初婚对数", "再婚对数", "变化原因"],
             [TOWN, name[TOWN], 99.0, 7.0, 1.0, ""],
             [VILLAGES[0], name[VILLAGES[0]], before[VILLAGES[0]] + 130, 2.0, 1.0, "安置小区交房130户"],
             [VILLAGES[1], name[VILLAGES[1]], before[VILLAGES[1]] + 31, 3.0, "", ""],
             [VILLAGES[2], name[VILLAGES[2]], before[VILLAGES[2]] + 32, 1.0, 0.0, "核实无误"],
             [VILLAGES[3], name[VILLAGES[3]], before[VILLAGES[3]], 0.0, 0.0, ""]]  # fmt: skip
    by_month = [["各村户数分月表", "", "", ""], ["代码", "单位", "2024年02月户数", "2024年03月户数"],
                *[[code, name[code], 111.0, 222.0 + n] for n, code in enumerate(others[:2])]]  # fmt: skip
    first_day = [["各村1日在册户数", "", ""], ["报告期：2024年4月", "", ""], ["代码", "单位", "户数"], [others[2], name[others[2]], 333.0]]
    files = {"相加.xlsx": xlsx(added), "分月.ods": ods(by_month), "2024年4月1日在册.html.xls": FORMATS["html"](first_day)}
    unions = [["各村婚姻表", "", ""], ["报告期：2024年3月", "", ""], ["代码", "单位", "结婚"], [others[3], name[others[3]], 4.0]]
    files["两表.xlsx"] = two_sheets([*first_day[:3], [others[3], name[others[3]], 444.0]], unions)
    came = max(path.stat().st_mtime for path in inbox.rglob("*") if path.is_file())
    for n, (path, content) in enumerate(files.items(), 1):
        (inbox / path).write_bytes(content)
        os.utime(inbox / path, (came + 60 * n,) * 2)
    return March(office, office.run(MONTH)), others[:4]


@pytest.fixture(scope="module")
def march(run: tuple[March, list[str]]) -> March:
    return run[0]


@pytest.fixture(scope="module")
def others(run: tuple[March, list[str]]) -> list[str]:
    """Villages of other towns: two of the list by months, one of the list as of the first, one of a workbook of two returns."""
    return run[1]


def test_two_kinds_of_marriages_are_one_figure_and_a_part_is_never_the_whole(march: March) -> None:
    assert march.figure(VILLAGES[0], "marriages")[0] == 3
    assert march.figure(VILLAGES[1], "marriages")[1] == MISSING
    assert "part_of_sum_blank" in march.told("相加.xlsx")
    words = march.receipt_words("相加.xlsx")
    assert "再婚对数" in words
    assert "nothing was added" in words


def test_the_towns_own_row_is_its_stated_total(march: March) -> None:
    stated = march.table("stated_total").set_index(["place_code", "indicator"])["stated"]
    assert stated[TOWN, "households_end"] == 99
    assert stated[TOWN, "marriages"] == 8
    cells = march.table("stated_total").set_index(["place_code", "indicator"])["cell"]
    assert cells[TOWN, "marriages"].replace("月报!", "") == "D3, E3"
    asked = march.findings(TOWN)
    assert (asked["indicators"] == "households_end").any()


def test_of_columns_by_month_the_months_counts(march: March, others: list[str]) -> None:
    one, two = others[:2]
    assert [march.figure(code, "households_end")[0] for code in (one, two)] == [222, 223]
    assert set(march.report.loc[[one, two], "status"]) == {"accepted"}
    assert not {"month_mismatch", "conflicting_versions"} & set(march.findings(one)["rule"])


def test_as_of_the_first_of_april_is_march(march: March, others: list[str]) -> None:
    code = others[2]
    assert march.figure(code, "households_end")[0] == 333
    assert not {"month_mismatch", "file_other_month"} & set(march.findings(code)["rule"])
    assert march.report.loc[code, "file_month_gap"] in (0, None) or pd.isna(march.report.loc[code, "file_month_gap"])


def test_a_large_change_is_asked_about_unless_a_reason_stands_beside_it(march: March) -> None:
    asked = {code for code in VILLAGES if "change_needs_reason" in set(march.findings(code)["rule"])}
    assert asked == {VILLAGES[1], VILLAGES[2]}
    report = march.report
    assert [report.loc[code, "reason_given"] for code in VILLAGES] == [1, 0, 0, 0]
    change = march.findings(VILLAGES[0])
    (asked_why,) = change[change["rule"] == "household_change"].to_dict("records")
    for words in (asked_why["say_zh"], asked_why["say_en"]):
        assert "安置小区交房130户" in words


def test_two_returns_in_one_workbook_are_one_villages_month(march: March, others: list[str]) -> None:
    code = others[3]
    assert (march.figure(code, "households_end")[0], march.figure(code, "marriages")[0]) == (444, 4)
    assert march.report.loc[code, "status"] == "accepted"
    assert "sheet_not_read" not in march.told("两表.xlsx")
