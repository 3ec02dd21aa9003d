"""Rows that were called like totals, notes or groups, once the names of the registry are known: a registered village is a village."""

from __future__ import annotations

import pandas as pd

from sources.gazetteer import Gazetteer
from sources.rows import ASIDE, BY_THEMSELVES, ROUNDED, RowNote, row_note


def settled(readings: pd.DataFrame, gazetteer: Gazetteer) -> pd.DataFrame:
    """The readings, where the row of a total, a note or a group is a village's by its code or name, as the report of that village."""
    if "row_note" not in readings or not readings["row_note"].any():
        return readings
    changed = {column: readings[column].tolist() for column in ("role", "level", "place_code", "place_name", "parent_name")}
    roles, notes, is_any = changed["role"], readings["row_note"].tolist(), False
    for n, text in enumerate(notes):
        if not text or roles[n] not in (ASIDE, "stated"):
            continue
        note = row_note(text)
        town = changed["place_name"][n] if roles[n] == "stated" else changed["parent_name"][n]
        if note.seems not in BY_THEMSELVES and note.seems != ROUNDED and _is_village(note, town, gazetteer):
            row = ("report", "village", note.code, note.name, town)
            for column, value in zip(changed, row, strict=True):
                changed[column][n] = value
            is_any = True
    return readings.assign(**{c: pd.Series(v, index=readings.index, dtype="str") for c, v in changed.items()}) if is_any else readings


def _is_village(note: RowNote, town: str, gazetteer: Gazetteer) -> bool:
    """Whether a village in force has this code, or this name within the town (anywhere, where the town is not known)."""
    if note.code:
        return gazetteer.level.get(note.code) == "village"
    towns = gazetteer.named(town, "town") if town else []
    return bool(gazetteer.named(note.name, "village", towns))
