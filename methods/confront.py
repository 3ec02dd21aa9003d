"""Confronting figures with the rule book. Every gap is computed once; pandera flags; an outcome is one of five.

Null hypothesis of an edit rule: the figures satisfy it. There is no p-value: arithmetic is true or false (methods.md, track A).
Vocabulary after van der Loo & de Jonge, Statistical Data Cleaning with Applications in R (2018), ch. 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
import pandera.errors
from numpy.typing import NDArray

from methods.looking import Column, Figures, own_figures, place_figures
from schemas.dictionary import Dictionary, RuleInstance
from schemas.frames import OUTCOME_COUNTS, gap_schema

Flags = NDArray[np.bool_]

PASS, FAIL, CANNOT_TELL, NOT_ASKED, BROKEN = range(5)
"""Outcomes, in the order of `OUTCOME_COUNTS`."""


@dataclass(frozen=True)
class Confrontation:
    """Outcome of a rule book on a batch.

    observed, expected, gap: places × rule instances, float64; gap is observed − expected, NaN where it cannot be told.
    excess: the same shape, what pandera and GX look at: gap beyond tolerance, sign kept; NaN where not asked or not to be told.
    failures: row (position), rule_id; one row a failure case of pandera.
    offenders: (row, rule_id) → indicators, for rules that fold many indicators into one count.
    outcomes: RuleOutcome frame. broken: rule id → why its evaluation failed.
    results: places × rule instances, uint8: PASS, FAIL, CANNOT_TELL, NOT_ASKED or BROKEN.
    figures: rule id → name → one figure a place, for the wording of rules that failed somewhere.
    """

    instances: tuple[RuleInstance, ...]
    observed: pd.DataFrame
    expected: pd.DataFrame
    gap: pd.DataFrame
    excess: pd.DataFrame
    failures: pd.DataFrame
    offenders: Mapping[tuple[int, str], tuple[str, ...]]
    outcomes: pd.DataFrame
    broken: Mapping[str, str]
    results: NDArray[np.uint8]
    figures: Mapping[str, Mapping[str, Column]]

    @property
    def asked(self) -> pd.DataFrame:
        """Places × rule instances, bool: whether the rule was asked of the place (False also where its evaluation failed)."""
        return pd.DataFrame((self.results != NOT_ASKED) & (self.results != BROKEN), columns=self.gap.columns)


def confront(
    report: pd.DataFrame,
    previous: pd.DataFrame | None,
    dictionary: Dictionary,
    month: str,
    sources: Mapping[str, pd.DataFrame] | None = None,
) -> Confrontation:
    """Confront village reports with the rules for villages in force in `month`.

    Args:
        report: VillageReport frame; of whole counties where rules look at town(x) or county(x).
        previous: accepted VillageReport rows of the month before, or None.
        dictionary: the rule book.
        month: 'YYYY-MM'.
        sources: what else rules look at: namespace ('department', 'benchmark', 'lag_12', …) → wide frame of figures, one row a place
            (column village_code or place_code, else the index), NaN where unknown. What is not given cannot be told, or is not asked.
    """
    known = dict(sources or {})
    if previous is not None:
        known["previous"] = previous
    figures = own_figures(report, known, dictionary)
    return _confront(dictionary.instances_in_force(month), figures, None, report["town_code"], "village", month)


def confront_places(
    figures: pd.DataFrame,
    stated: pd.DataFrame,
    dictionary: Dictionary,
    month: str,
    sources: Mapping[str, pd.DataFrame] | None = None,
) -> Confrontation:
    """Confront town and county totals with the rules for them; a total that nobody stated is not asked about.

    Args:
        figures: PlaceFigure frame of towns and counties.
        stated: StatedTotal frame.
        dictionary: the rule book.
        month: 'YYYY-MM'.
        sources: as for `confront`, by the codes of towns and counties.
    """
    wide = stated.pivot(index="place_code", columns="indicator", values="stated") if len(stated) else pd.DataFrame()
    collected = {i.code for i in dictionary.in_force(month)} | dictionary.attributes_in_force(month)
    instances = [
        i
        for i in dictionary.instances.values()
        if set(i.rule.over) & {"town", "county"} and i.rule.is_in_force(month) and set(i.reads) <= collected
    ]
    seen = place_figures(figures, {**(sources or {}), "stated": wide}, dictionary)
    is_town = figures["place_level"] == "town"
    return _confront(instances, seen, figures["place_level"], figures["place_code"].where(is_town, ""), "town", month)


@dataclass
class _Block:
    """Places × rule instances, column by column as the rules are evaluated."""

    observed: Column
    expected: Column
    gap: Column
    excess: Column
    asked: Flags
    offenders: dict[tuple[int, str], tuple[str, ...]] = field(default_factory=dict)
    broken: dict[str, str] = field(default_factory=dict)

    def clear(self, column: int) -> None:
        """Nothing is known of this rule anywhere."""
        for numbers in (self.observed, self.expected, self.gap, self.excess):
            numbers[:, column] = np.nan


def _confront(
    instances: Sequence[RuleInstance], figures: Figures, levels: pd.Series | None, towns: pd.Series, level: str, month: str
) -> Confrontation:
    shape = (len(towns), len(instances))
    observed, expected, gap, beyond = (np.empty(shape, order="F") for _ in range(4))
    block = _Block(observed, expected, gap, beyond, np.ones(shape, dtype=bool, order="F"))
    for column, instance in enumerate(instances):
        try:
            if levels is not None:
                block.asked[:, column] = levels.isin(instance.rule.over)
            block.asked[:, column] &= figures.is_asked(instance)
            if not block.asked[:, column].any():
                block.clear(column)
            else:
                (_count_offenders if instance.parts else _evaluate)(instance, column, figures, block)
        except Exception as error:  # a rule that breaks is reported as broken, never as passed or failed
            block.broken[instance.id] = f"{type(error).__name__}: {error}"
            block.asked[:, column] = False
            block.clear(column)
        else:
            block.excess[~block.asked[:, column], column] = np.nan
    ids = [i.id for i in instances]
    excess = pd.DataFrame(block.excess, columns=ids, copy=False)
    failures = _flag(instances, excess)
    results = _results(instances, block, failures)
    seen, wanted, gaps = (pd.DataFrame(numbers, columns=ids, copy=False) for numbers in (block.observed, block.expected, block.gap))
    failed = set(failures["rule_id"])
    return Confrontation(
        tuple(instances),
        seen,
        wanted,
        gaps,
        excess,
        failures,
        block.offenders,
        _outcomes(instances, results, towns, level, month),
        block.broken,
        results,
        {i.id: {name: figures.evaluate(x, i) for name, x in i.figures} for i in instances if i.figures and i.id in failed},
    )


def _evaluate(instance: RuleInstance, column: int, figures: Figures, block: _Block) -> None:
    """One rule instance over the batch: gap = observed − expected; excess = gap beyond tolerance, sign kept."""
    rule = instance.rule
    observed = figures.evaluate(instance.observed, instance)
    whole = rule.relation == "whole"
    expected = np.round(observed) if whole else figures.evaluate(instance.expected, instance)
    gap = observed - expected
    allowed = rule.tolerance + (1e-9 if whole else 0.0) + (rule.tolerance_share * np.abs(expected) if rule.tolerance_share else 0.0)
    if instance.allow is not None:
        allowed = allowed + np.maximum(figures.evaluate(instance.allow, instance), 0.0)
    if rule.is_strict:
        sign = 1.0 if rule.side == "le" else -1.0
        beyond = sign * np.maximum(sign * gap + instance.margin - allowed, 0.0)
    elif np.ndim(allowed) == 0 and allowed == 0:
        beyond = gap
    else:
        beyond = np.sign(gap) * np.maximum(np.abs(gap) - allowed, 0.0)
    block.observed[:, column], block.expected[:, column], block.gap[:, column], block.excess[:, column] = observed, expected, gap, beyond
    if rule.missing == "skip":
        block.asked[:, column] &= ~figures.is_blank(instance)
    if instance.when is not None:
        condition = figures.evaluate(instance.when, instance)
        block.asked[:, column] &= condition != 0  # NaN: the condition itself cannot be told, so the rule is asked and cannot be told
        block.excess[np.broadcast_to(np.isnan(condition), len(gap)), column] = np.nan


def _count_offenders(instance: RuleInstance, column: int, figures: Figures, block: _Block) -> None:
    """A rule over many indicators at once: the gap is how many of them break it; cannot tell when none is there."""
    relation, tolerance = instance.rule.relation, instance.rule.tolerance
    breaks: dict[str, Callable[[Column, Column], Flags]] = {
        "whole": lambda seen, _: np.abs(seen - np.round(seen)) > 1e-9,
        "ge": lambda seen, limit: seen < limit - tolerance,
        "le": lambda seen, limit: seen > limit + tolerance,
        "gt": lambda seen, limit: seen <= limit - tolerance,
        "lt": lambda seen, limit: seen >= limit + tolerance,
        "eq": lambda seen, limit: np.abs(seen - limit) > tolerance,
    }
    count, unknown = np.zeros(len(block.gap)), np.ones(len(block.gap), dtype=bool)
    broken_by: dict[int, list[str]] = {}
    for subject, observed, expected in instance.parts:
        seen = figures.evaluate(observed)
        bad = breaks[relation](seen, figures.evaluate(expected))
        unknown &= np.isnan(seen)
        for row in np.flatnonzero(bad).tolist():
            count[row] += 1
            broken_by.setdefault(row, []).append(subject)
    count[unknown] = np.nan
    block.observed[:, column], block.expected[:, column], block.gap[:, column], block.excess[:, column] = count, 0.0, count, count
    block.offenders.update({(row, instance.id): tuple(broken_by[row]) for row in sorted(broken_by)})


def _flag(instances: Sequence[RuleInstance], excess: pd.DataFrame) -> pd.DataFrame:
    """One lazy pandera validation of the whole batch; its failure cases.

    Columns in which nothing lies on the side that breaks the rule are left out: no check could fail there, and each costs a millisecond.
    """
    values = excess.to_numpy()
    with np.errstate(invalid="ignore"):
        above, below = np.any(values > 0, axis=0).tolist(), np.any(values < 0, axis=0).tolist()
    failing = [i for n, i in enumerate(instances) if (above[n] and _side(i) != "ge") or (below[n] and _side(i) in ("ge", "eq"))]
    try:
        gap_schema(failing).validate(excess[[i.id for i in failing]], lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        found = pd.DataFrame({"row": cases["index"].astype("int64"), "rule_id": cases["column"].astype("str")})
        return found.sort_values(["row", "rule_id"], ignore_index=True)
    return pd.DataFrame({"row": pd.Series(dtype="int64"), "rule_id": pd.Series(dtype="str")})


def _side(instance: RuleInstance) -> str:
    """Which excess breaks a rule: 'le' above nought, 'ge' below it, 'eq' either."""
    return "le" if instance.rule.combine else instance.rule.side


def _results(instances: Sequence[RuleInstance], block: _Block, failures: pd.DataFrame) -> NDArray[np.uint8]:
    """Every place and rule as exactly one of the five outcomes."""
    position = {i.id: n for n, i in enumerate(instances)}
    results = np.full(block.excess.shape, PASS, dtype=np.uint8, order="F")
    results[np.isnan(block.excess)] = CANNOT_TELL
    results[~block.asked] = NOT_ASKED
    results[failures["row"].to_numpy(), failures["rule_id"].map(position).to_numpy(dtype=np.int64)] = FAIL
    results[:, [position[name] for name in block.broken]] = BROKEN
    return results


def _outcomes(instances: Sequence[RuleInstance], results: NDArray[np.uint8], towns: pd.Series, level: str, month: str) -> pd.DataFrame:
    """RuleOutcome: every place counted once a rule, as exactly one of five. `position`: the rule's column in `results`."""
    codes, names = pd.factorize(towns, sort=True)
    size, kinds = len(names), len(OUTCOME_COUNTS)
    counts = np.empty((len(instances), size, kinds), dtype=np.int64)
    for column in range(len(instances)):
        counts[column] = np.bincount(codes * kinds + results[:, column], minlength=size * kinds).reshape(size, kinds)
    rules, of_towns = np.repeat(np.arange(len(instances), dtype=np.int64), size), np.tile(np.arange(size), len(instances))
    frame = pd.DataFrame(
        {
            "month": pd.Series([month], dtype="str").take(np.zeros(len(rules), dtype=np.int64)).array,
            "rule_id": pd.Series([i.id for i in instances], dtype="str").take(rules).array,
            "position": rules,
            "level": np.array([i.rule.level for i in instances], dtype=np.int64)[rules],
            "place_level": pd.Series([level], dtype="str").take(np.zeros(len(rules), dtype=np.int64)).array,
            "town_code": pd.Series(names, dtype="str").take(of_towns).array,
        }
    )
    for at, name in enumerate(OUTCOME_COUNTS):
        frame[name] = counts[:, :, at].ravel()
    return frame
