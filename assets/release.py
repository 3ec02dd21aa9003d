"""Release: the gate, the signature and the vintage. A person starts it; the schedule never does."""

from collections.abc import Sequence

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset
from assets.ports import Outbox
from assets.tables import county_table, month_record, town_table
from methods.gate import gate, required_in_part
from methods.revisions import revisions
from schemas.clock import Clock
from schemas.dictionary import Dictionary
from sinks.answers import load_answers
from sinks.month import load_month
from sinks.release import latest_vintage, month_digest, write_vintage
from sinks.store import Store
from sinks.tidy import tidy

_MOST_NAMED = 8


class ReleaseConfig(dg.Config):
    """Who signs, and why near-mandatory findings may stand (a bare '核实无误' is no reason)."""

    signed_by: str
    reason: str = ""


class ReleaseRefused(Exception):
    """The gate is closed; the counts say why."""

    def __init__(self, mandatory: int, near_mandatory: int, in_part: tuple[str, str] = ("", "")) -> None:
        super().__init__(f"{mandatory} mandatory and {near_mandatory} near-mandatory findings are open")
        self.mandatory, self.near_mandatory, self.in_part = mandatory, near_mandatory, in_part


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
    figures = load_month(store, month, "place_figure")
    in_part = required_in_part(figures, dictionary, month)
    if not found.is_open:
        raise ReleaseRefused(found.mandatory, found.near_mandatory, _in_words(in_part, dictionary))
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
        facts={name: int(counties[name].sum()) for name in dictionary.completeness}
        | {"open_near_mandatory": found.near_mandatory, "open_verify": found.verify, "required_totals_in_part": len(in_part)},
    )
    context.add_output_metadata({"版次 vintage": made.number, "有变化 changed": True, "文件夹 folder": dg.MetadataValue.path(made.folder)})
    return made.number


def _in_words(in_part: Sequence[tuple[str, int, int]], dictionary: Dictionary) -> tuple[str, str]:
    """'… lack villages: 期末户数 8/12、…' in both languages, the first few of many; '' where none does."""
    if not in_part:
        return "", ""
    shown = [(dictionary.indicators[code].label, f"{entered}/{expected}") for code, entered, expected in in_part[:_MOST_NAMED]]
    more = f" …（{len(in_part)}）" if len(in_part) > _MOST_NAMED else ""
    zh, en = "、".join(f"{label.zh} {n}" for label, n in shown), "; ".join(f"{label.en} {n}" for label, n in shown)
    return (
        f"下列必填项的县合计只含部分村（填报村数/应报村数）：{zh}{more}。",
        f" These required county totals hold some of the villages only (entered / expected): {en}{more}.",
    )


def _vintage_figures(folder: object, month: str) -> pd.DataFrame:
    return pd.concat([pd.read_parquet(f"{folder}/{level}_{month}.parquet") for level in ("town", "county")], ignore_index=True)
