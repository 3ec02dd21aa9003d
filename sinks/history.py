"""What villages reported in earlier months, as the month's tables keep it: the history that tests over time look at."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import sqlalchemy as sa

from sinks.store import Store


def accepted_figures(store: Store, first: str, last: str, codes: Sequence[str], villages: Sequence[str] = ()) -> pd.DataFrame:
    """Accepted reports of the months `first` to `last` ('YYYY-MM', both inclusive) in one query: month, village_code, then the codes.

    Args:
        store: the open store.
        first, last: months.
        codes: indicators.
        villages: only these; by default all.
    """
    report = store.tables.village_report
    query = sa.select(report.c.month, report.c.village_code, *[report.c[code] for code in codes]).where(
        report.c.month >= first, report.c.month <= last, report.c.status == "accepted"
    )
    if villages:
        query = query.where(report.c.village_code.in_(villages))
    with store.engine.connect() as connection:
        rows = connection.execute(query.order_by(report.c.month, report.c.row_no)).fetchall()
    keys = pd.DataFrame({"month": [r[0] for r in rows], "village_code": [r[1] for r in rows]}, dtype="str")
    figures = np.array([r[2:] for r in rows], dtype=np.float64).reshape(len(rows), len(codes))  # NULL becomes NaN
    return pd.concat([keys, pd.DataFrame(figures, columns=list(codes))], axis=1)


def questions_of(store: Store, month: str) -> pd.DataFrame:
    """What a month's findings asked: village_code, rule_id, indicators, gap."""
    finding = store.tables.finding
    return store.read(
        sa.select(finding.c.village_code, finding.c.rule_id, finding.c.indicators, finding.c.gap).where(
            finding.c.month == month, finding.c.place_level == "village"
        )
    )


def submissions_of(store: Store, first: str, last: str, reading_version: str) -> pd.DataFrame:
    """When and as which file villages reported, every version.

    Columns: month, village_code (as the form has it), sha256, size, arrived_at, style.
    """
    t, r = store.tables.submission, store.tables.reading
    query = (
        sa.select(t.c.sent_for.label("month"), r.c.place_code.label("village_code"), t.c.sha256, t.c.size, t.c.arrived_at, t.c.style)
        .join(r, r.c.sha256 == t.c.sha256)
        .where(t.c.sent_for >= first, t.c.sent_for <= last, r.c.reading_version == reading_version)
        .where(r.c.role == "report", r.c.level == "village")
    )
    return store.read(query.order_by(t.c.id))


def counts_between(store: Store, first: str, last: str) -> pd.DataFrame:
    """DepartmentCount rows that the records of these months hold, those sent last coming last."""
    t = store.tables.department_count
    return store.read(sa.select(t).where(t.c.month >= first, t.c.month <= last).order_by(t.c.month, t.c.submission))
