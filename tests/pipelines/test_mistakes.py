"""The sample county, three months through the whole job: every planted mistake is found, nobody else is troubled, no figure is lost."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import sqlalchemy as sa
from numpy.typing import NDArray
from python_calamine import CalamineWorkbook

from pipelines.cli.sample import make_sample
from schemas.dictionary import load_dictionary
from schemas.states import REPORTED
from tests.pipelines.office import Office, sample_office, wide_states

pytestmark = pytest.mark.slow

MONTHS = ["2024-01", "2024-02", "2024-03"]

RULE_OF = {
    "balance_slip": "population_balance",
    "wrong_month": "month_mismatch",
    "missing_village": "missing_report",
    "duplicate": "identical_copy",
    "conflicting_duplicate": "conflicting_versions",
    "late": "late_report",
    "stated_total_mismatch": "stated_total",
    "name_typo": "name_mismatch",
}
"""Mistakes that arithmetic or the form itself shows, and the rule that must find each one."""

ONLY_FOR = {rule: kind for kind, rule in RULE_OF.items() if kind not in ("balance_slip", "stated_total_mismatch")}

SENDING = {"late_report", "early_report"}
"""Rules about the time of sending: no reason for a page to the village."""


@dataclass(frozen=True)
class County:
    """The county after three months: what was planted and shown, and what the store says."""

    office: Office
    truth: dict[str, Any]
    shown: pd.DataFrame
    findings: pd.DataFrame
    figures: pd.DataFrame
    readings: pd.DataFrame
    plans: dict[str, dict[str, Any]]

    def mistakes(self, kind: str) -> list[dict[str, Any]]:
        return [m for m in self.truth["mistakes"] if m["kind"] == kind]


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> County:
    folder = tmp_path_factory.mktemp("county")
    make_sample(folder, seed=7, months=MONTHS, towns=12, villages=300)
    office = sample_office(folder)
    for month in MONTHS:
        office.run(month)
    shown = pd.read_parquet(folder / "truth" / "shown.parquet")
    engine = sa.create_engine(office.url)
    with engine.connect() as connection:
        readings = pd.read_sql(
            sa.text("SELECT s.path, r.* FROM submission s JOIN reading r ON r.sha256 = s.sha256 ORDER BY s.id, r.ordinal"), connection
        )
        plans = {key: json.loads(text) for key, text in connection.execute(sa.text("SELECT id, content FROM reading_plan"))}
    engine.dispose()
    return County(
        office,
        json.loads((folder / "truth.json").read_text("utf-8")),
        shown,
        pd.concat([office.table("finding", month) for month in MONTHS], ignore_index=True),
        pd.concat([office.table("place_figure", month) for month in MONTHS], ignore_index=True),
        readings,
        plans,
    )


def _place_of(mistake: dict[str, Any]) -> str:
    codes = mistake["village_codes"]
    return str(codes[0] if codes else mistake["town_code"])


def _answers(county: County, mistake: dict[str, Any]) -> pd.DataFrame:
    """Findings that the mistake's rule made about its place in its month."""
    f = county.findings
    is_answer = (f["month"] == mistake["month"]) & (f["place_code"] == _place_of(mistake)) & (f["rule"] == RULE_OF[mistake["kind"]])
    found: pd.DataFrame = f[is_answer]
    return found


@pytest.mark.parametrize("kind", RULE_OF)
def test_every_planted_mistake_is_found_by_its_rule(county: County, kind: str, record_property: Any) -> None:
    planted = county.mistakes(kind)
    assert len(planted) >= 6  # a few in each of three months
    matched = {(m["month"], _place_of(m)): len(_answers(county, m)) for m in planted}
    record_property(kind, f"{sum(n > 0 for n in matched.values())} of {len(planted)}")
    assert [where for where, n in matched.items() if n == 0] == []


def test_a_balance_slip_is_found_with_its_cell_and_its_size(county: County) -> None:
    for mistake in county.mistakes("balance_slip"):
        (code,) = mistake["indicators"]
        found = _answers(county, mistake)
        assert found["rule_id"].tolist() == [f"population_balance__{code[-1]}"]
        assert mistake["cells"][code] in found["cells"].iloc[0].split(", ")
        assert abs(found["gap"].iloc[0]) == abs(mistake["shown"][code] - mistake["true"][code])


