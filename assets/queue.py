"""What every figure was expected to be, and the queue of questions, ordered by what they may change."""

import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, table
from assets.history import panel_with
from methods.implausible import expect
from methods.queries import queries_of
from schemas.dictionary import Dictionary
from schemas.frames import expectation_schema, query_schema


@monthly_asset("review", {"pandas"})
def expectation(
    context: AssetExecutionContext, village_report: pd.DataFrame, history: pd.DataFrame, dictionary: ResourceParam[Dictionary]
) -> pd.DataFrame:
    """预期值 · What each figure is expected to be from the village's size, its own months before and the other villages of the county."""
    made = expected_figures(history, village_report, dictionary, context.partition_key)
    context.add_output_metadata({"村数 villages": len(made)})
    return expectation_schema(dictionary).validate(made, lazy=True)


def expected_figures(history: pd.DataFrame, report: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """The Expectation frame of a month's reports."""
    panel = panel_with(history, report, dictionary.codes, month, dictionary.implausible.history_months + 1)
    return expect(panel, dictionary).frame()


@monthly_asset("review", {"pandas"})
def query(
    context: AssetExecutionContext,
    finding: pd.DataFrame,
    hint: pd.DataFrame,
    expectation: pd.DataFrame,
    village_report: pd.DataFrame,
    county_figure: pd.DataFrame,
    dictionary: ResourceParam[Dictionary],
) -> pd.DataFrame:
    """询问次序 · Findings grouped by place, in the order in which asking pays, with the line below which the county total is safe."""
    found = queries_of(finding, hint, expectation, village_report, county_figure, dictionary, context.partition_key)
    found = query_schema().validate(found, lazy=True)
    shown = ["rank", "place_code", "place_name", "severity", "n_findings", "indicator", "shown", "expected", "influence", "is_above_line"]
    context.add_output_metadata(
        {"单位 places": len(found), "线上 above the line": int(found["is_above_line"].sum()), "次序 the queue": table(found, shown)}
    )
    return found
