"""What every village of a town lacks alike is one question to the town, which sends the form, and not one to each of them."""

from __future__ import annotations

import pandas as pd

from methods.finding_frame import Asked, finding_frame
from schemas.dictionary import Dictionary
from schemas.frames import FINDING_COLUMNS

RULE = "required_absent"
_MOST_NAMED = 8


def one_question_a_town(findings: pd.DataFrame, report: pd.DataFrame, dictionary: Dictionary, month: str) -> pd.DataFrame:
    """Findings, those of `RULE` at two or more villages of a town that lack the same figures put into one at the town.

    Args:
        findings: Finding frame of villages.
        report: VillageReport frame, for the towns' names.
        dictionary: the rule's wording, and labels.
        month: 'YYYY-MM'.
    """
    lacking = findings[(findings["rule"] == RULE) & (findings["town_code"] != "")]
    alike = lacking[lacking.duplicated(["town_code", "indicators"], keep=False)]
    if alike.empty:
        return findings
    towns = dict(zip(report["town_code"], report["town_name"], strict=True))
    asked = [
        _asked(str(town), str(towns[town]), str(codes), rows, dictionary, month)
        for (town, codes), rows in alike.groupby(["town_code", "indicators"])
    ]
    rest = findings.drop(index=alike.index)
    made = finding_frame(asked)
    return pd.concat([rest, made], ignore_index=True)[list(FINDING_COLUMNS)]


def _asked(town: str, name: str, codes: str, rows: pd.DataFrame, dictionary: Dictionary, month: str) -> Asked:
    first, rule = rows.iloc[0], dictionary.rules[RULE]
    place = {"place_level": "town", "place_code": town, "village_code": "", "town_code": town}
    place |= {"county_code": str(first["county_code"]), "place_name": name}
    villages, n = rows["place_name"].tolist()[:_MOST_NAMED], len(rows)
    labels = [dictionary.indicators[code].label for code in codes.split(",") if code in dictionary.indicators]
    more = ("等", " …") if n > _MOST_NAMED else ("", "")
    zh = {"village": f"{name} {n} 个村（{'、'.join(villages)}{more[0]}）", "which": "、".join(x.zh for x in labels)}
    en = {"village": f"{n} villages of {name} ({', '.join(villages)}{more[1]})", "which": "; ".join(x.en for x in labels)}
    rest = dict.fromkeys(("place", "village_code"), "") | {
        "month": month,
        "cells": "",
        "indicator": "",
        "observed": "",
        "expected": "",
        "gap": "",
    }
    lacking = float(rows["observed"].sum())
    words = ({**rest, **zh}, {**rest, **en})
    return Asked(month, RULE, rule, rule.level, rule.severity, place, "", codes.split(","), words, lacking, 0.0, lacking)