def test_a_stated_total_is_found_with_its_cell_and_both_numbers(county: County) -> None:
    for mistake in county.mistakes("stated_total_mismatch"):
        (code,) = mistake["indicators"]
        found = _answers(county, mistake)
        assert found["rule_id"].tolist() == [f"stated_total__{code}"]
        assert found["cells"].iloc[0].endswith(mistake["cells"][code])
        assert (found["observed"].iloc[0], found["expected"].iloc[0]) == (mistake["shown"][code], mistake["true"][code])


def test_a_late_report_is_found_with_its_days(county: County) -> None:
    days = {(m["month"], _place_of(m)): float(m["detail"]["days_late"]) for m in county.mistakes("late")}
    late = county.findings[county.findings["rule"] == "late_report"]
    assert dict(zip(zip(late["month"], late["place_code"], strict=True), late["observed"], strict=True)) == days


def test_a_village_that_was_only_late_has_no_page_and_stands_in_its_towns_list(county: County) -> None:
    f, outbox, seen = county.findings[county.findings["village_code"] != ""], county.office.outbox, 0
    for (month, code), here in f.groupby(["month", "village_code"]):
        if set(here["rule"]) <= SENDING:
            seen += 1
            assert not (outbox / str(month) / "villages" / f"{code}.html").exists()
            (listing,) = (outbox / str(month) / "towns").glob(f"{here['town_code'].iloc[0]}_*.xlsx")
            cells = {cell for sheet in CalamineWorkbook.from_path(listing).sheet_names for cell in _cells(listing, sheet)}
            assert any(here["say_zh"].iloc[0] in str(cell) for cell in cells)
        elif "late_report" in set(here["rule"]):
            assert "迟报" in (outbox / str(month) / "villages" / f"{code}.html").read_text("utf-8")
    assert seen >= 3


def _cells(workbook: Path, sheet: str) -> list[object]:
    return [cell for row in CalamineWorkbook.from_path(workbook).get_sheet_by_name(sheet).to_python() for cell in row]


@pytest.mark.parametrize("rule", ONLY_FOR)
def test_rules_about_how_a_report_came_ask_nobody_else(county: County, rule: str) -> None:
    """Where the form itself shows the mistake, the findings are the planted mistakes and nothing more."""
    asked = county.findings[county.findings["rule"] == rule]
    planted = {(m["month"], _place_of(m)) for m in county.mistakes(ONLY_FOR[rule])}
    assert set(zip(asked["month"], asked["place_code"], strict=True)) == planted
    assert len(asked) == len(planted)


def test_no_mandatory_finding_on_a_village_without_a_mistake(county: County) -> None:
    at_fault = {(m["month"], code) for m in county.truth["mistakes"] for code in m["village_codes"]}
    mandatory = county.findings[county.findings["severity"] == "mandatory"]
    assert len(mandatory) > 30
    assert set(zip(mandatory["month"], mandatory["place_code"], strict=True)) - at_fault == set()


def test_a_near_mandatory_finding_has_a_mistake_in_its_month_or_the_echo_of_one(county: County) -> None:
    explained = {(m["month"], _place_of(m)) for m in county.truth["mistakes"]}
    explained |= {(m["echo_month"], _place_of(m)) for m in county.truth["mistakes"] if m["echo_month"]}
    near = county.findings[county.findings["severity"] == "near_mandatory"]
    assert len(near) > 15
    assert set(zip(near["month"], near["place_code"], strict=True)) - explained == set()


def _accepted(shown: pd.DataFrame) -> pd.DataFrame:
    """The file that counts for each village and month: the last one to arrive of those that state the month."""
    right = shown[shown["head_month"] == shown["month"]]
    moment = pd.to_datetime(right["arrival"], utc=True)
    return right.assign(moment=moment).sort_values("moment", kind="stable").drop_duplicates(["month", "village_code"], keep="last")


