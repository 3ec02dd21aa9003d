"""Line departments: what their files count, and how that compares with what villages report."""

from collections.abc import Mapping

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, previous_month, table
from assets.identity import identified
from assets.ports import Outbox
from assets.report import accepted_by_now
from methods.departments import codes_spoken_of, department_counts, month_before
from methods.reconcile import MOST_MONTHS, OUT_OF_LINE, lags_of, months_needed, reconcile
from methods.registration_lag import Lag
from schemas.dictionary import Dictionary
from schemas.frames import department_count_schema, reconciliation_schema
from sinks.memo import Memo
from sinks.month import load_months
from sinks.reconciliation import in_words, write_reconciliation
from sinks.store import Store
from sinks.submissions import department_readings, reading_plans
from sources.places import villages_of


@monthly_asset("report", {"pandas", "pandera"})
def department_count(
    context: AssetExecutionContext,
    place: pd.DataFrame,
    reading: pd.DataFrame,
    store: ResourceParam[Store],
    dictionary: ResourceParam[Dictionary],
) -> pd.DataFrame:
    """部门数 · What line departments count, by place and month: every file that speaks of this month or of one it is compared with."""
    del reading  # it has read files again where the dictionary changed
    month = context.partition_key
    _, months = months_needed(dictionary, month)
    found = identified(store, department_readings(store, months, dictionary.reading_version, codes_spoken_of(dictionary)), place, month)
    counts = department_counts(found, reading_plans(store, found["plan_id"]), dictionary)
    counts = department_count_schema().validate(counts, lazy=True)
    unknown = found[found["place"] == ""]
    context.add_output_metadata(
        {
            "数字 counts": len(counts),
            "按来源 by source": table(counts.groupby(["source", "count_month"]).size().reset_index(name="count")),
            "找不到的单位 places not found": table(unknown, ["path", "place_code", "place_name"]),
        }
    )
    return counts


@monthly_asset("review", {"pandas", "pandera"})
def reconciliation(
    context: AssetExecutionContext,
    place: pd.DataFrame,
    department_count: pd.DataFrame,
    village_report: pd.DataFrame,
    previous_report: pd.DataFrame,
    store: ResourceParam[Store],
    dictionary: ResourceParam[Dictionary],
    memo: ResourceParam[Memo],
) -> pd.DataFrame:
    """部门对账 · Villages' figures beside the departments' counts, late registration allowed for. Neither side is presumed right."""
    month, needed = context.partition_key, months_needed(dictionary, context.partition_key)[0]
    known = {month: village_report[village_report["status"] == "accepted"], previous_month(month): previous_report}
    reports = (
        {m: known[m] if m in known else accepted_by_now(store, place, dictionary, m, memo) for m in needed} if len(department_count) else {}
    )
    before = load_months(store, [month_before(month, n) for n in range(1, MOST_MONTHS)], "reconciliation")
    found = reconcile(department_count, reports, villages_of(place, month), dictionary, month, before)
    found = reconciliation_schema().validate(found, lazy=True)
    lags = lags_of(department_count, reports, dictionary, month)
    shown = in_words(found[found["status"] == OUT_OF_LINE], dictionary)
    context.add_output_metadata(
        {
            "结果 outcomes": table(found.groupby(["source", "place_level", "status"]).size().reset_index(name="count")),
            "相差较大，请双方核对 out of line, both sides to look at": table(shown),
            "逐月登记比例 registered 0, 1, 2, … months later": table(_lag_rows(lags)),
        }
    )
    return found


@monthly_asset("tables", {"excel", "csv"})
def department_table(
    context: AssetExecutionContext, reconciliation: pd.DataFrame, outbox: ResourceParam[Outbox], dictionary: ResourceParam[Dictionary]
) -> list[str]:
    """部门对账表 · For the county's statistician: a workbook with a sheet for each department's figure, and the same rows as CSV."""
    month = context.partition_key
    written = write_reconciliation(outbox.folder / month, reconciliation, dictionary, month) if len(reconciliation) else []
    context.add_output_metadata({"改动的文件 files changed": len(written), "文件夹 folder": dg.MetadataValue.path(outbox.folder / month)})
    return [str(path) for path in written]


def _lag_rows(lags: Mapping[tuple[str, str], Lag]) -> pd.DataFrame:
    rows = [
        {"source": source, "figure": code, **{f"+{n}": round(share, 4) for n, share in enumerate(lag.shares)}, "count": lag.cases}
        for (source, code), lag in lags.items()
    ]
    return pd.DataFrame(rows)
