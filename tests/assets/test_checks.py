"""Asset checks: when a level passes, what a failing one shows, and how arrival is counted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import dagster as dg
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assets.checks import check_results, check_specs, links_of, most_questions, questions
from assets.common import ROWS_SHOWN, WORDS, table
from assets.ports import Outbox
from schemas.frames import FINDING_COLUMNS, OUTCOME_COUNTS
from schemas.levels import LEVELS

SEVERITIES = ["mandatory", "near_mandatory", "verify"]
a_finding = st.tuples(st.sampled_from(sorted(LEVELS)), st.sampled_from(SEVERITIES), st.sampled_from(["东沟村", "西沟村", "南坪村"]))


def findings_of(rows: list[tuple[int, str, str]]) -> pd.DataFrame:
    fixed = dict.fromkeys(FINDING_COLUMNS, "x")
    made = [fixed | {"level": level, "severity": s, "place_name": place, "place_code": place} for level, s, place in rows]
    return pd.DataFrame(made, columns=list(FINDING_COLUMNS))


def outcomes_of(broken: Mapping[int, int], told: Mapping[int, int]) -> pd.DataFrame:
    """One rule a level; `told`: level → how many pass it (7 unless said); nobody knows about as many as the level's number."""
    rows = [{"rule_id": f"rule_{level}", "level": level} | dict.fromkeys(OUTCOME_COUNTS, 0) for level in LEVELS]
    counts = {"n_broken": [broken.get(level, 0) for level in LEVELS], "n_pass": [told.get(level, 7) for level in LEVELS]}
    return pd.DataFrame(rows).assign(**counts, n_cannot_tell=list(LEVELS))


HISTORY = pd.DataFrame(
    [("2024-01", 1, "mandatory", 4), ("2024-02", -1, "verify", 0), ("2024-03", 1, "verify", 2)],
    columns=["month", "level", "severity", "count"],
)


def report_of(*villages: tuple[str, bool], unknown: int = 0) -> pd.DataFrame:
    rows = [
        {
            "village_code": str(n),
            "village_name": f"村{n}",
            "town_name": "镇",
            "status": status,
            "is_on_time": on_time,
            "is_place_unknown": float(n < unknown),
            "is_place_expired": 0.0,
        }
        for n, (status, on_time) in enumerate(villages)
    ]
    return pd.DataFrame(rows)


def results(
    findings: list[tuple[int, str, str]],
    report: pd.DataFrame | None = None,
    broken: Mapping[int, int] | None = None,
    told: Mapping[int, int] | None = None,
) -> dict[str, dg.AssetCheckResult]:
    why = {f"rule_{level}": "KeyError" for level in broken or {}}
    report = report_of(("accepted", True)) if report is None else report
    made = check_results(findings_of(findings), outcomes_of(broken or {}, told or {}), report, why, HISTORY, {})
    return {str(result.check_name): result for result in made}


def records(result: dg.AssetCheckResult, key: str) -> list[dict[str, object]]:
    value = result.metadata[key]
    assert isinstance(value, dg.TableMetadataValue)
    return [dict(record.data) for record in value.records]


def test_there_is_a_result_for_every_check_that_is_declared() -> None:
    assert list(results([])) == [spec.name for spec in check_specs()]


@settings(max_examples=25)
@given(st.lists(a_finding, max_size=12), st.dictionaries(st.sampled_from(sorted(LEVELS)), st.integers(1, 3)))
def test_a_level_passes_exactly_when_nothing_but_verify_is_asked_and_no_check_broke(
    findings: list[tuple[int, str, str]], broken: dict[int, int]
) -> None:
    made = results(findings, broken=broken)
    for level in LEVELS:
        hard = [s for at, s, _ in findings if at == level and s != "verify"]
        result = made[f"finding__level_{level}"]
        assert result.passed == (not hard and level not in broken)
        assert (result.severity == dg.AssetCheckSeverity.ERROR) == ("mandatory" in hard)


@settings(max_examples=25)
@given(st.lists(a_finding, max_size=12))
def test_every_finding_is_counted_in_one_level_and_every_place_that_must_answer_is_named(findings: list[tuple[int, str, str]]) -> None:
    made = results(findings)
    for level in LEVELS:
        for severity in SEVERITIES:
            counted = made[f"finding__level_{level}"].metadata[WORDS[severity]].value
            assert counted == sum(1 for at, s, _ in findings if (at, s) == (level, severity))
        named = [row["单位 place"] for row in records(made[f"finding__level_{level}"], "问题最多的单位 most questions")]
        assert sorted(map(str, named)) == sorted({place for at, _, place in findings if at == level})
        assert len(records(made[f"finding__level_{level}"], "疑点表 the findings")) == sum(at == level for at, _, _ in findings)


def test_a_check_that_broke_is_named_and_does_not_pass() -> None:
    result = results([], broken={2: 1})["finding__level_2"]
    assert not result.passed
    assert result.metadata["检查出错 check broke"].value == "rule_2: KeyError"
    assert results([], broken={2: 1})["finding__level_1"].metadata["检查出错 check broke"].value == "—"