@pytest.mark.parametrize("level", ["town", "county"])
def test_totals_are_the_sums_of_what_accepted_files_show(county: County, level: str, record_property: Any) -> None:
    codes = list(load_dictionary().codes)
    accepted = _accepted(county.shown).assign(county_code=lambda f: f["town_code"].str[:6])
    values = accepted[codes].where((accepted[[f"{c}__state" for c in codes]] == REPORTED).to_numpy())
    keys = [accepted["month"], accepted[f"{level}_code"]]
    sums, entered = values.groupby(keys).sum(min_count=1).round(2), values.notna().groupby(keys).sum()
    stored = county.figures[county.figures["place_level"] == level].set_index(["month", "place_code"]).sort_index()
    assert list(stored.index) == list(sums.sort_index().index)
    ours, theirs = stored[codes].to_numpy(float), sums.sort_index().to_numpy(float)
    assert np.array_equal(ours, theirs, equal_nan=True)
    assert np.array_equal(stored[[f"{c}__n" for c in codes]].to_numpy(), entered.sort_index().to_numpy())
    record_property(f"{level}_totals_compared", ours.size)
    assert ours.size == len(MONTHS) * {"town": 12, "county": 1}[level] * len(codes)


def test_counts_of_villages_are_those_of_the_truth(county: County) -> None:
    figures = pd.read_parquet(county.office.inbox.parent / "truth" / "figures.parquet", columns=["month", "village_code"])
    stored = county.figures[county.figures["place_level"] == "county"].set_index("month")
    for month in MONTHS:
        expected, held = int((figures["month"] == month).sum()), sum(m["month"] == month for m in county.mistakes("wrong_month"))
        missing = len(county.truth["missing"][month])
        reported = expected - held - missing
        late = sum(m["month"] == month for m in county.mistakes("late"))
        row = stored.loc[month]
        names = ("villages_expected", "villages_reported", "villages_on_time", "villages_missing", "villages_held")
        assert [row[n] for n in names] == [expected, reported, reported - late, missing, held]


# -- what was read, cell by cell -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pairs(county: County) -> tuple[pd.DataFrame, pd.DataFrame]:
    """What every file shows of every village, and the reading of it; both in the same order."""
    read = county.readings[county.readings["role"] == "report"].assign(file="inbox/" + county.readings["path"])
    shown = county.shown.assign(village_key=county.shown["village_code"])
    read = read.assign(village_key=read["place_code"])
    # A form has one village: where its clerk left the code out, the file tells which.
    alone = shown.groupby("file")["village_code"].transform("size") == 1
    code_of = shown[alone].set_index("file")["village_code"]
    blank = read["village_key"] == ""
    read.loc[blank, "village_key"] = read.loc[blank, "file"].map(code_of)
    order = ["file", "village_key"]
    return shown.sort_values(order, ignore_index=True), read.sort_values(order, ignore_index=True)


def test_every_village_of_every_file_is_read_once_and_nothing_else(pairs: tuple[pd.DataFrame, pd.DataFrame]) -> None:
    shown, read = pairs
    assert list(zip(read["file"], read["village_key"], strict=True)) == list(zip(shown["file"], shown["village_key"], strict=True))
    assert read["place_name"].tolist() == shown["village_name"].tolist()
    assert read["month"].tolist() == shown["head_month"].tolist()


def test_every_value_and_state_is_what_the_file_shows(pairs: tuple[pd.DataFrame, pd.DataFrame], record_property: Any) -> None:
    shown, read = pairs
    codes = list(load_dictionary().codes)
    states = shown[[f"{c}__state" for c in codes]].to_numpy(np.uint8)
    assert _differing(wide_states(read["states"]) == states, shown, codes) == []
    values, ours = shown[codes].to_numpy(float), read[codes].to_numpy(float)
    assert _differing((values == ours) | (np.isnan(values) & np.isnan(ours)), shown, codes) == []
    record_property("values_compared", values.size)
    record_property("states", dict(Counter(map(chr, states.ravel().tolist()))))
    assert values.size == len(shown) * len(codes) > 60_000
    assert {chr(s) for s in np.unique(states)} >= {"R", "M", "N", "C"}


