"""Review: the rule book confronted with the month. Rule outcomes, findings, and one check a validation level."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.cells import cell_finder
from assets.checks import check_results, check_specs, links_of, questions
from assets.common import MONTHS, OWNERS, group, monthly_asset, picture, previous_month, table
from assets.datadocs import excess_outs
from assets.history import panel_with
from assets.identity import names_in_store
from assets.ports import Outbox
from assets.report import accepted_by_now
from assets.sealed import with_sealed_notes
from methods.accounts import village_accounts
from methods.benchmarks import benchmark_frames
from methods.boundaries import merged_since, of_same_area, under_new_codes, with_sums_told, without_other_areas
from methods.confront import confront, confront_places
from methods.echoes import without_echoes
from methods.excess import excess_of_places, excess_of_villages
from methods.findings import findings_of, findings_of_places
from methods.hints import hints_of
from methods.implausible import Expectation
from methods.past import history_months, months_read, past_of_panel, past_of_places
from methods.quotes import Quotes
from methods.reasons import with_reasons
from methods.reconcile import frames_for_rules
from methods.stated import HeldTotals
from methods.townwide import one_question_a_town
from methods.unusual import unusual_figures, unusual_outcomes
from schemas.accounts import LEVELS, level_column
from schemas.dictionary import Dictionary
from schemas.frames import finding_schema, hint_schema, rule_outcome_schema, village_outcome_schema
from sinks.history import questions_of
from sinks.memo import Memo
from sinks.month import findings_by_month, load_each
from sinks.places import load_events, load_places
from sinks.plots import findings_by_month_png, findings_by_town_png
from sinks.store import Store


@monthly_asset("review", {"pandera", "pandas"})
def previous_report(
    context: AssetExecutionContext,
    place: pd.DataFrame,
    reading: pd.DataFrame,
    store: ResourceParam[Store],
    dictionary: ResourceParam[Dictionary],
    memo: ResourceParam[Memo],
) -> pd.DataFrame:
    """上月村月报 · Last month's accepted reports as they stand now, corrections since then included; what level 2 compares with."""
    del reading  # it has also read last month's submissions again where the dictionary changed
    accepted = accepted_by_now(store, place, dictionary, previous_month(context.partition_key), memo)
    context.add_output_metadata({"村数 villages": len(accepted)})
    return accepted


