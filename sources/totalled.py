"""The records of one file's sheets weighed against each other: a sheet 合计 among the sheets of villages, and totals of every sheet."""

from __future__ import annotations

from collections.abc import Sequence

from sources.layout import PARENT_LEVEL, ReadyLayout
from sources.records import PlaceRecord
from sources.rolled import as_total, names_of
from sources.rows import ASIDE, PART, WHOLE, RowNote, row_note
from sources.sums import Figures
from sources.text import fold_name

_FEWEST = 3
Parts = Sequence[tuple[str, Sequence[PlaceRecord]]]
"""The name of each sheet, and its records."""


def totalled(parts: Parts, layout: ReadyLayout, codes: Sequence[str]) -> list[PlaceRecord]:
    """All records of a file, in order; those that are a total of the others with that role."""
    records = [record for _, of_sheet in parts for record in of_sheet]
    if len(records) < _FEWEST:
        return records
    if layout.kind == "form":
        sheets = [sheet for sheet, of_sheet in parts for _ in of_sheet]
        return _total_forms(records, sheets, layout, codes)
    if len(parts) > 1:
        _set_parts_aside(records, codes)
    _name_alike(records)
    return records


def _total_forms(records: list[PlaceRecord], sheets: Sequence[str], layout: ReadyLayout, codes: Sequence[str]) -> list[PlaceRecord]:
    """A form that names no village: the total of all the others by its name, its sheet's, or because it is their sum."""
    words = layout.rows
    villages = {n for n, r in enumerate(records) if words.is_like_a_village(r.place_code, r.place_name)}
    others = [n for n in range(len(records)) if n not in villages and not (not records[n].place_name and _is_village(sheets[n], layout))]
    if not others or len(records) - len(others) < 2:
        return records
    figures = Figures(records)
    for n in others:
        record = records[n]
        seems = words.seems(record.place_name) or (words.seems(sheets[n]) if not record.place_name else "")
        if not seems and record.place_name and fold_name(record.place_name) == fold_name(record.parent_name):
            seems = WHOLE
        others_here = set(range(len(records))) - {n}
        s = figures.sum_of(n, others_here) or figures.added(n, sorted(others_here))
        if s is None and not seems:
            continue
        is_whole = seems == WHOLE or (s is not None and not seems and all(figures.is_blank(m) for m in others_here - set(s.members)))
        wrong = tuple(codes[at] for at in s.wrong[:4]) if s is not None else ()
        note = RowNote(WHOLE if is_whole else PART, record.place_name or sheets[n], record.place_code, wrong=wrong, is_told=not is_whole)
        made = as_total(record, PARENT_LEVEL[layout.level]) if is_whole else record._replace(role=ASIDE)
        if is_whole and not made.place_name:
            made = made._replace(place_name=record.place_name)
        records[n] = made._replace(row_note=note.text())
    return records


def _is_village(sheet: str, layout: ReadyLayout) -> bool:
    return layout.rows.is_like_a_village("", sheet)


def _set_parts_aside(records: list[PlaceRecord], codes: Sequence[str]) -> None:
    """Totals of one sheet each: where its villages are not all that the file has, a total is none of the town's."""
    stated = [n for n, r in enumerate(records) if r.role == "stated" and r.row_note]
    if len(stated) < 2:
        return
    figures = Figures(records)
    villages = {n for n, r in enumerate(records) if r.role == "report"}
    for n in stated:
        s = figures.sum_of(n, villages)
        if s is None:
            continue
        here = {name for m in s.members for name in names_of(records[m])}
        if any(not names_of(records[m]) & here and not figures.is_blank(m) for m in villages):
            rows = [records[m].row_no + 1 for m in s.members]
            note = row_note(records[n].row_note)._replace(seems=PART, rows=(min(rows), max(rows)), is_told=bool(s.wrong))
            note = note._replace(wrong=tuple(codes[at] for at in s.wrong[:4]))
            records[n] = records[n]._replace(role=ASIDE, row_note=note.text())


def _name_alike(records: list[PlaceRecord]) -> None:
    """What is a total in one table is none's village in the next, where its figures may all be noughts."""
    noted = {}
    for record in records:
        if record.row_note and (note := row_note(record.row_note)).seems in (WHOLE, PART) and note.name:
            noted[fold_name(note.name)] = (note.seems, record)
    if not noted:
        return
    for n, record in enumerate(records):
        is_open = record.role == "report" and not record.place_code and not record.row_note
        if is_open and (known := noted.get(fold_name(record.place_name))) is not None:
            note = RowNote(known[0], record.place_name, row=record.row_no + 1)
            made = as_total(record, known[1].level) if known[1].role == "stated" else record._replace(role=ASIDE)
            records[n] = made._replace(row_note=note.text())
