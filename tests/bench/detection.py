"""One invented county, month by month, through the review: who is asked about, how sure, and what the planted mistakes were."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from baselines import THRESHOLDS, scores
from countyframes import mistakes_in_figures, reports_by_month

from methods.confront import confront
from methods.echoes import without_echoes
from methods.edits import edit_system
from methods.findings import findings_of
from methods.hints import hints_of
from methods.implausible import Expectation, expect
from methods.localise import truly_wrong_rank
from methods.looking import aligned
from methods.panel import panel_of, with_successors
from methods.priority import suspicion
from methods.queries import queries_of, suspected_cells
from methods.rollup import roll_up
from methods.simulate.county import simulate_county
from methods.unusual import unusual_figures
from schemas.dictionary import Dictionary

OURS, EDITS = "cunbao A+B", "hard edits alone"
HARD = ("mandatory", "near_mandatory")


@dataclass(frozen=True)
class Month:
    """One month. villages: a row each: is_mistake, is_echo, kind, score of every method, n_hard, n_verify (level 1 and up).

    located: a row a broken village with a mistake: kind, cells, rank, is_named, is_named_first, is_determined.
    seconds: processor time by stage.
    """

    villages: pd.DataFrame
    located: pd.DataFrame
    above: pd.DataFrame
    seconds: dict[str, float]


def review_county(seed: int, months: Sequence[str], dictionary: Dictionary, *, wide: bool = False, villages: int = 300) -> list[Month]:
    """Simulate a county and review every month of it, knowing what was planted only afterwards."""
    county = simulate_county(
        np.random.default_rng(seed), dictionary, months=months, villages=villages, towns=max(2, villages // 25), wide_mistakes=wide
    )
    planted = mistakes_in_figures(county)
    echoes = {(m.echo_month, code) for m in planted.values() for code in m.village_codes}
    stale = {(following(m.month), code) for m in planted.values() if m.kind == "stale_copy" for code in m.village_codes}
    reports = dict(reports_by_month(county, dictionary))
    codes = list(dictionary.codes)
    history = pd.concat([r[["month", "village_code", *codes]] for r in reports.values()], ignore_index=True)
    previous, asked_before, done = None, None, []
    for month, report in reports.items():
        past = with_successors(history[history["month"] <= month], county.lineage, codes, month)
        block = panel_of(past, codes, report["village_code"].tolist(), [m for m in reports if m <= month])
        made, asked_before = _review(month, report, previous, asked_before, block, dictionary, planted)
        keys = pd.Series(list(zip([month] * len(report), report["village_code"], strict=True)))
        villages_frame = made.villages.assign(
            seed=seed, is_mistake=keys.isin(list(planted)), is_echo=keys.isin(list(echoes | stale)),
            kind=keys.map({k: m.kind for k, m in planted.items()}).fillna(""),
        )  # fmt: skip
        done.append(Month(villages_frame, made.located.assign(seed=seed), made.above, made.seconds))
        previous = report
    return done


def following(month: str) -> str:
    """'2024-12' → '2025-01'."""
    number = int(month[:4]) * 12 + int(month[5:])
    return f"{number // 12:04d}-{number % 12 + 1:02d}"


def _review(month, report, previous, asked_before, block, dictionary, planted):  # type: ignore[no-untyped-def]
    seconds: dict[str, float] = {}

    def timed(stage, work, *args, **options):  # type: ignore[no-untyped-def]
        start = time.process_time()
        made = work(*args, **options)
        seconds[stage] = seconds.get(stage, 0.0) + time.process_time() - start
        return made

    def nowhere(_row: int, _codes: Sequence[str]) -> str:
        return ""

    found = timed("edits", confront, report, previous, dictionary, month)
    if asked_before is not None:
        found = timed("echoes", without_echoes, found, report, asked_before)
    by_rule = timed("edits", findings_of, found, report, dictionary, month, nowhere)
    expectation: Expectation = timed("expectation", expect, block, dictionary)
    unusual = timed("unusual figures", unusual_figures, expectation, report, dictionary, month, nowhere, by_rule)
    hints = timed("hints", hints_of, report, previous, found.excess, expectation, unusual, dictionary, month, nowhere)
    findings = pd.concat([by_rule, unusual], ignore_index=True)
    totals = roll_up(report, dictionary, "county")
    queries = timed("queries", queries_of, findings, hints, expectation.frame(), report, totals, dictionary, month)
    of_figures = findings[findings["level"] > 0]
    cells = suspected_cells(of_figures, hints, expectation.frame(), report, dictionary)
    villages = pd.DataFrame({"month": month, "village_code": report["village_code"]})
    villages[OURS] = _ours(cells, expectation, report)
    counts = of_figures.groupby(["village_code", of_figures["severity"].isin(HARD)]).size().unstack(fill_value=0)
    counts = counts.reindex(index=villages["village_code"], columns=[True, False], fill_value=0)
    villages["n_hard"], villages["n_verify"] = counts[True].to_numpy(), counts[False].to_numpy()
    villages[EDITS] = villages["n_hard"].astype(float)
    for name, score in scores(block.values).items():
        villages[name] = np.nan_to_num(np.nanmax(np.where(np.isnan(score), -1.0, score), axis=1), nan=0.0)
    return Month(
        villages,
        _located(month, report, aligned(previous, report["village_code"], dictionary), found, hints, planted, dictionary),
        _line(queries),
        seconds,
    ), findings


def _line(queries: pd.DataFrame) -> pd.DataFrame:
    return queries[["severity", "is_above_line"]]


def _ours(cells: pd.DataFrame, expectation: Expectation, report: pd.DataFrame) -> np.ndarray:  # type: ignore[type-arg]
    """Chance that a village's report has a mistake: its findings together; without any, its most surprising figure of all tested."""
    left = 1 - cells.drop_duplicates(["place_code", "rule_id"]).set_index("place_code")["suspicion"]
    asked = (1 - left.groupby(level=0).prod()).reindex(report["village_code"]).to_numpy()
    tested = (~np.isnan(expectation.p)).sum(axis=1)
    least = np.where(tested > 0, np.nanmin(np.where(np.isnan(expectation.p), 1.0, expectation.p), axis=1), 1.0)
    quiet = suspicion(np.minimum(1.0, least * np.maximum(tested, 1)))
    return np.asarray(np.where(np.isnan(asked), quiet, np.maximum(asked, quiet)))