def test_what_could_not_be_told_is_counted_and_fails_nothing_where_something_was_told() -> None:
    result = results([])["finding__level_3"]
    assert result.passed
    assert result.metadata["无法判断 cannot tell"].value == 3
    assert result.metadata["通过 pass"].value == 7


@pytest.mark.parametrize(
    ("level", "said"), [(0, "没有提出问题 · Nothing was asked"), (3, "问了，但都无法判断 · Asked, but nothing could be told")]
)
def test_a_level_of_which_nothing_was_told_has_not_passed_and_says_so(level: int, said: str) -> None:
    result = results([], told={level: 0})[f"finding__level_{level}"]
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.WARN
    assert str(result.description).startswith(said)


def test_the_most_serious_questions_come_first_then_the_most_then_the_order_of_codes() -> None:
    asked = [
        (1, "verify", "丙"),
        (1, "verify", "丙"),
        (1, "verify", "丁"),
        (1, "mandatory", "乙"),
        (1, "verify", "甲"),
        (1, "verify", "乙"),
    ]
    shown = most_questions(findings_of(asked))
    assert shown["place_name"].tolist() == ["乙", "丙", *sorted("丁甲")]
    assert shown[SEVERITIES].to_numpy().tolist() == [[1, 0, 1], [0, 0, 2], [0, 0, 1], [0, 0, 1]]


def test_earlier_months_stand_beside_this_one_and_a_quiet_month_has_noughts() -> None:
    rows = records(results([])["finding__level_1"], "历月 by month")
    assert [tuple(row.values()) for row in rows] == [("2024-03", 0, 0, 2), ("2024-02", 0, 0, 0), ("2024-01", 4, 0, 0)]


def test_links_lead_to_pages_that_a_browser_may_open_and_not_to_data_docs_that_are_not_made(tmp_path: Path) -> None:
    links = links_of(Outbox(tmp_path, "http://127.0.0.1:3001"), "2024-03")
    assert links["数据质量页 Data Docs"] == dg.MetadataValue.url("http://127.0.0.1:3001/2024-03/data_docs/index.html")
    assert links["数据质量页 Data Docs (file)"] == dg.MetadataValue.path(tmp_path / "2024-03" / "data_docs" / "index.html")
    assert set(links_of(Outbox(tmp_path, has_data_docs=False), "2024-03")) == {
        "各村核对单 pages for villages (file)",
        "回执 receipts (file)",
    }


@pytest.mark.parametrize(("n", "passed"), [(9, True), (8, False)])
def test_completeness_counts_accepted_reports_of_villages_expected(n: int, passed: bool) -> None:
    report = report_of(*[("accepted", True)] * n, *[("missing", False)] * (10 - n))
    result = results([], report)["finding__completeness"]
    assert (result.passed, result.metadata["比例 share"].value) == (passed, n / 10)
    assert [row["村 village"] for row in records(result, "未报 not reported")] == [f"村{i}" for i in range(n, 10)]


def test_a_place_that_is_not_in_the_registry_is_not_expected() -> None:
    result = results([], report_of(("held", False), ("accepted", True), ("accepted", False), unknown=1))
    assert result["finding__completeness"].metadata["应报村 expected"].value == 2
    assert result["finding__timeliness"].metadata["比例 share"].value == 0.5
    assert not result["finding__timeliness"].passed


def test_a_month_in_which_nobody_is_expected_is_not_complete() -> None:
    result = results([], report_of(("accepted", True)).iloc[:0])["finding__completeness"]
    assert not result.passed


def test_a_question_names_each_sheet_once_and_speaks_both_languages() -> None:
    findings = findings_of([(1, "mandatory", "东沟村")]).assign(
        cells="月报!F17, 月报!F10, a, b.xlsx · 汇总!C3, 汇总!D3", say_zh="不平", say_en="Does not balance", do_zh="核对", do_en="Check"
    )
    asked = questions(findings).iloc[0]
    assert asked["cells"] == "月报!F17, F10, a, b.xlsx · 汇总!C3, 汇总!D3"
    assert "不平 Does not balance" in asked["question"]
    assert asked["to_do"] == "核对 Check"


@given(st.integers(0, 3 * ROWS_SHOWN))
def test_a_table_shows_its_first_rows_and_tells_how_many_it_leaves_out(n: int) -> None:
    shown = table(pd.DataFrame({"village_code": [f"{i:03}" for i in range(n)], "observed": [float(i) for i in range(n)]}))
    left_out = max(0, n - ROWS_SHOWN)
    assert [r.data["代码 code"] for r in shown.records][: n - left_out] == [f"{i:03}" for i in range(n - left_out)]
    assert len(shown.records) == n - left_out + bool(left_out)
    if left_out:
        assert f"{left_out} more" in str(shown.records[-1].data["代码 code"])


def test_a_table_cell_that_is_not_a_number_is_empty_and_a_truth_value_is_a_word() -> None:
    shown = table(pd.DataFrame({"gap": [float("nan"), 0.1 + 0.2], "changed": [True, False], "status": ["missing", "x"]}))
    assert [list(r.data.values()) for r in shown.records] == [["", "是 yes", "缺报 missing"], [0.3, "否 no", "x"]]
