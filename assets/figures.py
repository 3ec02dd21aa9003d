"""Figures: village reports rolled up to towns and counties, with how complete they are and the derived indicators."""

import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, table
from methods.rollup import roll_up
from schemas.dictionary import Dictionary
from schemas.frames import place_figure_schema


@monthly_asset("figures", {"pandas", "pandera"})
def town_figure(context: AssetExecutionContext, village_report: pd.DataFrame, dictionary: ResourceParam[Dictionary]) -> pd.DataFrame:
    """乡镇数 · Every town's totals: villages expected, reported, on time and missing, sums of what was reported, derived indicators."""
    figures = place_figure_schema(dictionary).validate(roll_up(village_report, dictionary, "town"), lazy=True)
    context.add_output_metadata(
        {"乡镇 towns": len(figures), "到报 completeness": table(figures, ["place_code", "place_name", *dictionary.completeness])}
    )
    return figures


@monthly_asset("figures", {"pandas", "pandera"})
def county_figure(context: AssetExecutionContext, village_report: pd.DataFrame, dictionary: ResourceParam[Dictionary]) -> pd.DataFrame:
    """县数 · The county's totals, recomputed from its villages; rates are never averaged."""
    figures = place_figure_schema(dictionary).validate(roll_up(village_report, dictionary, "county"), lazy=True)
    context.add_output_metadata(
        {"县 counties": len(figures), "到报 completeness": table(figures, ["place_code", "place_name", *dictionary.completeness])}
    )
    return figures
