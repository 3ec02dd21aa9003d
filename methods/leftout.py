"""Rows of a file that were left out, in words for its receipt: subtotals, groups of villages, notes with figures, hidden rows."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from schemas.dictionary import Dictionary
from schemas.messages import message
from schemas.spans import spans

ASIDE = "aside"
_EACH = {"other": "row_of_other_table", "again": "row_again_below", "note": "row_left_out"}
_MOST_LABELS = 3
Note = dict[str, str]


def left_out(heads: pd.DataFrame, dictionary: Dictionary) -> dict[int, list[Note]]:
    """Submission → what is told of its rows that were left out.

    Args:
        heads: identified readings of all roles, with `row_note`, `path` and `sheet`.
        dictionary: messages and labels.
    """
    found: dict[int, list[Note]] = {}
    if "row_note" not in heads:
        return found
    rows = heads[(heads["role"] == ASIDE) & (heads["row_note"] != "")]
    for number, of_file in rows.groupby("submission_id", sort=False):
        records = [
            {**json.loads(text), "path": path, "sheet": sheet} for text, path, sheet in of_file[["row_note", "path", "sheet"]].values
        ]
        told = [n for r in records if r["seems"] not in ("group", "hidden") and (n := _one(r, dictionary)) is not None]
        told += _hidden([r for r in records if r["seems"] == "hidden"], dictionary)
        told += _groups([r for r in records if r["seems"] == "group"], dictionary)
        if told:
            found[int(str(number))] = told
    return found


def _one(row: Mapping[str, Any], dictionary: Dictionary) -> Note | None:
    if not row.get("is_told"):
        return None
    details = {"row": str(row.get("row", "—")), "name": str(row.get("name", "—"))}
    if row.get("rows"):
        details |= {"first": str(row["rows"][0]), "last": str(row["rows"][1])}
    name = _EACH.get(row["seems"]) or ("subtotal_differs" if row.get("wrong") else "row_adds_up" if row.get("rows") else "row_left_out")
    labels = [dictionary.indicators[code].label for code in row.get("wrong", ())[:_MOST_LABELS] if code in dictionary.indicators]
    details |= {"reason": "、".join(label.zh for label in labels), "reason_en": ", ".join(label.en for label in labels)}
    return _note(name, details, row, f"A{row['row']}" if row.get("row") else "", dictionary)


def _hidden(rows: Sequence[Mapping[str, Any]], dictionary: Dictionary) -> list[Note]:
    """Once a sheet."""
    by_sheet: dict[str, list[Mapping[str, Any]]] = {}
    for row in rows:
        by_sheet.setdefault(row["sheet"], []).append(row)
    return [
        _note("hidden_rows_left_out", {"rows": spans(row.get("row", 0) for row in here)}, here[0], f"A{here[0].get('row', 1)}", dictionary)
        for here in by_sheet.values()
    ]


def _groups(rows: Sequence[Mapping[str, Any]], dictionary: Dictionary) -> list[Note]:
    """Once a file that there are any; of each village whose groups do not add up, that they do not."""
    if not rows:
        return []
    villages = list(dict.fromkeys(str(row.get("of", "")) for row in rows))
    first = rows[0]
    details = {"village": villages[0], "n": str(len(villages)), "row": str(first.get("row", "")), "name": str(first.get("name", ""))}
    told = [_note("groups_left_out", details | {"rows": str(len(rows))}, first, f"A{first.get('row', 1)}", dictionary)]
    for village in villages:
        here = [row for row in rows if row.get("of", "") == village]
        if any(row.get("wrong") or not row.get("rows") for row in here):
            details = {"village": village, "row": str(here[0].get("row", ""))}
            told.append(_note("groups_differ", details, here[0], f"A{here[0].get('row', 1)}", dictionary))
    return told


def _note(name: str, details: Mapping[str, str], row: Mapping[str, Any], cell: str, dictionary: Dictionary) -> Note:
    made = message(dictionary, name, details)
    where = " · ".join(part for part in (row["path"], row["sheet"], cell) if part)
    words = {key: getattr(made, key) for key in ("say_zh", "say_en", "do_zh", "do_en")}
    return {"code": made.code, "effect": made.effect, "where": where, **words}
