"""The asset of the month's Data Docs: made once, left alone while nothing changes, and never left standing when it is no longer true."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import dagster as dg
import pandas as pd
import pytest

from assets.datadocs import data_docs
from assets.ports import Outbox
from methods.confront import confront_places
from methods.excess import excess_of_places, excess_of_villages
from methods.rollup import roll_up
from schemas.clock import Clock
from tests.methods.made import DICTIONARY, MONTH, confronted, consistent, report_of


@dataclass
class Made:
    """What the asset gave."""

    written: list[str]
    metadata: Any
    check: dg.AssetCheckResult


def made(outbox: Outbox, births: float = 5.0, *, forged: bool = False) -> Made:
    """The asset for a month with one slip; `forged`: pandera's outcomes are told otherwise than they were."""
    report = report_of([consistent(), consistent() | {"births_m": births}])
    villages, towns = confronted(report), roll_up(report, DICTIONARY, "town")
    stated = pd.DataFrame(columns=["month", "place_level", "place_code", "indicator", "stated"])
    places = confront_places(towns, stated, DICTIONARY, MONTH)
    outcomes = pd.concat([villages.outcomes, places.outcomes], ignore_index=True)
    if forged:
        outcomes.loc[0, "n_fail"] += 1
    context = dg.build_asset_context(partition_key=MONTH)
    frames = {"village_excess": excess_of_villages(villages, report), "place_excess": excess_of_places(places, towns)}
    ports = {"outbox": outbox, "dictionary": DICTIONARY, "clock": Clock("2024-04-10T00:00:00Z")}
    output, check = list(data_docs(context, rule_outcome=outcomes, **frames, **ports))  # type: ignore[call-overload]
    return Made(output.value, output.metadata, check)


def test_pages_are_made_once_and_again_only_when_an_outcome_changes(tmp_path: Path) -> None:
    outbox = Outbox(tmp_path, "http://127.0.0.1:3001")
    first = made(outbox)
    assert first.written == [str(tmp_path / MONTH / "data_docs" / "index.html")]
    assert first.check.passed
    assert first.metadata["数据质量页 Data Docs"] == dg.MetadataValue.url(f"http://127.0.0.1:3001/{MONTH}/data_docs/index.html")
    before = {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")}
    again = made(outbox)
    assert (again.written, again.check.passed) == ([], True)
    assert {p: p.stat().st_mtime_ns for p in tmp_path.rglob("*")} == before
    assert made(outbox, births=6.0).written


def test_without_data_docs_true_pages_stay_and_pages_that_are_no_longer_true_go(tmp_path: Path) -> None:
    made(Outbox(tmp_path))
    without = Outbox(tmp_path, has_data_docs=False)
    assert made(without).check.passed
    assert (tmp_path / MONTH / "data_docs" / "index.html").is_file()
    skipped = made(without, births=6.0)
    assert not (tmp_path / MONTH / "data_docs").exists()
    assert not skipped.check.passed
    assert skipped.check.severity == dg.AssetCheckSeverity.WARN
    assert "--no-data-docs" in str(skipped.check.description)


def test_where_the_two_libraries_differ_the_check_fails_and_names_the_rule(tmp_path: Path) -> None:
    check = made(Outbox(tmp_path), forged=True).check
    assert not check.passed
    shown = check.metadata["不一致 differ"]
    assert isinstance(shown, dg.TableMetadataValue)
    assert [record.data["规则 rule"] for record in shown.records] == [confronted(report_of([consistent()])).outcomes["rule_id"].iloc[0]]


@pytest.mark.parametrize("has_url", [True, False])
def test_an_office_without_served_pages_is_told_the_path_alone(tmp_path: Path, has_url: bool) -> None:
    outbox = Outbox(tmp_path, "https://stat.example/pages" if has_url else "")
    url = outbox.url_of(tmp_path / "2024-03" / "甲 乙" / "index.html")
    assert url == ("https://stat.example/pages/2024-03/%E7%94%B2%20%E4%B9%99/index.html" if has_url else "")
