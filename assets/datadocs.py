"""Data Docs: the month's outcomes as pages of Great Expectations, made last in the job: GX takes seconds to import."""

from collections.abc import Iterator

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import MONTHS, OWNERS, group, monthly_check, page_links, table
from assets.ports import Outbox
from assets.tables import month_record
from methods.agreement import disagreements
from schemas.clock import Clock
from schemas.dictionary import Dictionary
from schemas.entries import Text
from schemas.expectations import batch_of
from sinks.datadocs_kept import forget_site, kept_outcomes, site_digest

_TITLES = {"village": Text(zh="村", en="Villages"), "place": Text(zh="乡镇和县", en="Towns and counties")}
_AGREE = "两库一致 · Great Expectations and pandera were given the same gaps and found the same: fail, cannot tell, broken, rule by rule"
_SKIPPED = "本次未生成（--no-data-docs） · Not made in this run (--no-data-docs)"
_EXCESS = {
    "village_excess": "村规则差额 · What every rule found at every village beyond what is tolerated: what pandera looked at.",
    "place_excess": "乡镇规则差额 · What every rule found at every town and county beyond what is tolerated.",
}


def excess_outs() -> dict[str, dg.AssetOut]:
    """Outputs of the confrontation, from which the pages are made."""
    return {n: dg.AssetOut(description=d, group_name=group("review"), owners=OWNERS, kinds={"pandas"}) for n, d in _EXCESS.items()}


@dg.asset(
    group_name=group("review"),
    kinds={"greatexpectations"},
    partitions_def=MONTHS,
    owners=OWNERS,
    deps=[month_record],
    op_tags={"dagster/priority": "-1"},  # after the tables, which nobody should wait for longer
    check_specs=[monthly_check("data_docs__agree", "data_docs", _AGREE)],
)
def data_docs(
    context: AssetExecutionContext,
    village_excess: pd.DataFrame,
    place_excess: pd.DataFrame,
    rule_outcome: pd.DataFrame,
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
    clock: ResourceParam[Clock],
) -> Iterator[dg.Output[list[str]] | dg.AssetCheckResult]:
    """数据质量页 · Pages to browse: every rule in words, its outcome in every village, town and county, and whom to ask."""
    month, index = context.partition_key, outbox.data_docs(context.partition_key)
    frames = {"village": village_excess, "place": place_excess}
    batches = [batch_of(name, _TITLES[name], frame, dictionary) for name, frame in frames.items()]
    digest = site_digest(batches, month)
    outcomes, written = kept_outcomes(index.parent, digest), []
    if outcomes is None and outbox.has_data_docs:
        from sinks.datadocs import write_datadocs

        outcomes, written = write_datadocs(index.parent, batches, month=month, made_at=clock.now(), digest=digest), [str(index)]
    if outcomes is None:
        forget_site(index.parent)
        yield dg.Output(written, metadata={"数据质量页 Data Docs": _SKIPPED})
        yield dg.AssetCheckResult(passed=False, severity=dg.AssetCheckSeverity.WARN, check_name="data_docs__agree", description=_SKIPPED)
        return
    differ, links = disagreements(rule_outcome, outcomes), page_links("数据质量页 Data Docs", index, outbox)
    yield dg.Output(written, metadata={**links, "规则 rules": len(outcomes), "改动的文件 files changed": len(written)})
    yield dg.AssetCheckResult(
        passed=differ.empty and len(outcomes) > 0,
        check_name="data_docs__agree",
        metadata={**links, "规则 rules": len(outcomes), "不一致 differ": table(differ)},
    )
