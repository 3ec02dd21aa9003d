"""How many findings the months before had: from the store as it stands, this month's from its frame."""

from __future__ import annotations

import pandas as pd

from schemas.dictionary import load_dictionary
from schemas.frames import FINDING_COLUMNS
from sinks.month import findings_by_month, save_month
from sinks.store import open_store


def findings_of(month: str, *rows: tuple[int, str]) -> pd.DataFrame:
    fixed = dict.fromkeys(FINDING_COLUMNS, "x") | {"month": month, "observed": 1.0, "expected": 0.0, "gap": 1.0}
    return pd.DataFrame([fixed | {"level": level, "severity": severity} for level, severity in rows], columns=list(FINDING_COLUMNS))


def test_months_stand_in_order_with_quiet_ones_and_later_ones_left_out(database_url: str) -> None:
    store = open_store(database_url, load_dictionary([]))
    told = {
        "2024-01": [(1, "mandatory"), (1, "mandatory"), (2, "verify")],
        "2024-02": [],
        "2024-03": [(0, "verify")],  # recorded before: the frame that is given counts
        "2024-04": [(1, "verify")],
    }
    for month, rows in told.items():
        save_month(store, month, {"finding": findings_of(month, *rows)}, dictionary_version="1", recorded_at="2024-05-01T00:00:00Z")
    now = findings_of("2024-03", (1, "mandatory"))
    history = findings_by_month(store, "2024-03", now)
    rows = [tuple(row) for row in history[["month", "level", "severity", "count"]].itertuples(index=False)]
    quiet = ("2024-02", -1, "verify", 0)
    assert rows == [("2024-01", 1, "mandatory", 2), ("2024-01", 2, "verify", 1), quiet, ("2024-03", 1, "mandatory", 1)]
    assert set(findings_by_month(store, "2024-03", now, most=2)["month"]) == {"2024-02", "2024-03"}
    assert findings_by_month(store, "2023-12", findings_of("2023-12")).values.tolist() == [["2023-12", -1, "verify", 0]]
    store.engine.dispose()
