"""Failure cases → findings: what is unusual, which cells, what to do, in both languages. A finding is a question."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from methods.cellcounts import codes_counted
from methods.confront import Confrontation
from methods.finding_frame import Asked, Cells, finding_frame, number, village_places
from methods.past import month_before
from schemas.dictionary import Dictionary, RuleInstance
from schemas.entries import Rule
from schemas.periodnames import period_label
from schemas.wordings import PAST_MONTHS, QUOTED, asked_for

_MOST_NAMED = 8
Quotes = Callable[[int, Collection[str]], tuple[Mapping[str, str], Mapping[str, str]]]


class _About(NamedTuple):
    """What a finding is about. figures: indicator or attribute, value (NaN: none, or not this place's own), address of its cells."""

    place: Mapping[str, str]
    codes: Sequence[str]
    cells: str
    figures: Sequence[tuple[str, float, str]]


def findings_of(
    found: Confrontation, report: pd.DataFrame, dictionary: Dictionary, month: str, cells: Cells, quotes: Quotes | None = None
) -> pd.DataFrame:
    """Finding frame for villages.

    Args:
        found: the confrontation of `report`.
        report: VillageReport frame.
        dictionary: for labels.
        month: 'YYYY-MM'.
        cells: (row position, codes) → addresses of their cells, '' when unknown.
        quotes: (row position, names in the wording) → what its files say, Chinese and English (`methods.quotes.Quotes`);
            asked only for rules whose wording quotes files.
    """
    places = village_places(report)

    def describe(row: int, instance: RuleInstance, codes: Sequence[str]) -> _About:
        codes = codes_counted(report, row, codes, dictionary, month, cells)
        codes = [*dict.fromkeys(_as_given(code, report, row, dictionary) for code in codes)] if dictionary.totals else codes
        figures = [(code, report[code].to_numpy()[row] if code in dictionary.indicators else np.nan, cells(row, [code])) for code in codes]
        return _About(places[row], codes, cells(row, instance.rule.cells or codes), figures)

    return _findings(found, dictionary, month, describe, quotes)


def findings_of_places(
    found: Confrontation, figures: pd.DataFrame, stated: pd.DataFrame, dictionary: Dictionary, month: str, quotes: Quotes | None = None
) -> pd.DataFrame:
    """Finding frame for towns and counties; cells are those of the stated totals. `quotes` as for villages."""
    places = figures[["place_level", "place_code", "place_name", "parent_code"]].to_dict("records")
    where = {(s.place_code, s.indicator): f"{s.source_file} · {s.cell}" for s in stated.itertuples(index=False)}

    def describe(row: int, _: RuleInstance, codes: Sequence[str]) -> _About:
        place = places[row]
        is_town = place["place_level"] == "town"
        described = {
            "place_level": place["place_level"],
            "place_code": place["place_code"],
            "village_code": "",
            "town_code": place["place_code"] if is_town else "",
            "county_code": place["parent_code"] if is_town else place["place_code"],
            "place_name": place["place_name"],
        }
        of = {code: where.get((place["place_code"], code), "") for code in codes}
        return _About(described, codes, ", ".join(filter(None, of.values())), [(code, np.nan, cell) for code, cell in of.items()])

    return _findings(found, dictionary, month, describe, quotes)


def _findings(
    found: Confrontation,
    dictionary: Dictionary,
    month: str,
    describe: Callable[[int, RuleInstance, Sequence[str]], _About],
    quotes: Quotes | None = None,
) -> pd.DataFrame:
    instances = {i.id: i for i in found.instances}
    column = {i.id: n for n, i in enumerate(found.instances)}
    quoting = {i.id: _quoted_by(i.rule) for i in found.instances} if quotes is not None else {}
    observed, expected, gap = (frame.to_numpy() for frame in (found.observed, found.expected, found.gap))
    asked = []
    for row, rule_id in zip(found.failures["row"].tolist(), found.failures["rule_id"].tolist(), strict=True):
        instance, at = instances[rule_id], column[rule_id]
        about = describe(row, instance, found.offenders.get((row, rule_id), instance.reads))
        figures = (float(observed[row, at]), float(expected[row, at]), float(gap[row, at]))
        wanted = quoting.get(rule_id)
        quoted = quotes(row, wanted) if quotes is not None and wanted else ({}, {})
        named = {name: float(np.broadcast_to(of_all, len(gap))[row]) for name, of_all in found.figures.get(rule_id, {}).items()}
        zh, en = _words(instance, about, figures, named, dictionary, month)
        words = ({**zh, **quoted[0]}, {**en, **quoted[1]})
        rule = instance.rule
        asked.append(Asked(month, rule_id, rule, rule.level, rule.severity, about.place, about.cells, about.codes, words, *figures))
    return finding_frame(asked)


def _as_given(code: str, report: pd.DataFrame, row: int, dictionary: Dictionary) -> str:
    """The total, in place of its parts, where a report has it alone."""
    total = next((total for total, parts in dictionary.totals.values() if code in parts), code)
    return total if total != code and not np.isnan(report[total].to_numpy()[row]) and np.isnan(report[code].to_numpy()[row]) else code


def _quoted_by(rule: Rule) -> frozenset[str]:
    return asked_for(rule.say.zh, rule.say.en, rule.do.zh, rule.do.en) & {*QUOTED}


def _words(
    instance: RuleInstance,
    about: _About,
    figures: tuple[float, float, float],
    named: Mapping[str, float],
    dictionary: Dictionary,
    month: str,
) -> tuple[dict[str, str], dict[str, str]]:
    """What the rule's wording may name, Chinese and English; what files say is left empty."""
    observed, expected, gap = figures
    place, cells = about.place, about.cells
    money = any(_is_money(code, dictionary) for code in about.codes)
    of_money = money and instance.rule.combine is None
    subject = dictionary.subject_label(instance)
    words = {
        "observed": number(observed, is_money=of_money),
        "expected": number(expected, is_money=of_money),
        "gap": number(abs(gap), is_money=of_money),
        "village": place["place_name"] or place["place_code"] or "?",
        "village_code": place["place_code"],
        "place": place["place_name"] or place["place_code"],
        "month": month,
        **{name: month_before(month, months) for name, months in PAST_MONTHS.items()},
    }
    words |= dict.fromkeys(QUOTED, "") | {name: number(value, is_money=of_money) for name, value in named.items()}
    of = dictionary.returns.get(instance.subject)
    period_zh, period_en = period_label(of, month) if of is not None else (month, month)
    zh, en = (_which(about.figures, dictionary, language) for language in ("zh", "en"))
    return (
        {**words, "return_period": period_zh, "indicator": subject.zh, "cells": cells or zh, "which": zh},
        {**words, "return_period": period_en, "indicator": subject.en, "cells": cells or en, "which": en},
    )


def _which(figures: Sequence[tuple[str, float, str]], dictionary: Dictionary, language: str) -> str:
    """Each figure by its label, value and cell, as much of them as there is; the first few of many. Of what is no figure its cells."""
    named = []
    for code, value, cell in figures[:_MOST_NAMED]:
        if code not in dictionary.indicators:
            named.append(cell or dictionary.attributes[code].label.in_language(language))
            continue
        label = dictionary.indicators[code].label.in_language(language)
        figure = "" if np.isnan(value) else f" {number(value, is_money=_is_money(code, dictionary))}"
        brackets = ("（", "）") if language == "zh" else (" (", ")")
        named.append(f"{label}{figure}" + (cell.join(brackets) if cell else ""))
    if len(figures) > _MOST_NAMED:
        named.append("……" if language == "zh" else "…")
    return ("、" if language == "zh" else "; ").join(named)


def _is_money(code: str, dictionary: Dictionary) -> bool:
    return code in dictionary.indicators and dictionary.indicators[code].unit.decimals > 0