def test_every_figure_knows_the_cell_that_it_stands_in(
    county: County, pairs: tuple[pd.DataFrame, pd.DataFrame], record_property: Any
) -> None:
    shown, read = pairs
    codes = list(load_dictionary().codes)
    compared, wrong = 0, []
    stands = zip(*(shown[c] for c in ("file", "village_code", "form", "row")), read["plan_id"], read["row_no"], strict=True)
    for file, village, form_id, row, plan_id, row_no in stands:
        form, plan = county.truth["forms"][form_id], county.plans[plan_id]
        for code in codes:
            if row:
                column = form["columns"].get(code)
                expected = f"{form['sheet']}!{column}{row}" if column else ""
            else:
                cell = form["figures"].get(code)
                expected = f"{form['sheet']}!{cell}" if cell else ""
            compared += 1
            if _address(plan, code, int(row_no)) != expected:
                wrong.append((file, village, code, _address(plan, code, int(row_no)), expected))
    record_property("addresses_compared", compared)
    assert wrong == []
    assert compared == len(shown) * len(codes)


def _address(plan: dict[str, Any], code: str, row_no: int) -> str:
    cell = plan["cells"].get(code)
    if cell is None:
        return ""
    relative = re.fullmatch(r"\+(\d+):([A-Z]+)", cell)
    return f"{plan['sheet']}!" + (f"{relative[2]}{row_no + int(relative[1]) + 1}" if relative else str(cell))


def _differing(same: NDArray[np.bool_], shown: pd.DataFrame, codes: list[str]) -> list[tuple[Path, str]]:
    rows, columns = np.nonzero(~same)
    return [(shown["file"].iloc[row], codes[column]) for row, column in zip(rows.tolist(), columns.tolist(), strict=True)]


# -- hints, the queue, and the villages' pages -----------------------------------------------------------------------


def test_the_first_hint_names_the_wrong_cell_of_a_slip_with_its_address(county: County) -> None:
    slips = [m for kind in ("balance_slip", "transposed_digits", "times_ten") for m in county.mistakes(kind)]
    hints = pd.concat([county.office.table("hint", month) for month in MONTHS], ignore_index=True)
    seen, right = 0, 0
    for m in slips:
        here = hints[(hints["month"] == m["month"]) & (hints["village_code"] == _place_of(m)) & (hints["rank"] == 1)]
        seen += len(here) > 0
        right += bool((here["indicators"] == m["indicators"][0]).any() and (here["cells"] == m["cells"][m["indicators"][0]]).any())
    assert seen >= 20
    assert right >= 0.85 * seen


def test_the_queue_has_every_place_once_and_all_that_must_be_settled_above_its_line(county: County) -> None:
    for month in MONTHS:
        queue, findings = county.office.table("query", month), county.findings[county.findings["month"] == month]
        assert set(queue["place_code"]) == set(findings["place_code"])
        assert queue["place_code"].is_unique
        assert queue["n_findings"].sum() == len(findings)
        hard = set(findings.loc[findings["severity"] != "verify", "place_code"])
        assert hard <= set(queue.loc[queue["is_above_line"] == 1, "place_code"])


def test_every_village_that_reported_and_is_asked_has_a_page_that_names_its_cells(county: County) -> None:
    for month in MONTHS:
        findings = county.findings[(county.findings["month"] == month) & (county.findings["place_level"] == "village")]
        reports = county.office.table("village_report", month)
        came = set(reports.loc[reports["reading_ids"] != "", "village_code"])
        pages = {p.stem: p.read_text("utf-8") for p in (county.office.outbox / month / "villages").glob("*.html") if p.stem != "index"}
        assert set(pages) == set(findings.loc[~findings["rule"].isin(SENDING), "village_code"]) & came
        for f in findings[findings["village_code"].isin(pages) & (findings["level"] > 0)].to_dict("records"):
            assert all(cell in pages[f["village_code"]] for cell in f["cells"].split(", "))


def test_unusual_figures_are_asked_about_and_right_villages_are_left_alone(county: County) -> None:
    at_fault = {(m["month"], code) for m in county.truth["mistakes"] for code in m["village_codes"]}
    at_fault |= {(m["echo_month"], code) for m in county.truth["mistakes"] for code in m["village_codes"]}
    asked = county.findings[county.findings["rule_id"].str.startswith(("unusual_", "unit_slip"))]
    wrong = [key in at_fault for key in zip(asked["month"], asked["place_code"], strict=True)]
    assert sum(wrong) >= 5  # what a rule asks about already is not asked about twice
    assert len(asked) - sum(wrong) <= 0.02 * 290 * len(MONTHS)
