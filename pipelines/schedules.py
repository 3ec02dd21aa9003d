"""The schedules: last month's return, on the county's run day; and the month once more when a return of another period was due."""

from __future__ import annotations

from typing import Any

import dagster as dg

from methods.calendar import run_day
from pipelines.jobs import monthly_job
from schemas.dictionary import Dictionary
from schemas.entries import Calendar, Return

_HOUR = 6


def schedules_of(dictionary: Dictionary) -> list[Any]:
    """The month's schedule, and one a return of another period."""
    return [monthly_schedule(dictionary.calendar), *(return_schedule(of, dictionary.calendar) for of in dictionary.other_returns)]


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


def return_schedule(of: Return, calendar: Calendar) -> dg.ScheduleDefinition:
    """Runs the month's job for the last month of the period some days after the return was due, at 06:00 of the office's time zone."""
    day, months = run_day(calendar, of), sorted((end - 1 + of.due_after) % 12 + 1 for end in of.ends)

    def request(context: dg.ScheduleEvaluationContext) -> dg.RunRequest:
        when = context.scheduled_execution_time
        number = when.year * 12 + when.month - 1 - of.due_after
        month = f"{number // 12}-{number % 12 + 1:02d}"
        return dg.RunRequest(run_key=f"{of.id} {month}", partition_key=month)

    return dg.ScheduleDefinition(
        name=f"{of.id}_on_run_day",
        job=monthly_job,
        cron_schedule=f"0 {_HOUR} {day} {','.join(map(str, months))} *",
        execution_timezone=calendar.time_zone,
        execution_fn=request,
        description=f"{of.label.zh}截止后再汇总一次 · Rolls up the period's last month again when the {of.label.en} was due.",
        default_status=dg.DefaultScheduleStatus.RUNNING,
    )
