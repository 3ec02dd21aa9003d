"""Findings → the review queue: one query a place, ordered by suspicion × influence, with the line where asking may stop.

What must be settled before a release (mandatory, near-mandatory) always stands above the line; below it the expected error that is left
in every county total is under the dictionary's `residual` (`methods.priority`). The order is one of work, never one of merit.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from methods.priority import prioritise, suspicion
from schemas.dictionary import SEVERITIES, Dictionary
from schemas.frames import QUERY_COLUMNS

_HARD = ("mandatory", "near_mandatory")


def queries_of(
    findings: pd.DataFrame,
    hints: pd.DataFrame,
    expected: pd.DataFrame,
    report: pd.DataFrame,
    totals: pd.DataFrame,
    dictionary: Dictionary,
    month: str,
) -> pd.DataFrame:
    """Query frame: one row a place with findings, in the order in which to ask.

    Args:
        findings: Finding frame of the month.
        hints: Hint frame: which cells of a broken edit are probably wrong, and by how much.
        expected: Expectation frame of the month's reports.
        report: VillageReport frame.
        totals: PlaceFigure rows of counties, as reported.
        dictionary: suspicion by severity, the residual.
        month: 'YYYY-MM'.
    """
    if findings.empty:
        return pd.DataFrame(columns=list(QUERY_COLUMNS)).astype(_KINDS)
    cells = suspected_cells(findings, hints, expected, report, dictionary)
    scored = _scored(cells, totals, dictionary)
    best = scored.sort_values("influence", ascending=False, kind="stable").drop_duplicates("place_code").set_index("place_code")
    order = {severity: n for n, severity in enumerate(SEVERITIES)}
    gravest = findings.assign(order=findings["severity"].map(order)).sort_values("order", kind="stable")
    places = gravest.groupby("place_code", sort=False).agg(
        place_level=("place_level", "first"), place_name=("place_name", "first"), town_code=("town_code", "first"),
        county_code=("county_code", "first"), severity=("severity", "first"), n_findings=("rule_id", "size"), rules=("rule_id", ",".join),
    )  # fmt: skip
    by_place = scored.groupby("place_code")
    out = places.assign(
        suspicion=by_place["suspicion"].max(),
        influence=by_place["influence"].max(),
        indicator=best["indicator"],
        shown=best["shown"],
        expected=best["expected"],
        is_above_line=by_place["is_above_line"].any(),
    ).reset_index()
    is_hard = out["severity"].isin(_HARD)
    # A question about how or when a file came puts no figure in doubt.
    out["suspicion"] = out["suspicion"].fillna(out["severity"].map(dict(dictionary.implausible.suspicion)).where(is_hard, 0.0))
    out["is_above_line"] = is_hard | out["is_above_line"].eq(True)
    out = out.fillna({"influence": 0.0, "indicator": ""})
    out = out.assign(month=month, is_hard=is_hard)
    out = out.sort_values(["is_hard", "is_above_line", "influence", "place_code"], ascending=[False, False, False, True], kind="stable")
    return out.assign(rank=np.arange(1, len(out) + 1)).reset_index(drop=True)[list(QUERY_COLUMNS)].astype(_KINDS)


_KINDS: Mapping[str, str] = {
    **dict.fromkeys(QUERY_COLUMNS, "str"),
    **dict.fromkeys(("rank", "n_findings"), "int64"),
    **dict.fromkeys(("shown", "expected", "suspicion", "influence"), "float64"),
    "is_above_line": "bool",
}


def suspected_cells(
    findings: pd.DataFrame, hints: pd.DataFrame, expected: pd.DataFrame, report: pd.DataFrame, dictionary: Dictionary
) -> pd.DataFrame:
    """Every figure that a finding puts in question: place_code, county_code, rule_id, indicator, shown, expected, suspicion (0–1).

    A figure that track B asks about: its prediction and p-value. An edit: the cells of its first hint and what would fit there, or the
    rule's own two sides where there is no hint. How sure an edit's finding is depends on its severity.
    """
    row_of = {code: n for n, code in enumerate(expected["village_code"])}
    report_row = {code: n for n, code in enumerate(report["village_code"])}
    first: dict[tuple[str, str], tuple[list[str], list[float], list[float]]] = {}
    for h in hints[hints["rank"] == 1].to_dict("records"):
        for rule in h["rules"].split(","):
            figures = ([float(v) for v in h[name].split(", ")] for name in ("shown", "fits"))
            first.setdefault((h["village_code"], rule), (h["indicators"].split(","), *figures))
    b_rules = {q.id for q in dictionary.implausible.questions}
    rows: list[tuple[object, ...]] = []
    for f in findings.to_dict("records"):
        key = (f["place_code"], f["county_code"], f["rule_id"])
        codes = [code for code in f["indicators"].split(",") if code in dictionary.indicators]
        if f["rule"] in b_rules:
            at, shown_at = row_of[f["village_code"]], report_row[f["village_code"]]
            for code in codes:
                p, mean = (float(expected[f"{code}__{part}"].iloc[at]) for part in ("p", "mean"))
                rows.append((*key, code, float(report[code].iloc[shown_at]), mean, float(suspicion(np.array([p]))[0])))
            continue
        sure = dictionary.implausible.suspicion[f["severity"]]
        if (f["village_code"], f["rule_id"]) in first:
            hint = first[f["village_code"], f["rule_id"]]
            rows += [(*key, code, old, new, sure) for code, old, new in zip(*hint, strict=True)]
        elif codes and f["level"] > 0:
            rows.append((*key, codes[0], f["observed"], f["expected"], sure))
    names = ["place_code", "county_code", "rule_id", "indicator", "shown", "expected", "suspicion"]
    kinds = {**dict.fromkeys(names[:4], "str"), **dict.fromkeys(names[4:], "float64")}
    return pd.DataFrame(rows, columns=names).astype(kinds)


def _scored(cells: pd.DataFrame, totals: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """`prioritise` county by county; one figure in question for several reasons counts once, by the gravest."""
    once = cells.sort_values("suspicion", ascending=False, kind="stable").drop_duplicates(["place_code", "indicator"])
    frames = []
    for county, here in once.groupby("county_code", sort=True):
        total = totals.loc[totals["place_code"] == county, list(dictionary.codes)].sum(min_count=1)
        frames.append(prioritise(here.reset_index(drop=True), total, residual=dictionary.implausible.residual))
    columns = [*cells.columns, "error", "influence", "is_above_line"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns).astype({"influence": "float64"})
