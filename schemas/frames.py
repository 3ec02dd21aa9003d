"""The contract of every frame between rooms, as pandera schemas made from the dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from schemas.accounts import LEVEL_COLUMNS
from schemas.dictionary import SEVERITIES, Dictionary, RuleInstance
from schemas.states import REPORTED, STATES, state_column

_REPORT_TEXTS = ("month", "village_code", "village_name", "town_code", "town_name", "county_code", "county_name", "status", "reading_ids")
_FINDING_TEXTS = ("month", "rule_id", "rule", "severity", "track", "place_level", "place_code", "village_code", "town_code", "county_code")
_FINDING_WORDS = ("place_name", "indicators", "cells", "label_zh", "label_en", "say_zh", "say_en", "do_zh", "do_en")
FINDING_COLUMNS = (*_FINDING_TEXTS, "level", *_FINDING_WORDS, "observed", "expected", "gap")
_RECEIPT_TEXTS: tuple[str, ...] = ("file_name", "rel_path", "sha256", "arrived_at", "arrived_local", "sent_for", "timing", "status", "kind")
_RECEIPT_TEXTS += ("layout_id", "runner_up", "unmatched", "town_code", "town_name", "filled_by", "places", "held_why")
_RECEIPT_TEXTS += ("supersedes", "superseded_by")
_RECEIPT_COUNTS = ("size", "days_off", "villages", "cells_read", "counts", "superseded", "held")
RECEIPT_COLUMNS = ("receipt_no", *_RECEIPT_TEXTS, "score", *_RECEIPT_COUNTS, "problems")
ANSWER_KINDS = {"near_mandatory": "exempted", "verify": "explained"}
"""What an answer to a finding of a severity is. A mandatory one has no answer but a correction by the village."""
REVIEWED = "reviewed"
"""The answer to an unusual pattern: a person has looked at it."""
_HINT_KEYS = ("month", "village_code", "place_name", "town_code")
HINT_COLUMNS = (
    *_HINT_KEYS,
    "group_no",
    "rank",
    "rules",
    "indicators",
    "cells",
    "shown",
    "fits",
    "repair",
    "is_determined",
    "say_zh",
    "say_en",
)
_QUERY_KEYS = ("month", "rank", "place_level", "place_code", "place_name", "town_code", "county_code")
QUERY_COLUMNS = (
    *_QUERY_KEYS,
    "severity",
    "n_findings",
    "rules",
    "indicator",
    "shown",
    "expected",
    "suspicion",
    "influence",
    "is_above_line",
)
EVIDENCE_COLUMNS: tuple[str, ...] = ("village_code", "town_code", "detector", "family", "window_months", "p", "e", "observed", "expected")
EVIDENCE_COLUMNS += ("months", "codes", "partner_code")
FLAG_COLUMNS = ("village_code", "p", "e", "is_check", "is_strong", "rank_order", "influence", "lines")
SEALED_STATUSES = ("sealed", "let_through", "removed")
"""Of a file that may be about persons: it waits for a decision, or has got one. The file itself comes again as a submission of its own."""
OUTCOME_COUNTS = ("n_pass", "n_fail", "n_cannot_tell", "n_not_applicable", "n_broken")


def village_report_schema(dictionary: Dictionary) -> pa.DataFrameSchema:
    """VillageReport: one row a village expected (missing and held ones included), values and states of every indicator."""
    return _village_report_schema(dictionary.version, dictionary.codes, tuple(dictionary.attributes))


@lru_cache(maxsize=4)
def _village_report_schema(_version: str, codes: tuple[str, ...], attributes: tuple[str, ...]) -> pa.DataFrameSchema:
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in _REPORT_TEXTS}
    columns["status"] = pa.Column(str, pa.Check.isin(["accepted", "missing", "held"]))
    columns["is_on_time"] = pa.Column(bool)
    columns |= {name: pa.Column("float64", nullable=True) for name in attributes}
    columns |= {code: pa.Column("float64", nullable=True) for code in codes}
    columns |= {state_column(code): pa.Column("uint8") for code in codes}
    return pa.DataFrameSchema(
        columns,
        checks=[
            pa.Check(_states_are_known(codes), name="states_are_known"),
            pa.Check(_values_where_reported(codes), name="a_value_is_there_exactly_when_its_state_is_reported"),
        ],
        name="VillageReport",
    )


def _states_are_known(codes: Sequence[str]) -> Any:
    known = np.zeros(256, dtype=bool)
    known[list(STATES)] = True

    def check(frame: pd.DataFrame) -> pd.Series:
        states = frame[[state_column(code) for code in codes]].to_numpy()
        return pd.Series(known[states].all(axis=1), index=frame.index)

    return check


def _values_where_reported(codes: Sequence[str]) -> Any:
    def check(frame: pd.DataFrame) -> pd.Series:
        states = frame[[state_column(code) for code in codes]].to_numpy()
        has_value = ~np.isnan(frame[list(codes)].to_numpy())
        return pd.Series((has_value == (states == REPORTED)).all(axis=1), index=frame.index)

    return check


def finding_schema() -> pa.DataFrameSchema:
    """Finding: one broken rule at one place, as a question."""
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in (*_FINDING_TEXTS, *_FINDING_WORDS)}
    columns["severity"] = pa.Column(str, pa.Check.isin(SEVERITIES))
    columns["track"] = pa.Column(str, pa.Check.isin(["A", "B"]))
    columns["level"] = pa.Column("int64", pa.Check.in_range(0, 5))
    columns |= {name: pa.Column("float64", nullable=True) for name in ("observed", "expected", "gap")}
    return pa.DataFrameSchema(columns, name="Finding")


def hint_schema() -> pa.DataFrameSchema:
    """Hint: a set of cells whose change would answer the findings `rules` of a village; never applied.

    group_no: findings that hang together; rank: 1 the likeliest of its group. shown, fits: figures, one a cell, separated by ', '.
    """
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in HINT_COLUMNS}
    columns |= {"group_no": pa.Column("int64"), "rank": pa.Column("int64", pa.Check.ge(1)), "is_determined": pa.Column(bool)}
    return pa.DataFrameSchema(columns, name="Hint")


def query_schema() -> pa.DataFrameSchema:
    """Query: a place's findings together, in the order in which to ask; suspicion 0–1, influence as a share of the county total."""
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in QUERY_COLUMNS}
    columns |= {name: pa.Column("float64", nullable=True) for name in ("shown", "expected")}
    columns |= {"rank": pa.Column("int64", unique=True), "n_findings": pa.Column("int64", pa.Check.ge(1)), "is_above_line": pa.Column(bool)}
    columns |= {"suspicion": pa.Column("float64", pa.Check.in_range(0, 1)), "influence": pa.Column("float64", pa.Check.ge(0))}
    columns["severity"] = pa.Column(str, pa.Check.isin(SEVERITIES))
    return pa.DataFrameSchema(columns, name="Query")


