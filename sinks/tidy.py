"""Tidy files beside each official table: one row a place and figure, as CSV for people and Parquet for programs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pandas as pd

from schemas.dictionary import Dictionary
from schemas.entries import Return
from schemas.periodnames import period_code
from sinks.files import neutral, write_if_changed

COLUMNS = (
    "month", "place_level", "place_code", "place_name", "indicator", "indicator_zh", "indicator_en", "unit", "kind",
    "value", "low", "high", "n_villages", "villages_expected", "villages_reported", "state", "period",
)  # fmt: skip


def tidy(figures: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """PlaceFigure (wide) → long: every place × indicator in force and derived indicator, in the order of the dictionary.

    `state` is 'reported', 'in_part' where fewer villages than expected gave it or said that it does not apply, or 'not_available' where
    none reported the figure. `n_villages`: villages that entered. `period`: what the figure is of, the month or the quarter, half-year or
    year that ends with it (2024-03, 2024-Q1); its villages reported are those of its return.
    """
    month = str(figures["month"].iloc[0]) if len(figures) else ""
    known = [(i.code, i.label, i.unit.code, i.kind, f"{i.code}__n") for i in dictionary.in_force(month)] if month else []
    known += [
        (d.code, d.label, d.unit, "derived", _reported_of(dictionary.return_of(d.code)))
        for d in dictionary.derived.values()
        if month and d.is_in_force(month) and ((r := dictionary.return_of(d.code)) is None or r.is_due(month))
    ]
    n, k = len(figures), len(known)
    of = [dictionary.return_of(code) for code, *_ in known]
    codes = [code for code, *_ in known]

    def block(columns: list[str]) -> np.ndarray:
        return (
            np.concatenate([figures[c].to_numpy(dtype=np.float64) if c in figures else np.full(n, np.nan) for c in columns])
            if k
            else np.empty(0)
        )

    def repeated(column: str) -> np.ndarray:
        return np.tile(figures[column].to_numpy(), k)

    value = block(codes)
    entered = block([column for *_, column in known]).astype(np.int64)
    answers = [f"{code}__answered" if f"{code}__answered" in figures else column for code, *_, column in known]
    is_part = block(answers) < repeated("villages_expected") if k else np.zeros(0, dtype=bool)
    frame = pd.DataFrame(
        {
            **{c: repeated(c) for c in ("month", "place_level", "place_code", "place_name")},
            "indicator": np.repeat(codes, n),
            "indicator_zh": np.repeat([label.zh for _, label, *_ in known], n),
            "indicator_en": np.repeat([label.en for _, label, *_ in known], n),
            "unit": np.repeat([unit for *_, unit, _, _ in known], n),
            "kind": np.repeat([kind for *_, kind, _ in known], n),
            "value": value,
            "low": block([f"{code}__low" for code in codes]),
            "high": block([f"{code}__high" for code in codes]),
            "n_villages": entered,
            "villages_expected": repeated("villages_expected"),
            "villages_reported": block([_reported_of(r) for r in of]).astype(np.int64),
            "state": np.where(np.isnan(value), "not_available", np.where(is_part, "in_part", "reported")),
            "period": np.repeat([period_code(r, month) for r in of], n),
        },
        columns=list(COLUMNS),
    )
    texts = [
        c
        for c in COLUMNS
        if c
        in (
            "month",
            "place_level",
            "place_code",
            "place_name",
            "indicator",
            "indicator_zh",
            "indicator_en",
            "unit",
            "kind",
            "state",
            "period",
        )
    ]
    return frame.astype(dict.fromkeys(texts, "str"))


def _reported_of(of: Return | None) -> str:
    return "villages_reported" if of is None else of.counts["villages_reported"]


def write_tidy(folder: Path, name: str, figures: pd.DataFrame, dictionary: Dictionary) -> list[Path]:
    """Write `<name>.csv` (UTF-8 with mark, so that WPS and Excel open it) and `<name>.parquet`; returns those that changed."""
    frame = tidy(figures, dictionary)
    shown = frame.assign(place_name=frame["place_name"].map(neutral))
    csv = shown.to_csv(index=False, lineterminator="\r\n", float_format="%.10g").encode("utf-8-sig")
    parquet = io.BytesIO()
    frame.to_parquet(parquet, index=False, compression="zstd")
    files = ((folder / f"{name}.csv", csv), (folder / f"{name}.parquet", parquet.getvalue()))
    return [path for path, data in files if write_if_changed(path, data)]
