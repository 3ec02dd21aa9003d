"""The account of every village: what became of each rule, kept as one packed row a village, and told in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd

from methods.confront import Confrontation
from schemas.accounts import LETTERS, LEVELS, level_column
from schemas.dictionary import Dictionary
from schemas.entries import Text


class RuleAccount(NamedTuple):
    """One rule and what became of it. `outcome`: 'pass', 'fail', 'cannot_tell', 'not_asked' or 'broken'."""

    rule_id: str
    level: int
    severity: str
    label: Text
    outcome: str


def village_accounts(found: Confrontation, report: pd.DataFrame, month: str) -> pd.DataFrame:
    """VillageOutcome frame: one row a village, in the order of the report.

    Args:
        found: the confrontation of `report`, n villages × k rules.
        report: VillageReport frame.
        month: 'YYYY-MM'.

    Returns:
        month, village_code, town_code, outcomes (k letters of LETTERS, the one at a rule's `position` in the RuleOutcome frame), and
        for each level and outcome the number of rules.
    """
    n, k = found.results.shape
    letters = np.frombuffer("".join(LETTERS).encode(), dtype=np.uint8)
    packed = letters[np.ascontiguousarray(found.results)].tobytes().decode()
    words = [packed[row * k : (row + 1) * k] for row in range(n)]
    frame = {
        "month": pd.Series([month] * n, dtype="str"),
        "village_code": report["village_code"].reset_index(drop=True),
        "town_code": report["town_code"].reset_index(drop=True),
        "outcomes": pd.Series(words, dtype="str"),
    }
    of_level = np.array([i.rule.level for i in found.instances], dtype=np.int64)
    for level in LEVELS:
        block = found.results[:, of_level == level]
        for outcome, name in enumerate(LETTERS.values()):
            frame[level_column(level, name)] = pd.Series((block == outcome).sum(axis=1, dtype=np.int16), dtype="int64")
    return pd.DataFrame(frame)


def account_of(outcomes: str, rule_ids: Sequence[str], dictionary: Dictionary) -> list[RuleAccount]:
    """A village's packed outcomes, rule by rule.

    Args:
        outcomes: letters of LETTERS, as `village_accounts` packed them.
        rule_ids: the rules in the order of `position`.
        dictionary: for labels; a rule that it no longer has is told by its id.

    Raises:
        ValueError: letters and rules do not go together, or a letter is none.
    """
    accounts = []
    for letter, rule_id in zip(outcomes, rule_ids, strict=True):
        if letter not in LETTERS:
            raise ValueError(f"“{letter}” is no outcome")
        instance = dictionary.instances.get(rule_id)
        if instance is None:
            accounts.append(RuleAccount(rule_id, -1, "", Text(zh=rule_id, en=rule_id), LETTERS[letter]))
            continue
        label = dictionary.instance_label(instance)
        accounts.append(RuleAccount(rule_id, instance.rule.level, instance.rule.severity, label, LETTERS[letter]))
    return accounts


def rules_in_order(outcomes: pd.DataFrame) -> list[str]:
    """The ids of the rules over villages by `position`, from a month's RuleOutcome frame."""
    of_villages = (
        outcomes[(outcomes["place_level"] == "village") & (outcomes["position"] >= 0)].drop_duplicates("rule_id").sort_values("position")
    )
    return [str(rule_id) for rule_id in of_villages["rule_id"]]