def expectation_schema(dictionary: Dictionary) -> pa.DataFrameSchema:
    """Expectation: a village's row with p, mean, spread, low, high, base of every indicator (`methods.implausible.Expectation`)."""
    names = [f"{code}__p" for code in dictionary.codes]

    def are_probabilities(frame: pd.DataFrame) -> bool:
        p = frame[names].to_numpy()
        return bool((np.isnan(p) | ((p >= 0) & (p <= 1))).all())

    return pa.DataFrameSchema(
        {"village_code": pa.Column(str)}, checks=[pa.Check(are_probabilities, name="p_is_a_probability")], name="Expectation"
    )


def evidence_schema() -> pa.DataFrameSchema:
    """Evidence: one test on one window of a village (or of a town: empty village code). months, codes: commas between."""
    texts = ("village_code", "town_code", "detector", "family", "months", "codes", "partner_code")
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in texts}
    columns["window_months"] = pa.Column("int64", pa.Check.isin([6, 12, 24, 36]))
    columns["p"] = pa.Column("float64", pa.Check.in_range(0, 1))
    columns["e"] = pa.Column("float64", pa.Check.ge(0))
    columns |= {name: pa.Column("float64", nullable=True) for name in ("observed", "expected")}
    return pa.DataFrameSchema(columns, name="Evidence", coerce=True)


def pattern_flag_schema() -> pa.DataFrameSchema:
    """PatternFlag: one village examined. lines: families of tests that speak, strongest first. A strong flag asks to check too."""
    columns: dict[str, pa.Column] = {"village_code": pa.Column(str, unique=True), "lines": pa.Column(str)}
    columns["p"] = pa.Column("float64", pa.Check.in_range(0, 1))
    columns |= {name: pa.Column("float64", pa.Check.ge(0)) for name in ("e", "influence")}
    columns |= {name: pa.Column(bool) for name in ("is_check", "is_strong")}
    columns["rank_order"] = pa.Column("int64", pa.Check.ge(1), unique=True)
    strong = pa.Check(lambda frame: ~frame["is_strong"] | frame["is_check"], name="a_strong_flag_asks_to_check_too")
    return pa.DataFrameSchema(columns, checks=[strong], name="PatternFlag", coerce=True)


@cache
def receipt_schema() -> pa.DataFrameSchema:
    """Receipt: one submission. days_off is positive when late, negative when early; `problems` holds lists of problems in words.

    `places`, `supersedes`, `superseded_by`: JSON of pairs and how many there are more (`sinks.receipts`), '' when there are none.
    """
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in ("receipt_no", *_RECEIPT_TEXTS)}
    columns["status"] = pa.Column(str, pa.Check.isin(["read", "refused", "quarantined", *SEALED_STATUSES]))
    columns["timing"] = pa.Column(str, pa.Check.isin(["", "early", "on_time", "late"]))
    columns["score"] = pa.Column("float64")
    columns |= {name: pa.Column("int64") for name in _RECEIPT_COUNTS}
    columns["problems"] = pa.Column(object)
    return pa.DataFrameSchema(columns, name="Receipt", coerce=True)  # a month without a file has columns without a type


