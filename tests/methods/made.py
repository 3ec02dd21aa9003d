"""VillageReport frames made for the tests of methods: villages given as figures by indicator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from methods.confront import Confrontation, confront
from schemas.dictionary import Dictionary, load_dictionary
from schemas.states import REPORTED, state_column

MONTH = "2024-03"
DUE = "2024-04-05T15:59:59Z"
IN_TIME = "2024-04-03T02:00:00Z"
TOWNS = ("990101100", "990101101", "990101200")
DICTIONARY = load_dictionary([])

Figures = Mapping[str, float | str]
"""Indicator → figure, or the letter of the state that says why there is none."""


def village_code(number: int, town: int = 0) -> str:
    """Code of a village: town 0, 1 or 2 of one county."""
    return f"{TOWNS[town]}{200 + number:03d}"


def places_of(codes: Sequence[str]) -> pd.DataFrame:
    """A registry of one county with these villages."""
    rows = [("990101", "county", "栖云县", ""), *((t, "town", f"{t[-3:]}镇", "990101") for t in sorted({c[:9] for c in codes}))]
    rows += [(code, "village", f"村{code[-3:]}", code[:9]) for code in codes]
    frame = pd.DataFrame(rows, columns=["code", "level", "name", "parent_code"], dtype="str")
    return frame.assign(name_en="", urban_rural="", valid_from="", valid_to="").astype("str")


def readings_of(rows: Sequence[Mapping[str, object]], dictionary: Dictionary = DICTIONARY) -> pd.DataFrame:
    """Readings as the store gives them and `identify` completes them; a row may override any column, 'figures' holds its figures."""
    made = []
    for number, row in enumerate(rows, start=1):
        figures = row.get("figures", {})
        assert isinstance(figures, Mapping)
        rest = row.get("rest", "M")
        assert isinstance(rest, str)
        states = "".join(_letter(figures[c]) if c in figures else rest for c in dictionary.codes)
        values = {c: figures[c] if isinstance(figures.get(c), int | float) else np.nan for c in dictionary.codes}
        base = {
            "submission_id": number,
            "sha256": f"{number:064d}",
            "ordinal": 0,
            "path": f"file{number}.xlsx",
            "arrived_at": f"{IN_TIME[:17]}{number:02d}Z",  # one after the other
            "return": "village_monthly",
            "role": "report",
            "level": "village",
            "place": village_code(1),
            "place_name": "",
            "parent_name": "",
            "month": MONTH,
            "wrong_sums": "",
            "plan_id": "plan",
            "row_no": 0,
            "is_known": True,
            "is_name_match": True,
            "is_town_match": True,
            "place_from": "cells",
            "other_place": "",
            "is_claim_match": True,
            "file_month": "",
            **dict.fromkeys(("sheet_name", "sheet_says", "file_says", "folder_says", "suggestions"), ""),
        }
        made.append(base | {k: v for k, v in row.items() if k not in ("figures", "rest")} | {"states": states} | values)
    frame = pd.DataFrame(made)
    texts = [c for c in frame if c not in dictionary.codes and frame[c].map(lambda v: isinstance(v, str)).all()]
    return frame.astype(dict.fromkeys(texts, "str") | dict.fromkeys(dictionary.codes, "float64"))


def _letter(figure: object) -> str:
    return figure if isinstance(figure, str) else chr(REPORTED)


def report_of(villages: Sequence[Figures], *, towns: Sequence[int] | None = None, dictionary: Dictionary = DICTIONARY) -> pd.DataFrame:
    """The report of a month in which every village sent these figures, blank elsewhere; an empty mapping: it sent nothing."""
    codes = [village_code(n, towns[n] if towns else 0) for n in range(len(villages))]
    sent = np.array([bool(figures) for figures in villages])
    known = {
        "month": MONTH,
        "village_code": codes,
        "village_name": [f"村{code[-3:]}" for code in codes],
        "town_code": [code[:9] for code in codes],
        "town_name": [f"{code[6:9]}镇" for code in codes],
        "county_code": "990101",
        "county_name": "栖云县",
        "status": np.where(sent, "accepted", "missing"),
        "reading_ids": [f"{n:064d}/0" if there else "" for n, there in enumerate(sent)],
    }
    report = pd.DataFrame(known).astype("str").assign(is_on_time=sent, **dict.fromkeys(dictionary.attributes, np.nan))
    counted = ("is_place_unknown", "is_place_expired", "identical_copies", "conflicting_versions", "simultaneous_versions")
    counted += ("former_copies", "emptied_since")
    of_all = {"is_missing": ~sent, **dict.fromkeys(counted, 0)}
    of_sent = ("days_late", "month_gap", "is_name_mismatch", "is_town_mismatch", "stated_sum_mismatches", "unreadable_cells")
    of_sent += ("is_other_village", "is_claim_mismatch", "is_filled_in", "file_month_gap", "title_month_gap", "is_other_period")
    of_sent += ("required_absent",)
    report = report.assign(**{name: np.asarray(value, dtype=float) * np.ones(len(codes)) for name, value in of_all.items()})
    report.loc[sent, list(of_sent)] = 0.0
    values = [[f.get(c) if isinstance(f.get(c), int | float) else np.nan for c in dictionary.codes] for f in villages]
    states = [[ord(_letter(f.get(c, "M"))) for c in dictionary.codes] for f in villages]
    figures = pd.DataFrame(np.array(values, dtype=float), columns=list(dictionary.codes))
    wide = pd.DataFrame(np.array(states, dtype=np.uint8), columns=[state_column(c) for c in dictionary.codes])
    return pd.concat([report, figures, wide], axis=1)


def confronted(report: pd.DataFrame, previous: pd.DataFrame | None = None, dictionary: Dictionary = DICTIONARY) -> Confrontation:
    """The report against the rule book."""
    return confront(report, previous, dictionary, MONTH)


def consistent(births_m: int = 2, births_f: int = 1) -> dict[str, float]:
    """A full report that no rule of level 1 has anything to say about."""
    figures = dict.fromkeys(DICTIONARY.codes, 0.0)
    start_m, start_f, births = 500, 480, births_m + births_f
    figures |= {"households_end": 320, "population_start_m": start_m, "population_start_f": start_f}
    figures |= {"births_m": births_m, "births_f": births_f, "deaths_m": 1, "moved_in_f": 3, "late_births_m": 1, "boundary_change_f": -2}
    end_m, end_f = start_m + births_m - 1 + 1, start_f + births_f + 3 - 2
    figures |= {"population_end_m": end_m, "population_end_f": end_f, "resident_population_m": end_m, "resident_population_f": end_f}
    figures |= {"births_order_1": births, "births_in_facility": births, "women_15_49": 200}
    figures |= {"age_0_14": 150, "age_60_64": 60, "age_65plus": 140, "age_15_59": end_m + end_f - 350}
    figures |= {"marriages": 2, "first_marriages": 3, "inflow_total": 30, "inflow_other_county": 20, "inflow_other_province": 5}
    figures |= {"outflow_total": 30, "outflow_other_county": 20, "satisfaction_forms": 10, "satisfaction_forms_satisfied": 9}
    figures |= {"childcare_subsidy_eligible": 40, "childcare_subsidy_paid": 40, "childcare_subsidy_amount": 12_000}
    return figures
