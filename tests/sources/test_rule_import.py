"""An office's own 审核公式 become rules that mean the same; what is not understood whole is listed with the reason."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xlsxwriter
import xlwt
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from methods.rulebook import check_rules
from pipelines.cli.main import app
from schemas.dictionary import load_dictionary
from sources.auditformula import FormulaFault, TakenRule
from sources.rulesheet import formula_reader

DICTIONARY = load_dictionary([])
LEGEND = {str(n): code for n, code in enumerate(["population_start_m", "births_m", "deaths_m", "moved_in_m", "moved_out_m"], 1)}
LEGEND |= {"A": "births", "B": "births_in_facility", "C": "deaths"}
READER = formula_reader(DICTIONARY, LEGEND)

TAKEN: Sequence[tuple[str, Sequence[tuple[str, ...]]]] = [
    ("期末人口＝期初人口＋出生－死亡", [("population_end", "eq", "population_start + births - deaths")]),
    ("期末人口(男)=期初人口（男）+出生（男）", [("population_end_m", "eq", "population_start_m + births_m")]),
    ("出生 >= 住院分娩", [("births", "ge", "births_in_facility")]),
    ("住院分娩不大于出生", [("births_in_facility", "le", "births")]),
    ("住院分娩≦出生", [("births_in_facility", "le", "births")]),
    ("死亡<期初人口", [("deaths", "lt", "population_start")]),
    ("0<期末户数", [("households_end", "gt", "0")]),
    ("期末人口≥育龄妇女>0", [("population_end", "ge", "women_15_49"), ("women_15_49", "gt", "0")]),
    ("若出生>0，则住院分娩>0", [("births_in_facility", "gt", "0", "births > 0")]),
    ("如果出生=0则住院分娩=0", [("births_in_facility", "eq", "0", "births == 0")]),
    ("当出生>0且死亡>0时，期末人口>0", [("population_end", "gt", "0", "births > 0 and deaths > 0")]),
    ("IF(出生>0, 住院分娩>0)", [("births_in_facility", "gt", "0", "births > 0")]),
    ("出生>0→住院分娩>0", [("births_in_facility", "gt", "0", "births > 0")]),
    ("期初人口=上月期末人口", [("population_start", "eq", "previous(population_end)")]),
    ("本月出生<=2×去年同期出生", [("births", "le", "2 * same_month_last_year(births)")]),
    ("|出生－死亡|<=50", [("abs(births - deaths)", "le", "50")]),
    ("期末户数≠0", [("households_end != 0", "eq", "1")]),
    ("出生>0或死亡>0或期末户数>0", [("births > 0 or deaths > 0 or households_end > 0", "eq", "1")]),
    ("births_m >= births_order_1 - 3", [("births_m", "ge", "births_order_1 - 3")]),
    ("省外流入≤县外流入≤流入人口", [("inflow_other_province", "le", "inflow_other_county"), ("inflow_other_county", "le", "inflow_total")]),
    ("死亡÷期末人口＜20‰", [("deaths / population_end", "lt", "0.02")]),
    ("A≥B", [("births", "ge", "births_in_facility")]),
    ("[2]≥[3]", [("births_m", "ge", "deaths_m")]),
    ("第2栏≥第3栏", [("births_m", "ge", "deaths_m")]),
    ("2=3+4", [("births_m", "eq", "deaths_m + moved_in_m")]),
    ("(1)>=(2)+…+(5)", [("population_start_m", "ge", "births_m + deaths_m + moved_in_m + moved_out_m")]),
    ("1栏>=SUM(2栏:5栏)", [("population_start_m", "ge", "(births_m + deaths_m + moved_in_m + moved_out_m)")]),
    ("出生/期末人口≤30%", [("births / population_end", "le", "0.3")]),
    ("出生人数合计=一孩+二孩", [("births", "eq", "births_order_1 + births_order_2")]),
]
NOT_TAKEN = {
    "出生率<=50": "出生率",
    "出生+": "",
    "出生": "没有比较",
    "期末人口=期初人口+新增人口": "新增人口",
    "若出生>0": "结论",
    "出生=(死亡": "缺少",
    "出生>=死亡)": "多出",
    "2*3=4": "栏次",
    "出生=死亡的一半": "一半",
    "5=2+9": "没有“9”栏",
    "": "",
}


@pytest.mark.parametrize(("text", "wanted"), TAKEN, ids=[text for text, _ in TAKEN])
def test_a_formula_is_taken_as_it_is_meant(text: str, wanted: Sequence[tuple[str, ...]]) -> None:
    found = READER.read(text)
    assert found == [TakenRule(*rule) for rule in wanted]
    for rule in found:
        for side in (rule.observed, rule.expected, rule.when):
            if side:
                DICTIONARY.expression(side)


@pytest.mark.parametrize(("text", "word"), NOT_TAKEN.items())
def test_what_is_not_understood_whole_is_not_taken(text: str, word: str) -> None:
    with pytest.raises(FormulaFault) as fault:
        READER.read(text)
    assert word in fault.value.zh
    assert fault.value.en


NAMES = {"期末人口（男）": "population_end_m", "出生（女）": "births_f", "死亡（男）": "deaths_m", "期末户数": "households_end"}


@st.composite
def formulas(draw: st.DrawFn) -> tuple[str, str]:
    """The same formula as an office writes it and as Python does."""

    def side(depth: int) -> tuple[str, str]:
        if depth == 0 or draw(st.booleans()):
            if draw(st.integers(0, 3)) == 0:
                number = str(draw(st.integers(0, 99)))
                return number, number
            label = draw(st.sampled_from(sorted(NAMES)))
            return draw(st.sampled_from([label, label.replace("（", "(").replace("）", ")"), f" {label} "])), f"x[{NAMES[label]!r}]"
        (a, pa), (b, pb) = side(depth - 1), side(depth - 1)
        sign, python = draw(st.sampled_from([("＋", "+"), ("－", "-"), ("×", "*"), ("+", "+"), ("-", "-")]))
        return f"（{a}）{sign}({b})", f"(({pa}) {python} ({pb}))"

    (a, pa), (b, pb) = side(2), side(2)
    sign, python = draw(st.sampled_from([("＝", "=="), ("≥", ">="), ("不大于", "<="), ("＜", "<"), ("大于", ">")]))
    return f"{a}{sign}{b}", f"({pa}) {python} ({pb})"


@settings(max_examples=150)
@given(formulas(), st.fixed_dictionaries(dict.fromkeys(NAMES.values(), st.integers(0, 50))))
def test_a_formula_means_what_arithmetic_says(formula: tuple[str, str], figures: Mapping[str, int]) -> None:
    text, python = formula
    truth = eval(python, {"x": figures})  # the oracle: Python's own arithmetic on a text that this test wrote
    try:
        (rule,) = formula_reader(DICTIONARY, {}).read(text)
    except FormulaFault:
        assert not any(name in text.replace("(", "（").replace(")", "）") for name in NAMES)
        return

    def look(_: str, code: str) -> Any:
        return np.array([float(figures[code])])

    a, b = (DICTIONARY.expression(t).evaluate(look) for t in (rule.observed, rule.expected))
    holds = {"eq": a == b, "le": a <= b, "ge": a >= b, "lt": a < b, "gt": a > b}[rule.relation]
    assert bool(np.all(holds)) == truth


ROWS = [
    ["2024年月报审核公式", "", "", ""],
    ["编号", "审核公式", "审核类型", "审核说明"],
    ["X01", "期末人口（男）≥期末户数", "强制性", "人数{男}不少于户数"],
    ["X02", "若出生>0，则产前首检>0", "核实性", "有出生应有首检"],
    ["X03", "期末人口=期初人口+新增", "硬性", "不认识的项目"],
    ["X03", "发放资料份数>参加人次", "提示", ""],
    ["", "宣传活动场次≤参加人次", "", "每场有人"],
]


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    if path.suffix == ".xlsx":
        with xlsxwriter.Workbook(str(path)) as book:
            sheet = book.add_worksheet("公式")
            for n, row in enumerate(rows):
                sheet.write_row(n, 0, row)
    elif path.suffix == ".xls":
        old = xlwt.Workbook()
        page = old.add_sheet("公式")
        for n, row in enumerate(rows):
            for c, cell in enumerate(row):
                page.write(n, c, cell)
        old.save(str(path))
    else:
        text = io.StringIO()
        csv.writer(text).writerows(rows)
        path.write_text(text.getvalue(), "gb18030")


@pytest.mark.parametrize("suffix", [".xlsx", ".xls", ".csv"])
def test_a_sheet_of_rules_becomes_a_rule_book(suffix: str, tmp_path: Path) -> None:
    path, out = tmp_path / f"审核公式{suffix}", tmp_path / "book" / "imported.yaml"
    out.parent.mkdir()
    _write(path, ROWS)
    result = CliRunner().invoke(app, ["rules", "import", str(path), "--out", str(out), "--json"], env={"CUNBAO_LANG": "en"})
    assert result.exit_code == 3  # one was not taken
    told = json.loads(result.stdout)
    assert [(rule["id"], rule["severity"], rule["relation"]) for rule in told["rules"]] == [
        ("imported_x01", "mandatory", "ge"),
        ("imported_x02", "verify", "gt"),
        ("imported_x03", "verify", "gt"),
        ("imported_5", "verify", "le"),
    ]
    assert [(left["cell"], left["formula"]) for left in told["not_taken"]] == [("B5", "期末人口=期初人口+新增")]
    assert "新增" in told["not_taken"][0]["zh"]
    assert "新增" in out.read_text("utf-8")
    dictionary = load_dictionary([out.parent])
    assert dictionary.rules["imported_x02"].when == "births > 0"
    assert dictionary.rules["imported_x01"].say.zh.startswith("人数{{男}}不少于户数")
    assert [fault for fault in check_rules(dictionary, "2024-03") if not fault.note and "imported" in "".join(fault.subjects)
            and fault.kind != "units"] == []  # fmt: skip


def test_a_legend_in_a_sheet_of_its_own_gives_columns_their_names(tmp_path: Path) -> None:
    path = tmp_path / "rules.xlsx"
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet("栏次说明")
        for n, row in enumerate([["栏次", "指标名称"], [1, "出生（男）"], [2, "出生（女）"], [3, "住院分娩"], [4, "没有的指标"]]):
            sheet.write_row(n, 0, row)
        sheet = book.add_worksheet("公式")
        for n, row in enumerate([["审核公式"], ["强制性审核公式"], ["3≤1+2"], ["核实性审核公式"], ["3栏≤1栏×2"], ["5=1+2"]]):
            sheet.write_row(n, 0, row)
    result = CliRunner().invoke(app, ["rules", "import", str(path), "--json"])
    told = json.loads(result.stdout)
    assert [(r["observed"], r["relation"], r["expected"], r["severity"]) for r in told["rules"]] == [
        ("births_in_facility", "le", "births_m + births_f", "mandatory"),
        ("births_in_facility", "le", "births_m * 2", "verify"),
    ]
    assert told["legend_unknown"] == ["没有的指标"]
    assert [left["formula"] for left in told["not_taken"]] == ["5=1+2"]


def test_a_file_that_is_no_workbook_is_told(tmp_path: Path) -> None:
    path = tmp_path / "规则.xlsx"
    path.write_bytes(b"PK\x03\x04 damaged")
    result = CliRunner().invoke(app, ["rules", "import", str(path)])
    assert result.exit_code == 3
    assert "CB-" in result.stdout
