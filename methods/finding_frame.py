"""The Finding frame: one question a row, its words filled in, the gravest first. Whoever asks a question asks it through here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from schemas.dictionary import SEVERITIES
from schemas.entries import Rule, SuspectQuestion
from schemas.frames import FINDING_COLUMNS

Cells = Callable[[int, Sequence[str]], str]
"""(Row position, codes) → addresses of their cells, '' when unknown."""

_KINDS = {**dict.fromkeys(FINDING_COLUMNS, "str"), "level": "int64", **dict.fromkeys(("observed", "expected", "gap"), "float64")}
_ORDER = {severity: n for n, severity in enumerate(SEVERITIES)}


@dataclass(frozen=True)
class Asked:
    """One question. rule_id: of the rule's instance. place: `place_level` to `place_name` of the Finding frame. words: what the wording
    names, Chinese and English. more: the words of further figures that the same question is about, said after the first's."""

    month: str
    rule_id: str
    wording: Rule | SuspectQuestion
    level: int
    severity: str
    place: Mapping[str, str]
    cells: str
    codes: Sequence[str]
    words: tuple[Mapping[str, str], Mapping[str, str]]
    observed: float
    expected: float
    gap: float
    more: Sequence[tuple[Mapping[str, str], Mapping[str, str]]] = ()

    def row(self) -> dict[str, object]:
        """The question as a row of the Finding frame."""
        wording, (zh, en) = self.wording, self.words
        return {
            "month": self.month,
            "rule_id": self.rule_id,
            "rule": wording.id,
            "level": self.level,
            "severity": self.severity,
            "track": "B" if self.severity == "verify" and self.level >= 1 else "A",
            **self.place,
            "cells": self.cells,
            "indicators": ",".join(self.codes),
            "label_zh": wording.label.zh,
            "label_en": wording.label.en,
            "say_zh": "".join(wording.say.zh.format(**words) for words in (zh, *(of for of, _ in self.more))),
            "say_en": " ".join(wording.say.en.format(**words) for words in (en, *(of for _, of in self.more))),
            "do_zh": wording.do.zh.format(**zh),
            "do_en": wording.do.en.format(**en),
            "observed": self.observed,
            "expected": self.expected,
            "gap": self.gap,
        }


def finding_frame(asked: Iterable[Asked]) -> pd.DataFrame:
    """Finding frame, by severity, place and rule."""
    frame = pd.DataFrame([a.row() for a in asked], columns=list(FINDING_COLUMNS)).astype(_KINDS)
    order = frame["severity"].map(_ORDER)
    return frame.assign(order=order).sort_values(["order", "place_code", "rule_id"], ignore_index=True, kind="stable").drop(columns="order")


def village_places(report: pd.DataFrame) -> list[dict[str, str]]:
    """The place of a finding at each village of a VillageReport frame, in its order."""
    names = ("place_level", "place_code", "village_code", "town_code", "county_code", "place_name")
    columns = [report[c].tolist() for c in ("village_code", "village_code", "town_code", "county_code", "village_name")]
    return [dict(zip(names, ("village", *of_one), strict=True)) for of_one in zip(*columns, strict=True)]


def number(value: float, *, is_money: bool = False) -> str:
    """A figure as it is written: whole numbers without a point, money with two decimals, other fractions with up to two."""
    if value != value:
        return "—"
    if is_money:
        return f"{value:.2f}"
    return f"{value:.0f}" if value == round(value) else f"{value:.2f}".rstrip("0").rstrip(".")
