"""Tables: the month is recorded in the store, then its official tables, tidy files, listings and receipts are written."""

from pathlib import Path

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, table
from assets.ports import Outbox
from methods.departments import counts_of_month
from methods.rollup import of_return
from schemas.clock import Clock
from schemas.dictionary import Dictionary
from schemas.entries import Return
from schemas.returns import return_of_table, tables_due
from sinks.files import safe_name
from sinks.month import save_month
from sinks.returned import write_receipts
from sinks.store import Store
from sinks.tidy import write_tidy
from sinks.workbook import write_listing, write_table


@monthly_asset("tables", {"sqlalchemy"})
def month_record(
    context: AssetExecutionContext,
    village_report: pd.DataFrame,
    finding: pd.DataFrame,
    rule_outcome: pd.DataFrame,
    village_outcome: pd.DataFrame,
    hint: pd.DataFrame,
    query: pd.DataFrame,
    pattern_evidence: pd.DataFrame,
    pattern_flag: pd.DataFrame,
    town_figure: pd.DataFrame,
    county_figure: pd.DataFrame,
    stated_total: pd.DataFrame,
    department_count: pd.DataFrame,
    reconciliation: pd.DataFrame,
    store: ResourceParam[Store],
    dictionary: ResourceParam[Dictionary],
    clock: ResourceParam[Clock],
) -> bool:
    """月度记录 · The month's results written to the store in one transaction; a crash leaves what was there before."""
    frames = {
        "village_report": village_report,
        "finding": finding,
        "rule_outcome": rule_outcome,
        "village_outcome": village_outcome,
        "hint": hint,
        "query": query,
        "pattern_evidence": pattern_evidence,
        "pattern_flag": pattern_flag,
        "place_figure": pd.concat([town_figure, county_figure], ignore_index=True),
        "stated_total": stated_total,
        "department_count": counts_of_month(department_count, dictionary, context.partition_key),
        "reconciliation": reconciliation,
    }
    changed = save_month(store, context.partition_key, frames, dictionary_version=dictionary.version, recorded_at=clock.now())
    context.add_output_metadata(
        {"changed": changed, "行数 rows": table(pd.DataFrame({"table": list(frames), "rows": [len(f) for f in frames.values()]}))}
    )
    return changed


@monthly_asset("tables", {"excel"}, deps=[month_record])
def town_table(
    context: AssetExecutionContext,
    town_figure: pd.DataFrame,
    county_figure: pd.DataFrame,
    village_report: pd.DataFrame,
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> list[str]:
    """分乡镇表 · The official table with a row for every town of a county and the county's total, and the same figures as tidy files."""
    month, written = context.partition_key, []
    for table_due in tables_due(dictionary, "town", month):
        of = return_of_table(table_due, dictionary)
        for code, name in zip(county_figure["place_code"], county_figure["place_name"], strict=True):
            path = outbox.folder / month / f"{code}_{table_due.id}_{month}.xlsx"
            changed = write_table(
                path,
                table_due,
                of_return(town_figure[town_figure["parent_code"] == code], of),
                total=of_return(county_figure[county_figure["place_code"] == code], of),
                dictionary=dictionary,
                month=month,
                reporting_unit=name,
                missing_villages=_missing(village_report, code, of),
            )
            written += _written(changed, path)
    written += write_tidy(outbox.folder / month, f"town_{month}", town_figure, dictionary)
    context.add_output_metadata({"改动的文件 files changed": len(written), "文件夹 folder": dg.MetadataValue.path(outbox.folder / month)})
    return [str(path) for path in written]


@monthly_asset("tables", {"excel"}, deps=[month_record])
def county_table(
    context: AssetExecutionContext,
    county_figure: pd.DataFrame,
    village_report: pd.DataFrame,
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> list[str]:
    """县表 · The official tables with a row for every county, and the same figures as tidy files."""
    month, written, paths = context.partition_key, list[Path](), list[Path]()
    unit = "、".join(county_figure["place_name"].head(3)) + ("等" if len(county_figure) > 3 else "")
    for table_due in tables_due(dictionary, "county", month):
        of = return_of_table(table_due, dictionary)
        paths.append(outbox.folder / month / f"{table_due.id}_{month}.xlsx")
        changed = write_table(
            paths[-1],
            table_due,
            of_return(county_figure, of),
            total=None,
            dictionary=dictionary,
            month=month,
            reporting_unit=unit,
            missing_villages=_missing(village_report, "", of),
        )
        written += _written(changed, paths[-1])
    written += write_tidy(outbox.folder / month, f"county_{month}", county_figure, dictionary)
    context.add_output_metadata({"改动的文件 files changed": len(written), "工作簿 workbook": dg.MetadataValue.path(paths[0])})
    return [str(p) for p in written]


@monthly_asset("tables", {"excel"}, deps=[month_record])
def town_listing(
    context: AssetExecutionContext,
    village_report: pd.DataFrame,
    finding: pd.DataFrame,
    hint: pd.DataFrame,
    query: pd.DataFrame,
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> list[str]:
    """乡镇核对册 · For each town's statistician: a row for every village, missing and held ones marked, and the questions to ask."""
    month, folder = context.partition_key, outbox.folder / context.partition_key / "towns"
    by_town = {str(code): rows for code, rows in finding.groupby("town_code")}
    written: list[Path] = []
    for (code, name), report in village_report[village_report["town_code"] != ""].groupby(["town_code", "town_name"]):
        path = folder / f"{safe_name(f'{code}_{name}')}_{month}.xlsx"
        found = by_town.get(str(code), finding.iloc[:0])
        changed = write_listing(path, report, found, dictionary=dictionary, month=month, town_name=str(name), queries=query, hints=hint)
        written += _written(changed, path)
    context.add_output_metadata({"改动的文件 files changed": len(written), "文件夹 folder": dg.MetadataValue.path(folder)})
    return [str(p) for p in written]


@monthly_asset("tables", {"csv"})
def receipt_file(context: AssetExecutionContext, receipt: pd.DataFrame, outbox: ResourceParam[Outbox]) -> list[str]:
    """回执文件 · Receipts as a page, a list, and a small file for each submission that has a problem."""
    written = write_receipts(outbox.folder / context.partition_key / "receipts", receipt)
    context.add_output_metadata({"改动的文件 files changed": len(written)})
    return [str(p) for p in written]


def _written(changed: bool, path: Path) -> list[Path]:
    return [path] if changed else []


def _missing(report: pd.DataFrame, county_code: str, of: Return | None = None) -> list[str]:
    """Names of expected villages without an accepted report, of the month or of a return of another period, in order of code."""
    is_missing = report["status"] != "accepted" if of is None else report[of.days_late].isna()
    here = report[is_missing & (report["is_place_unknown"] != 1) & (report["is_place_expired"] != 1)]
    return list(here.loc[here["county_code"] == county_code if county_code else slice(None), "village_name"])
