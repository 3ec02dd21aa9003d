"""A statistical month that is given as days, and places whose names could be taken for months."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.dictionary import load_dictionary
from sources.claims import ClaimReader
from sources.gazetteer import Gazetteer
from sources.places import read_places
from sources.statmonth import month_of_days


@pytest.mark.parametrize(
    ("written", "month"),
    [
        ("2024年2月26日—2024年3月25日", "2024-03"),
        ("2024年2月26日至3月25日", "2024-03"),
        ("2月26日至3月25日", "-03"),
        ("2024.2.26-2024.3.25", "2024-03"),
        ("2024/2/26~3/25", "2024-03"),
        ("20240226-20240325", "2024-03"),
        ("二〇二四年二月二十六日至三月二十五日", "2024-03"),
        ("26 February – 25 March", "-03"),
        ("26 Feb 2024 to 25 Mar 2024", "2024-03"),
        ("2023年12月26日—2024年1月25日", "2024-01"),
        ("12月21日-1月20日", "-01"),
        ("2024年2月26日—3月26日", "2024-02~2024-03"),
        ("2024年2月10日—3月9日", "2024-02~2024-03"),
        ("2024年3月1日至3月31日", ""),
        ("2024年1月至3月", ""),
        ("2024年3月", ""),
    ],
)
def test_days_over_two_months_are_the_month_in_which_they_end(written: str, month: str) -> None:
    assert month_of_days(written, None) == month


def test_the_calendar_may_say_otherwise() -> None:
    written = "2024年2月26日—2024年3月25日"
    assert [month_of_days(written, starts) for starts in (26, 21, 1)] == ["2024-03", "2024-02~2024-03", "2024-02~2024-03"]
    assert month_of_days("2024年2月10日—3月9日", 10) == "2024-02"


def test_names_of_places_in_the_names_of_files_are_no_months(shared_cases: Path) -> None:
    registry = read_places(shared_cases / "reading" / "places2.csv", load_dictionary())
    registry.loc[registry["name"] == "安园街道", "name"] = "七一街道"
    reader = ClaimReader(Gazetteer(registry, "2024-03", None), "2024-03")
    told = {
        name: reader.of_file(f"{name}.xlsx")
        for name in ("十月村", "五月社区月报", "2024三八村", "三八村2月", "七一街道2024年3月", "十月村级月报")
    }
    assert [claim.month for claim in told.values()] == ["", "", "", "2024-02", "2024-03", "2023-10"]
    assert [bool(claim.is_about_a_place) for claim in told.values()] == [True, True, True, True, True, False]
