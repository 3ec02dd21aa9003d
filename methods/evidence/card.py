"""What a reviewer sees of a flagged village (`schemas.cards`), figures filled in. Every line has the innocent explanations of its test."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.evidence.county import County, arrange
from methods.evidence.examine import by_county
from methods.evidence.records import Records
from schemas.cards import Card, Line, Series
from schemas.dictionary import Dictionary
from schemas.entries import Text

Numbers = NDArray[np.float64]

_MOST_INDICATORS, _MOST_MONTHS = 4, 8


def cards(
    records: Records,
    evidence: pd.DataFrame,
    flags: pd.DataFrame,
    dictionary: Dictionary,
    names: Mapping[str, str] | None = None,
    *,
    most_series: int = 3,
) -> list[Card]:
    """A card for each village on the list 'please check', in the order of the list.

    Args:
        records: what was examined. evidence, flags: frames of `methods.evidence.examine`.
        dictionary: the words.
        names: village code → name; codes stand where there is none.
        most_series: figures to plot per card.
    """
    called = names or {}
    town = dict(zip(records.panel.villages, records.towns, strict=True))
    listed = flags[flags["is_check"]].sort_values("rank_order")
    mine = evidence[evidence["village_code"].isin(listed["village_code"])].sort_values("p")
    by_village = {str(code): group for code, group in mine.groupby("village_code", sort=False)}
    wanted = set(listed["village_code"])
    lines: dict[str, tuple[Line, ...]] = {}
    plots: dict[str, tuple[Series, ...]] = {}
    for part in by_county(records, dictionary):
        here = [(at, code) for at, code in enumerate(part.panel.villages) if code in wanted]
        county = arrange(part, dictionary) if here else None
        for at, code in here:
            lines[code] = _lines(by_village[code], dictionary, called) if code in by_village else ()
            plots[code] = _series(county, at, dictionary, lines[code], most_series) if county is not None else ()
    return [
        Card(code, called.get(code, code), town[code], bool(is_strong), lines[code], plots[code])
        for code, is_strong in zip(listed["village_code"], listed["is_strong"], strict=True)
    ]


def _lines(rows: pd.DataFrame, dictionary: Dictionary, names: Mapping[str, str]) -> tuple[Line, ...]:
    """One line a family, by its strongest test and window; the other tests of the family are named."""
    lines = []
    for family, group in rows.groupby("family", sort=False):
        best = group.iloc[0]
        test = dictionary.pattern_tests[best["detector"]]
        others = [d for d in dict.fromkeys(group["detector"]) if d != best["detector"]]
        lines.append(
            Line(
                family=str(family),
                family_label=dictionary.pattern_families[str(family)].label,
                detector=test.id,
                label=test.label,
                say=say(best, dictionary, names),
                innocent=test.innocent,
                settle=test.settle,
                window_months=int(best["window_months"]),
                observed=float(best["observed"]),
                expected=float(best["expected"]),
                months=_split(best["months"]),
                codes=_split(best["codes"]),
                partner_code=str(best["partner_code"]),
                also=tuple(dictionary.pattern_tests[d].label for d in others),
            )
        )
    return tuple(lines)


def say(row: pd.Series, dictionary: Dictionary, names: Mapping[str, str]) -> Text:
    """The wording of an evidence row with its figures filled in."""
    test = dictionary.pattern_tests[row["detector"]]
    months, codes = _split(row["months"]), _split(row["codes"])
    labels = _labels(codes, dictionary)[:_MOST_INDICATORS]
    given = {
        "village": names.get(row["village_code"], row["village_code"]),
        "partner": names.get(row["partner_code"], row["partner_code"]),
        "window": str(int(row["window_months"])),
        "observed": number(row["observed"]),
        "expected": number(row["expected"]),
    }
    zh = {**given, "months": _listed(months, "、"), "indicators": "、".join(label.zh for label in labels)}
    en = {**given, "months": _listed(months, ", "), "indicators": ", ".join(label.en for label in labels)}
    return Text(zh=test.say.zh.format_map(zh), en=test.say.en.format_map(en))


def _labels(codes: Sequence[str], dictionary: Dictionary) -> list[Text]:
    """Labels of indicators; one of the concept where several members of an additive breakdown are named."""
    known = [dictionary.indicators[code] for code in codes if code in dictionary.indicators]
    often = Counter(i.concept.code for i in known if i.breakdown is not None and i.breakdown.additive)
    labels = [i.concept.label if often[i.concept.code] > 1 else i.label for i in known]
    return list(dict.fromkeys(labels))


def number(value: float) -> str:
    """A figure in words' company: whole where it is whole or large, otherwise one decimal."""
    if np.isnan(value):
        return "–"
    return f"{value:.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.1f}"


def _listed(months: Sequence[str], between: str) -> str:
    shown = list(months[-_MOST_MONTHS:])
    return ("… " if len(months) > _MOST_MONTHS else "") + between.join(shown)


def _split(text: str) -> tuple[str, ...]:
    return tuple(part for part in str(text).split(",") if part)


def _series(county: County, at: int, dictionary: Dictionary, lines: Sequence[Line], most: int) -> tuple[Series, ...]:
    """The concepts (or single figures) that the lines name first."""
    groups: dict[tuple[str, ...], None] = {}
    for line in lines:
        for named in line.codes:
            g = county.concept_of(named)
            groups.setdefault(county.concepts[g] if g >= 0 else (named,))
    made = []
    for group in list(groups)[:most]:
        indicator = dictionary.indicators[group[0]]
        label = indicator.concept.label if len(group) > 1 else indicator.label
        values = county.sum_of(group)[:, at]
        made.append(Series(group, label, county.panel.months, _plain(values), _plain(_expected(county, at, group, values))))
    return tuple(made)


def _expected(county: County, at: int, group: tuple[str, ...], values: Numbers) -> Numbers:
    """T: events that stand alone by the county's model; a part as its whole × the village's usual share; NaN for other figures."""
    g = county.concept_of(group[0])
    if g >= 0:
        return np.where(np.isnan(values), np.nan, county.mean[:, at, g])
    pair = next((p for p in county.roles.pairs if (p.part,) == group), None)
    if pair is None:
        return np.full(len(values), np.nan)
    whole = county.sum_of(pair.sum_of or (pair.whole,))[:, at]
    known = ~np.isnan(whole) & ~np.isnan(values)
    return np.asarray(whole * values[known].sum() / max(whole[known].sum(), 1.0))


def _plain(values: Numbers) -> tuple[float | None, ...]:
    return tuple(None if np.isnan(v) else float(v) for v in values)
