"""Track B: what every figure of a month is expected to be, from what it is counted out of and from the months before.

Which test a figure gets follows from its indicator (kind, part_of, unit) and the dictionary's exposures; the tests are those of
`methods.surprise`. The tested figure never enters its own expectation, and in a village's first months the other villages of the county
speak for it. A stock of which nothing is known a month earlier is held against its exposure.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from methods.panel import Panel
from methods.past import months_between
from methods.stocks import held_against, surprise_of_stocks
from methods.surprise import Surprise, surprise_of_counts, surprise_of_parts, surprise_of_ratios
from schemas.dictionary import Dictionary, Indicator

Block = NDArray[np.float64]
PARTS = ("p", "mean", "spread", "low", "high", "base", "ago")
_TESTS = {"count": surprise_of_counts, "share": surprise_of_parts, "ratio": surprise_of_ratios}


@dataclass(frozen=True)
class Expectation:
    """What was expected of n villages' C figures.

    villages, codes: rows and columns. p, mean, spread, low, high: as in `methods.surprise.Surprise`, NaN where nothing can be told.
    base: what the figure was held against: persons of exposure, the whole, persons paid; of a stock its latest figure known before, and
    its exposure where there is none. ago: how many months ago the latest earlier figure of the same kind was, NaN where there is none.
    """

    villages: tuple[str, ...]
    codes: tuple[str, ...]
    p: Block
    mean: Block
    spread: Block
    low: Block
    high: Block
    base: Block
    ago: Block

    def frame(self) -> pd.DataFrame:
        """Expectation frame: village_code, then `<code>__<part>` for every indicator and part."""
        columns = {f"{code}__{part}": getattr(self, part)[:, n] for n, code in enumerate(self.codes) for part in PARTS}
        return pd.DataFrame({"village_code": pd.Series(self.villages, dtype="str"), **columns})

    @classmethod
    def of_frame(cls, frame: pd.DataFrame, codes: Sequence[str]) -> Expectation:
        """The expectation that `frame` was made of, or of a part of its indicators."""
        blocks = {part: frame[[f"{code}__{part}" for code in codes]].to_numpy(dtype=np.float64) for part in PARTS}
        return cls(tuple(frame["village_code"]), tuple(codes), **blocks)

    def of(self, part: str, codes: Sequence[str]) -> Block:
        """One part, n × len(codes)."""
        return np.asarray(getattr(self, part)[:, [self.codes.index(code) for code in codes]])


def test_for(dictionary: Dictionary, indicator: Indicator) -> str | None:
    """Which test a figure gets: count, share, stock, ratio, or None: it is not tested."""
    if indicator.concept.signed or any(fnmatchcase(indicator.code, pattern) for pattern in dictionary.implausible.not_tested):
        return None
    if indicator.kind == "stock":
        return "stock"
    if indicator.part_of:
        return "share"
    has_rate = dictionary.exposure_of(indicator) != dictionary.implausible.exposure
    return "count" if indicator.unit.decimals == 0 else "ratio" if has_rate else None


def expect(panel: Panel, dictionary: Dictionary) -> Expectation:
    """What the last month's figures of a panel are expected to be.

    Args:
        panel: months × villages × indicators (all of the dictionary's), the last month being the one that is looked at.
        dictionary: which indicator is tested how, and against what.
    """
    panel = _possible(panel, dictionary)
    n, size = len(panel.villages), len(panel.codes)
    column = {code: c for c, code in enumerate(panel.codes)}
    blocks = {part: np.full((n, size), np.nan) for part in PARTS}
    ages = [months_between(m, panel.months[-1]) for m in panel.months]
    by_test: dict[str, list[Indicator]] = {}
    is_reported = ~np.isnan(panel.values[-1]).all(axis=0)  # what no form of this month has need not be predicted
    for indicator in dictionary.in_force(panel.months[-1]):
        test = test_for(dictionary, indicator)
        if test is not None and is_reported[column[indicator.code]]:
            by_test.setdefault(test, []).append(indicator)
    for test, indicators in by_test.items():
        at = [column[i.code] for i in indicators]
        bases = [dictionary.exposure_of(i) for i in indicators]
        block_of = {text: _evaluated(text, panel, column, dictionary) for text in dict.fromkeys(bases)}
        base = np.stack([block_of[text] for text in bases], axis=2)
        figures, counted = panel.values[:, :, at], base if test == "share" else _no_larger_than_usual(base)
        found: Surprise = surprise_of_stocks(figures, counted, ages) if test == "stock" else _TESTS[test](figures, counted)
        for part in ("p", "mean", "spread", "low", "high"):
            blocks[part][:, at] = getattr(found, part)
        held = held_against(figures if test != "ratio" else np.where((figures > 0) & (base > 0), figures, np.nan), ages)
        is_of_past = ~np.isnan(held.months) & (test == "stock")
        blocks["base"][:, at], blocks["ago"][:, at] = np.where(is_of_past, held.figure, base[-1]), held.months
    return Expectation(panel.villages, panel.codes, **blocks)


def _possible(panel: Panel, dictionary: Dictionary) -> Panel:
    """The panel without figures that cannot be: negative ones of indicators that have no sign. Arithmetic asks about those."""
    signed = np.array([dictionary.indicators[code].concept.signed for code in panel.codes], dtype=bool)
    with np.errstate(invalid="ignore"):
        return replace(panel, values=np.where((panel.values < 0) & ~signed, np.nan, panel.values))


def _no_larger_than_usual(base: Block) -> Block:
    """Exposures, cut at what the village's own months make likely: one exposure a hundred times too large would move the county's rate."""
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        usual = np.nanmedian(base, axis=0)
    return np.asarray(np.minimum(base, 10.0 + 3.0 * np.where(np.isnan(usual), np.inf, usual)[None]))


def _evaluated(text: str, panel: Panel, column: dict[str, int], dictionary: Dictionary) -> Block:
    """T × n: an expression of this month's figures, for every month."""
    flat = panel.values.reshape(-1, len(panel.codes))
    made = dictionary.expression(text).evaluate(lambda _, code: flat[:, column[code]])
    return np.asarray(np.broadcast_to(made, len(flat))).reshape(panel.values.shape[:2])


def flagged(expectation: Expectation, dictionary: Dictionary) -> NDArray[np.bool_]:
    """n × C: figures to ask about. With M figures tested a report, a figure is asked about when p ≤ q / M, where q is the number of
    questions that one right report may raise by chance; of each village the most surprising `most_a_village` questions. The stocks of one
    concept (men and women, all who left and those who left the county), or of concepts that move together, are one question."""
    track, p = dictionary.implausible, expectation.p
    tested = (~np.isnan(p)).sum(axis=1, keepdims=True)
    bound = track.false_questions_per_100 / 100 / np.maximum(tested, 1)
    with np.errstate(invalid="ignore"):
        below = p <= bound
    of = questions_of_columns(expectation.codes, dictionary)
    least = np.full((len(p), max(of, default=-1) + 1), 2.0)
    for c, question in enumerate(of):
        least[:, question] = np.fmin(least[:, question], p[:, c])
    order = np.argsort(np.argsort(least, axis=1, kind="stable"), axis=1, kind="stable")
    return np.asarray(below & (order[:, list(of)] < track.most_a_village))


def questions_of_columns(codes: Sequence[str], dictionary: Dictionary) -> tuple[int, ...]:
    """C: which figures are one question: stocks of concepts that move together; every other figure is a question of its own."""
    numbers: dict[str, int] = {}
    first_of = {concept: together[0] for together in dictionary.implausible.one_question for concept in together}
    names = []
    for code in codes:
        indicator = dictionary.indicators[code]
        concept = first_of.get(indicator.concept.code, indicator.concept.code)
        names.append(f"stocks of {concept}" if test_for(dictionary, indicator) == "stock" else code)
    return tuple(numbers.setdefault(name, len(numbers)) for name in names)
