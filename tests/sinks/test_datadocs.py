"""The month's data-quality site: Great Expectations shows the very outcomes that pandera flagged, offline; faults of GX stay visible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from methods.confront import Confrontation
from schemas.dictionary import load_dictionary
from schemas.expectations import expectation_records
from sinks.datadocs import DataDocs, write_datadocs
from tests.methods.made import confronted, consistent, report_of

DICTIONARY = load_dictionary([])


@pytest.fixture(scope="module")
def month() -> tuple[Confrontation, pd.Series]:
    slips = [{"births_m": 5.0}, {"deaths_m": "M"}, {"satisfaction_forms_satisfied": 11.0}, {"marriages": 1.5}, {"moved_out_m": -1.0}]
    report = report_of([consistent() for _ in range(20)] + [consistent() | slip for slip in slips])
    return confronted(report), report["village_code"]


@pytest.fixture(scope="module")
def site(month: tuple[Confrontation, pd.Series], tmp_path_factory: pytest.TempPathFactory) -> DataDocs:
    found, villages = month
    records = expectation_records(found.instances, DICTIONARY)
    return write_datadocs(tmp_path_factory.mktemp("docs") / "2024-03", records, found.gap, villages, name="2024-03")


def test_great_expectations_and_pandera_agree_on_every_rule(month: tuple[Confrontation, pd.Series], site: DataDocs) -> None:
    found, _ = month
    plain = [
        i
        for i in found.instances
        if i.when is None and i.allow is None and not {"department", "benchmark"} & {n.namespace for n in i.names}
    ]
    exact = {i.id for i in plain if i.rule.tolerance == 0 and i.rule.tolerance_share == 0}
    pandera = found.outcomes.groupby("rule_id")[["n_fail", "n_cannot_tell"]].sum()
    gx = site.outcomes.set_index("rule_id")
    assert set(gx.index) == {i.id for i in found.instances}
    assert gx.loc[sorted(exact), "n_fail"].to_dict() == pandera.loc[sorted(exact), "n_fail"].to_dict()
    assert gx.loc[sorted(exact), "n_cannot_tell"].to_dict() == pandera.loc[sorted(exact), "n_cannot_tell"].to_dict()
    assert (gx["n_fail"] > 0).sum() >= 4
    assert set(gx["error"]) == {""}


def test_the_pages_fetch_nothing_from_elsewhere_and_say_the_rules_in_both_languages(site: DataDocs) -> None:
    pages = list(site.index.parent.rglob("*.html"))
    assert len(pages) >= 3
    for page in pages:
        text = page.read_text("utf-8")
        assert 'src="http' not in text
        assert "url('http" not in text
        assert "@import" not in text
        assert "<link" not in text or 'href="http' not in text.split("</head>")[0]
    told = next(page for page in pages if "validations" in page.parts).read_text("utf-8")
    assert "人口平衡" in told
    assert "Population balance" in told


def test_an_expectation_that_cannot_be_evaluated_is_an_error_and_not_a_failure(
    tmp_path: Path, month: tuple[Confrontation, pd.Series]
) -> None:
    found, villages = month
    records = expectation_records(found.instances, DICTIONARY)[:3]
    excess = found.gap[[r.rule_id for r in records]].copy()
    excess[records[0].rule_id] = np.full(len(excess), "x")
    outcomes = write_datadocs(tmp_path / "site", records, excess, villages, name="2024-03").outcomes.set_index("rule_id")
    assert outcomes.loc[records[0].rule_id, "error"] != ""
    assert set(outcomes["error"].drop(records[0].rule_id)) == {""}