@dg.multi_asset(
    outs={
        "finding": dg.AssetOut(
            description="疑点 · Every rule that a report breaks, as a question to the village: cells, observed, expected, what to do.",
            group_name=group("review"),
            owners=OWNERS,
            kinds={"pandera", "pandas"},
        ),
        "hint": dg.AssetOut(
            description="提示 · Which cells of a broken rule are probably wrong, and which slip would explain it. Never applied.",
            group_name=group("review"),
            owners=OWNERS,
            kinds={"scipy", "pandas"},
        ),
        "rule_outcome": dg.AssetOut(
            description="规则结果 · For every rule and town: how many villages pass, fail, cannot be told, or were not asked.",
            group_name=group("review"),
            owners=OWNERS,
            kinds={"pandera", "pandas"},
        ),
        "village_outcome": dg.AssetOut(
            description="逐村结果 · For every village: what became of each rule, packed in one row, and counted by level.",
            group_name=group("review"),
            owners=OWNERS,
            kinds={"pandera", "pandas"},
        ),
        **excess_outs(),
    },
    partitions_def=MONTHS,
    check_specs=check_specs(),
)
def confrontation(
    context: AssetExecutionContext,
    village_report: pd.DataFrame,
    previous_report: pd.DataFrame,
    reading: pd.DataFrame,
    town_figure: pd.DataFrame,
    county_figure: pd.DataFrame,
    stated_total: pd.DataFrame,
    expectation: pd.DataFrame,
    history: pd.DataFrame,
    reconciliation: pd.DataFrame,
    store: ResourceParam[Store],
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> Iterator[dg.Output[pd.DataFrame] | dg.AssetCheckResult]:
    """Confront the month's reports and totals with the rule book and with what was expected; pandera's failure cases become findings."""
    month, events = context.partition_key, load_events(store)
    same_area, summed = of_same_area(previous_report, village_report, events, dictionary, month)
    previous = same_area if len(same_area) else None
    cells = cell_finder(village_report, reading, store, dictionary)
    quotes = Quotes(village_report, reading, dictionary, month, names_in_store(store))
    outside = benchmark_frames(dictionary, month) | frames_for_rules(reconciliation, month)
    panel = panel_with(history, village_report, dictionary.codes, month, history_months(dictionary, month))
    villages = confront(village_report, previous, dictionary, month, {**past_of_panel(panel, dictionary, month), **outside})
    asked_before = under_new_codes(questions_of(store, previous_month(month)), events, month)
    villages = without_echoes(villages, village_report, asked_before)
    villages = without_other_areas(villages, village_report, events, month, summed)
    figures = pd.concat([town_figure, county_figure], ignore_index=True)
    earlier = set((months_read(dictionary, month, "town") | months_read(dictionary, month, "county")).values())
    past = past_of_places(load_each(store, sorted(earlier), "place_figure"), dictionary, month)
    held = HeldTotals(reading, figures, month)
    figures = figures.assign(stated_month_gap=held.gaps())
    places = confront_places(figures, stated_total, dictionary, month, {**past, **outside})
    expected = Expectation.of_frame(expectation, dictionary.codes)
    by_rule = findings_of(villages, village_report, dictionary, month, cells, quotes)
    by_rule = with_sums_told(by_rule, villages, summed, dictionary)
    unusual = unusual_figures(expected, village_report, dictionary, month, cells, by_rule, merged_since(events, month))
    found = [
        one_question_a_town(by_rule, village_report, dictionary, month),
        unusual,
        findings_of_places(places, figures, stated_total, dictionary, month, held),
    ]
    counted = [villages.outcomes, unusual_outcomes(expected, village_report, dictionary, month), places.outcomes]
    hints = hints_of(village_report, previous, villages.excess, expected, unusual, dictionary, month, cells)
    hints = hint_schema().validate(hints, lazy=True)
    worded = with_reasons(pd.concat(found, ignore_index=True), village_report, reading)
    findings = finding_schema().validate(worded, lazy=True)
    findings = with_sealed_notes(findings, store, load_places(store), dictionary, month)
    outcomes = rule_outcome_schema().validate(pd.concat(counted, ignore_index=True), lazy=True)
    history = findings_by_month(store, month, findings)
    yield dg.Output(
        findings,
        "finding",
        metadata={
            "疑点数 findings": len(findings),
            "按程度 by severity": table(findings.groupby("severity").size().reset_index(name="findings")),
            "分乡镇图 by town, a plot": picture(findings_by_town_png(findings, village_report)),
            "历月图 by month, a plot": picture(findings_by_month_png(history)),
            "疑点表 the findings": table(questions(findings).drop(columns="to_do")),
        },
    )
    shown_hints = table(hints[hints["rank"] == 1].assign(hint=hints["say_zh"] + " " + hints["say_en"]), ["village_code", "cells", "hint"])
    yield dg.Output(hints, "hint", metadata={"提示数 hints": len(hints), "最可能的提示 the likeliest": shown_hints})
    yield dg.Output(outcomes, "rule_outcome", metadata={"各规则结果 outcomes by rule": table(_by_rule(outcomes))})
    accounts = village_outcome_schema().validate(village_accounts(villages, village_report, month), lazy=True)
    yield dg.Output(accounts, "village_outcome", metadata={"无法判断最多的村 most rules that cannot be told": table(_least_told(accounts))})
    yield dg.Output(excess_of_villages(villages, village_report), "village_excess")
    yield dg.Output(excess_of_places(places, figures), "place_excess")
    yield from check_results(findings, outcomes, village_report, {**villages.broken, **places.broken}, history, links_of(outbox, month))


def _least_told(accounts: pd.DataFrame) -> pd.DataFrame:
    shown = accounts[["village_code", *(level_column(level, "cannot_tell") for level in LEVELS)]]
    return shown.loc[shown.iloc[:, 1:].sum(axis=1).sort_values(ascending=False, kind="stable").index]


def _by_rule(outcomes: pd.DataFrame) -> pd.DataFrame:
    counts = ["n_pass", "n_fail", "n_cannot_tell", "n_not_applicable", "n_broken"]
    return outcomes.groupby(["level", "rule_id"])[counts].sum().reset_index()
