"""The reconciliation on a county whose truth is known: what was planted is out of line, nothing else is, and sums hold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from methods.reconcile import CANNOT_TELL, COLUMNS, OUT_OF_LINE, frames_for_rules, lags_of, reconcile
from methods.simulate.county import simulate_county
from schemas.dictionary import load_dictionary
from schemas.frames import department_count_schema, reconciliation_schema
from schemas.sample import SampleCounty
from sources.places import villages_of

DICTIONARY = load_dictionary(extra=[])
MONTHS = ["2024-01", "2024-02", "2024-03", "2024-04"]


@dataclass(frozen=True)
class World:
    """A simulated county, its departments' counts, its reports, and the reconciliation of every month."""

    sample: SampleCounty
    counts: pd.DataFrame
    reports: dict[str, pd.DataFrame]
    found: pd.DataFrame


def _world(seed: int, *, planted: bool) -> World:
    sample = simulate_county(
        np.random.default_rng(seed), DICTIONARY, months=MONTHS, towns=6, villages=180, plant_mistakes=planted, departments=True
    )
    assert sample.departments is not None
    told = sample.departments.counts
    parts = told[told["indicator"].isin(["births_m", "births_f"])]
    whole = parts.groupby(["source", "month", "count_month", "place_code"], as_index=False)["count"].sum().assign(indicator="births")
    counts = pd.concat([told, whole], ignore_index=True).assign(
        place_level=lambda f: np.where(f["place_code"].str.len() == 12, "village", "town"),
        sent_for=lambda f: f["month"],
        source_file=lambda f: f["source"] + f["month"],
        submission=lambda f: (f["source"] + f["month"]).factorize(sort=True)[0],
        cell="",
    )
    reports = {m: sample.figures[sample.figures["month"] == m].reset_index(drop=True) for m in MONTHS}
    return World(sample, counts, reports, _run(sample, counts, reports))


def _run(sample: SampleCounty, counts: pd.DataFrame, reports: dict[str, pd.DataFrame]) -> pd.DataFrame:
    found: list[pd.DataFrame] = []
    for month in MONTHS:
        known = counts[counts["sent_for"] <= month]
        before = pd.concat(found) if found else None
        found.append(reconcile(known, reports, villages_of(sample.places, month), DICTIONARY, month, before))
    return pd.concat(found, ignore_index=True)


@pytest.fixture(scope="module")
def honest() -> World:
    return _world(21, planted=False)


@pytest.fixture(scope="module")
def planted() -> World:
    return _world(22, planted=True)


def test_frames_keep_their_contracts(honest: World) -> None:
    department_count_schema().validate(honest.counts)
    for _, of_month in honest.found.groupby("month"):
        reconciliation_schema().validate(of_month.reset_index(drop=True))
    assert tuple(honest.found.columns) == COLUMNS


def test_an_honest_county_is_in_line(honest: World, record_property: pytest.RecordProperty) -> None:
    """Late registration, other addresses, rejected transfers and couples who registered elsewhere raise next to nothing in 4 months."""
    told = honest.found[honest.found["status"] != CANNOT_TELL]
    out = told[told["status"] == OUT_OF_LINE]
    record_property("honest_rows", len(told))
    record_property("honest_out_of_line", len(out))
    assert len(told) > 2000
    assert len(out) <= len(told) / 2000


def test_what_was_planted_is_out_of_line_in_the_year_so_far(planted: World) -> None:
    assert planted.sample.departments is not None
    last = planted.found[planted.found["month"] == MONTHS[-1]]
    out = set(zip(*(last.loc[last["status"] == OUT_OF_LINE, c] for c in ("source", "place_code")), strict=True))
    places = {(m.source, m.place_code) for m in planted.sample.departments.mismatches}
    assert places <= out
    # the towns and villages around them may show it too; nobody else does
    assert {code[:9] for source, code in out} <= {code[:9] for _, code in places} | {"990101"}