def _located(month, report, last, found, hints, planted, dictionary):  # type: ignore[no-untyped-def]
    edits = edit_system(report, last, dictionary, month).told_by(found.excess)
    is_broken = edits.broken.any(axis=1)
    rows = []
    for row, village in enumerate(report["village_code"]):
        mistake = planted.get((month, village))
        if mistake is None or mistake.kind == "stale_copy" or not is_broken[row]:  # no cell of a stale copy is the wrong one
            continue
        here = hints[(hints["village_code"] == village) & (hints["group_no"] < 100)]
        sets = pd.DataFrame({"row": row, "rank": here["rank"], "indicators": [tuple(c.split(",")) for c in here["indicators"]]})
        rank = truly_wrong_rank(sets, {row: frozenset(mistake.indicators)})[row]
        group = here[[set(c.split(",")) <= set(mistake.indicators) for c in here["indicators"]]]
        first = here[here["group_no"].isin(group["group_no"])].drop_duplicates("group_no")
        rows.append(
            {
                "kind": mistake.kind,
                "cells": len(mistake.indicators),
                "rank": rank,
                "is_only": bool(len(here) and (here.groupby("group_no").size() == 1).all()),
                "repair": first["repair"].iloc[0] if len(first) else "",
            }
        )
    return pd.DataFrame(rows, columns=["kind", "cells", "rank", "is_only", "repair"])


def flagged_by(name: str, villages: pd.DataFrame) -> pd.Series:
    """Whether a method asks about a village."""
    if name == OURS:
        return (villages["n_hard"] + villages["n_verify"]) > 0
    return villages["n_hard"] > 0 if name == EDITS else villages[name] >= THRESHOLDS[name]
