"""Failure cases → findings: what is unusual, which cells, what to do, in both languages. A finding is a question."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence

import numpy as np
import pandas as pd

from methods.confront import Confrontation
from schemas.dictionary import SEVERITIES, Dictionary, RuleInstance
from schemas.entries import Rule
from schemas.frames import FINDING_COLUMNS
from schemas.wordings import QUOTED, asked_for

Cells = Callable[[int, Sequence[str]], str]
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
    places = report[["village_code", "village_name", "town_code", "county_code"]].to_dict("records")

    def describe(row: int, instance: RuleInstance, codes: Sequence[str]) -> dict[str, str]:
        place = places[row]
        return {
            "place_level": "village",
            "place_code": place["village_code"],
            "village_code": place["village_code"],
            "town_code": place["town_code"],
            "county_code": place["county_code"],
            "place_name": place["village_name"],
            "cells": cells(row, instance.rule.cells or codes),
        }

    return _findings(found, dictionary, month, describe, quotes)


def findings_of_places(
    found: Confrontation, figures: pd.DataFrame, stated: pd.DataFrame, dictionary: Dictionary, month: str
) -> pd.DataFrame:
    """Finding frame for towns and counties; cells are those of the stated totals."""
    places = figures[["place_level", "place_code", "place_name", "parent_code"]].to_dict("records")
    where = {(s.place_code, s.indicator): f"{s.source_file} · {s.cell}" for s in stated.itertuples(index=False)}

    def describe(row: int, _: RuleInstance, codes: Sequence[str]) -> dict[str, str]:
        place = places[row]
        is_town = place["place_level"] == "town"
        return {
            "place_level": place["place_level"],
            "place_code": place["place_code"],
            "village_code": "",
            "town_code": place["place_code"] if is_town else "",
            "county_code": place["parent_code"] if is_town else place["place_code"],
            "place_name": place["place_name"],
            "cells": ", ".join(where[place["place_code"], code] for code in codes if (place["place_code"], code) in where),
        }

    return _findings(found, dictionary, month, describe)


def _findings(
    found: Confrontation,
    dictionary: Dictionary,
    month: str,
    describe: Callable[[int, RuleInstance, Sequence[str]], Mapping[str, str]],
    quotes: Quotes | None = None,
) -> pd.DataFrame:
    instances = {i.id: i for i in found.instances}
    column = {i.id: n for n, i in enumerate(found.instances)}
    quoting = {i.id: _quoted_by(i.rule) for i in found.instances} if quotes is not None else {}
    observed, expected, gap = (frame.to_numpy() for frame in (found.observed, found.expected, found.gap))
    rows = []
    for row, rule_id in zip(found.failures["row"].tolist(), found.failures["rule_id"].tolist(), strict=True):
        instance, at = instances[rule_id], column[rule_id]
        codes = found.offenders.get((row, rule_id), instance.reads)
        place = describe(row, instance, codes)
        figures = (float(observed[row, at]), float(expected[row, at]), float(gap[row, at]))
        wanted = quoting.get(rule_id)
        quoted = quotes(row, wanted) if quotes is not None and wanted else ({}, {})
        named = {name: float(np.broadcast_to(of_all, len(gap))[row]) for name, of_all in found.figures.get(rule_id, {}).items()}
        rows.append(_finding(instance, codes, place, figures, named, dictionary, month, quoted))
    texts = {c: "str" for c in FINDING_COLUMNS if c not in ("level", "observed", "expected", "gap")}
    kinds = {**texts, "level": "int64", "observed": "float64", "expected": "float64", "gap": "float64"}
    frame = pd.DataFrame(rows, columns=list(FINDING_COLUMNS)).astype(kinds)
    order = frame["severity"].map({severity: n for n, severity in enumerate(SEVERITIES)})
    return frame.assign(order=order).sort_values(["order", "place_code", "rule_id"], ignore_index=True, kind="stable").drop(columns="order")


def _quoted_by(rule: Rule) -> frozenset[str]:
    return asked_for(rule.say.zh, rule.say.en, rule.do.zh, rule.do.en) & {*QUOTED}


def _finding(
    instance: RuleInstance,
    codes: Sequence[str],
    place: Mapping[str, str],
    figures: tuple[float, float, float],
    named: Mapping[str, float],
    dictionary: Dictionary,
    month: str,
    quoted: tuple[Mapping[str, str], Mapping[str, str]],
) -> dict[str, object]:
    rule = instance.rule
    observed, expected, gap = figures
    money = any(code in dictionary.indicators and dictionary.indicators[code].unit.decimals > 0 for code in codes)
    of_money = money and rule.combine is None
    subject = dictionary.subject_label(instance)
    words = {
        "observed": number(observed, is_money=of_money),
        "expected": number(expected, is_money=of_money),
        "gap": number(abs(gap), is_money=of_money),
        "village": place["place_name"] or place["place_code"] or "?",
        "village_code": place["place_code"],
        "place": place["place_name"] or place["place_code"],
        "month": month,
        "cells": place["cells"] or ", ".join(codes),
    }
    words |= dict.fromkeys(QUOTED, "") | {name: number(value, is_money=of_money) for name, value in named.items()}
    zh = {**words, "indicator": subject.zh, **quoted[0]}
    en = {**words, "indicator": subject.en, **quoted[1]}
    return {
        "month": month,
        "rule_id": instance.id,
        "rule": rule.id,
        "level": rule.level,
        "severity": rule.severity,
        "track": "B" if rule.severity == "verify" and rule.level >= 1 else "A",
        **place,
        "indicators": ",".join(codes),
        "label_zh": rule.label.zh,
        "label_en": rule.label.en,
        "say_zh": rule.say.zh.format(**zh),
        "say_en": rule.say.en.format(**en),
        "do_zh": rule.do.zh.format(**zh),
        "do_en": rule.do.en.format(**en),
        "observed": observed,
        "expected": expected,
        "gap": gap,
    }


def number(value: float, *, is_money: bool = False) -> str:
    """A figure as it is written: whole numbers without a point, money with two decimals, other fractions with up to two."""
    if value != value:
        return "—"
    if is_money:
        return f"{value:.2f}"
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}".rstrip("0").rstrip(".")