def test_the_missing_births_are_found_within_three_months(planted: World) -> None:
    assert planted.sample.departments is not None
    (village,) = {m.place_code for m in planted.sample.departments.mismatches if m.source == "hospital_births"}
    rows = planted.found[(planted.found["place_code"] == village) & (planted.found["source"] == "hospital_births")]
    assert rows.loc[rows["status"] == OUT_OF_LINE, "month"].min() <= MONTHS[2]
    assert (rows["expected"] > rows["ours"]).all()


def test_town_and_county_are_the_sums_of_what_both_sides_know(honest: World) -> None:
    reports = {m: r.iloc[: -40 if m == "2024-04" else None] for m, r in honest.reports.items()}
    month = "2024-04"
    found = reconcile(
        honest.counts[honest.counts["sent_for"] <= month], reports, villages_of(honest.sample.places, month), DICTIONARY, month
    )
    for source in ("hospital_births", "payment_system"):
        of = found[found["source"] == source]
        villages = of[(of["place_level"] == "village") & (of["status"] != CANNOT_TELL)]
        county = of[of["place_level"] == "county"].iloc[0]
        assert county["places_compared"] == len(villages)
        assert county["places_expected"] == (of["place_level"] == "village").sum()
        for figure in ("ours", "theirs", "expected"):
            assert county[figure] == pytest.approx(villages[figure].sum())
            towns = of[of["place_level"] == "town"]
            assert towns[figure].sum() == pytest.approx(villages[figure].sum())
    assert (found.loc[found["place_level"] == "village", "status"] == CANNOT_TELL).sum() >= 80


def test_missing_on_either_side_is_cannot_tell(honest: World) -> None:
    month = "2024-03"
    counts = honest.counts[(honest.counts["sent_for"] <= month) & ~(honest.counts["source"] == "civil_marriages")]
    first = counts["place_code"].iloc[0]
    is_registration = counts["source"] == "household_registration"
    counts = counts[~(is_registration & (counts["place_code"] == counts.loc[is_registration, "place_code"].iloc[0]))]
    reports = {m: r[r["village_code"] != first] for m, r in honest.reports.items()}
    found = reconcile(counts, reports, villages_of(honest.sample.places, month), DICTIONARY, month)
    assert "civil_marriages" not in set(found["source"])  # who never sent anything is not asked about
    gone = found[(found["place_code"] == first) & (found["source"] == "hospital_births")].iloc[0]
    assert (gone["status"], np.isnan(gone["ours"]), np.isnan(gone["p_value"])) == (CANNOT_TELL, True, True)
    unknown = found[(found["source"] == "household_registration") & (found["theirs"].isna())]
    assert (unknown["status"] == CANNOT_TELL).all()
    assert len(unknown) == 1
    empty = reconcile(counts, {}, villages_of(honest.sample.places, month), DICTIONARY, month)
    assert (empty["status"] == CANNOT_TELL).all()
    assert len(reconcile(counts.iloc[:0], honest.reports, villages_of(honest.sample.places, month), DICTIONARY, month)) == 0


def test_the_frame_for_rules_has_places_of_all_levels_and_only_figures_of_the_month(honest: World) -> None:
    month = MONTHS[-1]
    found = honest.found[honest.found["month"] == month]
    wide = frames_for_rules(found, month)["department"]
    assert list(wide.columns) == ["births", "childcare_subsidy_amount", "marriages"]
    hospital = found[(found["source"] == "hospital_births") & (found["span"] == 1)].set_index("place_code")["theirs"]
    assert wide["births"].dropna().to_dict() == hospital.dropna().to_dict()  # not first doses, which are about the month before
    assert wide.loc[wide.index.str.len() == 12, "marriages"].isna().all()
    assert wide.loc["990101", "marriages"] > 0
    assert all(frame.empty for frame in frames_for_rules(found.iloc[:0], month).values())


