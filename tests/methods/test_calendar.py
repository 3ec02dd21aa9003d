"""Due days and lengths of months."""

from __future__ import annotations

import calendar
import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from methods.calendar import days_in_month, days_in_months, due_time, run_day
from schemas.dictionary import load_dictionary
from schemas.entries import Calendar, Return, Text

CALENDAR = load_dictionary([]).calendar
months = st.tuples(st.integers(1990, 2100), st.integers(1, 12))


@given(months)
def test_days_in_a_month_are_the_standard_library_s(month: tuple[int, int]) -> None:
    assert days_in_month(f"{month[0]:04d}-{month[1]:02d}") == calendar.monthrange(*month)[1]


def test_a_report_is_due_at_the_end_of_the_fifth_in_the_office_s_zone() -> None:
    assert due_time(CALENDAR, "2024-03") == "2024-04-05T15:59:59Z"  # 23:59:59 in Shanghai
    assert due_time(CALENDAR, "2024-12") == "2025-01-05T15:59:59Z"


@given(months, st.integers(1, 28), st.sampled_from(["Asia/Shanghai", "Asia/Taipei", "Europe/Berlin", "UTC"]))
def test_the_due_time_lies_in_the_month_after_and_on_the_due_day(month: tuple[int, int], day: int, zone: str) -> None:
    from zoneinfo import ZoneInfo

    entry = Calendar(village_due_day=day, county_run_day=10, time_zone=zone, statistical_year_starts=1)
    local = dt.datetime.fromisoformat(due_time(entry, f"{month[0]:04d}-{month[1]:02d}")).astimezone(ZoneInfo(zone))
    assert (local.day, local.hour, local.minute, local.second) == (day, 23, 59, 59)
    assert local.year * 12 + local.month == month[0] * 12 + month[1] + 1


def test_a_return_of_another_period_has_a_due_day_of_its_own() -> None:
    own = {"id": "q", "label": Text(zh="季报", en="quarterly"), "period": "quarter"}
    usual, later = Return(**own), Return(**own, due_day=20, due_after=2)
    assert due_time(CALENDAR, "2024-03", usual) == due_time(CALENDAR, "2024-03")
    assert due_time(CALENDAR, "2024-12", later) == "2025-02-20T15:59:59Z"
    assert (run_day(CALENDAR, usual), run_day(CALENDAR, later)) == (CALENDAR.county_run_day, 25)
    assert run_day(CALENDAR, Return(**own, run_day=3)) == 3


@given(months, st.sampled_from([1, 3, 6, 12]))
def test_days_of_a_period_are_those_between_its_ends(month: tuple[int, int], count: int) -> None:
    year, number = month
    after = dt.date(year + number // 12, number % 12 + 1, 1)
    back = year * 12 + number - count
    assert days_in_months(f"{year:04d}-{number:02d}", count) == (after - dt.date(back // 12, back % 12 + 1, 1)).days
