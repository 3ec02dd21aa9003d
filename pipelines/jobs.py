"""Jobs: the month as one unit, in one process (the multiprocess executor costs more than the work)."""

from __future__ import annotations

import dagster as dg

from pipelines.partitions import MONTHS

MONTHLY = "monthly_return"
INTAKE = "intake"

monthly_job = dg.define_asset_job(
    MONTHLY,
    selection=dg.AssetSelection.all(),
    partitions_def=MONTHS,
    executor_def=dg.in_process_executor,
    description="村级月报 · A month from inbox to tables: intake, reports, review, figures, tables.",
)

intake_job = dg.define_asset_job(
    INTAKE,
    selection=dg.AssetSelection.assets("submission", "receipt", "receipt_file"),
    partitions_def=MONTHS,
    executor_def=dg.in_process_executor,
    description="收件 · Receive what lies in the inbox and write receipts, nothing more.",
)
