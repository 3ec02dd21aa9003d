"""Files that may be about persons and what was decided about each: read from the receipts, decisions appended and never changed."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
import sqlalchemy as sa

from sinks.store import Store

ALLOWED, DELETED = "allowed", "deleted"
_NUMBERED = "sealed-"


class Decision(NamedTuple):
    """What a person in charge decided about one sealed file (`number`: its receipt's), and which arrival it was.

    sha256: of what was let through, an ordinary submission from then on; '' of what was deleted.
    """

    number: str
    decision: str
    decided_by: str
    reason: str
    decided_at: str
    path: str
    sent_for: str
    arrived_at: str
    sha256: str


def decisions(store: Store) -> dict[str, Decision]:
    """Number → decision, of all files."""
    t = store.tables.sealed_decision
    rows = store.rows(sa.select(*[t.c[name] for name in Decision._fields]))
    return {row[0]: Decision(*row) for row in rows}


def record_decision(store: Store, decision: Decision) -> bool:
    """Append a decision; False where there is one already: the first stands."""
    t = store.tables.sealed_decision
    try:
        with store.transaction() as connection:
            if connection.scalar(sa.select(t.c.number).where(t.c.number == decision.number)) is not None:
                return False
            connection.execute(t.insert().values(**decision._asdict()))
    except sa.exc.IntegrityError:  # somebody else decided in the same moment
        return False
    return True


def sealed_submissions(store: Store, month: str = "", *, has_members: bool = False) -> pd.DataFrame:
    """Receipts of sealed files in order of arrival, of one month where given; of bundles too, and where asked of the files in them."""
    t = store.tables.submission
    is_sealed = (t.c.status == "sealed") & t.c.sha256.startswith(_NUMBERED)
    is_sealed = is_sealed if has_members else is_sealed & ~t.c.path.contains("!/")
    query = sa.select(t).where(is_sealed & (t.c.sent_for == month) if month else is_sealed)
    return store.read(query.order_by(t.c.id))


def waiting(store: Store, month: str = "") -> pd.DataFrame:
    """Those that nobody has decided about."""
    found = sealed_submissions(store, month)
    return found[~found["sha256"].isin(list(decisions(store)))].reset_index(drop=True) if len(found) else found


def later_arrival(store: Store, number: int, path: str, sent_for: str) -> str:
    """When another file came under the name of a sealed one since; '' when none did. number: the sealed one's submission."""
    t = store.tables.submission
    same = sa.select(t.c.arrived_at).where(t.c.path == path, t.c.sent_for == sent_for, t.c.id > number)
    with store.engine.connect() as connection:
        return str(connection.scalar(same.order_by(t.c.id.desc()).limit(1)) or "")


def is_taken_in(store: Store, path: str, sent_for: str, numbers: tuple[str, ...]) -> bool:
    """Whether there is a submission from this path with one of these digests or receipt numbers."""
    t = store.tables.submission
    with store.engine.connect() as connection:
        found = sa.select(t.c.id).where(t.c.path == path, t.c.sent_for == sent_for, t.c.sha256.in_(numbers)).limit(1)
        return connection.scalar(found) is not None
