"""Hints beside a finding: which cells would have to change, in plain words. Never applied: only the village changes its figures.

Hard edits come first; what they leave of the softer ones (to verify) is explained by itself, and only where no hard suggestion
touches it already. A figure out of line (track B) gets a hint where a named slip would bring it in line.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from methods.echoes import REPEATS
from methods.edits import HARD, edit_system
from methods.finding_frame import Cells, number
from methods.implausible import Expectation
from methods.localise import localise
from methods.looking import aligned
from methods.repairs import transposed
from methods.slips import scale_slip
from schemas.dictionary import SEVERITIES, Dictionary
from schemas.frames import HINT_COLUMNS

MOST_SHOWN = 3
Figures = tuple[float, ...]


def hints_of(
    report: pd.DataFrame,
    previous: pd.DataFrame | None,
    excess: pd.DataFrame,
    expectation: Expectation,
    unusual: pd.DataFrame,
    dictionary: Dictionary,
    month: str,
    cells: Cells,
) -> pd.DataFrame:
    """Hint frame: for every village that breaks edits all smallest sets of cells, likeliest first; for every unusual figure the slip
    that fits. A form that repeats last month's gets none.

    Args:
        report: VillageReport frame, n rows.
        previous: accepted VillageReport rows of the month before, or None.
        excess: `Confrontation.excess`; what it cannot tell (echoes too) is not explained.
        expectation: of the villages of `report`, in its order.
        unusual: Finding rows of track B.
        dictionary: labels and wording.
        month: 'YYYY-MM'.
        cells: (row position, codes) → addresses of their cells.
    """
    last = aligned(previous, report["village_code"], dictionary)
    excess = excess.mask(_is_repetition(excess, dictionary), np.nan)
    hard = edit_system(report, last, dictionary, month).told_by(excess)
    soft = edit_system(report, last, dictionary, month, SEVERITIES).told_by(excess)
    is_hard = np.array([i.rule.severity in HARD for i in soft.instances], dtype=bool)
    soft = replace(soft, gap=np.where(soft.broken & is_hard[None, :], np.nan, soft.gap))
    codes = hard.cells
    known = {"expected": expectation.of("mean", codes), "spread": expectation.of("spread", codes), "last": last[list(codes)].to_numpy()}
    first = localise(hard, **known)
    second = localise(soft, **known)
    if len(first) and len(second):
        touched = {(row, code) for row, best in zip(first["row"], first["indicators"], strict=True) for code in best}
        pairs = zip(second["row"], second["indicators"], strict=True)
        is_new = pd.Series([not any((row, code) in touched for code in them) for row, them in pairs], index=second.index)
        second = second[is_new.groupby([second["row"], second["group"]]).transform("all")]
    second = second.assign(group=second["group"] + 100) if len(second) else second
    found = pd.concat([f for f in (first, second) if len(f)], ignore_index=True) if len(first) or len(second) else first
    rows = [_hint(s, report, dictionary, month, cells) for s in found.to_dict("records")]
    rows += _of_unusual(unusual, report, expectation, dictionary, month, cells)
    texts = {c: "str" for c in HINT_COLUMNS if c not in ("group_no", "rank", "is_determined")}
    kinds = {**texts, "group_no": "int64", "rank": "int64", "is_determined": "bool"}
    frame = pd.DataFrame(rows, columns=list(HINT_COLUMNS)).astype(kinds)
    return frame.sort_values(["village_code", "group_no", "rank"], ignore_index=True, kind="stable")


def _is_repetition(excess: pd.DataFrame, dictionary: Dictionary) -> pd.Series:
    """Villages whose whole form seems to be last month's: no single cell explains that."""
    rules = [i.id for i in dictionary.instances.values() if REPEATS in i.reads and i.id in excess]
    return excess[rules].gt(0).any(axis=1)


def _hint(found: Mapping[Any, Any], report: pd.DataFrame, dictionary: Dictionary, month: str, cells: Cells) -> dict[str, object]:
    row, codes, repair = int(str(found["row"])), _texts(found["indicators"]), str(found["repair"])
    shown, fits = _figures(found["shown"]), _figures(found["fits"])
    words = _words(codes, shown, fits, repair, dictionary)
    return {
        **_place(report, row, month),
        "group_no": found["group"],
        "rank": found["rank"],
        "rules": ",".join(_texts(found["edits"])),
        "indicators": ",".join(codes),
        "cells": cells(row, codes),
        "shown": ", ".join(map(number, shown)),
        "fits": ", ".join(map(number, fits)),
        "repair": repair,
        "is_determined": bool(found["is_determined"]),
        "say_zh": words[0],
        "say_en": words[1],
    }


def _texts(value: object) -> tuple[str, ...]:
    return tuple(str(v) for v in value) if isinstance(value, tuple) else ()


def _figures(value: object) -> Figures:
    return tuple(float(v) for v in value) if isinstance(value, tuple) else ()


def _place(report: pd.DataFrame, row: int, month: str) -> dict[str, object]:
    village = report[["village_code", "village_name", "town_code"]].iloc[row]
    return {"month": month, "village_code": village.iloc[0], "place_name": village.iloc[1], "town_code": village.iloc[2]}


def _words(codes: Sequence[str], shown: Figures, fits: Figures, repair: str, dictionary: Dictionary) -> tuple[str, str]:
    texts, labels = dictionary.implausible.repairs, [dictionary.indicators[code].label for code in codes]
    name = repair or "other"
    made = []
    for language in ("zh", "en"):
        called = [label.in_language(language) for label in labels]
        if repair and len(codes) == 2:
            made.append(texts[name].in_language(language).format(indicator=called[0], other=called[1], shown="", fits=""))
            continue
        parts = [
            texts[name].in_language(language).format(indicator=label, other="", shown=number(old), fits=number(new))
            for label, old, new in zip(called, shown, fits, strict=True)
        ]
        start = texts["several"].in_language(language) if len(codes) > 1 else ""
        made.append((" " if language == "en" and start else "").join(filter(None, (start, *parts))))
    return made[0], made[1]


def _of_unusual(
    unusual: pd.DataFrame, report: pd.DataFrame, expectation: Expectation, dictionary: Dictionary, month: str, cells: Cells
) -> list[dict[str, object]]:
    row_of = {code: n for n, code in enumerate(report["village_code"])}
    rows: list[dict[str, object]] = []
    asked = [(s, code) for s in unusual.to_dict("records") for code in s["indicators"].split(",")]
    for number_of, (s, code) in enumerate(asked):
        row = row_of[s["village_code"]]
        at = (row, expectation.codes.index(code))
        low, high, shown = float(expectation.low[at]), float(expectation.high[at]), float(report[code].iloc[row])
        slip = scale_slip(shown, low, high, decimals=dictionary.indicators[code].unit.decimals)
        named = [(slip.name, slip.value)] if slip else [("digits_transposed", v) for v in transposed(shown) if low <= v <= high]
        if shown < 0 and low <= -shown <= high:
            named = [("sign", -shown)]
        for rank, (name, value) in enumerate(named[:MOST_SHOWN], start=1):
            words = _words([code], (shown,), (value,), name, dictionary)
            rows.append(
                {
                    **_place(report, row, month),
                    "group_no": 200 + number_of,
                    "rank": rank,
                    "rules": s["rule_id"],
                    "indicators": code,
                    "cells": cells(row, [code]),
                    "shown": number(shown),
                    "fits": number(value),
                    "repair": name,
                    "is_determined": False,
                    "say_zh": words[0],
                    "say_en": words[1],
                }
            )
    return rows
