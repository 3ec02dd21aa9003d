"""Asset checks: one result a validation level (the number of results is what costs), and how much of the month has arrived."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import pandas as pd

from assets.common import WORDS, monthly_check, page_links, table
from assets.ports import Outbox
from schemas.levels import LEVELS

SEVERITIES = {severity: WORDS[severity] for severity in ("mandatory", "near_mandatory", "verify")}
COMPLETENESS_GOAL = 0.90
TIMELINESS_GOAL = 0.75
MOST_ASKED = 15
MONTHS_SHOWN = 12

_COUNTS = {"通过 pass": "n_pass", "不通过 fail": "n_fail", "无法判断 cannot tell": "n_cannot_tell"}
_NOT_ASKED = "没有提出问题 · Nothing was asked at this level."
_NOT_TOLD = "问了，但都无法判断 · Asked, but nothing could be told: figures are missing."


def check_specs() -> list[dg.AssetCheckSpec]:
    """The checks of the asset `finding`: one a validation level, and two of how much of the month has arrived."""
    arrival = {
        "completeness": f"到报率 · Reports received, of those expected; the goal is {COMPLETENESS_GOAL:.0%} (WHO)",
        "timeliness": f"按时率 · Reports received by the due day, of those expected; the goal is {TIMELINESS_GOAL:.0%} (WHO)",
    }
    return [
        *[monthly_check(f"finding__level_{level}", "finding", f"{words.zh} · {words.en}") for level, words in LEVELS.items()],
        *[monthly_check(f"finding__{name}", "finding", text) for name, text in arrival.items()],
    ]


def links_of(outbox: Outbox, month: str) -> dict[str, dg.MetadataValue[Any]]:
    """Where a level's check leads: the month's Data Docs, if they are made, its villages' pages and its receipts."""
    pages = page_links("各村核对单 pages for villages", outbox.folder / month / "villages" / "index.html", outbox)
    pages |= page_links("回执 receipts", outbox.folder / month / "receipts" / "index.html", outbox)
    return (page_links("数据质量页 Data Docs", outbox.data_docs(month), outbox) if outbox.has_data_docs else {}) | pages


def check_results(
    findings: pd.DataFrame,
    outcomes: pd.DataFrame,
    report: pd.DataFrame,
    broken: Mapping[str, str],
    history: pd.DataFrame,
    links: Mapping[str, dg.MetadataValue[Any]],
) -> Iterator[dg.AssetCheckResult]:
    """One result a level, then how much of the month has arrived.

    A level passes when something could be told, nothing mandatory or near-mandatory is open and no rule broke. A level of which
    nothing was asked, or nothing could be told, has not passed: it says so.

    Args:
        findings: Finding frame.
        outcomes: RuleOutcome frame.
        report: VillageReport frame.
        broken: rule id → why its check broke.
        history: of `sinks.month.findings_by_month`.
        links: shown with every level.
    """
    for level in LEVELS:
        here, counted = findings[findings["level"] == level], outcomes[outcomes["level"] == level]
        counts = {words: int(counted[name].sum()) for words, name in _COUNTS.items()}
        errors = {rule: why for rule, why in broken.items() if rule in set(counted["rule_id"])}
        n_told = int(counted[["n_pass", "n_fail"]].sum().sum())
        said = _NOT_ASKED if not n_told and not counted["n_cannot_tell"].sum() else _NOT_TOLD if not n_told else None
        yield dg.AssetCheckResult(
            asset_key="finding",
            check_name=f"finding__level_{level}",
            passed=bool(n_told) and bool((here["severity"] == "verify").all()) and not bool(counted["n_broken"].any()),
            severity=dg.AssetCheckSeverity.ERROR if (here["severity"] == "mandatory").any() else dg.AssetCheckSeverity.WARN,
            description=None if errors else said,
            metadata={
                **{words: int((here["severity"] == severity).sum()) for severity, words in SEVERITIES.items()},
                **counts,
                "检查出错 check broke": "; ".join(f"{rule}: {why}" for rule, why in errors.items()) or "—",
                **links,
                "问题最多的单位 most questions": table(most_questions(here)),
                "疑点表 the findings": table(questions(here)),
                "历月 by month": table(_by_month(history, level)),
            },
        )
    yield from _arrival(report)


def most_questions(findings: pd.DataFrame) -> pd.DataFrame:
    """The places with the most to answer, by how serious the questions are and how many, then by code; it measures nobody's work."""
    counts: dict[tuple[str, str], Counter[str]] = {}
    for code, name, severity in zip(findings["place_code"], findings["place_name"], findings["severity"], strict=True):
        counts.setdefault((code, name), Counter())[severity] += 1
    order = sorted(counts, key=lambda place: (*(-counts[place][severity] for severity in SEVERITIES), place))[:MOST_ASKED]
    rows = [(place[1], place[0], *(counts[place][severity] for severity in SEVERITIES)) for place in order]
    return pd.DataFrame(rows, columns=["place_name", "place_code", *SEVERITIES])


def _by_month(history: pd.DataFrame, level: int) -> pd.DataFrame:
    """A row for each of the last months, newest first, with how many findings of each severity."""
    counts: dict[str, Counter[str]] = {}
    for month, at, severity, n in zip(*(history[c].tolist() for c in ("month", "level", "severity", "count")), strict=True):
        counts.setdefault(month, Counter())[severity] += n if at == level else 0
    newest = sorted(counts, reverse=True)[:MONTHS_SHOWN]
    return pd.DataFrame([(month, *(counts[month][s] for s in SEVERITIES)) for month in newest], columns=["month", *SEVERITIES])


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