def test_a_village_without_a_birth_is_not_in_the_hospitals_list(honest: World) -> None:
    """`unlisted: zero`: a place left out of a list that came is 0, in a month without a list it is unknown."""
    month = "2024-02"
    listed = honest.counts[(honest.counts["source"] == "hospital_births") & (honest.counts["count"] > 0)]
    places = villages_of(honest.sample.places, month)
    found = reconcile(listed[listed["sent_for"] <= month], honest.reports, places, DICTIONARY, month)
    villages = found[found["place_level"] == "village"]
    assert (villages["theirs"] == 0).sum() > 20
    none = reconcile(listed[listed["sent_for"] < month], honest.reports, places, DICTIONARY, month)
    assert (none["status"] == CANNOT_TELL).all()


def test_blank_late_births_count_as_none_in_the_comparison_only(honest: World) -> None:
    month = "2024-02"
    places = villages_of(honest.sample.places, month)
    report = honest.reports[month].copy()
    none = report["late_births_m"] + report["late_births_f"] == 0
    report.loc[none, ["late_births_m", "late_births_f"]] = np.nan
    known = honest.counts[honest.counts["sent_for"] <= month]
    a = reconcile(known, {**honest.reports, month: report}, places, DICTIONARY, month)
    b = reconcile(known, honest.reports, places, DICTIONARY, month)
    pd.testing.assert_frame_equal(a, b)
    assert report["late_births_m"].isna().any()


def test_the_lag_is_that_of_the_simulation(honest: World, record_property: pytest.RecordProperty) -> None:
    """Births registered late in the simulation are spread 60 : 25 : 10 : 5 over the four months after their own."""
    lag = lags_of(honest.counts, honest.reports, DICTIONARY, MONTHS[-1])["hospital_births", "births"]
    figures = honest.sample.figures
    on_time, late = (figures[[f"{concept}_{sex}" for sex in "mf"]].to_numpy().sum() for concept in ("births", "late_births"))
    record_property("registered_at_once", lag.shares[0])
    assert lag.shares[0] == pytest.approx(on_time / (on_time + late), abs=0.01)
    assert lag.shares[1] == pytest.approx(0.6 * late / (on_time + late), abs=0.012)
    assert sum(lag.shares) == pytest.approx(1)


def test_ratio_band_and_chance_must_both_be_left() -> None:
    """A county 5 % apart is in line however many cases; two villages of 0 against 2 are not worth a question."""
    places = pd.DataFrame(
        [
            {
                "village_code": f"9901010010{n:02d}",
                "village_name": f"村{n}",
                "town_code": "990101001",
                "town_name": "甲镇",
                "county_code": "990101",
                "county_name": "乙县",
            }
            for n in range(30)
        ]
    )
    report = pd.DataFrame(
        {"village_code": places["village_code"], "births_m": 1000.0, "births_f": 0.0, "late_births_m": 0.0, "late_births_f": 0.0}
    )
    report.loc[0, "births_m"], report.loc[1, "births_m"], report.loc[2, "births_m"] = 0.0, 0.0, 600.0
    told = pd.Series(1050.0, index=places["village_code"])
    told.iloc[0], told.iloc[1] = 2.0, 2.0
    counts = pd.DataFrame(
        {
            "source": "household_registration", "count_month": "2024-03", "place_level": "village", "place_code": told.index,
            "indicator": "births", "count": told.to_numpy(), "submission": 1, "sent_for": "2024-03", "source_file": "a", "cell": "",
        }
    )  # fmt: skip
    found = reconcile(counts, {"2024-03": report}, places, DICTIONARY, "2024-03")
    status = found.set_index("place_code")["status"]
    assert status[places["village_code"].iloc[2]] == OUT_OF_LINE
    assert (status.drop(places["village_code"].iloc[2]) == "in_line").all()
    wide = frames_for_rules(found, "2024-03")
    assert wide["department_differs"].loc[places["village_code"][:3], "births"].tolist() == [0.0, 0.0, 1.0]
    assert "unknown" not in wide["department_differs"].index
    assert wide["department_ours"].at[places["village_code"].iloc[2], "births"] == 600.0
    assert wide["department_theirs"].at[places["village_code"].iloc[2], "births"] == 1050.0
    assert wide["department_span"].at[places["village_code"].iloc[2], "births"] == 1.0
