"""What a form of this month can show of last month's accepted report: opening stocks, and figures to compare with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from schemas.openings import alone as alone
from schemas.openings import openings as openings

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary
    from sinks.store import Store


def largest(dictionary: Dictionary, month: str) -> dict[str, float]:
    """Indicator → the most that a mandatory rule lets it be by itself, where one does."""
    limits: dict[str, float] = {}
    for instance in dictionary.instances_in_force(month):
        if instance.rule.severity != "mandatory" or instance.rule.relation != "le":
            continue
        for _, observed, expected in instance.parts:
            name, limit = alone(observed), expected.linear()
            if name is not None and limit is not None and not limit.coefficients:
                limits[name.code] = min(limit.constant, limits.get(name.code, limit.constant))
    return limits


def month_before(month: str) -> str:
    """'2024-01' → '2023-12'."""
    year, number = int(month[:4]), int(month[5:])
    return f"{year - 1}-12" if number == 1 else f"{year}-{number - 1:02d}"


def last_figures(store: Store, dictionary: Dictionary, month: str) -> dict[str, dict[str, float]]:
    """Village → the figures of its accepted report of the month before `month`, as recorded at that month's last run.

    Where a file was read again since (with a newer dictionary), its newest reading in store counts.
    """
    import sqlalchemy as sa

    from sinks.month import load_month

    report = load_month(store, month_before(month), "village_report")
    accepted = report[report["status"] == "accepted"]
    wanted = {
        reading_id: str(village)
        for village, ids in zip(accepted["village_code"], accepted["reading_ids"], strict=True)
        for reading_id in ids.split(",")
    }
    r, s, edition = store.tables.reading, store.tables.submission, store.tables.dictionary_edition
    recorded = sa.select(edition.c.reading_version, sa.func.max(edition.c.recorded_at).label("at")).group_by(edition.c.reading_version)
    editions = recorded.subquery()
    query = (
        sa.select(r.c.sha256, r.c.ordinal, *[r.c[code] for code in dictionary.codes])
        .outerjoin_from(r, editions, r.c.reading_version == editions.c.reading_version)
        .where(r.c.sha256.in_(sa.select(s.c.sha256).where(s.c.sent_for == month_before(month))))
        .order_by(editions.c.at, r.c.reading_version)
    )
    with store.engine.connect() as connection:
        newest = {f"{row[0]}/{row[1]}": row[2:] for row in connection.execute(query)}
    found: dict[str, dict[str, float]] = {}
    for reading_id, village in wanted.items():
        figures = zip(dictionary.codes, newest.get(reading_id, ()), strict=False)
        found.setdefault(village, {}).update({code: value for code, value in figures if value is not None})
    return found


def opening_figures(dictionary: Dictionary, month: str, last: Mapping[str, float]) -> dict[str, float]:
    """This month's figures that are known from last month's."""
    return {code: last[before] for code, before in openings(dictionary, month).items() if before in last}
