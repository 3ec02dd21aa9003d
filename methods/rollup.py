"""Roll-up: villages → towns → counties. A total is the sum of what was reported, and says how much was."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.derive import derive
from schemas.dictionary import Dictionary
from schemas.entries import Return
from schemas.states import NOT_APPLICABLE, state_column
from schemas.wholes import with_wholes


def of_return(figures: pd.DataFrame, of: Return | None) -> pd.DataFrame:
    """PlaceFigure rows whose counts of villages are those of a return of another period; as they are for the month's."""
    return figures if of is None else figures.assign(**{name: figures[own] for name, own in of.counts.items()})


def roll_up(report: pd.DataFrame, dictionary: Dictionary, level: str) -> pd.DataFrame:
    """PlaceFigure frame: one row a town or county, in order of code.

    Args:
        report: VillageReport frame of one month.
        dictionary: indicators and derived indicators.
        level: 'town' or 'county'.

    Returns:
        Sums of reported values (NaN when no village reported one), `<code>__n` villages that entered, `<code>__answered` those and the
        ones to which the figure does not apply (for the tables; the store does not keep it), counts of villages expected, reported, on
        time, missing and held, derived indicators. Places that the registry does not expect are left out.
    """
    expected = (report["is_place_unknown"] != 1) & (report["is_place_expired"] != 1) & (report["town_code"] != "")
    report = report[expected].reset_index(drop=True)
    month = str(report["month"].iloc[0]) if len(report) else ""
    given, report = report, with_wholes(report, dictionary)  # a total is the sum of all, whether they gave its parts or not
    groups, codes = pd.factorize(report[f"{level}_code"], sort=True)
    first = report.drop_duplicates(f"{level}_code").set_index(f"{level}_code").reindex(codes)
    accepted = report["status"] == "accepted"
    counts = {
        "villages_expected": np.ones(len(report), dtype=bool),
        "villages_reported": accepted,
        "villages_on_time": accepted & report["is_on_time"],
        "villages_missing": report["status"] == "missing",
        "villages_held": report["status"] == "held",
    }
    counts |= _counts_of_other_returns(report, dictionary, month)
    n = len(codes)
    values = report[list(dictionary.codes)].to_numpy(dtype=np.float64)
    there = ~np.isnan(values)
    sums, entered = np.zeros((n, values.shape[1])), np.zeros((n, values.shape[1]), dtype=np.int64)
    np.add.at(sums, groups, np.where(there, values, 0.0))
    np.add.at(entered, groups, there)
    answered, does_not_apply = entered.copy(), report[[state_column(code) for code in dictionary.codes]].to_numpy() == NOT_APPLICABLE
    does_not_apply &= ~np.array([i.concept.required for i in dictionary.indicators.values()], dtype=bool)  # those every village has
    np.add.at(answered, groups, does_not_apply)
    sums = np.where(entered > 0, np.round(sums, 2), np.nan)
    head = pd.DataFrame(
        {
            "month": pd.Series([month] * n, dtype="str"),
            "place_level": pd.Series([level] * n, dtype="str"),
            "place_code": pd.Series(list(codes), dtype="str"),
            "place_name": pd.Series(first[f"{level}_name"].tolist(), dtype="str"),
            "parent_code": pd.Series(first["county_code"].tolist() if level == "town" else [""] * n, dtype="str"),
            **{name: np.bincount(groups[np.asarray(mask)], minlength=n).astype(np.int64) for name, mask in counts.items()},
        }
    )
    figures = pd.DataFrame(sums, columns=list(dictionary.codes))
    numbers = pd.DataFrame(entered, columns=[f"{code}__n" for code in dictionary.codes])
    answers = pd.DataFrame(answered, columns=[f"{code}__answered" for code in dictionary.codes])
    derived = (
        derive(given, groups.astype(np.int64), n, dictionary, month, level)
        if n
        else pd.DataFrame(columns=list(dictionary.derived), dtype="float64")
    )
    return pd.concat([head, figures, numbers, answers, derived], axis=1)


def _counts_of_other_returns(report: pd.DataFrame, dictionary: Dictionary, month: str) -> dict[str, NDArray[np.bool_]]:
    """Which villages count for every return of another period: none where it is not due."""
    counts: dict[str, NDArray[np.bool_]] = {}
    for of in dictionary.other_returns:
        is_due = np.full(len(report), bool(month) and of.is_due(month))
        late, missing = report[of.days_late].to_numpy(dtype=np.float64), report[of.is_missing].to_numpy(dtype=np.float64)
        reported, held = ~np.isnan(late), np.isnan(late) & (missing == 0)
        masks = (reported, reported & (late <= 0), ~reported & ~held, held)
        counts |= {name: mask & is_due for name, mask in zip(of.counts.values(), masks, strict=True)}
    return counts
