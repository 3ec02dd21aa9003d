"""History: what villages reported in earlier months, loaded once a run for everything that looks over time."""

from collections.abc import Sequence

import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import monthly_asset, months_before, table
from methods.panel import Panel, panel_of, with_successors
from schemas.dictionary import Dictionary
from sinks.history import accepted_figures
from sinks.places import load_events
from sinks.store import Store

MONTHS_KEPT = 36


@monthly_asset("report", {"pandas"})
def history(
    context: AssetExecutionContext, place: pd.DataFrame, store: ResourceParam[Store], dictionary: ResourceParam[Dictionary]
) -> pd.DataFrame:
    """往月月报 · Accepted reports of the 36 months before, under the codes that villages have today."""
    del place  # the lineage is loaded with the registry
    past = load_history(store, dictionary, context.partition_key)
    months = past.groupby("month").size().reset_index(name="villages")
    context.add_output_metadata({"月数 months": len(months), "村数 villages": table(months)})
    return past


def load_history(store: Store, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """Reports of the months before `month`: month, village_code and every code, oldest month first."""
    codes, earlier = list(dictionary.codes), months_before(month, MONTHS_KEPT)
    return with_successors(accepted_figures(store, earlier[0], earlier[-1], codes), load_events(store), codes, month)


def panel_with(history: pd.DataFrame, report: pd.DataFrame, codes: Sequence[str], month: str, months: int, *, gaps: bool = False) -> Panel:
    """The last `months` months as a block, villages as in `report`, this month's accepted figures last.

    Args:
        history: of `load_history`.
        report: VillageReport frame of the month.
        codes: indicators.
        month: 'YYYY-MM'.
        months: how many, this one included; fewer where there is no history.
        gaps: whether months in which nobody reported stand among them, as empty ones.
    """
    now = report.loc[report["status"] == "accepted", ["village_code", *codes]].assign(month=month)
    known = set(history["month"])
    wanted = [m for m in months_before(month, months - 1) if m in known or (gaps and known and m > min(known))] if months > 1 else []
    past = history[history["month"].isin(wanted)]
    reports = pd.concat([past, now], ignore_index=True) if len(past) else now
    return panel_of(reports, codes, report["village_code"].tolist(), [*wanted, month])
