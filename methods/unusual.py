"""Figures out of line → findings of track B: what is usual, what was reported, which cell, what to do. Questions, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from methods.finding_frame import Asked, Cells, finding_frame, number, village_places
from methods.implausible import Expectation, flagged, questions_of_columns, test_for
from methods.past import month_before
from methods.slips import scale_slip
from schemas.dictionary import Dictionary, Indicator
from schemas.entries import SuspectQuestion, Text
from schemas.periodnames import period_label

LEVEL = 2
_TESTS = ("count", "share", "stock", "ratio")


def unusual_figures(
    expectation: Expectation,
    report: pd.DataFrame,
    dictionary: Dictionary,
    month: str,
    cells: Cells,
    asked: pd.DataFrame,
    is_sum: Callable[[str, str], bool] = lambda _village, _month: False,
) -> pd.DataFrame:
    """Finding frame (track B, level 2, verify) of the figures to ask about.

    Args:
        expectation: of the villages of `report`, in its order.
        report: VillageReport frame.
        dictionary: labels and wording.
        month: 'YYYY-MM'.
        cells: (row position, codes) → addresses of their cells.
        asked: Finding frame of the rules: a figure that one of them asks about already is not asked about twice.
        is_sum: (village code, earlier month) → whether its figure of then is a sum of villages merged since.
    """
    known: dict[str, set[str]] = {}
    for village, codes in zip(asked["village_code"], asked["indicators"], strict=True):
        known.setdefault(village, set()).update(codes.split(","))
    places = village_places(report)
    together: dict[tuple[object, ...], list[_Figure]] = {}
    of_column = questions_of_columns(expectation.codes, dictionary)
    for row, c in np.argwhere(flagged(expectation, dictionary)).tolist():
        code, place = expectation.codes[c], places[row]
        if code not in known.get(place["village_code"], ()):
            figures = {part: float(getattr(expectation, part)[row, c]) for part in ("mean", "low", "high", "base", "ago")}
            shown = float(report[code].iloc[row])
            figure = _figure(dictionary.indicators[code], shown, figures, place, dictionary, month, is_sum)
            # What a slip of unit is explained by is said of one figure; changes of one concept's figures are explained together.
            alone = code if figure.question.test == "unit" else ""
            together.setdefault((row, of_column[c], figure.question.label.zh, alone), []).append(figure)
    return finding_frame(
        _asked(figures, places[int(str(row))], cells(int(str(row)), [f.code for f in figures]), month)
        for (row, *_), figures in together.items()
    )


@dataclass(frozen=True)
class _Figure:
    """A figure out of line, the question that is asked about it, and what the question's wording names, Chinese and English."""

    code: str
    question: SuspectQuestion
    words: tuple[Mapping[str, str], Mapping[str, str]]
    shown: float
    mean: float


def _asked(figures: Sequence[_Figure], place: Mapping[str, str], where: str, month: str) -> Asked:
    """The question about figures of one concept. Observed and expected are their sums, so that an answer holds for these figures only."""
    first, codes = figures[0], [f.code for f in figures]
    shown, mean = sum(f.shown for f in figures), sum(f.mean for f in figures)
    question, more = first.question, [f.words for f in figures[1:]]
    rule_id = f"{question.id}__{first.code}"
    return Asked(month, rule_id, question, LEVEL, "verify", place, where, codes, first.words, shown, mean, shown - mean, more)


def _figure(
    indicator: Indicator,
    shown: float,
    figures: Mapping[str, float],
    place: Mapping[str, str],
    dictionary: Dictionary,
    month: str,
    is_sum: Callable[[str, str], bool],
) -> _Figure:
    track, decimals = dictionary.implausible, indicator.unit.decimals
    slip = scale_slip(shown, figures["low"], figures["high"], decimals=decimals)
    has_past = figures["ago"] == figures["ago"]
    question = track.question("unit" if slip else str(test_for(dictionary, indicator))).where(has_past=has_past)
    when = month_before(month, int(figures["ago"])) if has_past else ""
    is_together = has_past and is_sum(place["village_code"], when)
    of = label_of(dictionary.exposure_of(indicator), dictionary)
    is_money = decimals > 0
    words = {
        "observed": number(shown, is_money=is_money),
        "expected": number(figures["mean"], is_money=is_money),
        "low": _bound(figures["low"], is_money),
        "high": _bound(figures["high"], is_money),
        "last": number(figures["base"], is_money=is_money),
        "exposure": number(float(int(figures["base"]))) if figures["base"] == figures["base"] else "—",
        "village": place["place_name"] or place["place_code"],
        "mended": number(slip.value, is_money=is_money) if slip else "",
    }
    when_zh, when_en = period_label(dictionary.returns[indicator.concept.return_ or ""], when) if indicator.ends else (when, when)
    zh = {
        **words,
        "when": when_zh,
        "indicator": indicator.label.zh,
        "of": of.zh,
        "slip": track.slips[slip.name].zh if slip else "",
        "together": track.together.zh if is_together else "",
    }
    en = {
        **words,
        "when": when_en,
        "indicator": indicator.label.en,
        "of": of.en,
        "slip": track.slips[slip.name].en if slip else "",
        "together": track.together.en if is_together else "",
    }
    return _Figure(indicator.code, question, (zh, en), shown, figures["mean"])


def _bound(value: float, is_money: bool) -> str:
    return number(float(round(value)), is_money=False) if is_money else number(value)


def label_of(text: str, dictionary: Dictionary) -> Text:
    """What an expression is called: its indicator or concept, or those that it adds up."""
    if text in dictionary.indicators:
        return dictionary.indicators[text].label
    if text in dictionary.concepts:
        return dictionary.concepts[text].label
    names = list(dict.fromkeys(name.code for name in dictionary.expression(text).names))
    labels = [dictionary.indicators[code].label for code in names if code in dictionary.indicators]
    return Text(zh="、".join(label.zh for label in labels), en=", ".join(label.en for label in labels))


def unusual_outcomes(expectation: Expectation, report: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """RuleOutcome rows, one a kind of test and town: villages of which all told figures are usual (pass), one is asked about (fail), none
    can be told (cannot tell). A figure that fails as a slip of unit counts under the test that found it."""
    asked = flagged(expectation, dictionary)
    towns, names = pd.factorize(report["town_code"], sort=True)
    kinds = [test_for(dictionary, dictionary.indicators[code]) for code in expectation.codes]
    frames = []
    for test in _TESTS:
        at = np.array([kind == test for kind in kinds], dtype=bool)
        if not at.any():
            continue
        told, fails = (~np.isnan(expectation.p[:, at])).any(axis=1), asked[:, at].any(axis=1)
        counts = {"n_pass": told & ~fails, "n_fail": fails, "n_cannot_tell": ~told}
        frame = {name: np.bincount(towns, weights=block, minlength=len(names)).astype(np.int64) for name, block in counts.items()}
        zero = np.zeros(len(names), dtype=np.int64)
        keys = {
            "month": month,
            "rule_id": dictionary.implausible.question(test).id,
            "level": LEVEL,
            "place_level": "village",
            "position": -1,
        }
        frames.append(pd.DataFrame({**keys, "town_code": names, **frame, "n_not_applicable": zero, "n_broken": zero}))
    out = pd.concat(frames, ignore_index=True)
    return out.astype({"month": "str", "rule_id": "str", "place_level": "str", "town_code": "str", "level": "int64", "position": "int64"})
