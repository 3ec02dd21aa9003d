"""Confronting figures with the rule book. Every gap is computed once; pandera flags; an outcome is one of four.

Null hypothesis of an edit rule: the figures satisfy it. There is no p-value: arithmetic is true or false (methods.md, track A).
Vocabulary after van der Loo & de Jonge, Statistical Data Cleaning with Applications in R (2018), ch. 6.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pandera.errors
from numpy.typing import NDArray

from methods.repeats import repeats_last_month
from schemas.dictionary import Dictionary, RuleInstance
from schemas.frames import gap_schema
from schemas.states import UNREADABLE, state_column

Column = NDArray[np.float64]


@dataclass(frozen=True)
class Confrontation:
    """Outcome of a rule book on a batch.

    observed, expected, gap: places × rule instances, float64; gap is observed − expected, NaN where it cannot be told.
    excess: the same shape: gap beyond tolerance, sign kept; NaN where the rule was not asked or cannot be told. What pandera and GX look at.
    failures: row (position), rule_id; one row a failure case of pandera.
    offenders: (row, rule_id) → indicators, for rules that fold many indicators into one count.
    outcomes: RuleOutcome frame. broken: rule id → why its evaluation failed.
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


def confront(report: pd.DataFrame, previous: pd.DataFrame | None, dictionary: Dictionary, month: str) -> Confrontation:
    """Confront village reports with the rules for villages in force in `month`.

    Args:
        report: VillageReport frame.
        previous: accepted VillageReport rows of the month before, or None.
        dictionary: the rule book.
        month: 'YYYY-MM'.
    """
    last = aligned(previous, report["village_code"], dictionary)
    columns = {code: report[code].to_numpy(dtype=np.float64) for code in (*dictionary.codes, *dictionary.attributes)}
    columns["repeated_last_month"] = repeats_last_month(report, last, dictionary)
    readable = {code: report[state_column(code)].to_numpy() != UNREADABLE for code in dictionary.codes}
    accepted = (report["status"] == "accepted").to_numpy()

    def lookup(namespace: str, code: str, assumed: frozenset[str]) -> Column:
        if namespace == "previous":
            return last[code].to_numpy(dtype=np.float64)
        if namespace == "stated":
            raise LookupError(f"stated({code}): a rule over villages has no stated total to look at")
        column = columns[code]
        if code in assumed:
            return np.where(np.isnan(column) & readable[code] & accepted, 0.0, column)
        return column

    instances = dictionary.instances_in_force(month)
    asked = np.ones(len(report), dtype=bool)
    return _confront(instances, lookup, lambda _: asked, report["town_code"], "village", month)


def confront_places(figures: pd.DataFrame, stated: pd.DataFrame, dictionary: Dictionary, month: str) -> Confrontation:
    """Confront town and county totals with the rules for them; a total that nobody stated is not asked about.

    Args:
        figures: PlaceFigure frame of towns and counties.
        stated: StatedTotal frame.
        dictionary: the rule book.
        month: 'YYYY-MM'.
    """
    wide = stated.pivot(index="place_code", columns="indicator", values="stated") if len(stated) else pd.DataFrame()
    wide = wide.reindex(index=figures["place_code"], columns=list(dictionary.codes))

    def lookup(namespace: str, code: str, _: frozenset[str]) -> Column:
        if namespace == "previous":
            raise LookupError(f"previous({code}): a rule over towns or counties has no month before to look at")
        source = wide if namespace == "stated" else figures
        return np.asarray(source[code].to_numpy(dtype=np.float64))

    def is_asked(instance: RuleInstance) -> NDArray[np.bool_]:
        names = [n.code for n in (*instance.observed.names, *instance.expected.names) if n.namespace == "stated"]
        levels = figures["place_level"].isin(instance.rule.over).to_numpy()
        return levels & np.asarray(wide[names].notna().all(axis=1)) if names else levels

    collected = {i.code for i in dictionary.in_force(month)}
    instances = [
        i
        for i in dictionary.instances.values()
        if set(i.rule.over) & {"town", "county"} and i.rule.is_in_force(month) and set(i.reads) <= collected | set(dictionary.attributes)
    ]
    is_town = figures["place_level"] == "town"
    return _confront(instances, lookup, is_asked, figures["place_code"].where(is_town, ""), "town", month)


def _confront(
    instances: Sequence[RuleInstance],
    lookup: Callable[[str, str, frozenset[str]], Column],
    is_asked: Callable[[RuleInstance], NDArray[np.bool_]],
    towns: pd.Series,
    level: str,
    month: str,
) -> Confrontation:
    n, k = len(towns), len(instances)
    observed, expected, gap, excess = (np.full((n, k), np.nan) for _ in range(4))
    asked = np.ones((n, k), dtype=bool)
    offenders: dict[tuple[int, str], tuple[str, ...]] = {}
    broken: dict[str, str] = {}
    for column, instance in enumerate(instances):
        try:
            asked[:, column] = is_asked(instance)
            if instance.parts:
                _count_offenders(instance, column, lookup, observed, expected, gap, offenders)
                excess[:, column] = gap[:, column]
                continue
            _evaluate(instance, column, lookup, observed, expected, gap, excess, asked)
        except Exception as error:  # a rule that breaks is reported as broken, never as passed or failed
            broken[instance.id] = f"{type(error).__name__}: {error}"
            asked[:, column] = False
    excess[~asked] = np.nan
    ids = [i.id for i in instances]
    failures = _flag(instances, excess, ids)
    outcomes = _outcomes(instances, excess, asked, failures, broken, towns, level, month)
    seen, wanted, gaps, beyond = (pd.DataFrame(block, columns=ids) for block in (observed, expected, gap, excess))
    return Confrontation(tuple(instances), seen, wanted, gaps, beyond, failures, offenders, outcomes, broken)


