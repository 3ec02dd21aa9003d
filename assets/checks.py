"""Asset checks: one result a validation level (the number of results is what costs), and how much of the month has arrived."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import dagster as dg
import pandas as pd

from assets.common import table

LEVELS = {
    0: "文件与表式 · File and form: right form, right village, right month, every cell readable",
    1: "表内 · Within one report: balances, sums, ranges",
    2: "跨月 · Over time: last month's figures carry over",
    3: "跨单位 · Against others: totals stated by towns and counties",
}
COMPLETENESS_GOAL = 0.90
TIMELINESS_GOAL = 0.75

CHECK_SPECS = [
    *[dg.AssetCheckSpec(f"finding__level_{level}", asset="finding", description=text) for level, text in LEVELS.items()],
    dg.AssetCheckSpec("finding__completeness", asset="finding", description="到报率 · Reports received, of those expected (WHO: 90 %)"),
    dg.AssetCheckSpec(
        "finding__timeliness", asset="finding", description="按时率 · Reports received by the due day, of those expected (WHO: 75 %)"
    ),
]


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
                "mandatory": int((here["severity"] == "mandatory").sum()),
                "near_mandatory": int((here["severity"] == "near_mandatory").sum()),
                "verify": int((here["severity"] == "verify").sum()),
                "cannot_tell": int(counted["n_cannot_tell"].sum()),
                "places": ", ".join(hard["place_name"].drop_duplicates().head(50)) or "—",
                "findings": table(
                    here, ["severity", "place_code", "place_name", "label_zh", "cells", "observed", "expected", "say_zh", "say_en", "do_zh"]
                ),
                "rules_that_broke": ", ".join(f"{rule}: {why}" for rule, why in broken.items()) or "—",
            },
        )
    yield from _arrival(report)


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
                "share": round(share, 4),
                "goal": goal,
                "villages": count,
                "expected": len(expected),
                "not_reported": table(missing, ["village_code", "village_name", "town_name", "status"]),
            },
        )
