"""What a file's receipt says of its records: they came without figures, are copies from before a correction, lack required columns, or
give some figures only beside those that came before.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.collected import collected_by_layout, other_returns, required_of_layout
from methods.standing import COUNTS, FORMER_COPY, OTHER_MONTH, UNFILLED, WRONG_MONTH
from methods.unfilled import letters_of
from schemas.dictionary import Dictionary
from schemas.messages import message
from schemas.periodnames import period_label
from schemas.states import NOT_COLLECTED
from schemas.wholes import asked_otherwise
from sinks.store import Store
from sinks.submissions import reading_plans

_MOST_NAMED, _MOST_ROWS = 12, 40
Notes = dict[int, list[Mapping[str, str]]]


def file_notes(
    store: Store, reports: pd.DataFrame, standing: pd.Series, names: Mapping[str, str], dictionary: Dictionary, month: str
) -> Notes:
    """Submission → notes, one of a kind a file; `reports` and `standing` as in `methods.standing.standings`."""
    notes: Notes = {}
    for kind, name in ((UNFILLED, "unfilled_form"), (FORMER_COPY, "copy_of_former_form")):
        for number, rows in reports[standing == kind].groupby("submission_id", sort=False):
            _note(notes, number, name, rows, {"villages": _places(rows, names)}, dictionary)
    _other_periods(notes, reports, standing, names, dictionary)
    counted = reports[(standing == COUNTS) & (reports["states"] != "")]
    _earlier_kept(notes, counted, names, dictionary)
    _columns_lacking(notes, store, counted, dictionary, month)
    return notes


def _other_periods(notes: Notes, reports: pd.DataFrame, standing: pd.Series, names: Mapping[str, str], dictionary: Dictionary) -> None:
    """Forms of another return (a quarter's, a year's) that came in a month in which their period does not end."""
    astray = reports[
        standing.isin([OTHER_MONTH, WRONG_MONTH]) & reports["return"].isin(other_returns(dictionary)) & (reports["month"] != "")
    ]
    for key, rows in astray.groupby(["submission_id", "return", "month"], sort=False):
        number, name, month = int(str(key[0])), str(key[1]), str(key[2])
        of = dictionary.returns[name]
        if not of.is_due(month):
            continue  # its reading has told that
        zh, en = period_label(of, month)
        details = {"title": of.label.zh, "title_en": of.label.en, "reason": zh, "reason_en": en, "month": month}
        _note(notes, number, "form_of_other_period", rows, {**details, "villages": _places(rows, names)}, dictionary)


def _earlier_kept(notes: Notes, counted: pd.DataFrame, names: Mapping[str, str], dictionary: Dictionary) -> None:
    several = counted[counted.duplicated(["place", "return"], keep=False)]
    before: dict[int, set[str]] = {}
    for _, group in several.groupby(["place", "return"], sort=False):
        paths = group["path"].tolist()
        for n, number in list(enumerate(group["submission_id"].tolist()))[1:]:
            before.setdefault(number, set()).update(paths[:n])
    for number, files in before.items():
        rows = several[several["submission_id"] == number]
        details = {"villages": _places(rows, names), "files": "、".join(sorted(files)[:_MOST_NAMED])}
        _note(notes, number, "part_of_the_figures", rows, details, dictionary)


def _columns_lacking(notes: Notes, store: Store, counted: pd.DataFrame, dictionary: Dictionary, month: str) -> None:
    """Figures that the file's form collects and has no cell for, where no other file of its villages has them either: of a list the
    required ones, since a list gives what it has columns for; of a village's form all, since rows do not go from it by themselves.
    """
    if counted.empty:
        return
    absent = letters_of(counted["states"], len(dictionary.codes)) == NOT_COLLECTED
    absent &= ~asked_otherwise(letters_of(counted["states"], len(dictionary.codes)), dictionary)
    places, first = pd.factorize(counted["place"])
    everywhere = np.ones((len(first), absent.shape[1]), dtype=bool)
    np.logical_and.at(everywhere, places, absent)
    of_all = np.array([i.is_in_force(month) for i in dictionary.indicators.values()], dtype=bool)
    lacking = absent & everywhere[places] & of_all
    rows = np.flatnonzero(lacking.any(axis=1))
    if not len(rows):
        return
    flagged = counted.iloc[rows]
    plans = reading_plans(store, flagged["plan_id"])
    for number, at in pd.Series(rows, index=flagged["submission_id"]).groupby(level=0, sort=False):
        here = counted.iloc[at.to_numpy()]
        plan = plans.get(here["plan_id"].iloc[0], {})
        layout = str(plan.get("layout", ""))
        missing = lacking[at.to_numpy()].all(axis=0)
        required = missing & required_of_layout(layout, dictionary, month)
        if layout in dictionary.layouts and dictionary.layouts[layout].kind == "form":
            found = _codes(missing & collected_by_layout(layout, dictionary), dictionary, but=plan.get("cells", {}))
            if found:
                _note(notes, number, "rows_lacking", here, _rows_lacking(found, _codes(required, dictionary), dictionary), dictionary)
        elif codes := _codes(required, dictionary):
            labels = [dictionary.indicators[code].label for code in codes]
            details = {"title": "、".join(x.zh for x in labels), "title_en": "; ".join(x.en for x in labels), "n": str(len(codes))}
            _note(notes, number, "required_columns_lacking", here, details, dictionary)


def _codes(wanted: NDArray[np.bool_], dictionary: Dictionary, but: Collection[str] = ()) -> list[str]:
    return [code for code, is_it in zip(dictionary.codes, wanted, strict=True) if is_it and code not in but]


def _rows_lacking(codes: Sequence[str], required: Sequence[str], dictionary: Dictionary) -> dict[str, str]:
    """Figures without a row, in the order of the form: a whole section by its name, else what is counted, once, whatever divides it."""
    said: dict[tuple[str, str], None] = {}
    by_section: dict[str, set[str]] = {}
    for code, indicator in dictionary.indicators.items():
        by_section.setdefault(indicator.section, set()).add(code)
    for code in codes:
        indicator = dictionary.indicators[code]
        is_whole = by_section[indicator.section] <= set(codes)
        label = dictionary.sections[indicator.section].label if is_whole else indicator.concept.label
        said[(f"“{label.zh}”整节", f"all of “{label.en}”") if is_whole else (label.zh, label.en)] = None
    more = (f"等 {len(said)} 项", f" … ({len(said)} in all)") if len(said) > _MOST_ROWS else ("", "")
    named = list(said)[:_MOST_ROWS]
    n = len(set(required) & set(codes))
    return {
        "title": "、".join(zh for zh, _ in named) + more[0], "title_en": "; ".join(en for _, en in named) + more[1],
        "n": str(len(codes)), "required": str(n),
    }  # fmt: skip


def _note(notes: Notes, number: Any, name: str, rows: pd.DataFrame, details: Mapping[str, str], dictionary: Dictionary) -> None:
    made: Any = message(dictionary, name, details)
    words = {key: getattr(made, key) for key in ("code", "effect", "say_zh", "say_en", "do_zh", "do_en")}
    notes.setdefault(int(number), []).append({**words, "where": str(rows["path"].iloc[0])})


def _places(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    shown: Sequence[str] = [names.get(p, n) or p or "?" for p, n in zip(rows["place"], rows["place_name"], strict=True)]
    return "、".join(shown[:_MOST_NAMED]) + (f" …（{len(shown)}）" if len(shown) > _MOST_NAMED else "")
