"""Asset checks: one result a validation level (the number of results is what costs), and how much of the month has arrived."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping

import dagster as dg
import pandas as pd

from assets.common import MONTHS, ROWS_SHOWN, WORDS, table

LEVELS = {
    0: "文件与表式 · File and form: right form, right village, right month, every cell readable",
    1: "表内 · Within one report: balances, sums, ranges",
    2: "跨月 · Over time: last month's figures carry over",
    3: "跨单位 · Against others: totals stated by towns and counties",
}
SEVERITIES = {severity: WORDS[severity] for severity in ("mandatory", "near_mandatory", "verify")}
COMPLETENESS_GOAL = 0.90
TIMELINESS_GOAL = 0.75


def check_specs() -> list[dg.AssetCheckSpec]:
    """The checks of the asset `finding`: one a validation level, and two of how much of the month has arrived."""
    arrival = {
        "completeness": f"到报率 · Reports received, of those expected; the goal is {COMPLETENESS_GOAL:.0%} (WHO)",
        "timeliness": f"按时率 · Reports received by the due day, of those expected; the goal is {TIMELINESS_GOAL:.0%} (WHO)",
    }
    return [
        *[_monthly_check(f"finding__level_{level}", text) for level, text in LEVELS.items()],
        *[_monthly_check(f"finding__{name}", text) for name, text in arrival.items()],
    ]


def _monthly_check(name: str, description: str) -> dg.AssetCheckSpec:
    """A check whose results belong to a month. Dagster has that in preview: this is the only place that knows."""
    with warnings.catch_warnings(action="ignore", category=dg.PreviewWarning):
        return dg.AssetCheckSpec(name, asset="finding", description=description, partitions_def=MONTHS)


def check_results(
    findings: pd.DataFrame, outcomes: pd.DataFrame, report: pd.DataFrame, broken: Mapping[str, str]
) -> Iterator[dg.AssetCheckResult]:
    """One result a level: passed when nothing mandatory or near-mandatory is open and no rule broke; the villages are named."""
    for level in LEVELS:
        here = findings[findings["level"] == level]
        counted = outcomes[outcomes["level"] == level]
        hard = here[here["severity"] != "verify"]
        yield dg.AssetCheckResult(
            asset_key="finding",
            check_name=f"finding__level_{level}",
            passed=hard.empty and not counted["n_broken"].any(),
            severity=dg.AssetCheckSeverity.ERROR if (here["severity"] == "mandatory").any() else dg.AssetCheckSeverity.WARN,
            metadata={
                "单位 places": "、".join(hard["place_name"].drop_duplicates().head(ROWS_SHOWN)) or "—",
                **{words: int((here["severity"] == severity).sum()) for severity, words in SEVERITIES.items()},
                "无法判断 cannot tell": int(counted["n_cannot_tell"].sum()),
                "疑点表 the findings": table(questions(here)),
                "出错的检查 checks that broke": "; ".join(f"{rule}: {why}" for rule, why in broken.items()) or "—",
            },
        )
    yield from _arrival(report)


def questions(findings: pd.DataFrame) -> pd.DataFrame:
    """Findings as a reviewer reads them in the UI: who, what is asked, where it stands, what to do."""
    shown = findings[["severity", "place_name", "place_code"]].copy()
    shown["question"] = findings["label_zh"] + "：" + findings["say_zh"] + " " + findings["say_en"]
    shown["cells"] = [_short(cells) for cells in findings["cells"]]
    shown["to_do"] = findings["do_zh"] + " " + findings["do_en"]
    return shown


def _short(cells: str) -> str:
    """'Sheet!A1, Sheet!B2' → 'Sheet!A1, B2': a sheet is named once."""
    sheet, short = "", []
    for cell in cells.split(", "):
        here, _, address = cell.rpartition("!")
        short.append(address if here and here == sheet else cell)
        sheet = here
    return ", ".join(short)


def _arrival(report: pd.DataFrame) -> Iterator[dg.AssetCheckResult]:
    expected = report[report["is_place_unknown"].ne(1) & report["is_place_expired"].ne(1)]
    missing = expected[expected["status"] != "accepted"]
    for name, count, goal in (
        ("completeness", int((expected["status"] == "accepted").sum()), COMPLETENESS_GOAL),
        ("timeliness", int(expected["is_on_time"].sum()), TIMELINESS_GOAL),
    ):
        share = count / len(expected) if len(expected) else 0.0
        yield dg.AssetCheckResult(
            asset_key="finding",
            check_name=f"finding__{name}",
            passed=share >= goal,
            severity=dg.AssetCheckSeverity.WARN,
            metadata={
                "比例 share": round(share, 4),
                "目标 goal": goal,
                "村数 villages": count,
                "应报村 expected": len(expected),
                "未报 not reported": table(missing, ["town_name", "village_name", "village_code", "status"]),
            },
        )
