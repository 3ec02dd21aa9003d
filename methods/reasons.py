"""Reasons that respondents give beside their figures: whether one is given, and which question each one is about."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.answers import is_said

_MOST_SHOWN = 3


class Reason(NamedTuple):
    """What is said, in which cell, and the indicators that it is about."""

    text: str
    cell: str
    codes: Sequence[str]


def reasons_of(text: str) -> list[Reason]:
    """The reasons that a record carries (`sources.reasons` made the text)."""
    return [Reason(said, cell, codes) for said, cell, codes in json.loads(text)] if text else []


def reasons_given(readings: pd.DataFrame) -> NDArray[np.float64]:
    """1 where a record gives a reason, 0 where its form asks for one and none is given (核实无误 is none), NaN where it does not ask."""
    if "reasons" not in readings:
        return np.full(len(readings), np.nan)
    return np.array([np.nan if not text else float(any(is_said(r.text) for r in reasons_of(text))) for text in readings["reasons"]])


def with_reasons(findings: pd.DataFrame, report: pd.DataFrame, readings: pd.DataFrame) -> pd.DataFrame:
    """The findings of villages, each with what the village itself says beside the figures that the question is about.

    Args:
        findings: Finding frame.
        report: VillageReport frame, for the readings of each village.
        readings: of the month, with `reasons`.
    """
    if findings.empty or "reasons" not in readings or not (readings["reasons"] != "").any():
        return findings
    given = readings[readings["reasons"].str.len() > 2]
    of_reading = dict(zip(given["sha256"].str.cat(given["ordinal"].astype("str"), sep="/"), given["reasons"], strict=True))
    of_village = {
        village: [reason for one in ids.split(",") for reason in reasons_of(of_reading.get(one, ""))]
        for village, ids in zip(report["village_code"], report["reading_ids"], strict=True)
    }
    zh, en = findings["say_zh"].tolist(), findings["say_en"].tolist()
    for n, (village, indicators) in enumerate(zip(findings["village_code"], findings["indicators"], strict=True)):
        codes = set(indicators.split(","))
        said = [reason for reason in of_village.get(village, ()) if codes & set(reason.codes)][:_MOST_SHOWN]
        if said:
            zh[n] += "村里写明的原因：" + "；".join(f"“{r.text}”（{r.cell}）" for r in said) + "。"
            en[n] += " The village gives as its reason: " + "; ".join(f"“{r.text}” ({r.cell})" for r in said) + "."
    return findings.assign(say_zh=pd.Series(zh, index=findings.index, dtype="str"), say_en=pd.Series(en, index=findings.index, dtype="str"))
