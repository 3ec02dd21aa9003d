"""Submissions and readings in the store: append-only, one transaction an intake."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import pandas as pd
import sqlalchemy as sa

from sinks.memo import NO_MEMO, Memo, memo_key
from sinks.store import Store


class Arrival(Protocol):
    """A file of the inbox (`sources.inbox.InboxFile`)."""

    @property
    def path(self) -> str:
        """Path below the inbox."""
        ...

    @property
    def sent_for(self) -> str:
        """Report month it was sent for."""
        ...

    @property
    def size(self) -> int:
        """Bytes."""
        ...

    @property
    def mtime_ns(self) -> int:
        """When it came to lie in the inbox, nanoseconds."""
        ...

    @property
    def arrived_at(self) -> str:
        """The same, as ISO time in UTC."""
        ...


class IntakeCounts(NamedTuple):
    """What one intake did. `refused`, `quarantined` and `sealed` files have a receipt and no figures; `left` were not taken in.

    left: files that went away or changed while they were read; the next intake looks at them again.
    """

    new: int
    read: int
    refused: int
    quarantined: int
    already_received: int
    left: int
    sealed: int = 0


class _Member(NamedTuple):
    """A file of a bundle, as it arrived: with the bundle."""

    path: str
    sent_for: str
    size: int
    mtime_ns: int
    arrived_at: str


_MOST_PARAMETERS = 5000
_NOT_TAKEN_IN = frozenset(("file_gone", "still_being_written"))
_TRIED_AGAIN = frozenset(("not_readable_now", "folder_not_listed", "inbox_unreachable"))
"""What is wrong with a file now and may not be at the next run: it is told once and looked at again each time."""
BUNDLE = "zip"
KNOWN = "known"
"""Status of a reading that says: these bytes are the ones received from this path before."""


def known_files(store: Store, month: str) -> dict[str, tuple[int, int]]:
    """Path → (size, mtime_ns) of every file received for `month`: the stat prefilter."""
    t = store.tables.inbox_file
    rows = store.rows(sa.select(t.c.path, t.c.size, t.c.mtime_ns).where(t.c.sent_for == month))
    return {path: (size, mtime) for path, size, mtime in rows}


def has_files(store: Store, month: str) -> bool:
    """Whether any file was received for `month`."""
    t = store.tables.submission
    with store.engine.connect() as connection:
        return connection.scalar(sa.select(t.c.id).where(t.c.sent_for == month).limit(1)) is not None


def last_hashes(store: Store, month: str) -> dict[tuple[str, str], str]:
    """(path, sent_for) → SHA-256 of what was last received from it: what the full-hash mode compares with."""
    t = store.tables.submission
    with store.engine.connect() as connection:
        rows = connection.execute(sa.select(t.c.path, t.c.sent_for, t.c.sha256).where(t.c.sent_for == month).order_by(t.c.id)).all()
    return {(path, sent_for): sha256 for path, sent_for, sha256 in rows}


def save_intake(
    store: Store, arrivals: Iterable[tuple[Arrival, Any]], *, codes: Sequence[str], reading_version: str, recorded_at: str
) -> IntakeCounts:
    """Append submissions with what was read of them.

    Args:
        store: the store.
        arrivals: pairs of inbox file and `sources.reading.FileReading`, in the order in which they are to be numbered. The
            members of a bundle follow it as submissions of their own, with the path `<bundle>!/<member>`.
        codes: the dictionary's indicators in the order of the readings' values and states.
        reading_version: the dictionary's reading version.
        recorded_at: transaction time, ISO.
    """
    writer = _IntakeWriter(store, codes, reading_version, recorded_at)
    with store.transaction() as connection:
        for batch in _batches(arrivals, 512):
            writer.write(connection, batch)
    return writer.counts


def save_readings(store: Store, readings: Iterable[tuple[str, Any]], *, codes: Sequence[str], reading_version: str) -> int:
    """Append readings of bytes that were read before under another dictionary: pairs of (sha256, FileReading)."""
    n = 0
    writer = _IntakeWriter(store, codes, reading_version, "")
    with store.transaction() as connection:
        for batch in _batches(readings, 512):
            writer.write_readings(connection, [reading for _, reading in batch])
            n += len(batch)
    return n


class _IntakeWriter:
    def __init__(self, store: Store, codes: Sequence[str], reading_version: str, recorded_at: str) -> None:
        self.store, self.codes, self.version, self.recorded_at = store, codes, reading_version, recorded_at
        self.counts = IntakeCounts(0, 0, 0, 0, 0, 0)
        self.plans: set[str] = set()
        self.next_id = 0

    def write(self, connection: sa.Connection, batch: Sequence[tuple[Arrival, Any]]) -> None:
        t = self.store.tables
        if not self.next_id:
            self.next_id = 1 + (connection.scalar(sa.select(sa.func.max(t.submission.c.id))) or 0)
        taken = [(file, reading) for file, reading in batch if not any(p.name in _NOT_TAKEN_IN for p in reading.problems)]
        self.counts = self.counts._replace(left=self.counts.left + len(batch) - len(taken))
        arrived = [arrival for file, reading in taken if reading.status != KNOWN for arrival in _with_members(file, reading)]
        seen = self._seen(connection, [reading.sha256 for _, reading in arrived if reading.sha256])
        last = self._last_of(connection, arrived)
        rows, fresh = [], []
        for file, reading in arrived:
            if last.get((file.path, file.sent_for)) == reading.sha256:
                continue  # touched, not changed; what stood there before the last one and comes back is sent anew
            last[file.path, file.sent_for] = reading.sha256
            first = seen.get(reading.sha256)
            problems = [{"name": p.name, "sheet": p.sheet, "cell": p.cell, "details": dict(p.details)} for p in reading.problems]
            if first is not None:
                problems.append({"name": "already_received", "sheet": "", "cell": "", "details": {"first": first}})
            elif reading.sha256:
                seen[reading.sha256] = file.path
                fresh.append(reading)
            counted = [r for r in reading.records if r.role != "aside"]
            n_cells = sum(r.states.count(b"R") for r in counted)
            text = json.dumps(problems, ensure_ascii=False) if problems else ""
            when = (file.arrived_at, file.sent_for, self.recorded_at)
            layout = (reading.kind, reading.layout, reading.returns, reading.score, reading.runner_up)
            counts = (len(counted), n_cells)
            rows.append((self.next_id, reading.sha256, file.path, file.size, *when, reading.status, *layout, *counts, text, reading.style))
            self.next_id += 1
            self._count(reading.status, first is not None)
        settled = [file for file, reading in taken if not any(p.name in _TRIED_AGAIN for p in reading.problems)]
        self._replace_files(connection, [(file.path, file.sent_for, file.size, file.mtime_ns) for file in settled])
        self.store.insert(connection, t.submission, [c.name for c in t.submission.columns], rows)
        self.write_readings(connection, fresh)

    def write_readings(self, connection: sa.Connection, readings: Sequence[Any]) -> None:
        t = self.store.tables.reading
        have = self._already_read(connection, [r.sha256 for r in readings])
        fixed = ("sha256", "reading_version", "ordinal", "role", "level", "return", "place_code", "place_name", "parent_name", "month")
        texts = ("form_version", "filled_by", "checked_by", "date_sent")
        columns = (
            *fixed,
            *texts,
            "plan_id",
            "wrong_sums",
            "totals",
            "row_note",
            "period",
            "title_month",
            "reasons",
            "row_no",
            "states",
            *self.codes,
        )
        rows = []
        for reading in readings:
            if reading.sha256 in have:
                continue
            have.add(reading.sha256)
            self._write_plans(connection, reading.plans)
            for ordinal, r in enumerate(reading.records):
                returns = r.returns or reading.returns
                head = (reading.sha256, self.version, ordinal, r.role, r.level, returns, r.place_code, r.place_name, r.parent_name)
                tail = (
                    r.plan_id,
                    r.wrong_sums,
                    r.totals,
                    r.row_note,
                    r.period,
                    r.title_month,
                    r.reasons,
                    r.row_no,
                    r.states.decode("ascii"),
                )
                rows.append((*head, r.month, *r.texts, *tail, *np.frombuffer(r.values).tolist()))
        self.store.insert(connection, t, columns, rows)

    def _write_plans(self, connection: sa.Connection, plans: Mapping[str, str]) -> None:
        t = self.store.tables.reading_plan
        new = {key: text for key, text in plans.items() if key not in self.plans}
        if not new:
            return
        self.plans |= set(new)
        there = set(connection.scalars(sa.select(t.c.id).where(self.store.among(t.c.id, list(new)))))
        self.store.insert(connection, t, ("id", "content"), [(k, v) for k, v in new.items() if k not in there])

    def _count(self, status: str, is_again: bool) -> None:
        c = self.counts
        self.counts = IntakeCounts(
            c.new + 1,
            c.read + (status == "read"),
            c.refused + (status == "refused"),
            c.quarantined + (status == "quarantined"),
            c.already_received + is_again,
            c.left,
            c.sealed + (status == "sealed"),
        )

    def _seen(self, connection: sa.Connection, hashes: list[str]) -> dict[str, str]:
        t = self.store.tables.submission
        query = sa.select(t.c.sha256, t.c.path).where(self.store.among(t.c.sha256, hashes)).order_by(t.c.id.desc())
        return dict(connection.execute(query).all())

    def _last_of(self, connection: sa.Connection, batch: Sequence[tuple[Arrival, Any]]) -> dict[tuple[str, str], str]:
        """(path, sent_for) → SHA-256 of what was last received from it."""
        t = self.store.tables.submission
        paths = [file.path for file, _ in batch]
        query = sa.select(t.c.path, t.c.sent_for, t.c.sha256).where(self.store.among(t.c.path, paths)).order_by(t.c.id)
        return {(path, sent_for): sha256 for path, sent_for, sha256 in connection.execute(query)}

    def _already_read(self, connection: sa.Connection, hashes: list[str]) -> set[str]:
        t = self.store.tables.reading
        query = sa.select(t.c.sha256).where(self.store.among(t.c.sha256, hashes), t.c.reading_version == self.version, t.c.ordinal == 0)
        return set(connection.scalars(query))

    def _replace_files(self, connection: sa.Connection, files: Sequence[tuple[str, str, int, int]]) -> None:
        t = self.store.tables.inbox_file
        files = list({file[:2]: file for file in files}.values())  # of one path the last
        for month in {file[1] for file in files}:
            paths = [file[0] for file in files if file[1] == month]
            connection.execute(t.delete().where(t.c.sent_for == month, self.store.among(t.c.path, paths)))
        self.store.insert(connection, t, ("path", "sent_for", "size", "mtime_ns"), files)


def _with_members(file: Arrival, reading: Any) -> Iterator[tuple[Arrival, Any]]:
    """A file, and after it the files that it bundles."""
    yield file, reading
    for name, inner in reading.members:
        yield _Member(f"{file.path}!/{name}", file.sent_for, inner.size, file.mtime_ns, file.arrived_at), inner


def _batches(items: Iterable[Any], size: int) -> Iterable[list[Any]]:
    batch: list[Any] = []
    for item in items:
        batch.append(item)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def unread(store: Store, months: Sequence[str], reading_version: str) -> list[tuple[str, str]]:
    """(sha256, path) of readable submissions for `months` that have no reading under this dictionary yet.

    A submission is stored with its reading: without another dictionary there is none.
    """
    s, r, edition = store.tables.submission, store.tables.reading, store.tables.dictionary_edition
    with store.engine.connect() as connection:
        if connection.scalar(sa.select(edition.c.version).where(edition.c.reading_version != reading_version).limit(1)) is None:
            return []
    is_had = sa.exists().where(r.c.sha256 == s.c.sha256, r.c.reading_version == reading_version)
    is_read = sa.and_(s.c.status == "read", s.c.kind != BUNDLE)  # a bundle has no figures of its own
    query = sa.select(s.c.sha256, sa.func.min(s.c.path)).where(s.c.sent_for.in_(months), is_read, ~is_had)
    with store.engine.connect() as connection:
        return [(sha256, path) for sha256, path in connection.execute(query.group_by(s.c.sha256).order_by(s.c.sha256))]


def arrivals_sent_for(store: Store, month: str) -> pd.DataFrame:
    """Submissions for `month`: submission_id, sha256, path, arrived_at, in order of arrival in the store."""
    t = store.tables.submission
    return store.read(
        sa.select(t.c.id.label("submission_id"), t.c.sha256, t.c.path, t.c.arrived_at).where(t.c.sent_for == month).order_by(t.c.id)
    )


def readings_sent_for(store: Store, month: str, reading_version: str) -> pd.DataFrame:
    """Every record read of the submissions for `month`: submission_id, path, arrived_at, sent_for beside the reading's columns.

    Figures are float64 with NaN; `states` has one character an indicator, in the dictionary's order. Sorted by submission.
    """
    return store.read(_readings(store, reading_version).where(store.tables.submission.c.sent_for == month))


def readings_of(store: Store, submissions: Sequence[int], reading_version: str) -> pd.DataFrame:
    """The same for some submissions, by their numbers in ascending order."""
    ids = store.tables.submission.c.id
    batches = list(_batches(submissions, _MOST_PARAMETERS)) or [[]]
    parts = [store.read(_readings(store, reading_version).where(ids.in_(some))) for some in batches]
    return parts[0] if len(parts) == 1 else pd.concat(parts, ignore_index=True)


def _readings(store: Store, reading_version: str) -> sa.Select[Any]:
    s, r = store.tables.submission, store.tables.reading
    columns = [s.c.id.label("submission_id"), s.c.path, s.c.arrived_at, s.c.sent_for, *r.columns]
    is_of = sa.and_(s.c.sha256 == r.c.sha256, r.c.reading_version == reading_version)
    return sa.select(*columns).join_from(s, r, is_of).order_by(s.c.id, r.c.ordinal)


def department_readings(store: Store, months: Sequence[str], reading_version: str, codes: Sequence[str]) -> pd.DataFrame:
    """Every record of a line department about one of `months`, whenever it was sent; columns as in `readings_sent_for`, but of the
    indicators only `codes`.

    A record that states no month is about the month that it was sent for.
    """
    s, r = store.tables.submission, store.tables.reading
    about_whom = ("sha256", "ordinal", "role", "level", "return", "place_code", "place_name", "parent_name", "month")
    of_reading = [r.c[name] for name in (*about_whom, "plan_id", "row_no", "totals", *codes)]
    columns = [s.c.id.label("submission_id"), s.c.path, s.c.arrived_at, s.c.sent_for, *of_reading]
    about = sa.or_(r.c.month.in_(months), sa.and_(r.c.month == "", s.c.sent_for.in_(months)))
    query = (
        sa.select(*columns)
        .join_from(s, r, sa.and_(s.c.sha256 == r.c.sha256, r.c.reading_version == reading_version))
        .where(r.c.role == "department", r.c.period == "", about)
        .order_by(s.c.id, r.c.ordinal)
    )
    return store.read(query)


def submissions_sent_for(store: Store, month: str, memo: Memo = NO_MEMO) -> pd.DataFrame:
    """The receipts of `month`, in order of arrival in the store; `problems` is JSON text.

    A submission never changes, so what the memo keeps of earlier ones still stands, where it is this store's: as many, and the last the
    same to the letter.
    """
    t = store.tables.submission
    query = sa.select(t).where(t.c.sent_for == month).order_by(t.c.id)
    name, key = f"submission-{month}", memo_key(month, [c.name for c in t.columns])
    kept = memo.get(name, key)
    if kept is not None and len(kept):
        with store.engine.connect() as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(t).where(t.c.sent_for == month))
        since = store.read(query.where(t.c.id >= int(kept["id"].iloc[-1])))
        if len(kept) + len(since) - 1 == count and since.iloc[:1].equals(kept.iloc[-1:].reset_index(drop=True)):
            found = pd.concat([kept, since.iloc[1:]], ignore_index=True) if len(since) > 1 else kept
            memo.put(name, key, found, new=len(since) - 1)
            return found
    found = store.read(query)
    memo.put(name, key, found, new=len(found))
    return found


def kept_submissions(store: Store) -> dict[str, list[tuple[str, str]]]:
    """SHA-256 → (path, month sent for) of every submission whose bytes the vault should have.

    Those are the ones that were looked through: refused unopened or set aside, a file's bytes are kept nowhere. Of a bundle with a member
    that is not kept, the bundle is not kept either.
    """
    t = store.tables.submission
    rows = store.rows(sa.select(t.c.sha256, t.c.path, t.c.sent_for, t.c.status, t.c.kind).order_by(t.c.id))
    spoilt = {(path.partition("!/")[0], month) for _, path, month, status, kind in rows if "!/" in path and not _is_kept(status, kind)}
    found: dict[str, list[tuple[str, str]]] = {}
    for sha256, path, month, status, kind in rows:
        if sha256 and _is_kept(status, kind) and not (kind == BUNDLE and (path, month) in spoilt):
            found.setdefault(sha256, []).append((path, month))
    return found


def _is_kept(status: str, kind: str) -> bool:
    return status != "quarantined" and kind != ""


def reading_plans(store: Store, plan_ids: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Plan id → {'layout', 'sheet', 'cells': {indicator: address}}."""
    t = store.tables.reading_plan
    wanted = sorted(set(plan_ids))
    with store.engine.connect() as connection:
        found: dict[str, dict[str, Any]] = {}
        for start in range(0, len(wanted), 500):
            rows = connection.execute(sa.select(t.c.id, t.c.content).where(t.c.id.in_(wanted[start : start + 500])))
            found |= {key: json.loads(text) for key, text in rows}
        return found
