"""Failure cases → findings: what is unusual, which cells, what to do, in both languages. A finding is a question."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from methods.confront import Confrontation
from methods.finding_frame import Asked, Cells, finding_frame, number, village_places
from schemas.dictionary import Dictionary, RuleInstance
from schemas.entries import Rule
from schemas.wordings import QUOTED, asked_for

Quotes = Callable[[int, Collection[str]], tuple[Mapping[str, str], Mapping[str, str]]]


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

    def describe(row: int, instance: RuleInstance, codes: Sequence[str]) -> tuple[dict[str, str], str]:
        return places[row], cells(row, instance.rule.cells or codes)

    return _findings(found, dictionary, month, describe, quotes)


def findings_of_places(
    found: Confrontation, figures: pd.DataFrame, stated: pd.DataFrame, dictionary: Dictionary, month: str
) -> pd.DataFrame:
    """Finding frame for towns and counties; cells are those of the stated totals."""
    places = figures[["place_level", "place_code", "place_name", "parent_code"]].to_dict("records")
    where = {(s.place_code, s.indicator): f"{s.source_file} · {s.cell}" for s in stated.itertuples(index=False)}

    def describe(row: int, _: RuleInstance, codes: Sequence[str]) -> tuple[dict[str, str], str]:
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
        return described, ", ".join(where[place["place_code"], code] for code in codes if (place["place_code"], code) in where)

    return _findings(found, dictionary, month, describe)


def _findings(
    found: Confrontation,
    dictionary: Dictionary,
    month: str,
    describe: Callable[[int, RuleInstance, Sequence[str]], tuple[Mapping[str, str], str]],
    quotes: Quotes | None = None,
) -> pd.DataFrame:
    instances = {i.id: i for i in found.instances}
    column = {i.id: n for n, i in enumerate(found.instances)}
    quoting = {i.id: _quoted_by(i.rule) for i in found.instances} if quotes is not None else {}
    observed, expected, gap = (frame.to_numpy() for frame in (found.observed, found.expected, found.gap))
    asked = []
    for row, rule_id in zip(found.failures["row"].tolist(), found.failures["rule_id"].tolist(), strict=True):
        instance, at = instances[rule_id], column[rule_id]
        codes = found.offenders.get((row, rule_id), instance.reads)
        place, cells = describe(row, instance, codes)
        figures = (float(observed[row, at]), float(expected[row, at]), float(gap[row, at]))
        wanted = quoting.get(rule_id)
        quoted = quotes(row, wanted) if quotes is not None and wanted else ({}, {})
        named = {name: float(np.broadcast_to(of_all, len(gap))[row]) for name, of_all in found.figures.get(rule_id, {}).items()}
        zh, en = _words(instance, codes, place, cells, figures, named, dictionary, month)
        words = ({**zh, **quoted[0]}, {**en, **quoted[1]})
        rule = instance.rule
        asked.append(Asked(month, rule_id, rule, rule.level, rule.severity, place, cells, codes, words, *figures))
    return finding_frame(asked)


def _quoted_by(rule: Rule) -> frozenset[str]:
    return asked_for(rule.say.zh, rule.say.en, rule.do.zh, rule.do.en) & {*QUOTED}


def _words(
    instance: RuleInstance,
    codes: Sequence[str],
    place: Mapping[str, str],
    cells: str,
    figures: tuple[float, float, float],
    named: Mapping[str, float],
    dictionary: Dictionary,
    month: str,
) -> tuple[dict[str, str], dict[str, str]]:
    """What the rule's wording may name, Chinese and English; what files say is left empty."""
    observed, expected, gap = figures
    money = any(code in dictionary.indicators and dictionary.indicators[code].unit.decimals > 0 for code in codes)
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
        "cells": cells or ", ".join(codes),
    }
    words |= dict.fromkeys(QUOTED, "") | {name: number(value, is_money=of_money) for name, value in named.items()}
    return {**words, "indicator": subject.zh}, {**words, "indicator": subject.en}