def rule_outcome_schema() -> pa.DataFrameSchema:
    """RuleOutcome: for a rule and a town, how many places pass, fail, cannot be told, were not asked; broken rules apart."""
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in ("month", "rule_id", "place_level", "town_code")}
    columns |= {name: pa.Column("int64", pa.Check.ge(0)) for name in ("level", *OUTCOME_COUNTS)}
    columns["position"] = pa.Column("int64", pa.Check.ge(-1))  # -1: a test of single figures, which is no rule of the book
    return pa.DataFrameSchema(columns, name="RuleOutcome")


def village_outcome_schema() -> pa.DataFrameSchema:
    """VillageOutcome: what became of every rule at a village, packed, and counted by level."""
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in ("month", "village_code", "town_code", "outcomes")}
    columns |= {name: pa.Column("int64", pa.Check.ge(0)) for name in LEVEL_COLUMNS}
    return pa.DataFrameSchema(columns, name="VillageOutcome")


def place_figure_schema(dictionary: Dictionary) -> pa.DataFrameSchema:
    """PlaceFigure: a town's or county's totals, completeness counts and derived indicators."""
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in ("month", "place_level", "place_name", "parent_code")}
    columns["place_code"] = pa.Column(str, unique=True)
    columns |= {name: pa.Column("int64", pa.Check.ge(0)) for name in dictionary.completeness}
    columns |= {code: pa.Column("float64", nullable=True) for code in dictionary.codes}
    columns |= {f"{code}__n": pa.Column("int64") for code in dictionary.codes}
    columns |= {code: pa.Column("float64", nullable=True) for code in dictionary.derived}
    return pa.DataFrameSchema(columns, name="PlaceFigure")


def stated_total_schema() -> pa.DataFrameSchema:
    """StatedTotal: a total that somebody wrote down, with its file and cell."""
    columns: dict[str, pa.Column] = {
        name: pa.Column(str) for name in ("month", "place_level", "place_code", "indicator", "source_file", "cell")
    }
    columns["stated"] = pa.Column("float64")
    return pa.DataFrameSchema(columns, unique=["place_level", "place_code", "indicator"], name="StatedTotal")


def department_count_schema() -> pa.DataFrameSchema:
    """DepartmentCount: what a file of a line department says of a place and month."""
    texts = ("source", "count_month", "place_level", "place_code", "indicator", "sent_for", "source_file", "cell")
    columns: dict[str, pa.Column] = {name: pa.Column(str) for name in texts}
    columns |= {"count": pa.Column("float64"), "submission": pa.Column("int64")}
    key = ["source", "count_month", "place_level", "place_code", "indicator", "submission"]
    return pa.DataFrameSchema(columns, unique=key, name="DepartmentCount")


def reconciliation_schema() -> pa.DataFrameSchema:
    """Reconciliation: ours and theirs of a figure, place and span of months; see `methods.reconcile`."""
    keys = ("source", "indicator", "place_level", "place_code")
    columns: dict[str, pa.Column] = {
        name: pa.Column(str) for name in ("month", *keys, "place_name", "parent_code", "our_month", "their_month")
    }
    columns["status"] = pa.Column(str, pa.Check.isin(["in_line", "out_of_line", "cannot_tell"]))
    columns["span"] = pa.Column("int64", pa.Check.in_range(1, 12))
    columns |= {name: pa.Column("int64", pa.Check.ge(0)) for name in ("places_compared", "places_expected")}
    columns |= {name: pa.Column("float64", nullable=True) for name in ("ours", "theirs", "expected", "low", "high", "ratio", "p_value")}
    return pa.DataFrameSchema(columns, unique=[*keys, "span"], name="Reconciliation")


def gap_schema(instances: Sequence[RuleInstance]) -> pa.DataFrameSchema:
    """One nullable column a rule instance: the gap beyond what is tolerated, with the rule as its check (NaN: cannot tell)."""
    return pa.DataFrameSchema({i.id: pa.Column("float64", _check_of(i), nullable=True) for i in instances}, name="Gap")


def _check_of(instance: RuleInstance) -> pa.Check:
    tests = {"eq": lambda s: s == 0, "le": lambda s: s <= 0, "ge": lambda s: s >= 0}
    test = tests["le" if instance.rule.combine else instance.rule.side]
    return pa.Check(test, name=instance.id, title=instance.rule.label.en, description=instance.rule.label.zh, error=instance.rule.severity)
