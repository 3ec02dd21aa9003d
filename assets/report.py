"""Reports: the submission that counts for each village, and the totals that towns state themselves."""

import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, picture, table
from assets.identity import identified_readings
from methods.accept import accept_reports
from methods.calendar import due_time, opening_time
from methods.stated import stated_totals
from schemas.clock import Clock
from schemas.dictionary import Dictionary
from schemas.frames import stated_total_schema, village_report_schema
from sinks.memo import Memo
from sinks.plots import completeness_png
from sinks.store import Store
from sinks.submissions import reading_plans
from sources.places import villages_of


@monthly_asset("report", {"pandas", "pandera"})
def village_report(
    context: AssetExecutionContext,
    place: pd.DataFrame,
    reading: pd.DataFrame,
    store: ResourceParam[Store],
    dictionary: ResourceParam[Dictionary],
    clock: ResourceParam[Clock],
) -> pd.DataFrame:
    """村月报 · The accepted report of every village expected: one row a village, missing and held ones included."""
    month = context.partition_key
    of_villages = with_layouts(reading[(reading["role"] == "report") & (reading["level"] == "village")], store)
    calendar = dictionary.calendar
    report = accept_reports(
        of_villages, villages_of(place, month), dictionary, month, due_time(calendar, month), opening_time(calendar, month), clock.now()
    )
    report = village_report_schema(dictionary).validate(report, lazy=True)
    context.add_output_metadata(
        {
            "报送情况 status": table(report.groupby("status").size().reset_index(name="villages")),
            "未报 not reported": table(report[report["status"] != "accepted"], ["town_name", "village_name", "village_code", "status"]),
            "到报图 completeness, a plot": picture(completeness_png(report)),
        }
    )
    return report


@monthly_asset("report", {"pandas", "pandera"})
def stated_total(
    context: AssetExecutionContext, reading: pd.DataFrame, store: ResourceParam[Store], dictionary: ResourceParam[Dictionary]
) -> pd.DataFrame:
    """上报合计 · Totals that a town or county wrote down itself: evidence to compare with, never the figure to publish."""
    plans = reading_plans(store, reading.loc[reading["role"] == "stated", "plan_id"])
    totals = stated_totals(reading, plans, dictionary, context.partition_key)
    totals = stated_total_schema().validate(totals, lazy=True)
    context.add_output_metadata({"合计数 totals": len(totals), "单位 places": int(totals["place_code"].nunique())})
    return totals


def accepted_by_now(store: Store, place: pd.DataFrame, dictionary: Dictionary, month: str, memo: Memo) -> pd.DataFrame:
    """An earlier month's accepted reports as they stand now, corrections since then included."""
    readings = identified_readings(store, place, month, dictionary.reading_version, memo)
    of_villages = with_layouts(readings[(readings["role"] == "report") & (readings["level"] == "village")], store)
    report = accept_reports(of_villages, villages_of(place, month), dictionary, month, due_time(dictionary.calendar, month))
    return report[report["status"] == "accepted"].reset_index(drop=True)


def with_layouts(readings: pd.DataFrame, store: Store) -> pd.DataFrame:
    """Readings with the layout that each was read by: what it collects, a village's report has to have."""
    layouts = {key: str(plan["layout"]) for key, plan in reading_plans(store, readings["plan_id"]).items()}
    return readings.assign(layout=readings["plan_id"].map(layouts).fillna("").astype("str"))
