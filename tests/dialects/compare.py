"""What the reader says of a file against what the file says: every value, state and address, and whom it is about."""

from __future__ import annotations

import json
import re

from methods.cells import cell_address
from schemas.states import REPORTED
from sources.layout import reading_kit
from sources.reading import FileReader, FileReading
from sources.records import PlaceRecord
from tests.dialects.grid import Book, Report, Said, truth
from tests.dialects.words import DICTIONARY

KIT = reading_kit(DICTIONARY)
_MOST = 12
"""Differences shown of one file."""


def differences(book: Book, data: bytes, name: str, *, kind: str = "") -> list[str]:
    """Where the reading of a file is not the truth; empty where it is exact.

    kind: how it is written; text and web pages have no names of sheets.
    """
    return compared(book, FileReader(KIT).read(data, name), name, has_sheet_names=not kind.startswith(("csv", "tsv", "html")))


def compared(book: Book, reading: FileReading, name: str, *, has_sheet_names: bool = True) -> list[str]:
    """As `differences`, of what was read already."""
    told = ", ".join(dict.fromkeys(f"{p.name} {p.cell} {dict(p.details)}" for p in reading.problems[:6]))
    if reading.status != "read":
        return [f"{name}: {reading.status} ({told})"]
    wanted = truth(book, has_sheet_names=has_sheet_names)
    found: list[str] = []
    if [r.role for r in reading.records].count("report") != [r.role for r, _ in wanted].count("report"):
        found.append(f"{name}: wanted {len(wanted)} reports, got {[(r.role, r.place_code, r.place_name) for r in reading.records]}")
    records = {(_plain(r.place_code) or _plain(r.place_name)) if r.role == "report" else r.role: r for r in reading.records}
    for report, said in wanted:
        key = (report.code or report.name) if report.role == "report" else report.role
        record = records.get(_plain(key))
        if record is None:
            found.append(f"{name} · {report.role} {report.name}: not read")
            continue
        found += [f"{name} · {report.name} · {line}" for line in _of_record(report, said, record, reading, has_sheet_names)]
    if book.has_old and not any(p.name == "not_collected" for p in reading.problems) and len(reading.problems) < 20:
        found.append(f"{name}: columns that are no longer collected were not told")
    if len(found) > _MOST:
        found = [*found[:_MOST], f"{name}: and {len(found) - _MOST} more"]
    return [*found, f"{name}: told {told}"] if found and told else found


def _of_record(report: Report, said: dict[str, Said], record: PlaceRecord, reading: FileReading, has_sheet_names: bool) -> list[str]:
    found = []
    if record.month != report.month:
        found.append(f"month: wanted {report.month}, got {record.month!r}")
    fields = [("code", report.code, record.place_code), ("name", report.name, record.place_name), ("town", report.town, record.parent_name)]
    if report.role == "stated":
        fields = [("name", report.name, record.place_name)]
    found += [f"{field}: wanted {wanted}, got {got!r}" for field, wanted, got in fields if _plain(got) != _plain(wanted)]
    plan = json.loads(reading.plans[record.plan_id])
    values = memoryview(record.values).cast("d")
    for n, (code, wanted) in enumerate(said.items()):
        state = chr(record.states[n])
        at = cell_address(plan, code, record.row_no)
        if not has_sheet_names:
            at = at.rpartition("!")[2]
        value = values[n] if record.states[n] == REPORTED else None
        if (state, at) != (wanted.state, wanted.address) or (state == "R" and value != wanted.value):
            shown = f"{wanted.value!r} {wanted.state} {wanted.address}" if wanted.state == "R" else f"{wanted.state} {wanted.address}"
            found.append(f"{code}: wanted {shown}, got {value!r} {state} {at}")
    if record.wrong_sums:
        found.append(f"sums that are right were called wrong: {record.wrong_sums}")
    return found


def _plain(text: str) -> str:
    return re.sub(r"\s", "", text)
