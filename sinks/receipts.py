"""Submissions of the store as receipts: their problems with wording from the catalogue."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd

from schemas.dictionary import Dictionary
from schemas.messages import message


def receipts_of(submissions: pd.DataFrame, dictionary: Dictionary) -> pd.DataFrame:
    """One row a file: file_name, rel_path, sha256, size, arrived_at, sent_for, status, layout_id, villages, cells_read, problems.

    `problems` is a list of {code, effect, where, say_zh, say_en, do_zh, do_en}.
    """
    problems = [
        _problems(text, path, month, dictionary)
        for text, path, month in zip(*(submissions[c] for c in ("problems", "path", "sent_for")), strict=True)
    ]
    return pd.DataFrame(
        {
            "file_name": submissions["path"].str.rsplit("/", n=1).str[-1],
            "rel_path": submissions["path"],
            "sha256": submissions["sha256"],
            "size": submissions["size"],
            "arrived_at": submissions["arrived_at"],
            "sent_for": submissions["sent_for"],
            "status": submissions["status"],
            "layout_id": submissions["layout"],
            "villages": submissions["n_records"],
            "cells_read": submissions["n_cells"],
            "problems": pd.Series(problems, dtype=object, index=submissions.index),
        }
    )


def _problems(text: str, path: str, month: str, dictionary: Dictionary) -> list[dict[str, Any]]:
    if not text:
        return []
    found = []
    for problem in json.loads(text):
        made = message(dictionary, problem["name"], {"month": month, **problem["details"]})
        where = " · ".join(part for part in (path, problem["sheet"], problem["cell"]) if part)
        found.append(
            {"code": made.code, "effect": made.effect, "where": where}
            | {k: getattr(made, k) for k in ("say_zh", "say_en", "do_zh", "do_en")}
        )
    return found