def _evaluate(
    instance: RuleInstance,
    column: int,
    lookup: Callable[[str, str, frozenset[str]], Column],
    observed: Column,
    expected: Column,
    gap: Column,
    excess: Column,
    asked: NDArray[np.bool_],
) -> None:
    """One rule instance over the batch: gap = observed − expected; excess = gap beyond tolerance, sign kept."""
    rule = instance.rule

    def find(namespace: str, code: str) -> Column:
        return lookup(namespace, code, instance.assume_zero)

    observed[:, column] = instance.observed.evaluate(find)
    whole = rule.relation == "whole"
    expected[:, column] = np.round(observed[:, column]) if whole else instance.expected.evaluate(find)
    gap[:, column] = observed[:, column] - expected[:, column]
    allowed = rule.tolerance + rule.tolerance_share * np.abs(expected[:, column]) + (1e-9 if whole else 0)
    excess[:, column] = np.sign(gap[:, column]) * np.maximum(np.abs(gap[:, column]) - allowed, 0)
    if instance.when is not None:
        condition = instance.when.evaluate(find)
        asked[:, column] &= condition != 0  # NaN: the condition itself cannot be told, so the rule is asked and cannot be told
        excess[np.isnan(condition), column] = np.nan


def _count_offenders(
    instance: RuleInstance,
    column: int,
    lookup: Callable[[str, str, frozenset[str]], Column],
    observed: Column,
    expected: Column,
    gap: Column,
    offenders: dict[tuple[int, str], tuple[str, ...]],
) -> None:
    """A rule over many indicators at once: the gap is how many of them break it; cannot tell when none is there."""
    relation, tolerance = instance.rule.relation, instance.rule.tolerance
    values = np.stack([o.evaluate(lambda ns, c: lookup(ns, c, frozenset())) for _, o, _ in instance.parts], axis=1)
    limits = np.stack(
        [np.broadcast_to(e.evaluate(lambda ns, c: lookup(ns, c, frozenset())), values.shape[:1]) for _, _, e in instance.parts], axis=1
    )
    with np.errstate(invalid="ignore"):
        bad = {
            "whole": np.abs(values - np.round(values)) > 1e-9,
            "ge": values < limits - tolerance,
            "le": values > limits + tolerance,
            "eq": np.abs(values - limits) > tolerance,
        }[relation]
    count = np.where(np.isnan(values).all(axis=1), np.nan, bad.sum(axis=1))
    observed[:, column], expected[:, column], gap[:, column] = count, 0.0, count
    for row in np.flatnonzero(bad.any(axis=1)):
        offenders[int(row), instance.id] = tuple(instance.parts[at][0] for at in np.flatnonzero(bad[row]))


def _flag(instances: Sequence[RuleInstance], excess: Column, ids: list[str]) -> pd.DataFrame:
    """One lazy pandera validation of the whole batch; its failure cases."""
    try:
        gap_schema(instances).validate(pd.DataFrame(excess, columns=ids), lazy=True)
    except pandera.errors.SchemaErrors as errors:
        cases = errors.failure_cases
        found = pd.DataFrame({"row": cases["index"].astype("int64"), "rule_id": cases["column"].astype("str")})
        return found.sort_values(["row", "rule_id"], ignore_index=True)
    return pd.DataFrame({"row": pd.Series(dtype="int64"), "rule_id": pd.Series(dtype="str")})


def _outcomes(
    instances: Sequence[RuleInstance],
    excess: Column,
    asked: NDArray[np.bool_],
    failures: pd.DataFrame,
    broken: Mapping[str, str],
    towns: pd.Series,
    level: str,
    month: str,
) -> pd.DataFrame:
    """RuleOutcome: every place counted once a rule, as exactly one of five."""
    codes, names = pd.factorize(towns, sort=True)
    position = {i.id: n for n, i in enumerate(instances)}
    is_broken = np.array([i.id in broken for i in instances], dtype=bool)[None, :]
    fails = np.zeros(excess.shape, dtype=bool)
    fails[failures["row"].to_numpy(), failures["rule_id"].map(position).to_numpy(dtype=np.int64)] = True
    unknown = asked & np.isnan(excess)
    classes = {
        "n_pass": asked & ~unknown & ~fails,
        "n_fail": fails,
        "n_cannot_tell": unknown,
        "n_not_applicable": ~asked & ~is_broken,
        "n_broken": np.broadcast_to(is_broken, excess.shape),
    }
    frame = pd.DataFrame(
        {
            "month": month,
            "rule_id": np.repeat([i.id for i in instances], len(names)),
            "level": np.repeat(np.array([i.rule.level for i in instances], dtype=np.int64), len(names)),
            "place_level": level,
            "town_code": np.tile(np.asarray(names, dtype=object), len(instances)),
        }
    ).astype({"month": "str", "rule_id": "str", "place_level": "str", "town_code": "str"})
    for name, block in classes.items():
        counts = np.zeros((len(names), len(instances)), dtype=np.int64)
        np.add.at(counts, codes, block)
        frame[name] = counts.T.ravel()
    return frame


def aligned(previous: pd.DataFrame | None, villages: pd.Series, dictionary: Dictionary) -> pd.DataFrame:
    """Last month's values, one row a village of this month; NaN where there is none."""
    codes = list(dictionary.codes)
    if previous is None:
        return pd.DataFrame(np.nan, index=range(len(villages)), columns=codes)
    values = previous.drop_duplicates("village_code").set_index("village_code")[codes]
    return values.reindex(villages).reset_index(drop=True)
