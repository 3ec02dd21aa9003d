"""Release: the gate, the signature and the vintage. A person starts it; the schedule never does."""

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset
from assets.ports import Outbox
from assets.tables import county_table, month_record, town_table
from methods.gate import gate
from methods.revisions import revisions
from schemas.clock import Clock
from schemas.dictionary import COMPLETENESS, Dictionary
from sinks.answers import load_answers
from sinks.month import load_month
from sinks.release import latest_vintage, month_digest, write_vintage
from sinks.store import Store
from sinks.tidy import tidy


class ReleaseConfig(dg.Config):
    """Who signs, and why near-mandatory findings may stand (a bare '核实无误' is no reason)."""

    signed_by: str
    reason: str = ""


class ReleaseRefused(Exception):
    """The gate is closed; the counts say why."""

    def __init__(self, mandatory: int, near_mandatory: int) -> None:
        super().__init__(f"{mandatory} mandatory and {near_mandatory} near-mandatory findings are open")
        self.mandatory, self.near_mandatory = mandatory, near_mandatory


@monthly_asset("release", {"excel", "sqlalchemy"}, deps=[month_record, town_table, county_table])
def release(
    context: AssetExecutionContext,
    config: ReleaseConfig,
    store: ResourceParam[Store],
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
    clock: ResourceParam[Clock],
) -> int:
    """发布 · The signed vintage of the month: tables as they were, with manifest and the list of revisions since the last one."""
    month, folder = context.partition_key, outbox.folder / "releases"
    found = gate(load_month(store, month, "finding"), load_answers(store, month, month), config.reason)
    if not found.is_open:
        raise ReleaseRefused(found.mandatory, found.near_mandatory)
    figures = load_month(store, month, "place_figure")
    before = latest_vintage(store, month, folder)
    if before is not None and before.digest == month_digest(store, month):
        context.add_output_metadata({"版次 vintage": before.number, "有变化 changed": False})
        return before.number
    changes = revisions(_vintage_figures(before.folder, month), tidy(figures, dictionary)) if before is not None else None
    counties = figures[figures["place_level"] == "county"]
    made = write_vintage(
        store,
        month,
        outbox.folder / month,
        folder,
        changes=changes,
        signed_by=config.signed_by,
        reason=config.reason,
        dictionary_version=dictionary.version,
        released_at=clock.now(),
        facts={name: int(counties[name].sum()) for name in COMPLETENESS}
        | {"open_near_mandatory": found.near_mandatory, "open_verify": found.verify},
    )
    context.add_output_metadata({"版次 vintage": made.number, "有变化 changed": True, "文件夹 folder": dg.MetadataValue.path(made.folder)})
    return made.number


def _vintage_figures(folder: object, month: str) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(f"{folder}/{level}_{month}.parquet") for level in ("town", "county")], ignore_index=True)
