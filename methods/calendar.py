"""Due days of the return."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from schemas.entries import Calendar, Return


def due_time(calendar: Calendar, month: str, of: Return | None = None) -> str:
    """UTC ISO time at which the due day ends in the office's time zone: of the month's return, or of one whose period ends with `month`."""
    day, after = (calendar.village_due_day, 1) if of is None else (of.due_day or calendar.village_due_day, of.due_after)
    number = int(month[:4]) * 12 + int(month[5:]) - 1 + after
    local = dt.datetime(number // 12, number % 12 + 1, day, 23, 59, 59, tzinfo=ZoneInfo(calendar.time_zone))
    return local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_day(calendar: Calendar, of: Return) -> int:
    """The day, `of.due_after` months after its period, on which the month is run once more for a return of another period."""
    usual = calendar.county_run_day - calendar.village_due_day
    return of.run_day or max(1, min(28, (of.due_day or calendar.village_due_day) + usual))


def opening_time(calendar: Calendar, month: str) -> str:
    """UTC ISO time at which the last day of the report month begins in the office's time zone: what comes before cannot be complete."""
    local = dt.datetime(int(month[:4]), int(month[5:]), days_in_month(month), tzinfo=ZoneInfo(calendar.time_zone))
    return local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def days_in_month(month: str) -> int:
    """28 to 31."""
    year, number = int(month[:4]), int(month[5:])
    following = dt.date(year + number // 12, number % 12 + 1, 1)
    return (following - dt.date(year, number, 1)).days


def days_in_months(month: str, months: int) -> int:
    """Days of so many months, of which `month` is the last: of 2024-03 and three, 91."""
    last = int(month[:4]) * 12 + int(month[5:]) - 1
    return sum(days_in_month(f"{n // 12:04d}-{n % 12 + 1:02d}") for n in range(last - months + 1, last + 1))
