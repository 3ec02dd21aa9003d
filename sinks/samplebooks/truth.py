"""What is true of a sample county, for whoever checks the pipeline against it.

truth.json:
    seed, months, county: what was asked for.
    forms: id → where figures stand. Ids are '<dialect>@<month>' with {sheet, figures: {code: 'E9'}, head: {field: 'C3'}},
        and 'list@<month>@<town code>' with {sheet, columns: {code: 'F'}, total_row, file}.
    mistakes: [{kind, month, village_codes, town_code, files, indicators, true, shown, cells, detail, echo_month}]; the first
        of `files` is the one at fault; `cells` as 'sheet!E9' by indicator, or the head field that is wrong.
    patterns: [{kind, what, village_code, month, strength, other_code}]: villages whose figures are made from `month` on.
    missing: {month: [village codes]}: villages that sent nothing.
    department_mismatches: [{source, indicator, place_code, change}]: counts of line departments put out of line, every month.
truth/figures.parquet: month, village_code, village_name (true), town_code, dialect, per indicator `<code>` (the truth) and
    `<code>__state` (ASCII number of the state in which an honest form shows it: R, M, N, C).
truth/departments.parquet: source, month (of the file), count_month, place_code, indicator, count: what departments' files show.
truth/shown.parquet: one row per village and file: month, village_code, village_name (as written), town_code, file, arrival,
    head_month, copy_of, dialect, form (id as above), row (in a list; else 0), then what the file shows: `<code>`, `<code>__state`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from schemas.sample import PlantedMistake, SampleCounty

if TYPE_CHECKING:
    from schemas.dictionary import Dictionary

Forms = dict[str, dict[str, Any]]
_HEAD_AT_FAULT = {"wrong_month": "report_month", "name_typo": "village_name"}


def write_truth(folder: Path, sample: SampleCounty, dictionary: Dictionary, forms: Forms, rows: NDArray[np.int64]) -> None:
    """Write truth.json and truth/*.parquet. `rows`: row of each submission in its town's list, else 0."""
    post = sample.submissions.copy()
    is_list = (post["dialect"] == "list").to_numpy()
    plain = post["dialect"] + "@" + post["month"]
    post["form"] = np.where(is_list, plain + "@" + post["town_code"], plain)
    post["row"] = rows
    (folder / "truth").mkdir(exist_ok=True)
    pd.concat([post, sample.shown], axis=1).to_parquet(folder / "truth" / "shown.parquet", index=False)
    sample.figures.to_parquet(folder / "truth" / "figures.parquet", index=False)
    by_file = {(f, v): (form, row) for f, v, form, row in post[["file", "village_code", "form", "row"]].itertuples(index=False)}
    missing: dict[str, list[str]] = {month: [] for month in sample.months}
    for mistake in sample.mistakes:
        if mistake.kind == "missing_village":
            missing[mistake.month] += mistake.village_codes
    truth = {
        "seed": sample.seed,
        "months": list(sample.months),
        "county": sample.places.loc[sample.places["level"] == "county", ["code", "name"]].to_dict("records"),
        "dictionary": dictionary.version,
        "forms": forms,
        "mistakes": [_mistake(mistake, forms, by_file) for mistake in sample.mistakes],
        "patterns": [asdict(pattern) for pattern in sample.patterns],
        "missing": missing,
        "department_mismatches": [asdict(m) for m in sample.departments.mismatches] if sample.departments is not None else [],
    }
    if sample.departments is not None:
        sample.departments.counts.to_parquet(folder / "truth" / "departments.parquet", index=False)
    (folder / "truth.json").write_text(json.dumps(truth, ensure_ascii=False, indent=1), "utf-8")


def _mistake(mistake: PlantedMistake, forms: Forms, by_file: Mapping[tuple[str, str], tuple[str, int]]) -> dict[str, Any]:
    return {
        "kind": mistake.kind,
        "month": mistake.month,
        "village_codes": list(mistake.village_codes),
        "town_code": mistake.town_code,
        "files": list(mistake.files),
        "indicators": list(mistake.indicators),
        "true": dict(mistake.true),
        "shown": dict(mistake.shown),
        "cells": _cells(mistake, forms, by_file),
        "detail": dict(mistake.detail),
        "echo_month": mistake.echo_month,
    }


def _cells(mistake: PlantedMistake, forms: Forms, by_file: Mapping[tuple[str, str], tuple[str, int]]) -> dict[str, str]:
    if not mistake.village_codes:
        form = forms[f"list@{mistake.month}@{mistake.town_code}"]
        return {code: f"{form['sheet']}!{form['columns'][code]}{form['total_row']}" for code in mistake.indicators}
    form_id, row = by_file.get((mistake.files[0], mistake.village_codes[0]), ("", 0))
    if not form_id:
        return {}
    form = forms[form_id]
    if row:
        return {code: f"{form['sheet']}!{form['columns'][code]}{row}" for code in mistake.indicators}
    cells = {code: f"{form['sheet']}!{form['figures'][code]}" for code in mistake.indicators if code in form["figures"]}
    if mistake.kind in _HEAD_AT_FAULT:
        field = _HEAD_AT_FAULT[mistake.kind]
        cells[field] = f"{form['sheet']}!{form['head'][field]}"
    return cells
