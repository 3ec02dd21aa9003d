"""The schedule: last month's return, on the county's run day."""

from __future__ import annotations

from typing import Any

import dagster as dg

from pipelines.jobs import monthly_job
from schemas.entries import Calendar

_HOUR = 6


def monthly_schedule(calendar: Calendar) -> Any:
    """Runs the month's job for the month just past on the run day (the 10th), at 06:00 of the office's time zone."""
    return dg.build_schedule_from_partitioned_job(
        monthly_job,
        name="monthly_return_on_run_day",
        description="每月10日汇总上月 · Rolls up the past month on the county's run day.",
        day_of_month=calendar.county_run_day,
        hour_of_day=_HOUR,
        minute_of_hour=0,
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
