"""Pattern evidence: villages whose figures of many months have an unusual pattern, as questions with their innocent explanations."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pandas as pd
from dagster import AssetExecutionContext, ResourceParam

from assets.common import MONTHS, OWNERS, group, monthly_asset, monthly_check, page_links, previous_month, table
from assets.history import panel_with
from assets.identity import names_in_store
from assets.ports import Outbox
from assets.tables import month_record
from methods.evidence.assemble import assemble
from methods.evidence.card import cards
from methods.evidence.examine import FEWEST_MONTHS, examine
from methods.evidence.records import Records
from methods.evidence.roles import roles_of
from methods.panel import Panel
from schemas.dictionary import Dictionary
from schemas.frames import evidence_schema, pattern_flag_schema
from sinks.answers import load_answers
from sinks.files import write_if_changed
from sinks.history import counts_between, submissions_of
from sinks.pattern_page import pattern_page
from sinks.places import load_events
from sinks.store import Store

MONTHS_EXAMINED = 36
_CHECK = "多月走势 · Figures over six months and more: no village with an unusual pattern is waiting for a look"
_SHOWN = ["village_code", "village_name", "town_name", "lines", "is_strong"]


@dg.multi_asset(
    outs={
        "pattern_evidence": dg.AssetOut(
            description="走势依据 · What each test says of a village over 6 to 36 months: observed, expected, months, figures.",
            group_name=group("review"),
            owners=OWNERS,
            kinds={"scipy", "pandas"},
        ),
        "pattern_flag": dg.AssetOut(
            description="走势核对 · Villages to look at: figures of many months with an unusual pattern. A question, not a verdict.",
            group_name=group("review"),
            owners=OWNERS,
            kinds={"scipy", "pandas"},
        ),
    },
    partitions_def=MONTHS,
    check_specs=[monthly_check("pattern_flag__looked_at", "pattern_flag", _CHECK)],
)
def patterns(
    context: AssetExecutionContext,
    village_report: pd.DataFrame,
    department_count: pd.DataFrame,
    history: pd.DataFrame,
    store: ResourceParam[Store],
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> Iterator[dg.Output[pd.DataFrame] | dg.AssetCheckResult]:
    """Examine the county's records of up to 36 months; what is kept is of villages to look at and of towns."""
    records = records_of(store, history, village_report, department_count, dictionary, context.partition_key)
    found = examine(records, dictionary)
    flags = pattern_flag_schema().validate(found.flags[found.flags["is_check"]].reset_index(drop=True), lazy=True)
    kept = found.evidence["village_code"].isin(["", *flags["village_code"]])
    evidence = evidence_schema().validate(found.evidence[kept].reset_index(drop=True), lazy=True)
    shown = flags.merge(village_report[["village_code", "village_name", "town_name"]], on="village_code", how="left")
    links = page_links("走势核对页 page of cards", _page(outbox, context.partition_key), outbox)
    yield dg.Output(evidence, "pattern_evidence", metadata={"行 rows": len(evidence)})
    yield dg.Output(flags, "pattern_flag", metadata={"请核对的村 villages to look at": table(shown, _SHOWN), **links})
    yield dg.AssetCheckResult(
        asset_key="pattern_flag",
        check_name="pattern_flag__looked_at",
        passed=flags.empty,
        severity=dg.AssetCheckSeverity.WARN,
        metadata={
            "月数 months": len(records.panel.months),
            "村 villages": len(flags),
            "请核对的村 to look at": table(shown, _SHOWN),
            **links,
        },
    )


@monthly_asset("tables", {"html"}, deps=[month_record])
def pattern_cards(
    context: AssetExecutionContext,
    village_report: pd.DataFrame,
    history: pd.DataFrame,
    pattern_evidence: pd.DataFrame,
    pattern_flag: pd.DataFrame,
    store: ResourceParam[Store],
    outbox: ResourceParam[Outbox],
    dictionary: ResourceParam[Dictionary],
) -> list[str]:
    """走势核对页 · A card for every village to look at: what is unusual, expected beside observed, innocent explanations."""
    month, names = context.partition_key, names_in_store(store)
    panel, towns = _panel(history, village_report, dictionary, month)
    records = Records(panel, towns, roles_of(dictionary, panel.codes))  # a card shows figures; what else was examined is in the evidence
    made = cards(records, pattern_evidence, pattern_flag, dictionary, names)
    examined = int(((~pd.isna(panel.values)).any(axis=2).sum(axis=0) >= FEWEST_MONTHS).sum())
    path = _page(outbox, month)
    changed = write_if_changed(path, pattern_page(made, month, names, names, examined).encode())
    context.add_output_metadata({"卡片 cards": len(made), **page_links("走势核对页 page of cards", path, outbox)})
    return [str(path)] if changed else []


def records_of(
    store: Store, history: pd.DataFrame, report: pd.DataFrame, counts: pd.DataFrame, dictionary: Dictionary, month: str
) -> Records:
    """The records that patterns are looked for in: the month's reports and those of the 35 months before, and all else known of them."""
    panel, towns = _panel(history, report, dictionary, month)
    first, before = panel.months[0], previous_month(month)
    return assemble(
        panel,
        towns,
        dictionary,
        counts=pd.concat([counts_between(store, first, before), counts], ignore_index=True),
        events=load_events(store),
        answers=load_answers(store, first, month),
        submissions=_as_posted(submissions_of(store, first, month, dictionary.reading_version), dictionary.calendar.time_zone),
    )


def _panel(history: pd.DataFrame, report: pd.DataFrame, dictionary: Dictionary, month: str) -> tuple[Panel, tuple[str, ...]]:
    """Figures of the months examined, of villages that are expected, and the town of each."""
    expected = report[report["is_place_unknown"].ne(1) & report["is_place_expired"].ne(1)]
    panel = panel_with(history, expected, dictionary.codes, month, MONTHS_EXAMINED, gaps=True)
    return panel, tuple(expected["town_code"])


def _as_posted(submissions: pd.DataFrame, zone: str) -> pd.DataFrame:
    """Submissions with the office's local time, which deadlines are told in."""
    arrived = pd.to_datetime(submissions["arrived_at"], utc=True, format="ISO8601").dt.tz_convert(zone)
    return submissions.assign(arrived_at=arrived.dt.strftime("%Y-%m-%dT%H:%M:%S"))


def _page(outbox: Outbox, month: str) -> Path:
    return outbox.folder / month / "patterns" / "index.html"
