"""Suspects: what every figure was expected to be, and the queue of questions, ordered by what they may change."""

import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, months_before, table
from methods.implausible import expect
from methods.panel import panel_of, with_successors
from methods.queries import queries_of
from schemas.dictionary import Dictionary
from schemas.frames import expectation_schema, query_schema
from sinks.history import accepted_figures
from sinks.places import load_events
from sinks.store import Store


@monthly_asset("review", {"pandas"})
def expectation(
    context: AssetExecutionContext, village_report: pd.DataFrame, store: ResourceParam[Store], dictionary: ResourceParam[Dictionary]
) -> pd.DataFrame:
    """预期值 · What each figure is expected to be from the village's size, its own months before and the other villages of the county."""
    made = expected_figures(store, village_report, dictionary, context.partition_key)
    context.add_output_metadata({"村数 villages": len(made)})
    return expectation_schema(dictionary).validate(made, lazy=True)


def expected_figures(store: Store, report: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """The Expectation frame of a month's reports, with the history that the store has."""
    codes, earlier = list(dictionary.codes), months_before(month, dictionary.implausible.history_months)
    past = accepted_figures(store, earlier[0], earlier[-1], codes) if earlier else report.iloc[:0][["month", "village_code", *codes]]
    reports = pd.concat([past, report.loc[report["status"] == "accepted", ["month", "village_code", *codes]]], ignore_index=True)
    known = [m for m in earlier if m in set(past["month"])]
    reports = with_successors(reports, load_events(store), codes, month)
    return expect(panel_of(reports, codes, report["village_code"].tolist(), [*known, month]), dictionary).frame()


@monthly_asset("review", {"pandas"})
def query(
    context: AssetExecutionContext,
    finding: pd.DataFrame,
    hint: pd.DataFrame,
    expectation: pd.DataFrame,
    county_figure: pd.DataFrame,
    dictionary: ResourceParam[Dictionary],
) -> pd.DataFrame:
    """询问次序 · Findings grouped by place, in the order in which asking pays, with the line below which the county total is safe."""
    found = queries_of(finding, hint, expectation, county_figure, dictionary, context.partition_key)
    found = query_schema().validate(found, lazy=True)
    shown = ["rank", "place_code", "place_name", "severity", "n_findings", "indicator", "shown", "expected", "influence", "is_above_line"]
    context.add_output_metadata(
        {"单位 places": len(found), "线上 above the line": int(found["is_above_line"].sum()), "次序 the queue": table(found, shown)}
    )
    return found
