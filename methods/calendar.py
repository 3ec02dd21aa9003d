"""Due days of the return."""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

from schemas.entries import Calendar


def due_time(calendar: Calendar, month: str) -> str:
    """UTC ISO time at which the due day of the report month ends in the office's time zone."""
    year, number = int(month[:4]), int(month[5:])
    year, number = (year + 1, 1) if number == 12 else (year, number + 1)
    local = dt.datetime(year, number, calendar.village_due_day, 23, 59, 59, tzinfo=ZoneInfo(calendar.time_zone))
    return local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def opening_time(calendar: Calendar, month: str) -> str:
    """UTC ISO time at which the last day of the report month begins in the office's time zone: what comes before cannot be complete."""
    local = dt.datetime(int(month[:4]), int(month[5:]), days_in_month(month), tzinfo=ZoneInfo(calendar.time_zone))
    return local.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def days_in_month(month: str) -> int:
    """28 to 31."""
    year, number = int(month[:4]), int(month[5:])
    following = dt.date(year + number // 12, number % 12 + 1, 1)
    return (following - dt.date(year, number, 1)).days
