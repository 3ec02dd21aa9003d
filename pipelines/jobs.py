"""Jobs: the month as one unit, in one process (the multiprocess executor costs more than the work)."""

from __future__ import annotations

import dagster as dg

from assets.common import group

MONTHLY = "monthly_return"
INTAKE = "intake"

monthly_job = dg.define_asset_job(
    MONTHLY,
    selection=dg.AssetSelection.all() - dg.AssetSelection.groups(group("release"), group("feeds")) - dg.AssetSelection.assets("answer"),
    executor_def=dg.in_process_executor,
    description="村级月报 · A month from inbox to tables: intake, reports, review, figures, tables.",
)

intake_job = dg.define_asset_job(
    INTAKE,
    selection=dg.AssetSelection.assets("submission", "receipt", "receipt_file"),
    executor_def=dg.in_process_executor,
    description="收件 · Receive what lies in the inbox and write receipts, nothing more.",
)

release_job = dg.define_asset_job(
    "release_month",
    selection=dg.AssetSelection.assets("release"),
    executor_def=dg.in_process_executor,
    description="发布 · Gate, signature and vintage of a month. Started by a person, never by the schedule.",
)

answer_job = dg.define_asset_job(
    "answer_finding",
    selection=dg.AssetSelection.assets("answer"),
    executor_def=dg.in_process_executor,
    description="答复 · Records what a village says to a question, or why a finding may stand. Started by a person.",
)

feed_job = dg.define_asset_job(
    "feed_month",
    selection=dg.AssetSelection.assets("feed"),
    executor_def=dg.in_process_executor,
    description="上报 · Sends the newest release on: exchange package and upstream database.",
)
